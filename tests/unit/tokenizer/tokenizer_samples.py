"""Reports to train small tokenizers on, and how to write a corpus."""

from __future__ import annotations

import json
from pathlib import Path

NUM_MERGES = 100  # what the small tokenizer of these tests has
WORDS = (
    "no",
    "acute",
    "process",
    "pneumothorax",
    "pleural",
    "effusion",
    "mild",
    "cardiomegaly",
    "stable",
    "nodule",
    "right",
    "left",
    "lung",
    "base",
    "clear",
)
REPORTS = [
    f"[FINDINGS] There is {WORDS[i % 7]} {WORDS[(3 * i) % 15]} in the {WORDS[(i + 11) % 15]} at {i % 10}{i % 7} mm.\n"
    f"[IMPRESSION] {WORDS[(5 * i) % 15].title()} {WORDS[(7 * i) % 13]}; compare <s>prior</s>."
    for i in range(120)
]


def write_corpus(path: Path, texts: list[str]) -> Path:
    path.write_text("".join(json.dumps({"id": f"d{number}", "text": text}) + "\n" for number, text in enumerate(texts)), encoding="utf-8")
    return path
