"""Streets without a number, corners, highways and sites; courts of law, journals and doctors are none."""

from __future__ import annotations

import pytest

from medpretrain.deidentify.finding import Finding, united
from medpretrain.deidentify.named_streets import find_named_streets


def found(text: str) -> list[str]:
    spans = united(Finding(start, end, "LOCATION", "street") for start, end in find_named_streets(text))
    return [text[span.start : span.end] for span in spans]


@pytest.mark.parametrize(
    ("text", "streets"),
    [
        ("walks along Juniper Avenue daily", ["Juniper Avenue"]),
        ("home off Old Quarry Rd with", ["Old Quarry Rd"]),
        ("hit at the corner of Main and 9th Street.", ["Main and 9th Street"]),
        ("a store at 9th and Vine", ["9th and Vine"]),
        ("at the bank, Juniper St. today", ["Juniper St."]),
        ("a hike in Glacier National Park today", ["Glacier National Park"]),
        ("rolled over on Highway 41 north", ["Highway 41"]),
        ("lives on County Road 88", ["County Road 88"]),
        ("lives at Dogwood Apartments", ["Dogwood Apartments"]),
        ("released to Harkspur Funeral Home", ["Harkspur Funeral Home"]),
        ("trained at Fort Velcor", ["Fort Velcor"]),
    ],
)
def test_streets_and_sites(text: str, streets: list[str]) -> None:
    assert found(text) == streets


@pytest.mark.parametrize(
    "text",
    [
        "Went to Family Court and District Court. Seen by Dr. Way. On Heart Drive. Off Street drugs.",
        "From Wall Street Journal. Pain at T9 and L2. In National Park. Between 3rd and Fourth toes. On 2nd and third digits.",
    ],
)
def test_what_is_no_street_stays(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize("text", [" on A B C" * 10_000, "corner of A " * 9_000, " Airport" * 12_000, " on Route 1" * 9_000])
def test_hostile_texts_end(text: str) -> None:
    found(text)


def test_a_corner_is_two_names_whatever_they_are_called() -> None:
    text = "Found at the corner of Quarrel Steps 12 and Vrbno Passage, cold."
    assert [text[start:end] for start, end in find_named_streets(text)] == ["the corner of Quarrel Steps 12 and Vrbno Passage"]
    for text in ("lesion at the corner of the mouth and lip", "At the corner of Left eye"):
        assert not list(find_named_streets(text)), text
