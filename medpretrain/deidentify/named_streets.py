"""Streets without a number, corners, highways, blocks of flats and parks: "off Old Mill Road", "corner of Elm and 5th", "on Route 9"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from medpretrain.deidentify.anchors import behind_leads
from medpretrain.deidentify.institutions import is_own, is_surely_own
from medpretrain.deidentify.name_words import MEDICAL_NOUNS
from medpretrain.deidentify.place_words import DIRECTIONS, GENERIC

_NAME = r"(?:(?:St|Mt|Ft|[A-Z])\.|[^\W\d_a-z][\w'’-]{1,25}|\d{1,3}(?:st|nd|rd|th|ST|ND|RD|TH))"
_SURE_KINDS = "Street|Avenue|Ave|Road|Rd|Lane|Ln|Boulevard|Blvd|Parkway|Pkwy|Turnpike|Tpke|Highway|Hwy|Expressway|Freeway|Crescent"
_KINDS = f"{_SURE_KINDS}|St|Drive|Dr|Court|Ct|Place|Pl|Way|Circle|Cir|Trail|Square|Row|Terrace|Ter|Close|Pike|Mews|Alley|Grove|Parade|Wharf"
_DOT = r"(?:(?<=St|Rd|Ct|Dr|Ln|Pl)\.|(?<=Ave|Cir|Ter)\.|(?<=Blvd|Pkwy)\.)?"
_LED = re.compile(
    r"[ \n(](?:on|off|along|down|near|at|from|of|and|to|up|in|by|between|across|crossing|onto|over|under|behind|via|around|address"
    r"|&)[ \n](?:the )?(?=[A-Z\d])"
)
_STREET = re.compile(
    rf"(?:(?:{DIRECTIONS})\.? )?((?:{_NAME} ){{1,3}})({_KINDS})(?![\w-]){_DOT}(?: (?:{DIRECTIONS})\b)?(?! (?:Journal|[Cc]ourse|[Oo]f))"
)
_BEHIND_A_COMMA = re.compile(rf", ((?:{_NAME} ){{1,2}})(St|Street|Ave|Avenue|Rd|Road|Blvd|Boulevard|Lane|Ln)(?![\w-]){_DOT}(?! [A-Z])")
_CORNER = re.compile(r"\b(?:corner|intersection|[Xx]-?street) (?:of )?(?=[A-Z\d])")
_NAMED_CORNER = re.compile(r"\b(?:[Tt]he )?(?:corner|intersection) of (?=[^\W_a-z])")
_CORNER_PART = r"(?:[^\W\d_a-z][\w.'’-]{0,25}|\d{1,5}\.?|út|ul\.|u\.|de|del|la|van|der)"
_ANY_CROSSING = re.compile(rf"(?:{_CORNER_PART} ){{0,4}}{_CORNER_PART} (?:and|&) (?:{_CORNER_PART} ){{0,4}}[^\W\d_a-z][\w'’-]{{0,25}}")
_CROSSING = re.compile(
    rf"((?:{_NAME} ?){{1,3}}?)(?: (?:{_KINDS})\.?)? (?:and|&|at) ((?:{_NAME})(?: (?:{_NAME}))?)(?: (?:{_KINDS})(?![\w-]){_DOT})?"
)
_ORDINAL_CROSSING = re.compile(
    r"\d{1,3}(?:st|nd|rd|th)(?: (?:St|Street|Ave|Avenue)\.?)? (?:and|&) [A-Z][a-z]{2,15}(?![\w-])|[A-Z][a-z]{2,15} (?:and|&) \d{1,3}(?:st"
    r"|nd|rd|th)(?![\w-])"
)
_HIGHWAY = re.compile(
    r"(?:I-\d{1,3}|Interstate \d{1,3}|(?:(?:US|U\.S\.|State|County|Old|CA|NY|TX|FL|PA) )?(?:Route|Rte\.?|Rt\.?|Highway|Hwy\.?|HWY"
    r"|County Road|State Road|CR|SR|FM)[ -]\d{1,4}[A-Z]?)"
    rf"(?![\w/%-]|\.\d)(?: (?:{DIRECTIONS})\b)?"
)
_SITE_HEADS = (
    "Apartments?|Apts|Condominiums?|Condos|Townhomes|Trailer Park|Mobile Home Park|RV Park|Housing(?: Project| Authority)?|Projects"
    "|State Park|National Park"
    "|National Forest|Airport|Fairgrounds|(?:Indian )?Reservation|Rancheria|Marina|Speedway|Raceway|Stadium|Cemetery|Funeral (?:Home"
    "|Chapel|Parlou?r)"
    "|Mortuary|Shopping Center|Mall|Campground|Community Church|Baptist Church|Methodist Church|Lutheran Church"
    "|Catholic Church"
    "|Industrial Park|Army Base|Air Force Base|AFB|Naval Base|Barracks"
)
_SITE = re.compile(rf" (?=[A-IMNPRST(])(?:{_SITE_HEADS})(?![\w-])")
_WORDS_BEFORE = re.compile(rf"(?:{_NAME} ){{0,3}}{_NAME}\Z")
_BASE = re.compile(r"(?:Fort|Ft\.?|Camp|Joint Base|MCAS|NAS) [A-Z][a-z]{3,15}(?:[ -][A-Z][a-z]{3,15})?(?![\w-])")
_LEADS = (" at", " in", " to", " the", " near", " from", " of", " on")
_MAX_SITE_CHARS = 60


def find_named_streets(text: str) -> Iterator[tuple[int, int]]:
    """From the first word of the name to the last."""
    for comma in _BEHIND_A_COMMA.finditer(text):
        if _is_street(comma[1].split(), comma[2]):
            yield comma.start(1), comma.end()
    for led in behind_leads(_LED, text):
        if highway := _HIGHWAY.match(text, led.end()):
            yield highway.span()
        elif street := _STREET.match(text, led.end()):
            if _is_street(street[1].split(), street[2]):
                yield street.span()
        elif crossing := _ORDINAL_CROSSING.match(text, led.end()):
            yield crossing.span()
    for corner in _CORNER.finditer(text) if "orner" in text or "ntersection" in text or "-street" in text else ():
        if crossing := _CROSSING.match(text, corner.end()):
            yield crossing.span()
    for corner in _NAMED_CORNER.finditer(text) if " of " in text and ("orner" in text or "ntersection" in text) else ():
        if crossing := _ANY_CROSSING.match(text, corner.end()):
            yield corner.start(), crossing.end()
    for site in _SITE.finditer(text):
        words = _WORDS_BEFORE.search(text, max(0, text.rfind("\n", 0, site.start()) + 1, site.start() - _MAX_SITE_CHARS), site.start())
        names = words.group().split() if words else []
        is_led = words is not None and text[words.start() - 5 : words.start()].rstrip(" ").endswith(_LEADS)
        if words and names[-1].lower() not in GENERIC and (is_led or any(map(is_own, names))):
            yield words.start(), site.end()
    if "Fort" in text or "Ft" in text or "Camp " in text or "Base" in text:
        for base in _BASE.finditer(text):
            word = base.group().split()[-1]
            if (is_surely_own(word) or (base.group()[0] == "F" and word.lower() not in GENERIC)) and not text[
                base.start() - 1 : base.start()
            ].isalnum():
                yield base.span()


def _is_street(words: list[str], kind: str) -> bool:
    names = [word for word in words if word.rstrip(".").lower() not in GENERIC and word.lower() not in MEDICAL_NOUNS]
    if kind in _SURE_KINDS.split("|"):
        return bool(names)
    return any(word[0].isdigit() or is_surely_own(word) for word in names)
