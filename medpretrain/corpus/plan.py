"""Which files of the sources make which part of a corpus, remembered, so that a later build adds new files as parts behind the old ones."""

from __future__ import annotations

import fcntl
import json
import os
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from medpretrain.corpus.settings import SourceSettings
from medpretrain.corpus.sources.files import InputFile, list_files
from medpretrain.corpus.sources.formats import is_readable, is_table
from medpretrain.errors import InputError, InputErrors
from medpretrain.log import logger
from medpretrain.manifest import write_json

PLAN_NAME, LOCK_NAME = "plan.json", "lock"
PART_BYTES = 1 << 26  # of files, as they lie there; a larger file is a part of its own
PART_FILES = 10_000


@dataclass(frozen=True)
class PlannedPart:
    """Files of one source that are read together. `generation` counts the builds that added files: 0 for those of the first."""

    number: int
    source: int
    generation: int
    files: tuple[str, ...]

    @property
    def name(self) -> str:
        return f"part-{self.number:05d}"


def list_sources(sources: Sequence[SourceSettings], out: Path) -> tuple[list[dict[str, InputFile]], list[list[str]]]:
    """The files of each source by name, and the names of those that are not read.

    Raises InputErrors where a source has none, lies about or inside the output, or has settings for tables and holds none.
    """
    listed: list[dict[str, InputFile]] = []
    not_read: list[list[str]] = []
    errors: list[InputError] = []
    for number, source in enumerate(sources):
        try:
            files, others = list_files(source.path, is_readable(source))
            if not files:
                found = f"holds no file that is read ({len(others)} others)" if others else "holds no file"
                raise InputError(
                    source.path, found, "files whose names tell their format", "check the path, or say `format` of this source"
                )
            if others:
                logger.info("%s: %d files are read, %d others are not (%s)", source.path, len(files), len(others), others[0])
            _check_apart(source.path, files, out)
            if source.format == "auto" and not any(is_table(file.name) for file in files):
                errors += [_without_effect(number, key) for key in source.table_keys]
            listed.append({file.name: file for file in files})
            not_read.append(others)
        except InputError as error:
            errors.append(InputError(f"sources.{number}: {error.where}", error.found, error.expected, error.remedy))
    if errors:
        raise InputErrors(errors) if len(errors) > 1 else errors[0]
    return listed, not_read


def _without_effect(number: int, key: str) -> InputError:
    found = "has no effect, as no file of this source is a table"
    return InputError(f"sources.{number}, key `{key}`", found, "a CSV, TSV or Parquet file", "remove it, or say `format` of this source")


def _check_apart(path: str, files: Sequence[InputFile], out: Path) -> None:
    if "://" in path:
        return
    output = out.resolve()
    if Path(path).is_dir() and output.is_relative_to(Path(path).resolve()):
        raise InputError(str(out), f"lies inside the source {path}", "an output beside the sources", "choose another --out")
    inside = next((file.location for file in files if Path(file.location).resolve().is_relative_to(output)), None)
    if inside is not None:
        raise InputError(inside, f"lies inside the output {out}", "sources beside the output", "move it, or choose another --out")


def grouped(files: Sequence[InputFile]) -> Iterator[tuple[str, ...]]:
    """The names of the files of each part: in order, together up to PART_BYTES and PART_FILES."""
    group: list[str] = []
    num_bytes = 0
    for file in files:
        if group and (num_bytes + file.num_bytes > PART_BYTES or len(group) == PART_FILES):
            yield tuple(group)
            group, num_bytes = [], 0
        group.append(file.name)
        num_bytes += file.num_bytes
    if group:
        yield tuple(group)


@dataclass(frozen=True)
class Plan:
    """The parts in order, and the files' checksums as of the last build that ended, by source and name."""

    parts: list[PlannedPart]
    checksums: list[dict[str, str]]

    @classmethod
    def read(cls, work: Path) -> Plan | None:
        """What an earlier build left there, if it is whole."""
        try:
            record = json.loads((work / PLAN_NAME).read_bytes())
            parts = [PlannedPart(**{**part, "files": tuple(part["files"])}) for part in record["parts"]]
            return cls(parts, record["checksums"])
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return None

    def write(self, work: Path) -> None:
        parts = [asdict(part) for part in self.parts]
        write_json(work / PLAN_NAME, {"parts": parts, "checksums": self.checksums})

    def missing(self, listed: Sequence[Mapping[str, InputFile]]) -> list[str]:
        """Files that stand in it and are there no more."""
        return [name for part in self.parts for name in part.files if part.source >= len(listed) or name not in listed[part.source]]

    def extended(self, listed: Sequence[Mapping[str, InputFile]]) -> Plan:
        """With the files that do not stand in it yet, as parts of a new generation."""
        generation = 1 + max((part.generation for part in self.parts), default=-1)
        known = {(part.source, name) for part in self.parts for name in part.files}
        parts = list(self.parts)
        for source, files in enumerate(listed):
            for names in grouped([file for name, file in files.items() if (source, name) not in known]):
                parts.append(PlannedPart(len(parts), source, generation, names))
        return Plan(parts, self.checksums)

    def until(self, generation: int) -> Plan:
        """Without the parts of that generation and later ones."""
        return Plan([part for part in self.parts if part.generation < generation], self.checksums)


@contextmanager
def held(work: Path) -> Iterator[None]:
    """Hold a directory against a second process, until the end of the `with` or of this process. Raises InputError naming who has it."""
    work.mkdir(parents=True, exist_ok=True)
    with open(work / LOCK_NAME, "a+", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            holder = lock.read().strip() or "another process"
            raise InputError(
                str(work.parent), f"is being written by {holder}", "one process for an output", "wait for it, or choose another --out"
            ) from None
        lock.truncate(0)
        lock.write(f"process {os.getpid()} on {socket.gethostname()}")
        lock.flush()
        yield
