"""Where the checkpoints of a run lie. A published one is `step-0001000`; what begins with a dot is not one, or not yet, or no more."""

from __future__ import annotations

import re
from pathlib import Path

_STEP = re.compile(r"step-(\d{7,})")


def checkpoints_directory(run_dir: Path) -> Path:
    return run_dir / "checkpoints"


def step_directory(run_dir: Path, step: int) -> Path:
    """Where the checkpoint of `step` is published."""
    return checkpoints_directory(run_dir) / f"step-{step:07d}"


def staging_directory(run_dir: Path, step: int, attempt: int) -> Path:
    """Where the checkpoint of `step` is written before it is published; the same on all ranks of an attempt."""
    return checkpoints_directory(run_dir) / f".step-{step:07d}.{attempt}.tmp"


def replaced_directory(final_dir: Path) -> Path:
    """Where a published checkpoint waits while another of the same step takes its place."""
    return final_dir.with_name(f".{final_dir.name}.replaced")


def removed_directory(final_dir: Path) -> Path:
    """The name under which a checkpoint is deleted, so that half of one is never seen as one."""
    return final_dir.with_name(f".{final_dir.name}.removed")


def step_of(directory: Path) -> int | None:
    """The step of a published checkpoint's directory, from its name; None for any other name."""
    match = _STEP.fullmatch(directory.name)
    return int(match[1]) if match else None


def published_steps(checkpoints_dir: Path) -> dict[int, Path]:
    """Step -> directory, oldest first. By name alone: whether one is whole is for verify.py to say."""
    if not checkpoints_dir.is_dir():
        return {}
    found = {step: path for path in checkpoints_dir.iterdir() if (step := step_of(path)) is not None and path.is_dir()}
    return dict(sorted(found.items()))
