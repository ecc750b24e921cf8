"""Synthetic clinical notes with every identifier's exact place, in three sets: "training" for a model to learn from, "development" to
measure on while rules are written, "unseen" to measure on in the end.

They have no template and no place in common, and write most codes in different ways; common names of people are in "development" as well
as in "unseen". "unseen" was written as clinicians write, by people who knew no rule and none of the other notes: nothing was made for it.
All of it is invented: telephones are 555-01xx or those that Britain and Australia keep for films, SSNs begin with 9, addresses are of
example.org and of the networks of documentation.

Templates are text files, `templates/SET/*.txt`; in `lines` are, one a line, what `{neg}`, `{lab}` and `{dose}` stand for. Each template
begins with the line `## KIND OF NOTE`. Its words in braces are slots: `{p.last}` the patient's last name, `{date.short}` a date without
its year. People keep their names in a note: p is the patient; d, e and f are physicians; r and s relatives; m and n staff; other letters
are others. `{phone.2}` is another telephone than `{phone}`.
"""

from __future__ import annotations

import random
import re
import string
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from functools import cache, cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

from medpretrain.deidentify import notes_formats as formats
from medpretrain.deidentify import notes_places as places
from medpretrain.deidentify.notes_names import FIRST_NAMES, LAST_NAMES
from medpretrain.errors import InputError

SETS = ("training", "development", "unseen")
INVENTED_SHARE = 0.5  # of names in training notes: nothing is to be learnt by heart
_TEMPLATES = Path(__file__).with_name("templates")
_SLOT = re.compile(r"\{([^{}]+)\}")
_FIRST_DAY = date(2004, 1, 1)
_NUM_DAYS = 7_900
_DAYS_AGO = {  # of what a note tells; births are among them but in unseen notes, which have a slot for them
    "training": (0, 1, 2, 3, 9, 30, 200, 900, 9_000, 20_000),
    "development": (0, 1, 2, 3, 9, 30, 200, 900, 9_000, 20_000),
    "unseen": (0, 0, 1, 2, 3, 5, 9, 30, 90, 400),
}


def write_notes(num_notes: int, seed: int, which: str) -> Iterator[dict[str, Any]]:
    """Notes in the form of the gold files: {"id", "text", "doc_type", "spans": [{"start", "end", "label", "text"}]}, the labels of `KINDS`.

    The n-th note depends on the seed, on `which` (one of `SETS`) and on n alone. Templates take turns, in an order of the seed.
    Raises InputError for another set.
    """
    if which not in SETS:
        raise InputError(f"notes `{which}`", "are not known", "training, development or unseen", "use one of these")
    for number in range(num_notes):
        yield _note(number, seed, which)


def sentences_with_identifiers(draw: random.Random) -> tuple[str, list[tuple[int, int, str]]]:
    """A training sentence, and (start, end, kind) of its identifiers: to be put into other text."""
    carriers = [template for doc_type, template in templates_of("training") if doc_type == "sentence"]
    return _Note(draw, "training").filled(draw.choice(carriers))


@cache
def templates_of(which: str) -> list[tuple[str, str]]:
    """(doc_type, template) of each."""
    texts = [path.read_text(encoding="utf-8") for path in sorted((_TEMPLATES / which).glob("*.txt"))]
    parts = re.split(r"^## (.+)\n", "".join(texts), flags=re.MULTILINE)[1:]
    return [(doc_type, template.strip("\n")) for doc_type, template in zip(parts[::2], parts[1::2], strict=True)]


def _note(number: int, seed: int, which: str) -> dict[str, Any]:
    templates = templates_of(which)
    turn, place = divmod(number, len(templates))
    order = random.Random(f"order {which} {seed} {turn}").sample(range(len(templates)), len(templates))
    doc_type, template = templates[order[place]]
    text, spans = _Note(random.Random(f"{which} {seed} {number}"), which).filled(template)
    labelled = [{"start": start, "end": end, "label": kind, "text": text[start:end]} for start, end, kind in spans]
    return {"id": f"{which}-{seed}-{number}", "text": text, "doc_type": doc_type, "spans": labelled}


class _Person:
    def __init__(self, draw: random.Random, which: str) -> None:
        self._draw = draw
        self.first = _name(draw, which, FIRST_NAMES)
        self.last = _name(draw, which, LAST_NAMES)
        if draw.random() < 0.06:
            self.last = f"{self.last}-{_name(draw, which, LAST_NAMES)}"
        self.middle = draw.choice(string.ascii_uppercase)
        self.title = draw.choice(["Mr.", "Mrs.", "Ms.", "Mr", "Miss"])

    def written(self, form: str) -> str:
        first, last, middle = self.first, self.last, self.middle
        forms: dict[str, Callable[[], str]] = {
            "": self._any,
            "first": lambda: first,
            "last": lambda: last,
            "both": lambda: f"{first} {last}",
            "full": lambda: f"{first} {middle}. {last}",
            "comma": lambda: self._draw.choice([f"{last}, {first}", f"{last}, {first} {middle}.", f"{last},{first}"]),
            "COMMA": lambda: f"{last}, {first}".upper(),
            "FIRST": lambda: first.upper(),
            "LAST": lambda: last.upper(),
            "BOTH": lambda: f"{first} {last}".upper(),
            "initial": lambda: f"{first[0]}. {last}",
            "init": lambda: f"{first[0]}{middle}{last[0]}".upper(),
            "lower": lambda: f"{first} {last}".lower(),
        }
        return forms[form]()

    def _any(self) -> str:
        first, last, middle = self.first, self.last, self.middle
        plain, upper = f"{first} {last}", f"{first} {last}".upper()
        return self._draw.choice(
            [plain, plain, plain, f"{first} {middle}. {last}", f"{first} {middle} {last}", f"{first[0]}. {last}", upper]
        )


class _Note:
    """What one note says: its people, and the day it was written about which its other dates lie."""

    def __init__(self, draw: random.Random, which: str) -> None:
        self._draw = draw
        self._which = which
        self._today = _FIRST_DAY + timedelta(days=draw.randrange(_NUM_DAYS))
        self._people: dict[str, _Person] = {}

    def filled(self, template: str) -> tuple[str, list[tuple[int, int, str]]]:
        text = ""
        spans: list[tuple[int, int, str]] = []
        pieces = _SLOT.split(template)
        for place, piece in enumerate(pieces):
            if place % 2 == 0:
                text += piece
                continue
            written, kind = self._slot(piece)
            if kind is not None:
                spans.append((len(text), len(text) + len(written), kind))
            text += written
        assert all(before[1] <= after[0] for before, after in pairwise(spans))
        return text, spans

    def _slot(self, slot: str) -> tuple[str, str | None]:
        name, _, form = slot.partition(".")
        if len(name) == 1:
            person = self._person(name)
            return (person.title, None) if form == "title" else (person.written(form), "NAME")
        if name in formats.NUMBERS:
            return self._number(name), formats.KIND_OF_NUMBER[name]
        return self._slots[slot if slot in self._slots else name]()

    @cached_property
    def _slots(self) -> dict[str, Callable[[], tuple[str, str | None]]]:
        draw = self._draw
        return {
            "date": lambda: (self._date(formats.DATES), "DATE"),
            "date.short": lambda: (self._date(formats.SHORT_DATES), "DATE"),
            "date.month": lambda: (self._date(formats.MONTHS_OF_YEARS), "DATE"),
            "date.weekday": lambda: (f"{self._day():%A} {self._date(formats.SHORT_DATES)}", "DATE"),
            "date.numeric": lambda: (self._date(formats.NUMERIC_DATES), "DATE"),
            "date.words": lambda: (self._date(formats.WORDED_DATES), "DATE"),
            "date.british": lambda: (self._date(formats.BRITISH_DATES), "DATE"),
            "date.spaced": lambda: (self._date(formats.SPACED_DATES), "DATE"),
            "dob": lambda: (self._date(formats.NUMERIC_DATES, self._birthday), "DATE"),
            "dob.machine": lambda: (self._date(formats.MACHINE_DATES, self._birthday), "DATE"),
            "dob.british": lambda: (self._date(formats.BRITISH_DATES, self._birthday), "DATE"),
            "years": lambda: (str((self._today - self._birthday).days * 4 // 1461), None),
            "day": lambda: (self._date(formats.DAYS), "DATE"),
            "stamp": lambda: (self._date(formats.STAMPS), "DATE"),
            "stamp.machine": lambda: (self._date(formats.MACHINE_DATES), "DATE"),
            "time": lambda: (self._time(), None),
            "year": lambda: (str(self._today.year - draw.randrange(30)), None),
            "age": lambda: (str(draw.randrange(19, 90)), None),
            "old": lambda: (self._one_of(formats.OLD_AGES), "AGE"),
            "old.number": lambda: (str(draw.randrange(90, 106)), "AGE"),
            "email": lambda: (self._address(formats.EMAILS), "EMAIL"),
            "url": lambda: (self._address(formats.URLS), "URL"),
            "street": lambda: (self._street(), "LOCATION"),
            "address": lambda: (self._whole_address(), "LOCATION"),
            "city": lambda: (self._one_of(places.CITIES), "LOCATION"),
            "county": lambda: (self._one_of(places.COUNTIES), "LOCATION"),
            "hospital": lambda: (self._hospital(places.HOSPITALS), "HOSPITAL"),
            "hospital.uk": lambda: (self._hospital(places.BRITISH_HOSPITALS), "HOSPITAL"),
            "neg": lambda: (self._without_identifiers("negatives"), None),
            "lab": lambda: (self._without_identifiers("labs"), None),
            "dose": lambda: (self._without_identifiers("doses"), None),
            "eponym": lambda: (_name(draw, self._which, LAST_NAMES), None),
            "brand": lambda: (_invented_name(draw, is_last=False), None),
            "abbreviation": lambda: ("".join(draw.choices(string.ascii_uppercase, k=draw.randint(2, 5))), None),
            "number": lambda: (str(draw.randrange(10 ** draw.randint(1, 4))), None),
            "heading": lambda: (draw.choice(lines_of("lines/headings")), None),
            "HEADING": lambda: (draw.choice(lines_of("lines/headings")).upper(), None),
            "relation": lambda: (draw.choice(lines_of("lines/relations")), None),
            "role": lambda: (draw.choice(lines_of("lines/roles")), None),
        }

    def _without_identifiers(self, kind: str) -> str:
        line = self._draw.choice(lines_of(f"{self._which}/lines/{kind}"))
        return _SLOT.sub(lambda slot: self._slot(slot.group(1))[0], line)

    def _person(self, letter: str) -> _Person:
        if letter not in self._people:
            self._people[letter] = _Person(self._draw, self._which)
        return self._people[letter]

    def _one_of(self, choices: dict[str, list[str]]) -> str:
        return self._draw.choice(choices[self._which])

    def _number(self, name: str) -> str:
        return _with_digits(self._one_of(formats.NUMBERS[name]), self._draw)

    def _day(self) -> date:
        return self._today - timedelta(days=self._draw.choice(_DAYS_AGO[self._which]))

    @cached_property
    def _birthday(self) -> date:
        """Of a patient of 20 to 87, whose age is {years}."""
        return self._today - timedelta(days=self._draw.randrange(7_400, 32_000))

    def _time(self) -> str:
        return f"{self._draw.randrange(24):02}:{self._draw.randrange(60):02}"

    def _date(self, patterns: dict[str, list[str]], day: date | None = None) -> str:
        day = day or self._day()
        suffix = "th" if day.day in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(day.day % 10, "th")
        words = {
            "Month": f"{day:%B}",
            "month": f"{day:%B}".lower(),
            "MONTH": f"{day:%B}".upper(),
            "Mon": f"{day:%b}",
            "MON": f"{day:%b}".upper(),
        }
        numbers = {"d": day.day, "dd": f"{day:%d}", "m": day.month, "mm": f"{day:%m}", "yy": f"{day:%y}", "yyyy": day.year}
        return self._one_of(patterns).format(
            **words,
            **numbers,
            dth=f"{day.day}{suffix}",
            Day=f"{day:%A}",
            Dow=f"{day:%a}",
            time=self._time(),
            hour=f"{self._draw.randrange(24):02}",
        )

    def _address(self, patterns: dict[str, list[str]]) -> str:
        person = self._draw.choice([*self._people.values(), _Person(self._draw, self._which)])
        first, last = (re.sub(r"[^a-z]", "", name.lower()) or "x" for name in (person.first, person.last))
        return _with_digits(self._one_of(patterns).format(first=first, last=last, f=first[0]), self._draw)

    def _street(self) -> str:
        return _with_digits(self._one_of(places.STREETS).replace("{name}", self._one_of(places.STREET_NAMES)), self._draw)

    def _whole_address(self) -> str:
        parting = self._draw.choice([", ", ", ", "\n"])
        return f"{self._street()}{parting}{self._one_of(places.CITIES)}, {self._draw.choice(places.STATES)} {self._number('zip')}"

    def _hospital(self, patterns: dict[str, list[str]]) -> str:
        return self._one_of(patterns).format(
            city=self._one_of(places.CITIES),
            last=_name(self._draw, self._which, LAST_NAMES),
            saint=self._one_of(places.SAINTS),
            street=self._one_of(places.STREET_NAMES),
        )


@cache
def lines_of(name: str) -> list[str]:
    """The lines of `templates/NAME.txt`."""
    return (_TEMPLATES / f"{name}.txt").read_text(encoding="utf-8").splitlines()


def _with_digits(pattern: str, draw: random.Random) -> str:
    """The pattern with digits and letters in place of `#`, `%`, `$` and `^`."""
    alphabets = {"#": string.digits, "%": "23456789", "$": "ABCDEFGHJKLMNPRSTUVWXYZ", "^": string.ascii_lowercase}
    return "".join(draw.choice(alphabets[mark]) if mark in alphabets else mark for mark in pattern)


def _name(draw: random.Random, which: str, names: dict[str, list[str]]) -> str:
    if which == "training" and draw.random() < INVENTED_SHARE:
        return _invented_name(draw, names is LAST_NAMES)
    return draw.choice(names[which])


def _invented_name(draw: random.Random, is_last: bool) -> str:
    """A name that nobody listed: letters that follow one another as in the training names, three by three."""
    following = _following(is_last)
    while True:
        name = "^^"
        while len(name) < 16 and (letter := draw.choice(following[name[-2:]])) != "$":
            name += letter
        if 3 <= len(name) - 2 < 13:
            return name[2].upper() + name[3:]


@cache
def _following(is_last: bool) -> dict[str, list[str]]:
    """Pairs of letters -> every letter that follows them in a training name ("$": its end)."""
    found: dict[str, list[str]] = {}
    for name in (LAST_NAMES if is_last else FIRST_NAMES)["training"]:
        marked = f"^^{name.lower()}$"
        for place in range(2, len(marked)):
            found.setdefault(marked[place - 2 : place], []).append(marked[place])
    return found
