"""Streets of many kinds and towns that only their surroundings tell; where a sentence ends, a place does."""

from __future__ import annotations

import pytest

from medpretrain.deidentify.finding import united
from medpretrain.deidentify.places import find_places


def found(text: str) -> list[str]:
    return [text[finding.start : finding.end] for finding in united(find_places(text))]


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("at RR 3 Box 91, Kalamazoo.", ["RR 3 Box 91, Kalamazoo"]),
        ("bakery on 7120 County Road 9. Then", ["7120 County Road 9"]),
        ("Flat 2, 61 Willow Close, Yonkers", ["Flat 2, 61 Willow Close, Yonkers"]),
        ("stays at 310 Linden Ct., Fresno. He", ["310 Linden Ct., Fresno"]),
        ("Rua das Palmeiras 13", ["Rua das Palmeiras 13"]),
        ("12 Hauptstrasse 40", ["12 Hauptstrasse 40"]),
        ("Deak Ferenc utca 6", ["Deak Ferenc utca 6"]),
        ("Toronto, ON\nM5V 2T6", ["Toronto, ON\nM5V 2T6"]),
        ("17 ELM ST^^YONKERS^NY^10701", ["17 ELM ST", "YONKERS", "10701"]),
        ("mail correspondence to 17 Elm Street.", ["17 Elm Street"]),
        ("The address of Velcor is 17 Elm Street.", ["17 Elm Street"]),
    ],
)
def test_streets(text: str, places: list[str]) -> None:
    assert found(text) == places


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("attends school in Otter Landing.", ["Otter Landing"]),
        ("injured at the plant in Marrowick", ["Marrowick"]),
        ("surgeon (Kalamazoo) retired", ["Kalamazoo"]),
        ("a cousin, of Marrowick.", ["Marrowick"]),
        ("works in Coeur d'Alene by choice", ["Coeur d'Alene"]),
        ("he came from kalamazoo today", ["kalamazoo"]),
        ("sent to Bexar County", ["Bexar County"]),
        ("lives in Marrowick. Rectal exam done.", ["Marrowick"]),
        ("born in St. Louis. Pain is worse.", ["St. Louis"]),
    ],
)
def test_towns(text: str, places: list[str]) -> None:
    assert found(text) == places


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("Reportable: Cook County health department", ["Cook County"]),
        ("refill history from Kalamazoo.", ["Kalamazoo"]),
        ("moved from Mobile in May", ["Mobile"]),
        ("lived in Yonkers, Mobile and Kalamazoo", ["Yonkers", "Mobile", "Kalamazoo"]),
        ("a Kalamazoo native; Yonkers PD came", ["Kalamazoo", "Yonkers"]),
        ("PATIENT FROM KALAMAZOO CAME", ["KALAMAZOO"]),
        ("FLYING IN FROM KALAMAZOO", ["KALAMAZOO"]),
        ("she shared about Mobile, met her near Mobile, drove back to Mobile", ["Mobile", "Mobile", "Mobile"]),
        ("Hometown of Marrowick, home city: Otterham", ["Marrowick", "Otterham"]),
        ("YONKERS NY 10799", ["YONKERS NY 10799"]),
        ("at N71W8553 Juniper Ct, Kalamazoo", ["N71W8553 Juniper Ct, Kalamazoo"]),
        ("1450 S 300 W, Yonkers", ["1450 S 300 W, Yonkers"]),
        ("17 Elm Street, Unit 3, Mobile. She", ["17 Elm Street, Unit 3, Mobile"]),
        ("17 Elm Street, Yonkers, NY 10799\nMobile 555-0177", ["17 Elm Street, Yonkers, NY 10799"]),
        ("PO Box 91, Kalamazoo", ["PO Box 91, Kalamazoo"]),
        ("|17 Elm St^^Kalamazoo|", ["17 Elm St", "Kalamazoo"]),
        ("Changes in Normal Sinus Rhythm. Evidence of Reading. Prosector Ann Harrison, MD; 99213 OFFICE VISIT EST DR Harris", []),
    ],
)
def test_towns_in_more_forms(text: str, places: list[str]) -> None:
    assert found(text) == places


@pytest.mark.parametrize(
    ("text", "institutions"),
    [
        ("called to the nurse (Marrowick Urgent Care) today", ["Marrowick Urgent Care"]),
        ("seen at Dogwood Family Practice.", ["Dogwood Family Practice"]),
        ("sent from Fresno Women's Health Associates", ["Fresno Women's Health Associates"]),
        ("to Marrowick Children's morgue", ["Marrowick Children's"]),
        ("at Sisters of Providence, Yonkers since May", ["Sisters of Providence, Yonkers"]),
        ("at Marrowick Hospital and Health Service today", ["Marrowick Hospital and Health Service"]),
        ("via Fresno ED to Marrowick Regional.", ["Fresno", "Marrowick Regional"]),
        ("Clinic: Marrowick & Sons Eye Clinic", ["Marrowick & Sons Eye Clinic"]),
        ("by The Marrowick Cancer Center", ["The Marrowick Cancer Center"]),
        ("from Holly-Imelda Hospice House", ["Holly-Imelda Hospice House"]),
        ("Seen in Wound Care Clinic, Sleep Center and Urgent Care. Dialysis today. Labs drawn.", []),
    ],
)
def test_institutions(text: str, institutions: list[str]) -> None:
    assert found(text) == institutions


@pytest.mark.parametrize(
    "text",
    [
        "No evidence of Gibbon. History of Crosby. RR 18, HR 90. Route of delivery. FM 3 and CR 2.1.",
        "Give 20 mg at 10 am; a 10 minute walk. T4 2N0, L4 5 mm. Seen by Sharon Abernathy, PA.",
        "a 2 L NC. Fall precautions. 4 East. Patient in bed.",
    ],
)
def test_what_is_no_place_stays(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize("text", ["Rua a " * 15_000, "Flat 4, " * 12_000, "12 Strasse " * 9_000, "(Aa " * 20_000, "1 Road 1 " * 10_000])
def test_hostile_texts_end(text: str) -> None:
    find_places(text)
