"""Causal attention inside the documents of packed rows: one function over the kernels that a machine has.

No work is done between documents. On a GPU in bf16 it is torch's variable-length flash attention over the flattened rows. Elsewhere (CPU,
fp32) it is scaled dot product attention, one document after the other. Every run shows at its start that the kernel keeps documents apart
(train/isolation.py).

Shapes: B rows, S positions, Q query heads, K key-value heads, D head size, n documents of the micro-batch (padding counts as one).
"""

from __future__ import annotations

import inspect
from functools import cache
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor


class Documents(NamedTuple):
    """Where the documents of a micro-batch lie in its flattened rows, as the kernel wants it."""

    boundaries: Tensor  # int32 [n + 1]: where each begins, and B * S
    longest: int
    lengths: list[int] | None  # of each, where they are taken one after the other


def has_varlen_kernel(device: torch.device, dtype: torch.dtype) -> bool:
    """Whether attention on this device and dtype runs on the variable-length kernel."""
    return device.type == "cuda" and dtype in (torch.bfloat16, torch.float16)


def kernel_name(device: torch.device, dtype: torch.dtype) -> str:
    """What computes attention there, for people."""
    kernel = "variable-length flash attention" if has_varlen_kernel(device, dtype) else "scaled dot product attention"
    return f"{kernel} (torch {torch.__version__}, {device.type}, {str(dtype).removeprefix('torch.')})"


def find_documents(positions: Tensor, dtype: torch.dtype) -> Documents:
    """Where documents begin: at each position 0. positions: int64 [B, S], from 0 in every document and in the padding behind them."""
    boundaries = boundaries_of(positions)
    lengths = None if has_varlen_kernel(positions.device, dtype) else boundaries.diff().tolist()
    return Documents(boundaries, int(positions.max()) + 1, lengths)


def boundaries_of(positions: Tensor) -> Tensor:
    """int32 [n + 1]: where documents begin in the flattened rows, and the number of positions."""
    return F.pad((positions.flatten() == 0).nonzero().flatten(), (0, 1), value=positions.numel()).int()


def attend(query: Tensor, key: Tensor, value: Tensor, documents: Documents) -> Tensor:
    """softmax(query key^T / sqrt(D)) value, each position over the earlier ones of its document and itself (000-34, 002-33).

    query [B, S, Q, D]; key, value [B, S, K, D], each shared by Q / K query heads -> [B, S, Q, D].
    """
    if documents.lengths is not None:
        return _attend_one_by_one(query, key, value, documents.lengths)
    from torch.nn.attention.varlen import varlen_attn

    flat: Any = varlen_attn(
        query.flatten(0, 1),
        key.flatten(0, 1),
        value.flatten(0, 1),
        documents.boundaries,
        documents.boundaries,
        documents.longest,
        documents.longest,
        window_size=(-1, 0),  # causal
        **_told_of_shared_heads(),
    )
    return flat.view_as(query)


@cache
def _told_of_shared_heads() -> dict[str, Any]:
    """What tells the kernel that key heads are fewer: older versions take them without being told."""
    from torch.nn.attention.varlen import varlen_attn

    return {"enable_gqa": True} if "enable_gqa" in inspect.signature(varlen_attn).parameters else {}


def _attend_one_by_one(query: Tensor, key: Tensor, value: Tensor, lengths: list[int]) -> Tensor:
    """Document by document, in fp32 at least: for rows of short documents torch's kernel for CPUs is several times slower in bf16."""
    dtype = torch.promote_types(query.dtype, torch.float32)
    pieces = (x.to(dtype).flatten(0, 1).transpose(0, 1)[None].split(lengths, dim=2) for x in (query, key, value))  # [1, heads, length, D]
    shared = query.shape[2] != key.shape[2]
    mixed = [F.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=shared) for q, k, v in zip(*pieces, strict=True)]
    return torch.cat([heads[0].transpose(0, 1) for heads in mixed]).view_as(query).to(query.dtype)
