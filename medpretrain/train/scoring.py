"""What a run in training is scored by, and what follows from it: validation and evaluations when they are due, their records, the history,
and whether the run ends early."""

from __future__ import annotations

import time
from collections.abc import Mapping
from functools import partial
from typing import Any

from medpretrain.log import logger
from medpretrain.shards.format import ShardDataset
from medpretrain.train.engine import StepResult
from medpretrain.train.evaluations import Evaluation, Subject, score_held_out
from medpretrain.train.history import History, reason_to_end
from medpretrain.train.run_directory import RunDirectory
from medpretrain.train.settings import StopSettings, ValidationSettings


class Scoring:
    """Scores a run and keeps its history.

    Args:
        held_out: rows to validate on; None where there are none.
        evaluations: by name.
        record: the run directory, on rank 0 alone.
    """

    def __init__(
        self,
        settings: ValidationSettings,
        rules: StopSettings,
        subject: Subject,
        held_out: ShardDataset | None,
        evaluations: Mapping[str, Evaluation],
        history: History,
        record: RunDirectory | None,
    ) -> None:
        self._rules, self._subject, self._evaluations, self._record = rules, subject, evaluations, record
        self._validation_steps = settings.every_steps if held_out is not None else None
        self._evaluation_steps = settings.evaluations_every_steps
        self._validate = partial(score_held_out, subject, held_out, settings.max_rows) if held_out is not None else None
        self.history = history

    def add(self, result: StepResult) -> None:
        """Count a step of training."""
        self.history.since.add(result.loss, result.gradient_norm)

    def is_due(self, step: int, is_last: bool) -> bool:
        """Whether anything is to be scored after `step`; the run's last one is, whatever the intervals."""
        return any(_is_due(step, every, is_last) for every in (self._validation_steps, self._evaluation_steps))

    def run(self, step: int, tokens: int, learning_rate: float, is_last: bool) -> bool:
        """Score what is due after `step` and `tokens` consumed ones; whether the validation loss is the lowest so far. Collective."""
        is_lowest = False
        if _is_due(step, self._validation_steps, is_last):
            is_lowest = self._run_validation(step, tokens, learning_rate)
        if _is_due(step, self._evaluation_steps, is_last):
            self._run_evaluations(step, tokens)
        return is_lowest

    def reason_to_end(self, step: int, tokens: int) -> str | None:
        """Why the run ends now, before its schedule does; None where it goes on. It names the best checkpoint."""
        reason = reason_to_end(self.history, step, tokens, self._rules)
        best = self.history.best()
        if reason is None or best is None:
            return reason
        return f"{reason}; the lowest validation loss, {best.loss:.4f}, is that of step {best.step:,}"

    def _run_validation(self, step: int, tokens: int, learning_rate: float) -> bool:
        assert self._validate is not None
        started = time.monotonic()
        scores = self._validate()
        means = self.history.since.means()  # with the scores, what 001-16 wants of an epoch: a mixture has none
        is_lowest = self.history.add_validation(step, tokens, scores["loss"])
        if self._record is not None:
            self._record.metric({"step": step, "tokens": tokens, **means, "learning_rate": learning_rate, "validation": scores})
            facts = {"loss": scores["loss"], "bits_per_byte": scores["bits_per_byte"], "is_lowest": is_lowest}
            self._record.event("validated", step=step, seconds=round(time.monotonic() - started, 3), **facts)
            if scores["loss"] is not None:
                so_far = ", the lowest so far" if is_lowest else ""
                logger.info("validation after step %d: loss %.4f, perplexity %.2f%s", step, scores["loss"], scores["perplexity"], so_far)
        return is_lowest

    def _run_evaluations(self, step: int, tokens: int) -> None:
        results: dict[str, dict[str, Any]] = {}
        for name, evaluate in self._evaluations.items():
            started = time.monotonic()
            results[name] = evaluate(self._subject)
            if self._record is not None:
                score, seconds = results[name]["score"], round(time.monotonic() - started, 3)
                self._record.event("evaluated", step=step, evaluation=name, score=score, seconds=seconds)
                logger.info("evaluation %s after step %d: score %s", name, step, score)
        self.history.add_evaluation(step, tokens, {name: result["score"] for name, result in results.items()})
        if self._record is not None:
            self._record.metric({"step": step, "tokens": tokens, "evaluations": results})


def _is_due(step: int, every_steps: int | None, is_last: bool) -> bool:
    return every_steps is not None and (is_last or step % every_steps == 0)
