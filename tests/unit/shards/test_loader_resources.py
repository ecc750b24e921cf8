"""What reading takes from the machine: memory, bytes from the disk, open files (D-03)."""

from __future__ import annotations

import os
import re
import resource
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest
from shard_samples import random_documents, row_format, write_dataset

from medpretrain.errors import InputError
from medpretrain.manifest import begin_stage, finish_stage
from medpretrain.shards import format
from medpretrain.shards.format import STAGE, ShardDataset, ShardWriter, dataset_facts, make_pieces

NUM_ROWS, SEQ_LEN, NUM_WORKERS = 16_384, 4096, 4  # 128 MiB


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("large")
    layout = row_format(SEQ_LEN)
    begin_stage(directory, STAGE, dataset_facts(layout), {}, ["*"])
    with ShardWriter(directory, layout, rows_per_shard=5000) as writer:
        writer.add_documents([("a", "s", "t")])
        for first in range(0, NUM_ROWS, 1024):
            numbers = np.arange(first, first + 1024)
            rows = np.broadcast_to((4 + numbers % 60)[:, None], (1024, SEQ_LEN)).astype(np.uint16)
            writer.add_rows(rows, make_pieces(0, 0, np.arange(1024), 0, SEQ_LEN, numbers * SEQ_LEN))
        names, counts = writer.close()
    finish_stage(directory, STAGE, dataset_facts(layout), {}, counts, names)
    return directory


def read_half(directory: Path, number: int) -> tuple[int, int]:
    """Read the same random half of the rows as every worker, each in an order of its own: bytes from the disk, growth of private memory."""
    dataset = ShardDataset.open(directory)
    half = np.random.default_rng(0).permutation(NUM_ROWS)[: NUM_ROWS // 2]
    half = np.random.default_rng(number).permutation(half)
    disk, memory, most = _proc("io", r"read_bytes: (\d+)"), _proc("status", r"RssAnon:\s+(\d+)"), 0
    for batch in half.reshape(-1, 8):
        assert dataset.rows(batch)[:, -1].tolist() == (4 + batch % 60).tolist()
        most = max(most, _proc("status", r"RssAnon:\s+(\d+)"))
    return _proc("io", r"read_bytes: (\d+)") - disk, 1024 * (most - memory)


def _proc(name: str, pattern: str) -> int:
    found = re.search(pattern, Path("/proc/self", name).read_text())
    assert found
    return int(found[1])


@pytest.mark.slow
def test_workers_read_from_the_disk_what_they_ask_for_and_keep_none_of_it(large: Path) -> None:
    for path in large.glob("*.tokens"):  # out of the page cache
        with open(path, "rb") as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    with get_context("spawn").Pool(NUM_WORKERS) as pool:
        read, growth = zip(*pool.starmap(read_half, [(large, number) for number in range(NUM_WORKERS)], chunksize=1), strict=True)
    assert max(growth) < 50 * 2**20  # each read 64 MiB
    if sum(read) == 0:
        pytest.skip("this file system reads from no disk")
    asked = NUM_ROWS // 2 * SEQ_LEN * 2
    assert asked <= sum(read) <= 1.001 * asked  # a few blocks of the manifest, should it have left the cache too


def test_a_dataset_of_more_files_than_may_be_open_is_read(tmp_path: Path) -> None:
    write_dataset(tmp_path, random_documents(80, 16, 64), row_format(16), rows_per_shard=1)
    code = (
        "import resource, sys; from pathlib import Path\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (32, 1024))\n"
        "from medpretrain.shards.format import ShardDataset\n"
        "dataset = ShardDataset.open(Path(sys.argv[1]))\n"
        "print(int(dataset.rows(range(dataset.num_rows)).sum()), int(dataset.row_counts(range(dataset.num_rows)).sum()))"
    )
    found = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True)
    dataset = ShardDataset.open(tmp_path)
    assert len(dataset.rows_per_file) > 32
    everything = range(dataset.num_rows)
    assert found.stdout.split() == [str(dataset.rows(everything).sum()), str(dataset.row_counts(everything).sum())], found.stderr


def test_a_dataset_of_more_files_than_the_hard_limit_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_dataset(tmp_path, random_documents(20, 16, 64), row_format(16), rows_per_shard=1)
    num_files = len(list(tmp_path.iterdir())) - 1  # all but the manifest
    monkeypatch.setattr(resource, "getrlimit", lambda which: (16, num_files - 1))  # the real one cannot be put back
    with pytest.raises(InputError) as caught:
        ShardDataset.open(tmp_path)
    assert caught.value.where == str(tmp_path)
    assert caught.value.found == f"has {num_files} files, and this process may open {num_files - 1}"
    assert caught.value.expected == "a higher limit"
    assert caught.value.remedy == "raise it (`ulimit -Hn`)"


def test_maps_are_let_go_while_several_threads_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(format, "_ROWS_BETWEEN_RELEASES", 10)
    sample = write_dataset(tmp_path, random_documents(200, 16, 64), row_format(16), rows_per_shard=20)
    dataset = ShardDataset.open(tmp_path)

    def read(number: int) -> bool:
        batches = np.random.default_rng(number).integers(0, dataset.num_rows, (300, 6))
        return all(np.array_equal(dataset.rows(batch), sample.tokens[batch]) for batch in batches)

    with ThreadPoolExecutor(4) as threads:
        assert all(threads.map(read, range(4)))
    dataset.rows(range(10))
    assert not [name for name in dataset._maps if name.endswith(".tokens")]
