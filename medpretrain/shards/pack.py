"""The stage `shards pack`: a corpus and a tokenizer -> a packed dataset, streaming, with bounded memory.

The arithmetic is in packing.py, the files are in format.py.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medpretrain.corpus.document import Document
from medpretrain.corpus.reader import open_corpus
from medpretrain.errors import InputError
from medpretrain.log import Progress, logger
from medpretrain.manifest import Manifest, begin_stage, finish_stage, read_manifest
from medpretrain.shards.format import FILE_PATTERNS, STAGE, RowFormat, ShardWriter, dataset_facts, make_pieces
from medpretrain.shards.packing import fill_rows, pack_lengths
from medpretrain.shards.settings import PackSettings
from medpretrain.tokenizer.encoder import Encoder, open_encoder
from medpretrain.tokenizer.vocabulary import FILE_NAME as TOKENIZER_NAME
from medpretrain.tokenizer.vocabulary import Tokenizer

SMALLEST_SEQ_LEN = 8
BLOCK_CHARACTERS = 2**23  # text encoded at once
BLOCK_DOCUMENTS = 8192
SAMPLE_CHARACTERS = 2**18  # of the first block, on which the fast encoder is checked
ROWS_AT_ONCE_TOKENS = 2**20  # rows filled and written at once


def pack_corpus(
    corpus_path: Path, split: str, tokenizer_dir: Path, seq_len: int, out: Path, settings: PackSettings | None = None
) -> Manifest:
    """Encode and pack every document of a corpus's split into rows of `seq_len` in `out` (000-18, 000-19, 002-108).

    Each document stands in the rows exactly once as `<s> tokens </s>`; one that fits a row is not cut. The same corpus, tokenizer
    and settings give the same bytes. Memory is bounded by the window, whatever the corpus's size.

    Args:
        corpus_path: a directory of `corpus build`, or .jsonl(.gz|.zst) files.
        split: "train" or "heldout".
        tokenizer_dir: a directory of `tokenizer train`.
        seq_len: tokens a row, at least 8.
        out: directory to write; when it holds this very output already, nothing is done.

    Raises:
        InputError: an empty or damaged corpus, a wrong tokenizer directory, a seq_len too small, `out` in use.
    """
    settings = settings or PackSettings()
    if seq_len < SMALLEST_SEQ_LEN:
        raise InputError("seq_len", f"is {seq_len}", f"at least {SMALLEST_SEQ_LEN} tokens", "choose longer rows")
    tokenizer = Tokenizer.load(tokenizer_dir)
    corpus = open_corpus(corpus_path, split)
    row_format = RowFormat(
        seq_len=seq_len,
        vocab_size=tokenizer.vocab_size,
        pad_id=tokenizer.pad_id,
        bos_id=tokenizer.bos_id,
        eos_id=tokenizer.eos_id,
        mask_separator_targets=settings.mask_separator_targets,
        tokenizer_hash=tokenizer.content_hash,
    )
    stage_settings = {"seq_len": seq_len, "split": split, **settings.model_dump(mode="json"), **dataset_facts(row_format)}
    inputs = {"corpus": corpus.identity, "tokenizer": read_manifest(tokenizer_dir).identity}
    if not begin_stage(out, STAGE, stage_settings, inputs, [*FILE_PATTERNS, TOKENIZER_NAME]):
        logger.info("shards pack: %s already holds these rows, nothing to do", out)
        return read_manifest(out, STAGE)

    with ShardWriter(out, row_format) as writer, Progress("packing", corpus.num_documents, "documents") as progress:
        packer = _Packer(writer, tokenizer, settings, progress)
        for document in corpus:
            packer.add(document)
        packer.finish()
        file_names, counts = writer.close()
    if counts["documents"] == 0:
        raise InputError(str(corpus_path), "holds no document", "at least one", "check the path, or build the corpus again")
    num_positions = counts["rows"] * seq_len
    counts = {
        **counts,
        "text_bytes": packer.text_bytes.total(),
        "tokens_by_type": {name: packer.tokens[name] for name in counts["doc_types"]},
        "text_bytes_by_type": {name: packer.text_bytes[name] for name in counts["doc_types"]},
        "real_share": counts["tokens"] / num_positions,
        "padding_share": counts["padding"] / num_positions,
        "cut_share": counts["cut_documents"] / counts["documents"],
    }
    # The tokenizer travels with what it packed: a run, its evaluation and its export need nothing else.
    (out / TOKENIZER_NAME).write_bytes((tokenizer_dir / TOKENIZER_NAME).read_bytes())
    manifest = finish_stage(out, STAGE, stage_settings, inputs, counts, [*file_names, TOKENIZER_NAME])
    logger.info(
        "shards pack: %s documents, %s tokens in %s rows of %d; %.2f %% of positions are real, %s documents longer than a row were cut",
        f"{counts['documents']:,}",
        f"{counts['tokens']:,}",
        f"{counts['rows']:,}",
        seq_len,
        100 * counts["real_share"],
        f"{counts['cut_documents']:,}",
    )
    return manifest


class _Packer:
    """Collects documents into blocks (encoded at once) and windows (packed at once)."""

    def __init__(self, writer: ShardWriter, tokenizer: Tokenizer, settings: PackSettings, progress: Progress) -> None:
        self._writer, self._tokenizer, self._settings, self._progress = writer, tokenizer, settings, progress
        self._encoder: Encoder | None = None
        self._block: list[Document] = []
        self._block_characters = 0
        self._first_document = 0  # number of the window's first one
        self._tokens: list[NDArray[Any]] = []  # the window, one array a block
        self._lengths: list[NDArray[np.int64]] = []
        self._doc_types: list[NDArray[np.uint16]] = []
        self._num_documents = self._num_tokens = 0  # in the window
        self.tokens: Counter[str] = Counter()  # by document type, `<s>` and `</s>` counted
        self.text_bytes: Counter[str] = Counter()

    def add(self, document: Document) -> None:
        self._block.append(document)
        self._block_characters += len(document.text)
        window_full = self._num_documents + len(self._block) >= self._settings.window_documents
        if window_full or len(self._block) == BLOCK_DOCUMENTS or self._block_characters >= BLOCK_CHARACTERS:
            self._encode_block()
        if self._num_documents >= self._settings.window_documents or self._num_tokens >= self._settings.window_tokens:
            self._write_window()

    def finish(self) -> None:
        self._encode_block()
        self._write_window()

    def _encode_block(self) -> None:
        if not self._block:
            return
        texts = [document.text for document in self._block]
        if self._encoder is None:
            self._encoder = open_encoder(self._tokenizer, _sample(texts))
            logger.info("shards pack: encoding with %s", self._encoder.name)
        ids, lengths = self._encoder.encode(texts)
        tokens, lengths = frame_documents(ids, lengths, self._writer.row_format)
        _, doc_types = self._writer.add_documents((document.id, document.source, document.doc_type) for document in self._block)
        for document, length in zip(self._block, lengths.tolist(), strict=True):
            self.tokens[document.doc_type] += length
            self.text_bytes[document.doc_type] += len(document.text.encode())
        self._tokens.append(tokens)
        self._lengths.append(lengths)
        self._doc_types.append(doc_types)
        self._num_documents += len(self._block)
        self._num_tokens += len(tokens)
        self._progress.advance(len(self._block), note=f"{self.tokens.total():,} tokens")
        self._block, self._block_characters = [], 0

    def _write_window(self) -> None:
        if not self._num_documents:
            return
        tokens, lengths, doc_types = (np.concatenate(parts) for parts in (self._tokens, self._lengths, self._doc_types))
        self._tokens.clear()
        self._lengths.clear()
        self._doc_types.clear()
        row_format = self._writer.row_format
        packing = pack_lengths(lengths, row_format.seq_len)
        pieces = make_pieces(
            packing.document + self._first_document,
            doc_types[packing.document],
            packing.row,
            packing.start,
            packing.length,
            packing.offset,
        )
        starts = np.cumsum(lengths) - lengths
        rows_at_once = max(1, ROWS_AT_ONCE_TOKENS // row_format.seq_len)
        for begin in range(0, packing.num_rows, rows_at_once):
            rows = range(begin, min(begin + rows_at_once, packing.num_rows))
            first, last = np.searchsorted(packing.row, [rows.start, rows.stop])
            some = pieces[first:last].copy()
            some["row"] -= np.uint32(begin)
            self._writer.add_rows(fill_rows(tokens, starts, packing, rows, row_format.pad_id), some)
        self._first_document += self._num_documents
        self._num_documents = self._num_tokens = 0


def frame_documents(ids: NDArray[np.uint32], lengths: NDArray[np.int64], row_format: RowFormat) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Put `<s>` before and `</s>` after each document, in the dtype of the rows.

    Args:
        ids: the documents' token ids, end to end [T].
        lengths: ids of each document [D].

    Returns:
        tokens [T + 2 D] and their lengths [D], each two more than given. An id outside the vocabulary is an error, never wrapped.
    """
    assert ids.size == 0 or int(ids.max()) < row_format.vocab_size, f"token id {int(ids.max())} in a vocabulary of {row_format.vocab_size}"
    framed_lengths = lengths + 2
    ends = np.cumsum(framed_lengths)
    tokens = np.empty(len(ids) + 2 * len(lengths), row_format.dtype)
    is_text = np.ones(len(tokens), bool)
    for places, token_id in ((ends - framed_lengths, row_format.bos_id), (ends - 1, row_format.eos_id)):
        tokens[places] = token_id
        is_text[places] = False
    tokens[is_text] = ids
    return tokens, framed_lengths


def _sample(texts: Sequence[str]) -> list[str]:
    """Texts spread evenly over the block, about SAMPLE_CHARACTERS in all; long ones are shortened."""
    step = max(1, sum(map(len, texts)) // SAMPLE_CHARACTERS)
    return [text[: SAMPLE_CHARACTERS // 8] for text in texts[::step]]
