"""How much a word may be the name of a person, by the lexicons, in any case."""

from __future__ import annotations

from functools import lru_cache

from medpretrain.deidentify.lexicons import KNOWN_FIRST, KNOWN_LAST, WORD, folded
from medpretrain.deidentify.name_contexts import AMBIGUOUS, NONE, UNKNOWN, name_likeness
from medpretrain.deidentify.name_cues import ACRONYMS, COMMON_EPONYMS
from medpretrain.deidentify.name_words import EPONYMS, NO_NAME
from medpretrain.deidentify.words import bare, kinds_of

BARE = -1  # an eponym that stands for its test, tool or operation without a noun
MIN_CAPITALS = 4


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


def is_title(word: str) -> bool:
    """Whether a word begins with a capital and is not all of capitals."""
    return word[0].isupper() and not bare(word).isupper()


def may_be_in_capitals(word: str) -> bool:
    """Whether a word in capitals is long enough, and known enough, to be no acronym."""
    return len(word) >= MIN_CAPITALS and (len(word) > MIN_CAPITALS or not kinds_of(word) & WORD) and bare(word).lower() not in ACRONYMS


@lru_cache(1 << 12)
def is_of_plain_names(word: str) -> bool:
    """Whether no part of a compound is an eponym of one thing ("Lambert-Eaton")."""
    return all(part not in EPONYMS or part in COMMON_EPONYMS for part in folded(bare(word)).split("-"))
