"""A job killed and started again by the same command is, to the last bit, the job that was never killed, on the same rows."""

from __future__ import annotations

import json
import random
import shutil
from pathlib import Path
from typing import Any

import pytest
from processes import run_processes
from row_audit import assert_each_row_once_an_epoch
from whole_runs import (
    SKIPPING,
    SMALL_SKIPPING,
    ZERO,
    Harm,
    events_of,
    kill_once_logged,
    kill_right_after,
    recipe_values,
    train_whole,
    trajectory,
)

from medpretrain.checkpoint.paths import step_directory
from medpretrain.train.run_directory import read_json_lines

pytestmark = pytest.mark.slow


def test_killed_three_times_and_resumed_equals_never_stopped(shards: Path, uninterrupted, tmp_path: Path):
    reference_run, reference = uninterrupted
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    generator = random.Random(seed)
    run, values = tmp_path / "run", recipe_values(shards)
    kill_once_logged(generator.randrange(5, 8), generator.randrange(4), 4, values, run, SKIPPING)  # in warm-up
    kill_right_after(9, generator.randrange(4), 4, values, run, SKIPPING)  # after a skipped update that no checkpoint knows of
    kill_right_after(12, generator.randrange(4), 4, values, run, SKIPPING)  # after a skipped update that a checkpoint was taken of
    resumed = run_processes(train_whole, 4, tmp_path, values, run, ZERO, SKIPPING)
    for ours, theirs in zip(resumed, reference, strict=True):
        assert (ours["code"], ours["state"], ours["compute"]) == (0, theirs["state"], theirs["compute"])
    assert trajectory(run) == trajectory(reference_run)
    assert_each_row_once_an_epoch(run, values)

    assert len(events_of(run, "started")) == 1
    first, *others = (event["step"] for event in events_of(run, "resumed"))
    assert first in (4, 7, 8)  # later where the job came so far before the signal did
    assert others == [8, 12]
    skipped = [(event["attempt"], event["step"], event["first_sample"]) for event in events_of(run, "update_skipped")]
    assert skipped == [(1, 1, 0), (2, 9, 72), (3, 9, 72), (3, 12, 99)]
    metrics = {line["step"]: line for line in read_json_lines(run / "metrics.jsonl") if "loss" in line}
    assert [step for step, line in metrics.items() if line["loss"] is None] == [1, 12]
    assert [step for step, line in metrics.items() if line["gradient_norm"] is None] == [1, 9, 12]


def test_killed_under_changing_numbers_of_replicas_it_trains_each_row_once(small: dict[str, Any], tmp_path: Path):
    # An epsilon above the rounding noise of gradients, which Adam would else turn into steps of its own.
    values = {**small, "precision": "fp32", "optimizer": {"epsilon": 1e-5}, "checkpoint": {"every_steps": 2}}
    harm = Harm({1: "loss", 5: "loss"})
    run, whole = tmp_path / "run", tmp_path / "whole"
    kill_right_after(3, 2, 4, {**values, "parallel": {"tensor": 2}}, run, harm)  # two replicas
    kill_right_after(5, 0, 3, values, run, harm)  # three, each with one row of a step
    resumed = run_processes(train_whole, 1, tmp_path, values, run, ZERO, harm)
    assert (resumed[0]["first_step"], resumed[0]["code"]) == (4, 0)
    topologies = [(event["topology"]["tp"], event["topology"]["dp"]) for name in ("started", "resumed") for event in events_of(run, name)]
    assert topologies == [(2, 2), (1, 3), (1, 1)]
    run_processes(train_whole, 1, tmp_path, values, whole, ZERO, harm)
    assert assert_each_row_once_an_epoch(run, values) == assert_each_row_once_an_epoch(whole, values)
    ours, alone = trajectory(run), trajectory(whole)
    assert ours.keys() == alone.keys()
    for key, [numbers] in alone.items():
        for found in ours[key] if numbers.get("loss") is not None else ():
            assert found["loss"] == pytest.approx(numbers["loss"], rel=1e-5)


def test_where_no_checkpoint_is_whole_nothing_is_begun_anew(small: dict[str, Any], small_uninterrupted, tmp_path: Path):
    run = tmp_path / "run"
    shutil.copytree(small_uninterrupted[0], run)
    for marker in (run / "checkpoints").glob("*/COMPLETE"):
        marker.unlink()
    with pytest.raises(AssertionError, match=r"holds 8 checkpoints, none of which is whole \(step-0000008: .* has no marker COMPLETE"):
        run_processes(train_whole, 2, tmp_path, small, run)
    assert len(list((run / "checkpoints").iterdir())) == 8


@pytest.mark.parametrize("num_damaged", [1, 3])
def test_damaged_checkpoints_are_passed_over_with_their_reasons_for_the_one_before(
    small: dict[str, Any], small_uninterrupted, tmp_path: Path, num_damaged: int
):
    reference_run, reference = small_uninterrupted
    run = tmp_path / "run"
    shutil.copytree(reference_run, run)
    newest = [step_directory(run, step) for step in (8, 7, 6)]
    victim = newest[0] / "rank-00001.safetensors"
    content = bytearray(victim.read_bytes())
    content[len(content) // 2] ^= 1
    victim.write_bytes(content)
    if num_damaged == 3:
        victim = newest[1] / "rank-00000.safetensors"
        victim.write_bytes(victim.read_bytes()[:-100])
        (newest[2] / "COMPLETE").unlink()
    resumed = run_processes(train_whole, 2, tmp_path, small, run, ZERO, SMALL_SKIPPING)
    assert [rank["state"] for rank in resumed] == [rank["state"] for rank in reference]
    assert trajectory(run) == trajectory(reference_run)
    assert_each_row_once_an_epoch(run, small)
    assert resumed[0]["first_step"] == 8 - num_damaged
    passed_over = events_of(run, "passed_over")
    assert [event["checkpoint"] for event in passed_over] == [path.name for path in newest[:num_damaged]]
    for event, reason in zip(passed_over, ("checksum", "bytes", "COMPLETE"), strict=False):
        assert reason in event["reason"], json.dumps(passed_over)
