"""Second copies beside training: a thread of rank 0 brings checkpoints to another place, and training never waits for it.

Which ones is a rule over the run's directory: every `copy_every`-th save, and the last of the schedule. So what could not be copied, or was
being copied as the run was killed, is copied after the next save or at the next start.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from medpretrain.checkpoint.paths import checkpoints_directory, step_directory
from medpretrain.checkpoint.retention import save_numbers
from medpretrain.checkpoint.second_copy import SecondCopy
from medpretrain.errors import InputError
from medpretrain.log import logger


@dataclass(frozen=True)
class CopyResult:
    """How the copying of a step's checkpoint to `url` ended: `failure` says why it is not there, or is None."""

    step: int
    url: str
    failure: str | None
    seconds: float


def steps_to_copy(run_dir: Path, copy_every: int, last_step: int) -> list[int]:
    """The published checkpoints that are to have a second copy, oldest first."""
    return [step for step, number in save_numbers(checkpoints_directory(run_dir)).items() if number % copy_every == 0 or step == last_step]


class Copier:
    """Copies a run's checkpoints to `url`, those in `steps_to_copy` that are not there.

    Args:
        report: told, in the copying thread, how each copy ended that was not there before.

    Raises InputError where the library for such a URL is not installed.
    """

    def __init__(self, run_dir: Path, url: str, copy_every: int, last_step: int, report: Callable[[CopyResult], None]) -> None:
        self._run_dir, self._copy_every, self._last_step, self._report = run_dir, copy_every, last_step, report
        self._place = SecondCopy(f"{url.rstrip('/')}/{run_dir.resolve().name}")
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="copying")
        self._rounds: list[Future[None]] = []
        self._copied: set[int] = set()

    def look(self) -> None:
        """Have the thread copy what is to be copied by now. Returns at once."""
        self._rounds = [each for each in self._rounds if not each.done()]
        if len(self._rounds) < 2:  # one that runs, and one that sees what has come since
            self._rounds.append(self._thread.submit(self._copy_all))

    def end_at(self, step: int) -> None:
        """The run ends with this step, before its schedule does."""
        self._last_step = step

    def finish(self) -> None:
        """Wait for the thread."""
        waiting = [each for each in self._rounds if not each.done()]
        if waiting:
            logger.info("waiting for second copies in %s", self._place.url)
        for each in waiting:
            each.result()

    def _copy_all(self) -> None:
        try:
            self._copy_missing()
        except Exception as error:  # of the run's own directory: a copy is never a reason to end otherwise
            logger.warning("second copies in %s: %s: %s", self._place.url, type(error).__name__, error)

    def _copy_missing(self) -> None:
        for step in steps_to_copy(self._run_dir, self._copy_every, self._last_step):
            if step in self._copied:
                continue
            started = time.monotonic()
            directory = step_directory(self._run_dir, step)
            try:
                was_there = not self._place.store(directory)
            except Exception as error:  # the libraries of stores raise many kinds
                if not directory.exists():  # pruned meanwhile
                    continue
                failure = f"{type(error).__name__}: {error}"
                self._report(CopyResult(step, self._place.url, failure, time.monotonic() - started))
                if isinstance(error, InputError):  # of this checkpoint alone
                    continue
                return
            self._copied.add(step)
            if not was_there:
                self._report(CopyResult(step, self._place.url, None, time.monotonic() - started))
