"""Packed shards as a torch Dataset, for training loops of the user's own. The only file of this package that imports torch.

S: seq_len.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch.utils.data import Dataset

from medpretrain.shards.format import ShardDataset
from medpretrain.shards.masking import targets_of
from medpretrain.shards.order import permuted


class PackedDataset(Dataset[dict[str, torch.Tensor]]):
    """The rows of a directory made by `shards pack` (000-33).

    Items are dicts of int64 tensors [S]: input_ids; targets (already shifted, -1 where masked: `cross_entropy(..., ignore_index=-1)`);
    positions (from 0 in each document); segments (a document's number within the row, for attention that does not cross documents).
    Works in a DataLoader with workers: rows are memory-mapped in each.

    Args:
        directory: made by `shards pack`. InputError when it is unfinished or damaged.
        shuffle_seed: None for the rows as they are stored; a number for an order that depends on it and on the epoch.
    """

    def __init__(self, directory: Path | str, shuffle_seed: int | None = None) -> None:
        self.shards = ShardDataset.open(Path(directory))
        self.shuffle_seed = shuffle_seed
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Take another order from now on (call it before the DataLoader's iterator is made)."""
        self.epoch = epoch

    def __len__(self) -> int:
        return self.shards.num_rows

    def __getitem__(self, index: int) -> dict[str, torch.Tensor]:
        if not -len(self) <= index < len(self):
            raise IndexError(f"row {index} of {len(self)}")
        rows = np.array([index % len(self)])
        if self.shuffle_seed is not None:
            rows = permuted(rows, len(self), f"{self.shuffle_seed}/{self.shards.identity}/{self.epoch}")
        tokens = self.shards.rows(rows)
        shards = self.shards
        targets, positions, segments = targets_of(tokens, shards.eos_id, shards.pad_id, shards.mask_separator_targets)
        items = {"input_ids": tokens, "targets": targets, "positions": positions, "segments": segments}
        return {name: torch.from_numpy(array[0].astype(np.int64)) for name, array in items.items()}
