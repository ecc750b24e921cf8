"""Which checkpoints stay (002-70, 002-124): the newest few, every n-th save for good, and the one with the lowest validation loss.

"Every n-th" is counted by `save_number`, the ordinal of a save in its run, which `state.json` carries: 1 for the first, else one more
than the newest older checkpoint's. So the rule is decided by the directory alone, does not change while old ones vanish, and holds
when the save interval changes or a run saves between two intervals because it was asked to stop. The same goes for the lowest loss:
`state.json` carries the `validation_loss` of its own step, where that step was validated.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from medpretrain.checkpoint.find import find_newest
from medpretrain.checkpoint.format import STATE_NAME
from medpretrain.checkpoint.marker import MARKER_NAME
from medpretrain.checkpoint.paths import checkpoints_directory, published_steps, removed_directory, step_directory, step_of
from medpretrain.checkpoint.settings import CheckpointSettings
from medpretrain.log import logger
from medpretrain.manifest import fsync_directory

Fence = Callable[[], None]  # raises where this attempt no longer holds the run, so that it changes nothing of a later one


def steps_to_remove(save_numbers: Mapping[int, int], keep_newest: int = 5, keep_every: int = 10, best: int | None = None) -> list[int]:
    """The steps (ascending) that retention gives up, of checkpoints given as step -> save number. `best`: a step that stays."""
    kept = {*sorted(save_numbers)[-keep_newest:], best}
    return [step for step in sorted(save_numbers) if step not in kept and save_numbers[step] % keep_every != 0]


def next_save_number(final_dir: Path) -> int:
    """The save number of the checkpoint that is to appear as `final_dir`."""
    step = step_of(final_dir)
    assert step is not None, f"{final_dir} is not named like a checkpoint"
    numbers = save_numbers(final_dir.parent)
    return 1 + max((number for older, number in numbers.items() if older < step), default=0)


def removable(
    run_dir: Path, keep_newest: int = 5, keep_every: int = 10, keep_best: bool = True, newest_verified: Path | None = None
) -> list[Path]:
    """The checkpoints that retention gives up, oldest first. `keep_best`: not the one with the lowest validation loss.

    Never among them: the newest checkpoint that verifies (`newest_verified` where the caller knows it, else it is looked for, which reads
    it whole; when none verifies, nothing is given up), one being written, and one without marker or readable state, which is nobody's
    to count and is left to be looked at. Nor are those newer than the newest that verifies counted or given up: they are damaged, and must
    not push out the sound ones.
    """
    checkpoints_dir = checkpoints_directory(run_dir)
    states = _states(checkpoints_dir)

    def given_up() -> list[int]:
        numbers = {step: state["save_number"] for step, state in states.items()}
        return steps_to_remove(numbers, keep_newest, keep_every, best_of(states) if keep_best else None)

    if not given_up():
        return []
    protected = newest_verified or find_newest(run_dir)[0]
    if protected is None:
        logger.warning("%s: no checkpoint verifies, so none is removed", checkpoints_dir)
        return []
    newest_step = step_of(protected)
    assert newest_step is not None, f"{protected} is not named like a checkpoint"
    states = {step: state for step, state in states.items() if step <= newest_step}
    return [step_directory(run_dir, step) for step in given_up()]


def prune(
    run_dir: Path,
    keep_newest: int = 5,
    keep_every: int = 10,
    keep_best: bool = True,
    newest_verified: Path | None = None,
    fence: Fence = lambda: None,
) -> list[Path]:
    """Remove what is `removable` and return the directories. Each is renamed to a hidden name first, then deleted; one that cannot be
    deleted is left, with a warning. `fence` is called before each, and raises where this attempt no longer holds the run."""
    removed = []
    for path in removable(run_dir, keep_newest, keep_every, keep_best, newest_verified):
        fence()
        try:
            os.rename(path, removed_directory(path))
            fsync_directory(path.parent)
            shutil.rmtree(removed_directory(path))
        except OSError as error:
            logger.warning("%s: could not be removed (%s)", path, error)
        else:
            removed.append(path)
    return removed


def retention_of(run_dir: Path) -> dict[str, int]:
    """`keep_newest`, `keep_every` and `keep_best` as the run's newest readable checkpoint was saved with; empty where it does not say."""
    for path in reversed(published_steps(checkpoints_directory(run_dir)).values()):
        try:
            settings = CheckpointSettings.model_validate(_state_of(path)["recipe"]["checkpoint"])
        except (ValueError, KeyError, TypeError):
            continue
        return {key: getattr(settings, key) for key in ("keep_newest", "keep_every", "keep_best")}
    return {}


def save_numbers(checkpoints_dir: Path) -> dict[int, int]:
    """Step -> save number of the checkpoints that have a marker and a readable state."""
    return {step: state["save_number"] for step, state in _states(checkpoints_dir).items()}


def best_of(states: Mapping[int, Mapping[str, Any]]) -> int | None:
    """The step whose own validation loss is the lowest, the earlier of two equal ones, of checkpoints given as step -> state; None where
    none has one."""
    losses = {step: loss for step, state in sorted(states.items()) if (loss := state.get("validation_loss")) is not None}
    return min(losses, key=losses.__getitem__, default=None)


def _states(checkpoints_dir: Path) -> dict[int, dict[str, Any]]:
    """Step -> state of the checkpoints that have a marker and a readable, numbered state, oldest first."""
    states = ((step, path, _state_of(path)) for step, path in published_steps(checkpoints_dir).items())
    return {step: state for step, path, state in states if (path / MARKER_NAME).is_file() and isinstance(state.get("save_number"), int)}


def _state_of(path: Path) -> dict[str, Any]:
    """A checkpoint's state; empty where it cannot be read."""
    try:
        state = json.loads((path / STATE_NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return state if isinstance(state, dict) else {}
