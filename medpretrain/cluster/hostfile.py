"""Hostfiles as DeepSpeed and MPI read them (`host slots=N`), and which of their slots a job can use when tensor parallel groups must
stay inside a host."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from medpretrain.errors import InputError, InputErrors
from medpretrain.manifest import write_atomically

LINE = re.compile(r"(?P<name>\S+)\s+slots=(?P<slots>\S+)")


@dataclass(frozen=True)
class Host:
    """A machine: the name under which the others reach it, and how many processes (GPUs) it takes."""

    name: str
    slots: int


def read_hostfile(path: Path) -> tuple[Host, ...]:
    """The hosts of a hostfile, in its order, which is the order of ranks. Raises InputErrors."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise InputError(str(path), "there is no such file", "a hostfile", "check the path") from error
    except (IsADirectoryError, UnicodeDecodeError) as error:
        raise InputError(str(path), "is not a text file", "a hostfile with lines `host slots=N`", "check the path") from error
    return parse_hostfile(text, str(path))


def parse_hostfile(text: str, name: str) -> tuple[Host, ...]:
    """The hosts of a hostfile's text; `name` is for messages. Raises InputErrors with every mistake of the file."""
    hosts: dict[str, tuple[int, int]] = {}  # name -> line, slots
    errors = []
    for number, line in enumerate(text.splitlines(), 1):
        words = line.partition("#")[0].strip()
        if not words:
            continue
        where, example = f"{name} line {number}", f"`{words.split()[0]} slots=8`"
        match = LINE.fullmatch(words)
        if match is None:
            found = "says no slots" if len(words.split()) == 1 else f"is `{words}`"
            errors.append(InputError(where, found, f"a host and its number of processes, such as {example}", "mend or remove the line"))
        elif not re.fullmatch(r"[1-9][0-9]{0,5}", match["slots"]):
            errors.append(InputError(where, f"has slots={match['slots']}", "a whole number above 0", "write the host's number of GPUs"))
        elif match["name"] in hosts:
            first = hosts[match["name"]][0]
            errors.append(InputError(where, f"names {match['name']} again, as line {first} did", "each host once", "remove one of them"))
        else:
            hosts[match["name"]] = (number, int(match["slots"]))
    if not hosts and not errors:
        errors.append(InputError(name, "names no host", "lines `host slots=N`", "add the machines of the job"))
    if errors:
        raise InputErrors(errors)
    return tuple(Host(host, slots) for host, (_, slots) in hosts.items())


def format_hostfile(hosts: Sequence[Host], comment: str = "") -> str:
    """The text of a hostfile, its comment on top."""
    return "".join(f"# {line}\n" for line in comment.splitlines()) + "".join(f"{host.name} slots={host.slots}\n" for host in hosts)


def write_hostfile(path: Path, hosts: Sequence[Host], comment: str = "") -> None:
    """Write a hostfile, atomically: a launcher reads the old one or the new one."""
    write_atomically(path, format_hostfile(hosts, comment).encode())


def check_tensor_parallel(hosts: Sequence[Host], tensor: int, name: str) -> None:
    """Whether each tensor parallel group (`tensor` consecutive ranks) lies inside one host; `name` is for messages.

    Ranks count through the hosts in order, so this holds exactly where the size divides the slots of every host. Raises InputErrors that
    name every host where it does not.
    """
    errors = []
    for host in hosts:
        if left_over := host.slots % tensor:
            whole = host.slots - left_over
            found = f"has {host.slots} slots with parallel.tensor={tensor}, so a tensor parallel group would lie on two hosts"
            remedy = f"give it slots={whole}, or change parallel.tensor" if whole else "remove it, or change parallel.tensor"
            errors.append(InputError(f"{name}, host {host.name}", found, f"a multiple of {tensor}", remedy))
    if errors:
        raise InputErrors(errors)


def largest_topology(hosts: Sequence[Host], tensor: int, max_replicas: int | None = None) -> tuple[Host, ...]:
    """The hosts, and the slots of each, that give the most ranks with every tensor parallel group inside a host; the rest stay unused.

    Args:
        max_replicas: no more groups than so many (a global batch cannot feed more). They are laid on as few hosts as can be.

    Returns:
        hosts in their given order, none with 0 slots; empty where no host has room for one group.
    """
    assert tensor > 0, "a tensor parallel group has at least one rank"
    left = max_replicas
    groups = {}
    for host in sorted(hosts, key=lambda host: -(host.slots // tensor)):
        groups[host.name] = host.slots // tensor if left is None else min(host.slots // tensor, left)
        left = None if left is None else left - groups[host.name]
    return tuple(Host(host.name, groups[host.name] * tensor) for host in hosts if groups[host.name])
