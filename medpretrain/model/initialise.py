"""The weights a run starts from: the same at every topology, because each is drawn block of rows by block of rows from its own key."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import numpy as np
import torch

from medpretrain.model.layout import ParameterSpec, parameter_table
from medpretrain.model.settings import ModelSettings

ROWS_PER_BLOCK = 256

WeightSource = Callable[[str], torch.Tensor]
"""Gives a parameter's share for one tensor parallel rank, by name: a tensor of the spec's `shard_shape`."""


def initial_weights(model: ModelSettings, seed: int, tp_rank: int, tp_size: int, dtype: torch.dtype) -> WeightSource:
    """A source of freshly drawn weights. A rank draws only the blocks that it holds; nothing but the asked-for share is kept."""
    table = parameter_table(model)
    return lambda name: draw_shard(table[name], seed, tp_rank, tp_size).to(dtype)


def blank_weights(model: ModelSettings, tp_size: int, dtype: torch.dtype) -> WeightSource:
    """A source of zeros, for a model whose weights a checkpoint brings."""
    table = parameter_table(model)
    return lambda name: torch.from_numpy(np.zeros(table[name].shard_shape(tp_size), dtype=np.float32)).to(dtype)


def draw_shard(spec: ParameterSpec, seed: int, tp_rank: int, tp_size: int) -> torch.Tensor:
    """One rank's share of a freshly drawn parameter, fp32: normal(0, init_std), or its constant. numpy draws, since torch's own factory
    functions are replaced by DeepSpeed while a ZeRO-3 model is built."""
    shape = spec.shard_shape(tp_size)
    if spec.init_std is None:
        return torch.from_numpy(np.full(shape, spec.init_constant, dtype=np.float32))
    first_row = tp_rank * shape[0] if spec.tp_dim == 0 else 0
    first_column = tp_rank * shape[1] if spec.tp_dim == 1 else 0
    result = np.empty(shape, dtype=np.float32)
    row = first_row
    while row < first_row + shape[0]:
        block, skip = divmod(row, ROWS_PER_BLOCK)
        drawn = _draw_block(spec, seed, block)
        taken = min(len(drawn) - skip, first_row + shape[0] - row)
        result[row - first_row : row - first_row + taken] = drawn[skip : skip + taken, first_column : first_column + shape[1]]
        row += taken
    return torch.from_numpy(result)


def _draw_block(spec: ParameterSpec, seed: int, block: int) -> np.ndarray:
    """Rows [block * ROWS_PER_BLOCK, ...) of the full parameter, from numpy's Philox keyed by (seed, name, block)."""
    key = int.from_bytes(hashlib.blake2b(f"{seed}/{spec.name}/{block}".encode(), digest_size=16).digest(), "little")
    num_rows = min(ROWS_PER_BLOCK, spec.shape[0] - block * ROWS_PER_BLOCK)
    generator = np.random.Generator(np.random.Philox(key=key))
    assert spec.init_std is not None
    return generator.standard_normal((num_rows, spec.shape[1]), dtype=np.float32) * np.float32(spec.init_std)
