"""A run that was lived through on paper: its records, of which every number is known."""

from __future__ import annotations

import json
import math
import random
from pathlib import Path
from typing import Any

import yaml

BEGIN = 1_790_000_000.0
TOKENS_PER_STEP = 4096
SAVE_EVERY, VALIDATE_EVERY, LAYERS_EVERY = 20, 30, 10
TYPES = ("radiology_report", "pubmed_abstract", "clinical_note")


class LivedRun:
    """Appends records as the trainer does. `spikes`: step -> times the usual gradient norm; `not_finite`: steps without numbers."""

    def __init__(self, seed: int = 0, spikes: dict[int, float] | None = None, not_finite: tuple[int, ...] = ()) -> None:
        self.events: list[dict[str, Any]] = []
        self.metrics: list[dict[str, Any]] = []
        self.now, self.number = BEGIN, 0
        self._spikes, self._not_finite = spikes or {}, not_finite
        self._random = random.Random(seed)

    def event(self, name: str, **facts: Any) -> None:
        self.events.append({"time": round(self.now, 3), "attempt": self.number, "event": name, **facts})

    def line(self, **numbers: Any) -> None:
        self.metrics.append({"time": round(self.now, 3), "attempt": self.number, **numbers})

    def attempt(self, from_step: int, to_step: int, end: str | None = None, layers: int = 0, types: tuple[str, ...] = TYPES) -> None:
        """One attempt; without an `end` it is killed without a word."""
        self.number += 1
        self.event("launched", start="0123456789ab", process_started=self.now)
        self.now += 5
        topology = {"world_size": 4, "dp": 2, "tp": 2, "zero_stage": 3}
        self.event("resumed" if from_step else "started", **({"step": from_step} if from_step else {}), topology=topology)
        for step in range(from_step + 1, to_step + 1):
            self.now += 1
            tokens = step * TOKENS_PER_STEP
            loss: float | None = 2 + 6 * math.exp(-step / 60) + self._random.gauss(0, 0.03)
            norm: float | None = (0.5 + 2 * math.exp(-step / 30) + self._random.random() / 5) * self._spikes.get(step, 1)
            if step in self._not_finite:
                loss = norm = None
                self.event("update_skipped", step=step, loss=None, gradient_norm=None, first_sample=8 * (step - 1))
            self.line(
                step=step,
                samples=8 * step,
                tokens=tokens,
                loss=loss,
                gradient_norm=norm,
                learning_rate=1e-3 * min(step / 20, 1),
                packing_efficiency=0.99,
                tokens_per_second=4000 + self._random.gauss(0, 200),
                mfu=None,
                peak_memory_bytes=2**30 + step,
            )
            if layers and step % LAYERS_EVERY == 0:
                depth = {name: [self._random.random() + layer for layer in range(layers)] for name in ("activation_rms", "update_ratio")}
                self.line(step=step, tokens=tokens, layers=depth)
            if step % VALIDATE_EVERY == 0:
                self.now += 2
                self.line(step=step, tokens=tokens, validation=scores(2.1 + 6 * math.exp(-step / 60), types))
                self.event("validated", step=step, seconds=2.0, loss=2.1, bits_per_byte=0.6)
            if step % SAVE_EVERY == 0:
                self.now += 0.5
                self.event("saved", step=step, seconds=1.0, stall_seconds=0.5)
        if end is not None:
            self.event(end, step=to_step, reason=end, code=0)
        self.now += 3

    def write(self, run: Path, config: dict[str, Any] | None = None, outcome: dict[str, Any] | None = None) -> Path:
        """The run directory; nothing of it is there before."""
        run.mkdir(parents=True)
        for name, records in (("events", self.events), ("metrics", self.metrics)):
            (run / f"{name}.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
        if config is not None:
            (run / "config.yaml").write_text(yaml.safe_dump(config))
        if outcome is not None:
            (run / "outcome.json").write_text(json.dumps(outcome))
        return run


def scores(loss: float, types: tuple[str, ...]) -> dict[str, Any]:
    """A validation's scores, each type a little worse than the one before."""
    whole = {"perplexity": math.exp(loss), "targets": 900, "bytes": 4000}
    by_type = {
        name: {"loss": loss + place / 10, "bits_per_byte": loss / 3 + place / 10, **whole, "targets": 300 - place}
        for place, name in enumerate(types)
    }
    return {"loss": loss, "bits_per_byte": loss / 3, **whole, "by_doc_type": by_type}
