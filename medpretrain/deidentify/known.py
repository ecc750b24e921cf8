"""What a record's own fields say of its patient (name, numbers, address), found again in its text, also with one letter wrong. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from medpretrain.deidentify.finding import Finding
from medpretrain.deidentify.identity import Identity
from medpretrain.deidentify.known_dates import KnownDays, find_days, known_days
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


def find_known(text: str, identity: Identity) -> list[Finding]:
    """Every place where a text says something of what is known of its patient: names in any order and each word of them alone, numbers with
    other separators, dates in the usual formats, addresses by line, town and ZIP code; names, towns and numbers also with one letter or
    digit wrong, missing, too many, or changed with its neighbour."""
    known = _known(identity)
    found = [*_names(text, known.names), *_places(text, known), *_misspelt_numbers(text, known.numbers), *_exactly(text, known.exact)]
    return found + [Finding(start, end, "DATE", "known") for start, end in find_days(text, known.days)]


@dataclass(frozen=True, slots=True, repr=False)
class _Words:
    """Words or numbers that are known, folded, and those that a word with some first or last character and length may be misspelt."""

    words: frozenset[str]
    by_end: dict[tuple[str, int], tuple[str, ...]]  # (first character, length) and (last, -length) of the misspelt

    def may_hold(self, word: str) -> bool:
        """Whether a word is one of them or could be one misspelt."""
        return word in self.words or (word[0], len(word)) in self.by_end or (word[-1], -len(word)) in self.by_end

    def holds_misspelt(self, word: str) -> bool:
        """Whether a word differs from one of them by one letter."""
        beginning, ending = self.by_end.get((word[0], len(word)), ()), self.by_end.get((word[-1], -len(word)), ())
        return any(is_one_off(word, one) for one in beginning) or any(is_one_off(word, one) for one in ending)


def _words(known: Iterable[str]) -> _Words:
    words = frozenset(known)
    by_end: dict[tuple[str, int], tuple[str, ...]] = {}
    for word in sorted(words):
        for length in range(len(word) - 1, len(word) + 2) if len(word) >= MIN_MISSPELT_LETTERS else ():
            for end in ((word[0], length), (word[-1], -length)):
                by_end[end] = (*by_end.get(end, ()), word)
    return _Words(words, by_end)


@dataclass(frozen=True, slots=True, repr=False)
class _Known:
    names: _Words
    openings: _Words  # the first words of parts of addresses
    places: tuple[tuple[str, ...], ...]  # words of each part of an address, folded
    numbers: _Words  # letters and digits alone, those that may be misspelt
    exact: tuple[tuple[str, str, Callable[[str], re.Pattern[str]]], ...]  # kind, what stands in the bare text, how it is written
    days: KnownDays


@lru_cache(256)
def _known(identity: Identity) -> _Known:
    names = {folded(word) for name in identity.names for word in (*_LETTERS.findall(name), *_LETTERS.findall(re.sub("['’-]", "", name)))}
    numbers = [bare for number in identity.numbers if len(bare := _bare(number)) >= MIN_NUMBER_CHARS and any(map(str.isdigit, bare))]
    exact = [("ID", bare.lstrip("0") or bare, _spaced) for bare in numbers]
    for contact in identity.contacts:
        if "@" in contact:
            exact.append(("EMAIL", contact.strip().lower(), _mail))
        elif len(digits := re.sub(r"\D", "", contact)[-10:]) >= 7:
            exact.append(("PHONE", digits, _phone))
    parts = tuple(dict.fromkeys(words for place in identity.places for words in _parts_of_address(place)))
    return _Known(
        _words(names - _TITLES),
        _words(part[0] for part in parts),
        parts,
        _words(bare for bare in numbers if len(bare) >= MIN_MISSPELT_CHARS),
        tuple(dict.fromkeys(exact)),
        known_days(identity.dates),
    )


_SEPARATORS = str.maketrans("", "", "-./ ()")
_DOTTED_TITLES = ("Mr.", "Mrs.", "Ms.", "Dr.", "Prof.")
_TITLES = frozenset(
    ["mr", "mrs", "ms", "dr", "md", "prof", "miss", "jr", "sr", "ii", "iii", "phd", "rn", "and", "the", "of", "unknown", "none", "test"]
)


def _bare(number: str) -> str:
    return re.sub(r"[\W_]", "", number).lower()


# How what is known may be written. Compiled for those few that stand in a text, whose characters a test without a pattern finds.


@lru_cache(1 << 10)
def _spaced(bare: str) -> re.Pattern[str]:
    """A number with any separators, or with zeros before it."""
    body = r"[-./ ]{0,2}".join(map(re.escape, bare))
    return re.compile(rf"(?<![^\W_])(?:0[- ]?){{0,6}}{body}(?![^\W_])|(?<=[A-Za-z])(?<!\d){body}(?!\d)", re.IGNORECASE)


@lru_cache(1 << 10)
def _phone(digits: str) -> re.Pattern[str]:
    body = r"[-./ ()]{0,3}".join(digits)
    short = rf"|{'[-. ]?'.join(digits[-7:])}" if len(digits) == 10 else ""
    return re.compile(rf"(?<!\d)(?:(?:\+?1[-. ]{{0,2}})?\(?{body}{short})(?!\d)")


@lru_cache(1 << 10)
def _mail(address: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w.]){re.escape(address)}(?![\w-])", re.IGNORECASE)


def _exactly(text: str, known: tuple[tuple[str, str, Callable[[str], re.Pattern[str]]], ...]) -> Iterator[Finding]:
    if not known:
        return
    lower = text.lower()
    bare = lower.translate(_SEPARATORS)
    for kind, characters, pattern in known:
        if (characters[-7:] in bare) if kind == "PHONE" else (characters in (lower if kind == "EMAIL" else bare)):
            yield from (Finding(*match.span(), kind, "known") for match in pattern(characters).finditer(text))


# Names


def _names(text: str, known: _Words) -> Iterator[Finding]:
    if not known.words:
        return
    verdicts = {word: verdict for word in set(_LETTERS.findall(text)) if (verdict := _verdict(word, known))}
    if not verdicts:
        return
    words = list(_LETTERS.finditer(text))
    marks = [verdicts.get(match.group(), 0) for match in words]  # 2: surely one of the names; 1: only beside another
    doubtful = [place for place, mark in enumerate(marks) if mark == 1]
    for place in doubtful:
        word = words[place].group()
        if len(word) > 1 and word[0].isupper() and _is_told(text, *words[place].span()):
            marks[place] = 2
    for place in doubtful:
        beside = (other for other in (place - 1, place + 1) if 0 <= other < len(words) and marks[other])
        if marks[place] == 1 and not any(_are_beside(text, words, place, other) for other in beside):
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
    written = _WORD.findall(text)
    lower_of = {word: _street(folded(word)) for word in set(written)}
    openings = {word for word in lower_of.values() if known.openings.may_hold(word)}
    starts_of = {part: {word for word in openings if _is_same(word, part[0])} for part in known.places}
    if not any(starts_of.values()):
        return
    words = list(_WORD.finditer(text))
    lower = [lower_of[word] for word in written]
    for part, starts in starts_of.items():
        for place in [place for place, word in enumerate(lower) if word in starts] if starts else ():
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


def _misspelt_numbers(text: str, known: _Words) -> Iterator[Finding]:
    if not known.words:
        return
    for match in _NUMBER_RUN.finditer(text):
        bare = _bare(match.group())
        if len(bare) >= MIN_MISSPELT_CHARS - 1 and known.may_hold(bare) and known.holds_misspelt(bare):
            yield Finding(*match.span(), "ID", "known, with one character wrong")
