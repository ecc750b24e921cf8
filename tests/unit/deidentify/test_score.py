"""What is counted as found, as right, as missed and as false; and what of the gold need not be found."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from medpretrain.deidentify.finding import Finding
from medpretrain.deidentify.gold import GoldDocument, GoldSpan, gold_document, may_be_left, read_gold
from medpretrain.deidentify.score import format_score, score, shape_of
from medpretrain.errors import InputError

TEXT = "Seen by Dr. Maria Okafor on 3/4/2019; MRN 0012."


def marked(text: str, *labelled: tuple[str, str]) -> GoldDocument:
    """A document in which each of the texts is marked with its label."""
    return GoldDocument(text, tuple(GoldSpan(text.index(of), text.index(of) + len(of), label) for of, label in labelled))


def finding(text: str, of: str, kind: str, rule: str = "a rule") -> Finding:
    return Finding(text.index(of), text.index(of) + len(of), kind, rule)


GOLD = marked(TEXT, ("Maria Okafor", "NAME"), ("3/4/2019", "DATE"), ("0012", "MRN"))


def total_of(*findings: Finding) -> dict[str, Any]:
    return score([GOLD], [findings]).as_dict()["total"]


def test_all_found() -> None:
    told = score(
        [GOLD], [[finding(TEXT, "Maria Okafor", "NAME"), finding(TEXT, "3/4/2019", "DATE"), finding(TEXT, "0012", "MRN")]]
    ).as_dict()
    for key in ("strict_recall", "recall", "recall_of_class", "strict_precision", "precision"):
        assert told["total"][key] == 1.0
    assert told["missed"] == told["false"] == {}
    assert told["labels"]["NAME"]["num_words"] == 2
    assert told["labels"]["DATE"]["num_words"] == 2  # the year may stay


def test_a_title_in_a_finding_counts_nowhere_and_is_not_strict() -> None:
    total = total_of(finding(TEXT, "Dr. Maria Okafor", "NAME"))
    assert (total["num_found"], total["num_strict"], total["precision"]) == (2, 0, 1.0)


def test_a_word_half_found_is_missed() -> None:
    total = total_of(finding(TEXT, "Maria Okafo", "NAME"))
    assert (total["num_found"], total["precision"]) == (1, 1.0)


def test_a_finding_of_another_class_protects_but_is_not_right() -> None:
    total = total_of(finding(TEXT, "0012", "PHONE"))
    assert (total["num_found"], total["num_right"], total["num_strict"], total["precision"]) == (1, 0, 0, 1.0)


def test_false_findings_are_told_by_rule_and_missed_ones_by_label_as_shapes() -> None:
    counts = score([GOLD], [[finding(TEXT, "Seen by", "NAME", "eager"), finding(TEXT, "3/4/2019", "DATE")]])
    told = counts.as_dict()
    assert told["total"]["precision"] == 2 / 4
    assert told["false"] == {"eager": {"Aaaa aa": 1}}
    assert told["missed"] == {"NAME": {"Aaaaa Aaaaaa": 1}, "MRN": {"9999": 1}}
    for word in ("Maria", "Okafor", "0012"):
        assert word not in format_score(counts)
        assert word not in json.dumps(told)


def test_texts_are_told_where_they_are_asked_for() -> None:
    counts = score([GOLD], [[finding(TEXT, "Seen", "NAME")]], show_text=True)
    assert counts.as_dict()["missed"]["NAME"] == {"Maria Okafor": 1}
    assert "Okafor" in format_score(counts)


@pytest.mark.parametrize(
    ("label", "written", "left"),
    [
        ("NRP", "Kenyan", ["Kenyan"]),
        ("ORGANIZATION", "Acme Inc", ["Acme Inc"]),
        ("AGE", "79", ["79"]),
        ("AGE", "92", []),
        ("AGE", "ninety-two", []),
        ("AGE_OVER_89", "103", []),
        ("DATE_TIME", "1980", ["1980"]),
        ("DATE_TIME", "Thursday", ["Thursday"]),
        ("DATE_TIME", "Thursday the 3rd", ["the", "rd"]),
        ("DATE", "5th of March 2019", ["2019", "th", "of"]),
        ("DATE", "2019-03-04T12:30:11Z", ["2019", "12:30:11", "T", "Z"]),
        ("DATE", "20190304", []),
        ("DATE", "Tues 3/4", []),
        ("LOCATION", "Kenya", ["Kenya"]),
        ("ADDRESS", "12 Elm St\nLake Kevin, MT 25327", [" MT"]),
        ("ADDRESS", "12 Elm St, Nebraska", [" Nebraska"]),
        ("ADDRESS", "Georgia Street 4", []),
        ("HOSPITAL", "Georgia", []),
        ("PERSON", "Mr. Ito Jr.", ["Mr", "Jr"]),
        ("SSN", "2019", []),
    ],
)
def test_what_may_be_left(label: str, written: str, left: list[str]) -> None:
    text = f"see {written}."
    stretches = may_be_left(text, GoldSpan(4, 4 + len(written), label))
    assert [text[start:end] for start, end in stretches] == left


def test_a_span_that_may_be_left_counts_neither_way() -> None:
    text = "In 1980 in Kenya"
    gold = marked(text, ("1980", "DATE"), ("Kenya", "GPE"))
    for findings in ([], [finding(text, "1980", "DATE"), finding(text, "Kenya", "LOCATION")]):
        told = score([gold], [findings]).as_dict()
        assert told["labels"] == {}
        assert told["kinds"] == {}


def test_what_one_label_leaves_another_can_ask_for() -> None:
    text = "to Georgia Moore"
    gold = marked(text, ("Georgia", "GPE"), ("Georgia Moore", "PERSON"))
    total = score([gold], [[finding(text, "Moore", "NAME")]]).as_dict()["total"]
    assert (total["num_words"], total["num_found"]) == (2, 1)


def test_one_document_too_few_is_an_error() -> None:
    with pytest.raises(ValueError, match="shorter"):
        score([GOLD, GOLD], [[]])


@pytest.mark.parametrize(
    ("text", "shape"),
    [("O'Neil,  Ann 12", "A'Aaaa, Aaa 99"), ("Wolfeschlegel", "Aaaaaa"), ("NGUYỄN\nthị", "AAAAA aaa"), ("(21)AB-1", "(99)AA-9"), ("", "")],
)
def test_shapes(text: str, shape: str) -> None:
    assert shape_of(text) == shape


@pytest.mark.parametrize("name", ["gold.jsonl", "gold.jsonl.gz"])
def test_gold_is_read(tmp_path: Path, name: str) -> None:
    record = {"id": 1, "text": "É: Ito", "spans": [{"start": 3, "end": 6, "label": "NAME", "text": "Ito"}]}
    opener = gzip.open if name.endswith(".gz") else open
    with opener(tmp_path / name, "wt", encoding="utf-8") as file:
        file.write(json.dumps(record) + "\n")
    assert list(read_gold(tmp_path / name)) == [GoldDocument("É: Ito", (GoldSpan(3, 6, "NAME"),))]


@pytest.mark.parametrize(
    ("span", "found"),
    [
        ({"start": 0, "end": 9, "label": "NAME"}, "lies from 0 to 9 of a text of 6 characters"),
        ({"start": 3, "end": 3, "label": "NAME"}, "lies from 3 to 3"),
        ({"start": -1, "end": 2, "label": "NAME"}, "lies from -1 to 2"),
        ({"start": True, "end": 2, "label": "NAME"}, "has not a start"),
        ({"start": 0, "end": 2}, "has not a start"),
        ("NAME", "has not a start"),
        ({"start": 0, "end": 3, "label": "NAME", "text": "Ito"}, "does not say what stands there"),
        ({"start": 0, "end": 3, "label": "SHOE", "text": "Ann"}, "has the label `SHOE`"),
    ],
)
def test_wrong_spans_are_refused_without_a_word_of_the_text(tmp_path: Path, span: Any, found: str) -> None:
    path = tmp_path / "gold.jsonl"
    path.write_text(json.dumps({"text": "x", "spans": []}) + "\n" + json.dumps({"text": "Ann 12", "spans": [span]}) + "\n")
    with pytest.raises(InputError) as error:
        list(read_gold(path))
    assert error.value.where == f"{path} line 2, span 0"
    assert found in error.value.found
    assert "Ann" not in str(error.value)


@pytest.mark.parametrize("line", ["{", "[]", '{"text": "a"}', '{"text": 1, "spans": []}', ""])
def test_lines_that_are_no_gold_are_refused(tmp_path: Path, line: str) -> None:
    path = tmp_path / "gold.jsonl"
    path.write_text(line + "\n")
    with pytest.raises(InputError, match="line 1"):
        list(read_gold(path))


def test_a_document_shows_no_text() -> None:
    assert "Okafor" not in repr(gold_document({"text": TEXT, "spans": []}, "here"))


def test_the_gold_files_score_whole_when_all_is_found(shared_data: Path) -> None:
    for name in ("clinical_phi", "presidio_pii"):
        gold = list(read_gold(shared_data / "phi" / f"{name}.jsonl.gz"))
        found = [[Finding(span.start, span.end, "NAME", "gold") for span in document.spans] for document in gold]
        total = score(gold, found).as_dict()["total"]
        assert total["num_spans"] > 4_000
        assert (total["recall"], total["precision"]) == (1.0, 1.0)
