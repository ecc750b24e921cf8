"""A run goes on at whatever topology there is: DP, TP and the ZeRO stage change from start to start, and it stays the same run."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import torch
from engine_runs import destroy, full_weights, join_mesh
from processes import run_processes
from row_audit import assert_each_row_once_an_epoch
from whole_runs import events_of, note_what_is_trained, recipe_values

from medpretrain.checkpoint.format import VALUE_KEYS, HeldSlice
from medpretrain.shards.format import ShardDataset
from medpretrain.train.run import assemble
from medpretrain.train.run_directory import RunDirectory, read_json_lines
from medpretrain.train.settings import Recipe

pytestmark = pytest.mark.slow

STEPS = 12


class Leg(NamedTuple):
    """One start of a run."""

    tp: int
    dp: int
    zero_stage: int


RADIOLOGY = {"tied_embeddings": True, "norm": "layernorm", "activation": "gelu", "biases": True}
RAMP = ({"until_tokens": 3 * 64, "global_rows": 2}, {"until_tokens": 12 * 64, "global_rows": 5})  # 2, 2, 5, 5, and 9 rows from there on
CHAIN = (Leg(2, 2, 3), Leg(1, 3, 2), Leg(4, 1, 3), Leg(2, 1, 3))


class Kind(NamedTuple):
    """What is trained."""

    precision: str
    model: Mapping[str, Any] = {}  # its settings beside the shape
    ramp: Sequence[Mapping[str, int]] = ()


def values_of(shards: Path, kind: Kind, tp: int, stop_after: int | None = None) -> dict[str, Any]:
    # An epsilon above the rounding noise of gradients, which Adam would else turn into steps of its own.
    values = recipe_values(
        shards,
        precision=kind.precision,
        optimizer={"epsilon": 1e-5},
        batch={"global_rows": 9, "micro_rows": 3, "ramp": kind.ramp},
        schedule={"total_steps": STEPS, "warmup_steps": 4, "peak_learning_rate": 3e-3},
        parallel={"tensor": tp},
        checkpoint={"every_steps": 100},
        stop_after_steps=stop_after,
    )
    model = {**values["model"], "vocab_size": vocab_size_of(shards), **kind.model}
    return {**values, "model": model}


def train_leg(rank: int, world_size: int, values: dict[str, Any], run: Path, zero_stage: int) -> dict[str, Any]:
    """One start of the run: the state that it began with, the one it ended with, and the optimizer's groups."""
    mesh = join_mesh(rank, world_size, values["parallel"]["tensor"])
    record = RunDirectory(run) if rank == 0 else None
    # Small buckets: by default they take gigabytes. Norm weights persist under ZeRO-3, matrices are partitioned.
    zero = {"stage": zero_stage, "reduce_bucket_size": 10_000, "stage3_param_persistence_threshold": 40}
    trainer, position = assemble(Recipe.model_validate(values), {"zero_optimization": zero}, "test", run, mesh, record, [])
    note_what_is_trained(trainer, mesh, position, run)
    engine = trainer._engine
    groups = [{key: group[key] for key in ("weight_decay", "betas", "eps")} for group in engine._zero.optimizer.param_groups]
    begin = copied(engine.held_slices())
    code, _ = trainer.train(position)
    end = copied(engine.held_slices())
    destroy(engine)
    if record is not None:
        record.close()
    return {"begin": begin, "end": end, "groups": groups, "code": code}


def copied(slices: Iterable[HeldSlice]) -> list[HeldSlice]:
    return [replace(held, values={key: value.clone() for key, value in held.values.items()}) for held in slices]


def full_state(ranks: list[dict[str, Any]], when: str, recipe: Recipe) -> dict[str, dict[str, torch.Tensor]]:
    return {key: full_weights([rank[when] for rank in ranks], recipe, key) for key in VALUE_KEYS}


def adam_steps(ranks: list[dict[str, Any]], when: str) -> set[int]:
    return {held.step for rank in ranks for held in rank[when]}


def train_chain(shards: Path, kind: Kind, run: Path, seed: int) -> list[float]:
    """The chain, stopped at random steps; each leg begins with the very state that the one before ended with. The losses of all steps."""
    generator = random.Random(seed)
    stops = sorted(generator.sample(range(1, STEPS), len(CHAIN) - 1))
    before: dict[str, dict[str, torch.Tensor]] | None = None
    groups = None
    for leg, first, last in zip(CHAIN, [0, *stops], [*stops, STEPS], strict=True):
        values = values_of(shards, kind, leg.tp, last - first)
        ranks = run_processes(train_leg, leg.tp * leg.dp, run.parent, values, run, leg.zero_stage)
        assert {rank["code"] for rank in ranks} == {0 if last == STEPS else 75}
        recipe = Recipe.model_validate(values)
        if before is not None:
            begin = full_state(ranks, "begin", recipe)
            for key in VALUE_KEYS:
                for name, value in begin[key].items():
                    assert torch.equal(value, before[key][name]), f"{leg}: {name}/{key} is not as it was"
            assert adam_steps(ranks, "begin") == {first}
            assert ranks[0]["groups"] == groups
        before, groups = full_state(ranks, "end", recipe), ranks[0]["groups"]
        assert adam_steps(ranks, "end") == {last}
    assert [group["weight_decay"] for group in groups or ()] == [0.1, 0.0]
    topologies = [events_of(run, "started")[0]["topology"], *(event["topology"] for event in events_of(run, "resumed"))]
    assert [(found["tp"], found["dp"], found["zero_stage"]) for found in topologies] == list(CHAIN)
    assert [event["written_by"] for event in events_of(run, "resumed")] == topologies[:-1]
    assert_each_row_once_an_epoch(run, values)
    return losses_of(run)


def vocab_size_of(shards: Path) -> int:
    return ShardDataset.open(shards).vocab_size


def losses_of(run: Path) -> list[float]:
    return [line["loss"] for line in read_json_lines(run / "metrics.jsonl") if "loss" in line]


def train_alone(shards: Path, kind: Kind, leg: Leg, run: Path) -> list[float]:
    """The run at one topology, never stopped."""
    run_processes(train_leg, leg.tp * leg.dp, run.parent, values_of(shards, kind, leg.tp), run, leg.zero_stage)
    return losses_of(run)


@pytest.fixture(scope="module")
def odd_shards(tmp_path_factory: pytest.TempPathFactory, pack_reports: Callable[..., Path]) -> Path:
    """Rows of a vocabulary of 403, which no TP divides before it is padded to 512."""
    shards = pack_reports(tmp_path_factory.mktemp("odd"), num_reports=20, vocab_size=403)
    assert vocab_size_of(shards) == 403
    return shards


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param(Kind("fp32"), id="Llama"),
        pytest.param(Kind("fp32", RADIOLOGY, RAMP), id="radiology, a ramp of batches", marks=pytest.mark.long),
    ],
)
def test_a_chain_of_topologies_is_one_run_in_fp32(kind: Kind, odd_shards: Path, tmp_path: Path) -> None:
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    chain = train_chain(odd_shards, kind, tmp_path / "chain", seed)
    alone = train_alone(odd_shards, kind, CHAIN[0], tmp_path / "alone")
    assert chain == pytest.approx(alone, rel=1e-6)


@pytest.mark.long
def test_a_chain_of_topologies_is_one_run_in_bf16(odd_shards: Path, tmp_path: Path) -> None:
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    chain = train_chain(odd_shards, Kind("bf16"), tmp_path / "chain", seed)
    fixed = [train_alone(odd_shards, Kind("bf16"), leg, tmp_path / f"{leg.tp}-{leg.dp}") for leg in CHAIN[:3]]
    control = max(abs(one - other) for losses in zip(*fixed, strict=True) for one in losses for other in losses)
    assert control > 0
    for step, (found, *others) in enumerate(zip(chain, *fixed, strict=True), start=1):
        assert min(abs(found - other) for other in others) <= control, f"step {step}: {found}, at fixed topologies {others}"
