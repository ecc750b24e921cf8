"""Saves go on while training does: whatever happens to one in flight costs that checkpoint at most, and what is published is the state of
its step, to the last bit."""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from engine_runs import join_mesh
from processes import ProcessGroup, run_processes
from row_audit import assert_each_row_once_an_epoch
from test_killed_while_saving import saving_values
from whole_runs import ZERO, events_of, note_what_is_trained, state_of, trajectory, wait_for

from medpretrain.checkpoint.find import find_newest
from medpretrain.checkpoint.paths import checkpoints_directory, published_steps, step_directory
from medpretrain.checkpoint.verify import verify_checkpoint
from medpretrain.errors import RunTakenOver
from medpretrain.train import saving
from medpretrain.train.run import assemble
from medpretrain.train.run_directory import FINISHED, STOPPED, WORTH_A_RESTART, RunDirectory
from medpretrain.train.settings import Recipe
from medpretrain.train.trainer import Trainer

pytestmark = pytest.mark.slow

STEPS = 6


def train_spoilt(
    rank: int, world_size: int, values: dict[str, Any], run: Path, spoil: Callable[[Trainer, int], None], zero: dict[str, Any] = ZERO
) -> dict[str, Any]:
    """As `train_whole`, with something done to the trainer first."""
    mesh = join_mesh(rank, world_size, values["parallel"]["tensor"])
    record = RunDirectory(run) if rank == 0 else None
    trainer, position = assemble(Recipe.model_validate(values), zero, "test", run, mesh, record, [])
    note_what_is_trained(trainer, mesh, position, run)
    spoil(trainer, rank)
    code, _ = trainer.train(position)
    return {"code": code, "state": state_of(trainer._engine)}


def before_each_step(trainer: Trainer, work: Callable[[], None]) -> None:
    train_step = trainer._engine.train_step

    def spoilt(*arguments: Any) -> Any:
        work()
        return train_step(*arguments)

    trainer._engine.train_step = spoilt  # type: ignore[method-assign]


def slow_disk(trainer: Trainer, rank: int) -> None:
    """Writing takes longer than a step, so that a save is in flight at every step."""
    write_rank = saving.write_rank

    def slow(*arguments: Any) -> Any:
        time.sleep(0.5)
        return write_rank(*arguments)

    saving.write_rank = slow  # type: ignore[assignment]


@pytest.fixture(scope="module")
def values(small: dict[str, Any]) -> dict[str, Any]:
    """A checkpoint of 20 MB after every step, all of which stay."""
    values = saving_values(small, STEPS)
    return {**values, "checkpoint": {"every_steps": 1, "keep_newest": 10}}


@pytest.fixture(scope="module")
def whole(values: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[dict[str, Any]]]:
    directory = tmp_path_factory.mktemp("whole")
    ranks = run_processes(train_spoilt, 2, directory, values, directory / "run", spoil_nothing)
    assert {rank["code"] for rank in ranks} == {FINISHED}
    return directory / "run", ranks


def spoil_nothing(trainer: Trainer, rank: int) -> None:
    pass


def assert_equal_to(whole: tuple[Path, list[dict[str, Any]]], ranks: list[dict[str, Any]], run: Path, values: dict[str, Any]) -> None:
    """The run came to the same end over the same rows, and each checkpoint that it published is the one of that step there."""
    whole_run, of_whole = whole
    assert [rank["state"] for rank in ranks] == [rank["state"] for rank in of_whole]
    assert trajectory(run) == trajectory(whole_run)
    assert_each_row_once_an_epoch(run, values)
    for step in published_steps(checkpoints_directory(run)):
        verify_checkpoint(step_directory(run, step))
        for rank in range(2):
            name = f"rank-{rank:05d}.safetensors"
            assert (step_directory(run, step) / name).read_bytes() == (step_directory(whole_run, step) / name).read_bytes()
    assert not list(checkpoints_directory(run).glob(".*"))


def slow_copy(trainer: Trainer, rank: int) -> None:
    """The copy takes longer than a step's forward and backward: the update must wait for it."""
    fill = trainer._saver._buffers.fill

    def slow(*arguments: Any) -> Any:
        time.sleep(0.3)
        return fill(*arguments)

    trainer._saver._buffers.fill = slow  # type: ignore[method-assign]


def test_an_update_waits_for_the_copy_of_the_state_before_it(whole, values: dict[str, Any], tmp_path: Path) -> None:
    run = tmp_path / "run"
    ranks = run_processes(train_spoilt, 2, tmp_path, values, run, slow_copy)
    assert_equal_to(whole, ranks, run, values)
    assert list(published_steps(checkpoints_directory(run))) == list(range(1, STEPS + 1))


@pytest.mark.parametrize("offload", [pytest.param(False, marks=pytest.mark.long), True])
def test_an_update_waits_for_the_copy_under_zero_2(values: dict[str, Any], tmp_path: Path, offload: bool) -> None:
    stage: dict[str, Any] = {"stage": 2, "reduce_bucket_size": 10_000, **({"offload_optimizer": {"device": "cpu"}} if offload else {})}
    zero = {"zero_optimization": stage}
    few = {**values, "schedule": {**values["schedule"], "total_steps": 4}}
    whole = tmp_path / "whole", run_processes(train_spoilt, 2, tmp_path, few, tmp_path / "whole", spoil_nothing, zero)
    ranks = run_processes(train_spoilt, 2, tmp_path, few, tmp_path / "run", slow_copy, zero)
    assert_equal_to(whole, ranks, tmp_path / "run", few)
    assert list(published_steps(checkpoints_directory(tmp_path / "run"))) == [1, 2, 3, 4]


def note_overlap(trainer: Trainer, rank: int) -> None:
    """A save is written only when the next step has begun, however slow that is."""
    slow_disk(trainer, rank)
    write_slowly, staging, saves = saving.write_rank, [], itertools.count(1)
    begun = [threading.Event() for _ in range(STEPS + 1)]
    begun[STEPS].set()  # no step follows the last save

    def write_in_next_step(*arguments: Any) -> Any:
        assert begun[next(saves)].wait(timeout=120)
        return write_slowly(*arguments)

    def note() -> None:
        in_flight = [path.name for path in checkpoints_directory(trainer._run_path).glob(".*.tmp")]
        assert len(in_flight) <= 1, in_flight
        staging.append("busy" if trainer._saver.is_busy() else "idle")
        (trainer._run_path / f"overlap-{rank}").write_text(" ".join(staging))
        begun[len(staging) - 1].set()

    saving.write_rank = write_in_next_step  # type: ignore[assignment]
    before_each_step(trainer, note)


def test_a_save_that_is_due_while_another_is_in_flight_waits_for_it(whole, values: dict[str, Any], tmp_path: Path) -> None:
    run = tmp_path / "run"
    ranks = run_processes(train_spoilt, 2, tmp_path, values, run, note_overlap)
    assert_equal_to(whole, ranks, run, values)
    assert list(published_steps(checkpoints_directory(run))) == list(range(1, STEPS + 1))
    for rank in range(2):  # each step but the first was trained while the save of the one before was in flight
        assert (run / f"overlap-{rank}").read_text().split() == ["idle"] + ["busy"] * (STEPS - 1)
    assert [event["step"] for event in events_of(run, "saved")] == list(range(1, STEPS + 1)), "none overtook another"


def fail_once(trainer: Trainer, rank: int) -> None:
    fsync, told = os.fsync, []

    def failing(file: int) -> None:
        if rank == 1 and not told:
            told.append(file)
            raise OSError(errno.EIO, "Input/output error")
        fsync(file)

    os.fsync = failing


def test_a_write_that_fails_once_is_tried_again(whole, values: dict[str, Any], tmp_path: Path) -> None:
    run = tmp_path / "run"
    ranks = run_processes(train_spoilt, 2, tmp_path, values, run, fail_once)
    assert_equal_to(whole, ranks, run, values)
    assert list(published_steps(checkpoints_directory(run))) == list(range(1, STEPS + 1))
    [retried] = events_of(run, "save_retried")
    assert (retried["step"], retried["reason"]) == (1, "rank 1: OSError: [Errno 5] Input/output error")
    assert not events_of(run, "save_failed")


def fill_disk(trainer: Trainer, rank: int) -> None:
    """While the save of step 2 is being written, something else takes the room that was free when it began."""
    slow_disk(trainer, rank)

    def fill() -> None:
        save = trainer._saver._save
        ballast = trainer._run_path / "ballast"
        if rank == 0 and save is not None and save.step == 2:
            disk = os.statvfs(trainer._run_path)
            with contextlib.suppress(OSError):  # where a rank has begun to write, the ballast itself meets the end of the disk
                ballast.write_bytes(bytes(disk.f_bavail * disk.f_frsize - 2**22))
        elif rank == 0:
            ballast.unlink(missing_ok=True)

    before_each_step(trainer, fill)


def test_a_disk_that_fills_costs_the_checkpoint_in_flight_alone(
    whole, values: dict[str, Any], tmp_path: Path, make_disk: Callable[[int], Path]
) -> None:
    run = make_disk(250 * 10**6) / "run"
    ranks = run_processes(train_spoilt, 2, tmp_path, values, run, fill_disk)
    assert {rank["code"] for rank in ranks} == {FINISHED}
    failed = events_of(run, "save_failed")
    assert failed[0]["step"] == 2
    assert "No space left on device" in failed[0]["reason"]
    assert [event["step"] for event in failed[1:]] == [3]
    assert not events_of(run, "save_retried"), "what was given up did not go well at the second try"
    assert " are free for " in failed[1]["reason"]
    assert list(published_steps(checkpoints_directory(run))) == [1, 4, 5, 6]
    assert_equal_to(whole, ranks, run, values)


def test_a_disk_without_room_is_found_before_a_save_begins(
    values: dict[str, Any], tmp_path: Path, make_disk: Callable[[int], Path]
) -> None:
    run = make_disk(64 * 2**20) / "run"  # two checkpoints of 20 MB fit, and not a third with what a save wants beside it
    ranks = run_processes(train_spoilt, 2, tmp_path, values, run, spoil_nothing)
    assert {rank["code"] for rank in ranks} == {WORTH_A_RESTART}
    failed = events_of(run, "save_failed")
    assert [event["step"] for event in failed] == [3, 4, 5, 6]
    assert all(" GB are free for " in event["reason"] and "a checkpoint needs 0.0" in event["reason"] for event in failed), failed
    assert find_newest(run) == (step_directory(run, 2), [])
    assert not list(checkpoints_directory(run).glob(".*"))


def _signal_in_flight(trainer: Trainer, rank: int, victim: int, number: int) -> None:
    slow_disk(trainer, rank)

    def send() -> None:
        save = trainer._saver._save
        if rank == victim and save is not None and save.step == 3:
            assert trainer._saver.is_busy()
            os.kill(os.getpid(), number)

    before_each_step(trainer, send)


def terminate(trainer: Trainer, rank: int) -> None:
    _signal_in_flight(trainer, rank, 1, signal.SIGTERM)


def kill_0(trainer: Trainer, rank: int) -> None:
    _signal_in_flight(trainer, rank, 0, signal.SIGKILL)


def kill_1(trainer: Trainer, rank: int) -> None:
    _signal_in_flight(trainer, rank, 1, signal.SIGKILL)


def test_asked_to_stop_while_a_save_is_in_flight_both_it_and_the_last_one_are_there(whole, values: dict[str, Any], tmp_path: Path) -> None:
    run = tmp_path / "run"
    stopped = run_processes(train_spoilt, 2, tmp_path, values, run, terminate)
    assert {rank["code"] for rank in stopped} == {STOPPED}
    assert list(published_steps(checkpoints_directory(run))) == [1, 2, 3, 4]
    ranks = run_processes(train_spoilt, 2, tmp_path, values, run, spoil_nothing)
    assert_equal_to(whole, ranks, run, values)


@pytest.mark.parametrize("kill", [kill_0, pytest.param(kill_1, marks=pytest.mark.long)])
def test_a_rank_killed_while_a_save_is_in_flight_loses_that_save_alone(whole, values: dict[str, Any], tmp_path: Path, kill) -> None:
    run = tmp_path / "run"
    with ProcessGroup(train_spoilt, 2, tmp_path, (values, run, kill)) as group:
        deadline = time.monotonic() + 120
        while group.alive() and time.monotonic() < deadline:
            time.sleep(0.02)
        assert not group.alive()
    assert list(published_steps(checkpoints_directory(run))) == [1, 2]
    assert find_newest(run) == (step_directory(run, 2), [])
    ranks = run_processes(train_spoilt, 2, tmp_path, values, run, spoil_nothing)
    assert_equal_to(whole, ranks, run, values)


def test_minutes_make_a_save_due_as_steps_do(whole, values: dict[str, Any], tmp_path: Path) -> None:
    run = tmp_path / "run"
    by_minutes = {**values, "checkpoint": {"every_steps": 1000, "every_minutes": 1e-6, "keep_newest": 10}}
    ranks = run_processes(train_spoilt, 2, tmp_path, by_minutes, run, spoil_nothing)
    assert_equal_to(whole, ranks, run, values)
    assert list(published_steps(checkpoints_directory(run))) == list(range(1, STEPS + 1))


def hang_in_flight(trainer: Trainer, rank: int) -> None:
    """Every process stops as a hung host does, while the save of step 3 is in flight, until somebody wakes it."""
    slow_disk(trainer, rank)

    def stop() -> None:
        save = trainer._saver._save
        if save is not None and save.step == 3:
            (trainer._run_path / f"hangs-{rank}").touch()
            os.kill(os.getpid(), signal.SIGSTOP)

    before_each_step(trainer, stop)


def lose_the_run(trainer: Trainer, rank: int) -> None:
    """Before the step that a save follows, the lock's file says that somebody else holds the run."""
    before_each_step(trainer, lambda: (trainer._run_path / "lock").write_text("process 1 on host other\n0\n"))


def train_until_taken_over(rank: int, world_size: int, values: dict[str, Any], run: Path, spoil: Callable[[Trainer, int], None]) -> str:
    try:
        train_spoilt(rank, world_size, values, run, spoil)
    except RunTakenOver as error:
        return str(error)
    return "not taken over"


def test_a_job_that_wakes_up_after_it_was_replaced_publishes_and_removes_nothing(whole, values: dict[str, Any], tmp_path: Path) -> None:
    run = tmp_path / "run"
    with ProcessGroup(train_until_taken_over, 2, tmp_path, (values, run, hang_in_flight)) as hung:
        wait_for(lambda: all((run / f"hangs-{rank}").exists() for rank in range(2)), hung)
        (run / "lock").unlink()  # a file system gives the lock of a host that does not answer away
        ranks = run_processes(train_spoilt, 2, tmp_path, values, run, spoil_nothing)
        assert_equal_to(whole, ranks, run, values)
        before = {path: path.read_bytes() for path in checkpoints_directory(run).rglob("*") if path.is_file()}
        hung.signal_all(signal.SIGCONT)
        answers = hung.results(60)
    assert all("was taken over by process" in answer for answer in answers), answers
    assert {path: path.read_bytes() for path in checkpoints_directory(run).rglob("*") if path.is_file()} == before


def test_a_job_that_lost_its_run_does_not_begin_a_save(values: dict[str, Any], tmp_path: Path) -> None:
    run = tmp_path / "run"
    answers = run_processes(train_until_taken_over, 2, tmp_path, values, run, lose_the_run)
    assert all("was taken over by process 1 on host other" in answer for answer in answers), answers
    assert not checkpoints_directory(run).exists()
