"""Ranks of a training run, simulated in one process: a small model with values that tell every element apart, cut up as DeepSpeed does.

Cutting is done with torch.chunk and plain slices of the flattened shard, not with the code under test.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch

from medpretrain.checkpoint.format import VALUE_KEYS, HeldSlice, LogicalShape
from medpretrain.checkpoint.paths import staging_directory, step_directory
from medpretrain.checkpoint.writer import RankReport, publish, write_rank

PARAMETERS = (
    LogicalShape("embedding.weight", (16, 3), 0),
    LogicalShape("column.weight", (12, 5), 0),
    LogicalShape("column.bias", (8,), 0),
    LogicalShape("row.weight", (7, 8), 1),
    LogicalShape("middle.weight", (3, 4, 5), 1),
    LogicalShape("norm.weight", (11,), None),
    LogicalShape("scale", (), None),
)


@dataclass(frozen=True)
class Topology:
    """`by_parameter`: each parameter is padded and cut in dp equal parts (ZeRO-3); else all of them in one flat row (ZeRO-1 and 2)."""

    tp: int
    dp: int
    by_parameter: bool = True

    def __str__(self) -> str:
        return f"tp{self.tp}-dp{self.dp}-{'zero3' if self.by_parameter else 'zero2'}"


TOPOLOGIES = [Topology(tp, dp, by_parameter) for tp in (1, 2, 4) for dp in (1, 2, 3) for by_parameter in (True, False)]


def make_model(seed: int = 0, parameters: tuple[LogicalShape, ...] = PARAMETERS) -> dict[str, dict[str, torch.Tensor]]:
    """Name -> value key -> full fp32 tensor, random over the whole range of exponents that weights and moments have."""
    generator = torch.Generator().manual_seed(seed)
    return {
        p.name: {key: torch.randn(p.shape, generator=generator) * 10.0 ** -(3 * index) for index, key in enumerate(VALUE_KEYS)}
        for p in parameters
    }


def step_of_parameter(name: str) -> int:
    return 100 + len(name)


def shard(full: torch.Tensor, parameter: LogicalShape, tp_rank: int, tp_size: int) -> torch.Tensor:
    """The flat tensor-parallel shard."""
    if parameter.tp_dim is None:
        return full.flatten()
    return full.chunk(tp_size, dim=parameter.tp_dim)[tp_rank].flatten()


def stretches(topology: Topology, parameters: tuple[LogicalShape, ...] = PARAMETERS) -> Iterator[tuple[int, LogicalShape, int, int, int]]:
    """(rank, parameter, tp_rank, offset, length) of all that each rank holds; ranks are dp-major, as tp pairs are neighbours."""
    for tp_rank in range(topology.tp):
        sizes = [p.shard_numel(topology.tp) for p in parameters]
        for dp_rank in range(topology.dp):
            rank = dp_rank * topology.tp + tp_rank
            begin = 0
            for parameter, numel in zip(parameters, sizes, strict=True):
                if topology.by_parameter:
                    part = -(-numel // topology.dp)
                    start, end = min(dp_rank * part, numel), min((dp_rank + 1) * part, numel)
                else:
                    part = -(-sum(sizes) // topology.dp)
                    start, end = (min(max(edge * part - begin, 0), numel) for edge in (dp_rank, dp_rank + 1))
                begin += numel
                yield rank, parameter, tp_rank, start, end - start


def held_by_rank(topology: Topology, model: dict[str, dict[str, torch.Tensor]], parameters=PARAMETERS) -> list[list[HeldSlice]]:
    """The slices of each rank."""
    ranks: list[list[HeldSlice]] = [[] for _ in range(topology.tp * topology.dp)]
    for rank, parameter, tp_rank, offset, length in stretches(topology, parameters):
        if parameter.tp_dim is None and tp_rank > 0:
            continue
        values = {
            key: shard(full, parameter, tp_rank, topology.tp)[offset : offset + length].clone()
            for key, full in model[parameter.name].items()
        }
        ranks[rank].append(HeldSlice(parameter, tp_rank, topology.tp, offset, length, values, step_of_parameter(parameter.name)))
    return ranks


def rng_of(rank: int) -> dict[str, torch.Tensor | bytes]:
    return {
        "torch": torch.arange(16, dtype=torch.uint8) + rank,
        "counter": torch.tensor([rank, 2**40]),
        "python": b"\x00state %d" % rank,
        "none": b"",
    }


def write_ranks(staging_dir: Path, ranks: list[list[HeldSlice]]) -> list[RankReport]:
    return [write_rank(staging_dir, rank, slices, rng_of(rank)) for rank, slices in enumerate(ranks)]


def save(
    run_dir: Path,
    step: int,
    topology: Topology = Topology(2, 2),
    seed: int | None = None,
    attempt: int = 1,
    validation_loss: float | None = None,
) -> Path:
    """Write and publish a checkpoint of the model `make_model(seed or step)`."""
    staging_dir, final_dir = staging_directory(run_dir, step, attempt), step_directory(run_dir, step)
    reports = write_ranks(staging_dir, held_by_rank(topology, make_model(step if seed is None else seed)))
    state = {"step": step, "loader": {"consumed_samples": 64 * step}, "probe_loss": 1 / 3}
    if validation_loss is not None:
        state["validation_loss"] = validation_loss
    publish(staging_dir, final_dir, reports, state)
    return final_dir
