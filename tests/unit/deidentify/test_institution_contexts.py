"""Institutions that are known by a name alone: where they stand as such, and where the same words are surnames, drugs or headings."""

from __future__ import annotations

import pytest

from medpretrain.deidentify.care_places import find_care_places
from medpretrain.deidentify.finding import united
from medpretrain.deidentify.institution_contexts import find_in_contexts
from medpretrain.deidentify.institutions import find_institutions


def found(text: str) -> list[str]:
    findings = [*find_institutions(text), *find_care_places(text), *find_in_contexts(text)]
    return [text[finding.start : finding.end] for finding in united(findings)]


@pytest.mark.parametrize(
    ("text", "institutions"),
    [
        ("bed opened at OHSU overnight", ["OHSU"]),
        ("the Royal Brompton wrote back", ["Royal Brompton"]),
        ("seen in clinic by Akron Children's", ["Akron Children's"]),
        ("wait list, BIDMC-Plymouth", ["BIDMC-Plymouth"]),
        ("moved over from UTMB", ["UTMB"]),
    ],
)
def test_names_that_mean_nothing_else(text: str, institutions: list[str]) -> None:
    assert found(text) == institutions


@pytest.mark.parametrize(
    ("text", "institutions"),
    [
        ("Good Samaritan\nDischarge summary", ["Good Samaritan"]),
        ("1. Parkland   - no beds\n2. Holy Family   - will call", ["Parkland", "Holy Family"]),
        ("MSH|^~&|LAB|St. Monica|EHR|MAIN|20210304||ORU", ["St. Monica"]),
        ("the Grady team will call", ["Grady"]),
        ("Grady's team will call", ["Grady"]),
        ("we asked for Parkland’s records", ["Parkland"]),
        ("we asked the Parkland transfer center", ["Parkland"]),
        ("Dr. Harkspur of Overlake agreed", ["Overlake"]),
        ("bounced between Overlake and Holy Family", ["Overlake", "Holy Family"]),
        ("Division of Nephrology, Parkland", ["Parkland"]),
        ("called Overlake, no beds", ["Overlake"]),
    ],
)
def test_where_they_stand(text: str, institutions: list[str]) -> None:
    assert found(text) == institutions


@pytest.mark.parametrize(
    ("text", "institutions"),
    [
        ("lives at Sunrise of Marrowick", ["Sunrise of Marrowick"]),
        ("a nurse of Hospice of the Foothills came", ["Hospice of the Foothills"]),
        ("born in the Hospital Universitario de Murcia", ["Hospital Universitario de Murcia"]),
        ("born in El Hospital General de Murcia", ["El Hospital General de Murcia"]),
        ("born in L'Hôpital General Murcia", ["L'Hôpital General Murcia"]),
        ("a report of the Hôpital Saint-Marrowick came", ["Hôpital Saint-Marrowick"]),
        ("a report of the Uniklinik Marrowick came", ["Uniklinik Marrowick"]),
        ("operated in the Klinikum Marrowick", ["Klinikum Marrowick"]),
        ("the home of the Little Sisters of Marrowick", ["Little Sisters of Marrowick"]),
        ("pt sent from st agatha for sepsis", ["st agatha"]),
        ("was at marrowick general hospital last week", ["marrowick general hospital"]),
        ("mri done at holy cross hospital", ["holy cross hospital"]),
    ],
)
def test_homes_of_a_town_and_other_tongues_and_lower_case(text: str, institutions: list[str]) -> None:
    assert found(text) == institutions


@pytest.mark.parametrize(
    ("text", "institutions"),
    [
        ("she was dc'd from kindred on friday", ["kindred"]),
        ("dialyzed at davita kalamazoo mwf", ["davita kalamazoo"]),
        ("was seen @ va fresno for this", ["va fresno"]),
        ("sent from st agatha to us", ["st agatha"]),
        ("admitted from quiet pines nursing home", ["quiet pines nursing home"]),
        ("admitted to telemetry, seen at bedside; returned from dialysis unit, lives at home with pain", []),
        ("referred to weight loss clinic and to wound care", []),
    ],
)
def test_what_would_be_a_name_with_capitals(text: str, institutions: list[str]) -> None:
    assert found(text) == institutions


@pytest.mark.parametrize(
    ("text", "institutions"),
    [
        ("followed at Northern Capital Pulmonary", ["Northern Capital Pulmonary"]),
        ("methadone from ClearSteps", ["ClearSteps"]),
        ("referred by Dr. Velcor of Northern Delta Pulmonary", ["Northern Delta Pulmonary"]),
        ("was at Vestra Hospital of Marrowick", ["Vestra Hospital of Marrowick"]),
        ("Drs. Velcor and Ames Family Medicine", ["Drs. Velcor and Ames Family Medicine"]),
        ("followed at Hospital for Special Care", ["Hospital for Special Care"]),
        ("sees Pinnacle Physical Therapy weekly", ["Pinnacle Physical Therapy"]),
        ("dentist is Gentle Dental of Marrowick", ["Gentle Dental of Marrowick"]),
        ("MARROWICK\nJuniper Falls Hospital Medical Records", ["Juniper Falls Hospital"]),
        ("hospice with Velcor Ridge began", ["Velcor Ridge"]),
        ("referred to Pain Management and Vascular Surgery", []),
        ("lives at Timothy's with a cat", []),
        ("moved to Endoscopy Suite, seen by Social Services, referred to Comfort Care Team", []),
        ("placed at Babinski Sign, treated at XYZ Hospital", []),
    ],
)
def test_several_words_with_capitals_where_care_is_given(text: str, institutions: list[str]) -> None:
    assert found(text) == institutions


@pytest.mark.parametrize(
    "text",
    [
        "General\nWell appearing",
        "took st john's wort from her sister",
        "went to an outside hospital, then to the community hospital",
        "treated with CHOP and rituximab",
        "spoke with Lincoln about his mother",
        "per Wesley he is improving",
        "ST elevation from V2 to V4, general labs and staff were fine",
        "Rush labs were sent; Strong nurses helped her",
        "loss of height, range of motion, Gardens of cells",
        "Hospital course: he did well",
    ],
)
def test_what_stays(text: str) -> None:
    assert found(text) == []
