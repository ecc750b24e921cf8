"""The engine against a plain PyTorch loop that knows neither DeepSpeed nor parallelism: losses, norms and weights after five steps."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from engine_runs import RADIOLOGY, SEQ_LEN, TIED, ZERO_2, ZERO_3, EngineRun, first_weights, full_weights, recipe_with, reference, train_runs
from processes import run_processes

from medpretrain.shards.loader import round_sizes

STEPS = 5
TOPOLOGIES = [(1, 1), (2, 1), (1, 2), (2, 2), (3, 1), (1, 4)]  # DP x TP


class Case(NamedTuple):
    """One cell of the matrix."""

    topology: tuple[int, int]
    stage: int
    micro_rows: int
    num_rounds: int
    recompute_layers: bool

    def run(self) -> EngineRun:
        """A global batch that needs this many rounds and that no DP divides; where micro-batches have several rows, the last round has
        one fewer. With one round of one row, there are fewer rows than replicas: one of them has padding alone."""
        dp_size, tp_size = self.topology
        rows_of_replica = self.micro_rows * self.num_rounds - (self.micro_rows > 1 and self.num_rounds > 1)
        global_rows = max(dp_size * rows_of_replica - 1, 1) if dp_size > 1 else rows_of_replica
        assert len(round_sizes(global_rows, dp_size, self.micro_rows)) == self.num_rounds
        assert dp_size == 1 or global_rows % dp_size
        recipe = recipe_with(global_rows, self.micro_rows, tp_size, recompute_layers=self.recompute_layers)
        return EngineRun(recipe, ZERO_3 if self.stage == 3 else ZERO_2, STEPS)


MATRIX = [Case(*levels) for levels in itertools.product(TOPOLOGIES, (2, 3), (1, 2, 4), (1, 3), (False, True))]


def covering() -> list[Case]:
    """18 of the 144 cases in which every two levels of two different settings meet."""
    corners = [(2, 1, False), (3, 3, False), (3, 1, True), (2, 3, True)]  # stage, rounds, recomputed: any two of them in all combinations
    cases = []
    for number, topology in enumerate(TOPOLOGIES):
        for place, micro_rows in enumerate((1, 2, 4)):
            stage, num_rounds, recompute_layers = corners[(place + number) % 4]
            cases.append(Case(topology, stage, micro_rows, num_rounds, recompute_layers))
    return cases


# 2, 2, 4, 7 and 7 rows: of two replicas 1, 1, 1, 2 and 2 rounds, where DeepSpeed counts on as many in every step.
RAMP = {
    "global_rows": 7,
    "micro_rows": 2,
    "ramp": [{"until_tokens": 3 * SEQ_LEN, "global_rows": 2}, {"until_tokens": 8 * SEQ_LEN, "global_rows": 4}],
}
BESIDE_THE_MATRIX = {
    (2, 1): [
        EngineRun(recipe_with(), {**ZERO_2, "offload_optimizer": {"device": "cpu"}}, STEPS),
        EngineRun(recipe_with(global_rows=1), ZERO_3, STEPS),  # one of the replicas has padding alone
        EngineRun(recipe_with(batch=RAMP), {**ZERO_2, "offload_optimizer": {"device": "cpu"}}, STEPS),
        EngineRun(recipe_with(batch=RAMP), ZERO_2, STEPS),
    ],
    (3, 1): [EngineRun(recipe_with(), {**ZERO_3, "sub_group_size": 1000}, STEPS)],
    # A batch without targets: no loss, no gradient, and the same decay and momentum as everywhere; what follows is unharmed.
    (2, 2): [
        *(EngineRun(recipe_with(tensor=2), zero, STEPS, steps_without_targets=(2,)) for zero in (ZERO_2, ZERO_3)),
        EngineRun(recipe_with(tensor=2, batch=RAMP), ZERO_3, STEPS),
    ],
}


# So small a model's tied weight stays gathered from the look-up to the end of the backward pass, unless DeepSpeed is told otherwise.
GATHERED_FOR_EACH_USE = {**ZERO_3, "stage3_max_reuse_distance": 0, "stage3_prefetch_bucket_size": 0}


def tied_runs(topology: tuple[int, int]) -> list[EngineRun]:
    """One weight in two places, whose two gradients must meet before they are reduced, once in each of two rounds."""
    dp_size, tp_size = topology
    return [
        EngineRun(recipe_with(max(3 * dp_size - 1, 3), 2, tp_size, recompute_layers=recompute_layers, model=TIED), zero, STEPS)
        for zero, recompute_layers in ((ZERO_2, False), (ZERO_3, False), (GATHERED_FOR_EACH_USE, True))
    ]


def radiology_runs(topology: tuple[int, int]) -> list[EngineRun]:
    """LayerNorm, GELU, and biases: split ones, and whole ones that are added once to a sum over ranks; partitioned and persistent ones."""
    dp_size, tp_size = topology
    recipe = recipe_with(max(3 * dp_size - 1, 3), 2, tp_size, model=RADIOLOGY)
    return [EngineRun(recipe, zero, STEPS) for zero in ((ZERO_2, ZERO_3) if topology == (2, 2) else (ZERO_3,))]


def check(topology: tuple[int, int], runs: list[EngineRun], directory: Path) -> None:
    """All runs, on one group of processes, equal the plain loop."""
    outputs_of_ranks = run_processes(train_runs, topology[0] * topology[1], directory, runs, timeout=900)
    for run, outputs in zip(runs, zip(*outputs_of_ranks, strict=True), strict=True):
        alone = reference(run.recipe.model, run.recipe.batch, STEPS, run.steps_without_targets)
        for step, (loss, norm) in enumerate(zip(alone["losses"], alone["norms"], strict=True)):
            if step in run.steps_without_targets:
                assert (loss, norm) == (0, 0)
            else:
                assert norm > 2 * run.recipe.optimizer.clip_norm, "clipping must bite for this test to show anything"
        for output in outputs:
            assert all(output["applied"]), run
            np.testing.assert_allclose(output["losses"], alone["losses"], rtol=1e-6, err_msg=f"{run}: losses")
            np.testing.assert_allclose(output["norms"], alone["norms"], rtol=1e-6, err_msg=f"{run}: norms")
        start = first_weights(run.recipe.model, run.recipe.seed, 0, 1, torch.float32)
        weights = full_weights([output["slices"] for output in outputs], run.recipe)
        assert weights.keys() == alone["weights"].keys()
        for name, weight in weights.items():
            assert not torch.equal(weight, start(name)), f"{run}: {name} was not trained"
            difference = ((weight - alone["weights"][name]).norm() / alone["weights"][name].norm()).item()
            assert difference < 1e-6, f"{run}: {name}: {difference}"


@pytest.mark.slow
@pytest.mark.parametrize(
    "topology",
    [pytest.param(topology, marks=pytest.mark.long if topology in ((3, 1), (1, 4), (1, 2)) else ()) for topology in TOPOLOGIES],
    ids=["DP {} x TP {}".format(*topology) for topology in TOPOLOGIES],
)
def test_the_engine_equals_a_plain_pytorch_loop_on_one_process(topology: tuple[int, int], tmp_path: Path):
    runs = [case.run() for case in covering() if case.topology == topology]
    check(topology, runs + BESIDE_THE_MATRIX.get(topology, []) + tied_runs(topology) + radiology_runs(topology), tmp_path)


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("topology", TOPOLOGIES, ids=lambda topology: "DP {} x TP {}".format(*topology))
def test_the_whole_matrix_equals_a_plain_pytorch_loop_on_one_process(topology: tuple[int, int], tmp_path: Path):
    check(topology, [case.run() for case in MATRIX if case.topology == topology], tmp_path)


def test_the_covering_cases_hold_every_pair_of_settings():
    def pairs(cases: list[Case]) -> set[tuple[Any, ...]]:
        return {(one, case[one], other, case[other]) for case in cases for one, other in itertools.combinations(range(len(case)), 2)}

    assert pairs(covering()) == pairs(MATRIX)
