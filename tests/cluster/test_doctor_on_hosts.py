"""`medpretrain doctor` over several hosts, by real ssh and over real links; inside a Slurm job by srun."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from lab import HEAD, Lab
from runs import REPOSITORY

pytestmark = pytest.mark.cluster


def doctor(lab: Lab, *words: str) -> tuple[int, dict[str, Any]]:
    """Exit status and result of a doctor on the head, who asks all nodes."""
    hostfile = str(lab.hostfile(lab.nodes, 1))
    command = [sys.executable, "-m", "medpretrain", "doctor", "--hostfile", hostfile, "--json", *words]
    done = lab.exec_on(HEAD, command, cwd=REPOSITORY, timeout=200, check=False)
    return done.returncode, json.loads(done.stdout)


def bad(result: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(finding["host"], finding["check"], finding["sentence"]) for finding in result["findings"] if finding["level"] == "bad"]


def test_a_host_behind_a_slow_link_is_named_and_left_out(lab: Lab, tmp_path: Path) -> None:
    _, before = doctor(lab)
    assert all(speed is None or speed > 4e7 for row in before["links"]["bandwidth"] for speed in row)
    lab.slow_down("node3", megabits_per_second=100)
    status, result = doctor(lab, "--exclude-bad", str(tmp_path / "good"))
    assert status == 1
    assert bad(result) == [("node3", "links", "most of its links are slow, so all would wait for it")]
    assert (tmp_path / "good").read_text().splitlines()[1:] == ["node1 slots=1", "node2 slots=1", "node4 slots=1"]


def test_hosts_that_do_not_answer_are_named_and_the_others_examined(lab: Lab) -> None:
    lab.powercut("node2")
    lab.cut("node4")
    status, result = doctor(lab, "--quick")
    assert status == 1
    assert sorted(host for host, check, _ in bad(result) if check == "reachable") == ["node2", "node4"]
    assert [host["name"] for host in result["hosts"] if host["report"] is not None] == ["node1", "node3"]


def test_inside_a_slurm_job_hosts_are_asked_by_srun(lab: Lab, tmp_path: Path) -> None:
    hostfile = lab.hostfile(["node1", "node2"], 1)
    script = tmp_path / "job"
    words = f"-m medpretrain doctor --hostfile {hostfile} --ssh 'srun --overlap --nodes=1 --ntasks=1' --json"
    script.write_text(f"#!/bin/bash\n{sys.executable} {words} >{tmp_path}/result\n")
    job = lab.sbatch("--nodes=2", f"--output={tmp_path}/log", str(script), cwd=REPOSITORY)
    lab.wait_for_job(job, "COMPLETED")
    result = json.loads((tmp_path / "result").read_text())
    assert (result["fit"], [host["report"]["hostname"] for host in result["hosts"]]) == (True, ["node1", "node2"])
