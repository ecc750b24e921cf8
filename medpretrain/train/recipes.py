"""The recipes that come with the package, and what one amounts to: sizes, parameters, FLOPs, state bytes."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from medpretrain.config import load_settings
from medpretrain.errors import InputError, InputErrors
from medpretrain.model.counts import count_parameters, flops_per_token, parameter_breakdown, zero_state_bytes_per_rank
from medpretrain.model.precision import FLOATS_OF
from medpretrain.train.problems import find_problems
from medpretrain.train.schedule import batch_sizes
from medpretrain.train.settings import Recipe


def recipe_names() -> list[str]:
    """Names of the packaged recipes, smallest model first."""
    return sorted(_packaged(), key=lambda name: count_parameters(load_recipe(name).model))


def load_recipe(name_or_file: str, overrides: Sequence[str] = (), world_size: int | None = None) -> Recipe:
    """A packaged recipe by name, or one from a YAML file, with overrides; InputError(s) where it is unknown or wrong, or does not fit a
    job of `world_size` processes."""
    path = Path(name_or_file)
    if path.suffix not in (".yaml", ".yml"):
        packaged = _packaged()
        if name_or_file not in packaged:
            known = ", ".join(sorted(packaged))
            raise InputError(
                f"recipe `{name_or_file}`", "is not known", f"one of {known}, or a .yaml file", "see `medpretrain recipe list`"
            )
        path = packaged[name_or_file]
    recipe = load_settings(Recipe, path, overrides)
    problems = find_problems(recipe, world_size)
    if problems:
        raise InputErrors(problems)
    return recipe


def list_recipes() -> list[dict[str, Any]]:
    """Name, description, parameters, row length and tokens per step of each packaged recipe."""
    rows = []
    for name in recipe_names():
        recipe = load_recipe(name)
        rows.append(
            {
                "name": name,
                "description": recipe.description,
                "parameters": count_parameters(recipe.model),
                "seq_len": recipe.data.seq_len,
                "tokens_per_step": recipe.batch.global_rows * recipe.data.seq_len,
            }
        )
    return rows


def show_recipe(name_or_file: str, overrides: Sequence[str] = ()) -> dict[str, Any]:
    """The resolved recipe and what it amounts to."""
    recipe = load_recipe(name_or_file, overrides)
    parameters = count_parameters(recipe.model)
    seq_len, sizes = recipe.data.seq_len, batch_sizes(recipe.batch, recipe.data.seq_len)
    return {
        "name": recipe.name,
        "description": recipe.description,
        "parameters": parameters,
        "parameter_breakdown": parameter_breakdown(recipe.model),
        "gflops_per_token": flops_per_token(recipe.model, seq_len) / 1e9,
        "gflops_per_token_causal": flops_per_token(recipe.model, seq_len, causal=True) / 1e9,
        "tokens_per_step": recipe.batch.global_rows * seq_len,
        "total_tokens": sizes.samples_before(recipe.schedule.total_steps) * seq_len,
        "batch_stages": [
            {"from_step": step + 1, "from_tokens": sample * seq_len, "rows": rows, "tokens_per_step": rows * seq_len}
            for step, sample, rows in sizes.starts()
        ],
        "checkpoint_bytes": 12 * parameters,
        "state_bytes_one_process": {
            kind: round(size) for kind, size in zero_state_bytes_per_rank(parameters, 3, 1, FLOATS_OF[recipe.precision].itemsize).items()
        },
        "settings": recipe.model_dump(mode="json"),
    }


def needed_throughput(num_tokens: float, hours: float, num_devices: int) -> dict[str, float]:
    """Tokens a second that train on so many tokens in so many hours: of all devices together, and of each (requirement 000-21)."""
    of_all = num_tokens / (hours * 3600)
    return {"all_devices": of_all, "each_device": of_all / num_devices}


def _packaged() -> dict[str, Path]:
    """Name -> file of the recipes in the package."""
    files = (Path(str(item)) for item in resources.files("medpretrain.recipes").iterdir())
    return {path.stem: path for path in files if path.suffix == ".yaml"}
