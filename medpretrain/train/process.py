"""The life of one training process, from what was typed to its exit status. However it ends, it ends at once, with a sentence, and with
outcome.json where rank 0 can still write it: launchers lose exit codes, so whoever restarts runs believes that file."""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import sys
import threading
import time
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import NoReturn

import torch.distributed as dist

from medpretrain.errors import InputError, InputErrors, RunTakenOver
from medpretrain.log import logger, set_up_logging
from medpretrain.manifest import write_json
from medpretrain.parallel.mesh import Place, build_mesh, check_hosts
from medpretrain.train.agree import gather, tell_all
from medpretrain.train.ds_config import read_ds_config
from medpretrain.train.engine import start_processes
from medpretrain.train.meter import Stopwatch
from medpretrain.train.recipes import load_recipe
from medpretrain.train.run import assemble
from medpretrain.train.run_directory import FAILED, FINISHED, REFUSAL_NAME, STOPPED, WORTH_A_RESTART, WRONG_INPUT, RunDirectory
from medpretrain.train.stop import StopRequest
from medpretrain.train.trainer import Position
from medpretrain.train.watch import HangWatch

SECONDS_FOR_RANK_0 = 5.0  # launchers end all ranks at the first exit: the others let rank 0 speak first


def main(
    place: Place,
    recipe_name: str,
    run_path: Path,
    ds_config_path: Path,
    overrides: Sequence[str],
    command: Sequence[str],
    note: Path | None = None,
) -> NoReturn:
    """Start or resume the run in `run_path` and end this process: 0 finished, 2 wrong input, 75 stopped on request with a checkpoint,
    76 worth a restart, 1 anything else. `command` is what was typed, for the record; `note` (see `note_process`) goes with the process."""
    record: RunDirectory | None = None
    position = Position()
    set_up_logging(place.rank, place.world_size)
    try:
        if place.rank == 0:
            record = RunDirectory(run_path)  # first, so that every later failure has an outcome
            record.event("launched", start=record.start, process_started=round(_process_started(), 3), host=socket.gethostname())
        stopwatch = Stopwatch()
        recipe = load_recipe(recipe_name, overrides, place.world_size)
        ds_config = read_ds_config(ds_config_path)
        limit = timedelta(seconds=recipe.watch.collective_seconds)
        with _meeting(recipe.watch.meeting_seconds, place.world_size, record, note):
            device = start_processes(place, limit)
            check_hosts(gather(socket.gethostname()), recipe.parallel.tensor)
            mesh = build_mesh(place, recipe.parallel.tensor, device, limit)
        stop = StopRequest(run_path)  # until here a signal ends the process at once, as nothing is lost by it
        attempt, start = tell_all((record.attempt, record.start) if record else None)
        set_up_logging(place.rank, place.world_size, run_path / "logs", attempt)
        logger.debug("process %d of launcher %s: rank %d of %d", os.getpid(), place.launcher, place.rank, place.world_size)

        def end_hung(diagnosis: str) -> NoReturn:
            _write_outcome(record, WORTH_A_RESTART, diagnosis, position.step)
            _exit(WORTH_A_RESTART, note=note)

        watch = HangWatch(recipe.watch, run_path, start, mesh, end_hung, stop.terminated)
        stopwatch.lap("join")
        trainer, position = assemble(recipe, ds_config, str(ds_config_path), run_path, mesh, record, command, watch.beat, stop, stopwatch)
        code, reason = trainer.train(position)
        watch.stop()
        _write_outcome(record, code, reason, position.step)
        with contextlib.suppress(RuntimeError):  # no rank leaves before the outcome is written; one that is gone already changes nothing
            dist.barrier()
        if code == FINISHED:  # else the next start makes them
            trainer.finish_copies()
        _exit(code, record, note)
    except RunTakenOver as error:  # whose outcome is the other attempt's to write
        logger.error("%s", error)
        _exit(FAILED, note=note)
    except (InputError, InputErrors) as error:
        code, reason = WRONG_INPUT, str(error)
    except Exception as error:
        text = "".join(traceback.format_exception(error)).rstrip()
        if isinstance(error, dist.DistError) or "by peer" in str(error) or "timed out" in str(error).lower():
            logger.debug("%s", text)  # a lost peer is no fault of this process: its traceback is for the log file
            code, reason = (
                WORTH_A_RESTART,
                f"lost contact with another process; see {run_path / 'logs'}; the same command resumes ({error})",
            )
        else:
            logger.error("%s", text)
            code, reason = FAILED, f"{type(error).__name__}: {error}"
    if place.rank != 0:
        logger.debug("%s", reason)  # to this rank's own file, before anything else
        time.sleep(SECONDS_FOR_RANK_0)
    _write_outcome(record, code, reason, position.step)
    if record is None and code != FAILED:
        logger.error("%s", reason)
        if place.rank == 0:
            with contextlib.suppress(OSError):
                write_json(run_path / REFUSAL_NAME, {"code": code, "reason": reason})
    _exit(code, record, note)


@contextlib.contextmanager
def _meeting(seconds: float, num_processes: int, record: RunDirectory | None, note: Path | None) -> Iterator[None]:
    """While the processes meet: a job one of whose hosts cannot reach rank 0's would else wait for torch's own limit, half an hour. The
    notes of them all (`note_process`) lie beside this one's, and tell which hosts have begun."""

    def give_up() -> None:
        noted = Counter(path.stem.rpartition("-")[0] for path in note.parent.glob("*.json")) if note is not None else {}
        begun = ", ".join(f"{number} on {host}" for host, number in sorted(noted.items())) or "of none is known that it has begun"
        reason = f"not all {num_processes} processes have met within {seconds:,.0f} s (watch.meeting_seconds); begun have: {begun}"
        if record is None:
            logger.error("%s", reason)
        _write_outcome(record, WORTH_A_RESTART, reason, 0)
        _exit(WORTH_A_RESTART, note=note)

    timer = threading.Timer(seconds, give_up)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _write_outcome(record: RunDirectory | None, code: int, reason: str, step: int) -> None:
    """Record how the run ended (rank 0). A full disk is no reason to end otherwise."""
    if record is None:
        return
    try:
        record.check_held()
    except (OSError, RunTakenOver) as error:
        logger.error("%s", error)
        return
    record.event({FINISHED: "finished", STOPPED: "stopped"}.get(code, "failed"), step=step, reason=reason, code=code)
    with contextlib.suppress(OSError):
        record.write_outcome(code, reason, step)
    if code in (FINISHED, STOPPED):
        logger.info("%s after step %s; the run is in %s", reason, f"{step:,}", record.path)
    elif code != FAILED:  # whose traceback was shown
        logger.error("%s", reason)


def _process_started() -> float:
    """When this process began, before Python was loaded and torch imported; the present time where the system does not say."""
    try:
        ticks = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19])  # since boot
        return time.time() - time.clock_gettime(time.CLOCK_BOOTTIME) + ticks / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, AttributeError):
        return time.time()


def _exit(code: int, record: RunDirectory | None = None, note: Path | None = None) -> NoReturn:
    """Flush and end at once: about one launch in 50 would abort in the libraries' teardown after its work. `note`: see `note_process`."""
    with contextlib.suppress(OSError):
        if note is not None:
            note.unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        if record is not None:
            record.close()
    with contextlib.suppress(OSError):
        sys.stdout.flush()
        sys.stderr.flush()
        logging.shutdown()
    os._exit(code)
