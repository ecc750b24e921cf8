"""The order of samples: bijections, mixtures, segments, skips, and the state that resumes them."""

from __future__ import annotations

import json
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medpretrain.errors import InputError
from medpretrain.shards.order import Order, Segment, Source, period_table, period_weights, permuted, resume_order

QUICK = settings(max_examples=25, deadline=None)
A, B, C = Source("a", 13), Source("b", 7), Source("c", 29)


@QUICK
@given(num_rows=st.integers(1, 3000), key=st.text(max_size=5))
def test_every_key_permutes_all_rows(num_rows: int, key: str) -> None:
    rows = permuted(np.arange(num_rows), num_rows, key)
    assert sorted(rows.tolist()) == list(range(num_rows))


def test_a_bijection_is_well_mixed() -> None:
    num_rows = 100_000
    rows = permuted(np.arange(num_rows), num_rows, "key")
    counts = np.histogram2d(np.arange(num_rows), rows, bins=20)[0]  # 400 cells of 250 expected
    chi_square = ((counts - 250) ** 2 / 250).sum()
    assert 260 < chi_square < 480  # 361 degrees of freedom: mean 361, standard deviation 27
    assert abs(np.corrcoef(rows[:-1], rows[1:])[0, 1]) < 0.02
    assert abs((permuted(np.arange(num_rows), num_rows, "other") == rows).sum() - 1) < 8  # two random permutations agree in about one place


def test_the_bijection_stays_as_it_is() -> None:
    """A run is resumed by later versions: the order may never change."""
    assert permuted(np.arange(10), 10, "7/identity/0").tolist() == [8, 3, 6, 5, 1, 0, 7, 2, 4, 9]
    sources, rows, epochs = Order.start(7, [A, B], [0.7, 0.3]).rows_of(18, 8)
    assert sources.tolist() == [0, 1, 0, 0, 1, 0, 0, 1]
    assert rows.tolist() == [0, 3, 11, 12, 5, 3, 7, 0]
    assert epochs.tolist() == [1, 0, 1, 1, 0, 1, 1, 1]


@pytest.mark.parametrize(
    ("weights", "counts"),
    [
        ([1], (1,)),
        ([0.7, 0.3], (7, 3)),
        ([0.1, 0.2, 0.7], (1, 2, 7)),
        ([1 / 3, 1 / 3, 1 / 3], (1, 1, 1)),
        ([2, 0, 6], (1, 0, 3)),
        ([9999, 1], (9999, 1)),
        ([0.123456, 0.876544], (247, 1753)),
    ],
)
def test_weights_become_whole_numbers_of_a_period(weights: list[float], counts: tuple[int, ...]) -> None:
    found = period_weights(weights)
    assert found == counts
    assert sum(found) <= 10_000
    assert np.allclose(np.array(found) / sum(found), np.array(weights) / sum(weights), atol=1e-4)


@pytest.mark.parametrize(
    ("weights", "where", "found", "expected", "remedy"),
    [
        ([0.0, 0.0], "weights of the mixture", "[0.0, 0.0]", "numbers from 0 on, not all 0", "give each source a weight"),
        ([1.0, -1.0], "weights of the mixture", "[1.0, -1.0]", "numbers from 0 on, not all 0", "give each source a weight"),
        (
            [1.0, 1e-6],
            "weight 1 of the mixture",
            "1e-06 is less than a 10,000th of all",
            "a share of at least 1/10000, or 0",
            "raise it or leave the source out",
        ),
    ],
)
def test_weights_that_cannot_be_a_mixture(weights: list[float], where: str, found: str, expected: str, remedy: str) -> None:
    with pytest.raises(InputError) as caught:
        period_weights(weights)
    assert (caught.value.where, caught.value.found, caught.value.expected, caught.value.remedy) == (where, found, expected, remedy)


@QUICK
@given(counts=st.lists(st.integers(1, 300), min_size=1, max_size=12))
def test_a_mixture_is_within_one_sample_of_its_shares_everywhere(counts: list[int]) -> None:
    check_table(counts)


def test_a_mixture_where_the_largest_deficit_rule_strays() -> None:
    check_table([1, 200, 1, 11, 1, 7, 37, 3, 200, 200, 3])


def check_table(counts: list[int]) -> None:
    period = sum(counts)
    table = period_table(counts)
    drawn = np.cumsum(table[:, None] == np.arange(len(counts)), axis=0)  # [period, sources]
    wanted = np.arange(1, period + 1)[:, None] * np.array(counts)  # times the period
    assert np.abs(drawn * period - wanted).max() < period
    assert drawn[-1].tolist() == counts


def test_each_epoch_reads_every_row_once_in_its_own_order() -> None:
    order = Order.start(3, [A, B], [1, 1])
    sources, rows, epochs = order.rows_of(0, 26 * 4)
    for index, source in enumerate((A, B)):
        mine, its_epochs = rows[sources == index], epochs[sources == index]
        assert its_epochs.tolist() == [draw // source.num_rows for draw in range(52)]
        by_epoch = [mine[its_epochs == epoch].tolist() for epoch in range(52 // source.num_rows)]
        assert all(sorted(epoch) == list(range(source.num_rows)) for epoch in by_epoch)
        assert len(set(map(tuple, by_epoch))) == len(by_epoch)


def test_a_sources_rows_do_not_depend_on_what_it_is_mixed_with() -> None:
    alone = Order.start(3, [B], [1]).rows_of(0, 40)[1]
    sources, mixed, _ = Order.start(3, [C, A, B], [5, 2, 3]).rows_of(0, 100)
    assert mixed[sources == 2].tolist() == alone[:30].tolist()


def changed_orders() -> dict[str, Order]:
    order = Order.start(11, [A, B, C], [0.5, 0.3, 0.2])
    staged = order.with_segment(37, [0, 1, 3]).with_segment(80, [1, 1, 1])
    return {
        "plain": order,
        "segments": staged,
        "skips": order.with_skip(20, 30).with_skip(25, 26).with_skip(20, 24),
        "all": staged.with_skip(30, 50).with_skip(60, 61).with_segment(90, [3, 2, 1]),
    }


@pytest.mark.parametrize("name", ["plain", "segments", "skips", "all"])
def test_any_stretch_equals_that_part_of_the_whole(name: str) -> None:
    order = changed_orders()[name]
    whole = np.stack(order.rows_of(0, 200))
    for first, count in [(0, 1), (36, 3), (19, 12), (79, 121), (150, 50)]:
        assert np.array_equal(np.stack(order.rows_of(first, count)), whole[:, first : first + count])


@pytest.mark.parametrize("consumed", [0, 1, 36, 90, 137])
@pytest.mark.parametrize("name", ["plain", "segments", "skips", "all"])
def test_resumed_from_its_state_equals_uninterrupted(name: str, consumed: int) -> None:
    order = changed_orders()[name]
    state = json.loads(json.dumps(order.state(consumed)))
    resumed, first = resume_order(state, 11, order.sources, order.segments[-1].weights)
    assert first == consumed
    assert resumed == order
    assert np.array_equal(np.stack(resumed.rows_of(first, 60)), np.stack(order.rows_of(0, consumed + 60))[:, consumed:])
    assert set(state) == {"consumed_samples", "seed", "sources", "segments", "skips"}


def test_a_new_segment_changes_nothing_before_it_and_every_source_goes_on() -> None:
    order = Order.start(5, [A, B], [1, 1])
    changed = order.with_segment(21, [1, 3])
    assert np.array_equal(np.stack(changed.rows_of(0, 21)), np.stack(order.rows_of(0, 21)))
    for source, alone in ((0, Order.start(5, [A], [1])), (1, Order.start(5, [B], [1]))):
        sources, rows, _ = changed.rows_of(0, 101)
        mine = rows[sources == source]
        assert mine.tolist() == alone.rows_of(0, len(mine))[1].tolist()
    after = changed.rows_of(21, 80)[0]
    assert Counter(after.tolist()) == {0: 20, 1: 60}
    assert changed.with_segment(21, [1, 1]).segments == (order.segments[0], Segment(21, (1, 1), (11, 10)))


def test_a_skip_moves_later_samples_up_and_leaves_earlier_ones() -> None:
    order = Order.start(5, [A, B], [2, 1])
    whole = np.stack(order.rows_of(0, 60))
    once = order.with_skip(10, 16)
    assert np.array_equal(np.stack(once.rows_of(0, 40)), np.delete(whole, np.s_[10:16], axis=1)[:, :40])
    twice = once.with_skip(8, 12)  # samples 8 and 9, and what now stands at 10 and 11
    assert twice.skips == ((8, 18),)
    assert np.array_equal(np.stack(twice.rows_of(0, 40)), np.delete(whole, np.s_[8:18], axis=1)[:, :40])
    adjacent = once.with_skip(10, 12)
    assert np.array_equal(np.stack(adjacent.rows_of(0, 40)), np.delete(whole, np.s_[10:18], axis=1)[:, :40])


def test_resuming_with_other_weights_or_a_new_source_appends_a_segment() -> None:
    order = Order.start(5, [A, B], [1, 1])
    before = np.stack(order.rows_of(0, 30))
    resumed, consumed = resume_order(order.state(30), 5, [C, B, A], [2, 1, 1])  # in another order, and C is new
    assert consumed == 30
    assert [source.identity for source in resumed.sources] == ["a", "b", "c"]
    assert resumed.segments[1] == Segment(30, (1, 1, 2), (15, 15, 0))
    assert np.array_equal(np.stack(resumed.rows_of(0, 30)), before)
    assert Counter(resumed.rows_of(30, 40)[0].tolist()) == {0: 10, 1: 10, 2: 20}


def test_another_seed_is_refused_at_resume() -> None:
    with pytest.raises(InputError) as caught:
        resume_order(Order.start(5, [A], [1]).state(8), 6, [A], [1])
    assert (caught.value.where, caught.value.found) == ("seed", "is 6")
    assert caught.value.expected == "5, with which the run began"
    assert caught.value.remedy == "set it back, or start another run"


@pytest.mark.parametrize("given_source", [Source("other", 13), Source("a", 14)])
def test_another_dataset_is_refused_at_resume(given_source: Source) -> None:
    with pytest.raises(InputError) as caught:
        resume_order(Order.start(5, [A], [1]).state(8), 5, [given_source], [1])
    assert caught.value.where == "data source 0"
    assert caught.value.found == "no dataset given has the identity a... (13 rows)"
    assert caught.value.expected == "the packed datasets that the run began with (new ones may be added)"
    assert caught.value.remedy == "restore that dataset (with a weight of 0 it is no longer read), or start another run"


def test_a_dataset_given_twice_is_refused() -> None:
    with pytest.raises(InputError) as caught:
        Order.start(5, [A, B, A], [1, 1, 1])
    assert (caught.value.where, caught.value.found) == ("data source 2", "is the same dataset as an earlier one")
    assert (caught.value.expected, caught.value.remedy) == ("each dataset once", "raise the weight of the first")
