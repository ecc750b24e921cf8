"""What a record knows of its patient is found in every form that its text may give it; other words stay."""

from __future__ import annotations

import pytest

from medpretrain.deidentify.finding import united
from medpretrain.deidentify.identity import Identity
from medpretrain.deidentify.known import find_known, is_one_off
from medpretrain.deidentify.known_dates import known_days

ANNA = Identity(
    names=("Lindqvist-Okafor, Anna May", "Wu Li"),
    numbers=("MR-0048213-7",),
    places=("48 Larchmont Avenue, Apt 3, Winterset, IA 50273",),
    dates=("1951-03-04",),
    contacts=("(515) 555-0142", "anna.lo@example.org"),
    subject="patient-17",
)


def found(text: str, identity: Identity = ANNA) -> list[tuple[str, str]]:
    return [(one.kind, text[one.start : one.end]) for one in united(find_known(text, identity))]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Anna Lindqvist-Okafor came.", ["Anna Lindqvist-Okafor"]),
        ("OKAFOR, ANNA M. and lindqvist", ["OKAFOR, ANNA", "lindqvist"]),
        ("Okafor's pain; the Lindqvists", ["Okafor", "Lindqvists"]),
        ("Lindqivst, Okafr, Okkafor, Okofor", ["Lindqivst, Okafr, Okkafor, Okofor"]),
        ("Anna May left. It may hurt. May was warm.", ["Anna May"]),
        ("we asked May about it", ["May"]),
        ("wu li and Mr. Wu; li ver", ["wu li", "Wu"]),
        ("Ana saw the manna in Annapolis.", []),
    ],
)
def test_names(text: str, names: list[str]) -> None:
    assert found(text) == [("NAME", name) for name in names]


@pytest.mark.parametrize(
    "written", ["MR-0048213-7", "mr00482137", "MR 0048213 7", "MR-0048213-1", "MR-048213-7", "MR-0048231-7", "MR-00482137"]
)
def test_numbers(written: str) -> None:
    assert found(f"chart {written}, page 2") == [("ID", written)]


def test_other_numbers_stay() -> None:
    assert found("MR-0099213-7 has 48 items, 0048 and 213") == []


@pytest.mark.parametrize(
    "written",
    [
        "3/4/1951",
        "03/04/51",
        "03-04-1951",
        "4.3.1951",
        "1951-03-04",
        "March 4, 1951",
        "Mar. 4th 1951",
        "4 March 1951",
        "04-MAR-1951",
        "19510304",
    ],
)
def test_dates(written: str) -> None:
    assert found(f"born {written}.") == [("DATE", written)]


def test_other_dates_stay() -> None:
    assert found("13/4/1951, 3/4/1952, 3/4, March 1951, May 4, 1951") == []
    assert known_days(["1951", "no day"]) == frozenset()


def test_a_date_beside_another_number() -> None:
    assert found("room 12 03-04-1951, 7 3/4/51") == [("DATE", "03-04-1951"), ("DATE", "3/4/51")]


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("lives at 48 Larchmont Avenue, Apt 3", ["48 Larchmont Avenue", "Apt 3"]),
        ("48 LARCHMONT AVE", ["48 LARCHMONT AVE"]),
        ("on Larchmont Ave in Winterset", ["Larchmont Ave", "Winterset"]),
        ("WINTERSET, 50273-1111", ["WINTERSET", "50273"]),
        ("from Wintreset", ["Wintreset"]),
        ("in Iowa, IA", []),
    ],
)
def test_places(text: str, places: list[str]) -> None:
    assert found(text) == [("LOCATION", place) for place in places]


@pytest.mark.parametrize("written", ["515-555-0142", "(515) 555-0142", "+1 515 555 0142", "5155550142", "555-0142"])
def test_telephones(written: str) -> None:
    assert found(f"call {written} now") == [("PHONE", written)]


def test_mail() -> None:
    assert found("to ANNA.LO@example.org.") == [("EMAIL", "ANNA.LO@example.org")]


def test_the_subject_is_not_looked_for_and_nothing_is_shown() -> None:
    assert found("patient-17 came") == []
    assert "Anna" not in repr(ANNA)


def test_nothing_known() -> None:
    assert find_known("Anna came on 3/4/1951", Identity()) == []
    assert find_known("", ANNA) == []


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("smith", "smyth", True),
        ("smith", "smit", True),
        ("smith", "smitth", True),
        ("smith", "smtih", True),
        ("smith", "smith", False),
        ("smith", "smeth1", False),
        ("abcd", "badc", False),
    ],
)
def test_one_letter_off(one: str, other: str, expected: bool) -> None:
    assert is_one_off(one, other) is expected
    assert is_one_off(other, one) is expected


@pytest.mark.parametrize("text", ["anna " * 20_000, "a " * 50_000, "0048213" * 15_000, "4 8 " * 25_000, "1951-" * 20_000])
def test_hostile_texts_end(text: str) -> None:
    find_known(text, ANNA)
