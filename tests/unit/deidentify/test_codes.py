"""Codes are found whole: by a label in any position, a cell, an acronym or a car before them. «» stand around what is to be found."""

from __future__ import annotations

import re

import pytest

from medpretrain.deidentify.fields import is_label, label_of
from medpretrain.deidentify.finding import united
from medpretrain.deidentify.numbers import find_numbers


def found_in(text: str) -> list[tuple[str, str]]:
    return [(one.kind, text[one.start : one.end]) for one in united(find_numbers(text))]


FOUND = {
    "MRN": [
        "NHS No: «9434765919»",
        "NHS No: «943 476 5919»",
        "HRN «90-55-96», seen today",
        "Health record no. «H-55 21 903» was merged.",
        "The chart (no. «88-1-203») is missing.",
        "MRN (old system): «00451123»",
        "Hospital number ........... «K 55 1234»",
        "Case notes no. «B 120 334»",
        "his MRN, «4471902», was",
        "MRN\t«4471902»",
    ],
    "HEALTH_PLAN": [
        "Insurance: «XXP 316 592 687». Speaks Tagalog",
        "Insurance: «60300497298-01»",
        "Member ID (Aetna): «W1388 16580»",
        "Prior auth no. is «A1120092»",
    ],
    "ACCOUNT": ["acct «6643 5707 70»", "Invoice «INV-2019-00417» is unpaid", "Statement no.: «ST 4410 221»", "CSN «400123998»"],
    "LICENSE": ["DL#: «77.271303»", "RN license number «RN 556123»", "Board certification no. «B-22019»"],
    "DEVICE": [
        "Mesh ref «NC6-7044-MC».",
        "Sensor «LM604417» on the arm",
        "on our monitor («CH604418»)",
        "CPAP unit ser. «93328/27»; DME rep",
        "transmission from ICD «3X44747F» (remote)",
        "serial number, atrial lead: «PJN203341»",
    ],
    "ID": [
        "badge «WJ5449 27W», injured",
        "Acc#: «SP:14:69061» Ordered",
        "Specimen: «20:SK797805» drawn",
        "UNOS «16322-813». Listed",
        "PCR «S42-85950» / Unit M7",
        "Registry id «79491-274».",
        "Booking number «2019-0044123»",
        "PAN «ABCPE1234F»",
        "«A-55120» (badge)",
        "NAME|«13-73-73»|2019",
        "then «6643 5707 70»\nNext",
    ],
    "VEHICLE": [
        "Drove a blue Honda, plate «7ABC123», into a tree.",
        "Veh 2: «RY7 0WS», insured",
        "keys to a car with plates «CS7 6GC».",
        "Toyota Corolla, reg. «AB12 CDE»",
        "vehicle registration «MH 12 AB 1234»",
    ],
}


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind, texts in FOUND.items() for text in texts])
def test_a_code_is_found_whole_and_of_its_kind(kind: str, text: str) -> None:
    assert found_in(re.sub("[«»]", "", text)) == [(kind, re.findall("«(.*?)»", text)[0])]


@pytest.mark.parametrize(
    "text",
    [
        "After a car accident with C5 C6 fracture, GCS 15, HR 102 and T12-L1 fusion.",
        "The correlate 530 KJ, chocolate AB 1234, thymidylate CB 3717.",
        "I/O 2400/1150; G3P2002; DOS 03MAR2011; PSG 18DEC1998; ICD I2510.",
        "Trial registration number NCT01783418; Trial registration: ISRCTN35027323; Registry: 15q24 deletion.",
        "call #911 or go to the emergency room",
        "counts 4321 5678 90 12 and 1234 5678 9012 3456",
    ],
)
def test_what_names_no_person_is_left_alone(text: str) -> None:
    assert found_in(text) == []


def test_a_label_is_no_part_of_its_value() -> None:
    assert is_label("HRN")
    assert not is_label("XXP")
    assert found_in("HRN 387156 and ID XXP 387157") == [("MRN", "387156"), ("ID", "XXP 387157")]


@pytest.mark.parametrize("between", [" " * 50, "." * 50, " ." * 25, "( " * 25, "a " * 25, "for the " * 8, "no " * 20])
def test_a_label_is_sought_in_time_that_does_not_explode(between: str) -> None:
    """Where a run could be divided in many ways among the words between, this would not end."""
    text = f"policy no{between}zz9"
    for _ in range(200):
        label_of(text, len(text) - 1, len(text))
    assert text.endswith("zz9")
