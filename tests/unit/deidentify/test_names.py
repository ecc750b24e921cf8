"""Names in all the surroundings that clinicians give them; what looks like a name and is none stays; no text makes the search slow."""

from __future__ import annotations

import pytest

from medpretrain.deidentify.name_likeness import candidates_in
from medpretrain.deidentify.name_reader import NameReader
from medpretrain.deidentify.names import find_names
from medpretrain.deidentify.words import words_in


def found(text: str) -> list[str]:
    return sorted({text[finding.start : finding.end] for finding in find_names(text)})


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Seen by Dr. Okonkwo today.", ["Okonkwo"]),
        ("Dr. Will was called.", ["Will"]),
        ("Drs. Marsh and Levin agree.", ["Levin", "Marsh"]),
        ("Mr. and Mrs. O'Brien came.", ["O'Brien"]),
        ("Follow up with Dr. van de Pol.", ["van de Pol"]),
        ("Ms. Ng's pain is better. Mr Li left.", ["Li", "Ng"]),
        ("Prof. J. R. Smith-Jones operated.", ["J. R. Smith-Jones"]),
        ("nurse Kowalczyk gave it.", ["Kowalczyk"]),
        ("seen by dr. patel and mr. elliott", ["elliott", "patel"]),
        ("Dr. d'Angelo, Dr. al-Sayed", ["al-Sayed", "d'Angelo"]),
    ],
)
def test_titles(text: str, names: list[str]) -> None:
    assert found(text) == names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("PATIENT: VAN LUINENBURG, TRISTAN    DOB: 1/1/60", ["VAN LUINENBURG, TRISTAN"]),
        ("Patient Name: Grace M. Long\nMRN: 12", ["Grace M. Long"]),
        ("Name Féline Holguín | MRN 7", ["Féline Holguín"]),
        ("Attending: Sośniak, Wojciech\n", ["Sośniak, Wojciech"]),
        ("RE: TAILOR, ANNE\nDOB", ["TAILOR, ANNE"]),
        ("Mother's name: Nguyen Thi Hoa", ["Nguyen Thi Hoa"]),
        ("name: julie novák", ["julie novák"]),
        ("NAME: SMITH,JOHN", ["SMITH,JOHN"]),
        ("Dictated by: Yashoda Zacco, M.D.\n", ["Yashoda Zacco"]),
        ("Electronically signed by Toralf Coste, MD on 3/4", ["Toralf Coste"]),
        ("JRS/abc\n", ["JRS"]),
        ("Reviewed with Priya Raghunathan, PA-C, MPH.", ["Priya Raghunathan"]),
    ],
)
def test_fields_and_credentials(text: str, names: list[str]) -> None:
    assert found(text) == names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Her daughter Torben van de Pavert drove.", ["Torben van de Pavert"]),
        ("Lives with his wife, Marie, and two sons.", ["Marie"]),
        ("I spoke with Adaeze Obi about it.", ["Adaeze Obi"]),
        ("Case discussed with Kowalski.", ["Kowalski"]),
        ("My name is Priya.", ["Priya"]),
        ("Anna Lindqvist is a 45-year-old woman.", ["Anna Lindqvist"]),
        ("We told Kevin that it healed.", ["Kevin"]),
        ("Jessica reports no pain.", ["Jessica"]),
        ("Rana's", []),
        ("Coordinator Joony Mamaalmaa called. Lizef I. Tilich and S. Meräl came.", ["Joony Mamaalmaa", "Lizef I. Tilich", "S. Meräl"]),
        ("Will discuss with Acharya. Transcribed by LXO", ["Acharya", "LXO"]),
        ("Zefandro is a 54 year old man. Plan as before. JXU", ["JXU", "Zefandro"]),
        ("E. coli, S. Aureus, H. Pylori and C. Difficile. Give 2 tabs PRN", []),
        ("i want to add julie novák as a friend", ["julie novák"]),
        ("Grace Long and Rose A. May spoke.", ["Grace Long", "Rose A. May"]),
        ("Pt Rust, Tariq seen today", ["Rust, Tariq"]),
        ("Attending physician Jo Li agrees.", ["Jo Li"]),
        ("Will return in May. Mark the site. A rose.", []),
    ],
)
def test_relations_contacts_and_names_alone(text: str, names: list[str]) -> None:
    assert found(text) == names


def test_a_name_is_found_again() -> None:
    text = "Dr. Brown saw Mr. Zmolek. ZMOLEK denies pain; zmolek's wife agrees. A brown lesion. Then we asked Brown. Brown recluse bite."
    assert [text[one.start : one.end] for one in sorted(find_names(text))] == ["Brown", "Zmolek", "ZMOLEK", "zmolek", "Brown"]


def test_an_eponym_stays_where_a_doctor_has_its_name() -> None:
    assert found("Dr. Parkinson excluded Parkinson disease. A Foley catheter was placed by Dr. Foley.") == ["Foley", "Parkinson"]
    assert len(find_names("Dr. Parkinson excluded Parkinson disease.")) == 1


@pytest.mark.parametrize(
    "text",
    [
        "Parkinson disease, Crohn disease, May-Thurner syndrome, Virchow node, Bell's palsy and a Babinski sign.",
        "Placed a Foley catheter, an Allis clamp and a Judkins catheter; the Bovie was used. Trendelenburg position.",
        "Apgar 8 and 9. Glasgow Coma Scale 15. Heimlich maneuver. Charcot-Marie-Tooth disease. Guillain-Barre syndrome.",
        "Past Medical History: Hypertension. Review of Systems: Negative. Chief Complaint: Chest pain.",
        "Mother: Hypertension. Father: CAD. Sister: Breast cancer.",
        "Started Lopressor 25 mg and Coumadin in March. L4-L5 stenosis, EF 55%.",
        "MR angiography and MS. Seen by Neurology. Discussed with Cardiology. Followed by Oncology.",
        "Staphylococcus aureus and Escherichia coli grew. Left Circumflex Artery.",
        "cc: Chest pain. PATIENT: This is a man. Patient denies pain. Attending: None.",
        "Product Name: Sigma. Procedure name: Whipple.",
        "Dr. X and Mr. XXXX",
        "",
    ],
)
def test_what_is_no_name_stays(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    "text", ["a " * 50_000, "A " * 50_000, "Dr. " * 25_000, "1 " * 50_000, "Van de " * 15_000, "Smith, " * 15_000, "M.D. " * 20_000]
)
def test_hostile_texts_end(text: str) -> None:
    find_names(text)


@pytest.mark.parametrize(
    "credential",
    [
        *("M.D.", "M. D", "D.O.", "R.N.", "N.P.", "P.A.-C", "Ph.D.", "Ph. D", "Pharm.D.", "PsyD", "Psy.D.", "D.D.S.", "D.M.D.", "L.P.N."),
        *("C.R.N.A.", "M.B.B.S.", "D.C.", "O.D.", "F.A.C.S.", "M.S.W.", "L.C.S.W.", "R.Ph.", "Esq."),
    ],
)
def test_each_credential_with_points_tells_the_name_before_it(credential: str) -> None:
    assert found(f"Read by KOWALCZYK, {credential} today") == ["KOWALCZYK"]


def test_every_kind_of_word_that_may_begin_a_name_is_looked_at() -> None:
    words = words_in("The Sarah, then Kowalczyk, then Zqwerta, then Brooks, then Foley, J. Poe, Van, June; aka Table, Patient Sodium")
    candidates = [words.words[place] for place in candidates_in(NameReader(words))]
    assert candidates == ["Sarah", "Kowalczyk", "Zqwerta", "Brooks", "Foley", "J", "Poe", "Van", "June", "Table"]
