"""Records -> numbers: which steps count, what is drawn of many, how a run stands, what asks for attention."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from lived_run import TOKENS_PER_STEP, TYPES, LivedRun
from numpy.testing import assert_array_equal

from medpretrain.cluster.ledger import Records, attempts_of, ledger_of
from medpretrain.report.summary import DRAWN_POINTS, DRAWN_STEPS_OF_LAYERS, Summary, decimate, layers_of, summarise, superseded

CONFIG: dict[str, Any] = {"name": "tiny", "schedule": {"total_steps": 200}, "optimizer": {"clip_norm": 1.0}}


def summary_of(lived: LivedRun, running_at: float | None = None, outcome: dict[str, Any] | None = None) -> Summary:
    return summarise(Records(lived.events, lived.metrics, [], running_at), CONFIG, {}, outcome or {})


@pytest.fixture
def thrice() -> LivedRun:
    """Killed after step 70, again after 90, whole at the third time; each goes on from an earlier step."""
    lived = LivedRun()
    lived.attempt(0, 70)
    lived.attempt(60, 90)
    lived.attempt(40, 200, "finished")
    return lived


def test_the_last_attempt_of_a_step_counts_and_the_others_are_lost(thrice: LivedRun) -> None:
    summary = summary_of(thrice)
    assert_array_equal(summary.kept["step"], np.arange(1, 201))
    assert_array_equal(summary.kept["attempt"], [1] * 40 + [3] * 160)
    assert_array_equal(summary.lost["step"], [*range(41, 71), *range(61, 91)])
    assert [scores["step"] for scores in summary.validations] == [30, 60, 90, 120, 150, 180]
    told = {line["step"]: line["loss"] for line in thrice.metrics if "loss" in line}  # the last of each
    assert_array_equal(summary.kept["loss"], [told[step] for step in range(1, 201)])


def test_steps_that_are_not_trained_again_yet_are_lost_too() -> None:
    lived = LivedRun()
    lived.attempt(0, 70)
    lived.attempt(60, 61)
    summary = summary_of(lived)
    assert summary.kept["step"][-1] == 61
    assert_array_equal(summary.lost["step"], np.arange(61, 71))


def test_an_attempt_that_never_trained_loses_nothing() -> None:
    lived = LivedRun()
    lived.attempt(0, 70)
    lived.number += 1
    lived.event("launched", start="0123456789ab", process_started=lived.now)
    lived.event("failed", step=0, reason="no memory", code=1)
    assert len(summary_of(lived).lost["step"]) == 0


def test_a_run_that_goes_back_within_an_attempt() -> None:
    def line(step: int, **numbers: Any) -> dict[str, Any]:
        return {"time": 0.0, "attempt": 1, "step": step, **(numbers or {"loss": 1.0})}

    metrics = [line(1), line(2), line(2, validation={}), line(3), line(3, layers={}), line(2), line(3), line(3, validation={})]
    assert superseded(metrics, []).tolist() == [False, True, False, True, True, False, False, False]


def test_lost_steps_of_two_attempts_are_drawn_with_a_gap_between(thrice: LivedRun) -> None:
    tokens, losses = summary_of(thrice).curve("loss", lost=True)
    (gap,) = np.flatnonzero(np.isnan(losses))
    assert gap == 30
    assert tokens[gap - 1] == 70 * TOKENS_PER_STEP
    assert tokens[gap + 1] == 61 * TOKENS_PER_STEP


def test_decimation_keeps_ends_peaks_and_what_it_must() -> None:
    values = np.sin(np.arange(100_000) / 5000)
    values[[1234, 56_789]] = (50, -50)
    values[70_000] = np.nan
    always = np.zeros(100_000, dtype=bool)
    always[[1233, 99_000]] = True
    places = decimate(values, always)
    assert {0, 1233, 1234, 56_789, 99_000, 99_999} <= set(places.tolist())
    assert len(places) <= DRAWN_POINTS + 4
    assert (np.diff(places) > 0).all()
    assert_array_equal(decimate(values[:DRAWN_POINTS]), np.arange(DRAWN_POINTS))
    assert len(decimate(np.full(5000, np.nan))) <= DRAWN_POINTS + 2


def test_layers_keep_the_largest_of_many_records() -> None:
    lines = [{"tokens": 100 * i, "layers": {"gradient_rms": [0.1, 0.2, None]}} for i in range(1000)]
    lines[777]["layers"]["gradient_rms"][1] = 9.0
    layers, tokens = layers_of(lines)
    assert set(layers) == {"gradient_rms"}
    assert layers["gradient_rms"].shape == (3, DRAWN_STEPS_OF_LAYERS)
    assert len(tokens) == DRAWN_STEPS_OF_LAYERS
    assert np.nanmax(layers["gradient_rms"]) == 9.0
    assert np.isnan(layers["gradient_rms"][2]).all()
    assert layers_of([{"loss": 1.0}])[0] == {}


def test_the_headline_of_a_finished_run(thrice: LivedRun) -> None:
    headline = summary_of(thrice, outcome={"code": 0, "reason": "finished"}).headline
    losses = [line["loss"] for line in thrice.metrics if "loss" in line and (line["attempt"] == 3 or line["step"] <= 40)]
    assert (headline["state"], headline["step"], headline["total_steps"]) == ("finished", 200, 200)
    assert headline["tokens"] == 200 * TOKENS_PER_STEP
    assert headline["last_loss"] == losses[-1]
    assert headline["best_loss"] == min(losses)
    assert headline["best_validation"]["step"] == headline["last_validation"]["step"] == 180
    assert list(headline["last_validation"]["by_doc_type"]) == list(TYPES)
    assert headline["goodput"] == ledger_of(thrice.events, thrice.metrics)["goodput"]
    assert headline["attempts"] == 3
    assert headline["topology"]["tp"] == 2


def test_how_a_run_stands() -> None:
    lived = LivedRun()
    lived.attempt(0, 70)
    assert summary_of(lived).headline["state"] == "killed without a word"
    assert summary_of(lived, outcome={"code": 75, "reason": "asked"}).headline["state"] == "stopped"
    assert summary_of(lived, outcome={"code": 76, "reason": "lost contact"}).headline["reason"] == "lost contact"
    running = summary_of(lived, running_at=lived.now).headline
    assert running["state"] == "running"
    assert running["seconds_left"] == pytest.approx(130 * 21.5 / 19)  # a second a step, and 2.5 for what came after step 60


def test_what_asks_for_attention() -> None:
    lived = LivedRun(spikes={100: 9, 150: 80}, not_finite=(120,))
    lived.attempt(0, 170)
    lived.attempt(160, 200, "finished")
    lived.event("save_failed", step=200, reason="the disk is full", stall_seconds=1.0)
    summary = summary_of(lived)
    assert summary.notes == [
        "Logged steps whose loss is not a number: 1.",
        "By its gradient norms the run is not stable: a norm is not a number.",
        "Gradient norms above 5 times their running mean: 2, at steps 100, 150.",
        "Updates left out, since their gradient was not finite: 1.",
        "Checkpoints that could not be saved: 1.",
        "10 s of training were lost: later attempts trained those steps again.",
    ]
    assert [event["event"] for event in summary.events] == ["update_skipped", "save_failed"]
    assert summary.events[1]["facts"] == "reason the disk is full, stall_seconds 1.0"
    assert len(summary.event_times["attention"]) == 2
    assert math.isnan(summary.kept["loss"][119])


def test_a_run_without_a_step_and_one_with_nan_in_its_lines() -> None:
    lived = LivedRun()
    lived.attempt(0, 0)
    summary = summary_of(lived)
    assert summary.notes == ["No step has been logged yet."]
    assert (summary.headline["last_loss"], summary.headline["tokens"]) == (None, 0)
    lived.line(step=1, tokens=10, loss=math.nan, gradient_norm=math.inf)  # of older runs, which wrote NaN
    assert summary_of(lived).headline["last_loss"] is None
    assert attempts_of(lived.events, lived.metrics)[0].marks[-1][1] == 1
