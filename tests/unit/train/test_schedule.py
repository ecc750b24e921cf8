"""The learning rate: the points that the requirements name, its shape, and what lies beyond the end; and a ramp of batches in tokens."""

from __future__ import annotations

import itertools

import pytest

from medpretrain.shards.batches import BatchSizes
from medpretrain.train.schedule import batch_sizes, learning_rate
from medpretrain.train.settings import BatchSettings, ScheduleSettings

TO_1E5 = ScheduleSettings(total_steps=50_000, warmup_steps=2000, peak_learning_rate=3e-4, final_learning_rate=1e-5)
TO_3E5 = ScheduleSettings(total_steps=47_684, warmup_steps=2000, peak_learning_rate=3e-4, final_learning_rate=3e-5)
LINEAR = TO_1E5.model_copy(update={"kind": "linear"})
STABLE = TO_1E5.model_copy(update={"kind": "wsd"})
SHORT_DECAY = TO_1E5.model_copy(update={"kind": "wsd", "decay_share": 0.1})


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
        *((schedule, step, 3e-4 * step / 2000) for schedule in (LINEAR, STABLE, SHORT_DECAY) for step in (0, 1, 1000, 2000)),
        (LINEAR, 14_000, 1e-5 + 2.9e-4 * 3 / 4),
        (LINEAR, 26_000, 1.55e-4),
        (LINEAR, 49_999, 1e-5 + 2.9e-4 / 48_000),
        (LINEAR, 50_000, 1e-5),
        (STABLE, 2001, 3e-4),
        (STABLE, 40_000, 3e-4),  # four fifths of all steps
        (STABLE, 40_001, 3e-4 - 2.9e-4 / 10_000),
        (STABLE, 45_000, 1.55e-4),
        (STABLE, 50_000, 1e-5),
        (SHORT_DECAY, 45_000, 3e-4),
        (SHORT_DECAY, 47_500, 1.55e-4),
        (SHORT_DECAY, 50_000, 1e-5),
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
@pytest.mark.parametrize("schedule", [TO_1E5, LINEAR, STABLE], ids=["cosine", "linear", "wsd"])
def test_beyond_the_end_the_final_rate_holds(schedule: ScheduleSettings, step: int) -> None:
    assert learning_rate(step, schedule) == 1e-5


def test_the_peak_is_held_to_the_last_bit_and_a_decay_has_a_step_at_least() -> None:
    schedule = ScheduleSettings(
        kind="wsd", total_steps=20, warmup_steps=3, peak_learning_rate=0.7, final_learning_rate=0.1, decay_share=0.001
    )
    assert schedule.decay_begins == 19
    assert [learning_rate(step, schedule) for step in range(3, 20)] == [0.7] * 17
    assert learning_rate(20, schedule) == pytest.approx(0.1, rel=1e-12)
    whole = schedule.model_copy(update={"decay_share": 1.0, "warmup_steps": 0})
    assert [learning_rate(step, whole) for step in range(21)] == pytest.approx([0.7 - 0.03 * step for step in range(21)], rel=1e-12)


def test_without_warm_up_the_peak_comes_first() -> None:
    schedule = ScheduleSettings(total_steps=10, warmup_steps=0, peak_learning_rate=1e-3, final_learning_rate=0.0)
    assert learning_rate(0, schedule) == 1e-3
    assert learning_rate(5, schedule) == pytest.approx(5e-4, rel=1e-12)
    assert learning_rate(10, schedule) == 0.0


RAMP = BatchSettings.model_validate(
    {"global_rows": 10, "micro_rows": 4, "ramp": [{"until_tokens": 500, "global_rows": 3}, {"until_tokens": 1001, "global_rows": 7}]}
)


def test_a_ramp_of_tokens_is_one_of_samples() -> None:
    """Rows of 50 tokens: 10 samples are 500 tokens, and the 21st is the first behind 1,001 (20 samples are 1,000)."""
    assert batch_sizes(RAMP, 50) == BatchSizes(10, ((10, 3), (21, 7)))
    assert batch_sizes(BatchSettings(global_rows=8, micro_rows=2), 50) == BatchSizes(8)


def test_rows_of_each_step_follow_from_the_samples_before_it() -> None:
    sizes = batch_sizes(RAMP, 50)
    sample, rows = 0, []
    for step in range(10):
        assert sizes.samples_before(step) == sample
        rows.append(sizes.rows_at(sample))
        sample += rows[-1]
    # The fourth step begins with sample 9, inside the first stage; after it come 12, 19, and 26, which is behind the second stage.
    assert rows == [3, 3, 3, 3, 7, 7, 10, 10, 10, 10]
    assert sizes.starts() == [(0, 0, 3), (4, 12, 7), (6, 26, 10)]
    assert sizes.samples_before(10**9) == 26 + 10 * (10**9 - 6)


def test_a_run_whose_ramp_was_changed_goes_on_by_the_samples_it_has_consumed() -> None:
    sizes = batch_sizes(RAMP, 50)
    assert [sizes.rows_at(sample) for sample in (0, 9, 10, 20, 21, 10**12)] == [3, 3, 7, 7, 10, 10]


def test_without_stages_every_step_is_the_same() -> None:
    sizes = BatchSizes(6)
    assert (sizes.starts(), sizes.samples_before(0), sizes.samples_before(7), sizes.rows_at(10**9)) == ([(0, 0, 6)], 0, 42, 6)
