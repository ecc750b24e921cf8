"""The files of one packed dataset directory (stage "shards pack"): how they are written and how they are read.

    shard-00000.tokens     little-endian uint16 or uint32 [num_rows, seq_len]
    shard-00000.documents  PIECE records, ordered by row and start: which documents stand in which row, and where
    shard-00000.rows       ROW records: each row's first piece, its real targets and its real tokens
    documents.jsonl.zst    one JSON object a document (id, source, doc_type), in frames of DOCUMENTS_PER_FRAME lines
    documents.frames       little-endian uint64 [num_frames + 1]: where each frame begins; the last one is the file's size

A document is `<s> tokens </s>`; a piece's length and offset count those two. S: seq_len. See docs/shards.md.
"""

from __future__ import annotations

import itertools
import json
import mmap
import os
import resource
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

import numpy as np
import orjson
import zstandard
from numpy.typing import ArrayLike, NDArray

from medpretrain.errors import InputError
from medpretrain.manifest import MANIFEST_NAME, Manifest, check_sizes, fsync_directory, read_manifest

STAGE = "shards pack"
PIECE = np.dtype(
    [
        ("document", "<u8"),  # number of the document in this dataset
        ("doc_type", "<u2"),  # index into the manifest's counts["doc_types"]
        ("row", "<u4"),  # row within the shard
        ("start", "<u4"),  # position of the first token in the row
        ("length", "<u4"),  # tokens
        ("offset", "<u4"),  # place of the first token in the document
    ]
)
ROW = np.dtype([("first_piece", "<u8"), ("num_targets", "<u4"), ("num_tokens", "<u4")])
DOCUMENTS_PER_FRAME = 1024
MAX_DOC_TYPES = 2**16  # what PIECE has room for
FILE_PATTERNS = ("shard-?????.tokens", "shard-?????.documents", "shard-?????.rows", "documents.jsonl.zst", "documents.frames")
TOKENS_PER_SHARD = 2**28  # 512 MiB in uint16
_ROWS_BETWEEN_RELEASES = 2**16  # a touched row maps 64 KiB of the page cache, most often: at most about 4 GiB of it are mapped at once


@dataclass(frozen=True)
class RowFormat:
    """What a reader must know of the rows; stands in the manifest's settings under "format" (see `dataset_facts`)."""

    seq_len: int
    vocab_size: int
    pad_id: int
    bos_id: int
    eos_id: int
    mask_separator_targets: bool
    tokenizer_hash: str  # Tokenizer.content_hash

    @property
    def dtype(self) -> np.dtype[Any]:
        return np.dtype("<u2") if self.vocab_size <= 2**16 else np.dtype("<u4")


def dataset_facts(row_format: RowFormat) -> dict[str, Any]:
    """What `shards pack` adds to the settings in its manifest, so that `ShardDataset.open` can read the directory."""
    return {"format": {**asdict(row_format), "dtype": row_format.dtype.name}}


def make_pieces(
    document: ArrayLike, doc_type: ArrayLike, row: ArrayLike, start: ArrayLike, length: ArrayLike, offset: ArrayLike
) -> NDArray[np.void]:
    """PIECE records [n] from six columns [n] (a number stands for a whole column)."""
    columns = np.broadcast_arrays(document, doc_type, row, start, length, offset)
    pieces = np.empty(len(columns[0]), dtype=PIECE)
    for name, column in zip(PIECE.names or (), columns, strict=True):
        pieces[name] = column
    return pieces


class ShardWriter:
    """Writes the files of a packed dataset into `directory`; the caller writes the manifest.

        with ShardWriter(out, row_format) as writer:
            first_number, doc_types = writer.add_documents([(document.id, document.source, document.doc_type), ...])
            writer.add_rows(tokens, pieces)
            file_names, counts = writer.close()
        finish_stage(out, STAGE, {**settings, **dataset_facts(row_format)}, inputs, {**counts, ...}, file_names)

    Documents are numbered in the order of `add_documents`; their rows may come before or after. An exception inside `with`
    leaves the directory unfinished.
    """

    def __init__(self, directory: Path, row_format: RowFormat, rows_per_shard: int | None = None) -> None:
        self.directory, self.row_format = directory, row_format
        self.rows_per_shard = rows_per_shard or max(1, TOKENS_PER_SHARD // row_format.seq_len)
        self._documents_file: BinaryIO = open(directory / "documents.jsonl.zst", "wb")  # noqa: SIM115 (closed by close or __exit__)
        self._shard_files: dict[str, BinaryIO] = {}
        self._file_names = ["documents.jsonl.zst", "documents.frames"]
        self._lines: list[bytes] = []
        self._frame_starts = [0]
        self._doc_types: dict[str, int] = {}
        self._documents_by_type: Counter[int] = Counter()  # by index in _doc_types
        self._rows_per_file: list[int] = []
        self._num_pieces_in_shard = 0
        self._counts = {"documents": 0, "cut_documents": 0, "pieces": 0, "rows": 0, "tokens": 0, "targets": 0, "padding": 0}

    def add_documents(self, documents: Iterable[tuple[str, str, str]]) -> tuple[int, NDArray[np.uint16]]:
        """Register documents given as (id, source, doc_type).

        Returns:
            the number of the first one (the others follow), and their doc_type indices uint16 [n], as pieces need them.
        """
        first = self._counts["documents"]
        indices = []
        for identifier, source, doc_type in documents:
            index = self._doc_types.setdefault(doc_type, len(self._doc_types))
            if index >= MAX_DOC_TYPES:
                raise InputError(
                    f"document `{identifier}`",
                    f"brings document type number {index + 1:,}",
                    f"at most {MAX_DOC_TYPES:,} types",
                    "use fewer types",
                )
            indices.append(index)
            self._lines.append(orjson.dumps({"id": identifier, "source": source, "doc_type": doc_type}, option=orjson.OPT_APPEND_NEWLINE))
            if len(self._lines) == DOCUMENTS_PER_FRAME:
                self._write_frame()
        self._counts["documents"] += len(indices)
        self._documents_by_type.update(indices)
        return first, np.array(indices, dtype=np.uint16)

    def add_rows(self, tokens: NDArray[Any], pieces: NDArray[np.void]) -> None:
        """Append rows.

        Args:
            tokens: ids [n, S], any integer type; padding (`<pad>`) at the end of a row.
            pieces: PIECE records ordered by row and start, `row` counted from 0 within this call; they cover each row's tokens
                from its start without gaps.
        """
        row_format = self.row_format
        num_rows, seq_len = tokens.shape
        assert seq_len == row_format.seq_len, f"rows of {seq_len} tokens in a dataset of {row_format.seq_len}"
        if num_rows == 0:
            return
        assert int(tokens.min()) >= 0, "a token id is negative"
        assert int(tokens.max()) < row_format.vocab_size, "a token id is outside the vocabulary"
        row_steps = np.diff(pieces["row"].astype(np.int64), prepend=-1, append=num_rows)
        assert (row_steps >= 0).all(), "pieces are not ordered by row"
        assert (row_steps <= 1).all(), "a row has no piece"
        assert int(pieces["length"].min()) >= 1, "a piece has no tokens"
        first_pieces = np.searchsorted(pieces["row"], np.arange(num_rows))
        ends = pieces["start"].astype(np.int64) + pieces["length"]
        wanted_starts = np.concatenate([[0], ends[:-1]])
        wanted_starts[first_pieces] = 0
        assert np.array_equal(pieces["start"], wanted_starts), "pieces leave a gap or overlap"
        last_pieces = np.append(first_pieces[1:], len(pieces)) - 1
        num_tokens = ends[last_pieces]
        assert int(num_tokens.max()) <= seq_len, "a piece goes past its row's end"
        assert np.count_nonzero(tokens == row_format.pad_id) == tokens.size - num_tokens.sum(), "padding is not where the pieces leave room"
        num_targets = _count_targets(tokens, num_tokens, row_format)
        uncut = tokens[pieces["row"], ends - 1] == row_format.eos_id
        self._counts["cut_documents"] += int(((pieces["offset"] == 0) & ~uncut).sum())
        self._counts["pieces"] += len(pieces)
        self._counts["rows"] += num_rows
        self._counts["tokens"] += int(num_tokens.sum())
        self._counts["targets"] += int(num_targets.sum())
        self._counts["padding"] += num_rows * seq_len - int(num_tokens.sum())

        begin = 0
        while begin < num_rows:
            if not self._shard_files:
                self._open_shard()
            end = min(num_rows, begin + self.rows_per_shard - self._rows_per_file[-1])
            piece_begin, piece_end = int(first_pieces[begin]), int(last_pieces[end - 1]) + 1
            rows = np.empty(end - begin, dtype=ROW)
            rows["first_piece"] = first_pieces[begin:end] - piece_begin + self._num_pieces_in_shard
            rows["num_targets"] = num_targets[begin:end]
            rows["num_tokens"] = num_tokens[begin:end]
            part = pieces[piece_begin:piece_end].astype(PIECE)
            part["row"] = part["row"].astype(np.int64) - begin + self._rows_per_file[-1]
            self._shard_files["tokens"].write(np.ascontiguousarray(tokens[begin:end], dtype=row_format.dtype).data)
            self._shard_files["documents"].write(part.tobytes())
            self._shard_files["rows"].write(rows.tobytes())
            self._rows_per_file[-1] += end - begin
            self._num_pieces_in_shard += len(part)
            if self._rows_per_file[-1] == self.rows_per_shard:
                self._close_shard()
            begin = end

    def close(self) -> tuple[list[str], dict[str, Any]]:
        """Finish and fsync all files.

        Returns:
            their names, and the counts that the manifest must hold: documents, cut_documents (those in several pieces), pieces,
            rows, tokens, targets, padding (positions), rows_per_file, doc_types (list of names), documents_by_type.
        """
        if self._shard_files:
            self._close_shard()
        if self._lines:
            self._write_frame()
        _sync_and_close(self._documents_file)
        with open(self.directory / "documents.frames", "wb") as file:
            file.write(np.array(self._frame_starts, dtype="<u8").tobytes())
            file.flush()
            os.fsync(file.fileno())
        fsync_directory(self.directory)
        counts: dict[str, Any] = dict(self._counts)
        counts["rows_per_file"] = list(self._rows_per_file)
        counts["doc_types"] = list(self._doc_types)
        counts["documents_by_type"] = {name: self._documents_by_type[index] for name, index in self._doc_types.items()}
        return list(self._file_names), counts

    def __enter__(self) -> ShardWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for file in (*self._shard_files.values(), self._documents_file):
            file.close()

    def _open_shard(self) -> None:
        for suffix, name in shard_files(len(self._rows_per_file)).items():
            self._shard_files[suffix] = open(self.directory / name, "wb")  # noqa: SIM115 (closed by _close_shard or __exit__)
            self._file_names.append(name)
        self._rows_per_file.append(0)
        self._num_pieces_in_shard = 0

    def _close_shard(self) -> None:
        for file in self._shard_files.values():
            _sync_and_close(file)
        self._shard_files.clear()

    def _write_frame(self) -> None:
        frame = zstandard.ZstdCompressor().compress(b"".join(self._lines))
        self._documents_file.write(frame)
        self._frame_starts.append(self._frame_starts[-1] + len(frame))
        self._lines.clear()


class ShardDataset:
    """Random access to the rows of a packed dataset. Opening reads the manifest and checks file sizes; files are mapped when touched.

    Attributes: directory, manifest, row_format (and its fields), num_rows, num_documents, doc_types (names), identity (hash of the
    content), dtype. Reads are safe from several threads; pickling sends the path alone.
    """

    def __init__(self, directory: Path, manifest: Manifest, row_format: RowFormat) -> None:
        self.directory, self.manifest, self.row_format = directory, manifest, row_format
        self.identity = manifest.identity
        self.seq_len, self.vocab_size, self.dtype = row_format.seq_len, row_format.vocab_size, row_format.dtype
        self.pad_id, self.bos_id, self.eos_id = row_format.pad_id, row_format.bos_id, row_format.eos_id
        self.mask_separator_targets, self.tokenizer_hash = row_format.mask_separator_targets, row_format.tokenizer_hash
        self.doc_types: list[str] = manifest.counts["doc_types"]
        self.num_documents: int = manifest.counts["documents"]
        self.rows_per_file: list[int] = manifest.counts["rows_per_file"]
        self.num_rows = sum(self.rows_per_file)
        self._first_rows = np.concatenate([[0], np.cumsum(self.rows_per_file)])  # of each shard, and the end
        self._maps: dict[str, tuple[mmap.mmap, NDArray[Any]]] = {}
        self._pairs: dict[int, NDArray[np.uint64]] = {}
        self._num_rows_read = 0
        self._frame: tuple[int, list[bytes]] = (-1, [])

    @classmethod
    def open(cls, directory: Path) -> ShardDataset:
        """Costs one stat a file. InputError where the directory is unfinished, a file is missing or of another size, the manifest
        contradicts itself, or there are no rows."""
        manifest = read_manifest(directory, STAGE)
        check_sizes(directory, manifest)
        row_format = _read_format(directory, manifest)
        for shard, num_rows in enumerate(manifest.counts["rows_per_file"]):
            names = shard_files(shard)
            for suffix, row_bytes in (("tokens", row_format.seq_len * row_format.dtype.itemsize), ("rows", ROW.itemsize)):
                entry = manifest.files.get(names[suffix])
                if entry is None or entry.bytes != num_rows * row_bytes:
                    raise InputError(
                        str(directory / names[suffix]),
                        f"has {entry.bytes if entry else 0:,} bytes",
                        f"{num_rows:,} rows of {row_bytes:,} bytes",
                        "pack the corpus again",
                    )
        _allow_open_files(directory, len(manifest.files))
        dataset = cls(directory, manifest, row_format)
        if dataset.num_rows == 0:
            raise InputError(str(directory), "holds no rows", "at least one packed row", "pack a corpus that has documents")
        return dataset

    def rows(self, indices: ArrayLike, out: NDArray[Any] | None = None) -> NDArray[Any]:
        """Token ids [n, S] of rows [n], in the file's dtype (in `out` where it is given); InputError with file and row where an id is
        outside the vocabulary."""
        wanted = np.asarray(indices, dtype=np.int64)
        tokens = np.empty((len(wanted), self.seq_len), dtype=self.dtype) if out is None else out
        parts = self._by_shard(wanted)
        for shard, _, rows in parts:
            self._fetch(shard, rows)
        for shard, places, rows in parts:
            array = self.shard_array(shard, "tokens")
            if len(parts) == 1:
                np.take(array, rows, axis=0, out=tokens, mode="clip")  # mode "raise" would copy them twice
            else:
                tokens[places] = array[rows]
        self._release(len(wanted))
        if tokens.size and int(tokens.max()) >= self.vocab_size:
            position = np.argwhere(tokens >= self.vocab_size)[0]
            shard, row = self.place_of(int(wanted[position[0]]))
            raise InputError(
                f"{self.directory / shard_file(shard, 'tokens')} row {row} position {position[1]}",
                f"token id {int(tokens[tuple(position)])}",
                f"ids below {self.vocab_size} (the vocabulary of the tokenizer that packed it)",
                "the file is damaged: run `medpretrain shards verify`, then restore it or pack again",
            )
        return tokens

    def num_targets(self, indices: ArrayLike) -> NDArray[np.int64]:
        """Unmasked targets of rows [n]: int64 [n]."""
        return self.row_counts(indices)[0]

    def row_counts(self, indices: ArrayLike) -> NDArray[np.int64]:
        """Unmasked targets, and tokens that are not padding, of rows [n]: int64 [2, n]."""
        wanted = np.asarray(indices, dtype=np.int64)
        pairs = np.empty(len(wanted), dtype="<u8")
        for shard, places, rows in self._by_shard(wanted):
            pairs[places] = self._count_pairs(shard)[rows]
        return pairs.view("<u4").reshape(-1, 2).T.astype(np.int64)

    def pieces(self, row: int) -> NDArray[np.void]:
        """PIECE records of one row, by start (their field `row` counts within the shard)."""
        shard, local = self.place_of(row)
        rows = self.shard_array(shard, "rows")
        records = self.shard_array(shard, "documents")
        end = int(rows["first_piece"][local + 1]) if local + 1 < len(rows) else len(records)
        return records[int(rows["first_piece"][local]) : end].copy()

    def document_lengths(self) -> NDArray[np.int64]:
        """Tokens of every document, `<s>` and `</s>` counted, by its number: int64 [num_documents]. Reads all pieces."""
        lengths = np.zeros(self.num_documents, dtype=np.int64)
        for shard in range(len(self.rows_per_file)):
            pieces = self.shard_array(shard, "documents")
            np.add.at(lengths, pieces["document"], pieces["length"])
        return lengths

    def document(self, number: int) -> dict[str, Any]:
        """What is known of a document: number, id, source, doc_type."""
        if not 0 <= number < self.num_documents:
            raise IndexError(f"document {number} of {self.num_documents} in {self.directory}")
        frame, line = divmod(number, DOCUMENTS_PER_FRAME)
        cached, lines = self._frame
        if cached != frame:
            _, starts = self._map("documents.frames", np.dtype("<u8"))
            _, frames = self._map("documents.jsonl.zst", np.dtype("u1"))
            content = frames[int(starts[frame]) : int(starts[frame + 1])]
            lines = zstandard.ZstdDecompressor().decompress(content.tobytes()).splitlines()
            self._frame = (frame, lines)
        return {"number": number, **json.loads(lines[line])}

    def place_of(self, row: int) -> tuple[int, int]:
        """(shard, row within the shard)."""
        if not 0 <= row < self.num_rows:
            raise IndexError(f"row {row} of {self.num_rows} in {self.directory}")
        shard = int(np.searchsorted(self._first_rows, row, side="right")) - 1
        return shard, row - int(self._first_rows[shard])

    def first_row(self, shard: int) -> int:
        """The number in the dataset of a shard's first row."""
        return int(self._first_rows[shard])

    def shard_array(self, shard: int, suffix: str) -> NDArray[Any]:
        """A whole shard file, mapped read-only: tokens [num_rows, S], documents PIECE [num_pieces] or rows ROW [num_rows]."""
        return self._map_shard(shard, suffix)[1]

    def _by_shard(self, indices: NDArray[np.int64]) -> list[tuple[int, slice | NDArray[np.intp], NDArray[np.int64]]]:
        """For each shard that has some of these rows: its number, the places of its rows in `indices`, the rows within the shard."""
        if not len(indices):
            return []
        if int(indices.view(np.uint64).max()) >= self.num_rows:  # a negative one is huge there
            raise IndexError(f"rows {indices.min()} to {indices.max()} of {self.num_rows} in {self.directory}")
        if len(self.rows_per_file) == 1:
            return [(0, slice(None), indices)]
        shards = np.searchsorted(self._first_rows, indices, side="right") - 1
        by_shard = np.argsort(shards, kind="stable")
        shards = shards[by_shard]
        rows = indices[by_shard] - self._first_rows[shards]
        starts = np.flatnonzero(np.diff(shards, prepend=-1))
        cuts = itertools.pairwise([*starts.tolist(), len(shards)])
        return [(shard, by_shard[first:last], rows[first:last]) for shard, (first, last) in zip(shards[starts].tolist(), cuts, strict=True)]

    def _count_pairs(self, shard: int) -> NDArray[np.uint64]:
        """num_targets and num_tokens of each of a shard's rows, both in one number: a step gathers them from hundreds of shards."""
        pairs = self._pairs.get(shard)
        if pairs is None:
            pairs = self._pairs[shard] = self.shard_array(shard, "rows").view("<u8")[1::2]
        return pairs

    def _fetch(self, shard: int, rows: NDArray[np.int64]) -> None:
        """Ask the kernel for these rows, all at once and nothing around them: bytes read = bytes asked."""
        mapped, tokens = self._map_shard(shard, "tokens")
        row_bytes = tokens.strides[0]
        for first_byte in (rows * row_bytes).tolist():
            page = first_byte - first_byte % mmap.PAGESIZE
            mapped.madvise(mmap.MADV_WILLNEED, page, first_byte + row_bytes - page)

    def _release(self, num_rows: int) -> None:
        """Unmap the tokens once many rows were read: what is mapped, and the tables that map it, stay small beside the dataset."""
        self._num_rows_read += num_rows
        if self._num_rows_read >= _ROWS_BETWEEN_RELEASES:
            self._num_rows_read = 0
            kept = [item for item in tuple(self._maps.items()) if not item[0].endswith(".tokens")]  # a tuple: other threads map files
            self._maps = dict(kept)

    def _map_shard(self, shard: int, suffix: str) -> tuple[mmap.mmap, NDArray[Any]]:
        name = shard_file(shard, suffix)
        if suffix == "tokens":
            return self._map(name, self.dtype, (-1, self.seq_len))
        return self._map(name, PIECE if suffix == "documents" else ROW)

    def _map(self, name: str, dtype: np.dtype[Any], shape: tuple[int, ...] = (-1,)) -> tuple[mmap.mmap, NDArray[Any]]:
        found = self._maps.get(name)
        if found is None:
            with open(self.directory / name, "rb") as file:
                mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            if name.endswith(".tokens"):
                mapped.madvise(mmap.MADV_RANDOM)
            found = self._maps[name] = mapped, np.frombuffer(mapped, dtype=dtype).reshape(shape)
        return found

    def __reduce__(self) -> tuple[Callable[[Path], ShardDataset], tuple[Path]]:
        return ShardDataset.open, (self.directory,)


def shard_files(shard: int) -> dict[str, str]:
    """Names of a shard's three files by suffix: tokens, documents, rows."""
    return {suffix: shard_file(shard, suffix) for suffix in ("tokens", "documents", "rows")}


def shard_file(shard: int, suffix: str) -> str:
    return f"shard-{shard:05d}.{suffix}"


def _count_targets(tokens: NDArray[Any], num_tokens: NDArray[np.int64], row_format: RowFormat) -> NDArray[np.int64]:
    """Unmasked targets of each row [n]: as many as `targets_of` leaves, counted without making them.

    Each of a row's tokens but its last has a target, unless it is `</s>` or (with mask_separator_targets) is followed by `</s>`.
    """
    num_rows, seq_len = tokens.shape
    ends = np.flatnonzero(tokens == row_format.eos_id)
    row, place = np.divmod(ends, seq_len)
    num_masked = np.bincount(row[place < num_tokens[row] - 1], minlength=num_rows)
    if row_format.mask_separator_targets:
        follows_text = (place > 0) & (tokens.reshape(-1)[ends - 1] != row_format.eos_id)
        num_masked += np.bincount(row[follows_text], minlength=num_rows)
    return num_tokens - 1 - num_masked


def _sync_and_close(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())
    file.close()


def _allow_open_files(directory: Path, number: int) -> None:
    """A mapped file stays open: let this process open as many more, as far as its hard limit goes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = sys.maxsize if hard == resource.RLIM_INFINITY else hard
    if number > most:
        raise InputError(
            str(directory), f"has {number:,} files, and this process may open {most:,}", "a higher limit", "raise it (`ulimit -Hn`)"
        )
    if soft != resource.RLIM_INFINITY:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft + number, most), hard))


def _read_format(directory: Path, manifest: Manifest) -> RowFormat:
    try:
        facts = dict(manifest.settings["format"])
        dtype = facts.pop("dtype")
        row_format = RowFormat(**facts)
        manifest.counts["doc_types"], manifest.counts["documents"], manifest.counts["rows_per_file"]
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(
            str(directory / MANIFEST_NAME),
            f"does not describe packed rows ({error})",
            "the manifest of `shards pack`",
            "pack the corpus again",
        ) from error
    if dtype != row_format.dtype.name:
        raise InputError(
            str(directory / MANIFEST_NAME),
            f"has a vocabulary of {row_format.vocab_size:,} in {dtype}",
            f"{row_format.dtype.name} (uint16 holds 65,536 ids)",
            "pack the corpus again",
        )
    return row_format
