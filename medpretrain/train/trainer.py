"""The training loop. It reads like the algorithm; what is not the algorithm is one line here and lives elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from medpretrain.log import logger
from medpretrain.parallel.mesh import Mesh
from medpretrain.shards.loader import MicroBatch, ReadAhead, StepBatch
from medpretrain.train.agree import any_rank
from medpretrain.train.alerts import Averages, look_at
from medpretrain.train.copying import Copier
from medpretrain.train.engine import Engine, StepResult, device_facts
from medpretrain.train.meter import Meter
from medpretrain.train.run_directory import FINISHED, STOPPED, WORTH_A_RESTART, RunDirectory
from medpretrain.train.saving import Saver, SaveResult
from medpretrain.train.schedule import learning_rate
from medpretrain.train.scoring import Scoring
from medpretrain.train.settings import Recipe
from medpretrain.train.statistics import LayerStatistics, measure_step
from medpretrain.train.stop import StopRequest
from medpretrain.train.watch import FIRST_STEP, SAVING, STEP, VALIDATION, Beat


@dataclass
class Position:
    """How far a run is: finished steps, consumed samples and real tokens."""

    step: int = 0
    consumed_samples: int = 0
    consumed_tokens: int = 0


class Trainer:
    """Runs steps from a position to the end of the schedule, or until it is asked to stop.

    Args:
        batches_from: gives the global batches of this replica from a sample on.
        probe: this replica's share of the fixed probe batch, whose loss goes into every checkpoint.
        scoring: validation and evaluations, and what follows from them.
        averages: of the loss and the gradient norm so far.
        describe: what a checkpoint's state says besides the position and the probe's loss, given the consumed samples.
        record: the run directory, on rank 0 alone.
        copier: makes second copies; None on other ranks, and where none are wanted.
        beat: told what this rank does from now on.
    """

    def __init__(
        self,
        recipe: Recipe,
        run_path: Path,
        attempt: int,
        engine: Engine,
        mesh: Mesh,
        batches_from: Callable[[int], ReadAhead[StepBatch]],
        probe: list[MicroBatch],
        scoring: Scoring,
        averages: Averages,
        describe: Callable[[int], dict[str, Any]],
        meter: Meter,
        stop: StopRequest,
        record: RunDirectory | None,
        copier: Copier | None,
        beat: Beat,
    ) -> None:
        self._recipe, self._run_path, self._attempt = recipe, run_path, attempt
        self._engine, self._mesh = engine, mesh
        self._batches_from, self._probe, self._scoring, self._describe = batches_from, probe, scoring, describe
        self._averages = averages
        self._meter, self._stop, self._record, self._copier, self._beat = meter, stop, record, copier, beat
        fence = record.check_held if record is not None else lambda: None
        self._saver = Saver(run_path, attempt, engine, mesh, recipe.checkpoint, fence, self._saved)
        self._save_failure: str | None = None  # of the last save that ended

    def train(self, position: Position) -> tuple[int, str]:
        """Train from `position` on. Returns an exit status and its reason: FINISHED at the schedule's end or where a rule of `stop` ends
        the run, STOPPED where it was asked to stop before, or WORTH_A_RESTART where the last checkpoint could not be saved. Collective."""
        recipe, first_step = self._recipe, position.step
        last_step = recipe.schedule.total_steps
        stop_step = min(last_step, first_step + recipe.stop_after_steps) if recipe.stop_after_steps else last_step
        self._started, self._first_step = time.monotonic(), first_step
        self._meter.restart()
        stopping, ended = False, self._reason_to_end(position)
        self._look_for_copies()
        with self._batches_from(position.consumed_samples) as batches:
            while position.step < stop_step and not stopping and ended is None:
                self._beat(STEP if position.step > first_step else FIRST_STEP, position.step + 1)
                batch = next(batches)
                rate = learning_rate(position.step + 1, recipe.schedule)
                result, layers = self._take_step(position.step + 1, batch, rate)
                position.step += 1
                position.consumed_samples += batch.num_rows
                position.consumed_tokens += batch.num_real_tokens
                self._meter.add(batch.num_real_tokens)
                self._scoring.add(result)

                stopping, due, busy = any_rank(
                    self._mesh.device, self._stop.asked(), self._saver.is_due(position.step), self._saver.is_busy()
                )
                ended = self._reason_to_end(position)
                is_last = position.step == last_step or ended is not None
                scored, is_best = self._scoring.is_due(position.step, is_last), False
                if not result.applied:
                    self._skipped(position, batch, result)
                self._look_for_alerts(position, result)
                if layers is not None and self._record is not None:
                    self._record.metric({"step": position.step, "tokens": position.consumed_tokens, "layers": asdict(layers)})
                if position.step % recipe.log_every_steps == 0 or position.step == stop_step or stopping or is_last or scored:
                    self._log(position, batch, result, rate)
                if scored:
                    is_best = self._score(position, rate, is_last)
                    ended = self._reason_to_end(position)
                self._beat(SAVING, position.step)
                if not busy:
                    self._saver.advance()
                if due or (is_best and recipe.checkpoint.keep_best) or position.step == stop_step or stopping or ended is not None:
                    self._begin_save(position)
            self._beat(SAVING, position.step)
            self._saver.finish()
        if stopping and self._record is not None:
            self._stop.clear()
        if self._save_failure is not None:
            return WORTH_A_RESTART, f"the last checkpoint, of step {position.step}, could not be saved: {self._save_failure}"
        if ended is not None:
            return FINISHED, f"ended early by {ended}"
        return (FINISHED, "finished") if position.step >= last_step else (STOPPED, "stopped on request; the same command goes on")

    def finish_copies(self) -> None:
        """Wait for the second copies that are still to be made (rank 0; nothing elsewhere)."""
        if self._copier is not None:
            self._copier.finish()

    def _take_step(self, number: int, batch: StepBatch, rate: float) -> tuple[StepResult, LayerStatistics | None]:
        """Train step `number`; what goes on in its layers, where that is due."""

        def train() -> StepResult:
            return self._engine.train_step(batch, rate, self._saver.wait_copied)

        every_steps = self._recipe.statistics.every_steps
        if every_steps is None or number % every_steps:
            return train(), None
        return measure_step(self._engine, self._mesh, self._recipe, batch, rate, train)

    def _look_for_alerts(self, position: Position, result: StepResult) -> None:
        alerts, self._averages = look_at(result.loss, result.gradient_norm, self._averages, self._recipe.alerts)
        for alert in alerts:
            self._event("alert", step=position.step, **asdict(alert))
            if self._record is not None:
                above = "" if alert.limit is None else f", above {alert.limit:.4g}"
                logger.warning("step %s: alert %s: %.4g%s", f"{position.step:,}", alert.kind, alert.value, above)

    def _log(self, position: Position, batch: StepBatch, result: StepResult, rate: float) -> None:
        speed = self._meter.read()
        if self._record is None:
            return
        self._record.metric(
            {
                "step": position.step,
                "samples": position.consumed_samples,
                "tokens": position.consumed_tokens,
                "loss": result.loss,
                "gradient_norm": result.gradient_norm,
                "learning_rate": rate,
                **({"loss_scale": result.loss_scale} if self._recipe.precision == "fp16" else {}),
                "packing_efficiency": batch.packing_efficiency,
                **speed,
                "peak_memory_bytes": device_facts()["peak_memory_bytes"],
            }
        )
        total = self._recipe.schedule.total_steps
        seconds_left = (time.monotonic() - self._started) / (position.step - self._first_step) * (total - position.step)
        mfu = "" if speed["mfu"] is None else f"  MFU {speed['mfu']:.1%}"
        logger.info(
            "step %s/%s  loss %.4f  norm %.3f  lr %.2e  %s tokens/s%s  %s left",
            f"{position.step:,}",
            f"{total:,}",
            result.loss,
            result.gradient_norm,
            rate,
            f"{speed['tokens_per_second']:,.0f}",
            mfu,
            f"{seconds_left:,.0f} s" if seconds_left < 600 else f"{seconds_left / 3600:,.1f} h",
        )

    def _score(self, position: Position, rate: float, is_last: bool) -> bool:
        """Validate and evaluate as is due; whether the validation loss is the lowest so far."""
        self._beat(VALIDATION, position.step)
        is_best = self._scoring.run(position.step, position.consumed_tokens, rate, is_last)
        self._meter.restart()
        return is_best

    def _reason_to_end(self, position: Position) -> str | None:
        """Why the run ends here, before its schedule does; None where it goes on."""
        reason = self._scoring.reason_to_end(position.step, position.consumed_tokens)
        if reason is not None and self._copier is not None:
            self._copier.end_at(position.step)
        return reason

    def _skipped(self, position: Position, batch: StepBatch, result: StepResult) -> None:
        facts = {"step": position.step, "loss": result.loss, "gradient_norm": result.gradient_norm, "first_sample": batch.first_sample}
        self._event("update_skipped", **facts, loss_scale=result.loss_scale)
        if self._record is not None:
            samples = f"samples {batch.first_sample:,} to {batch.first_sample + batch.num_rows - 1:,}"
            logger.warning("step %s: a gradient was not finite, so its update was left out (%s)", f"{position.step:,}", samples)

    def _begin_save(self, position: Position) -> None:
        def describe() -> dict[str, Any]:
            return {
                "step": position.step,
                "consumed_samples": position.consumed_samples,
                "consumed_tokens": position.consumed_tokens,
                "probe_loss": self._engine.mean_loss(self._probe),
                "loss_scale": self._engine.loss_scale_state(),
                "history": self._scoring.history.state(),
                "averages": asdict(self._averages),
                "validation_loss": self._scoring.history.loss_after(position.step),
                "attempt": self._attempt,
                **self._describe(position.consumed_samples),
            }

        self._saver.begin(position.step, describe)
        self._meter.restart()

    def _saved(self, result: SaveResult) -> None:
        """Tell how a save ended."""
        self._save_failure = result.failure
        if self._record is None:
            return
        seconds, stall_seconds = round(result.seconds, 3), round(result.stall_seconds, 3)
        for problem in result.retried:
            self._event("save_retried", step=result.step, reason=problem)
            logger.warning("saving step %s went well at the second try only: %s", f"{result.step:,}", problem)
        if result.failure is None:
            self._event("saved", step=result.step, seconds=seconds, stall_seconds=stall_seconds)
            logger.info("saved checkpoint step-%07d in %.1f s, of which training waited %.1f s", result.step, seconds, stall_seconds)
            self._look_for_copies()
        else:
            self._event("save_failed", step=result.step, stall_seconds=stall_seconds, reason=result.failure)
            logger.warning("the checkpoint of step %s was given up: %s", f"{result.step:,}", result.failure)

    def _look_for_copies(self) -> None:
        if self._copier is not None:
            self._copier.look()

    def _event(self, name: str, **facts: Any) -> None:
        if self._record is not None:
            self._record.event(name, **facts)
