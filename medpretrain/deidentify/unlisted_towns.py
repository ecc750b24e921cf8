"""Towns that no lexicon has, and small places: by words behind which only a place stands ("grew up in", "flew to", "home town"), behind a
plain "in" where nothing knows the word, and before a club that is called after its place."""

from __future__ import annotations

import re
from collections.abc import Iterator

from medpretrain.deidentify.anchors import leads_in
from medpretrain.deidentify.finding import Finding
from medpretrain.deidentify.lexicons import LAST, WORD, kinds_of_place
from medpretrain.deidentify.name_words import EPONYMS, MEDICAL_NOUNS, NO_NAME
from medpretrain.deidentify.wide_places import WIDE_PLACES
from medpretrain.deidentify.words import bare, kinds_of

_PART = r"[^\W\d_a-z][^\W\d_]{1,25}(?:[-'’][^\W\d_]{1,25}){0,3}"
_TOWN = rf"{_PART}(?:[ ](?:(?:de|del|di|da|do|la|le|nad|u|v|na|am|im|an der|sur|pri|op|i)[ ])?{_PART}){{0,3}}"
_SURE = re.compile(
    r"\b(?:(?:grew up|born|raised|reared|based|headquartered|liv(?:es|ed|ing)|resid(?:es|ed|ing)|settled|stationed|schooled"
    r"|vacation(?:ing|ed)|on holiday|farm(?:s|ed|ing)?|street|road|house|flat|cottage|I[’']m|[Ii] am"
    r"|(?:[Cc]elebrating|[Ii]n) its \w+ year) in"
    r"|(?:[Oo]riginally|hails?|com(?:es|ing)|came|moved(?: here| over| back)?|relocated|emigrated|immigrated|flew(?: in)?|flying"
    r"|drove(?: in)?|native|travel(?:l)?ed) (?:from|of)"
    r"|(?:flew|flying|travel(?:l)?(?:ed|ing|s)|moved|moving|relocat(?:ed|ing)|trip|commut(?:es|ed|ing)|emigrated|coming) to"
    r"|[Hh]ome ?(?:city|town|village)(?: of|:)?|(?:city|town|village|hamlet|suburb|municipality|[Uu]niversity) of) $"
)
_SURE_ENDS = ("in", "from", "of", "to", "city", "town", "village", ":")
_SURE_CHARS = 44
_LOWER = re.compile(
    r"\b(?:grew up in|born in|raised in|lives in|lived in|originally from|flew to|home city|based in) ([^\W\d_]{4,25})(?![\w’'-])"
)
_PLAIN = re.compile(r"[a-z0-9,)] in (?=[^\W\d_a-z][^\W\d_A-Z]{3,25}(?:[-' ]|[.,;]?(?:\s|$)))")
_RUN = re.compile(_TOWN)
_CLUB = re.compile(rf"({_PART}(?:[ ]{_PART}){{0,2}}?) (?:Country|Golf|Yacht|Rowing|Athletic|Hunt) (?:Club|club)\b")


def find_unlisted_towns(text: str) -> Iterator[Finding]:
    """Such places in a text."""
    for lead in leads_in(text):
        start = lead.end + 1
        if lead.word.endswith(_SURE_ENDS) and _SURE.search(text, max(0, start - _SURE_CHARS), start):
            yield from _town(text, start, "sure word before a town")
        elif lead.word == "in" and _PLAIN.match(text, lead.start - 1):
            yield from _unknown(text, start)
    for match in _CLUB.finditer(text) if "lub" in text else ():
        yield Finding(*match.span(1), "LOCATION", "club of a place")
    if text.islower():
        for match in _LOWER.finditer(text):
            if not kinds_of(match[1]):
                yield Finding(*match.span(1), "LOCATION", "sure word before a town")


def _town(text: str, start: int, rule: str) -> Iterator[Finding]:
    run = _RUN.match(text, start)
    if run is None:
        return
    words = run.group().split(" ")
    while words and (words[-1].islower() or not _may_be_of_a_town(words[-1])):
        words.pop()
    name = " ".join(words)
    if words and _may_be_of_a_town(words[0]) and name.lower() not in WIDE_PLACES:
        yield Finding(start, start + len(name), "LOCATION", rule)


def _may_be_of_a_town(word: str) -> bool:
    lower = bare(word).lower()
    return lower not in NO_NAME and lower not in MEDICAL_NOUNS and (not kinds_of(word) & WORD or bool(kinds_of(word) & LAST))


def _unknown(text: str, start: int) -> Iterator[Finding]:
    run = _RUN.match(text, start)
    if run is None:
        return
    word = run.group().split(" ")[0]
    if not kinds_of(word) and not kinds_of_place(word) and word.lower() not in EPONYMS and word.lower() not in NO_NAME:
        yield Finding(start, start + len(word), "LOCATION", "unknown word behind in")
