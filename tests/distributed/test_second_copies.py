"""Checkpoints get a second copy in a real S3 server while training goes on; what happens to that server never reaches the run."""

from __future__ import annotations

import os
import signal
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from engine_runs import join_mesh
from processes import run_processes
from test_killed_while_saving import saving_values
from test_saving_beside_training import before_each_step
from whole_runs import ZERO, events_of, state_of, trajectory

from medpretrain.checkpoint.second_copy import Copy, SecondCopy, fetch_copy
from medpretrain.train.run import assemble
from medpretrain.train.run_directory import FINISHED, RunDirectory
from medpretrain.train.settings import Recipe
from medpretrain.train.trainer import Position

pytestmark = pytest.mark.slow

STEPS = 5


def train_copying(
    rank: int, world_size: int, values: dict[str, Any], run: Path, environment: dict[str, str], victim: int | None = None
) -> dict[str, Any]:
    """A run from where it stands to its end, its copies made; before its last step the process `victim` is killed."""
    os.environ.update(environment)
    mesh = join_mesh(rank, world_size, values["parallel"]["tensor"])
    record = RunDirectory(run) if rank == 0 else None
    trainer, position = assemble(Recipe.model_validate(values), ZERO, "test", run, mesh, record, [])
    if victim is not None and rank == 0:
        before_each_step(trainer, partial(kill_before_last, victim, position))
    code, _ = trainer.train(position)
    trainer.finish_copies()
    if record is not None:
        record.close()
    return {"code": code, "state": state_of(trainer._engine)}


def kill_before_last(victim: int, position: Position) -> None:
    if position.step == STEPS - 1:
        os.kill(victim, signal.SIGKILL)


@pytest.fixture(scope="module")
def values(small: dict[str, Any]) -> dict[str, Any]:
    """A checkpoint of 20 MB after every step; of every second and the last there is to be a copy."""
    values = saving_values(small, STEPS)
    return {**values, "checkpoint": {"every_steps": 1, "keep_newest": 10, "copy_to": "s3://archive/runs", "copy_every": 2}}


def test_every_second_checkpoint_and_the_last_are_copied_and_a_run_goes_on_from_one(s3_server, values, tmp_path: Path) -> None:
    run, other = tmp_path / "run", tmp_path / "other"
    whole = run_processes(train_copying, 2, tmp_path, values, run, s3_server.environment)
    assert {rank["code"] for rank in whole} == {FINISHED}
    place = SecondCopy("s3://archive/runs/run")
    assert place.copies() == [Copy(2, 1), Copy(4, 1), Copy(5, 1)]
    for copy in place.copies():
        place.verify(copy)
    assert [event["step"] for event in events_of(run, "copied")] == [2, 4, 5]
    fetch_copy(place.url, other, step=4)
    resumed = run_processes(train_copying, 2, tmp_path, {**values, "checkpoint": {"every_steps": 1}}, other, {})
    assert [rank["state"] for rank in resumed] == [rank["state"] for rank in whole]
    assert trajectory(other) == trajectory(run)
    assert [event["attempt"] for event in events_of(other, "resumed")] == [2], "its events came with the copy"


def test_a_server_that_hangs_and_dies_costs_the_copies_alone_and_the_next_start_makes_them(s3_server, values, tmp_path: Path) -> None:
    run = tmp_path / "run"
    of_hung = run_processes(train_copying, 2, tmp_path, values, run, s3_server.environment, s3_server.hang())
    s3_server.kill()
    assert {rank["code"] for rank in of_hung} == {FINISHED}
    assert not events_of(run, "copied")
    assert {event["step"] for event in events_of(run, "copy_failed")} == {2}
    assert not events_of(run, "save_failed")
    without = {**values, "checkpoint": {"every_steps": 1, "keep_newest": 10}}
    whole = run_processes(train_copying, 2, tmp_path, without, tmp_path / "whole", {})
    assert [rank["state"] for rank in of_hung] == [rank["state"] for rank in whole]
    assert trajectory(run) == trajectory(tmp_path / "whole")
    s3_server.start()
    run_processes(train_copying, 2, tmp_path, values, run, s3_server.environment)
    place = SecondCopy("s3://archive/runs/run")
    assert place.copies() == [Copy(2, 1), Copy(4, 1), Copy(5, 1)]
    assert [event["step"] for event in events_of(run, "copied")] == [2, 4, 5]
