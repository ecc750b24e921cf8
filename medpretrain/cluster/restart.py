"""What to do when a job has ended: pure decisions over what its attempts came to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from medpretrain.train.run_directory import FINISHED, STOPPED, WRONG_INPUT

FIRST_DELAY_SECONDS, LONGEST_DELAY_SECONDS = 5.0, 300.0


@dataclass(frozen=True)
class Ended:
    """One start of the job, after its end.

    Attributes:
        code: of outcome.json, whatever the launcher said; None where the attempt left none.
        cause: in a few words, as the ledger shows it.
        reason: a sentence.
        checkpoint: the newest published step by then (0: none).
        asked: it was this supervisor that had it stopped, to start it on more hosts.
    """

    code: int | None
    cause: str
    reason: str
    checkpoint: int
    asked: bool = False


@dataclass(frozen=True)
class Decision:
    """`code`: end with this exit status; None: start again `after_seconds`. `why`: a sentence."""

    code: int | None
    after_seconds: float
    why: str


def failures_in_a_row(history: Sequence[Ended], checkpoint_before: int = 0) -> int:
    """How many of the last attempts failed since a checkpoint was published; `checkpoint_before` is the newest before the first of them."""
    failures = 0
    for place in range(len(history) - 1, -1, -1):
        if history[place].asked:
            break
        before = history[place - 1].checkpoint if place else checkpoint_before
        failures += 1
        if history[place].checkpoint > before:
            break
    return failures


def decide(history: Sequence[Ended], max_failures: int, checkpoint_before: int = 0) -> Decision:
    """What follows the last of the attempts.

    A first failure after a new checkpoint is met with a start at once, since what is known to be wrong (a host) was left out; the next
    ones with pauses that double. After `max_failures` in a row without a new checkpoint it is given up.
    """
    last = history[-1]
    if last.code == FINISHED:
        return Decision(FINISHED, 0.0, "finished")
    if last.asked:
        return Decision(None, 0.0, "the run was stopped to go on with more hosts")
    if last.code == STOPPED:
        return Decision(STOPPED, 0.0, "stopped on request; the same command goes on")
    if last.code == WRONG_INPUT and " is in use by " not in last.reason:
        return Decision(WRONG_INPUT, 0.0, last.reason)
    failures = failures_in_a_row(history, checkpoint_before)
    if failures > max_failures:
        lines = [
            f"  {place}. {ended.cause} (newest checkpoint: step {ended.checkpoint:,}): {ended.reason}"
            for place, ended in enumerate(history, 1)
        ]
        why = f"given up after {failures} failures in a row without a new checkpoint; all attempts:\n"
        return Decision(last.code or 1, 0.0, why + "\n".join(lines[-10:]))
    delay = 0.0 if failures <= 1 else min(FIRST_DELAY_SECONDS * 2 ** (failures - 2), LONGEST_DELAY_SECONDS)
    return Decision(None, delay, f"failure {failures} of at most {max_failures} without a new checkpoint")
