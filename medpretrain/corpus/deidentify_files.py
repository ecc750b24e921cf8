"""De-identification alone: files of any format that `corpus build` reads -> JSON lines without identifiers, and their audit trail.

OUT.parts/ holds what is done while it runs: killed at any moment, the same call goes on. The bytes of the output do not depend on the
number of processes: a large file of JSON lines is divided among them by blocks of records, which are put together in order.
"""

from __future__ import annotations

import gzip
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, astuple, replace
from itertools import chain, count, cycle, islice
from pathlib import Path
from typing import Any

import orjson

from medpretrain import __version__
from medpretrain.corpus.deidentified import DocumentDeidentifier, audit_writer, recorded, warn_of_kept_ids
from medpretrain.corpus.document import JSONL_SUFFIX, BadLineError, Document, format_line, parse_essentials, parse_line
from medpretrain.corpus.lines import LineWriter, TooLongLine, packed_suffix, read_lines, split_lines, unpacked_name
from medpretrain.corpus.people import IndexTasks, find_types, index_tasks, make_indexes, remove_indexes, warn_of_unknown_patients
from medpretrain.corpus.plan import grouped, held
from medpretrain.corpus.settings import DeidentifyFilesSettings, SourceSettings
from medpretrain.corpus.sources.fhir_people import KnownPeople
from medpretrain.corpus.sources.files import InputFile, list_files
from medpretrain.corpus.sources.formats import format_of, is_readable, name_of, read_file
from medpretrain.corpus.sources.record import Record, Refusal
from medpretrain.corpus.tasks import Result, Task, Workers, file_of, tell
from medpretrain.deidentify.audit import BESIDE_SUFFIX
from medpretrain.deidentify.replace import Replacement
from medpretrain.errors import InputError
from medpretrain.log import logger
from medpretrain.manifest import ASIDE_SUFFIX, hash_of

OUT_SUFFIXES = (".jsonl", ".jsonl.gz", ".jsonl.zst")
BLOCK_RECORDS = 64  # of a file that is divided
SLICE_BYTES, MOST_SLICES = 1 << 22, 16  # each slice reads the whole file: more would spend more time on that
SHOWN_REFUSED = 3
STAGE, DOCUMENTS, REPLACED = "deidentify", "documents.jsonl.zst", "replaced.jsonl.zst"


def deidentify_files(settings: DeidentifyFilesSettings, out: Path, num_processes: int = 1) -> dict[str, Any]:
    """Write the documents of a source to `out` without identifiers, in order, and beside it their audit trail, OUT.audit.jsonl.zst.

    Returns what was done: "documents", "replaced" (kind -> how many), "refused" (records that hold no document: reason -> how many).

    Raises InputError where the source is missing or damaged, or holds no file; `out` has none of OUT_SUFFIXES, or is read itself.
    """
    source = settings.source
    files, _ = list_files(source.path, is_readable(source))
    _check(source, files, out)
    warn_of_kept_ids(settings.deidentify)
    work = out.with_name(f"{out.name}.parts")
    with held(work), Workers(num_processes) as workers:
        index = _index_of_people(workers, work, source, files)
        people = None if index is None else index.known(work)
        decided = [__version__, source.model_dump(mode="json"), recorded(settings.deidentify), people and people.identity]
        tasks_of_files = [list(_tasks_of(file, settings, decided, people)) for file in files]
        tasks = list(chain.from_iterable(tasks_of_files))
        make_indexes(workers, work, STAGE, [(task, index) for task in tasks])
        results = workers.run(work, STAGE, tasks, "bytes")
        remove_indexes(work)
        for place, reason in islice(chain.from_iterable(result["shown"] for result in results.values()), SHOWN_REFUSED):
            logger.warning("%s holds no document, so it is left out: %s", place, reason)
        replaced = _put_together(work, [[task.name for task in tasks] for tasks in tasks_of_files], settings, out)
    shutil.rmtree(work)
    refused: Counter[str] = sum((Counter(result["refused"]) for result in results.values()), Counter())
    return {
        "file": str(out),
        "documents": sum(result["documents"] for result in results.values()),
        "replaced": dict(sorted(replaced.items())),
        "refused": dict(sorted(refused.items())),
    }


def audit_beside(out: Path) -> Path:
    """Where the audit trail of an output lies."""
    return out.with_name(f"{unpacked_name(out.name).removesuffix(JSONL_SUFFIX)}{BESIDE_SUFFIX}")


def _check(source: SourceSettings, files: Sequence[InputFile], out: Path) -> None:
    if not out.name.endswith(OUT_SUFFIXES):
        raise InputError(str(out), "is no name for JSON lines", f"one that ends in {', '.join(OUT_SUFFIXES)}", "choose another --out")
    if not files:
        expected, remedy = "files whose names tell their format", "check the path, or say source.format=..."
        raise InputError(source.path, "holds no file that is read", expected, remedy)
    if not out.parent.is_dir():
        raise InputError(str(out), "there is no such directory", "one to write into", "make it, or choose another --out")
    if any(not file.is_remote and Path(file.location).resolve() == out.resolve() for file in files):
        raise InputError(str(out), "is read itself", "a file beside the source", "choose another --out")


def _index_of_people(workers: Workers, work: Path, source: SourceSettings, files: Sequence[InputFile]) -> IndexTasks | None:
    """Those that make an index of the files that hold persons, where there are such."""
    by_name = {file.name: file for file in files}
    groups = {f"{number:05d}": (source, [by_name[name] for name in names]) for number, names in enumerate(grouped(files))}
    types = {name: kind for group in find_types(workers, work, groups).values() for name, kind in group.items()}
    warn_of_unknown_patients(source, types)
    return index_tasks(work, "all", {file: asdict(file) for file in files}, types)


def _tasks_of(file: InputFile, settings: DeidentifyFilesSettings, decided: Sequence[Any], people: KnownPeople | None) -> Iterator[Task]:
    """The slices of a file; `decided` is what decides the result beside the file."""
    source = settings.source
    is_divided = format_of(file, source) == "jsonl" and source.inside is None
    num_slices = min(MOST_SLICES, 1 + file.num_bytes // SLICE_BYTES) if is_divided else 1
    for number in range(num_slices):
        name = f"{hash_of(file.name)[:16]}-{number:02d}"
        yield Task(
            name,
            hash_of([*decided, asdict(file), num_slices, number]),
            deidentify_slice,
            (file, settings, number, num_slices, people),
            max(file.num_bytes // num_slices, 1),
        )


def deidentify_slice(
    scratch: Path, file: InputFile, settings: DeidentifyFilesSettings, number: int, num_slices: int, people: KnownPeople | None
) -> Result:
    """The task of a slice: its documents, and a line for each of its blocks with what was replaced in each document.

    Result: `documents`; `refused`, by reason; `shown`, where the first refused ones stand, and why they are.
    """
    deidentifier = DocumentDeidentifier(settings.deidentify, settings.source.identity)
    refused: Counter[str] = Counter()
    shown: list[tuple[str, str]] = []
    num_documents = 0
    with LineWriter(scratch / DOCUMENTS) as documents, LineWriter(scratch / REPLACED) as replaced:
        for block in _blocks(file, settings.source, number, num_slices, people):
            done = deidentifier.deidentify(
                [_named(one, settings.source) for one in block if isinstance(one, Document)], settings.source.fields
            )
            for one in done:
                documents.write(_line_of(one.document, file))
            replaced.write(orjson.dumps([[astuple(each) for each in one.replacements] for one in done]) + b"\n")
            num_documents += len(done)
            for refusal in block:
                if isinstance(refusal, Refusal):
                    refused[refusal.reason] += 1
                    shown.append((f"{file.location} {refusal.place}".strip(), refusal.reason))
            del shown[SHOWN_REFUSED:]
    file.check_unchanged()
    return {"documents": num_documents, "refused": dict(refused), "shown": shown}


def _named(document: Document, source: SourceSettings) -> Document:
    name = source.name or document.source or name_of(source.path)
    return replace(document, source=name, doc_type=source.doc_type or document.doc_type)


def _line_of(document: Document, file: InputFile) -> bytes:
    try:
        return format_line(document)
    except BadLineError as error:
        where = f"{file.location} {document.place}".strip()
        raise InputError(where, f"cannot be written as JSON: {error.reason}", "text that can", "mend or remove this record") from None


def _blocks(file: InputFile, source: SourceSettings, number: int, num_slices: int, people: KnownPeople | None) -> Iterator[list[Record]]:
    """The records of a slice, block by block; each slice reads all of the file and takes every `num_slices`-th block."""
    if num_slices == 1:
        records = read_file(file, source, tell, people=people)
        while block := list(islice(records, BLOCK_RECORDS)):
            yield block
        return
    with file.content(lambda num_bytes: tell(num_bytes // num_slices)) as content:
        lines = split_lines(content)
        for block_number in count():
            numbered = list(islice(lines, BLOCK_RECORDS))
            if not numbered:
                return
            if block_number % num_slices == number:
                yield [_record_of(file.name, *line) for line in numbered]


def _record_of(name: str, number: int, line: bytes | TooLongLine) -> Record:
    if isinstance(line, TooLongLine):
        return Refusal(f"line {number}", "too long")
    try:
        return parse_line(line, name, number)
    except BadLineError as error:
        return Refusal(f"line {number}", error.reason)


def _put_together(work: Path, tasks_of_files: Sequence[Sequence[str]], settings: DeidentifyFilesSettings, out: Path) -> Counter[str]:
    """Write the output and its audit trail from what the slices left, block by block; returns what was replaced, by kind."""
    counts: Counter[str] = Counter()
    aside, audit = out.with_name(f".{out.name}{ASIDE_SUFFIX}"), audit_beside(out)
    with _packed_writer(aside, out.name) as write, audit_writer(audit, audit.name, settings.deidentify, settings.source) as trail:
        for tasks in tasks_of_files:
            for line, replacements in _in_order(work, tasks):
                write(line + b"\n")
                document = parse_essentials(line, out.name, 1)
                trail.add(document.id, replacements, document.text)
                counts.update(one.kind for one in replacements)
    os.replace(aside, out)
    return counts


def _in_order(work: Path, tasks: Sequence[str]) -> Iterator[tuple[bytes, list[Replacement]]]:
    """Each document's line, and what was replaced in it, in the order of the file."""
    documents = [read_lines(file_of(work, STAGE, task, DOCUMENTS)) for task in tasks]
    blocks = [read_lines(file_of(work, STAGE, task, REPLACED)) for task in tasks]
    for slice_number in cycle(range(len(tasks))):
        _, block = next(blocks[slice_number], (0, None))
        if block is None:  # as blocks are dealt out in turn, the others are at their ends too
            return
        for replaced in orjson.loads(block):
            _, line = next(documents[slice_number])
            yield line, [Replacement(*one) for one in replaced]


@contextmanager
def _packed_writer(path: Path, name: str) -> Iterator[Callable[[bytes], Any]]:
    """`write` of a new file, packed as `name` says, always to the same bytes."""
    if packed_suffix(name) == ".zst":
        with LineWriter(path) as writer:
            yield writer.write
    elif packed_suffix(name) == ".gz":
        with open(path, "wb") as file, gzip.GzipFile("", "wb", fileobj=file, mtime=0) as packed:
            yield packed.write
    else:
        with open(path, "wb") as file:
            yield file.write
