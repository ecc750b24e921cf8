"""errors.py: the four parts of a user's mistake."""

from __future__ import annotations

import pytest

from medpretrain.errors import InputError, InputErrors


def test_the_four_parts_stay_apart_and_read_as_one_sentence() -> None:
    error = InputError("corpus.jsonl line 12", "is not JSON", "one JSON object a line", "mend or remove the line")
    assert (error.where, error.found, error.expected, error.remedy) == (
        "corpus.jsonl line 12",
        "is not JSON",
        "one JSON object a line",
        "mend or remove the line",
    )
    assert str(error) == "corpus.jsonl line 12: is not JSON; expected one JSON object a line; mend or remove the line"


def test_several_errors_are_one_exception_with_a_line_each() -> None:
    first, second = InputError("a", "b", "c", "d"), InputError("e", "f", "g", "h")
    errors = InputErrors([first, second])
    assert errors.errors == (first, second)
    assert str(errors).splitlines() == ["a: b; expected c; d", "e: f; expected g; h"]


def test_no_error_at_all_is_our_own_mistake() -> None:
    with pytest.raises(AssertionError, match="at least one"):
        InputErrors([])
