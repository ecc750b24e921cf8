"""Initials that stand for a person: of who dictated and who typed, of who signed, drew or gave something, of who is spoken of."""

from __future__ import annotations

import re
from collections.abc import Iterator

from medpretrain.deidentify.finding import Finding
from medpretrain.deidentify.lexicons import WORD
from medpretrain.deidentify.name_cues import NO_SIGNATURES
from medpretrain.deidentify.name_reader import NameReader
from medpretrain.deidentify.name_words import NO_INITIALS
from medpretrain.deidentify.words import kinds_of

_CAPITAL = r"[^\W\d_a-zªµº]"
_DICTATION = re.compile(
    rf"^[ \t]*(?!MM|DD|RE\b|CC\b|XY|AB)"
    rf"({_CAPITAL}{{2,3}}(?=[ \t]?[/:][ \t]?[a-z]{{2,3}})|{_CAPITAL}{{2,3}}/{_CAPITAL}{{2,3}})(?:[ \t]?[/:][ \t]?[a-z]{{2,3}})?"
    r"(?:[/:][A-Za-z0-9]{1,4})?[ \t]*$",
    re.MULTILINE,
)
_TYPIST = re.compile(r"[/:](?:[^\W\d_]{2,4})?[ \t]*(?:\n|$)")  # behind who dictated
_DICTATED = re.compile(r"\b(?:[DT]{1,2}|[Jj]ob|JOB|[Dd]ict\w*|[Tt]rans\w*) ?[:#]")
_SIGNING = re.compile(  # initials are believed behind it though they abbreviate something else too
    r"\b(?:dictated|transcribed|typed|signed|made|drawn|cut|given|entered|collected|verified|released|reviewed|checked|witnessed|performed|read"
    r"|stained|grossed|recorded|administered|placed|tech)(?: [\w/:.,-]{1,30}){0,2}(?: by:?|:) ?$",
    re.IGNORECASE,
)
_INITIALED = re.compile(r"\b(?:initial(?:l?ed|s)?|inits?)(?: by| of| are| is)?:? ?[\"(]?$", re.IGNORECASE)
_SIGNED = re.compile(r"(?:\b(?:co)?signed|\bs/|\btech|\bphleb|\b(?:drawn|read|collected) by):? ?[\"(]?$", re.IGNORECASE)
_NUMBERED = re.compile(
    r"\b(?:[Pp]t|[Pp]atient|[Ss]ubject|[Cc]lient|[Pp]articipant|ID|MRN|[Cc]ase|[Ss]tudy)\b[^\n,;.]{0,12}?[\w-]*\d[\w-]*,? \(?$"
)
_INJECTED = re.compile(r"(?:deltoid|vastus|glute(?:al|us)|thigh|\bIM\b|\bSC\b|\bSQ\b|\blot\b|given|placed)[^\n;]{1,60} \(?$", re.IGNORECASE)
_QUALIFIED = re.compile(r",? (?:MA|RN|NP|PA|LPN|CNA|MD|DO|RDH|RRT|PCT|EMT|RPh)\b(?!/)")
_AGED = re.compile(r", \d{1,3} ?(?:F|M|y|-y)")
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
        for match in _DICTATION.finditer(text):
            yield Finding(*match.span(1), "NAME", "dictation initials")
    if "nitial" in text:
        for match in _DOTTED.finditer(text):
            yield Finding(*match.span(1), "NAME", "signed with initials")
    for place in reader.capitals:
        letters = words.words[place]
        if 2 <= len(letters) <= MAX_INITIALS and letters.isupper() and letters.isalpha() and letters not in NO_INITIALS:
            start, end = words.starts[place], words.starts[place] + len(letters)
            is_apart = not (words.gap(place)[-1:].isalnum() or text[end : end + 1].isalnum()) and len(set(letters)) > 1
            rule = _rule(text, start, end, letters) if is_apart else ""
            if rule:
                yield Finding(start, end, "NAME", rule)


def _rule(text: str, start: int, end: int, letters: str) -> str:
    before = text[max(0, start - MAX_BEFORE, text.rfind("\n", 0, start) + 1) : start]
    if before[-7:].strip(' "(:').endswith(_LEADS) and _INITIALED.search(before):
        return "signed with initials"
    if _is_dictated(text, before, start, end):
        return "dictation initials"
    if letters.lower() in NO_SIGNATURES or (len(letters) > 3 and kinds_of(letters) & WORD):
        return ""
    if _is_signed(text, before, start, end, letters):
        return "signed with initials"
    after = text[end : end + 12]
    if before.endswith((":", ": ", "(")) and _AGED.match(after):
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
