"""DICOM: structured reports, headers in words, and files that are cut off or something else."""

from __future__ import annotations

import gzip
import io
import struct
from pathlib import Path
from typing import Any

import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

from medpretrain.corpus.document import Document, format_line
from medpretrain.corpus.sources import dicom
from medpretrain.corpus.sources.record import Record, Refusal

SR = "1.2.840.10008.5.1.4.1.1.88.33"
CT = "1.2.840.10008.5.1.4.1.1.2"


def read(data: bytes) -> Record:
    (record,) = dicom.read(io.BytesIO(data), "file.dcm")
    assert isinstance(record, (Document, Refusal))
    if isinstance(record, Document):
        format_line(record)
    return record


def text(data: bytes) -> str:
    record = read(data)
    assert isinstance(record, Document), record
    return record.text


def written(dataset: Dataset, kind: str) -> bytes:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = kind
    meta.MediaStorageSOPInstanceUID = "1.2.3.4"
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.SOPClassUID, dataset.SOPInstanceUID = kind, "1.2.3.4"
    buffer = io.BytesIO()
    FileDataset(buffer, dataset, file_meta=meta, preamble=b"\0" * 128).save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def image(**elements: Any) -> bytes:
    dataset = Dataset()
    dataset.Modality = "CT"
    for key, value in elements.items():
        setattr(dataset, key, value)
    return written(dataset, CT)


def code(meaning: str, value: str = "x") -> pydicom.Sequence:
    concept = Dataset()
    concept.CodeValue, concept.CodingSchemeDesignator, concept.CodeMeaning = value, "99X", meaning
    return pydicom.Sequence([concept])


def item(kind: str, name: str = "", relationship: str = "CONTAINS", children: tuple[Dataset, ...] = (), **values: Any) -> Dataset:
    dataset = Dataset()
    dataset.RelationshipType, dataset.ValueType = relationship, kind
    if name:
        dataset.ConceptNameCodeSequence = code(name)
    for key, value in values.items():
        setattr(dataset, key, value)
    if children:
        dataset.ContentSequence = pydicom.Sequence(list(children))
    return dataset


def measured(name: str, value: str, unit: str) -> Dataset:
    number = Dataset()
    number.NumericValue, number.MeasurementUnitsCodeSequence = value, code(unit, unit)
    return item("NUM", name, MeasuredValueSequence=pydicom.Sequence([number]))


def report(*children: Dataset, **elements: Any) -> bytes:
    root = item("CONTAINER", "Chest CT report", children=children)
    del root.RelationshipType
    root.Modality, root.PatientID, root.PatientName = "SR", "4711", "Muster^Anna"
    root.ContentDate, root.ContentTime, root.CompletionFlag = "20190314", "103000", "COMPLETE"
    for key, value in elements.items():
        setattr(root, key, value)
    return written(root, SR)


LONG = "There is a spiculated nodule in the right upper lobe that has grown since the examination of last year."


def test_a_structured_report_reads_from_top_to_bottom() -> None:
    location = item("CODE", "Location", "HAS CONCEPT MOD", ConceptCodeSequence=code("Right upper lobe"))
    nodule = measured("Diameter", "12", "mm")
    nodule.ContentSequence = pydicom.Sequence([location, item("TEXT", "Remark", "HAS PROPERTIES", TextValue="Growing.")])
    finding, conclusion = item("TEXT", "Finding", TextValue=LONG), item("TEXT", "Conclusion", TextValue="Suspicious.")
    data = report(
        item("PNAME", "Person Observer Name", "HAS OBS CONTEXT", PersonName="Arzt^Hans"),
        item("TEXT", "Observer organisation", "HAS OBS CONTEXT", TextValue="Inselspital"),
        item("CONTAINER", "Findings", children=(finding, nodule, item("DATE", "Compared with", Date="20180301"))),
        item("CONTAINER", "Impression", children=(conclusion, item("PNAME", "Read by", PersonName="A^B"))),
        item("CODE", "Urgency", ConceptCodeSequence=code("Soon")),
        item("IMAGE", "Key image"),
        StudyDescription="CT thorax",
        AccessionNumber="A7",
        StudyInstanceUID="1.2.9",
        StudyDate="20190313",
        StudyTime="091500.123",
        TimezoneOffsetFromUTC="+0100",
    )
    assert read(data) == Document(
        "1.2.3.4",
        f"""\
Chest CT report

Findings
{LONG}
Diameter: 12 mm (Location: Right upper lobe)
  Remark: Growing.
Compared with: 2018-03-01

Impression
Conclusion: Suspicious.

Urgency: Soon""",
        "",
        "radiology_report",
        {
            "date": "2019-03-13T09:15:00+01:00",
            "patient_id": "4711",
            "record_id": "1.2.3.4",
            "title": "CT thorax",
            "accession_number": "A7",
            "modality": "SR",
            "study_uid": "1.2.9",
            "status": "COMPLETE",
        },
    )


def test_the_language_of_a_report_is_meta() -> None:
    language = item("CODE", "Language", "HAS CONCEPT MOD", ConceptCodeSequence=code("German", "de"))
    language.ConceptNameCodeSequence = code("Language of Content Item and Descendants", "121049")
    record = read(report(language, item("TEXT", "Befund", TextValue="Unauffällig."), SpecificCharacterSet="ISO_IR 192"))
    assert isinstance(record, Document)
    assert (record.text, record.meta["language"]) == ("Chest CT report\nBefund: Unauffällig.", "de")


@pytest.mark.parametrize(
    ("charset", "words"),
    [("ISO_IR 100", "Fièvre"), ("ISO_IR 192", "発熱 Fièvre"), ("ISO_IR 144", "Лихорадка"), (["", "ISO 2022 IR 87"], "発熱")],
)
def test_the_charset_of_the_file(charset: Any, words: str) -> None:
    assert text(image(SpecificCharacterSet=charset, StudyDescription=words)) == f"Study: {words}"


def test_the_words_of_a_header_without_pixels_or_names() -> None:
    data = image(
        PatientName="Muster^Anna",
        StudyDescription="CT thorax",
        SeriesDescription="CT thorax",  # which says nothing new
        BodyPartExamined="CHEST",
        AdmittingDiagnosesDescription=["Pneumonia", "Asthma"],
        AdditionalPatientHistory="Cough.\r\nFever.",
        ImageComments="unknown",
        PixelData=b"\0\1" * 1000,
    )
    expected = "Study: CT thorax\nBody part: CHEST\nAdmitting diagnoses: Pneumonia, Asthma\nHistory:\nCough.\nFever."
    assert text(data) == expected
    assert text(data[:-1500]) == expected  # cut off in the pixels, which nobody reads
    record = read(data)
    assert isinstance(record, Document)
    assert (record.doc_type, record.meta["modality"]) == ("dicom_header", "CT")


def test_pixels_are_never_read() -> None:
    data = image(StudyDescription="CT thorax", PixelData=b"\0\1" * 500_000)

    class Counting(io.BytesIO):
        num_bytes = 0

        def read(self, size: int | None = -1) -> bytes:
            found = super().read(size)
            self.num_bytes += len(found)
            return found

    file = Counting(data)
    assert [type(record) for record in dicom.read(file, "x")] == [Document]
    assert file.num_bytes < 2_000


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not DICOM"),
        (b"just words, and enough of them to look like something" * 10, "not DICOM"),
        (b"\0" * 128 + b"DICM", "not DICOM"),
        (image(BodyPartExamined="CHEST"), "no text"),
        (image(ImageComments="  "), "no text"),
        (report(), "no text"),
        (written(Dataset(), "1.2.840.10008.5.1.4.1.1.104.1"), "attachment not text"),
        (report(item("TEXT", "Finding", TextValue=LONG))[:-20], "not DICOM"),
        (image(StudyDescription="CT thorax")[:-4], "not DICOM"),
    ],
)
def test_refusals(data: bytes, reason: str) -> None:
    record = read(data)
    assert isinstance(record, Refusal)
    assert (record.place, record.reason) == ("", reason)


def test_errors_of_the_file_itself_pass_through() -> None:
    packed = gzip.compress(report(item("TEXT", "Finding", TextValue=LONG)))
    with gzip.open(io.BytesIO(packed[:-30])) as file, pytest.raises(EOFError):
        list(dicom.read(file, "x"))  # type: ignore[arg-type]


def test_a_report_nested_very_deeply_does_no_harm() -> None:
    """Explicit lengths all the way in: 3,000 levels, more than the interpreter has frames for."""
    nested = b""
    for _ in range(3_000):
        inner = struct.pack("<HHI", 0xFFFE, 0xE000, len(nested)) + nested
        nested = struct.pack("<HH2sHI", 0x0040, 0xA730, b"SQ", 0, len(inner)) + inner
    data = report(item("TEXT", "Finding", TextValue="Calm."))
    head = data[: data.index(struct.pack("<HH2s", 0x0040, 0xA730, b"SQ"))]
    assert read(head + nested).reason in {"no text", "not DICOM"}  # type: ignore[union-attr]


WHOLE = report(item("CONTAINER", "Findings", children=(item("TEXT", "Finding", TextValue=LONG), measured("Size", "3", "cm"))))


@settings(max_examples=400, deadline=None)
@given(st.lists(st.tuples(st.integers(100, len(WHOLE)), st.integers(0, 8), st.binary(max_size=8)), max_size=5), st.binary(max_size=200))
def test_no_bytes_make_the_reader_raise(edits: list[tuple[int, int, bytes]], noise: bytes) -> None:
    data = WHOLE
    for start, length, piece in edits:
        data = data[:start] + piece + data[start + length :]
    read(data)
    read(noise)
    read(WHOLE[:132] + noise)


@pytest.mark.parametrize("length", range(200, len(WHOLE) - 1, 37))
def test_no_part_of_a_report_passes_for_the_whole(length: int) -> None:
    record = read(WHOLE[:length])
    assert isinstance(record, Refusal)


def test_real_files(shared_data: Path) -> None:
    records = {}
    for path in sorted((shared_data / "structured" / "dicom").glob("*.dcm")):
        with path.open("rb") as file:
            (records[path.stem],) = dicom.read(file, path.name)
    refused = {name: record.reason for name, record in records.items() if isinstance(record, Refusal)}
    assert refused == dict.fromkeys(["ExplVR_BigEnd", "chrFren", "chrH31", "meta_missing_tsyntax", "no_meta_group_length"], "no text")
    found = {name: record.text for name, record in records.items() if isinstance(record, Document)}
    assert found["JPEG2000"] == "Study: Whole Body Bone\nBody part: WHOLE BODY\nComments: JPEG 2000 irreversible (lossy)"
    assert found["rtplan"] == "Plan: Plan1\nDose references: iso; PTV\nBeams: Field 1"
    assert found["test-SR"].startswith("Diagnosis\n\nText Code: A mass of (Code: Sample Code 1, Code: Sample Code 2)\nDiameter: 3 cm")
    assert len(found) == 8
