"""What packing saved: rows as they are beside a row for each document, padded (001-07, 001-08)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medpretrain.shards.format import ShardDataset

MOST_PIECES = 2_000_000  # whose lengths are read; of a larger dataset, those of its first files


@dataclass(frozen=True)
class Packing:
    """A packed dataset beside naive padding.

    Attributes:
        name: of the source in the recipe.
        lengths: tokens of each document that was read, `<s>` and `</s>` among them, int64 [n].
        packed_share: real tokens of all positions of the rows, exact.
    """

    name: str
    seq_len: int
    lengths: NDArray[np.int64]
    num_documents: int
    packed_share: float

    @property
    def naive_share(self) -> float:
        """Real tokens of all positions, had each document rows of its own (a long one as many as it needs)."""
        return float(self.lengths.sum() / (naive_rows(self.lengths, self.seq_len) * self.seq_len))

    @property
    def saving(self) -> float:
        """Share of the naive rows that packing does without; below 0 where it takes more."""
        return 1 - self.naive_share / self.packed_share

    def numbers(self) -> dict[str, Any]:
        quantiles = np.quantile(self.lengths, [0.5, 0.9])
        return {
            "source": self.name,
            "seq_len": self.seq_len,
            "documents": self.num_documents,
            "documents_read": len(self.lengths),
            "median_length_tokens": float(quantiles[0]),
            "p90_length_tokens": float(quantiles[1]),
            "longest_tokens": int(self.lengths.max()),
            "naive_share": self.naive_share,
            "packed_share": self.packed_share,
            "saving": self.saving,
        }


def naive_rows(lengths: NDArray[np.int64], seq_len: int) -> int:
    """Rows that documents of these lengths [n] take where no two share one."""
    return int((-(-lengths // seq_len)).sum())


def read_packing(name: str, directory: Path, most_pieces: int = MOST_PIECES) -> Packing:
    """The packing of a dataset. Raises InputError where it cannot be read."""
    dataset = ShardDataset.open(directory)
    documents, lengths, left = [], [], most_pieces
    for shard in range(len(dataset.rows_per_file)):
        pieces = dataset.shard_array(shard, "documents")[:left]
        documents.append(pieces["document"].astype(np.int64))
        lengths.append(pieces["length"])
        left -= len(pieces)
        if left == 0:
            break
    _, places = np.unique(np.concatenate(documents), return_inverse=True)
    whole = np.bincount(places, weights=np.concatenate(lengths)).astype(np.int64)  # of the pieces of each document
    packed_share = dataset.manifest.counts["tokens"] / (dataset.num_rows * dataset.seq_len)
    return Packing(name, dataset.seq_len, whole, dataset.num_documents, packed_share)
