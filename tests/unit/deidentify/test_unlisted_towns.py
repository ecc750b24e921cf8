"""Towns that no lexicon has are found where only a place can stand, and nowhere else."""

from __future__ import annotations

import pytest

from medpretrain.deidentify.places import find_places
from medpretrain.deidentify.unlisted_towns import find_unlisted_towns


@pytest.mark.parametrize(
    ("text", "town"),
    [
        ("She grew up in Zwartebroekje and came here to study.", "Zwartebroekje"),
        ("Originally from Peñaverde del Campo, retired.", "Peñaverde del Campo"),
        ("He flew to Ulvøysund on Friday.", "Ulvøysund"),
        ("Home town: KRASNOVICE. Two brothers.", "KRASNOVICE"),
        ("Works for a mill in Oberquirnach, which closed.", "Oberquirnach"),
        ("Collapsed at the Tvarovka Golf Club.", "Tvarovka"),
        ("the patient grew up in szentkuthás.", "szentkuthás"),
    ],
)
def test_found(text: str, town: str) -> None:
    assert [text[found.start : found.end] for found in find_unlisted_towns(text)] == [town]


@pytest.mark.parametrize(
    "text",
    [
        "Lives in Ohio, born in France, moved from New Mexico.",
        "Rash resolved in May; pain in Crohn disease.",
        "Improved in March and flew to Florida.",
        "lives in squalor, grew up in foster care",
        "Placed in Trendelenburg position, in Fowler position after.",
        "Dissolved in Ringer solution and given to Him.",
        "Results in Table 2.",
    ],
)
def test_left_alone(text: str) -> None:
    assert not list(find_unlisted_towns(text))


def test_an_address_goes_on_with_a_town_that_nobody_knows() -> None:
    for text in (
        "Mail to 98 Birch Street, Vrbnodol.",
        "9 Oak Lane, Apt 4, Vrbnodol\nPhone",
        "17 Elm Avenue\nVrbnodol 4410",
        "8 Elm Road\nVrbnodol\n, QX\n 44107",
    ):
        assert any(found.start <= text.index("Vrbnodol") and found.end >= text.index("Vrbnodol") + 8 for found in find_places(text)), text
    told = "Lives at 98 Birch Street, Medicare pending"
    assert not any(told[found.start : found.end].endswith("Medicare") for found in find_places(told))
