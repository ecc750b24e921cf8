"""The lab itself: hosts that are hosts, failures that are noticed as real ones are, and nothing left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
from lab import APT_LINE, NAMESPACES, PREFIX, Lab, remove_leftovers, what_is_missing

pytestmark = pytest.mark.cluster


def namespaces() -> set[str]:
    return {path.name for path in NAMESPACES.glob(f"{PREFIX}-*")}


def test_hosts_have_their_own_names_processes_and_network(lab: Lab) -> None:
    assert lab.exec_on("node2", ["hostname"]).stdout == "node2\n"
    assert lab.exec_on("head", ["ssh", "node3", "hostname"]).stdout == "node3\n"
    said = lab.exec_on("head", ["pdsh", "-R", "ssh", "-w", "node[1-4]", "hostname"]).stdout.splitlines()
    assert sorted(said) == [f"node{number}: node{number}" for number in range(1, 5)]
    asleep = lab.start_on("node1", ["sleep", "1000"])
    assert "sleep 1000" in lab.exec_on("node1", ["ps", "-e", "-o", "args"]).stdout
    assert "sleep 1000" not in lab.exec_on("node2", ["ps", "-e", "-o", "args"]).stdout
    assert lab.exec_on("node1", ["ip", "route"]).stdout.split()[0] == "10.77.0.0/24"
    assert "default" not in lab.exec_on("node1", ["ip", "route"]).stdout, "there is a way out of the lab"
    asleep.kill()
    asleep.wait()
    assert "sleep 1000" not in lab.exec_on("node1", ["ps", "-e", "-o", "args"]).stdout, "what was started dies with its handle"


def test_slurm_starts_tasks_on_the_nodes_and_hands_out_gpus(lab: Lab) -> None:
    said = lab.exec_on("head", ["srun", "--nodes=2", "--ntasks-per-node=2", "--gpus-per-node=2", "hostname"]).stdout
    assert sorted(said.split()) == ["node1", "node1", "node2", "node2"]


def test_a_host_without_power_is_silent_and_its_job_is_requeued_elsewhere(lab: Lab) -> None:
    script = lab.directory / "job"
    script.write_text("#!/bin/bash\nsleep 1000\n")
    job = lab.sbatch("--nodes=2", "--requeue", str(script))
    assert lab.wait_for_job(job, "RUNNING")["NodeList"] == "node[1-2]"
    talk = lab.start_on("head", ["ssh", "node2", "sleep", "1000"])
    time.sleep(1)
    lab.powercut("node2")
    time.sleep(2)
    assert talk.poll() is None, "nobody told the peers"
    assert lab.exec_on("head", ["ssh", "node2", "true"], check=False).returncode == 255
    assert talk.wait(timeout=60) == 255
    assert lab.wait_for_job(job, "RUNNING", restarts=1)["NodeList"] in ("node[1,3]", "node[1,4]", "node[3-4]")
    lab.heal("node2")
    lab.boot("node2")
    lab.exec_on("head", ["scancel", str(job)])
    lab.wait_until_idle()
    assert lab.exec_on("head", ["ssh", "node2", "hostname"]).stdout == "node2\n"


def test_two_labs_stand_side_by_side_and_leave_nothing(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> None:
    before = namespaces()
    processes: list[psutil.Process] = []

    def a_test_that_fails() -> None:
        with Lab(tmp_path_factory.mktemp("lab"), num_nodes=1) as other:
            assert len(namespaces()) == len(before) + 3
            assert other.exec_on("head", ["sinfo", "--noheader", "--partition=main", "--format=%N"]).stdout.split() == ["node1"]
            asleep = other.start_on("node1", ["sleep", "1000"])
            processes.extend([psutil.Process(asleep.pid), *psutil.Process(asleep.pid).children(recursive=True)])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        a_test_that_fails()
    assert namespaces() == before
    assert processes
    assert [process for process in processes if process.is_running() and process.status() != psutil.STATUS_ZOMBIE] == []
    assert lab.exec_on("node4", ["hostname"]).stdout == "node4\n"


def test_a_test_run_that_is_killed_leaves_no_process_and_its_names_go_with_the_next(
    lab_is_possible: None, tmp_path: Path, start_process: Callable[..., subprocess.Popen[Any]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    directory = tmp_path_factory.mktemp("lab")
    script = "import lab, pathlib, sys\nwith lab.Lab(pathlib.Path(sys.argv[1]), num_nodes=1):\n    print('up', flush=True); input()"
    child = start_process(
        [sys.executable, "-c", script, str(directory)],
        cwd=Path(__file__).parent,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "up\n"
    running = psutil.Process(child.pid).children(recursive=True)
    assert {"slurmctld", "slurmd", "munged", "sshd"} <= {process.name() for process in running}
    child.send_signal(signal.SIGKILL)
    child.wait()
    _, alive = psutil.wait_procs(running, timeout=10)
    assert [process.name() for process in alive] == []
    left = {name for name in namespaces() if name.startswith(f"{PREFIX}-{child.pid}-")}
    assert len(left) == 3
    remove_leftovers()
    assert not left & namespaces()


def test_what_is_missing_is_said_with_the_line_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lab.PROGRAMS", ("sh", "slurmctld-that-is-not-there"))
    assert what_is_missing() == f"the cluster lab needs slurmctld-that-is-not-there: {APT_LINE}"
