"""Numbers that are found by their own shape wherever they stand, or by a word that stands some way before them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from medpretrain.deidentify.finding import Finding


@dataclass(frozen=True, slots=True)
class _Shape:
    """A way to write one kind of number, found wherever it stands."""

    kind: str
    rule: str
    needs: tuple[
        re.Pattern[str], ...
    ]  # one of them is found in every text that has such a number; each begins with a letter or sign, thus fast
    pattern: re.Pattern[str]


_CARS = (
    "plates?|vehicle|car|truck|sedan|suv|van|pick-?up|motorcycle|scooter|tag|rego|licen[sc]e|toyota|honda|ford|chev\\w+|nissan|subaru|jeep|dodge|hyundai"
    "|kia|bmw|audi|volvo|tesla|mazda|lexus|buick|volkswagen|vw|mercedes"
)
_PLATE = (
    r"[A-Z]{2,3}[- ]?\d{3,4}|\d{1,3}[- ]?[A-Z]{2,3}[- ]?\d{1,4}|\d{3,4}[- ]?[A-Z]{2,3}|[A-Z]{2}\d{2}[- ]?[A-Z]{3}|[A-Z]{1,3}\d[A-Z]?\d{2,4}"
    r"|[A-Z]{2}[- ]\d{2}[- ][A-Z]{2}|[A-Z]{1,3}\d{1,3}[- ]\d?[A-Z]{2,3}"
)
_PLATE_WORDS = r"(?:licen[sc]e\s|number\s|reg(?:istration)?\s)?(?:plates?|tag)|rego|(?:vehicle|car)\sreg(?:istration)?|veh(?:icle)?\s?\d?:"
_ANY_PLATE = (  # letters and digits in one to three groups; no levels of the spine (C5-C6)
    r"(?![CTLS]\d{1,2}[- /][CTLS]?\d{1,2}\b)(?:[A-Z]{2}[ -])?(?=[A-Z0-9]{0,7}[- ]?[A-Z0-9]{0,5}\d)"
    r"(?:(?=[0-9]{0,7}[A-Z])[A-Z0-9]{5,8}|(?=[0-9]{1,4}[- ][A-Z0-9]{0,5}[A-Z]|[0-9]{0,3}[A-Z])[A-Z0-9]{1,4}(?:[- ][A-Z0-9]{2,5}){1,2})"
)
_VEHICLES = (
    r"lates?\W LATES?\W ehicle VEHICLE car\W Car\W ruck sedan tag\W Tag\W rego\W cooter oyota Honda"
    r" Ford\s Chev Nissan ubaru Jeep Dodge yundai Kia\s BMW Audi Volvo Tesla Mazda Lexus Buick olkswagen ercedes SUV"
)
_NETWORKS = "witter nstagram acebook napchat ik[Tt]ok kype elegram inked[Ii]n sername user\\s[Nn]ame User\\s[Nn]ame creen\\s[Nn]ame"


def _literal(*patterns: str) -> tuple[re.Pattern[str], ...]:
    return tuple(map(re.compile, patterns))


_FILE_EXTENSIONS = r"(?:jpe?g|png|gif|tiff?|bmp|hei[cf]|webp|cr2|nef|dng|dcm|mp4|mov|avi)"
_SHAPES = (
    _Shape(
        "SSN",
        "ssn, masked",
        _literal(r"XX[- ]?\d", r"xx[- ]?\d", r"\*\*[- ]?\d", r"##[- ]?\d", r"••[- ]?\d"),
        re.compile(r"(?<![\w-])(?:[Xx*#•]{3}[- ]?[Xx*#•]{2}[- ]?)\d{4}(?![\w-])"),
    ),
    _Shape(
        "SSN",
        "last digits of a ssn",
        _literal("SSN", "ssn", "Ssn", r"ocial\s[Ss]ec", r"OCIAL\sSEC", r"ocial\s[^\n]{0,12}\d", r"of\s(?:the\s|his\s|her\s)?social"),
        re.compile(
            r"(?:\bssn|social(?:\ssecurity)?)[^\n.\d]{0,25}?\b(?:last\s(?:four|4)(?:\sdigits)?|end(?:ing|s)(?:\s(?:in|with))?)\W{0,3}(?:(?:is|are|of)\s)?"
            r"(?P<value>\d{4})(?!\w)"
            r"|\blast\s(?:four|4)(?:\sdigits)?\s(?:of\s)?(?:(?:his|her|the|pt|patient'?s?)\s)?(?:ssn|social(?:\ssecurity)?)[^\n.\d]{0,20}(?P<second>\d{4})(?!\w)",
            re.IGNORECASE,
        ),
    ),
    _Shape(
        "PHOTO",
        "image file",
        _literal(rf"\.(?:{_FILE_EXTENSIONS}|{_FILE_EXTENSIONS.upper()})(?![\w-])"),
        re.compile(rf"(?<![\w/.-])[\w-]{{1,60}}(?:\.[\w-]{{1,30}}){{0,2}}\.(?:{_FILE_EXTENSIONS}|{_FILE_EXTENSIONS.upper()})(?![\w-])"),
    ),
    _Shape(
        "ID",
        "uuid",
        _literal("-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-"),
        re.compile(r"(?<![\w-])[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}(?![\w-])"),
    ),
    _Shape(
        "VEHICLE",
        "plate near a vehicle",
        _literal(*_VEHICLES.split()),
        re.compile(rf"(?i:\b(?:{_CARS})\b)(?:(?!\.\s)[^\n]){{0,60}}?(?<![\w-])(?P<value>{_PLATE})(?![\w-])"),
    ),
    _Shape(
        "VEHICLE",
        "plate",
        _literal(r"lates?\W", r"LATES?\W", r"tag\W", r"Tag\W", r"TAG\W", "[Rr]ego", "REGO", r"eh(?:icle)?\s?\d?:", r"EH(?:ICLE)?\s?\d?:"),
        re.compile(
            rf"(?i:\b(?:(?:{_PLATE_WORDS})))(?:[\s:#.(=-]|\b(?i:no|number|is|was|of|on|reads?|reg|state|from)\b){{1,12}}(?P<value>{_ANY_PLATE})(?![\w-])"
        ),
    ),
    _Shape(
        "ID",
        "accession with colons",
        _literal(r":\d\d:\d{4}", r"\d\d:[A-Z]{1,3}\d{4}"),
        re.compile(r"(?<![\w:])(?:[A-Z]{1,4}:\d\d:[A-Z]{0,2}\d{4,8}|\d\d:[A-Z]{1,3}\d{4,8})(?![\w:])"),
    ),
    _Shape(
        "ID",
        "pan",
        _literal(r"[A-Z][ABCFGHLJPT][A-Z]\d{4}[A-Z]"),
        re.compile(r"(?<![\w-])[A-Z]{3}[ABCFGHLJPT][A-Z]\d{4}[A-Z](?![\w-])"),
    ),
    _Shape("DEVICE", "udi", _literal(r"\(01\)"), re.compile(r"\(01\)\s?\d{14}(?:\s?\(\d{2,3}\)\s?[\w./-]{1,30}){0,6}")),
    _Shape(
        "ID",
        "account of a network",
        _literal(*_NETWORKS.split()),
        re.compile(
            r"\b(?:twitter|instagram|facebook|snapchat|tiktok|skype|telegram|linkedin|username|user\sname|screen\sname)"
            r"(?:\s(?:handle|account|name|id|user|profile))?(?:\s?[:=]\s?@?|\s(?:is\s)?@|\shandle\s(?:is\s)?)(?P<value>(?<=@)\w{3,40}|(?=[\w.-]{0,39}[\d_])[\w.-]{3,40})",
            re.IGNORECASE,
        ),
    ),
)


def find_shapes(text: str) -> Iterator[Finding]:
    for shape in _SHAPES:
        if not any(need.search(text) for need in shape.needs):
            continue
        for found in shape.pattern.finditer(text):
            start, end = found.span(found.lastgroup or 0)
            yield Finding(start, end, shape.kind, shape.rule)
