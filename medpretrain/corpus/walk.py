"""The files below a directory that is a source. Light: whoever opens a corpus imports it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from medpretrain.errors import InputError
from medpretrain.manifest import MANIFEST_NAME, UNFINISHED_NAME


def files_below(top: Path) -> Iterator[tuple[Path, str]]:
    """(path, name relative to `top`) of each file, in no order; hidden ones and those in hidden directories are passed over.

    Links are followed, each directory is entered once. Raises InputError where a directory holds what medpretrain made, a link leads to
    nothing, or a name cannot be written down; OSError where a directory cannot be read.
    """
    walked: set[tuple[int, int]] = set()
    for directory, directories, names in os.walk(top, followlinks=True, onerror=_raise):
        state = os.stat(directory)
        if (state.st_dev, state.st_ino) in walked:  # links that lead in a circle
            directories.clear()
            continue
        walked.add((state.st_dev, state.st_ino))
        if MANIFEST_NAME in names or UNFINISHED_NAME in names:
            found = "was made by medpretrain, and would be read as a source"
            raise InputError(directory, found, "raw files alone", "name the sources one by one, or keep outputs elsewhere")
        directories[:] = [name for name in directories if not name.startswith(".")]
        for name in names:
            file = Path(directory, name)
            if file.is_symlink() and not file.exists():
                raise InputError(str(file), "is a link to nothing", "files that are there", "remove it, or put back what it leads to")
            if not name.startswith(".") and file.is_file():
                check_name(file)
                yield file, file.relative_to(top).as_posix()


def check_name(file: Path) -> None:
    """Raises InputError where a file's name is no text."""
    try:
        str(file).encode()
    except UnicodeEncodeError:
        raise InputError(repr(str(file)), "has a name that is not UTF-8", "names that can be written down", "rename it") from None


def _raise(error: OSError) -> None:
    raise error
