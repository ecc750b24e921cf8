"""Parts of an address that stand by themselves: a flat or suite, a post office box of another country, the code behind a town."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from medpretrain.deidentify.finding import Finding
from medpretrain.deidentify.lexicons import WORD
from medpretrain.deidentify.words import kinds_of

_FLAT = re.compile(
    r"(?<![\w-])(?:(?P<home>Apt\.?|apt\.|APT\.?|[Aa]partment)|Suite|SUITE|Ste\.) ?(?:# ?\d{1,5}[A-Z]?|(?<= )(?:\d{2,5}[A-Z]?|\d[A-Z]))\b"
    r"(?![./:-]\d| ?(?:[ap]\.?m\b|min|hrs?\b|hours?\b|with\b|on\b|at\b|for\b))"
)
_STREET_BEHIND = re.compile(r" \d{1,5} ((?:[^\W\d_a-z][\w'’-]{1,25} ){1,4})\d{1,4}\b(?![./:%-])")
_SUITES_OF_HOSPITALS = (
    "operating|operative|procedure|procedural|surgical|surgery|endoscopy|endo|imaging|angiography|angio|birthing|delivery|cath|echo"
    "|catheterization|lab|mri|ct|pet|sleep|infusion|or|ir|ed|er|hybrid|interventional|isolation|radiology|fluoroscopy|treatment"
)
_SUITES = frozenset(_SUITES_OF_HOSPITALS.split("|"))
_MAX_SUITE_CHARS = 24
_BOX = re.compile(
    r"(?<![\w-])(?:Postfach|Postbus|Post[bB]oks|Post[bB]ox|Postilokero|Apartado(?: de [Cc]orreos| Postal)?|Apdo\.?|Casella [Pp]ostale"
    r"|Case [Pp]ostale|Bo[iî]te [Pp]ostale|Caixa [Pp]ostal|Skrytka pocztowa)(?: [Nn][ro]\.?)? ?\d{1,6}\b(?![./:%-]\d)"
)
_BOX_CUES = ("Post", "Ap", "ostal", "pocztowa")
_CODE = re.compile(  # 5000 u, 1430 hours and 2019 are none
    r",? (\d{5}(?:-\d{3,4})?|(?!(?:18|19|20)\d\d|(?:[01]\d|2[0-3])[0-5]\d)\d{4}|\d{4}(?:-\d{3}| [A-Z]{2})|\d\d-\d{3}|\d{3} \d\d)"
    r"(?=[.,;)]?(?:\s*\Z|\n|\s{2})|[,;] |\. [A-Z]| (?:in|and|or|to|for|with|where|at|on|until|since|when|but)\b)"
)


def find_address_parts(text: str) -> Iterator[Finding]:
    """Flats and boxes, a flat with a street of unknown words right behind it."""
    lower = text.lower()
    if "apt" in lower or "apartment" in lower or "suite" in lower or "Ste. " in text:
        for match in _FLAT.finditer(text):
            before = text[max(0, match.start() - _MAX_SUITE_CHARS) : match.start()].rstrip(" ")
            if match["home"] or before.rpartition(" ")[2].lower() not in _SUITES:
                yield Finding(match.start(), _street_end(text, match.end()), "LOCATION", "flat or suite")
    if any(cue in text for cue in _BOX_CUES):
        for match in _BOX.finditer(text):
            yield Finding(*match.span(), "LOCATION", "box")


def _street_end(text: str, end: int) -> int:
    street = _STREET_BEHIND.match(text, end)
    if street is None or any(kinds_of(word) & WORD for word in street[1].split()):
        return end
    return street.end()


def find_codes_behind(text: str, towns: Iterable[Finding]) -> Iterator[Finding]:
    """Postal codes right behind found towns."""
    for town in towns:
        code = _CODE.match(text, town.end)
        if code is not None:
            yield Finding(*code.span(1), "LOCATION", "postal code behind a town")
