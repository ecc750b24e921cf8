"""Institutions known by a name alone, told by what is around them: letterheads, messages, their staff, lists, lower case."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from functools import lru_cache

from medpretrain.deidentify.anchors import behind_leads
from medpretrain.deidentify.care_places import is_where_care_is
from medpretrain.deidentify.finding import Finding
from medpretrain.deidentify.institution_words import (
    DOUBTFUL_HOSPITALS,
    KNOWN_HOSPITALS,
    NOT_IN_A_WORD,
    SURE_HOSPITALS,
    alternatives,
    by_first_letter,
)
from medpretrain.deidentify.institutions import find_by_what_they_are, is_own, is_surely_own, name_end
from medpretrain.deidentify.known_institutions import CHAINS, HOMES, IN_CARE, OF_A_HOSPITAL, SAINTS, SURE, WORDS_TOO
from medpretrain.deidentify.lexicons import FIRST, LAST, kinds_of_place
from medpretrain.deidentify.words import kinds_of

_MAX_NAME_CHARS = 40
_MAX_NAME_WORDS = 4
_PART = r"(?:(?:St|Mt|Ft)\.|[^\W\d_a-z][\w'’-]{1,30})"
_SAINT = rf"S(?:t\.?|aint) (?:(?:{'|'.join(name.capitalize() for name in SAINTS.split('|'))})(?:['’]?s)?|V(?:inny)?['’]s)"
_NAMES = alternatives("|".join((_SAINT, *SURE, *SURE_HOSPITALS, KNOWN_HOSPITALS, DOUBTFUL_HOSPITALS, IN_CARE)))
_NAME_END = r"(?:['’]s)?(?![\w-]|['’]\w)"
_NAMED = re.compile(rf"(?:{by_first_letter(_NAMES)}){_NAME_END}")
_BEHIND_SPACE = by_first_letter((name for name in _NAMES if not name.startswith("the ")), behind_the_letter=r"(?<!\S.)")
_NAMED_BEHIND_SPACE = re.compile(rf"(?:{_BEHIND_SPACE}){_NAME_END}")
_ALONE = re.compile(rf"(?:{by_first_letter(SURE, NOT_IN_A_WORD)})(?:[-/][A-Z][a-z]{{2,15}})?(?![\w-]|['’]\w)")
_LINE_OPENING = re.compile(r"(?:\A|\n)[ \t]{0,40}(?:\d{1,2}[.)][ \t]{1,4})?\Z")
_MAX_OPENING_CHARS = 48
_LINE_END = re.compile(r"[ \t]*(?:\n|\Z|\|)|[ \t]{2,}\S| [-–] ")
_MESSAGE = re.compile(r"MSH\|[^|\n]{3,6}\|[^|\n]{0,40}\|([^|^\n]{2,60})[|^]")
_CARERS = r"(?:MD|DO|NP|PA|PA-C|RN|DNP|PhD|CPNP)"
_SPECIALTIES = r"(?:Medicine|Neurology|Cardiology|Surgery|Oncology|Pediatrics|Psychiatry|Radiology|Pathology|Nephrology|Urology)"
_CUES = (
    *("between", "both", "prefer(?:s|red)?", "chose", "bypass(?:ed|ing)?", "declined (?:by|at)", "accepted (?:by|at)", "seen (?:by|at)"),
    *(
        "followed (?:by|at)",
        "referred (?:by|at)",
        "call(?:ed|ing)",
        "phoned",
        "contacted",
        "per",
        "via",
        "pt (?:of|at)",
        "patient (?:of|at)",
    ),
    *(
        "employee (?:of|at)",
        "cc:",
        "spoke (?:to|with)",
        "works (?:at|for)",
        "employed (?:at|by)",
        "letter (?:to|from)",
        "charts? (?:at|from)",
    ),
    *("records? (?:at|from|in)", "notes? (?:at|from|in)", "imaging (?:at|from)", "films (?:at|from)", "left AMA from"),
)
_CUE = re.compile(
    rf"\b(?:{by_first_letter((*_CUES, *(cue[0].upper() + cue[1:] for cue in _CUES)))}"
    r"|D(?:epartment|ivision|ept\.?) of (?:[A-Z][a-z]{2,15} ){0,2}[A-Z][a-z]{2,15},"
    r"|Drs?\.? (?:[A-Z][\w'’.-]{0,20} ){1,3}(?:of|at|from|with|@)"
    rf"|{_CARERS}\)?,? (?:of|at|from|with|@)|{_CARERS},(?: (?:[A-Z][a-z]{{2,15}} )?{_SPECIALTIES},)?|{_SPECIALTIES},)"
    r"\s(?:the )?\Z"
)
_MAX_CUE_CHARS = 90
_OF_PLACES = ("between", "both", "prefer", "chose", "bypass", "works at", "employed at", "records at", "left ama", "seen at")
_LINK = re.compile(r"(?:,? (?:and|or|then|&)|,) (?:then |the )?(?=[A-Z])")
_ITS = re.compile(rf" (?:{by_first_letter(alternatives(OF_A_HOSPITAL))})(?![\w-])")
_OF = re.compile(rf" (?:of|at) (?:the )?(?=[A-Z])({_PART}(?: {_PART}){{0,2}})(?![\w-])")
_NAMED_BY_TOWN = re.compile(rf"(?<![\w-])(?:{_PART} ){{0,2}}(?:{HOMES}|(?:{CHAINS})(?= of))(?= (?:of|at) )")
_SAINT_IN_LOWER_CASE = re.compile(
    rf" s(?:t\.?|aint) (?:{SAINTS})(?:['’]?s)?(?! wort)(?: (?:hospital|medical center|east|west|north|south|main))?(?![\w-])"
)
_PREPOSITION = re.compile(r"\b(?:at|@|from|to|in|via|per|by)\Z")
_MAX_PREPOSITION_CHARS = 4
_LOWER = re.compile(r"[ \n](at|@|from|to|in)[ \n](?:the )?([a-z][a-z'’-]{1,20}(?: [a-z][a-z'’-]{1,20}){0,4})")
_THAT_END = (
    "after|and|around|as|at|before|but|by|due|ed|er|for|from|had|has|her|his|in|is|last|of|on|or|since|that|this|until|via|was|when|with"
)
_WORDS_THAT_END = frozenset(
    f"{_THAT_END}|about|fri|mon|mwf|post|prior|sat|sun|then|the|to|today|tts|tues|w|weds|where|which|who|x".split("|")
)
_INITIALS = re.compile(r"\b(?:Va|Vamc|Ucsf|Ucla|Mgh|Upmc|Bidmc|Ohsu|Nyu|Unc|Uva|Vcu|Osu|Hca|Ssm|Chop|Bwh|Uab)\b")
_GENERIC_START = re.compile(
    r"(?:home|rest|time|night|day|bedside|pain|dialysis|rehab|skilled|nursing|school|work|outside|another|our|my)\b"
)
_ALSO_IN_LOWER_CASE = frozenset(
    ["providence", "encompass", "kindred", "fairview", "northside", "southside", "westside", "eastside", "children's", "lutheran", "banner"]
)
_CAPITAL = r"[A-ZÀ-Ý][a-zà-ÿ][\w'’-]{0,20}"
_ARTICLE = re.compile(r"(?:La|El|L['’]) ?\Z")
_MAX_ARTICLE_CHARS = 3
_ABROAD = re.compile(
    r"(?:H(?:ospital|[ôo]pital)|C(?:l[ií]nica|entro (?:M[ée]dico|de Salud|Hospitalar))|Ospedale|Policl[ií]nic[oa]|Sanatorio|Instituto)"
    r" (?:(?:General|Universitari[oa]|Regional|Infantil|Nacional|Civil|Municipal|Pedi[aá]trico|das?|dos?|del?|des|du|di|San|Santa|Santo"
    rf"|Saint|Sainte|Nuestra Señora) ){{1,3}}(?:(?:(?:de|del|la|los|las|do|da|dos) ){{0,2}}{_CAPITAL}(?![\w-]) ?){{1,3}}(?<! )"
)
_ABROAD_TOO = re.compile(
    rf"(?:Uni(?:versit[äa]tsklinikum|klinik)|Klinikum|Krankenhaus|CHR?U|Szpital) (?:(?:am|an der|im|de|der) )?{_CAPITAL}"
)
_OF_A_SAINT = re.compile(r"H[ôo]pital Saint-[A-Z]\w{2,15}")


def find_in_contexts(text: str) -> Iterator[Finding]:
    """Names that elsewhere are surnames and words ("Grady", "Rush") count only where such a context is."""
    for known in _ALONE.finditer(text):
        if not text[known.start() - 1 : known.start()].isalnum():
            yield Finding(known.start(), name_end(text, known.end()), "HOSPITAL", "well-known institution")
    yield from _abroad(text)
    for named in _NAMED_BEHIND_SPACE.finditer(text):
        yield from _letterhead(text, named)
        if cue := _CUE.search(text, max(0, named.start() - _MAX_CUE_CHARS), named.start()):
            yield from _listed(text, named.start(), cue.group().lower().startswith(_OF_PLACES))
    yield from _messages(text)
    yield from _owners(text)
    yield from _by_town(text)
    yield from _in_lower_case(text)


def _abroad(text: str) -> Iterator[Finding]:
    """Hospitals that are called so in another language."""
    for known in itertools.chain(*(pattern.finditer(text) for pattern in (_ABROAD, _ABROAD_TOO, _OF_A_SAINT))):
        article = _ARTICLE.search(text, max(0, known.start() - _MAX_ARTICLE_CHARS), known.start()) if known.re is _ABROAD else None
        start = article.start() if article else known.start()
        if not text[start - 1 : start].isalnum():
            yield Finding(start, name_end(text, known.end()), "HOSPITAL", "institution abroad")


def _letterhead(text: str, named: re.Match[str]) -> Iterator[Finding]:
    """A name that is all of a line, or of its first column."""
    if named.group().lower() not in WORDS_TOO and _LINE_OPENING.search(text, max(0, named.start() - _MAX_OPENING_CHARS), named.start()):
        end = name_end(text, named.end())
        if _LINE_END.match(text, end):
            yield Finding(named.start(), end, "HOSPITAL", "letterhead")


def _messages(text: str) -> Iterator[Finding]:
    """The sending facility of an HL7 message."""
    for message in _MESSAGE.finditer(text) if "MSH|" in text else ():
        words = message[1].split()
        if len(words) > 1 or _NAMED.fullmatch(message[1]) or any(map(is_surely_own, words)):
            yield Finding(*message.span(1), "HOSPITAL", "sending facility")


def _listed(text: str, start: int, is_of_places: bool) -> Iterator[Finding]:
    """What stands there, and what follows it (prefers Mercy or |Parkland); behind most cues a name that may be a person's is one."""
    while named := _NAMED.match(text, start):
        may_be_a_person = bool(kinds_of(named.group()) & (FIRST | LAST)) and " " not in named.group() and not is_of_places
        if (may_be_a_person or named.group().lower() in WORDS_TOO) and not _ITS.match(text, named.end()):
            return
        end = name_end(text, named.end())
        yield Finding(start, end, "HOSPITAL", "named institution")
        link = _LINK.match(text, end)
        if link is None:
            return
        start = link.end()


def _owners(text: str) -> Iterator[Finding]:
    """Whose staff, records or wards are spoken of: the |Grady team."""
    for its in _ITS.finditer(text):
        end = its.start() - len("'s") if text.endswith(("'s", "’s"), 0, its.start()) else its.start()
        words = text[max(0, end - _MAX_NAME_CHARS) : end].replace("\n", " ").split(" ")
        for count in range(min(len(words), _MAX_NAME_WORDS), 0, -1):
            name = " ".join(words[-count:])
            if name[:1].isupper() and _NAMED.fullmatch(name) and name.lower() not in WORDS_TOO:
                yield Finding(end - len(name), end, "HOSPITAL", "institution's own")
                break


def _by_town(text: str) -> Iterator[Finding]:
    """Homes and chains that are told apart by a town or a region: Sunrise of |Wayland, Hospice of the |Bluegrass."""
    for of in behind_leads(_OF, text):
        words = of[1].split()
        while words and not (is_own(words[-1]) or kinds_of_place(" ".join(words))):
            words.pop()
        if words and (is_own(words[0]) or kinds_of_place(" ".join(words))):
            home = _NAMED_BY_TOWN.search(text, max(0, of.start() - _MAX_NAME_CHARS), of.start(1))
            if home and home.end() == of.start():
                yield Finding(home.start(), of.start(1) + len(" ".join(words)), "HOSPITAL", "home of a town")


def _in_lower_case(text: str) -> Iterator[Finding]:
    """What a place of care is called in notes without capitals: what would be a name if it had them."""
    for saint in _SAINT_IN_LOWER_CASE.finditer(text):
        if _PREPOSITION.search(text, max(0, saint.start() - _MAX_PREPOSITION_CHARS), saint.start()):
            yield Finding(saint.start() + 1, saint.end(), "HOSPITAL", "institution in lower case")
    for behind in _LOWER.finditer(text):
        words = list(itertools.takewhile(lambda word: word not in _WORDS_THAT_END, behind[2].split(" ")))
        if words and is_where_care_is(text, behind.start(), behind[1]):
            end = _end_as_a_name(" ".join(words))
            if end:
                yield Finding(behind.start(2), behind.start(2) + end, "HOSPITAL", "institution in lower case")


@lru_cache(1 << 12)
def _end_as_a_name(words: str) -> int:
    """Where the name of an institution ends that these words begin with, were they written with capitals."""
    if _GENERIC_START.match(words):
        return 0
    title = _INITIALS.sub(lambda initials: initials.group().upper(), words.title().replace("'S", "'s"))
    named = _NAMED.match(title)
    ends = [finding.end for finding in find_by_what_they_are(title) if finding.start == 0]
    if named and named.group().lower() not in WORDS_TOO - _ALSO_IN_LOWER_CASE:
        ends.append(name_end(title, named.end()))
    return max(ends, default=0)
