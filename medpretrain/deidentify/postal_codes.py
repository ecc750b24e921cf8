"""Addresses of Britain, Ireland, Canada, Australia and India by the code at their end: from the house's number or name to the code."""

from __future__ import annotations

import re
from collections.abc import Iterator

from medpretrain.deidentify.lexicons import LAST, WORD, kinds_of_place
from medpretrain.deidentify.words import kinds_of

_LETTERED = re.compile(  # BD8 9KB, M5V 2T6, D02 X285
    r"[A-Z](?:[A-Z]?\d[\dA-Z]? \d[A-Z]{2}|(?<=[ABCEGHJ-NPRSTVXY])\d[A-Z][ -]?\d[A-Z]\d|(?<=[ACDEFHKNPRTVWXY])\d[\dW] [A-Z\d]{4})(?![\w-])"
)
_PIN = re.compile(r"[1-9]\d(?<![\w.,/-]\d\d)\d ?\d{3}(?![\w/.-]\d| ?\d|\w)")
_REGION = re.compile(r"(?:NSW|VIC|QLD|TAS|ACT|SA|WA|NT)[, ]{1,2}\d{4}(?![\w-])")
_MARKS = re.compile(r"[ ,.\n–-]*\Z")
_LAST_WORD = re.compile(r"([^\W\d_][\w'’.-]*)(?:[ ,]{1,2}|,?\n[ ]{0,4}| ?[-–] ?)\Z")
_ITEM = re.compile(r"(?:[^\W\d_a-z]|\d|#)[\w'’./#&()-]*,?\Z|[-–]\Z")
_OTHER_FIELD = re.compile(r"(?:DOB|MRN|NHS|CHI|Tel|Ph|Mob|Fax|SSN|Age)\b|\d{1,2}[./]\d{1,2}[./]\d{2,4},?\Z")
_SMALL = frozenset(["of", "the", "on", "upon", "le", "by", "next", "under", "and", "near", "opp", "opp."])
_NUMBER = re.compile(r"\d{1,4}[A-Za-z]?(?:[/-]\d{1,4}[A-Za-z]?){0,2},?\Z")
_UNITS = frozenset(
    [
        "flat",
        "unit",
        "apt",
        "apartment",
        "suite",
        "shop",
        "no.",
        "no",
        "h.no.",
        "d.no.",
        "house",
        "plot",
        "door",
        "level",
        "room",
        "studio",
        "sector",
        "sec",
        "block",
        "phase",
        "road",
        "street",
        "ward",
        "lane",
        "cross",
        "main",
        "floor",
        "po",
        "box",
    ]
)
_OPENING = re.compile(r"(?:(?:of|the|on|upon|le|by|next|under|and|near|opp\.?)[ ]|[ ,–-])+")
_SPLIT = re.compile(r"[:;|()\"“”\t]|[ ]{2,}|(?<![^\w][A-Z])\. (?=[A-Z])")
_MAX_CHARS = 110
_MAX_ITEMS = 14


def find_by_postal_code(text: str) -> Iterator[tuple[int, int]]:
    """From the first word of the address on its lines to the end of the code."""
    for pattern in (_LETTERED, _PIN, _REGION):
        for code in pattern.finditer(text):
            if text[code.start() - 1 : code.start()] == "\n" and pattern is _LETTERED:
                yield code.span()
            word = _LAST_WORD.search(text, max(0, code.start() - 40), code.start())
            if word is None or text[code.start() - 1 : code.start()].isalnum() or not _may_be_town(word[1], pattern):
                continue
            yield _start(text, code.start()), code.end()


def _may_be_town(word: str, pattern: re.Pattern[str]) -> bool:
    if pattern is _PIN:
        return word[0].isupper() and bool(kinds_of_place(word.rstrip("."))) and not kinds_of(word) & LAST
    return word[0].isupper() and (bool(kinds_of_place(word.rstrip("."))) or not kinds_of(word.rstrip(".")) & WORD or word.isupper())


def _start(text: str, end: int) -> int:
    """Where the address begins that ends there, on its line or a line of its own above."""
    first = max(0, end - _MAX_CHARS)
    line_start = text.rfind("\n", first, end) + 1 or first
    start = _start_on_line(text, line_start, end)
    for _ in range(3):
        above_end = line_start - 1
        if start != line_start or above_end <= first or _begins_with_a_number(text, start):
            return start
        above = text.rfind("\n", first, above_end) + 1 or first
        above_start = _start_on_line(text, above, above_end)
        if above_start != above or not (_begins_with_a_number(text, above) or start + len(text[start:end].strip()) <= end):
            return start
        if not _begins_with_a_number(text, above) and not kinds_of_place(text[above:above_end].partition(",")[0].strip()):
            return start
        line_start = start = above
    return start


def _begins_with_a_number(text: str, start: int) -> bool:
    return text[start : start + 1].isdigit()


def _start_on_line(text: str, line_start: int, end: int) -> int:
    part = _SPLIT.split(text[line_start:end])[-1]
    words = part.split(" ")
    start, is_in_town, place = end, True, len(words)
    for place in range(len(words) - 1, max(-1, len(words) - 1 - _MAX_ITEMS), -1):
        word = words[place]
        if word and (not (_ITEM.match(word) or word in _SMALL) or _OTHER_FIELD.match(word)):
            break
        start -= len(word) + (place < len(words) - 1)
        is_in_town = is_in_town and not word.endswith(",")
        if _NUMBER.match(word) and not is_in_town and place and words[place - 1].lower().strip(",") not in _UNITS:
            break
    opening = _OPENING.match(text, start, end)
    return start if opening is None else opening.end()
