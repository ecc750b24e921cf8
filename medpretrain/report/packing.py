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
    """A packed dataset beside naive padding, which gives each document one row and cuts off what does not fit; and beside the padding that
    cuts nothing and gives a long document as many rows as it needs.

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
        """Real tokens of all positions, one row a document (001-08)."""
        return float(np.minimum(self.lengths, self.seq_len).sum() / (len(self.lengths) * self.seq_len))

    @property
    def naive_loss(self) -> float:
        """Share of all tokens that one row a document cuts off."""
        return 1 - float(np.minimum(self.lengths, self.seq_len).sum() / self.lengths.sum())

    @property
    def uncut_share(self) -> float:
        """Real tokens of all positions, with rows of its own for each document and nothing cut off."""
        return float(self.lengths.sum() / ((-(-self.lengths // self.seq_len)).sum() * self.seq_len))

    @property
    def saving(self) -> float:
        """Share of the naive rows, one a document, that packing does without (001-08); below 0 where it takes more, as it cuts nothing."""
        return 1 - float(self.lengths.sum() / (self.packed_share * self.seq_len * len(self.lengths)))

    @property
    def uncut_saving(self) -> float:
        """The same beside rows for each document with nothing cut off."""
        return 1 - self.uncut_share / self.packed_share

    def numbers(self) -> dict[str, Any]:
        median, p90 = np.quantile(self.lengths, [0.5, 0.9]).tolist()
        return {
            "source": self.name,
            "seq_len": self.seq_len,
            "documents": self.num_documents,
            "documents_read": len(self.lengths),
            "median_length_tokens": median,
            "p90_length_tokens": p90,
            "longest_tokens": int(self.lengths.max()),
            **{
                name: getattr(self, name) for name in ("packed_share", "naive_share", "naive_loss", "saving", "uncut_share", "uncut_saving")
            },
        }


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
