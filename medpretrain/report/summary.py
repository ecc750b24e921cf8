"""A run's records -> the numbers of its page. Pure: nothing is read or drawn here.

Lines of steps that a later attempt (or a rollback) trained again are kept apart as `lost`: the curve is what the model that is there now
went through. n: logged steps; L: layers.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medpretrain.cluster.ledger import Attempt, Records, attempts_of
from medpretrain.report.stability import LARGE_SPIKE, Floats, norm_statistics, running_means, spikes_of
from medpretrain.train.run_directory import FINISHED, STOPPED, WRONG_INPUT

Record = Mapping[str, Any]
Columns = dict[str, Floats]  # float64 [n] each; NaN where a line has no finite value

COLUMNS = (
    *("time", "attempt", "step", "tokens", "loss", "gradient_norm", "learning_rate"),
    *("packing_efficiency", "tokens_per_second", "mfu", "peak_memory_bytes"),
)
LAYER_NUMBERS = {
    "activation_rms": "activations, root mean square",
    "gradient_rms": "gradients, root mean square",
    "attention_logit_max": "largest attention logit",
    "update_ratio": "update over weight",
}
ROUTINE = {"launched", "started", "resumed", "validated", "saved", "copied", "finished", "stopped"}  # events that ask for no attention
DRAWN_POINTS = 800  # of a curve: more than its picture has pixels
DRAWN_STEPS_OF_LAYERS = 120
NEWEST_EVENTS = 40
NEWEST_STEPS = 20  # whose pace tells how long a run will take
STATES = {FINISHED: "finished", STOPPED: "stopped", WRONG_INPUT: "wrong input"}


@dataclass(frozen=True)
class Summary:
    """The numbers of a run's page.

    Attributes:
        headline: what ran, how far it is, its last and best losses, how it ended.
        notes: sentences on what asks for attention.
        kept, lost: logged steps that count, and those that were trained again.
        means: running mean of the gradient norm before each kept step [n].
        validations: step, tokens and scores of each validation that counts.
        layers: for each of LAYER_NUMBERS that was recorded, its values [L, m] after `layer_tokens` [m].
        stability: the distribution of the kept gradient norms, of all of them.
        ledger: where the wall time went.
        attempts: from when to when each one loaded and trained.
        events: those that ask for attention; `event_times` those of every kind.
    """

    headline: dict[str, Any]
    notes: list[str]
    kept: Columns
    lost: Columns
    means: Floats
    validations: list[dict[str, Any]]
    layers: dict[str, Floats]
    layer_tokens: Floats
    stability: dict[str, Any]
    ledger: dict[str, Any]
    attempts: list[Attempt]
    events: list[dict[str, Any]]
    event_times: dict[str, list[float]] = field(default_factory=dict)

    def spikes(self, factor: float) -> NDArray[np.bool_]:
        """Which kept steps [n] have a gradient norm above `factor` times the running mean."""
        return spikes_of(self.kept["gradient_norm"], self.means, factor)

    def curve(self, name: str, lost: bool = False) -> tuple[Floats, Floats]:
        """Tokens and values [m] of a column as they are drawn: m is about DRAWN_POINTS at most, no peak and no spike is left out. Where the
        attempt changes among lost steps there is a gap."""
        columns = self.lost if lost else self.kept
        values = columns[name]
        places = decimate(values, always=None if lost else self.spikes(LARGE_SPIKE))
        x, y, attempts = columns["tokens"][places], values[places], columns["attempt"][places]
        gaps = np.flatnonzero(np.diff(attempts)) + 1 if lost else np.zeros(0, dtype=np.int64)
        return np.insert(x, gaps, x[gaps]), np.insert(y, gaps, np.nan)

    def drawn_validations(self) -> list[dict[str, Any]]:
        """The validations that have a loss, of many those with the least and the largest ones."""
        scored = _scored(self.validations)
        return [scored[place] for place in decimate(np.array([scores["loss"] for scores in scored]), limit=DRAWN_POINTS // 4)]

    def as_json(self) -> dict[str, Any]:
        """The numbers behind the page; curves as they are drawn."""
        curves = {}
        for name in COLUMNS[4:]:
            tokens, values = self.curve(name)
            curves[name] = {"tokens": tokens.tolist(), "value": values.tolist()}
        layers = {name: values.tolist() for name, values in self.layers.items()}
        return {
            "headline": self.headline,
            "notes": self.notes,
            "stability": self.stability,
            "validations": self.validations,
            "ledger": self.ledger,
            "curves": curves,
            "layers": {"tokens": self.layer_tokens.tolist(), **layers} if layers else {},
        }


def summarise(records: Records, config: Record, environment: Record, outcome: Record) -> Summary:
    """The numbers of a run, finished or not, from its records, its config.yaml, environment.json and outcome.json (empty where there is
    none)."""
    attempts = attempts_of(records.events, records.metrics, records.supervisor)
    if records.running_at is not None:
        attempts[-1].end = max(attempts[-1].end, round(1000 * records.running_at))
    is_lost = superseded(records.metrics, attempts)
    steps = [(line, lost) for line, lost in zip(records.metrics, is_lost, strict=True) if "loss" in line]
    kept = columns_of([line for line, lost in steps if not lost])
    lost = columns_of([line for line, lost in steps if lost])
    living = [line for line, lost in zip(records.metrics, is_lost, strict=True) if not lost]
    validations = [{"step": line["step"], "tokens": line.get("tokens"), **line["validation"]} for line in living if line.get("validation")]
    layers, layer_tokens = layers_of(living)
    clip_norm = config.get("optimizer", {}).get("clip_norm")
    ledger = records.ledger
    summary = Summary(
        headline=_headline(records, kept, validations, ledger, config, environment, outcome),
        notes=[],
        kept=kept,
        lost=lost,
        means=running_means(kept["gradient_norm"]),
        validations=validations,
        layers=layers,
        layer_tokens=layer_tokens,
        stability=norm_statistics(kept["gradient_norm"], clip_norm),
        ledger=ledger,
        attempts=attempts,
        events=[_told(event) for event in records.events if event["event"] not in ROUTINE],
        event_times=_event_times(records.events),
    )
    summary.notes.extend(_notes(summary, records))
    return summary


def superseded(metrics: Sequence[Record], attempts: Sequence[Attempt]) -> NDArray[np.bool_]:
    """Which lines tell of a step that was trained again: by a later attempt that went on from an earlier step, or, where a run goes back
    within an attempt, by a later line of that step. What is measured after a step (validation, layers) goes with it."""
    goes_on_from: dict[int, float] = {}
    least = math.inf
    for attempt in reversed(attempts):
        goes_on_from[attempt.number] = min(goes_on_from.get(attempt.number, math.inf), least)
        if attempt.loaded is not None:
            least = min(least, attempt.from_step)
    lost = np.zeros(len(metrics), dtype=bool)
    later_step = math.inf
    for place in range(len(metrics) - 1, -1, -1):
        line = metrics[place]
        step, is_step = line["step"], "loss" in line
        came_again = step >= later_step if is_step else step > later_step
        lost[place] = came_again or step > goes_on_from.get(line["attempt"], math.inf)
        if is_step:
            later_step = min(later_step, step)
    return lost


def columns_of(lines: Sequence[Record]) -> Columns:
    """The columns of logged steps."""
    return {name: np.array([_finite(line.get(name)) for line in lines], dtype=np.float64) for name in COLUMNS}


def layers_of(lines: Sequence[Record]) -> tuple[dict[str, Floats], Floats]:
    """The records of layers: for each number its values [L, m] and tokens [m]. Of many records in a row the largest value is kept."""
    found = [line for line in lines if line.get("layers")]
    tokens = np.array([_finite(line.get("tokens")) for line in found])
    starts = np.unique(np.linspace(0, len(found), DRAWN_STEPS_OF_LAYERS, endpoint=False).astype(np.int64)) if found else np.zeros(0, int)
    layers = {}
    for name in LAYER_NUMBERS:
        columns = [line["layers"].get(name) for line in found]
        depth = max((len(column) for column in columns if column), default=0)
        if depth:
            values = np.array([[_finite(value) for value in column] if column else [math.nan] * depth for column in columns]).T
            layers[name] = np.fmax.reduceat(values, starts, axis=1)
    return layers, tokens[starts]


def decimate(values: Floats, always: NDArray[np.bool_] | None = None, limit: int = DRAWN_POINTS) -> NDArray[np.int64]:
    """Places [m], ascending, of the values [n] to draw: the least and the largest of each stretch, both ends, and those in `always` [n].
    All of them where they are at most `limit`."""
    if len(values) <= limit:
        return np.arange(len(values))
    edges = np.linspace(0, len(values), limit // 2 + 1).astype(np.int64)
    places = [0, len(values) - 1]
    for begin, end in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        stretch = values[begin:end]
        if np.isfinite(stretch).any():
            places += [begin + int(np.nanargmin(stretch)), begin + int(np.nanargmax(stretch))]
        else:
            places.append(begin)
    return np.union1d(places, [] if always is None else np.flatnonzero(always)).astype(np.int64)


def _finite(value: Any) -> float:
    """A number as it is, and NaN for none, for what is not finite and for what is no number."""
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else math.nan


def _scored(validations: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The validations that have a loss."""
    return [scores for scores in validations if math.isfinite(_finite(scores.get("loss")))]


def _last(values: Floats) -> float | None:
    """The last finite value."""
    finite = values[np.isfinite(values)]
    return float(finite[-1]) if len(finite) else None


def _headline(
    records: Records,
    kept: Columns,
    validations: Sequence[dict[str, Any]],
    ledger: Record,
    config: Record,
    environment: Record,
    outcome: Record,
) -> dict[str, Any]:
    total_steps = config.get("schedule", {}).get("total_steps")
    step = int(_last(kept["step"]) or 0)
    scored = _scored(validations)
    best = min(scored, key=lambda scores: scores["loss"], default=None)
    losses = kept["loss"][np.isfinite(kept["loss"])]
    state, reason = _state(records, ledger, outcome)
    pace = _seconds_per_step(kept)
    resumed = [event for event in records.events if event["event"] in ("started", "resumed")]
    return {
        "name": config.get("name"),
        "description": config.get("description"),
        "state": state,
        "reason": reason,
        "step": step,
        "total_steps": total_steps,
        "log_every_steps": config.get("log_every_steps"),
        "seconds_left": pace * (total_steps - step) if state == "running" and pace is not None and total_steps else None,
        "tokens": int(_last(kept["tokens"]) or 0),
        "last_loss": _last(kept["loss"]),
        "best_loss": float(losses.min()) if len(losses) else None,
        "last_validation": dict(scored[-1]) if scored else None,
        "best_validation": dict(best) if best else None,
        "tokens_per_second": _median_of_last(kept["tokens_per_second"]),
        "mfu": _median_of_last(kept["mfu"]),
        "peak_memory_bytes": _largest(kept["peak_memory_bytes"]),
        "packing_efficiency": _mean(kept["packing_efficiency"]),
        "goodput": ledger["goodput"],
        "wall_seconds": ledger["wall_seconds"],
        "attempts": len(ledger["attempts"]),
        "precision": config.get("precision"),
        "topology": resumed[-1].get("topology") if resumed else None,
        "device": environment.get("device"),
        "versions": environment.get("versions", {}),
        "started": records.events[0].get("process_started", records.events[0]["time"]),
        "as_of": records.running_at or max(line["time"] for line in (records.events[-1], *records.metrics[-1:])),
    }


def _state(records: Records, ledger: Record, outcome: Record) -> tuple[str, str]:
    """How the run stands, in a word or two, and why."""
    if records.running_at is not None:
        return "running", ""
    if outcome:
        return STATES.get(outcome.get("code", -1), "failed"), str(outcome.get("reason", ""))
    last = ledger["attempts"][-1]
    return last["ended_by"], last["reason"]


def _seconds_per_step(kept: Columns) -> float | None:
    """The pace of the newest attempt's newest steps, validations and saves among them."""
    newest = kept["attempt"] == kept["attempt"][-1:]
    times, steps = kept["time"][newest][-NEWEST_STEPS:], kept["step"][newest][-NEWEST_STEPS:]
    return float((times[-1] - times[0]) / (steps[-1] - steps[0])) if len(steps) > 1 else None


def _median_of_last(values: Floats) -> float | None:
    finite = values[np.isfinite(values)][-NEWEST_STEPS:]
    return float(np.median(finite)) if len(finite) else None


def _largest(values: Floats) -> float | None:
    finite = values[np.isfinite(values)]
    return float(finite.max()) if len(finite) else None


def _mean(values: Floats) -> float | None:
    finite = values[np.isfinite(values)]
    return float(finite.mean()) if len(finite) else None


def _told(event: Record) -> dict[str, Any]:
    """An event of which a person is told: when, what, and its facts in one line."""
    facts = {key: value for key, value in event.items() if key not in ("time", "attempt", "event", "step")}
    return {
        "time": event["time"],
        "attempt": event["attempt"],
        "event": event["event"],
        "step": event.get("step"),
        "facts": ", ".join(f"{key} {value}" for key, value in facts.items() if value is not None),
    }


def _event_times(events: Sequence[Record]) -> dict[str, list[float]]:
    """When the events of each lane of the time line were; `attention` has all that are not routine."""
    lanes: dict[str, list[float]] = {"saved": [], "validated": [], "attention": []}
    for event in events:
        name = event["event"]
        if name in lanes:
            lanes[name].append(event["time"])
        elif name not in ROUTINE:
            lanes["attention"].append(event["time"])
    return lanes


def _notes(summary: Summary, records: Records) -> list[str]:
    """What asks for attention, a sentence each, the gravest first."""
    headline, stability = summary.headline, summary.stability
    notes = []
    if len(summary.kept["step"]) == 0:
        notes.append("No step has been logged yet.")
    not_finite = int((~np.isfinite(summary.kept["loss"])).sum())
    if not_finite:
        notes.append(f"Logged steps whose loss is not a number: {not_finite:,}.")
    if stability["stable"] is False:
        largest = "a norm is not a number" if stability["not_finite"] else "the largest is 10 times the mean or more"
        notes.append(f"By its gradient norms the run is not stable: {largest}.")
    if stability["spikes_5x"]:
        steps = summary.kept["step"][summary.spikes(5)].astype(int).tolist()
        listed = ", ".join(f"{step:,}" for step in steps[:8]) + (" and more" if len(steps) > 8 else "")
        notes.append(f"Gradient norms above 5 times their running mean: {len(steps):,}, at steps {listed}.")
    for name, told in (
        ("update_skipped", "Updates left out, since their gradient was not finite"),
        ("save_failed", "Checkpoints that could not be saved"),
        ("copy_failed", "Second copies that could not be made"),
    ):
        if number := sum(event["event"] == name for event in records.events):
            notes.append(f"{told}: {number:,}.")
    last, best = headline["last_validation"], headline["best_validation"]
    if last and last["loss"] > best["loss"]:
        notes.append(
            f"The last validation loss, {last['loss']:.4f}, is above the best one, {best['loss']:.4f} after step {best['step']:,}."
        )
    if lost := summary.ledger["parts"]["lost"]:
        notes.append(f"{lost:,.0f} s of training were lost: later attempts trained those steps again.")
    return notes
