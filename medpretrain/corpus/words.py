"""A text's words, and 64-bit hashes of words and of runs of words: what filters, near-duplicates and overlaps are judged by. Pure."""

from __future__ import annotations

import re
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]

WORD = re.compile(r"\w+")
TOKEN = re.compile(r"\w+|[^\w\s]")
REMEMBERED_WORDS = 1 << 20  # hashes kept, of a process; about 150 MB

_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)  # 2^64 / golden ratio, odd
_MIX = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))  # splitmix64 (Steele, Lea, Flood 2014)
_hash_of_word: dict[str, int] = {}


def words_of(text: str) -> list[str]:
    """The words in lower case: runs of letters, digits and underscores, in any script."""
    return WORD.findall(text.lower())


def num_tokens_in(text: str) -> int:
    """Words and punctuation marks: what stands for tokens as long as there is no vocabulary (a trained one gives a little more)."""
    return len(TOKEN.findall(text))


def hash_words(words: list[str]) -> Hashes:
    """A 64-bit hash of each word: uint64 [num_words]; the same in every process and on every machine."""
    remembered = _hash_of_word
    try:
        return np.fromiter(map(remembered.__getitem__, words), np.uint64, len(words))
    except KeyError:
        pass
    if len(remembered) > REMEMBERED_WORDS:
        remembered.clear()
    for word in words:
        if word not in remembered:
            remembered[word] = int.from_bytes(blake2b(word.encode(errors="surrogatepass"), digest_size=8).digest(), "little")
    return np.fromiter(map(remembered.__getitem__, words), np.uint64, len(words))


def hash_runs(word_hashes: Hashes, length: int) -> Hashes:
    """A hash of each run of `length` words: uint64 [num_words - length + 1], in order, repeats kept.

    A text of fewer words is one run of all its words; one without words has none.
    """
    num_words = len(word_hashes)
    length = min(length, num_words)
    if length == 0:
        return np.zeros(0, np.uint64)
    hashes = np.zeros(num_words - length + 1, np.uint64)
    for place in range(length):
        hashes *= _MULTIPLIER
        hashes ^= word_hashes[place : place + len(hashes)]
        hashes ^= hashes >> np.uint64(29)
    return mixed(hashes)


def mixed(hashes: Hashes) -> Hashes:
    """Each hash scrambled, one to one, so that all its bits depend on all of them (the finaliser of splitmix64)."""
    hashes = (hashes ^ (hashes >> np.uint64(30))) * _MIX[0]
    hashes = (hashes ^ (hashes >> np.uint64(27))) * _MIX[1]
    return hashes ^ (hashes >> np.uint64(31))
