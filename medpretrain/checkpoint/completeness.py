"""Do the slices of all ranks make one whole model? Arithmetic over the headers; no value is read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from medpretrain.checkpoint.format import LogicalShape, SliceHeader


class CheckpointIncomplete(AssertionError):
    """The ranks' slices are not each element exactly once, or do not agree. A fault of ours or of the disk, not of the user's settings."""


def check_complete(headers: Iterable[SliceHeader]) -> dict[str, LogicalShape]:
    """The parameters by name, when each logical element of each stands in exactly one slice and all slices of a parameter agree.

    A slice has all three values (the file format holds that), so what is true of headers is true of each value. A parameter of which
    only slices of length 0 are known is missing. Raises CheckpointIncomplete, naming the parameter and the first element that is
    missing or doubled.
    """
    by_name: dict[str, list[SliceHeader]] = defaultdict(list)
    for header in headers:
        by_name[header.parameter.name].append(header)
    if not by_name:
        raise CheckpointIncomplete("there is no parameter at all")
    return {name: _check_parameter(slices) for name, slices in by_name.items()}


def _check_parameter(slices: list[SliceHeader]) -> LogicalShape:
    parameter = slices[0].parameter
    for what, values in (
        ("logical shape and split", {(header.parameter.shape, header.parameter.tp_dim) for header in slices}),
        ("tensor-parallel size", {header.tp_size for header in slices if parameter.tp_dim is not None}),
        ("optimizer step", {header.step for header in slices if header.length}),
    ):
        if len(values) > 1:
            raise CheckpointIncomplete(f"{parameter.name}: the ranks disagree on its {what}: {sorted(values, key=str)}")
    tp_size = slices[0].tp_size
    if parameter.tp_dim is not None and parameter.shape[parameter.tp_dim] % tp_size:
        raise CheckpointIncomplete(f"{parameter.name}: dimension {parameter.tp_dim} of {parameter.shape} does not divide by tp {tp_size}")
    num_shards = 1 if parameter.tp_dim is None else tp_size
    shards: dict[int, list[tuple[int, int]]] = {shard: [] for shard in range(num_shards)}
    for header in slices:
        shard = 0 if parameter.tp_dim is None else header.tp_rank
        if shard not in shards:
            raise CheckpointIncomplete(f"{parameter.name}: there is a slice of shard {shard}, but the shards are 0 to {num_shards - 1}")
        if header.length:
            shards[shard].append((header.offset, header.offset + header.length))
    for shard, stretches in shards.items():
        _check_tiling(f"{parameter.name}, shard {shard} of {num_shards}", stretches, parameter.shard_numel(tp_size))
    return parameter


def _check_tiling(where: str, stretches: list[tuple[int, int]], numel: int) -> None:
    """The stretches [start, end) cover [0, numel) without gap or overlap."""
    reached = 0
    for start, end in sorted(stretches):
        if start > reached:
            raise CheckpointIncomplete(f"{where}: elements {reached} to {start - 1} are missing")
        if start < reached:
            raise CheckpointIncomplete(f"{where}: elements {start} to {min(end, reached) - 1} are there more than once")
        reached = end
    if reached < numel:
        raise CheckpointIncomplete(f"{where}: elements {reached} to {numel - 1} are missing")
    if reached > numel:
        raise CheckpointIncomplete(f"{where}: there are {reached} elements, {reached - numel} too many")
