"""The stage `shards pack`: a corpus and a tokenizer -> a packed dataset, streaming, with bounded memory.

The arithmetic is in packing.py, the files are in format.py.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from medpretrain.corpus.document import Essentials
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
BLOCK_CHARACTERS = 2**22  # text encoded at once
BLOCK_DOCUMENTS = 8192
BLOCKS_AHEAD = 4  # read while another is framed and written
WINDOW_ROOM_TOKENS = 2**25  # set aside for a window at most, before it is known to need more
SAMPLE_CHARACTERS = 2**18  # from all over the corpus, on which the fast encoder is checked
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
        packer = DocumentPacker(writer, settings, progress)
        packer.pack(corpus.essentials(), lambda: open_encoder(tokenizer, corpus.sample(SAMPLE_CHARACTERS)))
        file_names, counts = writer.close()
    if counts["documents"] == 0:
        raise InputError(str(corpus_path), "holds no document", "at least one", "check the path, or build the corpus again")
    num_positions = counts["rows"] * seq_len
    counts = {
        **counts,
        "text_bytes": packer.text_bytes.total(),
        "tokens_by_type": {name: packer.tokens[index] for index, name in enumerate(counts["doc_types"])},
        "text_bytes_by_type": {name: packer.text_bytes[index] for index, name in enumerate(counts["doc_types"])},
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


@dataclass
class _Block:
    """Documents that are encoded at once, side by side."""

    ids: list[str] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    doc_types: list[str] = field(default_factory=list)
    texts: list[bytes] = field(default_factory=list)  # UTF-8
    encoded: Future[tuple[NDArray[np.uint32], NDArray[np.int64]]] = field(default_factory=Future)


class DocumentPacker:
    """Collects documents into blocks (encoded at once) and windows (packed at once), and hands rows to a ShardWriter.

    While a block is being encoded, which leaves Python free, the ones before it are framed and written, and the next ones are read.

    Attributes:
        tokens: by index of the document type, `<s>` and `</s>` counted.
        text_bytes: by index of the document type, in UTF-8.
    """

    def __init__(self, writer: ShardWriter, settings: PackSettings, progress: Progress) -> None:
        self._writer, self._settings, self._progress = writer, settings, progress
        room = min(settings.window_tokens, WINDOW_ROOM_TOKENS) + BLOCK_CHARACTERS  # what is not used costs no memory
        self._tokens = np.empty(room, writer.row_format.dtype)  # the window; kept for the next one, and doubled where too small
        self._lengths: list[NDArray[np.int64]] = []  # of the window's documents, one array a block
        self._doc_types: list[NDArray[np.uint16]] = []
        self._first_document = 0  # number of the window's first one
        self._num_documents = self._num_tokens = 0  # in the window
        self.tokens: Counter[int] = Counter()
        self.text_bytes: Counter[int] = Counter()

    def pack(self, documents: Iterator[Essentials], open_encoder: Callable[[], Encoder]) -> None:
        """Pack all documents. `open_encoder` is called once, while the first ones are read."""
        window_documents = self._settings.window_documents
        with ThreadPoolExecutor(max_workers=1, thread_name_prefix="encoding") as thread:
            encoder = thread.submit(open_encoder)
            ahead: deque[_Block] = deque()
            while True:
                room = window_documents - self._num_documents - sum(len(block.texts) for block in ahead)
                # Whether a block ends the window decides how many documents the next one takes, where the window has little room.
                if ahead and (len(ahead) == BLOCKS_AHEAD or room < min(BLOCK_DOCUMENTS, window_documents)):
                    self._add(ahead.popleft())
                    continue
                following = _read_block(documents, min(BLOCK_DOCUMENTS, room))
                if not following.texts:
                    break
                following.encoded = thread.submit(lambda texts: encoder.result().encode(texts), following.texts)
                ahead.append(following)
            for block in ahead:
                self._add(block)
        self._write_window()

    def _add(self, block: _Block) -> None:
        ids, lengths = block.encoded.result()
        begin, end = self._num_tokens, self._num_tokens + len(ids) + 2 * len(lengths)
        if end > len(self._tokens):
            larger = np.empty(max(end, 2 * len(self._tokens)), self._tokens.dtype)
            larger[:begin] = self._tokens[:begin]
            self._tokens = larger
        lengths = frame_documents(ids, lengths, self._writer.row_format, self._tokens[begin:end])
        _, doc_types = self._writer.add_documents(zip(block.ids, block.sources, block.doc_types, strict=True))
        _count(self.tokens, doc_types, lengths)
        _count(self.text_bytes, doc_types, list(map(len, block.texts)))
        self._lengths.append(lengths)
        self._doc_types.append(doc_types)
        self._num_documents += len(lengths)
        self._num_tokens = end
        self._progress.advance(len(lengths), note=f"{self.tokens.total():,} tokens")
        if self._num_documents >= self._settings.window_documents or self._num_tokens >= self._settings.window_tokens:
            self._write_window()

    def _write_window(self) -> None:
        if not self._num_documents:
            return
        lengths, doc_types = np.concatenate(self._lengths), np.concatenate(self._doc_types)
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
            self._writer.add_rows(fill_rows(self._tokens, starts, packing, rows, row_format.pad_id), some)
        self._first_document += self._num_documents
        self._num_documents = self._num_tokens = 0


def _read_block(documents: Iterator[Essentials], max_documents: int) -> _Block:
    """The next documents: at most `max_documents`, fewer where BLOCK_CHARACTERS are reached; none at the end."""
    block, num_characters = _Block(), 0
    for identifier, text, source, doc_type in documents:
        block.ids.append(identifier)
        block.sources.append(source)
        block.doc_types.append(doc_type)
        block.texts.append(text.encode())
        num_characters += len(text)
        if len(block.texts) == max_documents or num_characters >= BLOCK_CHARACTERS:
            break
    return block


def _count(totals: Counter[int], doc_types: NDArray[np.uint16], numbers: ArrayLike) -> None:
    """Add each document's number to the total of its type."""
    sums = np.bincount(doc_types, weights=numbers).astype(np.int64)  # exact: whole numbers below 2^53
    totals.update({index: int(sums[index]) for index in np.flatnonzero(sums).tolist()})


def frame_documents(ids: NDArray[np.uint32], lengths: NDArray[np.int64], row_format: RowFormat, tokens: NDArray[Any]) -> NDArray[np.int64]:
    """Fill `tokens` with the documents, `<s>` before and `</s>` after each.

    Args:
        ids: the documents' token ids, end to end [T]. An id outside the vocabulary is an error, never wrapped.
        lengths: ids of each document [D].
        tokens: [T + 2 D] in the dtype of the rows.

    Returns:
        the documents' lengths in `tokens` [D], each two more than given.
    """
    assert ids.size == 0 or int(ids.max()) < row_format.vocab_size, f"token id {int(ids.max())} in a vocabulary of {row_format.vocab_size}"
    framed_lengths = lengths + 2
    ends = np.cumsum(framed_lengths)
    is_text = np.ones(len(tokens), bool)
    for places, token_id in ((ends - framed_lengths, row_format.bos_id), (ends - 1, row_format.eos_id)):
        tokens[places] = token_id
        is_text[places] = False
    tokens[is_text] = ids
    return framed_lengths
