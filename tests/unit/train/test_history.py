"""002-124: each rule that ends a run early on a made-up history, at its borders."""

from __future__ import annotations

import json
import math

import pytest

from medpretrain.train.history import Evaluated, History, Validated, reason_to_end
from medpretrain.train.settings import StopSettings


def validated(*losses: float, train: list[float] | None = None) -> History:
    """A validation every 100 steps of 10 tokens."""
    train_losses = train or [5.0] * len(losses)
    pairs = enumerate(zip(train_losses, losses, strict=True), start=1)
    return History([Validated(100 * number, 1000 * number, train_loss, loss) for number, (train_loss, loss) in pairs])


def evaluated(*scores: dict[str, float]) -> History:
    return History(evaluations=[Evaluated(100 * number, 1000 * number, each) for number, each in enumerate(scores, start=1)])


def rule_of(history: History, step: int = 0, tokens: int = 0, **rules: float) -> str | None:
    reason = reason_to_end(history, step, tokens, StopSettings.model_validate(rules))
    return reason and reason.partition(":")[0]


def test_without_rules_a_run_goes_on_whatever_happens() -> None:
    history = validated(1.0, *(10.0 + step for step in range(100)), train=[5.0 - step / 100 for step in range(101)])
    assert rule_of(history, step=10**9, tokens=10**15) is None


@pytest.mark.parametrize(
    ("losses", "ends"),
    [
        ([], False),
        ([3.0], False),
        ([3.0, 3.1, 3.2], False),  # the lowest is 2,000 tokens old
        ([3.0, 3.1, 3.2, 3.0], True),  # an equal loss is no improvement
        ([3.0, 3.1, 3.2, 2.9], False),
        ([3.0, 3.1, 2.9, 3.0, 3.0], False),
        ([3.0, 3.1, 2.9, 3.0, 3.0, 3.0], True),
    ],
)
def test_no_improvement_within_a_number_of_tokens(losses: list[float], ends: bool) -> None:
    assert rule_of(validated(*losses), no_improvement_tokens=3000) == ("stop.no_improvement_tokens" if ends else None)


def test_an_improvement_may_have_to_be_large_enough() -> None:
    losses = (2.0, 1.99, 1.98, 1.97)  # each a little better than the one before, the last 1.5 % better than the first
    assert rule_of(validated(*losses), no_improvement_tokens=3000) is None
    assert rule_of(validated(*losses), no_improvement_tokens=3000, least_improvement=0.02) == "stop.no_improvement_tokens"
    assert rule_of(validated(*losses), no_improvement_tokens=3000, least_improvement=0.01) is None


@pytest.mark.parametrize(
    ("scores", "ends"),
    [
        ([{"a": 0.5}, {"a": 0.5}], False),
        ([{"a": 0.5}, {"a": 0.5}, {"a": 0.4}], True),
        ([{"a": 0.5}, {"a": 0.5}, {"a": 0.51}], False),
        ([{"a": 0.5}, {"a": 0.51}, {"a": 0.4}], False),
        ([{"a": 0.5}, {"a": 0.51}, {"a": 0.4}, {"a": 0.51}], True),
        ([{"a": 0.5, "b": -3.0}, {"a": 0.5, "b": -3.0}, {"a": 0.4, "b": -2.9}], False),  # one that rises is enough
        ([{"a": 0.5, "b": -3.0}, {"a": 0.5, "b": -3.1}, {"a": 0.4, "b": -3.0}], True),
        ([{"a": 0.5}, {"a": 0.5}, {"a": 0.4, "b": 0.1}], False),  # an evaluation that was added lately
        ([{"a": 0.5}, {}, {}], True),  # scores that were not finite
    ],
)
def test_flat_evaluations(scores: list[dict[str, float]], ends: bool) -> None:
    assert rule_of(evaluated(*scores), flat_evaluations=2) == ("stop.flat_evaluations" if ends else None)


def test_a_score_may_have_to_rise_enough_also_where_it_is_negative() -> None:
    history = evaluated({"a": -2.0}, {"a": -1.97}, {"a": -1.99})
    assert rule_of(history, flat_evaluations=2, least_improvement=0.02) == "stop.flat_evaluations"
    assert rule_of(history, flat_evaluations=2, least_improvement=0.01) is None


@pytest.mark.parametrize(
    ("train", "losses", "ends"),
    [
        ([5.0, 4.0], [2.0, 2.1], False),
        ([5.0, 4.0, 3.0], [2.0, 2.1, 2.2], True),
        ([5.0, 4.0, 4.0], [2.0, 2.1, 2.2], False),  # the training loss no longer falls
        ([5.0, 4.0, 3.0], [2.0, 2.1, 2.1], False),  # the validation loss no longer rises
        ([5.0, 4.0, 3.0, 2.0], [2.0, 1.9, 2.0, 2.1], True),
        ([5.0, 4.0, 3.0, 2.0], [2.0, 2.1, 2.2, 2.1], False),
    ],
)
def test_overfitting(train: list[float], losses: list[float], ends: bool) -> None:
    assert rule_of(validated(*losses, train=train), overfit_validations=2) == ("stop.overfit_validations" if ends else None)


def test_a_training_loss_that_is_not_known_is_no_sign_of_overfitting() -> None:
    history = History([Validated(1, 1, None, 2.0), Validated(2, 2, 5.0, 2.1), Validated(3, 3, 4.0, 2.2)])
    assert rule_of(history, overfit_validations=2) is None
    assert rule_of(history, overfit_validations=1) == "stop.overfit_validations"


@pytest.mark.parametrize(("step", "tokens", "rule"), [(99, 999, None), (100, 999, "stop.max_steps"), (99, 1000, "stop.max_tokens")])
def test_the_budget(step: int, tokens: int, rule: str | None) -> None:
    assert rule_of(History(), step, tokens, max_steps=100, max_tokens=1000) == rule


def test_reasons_are_sentences() -> None:
    rules = StopSettings(no_improvement_tokens=2000)
    expected = "stop.no_improvement_tokens: in 2,000 tokens the validation loss has not improved, since step 100 (3.0000)"
    assert reason_to_end(validated(3.0, 3.1, 3.2), 300, 3000, rules) == expected
    assert reason_to_end(History(), 7, 0, StopSettings(max_steps=7)) == "stop.max_steps: the budget of 7 steps is spent"


def test_what_is_added_up_between_two_validations() -> None:
    history = History()
    for loss, norm in ((4.0, 1.0), (math.nan, math.inf), (2.0, 2.0), (3.0, math.nan)):
        history.since.add(loss, norm)
    assert history.since.means() == {"train_loss": 3.0, "mean_gradient_norm": 1.5}
    assert history.add_validation(4, 40, 2.5)
    assert history.since.means() == {"train_loss": None, "mean_gradient_norm": None}
    history.since.add(1.0, 1.0)
    assert not history.add_validation(5, 50, 2.5), "an equal loss is not lower"
    assert not history.add_validation(6, 60, math.nan)
    assert not history.add_validation(6, 60, None)
    assert history.validations == [Validated(4, 40, 3.0, 2.5), Validated(5, 50, 1.0, 2.5)]
    assert history.best() == Validated(4, 40, 3.0, 2.5)
    assert (history.loss_after(5), history.loss_after(6)) == (2.5, None)


def test_a_history_goes_through_a_checkpoint() -> None:
    history = validated(3.0, 2.0)
    history.add_evaluation(200, 2000, {"a": 0.5, "b": None, "c": math.nan})
    history.since.add(4.0, 1.0)
    again = History.from_state(json.loads(json.dumps(history.state())))
    assert again == history
    assert again.evaluations == [Evaluated(200, 2000, {"a": 0.5})]
    assert History.from_state(None) == History()
