"""The recipe: everything that changes the mathematics of a run, in one frozen object composed of the packages' own settings.

`find_problems` is the pure check of what only shows when the parts meet.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from medpretrain.checkpoint.settings import CheckpointSettings
from medpretrain.config import Settings
from medpretrain.errors import InputError
from medpretrain.model.settings import ModelSettings
from medpretrain.parallel.settings import ParallelSettings
from medpretrain.shards.settings import DataSettings

Positive = Annotated[int, Field(gt=0)]
NonNegative = Annotated[int, Field(ge=0)]


class BatchSettings(Settings):
    """`global_rows`: rows of one optimizer step, whatever the number of GPUs. `micro_rows`: at most so many rows in one forward pass."""

    global_rows: Positive
    micro_rows: Positive


class OptimizerSettings(Settings):
    """AdamW (000-50, 002-51) with decoupled decay of matrices only, and clipping of the global L2 norm (000-53, 002-55)."""

    beta1: Annotated[float, Field(ge=0, lt=1)] = 0.9
    beta2: Annotated[float, Field(ge=0, lt=1)] = 0.95
    epsilon: Annotated[float, Field(gt=0)] = 1e-8
    weight_decay: Annotated[float, Field(ge=0)] = 0.1
    clip_norm: Annotated[float, Field(gt=0)] = 1.0


class ScheduleSettings(Settings):
    """Linear warm-up from 0 to the peak, then cosine down to the final rate at `total_steps` (000-51, 000-52, 002-52)."""

    total_steps: Positive
    warmup_steps: NonNegative
    peak_learning_rate: Annotated[float, Field(gt=0)] = 3e-4
    final_learning_rate: Annotated[float, Field(ge=0)] = 3e-5


class ValidationSettings(Settings):
    """Every so many steps, the loss on at most `max_rows` held-out rows (the same rows each time)."""

    every_steps: Positive = 1000
    max_rows: Positive = 1024


class WatchSettings(Settings):
    """How long there may be no progress before a run ends itself as hung (train/watch.py): up to the end of the first step, in a later
    step, and in a save or a validation; and before that, until all processes have met."""

    meeting_seconds: Annotated[float, Field(gt=0)] = 600.0
    first_step_seconds: Annotated[float, Field(gt=0)] = 1800.0
    step_seconds: Annotated[float, Field(gt=0)] = 300.0
    save_seconds: Annotated[float, Field(gt=0)] = 900.0

    @property
    def collective_seconds(self) -> float:
        """After which torch gives a collective up: later than any of these, so that a hang is told with who caused it."""
        return max(self.first_step_seconds, self.step_seconds, self.save_seconds) + 120


class Recipe(Settings):
    """A training run. `precision` is the compute dtype; master weights, gradient sums and optimizer state are fp32 either way (002-54).

    `stop_after_steps` ends this start of the run early, with a checkpoint, as a preemption would (exit status 75); the schedule stays.
    `recompute_layers` keeps only layer inputs for the backward pass (activation checkpointing, 002-67).
    `deterministic` uses only kernels that give the same bits each time, for a GPU run that resumes to the last bit (slower there; a CPU
    run always does).
    """

    name: str
    description: str = ""
    seed: int = 42
    model: ModelSettings
    data: DataSettings
    batch: BatchSettings
    schedule: ScheduleSettings
    optimizer: OptimizerSettings = OptimizerSettings()
    parallel: ParallelSettings = ParallelSettings()
    precision: Literal["bf16", "fp32"] = "bf16"
    recompute_layers: bool = False
    deterministic: bool = False
    validation: ValidationSettings = ValidationSettings()
    checkpoint: CheckpointSettings
    watch: WatchSettings = WatchSettings()
    log_every_steps: Positive = 10
    stop_after_steps: Positive | None = None


def find_problems(recipe: Recipe, world_size: int | None = None) -> list[InputError]:
    """What is wrong with a recipe where its parts meet (and with the number of processes, where given): every mistake, not the first."""
    problems = []
    tensor = recipe.parallel.tensor
    for key, value in (
        ("model.num_heads", recipe.model.num_heads),
        ("model.num_kv_heads", recipe.model.num_kv_heads),
        ("model.ffn_size", recipe.model.ffn_size),
        ("model.vocab_size (padded)", recipe.model.padded_vocab_size),
    ):
        if value % tensor:
            problems.append(
                InputError(
                    key,
                    f"is {value:,}, which parallel.tensor={tensor} does not divide",
                    f"a multiple of {tensor}",
                    f"change {key} or parallel.tensor",
                )
            )
    if world_size is not None and world_size % tensor:
        problems.append(
            InputError(
                "parallel.tensor",
                f"is {tensor} in a job of {world_size} processes",
                "a divisor of the number of processes",
                f"start a multiple of {tensor} processes or change parallel.tensor",
            )
        )
    if recipe.schedule.warmup_steps >= recipe.schedule.total_steps:
        problems.append(
            InputError(
                "schedule.warmup_steps",
                f"is {recipe.schedule.warmup_steps:,} with schedule.total_steps={recipe.schedule.total_steps:,}",
                "fewer warm-up steps than steps",
                "lower schedule.warmup_steps or raise schedule.total_steps",
            )
        )
    if recipe.schedule.final_learning_rate > recipe.schedule.peak_learning_rate:
        problems.append(
            InputError(
                "schedule.final_learning_rate",
                f"is {recipe.schedule.final_learning_rate:g}, above schedule.peak_learning_rate={recipe.schedule.peak_learning_rate:g}",
                "a final rate at or below the peak",
                "lower schedule.final_learning_rate",
            )
        )
    return problems
