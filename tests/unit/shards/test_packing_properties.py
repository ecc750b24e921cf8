"""What packing holds for any lengths, rows and windows: every document once and whole, in as few rows as best fit decreasing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from shard_samples import BOS, EOS, PAD

from medpretrain.corpus.document import Essentials
from medpretrain.log import Progress
from medpretrain.manifest import begin_stage, finish_stage
from medpretrain.shards import pack
from medpretrain.shards.format import STAGE, RowFormat, ShardDataset, ShardWriter, dataset_facts
from medpretrain.shards.masking import IGNORED, targets_of
from medpretrain.shards.packing import Packing, best_fit, fill_rows, pack_lengths
from medpretrain.shards.settings import PackSettings

pytestmark = pytest.mark.slow

LENGTHS = st.lists(st.integers(1, 60) | st.integers(1, 8), max_size=120)
SEQ_LENS = st.integers(1, 40)
FIRST_BYTE_ID = 4  # of ByteEncoder


def documents_of(lengths: Sequence[int]) -> NDArray[np.int64]:
    """Documents end to end whose every token differs from all others (and from PAD)."""
    return np.arange(1, sum(lengths) + 1)


def rows_of(packing: Packing, lengths: Sequence[int]) -> NDArray[np.int64]:
    starts = np.cumsum(lengths, dtype=np.int64) - np.array(lengths, np.int64)
    return fill_rows(documents_of(lengths), starts, packing, range(packing.num_rows), PAD)


def num_rows_of_textbook_best_fit(lengths: Sequence[int], capacity: int) -> int:
    """Best fit decreasing, one item at a time."""
    gaps: list[int] = []
    for length in sorted(lengths, reverse=True):
        fitting = [gap for gap in gaps if gap >= length]
        if fitting:
            gaps[gaps.index(min(fitting))] -= length
        else:
            gaps.append(capacity - length)
    return len(gaps)


@given(LENGTHS, SEQ_LENS)
@settings(max_examples=300, deadline=None)
def test_every_token_stands_in_the_rows_exactly_once_in_order(lengths: list[int], seq_len: int) -> None:
    packing = pack_lengths(lengths, seq_len)
    rows = rows_of(packing, lengths)
    assert rows.shape == (packing.num_rows, seq_len)
    assert sorted(rows[rows != PAD].tolist()) == documents_of(lengths).tolist()
    tokens = documents_of(lengths)
    starts = np.cumsum(lengths, dtype=np.int64) - np.array(lengths, np.int64)
    for document in range(len(lengths)):
        mine = np.flatnonzero(packing.document == document)
        mine = mine[np.argsort(packing.offset[mine])]
        found = [rows[packing.row[i], packing.start[i] : packing.start[i] + packing.length[i]] for i in mine]
        wanted = tokens[starts[document] : starts[document] + lengths[document]]
        assert np.concatenate(found).tolist() == wanted.tolist()


@given(LENGTHS, SEQ_LENS)
@settings(max_examples=300, deadline=None)
def test_a_document_that_fits_is_never_cut_and_a_longer_one_fills_whole_rows(lengths: list[int], seq_len: int) -> None:
    packing = pack_lengths(lengths, seq_len)
    for document, length in enumerate(lengths):
        mine = packing.document == document
        assert mine.sum() == -(-length // seq_len)
        if length > seq_len:
            assert (packing.length[mine] == seq_len).sum() == length // seq_len
            assert (packing.offset[mine] % seq_len == 0).all()
        else:
            assert packing.length[mine].tolist() == [length]


@given(LENGTHS, SEQ_LENS)
@settings(max_examples=300, deadline=None)
def test_pieces_follow_each_other_and_padding_is_at_the_end(lengths: list[int], seq_len: int) -> None:
    packing = pack_lengths(lengths, seq_len)
    for number, row in enumerate(rows_of(packing, lengths)):
        mine = np.flatnonzero(packing.row == number)
        ends = np.cumsum(packing.length[mine])
        assert packing.start[mine].tolist() == [0, *ends[:-1].tolist()]
        assert ends[-1] <= seq_len
        assert (row[: ends[-1]] != PAD).all()
        assert (row[ends[-1] :] == PAD).all()
    assert (np.diff(packing.row) >= 0).all()


@given(st.lists(st.integers(1, 30), max_size=150), st.integers(30, 64))
@settings(max_examples=300, deadline=None)
def test_length_classes_give_as_many_rows_as_the_textbook_algorithm(lengths: list[int], capacity: int) -> None:
    row, start, num_rows = best_fit(np.array(lengths, np.int64), capacity)
    assert num_rows == num_rows_of_textbook_best_fit(lengths, capacity)
    assert sorted(set(row.tolist())) == list(range(num_rows))
    assert (start + lengths <= capacity).all()


@given(LENGTHS, SEQ_LENS)
@settings(max_examples=300, deadline=None)
def test_long_documents_cost_their_whole_rows_and_the_remainders_rows_are_those_of_the_textbook(lengths: list[int], seq_len: int) -> None:
    whole_rows = [length // seq_len if length > seq_len else 0 for length in lengths]
    rest = [length - rows * seq_len for length, rows in zip(lengths, whole_rows, strict=True) if length > rows * seq_len]
    assert pack_lengths(lengths, seq_len).num_rows == sum(whole_rows) + num_rows_of_textbook_best_fit(rest, seq_len)


class ByteEncoder:
    """A token a byte, so that a text's length is what the test wants it to be."""

    name = "bytes"

    def encode(self, texts: Sequence[bytes]) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
        return np.frombuffer(b"".join(texts), np.uint8) + np.uint32(FIRST_BYTE_ID), np.array([len(text) for text in texts], np.int64)


def windows_of(lengths: list[int], block_documents: int, block_characters: int, settings: PackSettings) -> list[list[int]]:
    """The rule said plainly: blocks of so many documents or characters, none past a full window; after each, is the window full?"""
    windows: list[list[int]] = [[]]
    block: list[int] = []
    for length in lengths:
        block.append(length)
        window = windows[-1] + block
        if (
            len(block) == block_documents
            or sum(block) - 2 * len(block) >= block_characters
            or len(window) == settings.window_documents
            or sum(map(len, windows)) + len(block) == len(lengths)
        ):
            windows[-1], block = window, []
            if len(window) == settings.window_documents or sum(window) >= settings.window_tokens:
                windows.append([])
    return [window for window in windows if window]


def places_of(windows: list[list[int]], seq_len: int) -> list[tuple[int, ...]]:
    """(document, offset, length, row, start) of each piece, in order: each window packed by itself, one after the other."""
    places: list[tuple[int, ...]] = []
    first_document = first_row = 0
    for window in windows:
        packing = pack_lengths(window, seq_len)
        columns = (packing.document + first_document, packing.offset, packing.length, packing.row + first_row, packing.start)
        places += zip(*(column.tolist() for column in columns), strict=True)
        first_document, first_row = first_document + len(window), first_row + packing.num_rows
    return places


@given(st.data())
@settings(max_examples=50, deadline=None)
def test_shard_files_give_every_document_back_whatever_the_windows_blocks_and_shards(data: st.DataObject) -> None:
    seq_len = data.draw(st.integers(8, 24), "seq_len")
    exact = st.sampled_from([0, seq_len - 3, seq_len - 2, seq_len - 1, 2 * seq_len - 2, 2 * seq_len - 1])  # `<s>` and `</s>` come on top
    few_or_many = st.sampled_from([(1, 5), (30, 50)])
    lengths = data.draw(few_or_many.flatmap(lambda sizes: st.lists(st.integers(0, 70) | exact, min_size=sizes[0], max_size=sizes[1])))
    texts = [chr(ord("!") + number % 90) * length for number, length in enumerate(lengths)]
    window_settings = PackSettings(
        window_documents=data.draw(st.integers(2, 12), "window_documents"),
        window_tokens=data.draw(st.integers(50, 300), "window_tokens"),
        mask_separator_targets=data.draw(st.booleans()),
    )
    block_documents = data.draw(st.integers(2, 6), "block_documents")
    block_characters = data.draw(st.just(10**6) | st.integers(1, 300), "block_characters")
    rows_per_shard = data.draw(st.integers(1, 30), "rows_per_shard")
    layout = RowFormat(seq_len, FIRST_BYTE_ID + 256, PAD, BOS, EOS, window_settings.mask_separator_targets, "")
    documents = (Essentials(f"d{number}", text, "source", ("ct", "xray", "note")[number % 3]) for number, text in enumerate(texts))
    with TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        directory = Path(name)
        patch.setattr(pack, "BLOCK_DOCUMENTS", block_documents)
        patch.setattr(pack, "BLOCK_CHARACTERS", block_characters)
        begin_stage(directory, STAGE, dataset_facts(layout), {}, [])
        with ShardWriter(directory, layout, rows_per_shard) as writer, Progress("", None, "documents", show=False) as progress:
            packer = pack.DocumentPacker(writer, window_settings, progress)
            packer.pack(documents, ByteEncoder)
            names, counts = writer.close()
        finish_stage(directory, STAGE, dataset_facts(layout), {}, counts, names)
        dataset = ShardDataset.open(directory)
        rows = dataset.rows(np.arange(dataset.num_rows))
        found: dict[int, list[int]] = {}
        places: list[tuple[int, ...]] = []
        for number, row in enumerate(rows.tolist()):
            filled = 0
            for piece in dataset.pieces(number).tolist():
                document, doc_type, _, start, length, offset = piece
                assert (start, doc_type) == (filled, document % 3)
                whole = len(texts[document]) + 2
                assert length == min(whole - offset, seq_len)  # whole where it fits; else whole rows, and the remainder
                assert offset % seq_len == 0
                filled = start + length
                places.append((document, offset, length, number, start))
                found.setdefault(document, [PAD] * whole)[offset : offset + length] = row[start:filled]
            assert 1 <= filled <= seq_len
            assert row[filled:] == [PAD] * (seq_len - filled)
        assert found == {n: [BOS, *(FIRST_BYTE_ID + byte for byte in text.encode()), EOS] for n, text in enumerate(texts)}
        assert [dataset.document(n)["id"] for n in range(dataset.num_documents)] == [f"d{n}" for n in range(len(texts))]

        whole_lengths = [length + 2 for length in lengths]
        assert places == places_of(windows_of(whole_lengths, block_documents, block_characters, window_settings), seq_len)
        targets, _, _ = targets_of(rows, EOS, PAD, window_settings.mask_separator_targets)
        assert dataset.num_targets(np.arange(dataset.num_rows)).tolist() == (targets != IGNORED).sum(axis=1).tolist()
        assert counts["tokens"] == packer.tokens.total() == sum(whole_lengths)
        assert [packer.text_bytes[n] for n in range(3)] == [sum(lengths[n::3]) for n in range(3)]
