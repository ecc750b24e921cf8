"""The marker: a checkpoint exists only when the file `COMPLETE`, written last, names the manifest by its checksum."""

from __future__ import annotations

import dataclasses
import os
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from medpretrain.checkpoint.format import DAMAGED_REMEDY, STAGE
from medpretrain.errors import InputError
from medpretrain.log import Progress
from medpretrain.manifest import MANIFEST_NAME, Manifest, check_sizes, checksum_file, read_manifest, verify_files, write_atomically

MARKER_NAME = "COMPLETE"
FILES_AT_ONCE = 8  # that are read to compare checksums


def write_marker(directory: Path) -> None:
    """Declare the checkpoint whole. The manifest holds every other file's checksum and the marker holds the manifest's."""
    write_atomically(directory / MARKER_NAME, (checksum_file(directory / MANIFEST_NAME) + "\n").encode())


def check_published(directory: Path, read_bytes: bool) -> Manifest:
    """The manifest of a published checkpoint: the marker fits it, and every file is there with its size, and no other file (but hidden
    ones, as file systems make).

    `read_bytes`: every file's checksum is compared too, which reads the whole checkpoint. Raises InputError that names the file.
    """
    expected = "a directory `step-...` below a run's checkpoints/"
    if not directory.is_dir():
        raise InputError(
            str(directory), "there is no such directory", expected, "check the path (`medpretrain checkpoint list RUN` lists them)"
        )
    marker = directory / MARKER_NAME
    if not marker.is_file():
        raise InputError(
            str(directory),
            f"has no marker {MARKER_NAME}, so it is unfinished or no checkpoint",
            "a checkpoint written to its end",
            DAMAGED_REMEDY,
        )
    try:
        named = marker.read_text().strip()
        if not (directory / MANIFEST_NAME).is_file():
            raise InputError(str(directory / MANIFEST_NAME), "is missing", f"the manifest that {MARKER_NAME} names", DAMAGED_REMEDY)
        checksum = checksum_file(directory / MANIFEST_NAME)
        if checksum != named:
            raise InputError(
                str(directory / MANIFEST_NAME),
                f"its checksum is {checksum[:16]}...",
                f"{named[:16]}..., as {MARKER_NAME} says",
                DAMAGED_REMEDY,
            )
        manifest = read_manifest(directory, STAGE)
        check_sizes(directory, manifest)
        if read_bytes:
            _compare_checksums(directory, manifest)
    except InputError as error:
        raise InputError(error.where, error.found, error.expected, DAMAGED_REMEDY) from error
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(str(directory), f"cannot be read ({error})", "readable files", DAMAGED_REMEDY) from error
    _check_nothing_else(directory, manifest)
    return manifest


def _check_nothing_else(directory: Path, manifest: Manifest) -> None:
    known = {*manifest.files, MANIFEST_NAME, MARKER_NAME}
    for parent, directories, names in os.walk(directory):
        directories[:] = [name for name in directories if not name.startswith(".")]
        for name in sorted(names):
            path = Path(parent, name)
            if not name.startswith(".") and str(path.relative_to(directory)) not in known:
                raise InputError(str(path), "is no part of this checkpoint", f"the files of {MANIFEST_NAME} alone", "move it away")


def _compare_checksums(directory: Path, manifest: Manifest) -> None:
    """Several files at once, as a shared file system is faster so. Of those that differ, the first in the manifest's order is named."""
    total = sum(entry.bytes for entry in manifest.files.values())
    pool = ThreadPoolExecutor(FILES_AT_ONCE)
    try:
        with Progress(f"verifying {directory.name}", total, "bytes", show=total > 10**9) as progress:
            each_alone = [dataclasses.replace(manifest, files={name: entry}) for name, entry in manifest.files.items()]
            for entry, _ in zip(manifest.files.values(), pool.map(partial(verify_files, directory), each_alone), strict=True):
                progress.advance(entry.bytes)
    finally:
        pool.shutdown(cancel_futures=True)
