"""Our training beside that of transformers: from equal weights, over equal rows, both must end at the same bits per byte.

Ours is the real thing, as it is typed: `launch/pretrain.py` on one process, stopped after each fifth of the steps and resumed by the same
command. Theirs is `LlamaForCausalLM` with its own attention, document masks and loss in a plain PyTorch loop with torch's AdamW and
clipping; in bf16, autocast over fp32 weights. One process has nothing to partition, so ours takes ZeRO-2. What they share: first weights,
rows and their order, micro-batches, learning rates. The fifths are trained in turn, so that a busy machine slows both alike, and both
models are scored on the same held-out rows, each by its own forward pass. Exits with 1 where they end more than 1e-3 bits per byte apart.

The highest learning rate is 1e-3, not the recipe's 3e-3, at which batches of 4,096 tokens make training chaotic: the losses
of the plain loop itself leave those that it has with micro-batches of one row instead of two, by 3e-2 at step 100.

The text is DATA (a file or directory of JSON lines), by default ../shared/data/pretrain; where that is absent, synthetic reports.
The default number of steps takes about five minutes for each of the two on two quiet cores; `--steps 50` gives a first look.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from measure.pairs import PAIRS, measure_pairs
from transformers import LlamaConfig, LlamaForCausalLM

from medpretrain.model.initialise import initial_weights
from medpretrain.model.precision import FLOATS_OF
from medpretrain.release.mapping import PADDED_BY_VOCABULARY, huggingface_names, llama_config
from medpretrain.shards.batches import BatchSizes
from medpretrain.shards.format import ShardDataset
from medpretrain.shards.loader import MicroBatch, StepLoader, held_out_batches, sources_of
from medpretrain.shards.order import Order
from medpretrain.tokenizer.vocabulary import Tokenizer
from medpretrain.train.recipes import load_recipe
from medpretrain.train.run_directory import FINISHED, STOPPED, read_json_lines
from medpretrain.train.schedule import learning_rate
from medpretrain.train.validate import score_batches

REPOSITORY = Path(__file__).resolve().parents[1]
REAL_TEXT = REPOSITORY.parent / "shared" / "data" / "pretrain"
RECIPE = "tiny-cpu"
SEQ_LEN = 512
STEPS = 350
HELD_OUT_ROWS = 400
PEAK_LEARNING_RATE, FINAL_LEARNING_RATE = 1e-3, 1e-4
ALLOWED_DIFFERENCE = 1e-3  # bits per byte
COLD_STEPS = 2  # at the start of each fifth, left out of the speed


def run(*words: object, statuses: tuple[int, ...] = (0,)) -> str:
    """What a Python command prints; ends the benchmark with what it complains of where its exit status is another one."""
    process = subprocess.run([sys.executable, *map(str, words)], cwd=REPOSITORY, capture_output=True, text=True)
    if process.returncode not in statuses:
        sys.exit(process.stderr)
    return process.stdout


def medpretrain(*words: object) -> str:
    """What a command of ours prints."""
    return run("-m", "medpretrain", *words)


def make_rows(data: Path | None, work: Path) -> None:
    """Raw text -> `work/rows` and `work/heldout`, packed rows, by our commands."""
    if data is None:
        say("no DATA: synthetic radiology reports")
        medpretrain("corpus", "synth", "--num-reports", 6000, "--seed", 42, "--out", work / "raw")
        data = work / "raw"
    say(f"corpus, tokenizer and rows of {data}")
    medpretrain("corpus", "build", data.resolve(), "--out", work / "corpus", "heldout_share=0.02")
    medpretrain("tokenizer", "train", "--corpus", work / "corpus", "--vocab-size", 4096, "--out", work / "tokenizer")
    for split, name in (("train", "rows"), ("heldout", "heldout")):
        source = ("--corpus", work / "corpus", "--split", split, "--tokenizer", work / "tokenizer")
        medpretrain("shards", "pack", *source, "--seq-len", SEQ_LEN, "--out", work / name)


class Ours:
    """The run directory `work/run`, trained a fifth at a time."""

    def __init__(self, work: Path, overrides: list[str]) -> None:
        self._run = work / "run"
        self._command = ["launch/pretrain.py", "--recipe", RECIPE, "--run", self._run, "--ds-config", "ds_configs/zero2.json", *overrides]

    def train_fifth(self) -> float:
        """Tokens a second."""
        run(*self._command, statuses=(FINISHED, STOPPED))
        lines = self._lines()
        this_time = [line for line in lines if line["attempt"] == lines[-1]["attempt"]]
        speed = statistics.median(line["tokens_per_second"] for line in this_time[COLD_STEPS:] or this_time)
        say(f"ours          step {lines[-1]['step']:>4}  loss {lines[-1]['loss']:.4f}  {speed:,.0f} tokens/s")
        return speed

    def losses(self) -> list[float]:
        """Of every step."""
        return [line["loss"] for line in self._lines()]

    def evaluate(self, held_out: Path) -> dict[str, Any]:
        return json.loads(medpretrain("eval", self._run, "--shards", held_out, "--max-rows", HELD_OUT_ROWS, "--json"))

    def _lines(self) -> list[dict[str, Any]]:
        return [line for line in read_json_lines(self._run / "metrics.jsonl") if "loss" in line]


class Theirs:
    """transformers' model in a plain PyTorch loop, trained a fifth at a time."""

    def __init__(self, rows: Path, overrides: list[str]) -> None:
        dataset = ShardDataset.open(rows)
        recipe = load_recipe(RECIPE, overrides)
        shape = recipe.model.model_copy(update={"vocab_size": dataset.vocab_size})
        self._recipe, self._autocast = recipe, torch.autocast("cpu", torch.bfloat16, enabled=recipe.precision == "bf16")
        self._loader = StepLoader(
            [dataset],
            Order.start(recipe.seed, sources_of([dataset]), [1.0]),
            BatchSizes(recipe.batch.global_rows),
            recipe.batch.micro_rows,
            dp_rank=0,
            dp_size=1,
        )
        self.losses: list[float] = []

        ids = {"pad_id": dataset.pad_id, "bos_id": dataset.bos_id, "eos_id": dataset.eos_id}
        self._model = LlamaForCausalLM(LlamaConfig(**llama_config(shape, SEQ_LEN, **ids), attn_implementation="sdpa"))
        weights = initial_weights(shape, recipe.seed, 0, 1, FLOATS_OF[recipe.precision])
        first = {}
        for ours, theirs in huggingface_names(shape).items():
            first[theirs] = weights(ours).float()[: shape.vocab_size if ours in PADDED_BY_VOCABULARY else None]
        self._model.load_state_dict(first)

        settings, parameters = recipe.optimizer, list(self._model.parameters())
        groups = [
            {"params": [parameter for parameter in parameters if parameter.ndim > 1], "weight_decay": settings.weight_decay},
            {"params": [parameter for parameter in parameters if parameter.ndim == 1], "weight_decay": 0.0},
        ]
        self._optimizer = torch.optim.AdamW(groups, betas=(settings.beta1, settings.beta2), eps=settings.epsilon)

    def train_fifth(self) -> float:
        """Tokens a second; the time that the rows take to read is left out."""
        recipe, speeds = self._recipe, []
        for _ in range(recipe.stop_after_steps):
            batch = self._loader.step(len(self.losses) * recipe.batch.global_rows)
            started = time.perf_counter()
            for group in self._optimizer.param_groups:
                group["lr"] = learning_rate(len(self.losses) + 1, recipe.schedule)
            self._optimizer.zero_grad()
            total = 0.0
            for micro_batch in batch.micro_batches:
                tokens, positions, targets = as_tensors(micro_batch)
                labels = {"labels": targets, "shift_labels": targets, "num_items_in_batch": batch.num_targets}
                with self._autocast:  # positions that begin anew tell transformers where a packed row's documents begin
                    loss = self._model(tokens, position_ids=positions, use_cache=False, **labels).loss
                loss.backward()
                total += loss.item()
            parameters = list(self._model.parameters())
            # torch sums a norm in fp32, on a CPU 1e-5 off for a million elements; DeepSpeed sums it in fp64.
            norm = torch.stack([parameter.grad.double().norm() for parameter in parameters]).norm().float()
            torch.nn.utils.clip_grads_with_norm_(parameters, recipe.optimizer.clip_norm, norm)
            self._optimizer.step()
            speeds.append(batch.num_real_tokens / (time.perf_counter() - started))
            self.losses.append(total)
        speed = statistics.median(speeds[COLD_STEPS:] or speeds)
        say(f"transformers  step {len(self.losses):>4}  loss {self.losses[-1]:.4f}  {speed:,.0f} tokens/s")
        return speed

    @torch.no_grad()
    def evaluate(self, held_out: Path) -> dict[str, Any]:
        dataset = ShardDataset.open(held_out)
        batches = held_out_batches(dataset, 8, dp_rank=0, dp_size=1, max_rows=HELD_OUT_ROWS)

        def losses_of(micro_batch: MicroBatch) -> torch.Tensor:
            tokens, positions, targets = as_tensors(micro_batch)
            logits = self._model(tokens, position_ids=positions, use_cache=False).logits
            return F.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="none").view_as(targets)

        return score_batches(losses_of, batches, Tokenizer.load(held_out.with_name("tokenizer")).token_bytes(), dataset.doc_types).summary()


def as_tensors(micro_batch: MicroBatch) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Tokens, positions, and targets as transformers marks masked ones."""
    targets = torch.from_numpy(micro_batch.targets)
    return torch.from_numpy(micro_batch.tokens), torch.from_numpy(micro_batch.positions), targets.where(targets >= 0, -100)


def say(line: str) -> None:
    print(line, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--steps", type=int, default=STEPS, help="optimizer steps of each, rounded up to fifths (default: %(default)s)")
    parser.add_argument("--precision", choices=("fp32", "bf16"), default="fp32", help="default: %(default)s, in which the two are the same")
    parser.add_argument("--peak-learning-rate", type=float, default=PEAK_LEARNING_RATE, help="default: %(default)s")
    arguments = parser.parse_args()
    os.environ.setdefault("DS_ACCELERATOR", "cpu")
    data = Path(os.environ["DATA"]) if os.environ.get("DATA") else REAL_TEXT if REAL_TEXT.is_dir() else None
    fifth = max(1, -(-arguments.steps // PAIRS))
    steps = PAIRS * fifth
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        make_rows(data, work)
        overrides = [
            f"data.sources.corpus.shards={work / 'rows'}",
            f"precision={arguments.precision}",
            f"schedule.total_steps={steps}",
            f"schedule.warmup_steps={steps // 10}",
            f"schedule.peak_learning_rate={arguments.peak_learning_rate}",
            f"schedule.final_learning_rate={FINAL_LEARNING_RATE}",
            f"stop_after_steps={fifth}",
            f"checkpoint.every_steps={steps}",
            "log_every_steps=1",
        ]
        ours, theirs = Ours(work, overrides), Theirs(work / "rows", overrides)
        say(f"{steps} steps of {RECIPE} in {arguments.precision}, a fifth at a time")
        speeds = measure_pairs(ours.train_fifth, theirs.train_fifth)
        say("scoring both on the same held-out rows")
        our_score, their_score = ours.evaluate(work / "heldout"), theirs.evaluate(work / "heldout")
        gaps = [abs(one - other) for one, other in zip(ours.losses(), theirs.losses, strict=True)]
    assert (our_score["targets"], our_score["bytes"]) == (their_score["targets"], their_score["bytes"])
    difference = our_score["bits_per_byte"] - their_score["bits_per_byte"]
    print(f"losses  largest difference of a step {max(gaps):.1e} (first step {gaps[0]:.1e}, last {gaps[-1]:.1e})")
    print(speeds.line("training", "tokens/s", "transformers", ",.0f"))
    print(
        f"held out  {our_score['bits_per_byte']:.6f} bits per byte  (transformers: {their_score['bits_per_byte']:.6f}; "
        f"difference {difference:+.1e}) on {our_score['targets']:,} targets, {our_score['bytes']:,} bytes"
    )
    if not abs(difference) <= ALLOWED_DIFFERENCE:
        sys.exit(f"the two are more than {ALLOWED_DIFFERENCE} bits per byte apart")


if __name__ == "__main__":
    main()
