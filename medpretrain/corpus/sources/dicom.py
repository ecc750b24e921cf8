"""The text of a DICOM file: the tree of a structured report, or what the header of an image or a plan says in words. Pixels are never read.

Besides the names that all readers share, `meta` holds `accession_number`, `modality`, `study_uid` and, of a report, `status`
("COMPLETE", "PARTIAL"). Names of persons, and who or what observed, are left out of the text.

Reasons of refusals: "not DICOM", "no text", "attachment not text".
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from typing import IO, Any

import pydicom
from pydicom.dataset import Dataset
from pydicom.filereader import read_partial
from pydicom.multival import MultiValue
from pydicom.tag import BaseTag

from medpretrain.corpus.document import Document
from medpretrain.corpus.sources.attachment import NOT_TEXT
from medpretrain.corpus.sources.clinical import iso_date, readable_unit, tidy
from medpretrain.corpus.sources.dicom_identity import identity_of_header
from medpretrain.corpus.sources.record import Record, Refusal, beginning
from medpretrain.deidentify.identity import Identity

MAX_ITEMS = 100_000  # of a report
INLINE_CHARACTERS = 80  # a text up to this long stands behind its name, a longer one below it

_NOT_READ = frozenset({0x7FE00008, 0x7FE00009, 0x7FE00010, 0x00420011})  # pixels, and the encapsulated document
_ENCAPSULATED = {
    "1.2.840.10008.5.1.4.1.1.104.1": "application/pdf",
    "1.2.840.10008.5.1.4.1.1.104.2": "text/xml (CDA)",
    "1.2.840.10008.5.1.4.1.1.104.3": "model/stl",
    "1.2.840.10008.5.1.4.1.1.104.4": "model/obj",
    "1.2.840.10008.5.1.4.1.1.104.5": "model/mtl",
}

# What a header says in words, in the order a person would want it. Free text by itself makes a document; the others are said beside it.
_FREE = {
    "StudyDescription": "Study",
    "SeriesDescription": "Series",
    "ProtocolName": "Protocol",
    "RequestedProcedureDescription": "Requested procedure",
    "PerformedProcedureStepDescription": "Performed procedure",
    "ReasonForTheRequestedProcedure": "Reason",
    "ReasonForStudy": "Reason",
    "ReasonForVisit": "Reason for visit",
    "AdmittingDiagnosesDescription": "Admitting diagnoses",
    "AdditionalPatientHistory": "History",
    "MedicalAlerts": "Medical alerts",
    "Allergies": "Allergies",
    "RequestedProcedureComments": "Comments on the request",
    "CommentsOnThePerformedProcedureStep": "Comments on the procedure",
    "StudyComments": "Comments on the study",
    "ImageComments": "Comments",
    "VisitComments": "Comments on the visit",
    "InterpretationText": "Interpretation",
    "InterpretationDiagnosisDescription": "Diagnosis",
    "Impressions": "Impressions",
    "ResultsComments": "Comments on the results",
    "RTPlanLabel": "Plan",
    "RTPlanName": "Plan",
    "RTPlanDescription": "Description of the plan",
    "TreatmentProtocols": "Treatment protocols",
    "PrescriptionDescription": "Prescription",
    "StructureSetLabel": "Structure set",
    "StructureSetName": "Structure set",
    "StructureSetDescription": "Description of the structure set",
    "RTImageLabel": "Image",
    "RTImageName": "Image",
    "RTImageDescription": "Description of the image",
    "SeriesComments": "Comments on the series",
    "AcquisitionComments": "Comments on the acquisition",
}
_BESIDE = {"BodyPartExamined": "Body part", "ContrastBolusAgent": "Contrast", "PlanIntent": "Intent"}
_LISTED = {  # sequence -> what each item is called, and what the list is
    "StructureSetROISequence": (("ROIName", "ROIDescription"), "Structures"),
    "DoseReferenceSequence": (("DoseReferenceDescription",), "Dose references"),
    "BeamSequence": (("BeamName", "BeamDescription"), "Beams"),
}
_HIDDEN_RELATIONSHIPS = frozenset({"HAS OBS CONTEXT"})
_LANGUAGE = frozenset({"121049", "121047"})  # concepts: language of the content, of a value
_DATES = frozenset({"DATE", "TIME", "DATETIME"})


def read(file: IO[bytes], name: str, identities: bool = True) -> Iterator[Record]:
    """The one document of a DICOM file, or its refusal."""
    watched = _Watched(file)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of pydicom, about values that break the standard
            record = _record(watched, name, identities)
    except Exception as error:  # pydicom raises nearly anything, as late as when a value is looked at
        record = Refusal("", "not DICOM", f"{type(error).__name__}: {error}"[:200], beginning(watched.begins))
    if watched.failure is not None:  # which pydicom may have kept to itself
        raise watched.failure
    yield record


class _Watched:
    """A file that remembers its own errors, which are not those of its content, and whether something was cut off."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.failure: Exception | None = None
        self.cut_off = False
        self.begins = b""

    def read(self, size: int = -1) -> bytes:
        try:
            data = self._file.read(size)
        except Exception as error:
            self.failure = error
            raise
        # pydicom looks for the next element in 8 bytes, and takes none for the end; whatever else is short was to be there.
        if 0 < len(data) < size or (not data and size not in {0, 8, -1}):
            self.cut_off = True
        if len(self.begins) < 200:
            self.begins += data[:200]
        return data

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()


def _record(file: _Watched, name: str, identities: bool) -> Record:
    dataset = read_partial(file, stop_when=_is_not_read, force=True)  # type: ignore[arg-type]
    begins = beginning(file.begins)
    if not dataset.preamble and "SOPClassUID" not in dataset and "Modality" not in dataset:
        return Refusal("", "not DICOM", "there is no DICM mark, and no element says what it is", begins)
    if file.cut_off:
        return Refusal("", "not DICOM", "it is cut off", begins)
    kind = _value(dataset, "SOPClassUID")
    if kind in _ENCAPSULATED:
        return Refusal("", NOT_TEXT, _ENCAPSULATED[kind], begins)
    is_report = "ContentSequence" in dataset
    text = _report_text(dataset) if is_report else _header_text(dataset)
    if not text:
        return Refusal("", "no text", f"{_value(dataset, 'Modality') or 'a header'} without words", begins)
    meta = {
        "date": _date(dataset, "Study") or _date(dataset, "Content") or _date(dataset, "Series") or _date(dataset, "InstanceCreation"),
        "patient_id": _value(dataset, "PatientID"),
        "encounter_id": _value(dataset, "AdmissionID"),
        "record_id": _value(dataset, "SOPInstanceUID"),
        "title": _value(dataset, "StudyDescription"),
        "language": _language(dataset) if is_report else "",
        "accession_number": _value(dataset, "AccessionNumber"),
        "modality": _value(dataset, "Modality"),
        "study_uid": _value(dataset, "StudyInstanceUID"),
        "status": _value(dataset, "CompletionFlag"),
    }
    doc_type = "radiology_report" if is_report else "dicom_header"
    identity = identity_of_header(dataset, meta["patient_id"]) if identities else Identity()
    return Document(meta["record_id"] or name, text, "", doc_type, {key: value for key, value in meta.items() if value}, identity=identity)


def _is_not_read(tag: BaseTag, vr: str | None, length: int) -> bool:
    return int(tag) in _NOT_READ


def _header_text(dataset: Dataset) -> str:
    said: dict[str, None] = {}
    lines: list[str] = []
    for key, label in _FREE.items():
        text = _words(dataset, key)
        if text and text not in said:
            said[text] = None
            lines.append(f"{label}:\n{text}" if "\n" in text else f"{label}: {text}")
    for key, (names, label) in _LISTED.items():
        items = [", ".join(dict.fromkeys(word for name in names if (word := _words(item, name)))) for item in _items(dataset, key)]
        if listed := "; ".join(dict.fromkeys(item for item in items if item)):
            lines.append(f"{label}: {listed}")
    if not lines:
        return ""
    beside = [f"{label}: {text}" for key, label in _BESIDE.items() if (text := _words(dataset, key))]
    return "\n".join(lines[:1] + beside + lines[1:])


def _report_text(dataset: Dataset) -> str:
    """The tree as text: a container's name is a heading, an item a line, what hangs on an item in braces behind it or a line below."""
    lines: list[str] = []
    if title := _concept(dataset):
        lines.append(title)
    pending: list[tuple[Dataset | None, int]] = [(item, 0) for item in reversed(_items(dataset, "ContentSequence"))]
    heading = title
    for _ in range(MAX_ITEMS):
        if not pending:
            break
        item, depth = pending.pop()
        if item is None:  # a section ends: what follows is not of it
            lines.append("")
            heading = ""
            continue
        relationship, kind = _value(item, "RelationshipType"), _value(item, "ValueType")
        if relationship in _HIDDEN_RELATIONSHIPS or _concept_code(item) in _LANGUAGE:
            continue
        children = _items(item, "ContentSequence")
        if kind == "CONTAINER":
            heading = _concept(item)
            lines += ["", heading] if heading else [""]
            pending += [(None, 0), *((child, 0) for child in reversed(children))]
            continue
        qualifiers = [child for child in children if _is_qualifier(child)]
        line = _item_line(item, kind, heading)
        behind = ", ".join(words for child in qualifiers if (words := _item_line(child, "CODE", heading)))
        if line:
            lines.append("  " * depth + (f"{line} ({behind})" if behind else line).replace("\n", "\n" + "  " * depth))
        elif behind:
            lines.append("  " * depth + behind)
        below = [child for child in children if not _is_qualifier(child)]
        pending += [(child, depth + bool(line)) for child in reversed(below)]
    return tidy("\n".join(lines)) if any(line.strip() for line in lines[bool(title) :]) else ""


def _is_qualifier(item: Dataset) -> bool:
    return _value(item, "RelationshipType") == "HAS CONCEPT MOD" and _value(item, "ValueType") == "CODE"


def _item_line(item: Dataset, kind: str, heading: str) -> str:
    """An item with its name, which is left out where it only repeats its heading ("Findings": "Finding")."""
    if kind == "TEXT":
        value = tidy(_text(item.get("TextValue")))
    elif kind == "NUM":
        value = _measured(item)
    elif kind == "CODE":
        value = next((_meaning(code) for code in _items(item, "ConceptCodeSequence")), "")
    elif kind in _DATES:
        value = _readable_date(_value(item, {"DATE": "Date", "TIME": "Time", "DATETIME": "DateTime"}[kind]), kind)
    else:
        return ""  # names, identifiers, references to images, coordinates
    name = _concept(item)
    if not value or not name or (heading and name.lower().rstrip("s") == heading.lower().rstrip("s")):
        return value
    return f"{name}\n{value}" if "\n" in value or (kind == "TEXT" and len(value) > INLINE_CHARACTERS) else f"{name}: {value}"


def _measured(item: Dataset) -> str:
    measured = next(iter(_items(item, "MeasuredValueSequence")), None)
    if measured is None:
        return next((_meaning(code) for code in _items(item, "NumericValueQualifierCodeSequence")), "")
    unit = next((_value(code, "CodeValue") or _meaning(code) for code in _items(measured, "MeasurementUnitsCodeSequence")), "")
    unit = readable_unit(unit)
    number = _value(measured, "NumericValue")
    return f"{number}{'' if unit in {'', '%'} or unit.startswith('no unit') else ' '}{'' if unit.startswith('no unit') else unit}"


def _readable_date(value: str, kind: str) -> str:
    if kind == "TIME":
        return ":".join(re.findall(r"\d\d", value.partition(".")[0])[:3])
    return iso_date(value).replace("T", " ")


def _date(dataset: Dataset, of: str) -> str:
    """StudyDate and StudyTime, or the like, as ISO 8601. Old files write "1997.04.24" and "14:04:38"."""
    day = re.sub(r"\D", "", _value(dataset, f"{of}Date"))
    time = re.sub(r"\D", "", _value(dataset, f"{of}Time").partition(".")[0])
    offset = _value(dataset, "TimezoneOffsetFromUTC") if time else ""
    if len(day) != 8:
        return ""
    return iso_date(f"{day}{time}{offset}") or iso_date(day)


def _language(dataset: Dataset) -> str:
    for item in _items(dataset, "ContentSequence"):
        if _concept_code(item) in _LANGUAGE:
            return next((_value(code, "CodeValue") for code in _items(item, "ConceptCodeSequence")), "")
    return ""


def _concept(item: Dataset) -> str:
    return next((_meaning(code) for code in _items(item, "ConceptNameCodeSequence")), "")


def _concept_code(item: Dataset) -> str:
    return next((_value(code, "CodeValue") for code in _items(item, "ConceptNameCodeSequence")), "")


def _meaning(code: Dataset) -> str:
    return " ".join(_value(code, "CodeMeaning").split())


def _items(dataset: Dataset, key: str) -> list[Dataset]:
    found = dataset.get(key)
    return list(found) if isinstance(found, pydicom.Sequence) else []


def _words(dataset: Dataset, key: str) -> str:
    """A value for a person: the name of the first code where the value is a sequence, "" for fillers."""
    value = dataset.get(key)
    text = ", ".join(_meaning(code) for code in value) if isinstance(value, pydicom.Sequence) else _text(value)
    text = tidy(text)
    return text if re.search(r"[^\W_]", text) and text.lower() not in {"none", "n/a", "na", "unknown", "null"} else ""


def _value(dataset: Dataset, key: str) -> str:
    return _text(dataset.get(key)).strip()


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, (MultiValue, list)):
        return ", ".join(str(part) for part in value)
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)
