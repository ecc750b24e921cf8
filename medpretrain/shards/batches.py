"""How many rows each step takes: one number, or one that grows in stages, as a pure function of the samples consumed before the step."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class BatchSizes:
    """Rows of every step of a run (002-53). It knows no rank: any number of replicas takes the same steps, and a resumed run goes on with
    the consumed samples alone.

    Attributes:
        final_rows: of a step after the last stage, so of every step where there are no stages.
        stages: (the first sample behind the stage, rows of its steps), in order. A stage's last step may reach over its end.
    """

    final_rows: int
    stages: tuple[tuple[int, int], ...] = ()

    def rows_at(self, first_sample: int) -> int:
        """Rows of the step that begins with this sample."""
        return next((rows for end, rows in self.stages if first_sample < end), self.final_rows)

    def starts(self) -> list[tuple[int, int, int]]:
        """(steps before it, samples before it, rows of its steps) of each stage, and of what follows the last one. A stage that an
        earlier one's last step has reached over has as many steps before it as the next."""
        step = sample = 0
        found = []
        for end, rows in self.stages:
            found.append((step, sample, rows))
            num_steps = max(0, -(-(end - sample) // rows))
            step, sample = step + num_steps, sample + num_steps * rows
        return [*found, (step, sample, self.final_rows)]

    def samples_before(self, step: int) -> int:
        """Samples that this many steps from the start consume."""
        first_step, first_sample, rows = next(start for start in reversed(self.starts()) if start[0] <= step)
        return first_sample + (step - first_step) * rows
