"""Reads one name in a text: which of the words that follow (or precede) a place belong to it, and how much they look like a name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import accumulate, compress, count
from operator import not_

from medpretrain.deidentify.lexicons import FIRST, KNOWN_FIRST, KNOWN_LAST, LAST, WORD, folded
from medpretrain.deidentify.name_words import (
    ABBREVIATED_TITLES,
    CREDENTIALS,
    EPONYMS,
    LOWER_PARTICLES,
    MEDICAL_NOUNS,
    NAMES_BEHIND_TITLES,
    NAMES_TOO,
    NO_NAME,
    PARTICLES,
    PLACEHOLDERS,
    SUFFIXES,
    TITLES,
)
from medpretrain.deidentify.words import Words, bare, kinds_of


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


DOTTED_CREDENTIAL = re.compile(
    r"(?:M\.[ ]?D\.?|D\.[ ]?O\.|R\.[ ]?N\.|N\.P\.|P\.A\.(?:-C)?|Ph\.[ ]?D\.?|Pharm\.[ ]?D\.?|Psy\.?D\.?|D\.D\.S\.?|D\.M\.D\.?|D\.P\.M\.?"
    r"|M\.[SA]\.(?=,? ?(?:\n|$|CCC|[A-Z]{2}))"
    r"|L\.P\.N\.?|C\.R\.N\.A\.?|M\.B\.B\.S\.?|M\.B\.|D\.C\.|O\.D\.|F\.A\.C\.[SPC]\.?|M\.S\.W\.?|L\.C\.S\.W\.?|R\.Ph\.?|Esq)(?!\w)"
)
_CREDENTIAL_OPENINGS = _set("M D R N P Ph Pharm Psy PsyD L C O F Esq")  # their first words
MAX_PARTS = 7
MIN_WRAPPED_LINE = 50  # a shorter line ends because its content does
_NAME = FIRST | LAST
_HAVING = frozenset(["has", "have", "had", "having"])
_FINDING_OPENINGS = frozenset(
    f"{word} {preposition}"
    for preposition, words in (
        ("of", "evidence history hx diagnosis signs sign symptoms risk suspicion type form treatment case gland variant"),
        ("for", "treated positive negative tested workup evaluated concern"),
        ("with", "consistent diagnosed compatible presents presented"),
    )
    for word in words.split()
)
_VERBS_TOO = _set("saw ring monitoring leads lead set cut packs plan reports signs")  # nouns of devices that are what people do too
_BEFORE_OTHERS = _set("on in at of to and or for with from by the a an his her is was has as")
_BETWEEN = frozenset((" ", "  ", "\xa0"))
_BEHIND_INITIAL = frozenset((". ", ".", " "))
_COMMAS = frozenset((", ", ",", ",  ", "^"))
_JOINED_PARTICLE = re.compile(r"(?:[dl]['’]|al-|el-|ul-|bin-|de-|ibn-)[^\W\d_a-z]")
_MIXED_CASE = re.compile(
    r"(?!Ma?c[A-Z]|De[A-Z]|Di[A-Z]|Du[A-Z]|La[A-Z]|Le[A-Z]|Van[A-Z]|Von[A-Z]|Fitz[A-Z]|St[A-Z]|Ben[A-Z]|[DO][A-Z][a-z])"
    r"(?:[A-Za-z]*[a-z][A-Z]|[A-Z]{2,}[a-z])"
)  # "QoL", "PVCs"
_JOINED = re.compile(r"[A-Z][a-z]{1,6}[A-Z][a-z]{2}")  # "JoAnn"
_WRAP = re.compile(r"[ \t]*\n[ \t>]*")


class NameReader:
    """Names in the words of one text."""

    def __init__(self, words: Words):
        self.words = words
        self.lower = list(map(str.lower, words.words))
        are_not_small = map(not_, map(str.islower, words.words))
        self.capitals = [place for place in compress(count(), are_not_small) if words.words[place][0].isupper()]
        self.line_starts = [0, *accumulate(len(line) + 1 for line in words.text.split("\n")[:-1])]
        self.credentials = set(self._dotted_credentials())  # "M.D.", by their first letters

    def _dotted_credentials(self) -> Iterator[int]:
        text = self.words.text
        for place in self.capitals:
            if self.words.words[place] in _CREDENTIAL_OPENINGS and DOTTED_CREDENTIAL.match(text, self.words.starts[place]):
                yield place

    def forward(self, first: int, *, loose: bool = False, commas: bool = False, lower_case: bool = False) -> int:
        """The word behind the name that begins with a word; that word itself where none does.

        Args:
            loose: words of the language that are no names can be parts of it too.
            commas: of the form "Last, First M.".
            lower_case: its words need no capitals.
        """
        end = place = first
        if not lower_case and first < len(self.lower) and _is_small(self.words.words[first]):
            return first
        last = min(len(self.lower), first + MAX_PARTS)
        while place < last:
            if place > first and not self._joins(place):
                if self.lower[place] in SUFFIXES and self.words.gap(place) == ", ":
                    return place + 1
                if not (commas and end == place and self.words.gap(place) in _COMMAS and self._goes_on_behind_comma(place)):
                    break
                commas = False
            if self._is_particle(place) and self._leads_to_part(place):
                place += 1
                continue
            if not self._is_part(place, loose, lower_case):
                break
            place += 1
            end = place
            if self.has_possessive(place - 1):
                break
        return end

    def backward(self, end: int) -> int:
        """The first word of the name that ends before a word; that word itself where none does."""
        start = place = end
        while place > 0 and end - place < MAX_PARTS and (place == end or self._joins(place)):
            place -= 1
            if self._is_part(place, loose=False, lower_case=False):
                start = place
            elif not self._is_particle(place):
                break
        return start

    def score(self, first: int, end: int) -> int:
        """How much words look like a name: more for names that are nothing else and for common names, nothing for acronyms and eponyms."""
        return sum(map(name_score, self.words.words[first:end]))

    def is_medical(self, first: int, end: int) -> bool:
        """Whether words are an eponym with what it is of ("Foley catheter"), or a compound of one ("Babinski-positive")."""
        nexts = self.lower[end : end + 2]
        is_eponym = self._eponym(end - 1)
        if nexts and nexts[0] in MEDICAL_NOUNS and self.words.gap(end) in ((" ", "\n", "-") if is_eponym else (" ", "-")):
            return is_eponym or nexts[0] not in _VERBS_TOO or bool(kinds_of(self.words.words[end - 1]) & WORD)
        return (
            is_eponym
            and len(nexts) == 2
            and nexts[0] not in _BEFORE_OTHERS
            and nexts[1] in MEDICAL_NOUNS
            and self.words.gap(end) == " " == self.words.gap(end + 1)
        )

    def is_inside_sentence(self, place: int) -> bool:
        """Whether a word with a capital has it for its own sake."""
        if place == 0:
            return False
        gap = self.words.gap(place)
        return (gap in (" ", "\n") and self.words.words[place - 1].islower()) or gap in (", ", " (", ' "', " '", " “")

    def is_what_somebody_has(self, place: int) -> bool:
        """Whether a word is a finding by what stands before it: "no evidence of ...", "treated for ...", "the patient has ..."."""
        before = self.lower[max(0, place - 2) : place]
        return bool(before) and (before[-1] in _HAVING or " ".join(before) in _FINDING_OPENINGS)

    def has_possessive(self, place: int) -> bool:
        """Whether a word ends with 's."""
        word = self.words.words[place]
        return bare(word) != word

    def _eponym(self, place: int) -> bool:
        return self.words.text[self.words.starts[place] : self.words.end(place)].lower() in EPONYMS

    def _goes_on_behind_comma(self, place: int) -> bool:
        word = self.words.words[place]
        return (
            self.lower[place] not in CREDENTIALS
            and self.lower[place] not in ("st", "mount", "north", "south", "east", "west", "new", "lake", "port")
            and (len(word) == 1 or bool(kinds_of(word) & _NAME) or not kinds_of(word) & WORD)
        )

    def _joins(self, place: int) -> bool:
        """Whether nothing stands between a word and the one before it that would end a name."""
        gap = self.words.gap(place)
        if gap in _BETWEEN:
            return True
        if gap in _BEHIND_INITIAL:
            is_saint = self.words.words[place - 1].endswith("-St")
            return (
                is_saint
                or len(self.words.words[place - 1]) == 1
                or self.lower[place - 1] in ("st", "wm", "jos", "chas", "geo", "thos", "md")
            )
        if not _WRAP.fullmatch(gap):
            return False
        line_start = self.words.text.rfind("\n", 0, self.words.starts[place] - len(gap)) + 1
        is_wrapped = self.words.starts[place] - len(gap) - line_start >= MIN_WRAPPED_LINE
        return is_wrapped and bool(kinds_of(self.words.words[place]) & _NAME) and not kinds_of(self.words.words[place]) & WORD

    def _is_capital(self, place: int) -> bool:
        return is_capitalised(self.words.words[place])

    def _is_particle(self, place: int) -> bool:
        if self.words.words[place].islower():
            return self.lower[place] in LOWER_PARTICLES
        return self.lower[place] in PARTICLES

    def _leads_to_part(self, place: int) -> bool:
        """Whether a capitalised word stands behind a particle, or behind up to two more ("van den Berg")."""
        for behind in range(place + 1, min(place + 4, len(self.lower))):
            if self.words.gap(behind) not in _BETWEEN:
                return False
            if self._is_capital(behind) and not self._is_particle(behind):
                return True
            if not self._is_particle(behind):
                return False
        return False

    def _is_part(self, place: int, loose: bool, lower_case: bool) -> bool:
        word = self.words.words[place]
        is_label = self.words.text.startswith(":", self.words.starts[place] + len(word)) and (
            not kinds_of(word) & _NAME or kinds_of(word) & WORD
        )
        if is_label and not (place and self.lower[place - 1] in TITLES):
            return False
        if len(word) == 1 and word.isupper():
            if self.words.text[self.words.starts[place] - 1 : self.words.starts[place]].isdigit():
                return False
            is_behind_name = place > 0 and len(self.words.words[place - 1]) > 1 and is_name_part(self.words.words[place - 1])
            is_named = is_behind_name and self.lower[place - 1] not in ABBREVIATED_TITLES
            return place not in self.credentials and (is_named or self.lower[place] not in PLACEHOLDERS)
        if not is_capitalised(word):
            is_participle = word.endswith(("ing", "ed", "ly")) and not kinds_of(word) & _NAME
            return lower_case and len(word) > 2 and not kinds_of(word) & WORD and not is_participle
        lower = self.lower[place]
        if word.isupper() and place:
            before = self.words.words[place - 1]
            if lower in CREDENTIALS and (before.istitle() or (before.isupper() and before.lower() in CREDENTIALS)):
                return False
            if loose and kinds_of(word) & WORD and not kinds_of(word) & _NAME:
                loose = not (before.isupper() and len(before) > 1 and self.words.gap(place) == " " and before.lower() not in TITLES)
        if is_name_part(word) or lower in NAMES_TOO:
            return lower not in NAMES_TOO or loose or self._is_among_names(place)
        follows_particle = place > 0 and self.words.words[place - 1] in LOWER_PARTICLES
        return (loose or follows_particle) and (lower not in NO_NAME or lower in NAMES_BEHIND_TITLES) and lower not in PLACEHOLDERS

    def _is_among_names(self, place: int) -> bool:
        """Whether a name or an initial stands beside a word that is rather none ("Will A. Young", "Rose May")."""
        before = self.words.words[place - 1] if place and self.words.gap(place) in (" ", ". ", ", ") else ""
        if self.words.text[self.words.end(place) : self.words.end(place) + 2].strip(" ").isdigit():
            return False
        behind = self.words.words[place + 1] if place + 1 < len(self.lower) and self.words.gap(place + 1) in (" ", ", ") else ""
        is_initial = len(before) == 1 or (len(behind) == 1 and self.words.text.startswith(".", self.words.end(place + 1)))
        return bool(
            (is_initial and (before or behind).isupper())
            or (before[:1].isupper() and kinds_of(before) & KNOWN_FIRST)
            or (behind[:1].isupper() and kinds_of(behind) & (KNOWN_LAST | KNOWN_FIRST))
        )


def _is_small(word: str) -> bool:
    """Whether a word begins no name: all its letters are small, and it is no particle."""
    return word.islower() and word.isascii() and word not in LOWER_PARTICLES


def is_capitalised(word: str) -> bool:
    """Whether a word begins with a capital, alone or behind a particle ("d'Angelo", "al-Sayed")."""
    return word[0].isupper() or bool(len(word) > 3 and _JOINED_PARTICLE.match(word))


@lru_cache(1 << 15)
def is_name_part(word: str) -> bool:
    """Whether a capitalised word can be a part of a name without more reason: an initial, a name, or what is no word of the language."""
    lower = bare(word).lower()
    if lower in PLACEHOLDERS or lower in NO_NAME:
        return False
    kinds = kinds_of(word)
    if _MIXED_CASE.match(bare(word)) and not (kinds & KNOWN_FIRST and not kinds & WORD and _JOINED.match(word)):
        return False
    return len(word) == 1 or bool(kinds & _NAME) or not kinds & WORD


@lru_cache(1 << 15)
def name_score(word: str) -> int:
    """3 for a common name, 2 for a name, 1 for one that is a word of the language too or that is not known; 0 for initials, and for
    acronyms and eponyms that are no common names; below for words that are no names."""
    kinds = kinds_of(word)
    if len(word) == 1:
        return 0
    if folded(bare(word)) in EPONYMS:
        return 1 if kinds & (KNOWN_FIRST | KNOWN_LAST) else 0
    if kinds & WORD:
        return 1 if kinds & _NAME else -2
    if word.isupper() and len(word) < 5:
        return 1 if kinds & _NAME else 0
    if kinds & _NAME:
        return 3 if kinds & (KNOWN_FIRST | KNOWN_LAST) else 2
    return 1
