"""A run's directory: one holder at a time, attempts counted, lines that survive a crash."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from medpretrain.errors import InputError, RunTakenOver
from medpretrain.train.recipes import load_recipe
from medpretrain.train.run_directory import RunDirectory, read_json_lines

HOLD = """
import sys
from pathlib import Path
from medpretrain.train.run_directory import RunDirectory
record = RunDirectory(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""
TRY = """
import json, sys
from pathlib import Path
from medpretrain.errors import InputError
from medpretrain.train.run_directory import RunDirectory
try:
    RunDirectory(Path(sys.argv[1]))
except InputError as error:
    print(json.dumps([error.where, error.found, error.expected, error.remedy]))
"""


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n")[:-1]]


def test_a_second_process_is_refused_and_told_who_holds_it(tmp_path: Path) -> None:
    run = tmp_path / "runs" / "first"
    record = RunDirectory(run)
    record.write_outcome(0, "finished", 3)
    answer = subprocess.run([sys.executable, "-c", TRY, str(run)], capture_output=True, text=True, check=True)
    assert json.loads(answer.stdout) == [
        str(run),
        f"is in use by process {os.getpid()} on host {socket.gethostname()}",
        "one run at a time in a directory",
        "wait for it or stop it, or give another --run",
    ]
    assert (run / "outcome.json").exists(), "a refused start leaves the holder's files alone"
    record.close()
    answer = subprocess.run([sys.executable, "-c", TRY, str(run)], capture_output=True, text=True, check=True)
    assert answer.stdout == ""


def test_a_killed_holders_lock_is_taken_over_saying_so(
    tmp_path: Path, start_process: Callable[..., subprocess.Popen[Any]], caplog: pytest.LogCaptureFixture
) -> None:
    options = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    holder = start_process([sys.executable, "-c", HOLD, str(tmp_path)], **options)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(InputError) as caught:
        RunDirectory(tmp_path)
    assert caught.value.found == f"is in use by process {holder.pid} on host {socket.gethostname()}"
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    record = RunDirectory(tmp_path)
    assert (tmp_path / "lock").read_text().startswith(f"process {os.getpid()} on host {socket.gethostname()}\n")
    gone = f"process {holder.pid} on host {socket.gethostname()}"
    assert caplog.messages == [f"{tmp_path}: the lock of {gone}, which is gone, is taken over"]
    record.close()


def test_a_holder_that_lost_its_lock_while_it_hung_knows_it_and_leaves_the_run_alone(tmp_path: Path) -> None:
    old = RunDirectory(tmp_path)
    old.check_held()
    (tmp_path / "lock").unlink()  # as a file system does that gives up a host which does not answer: a new lock can be had
    with pytest.raises(RunTakenOver, match=f"{tmp_path / 'lock'} was removed"):
        old.check_held()
    new = RunDirectory(tmp_path)
    new.check_held()
    with pytest.raises(RunTakenOver, match=f"taken over by process {os.getpid()} on host"):
        old.check_held()
    old.close()
    new.check_held()  # what the old one gives back is not the new one's
    new.close()
    assert (tmp_path / "lock").read_text() == ""


def test_a_lock_that_cannot_be_written_is_refused(make_disk: Callable[[int], Path]) -> None:
    disk = make_disk(2**16)
    (disk / "run").mkdir()
    (disk / "run/lock").touch()
    (disk / "full").write_bytes(bytes(2**16))
    with pytest.raises(InputError) as caught:
        RunDirectory(disk / "run")
    assert (caught.value.where, caught.value.found) == (str(disk / "run"), "cannot be used (No space left on device)")


def test_attempts_count_starts_and_resumes_and_nothing_else(tmp_path: Path) -> None:
    record = RunDirectory(tmp_path)
    assert record.attempt == 1
    record.event("started", topology={"dp": 2})
    record.event("saved", step=10)
    record.event("stopped", step=10)
    record.close()

    record = RunDirectory(tmp_path)
    assert record.attempt == 2
    record.close()  # it ended before it began to train

    record = RunDirectory(tmp_path)
    assert record.attempt == 2
    record.event("resumed", step=10)
    record.close()
    record = RunDirectory(tmp_path)
    assert record.attempt == 3
    record.close()
    assert [(line["event"], line["attempt"]) for line in lines(tmp_path / "events.jsonl")] == [
        ("started", 1),
        ("saved", 1),
        ("stopped", 1),
        ("resumed", 2),
    ]


def test_lines_carry_what_was_given_with_time_and_attempt(tmp_path: Path) -> None:
    record = RunDirectory(tmp_path)
    record.metric({"step": 1, "loss": 9.5})
    record.event("saved", step=1, seconds=0.25, host="Krankenhaus-Süd")
    metrics, events = lines(tmp_path / "metrics.jsonl"), lines(tmp_path / "events.jsonl")
    assert metrics[0].pop("time") > 1.7e9  # seconds since 1970
    assert events[0].pop("time") > 1.7e9
    assert metrics == [{"attempt": 1, "step": 1, "loss": 9.5}]
    assert events == [{"attempt": 1, "event": "saved", "step": 1, "seconds": 0.25, "host": "Krankenhaus-Süd"}]
    assert read_json_lines(tmp_path / "metrics.jsonl")[0]["loss"] == 9.5  # readable while the run goes on
    record.close()


@pytest.mark.parametrize(
    "cut", [b'{"event": "sav', '{"event": "Sü'.encode()[:-1], b"\x00\x00\x00"], ids=["text", "in a character", "zeros"]
)
def test_a_line_cut_off_by_a_crash_is_left_out_and_does_not_swallow_the_next(tmp_path: Path, cut: bytes) -> None:
    record = RunDirectory(tmp_path)
    record.event("started")
    record.close()
    path = tmp_path / "events.jsonl"
    with open(path, "ab") as file:
        file.write(cut)
    assert [line["event"] for line in read_json_lines(path)] == ["started"]

    record = RunDirectory(tmp_path)
    assert record.attempt == 2
    record.event("resumed")
    record.close()
    assert [(line["event"], line["attempt"]) for line in read_json_lines(path)] == [("started", 1), ("resumed", 2)]
    assert path.read_bytes().split(b"\n")[1] == cut


def test_a_value_with_unusual_line_ends_is_one_record(tmp_path: Path) -> None:
    record = RunDirectory(tmp_path)
    record.event("failed", reason="a\nb\u2028c\u0085d\re")
    record.close()
    assert [line["reason"] for line in read_json_lines(tmp_path / "events.jsonl")] == ["a\nb\u2028c\u0085d\re"]


def test_no_lines_where_there_is_no_file(tmp_path: Path) -> None:
    assert read_json_lines(tmp_path / "events.jsonl") == []


def test_the_outcome_is_of_this_attempt_alone(tmp_path: Path) -> None:
    record = RunDirectory(tmp_path)
    record.event("started")
    record.write_outcome(75, "stopped on request", 40)
    outcome = json.loads((tmp_path / "outcome.json").read_text())
    assert {**outcome, "time": ""} == {"code": 75, "reason": "stopped on request", "step": 40, "attempt": 1, "time": ""}
    record.close()
    record = RunDirectory(tmp_path)
    assert not (tmp_path / "outcome.json").exists(), "the last attempt's outcome must not be taken for this one's"
    record.write_outcome(0, "finished", 50)
    assert json.loads((tmp_path / "outcome.json").read_text())["attempt"] == 2
    record.close()


def test_what_the_run_was_resolved_to_can_be_loaded_again(tmp_path: Path) -> None:
    recipe = load_recipe("tiny-cpu", ["seed=3", "name=mine"])
    record = RunDirectory(tmp_path)
    record.write_resolved(recipe, {"zero_optimization": {"stage": 3}}, {"topology": {"dp": 2}})
    record.close()
    assert load_recipe(str(tmp_path / "config.yaml")) == recipe
    assert json.loads((tmp_path / "ds_config.json").read_text()) == {"zero_optimization": {"stage": 3}}
    environment = json.loads((tmp_path / "environment.json").read_text())
    assert (environment["attempt"], environment["topology"]) == (1, {"dp": 2})
    assert {"torch", "deepspeed", "medpretrain"} <= environment["versions"].keys()


@pytest.mark.parametrize("below", ["", "deeper/still"])
def test_a_file_stands_where_the_run_should_go(tmp_path: Path, below: str) -> None:
    (tmp_path / "taken").write_text("not a directory")
    path = tmp_path / "taken" / below
    with pytest.raises(InputError) as caught:
        RunDirectory(path)
    error = caught.value
    expected = (str(path), "is a file or below one", "a directory for the run", "give another --run")
    assert (error.where, error.found, error.expected, error.remedy) == expected
