"""The training command under every launcher, over two hosts of two processes: the same run, to the last digit, and the same as on one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ENVIRONMENT
from lab import Lab
from runs import SCRIPT, hosts, losses, outcome, words

from medpretrain.cluster.deepspeed_env import deepspeed_env

pytestmark = pytest.mark.cluster

MEET = ["-x", "MASTER_ADDR=node1", "-x", "MASTER_PORT=29511"]


@pytest.fixture(scope="module")
def losses_on_one_machine(lab_is_possible: None, shards: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[int, float]:
    run = tmp_path_factory.mktemp("one") / "run"
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=4", "--", SCRIPT]
    subprocess.run([*launch, *words(run, shards)], env={**os.environ, **ENVIRONMENT}, check=True, timeout=200, capture_output=True)
    assert sorted(losses(run)) == [1, 2, 3, 4]
    return losses(run)


def command(launcher: str, lab: Lab) -> list[str]:
    """What a user types before the training command; as an sbatch script does it where the launcher is one of Slurm's own."""
    hostfile = str(lab.hostfile(["node1", "node2"], 2))
    deepspeed = ["deepspeed", "--hostfile", hostfile, "--launcher"]
    return {
        "deepspeed pdsh": [*deepspeed, "pdsh", SCRIPT],
        "deepspeed openmpi": [*deepspeed, "openmpi", f"--launcher_args={' '.join(MEET)}", SCRIPT],
        "deepspeed slurm": [*deepspeed, "slurm", "--launcher_args=--nodes=2 --ntasks-per-node=2", SCRIPT],
        "srun": ["srun", "--nodes=2", "--ntasks-per-node=2", sys.executable, SCRIPT],
        "mpirun": ["mpirun", "-n", "4", "--hostfile", hostfile, *MEET, *exports(), sys.executable, SCRIPT],
        "torchrun": ["pdsh", "-S", "-R", "ssh", "-w", "node[1-2]", *torchrun(), SCRIPT],
    }[launcher]


def variables() -> list[str]:
    """Of the environment, what runs need on other hosts; deepspeed adds PYTHONPATH by itself."""
    return [*deepspeed_env(ENVIRONMENT).splitlines(), *(f"{name}={value}" for name, value in ENVIRONMENT.items() if name == "PYTHONPATH")]


def exports() -> list[str]:
    return [word for variable in variables() for word in ("-x", variable)]


def torchrun() -> list[str]:
    where = ["--rdzv-backend=c10d", "--rdzv-endpoint=node1:29511", "--rdzv-id=1"]
    return ["env", *variables(), sys.executable, "-m", "torch.distributed.run", "--nnodes=2", "--nproc-per-node=2", *where, "--"]


NAMES = {
    "deepspeed pdsh": "deepspeed",
    "deepspeed openmpi": "openmpi",
    "deepspeed slurm": "slurm",
    "srun": "slurm",
    "mpirun": "openmpi",
    "torchrun": "torchrun",
}


@pytest.mark.parametrize("launcher", NAMES)
def test_every_launcher_trains_the_same_as_one_machine(
    launcher: str, lab: Lab, shards: Path, tmp_path: Path, losses_on_one_machine: dict[int, float]
) -> None:
    run = tmp_path / "run"
    (lab.directory / ".deepspeed_env").write_text(deepspeed_env(lab.environment), encoding="utf-8")
    done = lab.exec_on("head", [*command(launcher, lab), *words(run, shards)], timeout=200)
    assert outcome(run) == {"code": 0, "reason": "finished", "step": 4, "attempt": 1}, done.stderr
    assert sorted(hosts(run)) == ["node1", "node1", "node2", "node2"]
    assert losses(run) == losses_on_one_machine
    for rank, host in enumerate(hosts(run)):
        log = (run / "logs" / f"rank-{rank:05d}.log").read_text().splitlines()
        assert all(f" [attempt 1, {host}, rank {rank}] " in line for line in log), log
        assert f"of launcher {NAMES[launcher]}: rank {rank} of 4" in log[0]


def test_neighbours_on_two_hosts_are_refused_before_anything_starts(lab: Lab, shards: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    place = ["srun", "--nodes=2", "--ntasks-per-node=2", sys.executable, SCRIPT]
    done = lab.exec_on("head", [*place, *words(run, shards, "parallel.tensor=4")], check=False, timeout=100)
    assert outcome(run)["code"] == 2
    assert outcome(run)["reason"].startswith(
        "parallel.tensor: is 4, so that ranks 0 to 3 would share each layer between hosts node1 and node2; expected neighbours on one host"
    )
    assert outcome(run)["reason"] in done.stderr
    assert "Traceback" not in done.stderr
    assert sorted(path.name for path in run.iterdir()) == ["events.jsonl", "lock", "logs", "metrics.jsonl", "outcome.json"]


def test_processes_that_are_no_multiple_of_tensor_parallel_are_refused(lab: Lab, shards: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    done = lab.exec_on("head", ["srun", "--nodes=1", "--ntasks=3", sys.executable, SCRIPT, *words(run, shards)], check=False, timeout=100)
    assert outcome(run)["code"] == 2
    assert "parallel.tensor: is 2 in a job of 3 processes; expected a divisor of the number of processes; start a multiple" in done.stderr


def test_mpirun_without_a_meeting_point_says_what_to_pass(lab: Lab, shards: Path, tmp_path: Path) -> None:
    hostfile = str(lab.hostfile(["node1", "node2"], 2))
    launch = ["mpirun", "-n", "4", "--hostfile", hostfile, *exports(), sys.executable, SCRIPT]
    done = lab.exec_on("head", [*launch, *words(tmp_path / "run", shards)], check=False, timeout=100)
    assert done.returncode == 2
    assert "the environment: openmpi started 4 processes, and MASTER_ADDR, where they are to meet, is not set" in done.stderr
    assert "give mpirun `-x MASTER_ADDR=HOST -x MASTER_PORT=29500`" in done.stderr


def test_a_batch_script_that_forgets_srun_is_told(lab: Lab, shards: Path, tmp_path: Path) -> None:
    script = lab.directory / "job"
    script.write_text(f"#!/bin/bash\n{sys.executable} {SCRIPT} {' '.join(words(tmp_path / 'run', shards))}\n")
    job = lab.sbatch("--nodes=2", "--ntasks-per-node=2", f"--output={tmp_path}/log", str(script))
    assert lab.wait_for_job(job, "FAILED")["ExitCode"] == "2:0"
    assert "this process is one alone in a Slurm job of 4 tasks (SLURM_NTASKS)" in (tmp_path / "log").read_text()


@pytest.mark.parametrize("launcher", ["pdsh", "openmpi"])
def test_what_deepspeed_env_holds_reaches_every_rank_unchanged(launcher: str, lab: Lab) -> None:
    mine = {**lab.environment, "NCCL_SOCKET_IFNAME": "eth0,eth1", "OMP_NUM_THREADS": "3", "TMPDIR": "/tmp"}
    text = deepspeed_env(mine)
    assert {"NCCL_SOCKET_IFNAME", "OMP_NUM_THREADS", "PATH", "TMPDIR"} < {line.split("=")[0] for line in text.splitlines()}
    (lab.directory / ".deepspeed_env").write_text(text, encoding="utf-8")
    launch = ["deepspeed", "--hostfile", str(lab.hostfile(["node1", "node2"], 1)), "--launcher", launcher, "--no_python"]
    alone = ["--no_local_rank"] if launcher == "pdsh" else []
    lines = [
        line.removeprefix("node1: ").removeprefix("node2: ") for line in lab.exec_on("head", [*launch, *alone, "env"]).stdout.splitlines()
    ]
    assert {line: lines.count(line) for line in text.splitlines()} == dict.fromkeys(text.splitlines(), 2)
