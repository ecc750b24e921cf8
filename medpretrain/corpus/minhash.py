"""What a text is compared by: a fingerprint for equal texts, MinHash bands for near-duplicates, and the exact Jaccard index. Pure.

Two texts with Jaccard index J of their sets of runs share a band of r rows with probability J^r, and at least one of b bands with
1 - (1 - J^r)^b (Broder 1997; Leskovec, Rajaraman, Ullman, "Mining of Massive Datasets", ch. 3).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from blake3 import blake3
from numpy.typing import NDArray

from medpretrain.corpus.settings import DedupSettings
from medpretrain.corpus.words import Hashes, mixed

# Of each document of a part, "facts.npy": 128 bits of its words, and its words and punctuation marks.
FACTS = np.dtype([("fingerprint", "<u8", 2), ("num_tokens", "<u4")])
NO_CANDIDATE = 0  # the band hash of a text without words

_BLOCK_RUNS = 1 << 10  # at a time: with 126 permutations half a megabyte, which stays in the cache
_MOST_COMPARISONS = 16  # of a value, in place of a binary search
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)  # 2^64 / golden ratio, odd


def fingerprint(words: Sequence[str]) -> tuple[int, int]:
    """128 bits of the words (lower case, in order): equal for equal texts, whatever stands between the words."""
    digest = blake3(" ".join(words).encode(errors="surrogatepass")).digest(length=16)
    return int.from_bytes(digest[:8], "little"), int.from_bytes(digest[8:], "little")


class Bands:
    """The band hashes of texts. Holds half a megabyte of room to compute in, so one serves many texts, of one thread."""

    def __init__(self, settings: DedupSettings) -> None:
        self._num_bands, self._rows = settings.num_bands, settings.rows_per_band
        num_permutations = self._num_bands * self._rows
        counter = np.arange(1, num_permutations + 1, dtype=np.uint64) * _MULTIPLIER
        drawn = mixed(counter ^ mixed(np.array([settings.seed % 2**64], np.uint64)))
        # x -> odd * x modulo 2^32 is one to one. As x is the half of a mixed hash, nothing stronger is needed (Mitzenmacher, Vadhan 2008),
        # and 32 bits go through a processor's vectors at twice the speed of 64.
        self._odd = (drawn >> np.uint64(32)).astype(np.uint32)[:, None] | np.uint32(1)
        self._of_row = drawn[: self._rows] | np.uint64(1)  # rows that differ have different sums, but once in 2^32 times at the most
        self._room = np.empty(num_permutations * _BLOCK_RUNS, np.uint32)

    def of(self, run_hashes: Hashes) -> Hashes:
        """uint64 [num_bands] for the hashes of a text's runs (any order, repeats do no harm); NO_CANDIDATE in all for none."""
        if not len(run_hashes):
            return np.full(self._num_bands, NO_CANDIDATE, np.uint64)
        halves = run_hashes.astype(np.uint32)
        least = self._least(halves[:_BLOCK_RUNS])
        for begin in range(_BLOCK_RUNS, len(halves), _BLOCK_RUNS):
            np.minimum(least, self._least(halves[begin : begin + _BLOCK_RUNS]), out=least)
        hashes = mixed(least.reshape(self._num_bands, self._rows).astype(np.uint64) @ self._of_row)
        hashes[hashes == NO_CANDIDATE] = 1
        return hashes

    def _least(self, halves: NDArray[np.uint32]) -> NDArray[np.uint32]:
        """The least value under each permutation: uint32 [num_permutations]."""
        room = self._room[: len(self._odd) * len(halves)].reshape(len(self._odd), len(halves))
        np.multiply(self._odd, halves, out=room)
        least: NDArray[np.uint32] = np.minimum.reduce(room, axis=1)
        return least


def band_probability(jaccard: float, settings: DedupSettings) -> float:
    """How probable it is that two texts of this Jaccard index share a band."""
    return 1.0 - (1.0 - jaccard**settings.rows_per_band) ** settings.num_bands


def as_set(run_hashes: Hashes) -> Hashes:
    """Each hash once, sorted."""
    hashes = np.sort(run_hashes)
    new = np.ones(len(hashes), bool)
    np.not_equal(hashes[1:], hashes[:-1], out=new[1:])
    return hashes[new]


def jaccard(first: Hashes, second: Hashes) -> float:
    """Of two sets as `as_set` gives them; 0 where both are empty."""
    return float(jaccards(first, [second])[0])


def jaccards(one: Hashes, others: Sequence[Hashes]) -> NDArray[np.float64]:
    """The Jaccard index of one set (as `as_set` gives it) with each of the others."""
    sizes = np.array([len(other) for other in others], np.int64)
    shared = np.zeros(len(others), np.int64)
    if len(one) and sizes.sum():
        together = np.concatenate(others)
        found = np.zeros(len(together) + 1, np.int64)
        np.cumsum(_are_in(one, together), out=found[1:])
        ends = np.cumsum(sizes)
        shared = found[ends] - found[ends - sizes]
    union = len(one) + sizes - shared
    return shared / np.maximum(union, 1)


def _are_in(one: Hashes, values: Hashes) -> NDArray[np.bool_]:
    """Which of the values are members of a set that is not empty.

    A table tells for the leading bits of a value where in the set it would stand; with 16 places a member, one or two comparisons
    settle it: several times faster than a binary search.
    """
    num_bits = min(len(one).bit_length() + 4, 24)
    if len(values) * 4 < 1 << num_bits:  # the table would cost more than it saves
        return _are_in_by_search(one, values)
    shift = np.uint64(64 - num_bits)
    counts = np.bincount((one >> shift).astype(np.int64), minlength=1 << num_bits)
    if counts.max() > _MOST_COMPARISONS:  # not as hashes are spread
        return _are_in_by_search(one, values)
    first = (np.cumsum(counts) - counts)[(values >> shift).astype(np.int64)]
    found = one[np.minimum(first, len(one) - 1)] == values
    for later in range(1, int(counts.max())):
        found |= one[np.minimum(first + later, len(one) - 1)] == values
    return found


def _are_in_by_search(one: Hashes, values: Hashes) -> NDArray[np.bool_]:
    return one[np.minimum(np.searchsorted(one, values), len(one) - 1)] == values
