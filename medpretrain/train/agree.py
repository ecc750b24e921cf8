"""All ranks of one mind: an error that only one rank meets (a file missing on its host, say) becomes every rank's, with its name on it."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any, TypeVar

import torch
import torch.distributed as dist

from medpretrain.errors import InputError, InputErrors

ResultT = TypeVar("ResultT")


def agree(function: Callable[[], ResultT]) -> ResultT:
    """Call what each rank does for itself (no collective in it). Where any rank's input is wrong, every rank raises: what they all found,
    or what the first such rank found, with its number and host. Collective."""
    result: Any = None
    problems: list[tuple[str, str, str, str]] = []
    try:
        result = function()
    except InputErrors as errors:
        problems = [_parts(error) for error in errors.errors]
    except InputError as error:
        problems = [_parts(error)]
    except OSError as error:
        problems = [(str(error.filename or "a file"), f"cannot be used ({error.strerror or error})", "a readable file", "see to that host")]
    everyones = gather((socket.gethostname(), problems))
    wrong = [(rank, host, found) for rank, (host, found) in enumerate(everyones) if found]
    if not wrong:
        return result
    rank, host, found = wrong[0]
    if len(wrong) < len(everyones):
        found = [(f"rank {rank} on host {host}: {where}", *rest) for where, *rest in found]
    raise InputErrors([InputError(*parts) for parts in found])


def gather(value: Any) -> list[Any]:
    """Every rank's value, by rank, on every rank (collective; values are pickled)."""
    values: list[Any] = [None] * dist.get_world_size()
    dist.all_gather_object(values, value)
    return values


def any_rank(device: torch.device, *answers: bool) -> list[bool]:
    """For each question: whether any rank answers yes (collective; one small reduction)."""
    asked = torch.tensor([float(answer) for answer in answers], device=device)
    dist.all_reduce(asked, op=dist.ReduceOp.MAX)
    return [bool(answer) for answer in asked.tolist()]


def tell_all(value: Any) -> Any:
    """Rank 0's value, on every rank (collective; the value is pickled)."""
    box = [value]
    dist.broadcast_object_list(box, src=0)
    return box[0]


def _parts(error: InputError) -> tuple[str, str, str, str]:
    return error.where, error.found, error.expected, error.remedy
