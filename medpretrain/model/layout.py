"""The one table of a model's parameters: name, full shape, which dimension tensor parallelism splits, how it starts, whether it decays.

Marking, initialisation, checkpoints, export and parameter counts all read this table; it is tested against the live model.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from medpretrain.model.settings import ModelSettings

COLUMN, ROW, REPLICATED = 0, 1, None  # the dimension of a [out, in] weight that the tensor parallel axis splits


@dataclass(frozen=True)
class ParameterSpec:
    """One parameter of the model. `init_std` of None means it starts as ones. `decays`: weight decay applies to it (matrices only)."""

    name: str
    shape: tuple[int, ...]
    tp_dim: int | None
    init_std: float | None
    decays: bool

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
    grow with depth. Norm weights do not decay (our choice; 000-50).
    """
    hidden, head = model.hidden_size, model.head_size
    std = model.init_std
    residual_std = std / math.sqrt(2 * model.num_layers)
    query, key_value = model.num_heads * head, model.num_kv_heads * head
    rows: list[tuple[str, tuple[int, ...], int | None, float | None]] = [
        ("embedding.weight", (model.padded_vocab_size, hidden), COLUMN, std),
    ]
    for layer in range(model.num_layers):
        prefix = f"layers.{layer}"
        rows += [
            (f"{prefix}.attention_norm.weight", (hidden,), REPLICATED, None),
            (f"{prefix}.attention.q_proj.weight", (query, hidden), COLUMN, std),
            (f"{prefix}.attention.k_proj.weight", (key_value, hidden), COLUMN, std),
            (f"{prefix}.attention.v_proj.weight", (key_value, hidden), COLUMN, std),
            (f"{prefix}.attention.o_proj.weight", (hidden, query), ROW, residual_std),
            (f"{prefix}.mlp_norm.weight", (hidden,), REPLICATED, None),
            (f"{prefix}.mlp.gate_proj.weight", (model.ffn_size, hidden), COLUMN, std),
            (f"{prefix}.mlp.up_proj.weight", (model.ffn_size, hidden), COLUMN, std),
            (f"{prefix}.mlp.down_proj.weight", (hidden, model.ffn_size), ROW, residual_std),
        ]
    rows.append(("final_norm.weight", (hidden,), REPLICATED, None))
    if not model.tied_embeddings:
        rows.append(("head.weight", (model.padded_vocab_size, hidden), COLUMN, std))
    return {name: ParameterSpec(name, shape, tp_dim, init_std, decays=len(shape) > 1) for name, shape, tp_dim, init_std in rows}
