"""Fertility, coverage and fragmentation, counted by hand with tokenizers that are easy to follow."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest

from medpretrain.tokenizer.measures import (
    Coverage,
    Fertility,
    Fragmentation,
    batches,
    distinct_terms,
    fertility,
    fragmentation,
    term_coverage,
    tokens_per_term,
)

TERMS = [
    "pneumothorax",  # one word, known: whole and every word
    "pleural effusion",  # both words known, not the term as one: every word
    "ground-glass opacity",  # `ground-glass` is not known: neither
    "cor pulmonale",  # known as one piece, so whole; its words are not known alone: not every word
    "hepatosplenomegaly",  # not known: neither
    "effusion",  # whole and every word
    "Effusion",  # another word, not known: neither
    "pleural pneumothorax",  # every word
    "pleural  effusion",  # the second term again, with two spaces
    "T2",  # not known: neither
]
KNOWN = {" pneumothorax", " pleural", " effusion", " cor pulmonale"}


class Knows:
    """One token for each known piece at the start of what is left, the longest first; else one a character."""

    def __init__(self, pieces: set[str]) -> None:
        self._pieces = sorted(pieces, key=len, reverse=True)

    def encode_batch(self, texts: Sequence[str]) -> list[list[int]]:
        return [self._encode(text) for text in texts]

    def _encode(self, text: str) -> list[int]:
        ids = []
        while text:
            piece = next((piece for piece in self._pieces if text.startswith(piece)), text[0])
            ids.append(hash(piece))
            text = text[len(piece) :]
        return ids


def test_coverage_of_ten_terms_equals_the_count_by_hand() -> None:
    coverage = term_coverage(Knows(KNOWN), TERMS)
    assert coverage == Coverage(num_terms=9, num_whole=3, num_every_word=4)
    assert (coverage.whole, coverage.every_word) == (3 / 9, 4 / 9)


def test_a_term_is_one_token_only_with_the_space_before_it() -> None:
    assert term_coverage(Knows({"effusion"}), ["effusion"]) == Coverage(1, 0, 0)


def test_fragmentation_equals_the_count_by_hand() -> None:
    terms = ["pleural effusion", "T2"]
    assert tokens_per_term(Knows(KNOWN), terms) == [2, 3]
    by_letter = Knows(set())
    assert fragmentation(Knows(KNOWN), by_letter, terms) == Fragmentation(num_terms=2, num_tokens=5, num_baseline_tokens=17 + 3)
    told = Fragmentation(2, 5, 20)
    assert (told.tokens_per_term, told.baseline_tokens_per_term, told.ratio) == (2.5, 10.0, 4.0)


def test_fertility_is_tokens_by_white_space_words() -> None:
    counted = fertility(Knows(KNOWN), iter(["no pleural effusion", "T2\n\tok "]))
    assert counted == Fertility(num_tokens=2 + 2 + 7, num_words=3 + 2)
    assert counted.tokens_per_word == 11 / 5


def test_of_nothing_there_is_no_share() -> None:
    assert math.isnan(fertility(Knows(KNOWN), []).tokens_per_word)
    nothing = term_coverage(Knows(KNOWN), ["", " ", "--"])
    assert nothing == Coverage(0, 0, 0)
    assert math.isnan(nothing.whole)
    assert math.isnan(nothing.every_word)
    assert math.isnan(fragmentation(Knows(KNOWN), Knows(set()), []).ratio)


def test_each_different_term_counts_once() -> None:
    assert distinct_terms(["b", "a  b", "b ", "", "a b", "!", "B"]) == ["b", "a b", "B"]


@pytest.mark.parametrize("num_characters", [1, 3, 100])
def test_batches_hold_all_texts_in_order(num_characters: int) -> None:
    texts = ["aa", "", "bbbb", "c", "d"]
    made = list(batches(texts, num_characters))
    assert [text for batch in made for text in batch] == texts
    assert all(len(batch) == 1 or sum(map(len, batch)) <= num_characters for batch in made)
    assert all(made)
