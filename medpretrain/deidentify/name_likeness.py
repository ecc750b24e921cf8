"""How much a word may be the name of a person, by the lexicons."""

from __future__ import annotations

from functools import lru_cache

from medpretrain.deidentify.lexicons import FIRST, KNOWN_FIRST, KNOWN_LAST, LAST, WORD, folded
from medpretrain.deidentify.name_cues import ACRONYMS, COMMON_EPONYMS
from medpretrain.deidentify.name_patterns import CALLED
from medpretrain.deidentify.name_reader import NameReader, is_name_part
from medpretrain.deidentify.name_words import BEFORE_LAST_NAMES, CREDENTIALS, EPONYMS, MEDICAL_NOUNS, NAMED, NAMES_TOO, NO_NAME, RELATIONS
from medpretrain.deidentify.words import bare, kinds_of

# How much a word may be a name
NONE, AMBIGUOUS, UNKNOWN, LISTED, COMMON = range(5)
BARE = -1  # an eponym that stands for its test, tool or operation without a noun
MIN_CAPITALS = 4


@lru_cache(1 << 15)
def name_likeness(word: str) -> int:
    """How much a capitalised word may be a name: COMMON and LISTED of the lexicons, UNKNOWN where nothing knows it, AMBIGUOUS where it is a
    word of the language too, NONE of all others."""
    kinds, lower = kinds_of(word), bare(word).lower()
    if lower == "will":
        return AMBIGUOUS if is_title(word) else NONE
    if (
        len(word) < 2
        or lower in NO_NAME
        or lower in CREDENTIALS
        or lower in MEDICAL_NOUNS
        or lower in RELATIONS
        or lower in NAMED
        or word.startswith(("I'", "I’"))
        or not word[0].isupper()
        or not is_name_part(word)
    ):
        return NONE
    if word.isupper() and len(word) < 5:
        return AMBIGUOUS if kinds & (KNOWN_FIRST | KNOWN_LAST) and not kinds & WORD else NONE
    if kinds & WORD:
        return AMBIGUOUS if kinds & (KNOWN_FIRST | KNOWN_LAST) else NONE
    if kinds & (KNOWN_FIRST | KNOWN_LAST):
        return COMMON
    return LISTED if kinds & (FIRST | LAST) else UNKNOWN


@lru_cache(1 << 15)
def person_likeness(word: str) -> int:
    """As `name_likeness`, in any case; AMBIGUOUS of eponyms that many people bear, BARE of other eponyms that are names."""
    lower = folded(bare(word))
    if len(lower) < 2 or not word[0].isupper():
        return NONE
    cased = word.title() if word.isupper() and len(word) > 2 else word
    kinds = kinds_of(cased)
    if lower in EPONYMS and lower not in NO_NAME:
        if lower in COMMON_EPONYMS:
            return AMBIGUOUS
        return BARE if kinds & (KNOWN_FIRST | KNOWN_LAST) else NONE
    degree = name_likeness(cased)
    return NONE if degree == UNKNOWN and (word.isupper() or kinds & WORD) else degree


def candidates_in(reader: NameReader) -> list[int]:
    """The places of words with a capital that may begin a name, or are called one: what the rules of surroundings walk over."""
    words, lower = reader.words.words, reader.lower
    return [place for place in reader.capitals if _may_begin_name(words[place]) or (place and lower[place - 1] in CALLED)]


@lru_cache(1 << 15)
def _may_begin_name(word: str) -> bool:
    lower = word.lower()
    is_like_one = name_likeness(word) != NONE or person_likeness(word) != NONE
    return is_like_one or len(word) == 1 or lower in BEFORE_LAST_NAMES or lower in NAMES_TOO


def is_title(word: str) -> bool:
    """Whether a word begins with a capital and is not all of capitals."""
    return word[0].isupper() and not bare(word).isupper()


def is_eponym(word: str) -> bool:
    return folded(bare(word)) in EPONYMS


def is_foreign(word: str) -> bool:
    """Whether a word has letters that no English word has."""
    return not word.isascii() and not bare(word).replace("’", "'").isascii()


def may_be_in_capitals(word: str) -> bool:
    """Whether a word in capitals is long enough, and known enough, to be no acronym."""
    return len(word) >= MIN_CAPITALS and (len(word) > MIN_CAPITALS or not kinds_of(word) & WORD) and bare(word).lower() not in ACRONYMS


@lru_cache(1 << 12)
def is_of_plain_names(word: str) -> bool:
    """Whether no part of a compound is an eponym of one thing ("Lambert-Eaton")."""
    return all(part not in EPONYMS or part in COMMON_EPONYMS for part in folded(bare(word)).split("-"))
