"""Finds dates of two numbers: month and day (12/3, 12-3), month and two digits of a year (10/96). The same two numbers are a muscle's
strength, a murmur, a visual acuity, a fraction, a blood pressure, a range or a dose more often than a date, so what speaks for a date is
weighed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Set

from medpretrain.deidentify.date_forms import MONTH, WEEKDAY, valid_date
from medpretrain.deidentify.fields import header_above

_TWO_NUMBERS = re.compile(
    r"(?P<a>\d\d?)\s?/\s?(?P<c>\d{1,2})(?P<range>\s?[-–]\s?\d{1,2}(?![\d/.%]|-|\s?(?:mg|m[lL]|cm|mm|tab|hours?)))?(?!\d|[/.]\d|\w|[%+])"
)
_WITH_DASH = re.compile(r"(?P<a>\d\d?)-(?P<c>\d{1,2})(?![\w%+]|[/.,:]\d|-(?!\d?\d(?:[-/]\d|(?:st|nd|rd|th)?\s?[A-Z])))")
_ACTS = (
    r"seen|starting|started|beginning|began|ending|ended|effective|due|ordered|drawn|admitted|discharged|d/c'?d|scheduled\sfor|placed"
    r"|removed|given"
    r"|stopped|dc|d/c|transferred|readmitted|arrived|returned|collected|resulted|received|signed|dictated|transcribed|printed|entered"
    r"|updated|reviewed"
    r"|expired|expires?|intubated|extubated|hospitalized|visited|cover|called|faxed|mailed|moved\sto|resched\w*(?:\s(?:to|for))?"
    r"|booked(?:\sfor)?"
    r"|filed|sent|injured|fell"
    r"|failed|resolved|told|informed|notified|completed|finished|enrolled|consented|randomi[sz]ed|dosed|refilled|dispensed|filled"
    r"|picked\sup|shipped"
    r"|installed|serviced|inspected|calibrated|interrogated|approved|denied|closed|opened|cancel{1,2}ed|no-?showed|lapsed|terminated"
    r"|released|arrested"
    r"|served|certified|amended|verified|witnessed|quit|relapsed|restarted|resumed|held|weaned|onset\sof\s[a-z]{3,12}|dropped\soff|tested"
    r"|swabbed|delivered"
    r"|out|(?:vm|voice\s?mail|message)\sleft|left\s(?:vm|voice\s?mail|message)|changed|replaced|pulled|dialyzed|transfused|vaccinated"
    r"|delivered|deceased"
)
_EVENTS = (
    r"bp\scheck|check|addendum|update|(?:blood|urine|sputum|wound)\scx|lmp|edc|visit|appt|appointment|labs?|f/u|follow-?up|return|rtc|rtw"
    r"|recheck|repeat|next|last|arrival|adm|disch|admit|dos|service|procedure|exam|biopsy"
    r"|scope|colonoscopy|egd|dexa|mammogram|pap|vaccine|shot|booster|surgery|cxr|ct|mri|us|echo|ekg|ecg|eeg|cath|cultures?|bcx|ucx|born"
    r"|lmp|edd|edc"
    r"|fall|accident|mv[ac]|injury|onset|tomorrow|today|yesterday|tonight|shift|post-?op|pre-?op|consult|note|session|dispo|hd|sx"
    r"|dialysis|infusion|refill|draw|remote|download|interrogation|pick-?up|ride|transport|court|hearing|deadline|screen|cleaning|recert"
    r"|renewal|lk[wn]|t[te]e|[av]bg|trach|peg|picc|cabg|cbc|[bc]mp|lp|ercp|osh|s/p\s[a-z]{2,12}"
    r"|(?:mri|mra|ct|xr|us|pet)\s(?:brain|head|neck|chest|abd\w*|a/p|pelvis|spine|knee|hip|shoulder)"
    r"|(?:next|last|first|previous|prior)\s(?!\d)[a-z]{2,12}"
)
_BEFORE_DATE = re.compile(
    r"(?:\b(?:on|since|from|until|till|thru|through|dated?|(?:week|wk)\sof|as\sof|morning\sof|evening\sof|night\sof|afternoon\sof|am\sof"
    r"|pm\sof|(?:note|visit|report|study|scan|letter|message|results?|echo|films?|summary|addendum|entry|labs?|call)\sof"
    rf"|{_ACTS}|{_EVENTS})"
    rf"|{WEEKDAY},?)(?:\s{{0,2}}[:(@,]?\s?|\son\s)\Z",
    re.IGNORECASE,
)
_STRONG_BEFORE = re.compile(  # also in a sentence that speaks of a score
    r"\b(?:until|till|since|thru|through|as\sof|(?:week|wk)\sof|dated?|sent|collected|drawn|signed|re-?check|check|f/u|rtc|appt|visit"
    r"|scheduled\sfor"
    r"|admitted|discharged|started|stopped|note\sof|report\sof)\s\Z",
    re.IGNORECASE,
)
_TOLD_BEFORE = re.compile(
    r"\b(?:phoned|called|faxed|paged|reported|discussed|communicated|relayed|notified|spoke|talked|left|met|reviewed|read\sback|message|vm"
    r"|d/c'?d|dc'?d|discharged|transferred)\b(?:[^\n.;\d]|\b(?:Drs?|Mr|Mrs|Ms)\.){1,50}\Z",
    re.IGNORECASE,
)
_DONE_BEFORE = re.compile(
    r"\b(?:s/p|banding|cabg|pci|stent(?:ing|s)?|resection|repair|removal|placement|ablation|biopsy|transplant|fusion|replacement"
    r"|extraction|injection"
    r"|washout|exploration|revision|amputation|thrombolysis|embolization|c-?section|[a-z]{3,14}(?:ectomy|o[st]tomy|oscopy|plasty|centesis))"
    r"(?:\s(?!\d)[\w/-]{1,15}){0,3}\s\Z",
    re.IGNORECASE,
)
_BOTTLES_BEFORE = re.compile(r"\b(?:cultures?|b?cx|bottles?|sets?)\s\Z", re.IGNORECASE)
_VALUE_BEFORE = re.compile(r"(?<![\d/])\d{1,4}(?:\.\d{1,2})?\s?\(\Z")
_OPENS_LINE = re.compile(r"(?:\n|\A)[ \t]{0,4}(?:[-*•][ ]?)?\Z")
_NEXT_OF_A_LIST = re.compile(r"(?:,\s?|\s?&\s?|,?\sand\s)(?P<g>\d\d?)/(?P<e>\d\d?)(?![\d%/+]|\.\d)")
_LIST_BEFORE = re.compile(r"(?:\(|:\s)\Z")
_DATED_COLUMN = re.compile(
    r"\b(?:date|last|taken|given|filled|refill|when|seen|due|start\w*|stop\w*|drawn|collected|done|on)\b", re.IGNORECASE
)
_WEEKDAY_BEFORE = re.compile(rf"(?<![^\W_]){WEEKDAY},?\s{{1,2}}\(?\Z")
_IN_BRACKETS_BEHIND_A_DAY = re.compile(r"\b(?:day|pod|hd|visit)\s?#?\d{1,3}\s\(\Z", re.IGNORECASE)
_BY_BEFORE = re.compile(r"\b(?:by|before|after|until)\s\Z", re.IGNORECASE)
_BEFORE_MAYBE = re.compile(
    r"(?:\b(?:to|of|by|was|before|after|between|in|late|early|circa|for|at|prior\sto|last)\s{1,2}|[,;]\s?|(?:\n|\A)\s{0,4}"
    r"|(?-i:\b[A-Z]{2,4}\s))\Z",
    re.IGNORECASE,
)
_AFTER_DATE = re.compile(
    r"\s?(?:@\s?\d|at\s\d|:(?!\d)|[-–—]\s[A-Za-z]|[aA][mM]\b|[pP][mM]\b|\)\s?[.;:,]"
    r"|\s(?:she|he|pt|patient|labs?|visit|clinic|showed|revealed|appointment|by\sDr|with\sDr|cxr|ct|mri)\b)"
)
_PERCENT_BEHIND = re.compile(r"\)?\s?[(,=]?\s?[\d.]{1,6}\s?%")
_TIME_BEHIND = re.compile(r"\s{0,2}[@,]?\s{0,2}(?:at\s)?(?:[01]?\d|2[0-3]):[0-5]\d(?!\d)|\s?[@]\s?\d{4}(?!\d)")
_PHRASE_ENDS = re.compile(
    r"\s?(?:[.;:)\]?!](?!\d)|,(?!\d)|\n|\Z)"
    r"|\s[-–—]\s|\s(?:re|regarding|were|was|is|and|with|w/|for|at|in|by|from|showed?|she|he|they|pt|patient|per|after|before|due|as"
    r"|because|when|but|via|@)(?!\w)",
    re.IGNORECASE,
)
_SCORED = (
    r"strength|motor|pupils?|power|muscles?|sensory|reflex\w*|dtrs?|pulses?|murmur|s[ei]m|pain|grade[ds]?|stage|acuity|vision|va|od|os|ou"
    r"|scor\w*|scale"
    r"|bp|pressures?|ratio|mmse|mini-?mental|moca|gcs|apgars?|rated?|rating|flexion|extension|extensors?|flexors?|dorsiflexion"
    r"|plantarflexion|deltoids?"
    r"|biceps|triceps|grip|quad\w*|hamstrings?|iliopsoas|bilaterally|extremit\w*|arms?|legs?|ue|le|lue|rue|lle|rle|bue|ble|proximal\w*"
    r"|distal\w*|intact"
    r"|tab\w*|mg|dose|inch\w*|needle|fraction|bishop|heel|items?|recall|criteria|nodes?|samples?|signs|effort|prep|difficulty|visuals?"
    r"|upper|lower"
    r"|left|right|class|level|norco|vicodin|percocet|lortab|hydrocodone|oxycodone|saline|d5|cores?|concentration|orientation|attention"
    r"|memory|fundus"
    r"|station"
)
_MESSAGE_LEFT = re.compile(r"\b(?:vm|voice\s?mail|message)\sleft\s\Z", re.IGNORECASE)
_SCORE_WORD = re.compile(rf"\b(?:{_SCORED})\b", re.IGNORECASE)
_SCORE_BEFORE = re.compile(rf"\b(?:{_SCORED})\b(?:(?!\.\s)[^\n|]){{0,60}}\Z", re.IGNORECASE)
_SCORE_AFTER = re.compile(
    r"[\s-]?(?:mg|m[lL]\b|L\b|mix|ratio|flex|french|cc\b|inch|in\.|\"|cups?\b|tab|pack|ppd\b|of\b|the\b|strength|murmur|systolic"
    r"|diastolic|s[ei]m\b"
    r"|holosystolic|cm\b|mm\b|pill|ns\b|normal\ssaline|hours?\b|weeks?\b|years?\b|days?\b|months?\b|patients\b|points?\b"
    r"|in\s(?:the|length|width|size|diameter)\b|on\s(?:the\s)?(?:right|left|pain|scale)|throughout|bilateral|right|left|muscle|motor"
    r"|proximal|distal"
    r"|both\b|all\b|to\sthe\b|\(\d|nodes?\b|positive|power|strong|intensity|pain|ejection|way\b|blocks?\b|miles?\b|gauge|lb|pounds?|full"
    r"|tendon|reflex"
    r"|pulse|upper|lower|with\s(?:full|normal)|weak|symmetric|criteria|doses?|cores?|lymph)",
    re.IGNORECASE,
)
_OTHER_PART = re.compile(r"[^\n.;]{0,40}?\b\d{1,2}/(\d{1,2})\b")
_TO_ANOTHER = re.compile(r"\s?(?:-{1,2}>|→|-|–|to|through|thru)\s?(?P<g>\d\d?)[-/](?P<e>\d\d?)(?![\d%]|[/.]\d)")
_TO_A_NAMED_DAY = re.compile(rf"\s?(?:-|–|to|through|thru)\s?(?:\d\d?(?:st|nd|rd|th)?[\s-](?:of\s)?{MONTH}|{MONTH}\.?\s\d)")
_DATE_BEHIND = re.compile(
    rf"\s?(?:,|&|;|\sand|\sor)\s(?:\d\d?(?:st|nd|rd|th)?[\s-](?:of\s)?{MONTH}|{MONTH}\.?\s\d)|,?\s[(]?(?=[A-Z]){WEEKDAY}|\s?[-–]\s?(?:\)"
    rf"|present\b|ongoing\b)|\s(?:w/|with)\s?(?:Dr|Mrs?|Ms)\b"
)
_HALF_OF_A_DAY = re.compile(r"\s?(?:[AaPp][Mm]|[AaPp]\.[Mm]\.|noon|eve(?:ning)?|overnight)(?!\w)")
_CELL_BEFORE, _CELL_BEHIND = re.compile(r"[|\t]\s{0,2}\Z"), re.compile(r"(?:\s?[AaPp][Mm])?\s{0,2}(?:[|\t\n]|\Z)")
_LINK = re.compile(r"(?:\.(?!\s))?\s?(?:-{1,2}>|→|-|–|,|&|to|and|through|thru|or)\s?(?:and\s|on\s)?\Z")
_COMMON_DENOMINATORS = frozenset((2, 3, 4, 5, 6, 8, 10, 12, 15, 16, 18, 20, 24, 30))
_RARE_DENOMINATORS = frozenset((11, 13, 14, 17, 19, 21, 22, 23, 25, 26, 27, 28, 29, 31))
_FRACTIONS = frozenset(("1/2", "1/3", "2/3", "1/4", "3/4", "1/5", "1/8", "3/8", "1/10"))
_MIN_SCORE, _SURE = 3, 12
_MAX_MONTH = 12
_MAX_BOTTLES = 4  # of a blood culture, of which some are positive


def find_short_dates(text: str, before_dashes: Iterable[int], ends: Set[int]) -> Iterator[tuple[int, int, str]]:
    """Start, end and rule of each.

    Arguments:
        before_dashes: where numbers begin that a dash follows.
        ends: of the dates that are sure, on which one may follow (12/3/19 - 12/5).
    """
    known_ends = set(ends)
    yield from _find_dashed(text, before_dashes, known_ends)
    if "/" in text:
        yield from _find_slashed(text, known_ends)
        yield from _find_dashed(text, before_dashes, known_ends)  # on which one with a slash may shed light: 8/5 and 9-12


def _find_slashed(text: str, known_ends: set[int]) -> Iterator[tuple[int, int, str]]:
    for found in _TWO_NUMBERS.finditer(text):
        start, end = found.span()
        before = text[start - 1 : start]
        if before.isalnum() or (before in tuple("/.-$+") and before and not _follows(text, start, known_ends)):
            continue
        if found.group("range") and not _is_range(found):
            end = found.start("range")
        rule = _rule(text, found, end, known_ends)
        if rule is not None:
            known_ends.add(end)
            yield start, end, rule


def _find_dashed(text: str, before_dashes: Iterable[int], known_ends: set[int]) -> Iterator[tuple[int, int, str]]:
    """A range of numbers (2-3 days) looks the same: a day of the week before it, or what leads to a date before it and the phrase's end
    behind it must say that it is a date."""
    for start in before_dashes:
        found = _WITH_DASH.match(text, start)
        if found is None:
            continue
        end = found.end()
        before = text[start - 1 : start]
        if before.isalnum() or (before in tuple("/.-$+#") and before and not _follows(text, start, known_ends)):
            continue
        if valid_date(2000, int(found.group("a")), int(found.group("c"))) is not None and _leads_to(text, start, end, known_ends):
            known_ends.add(end)
            yield start, end, "month and day"


def _follows(text: str, start: int, known_ends: Set[int]) -> bool:
    """Whether a date ends before the dash that stands before it: 2/5-2/7, Aug.-9-1."""
    return start - 1 in known_ends or (text[start - 2 : start - 1] == "." and start - 2 in known_ends)


def _leads_to(text: str, start: int, end: int, known_ends: Set[int]) -> bool:
    if (
        _WEEKDAY_BEFORE.search(text, max(0, start - 14), start)
        or _IN_BRACKETS_BEHIND_A_DAY.search(text, max(0, start - 16), start)
        or _TIME_BEHIND.match(text, end)
    ):
        return True
    link = _LINK.search(text, max(0, start - 9), start)
    if link is not None and link.start() in known_ends:
        return True
    if not (_PHRASE_ENDS.match(text, end) or _TO_ANOTHER.match(text, end) or _TO_A_NAMED_DAY.match(text, end)) and not _MESSAGE_LEFT.search(
        text, max(0, start - 18), start
    ):
        return False
    return any(pattern.search(text, max(0, start - 24), start) for pattern in (_BEFORE_DATE, _BY_BEFORE))


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
    context = _score_of_context(text, found, end)
    shape = _score_of_shape(first, second)
    if context < 4 and (shape == 0 or context + shape + bool(known_ends) < _MIN_SCORE + (context == 0)):
        return 0
    score = context + shape + (_AFTER_DATE.match(text, end) is not None)
    if "%" in text[max(0, start - 5) : start] or _PERCENT_BEHIND.match(text, end):
        score -= 3
    if _SCORE_AFTER.match(text, end):
        score -= 4
    is_left_message = _MESSAGE_LEFT.search(text, max(0, start - 18), start) is not None
    is_sure = is_left_message or _STRONG_BEFORE.search(text, max(0, start - 16), start) is not None
    if _BOTTLES_BEFORE.search(text, max(0, start - 12), start) and int(first) <= int(second) <= _MAX_BOTTLES:
        score -= 4
    if score >= _MIN_SCORE and not is_sure and _SCORE_BEFORE.search(text, max(0, start - 70), start):
        score -= 3
    other = _OTHER_PART.match(text, end, end + 50) if score >= _MIN_SCORE else None
    if other is not None and other.group(1) == second and not is_sure:
        score -= 2
    return score + (1 if known_ends and shape else 0)


def _score_of_context(text: str, found: re.Match[str], end: int) -> int:
    start = found.start()
    if found.group() not in _FRACTIONS and (_DATE_BEHIND.match(text, end) or _HALF_OF_A_DAY.match(text, end)):
        return 4
    if any(pattern.search(text, max(0, start - 16), start) for pattern in (_WEEKDAY_BEFORE, _IN_BRACKETS_BEHIND_A_DAY)):
        return _SURE
    if _TIME_BEHIND.match(text, end) or _BEFORE_DATE.search(text, max(0, start - 26), start):
        return 4
    if _is_first_of_two(text, found, end) or _is_told(text, found, end):
        return 4
    if found.group() not in _FRACTIONS and _BY_BEFORE.search(text, max(0, start - 8), start) and _PHRASE_ENDS.match(text, end):
        return 4
    if int(found.group("c")) > 12 and text[start - 1 : start] in ("", "\n") and _AFTER_DATE.match(text, end):
        return 4
    if _CELL_BEFORE.search(text, max(0, start - 4), start) and _CELL_BEHIND.match(text, end):
        header = header_above(text, start)
        return 4 if header is not None and _DATED_COLUMN.search(header) else 2
    if _BEFORE_MAYBE.search(text, max(0, start - 16), start):
        return 2
    return int(text[start - 1 : start] == "(")


def _is_told(text: str, found: re.Match[str], end: int) -> bool:
    """Whether what was said or done stands before it and the phrase ends behind it; or it stands alone behind a value or opens a line."""
    start = found.start()
    if found.group() in _FRACTIONS:
        return False
    if _VALUE_BEFORE.search(text, max(0, start - 12), start) and text[end : end + 1] == ")":
        return True
    if _OPENS_LINE.search(text, max(0, start - 8), start) and text[end : end + 2] == ": ":
        return _SCORE_WORD.search(text, end, end + 40) is None
    return _PHRASE_ENDS.match(text, end) is not None and any(
        pattern.search(text, max(0, start - 66), start) for pattern in (_TOLD_BEFORE, _DONE_BEFORE)
    )


def _is_first_of_two(text: str, found: re.Match[str], end: int) -> bool:
    """Whether another month and day follow it: 12/30-1/2; but 3/5-4/5 are two strengths, 1/2-3/4 two fractions."""
    other = _TO_ANOTHER.match(text, end)
    if other is None and _LIST_BEFORE.search(text, max(0, found.start() - 3), found.start()):
        other = _NEXT_OF_A_LIST.match(text, end)
    if other is None or (found.group() in _FRACTIONS and int(other.group("e")) <= _MAX_MONTH) or other.group("e") == found.group("c"):
        return False
    return 1 <= int(other.group("g")) <= 12 and 1 <= int(other.group("e")) <= 31


def _score_of_shape(first: str, second: str) -> int:
    """What the two numbers alone say for a date: more is unlikely of a score than its most, zeros stand in front of dates."""
    score = "0" in (first[0], second[0])
    if int(first) > int(second):
        return score + 2
    return score + (int(second) not in _COMMON_DENOMINATORS) + (int(second) in _RARE_DENOMINATORS)
