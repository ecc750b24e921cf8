"""Fingerprints, bands with the probability that theory gives them, and exact Jaccard indices."""

from __future__ import annotations

import math

import numpy as np
import pytest

from medpretrain.corpus.minhash import NO_CANDIDATE, Bands, as_set, band_probability, fingerprint, jaccard, jaccards
from medpretrain.corpus.settings import DedupSettings
from medpretrain.corpus.words import Hashes, hash_runs, hash_words, mixed

SETTINGS = DedupSettings()
SIGMAS = 4.0  # a fair draw lies farther out once in 16,000 times


def random_set(generator: np.random.Generator, size: int) -> Hashes:
    return generator.integers(0, 2**64, size, dtype=np.uint64)


def pair_of(generator: np.random.Generator, num_shared: int, num_own: int) -> tuple[Hashes, Hashes]:
    shared = random_set(generator, num_shared)
    first, second = (np.concatenate([shared, random_set(generator, num_own)]) for _ in range(2))
    return first, second


@pytest.mark.parametrize(("num_shared", "num_own", "level"), [(140, 30, 0.7), (160, 20, 0.8), (180, 10, 0.9), (1800, 100, 0.9)])
def test_pairs_share_bands_as_often_as_theory_says(num_shared: int, num_own: int, level: float) -> None:
    generator = np.random.default_rng(int(level * 10) + num_shared)
    bands, num_pairs = Bands(SETTINGS), 1500
    shared = np.zeros((num_pairs, SETTINGS.num_bands), bool)
    for pair in range(num_pairs):
        first, second = pair_of(generator, num_shared, num_own)
        if pair == 0:
            assert jaccard(as_set(first), as_set(second)) == level
        shared[pair] = bands.of(first) == bands.of(second)
    for found, trials, expected in (
        (shared.sum(), shared.size, level**SETTINGS.rows_per_band),
        (shared.any(1).sum(), num_pairs, band_probability(level, SETTINGS)),
    ):
        deviation = math.sqrt(trials * expected * (1 - expected))
        assert abs(found - trials * expected) <= SIGMAS * deviation + 1, f"{found} of {trials}, expected {trials * expected:.1f}"


def test_bands_of_different_seeds_and_of_one_text_are_independent() -> None:
    generator = np.random.default_rng(0)
    one = random_set(generator, 300)
    hashes = np.concatenate([Bands(DedupSettings(seed=seed)).of(one) for seed in range(20)])
    assert len(np.unique(hashes)) == 20 * SETTINGS.num_bands


def test_the_theory_of_the_defaults() -> None:
    assert [round(band_probability(level, SETTINGS), 5) for level in (0.7, 0.8, 0.9, 1.0)] == [0.78711, 0.98554, 0.99999, 1.0]


def test_a_band_depends_on_the_set_alone() -> None:
    generator = np.random.default_rng(1)
    bands = Bands(SETTINGS)
    hashes = random_set(generator, 5000)  # several blocks
    expected = bands.of(hashes)
    assert (bands.of(generator.permutation(np.concatenate([hashes, hashes[:3000]]))) == expected).all()
    assert (bands.of(hashes[:-1]) != bands.of(hashes[:2500])).any()


@pytest.mark.parametrize("size", [1, 2, 1023, 1024, 1025, 2048, 5001])
def test_bands_are_those_computed_one_value_at_a_time(size: int) -> None:
    settings = DedupSettings(num_bands=2, rows_per_band=3, seed=5)
    hashes = random_set(np.random.default_rng(size), size)
    multiplier = 0x9E3779B97F4A7C15

    def mix(value: int) -> int:
        return int(mixed(np.array([value], np.uint64))[0])

    drawn = [mix((place + 1) * multiplier % 2**64 ^ mix(5)) for place in range(6)]
    least = [min(((factor >> 32) | 1) * (value % 2**32) % 2**32 for value in hashes.tolist()) for factor in drawn]
    expected = [
        mix(sum(value * (factor | 1) for value, factor in zip(band, drawn, strict=False)) % 2**64) for band in (least[:3], least[3:])
    ]
    assert Bands(settings).of(hashes).tolist() == expected


def test_a_text_without_words_has_no_candidates() -> None:
    assert (Bands(SETTINGS).of(np.zeros(0, np.uint64)) == NO_CANDIDATE).all()
    assert (Bands(SETTINGS).of(hash_runs(hash_words(["word"]), 5)) != NO_CANDIDATE).all()


def test_fingerprints() -> None:
    assert fingerprint(["chest", "clear"]) == fingerprint(("chest", "clear"))
    assert fingerprint(["chest", "clear"]) != fingerprint(["clear", "chest"]) != fingerprint([])
    assert fingerprint(["chest", "clear"]) == (4586324696318308286, 2446686301406701532)  # as on every machine
    assert fingerprint(["\ud800"])  # what no UTF-8 file holds does not stop a build


@pytest.mark.parametrize("size", [0, 1, 3, 50, 3000])
def test_jaccards_are_those_of_sets(size: int) -> None:
    generator = np.random.default_rng(size)
    common = random_set(generator, size)
    others = []
    for _ in range(60):
        part = common[generator.random(size) < generator.random()]
        others.append(as_set(np.concatenate([part, random_set(generator, int(generator.integers(0, size + 1)))])))
    others += [np.zeros(0, np.uint64), as_set(common), np.array([0, 2**64 - 1], np.uint64)]
    one = as_set(np.concatenate([common, np.array([2**64 - 1], np.uint64)[:size]]))

    def of_sets(first: Hashes, second: Hashes) -> float:
        a, b = set(first.tolist()), set(second.tolist())
        return len(a & b) / max(1, len(a | b))

    expected = [of_sets(one, other) for other in others]
    assert jaccards(one, others).tolist() == expected
    assert [jaccard(one, other) for other in others] == expected  # a few values go another way than many


def test_values_with_the_same_leading_bits_are_told_apart() -> None:
    one = np.arange(1000, dtype=np.uint64)  # all in one place of the table
    others = [as_set(np.arange(start, start + 1000, dtype=np.uint64)) for start in range(0, 2000, 10)]
    assert jaccards(one, others).tolist() == [max(0, 1000 - start) / min(2000, 1000 + start) for start in range(0, 2000, 10)]


def test_a_set_holds_each_hash_once_sorted() -> None:
    assert as_set(np.array([5, 3, 5, 2**64 - 1, 3], np.uint64)).tolist() == [3, 5, 2**64 - 1]
    assert as_set(np.zeros(0, np.uint64)).tolist() == []
