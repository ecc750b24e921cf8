"""Processes that note themselves are found and ended by what they noted, and no others."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from medpretrain.cluster.orphans import STALE_SECONDS, end_orphans, note_process, remove_stale_locks

NOTED = """
import sys, time
from pathlib import Path
from medpretrain.cluster.orphans import note_process
note_process(Path(sys.argv[1]))
print("noted", flush=True)
time.sleep(100)
"""


def start_noted(start_process: Callable[..., subprocess.Popen[Any]], run: Path) -> subprocess.Popen[Any]:
    process = start_process([sys.executable, "-c", NOTED, str(run)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "noted\n"
    return process


def test_what_is_noted_is_ended_and_what_is_of_another_run_is_not(start_process, tmp_path: Path) -> None:
    orphans = [start_noted(start_process, tmp_path / "run") for _ in range(2)]
    other = start_noted(start_process, tmp_path / "other")
    ended = end_orphans(tmp_path / "run")
    assert sorted(record["process"] for record in ended) == sorted(process.pid for process in orphans)
    assert [process.wait(timeout=5) for process in orphans] == [-9, -9]
    assert other.poll() is None
    assert end_orphans(tmp_path / "run") == []
    assert not list((tmp_path / "run").rglob("*.json"))


def test_a_number_that_another_process_has_by_now_is_left_alone(tmp_path: Path) -> None:
    path = note_process(tmp_path)
    assert path is not None
    record = json.loads(path.read_text())
    path.write_text(json.dumps({**record, "started": record["started"] - 1}))  # else this test ends itself
    assert end_orphans(tmp_path) == []
    assert not path.exists()


def test_what_another_host_noted_is_left_there(tmp_path: Path) -> None:
    path = note_process(tmp_path)
    assert path is not None
    record = json.loads(path.read_text())
    other = path.with_name(f"{record['host']}-east-{os.getpid()}.json")
    other.write_text(json.dumps({**record, "host": f"{record['host']}-east"}))
    path.unlink()
    assert end_orphans(tmp_path) == []
    assert other.exists()


def test_half_a_note_is_removed(tmp_path: Path) -> None:
    path = note_process(tmp_path)
    assert path is not None
    path.write_text(path.read_text()[:10])
    assert end_orphans(tmp_path) == []
    assert not path.exists()


def test_only_old_locks_are_removed(tmp_path: Path) -> None:
    old, new = tmp_path / "py311_cpu/a/lock", tmp_path / "py311_cpu/b/lock"
    for lock in (old, new):
        lock.parent.mkdir(parents=True)
        lock.touch()
    os.utime(old, (time.time() - STALE_SECONDS - 5,) * 2)
    assert remove_stale_locks(tmp_path) == [str(old)]
    assert new.exists()


def test_a_new_lock_of_a_process_that_was_just_killed_is_removed_and_one_that_is_open_is_not(tmp_path: Path) -> None:
    left, held = tmp_path / "a/lock", tmp_path / "b/lock"
    for lock in (left, held):
        lock.parent.mkdir()
        lock.touch()
    with open(held):
        assert remove_stale_locks(tmp_path, just_killed=True) == [str(left)]
    assert remove_stale_locks(tmp_path) == []


def test_a_directory_that_cannot_be_written_is_no_matter(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("a file")
    assert note_process(tmp_path / "run") is None


def test_the_command_that_ssh_starts(start_process, tmp_path: Path) -> None:
    orphan = start_noted(start_process, tmp_path / "run")
    command = [sys.executable, "-m", "medpretrain.cluster.orphans", str(tmp_path / "run"), str(tmp_path / "none")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    said = json.loads(done.stdout)
    assert [record["process"] for record in said["ended"]] == [orphan.pid]
    assert said["removed_locks"] == []
