"""What may change between two starts of a run: refused, recorded, or free."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from medpretrain.errors import InputError
from medpretrain.train.recipes import load_recipe
from medpretrain.train.resume import check_resumable, recipe_of


def resolved(*overrides: str) -> dict[str, Any]:
    return load_recipe("tiny-cpu", overrides).model_dump(mode="json")


@pytest.mark.parametrize(
    ("override", "key", "found", "expected"),
    [
        ("seed=7", "seed", "7", "42"),
        ("data.seq_len=256", "data.seq_len", "256", "512"),
        ("data.mask_separator_targets=true", "data.mask_separator_targets", "True", "False"),
        ("init_from=models/llama", "init_from", "'models/llama'", "None"),
    ],
)
def test_another_run_is_refused(override: str, key: str, found: str, expected: str) -> None:
    (error,), recorded = check_resumable(resolved(), resolved(override), "runs/first")
    assert error.where == f"recipe key `{key}`"
    assert error.found == f"is {found}"
    assert error.expected == f"{expected}, with which runs/first began"
    assert error.remedy == "set it back, or start another run with another --run"
    assert recorded == {}


def test_a_setting_newer_than_the_checkpoint_is_at_its_default() -> None:
    saved = resolved()
    del saved["model"]["tied_embeddings"]
    assert recipe_of({"recipe": saved}, Path("runs/first")) == resolved()


def test_a_checkpoint_whose_recipe_this_version_does_not_know() -> None:
    with pytest.raises(InputError) as caught:
        recipe_of({"recipe": {**resolved(), "ancient": 1}}, Path("runs/first/checkpoints/step-0000010"))
    assert caught.value.where == "runs/first/checkpoints/step-0000010"
    assert "ancient" in caught.value.found
    assert caught.value.expected == "the settings of this version"
    assert caught.value.remedy == "use the medpretrain that wrote it"


@pytest.mark.parametrize(
    "override",
    [
        "model.num_layers=4",
        "model.init_std=0.01",
        "model.vocab_size=4095",
        "model.rope_theta=500000",
        "model.tied_embeddings=True",
        "model.biases=True",
    ],
)
def test_another_model_is_refused(override: str) -> None:
    (error,), _ = check_resumable(resolved(), resolved(override), "runs/first")
    key, _, value = override.partition("=")
    name = key.removeprefix("model.")
    assert error.where == "recipe key `model`"
    assert f"'{name}': {value}" in error.found
    assert f"'{name}': {value}" not in error.expected


@pytest.mark.parametrize(
    ("override", "key"),
    [
        ("batch.global_rows=16", "batch.global_rows"),
        ("schedule.total_steps=400", "schedule"),
        ("schedule.peak_learning_rate=1e-3", "schedule"),
        ("optimizer.weight_decay=0.0", "optimizer"),
        ("precision=fp32", "precision"),
        ("batch.ramp=[{until_tokens: 40000, global_rows: 4}]", "batch.ramp"),
        ("schedule.kind=linear", "schedule"),
        ("data.sources.more.shards=packed/more", "data.sources"),
    ],
)
def test_what_changes_the_mathematics_is_recorded_with_both_values(override: str, key: str) -> None:
    before, now = resolved(), resolved(override)
    refused, recorded = check_resumable(before, now, "runs/first")
    assert refused == []
    assert list(recorded) == [key]
    was, became = recorded[key]
    top, _, rest = key.partition(".")
    assert was == (before[top][rest] if rest else before[top])
    assert became == (now[top][rest] if rest else now[top])
    assert was != became


@pytest.mark.parametrize(
    "override",
    [
        "parallel.tensor=2",
        "batch.micro_rows=1",
        "log_every_steps=1",
        "validation.every_steps=7",
        "checkpoint.every_steps=7",
        "recompute_layers=true",
        "compile=false",
        "stop_after_steps=3",
        "data.held_out=packed/heldout",
    ],
)
def test_what_leaves_the_mathematics_alone_is_free(override: str) -> None:
    assert resolved() != resolved(override)
    assert check_resumable(resolved(), resolved(override), "runs/first") == ([], {})


def test_another_loss_scale_is_recorded() -> None:
    refused, recorded = check_resumable(resolved("precision=fp16"), resolved("precision=fp16", "loss_scale.window_steps=100"), "runs/first")
    assert (refused, recorded) == ([], {"loss_scale": [None, {"initial_power": 16, "window_steps": 100}]})


def test_all_changes_are_told_at_once() -> None:
    refused, recorded = check_resumable(
        resolved(), resolved("seed=7", "data.seq_len=256", "precision=fp32", "schedule.total_steps=400"), "runs/first"
    )
    assert {error.where for error in refused} == {"recipe key `seed`", "recipe key `data.seq_len`"}
    assert recorded.keys() == {"schedule", "precision"}
    assert recorded["precision"] == ["bf16", "fp32"]
