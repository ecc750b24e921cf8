"""The supervisor on this machine alone: what it refuses, and a launch command that is no training at all. Over hosts: tests/cluster."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from medpretrain.cluster.launch_command import HostfileHosts, understand
from medpretrain.cluster.supervisor import OUR_STOP, Supervisor
from medpretrain.errors import InputError
from medpretrain.train.run_directory import RunDirectory, read_json_lines

pytestmark = pytest.mark.slow

REPOSITORY = Path(__file__).resolve().parents[3]


@pytest.fixture
def restored_signals() -> Iterator[None]:
    """A supervisor in this process takes its signals."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def command(run: Path, script: Path) -> list[str]:
    return [sys.executable, str(script), "--recipe", "tiny-cpu", "--run", str(run)]


def script_that(directory: Path, does: str) -> Path:
    """A stand-in for launch/pretrain.py, for what real runs do not do."""
    path = directory / "pretrain.py"
    path.write_text(f"import json, os, sys, time\nrun = sys.argv[4]\n{does}\n")
    return path


def supervise(run: Path, script: Path, *options: str) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "launch/supervise.py", *options, "--", *command(run, script)]
    return subprocess.run(words, cwd=REPOSITORY, capture_output=True, text=True, timeout=100, check=False)


def test_the_outcome_is_believed_and_not_the_launcher(tmp_path: Path) -> None:
    says = """json.dump({"code": 0, "reason": "finished", "step": 4, "attempt": 1}, open(run + "/outcome.json", "w")); sys.exit(9)"""
    done = supervise(tmp_path / "run", script_that(tmp_path, says))
    assert (done.returncode, "finished" in done.stderr) == (0, True)
    done = supervise(tmp_path / "other", script_that(tmp_path, "sys.exit(0)"), "--max-failures", "0")
    assert done.returncode == 1
    assert "launcher died (newest checkpoint: step 0): the launcher ended with status 0 and the run left no outcome" in done.stderr


def test_an_outcome_of_an_earlier_start_is_not_taken_for_this_ones(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run/outcome.json").write_text('{"code": 0, "reason": "finished", "step": 4, "attempt": 1}')
    assert supervise(tmp_path / "run", script_that(tmp_path, "pass"), "--max-failures", "0").returncode == 1


def test_a_refusal_to_start_is_wrong_input(tmp_path: Path) -> None:
    refuses = """json.dump({"code": 2, "reason": "model: is wrong"}, open(run + "/refusal.json", "w")); sys.exit(2)"""
    done = supervise(tmp_path / "run", script_that(tmp_path, refuses))
    assert (done.returncode, done.stderr.splitlines()[-1].endswith("model: is wrong")) == (2, True)


def test_a_stop_file_of_ours_goes_with_a_start_that_did_not_obey_it(tmp_path: Path) -> None:
    """A supervisor is asked to stop; the run dies instead of saving."""
    dies = "open(run + '/up', 'w').close()\nwhile not os.path.exists(run + '/stop'): time.sleep(0.1)\nsys.exit(1)"
    words = [sys.executable, "launch/supervise.py", "--", *command(tmp_path / "run", script_that(tmp_path, dies))]
    supervisor = subprocess.Popen(words, cwd=REPOSITORY, stderr=subprocess.PIPE, text=True)
    try:
        for _ in range(600):
            if (tmp_path / "run/up").exists():
                break
            try:
                supervisor.wait(timeout=0.1)
            except subprocess.TimeoutExpired:
                continue
        supervisor.terminate()
        assert supervisor.wait(timeout=30) == 75
    finally:
        supervisor.kill()
        supervisor.communicate()
    assert not (tmp_path / "run/stop").exists()
    assert [event["event"] for event in read_json_lines(tmp_path / "run/supervisor.jsonl")] == ["launch", "ended", "done"]


FINISHES = """json.dump({"code": 0, "reason": "finished", "step": 4, "attempt": 2}, open(run + "/outcome.json", "w"))"""


def test_what_a_killed_supervisor_left_is_told_and_its_stop_file_means_nothing(tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    (run / "events.jsonl").write_text('{"time": 5, "attempt": 1, "event": "launched", "start": "a"}\n')
    (run / "supervisor.jsonl").write_text('{"time": 4, "event": "launch", "hosts": {"here": 1}, "events_before": 0}\n')
    (run / "stop").write_text(OUR_STOP)
    done = supervise(run, script_that(tmp_path, f"assert not os.path.exists(run + '/stop')\n{FINISHES}"))
    assert done.returncode == 0, done.stderr
    _, unseen, *later = read_json_lines(run / "supervisor.jsonl")
    assert (unseen["event"], unseen["attempt"], unseen["cause"]) == ("ended_unseen", 1, "supervisor lost")
    assert [event["event"] for event in later] == ["launch", "ended", "done"]


def test_hosts_that_do_not_become_fit_are_given_up_after_a_while(tmp_path: Path, restored_signals: None) -> None:
    """A hostfile of hosts that do not exist, waited for as long as a job's."""
    hostfile = tmp_path / "hosts"
    hostfile.write_text("no-such-host.invalid slots=1\n")
    script = script_that(tmp_path, FINISHES)
    deepspeed = Path(sys.executable).with_name("deepspeed")
    launch = understand([str(deepspeed), "--hostfile", str(hostfile), *command(tmp_path / "run", script)[1:]], {})
    launch = replace(launch, hosts=HostfileHosts(2, hostfile, patience_seconds=0.0))
    supervisor = Supervisor(launch, os.environ, 5, 30.0)
    assert supervisor.run() == 76
    last = read_json_lines(tmp_path / "run/supervisor.jsonl")[-1]
    assert (last["event"], last["why"]) == ("gave_up", "given up after waiting 0 minutes for a host: no host is fit")


def test_a_stop_file_of_somebody_else_stays(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run/stop").touch()
    obeys = """json.dump({"code": 75, "reason": str(os.path.exists(run + "/stop")), "step": 4}, open(run + "/outcome.json", "w"))"""
    done = supervise(tmp_path / "run", script_that(tmp_path, obeys))
    assert done.returncode == 75
    assert [event["reason"] for event in read_json_lines(tmp_path / "run/supervisor.jsonl") if event["event"] == "ended"] == ["True"]


def test_a_supervisor_waits_for_who_has_the_run(tmp_path: Path) -> None:
    record = RunDirectory(tmp_path / "run")
    words = [
        sys.executable,
        "launch/supervise.py",
        "--wait-minutes",
        "1",
        "--",
        *command(tmp_path / "run", script_that(tmp_path, FINISHES)),
    ]
    supervisor = subprocess.Popen(words, cwd=REPOSITORY, stderr=subprocess.PIPE, text=True)
    try:
        assert supervisor.stderr is not None
        assert f"waiting up to 1 minutes: {tmp_path}/run: is trained by process {os.getpid()} on host" in supervisor.stderr.readline()
        assert not (tmp_path / "run/supervisor.jsonl").exists()
        record.close()
        assert supervisor.wait(timeout=60) == 0
    finally:
        supervisor.kill()
        supervisor.communicate()


def test_a_run_that_somebody_trains_is_not_ended(tmp_path: Path) -> None:
    script = script_that(tmp_path, "pass")
    record = RunDirectory(tmp_path / "run")
    try:
        with pytest.raises(InputError) as caught:
            Supervisor(understand(command(tmp_path / "run", script), {}), {}, 5, 30.0)
    finally:
        record.close()
    assert caught.value.where == str(tmp_path / "run")
    assert caught.value.found == f"is trained by process {os.getpid()} on host {os.uname().nodename}"
    assert caught.value.expected == "a run that nobody trains"
    assert caught.value.remedy == f"stop it (touch {tmp_path}/run/stop), or end it with --take-over"
