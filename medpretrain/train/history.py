"""What a run's validations and evaluations came to, and the rules that end a run early (002-124): pure functions over plain values.

The history stands in every checkpoint, so that a resumed run decides as one that was never stopped, at whatever topology.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from medpretrain.train.settings import StopSettings


@dataclass(frozen=True)
class Validated:
    """A validation: after which step and consumed tokens, the mean training loss since the one before, and the validation loss (nats)."""

    step: int
    tokens: int
    train_loss: float | None
    loss: float


@dataclass(frozen=True)
class Evaluated:
    """The scores of all evaluations after a step, by name; of each, more is better."""

    step: int
    tokens: int
    scores: dict[str, float]


@dataclass
class Since:
    """Sums over the steps since the last validation; a loss or norm that is not finite is left out."""

    loss_sum: float = 0.0
    losses: int = 0
    norm_sum: float = 0.0
    norms: int = 0

    def add(self, loss: float, gradient_norm: float) -> None:
        """Count a step."""
        if math.isfinite(loss):
            self.loss_sum, self.losses = self.loss_sum + loss, self.losses + 1
        if math.isfinite(gradient_norm):
            self.norm_sum, self.norms = self.norm_sum + gradient_norm, self.norms + 1

    def means(self) -> dict[str, float | None]:
        """`train_loss` (nats) and `mean_gradient_norm`; None where there was none."""
        return {
            "train_loss": self.loss_sum / self.losses if self.losses else None,
            "mean_gradient_norm": self.norm_sum / self.norms if self.norms else None,
        }


@dataclass
class History:
    """All of a run's validations and evaluations, oldest first, and what has been added up for the next one. A validation whose loss is not
    finite, and a score that is not, are left out."""

    validations: list[Validated] = field(default_factory=list)
    evaluations: list[Evaluated] = field(default_factory=list)
    since: Since = field(default_factory=Since)

    def state(self) -> dict[str, Any]:
        """JSON-able, for a checkpoint."""
        return asdict(self)

    @classmethod
    def from_state(cls, state: Mapping[str, Any] | None) -> History:
        """Of a `state`; an empty one where the checkpoint has none."""
        if state is None:
            return cls()
        return cls(
            [Validated(**each) for each in state["validations"]],
            [Evaluated(**each) for each in state["evaluations"]],
            Since(**state["since"]),
        )

    def add_validation(self, step: int, tokens: int, loss: float | None) -> bool:
        """Note a validation, and begin to add up anew. Returns whether its loss is the lowest so far."""
        train_loss, self.since = self.since.means()["train_loss"], Since()
        if loss is None or not math.isfinite(loss):
            return False
        is_lowest = all(loss < each.loss for each in self.validations)
        self.validations.append(Validated(step, tokens, train_loss, loss))
        return is_lowest

    def add_evaluation(self, step: int, tokens: int, scores: Mapping[str, float | None]) -> None:
        """Note the scores of all evaluations."""
        finite = {name: score for name, score in scores.items() if score is not None and math.isfinite(score)}
        self.evaluations.append(Evaluated(step, tokens, finite))

    def best(self) -> Validated | None:
        """The validation with the lowest loss, the first of equal ones."""
        return min(self.validations, key=lambda each: each.loss, default=None)

    def loss_after(self, step: int) -> float | None:
        """The validation loss of that very step, where it has one."""
        return self.validations[-1].loss if self.validations and self.validations[-1].step == step else None


def reason_to_end(history: History, step: int, tokens: int, rules: StopSettings) -> str | None:
    """Why a run that has come to this step and consumed so many tokens ends now: a sentence that names the rule; None: it goes on."""
    for limit, found, unit in ((rules.max_steps, step, "steps"), (rules.max_tokens, tokens, "tokens")):
        if limit is not None and found >= limit:
            return f"stop.max_{unit}: the budget of {limit:,} {unit} is spent"
    return _no_improvement(history, rules) or _flat(history, rules) or _overfit(history, rules)


def _no_improvement(history: History, rules: StopSettings) -> str | None:
    if rules.no_improvement_tokens is None or not history.validations:
        return None
    best, *later = history.validations
    for each in later:
        if each.loss < best.loss * (1 - rules.least_improvement):
            best = each
    if history.validations[-1].tokens - best.tokens < rules.no_improvement_tokens:
        return None
    since = f"since step {best.step:,} ({best.loss:.4f})"
    return f"stop.no_improvement_tokens: in {rules.no_improvement_tokens:,} tokens the validation loss has not improved, {since}"


def _flat(history: History, rules: StopSettings) -> str | None:
    number = rules.flat_evaluations
    if number is None or len(history.evaluations) <= number:
        return None
    before, last = history.evaluations[:-number], history.evaluations[-number:]
    names = {name for each in history.evaluations for name in each.scores}
    if any(_best_score(last, name) > _bettered(_best_score(before, name), rules.least_improvement) for name in names):
        return None
    return f"stop.flat_evaluations: the last {number:,} evaluations have bettered none of {', '.join(sorted(names))}"


def _best_score(evaluations: list[Evaluated], name: str) -> float:
    return max((each.scores[name] for each in evaluations if name in each.scores), default=-math.inf)


def _bettered(score: float, share: float) -> float:
    return score if math.isinf(score) else score + share * abs(score)


def _overfit(history: History, rules: StopSettings) -> str | None:
    number = rules.overfit_validations
    if number is None or len(history.validations) <= number:
        return None
    for before, after in itertools.pairwise(history.validations[-number - 1 :]):
        if before.train_loss is None or after.train_loss is None:
            return None
        if after.train_loss >= before.train_loss or after.loss <= before.loss:
            return None
    return f"stop.overfit_validations: in the last {number:,} validations the training loss has fallen and the validation loss has risen"
