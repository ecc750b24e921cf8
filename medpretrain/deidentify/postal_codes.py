"""Addresses of Britain, Ireland, Canada, Australia and India by the code at their end: from the house's number or name to the code."""

from __future__ import annotations

import re
from collections.abc import Iterator

from medpretrain.deidentify.anchors import matches_at, numbers_in
from medpretrain.deidentify.lexicons import LAST, WORD, kinds_of_place
from medpretrain.deidentify.words import kinds_of

_INWARD = re.compile(r"[ -]\d(?:[A-Z]{2}|[A-Z]\d)(?![\w-])")  # the second half of BD8 9KB and of M5V 2T6
_OUTWARD = re.compile(r"(?<![\w-])(?:[A-Z]{1,2}\d[\dA-Z]?)\Z")
_PIN = re.compile(r"[1-9]\d(?<![\w.,/-]\d\d)\d ?\d{3}(?![\w/.-]\d| ?\d|\w)")
_PIN_DIGITS = (3, 6)  # of its first number
_REGIONS = ("NSW", "VIC", "QLD", "TAS", "ACT", "SA", "WA", "NT")
_REGION = re.compile(rf"(?:{'|'.join(_REGIONS)})[, ]{{1,2}}\d{{4}}(?![\w-])")
_LAST_WORD = re.compile(r"([^\W\d_][\w'’.-]*)(?:[ ,]{1,2}|,?\n[ ]{0,4}| ?[-–] ?)\Z")
_ITEM = re.compile(r"(?:[^\W\d_a-z]|\d|#)[\w'’./#&()-]*,?\Z|[-–]\Z")
_OTHER_FIELD = re.compile(r"(?:DOB|MRN|NHS|CHI|Tel|Ph|Mob|Fax|SSN|Age)\b|\d{1,2}[./]\d{1,2}[./]\d{2,4},?\Z")
_SMALL = frozenset(["of", "the", "on", "upon", "le", "by", "next", "under", "and", "near", "opp", "opp."])
_NUMBER = re.compile(r"\d{1,4}[A-Za-z]?(?:[/-]\d{1,4}[A-Za-z]?){0,2},?\Z")
_UNIT = re.compile(
    r"(?:flat|unit|apt|apartment|suite|shop|(?:[hd]\.)?no\.?|house|plot|door|level|room|studio|sector|sec|block|phase|road|street|ward"
    r"|lane|cross|main"
    r"|floor|po|box),?\Z",
    re.IGNORECASE,
)
_OPENING = re.compile(r"(?:(?:of|the|on|upon|le|by|next|under|and|near|opp\.?)[ ]|[ ,–-])+")
_SPLIT = re.compile(r"[:;|()\"“”\t]|[ ]{2,}|(?<![^\w][A-Z])\. (?=[A-Z])")
_MAX_CHARS = 110
_MAX_ITEMS = 14


def find_by_postal_code(text: str) -> Iterator[tuple[int, int]]:
    """From the first word of the address on its lines to the end of the code."""
    numbers = numbers_in(text)
    for inward in matches_at(_INWARD, text, (start - 1 for start, end in numbers if start and end - start == 1)):
        if outward := _OUTWARD.search(text, max(0, inward.start() - 5), inward.start()):
            if text[outward.start() - 1 : outward.start()] == "\n":
                yield outward.start(), inward.end()
            yield from _address(text, outward.start(), inward.end(), is_sure=True)
    for code in matches_at(_PIN, text, (start for start, end in numbers if end - start in _PIN_DIGITS)):
        yield from _address(text, *code.span(), is_sure=False)
    for code in _REGION.finditer(text) if any(region in text for region in _REGIONS) else ():
        if not text[code.start() - 1 : code.start()].isalnum():
            yield from _address(text, *code.span(), is_sure=True)


def _address(text: str, start: int, end: int, is_sure: bool) -> Iterator[tuple[int, int]]:
    """The address whose code stands there, if a town stands before it."""
    word = _LAST_WORD.search(text, max(0, start - 40), start)
    if word is not None and _may_be_town(word[1], is_sure):
        yield _start(text, start), end


def _may_be_town(word: str, is_sure: bool) -> bool:
    if not is_sure:
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
        if _NUMBER.match(word) and not is_in_town and place and not _UNIT.match(words[place - 1]):
            break
    opening = _OPENING.match(text, start, end)
    return start if opening is None else opening.end()
