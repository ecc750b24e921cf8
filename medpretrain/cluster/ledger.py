"""Where the wall time of a run went, over all its attempts: `medpretrain ledger RUN`.

`ledger_of` is a pure function over the run's records. It counts in whole milliseconds, so that the parts sum to the wall time exactly;
what it cannot place is a part of its own.
"""

from __future__ import annotations

import io
import time
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from medpretrain.errors import InputError
from medpretrain.train.run_directory import LOCK_NAME, WRONG_INPUT, is_held, read_json_lines

Record = Mapping[str, Any]

# The parts of the wall time, in the order in which a person reads them, and what each is.
PARTS = {
    "training": "steps that count",
    "validation": "scoring held-out rows",
    "saving": "training waited for a checkpoint",
    "start": "from the process's begin to its first record: imports",
    "load": "from there to the first step: joining, data, the checkpoint",
    "lost": "steps that a later attempt trained again",
    "failing": "from an attempt's last step to its end by a failure",
    "detecting": "from its last sign of life until the supervisor knew of its end",
    "waiting": "between attempts",
    "unaccounted": "what the records do not explain",
}
ENDS = ("finished", "stopped", "failed")
ROUNDING_MILLISECONDS = 2  # durations and times are rounded each by itself


@dataclass
class Attempt:
    """One start of the run as its records tell it; times are milliseconds.

    Attributes:
        begun: when its process began, where that is told, else its first record.
        loaded: when it was ready to train; None where it never was.
        marks: (time, finished steps), the first of them at `loaded`.
        spent: (time, part, milliseconds, step) of validations and saves.
        end: when it ended, or its last sign of life.
        noticed: when the supervisor knew of that; 0 where there was none.
    """

    number: int
    begun: int
    launched: int
    loaded: int | None = None
    marks: list[tuple[int, int]] = field(default_factory=list)
    spent: list[tuple[int, str, int, int]] = field(default_factory=list)
    end: int = 0
    noticed: int = 0
    cause: str = "killed without a word"
    reason: str = ""

    @property
    def from_step(self) -> int:
        return self.marks[0][1] if self.marks else 0


def attempts_of(events: Sequence[Record], metrics: Sequence[Record], supervisor: Sequence[Record] = ()) -> list[Attempt]:
    """The attempts of a run, in their order; what a supervisor says of how one failed holds."""
    attempts: list[Attempt] = []
    for event in events:
        name, at = event["event"], _ms(event["time"])
        if name == "launched" or not attempts or event["attempt"] != attempts[-1].number:
            begun = min(_ms(event.get("process_started", event["time"])), at)
            attempts.append(Attempt(event["attempt"], begun, at))
        attempt = attempts[-1]
        attempt.end = at
        if name in ("started", "resumed"):
            attempt.loaded = at
            attempt.marks.append((at, event.get("step", 0)))
        elif name in ("validated", "evaluated"):
            attempt.spent.append((at, "validation", _ms(event.get("seconds", 0)), event["step"]))
        elif name in ("saved", "save_failed"):
            attempt.spent.append((at, "saving", _ms(event.get("stall_seconds", 0)), event["step"]))
        elif name in ENDS:
            attempt.cause, attempt.reason = _cause(event), event.get("reason", "")
    by_number = {attempt.number: attempt for attempt in attempts}  # of several that did not come to training, the last
    for line in metrics:
        if (attempt_of_line := by_number.get(line["attempt"])) is not None:
            attempt_of_line.end = max(attempt_of_line.end, _ms(line["time"]))
            if "loss" in line:
                attempt_of_line.marks.append((_ms(line["time"]), line["step"]))
    for record in supervisor:
        if record["event"] not in ("ended", "ended_unseen"):
            continue
        for attempt in attempts:
            if attempt.number == record["attempt"] and attempt.cause not in ("finished", "stopped"):
                attempt.cause, attempt.reason = record["cause"], record["reason"]
                attempt.noticed = _ms(record["time"]) if record["event"] == "ended" else 0  # the next supervisor came when it could
    return attempts


def ledger_of(
    events: Sequence[Record], metrics: Sequence[Record], running_at: float | None = None, supervisor: Sequence[Record] = ()
) -> dict[str, Any]:
    """The ledger of a run's records.

    Args:
        supervisor: the records of `supervisor.jsonl`, where the run was supervised.
        running_at: the present time, where a process trains the run at present.

    Returns:
        `wall_seconds`; `parts` (seconds of each of PARTS, which sum to it); `goodput`, the share of useful training; the `attempts`, each
        with the same parts (`waiting` is before it), its steps and what ended it; and `causes`, what each kind of end cost: steps trained
        again, the failing itself, and the wait, start and load of the next attempt.
    """
    attempts = attempts_of(events, metrics, supervisor)
    assert attempts, "a run without a record has no ledger"
    if running_at is not None:
        last = attempts[-1]
        last.end, last.cause = max(last.end, _ms(running_at)), "running"
    rows = []
    previous_end = attempts[0].begun
    for place, attempt in enumerate(attempts):
        later = [other.from_step for other in attempts[place + 1 :] if other.loaded is not None]
        parts = _parts(attempt, previous_end, min(later) if later else None)
        parts["detecting"] = max(attempt.noticed - max(attempt.end, previous_end), 0)
        previous_end = max(previous_end, attempt.end, attempt.noticed)
        rows.append((attempt, parts))
    wall = previous_end - attempts[0].begun
    total = {name: sum(parts.get(name, 0) for _, parts in rows) for name in PARTS}
    total["unaccounted"] = wall - sum(total.values())
    causes: dict[str, dict[str, Any]] = {}
    for place, (attempt, parts) in enumerate(rows):
        after = rows[place + 1][1] if place + 1 < len(rows) else {}
        cost = parts["lost"] + parts["failing"] + parts["detecting"] + sum(after.get(name, 0) for name in ("waiting", "start", "load"))
        cause = causes.setdefault(attempt.cause, {"attempts": 0, "cost_seconds": 0.0})
        cause["attempts"] += 1
        cause["cost_seconds"] = round(cause["cost_seconds"] + cost / 1000, 3)
    return {
        "wall_seconds": wall / 1000,
        "goodput": total["training"] / wall if wall else 0.0,
        "parts": {name: milliseconds / 1000 for name, milliseconds in total.items()},
        "attempts": [
            {
                "attempt": attempt.number,
                "from_step": attempt.from_step,
                "to_step": max((step for _, step in attempt.marks), default=None),
                "ended_by": attempt.cause,
                "reason": attempt.reason,
                **{name: milliseconds / 1000 for name, milliseconds in parts.items()},
            }
            for attempt, parts in rows
        ],
        "causes": causes,
    }


def _parts(attempt: Attempt, previous_end: int, trained_again_from: int | None) -> dict[str, int]:
    """An attempt's milliseconds by part, from the end of the one before to its own.

    Args:
        trained_again_from: the least step that a later attempt went on from; None where there is none.
    """
    begun = max(attempt.begun, previous_end)
    launched = max(attempt.launched, begun)
    parts = dict.fromkeys((name for name in PARTS if name != "unaccounted"), 0)
    parts["waiting"], parts["start"] = begun - previous_end, launched - begun
    if attempt.loaded is None:
        parts["load"] = max(attempt.end - launched, 0)
        return parts
    parts["load"] = max(attempt.loaded - launched, 0)
    ends_well = attempt.cause in ("finished", "stopped")
    last_step = attempt.marks[-1][1]
    # A validation ends behind the metrics of its step; what comes behind both is the last save, or the failure.
    last_work = max([attempt.marks[-1][0], *(at for at, part, _, _ in attempt.spent if part == "validation")])
    when = {step: at for at, step in reversed(attempt.marks)}
    # Training waits for a save right behind its step, however late its end is told; for the last one it waits behind all work.
    spent_at = sorted(
        (min(when.get(of_step, at) + 1 if part == "saving" else at, last_work), part, milliseconds)
        for at, part, milliseconds, of_step in attempt.spent
        if not (part == "saving" and of_step == last_step and at > last_work)
    )
    times = [at for at, _, _ in spent_at]
    for (since, step), (until, next_step) in zip(attempt.marks, [*attempt.marks[1:], (last_work, last_step)], strict=True):
        spent = {"validation": 0, "saving": 0}
        for _, part, milliseconds in spent_at[bisect_right(times, since) : bisect_right(times, until)]:
            spent[part] += milliseconds
        too_much = sum(spent.values()) - (until - since)
        if 0 < too_much <= ROUNDING_MILLISECONDS:
            spent[max(spent, key=lambda part: spent[part])] -= too_much
        trained = max(until - since - sum(spent.values()), 0)
        again = 0.0
        if trained_again_from is not None and next_step > step:
            again = min(max(next_step - max(trained_again_from, step), 0) / (next_step - step), 1.0)
        elif trained_again_from is not None and step > trained_again_from:
            again = 1.0
        lost = round(trained * again)
        parts["training"] += trained - lost
        parts["lost"] += lost
        parts["validation"] += spent["validation"]
        parts["saving"] += spent["saving"]
    saved_last = ends_well or any(part == "saving" and at > last_work and of_step == last_step for at, part, _, of_step in attempt.spent)
    rest = "training" if attempt.cause == "running" else "saving" if saved_last else "failing"
    parts[rest] += max(attempt.end - last_work, 0)
    return parts


def _cause(event: Record) -> str:
    """What ended an attempt, in the words of the ledger, from its last event."""
    name, reason = str(event["event"]), str(event.get("reason", ""))
    if name != "failed":
        return name
    if event.get("code") == WRONG_INPUT:
        return "wrong input"
    if "timed out" in reason.lower() or "hang" in reason.lower():
        return "hang"
    return "lost contact" if "lost contact" in reason else "failed"


def _ms(seconds: float) -> int:
    return round(1000 * seconds)


@dataclass(frozen=True)
class Records:
    """What a run has written so far. `running_at`: the present time where a process trains it at present, else None."""

    events: list[dict[str, Any]]
    metrics: list[dict[str, Any]]
    supervisor: list[dict[str, Any]]
    running_at: float | None

    @property
    def ledger(self) -> dict[str, Any]:
        return ledger_of(self.events, self.metrics, self.running_at, self.supervisor)


def read_records(run: Path) -> Records:
    """The records in a run's directory. Raises InputError where there is no run."""
    events = read_json_lines(run / "events.jsonl")
    if not events:
        found = "has no events" if run.is_dir() else "there is no such directory"
        raise InputError(str(run), found, "a run's directory with its events.jsonl", "check the path")
    running_at = time.time() if is_held(run / LOCK_NAME) else None
    return Records(events, read_json_lines(run / "metrics.jsonl"), read_json_lines(run / "supervisor.jsonl"), running_at)


def run_ledger(run: Path) -> dict[str, Any]:
    """The ledger of a run's directory; of a run that trains at present, up to now. Raises InputError where there is no run."""
    return {"run": str(run), **read_records(run).ledger}


def as_text(result: Mapping[str, Any]) -> str:
    """One table, an attempt a row and the whole below, and one sentence."""
    from rich.console import Console
    from rich.table import Table

    parts = {name: seconds for name, seconds in result["parts"].items() if seconds or name == "training"}
    table = Table("attempt", "steps", "ended by", *parts, show_footer=True)
    for column in table.columns[3:]:
        column.justify = "right"
    for row in result["attempts"]:
        steps = "-" if row["to_step"] is None else f"{row['from_step']:,} to {row['to_step']:,}"
        table.add_row(str(row["attempt"]), steps, row["ended_by"], *(f"{row.get(name, 0):,.1f}" for name in parts))
    table.columns[0].footer = "seconds"
    for column, seconds in zip(table.columns[3:], parts.values(), strict=True):
        column.footer = f"{seconds:,.1f}"
    console = Console(file=io.StringIO(), width=160)
    console.print(table)
    assert isinstance(console.file, io.StringIO)
    goodput = f"goodput {result['goodput']:.1%}: {parts['training']:,.1f} s of useful training in {result['wall_seconds']:,.1f} s"
    costs = [
        f"{name} {cause['cost_seconds']:,.1f} s ({cause['attempts']} attempt{'s' if cause['attempts'] > 1 else ''})"
        for name, cause in result["causes"].items()
        if cause["cost_seconds"]
    ]
    return "\n".join([console.file.getvalue().rstrip(), goodput + (f"; cost of ends: {', '.join(costs)}" if costs else "")])
