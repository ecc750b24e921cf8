"""A run stopped and resumed again and again is, to the last bit, the run never stopped: after skipped updates (of the very first step
too), at the ends of epochs and around them, under each of DeepSpeed's settings that hold the state in another way."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from engine_runs import join_mesh
from processes import run_processes
from row_audit import assert_each_row_once_an_epoch
from whole_runs import SMALL_SKIPPING, ZERO, events_of, train_once, trajectory

from medpretrain.checkpoint.format import VALUE_KEYS
from medpretrain.checkpoint.paths import step_directory
from medpretrain.checkpoint.reader import CheckpointReader
from medpretrain.train.run_directory import read_json_lines

pytestmark = pytest.mark.slow

STEPS = 8
RAMP = [{"until_tokens": 2 * 64, "global_rows": 1}, {"until_tokens": 8 * 64, "global_rows": 2}]  # steps of 1, 1, 2, 2, 2, 3, 3, 3 rows


def train_in_parts(
    rank: int, world_size: int, run: Path, values: dict[str, Any], zero: dict[str, Any], parts: Sequence[int]
) -> list[dict[str, Any]]:
    """A run that is stopped after so many steps, put together anew, stopped after so many more, and so on."""
    mesh = join_mesh(rank, world_size, 1)
    return [train_once(mesh, {**values, "stop_after_steps": steps}, run, zero, SMALL_SKIPPING) for steps in parts]


def train_whole_and_in_parts(
    rank: int, world_size: int, directory: Path, values: dict[str, Any], zero: dict[str, Any], parts: Sequence[int]
) -> list[dict[str, Any]]:
    """A run never stopped; then one that is stopped after so many steps, and so on."""
    mesh = join_mesh(rank, world_size, 1)
    whole = train_once(mesh, values, directory / "whole", zero, SMALL_SKIPPING)
    stopping = [{**values, "stop_after_steps": steps} for steps in parts]
    return [whole, *(train_once(mesh, part, directory / "run", zero, SMALL_SKIPPING) for part in stopping)]


def assert_the_same(attempts: list[dict[str, Any]], whole: dict[str, Any], run: Path, whole_run: Path, values: dict[str, Any]) -> None:
    assert [attempt["code"] for attempt in attempts] == [75] * (len(attempts) - 1) + [0]
    assert (attempts[-1]["state"], attempts[-1]["compute"]) == (whole["state"], whole["compute"])
    assert trajectory(run) == trajectory(whole_run)
    assert [event["step"] for event in events_of(run, "update_skipped")] == list(SMALL_SKIPPING.nan_at)
    assert_each_row_once_an_epoch(run, values)


@pytest.mark.long
def test_resumed_after_every_step_equals_never_stopped(small: dict[str, Any], small_uninterrupted, tmp_path: Path):
    whole_run, whole = small_uninterrupted
    for attempts, of_whole in zip(
        run_processes(train_in_parts, 2, tmp_path, tmp_path / "run", small, ZERO, [1] * STEPS), whole, strict=True
    ):
        assert [attempt["first_step"] for attempt in attempts] == list(range(STEPS))
        assert_the_same(attempts, of_whole, tmp_path / "run", whole_run, small)


CASES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "ZeRO-3, sub-groups, optimizer on the host": ({"stage": 3, "sub_group_size": 1000, "offload_optimizer": {"device": "cpu"}}, {}),
    "ZeRO-2": ({"stage": 2}, {}),
    "ZeRO-3, tied embeddings": ({"stage": 3}, {"model": {"tied_embeddings": True}}),
    # The loss scale falls with each skipped update and rises with the second finite step after it, and so with step 7 and not step 6.
    "ZeRO-3, fp16": ({"stage": 3}, {"precision": "fp16", "loss_scale": {"initial_power": 10, "window_steps": 1}}),
    "ZeRO-2, a ramp of batches": ({"stage": 2}, {"batch": {"global_rows": 3, "micro_rows": 1, "ramp": RAMP}}),
    "ZeRO-2, fp32, optimizer on the host": ({"stage": 2, "offload_optimizer": {"device": "cpu"}}, {"precision": "fp32"}),
}


PARTS = (1, 1, 3, 3)  # it is stopped after each of the skipped updates


LONG_CASES = {"ZeRO-3, tied embeddings", "ZeRO-2", "ZeRO-3, fp16"}  # one of the others has what each of them has, but for one thing


@pytest.mark.parametrize("case", [pytest.param(case, marks=pytest.mark.long if case in LONG_CASES else ()) for case in CASES])
def test_resumed_after_skipped_updates_equals_never_stopped(case: str, small: dict[str, Any], tmp_path: Path):
    zero, changes = CASES[case]
    parts = (1, 1, 3, 1, 2) if changes.get("precision") == "fp16" else PARTS  # and once where the loss scale is about to rise
    values = {**small, **changes, "model": {**small["model"], **changes.get("model", {})}}
    for whole, *attempts in run_processes(train_whole_and_in_parts, 2, tmp_path, tmp_path, values, {"zero_optimization": zero}, parts):
        assert [attempt["first_step"] for attempt in attempts] == [0, *itertools.accumulate(parts[:-1])]
        assert_the_same(attempts, whole, tmp_path / "run", tmp_path / "whole", values)
    assert_skipped_updates_change_nothing(tmp_path / "run")
    if values["precision"] == "fp16":
        scales = [line["loss_scale"] for line in read_json_lines(tmp_path / "run" / "metrics.jsonl") if "loss_scale" in line]
        assert scales == [1024, 512, 256, 256, 512, 256, 256, 512]


def assert_skipped_updates_change_nothing(run: Path) -> None:
    """Weights, moments and Adam's step of each checkpoint are those of the one before where the update was skipped, and only there."""
    before: dict[tuple[str, str], torch.Tensor] = {}
    for step in range(1, STEPS + 1):
        reader = CheckpointReader(step_directory(run, step))
        state = {(name, key): reader.read_full(name, key) for name in reader.parameters for key in VALUE_KEYS}
        assert all(value.isfinite().all() for value in state.values())
        updates = sum(number not in SMALL_SKIPPING.nan_at for number in range(1, step + 1))
        assert {reader.step_of(name) for name in reader.parameters} == {updates}
        if updates == 0:
            assert not any(value.any() for (_, key), value in state.items() if key != "master")
        changed = [name for name in before if not torch.equal(state[name], before[name])]
        assert changed == ([] if step in SMALL_SKIPPING.nan_at else list(before))
        before = state


def train_seeds(rank: int, world_size: int, directory: Path, values: dict[str, Any], seeds: Sequence[int]) -> list[str]:
    mesh = join_mesh(rank, world_size, 1)
    return [train_once(mesh, {**values, "seed": seed}, directory / str(seed), ZERO, SMALL_SKIPPING)["state"] for seed in seeds]


def test_two_runs_with_one_seed_are_equal_and_another_seed_is_not(small: dict[str, Any], small_uninterrupted, tmp_path: Path):
    _, reference = small_uninterrupted
    for (again, other), before in zip(run_processes(train_seeds, 2, tmp_path, tmp_path, small, [42, 43]), reference, strict=True):
        assert again == before["state"]
        assert other != before["state"]
