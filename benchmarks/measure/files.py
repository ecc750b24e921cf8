"""Files as a program finds them that has just been started: not in memory."""

from __future__ import annotations

import os
from pathlib import Path


def drop_from_page_cache(directory: Path) -> None:
    """Put what is written of all files below out of memory, as far as their file system lets it be."""
    os.sync()  # what waits to be written cannot be dropped
    for path in directory.rglob("*"):
        if path.is_file():
            with open(path, "rb") as file:
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
