"""A small tokenizer trained once for all tests of this folder, on text that stands here."""

from __future__ import annotations

from pathlib import Path

import pytest
from tokenizer_samples import NUM_MERGES, REPORTS, write_corpus

from medpretrain.tokenizer.train import train_tokenizer
from medpretrain.tokenizer.vocabulary import SMALLEST_VOCABULARY, Tokenizer


@pytest.fixture(scope="session")
def tokenizer_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("tokenizer")
    corpus = write_corpus(directory / "reports.jsonl", REPORTS)
    train_tokenizer(corpus, SMALLEST_VOCABULARY + NUM_MERGES, directory / "trained")
    return directory / "trained"


@pytest.fixture(scope="session")
def tokenizer(tokenizer_dir: Path) -> Tokenizer:
    return Tokenizer.load(tokenizer_dir)
