"""Whole runs (data, engine, checkpoints, trainer) in the processes of a test: trained, spoilt and killed on purpose, and what they were."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from engine_runs import destroy, join_mesh
from processes import ProcessGroup

from medpretrain.checkpoint.paths import checkpoints_directory, published_steps
from medpretrain.model.precision import FLOATS_OF
from medpretrain.parallel.mesh import Mesh
from medpretrain.shards.batches import BatchSizes
from medpretrain.shards.format import ShardDataset
from medpretrain.shards.loader import StepBatch, StepLoader, sources_of
from medpretrain.shards.order import Order
from medpretrain.train.engine import Engine, StepResult
from medpretrain.train.run import assemble
from medpretrain.train.run_directory import RunDirectory, read_json_lines
from medpretrain.train.settings import Recipe
from medpretrain.train.trainer import Position, Trainer

ZERO: dict[str, Any] = {"zero_optimization": {"stage": 3, "stage3_param_persistence_threshold": 40}}
# What two runs that are one and the same have in common, step by step; times and memory are not.
COMPARED = (
    *("samples", "tokens", "loss", "gradient_norm", "learning_rate", "loss_scale", "packing_efficiency"),
    *("train_loss", "mean_gradient_norm", "validation", "evaluations"),
)


def recipe_values(shards: Path, **changes: Any) -> dict[str, Any]:
    return {
        "name": "kill",
        "model": {"vocab_size": 400, "hidden_size": 32, "num_layers": 2, "num_heads": 8, "num_kv_heads": 4, "head_size": 4, "ffn_size": 64},
        "data": {"seq_len": 64, "sources": {"reports": {"shards": str(shards)}}, "held_out": str(shards.with_name("held_out"))},
        "batch": {"global_rows": 9, "micro_rows": 3},  # of two replicas: 5 and 4 rows, in 2 rounds
        "schedule": {"total_steps": 16, "warmup_steps": 9, "peak_learning_rate": 1e-2},
        "parallel": {"tensor": 2},
        "precision": "bf16",
        "validation": {"every_steps": 7, "max_rows": 6},
        "checkpoint": {"every_steps": 4},
        "log_every_steps": 1,
        **changes,
    }


def small_values(held_out: Path, seven: Path, four: Path, **changes: Any) -> dict[str, Any]:
    """8 steps of 3 samples without tensor parallelism: 2 of a source of 7 rows and 1 of a source of 4. After step 3 the first source is one
    sample before its epoch's end, step 4 straddles two epochs, and step 7 ends with one; the other source ends one with steps 4 and 8."""
    sources = {"seven": {"shards": str(seven), "weight": 2.0}, "four": {"shards": str(four), "weight": 1.0}}
    values = recipe_values(
        seven,
        data={"seq_len": 64, "sources": sources, "held_out": str(held_out)},
        batch={"global_rows": 3, "micro_rows": 1},
        schedule={"total_steps": 8, "warmup_steps": 3, "peak_learning_rate": 1e-2},
        parallel={"tensor": 1},
        validation={"every_steps": 3, "max_rows": 6},
        checkpoint={"every_steps": 1, "keep_newest": 8},
    )
    return {**values, **changes}


@dataclass(frozen=True)
class Harm:
    """What happens to a run on purpose.

    nan_at: step -> where a NaN gets into its gradient. "loss": the last replica's loss is NaN, so that every gradient is. "gradient":
        the loss is finite, and in the backward pass of rank 1 alone the gradient of its share of the embedding becomes NaN.
    killed_before: (rank, step) that dies by SIGKILL as it is to train that step, so right after the one before.
    """

    nan_at: Mapping[int, str] = field(default_factory=dict)
    killed_before: tuple[int, int] | None = None


NO_HARM = Harm()
# Skipped updates: of the first step, of one whose NaN is a single rank's and that no checkpoint is taken of, and of one that is saved.
SKIPPING = Harm({1: "loss", 9: "gradient", 12: "loss"})
SMALL_SKIPPING = Harm({1: "loss", 2: "gradient", 5: "gradient"})


def train_whole(
    rank: int, world_size: int, values: dict[str, Any], run: Path, zero: dict[str, Any] = ZERO, harm: Harm = NO_HARM
) -> dict[str, Any]:
    """A run from where it stands to its end, and this rank's whole state after it, hashed."""
    return train_once(join_mesh(rank, world_size, values["parallel"]["tensor"]), values, run, zero, harm)


def train_once(mesh: Mesh, values: dict[str, Any], run: Path, zero: dict[str, Any] = ZERO, harm: Harm = NO_HARM) -> dict[str, Any]:
    """One start of a run, in processes that may start more of them."""
    record = RunDirectory(run) if mesh.rank == 0 else None
    recipe = Recipe.model_validate(values)
    trainer, position = assemble(recipe, zero, "test", run, mesh, record, [])
    first_step = position.step
    engine = trainer._engine
    _put_nan(engine, mesh, position, harm.nan_at)
    note_what_is_trained(trainer, mesh, position, run)
    if harm.killed_before is not None:
        _die_before(trainer, mesh, position, *harm.killed_before)
    code, _ = trainer.train(position)
    state = state_of(engine)
    compute = hashlib.sha256()
    for parameter in engine._parameters.values():  # the weights that the forward pass reads
        held_here = parameter.ds_tensor if hasattr(parameter, "ds_tensor") else parameter.data
        assert held_here.dtype == FLOATS_OF[recipe.precision]
        compute.update(held_here.detach().view(torch.uint8).numpy().tobytes())
    destroy(engine)
    if record is not None:
        record.close()
    return {"code": code, "first_step": first_step, "state": state, "compute": compute.hexdigest()}


def state_of(engine: Engine) -> str:
    """A hash of all of this rank's state: master weights, both moments, and the step."""
    state = hashlib.sha256()
    for held in engine.held_slices():
        state.update(f"{held.parameter.name} {held.offset} {held.step}".encode())
        for key in sorted(held.values):
            state.update(held.values[key].numpy().tobytes())
    return state.hexdigest()


@torch.no_grad()
def first_loss(theirs: Any, values: dict[str, Any], shards: Path) -> float:
    """What a model of transformers gives for the rows of a run's first step, document by document, its softmax over the real vocabulary."""
    dataset, recipe = ShardDataset.open(shards), Recipe.model_validate(values)
    order, sizes = Order.start(recipe.seed, sources_of([dataset]), [1.0]), BatchSizes(recipe.batch.global_rows)
    loader = StepLoader([dataset], order, sizes, recipe.batch.micro_rows, dp_rank=0, dp_size=1)
    total, count = 0.0, 0
    for micro_batch in loader.step(0).micro_batches:
        for tokens, targets in zip(micro_batch.tokens, micro_batch.targets, strict=True):
            ends = np.flatnonzero(tokens == dataset.eos_id) + 1
            for ids, wanted in zip(np.split(tokens, ends), np.split(targets, ends), strict=True):
                if (wanted >= 0).any():
                    logits = theirs(torch.from_numpy(ids)[None].long()).logits[0, :, : dataset.vocab_size]
                    total += F.cross_entropy(logits, torch.from_numpy(wanted).long(), ignore_index=-1, reduction="sum").item()
                    count += int((wanted >= 0).sum())
    return total / count


def trajectory(run: Path) -> dict[tuple[int, str], list[dict[str, Any]]]:
    """(step, what of it) -> its numbers: one entry, unless attempts that both trained the step differ in what they found."""
    found: dict[tuple[int, str], list[dict[str, Any]]] = {}
    for line in read_json_lines(run / "metrics.jsonl"):
        numbers = {key: line[key] for key in COMPARED if key in line}
        kind = next((key for key in ("loss", "validation", "evaluations") if key in line), None)
        if kind is None:  # the statistics of layers
            continue
        of_step = found.setdefault((line["step"], kind), [])
        if numbers not in of_step:
            of_step.append(numbers)
    return found


def last_step(run: Path) -> int:
    """The last step in the metrics, 0 where there is none."""
    return max((line["step"] for line in read_json_lines(run / "metrics.jsonl")), default=0)


def events_of(run: Path, name: str) -> list[dict[str, Any]]:
    return [event for event in read_json_lines(run / "events.jsonl") if event["event"] == name]


def wait_for(condition: Callable[[], Any], group: ProcessGroup, seconds_between: float = 0.01) -> None:
    """Until the condition holds; AssertionError where the group ends before."""
    deadline = time.monotonic() + 200
    while not condition():
        assert group.alive(), "the job ended before it could be killed"
        assert time.monotonic() < deadline, "the job did not come to where it was to be killed"
        time.sleep(seconds_between)


def kill_once_logged(step: int, victim: int, num_processes: int, values: dict[str, Any], run: Path, harm: Harm = NO_HARM) -> None:
    """Start the run and SIGKILL one rank once `step` stands in the metrics and something was saved, wherever the job is by then."""
    with ProcessGroup(train_whole, num_processes, run.parent, (values, run, ZERO, harm)) as group:
        wait_for(lambda: last_step(run) >= step and published_steps(checkpoints_directory(run)), group)
        group.kill(victim)


def kill_right_after(step: int, victim: int, num_processes: int, values: dict[str, Any], run: Path, harm: Harm = NO_HARM) -> None:
    """Start the run and have one rank die by SIGKILL between `step` and the next one."""
    arguments = (values, run, ZERO, replace(harm, killed_before=(victim, step + 1)))
    with ProcessGroup(train_whole, num_processes, run.parent, arguments) as group:
        deadline = time.monotonic() + 200
        while group.alive():
            assert time.monotonic() < deadline, f"the job did not come to step {step + 1}"
            time.sleep(0.01)
    assert last_step(run) == step, "the job ended elsewhere than where it was to be killed"


def _put_nan(engine: Engine, mesh: Mesh, position: Position, nan_at: Mapping[int, str]) -> None:
    module = engine._engine.module

    def is_due(where: str) -> bool:
        return module.training and nan_at.get(position.step + 1) == where

    def spoil_loss(_module: Any, _inputs: Any, hidden: torch.Tensor) -> torch.Tensor:
        return hidden * torch.nan if is_due("loss") and mesh.dp_rank == mesh.dp_size - 1 else hidden

    def spoil_gradient(_module: Any, _inputs: Any, embedded: torch.Tensor) -> None:
        if is_due("gradient") and mesh.rank == 1:
            embedded.register_hook(lambda gradient: gradient * torch.nan)

    if nan_at:
        module.final_norm.register_forward_hook(spoil_loss)
        module.embedding.register_forward_hook(spoil_gradient)


def note_what_is_trained(trainer: Trainer, mesh: Mesh, position: Position, run: Path) -> None:
    """Append a line to `run/trained/rank-N.jsonl` after each step of this rank, for `row_audit`. What is noted is what the engine got:
    the rows' numbers, and a digest of the ids in its micro-batches."""
    train_step = trainer._engine.train_step
    (run / "trained").mkdir(parents=True, exist_ok=True)
    file = os.open(run / "trained" / f"rank-{mesh.rank}.jsonl", os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def noted(batch: StepBatch, *arguments: Any) -> StepResult:
        result = train_step(batch, *arguments)
        ids = np.concatenate([micro_batch.tokens for micro_batch in batch.micro_batches])
        line = {
            "step": position.step + 1,
            "attempt": trainer._attempt,
            "dp_rank": mesh.dp_rank,
            "samples": batch.sample_ids.tolist(),
            "sources": batch.sources.tolist(),
            "rows": batch.rows.tolist(),
            "contents": [digest(row) for row in ids[: len(batch.rows)]],
        }
        os.write(file, (json.dumps(line) + "\n").encode())
        return result

    trainer._engine.train_step = noted  # type: ignore[method-assign]


def digest(ids: np.ndarray) -> str:
    return hashlib.blake2b(ids.astype(np.int64).tobytes(), digest_size=8).hexdigest()


def _die_before(trainer: Trainer, mesh: Mesh, position: Position, victim: int, step: int) -> None:
    """The save of the step before, where there is one, has ended then."""
    engine = trainer._engine
    train_step = engine.train_step

    def mortal(*arguments: Any) -> StepResult:
        if position.step + 1 == step:
            trainer._saver.finish()
            if mesh.rank == victim:
                os.kill(os.getpid(), signal.SIGKILL)
        return train_step(*arguments)

    engine.train_step = mortal  # type: ignore[method-assign]
