"""Streets of other languages: the kind of street first ("Rua das Flores 13"), behind ("Petofi utca 4") or at the end of the name."""

from __future__ import annotations

import re
from collections.abc import Iterator

_CAPITAL = r"[^\W\d_a-z][\w'’-]{0,30}\.?"
_SMALL_WORDS = "de|del|della|delle|degli|dei|di|da|do|dos|das|du|des|la|le|les|los|las|el|al|e|van|der|den"
_BEFORE = (
    r"Via|Viale|Vicolo|Piazza|Piazzale|Corso|Largo|Strada|Rue|All[ée]e|Chemin|Impasse|Quai|Cit[eé]|Calle|Avda\.?|Avenida|Carrera|Camino"
    r"|Carretera|Ctra\.?|Plaza|Paseo|Ronda|R[uú]a|Travessa|Pra[çc]a|Estrada|Alameda|ul\.|Ulica|Jalan|Jl\.?|Lorong|Rruga|Λ\.|Οδός"
    r"|(?:Avenue|Boulevard|Place) d[eu]s?"
)
_BEHIND = (
    "út|utca|tér|körút|ulica|cesta|trg|sokak|sokağı|caddesi|bulvarı|vei|veien|väg|vägen|gata|plads|laan|weg|straat|strasse|straße|platz|katu"
    "|iela|gatvė|náměstí|třída"
)
_ENDINGS = (
    "strasse|straße|str\\.|straat|gasse|laan|plein|kade|dijk|singel|steeg|weg|allee|platz|damm|gatan|gata|gade|vägen|vegen|veien|vej|vei|stigen"
    "|gränd|torget|katu|kuja|polku|tie|braut|stræti|vegur|utca|brücke"
)
_NUMBER = r"\d{1,5}[A-Za-z]?\b(?![:/%]|[.-]\d)"
_KIND_FIRST = re.compile(
    rf"(?<!\w)(?:\d{{1,5}},? )?(?:{_BEFORE})(?:[ ](?:{_CAPITAL}|{_SMALL_WORDS}|d['’]{_CAPITAL})(?!\w)){{1,6}}(?:,? {_NUMBER})?"
)
_KIND_LAST = re.compile(rf"(?:(?<=[^\W\d_]{{3}})(?:{_ENDINGS})| (?:{_BEHIND})) {_NUMBER}", re.IGNORECASE)
_NAME_BEFORE = re.compile(r"(?:(?<!\w)\d{1,5} )?(?:[^\W\d_a-z][\w'’.-]{0,25} ){0,2}[^\W\d_][\w'’.-]{0,25}$")
_MAX_NAME_CHARS = 60


def find_foreign_streets(text: str) -> Iterator[tuple[int, int]]:
    """From the number or the name's first word to the last of them."""
    for match in _KIND_FIRST.finditer(text):
        if match.group().rpartition(" ")[2] not in _SMALL_WORDS.split("|"):
            yield match.span()
    is_lower = text.islower()
    for match in _KIND_LAST.finditer(text):
        name = _NAME_BEFORE.search(text, max(0, match.start() - _MAX_NAME_CHARS), match.start())
        if name and (is_lower or any(word[0].isupper() for word in name.group().split())):
            yield name.start(), match.end()
