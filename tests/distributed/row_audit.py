"""Which rows a run was really trained on, from what its ranks noted as the engine got it, over all attempts, kills and topologies."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from whole_runs import digest

from medpretrain.shards.format import ShardDataset
from medpretrain.shards.loader import sources_of
from medpretrain.shards.order import Order
from medpretrain.train.run_directory import read_json_lines
from medpretrain.train.schedule import batch_sizes
from medpretrain.train.settings import BatchSettings


class Trained(NamedTuple):
    """A sample that counts. `contents`: digest of the ids that the engine got."""

    source: int
    row: int
    contents: str


def trained_samples(run: Path) -> dict[int, Trained]:
    """Sample number -> what was trained on, in the attempt that counts: the last one that trained the step, since the weights of an
    earlier one were lost with it. Every replica's share is there, once."""
    shares: dict[tuple[int, int, int], list[dict[str, Any]]] = {}
    for path in sorted((run / "trained").iterdir()):
        for line in read_json_lines(path):
            shares.setdefault((line["step"], line["attempt"], line["dp_rank"]), []).append(line)
    counting: dict[int, int] = {}
    for step, attempt, _ in shares:
        counting[step] = max(counting.get(step, 0), attempt)
    samples: dict[int, Trained] = {}
    for (step, attempt, dp_rank), lines in sorted(shares.items()):
        if attempt != counting[step]:
            continue
        assert all(line == lines[0] for line in lines), f"step {step}, replica {dp_rank}: tensor parallel ranks had different rows"
        line = lines[0]
        for sample, *trained in zip(line["samples"], line["sources"], line["rows"], line["contents"], strict=True):
            assert sample not in samples, f"step {step}: sample {sample} was trained on twice"
            samples[sample] = Trained(*trained)
    return samples


def assert_each_row_once_an_epoch(run: Path, values: dict[str, Any]) -> dict[int, Trained]:
    """Of a finished run: no sample twice and none missed, each epoch of each source a permutation of its rows (the last one may be
    unfinished), the ids those of the rows, and all of it as the order says that knows of no rank, attempt or kill."""
    settings = values["data"]["sources"].values()
    datasets = [ShardDataset.open(Path(source["shards"])) for source in settings]
    sizes = batch_sizes(BatchSettings.model_validate(values["batch"]), values["data"]["seq_len"])
    num_samples = sizes.samples_before(values["schedule"]["total_steps"])
    samples = trained_samples(run)
    assert sorted(samples) == list(range(num_samples))
    in_order = [samples[sample] for sample in range(num_samples)]
    for source, dataset in enumerate(datasets):
        rows = [trained.row for trained in in_order if trained.source == source]
        for first in range(0, len(rows), dataset.num_rows):
            epoch = rows[first : first + dataset.num_rows]
            assert len(set(epoch)) == len(epoch), f"source {source}: a row twice in the epoch from its draw {first}"
            assert len(epoch) < dataset.num_rows or sorted(epoch) == list(range(dataset.num_rows))
        contents = [digest(row) for row in dataset.rows(range(dataset.num_rows))]
        assert [trained.contents for trained in in_order if trained.source == source] == [contents[row] for row in rows]
    order = Order.start(values.get("seed", 42), sources_of(datasets), [source.get("weight", 1.0) for source in settings])
    sources, rows_of_order, _ = order.rows_of(0, num_samples)
    assert [(trained.source, trained.row) for trained in in_order] == list(zip(sources.tolist(), rows_of_order.tolist(), strict=True))
    return samples
