"""The recipe: everything that changes the mathematics of a run, in one frozen object composed of the packages' own settings.

What is wrong only where the parts meet is found in problems.py.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from medpretrain.checkpoint.settings import CheckpointSettings
from medpretrain.config import Settings
from medpretrain.model.settings import ModelSettings
from medpretrain.parallel.settings import ParallelSettings
from medpretrain.shards.settings import DataSettings

Positive = Annotated[int, Field(gt=0)]
NonNegative = Annotated[int, Field(ge=0)]

DECAY_SHARE = 0.2  # of the steps of a "wsd" schedule that sets none


class BatchStage(Settings):
    """Steps of `global_rows` rows until the run has consumed `until_tokens` (whole rows: rows times `data.seq_len`)."""

    until_tokens: Positive
    global_rows: Positive


class BatchSettings(Settings):
    """`global_rows`: rows of one optimizer step, whatever the number of GPUs. `micro_rows`: at most so many rows in one forward pass.
    `ramp`: stages of smaller steps that come before."""

    global_rows: Positive
    micro_rows: Positive
    ramp: tuple[BatchStage, ...] = ()


class OptimizerSettings(Settings):
    """AdamW (000-50, 002-51) with decoupled decay of matrices only, and clipping of the global L2 norm (000-53, 002-55)."""

    beta1: Annotated[float, Field(ge=0, lt=1)] = 0.9
    beta2: Annotated[float, Field(ge=0, lt=1)] = 0.95
    epsilon: Annotated[float, Field(gt=0)] = 1e-8
    weight_decay: Annotated[float, Field(ge=0)] = 0.1
    clip_norm: Annotated[float, Field(gt=0)] = 1.0


class ScheduleSettings(Settings):
    """Linear warm-up from 0 to the peak, then down to the final rate at `total_steps` (000-51, 000-52, 002-52).

    `kind`: "cosine"; "linear"; or "wsd" (warm-up, stable, decay): the peak is held, and falls in a line over the last `decay_share` of
    all steps, 0.2 unless it is set.
    """

    kind: Literal["cosine", "linear", "wsd"] = "cosine"
    total_steps: Positive
    warmup_steps: NonNegative
    peak_learning_rate: Annotated[float, Field(gt=0)] = 3e-4
    final_learning_rate: Annotated[float, Field(ge=0)] = 3e-5
    decay_share: Annotated[float, Field(gt=0, le=1)] | None = None  # of "wsd" alone

    @property
    def decay_begins(self) -> int:
        """The last step at the peak."""
        if self.kind != "wsd":
            return self.warmup_steps
        share = DECAY_SHARE if self.decay_share is None else self.decay_share
        return self.total_steps - max(1, round(share * self.total_steps))


class LossScaleSettings(Settings):
    """DeepSpeed's dynamic loss scale, which keeps small gradients of fp16 runs from vanishing (003-07). It begins as 2 to the power of
    `initial_power`, is halved (not below 1) by each step whose gradient is not finite, and doubled with every `window_steps` finite ones
    since the last of those (with the step after them)."""

    initial_power: Annotated[int, Field(ge=0, le=32)] = 16
    window_steps: Positive = 1000


class EvaluationSettings(Settings):
    """An evaluation of a run in training. `kind` is one of train/evaluations.py: "perplexity" scores at most `max_rows` rows of a packed
    dataset of its own."""

    kind: Literal["perplexity"]
    shards: Path
    max_rows: Positive = 1024


class ValidationSettings(Settings):
    """Every `every_steps` steps, the loss on at most `max_rows` held-out rows (the same rows each time); every `evaluations_every_steps`,
    all `evaluations`, by names of the user's choice (002-121, 002-122). Both come after the schedule's or the budget's last step, too."""

    every_steps: Positive = 1000
    max_rows: Positive = 1024
    evaluations_every_steps: Positive | None = None
    evaluations: dict[str, EvaluationSettings] = Field(default={})


class StopSettings(Settings):
    """When a run ends before its schedule does (002-124), as finished, with a checkpoint; by none of these unless they are set.

    no_improvement_tokens: the lowest validation loss is so many tokens old.
    flat_evaluations: none of so many evaluations in a row has bettered any score.
    overfit_validations: so many times in a row the training loss has fallen and the validation loss has risen.
    max_tokens, max_steps: the budget; the schedule stays that of `schedule.total_steps`.
    least_improvement: the share by which a loss or score must be better to count as an improvement.
    """

    no_improvement_tokens: Positive | None = None
    flat_evaluations: Positive | None = None
    overfit_validations: Positive | None = None
    max_tokens: Positive | None = None
    max_steps: Positive | None = None
    least_improvement: Annotated[float, Field(ge=0, lt=1)] = 0.0


class StatisticsSettings(Settings):
    """Every so many steps, the size of each layer's activations, gradients, attention logits and updates (002-56); None: never."""

    every_steps: Positive | None = 100


class AlertSettings(Settings):
    """A step is told as alarming whose loss or gradient norm is more than so many times its running average over about `window_steps`
    steps, or is not finite (002-57). Nothing acts on it."""

    loss_factor: Annotated[float, Field(gt=1)] = 2.0
    gradient_norm_factor: Annotated[float, Field(gt=1)] = 10.0
    window_steps: Positive = 100


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


class TrackingSettings(Settings):
    """Where the run's numbers go besides metrics.jsonl: a project of Weights & Biases (offline where there is no key or network), and
    TensorBoard's files below the run's directory (002-102, 003-36)."""

    wandb_project: str | None = None
    tensorboard: bool = False


class Recipe(Settings):
    """A training run. `precision` is the compute dtype; master weights, gradient sums and optimizer state are fp32 either way (002-54).
    `loss_scale` is for fp16 alone, and DeepSpeed's defaults where it is not set.

    `init_from` names a directory in Hugging Face form (Llama, or a model of `medpretrain export`) whose weights the run's first start takes
    instead of drawing its own; later starts read the run's checkpoints alone (002-07).
    `stop_after_steps` ends this start of the run early, with a checkpoint, as a preemption would (exit status 75); the schedule stays.
    `recompute_layers` keeps only layer inputs for the backward pass (activation checkpointing, 002-67).
    `compile` has torch's compiler make one kernel of each element-wise part of a layer, on a GPU, which needs a C compiler for that
    (002-66, 003-11).
    `deterministic` uses only kernels that give the same bits each time, for a GPU run that resumes to the last bit (slower there; a CPU
    run always does).
    """

    name: str
    description: str = ""
    seed: int = 42
    model: ModelSettings
    init_from: Path | None = None
    data: DataSettings
    batch: BatchSettings
    schedule: ScheduleSettings
    optimizer: OptimizerSettings = OptimizerSettings()
    parallel: ParallelSettings = ParallelSettings()
    precision: Literal["bf16", "fp16", "fp32"] = "bf16"
    loss_scale: LossScaleSettings | None = None
    recompute_layers: bool = False
    compile: bool = True
    deterministic: bool = False
    validation: ValidationSettings = ValidationSettings()
    stop: StopSettings = StopSettings()
    statistics: StatisticsSettings = StatisticsSettings()
    alerts: AlertSettings = AlertSettings()
    checkpoint: CheckpointSettings
    watch: WatchSettings = WatchSettings()
    tracking: TrackingSettings = TrackingSettings()
    log_every_steps: Positive = 10
    stop_after_steps: Positive | None = None
