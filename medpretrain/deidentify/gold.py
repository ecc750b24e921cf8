"""Gold: documents whose identifiers somebody has marked, and which of their words a finder must find.

A label is one of `KINDS` or of those that annotators of other corpora use. Not all that they mark is an identifier by Safe Harbor. A word
of a marked stretch *may* be found and need not be, and counts neither as missed nor as falsely found, where it is

- all of a nationality, profession, title or organization (NRP, TITLE, PREFIX, ORGANIZATION), which identify nobody alone;
- all of an age of less than 90;
- in a date: its year, a time of day, and words without a number or a name of a day or month; so a year alone is no identifier, nor
  is a day of the week alone;
- in a place: a country or a state of the USA, alone between commas, line ends and a ZIP code;
- in a name: a title before or behind it ("Dr.", "Jr.").

A word is a run of letters or a run of digits ("94yo" is two).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medpretrain.corpus.document import BadLineError, parse_json_object
from medpretrain.corpus.lines import read_lines
from medpretrain.deidentify.finding import KINDS
from medpretrain.deidentify.wide_places import STATE_CODES, WIDE_PLACES
from medpretrain.errors import InputError

NUMBERS_OF_A_PERSON = ("MRN", "HEALTH_PLAN", "ACCOUNT", "LICENSE", "VEHICLE", "DEVICE", "BIOMETRIC", "PHOTO", "ID")
PHONES = ("PHONE", "FAX")
PLACES = ("LOCATION", "HOSPITAL")
NO_IDENTIFIERS = ("NRP", "TITLE", "PREFIX", "ORGANIZATION")
KINDS_OF_LABELS: dict[str, tuple[str, ...]] = {  # those that are the right class for a label
    **{kind: (kind,) for kind in KINDS},
    "PHONE": PHONES,
    "ID": NUMBERS_OF_A_PERSON,
    "AGE_OVER_89": ("AGE",),
    "DEVICE_ID": ("DEVICE",),
    "VEHICLE_ID": ("VEHICLE",),
    "PERSON": ("NAME",),
    "ADDRESS": PLACES,
    "STREET_ADDRESS": PLACES,
    "GPE": PLACES,
    "ZIP_CODE": PLACES,
    "PHONE_NUMBER": PHONES,
    "EMAIL_ADDRESS": ("EMAIL",),
    "DOMAIN_NAME": ("URL",),
    "DATE_TIME": ("DATE",),
    "CREDIT_CARD": ("ACCOUNT",),
    "IBAN_CODE": ("ACCOUNT",),
    "US_SSN": ("SSN",),
    "IP_ADDRESS": ("IP",),
    "US_DRIVER_LICENSE": ("LICENSE",),
    **dict.fromkeys(NO_IDENTIFIERS, ()),
}

TOKEN = re.compile(r"[^\W\d_]+|\d+")
TITLES = frozenset(
    ("dr", "doctor", "mr", "mrs", "ms", "miss", "mx", "sir", "madam", "prof", "professor", "rev", "jr", "sr", "md", "do", "phd", "rn")
)
_LABELS_OF_DATES = ("DATE", "DATE_TIME")
_LABELS_OF_PLACES = ("LOCATION", "ADDRESS", "STREET_ADDRESS", "GPE")
_LABELS_OF_NAMES = ("NAME", "PERSON")
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_TIME = re.compile(r"(?<!\d)\d{1,2}:\d\d(?::\d\d(?:\.\d{1,6})?)?(?:[ap]m\b)?(?:[+-]\d\d:?\d\d)?", re.IGNORECASE)
_DAY_OR_MONTH = re.compile(r"\d|(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|mon|tue|wed|thu|fri|sat|sun)", re.IGNORECASE)
_WEEKDAY = re.compile(r"(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?s?\.?", re.IGNORECASE)
_PART_OF_PLACE = re.compile(r"[^,\n]+")
_ZIP_AT_END = re.compile(r"[\s\d-]+$")


@dataclass(frozen=True, slots=True)
class GoldSpan:
    start: int
    end: int
    label: str


@dataclass(frozen=True, slots=True)
class GoldDocument:
    text: str
    spans: tuple[GoldSpan, ...]

    def __repr__(self) -> str:
        return f"GoldDocument({len(self.text)} characters, {len(self.spans)} spans)"


def read_gold(path: Path) -> Iterator[GoldDocument]:
    """Documents of a JSON lines file (also .gz, .zst): {"text": ..., "spans": [{"start", "end", "label", "text" (may be left out)}]}.

    Raises InputError, naming the line, for another form, an unknown label, and a span that lies outside of the text or says another text.
    """
    for number, line in read_lines(path):
        where = f"{path} line {number}"
        try:
            record = parse_json_object(line, number == 1)
        except BadLineError as error:
            raise _wrong(where, str(error)) from None
        yield gold_document(record, where)


def gold_document(record: dict[str, Any], where: str) -> GoldDocument:
    """One such record; `where` is named in the InputError that a wrong one raises."""
    text, spans = record.get("text"), record.get("spans")
    if not isinstance(text, str) or not isinstance(spans, list):
        raise _wrong(where, "has no text or no spans")
    return GoldDocument(text, tuple(_span(span, text, f"{where}, span {place}") for place, span in enumerate(spans)))


def _span(span: Any, text: str, where: str) -> GoldSpan:
    start, end, label = (span.get(key) for key in ("start", "end", "label")) if isinstance(span, dict) else (None, None, None)
    if type(start) is not int or type(end) is not int or not isinstance(label, str):
        raise _wrong(where, "has not a start, an end and a label")
    if not 0 <= start < end <= len(text):
        raise _wrong(where, f"lies from {start} to {end} of a text of {len(text)} characters")
    if span.get("text", text[start:end]) != text[start:end]:
        raise _wrong(where, "does not say what stands there in the text")
    if label not in KINDS_OF_LABELS:
        raise InputError(where, f"has the label `{label}`", f"one of {', '.join(KINDS_OF_LABELS)}", "rename it")
    return GoldSpan(start, end, label)


def _wrong(where: str, found: str) -> InputError:
    return InputError(where, found, "a text, and spans with start, end and label within it", "mend or remove the line")


def may_be_left(text: str, span: GoldSpan) -> list[tuple[int, int]]:
    """The stretches of a span whose words may be found and need not be."""
    written = text[span.start : span.end]
    if span.label in NO_IDENTIFIERS or (span.label in ("AGE", "AGE_OVER_89") and _is_age_below_90(written)):
        return [(span.start, span.end)]
    if span.label in _LABELS_OF_DATES:
        left = _left_of_date(written)
    elif span.label in _LABELS_OF_PLACES:
        left = _wide_places(written)
    elif span.label in _LABELS_OF_NAMES:
        left = [word.span() for word in TOKEN.finditer(written) if word.group().lower() in TITLES]
    else:
        left = []
    return [(span.start + start, span.start + end) for start, end in left]


def _is_age_below_90(written: str) -> bool:
    numbers = [int(number) for number in re.findall(r"\d{1,9}", written)]
    return bool(numbers) and max(numbers) < 90


def _left_of_date(written: str) -> list[tuple[int, int]]:
    if _WEEKDAY.fullmatch(written):
        return [(0, len(written))]
    left = [found.span() for pattern in (_YEAR, _TIME) for found in pattern.finditer(written)]
    return left + [word.span() for word in TOKEN.finditer(written) if not _DAY_OR_MONTH.match(word.group())]


def _wide_places(written: str) -> list[tuple[int, int]]:
    left = []
    for part in _PART_OF_PLACE.finditer(written):
        name = _ZIP_AT_END.sub("", part.group())
        if name.strip().lower() in WIDE_PLACES or name.strip() in STATE_CODES:
            left.append((part.start(), part.start() + len(name)))
    return left
