"""What stands in a run's directory -> its numbers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from medpretrain.cluster.ledger import read_records
from medpretrain.config import read_yaml
from medpretrain.report.summary import Summary, summarise
from medpretrain.train.run_directory import CONFIG_NAME, OUTCOME_NAME


def read_run(run: Path) -> tuple[Summary, dict[str, Any]]:
    """A run's numbers so far, and its config.yaml (empty before it is there). Raises InputError where there is no run."""
    records = read_records(run)
    config = read_yaml(run / CONFIG_NAME) if (run / CONFIG_NAME).exists() else {}
    return summarise(records, config, _read_json(run / "environment.json"), _read_json(run / OUTCOME_NAME)), config


def _read_json(path: Path) -> dict[str, Any]:
    """A JSON file of the run; empty where it is not there (yet, or no more: a start removes the outcome of the one before)."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    return json.loads(text)
