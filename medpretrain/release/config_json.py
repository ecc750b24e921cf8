"""A config.json of Hugging Face's Llama or GPT-NeoX, read as our model settings: what it says, and what it may not say, as tables.

Read by hand and not by transformers, whose import costs every rank of a job seconds and memory. A key that is not there means what
transformers takes for it then.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from medpretrain.errors import InputError, InputErrors
from medpretrain.model.settings import ModelSettings
from medpretrain.release.mapping import GPT_NEOX, LLAMA, Form

NAME = "config.json"
NOT_COMPARED = ("vocab_size", "init_std")  # the one is the tokenizer's; the other says how weights began, and they are here
ANOTHER_MODEL = "start from another model"


class Key(NamedTuple):
    """A key of config.json and its value there."""

    name: str
    value: Any


Values = Mapping[str, Any]


@dataclass(frozen=True)
class Dialect:
    """How an architecture's config.json is read.

    Attributes:
        settings: our setting -> the key that says it, with its value.
        needs: the keys that must have a certain value for the model to be one of ours, each with that value.
    """

    form: Form
    settings: Mapping[str, Callable[[Values], Key]]
    needs: Callable[[Values], list[tuple[Key, Any]]]


@dataclass(frozen=True)
class ModelConfig:
    """A config.json. `settings.vocab_size` counts the rows of the embedding there, padding of the vocabulary included; `keys` names the
    key that each of our settings stands under."""

    path: Path
    form: Form
    settings: ModelSettings
    keys: Mapping[str, str]
    values: Values


def _says(name: str, default: Any = None) -> Callable[[Values], Key]:
    return lambda values: Key(name, default if values.get(name) is None else values[name])


def _rope(values: Values) -> Mapping[str, Any]:
    """What is said of rotary positions: since transformers 5 in `rope_parameters`, before that in `rope_scaling` and at the top."""
    return values.get("rope_parameters") or values.get("rope_scaling") or {}


def _theta(older_key: str) -> Callable[[Values], Key]:
    def read(values: Values) -> Key:
        if "rope_theta" in _rope(values):
            return Key("rope_parameters.rope_theta", _rope(values)["rope_theta"])
        return _says(older_key, 10_000.0)(values)

    return read


def _rope_type(values: Values) -> Key:
    name = "rope_parameters" if values.get("rope_parameters") else "rope_scaling"
    return Key(f"{name}.rope_type", _rope(values).get("rope_type", _rope(values).get("type", "default")))


def _rotary_share(older_key: str, default: float) -> Callable[[Values], Key]:
    def read(values: Values) -> Key:
        if "partial_rotary_factor" in _rope(values):
            return Key("rope_parameters.partial_rotary_factor", _rope(values)["partial_rotary_factor"])
        return _says(older_key, default)(values)

    return read


def _head_size(values: Values) -> Key:
    heads = values.get("num_attention_heads")
    if values.get("head_dim") is None and isinstance(heads, int) and heads > 0 and isinstance(values.get("hidden_size"), int):
        return Key("num_attention_heads", values["hidden_size"] // heads)
    return Key("head_dim", values.get("head_dim"))


def _num_kv_heads(values: Values) -> Key:
    return _says("num_key_value_heads")(values) if values.get("num_key_value_heads") is not None else _says("num_attention_heads")(values)


def _fixed(value: Any) -> Callable[[Values], Key]:
    return lambda values: Key("model_type", value)


_COMMON: dict[str, Callable[[Values], Key]] = {
    "vocab_size": _says("vocab_size"),
    "hidden_size": _says("hidden_size"),
    "num_layers": _says("num_hidden_layers"),
    "num_heads": _says("num_attention_heads"),
    "ffn_size": _says("intermediate_size"),
    "init_std": _says("initializer_range", 0.02),
    "tied_embeddings": _says("tie_word_embeddings", False),
}

DIALECTS = {
    "llama": Dialect(
        LLAMA,
        {
            **_COMMON,
            "num_kv_heads": _num_kv_heads,
            "head_size": _head_size,
            "norm_epsilon": _says("rms_norm_eps", 1e-6),
            "rope_theta": _theta("rope_theta"),
            "norm": _fixed("rmsnorm"),
            "activation": _fixed("swiglu"),
            "biases": _says("attention_bias", False),
        },
        lambda values: [
            (_says("hidden_act", "silu")(values), "silu"),
            (_rope_type(values), "default"),
            (_rotary_share("partial_rotary_factor", 1.0)(values), 1.0),
            (_says("mlp_bias", False)(values), _says("attention_bias", False)(values).value),
            (_says("sliding_window")(values), None),
            (_says("quantization_config")(values), None),
        ],
    ),
    "gpt_neox": Dialect(
        GPT_NEOX,
        {
            **_COMMON,
            "num_kv_heads": _says("num_attention_heads"),
            "head_size": _head_size,
            "norm_epsilon": _says("layer_norm_eps", 1e-5),
            "rope_theta": _theta("rotary_emb_base"),
            "norm": _fixed("layernorm"),
            "activation": _fixed("gelu"),
            "biases": _says("attention_bias", True),
        },
        lambda values: [
            (_says("hidden_act", "gelu")(values), "gelu"),
            (_rope_type(values), "default"),
            (_rotary_share("rotary_pct", 0.25)(values), 1.0),
            (_says("use_parallel_residual", True)(values), False),
            (_says("attention_bias", True)(values), True),
            (_says("quantization_config")(values), None),
        ],
    ),
}


def read_config(directory: Path) -> ModelConfig:
    """The config.json of a directory. Raises InputErrors: all that our decoder does not compute, each with its key."""
    path = directory / NAME
    try:
        values = json.loads(path.read_bytes())
    except FileNotFoundError as error:
        raise InputError(str(directory), f"has no {NAME}", "a model in Hugging Face form", "check the path") from error
    except ValueError as error:
        raise InputError(str(path), f"is not JSON ({error})", "a configuration of transformers", "fetch the file again") from error
    kind = values.get("model_type") if isinstance(values, dict) else None
    if kind not in DIALECTS:
        shown = f"is {kind!r}" if kind is not None else "is missing"
        raise InputError(f"{path} key `model_type`", shown, f"one of {', '.join(DIALECTS)}", ANOTHER_MODEL)
    dialect = DIALECTS[kind]
    errors = [
        InputError(f"{path} key `{key.name}`", f"is {_shown(key.value)}", f"{_shown(value)}, which our decoder computes", ANOTHER_MODEL)
        for key, value in dialect.needs(values)
        if key.value != value
    ]
    said = {ours: read(values) for ours, read in dialect.settings.items()}
    settings = None
    try:
        settings = ModelSettings.model_validate({ours: key.value for ours, key in said.items()})
    except ValidationError as failure:
        for item in failure.errors(include_url=False):
            key = said[str(item["loc"][0])] if item["loc"] else Key("num_key_value_heads", None)
            found = "is missing" if key.value is None else f"is {_shown(key.value)}"
            message = item["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
            errors.append(InputError(f"{path} key `{key.name}`", found, message, "fetch the file again, or " + ANOTHER_MODEL))
    if errors or settings is None:
        raise InputErrors(errors)
    return ModelConfig(path, dialect.form, settings, {ours: key.name for ours, key in said.items()}, values)


def disagreements(model: ModelSettings, config: ModelConfig) -> list[InputError]:
    """Where a recipe's model is another one than the directory's; vocabularies are not compared here."""
    return [
        InputError(
            f"recipe key `model.{ours}`",
            f"is {_shown(getattr(model, ours))}",
            f"{_shown(value)}, as {config.path} has it (`{config.keys[ours]}`)",
            f"set model.{ours}={_shown(value)}, or {ANOTHER_MODEL}",
        )
        for ours, value in config.settings.model_dump().items()
        if ours not in NOT_COMPARED and getattr(model, ours) != value
    ]


def _shown(value: Any) -> str:
    """As JSON has it, so that it can be typed."""
    return value if isinstance(value, str) else json.dumps(value, default=str)
