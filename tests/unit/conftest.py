"""A small trained model for the tests of evaluation, generation and export: tokenizer, packed rows and a run with a checkpoint."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

SEQ_LEN = 64
KINDS = ("ct", "xray")


@pytest.fixture(scope="session")
def reports() -> list[tuple[str, str]]:
    """(doc_type, text) of each document; some are longer than a row."""
    words = ("clear", "lungs", "effusion", "nodule", "stable", "é 5 µg", "no", "mild", "<s>")
    return [
        (KINDS[i % 2], f"[FINDINGS] {' '.join(words[(i * j) % len(words)] for j in range(3 + 2 * i))}.\n[IMPRESSION] {words[i % 9]} {i}.")
        for i in range(30)
    ]


@pytest.fixture(scope="session")
def make_shards(tmp_path_factory: pytest.TempPathFactory, reports: list[tuple[str, str]]) -> Callable[..., Path]:
    """make_shards(num_merges, seq_len) -> a packed dataset of the reports, its tokenizer.json in it."""
    import json

    from medpretrain.shards.pack import pack_corpus
    from medpretrain.tokenizer.train import train_tokenizer
    from medpretrain.tokenizer.vocabulary import SMALLEST_VOCABULARY

    def make(num_merges: int = 40, seq_len: int = SEQ_LEN) -> Path:
        directory = tmp_path_factory.mktemp("made")
        corpus = directory / "reports.jsonl"
        lines = [json.dumps({"id": f"d{i}", "text": text, "doc_type": kind}) for i, (kind, text) in enumerate(reports)]
        corpus.write_text("\n".join(lines) + "\n", encoding="utf-8")
        train_tokenizer(corpus, SMALLEST_VOCABULARY + num_merges, directory / "tokenizer")
        pack_corpus(corpus, "train", directory / "tokenizer", seq_len, directory / "shards")
        return directory / "shards"

    return make


@pytest.fixture(scope="session")
def small_shards(make_shards: Callable[..., Path]) -> Path:
    return make_shards()


@pytest.fixture(scope="session")
def small_run(tmp_path_factory: pytest.TempPathFactory, small_shards: Path) -> Path:
    """A run directory with checkpoints of steps 3 and 7, as the trainer writes them, of a small random model in fp32. Not to be changed."""
    run = tmp_path_factory.mktemp("runs") / "small"
    run.mkdir()
    shutil.copy(small_shards / "tokenizer.json", run)
    for step in (3, 7):
        write_checkpoint(run, step)
    return run


@pytest.fixture(scope="session")
def make_run(tmp_path_factory: pytest.TempPathFactory, small_shards: Path) -> Callable[..., Path]:
    """make_run(seq_len, **model_settings) -> one such run of a model with other settings, with a checkpoint of step 7."""

    def make(seq_len: int = SEQ_LEN, **model_settings: Any) -> Path:
        run = tmp_path_factory.mktemp("runs") / "run"
        run.mkdir()
        shutil.copy(small_shards / "tokenizer.json", run)
        write_checkpoint(run, 7, seq_len, **model_settings)
        return run

    return make


@pytest.fixture(scope="session")
def tied_run(make_run: Callable[..., Path]) -> Path:
    return make_run(tied_embeddings=True)


@pytest.fixture(scope="session")
def radiology_run(make_run: Callable[..., Path]) -> Path:
    """LayerNorm, GELU, biases and tied embeddings, as the radiology recipes have."""
    return make_run(tied_embeddings=True, norm="layernorm", activation="gelu", biases=True, num_kv_heads=4)


def write_checkpoint(run: Path, step: int, seq_len: int = SEQ_LEN, **model_settings: Any) -> None:
    """A checkpoint of one rank; its weights are drawn from the step and wide enough that every one of them shows in the logits."""
    import torch

    from medpretrain.checkpoint.format import HeldSlice, LogicalShape
    from medpretrain.checkpoint.paths import staging_directory, step_directory
    from medpretrain.checkpoint.writer import publish, write_rank
    from medpretrain.model.layout import parameter_table
    from medpretrain.model.settings import ModelSettings
    from medpretrain.tokenizer.vocabulary import Tokenizer

    tokenizer = Tokenizer.from_file(run / "tokenizer.json")
    shape = {"hidden_size": 32, "num_layers": 2, "num_heads": 4, "num_kv_heads": 2, "head_size": 8, "ffn_size": 48}
    model = ModelSettings(vocab_size=tokenizer.vocab_size, **{**shape, **model_settings})
    generator = torch.Generator().manual_seed(step)
    slices = []
    for spec in parameter_table(model).values():
        master = 0.2 * torch.randn(spec.numel, generator=generator) + (spec.init_constant if spec.init_std is None else 0.0)
        moments = {key: torch.zeros(spec.numel) for key in ("exp_avg", "exp_avg_sq")}
        shape = LogicalShape(spec.name, spec.shape, spec.tp_dim)
        slices.append(HeldSlice(shape, 0, 1, 0, spec.numel, {"master": master, **moments}, step))
    state = {
        "step": step,
        "consumed_samples": 8 * step,
        "consumed_tokens": 500 * step,
        "tokenizer_hash": tokenizer.content_hash,
        "recipe": {
            "name": "small",
            "description": "for tests",
            "precision": "fp32",
            "model": model.model_dump(mode="json"),
            "data": {"seq_len": seq_len},
        },
    }
    staging = staging_directory(run, step, 1)
    publish(staging, step_directory(run, step), [write_rank(staging, 0, slices, {})], state)


@pytest.fixture(scope="session")
def small_export(tmp_path_factory: pytest.TempPathFactory, small_run: Path) -> Path:
    from medpretrain.release.export import export_run

    out = tmp_path_factory.mktemp("exports") / "small"
    export_run(small_run, out)
    return out


@pytest.fixture(scope="session")
def tied_export(tmp_path_factory: pytest.TempPathFactory, tied_run: Path) -> Path:
    from medpretrain.release.export import export_run

    out = tmp_path_factory.mktemp("exports") / "tied"
    export_run(tied_run, out)
    return out


@pytest.fixture
def run_copy(tmp_path: Path, small_run: Path) -> Path:
    """A run directory of the test's own."""
    return Path(shutil.copytree(small_run, tmp_path / "run"))


@pytest.fixture
def export_copy(tmp_path: Path, small_export: Path) -> Path:
    """An export of the test's own."""
    return Path(shutil.copytree(small_export, tmp_path / "export"))
