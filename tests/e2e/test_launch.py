"""The training command as a user types it: under plain python, torchrun and deepspeed; started, stopped, resumed; and with mistakes."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from medpretrain.train.run_directory import read_json_lines

pytestmark = pytest.mark.slow

REPOSITORY = Path(__file__).resolve().parents[2]
SCRIPT = str(REPOSITORY / "launch" / "pretrain.py")
BIN = Path(sys.executable).parent
ENVIRONMENT = {**os.environ, "DS_ACCELERATOR": "cpu", "OMP_NUM_THREADS": "1"}
PYTHON = [sys.executable, SCRIPT]
LAUNCHERS = {
    "python": PYTHON,
    "torchrun": [str(BIN / "torchrun"), "--nproc-per-node", "2", "--", SCRIPT],
    "deepspeed": [str(BIN / "deepspeed"), "--num_accelerators", "2", SCRIPT],
}
SMALL = ["model.num_layers=1", "model.hidden_size=64", "model.head_size=8", "model.ffn_size=64", "precision=fp32", "data.seq_len=64"]
STEPS = ["schedule.total_steps=4", "schedule.warmup_steps=1", "log_every_steps=1", "checkpoint.every_steps=2", "validation.every_steps=3"]


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory, pack_reports: Callable[..., Path]) -> Path:
    directory = tmp_path_factory.mktemp("data")
    return pack_reports(directory, num_reports=30, vocab_size=500)


def words(run: Path, shards: Path, *overrides: str) -> list[str]:
    return [
        "--recipe",
        "tiny-cpu",
        f"data.sources.reports.shards={shards}",  # one override before an option, the others behind it
        "--run",
        str(run),
        f"data.held_out={shards.with_name('held_out')}",
        *SMALL,
        *STEPS,
        *overrides,
    ]


def losses(run: Path) -> list[float]:
    return [line["loss"] for line in read_json_lines(run / "metrics.jsonl") if "loss" in line]


def outcome(run: Path) -> dict[str, object]:
    return json.loads((run / "outcome.json").read_text())


def test_python_torchrun_and_deepspeed_train_the_same(shards: Path, tmp_path: Path, start_process):
    for name, launcher in LAUNCHERS.items():
        process = start_process([*launcher, *words(tmp_path / name, shards)], env=ENVIRONMENT, stderr=subprocess.PIPE, text=True)
        _, log = process.communicate(timeout=200)
        assert process.returncode == 0, log
        assert outcome(tmp_path / name) | {"time": ""} == {"code": 0, "reason": "finished", "step": 4, "attempt": 1, "time": ""}
    assert len(losses(tmp_path / "python")) == 4
    for name in ("torchrun", "deepspeed"):
        assert losses(tmp_path / name) == pytest.approx(losses(tmp_path / "python"), rel=1e-5)
    checkpoints = sorted(path.name for path in (tmp_path / "python" / "checkpoints").iterdir())
    assert checkpoints == ["step-0000002", "step-0000003", "step-0000004"], "every second, and the first with the lowest validation loss"
    validations = [line for line in read_json_lines(tmp_path / "python" / "metrics.jsonl") if "validation" in line]
    assert [line["step"] for line in validations] == [3, 4]
    assert validations[-1]["validation"]["by_doc_type"]["radiology_report"]["bits_per_byte"] > 0


def test_sigterm_stops_with_a_checkpoint_and_the_same_command_goes_on(shards: Path, tmp_path: Path, start_process):
    whole, run = tmp_path / "whole", tmp_path / "run"
    long = ["schedule.total_steps=60", "checkpoint.every_steps=1000", "validation.every_steps=1000"]
    subprocess.run([*PYTHON, *words(whole, shards, *long)], env=ENVIRONMENT, check=True, timeout=200, stderr=subprocess.DEVNULL)
    process = start_process([*PYTHON, *words(run, shards, *long)], env=ENVIRONMENT, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while not (run / "metrics.jsonl").exists() or not losses(run):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=60) == 75
    stopped = outcome(run)
    assert (stopped["code"], stopped["attempt"]) == (75, 1)
    assert 1 <= int(str(stopped["step"])) < 60
    subprocess.run([*PYTHON, *words(run, shards, *long)], env=ENVIRONMENT, check=True, timeout=200, stderr=subprocess.DEVNULL)
    assert losses(run) == losses(whole)
    assert [event["event"] for event in read_json_lines(run / "events.jsonl")][-1] == "finished"


def test_a_stop_file_stops_one_start_and_not_the_next(shards: Path, tmp_path: Path):
    run = tmp_path / "run"
    run.mkdir()
    (run / "stop").touch()
    codes = [
        subprocess.run([*PYTHON, *words(run, shards)], env=ENVIRONMENT, check=False, timeout=200, stderr=subprocess.DEVNULL).returncode
        for _ in range(2)
    ]
    assert codes == [75, 0]
    assert outcome(run)["step"] == 4
    records = [event for event in read_json_lines(run / "events.jsonl") if event["event"] in ("launched", "started", "resumed")]
    for launched, ready in (records[:2], records[2:]):
        assert list(ready["seconds"]) == ["join", "build", "load", "check"]
        assert all(seconds > 0 for part, seconds in ready["seconds"].items() if (ready["event"], part) != ("started", "load"))
        assert sum(ready["seconds"].values()) <= ready["time"] - launched["time"] + 0.005  # each is rounded
    events = [event["event"] for event in read_json_lines(run / "events.jsonl")]
    first, second = ["launched", "started", "stopped"], ["launched", "resumed", "validated", "validated", "finished"]
    assert [event for event in events if event != "saved"] == first + second
    assert events.count("saved") == 4  # of steps 1, 2, 3 (the first validation is the best so far) and 4


def test_a_start_does_not_import_what_training_does_not_use(shards: Path, tmp_path: Path):
    command = [sys.executable, "-X", "importtime", SCRIPT, *words(tmp_path / "run", shards)]
    done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, timeout=200, check=True)
    imported = set(re.findall(r"^import time:.*\| +(\S+)$", done.stderr, re.MULTILINE))
    assert {"deepspeed.runtime.zero.stage3", "medpretrain.train.trainer"} <= imported
    assert not imported & {"torch._inductor.compile_fx", "transformers", "fsspec", "rich", "scipy", "pandas"}


@pytest.mark.parametrize("total_steps", [pytest.param(4, marks=pytest.mark.long), 3])
def test_a_run_that_is_at_its_end_trains_nothing(shards: Path, tmp_path: Path, total_steps: int):
    for steps in (4, total_steps):
        command = [*PYTHON, *words(tmp_path / "run", shards, f"schedule.total_steps={steps}")]
        subprocess.run(command, env=ENVIRONMENT, check=True, timeout=200, stderr=subprocess.DEVNULL)
    assert len(losses(tmp_path / "run")) == 4
    assert outcome(tmp_path / "run")["code"] == 0


def test_a_run_whose_last_checkpoint_could_not_be_saved_does_not_say_finished(shards: Path, tmp_path: Path):
    run = tmp_path / "run"
    run.mkdir()
    (run / "checkpoints").write_text("in the way")
    done = subprocess.run([*PYTHON, *words(run, shards)], env=ENVIRONMENT, capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 76
    ended = outcome(run)
    assert ended["code"] == 76
    assert str(ended["reason"]).startswith(f"the last checkpoint, of step 4, could not be saved: {run / 'checkpoints'} cannot be used (")
    assert "the checkpoint of step 2 was given up" in done.stderr
    assert len(losses(run)) == 4, "training itself went on"


MISTAKES = {
    "several mistakes at once": (
        ["model.num_heads=7", "batch.global_rows=0", "schdule.total_steps=3"],
        ["num_heads 7 with num_kv_heads 4", "make num_heads a multiple of num_kv_heads", "batch.global_rows=0", "did you mean `schedule`?"],
    ),
    "heads that tensor parallelism does not divide": (
        ["parallel.tensor=3"],
        ["model.num_heads: is 8, which parallel.tensor=3 does not divide; expected a multiple of 3", "model.num_kv_heads: is 4"],
    ),
    "processes that tensor parallelism does not divide": (
        ["parallel.tensor=2"],
        ["parallel.tensor: is 2 in a job of 1 processes; expected a divisor of the number of processes; start a multiple of 2 processes"],
    ),
    "rows of another length": (
        ["data.seq_len=128"],
        ["was packed with seq_len 64; expected seq_len 128; pack the corpus with that length, or set data.seq_len"],
    ),
    "a vocabulary larger than the model's": (
        ["model.vocab_size=100"],
        ["was packed with a vocabulary of 500; expected at most model.vocab_size=100; raise model.vocab_size or train a smaller tokenizer"],
    ),
    "training rows held out": (
        ["data.held_out=SHARDS"],
        ["is both trained on and held out; expected held-out rows that are not trained on; pack another part"],
    ),
    "data that is not there": (
        ["data.sources.reports.shards=nowhere"],
        ["nowhere: there is no such directory; expected a directory made by `shards pack`; check the path, or run that stage first"],
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_gets_a_sentence_and_exit_status_2(name: str, shards: Path, tmp_path: Path):
    overrides, sentences = MISTAKES[name]
    overrides = [word.replace("SHARDS", str(shards)) for word in overrides]
    done = subprocess.run(
        [*PYTHON, *words(tmp_path / "run", shards, *overrides)], env=ENVIRONMENT, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 2, done.stderr
    for sentence in sentences:
        assert sentence in done.stderr
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.glob("run/checkpoints/*"))


def test_what_would_make_it_another_run_is_refused_at_resume_and_a_schedule_change_is_recorded(shards: Path, tmp_path: Path):
    run = tmp_path / "run"
    subprocess.run([*PYTHON, *words(run, shards)], env=ENVIRONMENT, check=True, timeout=200, stderr=subprocess.DEVNULL)
    refused = subprocess.run(
        [*PYTHON, *words(run, shards, "seed=7", "model.num_layers=2")],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert refused.returncode == 2
    assert f"recipe key `seed`: is 7; expected 42, with which {run} began; set it back, or start another run" in refused.stderr
    assert "recipe key `model`: is {" in refused.stderr
    assert outcome(run)["code"] == 2

    subprocess.run(
        [*PYTHON, *words(run, shards, "schedule.total_steps=6")], env=ENVIRONMENT, check=True, timeout=200, stderr=subprocess.DEVNULL
    )
    changed = [event for event in read_json_lines(run / "events.jsonl") if event["event"] == "changed"]
    assert [event["key"] for event in changed] == ["schedule"]
    assert (changed[0]["before"]["total_steps"], changed[0]["now"]["total_steps"]) == (4, 6)
    assert len(losses(run)) == 6


def test_processes_that_do_not_meet_are_given_up(shards: Path, tmp_path: Path, start_process):
    """A job of two of which one never comes: whichever of them it is."""
    alone = []
    for rank, port in ((0, "0"), (1, "1")):  # a free port to listen at, and one where nobody listens
        place = {"RANK": str(rank), "LOCAL_RANK": "0", "WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
        command = [*PYTHON, *words(tmp_path / f"run-{rank}", shards, "watch.meeting_seconds=2")]
        alone.append(start_process(command, env={**ENVIRONMENT, **place}, stderr=subprocess.PIPE, text=True))
    for process in alone:
        said = process.communicate(timeout=100)[1]
        assert process.returncode == 76, said
        assert f"not all 2 processes have met within 2 s (watch.meeting_seconds); begun have: 1 on {socket.gethostname()}" in said
    assert outcome(tmp_path / "run-0")["code"] == 76


def test_a_second_start_says_who_holds_the_run(shards: Path, tmp_path: Path, start_process):
    run = tmp_path / "run"
    first = start_process([*PYTHON, *words(run, shards, "schedule.total_steps=100000")], env=ENVIRONMENT, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while not (run / "metrics.jsonl").exists() or not losses(run):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    second = subprocess.run([*PYTHON, *words(run, shards)], env=ENVIRONMENT, capture_output=True, text=True, timeout=120, check=False)
    assert second.returncode == 2
    assert f"{run}: is in use by process {first.pid} on host {os.uname().nodename}; expected one run at a time" in second.stderr
    assert first.poll() is None


def test_the_ledger_of_a_run_that_was_killed_and_resumed(shards: Path, tmp_path: Path, start_process):
    run = tmp_path / "run"
    command = [*PYTHON, *words(run, shards, "schedule.total_steps=40", "checkpoint.every_steps=15")]
    before = time.time()
    process = start_process(command, env=ENVIRONMENT, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while not (run / "checkpoints" / "step-0000015").exists() or len(losses(run)) < 17:  # two steps or more that no checkpoint holds
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.kill()
    process.wait()
    subprocess.run(command, env=ENVIRONMENT, check=True, timeout=200, stderr=subprocess.DEVNULL)
    after = time.time()
    answer = subprocess.run(
        [sys.executable, "-m", "medpretrain", "ledger", str(run), "--json"], capture_output=True, text=True, check=True, cwd=REPOSITORY
    )
    ledger = json.loads(answer.stdout)
    assert [row["ended_by"] for row in ledger["attempts"]] == ["killed without a word", "finished"]
    assert ledger["attempts"][1]["to_step"] == 40
    parts = {name: round(1000 * seconds) for name, seconds in ledger["parts"].items()}
    assert sum(parts.values()) == round(1000 * ledger["wall_seconds"])
    assert all(parts[name] > 0 for name in ("training", "validation", "saving", "start", "load", "lost", "waiting"))
    assert parts["unaccounted"] == 0
    launched = [event for event in read_json_lines(run / "events.jsonl") if event["event"] == "launched"]
    assert before - 0.1 <= launched[0]["process_started"] <= launched[0]["time"]  # the kernel counts in hundredths of a second
    assert launched[0]["time"] < launched[1]["process_started"] < after
    assert ledger["wall_seconds"] <= after - before + 0.1
    assert ledger["goodput"] == pytest.approx(ledger["parts"]["training"] / ledger["wall_seconds"])


def test_a_signal_while_the_run_is_put_together_stops_it_with_a_checkpoint(shards: Path, tmp_path: Path, start_process):
    run = tmp_path / "run"
    process = start_process([*PYTHON, *words(run, shards, "schedule.total_steps=100000")], env=ENVIRONMENT)
    log = run / "logs" / "rank-00000.log"
    deadline = time.monotonic() + 60
    while not (log.exists() and "of launcher" in log.read_text()):  # the group is up, and nothing is loaded yet
        assert process.poll() is None
        assert time.monotonic() < deadline, "the process did not come up"
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=60) == 75
    assert outcome(run)["step"] == 1
    assert (run / "checkpoints/step-0000001").is_dir()
