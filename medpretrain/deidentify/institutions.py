"""Names of hospitals, clinics, pharmacies, nursing homes, schools: what they call themselves, with a word of their own beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from medpretrain.deidentify.anchors import behind_leads
from medpretrain.deidentify.finding import Finding
from medpretrain.deidentify.institution_words import (
    HEADS,
    KNOWN_HOSPITALS,
    NO_MONTH,
    NOT_IN_A_WORD,
    PROUD,
    SURE_HOSPITALS,
    SYSTEM_WORDS,
    SYSTEMS,
    alternatives,
    by_first_letter,
)
from medpretrain.deidentify.lexicons import FIRST, LARGE_CITY, LAST, US_CITY, WORD, kinds_of_place
from medpretrain.deidentify.name_words import EPONYMS, NO_NAME, PLACEHOLDERS
from medpretrain.deidentify.place_words import GENERIC, HALLOWED, NATURE, STATES, TOWNS_THAT_ARE_WORDS
from medpretrain.deidentify.words import kinds_of

_CAPITAL = r"[^\W\d_a-z][\w'’&-]{0,30}\.?"
_PART = r"(?:(?:St|Mt|Ft|Ste)\.|[^\W\d_a-z][\w'’&-]{0,30})"  # a dot elsewhere ends a sentence
_HEADS = {kind: re.compile(rf"(?:{by_first_letter(heads)})(?![\w-])") for kind, heads in HEADS.items()}
_ALL_HEADS = by_first_letter((head for heads in HEADS.values() for head in heads), behind_the_letter="(?<![A-Za-z].)")
_ANY_HEAD = re.compile(rf"(?:{_ALL_HEADS})(?![\w-])")
HEAD_AT_END = re.compile(rf" (?:{by_first_letter(head for kind in ('plain', 'doubtful', 'strong') for head in HEADS[kind])})\Z")
_LOWER_HEAD = re.compile(
    r" (?:hospital|clinic|medical (?:center|centre|group|school)|nursing (?:home|center|facility)|rehab|hospice|pharmacy|shelter"
    r"|assisted living|urgent care|dialysis)(?![\w-])"
)
_ORDER = re.compile(
    rf"(?:Sisters|Daughters|Brothers|Society|Order|Our Lady) of (?:the )?{_CAPITAL}(?: (?:de Paul|Heart|Cross|Name))?"
    rf"(?: (?:Hospital|Medical Center|Clinic|Health System))?"
    rf"(?:, (?!(?:Dr|Mr|Mrs|Ms|M\.D)\b){_CAPITAL}(?: {NO_MONTH}(?:d['’])?{_CAPITAL})?(?<!\.))?"
)
_ENDS = frozenset(["hospital", "clinic", "center", "centre", "care", "home", "institute", "pharmacy", "school", "university"])
_WORD_BEFORE = re.compile(r"(?<![\w.-])([A-Z][\w'’&-]{1,30}) \Z")
_DEPARTMENTS = frozenset(["ED", "ER", "A&E"])  # of a hospital, whose name ends before
_BREAKS = re.compile(r"[\n(\[\"“”|;]")
_WORDS_THAT_BREAK = frozenset(["Per", "Via", "From", "At", "Dest", "Submitter", "AT", "BY", "FROM", "TO", "IN", "VIA", "WITH", "ON"])
_NO_TOWNS = frozenset(
    ["southern", "united", "free", "first", "reformed", "orthodox", "independent", "primitive", "american", "national", "black", "white"]
)
_KINDS_OF_CARE = (  # of `PROUD`, what also says which care is meant
    "advanced|best|comfort|community|complete|comprehensive|direct|first|focus|good|integrated|integrative|little|next|open|prime|priority"
    "|prompt|quality|safe|select|total|united|vital|whole"
)
_NAMES_BY_PRIDE = PROUD - frozenset(_KINDS_OF_CARE.split("|"))
_BEFORE_OF = frozenset(
    ["queen", "star", "lady", "sons", "daughters", "heart", "isle", "lake", "city", "sisters", "order", "house", "gates"]
)
_TITLES = frozenset(["dr", "drs", "mr", "mrs", "ms", "prof"])
MAX_WORDS = 7
MAX_CHARS = 90
_STATE_WORDS = frozenset(STATES.lower().replace("|", " ").split())
_STATES_BEFORE = frozenset(STATES.split("|"))
_NO_OPENING = (NO_NAME - HALLOWED - _STATE_WORDS - {"st", "may", "august", "april", "june", "our", "london", "british", "american"}) | {
    *("&", "admitted", "transferred", "transfer", "seen")
}
_BEHIND = re.compile(
    r"(?:,? (?:and |& )?(?:Center|Centre|System|Network|Campus|Hospitals?|Clinics?|Annex|Main|East|West|North|South"
    r"|Health|Services?|Sciences?|Care|Foundation|Trust|Group|Institute|Pavilion|Tower|Medical(?! {1,3}(?:[Rr]e ?c|[a-z])|:)"
    r"|School|University|Rehabilitation|Rehab"
    r"|Associates|Partners|Nursing|Authority|Private|Satellite|Downtown|Uptown|Inpatient Unit|In-?[Pp]atient|Outpatient|Unit"
    r"|Centers|Walk-[Ii]n"
    r"|Inc\.?|LLC|PLLC|LLP|Ltd\.?|PC|P\.C\.|PA|P\.A\.)(?![\w-])){0,4}"
    rf"(?: (?:of|at|for) (?:the )?{_PART}(?: {NO_MONTH}(?:and |of )?{_PART}){{0,3}})?"
)
_TOWN_BEHIND = re.compile(rf"( |, ?| [-–] ){NO_MONTH}{_PART}(?: {NO_MONTH}{_PART}){{0,2}}")
_HOUSE = re.compile(rf" ((?:St\.? )?{_PART})(?![\w-])")
_UNIVERSITY = re.compile(rf" of (?:{STATES})(?! (?:solution|criteria|score|[Ss]cale))")
_PREPOSITION = re.compile(r"[ \n](?:at|from|to|in|by|via|per|of|with|through)[ \n](?:the )?(?=[A-Z]|the VA)")
_KNOWN = re.compile(
    rf"({KNOWN_HOSPITALS})(?:['’]s)?(?![\w-])(?!\s(?:stand|scissors|clamp|wire|score|criteria|tray|retractor|needle|incision|fracture"
    rf"|catheter))"
)
_SYSTEM = re.compile(rf"(?:{by_first_letter(alternatives(SYSTEMS), NOT_IN_A_WORD)})(?P<called> (?:{SYSTEM_WORDS}))?(?![\w'’-])")
_SURE = re.compile(rf"(?:{by_first_letter(SURE_HOSPITALS, NOT_IN_A_WORD)})(?:['’]s)?(?![\w-])(?! (?:[Cc]hurch|[Pp]arish))")
_SAINT = re.compile(
    r"(?:St\.?|Saint) [^\W\d_a-z][\w'’-]{2,20}(?: [^\W\d_a-z][\w'’-]{2,20})?(?! (?:valve|Jude))(?<! County)(?! County| Parish)"
)
_SAINTS_HOUSE = re.compile(
    r"(?:St\.?|ST\.?|Saint) (?:[^\W\d_a-z][\w-]{1,20} ){0,2}[^\W\d_a-z][\w-]{2,20}['’][sS](?! (?:[Ww]ort|[Ff]ire|[Dd]ance)|\w)"
)
_NO_SAINT_BEHIND = ("by ", "of ", "with ", "through ", "the ")
_FIELD = re.compile(
    r"(?:^|[\n\t|] ?|   )(?:(?:Sending|Receiving|Referring|Transferring|Accepting|Performing|Ordering|Requesting|Birth|Delivery|Admitting"
    r"|Outside|Home"
    r"|Primary|Preferred|Discharge|Treating|Service|Clinic|Practice)[ ])?"
    r"(?:FACILITY|Facility|HOSPITAL|Hospital|CLINIC|Clinic|INSTITUTION|Institution|PHARMACY|Pharmacy|Sending|Receiving|Practice|Agency"
    r"|Lab|Laboratory"
    r"|Facility [Nn]ame|Home [Cc]are [Aa]gency|Outside (?:lab|path|hospital|facility|imaging)|(?:Rehab|SNF|Hospice|Facility) [Cc]hoice"
    r"|Facility ?/ ?[Uu]nit|Sending [Ff]acility"
    r"|Office [Ss]tamp|Hospital [Nn]ame|Site|Employer|Location of (?:service|care)|Service [Ll]ocation|Rehab|SNF|Nursing [Hh]ome|Hospice"
    r"|Home [Hh]ealth"
    r"|Dialysis (?:[Uu]nit|[Cc]enter)|Destination|Performed at|Collected at|Drawn at|Organi[sz]ation|Health [Cc]ent(?:er|re)"
    r"|GP [Pp]ractice|GP [Ss]urgery"
    r"|EMPLOYER|Place of (?:service|employment|birth|death)|School)[ ]?\Z"
)
_MAX_FIELD_CHARS = 42
_COLON = re.compile(":")
_VALUE = re.compile(r"[ \t]*([^\W\d_a-z][^\n|:;]{2,70}?)(?=[ ]{2}|\t|[ ]?[\n|;]| / |$)")


_FOR = re.compile(
    r"(?:Cent(?:er|re)|Institute|Associates|Specialists|Physicians|Partners|Consultants) (?:for"
    r"|in) (?!Disease Control)(?:(?:[A-Z][\w'’-]{2,20}|and|&) ){1,4}"
    r"(?:Health|Care|Medicine|Surgery|Healing|Wellness|Rehabilitation|Recovery|Living|Disorders|Diseases?|Oncology|Cardiology|Urology"
    r"|Orthopa?edics"
    r"|Development|Pediatrics|Dermatology|Neurology|Psychiatry|Radiology)(?![\w-])"
)


_STREET_OF_A_CHAIN = re.compile(
    rf" (?:on |at |in )?((?!The ){_PART} (?:St|Ave|Rd|Blvd|Dr|Ln|Pkwy|Hwy|Sq|Street|Avenue|Road|Boulevard|Drive|Lane|Parkway)(?![\w-])"
    rf"|(?<=n |t )(?!The )[A-Z][a-z]{{2,15}}(?: (?:and|&) {_PART})?(?= [a-z(]|[.,;)\n]|$))"
)
_CHAIN = re.compile(
    r"(?:CVS|Walgreens|Rite[- ]Aid|Wal-?[Mm]art|Costco|Kroger|Safeway|Publix|Target|Meijer|Wegmans|H-?E-?B|Albertsons|Sam['’]s Club"
    r"|Duane Reade|Hy-Vee"
    r"|Winn-Dixie|Giant Eagle|Boots|Shoppers Drug Mart|Lloyds|Superdrug|ShopRite|Fred Meyer|Jewel-Osco|Kinney Drugs|Chemist Warehouse)"
    r"(?: [Pp]harmacy| ?#\d{2,5}|(?= (?:on|at|in) (?:the corner of )?[A-Z\d])|(?=, [A-Z\d][\w ]{1,20} (?:St|Ave|Rd|Blvd|Street|Road"
    r"|Avenue)))"
)


def find_institutions(text: str) -> Iterator[Finding]:
    """Where institutions are named. "The hospital", "Emergency Department", "Medical Center" by themselves are no names."""
    yield from find_by_what_they_are(text)
    yield from _behind_prepositions(text)


def find_by_what_they_are(text: str) -> Iterator[Finding]:
    """Institutions that need no word before them."""
    for pattern in (_ANY_HEAD, _LOWER_HEAD):
        for head in pattern.finditer(text):
            span = _institution(text, head)
            if span:
                yield Finding(*span, "HOSPITAL", "institution")
    yield from _known(text)
    if "s of " in text or "Our Lady" in text:
        for match in _ORDER.finditer(text):
            start = match.start() - len("Little ") if text.endswith("Little ", 0, match.start()) else match.start()
            yield Finding(start, town_end(text, match.end()), "HOSPITAL", "institution")
    for chain in _CHAIN.finditer(text):
        street = _STREET_OF_A_CHAIN.match(text, chain.end())
        yield Finding(chain.start(), town_end(text, street.end()) if street else chain.end(), "HOSPITAL", "pharmacy of a chain")
    for match in _FOR.finditer(text):
        yield Finding(match.start(), town_end(text, match.end()), "HOSPITAL", "institution")
    yield from _in_fields(text)


def _in_fields(text: str) -> Iterator[Finding]:
    for colon in _COLON.finditer(text):
        if (
            _FIELD.search(text, max(0, colon.start() - _MAX_FIELD_CHARS), colon.start())
            and (value := _VALUE.match(text, colon.end()))
            and (any(map(is_own, value[1].split())) or _KNOWN.match(value[1]))
        ):
            yield Finding(*value.span(1), "HOSPITAL", "field of a form")


def _behind_prepositions(text: str) -> Iterator[Finding]:
    for preposition in behind_leads(_PREPOSITION, text):
        if known := _KNOWN.match(text, preposition.end()):
            yield Finding(known.start(), name_end(text, known.end(1)), "HOSPITAL", "well-known institution")
        elif (saint := _SAINT.match(text, preposition.end())) and not preposition.group().replace("\n", " ").endswith(_NO_SAINT_BEHIND):
            yield Finding(saint.start(), name_end(text, saint.end()), "HOSPITAL", "saint")


def _known(text: str) -> Iterator[Finding]:
    for system in _SYSTEM.finditer(text):
        end = _house_end(text, system)
        is_house = end > system.end() or (system["called"] and not system.group().startswith("VA "))
        if is_house and not text[system.start() - 1 : system.start()].isalnum():
            yield Finding(system.start(), end, "HOSPITAL", "house of a system")
    for sure in _SURE.finditer(text):
        if not text[sure.start() - 1 : sure.start()].isalnum():
            yield Finding(sure.start(), name_end(text, sure.end()), "HOSPITAL", "well-known institution")
    for saint in _SAINTS_HOUSE.finditer(text) if "St" in text or "ST" in text or "Saint" in text else ():
        if not text[saint.start() - 1 : saint.start()].isalnum():
            yield Finding(saint.start(), name_end(text, saint.end()), "HOSPITAL", "saint")


def _house_end(text: str, system: re.Match[str]) -> int:
    """Where the town ends that stands behind a system's name, or the name of its house ("Kaiser Fontana", "Banner Rosewood")."""
    end = town_end(text, system.end())
    house = _HOUSE.match(text, end) if end == system.end() else None
    if house is None or house[1].lower() in EPONYMS or not (house[1].startswith("St") or is_surely_own(house[1].split()[-1])):
        return end
    is_name = kinds_of(system.group().split()[0]) & (FIRST | LAST)
    is_house = house[1].startswith("St") or house[1].lower() in NATURE | HALLOWED
    return end if is_name and not is_house else town_end(text, house.end())


def _institution(text: str, head: re.Match[str]) -> tuple[int, int] | None:
    is_lower = head.group()[0] == " "
    opening = head.start() + is_lower
    if text[opening - 1 : opening].isalpha():
        return None
    kind = "lower" if is_lower else _kind(text, head)
    start = _own_start(text, opening, kind, head.group())
    if start is None and kind != "plain" and kind != "strong":
        return None
    behind = _BEHIND.match(text, head.end())
    assert behind is not None, "every part of it is optional"
    if start is None and not _is_called_after(text, head, behind.group()):
        return None
    end = town_end(text, behind.end())
    if kind == "before a town" and end == behind.end():
        return None
    if head.group() in _DEPARTMENTS and start is not None:
        return start, opening - 1
    return _opening_of_capitals(text, opening) if start is None else start, end


def _opening_of_capitals(text: str, end: int) -> int:
    """Where the words with capitals begin before a head that is called after a town: |Vibra Hospital of Fargo."""
    while (word := _WORD_BEFORE.search(text, max(0, end - MAX_CHARS), end)) and word[1].lower() not in _NO_OPENING:
        end = word.start(1)
    return end


def _is_called_after(text: str, head: re.Match[str], behind: str) -> bool:
    """Whether a name or a town follows: Hospice of Marrowick; a university is called after a state, too."""
    of = behind.partition(" of ")[2]
    if any(map(is_own, of.split())) or (of and kinds_of_place(of) & (US_CITY | LARGE_CITY) and " " in of):
        return True
    return head.group().startswith("Univ") and _UNIVERSITY.match(text, head.end()) is not None


def _kind(text: str, head: re.Match[str]) -> str:
    return next(kind for kind, heads in _HEADS.items() if (found := heads.match(text, head.start())) and found.end() == head.end())


def name_end(text: str, end: int) -> int:
    """Where the name ends that goes on there: with what institutions are, and a town ("St. Vincent's |Private Hospital, Yonkers")."""
    behind = _BEHIND.match(text, end)
    return town_end(text, behind.end() if behind else end)


def town_end(text: str, end: int) -> int:
    """Where the town ends that stands behind an institution's name ("Mercy Hospital Fort Worth")."""
    town = _TOWN_BEHIND.match(text, end)
    words = town.group()[len(town[1]) :].split(" ") if town else []
    for count in range(len(words), 0, -1):
        name = " ".join(words[:count])
        if town and (_is_town_behind(name, is_apart=town[1] != " ") or (town[1].strip() in ("-", "–") and _is_site(words[:count]))):
            return end + len(town[1]) + len(name)
    return end


def _is_site(words: list[str]) -> bool:
    """Whether a house of a chain is called so behind a dash: - Briarwood, - Temple."""
    name = " ".join(words)
    if name.isupper() or any(word.lower() in GENERIC - NATURE or word.lower() in NO_NAME for word in words):
        return False
    return all(map(is_surely_own, words)) or bool(kinds_of_place(name) & US_CITY)


@lru_cache(1 << 12)
def _is_town_behind(name: str, is_apart: bool) -> bool:
    kinds, lower = kinds_of_place(name), name.lower()
    if not kinds or lower in GENERIC or lower in NO_NAME or (is_apart and name.isupper()):
        return False
    if " " in name or kinds & LARGE_CITY or lower in TOWNS_THAT_ARE_WORDS:
        return True
    return not is_apart and (lower in EPONYMS or not kinds_of(name) & WORD)


def _own_start(text: str, end: int, kind: str, head: str) -> int | None:
    """Where the words begin that make what ends there ("Mercy |Hospital") the name of one institution; None where none does."""
    words = _BREAKS.split(text[max(0, end - MAX_CHARS) : end])[-1].split(" ")
    first = len(words) - 1
    while first > 0 and len(words) - first <= MAX_WORDS and _can_belong(words, first - 1):
        first -= 1
        if words[first] == "and" and words[first - 1].lower() in _ENDS:
            break
    belonging = _without_a_person(words[first:-1])
    while belonging and (belonging[0].islower() or belonging[0].lower().rstrip(".") in _NO_OPENING):
        belonging.pop(0)
    if words[-1] or not _make_a_name(belonging, kind, head):
        return None
    start = end - sum(map(len, belonging)) - len(belonging)
    return start - len("The ") if text.startswith("The ", max(0, start - len("The "))) else start


def _without_a_person(words: list[str]) -> list[str]:
    """The words behind a person and "and" or "of": Dr. Patel and |Velcor Clinic, Kim Velcor of |Marrowick Clinic."""
    if words and words[0] != "Drs." and words[0].rstrip(".").lower() in _TITLES and "and" in words:
        return words[words.index("and") + 1 :]
    person = words[: words.index("of")] if "of" in words[1:] else []
    return words[len(person) + 1 :] if person and all(map(_is_of_a_person, person)) else words


def _is_of_a_person(word: str) -> bool:
    lower = word.lower()
    if lower in GENERIC or lower in NATURE or lower in HALLOWED or lower in _ENDS or lower in _BEFORE_OF:
        return False
    return bool(kinds_of(word) & (FIRST | LAST)) or not kinds_of(word) & WORD


def _make_a_name(words: list[str], kind: str, head: str) -> bool:
    if words == ["VA"]:
        return False
    if kind == "lower":
        return any(map(is_own, words[-1:])) or _is_town(words[-2:], LARGE_CITY)
    if kind == "faith":
        names = (" ".join(words[first:]) for first in range(len(words)))
        return any(kinds_of_place(name) & (US_CITY | LARGE_CITY) and name.lower() not in _NO_TOWNS for name in names)
    if words and words[0] in _STATES_BEFORE and kind != "lower":
        return True
    if kind == "doubtful":
        return any(map(is_surely_own, words)) or (len(words) > 1 and words[0].lower() in PROUD)
    if words and " " in head and words[0].lower() in _NAMES_BY_PRIDE:
        return True
    if any(map(is_own, words)) or _is_town(words[:2], LARGE_CITY) or (len(words) > 1 and _is_town(words[:2], US_CITY)):
        return True
    if kind == "strong" and any(word.lower() in NATURE for word in words):
        return True
    if kind == "strong" and len(words) > 1:
        return any(word[:1].isupper() and word.lower() not in GENERIC for word in words)
    return kind == "strong" and any(word.lower() in PROUD for word in words)


def _is_town(words: list[str], kinds: int) -> bool:
    name = " ".join(words)
    found = kinds_of_place(name) & kinds
    return bool(found) and (len(words) > 1 or bool(found & LARGE_CITY) or not kinds_of(name) & WORD or name.lower() in TOWNS_THAT_ARE_WORDS)


def _can_belong(words: list[str], place: int) -> bool:
    word = words[place]
    if word == "&" or _JOINED_PARTICLE.match(word):
        return True
    if word == "or":
        return bool(kinds_of_place(" ".join(words[max(0, place - 1) : place + 2])))
    if not word[:1].isalpha() or word[-1] in ",;:)" or (word[-1] == "." and len(word) > 3 and word != "Drs.") or word in _WORDS_THAT_BREAK:
        return False
    return not word[0].islower() or word in ("of", "and", "de", "la", "for", "the")


_JOINED_PARTICLE = re.compile(r"[dl]['’][A-Z]")


def is_own(word: str) -> bool:
    """Whether a word belongs to one institution: a name, an unknown word, or what institutions like to be called after."""
    word = word.rstrip(".,").replace("’", "'")
    lower = word.lower()
    if lower in HALLOWED:
        return True
    if (
        len(word) < 2
        or not (word[0].isupper() or _JOINED_PARTICLE.match(word))
        or lower in GENERIC
        or lower in NO_NAME
        or lower in PLACEHOLDERS
    ):
        return False
    if lower in NATURE:
        return True
    kinds = kinds_of(word)
    is_compound = "-" in word and all(part[:1].isupper() for part in word.split("-"))
    return not kinds & WORD or bool(kinds & (FIRST | LAST)) or is_compound or bool(kinds_of_place(word) & LARGE_CITY)


def is_surely_own(word: str) -> bool:
    """Whether it does, and is no word that is a surname too."""
    word = word.rstrip(".,").replace("’", "'")
    lower = word.lower()
    is_sure = lower in HALLOWED or lower in NATURE or not kinds_of(word) & WORD or (lower.startswith("tri-") and lower in PROUD)
    return is_own(word) and is_sure and not (word.isupper() and len(word) < 5)
