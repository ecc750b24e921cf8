"""Ours beside a named baseline in one run: measured in turn, so that a busy machine slows both, and told with the spread."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import dataclass

PAIRS = 5


@dataclass(frozen=True)
class Pairs:
    """What was measured in turn; one unit for both (seconds, tokens/s)."""

    ours: list[float]
    baseline: list[float]

    @property
    def ratios(self) -> list[float]:
        """Ours over the baseline, pair by pair."""
        return [ours / baseline for ours, baseline in zip(self.ours, self.baseline, strict=True)]

    def line(self, name: str, unit: str, baseline_name: str, number: str = ",.3f") -> str:
        """`name  median unit (baseline_name: median unit; ratio median, lowest to highest)`."""
        ours, baseline = statistics.median(self.ours), statistics.median(self.baseline)
        ratio, low, high = statistics.median(self.ratios), min(self.ratios), max(self.ratios)
        return (
            f"{name}  {ours:{number}} {unit}  ({baseline_name}: {baseline:{number}} {unit}; "
            f"ratio {ratio:.3f}, {low:.3f} to {high:.3f} in {len(self.ours)} pairs)"
        )


def measure_pairs(ours: Callable[[], float], baseline: Callable[[], float], num_pairs: int = PAIRS) -> Pairs:
    """Call the two in turn, the baseline first in every second pair; each returns its own figure (it knows what to leave out)."""
    measured = Pairs([], [])
    for number in range(num_pairs):
        if number % 2:
            measured.baseline.append(baseline())
        measured.ours.append(ours())
        if not number % 2:
            measured.baseline.append(baseline())
    return measured
