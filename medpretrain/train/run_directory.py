"""A run's directory: who holds it, what it was resolved to, its metrics, events and outcome. Written by rank 0 alone."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import socket
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any, Protocol

from medpretrain.config import dump_settings
from medpretrain.errors import InputError, RunTakenOver
from medpretrain.log import JsonLines, logger
from medpretrain.manifest import software_versions, timestamp, write_atomically, write_json
from medpretrain.train.settings import Recipe

# Exit statuses, also the codes of outcome.json.
FINISHED, FAILED, WRONG_INPUT, STOPPED, WORTH_A_RESTART = 0, 1, 2, 75, 76

LOCK_NAME = "lock"
STOP_FILE_NAME = "stop"  # made by whoever wants the run to stop
OUTCOME_NAME = "outcome.json"
REFUSAL_NAME = "refusal.json"  # why a start could not take the directory, and so left no outcome
CONFIG_NAME = "config.yaml"


class Follower(Protocol):
    """Who is told of metrics as they are written."""

    def metric(self, record: Mapping[str, Any]) -> None:
        """One line of metrics.jsonl."""

    def close(self) -> None:
        """No more will come."""


class RunDirectory:
    """`runs/<name>/` as rank 0 holds it: locked while it is open, with the attempt number counted up.

    Raises InputError where another process holds the directory, naming its host and process. The lock of a process that died is taken
    over, saying so. A lock can also be lost while its holder lives: a host that hangs long enough is given up by the file system. So the
    lock's file says who holds it, and `check_held` asks it before anything is published or removed.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError) as error:
            raise InputError(str(path), "is a file or below one", "a directory for the run", "give another --run") from error
        except OSError as error:
            raise _unusable(path, error) from error
        self._lock, self._holder = take_lock(path / LOCK_NAME)
        self.start = self._holder.split()[-1][:12]  # names this start as no other one
        for name in (OUTCOME_NAME, REFUSAL_NAME):
            (path / name).unlink(missing_ok=True)
        self._metrics = JsonLines(path / "metrics.jsonl")
        self._events = JsonLines(path / "events.jsonl")
        self._followers: list[Follower] = []
        before = read_json_lines(path / "events.jsonl")
        self.attempt = 1 + sum(event["event"] in ("started", "resumed") for event in before)
        self.first_start = next((event["start"] for event in before if event["event"] == "launched"), self.start)  # names the run

    def write_resolved(self, recipe: Recipe, ds_config: dict[str, Any], environment: dict[str, Any]) -> None:
        """The resolved recipe, DeepSpeed JSON and environment of this attempt. Raises RunTakenOver."""
        self.check_held()
        write_atomically(self.path / CONFIG_NAME, dump_settings(recipe).encode())
        write_json(self.path / "ds_config.json", ds_config)
        write_json(
            self.path / "environment.json",
            {"time": timestamp(), "attempt": self.attempt, "versions": software_versions(), **environment},
        )

    def metric(self, record: dict[str, Any]) -> None:
        """Append a line to metrics.jsonl, with the time and the attempt."""
        line = {"time": round(time.time(), 3), "attempt": self.attempt, **record}
        self._metrics.append(line)
        self._tell(lambda follower: follower.metric(line))

    def follow(self, followers: Sequence[Follower]) -> None:
        """Tell them of every metric from now on, and at the end that it is one. A run is not ended for one that fails: it is let go."""
        self._followers = [*self._followers, *followers]

    def _tell(self, tell: Callable[[Follower], None]) -> None:
        for follower in self._followers:
            try:
                tell(follower)
            except Exception as error:  # theirs, of many kinds
                logger.warning("%s is left out from now on: %s: %s", type(follower).__name__, type(error).__name__, error)
                self._followers = [other for other in self._followers if other is not follower]

    def event(self, name: str, **facts: Any) -> None:
        """Append a line to events.jsonl."""
        self._events.append({"time": round(time.time(), 3), "attempt": self.attempt, "event": name, **facts})

    def write_outcome(self, code: int, reason: str, step: int) -> None:
        """How this attempt ended; whoever restarts runs believes this file, since launchers lose exit codes."""
        write_json(self.path / OUTCOME_NAME, {"code": code, "reason": reason, "step": step, "attempt": self.attempt, "time": timestamp()})

    def check_held(self) -> None:
        """RunTakenOver where another process holds the directory by now."""
        try:
            holder = (self.path / LOCK_NAME).read_text(encoding="utf-8")
        except FileNotFoundError:
            raise RunTakenOver(
                f"{self.path / LOCK_NAME} was removed, so this process does not know whether it still holds the run"
            ) from None
        if holder != self._holder:
            raise RunTakenOver(f"{self.path} was taken over by {_first_line(holder)} while this process hung: it leaves the run alone")

    def close(self) -> None:
        """Give the directory back; the lock's file is emptied, so that the next holder does not take this one for dead."""
        self._tell(lambda follower: follower.close())
        with contextlib.suppress(RunTakenOver, OSError):
            self.check_held()
            self._lock.truncate(0)
        self._metrics.close()
        self._events.close()
        self._lock.close()


def hang_directory(run_dir: Path, start: str) -> Path:
    """Where the ranks of a start write where they stand, should it hang. `start`: `RunDirectory.start`."""
    return run_dir / "logs" / f"hang-{start}"


def is_held(lock: Path) -> bool:
    """Whether a process holds this lock."""
    try:
        with open(lock) as handle:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def read_json_lines(path: Path) -> list[dict[str, Any]]:
    """The records of a metrics or events file; a line cut off by a crash is left out."""
    if not path.exists():
        return []
    records = []
    for line in path.read_bytes().splitlines():  # as bytes: text would split at U+2028 too, and a cut may go through a character
        try:
            records.append(json.loads(line))
        except ValueError:
            logger.warning("%s: left out a line that was cut off: %.40s", path, line.decode(errors="replace"))
    return records


def take_lock(path: Path) -> tuple[IO[str], str]:
    """An exclusive lock that the kernel releases when its holder dies, and what its file says of the holder. Raises InputError where
    another process holds it, naming that one."""
    try:
        handle = open(path, "a+")  # noqa: SIM115 (held open as long as the run lasts)
    except OSError as error:
        raise _unusable(path.parent, error) from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        handle.seek(0)
        holder = _first_line(handle.read())
        handle.close()
        raise InputError(
            str(path.parent), f"is in use by {holder}", "one run at a time in a directory", "wait for it or stop it, or give another --run"
        ) from None
    except OSError as error:  # a file system without locks
        handle.close()
        raise _unusable(path.parent, error) from error
    handle.seek(0)
    before = handle.read()
    if before:
        logger.warning("%s: the lock of %s, which is gone, is taken over", path.parent, _first_line(before))
    holder = f"process {os.getpid()} on host {socket.gethostname()}\n{uuid.uuid4().hex}\n"  # the last line, as numbers come again
    try:
        handle.truncate(0)
        handle.write(holder)
        handle.flush()
        os.fsync(handle.fileno())  # so that other hosts see it
    except OSError as error:
        raise _unusable(path.parent, error) from error
    return handle, holder


def _first_line(holder: str) -> str:
    return holder.partition("\n")[0] or "another process"


def _unusable(path: Path, error: OSError) -> InputError:
    expected = "a directory that this process may write and lock files in"
    return InputError(
        str(path), f"cannot be used ({error.strerror or error})", expected, "change its permissions or mount, or give another --run"
    )
