"""Rows of an embedding table for another vocabulary, from those of the old one. Files and forms are not known here.

V: rows of the new vocabulary, T: tokens of the old one, H: hidden size, N: rows of one block, P: pieces of its tokens.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from medpretrain.tokenizer.foreign import ForeignTokenizer

ROWS_PER_BLOCK = 4096
NOT_COPIED = -1


@dataclass(frozen=True)
class RowPlan:
    """What each row of the new table is made of; the same for the input and the output table.

    Attributes:
        copied: int64 [V], the old id whose row it is; NOT_COPIED where it is made.
        pieces, ends: int64, the old ids that write token i's text are pieces[ends[i - 1] : ends[i]]; none where the row is copied.
    """

    copied: NDArray[np.int64]
    pieces: NDArray[np.int64]
    ends: NDArray[np.int64]

    @property
    def num_pieces(self) -> NDArray[np.int64]:
        """int64 [V]."""
        return np.diff(self.ends, prepend=0)


def plan_rows(new: ForeignTokenizer, old: ForeignTokenizer, special: Mapping[int, int | None]) -> RowPlan:
    """Tokens that stand for the same bytes share a row; others are written in old pieces.

    Args:
        special: of each special id of the new vocabulary the old id that has its role, or None: it has neither then.
    """
    copied = np.full(new.num_ids, NOT_COPIED, np.int64)
    pieces: list[list[int]] = [[] for _ in range(new.num_ids)]
    for token_id, old_id in special.items():
        copied[token_id] = NOT_COPIED if old_id is None else old_id
    for token_id, text in new.text_of.items():
        if (old_id := old.id_of.get(text)) is not None:
            copied[token_id] = old_id
        else:
            pieces[token_id] = old.pieces(text)
    flat = np.array([piece for of_token in pieces for piece in of_token], np.int64)
    return RowPlan(copied, flat, np.cumsum([len(of_token) for of_token in pieces], dtype=np.int64))


@dataclass(frozen=True)
class Mixing:
    """How the rows of a token's pieces become its row: a weighted mean.

    Attributes:
        lean: a piece weighs e^lean times the piece before it. 0: all alike; above it, the last ones more.
        keeps_length: whether the mean, which is shorter than unlike rows are, is made as long as they are on average, by the same weights.
    """

    lean: float = 0.0
    keeps_length: bool = False


def made_rows(old: Tensor, centre: Tensor, plan: RowPlan, first: int, end: int, mixing: Mixing) -> Tensor:
    """Rows first to end - 1 of the new table, in the dtype of the old one, [N, H].

    Args:
        old: the old table, [T or more, H].
        centre: fp32 [H], the row of a token that has neither an old row nor pieces.
    """
    begin = int(plan.ends[first - 1]) if first else 0
    ids = torch.from_numpy(plan.pieces[begin : plan.ends[end - 1]])
    counts = torch.from_numpy(plan.num_pieces[first:end])
    owner = torch.repeat_interleave(torch.arange(end - first), counts)
    place = torch.arange(len(ids)) - (counts.cumsum(0) - counts)[owner]  # of a piece in its token
    from_heaviest = counts[owner] - 1 - place if mixing.lean > 0 else place
    weights = torch.exp(-abs(mixing.lean) * from_heaviest)  # [P]
    weights /= torch.zeros(end - first).index_add_(0, owner, weights)[owner]
    gathered = old[ids].float()  # [P, H]
    rows = torch.zeros(end - first, old.shape[1]).index_add_(0, owner, gathered * weights[:, None])
    if mixing.keeps_length:
        norms = torch.zeros(end - first).index_add_(0, owner, gathered.norm(dim=1) * weights)
        rows = F.normalize(rows, dim=1) * norms[:, None]
    rows = torch.where(counts[:, None] > 0, rows, centre).to(old.dtype)
    copied = torch.from_numpy(plan.copied[first:end])
    is_copied = copied != NOT_COPIED
    rows[is_copied] = old[copied[is_copied]]
    return rows
