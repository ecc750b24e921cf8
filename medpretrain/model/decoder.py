"""The decoder. Only the model: no ranks, no files, no loss scaling. Head counts come from tensor widths, so the same forward works sharded.

Shapes: B rows of a micro-batch, S positions, H hidden size, Q query heads here, K key-value heads here, D head size, F MLP width here,
V vocabulary rows here ("here": on this tensor parallel rank).
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from medpretrain.model.attention import Documents, attend, find_documents
from medpretrain.model.initialise import WeightSource
from medpretrain.model.settings import ModelSettings
from medpretrain.parallel.layers import ColumnParallelLinear, RowParallelLinear
from medpretrain.parallel.mesh import TensorAxis
from medpretrain.parallel.vocabulary import VocabularyParallelEmbedding, VocabularyParallelHead


class RMSNorm(nn.Module):
    """Root-mean-square norm in fp32 (Zhang and Sennrich 2019), as Llama applies it."""

    def __init__(self, weight: Tensor, epsilon: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(weight)
        self.epsilon = epsilon

    def forward(self, x: Tensor) -> Tensor:
        wide = x.float()
        wide = wide * torch.rsqrt(wide.square().mean(-1, keepdim=True) + self.epsilon)
        return self.weight * wide.to(x.dtype)


class Attention(nn.Module):
    """Causal grouped-query attention inside each document of a row."""

    def __init__(self, prefix: str, model: ModelSettings, weights: WeightSource, axis: TensorAxis) -> None:
        super().__init__()
        self.head_size = model.head_size
        self.q_proj = ColumnParallelLinear(weights(f"{prefix}.q_proj.weight"), axis)
        self.k_proj = ColumnParallelLinear(weights(f"{prefix}.k_proj.weight"), axis)
        self.v_proj = ColumnParallelLinear(weights(f"{prefix}.v_proj.weight"), axis)
        self.o_proj = RowParallelLinear(weights(f"{prefix}.o_proj.weight"), axis)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor, documents: Documents) -> Tensor:
        query = self.q_proj(x).unflatten(-1, (-1, self.head_size))  # [B, S, Q, D]
        key = self.k_proj(x).unflatten(-1, (-1, self.head_size))  # [B, S, K, D]
        value = self.v_proj(x).unflatten(-1, (-1, self.head_size))  # [B, S, K, D]
        mixed = attend(rotate(query, cos, sin), rotate(key, cos, sin), value, documents)  # [B, S, Q, D]
        return self.o_proj(mixed.flatten(-2))


class MLP(nn.Module):
    """SwiGLU (Shazeer 2020): down(silu(gate(x)) * up(x))."""

    def __init__(self, prefix: str, weights: WeightSource, axis: TensorAxis) -> None:
        super().__init__()
        self.gate_proj = ColumnParallelLinear(weights(f"{prefix}.gate_proj.weight"), axis)
        self.up_proj = ColumnParallelLinear(weights(f"{prefix}.up_proj.weight"), axis)
        self.down_proj = RowParallelLinear(weights(f"{prefix}.down_proj.weight"), axis)

    def forward(self, x: Tensor) -> Tensor:
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))  # [B, S, F] inside


class Layer(nn.Module):
    """Attention and MLP, each behind its norm and added to the residual stream."""

    def __init__(self, prefix: str, model: ModelSettings, weights: WeightSource, axis: TensorAxis) -> None:
        super().__init__()
        self.attention_norm = RMSNorm(weights(f"{prefix}.attention_norm.weight"), model.norm_epsilon)
        self.attention = Attention(f"{prefix}.attention", model, weights, axis)
        self.mlp_norm = RMSNorm(weights(f"{prefix}.mlp_norm.weight"), model.norm_epsilon)
        self.mlp = MLP(f"{prefix}.mlp", weights, axis)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor, documents: Documents) -> Tensor:
        x = x + self.attention(self.attention_norm(x), cos, sin, documents)
        return x + self.mlp(self.mlp_norm(x))


class Decoder(nn.Module):
    """The language model. Each parameter is taken from `weights` by its name in `layout.parameter_table` as its module is built, so that
    ZeRO-3 can partition a module at once; nothing larger than one parameter's share is ever held whole.

    Args:
        recompute_layers: keep only each layer's input for the backward pass and compute the layer again there.
    """

    def __init__(self, model: ModelSettings, weights: WeightSource, axis: TensorAxis, recompute_layers: bool = False) -> None:
        super().__init__()
        self.recompute_layers = recompute_layers
        self.head_size, self.rope_theta = model.head_size, model.rope_theta
        self.embedding = VocabularyParallelEmbedding(weights("embedding.weight"), axis)
        self.layers = nn.ModuleList(Layer(f"layers.{index}", model, weights, axis) for index in range(model.num_layers))
        self.final_norm = RMSNorm(weights("final_norm.weight"), model.norm_epsilon)
        head_weight = self.embedding.weight if model.tied_embeddings else weights("head.weight")
        self.head = VocabularyParallelHead(head_weight, model.vocab_size, axis)

    def forward(self, tokens: Tensor, positions: Tensor, targets: Tensor, scale: float = 1.0) -> tuple[Tensor, Tensor]:
        """The loss to go backward from, `scale` times the sum of all targets' losses (fp32), and each target's loss, which has no gradient:
        negative log likelihood in nats, fp32 [B, S], 0 where the target is negative (masked).

        tokens, positions, targets: int64 [B, S]; a document begins wherever a position is 0.
        """
        loss, losses = self.head(self.hidden(tokens, positions), targets, scale)
        return loss, losses

    def logits(self, tokens: Tensor, positions: Tensor) -> Tensor:
        """Next-token logits, fp32 [B, S, vocab_size] (the padding of the vocabulary left out); for one tensor parallel rank."""
        return self.head.logits(self.hidden(tokens, positions))

    def hidden(self, tokens: Tensor, positions: Tensor) -> Tensor:
        """The residual stream after the final norm, [B, S, H]."""
        x = self.embedding(tokens)  # [B, S, H]
        cos, sin = rope_tables(positions, self.head_size, self.rope_theta, x.dtype)
        documents = find_documents(positions, x.dtype)
        for layer in self.layers:
            if self.recompute_layers and self.training:
                x = checkpoint(layer, x, cos, sin, documents, use_reentrant=False)
            else:
                x = layer(x, cos, sin, documents)
        return self.final_norm(x)


def rope_tables(positions: Tensor, head_size: int, theta: float, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """Cosine and sine of each position's angles, [B, S, 1, D], computed in fp32 (Su et al. 2021; halves layout as in Llama)."""
    exponents = torch.arange(0, head_size, 2, device=positions.device, dtype=torch.float32) / head_size
    angles = positions[:, :, None, None].float() * theta**-exponents  # [B, S, 1, D/2]
    angles = torch.cat((angles, angles), dim=-1)
    return angles.cos().to(dtype), angles.sin().to(dtype)


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Turn each pair (i, i + D/2) of x [B, S, heads, D] by its position's angle; products of two then depend on distance alone."""
    first, second = x.chunk(2, dim=-1)
    return x * cos + torch.cat((-second, first), dim=-1) * sin
