"""What the hang watch costs a step: steps of tiny-cpu with the watch's thread running and its beats, beside the same steps without, in
turn. One process, two threads; and what one beat takes by itself, as a share of such a step.
"""

from __future__ import annotations

import statistics
import time
import timeit
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NoReturn

import torch
from measure.pairs import measure_pairs
from measure.training import PLACE, Ours, batches, one_process

from medpretrain.parallel.mesh import build_mesh
from medpretrain.train.recipes import load_recipe
from medpretrain.train.settings import WatchSettings
from medpretrain.train.watch import SAVING, STEP, HangWatch

STEPS, PAIRS, BEATS_A_STEP = 10, 9, 2


def end(diagnosis: str) -> NoReturn:
    raise AssertionError(diagnosis)


def main() -> None:
    torch.set_num_threads(2)
    recipe = load_recipe("tiny-cpu", ["batch.global_rows=2", "batch.micro_rows=2", "parallel.tensor=1", "precision=fp32"])
    data = batches(recipe, STEPS)
    with one_process() as device, TemporaryDirectory() as directory:
        mesh = build_mesh(PLACE, 1, device)
        trained = Ours(recipe, device)

        def seconds(watch: HangWatch | None) -> float:
            started = time.perf_counter()
            for number, batch in enumerate(data):
                if watch is not None:
                    watch.beat(STEP, number)
                trained.step(batch)
                if watch is not None:
                    watch.beat(SAVING, number)
            return (time.perf_counter() - started) / STEPS

        def watched() -> float:
            watch = HangWatch(WatchSettings(), Path(directory), "1", mesh, end)
            measured = seconds(watch)
            watch.stop()
            return measured

        seconds(None)
        measured = measure_pairs(watched, lambda: seconds(None), PAIRS)
        print(measured.line("a watched step", "s", "without the watch"))
        watch = HangWatch(WatchSettings(), Path(directory), "1", mesh, end)
        beat = min(timeit.repeat(lambda: watch.beat(STEP, 1), number=100_000, repeat=5)) / 100_000
        watch.stop()
        share = BEATS_A_STEP * beat / statistics.median(measured.baseline)
        print(f"a beat  {1e9 * beat:,.0f} ns; {BEATS_A_STEP} of them are {share:.7%} of such a step")
        trained.free()


if __name__ == "__main__":
    main()
