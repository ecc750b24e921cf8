"""Which row is sample i of a run: a pure function of (seed, sources, segments, skip ranges, i). No index array, no state, no I/O.

Sample: number i in what the run consumes, from 0. Place: position in the order before anything is skipped; sample i stands at
place i + (what was skipped before it). Segments and skip ranges are stated in places, so later skips never move earlier data.
Draw: the n-th row taken from one source; epoch n // num_rows, and within it the row that the epoch's bijection names.
See docs/shards.md.
"""

from __future__ import annotations

import hashlib
import heapq
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medpretrain.errors import InputError

MAX_PERIOD = 10_000  # samples in one period of a mixture: weights are fractions of at most this
MAX_ROWS = 2**40
_NUM_ROUNDS = 8


def permuted(places: NDArray[np.int64], num_rows: int, key: str) -> NDArray[np.int64]:
    """The keyed bijection of 0..num_rows-1 onto itself: int64 [n] -> int64 [n], each place's row.

    A Feistel network on the smallest power of two that holds num_rows (at most twice as many), walked again from every value that
    falls outside. num_rows is at most 2**40.
    """
    assert 1 <= num_rows <= MAX_ROWS, f"{num_rows} rows"
    num_bits = (num_rows - 1).bit_length()
    round_keys = np.frombuffer(hashlib.blake2b(key.encode(), digest_size=8 * _NUM_ROUNDS).digest(), dtype="<u8")
    result = places.astype(np.uint64)
    outside = np.arange(len(places))
    while len(outside):
        walked = _feistel(result[outside], num_bits, round_keys)
        result[outside] = walked
        outside = outside[walked >= num_rows]
    return result.astype(np.int64)


def _feistel(values: NDArray[np.uint64], num_bits: int, round_keys: NDArray[np.uint64]) -> NDArray[np.uint64]:
    low_bits = num_bits // 2
    shift, low_mask, high_mask = np.uint64(low_bits), np.uint64(2**low_bits - 1), np.uint64(2 ** (num_bits - low_bits) - 1)
    low, high = values & low_mask, values >> shift
    for number, round_key in enumerate(round_keys):
        if number % 2:
            low = low ^ (_mix(high + round_key) & low_mask)
        else:
            high = high ^ (_mix(low + round_key) & high_mask)
    return (high << shift) | low


def _mix(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """SplitMix64's finalizer."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def period_weights(weights: Sequence[float]) -> tuple[int, ...]:
    """Whole numbers in the proportion of `weights`: how many samples of a period each source gets. Their sum is at most 10,000.

    Exact where the shares are fractions with a common denominator of at most 10,000, else the nearest 10,000ths (largest
    remainders). InputError where a weight is negative, all are zero, or a used source would get none.
    """
    if not weights or not all(math.isfinite(weight) and weight >= 0 for weight in weights) or not sum(weights) > 0:
        raise InputError("weights of the mixture", f"{list(weights)}", "numbers from 0 on, not all 0", "give each source a weight")
    total = sum(Fraction(weight) for weight in weights)
    shares = [Fraction(weight) / total for weight in weights]
    near = [share.limit_denominator(MAX_PERIOD) for share in shares]
    period = math.lcm(*(share.denominator for share in near))
    if period <= MAX_PERIOD and sum(near) == 1 and all(abs(a - b) < Fraction(1, 10**9) for a, b in zip(near, shares, strict=True)):
        counts = [int(share * period) for share in near]
    else:
        counts = [int(share * MAX_PERIOD) for share in shares]
        by_remainder = sorted(range(len(shares)), key=lambda source: counts[source] - shares[source] * MAX_PERIOD)
        for source in by_remainder[: MAX_PERIOD - sum(counts)]:
            counts[source] += 1
    for source, (count, weight) in enumerate(zip(counts, weights, strict=True)):
        if weight > 0 and count == 0:
            raise InputError(
                f"weight {source} of the mixture",
                f"{weight:g} is less than a {MAX_PERIOD:,}th of all",
                f"a share of at least 1/{MAX_PERIOD}, or 0",
                "raise it or leave the source out",
            )
    divisor = math.gcd(*counts)
    return tuple(count // divisor for count in counts)


def period_table(counts: Sequence[int]) -> NDArray[np.int64]:
    """One period of the mixture: the source of each place, int64 [sum(counts)].

    After any number of places every source is within one sample of its share. Each of a source's draws has a window of places in
    which it keeps that promise; among the sources whose window is open, the one whose window closes first is next. (Taking the
    source with the largest deficit, the simpler rule, was seen to stray by 1.4 samples.)
    """
    period = sum(counts)
    waiting = [(0, source) for source, count in enumerate(counts) if count]  # (place its window opens at, source)
    drawn = [0] * len(counts)
    open_windows: list[tuple[int, int]] = []  # (place its window closes at, source)
    table = np.empty(period, dtype=np.int64)
    for place in range(period):
        while waiting and waiting[0][0] <= place:
            _, source = heapq.heappop(waiting)
            heapq.heappush(open_windows, (-(-(drawn[source] + 1) * period // counts[source]), source))
        _, source = heapq.heappop(open_windows)
        table[place] = source
        drawn[source] += 1
        heapq.heappush(waiting, (drawn[source] * period // counts[source], source))
    return table


@dataclass(frozen=True)
class Source:
    """What the order must know of a dataset: its identity (which keys its bijections) and its number of rows."""

    identity: str
    num_rows: int


@dataclass(frozen=True)
class Segment:
    """From `first_place` on, sources are drawn by `weights` (whole numbers, one a source), each going on from its draw in `starts`."""

    first_place: int
    weights: tuple[int, ...]
    starts: tuple[int, ...]

    @cached_property
    def table(self) -> NDArray[np.int64]:
        return period_table(self.weights)

    @cached_property
    def draws_before(self) -> NDArray[np.int64]:
        """How many earlier places of the period have the same source: int64 [period]."""
        counted = np.empty(len(self.table), dtype=np.int64)
        for source in range(len(self.weights)):
            mine = np.flatnonzero(self.table == source)
            counted[mine] = np.arange(len(mine))
        return counted

    def draws_of(self, places: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """(source [n], number of the draw from that source [n]) at places of this segment."""
        since = places - self.first_place
        periods, within = since // len(self.table), since % len(self.table)
        sources = self.table[within]
        starts, weights = np.array(self.starts, dtype=np.int64), np.array(self.weights, dtype=np.int64)
        return sources, starts[sources] + periods * weights[sources] + self.draws_before[within]

    def draws_until(self, place: int) -> tuple[int, ...]:
        """Where each source stands at `place`: how many draws it has given since the run's start."""
        periods, within = divmod(place - self.first_place, len(self.table))
        in_last = np.bincount(self.table[:within], minlength=len(self.weights))
        return tuple(start + periods * weight + int(extra) for start, weight, extra in zip(self.starts, self.weights, in_last, strict=True))


@dataclass(frozen=True)
class Order:
    """The order of a run's samples. `Order.start(seed, sources, weights)` begins one; `with_segment` and `with_skip` return changed ones.

    Attributes:
        seed: of the run.
        sources: in the order that weights and source indices follow.
        segments: by first_place, the first at 0.
        skips: disjoint half-open ranges of places, ascending, that the run jumps over.
    """

    seed: int
    sources: tuple[Source, ...]
    segments: tuple[Segment, ...]
    skips: tuple[tuple[int, int], ...] = ()

    @classmethod
    def start(cls, seed: int, sources: Sequence[Source], weights: Sequence[float]) -> Order:
        """The order of a new run; weights are in any unit. InputError where they cannot be a mixture or a source is given twice."""
        _check_sources(sources)
        assert len(weights) == len(sources), f"{len(weights)} weights for {len(sources)} sources"
        return cls(seed, tuple(sources), (Segment(0, period_weights(weights), (0,) * len(sources)),))

    def rows_of(self, first_sample: int, count: int) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Sources [count], rows within them [count] and their epochs [count] of samples first_sample and the following; all int64."""
        places = self.places_of(np.arange(first_sample, first_sample + count, dtype=np.int64))
        first_places = np.array([segment.first_place for segment in self.segments])
        owners = np.searchsorted(first_places, places, side="right") - 1
        sources, draws = np.empty_like(places), np.empty_like(places)
        for owner in np.flatnonzero(np.bincount(owners)).tolist():
            mine = np.flatnonzero(owners == owner)
            sources[mine], draws[mine] = self.segments[owner].draws_of(places[mine])
        sizes = np.array([source.num_rows for source in self.sources], dtype=np.int64)
        epochs, within = draws // sizes[sources], draws % sizes[sources]
        rows = np.empty_like(places)
        for number in np.flatnonzero(np.bincount(sources)).tolist():
            source, mine = self.sources[number], np.flatnonzero(sources == number)
            for part in np.split(mine, np.flatnonzero(np.diff(epochs[mine])) + 1):  # one epoch's: a source's draws ascend
                rows[part] = permuted(within[part], source.num_rows, f"{self.seed}/{source.identity}/{epochs[part[0]]}")
        return sources, rows, epochs

    def places_of(self, samples: NDArray[np.int64]) -> NDArray[np.int64]:
        """Places of samples: int64 [n] -> int64 [n]."""
        lengths = np.array([last - first for first, last in self.skips], dtype=np.int64)
        jumped = np.concatenate([[0], np.cumsum(lengths)])
        taken_at = np.array([first for first, _ in self.skips], dtype=np.int64) - jumped[:-1]  # the first sample behind each range
        return samples + jumped[np.searchsorted(taken_at, samples, side="right")]

    def with_segment(self, first_sample: int, weights: Sequence[float]) -> Order:
        """From `first_sample` on, this mixture; every source goes on where it stands. It must not lie before the last segment."""
        place = int(self.places_of(np.array([first_sample]))[0])
        last = self.segments[-1]
        assert place >= last.first_place, f"a segment at place {place} before the last one's {last.first_place}"
        assert len(weights) == len(self.sources), f"{len(weights)} weights for {len(self.sources)} sources"
        segment = Segment(place, period_weights(weights), last.draws_until(place))
        kept = self.segments if place > last.first_place else self.segments[:-1]
        return replace(self, segments=(*kept, segment))

    def with_skip(self, first_sample: int, last_sample: int) -> Order:
        """Jump over the data of samples [first_sample, last_sample), as they are numbered now; later samples move up."""
        assert 0 <= first_sample < last_sample, f"samples {first_sample} to {last_sample}"
        first, last = self.places_of(np.array([first_sample, last_sample - 1])).tolist()
        inside = [skip for skip in self.skips if first < skip[0] < last]
        kept = [skip for skip in self.skips if skip not in inside]
        return replace(self, skips=tuple(sorted([*kept, (first, last + 1)])))

    def state(self, consumed_samples: int) -> dict[str, Any]:
        """The loader's state as a JSON-able dict (000-35, D-04): it mentions no rank and no world size."""
        return {
            "consumed_samples": consumed_samples,
            "seed": self.seed,
            "sources": [{"identity": source.identity, "num_rows": source.num_rows} for source in self.sources],
            "segments": [
                {"first_place": segment.first_place, "weights": list(segment.weights), "starts": list(segment.starts)}
                for segment in self.segments
            ],
            "skips": [list(skip) for skip in self.skips],
        }


def resume_order(state: Mapping[str, Any], seed: int, sources: Sequence[Source], weights: Sequence[float]) -> tuple[Order, int]:
    """The order and consumed_samples of a stopped run, from the state it saved.

    Sources may come in another order, and new ones may be added; where the mixture differs from the last segment's, a segment is
    appended at consumed_samples (compare the number of segments to learn of it). InputError where the seed differs or a dataset
    that the run has been reading is not among `sources`.
    """
    if state["seed"] != seed:
        raise InputError("seed", f"is {seed}", f"{state['seed']}, with which the run began", "set it back, or start another run")
    _check_sources(sources)
    given = {source.identity: source for source in sources}
    saved = [Source(**source) for source in state["sources"]]
    for number, source in enumerate(saved):
        if given.get(source.identity) != source:
            raise InputError(
                f"data source {number}",
                f"no dataset given has the identity {source.identity[:16]}... ({source.num_rows:,} rows)",
                "the packed datasets that the run began with (new ones may be added)",
                "restore that dataset (with a weight of 0 it is no longer read), or start another run",
            )
    added = [source for source in sources if source not in saved]
    weight_of = {source.identity: weight for source, weight in zip(sources, weights, strict=True)}
    none = (0,) * len(added)
    segments = tuple(
        Segment(segment["first_place"], tuple(segment["weights"]) + none, tuple(segment["starts"]) + none) for segment in state["segments"]
    )
    skips = tuple((first, last) for first, last in state["skips"])
    order = Order(seed, (*saved, *added), segments, skips)
    wanted = [weight_of[source.identity] for source in order.sources]
    if period_weights(wanted) != order.segments[-1].weights:
        order = order.with_segment(state["consumed_samples"], wanted)
    return order, state["consumed_samples"]


def _check_sources(sources: Sequence[Source]) -> None:
    seen: set[str] = set()
    for number, source in enumerate(sources):
        if source.identity in seen:
            raise InputError(
                f"data source {number}", "is the same dataset as an earlier one", "each dataset once", "raise the weight of the first"
            )
        if source.num_rows > MAX_ROWS:
            raise InputError(
                f"data source {number}", f"has {source.num_rows:,} rows", f"at most {MAX_ROWS:,}", "split it into several datasets"
            )
        seen.add(source.identity)
