"""What a FHIR bulk export's files of persons and consents say (Patient.ndjson, Practitioner.ndjson, Consent.ndjson, ...), as an index on
disk that readers of notes ask.

A bulk export has files of its own for each type of resource, so whoever reads notes there sees no patient. The index is SQLite: a row for
each reference ("Patient/7") and resource that tells of it; of consents, for "Consent/" and the id of the patient. Rows are sorted by
reference when all are there, so that it takes little memory, however many there are.

It holds names as they are. Its owner alone may read it, and who had it made removes it.
"""

from __future__ import annotations

import functools
import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

import orjson

from medpretrain.corpus.lines import DamagedFileError, TooLongLine, split_lines
from medpretrain.corpus.sources.fhir_consent import said_by, together
from medpretrain.corpus.sources.fhir_identity import plain_reference, told_by
from medpretrain.corpus.sources.fhir_json import Resource, Resources, WrongTypeError, resources_of, type_of
from medpretrain.deidentify.identity import Identity

CONSENT_TYPE = "Consent"
_PEOPLE = ("Patient", "RelatedPerson", "Person", "Practitioner", "PractitionerRole", "Organization", "Location")
PERSON_TYPES = frozenset({*_PEOPLE, "Encounter"})  # which names who was there
WITHOUT_DOCUMENTS = frozenset({*_PEOPLE, "Bundle", CONSENT_TYPE})  # a bundle's patient stands in it
REMEMBERED = 4096  # answers: a few doctors and hospitals are named in most notes


@dataclass(frozen=True)
class KnownPeople:
    """An index: where it lies while it is needed, and a hash of all that decides what it says."""

    path: Path
    identity: str


def write_index(path: Path, rows: Iterable[tuple[str, str]]) -> None:
    """Make an index of what `rows_of` gives."""
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode = OFF")  # one that was not ended is made anew
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("CREATE TABLE people (reference TEXT NOT NULL, told TEXT NOT NULL)")
        connection.execute("BEGIN")
        connection.executemany("INSERT INTO people VALUES (?, ?)", rows)
        connection.execute("CREATE INDEX by_reference ON people (reference)")
        connection.execute("COMMIT")
    finally:
        connection.close()


class PeopleIndex:
    """Answers from an index; use it in a `with`."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> PeopleIndex:
        self._connection = sqlite3.connect(f"{self._path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)
        self._told = functools.lru_cache(REMEMBERED)(self._read)
        everybody = "reference >= ? AND reference < ?"
        self._denies_somebody = "deny" in self._consents(everybody, f"{CONSENT_TYPE}/", f"{CONSENT_TYPE}0")  # "0" comes behind "/"
        self._denies_everybody = "deny" in self._consents("reference = ?", f"{CONSENT_TYPE}/")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._connection.close()

    def find(self, references: Iterable[str]) -> list[Identity]:
        """What is told of these, in any form that FHIR has for references, and of those to whom they refer in turn."""
        found: dict[str, list[Identity]] = {}
        pending = [plain_reference(reference) for reference in references]
        while pending:
            reference = pending.pop(0)
            if reference not in found and is_of_person(reference):
                identities, referred = self._told(reference)
                found[reference] = identities
                pending += referred
        return [identity for identities in found.values() for identity in identities]

    def consent(self, patient: str) -> str:
        """What holds for the patient of that id ("" for none). Where a denial or a patient is not named, the denial counts."""
        if self._denies_everybody or (not patient and self._denies_somebody):
            return "deny"
        return together(self._consents("reference = ?", f"{CONSENT_TYPE}/{patient}")) if patient else ""

    def _consents(self, condition: str, *values: str) -> list[str]:
        return [told for (told,) in self._connection.execute(f"SELECT DISTINCT told FROM people WHERE {condition}", values)]

    def _read(self, reference: str) -> tuple[list[Identity], list[str]]:
        rows = self._connection.execute("SELECT told FROM people WHERE reference = ? ORDER BY rowid", (reference,))
        told = [orjson.loads(row) for (row,) in rows]
        return [_identity(*map(tuple, fields)) for fields, _ in told], [one for _, referred in told for one in referred]


def is_of_person(reference: str) -> bool:
    """Whether a plain reference is of a type that an index holds."""
    return reference.partition("/")[0] in PERSON_TYPES


def resources_in(content: BinaryIO, consents_in: str | None = None) -> Iterator[Any]:
    """What stands in a FHIR file as JSON: a resource, bundle or list a line, or one over all lines. What is no JSON is passed over: who
    reads the file for its notes tells of it.

    `consents_in`: the place of a file whose consents must not be lost; DamagedFileError where a line is too long to be read.
    """
    lines = _whole_lines(content, consents_in)
    first = next(lines, b"")
    parsed = _parsed(first)
    if parsed is not None:
        yield parsed
    else:
        rest = list(lines)
        whole = _parsed(b"\n".join([first, *rest]))
        lines = iter(rest if whole is None else [])
        yield whole
    yield from map(_parsed, lines)


def _whole_lines(content: BinaryIO, consents_in: str | None) -> Iterator[bytes]:
    for _, line in split_lines(content):
        if not isinstance(line, TooLongLine):
            if line.strip():
                yield line
        elif consents_in is not None:
            found, expected = "holds consents, and a line that is too long to be read", "lines of 64 MiB at the most"
            raise DamagedFileError(consents_in, found, expected, "put what is attached there into files of its own")


def _parsed(line: bytes) -> Any:
    """None where it is no JSON."""
    with suppress(ValueError):
        return orjson.loads(line.removeprefix(b"\xef\xbb\xbf"))
    return None


def rows_of(parsed: Any) -> Iterator[tuple[str, str]]:
    """(reference, what is told of it): of a resource of a person its own reference; of a relative, that of the patient too; of consents,
    also those in a bundle, what they say. Nothing of another resource."""
    if isinstance(parsed, list):
        parsed = {"resourceType": "Bundle", "entry": [{"resource": resource} for resource in parsed]}
    if not isinstance(parsed, dict):
        return
    yield from _consents_of(parsed)
    kind = type_of(parsed)
    if kind not in PERSON_TYPES:
        return
    identity, referred = told_by({key: value for key, value in parsed.items() if key != "location"} if kind == "Encounter" else parsed)
    fields = [identity.names, identity.numbers, identity.places, identity.dates, identity.contacts]
    told = orjson.dumps([fields, sorted({one for one in map(plain_reference, referred) if is_of_person(one)})]).decode()
    yield f"{kind}/{parsed.get('id')}", told
    if kind == "RelatedPerson" and (patient := _patient_of(parsed)):
        yield patient, told


def _consents_of(parsed: Resource, inside: bool = False) -> Iterator[tuple[str, str]]:
    """By patients as a reader names them; a consent that such a reader refuses says nothing, here as there."""
    if type_of(parsed) not in (CONSENT_TYPE, "Bundle"):
        return
    with suppress(WrongTypeError):
        resources = resources_of(parsed, "")
        for entry in resources.entries:
            if type_of(entry.resource) == "Bundle" and not inside:
                yield from _consents_of(entry.resource, inside=True)
            elif type_of(entry.resource) == CONSENT_TYPE:
                yield from _consent_of(entry.resource, resources)


def _consent_of(consent: Resource, resources: Resources) -> Iterator[tuple[str, str]]:
    with suppress(WrongTypeError):
        patient = resources.patient_of(consent)
        if said := said_by(consent):
            yield f"{CONSENT_TYPE}/{patient}", said


def _identity(*fields: tuple[str, ...]) -> Identity:
    names, numbers, places, dates, contacts = fields
    return Identity(names, numbers, places, dates, contacts)


def _patient_of(relative: Resource) -> str:
    patient: Any = relative.get("patient")
    reference = patient.get("reference") if isinstance(patient, dict) else None
    return plain_reference(reference) if isinstance(reference, str) else ""
