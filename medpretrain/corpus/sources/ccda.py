"""C-CDA and other HL7 CDA documents (urn:hl7-org:v3, ClinicalDocument) -> the narrative that a clinician reads.

The text is the document's title (left out where it holds the patient's name) and each section's narrative under its title, at any depth.
The coded entries behind it and the header (names, addresses, numbers) are not in it. Lists are lines with "- ", tables rows with cells
parted by " | ", footnotes lines at the end of their section; text marked as deleted is left out. A document without structure counts where
its body is plain text, inline or base64.

`meta`: title, date (effectiveTime), patient_id, encounter_id, record_id, document_code (LOINC), language, confidentiality (the code: "N",
"R", "V"). `doc_type` follows from the LOINC code ("discharge_summary", "progress_note", ...), else it is "clinical_document".

Reasons of refusal: "not C-CDA", "no text" (the media type in the detail, where it is one that is not text), and those of sources/xml.py.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from typing import Any, BinaryIO

from medpretrain.corpus.document import Document
from medpretrain.corpus.sources.ccda_identity import identity_of_document
from medpretrain.corpus.sources.record import Record, Refusal
from medpretrain.corpus.sources.xml import Element, Layout, Walk, children, documents, find, local_name, one_line, table_rows, words
from medpretrain.deidentify.identity import Identity

ROOTS = {"ClinicalDocument": ("ClinicalDocument",)}
_LOINC = "2.16.840.1.113883.6.1"
_SOCIAL_SECURITY = "2.16.840.1.113883.4.1"

DOC_TYPES = {
    "18842-5": "discharge_summary",
    "28655-9": "discharge_summary",
    "34105-7": "discharge_summary",
    "34106-5": "discharge_summary",
    "11490-0": "discharge_summary",
    "11506-3": "progress_note",
    "18733-6": "progress_note",
    "28569-8": "progress_note",
    "28617-9": "progress_note",
    "28656-7": "progress_note",
    "34130-5": "progress_note",
    "34131-3": "progress_note",
    "11488-4": "consultation_note",
    "34099-2": "consultation_note",
    "34100-8": "consultation_note",
    "34104-0": "consultation_note",
    "34117-2": "history_and_physical",
    "34115-6": "history_and_physical",
    "34116-4": "history_and_physical",
    "47039-3": "history_and_physical",
    "11492-6": "history_and_physical",
    "11504-8": "operative_note",
    "34137-0": "operative_note",
    "28570-0": "procedure_note",
    "28577-5": "procedure_note",
    "11505-5": "procedure_note",
    "34133-9": "continuity_of_care",
    "57133-1": "referral_note",
    "52521-2": "care_plan",
    "18776-5": "care_plan",
    "18761-7": "transfer_summary",
    "18748-4": "diagnostic_imaging_report",
    "18726-0": "diagnostic_imaging_report",
    "18747-6": "diagnostic_imaging_report",
    "18755-9": "diagnostic_imaging_report",
    "18760-9": "diagnostic_imaging_report",
    "18782-3": "diagnostic_imaging_report",
}


def read(file: BinaryIO, name: str, identities: bool = True) -> Iterator[Record]:
    """The document of a file, or its refusal."""
    return documents(file, ROOTS, "not C-CDA", lambda document, _: _record(document, name, identities))


def _record(document: Element, name: str, identities: bool) -> Record:
    title = words(find(document, "title"))
    code = _document_code(document)
    meta = _meta(document, title, code)
    layout = Layout()
    body = find(document, "component", "structuredBody")
    if body is None:
        found = _unstructured(find(document, "component", "nonXMLBody"))
        if isinstance(found, Refusal):
            return found
        text = found
    else:
        for component in children(body, "component"):
            for section in children(component, "section"):
                _section(section, layout)
        text = layout.text()
    if not text:
        return Refusal("", "no text", "an empty body" if body is None else "no section has a narrative")
    if title and not _names_patient(title, document):
        text = f"{title}\n\n{text}"
    identity = identity_of_document(document, meta.get("patient_id", "")) if identities else Identity()
    return Document(meta.get("record_id") or f"{name}:1", text, "", DOC_TYPES.get(code, "clinical_document"), meta, identity=identity)


# --- The header


def _meta(document: Element, title: str, code: str) -> dict[str, Any]:
    time, language, confidentiality = (find(document, part) for part in ("effectiveTime", "languageCode", "confidentialityCode"))
    role = find(document, "recordTarget", "patientRole")
    encounter = find(document, "componentOf", "encompassingEncounter")
    meta = {
        "title": title,
        "date": iso_time(time.get("value", "")) if time is not None else "",
        "patient_id": _identifier(role),
        "encounter_id": _identifier(encounter),
        "record_id": _record_id(find(document, "id")),
        "document_code": code,
        "language": language.get("code") if language is not None else None,
        "confidentiality": confidentiality.get("code") if confidentiality is not None else None,
    }
    return {key: value for key, value in meta.items() if value}


def _document_code(document: Element) -> str:
    code = find(document, "code")
    for coded in [code, *children(code, "translation")] if code is not None else []:
        if coded.get("code") and coded.get("codeSystem", _LOINC) == _LOINC:
            return coded.get("code")
    return ""


def _record_id(identifier: Element | None) -> str:
    """Root and extension: only both together are this document's own (a root alone is one where there is no extension)."""
    return ":".join(filter(None, (identifier.get("root"), identifier.get("extension")))) if identifier is not None else ""


def _identifier(holder: Element | None) -> str:
    """A person's or an encounter's number: the first that is given, and is not a social security number where there is another."""
    given = [number for number in children(holder, "id") if not number.get("nullFlavor")]
    given.sort(key=lambda number: number.get("root") == _SOCIAL_SECURITY)
    return next((value for number in given if (value := number.get("extension") or number.get("root"))), "")


def _names_patient(title: str, document: Element) -> bool:
    words_of_title = {word.casefold() for word in re.findall(r"\w+", title)}
    role = find(document, "recordTarget", "patientRole", "patient")
    for name in children(role, "name"):
        for part in re.findall(r"\w+", " ".join(name.itertext())):
            if len(part) > 1 and part.casefold() in words_of_title:
                return True
    return False


_TIME = re.compile(r"(\d{4})(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\d\d)?(?:\.(\d+))?([+-]\d{4})?")


def iso_time(written: str) -> str:
    """An HL7 time stamp ("201903141030+0100") in ISO 8601, as exact as it is; "" where it is none."""
    parts = _TIME.fullmatch(written.strip())
    if parts is None:
        return ""
    year, month, day, hour, minute, second, fraction, zone = parts.groups()
    try:
        datetime(int(year), int(month or 1), int(day or 1), int(hour or 0), int(minute or 0), int(second or 0))
    except ValueError:
        return ""
    date = "-".join(filter(None, (year, month, day)))
    if not hour:
        return date
    time = ":".join(filter(None, (hour, minute, second))) + (f".{fraction}" if fraction and second else "")
    return f"{date}T{time}" + (f"{zone[:3]}:{zone[3:]}" if zone else "")


# --- A body without structure


def _unstructured(body: Element | None) -> str | Refusal:
    content = find(body, "text")
    if content is None:
        return Refusal("", "no text", "no body")
    kind = (content.get("mediaType") or "text/plain").split(";")[0].strip().lower()
    reference = find(content, "reference")
    if reference is not None and not words(content):
        return Refusal("", "no text", f"{content.get('mediaType') or 'unknown type'} in another file, {reference.get('value')}")
    if kind != "text/plain":
        return Refusal("", "no text", f"{kind} in it")
    text = "".join(content.itertext())
    if (content.get("representation") or "").upper() == "B64":
        try:
            data = base64.b64decode(re.sub(r"\s+", "", text), validate=True)
        except (binascii.Error, ValueError):
            return Refusal("", "no text", "base64 that is none")
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = data.decode("cp1252", errors="replace")
    return _lines_as_written(text)


_WRAPPED_CHARACTERS = 60


def _lines_as_written(text: str) -> str:
    """Plain text with its lines; several empty ones are one. A long line that goes on in small letters was only wrapped."""
    lines: list[str] = []
    for line in map(one_line, text.splitlines()):
        before = lines[-1] if lines else ""
        if line and line[0].islower() and len(before) >= _WRAPPED_CHARACTERS and before[-1] not in ".:;":
            lines[-1] = f"{before} {line}"
        else:
            lines.append(line)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


# --- The narrative


def _section(section: Element, layout: Layout) -> None:
    title = words(find(section, "title"))
    code = find(section, "code")
    if not title and code is not None:
        title = one_line(code.get("displayName") or "")
    layout.section(title, partial(_section_body, section, layout))


def _section_body(section: Element, layout: Layout) -> None:
    text = find(section, "text")
    if text is not None and len(text) == 0:
        for block in _lines_as_written(text.text or "").split("\n\n"):  # no markup: its lines are all the form it has
            for line in block.split("\n"):
                layout.add_line(line)
            layout.end_block()
    elif text is not None:
        _WALK.fill(text, layout)
        layout.end_block()
        for note in text.iter("{*}footnote"):
            layout.add_line(_WALK.line(note))
        layout.end_block()
    for component in children(section, "component"):
        for inner in children(component, "section"):
            _section(inner, layout)


def _content(content: Element, layout: Layout) -> None:
    if content.get("revised") != "delete":
        _WALK.fill(content, layout)


def _list(element: Element, layout: Layout) -> None:
    fills: list[Callable[[], None]] = [partial(_WALK.fill, item, layout) for item in element if local_name(item.tag) in ("item", "li")]
    layout.items(fills, _WALK.line(find(element, "caption")))


def _table(table: Element, layout: Layout) -> None:
    layout.put_off(partial(_table_lines, table, layout))


def _table_lines(table: Element, layout: Layout) -> None:
    layout.add_line(_WALK.line(find(table, "caption")))
    for row in table_rows(table, _WALK.line):
        layout.add_line(row)


def _caption(caption: Element, layout: Layout) -> None:
    """Of a picture, a list item or a paragraph (that of a list or a table is read with it): it names what follows."""
    if local_name(caption.getparent().tag) in ("list", "table", "ul", "ol"):
        return
    text = _WALK.line(caption)
    if text:
        layout.add(text if text[-1] in ".:;?!" or (not caption.tail and caption.getnext() is None) else f"{text}: ")


def _raised(sup: Element, layout: Layout) -> None:
    text = _WALK.line(sup)
    raised = bool(re.fullmatch(r"[-−]?\d+", text)) and (before := layout.tail()) != "" and not before.isspace()
    layout.add(f"^{text}" if raised else text)


_WALK = Walk(
    {
        "content": _content,
        **dict.fromkeys(("list", "ul", "ol"), _list),
        "table": _table,
        "caption": _caption,
        "sup": _raised,
    },
    paragraphs=("paragraph", "p", "div", "pre", "h1", "h2", "h3", "h4", "h5", "h6"),  # HTML, too, which the schema does not know
    breaks=("br",),
    left_out=("footnote", "footnoteRef"),  # read at the end of the section
)
