"""Addresses, towns and institutions as letters and notes write them; general words for places stay."""

from __future__ import annotations

import pytest

from medpretrain.deidentify.finding import united
from medpretrain.deidentify.places import find_places


def found(text: str, states: bool = False) -> list[str]:
    return [text[finding.start : finding.end] for finding in united(find_places(text, states))]


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("Mail to 90841 Marcus Trafficway, Laurenfort, IA 47655.", ["90841 Marcus Trafficway, Laurenfort, IA 47655"]),
        ("at 0977 Stewart Alley\nWest Cynthiabury, Oregon.", ["0977 Stewart Alley\nWest Cynthiabury, Oregon"]),
        ("376 Terry Islands Apt. 401. He", ["376 Terry Islands Apt. 401"]),
        ("12 N. Oak St., Unit 4B", ["12 N. Oak St., Unit 4B"]),
        ("1200 MAIN STREET", ["1200 MAIN STREET"]),
        ("he is at 123 main street now", ["123 main street"]),
        ("P.O. Box 441", ["P.O. Box 441"]),
        ("Unit 9104 Box 2779\nDPO AP 29547", ["Unit 9104 Box 2779\nDPO AP 29547"]),
        ("My zip code is 48750", ["48750"]),
        ("Ohio 44101-1234", ["Ohio 44101-1234"]),
        ("12 Rue de Pologne 36", ["12 Rue de Pologne 36"]),
        ("3 Tavcarjeva 73\n Suite 284\n Selca\n Senegal 27766", ["3 Tavcarjeva 73\n Suite 284\n Selca\n Senegal 27766"]),
        ("Sofie lives at Koenigstrasse 51.", ["Koenigstrasse 51"]),
    ],
)
def test_addresses(text: str, places: list[str]) -> None:
    assert found(text) == places


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("The patient lives in West Timothymouth and works.", ["West Timothymouth"]),
        ("a 95-year-old resident of New Aaron.", ["New Aaron"]),
        ("She moved to Lake Nicole.", ["Lake Nicole"]),
        ("born in Houston, Texas.", ["Houston, Texas"]),
        ("He came from Albuquerque by car.", ["Albuquerque"]),
        ("works for Harris County", ["Harris County"]),
        ("Resident of East Samantha, SC. Smith, MD agrees.", ["East Samantha, SC"]),
        ("seen in Kalamazoo, not in Reading", ["Kalamazoo", "Reading"]),
        ("He lives in Texas.", []),
        ("She came from Norway.", []),
    ],
)
def test_towns(text: str, places: list[str]) -> None:
    assert found(text) == places


def test_states_and_countries_only_if_asked_for() -> None:
    assert found("He lives in Texas. She came from Norway.", states=True) == ["Texas", "Norway"]


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("followed at Sheilafort Community Clinic.", ["Sheilafort Community Clinic"]),
        ("FACILITY: St. Emily Medical Center\nDATE", ["St. Emily Medical Center"]),
        ("Mount West Elizabeth Hospital\n12", ["Mount West Elizabeth Hospital"]),
        ("admitted to Mercy Hospital", ["Mercy Hospital"]),
        ("Children's Hospital of Philadelphia", ["Children's Hospital of Philadelphia"]),
        ("seen at Stanford hospital", ["Stanford hospital"]),
        ("sent from Maple Grove Nursing Home", ["Maple Grove Nursing Home"]),
        ("transferred from MGH and then Mass General", ["MGH", "Mass General"]),
        ("filled at Walgreens", ["Walgreens"]),
        ("from Fresno Urgent Care and Our Lady of Mercy Hospital", ["Fresno Urgent Care", "Our Lady of Mercy Hospital"]),
        ("the Berry-Curry Cancer Center", ["Berry-Curry Cancer Center"]),
    ],
)
def test_institutions(text: str, places: list[str]) -> None:
    assert found(text) == places


@pytest.mark.parametrize(
    "text",
    [
        "He went to the hospital, then to the Emergency Department and the intensive care unit.",
        "Seen in Pain Clinic and at the Medical Center. Lives in a nursing home. Physical Therapy. Hospital Course: well.",
        "BP 120/80, 10 French sheath, 5 Fr. catheter, 20 Gauge Needle, 3 Vessel Disease. 400 Units Twice Daily.",
        "New York Heart Association class III. Lake of blood. Port placement. Right Circle of Willis. L4-L5.",
        "delivered at term; lives at home with her mother. In January he came in from work.",
        "",
    ],
)
def test_what_is_no_place_stays(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    "text", ["a " * 50_000, "A " * 50_000, "1 A " * 25_000, "1" * 100_000, "Lake " * 20_000, "Hospital " * 11_000, "in A, TX " * 11_000]
)
def test_hostile_texts_end(text: str) -> None:
    find_places(text, states=True)
