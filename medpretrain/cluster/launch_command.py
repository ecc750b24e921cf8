"""A launch command, understood: what stands in it for the supervisor to know, and how it is written for other hosts.

Two launchers let their hosts be chosen: deepspeed with a hostfile, and srun inside a Slurm job. The others know their hosts by themselves.
"""

from __future__ import annotations

import math
import shlex
import shutil
import socket
import subprocess
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from medpretrain.cluster.hostfile import Host, read_hostfile
from medpretrain.cluster.remote import HOSTS_AT_ONCE, SSH, SSH_OPTIONS, is_here
from medpretrain.cluster.slurm import SlurmHosts, slurm_hosts
from medpretrain.errors import InputError
from medpretrain.train.recipes import load_recipe
from medpretrain.train.settings import Recipe

PROBE_SECONDS, CONFIRM_SECONDS = 3.0, 8.0
CHOOSERS = ("--include", "-i", "--exclude", "-e", "--num_nodes", "--num_gpus", "--num_accelerators")  # of hosts, by deepspeed
CHOOSERS_OF_SRUN = ("--nodes", "-N", "--nodelist", "-w", "--exclude", "-x", "--ntasks", "-n", "--ntasks-per-node")


class HostSource(Protocol):
    """Where the hosts of a launch command come from, and how it is told others."""

    @property
    def reach(self) -> Sequence[str]:
        """The command that reaches one of them (see `remote.command_on`)."""

    @property
    def patience_seconds(self) -> float:
        """How long it is worth to wait where none of them is fit."""

    def hosts(self) -> tuple[Host, ...]:
        """All hosts that there are, as of now. Raises InputError(s) or OSError."""

    def words_on(self, words: Sequence[str], hosts: Sequence[Host], hostfile: Path) -> list[str]:
        """The launch command for these of them, which stand in `hostfile` too."""

    def silent(self, hosts: Sequence[Host]) -> list[str]:
        """Which of these do not answer at present."""

    def known_dead(self, hosts: Sequence[Host]) -> list[str]:
        """Which of these need not be asked, as somebody knows that they are down."""


@dataclass(frozen=True)
class HostfileHosts:
    """The hosts of the hostfile that stands among deepspeed's words."""

    place: int
    file: Path
    reach: Sequence[str] = SSH
    patience_seconds: float = math.inf  # they are ours, and somebody mends them

    def hosts(self) -> tuple[Host, ...]:
        return read_hostfile(self.file)

    def words_on(self, words: Sequence[str], hosts: Sequence[Host], hostfile: Path) -> list[str]:
        """A `--master_addr` of the hostfile gives way to the first of the hosts, where rank 0 will be; and deepspeed is kept from starting
        the processes of a single host on this machine."""
        words = list(words)
        option, is_joined, _ = words[self.place].partition("=")
        words[self.place] = f"{option}={hostfile}" if is_joined else str(hostfile)
        for place, word in enumerate(words):
            option, is_joined, address = word.partition("=")
            if option in ("--master_addr", "--master-addr"):
                address = address or words[place + 1]
                if address in [host.name for host in self.hosts()]:
                    words[place if is_joined else place + 1] = f"{option}={hosts[0].name}" if is_joined else hosts[0].name
        return [words[0], "--force_multi", *words[1:]] if len(hosts) == 1 and "--force_multi" not in words else words

    def silent(self, hosts: Sequence[Host]) -> list[str]:
        with ThreadPoolExecutor(HOSTS_AT_ONCE) as pool:
            return [host.name for host, alive in zip(hosts, pool.map(_answers, hosts), strict=True) if not alive]

    def known_dead(self, hosts: Sequence[Host]) -> list[str]:
        return []


@dataclass(frozen=True)
class Launch:
    """A launch command.

    Attributes:
        words: as typed.
        hosts: where its hosts come from; None where the launcher knows them by itself.
    """

    words: tuple[str, ...]
    run: Path
    recipe: Recipe
    recipe_name: str
    overrides: tuple[str, ...]
    hosts: HostSource | None


def understand(words: Sequence[str], environment: Mapping[str, str]) -> Launch:
    """The launch command, typed in this environment. Raises InputError(s) where it does not train, or its recipe or hosts are wrong."""
    where = f"the launch command `{shlex.join(words)}`"
    script = next((place for place, word in enumerate(words) if word.endswith("pretrain.py")), None)
    if script is None:
        remedy = "write it behind `--`: supervise.py -- deepspeed --hostfile F launch/pretrain.py --recipe R --run DIR"
        raise InputError(where, "does not start launch/pretrain.py", "the command that trains", remedy)
    options: dict[str, str] = {}
    place = {}
    for index, word in enumerate(words):
        option, is_joined, value = word.partition("=")
        if option in ("--recipe", "--run", "--hostfile", "-H"):
            place[option] = index if is_joined else index + 1
            options[option] = value if is_joined else next(iter(words[index + 1 :]), "")
    for option in ("--recipe", "--run"):
        if not options.get(option):
            raise InputError(where, f"has no {option}", "a recipe and the run's directory", f"add {option}")
    taken = {*place.values()}
    overrides = tuple(
        word for index, word in enumerate(words) if index > script and index not in taken and "=" in word and not word.startswith("-")
    )
    if shutil.which(words[0]) is None:
        raise InputError(where, f"`{words[0]}` is no command here", "a launcher", "give its path, or activate its environment")
    launcher, before_script = Path(words[0]).name, words[1:script]
    hosts: HostfileHosts | SlurmHosts | None = None
    hostfile_option = next((option for option in ("--hostfile", "-H") if option in options), None)
    if launcher == "deepspeed" and hostfile_option is not None:
        if chooser := _first_of(CHOOSERS, before_script):
            raise InputError(where, f"chooses hosts by {chooser}", "the hostfile alone to say them", "take it out, and edit the hostfile")
        hosts = HostfileHosts(place[hostfile_option], Path(options[hostfile_option]))
        hosts.hosts()
    elif launcher == "srun" and "SLURM_JOB_ID" in environment:
        if chooser := _first_of(CHOOSERS_OF_SRUN, before_script):
            raise InputError(where, f"chooses hosts by {chooser}", "the job alone to say them", "take it out, and give it to sbatch")
        hosts = slurm_hosts(environment)
    recipe = load_recipe(options["--recipe"], overrides)
    return Launch(tuple(words), Path(options["--run"]).absolute(), recipe, options["--recipe"], overrides, hosts)


def _first_of(choosers: Sequence[str], words: Sequence[str]) -> str | None:
    return next((word for word in words if word.partition("=")[0] in choosers), None)


def _answers(host: Host) -> bool:
    """Whether a host is there: its ssh port says a word; where that fails, ssh itself is asked (there may be a jump host between)."""
    if is_here(host.name):
        return True
    try:
        known = subprocess.run([*SSH, "-G", host.name], capture_output=True, text=True, timeout=PROBE_SECONDS, check=True).stdout
        settings = dict(line.split(maxsplit=1) for line in known.splitlines() if " " in line)
        with socket.create_connection((settings["hostname"], int(settings["port"])), timeout=PROBE_SECONDS) as connection:
            if connection.recv(4).startswith(b"SSH"):
                return True
    except (OSError, subprocess.SubprocessError, KeyError, ValueError):
        pass
    try:
        command = [*SSH, *SSH_OPTIONS, host.name, "true"]
        return subprocess.run(command, capture_output=True, timeout=CONFIRM_SECONDS, check=False, stdin=subprocess.DEVNULL).returncode == 0
    except (OSError, subprocess.SubprocessError):
        return False
