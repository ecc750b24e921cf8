"""From packed datasets and an order to the batches of one replica: the global batch's partition, and a read-ahead thread.

M: rows of a micro-batch, S: seq_len, DP: number of replicas, G: global batch.
"""

from __future__ import annotations

import itertools
import queue
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from medpretrain.errors import InputError
from medpretrain.shards.batches import BatchSizes
from medpretrain.shards.format import RowFormat, ShardDataset
from medpretrain.shards.masking import segments_of, write_targets
from medpretrain.shards.order import Order, Source, permuted

ItemT = TypeVar("ItemT")
SAMPLES_LOOKED_UP = 4096  # at once, in 0.6 ms; 8 alone cost 0.07 ms


@dataclass(frozen=True)
class MicroBatch:
    """Rows for one forward and backward pass, all C-contiguous. A padding row is all `<pad>` and has every target IGNORED."""

    tokens: NDArray[np.int64]  # [M, S]
    targets: NDArray[np.int64]  # [M, S], IGNORED (-1) where masked
    positions: NDArray[np.int64]  # [M, S], from 0 in each document
    boundaries: NDArray[np.int32]  # [n + 1], where each of the n segments begins in the flattened M x S positions, and M x S

    @cached_property
    def longest(self) -> int:
        """Positions of the longest segment."""
        return int(np.diff(self.boundaries).max())

    @cached_property
    def segments(self) -> NDArray[np.int32]:
        """[M, S], the document's number within its row, from 0; padding has its own last one."""
        return segments_of(self.boundaries, *self.tokens.shape)


class DocumentFacts(NamedTuple):
    """What is known of the document at each position of a micro-batch. Both int32 [M, S]."""

    doc_types: NDArray[np.int32]  # index into the dataset's doc_types, -1 at padding
    lengths: NDArray[np.int32]  # tokens of the whole document, `<s>` and `</s>` counted; 0 at padding


@dataclass(frozen=True)
class StepBatch:
    """One replica's share of a step's global batch, and the whole batch's counts (000-35)."""

    first_sample: int
    num_rows: int  # of the global batch
    num_targets: int  # unmasked targets of the global batch: what the loss is divided by
    num_real_tokens: int  # of the global batch, padding left out
    packing_efficiency: float  # num_real_tokens over all positions of the global batch
    micro_batches: list[MicroBatch]
    sample_ids: NDArray[np.int64]  # of this replica's real rows, in the order they stand in the micro-batches
    sources: NDArray[np.int64]  # their sources (indices into the order's), for tracing
    rows: NDArray[np.int64]  # their rows within the source


def share_of(num_rows: int, dp_rank: int, dp_size: int) -> tuple[int, int]:
    """The half-open range of a global batch's rows that replica dp_rank takes: floor or ceil of num_rows / DP, the first ones ceil."""
    assert 0 <= dp_rank < dp_size, f"replica {dp_rank} of {dp_size}"
    floor, extra = divmod(num_rows, dp_size)
    first = dp_rank * floor + min(dp_rank, extra)
    return first, first + floor + (dp_rank < extra)


def round_sizes(num_rows: int, dp_size: int, micro_batch: int) -> list[int]:
    """Rows of each round's micro-batch, the same on every replica: ceil(num_rows / DP) rows in the fewest rounds, as equal as possible."""
    rows_of_replica = -(-num_rows // dp_size)
    num_rounds = -(-rows_of_replica // micro_batch)
    floor, extra = divmod(rows_of_replica, num_rounds)
    return [floor + (number < extra) for number in range(num_rounds)]


class StepLoader:
    """The global batches of a run, as one replica sees them.

    It holds no place in the data: the caller counts what it has consumed and asks by sample number, so that a batch read ahead is
    never mistaken for one trained on. Make a new one when the order changes.

    Args:
        datasets: one for each of the order's sources, in any order.
        order: see `Order`.
        batch_sizes: rows of each step, in all.
        micro_batch: most rows of one forward pass.
        dp_rank, dp_size: this replica and their number.
    """

    def __init__(
        self, datasets: Sequence[ShardDataset], order: Order, batch_sizes: BatchSizes, micro_batch: int, dp_rank: int, dp_size: int
    ) -> None:
        assert min(rows for _, _, rows in batch_sizes.starts()) >= 1, f"a global batch without rows: {batch_sizes}"
        assert micro_batch >= 1, f"a micro-batch of {micro_batch} rows"
        by_identity = {dataset.identity: dataset for dataset in datasets}
        self.datasets = [by_identity[source.identity] for source in order.sources]
        self.order, self.batch_sizes = order, batch_sizes
        self._micro_batch, self._dp_rank, self._dp_size = micro_batch, dp_rank, dp_size
        self._row_format = self.datasets[0].row_format
        check_alike(self.datasets, self._row_format.seq_len, self._row_format.mask_separator_targets)
        self._looked_up = (0, np.empty((2, 0), dtype=np.int64))  # first sample; sources and rows of it and the following [2, n]

    def step(self, first_sample: int) -> StepBatch:
        """The step that consumes the samples from first_sample on, as many as `batch_sizes` says. A pure function of its argument."""
        num_rows = self.batch_sizes.rows_at(first_sample)
        sources, rows = self._look_up(first_sample, num_rows)
        counts = np.zeros(2, dtype=np.int64)
        for source, places in _by_source(sources):
            counts += self.datasets[source].row_counts(rows[places]).sum(axis=1)
        num_targets, num_real_tokens = counts.tolist()
        first, last = share_of(num_rows, self._dp_rank, self._dp_size)
        sizes = round_sizes(num_rows, self._dp_size, self._micro_batch)
        my_sources, my_rows = sources[first:last], rows[first:last]
        seq_len = self._row_format.seq_len
        tokens = np.empty((sum(sizes), seq_len), dtype=self._row_format.dtype)
        tokens[last - first :] = self._row_format.pad_id
        if len(self.datasets) == 1:
            self.datasets[0].rows(my_rows, out=tokens[: last - first])
        else:
            for source, places in _by_source(my_sources):
                tokens[: last - first][places] = self.datasets[source].rows(my_rows[places])
        return StepBatch(
            first_sample=first_sample,
            num_rows=num_rows,
            num_targets=num_targets,
            num_real_tokens=num_real_tokens,
            packing_efficiency=num_real_tokens / (num_rows * seq_len),
            micro_batches=micro_batches_of(tokens, sizes, self._row_format),
            sample_ids=np.arange(first_sample + first, first_sample + last),
            sources=my_sources,
            rows=my_rows,
        )

    def _look_up(self, first_sample: int, num_rows: int) -> NDArray[np.int64]:
        """Sources and rows of a step's samples: int64 [2, G]."""
        known_from, known = self._looked_up
        begin = first_sample - known_from
        if not 0 <= begin <= known.shape[1] - num_rows:
            sources, rows, _ = self.order.rows_of(first_sample, max(SAMPLES_LOOKED_UP, num_rows))
            known, begin = np.stack([sources, rows]), 0
            self._looked_up = first_sample, known
        return known[:, begin : begin + num_rows]

    def steps(self, first_sample: int, num_steps: int | None = None, read_ahead_steps: int = 2) -> ReadAhead[StepBatch]:
        """The steps from first_sample on, without end unless num_steps is given, read ahead by one thread. Close it (or use `with`)."""

        def starts() -> Iterator[int]:
            sample = first_sample
            for _ in itertools.count() if num_steps is None else range(num_steps):
                yield sample
                sample += self.batch_sizes.rows_at(sample)

        return ReadAhead(self.step, starts(), read_ahead_steps)


def micro_batches_of(rows: NDArray[Any], sizes: Sequence[int], row_format: RowFormat) -> list[MicroBatch]:
    """Cut rows of ids [sum(sizes), S] into micro-batches of these sizes, with targets, positions and segments (views of common arrays)."""
    tokens, targets, positions = np.empty((3, *rows.shape), dtype=np.int64)  # one block: malloc keeps it for the next step
    tokens[:] = rows
    starts = write_targets(rows, row_format.eos_id, row_format.pad_id, row_format.mask_separator_targets, targets, positions)
    micro_batches, row = [], 0
    firsts = np.searchsorted(starts, np.cumsum([0, *sizes]) * row_format.seq_len).tolist()
    for size, first, last in zip(sizes, firsts, firsts[1:], strict=False):
        part = slice(row, row + size)
        boundaries = np.empty(last - first + 1, dtype=np.int32)
        np.subtract(starts[first:last], starts[first], out=boundaries[:-1])
        boundaries[-1] = size * row_format.seq_len
        micro_batches.append(MicroBatch(tokens[part], targets[part], positions[part], boundaries))
        row += size
    return micro_batches


def held_out_batches(
    dataset: ShardDataset, micro_batch: int, dp_rank: int, dp_size: int, max_rows: int | None = None
) -> Iterator[tuple[MicroBatch, DocumentFacts]]:
    """Every row of a dataset once, or a fixed sample of max_rows of them (rows are stored longest documents first, so the first ones are
    of few kinds), shared out over replicas, padding rows where they do not divide.

    Yields:
        micro-batches, equally many and of equal shapes on every replica, each with the facts of its documents.
    """
    document_lengths = dataset.document_lengths()
    num_rows = dataset.num_rows if max_rows is None else min(max_rows, dataset.num_rows)
    chosen = np.sort(permuted(np.arange(num_rows), dataset.num_rows, f"held out/{dataset.identity}"))
    first, last = share_of(num_rows, dp_rank, dp_size)
    begin = first
    for size in round_sizes(num_rows, dp_size, micro_batch):
        rows = chosen[begin : min(begin + size, last)]
        tokens = np.full((size, dataset.seq_len), dataset.pad_id, dtype=dataset.dtype)
        facts = DocumentFacts(np.full(tokens.shape, -1, dtype=np.int32), np.zeros(tokens.shape, dtype=np.int32))
        tokens[: len(rows)] = dataset.rows(rows)
        for place, row in enumerate(rows.tolist()):
            pieces = dataset.pieces(row)
            end = int(pieces["length"].sum())
            facts.doc_types[place, :end] = np.repeat(pieces["doc_type"], pieces["length"])
            facts.lengths[place, :end] = np.repeat(document_lengths[pieces["document"]], pieces["length"])
        yield micro_batches_of(tokens, [size], dataset.row_format)[0], facts
        begin += size


def sources_of(datasets: Iterable[ShardDataset]) -> list[Source]:
    """What an `Order` must know of these datasets."""
    return [Source(dataset.identity, dataset.num_rows) for dataset in datasets]


def _by_source(sources: NDArray[np.int64]) -> Iterator[tuple[int, slice | NDArray[np.intp]]]:
    """(source, places in `sources` that have it)."""
    present = np.flatnonzero(np.bincount(sources)).tolist()
    for source in present:
        yield source, slice(None) if len(present) == 1 else np.flatnonzero(sources == source)


def check_alike(datasets: Sequence[ShardDataset], seq_len: int, mask_separator_targets: bool) -> None:
    """InputError that names the first dataset packed in another way than asked for, or by another tokenizer than the first one."""
    for dataset in datasets:
        for name, wanted, remedy in (
            ("seq_len", seq_len, "pack the corpus with that length, or set data.seq_len"),
            ("mask_separator_targets", mask_separator_targets, "pack the corpus so, or set data.mask_separator_targets"),
            ("tokenizer_hash", datasets[0].tokenizer_hash, "pack all corpora with one tokenizer"),
            ("vocab_size", datasets[0].vocab_size, "pack all corpora with one tokenizer"),
        ):
            found = getattr(dataset.row_format, name)
            if found != wanted:
                raise InputError(str(dataset.directory), f"was packed with {name} {found}", f"{name} {wanted}", remedy)


class ReadAhead(Generic[ItemT]):
    """Iterates over produce(n) for n in numbers, made in order by one thread that stays at most `depth` items ahead.

    An exception in the thread is raised here, in its turn. Close it, or leave the `with` block, and the thread has ended.
    """

    def __init__(self, produce: Callable[[int], ItemT], numbers: Iterable[int], depth: int) -> None:
        self._produce, self._numbers = produce, numbers
        self._ready: queue.SimpleQueue[tuple[str, ItemT | BaseException | None]] = queue.SimpleQueue()
        self._room: queue.SimpleQueue[None] = queue.SimpleQueue()  # an entry for each item that may still be made
        for _ in range(depth):
            self._room.put(None)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="read-ahead", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            for number in self._numbers:
                self._room.get()
                if self._stopped.is_set():
                    return
                self._ready.put(("item", self._produce(number)))
            self._ready.put(("end", None))
        except BaseException as error:
            self._ready.put(("error", error))

    def __iter__(self) -> ReadAhead[ItemT]:
        return self

    def __next__(self) -> ItemT:
        if self._stopped.is_set():
            raise StopIteration
        kind, value = self._ready.get()
        if kind == "item":
            self._room.put(None)
            return value  # type: ignore[return-value]
        self.close()
        if isinstance(value, BaseException):
            raise value
        raise StopIteration

    def close(self) -> None:
        self._stopped.set()
        self._room.put(None)
        self._thread.join()

    def __enter__(self) -> ReadAhead[ItemT]:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
