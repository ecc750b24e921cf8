"""Institutions that say not what they are: named where somebody was seen, admitted, transferred to or discharged from."""

from __future__ import annotations

import re
from collections.abc import Iterator

from medpretrain.deidentify.anchors import behind_leads
from medpretrain.deidentify.finding import Finding
from medpretrain.deidentify.institution_words import DOUBTFUL_HOSPITALS, NO_MONTH, alternatives, by_first_letter
from medpretrain.deidentify.institutions import HEAD_AT_END, is_surely_own, town_end
from medpretrain.deidentify.known_institutions import IN_CARE
from medpretrain.deidentify.lexicons import FIRST, LARGE_CITY, WORD, kinds_of_place
from medpretrain.deidentify.name_words import EPONYMS, MEDICAL_NOUNS, NO_NAME, PLACEHOLDERS
from medpretrain.deidentify.place_words import COUNTRIES, GENERIC, HALLOWED, NATURE, STATES, TOWN_ENDINGS, TOWN_OPENINGS
from medpretrain.deidentify.words import kinds_of

_PART = r"(?:(?:St|Mt|Ft)\.|[^\W\d_a-z][\w'’-]{0,30})"
_PREPOSITION = re.compile(r"[ \n](?P<preposition>at|@|from|to|of|into|through|via|with|by)[ \n](?:[Tt]he )?(?=[A-Z])")
_PREPOSITION_IN_CAPITALS = re.compile(r"(?:A(?<=[ \n]A)T|F(?<=[ \n]F)ROM|T(?<=[ \n]T)O)[ \n](?:THE )?(?=[A-Z][\w.])")
_NO_DEPARTMENT = r"(?!(?:ED|ER|ICU|IN|ON|FOR|AND|WITH)(?![\w'-]))"
_RUN = re.compile(rf"{NO_MONTH}{_PART}(?:[ ](?:(?:of|at|and) (?:the )?)?{NO_MONTH}{_NO_DEPARTMENT}{_PART}){{0,4}}(?![\w-])")
_BETWEEN = r"(?:[ \n](?:[a-z]{2,12}|of \d[\d/.-]{3,9})){0,2}\Z"
_AT = (
    r"was|is|been|were|goes|here|tubed|hold|casts?|supplied|student|cafeteria|volunteers?|class|genetics|eye exam"
    r"|read|seen|evaluated|treated|hospitali[sz]ed|followed|follow(?:s|ing)?(?:[ -]up)?|f/u|done|performed|obtained"
    r"|placed|implanted|delivered|born|surgery|operated"
    r"|admitted|admission|inpatient|outpatient|stay(?:s|ed|ing)?|hospitali[sz]ation|care|appointment|appt|clinic|visit|presented|biopsied"
    r"|diagnosed"
    r"|dialysis|dialy[sz]e[sd]|HD|rehab|resident|lives|living|works?|worked|nurse|detox|labs?|imaging|CT|MRI|cath|cardiologist|oncologist"
    r"|PCP|therapist"
    r"|started|stopped|transplant(?:ed)?|cared for|established|enrolled|bed|placement|arrived|saw"
    r"|neuro|ortho|cards|onc|peds|psych|knife|tx|eval|injections?|program|ECT|classes|consult|screen|teaches|pronounced|intubated|x-?rayed|scanned"
    r"|signed out|on file"
    r"|therapy|PT|chemo|radiation|infusions?|repair|replacement|procedure|endoscopy|colonoscopy|surgeon|group home|SNF|facility|hospice"
    r"|respite"
)
_FROM = (
    r"transfer(?:red|s)?|here|over|moved|diverted|telestroke|telehealth|tele-\w+|consult|methadone|suboxone|meds?|scripts?|CPAP"
    r"|oxygen|bib|bibems|LWBS|hearing aids|glasses|escaped|eloped|outside|referral|admitted|admit|sent|brought|discharged"
    r"|d/c'?d?|dc'?d|records?|films?|reports?|imaging|CT|MRI|arrived|referred|presented|resident|accepted|labs?"
    r"|faxed|scanned|received|obtained|returned|came|comes|letter|notes?|summary|nurse|called|call|call back|fer|xfer|tx'?d"
    r"|OSH|EMS|ambulance"
)
_TO = (
    r"transfer(?:red|s|ring)?|committed|remanded|goes|go|going|drove|ran|walked|admitted|admit|discharged?|d/c'?d?|dc'?d|sent|referred|referral|refer|presented|taken|brought|faxed"
    r"|returned?|back|accepted"
    r"|airlifted|flown|life-?flighted|placement|went|rushed|fer|xfer|tx'?d|diverted|readmitted|transported|transport|emergent|moved"
)
_PERSON = r"\b(?:Drs?|Mrs?|Ms|Prof)\.? (?:[A-Z][\w'’.-]{0,20} ){0,2}[A-Z][\w'’.-]{0,20}\Z"
_CARE = {
    "at": re.compile(rf"\b(?i:{by_first_letter(alternatives(_AT))}){_BETWEEN}|{_PERSON}"),
    "@": re.compile(rf"\b(?i:{by_first_letter(alternatives(_AT))}|baby){_BETWEEN}|{_PERSON}"),
    "from": re.compile(rf"\b(?i:{by_first_letter(alternatives(_FROM))}){_BETWEEN}|{_PERSON}"),
    "to": re.compile(rf"\b(?i:{by_first_letter(alternatives(_TO))}){_BETWEEN}"),
    "in": re.compile(r"\b(?:live[sd]?|resid(?:es|ing)|living|stay(?:s|ing|ed)|placed|placement|bed)\Z"),
    "into": re.compile(r"\b(?:moved|admitted|placed|settled|enrolled|transferred|accepted)\Z"),
    **dict.fromkeys(
        ("through", "via", "with", "by"),
        re.compile(
            r"\b(?:[Hh]ome (?:health|care|hospice|infusion|PT|nursing)|[Hh]ospice|VNA"
            r"|PT|OT|[Ss]uboxone|[Mm]ethadone|services?|visiting nurse|skilled nursing|HHA"
            r"|home health aide|case management"
            r"|enrolled|outpatient (?:PT|OT|rehab|therapy)|infusions?|dialysis|DME|supplies|oxygen|O2)\Z"
        ),
    ),
    "of": re.compile(r"\b(?:resident|residents|patient at|pt at)\Z"),
}
_CARE_IN_CAPITALS = {place.upper(): re.compile(cue.pattern, re.IGNORECASE) for place, cue in _CARE.items()}
_MADE_TOWN = re.compile(rf"(?:(?:{TOWN_OPENINGS}) [A-Z]|[A-Z][a-z]{{2,20}}(?:{TOWN_ENDINGS})(?!\w| [A-Z]))")  # has residents, too
_MAX_CUE_CHARS = 44
_MIN_CAPITALS = 6
_LINK = re.compile(r"(?:,? (?:and|or|then|&)|,) (?:then |the )?(?=[A-Z])")
_BRACKET = re.compile(r"\((?=[A-Z])")
_KIND_BEFORE = re.compile(  # what it is, before its name in brackets
    r" (?:SNF|ALF|LTACH?|nursing home|rehab|facility|hospital|OSH|group home|hospice|pharmacy|clinic|practice|office|school|day ?care"
    r"|shelter|agency) \Z"
)
_VALUE = re.compile(r"[:=][ ]?(?:to |from |at |[Tt]he |SNF,? |rehab,? |\()*(?=[A-Z])")
_FIELD = re.compile(
    r"(?:OSH|Outside [Hh]ospital|Dispo(?:sition)?|Destination|(?:Transferred|Transfer|Admitted|Admit|Arrived|Sent|Referred|Discharged"
    r"|Received) (?:from|to|by)"
    r"|Lives at|Resides at|Residence|Living [Ss]ituation|Accepting|SNF|Rehab|PCP|Follow-?up)[ ]?\Z"
)
_MAX_FIELD_CHARS = 20
_HOSPITAL = re.compile(rf"(?:{IN_CARE}|{DOUBTFUL_HOSPITALS})(?![\w-])")
_HOSPITAL_IN_CAPITALS = re.compile(
    r"(?:MERCY|PROVIDENCE|SACRED HEART|HOLY (?:CROSS|FAMILY)|GOOD SAMARITAN|ST\.? [A-Z]{3,12}(?:['’]S)?)(?![\w-])"
)
_GOES_ON = re.compile(r" ?(?:of (?:the )?)?[A-Z]")
_UNIT_WORDS = (
    "anesthesia|anonymous|baby|bay|bedside|bronchoscopy|comfort|down|endoscopy|float|floor|group|groups|gyn-onc|holding|infusion|living"
    "|management|med|mother|operative|pool|program|programs|protective|psychology|same|security|service|services|shared|signs|sober"
    "|social|step|suite|support|surg|team|tele|theater|theatre|time|vital|ward|watchers"
)
_PLAIN_WORDS = GENERIC | NO_NAME | MEDICAL_NOUNS | PLACEHOLDERS | frozenset(_UNIT_WORDS.split("|"))
_PLACEHOLDER = re.compile(r"X{2,}|[XYZ]{2,3}\Z|ABC")
_BRAND = re.compile(r"[A-Z][a-z]+[A-Z][a-z]{2}")  # CleanSlate
_WIDE = re.compile(rf"(?:{STATES}|{COUNTRIES})(?![\w-])")
_THINGS = frozenset(
    ["lift", "stretcher", "vest", "protocol", "study", "trial", "score", "scale", "criteria", "guidelines", "device", "mattress", "frame"]
)
_PERSONS = frozenset(["dr", "dr.", "drs", "mr", "mrs", "ms", "miss", "nurse", "prof", "np", "pa", "rn", "md"])


def find_care_places(text: str) -> Iterator[Finding]:
    """Names behind a preposition and what is done at such places; units and specialties ("to Cardiology") are no names."""
    for preposition in behind_leads(_PREPOSITION, text):
        if is_where_care_is(text, preposition.start(), preposition["preposition"]) and not (
            preposition["preposition"] == "of" and _MADE_TOWN.match(text, preposition.end())
        ):
            yield from _listed(text, preposition.end())
    for preposition in _PREPOSITION_IN_CAPITALS.finditer(text):
        cue, end = _CARE_IN_CAPITALS[preposition.group().split()[0]], preposition.start() - 1
        if cue.search(text, max(0, end - _MAX_CUE_CHARS), end):
            is_in_capitals = text[preposition.end() : preposition.end() + 3].isupper()
            yield from _in_capitals(text, preposition.end()) if is_in_capitals else _listed(text, preposition.end())
    for pattern, what_is_before in ((_BRACKET, _KIND_BEFORE), (_VALUE, _FIELD)):
        for opening in pattern.finditer(text):
            if what_is_before.search(text, max(0, opening.start() - _MAX_FIELD_CHARS), opening.start()):
                yield from _named_at(text, opening.end())


def is_where_care_is(text: str, end: int, preposition: str) -> bool:
    """Whether what is done at such places stands before a preposition."""
    return _CARE[preposition].search(text, max(0, end - _MAX_CUE_CHARS), end) is not None


def _listed(text: str, start: int) -> Iterator[Finding]:
    """What stands there, and what follows it in a list: Mercy and |Harkspur."""
    while end := _name_end(text, start):
        yield Finding(start, end, "HOSPITAL", "place of care")
        link = _LINK.match(text, end)
        if link is None:
            return
        start = link.end()


def _named_at(text: str, start: int) -> Iterator[Finding]:
    if end := _name_end(text, start):
        yield Finding(start, end, "HOSPITAL", "place of care")


def _name_end(text: str, start: int) -> int | None:
    """Where the name of an institution ends that begins there."""
    run = _RUN.match(text, start)
    if run is None:
        return None
    known = _HOSPITAL.match(text, start)
    if known is not None and not _GOES_ON.match(text, known.end()):
        return known.end()
    is_name = _is_institution(run.group(), text[run.end() : run.end() + 20])
    return town_end(text, run.end()) if is_name else None


def _in_capitals(text: str, start: int) -> Iterator[Finding]:
    """One word that nothing else is, or a well-known name, among words that all are in capitals."""
    if known := _HOSPITAL_IN_CAPITALS.match(text, start):
        yield Finding(*known.span(), "HOSPITAL", "place of care")
        return
    run = _RUN.match(text, start)
    word = run.group().split(" ")[0] if run else ""
    is_name = is_surely_own(word) and word.lower() not in EPONYMS and not kinds_of(word) & WORD and not kinds_of_place(word)
    if is_name and len(word) >= _MIN_CAPITALS:
        yield Finding(start, start + len(word), "HOSPITAL", "place of care")


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
    if len(words) == 1 and kinds_of(name) & FIRST and name.endswith(("'s", "’s")):
        return False  # somebody's home
    if len(words) > 1 and kinds_of(words[0]) & FIRST and first not in NATURE and first not in HALLOWED:
        return False
    if len(words) > 1 and HEAD_AT_END.search(name) and first not in GENERIC and first not in PLACEHOLDERS:
        return True
    if any(map(str.isdigit, name)) or all(word.isupper() for word in words):
        return False
    return any(is_surely_own(word) or _BRAND.match(word) for word in words) or _are_a_name(words)


def _are_a_name(words: list[str]) -> bool:
    """Whether several words with capitals, of which one is neither of medicine nor of units, stand there: Capital Area Pulmonary."""
    written = [word for word in words if word[0].isupper()]
    is_plain = (word.lower() in _PLAIN_WORDS or len(word) < 3 or bool(_PLACEHOLDER.match(word)) for word in written)
    return len(written) > 1 and not all(is_plain) and not any(word.lower() in EPONYMS for word in written)


def _is_a_thing(words: list[str], behind: str) -> bool:
    """Whether an eponym and what it names stand there: a test, a sign, a tube."""
    after = behind.split(None, 1)[0].strip(".,;)").lower() if behind[:1] == " " and behind.strip() else ""
    if words[-1].lower() in MEDICAL_NOUNS or after in _THINGS or (after in MEDICAL_NOUNS and after not in GENERIC):
        return True
    return all(word.lower() in EPONYMS for word in words)
