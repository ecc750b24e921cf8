"""Finds dates, in all the ways clinicians write them. A year alone, a month or a day of the week alone, and times of day are none.

What can be nothing else is found wherever it stands; two numbers and a slash (3/5: a day, a strength, a murmur) only where what stands
around them says so.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Set
from dataclasses import dataclass

from medpretrain.deidentify.date_forms import (
    CLOCK,
    COMPACT,
    DAY_FIRST,
    MILITARY,
    MONTH,
    MONTH_FIRST,
    MONTH_YEAR,
    MONTH_YEAR_DIGITS,
    NUMERIC,
    ROMAN,
    WEEK,
    WEEKDAY,
    YEAR_FIRST,
    YEAR_MONTH_DAY,
    YEAR_MONTH_DIGITS,
    month_and_day,
    valid_date,
    year_of,
)
from medpretrain.deidentify.finding import Finding
from medpretrain.deidentify.short_dates import find_short_dates
from medpretrain.deidentify.spelled_dates import find_spelled_dates

_DIGITS = re.compile(r"\d\d*")
_Span = tuple[int, int, str]  # start, end, rule
_A_LEAP_YEAR = 2000


def find_dates(text: str) -> Iterator[Finding]:
    """Dates, each with a day of the week that stands beside it; in no order, and they may overlap."""
    ends: set[int] = set()
    before_dashes: list[int] = []
    for run in _DIGITS.finditer(text):
        first, behind = run.span()
        if behind - first <= 2 and text[behind : behind + 1] == "-":
            before_dashes.append(first)
        for start, end, rule in _find_at(text, first, behind, ends):
            ends.add(end)
            yield _with_weekday(text, _with_article(text, start), end, rule)
    for start, end, rule in find_short_dates(text, before_dashes, ends):
        yield _with_weekday(text, start, end, rule)
    yield from find_spelled_dates(text)
    yield from _find_holidays(text)


def _find_at(text: str, start: int, end: int, ends: Set[int]) -> Iterator[_Span]:
    """Dates of which the digits `text[start:end]` are the first. What stands behind them says which forms they can have."""
    num_digits, behind = end - start, text[end : end + 2]
    if num_digits in (1, 2, 4):
        yield from _after_month_name(text, start, ends)
    if num_digits >= 6:
        yield from _find_unbroken(text, start, end, ends)
        yield from _match_at(_MILITARY, text, start, "date-time group")
    elif num_digits == 4 and "W" in behind:
        yield from _match_at(_WEEK, text, start, "week")
    elif num_digits == 4 and behind:
        yield from _in_forms(text, start, _YEAR_FIRST if behind[0] in "-/." else _YEAR_AND_NAME, ends)
    elif num_digits <= 2 and behind:
        if behind[0] in "-/." or (behind[0] == " " and behind[1:] in ("-", "/", ".")):
            yield from _in_forms(text, start, _DAY_OR_MONTH_FIRST, ends)
        else:
            if _may_lead_to_a_name(text, end):
                yield from _in_forms(text, start, _DAY_AND_NAME, ends)
            if behind in _ORDINALS:
                yield from _day_of_the_month(text, start)
            elif behind[0] in " ,":
                yield from _in_a_field(text, start)


# How what stands between a day and the name of its month begins, or the name itself: st, to, and, of, day, January, another day.
_MARKS_BEFORE_A_NAME = "-–—/.," + "".join(filter(str.isspace, map(chr, range(0x3001))))
_MAX_MARKS = 6
_BEFORE_NAMES = "st nd rd th to an un ti of da ja fe ma ap ju au se oc no de"
_OPENINGS_OF_NAMES = frozenset(_BEFORE_NAMES.split())
_OTHER_OPENINGS = frozenset("&0123456789")


def _may_lead_to_a_name(text: str, end: int) -> bool:
    """Whether the name of a month may follow a day that ends there, of which most numbers are none: a cheap test before the form's."""
    opening = text[end : end + _MAX_MARKS].lstrip(_MARKS_BEFORE_A_NAME)[:2].lower()
    return opening in _OPENINGS_OF_NAMES or opening[:1] in _OTHER_OPENINGS


def _match_at(pattern: re.Pattern[str], text: str, start: int, rule: str) -> Iterator[_Span]:
    found = pattern.match(text, start)
    if found is not None and not text[start - 1 : start].isalnum():
        yield *found.span(), rule


_ARTICLE = re.compile(r"\b(?:the|The|THE)\s{1,2}\Z")


def _with_article(text: str, start: int) -> int:
    """Where "the" begins before it, which belongs to "the 12th" and "the 3rd of December"."""
    article = _ARTICLE.search(text, max(0, start - 5), start)
    return start if article is None else article.start()


_WEEKDAY_BEFORE = re.compile(rf"(?<![^\W_]){WEEKDAY}(?:,?\s{{0,2}}(?:the\s)?)[(]?\Z")
_CLOCK = re.compile(CLOCK)
_NO_WHOLE_DATES = ("day of a month", "month and year", "year and month", "month and day", "month by name, year", "holiday")
_WEEKDAY_AFTER = re.compile(rf",?\s{{1,2}}[(]?{WEEKDAY}(?!\.?,?\s{{0,2}}(?:the\s)?\d|\.?,?\s{{1,2}}{MONTH})")


def _with_weekday(text: str, start: int, end: int, rule: str) -> Finding:
    if text[start - 1 : start] in tuple(" ,.(\n"):
        weekday = _WEEKDAY_BEFORE.search(text, max(0, start - 18), start)
        start = start if weekday is None else weekday.start()
    clock = _CLOCK.match(text, end)
    if clock is not None and rule not in _NO_WHOLE_DATES:
        return Finding(start, clock.end(), "DATE", rule)
    after = _WEEKDAY_AFTER.match(text, end)
    return Finding(start, end if after is None else after.end(), "DATE", rule)


# Digits


@dataclass(frozen=True, slots=True)
class _Form:
    rule: str
    pattern: re.Pattern[str]
    is_plausible: Callable[[str, re.Match[str]], bool]


def _in_forms(text: str, start: int, forms: tuple[_Form, ...], ends: Set[int]) -> Iterator[_Span]:
    for form in forms:
        found = form.pattern.match(text, start)
        if found is None or not form.is_plausible(text, found):
            continue
        if "b" in form.pattern.groupindex:
            before = text[start - 1 : start]
            if not (before.isalnum() or before in _NOT_BEFORE_A_DAY or found.end("y") in ends):
                yield *found.span(), form.rule
                return
        elif _stands_apart(text, *found.span(), found.group("s"), ends):
            yield *found.span(), form.rule
            return


def _find_unbroken(text: str, start: int, end: int, ends: Set[int]) -> Iterator[_Span]:
    found = _COMPACT.match(text, start)
    if found is not None and _is_valid(text, found) and _stands_apart(text, *found.span(), "", ends):
        yield *found.span(), "date in eight digits"
    elif end - start in (6, 8):
        yield from _in_a_field(text, start)


_DATE_WITH_SLASHES = re.compile(r"\d\d?/\d\d?/(?:\d{4}|\d\d)(?!\d)")


def _stands_apart(text: str, start: int, end: int, separator: str, ends: Set[int]) -> bool:
    """Whether it is no part of a longer number; the end of another date and a dash may stand before it."""
    before, behind = text[start - 1 : start], text[end : end + 1]
    if before.isdigit() or (before.isalpha() and (not separator or text[start - 2 : start - 1].isdigit())) or behind.isalpha():
        return False
    if before in tuple("-/.") and text[start - 2 : start - 1].isdigit() and start - 1 not in ends:
        return False
    if behind in tuple("/.-") and text[end + 1 : end + 2].isdigit():
        return behind == "-" and bool(separator) and ("-" not in separator or _DATE_WITH_SLASHES.match(text, end + 1) is not None)
    return before not in tuple("#$=") or bool(separator)


def _is_valid(_: str, found: re.Match[str]) -> bool:
    return valid_date(int(found.group("y")), int(found.group("m")), int(found.group("d"))) is not None


def _is_month(_: str, found: re.Match[str]) -> bool:
    return 1 <= int(found.group("m")) <= 12


def _is_day(_: str, found: re.Match[str]) -> bool:
    return 1 <= int(found.group("d")) <= 31


def _is_no_pair_of_years(_: str, found: re.Match[str]) -> bool:
    """2011-12 may be two years."""
    return int(found.group("m")) != int(found.group("y")) % 100 + 1


_LAST_SECTION = 31  # of a chapter, that one may take for two digits of a year
_NO_DATE_BEFORE = re.compile(
    r"(?:\b(?:v|ver|version|release|section|sections|chapter|table|fig\w*|appendix|ratio|criteria|levels?|doses?|schedule|at)\b\.?|\n|\A)[\s(]{0,3}\Z",
    re.IGNORECASE,
)
_COLUMN_BEHIND = re.compile(r"[ \t]{2,}|[ \t][A-Z]{2,4}[ \t]{2,}")
_SENTENCE_BEHIND = re.compile(r"\s{1,3}[A-Z(]|\s?[-–:;,]\s")
_DATE_WORD = re.compile(
    r"(?:\b(?:d\.o\.b\.|[dt]:|on|since|from|until|till|thru|through|dated?|dob|born|birth|dos|seen|admitted|discharged|visit|of|by|before|after|as|exam|ed|expires?|for|was|is)"
    r"|[a-z]d)[\s:.(#-]{1,4}\Z",
    re.IGNORECASE,
)


def _is_plausible_numeric(text: str, found: re.Match[str]) -> bool:
    first, second, separator, year = found.group("a", "c", "s", "y")
    order = month_and_day(int(first), int(second), separator)
    if order is None or valid_date(_A_LEAP_YEAR, *order) is None:
        return False
    if len(year) == 4 or separator == "/":
        return True
    if _CLOCK.match(text, found.end()) or (len(first) == len(second) == 2 and "0" in (first[0], second[0])):
        return True
    is_first_of_line = text[found.start() - 1 : found.start()] in ("", "\n")
    if "-" in separator and (is_first_of_line or (int(year) > _LAST_SECTION and not text[found.start() - 1].isalnum())):
        return True
    before = max(0, found.start() - 24)
    if separator.strip() == "-" and " " in found.group() and _DATE_WORD.search(text, before, found.start()):
        return True
    if " " in found.group() or text[found.start() - 1 : found.start()].isalpha():
        return False
    if is_first_of_line and _COLUMN_BEHIND.match(text, found.end()):
        return True
    if is_first_of_line and len(first) == len(second) == 2 and _SENTENCE_BEHIND.match(text, found.end()):
        return True
    if _DATE_WORD.search(text, before, found.start()) or (len(first) == len(second) == 2 and "-" in separator):
        return True
    return not (_NO_DATE_BEFORE.search(text, before, found.start()) or _AFTER_NO_DATE.match(text, found.end()))


# Names of months

_LAST_LETTERS = "jan feb mar apr may jun jul aug sep oct nov dec ary rch ril une uly ust ept ber the"
_ENDS_OF_MONTHS = frozenset((*_LAST_LETTERS.split(), " of"))
_MONTH_BEFORE = re.compile(
    rf"(?<![^\W_])(?:{MONTH}(?:\s?[-–—/]\s?|\s(?:to|through|and|until|or)\s))?(?P<last>{MONTH})[^A-Za-z\n]{{0,4}}\s?(?:of\s|the\s)?['’]?\Z"
)
_PART_BEFORE_MONTH = re.compile(r"(?<![\d./-])\d{1,4}-\Z")  # 12-Mar-10, 2010-Mar-12: the date begins before its month
_NAME_FIRST = ((re.compile(MONTH_FIRST), "month by name, day"), (re.compile(MONTH_YEAR), "month by name, year"))
_AFTER_NO_DATE = re.compile(
    r"(?:\s?-?\s?fold\b|\s?-\s?(?:year|day|month|week|fold|point|item|hour|mg|m[lL])|\s?(?:%|mg\b|mcg\b|m[lL]\b|times\b|years?\b|days?\b|weeks?\b|months?\b"
    r"|hours?\b|patients\b|units?\b|of\s\d|[x×]\s?\d|/\d)|\.\d|:\d\d\s?[:\d]|,\d{3}|[^\W_]|\+)"
)
_ACRONYMS = frozenset(("MAR", "OCT", "SEP", "MAY", "may", "mar", "march", "sep", "oct", "dec", "jan", "jun"))
_MONTH_CONTEXT = re.compile(
    r"(?:\b(?:on|since|from|until|till|through|dated?|dob|born|by|before|after|seen|of|in|the|between|and|to|admitted|discharged|d/c)|[:(|])\s{0,3}(?:the\s)?\Z",
    re.IGNORECASE,
)


def _after_month_name(text: str, start: int, ends: Set[int]) -> Iterator[_Span]:
    if text[max(0, start - 14) : start].rstrip(" \t\n.,-/'’")[-3:].lower() not in _ENDS_OF_MONTHS:
        return
    month = _MONTH_BEFORE.search(text, max(0, start - 28), start)
    if month is None:
        return
    if month.start() - 1 not in ends and _PART_BEFORE_MONTH.search(text, max(0, month.start() - 6), month.start()):
        return
    for month_start in sorted({month.start(), month.start("last")}):  # of a range of months, or of the second date of two
        for pattern, rule in _NAME_FIRST:
            found = pattern.match(text, month_start)
            if found is not None and _is_named_date(text, found):
                yield *found.span(), rule
                return


def _is_named_date(text: str, found: re.Match[str]) -> bool:
    groups = found.groupdict()
    days = [int(groups[name]) for name in ("d", "e") if groups.get(name)]
    if any(not 1 <= day <= 31 for day in days):
        return False
    month, has_year = found.group("b"), year_of(groups) is not None
    if _AFTER_NO_DATE.match(text, found.end()):
        return False
    if has_year and (len(year_of(groups) or "") == 4 or days):
        return True
    if found.group()[len(month) : len(month) + 1] == "-" and not has_year and not groups.get("e"):  # Oct-4, a gene
        return False
    if not days or month not in _ACRONYMS or groups.get("o"):
        return bool(days) or has_year
    return _MONTH_CONTEXT.search(text, max(0, found.start() - 14), found.start()) is not None and month != "may"


_YEAR_FIRST = (
    _Form("date, year first", re.compile(YEAR_FIRST), _is_valid),
    _Form("year and month", re.compile(YEAR_MONTH_DIGITS), _is_no_pair_of_years),
    _Form("year, month by name", re.compile(YEAR_MONTH_DAY), _is_named_date),
)
_YEAR_AND_NAME = _YEAR_FIRST[2:]
_DAY_AND_NAME = (_Form("day, month by name", re.compile(DAY_FIRST), _is_named_date),)
_DAY_OR_MONTH_FIRST = (
    _Form("date in digits", re.compile(NUMERIC), _is_plausible_numeric),
    _Form("month and year", re.compile(MONTH_YEAR_DIGITS), _is_month),
    _Form("date with a Roman month", re.compile(ROMAN), _is_day),
    *_DAY_AND_NAME,
)
_MILITARY, _WEEK = re.compile(MILITARY), re.compile(WEEK)
_COMPACT = re.compile(COMPACT)
_NOT_BEFORE_A_DAY = ("$", "#", ".", "/")


# A day of the month that is not said: the 12th

_ORDINALS = frozenset(("st", "nd", "rd", "th"))
_ORDINAL_DAY = re.compile(r"\d\d?(?:st|nd|rd|th)(?!\w)")
_THE = re.compile(
    r"\b(?:on|by|until|till?|since|thru|before|after|from|through|of|to|between|and|for|is|was|" + WEEKDAY + r")\s{1,2}the\s{1,2}\Z",
    re.IGNORECASE,
)
_WITHOUT_ARTICLE = re.compile(
    r"\b(?:until|till?|by|since|ELOS|EDD|(?:flying|coming|arriving|back|due|seen|admitted|discharged|returns?|home)\s(?:in|on))\s\Z"
)
_OF_THE_MONTH = re.compile(
    r"(?:st|nd|rd|th)?(?P<m>\s{1,3})(?:day\s{1,3})?of\s{1,3}(?:the|this|each|every|next|last)\s{1,3}month\b", re.IGNORECASE
)
_ORDERED_BEFORE = re.compile(
    r"(?:centiles?|\bribs?|\bdigits?|\bfingers?|\btoes?|\bgrade|\brays?|\bnerves?|child(?:ren)?|one)\b[^\n.;]{0,50}\Z", re.IGNORECASE
)
_SENTENCE_GOES_ON = re.compile(
    r"\s{0,2}(?:[.;)](?!\w)|\n|\Z|,\s(?:and|but|so|then|which|when|s?he|they|we|[a-z]{3,12}ed)\b|\s(?:please|if|but|because|so|at\s(?:noon|\d))\b)"
)
_MORE_ORDINALS = re.compile(r"(?:(?:\s?(?:,|-|–|&)\s?|\s(?:and|or|to|through)\s)+(?:the\s)?\d{1,2}(?:st|nd|rd|th)(?!\w)){1,4}")
_AFTER_A_DAY = re.compile(
    r"\s{0,2}(?:[.;:)\]](?!\w)|,(?!\s?\d)|\Z|\n|\s(?:of\s(?:this|last|next|the|each|every|that)\s(?:month|year)|of\s"
    + MONTH
    + r"|and\s(?!\d)|at\s|for\s|with\s"
    r"|in\s(?:the\s(?:morning|evening|afternoon|ed|er|office|clinic|or)|clinic|our)|when\s|but\s|because\s|due\sto\s|after\s|before\s|via\s|by\s"
    r"|she\s|he\s|they\s|we\s|pt\b|patient\s|was\s|showed\s|to\s(?!\d)|without\s|around\s|where\s|which\s|if\s|as\s|that\s|until\s))",
    re.IGNORECASE,
)


def _day_of_the_month(text: str, start: int) -> Iterator[_Span]:
    found = _ORDINAL_DAY.match(text, start)
    if found is None or not 1 <= int(found.group()[:-2]) <= 31:
        return
    month = _OF_THE_MONTH.match(text, found.end())
    if month is not None:
        yield start, month.start("m"), "day of a month"
        return
    if not _THE.search(text, max(0, start - 16), start):
        is_led = _ARTICLE.search(text, max(0, start - 5), start) or _WITHOUT_ARTICLE.search(text, max(0, start - 14), start)
        if is_led and not _ORDERED_BEFORE.search(text, max(0, start - 60), start):
            end = found.end()
            if _SENTENCE_GOES_ON.match(text, end):
                yield start, end, "day of a month"
        return
    more = _MORE_ORDINALS.match(text, found.end())
    end = found.end() if more is None else more.end()
    if _AFTER_A_DAY.match(text, end) or _SENTENCE_GOES_ON.match(text, end):
        yield start, end, "day of a month"


# Fields

_FIELD = re.compile(
    r"(?:\b(?:d\.?o\.?b|born|birth\s?date|birthday|date(?:\sof\s[a-z]{3,12})?|dos|doa|dod|admit(?:ted)?|admission|discharged?)[\s:.,=#-]{0,4}(?:(?:is|was|on)\b[\s,:]{0,3})?"
    r"|DOB)\Z",
    re.IGNORECASE,
)
_LOOSE = re.compile(r"\d(?:\d?(?:\s?,\s?|\s{1,2})\d\d?(?:\s?,\s?|\s{1,2})(?:(?:19|20)\d\d|\d\d)(?![\w/]|[.,]\d)|\d{7}(?!\w)|\d{5}(?!\w))")


def _in_a_field(text: str, start: int) -> Iterator[_Span]:
    """A date that is one only where its field says so: 021759, 02 17 1959."""
    found = _LOOSE.match(text, start)
    if found is None or not _FIELD.search(text, max(0, start - 36), start):
        return
    written = found.group()
    parts = re.split(r"[\s,]+", written) if not written.isdecimal() else [written[:2], written[2:4]]
    if month_and_day(int(parts[0]), int(parts[1]), "/") is not None and ("," not in written or len(parts[-1]) == 4):
        yield *found.span(), "date in a field"


# Holidays

_DAY, _SMALL_DAY = " Day", " day"
_HOLIDAYS = (
    ("hristmas", r"Christmas(?:\s(?:Day|Eve))?(?!\s(?:[Dd]isease|[Ff]actor|[Tt]ree|[Ee]ye))"),
    ("hanksgiving", r"Thanksgiving(?:\sDay)?"),
    ("New Year", r"New\sYear(?:[’']?s)(?:\s(?:Day|Eve))?"),
    ("Easter", r"Easter(?:\s(?:Sunday|Monday|Day))?(?!\s[A-Z]|\s(?:egg|bunny|[Ss]eal))"),
    ("alloween", r"Halloween"),
    ("of July", r"(?<![\w-])(?:the\s)?(?:[Ff]ourth|4th)\sof\sJuly"),
    (
        _DAY,
        r"(?:Independence|Labor|Memorial|Valentine[’']?s|Veterans[’']?|Mother[’']s|Father[’']s|Columbus|Presidents?[’']?s?|MLK|Boxing|Canada"
        r"|St\.?\sPatrick[’']s)\s[Dd]ay",
    ),
    ("Good Friday", r"Good\sFriday"),
    ("anukkah", r"Hanukkah"),
    ("assover", r"Passover"),
    ("Yom Kippur", r"Yom\sKippur"),
    ("Rosh Hashanah", r"Rosh\sHashanah"),
    ("Diwali", r"Diwali"),
    ("Cinco de Mayo", r"Cinco\sde\sMayo"),
)
_HOLIDAY_PATTERNS = tuple(
    (needs, re.compile(rf"{name}(?![\w-])(?:,?\s(?:of\s|in\s)?(?:(?:19|20)\d\d|['’]\d\d)(?!\d))?")) for needs, name in _HOLIDAYS
)


def _find_holidays(text: str) -> Iterator[Finding]:
    for needs, pattern in _HOLIDAY_PATTERNS:
        if needs in text or (needs == _DAY and _SMALL_DAY in text):
            for found in pattern.finditer(text):
                before = text[found.start() - 1 : found.start()]
                if not (before.isalnum() or before in ("-", "_")):
                    yield _with_weekday(text, *found.span(), "holiday")
