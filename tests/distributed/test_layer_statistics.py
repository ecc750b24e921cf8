"""The statistics of layers are those of one plain process, at any topology, and a run does not notice that they are taken."""

from __future__ import annotations

import math
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from engine_runs import (
    FORMAT,
    RADIOLOGY,
    ZERO_2,
    ZERO_3,
    EngineRun,
    adamw,
    batch_of,
    build_engine,
    destroy,
    first_weights,
    join_mesh,
    recipe_with,
    update,
)
from processes import run_processes
from torch.utils.checkpoint import set_checkpoint_early_stop
from whole_runs import Harm, events_of, recipe_values, train_once, trajectory

from medpretrain.checkpoint.format import read_state
from medpretrain.model.decoder import MedicalLM, rope_tables
from medpretrain.model.elementwise import rotate
from medpretrain.parallel.mesh import TensorAxis
from medpretrain.shards.loader import micro_batches_of
from medpretrain.train.run_directory import read_json_lines
from medpretrain.train.schedule import learning_rate
from medpretrain.train.statistics import QUERY_EVERY, measure_step

STEPS = 3
WITHOUT_TARGETS = 1
LLAMA, RADIOLOGY_RUN = {"recompute_layers": True}, {"model": RADIOLOGY}
OFFLOADED = {**ZERO_2, "offload_optimizer": {"device": "cpu"}}


def measure(rank: int, world_size: int, runs: list[EngineRun]) -> list[list[dict[str, list[float]]]]:
    mesh = join_mesh(rank, world_size, runs[0].recipe.parallel.tensor)
    found = []
    for run in runs:
        engine, steps = build_engine(run, mesh), []
        for step in range(run.num_steps):
            batch, rate = batch_of(run, step, mesh.dp_rank, mesh.dp_size), learning_rate(step + 1, run.recipe.schedule)
            with set_checkpoint_early_stop(False):  # layers are computed again to their end, where all could be seen twice
                _, layers = measure_step(engine, mesh, run.recipe, batch, rate, partial(engine.train_step, batch, rate))
            steps.append(asdict(layers))
        destroy(engine)
        found.append(steps)
    return found


def reference(run: EngineRun) -> list[dict[str, list[float]]]:
    """By plain PyTorch on the whole batch: each layer's output read off the residual stream, logits by a dense mask, the gradients of
    autograd, and the weights of after an update less those of before."""
    decoder = MedicalLM(run.recipe.model, first_weights(run.recipe.model, run.recipe.seed, 0, 1, torch.float32), TensorAxis())
    optimizer = adamw(list(decoder.parameters()), run.recipe)
    outputs: dict[int, torch.Tensor] = {}
    normed: dict[int, torch.Tensor] = {}
    for number, layer in enumerate(decoder.layers):
        layer.register_forward_hook(lambda module, inputs, output, number=number: outputs.update({number: output.detach()}))
        layer.attention.register_forward_pre_hook(lambda module, inputs, number=number: normed.update({number: inputs[0].detach()}))
    steps = []
    for step in range(run.num_steps):
        rows = run.rows(step)
        whole = micro_batches_of(rows, [len(rows)], FORMAT)[0]
        tokens, positions, targets = map(torch.from_numpy, (whole.tokens, whole.positions, whole.targets))
        has_target = targets >= 0
        sums = F.cross_entropy(decoder.logits(tokens, positions).flatten(0, 1), targets.flatten(), ignore_index=-1, reduction="sum")
        loss = sums / max(has_target.sum(), 1)
        documents = (positions == 0).cumsum(dim=1)
        asks = has_target & (positions % QUERY_EVERY == 0)
        seen = (documents[:, :, None] == documents[:, None, :]).tril() & asks[:, :, None]
        cos, sin = rope_tables(positions, run.recipe.model.head_size, run.recipe.model.rope_theta, torch.float32)
        logit_max, activation = [], []
        with torch.no_grad():
            for number, layer in enumerate(decoder.layers):
                projections = (layer.attention.q_proj, layer.attention.k_proj)
                query, key = (
                    rotate(project(normed[number]).unflatten(-1, (-1, run.recipe.model.head_size)), cos, sin) for project in projections
                )
                key = key.repeat_interleave(query.shape[2] // key.shape[2], dim=2)
                logits = torch.einsum("bqhd,bkhd->bhqk", query, key) / math.sqrt(run.recipe.model.head_size)
                logit_max.append(logits.where(seen[:, None], -math.inf).max().item())
                activation.append(outputs[number][has_target].double().square().mean().sqrt().item())
        before = [parameters_of(layer).clone() for layer in decoder.layers]
        gradients = torch.autograd.grad(loss, list(decoder.layers.parameters()), retain_graph=True)
        flat = torch.cat([gradient.flatten() for gradient in gradients]).double().view(len(decoder.layers), -1)
        update(optimizer, loss, step, run.recipe)
        moved = [(parameters_of(layer) - old).norm() / old.norm() for layer, old in zip(decoder.layers, before, strict=True)]
        steps.append(
            {
                "activation_rms": activation,
                "gradient_rms": flat.square().mean(dim=1).sqrt().tolist(),
                "attention_logit_max": logit_max,
                "update_ratio": [ratio.item() for ratio in moved],
            }
        )
    return steps


def parameters_of(layer: torch.nn.Module) -> torch.Tensor:
    return torch.cat([parameter.detach().double().flatten() for parameter in layer.parameters()])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("dp_size", "tp_size", "kinds"),
    [(2, 2, [(LLAMA, ZERO_2), (RADIOLOGY_RUN, ZERO_3)]), (1, 1, [(LLAMA, OFFLOADED)])],
    ids=["DP 2 x TP 2", "one process, offloaded"],
)
def test_they_are_those_of_a_plain_loop(
    dp_size: int, tp_size: int, kinds: list[tuple[dict[str, Any], dict[str, Any]]], tmp_path: Path
) -> None:
    runs = [EngineRun(recipe_with(tensor=tp_size, **changes), zero, STEPS, (WITHOUT_TARGETS,)) for changes, zero in kinds]
    ranks = run_processes(measure, dp_size * tp_size, tmp_path, runs)
    assert all(repr(rank) == repr(ranks[0]) for rank in ranks), "every rank has them all"
    for run, found in zip(runs, ranks[0], strict=True):
        for step, (ours, plain) in enumerate(zip(found, reference(run), strict=True)):
            for name in ours:
                # Weights of fp32 hold an update, a hundredth of them, to some 1e-6.
                tolerance = 1e-5 if name == "update_ratio" else 1e-6
                np.testing.assert_allclose(ours[name], plain[name], rtol=tolerance, err_msg=f"{run}: step {step}: {name}")


@pytest.mark.slow
def test_a_run_does_not_notice_them(shards: Path, tmp_path: Path) -> None:
    values = recipe_values(
        shards,
        recompute_layers=True,
        checkpoint={"every_steps": 4},
        schedule={"total_steps": 5, "warmup_steps": 2, "peak_learning_rate": 1e-2},
    )
    with_them, without = tmp_path / "with", tmp_path / "without"
    first, second = zip(*run_processes(train_both, 2, tmp_path, values, with_them, without), strict=True)
    assert first == second, "losses, norms and every bit of the state"
    assert trajectory(without) == trajectory(with_them)
    lines = [line for line in read_json_lines(with_them / "metrics.jsonl") if "layers" in line]
    assert [line["step"] for line in lines] == [2, 4]
    assert not [line for line in read_json_lines(without / "metrics.jsonl") if "layers" in line]
    applied, left_out = (line["layers"] for line in lines)
    assert set(applied) == {"activation_rms", "gradient_rms", "attention_logit_max", "update_ratio"}
    assert all(len(column) == 2 and all(value > 0 for value in column) for name, column in applied.items())
    assert left_out["gradient_rms"] == left_out["update_ratio"] == [None, None], "of an update that was left out"
    assert all(value > 0 for value in left_out["activation_rms"])

    alerts = [(event["step"], event["kind"], event["value"], event["limit"]) for event in events_of(with_them, "alert")]
    assert alerts == [(4, "loss_not_finite", None, None), (4, "gradient_norm_not_finite", None, None)]
    losses = [line["loss"] for line in read_json_lines(with_them / "metrics.jsonl") if line.get("loss") is not None]
    averages = read_state(with_them / "checkpoints/step-0000005/state.json")["averages"]
    assert averages["loss"] == {"value": pytest.approx(sum(losses) / 4), "count": 4}


def train_both(rank: int, world_size: int, values: dict[str, Any], with_them: Path, without: Path) -> list[dict[str, Any]]:
    """A run with statistics of every second step, and one without any; in both the fourth step's update is left out."""
    mesh = join_mesh(rank, world_size, values["parallel"]["tensor"])
    return [
        train_once(mesh, {**values, "statistics": {"every_steps": every_steps}}, run, harm=Harm({4: "loss"}))
        for run, every_steps in ((with_them, 2), (without, None))
    ]
