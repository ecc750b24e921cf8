"""D-09: a process killed with SIGKILL while it saves, at each file operation and at random moments: an older one is found."""

import multiprocessing
import os
import random
import shutil
import signal
import sys
import time
from multiprocessing.connection import Connection
from pathlib import Path

import pytest
import torch
from simulated_ranks import PARAMETERS, Topology, make_model, save

from medpretrain.checkpoint.find import find_newest
from medpretrain.checkpoint.format import VALUE_KEYS, HeldSlice, LogicalShape
from medpretrain.checkpoint.listing import list_checkpoints
from medpretrain.checkpoint.paths import published_steps, staging_directory, step_directory, step_of
from medpretrain.checkpoint.reader import CheckpointReader
from medpretrain.checkpoint.retention import prune
from medpretrain.checkpoint.verify import verify_checkpoint
from medpretrain.checkpoint.writer import clean_staging, publish, write_rank

TOPOLOGY = Topology(2, 1)
OPERATIONS = ("open", "os.mkdir", "os.rename", "os.remove", "os.rmdir")


@pytest.fixture(scope="module")
def processes():
    """Children forked from a bare process that has torch loaded and does nothing else."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["pytest", "torch", "medpretrain.checkpoint.writer", "medpretrain.checkpoint.retention"])
    return context


def save_until_operation(run, step, seed, kill_at):
    """Save and prune; die by SIGKILL just before the `kill_at`-th operation on the file system (interpreter audit events)."""
    count = 0

    def on_event(name, arguments):
        nonlocal count
        if name in OPERATIONS and not (name == "open" and "checkpoints" not in str(arguments[0])):
            count += 1
            if count == kill_at:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(on_event)
    newest = save(run, step, TOPOLOGY, seed=seed, attempt=2)
    prune(run, keep_newest=2, newest_verified=newest)


def assert_is_model(directory, seed):
    reader, model = CheckpointReader(directory), make_model(seed)
    for parameter in PARAMETERS:
        for key, value in model[parameter.name].items():
            assert torch.equal(reader.read_full(parameter.name, key), value)


@pytest.mark.slow
@pytest.mark.parametrize("step", [30, 20], ids=["new step", "same step again"])
def test_killed_before_every_operation(processes, tmp_path, step):
    before = tmp_path / "before"
    save(before, 10, TOPOLOGY, seed=1)
    save(before, 20, TOPOLOGY, seed=2)
    killed = 0
    found_new = []
    for kill_at in range(1, 200):
        run = tmp_path / str(kill_at)
        shutil.copytree(before, run)
        child = processes.Process(target=save_until_operation, args=(run, step, 3, kill_at))
        child.start()
        child.join()
        clean_staging(run / "checkpoints")
        found, passed_over = find_newest(run)
        assert passed_over == []
        assert found in (step_directory(run, 20), step_directory(run, step))
        is_new = torch.equal(CheckpointReader(found).read_full("scale"), make_model(3)["scale"]["master"])
        assert_is_model(found, 3 if is_new else 2)
        found_new.append(is_new)
        for record in list_checkpoints(run):
            verify_checkpoint(Path(record["directory"]))  # none is half deleted
        assert not [name for name in os.listdir(run / "checkpoints") if name.startswith(".")]
        if child.exitcode == 0:
            break
        assert child.exitcode == -signal.SIGKILL
        killed += 1
    assert killed >= 15
    assert found_new == sorted(found_new)  # old, old, ..., new, new: once published it stays
    assert found_new[0] is False
    assert found_new[-1] is True


KEEP_NEWEST, KEEP_EVERY = 3, 7
WEIGHT = LogicalShape("w", (2**20,), None)


def save_as_two_ranks(run, step):
    """A checkpoint of 1M elements that are all the step, by two ranks in turn."""
    half = WEIGHT.numel // 2
    values = {key: torch.full((half,), float(step)) for key in VALUE_KEYS}
    staging = staging_directory(run, step, os.getpid())
    reports = [write_rank(staging, rank, [HeldSlice(WEIGHT, 0, 1, rank * half, half, values, step)], {}) for rank in range(2)]
    publish(staging, step_directory(run, step), reports, {"step": step})
    prune(run, KEEP_NEWEST, KEEP_EVERY, newest_verified=step_directory(run, step))


def resume_and_save_for_ever(run, connection: Connection):
    """As a run does: clean up, find the newest checkpoint, and save on from it (that one once more, in its place), telling each step and
    how long it took."""
    torch.set_num_threads(1)
    clean_staging(run / "checkpoints")
    found, _ = find_newest(run)
    for step in range(step_of(found) if found else 1, 10**6):
        began = time.monotonic()
        save_as_two_ranks(run, step)
        connection.send((step, time.monotonic() - began))


def kill_at_random_moments(processes, run, times):
    """SIGKILL the writer again and again in one run, and look after each time at what there is. The moment is uniform over two saves, and a
    few of the first ones come while the run is cleaned up and searched."""
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    moments = random.Random(seed)
    newest_told, seconds = 0, 0.1
    unfinished = 0
    for _ in range(times):
        ours, theirs = processes.Pipe()
        child = processes.Process(target=resume_and_save_for_ever, args=(run, theirs))
        child.start()
        theirs.close()
        if moments.random() < 0.9:
            newest_told, seconds = ours.recv()
        time.sleep(moments.uniform(0, 2 * seconds))
        child.kill()
        child.join()
        assert child.exitcode == -signal.SIGKILL
        while ours.poll():
            try:
                newest_told, seconds = ours.recv()
            except EOFError:
                break
        unfinished += bool(list((run / "checkpoints").glob(".step-*")))
        clean_staging(run / "checkpoints")
        assert not list((run / "checkpoints").glob(".*"))
        found, passed_over = find_newest(run)
        assert passed_over == []
        newest = step_of(found) if found else 0
        assert newest in (newest_told, newest_told + 1)
        kept = {step for step in range(1, newest + 1) if step > newest - KEEP_NEWEST or step % KEEP_EVERY == 0}
        published = published_steps(run / "checkpoints")
        assert kept <= set(published)
        assert len(published) <= len(kept) + 1  # one that the killed writer had not come to remove
        for step, directory in published.items():
            verify_checkpoint(directory)
            reader = CheckpointReader(directory)
            assert reader.state == {"step": step, "save_number": step}
            assert all(torch.equal(reader.read_full("w", key), torch.full((WEIGHT.numel,), float(step))) for key in VALUE_KEYS)
    assert unfinished >= times // 5, "most moments were to lie within a save"
    save_as_two_ranks(run, newest + 1)
    assert find_newest(run) == (step_directory(run, newest + 1), [])


@pytest.mark.slow
def test_killed_at_20_random_moments(processes, tmp_path):
    kill_at_random_moments(processes, tmp_path, 20)


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_killed_at_200_random_moments(processes, tmp_path):
    kill_at_random_moments(processes, tmp_path, 200)
