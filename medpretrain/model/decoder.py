"""The decoder. Only the model: no ranks, no files, no loss scaling. Head counts come from tensor widths, so the same forward works sharded.

Shapes: B rows of a micro-batch, S positions, H hidden size, Q query heads here, K key-value heads here, D head size, F MLP width here,
V vocabulary rows here ("here": on this tensor parallel rank).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from medpretrain.model.attention import Documents, attend, find_documents
from medpretrain.model.cache import KeptDocuments, KeyValueCache, attend_kept
from medpretrain.model.elementwise import STEP_BY_STEP, ElementWise
from medpretrain.model.initialise import WeightSource
from medpretrain.model.settings import ModelSettings
from medpretrain.parallel.layers import ColumnParallelLinear, RowParallelLinear
from medpretrain.parallel.mesh import TensorAxis
from medpretrain.parallel.vocabulary import VocabularyParallelEmbedding, VocabularyParallelHead

LinearT = TypeVar("LinearT", ColumnParallelLinear, RowParallelLinear)


class RMSNorm(nn.Module):
    """Root-mean-square norm (Zhang and Sennrich 2019); torch computes it in fp32 at least, and on a GPU in one kernel."""

    def __init__(self, prefix: str, weights: WeightSource, epsilon: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(weights(f"{prefix}.weight"))
        self.epsilon = epsilon

    def forward(self, x: Tensor) -> Tensor:
        return F.rms_norm(x, self.weight.shape, self.weight, self.epsilon)


class LayerNorm(nn.Module):
    """Mean and variance norm with weight and bias (Ba et al. 2016); torch computes it in fp32 at least."""

    def __init__(self, prefix: str, weights: WeightSource, epsilon: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(weights(f"{prefix}.weight"))
        self.bias = nn.Parameter(weights(f"{prefix}.bias"))
        self.epsilon = epsilon

    def forward(self, x: Tensor) -> Tensor:
        return F.layer_norm(x, self.weight.shape, self.weight, self.bias, self.epsilon)


class Attention(nn.Module):
    """Causal grouped-query attention inside each document of a row."""

    def __init__(self, prefix: str, model: ModelSettings, weights: WeightSource, axis: TensorAxis, element_wise: ElementWise) -> None:
        super().__init__()
        self.rotate = element_wise.rotate
        self.head_size = model.head_size
        self.q_proj = build_linear(ColumnParallelLinear, f"{prefix}.q_proj", model, weights, axis)
        self.k_proj = build_linear(ColumnParallelLinear, f"{prefix}.k_proj", model, weights, axis)
        self.v_proj = build_linear(ColumnParallelLinear, f"{prefix}.v_proj", model, weights, axis)
        self.o_proj = build_linear(RowParallelLinear, f"{prefix}.o_proj", model, weights, axis)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor, documents: Documents | KeptDocuments) -> Tensor:
        query = self.q_proj(x).unflatten(-1, (-1, self.head_size))  # [B, S, Q, D]
        key = self.k_proj(x).unflatten(-1, (-1, self.head_size))  # [B, S, K, D]
        value = self.v_proj(x).unflatten(-1, (-1, self.head_size))  # [B, S, K, D]
        query, key = self.rotate(query, cos, sin), self.rotate(key, cos, sin)
        mixed = attend_kept(query, key, value, documents) if isinstance(documents, KeptDocuments) else attend(query, key, value, documents)
        return self.o_proj(mixed.flatten(-2))  # [B, S, Q, D] before


class SwiGLU(nn.Module):
    """The MLP of Shazeer 2020: down(silu(gate(x)) * up(x))."""

    def __init__(self, prefix: str, model: ModelSettings, weights: WeightSource, axis: TensorAxis, element_wise: ElementWise) -> None:
        super().__init__()
        self.silu_product = element_wise.silu_product
        self.gate_proj = build_linear(ColumnParallelLinear, f"{prefix}.gate_proj", model, weights, axis)
        self.up_proj = build_linear(ColumnParallelLinear, f"{prefix}.up_proj", model, weights, axis)
        self.down_proj = build_linear(RowParallelLinear, f"{prefix}.down_proj", model, weights, axis)

    def forward(self, x: Tensor) -> Tensor:
        return self.down_proj(self.silu_product(self.gate_proj(x), self.up_proj(x)))  # [B, S, F] inside


class GELU(nn.Module):
    """The MLP of GPT and BERT: down(gelu(up(x))), with the exact GELU (Hendrycks and Gimpel 2016)."""

    def __init__(self, prefix: str, model: ModelSettings, weights: WeightSource, axis: TensorAxis, _: ElementWise) -> None:
        super().__init__()
        self.up_proj = build_linear(ColumnParallelLinear, f"{prefix}.up_proj", model, weights, axis)
        self.down_proj = build_linear(RowParallelLinear, f"{prefix}.down_proj", model, weights, axis)

    def forward(self, x: Tensor) -> Tensor:
        return self.down_proj(F.gelu(self.up_proj(x)))  # [B, S, F] inside


NORMS: dict[str, type[RMSNorm] | type[LayerNorm]] = {"rmsnorm": RMSNorm, "layernorm": LayerNorm}
MLPS: dict[str, type[SwiGLU] | type[GELU]] = {"swiglu": SwiGLU, "gelu": GELU}


def build_linear(kind: type[LinearT], prefix: str, model: ModelSettings, weights: WeightSource, axis: TensorAxis) -> LinearT:
    """A linear layer of this kind, with a bias where the model has them."""
    return kind(weights(f"{prefix}.weight"), axis, weights(f"{prefix}.bias") if model.biases else None)


class Layer(nn.Module):
    """Attention and MLP, each behind its norm and added to the residual stream."""

    def __init__(self, prefix: str, model: ModelSettings, weights: WeightSource, axis: TensorAxis, element_wise: ElementWise) -> None:
        super().__init__()
        self.attention_norm = NORMS[model.norm](f"{prefix}.attention_norm", weights, model.norm_epsilon)
        self.attention = Attention(f"{prefix}.attention", model, weights, axis, element_wise)
        self.mlp_norm = NORMS[model.norm](f"{prefix}.mlp_norm", weights, model.norm_epsilon)
        self.mlp = MLPS[model.activation](f"{prefix}.mlp", model, weights, axis, element_wise)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor, documents: Documents | KeptDocuments) -> Tensor:
        x = x + self.attention(self.attention_norm(x), cos, sin, documents)
        return x + self.mlp(self.mlp_norm(x))


class MedicalLM(nn.Module):
    """The language model. Each parameter is taken from `weights` by its name in `layout.parameter_table` as its module is built, so that
    ZeRO-3 can partition a module at once; nothing larger than one parameter's share is ever held whole.

    Args:
        recompute_layers: keep only each layer's input for the backward pass and compute the layer again there.
        element_wise: what computes between a layer's matrix products.
    """

    def __init__(
        self,
        model: ModelSettings,
        weights: WeightSource,
        axis: TensorAxis,
        recompute_layers: bool = False,
        element_wise: ElementWise = STEP_BY_STEP,
    ) -> None:
        super().__init__()
        self.recompute_layers = recompute_layers
        self.head_size, self.rope_theta = model.head_size, model.rope_theta
        self.embedding = VocabularyParallelEmbedding(weights("embedding.weight"), axis)
        self.layers = nn.ModuleList(Layer(f"layers.{index}", model, weights, axis, element_wise) for index in range(model.num_layers))
        self.final_norm = NORMS[model.norm]("final_norm", weights, model.norm_epsilon)
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

    def hidden(self, tokens: Tensor, positions: Tensor, cache: KeyValueCache | None = None) -> Tensor:
        """The residual stream after the final norm, [B, S, H]. With a `cache`, each row is one document: these tokens go on after the ones
        of earlier passes, and are kept too."""
        x = self.embedding(tokens)  # [B, S, H]
        cos, sin = rope_tables(positions, self.head_size, self.rope_theta, x.dtype)
        documents_of_layers: Sequence[Documents | KeptDocuments] = (
            [find_documents(positions, x.dtype)] * len(self.layers) if cache is None else cache.next_pass(positions, x.dtype)
        )
        for layer, documents in zip(self.layers, documents_of_layers, strict=True):
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
