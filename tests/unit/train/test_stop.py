"""Being asked to stop, on rank 0: by signal and by file. That ranks agree: tests/distributed/test_stop_agreement.py."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
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
    signal.set_wakeup_fd(-1)
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGUSR1, signal.SIGINT])
def test_a_signal_is_noted_and_does_not_kill(tmp_path: Path, number: signal.Signals) -> None:
    stop = StopRequest(tmp_path)
    assert stop.asked() is False
    os.kill(os.getpid(), number)
    assert stop.asked() is True
    assert stop.asked() is True  # it stays asked
    assert stop.terminated() is (number == signal.SIGTERM)


def test_another_thread_learns_of_a_signal_while_the_main_one_hangs_in_c(tmp_path: Path) -> None:
    stop = StopRequest(tmp_path)
    seen = []

    def signal_and_ask() -> None:
        seen.append(stop.terminated())
        time.sleep(0.1)  # the main thread sleeps in C by now
        signal.pthread_kill(threading.get_ident(), signal.SIGTERM)
        seen.extend([stop.terminated(), stop.terminated(), stop.asked()])

    thread = threading.Thread(target=signal_and_ask)
    thread.start()
    ctypes.CDLL(None).usleep(900_000)
    thread.join()
    assert seen == [False, True, True, False]  # Python's own handler has not run
    assert stop.asked() is True


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
