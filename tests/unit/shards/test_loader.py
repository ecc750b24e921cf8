"""The batches of one replica: partition of the global batch, exact counts, read-ahead, held-out rows, resume."""

from __future__ import annotations

import functools
import itertools
import json
import threading
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shard_samples import BOS, EOS, PAD, edit_file, open_random, random_documents, row_format, write_dataset

from medpretrain.errors import InputError
from medpretrain.shards.batches import BatchSizes
from medpretrain.shards.format import ShardDataset
from medpretrain.shards.loader import (
    MicroBatch,
    ReadAhead,
    StepLoader,
    check_alike,
    held_out_batches,
    micro_batches_of,
    round_sizes,
    share_of,
    sources_of,
)
from medpretrain.shards.masking import IGNORED, targets_of
from medpretrain.shards.order import Order, resume_order


@pytest.fixture(scope="module")
def datasets(tmp_path_factory: pytest.TempPathFactory) -> list[ShardDataset]:
    return [open_random(tmp_path_factory.mktemp(f"data{seed}"), num_documents=50, seed=seed) for seed in (1, 2)]


@pytest.fixture(scope="module")
def order(datasets: list[ShardDataset]) -> Order:
    return Order.start(0, sources_of(datasets), [2, 1])


@settings(max_examples=50, deadline=None)
@given(num_rows=st.integers(1, 600), dp_size=st.integers(1, 64), micro_batch=st.integers(1, 40))
def test_shares_cover_the_batch_and_differ_by_one_row_at_most(num_rows: int, dp_size: int, micro_batch: int) -> None:
    shares = [share_of(num_rows, rank, dp_size) for rank in range(dp_size)]
    assert [row for first, last in shares for row in range(first, last)] == list(range(num_rows))
    sizes = round_sizes(num_rows, dp_size, micro_batch)
    largest = max(last - first for first, last in shares)
    assert all(sum(sizes) - (last - first) in (0, 1) for first, last in shares)  # at most one padding row
    assert sum(sizes) == largest
    assert max(sizes) - min(sizes) <= 1
    assert max(sizes) <= micro_batch
    assert len(sizes) == -(-largest // micro_batch)


def test_shares_of_4096_replicas() -> None:
    shares = np.array([share_of(10_000, rank, 4096) for rank in range(4096)])
    assert shares[0].tolist() == [0, 3]
    assert shares[1808:1810].tolist() == [[5424, 5426], [5426, 5428]]  # 10,000 = 4,096 x 2 + 1,808
    assert np.array_equal(shares[1:, 0], shares[:-1, 1])
    assert shares[-1].tolist() == [9998, 10_000]
    assert round_sizes(10_000, 4096, 2) == [2, 1]


@pytest.mark.slow
def test_4096_replicas_take_each_row_of_a_dataset_once(tmp_path: Path) -> None:
    write_dataset(tmp_path, [[BOS, 4 + number % 60, EOS] * 2 for number in range(4100)], row_format(8), rows_per_shard=1000)
    dataset = ShardDataset.open(tmp_path)
    order = Order.start(0, sources_of([dataset]), [1])
    vars(order)["rows_of"] = functools.cache(order.rows_of)  # all of them ask for the same, which test_order_properties.py is about
    rows, tokens, padding_rows = [], [], 0
    for rank in range(4096):
        batch = StepLoader([dataset], order, BatchSizes(dataset.num_rows), 1, rank, 4096).step(0)
        assert [part.tokens.shape for part in batch.micro_batches] == [(1, 8), (1, 8)]
        ids = np.concatenate([part.tokens for part in batch.micro_batches])
        rows.append(batch.rows)
        tokens.append(ids[: len(batch.rows)])
        padding_rows += int((ids == PAD).all(axis=1).sum())
    assert padding_rows == 2 * 4096 - 4100
    rows = np.concatenate(rows)
    assert np.array_equal(np.sort(rows), np.arange(4100))
    assert np.array_equal(np.concatenate(tokens), dataset.rows(rows))


@pytest.mark.slow
@settings(max_examples=12, deadline=None)
@given(
    global_batch=st.integers(1, 40),
    dp_size=st.integers(1, 16),
    micro_batch=st.integers(1, 9),
    first_sample=st.integers(0, 2000),
    skip=st.none() | st.tuples(st.integers(0, 1000), st.integers(1, 50)),
)
def test_the_union_over_replicas_is_the_global_batch(
    datasets: list[ShardDataset],
    order: Order,
    global_batch: int,
    dp_size: int,
    micro_batch: int,
    first_sample: int,
    skip: tuple[int, int] | None,
) -> None:
    if skip is not None:
        order = order.with_skip(skip[0], skip[0] + skip[1])
    sources, rows, _ = order.rows_of(first_sample, global_batch)
    wanted = np.stack([datasets[source].rows([row])[0] for source, row in zip(sources, rows, strict=True)])
    wanted_targets, wanted_positions, wanted_segments = targets_of(wanted, EOS, PAD, False)
    parts = []
    for rank in range(dp_size):
        batch = StepLoader(datasets, order, BatchSizes(global_batch), micro_batch, rank, dp_size).step(first_sample)
        assert [len(part.tokens) for part in batch.micro_batches] == round_sizes(global_batch, dp_size, micro_batch)
        assert batch.num_targets == (wanted_targets != IGNORED).sum()
        assert batch.num_real_tokens == (wanted != PAD).sum()
        assert batch.packing_efficiency == batch.num_real_tokens / wanted.size
        assert (batch.num_rows, batch.first_sample) == (global_batch, first_sample)
        joined = {
            name: np.concatenate([getattr(part, name) for part in batch.micro_batches])
            for name in ("tokens", "targets", "positions", "segments")
        }
        num_mine = len(batch.sample_ids)
        assert (joined["tokens"][num_mine:] == PAD).all()
        assert (joined["targets"][num_mine:] == IGNORED).all()
        parts.append(
            {name: array[:num_mine] for name, array in joined.items()}
            | {"ids": batch.sample_ids, "sources": batch.sources, "rows": batch.rows}
        )
        for part in batch.micro_batches:
            assert {array.dtype.name for array in (part.tokens, part.targets, part.positions)} == {"int64"}
            assert part.segments.dtype == np.int32
            assert all(array.flags["C_CONTIGUOUS"] for array in (part.tokens, part.targets, part.positions, part.segments))
            check_boundaries(part)
    union = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    assert np.array_equal(union["tokens"], wanted)
    assert np.array_equal(union["targets"], wanted_targets)
    assert np.array_equal(union["positions"], wanted_positions)
    assert np.array_equal(union["segments"], wanted_segments)
    assert union["ids"].tolist() == list(range(first_sample, first_sample + global_batch))
    assert np.array_equal(union["sources"], sources)
    assert np.array_equal(union["rows"], rows)


def check_boundaries(batch: MicroBatch) -> None:
    """They say what positions and segments say, row by row."""
    num_rows, seq_len = batch.tokens.shape
    assert batch.boundaries.dtype == np.int32
    assert batch.boundaries.tolist() == [*np.flatnonzero(batch.positions.reshape(-1) == 0).tolist(), num_rows * seq_len]
    assert batch.longest == batch.positions.max() + 1
    for begin, end in itertools.pairwise(batch.boundaries.tolist()):
        assert begin // seq_len == (end - 1) // seq_len, "a segment of two rows"
        assert len(set(batch.segments.reshape(-1)[begin:end].tolist())) == 1


def test_boundaries_of_two_rows_written_out() -> None:
    rows = np.array([[BOS, 5, EOS, BOS, 6, EOS, PAD, PAD], [7, 7, 7, 7, 7, 7, 7, 7], [PAD] * 8], dtype=np.uint16)
    first, second = micro_batches_of(rows, [2, 1], row_format(8))
    assert first.boundaries.tolist() == [0, 3, 6, 8, 16]
    assert first.longest == 8
    assert first.segments.tolist() == [[0, 0, 0, 1, 1, 1, 2, 2], [0] * 8]
    assert (second.boundaries.tolist(), second.longest) == ([0, 8], 8)


def test_resumed_on_other_replicas_equals_uninterrupted(datasets: list[ShardDataset], order: Order) -> None:
    order = order.with_skip(12, 17)
    whole = StepLoader(datasets, order, BatchSizes(6), 4, 0, 1)
    with whole.steps(0, num_steps=8) as steps:
        uninterrupted = [np.concatenate([part.tokens for part in batch.micro_batches]) for batch in steps]
    state = json.loads(json.dumps(order.state(consumed_samples=18)))
    again, consumed = resume_order(state, 0, sources_of(reversed(datasets)), [1, 2])
    loaders = [StepLoader(list(reversed(datasets)), again, BatchSizes(6), 1, rank, 4) for rank in range(4)]
    for number in range(3, 8):
        batches = [loader.step(consumed) for loader in loaders]
        tokens = [np.concatenate([part.tokens for part in batch.micro_batches])[: len(batch.sample_ids)] for batch in batches]
        assert np.array_equal(np.concatenate(tokens), uninterrupted[number])
        consumed += 6


def test_steps_read_ahead_are_the_steps_asked_for(datasets: list[ShardDataset], order: Order) -> None:
    loader = StepLoader(datasets, order, BatchSizes(4), 4, 0, 1)
    names = ("tokens", "targets", "positions", "segments", "boundaries")
    found = []
    with loader.steps(8, num_steps=5, read_ahead_steps=3) as steps:
        for batch in steps:
            found.append((batch, {name: getattr(batch.micro_batches[0], name).copy() for name in names}))
    assert [batch.first_sample for batch, _ in found] == [8, 12, 16, 20, 24]
    for batch, when_handed_out in found:
        again = loader.step(batch.first_sample).micro_batches[0]
        for name in names:
            assert np.array_equal(when_handed_out[name], getattr(again, name))
            assert np.array_equal(getattr(batch.micro_batches[0], name), when_handed_out[name]), "memory used again"


def test_read_ahead_stays_within_its_depth_and_ends_on_close() -> None:
    made: list[int] = []
    reached = threading.Event()

    def produce(number: int) -> int:
        made.append(number)
        if number == 3:
            reached.set()
        return number

    ahead = ReadAhead(produce, iter(range(10**9)), depth=3)
    assert next(ahead) == 0
    assert reached.wait(10)
    ahead.close()
    assert made == [0, 1, 2, 3]
    assert not ahead._thread.is_alive()
    assert list(ahead) == []


def test_an_exception_of_the_thread_is_raised_in_its_turn(tmp_path: Path) -> None:
    dataset = open_random(tmp_path)
    order = Order.start(0, sources_of([dataset]), [1])
    bad_row = int(order.rows_of(9, 1)[1][0])
    shard, row = dataset.place_of(bad_row)
    edit_file(tmp_path, f"shard-{shard:05d}.tokens", np.dtype("<u2"), lambda ids: ids.__setitem__(row * 16, 999))
    steps = StepLoader([dataset], order, BatchSizes(4), 4, 0, 1).steps(0)
    assert [next(steps).first_sample, next(steps).first_sample] == [0, 4]
    with pytest.raises(InputError) as caught:
        next(steps)
    assert caught.value.where == f"{tmp_path / f'shard-{shard:05d}.tokens'} row {row} position 0"
    assert not steps._thread.is_alive()


@pytest.mark.parametrize(("micro_batch", "dp_size"), [(1, 1), (4, 1), (4, 3), (64, 5), (2, 100)])
def test_every_held_out_row_comes_once(datasets: list[ShardDataset], micro_batch: int, dp_size: int) -> None:
    dataset = datasets[0]
    shapes, rows, types, lengths = [], [], [], []
    for rank in range(dp_size):
        batches = list(held_out_batches(dataset, micro_batch, rank, dp_size))
        shapes.append([batch.tokens.shape for batch, _ in batches])
        for batch, facts in batches:
            assert np.array_equal(facts.doc_types == -1, batch.tokens == PAD)
            assert np.array_equal(facts.lengths == 0, batch.tokens == PAD)
            real = (batch.tokens != PAD).any(axis=1)
            assert (batch.targets[~real] == IGNORED).all()
            rows.append(batch.tokens[real])
            types.append(facts.doc_types[real])
            lengths.append(facts.lengths[real])
    assert all(shape == shapes[0] for shape in shapes)
    assert np.array_equal(np.concatenate(rows), dataset.rows(range(dataset.num_rows)))
    for row, of_row in enumerate(np.concatenate(types)):
        for piece in dataset.pieces(row):
            assert set(of_row[piece["start"] : piece["start"] + piece["length"]].tolist()) == {int(piece["document"]) % 2}
    whole: Counter[int] = Counter()
    for row in range(dataset.num_rows):
        whole.update({int(piece["document"]): int(piece["length"]) for piece in dataset.pieces(row)})
    assert max(whole.values()) > dataset.seq_len, "a document in several rows"
    for row, of_row in enumerate(np.concatenate(lengths)):
        for piece in dataset.pieces(row):
            assert set(of_row[piece["start"] : piece["start"] + piece["length"]].tolist()) == {whole[int(piece["document"])]}


def test_held_out_rows_can_be_limited(datasets: list[ShardDataset]) -> None:
    found = np.concatenate([batch.tokens for batch, _ in held_out_batches(datasets[0], 4, 0, 1, max_rows=10)])
    everything = datasets[0].rows(range(datasets[0].num_rows))
    places = [int(np.flatnonzero((everything == row).all(axis=1))[0]) for row in found]
    assert len(set(places)) == 10, "ten different rows"
    assert places != list(range(10)), "not the first ones, which hold the longest documents"
    for dp_rank in range(2):  # the same ten at any number of replicas
        share = np.concatenate([batch.tokens for batch, _ in held_out_batches(datasets[0], 4, dp_rank, 2, max_rows=10)])
        assert np.array_equal(share, found[5 * dp_rank : 5 * dp_rank + 5])


@pytest.mark.parametrize(
    ("layout", "asked", "found", "expected", "remedy"),
    [
        (row_format(8), (16, False), "was packed with seq_len 8", "seq_len 16", "pack the corpus with that length, or set data.seq_len"),
        (
            row_format(16, mask_separator_targets=True),
            (16, False),
            "was packed with mask_separator_targets True",
            "mask_separator_targets False",
            "pack the corpus so, or set data.mask_separator_targets",
        ),
        (
            row_format(16, vocab_size=80),
            (16, False),
            "was packed with vocab_size 80",
            "vocab_size 64",
            "pack all corpora with one tokenizer",
        ),
        (
            replace(row_format(16), tokenizer_hash="the_other_tokenizer"),
            (16, False),
            "was packed with tokenizer_hash the_other_tokenizer",
            "tokenizer_hash tokenizer-hash",
            "pack all corpora with one tokenizer",
        ),
    ],
)
def test_a_dataset_packed_in_another_way_is_refused(
    tmp_path: Path, datasets: list[ShardDataset], layout, asked, found: str, expected: str, remedy: str
) -> None:
    write_dataset(tmp_path, random_documents(5, 8, 64), layout)
    with pytest.raises(InputError) as caught:
        check_alike([datasets[0], ShardDataset.open(tmp_path)], *asked)
    assert (caught.value.where, caught.value.found) == (str(tmp_path), found)
    assert (caught.value.expected, caught.value.remedy) == (expected, remedy)


def test_steps_that_grow_are_the_same_rows_at_any_number_of_replicas_and_after_a_resume(datasets: list[ShardDataset], order: Order) -> None:
    sizes = BatchSizes(5, ((4, 1), (9, 3)))  # 1 1 1 1 3 3 5 5 ...
    with StepLoader(datasets, order, sizes, 2, 0, 1).steps(0, num_steps=8) as alone:
        steps = list(alone)
    assert [(step.first_sample, step.num_rows) for step in steps] == [
        (0, 1), (1, 1), (2, 1), (3, 1), (4, 3), (7, 3), (10, 5), (15, 5),
    ]  # fmt: skip
    sources, rows, _ = order.rows_of(0, 20)
    assert np.array_equal(np.concatenate([step.rows for step in steps]), rows)
    assert np.array_equal(np.concatenate([step.sources for step in steps]), sources)
    for dp_size in (2, 3):
        replicas = [StepLoader(datasets, order, sizes, 2, rank, dp_size) for rank in range(dp_size)]
        for expected in steps[::-1]:  # from any sample on, in any order
            batches = [replica.step(expected.first_sample) for replica in replicas]
            assert np.array_equal(np.concatenate([batch.rows for batch in batches]), expected.rows)
            assert {len(batch.micro_batches) for batch in batches} == {len(round_sizes(expected.num_rows, dp_size, 2))}
            for batch in batches:
                assert (batch.num_rows, batch.num_targets, batch.num_real_tokens) == (
                    expected.num_rows, expected.num_targets, expected.num_real_tokens,
                )  # fmt: skip
