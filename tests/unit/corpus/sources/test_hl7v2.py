"""HL7 v2: framing, separators, escapes and charsets; reports, documents and notes; and messages that are broken."""

from __future__ import annotations

import base64
import collections
import gzip
import io
import json
import re
from pathlib import Path

import hl7
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medpretrain.corpus.document import Document, format_line
from medpretrain.corpus.sources import hl7v2
from medpretrain.corpus.sources.clinical import iso_date
from medpretrain.corpus.sources.hl7v2_message import Message, raw_messages
from medpretrain.corpus.sources.record import Refusal

PATIENT = r"PID|1||4711^^^HOSP^MR~99^^^X||Muster^Anna^B||19600502|F|||Hauptstr. 5^^Bern||031 555 01 23"


def header(kind: str, control: str = "M1", charset: str = "") -> str:
    return rf"MSH|^~\&|APP|FAC|||20190314103000+0100||{kind}|{control}|P|2.5|||||CHE|{charset}|de"


def message(kind: str, *segments: str, **options: str) -> str:
    return "\r".join([header(kind, **options), PATIENT, *segments])


def read(data: str | bytes, name: str = "feed.hl7") -> tuple[list[Document], list[Refusal]]:
    raw = data.encode() if isinstance(data, str) else data
    records = list(hl7v2.read(io.BytesIO(raw), name))
    for record in records:
        assert isinstance(record, (Document, Refusal))
        if isinstance(record, Document):
            format_line(record)
    return [r for r in records if isinstance(r, Document)], [r for r in records if isinstance(r, Refusal)]


def texts(data: str | bytes) -> list[str]:
    return [document.text for document in read(data)[0]]


RADIOLOGY = message(
    "ORU^R01",
    "PV1|1|I|||||||||||||||||V55",
    "OBR|1|P1|F1^RIS|71020^Chest X-ray 2 views^C4|||201903141000|||||||||||||||||RAD|F||||||^Cough for two weeks",
    r"OBX|1|FT|71020&GDT^Findings||Lungs clear.\.br\Heart size \T\ shape normal\.sp2\No effusion \F\ pneumothorax.||||||F",
    "OBX|2|TX|71020&IMP^Impression||1. No acute disease.||||||F",
    "OBX|3|TX|71020&IMP^Impression||2. Follow-up in \\H\\6 weeks\\N\\.||||||F",
    "OBX|4|TX|71020&IMP^Impression||Sent for the wrong patient.||||||W",
    "NTE|1||Discussed by phone.",
)
RADIOLOGY_TEXT = """\
Chest X-ray 2 views
Reason: Cough for two weeks

Findings
Lungs clear.
Heart size & shape normal

No effusion | pneumothorax.

Impression
1. No acute disease.
2. Follow-up in 6 weeks.

Comment: Discussed by phone."""


def test_a_radiology_report_with_all_its_meta() -> None:
    assert read(RADIOLOGY) == (
        [
            Document(
                "M1",
                RADIOLOGY_TEXT,
                "",
                "radiology_report",
                {
                    "date": "2019-03-14T10:00",
                    "patient_id": "4711",
                    "encounter_id": "V55",
                    "record_id": "F1",
                    "language": "de",
                    "message_type": "ORU^R01",
                    "title": "Chest X-ray 2 views",
                    "status": "F",
                },
            )
        ],
        [],
    )


FRAMED = f"\x0b{RADIOLOGY}\r\x1c\r"


@pytest.mark.parametrize(
    "data",
    [
        RADIOLOGY.replace("\r", "\n"),
        RADIOLOGY.replace("\r", "\r\n") + "\r\n\r\n",
        FRAMED,
        "FHS|^~\\&|A\rBHS|^~\\&|A\r" + RADIOLOGY + "\rBTS|1\rFTS|1\r",
        b"\xef\xbb\xbf" + RADIOLOGY.encode(),
    ],
)
def test_however_it_is_framed(data: str | bytes) -> None:
    assert texts(data) == [RADIOLOGY_TEXT]
    assert not read(data)[1]


def test_several_messages_in_frames_or_lines_each_by_itself() -> None:
    documents, refusals = read(FRAMED + RADIOLOGY.replace("M1", "M2") + "\n\n" + "\ufeff" + RADIOLOGY.replace("M1", "M3") + "\r")
    assert [(d.id, d.text) for d in documents] == [(name, RADIOLOGY_TEXT) for name in ("M1", "M2", "M3")]
    assert not refusals


def test_the_separators_that_msh_declares() -> None:
    odd = RADIOLOGY.translate(str.maketrans({"|": "#", "^": "@", "~": "*", "\\": "!", "&": "%"}))
    assert texts(odd) == [RADIOLOGY_TEXT.replace("|", "#").replace("&", "%")]


@pytest.mark.parametrize(
    ("sent", "text"),
    [
        (r"a \S\ b \R\ c \E\ d", "a ^ b ~ c \\ d"),
        (r"38\X2C\5 \XC2B0\C", "38,5 °C"),
        (r"\XC3\\XA9\t\X0D\\X0A\next", "ét\nnext"),
        (r"on C:\temp and \T\ so on\.", r"on C:\temp and & so on\."),
        (r"one~two", "one\ntwo"),
        (r"\.in+4\\.ti-2\A\.sk 3\B\.ce\C\.fi\\.nf\\Zxy1\\C2842\.", "A B\nC."),
        (r"\.sp\x\.spq\.\Q\\", r"x\.spq\.\Q\\".replace("x", "x", 1)),
        ("a^b & c", "a^b & c"),  # not escaped by the sender
        ("tab\tand \x01control", "tab\tand control"),
        ("\\\\", "\\\\"),
    ],
)
def test_escapes(sent: str, text: str) -> None:
    assert texts(message("ORU^R01", "OBR|1|||^CT", f"OBX|1|FT|||{sent}||||||F")) == [f"CT\n\n{text.strip()}"]


def test_a_text_that_was_broken_without_an_escape_is_kept() -> None:
    sent = message("ORU^R01", "OBR|1|||^CT", "OBX|1|TX|||First line", "second line", "  Third: 3|4||||||F")
    assert texts(sent) == ["CT\n\nFirst line\nsecond line\n  Third: 3"]


@pytest.mark.parametrize(
    ("declared", "encoding"),
    [("8859/1", "latin-1"), ("8859/1", "cp1252"), ("UNICODE UTF-8", "utf-8"), ("", "utf-8"), ("", "cp1252"), ("UNICODE UTF-8", "cp1252")],
)
def test_charsets(declared: str, encoding: str) -> None:
    words = "Fièvre à 38 °C" + (" – «élevée»" if encoding != "latin-1" else "")
    data = message("ORU^R01", "OBR|1|||^CT", f"OBX|1|TX|||{words}", charset=declared).encode(encoding)
    assert texts(data) == [f"CT\n\n{words}"]


@pytest.mark.parametrize(("declared", "encoding"), [("8859/2", "iso8859-2"), ("8859/5", "iso8859-5"), ("8859/7~ASCII", "iso8859-7")])
def test_other_charsets(declared: str, encoding: str) -> None:
    words = {"8859/2": "Bolesť hlavy", "8859/5": "Головная боль", "8859/7~ASCII": "Πονοκέφαλος"}[declared]
    assert texts(message("ORU^R01", "OBR|1|||^CT", f"OBX|1|TX|||{words}", charset=declared).encode(encoding)) == [f"CT\n\n{words}"]


@pytest.mark.parametrize(
    ("observation", "line"),
    [
        ("NM|1^Hb^LN||12.5|g/dL|13_18|L|||F", "Hb: 12.5 g/dL (low, reference 13 to 18)"),
        ("NM|1^WBC^LN||105600|{cells}/uL^x^UCUM|4-11|HH|||P", "WBC: 105600 cells/uL (critically high, reference 4-11, preliminary)"),
        ("NM|1^Pulse^LN||60~120|/min|||||F", "Pulse: 60, 120 /min"),
        ("SN|1^CRP^LN||>^100|mg/L|||||F", "CRP: > 100 mg/L"),
        ("SN|1^Titre^LN||^1^:^128||||||F", "Titre: 1:128"),
        ("CWE|1^HIV^LN||260415000^not detected^SCT^^^^^^None seen||||||F", "HIV: None seen"),
        ("CE|1^Culture^LN||^E. coli~^Proteus||||||F", "Culture: E. coli, Proteus"),
        ("ST|1^Colour^LN||yellow||||||F", "Colour: yellow"),
        ("DT|1^Sampled^LN||20190314||||||F", "Sampled: 2019-03-14"),
    ],
)
def test_results_are_a_line_each(observation: str, line: str) -> None:
    documents, _ = read(message("ORU^R01", "OBR|1|||^Blood|||||||||||||||||||LAB", f"OBX|1|{observation}", "OBX|2|NM|1^K||||||||I"))
    assert [d.text for d in documents] == [f"Blood\n\n{line}"]


@pytest.mark.parametrize(
    ("sections", "doc_type"),
    [
        ("RAD CT MR", "radiology_report"),
        ("SP PAT CP", "pathology_report"),
        ("LAB MB HM", "laboratory_report"),
        ("EC ?", "diagnostic_report"),
    ],
)
def test_a_report_is_of_the_kind_of_its_section(sections: str, doc_type: str) -> None:
    for section in sections.split():
        sent = message("ORU^R01", f"OBR|1|||^X||||||||||||||||||||{section}", "OBX|1|TX|||text")
        assert [d.doc_type for d in read(sent)[0]] == [doc_type]


def test_a_document_for_each_order_and_its_children_with_it() -> None:
    sent = message(
        "ORU^R01",
        "OBR|1||A|^CT head",
        "OBR|2||B|^CT neck",
        "OBX|1|TX|||Both normal.",
        "OBR|3||C|^Urine culture",
        "OBX|1|CE|^Grown||^E. coli",
        "OBR|4||D|^Susceptibility|||||||||||||||||||||||^1||C",
        "OBX|1|ST|^Ampicillin||R",
    )
    documents, refusals = read(sent)
    assert [(d.id, d.meta["record_id"], d.text) for d in documents] == [
        ("M1/1", "A", "CT head\nCT neck\n\nBoth normal."),
        ("M1/2", "C", "Urine culture\n\nGrown: E. coli\n\nSusceptibility\n\nAmpicillin: R"),
    ]
    assert not refusals


def encapsulated(kind: str, subtype: str, data: bytes, encoding: str = "Base64") -> str:
    coded = base64.b64encode(data).decode() if encoding == "Base64" else data.hex() if encoding == "Hex" else data.decode()
    return f"OBX|1|ED|^Report||APP^{kind}^{subtype}^{encoding}^{coded}||||||F"


@pytest.mark.parametrize(
    ("segment", "text", "refused"),
    [
        (encapsulated("TEXT", "plain", b"All well.\r\nNo change."), "CT\n\nReport\nAll well.\nNo change.", []),
        (encapsulated("text", "html", b"<p>All <b>well</b></p>"), "CT\n\nReport: All well", []),
        (encapsulated("TX", "", b"Well", "A"), "CT\n\nReport: Well", []),
        (encapsulated("TEXT", "plain", "é".encode(), "Hex"), "CT\n\nReport: é", []),
        (encapsulated("application", "pdf", b"%PDF"), None, ["application/pdf"]),
        (encapsulated("IM", "JPEG", b"x"), None, ["im/jpeg"]),
        ("OBX|1|ED|^Report||APP^TEXT^plain^Base64^?||||||F", None, ["its data is not base64"]),
        ("OBX|1|RP|^Image||http://x^^IM^JPEG||||||F", None, ["IM JPEG"]),
    ],
)
def test_embedded_data(segment: str, text: str | None, refused: list[str]) -> None:
    documents, refusals = read(message("ORU^R01", "OBR|1|||^CT", segment))
    assert [d.text for d in documents] == ([text] if text else [])
    assert [(r.place, r.reason, r.detail) for r in refusals] == [("message 1", "attachment not text", detail) for detail in refused]


@pytest.mark.parametrize(
    ("kind", "doc_type"),
    [
        ("DS", "discharge_summary"),
        ("PR^Progress note", "progress_note"),
        ("11488-4^Consult^LN", "consultation_note"),
        ("ZZ", "clinical_note"),
    ],
)
def test_a_document_of_mdm(kind: str, doc_type: str) -> None:
    sent = message(
        "MDM^T02", f"TXA|1|{kind}|TX|201903150800||||||||DOC7|||||AU", "OBX|1|TX|^Course||Uneventful.", "OBX|2|TX|^Plan||Home.~See GP."
    )
    documents, _ = read(sent)
    assert [(d.text, d.doc_type) for d in documents] == [("Course: Uneventful.\n\nPlan\nHome.\nSee GP.", doc_type)]
    assert documents[0].meta["date"] == "2019-03-15T08:00"
    assert documents[0].meta["record_id"] == "DOC7"
    assert documents[0].meta["status"] == "AU"


def test_an_admission_without_names_addresses_or_numbers() -> None:
    sent = message(
        "ADT^A01",
        "EVN|A01|20190314",
        "NK1|1|Muster^Karl|SPO|Hauptstr. 5|031 555 01 23",
        "PV1|1|E|W1^2^3||||12^Arzt^Hans|||SUR",
        "PV2|||^Acute abdominal pain",
        "DG1|1||K35.8^Acute appendicitis^I10||20190314|A",
        "DG1|2|||Nausea||W",
        "AL1|1|DA|^Penicillin|SV|Rash~Swelling",
        "PR1|1||0DTJ4ZZ^Appendectomy^I10P||20190315",
        "IN1|1|77|88|Krankenkasse",
    )
    assert texts(sent) == [
        """\
Visit: emergency
Patient: female, 58 years
Reason: Acute abdominal pain

Diagnoses
Acute appendicitis, admitting, 2019-03-14
Nausea, working

Allergies
Penicillin, drug allergy, severe, Rash, Swelling

Procedures
Appendectomy, 2019-03-15"""
    ]


@pytest.mark.parametrize(
    ("kind", "segments", "text"),
    [
        (
            "VXU^V04",
            [
                "RXA|0|1|20190314||140^Influenza^CVX|0.5|mL",
                "RXR|^Intramuscular|^Left arm",
                "RXA|0|1|20190314||3^MMR^CVX|999||||||||||||^parents||RE",
            ],
            "Patient: female, 58 years\n\nImmunizations\n"
            "Influenza, 0.5 mL, 2019-03-14, Intramuscular, Left arm\nMMR, 2019-03-14, refused, because parents",
        ),
        (
            "ORM^O01",
            ["ORC|NW", "OBR|1|||^MR brain|S||||||||Headache for days", "NTE|1||Claustrophobic", "NTE|2||Needs sedation"],
            "Patient: female, 58 years\n\nOrders\nMR brain, stat, Headache for days\nComment: Claustrophobic\nComment: Needs sedation",
        ),
        (
            "RDE^O11",
            ["RXE||^Amoxicillin 500 mg|1||^capsule||^three times daily for a week", "RXR|^oral"],
            "Patient: female, 58 years\n\nMedications\nAmoxicillin 500 mg, 1 capsule, three times daily for a week, oral",
        ),
        (
            "PPR^PC1",
            ["PRB|AD|20190101|^Chest pain||||20190314||||||Active"],
            "Patient: female, 58 years\n\nProblems\nChest pain, active, 2019-03-14",
        ),
    ],
)
def test_notes_of_other_messages(kind: str, segments: list[str], text: str) -> None:
    assert texts(message(kind, *segments)) == [text]


@pytest.mark.parametrize(
    ("segment", "expected"),
    [
        ("CON|1||||||||||R", "deny"),
        ("CON|1||||||||||X", "deny"),
        ("CON|1||||||||||A", "permit"),
        ("CON|1||||||||||A\rCON|2||||||||||R", "deny"),
        ("PD1||||||||||||Y", "deny"),
        ("PD1||||||||||||N", None),
    ],
)
def test_consent(segment: str, expected: str | None) -> None:
    assert read(message("ADT^A01", segment, "DG1|1||^Flu"))[0][0].meta.get("consent") == expected


@pytest.mark.parametrize(
    ("data", "place", "reason"),
    [
        ("", "", "not HL7 v2"),
        ("\n\n", "", "not HL7 v2"),
        ("just words\nand more", "message 1", "not HL7 v2"),
        ("MSH", "message 1", "not HL7 v2"),
        ("MSH|", "message 1", "not HL7 v2"),
        ("MSH||||||||ADT^A01", "message 1", "not HL7 v2"),
        ("MSH ^~\\& A ADT", "message 1", "not HL7 v2"),
        ("MSHA^~\\&AADT", "message 1", "not HL7 v2"),
        ("MSH|||~\\&|A", "message 1", "not HL7 v2"),
        ("MSH|&~\\|A&B|C|||2019||ADT&A01", "message 1", "not HL7 v2"),
        (message("ADT^A02"), "message 1", "no text"),
        (message("ORU^R01", "OBR|1|||^CT"), "message 1", "no text"),
        (message("MDM^T01", "TXA|1|DS"), "message 1", "no text"),
        (message("ACK"), "message 1", "message type not read"),
        (message(""), "message 1", "message type not read"),
    ],
)
def test_refusals(data: str, place: str, reason: str) -> None:
    documents, refusals = read(data)
    assert not documents
    assert [(r.place, r.reason) for r in refusals] == [(place, reason)]
    assert refusals[0].begins[:3] == data.strip()[:3]


def test_what_stands_between_messages_is_refused_and_reading_goes_on() -> None:
    documents, refusals = read("noise\n" + RADIOLOGY + "\rBTS|1\rOBX|1|TX|||lost\r" + RADIOLOGY)
    assert [d.text for d in documents] == [RADIOLOGY_TEXT] * 2
    assert [(r.place, r.reason) for r in refusals] == [("message 1", "not HL7 v2"), ("message 3", "not HL7 v2")]


@pytest.mark.parametrize(
    ("sent", "iso"),
    [
        ("2019", "2019"),
        ("201903", "2019-03"),
        ("20190314", "2019-03-14"),
        ("2019031410", "2019-03-14"),
        ("201903141030", "2019-03-14T10:30"),
        ("20190314103005.123-0500", "2019-03-14T10:30:05-05:00"),
        ("20190314+0100", "2019-03-14"),
        ("20191399", ""),
        ("20190230", ""),
        ("soon", ""),
        ("0000", ""),
    ],
)
def test_dates(sent: str, iso: str) -> None:
    assert iso_date(sent) == iso


def test_a_message_across_many_reads_of_the_file() -> None:
    long = message("ORU^R01", "OBR|1|||^CT", "OBX|1|TX|||" + "word " * 100_000)
    assert [len(text) for text in texts(long + "\r" + long)] == [4 + 499_999] * 2


def test_fields_are_those_that_the_hl7_library_splits(shared_data: Path) -> None:
    """Every field, repetition and component of 20 real messages. The library has no list where there is only one of a kind."""
    num_components = 0
    with gzip.open(shared_data / "structured" / "hl7v2_messages.jsonl.gz", "rt") as lines:
        for line, _ in zip(lines, range(20), strict=False):
            sent = json.loads(line)["message"].strip("\ufeff \r\n").replace("\n", "\r")
            ours = Message(next(raw_messages(io.BytesIO(sent.encode()))))
            theirs = hl7.parse(sent)
            assert [segment.name for segment in ours.segments] == [str(segment[0]) for segment in theirs]
            for segment, reference in zip(ours.segments, theirs, strict=True):
                for field in range(3, len(reference)):
                    expected = [[part] if isinstance(part, str) else [str(component) for component in part] for part in reference[field]]
                    found = segment.repetitions(field)
                    assert found == [[ours.unescape(component) for component in part] for part in expected]
                    num_components += sum(map(len, found))
    assert num_components > 10_000


PIECES = st.sampled_from(
    ["|", "^", "~", "\\", "&", "\r", "\n", "\\X", "\\.sp", "\\.br\\", "MSH|^~\\&|", "OBX|1|ED|^n||a^b^c^Base64^", "9" * 30, "é"]
)


@settings(max_examples=400, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 900), st.integers(0, 20), PIECES), max_size=6), st.binary(max_size=40))
def test_no_message_makes_the_reader_raise(edits: list[tuple[int, int, str]], noise: bytes) -> None:
    kinds = (
        "DG1|1||a^b||20190101|A",
        "RXA|0|1|2019||1^b|1|mL",
        "PRB|AD|1|a^b",
        "SCH|1||||||^r",
        encapsulated("TEXT", "plain", b"x"),
        "TQ1|1",
    )
    whole = RADIOLOGY + "\r" + message("ADT^A01", *kinds)
    for start, length, piece in edits:
        whole = whole[:start] + piece + whole[start + length :]
    read(whole)
    read(noise)
    read(whole.encode()[:300] + noise + whole.encode()[300:])


def test_real_messages(shared_data: Path) -> None:
    """111 messages: what is refused has no clinical words, and every word of a text value or comment is in a document."""
    reasons: collections.Counter[str] = collections.Counter()
    num_words = num_kept = 0
    with gzip.open(shared_data / "structured" / "hl7v2_messages.jsonl.gz", "rt") as lines:
        for line in lines:
            sent = json.loads(line)["message"]
            documents, refusals = read(sent)
            reasons.update(refusal.reason for refusal in refusals)
            reasons.update("document" for _ in documents)
            found = set(re.findall(r"\w+", " ".join(document.text for document in documents)))
            for segment in re.split(r"[\r\n]+", sent):
                fields = [*segment.split("|"), "", "", "", "", ""]
                value = fields[3] if fields[0] == "NTE" else fields[5] if fields[0] == "OBX" and fields[2] in {"TX", "FT", "ST"} else ""
                words = re.findall(r"\w+", value.replace("\\T\\", " "))
                num_words += len(words)
                num_kept += sum(word in found for word in words)
    assert reasons == {"document": 92, "attachment not text": 48, "no text": 22}
    assert (num_kept, num_words) == (num_words, num_words)
    assert num_words > 500
