"""Which checkpoint a run goes on from: the newest that is whole, saying which ones were passed over and why."""

from __future__ import annotations

from pathlib import Path

from medpretrain.checkpoint.paths import checkpoints_directory, published_steps
from medpretrain.checkpoint.verify import verify_checkpoint
from medpretrain.errors import InputError
from medpretrain.log import logger


def find_newest(run_dir: Path, verify: bool = True) -> tuple[Path | None, list[tuple[Path, str]]]:
    """The newest checkpoint that is complete and verifies (None when there is none), and the newer ones passed over, each with its reason.

    `verify=False` leaves out the checksums; marker, manifest, sizes and completeness are always checked.
    """
    passed_over: list[tuple[Path, str]] = []
    for path in reversed(published_steps(checkpoints_directory(run_dir)).values()):
        try:
            verify_checkpoint(path, read_bytes=verify)
        except InputError as error:
            logger.warning("passed over checkpoint %s: %s", path.name, error)
            passed_over.append((path, str(error)))
        else:
            return path, passed_over
    return None, passed_over
