"""Second copies in a real S3 server: what is there is what was saved, and what comes back is a checkpoint."""

from __future__ import annotations

import filecmp
import json
from pathlib import Path

import pytest
from simulated_ranks import Topology, save

from medpretrain.__main__ import main
from medpretrain.checkpoint.find import find_newest
from medpretrain.checkpoint.second_copy import RUN_FILES, Copy, SecondCopy, fetch_copy, list_copies
from medpretrain.checkpoint.verify import verify_checkpoint
from medpretrain.errors import InputError
from medpretrain.train.copying import Copier, CopyResult, steps_to_copy

pytestmark = pytest.mark.slow

URL = "s3://archive/runs/one"


@pytest.fixture
def run(tmp_path: Path) -> Path:
    run = tmp_path / "one"
    for step in (10, 20, 30):
        save(run, step)
    for name in RUN_FILES:
        (run / name).write_text(name)
    return run


def assert_equal_directories(first: Path, second: Path) -> None:
    names = sorted(str(path.relative_to(first)) for path in first.rglob("*") if path.is_file())
    assert names == sorted(str(path.relative_to(second)) for path in second.rglob("*") if path.is_file())
    assert filecmp.cmpfiles(first, second, names, shallow=False) == (names, [], [])


def test_what_is_stored_comes_back(run, s3_server, tmp_path):
    place = SecondCopy(URL)
    assert place.copies() == []
    for step in (20, 10):
        assert place.store(run / f"checkpoints/step-{step:07d}")
    assert place.copies() == [Copy(10, 1), Copy(20, 1)]
    assert not place.store(run / "checkpoints/step-0000010"), "it is there already"
    place.verify(Copy(20, 1))
    fetched = fetch_copy(URL, tmp_path / "other")
    directory = tmp_path / "other/checkpoints/step-0000020"
    assert fetched == {"step": 20, "attempt": 1, "url": f"{URL}/step-0000020.1", "directory": str(directory)}
    assert_equal_directories(directory, run / "checkpoints/step-0000020")
    assert find_newest(tmp_path / "other") == (directory, [])
    assert [(tmp_path / "other" / name).read_text() for name in RUN_FILES] == list(RUN_FILES)
    fetch_copy(URL, tmp_path / "other", step=10)
    verify_checkpoint(tmp_path / "other/checkpoints/step-0000010")
    assert not list((tmp_path / "other/checkpoints").glob(".*"))


def test_without_a_marker_there_is_no_copy_and_it_is_stored_again(run, s3_server):
    place = SecondCopy(URL)
    place.store(run / "checkpoints/step-0000010")
    s3_server.files.rm(f"{URL}/step-0000010.1/COMPLETE")
    assert place.copies() == []
    assert place.store(run / "checkpoints/step-0000010")
    assert place.copies() == [Copy(10, 1)]


@pytest.mark.parametrize("name", ["rank-00001.safetensors", "rng/rank-00000.safetensors", "state.json", "manifest.json"])
def test_a_changed_byte_there_is_found_and_never_fetched(run, s3_server, tmp_path, name):
    place = SecondCopy(URL)
    place.store(run / "checkpoints/step-0000010")
    url = f"{URL}/step-0000010.1/{name}"
    content = bytearray(s3_server.files.cat_file(url))
    content[-5] ^= 1
    s3_server.files.pipe_file(url, bytes(content))
    for work in (lambda: place.verify(Copy(10, 1)), lambda: fetch_copy(URL, tmp_path / "other")):
        with pytest.raises(InputError) as caught:
            work()
        assert caught.value.where == url
        assert "checksum" in caught.value.found
        assert caught.value.expected.endswith("as COMPLETE says" if name == "manifest.json" else "as its manifest says")
        assert caught.value.remedy == "use another copy"
    assert not list((tmp_path / "other/checkpoints").glob("*"))


def test_a_checkpoint_that_went_bad_on_the_disk_gets_no_marker_there(run, s3_server):
    path = run / "checkpoints/step-0000010/rank-00000.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    place = SecondCopy(URL)
    with pytest.raises(InputError) as caught:
        place.store(run / "checkpoints/step-0000010")
    assert caught.value.where == f"{URL}/step-0000010.1/rank-00000.safetensors"
    assert place.copies() == []


def test_the_copy_of_another_run_is_not_touched(run, s3_server, tmp_path):
    place = SecondCopy(URL)
    place.store(run / "checkpoints/step-0000010")
    save(tmp_path / "twin", 10, Topology(1, 1))
    with pytest.raises(InputError) as caught:
        place.store(tmp_path / "twin/checkpoints/step-0000010")
    assert caught.value.where == f"{URL}/step-0000010.1"
    assert caught.value.found == "holds another checkpoint of that name"
    assert caught.value.expected == f"a place for {tmp_path}/twin/checkpoints/step-0000010"
    assert caught.value.remedy == "give each run a `checkpoint.copy_to` or a name of its own"
    place.verify(Copy(10, 1))


def test_fetching_over_a_checkpoint_is_refused(run, s3_server):
    SecondCopy(URL).store(run / "checkpoints/step-0000010")
    with pytest.raises(InputError) as caught:
        fetch_copy(URL, run)
    assert caught.value.where == str(run / "checkpoints/step-0000010")
    assert caught.value.found == "is there already"
    assert caught.value.expected == "no checkpoint of that step"
    assert caught.value.remedy == "remove it, or fetch into another run"


def test_a_step_that_is_not_there_and_a_place_without_copies(run, s3_server, tmp_path):
    SecondCopy(URL).store(run / "checkpoints/step-0000010")
    with pytest.raises(InputError) as caught:
        fetch_copy(URL, tmp_path / "other", step=11)
    assert (caught.value.where, caught.value.found) == (URL, "holds no copy of a checkpoint of step 11")
    assert (caught.value.expected, caught.value.remedy) == ("a step that it holds (10)", "check the URL and --step")
    with pytest.raises(InputError) as caught:
        list_copies("s3://archive/runs/two", verify=False)
    assert (caught.value.where, caught.value.found) == ("s3://archive/runs/two", "holds no copy of a checkpoint")


def test_a_bucket_that_is_not_there_is_told_and_not_made(run, s3_server, tmp_path):
    results: list[CopyResult] = []
    copier = Copier(run, "s3://archiv", 1, 30, results.append)
    copier.look()
    copier.finish()
    assert [result.step for result in results] == [10]
    assert "bucket" in str(results[0].failure)
    assert s3_server.files.ls("") == ["archive"]


def test_a_library_that_is_not_installed(run):
    with pytest.raises(InputError) as caught:
        SecondCopy("gs://bucket/run")
    assert caught.value.where == "gs://bucket/run"
    assert "gcsfs" in caught.value.found
    assert caught.value.expected == "a URL of a kind whose library is installed"
    assert caught.value.remedy.startswith("install it")


def test_what_is_no_url(tmp_path):
    with pytest.raises(InputError) as caught:
        fetch_copy("s3//bucket/run", tmp_path)
    assert (caught.value.where, caught.value.found) == ("s3//bucket/run", "is no URL")
    assert (caught.value.expected, caught.value.remedy) == ("one such as s3://bucket/prefix/NAME", "write it whole")


def test_every_nth_save_and_the_last_of_the_schedule_are_to_be_copied(run):
    assert steps_to_copy(run, copy_every=2, last_step=1000) == [20]
    assert steps_to_copy(run, copy_every=2, last_step=30) == [20, 30]
    assert steps_to_copy(run, copy_every=1, last_step=1000) == [10, 20, 30]
    (run / "checkpoints/step-0000020/COMPLETE").unlink()
    assert steps_to_copy(run, copy_every=1, last_step=1000) == [10, 30]


def test_what_could_not_be_copied_is_copied_when_the_store_answers_again(run, s3_server):
    results: list[CopyResult] = []
    copier = Copier(run, "s3://archive/runs", 1, 30, results.append)
    s3_server.kill()
    copier.look()
    copier.finish()
    assert [(result.step, result.failure is None) for result in results] == [(10, False)]
    s3_server.start()
    copier.look()
    copier.finish()
    assert [(result.step, result.failure) for result in results[1:]] == [(10, None), (20, None), (30, None)]
    assert SecondCopy(URL).copies() == [Copy(10, 1), Copy(20, 1), Copy(30, 1)]
    copier.look()
    copier.finish()
    assert len(results) == 4, "what is there is not copied again"


def test_another_file_system_serves_as_well(run, tmp_path):
    place = SecondCopy(f"file://{tmp_path}/archive/one")
    assert place.copies() == []
    place.store(run / "checkpoints/step-0000010")
    place.verify(Copy(10, 1))
    place.fetch(Copy(10, 1), tmp_path / "other")
    assert_equal_directories(tmp_path / "other/checkpoints/step-0000010", run / "checkpoints/step-0000010")


def test_the_command_line(run, s3_server, tmp_path, capsys):
    SecondCopy(URL).store(run / "checkpoints/step-0000010")
    assert main(["checkpoint", "copies", URL, "--verify", "--json"]) == 0
    (record,) = json.loads(capsys.readouterr().out)["copies"]
    assert (record["step"], record["attempt"], record["url"]) == (10, 1, f"{URL}/step-0000010.1")
    assert main(["checkpoint", "fetch", URL, str(tmp_path / "other"), "--step", "10"]) == 0
    assert str(tmp_path / "other/checkpoints/step-0000010") in capsys.readouterr().out
    s3_server.kill()
    assert main(["checkpoint", "copies", URL]) == 2
    told = capsys.readouterr().err
    assert told.startswith(f"medpretrain: {URL}: cannot be used (")
    assert "check the URL, the credentials and endpoint in the environment" in told


def test_a_damaged_checkpoint_does_not_keep_the_others_from_being_copied(run, s3_server):
    (run / "checkpoints/step-0000010/rank-00000.safetensors").unlink()
    results: list[CopyResult] = []
    copier = Copier(run, "s3://archive/runs", 1, 30, results.append)
    copier.look()
    copier.finish()
    assert [(result.step, result.failure is None) for result in results] == [(10, False), (20, True), (30, True)]
