"""A job killed at a random moment and started again by the same command is, to the last bit, the job that was never killed."""

from __future__ import annotations

import hashlib
import json
import random
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from processes import ProcessGroup, run_processes

from medpretrain.checkpoint.paths import step_directory
from medpretrain.parallel.mesh import Place, build_mesh
from medpretrain.train.engine import start_processes
from medpretrain.train.run import assemble
from medpretrain.train.run_directory import RunDirectory, read_json_lines
from medpretrain.train.settings import Recipe

pytestmark = pytest.mark.slow

STEPS = 20
ZERO = {"zero_optimization": {"stage": 3, "stage3_param_persistence_threshold": 40}}


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory, pack_reports: Callable[..., Path]) -> Path:
    """A few epochs' worth of rows of 64 tokens for 20 steps of 9 rows."""
    directory = tmp_path_factory.mktemp("data")
    return pack_reports(directory, num_reports=20, vocab_size=400)


def recipe_values(shards: Path, **changes: Any) -> dict[str, Any]:
    return {
        "name": "kill",
        "model": {"vocab_size": 400, "hidden_size": 32, "num_layers": 2, "num_heads": 8, "num_kv_heads": 4, "head_size": 4, "ffn_size": 64},
        "data": {"seq_len": 64, "sources": {"reports": {"shards": str(shards)}}, "held_out": str(shards.with_name("held_out"))},
        "batch": {"global_rows": 9, "micro_rows": 2},  # each of two replicas: 5 rows in 3 rounds
        "schedule": {"total_steps": STEPS, "warmup_steps": 9, "peak_learning_rate": 1e-2},
        "parallel": {"tensor": 2},
        "precision": "bf16",
        "validation": {"every_steps": 7, "max_rows": 6},
        "checkpoint": {"every_steps": 4},
        "log_every_steps": 1,
        **changes,
    }


def train_whole(rank: int, world_size: int, values: dict[str, Any], run: Path, zero: dict[str, Any] = ZERO) -> dict[str, Any]:
    """A run from where it stands to its end, and this rank's whole state after it, hashed."""
    place = Place(rank, rank, world_size)
    mesh = build_mesh(place, values["parallel"]["tensor"], start_processes(place))
    record = RunDirectory(run) if rank == 0 else None
    trainer, position = assemble(Recipe.model_validate(values), zero, "test", run, mesh, record, [])
    first_step = position.step
    code, _ = trainer.train(position)
    engine = trainer._engine
    state = hashlib.sha256()
    for held in engine.held_slices():  # master weights, both moments, and the step
        state.update(f"{held.parameter.name} {held.offset} {held.step}".encode())
        for key in sorted(held.values):
            state.update(held.values[key].numpy().tobytes())
    compute = hashlib.sha256()
    for parameter in engine._parameters.values():  # the bf16 weights that the forward pass reads
        held_here = parameter.ds_tensor if hasattr(parameter, "ds_tensor") else parameter.data
        assert held_here.dtype == torch.bfloat16
        compute.update(held_here.detach().view(torch.uint8).numpy().tobytes())
    return {"code": code, "first_step": first_step, "state": state.hexdigest(), "compute": compute.hexdigest()}


def losses_of(run: Path) -> dict[int, tuple[float, float]]:
    """Step -> (loss, gradient norm), the last attempt's word where two attempts trained a step."""
    return {line["step"]: (line["loss"], line["gradient_norm"]) for line in read_json_lines(run / "metrics.jsonl") if "loss" in line}


@pytest.fixture(scope="module")
def uninterrupted(shards: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[dict[str, Any]]]:
    directory = tmp_path_factory.mktemp("uninterrupted")
    return directory / "run", run_processes(train_whole, 4, directory, recipe_values(shards), directory / "run")


def kill_after(step: int, victim: int, directory: Path, values: dict[str, Any], run: Path) -> int:
    """Start the job and SIGKILL one rank once `step` stands in the metrics; the last step that was logged."""
    with ProcessGroup(train_whole, 4, directory, (values, run)) as group:
        deadline = time.monotonic() + 200
        while not any(line.get("step", 0) >= step for line in read_json_lines(run / "metrics.jsonl")):
            assert group.alive(), "the job ended before it could be killed"
            assert time.monotonic() < deadline, "the job did not come to the step"
            time.sleep(0.01)
        group.kill(victim)
    return max(losses_of(run))


def test_killed_at_a_random_step_and_resumed_equals_never_stopped(shards: Path, uninterrupted, tmp_path: Path):
    reference_run, reference = uninterrupted
    seed = random.SystemRandom().randrange(2**32)
    generator = random.Random(seed)
    run, values = tmp_path / "run", recipe_values(shards)
    in_warmup, mid_epoch = generator.randrange(5, 8), generator.randrange(10, STEPS - 2)
    for step in (in_warmup, mid_epoch):  # killed twice: during warm-up, and in the middle of an epoch
        last = kill_after(step, generator.randrange(4), tmp_path, values, run)
        assert last < STEPS, f"seed {seed}"
    resumed = run_processes(train_whole, 4, tmp_path, values, run)
    assert resumed[0]["first_step"] in (8, 12, 16), f"seed {seed}: it resumed from a checkpoint, not from the start"
    for ours, theirs in zip(resumed, reference, strict=True):
        assert (ours["code"], ours["state"], ours["compute"]) == (0, theirs["state"], theirs["compute"]), f"seed {seed}"
    assert losses_of(run) == losses_of(reference_run), f"seed {seed}"
    events = [event["event"] for event in read_json_lines(run / "events.jsonl")]
    assert events.count("started") == 1
    assert events.count("resumed") == 2


@pytest.mark.parametrize("zero", [{"stage": 2}, {"stage": 3, "sub_group_size": 1000, "offload_optimizer": {"device": "cpu"}}], ids=str)
def test_stopped_and_resumed_equals_never_stopped_under_other_deepspeed_settings(shards: Path, tmp_path: Path, zero: dict[str, Any]):
    values = recipe_values(shards, schedule={"total_steps": 8, "warmup_steps": 2}, parallel={"tensor": 1})
    ds_config = {"zero_optimization": zero}
    whole = run_processes(train_whole, 2, tmp_path, values, tmp_path / "whole", ds_config)
    stopped = run_processes(train_whole, 2, tmp_path, {**values, "stop_after_steps": 3}, tmp_path / "run", ds_config)
    assert [rank["code"] for rank in stopped] == [75, 75]
    resumed = run_processes(train_whole, 2, tmp_path, values, tmp_path / "run", ds_config)
    assert resumed == [{**rank, "first_step": 3} for rank in whole]
    assert losses_of(tmp_path / "run") == losses_of(tmp_path / "whole")


def test_two_runs_with_one_seed_are_equal_and_another_seed_is_not(shards: Path, uninterrupted, tmp_path: Path):
    _, reference = uninterrupted
    other = run_processes(train_whole, 4, tmp_path, recipe_values(shards, seed=43), tmp_path / "run")
    again = run_processes(train_whole, 4, tmp_path, recipe_values(shards), tmp_path / "again")
    assert [rank["state"] for rank in again] == [rank["state"] for rank in reference]
    assert [rank["state"] for rank in other] != [rank["state"] for rank in reference]


@pytest.mark.parametrize("damage", ["no marker", "short rank file", "flipped byte"])
def test_a_damaged_checkpoint_is_passed_over_with_its_reason_for_the_one_before(shards: Path, uninterrupted, tmp_path: Path, damage: str):
    reference_run, reference = uninterrupted
    run = tmp_path / "run"
    shutil.copytree(reference_run, run)
    newest = step_directory(run, STEPS)
    victim = newest / "rank-00001.safetensors"
    if damage == "no marker":
        (newest / "COMPLETE").unlink()
    elif damage == "short rank file":
        victim.write_bytes(victim.read_bytes()[:-100])
    else:
        content = bytearray(victim.read_bytes())
        content[len(content) // 2] ^= 1
        victim.write_bytes(content)
    resumed = run_processes(train_whole, 4, tmp_path, recipe_values(shards), run)
    assert [rank["state"] for rank in resumed] == [rank["state"] for rank in reference]
    assert resumed[0]["first_step"] == 16
    passed_over = [event for event in read_json_lines(run / "events.jsonl") if event["event"] == "passed_over"]
    assert [event["checkpoint"] for event in passed_over] == [newest.name]
    reason = {"no marker": "COMPLETE", "short rank file": "bytes", "flipped byte": "checksum"}[damage]
    assert reason in passed_over[0]["reason"], json.dumps(passed_over)
