"""Which files a source is, here and in an object store; reading ahead; what an unreachable store says."""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from medpretrain.corpus.sources import files
from medpretrain.corpus.sources.files import ReadAhead, StoreError, list_files
from medpretrain.errors import InputError


def everything(name: str) -> bool:
    return True


def test_files_of_a_directory_in_name_order_hidden_ones_aside(tmp_path: Path) -> None:
    for name in ("b.txt", "a/c.txt", ".hidden", ".git/x.txt", "a/d.bin"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    found, others = list_files(str(tmp_path), lambda name: name.endswith(".txt"))
    assert [(file.name, file.num_bytes) for file in found] == [("a/c.txt", 7), ("b.txt", 5)]
    assert others == ["a/d.bin"]
    (one,), none = list_files(str(tmp_path / "a" / "d.bin"), lambda name: False)  # who names a file wants it
    assert (one.name, none) == ("d.bin", [])
    with one.content() as content:
        assert content.read() == b"a/d.bin"


def test_links_in_a_circle_are_followed_once_and_links_to_nothing_are_named(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text("words")
    (tmp_path / "in" / "again").symlink_to(tmp_path / "in")
    found, _ = list_files(str(tmp_path / "in"), everything)
    assert [file.name for file in found] == ["a.txt"]
    (tmp_path / "in" / "b.txt").symlink_to(tmp_path / "gone.txt")
    with pytest.raises(InputError) as caught:
        list_files(str(tmp_path / "in"), everything)
    assert (caught.value.where, caught.value.found) == (str(tmp_path / "in" / "b.txt"), "is a link to nothing")


def test_objects_of_a_store_are_listed_and_read_as_files_are(s3_server: Any, tmp_path: Path) -> None:
    import zstandard

    text = b"some words and a line\n" * 100_000
    s3_server.files.pipe("archive/notes/a.txt", text)
    s3_server.files.pipe("archive/notes/deep/b.txt.zst", zstandard.compress(text))
    s3_server.files.pipe("archive/notes/.hidden/c.txt", b"no")
    found, others = list_files("s3://archive/notes", lambda name: ".txt" in name)
    assert [file.name for file in found] == ["a.txt", "deep/b.txt.zst"]
    assert others == []
    for file in found:
        with file.content() as content:
            assert content.read() == text
    with found[0].seekable() as content:
        content.seek(-8, 2)
        assert content.read() == b" a line\n"
    before = found[0].checksum()
    s3_server.files.pipe("archive/notes/a.txt", text + b"more")
    (changed,), _ = list_files("s3://archive/notes/a.txt", everything)
    assert (changed.name, changed.num_bytes) == ("a.txt", len(text) + 4)
    assert changed.checksum() != before


def test_what_is_not_in_the_store_or_a_dead_server_is_told(s3_server: Any) -> None:
    with pytest.raises(InputError) as caught:
        list_files("s3://archive/nothing", everything)
    assert (caught.value.where, caught.value.found) == ("s3://archive/nothing", "there is nothing")
    s3_server.files.pipe("archive/a.txt", b"words")
    (file,), _ = list_files("s3://archive/a.txt", everything)
    s3_server.files.rm("archive/a.txt")
    with pytest.raises(InputError, match="there is nothing"), file.content() as content:
        content.read()
    s3_server.kill()
    with pytest.raises(StoreError) as dead:
        list_files("s3://archive/a.txt", everything)
    assert dead.value.where == "s3://archive/a.txt"
    assert dead.value.found.startswith("cannot be read (")
    assert dead.value.expected == "a store that answers"
    assert dead.value.remedy.endswith("give the same command again: it goes on where it was")


@pytest.mark.parametrize(
    ("scheme", "library", "remedy"),
    [
        ("s3", "s3fs", "pip install 'medpretrain[s3]', or copy the files here"),
        ("gs", "gcsfs", "install that one, or copy the files here"),
    ],
)
def test_the_library_that_a_store_needs_is_told(scheme: str, library: str, remedy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from fsspec.registry import _registry

    monkeypatch.setitem(sys.modules, library, None)
    monkeypatch.delitem(_registry, scheme, raising=False)
    with pytest.raises(InputError) as caught:
        list_files(f"{scheme}://archive/notes", everything)
    assert caught.value.found.startswith("cannot be reached: ")
    assert library in caught.value.found
    assert caught.value.remedy == remedy


def test_what_any_store_raises_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    class ConnectError(Exception):
        __module__ = "httpx.of_a_version"

    class Store:
        def find(self, root: str, detail: bool) -> dict[str, Any]:
            raise ConnectError("no such name")

    monkeypatch.setattr(files, "_store_of", lambda url: (Store(), "datasets/x"))
    with pytest.raises(StoreError, match="cannot be read \\(ConnectError: no such name\\)"):
        list_files("hf://datasets/x", everything)


@pytest.mark.parametrize("ahead", [1, 3])
def test_blocks_are_asked_for_before_they_are_needed_and_no_more_than_said(ahead: int) -> None:
    data = bytes(range(250)) * 41
    asked: list[int] = []
    all_asked = threading.Event()

    def ranges(start: int, end: int) -> bytes:
        asked.append(start)
        if len(asked) == ahead + 1:
            all_asked.set()
        return data[start:end]

    with ReadAhead(ranges, len(data), block_bytes=1000, ahead=ahead) as file:
        assert file.read(1) == data[:1]
        assert all_asked.wait(10)  # the block in use, and `ahead` more, without another read
        assert sorted(asked) == [1000 * number for number in range(ahead + 1)]
        rest = b""
        while block := file.read(333):
            rest += block
            assert len(asked) <= -(-len(rest) // 1000) + ahead + 1
    assert data[:1] + rest == data


def test_who_looks_at_the_beginning_has_little_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    content = b'{"id": "a"}\n' * 1_000_000
    fetched: list[int] = []

    def ranges(start: int, end: int) -> bytes:
        fetched.append(min(end, len(content)) - start)
        return content[start:end]

    monkeypatch.setattr(files, "_ranges_of", lambda url: ranges)
    file = files.InputFile("s3://archive/notes.ndjson", "notes.ndjson", len(content), "v")
    with file.beginning() as stream:
        assert stream.readline() == b'{"id": "a"}\n'
    assert 0 < sum(fetched) <= 1 << 20
    with file.beginning() as stream:
        assert stream.read() == content


def test_what_a_request_ahead_raises_reaches_the_reader() -> None:
    def ranges(start: int, end: int) -> bytes:
        if start >= 2000:
            raise StoreError("s3://x", "cannot be read", "a store", "wait")
        return b"x" * (end - start)

    with ReadAhead(ranges, 5000, block_bytes=1000, ahead=2) as file:
        assert len(file.read(2000) or b"") <= 2000
        with pytest.raises(StoreError):
            file.readall()
