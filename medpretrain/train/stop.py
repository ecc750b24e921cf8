"""Being asked to stop: by a signal to any rank, or by a file in the run directory."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path
from types import FrameType

import torch.distributed as dist

from medpretrain.train.run_directory import STOP_FILE_NAME

SECONDS_OF_ONE_REQUEST = 5.0  # Ctrl-C may arrive more than once: from the terminal and from the launcher


class StopRequest:
    """Notes SIGTERM, SIGUSR1 and SIGINT instead of dying of them. Ctrl-C that comes again after some seconds ends the process, as it would
    have without us: a run that hangs can be ended. The others never do: schedulers repeat them while the checkpoint is written, and have
    SIGKILL for what does not stop."""

    def __init__(self, run_dir: Path) -> None:
        self._file = run_dir / STOP_FILE_NAME
        self._asked_at: float | None = None
        for number in (signal.SIGTERM, signal.SIGUSR1, signal.SIGINT):
            signal.signal(number, self._note)
        # Python's handlers wait while the main thread waits in a collective; what the interpreter itself writes here does not.
        self._signals, written = os.pipe()
        for end in (self._signals, written):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(written, warn_on_full_buffer=False)
        self._terminated = False

    def _note(self, number: int, frame: FrameType | None) -> None:
        now = time.monotonic()
        if number == signal.SIGINT and self._asked_at is not None and now - self._asked_at > SECONDS_OF_ONE_REQUEST:
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)
        self._asked_at = self._asked_at or now

    def terminated(self) -> bool:
        """Whether SIGTERM came, which whoever sends it follows up with SIGKILL; SIGUSR1 comes minutes ahead. Any one thread may ask, also
        while the main thread hangs."""
        with contextlib.suppress(BlockingIOError):
            self._terminated = signal.SIGTERM in os.read(self._signals, 1000) or self._terminated
        return self._terminated

    def asked(self) -> bool:
        """Whether this rank was asked to stop; what it does of it is for all ranks to agree on. Rank 0 alone looks for the file."""
        return self._asked_at is not None or (dist.get_rank() == 0 and self._file.exists())

    def clear(self) -> None:
        """Remove the stop file, so that the next start of the run goes on (rank 0)."""
        self._file.unlink(missing_ok=True)
