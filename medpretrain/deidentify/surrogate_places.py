"""Places and hospitals that stand for others: made-up words in place of those that name one.

The words of a kind (Street, Lake, Clinic) and the form of numbers stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from medpretrain.deidentify.keyed import Keyed, first_other
from medpretrain.deidentify.lexicons import folded
from medpretrain.deidentify.surrogate_codes import cased, code
from medpretrain.deidentify.surrogate_names import listed

_BEGINNINGS = listed("""
Alder Amber Ashen Bram Brindle Cald Cinder Corm Dapple Dun Elder Fallow Farn Fenn Garn Gorse Hadden Harrow Hazel Ister Juni Kestrel Lark
Lind Marl Mossen Nettle Orrin Otter Pell Quill Rowan Sallow Tarn Thistle Umber Vesper Wether Yarrow Zephyr
""")
_ENDINGS = listed("""
brook bury by cote dale den ey field ford gate ham holt leigh mere mont ridge shaw stead stone thorpe ton vale wick worth
""")
_SAINTS = listed("""
Aidan Alban Aldhelm Bede Botolph Cedd Chad Columba Cuthbert Dunstan Edmund Gildas Hilda Kenelm Mildred Oswald Petroc Piran Swithin
Winifred
""")

_OF_STREETS = listed("""
street st p.o. avenue ave road rd lane ln drive dr boulevard blvd court ct circle cir place pl plaza square sq terrace ter way parkway
pkwy highway hwy route rte pike trail trl loop alley crossing expressway freeway turnpike apt apartment suite ste unit floor fl building
bldg room rm box po lot number no c/o ward bed
""")
_OF_PLACES = listed("""
north south east west northern southern eastern western n s e w ne nw se sw northeast northwest southeast southwest new old upper lower
great greater little big san santa santo los las el la le saint st mount mt fort ft port lake city town township village county parish
borough district province region river creek bay beach island islands isle park springs spring falls hill hills heights valley view
grove forest mountain mountains point harbor harbour cove canyon prairie ridge meadows gardens estates metro area downtown the of and on
upon by in at near de del du di da usa us united states
""")
_OF_HOSPITALS = listed("""
hospital hospitals medical clinic clinics center centre centers regional general memorial community university college school institute
health healthcare system systems care nursing home homes rehabilitation rehab veterans va affairs cancer heart children childrens women
womens men emergency urgent surgery surgical specialty department dept unit icu er ed laboratory lab imaging radiology oncology
cardiology pediatric pediatrics orthopedic orthopaedic psychiatric behavioral mental maternity dental eye hospice facility living
assisted senior infirmary sanatorium group associates practice physicians family medicine internal primary outpatient inpatient trauma
teaching national state federal our lady sacred holy good for to a an
""")
_KEPT_IN_PLACES = frozenset((*_OF_STREETS, *_OF_PLACES))
_KEPT_IN_HOSPITALS = frozenset((*_OF_HOSPITALS, *_OF_PLACES))
_SAINT = re.compile(r"\b(?:st\.?|saint)\s+$", re.IGNORECASE)

_ABBREVIATIONS = listed("""
AL AK AZ AR CA CO CT DE DC FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK OR PA PR RI SC SD TN TX
UT VT VA WA WV WI WY GU MP VI
""")
_STATE_NAMES = (
    "Alabama|Alaska|Arizona|Arkansas|California|Colorado|Connecticut|Delaware|District of Columbia|Florida|Georgia|Hawaii|Idaho|Illinois"
    "|Indiana|Iowa|Kansas|Kentucky|Louisiana|Maine|Maryland|Massachusetts|Michigan|Minnesota|Mississippi|Missouri|Montana|Nebraska|Nevada"
    "|New Hampshire|New Jersey|New Mexico|New York|North Carolina|North Dakota|Ohio|Oklahoma|Oregon|Pennsylvania|Puerto Rico|Rhode Island"
    "|South Carolina|South Dakota|Tennessee|Texas|Utah|Vermont|Virginia|Washington|West Virginia|Wisconsin|Wyoming"
)
_BEHIND_STATE = r"\.?(?=\s{0,8}(?:,|\d{5}|USA|U\.S\.|United States|$))"
_STATE = re.compile(rf"(?:[,\n]\s{{0,8}}(?i:{_STATE_NAMES})|[,\s]\s{{0,8}}(?:{'|'.join(_ABBREVIATIONS)})){_BEHIND_STATE}")
_PART = re.compile(r"(\d+)(st|nd|rd|th)\b|\d+|P\.\s?O\.|[^\W\d_]+(?:['’`][^\W\d_]+)*", re.IGNORECASE)
_MAX_CITY_ACRONYM = 3  # NYC; DALLAS is a word
_MAX_HOSPITAL_ACRONYM = 5


def words_of_places(places: Iterable[str]) -> frozenset[str]:
    """All words of some places, as they are compared."""
    return frozenset(_essence(part.group()) for place in places for part in _PART.finditer(place))


class Places:
    """Surrogates of the places and hospitals of one text.

    Args:
        keyed: draws of the text's scope.
        words: all words of places in the text; none of them stands for another.
        states: states have surrogates too.
    """

    def __init__(self, keyed: Keyed, words: frozenset[str], states: bool) -> None:
        self._keyed = keyed
        self._words = words
        self._states = states

    def location(self, written: str) -> str:
        """An address, or a part of one."""
        state = None if self._states else _STATE.search(written, 1)
        start, end = state.span() if state else (len(written), len(written))
        surrogate = self._named(written[:start], _KEPT_IN_PLACES)
        if surrogate == written[:start]:  # Lake City
            surrogate = self._named(written[:start], frozenset())
        return surrogate + written[start:end] + self._named(written[end:], _KEPT_IN_PLACES)

    def hospital(self, written: str) -> str:
        """A hospital, clinic, department."""
        surrogate = self._named(written, _KEPT_IN_HOSPITALS)
        if surrogate != written:
            return surrogate
        return f"{cased(self._made_up(_essence(written)), written)} {written}"  # Children's Hospital

    def _named(self, written: str, kept: frozenset[str]) -> str:
        may_have_acronyms = any(map(str.islower, written)) or _PART.fullmatch(written) is not None
        max_acronym = (_MAX_HOSPITAL_ACRONYM if kept is _KEPT_IN_HOSPITALS else _MAX_CITY_ACRONYM) if may_have_acronyms else 0
        return _PART.sub(lambda part: self._part(part, kept, max_acronym), written)

    def _part(self, part: re.Match[str], kept: frozenset[str], max_acronym: int) -> str:
        word = part.group()
        if part.group(2):
            return _ordinal(code(self._keyed, part.group(1)), part.group(2))
        if word.isdecimal():
            return code(self._keyed, word)
        if _essence(word) in kept or folded(word) in kept:
            return word
        if self._states and word in _ABBREVIATIONS:
            return first_other(word, lambda attempt: _drawn(self._keyed, "state", word, attempt, _ABBREVIATIONS))
        if len(word) == 1 or (word.isupper() and len(word) <= max_acronym):
            return code(self._keyed, word)
        possessive = re.search(r"['’`]s$", word, re.IGNORECASE)
        if possessive:
            return self._name(part, word[: possessive.start()]) + possessive.group()
        return self._name(part, word)

    def _name(self, part: re.Match[str], word: str) -> str:
        before = part.string[max(0, part.start() - 8) : part.start()]
        return cased(self._made_up(_essence(word), is_saint=_SAINT.search(before) is not None), word)

    def _made_up(self, word: str, is_saint: bool = False) -> str:
        def draw(attempt: int) -> str:
            if is_saint:
                return _drawn(self._keyed, "saint", word, attempt, _SAINTS)
            beginning = _drawn(self._keyed, "beginning", word, attempt, _BEGINNINGS)
            return beginning + _drawn(self._keyed, "ending", word, attempt, _ENDINGS)

        return next((name for name in map(draw, range(32)) if _essence(name) not in self._words), draw(0))


def _essence(word: str) -> str:
    return re.sub(r"['’`]s?$", "", folded(word))


def _drawn(keyed: Keyed, what: str, key: str, attempt: int, choices: list[str]) -> str:
    return choices[keyed.number(what, key, attempt) % len(choices)]


def _ordinal(digits: str, suffix: str) -> str:
    """21 and th -> 21st, in the case of `suffix`."""
    right = "th" if digits[-2:-1] == "1" else {"1": "st", "2": "nd", "3": "rd"}.get(digits[-1], "th")
    return digits + (right.upper() if suffix.isupper() else right)
