"""The model's shape: what follows from it, and which shapes are refused."""

from __future__ import annotations

from typing import Any

import pytest

from medpretrain.config import load_settings
from medpretrain.errors import InputErrors
from medpretrain.model.settings import ModelSettings, swiglu_size

VALUES: dict[str, Any] = {
    "vocab_size": 600,
    "hidden_size": 48,
    "num_layers": 2,
    "num_heads": 8,
    "num_kv_heads": 4,
    "head_size": 6,
    "ffn_size": 80,
}


@pytest.mark.parametrize(
    ("hidden_size", "expected"), [(4096, 11_008), (2048, 5_632), (256, 768), (96, 256), (97, 512), (768, 2_048), (5120, 13_824)]
)
def test_swiglu_size(hidden_size: int, expected: int) -> None:
    assert swiglu_size(hidden_size) == expected


def test_swiglu_size_with_another_multiple() -> None:
    assert swiglu_size(4096, multiple=1) == 10_923  # 8/3 of 4,096 is 10,922.67
    assert swiglu_size(96, multiple=8) == 256


@pytest.mark.parametrize(("vocab_size", "padded"), [(1, 512), (511, 512), (512, 512), (513, 1024), (32_768, 32_768), (64_000, 64_000)])
def test_vocabulary_is_padded_to_a_multiple_of_512(vocab_size: int, padded: int) -> None:
    assert ModelSettings(**{**VALUES, "vocab_size": vocab_size}).padded_vocab_size == padded


@pytest.mark.parametrize(
    ("change", "where", "found", "expected", "remedy"),
    [
        (
            {"num_kv_heads": 3},
            "(whole file)",
            "num_heads 8 with num_kv_heads 3",
            "whole groups of query heads for each key-value head",
            "make num_heads a multiple of num_kv_heads",
        ),
        ({"head_size": 5}, "(whole file)", "head_size is 5", "an even number, as RoPE rotates pairs", "change head_size"),
        ({"num_layers": 0}, "num_layers", "is 0", "greater than 0", "change the value"),
        ({"init_std": 0.0}, "init_std", "is 0.0", "greater than 0", "change the value"),
        ({"rope_theta": 1.0}, "rope_theta", "is 1.0", "greater than 1", "change the value"),
    ],
)
def test_shapes_that_cannot_be(change: dict[str, Any], where: str, found: str, expected: str, remedy: str) -> None:
    with pytest.raises(InputErrors) as caught:
        load_settings(ModelSettings, {**VALUES, **change})
    (error,) = caught.value.errors
    assert (error.where, error.found, error.expected, error.remedy) == (f"settings, key `{where}`", found, expected, remedy)
