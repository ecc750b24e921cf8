"""Packing on known lengths: the case study's shares, small cases by hand, and the packer of lists in memory."""

from __future__ import annotations

import numpy as np
import pytest

from medpretrain.errors import InputError
from medpretrain.shards.packing import SequencePacker, best_fit, fill_rows, pack_lengths

PAD = 0


def simulated_lengths() -> np.ndarray:
    """Requirement 000-30."""
    generator = np.random.RandomState(42)
    normal = [generator.normal(80, 20, 5000), generator.normal(350, 80, 3000), generator.normal(1200, 200, 1000)]
    return np.clip(np.concatenate(normal), 20, 2000).astype(int)


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
    tokens = np.arange(1, sum(lengths) + 1)
    whole = fill_rows(tokens, starts, packing, range(packing.num_rows), PAD)
    some = fill_rows(tokens.astype(np.uint16), starts, packing, range(1, 4), PAD)
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
