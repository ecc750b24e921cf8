"""Spikes and steadiness on series whose every norm is known, and runs beside each other."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from lived_run import LivedRun

from medpretrain.errors import InputError
from medpretrain.report.compare import stability_analysis
from medpretrain.report.stability import LEAST_LINES, RUNNING_LINES, judge, norm_statistics, running_means, spikes_of


def test_stable_by_the_mean_of_all_norms() -> None:
    """001-18, with the plain mean: 96 ones, three of 6 and one of 13 have a mean of 1.27."""
    norms = np.array([1.0] * 96 + [6.0] * 3 + [13.0])
    assert norms.mean() == pytest.approx(1.27)
    assert judge(norms[:96]) == {"mean": 1.0, "spikes": 0, "stable": True}
    assert judge(norms) == {"mean": pytest.approx(1.27), "spikes": 1, "stable": False}  # 13 > 12.7; 6 < 6.35
    assert judge(np.append(norms[:-1], 12.0))["stable"] is True
    assert judge(np.append(norms[:96], np.nan))["stable"] is False
    assert judge(np.array([np.nan]))["stable"] is False
    assert judge(np.array([]))["stable"] is None


def test_the_running_mean_is_of_what_came_before() -> None:
    norms = np.arange(1.0, 301.0)
    means = running_means(norms)
    assert np.isnan(means[:LEAST_LINES]).all()
    assert means[LEAST_LINES] == np.mean(norms[:LEAST_LINES])
    assert means[250] == np.mean(norms[250 - RUNNING_LINES : 250])


def test_spikes_are_marked_and_do_not_hide_the_next_one() -> None:
    """000-70: 5 and 10 times the running mean. The mean of 100 lines behind a spike of a million would hide all that follow."""
    norms = np.ones(400)
    norms[[5, 200, 201, 250]] = (100, 1e6, 6, 12)
    norms[300] = np.nan
    means = running_means(norms)
    assert np.flatnonzero(spikes_of(norms, means)).tolist() == [200, 201, 250]  # no yardstick yet for the sixth
    assert np.flatnonzero(spikes_of(norms, means, 10)).tolist() == [200, 250]
    assert np.isfinite(means[LEAST_LINES:]).all()


def test_a_level_that_shifts_for_good_is_a_spike_for_a_while_only() -> None:
    norms = np.concatenate([np.ones(150), np.full(300, 6.0)])
    spikes = np.flatnonzero(spikes_of(norms, running_means(norms)))
    assert spikes[0] == 150
    assert spikes[-1] < 200


def test_norms_with_and_without_clipping() -> None:
    norms = np.array([0.5] * 90 + [2.0] * 9 + [math.nan])
    found = norm_statistics(norms, clip_norm=1.0)
    assert (found["steps"], found["not_finite"], found["median"], found["max"]) == (100, 1, 0.5, 2.0)
    assert found["clipped"] == {"clip_norm": 1.0, "share": 9 / 99, "median": 0.5, "p90": 0.5, "p99": 1.0, "max": 1.0}
    assert "clipped" not in norm_statistics(norms, None)
    assert norm_statistics(np.array([]), 1.0)["max"] is None


def test_runs_beside_each_other(tmp_path: Path) -> None:
    """000-70: numbers and a picture from the records of runs alone."""
    runs = []
    for rate, spikes in ((1e-3, {}), (1e-2, {40: 30.0})):
        lived = LivedRun(spikes=spikes)
        lived.attempt(0, 60, "finished")
        config = {"schedule": {"peak_learning_rate": rate}, "optimizer": {"clip_norm": 1.0}}
        runs.append(lived.write(tmp_path / f"rate-{rate:g}", config))
    result = stability_analysis(runs, tmp_path / "out")
    assert json.loads((tmp_path / "out" / "stability.json").read_text()) == result
    calm, wild = result["runs"]
    assert (calm["run"], calm["stable"], calm["spikes_10x"]) == ("rate-0.001", True, 0)
    assert (wild["peak_learning_rate"], wild["stable"], wild["spikes_10x"]) == (1e-2, False, 1)
    assert calm["final_loss"] == pytest.approx(np.mean([line["loss"] for line in lived.metrics if "loss" in line][-10:]))
    assert (tmp_path / "out" / "stability.png").read_bytes().startswith(b"\x89PNG")
    assert stability_analysis(runs)["picture"] is None
    with pytest.raises(InputError, match="no such directory"):
        stability_analysis([tmp_path / "none"])
