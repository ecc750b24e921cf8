"""Which process is which: the mesh of ranks (data parallel x tensor parallel). The one place below the entry points that reads the
environment, once, for what the launcher says of this process."""

from __future__ import annotations

import os
from dataclasses import dataclass

import torch
import torch.distributed as dist
from torch import Tensor
from torch.distributed import ProcessGroup

from medpretrain.errors import InputError


@dataclass(frozen=True)
class Place:
    """What the launcher (deepspeed, torchrun, or none) says of this process."""

    rank: int
    local_rank: int
    world_size: int


def read_place() -> Place:
    """This process's place in the job, from the launcher's RANK, LOCAL_RANK and WORLD_SIZE; one process alone where none is set.

    Where nothing launched the process, it also sets what torch's rendezvous needs for a group of one.
    """
    if "RANK" not in os.environ:
        os.environ.update(RANK="0", LOCAL_RANK="0", WORLD_SIZE="1", MASTER_ADDR="127.0.0.1")
        os.environ.setdefault("MASTER_PORT", "0")
    try:
        return Place(rank=int(os.environ["RANK"]), local_rank=int(os.environ["LOCAL_RANK"]), world_size=int(os.environ["WORLD_SIZE"]))
    except (KeyError, ValueError) as error:
        raise InputError(
            "the environment",
            f"RANK, LOCAL_RANK or WORLD_SIZE is missing or no number ({error})",
            "all three or none, as deepspeed and torchrun set them",
            "start the job with deepspeed, torchrun or plain python",
        ) from error


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


def build_mesh(place: Place, tp_size: int, device: torch.device) -> Mesh:
    """Make the process groups of both axes (collective: every rank calls it, after the default group is up)."""
    assert place.world_size % tp_size == 0, f"{place.world_size} processes with tensor parallel {tp_size}"
    dp_size = place.world_size // tp_size
    dp_rank, tp_rank = divmod(place.rank, tp_size)
    tp_groups = [dist.new_group([replica * tp_size + index for index in range(tp_size)]) for replica in range(dp_size)]
    dp_groups = [dist.new_group([replica * tp_size + index for replica in range(dp_size)]) for index in range(tp_size)]
    axis = TensorAxis(tp_rank, tp_size, tp_groups[dp_rank] if tp_size > 1 else None)
    return Mesh(place.rank, place.world_size, axis, tp_groups[dp_rank], dp_rank, dp_size, dp_groups[tp_rank], device)
