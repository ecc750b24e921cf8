"""What the words beside a number say that it is: a label before it (`MRN: 1234567`), behind it, or at the head of its column."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from medpretrain.deidentify.labels import LABELS, NEAR

_CONNECTED = (
    r"(?:\s{1,40}(?!\s)|[.…_·]{2,60}(?![.…_·])|[:#.=|>\-–—*_\"'(\[\])№,]|\b(?:is|was|are|of|on|file|no|nos|num|number|numbers|nr|id|ids"
    r"|identifier"
    r"|identification|reg|registration|code|value|record|records|card|policy|template|hash|reference|ref|ending|ends|in|last|four|4|digits|starting|with"
    r"|for|the|patient"
    r"|a|new|old|current|previous|former|formerly|also|patient's|pt|his|her|to|read|reads|listed|as|said|last\s(?:\d|six|eight)|assigned|issued|given|shows?"
    r"|quoted|used|under"
    r"|above|below|per|here|today|currently|verified|confirmed|using|scanned|which|that|your|our|their|my|same|system|stamped|marked"
    r"|label(?:led|ed)?)\b"
    r"|/\s?[a-z]{2,8}\b|/\Z|[(\[][^()\[\]\n\d]{1,24}[)\]]|(?:[a-z]{2,11}\s){1,3}(?=is\b)){0,14}\Z"
)
_FAR = (  # "serial number, atrial lead: "
    r"[ ,](?![^\n]*\b(?:fax|phone|tel|cell|mobile|pager|ext|zip|dob|date|dated)\b)"
    r"[^\d\n:;#=|]{1,30}(?:[:#=]|\bis\b|,\sno\b\.?)\s{0,3}\Z"
)
_ENDS_FAR = re.compile(r"(?:[:#=]|\b(?:is|no)\b\.?)\s{0,3}\Z", re.IGNORECASE)  # with what every text ends that _FAR ends
_MAX_FAR_END = 7
_ANY_LABEL = "|".join(f"(?P<l{place}>{called.pattern})" for place, called in enumerate(LABELS.values()))
_ANY_WORD = "|".join(f"(?P<w{place}>{called.words})" for place, called in enumerate(LABELS.values()))
_LABEL_BEFORE = re.compile(
    rf"(?:(?<![a-z/])|(?<=/)(?=mrn|uhid|csn|har\b|fin\b|acc|visit|enc|ssn|member|policy|group|grp|subscr|chart|nhs|npi|dea\b|lic|serial|s/?n\b|lot|ref\b|case|order))(?=[a-z])(?:{_ANY_LABEL})(?![a-z]){_CONNECTED}"
)
_LABEL_FAR_BEFORE = re.compile(rf"(?<![a-z/])(?=[a-z])(?:{_ANY_LABEL})(?![a-z]){_FAR}")
_LABEL_AFTER = re.compile(
    rf"\A(?:\s?[(\[](?:{_ANY_WORD})(?:\s(?:no|number|id|\#)\.?)?[)\]]"
    rf"|\s{{0,2}}[(\[,=]?\s?(?:is\s(?:the|her|his|my|their)\s(?:\w{{2,12}}\s)?)?(?:{_ANY_LABEL})(?![\w:#]|\s?[:#]|\s(?:no|number)\b))"
)
_CAPITALS_ALONE = frozenset(
    (
        "id",
        "ids",
        "dl",
        "sn",
        "fin",
        "sin",
        "pid",
        "chi",
        "oscar",
        "aba",
        "har",
        "bin",
        "ur",
        "qme",
        "imc",
        "mr",
        "epi",
        "pcn",
        "dfn",
        "eid",
        "dln",
    )
)  # words, when small
_AFTER_MARK = re.compile(r"\s{0,2}[(\[=]|\s{1,2}is\s(?:the|her|his|my|their)\b")
_NEAR_PATTERN = re.compile(
    r"(?<![A-Za-z])(?:" + "|".join(f"(?P<n{place}>{words})" for place, (_, _, words) in enumerate(NEAR)) + r")(?![A-Za-z])|#",
    re.IGNORECASE,
)
_NEAR_NO_PERSON = re.compile(
    r"(?:procedure|cpt|icd|billing|zip|area|dress|postal)[\s-]?codes?|cpt|icd-?(?:9|10|11|o)\b|\b(?:image|series|tooth|room|model)s?\b\W{0,3}(?:(?:no|number)\b\W{0,3})?\Z",
    re.IGNORECASE,
)
_MERE_MARK = re.compile(r"no|nos|nr|num|number|#|unit|tag|lot|id", re.IGNORECASE)  # of what the word before it says
_MAX_MARK_CHARS = 3
_NEAR_THINGS = ("VEHICLE", "BIOMETRIC")  # whose numbers may be short
_NEAR_WINDOW = 56
_SENTENCE_END = re.compile(
    r"\n|[a-z)](?<!\bno)(?<!\bNo)(?<!\bnos)(?<!\bSt)(?<!\bDr)(?<!\bsubj)(?<!\bSubj)(?<!\bspec)(?<!\bauth)(?<!\bconf)(?<!\bgrp)(?<!\bpol)(?<!\breg)(?<!\bReg)(?<!\bref)(?<!\bser)(?<!\blic)(?<!\bacct)\.\s"
)
_RULES = [(rule, called.kind) for rule, called in LABELS.items()]
_WORD_BETWEEN = re.compile(r"\b(?!is\b|was\b)[^\W\d_]{2,}")
_LAST_DIGITS = re.compile(r"\b(?:ending|ends|last\s(?:four|4))\b(?:\s(?:in|with|digits))?\W{1,3}\Z")
_HAS_MARK = re.compile(r"[#:=№]|\b(?:id|no|num|number|nr|serial|ser|s/?n)\b|\s(?:tx|transmitter)\b", re.IGNORECASE)
_LABEL_WINDOW = 70
_ID_ALONE = re.compile(r"(?:^|[\s/|,;(])(?:id|ID|Id)(?:\s?(?:#|no\.?|number))?[\s:#]{0,3}\Z")
_INSURANCE = re.compile(
    r"\b(?:subscriber|member|gro?u?p|payer|payor|insured|insurance|dependent|policy|health\splan|copay|bcbs|blue\s(?:cross|shield)|aetna"
    r"|cigna|humana"
    r"|medicare|medicaid|tricare|united\s?healthcare|hmo|ppo|rx\s?bin|pcn|vsp|eyemed|vision\splan|dental\splan)\b",
    re.IGNORECASE,
)
_PATIENT = re.compile(
    r"\b(?:[Pp]atient|PATIENT|PT|[Pp]t|[Nn]ame|NAME|DOB|[Dd]ob|D\.O\.B|[Bb]orn)\b[^\n]*\Z|\b[A-Z][A-Z'’-]{1,30},\s?[A-Z][A-Z'’-]{1,30}\s[^\n]*\Z"
)
_OTHERS_ID = re.compile(
    r"\b(?:interpreter|emp|employee|user|staff|unos|study|donor|device|operator|tech\w*|officer|order|exam|visit|case|claim)\b[^\n]{0,24}\Z",
    re.IGNORECASE,
)
_UNIT_OF_A_DEVICE = re.compile(
    r"\b(?:concentrator|cpap|bipap|vent(?:ilator)?|pump|monitor|holter|wheelchair|walker|bed|mattress|aed|telemetry|oxygen|tank|scanner|scope|warmer)"
    r"\s(?:\w{1,12}\s)?unit\b[^\n]{0,12}\Z",
    re.IGNORECASE,
)
_MIN_FAR_DIGITS = 5
_SSN_DIGITS = 9


@dataclass(frozen=True, slots=True)
class Label:
    """What a number is called.

    Attributes:
        kind, rule: as of a `Finding`.
        is_marked: a colon, `#` or "number" stands with it.
        min_digits: of a value that it may be the label of; fewer, the closer the two are tied.
    """

    kind: str
    rule: str
    is_marked: bool
    min_digits: int


def label_of(text: str, start: int, end: int) -> Label | None:
    """The label of `text[start:end]`: before it on its line or the line above, behind it in brackets, or at the head of its column."""
    label = _before(text, start) or _behind(text, end) or _above(text, start)
    if label is not None and label.rule == "id" and _is_of_an_insurance(text, start, end):
        return replace(label, kind="HEALTH_PLAN", rule="id of an insurance")
    if label is not None and label.rule == "mrn" and _UNIT_OF_A_DEVICE.search(text, max(0, start - _LABEL_WINDOW), start):
        return replace(label, kind="DEVICE", rule="unit of a device")
    if label is not None and label.rule == "id" and _is_of_a_patient(text, start):
        return replace(label, kind="MRN", rule="id of a patient")
    return label


def _is_of_an_insurance(text: str, start: int, end: int) -> bool:
    """Whether its line tells of an insurance: "Subscriber Ann Bell / ID W691762301 / Grp 00"."""
    first = max(text.rfind("\n", 0, start) + 1, start - _LABEL_WINDOW)
    if _ID_ALONE.search(text, first, start) is None:
        return False
    line_end = text.find("\n", end, end + _LABEL_WINDOW // 2)
    return _INSURANCE.search(text, first, line_end if line_end >= 0 else end + _LABEL_WINDOW // 2) is not None


def _is_of_a_patient(text: str, start: int) -> bool:
    """Whether a bare "ID" stands behind who the patient is, or when born: "Patient: Bell, Ann   ID: 0320425"."""
    first = max(text.rfind("\n", 0, start) + 1, start - _LABEL_WINDOW)
    alone = _ID_ALONE.search(text, first, start)
    return (
        alone is not None
        and _OTHERS_ID.search(text, first, alone.start()) is None
        and _PATIENT.search(text, first, alone.start()) is not None
    )


def _before(text: str, start: int) -> Label | None:
    written = text[max(0, start - _LABEL_WINDOW) : start]
    label = _label_in(written, _LABEL_BEFORE)
    return _label_in(written, _LABEL_FAR_BEFORE) if label is None and _ENDS_FAR.search(written, len(written) - _MAX_FAR_END) else label


def _behind(text: str, end: int) -> Label | None:
    return _label_in(text[end : end + _LABEL_WINDOW], _LABEL_AFTER) if _AFTER_MARK.match(text, end) else None


def _label_in(written: str, pattern: re.Pattern[str]) -> Label | None:
    in_small = written.lower()
    found = pattern.search(in_small)
    if found is None:
        return None
    name, words = next((name, words) for name, words in found.groupdict().items() if words is not None)
    is_marked = _HAS_MARK.search(found.group()) is not None
    if words in _CAPITALS_ALONE and not is_marked and not written[found.start(name) : found.end(name)].isupper():
        return None
    rule, kind = _RULES[int(name[1:])]
    if pattern is _LABEL_FAR_BEFORE:
        return Label(kind, rule, is_marked, _MIN_FAR_DIGITS)
    is_beside = not _WORD_BETWEEN.search(found.group(), found.end(name) - found.start())
    is_short = is_beside or _LAST_DIGITS.search(found.group()) is not None
    return Label(kind, rule, is_marked, 3 if is_marked else 4 if is_short else 6)


def is_label(word: str) -> bool:
    """Whether a word by itself is one."""
    return _label_in(word + ":", _LABEL_BEFORE) is not None


def near_label(text: str, start: int) -> Label | None:
    """What a word before it in its sentence says, the last of several; for values that look like codes."""
    first = max(0, start - _NEAR_WINDOW)
    window = _SENTENCE_END.split(text[first:start])[-1]
    found = [*_NEAR_PATTERN.finditer(window)]
    if not found or _NEAR_NO_PERSON.search(window):
        return None
    if len(found) > 1 and _MERE_MARK.fullmatch(found[-1].group()) and found[-1].start() - found[-2].end() <= _MAX_MARK_CHARS:
        found[-1:] = ()
    name = found[-1].lastgroup
    is_marked = _HAS_MARK.search(found[-1].group()) is not None
    kind, rule, _ = NEAR[-1 if name is None else int(name[1:])]
    if kind == "SSN":
        return Label(kind, rule, is_marked, _SSN_DIGITS)
    return Label(kind, rule, is_marked, 3 if kind in _NEAR_THINGS else 4 if is_marked or kind == "DEVICE" else 5)


# Tables

_CELL_BORDER = re.compile(r"\t+| *\| *| {2,}")
_RULE = re.compile(r"[-:=_ \t|+]*[-=_]{2}[-:=_ \t|+]*")
_MAX_HEAD_CHARS = 40
_COMMA = re.compile(r",(?! )")
_MIN_CELLS_BY_COMMAS = 4
_MAX_ROWS_ABOVE = 20
_MIN_HEADS_FOR_A_DIGIT = 4  # mrn,name,a1c,ldl: of so many heads one may have a digit
_MAX_LINE_CHARS = 400
_OF_RESULTS = re.compile(r"\b(?:ranges?|intervals?|limits?|normal|results?|values?|units?|flag)\b|^ref(?:erence)?\W*$", re.IGNORECASE)


def header_above(text: str, start: int) -> str | None:
    """The cell at the head of the column in which `start` stands: lines of as many cells, parted by tabs, bars, two blanks or commas, the
    first of them without a digit. None where there is no table."""
    line_start = text.rfind("\n", max(0, start - _MAX_LINE_CHARS), start) + 1
    if line_start == 0:  # the first line, or one that is too long
        return None
    line_end = text.find("\n", start, start + _MAX_LINE_CHARS)
    line = text[line_start : line_end if line_end >= 0 else start + _MAX_LINE_CHARS]
    border = _CELL_BORDER if "  " in line or "\t" in line or "|" in line else _COMMA
    num_cells = len(_cells(line, border))
    if num_cells < (2 if border is _CELL_BORDER else _MIN_CELLS_BY_COMMAS):
        return None
    column = len(_cells(text[line_start : start + 1], border)) - 1
    for _ in range(_MAX_ROWS_ABOVE):
        first = max(0, line_start - 1 - _MAX_LINE_CHARS)
        above_start = text.rfind("\n", first, line_start - 1) + 1
        if above_start == 0 and first > 0:  # a line that is too long
            return None
        cells = _cells(text[above_start : line_start - 1], border)
        if _RULE.fullmatch(text, above_start, line_start - 1) and above_start > 0:
            line_start = above_start
            continue
        num_with_digits = sum(any(map(str.isdigit, cell)) for cell in cells)
        if len(cells) == num_cells and num_with_digits * _MIN_HEADS_FOR_A_DIGIT <= num_cells and not any(map(str.isdigit, cells[column])):
            return cells[column] if len(cells[column]) <= _MAX_HEAD_CHARS else None
        if above_start == 0 or (len(cells) != num_cells and any("-" not in cell for cell in cells)):
            return None
        line_start = above_start
    return None


def _cells(line: str, border: re.Pattern[str]) -> list[str]:
    return border.split(line.strip(" \t|"))


def _above(text: str, start: int) -> Label | None:
    header = header_above(text, start)
    if header is None:
        return None
    return None if _OF_RESULTS.search(header) else _label_in(header + ":", _LABEL_BEFORE)
