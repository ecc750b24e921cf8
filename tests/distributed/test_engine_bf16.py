"""The engine in bf16 at several topologies: what is exact there, and how much of the rest is rounding.

Across DP it is exact. Each micro-batch's gradient is rounded to bf16 once and summed in fp32 from there, so the same micro-batches give the
same sums wherever they were computed, up to fp32 rounding (DeepSpeed divides by DP and the engine takes that back, which is exact where DP
is a power of two). Two runs may still part in the end: sooner or later an fp32 weight that differs in its last digit is rounded to another
bf16 weight. So each step is compared from the same state.

Across TP it is not: a rank rounds its partial sums to bf16 before they are added. How much that may be is measured, not chosen. The control
is the difference between two fixed topologies, one process and TP 2, and is itself no larger than what bf16 costs on one process, which is
the difference to fp32. No typical difference (root mean square over seeds and steps) may exceed the largest one that its measure shows.
"""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from engine_runs import (
    TIED,
    UNTIED,
    ZERO_3,
    EngineRun,
    build_engine,
    destroy,
    full_weights,
    join_mesh,
    recipe_with,
    train,
    train_runs,
    train_step,
)
from processes import run_processes

from medpretrain.checkpoint.format import HeldSlice
from medpretrain.checkpoint.paths import step_directory
from medpretrain.checkpoint.reader import CheckpointReader
from medpretrain.train.engine import StepResult
from medpretrain.train.saving import Saver, SaveResult, load_checkpoint

pytestmark = pytest.mark.slow


def train_and_save(rank: int, world_size: int, run: EngineRun, directory: Path) -> list[StepResult]:
    """The run, with a checkpoint after each step."""
    mesh = join_mesh(rank, world_size, run.recipe.parallel.tensor)
    engine = build_engine(run, mesh)
    saved: list[SaveResult] = []
    saver = Saver(directory, 0, engine, mesh, run.recipe.checkpoint, report=saved.append)
    results = []
    for step in range(run.num_steps):
        results.append(train_step(engine, run, mesh, step))
        saver.begin(step + 1, dict)
        saver.finish()
    assert [(result.step, result.failure) for result in saved] == [(step + 1, None) for step in range(run.num_steps)]
    return results


def train_from_each(
    rank: int, world_size: int, run: EngineRun, directory: Path
) -> tuple[list[StepResult], list[tuple[StepResult, list[HeldSlice]]]]:
    """The run from its start to its end; and each of its steps alone, from the checkpoint before it, with the state after it."""
    mesh = join_mesh(rank, world_size, run.recipe.parallel.tensor)
    engine = build_engine(run, mesh)
    uninterrupted = train(engine, run, mesh)
    destroy(engine)
    alone = []
    for step in range(run.num_steps):
        engine = build_engine(run, mesh)
        if step:
            load_checkpoint(CheckpointReader(step_directory(directory, step)), engine, mesh)
        alone.append((train_step(engine, run, mesh, step), list(engine.held_slices())))
        destroy(engine)
    return uninterrupted, alone


def assert_close(found: StepResult, expected: StepResult, where: str) -> None:
    assert found.loss == pytest.approx(expected.loss, rel=1e-6), where
    assert found.gradient_norm == pytest.approx(expected.gradient_norm, rel=1e-6), where


@pytest.mark.parametrize(
    ("tensor", "global_rows", "dp_sizes", "model"),
    [
        pytest.param(1, 7, (2, 3, 4), UNTIED, id="TP 1", marks=pytest.mark.long),
        pytest.param(2, 7, (2,), UNTIED, id="TP 2"),
        pytest.param(1, 3, (4,), UNTIED, id="a replica of padding alone"),
        pytest.param(1, 7, (3,), TIED, id="TP 1, tied", marks=pytest.mark.long),
    ],
)
def test_any_number_of_replicas_gives_the_same_losses_norms_and_weights(
    tensor: int, global_rows: int, dp_sizes: tuple[int, ...], model: dict[str, Any], tmp_path: Path
):
    # Micro-batches of one row are the same ones at any DP.
    run = EngineRun(recipe_with(global_rows, 1, tensor, precision="bf16", model=model), ZERO_3, 5)
    expected = run_processes(train_and_save, tensor, tmp_path, run, tmp_path)[0]
    for dp_size in dp_sizes:
        outputs = run_processes(train_from_each, dp_size * tensor, tmp_path, run, tmp_path)
        for uninterrupted, alone in outputs:
            for step, (result, _) in enumerate(alone):
                assert_close(result, expected[step], f"DP {dp_size}, step {step} from the same state")
                if dp_size in (2, 4):
                    assert_close(uninterrupted[step], expected[step], f"DP {dp_size}, step {step}")
        for step in range(run.num_steps):
            after = CheckpointReader(step_directory(tmp_path, step + 1))
            for name, weight in full_weights([alone[step][1] for _, alone in outputs], run.recipe).items():
                reference = after.read_full(name)
                difference = ((weight - reference).norm() / reference.norm()).item()
                assert difference < 1e-6, f"DP {dp_size}, step {step}: {name}: {difference}"


def curves(dp_size: int, tensor: int, precision: str, model: dict[str, Any], directory: Path) -> np.ndarray:
    """Losses and gradient norms [seed, step, 2] of three runs of 15 steps."""
    runs = [EngineRun(recipe_with(7, 4, tensor, precision=precision, seed=seed, model=model), ZERO_3, 15) for seed in (1, 2, 3)]
    outputs = run_processes(train_runs, dp_size * tensor, directory, runs)[0]
    return np.stack([np.stack((output["losses"], output["norms"]), axis=1) for output in outputs])


@pytest.mark.parametrize(
    ("model", "topologies"),  # DP x TP
    [
        pytest.param(UNTIED, [(1, 1), (1, 2), (2, 2), (1, 4)], id="untied", marks=pytest.mark.long),
        pytest.param(TIED, [(1, 1), (1, 2), (2, 2)], id="tied", marks=pytest.mark.long),
    ],
)
def test_tensor_parallel_differs_by_no_more_than_a_control(model: dict[str, Any], topologies: list[tuple[int, int]], tmp_path: Path):
    exact = curves(1, 1, "fp32", model, tmp_path)
    bf16 = {topology: curves(*topology, "bf16", model, tmp_path) for topology in topologies}

    def relative(one: np.ndarray, other: np.ndarray) -> np.ndarray:
        return np.abs(one - other) / exact

    def typical(differences: np.ndarray) -> np.ndarray:
        """Of losses, and of norms."""
        return np.sqrt((differences**2).mean(axis=(0, 1)))

    def largest(differences: np.ndarray) -> np.ndarray:
        return differences.max(axis=(0, 1))

    of_bf16 = relative(bf16[1, 1], exact)
    control = relative(bf16[1, 2], bf16[1, 1])
    assert (typical(control) > 0).all()
    assert (typical(control) <= largest(of_bf16)).all(), f"{typical(control)} against {largest(of_bf16)}"
    for one, other in itertools.combinations(topologies, 2):
        differences = relative(bf16[one], bf16[other])
        assert (typical(differences) <= largest(control)).all(), (
            f"DP x TP {one} and {other}: {typical(differences)} against {largest(control)}"
        )
