"""Where the wall time went: histories made up event by event, whose every millisecond is known, and special ends one by one."""

from __future__ import annotations

import fcntl
import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medpretrain.cluster.ledger import PARTS, as_text, ledger_of, run_ledger
from medpretrain.errors import InputError

SAVE_EVERY, VALIDATE_EVERY, TOTAL_STEPS = 4, 3, 20


class History:
    """A run that is lived through: it writes its records and keeps account of what the time went into, step by step."""

    def __init__(self, seed: int) -> None:
        self.events: list[dict[str, Any]] = []
        self.metrics: list[dict[str, Any]] = []
        self.random = random.Random(seed)
        self.now = 1_700_000_000_000
        self.truth = dict.fromkeys(PARTS, 0)
        self.step_times: dict[tuple[int, int], int] = {}  # (attempt, step) -> milliseconds
        self.number, self.saved_step, self.attempts = 1, 0, 0

    def spend(self, part: str) -> int:
        milliseconds = self.random.randint(1, 5000)
        self.now += milliseconds
        self.truth[part] += milliseconds
        return milliseconds

    def event(self, name: str, **facts: Any) -> None:
        self.events.append({"time": self.now / 1000, "attempt": self.number, "event": name, **facts})

    def attempt(self, die_after: int | None, end: str = "finished", die_loading: bool = False) -> None:
        """From its process's begin to its end: killed without a word right after `die_after` steps of its own, or ended with an event."""
        self.attempts += 1
        if self.attempts > 1:
            self.spend("waiting")
        begun = self.now
        self.spend("start")
        self.event("launched", process_started=begun / 1000, host="h")
        if die_loading:
            self.spend("load")
            self.event("failed", step=0, reason="no memory", code=1)
            return
        self.spend("load")
        step = self.saved_step
        self.event("resumed" if step else "started", **({"step": step} if step else {}))
        pending: tuple[int, int] | None = None
        for own, step in enumerate(range(self.saved_step + 1, TOTAL_STEPS + 1), 1):
            self.step_times[self.number, step] = self.spend("training")
            self.metrics.append({"time": self.now / 1000, "attempt": self.number, "step": step, "loss": 1.0})
            if pending is not None and self.random.random() < 0.5:
                self.saved(*pending)
                pending = None
            if own == die_after:
                if pending is not None:  # its end was never told, so its wait looks like a part of the step behind it
                    self.truth["saving"] -= pending[1]
                    self.truth["training"] += pending[1]
                    self.step_times[self.number, pending[0] + 1] += pending[1]
                break
            if step % VALIDATE_EVERY == 0:
                seconds = self.spend("validation") / 1000
                self.event("validated", step=step, seconds=seconds)
                self.metrics.append({"time": self.now / 1000, "attempt": self.number, "step": step, "validation": {}})
            if step % SAVE_EVERY == 0 and step < TOTAL_STEPS:
                if pending is not None:
                    self.saved(*pending)
                pending = (step, self.spend("saving"))
        else:
            if pending is not None:
                self.saved(*pending)
            stall = self.spend("saving")
            self.saved(step, stall)
            self.event(end, step=step, reason=end)
        self.number += 1

    def saved(self, step: int, stall: int) -> None:
        self.event("saved", step=step, stall_seconds=stall / 1000, seconds=1.0)
        self.saved_step = step

    def settle(self) -> dict[str, int]:
        """The truth, with steps that were trained again counted as lost but for the last time."""
        last_time = {}
        for (number, step), _ in sorted(self.step_times.items()):
            last_time[step] = number
        for (number, step), milliseconds in self.step_times.items():
            if number != last_time[step]:
                self.truth["training"] -= milliseconds
                self.truth["lost"] += milliseconds
        return self.truth


def in_milliseconds(parts: dict[str, float]) -> dict[str, int]:
    return {name: round(1000 * seconds) for name, seconds in parts.items()}


@given(st.integers(0, 10**6), st.lists(st.integers(1, 12) | st.none(), max_size=5))
def test_made_up_histories_are_accounted_to_the_millisecond(seed: int, deaths: list[int | None]) -> None:
    history = History(seed)
    for die_after in deaths:
        if die_after is None:
            history.attempt(None, die_loading=True)
        elif history.saved_step + die_after < TOTAL_STEPS:
            history.attempt(die_after)
    history.attempt(None)
    ledger = ledger_of(history.events, history.metrics)
    truth = history.settle()
    assert in_milliseconds(ledger["parts"]) == truth
    assert sum(in_milliseconds(ledger["parts"]).values()) == round(1000 * ledger["wall_seconds"]) == history.now - 1_700_000_000_000
    assert ledger["goodput"] == pytest.approx(truth["training"] / (history.now - 1_700_000_000_000))
    assert len(ledger["attempts"]) == history.attempts
    by_attempt = [in_milliseconds({name: row[name] for name in PARTS if name in row}) for row in ledger["attempts"]]
    assert {name: sum(row.get(name, 0) for row in by_attempt) for name in PARTS} == truth


def event(name: str, time: float, attempt: int = 1, **facts: Any) -> dict[str, Any]:
    return {"time": time, "attempt": attempt, "event": name, **facts}


def steps(attempt: int, *times: float, first: int = 1) -> list[dict[str, Any]]:
    return [{"time": time, "attempt": attempt, "step": step, "loss": 1.0} for step, time in enumerate(times, first)]


START = [event("launched", 10.0, process_started=4.0), event("started", 15.0)]


@pytest.mark.parametrize(
    ("end", "cause"),
    [
        ({"reason": "lost contact with another process; see logs (Timed out waiting 20000ms)", "code": 76}, "hang"),
        ({"reason": "lost contact with another process; see logs (closed by peer)", "code": 76}, "lost contact"),
        ({"reason": "RuntimeError: x", "code": 1}, "failed"),
        ({"reason": "model.num_heads: is 3", "code": 2}, "wrong input"),
    ],
)
def test_ends_by_a_failure(end: dict[str, Any], cause: str) -> None:
    events = [
        *START,
        event("failed", 40.0, step=2, **end),
        event("launched", 52.0, 2, process_started=50.0),
        event("started", 55.0, 2),
        event("finished", 60.0, 2, step=1),
    ]
    ledger = ledger_of(events, [*steps(1, 17.0, 19.0), *steps(2, 58.0)])
    assert [row["ended_by"] for row in ledger["attempts"]] == [cause, "finished"]
    parts = {name: seconds for name, seconds in ledger["parts"].items() if seconds}
    assert parts == {"training": 3.0, "saving": 2.0, "start": 8.0, "load": 8.0, "lost": 4.0, "failing": 21.0, "waiting": 10.0}
    assert ledger["causes"][cause] == {"attempts": 1, "cost_seconds": 4.0 + 21.0 + 10.0 + 2.0 + 3.0}
    assert ledger["causes"]["finished"] == {"attempts": 1, "cost_seconds": 0.0}


def test_steps_between_two_logged_ones_are_lost_by_their_share() -> None:
    events = [
        *START,
        event("launched", 100.0, 2, process_started=100.0),
        event("resumed", 101.0, 2, step=15),
        event("stopped", 105.0, 2, step=16),
    ]
    metrics = [{"time": 25.0, "attempt": 1, "step": 10, "loss": 1.0}, {"time": 35.0, "attempt": 1, "step": 20, "loss": 1.0}]
    parts = ledger_of(events, metrics)["parts"]
    assert (parts["lost"], parts["training"]) == (5.0, 15.0)  # steps 16 to 20; what the second attempt trained was never logged


def test_a_checkpoint_that_was_passed_over_loses_what_two_attempts_trained() -> None:
    events = [
        *START,
        event("launched", 30.0, 2, process_started=30.0),
        event("resumed", 30.0, 2, step=4),
        event("launched", 50.0, 3, process_started=50.0),
        event("passed_over", 50.0, 3, checkpoint="step-0000004", reason="damaged"),
        event("resumed", 50.0, 3, step=2),
        event("stopped", 52.0, 3, step=4),
    ]
    metrics = [*steps(1, 16.0, 17.0, 18.0, 19.0, 20.0), *steps(2, 31.0, 32.0, first=5), *steps(3, 51.0, 52.0, first=3)]
    ledger = ledger_of(events, metrics)
    assert [(row["training"], row["lost"]) for row in ledger["attempts"]] == [(2.0, 3.0), (0.0, 2.0), (2.0, 0.0)]


def test_a_validation_told_in_the_millisecond_of_a_step_counts_once() -> None:
    events = [*START, event("validated", 17.0, step=1, seconds=0.5), event("finished", 18.0, step=3)]
    parts = ledger_of(events, steps(1, 16.0, 17.0, 18.0))["parts"]
    assert (parts["training"], parts["validation"]) == (2.5, 0.5)


def test_a_run_that_trains_at_present() -> None:
    ledger = ledger_of(START, steps(1, 16.0, 17.0), running_at=20.5)
    assert ledger["attempts"][0]["ended_by"] == "running"
    assert {name: seconds for name, seconds in ledger["parts"].items() if seconds} == {"start": 6.0, "load": 5.0, "training": 5.5}
    dead = ledger_of(START, steps(1, 16.0, 17.0))
    assert (dead["attempts"][0]["ended_by"], dead["wall_seconds"]) == ("killed without a word", 13.0)


def test_a_save_that_failed_last_is_saving_and_records_of_older_runs_have_no_start() -> None:
    events = [
        event("started", 15.0),
        event("saved", 17.5, step=1, stall_seconds=0.25),
        event("save_failed", 24.0, step=2, reason="full"),
        event("failed", 24.0, step=2, reason="could not be saved", code=76),
    ]
    parts = ledger_of(events, steps(1, 17.0, 19.0))["parts"]
    assert {name: seconds for name, seconds in parts.items() if seconds} == {"training": 3.75, "saving": 5.25}


def test_attempts_of_older_runs_are_told_apart_by_their_number() -> None:
    events = [event("started", 15.0), event("passed_over", 30.0, 2), event("resumed", 32.0, 2, step=1), event("stopped", 35.0, 2, step=2)]
    ledger = ledger_of(events, [*steps(1, 17.0, 19.0), *steps(2, 34.0, first=2)])
    parts = {name: seconds for name, seconds in ledger["parts"].items() if seconds}
    assert parts == {"training": 4.0, "saving": 1.0, "load": 2.0, "lost": 2.0, "waiting": 11.0}


def test_clocks_that_disagree_leave_no_negative_part_but_a_remainder() -> None:
    events = [
        *START,
        event("stopped", 30.0, step=1),
        event("launched", 28.0, 2, process_started=26.0),  # another host, whose clock is behind
        event("resumed", 31.0, 2, step=1),
        event("finished", 35.0, 2, step=2),
    ]
    ledger = ledger_of(events, [*steps(1, 20.0), *steps(2, 33.0, first=2)])
    assert all(seconds >= 0 for name, seconds in ledger["parts"].items() if name != "unaccounted")
    assert sum(in_milliseconds(ledger["parts"]).values()) == 31_000 == round(1000 * ledger["wall_seconds"])
    events[3:] = [event("resumed", 28.5, 2, step=1), event("launched", 40.0, 3, process_started=38.0), event("failed", 41.0, 3, step=0)]
    behind = ledger_of(events, [*steps(1, 20.0), *steps(2, 29.0, first=2)])
    assert behind["parts"]["waiting"] == 8.0, "the second attempt ended, by its own clock, before the first"
    assert all(row[name] >= 0 for row in behind["attempts"] for name in PARTS if name in row)
    assert sum(in_milliseconds(behind["parts"]).values()) == 37_000 == round(1000 * behind["wall_seconds"])
    slow = [*START, event("validated", 16.5, step=1, seconds=9.0), event("finished", 17.0, step=1)]
    remainder = ledger_of(slow, steps(1, 16.0))
    assert remainder["parts"]["unaccounted"] == -8.5, "a validation longer than the time it had"
    assert sum(in_milliseconds(remainder["parts"]).values()) == 13_000


def write(run: Path, events: list[dict[str, Any]], metrics: list[dict[str, Any]]) -> None:
    run.mkdir()
    for name, records in (("events", events), ("metrics", metrics)):
        (run / f"{name}.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))


def test_a_directory_and_its_table(tmp_path: Path) -> None:
    run = tmp_path / "run"
    write(run, [*START, event("finished", 20.0, step=2)], steps(1, 16.0, 17.0))
    (run / "lock").touch()
    result = run_ledger(run)
    text = as_text(result).splitlines()
    assert [line for line in text if "finished" in line and "0 to 2" in line]
    assert text[-1] == "goodput 12.5%: 2.0 s of useful training in 16.0 s"
    assert "waiting" not in "\n".join(text), "a part without time has no column"
    with open(run / "lock") as holder:
        fcntl.flock(holder, fcntl.LOCK_EX)
        assert run_ledger(run)["attempts"][0]["ended_by"] == "running"


def test_no_run(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"there is no such directory; expected a run's directory with its events\.jsonl; check the path"):
        run_ledger(tmp_path / "none")
    with pytest.raises(InputError, match="has no events"):
        run_ledger(tmp_path)


def test_what_a_supervisor_says_of_an_end_holds_and_its_detection_is_a_part() -> None:
    events = [
        {"time": 100.0, "attempt": 1, "event": "launched", "process_started": 98.0},
        {"time": 110.0, "attempt": 1, "event": "started"},
        {"time": 150.0, "attempt": 2, "event": "launched", "process_started": 147.0},
        {"time": 155.0, "attempt": 2, "event": "resumed", "step": 0},
        {"time": 160.0, "attempt": 2, "event": "finished", "step": 1, "reason": "finished"},
    ]
    metrics = [{"time": 120.0, "attempt": 1, "step": 1, "loss": 1.0}, {"time": 160.0, "attempt": 2, "step": 1, "loss": 1.0}]
    supervisor = [
        {"time": 97.0, "event": "launch"},
        {"time": 134.0, "event": "ended", "attempt": 1, "cause": "lost host node2", "reason": "node2 no longer answered"},
        {"time": 161.0, "event": "ended", "attempt": 2, "cause": "finished", "reason": "finished"},
    ]
    ledger = ledger_of(events, metrics, supervisor=supervisor)
    assert [attempt["ended_by"] for attempt in ledger["attempts"]] == ["lost host node2", "finished"]
    assert {name: seconds for name, seconds in ledger["parts"].items() if seconds} == {
        "training": 5.0,
        "start": 2.0 + 3.0,
        "load": 10.0 + 5.0,
        "lost": 10.0,
        "detecting": 14.0,
        "waiting": 13.0,
    }
    assert ledger["wall_seconds"] == 62.0
    assert ledger["causes"]["lost host node2"] == {"attempts": 1, "cost_seconds": 10.0 + 14.0 + 13.0 + 3.0 + 5.0}
    supervisor[1]["event"] = "ended_unseen"  # told by the next supervisor, which came with the requeued job
    ledger = ledger_of(events, metrics, supervisor=supervisor)
    assert ledger["attempts"][0]["ended_by"] == "lost host node2"
    assert (ledger["parts"]["detecting"], ledger["parts"]["waiting"]) == (0.0, 27.0)


def test_durations_that_are_too_long_by_their_rounding_leave_no_remainder() -> None:
    events = [*START, event("validated", 16.501, step=1, seconds=0.502), event("finished", 17.0, step=1)]
    ledger = ledger_of(events, steps(1, 16.0))
    assert (ledger["parts"]["validation"], ledger["parts"]["unaccounted"]) == (0.501, 0.0)
