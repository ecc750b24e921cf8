"""What a record's own fields say of persons, gathered field by field, in the forms in which a text would say it: an `Identity`.

What would find a patient nowhere and harm the text everywhere is left out: numbers of one or two digits, titles and "Unknown" in fields for
names, "Emergency Department" in fields for places, years.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from medpretrain.corpus.sources.clinical import iso_date
from medpretrain.deidentify.identity import Identity

MIN_NUMBER_CHARACTERS = 4  # letters and digits of a number that is looked for; a shorter one stands everywhere
MIN_PHONE_DIGITS = 7


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_TITLES = _words("dr mr mrs ms miss mx prof professor sir madam rev fr hon sra srta frau herr mme")
_SUFFIXES = _words("jr sr ii iii iv md phd rn np pac pa-c dds dmd dpm dnp msn bsn mph esq lpn crna fnp aprn lcsw od facs facp")
_NO_NAMES = _words(
    "unknown unk none na n/a nil null anonymous anonymized anonymised undisclosed unspecified unnamed unidentified deceased patient "
    "test subject baby boy girl infant newborn male female twin doctor physician provider nurse staff operator user admin system self "
    "spouse mother father parent guardian not available"
)
_NAMING_NOBODY = _TITLES | _SUFFIXES | _NO_NAMES
_STREETS = _words("street road avenue lane drive highway boulevard court square way st rd ave ln dr hwy blvd ct")  # without a number
_NO_PLACES = _words(
    "a an and at by for here in of on or the to with care center centre clinic clinical community department dept division emergency er "
    "ed icu facility floor general health healthcare home hospital inpatient lab laboratory location main medical medicine mobile normal "
    "office organization organisation other outpatient patient pharmacy private public radiology room bed building unit ward wing surgery "
    "operating theatre unknown unk none na null various imaging oncology cardiology pediatrics family practice primary physician "
    "physicians test group bay house radiation therap therapy nuclear service services usa us uk canada suite apartment apt inc llc ltd "
    "corp corporation pllc company"
)
_NAMING_NO_PLACE = _NO_PLACES | _STREETS
_ZIP_WITH_FOUR = re.compile(r"\d{5}-\d{4}")
_DATE_FORMS = (  # other than ISO and that of HL7; the groups of each, in the order year, month, day
    (re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})"), ((3, 1, 2), (3, 2, 1))),
    (re.compile(r"(\d{4})[/.](\d{1,2})[/.](\d{1,2})"), ((1, 2, 3),)),
)
_ISO_DATE = re.compile(r"\d{4}-\d\d(?:-\d\d)?(?=T|\s|$)")
_SCHEME = re.compile(r"(?:tel|mailto|fax|sms|callto|urn:uuid|urn:oid|http|https):\s*(?://)?", re.IGNORECASE)
_DIGIT, _LETTERS, _LETTER_OR_DIGIT = re.compile(r"\d"), re.compile(r"[^\W\d_]+"), re.compile(r"[^\W_]")
_YEAR = re.compile(r"(?:19|20)\d\d")
_WEB = re.compile(r"\w\.[a-z]{2,}")
_LINE_ENDS = re.compile(r"[\r\n]+|, ")


class Gathered:
    """Collects; each method takes a field as the record has it, or says nothing where that is no identifier."""

    def __init__(self) -> None:
        self._names: dict[str, None] = {}  # in order, each once; likewise the others
        self._numbers: dict[str, None] = {}
        self._places: dict[str, None] = {}
        self._dates: dict[str, None] = {}
        self._contacts: dict[str, None] = {}
        self._seen: set[tuple[str, str | tuple[str, ...]]] = set()  # what was taken, as it came: records say most of it many times

    def name(self, *parts: str) -> None:
        """A person's name; its parts in the order in which they are said, or one text, also "DOE^JOHN" or "Doe, John"."""
        if not any(parts) or not self._is_new("name", parts):
            return
        kept = [word.strip(',;()"') for part in _said_in_order(parts) for word in part.split() if _is_name(word)]
        if any(len(word) >= 2 and sum(map(str.isalpha, word)) >= 2 for word in kept):
            self._names.setdefault(" ".join(kept))

    def number(self, value: str) -> None:
        """A number or code of one person, order, visit or device. "0000" is none, and without a digit it is a word."""
        if not self._is_new("number", value):
            return
        number = _without_scheme(value)
        if not _DIGIT.search(number) or _YEAR.fullmatch(number):
            return
        characters = _LETTER_OR_DIGIT.findall(number)
        if len(characters) >= MIN_NUMBER_CHARACTERS and len(set(characters)) > 1:
            self._numbers.setdefault(number)

    def place(self, value: str) -> None:
        """A line of an address, a city, a postal code, the name of a hospital or of another organisation; of several lines each."""
        if not self._is_new("place", value):
            return
        for line in _LINE_ENDS.split(value):
            place = " ".join(line.split()).strip(" ,;^<>")
            words = _LETTERS.findall(place.lower())
            num_digits = len(_DIGIT.findall(place))
            is_code = len(place) <= 10 and num_digits >= 3  # postal
            is_street = num_digits > 0 and not _STREETS.isdisjoint(words)
            is_named = sum(map(len, words)) >= 3 and not _NAMING_NO_PLACE.issuperset(words)
            if is_code or is_street or is_named:
                self._places.setdefault(place)
                if is_code and _ZIP_WITH_FOUR.fullmatch(place):
                    self._places.setdefault(place[:5])

    def date(self, value: str) -> None:
        """A date in any form that records have, with the time of day or without; both readings of 03/04/1951. A year alone is none."""
        if not self._is_new("date", value):
            return
        written = value.strip()
        if found := _ISO_DATE.match(written):
            self._dates.setdefault(found[0])
            return
        if found_date := iso_date(written)[:10]:
            if len(found_date) > 4:
                self._dates.setdefault(found_date)
            return
        for form, orders in _DATE_FORMS:
            if found := form.match(written):
                for year, month, day in orders:
                    if one := iso_date(f"{found[year]}{found[month]:0>2}{found[day]:0>2}"):
                        self._dates.setdefault(one)

    def contact(self, value: str) -> None:
        """A phone number, an e-mail or web address; extensions and the like are none."""
        if not self._is_new("contact", value):
            return
        contact = _without_scheme(value).strip()
        if "@" in contact or len(_DIGIT.findall(contact)) >= MIN_PHONE_DIGITS or _WEB.search(contact):
            self._contacts.setdefault(contact)

    def person_or_place(self, value: str) -> None:
        """What may be called either way: an organisation where a word says so."""
        if _NO_PLACES.intersection(_LETTERS.findall(value.lower())):
            self.place(value)
        else:
            self.name(value)

    def add(self, other: Gathered) -> None:
        self._names |= other._names
        self._numbers |= other._numbers
        self._places |= other._places
        self._dates |= other._dates
        self._contacts |= other._contacts

    def _is_new(self, kind: str, said: str | tuple[str, ...]) -> bool:
        """Whether something is said that was not said before."""
        key = (kind, said)
        if not said or key in self._seen:
            return False
        self._seen.add(key)
        return True

    def identity(self, subject: str = "") -> Identity:
        return Identity(
            names=tuple(self._names),
            numbers=tuple(self._numbers),
            places=tuple(self._places),
            dates=tuple(self._dates),
            contacts=tuple(self._contacts),
            subject=subject,
        )


def united(identities: Iterable[Identity]) -> Identity:
    """All that they say, each once; the subject is the first that one names."""
    every = list(identities)
    return Identity(
        names=tuple(dict.fromkeys(name for one in every for name in one.names)),
        numbers=tuple(dict.fromkeys(number for one in every for number in one.numbers)),
        places=tuple(dict.fromkeys(place for one in every for place in one.places)),
        dates=tuple(dict.fromkeys(date for one in every for date in one.dates)),
        contacts=tuple(dict.fromkeys(contact for one in every for contact in one.contacts)),
        subject=next((one.subject for one in every if one.subject), ""),
    )


def _said_in_order(parts: tuple[str, ...]) -> tuple[str, ...]:
    """ "Doe, John" and "Doe^John^M" -> "John", "M", "Doe"; "Doe, MD" stays, as does what comes in parts."""
    if len(parts) != 1:
        return parts
    if "^" in parts[0]:
        family, *given = parts[0].split("^")[:3]
        return *given, family
    last, comma, first = parts[0].partition(",")
    is_turned = comma and "," not in first and first.strip() and _bare(first) not in _SUFFIXES
    return (first, last) if is_turned else parts


def _without_scheme(value: str) -> str:
    return _SCHEME.sub("", value.strip(), count=1) if ":" in value else value.strip()


def _bare(word: str) -> str:
    return word.strip(' ,;()"').replace(".", "").lower()


def _is_name(word: str) -> bool:
    bare = _bare(word)
    return bare not in _NAMING_NOBODY and any(map(str.isalpha, bare))
