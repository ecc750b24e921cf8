"""Being asked to stop, on rank 0: by signal and by file. That ranks agree: tests/distributed/test_stop_agreement.py."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch.distributed as dist

from medpretrain.train.run_directory import STOP_FILE_NAME
from medpretrain.train.stop import StopRequest


@pytest.fixture(autouse=True)
def group_of_one(tmp_path: Path) -> Iterator[None]:
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGUSR1, signal.SIGINT)}
    dist.init_process_group("gloo", init_method=f"file://{tmp_path / 'meeting'}", rank=0, world_size=1)
    yield
    dist.destroy_process_group()
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGUSR1, signal.SIGINT])
def test_a_signal_is_noted_and_does_not_kill(tmp_path: Path, number: signal.Signals) -> None:
    stop = StopRequest(tmp_path)
    assert stop.asked() is False
    os.kill(os.getpid(), number)
    assert stop.asked() is True
    assert stop.asked() is True  # it stays asked


TWICE = """
import os, signal, sys, time
from pathlib import Path
from medpretrain.train import stop
stop.SECONDS_OF_ONE_REQUEST = 0.0
request = stop.StopRequest(Path("."))
for name in sys.argv[1:]:
    os.kill(os.getpid(), getattr(signal, name))
    time.sleep(0.05)
"""


@pytest.mark.parametrize(
    ("names", "status"),
    [
        (["SIGUSR1", "SIGUSR1", "SIGTERM", "SIGTERM"], 0),  # Slurm: ahead of the time limit, at it, and again
        (["SIGINT"], 0),
        (["SIGINT", "SIGINT"], -signal.SIGINT),
        (["SIGTERM", "SIGINT"], -signal.SIGINT),
    ],
)
def test_only_a_second_ctrl_c_ends_the_process(names: list[str], status: int) -> None:
    assert subprocess.run([sys.executable, "-c", TWICE, *names], check=False).returncode == status


def test_a_file_in_the_run_directory(tmp_path: Path) -> None:
    stop = StopRequest(tmp_path)
    (tmp_path / STOP_FILE_NAME).touch()
    assert stop.asked() is True
    stop.clear()
    assert not (tmp_path / STOP_FILE_NAME).exists()
    assert stop.asked() is False
    stop.clear()  # nothing to remove is no mistake


def test_a_directory_that_is_not_there_asks_for_nothing(tmp_path: Path) -> None:
    assert StopRequest(tmp_path / "no run yet").asked() is False
