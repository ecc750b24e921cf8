"""The learning rate as a pure function of the step, and the rows of a step as one of the consumed samples."""

from __future__ import annotations

import math

from medpretrain.shards.batches import BatchSizes
from medpretrain.train.settings import BatchSettings, ScheduleSettings


def learning_rate(step: int, schedule: ScheduleSettings) -> float:
    """Rate of update number `step`, of which the first is 1: linear from 0 at 0 to the peak at `warmup_steps`, then falling as `kind` says
    to the final rate at `total_steps`, and that from there on (000-51, 000-52, 001-13, 002-52)."""
    peak, final = schedule.peak_learning_rate, schedule.final_learning_rate
    if step < schedule.warmup_steps:
        return peak * step / schedule.warmup_steps
    if step < schedule.decay_begins:
        return peak
    share = min((step - schedule.decay_begins) / (schedule.total_steps - schedule.decay_begins), 1.0)
    left = 0.5 * (1.0 + math.cos(math.pi * share)) if schedule.kind == "cosine" else 1.0 - share
    return final + (peak - final) * left


def batch_sizes(batch: BatchSettings, seq_len: int) -> BatchSizes:
    """Rows of each step: a stage of the ramp holds for the steps that begin before its tokens are consumed, padding counted in."""
    return BatchSizes(batch.global_rows, tuple((-(-stage.until_tokens // seq_len), stage.global_rows) for stage in batch.ramp))
