"""Saving and resuming a run: the engine's slices, random state and loader position to and from a checkpoint, all ranks together."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from medpretrain.checkpoint.find import find_newest
from medpretrain.checkpoint.paths import staging_directory, step_directory
from medpretrain.checkpoint.reader import CheckpointReader
from medpretrain.checkpoint.retention import prune
from medpretrain.checkpoint.settings import CheckpointSettings
from medpretrain.checkpoint.writer import RankReport, discard, publish, write_rank
from medpretrain.errors import InputError
from medpretrain.log import logger
from medpretrain.parallel.mesh import Mesh
from medpretrain.train.agree import agree, gather, tell_all
from medpretrain.train.engine import Engine
from medpretrain.train.rng import capture_rng, restore_rng


def save_checkpoint(
    run_dir: Path, step: int, attempt: int, engine: Engine, mesh: Mesh, state: Mapping[str, Any], settings: CheckpointSettings
) -> str | None:
    """Write and publish the checkpoint of `step`, then remove what retention lets go. Collective.

    Returns None, or why it failed on some rank (a full disk, a directory that not all hosts share): that costs this checkpoint alone.
    """
    staging, final = staging_directory(run_dir, step, attempt), step_directory(run_dir, step)
    report: RankReport | str
    try:
        report = write_rank(staging, mesh.rank, list(engine.held_slices()), capture_rng())
    except Exception as error:  # whatever it is, the other ranks wait for this one's word
        report = f"rank {mesh.rank}: {type(error).__name__}: {error}"
    reports = gather(report)
    failures = [entry for entry in reports if isinstance(entry, str)]
    failure: str | None = "; ".join(failures) or None
    if mesh.rank == 0:
        if failure:
            discard(staging)
        else:
            try:
                publish(staging, final, reports, state)
                prune(run_dir, settings.keep_newest, settings.keep_every, newest_verified=final)
            except Exception as error:
                failure = f"rank 0: {type(error).__name__}: {error}"
    return tell_all(failure)


def find_checkpoint(run_dir: Path, mesh: Mesh) -> tuple[Path | None, list[tuple[Path, str]]]:
    """The newest checkpoint that verifies, and the ones passed over with their reasons: found by rank 0, told to all."""
    return tell_all(find_newest(run_dir) if mesh.rank == 0 else None)


def load_checkpoint(reader: CheckpointReader, engine: Engine, mesh: Mesh) -> None:
    """Put a checkpoint's weights, moments and (where as many ranks run) this rank's random state back. Collective."""
    agree(lambda: engine.load_slices(reader))
    engine.refresh_weights()
    if reader.num_ranks == mesh.world_size:
        restore_rng(agree(lambda: reader.rng(mesh.rank)))


def check_probe(directory: Path, saved: float, now: float) -> None:
    """The loss of the fixed probe batch after loading must be the one at the save. It is to the last bit where nothing else has changed;
    another topology or machine sums in another order, for which 1e-3 relative is allowed. Raises InputError beyond that."""
    if not abs(now - saved) <= 1e-3 * abs(saved):
        raise InputError(
            str(directory),
            f"gives a probe loss of {now!r} after loading",
            f"{saved!r}, as when it was saved",
            "use another checkpoint; if the software changed since, go back to the versions in its manifest",
        )
    difference = "to the last bit" if now == saved else f"within {abs(now - saved):.1e}"
    logger.info("the checkpoint's probe loss %.6f is met %s", saved, difference)
