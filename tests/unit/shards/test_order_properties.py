"""What must hold of every order: nothing twice and nothing missed, whatever is changed on the way, resumed as often as one likes."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from medpretrain.errors import InputError
from medpretrain.shards.order import Order, Source, permuted, resume_order

SEED = 11
SOURCES = (Source("a", 13), Source("b", 1), Source("c", 29))
Draw = tuple[int, int, int]  # source, row, epoch

WEIGHTS = st.lists(st.integers(0, 5), min_size=3, max_size=3).filter(any)
EVENTS = st.one_of(
    st.tuples(st.just("train"), st.integers(1, 40)),
    st.tuples(st.just("mix"), WEIGHTS),
    st.tuples(st.just("skip"), st.integers(0, 30), st.integers(1, 25)),  # samples ahead, samples
    st.tuples(st.just("stop and resume"), st.permutations(SOURCES)),
    st.tuples(st.just("roll back"), st.integers(0, 100)),  # to which of the states saved so far
)


def draws_of(order: Order, first_sample: int, count: int) -> list[Draw]:
    return list(zip(*(column.tolist() for column in order.rows_of(first_sample, count)), strict=True))


def restore(state: str, sources: Any) -> tuple[Order, int]:
    """As a run does it: from the saved state, with the sources and the last mixture in the order that the recipe has them in."""
    saved = json.loads(state)
    weight_of = dict(zip((source["identity"] for source in saved["sources"]), saved["segments"][-1]["weights"], strict=True))
    return resume_order(saved, SEED, sources, [weight_of[source.identity] for source in sources])


@settings(max_examples=150, deadline=None)
@given(weights=WEIGHTS, events=st.lists(EVENTS, max_size=14))
def test_no_sample_comes_twice_and_none_is_missed_whatever_happens_to_a_run(weights: list[int], events: list[tuple[Any, ...]]) -> None:
    order, consumed = Order.start(SEED, SOURCES, weights), 0
    trained: list[Draw] = []
    saved = [json.dumps(order.state(0))]
    for name, *how in [*events, ("train", 30)]:
        if name == "train":
            trained += draws_of(order, consumed, how[0])
            consumed += how[0]
        elif name == "mix":
            order = order.with_segment(consumed, how[0])
        elif name == "skip":
            first, last = consumed + how[0], consumed + how[0] + how[1]
            following = draws_of(order, last, 20)
            order = order.with_skip(first, last)
            assert draws_of(order, first, 20) == following
        elif name == "stop and resume":
            before = order
            order, again = restore(saved[-1], how[0])
            assert (order, again) == (before, consumed)
        else:
            del saved[how[0] % len(saved) + 1 :]
            order, consumed = restore(saved[-1], SOURCES)
            del trained[consumed:]
        saved.append(json.dumps(order.state(consumed)))
        assert draws_of(order, 0, consumed) == trained, f"{name} changed the past"

    places = order.places_of(np.arange(consumed)).tolist()
    skipped = [place for place in range(places[-1]) if any(first <= place < last for first, last in order.skips)]
    assert sorted(places + skipped) == list(range(places[-1] + 1))
    everything = Order(SEED, SOURCES, order.segments)  # the same without its skips
    given_out = draws_of(everything, 0, places[-1] + 1)
    assert [given_out[place] for place in places] == trained
    for number, source in enumerate(SOURCES):
        its_draws = [(epoch, row) for index, row, epoch in given_out if index == number]
        assert [epoch for epoch, _ in its_draws] == [draw // source.num_rows for draw in range(len(its_draws))]
        assert len(set(its_draws)) == len(its_draws)


@settings(max_examples=60, deadline=None)
@given(weights=st.lists(st.floats(0, 1), min_size=1, max_size=8), first=st.integers(0, 500), changed=WEIGHTS)
def test_shares_are_within_one_sample_at_every_point_of_every_segment(weights: list[float], first: int, changed: list[int]) -> None:
    sources = [Source(str(number), 1000 + number) for number in range(max(len(weights), 3))]
    weights = weights + [0.0] * (len(sources) - len(weights))
    try:
        order = Order.start(SEED, sources, weights)
    except InputError:
        assume(False)  # all zero, or one too small to count
    order = order.with_segment(first, changed + [0] * (len(sources) - 3))
    drawn_from = order.rows_of(0, first + 400)[0]
    for segment, its_samples in zip(order.segments, np.split(drawn_from, [first]) if first else [drawn_from], strict=True):
        shares = np.array(segment.weights) / sum(segment.weights)
        drawn = np.cumsum(its_samples[:, None] == np.arange(len(sources)), axis=0)  # [samples, sources]
        wanted = np.arange(1, len(its_samples) + 1)[:, None] * shares
        assert np.abs(drawn - wanted).max(initial=0) < 1 + 1e-9
        if segment is not order.segments[-1]:
            assert np.abs(shares - np.array(weights) / sum(weights)).max() <= 1e-4


def test_every_small_number_of_rows_is_permuted() -> None:
    for num_rows in range(1, 301):
        rows = permuted(np.arange(num_rows), num_rows, f"key {num_rows}")
        assert np.array_equal(np.sort(rows), np.arange(num_rows)), num_rows


@pytest.mark.parametrize("num_rows", [2**40, 2**40 - 1, 2**33 + 5, 10**9])
def test_a_huge_number_of_rows_is_permuted_without_collision(num_rows: int) -> None:
    places = np.unique(np.random.default_rng(0).integers(0, num_rows, 200_000))
    rows = permuted(places, num_rows, "key")
    assert len(np.unique(rows)) == len(places)
    assert rows.min() >= 0
    assert rows.max() < num_rows
    assert np.array_equal(permuted(places[1000:1003], num_rows, "key"), rows[1000:1003]), "each on its own"
