"""The hosts of the Slurm job that this process is part of: which they are, which of them Slurm takes for dead, and srun's words for some
of them."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from medpretrain.cluster.hostfile import Host
from medpretrain.cluster.remote import SRUN
from medpretrain.errors import InputError

SLURM_SECONDS = 20.0  # for an answer of its controller
# What sinfo says of a node. One that is drained, or failing, goes on with the job that it has; one that does not answer may yet.
GIVEN_UP, NOT_ANSWERING = ("down", "powered_down", "powering_down"), "*"


class SlurmSilent(OSError):
    """Slurm's controller does not answer: it is away, or this host is cut off, and the job may be somebody else's by now."""


class JobLost(Exception):
    """Slurm has taken the job away, or has requeued it: whoever was started for it by then goes on."""


@dataclass(frozen=True)
class SlurmHosts:
    """The hosts of a job, with as many slots as processes are to run on each.

    Attributes:
        num_cpus: that the job has on each host; its processes share them.
        restarts: how often it was requeued before this start of it.
    """

    every: tuple[Host, ...]
    num_cpus: int
    job: str
    restarts: int
    reach: Sequence[str] = SRUN
    patience_seconds: float = 600.0  # the job is paid for

    def hosts(self) -> tuple[Host, ...]:
        """All of them, as long as the job runs on them: else JobLost, and SlurmSilent where nobody can say."""
        try:
            command = ["scontrol", "--oneliner", "show", "job", self.job]
            said = subprocess.run(command, capture_output=True, text=True, timeout=SLURM_SECONDS, check=True).stdout
        except (OSError, subprocess.SubprocessError) as error:
            raise SlurmSilent(f"Slurm does not say how its job {self.job} is ({error})") from error
        told = dict(re.findall(r"(JobState|Restarts)=(\S+)", said))
        if told != {"JobState": "RUNNING", "Restarts": str(self.restarts)}:
            raise JobLost(f"Slurm's job {self.job} is {told.get('JobState', 'unknown')} after {told.get('Restarts', 'some')} restarts")
        return self.every

    def words_on(self, words: Sequence[str], hosts: Sequence[Host], hostfile: Path) -> list[str]:
        """With as many tasks on each host as it has slots, ranks in the order of the hosts."""
        num_tasks, most = sum(host.slots for host in hosts), max(host.slots for host in hosts)
        size = [f"--nodes={len(hosts)}", f"--ntasks={num_tasks}", f"--cpus-per-task={max(self.num_cpus // most, 1)}"]
        if num_tasks == most * len(hosts):
            place = [f"--ntasks-per-node={most}", f"--nodelist={','.join(host.name for host in hosts)}"]
        else:  # a name a task
            place = ["--distribution=arbitrary", f"--nodelist={','.join(host.name for host in hosts for _ in range(host.slots))}"]
        return [words[0], *size, *place, *words[1:]]

    def silent(self, hosts: Sequence[Host]) -> list[str]:
        """Those that Slurm has given up; none where Slurm itself does not answer."""
        return [name for name, state in _states(hosts) if state.startswith(GIVEN_UP)]

    def known_dead(self, hosts: Sequence[Host]) -> list[str]:
        """Also those that do not answer Slurm at present: srun would wait for them."""
        return [name for name, state in _states(hosts) if state.startswith(GIVEN_UP) or state.endswith(NOT_ANSWERING)]


def slurm_hosts(environment: Mapping[str, str]) -> SlurmHosts:
    """The hosts of the job whose environment this is: a process for each task where the job says how many a node has, else one for each
    GPU. Raises InputError where it is not the environment of a batch script or of `salloc`."""
    names = host_names(environment.get("SLURM_JOB_NODELIST", ""))
    tasks, gpus = environment.get("SLURM_TASKS_PER_NODE", ""), environment.get("SLURM_GPUS_ON_NODE", "")
    try:
        counts_gpus = gpus and "SLURM_NTASKS_PER_NODE" not in environment
        slots = [int(gpus)] * len(names) if counts_gpus else tasks_per_node(tasks)
        num_cpus = int(environment.get("SLURM_CPUS_ON_NODE", "1"))
    except ValueError:
        slots, num_cpus = [], 0
    if not names or len(slots) != len(names):
        found = f"says SLURM_JOB_NODELIST={','.join(names)}, SLURM_TASKS_PER_NODE={tasks} and SLURM_GPUS_ON_NODE={gpus}"
        remedy = "start it from a batch script (launch/pretrain.sbatch) or in salloc"
        raise InputError("the environment", found, "the nodes of a Slurm job, and the tasks or GPUs of each", remedy)
    every = tuple(Host(name, number) for name, number in zip(names, slots, strict=True))
    return SlurmHosts(every, num_cpus, environment["SLURM_JOB_ID"], int(environment.get("SLURM_RESTART_COUNT", "0")))


def host_names(node_list: str) -> list[str]:
    """`node[01-03],gpu7` as names, by Slurm itself. Raises InputError where it cannot say."""
    command = ["scontrol", "show", "hostnames", node_list]
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=SLURM_SECONDS, check=True).stdout.split()
    except (OSError, subprocess.SubprocessError) as error:
        raise InputError(
            "SLURM_JOB_NODELIST", f"is `{node_list}` ({error})", "what `scontrol show hostnames` takes", "see that it runs"
        ) from error


def tasks_per_node(text: str) -> list[int]:
    """`2(x3),1` as [2, 2, 2, 1]. ValueError where it is something else."""
    counts = []
    for part in text.split(","):
        match = re.fullmatch(r"(\d+)(?:\(x(\d+)\))?", part)
        if match is None:
            raise ValueError(f"{part!r} says no number of tasks")
        counts += [int(match[1])] * int(match[2] or 1)
    return counts


def _states(hosts: Sequence[Host]) -> set[tuple[str, str]]:
    """(node, state) as sinfo tells them, once for all partitions; empty where it does not answer."""
    command = ["sinfo", "--noheader", "--Node", f"--nodes={','.join(host.name for host in hosts)}", "--format=%N %T"]
    try:
        said = subprocess.run(command, capture_output=True, text=True, timeout=SLURM_SECONDS, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return set()
    return {(name, state) for name, _, state in (line.partition(" ") for line in said.splitlines())}
