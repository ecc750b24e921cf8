"""Is the job getting on? Each rank notes its progress, and where there is none for too long, every rank says where it stands and the job
ends within a minute, naming the rank that the others wait for.

A thread of each rank looks at the clock; nothing is communicated until a limit has passed, and then through files of the run's directory,
as a hung collective cannot carry words. Who is behind is told by how many collectives each rank has entered in each of its groups, which
torch counts anyway. A rank that cannot speak even then (stopped, its host gone) is known by its silence.
"""

from __future__ import annotations

import faulthandler
import json
import os
import socket
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NoReturn

import torch.distributed as dist
from torch.distributed import ProcessGroup

from medpretrain.log import logger
from medpretrain.manifest import write_json
from medpretrain.parallel.mesh import Mesh
from medpretrain.train.run_directory import hang_directory
from medpretrain.train.settings import WatchSettings

STARTING, FIRST_STEP, STEP, SAVING, VALIDATION = "starting", "the first step", "a step", "saving", "validation"
SECONDS_BETWEEN_LOOKS = 1.0
SECONDS_FOR_REPORTS = 15.0  # of the other ranks, which pass their limit at about the same time
SECONDS_FOR_WORDS = 10.0  # until the one that speaks for all has spoken: launchers end every rank as the first one ends
LONGEST_STEPS, LEAST_SECONDS = 3.0, 10.0  # of a step after which a process that was sent SIGTERM waits for it no longer
SECONDS_FOR_ALL = SECONDS_FOR_REPORTS + SECONDS_FOR_WORDS + 20.0

Beat = Callable[[str, int], None]
"""Notes progress: what a rank does from now on, and at which step."""


@dataclass(frozen=True)
class Report:
    """Where a rank stands as the limit has passed. `entered`: group -> how many of its collectives this rank has entered."""

    rank: int
    host: str
    process: int
    doing: str
    step: int
    seconds: float
    entered: dict[str, int]
    where: str


PACKAGE = f"{Path(__file__).resolve().parents[1]}{os.sep}"


def behind(reports: Mapping[int, Report], num_ranks: int) -> list[int]:
    """The ranks that the others wait for: those that do not speak; else those that somebody waits for and that wait for nobody.

    A rank waits for another where it has entered more collectives of a group that both are in. Empty where nobody is behind.
    """
    silent = [rank for rank in range(num_ranks) if rank not in reports]
    if silent:
        return silent
    fewest: dict[str, int] = {}
    most: dict[str, int] = {}
    for report in reports.values():
        for group, count in report.entered.items():
            fewest[group] = min(fewest.get(group, count), count)
            most[group] = max(most.get(group, count), count)
    waited_for = {rank for rank, report in reports.items() if any(count < most[group] for group, count in report.entered.items())}
    waiting = {rank for rank, report in reports.items() if any(count > fewest[group] for group, count in report.entered.items())}
    return sorted(waited_for - waiting)


def diagnosis(reports: Mapping[int, Report], num_ranks: int, limit_seconds: float, hosts: Mapping[int, str]) -> str:
    """One sentence for people. `hosts`: of ranks that may be silent, where they are known."""
    first = reports[min(reports)]
    what = f"a hang: no progress for {limit_seconds:,.0f} s in {first.doing} (step {first.step:,})"
    guilty = behind(reports, num_ranks)
    if not guilty:
        return f"{what}; all {num_ranks} ranks stand in the same collective, so a link or a device does not answer"
    rank = guilty[0]
    more = f", nor do {len(guilty) - 1} more" if len(guilty) > 1 else ""
    if rank not in reports:
        on_host = f" on host {hosts[rank]}" if rank in hosts else ""
        return f"{what}; rank {rank}{on_host} gives no sign of life{more}"
    report = reports[rank]
    return f"{what}; rank {rank} on host {report.host} did not reach the collective that others wait in: it stands in {report.where}{more}"


class HangWatch:
    """Watches this rank. `beat` is to be called as its work goes on.

    Args:
        start: names this start of the run, on all ranks alike, as no other one.
        end: called in the watching thread once the limit has passed and the ranks' words are gathered, with the diagnosis; it ends the
            process. Should even that hang, the process is ended without it.
        terminated: whether SIGTERM came. Whoever sent it waits for this process's end, and kills it soon: so a step that takes far longer
            than any before is not waited for then. Slurm sends it where a host is lost, and no step ends.
    """

    def __init__(
        self,
        settings: WatchSettings,
        run_dir: Path,
        start: str,
        mesh: Mesh,
        end: Callable[[str], NoReturn],
        terminated: Callable[[], bool] = lambda: False,
    ) -> None:
        self._limits = {
            STARTING: settings.first_step_seconds,
            FIRST_STEP: settings.first_step_seconds,
            STEP: settings.step_seconds,
            SAVING: settings.save_seconds,
            VALIDATION: settings.save_seconds,
        }
        self._run_dir, self._directory, self._mesh, self._end = run_dir, hang_directory(run_dir, start), mesh, end
        self._terminated, self._longest_step = terminated, 0.0
        self._groups: dict[str, ProcessGroup] = {
            "all": dist.group.WORLD,  # type: ignore[dict-item] # None only where no group is up
            f"tensor parallel, replica {mesh.dp_rank}": mesh.tp_group,
            f"data parallel, tensor rank {mesh.tensor.rank}": mesh.dp_group,
        }
        self._doing, self._step, self._since = STARTING, 0, time.monotonic()
        self._main_thread = threading.get_ident()
        self._over = threading.Event()
        threading.Thread(target=self._look, name="hang watch", daemon=True).start()

    def beat(self, doing: str, step: int) -> None:
        """This rank does something else, or the next step, from now on."""
        now = time.monotonic()
        if self._doing == STEP:
            self._longest_step = max(self._longest_step, now - self._since)
        self._doing, self._step, self._since = doing, step, now

    def stop(self) -> None:
        """Training is over; what comes has no limit."""
        self._over.set()

    def _look(self) -> None:
        while not self._over.wait(SECONDS_BETWEEN_LOOKS):
            doing, seconds = self._doing, time.monotonic() - self._since
            if doing == STEP and self._terminated() and seconds > max(LONGEST_STEPS * self._longest_step, LEAST_SECONDS):
                self._end(f"told to end, but step {self._step:,} did not end within {seconds:,.0f} s: another process may be gone")
            # One that others wait for may be in work whose limit is longer: once they speak, it does too.
            asked = seconds > min(self._limits.values()) and self._directory.exists()
            if asked or seconds > self._limits[doing]:
                self._speak(min(self._limits[doing], seconds), seconds)

    def _speak(self, limit_seconds: float, seconds: float) -> None:
        # In C, so it ends the process whatever the threads hold or wait for, a file system that hangs included.
        faulthandler.dump_traceback_later(SECONDS_FOR_ALL, exit=True)
        try:
            reason = f"{self._agree_on_reason(limit_seconds, seconds)}; stacks of all ranks are in {self._directory}"
        except OSError as error:
            reason = f"a hang: no progress for {limit_seconds:,.0f} s, of which nothing could be written ({error})"
        if self._over.is_set():  # it ended well after all
            faulthandler.cancel_dump_traceback_later()
            return
        self._end(reason)

    def _agree_on_reason(self, limit_seconds: float, seconds: float) -> str:
        """Write down where this rank stands, and what all of that comes to: by the lowest rank that speaks, for the others to repeat."""
        self._directory.mkdir(parents=True, exist_ok=True)
        with open(self._directory / f"rank-{self._mesh.rank:05d}.stacks", "w") as stacks:
            faulthandler.dump_traceback(stacks, all_threads=True)
        report = self._report(seconds)
        write_json(self._directory / f"rank-{self._mesh.rank:05d}.json", asdict(report))
        told = self._directory / "diagnosis.json"
        # Of hundreds of ranks, only one opens all files.
        _wait_until(lambda: told.exists() or len(self._names()) == self._mesh.world_size, SECONDS_FOR_REPORTS)
        if f"rank-{self._mesh.rank:05d}.json" == min(self._names()):
            reports = self._read_reports()
            reason = diagnosis(reports, self._mesh.world_size, limit_seconds, self._hosts())
            write_json(told, {"reason": reason, "ranks": behind(reports, self._mesh.world_size), "limit_seconds": limit_seconds})
        else:
            _wait_until(told.exists, SECONDS_FOR_WORDS)
            time.sleep(SECONDS_BETWEEN_LOOKS)
            reason = json.loads(told.read_text())["reason"] if told.exists() else f"a hang of more than {limit_seconds:,.0f} s"
        logger.debug("%s; this rank: %s", reason, report)
        return reason

    def _report(self, seconds: float) -> Report:
        entered = {
            name: group._get_sequence_number_for_group()  # type: ignore[attr-defined] # there, but not in torch's stubs
            for name, group in self._groups.items()
        }
        frames = traceback.extract_stack(sys._current_frames()[self._main_thread])
        ours = [frame for frame in frames if frame.filename.startswith(PACKAGE)] or frames
        where = f"{Path(ours[-1].filename).name} line {ours[-1].lineno} ({ours[-1].name})"
        return Report(self._mesh.rank, socket.gethostname(), os.getpid(), self._doing, self._step, round(seconds, 3), entered, where)

    def _names(self) -> list[str]:
        """The files of the ranks that have spoken."""
        return [name for name in os.listdir(self._directory) if name.startswith("rank-") and name.endswith(".json")]

    def _read_reports(self) -> dict[int, Report]:
        reports = (Report(**json.loads((self._directory / name).read_text(encoding="utf-8"))) for name in self._names())
        return {report.rank: report for report in reports}

    def _hosts(self) -> dict[int, str]:
        """The host of each rank, once the run has written them down."""
        try:
            processes = json.loads((self._run_dir / "environment.json").read_text(encoding="utf-8"))["processes"]
            return {process["rank"]: process["host"] for process in processes}
        except (OSError, ValueError, KeyError, TypeError):
            return {}


def _wait_until(condition: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.5)
