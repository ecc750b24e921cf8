"""Names that are written last name first, wherever they stand, and names in capitals."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from medpretrain.deidentify.lexicons import FIRST, KNOWN_FIRST, KNOWN_LAST, LAST, WORD, folded, kinds_of_place
from medpretrain.deidentify.name_cues import ACRONYMS, CAPITAL_PARTICLES, NO_PERSONS, NO_SIGNATURES, STATES_LIKE_NAMES
from medpretrain.deidentify.name_likeness import AMBIGUOUS, BARE, COMMON, LISTED, NONE, UNKNOWN, is_foreign, person_likeness
from medpretrain.deidentify.name_reader import NameReader
from medpretrain.deidentify.name_words import CREDENTIALS, LOWER_PARTICLES, NO_NAME, PLACE_PREPOSITIONS
from medpretrain.deidentify.words import bare, kinds_of

_KNOWN = KNOWN_FIRST | KNOWN_LAST
_COMMA = re.compile(r"[ \t]{0,3},[ \t]{0,4}|\^")
_BETWEEN = frozenset((" ", "  ", ". ", "\xa0", "^"))
_LED_BY = (
    r"[Pp]t|[Pp]atient|PATIENT|PT|[Rr]e|RE|[Gg]uarantor|[Mm]ember|[Rr]ecipient|[Nn]ame|NAME|[Ff]or|FOR|[Bb]y|BY|[Tt]o|TO|[Ff]rom|FROM"
    r"|[Cc]lient|[Ss]ubject|[Ii]nmate|[Dd]onor|[Rr]ef|[Rr]eferring|[Aa]ttending|[Pp]rovider|[Dd]r\.?|DR\.?|[Ww]ith|w/|[Ss]ubscriber|[Ii]nsured|[Rr]esident"
    r"|[Ss]tudent|[Ee]mployee|[Pp]arent|PARENT|[Gg]uardian|[Mm]other|[Ff]ather|[Ss]urgeon|[Tt]ech|RN|MD|NOK|[Cc]c|CC"
)
_OPENS = re.compile(rf"(?:^|[\n\t|;:(/\[\"“#^]|--|\d[\w-]{{0,12}}[,.)]?|[.!?]|\b(?:{_LED_BY})|  )[ \t]{{0,6}}$")
_CLOSES = re.compile(
    r"(?:'s)?[ \t]{0,6}(?:$|[-–—] |[\n\t|;:)/\]\"”^]|--|\(|,? ?#?[A-Z]{0,3}\d|  "
    r"|,? ?(?:aged?|dob|d\.o\.b|d\.? ?o\.? ?b|mrn|m\.?r|ssn|id\b|ph\b|acct|rm\b|room|bed|a \d|is |was |M\b|F\b|male|female|md\b|m\.d|do\b"
    r"|rn\b|np\b|pa\b|pa-c|phd|seen|presents|called|here|has |in for|new pt))",
    re.IGNORECASE,
)
_LED = re.compile(
    r"\b(?:RESULTS? FOR|(?:CALLED|GIVEN|REPORTED|PHONED) TO|NOTIFIED|(?:CALLED|READ|READ BACK|ORDERED|COLLECTED|DRAWN|VERIFIED) BY|ORDERING"
    r"|TECH|BY|TO|FROM|FOR|WITH|AND|DR\.?|PT|PATIENT|PHYSICIAN|PROVIDER|ATTENDING|SURGEON|NURSE|RN|MD|MEMBER|SUBSCRIBER|NAME|CC|ATTN|RE|MR"
    r"|MRS|MS|MISS|CLIENT|RESIDENT|[Pp]t|[Mm]ember|[Pp]atient|[Rr]e|[Aa]ttn|[Cc]lient|[Rr]esident|[Ff]or|[Tt]o|[Nn]ame|[Rr]ecipient|[Dd]onor"
    r"|by)[ \t]{0,3}:?[ \t]{1,3}$"
)
_CAPITALS_CLOSE = re.compile(
    r"[ \t]{0,4}(?:$|[\n|;:,.(@]|\d|DOB|D\.O\.B|MRN|AT\b|ON\b|AND\b|COLLECTED|RESULTED|SEX|AGE|M\b|F\b|MD\b|RN\b|[a-z]{2,})"
)
_IDENTIFIED = re.compile(r"[ \t]{0,6}(?:\(?\d|DOB|D\.O\.B|MRN|#|M\b|F\b|\n|$)")
MAX_BEFORE = 20
MAX_PARTS = 4


def find_last_first(reader: NameReader, named: Collection[int]) -> Iterator[tuple[int, int, str]]:
    """First word, the word behind the last, and the rule of each "Last, First M."."""
    words = reader.words
    behind = 0
    for comma in reader.capitals:
        gap = words.gap(comma)
        if not comma or ("," not in gap and "^" not in gap) or not _COMMA.fullmatch(gap):
            continue
        first = _start_of_last_name(reader, comma)
        if first < behind or first == comma:
            continue
        end = _end_of_first_name(reader, comma)
        if not all(place in named for place in range(first, end)) and _is_last_first(reader, first, comma, end):
            behind = end
            yield first, end, "last and first name"


def _start_of_last_name(reader: NameReader, comma: int) -> int:
    """The first word of a last name before a comma; the word behind the comma where no name stands before it."""
    words = reader.words
    first = comma - 1
    if person_likeness(words.words[first]) == NONE or reader.has_possessive(first):
        return comma
    while first > max(0, comma - MAX_PARTS) and words.gap(first) in _BETWEEN:
        before = words.words[first - 1]
        if words.gap(first) == ". " and before not in ("St", "ST"):
            break
        if before not in LOWER_PARTICLES and reader.lower[first - 1] not in CAPITAL_PARTICLES:
            break
        first -= 1
    return first


def _end_of_first_name(reader: NameReader, comma: int) -> int:
    words = reader.words
    end = comma + 1
    while end < min(len(words.words), comma + MAX_PARTS) and words.gap(end) == " ":
        word = words.words[end]
        is_initial = len(word) == 1 and word.isupper()
        is_name = len(word) > 1 and word.isupper() == words.words[comma].isupper() and kinds_of(word) & KNOWN_FIRST
        if not is_initial and not is_name:
            break
        end += 1
    return end


def _is_last_first(reader: NameReader, first: int, comma: int, end: int) -> bool:
    words, text = reader.words, reader.words.text
    last_name, first_name = words.words[comma - 1], words.words[comma]
    if last_name.isupper() != first_name.isupper() or not _may_be_last_first(reader, first, comma, end):
        return False
    degrees = (person_likeness(last_name), person_likeness(first_name))
    stop = words.end(end - 1)
    is_contrast = first > 0 and len(last_name) > 2 and last_name.isupper() and words.words[first - 1].islower()
    opens = is_contrast or bool(_OPENS.search(text[max(0, words.starts[first] - MAX_BEFORE) : words.starts[first]]))
    closes = bool(_CLOSES.match(text, stop + text.startswith(".", stop)))
    is_common_first = bool(kinds_of(first_name) & KNOWN_FIRST)
    if opens and closes:
        return max(degrees) >= LISTED or (is_common_first and min(degrees) >= AMBIGUOUS)
    is_tight = words.gap(comma) == ","
    return (opens or closes or is_tight) and is_common_first and (max(degrees) == COMMON or is_tight) and min(degrees) >= AMBIGUOUS


def _may_be_last_first(reader: NameReader, first: int, comma: int, end: int) -> bool:
    """Whether words about a comma are a last and a first name by the lexicons, and no town and state."""
    last_name, first_name = reader.words.words[comma - 1], reader.words.words[comma]
    lower = folded(bare(first_name))
    if len(first_name) < 2 or lower in CREDENTIALS or lower in NO_NAME or person_likeness(first_name) in (NONE, BARE):
        return False
    if kinds_of_place(last_name) and (
        lower in STATES_LIKE_NAMES or (first and reader.lower[first - 1] in PLACE_PREPOSITIONS - {"to", "from"})
    ):
        return False
    if lower in NO_PERSONS or folded(bare(last_name)) in NO_PERSONS:
        return False
    if last_name.isupper() and (folded(last_name) in NO_SIGNATURES or lower in ACRONYMS or lower in NO_SIGNATURES):
        return False
    is_last = bool(kinds_of(last_name) & LAST) or person_likeness(last_name) >= UNKNOWN
    return is_last and (bool(kinds_of(first_name) & FIRST) or is_foreign(first_name)) and not reader.is_medical(comma, end)


def find_in_capitals(reader: NameReader, named: Collection[int], candidates: Sequence[int]) -> Iterator[tuple[int, int, str]]:
    """Names in capitals behind words that lead to one ("RESULT FOR SANDERS OTIS", "ORDERING HARRIS"), and two before a number."""
    words, text = reader.words, reader.words.text
    behind = 0
    for place in candidates:
        word = words.words[place]
        if place < behind or place in named or len(word) < 2 or not word.isupper() or person_likeness(word) in (NONE, UNKNOWN):
            continue
        end = _end_in_capitals(reader, place)
        if reader.is_medical(place, end):
            continue
        start = words.starts[place]
        is_led = bool(_LED.search(text[max(0, start - MAX_BEFORE) : start])) and bool(_CAPITALS_CLOSE.match(text, words.end(end - 1)))
        if (is_led and _is_led_name(reader, place, end)) or _is_pair_in_capitals(reader, place, end):
            behind = end
            yield place, end, "name in capitals"


def _is_led_name(reader: NameReader, first: int, end: int) -> bool:
    words = reader.words.words[first:end]
    is_sure = end > first + 1 or not kinds_of(words[0]) & WORD or person_likeness(words[0]) == COMMON
    return is_sure and any(kinds_of(word) & _KNOWN for word in words)


def _is_pair_in_capitals(reader: NameReader, first: int, end: int) -> bool:
    words = [word for word in reader.words.words[first:end] if len(word) > 1]
    if len(words) != 2 or not _IDENTIFIED.match(reader.words.text, reader.words.end(end - 1)):
        return False
    kinds = [kinds_of(word) for word in words]
    is_named = bool(kinds[0] & KNOWN_FIRST and kinds[1] & LAST) or bool(kinds[0] & LAST and kinds[1] & KNOWN_FIRST)
    return is_named and not kinds[0] & kinds[1] & WORD and BARE not in map(person_likeness, words)


def _end_in_capitals(reader: NameReader, first: int) -> int:
    words = reader.words
    end = first + 1
    while end < min(len(words.words), first + MAX_PARTS) and words.gap(end) in (" ", ". "):
        word = words.words[end]
        if not word.isupper() or (len(word) > 1 and (person_likeness(word) in (NONE, UNKNOWN) or words.gap(end) != " ")):
            break
        end += 1
    return end
