"""Streets of other languages: the kind of street first ("Rua das Flores 13"), behind ("Petofi utca 4") or at the end of the name."""

from __future__ import annotations

import re
from collections.abc import Iterator

from medpretrain.deidentify.anchors import matches_at, numbers_in
from medpretrain.deidentify.institution_words import NOT_IN_A_WORD, alternatives, by_first_letter
from medpretrain.deidentify.place_words import STREET_ENDINGS, STREETS_BEHIND

_CAPITAL = r"[^\W\d_a-z][\w'’-]{0,30}\.?"
_SMALL_WORDS = "de|del|della|delle|degli|dei|di|da|do|dos|das|du|des|la|le|les|los|las|el|al|e|van|der|den"
_BEFORE = (
    r"Via|Viale|Vicolo|Piazza|Piazzale|Corso|Largo|Strada|Rue|All[ée]e|Chemin|Impasse|Quai|Cit[eé]|Calle|Avda\.?|Avenida|Carrera|Camino"
    r"|Carretera|Ctra\.?|Plaza|Paseo|Ronda|R[uú]a|Travessa|Pra[çc]a|Estrada|Alameda|ul\.|Ulica|Jalan|Jl\.?|Lorong|Rruga|Λ\.|Οδός"
    r"|Avenue d[eu]s?|Boulevard d[eu]s?|Place d[eu]s?"
)
_NUMBER = r"\d{1,5}[A-Za-z]?\b(?![:/%]|[.-]\d)"
_KINDS = by_first_letter(alternatives(_BEFORE), NOT_IN_A_WORD)
_KIND_FIRST = re.compile(rf"(?:{_KINDS})(?:[ ](?:{_CAPITAL}|{_SMALL_WORDS}|d['’]{_CAPITAL})(?!\w)){{1,6}}(?:,? {_NUMBER})?")
_NUMBER_BEFORE = re.compile(r"(?<!\w)\d{1,5},? $")
_NUMBERSTREETS_BEHIND = re.compile(rf" (?<=[^\W\d_] |[a-z.] ){_NUMBER}")
_NAME_BEFORE = re.compile(r"(?:(?<!\w)\d{1,5} )?(?:[^\W\d_a-z][\w'’.-]{0,25} ){0,2}[^\W\d_][\w'’.-]{0,25}$")
_MAX_NAME_CHARS, _MAX_WORD_CHARS, _MAX_NUMBER_CHARS = 60, 30, 8


def find_foreign_streets(text: str) -> Iterator[tuple[int, int]]:
    """From the number or the name's first word to the last of them."""
    for match in _KIND_FIRST.finditer(text):
        start = match.start()
        if not text[start - 1 : start].isalnum() and match.group().rpartition(" ")[2] not in _SMALL_WORDS.split("|"):
            number = _NUMBER_BEFORE.search(text, max(0, start - _MAX_NUMBER_CHARS), start)
            yield number.start() if number else start, match.end()
    is_lower = text.islower()
    for match in matches_at(_NUMBERSTREETS_BEHIND, text, (start - 1 for start, _ in numbers_in(text) if start)):
        if _is_kind(text[max(0, match.start() - _MAX_WORD_CHARS) : match.start()]):
            name = _NAME_BEFORE.search(text, max(0, match.start() - _MAX_NAME_CHARS), match.start())
            if name and (is_lower or any(word[0].isupper() for word in name.group().split())):
                yield name.start(), match.end()


def _is_kind(before: str) -> bool:
    """Whether the last word is a kind of street behind a name, or a name that ends with one."""
    others, _, word = before.lower().rpartition(" ")
    return (word in STREETS_BEHIND and bool(others)) or (len(word) > 5 and word.endswith(STREET_ENDINGS))
