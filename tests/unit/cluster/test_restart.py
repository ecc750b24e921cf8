"""What follows the end of a job."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medpretrain.cluster.restart import LONGEST_DELAY_SECONDS, Decision, Ended, decide, failures_in_a_row


def failed(checkpoint: int, code: int | None = None) -> Ended:
    return Ended(code, "crash", "it fell over", checkpoint)


@pytest.mark.parametrize(
    ("ended", "decision"),
    [
        (Ended(0, "finished", "finished", 9), Decision(0, 0.0, "finished")),
        (Ended(75, "stopped", "stopped", 9), Decision(75, 0.0, "stopped on request; the same command goes on")),
        (Ended(75, "stopped", "stopped", 9, asked=True), Decision(None, 0.0, "the run was stopped to go on with more hosts")),
        (Ended(2, "wrong input", "model: is wrong", 0), Decision(2, 0.0, "model: is wrong")),
        (Ended(2, "wrong input", "run: is in use by process 1", 9), Decision(None, 0.0, "failure 1 of at most 5 without a new checkpoint")),
        (Ended(76, "hang", "a hang", 9), Decision(None, 0.0, "failure 1 of at most 5 without a new checkpoint")),
        (Ended(None, "launcher died", "no outcome", 9), Decision(None, 0.0, "failure 1 of at most 5 without a new checkpoint")),
    ],
)
def test_each_end(ended: Ended, decision: Decision) -> None:
    assert decide([ended], 5) == decision


def test_pauses_double_until_it_is_given_up_with_the_last_attempts() -> None:
    history = [failed(5), *(failed(5, 76) for _ in range(8))]
    assert [decide(history[:count], 8).after_seconds for count in range(1, 9)] == [0, 5, 10, 20, 40, 80, 160, LONGEST_DELAY_SECONDS]
    given_up = decide(history, 8)
    assert given_up.code == 76
    assert given_up.why.startswith("given up after 9 failures in a row without a new checkpoint; all attempts:\n  1. crash (newest")
    assert decide([failed(0)] * 2, 1).code == 1, "no outcome, so no code of its own"


@given(st.lists(st.integers(0, 3), max_size=12), st.integers(0, 3))
def test_failures_are_counted_since_the_last_new_checkpoint(steps: list[int], before: int) -> None:
    """Against the same count from the front."""
    checkpoints = []
    newest = before
    for step in steps:
        newest += step
        checkpoints.append(newest)
    count, previous = 0, before
    for checkpoint in checkpoints:
        count = 1 if checkpoint > previous else count + 1
        previous = checkpoint
    assert failures_in_a_row([failed(checkpoint) for checkpoint in checkpoints], before) == count


def test_a_run_that_was_stopped_for_more_hosts_begins_to_count_anew() -> None:
    assert failures_in_a_row([failed(5), failed(5), Ended(75, "stopped", "", 6, asked=True), failed(6)], 5) == 1
