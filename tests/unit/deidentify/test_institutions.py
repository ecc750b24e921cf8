"""Institutions by all the ways they are called; units, specialties, eponyms and churches are no names."""

from __future__ import annotations

import pytest

from medpretrain.deidentify.care_places import find_care_places
from medpretrain.deidentify.finding import united
from medpretrain.deidentify.institutions import find_institutions


def found(text: str) -> list[str]:
    return [text[finding.start : finding.end] for finding in united([*find_institutions(text), *find_care_places(text)])]


@pytest.mark.parametrize(
    ("text", "institutions"),
    [
        ("called Juniper Falls Nephrology Specialists, PLLC today", ["Juniper Falls Nephrology Specialists, PLLC"]),
        ("Comprehensive Arthritis Consultants wrote", ["Comprehensive Arthritis Consultants"]),
        ("lives at Golden Years Assisted Living now", ["Golden Years Assisted Living"]),
        ("bed at Marrowick Care and Rehab Center", ["Marrowick Care and Rehab Center"]),
        ("Center for Joint Health and Wellness called", ["Center for Joint Health and Wellness"]),
        ("seen by Cedar Bluff Dermatology.", ["Cedar Bluff Dermatology"]),
        ("sent to Michigan General Hospital today", ["Michigan General Hospital"]),
        ("a Hospice of Marrowick nurse", ["Hospice of Marrowick"]),
        ("the University of Utah accepted her", ["University of Utah"]),
        ("CEDAR BLUFF MEDICAL GROUP\nNOTE", ["CEDAR BLUFF MEDICAL GROUP"]),
        ("DONE AT FRESNO HOSPITAL TODAY", ["FRESNO HOSPITAL"]),
    ],
)
def test_what_they_call_themselves(text: str, institutions: list[str]) -> None:
    assert found(text) == institutions


@pytest.mark.parametrize(
    ("text", "institutions"),
    [
        ("records: Sutter Fresno, Banner Health", ["Sutter Fresno", "Banner Health"]),
        ("via Kaiser Rosewood ED", ["Kaiser Rosewood"]),
        ("VA Yonkers called", ["VA Yonkers"]),
        ("Kalamazoo Methodist | 4W", ["Kalamazoo Methodist"]),
        ("the Nguyen Health Yonkers team", ["Nguyen Health Yonkers"]),
        ("Mercy Hospital, Kalamazoo since", ["Mercy Hospital, Kalamazoo"]),
        ("St. Brendan's called with a culture", ["St. Brendan's"]),
        ("Sending: Velcor Springs   Receiving: Dogwood House", ["Velcor Springs", "Dogwood House"]),
    ],
)
def test_systems_and_towns(text: str, institutions: list[str]) -> None:
    assert found(text) == institutions


@pytest.mark.parametrize(
    ("text", "institutions"),
    [
        ("was transferred yesterday from Harrowgate with sepsis", ["Harrowgate"]),
        ("resident of the Whispering Pines, fell", ["Whispering Pines"]),
        ("discharged back to Harkspur on Friday", ["Harkspur"]),
        ("had her scan done at Mercy last year", ["Mercy"]),
        ("home health through Velcor began", ["Velcor"]),
        ("faxed to Apex Orthopedics", ["Apex Orthopedics"]),
        ("moved into The Willows", ["Willows"]),
        ("Followed at Harkspur since May", ["Harkspur"]),
        ("meds from the CVS on Juniper.", ["CVS on Juniper"]),
        ("admitted from Harkspur Pines May 2024 with", ["Harkspur Pines"]),
        ("at Sisters of Providence, Yonkers Feb '16.", ["Sisters of Providence, Yonkers"]),
        ("seen at Mercy and Harkspur.", ["Mercy", "Harkspur"]),
        ("from an ALF (Juniper Glen) with", ["Juniper Glen"]),
        ("Dispo: SNF, Harkspur Ridge", ["Harkspur Ridge"]),
        ("SHE WAS TRANSFERRED FROM HARKSPUR TODAY", ["HARKSPUR"]),
        ("filled at the CVS pharmacy; Rite Aid on 9th Ave", ["CVS pharmacy", "Rite Aid"]),
        ("Juniper Glen LTAC accepted", ["Juniper Glen LTAC"]),
    ],
)
def test_where_care_was_given(text: str, institutions: list[str]) -> None:
    assert found(text) == institutions


@pytest.mark.parametrize(
    "text",
    [
        "TAKEN TO RECOVERY, SENT TO PATHOLOGY, TRANSFERRED TO TELEMETRY. The OB/GYN clinic. Hepatitis C. Hospital day 2.",
        "A resident of West Marrowton.",
        "He is a Southern Baptist, she is Roman Catholic; the Methodist church helps.",
        "Transferred to MICU, then to Cardiology; referred to Dr. Patel and Interventional Radiology.",
        "Admitted to Telemetry. Seen at the Pain Clinic. Sent to Pathology. Discharged to Home.",
        "Family Medicine, Internal Medicine and Advanced Heart Failure Clinic. The VA hospital; VA clinic.",
        "St. John's wort, St. Anthony's fire. Babinski was tested. Kaiser Fleischer rings are absent.",
        "HOSPITAL COURSE: The patient did well. GENERAL: Alert. Presented from Guatemala.",
        "Osteotomies were performed at T7-T8. Transferred to Hoyer lift. General: no distress. Memorial Day.",
    ],
)
def test_what_is_no_institution_stays(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    "text", ["seen at Mercy of A " * 6_000, "Mercy Health " * 9_000, "Center for A and " * 7_000, "Site: A " * 12_000, "St. A " * 15_000]
)
def test_hostile_texts_end(text: str) -> None:
    found(text)
