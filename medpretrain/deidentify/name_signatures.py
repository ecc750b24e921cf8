"""Initials that stand for a person: of who dictated and who typed, of who signed, drew or gave something, of who is spoken of."""

from __future__ import annotations

import re
from collections.abc import Iterator

from medpretrain.deidentify.finding import Finding
from medpretrain.deidentify.lexicons import WORD
from medpretrain.deidentify.name_cues import CLIENTS, NO_SIGNATURES
from medpretrain.deidentify.name_reader import NameReader
from medpretrain.deidentify.name_words import NO_INITIALS, RELATIONS
from medpretrain.deidentify.words import kinds_of

_CAPITAL = r"[^\W\d_a-zªµº]"
_DICTATION = re.compile(
    rf"[ \t]*(?={_CAPITAL}{{2,3}}[ \t]?[/:])(?!MM\b|MM/|DD\b|DD/|RE\b|CC\b|XY|AB)"
    rf"({_CAPITAL}{{2,3}}(?=[ \t]?[/:][ \t]?[a-z]{{2,3}})|{_CAPITAL}{{2,3}}/{_CAPITAL}{{2,3}})(?:[ \t]?[/:][ \t]?[a-z]{{2,3}})?"
    r"(?:[/:][A-Za-z0-9-]{1,14})?[ \t]*$",
    re.MULTILINE,
)
_TYPIST = re.compile(r"[/:](?:[^\W\d_]{2,4})?[ \t]*(?:\n|$)")  # behind who dictated
_DICTATED = re.compile(r"\b(?:[DT]{1,2}|[Jj]ob|JOB|[Dd]ict\w*|[Tt]rans\w*) ?[:#]")
_SIGNING = re.compile(  # initials are believed behind it though they abbreviate something else too
    r"\b(?:dictated|transcribed|typed|signed|made|drawn|cut|given|entered|collected|verified|released|reviewed|checked|witnessed|performed|read"
    r"|stained|grossed|recorded|administered|placed|tech|printed|kept|injected|logged|filed|scanned|faxed|keyed|coded|filled|dispensed|cosigned"
    r"|screened|rescreened|taken|called|received|edited|prepared|changed|removed|started|mixed|labell?ed|ordered|completed|updated|done)"
    r"(?: [\w/:.,-]{1,30}){0,2}(?: by:?|:) ?$",
    re.IGNORECASE,
)
# Whose work is signed with initials: right before them.
_BY_ROLE = re.compile(
    r"\b(?:(?:unit |reg(?:istration)? |ward |admitting )?clerk|registrar|agent|operator|collector|sonographer|phlebotomist|phleb|abstractor"
    r"|coder|poster|biller|cosign(?:er)?|re-?screened|screened|filled|checked|typist|transcriptionist|transcriber|scribe|verifier|recorder|preparer"
    r"|inspector|technologist|technician|dosimetrist|perfusionist|assessor|reviewer|rater|monitor|witness|dictator|trans|tr|inits?|assess"
    r"|but not read;|coll(?:ected)? [\d:/. -]{4,20}|thx,|thanks,)[ \t]{0,3}[:/]?[ \t]{0,3}$",
    re.IGNORECASE,
)
_RESIDENT = re.compile(r",? (?:pgy|PGY|MS|R)-?\d\b")
_SCRUBBED = re.compile(r" (?:scrubbed|assisting|assisted|covering|aware|notified|at bedside|present)\b")
_CELL_BEFORE = re.compile(r"(?: {3}|\t|\| ?)$")
_CELL_BEHIND = re.compile(r"[ \t]{0,3}(?:\n|$|\|)")
_PAIR = re.compile(rf"\b(?:not read;?|[Dd]ictated|DICTATED|[Dd]ict|[Tt]yped):? ({_CAPITAL}{{2,3}})/({_CAPITAL}{{2,3}})(?![\w/])")
_CHECKED = re.compile(rf"(?:[Vv]erified|[Cc]hecked|[Ww]itnessed)(?: by)?:? ({_CAPITAL}{{2,3}})/({_CAPITAL}{{2,3}})(?![\w/])")
_DOTTED_PAIR = re.compile(rf"{_CAPITAL}\. ?{_CAPITAL}\.(?! ?{_CAPITAL}[\w'’])")  # "Subject Q.B. withdrew"
_LEGEND = re.compile(rf"(?<![\w-])({_CAPITAL}{{2,4}}) ?= ?({_CAPITAL})[\w'’-]+")  # "JQL = Jo Li RN"
_TIMED = re.compile(r"\b[0-2]\d:?[0-5]\d(?: \d{1,2} ?u)? $")
_ENDS_TEXT = re.compile(r"\.?\s*\Z")
_INITIALED = re.compile(r"\b(?:initial(?:l?ed|s)?|inits?)(?: by| of| are| is)?:? ?[\"(]?$", re.IGNORECASE)
_SIGNED = re.compile(r"(?:\b(?:co)?signed|\bs/|\btech|\bphleb|\b(?:drawn|read|collected) by):? ?[\"(]?$", re.IGNORECASE)
_NUMBERED = re.compile(
    r"\b(?:[Pp]t|[Pp]atient|[Ss]ubject|[Cc]lient|[Pp]articipant|ID|MRN|[Cc]ase|[Ss]tudy)\b[^\n,;.]{0,12}?[\w-]*\d[\w-]*,? \(?$"
)
_INJECTED = re.compile(r"(?:deltoid|vastus|glute(?:al|us)|thigh|\bIM\b|\bSC\b|\bSQ\b|\blot\b|given|placed)[^\n;]{1,60} \(?$", re.IGNORECASE)
_QUALIFIED = re.compile(r",? (?:MA|RN|NP|PA|LPN|CNA|MD|DO|RDH|RRT|PCT|EMT|RPh|CTR|RDCS|RDMS|RVT|CPhT|OTR|DPT|[Pp][Gg][Yy]-?\d)\b(?!/)")
_AGED = re.compile(r", \d{1,3}(?: ?(?:F|M|y|-y)|, [a-z])")
_ENDS_LINE = re.compile(r"(?: \d{1,2}/\d{1,2})?[ \t]*(?:\n|$)")
_ENDS_MESSAGE = re.compile(r"[ \t]*(?:\Z|\n[ \t]*(?:\n|\Z))")
_BEHIND_MARK = re.compile(r"(?:[.!?;)\d]|[ap]\.?m\.?|AM|PM)\s*(?:--?|–|—|/)?[ \t]*$")
_DOTTED = re.compile(rf"\b[Ii]nitials?:? ({_CAPITAL}\.(?: ?{_CAPITAL}\.?){{1,3}})(?!\w)")
MAX_BEFORE = 80
MAX_INITIALS = 4


def find_signatures(reader: NameReader) -> Iterator[Finding]:
    """Initials of people."""
    words = reader.words
    text = words.text
    if "/" in text or ":" in text:
        for match in filter(None, (_DICTATION.match(text, start) for start in reader.line_starts)):
            yield Finding(*match.span(1), "NAME", "dictation initials")
        for match in _PAIR.finditer(text) if "ictated" in text or "not read" in text or "yped" in text else ():
            yield from (Finding(*match.span(group), "NAME", "dictation initials") for group in (1, 2))
        for match in _CHECKED.finditer(text) if "erified" in text or "hecked" in text or "itnessed" in text else ():
            if not {match[1].lower(), match[2].lower()} & NO_SIGNATURES:
                yield from (Finding(*match.span(group), "NAME", "signed with initials") for group in (1, 2))
    if "=" in text:
        yield from _of_a_legend(text)
    if "nitial" in text:
        for match in _DOTTED.finditer(text):
            yield Finding(*match.span(1), "NAME", "signed with initials")
    for place in [place for place in reader.capitals if words.words[place].isupper()]:
        letters = words.words[place]
        if len(letters) == 1 and place and (reader.lower[place - 1] in CLIENTS or reader.lower[place - 1] in RELATIONS):
            dotted = _DOTTED_PAIR.match(text, words.starts[place]) if words.gap(place) in (" ", ": ") else None
            if dotted:
                yield Finding(*dotted.span(), "NAME", "initials of a person")
        if 2 <= len(letters) <= MAX_INITIALS and letters.isalpha() and letters not in NO_INITIALS:
            start, end = words.starts[place], words.starts[place] + len(letters)
            is_apart = not (words.gap(place)[-1:].isalnum() or text[end : end + 1].isalnum()) and len(set(letters)) > 1
            rule = _rule(text, start, end, letters) if is_apart else ""
            if rule:
                yield Finding(start, end, "NAME", rule)


def _of_a_legend(text: str) -> Iterator[Finding]:
    """The initials that a text says whose they are, wherever they stand."""
    for letters in {match[1] for match in _LEGEND.finditer(text) if match[1][0] == match[2]} - NO_INITIALS:
        if letters.lower() not in NO_SIGNATURES and not (kinds_of(letters) & WORD and len(letters) > 3):
            for match in re.finditer(rf"(?<![\w-]){letters}(?![\w-])", text):
                yield Finding(*match.span(), "NAME", "signed with initials")


def _rule(text: str, start: int, end: int, letters: str) -> str:
    first = max(0, start - MAX_BEFORE)
    before = text[max(first, text.rfind("\n", first, start) + 1) : start]
    if before[-7:].strip(' "(:').endswith(_LEADS) and _INITIALED.search(before):
        return "signed with initials"
    if _is_dictated(text, before, start, end):
        return "dictation initials"
    if letters.lower() in NO_SIGNATURES or (len(letters) > 3 and kinds_of(letters) & WORD):
        return ""
    if len(letters) == 3 and _is_of_a_role(text, before, start, end, letters):
        return "signed with initials"
    if _is_signed(text, before, start, end, letters):
        return "signed with initials"
    after = text[end : end + 12]
    if (
        before.endswith((":", ": ", "(", ". ", "Pt ", "pt "))
        and _AGED.match(after)
        and not (before.endswith(" ") and kinds_of(letters) & WORD)
    ):
        return "age behind initials"
    is_closed = after[:1] in ("", ",", ")", ";", ".", "\n") or after[1:2].isdigit()
    if is_closed and any(map(str.isdigit, before[-12:])):
        if before[-2:].strip(" (").isdigit() and _INJECTED.search(before):
            return "signed with initials"
        if _NUMBERED.search(before):
            return "initials behind a number"
    return ""


_LEADS = ("al", "als", "led", "ed", "it", "its", "by", "of", "are", "is", "AL", "ALS", "ED", "BY")
_SIGNS = ("by", "By", "BY", "ed", "ED", ":", "h", "H", "b", "B", "s/")


def _is_signed(text: str, before: str, start: int, end: int, letters: str) -> bool:
    """Whether initials stand behind "signed", "drawn by", or alone behind the last sentence of a message."""
    led = before.rstrip(' "(')
    is_word = bool(kinds_of(letters) & WORD)
    if led.endswith(_SIGNS):
        if _SIGNING.search(before) or _SIGNED.search(before) or (led.lower().endswith(" by") and not is_word):
            return True
        if led.lower().endswith((" by", " with", " per")) and _QUALIFIED.match(text, end):
            return True
    if len(letters) > 3:
        return False
    is_behind_sentence = before.endswith((". ", "! ", "? ")) and len(letters) == 3 and not is_word
    if is_behind_sentence and _ENDS_LINE.match(text, end):
        return True
    return bool(_ENDS_MESSAGE.match(text, end)) and bool(_BEHIND_MARK.search(text[max(0, start - MAX_BEFORE) : start]))


def _is_of_a_role(text: str, before: str, start: int, end: int, letters: str) -> bool:
    """Whether three letters stand behind the role of who signs, before a credential, or in a cell that ends a row."""
    if _BY_ROLE.search(before):
        return True
    if before.endswith((" -", "- ")) and _QUALIFIED.match(text, end):
        return True
    if (before.rstrip(" ").endswith("|") and _CELL_BEHIND.match(text, end) and "nitials" in text) or _RESIDENT.match(text, end):
        return True
    if kinds_of(letters) & WORD:
        return False
    if before.endswith((", ", ". ")) and not set(letters) & set("AEIOU") and _ENDS_TEXT.match(text, end):
        return True
    if _TIMED.search(before) and (text[end : end + 2] in ("", "  ") or text[end : end + 1] == "\n"):
        return True
    if _QUALIFIED.match(text, end) or (before.endswith("with ") and _SCRUBBED.match(text, end)):
        return True
    is_in_row = bool(_CELL_BEFORE.search(before)) and any(map(str.isdigit, before))
    return is_in_row and not set(letters) & set("AEIOU") and bool(_CELL_BEHIND.match(text, end))


def _is_dictated(text: str, before: str, start: int, end: int) -> bool:
    """Whether initials are of the pair at the end of a line that tells when something was dictated."""
    if text[end : end + 1] in ("/", ":"):
        return bool(_TYPIST.match(text, end)) and bool(_DICTATED.search(before))
    return (
        before.endswith(("/", ":"))
        and text[end : end + 1] in ("", "\n", " ")
        and before[-3:-1].isupper()
        and bool(_DICTATED.search(before))
    )
