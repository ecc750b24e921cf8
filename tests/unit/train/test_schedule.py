"""The learning rate: the points that the requirements name, its shape, and what lies beyond the end."""

from __future__ import annotations

import itertools

import pytest

from medpretrain.train.schedule import learning_rate
from medpretrain.train.settings import ScheduleSettings

TO_1E5 = ScheduleSettings(total_steps=50_000, warmup_steps=2000, peak_learning_rate=3e-4, final_learning_rate=1e-5)
TO_3E5 = ScheduleSettings(total_steps=47_684, warmup_steps=2000, peak_learning_rate=3e-4, final_learning_rate=3e-5)


@pytest.mark.parametrize(
    ("schedule", "step", "expected"),
    [
        (TO_1E5, 0, 0.0),
        (TO_1E5, 1, 1.5e-7),
        (TO_1E5, 1000, 1.5e-4),
        (TO_1E5, 2000, 3e-4),
        (TO_1E5, 26_000, 1.55e-4),  # half way between the end of the warm-up and the end
        (TO_1E5, 14_000, 1e-5 + 2.9e-4 * (2 + 2**0.5) / 4),  # a quarter of the way: (1 + cos 45 degrees) / 2
        (TO_1E5, 50_000, 1e-5),
        (TO_3E5, 2000, 3e-4),
        (TO_3E5, (2000 + 47_684) // 2, 1.65e-4),
        (TO_3E5, 47_684, 3e-5),  # a tenth of the peak
    ],
)
def test_points(schedule: ScheduleSettings, step: int, expected: float) -> None:
    assert learning_rate(step, schedule) == pytest.approx(expected, rel=1e-12)


def test_rises_then_falls_and_stays_within_bounds() -> None:
    schedule = ScheduleSettings(total_steps=200, warmup_steps=40, peak_learning_rate=1e-3, final_learning_rate=1e-4)
    rates = [learning_rate(step, schedule) for step in range(201)]
    assert all(later > earlier for earlier, later in itertools.pairwise(rates[:41]))
    assert all(later < earlier for earlier, later in itertools.pairwise(rates[40:]))
    assert max(rates) == rates[40] == 1e-3
    assert min(rates[40:]) == rates[200] == 1e-4


@pytest.mark.parametrize("step", [50_001, 75_000, 98_000, 10**9])
def test_beyond_the_end_the_final_rate_holds(step: int) -> None:
    assert learning_rate(step, TO_1E5) == 1e-5


def test_without_warm_up_the_peak_comes_first() -> None:
    schedule = ScheduleSettings(total_steps=10, warmup_steps=0, peak_learning_rate=1e-3, final_learning_rate=0.0)
    assert learning_rate(0, schedule) == 1e-3
    assert learning_rate(5, schedule) == pytest.approx(5e-4, rel=1e-12)
    assert learning_rate(10, schedule) == 0.0
