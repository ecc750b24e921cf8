"""One logger with a rank prefix; metrics and events as JSON lines; progress that suits a terminal and a log file."""

from __future__ import annotations

import json
import logging
import math
import os
import socket
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any

logger = logging.getLogger("medpretrain")


def set_up_logging(rank: int = 0, num_ranks: int = 1, directory: Path | None = None, attempt: int = 1) -> None:
    """Send the log to stderr (rank 0 says everything, the others only warnings) and, where given, whole to `directory/rank-NNNNN.log`.

    The file outlives its process: a run that is started again, perhaps on other hosts, appends to it. So its lines tell attempt and host.
    """
    prefix = f"[rank {rank}] " if num_ranks > 1 else ""
    logger.handlers.clear()
    logger.propagate = False
    logger.setLevel(logging.DEBUG)
    to_stderr = logging.StreamHandler(sys.stderr)
    to_stderr.setLevel(logging.INFO if rank == 0 else logging.WARNING)
    to_stderr.setFormatter(logging.Formatter(f"%(asctime)s {prefix}%(message)s", datefmt="%H:%M:%S"))
    logger.addHandler(to_stderr)
    if directory is not None:
        directory.mkdir(parents=True, exist_ok=True)
        to_file = logging.FileHandler(directory / f"rank-{rank:05d}.log")
        who = f"[attempt {attempt}, {socket.gethostname()}, rank {rank}]".replace("%", "%%")
        to_file.setFormatter(logging.Formatter(f"%(asctime)s {who} %(message)s", datefmt="%Y-%m-%d %H:%M:%S"))
        logger.addHandler(to_file)


class JsonLines:
    """Appends records to a JSON-lines file, one write a record, so that lines of two writers never mix.

    A record that a full disk does not take is lost with a warning; it is never a reason to stop.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        size = os.fstat(self._handle).st_size
        if size and os.pread(self._handle, 1, size - 1) != b"\n":  # a power cut left half a line: it must not swallow the next one
            os.write(self._handle, b"\n")

    def append(self, record: dict[str, Any]) -> None:
        line = (json.dumps(without_nan(record), ensure_ascii=False, allow_nan=False) + "\n").encode()
        size = os.fstat(self._handle).st_size
        try:
            if os.write(self._handle, line) == len(line):
                return
            reason = "the disk is full"
            os.ftruncate(self._handle, size)  # no half line
        except OSError as error:
            reason = str(error)
        logger.warning("%s: a record was lost (%s)", self._path, reason)

    def close(self) -> None:
        os.close(self._handle)


def without_nan(value: Any) -> Any:
    """A JSON-able value with None where a number is not finite: JSON has no NaN."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: without_nan(item) for key, item in value.items()}
    return [without_nan(item) for item in value] if isinstance(value, (list, tuple)) else value


class Progress:
    """How far a long piece of work is: a bar on a terminal, else a log line a minute (and one at the end).

    `with Progress("packing", total=1000, unit="documents") as progress: progress.advance(10, note="loss 3.2")`
    A total of None means unknown.
    """

    def __init__(self, name: str, total: int | None, unit: str, show: bool = True, seconds_between_lines: float = 60.0) -> None:
        self._name, self._total, self._unit, self._show = name, total, unit, show
        self._seconds_between_lines = seconds_between_lines
        self._done = 0
        self._bar: Any = None

    def __enter__(self) -> Progress:
        self._started = self._last_line = time.monotonic()
        if self._show and sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
            from rich.progress import Progress as RichProgress

            self._bar = RichProgress(
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TextColumn(self._unit),
                TimeRemainingColumn(),
                TextColumn("{task.fields[note]}"),
                console=Console(stderr=True),
            )
            self._bar.start()
            self._task = self._bar.add_task(self._name, total=self._total, note="")
        return self

    def advance(self, count: int = 1, note: str = "") -> None:
        self._done += count
        if self._bar is not None:
            self._bar.update(self._task, advance=count, note=note)
        elif self._show and time.monotonic() - self._last_line >= self._seconds_between_lines:
            self._last_line = time.monotonic()
            self._say(note)

    def _say(self, note: str) -> None:
        elapsed = time.monotonic() - self._started
        of_total, remaining = "", ""
        if self._total:
            of_total = f" of {self._total:,}"
            remaining = f", {elapsed / max(self._done, 1) * (self._total - self._done):,.0f} s to go"
        logger.info(
            "%s: %s%s %s in %.0f s%s%s",
            self._name,
            f"{self._done:,}",
            of_total,
            self._unit,
            elapsed,
            remaining,
            f" ({note})" if note else "",
        )

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._bar is not None:
            self._bar.stop()
        if self._show and kind is None:
            self._total = None
            self._say("done")
