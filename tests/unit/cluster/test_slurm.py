"""What Slurm says of a job's hosts, and what is said to srun. On a real Slurm: tests/cluster."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from medpretrain.cluster.hostfile import Host
from medpretrain.cluster.slurm import JobLost, SlurmHosts, SlurmSilent, slurm_hosts, tasks_per_node
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
    job = {"SLURM_JOB_ID": "7", "SLURM_JOB_NODELIST": "gpu[01-02,07]", "SLURM_CPUS_ON_NODE": "64", "SLURM_GPUS_ON_NODE": "8"}
    by_gpus = slurm_hosts({**job, "SLURM_TASKS_PER_NODE": "1(x3)", "SLURM_RESTART_COUNT": "2"})
    assert (by_gpus.job, by_gpus.restarts) == ("7", 2)
    assert (by_gpus.every, by_gpus.num_cpus) == ((Host("gpu01", 8), Host("gpu02", 8), Host("gpu07", 8)), 64)
    by_tasks = slurm_hosts({**job, "SLURM_NTASKS_PER_NODE": "4", "SLURM_TASKS_PER_NODE": "4(x2),2"})
    assert by_tasks.every == (Host("gpu01", 4), Host("gpu02", 4), Host("gpu07", 2))
    with pytest.raises(InputError, match=r"says SLURM_JOB_NODELIST=gpu01,gpu02,gpu07, SLURM_TASKS_PER_NODE=8 and SLURM_GPUS_ON_NODE=8;"):
        slurm_hosts({**job, "SLURM_NTASKS_PER_NODE": "4", "SLURM_TASKS_PER_NODE": "8"})


def test_srun_is_told_the_hosts_and_their_tasks() -> None:
    source = SlurmHosts((Host("a", 4), Host("b", 4), Host("c", 4)), 64, "7", 0)
    words = source.words_on(["srun", "python", "pretrain.py"], [Host("a", 4), Host("c", 4)], Path("h"))
    assert words == [
        *("srun", "--nodes=2", "--ntasks=8", "--cpus-per-task=16", "--ntasks-per-node=4", "--nodelist=a,c"),
        *("python", "pretrain.py"),
    ]
    words = source.words_on(["srun", "python"], [Host("a", 4), Host("c", 2)], Path("h"))
    assert words[2:] == ["--ntasks=6", "--cpus-per-task=16", "--distribution=arbitrary", "--nodelist=a,a,a,a,c,c", "python"]


def test_a_node_is_lost_when_slurm_has_given_it_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in(tmp_path, "sinfo", "a allocated\na allocated\nb down*\nc allocated*\nd draining\ne powered_down", monkeypatch)
    hosts = [Host(name, 1) for name in "abcde"]
    source = SlurmHosts(tuple(hosts), 8, "7", 0)
    assert sorted(source.silent(hosts)) == ["b", "e"]
    assert sorted(source.known_dead(hosts)) == ["b", "c", "e"]


def test_a_slurm_that_does_not_answer_takes_no_host_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert SlurmHosts((Host("a", 1),), 8, "7", 0).silent([Host("a", 1)]) == []


def test_hosts_are_the_jobs_only_as_long_as_it_runs_on_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = SlurmHosts((Host("a", 1),), 8, "7", restarts=1)
    stand_in(tmp_path, "scontrol", "JobId=7 JobName=x JobState=RUNNING Reason=None Restarts=1 NodeList=a", monkeypatch)
    assert source.hosts() == (Host("a", 1),)
    stand_in(tmp_path, "scontrol", "JobId=7 JobName=x JobState=RUNNING Reason=None Restarts=2 NodeList=b", monkeypatch)
    with pytest.raises(JobLost, match="Slurm's job 7 is RUNNING after 2 restarts"):
        source.hosts()
    (tmp_path / "scontrol").write_text("#!/bin/sh\nexit 1\n")
    with pytest.raises(SlurmSilent, match="Slurm does not say how its job 7 is"):
        source.hosts()
