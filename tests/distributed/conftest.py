"""What the tests of whole runs share: packed rows, and runs that nothing happened to, for others to be compared with."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from processes import run_processes
from whole_runs import SKIPPING, SMALL_SKIPPING, ZERO, recipe_values, small_values, train_whole

from medpretrain.shards.pack import pack_corpus


@pytest.fixture(scope="session")
def shards(tmp_path_factory: pytest.TempPathFactory, pack_reports: Callable[..., Path]) -> Path:
    """A few epochs' worth of rows of 64 tokens for 16 steps of 9 rows."""
    directory = tmp_path_factory.mktemp("data")
    return pack_reports(directory, num_reports=20, vocab_size=400)


@pytest.fixture(scope="session")
def uninterrupted(shards: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[dict[str, Any]]]:
    """A run of 4 processes, TP 2 x DP 2, that is never stopped but skips the updates of SKIPPING: its directory, and its ranks' results."""
    directory = tmp_path_factory.mktemp("uninterrupted")
    run = directory / "run"
    return run, run_processes(train_whole, 4, directory, recipe_values(shards), run, ZERO, SKIPPING)


@pytest.fixture(scope="session")
def small(shards: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """`small_values`, their datasets packed by the tokenizer of `shards`."""

    def pack(num_rows: int) -> Path:
        """A dataset of exactly so many rows: of as many documents, no two of which fit one row."""
        directory = tmp_path_factory.mktemp("rows")
        letters = random.Random(num_rows)
        texts = ["".join(letters.choices("QXZJKVW", k=60)) for _ in range(num_rows)]
        lines = [json.dumps({"id": str(number), "text": text, "doc_type": "letters"}) for number, text in enumerate(texts)]
        (directory / "letters.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
        manifest = pack_corpus(directory / "letters.jsonl", "train", shards.with_name("tokenizer"), 64, directory / "shards")
        assert manifest.counts["rows"] == num_rows
        return directory / "shards"

    return small_values(shards.with_name("held_out"), pack(7), pack(4))


@pytest.fixture(scope="session")
def small_uninterrupted(small: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[dict[str, Any]]]:
    """A small run of 2 processes, DP 2, that is never stopped but skips the updates of SMALL_SKIPPING."""
    directory = tmp_path_factory.mktemp("small")
    run = directory / "run"
    return run, run_processes(train_whole, 2, directory, small, run, ZERO, SMALL_SKIPPING)
