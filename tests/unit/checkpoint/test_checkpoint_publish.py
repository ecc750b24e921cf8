"""A checkpoint appears whole or not at all; what is missing or doubled is refused; older ones are left alone (D-09)."""

import dataclasses
import errno
import os

import pytest
import torch
from simulated_ranks import PARAMETERS, Topology, held_by_rank, make_model, rng_of, save, write_ranks

from medpretrain.checkpoint import writer
from medpretrain.checkpoint.completeness import CheckpointIncomplete, check_complete
from medpretrain.checkpoint.find import find_newest
from medpretrain.checkpoint.format import HeldSlice, LogicalShape, SliceHeader
from medpretrain.checkpoint.paths import published_steps, replaced_directory, staging_directory, step_directory
from medpretrain.checkpoint.reader import CheckpointReader
from medpretrain.checkpoint.retention import prune
from medpretrain.checkpoint.verify import verify_checkpoint
from medpretrain.checkpoint.writer import clean_staging, discard, publish, write_rank
from medpretrain.errors import RunTakenOver

COLUMN = LogicalShape("column", (4, 3), 0)
TOPOLOGY = Topology(2, 2)


def names_of_published(run_dir) -> list[str]:
    return [path.name for path in published_steps(run_dir / "checkpoints").values()]


def cut(held: HeldSlice, start: int, end: int) -> HeldSlice:
    """The slice without its elements before `start` and from `end` on."""
    values = {key: value[start:end].clone() for key, value in held.values.items()}
    return dataclasses.replace(held, offset=held.offset + start, length=end - start, values=values)


def lose_last_element(ranks):
    ranks[1][1] = cut(ranks[1][1], 0, ranks[1][1].length - 1)


def lose_a_slice(ranks):
    del ranks[3][3]


def lose_a_parameter_everywhere(ranks):
    for slices in ranks:
        slices[2] = cut(slices[2], 0, 0)


def double_a_replicated_parameter(ranks):
    ranks[1].append(dataclasses.replace(ranks[0][5], tp_rank=1))


def double_an_element(ranks):
    held = ranks[2][1]
    values = {key: torch.cat([value[:1], value]) for key, value in held.values.items()}
    ranks[2][1] = dataclasses.replace(held, offset=held.offset - 1, length=held.length + 1, values=values)


def disagree_on_the_step(ranks):
    ranks[3][0].step += 1


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (lose_last_element, "column.weight, shard 1 of 2: elements 14 to 14 are missing"),
        (lose_a_slice, "row.weight, shard 1 of 2: elements 14 to 27 are missing"),
        (lose_a_parameter_everywhere, "column.bias, shard 0 of 2: elements 0 to 3 are missing"),
        (double_a_replicated_parameter, "norm.weight, shard 0 of 1: elements 0 to 5 are there more than once"),
        (double_an_element, "column.weight, shard 0 of 2: elements 14 to 14 are there more than once"),
        (disagree_on_the_step, "embedding.weight: the ranks disagree on its optimizer step"),
    ],
)
def test_publish_refuses_what_is_not_whole(tmp_path, harm, message):
    older = save(tmp_path, 10)
    ranks = held_by_rank(TOPOLOGY, make_model(20))
    harm(ranks)
    staging = staging_directory(tmp_path, 20, 1)
    reports = write_ranks(staging, ranks)
    with pytest.raises(CheckpointIncomplete, match=message):
        publish(staging, step_directory(tmp_path, 20), reports, {"step": 20})
    assert names_of_published(tmp_path) == ["step-0000010"]
    assert find_newest(tmp_path) == (older, [])


@pytest.mark.parametrize(
    ("choose", "message"),
    [
        (lambda reports: reports[:-1], r"elements .* are missing"),
        (lambda reports: [reports[0], reports[2], reports[3]], r"reports are of ranks \[0, 2, 3\]"),
        (lambda reports: [*reports, reports[0]], r"reports are of ranks \[0, 0, 1, 2, 3\]"),
    ],
)
def test_publish_refuses_a_missing_or_doubled_rank(tmp_path, choose, message):
    staging = staging_directory(tmp_path, 20, 1)
    reports = write_ranks(staging, held_by_rank(TOPOLOGY, make_model()))
    with pytest.raises(CheckpointIncomplete, match=message):
        publish(staging, step_directory(tmp_path, 20), choose(reports), {"step": 20})
    assert names_of_published(tmp_path) == []


def test_publish_refuses_a_file_that_rank_0_cannot_see(tmp_path):
    staging = staging_directory(tmp_path, 20, 1)
    reports = write_ranks(staging, held_by_rank(TOPOLOGY, make_model()))
    (staging / "rank-00002.safetensors").unlink()
    with pytest.raises(CheckpointIncomplete, match=r"rank-00002.safetensors: is not there .* all hosts share"):
        publish(staging, step_directory(tmp_path, 20), reports, {"step": 20})
    assert names_of_published(tmp_path) == []


def test_publish_refuses_a_state_that_cannot_be_written(tmp_path):
    staging = staging_directory(tmp_path, 20, 1)
    reports = write_ranks(staging, held_by_rank(TOPOLOGY, make_model()))
    with pytest.raises(TypeError, match="not JSON serializable"):
        publish(staging, step_directory(tmp_path, 20), reports, {"step": object()})
    assert names_of_published(tmp_path) == []


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        ([], "no parameter at all"),
        ([SliceHeader(COLUMN, 0, 2, 0, 6, 1), SliceHeader(COLUMN, 0, 1, 0, 6, 1)], "disagree on its tensor-parallel size"),
        (
            [SliceHeader(COLUMN, 0, 2, 0, 6, 1), SliceHeader(LogicalShape("column", (4, 4), 0), 1, 2, 0, 6, 1)],
            "disagree on its logical shape",
        ),
        ([SliceHeader(COLUMN, 0, 2, 0, 6, 1), SliceHeader(COLUMN, 2, 2, 0, 6, 1)], "slice of shard 2, but the shards are 0 to 1"),
        ([SliceHeader(COLUMN, 0, 2, 0, 6, 1), SliceHeader(COLUMN, 1, 2, 0, 7, 1)], "there are 7 elements, 1 too many"),
        ([SliceHeader(COLUMN, 0, 3, 0, 4, 1)], "does not divide by tp 3"),
    ],
)
def test_check_complete_refuses(headers, message):
    with pytest.raises(CheckpointIncomplete, match=message):
        check_complete(headers)


def test_check_complete_takes_a_whole_one():
    headers = [
        SliceHeader(COLUMN, 1, 2, 0, 6, 1),
        SliceHeader(COLUMN, 0, 2, 4, 2, 1),
        SliceHeader(COLUMN, 0, 2, 0, 4, 1),
        SliceHeader(COLUMN, 0, 2, 6, 0, 9),
    ]
    assert check_complete(headers) == {"column": COLUMN}


def test_a_checkpoint_of_the_same_step_is_replaced(tmp_path):
    save(tmp_path, 20, seed=1)
    directory = save(tmp_path, 20, seed=2, topology=Topology(1, 3), attempt=2)
    assert os.listdir(tmp_path / "checkpoints") == ["step-0000020"]
    assert torch.equal(CheckpointReader(directory).read_full("row.weight"), make_model(2)["row.weight"]["master"])


def taken_over() -> None:
    raise RunTakenOver("runs/a was taken over by process 1 on host b")


def test_an_attempt_that_lost_the_run_publishes_and_removes_nothing(tmp_path):
    for step in (10, 20, 30):
        save(tmp_path, step)
    before = {path: path.read_bytes() for path in (tmp_path / "checkpoints").rglob("*") if path.is_file()}
    staging = staging_directory(tmp_path, 20, 1)
    reports = write_ranks(staging, held_by_rank(TOPOLOGY, make_model(5)))
    with pytest.raises(RunTakenOver):
        publish(staging, step_directory(tmp_path, 20), reports, {"step": 20}, taken_over)
    with pytest.raises(RunTakenOver):
        prune(tmp_path, keep_newest=1, fence=taken_over)
    discard(staging)
    write_ranks(staging_directory(tmp_path, 40, 2), held_by_rank(TOPOLOGY, make_model(5)))  # of the attempt that has it
    with pytest.raises(RunTakenOver):
        clean_staging(tmp_path / "checkpoints", taken_over)
    assert staging_directory(tmp_path, 40, 2).exists()
    discard(staging_directory(tmp_path, 40, 2))
    assert {path: path.read_bytes() for path in (tmp_path / "checkpoints").rglob("*") if path.is_file()} == before


def test_what_killed_attempts_left_is_cleaned(tmp_path):
    save(tmp_path, 10)
    replaced = save(tmp_path, 20, seed=3)
    os.rename(replaced, replaced_directory(replaced))  # killed between the two renames of a replacement
    os.mkdir(replaced_directory(step_directory(tmp_path, 10)))  # killed after them
    write_ranks(staging_directory(tmp_path, 30, 1), held_by_rank(TOPOLOGY, make_model()))
    assert len(clean_staging(tmp_path / "checkpoints")) == 3
    assert sorted(os.listdir(tmp_path / "checkpoints")) == ["step-0000010", "step-0000020"]
    assert find_newest(tmp_path) == (replaced, [])
    assert clean_staging(tmp_path / "checkpoints") == []
    assert clean_staging(tmp_path / "no such run") == []


@pytest.fixture
def tiny_disk(make_disk):
    """A file system of 4 MiB."""
    return make_disk(2**22)


def one_weight(num_elements: int) -> list[HeldSlice]:
    values = {key: torch.full((num_elements,), 0.5) for key in ("master", "exp_avg", "exp_avg_sq")}
    return [HeldSlice(LogicalShape("w", (num_elements,), None), 0, 1, 0, num_elements, values, 1)]


def test_a_file_that_is_written_in_many_pieces_and_flushes_is_right(tmp_path, monkeypatch):
    monkeypatch.setattr(writer, "PIECE_BYTES", 101)
    monkeypatch.setattr(writer, "FLUSH_BYTES", 1000)
    directory = save(tmp_path, 20)
    assert verify_checkpoint(directory)["ranks"] == 4
    for parameter in PARAMETERS:
        for key, value in make_model(20)[parameter.name].items():
            assert torch.equal(CheckpointReader(directory).read_full(parameter.name, key), value)


def test_a_disk_that_fails_while_more_is_being_written_costs_that_checkpoint_only(tmp_path, monkeypatch):
    """The system tells of lost data once, to whichever fsync comes first."""
    older = save(tmp_path, 10)
    monkeypatch.setattr(writer, "FLUSH_BYTES", 2**22)
    fsync, told = os.fsync, []

    def fail_once(file):
        if not told:
            told.append(file)
            raise OSError(errno.EIO, "Input/output error")
        fsync(file)

    monkeypatch.setattr(os, "fsync", fail_once)
    with pytest.raises(OSError, match="Input/output error"):
        write_rank(staging_directory(tmp_path, 20, 1), 0, one_weight(2**20), rng_of(0))
    assert told
    assert names_of_published(tmp_path) == ["step-0000010"]
    assert find_newest(tmp_path) == (older, [])


def test_a_full_disk_costs_that_checkpoint_only(tiny_disk):
    older = save(tiny_disk, 10)
    staging = staging_directory(tiny_disk, 20, 1)
    with pytest.raises(OSError, match="No space left on device") as caught:
        write_rank(staging, 0, one_weight(2**19), rng_of(0))
    assert caught.value.errno == 28
    assert [path for path in staging.rglob("*") if path.is_file()] == [], "the room is free again"
    assert names_of_published(tiny_disk) == ["step-0000010"]
    assert find_newest(tiny_disk) == (older, [])
    newer = save(tiny_disk, 30)  # the room is there again
    assert find_newest(tiny_disk) == (newer, [])


def test_a_disk_that_is_full_at_publishing_costs_that_checkpoint_only(tiny_disk):
    older = save(tiny_disk, 10)
    staging = staging_directory(tiny_disk, 20, 1)
    reports = [write_rank(staging, 0, one_weight(2**12), rng_of(0))]
    free_bytes = os.statvfs(tiny_disk).f_bavail * os.statvfs(tiny_disk).f_frsize
    (tiny_disk / "ballast").write_bytes(bytes(free_bytes))
    with pytest.raises(OSError, match="No space left"):
        publish(staging, step_directory(tiny_disk, 20), reports, {"step": 20})
    assert names_of_published(tiny_disk) == ["step-0000010"]
    assert find_newest(tiny_disk) == (older, [])


def test_the_old_one_stays_when_the_new_one_cannot_be_renamed(tmp_path, tiny_disk):
    """Staging and checkpoints on two file systems: the rename fails after the old one has been moved aside."""
    older = save(tmp_path, 20, seed=1)
    staging = staging_directory(tiny_disk, 20, 2)
    reports = write_ranks(staging, held_by_rank(TOPOLOGY, make_model(2)))
    with pytest.raises(OSError, match="Invalid cross-device link"):
        publish(staging, older, reports, {"step": 20})
    assert names_of_published(tmp_path) == ["step-0000020"]
    assert find_newest(tmp_path) == (older, [])
    assert torch.equal(CheckpointReader(older).read_full("row.weight"), make_model(1)["row.weight"]["master"])


def test_parameters_of_the_simulation_cover_each_way_to_split():
    assert {parameter.tp_dim for parameter in PARAMETERS} == {None, 0, 1}
