"""Parameters that tensor parallelism leaves whole (norms, and biases of row-parallel layers) are held by every rank; each updates its own
copy from gradients that collectives make equal. Where they are not, to the last bit, the copies drift apart and nothing else tells."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import deepspeed
import pytest
import torch
from engine_runs import RADIOLOGY, UNTIED, ZERO_2, ZERO_3, EngineRun, build_engine, destroy, first_weights, join_mesh, recipe_with, train
from processes import run_processes

from medpretrain.model.layout import parameter_table
from medpretrain.model.precision import FLOATS_OF
from medpretrain.train.engine import MOMENTS, Engine
from medpretrain.train.settings import Recipe

pytestmark = pytest.mark.slow

PARTITIONED = {**ZERO_3, "stage3_param_persistence_threshold": 0}
SETTINGS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("fp32", ZERO_2, UNTIED),
    ("fp32", ZERO_3, UNTIED),
    ("bf16", ZERO_2, UNTIED),
    ("bf16", ZERO_3, UNTIED),
    ("bf16", PARTITIONED, UNTIED),
    ("bf16", ZERO_3, RADIOLOGY),
]
# Adam's usual epsilon: it makes a large difference of what is a rounding difference in a small gradient.
CHANGES = {"optimizer": {"epsilon": 1e-8}}
NUM_STEPS = 20


def replicated(recipe: Recipe) -> list[str]:
    return [name for name, spec in parameter_table(recipe.model).items() if spec.tp_dim is None]


def train_and_look(rank: int, world_size: int, tensor: int) -> list[dict[str, dict[str, torch.Tensor]]]:
    """The replicated parameters as this rank has them after a run with each of SETTINGS."""
    mesh = join_mesh(rank, world_size, tensor)
    states = []
    for precision, zero, model in SETTINGS:
        run = EngineRun(recipe_with(7, 4, tensor, precision=precision, model=model, **CHANGES), zero, NUM_STEPS)
        engine = build_engine(run, mesh)
        assert all(result.applied for result in train(engine, run, mesh))
        states.append({name: look(engine, name) for name in replicated(run.recipe)})
        destroy(engine)
    return states


def look(engine: Engine, name: str) -> dict[str, torch.Tensor]:
    """This rank's slices of the master weight and of both moments, and the whole weight that the forward pass reads (collective)."""
    parameter = engine._parameters[name]
    place = engine._slice_of(engine._table[name], parameter)
    held = {key: torch.empty(0) for key in ("master", *MOMENTS)}
    if place.length:
        held = {key: value.detach().clone() for key, value in engine._read_values(parameter, place)[1].items()}
    with deepspeed.zero.GatheredParameters([parameter], enabled=hasattr(parameter, "ds_id")):
        return {**held, "compute": parameter.detach().clone()}


@pytest.mark.long
@pytest.mark.parametrize("tensor", [pytest.param(2, id="DP 2 x TP 2"), pytest.param(4, id="DP 1 x TP 4")])
def test_replicated_parameters_are_equal_on_all_ranks_after_twenty_steps(tensor: int, tmp_path: Path):
    states_of_ranks = run_processes(train_and_look, 4, tmp_path, tensor)
    for setting, states in zip(SETTINGS, zip(*states_of_ranks, strict=True), strict=True):
        recipe = recipe_with(model=setting[2])
        start = first_weights(recipe.model, recipe.seed, 0, 1, torch.float32)
        for name in replicated(recipe):
            whole = {  # by tensor rank: put together from its replicas, which stand `tensor` ranks apart
                key: [torch.cat([state[name][key] for state in states[tp_rank::tensor]]) for tp_rank in range(tensor)]
                for key in ("master", *MOMENTS)
            }
            for key, (first, *others) in whole.items():
                assert first.shape == start(name).shape
                assert all(torch.equal(other, first) for other in others), f"{setting}: {key} of {name} has drifted apart"
            master = whole["master"][0]
            assert not torch.equal(master, start(name)), f"{setting}: {name} was not trained"
            expected = master.to(FLOATS_OF[setting[0]])
            for state in states:
                assert state[name]["compute"].dtype == expected.dtype
                assert torch.equal(state[name]["compute"], expected), f"{setting}: what computes for {name} is not what is trained"
