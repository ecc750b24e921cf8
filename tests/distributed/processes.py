"""Runs a function in several gloo processes on this machine: one helper for all distributed tests.

Processes are forked from a server that has torch and deepspeed imported already, so a group starts in well under a second. They find
each other through a file, so no port is hunted. A group that does not end in time is killed and fails the test.
"""

from __future__ import annotations

import multiprocessing
import os
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["torch", "medpretrain.train.engine", "medpretrain.train.run"])


def run_processes(function: Callable[..., Any], num_processes: int, directory: Path, *arguments: Any, timeout: float = 240) -> list[Any]:
    """Call `function(rank, num_processes, *arguments)` in each of `num_processes` processes that form a gloo group; their results by rank.

    The function must be importable (a test module's top level). Raises AssertionError with the traceback of the first that failed.
    """
    directory.mkdir(parents=True, exist_ok=True)
    meeting_point = directory / f"meeting-{time.monotonic_ns()}"
    processes = [
        _context.Process(target=_run_one, args=(function, rank, num_processes, meeting_point, arguments)) for rank in range(num_processes)
    ]
    for process in processes:
        process.start()
    deadline = time.monotonic() + timeout
    try:
        for process in processes:
            process.join(max(0.0, deadline - time.monotonic()))
    finally:
        late = [process.pid for process in processes if process.is_alive()]
        for process in processes:
            if process.is_alive():
                process.kill()
                process.join()
    failures = [text for rank in range(num_processes) if (text := _failure(meeting_point, rank))]
    assert not failures, failures[0]
    assert not late, f"{len(late)} of {num_processes} processes had not ended after {timeout:.0f} s"
    return [torch.load(_result_file(meeting_point, rank), weights_only=False) for rank in range(num_processes)]


def _run_one(function: Callable[..., Any], rank: int, num_processes: int, meeting_point: Path, arguments: tuple[Any, ...]) -> None:
    os.environ.update(RANK=str(rank), LOCAL_RANK=str(rank), WORLD_SIZE=str(num_processes), MASTER_ADDR="127.0.0.1", MASTER_PORT="1")
    torch.set_num_threads(1)
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


def _failure(meeting_point: Path, rank: int) -> str:
    path = _failure_file(meeting_point, rank)
    return path.read_text() if path.exists() else ""
