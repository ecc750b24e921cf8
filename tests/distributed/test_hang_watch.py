"""A job that hangs ends by itself, and says which rank the others waited for."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import pytest
from engine_runs import join_mesh
from processes import ProcessGroup
from whole_runs import ZERO, recipe_values, wait_for

from medpretrain.parallel.mesh import Mesh
from medpretrain.train.run import assemble
from medpretrain.train.run_directory import WORTH_A_RESTART, RunDirectory
from medpretrain.train.settings import Recipe
from medpretrain.train.watch import HangWatch

pytestmark = pytest.mark.slow

LIMIT_SECONDS = 4.0
VICTIM = 2


def train_hanging(rank: int, world_size: int, values: dict[str, Any], run: Path, hang: Callable[[], None]) -> None:
    """Rank VICTIM hangs before its step 3. Each rank that ends says so in a file of its own."""
    mesh: Mesh = join_mesh(rank, world_size, values["parallel"]["tensor"])
    record = RunDirectory(run) if rank == 0 else None
    recipe = Recipe.model_validate(values)

    def end(reason: str) -> NoReturn:
        (run / f"ended-{rank}").write_text(reason)
        os._exit(WORTH_A_RESTART)

    watch = HangWatch(recipe.watch, run, "1", mesh, end)
    trainer, position = assemble(recipe, ZERO, "test", run, mesh, record, [], watch.beat)
    if rank == VICTIM:
        train_step = trainer._engine.train_step

        def hanging(*arguments: Any) -> Any:
            if position.step == 2:
                (run / "hangs").touch()
                hang()
            return train_step(*arguments)

        trainer._engine.train_step = hanging  # type: ignore[method-assign]
    trainer.train(position)


def sleep_in_python() -> None:
    time.sleep(1000)


def stop_altogether() -> None:
    os.kill(os.getpid(), signal.SIGSTOP)


def run_until_hung(hang: Callable[[], None], shards: Path, directory: Path) -> tuple[Path, str]:
    """The run's directory, and with which words rank 0 ended. The others may lose it before they end with the same ones."""
    values = recipe_values(shards, watch={"first_step_seconds": 100, "step_seconds": LIMIT_SECONDS, "save_seconds": 50})
    run = directory / "run"
    with ProcessGroup(train_hanging, 4, directory, (values, run, hang)) as group:
        wait_for((run / "hangs").exists, group)
        deadline = time.monotonic() + LIMIT_SECONDS + 60
        while not (run / "ended-0").exists():
            assert time.monotonic() < deadline, "the job did not end within a minute of the limit"
            time.sleep(0.1)
    return run, (run / "ended-0").read_text()


def test_a_rank_that_does_not_reach_the_collective_is_named_with_where_it_stands(shards: Path, tmp_path: Path) -> None:
    run, reason = run_until_hung(sleep_in_python, shards, tmp_path)
    assert reason.startswith(
        f"a hang: no progress for {LIMIT_SECONDS:.0f} s in a step (step 3); rank {VICTIM} on host {os.uname().nodename} "
    )
    assert "did not reach the collective that others wait in: it stands in trainer.py line " in reason
    stacks = [(run / f"logs/hang-1/rank-{rank:05d}.stacks").read_text() for rank in range(4)]
    assert ["sleep_in_python" in text for text in stacks] == [False, False, True, False]
    assert all("in train_step" in text for text in stacks if "sleep_in_python" not in text)
    assert json.loads((run / "logs/hang-1/diagnosis.json").read_text())["ranks"] == [VICTIM]


def test_a_rank_that_cannot_speak_is_named_by_its_silence(shards: Path, tmp_path: Path) -> None:
    run, reason = run_until_hung(stop_altogether, shards, tmp_path)
    assert f"rank {VICTIM} on host {os.uname().nodename} gives no sign of life; stacks of all ranks are in {run}/logs/hang-1" in reason
    assert sorted(path.name for path in (run / "logs/hang-1").glob("*.json")) == [
        "diagnosis.json",
        *(f"rank-{rank:05d}.json" for rank in (0, 1, 3)),
    ]
