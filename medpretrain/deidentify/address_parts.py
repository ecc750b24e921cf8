"""Parts of an address that stand by themselves: a flat or suite, a post office box of another country, the code behind a town."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from medpretrain.deidentify.finding import Finding

_FLAT = re.compile(
    r"(?<![\w-])(?:[Aa]pt\.?|APT\.?|[Aa]partment|(?:Suite|SUITE|Ste\.))(?: ?# ?| )\d{2,5}[A-Z]?\b(?![./:-]\d)"
    r"(?: \d{1,5} (?:[^\W\d_a-z][\w'’-]{1,25} ){1,4}\d{1,4}\b(?![./:%-]))?"
)
_SUITES = frozenset(  # that are rooms of a hospital
    ["operating", "operative", "procedure", "surgical", "surgery", "endoscopy", "imaging", "angiography", "angio", "birthing", "delivery"]
)
_SUITES |= {"cath", "catheterization", "lab", "mri", "ct", "pet", "sleep", "infusion", "or", "ir", "radiology", "fluoroscopy", "treatment"}
_BOX = re.compile(
    r"(?<![\w-])(?:Postfach|Postbus|Post[bB]oks|Post[bB]ox|Postilokero|Apartado(?: de [Cc]orreos| Postal)?|Apdo\.?|Casella [Pp]ostale"
    r"|C\.P\.|Case [Pp]ostale|Bo[iî]te [Pp]ostale|B\.P\.|Caixa [Pp]ostal|Skrytka pocztowa|Pf\.)(?: [Nn][ro]\.?)? ?\d{1,6}\b(?![./:%-]\d)"
)
_BOX_CUES = ("Post", "Ap", "ostal", ".P.", "pocztowa", "Pf.")
_UNITS = r"mg|mcg|m[lL]|cc|g|kg|[uU]nits?|IU|cm|mm|hours?|hrs?|people|persons?|patients?|cases|copies|miles|km|feet|ft|years?|days?|weeks?"
_CODE = re.compile(
    r",? (\d{5}(?:-\d{3,4})?|(?!(?:18|19|20)\d\d)\d{4}(?:-\d{3}| [A-Z]{2})?|\d\d-\d{3}|\d{3} \d\d)(?![\w:/%-]|[.,]\d)"
    rf"(?! ?(?:{_UNITS})\b)"
)


def find_address_parts(text: str) -> Iterator[Finding]:
    """Flats and boxes, with a street right behind a flat."""
    lower = text.lower()
    if "apt" in lower or "apartment" in lower or "suite" in lower or "Ste. " in text:
        for match in _FLAT.finditer(text):
            if match.group()[0] in "aA" or text[: match.start()].rstrip(" ").rpartition(" ")[2].lower() not in _SUITES:
                yield Finding(*match.span(), "LOCATION", "flat or suite")
    if any(cue in text for cue in _BOX_CUES):
        for match in _BOX.finditer(text):
            yield Finding(*match.span(), "LOCATION", "box")


def find_codes_behind(text: str, towns: Iterable[Finding]) -> Iterator[Finding]:
    """Postal codes right behind found towns."""
    for town in towns:
        code = _CODE.match(text, town.end)
        if code is not None:
            yield Finding(*code.span(1), "LOCATION", "postal code behind a town")
