"""Which files make a corpus, and its documents as a stream. Strict: a damaged line is an error (build.py sets such lines aside)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import TypeVar

from medpretrain.corpus.document import JSONL_SUFFIX, BadLineError, Document, Essentials, parse_essentials, parse_line
from medpretrain.corpus.lines import MAX_LINE_BYTES, packed_suffix, read_lines, unpacked_name
from medpretrain.corpus.walk import files_below
from medpretrain.errors import InputError
from medpretrain.log import logger
from medpretrain.manifest import MANIFEST_NAME, UNFINISHED_NAME, Manifest, check_sizes, checksum_file, hash_of, read_manifest

BUILD_STAGE = "corpus build"
SYNTH_STAGE = "corpus synth"
SPLITS = ("train", "heldout")
SUFFIXES = (".jsonl", ".jsonl.gz", ".jsonl.zst")
FILES_AT_ONCE = 8  # that are read for their checksums
SAMPLE_FILES = 64
SAMPLE_TEXTS = 256

T = TypeVar("T")


@dataclass(frozen=True)
class SourceFile:
    """A file of documents. `name` is relative to what the user named, so that ids and identities do not depend on where it lies."""

    path: Path
    name: str


@dataclass(frozen=True)
class Corpus:
    """Documents as a stream; iterating again reads again. Iterating raises InputError, naming file and line, at a damaged one."""

    name: str
    files: tuple[SourceFile, ...]
    num_documents: int | None  # None: unknown before all is read
    remedy: str  # what to do about a damaged line
    made_identity: str = field(default="", repr=False)  # of the manifest and split, where there is a manifest

    @cached_property
    def identity(self) -> str:
        """Hash that decides the content: of manifest and split, else of every file's name and checksum (reads the files once)."""
        return self.made_identity or hash_of(checksums(self.files))

    def __iter__(self) -> Iterator[Document]:
        return self._parsed(parse_line)

    def essentials(self) -> Iterator[Essentials]:
        """The same documents without their meta, read several times faster."""
        return self._parsed(parse_essentials)

    def sample(self, num_characters: int) -> list[str]:
        """Some hundred texts from all over the corpus, at most `num_characters` in all; of a long one its middle. Damage is passed over."""
        files = self.files[:: -(-len(self.files) // SAMPLE_FILES)]
        texts_per_file = SAMPLE_TEXTS // len(files)
        characters_per_text = num_characters // (len(files) * texts_per_file)
        texts = []
        for file in files:
            with suppress(InputError):
                for line in _some_lines(file.path, texts_per_file):
                    with suppress(BadLineError):
                        text = parse_essentials(line, file.name, 1).text
                        begin = max(0, len(text) - characters_per_text) // 2
                        texts.append(text[begin : begin + characters_per_text])
        return texts

    def _parsed(self, parse: Callable[[bytes, str, int], T]) -> Iterator[T]:
        for file in self.files:
            for number, line in read_lines(file.path):
                try:
                    yield parse(line, file.name, number)
                except BadLineError as error:
                    raise InputError(f"{file.path} line {number}", str(error), "one JSON object with a text a line", self.remedy) from error


def open_corpus(path: Path, split: str = "train") -> Corpus:
    """A directory made by `corpus build` (its files of `split`), or a plain .jsonl(.gz|.zst) file, or a directory of such.

    Plain files are all of the split "train". Opening checks the manifest and file sizes and reads no document.
    Raises InputError for another split's name, a missing or unfinished path, and a split without documents.
    """
    if split not in SPLITS:
        raise InputError(f"split `{split}`", "is not known", "train or heldout", "use one of these")
    manifest = _manifest_of(path)
    if manifest is not None and manifest.stage == BUILD_STAGE:
        num_documents = manifest.counts["splits"][split]["documents"]
        if not num_documents:
            raise InputError(str(path), f"has no {split} document", "at least one", "build the corpus again with a larger heldout_share")
        files = tuple(SourceFile(path / name, name) for name in sorted(manifest.files) if name.startswith(f"{split}-"))
        remedy = "the file was damaged: restore it or make the corpus again"
        return Corpus(path.name, files, num_documents, remedy, made_identity=hash_of([manifest.identity, split]))
    if split != "train":
        raise InputError(
            str(path),
            f"is not divided, so it has no {split} documents",
            f"a directory made by `{BUILD_STAGE}`",
            f"run `medpretrain {BUILD_STAGE}` first",
        )
    remedy = f"run `medpretrain {BUILD_STAGE}`, which sets bad lines aside"
    if manifest is not None:
        return Corpus(
            path.name, tuple(plain_files(path)), manifest.counts["documents"], remedy, made_identity=hash_of([manifest.identity, split])
        )
    return Corpus(path.name, tuple(plain_files(path)), None, remedy)


def plain_files(path: Path) -> list[SourceFile]:
    """The files of documents at `path`: itself, or all below a directory that end in .jsonl, .jsonl.gz or .jsonl.zst, in name order.

    Hidden ones are passed over. A directory made by `corpus synth` counts as plain. Raises InputError when there are none or another stage
    made the directory.
    """
    if path.is_file():
        return [SourceFile(path, path.name)]
    manifest = _manifest_of(path)
    if manifest is not None:
        if manifest.stage != SYNTH_STAGE:
            raise InputError(str(path), f"was made by `{manifest.stage}`", "plain JSON lines files", "name the files it was made from")
        return [SourceFile(path / name, name) for name in sorted(manifest.files)]
    files: list[SourceFile] = []
    others: list[SourceFile] = []
    for file, name in files_below(path):
        is_jsonl = unpacked_name(name).lower().endswith(JSONL_SUFFIX)
        (files if is_jsonl else others).append(SourceFile(file, name))
    files.sort(key=lambda file: file.name)
    if files and others:
        logger.info("%s: %d files are read, %d others are not (%s)", path, len(files), len(others), min(file.name for file in others))
    if not files:
        raise InputError(str(path), "holds no JSON lines file", f"files ending in {', '.join(SUFFIXES)}", "check the path")
    return files


def checksums(files: tuple[SourceFile, ...] | list[SourceFile]) -> dict[str, str]:
    """BLAKE3 (hex) of each file by its relative name; reads every byte, of several files at once."""
    with ThreadPoolExecutor(FILES_AT_ONCE) as threads:
        return dict(zip((file.name for file in files), threads.map(checksum_file, (file.path for file in files)), strict=True))


def _some_lines(path: Path, num_lines: int) -> Iterator[bytes]:
    """Lines from all over a plain file; of a compressed one, which is read from its start, every fourth."""
    if packed_suffix(path.name):
        for _, line in islice(read_lines(path), 0, 4 * num_lines, 4):
            yield line
        return
    with open(path, "rb") as file:
        size = path.stat().st_size
        for place in range(num_lines):
            file.seek(size * place // num_lines)
            if place:
                file.readline(MAX_LINE_BYTES)  # the rest of the line that the place falls into
            yield file.readline(MAX_LINE_BYTES)


def _manifest_of(path: Path) -> Manifest | None:
    """The manifest of a directory made by medpretrain, file sizes checked; None for plain files."""
    if not path.exists():
        raise InputError(str(path), "there is no such file or directory", "a corpus directory or a .jsonl(.gz|.zst) file", "check the path")
    if not path.is_dir() or not ((path / MANIFEST_NAME).exists() or (path / UNFINISHED_NAME).exists()):
        return None
    manifest = read_manifest(path)
    if manifest.stage not in (BUILD_STAGE, SYNTH_STAGE):
        raise InputError(
            str(path), f"was made by `{manifest.stage}`", f"a directory made by `{BUILD_STAGE}`", "give the directory of that stage"
        )
    check_sizes(path, manifest)
    return manifest
