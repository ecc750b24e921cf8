from __future__ import annotations

import itertools
from random import Random
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medpretrain.deidentify.finding import KINDS, SAFE_HARBOR, Finding, united
from medpretrain.deidentify.settings import DeidentifySettings, Kind

FINDINGS = st.builds(
    lambda start, length, kind, rule: Finding(start, start + length, kind, rule),
    st.integers(0, 60),
    st.integers(1, 12),
    st.sampled_from(KINDS),
    st.sampled_from("abc"),
)


def test_all_eighteen_classes_have_a_kind() -> None:
    assert set(SAFE_HARBOR.values()) == set("ABCDEFGHIJKLMNOPQR")


def test_settings_know_the_same_kinds() -> None:
    assert get_args(Kind) == KINDS


def test_overlapping_findings_become_one_that_covers_both() -> None:
    found = united([Finding(4, 9, "DATE", "iso"), Finding(0, 6, "NAME", "title"), Finding(9, 12, "AGE", "age")])
    assert found == [Finding(0, 9, "NAME", "title"), Finding(9, 12, "AGE", "age")]


def test_at_equal_lengths_the_first_kind_leads() -> None:
    assert united([Finding(0, 9, "PHONE", "us"), Finding(0, 9, "SSN", "ssn")]) == [Finding(0, 9, "SSN", "ssn")]


@given(st.lists(FINDINGS), st.randoms())
def test_what_is_covered_stays_covered_and_order_does_not_matter(findings: list[Finding], random: Random) -> None:
    apart = united(findings)
    assert {place for one in apart for place in range(one.start, one.end)} == {p for one in findings for p in range(one.start, one.end)}
    assert all(first.end <= second.start for first, second in itertools.pairwise(apart))
    random.shuffle(findings)
    assert united(findings) == apart
    assert united(apart) == apart


def test_surrogates_without_a_secret_are_refused() -> None:
    with pytest.raises(ValueError, match="mode=surrogate needs secret_file"):
        DeidentifySettings(mode="surrogate")
