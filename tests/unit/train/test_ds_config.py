"""The DeepSpeed JSON: what is the recipe's is refused in it, what is the user's passes through untouched."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from medpretrain.errors import InputError, InputErrors
from medpretrain.train.ds_config import OWNED_BY_RECIPE, PASSED_THROUGH, REFUSED_IN_ZERO, read_ds_config, resolve_ds_config
from medpretrain.train.recipes import load_recipe

RECIPE = load_recipe("tiny-cpu", ["optimizer.clip_norm=0.5"])
ZERO_3: dict[str, Any] = {"zero_optimization": {"stage": 3}}


def parts(error: InputError) -> tuple[str, str, str, str]:
    return error.where, error.found, error.expected, error.remedy


def errors_of(config: dict[str, Any], *overrides: str) -> list[tuple[str, str, str, str]]:
    with pytest.raises(InputErrors) as caught:
        resolve_ds_config(config, "my.json", load_recipe("tiny-cpu", overrides), dp_size=2, num_rounds=2)
    return [parts(error) for error in caught.value.errors]


def test_the_recipes_values_are_filled_in() -> None:
    resolved = resolve_ds_config(ZERO_3, "my.json", RECIPE, dp_size=2, num_rounds=3)
    assert resolved.pop("steps_per_print") >= 10**6  # DeepSpeed's own log line says nothing true of our steps
    assert resolved == {
        "zero_optimization": {"stage": 3},
        "train_micro_batch_size_per_gpu": 2,
        "gradient_accumulation_steps": 3,
        "train_batch_size": 12,
        "gradient_clipping": 0.5,
        "bf16": {"enabled": True},
        "fp16": {"enabled": False},
        "data_types": {"grad_accum_dtype": "fp32"},
        "communication_data_type": "fp32",
        "zero_allow_untested_optimizer": True,
        "zero_force_ds_cpu_optimizer": False,
    }


def test_fp16_has_a_dynamic_loss_scale_by_the_recipes_settings() -> None:
    words = ["precision=fp16", "loss_scale.initial_power=12", "loss_scale.window_steps=50"]
    resolved = resolve_ds_config(ZERO_3, "my.json", load_recipe("tiny-cpu", words), 1, 1)
    dynamic = {"enabled": True, "loss_scale": 0, "hysteresis": 1, "min_loss_scale": 1}
    assert resolved["fp16"] == {**dynamic, "initial_scale_power": 12, "loss_scale_window": 50}
    assert resolved["bf16"] == {"enabled": False}
    unset = resolve_ds_config(ZERO_3, "my.json", load_recipe("tiny-cpu", ["precision=fp16"]), 1, 1)
    assert unset["fp16"] == {**dynamic, "initial_scale_power": 16, "loss_scale_window": 1000}


def test_fp32_turns_bf16_off() -> None:
    resolved = resolve_ds_config(ZERO_3, "my.json", load_recipe("tiny-cpu", ["precision=fp32"]), 1, 1)
    assert resolved["bf16"] == {"enabled": False}


@pytest.mark.parametrize(
    ("key", "owner", "value", "shown"),
    [
        ("train_batch_size", "batch.global_rows", 8, "8"),
        ("train_micro_batch_size_per_gpu", "batch.micro_rows", 2, "2"),
        ("gradient_accumulation_steps", "batch.global_rows and batch.micro_rows", 16, "16"),
        ("gradient_clipping", "optimizer.clip_norm", 1.0, "1.0"),
        ("optimizer", "optimizer", {"type": "AdamW"}, '{"type": "AdamW"}'),
        ("scheduler", "schedule", {"type": "WarmupLR"}, '{"type": "WarmupLR"}'),
        ("bf16", "precision", {"enabled": True}, '{"enabled": true}'),
        ("fp16", "precision and loss_scale", {"enabled": False}, '{"enabled": false}'),
        ("amp", "precision", {"enabled": True}, '{"enabled": true}'),
        ("torch_autocast", "precision", {"enabled": True}, '{"enabled": true}'),
        ("data_types", "precision (gradients are summed in fp32)", {"grad_accum_dtype": "bf16"}, '{"grad_accum_dtype": "bf16"}'),
        ("communication_data_type", "precision (gradients travel in fp32)", "bf16", '"bf16"'),
        ("zero_allow_untested_optimizer", "optimizer", False, "false"),
        ("zero_force_ds_cpu_optimizer", "optimizer", True, "true"),
    ],
)
def test_a_key_of_the_recipes_is_refused_naming_both_places(key: str, owner: str, value: Any, shown: str) -> None:
    assert errors_of({**ZERO_3, key: value}) == [
        (
            f"my.json, key `{key}`",
            f"is set to {shown}, but the recipe's `{owner}` decides it",
            '"auto" or no such key',
            "remove the key from my.json and set it in the recipe",
        )
    ]


@pytest.mark.parametrize("key", ["managed_gradient_accumulation", "curriculum_learning", "gradient_predivide_factor", "a misspelt key"])
def test_keys_that_are_not_known_to_be_harmless_are_refused(key: str) -> None:
    assert errors_of({**ZERO_3, key: False}) == [
        (
            f"my.json, key `{key}`",
            "is not one that is passed on",
            f"one of {', '.join(PASSED_THROUGH)} (others can change what is trained)",
            "remove the key from my.json",
        )
    ]


@pytest.mark.parametrize(("key", "device"), [("offload_optimizer", "nvme"), ("offload_param", "cpu"), ("offload_param", "nvme")])
def test_state_that_checkpoints_would_not_reach_is_refused(key: str, device: str) -> None:
    where, found, *_ = errors_of({"zero_optimization": {"stage": 3, key: {"device": device}}})[0]
    assert where == f"my.json, key `zero_optimization.{key}.device`"
    assert found == f'is "{device}"'


@pytest.mark.parametrize("key", ["zero_quantized_weights", "zero_quantized_gradients", "zenflow", "mics_shard_size"])
def test_quantised_communication_is_refused(key: str) -> None:
    assert errors_of({"zero_optimization": {"stage": 3, key: True}}) == [
        (
            f"my.json, key `zero_optimization.{key}`",
            "is set to true, which would change the mathematics of the run",
            '"auto" or no such key',
            "remove the key from my.json",
        )
    ]


def test_auto_is_accepted_for_every_owned_key_and_does_not_reach_deepspeed() -> None:
    config = {**dict.fromkeys(OWNED_BY_RECIPE, "auto"), "zero_optimization": {"stage": 3, **dict.fromkeys(REFUSED_IN_ZERO, "auto")}}
    assert resolve_ds_config(config, "my.json", RECIPE, 2, 3) == resolve_ds_config(ZERO_3, "my.json", RECIPE, 2, 3)


@pytest.mark.parametrize(
    ("zero", "shown"), [({"stage": 0}, "0"), ({"stage": 1}, "1"), ({}, "null"), ({"stage": "3"}, '"3"'), ({"stage": 4}, "4")]
)
def test_other_stages_are_refused(zero: dict[str, Any], shown: str) -> None:
    expected = (
        "my.json, key `zero_optimization.stage`",
        f"is {shown}",
        "2 or 3 (with others the gradient norm or its fp32 sums are not those of one process)",
        "set it to 3, or 2 where the model fits",
    )
    assert errors_of({"zero_optimization": zero}) == [expected]
    if not zero:
        assert errors_of({}) == [expected]


@pytest.mark.parametrize(("value", "shown"), [(3, "3"), (True, "true"), ([3], "[3]"), (None, "null")])
def test_zero_optimization_that_is_no_object(value: Any, shown: str) -> None:
    with pytest.raises(InputError) as caught:
        resolve_ds_config({"zero_optimization": value}, "my.json", RECIPE, 1, 1)
    expected = ("my.json, key `zero_optimization`", f"is {shown}", "an object with a stage", 'write it like {"stage": 3}')
    assert parts(caught.value) == expected


def test_secondary_partitions_are_refused_beside_tensor_parallelism_alone() -> None:
    config = {"zero_optimization": {"stage": 3, "zero_hpz_partition_size": 8}}
    assert errors_of(config, "parallel.tensor=2") == [
        (
            "my.json, key `zero_optimization.zero_hpz_partition_size`",
            "is 8 with parallel.tensor=2",
            "no hpZ beside tensor parallelism, as its groups of consecutive ranks mix tensor parallel halves",
            "remove the key or set parallel.tensor=1",
        )
    ]
    assert resolve_ds_config(config, "my.json", RECIPE, 8, 1)["zero_optimization"] == config["zero_optimization"]
    for off in (1, "auto"):
        one = {"zero_optimization": {"stage": 3, "zero_hpz_partition_size": off}}
        assert resolve_ds_config(one, "my.json", load_recipe("tiny-cpu", ["parallel.tensor=2"]), 8, 1)


def test_all_conflicts_are_told_at_once() -> None:
    config = {
        "train_batch_size": 1,
        "fp16": {"enabled": True},
        "zero_optimization": {"stage": 1, "zero_quantized_weights": True, "zero_hpz_partition_size": 2},
    }
    assert [where.removeprefix("my.json, key ") for where, *_ in errors_of(config, "parallel.tensor=2")] == [
        "`train_batch_size`",
        "`fp16`",
        "`zero_optimization.zero_quantized_weights`",
        "`zero_optimization.stage`",
        "`zero_optimization.zero_hpz_partition_size`",
    ]


def test_the_users_keys_pass_through_and_the_given_object_stays() -> None:
    config = {
        "zero_optimization": {"stage": 2, "overlap_comm": False, "offload_optimizer": {"device": "cpu", "pin_memory": True}},
        "wall_clock_breakdown": True,
        "comms_logger": {"enabled": True, "prof_ops": ["all_gather"]},
        "steps_per_print": 7,
        "bf16": "auto",
    }
    before = copy.deepcopy(config)
    resolved = resolve_ds_config(config, "my.json", RECIPE, 2, 2)
    assert config == before
    for key in config.keys() - {"bf16"}:
        assert resolved[key] == config[key], key
    resolved["zero_optimization"]["stage"] = 9
    resolved["comms_logger"]["prof_ops"].append("more")
    assert config == before  # nothing is shared


@pytest.mark.parametrize(
    ("content", "where", "found", "expected", "remedy"),
    [
        (b'{\n "a": 1,\n "b": }\n', " line 3", "is not JSON (Expecting value)", "a DeepSpeed JSON file", "mend the line"),
        (b'{"a": 1}\n{', " line 2", "is not JSON (Extra data)", "a DeepSpeed JSON file", "mend the line"),
        (b"", " line 1", "is not JSON (Expecting value)", "a DeepSpeed JSON file", "mend the line"),
        (b"[3]", "", "holds a list", "a JSON object", "write the settings as an object"),
        (b'{"a": "\xff"}', "", "is not UTF-8 (byte 7)", "a DeepSpeed JSON file", "save it as UTF-8"),
        (b'{"a": {"b": 1, "c": 2, "b": 3}}', "", "the key `b` stands twice", "each key once", "remove one of them"),
    ],
)
def test_files_that_cannot_be_a_ds_config(tmp_path: Path, content: bytes, where: str, found: str, expected: str, remedy: str) -> None:
    path = tmp_path / "ds.json"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_ds_config(path)
    assert parts(caught.value) == (f"{path}{where}", found, expected, remedy)


def test_no_file_and_a_directory(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read_ds_config(tmp_path / "none.json")
    expected = (str(tmp_path / "none.json"), "there is no such file", "a DeepSpeed JSON file", "check --ds-config; ds_configs/ has some")
    assert parts(caught.value) == expected
    with pytest.raises(InputError) as caught:
        read_ds_config(tmp_path)
    assert parts(caught.value) == (str(tmp_path), "is a directory", "a DeepSpeed JSON file", "name the file in it")
