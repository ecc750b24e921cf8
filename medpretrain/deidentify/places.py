"""Places smaller than a state: addresses, towns, counties, ZIP codes; and institutions that give care.

An address is found by its street, its unit or its state; a town by what stands before it ("lives in") or behind it (", OH 44101"); an
institution by what it calls itself ("... Community Clinic"), where something of its name is its own.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from string import ascii_uppercase

from medpretrain.deidentify.address_parts import find_address_parts, find_codes_behind
from medpretrain.deidentify.anchors import behind_leads, leads_in, matches_at, numbers_in
from medpretrain.deidentify.care_places import find_care_places
from medpretrain.deidentify.finding import Finding
from medpretrain.deidentify.foreign_streets import find_foreign_streets
from medpretrain.deidentify.institution_contexts import find_in_contexts
from medpretrain.deidentify.institution_words import by_first_letter
from medpretrain.deidentify.institutions import find_institutions
from medpretrain.deidentify.lexicons import COUNTY, FIRST, LARGE_CITY, LAST, US_CITY, WORD, kinds_of_place
from medpretrain.deidentify.name_words import EPONYMS, MEDICAL_NOUNS, NO_NAME
from medpretrain.deidentify.named_streets import find_named_streets
from medpretrain.deidentify.place_words import (
    BOROUGHS,
    COUNTRIES,
    DIRECTIONS,
    FIELDS_OF_TOWNS,
    GENERIC,
    LIVING,
    NATURE,
    STATE_CODES,
    STATES,
    STREETS,
    STREETS_TOO,
    TOWN_ENDINGS,
    TOWN_OPENINGS,
    TOWN_SUFFIXES,
    TOWNS_THAT_ARE_WORDS,
)
from medpretrain.deidentify.postal_codes import find_by_postal_code
from medpretrain.deidentify.unlisted_towns import find_unlisted_towns
from medpretrain.deidentify.words import kinds_of

_NAME = FIRST | LAST
_CAPITAL = r"[^\W\d_a-z][\w'’-]{0,30}\.?"
_PART = r"(?:(?:St|Mt|Ft|Ste|Pt)\.|[NSEW]\.|[^\W\d_a-z][\w'’-]{0,30})"  # of a town's name: a dot elsewhere ends a sentence
_SPACE = r"[ \xa0]{1,2}"
_UNIT = (
    r"(?:(?:Apartment|Apt|APT|apt|Suite|SUITE|suite|Ste|STE|Unit|UNIT|Room|Rm|Floor|Bldg|Building|Lot|Trlr|Space)\.?[ ]?#?[ ]?|#[ ]?)"
    r"[A-Z]?\d{0,5}-?[A-Z\d]?\b"
)
_ZIP = r"\d{5}(?:-\d{4})?(?![\w-])"
_BREAK = r"(?:[ ]*,?[ ]*\n[> ?]{0,8}|,?[ ]{1,2})"  # between the lines of an address, also of one that is quoted
_TOWN = rf"{_PART}(?:[ ](?:{_PART}|d['’]{_PART}|de|del|la|du)){{0,3}}"
_REGION = rf"(?:{STATES}|(?:{STATE_CODES})\b\.?)"
# What may follow a street: a unit, a town with its state, a ZIP code.
_TAIL = re.compile(
    rf"(?:{_BREAK}{_UNIT}){{0,2}}(?:{_BREAK}{_TOWN}?[ ]?,[ ]?\n?[ ]{{0,4}}{_REGION}(?:{_BREAK}{_ZIP})?"
    rf"|{_BREAK}{_TOWN}{_BREAK}{_REGION}{_BREAK}{_ZIP})?"
)
_STREET_PART = r"(?:(?:St|Mt|Ft|Ste|Pt|Dr|Ave|No|So|[A-Z])\.|[^\W\d_a-z][\w'’-]{0,30})"
_NUMBERED = re.compile(
    rf"\d(?<![\w.,/:-]\d)\d{{0,5}}[A-Z]?(?:-\d{{1,4}})?{_SPACE}((?:(?:{_STREET_PART}|\d{{1,3}}(?:st|nd|rd|th|ST|ND|RD"
    rf"|TH)){_SPACE}){{1,5}}{_CAPITAL})"
)
_ON_A_GRID = re.compile(rf"[NSEW]\d{{1,3}} ?[NSEW]\d{{2,6}}{_SPACE}((?:{_STREET_PART}{_SPACE}){{1,4}}{_CAPITAL})")
_TWO_AXES = re.compile(r"\d(?<![\w.,/:-]\d)\d{1,4} (?:[NSEW]\.?|North|South|East|West) \d{2,5} (?:[NSEW]|North|South|East|West)(?![\w'’-])")
_MAX_HOUSE_DIGITS = 6
_BEHIND_HOUSE_NUMBERS = frozenset(f" \xa0-{ascii_uppercase}")
_VISITS = frozenset(["visit", "exam", "consult", "office"])  # a procedure's code before them, and DR is a doctor
_TOWN_OF_A_FIELD = re.compile(r"\^[^|^\n]{0,30}\^([^\W\d_][^|^\n]{1,40})(?=[|^\n]|$)")
_FLAT = re.compile(
    rf"\d(?<![\w.,/:-]\d)\d{{0,5}} [^\n;:()]{{3,50}}?{_BREAK}(?:Apt|Suite|apt|suite)\.? ?\d{{1,5}}\b"
    rf"(?:{_BREAK}[^\W\d_][^\n,\d]{{1,40}}(?:\n{{1,2}}[> ?]{{0,8}}[^\W\d_][^\n,\d]{{1,40}})?[\s,>?]{{1,10}}\d{{4,5}}(?![\w-]))?"
)
_LOWER_STREET = re.compile(
    r"\d(?<![\w.,/-]\d)\d{1,5} (?:[nsew]\.? |north |south |east |west )?([a-z]{3,20}|\d{1,3}(?:st|nd|rd|th))(?: [a-z]{3,20})?"
    r" (?:street|avenue|road|drive|lane|boulevard|blvd|ave)\b\.?(?: (?:apt|suite|unit|#)\.? ?\w{1,5})?"
)
_DIRECTION = re.compile(rf"{DIRECTIONS}\b\.?")
_BOX = re.compile(
    r"\b(?:P\.?[ ]?O\.?[ ]?Box[ ]?#?\d{1,7}|p\.?o\.? box \d{1,7}|(?:PSC|CMR|Unit|UNIT|psc|unit|cmr) \d{2,5},? Box \d{1,5}|(?:psc|unit"
    r"|cmr) \d{2,5},? box \d{1,5}"
    r"|(?:USNS|USS|USNV|USCGC|usns|uss|usnv|uscgc) [A-Za-z]\w{1,20})"
    r"(?:[ ,]*\n?[> ?]{0,8}(?:[AFD]PO|[afd]po),? (?:A[AEP]|a[aep]) \d{5})?"
)
_RURAL = re.compile(r"(?:RR|HC|HCR|Rural Route|Star Route|R\.R\.) ?#?\d{1,4},? Box #?\d{1,6}[A-Z]?\b")
_NUMBERED_ROAD = re.compile(
    r"\d(?<!\w\d)\d{0,5} (?:[NSEW]\.? )?(?:(?:Old |New )?(?:County|State|US|U\.S\.|Farm) )?"
    r"(?:Road|Rd\.?|Route|Rte\.?|Highway|Hwy\.?|CR|FM|SR) \d{1,5}[A-Z]?\b"
)
_UNIT_BEFORE = re.compile(r"(?:(?:Flat|Unit|Apt\.?|Apartment|Suite|Ste\.?|Room) #?\w{1,5}[, ]{1,2}|(?<![\w.,/:-])\d{1,5} )$")
_UNIT_BEHIND = re.compile(r" \d{1,5}(?![\w:/%]|[-.]\d)(?! (?:mg|ml|units?|year|y\b))")
_STREET_LED = re.compile(r"(?:\b(?:at|on|of|to|from|is|around|near|live|lives|address)|[:,;\n|]|^) ?$")
_CARETS = re.compile(r"\^([^\W\d_][^^|\n]{1,40})\^[A-Z]{2,3}\^(\d{4,5}(?:-\d{4})?|[A-Z]\d[A-Z] ?\d[A-Z]\d)(?![\w-])")
_STATE_BEHIND = re.compile(rf",[ \n]{{1,2}}((?:{STATES})\b|(?:{STATE_CODES})\b(?!['’]))(?:,?{_SPACE}({_ZIP}))?")
_TOWN_BEHIND = re.compile(r"(?:, ?| | in |\n *)((?:(?:St|Mt|Ft)\. )?[^\W\d_a-z][\w'’-]{1,25}(?: [^\W\d_a-z][\w'’-]{1,25}){0,2})(?![\w'’])")
# What may follow it abroad: a town that nobody knows, with a region's letters, a country, a code of digits.
_TAIL_ABROAD = re.compile(
    rf"(?:{_BREAK}{_UNIT})?(?:{_BREAK}|[ ]){_TOWN}(?:[ ]\d{{1,2}})?(?:[ ]?\n?[ ]{{0,4}},[ ]?\n?[ ]{{0,4}}|\s[ ]{{0,4}})"
    rf"(?:[A-Za-z]{{2,3}}\b[\s,]{{1,6}})?"
    rf"(?:(?:{COUNTRIES})[ ])?(?!(?:19|20)\d\d\b)\d{{4,6}}(?:-\d{{3,4}})?(?![\w:/-])"
)
_ENDS_ADDRESS = re.compile(r"[.,]?(?:\n|$)|,? ?\d{4,5}(?![\w-])")
_CAPITALS_BEFORE = re.compile(rf"(?:{_CAPITAL}[ ]){{0,3}}{_CAPITAL}$")
_MAX_TOWN_CHARS = 60
MAX_ABBREVIATION_CHARS = 5  # its dot, where it has one, is its own
_FIVE_DIGITS = re.compile(r"\d(?<![\w.,-]\d)\d{4}(?:-\d{4})?(?![\w-])")
_STATE_BEFORE = re.compile(rf"\b(?:{STATES}|{STATE_CODES})\.?,?{_SPACE}$")
_MAX_STATE_CHARS = 24
_CODE = re.compile(
    r"\b(?:[Zz][Ii][Pp](?:[ -]?[Cc]ode)?|[Pp]ost(?:al|code)(?:[ -]?[Cc]ode)?)(?: is|:|#"
    r"| number)?[ \t]{0,3}:?[ ]?((?=[A-Z\d -]{0,5}\d)[A-Z\d]{2,5}(?:[- ][A-Z\d]{2,4})?)\b"
)
_ADDRESS_CUES = (  # what a text with one holds, and the cue
    (("address", "correspond", "mail"), re.compile(r"(?:[Aa]ddress|ADDRESS|[Cc]orrespondence|[Mm]ail)(?: (?:is|to))*:?[ \t]{1,12}")),
    (("address of",), re.compile(r"[Aa]ddress of [^\n:]{2,40}? is:? ")),
    ((" liv", " resid"), re.compile(r" (?:lives?|lived|living|resid(?:es?|ed|ing)) (?:at|on)[ \t]{1,12}")),
)
_ADDRESS = re.compile(
    r"(?:the corner of )?"
    r"(?:\d{1,6}[A-Z]? |[^\W\d_a-z][\w.'’-]{1,25} (?:[^\W\d_][\w.'’-]{0,25} ){0,3}\d{1,5}\b(?![-/:%]|\.\d))[^\n;:|]{0,70}"
)
_TOWN_CUE = re.compile(
    rf"[\s(,.]((?:{by_first_letter(LIVING)})(?: (?:back|here|over|alone|currently|now|originally|permanently))?"
    rf"|(?:{by_first_letter(FIELDS_OF_TOWNS)})(?::| of birth:?))"
    r"[ \t]{0,2}(?:in|of|from|to|at|near|outside)?\s(?:the (?:city|town|village|suburbs) of )?"
)
_ADDRESS_STOP = re.compile(
    r"(?<![A-Z])(?<!Apt)(?<!Ste)(?<!St)(?<!Ave)\.(?=\s|$)|\.(?=\s+[A-Z][\w'’]*\s+[a-z])|[?!\"]"
    r"| in case| and | for | street| last night| after"
)
_PLACE_OF = re.compile(  # what people do or have at a place
    r"(?: (?:schools?|work(?:s|ed|ing)?|plant|job|back|met|drove|drives?|c[ao]me|coming|visit(?:s|ing|ed)?|welder|home|offices?|shelter"
    r"|driving"
    r"|retired|church|family|house|apartment|trailer|farm|sent|transferred|married|raised|stay(?:s|ed|ing)|clinic|practice|doctor|surgeon"
    r"|shared|talk(?:s|ed)|spoke|followed|[Tt]ransport(?:ed)?)"
    r"(?: (?:me|him|her|us|them|is|was|down|up|back|over|here|out|home|job)){0,2}"
    r" (?:in|from|near|outside|around|about|to)|, of) \Z"
)
_BEFORE_PLACES = frozenset(["in", "from", "near", "outside", "around", "about", "to", "of"])  # the last words of such a cue
_MAX_PLACE_OF_CHARS = 40
_IN_BRACKETS = re.compile(r"\((?=[^\W\d_a-z])")
_FINDING_BEFORE = re.compile(
    r"\b(?:evidence|history|hx|diagnosis|signs?|symptoms?|risk|type|form|case|gland|variant|root|hypomelanosis|prescription|pack|arcade)$",
    re.IGNORECASE,
)
_LOWER_IN = re.compile(r" (?:from|in|near|to|at) ([^\W\d_]{3,20}(?: [^\W\d_]{3,20}){0,2})")
_IN_TOWN = re.compile(r"[ \n(](in|from|to|near|at|of|outside|visiting|around)[ \n](?=[^\W\d_a-z])")
_IN_TOWN_IN_CAPITALS = re.compile(r"(?:IN|FROM|NEAR|OF|TO)[ \n](?=[^\W\d_a-z])")
_TOWN_LINK = re.compile(r"(?:,| and|, and| or|, then| then| &) (?=[^\W\d_a-z])")
_RUN = re.compile(rf"{_PART}(?:[ -](?:{_PART}|de|del|la|le|of|on|or|upon|sur|am|nad|van|der|den|au|aux|en|d['’]{_CAPITAL})){{0,4}}")
_ABROAD = re.compile(r", ?(?:ON|BC|QC|AB|MB|SK|NS|NB|NL|PEI?|NSW|VIC|QLD|TAS)(?![\w-])")
_BEHIND_A_TOWN = re.compile(
    r"[ -](?:area|native|resident|suburbs?|Police|PD|Fire|FD|EMS|Sheriff|Rescue|Ambulance|Airport|Unified|Public Schools|city limits)(?!\w)"
)
_BOROUGHS = re.compile(rf"(?:{by_first_letter(BOROUGHS)})(?!\w)")
_COUNTY = re.compile(r" (?:County|COUNTY|Parish|Township|Borough|Shire)\b")
_MADE_TOWN = re.compile(rf"(?:(?:{TOWN_OPENINGS}) {_CAPITAL}|[^\W\d_a-z]\w{{2,20}}(?:{TOWN_ENDINGS}))")
_SUFFIXED = re.compile(rf"{_CAPITAL} (?:{TOWN_SUFFIXES})")
_OPENED = re.compile(rf"(?:{TOWN_OPENINGS}) {_CAPITAL}")
_STATE_NAMES = re.compile(rf"(?:the )?(?:{STATES})")
_COUNTRY_NAMES = re.compile(rf"(?:the )?(?:{COUNTRIES})")
_STATES_AND_COUNTRIES = re.compile(rf"\b(?:{STATES}|{COUNTRIES})\b")
_DISTANCES = frozenset(["minute", "min", "mile", "mi", "hour", "hr", "block", "day", "foot", "km", "meter"])  # "a 10 minute drive"
_ALL_STREETS = STREETS | STREETS_TOO
_CREDENTIALS_TOO = frozenset(["MD", "PA", "DO", "MS", "MA", "NP"])
_BEHIND_PREPOSITION = re.compile(r"\b(?:in|of|from|at|to|near)\s(?:the )?$")
_IN_BEFORE = re.compile(r"\b(?:in|of|from|at|to|near)\s(?:the )?$|^$|\n$|, $")


def find_places(text: str, states: bool = False) -> list[Finding]:
    """Where places and institutions are named; states and countries by themselves only if asked for."""
    towns = [*_towns(text, states), *find_unlisted_towns(text)]
    found = [*towns, *find_institutions(text), *find_care_places(text), *find_in_contexts(text)]
    if not text.isalpha():
        found += [*_addresses(text), *find_address_parts(text), *find_codes_behind(text, towns)]
    if states:
        found += [Finding(*match.span(), "LOCATION", "state or country") for match in _STATES_AND_COUNTRIES.finditer(text)]
    return found


def _addresses(text: str) -> Iterator[Finding]:
    house_numbers = [
        start for start, end in numbers_in(text) if end - start <= _MAX_HOUSE_DIGITS and text[end : end + 1] in _BEHIND_HOUSE_NUMBERS
    ]
    yield from _streets(text, house_numbers)
    for match in matches_at(_LOWER_STREET, text, house_numbers):
        if match[1] not in _DISTANCES:
            yield Finding(*match.span(), "LOCATION", "street")
    for start, end in find_foreign_streets(text):
        yield Finding(_unit_start(text, start), _tail_end(text, end), "LOCATION", "street")
    rural_routes = _RURAL.finditer(text) if "Box" in text else ()
    for match in itertools.chain(rural_routes, matches_at(_NUMBERED_ROAD, text, house_numbers)):
        yield Finding(match.start(), _tail_end(text, match.end()), "LOCATION", "rural route")
    for match in _CARETS.finditer(text) if "^" in text else ():
        yield Finding(*match.span(1), "LOCATION", "town between carets")
        yield Finding(*match.span(2), "LOCATION", "postal code between carets")
    for start, end in find_by_postal_code(text):
        yield Finding(start, end, "LOCATION", "address by its postal code")
    for start, end in find_named_streets(text):
        yield Finding(start, _tail_end(text, end), "LOCATION", "street by its name")
    if "pt. " in text or "uite " in text:
        for match in _FLAT.finditer(text):
            yield Finding(match.start(), max(match.end(), _tail_end(text, match.end())), "LOCATION", "street")
    lower = text.lower()
    for match in (
        _BOX.finditer(text)
        if "box" in lower or "USS" in text or "USN" in text or "usn" in text or "USCGC" in text or "uscgc" in text
        else ()
    ):
        yield Finding(_unit_start(text, match.start()), _tail_end(text, match.end()), "LOCATION", "box")
    for match in matches_at(_FIVE_DIGITS, text, (start for start, end in numbers_in(text) if end - start == 5)):
        state = _STATE_BEFORE.search(text, max(0, match.start() - _MAX_STATE_CHARS), match.start())
        if state:
            town = _known_town_before(text, len(text[: state.start()].rstrip(" ,")))
            yield Finding(state.start() if town is None else town, match.end(), "LOCATION", "state and ZIP")
    if "zip" in lower or "postal" in lower or "postcode" in lower:
        for match in _CODE.finditer(text):
            yield Finding(*match.span(1), "LOCATION", "ZIP by its name")
    cues = [cue for words, cue in _ADDRESS_CUES if any(word in lower for word in words)]
    for match in itertools.chain.from_iterable(cue.finditer(text) for cue in cues):
        value = _ADDRESS.match(text, match.end())
        if value:
            yield Finding(value.start(), _address_end(text, value.start(), value.end()), "LOCATION", "address by its name")


def _streets(text: str, house_numbers: Sequence[int]) -> Iterator[Finding]:
    for match in itertools.chain(matches_at(_NUMBERED, text, house_numbers), _ON_A_GRID.finditer(text)):
        words = match[1].split()
        ends = [place for place, word in enumerate(words) if place and _is_street_word(word)]
        written = words[: ends[-1] + 1] if ends else []
        if not written or not _VISITS.isdisjoint(word.lower() for word in written):
            continue
        if len(written[-1]) > MAX_ABBREVIATION_CHARS:
            written[-1] = written[-1].rstrip(".")
        end = match.start() + len(match.group()) - len(match[1]) + len(" ".join(written))
        direction = _DIRECTION.match(text, end + 1)
        end = direction.end() if direction else end
        unit = _UNIT_BEHIND.match(text, end)
        whole_end = _tail_end(text, unit.end() if unit else end)
        is_led = _STREET_LED.search(text, max(0, match.start() - 9), match.start()) is not None
        if _is_street(written, match.group(), is_led, has_tail=whole_end > end):
            yield Finding(_unit_start(text, match.start()), whole_end, "LOCATION", "street")
            if town := _TOWN_OF_A_FIELD.match(text, whole_end):
                yield Finding(*town.span(1), "LOCATION", "town between carets")
    for match in matches_at(_TWO_AXES, text, house_numbers):
        yield Finding(match.start(), _tail_end(text, match.end()), "LOCATION", "street")


def _unit_start(text: str, start: int) -> int:
    unit = _UNIT_BEFORE.search(text, max(0, start - 20), start)
    return unit.start() if unit else start


def _tail_end(text: str, end: int) -> int:
    abroad = _TAIL_ABROAD.match(text, end)
    if abroad:
        return abroad.end()
    tail = _TAIL.match(text, end)
    assert tail is not None, "every part of it is optional"
    town = _TOWN_BEHIND.match(text, tail.end())
    parts = town[1].split(" ") if town else []
    for count in range(len(parts), 0, -1):
        name = " ".join(parts[:count])
        is_word = text[tail.end()] == "," and name.lower() in TOWNS_THAT_ARE_WORDS
        if town and (is_word or _is_town(name, states=False, is_sure=False)) and not name.isupper():
            return town.start(1) + len(name)
    if town and _ENDS_ADDRESS.match(text, town.end(1)) and not any(kinds_of(part) & WORD for part in parts):
        return town.end(1)
    return tail.end()


def _is_street_word(word: str) -> bool:
    lower = word.rstrip(".").lower()
    return lower in _ALL_STREETS or lower.removesuffix("s") in _ALL_STREETS


def _is_street(words: list[str], written: str, is_led: bool, has_tail: bool) -> bool:
    if words[-1].rstrip(".").lower() in STREETS:
        return True
    number = int(re.search(r"\d+", written).group())  # type: ignore[union-attr]
    names = [word for word in words[:-1] if not kinds_of(word.rstrip(".")) & WORD or kinds_of(word.rstrip(".")) & _NAME]
    if (has_tail or (is_led and number >= 10)) and any(word.rstrip(".").lower() in NATURE for word in words[:-1]):
        return True
    return bool(names) and (number >= 100 or words[-1].lower() not in MEDICAL_NOUNS)


def _address_end(text: str, start: int, end: int) -> int:
    """Where the sentence that holds an address ends."""
    stop = _ADDRESS_STOP.search(text, start, end)
    return len(text[: stop.start() if stop else end].rstrip(" ,"))


def _towns(text: str, states: bool) -> Iterator[Finding]:
    yield from _towns_before_regions(text)
    yield from _towns_behind_cues(text, states)
    yield from _towns_alone(text, states)
    yield from _towns_behind_prepositions(text, states)
    yield from _towns_by_their_kind(text)


def _towns_before_regions(text: str) -> Iterator[Finding]:
    for match in _STATE_BEHIND.finditer(text):
        start = _town_before(text, match.start())
        if start is not None and _is_state(text[start : match.start()], match[1], bool(match[2]), text[max(0, start - 9) : start]):
            yield Finding(start, match.end(), "LOCATION", "town and state")
    for match in _ABROAD.finditer(text):
        start = _town_before(text, match.start())
        if start is not None and kinds_of_place(text[start : match.start()].split("\n")[-1]):
            yield Finding(start, match.end(), "LOCATION", "town and region abroad")


def _towns_behind_cues(text: str, states: bool) -> Iterator[Finding]:
    for match in _TOWN_CUE.finditer(f" {text}"):  # it begins with what stands before the cue
        town = _RUN.match(text, match.end() - 1)
        if town and (end := _town_end(town.group(), states, is_sure=True)):
            yield Finding(town.start(), town.start() + end, "LOCATION", "word before a town")
    for lead in leads_in(text):
        start = lead.end + 1
        is_cue = lead.word in _BEFORE_PLACES and _PLACE_OF.search(text, max(0, start - _MAX_PLACE_OF_CHARS), start)
        town = _RUN.match(text, start) if is_cue else None
        if town and (end := _town_end(town.group(), states, is_sure=True)) and not _is_medical(text, town.start(), town.start() + end):
            yield Finding(town.start(), town.start() + end, "LOCATION", "word before a town")


def _towns_alone(text: str, states: bool) -> Iterator[Finding]:
    """Towns that fill brackets, and those of texts without capitals."""
    for match in _IN_BRACKETS.finditer(text):
        town = _RUN.match(text, match.end())
        if (
            town
            and text.startswith((")", ","), town.end())
            and not town.group().isupper()
            and _town_end(town.group(), states, is_sure=False) == len(town.group())
        ):
            yield Finding(*town.span(), "LOCATION", "town in brackets")
    if text.islower():
        for match in _LOWER_IN.finditer(text):
            for name in (match[1], match[1].rpartition(" ")[0], match[1].partition(" ")[0]):
                kinds = kinds_of_place(name)
                if kinds & LARGE_CITY or (kinds and not kinds_of(name) & WORD):
                    yield Finding(match.start(1), match.start(1) + len(name), "LOCATION", "town")
                    break


def _towns_behind_prepositions(text: str, states: bool) -> Iterator[Finding]:
    for match in _IN_TOWN_IN_CAPITALS.finditer(text):
        if text[match.start() - 1 : match.start()] in (" ", "\n", "("):
            yield from _town_in_capitals(text, match.end())
    for match in behind_leads(_IN_TOWN, text):
        town = _RUN.match(text, match.end())
        if match[1] in ("of", "in") and _FINDING_BEFORE.search(text, max(0, match.start() - 14), match.start()):
            continue
        if town and (end := _town_end(town.group(), states, is_sure=False)) and not _is_medical(text, town.start(), town.start() + end):
            yield Finding(town.start(), town.start() + end, "LOCATION", "town")
            yield from _listed_towns(text, town.start() + end)


def _towns_by_their_kind(text: str) -> Iterator[Finding]:
    """Counties and boroughs, and towns with what only towns have behind them."""
    for match in _BEHIND_A_TOWN.finditer(text):
        if (start := _known_town_before(text, match.start())) is not None:
            yield Finding(start, match.start(), "LOCATION", "town before what it has")
    for match in _BOROUGHS.finditer(text):
        yield Finding(*match.span(), "LOCATION", "borough")
    for match in _COUNTY.finditer(text):
        start = _town_before(text, match.start())
        name = text[start : match.start()] if start is not None else ""
        if start is not None and (kinds_of_place(name) & COUNTY or not kinds_of(name.split()[-1]) & WORD):
            yield Finding(start, match.end(), "LOCATION", "county")


def _town_in_capitals(text: str, start: int) -> Iterator[Finding]:
    """A town behind a preposition, both in capitals: only one whose name is no word."""
    words = run.group().split(" ") if (run := _RUN.match(text, start)) else []
    for count in range(min(3, len(words)), 0, -1):
        name = " ".join(words[:count])
        if len(name) > 4 and kinds_of_place(name) & LARGE_CITY:
            yield Finding(start, start + len(name), "LOCATION", "town")
            return


def _listed_towns(text: str, end: int) -> Iterator[Finding]:
    """The towns that follow one: Tampa, |Mobile and |Reno."""
    while link := _TOWN_LINK.match(text, end):
        town = _RUN.match(text, link.end())
        length = _town_end(town.group(), states=False, is_sure=False) if town else 0
        if not length or _is_medical(text, link.end(), link.end() + length):
            return
        end = link.end() + length
        yield Finding(link.end(), end, "LOCATION", "town")


def _town_before(text: str, end: int) -> int | None:
    """Where the capitalised words begin that end at a place, at most four, in one sentence."""
    found = _CAPITALS_BEFORE.search(text, max(0, text.rfind("\n", 0, end) + 1, end - _MAX_TOWN_CHARS), end)
    if not found:
        return None
    stops = [stop.end() for stop in re.finditer(r"(?<!\bSt)(?<!\bMt)(?<!\bFt)(?<!\bPt)\. ", found.group())]
    return found.start() + (stops[-1] if stops else 0)


def _known_town_before(text: str, end: int) -> int | None:
    """Where a town begins that ends there, of those that are no words, or of those whose words mean a town with a capital."""
    found = _CAPITALS_BEFORE.search(text, max(0, text.rfind("\n", 0, end) + 1, end - _MAX_TOWN_CHARS), end)
    words = found.group().split(" ") if found else []
    for first in range(max(0, len(words) - 3), len(words)):
        name = " ".join(words[first:])
        kinds = kinds_of_place(name)
        if kinds & LARGE_CITY or (kinds and (first < len(words) - 1 or name.lower() in TOWNS_THAT_ARE_WORDS or not kinds_of(name) & WORD)):
            return end - len(name)
    return None


def _is_state(town: str, state: str, has_zip: bool, before: str) -> bool:
    """Whether a town and its state stand there, rather than a name and a credential ("Smith, MD")."""
    words = town.split()
    if has_zip:
        return True
    is_known = any(kinds_of_place(" ".join(words[first:])) & US_CITY for first in range(len(words)))
    is_in = bool(_IN_BEFORE.search(before))
    if state in _CREDENTIALS_TOO:
        is_behind_preposition = bool(_BEHIND_PREPOSITION.search(before))
        is_person = len(words) > 1 and any(kinds_of(word) & FIRST for word in words[:-1]) and not kinds_of_place(town)
        return (is_known or bool(_MADE_TOWN.fullmatch(town))) and (is_behind_preposition or not (is_person or kinds_of(words[0]) & FIRST))
    if len(state) == 2 and not is_in and not is_known:
        return False
    return is_known or not kinds_of(words[-1]) & WORD or bool(_OPENED.fullmatch(town))


@lru_cache(1 << 14)
def _town_end(run: str, states: bool, is_sure: bool) -> int:
    """How many characters of capitalised words are a town's name; 0 if none.

    Args:
        is_sure: something said that a town's name stands here.
    """
    words = run.split(" ")
    for count in range(len(words), 0, -1):
        name = " ".join(words[:count]).rstrip(".")
        if "or" in words[:count]:
            if kinds_of_place(name):
                return len(name)
            continue
        if count == 1 and name.lower() in TOWNS_THAT_ARE_WORDS and not name.isupper() and (len(words) == 1 or is_sure):
            return len(name)
        if (not words[count - 1][0].islower() or "'" in words[count - 1][:2]) and _is_town(name, states, is_sure):
            return len(name)
    return 0


def _is_town(name: str, states: bool, is_sure: bool) -> bool:
    lower = name.lower()
    if not states and (_STATE_NAMES.fullmatch(name) or _COUNTRY_NAMES.fullmatch(name)):
        return False
    parts = name.replace("-", " ").split()
    if any(part.lower() in NO_NAME for part in parts) or (len(parts) == 1 and len(name) < 4 and name.isupper()):
        return False
    if kinds_of_place(name) & LARGE_CITY and (not name.isupper() or (is_sure and len(name) > 4)):
        return True
    if kinds_of_place(name) and (len(parts) > 1 or not (kinds_of(name) & WORD or lower in EPONYMS) or (is_sure and not name.isupper())):
        return True
    if _SUFFIXED.fullmatch(name) and parts[0].lower() not in GENERIC and parts[0].lower() not in MEDICAL_NOUNS and not name.isupper():
        kinds = kinds_of(parts[0])
        if is_sure or not kinds & WORD or kinds & _NAME or parts[0].lower() in NATURE:
            return True
    if not is_sure:
        return (
            bool(_MADE_TOWN.fullmatch(name))
            and not kinds_of(parts[-1]) & WORD
            and parts[-1].lower() not in EPONYMS
            and not parts[-1].isupper()
        )
    has_name = any(not kinds_of(part) & WORD for part in parts) or (bool(_OPENED.fullmatch(name)) and bool(kinds_of(parts[-1]) & _NAME))
    return has_name and not (parts[-1].isupper() and len(parts[-1]) < 5)


def _is_medical(text: str, start: int, end: int) -> bool:
    if text[start:end].lower() in EPONYMS and (
        text.startswith("of ", start - 3) or (text[end : end + 1] == " " and text[end + 1 : end + 2].islower())
    ):
        return True
    behind = text[end : end + 30].split(None, 1)
    return bool(behind) and (behind[0].strip(".,;)").lower() in MEDICAL_NOUNS or text.startswith(("'s", "’s", " et al"), end))
