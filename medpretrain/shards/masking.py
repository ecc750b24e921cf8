"""The masking rule of packed rows: what each position predicts, where documents begin. One pure function, used by all who need it.

n: rows, S: seq_len.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

IGNORED = -1  # a target that takes no part in the loss


def targets_of(
    tokens: NDArray[Any], eos_id: int, pad_id: int, mask_separator_targets: bool
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int32]]:
    """Targets, positions and segments of packed rows (000-27, 000-28, 000-34).

    A document begins at a row's start and after every `</s>`; positions restart there. Trailing `<pad>` is padding: its own last
    segment. Position i predicts token i + 1, but IGNORED stands where that is padding, where i is `</s>` (the target would belong
    to another document) and at the row's last position. `</s>` is learned as a target unless `mask_separator_targets`.

    Args:
        tokens: integer ids [n, S].

    Returns:
        targets int64 [n, S] (IGNORED = -1 where masked), positions int64 [n, S] (from 0 in each segment), segments int32 [n, S]
        (number of the document within its row, from 0). All C-contiguous.
    """
    num_rows, seq_len = tokens.shape
    targets = np.empty((num_rows, seq_len), dtype=np.int64)
    targets[:, :-1] = tokens[:, 1:]
    targets[:, -1] = IGNORED
    ends = np.flatnonzero(tokens == eos_id)  # indices into the flattened rows, like all below
    flat_targets = targets.reshape(-1)
    if mask_separator_targets:
        flat_targets[ends - 1] = IGNORED  # before a row's first position stands another row's last one, which is masked anyhow
    flat_targets[ends] = IGNORED

    row_starts = np.arange(num_rows, dtype=np.int64) * seq_len
    padded_rows = np.flatnonzero(tokens[:, -1] == pad_id)
    num_padding = np.where((tokens[padded_rows] == pad_id).all(axis=1), seq_len, (tokens[padded_rows, ::-1] != pad_id).argmax(axis=1))
    for row, count in zip(padded_rows.tolist(), num_padding.tolist(), strict=True):
        targets[row, max(seq_len - count - 1, 0) :] = IGNORED
    is_start = np.zeros(tokens.size + 1, dtype=np.bool_)
    is_start[row_starts] = True
    is_start[ends + 1] = True
    is_start[row_starts[padded_rows] + seq_len - num_padding] = True
    starts = np.flatnonzero(is_start[:-1])
    lengths = np.diff(starts, append=tokens.size)
    positions = np.arange(tokens.size, dtype=np.int64)
    positions -= np.repeat(starts, lengths)
    first_of_row = np.searchsorted(starts, row_starts)  # each row's start is a segment's start
    number = np.arange(len(starts), dtype=np.int32) - np.repeat(first_of_row, np.diff(first_of_row, append=len(starts))).astype(np.int32)
    segments = np.repeat(number, lengths)
    return targets, positions.reshape(num_rows, seq_len), segments.reshape(num_rows, seq_len)
