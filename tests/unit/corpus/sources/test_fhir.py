"""FHIR: reports, documents with their attachments, consent, references, and files that are broken."""

from __future__ import annotations

import base64
import collections
import gzip
import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from medpretrain.corpus.document import Document, format_line
from medpretrain.corpus.sources import fhir
from medpretrain.corpus.sources.record import Refusal

TEXT = "HISTORY: Cough for two weeks.\n\nIMPRESSION: No pneumonia. Température 38,5 °C."


def read(data: Any, name: str = "export.json") -> tuple[list[Document], list[Refusal]]:
    raw = data if isinstance(data, bytes) else json.dumps(data).encode()
    records = list(fhir.read(io.BytesIO(raw), name))
    for record in records:
        assert isinstance(record, (Document, Refusal))
        if isinstance(record, Document):
            format_line(record)  # which any document must allow
    return [r for r in records if isinstance(r, Document)], [r for r in records if isinstance(r, Refusal)]


def reasons(refusals: list[Refusal]) -> list[tuple[str, str, str]]:
    return [(refusal.place, refusal.reason, refusal.detail) for refusal in refusals]


def bundle(*resources: dict[str, Any], kind: str = "collection", urls: bool = True) -> dict[str, Any]:
    entries = [{"fullUrl": f"urn:uuid:{r['id']}", "resource": r} if urls and "id" in r else {"resource": r} for r in resources]
    return {"resourceType": "Bundle", "type": kind, "entry": entries}


def inline(text: str, content_type: str | None, charset: str = "utf-8") -> dict[str, Any]:
    return {"data": base64.b64encode(text.encode(charset)).decode(), **({"contentType": content_type} if content_type else {})}


def document(*attachments: dict[str, Any], identifier: str = "d1", **more: Any) -> dict[str, Any]:
    content = [{"attachment": attachment} for attachment in attachments]
    return {"resourceType": "DocumentReference", "id": identifier, "status": "current", "content": content, **more}


def loinc(code: str) -> dict[str, Any]:
    return {"coding": [{"system": "http://loinc.org", "code": code}]}


SUBJECT = {"subject": {"reference": "Patient/p1"}}


def test_a_document_with_inline_text_and_all_its_meta() -> None:
    resource = document(
        inline(TEXT, "text/plain; charset=utf-8") | {"title": "Ward round", "language": "fr"},
        type=loinc("18842-5"),
        date="2019-03-14T10:30:00+01:00",
        docStatus="final",
        context={"encounter": [{"reference": "Encounter/e7"}]},
        **SUBJECT,
    )
    documents, refusals = read(resource)
    assert not refusals
    assert documents == [
        Document(
            "DocumentReference/d1",
            TEXT,
            "",
            "discharge_summary",
            {
                "date": "2019-03-14T10:30:00+01:00",
                "patient_id": "p1",
                "encounter_id": "e7",
                "record_id": "d1",
                "title": "Ward round",
                "language": "fr",
                "status": "final",
            },
        )
    ]


@pytest.mark.parametrize(
    ("attachment", "text"),
    [
        (inline("Fièvre", "text/plain;charset=ISO-8859-1", "latin-1"), "Fièvre"),
        (inline("Fièvre", "text/plain", "cp1252"), "Fièvre"),  # says nothing, and is no UTF-8
        (inline("Fever", None), "Fever"),
        (inline("Fe\x01ver \r\nand cough\r", "text/plain"), "Fever\nand cough"),
        (
            inline("<html><head><title>x</title><style>p{}</style></head><h1>A</h1><p>B &amp; <b>C</b></p></html>", "text/html"),
            "A\n\nB & C",
        ),
        (inline("<table><tr><td>Na</td><td>140</td></tr><tr><td>K</td><td>4</td></tr></table>", "text/html"), "Na | 140\nK | 4"),
        (inline("<ul><li>one</li><li>two<br/>lines</li></ul>", "application/xhtml+xml"), "- one\n- two\nlines"),
    ],
)
def test_attachments_become_text(attachment: dict[str, Any], text: str) -> None:
    assert [d.text for d in read(document(attachment))[0]] == [text]


@pytest.mark.parametrize(
    ("attachment", "reason", "detail"),
    [
        (inline("%PDF", "application/pdf"), "attachment not text", "application/pdf"),
        (inline("<?xml version='1.0'?><a/>", "text/xml"), "attachment not text", "text/xml"),
        (inline("a\x00b", None), "attachment not text", "no media type: its bytes are not text"),
        (inline("Ж", "text/plain; charset=koi99"), "attachment not text", "text/plain; charset=koi99 does not decode"),
        ({"contentType": "text/plain", "data": "!!!"}, "attachment not text", "its data is not base64"),
        (
            {"contentType": "text/plain", "url": "http://elsewhere.example/Binary/9"},
            "missing reference",
            "http://elsewhere.example/Binary/9",
        ),
        ({"contentType": "text/plain", "url": "Binary/9"}, "missing reference", "Binary/9"),
        ({"contentType": "text/plain"}, "no text", ""),
    ],
)
def test_attachments_without_text_are_refused(attachment: dict[str, Any], reason: str, detail: str) -> None:
    documents, refusals = read(document(attachment))
    assert not documents
    assert reasons(refusals) == [("", reason, detail)]
    assert refusals[0].begins.startswith('{"resourceType":"DocumentReference"')


@pytest.mark.parametrize("url", ["Binary/b1", "urn:uuid:b1", "https://ehr.example/fhir/Binary/b1", "Binary/b1/_history/3"])
def test_an_attachment_may_be_a_binary_beside_it(url: str) -> None:
    binary = {"resourceType": "Binary", "id": "b1", "contentType": "text/plain", "data": base64.b64encode(b"Stable.").decode()}
    whole = bundle(document({"url": url}), binary)
    if url.startswith("https"):
        whole["entry"][1]["fullUrl"] = url
    assert [d.text for d in read(whole)[0]] == ["Stable."]


def test_several_formats_of_one_document_are_read_once_the_plain_one_first() -> None:
    documents, refusals = read(document(inline("<p>Same</p>", "text/html"), inline("Same", "text/plain"), inline("x", "application/pdf")))
    assert ([d.text for d in documents], refusals) == (["Same"], [])


REPORT: dict[str, Any] = {"resourceType": "DiagnosticReport", "id": "r1", "status": "final", "code": {"text": "Chest X-ray"}, **SUBJECT}


@pytest.mark.parametrize(
    ("codes", "doc_type"),
    [
        ({"category": [{"coding": [{"code": "RAD"}]}]}, "radiology_report"),
        ({"category": {"coding": [{"code": "RAD"}]}}, "radiology_report"),  # STU3
        ({"category": [loinc("LP29684-5")]}, "radiology_report"),
        ({"category": [{"coding": [{"code": "PAT"}]}]}, "pathology_report"),
        ({"category": [{"coding": [{"code": "LAB"}]}]}, "laboratory_report"),
        ({"code": loinc("11526-1")}, "pathology_report"),
        ({}, "diagnostic_report"),
    ],
)
def test_a_report_is_of_the_kind_of_its_category(codes: dict[str, Any], doc_type: str) -> None:
    documents, _ = read({**REPORT, "presentedForm": [inline(TEXT, "text/plain")], **codes})
    assert [(d.doc_type, d.text, d.id) for d in documents] == [(doc_type, TEXT, "DiagnosticReport/r1")]


def quantity(identifier: str, name: str, value: float, unit: str, **more: Any) -> dict[str, Any]:
    resource = {"resourceType": "Observation", "id": identifier, "status": "final", "code": {"text": name}}
    return {**resource, "valueQuantity": {"value": value, "unit": unit}, **SUBJECT, **more}


def test_a_report_of_results_and_a_conclusion_with_one_result_missing() -> None:
    low = {"interpretation": [{"coding": [{"code": "L"}]}], "referenceRange": [{"low": {"value": 13, "unit": "g/dL"}}]}
    contained = quantity("c", "Glucose", 5.123456, "mmol/L")
    report = {**REPORT, "code": {"text": "Blood"}, "contained": [contained], "conclusion": "Mild anaemia."}
    report["result"] = [{"reference": "#c"}, {"reference": "urn:uuid:o1"}, {"reference": "Observation/gone", "display": "Sodium"}]
    documents, refusals = read(bundle(report, quantity("o1", "Haemoglobin", 12.5, "g/dL", **low)))
    assert [d.text for d in documents] == [
        "Blood\n\nGlucose: 5.123 mmol/L\nHaemoglobin: 12.5 g/dL (low, reference at least 13 g/dL)\n\nConclusion\nMild anaemia."
    ]
    assert reasons(refusals) == [("entry 1", "missing reference", "Observation/gone")]


def test_a_report_of_a_file_of_another_kind_keeps_its_conclusion() -> None:
    documents, refusals = read({**REPORT, "presentedForm": [inline("x", "application/pdf")], "conclusion": "Normal."})
    assert [d.text for d in documents] == ["Chest X-ray\n\nNormal."]
    assert reasons(refusals) == [("", "attachment not text", "application/pdf")]


@pytest.mark.parametrize("status", ["entered-in-error"])
def test_what_was_entered_in_error_is_left_out(status: str) -> None:
    wrong = bundle(
        {**REPORT, "conclusion": "Wrong patient.", "status": status},
        document(inline(TEXT, "text/plain")) | {"status": status},
        quantity("o1", "Haemoglobin", 12.5, "g/dL") | {"status": status},
        {
            "resourceType": "Condition",
            "id": "c1",
            "code": {"text": "Asthma"},
            "verificationStatus": {"coding": [{"code": status}]},
            **SUBJECT,
        },
    )
    assert read(wrong) == ([], [])


def consent(patient: str, said: str, status: str = "active", **more: Any) -> dict[str, Any]:
    reference = {"reference": patient}
    return {"resourceType": "Consent", "id": f"c-{said}", "status": status, "patient": reference, "provision": {"type": said}, **more}


@pytest.mark.parametrize(
    ("consents", "expected"),
    [
        ([consent("Patient/p1", "deny")], ["deny", None]),
        ([consent("urn:uuid:p1", "deny")], ["deny", None]),
        ([consent("Patient/p1", "permit")], ["permit", None]),
        ([consent("Patient/p1", "deny"), consent("Patient/p1", "permit")], ["deny", None]),
        ([consent("Patient/p1", "deny", status="inactive")], [None, None]),
        ([consent("Patient/p1", "permit", scope={"coding": [{"code": "treatment"}]})], [None, None]),
        ([{"resourceType": "Consent", "status": "active", "provision": {"type": "deny"}}], ["deny", "deny"]),
    ],
)
def test_consent_counts_for_all_documents_of_its_patient(consents: list[dict[str, Any]], expected: list[str | None]) -> None:
    other = document(inline("B", "text/plain"), identifier="d2", subject={"reference": "Patient/p2"})
    patient = {"resourceType": "Patient", "id": "p1"}
    documents, _ = read(bundle(document(inline("A", "text/plain"), **SUBJECT), other, *consents, patient))
    assert [d.meta.get("consent") for d in documents] == expected


def test_a_composition_reads_as_its_sections() -> None:
    sections = [
        {"title": "Plan", "text": {"div": "<div><p>Rest.</p><ul><li>Fluids</li></ul></div>"}},
        {"title": "History", "section": [{"title": "Past", "text": {"div": "<div>None.</div>"}}]},
    ]
    composition = {"resourceType": "Composition", "id": "k", "status": "final", "type": loinc("11506-3"), "section": sections, **SUBJECT}
    documents, refusals = read(bundle(composition, kind="document"))
    assert [(d.text, d.doc_type) for d in documents] == [("Plan\nRest.\n\n- Fluids\n\nHistory\n\nPast\nNone.", "progress_note")]
    assert not refusals


def test_an_export_of_lines_with_broken_ones_between() -> None:
    lines = [document(inline(f"Note {n}", "text/plain"), identifier=f"d{n}", **SUBJECT) for n in range(3)]
    data = b"\n".join([json.dumps(lines[0]).encode(), b'{"resourceType": ', b"", json.dumps(lines[1]).encode(), b"[1]", b"7"])
    documents, refusals = read(data + b"\n" + json.dumps(bundle(lines[2])).encode())
    assert sorted(d.text for d in documents) == ["Note 0", "Note 1", "Note 2"]
    assert sorted((r.place, r.reason) for r in refusals) == [
        ("line 2", "not JSON"),
        ("line 5, entry 1", "invalid FHIR"),
        ("line 6", "invalid FHIR"),
    ]


def test_an_export_whose_first_line_is_broken_is_read_all_the_same() -> None:
    data = b'{"resourceType": "Bund\n' + json.dumps(document(inline("Note", "text/plain"))).encode() + b"\n"
    documents, refusals = read(data)
    assert [d.text for d in documents] == ["Note"]
    assert [(r.place, r.reason) for r in refusals] == [("line 1", "not JSON")]


def test_lines_of_one_patient_make_one_note_and_refer_to_each_other() -> None:
    report = {**REPORT, "code": {"text": "Blood"}, "result": [{"reference": "Observation/o1"}]}
    resources = [report, quantity("o1", "Sodium", 140, "mmol/L"), quantity("o2", "Pulse", 70, "/min")]
    documents, refusals = read(b"\n".join(json.dumps(resource).encode() for resource in resources))
    assert [d.text for d in documents] == ["Blood\n\nSodium: 140 mmol/L", "Observations\nPulse: 70 /min"]
    assert not refusals


@pytest.mark.parametrize("indent", [None, 2])
def test_one_resource_in_one_or_many_lines_behind_a_byte_order_mark(indent: int | None) -> None:
    data = b"\xef\xbb\xbf\n" if indent else b"\xef\xbb\xbf"
    data += json.dumps(document(inline("Note", "text/plain")), indent=indent).encode()
    assert [d.text for d in read(data)[0]] == ["Note"]


@pytest.mark.parametrize("data", [b"", b"\n", b"not json", b'{"resourceType": "Bundle", "entry": [', b"[" * 100_000, b'{"a":' * 100_000])
def test_a_file_that_is_no_json_is_refused_as_a_whole(data: bytes) -> None:
    documents, refusals = read(data)
    assert not documents
    assert [(r.place, r.reason) for r in refusals] == [("", "not JSON")]


def test_json_as_deep_as_the_parser_allows_does_no_harm() -> None:
    deep: Any = []
    for _ in range(900):
        deep = [deep]
    documents, refusals = read(bundle(document(inline("Note", "text/plain")), {"resourceType": "Condition", "code": deep}, urls=False))
    assert [d.text for d in documents] == ["Note"]
    assert [(r.place, r.reason) for r in refusals] == [("entry 2", "invalid FHIR")]


def test_what_is_there_for_administration_is_left_out_without_a_word() -> None:
    kinds = ("Patient", "Organization", "Practitioner", "Claim", "ExplanationOfBenefit", "Location", "SomethingNew")
    assert read(bundle(*({"resourceType": kind, "id": kind} for kind in kinds))) == ([], [])


@pytest.mark.parametrize(
    ("resource", "path"),
    [
        ({**REPORT, "conclusion": 7}, "conclusion"),
        ({**REPORT, "code": "x", "conclusion": "y"}, "code"),
        ({**REPORT, "result": "x"}, "result"),
        (document({"contentType": 7}), "content.0.attachment.contentType"),
        (document(inline("a", "text/plain"), subject="p1"), "subject"),
        ({"resourceType": "Condition", "code": {"coding": "x"}, **SUBJECT}, "code.coding"),
        (quantity("o", "x", "many", "g"), "valueQuantity.value"),  # type: ignore[arg-type]
        ({"id": "x"}, "resourceType"),
    ],
)
def test_a_wrong_type_is_told_with_its_key(resource: dict[str, Any], path: str) -> None:
    documents, refusals = read(bundle(resource, quantity("ok", "Pulse", 70, "/min")))
    assert [d.text for d in documents] == ["Observations\nPulse: 70 /min"]  # the rest is not lost
    assert [(r.place, r.reason) for r in refusals] == [("entry 1", "invalid FHIR")]
    assert refusals[0].detail.split(": ")[0] == path


JSON_VALUES = [
    "null",
    "true",
    "0",
    "-1.5",
    '""',
    '"x"',
    "[]",
    "{}",
    "[[]]",
    "[null]",
    "[{}]",
    '{"reference": 1}',
    '{"coding": [{"code": 1}]}',
]


def everything() -> list[dict[str, Any]]:
    concept = {"coding": [{"code": "a", "display": "Asthma"}]}
    visit: dict[str, Any] = {"encounter": {"reference": "Encounter/e1"}, **SUBJECT}
    reason = {"reasonReference": [{"reference": "Condition/c1"}]}
    repeat = {"timing": {"repeat": {"frequency": 2, "period": 1, "periodUnit": "d"}}}
    dosage = [{**repeat, "doseAndRate": [{"doseQuantity": {"value": 1}}]}]
    compared = {"referenceRange": [{"low": {"value": 1}}], "interpretation": [concept], "component": [{"code": concept}]}
    attached = {"presentedForm": [inline("a", "text/plain")]}

    def resource(kind: str, identifier: str, **more: Any) -> dict[str, Any]:
        return {"resourceType": kind, "id": identifier, **more}

    return [
        resource("Patient", "p1", birthDate="1950-01-01", gender="male"),
        resource("Encounter", "e1", **{"class": {"code": "AMB"}}, period={"start": "2019-01-01"}, reasonCode=[concept], **SUBJECT),
        resource("Condition", "c1", code=concept, clinicalStatus=concept, onsetAge={"value": 3}, **visit),
        resource("AllergyIntolerance", "a1", code=concept, reaction=[{"manifestation": [concept]}], patient=SUBJECT["subject"]),
        resource("MedicationRequest", "m1", medicationCodeableConcept=concept, dosageInstruction=dosage, **reason, **visit),
        resource("Procedure", "q1", code=concept, performedPeriod={"start": "2019"}, statusReason=concept, **SUBJECT),
        resource("Immunization", "i1", vaccineCode=concept, status="not-done", doseQuantity={"value": 1}),
        quantity("o1", "Sodium", 140.0, "mmol/L", effectiveDateTime="2019-01-01", note=[{"text": "n"}], **compared),
        {**REPORT, "result": [{"reference": "Observation/o1"}], "conclusion": "c", "category": [concept], **attached},
        document(inline("a", "text/plain"), {"url": "Binary/b1"}, type=concept, context={"encounter": [visit["encounter"]]}, **SUBJECT),
        resource("Binary", "b1", contentType="text/plain", data="YQ=="),
        consent("Patient/p1", "permit"),
        resource("Composition", "k1", section=[{"title": "t", "text": {"div": "<div>a</div>"}}]),
        resource("CarePlan", "l1", category=[concept], activity=[{"detail": {"code": concept}}], **SUBJECT),
    ]


def test_an_id_of_a_wrong_type_loses_nothing_but_the_id() -> None:
    visit = {"resourceType": "Encounter", "id": True, "reasonCode": [{"text": "Cough"}]}
    documents, _ = read(bundle(visit, urls=False))
    assert [(d.id, d.text) for d in documents] == [("export.json:entry 1", "Reason: Cough")]


def places(value: Any) -> list[tuple[Any, Any]]:
    keys = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place for key, inner in keys for place in [(value, key), *places(inner)]]


@pytest.mark.slow
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_no_value_of_any_key_makes_the_reader_raise(data: st.DataObject) -> None:
    whole = json.loads(json.dumps(bundle(*everything())))  # nothing shared
    for _ in range(data.draw(st.integers(1, 3))):
        spots = places(whole)
        holder, key = spots[data.draw(st.integers(0, len(spots) - 1))]
        holder[key] = json.loads(data.draw(st.sampled_from(JSON_VALUES)))
    read(whole)
    entries = whole["entry"] if isinstance(whole["entry"], list) else []
    read(b"\n".join(json.dumps(entry.get("resource") if isinstance(entry, dict) else entry).encode() for entry in entries))


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300), st.integers(0, 4000), st.integers(0, 4000))
def test_no_bytes_make_the_reader_raise(noise: bytes, start: int, length: int) -> None:
    whole = json.dumps(bundle(*everything())).encode()
    read(noise)
    read(whole[:start])
    read(whole[:start] + noise + whole[start + length :])


def test_real_bundles(shared_data: Path) -> None:
    """27 Synthea bundles: every report and every encounter with anything to say is a document, and none of their names gets in."""
    kinds: collections.Counter[str] = collections.Counter()
    with gzip.open(shared_data / "structured" / "synthea_fhir_r4.jsonl.gz", "rt") as lines:
        for line in lines:
            whole = json.loads(line)["bundle"]
            documents, refusals = read(whole)
            assert not refusals
            assert len({document.id for document in documents}) == len(documents)
            kinds.update(document.doc_type for document in documents)
            people = [e["resource"] for e in whole["entry"] if e["resource"]["resourceType"] in {"Patient", "Practitioner"}]
            names = {name["family"] for person in people for name in person["name"]}
            words = {word for document in documents for word in document.text.replace(",", " ").split()}
            assert not names & words
    assert kinds == {"laboratory_report": 86, "clinical_note": 181}
