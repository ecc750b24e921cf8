"""What `medpretrain shards inspect` and `medpretrain shards verify` do: tell what a packed dataset holds, and prove that it is whole.

S: seq_len.
"""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import zstandard
from numpy.typing import NDArray

from medpretrain.errors import InputError
from medpretrain.log import Progress
from medpretrain.manifest import verify_files
from medpretrain.shards.format import DOCUMENTS_PER_FRAME, ShardDataset, shard_files
from medpretrain.shards.masking import IGNORED, targets_of

_TOKENS_AT_ONCE = 2**22


class Decoder(Protocol):
    """The part of a tokenizer that showing a row needs."""

    def decode(self, ids: list[int]) -> str: ...


def inspect_shards(directory: Path) -> dict[str, Any]:
    """A packed dataset in numbers, from its manifest alone: sizes, shares, documents by type, how it was packed, files with bytes."""
    dataset = ShardDataset.open(directory)
    counts = dataset.manifest.counts
    num_positions = dataset.num_rows * dataset.seq_len
    return {
        "directory": str(directory),
        "identity": dataset.identity,
        "rows": dataset.num_rows,
        "seq_len": dataset.seq_len,
        "dtype": dataset.dtype.name,
        "vocab_size": dataset.vocab_size,
        "tokenizer_hash": dataset.tokenizer_hash,
        "mask_separator_targets": dataset.mask_separator_targets,
        "documents": dataset.num_documents,
        "documents_by_type": counts["documents_by_type"],
        "tokens": counts["tokens"],
        "targets": counts["targets"],
        "real_share": counts["tokens"] / num_positions,
        "padding_share": counts["padding"] / num_positions,
        "cut_documents": counts["cut_documents"],
        "cut_share": counts["cut_documents"] / dataset.num_documents,
        "files": {name: entry.bytes for name, entry in dataset.manifest.files.items()},
    }


def show_row(directory: Path, row: int, tokenizer: Decoder | None = None) -> dict[str, Any]:
    """One row: its shard, its counts and its pieces in order, each with its document, its ids and, given a tokenizer, its text."""
    dataset = ShardDataset.open(directory)
    if not 0 <= row < dataset.num_rows:
        raise InputError(str(directory), f"has no row {row}", f"a row from 0 to {dataset.num_rows - 1}", "choose another row")
    ids = dataset.rows([row])[0].tolist()
    num_targets, num_tokens = dataset.row_counts([row])
    shard, row_in_shard = dataset.place_of(row)
    pieces = []
    for record in dataset.pieces(row):
        start, length = int(record["start"]), int(record["length"])
        piece = {**dataset.document(int(record["document"])), "start": start, "length": length, "offset": int(record["offset"])}
        piece["ids"] = ids[start : start + length]
        if tokenizer is not None:
            piece["text"] = tokenizer.decode(piece["ids"])
        pieces.append(piece)
    return {
        "row": row,
        "file": shard_files(shard)["tokens"],
        "row_in_file": row_in_shard,
        "tokens": int(num_tokens[0]),
        "targets": int(num_targets[0]),
        "pieces": pieces,
    }


def verify_shards(directory: Path, show_progress: bool = True) -> dict[str, Any]:
    """Read every byte and prove the dataset whole; InputError for the first thing that is wrong.

    Checksums; ids within the vocabulary; each row covered by its pieces from its start, padding behind them; stored counts equal
    to counted ones; `<s>` and `</s>` at the documents' ends only; each document exactly once, with all its tokens in order.

    Returns:
        counts of what was read: files, bytes, rows, documents, tokens.
    """
    dataset = ShardDataset.open(directory)
    verify_files(directory, dataset.manifest)
    doc_types = _read_doc_types(dataset)
    times_whole = np.zeros(dataset.num_documents, dtype=np.uint8)  # how often each document stands in one piece
    parts: list[tuple[NDArray[np.void], NDArray[np.bool_]]] = []  # pieces of documents that were cut, and which of them end one
    num_tokens = 0
    with Progress("verifying", dataset.num_rows, "rows", show=show_progress) as progress:
        for shard, num_rows in enumerate(dataset.rows_per_file):
            _check_pieces(dataset, shard, doc_types)
            rows_at_once = max(1, _TOKENS_AT_ONCE // dataset.seq_len)
            for first in range(0, num_rows, rows_at_once):
                last = min(first + rows_at_once, num_rows)
                pieces, begins, ends = _check_rows(dataset, shard, first, last)
                numbers, times = np.unique(pieces["document"][begins & ends].astype(np.int64), return_counts=True)
                times_whole[numbers] = np.minimum(times_whole[numbers] + times, 255)
                is_part = ~(begins & ends)
                parts.append((pieces[is_part], ends[is_part]))
                num_tokens += int(pieces["length"].sum())
                progress.advance(last - first)
    _check_documents(dataset, times_whole, np.concatenate([part for part, _ in parts]), np.concatenate([end for _, end in parts]))
    files = dataset.manifest.files
    return {
        "files": len(files),
        "bytes": sum(entry.bytes for entry in files.values()),
        "rows": dataset.num_rows,
        "documents": dataset.num_documents,
        "tokens": num_tokens,
    }


def _wrong(where: str, found: str, expected: str) -> InputError:
    return InputError(where, found, expected, "the dataset was written wrongly: pack the corpus again")


def _read_doc_types(dataset: ShardDataset) -> NDArray[np.uint16]:
    """The type index of every document, from documents.jsonl.zst: uint16 [num_documents]."""
    path = dataset.directory / "documents.jsonl.zst"
    starts = np.fromfile(dataset.directory / "documents.frames", dtype="<u8").tolist()
    index_of = {name: index for index, name in enumerate(dataset.doc_types)}
    frames: list[NDArray[np.uint16]] = []
    with open(path, "rb") as file:
        for frame, (start, end) in enumerate(itertools.pairwise(starts)):
            file.seek(start)
            lines = zstandard.ZstdDecompressor().decompress(file.read(end - start)).splitlines()
            wanted = min(DOCUMENTS_PER_FRAME, dataset.num_documents - frame * DOCUMENTS_PER_FRAME)
            if len(lines) != wanted:
                raise _wrong(f"{path} frame {frame}", f"{len(lines)} documents", f"{wanted} documents")
            names = [json.loads(line)["doc_type"] for line in lines]
            for line, name in enumerate(names):
                if name not in index_of:
                    where = f"{path} line {frame * DOCUMENTS_PER_FRAME + line + 1}"
                    raise _wrong(where, f"doc_type `{name}`", f"one of the manifest's: {', '.join(dataset.doc_types)}")
            frames.append(np.array([index_of[name] for name in names], dtype=np.uint16))
    num_frames = -(-dataset.num_documents // DOCUMENTS_PER_FRAME)
    if len(frames) != num_frames:
        raise _wrong(str(path), f"{len(frames)} frames of documents", f"{num_frames} frames, for {dataset.num_documents} documents")
    return np.concatenate(frames)


def _check_pieces(dataset: ShardDataset, shard: int, doc_types: NDArray[np.uint16]) -> None:
    """The shard's .documents and .rows agree with each other and with the document index."""
    names = shard_files(shard)
    pieces, rows = dataset.shard_array(shard, "documents"), dataset.shard_array(shard, "rows")
    path = dataset.directory / names["documents"]
    numbers = np.arange(len(rows))
    if not np.array_equal(np.unique(pieces["row"]), numbers) or (np.diff(pieces["row"].astype(np.int64)) < 0).any():
        raise _wrong(str(path), "rows without a piece, or pieces out of order", f"pieces of rows 0 to {len(rows) - 1} in order")
    first_pieces = np.searchsorted(pieces["row"], numbers)
    _check_equal(f"{dataset.directory / names['rows']} row", "first_piece", rows["first_piece"], first_pieces)
    ends = pieces["start"].astype(np.int64) + pieces["length"]
    wanted_starts = np.concatenate([[0], ends[:-1]])
    wanted_starts[first_pieces] = 0
    _check_equal(f"{path} piece", "start", pieces["start"], wanted_starts)
    last_pieces = np.append(first_pieces[1:], len(pieces)) - 1
    _check_equal(f"{dataset.directory / names['rows']} row", "num_tokens", rows["num_tokens"], ends[last_pieces])
    for name, is_bad, expected in (
        ("length", (pieces["length"] == 0) | (ends > dataset.seq_len), f"1 token or more, within a row of {dataset.seq_len}"),
        ("document", pieces["document"] >= dataset.num_documents, f"a number below {dataset.num_documents}"),
    ):
        for piece in np.flatnonzero(is_bad)[:1].tolist():
            raise _wrong(f"{path} piece {piece}", f"{name} {int(pieces[name][piece])}", expected)
    _check_equal(f"{path} piece", "doc_type", pieces["doc_type"], doc_types[pieces["document"].astype(np.int64)])


def _check_rows(dataset: ShardDataset, shard: int, first: int, last: int) -> tuple[NDArray[np.void], NDArray[np.bool_], NDArray[np.bool_]]:
    """Check the tokens of the shard's rows [first, last). Returns their pieces, and which of them begin and which end a document."""
    names = shard_files(shard)
    path = dataset.directory / names["tokens"]
    first_row = dataset.first_row(shard)
    tokens = dataset.rows(np.arange(first_row + first, first_row + last))  # [n, S], checked against the vocabulary
    rows = dataset.shard_array(shard, "rows")[first:last]
    all_pieces = dataset.shard_array(shard, "documents")
    begin, end = np.searchsorted(all_pieces["row"], [first, last])
    pieces = all_pieces[begin:end].copy()

    is_padding = np.arange(dataset.seq_len) >= rows["num_tokens"][:, None]
    for row, position in np.argwhere(is_padding != (tokens == dataset.pad_id))[:1].tolist():
        wanted = "padding" if is_padding[row, position] else "a token that is not padding"
        raise _wrong(f"{path} row {first + row} position {position}", f"token id {int(tokens[row, position])}", wanted)
    targets, _, _ = targets_of(tokens, dataset.eos_id, dataset.pad_id, dataset.mask_separator_targets)
    _check_equal(f"{dataset.directory / names['rows']} row", "num_targets", rows["num_targets"], (targets != IGNORED).sum(axis=1), first)

    piece_rows = pieces["row"].astype(np.int64) - first
    starts = piece_rows * dataset.seq_len + pieces["start"]  # in the flattened rows
    ends = starts + pieces["length"] - 1
    flat = tokens.reshape(-1)
    for name, special, places in (("<s>", dataset.bos_id, starts[pieces["offset"] == 0]), ("</s>", dataset.eos_id, ends)):
        found = np.flatnonzero(flat == special)
        for place in np.setdiff1d(found, places)[:1].tolist():
            row, position = divmod(place, dataset.seq_len)
            raise _wrong(f"{path} row {first + row} position {position}", f"{name} inside a document", f"{name} at a document's end only")
    begins = (pieces["offset"] == 0) & (flat[starts] == dataset.bos_id)
    for piece in np.flatnonzero((pieces["offset"] == 0) & ~begins)[:1].tolist():
        where = f"{path} row {first + int(piece_rows[piece])} position {int(pieces['start'][piece])}"
        raise _wrong(where, f"token id {int(flat[starts[piece]])}", "<s> at a document's start")
    return pieces, begins, flat[ends] == dataset.eos_id


def _check_documents(dataset: ShardDataset, times_whole: NDArray[np.uint8], parts: NDArray[np.void], part_ends: NDArray[np.bool_]) -> None:
    """Each document stands in the rows once: in one piece, or in parts that follow each other from its <s> to its </s>."""
    by_place = np.lexsort((parts["offset"], parts["document"]))
    parts, part_ends = parts[by_place], part_ends[by_place]
    documents = parts["document"].astype(np.int64)
    is_first = np.diff(documents, prepend=-1) != 0
    ends = parts["offset"].astype(np.int64) + parts["length"]
    wanted = np.concatenate([[0], ends[:-1]])[: len(parts)]
    wanted[is_first] = 0
    path = dataset.directory / shard_files(0)["documents"].replace("00000", "*")
    for part in np.flatnonzero(parts["offset"] != wanted)[:1].tolist():
        raise _wrong(
            f"{path} document {documents[part]}",
            f"a piece that begins at its token {int(parts['offset'][part])}",
            f"one at token {wanted[part]}",
        )
    is_last = np.append(is_first[1:], True)[: len(parts)]
    for part in np.flatnonzero(part_ends != is_last)[:1].tolist():
        found = "more tokens behind its </s>" if part_ends[part] else "a last piece without </s>"
        raise _wrong(f"{path} document {documents[part]}", found, "</s> as its last token")
    times = times_whole.astype(np.int64)
    times[documents[is_first]] += 1
    for document in np.flatnonzero(times != 1)[:1].tolist():
        raise _wrong(f"{path} document {document}", f"stands in the rows {times[document]} times", "exactly once")


def _check_equal(where: str, name: str, found: NDArray[Any], wanted: NDArray[Any], first: int = 0) -> None:
    for number in np.flatnonzero(found != wanted)[:1].tolist():
        raise _wrong(f"{where} {first + number}", f"{name} {int(found[number])}", f"{name} {int(wanted[number])}")
