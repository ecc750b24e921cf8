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
    **{("IN1", field): "HEALTH_PLAN" for field in (2, 3, 8, 36, 49)},
    **{("GT1", field): "PHONE" for field in (6, 7)},
}
_MAX_SEGMENT_CHARS = 600


def kind_of_a_field(text: str, start: int) -> str:
    """The kind of a code that fills a field or a cell: of an HL7 segment by its place, else ID."""
    line_start = text.rfind("\n", max(0, start - _MAX_SEGMENT_CHARS), start) + 1
    segment = _SEGMENT.match(text, line_start)
    return "ID" if segment is None else _KINDS_OF_FIELDS.get((segment[1], text.count("|", line_start, start)), "ID")
