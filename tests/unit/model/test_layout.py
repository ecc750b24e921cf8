"""The table of parameters: shapes and shards, and that every packaged recipe splits evenly."""

from __future__ import annotations

import math

import pytest

from medpretrain.model.layout import COLUMN, REPLICATED, ROW, ParameterSpec, parameter_table
from medpretrain.model.settings import ModelSettings
from medpretrain.train.recipes import load_recipe, recipe_names

MODEL = ModelSettings(vocab_size=600, hidden_size=48, num_layers=2, num_heads=8, num_kv_heads=4, head_size=6, ffn_size=80, init_std=0.1)


def test_the_table_of_a_small_model() -> None:
    small = 0.1 / math.sqrt(2 * 2)
    of_a_layer: list[tuple[str, tuple[int, ...], int | None, float | None]] = [
        ("attention_norm.weight", (48,), REPLICATED, None),
        ("attention.q_proj.weight", (48, 48), COLUMN, 0.1),
        ("attention.k_proj.weight", (24, 48), COLUMN, 0.1),
        ("attention.v_proj.weight", (24, 48), COLUMN, 0.1),
        ("attention.o_proj.weight", (48, 48), ROW, small),
        ("mlp_norm.weight", (48,), REPLICATED, None),
        ("mlp.gate_proj.weight", (80, 48), COLUMN, 0.1),
        ("mlp.up_proj.weight", (80, 48), COLUMN, 0.1),
        ("mlp.down_proj.weight", (48, 80), ROW, small),
    ]
    expected = [
        ("embedding.weight", (1024, 48), COLUMN, 0.1),
        *((f"layers.{layer}.{name}", *rest) for layer in range(2) for name, *rest in of_a_layer),
        ("final_norm.weight", (48,), REPLICATED, None),
        ("head.weight", (1024, 48), COLUMN, 0.1),
    ]
    table = parameter_table(MODEL)
    assert [(name, spec.shape, spec.tp_dim, spec.init_std) for name, spec in table.items()] == expected
    assert all(spec.name == name for name, spec in table.items())


def test_the_table_with_layer_norm_gelu_and_biases() -> None:
    """Of a layer: no gate; a bias behind each weight, split with a column-parallel layer's outputs, whole behind a row-parallel one."""
    table = parameter_table(MODEL.model_copy(update={"norm": "layernorm", "activation": "gelu", "biases": True}))
    rows = [
        (name.removeprefix("layers.1."), spec.shape, spec.tp_dim, spec.init_constant if spec.init_std is None else "drawn", spec.decays)
        for name, spec in table.items()
        if name.startswith("layers.1.")
    ]
    assert rows == [
        ("attention_norm.weight", (48,), REPLICATED, 1.0, False),
        ("attention_norm.bias", (48,), REPLICATED, 0.0, False),
        ("attention.q_proj.weight", (48, 48), COLUMN, "drawn", True),
        ("attention.q_proj.bias", (48,), COLUMN, 0.0, False),
        ("attention.k_proj.weight", (24, 48), COLUMN, "drawn", True),
        ("attention.k_proj.bias", (24,), COLUMN, 0.0, False),
        ("attention.v_proj.weight", (24, 48), COLUMN, "drawn", True),
        ("attention.v_proj.bias", (24,), COLUMN, 0.0, False),
        ("attention.o_proj.weight", (48, 48), ROW, "drawn", True),
        ("attention.o_proj.bias", (48,), REPLICATED, 0.0, False),
        ("mlp_norm.weight", (48,), REPLICATED, 1.0, False),
        ("mlp_norm.bias", (48,), REPLICATED, 0.0, False),
        ("mlp.up_proj.weight", (80, 48), COLUMN, "drawn", True),
        ("mlp.up_proj.bias", (80,), COLUMN, 0.0, False),
        ("mlp.down_proj.weight", (48, 80), ROW, "drawn", True),
        ("mlp.down_proj.bias", (48,), REPLICATED, 0.0, False),
    ]
    assert (table["final_norm.bias"].shape, "head.bias" in table, "embedding.bias" in table) == ((48,), False, False)
    assert table["layers.0.attention.q_proj.bias"].shard_shape(4) == (12,)


def test_tied_embeddings_are_one_parameter_the_embeddings() -> None:
    untied, tied = parameter_table(MODEL), parameter_table(MODEL.model_copy(update={"tied_embeddings": True}))
    assert untied.keys() - tied.keys() == {"head.weight"}
    assert list(tied.values()) == [spec for name, spec in untied.items() if name != "head.weight"]


def test_matrices_decay_and_norms_do_not() -> None:
    decays = {name: spec.decays for name, spec in parameter_table(MODEL).items()}
    assert {name for name, value in decays.items() if not value} == {name for name in decays if "norm" in name}


@pytest.mark.parametrize(
    ("tp_dim", "tp_size", "expected"),
    [(COLUMN, 1, (12, 8)), (COLUMN, 2, (6, 8)), (COLUMN, 4, (3, 8)), (ROW, 4, (12, 2)), (REPLICATED, 4, (12, 8))],
)
def test_shape_of_a_shard(tp_dim: int | None, tp_size: int, expected: tuple[int, ...]) -> None:
    spec = ParameterSpec("matrix", (12, 8), tp_dim, 0.02, decays=True)
    assert spec.shard_shape(tp_size) == expected
    assert spec.numel == 96


def test_a_shard_that_does_not_come_out_even_is_refused() -> None:
    with pytest.raises(AssertionError, match=r"of \(12, 8\) does not divide by tensor parallel 5"):
        ParameterSpec("matrix", (12, 8), COLUMN, 0.02, decays=True).shard_shape(5)


@pytest.mark.parametrize("name", recipe_names())
def test_every_packaged_recipe_splits_evenly(name: str) -> None:
    recipe = load_recipe(name)
    for tensor in {recipe.parallel.tensor, 2, 4}:
        for spec in parameter_table(recipe.model).values():
            shards = 1 if spec.tp_dim is None else tensor
            assert math.prod(spec.shard_shape(tensor)) * shards == spec.numel, spec.name
        assert recipe.model.num_heads % tensor == recipe.model.num_kv_heads % tensor == 0, "a head stays whole on one rank"
