"""A second copy of a run's checkpoints, away from the disk that the run writes to: `s3://bucket/runs/NAME`, or wherever fsspec reaches.

    URL/config.yaml, tokenizer.json, events.jsonl, metrics.jsonl    the run's own as of its last copy, so that what is fetched can be
                                                                     evaluated, exported, and gone on with under the next attempt's number
    URL/step-0001000.2/...    the files of that checkpoint, saved by attempt 2; `COMPLETE` is the last to be written

An object store has no rename: a copy exists once its marker does, and the marker is written after each other file was read back and
compared with the manifest. The attempt in the name keeps a job that woke up late from writing into the copy of the one that replaced it.
Nothing is ever removed there: that is for the owner of the store, whose credentials here need not allow it.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from blake3 import blake3

from medpretrain.checkpoint.format import STATE_NAME, read_state
from medpretrain.checkpoint.marker import MARKER_NAME, check_published
from medpretrain.checkpoint.paths import checkpoints_directory, step_directory
from medpretrain.errors import InputError
from medpretrain.log import Progress
from medpretrain.manifest import MANIFEST_NAME, FileEntry, Manifest, file_entry, fsync_directory, parse_manifest

RUN_FILES = ("config.yaml", "tokenizer.json", "events.jsonl", "metrics.jsonl")
FILES_AT_ONCE = 4
READ_BYTES = 2**24  # asked for at once when a copy is read back

# What the file systems of fsspec are opened with. S3: a dead server is given up after about a minute, and an upload keeps 4 parts of 50 MB.
_OPTIONS: dict[str, dict[str, Any]] = {
    "file": {"auto_mkdir": True},
    "s3": {
        "use_listings_cache": False,
        "max_concurrency": 4,
        "config_kwargs": {"connect_timeout": 10, "read_timeout": 30, "retries": {"max_attempts": 2}},
    },
}
_COPY = re.compile(r"step-(\d{7,})\.(\d+)")


@dataclass(frozen=True, order=True)
class Copy:
    """A checkpoint's copy: of which step, saved by which attempt of the run."""

    step: int
    attempt: int

    @property
    def name(self) -> str:
        return f"step-{self.step:07d}.{self.attempt}"


def copy_of(directory: Path) -> Copy:
    """What the copy of a published checkpoint is called. Raises InputError where its state cannot be read."""
    state = read_state(directory / STATE_NAME)
    return Copy(state["step"], state.get("attempt", 1))


class SecondCopy:
    """The copies of one run below `url`. What fails there raises whatever the library of that store raises, seldom an OSError.

    Raises InputError where the library for such a URL is not installed.
    """

    def __init__(self, url: str) -> None:
        from fsspec.core import url_to_fs

        self.url = url.rstrip("/")
        if "://" not in url:  # a path with a slip of the pen would be taken for a directory here
            raise InputError(url, "is no URL", "one such as s3://bucket/prefix/NAME", "write it whole")
        try:
            self._files, self._root = url_to_fs(self.url, skip_instance_cache=True, **_OPTIONS.get(url.partition("://")[0], {}))
        except (ImportError, ValueError) as error:
            remedy = "install it (for s3: pip install 'medpretrain[s3]'), or give another place"
            raise InputError(url, f"cannot be opened ({error})", "a URL of a kind whose library is installed", remedy) from error

    def copies(self) -> list[Copy]:
        """Those that are complete, oldest first."""
        try:
            names = [path.rstrip("/").rpartition("/")[2] for path in self._files.ls(self._root, detail=False)]
        except FileNotFoundError:
            return []
        begun = [Copy(int(match[1]), int(match[2])) for name in names if (match := _COPY.fullmatch(name))]
        return sorted(copy for copy in begun if self.is_complete(copy))

    def is_complete(self, copy: Copy) -> bool:
        """Whether its marker is there."""
        return bool(self._files.exists(self._path(copy, MARKER_NAME)))

    def store(self, directory: Path) -> bool:
        """Copy a published checkpoint and the run's own files, and read them back; False where that very copy was there already.

        Raises InputError where the checkpoint is damaged, or the place holds another one of that name; whatever the store raises.
        """
        copy = copy_of(directory)
        manifest = check_published(directory, read_bytes=False)
        marker = (directory / MARKER_NAME).read_bytes()
        if self.is_complete(copy):
            if self._files.cat_file(self._path(copy, MARKER_NAME)) != marker:
                found, remedy = "holds another checkpoint of that name", "give each run a `checkpoint.copy_to` or a name of its own"
                raise InputError(f"{self.url}/{copy.name}", found, f"a place for {directory}", remedy)
            return False
        for name in RUN_FILES:
            if (directory.parents[1] / name).is_file():
                self._files.put_file(str(directory.parents[1] / name), f"{self._root}/{name}")

        def copy_file(name: str, entry: FileEntry) -> None:
            self._files.put_file(str(directory / name), self._path(copy, name))
            self._check(copy, name, entry)

        files = {**manifest.files, MANIFEST_NAME: file_entry(directory / MANIFEST_NAME)}
        _for_each(files, copy_file, f"copying {directory.name}")
        self._files.pipe_file(self._path(copy, MARKER_NAME), marker)
        if self._files.cat_file(self._path(copy, MARKER_NAME)) != marker:
            raise InputError(f"{self.url}/{copy.name}/{MARKER_NAME}", "is not what was written", "the marker", "look at that store")
        return True

    def verify(self, copy: Copy) -> Manifest:
        """Read every byte of a copy and compare it with its manifest, which the marker names. Raises InputError that names the file."""
        manifest = self.manifest(copy)
        _for_each(manifest.files, lambda name, entry: self._check(copy, name, entry), f"verifying {copy.name}")
        return manifest

    def fetch(self, copy: Copy, run_dir: Path) -> Path:
        """Bring a copy back as a published checkpoint of `run_dir`, verified, with the run's own files where there are none.

        Raises InputError where the run has a checkpoint of that step, or the copy is damaged.
        """
        final_dir = step_directory(run_dir, copy.step)
        if final_dir.exists():
            raise InputError(str(final_dir), "is there already", "no checkpoint of that step", "remove it, or fetch into another run")
        manifest = self.manifest(copy)
        staging_dir = checkpoints_directory(run_dir) / f".step-{copy.step:07d}.fetched.{os.getpid()}.tmp"
        staging_dir.mkdir(parents=True)

        def fetch_file(name: str, entry: FileEntry) -> None:
            path = staging_dir / name
            path.parent.mkdir(exist_ok=True)
            self._files.get_file(self._path(copy, name), str(path))
            if file_entry(path) != entry:
                raise _damaged(f"{self.url}/{copy.name}/{name}", file_entry(path), entry)
            with open(path, "rb") as file:
                os.fsync(file.fileno())

        try:
            _for_each(manifest.files, fetch_file, f"fetching {copy.name}")
            for name in (MANIFEST_NAME, MARKER_NAME):
                (staging_dir / name).write_bytes(self._files.cat_file(self._path(copy, name)))
            for directory in (*(path for path in staging_dir.iterdir() if path.is_dir()), staging_dir):
                fsync_directory(directory)
            for name in RUN_FILES:
                if not (run_dir / name).exists() and self._files.exists(f"{self._root}/{name}"):
                    self._files.get_file(f"{self._root}/{name}", str(run_dir / name))
            os.rename(staging_dir, final_dir)
        finally:
            shutil.rmtree(staging_dir, ignore_errors=True)
        fsync_directory(final_dir.parent)
        return final_dir

    @contextlib.contextmanager
    def told(self) -> Iterator[None]:
        """Whatever the store raises inside becomes an InputError, for a command that is useless without the store."""
        try:
            yield
        except (InputError, KeyboardInterrupt):
            raise
        except Exception as error:
            remedy = "check the URL, the credentials and endpoint in the environment, and that the store answers"
            raise InputError(self.url, f"cannot be used ({type(error).__name__}: {error})", "a store that can be read", remedy) from error

    def _path(self, copy: Copy, name: str) -> str:
        return f"{self._root}/{copy.name}/{name}"

    def manifest(self, copy: Copy) -> Manifest:
        """A copy's manifest, which its marker names. Raises InputError where it is damaged."""
        content = self._files.cat_file(self._path(copy, MANIFEST_NAME))
        marker = self._files.cat_file(self._path(copy, MARKER_NAME)).decode().strip()
        where = f"{self.url}/{copy.name}/{MANIFEST_NAME}"
        checksum = blake3(content).hexdigest()
        if checksum != marker:
            raise InputError(where, f"its checksum is {checksum[:16]}...", f"{marker[:16]}..., as {MARKER_NAME} says", "use another copy")
        return parse_manifest(content, where)

    def _check(self, copy: Copy, name: str, entry: FileEntry) -> None:
        """Read a file of a copy back."""
        hasher, num_bytes = blake3(), 0
        with self._files.open(self._path(copy, name), "rb", block_size=READ_BYTES, cache_type="none") as file:
            while block := file.read(READ_BYTES):
                hasher.update(block)
                num_bytes += len(block)
        found = FileEntry(num_bytes, hasher.hexdigest())
        if found != entry:
            raise _damaged(f"{self.url}/{copy.name}/{name}", found, entry)


def list_copies(url: str, verify: bool) -> list[dict[str, Any]]:
    """One record a copy at a run's `url`, oldest first: step, attempt, url, bytes; with `verify` each is read whole. Raises InputError."""
    place = SecondCopy(url)
    with place.told():
        records = []
        for copy in place.copies():
            manifest = place.verify(copy) if verify else place.manifest(copy)
            num_bytes = sum(entry.bytes for entry in manifest.files.values())
            records.append({"step": copy.step, "attempt": copy.attempt, "url": f"{place.url}/{copy.name}", "bytes": num_bytes})
    if not records:
        raise InputError(url, "holds no copy of a checkpoint", "the `url` of a run's event `copied`", "check the URL")
    return records


def fetch_copy(url: str, run_dir: Path, step: int | None = None) -> dict[str, Any]:
    """Fetch a run's newest copy, or the newest of `step`, into `run_dir`. Returns step, attempt, url, directory. Raises InputError."""
    place = SecondCopy(url)
    with place.told():
        found = place.copies()
        wanted = [copy for copy in found if step is None or copy.step == step]
        if not wanted:
            there = ", ".join(str(copy.step) for copy in found) or "none"
            of_step = "" if step is None else f" of step {step}"
            raise InputError(url, f"holds no copy of a checkpoint{of_step}", f"a step that it holds ({there})", "check the URL and --step")
        directory = place.fetch(wanted[-1], run_dir)
    return {**vars(wanted[-1]), "url": f"{place.url}/{wanted[-1].name}", "directory": str(directory)}


def _for_each(files: dict[str, FileEntry], work: Callable[[str, FileEntry], None], told: str) -> None:
    """Several files at once, the first failure raised; with progress where there is much to do."""
    total = sum(entry.bytes for entry in files.values())
    pool = ThreadPoolExecutor(FILES_AT_ONCE)
    try:
        with Progress(told, total, "bytes", show=total > 10**9) as progress:
            entries: Iterable[FileEntry] = files.values()
            for entry, _ in zip(entries, pool.map(work, files, entries), strict=True):
                progress.advance(entry.bytes)
    finally:
        pool.shutdown(cancel_futures=True)


def _damaged(where: str, found: FileEntry, entry: FileEntry) -> InputError:
    expected = f"{entry.bytes:,} bytes with checksum {entry.checksum[:16]}..., as its manifest says"
    return InputError(where, f"has {found.bytes:,} bytes with checksum {found.checksum[:16]}...", expected, "use another copy")
