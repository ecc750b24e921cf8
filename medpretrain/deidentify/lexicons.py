"""What words are: names, words of the language and of medicine, places. Read once a process, 10 MB; sources in lexicons/README.md.

A lexicon is kept as one string for each beginning of three letters, which holds the rests of all words with it: a tenth of the memory of a
set of words. To look one up takes some microseconds, so verdicts are cached.
"""

from __future__ import annotations

import gzip
import unicodedata
from functools import lru_cache
from pathlib import Path

PREFIX_LETTERS = 3

# Kinds of words; a word can be several.
FIRST = 1  # a first name
LAST = 2  # a last name
KNOWN_FIRST = 4  # a first name that many bear
KNOWN_LAST = 8
WORD = 16  # of the language or of medicine

# Kinds of places
US_CITY = 1
WORLD_CITY = 2
COUNTY = 4
LARGE_CITY = 8  # whose name is no word of the language

_DIRECTORY = Path(__file__).with_suffix("")
_CACHED_WORDS = 1 << 15
_UNDECOMPOSED = str.maketrans(
    {"ß": "ss", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h", "\u2019": "'", "\u2018": "'"}
)


@lru_cache(_CACHED_WORDS)
def kinds_of_word(word: str) -> int:
    """What a word is, in any case and with or without accents: `FIRST | LAST | ...`, 0 of one that nobody knows."""
    return _look_up(_words(), folded(word))


@lru_cache(_CACHED_WORDS)
def kinds_of_place(name: str) -> int:
    """What places have this name ("new aaron": 0), in any case, with or without accents and hyphens."""
    return _look_up(_places(), folded(name).replace("-", " ").replace(".", "").replace("'", ""))


def folded(word: str) -> str:
    """In lower case, without accents."""
    word = word.lower()
    if word.isascii():
        return word
    parts = unicodedata.normalize("NFD", word.translate(_UNDECOMPOSED))
    return "".join(part for part in parts if not unicodedata.combining(part))


def _look_up(lexicon: dict[str, str], word: str) -> int:
    rests = lexicon.get(word[:PREFIX_LETTERS])
    if rests is None:
        return 0
    sought = f"\t{word[PREFIX_LETTERS:]}="
    place = rests.find(sought)
    return 0 if place < 0 else ord(rests[place + len(sought)]) - ord("0")


@lru_cache(1)
def _words() -> dict[str, str]:
    return _read("words.gz")


@lru_cache(1)
def _places() -> dict[str, str]:
    return _read("places.gz")


def _read(name: str) -> dict[str, str]:
    text = gzip.decompress((_DIRECTORY / name).read_bytes()).decode("ascii")
    return {line[: len(prefix)]: line for line in text.splitlines() for prefix in [line.partition("\t")[0]]}
