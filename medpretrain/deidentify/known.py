"""What a record's own fields say of its patient (name, numbers, address), found again in its text, also with one letter wrong. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from medpretrain.deidentify.finding import Finding
from medpretrain.deidentify.known_dates import date_pattern
from medpretrain.deidentify.lexicons import WORD, folded, kinds_of_word
from medpretrain.deidentify.name_words import NO_NAME
from medpretrain.deidentify.place_words import COUNTRIES, STATE_CODES, STATES

MIN_NAME_LETTERS = 3  # a shorter name is believed only beside another
MIN_MISSPELT_LETTERS = 4
MIN_MISSPELT_CHARS = 6  # of a number
MIN_NUMBER_CHARS = 4
_WORD = re.compile(r"[^\W_]+")
_LETTERS = re.compile(r"[^\W\d_]+")
_NUMBER_RUN = re.compile(r"(?<![^\W_])(?:[A-Za-z]{0,4}[-#]?\d[A-Za-z\d]*(?:[-./][A-Za-z\d]+)*|\d+(?: \d+)+)(?![^\W_])")
_BESIDE = re.compile(r"[ \t]{0,2}[,.'’-]?[ \t]{0,2}\n?[ \t]?")
_NO_PLACE = re.compile(rf"(?:{STATES}|{STATE_CODES}|{COUNTRIES}|US|USA|U\.S\.A?\.)", re.IGNORECASE)
_SHORT_STREETS = {
    "st": "street", "str": "street", "ave": "avenue", "av": "avenue", "rd": "road", "dr": "drive", "ln": "lane", "blvd": "boulevard",
    "ct": "court", "pl": "place", "hwy": "highway", "pkwy": "parkway", "apt": "apartment", "ste": "suite", "n": "north", "s": "south",
    "e": "east", "w": "west", "mt": "mount", "ft": "fort", "saint": "street", "sq": "square", "ter": "terrace", "cir": "circle",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Identity:
    """What is known of the one patient that a text is about.

    Attributes:
        names: of the patient, of relatives, of staff; in any order ("Last, First M.").
        numbers: record numbers, account numbers and the like.
        places: addresses, whole or in parts.
        dates: of birth and the like, as YYYY-MM-DD.
        contacts: telephone numbers, e-mail addresses.
        subject: the patient's own id, which gives surrogates one scope; it is not looked for.
    """

    names: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()
    contacts: tuple[str, ...] = ()
    subject: str = ""

    def __repr__(self) -> str:
        return "Identity(...)"  # what it holds names a person


def find_known(text: str, identity: Identity) -> list[Finding]:
    """Every place where a text says something of what is known of its patient: names in any order and each word of them alone, numbers with
    other separators, dates in the usual formats, addresses by line, town and ZIP code; names, towns and numbers also with one letter or
    digit wrong, missing, too many, or changed with its neighbour."""
    known = _known(identity)
    found = [*_names(text, known.names), *_places(text, known), *_misspelt_numbers(text, known.numbers)]
    for kind, pattern in known.patterns:
        found += [Finding(*match.span(), kind, "known") for match in pattern.finditer(text)]
    return found


@dataclass(frozen=True, slots=True, repr=False)
class _Words:
    """Words that are known, folded, and what a word begins or ends with, and its length, that could be one of them misspelt."""

    words: frozenset[str]
    ends: frozenset[str]

    def may_hold(self, word: str) -> bool:
        """Whether a word is one of them or could be one misspelt."""
        return word in self.words or f"{word[0]}{len(word)}" in self.ends or f"{len(word)}{word[-1]}" in self.ends

    def holds_misspelt(self, word: str) -> bool:
        """Whether a word differs from one of them by one letter."""
        return any(len(one) >= MIN_MISSPELT_LETTERS and is_one_off(word, one) for one in self.words)


def _words(known: Iterable[str]) -> _Words:
    words = frozenset(known)
    lengths = [(word, len(word) + change) for word in words if len(word) >= MIN_MISSPELT_LETTERS for change in (-1, 0, 1)]
    return _Words(words, frozenset(end for word, length in lengths for end in (f"{word[0]}{length}", f"{length}{word[-1]}")))


@dataclass(frozen=True, slots=True, repr=False)
class _Known:
    names: _Words
    openings: _Words  # the first words of parts of addresses
    places: tuple[tuple[str, ...], ...]  # words of each part of an address, folded
    numbers: tuple[str, ...]  # letters and digits alone, those that may be misspelt
    patterns: tuple[tuple[str, re.Pattern[str]], ...]  # kind, what to look for


@lru_cache(256)
def _known(identity: Identity) -> _Known:
    names = {folded(word) for name in identity.names for word in (*_LETTERS.findall(name), *_LETTERS.findall(re.sub("['’-]", "", name)))}
    numbers = [bare for number in identity.numbers if len(bare := _bare(number)) >= MIN_NUMBER_CHARS and any(map(str.isdigit, bare))]
    patterns = [("ID", _spaced(bare)) for bare in numbers]
    for contact in identity.contacts:
        if "@" in contact:
            patterns.append(("EMAIL", re.compile(rf"(?<![\w.]){re.escape(contact.strip())}(?![\w-])", re.IGNORECASE)))
        elif len(digits := re.sub(r"\D", "", contact)[-10:]) >= 7:
            patterns.append(("PHONE", _phone(digits)))
    patterns += [("DATE", pattern) for date in identity.dates if (pattern := date_pattern(date))]
    parts = tuple(dict.fromkeys(words for place in identity.places for words in _parts_of_address(place)))
    return _Known(
        _words(names - _TITLES),
        _words(part[0] for part in parts),
        parts,
        tuple(bare for bare in numbers if len(bare) >= MIN_MISSPELT_CHARS),
        tuple(patterns),
    )


_DOTTED_TITLES = ("Mr.", "Mrs.", "Ms.", "Dr.", "Prof.")
_TITLES = frozenset(
    ["mr", "mrs", "ms", "dr", "md", "prof", "miss", "jr", "sr", "ii", "iii", "phd", "rn", "and", "the", "of", "unknown", "none", "test"]
)


def _bare(number: str) -> str:
    return re.sub(r"[\W_]", "", number).lower()


def _spaced(bare: str) -> re.Pattern[str]:
    """A number with any separators, or with zeros before it."""
    body = r"[-./ ]{0,2}".join(re.escape(character) for character in bare.lstrip("0") or bare)
    return re.compile(rf"(?<![^\W_])(?:0[- ]?){{0,6}}{body}(?![^\W_])|(?<=[A-Za-z])(?<!\d){body}(?!\d)", re.IGNORECASE)


def _phone(digits: str) -> re.Pattern[str]:
    body = r"[-./ ()]{0,3}".join(digits)
    short = rf"|{'[-. ]?'.join(digits[-7:])}" if len(digits) == 10 else ""
    return re.compile(rf"(?<!\d)(?:(?:\+?1[-. ]{{0,2}})?\(?{body}{short})(?!\d)")


# Names


def _names(text: str, known: _Words) -> Iterator[Finding]:
    if not known.words:
        return
    words = list(_LETTERS.finditer(text))
    verdicts: dict[str, int] = {}
    marks = [0] * len(words)  # 2: surely one of the names; 1: only beside another
    for place, match in enumerate(words):
        word = match.group()
        verdict = verdicts.get(word)
        if verdict is None:
            verdict = verdicts[word] = _verdict(word, known)
        if verdict == 1 and len(word) > 1 and word[0].isupper() and _is_told(text, *match.span()):
            verdict = 2
        marks[place] = verdict
    for place, mark in enumerate(marks):
        beside = (other for other in (place - 1, place + 1) if 0 <= other < len(words) and marks[other])
        if mark == 1 and not any(_are_beside(text, words, place, other) for other in beside):
            marks[place] = 0
    yield from _runs(text, words, marks)


def _verdict(word: str, known: _Words) -> int:
    lower = folded(word)
    if lower in known.words:
        return 2 if len(lower) >= MIN_NAME_LETTERS and not kinds_of_word(lower) & WORD and lower not in NO_NAME else 1
    if len(lower) < MIN_MISSPELT_LETTERS or not known.may_hold(lower) or not known.holds_misspelt(lower):
        return 0
    kinds = kinds_of_word(lower)
    is_another_word = kinds & WORD or lower in NO_NAME or (kinds and word.islower())
    return 0 if is_another_word else 2


def _is_told(text: str, start: int, end: int) -> bool:
    """Whether a word has its capital because it is a name: not at the start of a sentence, and no month before a day."""
    before = text[max(0, start - 6) : start].rstrip(" ")
    opens = not before or (before[-1] in ".!?\n:;•-" and not before.endswith(_DOTTED_TITLES))
    return not opens and not text[end : end + 2].strip(" .")[:1].isdigit()


def _are_beside(text: str, words: list[re.Match[str]], first: int, second: int) -> bool:
    first, second = sorted((first, second))
    return bool(_BESIDE.fullmatch(text, words[first].end(), words[second].start()))


def _runs(text: str, words: list[re.Match[str]], marks: list[int]) -> Iterator[Finding]:
    """One finding for words that stand side by side."""
    start = end = -1
    for place, match in enumerate(words):
        if not marks[place]:
            continue
        if end >= 0 and marks[place - 1] and _are_beside(text, words, place - 1, place):
            end = match.end()
            continue
        if end >= 0:
            yield Finding(start, end, "NAME", "known")
        start, end = match.span()
    if end >= 0:
        yield Finding(start, end, "NAME", "known")


def is_one_off(one: str, other: str) -> bool:
    """Whether two different words differ by one letter: another, one more, one less, or two neighbours changed."""
    if abs(len(one) - len(other)) > 1 or one == other or (one[0] != other[0] and one[-1] != other[-1]):
        return False
    shorter = min(len(one), len(other))
    first = next((place for place in range(shorter) if one[place] != other[place]), shorter)
    if one[first + 1 :] == other[first + 1 :] or one[first:] == other[first + 1 :] or one[first + 1 :] == other[first:]:
        return True
    return one[first : first + 2] == other[first : first + 2][::-1] and one[first + 2 :] == other[first + 2 :]


# Places


def _parts_of_address(place: str) -> Iterator[tuple[str, ...]]:
    """The parts of an address to look for: its lines, without state and country; the street also without its number; the ZIP code alone."""
    for part in re.split(r"[,;\n]", place):
        part = part.strip(" .")
        zip_code = re.search(r"\b\d{5}(?:-\d{4})?$", part)
        if zip_code:
            yield (zip_code.group()[:5],)
            part = part[: zip_code.start()].strip(" ,.")
        without_state = re.sub(rf"\s+(?:{STATE_CODES})$", "", part)
        words = tuple(_street(folded(word)) for word in _WORD.findall(without_state))
        if not words or _NO_PLACE.fullmatch(part) or all(len(word) < 3 for word in words):
            continue
        yield words
        if words[0].isdigit() and len(words) > 2:
            yield words[1:]


def _street(word: str) -> str:
    return _SHORT_STREETS.get(word, word)


def _places(text: str, known: _Known) -> Iterator[Finding]:
    if not known.places:
        return
    words = list(_WORD.finditer(text))
    lower = [_street(folded(match.group())) for match in words]
    places_of: dict[str, list[int]] = {}
    for place, word in enumerate(lower):
        if known.openings.may_hold(word):
            places_of.setdefault(word, []).append(place)
    for part in known.places:
        for word in [word for word in places_of if _is_same(word, part[0])]:
            for place in places_of[word]:
                if _stands_at(lower, place, part) and (len(part) > 1 or _is_town(text, words[place])):
                    yield Finding(words[place].start(), words[place + len(part) - 1].end(), "LOCATION", "known")


def _stands_at(lower: list[str], place: int, part: tuple[str, ...]) -> bool:
    return len(lower) >= place + len(part) and all(map(_is_same, lower[place : place + len(part)], part))


def _is_same(word: str, known: str) -> bool:
    if word == known:
        return True
    may_be_misspelt = len(known) >= MIN_MISSPELT_LETTERS and len(word) >= MIN_MISSPELT_LETTERS and not known.isdigit()
    return may_be_misspelt and is_one_off(word, known) and not kinds_of_word(word) & WORD


def _is_town(text: str, match: re.Match[str]) -> bool:
    """Whether one word is meant as the town, where it is a word of the language too."""
    word = match.group()
    return word[0].isdigit() or not kinds_of_word(word) & WORD or (word[0].isupper() and _is_told(text, *match.span()))


# Numbers


def _misspelt_numbers(text: str, known: tuple[str, ...]) -> Iterator[Finding]:
    if not known:
        return
    for match in _NUMBER_RUN.finditer(text):
        bare = _bare(match.group())
        if len(bare) >= MIN_MISSPELT_CHARS - 1 and any(is_one_off(bare, number) for number in known):
            yield Finding(*match.span(), "ID", "known, with one character wrong")
