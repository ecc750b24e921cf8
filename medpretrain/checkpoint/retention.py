"""Which checkpoints stay (002-70): the newest few, and every n-th save for good.

"Every n-th" is counted by `save_number`, the ordinal of a save in its run, which `state.json` carries: 1 for the first, else one more
than the newest older checkpoint's. So the rule is decided by the directory alone, does not change while old ones vanish, and holds
when the save interval changes or a run saves between two intervals because it was asked to stop.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from medpretrain.checkpoint.find import find_newest
from medpretrain.checkpoint.format import STATE_NAME
from medpretrain.checkpoint.marker import MARKER_NAME
from medpretrain.checkpoint.paths import checkpoints_directory, published_steps, removed_directory, step_directory, step_of
from medpretrain.log import logger
from medpretrain.manifest import fsync_directory

Fence = Callable[[], None]  # raises where this attempt no longer holds the run, so that it changes nothing of a later one


def steps_to_remove(save_numbers: Mapping[int, int], keep_newest: int = 5, keep_every: int = 10) -> list[int]:
    """The steps (ascending) that retention gives up, of checkpoints given as step -> save number."""
    newest = sorted(save_numbers)[-keep_newest:]
    return [step for step in sorted(save_numbers) if step not in newest and save_numbers[step] % keep_every != 0]


def next_save_number(final_dir: Path) -> int:
    """The save number of the checkpoint that is to appear as `final_dir`."""
    step = step_of(final_dir)
    assert step is not None, f"{final_dir} is not named like a checkpoint"
    numbers = save_numbers(final_dir.parent)
    return 1 + max((number for older, number in numbers.items() if older < step), default=0)


def removable(run_dir: Path, keep_newest: int = 5, keep_every: int = 10, newest_verified: Path | None = None) -> list[Path]:
    """The checkpoints that retention gives up, oldest first.

    Never among them: the newest checkpoint that verifies (`newest_verified` where the caller knows it, else it is looked for, which reads
    it whole; when none verifies, nothing is given up), one being written, and one without marker or readable state, which is nobody's
    to count and is left to be looked at. Nor are those newer than the newest that verifies counted or given up: they are damaged, and must
    not push out the sound ones.
    """
    checkpoints_dir = checkpoints_directory(run_dir)
    numbers = save_numbers(checkpoints_dir)
    if not steps_to_remove(numbers, keep_newest, keep_every):
        return []
    protected = newest_verified or find_newest(run_dir)[0]
    if protected is None:
        logger.warning("%s: no checkpoint verifies, so none is removed", checkpoints_dir)
        return []
    newest_step = step_of(protected)
    assert newest_step is not None, f"{protected} is not named like a checkpoint"
    counted = {step: number for step, number in numbers.items() if step <= newest_step}
    return [step_directory(run_dir, step) for step in steps_to_remove(counted, keep_newest, keep_every)]


def prune(
    run_dir: Path, keep_newest: int = 5, keep_every: int = 10, newest_verified: Path | None = None, fence: Fence = lambda: None
) -> list[Path]:
    """Remove what is `removable` and return the directories. Each is renamed to a hidden name first, then deleted; one that cannot be
    deleted is left, with a warning. `fence` is called before each, and raises where this attempt no longer holds the run."""
    removed = []
    for path in removable(run_dir, keep_newest, keep_every, newest_verified):
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
    """`keep_newest` and `keep_every` as the run's newest readable checkpoint was saved with; empty where it does not say."""
    for path in reversed(published_steps(checkpoints_directory(run_dir)).values()):
        try:
            settings = json.loads((path / STATE_NAME).read_text(encoding="utf-8"))["recipe"]["checkpoint"]
            return {key: int(settings[key]) for key in ("keep_newest", "keep_every")}
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return {}


def save_numbers(checkpoints_dir: Path) -> dict[int, int]:
    """Step -> save number of the checkpoints that have a marker and a readable state."""
    numbers = {}
    for step, path in published_steps(checkpoints_dir).items():
        try:
            number = json.loads((path / STATE_NAME).read_text(encoding="utf-8"))["save_number"]
        except (OSError, ValueError, KeyError, TypeError):
            continue
        if (path / MARKER_NAME).is_file() and isinstance(number, int):
            numbers[step] = number
    return numbers
