"""Finds numbers and codes of one person: by their own shape and checksum, by the label beside them, or because nothing else looks so.

Every word with a digit is a candidate; its characters and what stands beside it decide. A value is found wherever else it stands, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from medpretrain.deidentify.checksums import digits_of, is_dea, is_iban, is_npi, is_payment_card, is_vin
from medpretrain.deidentify.codes import DATE_LIKE, find_code, find_groups, is_of_a_catalogue
from medpretrain.deidentify.contact import find_contacts
from medpretrain.deidentify.fields import Label, is_label, label_of, near_label
from medpretrain.deidentify.finding import Finding
from medpretrain.deidentify.person_codes import is_beside_a_person, kind_in_a_message
from medpretrain.deidentify.public_codes import is_registered, stands_with_public_words
from medpretrain.deidentify.segments import is_nobodys, known_kind_of_a_field
from medpretrain.deidentify.shapes import find_shapes

_DIGIT = re.compile(r"\d")


def find_numbers(text: str) -> Iterator[Finding]:
    """Every kind from SSN to ID, in no order; findings may overlap."""
    found: list[Finding] = []
    found.extend(find_shapes(text))
    if _DIGIT.search(text):
        found.extend(_find_candidates(text))
    labelled = [one for one in found if one.rule.startswith(("label", "field"))]
    contacts = [
        contact
        for contact in find_contacts(text)
        if contact.kind not in ("PHONE", "FAX") or not any(one.start <= contact.start and contact.end <= one.end for one in labelled)
    ]
    found = [one for one in found if not (one.rule.startswith("near") and _is_a_phone(one, contacts))]
    yield from found
    yield from _again(text, found)
    yield from contacts


def _is_a_phone(finding: Finding, contacts: list[Finding]) -> bool:
    return any(one.kind in ("PHONE", "FAX") and one.start <= finding.start and finding.end <= one.end for one in contacts)


# Candidates

_WORD = re.compile(r"\d[^\W_]*(?:(?:[-_–]|(?<=\d)[./](?=\d)|(?<=[A-Z0-9])/(?=[A-Z]{0,4}\d)|(?<=\d\d):(?=[A-Z]{0,2}\d{4}))[^\W_]+){0,8}")
_MAX_LEFT_CHARS = 24
_SLASHED_PREFIX = re.compile(r"(?<![\w/])[A-Z]{1,4}/\Z")
_IBAN_START_CHARS = _MBI_START_CHARS = 4
_MORE_DIGITS = re.compile(r"(?:[ -]\d{2,7}){1,5}(?: \d(?:[-/]\d)?)?(?![\w/%]|[.,-]\d)")
_MORE_MIXED = re.compile(r"(?: (?:\d{2,6}|\d{1,4}[A-Z]{1,2}|[A-Z]{1,2}\d{3,6})){1,3}(?![\w/%]|[.,-]\d)")
_LETTERS_APART = re.compile(r"(?<![\w-])(?!NO|NUM|IS|OF|THE|FOR|WAS|ON|AND|DOB|DOS|DATE)[A-Z]{1,4}[ :]\Z")
_SUFFIX = re.compile(r" 0\d(?![\w/%-]|[.,:]\d)")
_MIN_DIGITS_BEFORE_A_SUFFIX = 8
_LETTER_SUFFIX = re.compile(r" [A-HJ-Z](?=[ \t]*(?:[\n|]|\Z)|  )")  # of a plan's member, at the end of a field: 385 659 2417 V
_KINDS_WITH_SUFFIX = ("HEALTH_PLAN", "ACCOUNT", "ID")
_SERIAL_LETTER, _SERIAL_DIGITS = re.compile(r" [A-Z](?![\w/.-])"), re.compile(r" \d{3}(?![\w/%]|[.,-]\d|\s?(?:mg|mm|ml|mL|V|ohm|hrs?)\b)")
_MIN_LONG_CHARS = 7  # of one with letters, of which fewer digits are asked
_MIN_SERIAL_DIGITS, _MIN_SURE_DIGITS, _MIN_FIELD_DIGITS = 5, 7, 4
_UNIT = re.compile(
    r"\s?(?:%|°|mg|mcg|µg|μg|g\b|gm|grams?\b|kg|ml|mL|cc\b|dl|mm|cm|units?\b|IU|U\b|lbs?\b|bpm|mEq|mmol|cells?\b|copies|years?\b|yrs?\b|yo\b|y/o"
    r"|days?\b|weeks?\b"
    r"|wks?\b|months?\b|hours?\b|hrs?\b|min\b|patients?\b|women\b|men\b|children\b|participants\b|subjects\b|people\b|persons\b|cases\b"
    r"|times\b|and over)|[,]\d{3}(?!\d)|[.:]\d"
)
_REST_BEFORE = re.compile(r"(?<![^\s:#=(\[])(?:[A-Za-z0-9]{1,8}[./_-]){1,3}\Z")
_REST_BEHIND = re.compile(r"(?:(?:[.:_-](?=[A-Za-z0-9]*[A-Z0-9])|/(?=[A-Za-z]{0,4}\d))[A-Za-z0-9]{1,12}){1,4}")
_YEAR = re.compile(r"(?:19|20)\d\d(?:[-–/](?:(?:19|20)\d\d|\d\d))?")
_DECIMAL = re.compile(r"\d{1,3}\.\d{1,5}|\d{1,3}/\d{1,3}")
_HOUR = r"(?:[01]\d|2[0-4])[0-5]\d"
_HOURS = re.compile(rf"{_HOUR}-{_HOUR}")
_HOURS_BEHIND, _HOURS_BEFORE = re.compile(rf"[\s|]{{1,12}}{_HOUR}-{_HOUR}(?!\d)"), re.compile(rf"(?<!\d){_HOUR}-{_HOUR}[\s|]{{1,12}}\Z")
_MIN_DIGITS = 3
_FEW_DIGITS = re.compile(
    r"(?!\d\d?[A-Z]+\Z|[A-Z]+\d\d?\Z|[TPC]\dN)(?=[A-Z]*\d[A-Z]*\d[A-Z]*\Z)[A-Z0-9]{6,10}"
)  # QX7T9P: only behind a label
_MIN_CHARS_OF_FEW_DIGITS = 6
_REGISTER_BEFORE = re.compile(
    r"(?<!trial )\b(?:reg\.?\s?(?:no|number|#)|(?:cds|nmc|gmc|gdc|hcpc|nursing|medical)\sreg)[.:\s]*\Z", re.IGNORECASE
)  # of a doctor
_LOT_BEFORE = re.compile(r"\b(?:lots?|batch)\b[^\n]{0,16}\Z", re.IGNORECASE)
_MODEL_BEFORE = re.compile(r"\b(?:model|lot(?!\s?/)|ref|cat\w*)\b[^\n]{0,12}\Z", re.IGNORECASE)
_MIN_LOT_DIGITS = 4  # of one with letters or marks, of whatever thing it is
_DEVICE_WORD = re.compile(
    r"\b(?:device|pace\s?maker|pacer|icd|defibrillator|leads?|generator|implant\w*|stimulator|pump|valve|prosthesis|lens|iol|iud|nexplanon|mirena|stent|graft"
    r"|mesh"
    r"|medtronic|guidant|jude|boston\sscientific|biotronik|serial|component)\b",
    re.IGNORECASE,
)


def _find_candidates(text: str) -> Iterator[Finding]:
    end_of_last = 0
    for word in _WORD.finditer(text):
        start, end = _left_end(text, word.start(), end_of_last), word.end()
        written = text[start:end]
        num_digits = sum(map(str.isdecimal, written)) if end - start >= _MIN_DIGITS - 1 else 0
        end_with_groups = _end_with_groups(text, start, end) if 1 <= num_digits <= 5 else end
        if end_with_groups == end and num_digits < _MIN_DIGITS and not _has_few_digits(written):
            continue
        for finding in _judge(text, start, end, end_with_groups, num_digits):
            whole = _with_suffix(text, finding)
            yield whole
            end_of_last = whole.end
            yield from _listed_after(text, finding)


def _has_few_digits(written: str) -> bool:
    return len(written) >= _MIN_CHARS_OF_FEW_DIGITS and _FEW_DIGITS.fullmatch(written) is not None


def _left_end(text: str, start: int, floor: int) -> int:
    """Where the word begins of which `start` is the first digit."""
    floor = max(floor, start - _MAX_LEFT_CHARS)
    while start > floor and (text[start - 1].isalnum() or (text[start - 1] in "-_" and text[start - 2 : start - 1].isalnum())):
        start -= 1
    if text[start - 1 : start] != "/":
        return start
    prefix = _SLASHED_PREFIX.search(text, max(floor, start - 6), start)
    return start if prefix is None else prefix.start()


def _end_with_groups(text: str, start: int, end: int) -> int:
    """Where the groups end that follow the word `text[start:end]`: 12 34 56, AB1234 56C, or those of an IBAN."""
    if end - start == _IBAN_START_CHARS and text[start : start + 2].isupper() and (iban := _IBAN.match(text, start)):
        return iban.end()
    if end - start == _MBI_START_CHARS and (mbi := _MBI_IN_GROUPS.match(text, start)):
        return mbi.end()
    if text[start].isupper() and (unit := _BLOOD_UNIT.match(text, start)):
        return unit.end()
    is_mixed = text[start].isupper() or text[end - 1].isupper()
    more = (_MORE_MIXED if is_mixed else _MORE_DIGITS).match(text, end)
    return end if more is None or (is_mixed and _UNIT.match(text, more.end())) else more.end()


def _judge(text: str, start: int, end: int, end_with_groups: int, num_digits: int) -> Iterator[Finding]:
    """What the candidate `text[start:end]` is, or that with the groups of digits behind it; at most one finding."""
    before = text[start - 1 : start]
    if before == "." and text[start - 2 : start - 1].isdigit():
        return
    for shape_end in (end_with_groups, end):
        kind_and_rule = _by_shape(text, start, shape_end)
        if kind_and_rule is not None:
            label = label_of(text, start, shape_end) if kind_and_rule in _RULES_BELOW_A_LABEL else None
            yield Finding(start, shape_end, *(kind_and_rule if label is None else (label.kind, f"label: {label.rule}")))
            return
    if _is_a_measure(text, start, end) or _are_hours_of_a_row(text, start, end) or (before != "." and _DECIMAL.fullmatch(text, start, end)):
        return
    if before in ("|", "~") and is_nobodys(text, start, end_with_groups):
        return
    kind = known_kind_of_a_field(text, start) if before in ("|", "~") and num_digits >= _MIN_FIELD_DIGITS else None
    if kind is not None:
        yield Finding(start, end_with_groups, kind, "field of a message")
        return
    if is_of_a_catalogue(text, start):
        return
    start = _with_letters_apart(text, start, end_with_groups)
    label = label_of(text, _rest_start(text, start) if before in ("/", ".") else start, end_with_groups)
    if label is not None and _fits(text, start, end, end_with_groups, num_digits, label):
        yield Finding(*_with_rest(text, start, end_with_groups), label.kind, f"label: {label.rule}")
        return
    kind = kind_in_a_message(text, start, end_with_groups)
    if kind is not None:
        yield Finding(start, end_with_groups, kind, "part of a message")
        return
    if is_beside_a_person(text, start, end_with_groups):
        near = near_label(text, start)
        yield Finding(start, end_with_groups, "MRN" if near is None else near.kind, "beside a person")
        return
    found = [*find_groups(text, start, end_with_groups)] if end_with_groups > end else []
    yield from found or find_code(text, start, end)


def _with_letters_apart(text: str, start: int, end: int) -> int:
    """Where the capitals begin that stand apart before the value, if a label stands before them and they are none: `ID: XXP 316 592`."""
    letters = _LETTERS_APART.search(text, max(0, start - 6), start)
    if letters is None or is_label(letters.group().strip(" :")):
        return start
    near = near_label(text, letters.start()) if letters.group().endswith(":") else None
    if not letters.group().endswith(":"):
        member = near_label(text, letters.start())
        if member is not None and member.kind == "HEALTH_PLAN" and " " in text[start:end]:
            return letters.start()
    is_called = (near is not None and near.kind == "BIOMETRIC") or label_of(text, letters.start(), end) is not None
    return letters.start() if is_called else start


def _are_hours_of_a_row(text: str, start: int, end: int) -> bool:
    """Whether it is one of several spans of hours, as at the head of a sheet of medications: 0700-1459   1500-2259."""
    if _HOURS.fullmatch(text, start, end) is None:
        return False
    return _HOURS_BEHIND.match(text, end) is not None or _HOURS_BEFORE.search(text, max(0, start - 24), start) is not None


def _is_a_measure(text: str, start: int, end: int) -> bool:
    """Whether a unit stands behind it, and it is no number that nobody measures: 0447182, 81200447, S-0551."""
    if text[start].isalpha() and "-" in text[start:end]:
        return False
    if text[start:end].isdecimal() and end - start >= (_MIN_SERIAL_DIGITS if text[start] == "0" else _MIN_SURE_DIGITS):
        return False
    return _UNIT.match(text, end) is not None


def _with_suffix(text: str, finding: Finding) -> Finding:
    """The same with what stands apart behind it: the two digits that say which of a member's family is meant (`U57314695 07`), or the end
    of a serial number (`BLH 620118 S`)."""
    if finding.kind == "DEVICE" and (end := _end_of_a_serial(text, finding)) != finding.end:
        return Finding(finding.start, end, finding.kind, finding.rule)
    suffix = _SUFFIX.match(text, finding.end)
    if suffix is None and finding.kind == "HEALTH_PLAN":
        suffix = _LETTER_SUFFIX.match(text, finding.end)
    if suffix is None or finding.kind not in _KINDS_WITH_SUFFIX:
        return finding
    num_digits = sum(map(str.isdecimal, text[finding.start : finding.end]))
    return finding if num_digits < _MIN_DIGITS_BEFORE_A_SUFFIX else Finding(finding.start, suffix.end(), finding.kind, finding.rule)


def _end_of_a_serial(text: str, finding: Finding) -> int:
    written = text[finding.start : finding.end]
    ending = _SERIAL_LETTER if " " in written and written[0].isalpha() else _SERIAL_DIGITS if written.isdecimal() else None
    behind = None if ending is None or len(written) < _MIN_SURE_DIGITS else ending.match(text, finding.end)
    return finding.end if behind is None else behind.end()


def _rest_start(text: str, start: int) -> int:
    """Where the value begins of which a dot or a slash parts `start`; `start` where a label stands there (`pt id/0093318`)."""
    rest = _REST_BEFORE.search(text, max(0, start - 24), start)
    return start if rest is None or is_label(rest.group().rstrip("./")) else rest.start()


def _with_rest(text: str, start: int, end: int) -> tuple[int, int]:
    """The value with what is tied to it by a dot, a slash or a colon."""
    behind = _REST_BEHIND.match(text, end)
    return _rest_start(text, start), end if behind is None else behind.end()


def _fits(text: str, start: int, end: int, end_with_groups: int, num_digits: int, label: Label) -> bool:
    """Whether a value may be what its label says."""
    written = text[start:end_with_groups]
    if end_with_groups > end:
        num_digits = sum(map(str.isdecimal, written))
    is_mixed = not written.isdecimal() and (label.kind == "DEVICE" or (len(written) >= _MIN_LONG_CHARS and written.isupper()))
    if _has_few_digits(written):
        return label.is_marked and not (is_registered(text, start, end) or _MODEL_BEFORE.search(text, max(0, start - 20), start))
    if num_digits < label.min_digits - is_mixed or (not label.is_marked and _YEAR.fullmatch(written)):
        return False
    if is_registered(text, start, end) or (
        label.kind in ("ID", "LICENSE")
        and not _REGISTER_BEFORE.search(text, max(0, start - 20), start)
        and stands_with_public_words(text, start)
    ):
        return False
    date = DATE_LIKE.fullmatch(written)
    if date is not None:
        return label.rule == "mrn" and label.is_marked and len(date.group("year") or "    ") == 2 and "-" in written
    if (
        label.rule == "lot"
        and num_digits >= _MIN_LOT_DIGITS
        and not written.isdecimal()
        and _LOT_BEFORE.search(text, max(0, start - 24), start)
    ):
        return True
    if label.rule in ("model", "lot"):
        return _DEVICE_WORD.search(text, max(0, start - 150), min(len(text), end + 60)) is not None
    return True


_LISTED_CODE = re.compile(r"(?=[A-Z-]{0,4}\d[A-Z0-9-]{4})(?=\d{0,12}[A-Z])[A-Z]{0,4}-?\d{5,9}[A-Z]?(?![\w-])")
_LIST_LINK = re.compile(r"\s?(?:,|;|&|/|\band\b|\bor\b)(?:\s(?:and|or))?\s?")


def _listed_after(text: str, finding: Finding) -> Iterator[Finding]:
    """Values of the same form, or codes, that follow it: `MRNs 1234567, 2345678 and 3456789`, `Serial numbers 55010 and SC55020`."""
    if not finding.rule.startswith("label"):
        return
    length = finding.end - finding.start
    for _ in range(20):
        link = _LIST_LINK.match(text, finding.end)
        if link is None:
            return
        word = text[link.end() : link.end() + length]
        end = link.end() + length
        if len(word) < length or shape_of(word) != shape_of(text[finding.start : finding.end]) or text[end : end + 1].isalnum():
            other = _LISTED_CODE.match(text, link.end())
            if other is None:
                return
            end = other.end()
        finding = Finding(link.end(), end, finding.kind, finding.rule)
        yield finding


def shape_of(written: str) -> str:
    """The same with 9 for every digit and A for every letter."""
    return "".join("9" if character.isdigit() else "A" if character.isalpha() else character for character in written)


# By its own shape

_SSN = re.compile(r"\d{3}([-–])\d{2}\1\d{4}|\d{3}\.\d{2}\.\d{4}|\d{3} \d{2} \d{4}")
_NO_SSN = re.compile(r"000|\d{3}.00|\d{3}.\d\d.0000")
_MBI_LETTER = "[AC-HJKMNP-RT-Y]"
_MBI_EITHER = "[AC-HJKMNP-RT-Y0-9]"
_MBI = re.compile(rf"[1-9]{_MBI_LETTER}{_MBI_EITHER}\d-?{_MBI_LETTER}{_MBI_EITHER}\d-?{_MBI_LETTER}{{2}}\d{{2}}")
_MBI_IN_GROUPS = re.compile(rf"[1-9]{_MBI_LETTER}{_MBI_EITHER}\d {_MBI_LETTER}{_MBI_EITHER}\d {_MBI_LETTER}{{2}}\d{{2}}(?![A-Za-z0-9])")
_TERMINAL_DIGITS = re.compile(r"\d\d-\d\d-\d\d")  # as charts are filed by their last two digits
_BLOOD_UNIT = re.compile(r"(?:[A-Z]\d{4} \d\d \d{6}(?: \d\d| ?[A-Z])?|[A-Z]\d{3} \d{3} \d{3} \d{3}(?: ?[A-Z])?)(?![\w-])")
_HICN = re.compile(r"\d{3}-\d{2}-\d{4}[A-Z]\d?")
_IBAN = re.compile(r"[A-Za-z]{2}\d{2}(?: ?[A-Za-z0-9]{4}){2,7}(?: ?[A-Za-z0-9]{1,3})?(?![A-Za-z0-9])")
_VIN = re.compile(r"(?=[0-9]*[A-Z])[A-HJ-NPR-Z0-9]{17}")
_PAN = re.compile(r"[A-Z]{3}[ABCFGHLJPT][A-Z]\d{4}[A-Z]")  # of an Indian taxpayer
_DEA = re.compile(r"[ABCDEFGHJKLMPRSTUX][A-Z9]\d{7}")
_CARD = re.compile(r"\d{4}([ -]?)\d{4}\1\d{4}\1\d{1,7}|\d{4}([ -]?)\d{6}\2\d{4,5}")
_CARD_RULE, _DEA_RULE, _NPI_RULE = ("ACCOUNT", "payment card"), ("LICENSE", "dea"), ("ID", "npi")
_RULES_BELOW_A_LABEL = (_CARD_RULE, _DEA_RULE, _NPI_RULE)  # one number of ten passes a check by chance
_NUMBER_BESIDE = re.compile(r"[ \t]{1,4}[(<>=±]?\d")


def _by_shape(text: str, start: int, end: int) -> tuple[str, str] | None:
    """Kind and rule of what its characters alone show."""
    length = end - start
    written = text[start:end]
    if length == 8 and _TERMINAL_DIGITS.fullmatch(written) and not _is_in_a_row(text, start, end) and _is_no_date_nor_doses(written):
        return "MRN", "terminal digits"
    if length < 9 or length > 40:
        return None
    if length <= 11 and _SSN.fullmatch(written):
        return None if _NO_SSN.match(written) or (" " in written and _is_in_a_row(text, start, end)) else ("SSN", "ssn")
    if length == 10 and _PAN.fullmatch(written):
        return "ID", "pan"
    if _DEA.fullmatch(written) and is_dea(written):
        return _DEA_RULE
    if length == 10 and written.isdecimal() and written[0] == "1" and is_npi(written) and not stands_with_public_words(text, start):
        return _NPI_RULE
    if _MBI.fullmatch(written) or _MBI_IN_GROUPS.fullmatch(written) or _HICN.fullmatch(written):
        return "HEALTH_PLAN", "medicare"
    if " " in written and _BLOOD_UNIT.fullmatch(written):
        return "ID", "blood unit"
    if length == 17 and _VIN.fullmatch(written) and is_vin(written):
        return "VEHICLE", "vin"
    if length >= 12 and _CARD.fullmatch(written) and is_payment_card(digits_of(written)):
        return _CARD_RULE
    if written[:2].isalpha() and (iban := _IBAN.match(text, start)) and is_iban(iban.group().replace(" ", "").upper()):
        return "ACCOUNT", "iban"
    return None


def _is_no_date_nor_doses(written: str) -> bool:
    """Whether three pairs of digits are no day, month and year in any order, and no doses that go up or down (60-40-20)."""
    first, second, third = map(int, written.split("-"))
    orders = ((first, second), (second, first), (second, third))
    is_date = any(1 <= month <= 12 and 1 <= day <= 31 for month, day in orders)
    return not is_date and any(number % 5 for number in (first, second, third))


def _is_in_a_row(text: str, start: int, end: int) -> bool:
    """Whether other numbers stand beside it, as in a table of counts."""
    return text[max(0, start - 4) : start].rstrip(" \t")[-1:].isdigit() or _NUMBER_BESIDE.match(text, end) is not None


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
