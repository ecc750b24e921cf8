"""The learning rate as a pure function of the step."""

from __future__ import annotations

import math

from medpretrain.train.settings import ScheduleSettings


def learning_rate(step: int, schedule: ScheduleSettings) -> float:
    """Rate of update number `step`, of which the first is 1: linear from 0 at 0 to the peak at `warmup_steps`, cosine to the final rate at
    `total_steps`, and that from there on (000-51, 000-52)."""
    peak, final = schedule.peak_learning_rate, schedule.final_learning_rate
    if step < schedule.warmup_steps:
        return peak * step / schedule.warmup_steps
    share = min((step - schedule.warmup_steps) / (schedule.total_steps - schedule.warmup_steps), 1.0)
    return final + (peak - final) * 0.5 * (1.0 + math.cos(math.pi * share))
