"""Codes that a person beside them makes theirs: behind or before a name, behind a name and a date of birth, in a field of HL7."""

from __future__ import annotations

import re

from medpretrain.deidentify.codes import DATE_LIKE, is_rising

_LAST = r"(?<![^\W_])[^\W\d_a-z][\w'’-]{1,30}"
_FIRST = r"(?:[^\W\d_a-z][^\W\d_A-Z][\w'’-]{0,30}|[^\W\d_a-z][^\Wa-z\d_]{1,30}(?:['’-][^\Wa-z\d_]{2,30})?)(?:\s[A-Z]\.?)?"
_LINK = r"(?:[,;:]?\s{1,3}|,|\s{0,2}[(\[#|/]|\s[-–]\s)\s?"
_DATE = r"(?:\d{1,2}[-/.]\d{1,2}[-/.](?:\d{4}|\d\d)|(?:19|20)\d\d-\d\d-\d\d|\d{1,2}[\s-][A-Z][A-Za-z]{2,8}[\s-]\d{4})"
_AGE = r",\s\d{1,3}(?:\s?(?:[MFmf]|y/?o))?"
_LISTED_NAME_BEFORE = re.compile(rf"{_LAST},\s?{_FIRST}(?:{_AGE})?(?:{_LINK}|[\"”']{{0,2}},?\s(?:and|with)?\s?[\"“']?|[\"”'],?\s?[\"“'])\Z")
_NAME_BEFORE = re.compile(rf"{_LAST}\s(?:[A-Z]\.?\s)?{_LAST}(?:,\s|\s[(#])\Z")
_BIRTH_BEFORE = re.compile(rf"{_LAST}[,\s]\s?(?:[(]?(?:DOB|dob|b\.|born)?[:\s]?\s?)?{_DATE}[),;]{{0,2}}\s\Z")
_NAME_BEHIND = re.compile(rf"\s{{1,4}}[^\W\d_a-z][\w'’-]{{1,30}},\s?{_FIRST}(?![^\W_])")
_LINE_BEFORE = re.compile(r"(?:\A|[\n|]\s{0,4})\Z")
_VALUE = re.compile(
    r"\d{2,4}(?: \d{2,4}){1,3}|\d{3,4}-\d{3,4}|\d{2,3}(?:[-.]\d{2,3}){2}|\d{6,12}(?:-\d{1,2})?|[A-Z]{1,4}-?\d{5,10}"
    r"|\d{1,3}/\d{5,8}|\d{5,8}/\d{2,4}"
)
_GROUPS = re.compile(r"\d{2,4}(?: \d{2,4}){1,3}|\d{4}-\d{4}")
_YEARS_OR_DATE = re.compile(r"(?:19|20)\d\d-(?:19|20)\d\d\Z|(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])")
_MIN_DIGITS, _MIN_DIGITS_ALONE, _MAX_BEFORE_CHARS = 5, 6, 80
_MAX_SEGMENT_CHARS = 600
_MAX_RANGE_CHARS = 7  # of values: 140-188
_CODED_FIELDS = {
    "OBX": 3,
    "OBR": 4,
    "AL1": 3,
    "DG1": 3,
    "PR1": 3,
    "RXA": 5,
    "RXE": 2,
    "RXO": 1,
    "RXD": 2,
    "FT1": 7,
}  # field of each segment
_FIELD_BEFORE, _PATIENT_LINE = re.compile(r"[|~]\s?\Z"), re.compile(r"PID\|[^\n]{0,80}\Z")


def is_beside_a_person(text: str, start: int, end: int) -> bool:
    """Whether `text[start:end]` stands as in "Bell, Ann Q. 801 789 14", "Ann Bell, 988 316 05" or "Ann Bell 3/23/1949, MD-07869"."""
    written = text[start:end]
    min_digits = _MIN_DIGITS if written[0].isalpha() else _MIN_DIGITS_ALONE
    if _VALUE.fullmatch(written) is None or sum(map(str.isdecimal, written)) < min_digits:
        return False
    if DATE_LIKE.fullmatch(written) or _YEARS_OR_DATE.match(written) or (len(written) <= _MAX_RANGE_CHARS and is_rising(written)):
        return False
    first = max(0, start - _MAX_BEFORE_CHARS)
    if _LISTED_NAME_BEFORE.search(text, first, start) or _BIRTH_BEFORE.search(text, first, start):
        return True
    if _GROUPS.fullmatch(written) and _NAME_BEFORE.search(text, first, start):
        return True
    return _LINE_BEFORE.search(text, max(0, start - 5), start) is not None and _NAME_BEHIND.match(text, end) is not None


def kind_in_a_message(text: str, start: int, end: int) -> str | None:
    """The kind of a code that is the first part of an HL7 field with several (`|801 789 14^^^MR|`); None where it is none."""
    if text[end : end + 1] != "^" or _FIELD_BEFORE.search(text, max(0, start - 2), start) is None:
        return None
    if sum(map(str.isdecimal, text[start:end])) < _MIN_DIGITS or _is_of_a_classification(text, start, end):
        return None
    return "MRN" if _PATIENT_LINE.search(text, max(0, start - _MAX_BEFORE_CHARS), start) else "ID"


def _is_of_a_classification(text: str, start: int, end: int) -> bool:
    """Whether it says what was ordered, measured or found: of LOINC, CPT, SNOMED, RxNorm, CVX."""
    line_start = text.rfind("\n", max(0, start - _MAX_SEGMENT_CHARS), start) + 1
    field = _CODED_FIELDS.get(text[line_start : line_start + 3])
    return field is not None and text.count("|", line_start, start) == field
