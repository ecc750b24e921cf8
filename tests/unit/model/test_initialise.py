"""Initial weights: the same at every tensor parallel degree, decided by the seed, with the spread that was asked for."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from medpretrain.model.initialise import ROWS_PER_BLOCK, blank_weights, draw_shard, initial_weights
from medpretrain.model.layout import COLUMN, REPLICATED, ROW, ParameterSpec, parameter_table
from medpretrain.model.settings import ModelSettings

MODEL = ModelSettings(vocab_size=600, hidden_size=48, num_layers=3, num_heads=8, num_kv_heads=4, head_size=4, ffn_size=320)


def matrix(rows: int, columns: int, tp_dim: int | None = COLUMN, std: float = 0.02, name: str = "matrix") -> ParameterSpec:
    return ParameterSpec(name, (rows, columns), tp_dim, std, decays=True)


@pytest.mark.parametrize("tp_size", [1, 2, 4])
def test_shards_put_together_are_the_full_tensor_bit_for_bit(tp_size: int) -> None:
    full = initial_weights(MODEL, 7, 0, 1, torch.float32)
    sources = [initial_weights(MODEL, 7, rank, tp_size, torch.float32) for rank in range(tp_size)]
    for name, spec in parameter_table(MODEL).items():
        shards = [source(name) for source in sources]
        assert all(shard.shape == spec.shard_shape(tp_size) for shard in shards), name
        if spec.tp_dim is None:
            assert all(torch.equal(shard, full(name)) for shard in shards), name
        else:
            assert torch.equal(torch.cat(shards, dim=spec.tp_dim), full(name)), name


@pytest.mark.parametrize("num_rows", [ROWS_PER_BLOCK - 4, ROWS_PER_BLOCK, ROWS_PER_BLOCK + 4, 2 * ROWS_PER_BLOCK + 128])
@pytest.mark.parametrize("tp_dim", [COLUMN, ROW])
def test_shard_boundaries_inside_a_block_of_rows(num_rows: int, tp_dim: int) -> None:
    spec = matrix(num_rows, 8, tp_dim)
    full = draw_shard(spec, 3, 0, 1)
    assert full.shape == (num_rows, 8)
    assert full.abs().min() > 0  # every element was drawn
    assert torch.equal(torch.cat([draw_shard(spec, 3, rank, 4) for rank in range(4)], dim=tp_dim), full)


def test_blocks_and_parameters_differ_from_one_another() -> None:
    first, second = draw_shard(matrix(2 * ROWS_PER_BLOCK, 4), 3, 0, 1).split(ROWS_PER_BLOCK)
    assert not (first == second).any()
    assert not (draw_shard(matrix(ROWS_PER_BLOCK, 4, name="other"), 3, 0, 1) == first).any()


def test_the_seed_decides() -> None:
    one, same, other = (initial_weights(MODEL, seed, 0, 1, torch.float32)("layers.1.mlp.up_proj.weight") for seed in (7, 7, 8))
    assert torch.equal(one, same)
    assert not (one == other).any()


def test_spread_is_as_asked_and_smaller_into_the_residual_stream() -> None:
    spec = matrix(1000, 100, std=0.05)
    drawn = draw_shard(spec, 1, 0, 1).double()
    assert drawn.std().item() == pytest.approx(0.05, rel=0.01)  # 100,000 draws: four standard errors
    assert abs(drawn.mean().item()) < 4 * 0.05 / math.sqrt(100_000)
    assert (drawn.abs() > 2 * 0.05).double().mean().item() == pytest.approx(0.0455, abs=0.003)  # a normal's tails

    weights = initial_weights(MODEL, 7, 0, 1, torch.float32)
    for layer in range(MODEL.num_layers):
        assert weights(f"layers.{layer}.mlp.up_proj.weight").std().item() == pytest.approx(0.02, rel=0.05)
        for name in ("attention.o_proj", "mlp.down_proj"):
            assert weights(f"layers.{layer}.{name}.weight").std().item() == pytest.approx(0.02 / math.sqrt(2 * 3), rel=0.1)


def test_norms_start_as_ones_and_dtype_is_as_asked() -> None:
    weights = initial_weights(MODEL, 7, 1, 2, torch.bfloat16)
    assert torch.equal(weights("layers.0.mlp_norm.weight"), torch.ones(48, dtype=torch.bfloat16))
    fp32 = initial_weights(MODEL, 7, 1, 2, torch.float32)
    assert torch.equal(weights("head.weight"), fp32("head.weight").bfloat16())
    assert draw_shard(ParameterSpec("norm", (5,), REPLICATED, None, decays=False), 7, 0, 4).tolist() == [1.0] * 5
    biased = initial_weights(MODEL.model_copy(update={"biases": True, "norm": "layernorm"}), 7, 1, 2, torch.float32)
    assert not biased("layers.0.attention.k_proj.bias").any()
    assert (biased("layers.0.attention.k_proj.bias").shape, biased("final_norm.bias").tolist()) == ((8,), [0.0] * 48)


def test_numbers_are_those_of_earlier_versions() -> None:
    """A change here makes every run begin elsewhere than before: then old and new losses cannot be compared."""
    drawn = draw_shard(matrix(257, 2, std=1.0, name="head.weight"), 42, 0, 1).numpy()
    np.testing.assert_array_equal(drawn[[0, -1]], np.array([[0.32925427, 2.3685985], [-2.0746956, 0.83345246]], dtype=np.float32))


def test_a_tied_model_starts_as_the_untied_one_without_its_head() -> None:
    tied = MODEL.model_copy(update={"tied_embeddings": True})
    untied_weights, tied_weights = (initial_weights(model, 7, 1, 2, torch.float32) for model in (MODEL, tied))
    assert all(torch.equal(tied_weights(name), untied_weights(name)) for name in parameter_table(tied))
    with pytest.raises(KeyError):
        tied_weights("head.weight")


def test_blank_weights_are_zeros_of_the_shards_shape() -> None:
    weights = blank_weights(MODEL, 4, torch.bfloat16)
    for name, spec in parameter_table(MODEL).items():
        assert torch.equal(weights(name), torch.zeros(spec.shard_shape(4), dtype=torch.bfloat16)), name
