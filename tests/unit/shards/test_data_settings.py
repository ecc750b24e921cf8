"""The data part of a recipe."""

from __future__ import annotations

from pathlib import Path

import pytest

from medpretrain.config import load_settings
from medpretrain.errors import InputErrors
from medpretrain.shards.settings import DataSettings


def test_sources_are_named_and_can_be_overridden_one_by_one() -> None:
    values = {"seq_len": 512, "sources": {"reports": {"shards": "a"}, "papers": {"shards": "b", "weight": 0.5}}}
    found = load_settings(DataSettings, values, ["sources.papers.weight=3", "held_out=c"])
    assert found.sources["reports"].weight == 1.0
    assert found.sources["papers"].weight == 3.0
    assert found.sources["papers"].shards == Path("b")
    assert found.held_out == Path("c")


@pytest.mark.parametrize(
    ("weights", "found", "expected", "remedy"),
    [
        ((0, 0), "every source has weight 0", "at least one weight above 0", "raise a weight"),
        (
            (1, 1e-5),
            "sources.papers.weight 1e-05 is less than a 10,000th of all",
            "a share of at least 1/10,000, or 0",
            "raise it or set it to 0",
        ),
    ],
)
def test_weights_that_cannot_be_a_mixture_are_told(weights: tuple[float, float], found: str, expected: str, remedy: str) -> None:
    values = {
        "seq_len": 512,
        "sources": {"reports": {"shards": "a", "weight": weights[0]}, "papers": {"shards": "b", "weight": weights[1]}},
    }
    with pytest.raises(InputErrors) as caught:
        load_settings(DataSettings, values)
    (error,) = caught.value.errors
    assert (error.where, error.found) == ("settings, key `(whole file)`", found)
    assert (error.expected, error.remedy) == (expected, remedy)
