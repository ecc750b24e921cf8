"""How often each token id stands in packed rows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from medpretrain.errors import InputError
from medpretrain.log import Progress
from medpretrain.shards.format import ShardDataset

_TOKENS_AT_ONCE = 2**22


def token_counts(directory: Path, tokenizer_hash: str) -> NDArray[np.int64]:
    """How often each id occurs in all rows, padding and document marks among them: int64 [vocab_size]. Reads every row.

    Args:
        tokenizer_hash: `content_hash` of the tokenizer that the ids are to mean.

    Raises:
        InputError: the rows were packed with another tokenizer, or are damaged.
    """
    dataset = ShardDataset.open(directory)
    if dataset.tokenizer_hash != tokenizer_hash:
        raise InputError(
            str(directory),
            f"was packed with another tokenizer ({dataset.tokenizer_hash[:12]}...)",
            f"rows of the tokenizer {tokenizer_hash[:12]}...",
            "give the tokenizer that packed these rows, or pack the corpus again with this one",
        )
    counts = np.zeros(dataset.vocab_size, np.int64)
    rows_at_once = max(1, _TOKENS_AT_ONCE // dataset.seq_len)
    with Progress("counting tokens of packed rows", dataset.num_rows, "rows") as progress:
        for first in range(0, dataset.num_rows, rows_at_once):
            rows = dataset.rows(np.arange(first, min(first + rows_at_once, dataset.num_rows)))
            counts += np.bincount(rows.reshape(-1), minlength=dataset.vocab_size)
            progress.advance(len(rows))
    return counts
