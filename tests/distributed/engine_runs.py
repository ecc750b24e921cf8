"""Runs of the engine, and of the plain loop it must equal, on one small model, recipe and stream of rows: what the engine's tests share."""

from __future__ import annotations

import functools
import gc
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from deepspeed.accelerator import get_accelerator

from medpretrain.model.decoder import MedicalLM
from medpretrain.model.initialise import WeightSource, initial_weights
from medpretrain.model.layout import parameter_table
from medpretrain.model.precision import FLOATS_OF
from medpretrain.model.settings import ModelSettings
from medpretrain.parallel.mesh import Mesh, Place, TensorAxis, build_mesh
from medpretrain.shards.format import RowFormat
from medpretrain.shards.loader import StepBatch, micro_batches_of, round_sizes, share_of
from medpretrain.train.ds_config import resolve_ds_config
from medpretrain.train.engine import Engine, StepResult, start_processes
from medpretrain.train.schedule import batch_sizes, learning_rate
from medpretrain.train.settings import BatchSettings, Recipe

SEQ_LEN = 24
RECIPE: dict[str, Any] = {
    "name": "parity",
    "model": {"vocab_size": 600, "hidden_size": 32, "num_layers": 2, "num_heads": 8, "num_kv_heads": 4, "head_size": 4, "ffn_size": 64},
    "data": {"seq_len": SEQ_LEN},
    "batch": {"global_rows": 7, "micro_rows": 2},
    "schedule": {"total_steps": 100, "warmup_steps": 2, "peak_learning_rate": 3e-3},  # the highest peak of the recipes
    # A clip far below the norms here: every step is clipped. Adam divides a gradient by its own size, so an element whose gradient is
    # rounding noise moves by noise; an epsilon above that noise (and a tenth of a typical gradient) leaves only what is under test.
    "optimizer": {"clip_norm": 0.05, "epsilon": 1e-5},
    "precision": "fp32",
    "checkpoint": {"every_steps": 10},
}
UNTIED: dict[str, Any] = RECIPE["model"]
TIED: dict[str, Any] = {**UNTIED, "tied_embeddings": True}
# The radiology recipes' kind. Its attention has such small gradients at the usual 0.02 that the plain loop in fp32 is 1e-6 off the one
# in fp64 in its norms; at 0.05 it is at most 3e-7.
RADIOLOGY: dict[str, Any] = {**TIED, "norm": "layernorm", "activation": "gelu", "biases": True, "init_std": 0.05}
FORMAT = RowFormat(seq_len=SEQ_LEN, vocab_size=600, pad_id=0, bos_id=1, eos_id=2, mask_separator_targets=False, tokenizer_hash="none")
# Some parameters are larger than a bucket of gradients, others share one. Under ZeRO-3 norm weights persist, matrices are partitioned.
ZERO_2: dict[str, Any] = {"stage": 2, "reduce_bucket_size": 10_000}
ZERO_3: dict[str, Any] = {"stage": 3, "stage3_param_persistence_threshold": 40, "reduce_bucket_size": 10_000}


def recipe_with(global_rows: int = 7, micro_rows: int = 2, tensor: int = 1, **changes: Any) -> Recipe:
    batch = {"global_rows": global_rows, "micro_rows": micro_rows}
    return Recipe.model_validate({**RECIPE, "batch": batch, "parallel": {"tensor": tensor}, **changes})


@dataclass(frozen=True)
class EngineRun:
    """Steps to be trained by one engine. In `steps_without_targets` no row has a target."""

    recipe: Recipe
    zero: dict[str, Any]
    num_steps: int
    steps_without_targets: tuple[int, ...] = ()

    def __str__(self) -> str:
        recipe = self.recipe
        return (
            f"TP {recipe.parallel.tensor}, {recipe.precision}, {recipe.batch}, "
            f"recomputed {recipe.recompute_layers}, {recipe.model}, {self.zero}"
        )

    def rows(self, step: int) -> np.ndarray:
        sizes = batch_sizes(self.recipe.batch, SEQ_LEN)
        num_rows = sizes.rows_at(sizes.samples_before(step))
        return np.full((num_rows, SEQ_LEN), FORMAT.eos_id) if step in self.steps_without_targets else packed_rows(step, num_rows)


def packed_rows(step: int, num_rows: int) -> np.ndarray:
    """Packed rows [num_rows, SEQ_LEN] with documents of uneven lengths and, in some, much padding or nothing else: targets are spread
    unevenly. The first row has some."""
    generator = np.random.default_rng(step)
    rows = np.zeros((num_rows, SEQ_LEN), dtype=np.int64)
    for row in rows:
        end = 0
        while end < SEQ_LEN - 4 and (not rows.any() or generator.random() > 0.25):
            length = int(generator.integers(4, SEQ_LEN - end + 1))
            row[end : end + length] = [1, *generator.integers(4, 600, length - 2), 2]
            end += length
    return rows


# --- our engine


def train_runs(rank: int, world_size: int, runs: Sequence[EngineRun]) -> list[dict[str, Any]]:
    """Every run, one engine after the other, on the same ranks: losses, norms, whether updates were applied, and this rank's slices."""
    mesh = join_mesh(rank, world_size, runs[0].recipe.parallel.tensor)
    outputs = []
    for run in runs:
        engine = build_engine(run, mesh)
        results = train(engine, run, mesh)
        outputs.append(
            {
                "losses": [result.loss for result in results],
                "norms": [result.gradient_norm for result in results],
                "applied": [result.applied for result in results],
                "slices": list(engine.held_slices()),
            }
        )
        destroy(engine)
    return outputs


def join_mesh(rank: int, world_size: int, tp_size: int) -> Mesh:
    place = Place(rank, rank, world_size)
    # torch computes in fp16 on any CPU, slowly where there are no instructions for it; there DeepSpeed refuses it, by this answer alone.
    get_accelerator().is_fp16_supported = lambda: True
    torch.use_deterministic_algorithms(True)
    torch.utils.deterministic.fill_uninitialized_memory = False
    return build_mesh(place, tp_size, start_processes(place))


def build_engine(run: EngineRun, mesh: Mesh) -> Engine:
    recipe = run.recipe
    assert recipe.parallel.tensor == mesh.tensor.size
    rounds = len(round_sizes(recipe.batch.global_rows, mesh.dp_size, recipe.batch.micro_rows))
    ds_config = resolve_ds_config({"zero_optimization": run.zero}, "test", recipe, mesh.dp_size, rounds)
    dtype = FLOATS_OF[recipe.precision]
    return Engine(recipe, ds_config, mesh, first_weights(recipe.model, recipe.seed, mesh.tensor.rank, mesh.tensor.size, dtype))


def first_weights(model: ModelSettings, seed: int, tp_rank: int, tp_size: int, dtype: torch.dtype) -> WeightSource:
    """Initial weights, but for biases: they start as zeros, which hides mistakes and leaves no size to measure a difference by."""
    initial, table = initial_weights(model, seed, tp_rank, tp_size, dtype), parameter_table(model)

    def weights(name: str) -> torch.Tensor:
        if not name.endswith(".bias"):
            return initial(name)
        spec = table[name]
        drawn = 0.1 * np.random.default_rng(zlib.crc32(name.encode())).standard_normal(spec.shape, dtype=np.float32)
        return torch.from_numpy(drawn if spec.tp_dim is None else np.split(drawn, tp_size)[tp_rank]).to(dtype)

    return weights


def train(engine: Engine, run: EngineRun, mesh: Mesh) -> list[StepResult]:
    return [train_step(engine, run, mesh, step) for step in range(run.num_steps)]


def train_step(engine: Engine, run: EngineRun, mesh: Mesh, step: int) -> StepResult:
    return engine.train_step(batch_of(run, step, mesh.dp_rank, mesh.dp_size), learning_rate(step + 1, run.recipe.schedule))


def batch_of(run: EngineRun, step: int, dp_rank: int, dp_size: int) -> StepBatch:
    rows = run.rows(step)
    sizes = round_sizes(len(rows), dp_size, run.recipe.batch.micro_rows)
    first, last = share_of(len(rows), dp_rank, dp_size)
    mine = np.zeros((sum(sizes), SEQ_LEN), dtype=np.int64)
    mine[: last - first] = rows[first:last]
    num_targets = sum(int((batch.targets >= 0).sum()) for batch in micro_batches_of(rows, [len(rows)], FORMAT))
    empty = np.zeros(0, dtype=np.int64)
    return StepBatch(0, len(rows), num_targets, int((rows != 0).sum()), 0.0, micro_batches_of(mine, sizes, FORMAT), empty, empty, empty)


def destroy(engine: Engine) -> None:
    """Take DeepSpeed's hooks away, so that the next engine of this process stands alone."""
    engine._engine.destroy()
    gc.collect()


def full_weights(slices_of_ranks: Sequence[Sequence[Any]], recipe: Recipe, key: str = "master") -> dict[str, torch.Tensor]:
    """Every parameter's master weight, or another of its values, put together from all ranks' slices; each element must come from exactly
    one."""
    weights = {}
    slices = [held for slices_of_rank in slices_of_ranks for held in slices_of_rank]
    for name, spec in parameter_table(recipe.model).items():
        mine = [held for held in slices if held.parameter.name == name]
        shards = []
        tp_size = mine[0].tp_size
        for tp_rank in range(tp_size):
            pieces = sorted((held for held in mine if held.tp_rank == tp_rank), key=lambda held: held.offset)
            flat = torch.cat([held.values[key] for held in pieces])
            shards.append(flat.view(spec.shard_shape(tp_size)))
        weights[name] = shards[0] if tp_size == 1 else torch.cat(shards, dim=spec.tp_dim)
        assert weights[name].shape == spec.shape
    return weights


# --- the plain loop


@functools.cache
def reference(model: ModelSettings, batch: BatchSettings, num_steps: int, steps_without_targets: tuple[int, ...] = ()) -> dict[str, Any]:
    """The same steps by a plain PyTorch loop on one process: the whole global batch at once, torch's loss, clipping and AdamW."""
    run = EngineRun(recipe_with(model=model, batch=batch), {}, num_steps, steps_without_targets)
    decoder = MedicalLM(model, first_weights(model, run.recipe.seed, 0, 1, torch.float32), TensorAxis())
    optimizer = adamw(list(decoder.parameters()), run.recipe)
    losses, norms = [], []
    for step in range(num_steps):
        rows = run.rows(step)
        whole = micro_batches_of(rows, [len(rows)], FORMAT)[0]
        tokens, positions, targets = map(torch.from_numpy, (whole.tokens, whole.positions, whole.targets))
        logits = decoder.logits(tokens, positions)
        loss = F.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=-1, reduction="sum") / max((targets >= 0).sum(), 1)
        losses.append(loss.item())
        norms.append(update(optimizer, loss, step, run.recipe))
    return {"losses": losses, "norms": norms, "weights": {name: parameter.detach() for name, parameter in decoder.named_parameters()}}


def adamw(parameters: Sequence[torch.nn.Parameter], recipe: Recipe) -> torch.optim.AdamW:
    """torch's AdamW on two groups: matrices decay, vectors do not."""
    settings = recipe.optimizer
    groups = [
        {"params": [parameter for parameter in parameters if parameter.ndim > 1], "weight_decay": settings.weight_decay},
        {"params": [parameter for parameter in parameters if parameter.ndim == 1], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=0.0, betas=(settings.beta1, settings.beta2), eps=settings.epsilon)


def update(optimizer: torch.optim.AdamW, loss: torch.Tensor, step: int, recipe: Recipe) -> float:
    """Backward, torch's clipping and one update at the schedule's rate; the gradient norm before clipping."""
    optimizer.zero_grad()
    loss.backward()
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    norm = torch.nn.utils.clip_grad_norm_(parameters, recipe.optimizer.clip_norm).item()
    for group in optimizer.param_groups:
        group["lr"] = learning_rate(step + 1, recipe.schedule)
    optimizer.step()
    return norm
