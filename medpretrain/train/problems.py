"""What is wrong with a recipe where its parts meet: pure checks, which tell every mistake and not the first."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from medpretrain.errors import InputError
from medpretrain.train.schedule import batch_sizes
from medpretrain.train.settings import Recipe


def find_problems(recipe: Recipe, world_size: int | None = None) -> list[InputError]:
    """What is wrong with a recipe where its parts meet (and with the number of processes, where given): every mistake, not the first."""
    return [*_parallel_problems(recipe, world_size), *_schedule_problems(recipe), *_ramp_problems(recipe), *_scoring_problems(recipe)]


def _parallel_problems(recipe: Recipe, world_size: int | None) -> Iterator[InputError]:
    tensor = recipe.parallel.tensor
    for key, value in (
        ("model.num_heads", recipe.model.num_heads),
        ("model.num_kv_heads", recipe.model.num_kv_heads),
        ("model.ffn_size", recipe.model.ffn_size),
        ("model.vocab_size (padded)", recipe.model.padded_vocab_size),
    ):
        if value % tensor:
            found = f"is {value:,}, which parallel.tensor={tensor} does not divide"
            yield InputError(key, found, f"a multiple of {tensor}", f"change {key} or parallel.tensor")
    if world_size is not None and world_size % tensor:
        yield InputError(
            "parallel.tensor",
            f"is {tensor} in a job of {world_size} processes",
            "a divisor of the number of processes",
            f"start a multiple of {tensor} processes or change parallel.tensor",
        )


def _schedule_problems(recipe: Recipe) -> Iterator[InputError]:
    schedule = recipe.schedule
    if schedule.warmup_steps >= schedule.total_steps:
        yield InputError(
            "schedule.warmup_steps",
            f"is {schedule.warmup_steps:,} with schedule.total_steps={schedule.total_steps:,}",
            "fewer warm-up steps than steps",
            "lower schedule.warmup_steps or raise schedule.total_steps",
        )
    elif schedule.decay_begins < schedule.warmup_steps:
        yield InputError(
            "schedule.decay_share",
            f"has the decay begin after step {schedule.decay_begins:,}, inside the warm-up of {schedule.warmup_steps:,} steps",
            "a decay behind the warm-up",
            "lower schedule.decay_share or schedule.warmup_steps",
        )
    if schedule.decay_share is not None and schedule.kind != "wsd":
        yield InputError(
            "schedule.decay_share",
            f"is {schedule.decay_share:g} with schedule.kind={schedule.kind}, where it has no effect",
            "no such key, or schedule.kind=wsd",
            "remove one of the two",
        )
    if schedule.final_learning_rate > schedule.peak_learning_rate:
        yield InputError(
            "schedule.final_learning_rate",
            f"is {schedule.final_learning_rate:g}, above schedule.peak_learning_rate={schedule.peak_learning_rate:g}",
            "a final rate at or below the peak",
            "lower schedule.final_learning_rate",
        )
    if recipe.loss_scale is not None and recipe.precision != "fp16":
        yield InputError(
            "loss_scale",
            f"is set with precision={recipe.precision}, where it has no effect",
            "no such key, or precision=fp16",
            "remove one of the two",
        )


def _ramp_problems(recipe: Recipe) -> Iterator[InputError]:
    batch, total_steps = recipe.batch, recipe.schedule.total_steps
    rows = [*(stage.global_rows for stage in batch.ramp), batch.global_rows]
    for number, (earlier, later) in enumerate(itertools.pairwise(rows)):
        if earlier >= later:
            following = "batch.global_rows" if number + 1 == len(batch.ramp) else f"batch.ramp.{number + 1}.global_rows"
            yield InputError(
                f"batch.ramp.{number}.global_rows",
                f"is {earlier:,}, and {following}={later:,} comes after it",
                "fewer rows in each stage than in what follows",
                "order the stages by their rows, or remove one",
            )
    starts = batch_sizes(batch, recipe.data.seq_len).starts()
    for number, (stage, (begin, samples, _), (end, _, _)) in enumerate(zip(batch.ramp, starts, starts[1:], strict=False)):
        if begin == end:
            consumed = samples * recipe.data.seq_len
            yield InputError(
                f"batch.ramp.{number}.until_tokens",
                f"is {stage.until_tokens:,}, and the stages before it consume {consumed:,}, so it would have no step",
                "more tokens in each stage than in the one before",
                "raise it, or remove the stage",
            )
    if batch.ramp and starts[-1][0] >= total_steps:
        yield InputError(
            "batch.ramp",
            f"ends with step {starts[-1][0]:,}, and schedule.total_steps={total_steps:,}, so no step would have batch.global_rows",
            "a ramp that ends before the run does",
            "shorten batch.ramp (`batch.ramp=[]` removes it) or raise schedule.total_steps",
        )


def _scoring_problems(recipe: Recipe) -> Iterator[InputError]:
    validation = recipe.validation
    if validation.evaluations and validation.evaluations_every_steps is None:
        names = ", ".join(validation.evaluations)
        found = f"holds {names}, and validation.evaluations_every_steps is not set, so none would run"
        yield InputError("validation.evaluations", found, "both or neither", "set validation.evaluations_every_steps")
    if validation.evaluations_every_steps is not None and not validation.evaluations:
        found = f"is {validation.evaluations_every_steps:,}, and validation.evaluations is empty"
        yield InputError("validation.evaluations_every_steps", found, "both or neither", "name an evaluation, or remove the key")
    if recipe.stop.flat_evaluations is not None and not validation.evaluations:
        found = f"is {recipe.stop.flat_evaluations:,}, and validation.evaluations is empty"
        yield InputError("stop.flat_evaluations", found, "an evaluation whose scores can be flat", "name an evaluation, or remove the key")
