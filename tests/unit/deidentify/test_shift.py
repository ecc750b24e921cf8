"""A moved date is written as it was, moves back, and keeps its distance to every other."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medpretrain.deidentify.shift import date_of, shift_date

DATES = st.dates(datetime.date(1935, 1, 1), datetime.date(2028, 12, 31))
DAYS = st.integers(-500, 500)
FORMATS = (
    *("%m/%d/%Y", "%m-%d-%Y", "%m/%d/%y", "%m / %d / %Y", "%d.%m.%Y", "%d.%m.%y", "%Y-%m-%d", "%Y/%m/%d", "%Y-%m-%dT10:30:00+01:00"),
    *("%Y-%m-%d 10:30:00", "%Y%m%d", "%Y%m%d103000", "%d%b%Y", "%d-%b-%Y", "%d-%b-%y", "%d-%B-%Y", "%A, %m/%d/%Y", "%a %m/%d/%y"),
    *("%Y-%b-%d", "%A %d-%B-%Y", "%m/%d/%Y (%A"),
)


@given(DATES, DAYS, st.sampled_from(FORMATS), st.sampled_from([str, str.upper, str.lower]))
def test_a_full_date_moves_back_to_the_same_characters(date: datetime.date, days: int, form: str, case: type[str]) -> None:
    written = case(date.strftime(form)) if "T" not in form else date.strftime(form)
    moved = shift_date(written, days, None)
    assert moved is not None
    assert date_of(moved, None) == date + datetime.timedelta(days)
    names = {written.lower(), moved.lower()}
    if not ("%b" in form or "%B" in form) or not any("may" in name for name in names):
        assert shift_date(moved, -days, None) == written


LOOSE_FORMATS = (
    "{m}/{d}/{y}",
    "{d} {b} {y}",
    "{B} {d}, {y}",
    "{b}. {d}, {y}",
    "{d}. {b} {y}".replace(". ", " "),
    "{d}/{m}/{y}",
    "{m}-{d}-{y}",
    "{d}.{m}.{y}",
)


@given(DATES, DATES, DAYS, st.sampled_from(LOOSE_FORMATS), st.sampled_from(LOOSE_FORMATS))
def test_full_dates_keep_their_distance(first: datetime.date, second: datetime.date, days: int, form: str, other: str) -> None:
    before, after = [], []
    for date, pattern in ((first, form), (second, other)):
        written = pattern.format(m=date.month, d=date.day, y=date.year, b=date.strftime("%b"), B=date.strftime("%B"))
        moved = shift_date(written, days, None)
        if moved is None:
            assert "/" in pattern or "." in pattern
            return
        before.append(date_of(written, None))
        after.append(date_of(moved, None))
        back = shift_date(moved, -days, None)
        assert back is None or date_of(back, None) == before[-1]
    assert None not in before + after
    assert after[1] - after[0] == before[1] - before[0]  # type: ignore[operator]


@pytest.mark.parametrize(
    ("written", "days", "moved"),
    [
        ("12/3/19", 7, "12/10/19"),
        ("12/24/2019", 14, "01/07/2020"),
        ("3 Dec", 7, "10 Dec"),
        ("December 24, 2019", 14, "January 7, 2020"),
        ("3rd of December", 19, "22nd of December"),
        ("DEC 3RD, 2019", 8, "DEC 11TH, 2019"),
        ("dec. 3", 30, "jan. 2"),
        ("Monday, December 2, 2019", 1, "Tuesday, December 3, 2019"),
        ("Mon 12/2/19", 7, "Mon 12/9/19"),
        ("2019-12-03T10:30:00+01:00", 7, "2019-12-10T10:30:00+01:00"),
        ("Dec 3, 2019@14:03:22", 7, "Dec 10, 2019@14:03:22"),
        ("12/03/2019 14:03:22", 7, "12/10/2019 14:03:22"),
        ("the 3rd of December", 7, "the 10th of December"),
        ("20191203103000", 7, "20191210103000"),
        ("03DEC2019", 7, "10DEC2019"),
        ("Dec 2019", 70, "Feb 2020"),
        ("Dec '19", 31, "Jan '20"),
        ("12/2019", -30, "11/2019"),
        ("10/96", 100, "01/97"),
        ("12/3", 7, "12/10"),
        ("Dec 3-5, 2019", 7, "Dec 10-12, 2019"),
        ("3-5 December 2019", 7, "10-12 December 2019"),
        ("December 30 - January 2", 7, "January 6 - January 9"),
        ("Dec 28-30", 3, "Dec 31-Jan 2"),
        ("12/3-5", 28, "12/31-1/2"),
        ("January to March 2007", 31, "February to April 2007"),
        ("12.3.2019", 7, "19.3.2019"),
        ("13/04/2019", 7, "20/04/2019"),
        ("03/04/2019", 7, "03/11/2019"),
        ("1.31.2019", 7, None),
        ("13/04/2019", 21, None),
        ("the 12th", 7, None),
        ("Christmas Day 2018", 7, None),
        ("2/30/2019", 7, None),
        ("9999-12-31", 7, None),
        ("no date", 7, None),
        ("", 7, None),
    ],
)
def test_examples(written: str, days: int, moved: str | None) -> None:
    assert shift_date(written, days, None) == moved


def test_the_year_that_is_not_written_is_given() -> None:
    assert date_of("12/3", 2019) == datetime.date(2019, 12, 3)
    assert date_of("12/3", None) is None
    assert shift_date("2/28", 1, 2020) == "2/29"
    assert shift_date("2/28", 1, 2019) == "3/1"
    assert shift_date("2/29", 1, 2019) is None


@given(st.text(max_size=30), DAYS)
def test_any_text_is_moved_or_not(written: str, days: int) -> None:
    moved = shift_date(written, days, 2019)
    assert moved is None or date_of(written, 2019) is not None
