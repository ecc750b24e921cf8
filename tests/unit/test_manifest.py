"""manifest.py: atomic files, stages that begin, end and are interrupted, and manifests that were harmed."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from medpretrain import __version__
from medpretrain.errors import InputError
from medpretrain.manifest import (
    FORMAT_VERSION,
    MANIFEST_NAME,
    UNFINISHED_NAME,
    FileEntry,
    Manifest,
    begin_stage,
    check_sizes,
    checksum_file,
    finish_stage,
    hash_of,
    read_manifest,
    verify_files,
    write_atomically,
    write_json,
)

SETTINGS = {"seed": 7, "sizes": [1, 2]}
INPUTS = {"corpus": "0" * 64}
COUNTS = {"documents": 2}


def make_output(directory: Path, settings: dict[str, Any] = SETTINGS) -> Manifest:
    assert begin_stage(directory, "corpus build", settings, INPUTS, ["*"])
    (directory / "part-0").write_bytes(b"first\n")
    (directory / "part-1").write_bytes(b"")
    return finish_stage(directory, "corpus build", settings, INPUTS, COUNTS, ["part-1", "part-0"])


def test_what_is_written_is_read_back_with_the_same_identity(tmp_path: Path) -> None:
    written = make_output(tmp_path)
    read = read_manifest(tmp_path, "corpus build")
    assert read == written
    assert read.identity == written.identity == json.loads((tmp_path / MANIFEST_NAME).read_text())["identity"]
    assert read.inputs == INPUTS
    assert read.counts == COUNTS
    assert read.versions["medpretrain"] == __version__
    assert list(read.files) == ["part-0", "part-1"]
    assert read.files["part-0"].bytes == 6
    assert not (tmp_path / UNFINISHED_NAME).exists()


def test_checksum_is_blake3(tmp_path: Path) -> None:
    (tmp_path / "empty").write_bytes(b"")
    assert checksum_file(tmp_path / "empty") == "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"  # published test vector


def test_identity_holds_content_and_neither_time_nor_version() -> None:
    entry = {"a": FileEntry(1, "c")}
    base = Manifest("s", {"x": 1}, {"i": "1"}, {"n": 1}, entry, {"torch": "1"}, "then", "later")
    assert Manifest("s", {"x": 1}, {"i": "1"}, {"n": 1}, entry, {"torch": "2"}, "now", "soon").identity == base.identity
    others = [
        Manifest("t", {"x": 1}, {"i": "1"}, {"n": 1}, entry),
        Manifest("s", {"x": 2}, {"i": "1"}, {"n": 1}, entry),
        Manifest("s", {"x": 1}, {"i": "2"}, {"n": 1}, entry),
        Manifest("s", {"x": 1}, {"i": "1"}, {"n": 2}, entry),
        Manifest("s", {"x": 1}, {"i": "1"}, {"n": 1}, {"a": FileEntry(1, "d")}),
    ]
    assert len({base.identity, *(other.identity for other in others)}) == 6


def test_hash_is_of_the_canonical_form() -> None:
    assert hash_of({"b": 1, "a": [2]}) == hashlib.sha256(b'{"a":[2],"b":1}').hexdigest()


def test_counts_keyed_by_numbers_survive_the_journey_through_the_file(tmp_path: Path) -> None:
    begin_stage(tmp_path, "shards pack", {}, {}, ["*"])
    written = finish_stage(tmp_path, "shards pack", {}, {}, {"rows_by_length": {2: 1, 10: 5}}, [])
    assert read_manifest(tmp_path).identity == written.identity


def test_same_stage_again_has_nothing_to_do(tmp_path: Path) -> None:
    written = make_output(tmp_path)
    assert begin_stage(tmp_path, "corpus build", SETTINGS, INPUTS, ["*"]) is False
    assert read_manifest(tmp_path) == written


@pytest.mark.parametrize(
    ("stage", "settings", "inputs", "differs"),
    [
        ("shards pack", SETTINGS, INPUTS, "stage"),
        ("corpus build", {**SETTINGS, "seed": 8}, INPUTS, "settings"),
        ("corpus build", SETTINGS, {"corpus": "1" * 64}, "inputs"),
        ("corpus build", {}, {}, "settings and inputs"),
    ],
)
def test_another_output_in_the_directory_is_refused_and_kept(
    tmp_path: Path, stage: str, settings: dict[str, Any], inputs: dict[str, str], differs: str
) -> None:
    written = make_output(tmp_path)
    with pytest.raises(InputError) as caught:
        begin_stage(tmp_path, stage, settings, inputs, ["*"])
    assert caught.value.where == str(tmp_path)
    assert caught.value.found == f"already holds the output of `corpus build` made from other {differs}"
    assert caught.value.expected == "an empty directory or the same stage, settings and inputs"
    assert caught.value.remedy == "choose another --out, or remove the directory if it is not needed"
    verify_files(tmp_path, written)


def test_an_interrupted_output_is_cleared_and_made_again(tmp_path: Path) -> None:
    begin_stage(tmp_path, "corpus build", SETTINGS, INPUTS, ["*"])
    (tmp_path / "train-00000.zst").write_text("half")
    (tmp_path / ".train-00001.zst.4711.tmp").write_text("half")
    assert begin_stage(tmp_path, "corpus build", SETTINGS, INPUTS, ["train-*.zst"])
    assert [path.name for path in tmp_path.iterdir()] == [UNFINISHED_NAME]


@pytest.mark.parametrize("name", ["mended.jsonl", "folder"])
def test_what_the_user_put_into_an_interrupted_output_is_kept(tmp_path: Path, name: str) -> None:
    begin_stage(tmp_path, "corpus build", SETTINGS, INPUTS, ["train-*.zst"])
    (tmp_path / "train-00000.zst").write_text("half")
    (tmp_path / name).mkdir() if name == "folder" else (tmp_path / name).write_text("the user's")
    with pytest.raises(InputError) as caught:
        begin_stage(tmp_path, "corpus build", SETTINGS, INPUTS, ["train-*.zst"])
    assert caught.value.found == f"holds {name}, which `corpus build` did not write"
    assert (tmp_path / name).exists()


def test_an_output_that_another_process_is_writing_is_refused(tmp_path: Path, start_process: Callable[..., subprocess.Popen[Any]]) -> None:
    other = start_process([sys.executable, "-c", "import time; time.sleep(60)"])
    begin_stage(tmp_path, "corpus build", SETTINGS, INPUTS, ["*"])
    record = json.loads((tmp_path / UNFINISHED_NAME).read_text())
    (tmp_path / UNFINISHED_NAME).write_text(json.dumps({**record, "process": other.pid}))
    with pytest.raises(InputError) as caught:
        begin_stage(tmp_path, "corpus build", SETTINGS, INPUTS, ["*"])
    assert caught.value.found == f"is being written by process {other.pid}"
    other.kill()
    other.wait()
    assert begin_stage(tmp_path, "corpus build", SETTINGS, INPUTS, ["*"])


def test_what_another_stage_left_unfinished_is_refused(tmp_path: Path) -> None:
    begin_stage(tmp_path, "tokenizer train", {}, {}, ["*"])
    with pytest.raises(InputError) as caught:
        begin_stage(tmp_path, "corpus build", SETTINGS, INPUTS, ["*"])
    assert caught.value.found == "was left unfinished by `tokenizer train`"


def test_a_directory_of_somebody_else_is_refused_and_kept(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(InputError) as caught:
        begin_stage(tmp_path, "corpus build", SETTINGS, INPUTS, ["*"])
    assert caught.value.where == str(tmp_path)
    assert caught.value.found == "holds thesis.txt, which `corpus build` did not write"
    assert caught.value.expected == "an empty or new directory"
    assert caught.value.remedy == "choose another --out"
    assert (tmp_path / "thesis.txt").read_text() == "years of work"
    assert not (tmp_path / UNFINISHED_NAME).exists()


def test_a_file_in_the_place_of_the_directory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    with pytest.raises(InputError) as caught:
        begin_stage(tmp_path / "out", "corpus build", SETTINGS, INPUTS, ["*"])
    assert (caught.value.where, caught.value.found) == (str(tmp_path / "out"), "is a file")
    assert (caught.value.expected, caught.value.remedy) == ("an empty or new directory", "choose another --out")


def test_killed_before_the_first_rename_the_stage_can_begin_again(
    tmp_path: Path, start_process: Callable[..., subprocess.Popen[Any]]
) -> None:
    child = start_process([sys.executable, "-c", KILLED_BEFORE_RENAME, str(tmp_path), "unfinished.json"])
    assert child.wait() == -signal.SIGKILL
    assert [path.name for path in tmp_path.iterdir()] == [f".unfinished.json.{child.pid}.tmp"]
    assert begin_stage(tmp_path, "corpus build", SETTINGS, INPUTS, ["*"])


KILLED_BEFORE_RENAME = """
import os, signal, sys
from pathlib import Path
from medpretrain.manifest import write_json
os.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
write_json(Path(sys.argv[1]) / sys.argv[2], {"new": True})
"""


def test_a_reader_sees_the_old_file_whole_when_the_writer_is_killed(
    tmp_path: Path, start_process: Callable[..., subprocess.Popen[Any]]
) -> None:
    write_json(tmp_path / "state.json", {"old": True})
    child = start_process([sys.executable, "-c", KILLED_BEFORE_RENAME, str(tmp_path), "state.json"])
    assert child.wait() == -signal.SIGKILL
    assert json.loads((tmp_path / "state.json").read_text()) == {"old": True}


def test_a_failed_write_leaves_the_old_file_and_nothing_aside(tmp_path: Path) -> None:
    directory_in_the_way = tmp_path / "state.json"
    directory_in_the_way.mkdir()
    with pytest.raises(IsADirectoryError):
        write_atomically(directory_in_the_way, b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["state.json"]


def test_killed_before_the_manifest_the_directory_does_not_exist_for_the_next_stage(
    tmp_path: Path, start_process: Callable[..., subprocess.Popen[Any]]
) -> None:
    child = start_process([sys.executable, "-c", KILLED_BEFORE_MANIFEST, str(tmp_path)])
    assert child.wait() == -signal.SIGKILL
    assert (tmp_path / "part-0").exists()
    with pytest.raises(InputError) as caught:
        read_manifest(tmp_path, "corpus build")
    assert caught.value.where == str(tmp_path)
    assert caught.value.found == f"has no {MANIFEST_NAME}, so it is unfinished or not ours"
    assert caught.value.expected == "a directory made by `corpus build`"
    assert caught.value.remedy == "run that stage again to its end"
    assert make_output(tmp_path).counts == COUNTS


KILLED_BEFORE_MANIFEST = """
import os, signal, sys
from pathlib import Path
from medpretrain import manifest
out = Path(sys.argv[1])
manifest.begin_stage(out, "corpus build", {}, {}, ["*"])
(out / "part-0").write_text("first")
manifest.write_manifest = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
manifest.finish_stage(out, "corpus build", {}, {}, {}, ["part-0"])
"""


def test_killed_after_the_manifest_the_output_is_finished(tmp_path: Path) -> None:
    written = make_output(tmp_path)
    write_json(tmp_path / UNFINISHED_NAME, {"stage": "corpus build", "started": "then"})
    assert begin_stage(tmp_path, "corpus build", SETTINGS, INPUTS, ["*"]) is False
    verify_files(tmp_path, written)


def test_no_such_directory(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read_manifest(tmp_path / "nowhere", "shards pack")
    assert (caught.value.where, caught.value.found) == (str(tmp_path / "nowhere"), "there is no such directory")
    assert caught.value.expected == "a directory made by `shards pack`"
    assert caught.value.remedy == "check the path, or run that stage first"


def test_the_output_of_another_stage(tmp_path: Path) -> None:
    make_output(tmp_path)
    with pytest.raises(InputError) as caught:
        read_manifest(tmp_path, "tokenizer train")
    assert (caught.value.where, caught.value.found) == (str(tmp_path), "was made by `corpus build`")
    assert caught.value.expected == "a directory made by `tokenizer train`"
    assert caught.value.remedy == "give the directory of that stage"


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b'"text"', b"[1]", b"{}", b'{"format_version": 1}', b"\xff\xfe", b"files"],
    ids=["empty", "cut", "text", "list", "no keys", "few keys", "not UTF-8", "files of a wrong kind"],
)
def test_a_damaged_manifest_is_named(tmp_path: Path, content: bytes) -> None:
    make_output(tmp_path)
    path = tmp_path / MANIFEST_NAME
    if content == b"files":
        content = json.dumps({**json.loads(path.read_text()), "files": ["part-0"]}).encode()
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_manifest(tmp_path)
    assert caught.value.where == str(path)
    assert caught.value.found.startswith("cannot be read (")
    assert caught.value.expected == "a manifest as medpretrain writes it"
    assert caught.value.remedy == "make the directory again"


def test_a_changed_manifest_is_refused(tmp_path: Path) -> None:
    make_output(tmp_path)
    path = tmp_path / MANIFEST_NAME
    path.write_text(path.read_text().replace('"documents": 2', '"documents": 3'))
    with pytest.raises(InputError) as caught:
        read_manifest(tmp_path)
    assert (caught.value.where, caught.value.found) == (str(path), "was changed after it was written (its identity hash differs)")
    assert (caught.value.expected, caught.value.remedy) == ("an untouched manifest", "make the directory again")


def test_a_manifest_of_a_later_format_is_refused_even_with_unknown_keys(tmp_path: Path) -> None:
    make_output(tmp_path)
    path = tmp_path / MANIFEST_NAME
    write_json(path, {**json.loads(path.read_text()), "format_version": 99, "something_new": 1})
    with pytest.raises(InputError) as caught:
        read_manifest(tmp_path)
    assert (caught.value.where, caught.value.found) == (str(path), "has format version 99")
    assert (caught.value.expected, caught.value.remedy) == (
        f"version {FORMAT_VERSION}",
        "use the medpretrain that wrote it, or make it again",
    )


def test_a_missing_a_short_and_a_flipped_file_are_named(tmp_path: Path) -> None:
    manifest = make_output(tmp_path)
    path = tmp_path / "part-0"
    path.write_bytes(b"First\n")  # same size: only reading every byte finds it
    check_sizes(tmp_path, manifest)
    with pytest.raises(InputError) as caught:
        verify_files(tmp_path, manifest)
    assert caught.value.where == str(path)
    assert caught.value.found == f"its checksum is {checksum_file(path)[:16]}..."
    assert caught.value.expected == f"{manifest.files['part-0'].checksum[:16]}..."
    assert caught.value.remedy == "the file is damaged: restore it or make the directory again"

    os.truncate(path, 4)
    with pytest.raises(InputError) as caught:
        check_sizes(tmp_path, manifest)
    assert (caught.value.where, caught.value.found, caught.value.expected) == (str(path), "has 4 bytes", "6 bytes")
    assert caught.value.remedy == "restore it or make the directory again"

    path.unlink()
    with pytest.raises(InputError) as caught:
        begin_stage(tmp_path, "corpus build", SETTINGS, INPUTS, ["*"])  # finished output is looked over before it is believed
    assert (caught.value.where, caught.value.found, caught.value.expected) == (str(path), "is missing", "a file of 6 bytes")
    assert caught.value.remedy == "restore it or make the directory again"
