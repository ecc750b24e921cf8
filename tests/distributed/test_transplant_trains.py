"""What a transplant is worth: the first loss of a trained model with another vocabulary, and that a run goes on from exactly there."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch
from processes import run_processes
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer
from whole_runs import ZERO, events_of, first_loss, recipe_values, train_whole, trajectory

from medpretrain.corpus.reader import open_corpus
from medpretrain.model.settings import ModelSettings
from medpretrain.release.mapping import form_of, huggingface_config
from medpretrain.release.tokenizer_files import write_tokenizer_files
from medpretrain.release.transplant import transplant
from medpretrain.shards.format import ShardDataset
from medpretrain.tokenizer.train import train_tokenizer
from medpretrain.tokenizer.vocabulary import Tokenizer

pytestmark = pytest.mark.slow

OLD_TOKENS, NEW_TOKENS = 480, 600
STEPS, ROWS, ROW_TOKENS, LEARNING_RATE = 110, 16, 64, 1e-2
SHAPE = {"hidden_size": 64, "head_size": 8, "num_kv_heads": 8, "ffn_size": 128, "init_std": 0.08}
TABLES = ("embed_tokens.weight", "lm_head.weight")


@dataclass(frozen=True)
class Transplanted:
    """A model of `old`, trained there, and the same with the tokenizer of `shards` in `new`; texts that neither was trained on."""

    old: Path
    new: Path
    shards: Path
    values: dict[str, Any]
    texts: list[str]


@pytest.fixture(scope="module", params=[pytest.param(False, id="untied"), pytest.param(True, id="tied", marks=pytest.mark.long)])
def transplanted(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, pack_reports: Callable[..., Path]
) -> Transplanted:
    directory = tmp_path_factory.mktemp("transplanted")
    shards = pack_reports(directory, 120, NEW_TOKENS)
    train_tokenizer(directory / "raw", OLD_TOKENS, directory / "old_tokenizer")
    tokenizer = Tokenizer.load(directory / "old_tokenizer")
    values = recipe_values(shards, init_from=str(directory / "new"), precision="fp32", parallel={"tensor": 1})
    values["model"] = {**values["model"], "vocab_size": tokenizer.vocab_size, "tied_embeddings": request.param, **SHAPE}
    values["schedule"] = {"total_steps": 20, "warmup_steps": 2, "peak_learning_rate": 3e-3}
    values["validation"] = {"every_steps": 4, "max_rows": 20}
    model = train(ModelSettings.model_validate(values["model"]), tokenizer, [document.text for document in open_corpus(directory / "raw")])
    model.save_pretrained(directory / "old")
    write_tokenizer_files(tokenizer, ROW_TOKENS, directory / "old")
    transplant(directory / "old", directory / "tokenizer", directory / "new")
    values["model"] = {**values["model"], "vocab_size": ShardDataset.open(shards).vocab_size}
    texts = [document.text for document in open_corpus(directory / "other")]
    return Transplanted(directory / "old", directory / "new", shards, values, texts)


def train(settings: ModelSettings, tokenizer: Tokenizer, texts: list[str]) -> Any:
    """A model of transformers, trained on the texts for a few seconds."""
    ids = [token_id for text in texts for token_id in (tokenizer.bos_id, *tokenizer.encode(text), tokenizer.eos_id)]
    rows = torch.tensor(ids[: len(ids) // ROW_TOKENS * ROW_TOKENS]).view(-1, ROW_TOKENS)
    torch.manual_seed(0)
    config = AutoConfig.for_model(form_of(settings).model_type, **huggingface_config(settings, ROW_TOKENS, pad_id=0, bos_id=1, eos_id=2))
    model = AutoModelForCausalLM.from_config(config)
    optimizer = torch.optim.AdamW(model.parameters(), lr=LEARNING_RATE)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, LEARNING_RATE, STEPS)
    for _ in range(STEPS):
        batch = rows[torch.randint(len(rows), (ROWS,))]
        model(batch, labels=batch).loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        schedule.step()
    return model


@torch.no_grad()
def bits_per_byte(model: Any, directory: Path, texts: list[str]) -> float:
    """Of the texts' first tokens, with the tokenizer of a directory."""
    tokenizer = AutoTokenizer.from_pretrained(directory)
    sizes = torch.from_numpy(Tokenizer.from_file(directory / "tokenizer.json").token_bytes())
    bits = num_bytes = 0.0
    for text in texts:
        ids = torch.tensor([[tokenizer.bos_token_id, *tokenizer(text)["input_ids"]][:ROW_TOKENS]])
        bits += model(ids, labels=ids).loss.item() * (ids.shape[1] - 1) / math.log(2)
        num_bytes += sizes[ids].sum().item()
    return bits / num_bytes


def load(directory: Path) -> Any:
    return AutoModelForCausalLM.from_pretrained(directory)


@torch.no_grad()
def with_random_tables(directory: Path) -> Any:
    """The model of a directory with its embeddings as a new model has them."""
    model = load(directory)
    torch.manual_seed(1)
    for name, parameter in model.named_parameters():
        if name.endswith(TABLES):
            parameter.normal_(0, model.config.initializer_range)
    return model


def test_the_first_loss_is_far_below_that_of_random_embeddings(transplanted: Transplanted) -> None:
    new, texts = transplanted.new, transplanted.texts
    old_bits = bits_per_byte(load(transplanted.old), transplanted.old, texts)
    bits = bits_per_byte(load(new), new, texts)
    random_tables = bits_per_byte(with_random_tables(new), new, texts)
    torch.manual_seed(2)
    random_model = bits_per_byte(AutoModelForCausalLM.from_config(AutoConfig.from_pretrained(new)), new, texts)
    assert old_bits < bits < 0.8 * min(random_tables, random_model)


def test_a_run_goes_on_from_that_loss_and_down(transplanted: Transplanted, tmp_path: Path) -> None:
    values = transplanted.values
    expected = first_loss(load(transplanted.new), values, transplanted.shards)
    run_processes(train_whole, 1, tmp_path, values, tmp_path / "run", ZERO)
    (started,) = events_of(tmp_path / "run", "started")
    assert started["init_from"]["same_tokenizer"] is True
    steps = sorted(trajectory(tmp_path / "run").items())
    assert steps[0][1][0]["loss"] == pytest.approx(expected, rel=1e-5)
    held_out = [numbers[0]["validation"]["loss"] for (_, kind), numbers in steps if kind == "validation"]
    assert held_out[-1] < held_out[0] - 0.1
