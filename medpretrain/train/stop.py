"""Being asked to stop: by a signal to any rank, or by a file in the run directory. All ranks agree on it between two steps."""

from __future__ import annotations

import signal
from pathlib import Path
from types import FrameType

import torch
import torch.distributed as dist

STOP_FILE_NAME = "stop"


class StopRequest:
    """Notes SIGTERM and SIGINT instead of dying of them; `agreed` is then true on every rank at the same step."""

    def __init__(self, run_dir: Path, device: torch.device) -> None:
        self._file = run_dir / STOP_FILE_NAME
        self._device = device
        self._asked = False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._note)

    def _note(self, number: int, frame: FrameType | None) -> None:
        self._asked = True

    def agreed(self) -> bool:
        """Whether any rank was asked to stop (collective)."""
        asked = torch.tensor([float(self._asked or self._file.exists())], device=self._device)
        dist.all_reduce(asked, op=dist.ReduceOp.MAX)
        return bool(asked.item())

    def clear(self) -> None:
        """Remove the stop file, so that the next start of the run goes on (rank 0)."""
        self._file.unlink(missing_ok=True)
