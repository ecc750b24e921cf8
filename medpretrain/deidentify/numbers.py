"""Finds numbers and codes of one person: by their own shape and checksum, by the label beside them, or because nothing else looks so.

Every word with a digit is a candidate; its characters and what stands beside it decide. A value is found wherever else it stands, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from medpretrain.deidentify.checksums import digits_of, is_dea, is_iban, is_npi, is_payment_card, is_vin
from medpretrain.deidentify.contact import find_contacts
from medpretrain.deidentify.fields import Label, label_of, near_label
from medpretrain.deidentify.finding import Finding
from medpretrain.deidentify.public_codes import is_public_code, is_registered, stands_with_public_words

_DIGIT = re.compile(r"\d")


def find_numbers(text: str) -> Iterator[Finding]:
    """Every kind from SSN to ID, in no order; findings may overlap."""
    found: list[Finding] = []
    found.extend(_find_shapes(text))
    if _DIGIT.search(text):
        found.extend(_find_candidates(text))
    yield from found
    yield from _again(text, found)
    yield from find_contacts(text)


# Shapes that need no label


@dataclass(frozen=True, slots=True)
class _Shape:
    """A way to write one kind of number, found wherever it stands."""

    kind: str
    rule: str
    needs: tuple[
        re.Pattern[str], ...
    ]  # one of them is found in every text that has such a number; each begins with a letter or sign, thus fast
    pattern: re.Pattern[str]


_VEHICLES = (
    r"lates?\W LATES?\W ehicle VEHICLE car\W Car\W ruck sedan tag\W Tag\W rego\W cooter oyota Honda"
    r" Ford\s Chevy Nissan ubaru Jeep"
)
_NETWORKS = "witter nstagram acebook napchat ik[Tt]ok kype elegram inked[Ii]n sername user\\s[Nn]ame User\\s[Nn]ame creen\\s[Nn]ame"


def _literal(*patterns: str) -> tuple[re.Pattern[str], ...]:
    return tuple(map(re.compile, patterns))


_FILE_EXTENSIONS = r"(?:jpe?g|png|gif|tiff?|bmp|hei[cf]|webp|cr2|nef|dng|dcm|mp4|mov|avi)"
_MBI_LETTER = "[AC-HJKMNP-RT-Y]"
_MBI_EITHER = "[AC-HJKMNP-RT-Y0-9]"
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
        re.compile(
            r"(?i:\b(?:plates?|vehicle|car|truck|sedan|suv|pick-?up|motorcycle|scooter|tag|rego|licen[sc]e|toyota|honda|ford|chevy|nissan|subaru|jeep)\b)(?:(?!\.\s)[^\n]){0,40}?(?<![\w-])"
            r"(?P<value>[A-Z]{2,3}[- ]?\d{3,4}|\d{1,3}[- ]?[A-Z]{2,3}[- ]?\d{1,4}|\d{3,4}[- ]?[A-Z]{2,3}"
            r"|[A-Z]{2}\d{2}[- ]?[A-Z]{3}|[A-Z]{1,3}\d[A-Z]?\d{2,4})(?![\w-])"
        ),
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


def _find_shapes(text: str) -> Iterator[Finding]:
    for shape in _SHAPES:
        if not any(need.search(text) for need in shape.needs):
            continue
        for found in shape.pattern.finditer(text):
            start, end = found.span(found.lastgroup or 0)
            yield Finding(start, end, shape.kind, shape.rule)


# Candidates

_WORD = re.compile(r"\d[^\W_]*(?:(?:[-_–]|(?<=\d)[./](?=\d)|(?<=[A-Z0-9])/(?=[A-Z0-9])|(?<=[A-Z]\d\d):(?=[A-Z]?\d{3}))[^\W_]+){0,8}")
_MAX_LEFT_CHARS = 24
_SLASHED_PREFIX = re.compile(r"(?<![\w/])[A-Z]{1,4}/\Z")
_IBAN_START_CHARS = 4
_MORE_GROUPS = re.compile(r"(?:[ -]\d{2,6}){1,5}(?![\w/%]|[.,-]\d)")
_PREFIX_APART = re.compile(r"(?<![\w-])(?!MRN|SSN|DOB|ACCT|FIN|CSN|NPI|DEA|VIN|ID|NO|IS|OF|SN|DL)[A-Z]{1,4} \Z")
_UNIT = re.compile(
    r"\s?(?:%|°|mg|mcg|µg|μg|g\b|gm|kg|ml|mL|cc\b|dl|mm|cm|units?\b|IU|U\b|lbs?\b|bpm|mEq|mmol|cells?\b|copies|years?\b|yrs?\b|yo\b|y/o|days?\b|weeks?\b"
    r"|wks?\b|months?\b|hours?\b|hrs?\b|min\b|patients?\b|women\b|men\b|children\b|participants\b|subjects\b|people\b|persons\b|cases\b"
    r"|times\b|and over)|[,]\d{3}(?!\d)|[.:]\d"
)
_DATE_LIKE = re.compile(
    r"(?:(?:0?[1-9]|1[0-2])([-/.])(?:0?[1-9]|[12]\d|3[01])|(?:0?[1-9]|[12]\d|3[01])([-/.])(?:0?[1-9]|1[0-2]))(?:\1|\2)(?P<year>(?:18|19|20)?\d\d)"
    r"|(?:19|20)\d\d[-/.](?:0?[1-9]|1[0-2])(?:[-/.](?:0?[1-9]|[12]\d|3[01]))?(?:T\d{2,4}Z?)?"
)
_YEAR = re.compile(r"(?:19|20)\d\d(?:[-–/](?:(?:19|20)\d\d|\d\d))?")
_DECIMAL = re.compile(r"\d{1,3}\.\d{1,9}|\d{1,3}/\d{1,3}")
_MIN_DIGITS = 3
_DEVICE_WORD = re.compile(
    r"\b(?:device|pace\s?maker|pacer|icd|defibrillator|leads?|generator|implant\w*|stimulator|pump|valve|prosthesis|lens|iol|stent|graft|mesh"
    r"|medtronic|guidant|jude|boston\sscientific|biotronik|serial|component)\b",
    re.IGNORECASE,
)


def _find_candidates(text: str) -> Iterator[Finding]:
    end_of_last = 0
    for word in _WORD.finditer(text):
        start, end = _left_end(text, word.start(), end_of_last), word.end()
        written = text[start:end]
        num_digits = sum(map(str.isdecimal, written)) if end - start >= _MIN_DIGITS - 1 else 0
        end_with_groups = _end_with_groups(text, start, end) if 2 <= num_digits <= 4 else end
        if end_with_groups == end and num_digits < _MIN_DIGITS:
            continue
        for finding in _judge(text, start, end, end_with_groups, num_digits):
            yield finding
            end_of_last = finding.end
            yield from _listed_after(text, finding)


def _left_end(text: str, start: int, floor: int) -> int:
    """Where the word begins of which `start` is the first digit."""
    floor = max(floor, start - _MAX_LEFT_CHARS)
    while start > floor and (text[start - 1].isalnum() or (text[start - 1] in "-_" and text[start - 2 : start - 1].isalnum())):
        start -= 1
    prefix = _SLASHED_PREFIX.search(text, max(floor, start - 6), start)
    return start if prefix is None else prefix.start()


def _end_with_groups(text: str, start: int, end: int) -> int:
    """Where the groups of digits end that follow the word `text[start:end]` (12 34 56), or those of an IBAN."""
    if end - start == _IBAN_START_CHARS and text[start : start + 2].isupper():
        more = _IBAN.match(text, start)
    else:
        more = _MORE_GROUPS.match(text, end)
    return end if more is None else more.end()


def _judge(text: str, start: int, end: int, end_with_groups: int, num_digits: int) -> Iterator[Finding]:
    """What the candidate `text[start:end]` is, or that with the groups of digits behind it; at most one finding."""
    before = text[start - 1 : start]
    if before == "." and text[start - 2 : start - 1].isdigit():
        return
    for shape_end in (end_with_groups, end):
        kind_and_rule = _by_shape(text, start, shape_end)
        if kind_and_rule is not None:
            label = label_of(text, start, shape_end) if kind_and_rule == _CARD_RULE else None
            yield Finding(start, shape_end, *(kind_and_rule if label is None else (label.kind, f"label: {label.rule}")))
            return
    if _UNIT.match(text, end) or (before != "." and _DECIMAL.fullmatch(text, start, end)):
        return
    rest = _REST_BEFORE.search(text, max(0, start - 24), start) if before in ("/", ".") else None
    label = label_of(text, start if rest is None else rest.start(), end_with_groups)
    if label is None and (prefix := _PREFIX_APART.search(text, max(0, start - 6), start)):
        label = label_of(text, prefix.start(), end_with_groups)
        start = start if label is None else prefix.start()
    if label is not None and _fits(text, start, end, end_with_groups, num_digits, label):
        yield Finding(*_with_rest(text, start, end_with_groups), label.kind, f"label: {label.rule}")
        return
    if end_with_groups > end and _is_loose_code(text[start:end_with_groups].replace(" ", "-")) and (near := near_label(text, start)):
        yield Finding(start, end_with_groups, near.kind, near.rule)
    else:
        yield from _as_code(text, start, end)


def _with_rest(text: str, start: int, end: int) -> tuple[int, int]:
    """The value with what is tied to it by a dot, a slash or a colon."""
    before = _REST_BEFORE.search(text, max(0, start - 24), start)
    behind = _REST_BEHIND.match(text, end)
    return start if before is None else before.start(), end if behind is None else behind.end()


def _fits(text: str, start: int, end: int, end_with_groups: int, num_digits: int, label: Label) -> bool:
    """Whether a value may be what its label says."""
    written = text[start:end_with_groups]
    if end_with_groups > end:
        num_digits = sum(map(str.isdecimal, written))
    is_mixed = label.kind == "DEVICE" and not written.isdecimal()
    if num_digits < label.min_digits - is_mixed or (not label.is_marked and _YEAR.fullmatch(written)):
        return False
    if label.kind in ("ID", "LICENSE") and (is_registered(text, start, end) or stands_with_public_words(text, start)):
        return False
    date = _DATE_LIKE.fullmatch(written)
    if date is not None:
        return label.rule == "mrn" and label.is_marked and len(date.group("year") or "    ") == 2 and "-" in written
    if label.rule == "model or lot":
        return _DEVICE_WORD.search(text, max(0, start - 150), min(len(text), end + 60)) is not None
    return True


_LIST_LINK = re.compile(r"\s?(?:,|;|&|/|\band\b|\bor\b)(?:\s(?:and|or))?\s?")


def _listed_after(text: str, finding: Finding) -> Iterator[Finding]:
    """Values of the same length that follow it: `MRNs 1234567, 2345678 and 3456789`."""
    if not finding.rule.startswith("label"):
        return
    length = finding.end - finding.start
    for _ in range(20):
        link = _LIST_LINK.match(text, finding.end)
        if link is None:
            return
        word = text[link.end() : link.end() + length]
        if len(word) < length or shape_of(word) != shape_of(text[finding.start : finding.end]) or text[link.end() + length :][:1].isalnum():
            return
        finding = Finding(link.end(), link.end() + length, finding.kind, finding.rule)
        yield finding


def shape_of(written: str) -> str:
    """The same with 9 for every digit and A for every letter."""
    return "".join("9" if character.isdigit() else "A" if character.isalpha() else character for character in written)


# By its own shape

_SSN = re.compile(r"\d{3}([-–])\d{2}\1\d{4}|\d{3}\.\d{2}\.\d{4}|\d{3} \d{2} \d{4}")
_NO_SSN = re.compile(r"000|\d{3}.00|\d{3}.\d\d.0000")
_MBI = re.compile(rf"[1-9]{_MBI_LETTER}{_MBI_EITHER}\d-?{_MBI_LETTER}{_MBI_EITHER}\d-?{_MBI_LETTER}{{2}}\d{{2}}")
_HICN = re.compile(r"\d{3}-\d{2}-\d{4}[A-Z]\d?")
_IBAN = re.compile(r"[A-Za-z]{2}\d{2}(?: ?[A-Za-z0-9]{4}){2,7}(?: ?[A-Za-z0-9]{1,3})?(?![A-Za-z0-9])")
_VIN = re.compile(r"(?=[0-9]*[A-Z])[A-HJ-NPR-Z0-9]{17}")
_DEA = re.compile(r"[ABCDEFGHJKLMPRSTUX][A-Z9]\d{7}")
_CARD = re.compile(r"\d{4}([ -]?)\d{4}\1\d{4}\1\d{1,7}|\d{4}([ -]?)\d{6}\2\d{4,5}")
_CARD_RULE = ("ACCOUNT", "payment card")
_NUMBER_BESIDE = re.compile(r"[ \t]{1,4}[(<>=±]?\d")


def _by_shape(text: str, start: int, end: int) -> tuple[str, str] | None:
    """Kind and rule of what its characters alone show."""
    length = end - start
    if length < 9 or length > 40:
        return None
    written = text[start:end]
    if length <= 11 and _SSN.fullmatch(written):
        return None if _NO_SSN.match(written) or (" " in written and _is_in_a_row(text, start, end)) else ("SSN", "ssn")
    if _DEA.fullmatch(written) and is_dea(written):
        return "LICENSE", "dea"
    if length == 10 and written.isdecimal() and written[0] == "1" and is_npi(written) and not stands_with_public_words(text, start):
        return "LICENSE", "npi"
    if _MBI.fullmatch(written) or _HICN.fullmatch(written):
        return "HEALTH_PLAN", "medicare"
    if length == 17 and _VIN.fullmatch(written) and is_vin(written):
        return "VEHICLE", "vin"
    if length >= 12 and _CARD.fullmatch(written) and is_payment_card(digits_of(written)):
        return _CARD_RULE
    if written[:2].isalpha() and (iban := _IBAN.match(text, start)) and is_iban(iban.group().replace(" ", "").upper()):
        return "ACCOUNT", "iban"
    return None


def _is_in_a_row(text: str, start: int, end: int) -> bool:
    """Whether other numbers stand beside it, as in a table of counts."""
    return text[max(0, start - 4) : start].rstrip(" \t")[-1:].isdigit() or _NUMBER_BESIDE.match(text, end) is not None


# Codes that nothing else looks like

_PREFIX_KINDS = {
    **dict.fromkeys(("MRN", "MRNR", "MR", "EMRN"), "MRN"),
    **dict.fromkeys(("ACCT", "FIN", "CSN"), "ACCOUNT"),
    **dict.fromkeys(("ACC", "RAD", "PT", "PAT", "SPEC"), "ID"),
    **dict.fromkeys(("IMG", "DSC"), "PHOTO"),
    **dict.fromkeys(("SSN",), "SSN"),
    **dict.fromkeys(("SN",), "DEVICE"),
}
# Seen alone, these are codes; the looser ones need a word near them that says so.
_BARE_CODE = re.compile(
    r"[A-Z]{1,5}[-_]?\d{6,14}|[A-Z]{1,3}-?\d{2}-\d{3,8}|\d{2,4}-?[A-Z]{1,3}-?\d{4,8}|\d{7,15}|[A-Z]{2,4}-\d{5}|\d{3}-\d{2}-\d{2,3}"
    r"|\d{2,4}-\d{2,4}-\d{3,6}|[A-HJ-NPR-Z0-9]{17}"
)
_LOOSE_CODE = re.compile(
    r"(?=[A-Z0-9/:-]*[A-Z])(?=[A-Z/:-]*\d[A-Z/:-]*\d[A-Z/:-]*\d)[A-Z0-9]{1,12}(?:[-/:][A-Z0-9]{1,12}){0,4}|\d{5,15}|\d{2,6}(?:-\d{2,6}){1,4}|\d{2,6}(?:[./]\d{2,6}){2,4}|\d{2,4}/\d{5,8}"
)
_MIN_LOOSE_CHARS = 5
_MIXED_CODE = re.compile(r"(?=[0-9-]{0,20}[A-Z])[A-Z0-9]{1,17}(?:-[A-Z0-9]{1,17}){0,4}")
_MIN_MIXED_CHARS, _MIN_MIXED_DIGITS = 7, 5
_REST_BEFORE = re.compile(r"(?<![^\s:#=(\[])(?:[A-Za-z0-9]{1,8}[./_-]){1,3}\Z")
_REST_BEHIND = re.compile(r"(?:[./:_-](?=[A-Za-z0-9]*[A-Z0-9])[A-Za-z0-9]{1,12}){1,4}")
_COMPACT_DATE = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:\d{4}|\d{6})?")
# Mutations, loci, counts glued to their names: never a person's. Levels, years and values: seldom, so that they need more than a near word.
_NO_CODE = re.compile(
    r"[A-Z]\d{1,5}[A-Z]|D(?:\d{1,2}|[XY])[SH]\d{1,2}(?!\d).*|D(?:\d{1,2}|[XY])S\d{1,5}[A-Z]?(?:[-/].*)?|DXS\d{1,5}.*|(?:WBC|RBC|PLT)\d{1,6}"
)
_NO_LOOSE_CODE = re.compile(
    r"(?:BP|HR|RR|WBC|RBC|HCT|HGB|PLT|INR|T|P|S|C|L|Q|G|CD|IL|FEV|SPO|PO|PCO|FIO|HBA|CK|LDL|HDL|AST|ALT|BUN|CR)-?\d{1,3}(?:[-/].*)?"
    r"|[A-Z]\d{1,2}-[A-Z]?\d{1,2}.*|\d{2,4}-\d{2,4}|\d{1,2}-\d{1,2}(?:-\d{1,2})?|(?:19|20)\d\d(?:-\d{2})?"
)
_KNOWN_PREFIX_CODE = re.compile(r"(?:" + "|".join(_PREFIX_KINDS) + r")r?[-_]?\d{4,14}", re.IGNORECASE)
_ROUND = re.compile(r"0000?\Z|000$")


def _prefix_of(written: str) -> str:
    return re.split(r"[^A-Za-z]", written)[0].upper()


def _as_code(text: str, start: int, end: int) -> Iterator[Finding]:
    """A word that has no label but is no word, number or public code; with the capitals that stand before it."""
    written = text[start:end]
    if _NO_CODE.fullmatch(written):
        return
    if _KNOWN_PREFIX_CODE.fullmatch(written):
        if not is_public_code(text, start, end):
            yield Finding(start, end, _PREFIX_KINDS[_prefix_of(written)], "bare code")
        return
    if _ROUND.search(written) or _DATE_LIKE.fullmatch(written) or _COMPACT_DATE.fullmatch(written) or _touches_another(text, start, end):
        return
    prefix = _PREFIX_APART.search(text, max(0, start - 6), start)
    whole_start = start if prefix is None else prefix.start()
    is_bare = _BARE_CODE.fullmatch(written) is not None or _is_long_mixed_code(written)
    if not (is_bare or _is_loose_code(written) or (prefix is not None and _is_loose_code(text[whole_start:end].replace(" ", "-")))):
        return
    if is_public_code(text, start, end) or stands_with_public_words(text, start):
        return
    near = near_label(text, whole_start)
    if near is not None and (is_bare or _may_be_near(written, near)):
        yield Finding(whole_start, end, near.kind, near.rule)
    elif is_bare or _is_in_a_heading(text, start, written):
        yield Finding(whole_start, end, "ID", "bare code")


def _may_be_near(written: str, near: Label) -> bool:
    return sum(map(str.isdecimal, written)) >= near.min_digits and (near.kind != "VEHICLE" or not written.isdecimal())


def _is_long_mixed_code(written: str) -> bool:
    """Capitals and five digits or more in seven characters or more."""
    num_digits = sum(map(str.isdecimal, written))
    return (
        _MIN_MIXED_DIGITS <= num_digits < len(written) >= _MIN_MIXED_CHARS
        and _MIXED_CODE.fullmatch(written) is not None
        and not written.isdecimal()
    )


def _is_loose_code(written: str) -> bool:
    return len(written) >= _MIN_LOOSE_CHARS and _LOOSE_CODE.fullmatch(written) is not None and _NO_LOOSE_CODE.fullmatch(written) is None


_HEADING = re.compile(r"\b[A-Z][A-Z'’-]+,\s[A-Z]|\b\d{1,2}[/-]\d{1,2}[/-](?:\d{4}|\d\d)\b")
_MAX_HEADING_CHARS = 140


def _is_in_a_heading(text: str, start: int, written: str) -> bool:
    """Whether six digits stand on a short line with a name in capitals or a full date."""
    if len(written) != 6 or not written.isdecimal():
        return False
    line_start = text.rfind("\n", max(0, start - _MAX_HEADING_CHARS), start) + 1
    line_end = text.find("\n", start, start + _MAX_HEADING_CHARS)
    line = text[line_start : line_end if line_end >= 0 else start + _MAX_HEADING_CHARS]
    return len(line) <= _MAX_HEADING_CHARS and _HEADING.search(line) is not None


def _touches_another(text: str, start: int, end: int) -> bool:
    """Whether it is a part of something longer: a decimal, a path, a formula."""
    return text[start - 1 : start] in tuple(".,/-+=_^<>~@") or (
        text[end : end + 1] in tuple("./-_=@×*^") and text[end + 1 : end + 2].isalnum()
    )


# The same value again

_MIN_AGAIN_CHARS = 6


def _again(text: str, found: list[Finding]) -> Iterator[Finding]:
    """Every other place of a value that was found by its label."""
    seen = {finding.start for finding in found}
    values = {
        text[one.start : one.end]: one.kind
        for one in found
        if one.end - one.start >= _MIN_AGAIN_CHARS and one.rule[:4] not in ("bare", "near")
    }
    for value, kind in values.items():
        start = text.find(value)
        while start >= 0:
            end = start + len(value)
            if start not in seen and not (text[start - 1 : start].isalnum() or text[end : end + 1].isalnum()):
                yield Finding(start, end, kind, "again")
            start = text.find(value, end)
