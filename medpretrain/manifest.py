"""The manifest every artefact carries: what made it, from what, with which settings, and the checksum of each file.

A stage calls `begin_stage` (which says whether there is anything to do), writes its files, and calls `finish_stage`, which
writes `manifest.json` last and atomically. A directory without a manifest does not exist for the next stage.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import socket
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

from blake3 import blake3

from medpretrain import __version__
from medpretrain.errors import InputError

FORMAT_VERSION = 1
MANIFEST_NAME = "manifest.json"
UNFINISHED_NAME = "unfinished.json"  # marks a directory that a stage has begun and not ended: it may be cleared and made again
CHECKSUM_BLOCK_BYTES = 2**18
ASIDE_SUFFIX = ".tmp"  # of a file that is still being written: `.manifest.json.4711.tmp`


@dataclass(frozen=True)
class FileEntry:
    """Size in bytes and BLAKE3 checksum (hex) of one file."""

    bytes: int
    checksum: str


@dataclass(frozen=True)
class Manifest:
    """What a stage made. `inputs` maps a name ("corpus", "tokenizer") to the `identity` of that input's manifest."""

    stage: str
    settings: dict[str, Any]
    inputs: dict[str, str]
    counts: dict[str, Any]
    files: dict[str, FileEntry]
    versions: dict[str, str] = field(default_factory=dict)
    started: str = ""
    ended: str = ""
    format_version: int = FORMAT_VERSION

    @property
    def settings_hash(self) -> str:
        return hash_of(self.settings)

    @property
    def identity(self) -> str:
        """Hash of everything that decides the content (not times, not software versions): equal content, equal identity."""
        return hash_of(
            [self.format_version, self.stage, self.settings, self.inputs, self.counts, {k: vars(v) for k, v in self.files.items()}]
        )


def hash_of(value: Any) -> str:
    """SHA-256 (hex) of a JSON-able value in canonical form: the same before and after a journey through a JSON file."""
    as_read_back = json.loads(json.dumps(value))  # keys that are numbers become text, and sort as text
    return hashlib.sha256(json.dumps(as_read_back, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()).hexdigest()


def checksum_file(path: Path, on_bytes: Callable[[int], None] = lambda num_bytes: None) -> str:
    """BLAKE3 (hex) of a file's bytes, read a block at a time (a memory map would count the whole file as resident).

    `on_bytes` is told of each block how many they are."""
    hasher = blake3()
    block = memoryview(bytearray(CHECKSUM_BLOCK_BYTES))
    with open(path, "rb", buffering=0) as file:
        while num_bytes := file.readinto(block):
            hasher.update(block[:num_bytes])
            on_bytes(num_bytes)
    return hasher.hexdigest()


def file_entry(path: Path) -> FileEntry:
    """Size and checksum of `path`, read from the disk."""
    return FileEntry(bytes=path.stat().st_size, checksum=checksum_file(path))


def write_atomically(path: Path, content: bytes) -> None:
    """Write `content` aside, fsync, rename over `path`, fsync the directory: a reader sees the old file or the new one, whole."""
    aside = path.with_name(f".{path.name}.{os.getpid()}{ASIDE_SUFFIX}")
    try:
        with open(aside, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(aside, path)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise
    fsync_directory(path.parent)


def write_json(path: Path, value: Any) -> None:
    """Write a JSON value atomically, indented, with a newline at its end."""
    write_atomically(path, (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode())


def fsync_directory(directory: Path) -> None:
    """Make a rename or a new file in `directory` survive a power cut."""
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def timestamp() -> str:
    """The present time, UTC, ISO 8601 to the second."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def software_versions() -> dict[str, str]:
    """Versions of medpretrain, Python and the libraries that shape an artefact, without importing them."""
    versions = {"medpretrain": __version__, "python": platform.python_version()}
    for name in ("torch", "deepspeed", "numpy", "tokenizers", "gigatoken", "safetensors", "transformers"):
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return versions


def begin_stage(directory: Path, stage: str, settings: Mapping[str, Any], inputs: Mapping[str, str], file_patterns: Sequence[str]) -> bool:
    """Prepare `directory` for a stage's output; False when it already holds that very output (then there is nothing to do).

    An output of this stage that an interrupted run left unfinished is cleared: the files that fit `file_patterns` (as in
    `Path.match`), and no other. Raises InputError when the directory holds anything else, or another process is writing it.
    """
    make_directory(directory)
    if (directory / MANIFEST_NAME).exists():
        done = read_manifest(directory)
        differs = [
            name
            for name, mine, theirs in (
                ("stage", stage, done.stage),
                ("settings", hash_of(dict(settings)), done.settings_hash),
                ("inputs", dict(inputs), done.inputs),
            )
            if mine != theirs
        ]
        if not differs:
            check_sizes(directory, done)
            return False
        raise InputError(
            str(directory),
            f"already holds the output of `{done.stage}` made from other {' and '.join(differs)}",
            "an empty directory or the same stage, settings and inputs",
            "choose another --out, or remove the directory if it is not needed",
        )
    unfinished = directory / UNFINISHED_NAME
    if left_unfinished(directory, stage):
        _check_abandoned(unfinished)
        refuse_foreign(directory, stage, file_patterns)
    else:
        refuse_foreign(directory, stage)
    for path in directory.iterdir():
        if path != unfinished:
            path.unlink()
    mark_unfinished(directory, stage)
    return True


def make_directory(directory: Path) -> None:
    """Have the directory of an output there. Raises InputError where something else is."""
    if directory.is_symlink() and not directory.exists():
        raise InputError(str(directory), "is a link to nothing", "an empty or new directory", "choose another --out")
    if directory.exists() and not directory.is_dir():
        raise InputError(str(directory), "is a file", "an empty or new directory", "choose another --out")
    directory.mkdir(parents=True, exist_ok=True)


def left_unfinished(directory: Path, stage: str) -> bool:
    """Whether the stage has begun an output there and not ended it. Raises InputError where another stage has."""
    if not (directory / UNFINISHED_NAME).exists():
        return False
    began = _unfinished_record(directory).get("stage", stage)
    if began != stage:
        raise InputError(str(directory), f"was left unfinished by `{began}`", f"an output of `{stage}`", "choose another --out")
    return True


def refuse_foreign(directory: Path, stage: str, file_patterns: Sequence[str] = ()) -> None:
    """Raises InputError where the directory holds anything but our own marks and files that fit `file_patterns`."""
    ours = [UNFINISHED_NAME, f".*{ASIDE_SUFFIX}", *file_patterns]
    foreign = sorted(path.name for path in directory.iterdir() if path.is_dir() or not any(path.match(pattern) for pattern in ours))
    if foreign:
        found = f"holds {foreign[0]}{f' and {len(foreign) - 1} more' if len(foreign) > 1 else ''}, which `{stage}` did not write"
        raise InputError(str(directory), found, "an empty or new directory", "choose another --out")


def mark_unfinished(directory: Path, stage: str) -> None:
    """Mark that this process has begun to write the output of a stage there; `finish_stage` takes the mark away."""
    write_json(directory / UNFINISHED_NAME, {"stage": stage, "started": timestamp(), "host": socket.gethostname(), "process": os.getpid()})


def _unfinished_record(directory: Path) -> dict[str, Any]:
    """Who began there; nothing where a crash has cut that off, as the very first thing that was written."""
    try:
        record = json.loads((directory / UNFINISHED_NAME).read_bytes())
    except ValueError:
        return {}
    return record if isinstance(record, dict) else {}


def _check_abandoned(unfinished: Path) -> None:
    """Whoever began this directory is gone."""
    record = _unfinished_record(unfinished.parent)
    host, process = record.get("host"), record.get("process")
    if host != socket.gethostname() or not isinstance(process, int) or process == os.getpid():
        return
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return
    except PermissionError:
        pass
    raise InputError(
        str(unfinished.parent),
        f"is being written by process {process}",
        "one process for an output",
        f"wait for it, or, if that process is something else by now, remove {unfinished.name}",
    )


def finish_stage(
    directory: Path,
    stage: str,
    settings: Mapping[str, Any],
    inputs: Mapping[str, str],
    counts: Mapping[str, Any],
    file_names: Iterable[str],
) -> Manifest:
    """Check in the stage's files (fsync, size, checksum) and write the manifest, last. Returns it."""
    started = json.loads((directory / UNFINISHED_NAME).read_text(encoding="utf-8"))["started"]
    files = {}
    for name in sorted(file_names):
        with open(directory / name, "rb") as file:
            os.fsync(file.fileno())
        files[name] = file_entry(directory / name)
    manifest = Manifest(
        stage=stage,
        settings=dict(settings),
        inputs=dict(inputs),
        counts=dict(counts),
        files=files,
        versions=software_versions(),
        started=started,
        ended=timestamp(),
    )
    write_manifest(directory, manifest)
    (directory / UNFINISHED_NAME).unlink()
    return manifest


def write_manifest(directory: Path, manifest: Manifest) -> None:
    """Write `manifest.json` atomically."""
    write_json(directory / MANIFEST_NAME, {**asdict(manifest), "settings_hash": manifest.settings_hash, "identity": manifest.identity})


def read_manifest(directory: Path, stage: str | None = None) -> Manifest:
    """The manifest of `directory`, its identity checked; InputError when there is none, it is damaged, or it is of another stage."""
    path = directory / MANIFEST_NAME
    made_by = f"a directory made by `{stage}`" if stage else "a directory made by medpretrain"
    if not directory.is_dir():
        raise InputError(str(directory), "there is no such directory", made_by, "check the path, or run that stage first")
    if not path.exists():
        raise InputError(
            str(directory), f"has no {MANIFEST_NAME}, so it is unfinished or not ours", made_by, "run that stage again to its end"
        )
    manifest = parse_manifest(path.read_bytes(), str(path))
    if stage is not None and manifest.stage != stage:
        raise InputError(str(directory), f"was made by `{manifest.stage}`", made_by, "give the directory of that stage")
    return manifest


def parse_manifest(content: bytes, where: str) -> Manifest:
    """A manifest from the bytes of its file, which errors call `where`. Raises InputError where it is damaged."""
    try:
        record = json.loads(content)
        version = record["format_version"]
        if version == FORMAT_VERSION:
            identity = record.pop("identity")
            record.pop("settings_hash")
            record["files"] = {name: FileEntry(**entry) for name, entry in record["files"].items()}
            manifest = Manifest(**record)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            where,
            f"cannot be read ({type(error).__name__}: {error})",
            "a manifest as medpretrain writes it",
            "make the directory again",
        ) from error
    if version != FORMAT_VERSION:
        raise InputError(
            where, f"has format version {version}", f"version {FORMAT_VERSION}", "use the medpretrain that wrote it, or make it again"
        )
    if manifest.identity != identity:
        raise InputError(
            where, "was changed after it was written (its identity hash differs)", "an untouched manifest", "make the directory again"
        )
    return manifest


def check_sizes(directory: Path, manifest: Manifest) -> None:
    """Every file of the manifest is there with its size (costs one stat a file); InputError names the first that is not."""
    for name, entry in manifest.files.items():
        path = os.path.join(directory, name)  # a Path costs more than the stat: 2,000 files are 200 billion tokens
        try:
            size = os.stat(path).st_size
        except FileNotFoundError:
            raise InputError(path, "is missing", f"a file of {entry.bytes:,} bytes", "restore it or make the directory again") from None
        if size != entry.bytes:
            raise InputError(path, f"has {size:,} bytes", f"{entry.bytes:,} bytes", "restore it or make the directory again")


def verify_files(directory: Path, manifest: Manifest) -> None:
    """Read every byte of every file and compare checksums; InputError names the first file that differs."""
    check_sizes(directory, manifest)
    for name, entry in manifest.files.items():
        checksum = checksum_file(directory / name)
        if checksum != entry.checksum:
            raise InputError(
                str(directory / name),
                f"its checksum is {checksum[:16]}...",
                f"{entry.checksum[:16]}...",
                "the file is damaged: restore it or make the directory again",
            )
