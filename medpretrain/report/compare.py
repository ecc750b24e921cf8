"""Runs beside each other: how steady each was, by its gradient norms, with its clipping and its learning rate (000-70)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from medpretrain.log import without_nan
from medpretrain.manifest import write_atomically, write_json
from medpretrain.report.reading import read_run

LAST_LINES = 10  # whose mean is the loss that a run came to
NUMBERS, PICTURE = "stability.json", "stability.png"


def stability_analysis(runs: Sequence[Path], out: Path | None = None) -> dict[str, Any]:
    """Compare runs by their records, and write NUMBERS and PICTURE into `out` where it is given.

    Returns:
        `runs`, of each its learning rate, its loss over the last logged steps and its norms (see `stability.norm_statistics`); and
        `picture`, its path. Raises InputError where one is no run, or there is a picture to draw and matplotlib is not installed.
    """
    rows, curves = [], []
    for run in runs:
        summary, config = read_run(run)
        losses = summary.kept["loss"][-LAST_LINES:]
        rows.append(
            {
                "run": run.resolve().name,
                "peak_learning_rate": config.get("schedule", {}).get("peak_learning_rate"),
                "clip_norm": config.get("optimizer", {}).get("clip_norm"),
                "final_loss": float(losses.mean()) if len(losses) and np.isfinite(losses).all() else None,
                **summary.stability,
            }
        )
        curves.append(summary.kept)
    result: dict[str, Any] = {"runs": rows, "picture": None}
    if out is not None:
        from medpretrain.report import figures

        out.mkdir(parents=True, exist_ok=True)
        result["picture"] = str(out / PICTURE)
        write_atomically(out / PICTURE, figures.comparison(rows, curves))
        write_json(out / NUMBERS, without_nan(result))
    return result
