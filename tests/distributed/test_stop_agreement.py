"""One rank is asked to stop: all stop at the same step."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
import torch
from processes import run_processes

from medpretrain.train.agree import any_rank
from medpretrain.train.run_directory import STOP_FILE_NAME
from medpretrain.train.stop import StopRequest

pytestmark = pytest.mark.slow


def steps_until_stopped(rank: int, num_processes: int, run_dir: Path, asked_by: str) -> int:
    stop = StopRequest(run_dir)
    for step in range(6):
        if step == 3 and rank == 1 and asked_by == "signal":
            os.kill(os.getpid(), signal.SIGTERM)
        if step == 3 and rank == 0 and asked_by == "file":  # rank 0 looks for it, and must see it before the others are asked
            (run_dir / STOP_FILE_NAME).touch()
        if any_rank(torch.device("cpu"), stop.asked())[0]:
            return step
    return -1


@pytest.mark.parametrize("asked_by", ["signal", "file", "nobody"])
def test_all_ranks_stop_at_the_same_step(tmp_path: Path, asked_by: str) -> None:
    expected = -1 if asked_by == "nobody" else 3
    assert run_processes(steps_until_stopped, 2, tmp_path, tmp_path, asked_by) == [expected, expected]
