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
from medpretrain.checkpoint.format import HeldSlice, LogicalShape
from medpretrain.checkpoint.paths import staging_directory, step_directory
from medpretrain.checkpoint.reader import CheckpointReader
from medpretrain.checkpoint.retention import prune
from medpretrain.checkpoint.verify import list_checkpoints, verify_checkpoint
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


def save_for_ever(run, connection: Connection):
    """Save checkpoints of one parameter of 1M elements whose values are the step, and tell the step after each."""
    weight = LogicalShape("w", (2**20,), None)
    for step in range(1, 10**6):
        values = {key: torch.full((2**20,), float(step)) for key in ("master", "exp_avg", "exp_avg_sq")}
        staging = staging_directory(run, step, os.getpid())
        report = write_rank(staging, 0, [HeldSlice(weight, 0, 1, 0, 2**20, values, step)], {})
        publish(staging, step_directory(run, step), [report], {"step": step})
        prune(run, keep_newest=2, keep_every=10**9, newest_verified=step_directory(run, step))
        connection.send(step)


def test_killed_at_random_moments(processes, tmp_path):
    moments = random.Random(9)
    for attempt in range(6):
        run = tmp_path / str(attempt)
        ours, theirs = processes.Pipe()
        child = processes.Process(target=save_for_ever, args=(run, theirs))
        child.start()
        theirs.close()
        last = ours.recv()
        time.sleep(moments.uniform(0, 0.1))
        child.kill()
        child.join()
        while ours.poll():
            try:
                last = ours.recv()
            except EOFError:
                break
        clean_staging(run / "checkpoints")
        found, passed_over = find_newest(run)
        assert passed_over == []
        assert found is not None
        reader = CheckpointReader(found)
        assert reader.state["step"] in (last, last + 1)
        assert torch.equal(reader.read_full("w", "exp_avg_sq"), torch.full((2**20,), float(reader.state["step"])))
