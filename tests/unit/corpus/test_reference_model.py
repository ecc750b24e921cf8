"""The reference model gives the probabilities of a slow one in plain Python, and finds real medical text the least surprising."""

from __future__ import annotations

import gzip
import json
import math
import random
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pytest

from medpretrain.corpus.reference import END, LETTER_ORDER, UNKNOWN, WORD_ORDER, NGrams, ReferenceModel, train_reference
from medpretrain.corpus.words import words_of

TEXTS = [
    "The heart is normal. The lungs are clear. No effusion.",
    "The heart is enlarged. The lungs are clear. Small effusion is seen.",
    "Heart size is normal. No effusion is seen. The lungs are clear.",
    "No focal consolidation. The heart is normal in size. No effusion.",
]


class SlowKneserNey:
    """Interpolated modified Kneser-Ney by dictionaries of tuples, as Chen and Goodman write it."""

    def __init__(self, sequences: list[list[int]], num_predicted: int, order: int) -> None:
        self.num_predicted, self.order = num_predicted, order
        counts: list[Counter[tuple[int, ...]]] = [Counter() for _ in range(order + 1)]
        for sequence in sequences:
            padded = [-1] * (order - 1) + sequence + [END]
            for place in range(order - 1, len(padded)):
                counts[order][tuple(padded[place - order + 1 : place + 1])] += 1
        for length in range(order - 1, 0, -1):
            counts[length].update(run[1:] for run in counts[length + 1])
        self.counts = counts
        self.discounts = [[]] + [self._discounts(counts[length]) for length in range(1, order + 1)]
        self.behind: list[dict[tuple[int, ...], list[int]]] = [defaultdict(list) for _ in range(order + 1)]
        for length in range(1, order + 1):
            for run, count in counts[length].items():
                self.behind[length][run[:-1]].append(count)

    @staticmethod
    def _discounts(counts: Counter[tuple[int, ...]]) -> list[float]:
        n = Counter(counts.values())
        if 0 in (n[1], n[2], n[3]):
            return [0.0, 0.5, 0.5, 0.5]
        y = n[1] / (n[1] + 2 * n[2])
        raw = [1 - 2 * y * n[2] / n[1], 2 - 3 * y * n[3] / n[2], 3 - 4 * y * n[4] / n[3]]
        return [0.0, *(min(max(value, 0.1), k - 0.1) for k, value in enumerate(raw, start=1))]

    def probability(self, history: tuple[int, ...], symbol: int) -> float:
        lower = self.probability(history[1:], symbol) if history else 1.0 / self.num_predicted
        length = len(history) + 1
        behind = self.behind[length].get(history)
        if behind is None:
            return lower
        discounts = self.discounts[length]
        count = self.counts[length].get((*history, symbol), 0)
        passed_on = sum(discounts[min(value, 3)] for value in behind) / sum(behind)
        return (count - discounts[min(count, 3)]) / sum(behind) + passed_on * lower


def laid_out(sequence: list[int], num_symbols: int, order: int) -> np.ndarray:
    return np.array([num_symbols - 1] * (order - 1) + [*sequence, END], np.int64)


@pytest.mark.parametrize("order", [1, 2, 3, 5])
@pytest.mark.parametrize("num_symbols", [6, 40])
def test_equals_plain_python(order: int, num_symbols: int) -> None:
    rng = random.Random(order)

    def sequence() -> list[int]:
        return [min(int(rng.expovariate(0.2)), num_symbols - 4) + 1 for _ in range(rng.randrange(12))]

    sequences = [sequence() for _ in range(80)]
    fast = NGrams.train(np.concatenate([laid_out(one, num_symbols, order) for one in sequences]), num_symbols, order)
    slow = SlowKneserNey(sequences, num_symbols - 1, order)
    for one in [sequence() for _ in range(40)]:
        padded = [-1] * (order - 1) + [*one, END]
        expected = [slow.probability(tuple(padded[place - order + 1 : place]), padded[place]) for place in range(order - 1, len(padded))]
        np.testing.assert_allclose(fast.probabilities(laid_out(one, num_symbols, order)), expected, rtol=1e-12)


@pytest.mark.parametrize("history", [[], ["the"], ["the", "heart"], ["heart", "is"], ["effusion", "heart"], ["never", "read"]])
def test_probabilities_of_all_next_words_sum_to_one(history: list[str]) -> None:
    model = train_reference(TEXTS)
    words = model._words
    symbols = [model._word_symbol.get(word, UNKNOWN) for word in history]
    total = 0.0
    for symbol in range(words.num_symbols - 1):
        sequence = np.array([words.num_symbols - 1] * (WORD_ORDER - 1) + [*symbols, symbol], np.int64)
        total += float(words.probabilities(sequence)[-1])
    assert total == pytest.approx(1.0, abs=1e-9)


@pytest.mark.parametrize("beginning", ["", "l", "lu", "qz", "effusio"])
def test_probabilities_of_all_next_letters_sum_to_one(beginning: str) -> None:
    model = train_reference(TEXTS)
    letters = model._letters
    symbols = [int(model._letter_symbol[ord(letter)]) for letter in beginning]
    total = 0.0
    for symbol in range(letters.num_symbols - 1):
        sequence = np.array([letters.num_symbols - 1] * (LETTER_ORDER - 1) + [*symbols, symbol], np.int64)
        total += float(letters.probabilities(sequence)[-1])
    assert total == pytest.approx(1.0, abs=1e-9)


def test_perplexity_is_that_of_known_words_pieces_of_unknown_ones_and_the_end() -> None:
    model = train_reference(TEXTS)
    words = ["the", "kidney", "is", "clear"]
    symbols = [model._word_symbol.get(word, UNKNOWN) for word in words]
    assert symbols.count(UNKNOWN) == 1
    of_words = model._words.probabilities(laid_out(symbols, model._words.num_symbols, WORD_ORDER))
    letters = [int(model._letter_symbol[ord(letter)]) for letter in "kidney"]
    of_letters = model._letters.probabilities(laid_out(letters, model._letters.num_symbols, LETTER_ORDER))
    outside = 0x110000 - len(model._alphabet)
    mean = (np.log(of_words).sum() + np.log(of_letters).sum() - letters.count(UNKNOWN) * math.log(outside)) / (
        3 + 2 + 1
    )  # kidney and its end: 7 letters, 2 pieces
    assert model.perplexities([words]) == [pytest.approx(math.exp(-mean), rel=1e-12)]
    assert len(model.log_probabilities([words])[0]) == 5


def test_texts_together_have_the_figures_of_each_alone() -> None:
    model = train_reference(TEXTS)
    texts = [[], ["kidney"], ["the", "heart", "is", "unread"], [], words_of(TEXTS[0]), ["心", "the"], []]
    alone = [model.perplexities([text])[0] for text in texts]
    np.testing.assert_allclose(model.perplexities(texts), alone, rtol=1e-14)
    for together, text in zip(model.log_probabilities(texts), texts, strict=True):
        np.testing.assert_allclose(together, model.log_probabilities([text])[0], rtol=1e-14)
    assert model.perplexities([]) == []


def test_no_words_are_an_end() -> None:
    model = train_reference([*TEXTS, ""])
    assert 1.0 < model.perplexities([[]])[0] < 100.0


@pytest.mark.parametrize("words", [["x" * 3000], ["\ud800"], ["心" * 400] * 30, ["😀"]])
def test_any_word_has_a_finite_perplexity(words: list[str]) -> None:
    assert math.isfinite(train_reference(TEXTS).perplexities([words])[0])


@pytest.mark.parametrize("texts", [[], [""], ["one"], TEXTS])
def test_the_same_texts_give_the_same_bytes_and_a_saved_model_the_same_figures(tmp_path: Path, texts: list[str]) -> None:
    model = train_reference(texts)
    model.save(tmp_path / "a.npz")
    train_reference(texts).save(tmp_path / "b.npz")
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    words = ["the", "heart", "ünknown"]
    loaded = ReferenceModel.load(tmp_path / "a.npz")
    assert loaded.num_words == model.num_words
    np.testing.assert_array_equal(loaded.log_probabilities([words])[0], model.log_probabilities([words])[0])


def test_reads_no_further_than_told() -> None:
    def texts() -> list[str]:
        return [f"{text} unread" if place > 1 else text for place, text in enumerate(TEXTS)]

    num_words = len(words_of(TEXTS[0]))
    assert train_reference(texts(), max_words=num_words + 1).log_probabilities([["heart"]])[0].tolist() == (
        train_reference(TEXTS[:2]).log_probabilities([["heart"]])[0].tolist()
    )


def test_real_text_is_less_surprising_than_shuffled_foreign_and_random_ones(shared_data: Path) -> None:
    with gzip.open(shared_data / "pretrain" / "mtsamples.jsonl.gz", "rt", encoding="utf-8") as file:
        texts = [json.loads(line)["text"] for line in file]
    random.Random(0).shuffle(texts)  # samples of one report stand side by side
    held_out = [word for text in texts[600:640] for word in words_of(text)]
    model = train_reference(texts[:600])
    rng = random.Random(1)
    shuffled = rng.sample(held_out, len(held_out))
    german = words_of(
        "Der Patient stellte sich mit starken Schmerzen im rechten Unterbauch vor. Die körperliche Untersuchung ergab einen Druckschmerz"
    )
    noise = ["".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=rng.randint(2, 9))) for _ in range(200)]
    real, mixed, foreign, random_letters = model.perplexities([held_out, shuffled, german, noise])
    assert 20 < real < 1000
    assert 3 * real < mixed
    assert 10 * mixed < foreign
    assert 10 * foreign < random_letters
