"""Real records: every identifying value that the record holds, found by walking it without the readers, is known of its documents."""

from __future__ import annotations

import gzip
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pydicom
from lxml import etree

from medpretrain.corpus.document import Document
from medpretrain.corpus.sources import ccda, dicom, fhir, hl7v2
from medpretrain.deidentify.identity import Identity

MIN_CHARACTERS = 4  # of a value that is looked for

# Segments of which every field may identify somebody (None), or these fields.
WHOLE_SEGMENTS = ("PID", "NK1", "GT1", "IN1", "IN2", "PD1", "MRG", "ORC", "ROL", "TXA", "EVN", "PRT", "CTD")
SEGMENTS: dict[str, set[int] | None] = dict.fromkeys(WHOLE_SEGMENTS)
SEGMENTS |= {"PV1": {3, 5, 6, 7, 8, 9, 11, 17, 19, 42, 43, 50}, "OBR": {2, 3, 10, 16, 17, 28, 32, 33, 34, 35}, "OBX": {16, 18, 23, 24, 25}}
SEGMENTS |= {"PR1": {8, 11, 12}, "DG1": {16}, "SCH": {1, 2, 12, 13, 14, 16, 20}, "AIP": {3}, "ACC": {3, 7, 11}}
HARMLESS = {"test", "nurse", "inpatient"}  # words in fields of the samples that name nobody


def lines(path: Path, key: str) -> list[Any]:
    return [json.loads(line)[key] for line in gzip.decompress(path.read_bytes()).splitlines()]


def words(text: str) -> set[str]:
    return set(re.findall(r"[^\W_]+", text.casefold()))


def known(identity: Identity) -> set[str]:
    return words(" ".join([*identity.names, *identity.numbers, *identity.places, *identity.dates, *identity.contacts]))


def occurs(value: str, text: str) -> bool:
    return re.search(rf"(?<![^\W_]){re.escape(value)}(?![^\W_])", text, re.IGNORECASE) is not None


def fields_of_message(message: str) -> Iterator[str]:
    for line in re.split(r"[\r\n]+", message):
        name, *fields = line.split("|")
        if name in SEGMENTS:
            wanted = SEGMENTS[name]
            for number, field in enumerate(fields, 1):
                if wanted is None or number in wanted:
                    yield from (leaf.strip() for leaf in re.split(r"[~^&]", field))


def test_hl7_messages(shared_data: Path) -> None:
    found, unknown = 0, set()
    for message in lines(shared_data / "structured" / "hl7v2_messages.jsonl.gz", "message"):
        for document in (record for record in hl7v2.read(io.BytesIO(message.encode()), "f") if isinstance(record, Document)):
            for leaf in fields_of_message(message):
                if len(leaf) >= MIN_CHARACTERS and leaf.lower() not in HARMLESS and occurs(leaf, document.text):
                    found += 1
                    unknown |= {leaf} if words(leaf) - known(document.identity) else set()
    assert found > 50
    assert unknown == set()


def leaves_of_document(root: Any) -> Iterator[str]:
    """Names of persons and organisations, and the numbers, addresses and telecoms of any."""
    for element in root.iter("{*}name", "{*}addr", "{*}telecom", "{*}id"):
        holder = etree.QName(element.getparent()).localname
        is_thing = holder in {"manufacturedMaterial", "manufacturerOrganization"} or (holder == "playingEntity" and len(element) == 0)
        if not is_thing:
            yield from (text.strip() for text in element.itertext())
            yield from (element.get(key, "") for key in ("value", "extension"))


def test_ccda_documents(shared_data: Path) -> None:
    found, unknown = 0, set()
    for xml in lines(shared_data / "structured" / "ccda_documents.jsonl.gz", "xml"):
        root = etree.fromstring(xml.encode())
        for document in (record for record in ccda.read(io.BytesIO(xml.encode()), "f") if isinstance(record, Document)):
            for leaf in leaves_of_document(root):
                if len(leaf) >= MIN_CHARACTERS and leaf.lower() not in HARMLESS and occurs(leaf, document.text):
                    found += 1
                    unknown |= {leaf} if words(leaf) - known(document.identity) else set()
    assert found > 100
    assert unknown == set()


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, part in value.items():
            if key not in {"use", "system", "state", "country", "type", "period", "extension", "prefix", "suffix"}:
                yield from strings(part)
    elif isinstance(value, list):
        for part in value:
            yield from strings(part)
    elif isinstance(value, str):
        yield value


def test_fhir_bundles(shared_data: Path) -> None:
    """Of bundles about one patient: whether the text says it or not, what persons and organisations are called and reached by is known."""
    found, unknown = 0, set()
    for bundle in lines(shared_data / "structured" / "synthea_fhir_r4.jsonl.gz", "bundle"):
        people = [entry["resource"] for entry in bundle["entry"]]
        people = [one for one in people if one["resourceType"] in {"Patient", "Practitioner", "Organization"}]
        values = [
            text for one in people for key in ("name", "identifier", "address", "telecom", "birthDate") for text in strings(one.get(key))
        ]
        data = io.BytesIO(json.dumps(bundle).encode())
        for document in (record for record in fhir.read(data, "f") if isinstance(record, Document)):
            sayable = known(document.identity) | {"the", "inc", "us"}
            for value in values:
                if len(value) >= MIN_CHARACTERS:
                    found += 1
                    unknown |= {value} if words(value) - sayable else set()
    assert found > 1000
    assert unknown == set()


def test_dicom_headers(shared_data: Path) -> None:
    found, unknown = 0, set()
    numbers = {"PatientID", "StudyID", "DeviceSerialNumber", "StudyInstanceUID", "InstitutionName"}
    for path in sorted((shared_data / "structured" / "dicom").glob("*.dcm")):
        dataset = pydicom.dcmread(path, stop_before_pixels=True, force=True)
        for document in (record for record in dicom.read(io.BytesIO(path.read_bytes()), path.name) if isinstance(record, Document)):
            for element in dataset.iterall():
                leaf = str(element.value)
                if (element.VR == "PN" or element.keyword in numbers) and len(leaf) >= MIN_CHARACTERS:
                    found += 1
                    unknown |= {word for word in words(leaf) - known(document.identity) if len(word) > 3}
    assert found > 20
    assert unknown == {"test", "operator", "here"}  # which name nobody
