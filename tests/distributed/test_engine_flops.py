"""FLOPs that torch counts in a step of the engine, over all ranks, against the formula (002-80)."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from engine_runs import SEQ_LEN, ZERO_2, ZERO_3, EngineRun, batch_of, build_engine, destroy, join_mesh, recipe_with
from processes import run_processes
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from medpretrain.model.attention import boundaries_of
from medpretrain.model.counts import flops_per_token

pytestmark = pytest.mark.slow

RUNS = [EngineRun(recipe_with(tensor=2), zero, num_steps=1) for zero in (ZERO_2, ZERO_3)]


def count(rank: int, world_size: int, runs: list[EngineRun]) -> list[tuple[int, list[int]]]:
    """FLOPs of a step on this rank, and the lengths of its replica's documents, padding included; for each run."""
    mesh = join_mesh(rank, world_size, runs[0].recipe.parallel.tensor)
    counted = []
    for run in runs:
        engine = build_engine(run, mesh)
        batch = batch_of(run, 0, mesh.dp_rank, mesh.dp_size)
        with FlopCounterMode(display=False) as counter, sdpa_kernel(SDPBackend.MATH):  # it knows no fused kernel of the CPU
            engine.train_step(batch, 1e-3)
        positions = [torch.from_numpy(micro_batch.positions) for micro_batch in batch.micro_batches]
        counted.append((counter.get_total_flops(), boundaries_of(torch.cat(positions)).diff().tolist()))
        destroy(engine)
    return counted


def test_a_step_of_all_ranks_costs_what_the_formula_says_of_its_documents(tmp_path: Path):
    """Attention forms no scores between documents, so a row costs what its documents cost as rows of their own."""
    counted_of_ranks = run_processes(count, 4, tmp_path, RUNS)  # TP 2 x DP 2
    for run, counted in zip(RUNS, zip(*counted_of_ranks, strict=True), strict=True):
        flops = sum(flops for flops, _ in counted)
        lengths = [length for _, of_rank in counted for length in of_rank]
        assert sum(lengths) == 2 * 8 * SEQ_LEN  # two replicas of four rows, one of them padding, on two tensor parallel ranks each
        expected = sum(flops_per_token(run.recipe.model, length) * length for length in lengths)
        assert flops == expected / run.recipe.parallel.tensor, run.zero
