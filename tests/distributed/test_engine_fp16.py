"""The engine in fp16: DeepSpeed's dynamic loss scale in the engine's own exact step, and how far fp16 is from fp32.

Each update that overflows is skipped and halves the scale. What the scale is good for is measured against a run that has none: small
gradients vanish there.
"""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from engine_runs import (
    RADIOLOGY,
    ZERO_2,
    ZERO_3,
    EngineRun,
    batch_of,
    build_engine,
    destroy,
    first_weights,
    full_weights,
    join_mesh,
    recipe_with,
    train,
)
from processes import run_processes

from medpretrain.errors import InputError
from medpretrain.train.engine import check_precision

pytestmark = pytest.mark.slow

STEPS = 10


def fp16_run(initial_power: int, window_steps: int, zero: dict[str, Any], tensor: int = 1) -> EngineRun:
    scale = {"initial_power": initial_power, "window_steps": window_steps}
    return EngineRun(recipe_with(7, 2, tensor, precision="fp16", loss_scale=scale, model=RADIOLOGY), zero, STEPS)


def train_each(rank: int, world_size: int, runs: list[EngineRun]) -> list[dict[str, Any]]:
    mesh = join_mesh(rank, world_size, runs[0].recipe.parallel.tensor)
    outputs = []
    for run in runs:
        engine = build_engine(run, mesh)
        outputs.append({"results": train(engine, run, mesh), "slices": list(engine.held_slices()), "next": engine.loss_scale_state()})
        destroy(engine)
    return outputs


def as_it_should_be(scale: float, window_steps: int, applied: list[bool]) -> list[float]:
    """The scale of each step, and of the one after them: halved by an overflow; doubled by a finite step that has a whole number of windows
    of them behind it, counted from the last overflow."""
    scales, finite = [scale], 0
    for is_applied in applied:
        doubled = is_applied and finite > 0 and finite % window_steps == 0
        scales.append(scales[-1] / 2 if not is_applied else scales[-1] * 2 if doubled else scales[-1])
        finite = finite + 1 if is_applied else 0
    return scales


@pytest.mark.parametrize(("world_size", "tensor", "zero"), [(2, 1, ZERO_2), (4, 2, ZERO_3)], ids=["DP 2, ZeRO-2", "DP 2 x TP 2, ZeRO-3"])
def test_an_overflow_is_skipped_and_the_scale_falls_and_recovers(world_size: int, tensor: int, zero: dict[str, Any], tmp_path: Path):
    outputs = [output for (output,) in run_processes(train_each, world_size, tmp_path, [fp16_run(21, 2, zero, tensor)])]
    results = outputs[0]["results"]
    applied = [result.applied for result in results]
    assert not applied[0]
    assert applied.count(True) >= 3
    scales = [*(result.loss_scale for result in results), outputs[0]["next"]["scale"]]
    assert scales == as_it_should_be(2.0**21, 2, applied)
    assert any(later > earlier for earlier, later in itertools.pairwise(scales))
    assert all(np.isfinite(result.loss) for result in results), "it is a scaled gradient that overflows"
    assert [bool(np.isfinite(result.gradient_norm)) for result in results] == applied
    for output in outputs:
        assert (output["next"], [result.applied for result in output["results"]]) == (outputs[0]["next"], applied), "ranks differ"


def test_fp16_is_nearer_to_fp32_than_bf16_is(tmp_path: Path):
    """It has three more bits."""
    others = [EngineRun(recipe_with(7, 2, precision=name, model=RADIOLOGY), ZERO_3, STEPS) for name in ("fp32", "bf16")]
    (outputs,) = run_processes(train_each, 1, tmp_path, [*others, fp16_run(15, 1000, ZERO_3)])
    assert all(result.applied for output in outputs for result in output["results"])
    assert [output["next"] for output in outputs] == [None, None, {"scale": 2.0**15, "steps_since_overflow": STEPS}]
    fp32, bf16, fp16 = (np.array([(result.loss, result.gradient_norm) for result in output["results"]]) for output in outputs)

    def distance(found: np.ndarray) -> np.ndarray:
        """Typical relative difference to fp32 (root mean square over steps), of losses and of norms."""
        return np.sqrt(((found / fp32 - 1) ** 2).mean(axis=0))

    assert (distance(fp16) > 0).all()
    assert (4 * distance(fp16) < distance(bf16)).all(), f"{distance(fp16)} against {distance(bf16)}"


MORE_TARGETS = 10_000


def norms_of_a_wide_batch(rank: int, world_size: int, runs: list[EngineRun]) -> list[float]:
    """The gradient norm of each run's first step, were its targets a few among as many as a real global batch has."""
    mesh = join_mesh(rank, world_size, 1)
    norms = []
    for run in runs:
        engine = build_engine(run, mesh)
        batch = batch_of(run, 0, mesh.dp_rank, mesh.dp_size)
        norms.append(engine.train_step(replace(batch, num_targets=MORE_TARGETS * batch.num_targets), 0.0).gradient_norm)
        destroy(engine)
    return norms


def test_small_gradients_vanish_but_for_the_loss_scale(tmp_path: Path):
    fp32 = EngineRun(recipe_with(7, 2, precision="fp32", model=RADIOLOGY), ZERO_3, 1)
    runs = [fp32, fp16_run(16, 1000, ZERO_3), fp16_run(0, 1000, ZERO_3)]
    ((exact, scaled, unscaled),) = run_processes(norms_of_a_wide_batch, 1, tmp_path, runs)
    assert exact == pytest.approx(1 / MORE_TARGETS, rel=0.5)
    assert scaled == pytest.approx(exact, rel=1e-3)
    assert abs(unscaled / exact - 1) > 0.1


def test_skipped_updates_leave_the_weights_alone(tmp_path: Path):
    """At 2^32 no step of ten comes down to where its gradient is finite."""
    run = fp16_run(32, 1000, ZERO_3)
    ((output,),) = run_processes(train_each, 1, tmp_path, [run])
    assert [result.applied for result in output["results"]] == [False] * STEPS
    assert output["next"] == {"scale": 2.0**22, "steps_since_overflow": 0}
    start = first_weights(run.recipe.model, run.recipe.seed, 0, 1, torch.float16)
    for name, weight in full_weights([output["slices"]], run.recipe).items():
        assert torch.equal(weight, start(name).float()), name


def ask_for_fp16(rank: int, world_size: int) -> tuple[str, ...]:
    """What is said where a run asks for fp16 on this machine; nothing where it has it."""
    check_precision("bf16")
    check_precision("fp32")
    try:
        check_precision("fp16")
    except InputError as error:
        return error.where, error.found, error.expected, error.remedy
    return ()


def test_a_device_without_fp16_is_told(tmp_path: Path):
    (said,) = run_processes(ask_for_fp16, 1, tmp_path)
    told = (
        "precision",
        "is fp16, which DeepSpeed does not take on this device (cpu, without instructions for fp16)",
        "bf16 or fp32 here",
        "set precision=bf16 or precision=fp32, or train on a GPU",
    )
    assert said == (() if torch.ops.mkldnn._is_mkldnn_fp16_supported() else told)
