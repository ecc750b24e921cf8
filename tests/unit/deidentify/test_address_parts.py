"""Parts of addresses by themselves, and what only looks like one."""

from __future__ import annotations

import pytest

from medpretrain.deidentify.address_parts import find_address_parts, find_codes_behind
from medpretrain.deidentify.finding import Finding
from medpretrain.deidentify.places import find_places


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Mrs. Orla Brantwick Apt. 318 44 Velderhof 27\nsaw us.", ["Apt. 318 44 Velderhof 27"]),
        ("Send it to Dr. Quennell, Suite 205.", ["Suite 205"]),
        ("SUITE #410", ["SUITE #410"]),
        ("lives in apartment 12", ["apartment 12"]),
        ("Write to Postfach 2280, please", ["Postfach 2280"]),
        ("his Apartado de Correos 77 is full", ["Apartado de Correos 77"]),
        ("Moved to Endoscopy Suite 12 and Cath Lab 3.", []),
        ("Hybrid Suite 10, ED Suite 12", []),
        ("the suite 12 was cleaned", []),
        ("Next apt 10 am, apt 1030 with Dr. Yu. Apt 1115 on Monday, Apt. 15 min late", []),
        ("B.P. 118, C.P. 3 days ago, Pf. 4 of 6 wells", []),
        ("apartment 12 3 Troponin Level 22", ["apartment 12"]),
        ("Apt #4B or Apt 7C, Apartment #7", ["Apt #4B", "Apt 7C", "Apartment #7"]),
        ("Apt 3.5 cm", []),
        ("Postoperatively 20 mg", []),
    ],
)
def test_flats_and_boxes(text: str, found: list[str]) -> None:
    assert [text[one.start : one.end] for one in find_address_parts(text)] == found


@pytest.mark.parametrize(
    ("behind", "code"),
    [
        (" 6091.", "6091"),
        (", 43015 until spring", "43015"),
        (" 3610-114", "3610-114"),
        (" 53-320", "53-320"),
        (" 840 24", "840 24"),
        (" 1012 AB\n", "1012 AB"),
        (" 6091 in autumn", "6091"),
        (" 1430 via EMS", None),
        (" 1430.", None),
        (" 5000 U heparin", None),
        (" 3500 steps", None),
        (" 12000 dollars", None),
        (" 2019", None),
        (" 1500 mL", None),
        (" 1200 patients", None),
        (" 4310/2", None),
        (" 12", None),
    ],
)
def test_codes_behind_a_town(behind: str, code: str | None) -> None:
    text = f"She is from Ulverholt{behind}"
    town = Finding(12, 21, "LOCATION", "town")
    assert [text[one.start : one.end] for one in find_codes_behind(text, [town])] == ([code] if code else [])


def test_a_year_behind_a_street_is_no_code() -> None:
    text = "Seen at 12 Oak Street Clinic 2019 for asthma."
    assert "2019" not in "".join(text[one.start : one.end] for one in find_places(text))
