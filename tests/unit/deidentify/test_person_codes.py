"""Codes beside a name, a date of birth or in a message are the person's. «» stand around what is to be found."""

from __future__ import annotations

import re

import pytest

from medpretrain.deidentify.finding import united
from medpretrain.deidentify.numbers import find_numbers


def found_in(text: str) -> list[tuple[str, str]]:
    return [(one.kind, text[one.start : one.end]) for one in united(find_numbers(text))]


FOUND = {
    "MRN": [
        'labelled "Cooper, Ryan" and "«756 127 77»".',
        "0815 Schmidt, Nicole Z. «801 789 14» IVI OD",
        "0930 Simmons,Skyler «9552-2203» new pt",
        "Roberts, Lisa («712619») no show",
        "SIMMONS, ANA - «12/445566»",
        "Source Allen, «988 316 05», HIV neg",
        "Name/MRN: «1234567»",
        "MRN/CSN: «1234567/400123998»",
        "PatientID=«1234567»",
        "Joyce Cooper 03/23/1949, «MD-07869». Tx",
        "«801 789 14»  SCHMIDT, NICOLE",
        "PID|1||«307 725 95»^^^MR||JENKINS^SHARON",
        "UHID: «627 593 20»   IP",
        "Chart  «6195-5183»\n",
        "Okonski, Wren, 31   «83-47-62»   bed 4",
        "Okonski, Wren, 31 F  «834762»",
    ],
    "ID": [
        "PV1|1|I|5W^512^A|||| «1234512344»^JORDAN^DENNIS|x",
        "Event «85-21416», 2 East",
        "Overturned. Approval «200575934354» through June",
        "for the Rx «0416240-05931», he",
    ],
    "HEALTH_PLAN": [
        "Plan member «U63413267 07»   BRIAN",
        "Medicaid «U83014357 06» recert",
        "seen, «1EG4 TE5 MK73».",
        "IN1|1|«7418 67526 8»\nOBX",
        "IN1|1|MCR|«U60511877 04»\nOBX",
        "Policy/ID: «RN03877Z»   DOB",
        "Subscriber Ann Bell / ID «W691762377» / Grp 00",
        "Plan member «HP03877E»",
        "Member ID: «385660124 V»",
        "Ins: Medicare «3856601247 K»\nSeen",
        "Medicare ID «3856601247» A letter followed",
        "Member ID: «7573862221» A: Hypertension",
        "Member ID: «7573862221» F, 45",
        "Member ID: «7573862221» X Ray chest",
    ],
    "ACCOUNT": [
        "card on file «30000739177» declined",
        "Acct «0577 8766 77».",
        "acct ending in «4477», paid",
        "the card ending «4478»",
        "IP No: «30000000777»   Ward",
    ],
    "LICENSE": ["OLN «MD-22128», at", "Wallet ID: Joyce Cooper 03/23/1949, «54640077». Tx", "by driver's license «036-998577» as"],
    "PHONE": [
        "DME rep Ryan Cooper «555-0177». See",
        "Probation officer: Ryan Cooper, «4045550177». He",
        "telecom «5325550177» guardian",
        "C: «555-0151»",
        "Heart Failure | o «555-0150» f",
    ],
    "VEHICLE": ["a gray sedan «ED47 LMJ», towed"],
    "BIOMETRIC": [
        "Facial recognition entry for the OR disabled, template «FNG:44-2300» reissued",
        "right thumb scan «FNG:12-4552».",
        "Iris template no. «IR 55123»",
        "palm vein pattern «PV-22910»",
    ],
}


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind, texts in FOUND.items() for text in texts])
def test_a_code_of_a_person_is_found_whole(kind: str, text: str) -> None:
    assert found_in(re.sub("[«»]", "", text)) == [(kind, re.findall("«(.*?)»", text)[0])]


@pytest.mark.parametrize(
    "text",
    [
        "Health, United States, 2020-2021; Boston, MA 120 mg; Smith, John 2019-2020",
        "Allen, 12-14; Smith J, Jones K. 1234-1240. Ann Bell, 120 80",
        "|12 345 678|; ethics approval 2014-0123; HR:102 and template: 12",
        "Smith, John 20190304; H^2345^x",
    ],
)
def test_what_names_no_person_is_left_alone(text: str) -> None:
    assert found_in(text) == []


@pytest.mark.parametrize("part", ["Bell, ", "Ann Bell ", "1234 ", "Bell,Ann 123 456 78 ", "|123456^", "A-", "Aa, Bb 1/1/1990 "])
def test_hostile_text_is_read_to_its_end(part: str) -> None:
    assert ("MRN", "7654321") in found_in(part * (40_000 // len(part)) + "\nMRN: 7654321")
