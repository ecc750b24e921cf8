"""Names in the rows of lists: of rooms, of tasks, of logs, of fields that carets part."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from medpretrain.deidentify.lexicons import FIRST, KNOWN_FIRST, KNOWN_LAST, LAST, WORD, folded
from medpretrain.deidentify.name_cues import COMMON_EPONYMS, NO_PERSONS
from medpretrain.deidentify.name_likeness import AMBIGUOUS, UNKNOWN, person_likeness
from medpretrain.deidentify.name_reader import NameReader
from medpretrain.deidentify.name_words import CREDENTIALS, EPONYMS, NO_NAME
from medpretrain.deidentify.words import bare, kinds_of

_CAPITALISED = r"[^\W\d_a-zªµº][^\W\d_]*(?:['’-][^\W\d_]+){0,3}"
_PARTICLE = r"(?:(?:van|von|der|den|de|del|della|dela|la|le|Le|La|De|St\.) ){0,3}"
_NAME = rf"(?P<name>{_PARTICLE}{_CAPITALISED})"
_ROOM = r"\d{1,2}[A-Z]{0,2}-?\d{2}(?:-\d{1,2}|[A-D])?|\d{2,4}(?:-\d{1,2}|[A-D])?"
_TASK = (
    r"(?:Na|K|mg|Mg|phos|hgb|Hgb|hct|plt|inr|INR|ptt|PTT|bmp|BMP|cbc|CBC|trop|lactate|vanc|cx|CT|MRI|CXR|US|echo|EKG|abg|ABG|UA|cr|Cr|bcx|tube"
    r"|line|d/c|dc)"
)
_DOSE = r"(?! ?(?:mg|mcg|ml|mL|g|units?|%|mm|cm|mEq|lbs?|kg)\b)"
_TIME = r"\d{1,2}:?\d\d"
# What a text has that has such rows, and the rows.
_ROWS = (
    ("", rf"[ \t*-]{{0,4}}(?:\*\*)?{_NAME}(?:,? (?:{_ROOM})(?:[:.,–-]|$| {_DOSE}))"),  # "Novak 718. RRT called"
    (" ", rf"[ \t]{{0,4}}(?:{_ROOM})[:.]? {{1,3}}{_NAME}(?= {{0,2}}[-–/|(]| {{2}}|, ?\d)"),  # "3103 Novak - dc"
    ("] ", rf"[ \t]{{0,4}}(?:[-*•] ?)?\[[ xX]?\] (?:{_TASK} )?{_NAME}(?= [a-z\d]|$)"),  # "[ ] Novak mg repleted?"
    ("] ", rf"[ \t]{{0,4}}\[[ xX]?\] [^\n]{{1,24}} {_NAME}$"),  # "[ ] 10pm hgb Novak"
    (" / ", rf"[ \t]{{0,4}}{_TIME}[ \t]{{1,4}}{_NAME}(?= / )"),  # "03:45 Novak / 555-0122"
    ("|", rf"[ \t]{{0,4}}\|[ \t]*(?:[A-Z]{{0,2}}-?\d{{1,4}}[A-D]?)[ \t]*\|[ \t]*{_NAME}[ \t]*\|"),  # "| 7B | Novak |"
    (". ", rf"[ \t]{{0,4}}#?\d{{1,2}}[.)] {_NAME}(?= (?:[TLC]\d|POD|HD ?#?\d))"),  # "1. Novak T8 bag"
)
_PATTERNS = tuple((needed, re.compile(pattern, re.MULTILINE)) for needed, pattern in _ROWS)
_SEGMENT = re.compile(r"^[ \t]*(?:PID|NK1|PV1|PV2|GT1|IN1|IN2|ORC|OBR|OBX|PD1|ROL|EVN)\|[^\n]{0,600}", re.MULTILINE)
_CARET = re.compile(
    rf"(?<=[|^ ])(?P<last>{_CAPITALISED}(?: {_CAPITALISED})?)\^(?P<first>{_CAPITALISED}(?: {_CAPITALISED})?)(?=[\^|.,\s]|$)"
)


def find_in_rows(reader: NameReader, named: Collection[int]) -> Iterator[tuple[int, int, str]]:
    """First word, the word behind the last, and the rule of each name in a row."""
    text = reader.words.text
    places: dict[int, int] = {}

    def words_of(start: int, end: int) -> tuple[int, int]:
        if not places:
            places.update(zip(reader.words.starts, range(len(reader.words.starts)), strict=True))
        first = behind = places.get(start, -1)
        while 0 <= behind < len(reader.words.starts) and reader.words.starts[behind] < end:
            behind += 1
        return first, behind

    not_at_a_letter = [start for start in reader.line_starts if not text[start : start + 1].isalpha()]
    for needed, pattern in _PATTERNS:
        if needed not in text:
            continue
        starts = not_at_a_letter if needed else reader.line_starts
        for match in filter(None, (pattern.match(text, start) for start in starts)):
            first, end = words_of(*match.span("name"))
            if first >= 0 and not any(place in named for place in range(first, end)) and _is_rowed(reader, end - 1):
                yield first, end, "name in a row of a list"
    if "^" in text:
        for segment in _SEGMENT.finditer(text):
            for match in _CARET.finditer(text, *segment.span()):
                if _are_of_one(match["last"].split()[-1], match["first"].split()[0]):
                    for part in ("last", "first"):
                        first, end = words_of(*match.span(part))
                        if first >= 0:
                            yield first, end, "field of a segment"


def _is_rowed(reader: NameReader, place: int) -> bool:
    """Whether a word is a name by itself, or an eponym that is a person's as nothing behind it is what it would be of."""
    word = reader.words.words[place]
    lower, kinds = folded(bare(word)), kinds_of(word)
    if len(word) < 3 or lower in NO_NAME or lower in NO_PERSONS or lower in CREDENTIALS or reader.is_medical(place, place + 1):
        return False
    if word.isupper():
        return len(word) > 4 and bool(kinds & (KNOWN_FIRST | KNOWN_LAST)) and not kinds & WORD
    if lower in EPONYMS:
        return lower in COMMON_EPONYMS
    return person_likeness(word) >= UNKNOWN or (person_likeness(word) == AMBIGUOUS and bool(kinds & KNOWN_LAST))


def _are_of_one(last_name: str, first_name: str) -> bool:
    """Whether what stands about a caret is a last and a first name: one is a name, and neither a code."""
    if len(last_name) < 2 or len(first_name) < 2 or folded(first_name) in NO_NAME or folded(first_name) in CREDENTIALS:
        return False
    last, first = kinds_of(last_name), kinds_of(first_name)
    return bool(first & KNOWN_FIRST) or bool(last & LAST and (first & FIRST or not first & WORD) and len(first_name) > 3)
