"""Stages before those that read notes, in `corpus build` and `corpus deidentify`: what files of persons and consents in a FHIR bulk export
say.

    types     which resources each file holds, by its first line
    people    of each file that holds persons or consents, what it tells
    index     all of that for a source, where a reader of notes can ask it (sources.fhir_people)

The last two hold names, so they are made only where a task that asks an index is not done, and removed when all are.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import orjson

from medpretrain import __version__
from medpretrain.corpus.lines import DamagedFileError, LineWriter, read_lines
from medpretrain.corpus.settings import SourceSettings
from medpretrain.corpus.sources.fhir_people import (
    CONSENT_TYPE,
    PERSON_TYPES,
    WITHOUT_DOCUMENTS,
    KnownPeople,
    resources_in,
    rows_of,
    write_index,
)
from medpretrain.corpus.sources.files import InputFile
from medpretrain.corpus.sources.formats import types_in
from medpretrain.corpus.tasks import Result, Task, Workers, file_of, is_done, tell
from medpretrain.log import logger
from medpretrain.manifest import hash_of

TYPES_STAGE, PEOPLE_STAGE, INDEX_STAGE = "types", "people", "index"
ROWS_FILE, INDEX_FILE = "rows.jsonl.zst", "sqlite"


@dataclass(frozen=True)
class IndexTasks:
    """Those that make an index: one for each file of persons, and the one behind them."""

    of_files: tuple[Task, ...]
    index: Task

    def known(self, work: Path) -> KnownPeople:
        """What they make."""
        return KnownPeople(file_of(work, INDEX_STAGE, self.index.name, INDEX_FILE), self.index.identity)


def find_types(
    workers: Workers, work: Path, groups: Mapping[str, tuple[SourceSettings, Sequence[InputFile]]]
) -> dict[str, dict[str, list[str]]]:
    """Which FHIR resources stand in each file (`types_in`), by group and name. Groups become tasks of their names."""
    tasks = []
    for name, (source, files) in groups.items():
        identity = hash_of([source.format, source.inside, [[file.location, file.num_bytes, file.version] for file in files]])
        tasks.append(Task(name, identity, types_of_files, (tuple(files), source), len(files)))
    return workers.run(work, TYPES_STAGE, tasks, "files") if tasks else {}


def types_of_files(scratch: Path, files: tuple[InputFile, ...], source: SourceSettings) -> Result:
    """The task that looks into files; one that is damaged is told of where it is read."""
    types: dict[str, list[str]] = {}
    for file in files:
        try:
            types[file.name] = types_in(file, source)
        except DamagedFileError:
            types[file.name] = [CONSENT_TYPE] if CONSENT_TYPE.lower() in file.name.lower() else []
    return types


def warn_of_unknown_patients(source: SourceSettings, types: Mapping[str, Sequence[str]]) -> None:
    """Tell where a bulk export is read without its patients."""
    there = set(chain.from_iterable(types.values()))
    if there - WITHOUT_DOCUMENTS and "Patient" not in there:
        logger.warning(
            "%s: no file begins with a Patient resource, so patients are known only where they stand beside their notes; "
            "have the source hold their files too",
            source.path,
        )


def warn_of_late_consents(source: SourceSettings, later: Mapping[str, Sequence[str]]) -> None:
    """Tell where consents come with files that were added to a corpus."""
    late = [name for name, kinds in later.items() if CONSENT_TYPE in kinds]
    if late:
        logger.warning(
            "%s: %s came after the first build, so no denial in there keeps out what that one wrote; for that, build in another directory",
            source.path,
            ", ".join(late),
        )


def index_tasks(
    work: Path, name: str, files: Mapping[InputFile, Any], types: Mapping[str, Sequence[str]], with_persons: bool = True
) -> IndexTasks | None:
    """Those for an index of that name, of such of the `files` (with what tells each from others) as hold consents or, where they are asked
    for, persons; None where none does."""
    of_files = []
    indexed = {CONSENT_TYPE, *(PERSON_TYPES if with_persons else ())}
    for file, version in files.items():
        kinds = types.get(file.name, ())
        if not indexed.isdisjoint(kinds):
            identity = hash_of([__version__, file.name, version])
            of_files.append(Task(identity[:20], identity, write_rows, (file, CONSENT_TYPE in kinds), file.num_bytes))
    if not of_files:
        return None
    paths = tuple(file_of(work, PEOPLE_STAGE, task.name, ROWS_FILE) for task in of_files)
    index = Task(name, hash_of([task.identity for task in of_files]), write_people, (paths,), len(paths))
    return IndexTasks(tuple(of_files), index)


def make_indexes(workers: Workers, work: Path, stage: str, readers: Sequence[tuple[Task, IndexTasks | None]]) -> None:
    """Have the index there that each task of a stage asks, of (task, those that make its index); but for tasks that are done."""
    needed = {tasks.index.name: tasks for task, tasks in readers if tasks is not None and not is_done(work, stage, task)}
    if needed:
        of_files = {task.name: task for tasks in needed.values() for task in tasks.of_files}
        workers.run(work, PEOPLE_STAGE, list(of_files.values()), "bytes")
        workers.run(work, INDEX_STAGE, [tasks.index for tasks in needed.values()], "files")


def remove_indexes(work: Path) -> None:
    """When nobody asks them any more."""
    for stage in (PEOPLE_STAGE, INDEX_STAGE):
        shutil.rmtree(work / stage, ignore_errors=True)


def write_rows(scratch: Path, file: InputFile, holds_consents: bool) -> Result:
    """The task of a file of persons or consents: what it tells. Of persons, as far as it can be read: who reads it for its notes tells what
    cannot. Raises DamagedFileError where consents stand in what cannot be read: a denial may be among them."""
    path = scratch / ROWS_FILE
    path.touch(mode=0o600)
    with LineWriter(path) as rows, nullcontext() if holds_consents else suppress(DamagedFileError), file.content(tell) as content:
        for resource in resources_in(content, file.location if holds_consents else None):
            for row in rows_of(resource):
                rows.write(orjson.dumps(row) + b"\n")
    file.check_unchanged()
    return {}


def write_people(scratch: Path, paths: tuple[Path, ...]) -> Result:
    """The task that makes an index."""
    write_index(scratch / INDEX_FILE, (orjson.loads(line) for path in paths for _, line in _told_lines(path)))
    return {}


def _told_lines(path: Path) -> Iterator[tuple[int, bytes]]:
    yield from read_lines(path)
    tell(1)
