"""The radiology recipes at their full width, one layer deep: a real optimizer step of each, at either length of row."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from engine_runs import ZERO_3, destroy, join_mesh
from processes import run_processes

from medpretrain.model.initialise import initial_weights
from medpretrain.shards.format import RowFormat
from medpretrain.shards.loader import StepBatch, micro_batches_of
from medpretrain.train.ds_config import resolve_ds_config
from medpretrain.train.engine import Engine
from medpretrain.train.recipes import load_recipe
from medpretrain.train.settings import Recipe

pytestmark = pytest.mark.slow


def one_row(recipe: Recipe) -> StepBatch:
    """Two documents of arbitrary ids that fill a row."""
    seq_len, vocab_size = recipe.data.seq_len, recipe.model.vocab_size
    row_format = RowFormat(seq_len, vocab_size, pad_id=0, bos_id=1, eos_id=2, mask_separator_targets=False, tokenizer_hash="none")
    rows = np.random.default_rng(0).integers(4, vocab_size, (1, seq_len))
    rows[0, [0, 201]], rows[0, [200, -1]] = 1, 2
    empty = np.zeros(0, dtype=np.int64)
    return StepBatch(0, 1, seq_len - 2, seq_len, 1.0, micro_batches_of(rows, [1], row_format), empty, empty, empty)


def take_a_step(rank: int, world_size: int, recipe: Recipe) -> dict[str, Any]:
    mesh = join_mesh(rank, world_size, 1)
    first = initial_weights(recipe.model, recipe.seed, 0, 1, torch.float32)
    engine = Engine(recipe, resolve_ds_config({"zero_optimization": ZERO_3}, "test", recipe, 1, 1), mesh, first)
    batch = one_row(recipe)
    result = engine.train_step(batch, recipe.schedule.peak_learning_rate)
    loss_after = engine.mean_loss(batch.micro_batches)
    slices = {held.parameter.name: held.values["master"] for held in engine.held_slices()}
    found = {
        "first": result,
        "loss after": loss_after,
        "parameters": sum(len(master) for master in slices.values()),
        "unchanged": [name for name, master in slices.items() if torch.equal(master, first(name).flatten())],
    }
    destroy(engine)
    return found


@pytest.mark.parametrize(
    ("name", "seq_len"),
    [
        ("radiology-336m", 512),
        pytest.param("radiology-336m", 2048, marks=pytest.mark.long),
        pytest.param("radiology-514m", 512, marks=pytest.mark.long),
        pytest.param("radiology-514m", 2048, marks=pytest.mark.long),
    ],
)
def test_a_real_step_at_full_width(name: str, seq_len: int, tmp_path: Path):
    recipe = load_recipe(name, [f"data.seq_len={seq_len}", "model.num_layers=1", "precision=fp32", "batch.global_rows=1"])
    (found,) = run_processes(take_a_step, 1, tmp_path, recipe)
    width = recipe.model.hidden_size
    assert found["parameters"] == 12 * width**2 + 13 * width + 32_768 * width + 2 * width
    assert found["first"].applied
    assert found["first"].loss == pytest.approx(math.log(32_768), abs=0.3)
    assert found["loss after"] < found["first"].loss - 0.1
    assert found["unchanged"] == []
