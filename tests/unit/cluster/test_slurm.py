"""What Slurm says of a job's hosts, and what is said to srun. On a real Slurm: tests/cluster."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from medpretrain.cluster.hostfile import Host
from medpretrain.cluster.slurm import SlurmHosts, slurm_hosts, tasks_per_node
from medpretrain.errors import InputError


def stand_in(directory: Path, name: str, says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A command of Slurm's that says always the same."""
    path = directory / name
    path.write_text(f"#!/bin/sh\ncat <<'TEXT'\n{says}\nTEXT\n")
    path.chmod(0o755)
    monkeypatch.setenv("PATH", str(directory), prepend=os.pathsep)


def test_tasks_per_node() -> None:
    assert tasks_per_node("2(x3),1") == [2, 2, 2, 1]
    assert tasks_per_node("8") == [8]
    for wrong in ("", "x", "2(3)", "2,"):
        with pytest.raises(ValueError, match="says no number of tasks"):
            tasks_per_node(wrong)


def test_hosts_of_a_job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in(tmp_path, "scontrol", "gpu01\ngpu02\ngpu07", monkeypatch)
    job = {"SLURM_JOB_NODELIST": "gpu[01-02,07]", "SLURM_TASKS_PER_NODE": "8(x2),4"}
    assert slurm_hosts(job).hosts() == (Host("gpu01", 8), Host("gpu02", 8), Host("gpu07", 4))
    with pytest.raises(InputError, match=r"the environment: says SLURM_JOB_NODELIST=gpu01,gpu02,gpu07 and SLURM_TASKS_PER_NODE=8;"):
        slurm_hosts({**job, "SLURM_TASKS_PER_NODE": "8"})


def test_srun_is_told_the_hosts_and_their_tasks() -> None:
    source = SlurmHosts((Host("a", 4), Host("b", 4), Host("c", 4)))
    words = source.words_on(["srun", "python", "pretrain.py"], [Host("a", 4), Host("c", 4)], Path("h"))
    assert words == ["srun", "--nodes=2", "--ntasks=8", "--nodelist=a,c", "--ntasks-per-node=4", "python", "pretrain.py"]
    words = source.words_on(["srun", "python"], [Host("a", 4), Host("c", 2)], Path("h"))
    assert words == ["srun", "--nodes=2", "--ntasks=6", "--distribution=arbitrary", "--nodelist=a,a,a,a,c,c", "python"]


def test_a_node_is_lost_when_slurm_has_given_it_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in(tmp_path, "sinfo", "a allocated\na allocated\nb down*\nc allocated*\nd draining\ne powered_down", monkeypatch)
    hosts = [Host(name, 1) for name in "abcde"]
    source = SlurmHosts(tuple(hosts))
    assert sorted(source.silent(hosts)) == ["b", "e"]
    assert sorted(source.known_dead(hosts)) == ["b", "c", "e"]


def test_a_slurm_that_does_not_answer_takes_no_host_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert SlurmHosts((Host("a", 1),)).silent([Host("a", 1)]) == []
