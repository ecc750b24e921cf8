"""Small packed datasets for the tests of this folder, packed the simplest way: a new row where a document does not fit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from medpretrain.manifest import begin_stage, file_entry, finish_stage, read_manifest, write_manifest
from medpretrain.shards.format import STAGE, RowFormat, ShardDataset, ShardWriter, dataset_facts, make_pieces

PAD, BOS, EOS = 0, 1, 2


@dataclass
class Sample:
    """What was packed: each document's ids with its <s> and </s>, and the rows they were packed into."""

    documents: list[list[int]]
    tokens: np.ndarray


def row_format(seq_len: int = 16, vocab_size: int = 64, mask_separator_targets: bool = False) -> RowFormat:
    return RowFormat(seq_len, vocab_size, PAD, BOS, EOS, mask_separator_targets, "tokenizer-hash")


def random_documents(num_documents: int, max_tokens: int, vocab_size: int, seed: int = 0) -> list[list[int]]:
    generator = np.random.default_rng(seed)
    return [
        [BOS, *generator.integers(4, vocab_size, size=generator.integers(0, max_tokens - 1)).tolist(), EOS] for _ in range(num_documents)
    ]


def write_dataset(
    directory: Path, documents: list[list[int]], layout: RowFormat, rows_per_shard: int = 25, doc_types: tuple[str, ...] = ("ct", "xray")
) -> Sample:
    """Pack `documents` (types taken in turn) and write the directory, manifest and all."""
    seq_len = layout.seq_len
    rows: list[list[int]] = []
    pieces: list[tuple[int, int, int, int, int, int]] = []
    for number, document in enumerate(documents):
        for offset in range(0, len(document), seq_len):
            part = document[offset : offset + seq_len]
            if not rows or len(rows[-1]) + len(part) > seq_len:
                rows.append([])
            pieces.append((number, number % len(doc_types), len(rows) - 1, len(rows[-1]), len(part), offset))
            rows[-1].extend(part)
    tokens = np.array([row + [PAD] * (seq_len - len(row)) for row in rows], dtype=np.int64)
    begin_stage(directory, STAGE, dataset_facts(layout), {}, ["*"])
    with ShardWriter(directory, layout, rows_per_shard) as writer:
        first, indices = writer.add_documents((f"doc-{n}", "source", doc_types[n % len(doc_types)]) for n in range(len(documents)))
        assert first == 0
        assert indices.tolist() == [n % len(doc_types) for n in range(len(documents))]
        columns = np.array(pieces, dtype=np.int64).T
        writer.add_rows(tokens, make_pieces(*columns))
        names, counts = writer.close()
    finish_stage(directory, STAGE, dataset_facts(layout), {}, counts, names)
    return Sample(documents, tokens)


def open_random(directory: Path, num_documents: int = 60, seq_len: int = 16, seed: int = 0, mask: bool = False) -> ShardDataset:
    layout = row_format(seq_len, mask_separator_targets=mask)
    write_dataset(directory, random_documents(num_documents, 2 * seq_len, layout.vocab_size, seed), layout)
    return ShardDataset.open(directory)


def edit_file(directory: Path, name: str, dtype: np.dtype, edit: Callable[[np.ndarray], None]) -> None:
    """Change a file's records in place, leaving the manifest as it is (damage)."""
    records = np.fromfile(directory / name, dtype=dtype)
    edit(records)
    records.tofile(directory / name)


def rewrite_file(directory: Path, name: str, dtype: np.dtype, edit: Callable[[np.ndarray], None]) -> None:
    """Change a file's records and its manifest entry (as a wrong writer would have written them)."""
    edit_file(directory, name, dtype, edit)
    manifest = read_manifest(directory)
    write_manifest(directory, replace(manifest, files={**manifest.files, name: file_entry(directory / name)}))
