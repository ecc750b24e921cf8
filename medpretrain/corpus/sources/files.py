"""Which files a source is, here or in an object store, what tells them apart, and their content as a stream that reads ahead."""

from __future__ import annotations

import io
import os
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from medpretrain.corpus.lines import READ_BYTES, OnBytes, ignored, packed_suffix, unpacked
from medpretrain.corpus.reader import SYNTH_STAGE
from medpretrain.corpus.walk import check_name, files_below
from medpretrain.errors import InputError
from medpretrain.manifest import MANIFEST_NAME, checksum_file, read_manifest

BLOCK_BYTES = 1 << 23  # of one request to an object store
BLOCKS_AHEAD = 4  # that are asked for before they are needed
# whose errors are of many kinds
STORE_LIBRARIES = (
    "aiobotocore",
    "aiohttp",
    "botocore",
    "fsspec",
    "gcsfs",
    "google",
    "adlfs",
    "azure",
    "huggingface_hub",
    "httpx",
    "httpx2",
)

# A dead server is given up after about a minute.
_STORE_OPTIONS: dict[str, dict[str, Any]] = {
    "s3": {"use_listings_cache": False, "config_kwargs": {"connect_timeout": 10, "read_timeout": 30, "retries": {"max_attempts": 3}}},
}


class StoreError(InputError):
    """A store that cannot be asked now; it may be later."""


@dataclass(frozen=True)
class InputFile:
    """A file of a source.

    Attributes:
        location: a path, or an address in a store.
        name: relative to what the user named, so that ids and identities do not depend on where it lies.
        num_bytes: as it lies there, packed or not.
        version: changes when the file does, at no cost: its time of change, or the store's ETag.
    """

    location: str
    name: str
    num_bytes: int
    version: str

    @property
    def is_remote(self) -> bool:
        return "://" in self.location

    def checksum(self, on_bytes: OnBytes = ignored) -> str:
        """What the content is known by: BLAKE3 (hex) of a local file, which is read for it; the ETag of one in a store."""
        return self.version if self.is_remote else checksum_file(Path(self.location), on_bytes)

    def check_unchanged(self) -> None:
        """Raises InputError where a local file is not what it was when it was listed."""
        if not self.is_remote and _local(Path(self.location), self.name) != self:
            raise InputError(self.location, "changed while it was read", "files that stay as they are", "give the same command again")

    def beginning(self) -> AbstractContextManager[BinaryIO]:
        """The content, for who reads little of it: little is asked of a store ahead."""
        return self.content(block_bytes=READ_BYTES, ahead=1)

    @contextmanager
    def seekable(self, on_bytes: OnBytes = ignored) -> Iterator[BinaryIO]:
        """The content for readers that seek; a packed file is held in memory. `on_bytes` as in `content`."""
        if packed_suffix(self.location):
            with self.content(on_bytes) as packed:
                yield io.BytesIO(packed.read())
        elif self.is_remote:
            with io.BufferedReader(_SeekableRemote(self.location, self.num_bytes), BLOCK_BYTES) as file:
                yield _counted(file, on_bytes)
        else:
            with open(self.location, "rb") as file:
                yield _counted(file, on_bytes)

    @contextmanager
    def content(self, on_bytes: OnBytes = ignored, block_bytes: int = BLOCK_BYTES, ahead: int = BLOCKS_AHEAD) -> Iterator[BinaryIO]:
        """The unpacked content, from its beginning. Reading it raises DamagedFileError where a packed file is cut off or damaged.

        `on_bytes` is told how many bytes of the file, as it lies there, were read since its last call. `block_bytes`, `ahead`: what is
        asked of a store at a time, and how many times ahead.
        """
        if self.is_remote:
            with ReadAhead(_ranges_of(self.location), self.num_bytes, block_bytes, ahead) as file:
                yield unpacked(io.BufferedReader(file, block_bytes), self.location, on_bytes)
        else:
            with open(self.location, "rb") as file:
                yield unpacked(file, self.location, on_bytes)


def list_files(path: str, is_wanted: Callable[[str], bool]) -> tuple[list[InputFile], list[str]]:
    """(the wanted files at `path`, the names of the others), in name order; hidden ones count as neither.

    A path that is a file is wanted whatever its name. A directory made by `corpus synth` gives the files of its manifest. Raises InputError
    where there is nothing, the store cannot be asked, or a directory holds what another stage made.
    """
    files, is_one = _list_store(path) if "://" in path else _list_here(Path(path))
    wanted = sorted((file for file in files if is_one or is_wanted(file.name)), key=lambda file: file.name)
    chosen = {file.name for file in wanted}
    return wanted, sorted(file.name for file in files if file.name not in chosen)


def _list_here(path: Path) -> tuple[list[InputFile], bool]:
    """The files at a path, and whether it is a file itself."""
    if not path.exists():
        raise InputError(str(path), "there is no such file or directory", "a source of documents", "check the path")
    if path.is_file():
        check_name(path)
        return [_local(path, path.name)], True
    if (path / MANIFEST_NAME).exists():
        manifest = read_manifest(path)
        if manifest.stage != SYNTH_STAGE:
            raise InputError(str(path), f"was made by `{manifest.stage}`", "raw files", "name the files it was made from")
        return [_local(path / name, name) for name in sorted(manifest.files)], False
    return [_local(file, name) for file, name in files_below(path)], False


def _local(path: Path, name: str) -> InputFile:
    state = path.stat()
    return InputFile(str(path), name, state.st_size, str(state.st_mtime_ns))


def _list_store(url: str) -> tuple[list[InputFile], bool]:
    with _asked_of(url):
        store, root = _store_of(url)
        scheme = url.partition("://")[0]
        found = store.find(root, detail=True)
        if not found and store.isfile(root):
            found = {root: store.info(root)}
    files = []
    for location, facts in found.items():
        name = location[len(root) :].strip("/") or location.rpartition("/")[2]
        hidden = any(part.startswith(".") for part in name.split("/"))
        if facts.get("type") == "file" and not hidden and not location.endswith("/"):
            version = str(facts.get("ETag") or facts.get("etag") or facts.get("mtime") or facts.get("LastModified")).strip('"')
            files.append(InputFile(f"{scheme}://{location}", name, int(facts["size"]), version))
    if not files:
        raise InputError(url, "there is nothing", "an object, or a prefix of objects", "check the address")
    return files, list(found) == [root]


def _store_of(url: str) -> tuple[Any, str]:
    from fsspec.core import url_to_fs

    try:
        store, root = url_to_fs(url, skip_instance_cache=True, **_STORE_OPTIONS.get(url.partition("://")[0], {}))
    except ImportError as error:  # whose message names the library
        library = "pip install 'medpretrain[s3]'" if url.startswith(("s3://", "s3a://")) else "install that one"
        remedy = f"{library}, or copy the files here"
        raise InputError(url, f"cannot be reached: {error}", "the library for such an address", remedy) from error
    except ValueError as error:
        raise InputError(url, f"is no address that can be used ({error})", "one such as s3://bucket/prefix", "check the address") from error
    return store, root.rstrip("/")


def _ranges_of(url: str) -> Callable[[int, int], bytes]:
    """ranges(start, end) -> those bytes of an object."""
    store, root = _store_of(url)

    def ranges(start: int, end: int) -> bytes:
        with _asked_of(url):
            return bytes(store.cat_file(root, start=start, end=end))

    return ranges


@contextmanager
def _asked_of(url: str) -> Iterator[None]:
    """What a store's library raises, as InputError; each has errors of its own kind."""
    try:
        yield
    except InputError:
        raise
    except FileNotFoundError as error:
        raise InputError(url, "there is nothing", "an object, or a prefix of objects", "check the address") from error
    except Exception as error:
        if not isinstance(error, OSError) and type(error).__module__.partition(".")[0] not in STORE_LIBRARIES:
            raise
        remedy = "check the address, the credentials and the network, and give the same command again: it goes on where it was"
        raise StoreError(url, f"cannot be read ({type(error).__name__}: {error})", "a store that answers", remedy) from error


class ReadAhead(io.RawIOBase):
    """The bytes of an object in order; the next blocks are asked for while one is used, BLOCKS_AHEAD at most."""

    def __init__(
        self, ranges: Callable[[int, int], bytes], num_bytes: int, block_bytes: int = BLOCK_BYTES, ahead: int = BLOCKS_AHEAD
    ) -> None:
        self._ranges, self._num_bytes, self._block_bytes, self._ahead = ranges, num_bytes, block_bytes, ahead
        self._asked = 0
        self._coming: deque[Future[bytes]] = deque()
        self._block = memoryview(b"")
        self._threads = ThreadPoolExecutor(ahead)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._block:
            self._ask()
            if not self._coming:
                return 0
            self._block = memoryview(self._coming.popleft().result())
            self._ask()
        num_bytes = min(len(buffer), len(self._block))
        buffer[:num_bytes] = self._block[:num_bytes]
        self._block = self._block[num_bytes:]
        return num_bytes

    def _ask(self) -> None:
        while self._asked < self._num_bytes and len(self._coming) < self._ahead:
            end = min(self._asked + self._block_bytes, self._num_bytes)
            self._coming.append(self._threads.submit(self._ranges, self._asked, end))
            self._asked = end

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
        with suppress(ValueError):
            super().close()


def _counted(file: BinaryIO, on_bytes: OnBytes) -> BinaryIO:
    return file if on_bytes is ignored else io.BufferedReader(_Counted(file, on_bytes))


class _Counted(io.RawIOBase):
    """A file that tells how much of it was read."""

    def __init__(self, file: BinaryIO, on_bytes: OnBytes) -> None:
        self._file, self._on_bytes = file, on_bytes

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def readinto(self, buffer: Any) -> int:
        num_bytes = self._file.readinto(buffer)  # type: ignore[attr-defined]  # typing's BinaryIO lacks it
        self._on_bytes(num_bytes)
        return num_bytes


class _SeekableRemote(io.RawIOBase):
    """An object that is read where one likes (Parquet begins at its end)."""

    def __init__(self, url: str, num_bytes: int) -> None:
        self._ranges, self._num_bytes, self._place = _ranges_of(url), num_bytes, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        self._place = offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._place, os.SEEK_END: self._num_bytes}[whence]
        return self._place

    def readinto(self, buffer: Any) -> int:
        end = min(self._place + len(buffer), self._num_bytes)
        if end <= self._place:
            return 0
        block = self._ranges(self._place, end)
        buffer[: len(block)] = block
        self._place += len(block)
        return len(block)
