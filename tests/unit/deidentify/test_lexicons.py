"""What words and places are, as the shipped lexicons say."""

from __future__ import annotations

import pytest

from medpretrain.deidentify.lexicons import (
    COUNTY,
    FIRST,
    KNOWN_FIRST,
    KNOWN_LAST,
    LAST,
    US_CITY,
    WORD,
    WORLD_CITY,
    kinds_of_place,
    kinds_of_word,
)
from medpretrain.deidentify.words import kinds_of, words_in


@pytest.mark.parametrize(
    ("word", "kinds", "absent"),
    [
        ("Patricia", FIRST | KNOWN_FIRST, WORD),
        ("GARCIA", LAST | KNOWN_LAST, WORD),
        ("Grace", FIRST | WORD, 0),
        ("metoprolol", WORD, FIRST | LAST),
        ("Müller", LAST, WORD),
        ("qzxv", 0, FIRST | LAST | WORD),
        ("a", 0, FIRST | LAST | WORD),
        ("", 0, FIRST | LAST | WORD),
        ("\t=", 0, FIRST | LAST | WORD),
    ],
)
def test_words(word: str, kinds: int, absent: int) -> None:
    assert kinds_of_word(word) & kinds == kinds
    assert not kinds_of_word(word) & absent


def test_places() -> None:
    assert kinds_of_place("Winston-Salem") & US_CITY
    assert kinds_of_place("São Paulo") & WORLD_CITY
    assert kinds_of_place("Autauga") & COUNTY
    assert not kinds_of_place("New Aaron")


def test_words_of_a_text() -> None:
    words = words_in("Mrs. O'Brien-Smith's wife, d’Or; 3 x2 É.")
    assert words.words == ["Mrs", "O'Brien-Smith's", "wife", "d’Or", "x", "É"]
    assert words.text[words.starts[1] : words.end(1)] == "O'Brien-Smith"
    assert [words.gap(place) for place in range(1, 4)] == [". ", " ", ", "]


def test_compounds() -> None:
    assert kinds_of("Smith-Jones's") & LAST
    assert kinds_of("well-known") == WORD
    assert kinds_of("O'Brien") & LAST


def test_words_do_not_show_their_text() -> None:
    assert "Smith" not in repr(words_in("Mr. Smith"))
