"""Scoring held-out rows: loss, perplexity and bits per byte, whole and per document type. Used in training and by `medpretrain eval`.

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

from medpretrain.shards.loader import MicroBatch


@dataclass(frozen=True)
class Scores:
    """Sums over scored targets: float64 [3, T] (nats, targets, bytes of text) by document type."""

    sums: NDArray[np.float64]
    doc_types: list[str]

    def summary(self) -> dict[str, Any]:
        """Loss (nats a target), perplexity and bits per byte over all targets, and the same `by_doc_type` where a type has any."""
        by_type = {name: _measures(self.sums[:, index]) for index, name in enumerate(self.doc_types) if self.sums[1, index] > 0}
        return {**_measures(self.sums.sum(axis=1)), "by_doc_type": by_type}


def score_batches(
    losses_of: Callable[[MicroBatch], torch.Tensor],
    batches: Iterable[tuple[MicroBatch, NDArray[np.int32]]],
    token_bytes: NDArray[np.int32],
    doc_types: list[str],
) -> Scores:
    """Add up the losses of held-out batches.

    Args:
        losses_of: gives nats of each target, [M, S], 0 where masked.
        batches: micro-batches, each with the document type of every position, int32 [M, S].
        token_bytes: bytes of text that each token id stands for.
    """
    sums = np.zeros((3, len(doc_types)))
    for micro_batch, types in batches:
        losses = losses_of(micro_batch).double().cpu().numpy()
        scored = micro_batch.targets >= 0
        kinds = types[scored]
        for row, values in enumerate((losses[scored], np.ones(len(kinds)), token_bytes[micro_batch.targets[scored]])):
            sums[row] += np.bincount(kinds, weights=values, minlength=len(doc_types))
    return Scores(sums, doc_types)


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
