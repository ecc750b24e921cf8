"""002-70: the newest 5, and every 10th for good."""

import json
import os

import pytest
from pydantic import ValidationError
from simulated_ranks import save

from medpretrain.checkpoint.retention import next_save_number, prune, retention_of, steps_to_remove
from medpretrain.checkpoint.settings import CheckpointSettings


def fake(run, step, loss=None):
    """A checkpoint as retention sees it: a marker and a numbered state, with the validation loss of its step where it has one."""
    directory = run / "checkpoints" / f"step-{step:07d}"
    directory.mkdir(parents=True)
    (directory / "state.json").write_text(json.dumps({"step": step, "save_number": next_save_number(directory), "validation_loss": loss}))
    (directory / "COMPLETE").touch()
    return directory


def steps_of(run):
    return sorted(int(name.removeprefix("step-")) for name in os.listdir(run / "checkpoints"))


def test_sixty_checkpoints_pruned_after_each_save(tmp_path):
    for number in range(1, 61):
        newest = fake(tmp_path, 250 * number)
        prune(tmp_path, newest_verified=newest)
        expected = {n for n in range(1, number + 1) if n > number - 5 or n % 10 == 0}
        assert steps_of(tmp_path) == sorted(250 * n for n in expected)
    assert steps_of(tmp_path) == [250 * n for n in (10, 20, 30, 40, 50, 56, 57, 58, 59, 60)]


def test_sixty_checkpoints_pruned_at_once():
    numbers = {100 * number: number for number in range(1, 61)}
    kept = sorted(set(numbers) - set(steps_to_remove(numbers)))
    assert kept == [100 * n for n in (10, 20, 30, 40, 50, 56, 57, 58, 59, 60)]
    assert steps_to_remove(numbers, keep_newest=60) == []
    assert steps_to_remove(numbers, keep_newest=1, keep_every=1) == []
    assert steps_to_remove({}) == []


def test_what_stays_for_good_outlives_a_change_of_the_interval(tmp_path):
    """Ten saves every 100 steps, one at a request to stop, then every 30 steps: the 10th stays although 1000 is no tenth multiple of 30."""
    steps = [*range(100, 1001, 100), 1007, *range(1030, 1600, 30)]
    for step in steps:
        prune(tmp_path, newest_verified=fake(tmp_path, step))
    assert steps_of(tmp_path) == [1000, 1270, 1450, 1480, 1510, 1540, 1570] == [steps[9], steps[19], *steps[-5:]]


def test_the_number_goes_on_after_a_rollback(tmp_path):
    for step in (100, 200, 300):
        fake(tmp_path, step)
    assert next_save_number(tmp_path / "checkpoints" / "step-0000150") == 2
    assert next_save_number(tmp_path / "checkpoints" / "step-0000400") == 4
    assert next_save_number(tmp_path / "checkpoints" / "step-0000300") == 3


def test_damaged_newer_ones_do_not_push_out_those_that_verify(tmp_path):
    """Real checkpoints, the newest two harmed: the newest two that stay are counted from the newest good one."""
    directories = [save(tmp_path, step) for step in (10, 20, 30, 40, 50)]
    for directory in directories[3:]:
        with open(directory / "rank-00000.safetensors", "r+b") as file:
            file.seek(-1, os.SEEK_END)
            file.write(b"\xff")
    assert prune(tmp_path, keep_newest=2) == [directories[0]]
    assert steps_of(tmp_path) == [20, 30, 40, 50]
    assert prune(tmp_path, keep_newest=2) == []
    again = save(tmp_path, 40, seed=40)  # the run went on from 30, and has come to where a damaged one stood
    assert prune(tmp_path, keep_newest=2, newest_verified=again) == [directories[1]]
    assert steps_of(tmp_path) == [30, 40, 50]


def test_the_one_with_the_lowest_validation_loss_stays(tmp_path):
    """002-124: whatever is pruned later; the earlier one of two equal losses; one that is bettered goes."""
    for step, loss in {1: 3.0, 2: 2.0, 3: None, 4: 1.0, 5: None, 6: 1.0, 7: 1.5, 8: None}.items():
        prune(tmp_path, keep_newest=2, newest_verified=fake(tmp_path, step, loss))
        assert steps_of(tmp_path) == {3: [2, 3], 5: [4, 5], 8: [4, 7, 8]}.get(step, steps_of(tmp_path))
    assert prune(tmp_path, keep_newest=1, keep_best=False, newest_verified=tmp_path / "checkpoints/step-0000008")
    assert steps_of(tmp_path) == [8]


def test_a_damaged_newer_one_does_not_push_out_the_best(tmp_path):
    for step, loss in {1: 1.0, 2: 2.0, 3: 3.0, 4: 0.5}.items():
        fake(tmp_path, step, loss)
    prune(tmp_path, keep_newest=1, newest_verified=tmp_path / "checkpoints/step-0000003")
    assert steps_of(tmp_path) == [1, 3, 4]


def test_nothing_is_removed_when_none_verifies(tmp_path):
    for step in range(10):
        fake(tmp_path, step)
    assert prune(tmp_path, keep_newest=2) == []
    assert steps_of(tmp_path) == list(range(10))


def test_the_unfinished_and_the_unreadable_are_left(tmp_path):
    directories = [fake(tmp_path, step) for step in range(1, 9)]
    (directories[0] / "COMPLETE").unlink()
    (directories[1] / "state.json").write_text("{")
    (tmp_path / "checkpoints" / ".step-0000009.1.tmp").mkdir()
    assert prune(tmp_path, newest_verified=directories[-1]) == [directories[2]]
    assert sorted(os.listdir(tmp_path / "checkpoints")) == [".step-0000009.1.tmp", *(f"step-{n:07d}" for n in (1, 2, 4, 5, 6, 7, 8))]


def test_retention_is_the_runs_own(tmp_path):
    assert retention_of(tmp_path) == {}
    save(tmp_path, 10)
    assert retention_of(tmp_path) == {}
    state = save(tmp_path, 20) / "state.json"
    checkpoint = {"every_steps": 3, "keep_newest": 30, "keep_every": 7}
    state.write_text(json.dumps({**json.loads(state.read_text()), "recipe": {"checkpoint": checkpoint}}))
    assert retention_of(tmp_path) == {"keep_newest": 30, "keep_every": 7, "keep_best": True}


def test_settings():
    assert CheckpointSettings(every_steps=100).model_dump() == {
        "every_steps": 100,
        "every_minutes": 25.0,
        "keep_newest": 5,
        "keep_every": 10,
        "keep_best": True,
        "copy_to": None,
        "copy_every": 10,
    }
    with pytest.raises(ValidationError):
        CheckpointSettings(every_steps=0)
    with pytest.raises(ValidationError):
        CheckpointSettings(every_steps=100, keep_newest=0)
