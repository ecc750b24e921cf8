"""Names of hospitals, clinics, pharmacies, nursing homes, schools: what they call themselves, with a word of their own beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from medpretrain.deidentify.finding import Finding
from medpretrain.deidentify.lexicons import FIRST, LARGE_CITY, LAST, WORD, kinds_of_place
from medpretrain.deidentify.name_words import NO_NAME, PLACEHOLDERS
from medpretrain.deidentify.place_words import GENERIC, HALLOWED, KNOWN_HOSPITALS
from medpretrain.deidentify.words import kinds_of

_CAPITAL = r"[^\W\d_a-z][\w'’&-]{0,30}\.?"
_HEAD = re.compile(
    r"\b(?:(?:[Hh]ospital|HOSPITAL)s?|(?:[Cc]linic|CLINIC)s?|Infirmary|INFIRMARY|[Mm]edical (?:[Cc]ent(?:er|re)|[Gg]roup|[Ss]chool"
    r"|[Ii]nstitute|[Pp]ractice|[Aa]ssociates)"
    r"|MEDICAL CENT(?:ER|RE)|Health ?[Cc]are(?: (?:Center|System|Facility))?|Health (?:Cent(?:er|re)|System|Network|Services|Clinic"
    r"|Partners)|HEALTH CENTER"
    r"|(?:Cancer|Heart|Eye|Surgery|Surgical|Imaging|Dialysis|Wound|Pain|Spine|Birth|Burn|Trauma|Diagnostic|Surgicenter|Kidney|Stroke"
    r"|Women['’]s|Sleep|Fertility|Care|Counseling"
    r"|Treatment|Recovery|Convalescent|Living|Community|Wellness) (?:Cent(?:er|re)|Institute|Clinic|Home|Pavilion)"
    r"|[Nn]ursing (?:[Hh]ome|[Cc]enter|[Ff]acility)|NURSING HOME|[Rr]ehab(?:ilitation)?(?: (?:[Cc]enter|[Hh]ospital|[Ii]nstitute"
    r"|[Ff]acility|and Nursing(?: Center)?))?"
    r"|[Hh]ospice|[Pp]harmacy|Drugs|Drug ?[Ss]tore|Manor|Assisted Living|Senior Living|(?:Retirement|Convalescent) (?:Home|Community"
    r"|Village|Hospital)|Memory Care"
    r"|Institute|Sanatorium|Urgent Care(?: Center)?|Surgical Associates|Medical Arts|Memorial(?= [a-z,.;\n]|[,.;]|$)|VA|VAMC"
    r"|Surgicenter|Medicenter|Family (?:Medicine|Practice|Physicians)|Physicians|Pediatrics|Orthopa?edics"
    r"|Cardiology|Radiology"
    r"|(?:[Hh]omeless )?[Ss]helter|(?:High |Middle |Elementary )?School|Elementary|University|College|Academy|(?:Correctional"
    r"|Detention) (?:Center|Facility)|Prison|Jail)(?![\w-])"
)
MAX_WORDS = 7
MAX_CHARS = 90
_NO_OPENING = (NO_NAME - HALLOWED - {"st", "may", "august", "april", "june", "our"}) | {"&", "admitted", "transferred", "transfer", "seen"}
_BEHIND = re.compile(
    rf"(?: (?:Center|Centre|System|Campus|Hospitals?|Clinic|Annex|Main|East|West|North|South))?"
    rf"(?: (?:of|at|for|-|–) (?:the )?{_CAPITAL}(?: (?:and |of )?{_CAPITAL}){{0,3}})?"
)
_KNOWN = re.compile(
    rf"\b(?:at|from|to|in|by|via|of|with|through)[ \n](?:the )?({KNOWN_HOSPITALS})(?:['’]s)?(?![\w-])(?!\s(?:stand|scissors|clamp|wire"
    rf"|score|criteria))"
)
_SAINT = re.compile(
    r"\b(?:at|from|to|in|via)[ \n]((?:St\.?|Saint) [^\W\d_a-z][\w'’-]{2,20}(?: [^\W\d_a-z][\w'’-]{2,20})?)(?! (?:valve|Jude))"
)
_FIELD = re.compile(
    r"(?:^|\n|[ ]{3}|\| ?)(?:FACILITY|Facility|HOSPITAL|Hospital|CLINIC|Clinic|INSTITUTION|Institution|PHARMACY|Pharmacy"
    r"|Facility [Nn]ame|Hospital [Nn]ame|Site|Employer"
    r"|EMPLOYER|Place of service|Place of employment|School)[ ]?:[ \t]*([^\W\d_a-z][^\n|:;]{2,70}?)(?=[ ]{2}|\t|[ ]?[\n|;]|$)"
)


def find_institutions(text: str) -> Iterator[Finding]:
    """Where institutions are named. "The hospital", "Emergency Department", "Medical Center" by themselves are no names."""
    for head in _HEAD.finditer(text):
        span = _institution(text, head)
        if span:
            yield Finding(*span, "HOSPITAL", "institution")
    for match in _KNOWN.finditer(text):
        yield Finding(*match.span(1), "HOSPITAL", "well-known institution")
    for match in _SAINT.finditer(text):
        yield Finding(*match.span(1), "HOSPITAL", "saint")
    for match in _FIELD.finditer(text):
        if any(_is_own(word) for word in match[1].split()):
            yield Finding(*match.span(1), "HOSPITAL", "field of a form")


def _institution(text: str, head: re.Match[str]) -> tuple[int, int] | None:
    start = _own_start(text, head.start(), is_lower=head.group()[0].islower())
    if start is None and head.group()[0].islower():
        return None
    behind = _BEHIND.match(text, head.end())
    assert behind is not None, "every part of it is optional"
    if start is None and not any(map(_is_own, behind.group().partition(" of ")[2].split())):
        return None
    return head.start() if start is None else start, behind.end()


def _own_start(text: str, end: int, is_lower: bool) -> int | None:
    """Where the words begin that make what ends there ("Mercy |Hospital") the name of one institution; None where none does."""
    words = text[max(text.rfind("\n", 0, end) + 1, end - MAX_CHARS) : end].split(" ")
    first = len(words) - 1
    while first > 0 and len(words) - first <= MAX_WORDS and _can_belong(words[first - 1]):
        first -= 1
    belonging = words[first:-1]
    while belonging and (belonging[0].islower() or belonging[0].lower().rstrip(".") in _NO_OPENING):
        belonging.pop(0)
    own = belonging[-1:] if is_lower else belonging
    if words[-1] or not (any(map(_is_own, own)) or kinds_of_place(" ".join(own[:2])) & LARGE_CITY):
        return None
    return end - sum(map(len, belonging)) - len(belonging)


def _can_belong(word: str) -> bool:
    if not word[:1].isalpha() or word[-1] in ",;:)" or (word[-1] == "." and len(word) > 3):
        return False
    return not word[0].islower() or word in ("of", "and", "de", "la", "for", "the")


def _is_own(word: str) -> bool:
    """Whether a word belongs to one institution: a name, an unknown word, or what institutions like to be called after."""
    word = word.rstrip(".,").replace("’", "'")
    lower = word.lower()
    if lower in HALLOWED:
        return True
    if not word or not word[0].isupper() or lower in GENERIC or lower in NO_NAME or lower in PLACEHOLDERS:
        return False
    kinds = kinds_of(word)
    is_compound = "-" in word and all(part[:1].isupper() for part in word.split("-"))
    return not kinds & WORD or bool(kinds & (FIRST | LAST)) or is_compound or bool(kinds_of_place(word) & LARGE_CITY)
