"""Keys and values that are kept while documents are written: a further token then costs the work of one position, not of all before it.

Position p of a row's document stands in slot p of that row, whatever the other rows hold, so prompts of unlike lengths need no alignment.
Behind a shorter prompt stands padding; no position sees a later one, and the tokens that come there take its slots.

Shapes: B rows, S positions of this pass, Q query heads, K key-value heads, D head size, C slots of a row, L slots in use.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from medpretrain.model.attention import Documents, attend, find_documents


class LayerCache:
    """One layer's keys and values, [B, C, K, D] each, made when the first ones come, in their dtype and on their device."""

    def __init__(self, num_slots: int) -> None:
        self._num_slots = num_slots
        self._kept: tuple[Tensor, Tensor] | None = None

    def put(self, key: Tensor, value: Tensor, positions: Tensor) -> None:
        """Keep [B, S, K, D] at int64 positions [B, S]."""
        if self._kept is None:
            num_rows, _, num_heads, head_size = key.shape
            shape = (num_rows, self._num_slots, num_heads, head_size)
            self._kept = key.new_zeros(shape), value.new_zeros(shape)  # zeros: what is not seen is multiplied by 0 and must be finite
        rows = torch.arange(len(positions), device=positions.device)[:, None]
        for kept, new in zip(self._kept, (key, value), strict=True):
            kept[rows, positions] = new

    def take(self, length: int) -> tuple[Tensor, Tensor]:
        """The first `length` slots, [B, K, length, D] each: views."""
        assert self._kept is not None, "nothing was put there yet"
        keys, values = (kept[:, :length].transpose(1, 2) for kept in self._kept)
        return keys, values

    def select_rows(self, rows: Tensor) -> None:
        if self._kept is not None:
            keys, values = (kept[rows] for kept in self._kept)
            self._kept = keys, values


class KeptDocuments(NamedTuple):
    """What one layer is given instead of `Documents` where keys and values are kept. In the first pass nothing was kept before and
    `documents` says where the rows lie; later `seen`, bool [B, 1, S, L], says which slots each position sees."""

    layer: LayerCache
    positions: Tensor
    documents: Documents | None
    seen: Tensor | None


class KeyValueCache:
    """Every layer's keys and values of B documents, which all begin with the first pass.

    Args:
        num_slots: so many positions may a document have.
    """

    def __init__(self, num_layers: int, num_slots: int) -> None:
        self._layers = [LayerCache(num_slots) for _ in range(num_layers)]
        self._num_slots = num_slots
        self._length = 0  # the slots in use: of the longest row

    def next_pass(self, positions: Tensor, dtype: torch.dtype) -> list[KeptDocuments]:
        """For each layer, what a pass over the tokens at int64 positions [B, S] sees. The first pass is over 0 to S - 1 in every row."""
        first = self._length == 0
        self._length = max(self._length, int(positions.max()) + 1)
        assert self._length <= self._num_slots, f"position {self._length - 1} in a cache of {self._num_slots} slots"
        if first:
            documents, seen = find_documents(positions, dtype), None
        else:
            documents, seen = None, torch.arange(self._length, device=positions.device) <= positions[:, None, :, None]
        return [KeptDocuments(layer, positions, documents, seen) for layer in self._layers]

    def select_rows(self, rows: Tensor) -> None:
        """Go on with these rows alone, int64 [B'], in this order."""
        for layer in self._layers:
            layer.select_rows(rows)


def attend_kept(query: Tensor, key: Tensor, value: Tensor, kept: KeptDocuments) -> Tensor:
    """As `attend`, over what was kept of each row's document and this pass's own positions, which are kept too.

    query [B, S, Q, D]; key, value [B, S, K, D], each shared by Q / K query heads -> [B, S, Q, D].
    """
    kept.layer.put(key, value, kept.positions)
    if kept.documents is not None:
        return attend(query, key, value, kept.documents)
    assert kept.seen is not None, "a pass sees either documents or slots"
    keys, values = kept.layer.take(kept.seen.shape[-1])
    num_positions, num_shared = query.shape[1], query.shape[2] // key.shape[2]
    # The heads that share a key stand as further positions of it: nothing kept is copied for them.
    grouped = query.unflatten(2, (-1, num_shared)).permute(0, 2, 3, 1, 4).flatten(2, 3)  # [B, K, Q / K * S, D]
    seen = kept.seen.repeat(1, 1, num_shared, 1)
    mixed = F.scaled_dot_product_attention(grouped, keys, values, attn_mask=seen)
    return mixed.unflatten(2, (num_shared, num_positions)).permute(0, 3, 1, 2, 4).flatten(2, 3)
