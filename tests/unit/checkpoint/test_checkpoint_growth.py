"""What a rank must read when a large job goes on at another size: counted by arithmetic, for the 7B model on hundreds of ranks."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import pytest

from medpretrain.checkpoint.completeness import check_complete
from medpretrain.checkpoint.format import VALUE_KEYS, LogicalShape, SliceHeader
from medpretrain.checkpoint.reslice import Stretch, plan_copies
from medpretrain.model.layout import parameter_table
from medpretrain.model.settings import ModelSettings
from medpretrain.shards.loader import round_sizes, share_of
from medpretrain.train.recipes import load_recipe

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Size:
    """A job under ZeRO-3: each parameter's shard is cut into `dp` equal parts."""

    ranks: int
    tp: int

    @property
    def dp(self) -> int:
        return self.ranks // self.tp

    def slices_of(self, rank: int, parameters: list[LogicalShape]) -> Iterator[tuple[LogicalShape, Stretch]]:
        """What a rank holds; of a parameter that tensor parallelism leaves whole too (each needs it, the first writes it)."""
        dp_rank, tp_rank = divmod(rank, self.tp)
        for parameter in parameters:
            numel = parameter.shard_numel(self.tp)
            part = -(-numel // self.dp)
            begin = min(dp_rank * part, numel)
            split = parameter.tp_dim is not None
            yield parameter, Stretch(tp_rank if split else 0, self.tp if split else 1, begin, min(part, numel - begin))

    def written(self, parameters: list[LogicalShape]) -> dict[str, list[tuple[int, Stretch]]]:
        """Name -> (rank that wrote it, slice), as they stand in the checkpoint."""
        found: dict[str, list[tuple[int, Stretch]]] = {parameter.name: [] for parameter in parameters}
        for rank in range(self.ranks):
            for parameter, stretch in self.slices_of(rank, parameters):
                if stretch.length and (parameter.tp_dim is not None or rank % self.tp == 0):
                    found[parameter.name].append((rank, stretch))
        return found


def shapes_of(model: ModelSettings) -> list[LogicalShape]:
    return [LogicalShape(spec.name, spec.shape, spec.tp_dim) for spec in parameter_table(model).values()]


SEVEN_B = load_recipe("medical-7b", []).model
WHOLE = shapes_of(SEVEN_B)
TWO_LAYERS = shapes_of(SEVEN_B.model_copy(update={"num_layers": 2}))  # the other layers are like these
SIZES = [[Size(ranks, tp) for tp in (1, 2, 4, 8)] for ranks in (256, 248, 64, 512)]
HANDOVERS = [(before, after) for befores, afters in pairwise(SIZES) for before in befores for after in afters]


@pytest.mark.parametrize("size", [size for sizes in SIZES for size in sizes], ids=str)
def test_the_checkpoint_of_a_large_job_is_whole(size: Size) -> None:
    written = size.written(WHOLE)
    headers = [
        SliceHeader(parameter, stretch.tp_rank, stretch.tp_size, stretch.offset, stretch.length, 1)
        for parameter in WHOLE
        for _, stretch in written[parameter.name]
    ]
    assert check_complete(headers) == {parameter.name: parameter for parameter in WHOLE}


@pytest.mark.parametrize(("before", "after"), HANDOVERS, ids=str)
def test_a_rank_reads_its_own_share_from_few_files(before: Size, after: Size) -> None:
    """Each element that the rank needs, once, out of those files alone that have some of it. How many these are follows from how the two
    jobs compare, not from how large they are: for each of the three ways to split a parameter, as many old shares as the new one is wide,
    and what it touches at its ends, in each of the old tensor parallel ranks that it is spread over."""
    tp_span, dp_span = max(1, before.tp // after.tp), -(-before.dp // after.dp)
    written = before.written(TWO_LAYERS)
    for rank in (0, after.ranks // 2 + 1, after.ranks - 1):
        files, num_reads, num_elements = set(), 0, 0
        for parameter, wanted in after.slices_of(rank, TWO_LAYERS):
            num_elements += wanted.length
            found = 0
            for writer, stretch in written[parameter.name]:
                copies = plan_copies(parameter, stretch, wanted)
                found += sum(copy.num_rows * copy.num_columns for copy in copies)
                num_reads += len(copies)
                if copies:
                    files.add(writer)
            assert found == wanted.length, f"{parameter.name} for rank {rank}"
        print(f"{before} -> {after}, rank {rank}: {len(files)} files, {num_reads} reads, {4 * len(VALUE_KEYS) * num_elements:,} bytes")
        assert len(files) <= 3 * tp_span * (dp_span + 2)


def test_a_replica_computes_at_most_one_row_of_padding_at_any_size() -> None:
    generator = random.Random(0)
    for _ in range(5000):
        num_rows, dp_size, micro_batch = generator.randint(1, 4096), generator.randint(1, 1024), generator.randint(1, 16)
        computed = sum(round_sizes(num_rows, dp_size, micro_batch))
        shares = [last - first for first, last in (share_of(num_rows, rank, dp_size) for rank in range(dp_size))]
        assert sum(shares) == num_rows
        assert {computed - share for share in shares} <= {0, 1}, (num_rows, dp_size, micro_batch)
        assert max(round_sizes(num_rows, dp_size, micro_batch)) <= micro_batch
