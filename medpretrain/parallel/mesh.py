"""Which process is which: the mesh of ranks (data parallel x tensor parallel). The one place below the entry points that reads the
environment, once, for what the launcher says of this process."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import torch
import torch.distributed as dist
from torch import Tensor
from torch.distributed import ProcessGroup

from medpretrain.errors import InputError
from medpretrain.parallel.launchers import Place, find_place


def read_place() -> Place:
    """This process's place in the job, from what its launcher (deepspeed, torchrun, srun, mpirun) set; one process alone where none did.

    Whichever it was, it also sets what torch and DeepSpeed read, so it must be called before deepspeed is imported. InputError where
    the launcher's words make no sense.
    """
    place, variables = find_place(os.environ)
    os.environ.update(variables)
    return place


def check_hosts(hosts: Sequence[str], tp_size: int) -> None:
    """InputError where tensor parallel neighbours would stand on different hosts. `hosts`: the host of each rank."""
    for first in range(0, len(hosts), tp_size):
        names = sorted(set(hosts[first : first + tp_size]))
        if len(names) > 1:
            counts = ", ".join(f"{host} has {number}" for host, number in Counter(hosts).items())
            raise InputError(
                "parallel.tensor",
                f"is {tp_size}, so that ranks {first} to {first + tp_size - 1} would share each layer between hosts {' and '.join(names)}",
                "neighbours on one host, as they exchange results several times a layer",
                f"start a multiple of {tp_size} consecutive ranks on every host ({counts}) or lower parallel.tensor",
            )


@dataclass(frozen=True)
class TensorAxis:
    """The tensor parallel axis as a layer sees it. `group` is None where the axis has one rank: then nothing is communicated."""

    rank: int = 0
    size: int = 1
    group: ProcessGroup | None = None

    def all_reduce(self, tensor: Tensor, op: dist.ReduceOp.RedOpType = dist.ReduceOp.SUM) -> Tensor:
        """Combine `tensor` over the axis in place, and return it."""
        if self.group is not None:
            dist.all_reduce(tensor, op=op, group=self.group)
        return tensor


@dataclass(frozen=True)
class Mesh:
    """Ranks as a grid: rank = dp_rank * tp_size + tp_rank, so tensor parallel neighbours are consecutive ranks and share a host."""

    rank: int
    world_size: int
    tensor: TensorAxis
    tp_group: ProcessGroup  # the ranks of `tensor`, also where that is one alone
    dp_rank: int
    dp_size: int
    dp_group: ProcessGroup
    device: torch.device


def build_mesh(place: Place, tp_size: int, device: torch.device, timeout: timedelta | None = None) -> Mesh:
    """Make the process groups of both axes, whose collectives are given up after `timeout` (collective: every rank calls it, after the
    default group is up)."""
    assert place.world_size % tp_size == 0, f"{place.world_size} processes with tensor parallel {tp_size}"
    dp_size = place.world_size // tp_size
    dp_rank, tp_rank = divmod(place.rank, tp_size)
    tp_groups = [dist.new_group([replica * tp_size + index for index in range(tp_size)], timeout) for replica in range(dp_size)]
    dp_groups = [dist.new_group([replica * tp_size + index for replica in range(dp_size)], timeout) for index in range(tp_size)]
    axis = TensorAxis(tp_rank, tp_size, tp_groups[dp_rank] if tp_size > 1 else None)
    return Mesh(place.rank, place.world_size, axis, tp_groups[dp_rank], dp_rank, dp_size, dp_groups[tp_rank], device)
