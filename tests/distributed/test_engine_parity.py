"""The engine against a plain PyTorch loop that knows neither DeepSpeed nor parallelism: losses, norms and weights after five steps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from processes import run_processes

from medpretrain.model.decoder import Decoder
from medpretrain.model.initialise import initial_weights
from medpretrain.model.layout import parameter_table
from medpretrain.parallel.mesh import Place, TensorAxis, build_mesh
from medpretrain.shards.format import RowFormat
from medpretrain.shards.loader import StepBatch, micro_batches_of, round_sizes, share_of
from medpretrain.train.ds_config import resolve_ds_config
from medpretrain.train.engine import Engine, start_processes
from medpretrain.train.settings import Recipe

pytestmark = pytest.mark.slow

RECIPE: dict[str, Any] = {
    "name": "parity",
    "model": {"vocab_size": 600, "hidden_size": 32, "num_layers": 2, "num_heads": 8, "num_kv_heads": 4, "head_size": 4, "ffn_size": 64},
    "data": {"seq_len": 24},
    "batch": {"global_rows": 7, "micro_rows": 2},  # 7 rows: two replicas take 4 and 3, in two rounds
    "schedule": {"total_steps": 100, "warmup_steps": 2},
    # A clip far below the norms here: every step is clipped. Adam divides a gradient by its own size, so an element whose gradient is
    # rounding noise moves by noise; an epsilon above that noise (and a tenth of a typical gradient) leaves only what is under test.
    "optimizer": {"clip_norm": 0.05, "epsilon": 1e-5},
    "precision": "fp32",
    "checkpoint": {"every_steps": 10},
}
STEPS = 5
LEARNING_RATE = 3e-3  # the highest peak of the recipes
FORMAT = RowFormat(seq_len=24, vocab_size=600, pad_id=0, bos_id=1, eos_id=2, mask_separator_targets=False, tokenizer_hash="none")


def rows_of_step(step: int, num_rows: int) -> np.ndarray:
    """Packed rows [num_rows, 24] with documents of uneven lengths and, in some, much padding: targets are spread unevenly."""
    generator = np.random.default_rng(step)
    rows = np.zeros((num_rows, 24), dtype=np.int64)
    for row in rows:
        end = 0
        while end < 24 - 4 and generator.random() > 0.25:
            length = int(generator.integers(4, 24 - end + 1))
            row[end : end + length] = [1, *generator.integers(4, 600, length - 2), 2]
            end += length
    return rows


def batch_of_step(recipe: Recipe, step: int, dp_rank: int, dp_size: int) -> StepBatch:
    rows = rows_of_step(step, recipe.batch.global_rows)
    sizes = round_sizes(len(rows), dp_size, recipe.batch.micro_rows)
    first, last = share_of(len(rows), dp_rank, dp_size)
    mine = np.zeros((sum(sizes), 24), dtype=np.int64)
    mine[: last - first] = rows[first:last]
    num_targets = sum(int((batch.targets >= 0).sum()) for batch in micro_batches_of(rows, [len(rows)], FORMAT))
    empty = np.zeros(0, dtype=np.int64)
    return StepBatch(0, len(rows), num_targets, int((rows != 0).sum()), 0.0, micro_batches_of(mine, sizes, FORMAT), empty, empty, empty)


def reference(recipe: Recipe) -> dict[str, Any]:
    """The same steps by a plain PyTorch loop on one process: the whole global batch at once, torch's clipping, torch's AdamW."""
    model = Decoder(recipe.model, initial_weights(recipe.model, recipe.seed, 0, 1, torch.float32), TensorAxis())
    settings = recipe.optimizer
    decaying = [parameter for parameter in model.parameters() if parameter.ndim > 1]
    others = [parameter for parameter in model.parameters() if parameter.ndim == 1]
    groups = [{"params": decaying, "weight_decay": settings.weight_decay}, {"params": others, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=LEARNING_RATE, betas=(settings.beta1, settings.beta2), eps=settings.epsilon)
    losses, norms = [], []
    for step in range(STEPS):
        rows = rows_of_step(step, recipe.batch.global_rows)
        batch = micro_batches_of(rows, [len(rows)], FORMAT)[0]
        tokens, positions, segments, targets = map(torch.from_numpy, (batch.tokens, batch.positions, batch.segments, batch.targets))
        loss = model(tokens, positions, segments, targets).sum() / (targets >= 0).sum()
        optimizer.zero_grad()
        loss.backward()
        norms.append(torch.nn.utils.clip_grad_norm_(model.parameters(), settings.clip_norm).item())
        optimizer.step()
        losses.append(loss.item())
    return {"losses": losses, "norms": norms, "weights": {name: parameter.detach() for name, parameter in model.named_parameters()}}


def train(rank: int, world_size: int, recipe_values: dict[str, Any], zero: dict[str, Any]) -> dict[str, Any]:
    recipe = Recipe.model_validate(recipe_values)
    place = Place(rank, rank, world_size)
    mesh = build_mesh(place, recipe.parallel.tensor, start_processes(place))
    torch.use_deterministic_algorithms(True)
    rounds = len(round_sizes(recipe.batch.global_rows, mesh.dp_size, recipe.batch.micro_rows))
    ds_config = resolve_ds_config({"zero_optimization": zero}, "test", recipe, mesh.dp_size, rounds)
    weights = initial_weights(recipe.model, recipe.seed, mesh.tensor.rank, mesh.tensor.size, torch.float32)
    engine = Engine(recipe, ds_config, mesh, weights)
    results = [engine.train_step(batch_of_step(recipe, step, mesh.dp_rank, mesh.dp_size), LEARNING_RATE) for step in range(STEPS)]
    return {
        "losses": [result.loss for result in results],
        "norms": [result.gradient_norm for result in results],
        "applied": [result.applied for result in results],
        "slices": list(engine.held_slices()),
    }


def full_weights(outputs: list[dict[str, Any]], recipe: Recipe) -> dict[str, torch.Tensor]:
    """Every parameter put together from all ranks' slices; each element must come from exactly one."""
    weights = {}
    slices = [held for output in outputs for held in output["slices"]]
    for name, spec in parameter_table(recipe.model).items():
        mine = [held for held in slices if held.parameter.name == name]
        shards = []
        tp_size = mine[0].tp_size
        for tp_rank in range(tp_size):
            pieces = sorted((held for held in mine if held.tp_rank == tp_rank), key=lambda held: held.offset)
            flat = torch.cat([held.values["master"] for held in pieces])
            shards.append(flat.view(spec.shard_shape(tp_size)))
        weights[name] = shards[0] if tp_size == 1 else torch.cat(shards, dim=spec.tp_dim)
        assert weights[name].shape == spec.shape
    return weights


ZERO_3 = {"stage": 3, "stage3_param_persistence_threshold": 40}  # norm weights persist, matrices are partitioned
CASES = {
    "TP 2 x DP 2, ZeRO-3": (4, ZERO_3, {"parallel": {"tensor": 2}}),
    "TP 2 x DP 2, ZeRO-2": (4, {"stage": 2}, {"parallel": {"tensor": 2}}),
    "DP 3, ZeRO-3, several sub-groups, layers recomputed": (3, {**ZERO_3, "sub_group_size": 1000}, {"recompute_layers": True}),
    "DP 2, ZeRO-2, optimizer on the host": (2, {"stage": 2, "offload_optimizer": {"device": "cpu"}}, {}),
    "DP 4, ZeRO-3, a replica of padding alone": (4, ZERO_3, {"batch": {"global_rows": 3, "micro_rows": 2}}),
}


@pytest.mark.parametrize("case", CASES)
def test_the_engine_equals_a_plain_pytorch_loop_on_one_process(case: str, tmp_path: Path):
    world_size, zero, changes = CASES[case]
    values = {**RECIPE, **changes}
    recipe = Recipe.model_validate(values)
    alone = reference(recipe)
    together = run_processes(train, world_size, tmp_path, values, zero)
    assert min(alone["norms"]) > 2 * recipe.optimizer.clip_norm, "clipping must bite for this test to show anything"
    for output in together:
        assert all(output["applied"])
        np.testing.assert_allclose(output["losses"], alone["losses"], rtol=1e-6)
        np.testing.assert_allclose(output["norms"], alone["norms"], rtol=1e-6)
    start = initial_weights(recipe.model, recipe.seed, 0, 1, torch.float32)
    for name, weight in full_weights(together, recipe).items():
        assert not torch.equal(weight, start(name)), f"{name} was not trained"
        difference = ((weight - alone["weights"][name]).norm() / alone["weights"][name].norm()).item()
        assert difference < 1e-6, f"{name}: {difference}"
