"""Finds ages over 89. A finding is the number alone ("94" of "94-year-old"), so that "90+" can stand in its place.

An age is given away by what stands behind the number, before it, or, for a short "94F with", on both sides.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from medpretrain.deidentify.fields import header_above
from medpretrain.deidentify.finding import Finding

_NUMBER = re.compile(r"(?:9\d|1[0-2]\d)(?!\d)")
_PART = r"(?:[.,]\d|\s?(?:½|¼|¾)|[\s-]{1,2}(?:and\s)?(?:a\shalf|\d{1,2}/\d{1,2}))?"
_OLD = re.compile(
    rf"{_PART}(?:[\s\-–‑]{{0,3}}(?i:years?|yrs?\.?|ys|y\.?r?)['’]?[\s\-–‑.]{{0,3}}(?i:olds?\b|young\b|o\b|of[\s-]age\b|o\.)"
    r"|[\s-]?(?i:years?|yrs?|y)\.?,?\s?(?:and\s|&\s)?\d\d?(?:\s\d\d?/12)?[\s-]?(?i:months?|mos?|m)\b"
    r"|\s?[\-–]?\s?(?:y/?o[amfMF]?|Y/?O[AMF]?|y\.\s?o\.?|y\\o|y/old|yr/o|yrs?/o)(?!\w)"
    rf"|\s{{0,2}}(?:to|-|–|or)\s{{0,2}}\d{{2,3}}[\s-](?:year|yr)s?[\s-]old"
    r"|\s?(?i:y(?:rs?|ears?)?)(?:[ /,]{1,3}|\s?[(])(?:[MF]|(?i:(?:fe)?male|m[ae]n|wom[ae]n|lady|gentleman))\b"
    r"|(?:th|st|nd|rd)\s(?:birthday|b-day|bday|year\b))"
)
_YEARS = re.compile(
    r"\s?(?:years?|yrs?|y)\b(?!\s?(?:ago|history|hx|later|earlier|prior|before|after|survival|follow|of\s(?!age)|and\sover|to\s))"
)
_NOT_A_YEAR = re.compile(
    r"\s?(?:%|percent|mg|mcg|m[lL]\b|cc\b|mm|cm|kg|lbs?\b|days?\b|weeks?\b|wks?\b|months?\b|mos?\b|hours?\b|hrs?\b|min|bpm|beats|degrees|°|/\d|-\d|[.,]\s?\d|:\d"
    r"|patients|subjects|participants|pounds|units|mmHg|centile|th\b|st\b|nd\b|rd\b)"
)
_AGE_BEFORE = re.compile(
    r"(?:\b(?:age[ds]?|ages|aet\.?)\b\s{0,3}(?:/\s?(?:sex|gender)|\(?(?:years?|yrs?|y|in\syears)\)?)?\s{0,2}(?:[:=\-–|]\s{0,3}|(?:of|is|was|now|at|about|approximately|around|currently)\s|[~≈]\s?)?"
    r"(?:(?:of|is|was|about|approximately|around|nearly|almost)\s)?"
    r"|\bage\.?(?:\s(?:at|of|on|is|was|today|reported|recorded|given|stated|listed|noted|as|now)|\s[(][a-z\s]{2,16}[)]|\s(?!group|range|limit)[a-z]{4,12}){1,3}[:,\s]\s?|\bage(?=\d)|\b(?:man|woman|lady|gentleman|male|female|widow(?:er)?|patient|resident)\sof\s(?:about\s)?"
    r"|\b(?:dob|d\.o\.b\.|birth|born)\b[^\n]{0,24}\d\s?[(/,;]\s?(?:age[d:]?\s)?"
    r"|\b(?:turn(?:ed|ing|s)?|will\sbe|celebrat(?:ed|ing|es)(?:\s(?:his|her|their))?|made\sit\sto|lived\sto(?:\sbe)?|survived\sto|live\suntil|lived\suntil)\s(?:age\s)?)\Z",
    re.IGNORECASE,
)
_IS_BEFORE = re.compile(
    r"\b(?:is|was|now|i'm|i\sam|she's|he's|are|aged?|died|of|at|pt|patient|just|currently|nearly|almost|approximately|about)\s\Z",
    re.IGNORECASE,
)
_RELATIVES = (
    r"mother|father|mom|mum|dad|husb|hubby|bro|sis|granny|nana|grandpa|papa|brother|sister|siblings?|grand(?:mother|father|ma|pa|parents?)|aunt|uncle|wife|husband|spouse|partner|parents?|cousin|widow(?:er)?"
    r"|(?:great-?)?(?:step|half-?)(?:mother|father|brother|sister)|(?:mother|father|brother|sister)-in-law|room-?mate|neighbou?r|friend|care-?giver|carer"
)
_PERSONS = (
    rf"he|she|patient|pt|resident|client|member|veteran|donor|recipient|decedent|deceased|victim|driver|passenger|caller|applicant|claimant|inmate|tenant"
    rf"|consumer|enrollee|insured|subject|participant|lady|gentleman|woman|man|{_RELATIVES}"
)
_PERSON_IS_BEFORE = re.compile(
    rf"\b(?:(?:{_PERSONS}|who|mr\.?|mrs\.?|ms\.?)(?:(?-i:\s[^\W\d_a-z][\w'’-]{{1,30}})?\s(?:is|was|will\sbe|turns|(?:just\s)?turned)|['’](?:s|ll\sbe))|i['’](?:m|ll\sbe)|i\sam|almost|nearly|pushing|approaching)\s"
    r"(?:now\s|currently\s|almost\s|nearly\s|about\s|only\s)?\Z",
    re.IGNORECASE,
)
_BETWEEN_COMMAS = re.compile(r"\s?(?:years?|yrs?|y)\.?(?:\s?[,;)/]|\.?(?:\s|\Z)(?!\s?[a-z]))")
_SENTENCE_GOES_ON = re.compile(r"\s?(?:[.;)\n]|,\s[a-z]|\sand\s[a-z]|\s(?:when|next|last|who|but|now|in\s[A-Z][a-z]{2})\b|\Z)(?!\d)")
_OF_A_MACHINE = re.compile(r"Y(?![\w-])")
_STRONG_OPENING_BEFORE = re.compile(r"(?:\A|\n|\b(?:an?|this)\s)\s{0,3}\Z", re.IGNORECASE)
_SEX_LETTER = re.compile(r"\s?[-/]?\s?(?:M|F|yM|yF|y\s[MF])(?=[\s,;.:/)]|\Z)")
_LIFE_GOES_ON = (
    r"(?:lives?|living|is|was|who|with|w/|presents?|presented|presenting|seen|admitted|an?|from|found|came|comes|has|had|brought|resident|residing"
    r"|widow\w*|retired|married|c/o|s/p|h/o|here|in|on|for|died|passed|dob|mrn|(?:fe)?male|[mf]|and|reports?|states?|returns?|sent|referred|known|dnr)(?!\w)"
)
_NAME_BEFORE = re.compile(  # two names or more, or one behind a title or a relation
    r"(?:(?:[^\W\d_a-z][\w.'’-]{0,30},?\s){1,3}[^\W\d_a-z][\w'’-]{1,30}|\b(?i:mrs?|ms|miss|mx|dr|sr|br|fr)\b\.?\s[^\n,;:()\d]{2,40}"
    rf"|\b(?i:{_PERSONS})(?:,?\s[^\W\d_a-z][\w'’-]{{0,30}}\.?){{1,3}})(?:,\s|\s[(])\Z"
)
_TITLE_AND_NAME_BEFORE = re.compile(r"\b(?:[Mm][Rr][Ss]?|[Mm][Ss]|[Mm]iss|[Mm]x|[Dd]r|[Ss]r|[Ff]r)\b\.?\s[^\n,;:()\d]{2,40},\s\Z")
_CLAUSE_BEHIND = re.compile(r",\s[a-z]")
_IN_BRACKETS = re.compile(r"\)\s(?:[a-z-]{3,12}\s)?(?:wom[ae]n|m[ae]n|lady|gentlem[ae]n|(?:fe)?male|resident|patient|widow(?:er)?)\b")
_PERSON_WORD_BEFORE = re.compile(rf"\b(?:{_PERSONS}),\s\Z", re.IGNORECASE)
_ONE_NAME_BEFORE = re.compile(r"(?<![^\W_])[^\W\d_a-z][^\W\d_A-Z][\w'’-]{1,30}(?:,\s|\s[(])\Z")
_LIVES_BEHIND = re.compile(
    r"(?:,|\)[,:]?)\s(?:who|lives?|living|resides|residing|widow\w*|retired|married|divorced|presents|presented|presenting|died|passed\saway)(?!\w)",
)
_LIFE_BEHIND = re.compile(rf"(?:,|\)[,:]?)\s{_LIFE_GOES_ON}", re.IGNORECASE)
_VITAL_BEFORE = re.compile(
    r"\b(?:temp\w*|pulse|sat\w*|spo2|bp|hr|map|rr|glucose|wt|weight|pressure|rate|fsbs|score)\b[^\n]{0,12}\Z"
    r"|\b(?:room|bed|unit|ward|apt|suite)\b\s?#?\s?\Z",
    re.IGNORECASE,
)
_SEX_LETTER_BEFORE = re.compile(
    r"(?:(?:\A|[\n,;(]\s?)(?:[MF]|(?i:(?:fe)?male)),?\s?|(?<![\w/])(?:[MF]|(?i:(?:fe)?male))\s?/\s?|[|][MF][|])\Z"
)
_SEX_BEHIND_A_MARK = re.compile(r"\s?(?:,\s|\s?[(/])(?:[MF]|(?i:(?:fe)?male))(?:\s?[.,;)\n]|\Z)|\s?[♀♂]")
_PERSON_BEFORE = re.compile(r"(?:[(,]\s?|\A|[\n|]\s?|\b(?:19|20)\d\d,?\s{1,3}|[^\W\d_a-z][\w'’-]{1,30}\s{1,3})\Z")
_BARE_SEX = re.compile(r"\s?(?:yo\s?)?[MF](?:[).,;:\n]|\Z|\s(?:here|a?dm\w*|c/o))")
_STANDS_ALONE = re.compile(rf"\s?(?:[.,;)](?!\d)|\n|\Z)|\s{_LIFE_GOES_ON}", re.IGNORECASE)
_AT_BEFORE = re.compile(r"\b[Aa]t\s\Z")
_PERSON_BEHIND = re.compile(r"(?:\s(?:years|yrs))?,?\s(?:s?he|they|his|her|the\spatient|pt|mr|mrs|ms)\b", re.IGNORECASE)
_DIED_BEFORE = re.compile(
    r"\b(?:died|dies|deceased|dead|death|passed(?:\saway)?|expired|lived|living|alive|demise)\b[^\n.\d%]{0,30}?(?:,|(?:\b(?:at|to|until|age|aged|in)\b|@)(?:\s(?:the\s)?(?:ripe\s)?(?:old\s)?(?:age\s)?(?:of\s)?)?)\s?\Z"
    rf"|(?:\b(?:{_RELATIVES})|\b[MP]G[MF])\b(?:\s(?:is|was|now|at|d\.|age|died|passed(?:\saway)?|alive|living|well|a&w))?[\s,:;(\-–]{{1,3}}(?:d\.\s?)?\Z"
    rf"|\b(?i:{_RELATIVES})[,:]?\s(?-i:[^\W\d_a-z][\w'’-]{{1,30}})(?:,\s|\s[(])\Z|(?:\A|[\s(])d\.\s\Z",
    re.IGNORECASE,
)
_FELL_ILL_BEFORE = re.compile(rf"\b(?:{_RELATIVES})\b(?:\([^()\n]{{1,20}}\)|[^\n.;:()\d]){{1,40}}\b(?:at|age)\s\Z", re.IGNORECASE)
_REACHED_BEFORE = re.compile(r"\b(?:reach(?:ed|es|ing)?)\s\Z", re.IGNORECASE)
_MEASURED_BEFORE = re.compile(
    r"\b(?:temp\w*|fever|pulse|sat\w*|spo2|bp|hr|map|rr|glucose|sugars?|wt|weight|pressures?|rate|score|level|flexion|abduction|range|speed|it|inr|peak\w*|highs?|degrees|heat|records?)\b[^\n.]{0,60}\Z",
    re.IGNORECASE,
)
_LISTED_NAME_BEFORE = re.compile(r"(?<![^\W_])[^\W\d_a-z][\w'’-]{1,30},\s?[^\W\d_a-z][\w'’-]{1,30}(?:\s[A-Z]\.?)?,?\s{1,3}\Z")
_ENDS_THERE = re.compile(
    r"(?!\s?of\s\d)\s?(?:(?<=\s)(?:w/|A&W)|[.,;)\]\n]|\Z|\s(?:alive|living|well|healthy|deceased|died|of|from|with|due|secondary|after|and|in(?!\s\d)|[A-Z]{2,6}|when|while|because|following|peacefully|years)\b)(?!\d)"
)
_SEX_BEHIND = re.compile(
    r"\s?[-/]?\s?(?:(?:M|F|m|f)(?=\s(?:with|w/|who|c/o|s/p|h/o|p/w|presents|presenting|presented|admitted|pt|patient|hx|PMH|from|here|brought|BIBA|resident|found|transferred|now|in\b|on\b|\()|,\s?(?:PMH|hx|h/o|with|s/p|c/o|with|found))"
    r"|(?:[WBHA]|AA|W/|B/)[MF]\b)"
)
_SEX_WORD_BEHIND = re.compile(
    r"\s?[-/]?\s?(?:(?:white|black|caucasian|hispanic|asian|african|elderly|right-handed)\s(?:[a-z-]+\s)?(?:male|female|man|woman|lady|gentleman)\b(?!s)"
    r"|(?:male|female|man|woman|lady|gentleman)\b(?!s|\s(?:patients|subjects|participants|rats|mice|volunteers|students)))"
)
_SEX_FIELD_BEFORE = re.compile(
    r"\b(?:age|sex)\s{0,2}(?:/|,|and)\s{0,2}(?:sex|gender|age)\s{0,2}[:=|]?\s{0,3}(?:[MF]\s?/\s?)?\Z", re.IGNORECASE
)
_OPENING_BEFORE = re.compile(r"(?:\A|\n|:\s|\b(?:an?|this|is|pt|patient|hpi|cc|old|pleasant)[:,]?\s)\s{0,3}\Z", re.IGNORECASE)
_TEMPERATURE_BEFORE = re.compile(
    r"(?:\b(?:temp\w*|t|tm|tmax|tc|fever\w*|febrile)\b[^\n]{0,16}|\d\s?|\b(?:to|than|between|and|or|with|n)\s|[<>=≥])\Z", re.IGNORECASE
)
_LIMIT_BEFORE = re.compile(
    r"(?:>|≥|>=|&gt;|\b(?:over|above|older\sthan|more\sthan|greater\sthan|at\sleast|up\sto|under|below|younger\sthan|less\sthan))\s?(?:the\s)?(?:age\s)?(?:of\s)?\Z",
    re.IGNORECASE,
)
_THINGS_OLD = re.compile(r"\s(?:house|home|building|hospital|car|tree|company|tradition|bridge|church)\b")


def find_ages(text: str) -> Iterator[Finding]:
    """Numbers, and words for numbers, that are an age over 89."""
    for found in _NUMBER.finditer(text):
        start, end = found.span()
        if _is_part_of_more(text, start) or text[end : end + 1] == "+":
            continue
        rule = _rule(text, start, end)
        if rule is not None and not (found.group() == "90" and _LIMIT_BEFORE.search(text, max(0, start - 26), start)):
            yield Finding(start, end, "AGE", rule)
    yield from _find_words(text)
    yield from _find_decades(text)


def _is_part_of_more(text: str, start: int) -> bool:
    before = text[start - 1 : start]
    if before == "0" and text[start + 2 : start + 3] == "Y" and not text[start - 2 : start - 1].isalnum():  # 094Y, of a machine
        return False
    return before.isalnum() or before == "$" or (before in tuple(".,/-") and text[start - 2 : start - 1].isdigit())


def _rule(text: str, start: int, end: int) -> str | None:
    if old := _OLD.match(text, end):
        return None if _THINGS_OLD.match(text, old.end()) else "years old"
    if text[start - 1 : start] == "0" and _OF_A_MACHINE.match(text, end):
        return "years of three digits"
    if _NOT_A_YEAR.match(text, end):
        return "age and sex" if text[end : end + 1] == "/" and _SEX_FIELD_BEFORE.search(text, max(0, start - 24), start) else None
    if _AGE_BEFORE.search(text, max(0, start - 44), start):
        return "age"
    if _SEX_FIELD_BEFORE.search(text, max(0, start - 24), start):
        return "age and sex"
    if _YEARS.match(text, end) and _IS_BEFORE.search(text, max(0, start - 16), start):
        return "years"
    if _ENDS_THERE.match(text, end) and any(one.search(text, max(0, start - 64), start) for one in (_DIED_BEFORE, _FELL_ILL_BEFORE)):
        return "family"
    if _REACHED_BEFORE.search(text, max(0, start - 9), start) and not _MEASURED_BEFORE.search(text, max(0, start - 70), start):
        return "reached"
    if _SEX_BEHIND.match(text, end) and not _TEMPERATURE_BEFORE.search(text, max(0, start - 24), start):
        return "sex"
    if text[start - 1 : start] == "(" and _IN_BRACKETS.match(text, end):
        return "sex"
    if _SEX_WORD_BEHIND.match(text, end) and _OPENING_BEFORE.search(text, max(0, start - 14), start):
        return "sex"
    if _BETWEEN_COMMAS.match(text, end) and text[max(0, start - 3) : start].rstrip(" ")[-1:] in (",", "("):
        return "years between commas"
    if _SENTENCE_GOES_ON.match(text, end) and _PERSON_IS_BEFORE.search(text, max(0, start - 50), start):
        return "a person is"
    if _SEX_LETTER.match(text, end) and _STRONG_OPENING_BEFORE.search(text, max(0, start - 8), start):
        return "sex"
    if _is_beside_the_sex(text, start, end):
        return "sex"
    if _is_beside_a_name(text, start, end) or (_AT_BEFORE.search(text, max(0, start - 4), start) and _PERSON_BEHIND.match(text, end)):
        return "beside a person"
    if _SEX_LETTER_BEFORE.search(text, max(0, start - 9), start) and _STANDS_ALONE.match(text, end):
        return "sex"
    header = header_above(text, start)
    return "column" if header is not None and header.strip().lower() in ("age", "age (years)", "age (y)", "age/sex", "age, years") else None


def _is_beside_the_sex(text: str, start: int, end: int) -> bool:
    """Whether it stands as in "Bell, Ann (94F)" or "1920, 94, female"."""
    if (
        text[end : end + 1] in ("M", "F")
        and not text[end + 1 : end + 2].isalnum()
        and _LISTED_NAME_BEFORE.search(text, max(0, start - 70), start)
    ):
        return True
    if not (_SEX_BEHIND_A_MARK.match(text, end) or _BARE_SEX.match(text, end)):
        return False
    is_person = _PERSON_BEFORE.search(text, max(0, start - 40), start) is not None
    return is_person and not any(before.search(text, max(0, start - 40), start) for before in (_VITAL_BEFORE, _TEMPERATURE_BEFORE))


def _is_beside_a_name(text: str, start: int, end: int) -> bool:
    """Whether it stands as in "Ann Bell, 94, lives alone"."""
    if text[end : end + 1] == "," and _PERSON_WORD_BEFORE.search(text, max(0, start - 24), start):
        return True
    if _CLAUSE_BEHIND.match(text, end) and _TITLE_AND_NAME_BEFORE.search(text, max(0, start - 50), start):
        return True
    if text[start - 1 : start] not in tuple(" (") or not _LIFE_BEHIND.match(text, end):
        return False
    before = max(0, start - 80)
    is_named = _NAME_BEFORE.search(text, before, start) or (_LIVES_BEHIND.match(text, end) and _ONE_NAME_BEFORE.search(text, before, start))
    return is_named is not None and not _VITAL_BEFORE.search(text, before, start)


# Words

_NUMBER_WORD = re.compile(r"ninety|hundred", re.IGNORECASE)  # which each of the patterns holds
_MAX_REACH = 120  # characters of theirs on either side of it
_UNITS = r"(?:one|two|three|four|five|six|seven|eight|nine)"
_IN_WORDS = re.compile(
    rf"\b(?P<n>ninety(?:[\s-]{_UNITS})?|(?:one|a)\shundred(?:\sand)?(?:[\s-](?:{_UNITS}|ten|eleven|twelve|thirteen|fourteen|fifteen))?)"
    r"(?:[\s-]{1,2}(?:and\sa\shalf[\s-])?years?[\s-]{1,2}(?:olds?\b|of\sage\b|young\b)|[\s-]y/?o\b|[\s-]y\.\s?o\.|[\s-]?(?-i:[MF])\b(?![-.]\w))"
    rf"|\b(?:age[ds]?|age\sof|turned):?\s(?P<a>ninety(?:[\s-]{_UNITS})?|one\shundred(?:\sand)?(?:[\s-]{_UNITS})?)(?!\s(?:days|minutes|percent)|\w)",
    re.IGNORECASE,
)
_ALONE_IN_WORDS = re.compile(
    rf"(?:\b|['’])(?:s|is|was|be|turn(?:ed|ing)|(?:lived|survived)\sto|reach(?:ed|es|ing)|made\sit\sto|now|nearly|almost|at|until|age)\s(?:age\s)?(?P<n>ninety[\s-]{_UNITS})\b(?!\s(?:percent|per|mg|milli\w*|micro\w*|grams?|units?|degrees?|days?|weeks?|months?|minutes?|hours?|seconds?|point|over"
    r"|patients|thousand|hundred|beats|pounds|millimet\w+|centimet\w+)|\s?%)",
    re.IGNORECASE,
)
_A_PERSON_IS_IN_WORDS = re.compile(
    rf"\b(?:{_PERSONS})(?:['’]s|['’]ll\sbe|\s(?:is|was|will\sbe|turns|turned))\s(?:now\s|almost\s|nearly\s)?"
    rf"(?P<n>ninety|(?:one|a)\shundred(?:\sand\s{_UNITS})?)(?=[.,;)\n]|\Z|\s(?:and|now|but|in|next|this|today|with|who)\b)",
    re.IGNORECASE,
)
_DECADE_IN_DIGITS = re.compile(r"90['’]?s")
_DECADE = re.compile(
    r"\b(?:his|her|their|my|your|patient's|mother's|father's)\s(?:(?:early|mid|middle|late|upper|lower)(?:[\s-]to[\s-](?:mid|late))?[\s-])?(?P<n>nineties|90['’]?s)(?!\w)"
    r"|\b(?:in|into)\s(?:the\s)?(?:early|mid|late)[\s-](?P<m>nineties|90['’]?s)(?!\w)(?=[^\n]{0,20}\bold\b)"
    r"|\b(?:lived|living|survived|died|passed|alive)\b[^\n]{0,24}\b(?:early|mid|late|the)[\s-](?P<l>nineties|90['’]?s)(?!\w)",
    re.IGNORECASE,
)
_SAYS_IT = re.compile(r"\b(?:super)?(?:centenarian|nonagenarian)\b(?!s)", re.IGNORECASE)


def _find_words(text: str) -> Iterator[Finding]:
    lower = text if text.islower() else text.lower()
    if "ninety" in lower or "hundred" in lower:
        windows = [(max(0, word.start() - _MAX_REACH), word.end() + _MAX_REACH) for word in _NUMBER_WORD.finditer(text)]
        spans = {
            found.span(found.lastgroup or 0)
            for pattern in (_IN_WORDS, _ALONE_IN_WORDS, _A_PERSON_IS_IN_WORDS)
            for first, last in windows
            for found in pattern.finditer(text, first, last)
        }
        for start, end in sorted(spans):
            yield Finding(start, end, "AGE", "in words")
    if "enarian" in lower:
        for found in _SAYS_IT.finditer(text):
            yield Finding(*found.span(), "AGE", "a word that says it")


def _find_decades(text: str) -> Iterator[Finding]:
    if "ineties" in text or "INETIES" in text or _DECADE_IN_DIGITS.search(text):
        for found in _DECADE.finditer(text):
            yield Finding(*found.span(found.lastgroup or 0), "AGE", "decade of life")
