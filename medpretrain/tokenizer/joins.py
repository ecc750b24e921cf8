"""Joins done on token ids, for encoders that know plain pieces only: the ids of the whole tokenizer (why: pieces.py)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


class Joins:
    """A table of joins: int [num_joins, 3], the ids of left side, right side and result. Results are the highest ids."""

    def __init__(self, table: NDArray[np.int64]) -> None:
        left, right, result = table.reshape(-1, 3).T
        self._size = int(table.max(initial=-1)) + 1  # ids from here on are in no join
        self._row, self._column = np.zeros(self._size + 1, np.int32), np.zeros(self._size + 1, np.int32)  # 0: on no such side
        self._row[left], self._column[right] = 1, 1
        self._num_columns = int(self._column.sum()) + 1
        for index in (self._row, self._column):
            index[index > 0] = np.arange(1, index.sum() + 1)
        self._result = np.zeros((int(self._row.max(initial=0)) + 1, self._num_columns), np.uint32)  # 0: no join
        self._result[self._row[left], self._column[right]] = result
        self._is_right = self._column > 0

    def apply(self, ids: NDArray[np.uint32], lengths: NDArray[np.int64]) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
        """(ids uint32 [sum of lengths], lengths int64 [num texts]) of plain pieces -> the same with all joins made, from left to right.

        Nothing is joined over the border of two texts. What stands on the right of a join is on the left of none, so all joins of a pass
        are apart; each further pass goes on from what the last one made.
        """
        if not self._size or not len(ids):
            return ids, lengths
        is_right = self._is_right.take(ids, mode="clip")
        ends = np.cumsum(lengths)
        is_right[(ends - lengths)[lengths > 0]] = False  # a text's first token is on the right of nothing
        rights = np.flatnonzero(is_right)
        lefts = rights - 1
        ids = ids.copy()
        kept = np.ones(len(ids), bool)
        while len(rights):
            result = self._result[self._row.take(ids[lefts], mode="clip"), self._column[ids[rights]]]
            hit = np.flatnonzero(result)
            lefts, rights = lefts[hit], rights[hit]
            ids[lefts] = result[hit]
            kept[rights] = False
            rights = rights + 1
            going_on = np.flatnonzero(is_right.take(rights, mode="clip") & (rights < len(ids)))
            lefts, rights = lefts[going_on], rights[going_on]
        gone = np.searchsorted(np.flatnonzero(~kept), ends)  # until the end of each text
        return ids[kept], lengths - np.diff(gone, prepend=0)
