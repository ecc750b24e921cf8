"""Is a checkpoint whole and unharmed? What a run has, and in what state."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from medpretrain.checkpoint.marker import check_published
from medpretrain.checkpoint.paths import checkpoints_directory, published_steps, step_of
from medpretrain.checkpoint.reader import CheckpointReader
from medpretrain.errors import InputError


def verify_checkpoint(directory: Path, read_bytes: bool = True) -> dict[str, Any]:
    """Check the marker, the manifest, each file's size and checksum, and that each element is there exactly once.

    `read_bytes=False` leaves out the checksums (then it costs a few reads a rank, not the whole checkpoint).
    Returns directory, step, save_number, ranks, parameters, elements, files, bytes. Raises InputError that names the first fault.
    """
    manifest = check_published(directory, read_bytes)
    reader = CheckpointReader(directory)
    reader.check_rank_files()
    return {
        "directory": str(directory),
        "step": step_of(directory),
        "save_number": reader.state.get("save_number"),
        **manifest.counts,
        "files": len(manifest.files),
        "bytes": sum(entry.bytes for entry in manifest.files.values()),
    }


def list_checkpoints(run_dir: Path) -> list[dict[str, Any]]:
    """One record a checkpoint of the run, oldest first: step, directory, complete, reason, bytes.

    `complete`: marker, manifest, sizes and headers are right (checksums are `verify_checkpoint`'s). `reason`: what is wrong, or None.
    Raises InputError where there is no run, or none with a checkpoint.
    """
    if not run_dir.is_dir():
        raise InputError(str(run_dir), "there is no such directory", "the directory of a run", "check the path")
    steps = published_steps(checkpoints_directory(run_dir))
    if not steps:
        raise InputError(str(run_dir), "has no checkpoint", "the directory of a run that has been saved", "check the path")
    return [_describe(step, path) for step, path in steps.items()]


def _describe(step: int, path: Path) -> dict[str, Any]:
    record: dict[str, Any] = {"step": step, "directory": str(path), "complete": False, "reason": None}
    record["bytes"] = sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
    try:
        verify_checkpoint(path, read_bytes=False)
        record["complete"] = True
    except InputError as error:
        record["reason"] = str(error)
    return record
