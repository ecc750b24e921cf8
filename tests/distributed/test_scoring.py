"""What a run is scored by while it trains: validation, evaluations, the rules that end it early, and the best checkpoint."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from engine_runs import destroy, join_mesh
from processes import run_processes
from whole_runs import ZERO, events_of, recipe_values

from medpretrain.checkpoint.format import read_state
from medpretrain.checkpoint.paths import checkpoints_directory, published_steps
from medpretrain.errors import InputErrors
from medpretrain.train.run import assemble
from medpretrain.train.run_directory import RunDirectory, read_json_lines
from medpretrain.train.settings import Recipe

pytestmark = pytest.mark.slow


def train_to_its_end(rank: int, world_size: int, values: dict[str, Any], run: Path, times: int = 1) -> list[tuple[int, str, int]]:
    """The same command several times in a row: exit status, reason, and steps done by this start, of each."""
    mesh = join_mesh(rank, world_size, values["parallel"]["tensor"])
    ends = []
    for _ in range(times):
        record = RunDirectory(run) if rank == 0 else None
        trainer, position = assemble(Recipe.model_validate(values), ZERO, "test", run, mesh, record, [])
        first_step = position.step
        code, reason = trainer.train(position)
        ends.append((code, reason, position.step - first_step))
        destroy(trainer._engine)
        if record is not None:
            record.close()
    return ends


def refused(rank: int, world_size: int, values: dict[str, Any], run: Path) -> list[str]:
    mesh = join_mesh(rank, world_size, 1)
    with pytest.raises(InputErrors) as caught:
        assemble(Recipe.model_validate(values), ZERO, "test", run, mesh, None, [])
    return [str(error) for error in caught.value.errors]


@pytest.fixture(scope="module")
def values(shards: Path) -> dict[str, Any]:
    """At this rate the loss falls for some steps and then rises."""
    return recipe_values(
        shards,
        precision="fp32",
        schedule={"total_steps": 40, "warmup_steps": 39, "peak_learning_rate": 5.0},
        validation={
            "every_steps": 3,
            "max_rows": 6,
            "evaluations_every_steps": 5,
            "evaluations": {"other": {"kind": "perplexity", "shards": str(shards.with_name("held_out")), "max_rows": 4}},
        },
        checkpoint={"every_steps": 1, "keep_newest": 1, "keep_every": 1000},
        stop={"max_steps": 7},
    )


def test_a_run_ends_by_its_rules_and_keeps_its_best_checkpoint_at_any_topology(values: dict[str, Any], tmp_path: Path) -> None:
    run = tmp_path / "run"
    first, again = run_processes(train_to_its_end, 2, tmp_path, values, run, 2)[0]
    assert (first[0], first[2]) == (0, 7)
    assert first[1].startswith("ended early by stop.max_steps: the budget of 7 steps is spent; the lowest validation loss, ")
    assert again == (0, first[1], 0), "the same command finds the run ended"
    other = {**values, "parallel": {"tensor": 1}, "stop": {"overfit_validations": 1, "no_improvement_tokens": 4000}}
    ((code, reason, _),) = run_processes(train_to_its_end, 2, tmp_path, other, run)[0]
    assert code == 0

    lines = read_json_lines(run / "metrics.jsonl")
    validations = {line["step"]: line for line in lines if "validation" in line}
    losses = {step: line["validation"]["loss"] for step, line in validations.items()}
    steps = [*range(3, max(losses) + 1, 3), 7]
    assert sorted(losses) == sorted(steps), "every third step, and the budget's last"
    best = min(losses, key=losses.__getitem__)
    assert best < max(losses), "the loss must rise in the end for this test to show anything"
    assert f"the lowest validation loss, {losses[best]:.4f}, is that of step {best}" in reason
    assert list(published_steps(checkpoints_directory(run))) == [best, max(losses)], "whatever was pruned"
    state = read_state(published_steps(checkpoints_directory(run))[best] / "state.json")
    assert state["validation_loss"] == losses[best]
    newest = read_state(published_steps(checkpoints_directory(run))[max(losses)] / "state.json")
    assert newest["averages"]["loss"]["count"] == max(losses), "of all steps of both topologies"
    assert {event["step"] for event in events_of(run, "validated") if event["is_lowest"]} == {
        step for step in losses if losses[step] < min((losses[before] for before in losses if before < step), default=float("inf"))
    }
    trained = {line["step"]: line for line in lines if "gradient_norm" in line}
    assert set(losses) <= set(trained)
    for before, step in zip([0, *sorted(losses)], sorted(losses), strict=False):
        since = [trained[number] for number in range(before + 1, step + 1)]  # over two starts and topologies, where one began in between
        assert validations[step]["train_loss"] == pytest.approx(sum(line["loss"] for line in since) / len(since), rel=1e-9)
        mean_norm = sum(line["gradient_norm"] for line in since) / len(since)
        assert validations[step]["mean_gradient_norm"] == pytest.approx(mean_norm, rel=1e-9)
        assert validations[step]["learning_rate"] == trained[step]["learning_rate"]
    evaluations = {line["step"]: line["evaluations"]["other"] for line in lines if "evaluations" in line}
    assert set(evaluations) == {*range(5, max(losses) + 1, 5), 7}
    for scores in evaluations.values():
        assert scores["score"] == -scores["loss"]
        assert sum(group["targets"] for group in scores["by_length_class"].values()) == scores["targets"]
        assert set(scores["by_length_class"]) <= {"short", "medium", "long"}


def test_what_cannot_be_evaluated_is_told_at_once(values: dict[str, Any], shards: Path, tmp_path: Path) -> None:
    evaluations = {
        "trained": {"kind": "perplexity", "shards": str(shards)},
        "absent": {"kind": "perplexity", "shards": str(tmp_path / "absent")},
    }
    wrong = {**values, "parallel": {"tensor": 1}, "validation": {**values["validation"], "evaluations": evaluations}}
    trained, absent = run_processes(refused, 1, tmp_path, wrong, tmp_path / "run")[0]
    assert trained.startswith(f"validation.evaluations.trained: {shards}: is both trained on and held out; expected held-out rows")
    assert absent.startswith(f"validation.evaluations.absent: {tmp_path / 'absent'}")
    ruled = {**wrong, "data": {**values["data"], "held_out": None}, "stop": {"overfit_validations": 1, "no_improvement_tokens": 4000}}
    found = run_processes(refused, 1, tmp_path, ruled, tmp_path / "run")[0]
    assert [error.split(":")[0] for error in found] == [
        "recipe key `stop.no_improvement_tokens`",
        "recipe key `stop.overfit_validations`",
    ]
