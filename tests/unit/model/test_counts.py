"""Parameters, FLOPs and state bytes: against the formulas written out here, and against the decoder itself built without memory."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from medpretrain.model.counts import count_parameters, flops_per_token, parameter_breakdown, zero_state_bytes_per_rank
from medpretrain.model.decoder import MedicalLM
from medpretrain.model.initialise import initial_weights
from medpretrain.model.layout import parameter_table
from medpretrain.model.settings import ModelSettings
from medpretrain.parallel.mesh import TensorAxis
from medpretrain.train.recipes import load_recipe, recipe_names

NUM_7B = 6_195_253_248


def by_formula(model: ModelSettings) -> int:
    h, f, layers, vocabulary = model.hidden_size, model.ffn_size, model.num_layers, model.padded_vocab_size
    query, key_value = model.num_heads * model.head_size, model.num_kv_heads * model.head_size
    embedding_and_head = vocabulary * h * (1 if model.tied_embeddings else 2)
    norm = h if model.norm == "rmsnorm" else 2 * h
    into_f = 2 if model.activation == "swiglu" else 1  # matrices
    biases = query + 2 * key_value + h + into_f * f + h if model.biases else 0
    layer = h * query + 2 * h * key_value + query * h + (into_f + 1) * h * f + biases + 2 * norm
    return layers * layer + embedding_and_head + norm


@pytest.mark.parametrize("tied", ["false", "true"])
@pytest.mark.parametrize("name", recipe_names())
def test_formula_table_and_live_decoder_agree(name: str, tied: str) -> None:
    """000-41: a recipe's name is all it takes to have its MedicalLM."""
    model = load_recipe(name, [f"model.tied_embeddings={tied}"]).model
    table = parameter_table(model)
    with torch.device("meta"):
        decoder = MedicalLM(model, lambda parameter: torch.empty(table[parameter].shape), TensorAxis())
    assert all(parameter.is_meta for parameter in decoder.parameters())
    assert count_parameters(model) == by_formula(model) == sum(parameter.numel() for parameter in decoder.parameters())


def test_medical_7b_has_6195253248_parameters() -> None:
    model = load_recipe("medical-7b").model
    shape = (model.hidden_size, model.num_layers, model.num_heads, model.head_size, model.num_kv_heads, model.ffn_size, model.vocab_size)
    assert shape == (4096, 32, 32, 128, 8, 11_008, 64_000)
    assert model.padded_vocab_size == 64_000  # a multiple of 512 already
    assert count_parameters(model) == NUM_7B


def test_the_demonstration_model_but_for_its_learned_positions() -> None:
    """001-11: 4,472,320 with 128 learned positions, for which ours turns queries and keys."""
    kinds: dict[str, Any] = {"norm": "layernorm", "activation": "gelu", "biases": True, "tied_embeddings": True}
    shape = {"vocab_size": 5000, "hidden_size": 256, "num_layers": 4, "num_heads": 4, "num_kv_heads": 4, "head_size": 64, "ffn_size": 1024}
    model = ModelSettings(**shape, **kinds)
    assert count_parameters(model) == 4_472_320 - 128 * 256 + (model.padded_vocab_size - 5000) * 256


@pytest.mark.parametrize(("name", "width", "heads", "parameters"), [("336m", 1024, 16, 335_865_856), ("514m", 1280, 20, 514_204_160)])
def test_the_radiology_models_have_exactly_their_parameters(name: str, width: int, heads: int, parameters: int) -> None:
    """000-40, 000-05: 24 layers of 12 h^2 + 13 h, the vocabulary once, and the last norm."""
    model = load_recipe(f"radiology-{name}").model
    shape = (model.hidden_size, model.num_layers, model.num_heads, model.head_size, model.num_kv_heads, model.ffn_size, model.vocab_size)
    assert shape == (width, 24, heads, 64, heads, 4 * width, 32_768)
    assert parameters == 24 * (12 * width**2 + 13 * width) + 32_768 * width + 2 * width
    assert count_parameters(model) == parameter_breakdown(model)["total"] == parameters
    whole = width + width + 2 * 2 * width  # of a layer, on each tensor parallel rank: row-parallel biases, norms
    assert count_parameters(model, tp_size=4) == (parameters - 24 * whole - 2 * width) // 4 + 24 * whole + 2 * width
    matmul_weights = 24 * 12 * width**2 + 32_768 * width  # the tied weight is the head's; norms and biases do no product
    assert flops_per_token(model, 512) == 6 * matmul_weights + 12 * 24 * width * 512


def test_breakdown_of_medical_7b() -> None:
    assert parameter_breakdown(load_recipe("medical-7b").model) == {
        "attention_per_layer": 41_943_040,
        "mlp_per_layer": 135_266_304,
        "norms_per_layer": 8_192,
        "all_layers": 32 * (41_943_040 + 135_266_304 + 8_192),
        "embedding": 262_144_000,
        "final_norm": 4_096,
        "head": 262_144_000,
        "total": NUM_7B,
    }


def test_flops_of_a_token_of_medical_7b() -> None:
    model = load_recipe("medical-7b").model
    matmul_weights = NUM_7B - 64_000 * 4096 - 32 * 2 * 4096 - 4096  # no embedding look-up, no norms
    assert matmul_weights == 5_932_843_008
    full, causal = flops_per_token(model, 4096), flops_per_token(model, 4096, causal=True)
    assert full == 6 * matmul_weights + 12 * 32 * 4096 * 4096
    assert causal == 6 * matmul_weights + 6 * 32 * 4096 * 4097
    assert (round(full / 1e9, 2), round(causal / 1e9, 2)) == (42.04, 38.82)


def test_tied_embeddings_are_counted_once_and_computed_with_as_a_head() -> None:
    """Vocabulary 700 in 1,024 rows of 64: the weight is looked up for nothing and multiplied with as the head."""
    model = ModelSettings(
        vocab_size=700, hidden_size=64, num_layers=2, num_heads=4, num_kv_heads=2, head_size=32, ffn_size=96, tied_embeddings=True
    )
    attention, mlp, norms = 64 * 128 + 2 * 64 * 64 + 128 * 64, 3 * 64 * 96, 2 * 64
    total = 1024 * 64 + 2 * (attention + mlp + norms) + 64
    assert count_parameters(model) == total == 151_872
    assert count_parameters(model, tp_size=4) == (total - 5 * 64) // 4 + 5 * 64
    assert parameter_breakdown(model) == {
        "attention_per_layer": attention,
        "mlp_per_layer": mlp,
        "norms_per_layer": norms,
        "all_layers": 2 * (attention + mlp + norms),
        "embedding": 65_536,
        "final_norm": 64,
        "head": 0,
        "total": total,
    }
    assert flops_per_token(model, 100) == 6 * (2 * (attention + mlp) + 1024 * 64) + 12 * 2 * 128 * 100
    assert flops_per_token(model, 100) == flops_per_token(model.model_copy(update={"tied_embeddings": False}), 100)


def test_attention_flops_count_the_width_of_the_heads_not_of_the_hidden_state() -> None:
    model = ModelSettings(vocab_size=512, hidden_size=64, num_layers=2, num_heads=4, num_kv_heads=2, head_size=32, ffn_size=96)
    longer = flops_per_token(model, 11) - flops_per_token(model, 10)
    assert longer == 12 * 2 * 4 * 32
    assert flops_per_token(model, 11, causal=True) - flops_per_token(model, 10, causal=True) == 6 * 2 * 4 * 32


@pytest.mark.parametrize(
    ("recompute_layers", "kind"),
    [
        (False, {}),
        (True, {}),
        (False, {"tied_embeddings": True}),
        (False, {"tied_embeddings": True, "norm": "layernorm", "activation": "gelu", "biases": True}),
    ],
    ids=["Llama", "recomputed", "tied", "radiology"],
)
def test_formula_is_what_torch_counts_in_forward_and_backward(recompute_layers: bool, kind: dict[str, Any]) -> None:
    """In the full-square convention: attention by plain matrix products, which form every score and then mask. (torch counts nothing for
    the fused kernel of the CPU.) A row is one document, since no score is formed between documents."""
    model = ModelSettings(vocab_size=1000, hidden_size=64, num_layers=3, num_heads=4, num_kv_heads=2, head_size=24, ffn_size=160, **kind)
    decoder = MedicalLM(model, initial_weights(model, 1, 0, 1, torch.float32), TensorAxis(), recompute_layers)
    tokens = torch.randint(4, 1000, (2, 96), generator=torch.Generator().manual_seed(1))
    positions = torch.arange(96).expand(2, 96)
    with FlopCounterMode(display=False) as counter, sdpa_kernel(SDPBackend.MATH):
        loss, _ = decoder(tokens, positions, tokens.roll(-1, dims=1))
        loss.backward()
    expected = flops_per_token(model, 96) * tokens.numel()
    if recompute_layers:
        # Each layer's forward once more but for its last product, which no gradient needs: 2 of 6 for a weight, 4 of 12 for a score.
        table = parameter_table(model)
        again = sum(spec.numel for name, spec in table.items() if name.startswith("layers.") and spec.decays and "down_proj" not in name)
        expected += (2 * again + 4 * 3 * 4 * 24 * 96) * tokens.numel()
    assert counter.get_total_flops() == expected


def test_the_quickstart_model_is_about_4_million_with_key_value_heads_for_tensor_parallel_4() -> None:
    model = load_recipe("tiny-cpu").model
    assert 3.5e6 < count_parameters(model) < 5e6
    assert model.num_kv_heads >= 4


def test_a_tensor_parallel_rank_has_its_share_of_the_matrices_and_all_norms() -> None:
    model = load_recipe("medical-7b").model
    norms = (2 * 32 + 1) * 4096
    assert count_parameters(model, tp_size=2) == (NUM_7B - norms) // 2 + norms


def test_state_of_medical_7b_on_one_of_256_gpus() -> None:
    """0.436 GB. The figure of 0.387 GB is 16 bytes a parameter, with gradients in bf16; ours are summed in fp32, 2 bytes more."""
    on_a_tensor_rank = count_parameters(load_recipe("medical-7b").model, tp_size=2)
    state = zero_state_bytes_per_rank(on_a_tensor_rank, stage=3, dp_size=128)
    a_byte_each = on_a_tensor_rank / 128
    assert state == {
        "weights": 2 * a_byte_each,
        "gradients": 4 * a_byte_each,
        "master_weights": 4 * a_byte_each,
        "adam_moments": 8 * a_byte_each,
    }
    assert round(sum(state.values()) / 1e9, 3) == 0.436
    assert round((sum(state.values()) - state["gradients"] / 2) / 1e9, 3) == 0.387


@pytest.mark.parametrize(
    ("stage", "weights", "gradients"),
    [(1, 25 * 2, 25 * 4), (2, 25 * 2, 25 * 4 / 5), (3, 25 * 2 / 5, 25 * 4 / 5)],
)
def test_each_stage_shares_out_one_thing_more(stage: int, weights: float, gradients: float) -> None:
    """25 parameters on a tensor parallel rank; five replicas share the optimizer's state at every stage."""
    assert zero_state_bytes_per_rank(25, stage, dp_size=5) == {
        "weights": weights,
        "gradients": gradients,
        "master_weights": 25 * 4 / 5,
        "adam_moments": 25 * 8 / 5,
    }


def test_weights_of_an_fp32_run_take_four_bytes() -> None:
    in_fp32, in_bf16 = (zero_state_bytes_per_rank(1000, 2, dp_size=4, weight_bytes=size) for size in (4, 2))
    assert (in_fp32["weights"], in_bf16["weights"]) == (4000, 2000)
    assert {**in_fp32, "weights": 0} == {**in_bf16, "weights": 0}
