"""Jobs whose processes are all killed while they save: nothing older is lost, and the same command goes on to the same end."""

from __future__ import annotations

import random
import statistics
import time
from pathlib import Path
from typing import Any

import pytest
from processes import ProcessGroup, run_processes
from row_audit import assert_each_row_once_an_epoch
from whole_runs import events_of, train_whole, trajectory, wait_for

from medpretrain.checkpoint.find import find_newest
from medpretrain.checkpoint.format import STATE_NAME
from medpretrain.checkpoint.paths import checkpoints_directory, published_steps, staging_directory, step_directory
from medpretrain.checkpoint.verify import verify_checkpoint

pytestmark = pytest.mark.slow

KEEP_NEWEST, KEEP_EVERY = 2, 4


def saving_values(small: dict[str, Any], total_steps: int) -> dict[str, Any]:
    """1.6 M parameters, saved after every step: a save of 20 MB takes long enough to be hit. In fp32; other resumed runs are in bf16."""
    return {
        **small,
        "precision": "fp32",
        "model": {**small["model"], "ffn_size": 8192},
        "schedule": {**small["schedule"], "total_steps": total_steps},
        "validation": {"every_steps": 100},
        "checkpoint": {"every_steps": 1, "keep_newest": KEEP_NEWEST, "keep_every": KEEP_EVERY},
    }


@pytest.fixture(scope="module")
def uninterrupted(small: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[dict[str, Any]]]:
    directory = tmp_path_factory.mktemp("whole")
    return directory / "run", run_processes(train_whole, 2, directory, saving_values(small, 8), directory / "run")


def kill_while_saving(values: dict[str, Any], run: Path, step: int, point: str, seconds: float = 0.0) -> bool:
    """Start the run, and SIGKILL all its processes so many seconds after the save of `step` has come to a point: the staging directory is
    there, or the run's state in it, or the checkpoint is published. Returns whether the save had not ended."""
    attempt = 1 + len(events_of(run, "started")) + len(events_of(run, "resumed"))
    staging, published = staging_directory(run, step, attempt), step_directory(run, step)
    awaited = {"staging": staging, "state": staging / STATE_NAME, "published": published}[point]
    with ProcessGroup(train_whole, 2, run.parent, (values, run)) as group:
        wait_for(lambda: awaited.exists() or published.exists(), group, 0.0005)
        time.sleep(seconds)
        for rank in range(2):
            group.kill(rank)
    return step not in [event["step"] for event in events_of(run, "saved")]


def assert_nothing_lost(run: Path, step: int) -> int:
    """Of a run killed while it saved `step`: the newest checkpoint is that one or the one before, and all that retention keeps verify.
    Returns the newest one's step."""
    found, passed_over = find_newest(run)
    newest = step if step_directory(run, step).exists() else step - 1
    assert (found, passed_over) == (step_directory(run, newest) if newest else None, [])
    kept = {number for number in range(1, newest + 1) if number > newest - KEEP_NEWEST or number % KEEP_EVERY == 0}
    published = published_steps(checkpoints_directory(run))
    assert kept <= set(published)
    for path in published.values():
        verify_checkpoint(path)
    return newest


def assert_resumes_to_the_same_end(
    values: dict[str, Any], run: Path, newest: int, reference_run: Path, reference: list[dict[str, Any]]
) -> None:
    resumed = run_processes(train_whole, 2, run.parent, values, run)
    assert resumed == [{**rank, "first_step": newest} for rank in reference]
    assert trajectory(run) == trajectory(reference_run)
    assert_each_row_once_an_epoch(run, values)
    assert not list(checkpoints_directory(run).glob(".*")), "what the killed job left was to be cleaned up"
    assert published_steps(checkpoints_directory(run)).keys() == published_steps(checkpoints_directory(reference_run)).keys()


@pytest.mark.parametrize(
    ("point", "first_step"),
    [pytest.param("staging", 3, marks=pytest.mark.long), ("state", 4), pytest.param("published", 5, marks=pytest.mark.long)],
)
def test_a_job_killed_while_it_saves_loses_nothing(small: dict[str, Any], uninterrupted, tmp_path: Path, point: str, first_step: int):
    values, run = saving_values(small, 8), tmp_path / "run"
    step = next((step for step in range(first_step, 8) if kill_while_saving(values, run, step, point)), None)
    assert step is not None, "no save was hit"
    newest = assert_nothing_lost(run, step)
    assert_resumes_to_the_same_end(values, run, newest, *uninterrupted)


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_a_job_killed_in_15_saves_at_random_moments_loses_nothing(small: dict[str, Any], tmp_path: Path):
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    moments = random.Random(seed)
    values, run, whole = saving_values(small, 80), tmp_path / "run", tmp_path / "whole"
    reference = run_processes(train_whole, 2, tmp_path, values, whole)
    seconds = statistics.median(event["seconds"] for event in events_of(whole, "saved")) / 2  # the other half comes before the staging
    newest, killed = 0, 0
    while killed < 15:
        step = newest + moments.randrange(1, 3)
        assert step < 80, "too few saves were hit"
        if kill_while_saving(values, run, step, "staging", moments.uniform(0, seconds)):
            killed += 1
            newest = assert_nothing_lost(run, step)
        else:
            newest = max(published_steps(checkpoints_directory(run)))
    assert_resumes_to_the_same_end(values, run, newest, whole, reference)
