"""Running this Python on a host of the job: by ssh, or by srun inside a Slurm job; directly where the host is this machine."""

from __future__ import annotations

import contextlib
import json
import shlex
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

SSH = ("ssh",)
SSH_OPTIONS = ("-o", "BatchMode=yes", "-o", "ConnectTimeout=10")
# One process beside those that a Slurm job runs already. What the job itself asked for (tasks, GPUs) holds for its ranks, not for this.
SRUN = ("srun", "--overlap", "--nodes=1", "--ntasks=1", "--ntasks-per-node=1", "--quiet")
HOSTS_AT_ONCE = 64
HERE = ("localhost", "127.0.0.1", "::1")


def is_here(host: str) -> bool:
    """Whether a host's name means this machine."""
    return host in (*HERE, socket.gethostname(), socket.getfqdn())


def command_on(host: str, python_words: Sequence[str], variables: Mapping[str, str], reach: Sequence[str]) -> list[str]:
    """The words that run this Python on a host, in this directory.

    Args:
        variables: set for it, beside what the host's login (by ssh) or this environment (by srun) has.
        reach: the command that reaches a host: ssh or srun, with options of one's own.
    """
    setting = ["env", *(f"{name}={value}" for name, value in variables.items())] if variables else []
    words = [*setting, sys.executable, *python_words]
    if is_here(host):
        return words
    if Path(reach[0]).name == "srun":
        return [*reach, f"--nodelist={host}", *words]
    return [*reach, *SSH_OPTIONS, host, f"cd {shlex.quote(str(Path.cwd()))} && exec {shlex.join(words)}"]


def ask_host(
    host: str, python_words: Sequence[str], reach: Sequence[str], seconds: float, said: str = ""
) -> tuple[dict[str, Any] | None, str]:
    """The JSON object that this Python prints last on a host, given `said` as its input; or None and the problem, in words."""
    words = command_on(host, python_words, {}, reach)
    try:
        done = subprocess.run(words, input=said, capture_output=True, text=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired:
        return None, f"it did not answer within {seconds:.0f} s"
    except FileNotFoundError:
        return None, f"there is no command `{words[0]}` here"
    found = last_object(done.stdout)
    if found is not None and done.returncode == 0:
        return found, ""
    said_lines = done.stderr.strip().splitlines()
    own = [line for line in said_lines if not line.startswith("srun: ")]  # srun adds that the command failed
    return None, (own or said_lines or [f"it ended with status {done.returncode} and said nothing"])[-1]


def last_object(output: str) -> dict[str, Any] | None:
    """The last line of an output that is a JSON object."""
    for line in reversed(output.splitlines()):
        if line.startswith("{"):
            with contextlib.suppress(ValueError):
                found: dict[str, Any] = json.loads(line)
                return found
    return None
