"""The training command of the tests on several hosts, and what became of a run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from conftest import ENVIRONMENT
from lab import wait_until

from medpretrain.train.run_directory import read_json_lines

REPOSITORY = Path(__file__).resolve().parents[2]
SCRIPT = str(REPOSITORY / "launch" / "pretrain.py")
OFTEN = "checkpoint.every_steps=5"
MODEL = ["model.num_layers=1", "model.hidden_size=64", "model.head_size=8", "model.ffn_size=64", "precision=fp32", "data.seq_len=64"]


def words(run: Path, shards: Path, *overrides: str, num_steps: int = 4) -> list[str]:
    """What follows `launch/pretrain.py`: a small model in fp32, TP 2, that saves every second step."""
    return [
        *("--recipe", "tiny-cpu", "--run", str(run)),
        f"data.sources.reports.shards={shards}",
        *MODEL,
        *("parallel.tensor=2", "schedule.warmup_steps=1", f"schedule.total_steps={num_steps}"),
        *("log_every_steps=1", "checkpoint.every_steps=2", "validation.every_steps=1000"),
        *overrides,
    ]


def undisturbed_losses(run: Path, shards: Path, num_steps: int) -> dict[int, float]:
    """The losses of the run that saves as OFTEN, by two processes of this machine, never stopped."""
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", "--", SCRIPT]
    command = [*launch, *words(run, shards, OFTEN, num_steps=num_steps)]
    subprocess.run(command, env={**os.environ, **ENVIRONMENT}, check=True, timeout=200, capture_output=True)
    return losses(run)


def wait_for_step(run: Path, step: int) -> None:
    """Until the run has trained a step."""
    wait_until(lambda: (run / "metrics.jsonl").exists() and max(losses(run), default=0) >= step, f"step {step}", seconds=100)


def losses(run: Path) -> dict[int, float]:
    """The loss of each step, by its number; of the last attempt where several did it."""
    return {line["step"]: line["loss"] for line in read_json_lines(run / "metrics.jsonl") if "loss" in line}


def outcome(run: Path) -> dict[str, Any]:
    """outcome.json, less its time; empty where there is none."""
    path = run / "outcome.json"
    if not path.exists():
        return {}
    return {name: value for name, value in json.loads(path.read_text()).items() if name != "time"}


def events(run: Path, *names: str) -> list[dict[str, Any]]:
    return [event for event in read_json_lines(run / "events.jsonl") if event["event"] in names]


def hosts(run: Path) -> list[str]:
    """The host of each rank, in the last attempt."""
    processes = json.loads((run / "environment.json").read_text())["processes"]
    return [process["host"] for process in sorted(processes, key=lambda process: process["rank"])]
