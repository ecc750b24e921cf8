"""What is known of a document: by its reader, by its meta, by the fields that settings name; and what happens to fields of meta."""

from __future__ import annotations

import gzip
import io
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from medpretrain.corpus.document import Document, format_line
from medpretrain.corpus.settings import IdentitySettings, SourceSettings
from medpretrain.corpus.sources import dicom, fhir
from medpretrain.corpus.sources.files import InputFile, list_files
from medpretrain.corpus.sources.formats import read_file
from medpretrain.corpus.sources.identifying import IDENTIFYING_META, TREATMENTS, identity_of, treatment_of
from medpretrain.deidentify.identity import Identity
from medpretrain.errors import InputError

PLAIN = IdentitySettings(
    names=("patient", "doctor"), numbers=("mrn",), places=("home",), dates=("born",), contacts=("phone",), subject="mrn"
)


NOBODY = Identity()


def file_at(path: Path) -> InputFile:
    (found,), _ = list_files(str(path), lambda name: True)
    return found


def document(identity: Identity = NOBODY, **meta: Any) -> Document:
    return Document("d-77001", "text", "", "note", meta, "", identity)


def test_fields_say_who_it_is() -> None:
    meta: dict[str, Any] = {
        "patient": "Okonkwo, Ada",
        "doctor": ["Dr. Frida Lindqvist", None],
        "mrn": 4711001,
        "home": {"city": "Lowell", "street": "9 Quay Lane"},
    }
    known = identity_of(document(**meta, born="03/04/1951", phone="617-555-0142", other="Nobody Known"), PLAIN)
    assert known == Identity(
        names=("Ada Okonkwo", "Frida Lindqvist"),
        numbers=("4711001",),
        places=("Lowell", "9 Quay Lane"),
        dates=("1951-03-04", "1951-04-03"),
        contacts=("617-555-0142",),
        subject="4711001",
    )


def test_the_reader_and_its_meta_and_the_settings_unite() -> None:
    own = Identity(names=("Ada Okonkwo",), numbers=("4711-A",), subject="4711-A")
    one = document(own, patient_id="4711-A", encounter_id="VN-30303", date="2019-02-03T10:00:00", patient="Addie Bello")
    expected = Identity(("Ada Okonkwo",), ("4711-A", "d-77001", "VN-30303"), (), ("2019-02-03",), (), "4711-A")
    assert identity_of(one, None) == expected
    united = identity_of(one, IdentitySettings(names=("patient",)))
    assert united.names == ("Addie Bello", "Ada Okonkwo")
    assert united.numbers == expected.numbers


def test_nothing_is_known_of_plain_text() -> None:
    assert identity_of(document(date="2019-02-03", record_id="31337001"), None) == Identity()


def test_the_id_can_be_named() -> None:
    assert identity_of(document(), IdentitySettings(numbers=("id",))).numbers == ("d-77001",)


def test_what_becomes_of_fields() -> None:
    assert [treatment_of(field, PLAIN) for field in ("patient", "mrn", "home", "born", "phone")] == [
        "left out",
        "hashed",
        "left out",
        "moved",
        "left out",
    ]
    assert [treatment_of(field, None) for field in ("patient_id", "date", "title", "language", "whatever")] == [
        "hashed",
        "moved",
        "searched",
        "kept",
        "searched",
    ]
    assert {field for field in TREATMENTS if TREATMENTS[field] == "kept"}.isdisjoint(IDENTIFYING_META)


def test_the_table_knows_what_readers_put_into_meta(shared_data: Path) -> None:
    seen: set[str] = set()
    for path in sorted((shared_data / "structured" / "dicom").glob("*.dcm")):
        for record in dicom.read(io.BytesIO(path.read_bytes()), path.name):
            seen.update(record.meta if isinstance(record, Document) else ())
    assert seen
    assert seen <= set(TREATMENTS)


def test_settings_that_name_nothing_are_refused() -> None:
    with pytest.raises(ValidationError, match="names no field"):
        IdentitySettings()


def test_columns_of_a_table_are_read_and_must_be_there(tmp_path: Path) -> None:
    table = tmp_path / "notes.csv"
    table.write_text("text,mrn,patient\nShe is well.,4711001,Ada Okonkwo\n")
    settings = IdentitySettings(names=("patient",), subject="mrn")
    source = SourceSettings(path=str(table), identity=settings)
    (record,) = read_file(file_at(table), source)
    assert isinstance(record, Document)
    assert identity_of(record, settings) == Identity(names=("Ada Okonkwo",), numbers=("4711001",), subject="4711001")
    missing = SourceSettings(path=str(table), identity=IdentitySettings(names=("surname",)))
    with pytest.raises(InputError, match="surname"):
        list(read_file(file_at(table), missing))


def test_records_in_a_column_keep_what_they_say(tmp_path: Path) -> None:
    table = tmp_path / "messages.csv.gz"
    message = "MSH|^~\\&|A|B|C|D|2019||ORU^R01|M1|P|2.5\nPID|1||4711-A||OKONKWO^ADA\nOBX|1|TX|T||Well."
    table.write_bytes(gzip.compress(f'mrn,message\n4711001,"{message}"\n'.encode()))
    source = SourceSettings(path=str(table), format="hl7", inside="message")
    (record,) = read_file(file_at(table), source)
    (without,) = read_file(file_at(table), source, identities=False)
    assert isinstance(record, Document)
    assert isinstance(without, Document)
    assert record.identity.names == ("ADA OKONKWO",)
    assert without.identity == Identity()


def test_what_is_known_is_never_written_or_shown() -> None:
    known = document(Identity(names=("Ada Okonkwo",)))
    assert "Okonkwo" not in repr(known)
    assert b"Okonkwo" not in format_line(known)
    assert known == document()


def test_all_identities_are_of_the_record_that_was_read_last() -> None:
    """A document of one patient never holds what is known of the patient before."""
    lines = []
    for number, name in (("1001", "Ada Okonkwo"), ("1002", "Bruno Castellanos")):
        lines.append(f'{{"resourceType":"Patient","id":"pat-{number}","name":[{{"text":"{name}"}}]}}')
        lines.append(
            f'{{"resourceType":"DiagnosticReport","id":"r{number}","status":"final","subject":{{"reference":"Patient/pat-{number}"}},'
            '"code":{"text":"X-ray"},"conclusion":"Clear."}'
        )
    records = [record for record in fhir.read(io.BytesIO("\n".join(lines).encode()), "f") if isinstance(record, Document)]
    assert [record.identity.names for record in records] == [("Ada Okonkwo",), ("Bruno Castellanos",)]
