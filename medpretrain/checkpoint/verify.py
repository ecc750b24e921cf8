"""Is a checkpoint whole and unharmed?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from medpretrain.checkpoint.marker import check_published
from medpretrain.checkpoint.paths import step_of
from medpretrain.checkpoint.reader import CheckpointReader


def verify_checkpoint(directory: Path, read_bytes: bool = True) -> dict[str, Any]:
    """Check the marker, the manifest, each file's size and checksum, and that each element is there exactly once.

    `read_bytes=False` leaves out the checksums (then it costs a few reads a rank, not the whole checkpoint).
    Returns directory, step, save_number, validation_loss (of its own step, None where that was not validated), ranks, parameters, elements,
    files, bytes. Raises InputError that names the first fault.
    """
    manifest = check_published(directory, read_bytes)
    reader = CheckpointReader(directory)
    reader.check_rank_files()
    return {
        "directory": str(directory),
        "step": step_of(directory),
        "save_number": reader.state.get("save_number"),
        "validation_loss": reader.state.get("validation_loss"),
        **manifest.counts,
        "files": len(manifest.files),
        "bytes": sum(entry.bytes for entry in manifest.files.values()),
    }
