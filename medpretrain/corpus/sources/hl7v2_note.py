"""How a person would write HL7 v2 segments down: observations as lines or paragraphs, and what else is known of a patient by section."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import NamedTuple

from medpretrain.corpus.sources.attachment import NotTextError, attachment_text, from_base64, is_text_type
from medpretrain.corpus.sources.clinical import INTERPRETATIONS, plain_name, readable_unit, sex_and_age, tidy
from medpretrain.corpus.sources.hl7v2_message import Message, Segment

INLINE_CHARACTERS = 80  # a text up to this long stands behind its name, a longer one below it

_TEXT_TYPES = frozenset({"TX", "FT"})
_IDENTITY_TYPES = frozenset({"CX", "EI", "HD", "OID", "PN", "XAD", "XCN", "XON", "XPN", "XTN", "AD", "CN", "PL"})
_WITHDRAWN = frozenset({"D", "W"})  # OBX-11: deleted; sent for the wrong patient
_RESULT_STATES = {"P": "preliminary", "R": "not verified", "X": "could not be obtained"}
_SEXES = {"F": "female", "M": "male", "O": "other"}
_VISIT_CLASSES = {"E": "emergency", "I": "inpatient", "O": "outpatient", "P": "pre-admission", "R": "recurring", "B": "obstetrics"}
_DIAGNOSIS_TYPES = {"A": "admitting", "W": "working", "F": ""}
_SEVERITIES = {"SV": "severe", "MO": "moderate", "MI": "mild"}
_ALLERGIES = {"DA": "drug allergy", "FA": "food allergy", "EA": "environmental allergy", "MA": "", "MC": "", "AA": "animal allergy"}
_ALLERGIES |= {"PA": "plant allergy", "LA": "pollen allergy"}
_RXA_STATES = {"RE": "refused", "NA": "not administered", "PA": "partially administered"}
_PRIORITIES = {"S": "stat", "A": "as soon as possible"}


class Block(NamedTuple):
    """A piece of a text: `lines` under `heading`; those of one section stand together."""

    heading: str
    lines: list[str]


class Attachments:
    """Refusals of attachments that hold no text, gathered while a text is made."""

    def __init__(self) -> None:
        self.refused: list[str] = []


def observation_text(segments: Iterable[Segment], attachments: Attachments) -> str:
    """OBX and NTE segments as text: a line each for short values, a paragraph under its name for texts, which may go over many OBX."""
    paragraphs: list[Block] = []
    commenting = False
    for segment in segments:
        if segment.name == "NTE":
            comment = segment.text(3)
            if comment:
                _add(paragraphs, "", comment if commenting else f"Comment: {comment}")
                commenting = True
            continue
        if segment.name != "OBX" or segment.value(11) in _WITHDRAWN:
            continue
        commenting = False
        name, kind = _name(segment), segment.value(2)
        if kind in _TEXT_TYPES or (kind == "ST" and len(segment.text(5)) > INLINE_CHARACTERS):
            _add(paragraphs, name or "\n", segment.text(5))  # "\n": a text without a name is apart from lines all the same
        elif kind == "ED":
            _add(paragraphs, name or "\n", _embedded(segment, attachments))
        elif kind == "RP":
            attachments.refused.append(" ".join(segment.value(5, part) for part in (3, 4)).strip() or "a reference")
        elif line := observation_line(segment):
            _add(paragraphs, "", line)
    text, was_line = "", False
    for block in paragraphs:
        paragraph = _paragraph(block)
        is_line = not block.heading or (paragraph and "\n" not in paragraph)
        text += ("\n" if was_line and is_line else "\n\n") + paragraph if text else paragraph
        was_line = bool(is_line)
    return text


def observation_line(segment: Segment) -> str:
    """An OBX as "name: value unit (flags, reference range)", "" where it has no value to read."""
    kind, name = segment.value(2), _name(segment)
    if kind in _IDENTITY_TYPES or segment.value(11) in _WITHDRAWN:
        return ""
    if kind in {"CE", "CWE", "CNE", "CF", "IS", "ID"}:
        value = segment.words(5)
    elif kind == "SN":
        value = " ".join("".join(parts).strip() for parts in segment.repetitions(5))
        value = re.sub(r"^([<>=]+)(?=\d)", r"\1 ", value)
    elif kind in {"DT", "DTM", "TS"}:
        value = segment.date(5).replace("T", " ")
    else:
        value = ", ".join(" ".join(line.split()) for line in segment.text(5).split("\n") if line.strip())
    if not value:
        return ""
    unit = readable_unit(segment.value(6))
    flags = [INTERPRETATIONS.get(flag, "") for parts in segment.repetitions(8) for flag in parts[:1]]
    limits = segment.text(7).replace("_", " to ")
    state = _RESULT_STATES.get(segment.value(11), "")
    behind = _joined(*flags, f"reference {limits}" if limits else "", state)
    return f"{name}{': ' if name else ''}{value}{'' if unit == '%' or not unit else ' '}{unit}{f' ({behind})' if behind else ''}"


def _name(segment: Segment) -> str:
    """What was observed (OBX-3): the name of the code before what the sender calls it, which may be "result 1"."""
    return plain_name(segment.value(3, 2)) or segment.words(3)


def _embedded(segment: Segment, attachments: Attachments) -> str:
    """The text of encapsulated data (ED): source, type, subtype, encoding, data."""
    kind, subtype, encoding, data = (segment.value(5, part) for part in (2, 3, 4, 5))
    kind = {"TX": "text", "FT": "text", "TEXT": "text", "": "text" if subtype else ""}.get(kind.upper(), kind).lower()
    subtype = {"txt": "plain", "text": "plain"}.get(subtype.lower(), subtype.lower())
    media_type = f"{kind}/{subtype or 'plain'}" if kind else ""
    try:
        if not is_text_type(media_type):
            raise NotTextError(media_type)
        if encoding.lower() == "base64":
            return attachment_text(media_type, from_base64(data))
        if encoding.lower() == "hex":
            return attachment_text(media_type, bytes.fromhex(data))
        return attachment_text(media_type, data.encode())
    except NotTextError as error:
        attachments.refused.append(str(error))
    except ValueError:
        attachments.refused.append(f"{media_type}: its data is not hexadecimal")
    return ""


def _add(blocks: list[Block], heading: str, text: str) -> None:
    if not text:
        return
    if not blocks or blocks[-1].heading != heading:
        blocks.append(Block(heading, []))
    blocks[-1].lines.append(text)


def _paragraph(block: Block) -> str:
    text = tidy("\n".join(block.lines))
    heading = block.heading.strip()
    if not heading or not text:
        return text
    return f"{heading}\n{text}" if "\n" in text or len(text) > INLINE_CHARACTERS else f"{heading}: {text}"


def clinical_note(message: Message, attachments: Attachments) -> str:
    """What a message says of a patient that is not a report: reason, diagnoses, orders and so on; "" where it says nothing."""
    sections: dict[str, list[str]] = {}
    section = "Comments"
    names = {segment.name for segment in message.segments}
    observed: list[Segment] = []
    for segment in message.segments:
        if segment.name == "OBX" or (segment.name == "NTE" and observed and observed[-1] is not None and section == "Observations"):
            section = "Observations"
            observed.append(segment)
            continue
        if segment.name == "NTE":
            comment = segment.text(3)
            if comment:
                sections.setdefault(section, []).append(comment if section == "Comments" else f"Comment: {comment}")
            continue
        if segment.name not in _WRITERS:
            section = "Comments" if segment.name in {"PID", "PV1", "PV2", "ORC"} else section
            continue
        title, write = _WRITERS[segment.name]
        line = write(segment)
        if segment.name in _CONTINUES:  # belongs to the line before it
            if line and section in {"Medications", "Immunizations", "Orders"} and sections.get(section):
                sections[section][-1] = _joined(sections[section][-1], line)
            continue
        if segment.name in {"RXO", "RXE"} and "RXD" in names and message.value("MSH", 9) == "RDS":
            continue  # what was ordered is there again as what was dispensed
        section = title
        if line and line not in sections.setdefault(section, []):
            sections[section].append(line)
    if observed and (text := observation_text(observed, attachments)):
        sections["Observations"] = [text]
    reason = _reason(message)
    blocks = ["\n".join([title, *sections[title]]) for title in dict.fromkeys([*_SECTIONS, *sections]) if sections.get(title)]
    if not reason and not blocks:
        return ""
    return "\n\n".join(part for part in ["\n".join([*_visit(message), *reason]), *blocks] if part)


def _visit(message: Message) -> list[str]:
    kind = _VISIT_CLASSES.get(message.value("PV1", 2).upper(), "")
    day = (message.date("PV1", 44) or message.date("EVN", 6) or message.date("EVN", 2) or message.date("MSH", 7))[:10]
    patient = sex_and_age(_SEXES.get(message.value("PID", 8).upper(), ""), message.date("PID", 7)[:10], day)
    lines = [f"Visit: {kind}" if kind else "", f"Patient: {patient}" if patient else ""]
    return [line for line in lines if line]


def _reason(message: Message) -> list[str]:
    visit = message.first("PV2")
    if not visit:
        return []
    reason = _joined(visit.words(3), visit.value(12) if re.search("[A-Za-z]{3}", visit.value(12)) else "")
    return [f"Reason: {reason}"] if reason else []


def _diagnosis(of: Segment) -> str:
    kind = of.value(6)
    return _joined(_fullest(of.words(3), of.value(4)), _DIAGNOSIS_TYPES.get(kind, ""), of.date(5)[:10])


def _allergy(of: Segment) -> str:
    severity = _SEVERITIES.get(of.value(4), of.words(4).lower())
    reactions = ", ".join(said for parts in of.repetitions(5) if (said := parts[0].strip()) and re.search("[A-Za-z]{3}", said))
    kind = _ALLERGIES.get(of.value(2).upper(), of.words(2).lower())
    return _joined(of.words(3), kind, severity, re.sub(r"\b[A-Z]+\d+\b", "", reactions).strip())


def _procedure(of: Segment) -> str:
    cause = of.words(15)
    return _joined(_fullest(of.words(3), of.value(4)), f"for {cause}" if cause else "", of.date(5)[:10])


def _problem(of: Segment) -> str:
    return _joined(of.words(3), (of.words(14) or of.words(13)).lower(), of.date(7)[:10]) if of.words(3) else ""


def _order(of: Segment) -> str:
    told, reason = of.value(13), reason_of_order(of)
    priority = _PRIORITIES.get(of.value(5) or of.value(27, 6), "")
    return _joined(of.words(4), priority, told, f"for {reason}" if reason else "")


def reason_of_order(of: Segment) -> str:
    """OBR-31, but for a person, whom some senders put there: no coding system has a blank in its name."""
    return of.words(31) if " " not in of.value(31, 3) else ""


def _specimen(of: Segment) -> str:
    words = _joined(of.words(4), of.words(8), of.value(14))
    return f"specimen: {words}" if words else ""


def _timing(of: Segment) -> str:
    return _joined(of.value(10), of.value(11))


def _prescribed(of: Segment) -> str:
    """RXO: what was ordered. Amounts go without the fields' codes."""
    dose = _amount(of.value(2), of.value(3), of.words(4) or of.value(4))
    return _joined(of.words(1), dose, _instructions(of, 7), _instructions(of, 6)) if of.words(1) else ""


def _encoded(of: Segment) -> str:
    dose = _amount(of.value(3), of.value(4), of.words(5) or of.value(5))
    return _joined(of.words(2), dose, _instructions(of, 7), _instructions(of, 21)) if of.words(2) else ""


def _dispensed(of: Segment) -> str:
    return _joined(of.words(2), _amount(of.value(4), "", of.words(5)), of.text(9), of.date(3)[:10]) if of.words(2) else ""


def _component(of: Segment) -> str:
    return _joined(of.words(2), _amount(of.value(3), "", of.words(4) or of.value(4))) if of.words(2) else ""


def _given(of: Segment) -> str:
    amount = of.value(6)
    dose = _amount("" if amount in {"999", "0"} else amount, "", of.value(7))  # 999: not known
    name, state, why = of.words(5), _RXA_STATES.get(of.value(20), ""), of.words(18)
    return _joined(name, dose, of.date(3)[:10], state, f"because {why}" if why else "") if name else ""


def _route(of: Segment) -> str:
    return _joined(of.words(1), of.words(2))


def _appointment(of: Segment) -> str:
    reason = _joined(of.words(7), of.words(6) if of.words(6).lower() not in {"add", "delete", "update", "cancel"} else "")
    return f"Reason: {reason}" if reason else ""


def _service(of: Segment) -> str:
    return _joined(of.words(3), of.words(10).lower() if of.words(3) else "")


def _accident(of: Segment) -> str:
    return of.value(8)


def _death(of: Segment) -> str:
    cause = of.words(1)
    return f"Cause of death: {cause}" if cause else ""


def _referral(of: Segment) -> str:
    return _joined(of.words(10), of.words(24), of.text(22) if re.search("[a-z]{3} ", of.text(22)) else "")


_WRITERS: dict[str, tuple[str, Callable[[Segment], str]]] = {
    "DG1": ("Diagnoses", _diagnosis),
    "DRG": ("Diagnoses", lambda of: of.words(1)),
    "PRB": ("Problems", _problem),
    "GOL": ("Goals", lambda of: of.words(3)),
    "AL1": ("Allergies", _allergy),
    "IAM": ("Allergies", _allergy),
    "PR1": ("Procedures", _procedure),
    "ACC": ("Accident", _accident),
    "PDA": ("Death", _death),
    "RF1": ("Referral", _referral),
    "SCH": ("Appointment", _appointment),
    "AIS": ("Appointment", _service),
    "AIG": ("Appointment", lambda of: ""),  # equipment, places and people: only comments on them are read
    "AIL": ("Appointment", lambda of: ""),
    "AIP": ("Appointment", lambda of: ""),
    "OBR": ("Orders", _order),
    "RXO": ("Medications", _prescribed),
    "RXE": ("Medications", _encoded),
    "RXD": ("Medications", _dispensed),
    "RXC": ("Medications", _component),
    "RXA": ("Immunizations", _given),
    "RXR": ("", _route),
    "TQ1": ("", _timing),
    "SPM": ("", _specimen),
}
_CONTINUES = frozenset({"RXR", "TQ1", "SPM"})
_SECTIONS = (
    "Appointment",
    "Problems",
    "Diagnoses",
    "Allergies",
    "Medications",
    "Immunizations and medications given",
    "Procedures",
    "Orders",
)


def _amount(low: str, high: str, unit: str) -> str:
    number = f"{low} to {high}" if low and high and high != low else low
    return f"{number} {readable_unit(unit)}".strip() if number else ""


def _instructions(of: Segment, field: int) -> str:
    """Free text that may be a plain string or the text of a coded field."""
    said = (_plain(parts) for parts in of.repetitions(field))
    return ", ".join(" ".join(words.split()) for words in said if words)


def _plain(parts: list[str]) -> str:
    return next((part for part in (*parts[1:2], *parts[:1]) if re.search("[A-Za-z]{3}", part)), "")


def _fullest(one: str, other: str) -> str:
    """Both, or one of them where it says what the other does."""
    first, second = (re.sub(r"\W+", "", text).lower() for text in (one, other))
    return one if second in first else other if first in second else f"{one}, {other}"


def _joined(*words: str) -> str:
    return ", ".join(dict.fromkeys(word for word in words if word))
