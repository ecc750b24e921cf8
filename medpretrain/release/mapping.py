"""How our parameter names and model settings read in Hugging Face's Llama: a table each, checked by the parity gate of every export."""

from __future__ import annotations

from typing import Any

from medpretrain.model.layout import parameter_table
from medpretrain.model.settings import ModelSettings

TOP_NAMES = {"embedding.weight": "model.embed_tokens.weight", "final_norm.weight": "model.norm.weight", "head.weight": "lm_head.weight"}
LAYER_NAMES = {
    "attention_norm.weight": "input_layernorm.weight",
    "attention.q_proj.weight": "self_attn.q_proj.weight",
    "attention.k_proj.weight": "self_attn.k_proj.weight",
    "attention.v_proj.weight": "self_attn.v_proj.weight",
    "attention.o_proj.weight": "self_attn.o_proj.weight",
    "mlp_norm.weight": "post_attention_layernorm.weight",
    "mlp.gate_proj.weight": "mlp.gate_proj.weight",
    "mlp.up_proj.weight": "mlp.up_proj.weight",
    "mlp.down_proj.weight": "mlp.down_proj.weight",
}
PADDED_BY_VOCABULARY = ("embedding.weight", "head.weight")  # their rows behind the true vocabulary are left out of an export


def huggingface_names(model: ModelSettings) -> dict[str, str]:
    """Our name of every parameter -> its name in `LlamaForCausalLM.state_dict()`. A tied head has no name of its own; transformers ties
    it by the configuration."""
    names = {}
    for name in parameter_table(model):
        if name in TOP_NAMES:
            names[name] = TOP_NAMES[name]
        else:
            _, layer, rest = name.split(".", 2)
            names[name] = f"model.layers.{layer}.{LAYER_NAMES[rest]}"
    return names


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
        "attention_bias": False,
        "mlp_bias": False,
        "initializer_range": model.init_std,
        "pad_token_id": pad_id,
        "bos_token_id": bos_id,
        "eos_token_id": eos_id,
    }
