"""People whom no title names: behind departments, roles and verbs, amid sentences, last name first, in capitals, by their initials."""

from __future__ import annotations

import pytest

from medpretrain.deidentify.finding import united
from medpretrain.deidentify.name_likeness import AMBIGUOUS, BARE, COMMON, NONE, person_likeness
from medpretrain.deidentify.names import find_names


def found(text: str) -> list[str]:
    return [text[finding.start : finding.end] for finding in united(find_names(text))]


@pytest.mark.parametrize(
    ("word", "likeness"),
    [("Baker", AMBIGUOUS), ("WALKER", AMBIGUOUS), ("Foley", BARE), ("Sarah", COMMON), ("Aspirin", NONE), ("May", NONE)],
)
def test_how_much_a_word_is_a_person(word: str, likeness: int) -> None:
    assert person_likeness(word) == likeness


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Neuro Hayes to see. PCP Baker. Endocrinology (Moss) following.", ["Hayes", "Baker", "Moss"]),
        ("Driver Hazel was late; charge Nkechi aware; wound RN Fields in.", ["Hazel", "Nkechi", "Fields"]),
        ("Stent placed by Barnes. Lap chole by DiMarco.", ["Barnes", "DiMarco"]),
        ("Please call Young with results, then meet West.", ["Young", "West"]),
        ("Bed 14 Stone 61M. Rm 3B Park, CHF.", ["Stone", "Park"]),
        ("FOB T. Rivers here. Seen by supervising De La Cruz.", ["T. Rivers", "De La Cruz"]),
        ("Consult from van der Hoek noted", ["van der Hoek"]),
        ("WOCN Mary Do rounded.", ["Mary Do"]),
    ],
)
def test_before_a_name(text: str, names: list[str]) -> None:
    assert found(text) == names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Long MD, transfusion service", ["Long"]),
        ("Lane, pager 555-0142", ["Lane"]),
        ("Contacts: Rajesh Black (husband), Rose (niece).", ["Rajesh Black", "Rose"]),
        ("Can Nancy push the images? Patrick keeps asking. Joy is her proxy.", ["Nancy", "Patrick", "Joy"]),
        ("1) Hunter needs a refill; 2) Mason moved to another practice", ["Hunter", "Mason"]),
        ("She fears that Bishop, her landlord, listens.", ["Bishop"]),
        ("Viable female, Hall, to the nursery", ["Hall"]),
        ("Thx, Xiaoyan", ["Xiaoyan"]),
        ("pls call today -Grace", ["Grace"]),
        ("Earl, ok from our side.", ["Earl"]),
        ("Seen with Curtis L. Walker-Wood today", ["Curtis L. Walker-Wood"]),
    ],
)
def test_behind_a_name_and_amid_a_sentence(text: str, names: list[str]) -> None:
    assert found(text) == names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("0815 Woods,Karen 0074412 recheck", ["Woods,Karen"]),
        ("day 9 of cefazolin. Bell, Imelda R. 44. Afebrile.", ["Bell, Imelda R"]),
        ("WATERS, GEORGE (Mr)   DOB 1/2/60", ["WATERS, GEORGE"]),
        ("Records\nRE:  Patient   ST. CLAIR ,  NATALYA      D.O.B.", ["ST. CLAIR", "NATALYA"]),
        ("RESULT FOR SANDERS OTIS DOB 1/1/50 CALLED TO THOMAS BUI AT 10:10", ["SANDERS OTIS", "THOMAS BUI"]),
        ("ORDERING HARRIS COLLECTED 0800", ["HARRIS"]),
        ("Plan member EMMA GARDNER   10/12/79", ["EMMA GARDNER"]),
    ],
)
def test_last_name_first_and_capitals(text: str, names: list[str]) -> None:
    assert found(text) == names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("JOB: 4471  DD: 1/2/19  DT: 1/3/19   QVB/klr", ["QVB"]),
        ("Influenza R deltoid 10/2/2019 QWB; parent told", ["QWB"]),
        ("Study subject 44102, initials QZB. Consented.", ["QZB"]),
        ("Next visit Monday, 4 pm. QNB", ["QNB"]),
        ("OTP note: pt ID 3349-2, QKB, methadone 90 mg", ["QKB"]),
        ("CRITICAL RESULT READ BACK. BY TECH QHB AT 10:10", ["QHB"]),
    ],
)
def test_initials(text: str, names: list[str]) -> None:
    assert found(text) == names


@pytest.mark.parametrize(
    "text",
    [
        "Status post Hartmann by laparotomy. A Kelly clamp; with Allis and Babcock clamps; Foley out.",
        "Seen in Jackson, Mississippi and Reading, Virginia. Moved to Brazil.",
        "Hoover sign negative; no Barlow or Ortolani. Lambert-Eaton was excluded, Hoehn and Yahr 2.",
        "TSH/FSH normal. PT/INR 1.1. Plan of care: DNR. Code status DNR.",
        "Vitamin K. Burns of the hand. Hepatitis B. Young adult.",
        "Surgery Center and Renal Stone Disease; Small bowel follow-through.",
        "Tylenol, Percocet and Norco held; Jevity at goal by tube.",
        "Described by Brooks et al. in 2010 and by Walker (2012).",
    ],
)
def test_what_is_no_name_stays(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize("text", ["Pt Bell, " * 6_000, "Smith^" * 9_000, "BY TECH " * 7_000, "1) Hunter " * 6_000, "initials Q " * 5_000])
def test_hostile_texts_end(text: str) -> None:
    find_names(text)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Sykes 0730, wound ok", ["Sykes"]),
        ("NOTE POD#3 -- Hayward (attg Cross)", ["Hayward", "Cross"]),
        ("Hall/Snow/Cho rounding", ["Hall", "Snow", "Cho"]),
        ("Pt goes by Slim; AKA Domino.", ["Slim", "Domino"]),
        ("Wife April & dtr June present", ["April", "June"]),
        ("Siblings: Mason (8) and Autumn (5).", ["Mason", "Autumn"]),
        ("As Rowe noted, stable. At Brooks's request, an MRI.", ["Rowe", "Brooks"]),
        ("Dr. Bell will operate. Mr. Gray Ashworth agrees.", ["Bell", "Gray Ashworth"]),
        ("Zerenkova seen and examined with the resident.", ["Zerenkova"]),
        ("Records of Martin dated 2012", ["Martin"]),
    ],
)
def test_a_common_name_that_is_nothing_else(text: str, names: list[str]) -> None:
    assert found(text) == names


@pytest.mark.parametrize(
    "text",
    [
        "Clear to auscultation. Supple. Fair. Trace edema. Cord normal.",
        "PROCEDURE:\n1. Small bowel follow-through\n2. Case cancelled.",
        "Thompson squeeze negative; Hawkins and Neer positive. Circle of Willis. Sphincter of Oddi.",
        "Gray discharge; Amber urine. City of Houston Department of Justice.",
        "April 4, June of 2010.",
    ],
)
def test_plain_words_stay(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Pt dunn c/o nausea; wife nora at bedside.", ["dunn", "nora"]),
        ("pt up in chair. spoke w/ rosalind re: meds. K 3.2 repleted. bashir paged. no new issues.", ["rosalind", "bashir"]),
        ("0730 MARSH TKA RAHMAN", ["MARSH", "RAHMAN"]),
        ("Wristband reads WATERS, EDITH - confirmed", ["WATERS, EDITH"]),
        ("NOK G Marsh aware", ["G Marsh"]),
        ("Dr. Long paged. Long will see him; Long's note follows.", ["Long", "Long", "Long"]),
    ],
)
def test_small_letters_capitals_and_names_again(text: str, names: list[str]) -> None:
    assert found(text) == names


@pytest.mark.parametrize(
    "text",
    [
        "GERD, TIMI 3 flow, LIMA to LAD, ANCA 1:40, WHITE MATTER",
        "pt stable. mark the site. will follow. rose to stand. MOTHER FELL",
        "Rocky Mountain fever",
    ],
)
def test_acronyms_and_small_words_stay(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "Attempted to reach {}; left VM.",
        "Referral to {} placed.",
        "Awaiting call back from {}.",
        "Plan per {}: hold heparin.",
        "{} remains febrile.",
        "Updated {} (son) by phone.",
        "Sub-I {} presented the case.",
        "Covering for {} today",
    ],
)
def test_a_name_that_no_lexicon_has(text: str) -> None:
    assert found(text.format("Zerenkova")) == ["Zerenkova"]


def test_a_new_drug_stays() -> None:
    assert found("Started on Zerenkiva; Zerenkiva 5 mg by mouth, Zerenkiva was held. Allergic to Zerenkiva. Switched from Zerenkiva.") == []


@pytest.mark.parametrize(
    "text",
    [
        "Wells 4.5, Rankin 3, Katz 4/6, Norton 12. Wilson neg.",
        "dx: Crohn, Gilbert, Marfan, Turner, Cowden and Gardner.",
        "Rusty sputum, sandy stool. Violet hue. Olive mass. Angel dust.",
        "White, Brown, Green stool.",
    ],
)
def test_eponyms_and_plain_words_in_rows_stay(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    "text", ["Zorvina is very pleasant. She", "Zorvina is from Ohio.", "Zorvina spent a year abroad.", "Zorvina lives with two cats."]
)
def test_a_word_that_nobody_knows_is_a_person_by_what_persons_are_and_do(text: str) -> None:
    assert [text[found.start : found.end] for found in find_names(text)] == ["Zorvina"]


@pytest.mark.parametrize("text", ["Xarelto is very effective.", "Specimen is from Left arm.", "Swelling is very mild."])
def test_what_is_no_person_is_left_alone_before_such_words(text: str) -> None:
    assert not list(find_names(text))
