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
_DAY_OF_MONTH = re.compile(rf"\b(?:the\s)?{_DAY}\s(?:day\s)?of\s{MONTH}{_YEAR}", re.IGNORECASE)
_MONTH_AND_DAY = re.compile(
    rf"{MONTH}\.?\s(?:the\s)?{_DAY}(?![\w-])(?!\s(?:time|dose|line|cycle|degree|stage|of\s)){_YEAR}",
    re.IGNORECASE,
)
_OF_A_MONTH = re.compile(r"of\s(?i:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)")
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December")


def find_spelled_dates(text: str) -> Iterator[Finding]:
    if _OF_A_MONTH.search(text):
        for found in _DAY_OF_MONTH.finditer(text):
            yield Finding(*found.span(), "DATE", "day in words")
    for month in _MONTHS:
        place = text.find(month)
        while place >= 0:
            day = _MONTH_AND_DAY.match(text, place)
            if day is not None and not text[place - 1 : place].isalnum():
                yield Finding(*day.span(), "DATE", "day in words")
            place = text.find(month, place + 1)
