"""Packing: every document once, none that fits is cut, rows of one length, and as few of them as best fit decreasing gives."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medpretrain.errors import InputError
from medpretrain.shards.packing import Packing, SequencePacker, best_fit, fill_rows, pack_lengths

PAD = 0
LENGTHS = st.lists(st.integers(1, 60) | st.integers(1, 8), max_size=120)
SEQ_LENS = st.integers(1, 40)


def simulated_lengths() -> np.ndarray:
    """Requirement 000-30."""
    generator = np.random.RandomState(42)
    normal = [generator.normal(80, 20, 5000), generator.normal(350, 80, 3000), generator.normal(1200, 200, 1000)]
    return np.clip(np.concatenate(normal), 20, 2000).astype(int)


def documents_of(lengths: list[int]) -> np.ndarray:
    """Documents end to end whose every token differs from all others (and from PAD)."""
    return np.arange(1, sum(lengths) + 1)


def rows_of(packing: Packing, lengths: list[int]) -> np.ndarray:
    starts = np.cumsum(lengths, dtype=np.int64) - np.array(lengths, np.int64)
    return fill_rows(documents_of(lengths), starts, packing, range(packing.num_rows), PAD)


def num_rows_of_textbook_best_fit(lengths: list[int], capacity: int) -> int:
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


def test_equal_lengths_are_packed_equally() -> None:
    lengths = simulated_lengths() + 2
    first, second = pack_lengths(lengths, 512), pack_lengths(lengths, 512)
    for name in ("document", "offset", "length", "row", "start"):
        assert np.array_equal(getattr(first, name), getattr(second, name))


def test_documents_of_equal_length_keep_their_order() -> None:
    row, start, num_rows = best_fit(np.array([3, 5] * 1000, np.int64), 10)
    assert num_rows == 834  # 500 pairs of fives, 334 threes of threes
    for first in (0, 1):
        places = row[first::2] * 10 + start[first::2]
        assert (np.diff(places) > 0).all()


def test_a_small_case_by_hand() -> None:
    packing = pack_lengths([3, 25, 7, 5, 2, 10], 10)
    assert packing.num_rows == 6
    places = zip(packing.document, packing.offset, packing.length, packing.row, packing.start, strict=True)
    assert [tuple(map(int, place)) for place in places] == [
        (1, 0, 10, 0, 0),  # the long document's whole rows
        (1, 10, 10, 1, 0),
        (5, 0, 10, 2, 0),
        (2, 0, 7, 3, 0),
        (0, 0, 3, 3, 7),
        (1, 20, 5, 4, 0),  # its remainder
        (3, 0, 5, 4, 5),
        (4, 0, 2, 5, 0),
    ]
    assert packing.efficiency == 52 / 60


def test_rows_can_be_filled_some_at_a_time() -> None:
    lengths = [3, 25, 7, 5, 2, 10]
    packing = pack_lengths(lengths, 10)
    starts = np.cumsum(lengths) - lengths
    whole = rows_of(packing, lengths)
    some = fill_rows(documents_of(lengths).astype(np.uint16), starts, packing, range(1, 4), PAD)
    assert some.dtype == np.uint16
    assert some.tolist() == whole[1:4].tolist()


def test_nothing_gives_no_rows() -> None:
    assert pack_lengths([], 8).num_rows == 0
    assert pack_lengths([], 8).efficiency == 0.0


def test_a_document_without_tokens_is_our_own_mistake() -> None:
    with pytest.raises(AssertionError, match="a document has no tokens"):
        pack_lengths([3, 0], 8)


def test_the_simulated_lengths_are_those_of_the_case_study() -> None:
    lengths = simulated_lengths()
    assert len(lengths) == 9000
    assert lengths.sum() == 2_645_251
    assert round(lengths.mean(), 1) == 293.9
    assert np.median(lengths) == 105
    assert (lengths.min(), lengths.max()) == (20, 1875)


def test_the_simulated_lengths_pack_above_99_percent() -> None:
    """000-20 and 001-08: with one separator 5,212 rows in place of 9,000, a saving of 42.1 %; naive padding holds 42.35 % real tokens."""
    lengths = simulated_lengths()
    assert pack_lengths(lengths, 512).efficiency > 0.995
    assert pack_lengths(lengths + 2, 512).efficiency > 0.99
    assert pack_lengths(lengths + 1, 512).num_rows == 5212
    assert round(1 - 5212 / len(lengths), 3) == 0.421
    assert round(np.minimum(lengths, 512).sum() / (len(lengths) * 512), 4) == 0.4235


def test_4096_packs_above_99_percent() -> None:
    assert pack_lengths(simulated_lengths() + 2, 4096).efficiency > 0.998


def test_the_packer_gives_exact_rows_and_a_mask() -> None:
    """001-09 and 001-10, on the case study's hundred reports."""
    lengths = np.random.RandomState(42).choice([60, 80, 100, 300, 500, 800, 1200], 100)
    assert lengths.sum() == 46_440
    reports = [list(range(10, 10 + length)) for length in lengths]
    tokens, mask = SequencePacker(context_length=512, separator_token_id=0).pack(reports)
    assert tokens.shape == mask.shape == (95, 512)
    assert mask.mean() > 0.92
    assert mask.sum() == lengths.sum() + 100
    assert ((tokens == 1) == (mask == 0)).all()  # 1 is the packer's padding, and no report holds it
    assert (tokens == 0).sum() == 100


def test_the_packer_refuses_equal_separator_and_padding() -> None:
    with pytest.raises(InputError) as caught:
        SequencePacker(512, separator_token_id=0, pad_token_id=0)
    assert caught.value.where == "separator_token_id"
    assert caught.value.found == "is 0, like pad_token_id"
    assert caught.value.expected == "two different ids"
    assert caught.value.remedy == "change one of them"


def test_the_packer_refuses_an_empty_context() -> None:
    with pytest.raises(InputError) as caught:
        SequencePacker(0)
    assert caught.value.where == "context_length"
    assert caught.value.found == "is 0"
    assert caught.value.expected == "at least 1 token"
    assert caught.value.remedy == "choose a longer context"
