"""The speed of a step on CPU, two threads: our decoder beside transformers' Llama, and our training loop beside a bare one.

The decoder: the same shape and padded vocabulary, documents kept apart in both, the same DeepSpeed JSON (ZeRO-2, as shipped) and AdamW, the
same rows; blocks of steps in turn. The loop: the trainer as a run has it (read-ahead, schedule, log every 10 steps, stop agreed each step),
beside blocks of the same number of steps that only call forward, backward and step of the same DeepSpeed engine on batches made before.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType

import torch
from measure.pairs import PAIRS, Pairs, measure_pairs
from measure.training import PLACE, Llama, Ours, Trained, batches, ds_config_of, one_process

from medpretrain.corpus.synth import write_synthetic_corpus
from medpretrain.parallel.mesh import build_mesh
from medpretrain.shards.loader import ReadAhead, StepBatch
from medpretrain.shards.pack import pack_corpus
from medpretrain.tokenizer.train import train_tokenizer
from medpretrain.train.recipes import load_recipe
from medpretrain.train.run import assemble
from medpretrain.train.run_directory import RunDirectory
from medpretrain.train.settings import Recipe

SHAPES = {
    "tiny-cpu": (),
    "34M": (
        "model.vocab_size=16384",
        "model.hidden_size=512",
        "model.num_layers=6",
        "model.num_heads=8",
        "model.num_kv_heads=4",
        "model.head_size=64",
        "model.ffn_size=1408",
    ),
}
STEPS = 2  # of a block beside transformers
BLOCK = 10  # steps of a block of the loop


def recipe_of(shape: str, precision: str, *overrides: str) -> Recipe:
    sizes = ("batch.global_rows=4", "batch.micro_rows=2", "parallel.tensor=1")
    return load_recipe("tiny-cpu", [*SHAPES[shape], *sizes, f"precision={precision}", *overrides])


def decoder_beside_llama(device: torch.device, shape: str, precision: str) -> None:
    recipe = recipe_of(shape, precision)
    data = batches(recipe, STEPS)
    ours, theirs = Ours(recipe, device), Llama(recipe, device)
    measured = measure_pairs(lambda: seconds(ours, data), lambda: seconds(theirs, data))
    tokens = recipe.batch.global_rows * recipe.data.seq_len
    print(measured.line(f"a step of {tokens:,} tokens, {shape} in {precision}", "s", "transformers' Llama"), flush=True)
    ours.free()
    theirs.free()


def seconds(trained: Trained, data: list[StepBatch]) -> float:
    """A step's, after one that is not counted."""
    trained.step(data[0])
    started = time.perf_counter()
    for batch in data:
        trained.step(batch)
    return (time.perf_counter() - started) / len(data)


class Alternating:
    """The trainer's batches; between blocks of them, the bare loop runs for as many steps."""

    def __init__(self, batches: ReadAhead[StepBatch], bare: Callable[[], None]) -> None:
        self._batches, self._bare, self._number = batches, bare, 0
        self.measured = Pairs([], [])

    def __iter__(self) -> Iterator[StepBatch]:
        return self

    def __next__(self) -> StepBatch:
        if self._number % BLOCK == 0:
            if self._number:
                self.measured.ours.append((time.perf_counter() - self._began) / BLOCK)
            started = time.perf_counter()
            self._bare()
            self.measured.baseline.append((time.perf_counter() - started) / BLOCK)
            self._began = time.perf_counter()
        self._number += 1
        return next(self._batches)

    def __enter__(self) -> Alternating:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._batches.close()


def loop_beside_bare(directory: Path) -> None:
    write_synthetic_corpus(1000, 1, directory / "raw")
    train_tokenizer(directory / "raw", 2000, directory / "tokenizer")
    pack_corpus(directory / "raw", "train", directory / "tokenizer", 512, directory / "shards")
    num_steps = BLOCK * (PAIRS + 2)  # the first block and what is left at the end are not counted
    recipe = recipe_of(
        "tiny-cpu",
        "fp32",
        f"data.sources.reports.shards={directory / 'shards'}",
        f"schedule.total_steps={num_steps}",
        "schedule.warmup_steps=5",
        "checkpoint.every_steps=100000",
    )
    mesh = build_mesh(PLACE, 1, torch.device("cpu"))
    trainer, position = assemble(
        recipe, {"zero_optimization": ds_config_of(recipe, 2)["zero_optimization"]}, "zero2.json", directory / "run", mesh,
        RunDirectory(directory / "run"), [],
    )  # fmt: skip
    engine, read_ahead = trainer._engine._engine, trainer._batches_from
    with read_ahead(0) as made:
        prepared = [next(made) for _ in range(BLOCK)]

    def bare() -> None:
        engine.train()
        for batch in prepared:
            for micro_batch in batch.micro_batches:
                arrays = (micro_batch.tokens, micro_batch.positions, micro_batch.targets)
                loss, _ = engine(*map(torch.from_numpy, arrays), 1.0 / batch.num_targets)
                engine.backward(loss, scale_wrt_gas=False)
                engine.step()

    alternating: list[Alternating] = []

    def batches_from(sample: int) -> Alternating:
        alternating.append(Alternating(read_ahead(sample), bare))
        return alternating[0]

    trainer._batches_from = batches_from  # type: ignore[assignment]
    trainer.train(position)
    found = alternating[0].measured
    print(Pairs(found.ours[1 : PAIRS + 1], found.baseline[1 : PAIRS + 1]).line("a step of our loop, tiny-cpu in fp32", "s", "bare loop"))


def main() -> None:
    os.environ["DS_ACCELERATOR"] = "cpu"
    torch.set_num_threads(2)
    with TemporaryDirectory() as directory, one_process() as device:
        loop_beside_bare(Path(directory))
        for shape in SHAPES:
            for precision in ("fp32", "bf16"):
                decoder_beside_llama(device, shape, precision)


if __name__ == "__main__":
    main()
