"""002-57: what is told as alarming, at its borders."""

from __future__ import annotations

import json
import math
from dataclasses import asdict

import pytest

from medpretrain.train.alerts import Alert, Average, Averages, look_at
from medpretrain.train.settings import AlertSettings

SETTINGS = AlertSettings()
AVERAGES = Averages(Average(3.0, 5), Average(0.5, 5))


@pytest.mark.parametrize(
    ("loss", "norm", "alerts"),
    [
        (3.0, 0.5, []),
        (6.0, 5.0, []),  # twice and ten times the average are no more than that
        (math.nextafter(6.0, 7.0), 5.0, [Alert("loss", math.nextafter(6.0, 7.0), 6.0)]),
        (6.0, math.nextafter(5.0, 6.0), [Alert("gradient_norm", math.nextafter(5.0, 6.0), 5.0)]),
        (7.0, 6.0, [Alert("loss", 7.0, 6.0), Alert("gradient_norm", 6.0, 5.0)]),
        (math.inf, 0.5, [Alert("loss_not_finite", math.inf, None)]),
        (3.0, math.inf, [Alert("gradient_norm_not_finite", math.inf, None)]),
        (0.0, 0.0, []),
    ],
)
def test_borders(loss: float, norm: float, alerts: list[Alert]) -> None:
    assert look_at(loss, norm, AVERAGES, SETTINGS)[0] == alerts


def test_nan_is_told() -> None:
    alerts, averages = look_at(math.nan, -math.nan, AVERAGES, SETTINGS)
    assert [alert.kind for alert in alerts] == ["loss_not_finite", "gradient_norm_not_finite"]
    assert averages == AVERAGES, "what is not finite is no part of an average"


def test_the_first_step_has_no_limit_and_a_step_is_not_measured_by_itself() -> None:
    alerts, averages = look_at(10.0, 100.0, Averages(), SETTINGS)
    assert (alerts, averages) == ([], Averages(Average(10.0, 1), Average(100.0, 1)))
    assert [alert.limit for alert in look_at(21.0, 1001.0, averages, SETTINGS)[0]] == [20.0, 1000.0]


def test_factors_are_settings() -> None:
    settings = AlertSettings(loss_factor=1.5, gradient_norm_factor=3.0)
    assert [alert.limit for alert in look_at(5.0, 2.0, AVERAGES, settings)[0]] == [4.5, 1.5]


def test_a_running_average_is_a_mean_until_its_window_is_full() -> None:
    average = Average()
    for value in (1.0, 2.0, 6.0):
        average = average.with_value(value, window=3)
    assert average == Average(3.0, 3)
    assert average.with_value(6.0, window=3) == Average(4.0, 3)
    for _ in range(100):
        average = average.with_value(10.0, window=3)
    assert average.value == pytest.approx(10.0)


def test_averages_go_through_a_checkpoint() -> None:
    averages = Averages(Average(0.1 + 0.2, 7), Average(1 / 3, 100))
    assert Averages.from_state(json.loads(json.dumps(asdict(averages)))) == averages
    assert Averages.from_state(None) == Averages()
