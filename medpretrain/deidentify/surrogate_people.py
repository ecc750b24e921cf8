"""Names of people that stand for others, word by word.

What a word becomes depends on the word alone, so one person is one person in every way of writing the name. With initials too: all words
of a scope that begin with one letter become words that begin with another one.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from functools import lru_cache

from medpretrain.deidentify.keyed import Keyed
from medpretrain.deidentify.lexicons import FIRST, KNOWN_FIRST, KNOWN_LAST, LAST, folded, kinds_of_word
from medpretrain.deidentify.surrogate_codes import DOMAIN, cased, code
from medpretrain.deidentify.surrogate_names import FEMALE, LAST_NAMES, MALE, OTHER_FEMALE, OTHER_MALE, listed

_LETTER = r"[^\W\d_][\u0300-\u036f]?"
WORD = re.compile(rf"(?:{_LETTER})+(?:['’`](?:{_LETTER})+)*")
_NAME_BEHIND = re.compile(rf"[ .'’-]{{0,4}}{_LETTER}")
_WORD_OR_DIGITS = re.compile(rf"{WORD.pattern}|\d+")
_POSSESSIVE = re.compile(r"['’`][sS]$")
_TITLES = re.compile(
    r"(?:(?:dr|drs|doctor|mr|mrs|ms|miss|mx|prof|professor|sir|dame|rev|hon|sgt|capt|lt|col|nurse|sister|pt|patient|the)\b\.?\s+){1,4}",
    re.IGNORECASE,
)
_CREDENTIALS = re.compile(
    r"(?:[\s,]{1,3}(?:M\.?D|D\.?O|Ph\.?D|M\.?B\.?B\.?S|R\.?N|N\.?P|P\.?A(?:-C)?|B\.?S\.?N|M\.?S\.?N|D\.?N\.?P|FNP(?:-[BC]{1,2})?|CRNA|LPN|LVN|CNA|CNM"
    r"|FACS|FACP|FACC|FCCP|FRCS|FRCP|D\.?D\.?S|D\.?M\.?D|D\.?P\.?M|DPT|PT|OTR|RPh|Pharm\.?D|LCSW|MSW|RD|RRT|MPH|MBA|Psy\.?D|Esq)\b\.?){1,5}$"
)
_DOUBTFUL_CREDENTIAL = re.compile(r"\s(?:DO|PA|RD|PT)$")  # in a name in capitals, without a comma: last names as well
_GENERATIONS = frozenset(("jr", "sr", "ii", "iii", "iv"))
_PARTICLES = frozenset(listed("de del della der den di von van dos das du la los las zu zur ter af av bin ibn bint el al y mr mrs ms dr"))
_LOWER_PARTICLES = frozenset(listed("le e do da ben san st ten te and or of und et"))  # written with a capital they are names
_MAX_INITIALS = 3
_MAX_LETTERS_OF_TWO = 64  # words


def _by_letter(names: Iterable[str]) -> dict[str, list[str]]:
    lists: dict[str, list[str]] = defaultdict(list)
    for name in names:
        lists[folded(name)[0]].append(name)
    return lists


_LISTS = {"male": _by_letter(MALE), "female": _by_letter(FEMALE), "last": _by_letter(LAST_NAMES)}
_LISTS["first"] = _by_letter([*MALE, *FEMALE])
_MIN_NAMES = 20
_INITIALS = [letter for letter in "abcdefghijklmnopqrstuvwxyz" if all(len(lists[letter]) >= _MIN_NAMES for lists in _LISTS.values())]
_SEX = {folded(name): sex for sex, names in (("male", MALE + OTHER_MALE), ("female", FEMALE + OTHER_FEMALE)) for name in names}


def essence(word: str) -> str:
    """What a word has in common with its other ways of writing: no case, accents, apostrophes."""
    return folded(word).replace("'", "").replace("`", "")


def words_of_names(names: Iterable[str]) -> frozenset[str]:
    """The essences of all words of more than one letter in some names."""
    words = (essence(_POSSESSIVE.sub("", word)) for name in names for word in WORD.findall(name))
    return frozenset(word for word in words if len(word) > 1)


class People:
    """Surrogates of the names of one text.

    Args:
        keyed: draws of the text's scope.
        names: the essences of all words of names in the text; none of them stands for another.
    """

    def __init__(self, keyed: Keyed, names: frozenset[str]) -> None:
        self._keyed = keyed
        self._names = names
        self._drawn: dict[str, str] = {}

    def name(self, written: str) -> str:
        """A name for a name: titles, credentials, particles, initials, capitals and what stands between words as they are written."""
        start, end = _core(written)
        core = written[start:end]
        is_capitals = core.isupper()
        pieces = [written[:start]]
        done = 0
        for match in _WORD_OR_DIGITS.finditer(core):
            word = match.group()
            kept = _is_kept(word, core, match.start(), match.end())
            pieces += core[done : match.start()], word if kept else self._word(word, is_capitals and len(core) > _MAX_INITIALS)
            done = match.end()
        return "".join((*pieces, core[done:], written[end:]))

    def email(self, written: str) -> str:
        """An address at example.org, of the surrogate of whom it names."""
        local = re.split(r"@|\s{1,4}at\s{1,4}|[\[(]at[\])]", written, maxsplit=1, flags=re.IGNORECASE)[0]
        named = re.sub(r"[^\W\d_]+|\d+", lambda part: self._part_of_address(part.group()), local.strip())
        return f"{re.sub(r'[^a-z0-9._+-]', '', named, flags=re.IGNORECASE)}@{DOMAIN}"

    def _word(self, word: str, is_capitals: bool) -> str:
        if word[0].isdigit():
            return code(self._keyed, word)
        possessive = _POSSESSIVE.search(word)
        if possessive and possessive.start():
            return self._word(word[: possessive.start()], is_capitals) + possessive.group()
        if len(word) == 1 or (len(word) <= _MAX_INITIALS and word.isupper() and not is_capitals):
            return "".join(cased(self._initial(letter), letter) for letter in word if letter.isalpha())
        surrogate = self._surrogate(essence(word))
        return cased(folded(surrogate).capitalize() if word.isascii() else surrogate, word)

    def _part_of_address(self, part: str) -> str:
        """`part` is "notburga", "nregalado", "regaladon", "notburgaregalado", or of no name of this text."""
        if part.isdecimal():
            return code(self._keyed, part)
        whole = essence(part)
        return "".join(folded(self._surrogate(word) if len(word) > 1 else self._initial(word)) for word in self._words_in(whole))

    def _words_in(self, whole: str) -> tuple[str, ...]:
        if len(whole) == 1 or len(whole) > _MAX_LETTERS_OF_TWO or whole in self._names:
            return (whole,)
        for cut in range(1, len(whole)):
            first, second = whole[:cut], whole[cut:]
            if (first in self._names and (second in self._names or len(second) == 1)) or (len(first) == 1 and second in self._names):
                return first, second
        return (whole,)

    def _initial(self, letter: str) -> str:
        letter = folded(letter)[:1]
        others = [other for other in _INITIALS if other != letter]
        return others[self._keyed.number("initial", letter) % len(others)]

    def _surrogate(self, word: str) -> str:
        if word not in self._drawn:
            names = _LISTS[_list_of(word)][self._initial(word)]
            first = self._keyed.number("name", word) % len(names)
            in_turn = [*names[first:], *names[:first]]
            self._drawn[word] = next((name for name in in_turn if essence(name) not in self._names), in_turn[0])
        return self._drawn[word]


def _core(written: str) -> tuple[int, int]:
    """Where in a name its titles end and its credentials begin; all of what is nothing but such."""
    titles = _TITLES.match(written)
    credentials = _CREDENTIALS.search(written)
    start = titles.end() if titles else 0
    end = credentials.start() if credentials else len(written)
    if credentials and written.isupper() and _DOUBTFUL_CREDENTIAL.fullmatch(credentials.group()):
        end = len(written)
    return (start, end) if WORD.search(written, start, end) else (0, len(written))


def _is_kept(word: str, core: str, start: int, end: int) -> bool:
    """Whether it names nobody: a particle with a name behind it, the "Jr." behind a name."""
    lower = word.lower()
    if lower in _GENERATIONS:
        return start > 0
    is_particle = lower in _PARTICLES or (word.islower() and word in _LOWER_PARTICLES)
    return is_particle and _NAME_BEHIND.match(core, end) is not None


@lru_cache(1 << 14)
def _list_of(word: str) -> str:
    """Which list has names like this one. By the word alone, not by where it stands: else a person who is named by the first name here and
    by both there would become two."""
    if word in _SEX:
        return _SEX[word]
    kinds = kinds_of_word(word)
    is_first = kinds & FIRST and not kinds & LAST
    if not is_first and not (kinds & KNOWN_FIRST and not kinds & KNOWN_LAST):
        return "last"
    return "female" if word.endswith("a") else "first"
