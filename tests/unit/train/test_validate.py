"""Held-out scores against sums done by hand: two document types, masked positions, padding."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from medpretrain.shards.loader import DocumentFacts, MicroBatch
from medpretrain.train.validate import Scores, score_batches

TYPES = ["radiology", "discharge", "never seen"]
TOKEN_BYTES = np.array([0, 0, 0, 0, 5, 7, 1], dtype=np.int32)  # ids 0 to 3 are special


def batch(
    targets: list[list[int]], losses: list[list[float]], types: list[list[int]], lengths: list[list[int]] | None = None
) -> tuple[MicroBatch, DocumentFacts, torch.Tensor]:
    """Documents of 10 tokens where no lengths are given."""
    array = np.array(targets, dtype=np.int64)
    zeros, boundaries = np.zeros_like(array), np.arange(0, array.size + 1, array.shape[1], dtype=np.int32)
    micro_batch = MicroBatch(zeros, array, zeros, boundaries)
    lengths_of = np.full(array.shape, 10) if lengths is None else np.array(lengths)
    facts = DocumentFacts(np.array(types, dtype=np.int32), lengths_of.astype(np.int32))
    return micro_batch, facts, torch.tensor(losses, dtype=torch.float32)


BATCHES = [
    batch(
        targets=[[4, 5, 2, -1], [6, -1, 5, 2]],
        losses=[[1.0, 2.0, 0.5, 0.0], [4.0, 0.0, 0.25, 1.25]],
        types=[[0, 0, 0, 0], [1, 1, 0, 0]],
    ),
    batch(targets=[[6, 2, -1, -1], [-1, -1, -1, -1]], losses=[[8.0, 1.0, 0.0, 0.0], [0.0] * 4], types=[[1, 1, -1, -1], [-1] * 4]),
]


def score() -> Scores:
    losses = {id(micro_batch): values for micro_batch, _, values in BATCHES}
    return score_batches(lambda given: losses[id(given)], ((one, types) for one, types, _ in BATCHES), TOKEN_BYTES, TYPES)


def test_sums_by_document_type() -> None:
    # nats, targets, bytes of text: radiology has 1 + 2 + 0.5 + 0.25 + 1.25 on 5 targets, discharge 4 + 8 + 1 on 3
    assert score().sums.sum(axis=2).tolist() == [[5.0, 13.0, 0.0], [5.0, 3.0, 0.0], [5 + 7 + 0 + 7 + 0, 1 + 1 + 0, 0.0]]


def test_loss_perplexity_and_bits_per_byte() -> None:
    summary = score().summary()
    by_type = summary.pop("by_doc_type")
    assert list(summary.pop("by_length_class")) == ["short"]
    assert summary == {
        "loss": 18.0 / 8,
        "perplexity": pytest.approx(math.exp(18.0 / 8), rel=1e-12),
        "bits_per_byte": pytest.approx(18.0 / math.log(2) / 21, rel=1e-12),
        "targets": 8,
        "bytes": 21,
    }
    assert list(by_type) == ["radiology", "discharge"]  # a type without targets is left out
    assert by_type["radiology"]["loss"] == 1.0
    assert by_type["radiology"]["perplexity"] == pytest.approx(math.e, rel=1e-12)
    assert by_type["radiology"]["bits_per_byte"] == pytest.approx(5.0 / math.log(2) / 19, rel=1e-12)
    assert (by_type["discharge"]["loss"], by_type["discharge"]["targets"], by_type["discharge"]["bytes"]) == (13 / 3, 3, 2)


def test_an_even_guess_costs_the_logarithm_of_the_vocabulary() -> None:
    """A model that knows nothing of 256 one-byte tokens: perplexity 256, 8 bits per byte."""
    one, types, _ = batch([[3, 200, 255]], [[0.0] * 3], [[0, 0, 0]])
    scores = score_batches(lambda _: torch.full((1, 3), math.log(256)), [(one, types)], np.ones(256, dtype=np.int32), ["any"])
    assert scores.summary()["perplexity"] == pytest.approx(256, rel=1e-6)
    assert scores.summary()["bits_per_byte"] == pytest.approx(8, rel=1e-6)


def test_nothing_scored_and_nothing_but_ends() -> None:
    nothing = score_batches(lambda _: torch.zeros(1, 1), [], TOKEN_BYTES, TYPES).summary()
    assert nothing == {
        "loss": None,
        "perplexity": None,
        "bits_per_byte": None,
        "targets": 0,
        "bytes": 0,
        "by_doc_type": {},
        "by_length_class": {},
    }
    one, types, losses = batch([[2, 2]], [[1.0, 3.0]], [[0, 0]])
    assert score_batches(lambda _: losses, [(one, types)], TOKEN_BYTES, TYPES).summary()["bits_per_byte"] is None


def test_a_hopeless_loss_has_a_finite_perplexity() -> None:
    one, types, losses = batch([[4]], [[5000.0]], [[0]])
    summary = score_batches(lambda _: losses, [(one, types)], TOKEN_BYTES, TYPES).summary()
    assert summary["loss"] == 5000.0
    assert summary["perplexity"] == math.exp(700.0)


def test_many_small_losses_are_summed_in_float64() -> None:
    one, types, _ = batch([[4] * 1000] * 100, [[0.0]], [[0] * 1000] * 100)
    scores = score_batches(lambda _: torch.full((100, 1000), 0.1), [(one, types)] * 20, TOKEN_BYTES, TYPES)
    assert scores.sums[0, 0, 0] == pytest.approx(2_000_000 * float(np.float32(0.1)), rel=1e-12)


def test_perplexity_by_length_class() -> None:
    """000-60: the class is that of the whole document, its limits belong to the longer one; each perplexity is exp of the mean loss."""
    lengths = [[149, 149, 150, 150, 599, 599], [600, 600, 5000, 5000, 149, 0]]
    losses = [[1.0, 3.0, 0.5, 0.0, 2.0, 0.25], [4.0, 1.0, 1.0, 2.0, 5.0, 0.0]]
    one, facts, values = batch([[4, 5, 6, -1, 4, 5], [6, 6, 6, 2, 4, -1]], losses, [[0, 0, 1, 1, 0, 0], [1, 1, 0, 0, 1, -1]], lengths)
    summary = score_batches(lambda _: values, [(one, facts)], TOKEN_BYTES, TYPES).summary()
    means = {"short": (1 + 3 + 5) / 3, "medium": (0.5 + 2 + 0.25) / 3, "long": (4 + 1 + 1 + 2) / 4}
    assert {name: scores["loss"] for name, scores in summary["by_length_class"].items()} == pytest.approx(means, rel=1e-12)
    for name, scores in summary["by_length_class"].items():
        assert scores["perplexity"] == pytest.approx(math.exp(means[name]), rel=1e-12)
    assert [scores["bytes"] for scores in summary["by_length_class"].values()] == [5 + 7 + 5, 1 + 5 + 7, 3]
    assert summary["by_doc_type"]["discharge"]["loss"] == (0.5 + 4 + 1 + 5) / 4
