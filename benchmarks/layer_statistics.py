"""What the statistics of layers cost: a step that takes them beside one that does not, in turn, and what that is of all steps at the
default interval. One process on CPU, two threads unless --threads says otherwise, ZeRO-2 as shipped.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from functools import partial

import torch
from measure.pairs import measure_pairs
from measure.training import LEARNING_RATE, PLACE, batches, ds_config_of, free, one_process, random_weights
from step import SHAPES, recipe_of

from medpretrain.parallel.mesh import build_mesh
from medpretrain.train.engine import Engine
from medpretrain.train.settings import StatisticsSettings
from medpretrain.train.statistics import measure_step


def beside_plain_steps(device: torch.device, shape: str, precision: str) -> None:
    recipe = recipe_of(shape, precision)
    (batch,) = batches(recipe, 1)
    mesh = build_mesh(PLACE, 1, device)
    engine = Engine(recipe, ds_config_of(recipe, 2), mesh, random_weights(recipe, device))
    step = partial(engine.train_step, batch, LEARNING_RATE)

    def seconds_of(measured: bool) -> float:
        started = time.perf_counter()
        if measured:
            measure_step(engine, mesh, recipe, batch, LEARNING_RATE, step)
        else:
            step()
        return time.perf_counter() - started

    seconds_of(True)
    pairs = measure_pairs(partial(seconds_of, True), partial(seconds_of, False), num_pairs=9)
    print(pairs.line(f"a step with statistics, {shape} in {precision}", "s", "without"))
    interval = StatisticsSettings().every_steps
    assert interval is not None
    extra = statistics.median(pairs.ratios) - 1
    print(f"  every {interval} steps: {extra / interval:.3%} of all steps; every 10: {extra / 10:.2%}", flush=True)
    free(engine._engine)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--precisions", nargs="+", default=["fp32", "bf16"])
    arguments = parser.parse_args()
    os.environ["DS_ACCELERATOR"] = "cpu"
    torch.set_num_threads(arguments.threads)
    with one_process() as device:
        for shape in SHAPES:
            for precision in arguments.precisions:
                beside_plain_steps(device, shape, precision)


if __name__ == "__main__":
    main()
