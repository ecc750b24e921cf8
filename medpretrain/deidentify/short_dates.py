"""Finds dates of two numbers: month and day (12/3), month and two digits of a year (10/96). The same two numbers are a muscle's strength, a
murmur, a visual acuity, a fraction, a blood pressure or a dose more often than a date, so what speaks for a date is weighed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Set

from medpretrain.deidentify.date_forms import WEEKDAY

_TWO_NUMBERS = re.compile(
    r"(?P<a>\d\d?)\s?/\s?(?P<c>\d{1,2})(?P<range>\s?[-–]\s?\d{1,2}(?![\d/.%]|-|\s?(?:mg|m[lL]|cm|mm|tab|hours?)))?(?!\d|[/.]\d|\w|[%+])"
)
_BEFORE_DATE = re.compile(
    r"(?:\b(?:on|since|from|until|till|thru|through|dated?|seen|starting|started|beginning|began|ending|ended|effective|due|ordered|drawn|admitted"
    r"|discharged|d/c'?d|scheduled\sfor|visit|appt|appointment|week\sof|as\sof|morning\sof|evening\sof|night\sof|afternoon\sof|am\sof|pm\sof|labs?"
    r"|placed|removed|f/u|follow-?up|return|rtc|recheck|repeat|next|last|given|stopped|dc|transferred|readmitted|arrived|returned|collected|resulted|received|signed|dictated|transcribed|printed|entered|updated|reviewed|arrival|adm|disch|admit|dos|service|procedure|exam|biopsy|scope|colonoscopy|egd|dexa|mammogram|pap|vaccine|shot|booster|surgery|cxr|ct|mri|us|echo|ekg|ecg|eeg|cath|cultures?|bcx|ucx|born|lmp|edd|edc|expired|intubated|extubated|hospitalized)"
    rf"|{WEEKDAY},?)\s{{0,2}}[:(@]?\s?\Z",
    re.IGNORECASE,
)
_BEFORE_MAYBE = re.compile(
    r"(?:\b(?:to|of|by|was|before|after|between|in|late|early|circa|for|at|prior\sto|last)\s{1,2}|[,;]\s?|\n\s{0,4}|(?-i:\b[A-Z]{2,4}\s))\Z",
    re.IGNORECASE,
)
_AFTER_DATE = re.compile(
    r"\s?(?:@\s?\d|at\s\d|:(?!\d)|[aA][mM]\b|[pP][mM]\b|\)\s?[.;:,]|\s(?:she|he|pt|patient|labs?|visit|clinic|showed|revealed|appointment|by\sDr|with\sDr|cxr|ct|mri)\b)"
)
_PERCENT_BEHIND = re.compile(r"\)?\s?[(,=]?\s?[\d.]{1,6}\s?%")
_TIME_BEHIND = re.compile(r"\s{0,2}[@,]?\s{0,2}(?:at\s)?(?:[01]?\d|2[0-3]):[0-5]\d(?!\d)|\s?[@]\s?\d{4}(?!\d)")
_SCORE_BEFORE = re.compile(
    r"\b(?:strength|motor|pupils?|power|muscles?|sensory|reflex\w*|dtrs?|pulses?|murmur|s[ei]m|pain|grade[ds]?|stage|acuity|vision|va|od|os|ou|scor\w*|scale|bp|pressures?"
    r"|ratio|mmse|mini-?mental|moca|gcs|apgars?|rated?|rating|flexion|extension|extensors?|flexors?|dorsiflexion|plantarflexion|deltoids?|biceps|triceps|grip"
    r"|quad\w*|hamstrings?|iliopsoas|bilaterally|extremit\w*|arms?|legs?|ue|le|lue|rue|lle|rle|bue|ble|proximal\w*|distal\w*|intact|tab\w*|mg|dose|inch\w*"
    r"|needle|fraction|bishop|heel|items?|recall|criteria|nodes?|samples?|signs|effort|prep|difficulty|visuals?|upper|lower|left|right|class|level|norco"
    r"|vicodin|percocet|lortab|hydrocodone|oxycodone|saline|d5|cores?|concentration|orientation|attention|memory|fundus|station)\b(?:(?!\.\s)[^\n]){0,60}\Z",
    re.IGNORECASE,
)
_SCORE_AFTER = re.compile(
    r"[\s-]?(?:mg|m[lL]\b|L\b|mix|ratio|flex|french|cc\b|inch|in\.|\"|cups?\b|tab|pack|ppd\b|of\b|the\b|strength|murmur|systolic|diastolic|s[ei]m\b|holosystolic|cm\b|mm\b|pill|ns\b|normal\ssaline|hours?\b"
    r"|weeks?\b|years?\b|days?\b|months?\b|patients\b|points?\b|in\s(?:the|length|width|size|diameter)\b|on\s(?:the\s)?(?:right|left|pain|scale)|throughout|bilateral|right|left|muscle|motor|proximal|distal|both\b|all\b|to\sthe\b"
    r"|\(\d|nodes?\b|positive|power|strong|intensity|pain|ejection|way\b|blocks?\b|miles?\b|gauge|lb|pounds?|full|tendon|reflex|pulse|upper|lower|with\s(?:full|normal)|weak|symmetric|criteria|doses?|cores?|lymph)",
    re.IGNORECASE,
)
_OTHER_PART = re.compile(r"[^\n.;]{0,40}?\b\d{1,2}/(\d{1,2})\b")
_LINK = re.compile(r"\s?(?:-|–|,|&|to|and|through|thru|or)\s?(?:and\s|on\s)?\Z")
_COMMON_DENOMINATORS = frozenset((2, 3, 4, 5, 6, 8, 10, 12, 15, 16, 18, 20, 24, 30))
_MIN_SCORE = 3


def find_short_dates(text: str, ends: Set[int]) -> Iterator[tuple[int, int, str]]:
    """Start, end and rule of each; `ends` are those of the dates that are sure, on which one may follow (12/3/19 - 12/5)."""
    if "/" not in text:
        return
    known_ends = set(ends)
    for found in _TWO_NUMBERS.finditer(text):
        start, end = found.span()
        before = text[start - 1 : start]
        if before.isalnum() or (before in tuple("/.-$+") and before and start - 1 not in known_ends):
            continue
        if found.group("range") and not _is_range(found):
            end = found.start("range")
        rule = _rule(text, found, end, known_ends)
        if rule is not None:
            known_ends.add(end)
            yield start, end, rule


def _is_range(found: re.Match[str]) -> bool:
    """12/3-5: the second day is one of the same month."""
    last = int(found.group("range").strip(" -–"))
    return int(found.group("c")) < last <= 31


def _rule(text: str, found: re.Match[str], end: int, known_ends: Set[int]) -> str | None:
    start, first, second = found.start(), int(found.group("a")), int(found.group("c"))
    if not 1 <= first <= 12 or second == 0:
        return None
    link = _LINK.search(text, max(0, start - 9), start)
    if link is not None and link.start() in known_ends and second <= 31:
        return "date after a date"
    score = _score(text, found, end, known_ends)
    if 32 <= second <= 99:
        return "month and year, short" if score >= _MIN_SCORE else None
    return "month and day" if second <= 31 and score >= _MIN_SCORE else None


def _score(text: str, found: re.Match[str], end: int, known_ends: Set[int]) -> int:
    start, first, second = found.start(), found.group("a"), found.group("c")
    context = 0
    if _BEFORE_DATE.search(text, max(0, start - 24), start):
        context = 4
    elif _BEFORE_MAYBE.search(text, max(0, start - 16), start):
        context = 2
    elif text[start - 1 : start] == "(":
        context = 1
    if _TIME_BEHIND.match(text, end):
        context = 4
    shape = _score_of_shape(first, second)
    if context < 4 and (shape == 0 or context + shape + bool(known_ends) < _MIN_SCORE + (context == 0)):
        return 0
    score = context + shape + (_AFTER_DATE.match(text, end) is not None)
    if "%" in text[max(0, start - 5) : start] or _PERCENT_BEHIND.match(text, end):
        score -= 3
    if _SCORE_AFTER.match(text, end):
        score -= 4
    if score >= _MIN_SCORE and _SCORE_BEFORE.search(text, max(0, start - 70), start):
        score -= 3
    other = _OTHER_PART.match(text, end, end + 50) if score >= _MIN_SCORE else None
    if other is not None and other.group(1) == second:
        score -= 2
    return score + (1 if known_ends and shape else 0)


def _score_of_shape(first: str, second: str) -> int:
    """What the two numbers alone say for a date: more is unlikely of a score than its most, zeros stand in front of dates."""
    score = "0" in (first[0], second[0])
    if int(first) > int(second):
        return score + 2
    return score + (int(second) not in _COMMON_DENOMINATORS)
