"""Names that grammar or layout tells, and words in the same places that are none."""

from __future__ import annotations

import pytest

from medpretrain.deidentify.finding import united
from medpretrain.deidentify.names import find_names


def found(text: str) -> list[str]:
    return [text[finding.start : finding.end] for finding in united(find_names(text))]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Olive says that it hurts.", ["Olive"]),
        ("Zerenko denies pain.", ["Zerenko"]),
        ("the day when Zerenko was born", ["Zerenko"]),
        ("She told Zerenko about it.", ["Zerenko"]),
        ("We call him Mark.", ["Mark"]),
        ("Hi Dawn, thanks.", ["Dawn"]),
        ("Talked w/ Zerenko today. D/w Gray.", ["Zerenko", "Gray"]),
        ("Drove Will's van home.", ["Will"]),
        ("Attending Zerenko aware.", ["Zerenko"]),
        ("and Łukaszek came", ["Łukaszek"]),
        ("asked van der Zerenko to come", ["van der Zerenko"]),
        ("PCP Kalmanson agrees; seen by Robert today", ["Kalmanson", "Robert"]),
        ("Per Hernandez, hold.", ["Hernandez"]),
        ("Thanks\n-Imelda", ["Imelda"]),
        ("Warren: can you see him? Peter, could you?", ["Peter"]),
    ],
)
def test_grammar(text: str, names: list[str]) -> None:
    assert found(text) == names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("8123|ZERENKO, ANNA|male", ["ZERENKO, ANNA"]),
        ("label (Zerenko,Maria) on it", ["Zerenko,Maria"]),
        ("Inmate ZERENKO, PETER, #17", ["ZERENKO, PETER"]),
        ("NK1 1 Zerenko Church SPO", ["Zerenko Church"]),
        ('fell out for "Imelda" twice', ["Imelda"]),
        ("Signed by N. Burns. Informed by me, M. Case.", ["N. Burns", "M. Case"]),
        ("Drawn by QXV; cut by QXZ.", ["QXV", "QXZ"]),
        ("Stable.\nQXV/BGH\n", ["QXV/BGH"]),
    ],
)
def test_layout(text: str, names: list[str]) -> None:
    assert found(text) == names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Dr. Preda, Zerenko & Wu agree.", ["Preda", "Zerenko", "Wu"]),
        ("Dr. Preda/Zerenko", ["Preda", "Zerenko"]),
        ("Seen by Dr. Preda (renal), Imelda (heart).", ["Preda", "Imelda"]),
        ("Dawn and Imelda Preda came", ["Dawn", "Imelda Preda"]),
        ("Mr. Zerenko SPT", ["Zerenko"]),
        ("this is doctor zerenko dictating", ["zerenko"]),
    ],
)
def test_beside_a_name(text: str, names: list[str]) -> None:
    assert found(text) == names


@pytest.mark.parametrize(
    "text",
    [
        "Platelets 88K. McMurray negative; vitamin K. Burns of the hand.",
        "Mark the site. Will follow. I've seen it. Friend drove him.",
        "No evidence of Andersson. The patient has Millard. History of Crosby.",
        "Lasix was held; Keppra is continued. Reviewed with Cardiology. Confirmed by MRI.",
        "Prior MD notes. Arrived by: POV. Parent signed VIS.",
        "Sjögren syndrome, Ménière disease. Foley and Hickman lines.",
    ],
)
def test_what_is_no_name_stays(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize("text", ["Van de " * 7_000, "Smith/" * 8_000, "Anna (x), " * 5_000, "PID 1 Smith\n" * 4_000, "A. Smith " * 5_000])
def test_hostile_texts_end(text: str) -> None:
    find_names(text)
