"""Lines that were cut at a page's width are joined, others are not; hyphens are judged by the text."""

from __future__ import annotations

import pytest

from medpretrain.corpus.pdf_lines import join_pdf_lines
from medpretrain.corpus.repair import repair
from medpretrain.corpus.settings import RepairSettings

ALL = RepairSettings()


WRAPPED = """The patient is a man with long-standing essential hyperten-
sion who was referred for evaluation of chest pain that had be-
gun two weeks ago. He was seen for follow-up on the day before
admission, and again at a second follow-
up, at which the hypertension was found to be well con-
trolled on two drugs, while the pain had become worse on every
exertion.

Medications:
1. Lisinopril, which he has taken for the last seven years, and
   which he tolerates
2. Aspirin"""


def test_cut_lines_are_joined_and_hyphens_judged() -> None:
    assert join_pdf_lines(WRAPPED).split("\n") == [
        "The patient is a man with long-standing essential hypertension who was referred for evaluation of chest pain that had"
        " begun two weeks ago. He was seen for follow-up on the day before admission, and again at a second follow-up"
        ", at which the hypertension was found to be well controlled on two drugs, while the pain had become worse on every"
        " exertion.",
        "",
        "Medications:",
        "1. Lisinopril, which he has taken for the last seven years, and which he tolerates",
        "2. Aspirin",
    ]


PARAGRAPH = """The patient was seen in the clinic for evaluation of the chest
pain that had begun two weeks ago and had become worse on each
exertion since then, while at rest and in the night there was
no pain at all, and he had slept as well as in all the months
before his admission to the hospital of the town in which he
"""


@pytest.mark.parametrize(
    ("lines", "joined"),
    [
        (
            "lives and works, where his wife is as well known as he now is\nDisposition: home with his wife, who will look after him",
            False,
        ),
        (
            "lives and works, where his wife is as well known as he now is\nand his sons are, who will look after him in the next months.",
            True,
        ),
        (
            "lives and works, where his wife is as well known as he now is\n- home with his wife and his sons, who will look after him",
            False,
        ),
        (
            "lives and works, where his wife is as well known as he now is\nsodium   140   potassium   4.1   chloride   104   urea   5",
            False,
        ),
        (
            "lives and works, where his wife is as well known as he now is\nDISPOSITION AND FURTHER CARE OF THE PATIENT AT HOME NOW",
            False,
        ),
        (
            "- lives and works here, and his wife is as well known as he is\nand his sons are, who will look after him in the next months.",
            True,
        ),
        (
            "- lives and works here, and his wife is as well known as he is\nHe will be seen again in two weeks, or before where needed.",
            False,
        ),
        (
            "lives and works, where his wife is as well known as he now is\n    and this is set in from the margin, as a quotation",
            False,
        ),
    ],
)
def test_what_is_joined_to_a_cut_paragraph(lines: str, joined: bool) -> None:
    last = join_pdf_lines(PARAGRAPH + lines).split("\n")[-1]
    assert last.endswith(lines.split("\n")[1].strip() if not joined else lines.replace("\n", " ")[-90:])
    assert (lines.split("\n")[0] in last) == joined


@pytest.mark.parametrize(
    ("first", "second", "elsewhere", "expected"),
    [
        ("hyperten", "sion", "", "hypertension"),
        ("obsessive", "compulsive", "", "obsessive-compulsive"),
        ("cardio", "myopathy", "and of the en-\ntire heart", "cardiomyopathy"),
        ("follow", "up", "", "follow-up"),
        ("follow", "up", "the followup was short", "followup"),
        ("micro", "organism", "a micro-organism grew", "micro-organism"),
        ("micro", "organism", "a micro-organism and a microorganism grew", "micro-organism"),
        ("chest", "wall", "the chest and its wall", "chest-wall"),
        ("Epstein", "Barr", "", "Epstein-Barr"),
        ("10", "year", "", "10-year"),
    ],
)
def test_hyphens_are_judged_by_what_else_stands_in_the_text(first: str, second: str, elsewhere: str, expected: str) -> None:
    text = f"{PARAGRAPH}lives and works, and where his wife {'is' * 5} {first}-\n{second} and so on to its end.\n\n{elsewhere}"
    assert f" {expected} and so on" in join_pdf_lines(text)


def test_a_soft_hyphen_at_a_line_end_goes_with_the_line_end() -> None:
    assert repair("hyperten\xad\nsion", ALL) == ("hypertension", ("pdf lines",))


VERSE = "\n".join(
    ["Shall I compare thee to a summer's day, which is so fair and long", "Thou art more lovely and more temperate than May's sweet buds"]
    * 5
)
TABLE = "\n".join(f"Sodium and potassium{' ' * 12}{value}{' ' * 12}mmol per litre of the serum" for value in range(138, 146))
ADDRESS = "Dr. A. Example\n12 Long Street\nSome Town\nthe county\nof somewhere"
LABELS = "\n".join(
    f"Item {name}: none that the patient or his wife could remember at this visit"
    for name in ["Allergies", "Drugs", "Falls", "Pain", "Rash"]
)


@pytest.mark.parametrize("text", [VERSE, TABLE, ADDRESS, LABELS])
def test_lines_that_were_no_paragraph_are_left(text: str) -> None:
    assert join_pdf_lines(text) == text
