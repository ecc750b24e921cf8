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
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from medpretrain.errors import InputError
from medpretrain.log import Progress
from medpretrain.manifest import fsync_directory, write_json

if TYPE_CHECKING:
    from multiprocessing.sharedctypes import Synchronized

MARKER_SUFFIX = ".done.json"
SCRATCH_PREFIX = ".scratch-"
SECONDS_BETWEEN_LOOKS = 1.0  # at how far other processes are

Result = dict[str, Any]
Marker = dict[str, Any]  # identity, files, cost, result


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
    """Processes that run the tasks of one stage after the other; with one, tasks run in this process. Use it in a `with`.

    Attributes:
        costs: by stage, what its tasks took when they were run, in whichever call that was: how many (`tasks`), `seconds` in all, and
            `peak_bytes`, the most memory that a process of theirs had had by then.
    """

    def __init__(self, num_processes: int) -> None:
        self.costs: dict[str, dict[str, float]] = {}
        self._num_processes = num_processes
        self._pool: ProcessPoolExecutor | None = None
        self._context = multiprocessing.get_context("forkserver")
        self._done = self._context.Value("q", 0)  # of the stage, in its unit; all processes add to it

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
        markers = {task.name: _marker_of(directory, task) for task in tasks}
        waiting = [task for task in tasks if markers[task.name] is None]
        with Progress(stage, total=sum(task.size for task in tasks), unit=unit) as progress:
            progress.advance(sum(task.size for task in tasks) - sum(task.size for task in waiting))
            for task, marker in self._each(directory, waiting, progress):
                markers[task.name] = marker
        done = [marker for marker in markers.values() if marker is not None]
        costs = [marker["cost"] for marker in done]
        self.costs[stage] = {
            "tasks": len(costs),
            "seconds": sum(cost["seconds"] for cost in costs),
            "peak_bytes": max((cost["peak_bytes"] for cost in costs), default=0),
        }
        return {name: marker["result"] for name, marker in markers.items() if marker is not None}

    def _each(self, directory: Path, tasks: Sequence[Task], progress: Progress) -> Iterable[tuple[Task, Marker]]:
        if self._num_processes == 1 or len(tasks) < 2:
            for task in tasks:
                yield task, _run(directory, task, progress.advance)
            return
        if self._pool is None:
            self._others = multiprocessing.active_children()
            self._pool = ProcessPoolExecutor(
                self._num_processes, mp_context=self._context, initializer=_begin_worker, initargs=(self._done,)
            )
        self._done.value = told = 0
        largest_first = sorted(tasks, key=lambda task: -task.size)
        futures: dict[Future[Marker], Task] = {self._pool.submit(_run_in_worker, directory, task): task for task in largest_first}
        waiting = set(futures)
        try:
            while waiting:
                ended, waiting = wait(waiting, timeout=SECONDS_BETWEEN_LOOKS, return_when=FIRST_COMPLETED)
                done = self._done.value  # read once: other processes add to it meanwhile
                progress.advance(done - told)
                told = done
                for future in ended:
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
                if process not in self._others:
                    process.kill()
        self._pool.shutdown()


_add_to_stage: Callable[[int], None]  # of the process that began this one


def _begin_worker(done: Synchronized[int]) -> None:
    """A worker leaves Ctrl-C to the process that began it, and ends with that one, however it ends."""
    global _add_to_stage
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    assert parent is not None, "a worker has a parent"

    def end_with_parent() -> None:
        parent.join()
        os._exit(1)

    def add(amount: int) -> None:
        with done.get_lock():
            done.value += amount

    _add_to_stage = add
    threading.Thread(target=end_with_parent, daemon=True).start()


def _run_in_worker(directory: Path, task: Task) -> Marker:
    return _run(directory, task, _add_to_stage)


def _marker_of(directory: Path, task: Task) -> Marker | None:
    """That of a task that is done; None where it is not, or its files are not as it left them."""
    try:
        marker = json.loads((directory / f"{task.name}{MARKER_SUFFIX}").read_bytes())
        whole = all((directory / name).stat().st_size == num_bytes for name, num_bytes in marker["files"].items())
        return dict(marker) if whole and marker["identity"] == task.identity and {"cost", "result"} <= marker.keys() else None
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None


def is_done(work: Path, stage: str, task: Task) -> bool:
    """Whether `Workers.run` would find the task done."""
    return _marker_of(work / stage, task) is not None


class Told:
    """How much of a task is done, as it says itself while it runs; never more than all of it, and in the end all."""

    def __init__(self, size: int, add: Callable[[int], None]) -> None:
        self._left, self._add = size, add

    def __call__(self, amount: int) -> None:
        amount = min(amount, self._left)
        self._left -= amount
        self._add(amount)

    def all(self) -> None:
        self(self._left)


_told = Told(0, lambda amount: None)  # of the task that this process runs


def tell(amount: int) -> None:
    """A task that takes long says so that so much more of it is done, in the unit of its size."""
    _told(amount)


def _run(directory: Path, task: Task, add: Callable[[int], None]) -> Marker:
    global _told
    _told = Told(task.size, add)
    scratch = directory / f"{SCRATCH_PREFIX}{task.name}"
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir()
    marker_path = directory / f"{task.name}{MARKER_SUFFIX}"
    marker_path.unlink(missing_ok=True)
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
    marker = {"identity": task.identity, "files": files, "cost": cost, "result": result}
    write_json(marker_path, marker)
    _told.all()
    return marker
