"""Scoring held-out rows: loss, perplexity and bits per byte, whole, per document type and per length class (000-60, 002-121). Used in
training and by `medpretrain eval`.

Bits per byte counts the bytes of text that the unmasked targets stand for, so it compares models with different tokenizers; the end of a
document is paid for in bits and adds no byte.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from medpretrain.shards.loader import DocumentFacts, MicroBatch

# The first length, in tokens, that is no longer of the class. Reports come in lengths of about 80, 350 and 1,200 tokens, with deviations of
# 20, 80 and 200 (000-17, 000-30); the limits lie between, about three deviations from either side.
LENGTH_CLASSES = {"short": 150, "medium": 600, "long": None}
_LIMITS = [limit for limit in LENGTH_CLASSES.values() if limit is not None]


@dataclass(frozen=True)
class Scores:
    """Sums over scored targets: float64 [3, T, C] (nats, targets, bytes of text) by document type and length class."""

    sums: NDArray[np.float64]
    doc_types: list[str]

    def summary(self) -> dict[str, Any]:
        """Loss (nats a target), perplexity and bits per byte over all targets; the same `by_doc_type` and `by_length_class`, where one has
        any. A perplexity is exp of the mean of its targets' losses."""
        return {
            **_measures(self.sums.sum(axis=(1, 2))),
            "by_doc_type": _by_group(self.doc_types, self.sums.sum(axis=2)),
            "by_length_class": _by_group(LENGTH_CLASSES, self.sums.sum(axis=1)),
        }


def score_batches(
    losses_of: Callable[[MicroBatch], torch.Tensor],
    batches: Iterable[tuple[MicroBatch, DocumentFacts]],
    token_bytes: NDArray[np.int32],
    doc_types: list[str],
) -> Scores:
    """Add up the losses of held-out batches.

    Args:
        losses_of: gives nats of each target, [M, S], 0 where masked.
        batches: micro-batches, each with the facts of its documents.
        token_bytes: bytes of text that each token id stands for.
    """
    shape = (3, len(doc_types), len(LENGTH_CLASSES))
    sums = np.zeros((3, shape[1] * shape[2]))
    for micro_batch, facts in batches:
        losses = losses_of(micro_batch).double().cpu().numpy()
        scored = micro_batch.targets >= 0
        groups = facts.doc_types[scored] * shape[2] + np.digitize(facts.lengths[scored], _LIMITS)
        for row, values in enumerate((losses[scored], np.ones(len(groups)), token_bytes[micro_batch.targets[scored]])):
            sums[row] += np.bincount(groups, weights=values, minlength=sums.shape[1])
    return Scores(sums.reshape(shape), doc_types)


def _by_group(names: Iterable[str], sums: NDArray[np.float64]) -> dict[str, Any]:
    """The measures of each group that has targets. sums: float64 [3, groups]."""
    return {name: _measures(sums[:, index]) for index, name in enumerate(names) if sums[1, index] > 0}


def _measures(sums: NDArray[np.float64]) -> dict[str, Any]:
    nats, targets, text_bytes = sums.tolist()
    loss = nats / targets if targets else None  # nothing scored is no score
    return {
        "loss": loss,
        "perplexity": None if loss is None else math.exp(min(loss, 700.0)),
        "bits_per_byte": nats / math.log(2) / text_bytes if text_bytes else None,
        "targets": int(targets),
        "bytes": int(text_bytes),
    }
