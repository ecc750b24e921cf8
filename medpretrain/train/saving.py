"""Saving a run while it trains on, and resuming it: the engine's slices, random state and loader position to and from a checkpoint, all
ranks together.

A save has three parts. The copy: a rank's slices are brought into buffers of the host while the next step's forward and backward passes
run; only the update that would change them waits. The writing: each rank's thread writes, checksums and fsyncs its file out of the
buffers. The publishing: once all ranks have written, rank 0's thread checks the whole, renames it into place and prunes. Ranks learn of
each other's progress between two steps, in the training thread, so that no collective ever runs beside training's own.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor

from medpretrain.checkpoint.find import find_newest
from medpretrain.checkpoint.format import VALUE_KEYS, HeldSlice
from medpretrain.checkpoint.paths import checkpoints_directory, staging_directory, step_directory
from medpretrain.checkpoint.reader import CheckpointReader
from medpretrain.checkpoint.retention import Fence, prune
from medpretrain.checkpoint.settings import CheckpointSettings
from medpretrain.checkpoint.writer import RankReport, discard, publish, write_rank
from medpretrain.errors import InputError, RunTakenOver
from medpretrain.log import logger
from medpretrain.parallel.mesh import Mesh
from medpretrain.train.agree import agree, gather, tell_all
from medpretrain.train.engine import Engine
from medpretrain.train.rng import capture_rng, restore_rng

BYTES_PER_ELEMENT = 4 * len(VALUE_KEYS)
ROOM_FACTOR, ROOM_BYTES = 1.01, 2**24  # of free space that a save asks for: headers, index and random states beside the values
FILES_PER_RANK, OTHER_FILES = 2, 8
TRIES = 2


@dataclass(frozen=True)
class SaveResult:
    """How a save ended.

    Attributes:
        failure: None, or why it was given up (a full disk, a directory that not all hosts share): that costs this checkpoint alone.
        retried: what went wrong at a first try where the second went well, on whichever ranks.
        stall_seconds: how long training waited for it, on this rank: for the probe's loss, the copy, and a save before that had not ended.
        seconds: from its begin to its end.
    """

    step: int
    failure: str | None
    retried: list[str]
    stall_seconds: float
    seconds: float


@dataclass(frozen=True)
class _Attempted:
    """What became of a piece of work in the thread: its result, unless it `failed` as often as it was tried; what went wrong; and who holds
    the run, where that is another attempt by now."""

    result: Any
    problems: list[str]
    failed: bool = False
    taken_over: str | None = None


@dataclass
class _Save:
    """A save in flight, as one rank sees it."""

    step: int
    state: Mapping[str, Any]
    started: float
    copied: threading.Event = field(default_factory=threading.Event)
    writing: Future[_Attempted] = field(default_factory=Future)
    publishing: Future[_Attempted] | None = None  # on rank 0, once all ranks have written
    all_written: bool = False
    retried: list[str] = field(default_factory=list)
    stall_seconds: float = 0.0


class Saver:
    """Saves a run in the background, one save at a time.

    `begin`, `advance` and `finish` are collective: every rank calls them after the same step.

    Args:
        fence: raises RunTakenOver where this attempt no longer holds the run (called on rank 0).
        report: told how each save ended, on every rank.
    """

    def __init__(
        self,
        run_dir: Path,
        attempt: int,
        engine: Engine,
        mesh: Mesh,
        settings: CheckpointSettings,
        fence: Fence = lambda: None,
        report: Callable[[SaveResult], None] = lambda result: None,
    ) -> None:
        self._run_dir, self._attempt, self._engine, self._mesh, self._settings = run_dir, attempt, engine, mesh, settings
        self._fence, self._report = fence, report
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="saving")
        self._buffers = _StagingBuffers(mesh.device)
        self._save: _Save | None = None
        self._last_begin = time.monotonic()

    def is_due(self, step: int) -> bool:
        """Whether a save is to begin after `step`: by the count of steps, or by this rank's clock."""
        minutes = (time.monotonic() - self._last_begin) / 60
        return step % self._settings.every_steps == 0 or minutes >= self._settings.every_minutes

    def is_busy(self) -> bool:
        """Whether this rank's thread still works on the save in flight."""
        if self._save is None:
            return False
        work = self._save.publishing if self._save.all_written else self._save.writing
        return work is not None and not work.done()

    def begin(self, step: int, describe: Callable[[], Mapping[str, Any]]) -> None:
        """Begin to save the state after `step`. Training may go on at once, but must call `wait_copied` before it changes the state.

        A save in flight is waited for: there is at most one. `describe` gives what is no rank's own (`state.json`); it may be collective.
        """
        started = time.monotonic()
        if self._save is not None:
            logger.debug("the save of step %d waits for the one of step %d", step, self._save.step)
            self.finish()
        self._last_begin = time.monotonic()
        slices = list(self._engine.held_slices())
        lack = self._lack_of_room(sum(held.length for held in slices))
        if lack is not None:
            self._report(SaveResult(step, lack, [], time.monotonic() - started, time.monotonic() - started))
            return
        self._save = save = _Save(step, describe(), started)
        state_is_final = torch.cuda.current_stream().record_event() if self._mesh.device.type == "cuda" else None
        save.writing = self._thread.submit(self._copy_and_write, save, slices, capture_rng(), state_is_final)
        save.stall_seconds = time.monotonic() - started

    def wait_copied(self) -> None:
        """Wait until the save in flight has its copy of the state. Not collective."""
        if self._save is not None and not self._save.copied.is_set():
            started = time.monotonic()
            self._save.copied.wait()
            self._save.stall_seconds += time.monotonic() - started

    def advance(self) -> None:
        """Go on with the save in flight, which waits for whichever rank is still busy with it: publish it, or tell how it ended.

        Raises RunTakenOver, on every rank, where another attempt holds the run by now.
        """
        save = self._save
        if save is None:
            return
        if not save.all_written:
            self._after_writing(save)
            return
        published: _Attempted = tell_all(save.publishing.result() if save.publishing is not None else None)
        if published.taken_over is not None:
            raise RunTakenOver(published.taken_over)
        self._end(save, published.problems, published.failed)

    def finish(self) -> None:
        """Bring the save in flight, where there is one, to its end."""
        while self._save is not None:
            self.advance()

    def _copy_and_write(
        self, save: _Save, slices: Sequence[HeldSlice], rng: Mapping[str, Tensor | bytes], state_is_final: torch.cuda.Event | None
    ) -> _Attempted:
        """In the thread: its result is this rank's report, packed."""
        try:
            copies = self._buffers.fill(slices, state_is_final)
        except Exception as error:  # no memory for the copy: by now the state may be another, so this is not tried again
            return _Attempted(None, [f"{type(error).__name__}: {error}"], failed=True)
        finally:
            save.copied.set()
        staging = self._staging_of(save)
        return _tried(lambda: pickle.dumps(write_rank(staging, self._mesh.rank, copies, rng)))

    def _after_writing(self, save: _Save) -> None:
        everyones: list[_Attempted] = gather(save.writing.result())
        save.all_written = True
        failures = [f"rank {rank}: {each.problems[-1]}" for rank, each in enumerate(everyones) if each.failed]
        save.retried = [f"rank {rank}: {each.problems[0]}" for rank, each in enumerate(everyones) if each.problems]
        if failures:
            if self._mesh.rank == 0:
                discard(self._staging_of(save))
            self._end(save, failures, failed=True)
        elif self._mesh.rank == 0:
            save.publishing = self._thread.submit(self._publish, save, [each.result for each in everyones])

    def _publish(self, save: _Save, packed_reports: Sequence[bytes]) -> _Attempted:
        """In rank 0's thread."""
        staging, final = self._staging_of(save), step_directory(self._run_dir, save.step)
        reports: list[RankReport] = [pickle.loads(report) for report in packed_reports]
        settings = self._settings

        def publish_whole() -> None:
            self._fence()  # a later attempt has cleared the staging directory away: that is no fault of the disk
            publish(staging, final, reports, save.state, self._fence)

        published = _tried(publish_whole)
        if published.failed:
            discard(staging)
            return published
        try:
            prune(self._run_dir, settings.keep_newest, settings.keep_every, settings.keep_best, final, self._fence)
        except RunTakenOver as error:
            return replace(published, taken_over=str(error))
        except Exception as error:  # the checkpoint is there all the same
            logger.warning("%s: older checkpoints could not be removed (%s)", final.parent, error)
        return published

    def _end(self, save: _Save, problems: list[str], failed: bool) -> None:
        self._save = None
        failure = "; ".join(problems) if failed else None
        retried = [] if failed else save.retried + problems
        self._report(SaveResult(save.step, failure, retried, save.stall_seconds, time.monotonic() - save.started))

    def _staging_of(self, save: _Save) -> Path:
        return staging_directory(self._run_dir, save.step, self._attempt)

    def _lack_of_room(self, num_elements: int) -> str | None:
        """What is missing on the disk for this save, or None. Raises RunTakenOver (collective)."""
        total = torch.tensor([float(num_elements)], dtype=torch.float64, device=self._mesh.device)
        dist.all_reduce(total)

        def look() -> str | None:
            self._fence()
            return lack_of_room(self._run_dir, int(total.item()), self._mesh.world_size)

        looked: _Attempted = tell_all(_tried(look) if self._mesh.rank == 0 else None)
        if looked.taken_over is not None:
            raise RunTakenOver(looked.taken_over)
        return looked.problems[-1] if looked.failed else looked.result


def lack_of_room(run_dir: Path, num_elements: int, num_ranks: int) -> str | None:
    """Why a save of so many parameters by so many ranks does not fit on the disk; None where it does, or the system does not say."""
    directory = checkpoints_directory(run_dir)
    try:
        directory.mkdir(parents=True, exist_ok=True)
        disk = os.statvfs(directory)
    except OSError as error:
        return f"{directory} cannot be used ({error.strerror or error})"
    free_bytes, needed_bytes = disk.f_bavail * disk.f_frsize, int(BYTES_PER_ELEMENT * num_elements * ROOM_FACTOR) + ROOM_BYTES
    if free_bytes < needed_bytes:
        return f"{free_bytes / 1e9:,.3f} GB are free for {directory}, and a checkpoint needs {needed_bytes / 1e9:,.3f} GB"
    needed_files = FILES_PER_RANK * num_ranks + OTHER_FILES
    if disk.f_files and disk.f_favail < needed_files:  # some file systems have no such limit, and say 0
        return f"{disk.f_favail:,} files can still be made in {directory}, and a checkpoint needs {needed_files:,}"
    return None


def _tried(work: Callable[[], Any]) -> _Attempted:
    """Do the work; where the system fails it, once more."""
    problems: list[str] = []
    while True:
        try:
            return _Attempted(work(), problems)
        except RunTakenOver as error:
            return _Attempted(None, [*problems, str(error)], failed=True, taken_over=str(error))
        except Exception as error:  # whatever it is, the other ranks wait for this one's word
            problems.append(f"{type(error).__name__}: {error}")
            if not isinstance(error, OSError) or len(problems) == TRIES:
                return _Attempted(None, problems, failed=True)


class _StagingBuffers:
    """Where a rank's slices wait to be written: memory of the host, allocated at the first save and used again for each (pinned, for a GPU
    to copy to)."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._memory = torch.empty(0)

    def fill(self, slices: Sequence[HeldSlice], state_is_final: torch.cuda.Event | None) -> list[HeldSlice]:
        """Copies of the slices, valid until the next call. On GPU they are made beside the training stream, from the event on."""
        if state_is_final is not None:
            torch.cuda.set_device(self._device)  # a thread begins with the first one
        total = sum(len(held.values) * held.length for held in slices)
        if total > len(self._memory):
            try:
                self._memory = torch.empty(total, dtype=torch.float32, pin_memory=state_is_final is not None)
            except RuntimeError as error:  # torch pins whole powers of two
                logger.warning("%d bytes could not be pinned for saves, which are slower so (%s)", 4 * total, error)
                self._memory = torch.empty(total, dtype=torch.float32)
        copies, end = [], 0
        stream = torch.cuda.Stream(self._device) if state_is_final is not None else None
        with torch.cuda.stream(stream) if stream is not None else contextlib.nullcontext():
            if stream is not None and state_is_final is not None:
                stream.wait_event(state_is_final)
            for held in slices:
                values = {}
                for key, value in held.values.items():
                    begin, end = end, end + held.length
                    values[key] = self._memory[begin:end].copy_(value, non_blocking=True)
                copies.append(replace(held, values=values))
        if stream is not None:
            stream.synchronize()
        return copies


def find_checkpoint(run_dir: Path, mesh: Mesh) -> tuple[Path | None, list[tuple[Path, str]]]:
    """The newest checkpoint that verifies, and the ones passed over with their reasons: found by rank 0, told to all."""
    return tell_all(find_newest(run_dir) if mesh.rank == 0 else None)


def load_checkpoint(reader: CheckpointReader, engine: Engine, mesh: Mesh) -> None:
    """Put a checkpoint's weights, moments and (where as many ranks run) this rank's random state back. Collective."""
    agree(lambda: engine.load_slices(reader))
    engine.refresh_weights()
    if reader.num_ranks == mesh.world_size:
        restore_rng(agree(lambda: reader.rng(mesh.rank)))


def check_probe(directory: Path, saved: float, now: float) -> None:
    """The loss of the fixed probe batch after loading must be the one at the save. It is to the last bit where nothing else has changed;
    another topology or machine sums in another order, for which 1e-3 relative is allowed. Raises InputError beyond that."""
    if not abs(now - saved) <= 1e-3 * abs(saved):
        raise InputError(
            str(directory),
            f"gives a probe loss of {now!r} after loading",
            f"{saved!r}, as when it was saved",
            "use another checkpoint; if the software changed since, go back to the versions in its manifest",
        )
    difference = "to the last bit" if now == saved else f"within {abs(now - saved):.1e}"
    logger.info("the checkpoint's probe loss %.6f is met %s", saved, difference)
