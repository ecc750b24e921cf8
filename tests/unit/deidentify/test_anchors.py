"""Where rules begin: every word and number that a rule asks for is among the places where it is tried."""

from __future__ import annotations

import re

import pytest

from medpretrain.deidentify import care_places, foreign_streets, institution_contexts, institutions, named_streets, places, postal_codes
from medpretrain.deidentify.anchors import Lead, behind_leads, leads_in, matches_at, numbers_in

_WORDS = (
    *("@", "&", "across", "address", "along", "and", "around", "at", "behind", "between", "by", "crossing", "down", "from", "in", "into"),
    *("near", "of", "off", "on", "onto", "outside", "over", "per", "through", "to", "under", "up", "via", "visiting", "with"),
)


def test_leads_and_what_they_lead_to() -> None:
    text = "seen at Mercy, in the Bronx\nhome town: Marrowick, off 5th (near Élan), then With Mercy at noon"
    assert leads_in(text) == [Lead(4, "at"), Lead(14, "in"), Lead(32, "town:"), Lead(49, "off"), Lead(58, "near")]


def test_a_text_that_begins_with_a_lead() -> None:
    assert leads_in("hometown Marrowick") == [Lead(-1, "hometown")]
    assert leads_in("at Mercy") == leads_in("the Bronx") == leads_in("") == []


@pytest.mark.parametrize(
    "pattern",
    [
        care_places._PREPOSITION,
        institution_contexts._OF,
        institutions._PREPOSITION,
        named_streets._LED,
        places._IN_TOWN,
    ],
    ids=lambda pattern: pattern.pattern[:30],
)
def test_a_pattern_misses_nothing_behind_leads(pattern: re.Pattern[str]) -> None:
    openings = ("{} Mercy", "\n{}\nMercy", "{} the Mercy", "{} The Mercy", "({} Mercy", "{} Élan", "{} 5th", "{} the 5th", "{} the VA")
    text = "; ".join(f"was {opening.format(word)}" for opening in openings for word in _WORDS)
    found = [match.span() for match in pattern.finditer(text)]
    assert found
    assert [match.span() for match in behind_leads(pattern, text)] == found


def test_every_word_before_a_place_is_a_lead() -> None:
    for word in places._BEFORE_PLACES:
        assert leads_in(f"drove back {word} Marrowick") == [Lead(10, word)]


def test_numbers_begin_where_no_letter_stands_before() -> None:
    assert numbers_in("12 Elm, B7, 3-45 and x_9 ٣") == [(0, 2), (12, 13), (14, 16), (25, 26)]


@pytest.mark.parametrize(
    ("pattern", "before", "texts"),
    [
        (places._NUMBERED, 0, ["12 Elm Street", "12B Elm Street", "12-14 Elm Street", "12\xa0Elm Street", "123456 North Elm Street"]),
        (places._LOWER_STREET, 0, ["12 elm street", "123456 north elm street"]),
        (places._NUMBERED_ROAD, 0, ["1 Route 9", "123456 N. County Road 12"]),
        (places._TWO_AXES, 0, ["120 North 450 West", "12345 N. 450 W"]),
        (places._FIVE_DIGITS, 0, ["44101", "44101-1234"]),
        (postal_codes._PIN, 0, ["560001", "560 001"]),
        (postal_codes._INWARD, 1, [" 9KB", "-9KB", " 2T6"]),
        (foreign_streets._NUMBERSTREETS_BEHIND, 1, ["utca 4", "utca 12a"]),
    ],
    ids=lambda value: value.pattern[:30] if isinstance(value, re.Pattern) else None,
)
def test_a_pattern_begins_at_a_number(pattern: re.Pattern[str], before: int, texts: list[str]) -> None:
    for text in texts:
        led = f"was {text}" if before == 0 else text
        match = pattern.search(led)
        assert match is not None
        assert match.start() + before in [start for start, _ in numbers_in(led)]


def test_matches_at_places_do_not_overlap() -> None:
    pattern = re.compile("a.a")
    assert [match.start() for match in matches_at(pattern, "ababa aba", [0, 2, 6])] == [0, 6]
