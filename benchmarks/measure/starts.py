"""Starts of a job by part: ours beside a plain DeepSpeed program (plain_deepspeed.py), of the same model, topology and steps."""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path

from measure.pairs import Pairs

from medpretrain.corpus.synth import write_synthetic_corpus
from medpretrain.shards.pack import pack_corpus
from medpretrain.tokenizer.train import train_tokenizer
from medpretrain.train.run_directory import read_json_lines

REPOSITORY = Path(__file__).resolve().parents[2]
PROCESSES = 4
OURS, PLAIN = "ours", "plain DeepSpeed"
SHAPE = {
    "vocab_size": 2048,
    "hidden_size": 512,
    "num_layers": 6,
    "num_heads": 8,
    "num_kv_heads": 4,
    "head_size": 64,
    "ffn_size": 1408,
}
SAVE_EVERY = 5  # steps
ROW_TOKENS = 128
# The parts of a start in the processes, in their order, and what each is.
PARTS = {
    "import": "from the begin of rank 0's process to its first record",
    "join": "settings, process groups, and whoever is late",
    "build": "data, model and DeepSpeed's engine",
    "load": "the checkpoint: found, verified (ours), read, and (ours) its probe loss computed",
    "check": "the self-test of attention (ours alone), and the records of the start",
    "first step": "until the first step is in the metrics",
}
LEAST_SECONDS = 0.05  # of which a ratio is told
Seconds = Mapping[str, float]


def pack_rows(directory: Path) -> Path:
    """A packed dataset of synthetic reports, for our runs."""
    write_synthetic_corpus(200, 1, directory / "raw")
    train_tokenizer(directory / "raw", SHAPE["vocab_size"], directory / "tokenizer")
    pack_corpus(directory / "raw", "train", directory / "tokenizer", ROW_TOKENS, directory / "shards")
    return directory / "shards"


def our_words(run: Path, shards: Path, last_step: int) -> list[str]:
    """What follows launch/pretrain.py."""
    return [
        *("--recipe", "tiny-cpu", "--run", str(run), f"data.sources.reports.shards={shards}", f"data.seq_len={ROW_TOKENS}"),
        *(f"model.{name}={value}" for name, value in SHAPE.items()),
        *(f"batch.global_rows={PROCESSES}", "batch.micro_rows=1", f"schedule.total_steps={last_step}", "schedule.warmup_steps=1"),
        *(f"checkpoint.every_steps={SAVE_EVERY}", "validation.every_steps=1000000", "log_every_steps=1"),
    ]


def plain_words(run: Path, last_step: int) -> list[str]:
    """What follows plain_deepspeed.py."""
    shape = ["--shape", json.dumps(SHAPE), "--row-tokens", str(ROW_TOKENS)]
    return ["--run", str(run), *shape, "--last-step", str(last_step), "--save-every", str(SAVE_EVERY)]


def steps_done(run: Path) -> int:
    """The last step in a run's metrics; 0 where there is none."""
    return max((line["step"] for line in read_json_lines(run / "metrics.jsonl")), default=0)


def start_after(run: Path, moment: float) -> tuple[float, dict[str, float], bool] | None:
    """The newest start of a run, once it has trained a step, where that was after a moment: when its process began, its seconds by part,
    and whether it went on from a checkpoint."""
    events, metrics = (read_json_lines(run / f"{name}.jsonl") for name in ("events", "metrics"))
    launched = next((event for event in reversed(events) if event["event"] == "launched" and event["time"] > moment), None)
    ready = next((event for event in reversed(events) if event["event"] in ("started", "resumed") and event["time"] > moment), None)
    if launched is None or ready is None or ready["time"] < launched["time"]:
        return None
    trained = next((line["time"] for line in metrics if line["time"] > ready["time"]), None)
    if trained is None:
        return None
    told = {part: ready["seconds"][part] for part in ("join", "build", "load")}
    seconds = {
        "import": launched["time"] - launched["process_started"],
        **told,
        "check": ready["time"] - launched["time"] - sum(told.values()),
        "first step": trained - ready["time"],
    }
    return launched["process_started"], seconds, ready["event"] == "resumed"


def table(parts: Sequence[str], ours: Sequence[Seconds], plain: Sequence[Seconds]) -> str:
    """A line a part, with both medians, their ranges and their ratio; and one for all of them together."""
    lines = [f"  {'seconds':12}{OURS:>24}{PLAIN:>24}{'ratio':>8}"]
    for part in parts:
        of_ours, of_plain = [each[part] for each in ours], [each[part] for each in plain]
        beside = statistics.median(of_plain)
        ratio = f"{statistics.median(of_ours) / beside:.2f}" if beside >= LEAST_SECONDS else "-"
        lines.append(f"  {part:12}{_spread(of_ours):>24}{_spread(of_plain):>24}{ratio:>8}")
    whole = Pairs([sum(each.values()) for each in ours], [sum(each.values()) for each in plain])
    return "\n".join([*lines, f"  {whole.line('all of it:', 's', PLAIN, '.1f')}"])


def _spread(seconds: list[float]) -> str:
    return f"{statistics.median(seconds):.1f} ({min(seconds):.1f} to {max(seconds):.1f})"
