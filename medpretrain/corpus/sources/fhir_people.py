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

import orjson

from medpretrain.corpus.sources.fhir_consent import said_by, together
from medpretrain.corpus.sources.fhir_identity import plain_reference, told_by
from medpretrain.corpus.sources.fhir_json import Resource, WrongTypeError, type_of
from medpretrain.deidentify.identity import Identity

PERSON_TYPES = frozenset({"Patient", "RelatedPerson", "Person", "Practitioner", "PractitionerRole", "Organization", "Location"})
PERSON_TYPES |= {"Encounter"}  # which names who was there, and where
CONSENT_TYPE = "Consent"
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
        self._denies_somebody = "deny" in self._consents("reference LIKE ?", f"{CONSENT_TYPE}/%")
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
        if not patient and self._denies_somebody:
            return "deny"
        of_nobody, of_patient = ({*self._consents("reference = ?", f"{CONSENT_TYPE}/{name}")} for name in ("", patient))
        return together([*(of_nobody & {"deny"}), *of_patient])

    def _consents(self, condition: str, value: str) -> list[str]:
        return [told for (told,) in self._connection.execute(f"SELECT DISTINCT told FROM people WHERE {condition}", (value,))]

    def _read(self, reference: str) -> tuple[list[Identity], list[str]]:
        rows = self._connection.execute("SELECT told FROM people WHERE reference = ? ORDER BY rowid", (reference,))
        told = [orjson.loads(row) for (row,) in rows]
        return [_identity(*map(tuple, fields)) for fields, _ in told], [one for _, referred in told for one in referred]


def is_of_person(reference: str) -> bool:
    """Whether a plain reference is of a type that an index holds."""
    return reference.partition("/")[0] in PERSON_TYPES


def rows_of(line: bytes) -> Iterator[tuple[str, str]]:
    """(reference, what is told of it) of a resource in a line: its own reference; of a relative, that of the patient too; of a consent,
    what it says. Nothing of another resource."""
    try:
        resource = orjson.loads(line)
    except ValueError:
        return
    if not isinstance(resource, dict):
        return
    if type_of(resource) == CONSENT_TYPE:
        with suppress(WrongTypeError):  # who reads that file for its notes tells of it
            if said := said_by(resource):
                yield f"{CONSENT_TYPE}/{plain_reference(_patient_of(resource)).rpartition('/')[2]}", said
    if type_of(resource) not in PERSON_TYPES:
        return
    identity, referred = told_by(resource)
    fields = [identity.names, identity.numbers, identity.places, identity.dates, identity.contacts]
    told = orjson.dumps([fields, sorted({one for one in map(plain_reference, referred) if is_of_person(one)})]).decode()
    yield f"{type_of(resource)}/{resource.get('id')}", told
    if type_of(resource) == "RelatedPerson" and (patient := _patient_of(resource)):
        yield plain_reference(patient), told


def _identity(*fields: tuple[str, ...]) -> Identity:
    names, numbers, places, dates, contacts = fields
    return Identity(names, numbers, places, dates, contacts)


def _patient_of(resource: Resource) -> str:
    """The reference to the patient whom a relative or a consent is of."""
    for key in ("patient", "subject"):
        named = resource.get(key)
        reference = named.get("reference") if isinstance(named, dict) else None
        if isinstance(reference, str):
            return reference
    return ""
