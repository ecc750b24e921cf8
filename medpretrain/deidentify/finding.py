"""What every finder returns: a stretch of a text, and which of Safe Harbor's classes it belongs to.

Safe Harbor (45 CFR 164.514(b)(2)) names eighteen classes of identifiers, (A) to (R). A kind here is one of them or a part of one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

SAFE_HARBOR = {  # kind -> the class of 164.514(b)(2)(i)
    "SSN": "G",
    "EMAIL": "F",
    "URL": "N",
    "IP": "O",
    "FAX": "E",
    "PHONE": "D",
    "MRN": "H",
    "HEALTH_PLAN": "I",
    "ACCOUNT": "J",
    "LICENSE": "K",
    "VEHICLE": "L",
    "DEVICE": "M",
    "BIOMETRIC": "P",
    "PHOTO": "Q",
    "ID": "R",  # any other number, characteristic or code of one person
    "DATE": "C",  # all of a date but its year
    "AGE": "C",  # over 89
    "NAME": "A",
    "HOSPITAL": "B",
    "LOCATION": "B",  # smaller than a state
}
KINDS = tuple(SAFE_HARBOR)
_RANK = {
    kind: rank for rank, kind in enumerate(sorted(KINDS, key="NAME".__eq__))
}  # a stretch that may be both is rather a place than a name


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """An identifier in a text: `text[start:end]`.

    Attributes:
        start, end: in characters (code points).
        kind: one of `KINDS`.
        rule: what found it, by a name that is the same in every run ("npi", "title before a name"): never a word of the text.
    """

    start: int
    end: int
    kind: str
    rule: str


def united(findings: Iterable[Finding]) -> list[Finding]:
    """The findings in order, without overlaps. Those that overlap become one that covers them all, since to remove too little is the worse
    error; its kind and rule are those of the longest, at equal lengths of the kind that stands first in `KINDS`, a name last."""
    apart: list[Finding] = []
    for finding in sorted(findings, key=lambda one: (one.start, -one.end, _RANK[one.kind], one.rule)):
        if apart and finding.start < apart[-1].end:
            apart[-1] = _over_both(apart[-1], finding)
        else:
            apart.append(finding)
    return apart


def _over_both(first: Finding, second: Finding) -> Finding:
    lead = min(first, second, key=lambda one: (one.start - one.end, _RANK[one.kind], one.rule))
    return Finding(first.start, max(first.end, second.end), lead.kind, lead.rule)
