"""Moves a date by days and writes it as it was written: order, separators, zeros in front, names and their case, suffixes, time of day.

Rules, where the writing does not say:
- 03/04/2019 is March 4th (month first, as in the United States) and 13/04/2019 April 13th; between dots the day is first. A date that
  would be read as another one in its own order (13/04/2019 moved to May 3rd, 03/05/2019) is not moved: None.
- Two digits of a year: up to 30 in this century.
- A month and a year move by whole months, as many as the days are nearest to: two such are as far apart as before, and a day and a month
  within half a month.
- Where all numbers have two digits, digits and a name between dashes get zeros in front (12/24/2019 to 01/07/2019), a day beside a month's
  name gets none (December 24 to January 7). Back again it is always the same day, and the same characters but where a writing does not
  show what it would look like on the other day: 9/3/19 by way of 10/12/19, Jan by way of May, Sept.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from dataclasses import dataclass

from medpretrain.deidentify.date_forms import (
    CLOCK,
    COMPACT,
    DAY_FIRST,
    MONTH_DAY_DIGITS,
    MONTH_FIRST,
    MONTH_SHORT_YEAR,
    MONTH_YEAR,
    MONTH_YEAR_DIGITS,
    NUMERIC,
    WEEKDAY,
    YEAR_FIRST,
    YEAR_MONTH_DAY,
    YEAR_MONTH_DIGITS,
    full_year,
    month_and_day,
    month_number,
    valid_date,
    year_of,
)

_FORMS = tuple(
    map(
        re.compile,
        (
            YEAR_FIRST,
            COMPACT,
            NUMERIC,
            MONTH_YEAR_DIGITS,
            YEAR_MONTH_DIGITS,
            MONTH_SHORT_YEAR,
            MONTH_DAY_DIGITS,
            DAY_FIRST,
            MONTH_FIRST,
            MONTH_YEAR,
            YEAR_MONTH_DAY,
        ),
    )
)
_WITH_WEEKDAYS = re.compile(
    rf"(?:(?P<w>{WEEKDAY}),?\s{{0,2}}(?:the\s)?[(]?)?(?:[Tt]he\s{{1,2}}|THE\s{{1,2}})?(?P<date>\S.{{0,60}}?)(?:{CLOCK}|,?\s{{1,2}}[(]?(?P<v>{WEEKDAY}))?",
    re.DOTALL,
)
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December")
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_WHOLE_NAMES = frozenset(name.lower() for name in (*_MONTHS, *_WEEKDAYS))
_DAYS_A_MONTH = 30.436875
_A_COMMON_YEAR, _A_LEAP_YEAR = 2001, 2000


def date_of(written: str, year: int | None) -> datetime.date | None:
    """The day that is written (of a range its first, of a month its first), `year` where it says none. None where it cannot be read."""
    read = _read(written, year)
    return None if read is None or (year_of(read.groups) is None and year is None) else read.first


def shift_date(written: str, days: int, year: int | None) -> str | None:
    """The same date moved by days, of a range both ends, in the same writing; `year` where it says none, or else a common one.

    None where it cannot be read, or could not be written in its own order (see above): a tag has to stand in its place.
    """
    read = _read(written, year)
    if read is None:
        return None
    try:
        moved = _moved(read, days)
    except (OverflowError, ValueError):  # before the year 1 or behind 9999
        return None
    again = _read(moved, year)
    return moved if again is not None and (year_of(read.groups) is None or again.first == _target(read, days)) else None


@dataclass(frozen=True, slots=True)
class _Read:
    """A date as it was read: its parts, where each stands, and the first and last day they say."""

    written: str
    groups: dict[str, str]
    spans: dict[str, tuple[int, int]]
    first: datetime.date
    last: datetime.date  # the same but of a range


# Reading


def _read(written: str, year: int | None) -> _Read | None:
    whole = _WITH_WEEKDAYS.fullmatch(written)
    if whole is None:
        return None
    for form in _FORMS:
        found = form.fullmatch(whole.group("date"))
        if found is None:
            continue
        offset = whole.start("date")
        groups = {name: part for name, part in found.groupdict().items() if part is not None}
        spans = {name: (found.start(name) + offset, found.end(name) + offset) for name in groups}
        for name in ("w", "v"):
            if whole.group(name) is not None:
                groups[name], spans[name] = whole.group(name), whole.span(name)
        days = _days_of(groups, year)
        if days is not None:
            return _Read(written, groups, spans, *days)
    return None


def _days_of(groups: Mapping[str, str], year: int | None) -> tuple[datetime.date, datetime.date] | None:
    """The first and the last day, None where there is none such."""
    if "a" in groups:
        order = month_and_day(int(groups["a"]), int(groups["c"]), groups["s"])
        if order is None:
            return None
        month, day = order
    else:
        month = month_number(groups["b"]) if "b" in groups else int(groups["m"])
        day = int(groups.get("d", 1))
    last_month = month_number(groups["f"]) if "f" in groups else int(groups.get("g", month))
    last_day = int(groups.get("e", day))
    said = year_of(groups)
    last_year = full_year(said) if said is not None else year or (_A_LEAP_YEAR if (month, day) == (2, 29) else _A_COMMON_YEAR)
    is_over_new_year = last_month < month
    first = valid_date(last_year - is_over_new_year, month, day)
    last = valid_date(last_year, last_month, last_day)
    return None if first is None or last is None or last < first else (first, last)


# Writing


def _target(read: _Read, days: int) -> datetime.date:
    if {"a", "d"}.isdisjoint(read.groups):
        return _months_later(read.first, round(days / _DAYS_A_MONTH))
    return read.first + datetime.timedelta(days)


def _months_later(first: datetime.date, num_months: int) -> datetime.date:
    months = first.year * 12 + first.month - 1 + num_months
    return datetime.date(months // 12, months % 12 + 1, 1)


def _moved(read: _Read, days: int) -> str:
    first = _target(read, days)
    if {"a", "d"}.isdisjoint(read.groups):
        last = _months_later(read.last, round(days / _DAYS_A_MONTH))
    else:
        last = read.last + datetime.timedelta(days)
    parts = _parts(read.groups, _has_zeros(read), first, last)
    written = read.written
    for name, (start, end) in sorted(read.spans.items(), key=lambda item: -item[1][0]):
        if name in parts:
            written = written[:start] + parts[name] + written[end:]
    return written


def _parts(groups: Mapping[str, str], has_zeros: bool, first: datetime.date, last: datetime.date) -> dict[str, str]:
    """What is to stand in place of each part."""
    month, day = _number(first.month, has_zeros), _number(first.day, has_zeros)
    parts = {"m": month, "d": day}
    if "a" in groups:
        order = month_and_day(int(groups["a"]), int(groups["c"]), groups["s"])
        is_month_first = order == (int(groups["a"]), int(groups["c"])) and (groups["s"] != "." or groups["a"] != groups["c"])
        parts["a"], parts["c"] = (month, day) if is_month_first else (day, month)
    if "b" in groups:
        parts["b"] = _like(groups["b"], _MONTHS[first.month - 1])
    if "f" in groups:
        parts["f"] = _like(groups["f"], _MONTHS[last.month - 1])
    if "g" in groups:
        parts["g"] = _number(last.month, has_zeros)
    if "e" in groups:
        parts["e"] = _number(last.day, has_zeros)
        if not {"f", "g"}.intersection(groups) and last.month != first.month:
            month_of_last = (
                _like(groups["b"], _MONTHS[last.month - 1]) + " " if "b" in groups else _number(last.month, has_zeros) + groups["s"]
            )
            parts["e"] = month_of_last + parts["e"]
    for name, of in (("o", first), ("p", last)):
        if name in groups:
            suffix = _suffix(of.day)
            parts[name] = suffix.upper() if groups[name].isupper() else suffix
    for name in groups:
        if name[0] == "y":
            parts[name] = f"{last.year:04d}" if len(groups[name]) == 4 else f"{last.year % 100:02d}"
    for name in ("w", "v"):
        if name in groups:
            parts[name] = _like(groups[name], _WEEKDAYS[first.weekday()])
    return parts


def _has_zeros(read: _Read) -> bool:
    """Whether a number of one digit is to get a zero in front."""
    numbers = [read.groups[name] for name in ("a", "c", "m", "d", "e") if name in read.groups]
    if any(len(number) == 1 for number in numbers):
        return False
    if "b" not in read.groups or any(number[0] == "0" for number in numbers):
        return True
    start, end = read.spans["b"]
    return not {" ", ".", ","}.intersection((read.written[start - 1 : start], read.written[end : end + 1]))


def _number(value: int, has_zeros: bool) -> str:
    return f"{value:02d}" if has_zeros else str(value)


def _suffix(day: int) -> str:
    return "th" if 10 < day < 14 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")


def _like(sample: str, name: str) -> str:
    """A name of a month or a day of the week as long as the sample (whole, or its first three letters), in its case and with its dot."""
    letters = sample.rstrip(".")
    is_whole = letters.lower() in _WHOLE_NAMES
    named = name if is_whole else name[:3]
    cased = named.upper() if letters.isupper() else named.lower() if letters.islower() else named
    return cased + sample[len(letters) :]
