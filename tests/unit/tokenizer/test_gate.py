"""Thresholds: read, checked against what is measured, and all that fall short told at once."""

from __future__ import annotations

import math

import pytest

from medpretrain.errors import InputErrors
from medpretrain.tokenizer.gate import Requirement, check_names, gate_record, parse_requirements, shortfalls

MEASURED = {"fertility.clinical_note": 1.3, "coverage.every_word": 0.9, "unseen": 0.01, "drift": math.nan}


def test_requirements_are_read() -> None:
    assert parse_requirements(["fertility.clinical_note<=1.2", " coverage.every_word >= .995 "]) == [
        Requirement("fertility.clinical_note", False, 1.2),
        Requirement("coverage.every_word", True, 0.995),
    ]


@pytest.mark.parametrize("word", ["unseen", "unseen<0.1", "unseen=0.1", "unseen<=", "<=3", "unseen<=much", "unseen<=nan", "a<=1<=2", ""])
def test_what_is_no_requirement_is_told(word: str) -> None:
    with pytest.raises(InputErrors) as caught:
        parse_requirements(["unseen<=1", word, "x"])
    assert [error.where for error in caught.value.errors] == [f"--require {word}", "--require x"]
    assert "NAME<=LIMIT" in caught.value.errors[0].expected
    assert "quotes" in caught.value.errors[0].remedy


def test_all_that_fall_short_are_told_with_value_and_limit() -> None:
    required = parse_requirements(["fertility.clinical_note<=1.2", "coverage.every_word>=0.995", "unseen<=0.01", "drift<=0.05"])
    assert [str(each) for each in shortfalls(required, MEASURED)] == [
        "fertility.clinical_note is 1.3; limit: at most 1.2",
        "coverage.every_word is 0.9; limit: at least 0.995",
        "drift is nothing that it could be measured on; limit: at most 0.05",
    ]
    record = gate_record(required, MEASURED)
    assert record["passed"] is False
    assert [each["met"] for each in record["requirements"]] == [False, False, True, False]  # type: ignore[attr-defined]


def test_nothing_required_is_passed() -> None:
    assert gate_record([], MEASURED) == {"passed": True, "requirements": [], "fell_short": []}


def test_unknown_names_are_told_with_what_there_is() -> None:
    required = parse_requirements(["fertility.letter<=1", "unseen<=1", "bits.x<=2"])
    with pytest.raises(InputErrors) as caught:
        check_names(required, MEASURED, {"bits": "give --bits"})
    first, second = caught.value.errors
    assert (first.where, first.found) == ("--require fertility.letter<=1", "fertility.letter is not measured here")
    assert first.expected == "one of coverage.every_word, drift, fertility.clinical_note, unseen"
    assert (first.remedy, second.remedy) == ("name one of these", "give --bits")
