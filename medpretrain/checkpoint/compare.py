"""How two checkpoints differ, parameter by parameter, whatever the topologies that wrote them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from medpretrain.checkpoint.format import VALUE_KEYS
from medpretrain.checkpoint.reader import CheckpointReader
from medpretrain.log import Progress

BLOCK_ELEMENTS = 2**22  # of a parameter that are compared at once


def compare_checkpoints(first: Path, second: Path) -> dict[str, Any]:
    """Compare two published checkpoints bit by bit, a block of a parameter at a time. Raises InputError where one cannot be read.

    Returns:
        equal; step, ranks and topology of each; the parameters that only one holds or that differ in shape; and of every parameter that
        differs, by value (`master`, `exp_avg`, `exp_avg_sq`), how many elements do and the largest absolute difference (fp32; None where
        one is not finite), and Adam's step in both.
    """
    readers = CheckpointReader(first), CheckpointReader(second)
    shapes = [{name: parameter.shape for name, parameter in reader.parameters.items()} for reader in readers]
    common = [name for name, shape in shapes[0].items() if shapes[1].get(name) == shape]
    differing = []
    with Progress("comparing", sum(readers[0].parameters[name].numel for name in common), "parameters") as progress:
        for name in common:
            found = _compare_parameter(*readers, name)
            steps = [reader.step_of(name) for reader in readers]
            if any(value["elements"] for value in found.values()) or steps[0] != steps[1]:
                differing.append({"name": name, "elements": readers[0].parameters[name].numel, "adam_steps": steps, **_flat(found)})
            progress.advance(readers[0].parameters[name].numel)
    unmatched = sorted((set(shapes[0]) | set(shapes[1])) - set(common))
    return {
        "equal": not differing and not unmatched,
        "checkpoints": [
            {
                "directory": str(reader.directory),
                "step": reader.state.get("step"),
                "ranks": reader.num_ranks,
                "topology": reader.state.get("topology"),
            }
            for reader in readers
        ],
        "parameters": len(common),
        "differing": differing,
        "unmatched": [{"name": name, "shapes": [list(shape[name]) if name in shape else None for shape in shapes]} for name in unmatched],
    }


def _compare_parameter(first: CheckpointReader, second: CheckpointReader, name: str) -> dict[str, dict[str, Any]]:
    """By value: how many elements differ in their bits, and the largest absolute difference."""
    numel = first.parameters[name].numel
    found: dict[str, dict[str, Any]] = {key: {"elements": 0, "largest": 0.0} for key in VALUE_KEYS}
    for begin in range(0, numel, BLOCK_ELEMENTS):
        length = min(BLOCK_ELEMENTS, numel - begin)
        one, other = (reader.read(name, 0, 1, begin, length) for reader in (first, second))
        for key, record in found.items():
            differs = one[key].view(torch.int32) != other[key].view(torch.int32)
            if differs.any():
                record["elements"] += int(differs.sum())
                record["largest"] = _larger(record["largest"], (one[key][differs] - other[key][differs]).abs().max())
    return found


def _larger(largest: float | None, found: Tensor) -> float | None:
    return max(largest, found.item()) if largest is not None and found.isfinite() else None


def _flat(found: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """For a table: a column each."""
    return {f"{key}_{what}": value for key, record in found.items() for what, value in record.items()}
