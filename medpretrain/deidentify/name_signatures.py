"""Initials that stand for a person: of who dictated and who typed, of who signed, drew or gave something, of who is spoken of."""

from __future__ import annotations

import re
from collections.abc import Iterator

from medpretrain.deidentify.finding import Finding
from medpretrain.deidentify.lexicons import WORD
from medpretrain.deidentify.name_cues import NO_SIGNATURES, SITES_OF_INJECTION
from medpretrain.deidentify.name_words import NO_INITIALS
from medpretrain.deidentify.words import kinds_of

_CAPITAL = r"[^\W\d_a-zªµº]"
_INITIALS = re.compile(rf" ({_CAPITAL}{{2,4}})(?=[.,;\n]|$)")
_AGED_INITIALS = re.compile(rf"[:(] ?({_CAPITAL}{{2,4}}), \d{{1,3}} ?(?:F|M|y|-y)")
_SIGNING = re.compile(  # initials are believed behind it though they abbreviate something else too
    r"\b(?:[Dd]ictated|[Tt]ranscribed|[Tt]yped|[Ss]igned|[Mm]ade|[Dd]rawn|[Cc]ut|[Gg]iven|[Ee]ntered|[Cc]ollected|[Vv]erified|[Rr]eleased"
    r"|[Rr]eviewed|[Cc]hecked|[Ww]itnessed|[Pp]erformed|[Rr]ead|[Ss]tained|[Gg]rossed|[Rr]ecorded|[Aa]dministered|[Pp]laced|[Tt]ech)"
    r"(?: [\w/:.,-]{1,30}){0,2}(?: by:?|:)$"
)
_BY = re.compile(r"\b(?:[Ii]nitial(?:l?ed|s)(?: by)?:?|[Bb]y)$")
_LINE_ENDS = re.compile(r"(?: \d{1,2}/\d{1,2})?[ \t]*$", re.MULTILINE)
_DICTATION = re.compile(
    rf"^[ \t]*(?!MM|DD|RE\b|CC\b|XY|AB)"
    rf"({_CAPITAL}{{2,3}}(?=[ \t]?[/:][ \t]?[a-z]{{2,3}})|{_CAPITAL}{{2,3}}/{_CAPITAL}{{2,3}})(?:[ \t]?[/:][ \t]?[a-z]{{2,3}})?"
    r"(?:[/:][A-Za-z0-9]{1,4})?[ \t]*$",
    re.MULTILINE,
)
_DICTATED = re.compile(
    rf"\b(?:[Dd]|DD|[Tt]|DT|TD|TT|[Jj]ob|JOB|[Dd]ictated|[Tt]ranscribed)\b ?[:#][^\n]{{4,60}}?[ \t,;]"
    rf"({_CAPITAL}{{2,4}})[/:]({_CAPITAL}{{2,4}}|[a-z]{{2,4}})[ \t]*$",
    re.MULTILINE,
)
_INTRODUCED = re.compile(
    r"\b(?:[Ii]nitials?|INITIALS?|[Ii]nits?|[Ss]igned|[Cc]osigned|[Ii]nitialed|s/)(?: of| are| is)?:? ?[\"(]?"
    rf"({_CAPITAL}(?:\.? ?{_CAPITAL}){{1,3}})(?![\w/])"
)
_BEHIND_ID = re.compile(
    r"\b(?:[Pp]t|[Pp]atient|[Ss]ubject|[Cc]lient|[Pp]articipant|ID|MRN|[Cc]ase|[Ss]tudy)\b[^\n,;.]{0,12}?[\w-]*\d[\w-]*,? \(?"
    rf"({_CAPITAL}{{2,3}})(?=[,;)]| \d)"
)
_BY_TECHNICIAN = re.compile(
    rf"\b(?:TECH|[Tt]ech|PHLEB|[Pp]hleb|INITIALS|SIGNED|DRAWN BY|READ BY|COLLECTED BY):? ({_CAPITAL}{{2,3}})(?![\w/-])"
)
_QUALIFIED = re.compile(rf"\b(?:by|BY|with|per) ({_CAPITAL}{{2,3}}),? (?:MA|RN|NP|PA|LPN|CNA|MD|DO|RDH|RRT|PCT|EMT|RPh)\b(?!/)")
_VACCINATED = re.compile(rf"{SITES_OF_INJECTION}[^\n;]{{1,60}}? \(?({_CAPITAL}{{2,3}})\)?(?=[;.\n]|$)")
_BEHIND_MARK = re.compile(
    rf"(?:(?<=[.!?;)])|(?<=\d)|[ap]\.?m\.?|AM|PM)[ ]*(?:--?|–|—|/|\n)?[ \t]*({_CAPITAL}{{2,4}})[ \t]*(?:\Z|\n[ \t]*(?:\n|\Z))"
)
MAX_SIGNING_CHARS = 80


_PATTERNS = (
    (_AGED_INITIALS, "age behind initials"),
    (_BY_TECHNICIAN, "signed with initials"),
    (_QUALIFIED, "signed with initials"),
    (_INTRODUCED, "signed with initials"),
    (_BEHIND_ID, "initials behind a number"),
    (_VACCINATED, "signed with initials"),
    (_BEHIND_MARK, "signed with initials"),
)


def find_signatures(text: str) -> Iterator[Finding]:
    """Initials of people."""
    if "/" in text or ":" in text:
        for match in _DICTATION.finditer(text):
            yield Finding(*match.span(1), "NAME", "dictation initials")
        for match in _DICTATED.finditer(text):
            yield Finding(*match.span(1), "NAME", "dictation initials")
            if match[2].isupper():
                yield Finding(*match.span(2), "NAME", "dictation initials")
    yield from _signed(text)
    for pattern, rule in _PATTERNS:
        for match in pattern.finditer(text):
            initials = match[1].replace(".", "").replace(" ", "")
            if initials.isupper() and (match[0][:4].lower() == "init" or _may_be_initials(initials)):
                yield Finding(*match.span(1), "NAME", rule)


def _may_be_initials(letters: str) -> bool:
    return letters.lower() not in NO_SIGNATURES and letters not in NO_INITIALS and len(set(letters)) > 1


def _signed(text: str) -> Iterator[Finding]:
    for match in _INITIALS.finditer(text):
        if match[1].isupper() and match[1] not in NO_INITIALS and _is_signed(text, match.start(), match.end(), match[1]):
            yield Finding(*match.span(1), "NAME", "signed with initials")


def _is_signed(text: str, start: int, end: int, initials: str) -> bool:
    before = text[max(0, start - MAX_SIGNING_CHARS) : start]
    if before.endswith(("by", "By", ":", "ed", "als")) and (
        (_SIGNING.search(before) and initials.lower() not in NO_SIGNATURES) or (_BY.search(before) and not kinds_of(initials) & WORD)
    ):
        return True
    is_last = before.endswith("igned") and not text[end:].strip(" .\n")
    is_alone = before.endswith((".", "!", "?")) and len(initials) == 3 and bool(_LINE_ENDS.match(text, end))
    if is_alone and initials.lower() not in NO_SIGNATURES and not text[end:].strip():
        return True
    return (is_last or is_alone) and not kinds_of(initials) & WORD
