"""What may change when a run is resumed: most things freely or with a recorded event; what would make it another run, never."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from medpretrain.errors import InputError
from medpretrain.train.settings import Recipe

REFUSED = ("model", "init_from", "seed", "data.seq_len", "data.mask_separator_targets")
RECORDED = ("batch.global_rows", "batch.ramp", "schedule", "optimizer", "precision", "loss_scale", "data.sources")
# All else (topology, micro-batch, DeepSpeed JSON, logging, validation and save intervals, recomputation) is free.


def recipe_of(state: dict[str, Any], checkpoint: Path) -> dict[str, Any]:
    """The resolved recipe that a checkpoint was saved with, a setting that has come since then at its default. Raises InputError."""
    try:
        return Recipe.model_validate(state["recipe"]).model_dump(mode="json")
    except (KeyError, ValueError) as error:
        remedy = "use the medpretrain that wrote it"
        raise InputError(
            str(checkpoint), f"its recipe cannot be read ({' '.join(str(error).split())})", "the settings of this version", remedy
        ) from error


def check_resumable(before: dict[str, Any], now: dict[str, Any], run: str) -> tuple[list[InputError], dict[str, Any]]:
    """Compare two resolved recipes (as plain dicts): the changes that are refused, and those to be recorded as {key: [before, now]}."""
    refused = [
        InputError(
            f"recipe key `{key}`",
            f"is {_short(_at(now, key))}",
            f"{_short(_at(before, key))}, with which {run} began",
            "set it back, or start another run with another --run",
        )
        for key in REFUSED
        if _at(before, key) != _at(now, key)
    ]
    recorded = {key: [_at(before, key), _at(now, key)] for key in RECORDED if _at(before, key) != _at(now, key)}
    return refused, recorded


def _at(values: dict[str, Any], path: str) -> Any:
    node: Any = values
    for key in path.split("."):
        node = node[key]
    return node


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) < 300 else text[:300] + "..."
