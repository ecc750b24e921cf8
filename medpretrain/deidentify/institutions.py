"""Names of hospitals, clinics, pharmacies, nursing homes, schools: what they call themselves, with a word of their own beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from medpretrain.deidentify.finding import Finding
from medpretrain.deidentify.lexicons import FIRST, LARGE_CITY, LAST, WORD, kinds_of_place
from medpretrain.deidentify.name_words import NO_NAME, PLACEHOLDERS
from medpretrain.deidentify.place_words import GENERIC, HALLOWED, KNOWN_HOSPITALS, NATURE
from medpretrain.deidentify.words import kinds_of

_CAPITAL = r"[^\W\d_a-z][\w'’&-]{0,30}\.?"
# What institutions call themselves, each from its first letter on: so the search can skip to capitals.
_BUILDING = "(?:Center|Centre|Institute|Clinic|Home|House|Pavilion|Associates|Specialists|Partners|Group|Consultants)"
_HEADS = (
    *(
        r"Hospitals?",
        "HOSPITAL",
        r"Clinics?",
        "CLINIC",
        "Infirmary",
        "INFIRMARY",
        "Pharmacy",
        "PHARMACY",
        "Hospice(?: House| Care| Services)?",
        "HOSPICE",
        "Dialysis",
        "Laborator(?:y|ies)",
        "Labs",
        "Imaging",
        "Manor",
        "Institute",
    ),
    *(
        "Medical (?:Center|Centre|Group|School|Institute|Practice|Associates|Arts)",
        "MEDICAL CENT(?:ER|RE)",
        "Surgical Associates",
        "Surgicenter",
    ),
    *(
        "Health ?[Cc]are(?: (?:Center|System|Facility))?",
        "Health (?:Center|Centre|System|Network|Services|Clinic|Partners)",
        "HEALTH CENTER",
    ),
    *(
        f"{kind} {_BUILDING}"
        for kind in ("Cancer", "Heart", "Eye", "Surgery", "Surgical", "Imaging", "Dialysis", "Wound", "Pain", "Spine", "Birth")
    ),
    *(f"{kind} {_BUILDING}" for kind in ("Burn", "Trauma", "Diagnostic", "Kidney", "Stroke", "Care", "Women['’]s", "Sleep", "Fertility")),
    *(f"{kind} {_BUILDING}" for kind in ("Counseling", "Treatment", "Recovery", "Convalescent", "Living", "Community", "Wellness")),
    *(
        "Nursing (?:Home|Center|Facility)",
        "NURSING HOME",
        r"Rehab(?:ilitation)?(?: (?:Center|Hospital|Institute|Facility|and Nursing(?: Center)?))?",
    ),
    *("Assisted Living", "Senior Living", "Retirement (?:Home|Community|Village)", "Convalescent Hospital", "Memory Care", "Sanatorium"),
    *(
        "Urgent Care(?: Center)?",
        r"Memorial(?= [a-z,.;\n]|[,.;]|$)",
        "VAMC",
        "VA",
        "Drugs",
        "Drug ?[Ss]tore",
        "Homeless Shelter",
        "Shelter",
    ),
    *("Family (?:Medicine|Practice|Physicians)", "Physicians", "Pediatrics", "Orthopa?edics", "Cardiology", "Radiology"),
    *("Women['’]s (?:Health(?: (?:Associates|Center|Clinic|Group))?|Clinic)", "Children['’]s(?! [A-Z])", "Skilled Nursing(?: Facility)?"),
    *(
        f"{kind} {_BUILDING}"
        for kind in (
            "Orthopa?edics?",
            "Cardiology",
            "Dental",
            "Pediatrics?",
            "GI",
            "Urology",
            "Oncology",
            "Neurology",
            "Family",
            "Infusion",
        )
    ),
    *(f"{kind} {_BUILDING}" for kind in ("Primary Care", "Radiology")),
    *(
        "Regional(?: Medical Center)?(?= [a-z]|[,.;)\n]|$)",
        "General(?= [a-z]|[,.;)\n]|$)",
        r"Med(?:ical)?\.? C(?:en)?te?r\.?",
        "MedCenter",
        r"Hosp\.?",
    ),
    *(
        "Health(?= [a-z]|[,.;)\n]|$)",
        "NHS (?:Foundation )?Trust",
        "Walk-[Ii]n Clinic",
        "Birth(?:ing)? Cent(?:er|re)",
        "Group Home",
        "Daycare",
    ),
    *("Preschool", "Kindergarten", "Post[- ]Acute(?: Care)?", "Care Cent(?:er|re)", "Care Home", "Healthplex", "ED", "ER"),
    *("Health (?:Sciences Cent(?:er|re)|Service|Authority|Team|Board|District)", "Medical Practice", "Aged Care", "Residential Care"),
    *("Nursing (?:and|&) Rehab(?:ilitation)?", "Care (?:and|&) Rehab(?:ilitation)?", "Primary School", "Public School", "State School"),
    *("High School", "Middle School", "Elementary School", "School", "Elementary", "University", "College", "Academy"),
    *("Correctional (?:Center|Facility)", "Detention (?:Center|Facility)", "Prison", "Jail"),
)
_LOWER_HEADS = "hospital|clinic|medical (?:center|centre|group|school)|nursing (?:home|center|facility)|rehab|hospice|pharmacy|shelter"
_CALLED = (re.compile(rf"(?:{'|'.join(_HEADS)})(?![\w-])"), re.compile(rf" (?:{_LOWER_HEADS})(?![\w-])"))
_ORDER = re.compile(
    rf"(?:Little )?(?:Sisters|Daughters|Brothers|Society|Order|Our Lady) of (?:the )?{_CAPITAL}(?: (?:de Paul|Heart|Cross|Name))?"
    rf"(?: (?:Hospital|Medical Center|Clinic|Health System))?"
    rf"(?:, (?!(?:Dr|Mr|Mrs|Ms|M\.D)\b){_CAPITAL}(?: (?:d['’])?{_CAPITAL})?(?<!\.))?"
)
_ENDS = frozenset(["hospital", "clinic", "center", "centre", "care", "home", "institute", "pharmacy", "school", "university"])
_BREAKS = re.compile(r"[\n(\[\"“”|;]")
MAX_WORDS = 7
MAX_CHARS = 90
_NO_OPENING = (NO_NAME - HALLOWED - {"st", "may", "august", "april", "june", "our"}) | {"&", "admitted", "transferred", "transfer", "seen"}
_BEHIND = re.compile(
    r"(?:,? (?:and |& )?(?:Center|Centre|System|Network|Campus|Hospitals?|Clinics?|Annex|Main|East|West|North|South"
    r"|Health|Services?|Sciences?|Care|Foundation|Trust|Group|Institute|Pavilion|Tower|Medical|School|University|Rehabilitation|Rehab|Associates|Partners|Nursing|Authority"
    r"|Inc\.?|LLC|Ltd\.?|PC|PA)(?![\w-])){0,4}"
    rf"(?: (?:of|at|for|-|–) (?:the )?{_CAPITAL}(?: (?:and |of )?{_CAPITAL}){{0,3}})?"
)
_TOWN_BEHIND = re.compile(rf" {_CAPITAL}(?: {_CAPITAL})?")
_PREPOSITION = re.compile(r"[ \n](?:at|from|to|in|by|via|of|with|through)[ \n](?:the )?(?=[A-Z]|the VA)")
_KNOWN = re.compile(rf"({KNOWN_HOSPITALS})(?:['’]s)?(?![\w-])(?!\s(?:stand|scissors|clamp|wire|score|criteria))")
_SAINT = re.compile(r"(?:St\.?|Saint) [^\W\d_a-z][\w'’-]{2,20}(?: [^\W\d_a-z][\w'’-]{2,20})?(?! (?:valve|Jude))")
_NO_SAINT_BEHIND = ("by ", "of ", "with ", "through ", "the ")
_FIELD = re.compile(
    r"(?:FACILITY|Facility|HOSPITAL|Hospital|CLINIC|Clinic|INSTITUTION|Institution|PHARMACY|Pharmacy"
    r"|Facility [Nn]ame|Hospital [Nn]ame|Site|Employer"
    r"|EMPLOYER|Place of service|Place of employment|School)[ ]?:[ \t]*([^\W\d_a-z][^\n|:;]{2,70}?)(?=[ ]{2}|\t|[ ]?[\n|;]|$)"
)


def find_institutions(text: str) -> Iterator[Finding]:
    """Where institutions are named. "The hospital", "Emergency Department", "Medical Center" by themselves are no names."""
    for pattern in _CALLED:
        for head in pattern.finditer(text):
            span = _institution(text, head)
            if span:
                yield Finding(*span, "HOSPITAL", "institution")
    for preposition in _PREPOSITION.finditer(text):
        if known := _KNOWN.match(text, preposition.end()):
            yield Finding(*known.span(1), "HOSPITAL", "well-known institution")
        elif (saint := _SAINT.match(text, preposition.end())) and not preposition.group().replace("\n", " ").endswith(_NO_SAINT_BEHIND):
            yield Finding(*saint.span(), "HOSPITAL", "saint")
    if "s of " in text or "Our Lady" in text:
        for match in _ORDER.finditer(text):
            yield Finding(match.start(), _town_end(text, match.end()), "HOSPITAL", "institution")
    for match in _FIELD.finditer(text):
        if _opens_field(text, match.start()) and any(map(_is_own, match[1].split())):
            yield Finding(*match.span(1), "HOSPITAL", "field of a form")


def _opens_field(text: str, start: int) -> bool:
    before = text[max(0, start - 3) : start]
    return before.endswith(("\n", "\t", "|", "| ", "   ")) or start == 0


def _institution(text: str, head: re.Match[str]) -> tuple[int, int] | None:
    is_lower = head.group()[0] == " "
    opening = head.start() + is_lower
    start = _own_start(text, opening, is_lower)
    if start is None and (is_lower or text[opening - 1 : opening].isalpha()):
        return None
    behind = _BEHIND.match(text, head.end())
    assert behind is not None, "every part of it is optional"
    if start is None and not any(map(_is_own, behind.group().partition(" of ")[2].split())):
        return None
    return opening if start is None else start, _town_end(text, behind.end())


def _town_end(text: str, end: int) -> int:
    """Where the town ends that stands behind an institution's name ("Mercy Hospital Fort Worth")."""
    town = _TOWN_BEHIND.match(text, end)
    for count in (2, 1) if town else ():
        name = " ".join(town.group().split()[:count]) if town else ""
        if kinds_of_place(name):
            return end + 1 + len(name)
    return end


def _own_start(text: str, end: int, is_lower: bool) -> int | None:
    """Where the words begin that make what ends there ("Mercy |Hospital") the name of one institution; None where none does."""
    words = _BREAKS.split(text[max(0, end - MAX_CHARS) : end])[-1].split(" ")
    first = len(words) - 1
    while first > 0 and len(words) - first <= MAX_WORDS and _can_belong(words[first - 1]):
        first -= 1
        if words[first] == "and" and words[first - 1].lower() in _ENDS:
            break
    belonging = words[first:-1]
    while belonging and (belonging[0].islower() or belonging[0].lower().rstrip(".") in _NO_OPENING):
        belonging.pop(0)
    own = belonging[-1:] if is_lower else belonging
    if words[-1] or not (any(map(_is_own, own)) or kinds_of_place(" ".join(own[:2])) & LARGE_CITY):
        return None
    start = end - sum(map(len, belonging)) - len(belonging)
    return start - len("The ") if text.startswith("The ", max(0, start - len("The "))) else start


def _can_belong(word: str) -> bool:
    if word == "&" or _JOINED_PARTICLE.match(word):
        return True
    if not word[:1].isalpha() or word[-1] in ",;:)" or (word[-1] == "." and len(word) > 3):
        return False
    return not word[0].islower() or word in ("of", "and", "de", "la", "for", "the")


_JOINED_PARTICLE = re.compile(r"[dl]['’][A-Z]")


def _is_own(word: str) -> bool:
    """Whether a word belongs to one institution: a name, an unknown word, or what institutions like to be called after."""
    word = word.rstrip(".,").replace("’", "'")
    lower = word.lower()
    if lower in HALLOWED:
        return True
    if not word or not (word[0].isupper() or _JOINED_PARTICLE.match(word)) or lower in GENERIC or lower in NO_NAME or lower in PLACEHOLDERS:
        return False
    if lower in NATURE:
        return True
    kinds = kinds_of(word)
    is_compound = "-" in word and all(part[:1].isupper() for part in word.split("-"))
    return not kinds & WORD or bool(kinds & (FIRST | LAST)) or is_compound or bool(kinds_of_place(word) & LARGE_CITY)
