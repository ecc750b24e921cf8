"""What is alarming about a step's numbers (002-57): a pure function of them and of their running averages. Nothing acts on an alert."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from medpretrain.train.settings import AlertSettings


@dataclass(frozen=True)
class Average:
    """A running average: the mean of the first `window` values, and from there on each new one counts 1 / window."""

    value: float = 0.0
    count: int = 0

    def with_value(self, value: float, window: int) -> Average:
        """The average after one more value; one that is not finite is left out."""
        if not math.isfinite(value):
            return self
        count = min(self.count + 1, window)
        return Average(self.value + (value - self.value) / count, count)


@dataclass(frozen=True)
class Averages:
    """The running averages of a run's loss (nats) and gradient norm (before clipping). They stand in every checkpoint."""

    loss: Average = Average()
    gradient_norm: Average = Average()

    @classmethod
    def from_state(cls, state: Mapping[str, Any] | None) -> Averages:
        """Of what `dataclasses.asdict` gave; none yet where the checkpoint has no such state."""
        return cls() if state is None else cls(Average(**state["loss"]), Average(**state["gradient_norm"]))


@dataclass(frozen=True)
class Alert:
    """Something alarming: `kind` is "loss", "gradient_norm", or one of them with "_not_finite"; `value` is above `limit` (which is None for
    a value that is not finite)."""

    kind: str
    value: float
    limit: float | None


def look_at(loss: float, gradient_norm: float, averages: Averages, settings: AlertSettings) -> tuple[list[Alert], Averages]:
    """The alerts of a step, measured by the averages of those before it, and the averages with it. Without an average there is no limit."""
    alerts = []
    for kind, value, average, factor in (
        ("loss", loss, averages.loss, settings.loss_factor),
        ("gradient_norm", gradient_norm, averages.gradient_norm, settings.gradient_norm_factor),
    ):
        if not math.isfinite(value):
            alerts.append(Alert(f"{kind}_not_finite", value, None))
        elif average.count and value > factor * average.value:
            alerts.append(Alert(kind, value, factor * average.value))
    window = settings.window_steps
    return alerts, Averages(averages.loss.with_value(loss, window), averages.gradient_norm.with_value(gradient_norm, window))
