"""Recipes: every packaged one with every DeepSpeed JSON, what is wrong where parts meet, overrides, unknown names and keys."""

from __future__ import annotations

from pathlib import Path

import pytest

from medpretrain.config import dump_settings
from medpretrain.errors import InputError, InputErrors
from medpretrain.model.counts import count_parameters
from medpretrain.shards.loader import round_sizes
from medpretrain.train.ds_config import read_ds_config, resolve_ds_config
from medpretrain.train.problems import find_problems
from medpretrain.train.recipes import list_recipes, load_recipe, recipe_names, show_recipe
from medpretrain.train.schedule import learning_rate
from medpretrain.train.settings import Recipe

DS_CONFIGS = sorted((Path(__file__).resolve().parents[3] / "ds_configs").glob("*.json"))


def parts(error: InputError) -> tuple[str, str, str, str]:
    return error.where, error.found, error.expected, error.remedy


def errors_of(*overrides: str, recipe: str = "tiny-cpu") -> list[tuple[str, str, str, str]]:
    with pytest.raises(InputErrors) as caught:
        load_recipe(recipe, overrides)
    return [parts(error) for error in caught.value.errors]


@pytest.mark.parametrize("path", DS_CONFIGS, ids=lambda path: path.stem)
@pytest.mark.parametrize(("world_size", "tensor"), [(1, 1), (2, 2), (4, 1), (4, 4), (6, 2), (256, 2), (1024, 4)])
@pytest.mark.parametrize("name", recipe_names())
def test_every_recipe_with_every_ds_config(name: str, world_size: int, tensor: int, path: Path) -> None:
    recipe = load_recipe(name, [f"parallel.tensor={tensor}"])
    assert find_problems(recipe, world_size) == []
    dp_size = world_size // tensor
    rounds = len(round_sizes(recipe.batch.global_rows, dp_size, recipe.batch.micro_rows))
    assert rounds * recipe.batch.micro_rows * dp_size >= recipe.batch.global_rows
    resolved = resolve_ds_config(read_ds_config(path), path.name, recipe, dp_size, rounds)
    assert resolved["train_batch_size"] == recipe.batch.micro_rows * rounds * dp_size
    assert resolved["bf16"] == {"enabled": recipe.precision == "bf16"}
    assert resolved["zero_optimization"]["stage"] in (2, 3)


def test_there_are_ds_configs_and_recipes() -> None:
    assert {path.name for path in DS_CONFIGS} >= {"zero2.json", "zero3.json"}
    assert set(recipe_names()) >= {"tiny-cpu", "medical-1b", "medical-7b"}


def test_recipes_are_named_as_their_files_and_come_smallest_first() -> None:
    assert [load_recipe(name).name for name in recipe_names()] == recipe_names()
    sizes = [count_parameters(load_recipe(name).model) for name in recipe_names()]
    assert sizes == sorted(sizes)
    assert (recipe_names()[0], recipe_names()[-1]) == ("tiny-cpu", "medical-7b")


def test_medical_7b_is_what_was_decided() -> None:
    recipe = load_recipe("medical-7b")
    assert recipe.batch.global_rows * recipe.data.seq_len == 4_194_304
    assert recipe.schedule.total_steps * 4_194_304 == pytest.approx(200e9, rel=1e-5)
    assert (recipe.schedule.warmup_steps, recipe.schedule.peak_learning_rate, recipe.schedule.final_learning_rate) == (2000, 3e-4, 3e-5)
    optimizer = recipe.optimizer
    assert (optimizer.beta1, optimizer.beta2, optimizer.epsilon, optimizer.weight_decay, optimizer.clip_norm) == (0.9, 0.95, 1e-8, 0.1, 1)
    assert (recipe.parallel.tensor, recipe.precision, recipe.checkpoint.every_steps) == (2, "bf16", 250)
    assert round_sizes(recipe.batch.global_rows, 128, recipe.batch.micro_rows) == [4, 4]


def test_overrides_change_what_they_name_and_nothing_else() -> None:
    plain, changed = load_recipe("tiny-cpu"), load_recipe("tiny-cpu", ["parallel.tensor=4", "schedule.total_steps=500", "precision=fp32"])
    assert (changed.parallel.tensor, changed.schedule.total_steps, changed.precision) == (4, 500, "fp32")
    assert changed.schedule.warmup_steps == plain.schedule.warmup_steps
    put_back = changed.model_copy(update={"parallel": plain.parallel, "schedule": plain.schedule, "precision": plain.precision})
    assert put_back == plain


def test_a_recipe_from_a_file_of_its_own(tmp_path: Path) -> None:
    mine = load_recipe("tiny-cpu", ["name=mine", "seed=1"])
    path = tmp_path / "mine.yaml"
    path.write_text(dump_settings(mine), encoding="utf-8")
    assert load_recipe(str(path)) == mine
    assert load_recipe(str(path), ["seed=42", "name=tiny-cpu"]) == load_recipe("tiny-cpu")
    with pytest.raises(InputError) as caught:
        load_recipe(str(tmp_path / "other.yaml"))
    assert parts(caught.value) == (str(tmp_path / "other.yaml"), "there is no such file", "a YAML settings file", "check the path")


@pytest.mark.parametrize("name", ["tiny-gpu", "", "../recipes/tiny-cpu", "medical-7b.json"])
def test_an_unknown_recipe(name: str) -> None:
    with pytest.raises(InputError) as caught:
        load_recipe(name)
    known = ", ".join(sorted(recipe_names()))
    expected = (f"recipe `{name}`", "is not known", f"one of {known}, or a .yaml file", "see `medpretrain recipe list`")
    assert parts(caught.value) == expected


def test_unknown_keys_and_wrong_values_are_told_together() -> None:
    assert errors_of("modell=4", "batch.global_row=4", "precision=fp8", "schedule.warmup_steps=-1", "rubbish") == [
        ("`rubbish`", "is not an override", "key.path=value", "write it like `parallel.tensor=2`"),
        ("`batch.global_row=4`", "is not a known key", "one of global_rows, micro_rows, ramp", "did you mean `global_rows`?"),
        ("`schedule.warmup_steps=-1`", "is -1", "greater than or equal to 0", "change the value"),
        ("`precision=fp8`", "is 'fp8'", "'bf16', 'fp16' or 'fp32'", "change the value"),
        ("`modell=4`", "is not a known key", f"one of {', '.join(sorted(Recipe.model_fields))}", "did you mean `model`?"),
    ]


def test_everything_that_does_not_meet_is_told_at_once() -> None:
    errors = errors_of("parallel.tensor=5", "schedule.warmup_steps=300", "schedule.final_learning_rate=0.01", "model.vocab_size=512")
    assert errors == [
        (
            "model.num_heads",
            "is 8, which parallel.tensor=5 does not divide",
            "a multiple of 5",
            "change model.num_heads or parallel.tensor",
        ),
        (
            "model.num_kv_heads",
            "is 4, which parallel.tensor=5 does not divide",
            "a multiple of 5",
            "change model.num_kv_heads or parallel.tensor",
        ),
        (
            "model.ffn_size",
            "is 768, which parallel.tensor=5 does not divide",
            "a multiple of 5",
            "change model.ffn_size or parallel.tensor",
        ),
        (
            "model.vocab_size (padded)",
            "is 512, which parallel.tensor=5 does not divide",
            "a multiple of 5",
            "change model.vocab_size (padded) or parallel.tensor",
        ),
        (
            "schedule.warmup_steps",
            "is 300 with schedule.total_steps=300",
            "fewer warm-up steps than steps",
            "lower schedule.warmup_steps or raise schedule.total_steps",
        ),
        (
            "schedule.final_learning_rate",
            "is 0.01, above schedule.peak_learning_rate=0.003",
            "a final rate at or below the peak",
            "lower schedule.final_learning_rate",
        ),
    ]


def test_schedules_and_scales_that_do_not_meet_are_told_at_once() -> None:
    words = ["schedule.decay_share=0.5", "loss_scale.initial_power=10", "schedule.final_learning_rate=1"]
    assert [where for where, *_ in errors_of(*words)] == ["schedule.decay_share", "schedule.final_learning_rate", "loss_scale"]
    assert errors_of(*words[:2]) == [
        (
            "schedule.decay_share",
            "is 0.5 with schedule.kind=cosine, where it has no effect",
            "no such key, or schedule.kind=wsd",
            "remove one of the two",
        ),
        ("loss_scale", "is set with precision=bf16, where it has no effect", "no such key, or precision=fp16", "remove one of the two"),
    ]
    assert errors_of("schedule.kind=wsd", "schedule.decay_share=0.95") == [
        (
            "schedule.decay_share",
            "has the decay begin after step 15, inside the warm-up of 30 steps",
            "a decay behind the warm-up",
            "lower schedule.decay_share or schedule.warmup_steps",
        )
    ]
    assert load_recipe("tiny-cpu", ["schedule.kind=wsd", "schedule.decay_share=0.9"]).schedule.decay_begins == 30


def test_a_ramp_that_does_not_grow_is_told() -> None:
    """tiny-cpu: 300 steps of 8 rows of 512 tokens."""
    stages = "[{until_tokens: 40000, global_rows: 4}, {until_tokens: 40900, global_rows: 4}, {until_tokens: 9000000, global_rows: 16}]"
    assert errors_of(f"batch.ramp={stages}") == [
        (
            "batch.ramp.0.global_rows",
            "is 4, and batch.ramp.1.global_rows=4 comes after it",
            "fewer rows in each stage than in what follows",
            "order the stages by their rows, or remove one",
        ),
        (
            "batch.ramp.2.global_rows",
            "is 16, and batch.global_rows=8 comes after it",
            "fewer rows in each stage than in what follows",
            "order the stages by their rows, or remove one",
        ),
        (
            "batch.ramp.1.until_tokens",
            "is 40,900, and the stages before it consume 40,960, so it would have no step",
            "more tokens in each stage than in the one before",
            "raise it, or remove the stage",
        ),
        (
            "batch.ramp",
            "ends with step 1,114, and schedule.total_steps=300, so no step would have batch.global_rows",
            "a ramp that ends before the run does",
            "shorten batch.ramp (`batch.ramp=[]` removes it) or raise schedule.total_steps",
        ),
    ]
    assert errors_of("batch.ramp=[{until_token: 5, global_rows: 0}]") == [
        ("`batch.ramp=[{until_token: 5, global_rows: 0}]`", "is missing", "a value", "add `batch.ramp.0.until_tokens`"),
        ("`batch.ramp=[{until_token: 5, global_rows: 0}]`", "is 0", "greater than 0", "change the value"),
        (
            "`batch.ramp=[{until_token: 5, global_rows: 0}]`",
            "is not a known key",
            "one of global_rows, until_tokens",
            "did you mean `until_tokens`?",
        ),
    ]


def test_a_ramp_is_shown_with_its_stages() -> None:
    shown = show_recipe("tiny-cpu", ["batch.ramp=[{until_tokens: 40000, global_rows: 4}]"])
    assert shown["batch_stages"] == [
        {"from_step": 1, "from_tokens": 0, "rows": 4, "tokens_per_step": 2048},
        {"from_step": 21, "from_tokens": 40_960, "rows": 8, "tokens_per_step": 4096},
    ]
    assert shown["total_tokens"] == 40_960 + 280 * 4096
    assert show_recipe("tiny-cpu")["batch_stages"] == [{"from_step": 1, "from_tokens": 0, "rows": 8, "tokens_per_step": 4096}]


def test_the_radiology_recipes_are_as_specified_at_both_lengths_of_row() -> None:
    for name in ("radiology-336m", "radiology-514m"):
        recipe = load_recipe(name)
        assert (recipe.data.seq_len, recipe.batch.global_rows * recipe.data.seq_len) == (512, 131_072)
        rates = [learning_rate(step, recipe.schedule) for step in (0, 1000, 2000, 26_000, 50_000)]
        assert rates == pytest.approx([0.0, 1.5e-4, 3e-4, 1.55e-4, 1e-5], rel=1e-12)
        longer = load_recipe(name, ["data.seq_len=2048", "batch.global_rows=64"])
        assert longer.batch.global_rows * longer.data.seq_len == 131_072
        assert longer.model == recipe.model
        assert sum(show_recipe(name)["state_bytes_one_process"].values()) < 40e9 / 4  # 000-05: the rest of an A100 is for activations
        assert show_recipe(name, ["data.seq_len=2048"])["parameters"] == show_recipe(name)["parameters"]


def test_key_value_heads_alone_may_be_too_few() -> None:
    ((where, found, _, _),) = errors_of("parallel.tensor=8")
    assert (where, found) == ("model.num_kv_heads", "is 4, which parallel.tensor=8 does not divide")


@pytest.mark.parametrize(("world_size", "fits"), [(2, True), (256, True), (1, False), (3, False), (255, False)])
def test_number_of_processes(world_size: int, fits: bool) -> None:
    problems = find_problems(load_recipe("medical-7b"), world_size)
    expected = (
        "parallel.tensor",
        f"is 2 in a job of {world_size} processes",
        "a divisor of the number of processes",
        "start a multiple of 2 processes or change parallel.tensor",
    )
    assert [parts(problem) for problem in problems] == ([] if fits else [expected])


def test_limits_that_just_hold() -> None:
    recipe = load_recipe("tiny-cpu", ["schedule.warmup_steps=299", "schedule.final_learning_rate=0.003", "parallel.tensor=4"])
    assert find_problems(recipe, 4) == []


def test_list_and_show() -> None:
    by_name = {row["name"]: row for row in list_recipes()}
    assert list(by_name) == recipe_names()
    assert by_name["medical-7b"]["parameters"] == 6_195_253_248
    assert by_name["medical-7b"]["tokens_per_step"] == 4_194_304
    shown = show_recipe("medical-7b", ["schedule.total_steps=1000000"])
    assert shown["checkpoint_bytes"] == 12 * 6_195_253_248
    assert shown["total_tokens"] == 4_194_304 * 1_000_000
    assert (round(shown["gflops_per_token"], 2), round(shown["gflops_per_token_causal"], 2)) == (42.04, 38.82)
    assert shown["parameter_breakdown"]["mlp_per_layer"] == 135_266_304
    assert shown["state_bytes_one_process"]["adam_moments"] == 8 * 6_195_253_248
    assert shown["settings"]["schedule"]["total_steps"] == 1_000_000


def test_evaluations_and_rules_that_do_not_meet_are_told_at_once() -> None:
    assert errors_of("validation.evaluations_every_steps=10", "stop.flat_evaluations=3") == [
        (
            "validation.evaluations_every_steps",
            "is 10, and validation.evaluations is empty",
            "both or neither",
            "name an evaluation, or remove the key",
        ),
        (
            "stop.flat_evaluations",
            "is 3, and validation.evaluations is empty",
            "an evaluation whose scores can be flat",
            "name an evaluation, or remove the key",
        ),
    ]
    words = ["validation.evaluations.icu.kind=perplexity", "validation.evaluations.icu.shards=DIR"]
    assert errors_of(*words) == [
        (
            "validation.evaluations",
            "holds icu, and validation.evaluations_every_steps is not set, so none would run",
            "both or neither",
            "set validation.evaluations_every_steps",
        )
    ]
    recipe = load_recipe("tiny-cpu", [*words, "validation.evaluations_every_steps=10", "stop.flat_evaluations=3"])
    assert recipe.validation.evaluations["icu"].shards == Path("DIR")
    assert ("`validation.evaluations.icu.kind=bleu`", "is 'bleu'") in [
        (where, found) for where, found, *_ in errors_of("validation.evaluations.icu.kind=bleu", words[1])
    ]
