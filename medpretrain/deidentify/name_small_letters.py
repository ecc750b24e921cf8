"""Names without their capitals, in a text or a line that has them elsewhere: "hubby jo li", "signed jo li md", "jo li: will call"."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from functools import lru_cache
from itertools import compress, count

from medpretrain.deidentify.lexicons import FIRST, KNOWN_FIRST, KNOWN_LAST, LAST, WORD, folded
from medpretrain.deidentify.name_cues import CLIENTS, PLAIN_WORDS
from medpretrain.deidentify.name_reader import NameReader
from medpretrain.deidentify.name_words import CREDENTIALS, EPONYMS, LOWER_PARTICLES, NO_NAME, RELATIONS, TITLES
from medpretrain.deidentify.words import kinds_of


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_SPEAKS = re.compile(r"(?: ?(?:rn|md|np|pa|do|RN|MD|NP|PA|DO))?: ?\S")
_LINE_STARTS = re.compile(r"(?:^|\n)[ \t]{0,4}$")
_BEFORE = _set("signed by with cc from to dr user mr ms mrs aka per attn for named called and hubby wifey")
_STAFF = _set("rn np pa lpn cna pcp pmd nurse tech aide medic officer ofc")
_PEOPLE = (RELATIONS | CLIENTS | _STAFF) - _set("re so ex client minor subject")
_OTHER = _set("at in on of is was has had from that who will who's says said and or but with for to by as")
_CREDENTIALS = CREDENTIALS - _set("do pa ma ms")
MIN_LETTERS = 2
MAX_PARTICLES = 3


def find_in_small_letters(reader: NameReader, named: Collection[int], cues: Iterable[int]) -> Iterator[tuple[int, int, str]]:
    """First word, the word behind the last, and the rule of each name in small letters.

    Args:
        reader: of the text's words.
        named: words that are known to be names, by their places.
        cues: the places of words that stand before or behind a name.
    """
    behind = 0
    for place in sorted(_candidates(reader, cues)):
        if place < behind:
            continue
        end = _end(reader, place)
        if end and not (place in named and end - 1 in named) and _is_name(reader, place, end):
            behind = end
            yield place, end, "name in small letters"


def _candidates(reader: NameReader, cues: Iterable[int]) -> set[int]:
    """Words in small letters that may begin a name, and stand behind a cue, before a last name and a credential, or first in a line."""
    words, gaps = reader.words.words, reader.words.gaps
    opening_gaps = {gap for gap in set(gaps) if "\n" in gap or gap.endswith(" /")}
    found = [0, *compress(count(), map(opening_gaps.__contains__, gaps))]
    for cue in cues:
        found.append(cue + 1)
        if reader.lower[cue] in _CREDENTIALS:
            found.extend(range(max(0, cue - 2 - MAX_PARTICLES), cue - 1))
    return {place for place in found if place < len(words) and words[place].islower() and _may_begin(words[place])}


@lru_cache(1 << 15)
def _may_begin(word: str) -> bool:
    if len(word) < MIN_LETTERS or word in NO_NAME or word in CREDENTIALS or word in LOWER_PARTICLES:
        return False
    kinds = kinds_of(word)
    return bool(kinds & KNOWN_FIRST) or (bool(kinds & FIRST or not word.isascii()) and not kinds & WORD)


def _end(reader: NameReader, first: int) -> int:
    """The word behind a first name in small letters, particles and a last name; 0 where no last name follows."""
    words = reader.words
    last = first + 1
    while last < min(len(words.words), first + 1 + MAX_PARTICLES) and words.gap(last) == " " and words.words[last] in LOWER_PARTICLES:
        last += 1
    if last >= len(words.words) or words.gap(last) != " ":
        return 0
    word = words.words[last]
    is_last = not word.isupper() and len(word) >= MIN_LETTERS and word not in _OTHER and word not in CREDENTIALS and word not in RELATIONS
    return last + 1 if is_last else 0


def _is_name(reader: NameReader, first: int, end: int) -> bool:
    """Whether two words in small letters are names by themselves, or one is and what stands beside them tells."""
    words = reader.words
    opening, closing = kinds_of(words.words[first]), kinds_of(words.words[end - 1])
    is_sure_first = bool(opening & FIRST) and not opening & WORD and folded(words.words[first]) not in EPONYMS
    is_plain_last = not closing & WORD and folded(words.words[end - 1]) not in EPONYMS
    is_last = bool(closing & KNOWN_LAST) or (bool(closing & LAST) and is_plain_last)
    if is_sure_first and opening & KNOWN_FIRST and is_last and is_plain_last and len(words.words[first]) > MIN_LETTERS + 1:
        return True
    if _LINE_STARTS.search(words.text[max(0, words.starts[first] - 6) : words.starts[first]]) and _SPEAKS.match(
        words.text, words.end(end - 1)
    ):
        return is_last or (is_sure_first and is_plain_last)
    before = reader.lower[first - 1] if first and words.gap(first) in (" ", ". ", ": ") else ""
    is_slashed = bool(first) and words.gap(first).endswith(" /")
    after = reader.lower[end] if end < len(reader.lower) and words.gap(end) in (" ", ", ") else ""
    is_told = before in _BEFORE or before in _PEOPLE or before in TITLES or is_slashed or after in _CREDENTIALS
    if not is_told:
        return False
    is_plain_first = bool(opening & KNOWN_FIRST) and words.words[first] not in PLAIN_WORDS
    return (is_sure_first and (is_plain_last or bool(closing & KNOWN_LAST))) or (is_plain_first and is_last and is_plain_last)
