"""The one table of a model's parameters: name, full shape, which dimension tensor parallelism splits, how it starts, whether it decays.

Marking, initialisation, checkpoints, export and parameter counts all read this table; it is tested against the live model.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from medpretrain.model.settings import ModelSettings

COLUMN, ROW, REPLICATED = 0, 1, None  # the dimension of a [out, in] weight that the tensor parallel axis splits; of a bias [out]: COLUMN


@dataclass(frozen=True)
class ParameterSpec:
    """One parameter of the model. It starts as normal(0, `init_std`), or, where that is None, with `init_constant` everywhere.
    `decays`: weight decay applies to it (matrices only)."""

    name: str
    shape: tuple[int, ...]
    tp_dim: int | None
    init_std: float | None
    decays: bool
    init_constant: float = 1.0

    @property
    def numel(self) -> int:
        return math.prod(self.shape)

    def shard_shape(self, tp_size: int) -> tuple[int, ...]:
        """Shape of one rank's share; the split dimension must divide by `tp_size`."""
        return split_shape(self.shape, self.tp_dim, tp_size)


def split_shape(shape: tuple[int, ...], tp_dim: int | None, tp_size: int) -> tuple[int, ...]:
    """`shape` with dimension `tp_dim` divided by `tp_size` (None: as it is)."""
    if tp_dim is None:
        return shape
    assert shape[tp_dim] % tp_size == 0, f"dimension {tp_dim} of {shape} does not divide by tensor parallel {tp_size}"
    return (*shape[:tp_dim], shape[tp_dim] // tp_size, *shape[tp_dim + 1 :])


def parameter_table(model: ModelSettings) -> dict[str, ParameterSpec]:
    """Every parameter of the decoder by name, in the order of the forward pass. Tied embeddings are one, the embedding's.

    Projections that write into the residual stream start smaller by sqrt(2 * layers) (GPT-2), so that its variance does not
    grow with depth. Biases start as zeros. Norms and biases do not decay (our choice; 000-50). A column-parallel layer's bias is split
    with its outputs; a row-parallel one's belongs to the sum over ranks, so each rank has all of it.
    """
    hidden, head = model.hidden_size, model.head_size
    std = model.init_std
    residual_std = std / math.sqrt(2 * model.num_layers)
    query, key_value = model.num_heads * head, model.num_kv_heads * head

    def matrix(name: str, shape: tuple[int, int], tp_dim: int | None, std: float) -> ParameterSpec:
        return ParameterSpec(name, shape, tp_dim, std, decays=True)

    def vector(name: str, size: int, tp_dim: int | None, constant: float) -> ParameterSpec:
        return ParameterSpec(name, (size,), tp_dim, None, decays=False, init_constant=constant)

    def linear(name: str, shape: tuple[int, int], tp_dim: int, std: float) -> list[ParameterSpec]:
        bias = vector(f"{name}.bias", shape[0], COLUMN if tp_dim == COLUMN else REPLICATED, 0.0)
        return [matrix(f"{name}.weight", shape, tp_dim, std), *([bias] if model.biases else [])]

    def norm(name: str) -> list[ParameterSpec]:
        bias = vector(f"{name}.bias", hidden, REPLICATED, 0.0)
        return [vector(f"{name}.weight", hidden, REPLICATED, 1.0), *([bias] if model.norm == "layernorm" else [])]

    rows = [matrix("embedding.weight", (model.padded_vocab_size, hidden), COLUMN, std)]
    for layer in range(model.num_layers):
        prefix = f"layers.{layer}"
        rows += norm(f"{prefix}.attention_norm")
        rows += linear(f"{prefix}.attention.q_proj", (query, hidden), COLUMN, std)
        rows += linear(f"{prefix}.attention.k_proj", (key_value, hidden), COLUMN, std)
        rows += linear(f"{prefix}.attention.v_proj", (key_value, hidden), COLUMN, std)
        rows += linear(f"{prefix}.attention.o_proj", (hidden, query), ROW, residual_std)
        rows += norm(f"{prefix}.mlp_norm")
        if model.activation == "swiglu":
            rows += linear(f"{prefix}.mlp.gate_proj", (model.ffn_size, hidden), COLUMN, std)
        rows += linear(f"{prefix}.mlp.up_proj", (model.ffn_size, hidden), COLUMN, std)
        rows += linear(f"{prefix}.mlp.down_proj", (hidden, model.ffn_size), ROW, residual_std)
    rows += norm("final_norm")
    if not model.tied_embeddings:
        rows.append(matrix("head.weight", (model.padded_vocab_size, hidden), COLUMN, std))
    return {spec.name: spec for spec in rows}
