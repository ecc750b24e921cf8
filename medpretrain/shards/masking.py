"""The masking rule of packed rows: what each position predicts, where documents begin. One pure function, used by all who need it.

n: rows, S: seq_len.
"""

from __future__ import annotations

import functools
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
    targets, positions = np.empty((2, *tokens.shape), dtype=np.int64)
    starts = write_targets(tokens, eos_id, pad_id, mask_separator_targets, targets, positions)
    return targets, positions, segments_of(np.append(starts, tokens.size), *tokens.shape)


def write_targets(
    tokens: NDArray[Any],
    eos_id: int,
    pad_id: int,
    mask_separator_targets: bool,
    targets: NDArray[np.int64],
    positions: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Write targets and positions (see `targets_of`) into C-contiguous arrays [n, S] of the caller's.

    Returns:
        where the segments begin in the flattened rows, int64, ascending: at every row's start, behind every `</s>`, at padding.
    """
    ids = tokens.reshape(-1)
    is_start = np.empty(tokens.shape, dtype=np.bool_)
    np.equal(ids[:-1], eos_id, out=is_start.reshape(-1)[1:])
    is_start[:, 0] = True
    paddings = _paddings(tokens, pad_id)
    for start, _ in paddings:
        is_start.reshape(-1)[start] = True
    starts = np.flatnonzero(is_start)
    ends = np.append(starts[1:], tokens.size)

    flat_targets = targets.reshape(-1)
    flat_targets[:-1] = ids[1:]
    if mask_separator_targets:
        separators = ends[ids[ends - 1] == eos_id] - 1
        flat_targets[separators - 1] = IGNORED  # where a document is `</s>` alone: the last position of another one, masked anyhow
    flat_targets[ends - 1] = IGNORED  # what follows belongs to another segment
    for start, end in paddings:
        flat_targets[start:end] = IGNORED
    np.subtract(_counting_to(tokens.size), np.repeat(starts.astype(np.int32), ends - starts), out=positions.reshape(-1))
    return starts


def segments_of(boundaries: NDArray[np.integer[Any]], num_rows: int, seq_len: int) -> NDArray[np.int32]:
    """Each position's segment, numbered from 0 in its row: int32 [n, S], from where the segments begin in the flattened rows, and n x S."""
    starts, lengths = boundaries[:-1], np.diff(boundaries)
    first_of_row = np.searchsorted(starts, np.arange(num_rows) * seq_len)
    number_in_row = np.arange(len(starts)) - first_of_row[starts // seq_len]
    return np.repeat(number_in_row.astype(np.int32), lengths).reshape(num_rows, seq_len)


@functools.lru_cache(maxsize=4)
def _counting_to(number: int) -> NDArray[np.int32]:
    numbers = np.arange(number, dtype=np.int32)
    numbers.flags.writeable = False
    return numbers


def _paddings(tokens: NDArray[Any], pad_id: int) -> list[tuple[int, int]]:
    """Half-open ranges of trailing padding in the flattened rows."""
    paddings = []
    for row in np.flatnonzero(tokens[:, -1] == pad_id).tolist():
        is_real = (tokens[row] != pad_id).tobytes()  # bytes are searched backwards at the speed of memory
        first = row * len(is_real)
        paddings.append((first + is_real.rfind(b"\x01") + 1, first + len(is_real)))
    return paddings
