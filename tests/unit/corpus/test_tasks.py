"""Stages as lists of tasks: what is done is not done again, how far a task is, what stages cost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from medpretrain.corpus import tasks
from medpretrain.corpus.tasks import MARKER_SUFFIX, Result, Task, Workers, file_of, tell


def write_and_tell(scratch: Path, *amounts: int) -> Result:
    for amount in amounts:
        tell(amount)
    (scratch / "out.txt").write_text(str(amounts))
    return {"sum": sum(amounts)}


class Recorder:
    """In place of the progress bar: what it was told."""

    advances: list[int]

    def __init__(self, *_: Any, **__: Any) -> None:
        Recorder.advances = []

    def __enter__(self) -> Recorder:
        return self

    def __exit__(self, *_: Any) -> None:
        return

    def advance(self, amount: int) -> None:
        Recorder.advances.append(amount)


@pytest.mark.parametrize(
    ("told", "advances"),
    [((), [0, 10]), ((3, 4), [0, 3, 4, 3]), ((3, 40, 1), [0, 3, 7, 0, 0])],  # what a task says too much of is not counted
)
def test_a_task_tells_how_far_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: tuple[int, ...], advances: list[int]) -> None:
    monkeypatch.setattr(tasks, "Progress", Recorder)
    with Workers(1) as workers:
        workers.run(tmp_path, "stage", [Task("one", "id", write_and_tell, told, 10)])
    assert [advance for advance in Recorder.advances if advance] == [advance for advance in advances if advance]


def test_processes_tell_it_too_and_the_next_stage_begins_at_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "Progress", Recorder)
    with Workers(2) as workers:
        for stage in ("first", "second"):
            named = [Task(str(number), stage, write_and_tell, (number, 1), 10) for number in range(5)]
            assert workers.run(tmp_path, stage, named)["3"] == {"sum": 4}
            assert sum(Recorder.advances) == 50
        assert workers.run(tmp_path, "second", named)["3"] == {"sum": 4}
        assert Recorder.advances == [50]


def test_costs_are_those_of_the_tasks_that_were_asked_for(tmp_path: Path) -> None:
    with Workers(1) as workers:
        workers.run(tmp_path, "stage", [Task(name, "old", write_and_tell, (1,)) for name in ("a", "b", "c")])
    with Workers(1) as workers:
        workers.run(tmp_path, "stage", [Task("a", "old", write_and_tell, (1,)), Task("b", "new", write_and_tell, (2,))])
    assert workers.costs["stage"]["tasks"] == 2
    assert workers.costs["stage"]["seconds"] > 0
    assert workers.costs["stage"]["peak_bytes"] > 1 << 20


@pytest.mark.parametrize("harm", ["a byte less", "no file", "another identity", "half a marker"])
def test_a_task_whose_files_or_marker_are_not_as_it_left_them_runs_again(tmp_path: Path, harm: str) -> None:
    task = Task("a", "id", write_and_tell, (7,))
    with Workers(1) as workers:
        workers.run(tmp_path, "stage", [task])
        made, marker = file_of(tmp_path, "stage", "a", "out.txt"), tmp_path / "stage" / f"a{MARKER_SUFFIX}"
        if harm == "a byte less":
            made.write_bytes(made.read_bytes()[:-1])
        elif harm == "no file":
            made.unlink()
        elif harm == "another identity":
            task = Task("a", "other", write_and_tell, (7,))
            made.write_text("old")
        else:
            marker.write_bytes(marker.read_bytes()[:20])
            made.write_text("old")
        workers.run(tmp_path, "stage", [task])
    assert made.read_text() == "(7,)"
