"""Stages as lists of independent tasks with done-markers: killed at any moment, the same tasks go on where they were.

A task is a function of its arguments that writes files; what it returns (JSON) and the size of each file stand in its marker, which is
written last. A task whose marker is there, of the same identity, is not run again. So the bytes that a stage leaves depend neither on the
number of processes nor on how often it was stopped.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import resource
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from medpretrain.errors import InputError
from medpretrain.log import Progress
from medpretrain.manifest import fsync_directory, write_json

MARKER_SUFFIX = ".done.json"
SCRATCH_PREFIX = ".scratch-"

Result = dict[str, Any]


@dataclass(frozen=True)
class Task:
    """One piece of a stage.

    Attributes:
        name: unique in its stage, and fit for a file name. Its files are `STAGE/NAME.SUFFIX`.
        identity: a hash of all that decides the result (inputs, settings); one that differs from the marker's has the task run again.
        function: `function(scratch, *arguments)` writes files named by their suffix alone ("pairs.npy") into the directory `scratch`
            and returns a JSON-able dict. It is a module's own function, as it travels to another process; so do the arguments.
        size: how much work it is, in the stage's unit.
    """

    name: str
    identity: str
    function: Callable[..., Result]
    arguments: tuple[Any, ...] = ()
    size: int = 1


def file_of(work: Path, stage: str, task: str, suffix: str) -> Path:
    """Where the file `suffix` of a task lies once the task is done."""
    return work / stage / f"{task}.{suffix}"


class Workers:
    """Processes that run the tasks of one stage after the other; with one, tasks run in this process. Use it in a `with`."""

    def __init__(self, num_processes: int) -> None:
        self._num_processes = num_processes
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Workers:
        return self

    def run(self, work: Path, stage: str, tasks: Sequence[Task], unit: str = "tasks") -> dict[str, Result]:
        """Have all tasks done that are not; returns their results by name, in the order of `tasks`.

        Raises what a task raises, after the tasks under way have ended; those that ended are done all the same.
        """
        directory = work / stage
        directory.mkdir(parents=True, exist_ok=True)
        for scratch in directory.glob(f"{SCRATCH_PREFIX}*"):
            shutil.rmtree(scratch)
        results = {task.name: _done(directory, task) for task in tasks}
        waiting = [task for task in tasks if results[task.name] is None]
        with Progress(stage, total=sum(task.size for task in tasks), unit=unit) as progress:
            progress.advance(sum(task.size for task in tasks) - sum(task.size for task in waiting))
            for task, result in self._each(directory, waiting):
                results[task.name] = result
                progress.advance(task.size)
        return {name: result for name, result in results.items() if result is not None}

    def _each(self, directory: Path, tasks: Sequence[Task]) -> Iterable[tuple[Task, Result]]:
        if self._num_processes == 1 or len(tasks) < 2:
            for task in tasks:
                yield task, _run(directory, task)
            return
        if self._pool is None:
            context = multiprocessing.get_context("forkserver")
            self._pool = ProcessPoolExecutor(self._num_processes, mp_context=context, initializer=_begin_worker)
        largest_first = sorted(tasks, key=lambda task: -task.size)
        futures: dict[Future[Result], Task] = {self._pool.submit(_run, directory, task): task for task in largest_first}
        try:
            for future in as_completed(futures):
                yield futures[future], future.result()
        except BrokenProcessPool as error:
            raise InputError(
                str(directory),
                "a process that worked on it was killed, most likely for want of memory",
                "memory for all processes",
                "give the same command again with fewer --workers: it goes on where it was",
            ) from error
        finally:
            for future in futures:
                future.cancel()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._pool is None:
            return
        if kind is not None and not issubclass(kind, Exception):  # interrupted: what is under way is done again
            for process in multiprocessing.active_children():
                process.kill()
        self._pool.shutdown()


def _begin_worker() -> None:
    """A worker leaves Ctrl-C to the process that began it, and ends with that one, however it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    assert parent is not None, "a worker has a parent"

    def end_with_parent() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=end_with_parent, daemon=True).start()


def _done(directory: Path, task: Task) -> Result | None:
    """What a task that is done returned; None where it is not, or its files are not as it left them."""
    try:
        marker = json.loads((directory / f"{task.name}{MARKER_SUFFIX}").read_bytes())
        if marker["identity"] != task.identity:
            return None
        whole = all((directory / name).stat().st_size == num_bytes for name, num_bytes in marker["files"].items())
        return dict(marker["result"]) if whole else None
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None


def _run(directory: Path, task: Task) -> Result:
    scratch = directory / f"{SCRATCH_PREFIX}{task.name}"
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir()
    marker = directory / f"{task.name}{MARKER_SUFFIX}"
    marker.unlink(missing_ok=True)
    started = time.monotonic()
    result = task.function(scratch, *task.arguments)
    files = {}
    for file in sorted(scratch.iterdir()):
        with open(file, "rb") as written:
            os.fsync(written.fileno())
        name = f"{task.name}.{file.name}"
        files[name] = file.stat().st_size
        os.replace(file, directory / name)
    fsync_directory(directory)
    scratch.rmdir()
    cost = {"seconds": time.monotonic() - started, "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}
    write_json(marker, {"identity": task.identity, "files": files, "cost": cost, "result": result})
    return result


def costs_of(work: Path) -> dict[str, dict[str, float]]:
    """What the tasks of each stage took when they were run: how many, seconds in all, the most memory that a process of theirs had."""
    costs: dict[str, dict[str, float]] = {}
    for marker in sorted(work.glob(f"*/*{MARKER_SUFFIX}"), key=lambda path: path.stat().st_mtime):
        cost = json.loads(marker.read_bytes())["cost"]
        of_stage = costs.setdefault(marker.parent.name, {"tasks": 0, "seconds": 0.0, "peak_bytes": 0})
        of_stage["tasks"] += 1
        of_stage["seconds"] += cost["seconds"]
        of_stage["peak_bytes"] = max(of_stage["peak_bytes"], cost["peak_bytes"])
    return costs
