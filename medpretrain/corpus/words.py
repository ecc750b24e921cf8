"""A text's words, and 64-bit hashes of words and of runs of words: what filters, near-duplicates and overlaps are judged by. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]

WORD = re.compile(r"\w+")
TOKEN = re.compile(r"\w+|[^\w\s]")
REMEMBERED_WORDS = 1 << 17  # hashes kept, of a process; about 20 MB

# Of UTF-8: the bytes of ASCII are mapped, many times as fast as a regular expression goes, and the few characters beyond seen to apart.
_ASCII = bytes(range(128))
_BEYOND_ASCII = bytes(range(128, 256))
_LOWER_OR_BLANK = bytes(ord(chr(byte).lower()) if WORD.match(chr(byte)) else ord(" ") for byte in _ASCII) + _BEYOND_ASCII
_NO_MARKS = bytes(byte for byte in _ASCII if not re.match(r"[^\w\s]", chr(byte))) + _BEYOND_ASCII
_MARK = re.compile(r"[^\w\s]")
_MOST_BEYOND_ASCII = 50  # different characters
_CHANGE_WITH_CONTEXT = frozenset("\u0130\u03a3")  # in lower case: İ becomes two characters, of which one parts words; Σ has two forms

_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)  # 2^64 / golden ratio, odd
_MIX = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))  # splitmix64 (Steele, Lea, Flood 2014)


class _HashOfWord(dict[str, int]):
    def __missing__(self, word: str) -> int:
        hashed = int.from_bytes(blake2b(word.encode(errors="surrogatepass"), digest_size=8).digest(), "little")
        self[word] = hashed
        return hashed


_hash_of_word = _HashOfWord()


def words_of(text: str) -> list[str]:
    """The words in lower case: runs of letters, digits and underscores, in any script. As `WORD.findall(text.lower())` gives them."""
    data = text.encode(errors="surrogatepass")
    beyond = _characters_beyond_ascii(text, data)
    if len(beyond) > _MOST_BEYOND_ASCII or not _CHANGE_WITH_CONTEXT.isdisjoint(beyond):
        return WORD.findall(text.lower())
    lowered = data.translate(_LOWER_OR_BLANK).decode(errors="surrogatepass")
    for character in beyond:
        mapped = character.lower() if character.isalnum() else " "
        if mapped != character:
            lowered = lowered.replace(character, mapped)
    return lowered.split()


def num_tokens_in(text: str, words: Sequence[str] | None = None) -> int:
    """Words and punctuation marks: what stands for tokens as long as there is no vocabulary (a trained one gives a little more).

    `words`: `words_of(text)`, where they are known; then it is counted several times as fast.
    """
    if "\u0130" in text:  # has more words in lower case
        return len(TOKEN.findall(text))
    data = text.encode(errors="surrogatepass")
    num_tokens = len(words_of(text) if words is None else words) + len(data.translate(None, _NO_MARKS))
    if len(data) != len(text):
        num_tokens += len(_MARK.findall(data.translate(None, _ASCII).decode(errors="surrogatepass")))
    return num_tokens


def _characters_beyond_ascii(text: str, data: bytes) -> set[str]:
    """Each once. `data` is the text in UTF-8."""
    return set() if len(data) == len(text) else set(data.translate(None, _ASCII).decode(errors="surrogatepass"))


def hash_words(words: list[str]) -> Hashes:
    """A 64-bit hash of each word: uint64 [num_words]; the same in every process and on every machine."""
    if len(_hash_of_word) > REMEMBERED_WORDS:
        _hash_of_word.clear()
    return np.fromiter(map(_hash_of_word.__getitem__, words), np.uint64, len(words))


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
