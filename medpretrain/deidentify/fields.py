"""What the words beside a number say that it is: a label before it (`MRN: 1234567`), behind it, or at the head of its column."""

from __future__ import annotations

import re
from dataclasses import dataclass

_MARK = r"(?:\s?[#:=№]|\s(?:id|no|nos|num|number|numbers|nr|identifier|identification|ref)\b)"
_NUMBER = r"(?:\s?[#№]|\s(?:id|no|nos|num|number|numbers|nr|identifier)\b)"  # behind words that head sections with a colon
_LABELS = {  # rule -> (kind, what it is called, in small letters). Words that mean other things too stand with a mark: #, :, number.
    "ssn": ("SSN", r"ssn|ss\s?(?:\#|no\b|number)|s\.s\.n?|soc(?:ial)?\.?\s?sec(?:urity)?\.?|social\s?(?:\#|number)|tax\s?id"),
    "plate": (
        "VEHICLE",
        r"licen[sc]e\splates?|(?:number|registration|vehicle|car|reg)\s(?:plates?|tag)|plates?\s?(?:\#|no\b|number)|licen[sc]e\stag"
        r"|tag\s?(?:\#|no\b|number)|(?:vehicle|car)\s(?:reg(?:istration)?)",
    ),
    "vin": ("VEHICLE", r"vin|vehicle\s(?:id(?:entification)?|serial)"),
    "mrn": (
        "MRN",
        r"(?:e|u|h)?mrn?\d?\s?(?:[\#:]|no\b|number)|[eu]?mrn[rs]?|m\.r\.n\.?|(?:med(?:ical)?|health|hospital|clinic|pt|patient)\.?\s?rec(?:ord)?s?\b"
        rf"|(?:hospital|hosp|chart|record|unit|clinic|history|patient|pt|client|resident)\.?{_NUMBER}|(?:chart|record){_MARK}|u\.?r\.?n|e?mpi|\bnhi|med\s?rec"
        r"|unit\srecord|patient\sidentifier",
    ),
    "health plan": (
        "HEALTH_PLAN",
        rf"(?:member(?:ship)?|subscriber|policy|policy\s?holder|insured|payer|payor|health\scard|rx\s?group)\.?{_MARK}"
        rf"|(?:group|grp|plan|insurance|coverage)\.?{_NUMBER}"
        r"|subscriber|beneficiary|medicare|medicaid|tricare|medi-?cal|mbi|hicn?|rx\s?(?:bin|pcn|grp)|nhs|ohip|health\scard|insurance\scard"
        r"|(?:blue\s(?:cross|shield)|bcbs|aetna|cigna|humana|kaiser|uhc|united\s?health\s?care|anthem)(?:\spolicy)?",
    ),
    "account": (
        "ACCOUNT",
        r"accts?|accounts?|a/c|csn|har|iban|swift|routing|aba|rtn|guarantor|(?:credit|debit|bank|payment|visa|master\s?card|amex|my)\s?card"
        r"|visa|master\s?card|amex|american\sexpress|discover|limit\sfor\scard"
        rf"|(?:encounter|invoice|claim|card|receipt|transaction)\.?{_MARK}"
        rf"|(?:visit|admission|episode|bill|billing|statement|fin|payment|check|financial)\.?{_NUMBER}"
        r"|encounter|invoice|fin",
    ),
    "licence": (
        "LICENSE",
        r"dea|npi|upin|itin|clia|passport|(?:driver'?’?s?|driving|operator'?s?|medical|state|professional|nursing|pharmacy|rn|md)\s(?:id|lic(?:en[sc]e)?)"
        rf"|licen[sc]es?|lic|dl|(?:rn|rph|lpn|md|do|np|pa|crna|pharmd)\s?(?:\#|no\b)|(?:certificate|certification|registration|provider|prescriber)\.?{_NUMBER}",
    ),
    "device": (
        "DEVICE",
        r"serial|serials|s/n|sn|s\.n\.|ser\.?\s?(?:\#|no\b)|udi|imei|meid|asset\stag|mac(?:\saddress)?"
        rf"|(?:device|implant|generator|lead|pacemaker|icd\sdevice|pump|stimulator|prosthesis|valve|lens|sensor)\.?{_NUMBER}",
    ),
    "model or lot": ("DEVICE", rf"model|(?:lot|batch)\.?{_MARK}"),
    "biometric": (
        "BIOMETRIC",
        r"(?:finger|thumb|palm|hand|foot|voice|face|retina|retinal|iris)\s?-?(?:prints?|scans?|templates?|image|codes?|recognition|hash)|biometrics?"
        r"|(?:dna|genetic)\s(?:profile|fingerprint)",
    ),
    "photo": ("PHOTO", rf"(?:photo(?:graph)?s?|picture|portrait|snapshot|headshot|facial\simage)\.?{_MARK}"),
    "id": (
        "ID",
        r"accession|acc(?:n|essn)?\s?(?:[\#:]|no\b)|specimen|requisition|badge|uuid|guid|ids?|id\s?[\#:]|i\.d\.|identifier|identification"
        rf"|(?:case|job|document|doc|order|reference|ref|transcription|dictation|barcode|bar\scode|tracking|file|employee|confirmation|ticket"
        rf"|prescription|rx|referral|authori[sz]ation|auth|incident|docket|inmate)\.?{_MARK}"
        rf"|(?:study|subject|participant|report|sample|folder|staff|student|user|login|pathology|path|lab|slide|block|exam|donor|enrol{{1,2}}ee|locker"
        rf"|parcel|message|request|workers'?\scomp|police\sreport|military|service|veteran|tax|access|control|procedure|imaging|appointment"
        rf"|surgical|cytology)\.?{_NUMBER}"
        r"|rx\s?\#",
    ),
}
_CONNECTED = (
    r"(?:\s{1,40}|[:#.=|>\-–—*_\"'(\[№,]|\b(?:is|was|are|of|on|file|no|nos|num|number|numbers|nr|id|ids|identifier|identification|code|value|record"
    r"|records|card|policy|template|hash|reference|ref|ending|ends|in|last|four|4|digits|starting|with|for|the|patient|a|new|old|current"
    r"|previous|former|formerly|also|patient's|pt|his|her|to|read|reads|listed|as|said)\b|(?:[a-z]{2,11}\s){1,3}(?=is\b)){0,14}\Z"
)
_ANY_LABEL = "|".join(f"(?P<l{place}>{words})" for place, (_, words) in enumerate(_LABELS.values()))
_LABEL_BEFORE = re.compile(rf"(?<![a-z/])(?=[a-z])(?:{_ANY_LABEL}){_CONNECTED}")
_LABEL_AFTER = re.compile(
    rf"\A\s{{0,2}}[(\[,]?\s?(?:is\s(?:the|her|his|my|their)\s(?:\w{{2,12}}\s)?)?(?:{_ANY_LABEL})(?![\w:#]|\s?[:#]|\s(?:no|number)\b)"
)
_CAPITALS_ALONE = frozenset(("id", "ids", "dl", "sn", "fin"))  # in small letters, words and units too
_AFTER_MARK = re.compile(r"\s{0,2}[(\[]|\s{1,2}is\s(?:the|her|his|my|their)\b")
_NEAR = (  # what a code is that stands on the same line behind one of these words, though others stand between
    (
        "VEHICLE",
        "near a vehicle",
        r"plates?|vehicle|car|truck|sedan|suv|van|pick-?up|motorcycle|scooter|moped|trailer|minivan|rego|license\stag"
        r"|toyota|honda|ford|chev\w+|nissan|subaru|jeep|dodge|hyundai|kia|bmw|audi|volvo|tesla|mazda|lexus",
    ),
    (
        "DEVICE",
        "near a device",
        r"device|pace\s?maker|icd|defibrillator|leads?|generator|implant\w*|stimulator|pumps?|valve|prosthe\w+|lens|iol|stent|mesh|monitor|recorder"
        r"|hearing\said|walker|wheelchair|cpap|cgm|sensor|transmitter|ventilator|serial|medtronic|abbott|boston\sscientific|biotronik|st\.\sjude",
    ),
    (
        "BIOMETRIC",
        "near a biometric",
        r"finger\s?-?prints?|thumb\s?-?prints?|palm|retinal?|iris|voice\s?-?prints?|biometrics?|facial|face\sid",
    ),
    (
        "HEALTH_PLAN",
        "near an insurance",
        r"insurance|insured|insurer|ins|payer|payor|coverage|policy|subscriber|member|carrier|aetna|cigna|humana|hmo|ppo|medicare|medicaid",
    ),
    ("LICENSE", "near a licence", r"licen[sc]ed?|lic|passport|certif\w+|dea|npi"),
    ("ACCOUNT", "near an account", r"account|acct|visit|encounter|billing|bill|invoice|claim|card|bank|episode|admission"),
    ("MRN", "near a record", r"record|chart|mrn|hospital|patient|pt|unit|[a-z]{0,3}rn|urn|identification"),
    (
        "ID",
        "near a word for numbers",
        r"no|nos|nr|num|number|id|ids|code|ref|accession|acc|specimen|case|order|file|report|run|lab|path\w*|barcode|job|conf\w*|dict\w*|transcri\w+|voice|doc\w*|enc|req\w*|rx|samples?|slides?|blocks?|kit|subject|participant|session|ticket|tracking|auth\w*|user\w*|employee|staff|student|exam|scan|donor|tag|badge|token|key|uid",
    ),
)
_NEAR_PATTERN = re.compile(
    r"(?<![A-Za-z])(?:" + "|".join(f"(?P<n{place}>{words})" for place, (_, _, words) in enumerate(_NEAR)) + r")(?![A-Za-z])|#",
    re.IGNORECASE,
)
_NEAR_NO_PERSON = re.compile(
    r"(?:procedure|cpt|icd|billing|zip|area|dress|postal)[\s-]?codes?|cpt|icd|\b(?:image|series|tooth|room|model)s?\b", re.IGNORECASE
)
_NEAR_THINGS = ("VEHICLE", "BIOMETRIC")  # whose numbers may be short
_NEAR_WINDOW = 48
_SENTENCE_END = re.compile(r"\n|[a-z)]\.\s")
_RULES = [(rule, kind) for rule, (kind, _) in _LABELS.items()]
_WORD_BETWEEN = re.compile(r"\b(?!is\b|was\b)[^\W\d_]{2,}")
_HAS_MARK = re.compile(r"[#:=№]|\b(?:id|no|num|number|nr)\b", re.IGNORECASE)
_LABEL_WINDOW = 70


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
    return _before(text, start) or _behind(text, end) or _above(text, start)


def _before(text: str, start: int) -> Label | None:
    return _label_in(text[max(0, start - _LABEL_WINDOW) : start], _LABEL_BEFORE)


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
    is_beside = not _WORD_BETWEEN.search(found.group(), found.end(name) - found.start())
    return Label(kind, rule, is_marked, 3 if is_marked else 4 if is_beside else 6)


def near_label(text: str, start: int) -> Label | None:
    """What a word before it in its sentence says, the last of several; for values that look like codes."""
    first = max(0, start - _NEAR_WINDOW)
    window = _SENTENCE_END.split(text[first:start])[-1]
    found = [*_NEAR_PATTERN.finditer(window)]
    if not found or _NEAR_NO_PERSON.search(window):
        return None
    name = found[-1].lastgroup
    is_marked = _HAS_MARK.search(found[-1].group()) is not None
    kind, rule, _ = _NEAR[-1 if name is None else int(name[1:])]
    return Label(kind, rule, is_marked, 3 if kind in _NEAR_THINGS else 4 if is_marked or kind == "DEVICE" else 5)


# Tables

_CELL_BORDER = re.compile(r"\t+| *\| *| {2,}")
_MAX_ROWS_ABOVE = 20
_MAX_LINE_CHARS = 400


def header_above(text: str, start: int) -> str | None:
    """The cell at the head of the column in which `start` stands: lines of as many cells, parted by tabs, bars or two blanks, the first
    of them without a digit. None where there is no table."""
    line_start = text.rfind("\n", max(0, start - _MAX_LINE_CHARS), start) + 1
    line_end = text.find("\n", start, start + _MAX_LINE_CHARS)
    line = text[line_start : line_end if line_end >= 0 else start + _MAX_LINE_CHARS]
    if line_start == 0 or not ("  " in line or "\t" in line or "|" in line):
        return None
    num_cells = len(_cells(line))
    if num_cells < 2:
        return None
    column = len(_cells(text[line_start : start + 1])) - 1
    for _ in range(_MAX_ROWS_ABOVE):
        above_start = text.rfind("\n", max(0, line_start - 1 - _MAX_LINE_CHARS), line_start - 1) + 1
        cells = _cells(text[above_start : line_start - 1])
        if len(cells) == num_cells and not any(map(str.isdigit, "".join(cells))):
            return cells[column]
        if above_start == 0 or (len(cells) != num_cells and any("-" not in cell for cell in cells)):
            return None
        line_start = above_start
    return None


def _cells(line: str) -> list[str]:
    return _CELL_BORDER.split(line.strip(" \t|"))


def _above(text: str, start: int) -> Label | None:
    header = header_above(text, start)
    if header is None:
        return None
    return _label_in(header + ":", _LABEL_BEFORE)
