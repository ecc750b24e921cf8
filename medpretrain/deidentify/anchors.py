"""Where many rules for places begin: at small words before words with capitals and before numbers ("at |Mercy", "in the |Bronx"), and at
numbers. A text is walked once for each of the two, not once for each rule."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

_PREPOSITIONS = (
    *("@", "about", "across", "along", "around", "at", "behind", "between", "by", "crossing", "down", "from", "in", "into", "near", "of"),
    *("off", "on", "onto", "outside", "over", "per", "through", "to", "under", "up", "via", "visiting", "with"),
)
_WORDS = frozenset(["&", "address", "and", *_PREPOSITIONS])
_TOWNS = ("city", "town", "village", "city:", "town:", "village:")  # also as ends of words
_ARTICLES = ("the", "The")
_OPENING = r"[ \n(]"
_MAX_WORD_CHARS = 12


def _behind_one_of(words: Iterable[str], before: str) -> str:
    """A look behind the first letter of a name that sees one of these words; of each length its own, as `re` wants it."""
    by_length = groupby(sorted(words, key=lambda word: (len(word), word)), key=len)
    return "|".join(rf"(?<={before}(?:{'|'.join(alike)})[ \n].)" for _, alike in by_length)


_LED = re.compile(  # the letters of names go by their first; each rule asks more of it
    r"[A-Z0-9\x80-\U0010ffff](?<=[a-z@&:][ \n].)"
    + f"(?:{_behind_one_of([*_WORDS, *_ARTICLES], before=_OPENING)}|{_behind_one_of(_TOWNS, before='')})"
)
_NUMBER = re.compile(r"\d(?<!\w\d)\d*")


class Lead(NamedTuple):
    """A word that leads to a name or a number.

    Attributes:
        start: where the space or the bracket before it stands; -1 where the text begins with it.
        word: as written, in small letters; "town:" with its colon.
    """

    start: int
    word: str

    @property
    def end(self) -> int:
        """Where the space behind it stands."""
        return self.start + 1 + len(self.word)


@lru_cache(1)
def leads_in(text: str) -> list[Lead]:
    """Those of a text, in order, also before "the" and the name."""
    leads = []
    for led in _LED.finditer(text):
        end = led.start() - 1
        start = _before_word(text, end)
        if start > 0 and text[start + 1 : end] in _ARTICLES:
            end = start
            start = _before_word(text, end)
        word = text[start + 1 : end]
        if word in _WORDS or word.endswith(_TOWNS):
            leads.append(Lead(start, word))
    return leads


@lru_cache(1)
def numbers_in(text: str) -> list[tuple[int, int]]:
    """Where digits begin and end that no letter stands before."""
    return [number.span() for number in _NUMBER.finditer(text)]


def behind_leads(pattern: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
    """What `pattern.finditer(text)` finds, of a pattern that begins with the space before a lead."""
    return matches_at(pattern, text, (lead.start for lead in leads_in(text)))


def matches_at(pattern: re.Pattern[str], text: str, starts: Iterable[int]) -> Iterator[re.Match[str]]:
    """The matches that begin at one of these places, which are in order, without those that begin in another."""
    end = 0
    for start in starts:
        if start >= end and (match := pattern.match(text, start)):
            yield match
            end = match.end()


def _before_word(text: str, end: int) -> int:
    """Where the space or the bracket stands before the word that ends there; `end` where the word is too long for a lead."""
    first = max(0, end - _MAX_WORD_CHARS)
    start = max(text.rfind(" ", first, end), text.rfind("\n", first, end), text.rfind("(", first, end))
    return end if start < 0 < first else start
