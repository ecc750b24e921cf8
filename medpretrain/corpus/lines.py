"""Lines of plain, gzip and zstd files as a stream, in and out, with bounded memory. Knows nothing of documents."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

import zstandard

from medpretrain.errors import InputError

READ_BYTES = 1 << 18
UNPACK_BYTES = 1 << 10  # at a time, as zstd may unpack to 30,000 times as much
MAX_LINE_BYTES = 1 << 26
SHOWN_BYTES = 2000  # of a line that is too long
ZSTD_LEVEL = 3
PACKED_SUFFIXES = (".gz", ".zst")


OnBytes = Callable[[int], None]


def ignored(num_bytes: int) -> None:
    """Where nobody asks how much was read."""


class DamagedFileError(InputError):
    """A file that cannot be read to its end; what was read before is good."""


@dataclass(frozen=True, slots=True)
class TooLongLine:
    """What is left of a line of more than MAX_LINE_BYTES: its length and how it begins."""

    num_bytes: int
    begins: bytes


def read_lines(path: Path, on_bytes: OnBytes = ignored) -> Iterator[tuple[int, bytes]]:
    """(line number from 1, line without its line feed) of a file; `.gz` and `.zst` are unpacked.

    `on_bytes` is told how many bytes were read from the disk since its last call. Raises InputError when there is no such file,
    and, after the last whole line, when the file is cut off or damaged or a line is longer than MAX_LINE_BYTES.
    """
    number = 0
    try:
        with open(path, "rb") as file, unpacked(file, str(path), on_bytes) as content:
            for number, line in split_lines(content):
                if isinstance(line, TooLongLine):
                    raise InputError(
                        f"{path} line {number}",
                        f"is longer than {MAX_LINE_BYTES:,} bytes",
                        "one JSON object a line",
                        "check that this is a JSON lines file",
                    )
                yield number, line
    except DamagedFileError as error:
        after = f"after line {number:,}, the last good one" if number else "before its first line ended"
        cause = error.__cause__
        found = f"is cut off {after}" if isinstance(cause, EOFError) else f"is damaged {after} ({cause})"
        raise DamagedFileError(error.where, found, error.expected, error.remedy) from error
    except FileNotFoundError as error:
        raise InputError(str(path), "there is no such file", "a .jsonl, .jsonl.gz or .jsonl.zst file", "check the path") from error


def split_lines(content: BinaryIO) -> Iterator[tuple[int, bytes | TooLongLine]]:
    """(line number from 1, line without its line feed) of unpacked content; what is too long is passed over in bounded memory."""
    number = 0
    while line := content.readline(MAX_LINE_BYTES + 1):
        number += 1
        if len(line) <= MAX_LINE_BYTES or line.endswith(b"\n"):
            yield number, line.removesuffix(b"\n").removesuffix(b"\r")
            continue
        begins, num_bytes = line[:SHOWN_BYTES], len(line)
        while line and not line.endswith(b"\n"):
            line = content.readline(READ_BYTES)
            num_bytes += len(line)
        yield number, TooLongLine(num_bytes, begins)


def unpacked(file: BinaryIO, name: str, on_bytes: OnBytes = ignored) -> BinaryIO:
    """The content of an open file, as a stream; unpacked where its name ends in .gz or .zst, in whatever case.

    Reading raises DamagedFileError, after the last good byte, where a packed file is cut off or damaged.
    """
    return io.BufferedReader(_PiecesAsFile(_pieces(file, name, packed_suffix(name), on_bytes)), READ_BYTES)


def packed_suffix(name: str) -> str:
    """How a file is packed by its name, whatever its case: ".gz" or ".zst", "" where it is not."""
    return next((suffix for suffix in PACKED_SUFFIXES if name.lower().endswith(suffix)), "")


def unpacked_name(name: str) -> str:
    """A name without its packed suffix."""
    return name[: len(name) - len(packed_suffix(name))]


class LineWriter:
    """Writes a zstd file (one frame, with a checksum); the same lines give the same bytes. Use it in a `with`."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> LineWriter:
        self._file = open(self._path, "wb")
        self._packed = zstandard.ZstdCompressor(level=ZSTD_LEVEL, write_checksum=True).stream_writer(self._file)
        return self

    def write(self, line: bytes) -> None:
        """Append `line`, which ends in its line feed."""
        self._packed.write(line)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if kind is None:
            self._packed.close()
        self._file.close()


class _PiecesAsFile(io.RawIOBase):
    """Pieces of bytes, read as one file."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._piece = memoryview(b"")  # what is left of the last one

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._piece:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._piece = memoryview(piece)
        num_bytes = min(len(buffer), len(self._piece))
        buffer[:num_bytes] = self._piece[:num_bytes]
        self._piece = self._piece[num_bytes:]
        return num_bytes


def _pieces(file: BinaryIO, name: str, suffix: str, on_bytes: OnBytes) -> Iterator[bytes]:
    try:
        yield from _unpacked(file, suffix, on_bytes)
    except EOFError as error:
        raise DamagedFileError(name, "is cut off", f"a whole {suffix} file", "fetch or make the file again") from error
    except (zlib.error, zstandard.ZstdError) as error:
        raise DamagedFileError(name, f"is damaged ({error})", f"a whole {suffix} file", "fetch or make the file again") from error


def _unpacked(file: BinaryIO, suffix: str, on_bytes: OnBytes) -> Iterator[bytes]:
    """The unpacked bytes of a file, in pieces. Raises EOFError where a packed file ends within a frame."""
    new_unpacker = {".gz": lambda: zlib.decompressobj(wbits=31), ".zst": lambda: zstandard.ZstdDecompressor().decompressobj()}.get(suffix)
    if new_unpacker is None:
        yield from _blocks(file, on_bytes)
        return
    unpacker: Any = new_unpacker()
    for block in _blocks(file, on_bytes):
        for start in range(0, len(block), UNPACK_BYTES):
            packed = block[start : start + UNPACK_BYTES]
            while packed:
                if unpacker.eof:  # another frame follows (files put together with `cat`); gzip allows zeros as padding
                    packed = packed.lstrip(b"\0") if suffix == ".gz" else packed
                    if not packed:
                        break
                    unpacker = new_unpacker()
                yield unpacker.decompress(packed)
                packed = unpacker.unused_data
    if not unpacker.eof:
        raise EOFError


def _blocks(file: BinaryIO, on_bytes: OnBytes) -> Iterator[bytes]:
    while data := file.read(READ_BYTES):
        on_bytes(len(data))
        yield data
