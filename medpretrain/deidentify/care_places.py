"""Institutions that say not what they are: named where somebody was seen, admitted, transferred to or discharged from."""

from __future__ import annotations

import re
from collections.abc import Iterator

from medpretrain.deidentify.finding import Finding
from medpretrain.deidentify.institution_words import DOUBTFUL_HOSPITALS
from medpretrain.deidentify.institutions import HEAD_AT_END, is_surely_own, town_end
from medpretrain.deidentify.lexicons import FIRST, LARGE_CITY, kinds_of_place
from medpretrain.deidentify.name_words import EPONYMS, MEDICAL_NOUNS, NO_NAME, PLACEHOLDERS
from medpretrain.deidentify.place_words import COUNTRIES, GENERIC, HALLOWED, NATURE, STATES
from medpretrain.deidentify.words import kinds_of

_PART = r"(?:(?:St|Mt|Ft)\.|[^\W\d_a-z][\w'’-]{0,30})"
_PREPOSITION = re.compile(r"[ \n](?P<preposition>at|from|to|of|into|through|via|with|by)[ \n](?:[Tt]he )?(?=[A-Z])")
_RUN = re.compile(rf"{_PART}(?:[ ](?:(?:of|at|and) (?:the )?)?{_PART}){{0,4}}(?![\w-])")
_BETWEEN = r"(?:[ \n][a-z]{2,12}){0,2}\Z"
_AT = (
    r"was|is|been|were|goes|read|seen|evaluated|treated|hospitali[sz]ed|followed|follow(?:s|ing)?(?:[ -]up)?|f/u|done|performed|obtained"
    r"|placed|implanted|delivered|born|surgery|operated"
    r"|admitted|admission|inpatient|outpatient|stay(?:s|ed|ing)?|hospitali[sz]ation|care|appointment|appt|clinic|visit|presented|biopsied"
    r"|diagnosed"
    r"|dialysis|dialy[sz]e[sd]|HD|rehab|resident|lives|living|works?|worked|nurse|detox|labs?|imaging|CT|MRI|cath|cardiologist|oncologist"
    r"|PCP|therapist"
    r"|started|stopped|transplant(?:ed)?|cared for|established|enrolled|bed|placement|arrived|pronounced|intubated|x-?rayed|scanned"
    r"|signed out|on file"
    r"|therapy|PT|chemo|radiation|infusions?|repair|replacement|procedure|endoscopy|colonoscopy|surgeon|group home|SNF|facility|hospice"
    r"|respite"
)
_FROM = (
    r"transfer(?:red|s)?|admitted|admit|sent|brought|discharged|d/c'?d?|dc'?d|records?|films?|reports?|imaging|CT|MRI|arrived|referred"
    r"|referral|presented"
    r"|resident|accepted|labs?|faxed|received|obtained|returned|came|comes|letter|notes?|summary|nurse|called|call|call back|x?fer|tx'?d"
    r"|OSH|EMS|ambulance"
)
_TO = (
    r"transfer(?:red|s|ring)?|admitted|admit|discharged?|d/c'?d?|dc'?d|sent|referred|referral|refer|presented|taken|brought|faxed"
    r"|returned?|back|accepted"
    r"|airlifted|flown|life-?flighted|placement|went|rushed|x?fer|tx'?d|diverted|readmitted|transported|transport|emergent|moved"
)
_CARE = {
    "at": re.compile(rf"\b(?:{_AT}){_BETWEEN}"),
    "from": re.compile(rf"\b(?:{_FROM}){_BETWEEN}"),
    "to": re.compile(rf"\b(?:{_TO}){_BETWEEN}"),
    "into": re.compile(r"\b(?:moved|admitted|placed|settled|enrolled|transferred|accepted)\Z"),
    **dict.fromkeys(
        ("through", "via", "with", "by"),
        re.compile(
            r"\b(?:home (?:health|care|hospice|infusion|PT|nursing)|hospice|VNA|services?|visiting nurse|skilled nursing|HHA"
            r"|home health aide|case management"
            r"|enrolled|outpatient (?:PT|OT|rehab|therapy)|infusions?|dialysis|DME|supplies|oxygen|O2)\Z"
        ),
    ),
    "of": re.compile(r"\b(?:resident|residents|patient at|pt at)\Z"),
}
_MAX_CUE_CHARS = 44
_HOSPITAL = re.compile(rf"(?:{DOUBTFUL_HOSPITALS})(?![\w-])")
_WIDE = re.compile(rf"(?:{STATES}|{COUNTRIES})(?![\w-])")
_PERSONS = frozenset(["dr", "dr.", "drs", "mr", "mrs", "ms", "miss", "nurse", "prof", "np", "pa", "rn", "md"])


def find_care_places(text: str) -> Iterator[Finding]:
    """Names behind a preposition and what is done at such places; units and specialties ("to Cardiology") are no names."""
    for preposition in _PREPOSITION.finditer(text):
        run = _RUN.match(text, preposition.end())
        cue = _CARE[preposition["preposition"]]
        if run is None or not cue.search(text, max(0, preposition.start() - _MAX_CUE_CHARS), preposition.start()):
            continue
        known = _HOSPITAL.match(text, run.start())
        if known is not None and text[known.end() : known.end() + 2].strip(" ")[:1].islower():
            yield Finding(known.start(), known.end(), "HOSPITAL", "place of care")
        elif _is_institution(run.group(), text[run.end() : run.end() + 20]):
            yield Finding(run.start(), town_end(text, run.end()), "HOSPITAL", "place of care")


def _is_institution(name: str, behind: str) -> bool:
    words = name.split(" ")
    first = words[0].lower()
    if (
        first in _PERSONS
        or first in NO_NAME - HALLOWED
        or _WIDE.match(name)
        or kinds_of_place(name) & LARGE_CITY
        or _is_a_thing(words, behind)
    ):
        return False
    if len(words) > 1 and kinds_of(words[0]) & FIRST and first not in NATURE and first not in HALLOWED:
        return False
    if len(words) > 1 and HEAD_AT_END.search(name) and first not in GENERIC and first not in PLACEHOLDERS:
        return True
    return any(is_surely_own(word) for word in words) and not any(map(str.isdigit, name)) and not all(word.isupper() for word in words)


def _is_a_thing(words: list[str], behind: str) -> bool:
    """Whether an eponym and what it names stand there: a test, a sign, a tube."""
    after = behind.split(None, 1)[0].strip(".,;)").lower() if behind[:1] == " " and behind.strip() else ""
    if words[-1].lower() in MEDICAL_NOUNS or (after in MEDICAL_NOUNS and after not in GENERIC):
        return True
    return all(word.lower() in EPONYMS for word in words)
