"""Codes without a label: words that nothing else looks like, and those that a word near them says to be a person's."""

from __future__ import annotations

import re
from collections.abc import Iterator

from medpretrain.deidentify.fields import Label, near_label
from medpretrain.deidentify.finding import Finding
from medpretrain.deidentify.public_codes import is_public_code, stands_with_public_words
from medpretrain.deidentify.segments import kind_of_a_field

# What may be no code of a person, though it looks like one.
DATE_LIKE = re.compile(
    r"(?:(?:0?[1-9]|1[0-2])([-/.])(?:0?[1-9]|[12]\d|3[01])|(?:0?[1-9]|[12]\d|3[01])([-/.])(?:0?[1-9]|1[0-2]))(?:\1|\2)(?P<year>(?:18|19"
    r"|20)?\d\d)"
    r"|(?:19|20)\d\d[-/.](?:0?[1-9]|1[0-2])(?:[-/.](?:0?[1-9]|[12]\d|3[01]))?(?:T\d{2,4}Z?)?"
    r"|(?:19|20)?\d{2}-?(?:JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC)-?(?:(?:19|20)?\d\d)?"
    r"|\d{6}[A-Z](?:JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC)\d\d"
)
_COMPACT_DATE = re.compile(r"(?:19\d|20[0-3])\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:[0-2]\d[0-5]\d(?:[0-5]\d)?)?")
# Never a person's: mutations, loci, pregnancies, counts glued to their names. Seldom one's, whatever stands near: levels, years, values.
_NO_CODE = re.compile(
    r"[A-Z]\d{1,5}[A-Z]|D(?:\d{1,2}|[XY])[SH]\d{1,2}(?!\d).*|D(?:\d{1,2}|[XY])S\d{1,5}[A-Z]?(?:[-/].*)?|DXS\d{1,5}.*|(?:WBC|RBC|PLT)\d{1,6}"
    r"|G\d{1,2}P\d{1,4}(?:A\d{1,2})?(?:L\d{1,2})?|G\d{1,2}T\d{1,2}P\d.*|\d{3}[A-Z]\d{5}X"
)
_NO_LOOSE_CODE = re.compile(
    r"(?:BP|HR|RR|WBC|RBC|HCT|HGB|PLT|INR|T|P|S|C|L|Q|G|CD|IL|FEV|SPO|PO|PCO|FIO|HBA|CK|LDL|HDL|AST|ALT|BUN|CR)-?\d{1,3}(?:[-/].*)?"
    r"|[A-Z]\d{1,2}-[A-Z]?\d{1,2}.*|(?:1[89]|20)\d\d-(?:1[89]|20)\d\d|\d{1,2}-\d{1,2}(?:-\d{1,2})?|(?:19|20)\d\d(?:-\d{2})?"
    r"|[AEGKLQ]0\d{3}|\d{5}-(?:2[1-9]|5\d|6[26]|7[3-9]|8\d|9\d)"  # of HCPCS, and of CPT with a modifier
)
_ICD_CODE = re.compile(r"[A-Z]\d[0-9A-Z][0-9A-Z]{0,4}|\d{3,5}")
_ROUND = re.compile(r"(?<!\d{6})(?<!\d-)000\Z|0000\Z|\d-\d00\Z")
_TWO_NUMBERS = re.compile(r"\d{2,4}-\d{2,4}")
_MIN_PAIR_CHARS, _MIN_PAIR_DIGITS = 9, 6
_RISING = re.compile(r"(\d{1,4})-(\d{1,4})")
_ICD_10_PROCEDURE = re.compile(r"0[0-9A-HJ-NP-Z]{6}")

# Seen alone, these are codes; the looser ones need a word near them that says so.
_BARE_CODE = re.compile(
    r"[A-Z]{1,5}[-_]?\d{6,14}|[A-Z]{1,3}-?\d{2}-\d{3,8}|\d{2,4}-?[A-Z]{1,3}-?\d{4,8}|\d{7,15}(?:-\d{1,5})?|[A-Z]{2,4}-\d{5}"
    r"|\d{3}-\d{2}-\d{2,3}"
    r"|(?!(?:0[1-9]|1[0-2])-(?:19|20)\d\d(?!\d))\d{2}-\d{4,7}|(?:19|20)\d\d-\d{5,7}|\d{4}-\d{5,7}|\d{5}-\d{3}|\d{6}-\d{2,4}|\d{1,2}\.\d{3}\.\d{3}-[\dkK]|\d{3}\.\d{3}\.\d{3}-\d{2}|\d{5,6}/\d{2}"
    r"|\d{2,4}-\d{2,4}-\d{3,6}|[A-HJ-NPR-Z0-9]{17}|\d{3}\.\d{3}\.\d{3}|[A-Z]/\d{2}/\d{4,6}"
)
_LOOSE_CODE = re.compile(
    r"(?=[A-Z0-9/:-]*[A-Z])(?=[A-Z/:-]*\d[A-Z/:-]*\d[A-Z/:-]*\d)[A-Z0-9]{1,12}(?:[-/:][A-Z0-9]{1,12}){0,4}|\d{5,15}"
    r"|\d{2,9}(?:-\d{1,9}){1,4}"
    r"|\d{2,6}(?:[./]\d{2,6}){2,4}|\d{2,4}/\d{5,8}|\d{5,8}/\d{2,4}"
)
_MIN_LOOSE_CHARS = 5
_MAX_MODEL_CHARS = 6  # W1DR01, F180NR: models rather than serial numbers
_MIXED_CODE = re.compile(r"(?=[0-9-]{0,20}[A-Z])[A-Z0-9]{1,20}(?:-[A-Z0-9]{1,17}){0,4}")
_MIN_MIXED_CHARS, _MIN_MIXED_DIGITS = 7, 5
_PREFIX_KINDS = {
    **dict.fromkeys(("MRN", "MRNR", "MR", "EMRN"), "MRN"),
    **dict.fromkeys(("ACCT", "FIN", "CSN"), "ACCOUNT"),
    **dict.fromkeys(("ACC", "RAD", "PT", "PAT", "SPEC"), "ID"),
    **dict.fromkeys(("IMG", "DSC"), "PHOTO"),
    **dict.fromkeys(("SSN",), "SSN"),
    **dict.fromkeys(("SN",), "DEVICE"),
}
_KNOWN_PREFIX_CODE = re.compile(r"(?:" + "|".join(_PREFIX_KINDS) + r")r?[-_]?\d{4,14}", re.IGNORECASE)
_MAKERS_FORM = re.compile(r"[A-Z]{2}\d{5,8}[A-Z]?")
_THING_BESIDE = re.compile(  # whose number it is, though substances under study are written so, too
    r"\b(?:(?:arm|wrist)?\s?band|bracelet|lot|batch|cert|by|operator|terminal|interpreter|user|login|under|imc|gmc|qme|case|log|event|no|number|id|sensor|transmitter|monitor|pump|pacer|generator|lead|member|request|under|badge|tag|kit|unit"
    r"|meter|reader|serial|ser"
    r"|subscriber|policy|beneficiary|certificate|passport|licen[sc]e|accession|specimen|requisition|wallet)s?\.?\s{1,2}[(]?\Z",
    re.IGNORECASE,
)
_LETTERS_APART = re.compile(r"(?<![\w-])(?!NO|ID|OF|IS|PT|MR|DR|ST|CT|AT|TO|ON|IN|BY)[A-Z]{1,2} \Z")
_ACRONYM_BEFORE = re.compile(r"(?<![\w-])(?!CAS|NDC|ICD|CPT|LOT|REF|SPSS|ATCC|CBS|NCTC)[A-Z]{2,6}[:#]? \Z")
_MIN_DIGITS_BEHIND_AN_ACRONYM = 6
_GROUPS = re.compile(r"\d{4}[ -]\d{4}[ -]\d{2,4}|\d{3} \d{3} \d{4}")
_THOUSANDS = re.compile(r"\d{1,3}(?: \d{3})+")
_CELL_BORDERS = ("|", "\t")
_MIN_CELL_DIGITS = 6


_CATALOGUE_BEFORE = re.compile(
    r"(?<![\w-])(?:(?:REF|(?<!esh\s)[Rr]ef)\.?\s?(?:(?:[Nn]o|NO|[Nn]umber)\b\.?|#)?|(?i:models?|mod\.|(?<!\bmesh\s)cat(?:alog(?:ue)?)?\.?|part|p/n|pn|product|item)"
    r"\s?(?:(?i:no|num|number|code)\b\.?|#)?)[:\s]{1,3}(?:is\s)?\Z"
)
_CATALOGUE_WORDS = re.compile(  # about what has a catalogue; a referral or a letter has none
    r"\b(?:model|cat|mod|part|p/n|size|sz|mm|lot|serial|s/?n|exp|qty|implant\w*|explant\w*|leads?|lens|iol|stem|cup|liner|insert|tray|femoral|tibial|acetabular|screws?|plates?"
    r"|mesh|stent|graft|valve|pump|pacemaker|generator|icd|catheter|port|device|sticker|component|head|anchor|(?:porta|mediport|power|hick)\w*|trach\w*|tube|portex|shiley|kit|cannula|needle|stapler|cartridge|reload|suture|drain|dressing|balloon|coil|cage|rod)\b",
    re.IGNORECASE,
)
_MODEL = re.compile(r"\d\d[A-Z]{1,3}-\d{3}|\d{4}[A-Z]{0,3}-\d{2}[A-Z]?|\d{4}[A-Z]{1,2}")
_CASE_WORDS = re.compile(
    r"\b(?:auth\w*|claim|plan|payer|insurance|approv\w*|den(?:ied|ial)|appeal|letter|case|referral|call)\b", re.IGNORECASE
)
_MAX_CATALOGUE_CHARS = 60


def is_of_a_catalogue(text: str, start: int) -> bool:
    """Whether what begins at `start` is called the model or the catalogue number of a thing, which many have: `REF 71423114, size 11`."""
    before = _CATALOGUE_BEFORE.search(text, max(0, start - 24), start)
    if before is None:
        return False
    first = max(text.rfind("\n", 0, start) + 1, start - _MAX_CATALOGUE_CHARS)
    line_end = text.find("\n", start, start + _MAX_CATALOGUE_CHARS)
    last = line_end if line_end >= 0 else start + _MAX_CATALOGUE_CHARS
    return _CATALOGUE_WORDS.search(text, first, last) is not None and _CASE_WORDS.search(text, first, start) is None


def find_code(text: str, start: int, end: int) -> Iterator[Finding]:
    """What a word with digits, `text[start:end]`, is by its characters and what stands near; at most one finding."""
    written = text[start:end]
    if _NO_CODE.fullmatch(written):
        return
    if _KNOWN_PREFIX_CODE.fullmatch(written):
        if not is_public_code(text, start, end):
            yield Finding(start, end, _kind_by_prefix(text, start, written), "bare code")
        return
    if _ROUND.search(written) or DATE_LIKE.fullmatch(written) or _COMPACT_DATE.fullmatch(written) or _touches_another(text, start, end):
        return
    if _fills_a_cell(text, start, end):
        if not is_rising(written):
            yield Finding(start, end, kind_of_a_field(text, start), "code in a cell")
        return
    is_bare = _BARE_CODE.fullmatch(written) is not None or _is_long_mixed_code(written)
    if not (is_bare or is_loose_code(written)) or stands_with_public_words(text, start):
        return
    if is_public_code(text, start, end) and not (_MAKERS_FORM.fullmatch(written) and _THING_BESIDE.search(text, max(0, start - 24), start)):
        return
    letters = _LETTERS_APART.search(text, max(0, start - 4), start) if written.isdecimal() else None
    whole_start = start if letters is None else letters.start()
    near = near_label(text, whole_start)
    if near is not None and near.kind == "DEVICE" and _is_a_model(written):
        return
    if near is not None and (is_bare or _may_be_near(written, near)):
        yield Finding(whole_start, end, near.kind, near.rule)
    elif is_bare or _is_in_a_heading(text, start, written):
        yield Finding(whole_start, end, kind_of_a_field(text, start), "bare code")
    elif _is_behind_an_acronym(text, start, end):
        yield Finding(start, end, "ID", "code behind an acronym")


def find_groups(text: str, start: int, end: int) -> Iterator[Finding]:
    """What groups of digits with blanks between them, `text[start:end]`, are; at most one finding."""
    written = text[start:end]
    if not is_loose_code(written.replace(" ", "-")):
        return
    near = near_label(text, start)
    if near is not None and _may_be_near(written, near):
        yield Finding(start, end, near.kind, near.rule)
    elif _TYPISTS_BEFORE.search(text, max(0, start - 12), start):
        yield Finding(start, end, "ID", "code behind typists")
    elif _fills_a_cell(text, start, end) and not _THOUSANDS.fullmatch(written):
        yield Finding(start, end, kind_of_a_field(text, start), "code in a cell")
    elif _GROUPS.fullmatch(written) and not _is_in_a_row(text, start, end):
        yield Finding(start, end, "ID", "groups of digits")
    elif not written[0].isdecimal() and _is_behind_an_acronym(text, start, end):
        yield Finding(start, end, "ID", "code behind an acronym")


def is_loose_code(written: str) -> bool:
    if len(written) < _MIN_LOOSE_CHARS or _LOOSE_CODE.fullmatch(written) is None or _NO_LOOSE_CODE.fullmatch(written) is not None:
        return False
    is_short_pair = _TWO_NUMBERS.fullmatch(written) is not None and len(written) < _MIN_PAIR_CHARS
    return not (is_short_pair and (is_rising(written) or _num_digits(written) < _MIN_PAIR_DIGITS))


def _kind_by_prefix(text: str, start: int, written: str) -> str:
    """That of its first letters, but for those that begin accessions and accounts alike."""
    kind = _PREFIX_KINDS[re.split(r"[^A-Za-z]", written)[0].upper()]
    near = near_label(text, start) if kind == "ID" else None
    return near.kind if near is not None and near.kind == "ACCOUNT" else kind


def _num_digits(written: str) -> int:
    return sum(map(str.isdecimal, written))


def _may_be_near(written: str, near: Label) -> bool:
    if near.kind == "DEVICE" and not written.isdecimal() and _ICD_CODE.fullmatch(written) and len(written) <= 5:
        return False
    return _num_digits(written) >= near.min_digits and (near.kind != "VEHICLE" or not written.isdecimal())


def _is_a_model(written: str) -> bool:
    """Whether makers of devices call their models so: 5076-52, 2008T, W1DR01."""
    is_short = len(written) <= _MAX_MODEL_CHARS and _num_digits(written) < _MIN_MIXED_DIGITS and not written.isdecimal()
    return is_short or _MODEL.fullmatch(written) is not None


def _is_long_mixed_code(written: str) -> bool:
    """Capitals and five digits or more in seven characters or more."""
    if _ICD_10_PROCEDURE.fullmatch(written):
        return False
    return (
        _MIN_MIXED_DIGITS <= _num_digits(written) < len(written) >= _MIN_MIXED_CHARS
        and _MIXED_CODE.fullmatch(written) is not None
        and not written.isdecimal()
    )


def is_rising(written: str) -> bool:
    """Whether it may be a range of values: 136-145."""
    found = _RISING.fullmatch(written)
    return found is not None and found[1][0] != "0" and int(found[1]) < int(found[2])


def _fills_a_cell(text: str, start: int, end: int) -> bool:
    is_cell = text[start - 1 : start] in _CELL_BORDERS and text[end : end + 1] in (*_CELL_BORDERS, "\n")
    return is_cell and _num_digits(text[start:end]) >= _MIN_CELL_DIGITS


def _is_behind_an_acronym(text: str, start: int, end: int) -> bool:
    """Whether it stands behind capitals that may call it something: `UNOS 16322-813`."""
    written = text[start:end]
    if written.isdecimal() or _num_digits(written) < _MIN_DIGITS_BEHIND_AN_ACRONYM:
        return False
    return _ACRONYM_BEFORE.search(text, max(0, start - 9), start) is not None


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


_TYPISTS_BEFORE = re.compile(r"(?<![\w/])[^\W\d_]{2,4}/[^\W\d_]{2,4}/\Z")


def _touches_another(text: str, start: int, end: int) -> bool:
    """Whether it is a part of something longer: a decimal, a path, a formula; not behind who dictated and typed (`ABC/de/77001234`)."""
    if text[start - 1 : start] == "/" and _TYPISTS_BEFORE.search(text, max(0, start - 12), start):
        return False
    return text[start - 1 : start] in tuple(".,/-+=_^<>~@") or (
        text[end : end + 1] in tuple("./-_=@×*^") and text[end + 1 : end + 2].isalnum()
    )


_NUMBER_BESIDE = re.compile(r"[ \t]{1,4}[(<>=±]?\d")


def _is_in_a_row(text: str, start: int, end: int) -> bool:
    """Whether other numbers stand beside it, as in a table of counts."""
    return text[max(0, start - 4) : start].rstrip(" \t")[-1:].isdigit() or _NUMBER_BESIDE.match(text, end) is not None
