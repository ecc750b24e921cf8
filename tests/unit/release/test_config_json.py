"""config.json as transformers writes it, read as our settings; and what our decoder does not compute, refused key by key."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from transformers import AutoConfig

from medpretrain.errors import InputError, InputErrors
from medpretrain.model.settings import ModelSettings
from medpretrain.release.config_json import disagreements, read_config

LLAMA = ModelSettings(
    vocab_size=600, hidden_size=32, num_layers=2, num_heads=8, num_kv_heads=4, head_size=8, ffn_size=64, rope_theta=5e5, norm_epsilon=1e-6
)
NEOX = LLAMA.model_copy(
    update={"norm": "layernorm", "activation": "gelu", "biases": True, "num_kv_heads": 8, "head_size": 4, "tied_embeddings": True}
)
SHAPE = {"vocab_size": 600, "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 8}
# As transformers 4 wrote them.
OLD_LLAMA = {**SHAPE, "model_type": "llama", "num_key_value_heads": 4, "head_dim": 8, "rope_theta": 5e5, "rope_scaling": None}
OLD_NEOX = {
    **SHAPE,
    "model_type": "gpt_neox",
    "layer_norm_eps": 1e-6,
    "rotary_emb_base": 500000,
    "rotary_pct": 1.0,
    "use_parallel_residual": False,
    "tie_word_embeddings": True,
}


def written(directory: Path, values: dict[str, Any]) -> Path:
    (directory / "config.json").write_text(json.dumps(values))
    return directory


def test_what_transformers_writes_today(tmp_path: Path) -> None:
    rope = {"rope_type": "default", "rope_theta": 5e5}
    AutoConfig.for_model("llama", **SHAPE, num_key_value_heads=4, head_dim=8, rope_parameters=rope).save_pretrained(tmp_path / "llama")
    assert read_config(tmp_path / "llama").settings == LLAMA
    neox = {**SHAPE, "layer_norm_eps": 1e-6, "use_parallel_residual": False, "tie_word_embeddings": True}
    rope = {**rope, "partial_rotary_factor": 1.0}
    AutoConfig.for_model("gpt_neox", **neox, rope_parameters=rope).save_pretrained(tmp_path / "neox")
    assert read_config(tmp_path / "neox").settings == NEOX


def test_what_transformers_wrote_before(tmp_path: Path) -> None:
    assert read_config(written(tmp_path, OLD_LLAMA)).settings == LLAMA
    assert read_config(written(tmp_path, OLD_NEOX)).settings == NEOX


@pytest.mark.parametrize("kind", ["llama", "gpt_neox"])
def test_what_is_not_said_is_what_transformers_takes(kind: str, tmp_path: Path) -> None:
    """Against transformers' own defaults; of GPT-NeoX the two that our decoder never computes are said."""
    values = {**SHAPE, "model_type": kind, **({} if kind == "llama" else {"use_parallel_residual": False, "rotary_pct": 1.0})}
    ours, theirs = read_config(written(tmp_path, values)).settings, AutoConfig.from_pretrained(str(written(tmp_path, values)))
    assert ours.num_kv_heads == getattr(theirs, "num_key_value_heads", 8) == 8
    assert ours.head_size == getattr(theirs, "head_dim", 4) == 4
    assert ours.norm_epsilon == (theirs.rms_norm_eps if kind == "llama" else theirs.layer_norm_eps)
    assert ours.rope_theta == theirs.rope_parameters["rope_theta"]
    assert ours.tied_embeddings == theirs.tie_word_embeddings
    assert ours.biases == theirs.attention_bias
    assert ours.init_std == theirs.initializer_range


def refusals(directory: Path) -> list[InputError]:
    with pytest.raises((InputError, InputErrors)) as caught:
        read_config(directory)
    return list(caught.value.errors) if isinstance(caught.value, InputErrors) else [caught.value]


@pytest.mark.parametrize(
    ("values", "key", "found", "expected"),
    [
        ({**OLD_LLAMA, "model_type": "mistral", "sliding_window": 4096}, "model_type", "is 'mistral'", "one of llama, gpt_neox"),
        (SHAPE, "model_type", "is missing", "one of llama, gpt_neox"),
        (
            {**OLD_LLAMA, "rope_scaling": {"rope_type": "llama3", "factor": 8.0}},
            "rope_scaling.rope_type",
            "is llama3",
            "default, which our decoder computes",
        ),
        (
            {**OLD_LLAMA, "rope_scaling": {"type": "linear", "factor": 2.0}},
            "rope_scaling.rope_type",
            "is linear",
            "default, which our decoder computes",
        ),
        (
            {**OLD_LLAMA, "rope_parameters": {"rope_type": "yarn", "rope_theta": 1e4}},
            "rope_parameters.rope_type",
            "is yarn",
            "default, which our decoder computes",
        ),
        ({**OLD_LLAMA, "attention_bias": True}, "mlp_bias", "is false", "true, which our decoder computes"),
        ({**OLD_LLAMA, "sliding_window": 4096}, "sliding_window", "is 4096", "null, which our decoder computes"),
        ({**OLD_LLAMA, "hidden_act": "gelu"}, "hidden_act", "is gelu", "silu, which our decoder computes"),
        ({**OLD_LLAMA, "quantization_config": {"bits": 4}}, "quantization_config", 'is {"bits": 4}', "null, which our decoder computes"),
        ({**OLD_NEOX, "use_parallel_residual": True}, "use_parallel_residual", "is true", "false, which our decoder computes"),
        ({**OLD_NEOX, "rotary_pct": 0.25}, "rotary_pct", "is 0.25", "1.0, which our decoder computes"),
        ({**OLD_NEOX, "hidden_act": "gelu_new"}, "hidden_act", "is gelu_new", "gelu, which our decoder computes"),
    ],
)
def test_what_our_decoder_does_not_compute_is_refused(tmp_path: Path, values: dict[str, Any], key: str, found: str, expected: str) -> None:
    (error,) = refusals(written(tmp_path, values))
    assert error.where == f"{tmp_path / 'config.json'} key `{key}`"
    assert (error.found, error.expected, error.remedy) == (found, expected, "start from another model")


def test_all_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    values = {**OLD_LLAMA, "hidden_size": None, "num_hidden_layers": 0, "hidden_act": "relu", "mlp_bias": True}
    errors = {error.where.partition(" key ")[2]: (error.found, error.expected) for error in refusals(written(tmp_path, values))}
    assert errors == {
        "`hidden_act`": ("is relu", "silu, which our decoder computes"),
        "`mlp_bias`": ("is true", "false, which our decoder computes"),
        "`hidden_size`": ("is missing", "a valid integer"),
        "`num_hidden_layers`": ("is 0", "greater than 0"),
    }


def test_a_directory_without_a_readable_config_is_refused(tmp_path: Path) -> None:
    (error,) = refusals(tmp_path)
    assert (error.where, error.found) == (str(tmp_path), "has no config.json")
    assert (error.expected, error.remedy) == ("a model in Hugging Face form", "check the path")
    (tmp_path / "config.json").write_text("{")
    (error,) = refusals(tmp_path)
    assert error.where == str(tmp_path / "config.json")
    assert error.found.startswith("is not JSON (")
    assert (error.expected, error.remedy) == ("a configuration of transformers", "fetch the file again")


def test_every_disagreement_with_a_recipe_is_told_with_its_keys(tmp_path: Path) -> None:
    config = read_config(written(tmp_path, OLD_LLAMA))
    assert disagreements(LLAMA.model_copy(update={"vocab_size": 512, "init_std": 0.5}), config) == []
    other = LLAMA.model_copy(update={"num_layers": 3, "norm_epsilon": 1e-5, "tied_embeddings": True, "norm": "layernorm"})
    path = tmp_path / "config.json"
    told = {error.where: (error.found, error.expected, error.remedy) for error in disagreements(other, config)}
    assert told == {
        "recipe key `model.num_layers`": (
            "is 3",
            f"2, as {path} has it (`num_hidden_layers`)",
            "set model.num_layers=2, or start from another model",
        ),
        "recipe key `model.norm_epsilon`": (
            "is 1e-05",
            f"1e-06, as {path} has it (`rms_norm_eps`)",
            "set model.norm_epsilon=1e-06, or start from another model",
        ),
        "recipe key `model.tied_embeddings`": (
            "is true",
            f"false, as {path} has it (`tie_word_embeddings`)",
            "set model.tied_embeddings=false, or start from another model",
        ),
        "recipe key `model.norm`": (
            "is layernorm",
            f"rmsnorm, as {path} has it (`model_type`)",
            "set model.norm=rmsnorm, or start from another model",
        ),
    }
