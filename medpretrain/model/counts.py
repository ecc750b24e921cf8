"""How large a model is and what a token costs: parameter and FLOP counts, by formula."""

from __future__ import annotations

import math

from medpretrain.model.layout import parameter_table
from medpretrain.model.settings import ModelSettings


def count_parameters(model: ModelSettings, tp_size: int = 1) -> int:
    """All parameters, the padding of the vocabulary included: L(h*nq*hd + 2*h*nkv*hd + nq*hd*h + 3*h*f + 2h) + 2*V*h + h (002-31);
    V*h once where the embeddings are tied, 2*h*f with GELU, 2h for each LayerNorm, and the biases, one for each output of a linear layer.

    With `tp_size`, those of one tensor parallel rank: its share of the matrices and of the biases of column-parallel layers; norms and
    the other biases whole.
    """
    return sum(math.prod(spec.shard_shape(tp_size)) for spec in parameter_table(model).values())


def parameter_breakdown(model: ModelSettings) -> dict[str, int]:
    """Where the parameters are (002-36): a layer's attention, MLP and norms, all layers, embedding, head (none where it is tied to the
    embedding), final norm, total."""
    table = parameter_table(model)

    def total(*parts: str) -> int:
        return sum(spec.numel for name, spec in table.items() if any(name.startswith(part) for part in parts))

    return {
        "attention_per_layer": total("layers.0.attention."),
        "mlp_per_layer": total("layers.0.mlp."),
        "norms_per_layer": total("layers.0.attention_norm", "layers.0.mlp_norm"),
        "all_layers": total("layers."),
        "embedding": total("embedding"),
        "final_norm": total("final_norm"),
        "head": total("head"),
        "total": total(""),
    }


def flops_per_token(model: ModelSettings, seq_len: int, causal: bool = False) -> int:
    """FLOPs of forward and backward for one token in a row of `seq_len` (002-80): 6 for each matmul weight (the embedding look-up does
    no matmul, though the head does with a tied embedding's weight; norms and biases are left out) plus attention: 12 * L * nq * hd * S in
    the full-square convention that MFU is quoted in, or 6 * L * nq * hd * (S + 1) counting only the causal half. Recomputation is not
    counted.
    """
    only_looked_up = () if model.tied_embeddings else ("embedding.weight",)
    matmul_weights = sum(spec.numel for name, spec in parameter_table(model).items() if spec.decays and name not in only_looked_up)
    width = model.num_heads * model.head_size
    attention = 6 * model.num_layers * width * (seq_len + 1) if causal else 12 * model.num_layers * width * seq_len
    return 6 * matmul_weights + attention


def zero_state_bytes_per_rank(num_parameters: int, stage: int, dp_size: int, weight_bytes: int = 2) -> dict[str, float]:
    """Bytes of model state that ZeRO leaves on one rank (002-61): compute weights, gradients, fp32 master weights and Adam moments.

    All four are held at once between the backward pass and the update (003-27); ZeRO-2 lets its gradients go after the update.
    Gradients are summed in fp32. In fp32 runs the master weights stand beside the compute weights, as DeepSpeed keeps both.
    Left out, as small beside these: the padding of partitions (less than two elements a rank for each optimizer group under ZeRO-2, less
    than one for each parameter under ZeRO-3), the weights that ZeRO-3 keeps whole on every rank, what ZeRO-2 in fp32 keeps of the
    gradients of parameters that a partition's ends cut. DeepSpeed's communication buckets are not state.

    Args:
        num_parameters: of one tensor parallel rank (`count_parameters(model, tp_size)`).
        weight_bytes: of one compute weight: 2 in bf16 and fp16, 4 in fp32.
    """
    return {
        "weights": num_parameters * weight_bytes / (dp_size if stage >= 3 else 1),
        "gradients": num_parameters * 4 / (dp_size if stage >= 2 else 1),
        "master_weights": num_parameters * 4 / dp_size,
        "adam_moments": num_parameters * 8 / dp_size,
    }
