"""FHIR: what resources say of persons, by datatype, of the patient of a document and of those around."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from medpretrain.corpus.document import Document
from medpretrain.corpus.sources import fhir, fhir_identity
from medpretrain.deidentify.identity import Identity


def documents(*resources: dict[str, Any], identities: bool = True) -> list[Document]:
    bundle = {"resourceType": "Bundle", "entry": [{"resource": resource} for resource in resources]}
    records = fhir.read(io.BytesIO(json.dumps(bundle).encode()), "file.json", identities)
    return [record for record in records if isinstance(record, Document)]


def report(number: str, patient: str, **keys: Any) -> dict[str, Any]:
    subject = {"reference": f"Patient/{patient}"}
    code = {"text": "Chest X-ray"}
    return {
        "resourceType": "DiagnosticReport",
        "id": number,
        "status": "final",
        "subject": subject,
        "code": code,
        "conclusion": "Clear.",
    } | keys


PATIENT = {
    "resourceType": "Patient",
    "id": "pat-1001",
    "name": [{"family": "Okonkwo", "given": ["Ada", "Chidi"], "prefix": ["Mrs."]}, {"use": "nickname", "text": "Addie"}],
    "identifier": [{"system": "urn:x", "value": "MRN-4711", "assigner": {"display": "Mercy Hospital"}}],
    "telecom": [{"system": "phone", "value": "617-555-0142"}, {"system": "email", "value": "ada@example.org"}],
    "address": [{"line": ["12 Elm Street", "Apt 4"], "city": "Springfield", "state": "MA", "postalCode": "02139"}],
    "birthDate": "1951-03-04",
    "deceasedDateTime": "2019-05-06T10:00:00Z",
    "photo": [{"title": "Someone"}],
    "contact": [{"name": {"family": "Okonkwo", "given": ["Emeka"]}, "telecom": [{"system": "phone", "value": "617-555-0143"}]}],
    "extension": [
        {"url": "http://hl7.org/fhir/StructureDefinition/patient-mothersMaidenName", "valueString": "Ngozi Eze"},
        {"url": "http://hl7.org/fhir/StructureDefinition/patient-birthPlace", "valueAddress": {"city": "Enugu", "country": "NG"}},
    ],
    "generalPractitioner": [{"display": "Dr. Frida Lindqvist"}],
    "managingOrganization": {"display": "Elm Valley Clinic"},
}


def test_all_that_a_patient_says_is_known_of_each_document() -> None:
    (document,) = documents(PATIENT, report("rep-1", "pat-1001", effectiveDateTime="2019-02-03"))
    assert document.identity == Identity(
        names=("Ada Chidi Okonkwo", "Addie", "Emeka Okonkwo", "Ngozi Eze", "Frida Lindqvist"),
        numbers=("MRN-4711",),
        places=("Mercy Hospital", "12 Elm Street", "Springfield", "02139", "Enugu", "Elm Valley Clinic"),
        dates=("1951-03-04", "2019-05-06", "2019-02-03"),
        contacts=("617-555-0142", "ada@example.org", "617-555-0143"),
        subject="pat-1001",
    )


def test_relatives_accounts_and_staff_are_known_too() -> None:
    around: list[dict[str, Any]] = [
        {"resourceType": "RelatedPerson", "id": "r", "patient": {"reference": "Patient/pat-1001"}, "name": [{"text": "Uche Okonkwo"}]},
        {"resourceType": "Coverage", "id": "c", "beneficiary": {"reference": "Patient/pat-1001"}, "subscriberId": "SUB-998877"},
        {"resourceType": "Account", "id": "a", "subject": [{"reference": "Patient/pat-1001"}], "identifier": [{"value": "ACC-5521"}]},
        {
            "resourceType": "Device",
            "id": "d",
            "patient": {"reference": "Patient/pat-1001"},
            "serialNumber": "SN-77123",
            "deviceName": [{"name": "Pacemaker", "type": "user-friendly-name"}],
            "udiCarrier": [{"deviceIdentifier": "00844588003288", "carrierHRF": "(01)00844588003288"}],
        },
        {
            "resourceType": "Practitioner",
            "id": "doc",
            "name": [{"family": "Vandermeer", "given": ["Joost"]}],
            "identifier": [{"value": "1234567893"}],
        },
        {"resourceType": "Organization", "id": "org", "name": "Harborview Cancer Institute", "alias": ["HCI Boston"]},
        {"resourceType": "Organization", "id": "pay", "name": "Acme Health", "type": [{"coding": [{"code": "pay"}]}]},
        {"resourceType": "Location", "id": "loc", "name": "Ward 4 West Pavilion", "address": {"line": ["9 Quay Lane"]}},
    ]
    (document,) = documents(PATIENT, *around, report("rep-1", "pat-1001"))
    identity = document.identity
    assert {"Uche Okonkwo", "Joost Vandermeer"} <= set(identity.names)
    assert {"SUB-998877", "ACC-5521", "SN-77123", "00844588003288", "(01)00844588003288", "1234567893"} <= set(identity.numbers)
    assert {"Harborview Cancer Institute", "HCI Boston", "Ward 4 West Pavilion", "9 Quay Lane"} <= set(identity.places)
    assert not {"Acme Health", "Pacemaker"} & {*identity.places, *identity.names}


def test_a_note_knows_its_encounter_and_who_wrote_its_items() -> None:
    encounter = {
        "resourceType": "Encounter",
        "id": "enc-2002",
        "status": "finished",
        "class": {"code": "AMB", "display": "ambulatory"},
        "subject": {"reference": "Patient/pat-1001"},
        "identifier": [{"value": "VN-30303"}],
        "period": {"start": "2019-02-03T08:00:00Z", "end": "2019-02-05T08:00:00Z"},
        "participant": [{"individual": {"display": "Dr. Ines Okafor"}}],
        "location": [{"location": {"display": "Cedar Ridge Hospital"}}],
        "diagnosis": [{"condition": {"display": "Asthma"}}],
    }
    condition = {
        "resourceType": "Condition",
        "id": "con-1",
        "code": {"text": "Asthma"},
        "subject": {"reference": "Patient/pat-1001", "display": "Ada Chidi Okonkwo-Bello"},
        "encounter": {"reference": "Encounter/enc-2002", "display": "Outpatient visit"},
        "recorder": {"display": "Tomasz Wójcik"},
        "note": [{"authorString": "Nurse Halvorsen", "text": "Seen with wife."}],
    }
    (document,) = documents(PATIENT, encounter, condition)
    identity = document.identity
    assert {"Ines Okafor", "Ada Chidi Okonkwo-Bello", "Tomasz Wójcik", "Halvorsen"} <= set(identity.names)
    assert identity.numbers == ("MRN-4711", "VN-30303")
    assert "Cedar Ridge Hospital" in identity.places
    assert {"2019-02-03", "2019-02-05"} <= set(identity.dates)
    assert not any(word in name for name in identity.names for word in ("Asthma", "visit", "ambulatory", "wife"))


def test_contained_persons_are_known() -> None:
    author = {"resourceType": "Practitioner", "id": "p1", "name": [{"family": "Szymborska", "given": ["Wanda"]}]}
    (document,) = documents(PATIENT, report("rep-1", "pat-1001", contained=[author], performer=[{"reference": "#p1"}]))
    assert "Wanda Szymborska" in document.identity.names


def test_patients_of_a_bundle_stay_apart_and_bring_the_staff_that_they_name() -> None:
    other = {"resourceType": "Patient", "id": "pat-1002", "name": [{"text": "Bruno Castellanos"}]}
    doctors: list[dict[str, Any]] = [
        {"resourceType": "Practitioner", "id": "doc-1", "name": [{"text": "Wanda Szymborska"}]},
        {"resourceType": "Practitioner", "id": "doc-2", "name": [{"text": "Joost Vandermeer"}]},
        {"resourceType": "PractitionerRole", "id": "role-1", "practitioner": {"reference": "Practitioner/doc-1"}},
    ]
    first = report("rep-1", "pat-1001", performer=[{"reference": "PractitionerRole/role-1"}])
    second = report("rep-2", "pat-1002", performer=[{"reference": "Practitioner/doc-2"}])
    of_first, of_second = documents(PATIENT, other, *doctors, first, second)
    assert "Wanda Szymborska" in of_first.identity.names
    assert not {"Bruno Castellanos", "Joost Vandermeer"} & set(of_first.identity.names)
    assert of_second.identity.names == ("Bruno Castellanos", "Joost Vandermeer")
    assert of_second.identity.subject == "pat-1002"


def test_a_document_of_nobody_in_particular_knows_all_patients() -> None:
    other = {"resourceType": "Patient", "id": "pat-1002", "name": [{"text": "Bruno Castellanos"}]}
    nobodys = report("rep-1", "")
    del nobodys["subject"]
    (document,) = documents(PATIENT, other, nobodys)
    assert {"Ada Chidi Okonkwo", "Bruno Castellanos"} <= set(document.identity.names)


def test_a_patient_who_is_referred_to_in_another_way_is_known() -> None:
    by_number = report("rep-1", "") | {"subject": {"identifier": {"value": "MRN-4711"}}}
    (document,) = documents(PATIENT, by_number)
    assert "Ada Chidi Okonkwo" in document.identity.names


def test_earlier_lines_of_an_export_tell_of_persons(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fhir_identity, "MAX_EARLIER", 3)
    people: list[dict[str, Any]] = [
        {"resourceType": "Patient", "id": "pat-1000", "name": [{"text": "Forgotten Soon"}]},
        PATIENT,
        {"resourceType": "Patient", "id": "pat-1002", "name": [{"text": "Bruno Castellanos"}]},
        {"resourceType": "Practitioner", "id": "doc-1", "name": [{"text": "Wanda Szymborska"}]},
    ]
    reports = [
        report("rep-2", "pat-1002"),
        report("rep-0", "pat-1000"),
        report("rep-1", "pat-1001", performer=[{"reference": "https://example.org/fhir/Practitioner/doc-1"}]),
    ]
    lines = "\n".join(json.dumps(resource) for resource in [*people, *reports])
    records = [record for record in fhir.read(io.BytesIO(lines.encode()), "f") if isinstance(record, Document)]
    assert [record.identity.names for record in records[:2]] == [("Bruno Castellanos",), ()]
    assert {"Ada Chidi Okonkwo", "Wanda Szymborska"} <= set(records[2].identity.names)
    assert "Bruno Castellanos" not in records[2].identity.names


def test_values_of_wrong_types_are_passed_over() -> None:
    broken = {
        "resourceType": "Patient",
        "id": "pat-1001",
        "name": [{"family": 7, "given": "Ada"}, 5],
        "address": "here",
        "telecom": {"value": 1, "system": {}},
    }
    practitioner = {
        "resourceType": "Practitioner",
        "id": "doc-1",
        "name": [{"family": ["Szymborska"]}],
        "identifier": "x",
        "address": [None],
    }
    deep: Any = {"name": "x"}
    for _ in range(450):
        deep = {"other": [deep]}
    (document,) = documents(broken, practitioner | {"extension": [deep]}, report("rep-1", "pat-1001"))
    assert document.identity.names == ("Ada", "Szymborska")


def test_identities_can_be_left_out() -> None:
    (document,) = documents(PATIENT, report("rep-1", "pat-1001"), identities=False)
    assert document.identity == Identity()
