"""Days that are known, in the ways people write dates."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date

KnownDays = frozenset[tuple[int, int, int]]  # year (whole, and its last two digits), month, day

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    "jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?"
)
_MARK = "[-/. ]"
_YEAR = r"(?:\d{4}|['’]?\d{2})"
# Wherever one may begin, as "12 3-4-1951" holds two beginnings.
_WRITTEN = re.compile(
    rf"(?<![\w/])(?=[\djfmasond])(?=((?P<first>\d{{1,2}}){_MARK}(?P<second>\d{{1,2}}){_MARK}(?P<year>{_YEAR})"
    rf"|(?P<iso>\d{{4}}{_MARK}\d{{1,2}}{_MARK}\d{{1,2}})"
    r"|(?P<digits>\d{8})"
    rf"|(?P<month>{_MONTH})\.?[ -]?(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?[ -]{{0,2}}(?P<year_behind>{_YEAR})"
    rf"|(?P<day_before>\d{{1,2}})(?:st|nd|rd|th)?(?: of)?[ -]?(?P<month_behind>{_MONTH})\.?,?[ -]{{0,2}}(?P<year_last>{_YEAR})"
    r")(?!\d|/\d))",
    re.IGNORECASE,
)


def known_days(isos: Iterable[str]) -> KnownDays:
    """Days (YYYY-MM-DD, or a time behind it) to look for; none of what is no day."""
    days = []
    for iso in isos:
        try:
            day = date.fromisoformat(iso[:10])
        except ValueError:
            continue
        days += [(day.year, day.month, day.day), (day.year % 100, day.month, day.day)]
    return frozenset(days)


def find_days(text: str, known: KnownDays) -> Iterator[tuple[int, int]]:
    """Where one of these days stands: 3/4/1951, 03-04-51, 4.3.1951, 1951-03-04, March 4th, 1951, 4 Mar 1951, 19510304."""
    if not known:
        return
    for match in _WRITTEN.finditer(text):
        if not known.isdisjoint(_readings(match)):
            yield match.span(1)


def _readings(match: re.Match[str]) -> list[tuple[int, int, int]]:
    """The days that a date may mean: 3/4/1951 is two."""
    if match["year"]:
        year, first, second = _year(match["year"]), int(match["first"]), int(match["second"])
        return [(year, first, second), (year, second, first)]
    if match["iso"]:
        iso_year, iso_month, iso_day = map(int, re.split(_MARK, match["iso"]))
        return [(iso_year, iso_month, iso_day)]
    if digits := match["digits"]:
        return [(int(digits[:4]), int(digits[4:6]), int(digits[6:])), (int(digits[4:]), int(digits[:2]), int(digits[2:4]))]
    month = match["month"] or match["month_behind"]
    return [
        (
            _year(match["year_behind"] or match["year_last"]),
            _MONTHS.index(month[:3].casefold()) + 1,
            int(match["day"] or match["day_before"]),
        )
    ]


def _year(written: str) -> int:
    return int(written.lstrip("'’"))
