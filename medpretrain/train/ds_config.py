"""The DeepSpeed JSON: how a model fits in memory and travels. Pure functions over dictionaries.

Every knob has one owner. The recipe owns what changes the mathematics; a JSON that sets one of its keys to anything but "auto" is an error
that names both places. What is neither the recipe's nor known to leave the mathematics alone is refused: some of DeepSpeed's many keys
train another model and say nothing.
"""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

from medpretrain.errors import InputError, InputErrors
from medpretrain.train.settings import LossScaleSettings, Recipe

STAGES = (2, 3)

# The recipe's keys in DeepSpeed's JSON -> where the recipe says it.
OWNED_BY_RECIPE = {
    "train_batch_size": "batch.global_rows",
    "train_micro_batch_size_per_gpu": "batch.micro_rows",
    "gradient_accumulation_steps": "batch.global_rows and batch.micro_rows",
    "gradient_clipping": "optimizer.clip_norm",
    "optimizer": "optimizer",
    "scheduler": "schedule",
    "bf16": "precision",
    "fp16": "precision and loss_scale",
    "amp": "precision",
    "torch_autocast": "precision",
    "data_types": "precision (gradients are summed in fp32)",
    "communication_data_type": "precision (gradients travel in fp32)",
    "zero_allow_untested_optimizer": "optimizer",
    "zero_force_ds_cpu_optimizer": "optimizer",
}
PASSED_THROUGH = (
    "zero_optimization",
    "steps_per_print",
    "wall_clock_breakdown",
    "memory_breakdown",
    "dump_state",
    "comms_logger",
    "flops_profiler",
    "disable_allgather",
)
REFUSED_IN_ZERO = (
    "zero_quantized_weights",
    "zero_quantized_nontrainable_weights",
    "zero_quantized_gradients",
    "mics_shard_size",
    "mics_hierarchical_params_gather",
    "zenflow",
    "ignore_unused_parameters",
    "use_muon",
)


def read_ds_config(path: Path) -> dict[str, Any]:
    """A DeepSpeed JSON file as a dictionary; InputError with file and line where it cannot be read."""
    try:
        config = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=lambda pairs: _each_key_once(path, pairs))
    except FileNotFoundError as error:
        raise InputError(str(path), "there is no such file", "a DeepSpeed JSON file", "check --ds-config; ds_configs/ has some") from error
    except IsADirectoryError as error:
        raise InputError(str(path), "is a directory", "a DeepSpeed JSON file", "name the file in it") from error
    except UnicodeDecodeError as error:
        raise InputError(str(path), f"is not UTF-8 (byte {error.start})", "a DeepSpeed JSON file", "save it as UTF-8") from error
    except json.JSONDecodeError as error:
        raise InputError(f"{path} line {error.lineno}", f"is not JSON ({error.msg})", "a DeepSpeed JSON file", "mend the line") from error
    if not isinstance(config, dict):
        raise InputError(str(path), f"holds a {type(config).__name__}", "a JSON object", "write the settings as an object")
    return config


def resolve_ds_config(config: dict[str, Any], where: str, recipe: Recipe, dp_size: int, num_rounds: int) -> dict[str, Any]:
    """The JSON as DeepSpeed gets it: the user's, with the recipe's keys filled in.

    Args:
        where: the file's name, for messages.
        num_rounds: micro-batches each replica takes in a step.

    Raises InputErrors with every conflict.
    """
    zero = config.get("zero_optimization", {})
    if not isinstance(zero, dict):
        raise InputError(
            f"{where}, key `zero_optimization`", f"is {json.dumps(zero)}", "an object with a stage", 'write it like {"stage": 3}'
        )
    problems = []
    for key, value in config.items():
        if key in OWNED_BY_RECIPE and value != "auto":
            problems.append(
                InputError(
                    f"{where}, key `{key}`",
                    f"is set to {json.dumps(value)}, but the recipe's `{OWNED_BY_RECIPE[key]}` decides it",
                    '"auto" or no such key',
                    f"remove the key from {where} and set it in the recipe",
                )
            )
        elif key not in OWNED_BY_RECIPE and key not in PASSED_THROUGH:
            expected = f"one of {', '.join(PASSED_THROUGH)} (others can change what is trained)"
            problems.append(InputError(f"{where}, key `{key}`", "is not one that is passed on", expected, f"remove the key from {where}"))
    for key in REFUSED_IN_ZERO:
        if zero.get(key, "auto") not in ("auto", False):
            problems.append(
                InputError(
                    f"{where}, key `zero_optimization.{key}`",
                    f"is set to {json.dumps(zero[key])}, which would change the mathematics of the run",
                    '"auto" or no such key',
                    f"remove the key from {where}",
                )
            )
    for key in ("offload_optimizer", "offload_param"):
        device = (zero.get(key) or {}).get("device", "none")
        if device not in ("none", "cpu") or (key == "offload_param" and device != "none"):
            expected = "none or cpu" if key == "offload_optimizer" else "none, as checkpoints do not reach weights that are moved away"
            problems.append(
                InputError(f"{where}, key `zero_optimization.{key}.device`", f"is {json.dumps(device)}", expected, "change or remove it")
            )
    stage = zero.get("stage")
    if stage not in STAGES:
        problems.append(
            InputError(
                f"{where}, key `zero_optimization.stage`",
                f"is {json.dumps(stage)}",
                "2 or 3 (with others the gradient norm or its fp32 sums are not those of one process)",
                "set it to 3, or 2 where the model fits",
            )
        )
    if zero.get("zero_hpz_partition_size", 1) not in (1, "auto") and recipe.parallel.tensor > 1:
        problems.append(
            InputError(
                f"{where}, key `zero_optimization.zero_hpz_partition_size`",
                f"is {zero['zero_hpz_partition_size']} with parallel.tensor={recipe.parallel.tensor}",
                "no hpZ beside tensor parallelism, as its groups of consecutive ranks mix tensor parallel halves",
                "remove the key or set parallel.tensor=1",
            )
        )
    if problems:
        raise InputErrors(problems)

    resolved = copy.deepcopy({key: value for key, value in config.items() if key not in OWNED_BY_RECIPE})
    resolved.update(
        train_micro_batch_size_per_gpu=recipe.batch.micro_rows,
        gradient_accumulation_steps=num_rounds,
        train_batch_size=recipe.batch.micro_rows * num_rounds * dp_size,
        gradient_clipping=recipe.optimizer.clip_norm,
        bf16={"enabled": recipe.precision == "bf16"},
        fp16=_fp16(recipe),
        data_types={"grad_accum_dtype": "fp32"},
        communication_data_type="fp32",
        zero_allow_untested_optimizer=True,
        zero_force_ds_cpu_optimizer=False,  # the same AdamW wherever the optimizer state lies
    )
    for key in REFUSED_IN_ZERO:
        resolved["zero_optimization"].pop(key, None)
    resolved.setdefault("steps_per_print", 10**9)  # DeepSpeed's own counters do not know which rows are real
    return resolved


def _fp16(recipe: Recipe) -> dict[str, Any]:
    if recipe.precision != "fp16":
        return {"enabled": False}
    settings = recipe.loss_scale or LossScaleSettings()
    return {
        "enabled": True,
        "loss_scale": 0,  # dynamic
        "initial_scale_power": settings.initial_power,
        "loss_scale_window": settings.window_steps,
        "hysteresis": 1,  # the first overflow lowers the scale, as every one does
        "min_loss_scale": 1,
    }


def _each_key_once(path: Path, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object's keys and values; JSON itself would silently keep the last of a key that stands twice."""
    values = dict(pairs)
    if len(values) < len(pairs):
        twice = next(key for number, (key, _) in enumerate(pairs) if key in dict(pairs[:number]))
        raise InputError(str(path), f"the key `{twice}` stands twice", "each key once", "remove one of them")
    return values
