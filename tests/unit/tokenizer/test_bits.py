"""Bits of an n-gram model over tokens: a true distribution, comparable between vocabularies."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest

from medpretrain.tokenizer.bits import Bits, choose, ngram_bits


def ids(*documents: list[int]) -> list[np.ndarray]:
    return [np.array(document, np.uint32) for document in documents]


def test_the_next_tokens_probabilities_sum_to_one() -> None:
    """Of every token, and the end, after the same history; one that was never read too."""
    training = ids([0, 1, 2, 0, 1], [1, 1, 2], [0, 1, 2, 0])
    history_bits = ngram_bits(training, ids([0, 1]), 5) - end_bits(training, [0, 1])
    total = sum(
        2 ** -(ngram_bits(training, ids([0, 1, token]), 5) - end_bits(training, [0, 1, token]) - history_bits) for token in range(5)
    )
    assert total + 2 ** -end_bits(training, [0, 1]) == pytest.approx(1)


def end_bits(training: list[np.ndarray], document: list[int]) -> float:
    """What a document's end costs: the last number of the model's, which `ngram_bits` only sums."""
    from medpretrain.corpus.reference import NGrams
    from medpretrain.tokenizer.bits import ORDER, _laid_out

    model = NGrams.train(_laid_out(training, 5), 7, ORDER)
    return float(-np.log2(model.probabilities(_laid_out(ids(document), 5))[-1]))


def test_random_tokens_cost_their_entropy_and_repeated_ones_less() -> None:
    draw = random.Random(1)
    noise = [[draw.randrange(16) for _ in range(200)] for _ in range(300)]
    per_token = ngram_bits(ids(*noise[:250]), ids(*noise[250:]), 16) / (50 * 200)
    assert 4.0 <= per_token < 4.3
    rhythm = [[0, 1, 2, 3] * 50 for _ in range(20)]
    assert ngram_bits(ids(*rhythm), ids(rhythm[0]), 16) / 200 < 0.1


def test_two_tokens_as_one_cost_the_same_text_about_the_same() -> None:
    """Pairs of a random alphabet as single tokens: half as many tokens of twice the bits."""
    draw = random.Random(2)
    single = [[draw.randrange(4) for _ in range(400)] for _ in range(600)]
    joined = [[4 * left + right for left, right in zip(document[::2], document[1::2], strict=True)] for document in single]
    of_single, of_joined = (ngram_bits(ids(*texts[:550]), ids(*texts[550:]), size) for texts, size in ((single, 4), (joined, 16)))
    assert of_joined == pytest.approx(of_single, rel=0.02)


def test_bits_per_byte_and_per_character() -> None:
    bits = Bits(num_bits=30.0, num_bytes=20, num_characters=15)
    assert (bits.per_byte, bits.per_character) == (1.5, 2.0)
    assert not math.isnan(bits.per_byte)


def test_texts_are_chosen_all_over_and_bounded() -> None:
    texts = [f"{number:02}" * 50 for number in range(100)]
    assert choose(texts, 10**6) == texts
    chosen = choose(texts, 2_000)
    assert [text[:2] for text in chosen] == [f"{number:02}" for number in range(0, 100, 5)]
    assert choose(["é" * 100], 21) == ["é" * 10]
    assert choose([], 10) == []
