"""Sources -> clean documents: bad lines set aside, short documents and exact duplicates dropped, held-out documents put apart.

One pass, one line in memory at a time. The decisions are pure functions; `build_corpus` reads, counts and writes.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from blake3 import blake3

from medpretrain.corpus.document import BadLineError, Document, format_line, parse_line
from medpretrain.corpus.lines import LineWriter, read_lines
from medpretrain.corpus.reader import BUILD_STAGE, SPLITS, SourceFile, plain_files
from medpretrain.corpus.settings import CorpusSettings, SourceSettings
from medpretrain.errors import InputError
from medpretrain.log import Progress, logger
from medpretrain.manifest import Manifest, begin_stage, checksum_file, finish_stage, hash_of, read_manifest

REJECTED_NAME = "rejected.jsonl.zst"
FILE_PATTERNS = (*(f"{split}-[0-9][0-9][0-9][0-9][0-9].jsonl.zst" for split in SPLITS), REJECTED_NAME)
MIN_LINES_TO_JUDGE = 100  # a share of bad lines means nothing below
SHOWN_CHARACTERS = 500  # of a rejected line
FINGERPRINT_BYTES = 16
TOO_SHORT, DUPLICATE = "too short", "duplicate"


def build_corpus(settings: CorpusSettings, out: Path) -> Manifest:
    """Make the corpus directory `out`: `train-*.jsonl.zst`, `heldout-*.jsonl.zst`, `rejected.jsonl.zst`, manifest. Returns the manifest.

    The same input gives the same bytes and the same identity, wherever it lies. An output already made from the same input is left as
    it is; an interrupted one is made anew. Duplicates are found by a set of 16-byte fingerprints, about 100 bytes of memory a document.

    Manifest counts: `lines`; `documents`, `text_bytes` (UTF-8), `doc_types`; the same three per split in `splits`; `drops` by
    reason (bad lines among them) and `rejected` (bad lines in all).

    Raises InputError when a source is missing, cut off or damaged, when more than `max_bad_share` of at least 100 lines are bad, and when
    no document is left; then no manifest is written.
    """
    sources = [(source, plain_files(source.path)) for source in settings.sources]
    for source, files in sources:
        if source.path.is_dir() and out.resolve().is_relative_to(source.path.resolve()):
            raise InputError(str(out), f"lies inside the source {source.path}", "an output beside the sources", "choose another --out")
        inside = next((file.path for file in files if file.path.resolve().is_relative_to(out.resolve())), None)
        if inside is not None:
            raise InputError(str(inside), f"lies inside the output {out}", "sources beside the output", "move it, or choose another --out")
    recorded = settings.model_dump(mode="json", exclude={"sources": {"__all__": {"path"}}})
    inputs = _identify(sources)
    if not begin_stage(out, BUILD_STAGE, recorded, inputs, FILE_PATTERNS):
        logger.info("%s already holds this corpus: nothing to do", out)
        return read_manifest(out, BUILD_STAGE)
    tally = Tally()
    with ExitStack() as stack:
        writers = {split: stack.enter_context(SplitWriter(out, split, settings.documents_per_file)) for split in SPLITS}
        rejected = stack.enter_context(LineWriter(out / REJECTED_NAME))
        progress = stack.enter_context(Progress("building corpus", total=_size_of(sources), unit="bytes"))
        key = split_key(settings.seed)
        seen: set[bytes] = set()
        for file_name, number, line, source in _lines(sources, progress.advance):
            tally.lines += 1
            try:
                document = named(parse_line(line, file_name, number), source)
                formatted = format_line(document)
            except BadLineError as error:
                tally.drop(error.reason, bad=True)
                rejected.write(rejection(file_name, number, line, error))
                continue
            reason = drop_reason(document.text, settings.min_words, settings.min_characters, seen)
            if reason:
                tally.drop(reason)
                continue
            split = split_of(document.id, key, settings.heldout_share)
            writers[split].write(formatted)
            tally.keep(split, document)
    file_names = [REJECTED_NAME, *(name for writer in writers.values() for name in writer.file_names)]
    tally.check(settings.max_bad_share, out)
    if not tally.splits["heldout"].documents and settings.heldout_share:
        logger.warning("no document was held out; a larger heldout_share is needed for validation on so small a corpus")
    manifest = finish_stage(out, BUILD_STAGE, recorded, inputs, tally.counts(), file_names)
    logger.info("corpus %s: %s", out, tally)
    return manifest


def drop_reason(text: str, min_words: int, min_characters: int, seen: set[bytes]) -> str:
    """Why a text is left out ("too short", "duplicate"), or "" for a new one, whose fingerprint then is in `seen`."""
    words = text.split()
    if len(words) < min_words or len(text) < min_characters:
        return TOO_SHORT
    fingerprint = blake3(" ".join(words).encode()).digest(length=FINGERPRINT_BYTES)
    if fingerprint in seen:
        return DUPLICATE
    seen.add(fingerprint)
    return ""


def split_key(seed: int) -> bytes:
    """The key of the held-out hash: 32 bytes that follow from the seed."""
    return blake3(f"medpretrain held-out {seed}".encode()).digest()


def split_of(document_id: str, key: bytes, heldout_share: float) -> str:
    """ "heldout" for that share of all ids, "train" for the rest; depends on nothing but id, key and share."""
    draw = int.from_bytes(blake3(document_id.encode(), key=key).digest(length=8), "little")
    return "heldout" if draw < heldout_share * 2**64 else "train"


def named(document: Document, source: SourceSettings) -> Document:
    """The document with the source and doc_type that the settings give, where they do."""
    if source.source is None and source.doc_type is None:
        return document
    return replace(document, source=source.source or document.source, doc_type=source.doc_type or document.doc_type)


def rejection(file_name: str, line_number: int, line: bytes, error: BadLineError) -> bytes:
    """The JSON line that tells where a bad line stands, what is wrong with it, and how it begins."""
    begins = line.decode(errors="backslashreplace")[:SHOWN_CHARACTERS]
    record = {"file": file_name, "line": line_number, "reason": error.reason, "detail": error.detail, "begins": begins}
    return json.dumps(record, ensure_ascii=False).encode() + b"\n"


@dataclass
class SplitTally:
    """Documents and UTF-8 bytes of text, in all and per doc_type."""

    documents: int = 0
    text_bytes: int = 0
    doc_types: dict[str, dict[str, int]] = field(default_factory=dict)

    def add(self, doc_type: str, documents: int, text_bytes: int) -> None:
        self.documents += documents
        self.text_bytes += text_bytes
        of_type = self.doc_types.setdefault(doc_type, {"documents": 0, "text_bytes": 0})
        of_type["documents"] += documents
        of_type["text_bytes"] += text_bytes

    def counts(self) -> dict[str, Any]:
        return {"documents": self.documents, "text_bytes": self.text_bytes, "doc_types": dict(sorted(self.doc_types.items()))}


@dataclass
class Tally:
    """What happened to every line."""

    lines: int = 0
    rejected: int = 0
    drops: Counter[str] = field(default_factory=Counter)
    splits: dict[str, SplitTally] = field(default_factory=lambda: {split: SplitTally() for split in SPLITS})

    def drop(self, reason: str, bad: bool = False) -> None:
        self.drops[reason] += 1
        self.rejected += bad

    def keep(self, split: str, document: Document) -> None:
        self.splits[split].add(document.doc_type, 1, len(document.text.encode()))

    def counts(self) -> dict[str, Any]:
        """The counts of the manifest, as `build_corpus` states them."""
        total = SplitTally()
        for split in self.splits.values():
            for doc_type, of_type in split.doc_types.items():
                total.add(doc_type, **of_type)
        splits = {name: split.counts() for name, split in self.splits.items()}
        return {
            "lines": self.lines,
            **total.counts(),
            "splits": splits,
            "drops": dict(sorted(self.drops.items())),
            "rejected": self.rejected,
        }

    def check(self, max_bad_share: float, out: Path) -> None:
        """Raises InputError when too many lines were bad or no training document is left."""
        if self.lines >= MIN_LINES_TO_JUDGE and self.rejected > max_bad_share * self.lines:
            raise InputError(
                "corpus build",
                f"{self.rejected:,} of {self.lines:,} lines are bad ({self._reasons()})",
                f"at most {max_bad_share:.2%} bad lines",
                f"look into {out / REJECTED_NAME}, mend the sources, or raise max_bad_share",
            )
        if not self.splits["train"].documents:
            raise InputError(
                "corpus build",
                f"no training document is left of {self.lines:,} lines ({self._reasons() or 'nothing dropped'})",
                "at least one document",
                "check the sources, min_words, min_characters and heldout_share",
            )

    def __str__(self) -> str:
        kept = ", ".join(f"{split.documents:,} {name}" for name, split in self.splits.items())
        return f"{kept} documents of {self.lines:,} lines" + (f"; dropped {self._reasons()}" if self.drops else "")

    def _reasons(self) -> str:
        return ", ".join(f"{count:,} {reason}" for reason, count in sorted(self.drops.items()))


class SplitWriter:
    """Writes the documents of one split to `SPLIT-00000.jsonl.zst`, `SPLIT-00001.jsonl.zst`, ...; at least one file, be it empty."""

    def __init__(self, directory: Path, split: str, documents_per_file: int) -> None:
        self._directory, self._split, self._documents_per_file = directory, split, documents_per_file
        self._num_in_file = 0
        self._stack = ExitStack()
        self.file_names: list[str] = []

    def __enter__(self) -> SplitWriter:
        self._open_next()
        return self

    def write(self, line: bytes) -> None:
        if self._num_in_file == self._documents_per_file:
            self._stack.close()
            self._open_next()
        self._writer.write(line)
        self._num_in_file += 1

    def _open_next(self) -> None:
        self.file_names.append(f"{self._split}-{len(self.file_names):05d}.jsonl.zst")
        self._writer = self._stack.enter_context(LineWriter(self._directory / self.file_names[-1]))
        self._num_in_file = 0

    def __exit__(self, *error: Any) -> None:
        self._stack.__exit__(*error)


def _identify(sources: list[tuple[SourceSettings, list[SourceFile]]]) -> dict[str, str]:
    """One identity per source, of its files' relative names and checksums; reads every byte."""
    inputs = {}
    with Progress("checksums of the sources", total=_size_of(sources), unit="bytes") as progress:
        for index, (_, files) in enumerate(sources):
            checksums = {}
            for file in files:
                checksums[file.name] = checksum_file(file.path)
                progress.advance(file.path.stat().st_size)
            inputs[f"source {index}"] = hash_of(checksums)
    return inputs


def _lines(
    sources: list[tuple[SourceSettings, list[SourceFile]]], on_bytes: Callable[[int], None]
) -> Iterator[tuple[str, int, bytes, SourceSettings]]:
    for source, files in sources:
        for file in files:
            for number, line in read_lines(file.path, on_bytes):
                yield file.name, number, line, source


def _size_of(sources: list[tuple[SourceSettings, list[SourceFile]]]) -> int:
    return sum(file.path.stat().st_size for _, files in sources for file in files)
