"""Runs a function in several gloo processes on this machine: one helper for all distributed tests.

Processes are forked from a server that has torch and deepspeed imported already, so a group starts in well under a second. They find
each other through a file, so no port is hunted. A group that does not end in time is killed and fails the test.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

_context = multiprocessing.get_context("forkserver")
# The last two stand for most of what DeepSpeed, and torch where it is to be deterministic, import late: seconds of every process.
LATE_IMPORTS = ["deepspeed.runtime.zero.muon.muon_optimizer", "torch._inductor.config"]
_context.set_forkserver_preload(["torch", "medpretrain.train.process", *LATE_IMPORTS])


class ProcessGroup:
    """`function(rank, num_processes, *arguments)` running in each of `num_processes` processes that form a gloo group.

    The function must be importable (a test module's top level). Leaving the `with` block kills what still runs.
    """

    def __init__(self, function: Callable[..., Any], num_processes: int, directory: Path, arguments: tuple[Any, ...]) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._meeting_point = directory / f"meeting-{time.monotonic_ns()}"
        self._processes = [
            _context.Process(target=_run_one, args=(function, rank, num_processes, self._meeting_point, arguments))
            for rank in range(num_processes)
        ]

    def __enter__(self) -> ProcessGroup:
        for process in self._processes:
            process.start()
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._processes:
            process.kill()
            process.join()

    def alive(self) -> bool:
        """Whether every process still runs."""
        return all(process.is_alive() for process in self._processes)

    def kill(self, rank: int) -> None:
        """SIGKILL one process, as a failing machine would."""
        self._processes[rank].kill()

    def signal_all(self, number: int) -> None:
        """Send a signal to every process."""
        for process in self._processes:
            os.kill(process.pid, number)

    def wait(self, timeout: float) -> list[int | None]:
        """The exit codes of all, once they have ended."""
        for process in self._processes:
            process.join(timeout)
        return [process.exitcode for process in self._processes]

    def results(self, timeout: float) -> list[Any]:
        """What the function returned, by rank; AssertionError with the traceback of the first process that failed."""
        deadline = time.monotonic() + timeout
        while any(process.is_alive() for process in self._processes) and time.monotonic() < deadline:
            if any(process.exitcode for process in self._processes):
                deadline = min(deadline, time.monotonic() + 5)  # the others may hang for the one that failed
            time.sleep(0.02)
        failures = [path for rank in range(len(self._processes)) if (path := _failure_file(self._meeting_point, rank)).exists()]
        killed = [
            f"rank {rank} died of signal {-process.exitcode}" for rank, process in enumerate(self._processes) if (process.exitcode or 0) < 0
        ]
        assert not killed, "; ".join(killed)
        if failures:  # the earliest: the others often fail because of it
            raise AssertionError(min(failures, key=lambda path: path.stat().st_mtime_ns).read_text())
        late = sum(process.is_alive() for process in self._processes)
        assert not late, f"{late} of {len(self._processes)} processes had not ended after {timeout:.0f} s"
        return [torch.load(_result_file(self._meeting_point, rank), weights_only=False) for rank in range(len(self._processes))]


def run_processes(function: Callable[..., Any], num_processes: int, directory: Path, *arguments: Any, timeout: float = 240) -> list[Any]:
    """Run a `ProcessGroup` to its end; the results by rank."""
    with ProcessGroup(function, num_processes, directory, arguments) as group:
        return group.results(timeout)


def _run_one(function: Callable[..., Any], rank: int, num_processes: int, meeting_point: Path, arguments: tuple[Any, ...]) -> None:
    os.environ.update(RANK=str(rank), LOCAL_RANK=str(rank), WORLD_SIZE=str(num_processes), MASTER_ADDR="127.0.0.1", MASTER_PORT="1")
    torch.set_num_threads(1)
    gc.freeze()  # what the server imported is no garbage, and DeepSpeed has all objects looked through each time an engine is made
    try:
        torch.distributed.init_process_group("gloo", init_method=f"file://{meeting_point}", rank=rank, world_size=num_processes)
        torch.save(function(rank, num_processes, *arguments), _result_file(meeting_point, rank))
    except BaseException:
        _failure_file(meeting_point, rank).write_text(f"rank {rank} of {num_processes}:\n{traceback.format_exc()}")
        os._exit(1)
    torch.distributed.barrier()
    os._exit(0)


def _result_file(meeting_point: Path, rank: int) -> Path:
    return meeting_point.with_name(f"{meeting_point.name}.result-{rank}")


def _failure_file(meeting_point: Path, rank: int) -> Path:
    return meeting_point.with_name(f"{meeting_point.name}.failure-{rank}")
