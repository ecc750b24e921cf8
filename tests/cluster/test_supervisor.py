"""launch/supervise.py over real hosts: whatever happens to hosts, ranks and launcher, the run is the one that nothing happened to."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from lab import HEAD, Lab, wait_until
from runs import OFTEN, REPOSITORY, SCRIPT, events, hosts, losses, outcome, undisturbed_losses, wait_for_step, words

from medpretrain.cluster.ledger import run_ledger
from medpretrain.train.run_directory import read_json_lines

pytestmark = pytest.mark.cluster

NUM_STEPS = 60
HANG_SECONDS = 8


@pytest.fixture(scope="module")
def undisturbed(lab_is_possible: None, shards: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[int, float]:
    """The losses of the run on one machine, never stopped."""
    return undisturbed_losses(tmp_path_factory.mktemp("one") / "run", shards, NUM_STEPS)


@pytest.fixture
def supervise(lab: Lab, shards: Path, run: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """supervise(nodes, *options, overrides=...) -> a supervisor on the head, of a run with two processes on each of these nodes."""
    started = []

    def supervise(nodes: list[str], *options: str, overrides: tuple[str, ...] = ()) -> subprocess.Popen[str]:
        launch = ["deepspeed", "--hostfile", str(lab.hostfile(nodes, 2)), "--launcher", "pdsh", "--master_addr", nodes[0], SCRIPT]
        training = words(run, shards, OFTEN, f"watch.step_seconds={HANG_SECONDS}", *overrides, num_steps=NUM_STEPS)
        command = [sys.executable, "launch/supervise.py", *options, "--", *launch, *training]
        with open(run.parent / "supervisor.log", "a") as log:
            started.append(lab.start_on(HEAD, command, cwd=REPOSITORY, stdin=subprocess.DEVNULL, stdout=log, stderr=log))
        return started[-1]

    yield supervise
    for process in started:
        process.kill()
        process.wait()


def journal(run: Path, *names: str) -> list[dict[str, Any]]:
    return [event for event in read_json_lines(run / "supervisor.jsonl") if event["event"] in names]


def end_on(lab: Lab, host: str, signal: str, program: str) -> None:
    """Send a signal to the first process of a host whose command line holds a word."""
    script = f"kill -{signal} $(pgrep -f -o -- '{program}')"
    lab.exec_on(host, ["sh", "-c", script])


def rank_of(run: Path, host: str) -> int:
    """The number, on its host, of one of the run's processes there."""
    processes = json.loads((run / "environment.json").read_text())["processes"]
    return next(process["process"] for process in processes if process["host"] == host)


def kill_rank(lab: Lab, run: Path) -> None:
    lab.exec_on("node2", ["kill", "-KILL", str(rank_of(run, "node2"))])


def stop_rank(lab: Lab, run: Path) -> None:
    lab.exec_on("node2", ["kill", "-STOP", str(rank_of(run, "node2"))])


def cut_power(lab: Lab, run: Path) -> None:
    lab.powercut("node2")


def cut_link(lab: Lab, run: Path) -> None:
    lab.cut("node2")


def kill_pdsh(lab: Lab, run: Path) -> None:
    end_on(lab, HEAD, "KILL", "^pdsh")


def kill_launcher(lab: Lab, run: Path) -> None:
    end_on(lab, HEAD, "KILL", "bin/deepspeed")


HAPPENINGS: dict[str, tuple[Callable[[Lab, Path], None], str, bool]] = {  # what, the cause that is told, whether node2 is left out
    "rank killed": (kill_rank, "crash", False),
    "rank stopped": (stop_rank, "hang", False),
    "power cut": (cut_power, "lost host node2", True),
    "link cut": (cut_link, "lost host node2", True),
    "pdsh killed": (kill_pdsh, "launcher died", False),
    "launcher killed": (kill_launcher, "launcher died", False),
}


@pytest.mark.parametrize("happening", HAPPENINGS)
def test_whatever_happens_the_run_ends_whole(
    happening: str, lab: Lab, run: Path, supervise: Callable[..., subprocess.Popen[str]], undisturbed: dict[int, float]
) -> None:
    happen, cause, left_out = HAPPENINGS[happening]
    supervisor = supervise(["node1", "node2"])
    wait_for_step(run, 12)
    happen(lab, run)
    said = run.parent / "supervisor.log"
    assert supervisor.wait(timeout=200) == 0, said.read_text()
    assert outcome(run) == {"code": 0, "reason": "finished", "step": NUM_STEPS, "attempt": 2}, said.read_text()
    assert losses(run) == pytest.approx(undisturbed, rel=1e-6)
    first, last = journal(run, "ended")
    assert (first["attempt"], first["cause"], last["cause"]) == (1, cause, "finished"), first
    assert [event["host"] for event in journal(run, "host_left_out")] == (["node2"] if left_out else [])
    assert set(hosts(run)) == ({"node1"} if left_out else {"node1", "node2"})
    resumed = events(run, "resumed")
    assert [event["step"] >= 10 for event in resumed] == [True]
    ledger = run_ledger(run)
    assert [attempt["ended_by"] for attempt in ledger["attempts"]] == [cause, "finished"]
    assert sum(ledger["parts"].values()) == pytest.approx(ledger["wall_seconds"])


def test_a_host_that_comes_back_is_taken_back(
    lab: Lab, run: Path, supervise: Callable[..., subprocess.Popen[str]], undisturbed: dict[int, float]
) -> None:
    lab.powercut("node2")
    supervisor = supervise(["node1", "node2"], "--grow-minutes", "0.05", overrides=(f"schedule.total_steps={NUM_STEPS}",))
    wait_for_step(run, 3)
    assert set(hosts(run)) == {"node1"}
    lab.heal("node2")
    lab.boot("node2")
    assert supervisor.wait(timeout=200) == 0, (run.parent / "supervisor.log").read_text()
    assert [event["host"] for event in journal(run, "host_back")] == ["node2"]
    assert set(hosts(run)) == {"node1", "node2"}
    assert losses(run) == pytest.approx(undisturbed, rel=1e-6)
    assert [event["step"] for event in events(run, "resumed")] == [event["step"] for event in events(run, "stopped")], "no step was lost"


def test_a_lock_that_a_killed_compilation_left_does_not_stop_the_run(
    lab: Lab, run: Path, supervise: Callable[..., subprocess.Popen[str]], undisturbed: dict[int, float]
) -> None:
    extensions = lab.directory / "extensions"
    shutil.copytree(lab.environment["TORCH_EXTENSIONS_DIR"], extensions)
    lab.environment["TORCH_EXTENSIONS_DIR"] = str(extensions)
    [made] = extensions.glob("**/*.so")
    lock = made.with_name("lock")
    lock.touch()
    long_ago = time.time() - 600
    os.utime(lock, (long_ago, long_ago))
    supervisor = supervise(["node1", "node2"])
    assert supervisor.wait(timeout=200) == 0, (run.parent / "supervisor.log").read_text()
    assert [event["lock"] for event in journal(run, "stale_lock_removed")] == [str(lock)]
    assert losses(run) == pytest.approx(undisturbed, rel=1e-6)


def test_a_second_supervisor_is_refused(lab: Lab, run: Path, supervise: Callable[..., subprocess.Popen[str]]) -> None:
    first = supervise(["node1"])
    wait_until(lambda: (run / "supervisor.jsonl").exists(), "the first supervisor", seconds=30)
    second = supervise(["node2"])
    assert second.wait(timeout=60) == 2
    assert f"{run}: is in use by process " in (run.parent / "supervisor.log").read_text()
    first.kill()


def test_a_supervisor_that_is_asked_to_stop_has_the_run_save_and_stop(
    lab: Lab, run: Path, supervise: Callable[..., subprocess.Popen[str]]
) -> None:
    supervisor = supervise(["node1"])
    wait_for_step(run, 7)
    lab.exec_on(HEAD, ["sh", "-c", "kill -TERM $(pgrep -f -o -- launch/supervise.py)"])
    assert supervisor.wait(timeout=60) == 75
    [stopped] = events(run, "stopped")
    assert (run / f"checkpoints/step-{stopped['step']:07d}").is_dir()


def test_a_run_that_cannot_go_on_is_given_up_with_its_attempts(
    lab: Lab, run: Path, supervise: Callable[..., subprocess.Popen[str]]
) -> None:
    """Nothing can be saved, so no attempt gets further than the one before."""
    (run / "checkpoints").parent.mkdir(parents=True)
    (run / "checkpoints").write_text("a file where the directory is to be")
    supervisor = supervise(["node1"], "--max-failures", "1")
    assert supervisor.wait(timeout=200) in (1, 76)
    said = (run.parent / "supervisor.log").read_text()
    assert "given up after 2 failures in a row without a new checkpoint; all attempts:" in said
    assert len(journal(run, "ended")) == 2
