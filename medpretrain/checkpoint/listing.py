"""What checkpoints a run has, in what state, and which of them is the best."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from medpretrain.checkpoint.paths import checkpoints_directory, published_steps
from medpretrain.checkpoint.retention import best_of
from medpretrain.checkpoint.verify import verify_checkpoint
from medpretrain.errors import InputError


def list_checkpoints(run_dir: Path) -> list[dict[str, Any]]:
    """One record a checkpoint of the run, oldest first: step, directory, complete, validation_loss, best, reason, bytes.

    `complete`: marker, manifest, sizes and headers are right (checksums are `verify_checkpoint`'s). `reason`: what is wrong, or None.
    `best`: of the complete ones, the one with the lowest validation loss of its own step.
    Raises InputError where there is no run, or none with a checkpoint.
    """
    if not run_dir.is_dir():
        raise InputError(str(run_dir), "there is no such directory", "the directory of a run", "check the path")
    steps = published_steps(checkpoints_directory(run_dir))
    if not steps:
        raise InputError(str(run_dir), "has no checkpoint", "the directory of a run that has been saved", "check the path")
    records = [_describe(step, path) for step, path in steps.items()]
    best = best_of({record["step"]: record for record in records})
    return [{**record, "best": record["step"] == best} for record in records]


def _describe(step: int, path: Path) -> dict[str, Any]:
    record: dict[str, Any] = {
        "step": step,
        "directory": str(path),
        "complete": False,
        "validation_loss": None,
        "best": False,
        "reason": None,
    }
    record["bytes"] = sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
    try:
        record["validation_loss"] = verify_checkpoint(path, read_bytes=False)["validation_loss"]
        record["complete"] = True
    except InputError as error:
        record["reason"] = str(error)
    return record
