"""What is certainly wrong in a text is put right, once and for all; medical signs, headings and words are left alone."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medpretrain.corpus.page_furniture import remove_page_furniture
from medpretrain.corpus.pdf_lines import join_pdf_lines
from medpretrain.corpus.repair import KINDS, repair, repair_encoding, repair_unicode
from medpretrain.corpus.settings import RepairSettings
from medpretrain.corpus.words import words_of

ALL = RepairSettings()
NONE = RepairSettings(encoding=False, unicode=False, white_space=False, page_furniture=False, pdf_lines=False)

MEDICAL = (
    "1½ tablets, 5 µg/m² at ≥ 37 °C (±0.5), α-fetoprotein ⅓ of 10³/µL; naïve β-blocker, Sjögren’s “sicca” — Ménière × 2, "
    "ﬁbrosis, café-au-lait"
)

# Characters that the stages look for, so that hypothesis finds more than it does in all of Unicode.
ODD_TEXT = st.lists(
    st.one_of(
        st.characters(),
        st.characters(categories=["Cs"]),
        st.sampled_from(["\n", "\f", "\r", " ", "\t", "\x0b", "\x85", "\u2028", "\xad", "\u200b", "\u200d", "\xa0", "-", "-\n", "\xad\n"]),
        st.sampled_from(["Ã©", "â€™", "Â ", "Ã ", "&amp;", "&lt;", "&#177;", "\u0301", "e", "Page 1 of 3\n", "Page 2\n", "(continued)\n"]),
        st.sampled_from(
            ["hyperten-\nsion ", "the patient was seen in the clinic and", "\n- ", "FINDINGS:\n", "Printed by A on 3/4/2020\n"]
        ),
    ),
    max_size=60,
).map("".join)


@pytest.mark.parametrize("settings", [ALL, RepairSettings(unicode=False), RepairSettings(page_furniture=False, white_space=False)])
@given(text=ODD_TEXT)
def test_what_was_repaired_is_not_changed_again(settings: RepairSettings, text: str) -> None:
    once, kinds = repair(text, settings)
    assert repair(once, settings) == (once, ())
    assert (once == text) or kinds
    assert set(kinds) <= set(KINDS)


@given(st.text(alphabet=st.sampled_from("ab cé\n.-,µ2\t"), max_size=300))
def test_no_word_is_lost_but_to_a_hyphen_at_a_line_end(text: str) -> None:
    after, _ = repair(text, ALL)
    assert "".join(words_of(after)) == "".join(words_of(text))


def test_what_is_left_out_changes_nothing() -> None:
    text = "FranÃ§ois\u200b \n\n\n\nPage 1 of 3\x0c \r\n"
    assert repair(text, NONE) == (text, ())
    assert repair(text, ALL) == ("François", ("encoding", "unicode", "white space", "page furniture"))


@pytest.mark.parametrize("encoding", ["latin-1", "windows-1252"])
@pytest.mark.parametrize("text", ["Sjögren syndrome at 37 °C ± 0.5", "François’ “sicca” — 5 µg", "Patient naïve ≥ 3 months"])
def test_utf8_read_as_another_encoding_is_mended(text: str, encoding: str) -> None:
    try:
        wrong = text.encode().decode(encoding)
    except UnicodeDecodeError:
        pytest.skip("has a byte that this encoding has no character for")
    assert repair_encoding(f"First line, right: é µ ½.\n{wrong}") == f"First line, right: é µ ½.\n{text}"


@pytest.mark.parametrize("text", [MEDICAL, "SD 2×² and 5×½", "<p>a &amp; b</p>", "AT&T; Johnson&Johnson", "Å ngström, Ãlvaro"])
def test_what_may_be_right_is_left(text: str) -> None:
    assert repair(text, ALL) == (text, ())


def test_entities_are_read_where_there_are_no_tags() -> None:
    assert repair_encoding("p &lt; 0.05 &amp;amp; 3 &plusmn; 1 &#956;g") == "p < 0.05 &amp; 3 ± 1 μg"
    assert repair("p &amp;lt; 0.05", ALL)[0] == "p < 0.05"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("e\u0301tat, 1½ m²", "état, 1½ m²"),
        ("a\r\nb\rc\x0bd\u2028e\u2029f", "a\nb\nc\nd\ne\nf"),
        ("5\xa0mg\u202f/\u2009L\u3000x", "5 mg / L x"),
        ("\ufeffhyper\xadten\u200bsion\x00\u2060", "hypertension"),
        ("multi\u2010centre non\u2011small", "multi-centre non-small"),
        ("\uf0b7 age \uf0b3 18", "• age ≥ 18"),
        ("\ud83d\ude00 and \ud83d alone", "😀 and \ufffd alone"),
        ("می\u200cخواهم, a\u200cb", "می\u200cخواهم, ab"),
    ],
)
def test_unicode(text: str, expected: str) -> None:
    assert repair_unicode(text) == expected


def test_white_space() -> None:
    text = "\n \n  - indented  \n\ttable\tcell\t\n\n \n\nend \n"
    assert repair(text, ALL) == ("  - indented\n\ttable\tcell\n\nend", ("white space",))


def report_of_pages(num_pages: int) -> str:
    bodies = [
        "The patient was seen in the clinic and had",
        "no complaints of chest pain.\n\nFINDINGS:\nClear lungs",
        "of normal volume.\n\nPLAN:\nReturn.",
    ]
    return "\f".join(
        f"Mercy Hospital\nMRN 12345   Page {page} of {num_pages}\n\n{bodies[(page - 1) % 3]}"
        f"\n\nConfidential - do not copy\nPrinted by jdoe on 03/0{page}/2020\n"
        for page in range(1, num_pages + 1)
    )


def test_headers_and_footers_of_pages_go_and_the_sentence_goes_on() -> None:
    after, kinds = repair(report_of_pages(3), ALL)
    assert after == (
        "Mercy Hospital\nMRN 12345\n\nThe patient was seen in the clinic and had\nno complaints of chest pain.\n\n"
        "FINDINGS:\nClear lungs\nof normal volume.\n\nPLAN:\nReturn."
    )
    assert kinds == ("white space", "page furniture")


def test_a_header_of_two_pages_is_left() -> None:
    assert repair(report_of_pages(2), ALL)[0].count("Mercy Hospital") == 2


@pytest.mark.parametrize(
    "line", ["Page 3 of 7", "- page 3/7 -", "(continued)", "Continued on next page", "Printed by J. Doe on 03/04/2020 10:11"]
)
def test_lines_that_go_wherever_they_stand_alone(line: str) -> None:
    assert remove_page_furniture(f"One.\n\n{line}\n\nTwo.") == "One.\n\nTwo."
    assert remove_page_furniture(f"One, see {line} there.") == f"One, see {line} there."


def test_headings_and_sentences_of_reports_on_pages_of_their_own_stay() -> None:
    text = "\f".join(
        f"FINDINGS:\nHeart {size}.\nIMPRESSION\nNo acute abnormality." for size in ("normal", "large", "small", "absent", "round")
    )
    after, _ = repair(text, ALL)
    assert words_of(after) == words_of(text)


@pytest.mark.parametrize("line", ["{}", "- {} -", "Page {}", "A. Writer et al.   {}"])
@pytest.mark.parametrize(("numbers", "gone"), [((1, 2, 3, 4), True), ((7, 8, 9, 10), True), ((140, 138, 141, 139), False)])
def test_numbers_go_where_they_count_the_pages(line: str, numbers: tuple[int, ...], gone: bool) -> None:
    pages = [f"Text of the {name} page\nof several\nlines\n{line.format(number)}" for name, number in zip("abcd", numbers, strict=True)]
    text = "\f".join(pages)
    if line == "Page {}" and not gone:
        pytest.skip("a page's number is one, whatever it counts")
    assert [str(number) in words_of(repair(text, ALL)[0]) for number in numbers] == [not gone] * 4


def test_findings_at_the_ends_of_pages_stay() -> None:
    values = (140, 138, 141, 139)
    text = "\f".join(
        f"Sodium {value}\nSeen in year {value}\nof the town of {value}\nPotassium {value - 135}.{value % 10}" for value in values
    )
    assert words_of(repair(text, ALL)[0]) == words_of(text)


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


def test_real_texts_keep_their_words(shared_data: Path) -> None:
    changed = 0
    with gzip.open(shared_data / "pretrain" / "mini.jsonl.gz", "rt", encoding="utf-8") as file:
        for line in file:
            text = json.loads(line)["text"]
            after, kinds = repair(text, ALL)
            changed += bool(kinds)
            assert words_of(after) == words_of(text)
            assert repair(after, ALL) == (after, ())
    assert changed > 10
