"""How resources are written down."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from medpretrain.corpus.document import Document
from medpretrain.corpus.sources import fhir
from medpretrain.corpus.sources.fhir_note import Line, line_of, note_text, rounded


def written(resource: dict[str, Any], **beside: dict[str, Any]) -> str | None:
    line = line_of(resource, lambda reference, within: beside.get(reference.get("reference", "").replace("/", "_")))
    return line.text if line else None


def said(text: str) -> dict[str, Any]:
    return {"text": text}


TWICE = {
    "doseAndRate": [{"doseQuantity": {"value": 500, "unit": "mg"}}],
    "timing": {"repeat": {"frequency": 2, "period": 1, "periodUnit": "d"}},
}


def test_a_whole_note() -> None:
    """What a person would write of a visit, by sections, oldest first, with the dates of what was on another day."""
    visit = {"encounter": {"reference": "Encounter/e1"}, "subject": {"reference": "urn:uuid:p-full"}}
    snomed = {"coding": [{"system": "http://snomed.info/sct", "code": "1", "display": "Asthma (disorder)"}]}
    name = {"family": "Dibbert", "given": ["Noe"]}
    rash = {"manifestation": [said("Rash")]}
    resources: list[dict[str, Any]] = [
        {
            "resourceType": "Patient",
            "id": "p1",
            "gender": "female",
            "birthDate": "1960-05-02",
            "name": [name],
            "address": [{"city": "Leominster"}],
        },
        {
            "resourceType": "Encounter",
            "id": "e1",
            "status": "finished",
            "class": {"code": "EMER"},
            "type": [said("Emergency room admission (procedure)")],
            "period": {"start": "2019-05-01T08:00:00Z"},
            "reasonCode": [said("Wheezing")],
            "subject": {"reference": "Patient/p1"},
        },
        {
            "resourceType": "Condition",
            "id": "c1",
            "code": snomed,
            "clinicalStatus": {"coding": [{"code": "active"}]},
            "onsetDateTime": "2001",
            **visit,
        },
        {
            "resourceType": "AllergyIntolerance",
            "code": said("Penicillin"),
            "criticality": "high",
            "reaction": [rash],
            **visit,
        },
        {
            "resourceType": "MedicationRequest",
            "status": "active",
            "intent": "order",
            "medicationReference": {"reference": "Medication/m1"},
            "dosageInstruction": [{"text": "two puffs when short of breath"}],
            "reasonReference": [{"reference": "Condition/c1"}, {"reference": "Condition/gone"}],
            "authoredOn": "2019-05-01",
            **visit,
        },
        {"resourceType": "Medication", "id": "m1", "code": said("Salbutamol inhaler")},
        {
            "resourceType": "Observation",
            "status": "preliminary",
            "category": [{"coding": [{"code": "vital-signs"}]}],
            "code": said("Blood pressure"),
            "component": [
                {"code": {"text": "Diastolic", "coding": [{"code": "8462-4"}]}, "valueQuantity": {"value": 84.70012, "unit": "mm[Hg]"}},
                {"code": {"text": "Systolic", "coding": [{"code": "8480-6"}]}, "valueQuantity": {"value": 121, "unit": "mm[Hg]"}},
            ],
            "effectiveDateTime": "2019-05-01T09:00:00Z",
            "note": [{"text": "Right  arm."}],
            **visit,
        },
    ]
    whole = {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": resource} for resource in resources]}
    whole["entry"][0]["fullUrl"] = "urn:uuid:p-full"  # type: ignore[index]
    records = list(fhir.read(io.BytesIO(json.dumps(whole).encode()), "x"))
    documents = [record for record in records if isinstance(record, Document)]
    assert [document.text for document in documents] == [
        """\
Encounter: Emergency room admission, emergency, 2019-05-01
Patient: female, 58 years
Reason: Wheezing

Problems
Asthma, active (2001)

Allergies
Penicillin, high risk: Rash

Medications
Salbutamol inhaler, two puffs when short of breath, for Asthma, active

Vital signs
Blood pressure: Systolic 121 mmHg, Diastolic 84.7 mmHg, preliminary. Right arm."""
    ]
    assert documents[0].id == "Encounter/e1"
    assert documents[0].doc_type == "clinical_note"
    assert documents[0].meta == {
        "date": "2019-05-01T08:00:00Z",
        "patient_id": "p1",
        "encounter_id": "e1",
        "record_id": "e1",
        "status": "finished",
    }
    assert [(r.reason, r.detail) for r in records if not isinstance(r, Document)] == [("missing reference", "Condition/gone")]


@pytest.mark.parametrize(
    ("kind", "resource", "text"),
    [
        (
            "Immunization",
            {"status": "not-done", "vaccineCode": said("MMR"), "statusReason": said("refused")},
            "MMR, not given, because refused",
        ),
        ("Immunization", {"notGiven": True, "status": "completed", "vaccineCode": said("MMR")}, "MMR, not given"),
        ("Procedure", {"status": "not-done", "code": said("MRI")}, "MRI, not done"),
        ("MedicationRequest", {"doNotPerform": True, "medicationCodeableConcept": said("Aspirin")}, "not to be given: Aspirin"),
        (
            "MedicationRequest",
            {"medicationCodeableConcept": said("Metformin"), "dosageInstruction": [TWICE]},
            "Metformin, 500 mg, 2 times every day",
        ),
        ("Condition", {"code": said("Gout"), "clinicalStatus": "resolved", "verificationStatus": "refuted"}, "Gout, resolved, refuted"),
        ("Condition", {"code": said("Gout"), "abatementDateTime": "2012-01-01T10:00:00Z"}, "Gout, until 2012-01-01"),
        ("Observation", {"code": said("Smoker"), "valueBoolean": False}, "Smoker: no"),
        ("Observation", {"code": said("CRP"), "valueQuantity": {"value": 5, "comparator": "<", "unit": "mg/L"}}, "CRP: < 5 mg/L"),
        (
            "Observation",
            {"code": said("Anti-D"), "valueRatio": {"numerator": {"value": 1}, "denominator": {"value": 128}}},
            "Anti-D: 1 : 128",
        ),
        ("Observation", {"code": said("HIV"), "dataAbsentReason": said("Unknown")}, "HIV: not known (Unknown)"),
        ("Observation", {"code": said("HIV")}, None),
        ("Observation", {"code": {"coding": [{"code": "1234-5"}]}}, None),
        ("Goal", {"description": said("HbA1c < 7")}, "HbA1c < 7"),
    ],
)
def test_a_line_says_what_matters(kind: str, resource: dict[str, Any], text: str | None) -> None:
    assert written({"resourceType": kind, **resource}) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (168.80253764416227, "168.8"),
        (4.19658, "4.197"),
        (0.00123456, "0.001235"),
        (105600, "105600"),
        (105600.7, "105601"),
        (7.0, "7"),
        (0.0, "0"),
        (100.0, "100"),
    ],
)
def test_numbers_are_rounded_as_a_person_would(value: float, text: str) -> None:
    assert rounded(value) == text


def test_no_age_beyond_89_and_none_in_the_future() -> None:
    def age(birth: str) -> str:
        visit = {"resourceType": "Encounter", "period": {"start": "2020-06-01"}}
        return note_text(visit, {"gender": "male", "birthDate": birth}, [Line("Problems", "", "x")], lambda *_: None).split("\n")[1]

    assert [age(birth) for birth in ("1930-06-02", "1930-06-01", "2019-07-01", "2021-01-01")] == [
        "Patient: male, 89 years",
        "Patient: male, 90 years or older",
        "Patient: male, under 2 years",
        "Patient: male",
    ]


@pytest.mark.parametrize("kind", ["Media", "Specimen", ""])
def test_results_of_other_types_have_no_line(kind: str) -> None:
    result = {"resourceType": kind, "id": "r1"}
    report = {"resourceType": "DiagnosticReport", "status": "final", "code": said("X-ray"), "result": [{"reference": f"{kind}/r1"}]}
    bundle = {"resourceType": "Bundle", "entry": [{"resource": report | {"conclusion": "Clear."}}, {"resource": result}]}
    records = list(fhir.read(io.BytesIO(json.dumps(bundle).encode()), "file.json"))
    assert [record.text for record in records if isinstance(record, Document)] == ["X-ray\n\nClear."]
