"""How dates are written: one expression for each form, of which the finder of dates searches texts and the mover of dates reads one date.

Groups: y year, m month in digits, b month by name, d day, o ordinal suffix; a and c month and day of which the order is not said, s what
stands between; e, f, g and p the day, name and number of the month, and ordinal suffix of a range's end; k the time.

A search is fast where an expression begins with one character of a class (`\\d\\d?`, not `\\d{1,2}`).
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping

MONTH = (
    r"(?i:Jan(?:uary)?|Feb(?:r?uary|urary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sep(?:t(?:ember)?)?|Oct(?:ober)?|Nov(?:ember)?"
    r"|Dec(?:ember)?)(?![^\W\d_])"
)
WEEKDAY = r"(?i:Mon|Tue(?:s)?|Wed(?:s|nes)?|Thu(?:r|rs)?|Fri|Sat(?:ur)?|Sun)(?i:day)?(?![^\W\d_])\.?"
_YEAR = r"(?:1[89]|20)\d\d(?!\d)"
_ANY_YEAR = rf"(?:{_YEAR}|\d\d(?![^\W_]|[:/]\d))"
_TIME = r"(?:[T ]\d\d:\d\d(?::\d\d)?(?:[.,]\d{1,9})?|T\d\d:?\d\d(?::?\d\d)?(?:\.\d{1,9})?)(?:\s?Z|\s?[+-]\d\d:?\d\d)?"
_ORDINAL = r"(?i:st|nd|rd|th)(?![^\W\d_])"
_TO = r"(?:\s?[-–—]\s?|\s(?:to|through|thru|and|until|till|&)\s)"

YEAR_FIRST = rf"(?P<y>(?:1[89]|20)\d\d)(?P<s>[-/.])(?P<m>\d{{1,2}})(?P=s)(?P<d>\d{{1,2}})(?!\d)(?P<k>{_TIME})?"
COMPACT = r"(?P<y>(?:19|20)\d\d)(?P<m>0[1-9]|1[0-2])(?P<d>0[1-9]|[12]\d|3[01])(?P<k>T?\d{4}(?:\d\d(?:\.\d{1,6})?)?(?:[+-]\d{4}|Z)?)?(?!\d)"
NUMERIC = rf"(?P<a>\d\d?)\s?(?P<s>[-/.])\s?(?P<c>\d{{1,2}})\s?(?P=s)\s?'?(?P<y>{_ANY_YEAR})"
MONTH_DAY_DIGITS = r"(?P<a>\d\d?)(?P<s>[-/.])(?P<c>\d{1,2})(?!\d)(?:\s?[-–]\s?(?:(?P<g>\d\d?)/)?(?P<e>\d\d?)(?!\d))?"
MONTH_SHORT_YEAR = r"(?P<m>\d\d?)(?P<s>/)(?P<y>3[2-9]|[4-9]\d)"
MONTH_YEAR_DIGITS = rf"(?P<m>\d\d?)(?P<s>\s?[-/]\s?)(?P<y>{_YEAR})(?!-\d\d-\d\d)"
YEAR_MONTH_DIGITS = r"(?P<y>(?:1[89]|20)\d\d)(?P<s>[-/])(?P<m>0[1-9]|1[0-2])(?!\d)"
DAY_FIRST = (
    rf"(?P<d>\d\d?)(?P<o>{_ORDINAL})?(?:{_TO}(?P<e>\d{{1,2}})(?P<p>{_ORDINAL})?)?"
    rf"(?:\s?[-/]\s?|[.,]|\s{{0,2}})(?:day\s)?(?:of\s)?(?P<b>{MONTH})"
    rf"(?:\.?[ ,]{{1,3}}(?:of\s)?'?(?P<y>{_ANY_YEAR})|[-/.,’']\s?'?(?P<y2>{_ANY_YEAR})"
    rf"|(?P<y3>{_ANY_YEAR}))?"
)
CLOCK = (
    r"(?:\s[0-2]?\d:[0-5]\d(?::[0-5]\d)?(?:\s?[AaPp][Mm](?!\w))?|\s?@\s?\d\d:?\d\d(?::\d\d)?)(?![\d:])"  # of a stamp, behind a whole date
)
MONTH_FIRST = (
    rf"(?P<b>{MONTH})(?:\s?\.?\s{{1,3}}(?:the\s)?|\.|[-/])(?P<d>\d{{1,2}})(?!\d)(?P<o>{_ORDINAL})?"
    rf"(?:{_TO}(?:(?P<f>{MONTH})\.?\s)?(?P<e>\d{{1,2}})(?!\d|[/-]\d)(?P<p>{_ORDINAL})?)?"
    rf"(?:(?:\s?,\s{{0,2}}|\s{{1,2}})(?:of\s)?(?P<y>{_YEAR})|\s?,\s?'?(?P<y2>\d\d(?!\d|[:/]\d))|\s?['’](?P<y3>\d\d(?!\d))|[-/](?P<y4>{_ANY_YEAR}))?"
)
MONTH_YEAR = (
    rf"(?P<b>{MONTH})(?:(?:{_TO}|/)(?P<f>{MONTH}))?(?:\.?,?\s{{0,2}}(?:of\s)?|[-/])"
    rf"(?:(?P<y>{_YEAR})|['’](?P<y2>\d\d(?!\d))|(?<=-)(?P<y3>\d\d(?!\d)))"
)
YEAR_MONTH_DAY = rf"(?P<y>(?:1[89]|20)\d\d)[-/ ,.]{{1,2}}(?P<b>{MONTH})(?:\.?[-/ ]{{1,2}}(?P<d>\d{{1,2}})(?!\d))?"

ROMAN = r"(?P<d>\d\d?)(?P<s>[-/. ])(?:I{1,3}|I?V|VI{1,3}|I?X|XI{1,2})(?P=s)(?:(?:19|20)\d\d|\d\d)(?![\d:])"  # 12.XII.2019
MILITARY = r"(?P<d>[0-3]\d)[0-2]\d[0-5]\d[A-Z]\s?(?:JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC)\s?(?:20)?\d\d(?!\d)"  # 031430ZDEC19
WEEK = r"(?:19|20)\d\d-?W[0-5]\d(?:-?[1-7])?(?![\w-])"  # 2019-W07

_MONTH_STARTS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_LAST_YEAR_OF_THIS_CENTURY = 30  # two digits above are of the last one


def month_number(name: str) -> int:
    return _MONTH_STARTS.index(name[:3].lower()) + 1


def full_year(written: str) -> int:
    """Of four digits or two: up to 30 in this century, from 31 in the last."""
    year = int(written)
    return year if year >= 100 else year + (2000 if year <= _LAST_YEAR_OF_THIS_CENTURY else 1900)


def year_of(groups: Mapping[str, str | None]) -> str | None:
    return next((written for name, written in groups.items() if name[0] == "y" and written is not None), None)


def month_and_day(first: int, second: int, separator: str) -> tuple[int, int] | None:
    """Which of two numbers is the month: the first, as in the United States, but the second between dots; the other one where that cannot
    be. None where neither can."""
    orders = [(first, second), (second, first)]
    if "." in separator:
        orders.reverse()
    return next(((month, day) for month, day in orders if 1 <= month <= 12 and 1 <= day <= 31), None)


def valid_date(year: int, month: int, day: int) -> datetime.date | None:
    try:
        return datetime.date(year, month, day)
    except ValueError:
        return None
