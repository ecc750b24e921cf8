"""The scores of held-out rows against a computation by hand, and against transformers document by document."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from transformers import AutoModelForCausalLM

from medpretrain.checkpoint.paths import step_directory
from medpretrain.errors import InputError
from medpretrain.eval.load import load_model
from medpretrain.eval.run import evaluate
from medpretrain.log import logger
from medpretrain.shards.format import ShardDataset
from medpretrain.tokenizer.vocabulary import Tokenizer


def stretches(dataset: ShardDataset, num_rows: int) -> Iterator[tuple[str, list[int]]]:
    """(doc_type, ids) of each document, or part of one, that stands in the first rows: cut out by the pieces, one at a time."""
    for row in range(num_rows):
        tokens = dataset.rows([row])[0].tolist()
        for piece in dataset.pieces(row):
            start, length = int(piece["start"]), int(piece["length"])
            yield dataset.doc_types[piece["doc_type"]], tokens[start : start + length]


def by_hand(
    dataset: ShardDataset, tokenizer: Tokenizer, logits_of: Callable[[torch.Tensor], torch.Tensor], num_rows: int | None = None
) -> dict[str, tuple[float, int, int]]:
    """(nats, targets, bytes) by document type: each stretch scored alone."""
    sizes = tokenizer.token_bytes()
    sums: dict[str, tuple[float, int, int]] = {}
    for doc_type, ids in stretches(dataset, num_rows or dataset.num_rows):
        if len(ids) < 2:
            continue
        tokens = torch.tensor([ids])
        with torch.no_grad():
            nats = F.cross_entropy(logits_of(tokens)[0, :-1], tokens[0, 1:], reduction="sum").item()
        before = sums.get(doc_type, (0.0, 0, 0))
        sums[doc_type] = (before[0] + nats, before[1] + len(ids) - 1, before[2] + int(sizes[ids[1:]].sum()))
    return sums


def assert_scores(scores: dict, sums: tuple[float, int, int]) -> None:
    nats, targets, text_bytes = sums
    assert (scores["targets"], scores["bytes"]) == (targets, text_bytes)
    assert scores["loss"] == pytest.approx(nats / targets, rel=1e-5)
    assert scores["perplexity"] == pytest.approx(math.exp(nats / targets), rel=1e-4)
    assert scores["bits_per_byte"] == pytest.approx(nats / math.log(2) / text_bytes, rel=1e-5)


def test_scores_equal_a_computation_by_hand(small_run: Path, small_shards: Path) -> None:
    dataset, model = ShardDataset.open(small_shards), load_model(small_run, device=torch.device("cpu"))

    def logits_of(tokens: torch.Tensor) -> torch.Tensor:
        positions = torch.arange(tokens.shape[1])[None]
        return model.decoder.logits(tokens, positions)

    sums = by_hand(dataset, model.tokenizer, logits_of)
    result = evaluate(small_run, small_shards)
    assert result["model"] == str(step_directory(small_run, 7))
    assert (result["step"], result["rows"], result["seq_len"]) == (7, dataset.num_rows, 64)
    assert result["targets"] == int(dataset.num_targets(np.arange(dataset.num_rows)).sum()), "every row exactly once"
    assert_scores(result, tuple(np.sum(list(sums.values()), axis=0)))
    assert set(result["by_doc_type"]) == {"ct", "xray"}
    for doc_type, scores in result["by_doc_type"].items():
        assert_scores(scores, sums[doc_type])


def test_scores_equal_transformers_on_the_export_document_by_document(small_run: Path, small_export: Path, small_shards: Path) -> None:
    theirs = AutoModelForCausalLM.from_pretrained(small_export, local_files_only=True)
    sums = by_hand(ShardDataset.open(small_shards), Tokenizer.from_file(small_export / "tokenizer.json"), lambda ids: theirs(ids).logits)
    for model in (small_run, small_export):
        for doc_type, scores in evaluate(model, small_shards)["by_doc_type"].items():
            assert_scores(scores, sums[doc_type])


def test_scores_do_not_depend_on_the_micro_batch(small_run: Path, small_shards: Path) -> None:
    num_rows = ShardDataset.open(small_shards).num_rows
    assert num_rows > 5
    expected = evaluate(small_run, small_shards, micro_rows=1)
    for micro_rows in (2, 5, num_rows, 1000):
        result = evaluate(small_run, small_shards, micro_rows=micro_rows)
        assert (result["targets"], result["bytes"], result["rows"]) == (expected["targets"], expected["bytes"], num_rows)
        assert result["loss"] == pytest.approx(expected["loss"], rel=1e-6)


def test_max_rows_scores_a_fixed_sample(small_run: Path, small_shards: Path) -> None:
    dataset = ShardDataset.open(small_shards)
    result = evaluate(small_run, small_shards, micro_rows=2, max_rows=3)
    assert result["rows"] == 3
    assert result == {**evaluate(small_run, small_shards, micro_rows=1, max_rows=3), "loss": pytest.approx(result["loss"])} | {
        key: result[key] for key in ("loss", "perplexity", "bits_per_byte", "by_doc_type")
    }
    everything = evaluate(small_run, small_shards, max_rows=1000)
    assert everything["rows"] == dataset.num_rows


def test_rows_of_another_length_are_scored_with_a_word_about_it(
    small_run: Path, make_shards: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(logger, "propagate", True)
    with caplog.at_level(logging.WARNING):
        result = evaluate(small_run, make_shards(seq_len=96))
    assert result["seq_len"] == 96
    assert "the rows hold 96 tokens each; the model was trained on rows of 64" in caplog.text


def test_rows_of_another_tokenizer_are_refused(small_run: Path, make_shards: Callable[..., Path]) -> None:
    shards = make_shards(num_merges=30)
    with pytest.raises(InputError) as caught:
        evaluate(small_run, shards)
    ours = Tokenizer.from_file(small_run / "tokenizer.json").content_hash[:12]
    theirs = ShardDataset.open(shards).tokenizer_hash[:12]
    error = caught.value
    assert error.where == str(shards)
    assert error.found == f"was packed with another tokenizer ({theirs}...) than {step_directory(small_run, 7)} was trained with"
    assert error.expected == f"rows of the tokenizer {ours}..."
    assert error.remedy == f"pack the text again with the tokenizer in {small_run}"


@pytest.mark.parametrize(("name", "arguments"), [("--micro-rows", {"micro_rows": 0}), ("--max-rows", {"max_rows": -1})])
def test_numbers_of_rows_below_one_are_refused(small_run: Path, small_shards: Path, name: str, arguments: dict[str, int]) -> None:
    with pytest.raises(InputError) as caught:
        evaluate(small_run, small_shards, **arguments)
    assert caught.value.where == name
    assert caught.value.found == f"is {next(iter(arguments.values()))}"
    assert caught.value.expected == "at least 1"
    assert caught.value.remedy == f"change {name}"
