"""Writing a checkpoint, in two halves: every rank its own files into a staging directory, then rank 0 publishes the whole by a rename.

Nothing here touches an older checkpoint before the new one is whole. A half that fails (a full disk, a missing slice) may be tried again;
who gives the checkpoint up removes the staging directory (`discard`).
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.torch
import torch
from blake3 import blake3

from medpretrain.checkpoint.completeness import CheckpointIncomplete, check_complete
from medpretrain.checkpoint.format import (
    INDEX_NAME,
    RNG_DIRECTORY,
    STAGE,
    STATE_NAME,
    HeldSlice,
    SliceHeader,
    encode_index,
    encode_rank_file,
    rank_file_name,
    rng_file_name,
)
from medpretrain.checkpoint.marker import write_marker
from medpretrain.checkpoint.paths import replaced_directory, step_of
from medpretrain.checkpoint.retention import Fence, next_save_number
from medpretrain.log import logger
from medpretrain.manifest import (
    FileEntry,
    Manifest,
    file_entry,
    fsync_directory,
    software_versions,
    timestamp,
    write_atomically,
    write_json,
    write_manifest,
)

PIECE_BYTES = 2**20  # of a file: checksummed, then written while the processor's cache still has them
FLUSH_BYTES = 2**25  # of a file that are written before the disk is set to work on them


@dataclass(frozen=True)
class RankReport:
    """What one rank wrote: its files (name below the checkpoint -> size and checksum) and where its slices lie. Small; can be pickled."""

    rank: int
    files: dict[str, FileEntry]
    slices: list[SliceHeader]
    started: str


def write_rank(staging_dir: Path, rank: int, slices: Sequence[HeldSlice], rng: Mapping[str, torch.Tensor | bytes]) -> RankReport:
    """Write one rank's slices and random-number state and wait until both are on the disk. First half of a save; runs on every rank.

    The checksum is taken from memory, so a later verification also finds what went wrong on the way to the disk.
    `rng`: tensors of any dtype or raw bytes; given back as such by `CheckpointReader.rng`.
    Raises OSError (disk full, ...) after removing this rank's files: the room they took is free again.
    """
    started = timestamp()
    try:
        (staging_dir / RNG_DIRECTORY).mkdir(parents=True, exist_ok=True)
        files = {
            rank_file_name(rank): _write_durably(staging_dir / rank_file_name(rank), encode_rank_file(slices)),
            rng_file_name(rank): _write_durably(staging_dir / rng_file_name(rank), [_encode_rng(rng)]),
        }
    except Exception:
        for name in (rank_file_name(rank), rng_file_name(rank)):
            with contextlib.suppress(OSError):
                (staging_dir / name).unlink(missing_ok=True)
        raise
    return RankReport(rank, files, [held.header for held in slices], started)


def publish(
    staging_dir: Path, final_dir: Path, reports: Sequence[RankReport], state: Mapping[str, Any], fence: Fence = lambda: None
) -> Manifest:
    """Check that the ranks' files are one whole checkpoint and make it appear as `final_dir`. Second half of a save; rank 0 alone.

    Args:
        reports: of all ranks, in any order.
        state: JSON-able; what is not a rank's own (step, loader, schedule, ...). `save_number`, which retention counts by, is added.
        fence: called right before the rename; raises where this attempt no longer holds the run.

    A checkpoint of the same step that is already there is replaced, and stays until the new one is whole.
    Raises CheckpointIncomplete when an element, a rank or a file is missing or doubled, OSError when the disk fails; then nothing is
    published, and the ranks' files are as they were. Once it is renamed it is published: what fails after that is a warning.
    """
    manifest = _complete_staging(staging_dir, final_dir, reports, state)
    fence()
    _rename_into_place(staging_dir, final_dir)
    return manifest


def discard(staging_dir: Path) -> None:
    """Remove a staging directory as well as it can be done; `clean_staging` finds what is left at the next start."""
    shutil.rmtree(staging_dir, ignore_errors=True)


def clean_staging(checkpoints_dir: Path, fence: Fence = lambda: None) -> list[Path]:
    """Remove what killed attempts left (unpublished, half-deleted), and put back a checkpoint whose replacement never came.

    To be called once, at the start of a run, by one process and before the first save. `fence` is called before each. Returns the
    directories dealt with.
    """
    found = sorted(checkpoints_dir.glob(".step-*")) if checkpoints_dir.is_dir() else []
    for path in found:
        fence()
        final_dir = checkpoints_dir / path.name.removeprefix(".").removesuffix(".replaced")
        if path == replaced_directory(final_dir) and step_of(final_dir) is not None and not final_dir.exists():
            logger.info("%s: put back, as the save that was to replace it was killed", final_dir)
            os.rename(path, final_dir)
        else:
            logger.info("%s: removed, left by an attempt that was killed", path)
            discard(path)
    if found:
        fsync_directory(checkpoints_dir)
    return found


def _complete_staging(staging_dir: Path, final_dir: Path, reports: Sequence[RankReport], state: Mapping[str, Any]) -> Manifest:
    """Everything but the rename: check, index, state, manifest, marker."""
    ranks = sorted(report.rank for report in reports)
    if ranks != list(range(len(reports))):
        raise CheckpointIncomplete(f"the reports are of ranks {ranks}, not of each of {len(ranks)} ranks once")
    parameters = check_complete(header for report in reports for header in report.slices)
    files = {name: entry for report in reports for name, entry in report.files.items()}
    for name, entry in files.items():
        path = staging_dir / name
        if not path.is_file() or path.stat().st_size != entry.bytes:
            raise CheckpointIncomplete(
                f"{path}: is not there with its {entry.bytes:,} bytes; is this directory on a file system that all hosts share?"
            )
    numbered = {**state, "save_number": next_save_number(final_dir)}
    write_json(staging_dir / STATE_NAME, numbered)
    in_order = sorted(reports, key=lambda report: report.rank)
    write_atomically(staging_dir / INDEX_NAME, encode_index([report.slices for report in in_order]))
    for name in (STATE_NAME, INDEX_NAME):
        files[name] = file_entry(staging_dir / name)
    manifest = Manifest(
        stage=STAGE,
        settings={},
        inputs={},
        counts={"ranks": len(ranks), "parameters": len(parameters), "elements": sum(parameter.numel for parameter in parameters.values())},
        files=dict(sorted(files.items())),
        versions=software_versions(),
        started=min(report.started for report in reports),
        ended=timestamp(),
    )
    write_manifest(staging_dir, manifest)
    fsync_directory(staging_dir / RNG_DIRECTORY)
    write_marker(staging_dir)
    return manifest


def _rename_into_place(staging_dir: Path, final_dir: Path) -> None:
    aside = replaced_directory(final_dir) if final_dir.exists() else None
    if aside is not None:
        shutil.rmtree(aside, ignore_errors=True)
        os.rename(final_dir, aside)
    try:
        os.rename(staging_dir, final_dir)
    except OSError:
        if aside is not None:
            os.rename(aside, final_dir)
        raise
    try:
        fsync_directory(final_dir.parent)
    except OSError as error:
        logger.warning("%s: published, but the disk does not confirm its name (%s)", final_dir, error)
    if aside is not None:
        discard(aside)


def _write_durably(path: Path, chunks: Iterable[bytes | memoryview]) -> FileEntry:
    """Write, checksum and fsync; the entry tells what should be on the disk.

    A second thread fsyncs along the way: the system by itself would leave the disk idle until the end.
    """
    hasher = blake3()
    num_bytes = flushed_bytes = 0
    with open(path, "wb", buffering=0) as file, ThreadPoolExecutor(max_workers=1) as disk:
        flush: Future[None] = Future()
        flush.set_result(None)
        for chunk in chunks:
            for start in range(0, len(chunk), PIECE_BYTES):
                piece = memoryview(chunk)[start : start + PIECE_BYTES]
                hasher.update(piece)
                num_bytes += len(piece)
                while piece:
                    piece = piece[file.write(piece) :]
                if num_bytes - flushed_bytes >= FLUSH_BYTES and flush.done():
                    flush.result()  # the system tells of a failed write only once
                    flush, flushed_bytes = disk.submit(os.fsync, file.fileno()), num_bytes
        flush.result()
        os.fsync(file.fileno())
    return FileEntry(bytes=num_bytes, checksum=hasher.hexdigest())


def _encode_rng(rng: Mapping[str, torch.Tensor | bytes]) -> bytes:
    """A safetensors file; raw bytes become uint8 tensors, and the metadata says which."""
    raw = [name for name, value in rng.items() if not isinstance(value, torch.Tensor)]
    tensors = {
        name: value.detach().cpu().contiguous()
        if isinstance(value, torch.Tensor)
        else torch.from_numpy(np.frombuffer(value, dtype=np.uint8).copy())
        for name, value in rng.items()
    }
    return safetensors.torch.save(tensors, metadata={"raw": json.dumps(raw)})
