"""Fields as records have them, in the forms in which a text would say them; and what is no identifier."""

from __future__ import annotations

import pytest

from medpretrain.corpus.sources.gathered import Gathered, united
from medpretrain.deidentify.identity import Identity


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (("John", "Q", "Doe"), ("John Q Doe",)),
        (("DOE^JOHN^Q^^DR",), ("JOHN Q DOE",)),
        (("Doe, John",), ("John Doe",)),
        (("John Doe, MD",), ("John Doe",)),
        (("Dr. Maria-José O'Neil Jr.",), ("Maria-José O'Neil",)),
        (("Baby Boy Okonkwo",), ("Okonkwo",)),
        (("Mrs.", "Nguyễn"), ("Nguyễn",)),
        (("Unknown",), ()),
        (("^^^^",), ()),
        (("",), ()),
        (("J.",), ()),
        (("山田^太郎",), ("太郎 山田",)),
    ],
)
def test_names_are_said_in_order_without_titles(parts: tuple[str, ...], expected: tuple[str, ...]) -> None:
    gathered = Gathered()
    gathered.name(*parts)
    assert gathered.identity().names == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("078-05-1120", ("078-05-1120",)),
        ("urn:uuid:1484a42d-0eaf", ("1484a42d-0eaf",)),
        (" A-77/12 ", ("A-77/12",)),
        ("7", ()),
        ("1999", ()),
        ("00000000", ()),
        ("EXTERNAL", ()),
        ("", ()),
    ],
)
def test_numbers_that_stand_everywhere_are_none(value: str, expected: tuple[str, ...]) -> None:
    gathered = Gathered()
    gathered.number(value)
    assert gathered.identity().numbers == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("12 Elm Street\nApt 4, Springfield", ("12 Elm Street", "Springfield")),
        ("2033 MAIN STREET", ("2033 MAIN STREET",)),
        ("02139-1234", ("02139-1234", "02139")),
        ("SW1A 1AA", ("SW1A 1AA",)),
        ("Mercy General Hospital", ("Mercy General Hospital",)),
        ("Acme Labs, Inc.", ("Acme Labs",)),
        ("Emergency Department", ()),
        ("Room 12", ()),
        ("MA", ()),
        ("Street", ()),
    ],
)
def test_places_are_lines_and_names_not_wards(value: str, expected: tuple[str, ...]) -> None:
    gathered = Gathered()
    gathered.place(value)
    assert gathered.identity().places == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("19510304", ("1951-03-04",)),
        ("1951-03-04T10:30:00Z", ("1951-03-04",)),
        ("195103041030+0100", ("1951-03-04",)),
        ("1951.03.04", ("1951-03-04",)),
        ("1951-03", ("1951-03",)),
        ("03/04/1951", ("1951-03-04", "1951-04-03")),
        ("25.12.1951", ("1951-12-25",)),
        ("1951", ()),
        ("soon", ()),
    ],
)
def test_dates_become_iso(value: str, expected: tuple[str, ...]) -> None:
    gathered = Gathered()
    gathered.date(value)
    assert gathered.identity().dates == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("tel:+1-(617)555-0142", ("+1-(617)555-0142",)),
        ("mailto:a.b@example.org", ("a.b@example.org",)),
        ("https://example.org/a", ("example.org/a",)),
        ("0142", ()),
    ],
)
def test_contacts_lose_their_scheme(value: str, expected: tuple[str, ...]) -> None:
    gathered = Gathered()
    gathered.contact(value)
    assert gathered.identity().contacts == expected


def test_what_is_said_again_stands_once() -> None:
    gathered, other = Gathered(), Gathered()
    for one in (gathered, gathered, other):
        one.name("Ada Byron")
        one.number("4711-A")
    gathered.add(other)
    assert gathered.identity("7") == Identity(names=("Ada Byron",), numbers=("4711-A",), subject="7")


def test_identities_unite() -> None:
    first = Identity(names=("A B",), numbers=("4711",), subject="")
    second = Identity(names=("A B", "C D"), places=("Lowell",), dates=("1951-03-04",), contacts=("x@example.org",), subject="9")
    expected = Identity(("A B", "C D"), ("4711",), ("Lowell",), ("1951-03-04",), ("x@example.org",), "9")
    assert united([first, second]) == expected
    assert united([]) == Identity()


@pytest.mark.parametrize("text", ["a " * 50_000, "1" * 100_000, "Dr. " * 25_000, "," * 100_000, "^" * 100_000, "1/" * 50_000])
def test_hostile_fields_end(text: str) -> None:
    gathered = Gathered()
    for gather in (gathered.name, gathered.number, gathered.place, gathered.date, gathered.contact, gathered.person_or_place):
        gather(text)
    assert len(gathered.identity().dates) == 0
