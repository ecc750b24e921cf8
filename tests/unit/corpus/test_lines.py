"""Lines come out of plain, gzip and zstd files alike; what is cut off or damaged is named."""

from __future__ import annotations

import gzip
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from medpretrain.corpus import lines
from medpretrain.corpus.lines import LineWriter, read_lines
from medpretrain.errors import InputError

PACK: dict[str, Callable[[bytes], bytes]] = {
    ".jsonl": lambda data: data,
    ".gz": lambda data: gzip.compress(data, mtime=0),
    ".zst": lambda data: zstandard.ZstdCompressor(write_checksum=True).compress(data),
}
CONTENT = b"".join(b'{"text":"line %d %d"}\n' % (number, number * 7919 % 10007) for number in range(5000))
EXPECTED = [(number, line) for number, line in enumerate(CONTENT.splitlines(), start=1)]


@pytest.mark.parametrize("suffix", PACK)
def test_lines_and_bytes_read(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_bytes(PACK[suffix](CONTENT))
    told: list[int] = []
    assert list(read_lines(path, told.append)) == EXPECTED
    assert sum(told) == path.stat().st_size


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_frames_put_together_read_as_one(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_bytes(b"".join(PACK[suffix](CONTENT[start : start + 10_001]) for start in range(0, len(CONTENT), 10_001)))
    assert list(read_lines(path)) == EXPECTED


@pytest.mark.parametrize(
    ("content", "expected"), [(b"", []), (b"a", [(1, b"a")]), (b"a\r\n\r\n\nb", [(1, b"a"), (2, b""), (3, b""), (4, b"b")])]
)
def test_line_ends(tmp_path: Path, content: bytes, expected: list[tuple[int, bytes]]) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(content)
    assert list(read_lines(path)) == expected


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_a_cut_off_file_names_the_last_good_line(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    packed = PACK[suffix](CONTENT) + PACK[suffix](CONTENT)
    path.write_bytes(packed[:-10])
    good, error = _read_until_error(path)
    assert good[:5000] == EXPECTED
    assert len(good) < 10_000
    assert error.where == str(path)
    assert error.found == f"is cut off after line {len(good):,}, the last good one"
    assert error.expected == f"a whole {suffix} file"
    assert error.remedy == "fetch or make the file again"


def _read_until_error(path: Path) -> tuple[list[tuple[int, bytes]], InputError]:
    good = []
    try:
        for item in read_lines(path):
            good.append(item)
    except InputError as error:
        return good, error
    raise AssertionError("the file should have been refused")


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
@pytest.mark.parametrize("content", [b"", b"not packed at all\n"], ids=["empty", "plain"])
def test_a_file_that_is_not_packed_is_refused(tmp_path: Path, suffix: str, content: bytes) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        list(read_lines(path))
    assert caught.value.where == str(path)
    assert "before its first line ended" in caught.value.found


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_a_flipped_byte_is_noticed(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    packed = bytearray(PACK[suffix](CONTENT))
    packed[len(packed) // 2] ^= 0x10
    path.write_bytes(packed)
    with pytest.raises(InputError) as caught:
        list(read_lines(path))
    assert caught.value.found.startswith("is damaged")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        list(read_lines(tmp_path / "none.jsonl"))
    assert caught.value.where == str(tmp_path / "none.jsonl")
    assert caught.value.found == "there is no such file"
    assert caught.value.expected == "a .jsonl, .jsonl.gz or .jsonl.zst file"
    assert caught.value.remedy == "check the path"


def test_an_endless_line_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "MAX_LINE_BYTES", 1000)
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"short\n" + b"x" * 20_000_000)
    tracemalloc.start()
    try:
        with pytest.raises(InputError) as caught:
            list(read_lines(path))
        assert tracemalloc.get_traced_memory()[1] < 2e6  # and is not read to its end
    finally:
        tracemalloc.stop()
    assert caught.value.where == f"{path} line 2"
    assert caught.value.found == "is longer than 1,000 bytes"
    assert caught.value.expected == "one JSON object a line"
    assert caught.value.remedy == "check that this is a JSON lines file"


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_memory_is_bounded_even_where_the_file_packs_well(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_bytes(PACK[suffix](b'{"text":"the same line again and again"}\n' * 1_500_000))  # 62 MB unpacked
    tracemalloc.start()
    try:
        assert sum(1 for _ in zip(read_lines(path), range(20_000), strict=False)) == 20_000
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 50e6


def test_written_lines_read_back_and_are_the_same_bytes_again(tmp_path: Path) -> None:
    for name in ("a.zst", "b.zst"):
        with LineWriter(tmp_path / name) as writer:
            for _, line in EXPECTED:
                writer.write(line + b"\n")
    assert list(read_lines(tmp_path / "a.zst")) == EXPECTED
    assert (tmp_path / "a.zst").read_bytes() == (tmp_path / "b.zst").read_bytes()


def test_a_written_file_shows_any_flipped_byte(tmp_path: Path) -> None:
    with LineWriter(tmp_path / "a.zst") as writer:
        writer.write(CONTENT)
    packed = (tmp_path / "a.zst").read_bytes()
    for position in range(100, len(packed), len(packed) // 40):
        damaged = bytearray(packed)
        damaged[position] ^= 1
        (tmp_path / "a.zst").write_bytes(damaged)
        with pytest.raises(InputError, match=r"is damaged|is cut off"):
            list(read_lines(tmp_path / "a.zst"))
