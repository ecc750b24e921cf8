"""Addresses by the code at their end, from the house's number or name on."""

from __future__ import annotations

import pytest

from medpretrain.deidentify.finding import united
from medpretrain.deidentify.places import find_places


def found(text: str) -> list[str]:
    return [text[finding.start : finding.end] for finding in united(find_places(text))]


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("lives at The Gatehouse, Lower Marrow, Leeds LS9 7QK.", ["The Gatehouse, Lower Marrow, Leeds LS9 7QK"]),
        ("8 Priory Close\nLeeds\nLS9 7QM\nDear", ["8 Priory Close\nLeeds\nLS9 7QM"]),
        ("Address: H.No. 7-2-91, Road No. 3, Pune - 411099   Mob", ["H.No. 7-2-91, Road No. 3, Pune - 411099"]),
        ("D-14/2, Lake View Nagar, Chennai 600 099", ["D-14/2, Lake View Nagar, Chennai 600 099"]),
        ("Rooms: Unit 6/71 Wattle Parade, Perth WA 6099", ["Unit 6/71 Wattle Parade, Perth WA 6099"]),
        ("from Toronto M5V 9Z9 today", ["Toronto M5V 9Z9"]),
    ],
)
def test_addresses_by_their_code(text: str, places: list[str]) -> None:
    assert found(text) == places


@pytest.mark.parametrize(
    "text",
    [
        "Lens SN60AT was placed. Grade A1 2BC. Hemoglobin 110 000 cells. Patel 411099 cells. Vitamin B12 5MG.",
        "Order 600099, count 411 099.",
    ],
)
def test_what_is_no_code_stays(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    "text", ["Leeds LS9 7QK" * 8_000, "A, " * 30_000 + "Leeds LS9 7QK", "Leeds\n" * 15_000 + "LS9 7QK", ", " * 40_000 + "Pune 411099"]
)
def test_hostile_texts_end(text: str) -> None:
    found(text)
