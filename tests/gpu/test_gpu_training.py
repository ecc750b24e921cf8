"""Whole runs on a GPU through the command that users type: the CPU's losses in fp32, and a resume to the last bit where it is asked for."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from medpretrain.checkpoint.paths import step_directory
from medpretrain.checkpoint.reader import CheckpointReader
from medpretrain.train.run_directory import read_json_lines

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def shards(cuda: torch.device, tmp_path_factory: pytest.TempPathFactory, pack_reports: Callable[..., Path]) -> Path:
    return pack_reports(tmp_path_factory.mktemp("data"), num_reports=40, vocab_size=400)


def train(shards: Path, run: Path, precision: str, *overrides: str, zero: int = 3, device: str = "cuda") -> int:
    recipe = {
        "name": "gpu",
        "model": {
            "vocab_size": 400,
            "hidden_size": 64,
            "num_layers": 2,
            "num_heads": 4,
            "num_kv_heads": 2,
            "head_size": 32,
            "ffn_size": 128,
        },
        "data": {"seq_len": 64, "sources": {"reports": {"shards": str(shards)}}, "held_out": str(shards.with_name("held_out"))},
        "batch": {"global_rows": 9, "micro_rows": 2},
        "schedule": {"total_steps": 12, "warmup_steps": 2},
        "optimizer": {"epsilon": 1e-5},
        "precision": precision,
        "checkpoint": {"every_steps": 5},
        "log_every_steps": 1,
    }
    run.parent.mkdir(parents=True, exist_ok=True)
    recipe_file, ds_config = run.with_suffix(".yaml"), run.with_suffix(".json")
    recipe_file.write_text(json.dumps(recipe))  # JSON is YAML
    ds_config.write_text(json.dumps({"zero_optimization": {"stage": zero}}))
    environment = {name: value for name, value in os.environ.items() if name not in ("DS_ACCELERATOR", "CUBLAS_WORKSPACE_CONFIG")}
    command = [sys.executable, "launch/pretrain.py", "--recipe", recipe_file, "--run", run, "--ds-config", ds_config, *overrides]
    if device == "cpu":
        environment["DS_ACCELERATOR"] = "cpu"
    return subprocess.run(command, cwd=REPOSITORY, env=environment).returncode


def logged(run: Path) -> dict[int, tuple[float, float]]:
    return {line["step"]: (line["loss"], line["gradient_norm"]) for line in read_json_lines(run / "metrics.jsonl") if "loss" in line}


def state(run: Path) -> dict[str, Any]:
    reader = CheckpointReader(step_directory(run, 12))
    keys = ("master", "exp_avg", "exp_avg_sq")
    return {f"{name} {key}": reader.read_full(name, key) for name in ("embedding.weight", "layers.1.mlp.up_proj.weight") for key in keys}


def test_a_run_in_fp32_is_the_run_on_the_cpu(shards: Path, tmp_path: Path):
    assert train(shards, tmp_path / "gpu", "fp32") == 0
    assert train(shards, tmp_path / "cpu", "fp32", device="cpu") == 0
    on_gpu, on_cpu = logged(tmp_path / "gpu"), logged(tmp_path / "cpu")
    for step in range(1, 13):
        assert on_gpu[step] == pytest.approx(on_cpu[step], rel=1e-5)


@pytest.mark.parametrize("zero", [2, 3])
def test_a_deterministic_run_resumes_to_the_last_bit(shards: Path, tmp_path: Path, zero: int):
    whole, stopped = tmp_path / "whole", tmp_path / "stopped"
    assert train(shards, whole, "bf16", "deterministic=true", zero=zero) == 0
    assert train(shards, stopped, "bf16", "deterministic=true", "stop_after_steps=7", zero=zero) == 75
    assert train(shards, stopped, "bf16", "deterministic=true", zero=zero) == 0
    assert logged(stopped) == logged(whole)
    ours, theirs = state(stopped), state(whole)
    assert all(torch.equal(ours[key], theirs[key]) for key in theirs)
