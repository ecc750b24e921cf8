"""How our parameter names and model settings read in Hugging Face's Llama and GPT-NeoX: tables, checked by the parity gate of every export.

D: head size, n: heads, H: hidden size.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from medpretrain.errors import InputError
from medpretrain.model.layout import parameter_table
from medpretrain.model.settings import ModelSettings


@dataclass(frozen=True)
class Form:
    """An architecture of transformers that is one of our models.

    Attributes:
        title: its name for people.
        model_type, architecture: as its config.json has them.
        config: keyword arguments of its configuration, from our model and the arguments of `huggingface_config`.
        older_keys: what transformers before 5 reads beside those, and would silently take its own defaults for; from our model.
        top: the names of what is there once; ours -> theirs, without `.weight` and `.bias`.
        in_layer: likewise of what is in each layer; several of ours that are one there are fused by head, in this order.
        layer_prefix: what stands before a layer's number there.
    """

    title: str
    model_type: str
    architecture: str
    config: Callable[..., dict[str, Any]]
    older_keys: Callable[[ModelSettings], dict[str, Any]]
    top: Mapping[str, str]
    in_layer: Mapping[str, str]
    layer_prefix: str


PADDED_BY_VOCABULARY = ("embedding.weight", "head.weight")  # their rows behind the true vocabulary are left out of an export


def llama_config(model: ModelSettings, seq_len: int, pad_id: int, bos_id: int, eos_id: int) -> dict[str, Any]:
    """Keyword arguments of `transformers.LlamaConfig` for the same model, the vocabulary without its padding."""
    return {
        "vocab_size": model.vocab_size,
        "hidden_size": model.hidden_size,
        "intermediate_size": model.ffn_size,
        "num_hidden_layers": model.num_layers,
        "num_attention_heads": model.num_heads,
        "num_key_value_heads": model.num_kv_heads,
        "head_dim": model.head_size,
        "max_position_embeddings": seq_len,
        "rms_norm_eps": model.norm_epsilon,
        "rope_parameters": {"rope_type": "default", "rope_theta": model.rope_theta},
        "tie_word_embeddings": model.tied_embeddings,
        "attention_bias": model.biases,
        "mlp_bias": model.biases,
        "initializer_range": model.init_std,
        "pad_token_id": pad_id,
        "bos_token_id": bos_id,
        "eos_token_id": eos_id,
    }


def gpt_neox_config(model: ModelSettings, seq_len: int, pad_id: int, bos_id: int, eos_id: int) -> dict[str, Any]:
    """Keyword arguments of `transformers.GPTNeoXConfig` for the same model, the vocabulary without its padding."""
    return {
        "vocab_size": model.vocab_size,
        "hidden_size": model.hidden_size,
        "intermediate_size": model.ffn_size,
        "num_hidden_layers": model.num_layers,
        "num_attention_heads": model.num_heads,
        "max_position_embeddings": seq_len,
        "layer_norm_eps": model.norm_epsilon,
        "hidden_act": "gelu",
        "use_parallel_residual": False,
        "attention_bias": True,
        "rope_parameters": {"rope_type": "default", "rope_theta": model.rope_theta, "partial_rotary_factor": 1.0},
        "tie_word_embeddings": model.tied_embeddings,
        "initializer_range": model.init_std,
        "pad_token_id": pad_id,
        "bos_token_id": bos_id,
        "eos_token_id": eos_id,
    }


LLAMA = Form(
    title="Llama",
    model_type="llama",
    architecture="LlamaForCausalLM",
    config=llama_config,
    older_keys=lambda model: {"rope_theta": model.rope_theta},
    top={"embedding": "model.embed_tokens", "final_norm": "model.norm", "head": "lm_head"},
    in_layer={
        "attention_norm": "input_layernorm",
        "attention.q_proj": "self_attn.q_proj",
        "attention.k_proj": "self_attn.k_proj",
        "attention.v_proj": "self_attn.v_proj",
        "attention.o_proj": "self_attn.o_proj",
        "mlp_norm": "post_attention_layernorm",
        "mlp.gate_proj": "mlp.gate_proj",
        "mlp.up_proj": "mlp.up_proj",
        "mlp.down_proj": "mlp.down_proj",
    },
    layer_prefix="model.layers.",
)
GPT_NEOX = Form(
    title="GPT-NeoX",
    model_type="gpt_neox",
    architecture="GPTNeoXForCausalLM",
    config=gpt_neox_config,
    older_keys=lambda model: {"rotary_emb_base": model.rope_theta, "rotary_pct": 1.0},
    top={"embedding": "gpt_neox.embed_in", "final_norm": "gpt_neox.final_layer_norm", "head": "embed_out"},
    in_layer={
        "attention_norm": "input_layernorm",
        "attention.q_proj": "attention.query_key_value",
        "attention.k_proj": "attention.query_key_value",
        "attention.v_proj": "attention.query_key_value",
        "attention.o_proj": "attention.dense",
        "mlp_norm": "post_attention_layernorm",
        "mlp.up_proj": "mlp.dense_h_to_4h",
        "mlp.down_proj": "mlp.dense_4h_to_h",
    },
    layer_prefix="gpt_neox.layers.",
)


def form_of(model: ModelSettings) -> Form:
    """The architecture of transformers that computes what the model computes. Raises InputError where there is none."""
    if (model.norm, model.activation) == ("rmsnorm", "swiglu"):
        return LLAMA
    one_size = model.num_kv_heads == model.num_heads and model.num_heads * model.head_size == model.hidden_size
    if (model.norm, model.activation, model.biases, one_size) == ("layernorm", "gelu", True, True):
        return GPT_NEOX
    shown = ("norm", "activation", "biases", "num_heads", "num_kv_heads", "head_size", "hidden_size")
    raise InputError(
        "the model",
        f"has {', '.join(f'{key} {getattr(model, key)}' for key in shown)}, which no architecture of transformers computes",
        "rmsnorm with swiglu (Llama), or layernorm with gelu and biases, every head its own key and value, and the heads as wide "
        "together as the model (GPT-NeoX)",
        "keep the run's own directory, which `medpretrain eval` and `generate` read; to export, train one of those",
    )


def huggingface_names(model: ModelSettings) -> dict[str, str]:
    """Our name of every parameter -> its name in the exported weights; several of ours may be one there (`join_weights`). A tied head has
    no name of its own; transformers ties it by the configuration."""
    form, names = form_of(model), {}
    for name in parameter_table(model):
        module, kind = name.rsplit(".", 1)
        if module in form.top:
            names[name] = f"{form.top[module]}.{kind}"
        else:
            _, layer, rest = module.split(".", 2)
            names[name] = f"{form.layer_prefix}{layer}.{form.in_layer[rest]}.{kind}"
    return names


def huggingface_shapes(model: ModelSettings, num_rows: int) -> dict[str, tuple[tuple[str, ...], tuple[int, ...]]]:
    """Name there -> our names (several where they are one there) and the shape there, in the order of the forward pass. `num_rows`: of the
    embedding and the head, whose padding is ours alone."""
    table, parts = parameter_table(model), defaultdict[str, list[str]](list)
    for name, their_name in huggingface_names(model).items():
        parts[their_name].append(name)
    shapes = {}
    for their_name, names in parts.items():
        rows = sum(num_rows if name in PADDED_BY_VOCABULARY else table[name].shape[0] for name in names)
        shapes[their_name] = (tuple(names), (rows, *table[names[0]].shape[1:]))
    return shapes


def huggingface_config(model: ModelSettings, seq_len: int, pad_id: int, bos_id: int, eos_id: int) -> dict[str, Any]:
    """Keyword arguments of the configuration in transformers for the same model, the vocabulary without its padding."""
    return form_of(model).config(model, seq_len, pad_id, bos_id, eos_id)


def join_weights(parts: Sequence[Tensor], head_size: int) -> Tensor:
    """Our weights (or biases) as the one that they are there: itself, or query, key and value [n * D, ...] fused head by head,
    [n * 3 * D, ...], as GPT-NeoX has them."""
    if len(parts) == 1:
        return parts[0]
    return torch.stack([part.unflatten(0, (-1, head_size)) for part in parts], dim=1).flatten(0, 2)


def take_weight(joined: Tensor, place: int, num_parts: int, head_size: int) -> Tensor:
    """Part number `place` of what `join_weights` put together from `num_parts`."""
    if num_parts == 1:
        return joined
    return joined.unflatten(0, (-1, num_parts, head_size))[:, place].flatten(0, 1)
