"""Ranks whose launcher is gone: each training process notes itself in the run's directory, and on its own host what is noted can be ended.

A launcher that is killed, or whose connection breaks, leaves its ranks behind; they would hold GPUs and the run. A process is known by its
host, its number, and when the kernel started it, so that no other process that got the same number later is ever touched.

    python -m medpretrain.cluster.orphans RUN [EXTENSIONS_DIR]     on a host: ends what is noted there, prints one JSON object
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import sys
import time
from pathlib import Path
from typing import Any

STALE_SECONDS = 300.0  # a compilation of DeepSpeed's operation takes up to two minutes; a lock that is older was left by a killed process


def note_process(run_dir: Path) -> Path | None:
    """Note this process as one of the run's: first of all, as it may be orphaned while it still imports. The file is to be removed as the
    process ends. None where the directory cannot be written, which the run will tell by itself."""
    directory = _directory(run_dir)
    path = directory / f"{socket.gethostname()}-{os.getpid()}.json"
    try:
        directory.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"host": socket.gethostname(), "process": os.getpid(), "started": _started(os.getpid())}))
    except OSError:
        return None
    return path


def end_orphans(run_dir: Path) -> list[dict[str, Any]]:
    """End (SIGKILL) the run's noted processes on this host; returns their records. To be called where no rank of the run should live."""
    ended = []
    for path in sorted(_directory(run_dir).glob(f"{socket.gethostname()}-*.json")):
        try:
            record = json.loads(path.read_text())
            if record["host"] != socket.gethostname():  # of a host whose name begins alike
                continue
            if _started(record["process"]) == record["started"]:
                os.kill(record["process"], signal.SIGKILL)
                ended.append(record)
        except (OSError, ValueError, KeyError, TypeError):
            pass  # half written, or gone meanwhile
        with contextlib.suppress(OSError):
            path.unlink()
    deadline = time.monotonic() + 10
    while any(_started(record["process"]) == record["started"] for record in ended) and time.monotonic() < deadline:
        time.sleep(0.05)
    return ended


def remove_stale_locks(extensions_dir: Path, just_killed: bool = False) -> list[str]:
    """Remove what killed processes left while they compiled an operation: the next job would wait for it for ever, without a word.

    A lock is left by one where it is old; or, where processes were `just_killed` on this host, where none here has it open any more.
    """
    removed = []
    for lock in extensions_dir.glob("**/lock"):
        with contextlib.suppress(OSError):
            if time.time() - lock.stat().st_mtime > STALE_SECONDS or (just_killed and not _is_open(lock)):
                lock.unlink()
                removed.append(str(lock))
    return removed


def _is_open(path: Path) -> bool:
    """Whether a process of this host has a file open (torch keeps its lock open as long as it compiles)."""
    wanted = os.path.realpath(path)
    for handle in Path("/proc").glob("[0-9]*/fd/*"):
        with contextlib.suppress(OSError):
            if os.readlink(handle) == wanted:
                return True
    return False


def _directory(run_dir: Path) -> Path:
    return run_dir / "logs" / "processes"


def _started(process: int) -> int | None:
    """When the kernel started a process, in ticks since the host's boot; None where there is none, or it is dead already."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in ("Z", "X") else int(fields[19])


def main() -> None:
    run_dir, extensions = Path(sys.argv[1]), Path(sys.argv[2] if len(sys.argv) > 2 else Path.home() / ".cache" / "torch_extensions")
    ended = end_orphans(run_dir)
    print(json.dumps({"ended": ended, "removed_locks": remove_stale_locks(extensions, just_killed=bool(ended))}))


if __name__ == "__main__":
    main()
