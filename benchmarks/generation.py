"""Generation on CPU: with kept keys and values beside without, and beside transformers' `generate` on the exported model.

A small Llama in fp32 (its size is printed), trained for one step by `launch/pretrain.py` and exported by `medpretrain export`; both sides
read that export. First, the milliseconds that one more token costs behind documents of growing length, with and without what was kept (the
quickest of many rounds). Then tokens per second: greedy continuations of the prompts of synthetic reports, whose lengths differ, one at a
time and eight at once; `</s>` is kept from both, so that each makes as many tokens. Ours and the baseline take turns.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from measure.pairs import measure_pairs
from transformers import AutoModelForCausalLM, AutoTokenizer

from medpretrain.corpus.report import prompt_of
from medpretrain.corpus.synth import LENGTH_CLASSES, synthesise_reports
from medpretrain.eval.generate import Sampling, continue_prompts
from medpretrain.eval.load import LoadedModel, load_model
from medpretrain.model.cache import KeyValueCache

REPOSITORY = Path(__file__).resolve().parents[1]
SEQ_LEN = 1024
LENGTHS = (16, 64, 256, 512, 1000)  # of the document that one more token goes behind
ROUNDS = 15
GREEDY = Sampling(temperature=0)
SHAPE = {"vocab_size": 16384, "hidden_size": 512, "num_layers": 6, "num_heads": 8, "num_kv_heads": 4, "head_size": 64, "ffn_size": 1408}


def run(*words: object) -> None:
    """A Python command, which must end well."""
    process = subprocess.run([sys.executable, *map(str, words)], cwd=REPOSITORY, capture_output=True, text=True)
    if process.returncode:
        sys.exit(process.stderr)


def make_export(work: Path) -> Path:
    """Reports, tokenizer, rows, one step, export."""
    run("-m", "medpretrain", "corpus", "synth", "--num-reports", 400, "--out", work / "raw")
    run("-m", "medpretrain", "tokenizer", "train", "--corpus", work / "raw", "--vocab-size", 16384, "--out", work / "tokenizer")
    source = ("--corpus", work / "raw", "--tokenizer", work / "tokenizer")
    run("-m", "medpretrain", "shards", "pack", *source, "--seq-len", SEQ_LEN, "--out", work / "rows")
    overrides = [f"model.{key}={value}" for key, value in SHAPE.items()]
    overrides += [f"data.sources.reports.shards={work / 'rows'}", f"data.seq_len={SEQ_LEN}", "precision=fp32", "batch.global_rows=1"]
    overrides += ["schedule.total_steps=1", "schedule.warmup_steps=0", "checkpoint.every_steps=1"]
    run("launch/pretrain.py", "--recipe", "tiny-cpu", "--run", work / "run", "--ds-config", "ds_configs/zero2.json", *overrides)
    run("-m", "medpretrain", "export", work / "run", "--out", work / "export")
    return work / "export"


@torch.no_grad()
def one_more_token(model: LoadedModel, length: int) -> tuple[Callable[[], object], Callable[[], object]]:
    """The pass that gives the token behind a document of `length`: with what was kept of it, and without."""
    ids = torch.randint(4, model.settings.vocab_size, (1, length + 1), generator=torch.Generator().manual_seed(0))
    positions = torch.arange(length + 1)[None]
    cache, decoder = KeyValueCache(model.settings.num_layers, length + 1), model.decoder
    decoder.hidden(ids[:, :length], positions[:, :length], cache)
    return (
        lambda: decoder.head.logits(decoder.hidden(ids[:, length:], positions[:, length:], cache)[:, -1]),
        lambda: decoder.head.logits(decoder.hidden(ids, positions)[:, -1]),
    )


@torch.no_grad()
def quickest_milliseconds(passes: Sequence[Callable[[], object]]) -> list[float]:
    """Of each, over rounds in which all take their turn: what others do on the machine only ever adds."""
    quickest = [float("inf")] * len(passes)
    for _ in range(ROUNDS):
        for number, work in enumerate(passes):
            started = time.perf_counter()
            work()
            quickest[number] = min(quickest[number], 1000 * (time.perf_counter() - started))
    return quickest


def ours(model: LoadedModel, prompts: list[str], num_tokens: int) -> float:
    """Tokens per second."""
    continuations, speed = continue_prompts(model, prompts, max_tokens=num_tokens, sampling=GREEDY)
    assert all(each["tokens"] == num_tokens for each in continuations)
    rate = speed.summary()["tokens_per_second"]
    assert rate is not None
    return rate


@torch.no_grad()
def theirs(model: Any, tokenizer: Any, prompts: list[str], num_tokens: int) -> float:
    """Tokens per second of `generate`, with its own cache and its prompts padded on the left."""
    batch = tokenizer([tokenizer.bos_token + prompt for prompt in prompts], return_tensors="pt", padding=True, split_special_tokens=False)
    started = time.perf_counter()
    made = model.generate(**batch, do_sample=False, max_new_tokens=num_tokens, min_new_tokens=num_tokens)
    seconds = time.perf_counter() - started
    assert made.shape[1] - batch["input_ids"].shape[1] == num_tokens
    return len(prompts) * num_tokens / seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--tokens", type=int, default=100, help="new tokens of each prompt (default: %(default)s)")
    parser.add_argument("--threads", type=int, default=2, help="default: %(default)s")
    arguments = parser.parse_args()
    num_tokens = arguments.tokens
    os.environ.setdefault("DS_ACCELERATOR", "cpu")
    torch.set_num_threads(arguments.threads)
    with tempfile.TemporaryDirectory() as name:
        export = make_export(Path(name))
        model = load_model(export, device=torch.device("cpu"))
        llama, tokenizer = AutoModelForCausalLM.from_pretrained(export), AutoTokenizer.from_pretrained(export)
    print(f"{sum(p.numel() for p in model.decoder.parameters()) / 1e6:.0f}M parameters, fp32, {torch.get_num_threads()} threads")
    quickest = quickest_milliseconds([work for length in LENGTHS for work in one_more_token(model, length)])
    by_length = dict(zip(LENGTHS, zip(quickest[::2], quickest[1::2], strict=True), strict=True))
    for length, (kept, anew) in by_length.items():
        print(f"one more token behind {length:>5,}  {kept:6.1f} ms  (nothing kept: {anew:7.1f} ms; ratio {kept / anew:.3f})", flush=True)
    kept, anew = (by_length[LENGTHS[-1]][side] / by_length[LENGTHS[0]][side] for side in (0, 1))
    print(f"one more behind {LENGTHS[-1]:,} takes {kept:.2f} times as long as behind {LENGTHS[0]}; nothing kept {anew:.1f} times")

    true_logits = model.decoder.head.logits

    def endless(hidden: torch.Tensor) -> torch.Tensor:
        logits = true_logits(hidden)
        logits[..., model.tokenizer.eos_id] = -torch.inf
        return logits

    model.decoder.head.logits = endless  # type: ignore[method-assign]
    short = [report for report in synthesise_reports(100, seed=1) if report.meta["length_class"] == LENGTH_CLASSES[0].name]
    prompts = [prompt_of(report) for report in short[:8]]
    lengths = [len(model.tokenizer.encode(prompt)) for prompt in prompts]
    for at_once in (prompts[:1], prompts):
        measured = measure_pairs(
            lambda at_once=at_once: ours(model, at_once, num_tokens), lambda at_once=at_once: theirs(llama, tokenizer, at_once, num_tokens)
        )
        which = f"{len(at_once)} at once, prompts of up to {max(lengths[: len(at_once)])} tokens"
        print(measured.line(f"{which}, {num_tokens} more each", "tokens/s", "transformers' generate", ",.0f"), flush=True)


if __name__ == "__main__":
    main()
