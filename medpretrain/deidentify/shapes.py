"""Numbers that are found by their own shape wherever they stand, or by a word that stands some way before them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from medpretrain.deidentify.finding import Finding


@dataclass(frozen=True, slots=True)
class _Need:
    """What is looked for first: characters, which are found fastest, and then a pattern that begins with them."""

    literal: str
    pattern: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class _Shape:
    """A way to write one kind of number, found wherever it stands."""

    kind: str
    rule: str
    needs: tuple[_Need, ...]  # one of them stands in every text that has such a number
    pattern: re.Pattern[str]


_PLATE = (  # no vital signs, scores or roads
    r"(?:[A-Z]{2}\d{2}\s[A-Z]{3}|(?!(?:HR|BP|RR|PR|CT|MR|ER|OR|ED|ICU|GCS|ISS|SBP|DBP|MAP|WBC|HGB|HCT|PLT|INR|AIS"
    r"|TO|AT|ON|IN|OF|PO|IV|IM|BMI|EF|US|HWY|RTE|RT|SR|CR|FM|EXIT|EMS|ALS|BLS|UNIT|RM|ROOM|BAY|BED|AGE|LOC|ETOH|BAC|GSW|MVA|MVC|MVR|PM|AM|EST|CST|PST|NIH|PTA|HX|SX|DX|FX|RX|TX"
    r"|USD|AUD|CAD|EUR|GBP|KM|MPH|KPH|ROM|SPO|FIO|PHQ|BUN|CK|LDL|RN)[- ]?\d"
    r"|[FECSGRILXQAVTZ][LSXAK]?[ACEKSX]?-?(?:[1-9]00|[2-6][235]0)\b|F-?[1-9]50\b|[1-3]500\b|(?:RAV|CX|MX|CR|HR|GT|GTI|MDX|QX|MKX|EV|ID|XC|XT)-?\d)"
    r"(?:[A-Z]{2}[- ]?\d{1,2}[- ]?[A-Z]{1,3}[- ]?\d{4}|[A-Z]{2,3}[- ]?\d{3,4}"
    r"|\d{1,3}[- ]?[A-Z]{2,3}[- ]?\d{1,4}|\d{3,4}[- ]?[A-Z]{2,3}|[A-Z]{2}\d{2}[- ]?[A-Z]{3}|[A-Z]{1,3}\d[A-Z]?\d{2,4}"
    r"|[A-Z]{2}[- ]\d{2}[- ][A-Z]{2}|[A-Z]{1,3}\d{1,3}[- ]\d?[A-Z]{2,3}))"
)
_PLATE_WORDS = (
    r"(?:licen[sc]e\s|number\s|reg(?:istration)?\s)?(?:plates?|tag)|rego|(?:vehicle|car)\sreg(?:istration)?"
    r"|veh(?:icle)?\s?\d?:|reg\.(?=\s(?!no\b)[A-Z])"
)
_ANY_PLATE = (  # letters and digits in one to three groups; no levels of the spine (C5-C6)
    r"(?![CTLS]\d{1,2}[- /][CTLS]?\d{1,2}\b)(?:[A-Z]{2}[ -])?(?=[A-Z0-9]{0,7}[- ]?[A-Z0-9]{0,5}\d)"
    r"(?:[A-Z]{2}[- ]?\d{1,2}[- ]?[A-Z]{1,3}[- ]?\d{4}"
    r"|(?=[0-9]{0,7}[A-Z])[A-Z0-9]{5,8}|(?=[0-9]{1,4}[- ][A-Z0-9]{0,5}[A-Z]|[0-9]{0,3}[A-Z])[A-Z0-9]{1,4}(?:[- ][A-Z0-9]{2,5}){1,2})"
)
_PLATE_NEEDS = r"lates?\W LATES?\W tag\W Tag\W TAG\W rego Rego REGO eg\.\s[A-Z] ehicle\s?\d?: EHICLE\s?\d?: eh\s?\d?: EH\s?\d?:"
_NETWORKS = (
    "IG\\W\\s?@ nsta\\W witter nstagram acebook napchat ik[Tt]ok kype elegram inked[Ii]n sername user\\s[Nn]ame User\\s[Nn]ame"
    " creen\\s[Nn]ame"
)


_LITERAL = re.compile(r"(?:[A-Za-z •#:-](?![?{*]))*")


def _need(pattern: str) -> _Need:
    literal = _LITERAL.match(pattern)
    assert literal is not None, "it may match nothing"
    return _Need(literal.group(), re.compile(pattern))


def _needs(*patterns: str) -> tuple[_Need, ...]:
    return tuple(map(_need, patterns))


_FILE_EXTENSIONS = r"(?:jpe?g|png|gif|tiff?|bmp|hei[cf]|webp|cr2|nef|dng|dcm|mp4|mov|avi)"
_SHAPES = (
    _Shape(
        "SSN",
        "ssn, masked",
        _needs(r"XX[- ]?\d", r"xx[- ]?\d", r"\*\*[- ]?\d", r"##[- ]?\d", r"••[- ]?\d"),
        re.compile(r"(?<![\w-])(?:[Xx*#•]{3}[- ]?[Xx*#•]{2}[- ]?)\d{4}(?![\w-])"),
    ),
    _Shape(
        "SSN",
        "last digits of a ssn",
        _needs("SSN", "ssn", "Ssn", r"ocial\s[Ss]ec", r"OCIAL\sSEC", r"ocial\s[^\n]{0,12}\d", r"of\s(?:the\s|his\s|her\s)?social"),
        re.compile(
            r"(?:\bssn|social(?:\ssecurity)?)[^\n.]{0,36}?\b(?:last\s(?:four|4)(?:\sdigits)?|end(?:ing|s)(?:\s(?:in"
            r"|with))?)\W{0,3}(?:(?:is|are|of)\s)?"
            r"(?P<value>\d{4})(?!\w)"
            r"|\blast\s(?:four|4)(?:\sdigits)?\s(?:of\s)?(?:(?:his|her|the|pt|patient'?s?)\s)?(?:ssn"
            r"|social(?:\ssecurity)?)[^\n.\d]{0,20}(?P<second>\d{4})(?!\w)",
            re.IGNORECASE,
        ),
    ),
    _Shape(
        "ACCOUNT",
        "last digits of an account",
        _needs(r"ending\s", r"ends\s", r"ast\s(?:four|4)\s"),
        re.compile(
            r"\b(?:acc(?:oun)?t|card|visa|master\s?card|amex|checking|savings|debit|credit|iban)\b[^\n.\d]{0,20}?\b"
            r"(?:ending|ends|last\s(?:four|4))(?:\s(?:in|with|digits))?\W{1,3}(?P<value>\d{4})(?!\w)",
            re.IGNORECASE,
        ),
    ),
    _Shape(
        "PHOTO",
        "image file",
        _needs(rf"\.(?:{_FILE_EXTENSIONS}|{_FILE_EXTENSIONS.upper()})(?![\w-])"),
        re.compile(rf"(?<![\w/.-])[\w-]{{1,60}}(?:\.[\w-]{{1,30}}){{0,2}}\.(?:{_FILE_EXTENSIONS}|{_FILE_EXTENSIONS.upper()})(?![\w-])"),
    ),
    _Shape(
        "ID",
        "uuid",
        _needs("-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-"),
        re.compile(r"(?<![\w-])[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}(?![\w-])"),
    ),
    _Shape(
        "VEHICLE",
        "plate",
        _needs(*_PLATE_NEEDS.split()),
        re.compile(
            rf"(?i:\b(?:(?:{_PLATE_WORDS})))(?:[\s:#.(=-]|\b(?i:no|number|is|was|of|on|reads?|reg|state"
            rf"|from)\b){{1,12}}(?P<value>{_ANY_PLATE})(?![\w-])"
        ),
    ),
    _Shape(
        "ID",
        "accession with colons",
        _needs(r":\d\d:\d{4}", r":[A-Z]{1,3}\d{4}"),
        re.compile(r"(?<![\w:])(?:[A-Z]{1,4}:\d\d:[A-Z]{0,2}\d{4,8}|\d\d:[A-Z]{1,3}\d{4,8})(?![\w:])"),
    ),
    _Shape(
        "ID",
        "handle",
        _needs(r"@[A-Za-z]"),
        re.compile(
            r"(?<![\w@.-])@(?P<value>[A-Za-z][A-Za-z0-9]{1,30}_\w{1,30}|[A-Za-z]\w{3,30}(?=\s(?:on|in|via)\s(?i:insta|ig\b|facebook|fb\b|twitter"
            r"|tiktok|snap|x\b)))(?![\w@]|\.\w)"
        ),
    ),
    _Shape("DEVICE", "serial of a lens", _needs(r"\.\d{3}(?!\d)"), re.compile(r"(?<![\w.,/-])\d{8}\.\d{3}(?![\w]|[.,-]\d)")),
    _Shape("DEVICE", "udi", _needs(r"\(01\)"), re.compile(r"\(01\)\s?\d{14}(?:\s?\(\d{2,3}\)\s?[\w./-]{0,29}\w){0,6}")),
    _Shape(
        "ID",
        "account of a network",
        _needs(*_NETWORKS.split()),
        re.compile(
            r"\b(?:ig|insta|twitter|instagram|facebook|snapchat|tiktok|skype|telegram|linkedin|username|user\sname|screen\sname)"
            r"(?:\s(?:handle|account|name|id|user|profile))?(?:\s?[:=]\s?@?|\s(?:is\s)?@|\shandle\s(?:is\s)?|\s(?=[A-Za-z][\w.-]{1,38}[\d_]))(?P<value>(?<=@)\w{3,40}"
            r"|(?=[\w.-]{0,39}[\d_])[\w.-]{3,40})",
            re.IGNORECASE,
        ),
    ),
)
_MAX_SHAPE_CHARS = 260  # more than any of them, with what must not stand behind it


def find_shapes(text: str) -> Iterator[Finding]:
    yield from _find_plates(text)
    for shape in _SHAPES:
        needed = [found.start() for need in shape.needs if need.literal in text for found in need.pattern.finditer(text)]
        for first, last in _about(sorted(needed)) if needed else ():
            for found in shape.pattern.finditer(text, first, last):
                start, end = found.span(found.lastgroup or 0)
                yield Finding(start, end, shape.kind, shape.rule)


def _about(places: list[int]) -> Iterator[tuple[int, int]]:
    """Stretches, apart and in order, in which all lies that is no longer than a shape and holds one of the places."""
    first = last = max(0, places[0] - _MAX_SHAPE_CHARS)
    for place in places:
        if place - _MAX_SHAPE_CHARS > last:
            yield first, last
            first = place - _MAX_SHAPE_CHARS
        last = place + _MAX_SHAPE_CHARS
    yield first, last


# Plates behind the name of a car

_THINGS = "bumper plate vehicle car truck sedan suv van pickup pick-up motorcycle scooter tag rego license licence"
_MAKES = (
    "Toyota Honda Ford Chevy Chevrolet Nissan Subaru Jeep Dodge Hyundai Kia BMW Audi Volvo Tesla Mazda Lexus Buick Volkswagen VW Mercedes"
)
_CARS = _needs(
    *(rf"{cased}s?\b" for word in _THINGS.split() for cased in (word, word.capitalize(), word.upper())),
    *(rf"{make}\b" for make in _MAKES.split()),
)
_PLATE_BEHIND = re.compile(rf"(?:(?!\.\s)[^\n]){{0,60}}?(?<![\w-])(?P<value>{_PLATE})(?![\w-])")


# What stands in every plate; far fewer texts have it than have a car.
_IN_A_PLATE = re.compile(
    r"[0-9](?:[- ]?[A-Z]{2}|(?<=[A-Z]{2}.)|(?<=[A-Z]{2}[- ].)|(?<=[A-Z].)(?:[A-Z]?[0-9]{2}|[0-9]{0,2}[- ][0-9]?[A-Z]{2}))"
)


def _find_plates(text: str) -> Iterator[Finding]:
    if _IN_A_PLATE.search(text) is None:
        return
    for car in _CARS:
        for word in car.pattern.finditer(text) if car.literal in text else ():
            plate = None if text[word.start() - 1 : word.start()].isalnum() else _PLATE_BEHIND.match(text, word.end())
            if plate is not None:
                yield Finding(*plate.span("value"), "VEHICLE", "plate near a vehicle")
