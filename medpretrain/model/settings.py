"""The shape of a model: everything that decides its parameters and its forward pass."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from medpretrain.config import Settings

Positive = Annotated[int, Field(gt=0)]

VOCABULARY_MULTIPLE = 512  # the model's vocabulary is padded to this, whatever the tensor parallel degree


class ModelSettings(Settings):
    """A decoder with a norm before attention and MLP, RoPE and grouped-query attention: by default Llama's (RMSNorm, SwiGLU, no biases).

    `norm`: "layernorm" has a weight and a bias. `activation`: of the MLP; "swiglu" takes three matrices, "gelu" (the exact one) two.
    `biases`: of all linear layers but the output head. LayerNorm, GELU and biases make the model of 000-40.
    `vocab_size` counts the tokenizer's entries; the embedding and the head have `padded_vocab_size` rows. With `tied_embeddings` the
    output head has no weight of its own: it is the embedding's (Press and Wolf 2017).
    """

    vocab_size: Positive
    hidden_size: Positive
    num_layers: Positive
    num_heads: Positive
    num_kv_heads: Positive
    head_size: Positive
    ffn_size: Positive
    rope_theta: Annotated[float, Field(gt=1)] = 10_000.0
    norm_epsilon: Annotated[float, Field(gt=0)] = 1e-5
    init_std: Annotated[float, Field(gt=0)] = 0.02
    tied_embeddings: bool = False
    norm: Literal["rmsnorm", "layernorm"] = "rmsnorm"
    activation: Literal["swiglu", "gelu"] = "swiglu"
    biases: bool = False

    @property
    def padded_vocab_size(self) -> int:
        return -(-self.vocab_size // VOCABULARY_MULTIPLE) * VOCABULARY_MULTIPLE

    @model_validator(mode="after")
    def _heads_fit(self) -> ModelSettings:
        if self.num_heads % self.num_kv_heads:
            raise ValueError(
                f"num_heads {self.num_heads} with num_kv_heads {self.num_kv_heads}; expected whole groups of query heads for each "
                "key-value head; make num_heads a multiple of num_kv_heads"
            )
        if self.head_size % 2:
            raise ValueError(f"head_size is {self.head_size}; expected an even number, as RoPE rotates pairs; change head_size")
        return self


def swiglu_size(hidden_size: int, multiple: int = 256) -> int:
    """Width of a SwiGLU MLP: 8/3 of the hidden size, rounded up to a multiple (002-35: 11,008 for 4,096)."""
    return -(-(8 * hidden_size) // (3 * multiple)) * multiple
