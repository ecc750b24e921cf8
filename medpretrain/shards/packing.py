"""Which document goes into which row: pure arithmetic on lengths, and the rows that follow from it. Knows no files and no tokenizer.

Best fit decreasing, done for a whole length class at once: equal documents fill equal gaps in one stroke, so the cost is that of
(lengths that occur) x (gaps that are open), nearly free of the number of documents.
D: documents, P: pieces (a document, or a row-long part or the remainder of a longer one), R: rows, S: seq_len.
"""

from __future__ import annotations

import bisect
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from medpretrain.errors import InputError


@dataclass(frozen=True)
class Packing:
    """Where each piece stands. All arrays int64 [P], ordered by row, then start; a row's pieces follow each other without a gap."""

    seq_len: int
    num_rows: int
    document: NDArray[np.int64]  # index of the document
    offset: NDArray[np.int64]  # place of the piece's first token in its document
    length: NDArray[np.int64]  # tokens
    row: NDArray[np.int64]
    start: NDArray[np.int64]  # position of the piece's first token in its row

    @property
    def efficiency(self) -> float:
        """Real tokens over positions (000-20): sum of lengths / (R * S)."""
        return float(self.length.sum()) / max(self.num_rows * self.seq_len, 1)


def pack_lengths(lengths: ArrayLike, seq_len: int) -> Packing:
    """Pack documents of given lengths into rows of `seq_len` (000-19, 002-108). Deterministic.

    A document of at most `seq_len` tokens is never cut. A longer one fills whole rows; its remainder is packed like a document.
    Rows made of one long piece come first, then the others as best fit opened them.

    Args:
        lengths: int [D], tokens of each document, all its separators counted; at least 1.
    """
    lengths = np.asarray(lengths, np.int64)
    assert seq_len >= 1, f"seq_len is {seq_len}"
    assert lengths.size == 0 or int(lengths.min()) >= 1, "a document has no tokens"
    num_full = np.where(lengths > seq_len, lengths // seq_len, 0)  # [D] whole rows
    full_document = np.repeat(np.arange(len(lengths)), num_full)
    full_rows = len(full_document)
    full_offset = (np.arange(full_rows) - np.repeat(np.cumsum(num_full) - num_full, num_full)) * seq_len

    rest = lengths - num_full * seq_len  # [D] 0 where whole rows hold the document to its end
    rest_document = np.flatnonzero(rest)
    row, start, rest_rows = best_fit(rest[rest_document], seq_len)

    document = np.concatenate([full_document, rest_document])
    offset = np.concatenate([full_offset, (num_full * seq_len)[rest_document]])
    length = np.concatenate([np.full(full_rows, seq_len), rest[rest_document]])
    row = np.concatenate([np.arange(full_rows), row + full_rows])
    start = np.concatenate([np.zeros(full_rows, np.int64), start])
    order = np.argsort(row * seq_len + start)
    return Packing(seq_len, full_rows + rest_rows, document[order], offset[order], length[order], row[order], start[order])


def best_fit(lengths: NDArray[np.int64], capacity: int) -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
    """Best fit decreasing of items [P] (each from 1 to `capacity`) into rows: row [P], start [P], number of rows."""
    row = np.empty(len(lengths), np.int64)
    start = np.empty(len(lengths), np.int64)
    num_rows = 0
    gaps: list[int] = []  # sizes of the gaps that are open, ascending
    rows_with_gap: dict[int, list[NDArray[np.int64]]] = defaultdict(list)

    def open_gap(gap: int, rows: NDArray[np.int64]) -> None:
        if gap and len(rows):
            if not rows_with_gap[gap]:
                bisect.insort(gaps, gap)
            rows_with_gap[gap].append(rows)

    sort_key = (capacity - lengths).astype(np.uint16 if capacity <= 2**16 else np.int64)  # 16 bits sort in linear time
    longest_first = np.argsort(sort_key, kind="stable")
    class_ends = np.flatnonzero(np.diff(lengths[longest_first])) + 1
    for items in np.split(longest_first, class_ends) if len(lengths) else ():
        length = int(lengths[items[0]])
        # After a gap took an item it is the smallest gap again, so it takes as many as it holds before the next one is looked at.
        place = bisect.bisect_left(gaps, length)
        while len(items):
            if place < len(gaps):
                gap = gaps.pop(place)
                rows = np.concatenate(rows_with_gap.pop(gap))
            else:
                gap = capacity
                rows = np.arange(num_rows, num_rows - (-len(items) // (capacity // length)))
                num_rows += len(rows)
            per_row = gap // length
            taken = np.arange(min(len(items), len(rows) * per_row))
            placed, items = items[: len(taken)], items[len(taken) :]
            row[placed] = rows[taken // per_row]
            start[placed] = capacity - gap + taken % per_row * length
            filled, in_last = divmod(len(taken), per_row)
            untouched = filled + (in_last > 0)
            open_gap(gap, rows[untouched:])
            open_gap(gap - in_last * length, rows[filled:untouched])
            open_gap(gap - per_row * length, rows[:filled])
            place = bisect.bisect_left(gaps, length)
    return row, start, num_rows


def fill_rows(tokens: NDArray, document_starts: NDArray[np.int64], packing: Packing, rows: range, pad_id: int) -> NDArray:
    """The token ids of some rows: [len(rows), S] in the dtype of `tokens`, padded at the end with `pad_id`.

    Args:
        tokens: the documents, end to end [T].
        document_starts: [D] where each begins in `tokens`.
        rows: which rows to make.
    """
    first, last = np.searchsorted(packing.row, [rows.start, rows.stop])
    source = document_starts[packing.document[first:last]] + packing.offset[first:last]
    target = (packing.row[first:last] - rows.start) * packing.seq_len + packing.start[first:last]
    filled = np.full(len(rows) * packing.seq_len, pad_id, tokens.dtype)
    for begin, place, length in zip(source.tolist(), target.tolist(), packing.length[first:last].tolist(), strict=True):
        filled[place : place + length] = tokens[begin : begin + length]
    return filled.reshape(len(rows), packing.seq_len)


class SequencePacker:
    """Packs lists of token ids held in memory (001-09); for whole corpora use `pack_corpus`.

    `separator_token_id` ends each report; it must differ from `pad_token_id`, or the end of a row could not be read.
    """

    def __init__(self, context_length: int = 512, separator_token_id: int = 0, pad_token_id: int = 1) -> None:
        if separator_token_id == pad_token_id:
            raise InputError("separator_token_id", f"is {separator_token_id}, like pad_token_id", "two different ids", "change one of them")
        if context_length < 1:
            raise InputError("context_length", f"is {context_length}", "at least 1 token", "choose a longer context")
        self.context_length = context_length
        self.separator_token_id = separator_token_id
        self.pad_token_id = pad_token_id

    def pack(self, reports: Sequence[Sequence[int]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Returns tokens int64 [R, context_length] and a mask of the same shape: 1 real (separators too), 0 padding."""
        parts = [np.append(np.asarray(report, np.int64), self.separator_token_id) for report in reports]
        lengths = np.array([len(part) for part in parts], np.int64)
        packing = pack_lengths(lengths, self.context_length)
        tokens = np.concatenate(parts) if parts else np.empty(0, np.int64)
        starts = np.cumsum(lengths) - lengths
        rows = range(packing.num_rows)
        packed = fill_rows(tokens, starts, packing, rows, self.pad_token_id)
        mask = fill_rows(np.ones_like(tokens), starts, packing, rows, 0)
        return packed, mask
