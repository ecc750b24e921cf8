"""Finds dates of which the day is a word: the third of December, May twenty-first, 2019."""

from __future__ import annotations

import re
from collections.abc import Iterator

from medpretrain.deidentify.date_forms import MONTH
from medpretrain.deidentify.finding import Finding

_UNIT = "first|second|third|fourth|fifth|sixth|seventh|eighth|ninth"
_DAY = (
    rf"(?:twenty[-\s](?:{_UNIT})|thirty[-\s]first|{_UNIT}|tenth|eleventh|twelfth|thirteenth|fourteenth|(?:fif|six|seven|eigh|nine)teenth"
    r"|twentieth|thirtieth)"
)
_YEAR = r"(?:,?\s(?:of\s)?(?:(?:19|20)\d\d|['’]\d\d)(?!\d))?"
_DAY_BEFORE = re.compile(rf"\b(?:the\s)?{_DAY}\s(?:day\s)?\Z", re.IGNORECASE)
_MAX_DAY_CHARS = 32
_OF_MONTH = tuple(re.compile(rf"{of}\s{MONTH}(?i:{_YEAR})") for of in ("of", "OF"))
_MONTH_AND_DAY = re.compile(
    rf"{MONTH}\.?\s(?:the\s)?{_DAY}(?![\w-])(?!\s(?:time|dose|line|cycle|degree|stage|of\s)){_YEAR}",
    re.IGNORECASE,
)
_MONTH_NAME = re.compile("January|February|March|April|May|June|July|August|September|October|November|December")


def find_spelled_dates(text: str) -> Iterator[Finding]:
    for pattern in _OF_MONTH:
        for month in pattern.finditer(text):
            day = _DAY_BEFORE.search(text, max(0, month.start() - _MAX_DAY_CHARS), month.start())
            if day is not None:
                yield Finding(day.start(), month.end(), "DATE", "day in words")
    for name in _MONTH_NAME.finditer(text):
        day = _MONTH_AND_DAY.match(text, name.start())
        if day is not None and not text[name.start() - 1 : name.start()].isalnum():
            yield Finding(*day.span(), "DATE", "day in words")
