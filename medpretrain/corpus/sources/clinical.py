"""What the clinical formats share: kinds of documents by their codes, and how flags, units, dates and ages are written for a person."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable

# HL7 table 0078 (OBX-8, Observation.interpretation). Normal is not said.
INTERPRETATIONS = {"H": "high", "L": "low", "HH": "critically high", "LL": "critically low", "A": "abnormal", "AA": "critically abnormal"}
INTERPRETATIONS |= {"R": "resistant", "S": "susceptible", "I": "intermediate", "POS": "positive", "NEG": "negative", "N": "", "NORM": ""}
INTERPRETATIONS |= {"HX": "critically high", "LX": "critically low", "U": "risen", "D": "fallen", "ND": "not detected", "DET": "detected"}

# SNOMED CT tells homonyms apart by a tag behind the name, which nobody would write in a note.
_SNOMED_TAG = re.compile(
    r"\s*\((?:finding|disorder|procedure|situation|regime/therapy|observable entity|substance|product|person|event|specimen)\)$",
    re.IGNORECASE,
)

_DATE = re.compile(r"(\d{4})(?:(\d\d)(?:(\d\d)(?:(\d\d)(\d\d)?(?:(\d\d)(?:\.\d*)?)?)?)?)?\s*([+-]\d{4})?$")

_UNITS = {"mm[Hg]": "mmHg", "[in_i]": "in", "[lb_av]": "lb", "[degF]": "°F", "Cel": "°C", "cm[H2O]": "cmH2O", "1": ""}

# HL7 table 0074 (OBR-24, DiagnosticReport.category), and LOINC's codes and parts in the same places.
_REPORTS = {
    "radiology_report": "RAD RX XRC CT CUS DXA IMG MR MRI NMR NMS NUC OUS PET RUS US VUS XR LP29684-5 18748-4 68604-8",
    "pathology_report": "PAT SP CP CYT PATH LP7839-6 27898-6 11526-1 60567-5 22637-3",
    "laboratory_report": "LAB BG BLB CG CH CHEM GE HM HEM IMM MB MCB MICRO MYC PAR SR TX URN VR LP29693-6 26436-6 11502-2 18725-2 18719-5",
}

# HL7 table 0270 (TXA-2), and LOINC's document types (DocumentReference.type, Composition.type).
_NOTES = {
    "discharge_summary": "DS 18842-5 28655-9 29761-8 34105-7 34106-5",
    "progress_note": "PR 11506-3 18733-6 28569-2 34130-5 34132-1",
    "consultation_note": "CN PC 11488-4 18841-7 34100-8 34749-2",
    "history_and_physical": "HP PH 34117-2 11492-6 28626-0 34115-6 51847-2",
    "operative_note": "OP 11504-8 28573-4 34137-0",
    "procedure_note": "PN 28570-0 28579-1",
    "transfer_summary": "TS 18761-7 28616-1",
    "referral_note": "57133-1 57134-9",
    "emergency_note": "ED 34111-5 34878-9 28568-4 51846-4 59258-4",
    "nursing_note": "34746-8 28651-8 28623-7",
    "clinical_summary": "34133-9 60591-5 68608-9",
    "pathology_report": "AR 18743-5",
    "radiology_report": "DI",
}


def _by_code(table: dict[str, str]) -> dict[str, str]:
    return {code: kind for kind, codes in table.items() for code in codes.split()}


_REPORT_KINDS = _by_code(_REPORTS)
_NOTE_KINDS = _by_code(_NOTES)
_DOCUMENT_KINDS = {code: kind for code, kind in _REPORT_KINDS.items() if "-" in code} | {"SP": "pathology_report"} | _NOTE_KINDS


def report_kind(codes: Iterable[str]) -> str:
    """The doc_type of a report by its category and its own codes, the first that is known; else "diagnostic_report"."""
    return next((_REPORT_KINDS[code] for code in codes if code in _REPORT_KINDS), "diagnostic_report")


def document_kind(codes: Iterable[str]) -> str:
    """The doc_type of a document by its type; else "clinical_note"."""
    return next((_DOCUMENT_KINDS[code] for code in codes if code in _DOCUMENT_KINDS), "clinical_note")


def plain_name(display: str) -> str:
    """The name of a concept on one line, without SNOMED CT's tag."""
    return _SNOMED_TAG.sub("", " ".join(display.split()))


def readable_unit(unit: str) -> str:
    """A unit as a person writes it: UCUM puts what is no unit in braces ("{cells}/uL"), and customary units in brackets."""
    unit = unit.strip()
    return _UNITS.get(unit) or ("" if unit == "1" else re.sub(r"\{([^{}]*)\}", lambda found: found[1].replace("_", " "), unit))


def sex_and_age(sex: str, birth: str, day: str) -> str:
    """How a note begins ("female, 25 years"), of ISO dates; no age beyond 89, which could tell who it is."""
    age = ""
    if re.match(r"\d{4}-\d\d-\d\d", birth) and re.match(r"\d{4}-\d\d-\d\d", day):
        years = int(day[:4]) - int(birth[:4]) - (day[5:10] < birth[5:10])
        age = "90 years or older" if years >= 90 else f"{years} years" if years >= 2 else "under 2 years" if years >= 0 else ""
    return ", ".join(word for word in (sex, age) if word)


def iso_date(text: str) -> str:
    """A date of HL7 v2 or DICOM ("20140203", "201402031015+0100") as ISO 8601; "" where it is none."""
    found = _DATE.match(text.strip())
    if not found:
        return ""
    year, month, day, hour, minute, second, offset = found.groups()
    try:
        datetime.date(int(year), int(month or 1), int(day or 1))
    except ValueError:
        return ""
    date = "-".join(part for part in (year, month, day) if part)
    if not (day and hour and minute) or int(hour) > 23 or int(minute) > 59:
        return date
    return f"{date}T{hour}:{minute}{':' + second if second else ''}{offset[:3] + ':' + offset[3:] if offset else ''}"


def tidy(text: str) -> str:
    """Text with "\\n" for every kind of line end, without control characters, blanks at line ends and empty lines around it."""
    text = re.sub(r"[\x00-\x08\x0e-\x1f\x7f]", "", text.replace("\r\n", "\n").replace("\r", "\n"))
    lines = "\n".join(line.rstrip() for line in text.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", lines).strip("\n")
