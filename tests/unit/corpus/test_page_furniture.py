"""What stands on every page goes; headings, sentences and findings at the ends of pages stay."""

from __future__ import annotations

import pytest

from medpretrain.corpus.page_furniture import remove_page_furniture
from medpretrain.corpus.repair import repair
from medpretrain.corpus.settings import RepairSettings
from medpretrain.corpus.words import words_of

ALL = RepairSettings()


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
