"""What the fields of HL7 version 2 segments hold, by their place."""

from __future__ import annotations

import re

_SEGMENT = re.compile(r"([A-Z][A-Z0-9]{2})(?=\|)")
_KINDS_OF_FIELDS = {
    **{("PID", field): "MRN" for field in (2, 3, 4)},
    **{("PID", field): "PHONE" for field in (13, 14)},
    ("PID", 18): "ACCOUNT",
    ("PID", 19): "SSN",
    ("PID", 20): "LICENSE",
    **{("NK1", field): "PHONE" for field in (5, 6, 7)},
    **{("PV1", field): "ACCOUNT" for field in (19, 50)},
    **{("IN1", field): "HEALTH_PLAN" for field in (2, 8, 36, 49)},
    **{("GT1", field): "PHONE" for field in (6, 7)},
}
_KINDS_OF_SEGMENTS = {"IN1": "HEALTH_PLAN", "IN2": "HEALTH_PLAN"}  # of a code in a field that is none of the above
_NOBODYS_FIELDS = {  # dates, races, languages, plans: no codes of a person
    "PID": (1, 6, 7, 8, 10, 15, 16, 17, 22, 24, 25, 26, 27, 28, 29, 30, 31, 33),
    "NK1": (1, 8, 9),
    "PV1": (1, 4, 44, 45),
    "IN1": (1, 3, 12, 13, 18, 29),
    "OBR": (1, 4, 6, 7, 8, 14, 22),
    "OBX": (1, 3, 5, 6, 7, 12, 14),
    "DG1": (1, 3, 5),
    "MSH": (1, 6, 11),
    "EVN": (1, 2),
}
_MAX_SEGMENT_CHARS = 600
_MAX_CODE_CHARS = 6
_TIMESTAMP = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])(?:[0-2]\d[0-5]\d){0,2}")


def kind_of_a_field(text: str, start: int) -> str:
    """The kind of a code that fills a field or a cell: of an HL7 segment by its place, else ID."""
    return known_kind_of_a_field(text, start) or "ID"


def known_kind_of_a_field(text: str, start: int) -> str | None:
    """What a code in a field of an HL7 segment must be by its place; None where the place does not say, or there is no segment."""
    place = _place(text, start)
    return None if place is None else _KINDS_OF_FIELDS.get(place, _KINDS_OF_SEGMENTS.get(place[0]))


def is_nobodys(text: str, start: int, end: int) -> bool:
    """Whether `text[start:end]` is a date or a short code in a field of an HL7 segment that holds such: of a race, an insurer, a test. A
    long one may be somebody's, since fields are miscounted."""
    if end - start > _MAX_CODE_CHARS and _TIMESTAMP.fullmatch(text, start, end) is None:
        return False
    place = _place(text, start)
    return place is not None and place[1] in _NOBODYS_FIELDS.get(place[0], ())


def _place(text: str, start: int) -> tuple[str, int] | None:
    """The segment and the number of its field."""
    line_start = text.rfind("\n", max(0, start - _MAX_SEGMENT_CHARS), start) + 1
    segment = _SEGMENT.match(text, line_start)
    return None if segment is None else (segment[1], text.count("|", line_start, start))
