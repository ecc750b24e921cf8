"""launch/pretrain.sbatch in a real Slurm: whatever happens to the job, the run is the one that nothing happened to."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from lab import Lab, wait_until
from runs import OFTEN, REPOSITORY, events, hosts, losses, outcome, undisturbed_losses, wait_for_step, words

from medpretrain.cluster.ledger import run_ledger

pytestmark = pytest.mark.cluster

NUM_STEPS = 40


@pytest.fixture(scope="module")
def undisturbed(lab_is_possible: None, shards: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[int, float]:
    """The losses of the run on one machine, never stopped."""
    return undisturbed_losses(tmp_path_factory.mktemp("one") / "run", shards, NUM_STEPS)


@pytest.fixture
def submit(lab: Lab, shards: Path, run: Path) -> Callable[..., int]:
    """submit(*sbatch's options, overrides=...) -> the number of a job of two nodes with two processes each."""

    def submit(*options: str, overrides: tuple[str, ...] = (), env: dict[str, str] | None = None) -> int:
        size = ["--nodes=2", "--gpus-per-node=2", "--cpus-per-gpu=1", f"--output={run.parent}/%j.log"]
        command = [*size, *options, "launch/pretrain.sbatch", *words(run, shards, OFTEN, *overrides, num_steps=NUM_STEPS)]
        return lab.sbatch(*command, cwd=REPOSITORY, env=env)

    return submit


def check_whole(run: Path, undisturbed: dict[int, float], attempts: int) -> None:
    """The run ended after its last step, in so many attempts, with the losses of the one that nothing happened to."""
    said = "\n".join(path.read_text() for path in run.parent.glob("*.log"))
    assert outcome(run) == {"code": 0, "reason": "finished", "step": NUM_STEPS, "attempt": attempts}, said
    assert losses(run) == pytest.approx(undisturbed, rel=1e-6)
    assert said.count(" starting on node") == attempts, "each start's log stands below the last one's"


def test_a_job_that_nothing_happens_to(
    lab: Lab, run: Path, submit: Callable[..., int], undisturbed: dict[int, float], tmp_path: Path
) -> None:
    job = submit()
    assert lab.wait_for_job(job, "COMPLETED")["ExitCode"] == "0:0"
    check_whole(run, undisturbed, attempts=1)
    assert hosts(run) == ["node1", "node1", "node2", "node2"]


def test_when_the_time_is_nearly_over_the_run_saves_and_the_job_is_requeued(
    lab: Lab, run: Path, submit: Callable[..., int], undisturbed: dict[int, float]
) -> None:
    job = submit()
    wait_for_step(run, 7)
    lab.exec_on("head", ["scancel", "--batch", "--signal=USR1", str(job)])
    lab.wait_for_job(job, "RUNNING", restarts=1)
    [stopped] = events(run, "stopped")
    wait_for_step(run, stopped["step"] + 3)
    for _ in range(2):  # twice, as Slurm may send it
        lab.exec_on("head", ["scancel", "--batch", "--signal=USR1", str(job)])
    lab.wait_for_job(job, "COMPLETED", restarts=2)
    check_whole(run, undisturbed, attempts=3)
    first, second = events(run, "stopped")
    assert [event["step"] for event in events(run, "resumed")] == [first["step"], second["step"]], "no step was done twice"


def test_slurm_itself_tells_when_the_time_is_nearly_over(lab: Lab, run: Path, submit: Callable[..., int]) -> None:
    # Slurm sends it up to a minute early: so 30 to 90 s after the start, when the run trains even on a busy machine.
    job = submit("--time=2", "--signal=B:USR1@30", overrides=("schedule.total_steps=100000",))
    lab.wait_for_job(job, "RUNNING", restarts=1, seconds=150)
    wait_until(lambda: len(events(run, "started", "resumed")) == 2, "the run to resume", seconds=60)
    [stopped] = events(run, "stopped")
    assert [event["step"] for event in events(run, "resumed")] == [stopped["step"]]
    lab.exec_on("head", ["scancel", str(job)])


def test_a_job_that_is_requeued_saves_and_resumes(lab: Lab, run: Path, submit: Callable[..., int], undisturbed: dict[int, float]) -> None:
    job = submit()
    wait_for_step(run, 7)
    lab.exec_on("head", ["scontrol", "requeue", str(job)])
    lab.wait_for_job(job, "COMPLETED", restarts=1)
    check_whole(run, undisturbed, attempts=2)
    assert [event["step"] for event in events(run, "resumed")] == [event["step"] for event in events(run, "stopped")]


def test_a_job_that_is_preempted_saves_and_resumes(lab: Lab, run: Path, submit: Callable[..., int], undisturbed: dict[int, float]) -> None:
    job = submit()
    wait_for_step(run, 7)
    lab.exec_on("head", ["srun", "--partition=urgent", "--nodes=4", "--exclusive", "sleep", "2"], timeout=120)
    lab.wait_for_job(job, "COMPLETED", restarts=1)
    check_whole(run, undisturbed, attempts=2)
    assert [event["step"] for event in events(run, "resumed")] == [event["step"] for event in events(run, "stopped")]


@pytest.mark.parametrize("lost", ["node1", "node2"])  # the first of them runs the batch script
def test_a_node_without_power_is_left_behind(
    lost: str, lab: Lab, run: Path, submit: Callable[..., int], undisturbed: dict[int, float]
) -> None:
    job = submit()
    wait_for_step(run, 7)
    lab.powercut(lost)
    lab.wait_for_job(job, "COMPLETED", restarts=1)
    check_whole(run, undisturbed, attempts=2)
    assert lost not in hosts(run)
    assert [event["step"] for event in events(run, "resumed")] == [5]
    assert [attempt["ended_by"] for attempt in run_ledger(run)["attempts"]] == [f"lost host {lost}", "finished"]
    log = (run / "logs" / "rank-00002.log").read_text()
    assert "[attempt 1, node2, rank 2]" in log
    assert f"[attempt 2, {hosts(run)[2]}, rank 2]" in log


def test_a_job_of_three_nodes_goes_on_with_two(lab: Lab, run: Path, submit: Callable[..., int], undisturbed: dict[int, float]) -> None:
    job = submit("--nodes=2-3", "--exclude=node4")
    wait_for_step(run, 7)
    assert hosts(run) == ["node1", "node1", "node2", "node2", "node3", "node3"]
    lab.powercut("node3")
    lab.wait_for_job(job, "COMPLETED", restarts=1)
    check_whole(run, undisturbed, attempts=2)
    assert hosts(run) == ["node1", "node1", "node2", "node2"]
    [resumed] = events(run, "resumed")
    assert (resumed["written_by"]["dp"], resumed["topology"]["dp"]) == (3, 2)


def test_a_job_that_is_not_to_be_killed_goes_on_at_once_on_the_nodes_that_are_left(
    lab: Lab, run: Path, submit: Callable[..., int], undisturbed: dict[int, float]
) -> None:
    job = submit("--no-kill")
    wait_for_step(run, 7)
    lab.powercut("node2")
    lab.wait_for_job(job, "COMPLETED")
    check_whole(run, undisturbed, attempts=2)
    assert hosts(run) == ["node1", "node1"]
    assert [attempt["ended_by"] for attempt in run_ledger(run)["attempts"]] == ["lost host node2", "finished"]


@pytest.mark.parametrize("lost", ["node1", "node2"])
def test_a_node_that_is_cut_off_and_lives_on_does_no_harm(
    lost: str, lab: Lab, run: Path, submit: Callable[..., int], undisturbed: dict[int, float]
) -> None:
    """Its ranks, and on the first node the supervisor too, have the run's files before them as on a real parallel file system they would
    not: they end by their watch, and the requeued job waits for that."""
    job = submit(overrides=("watch.step_seconds=8",))
    wait_for_step(run, 7)
    lab.cut(lost)
    lab.wait_for_job(job, "COMPLETED", restarts=1, seconds=200)
    assert outcome(run)["code"] == 0
    assert losses(run) == pytest.approx(undisturbed, rel=1e-6)
    assert lost not in hosts(run)


def test_a_job_that_is_told_to_end_saves_first(lab: Lab, run: Path, submit: Callable[..., int]) -> None:
    job = submit()
    wait_for_step(run, 7)
    lab.exec_on("head", ["scancel", "--full", "--signal=TERM", str(job)])  # to the batch script too
    assert lab.wait_for_job(job, "FAILED")["ExitCode"] == "75:0"
    [stopped] = events(run, "stopped")
    assert (run / f"checkpoints/step-{stopped['step']:07d}").is_dir()


def test_lost_processes_are_started_again_on_the_spot(
    lab: Lab, run: Path, submit: Callable[..., int], undisturbed: dict[int, float]
) -> None:
    job = submit()
    for attempt, step in ((1, 7), (2, 17)):
        wait_for_step(run, step)
        processes = ["pkill", "-KILL", "--newest", "--full", "launch/pretrain.py"]  # of that host alone
        lab.exec_on("node2", processes)
        wait_until(lambda attempt=attempt: len(events(run, "started", "resumed")) == attempt + 1, "the next attempt", seconds=60)
    lab.wait_for_job(job, "COMPLETED")
    check_whole(run, undisturbed, attempts=3)


def test_a_run_that_gets_nowhere_is_given_up(lab: Lab, run: Path, submit: Callable[..., int]) -> None:
    run.mkdir()
    (run / "checkpoints").write_text("in the way")  # the last checkpoint cannot be saved: worth a restart
    job = submit(overrides=("schedule.total_steps=2",), env={"MAX_RESTARTS": "1"})
    assert lab.wait_for_job(job, "FAILED")["ExitCode"] == "76:0"
    assert outcome(run)["code"] == 76
    said = (run.parent / f"{job}.log").read_text()
    assert "given up after 2 failures in a row without a new checkpoint; all attempts:" in said
    assert said.count(" starting on node1, node2: ") == 2


def test_wrong_settings_end_the_job_at_once(lab: Lab, run: Path, submit: Callable[..., int]) -> None:
    job = submit(overrides=("model.num_heads=7",))
    assert lab.wait_for_job(job, "FAILED")["ExitCode"] == "2:0"
    said = (run.parent / f"{job}.log").read_text()
    assert "num_heads 7 with num_kv_heads" in said
    assert " starting on " not in said


def test_a_run_that_somebody_stops_stays_stopped(lab: Lab, run: Path, submit: Callable[..., int]) -> None:
    job = submit()
    wait_for_step(run, 3)
    (run / "stop").touch()
    assert lab.wait_for_job(job, "FAILED")["ExitCode"] == "75:0"
    assert outcome(run)["code"] == 75


def test_words_without_a_run_are_refused(lab: Lab, tmp_path: Path) -> None:
    job = lab.sbatch(
        "--gpus-per-node=2",
        "--cpus-per-gpu=1",
        f"--output={tmp_path}/log",
        "launch/pretrain.sbatch",
        "--recipe",
        "tiny-cpu",
        cwd=REPOSITORY,
    )
    assert lab.wait_for_job(job, "FAILED")["ExitCode"] == "2:0"
    assert "has no --run; expected a recipe and the run's directory; add --run" in (tmp_path / "log").read_text()
