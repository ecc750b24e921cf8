"""A damaged checkpoint is passed over, with the reason, for the one before; and the user is told what is wrong with the one they named."""

import json
import shutil
from pathlib import Path

import pytest
from simulated_ranks import Topology, save

from medpretrain.checkpoint import format
from medpretrain.checkpoint.find import find_newest
from medpretrain.checkpoint.format import DAMAGED_REMEDY
from medpretrain.checkpoint.listing import list_checkpoints
from medpretrain.checkpoint.reader import CheckpointReader
from medpretrain.checkpoint.verify import verify_checkpoint
from medpretrain.errors import InputError

FILES = (
    "rank-00000.safetensors",
    "rank-00003.safetensors",
    "rng/rank-00002.safetensors",
    "state.json",
    "slices.json",
    "manifest.json",
    "COMPLETE",
)


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    run = tmp_path_factory.mktemp("saved")
    save(run, 10)
    save(run, 20)
    return run


@pytest.fixture
def run(saved, tmp_path):
    """A run with checkpoints of steps 10 and 20, to be harmed."""
    shutil.copytree(saved, tmp_path / "run")
    return tmp_path / "run"


def flip(path, position):
    content = bytearray(path.read_bytes())
    content[position] ^= 0x10
    path.write_bytes(content)


def refusal(directory) -> InputError:
    with pytest.raises(InputError) as caught:
        verify_checkpoint(directory)
    return caught.value


def assert_passed_over(run, error):
    older, newer = (run / "checkpoints" / name for name in ("step-0000010", "step-0000020"))
    assert find_newest(run) == (older, [(newer, str(error))])


def test_the_newest_is_found(run):
    assert find_newest(run) == (run / "checkpoints" / "step-0000020", [])
    assert find_newest(run / "nothing here") == (None, [])


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
def test_one_flipped_byte(run, name, share):
    path = run / "checkpoints" / "step-0000020" / name
    flip(path, int(share * path.stat().st_size))
    error = refusal(path.parents[1] if "/" in name else path.parent)
    assert error.where == str(path if name != "COMPLETE" else path.with_name("manifest.json"))
    assert "checksum" in error.found
    assert error.expected.endswith("as COMPLETE says" if name in ("COMPLETE", "manifest.json") else "...")
    assert error.remedy == DAMAGED_REMEDY
    assert_passed_over(run, error)


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file(run, name):
    directory = run / "checkpoints" / "step-0000020"
    (directory / name).unlink()
    error = refusal(directory)
    if name == "COMPLETE":
        assert (error.where, error.found) == (str(directory), "has no marker COMPLETE, so it is unfinished or no checkpoint")
        assert error.expected == "a checkpoint written to its end"
    else:
        assert (error.where, error.found) == (str(directory / name), "is missing")
        assert error.expected.startswith("the manifest" if name == "manifest.json" else "a file of ")
    assert error.remedy == DAMAGED_REMEDY
    assert_passed_over(run, error)


def test_a_short_rank_file(run):
    path = run / "checkpoints" / "step-0000020" / "rank-00001.safetensors"
    size = path.stat().st_size
    path.write_bytes(path.read_bytes()[:-4])
    error = refusal(path.parent)
    assert (error.where, error.found, error.expected) == (str(path), f"has {size - 4:,} bytes", f"{size:,} bytes")
    assert_passed_over(run, error)
    assert find_newest(run, verify=False)[0] == run / "checkpoints" / "step-0000010"


@pytest.mark.parametrize("name", ["rng/rank-00002.safetensors", "state.json"])
def test_a_short_file_is_found_without_reading_bytes(run, name):
    path = run / "checkpoints" / "step-0000020" / name
    path.write_bytes(path.read_bytes()[:-1])
    found, passed_over = find_newest(run, verify=False)
    assert found == run / "checkpoints" / "step-0000010"
    assert f"{name}: has {path.stat().st_size:,} bytes" in passed_over[0][1]


@pytest.mark.parametrize("name", ["rank-00004.safetensors", "rng/notes.txt"])
def test_an_extra_file(run, name):
    path = run / "checkpoints" / "step-0000020" / name
    path.write_bytes(b"of something else")
    error = refusal(run / "checkpoints" / "step-0000020")
    assert (error.where, error.found) == (str(path), "is no part of this checkpoint")
    assert (error.expected, error.remedy) == ("the files of manifest.json alone", "move it away")
    assert_passed_over(run, error)
    path.rename(path.with_name(".nfs0000000004"))  # as network file systems leave
    (run / "checkpoints" / "step-0000020" / ".ipynb_checkpoints").mkdir()
    (run / "checkpoints" / "step-0000020" / ".ipynb_checkpoints" / "state.json").touch()
    assert find_newest(run)[0] == run / "checkpoints" / "step-0000020"


def test_an_older_format(run, monkeypatch):
    monkeypatch.setattr(format, "FORMAT_NAME", "medpretrain-checkpoint-1")
    save(run, 30)
    monkeypatch.undo()
    newest = run / "checkpoints" / "step-0000030"
    error = refusal(newest)
    assert error.where == str(newest / "slices.json")
    assert error.found == "is of format 'medpretrain-checkpoint-1'"
    assert error.expected == "format medpretrain-checkpoint-2"
    assert error.remedy == "use the medpretrain that wrote it, or an older checkpoint"
    assert find_newest(run) == (run / "checkpoints" / "step-0000020", [(newest, str(error))])


def test_an_unpublished_one_is_not_seen(run):
    (run / "checkpoints" / "step-0000020").rename(run / "checkpoints" / ".step-0000020.1.tmp")
    assert find_newest(run) == (run / "checkpoints" / "step-0000010", [])


def test_none_verifies(run):
    for step in ("step-0000010", "step-0000020"):
        (run / "checkpoints" / step / "COMPLETE").unlink()
    found, passed_over = find_newest(run)
    assert found is None
    assert [path.name for path, _ in passed_over] == ["step-0000020", "step-0000010"]


def change(path: Path, before: bytes, after: bytes) -> None:
    content = path.read_bytes()
    assert content.count(before) == 1
    path.write_bytes(content.replace(before, after))


def test_opening_finds_an_index_that_does_not_add_up_without_reading_values(run):
    """Sizes are right and checksums are not asked for: arithmetic speaks."""
    path = run / "checkpoints" / "step-0000020" / "slices.json"
    change(path, b'"column.bias","shape":[8]', b'"column.bias","shape":[4]')
    with pytest.raises(InputError) as caught:
        CheckpointReader(path.parent)
    assert caught.value.where == str(path.parent)
    assert caught.value.found.startswith("column.bias, shard 0 of 2: there are 4 elements, 2 too many")
    assert caught.value.expected == "each element of each parameter exactly once"
    assert caught.value.remedy == DAMAGED_REMEDY


def test_a_rank_file_that_is_not_what_the_index_says_is_refused_when_it_is_used(run):
    path = run / "checkpoints" / "step-0000020" / "rank-00001.safetensors"
    change(path, b'column.bias\\",\\"shape\\":[8],\\"tp_dim\\":0', b'column.bias\\",\\"shape\\":[4],\\"tp_dim\\":0')
    reader = CheckpointReader(path.parent)
    with pytest.raises(InputError) as caught:
        reader.read_full("column.bias")
    assert caught.value.where == str(path)
    assert caught.value.found == "holds other slices than the index says"
    assert caught.value.expected == "those of slices.json"
    assert caught.value.remedy == DAMAGED_REMEDY
    with pytest.raises(InputError, match="holds other slices than the index says"):
        verify_checkpoint(path.parent, read_bytes=False)


def test_opening_a_harmed_header_index_or_state_says_which_file(run):
    directory = run / "checkpoints" / "step-0000020"
    flip(directory / "state.json", 0)
    with pytest.raises(InputError) as caught:
        CheckpointReader(directory)
    assert caught.value.where == str(directory / "state.json")
    assert caught.value.expected == "the run's state as JSON"
    flip(directory / "state.json", 0)
    flip(directory / "slices.json", 0)
    with pytest.raises(InputError) as caught:
        CheckpointReader(directory)
    assert caught.value.where == str(directory / "slices.json")
    assert caught.value.expected == "where the slices of 4 ranks lie, in format medpretrain-checkpoint-2"
    flip(directory / "slices.json", 0)
    flip(directory / "rank-00002.safetensors", 3)
    with pytest.raises(InputError) as caught:
        CheckpointReader(directory).check_rank_files()
    assert caught.value.where == str(directory / "rank-00002.safetensors")
    assert caught.value.found.startswith("cannot be read")
    assert caught.value.remedy == DAMAGED_REMEDY


def test_a_directory_that_is_not_there(tmp_path):
    error = refusal(tmp_path / "step-0000099")
    assert error.where == str(tmp_path / "step-0000099")
    assert error.found == "there is no such directory"
    assert error.expected == "a directory `step-...` below a run's checkpoints/"
    assert error.remedy == "check the path (`medpretrain checkpoint list RUN` lists them)"


def test_verify_says_what_is_there(run):
    directory = run / "checkpoints" / "step-0000020"
    record = verify_checkpoint(directory)
    assert record == {
        "directory": str(directory),
        "step": 20,
        "save_number": 2,
        "validation_loss": None,
        "ranks": 4,
        "parameters": 7,
        "elements": 16 * 3 + 12 * 5 + 8 + 7 * 8 + 3 * 4 * 5 + 11 + 1,
        "files": 10,
        "bytes": sum(
            path.stat().st_size for path in directory.rglob("*") if path.is_file() and path.name not in ("manifest.json", "COMPLETE")
        ),
    }
    json.dumps(record)


def test_list_says_which_are_whole(run):
    save(run, 30, Topology(1, 1))
    directory = run / "checkpoints"
    (directory / "step-0000010" / "COMPLETE").unlink()
    flip(directory / "step-0000020" / "rank-00000.safetensors", -1)
    listed = list_checkpoints(run)
    assert [(record["step"], record["complete"]) for record in listed] == [(10, False), (20, True), (30, True)]
    assert "no marker COMPLETE" in listed[0]["reason"]
    assert listed[2]["reason"] is None
    assert listed[2]["bytes"] == sum(path.stat().st_size for path in (directory / "step-0000030").rglob("*") if path.is_file())


def test_list_marks_the_best_of_those_that_are_whole(tmp_path):
    """002-124: the lowest validation loss, the earlier of two equal ones; a checkpoint whose step was not validated is none."""
    for step, loss in {10: None, 20: 1.5, 30: 1.25, 40: 1.25, 50: 1.0}.items():
        save(tmp_path, step, Topology(1, 1), validation_loss=loss)
    assert [record["validation_loss"] for record in list_checkpoints(tmp_path)] == [None, 1.5, 1.25, 1.25, 1.0]
    assert [record["step"] for record in list_checkpoints(tmp_path) if record["best"]] == [50]
    (tmp_path / "checkpoints" / "step-0000050" / "COMPLETE").unlink()
    assert [record["step"] for record in list_checkpoints(tmp_path) if record["best"]] == [30]
    for step in (20, 30, 40):
        (tmp_path / "checkpoints" / f"step-{step:07d}" / "COMPLETE").unlink()
    assert [record["step"] for record in list_checkpoints(tmp_path) if record["best"]] == []


def test_list_of_no_run(tmp_path):
    with pytest.raises(InputError) as caught:
        list_checkpoints(tmp_path / "runs")
    assert caught.value.where == str(tmp_path / "runs")
    assert caught.value.found == "there is no such directory"
    assert caught.value.expected == "the directory of a run"
    assert caught.value.remedy == "check the path"
    with pytest.raises(InputError) as caught:
        list_checkpoints(tmp_path)
    assert (caught.value.where, caught.value.found) == (str(tmp_path), "has no checkpoint")
    assert (caught.value.expected, caught.value.remedy) == ("the directory of a run that has been saved", "check the path")
