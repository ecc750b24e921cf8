"""Finds dates of two numbers: month and day (12/3, 12-3), month and two digits of a year (10/96). The same two numbers are a muscle's
strength, a murmur, a visual acuity, a fraction, a blood pressure, a range or a dose, so what speaks for a date and against one is weighed:
the numbers themselves (8/23 is hardly a score), the words around them, and what other dates the text tells.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Set

from medpretrain.deidentify import short_date_words as words
from medpretrain.deidentify.date_forms import valid_date
from medpretrain.deidentify.fields import header_above

_TWO_NUMBERS = re.compile(
    r"(?P<a>\d\d?)\s?/\s?(?P<c>\d{1,2})(?P<range>\s?[-–]\s?\d{1,2}(?![\d/.%]|-|\s?(?:mg|m[lL]|cm|mm|tab|hours?)))?(?!\d|[/.]\d|/[-+]\d|\w|[%+])"
)
_WITH_DASH = re.compile(r"(?P<a>\d\d?)-(?P<c>\d{1,2})(?![\w%+]|[/.,:]\d|-(?!\d?\d(?:[-/]\d|(?:st|nd|rd|th)?\s?[A-Z])))")
_MIN_OF_A_MONTH = 2
_MIN_SCORE, _SURE = 3, 12
_SELDOM_A_SCORE = 2
_LAST_DAY = 31
_WEEKS_OF_A_YEAR = 52
_MAX_MONTH = 12
_MAX_BOTTLES = 4  # of a blood culture, of which some are positive


def find_short_dates(text: str, before_dashes: Iterable[int], ends: Set[int]) -> Iterator[tuple[int, int, str]]:
    """Start, end and rule of each.

    Arguments:
        before_dashes: where numbers begin that a dash follows.
        ends: of the dates that are sure, on which one may follow (12/3/19 - 12/5).
    """
    known_ends = set(ends)
    yield from _find_dashed(text, before_dashes, known_ends)
    if "/" in text:
        yield from _find_slashed(text, known_ends)
        yield from _find_dashed(text, before_dashes, known_ends)  # on which one with a slash may shed light: 8/5 and 9-12


def _find_slashed(text: str, known_ends: set[int]) -> Iterator[tuple[int, int, str]]:
    months: Counter[int] = Counter()
    others: list[tuple[re.Match[str], int]] = []
    for found in _TWO_NUMBERS.finditer(text):
        start, end = found.span()
        if text[start - 1 : start].isalnum():
            continue
        if found.group("range") and not _is_range(found):
            end = found.start("range")
        rule = _rule(text, found, end, known_ends) if _stands_apart(text, start, known_ends) else None
        if rule is None:
            others.append((found, end))
            continue
        months[int(found.group("a"))] += rule == "month and day"
        known_ends.add(end)
        yield start, end, rule
    for found, end in others:
        is_known = months[int(found.group("a"))] >= _MIN_OF_A_MONTH and _stands_apart(text, found.start(), known_ends)
        if is_known and _may_be_of_a_known_month(text, found, end):
            known_ends.add(end)
            yield found.start(), end, "month and day"


def _may_be_of_a_known_month(text: str, found: re.Match[str], end: int) -> bool:
    """Whether, in a text with several dates of its month, it stands as a date may: "vanc (1/2-1/6)" where 1/9 and 1/12 are told."""
    start, second = found.start(), int(found.group("c"))
    if not 1 <= second <= _LAST_DAY or not words.PHRASE_GOES_ON.match(text, end) or words.SCORE_AFTER.match(text, end):
        return False
    if any(
        pattern.search(text, max(0, start - 16), start)
        for pattern in (words.COUNTED_BEFORE, words.WHOLE_NUMBER_BEFORE, words.BOTTLES_BEFORE)
    ):
        return False
    return not (
        words.PERCENT_BEHIND.match(text, end) or _is_a_score(text, start, 0) or words.CELL_BEFORE.search(text, max(0, start - 4), start)
    )


def _find_dashed(text: str, before_dashes: Iterable[int], known_ends: set[int]) -> Iterator[tuple[int, int, str]]:
    """A range of numbers (2-3 days) looks the same: a day of the week before it, or what leads to a date before it and the phrase's end
    behind it must say that it is a date."""
    for start in before_dashes:
        found = _WITH_DASH.match(text, start)
        if found is None:
            continue
        end = found.end()
        before = text[start - 1 : start]
        if before.isalnum() or not _stands_apart(text, start, known_ends):
            continue
        if valid_date(2000, int(found.group("a")), int(found.group("c"))) is not None and _leads_to(text, start, end, known_ends):
            known_ends.add(end)
            yield start, end, "month and day"


def _stands_apart(text: str, start: int, known_ends: Set[int]) -> bool:
    return text[start - 1 : start] not in tuple("/.-$+#") or _follows(text, start, known_ends)


def _follows(text: str, start: int, known_ends: Set[int]) -> bool:
    """Whether a date ends before the dash that stands before it: 2/5-2/7, Aug.-9-1."""
    return start - 1 in known_ends or (text[start - 2 : start - 1] == "." and start - 2 in known_ends)


def _leads_to(text: str, start: int, end: int, known_ends: Set[int]) -> bool:
    if (
        words.WEEKDAY_BEFORE.search(text, max(0, start - 14), start)
        or words.IN_BRACKETS_BEHIND_A_DAY.search(text, max(0, start - 16), start)
        or words.TIME_BEHIND.match(text, end)
        or words.TO_A_NAMED_DAY.match(text, end)
        or _is_no_range(text, start, end)
        or _is_in_a_dated_cell(text, start, end)
    ):
        return True
    link = words.LINK.search(text, max(0, start - 9), start)
    if link is not None and link.start() in known_ends:
        return True
    if not (words.PHRASE_ENDS.match(text, end) or words.TO_ANOTHER.match(text, end)) and not words.MESSAGE_LEFT.search(
        text, max(0, start - 18), start
    ):
        return False
    leads = (words.BEFORE_DATE, words.BY_BEFORE, words.RESULT_BEFORE, words.PARTICIPLE_BEFORE)
    if any(pattern.search(text, max(0, start - 24), start) for pattern in leads):
        return True
    return _is_no_count(text, start, end) and words.TOLD_BEFORE.search(text, max(0, start - 66), start) is not None


def _is_no_range(text: str, start: int, end: int) -> bool:
    """Whether the second number is the smaller one, or one at which ranges seldom end, and no word beside it counts, measures or works."""
    first, second = text[start:end].split("-")
    is_rising = int(first) < int(second) and "0" not in (first[0], second[0])
    if is_rising and not (
        int(second) in words.SELDOM_ENDS_OF_RANGES and (words.PHRASE_ENDS.match(text, end) or text[end : end + 2] == " (")
    ):
        return False
    return _is_no_count(text, start, end)


def _is_no_count(text: str, start: int, end: int) -> bool:
    if (
        text[start:end] in words.SHIFTS
        or text[start - 1 : start] not in ("", " ", "\n", "(", "\t", "|")
        or words.NO_DASHED_DATE_BEHIND.match(text, end)
    ):
        return False
    return words.NO_DASHED_DATE_BEFORE.search(text, max(0, start - 24), start) is None


def _is_range(found: re.Match[str]) -> bool:
    """12/3-5: the second day is one of the same month."""
    last = int(found.group("range").strip(" -–"))
    return int(found.group("c")) < last <= 31


def _rule(text: str, found: re.Match[str], end: int, known_ends: Set[int]) -> str | None:
    start, first, second = found.start(), int(found.group("a")), int(found.group("c"))
    is_day_first = _MAX_MONTH < first <= _LAST_DAY and 1 <= second <= _MAX_MONTH
    if not (1 <= first <= _MAX_MONTH or is_day_first) or second == 0:
        return None
    if first <= second <= _MAX_MONTH and words.COUNTED_BEFORE.search(text, max(0, start - 16), start):
        return None
    link = words.LINK.search(text, max(0, start - 9), start)
    if link is not None and link.start() in known_ends and second <= 31 and not words.SCORE_AFTER.match(text, end):
        return "date after a date"
    if second == _WEEKS_OF_A_YEAR:  # 6/52 are so many weeks
        return None
    score = _score(text, found, end, known_ends)
    if 32 <= second <= 99:
        return "month and year, short" if score >= _MIN_SCORE else None
    return "month and day" if second <= 31 and score >= _MIN_SCORE else None


def _score(text: str, found: re.Match[str], end: int, known_ends: Set[int]) -> int:
    start, first, second = found.start(), found.group("a"), found.group("c")
    context, alone = _score_of_context(text, found, end, known_ends), _score_alone(text, found)
    shape = _score_of_shape(first, second)
    if context < 4 and alone == 0 and int(first) > _MAX_MONTH:
        return 0
    if context < 4 and alone == 0 and (shape == 0 or context + shape + bool(known_ends) < _MIN_SCORE + (context == 0)):
        return 0
    score = max(context, alone) + shape + (words.AFTER_DATE.match(text, end) is not None)
    if "%" in text[max(0, start - 5) : start] or words.PERCENT_BEHIND.match(text, end):
        score -= 3
    if words.SCORE_AFTER.match(text, end):
        score -= 4
    is_left_message = words.MESSAGE_LEFT.search(text, max(0, start - 18), start) is not None
    is_sure = is_left_message or any(
        lead.search(text, max(0, start - 40), start) for lead in (words.STRONG_BEFORE, words.DATED_LABEL_BEFORE)
    )
    if words.BOTTLES_BEFORE.search(text, max(0, start - 12), start) and int(first) <= int(second) <= _MAX_BOTTLES:
        score -= 4
    if score >= _MIN_SCORE and not is_sure and _is_a_score(text, start, shape):
        score -= 3
    other = words.OTHER_PART.match(text, end, end + 50) if score >= _MIN_SCORE else None
    if other is not None and other.group(1) == second and not is_sure:
        score -= 2
    return score + (1 if known_ends and shape else 0)


def _score_of_context(text: str, found: re.Match[str], end: int, known_ends: Set[int]) -> int:
    start = found.start()
    if found.group() not in words.FRACTIONS and (words.DATE_BEHIND.match(text, end) or words.HALF_OF_A_DAY.match(text, end)):
        return 4
    if any(pattern.search(text, max(0, start - 16), start) for pattern in (words.WEEKDAY_BEFORE, words.IN_BRACKETS_BEHIND_A_DAY)):
        return _SURE
    if (
        words.TIME_BEHIND.match(text, end)
        or words.VALUE_BEHIND.match(text, end)
        or words.BEFORE_DATE.search(text, max(0, start - 40), start)
    ):
        return 4
    if _is_first_of_two(text, found, end) or _is_told(text, found, end):
        return 4
    if _opens_one_of_several_lines(text, found, end):
        return 4
    if _follows_in_a_list(text, start, known_ends) and words.PHRASE_ENDS.match(text, end):
        return 4
    if (
        found.group() not in words.FRACTIONS
        and words.BY_BEFORE.search(text, max(0, start - 8), start)
        and words.PHRASE_ENDS.match(text, end)
    ):
        return 4
    if int(found.group("c")) > 12 and text[start - 1 : start] in ("", "\n") and words.AFTER_DATE.match(text, end):
        return 4
    if words.CELL_BEFORE.search(text, max(0, start - 4), start) and words.CELL_BEHIND.match(text, end):
        return 4 if _is_in_a_dated_cell(text, start, end) else 2
    if words.BEFORE_MAYBE.search(text, max(0, start - 16), start):
        return 2
    return int(text[start - 1 : start] == "(")


def _opens_one_of_several_lines(text: str, found: re.Match[str], end: int) -> bool:
    """Whether it opens a line, and two numbers with another denominator the next or the one before."""
    start = found.start()
    if found.group() in words.COMMON_FRACTIONS or not words.OPENS_LINE.search(text, max(0, start - 8), start):
        return False
    others = (words.NEXT_LINE.match(text, end), words.LINE_BEFORE.search(text, max(0, start - 120), start))
    return any(other is not None and other.group("e") != found.group("c") for other in others)


def _follows_in_a_list(text: str, start: int, known_ends: Set[int]) -> bool:
    """Whether a date and a few words stand before it: extubated 3/1, off pressors 3/4."""
    few_words = words.FEW_WORDS_BEFORE.search(text, max(0, start - 32), start)
    return few_words is not None and few_words.start() in known_ends


def _is_in_a_dated_cell(text: str, start: int, end: int) -> bool:
    """Whether it fills a cell of a table whose column has a name of dates."""
    if not (words.CELL_BEFORE.search(text, max(0, start - 4), start) and words.CELL_BEHIND.match(text, end)):
        return False
    header = header_above(text, start)
    return header is not None and words.DATED_COLUMN.search(header) is not None


def _is_told(text: str, found: re.Match[str], end: int) -> bool:
    """Whether what was said or done stands before it and the phrase ends behind it; or it stands alone behind a value or opens a line."""
    start = found.start()
    if found.group() in words.COMMON_FRACTIONS:
        return False
    if words.VALUE_BEFORE.search(text, max(0, start - 12), start) and text[end : end + 1] == ")":
        return True
    if words.OPENS_LINE.search(text, max(0, start - 8), start) and text[end : end + 2] == ": ":
        return words.SCORE_WORD.search(text, end, end + 40) is None
    return words.PHRASE_ENDS.match(text, end) is not None and any(
        pattern.search(text, max(0, start - 66), start) for pattern in (words.TOLD_BEFORE, words.DONE_BEFORE, words.PARTICIPLE_BEFORE)
    )


def _is_first_of_two(text: str, found: re.Match[str], end: int) -> bool:
    """Whether another month and day follow it: 12/30-1/2; but 3/5-4/5 are two strengths, 1/2-3/4 two fractions."""
    if words.TO_A_NAMED_DAY.match(text, end):
        return True
    other = words.TO_ANOTHER.match(text, end)
    if other is None and words.LIST_BEFORE.search(text, max(0, found.start() - 9), found.start()):
        other = words.NEXT_OF_A_LIST.match(text, end)
    if other is None or (found.group() in words.FRACTIONS and int(other.group("e")) <= _MAX_MONTH) or other.group("e") == found.group("c"):
        return False
    return 1 <= int(other.group("g")) <= 12 and 1 <= int(other.group("e")) <= 31


def _is_a_score(text: str, start: int, shape: int) -> bool:
    """Whether a word before it in its sentence speaks of scores; for two numbers that are seldom one, only a clear word."""
    if shape < _SELDOM_A_SCORE and words.SCORE_BEFORE.search(text, max(0, start - 70), start):
        return True
    return words.CLEAR_SCORE_BEFORE.search(text, max(0, start - 44), start) is not None


def _score_alone(text: str, found: re.Match[str]) -> int:
    """What speaks for a date where nothing around does: hardly any score, fraction or strength of a drug is written with these numbers."""
    first, second = found.group("a", "c")
    if int(second) > _LAST_DAY or (
        int(first) < int(second) and words.WHOLE_NUMBER_BEFORE.search(text, max(0, found.start() - 6), found.start())
    ):
        return 0
    if (first, second) in words.OTHER_PAIRS or (int(first) > _MAX_MONTH and int(second) in words.UNITS_OF_TIME):
        return 0
    if "0" in (first[0], second[0]) or int(first) > int(second) or int(second) in words.RARE_DENOMINATORS:
        return 2
    return 3 if int(first) < int(second) and int(second) in words.ROUND_DAYS else 0


def _score_of_shape(first: str, second: str) -> int:
    """What the two numbers alone say for a date: more is unlikely of a score than its most, zeros stand in front of dates."""
    score = 2 * ("0" in (first[0], second[0]))
    if int(first) > int(second):
        return score + 2
    return score + (int(second) not in words.COMMON_DENOMINATORS) + (int(second) in words.RARE_DENOMINATORS)
