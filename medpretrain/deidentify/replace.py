"""Puts a class's tag or a surrogate in place of each finding.

What becomes of a text depends on the text, its findings, the scope, the settings and the secret alone.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from medpretrain.deidentify.finding import KINDS, Finding, united
from medpretrain.deidentify.secret import Secret
from medpretrain.deidentify.settings import DeidentifySettings
from medpretrain.deidentify.surrogates import OVER_89, Surrogates
from medpretrain.errors import InputError

HASH_DIGITS = 16

_PUT = re.compile(rf"\[(?:{'|'.join(KINDS)})\]|(?<!\d){re.escape(OVER_89)}")


@dataclass(frozen=True, slots=True)
class Replacement:
    """What was done to one finding.

    Attributes:
        kind: of `KINDS`.
        start, end: in the text that was given, in characters.
        new_start, new_end: in the text that was made.
        hash: of what stood there, in hexadecimal digits, keyed with the secret; "" without one. Case and white space do not count.
    """

    kind: str
    start: int
    end: int
    new_start: int
    new_end: int
    hash: str


@dataclass(frozen=True, slots=True)
class Replaced:
    """A text without its identifiers, and what was replaced in it, in order."""

    text: str = field(repr=False)
    replacements: tuple[Replacement, ...]


class Replacer:
    """Replaces as the settings say. Raises InputError where surrogates are wanted and there is no secret."""

    def __init__(self, settings: DeidentifySettings, secret: Secret | None) -> None:
        if settings.mode == "surrogate" and secret is None:
            raise InputError("mode=surrogate", "there is no secret", "secret_file", "name the file of a secret, or use mode=tag")
        self._settings = settings
        self._secret = secret

    def replace(self, text: str, findings: Sequence[Finding], scope: str) -> Replaced:
        """The text with each finding replaced. `findings` are apart and in order; what an earlier run put into the text is left alone.

        `scope` names a patient or a document: in texts of one scope, a name has one surrogate, and dates keep their intervals.
        """
        new = _not_replaced_yet(text, findings)
        surrogates = None
        if self._settings.mode == "surrogate" and self._secret is not None:
            surrogates = Surrogates(self._settings, self._secret, text, new, scope)
        pieces: list[str] = []
        replacements = []
        done = length = 0
        for finding in new:
            put = (surrogates and surrogates.of(finding)) or f"[{finding.kind}]"
            pieces += text[done : finding.start], put
            new_start = length + finding.start - done
            length, done = new_start + len(put), finding.end
            replacements.append(Replacement(finding.kind, finding.start, finding.end, new_start, length, self._hash(text, finding)))
        return Replaced("".join((*pieces, text[done:])), tuple(replacements))

    def _hash(self, text: str, finding: Finding) -> str:
        if self._secret is None:
            return ""
        return hash_of_identifier(self._secret, text[finding.start : finding.end])


def hash_of_identifier(secret: Secret, identifier: str) -> str:
    """As it stands in the audit trail: whoever has the secret finds out by it where an identifier stood."""
    normal = " ".join(identifier.casefold().split())
    return secret.digest("identifiers", normal.encode(errors="surrogatepass")).hex()[:HASH_DIGITS]


def _not_replaced_yet(text: str, findings: Sequence[Finding]) -> Sequence[Finding]:
    """The findings but for those of what an earlier run put there; one that touches it takes in all of it."""
    puts = [put.span() for put in _PUT.finditer(text)] if "[" in text or OVER_89 in text else []
    if not puts:
        return findings
    starts, ends = [start for start, _ in puts], [end for _, end in puts]
    wider = []
    for finding in findings:
        touched = puts[bisect_right(ends, finding.start) : bisect_left(starts, finding.end)]
        if touched:
            start, end = min(finding.start, touched[0][0]), max(finding.end, touched[-1][1])
            has_age = finding.kind == "AGE" and any(text.startswith(OVER_89, place) for place, _ in touched)
            if has_age or not any(map(str.isalnum, _PUT.sub("", text[start:end]))):
                continue
            finding = replace(finding, start=start, end=end)
        wider.append(finding)
    return united(wider)
