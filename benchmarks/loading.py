"""Reading packed rows: how fast batches come, how soon the first one, and what memory it takes.

Batches of 8 x 4,096 with targets (the loss mask in them), positions and boundaries, in the process that would train: beside windows taken
at random from a bare numpy memory map, as nanoGPT does it (tokens alone, no documents, no order). The first batch of 200 billion tokens,
at the start and resumed at half, in a process of its own: beside the same of 100 million. The host's part of a step of 2,048 rows on one
of 256 replicas. A 1 GB dataset read by 4 processes, not from the page cache: each one's private memory, and bytes read from the disk.
Random ids in documents of the lengths of abstracts; the 200 billion are files without content (holes), so they show no data rate.
"""

from __future__ import annotations

import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from measure.pairs import measure_pairs

from medpretrain.manifest import FileEntry, Manifest, begin_stage, finish_stage, write_manifest
from medpretrain.shards.batches import BatchSizes
from medpretrain.shards.format import (
    ROW,
    STAGE,
    TOKENS_PER_SHARD,
    RowFormat,
    ShardDataset,
    ShardWriter,
    dataset_facts,
    make_pieces,
    shard_files,
)
from medpretrain.shards.loader import StepLoader, sources_of
from medpretrain.shards.order import Order, resume_order

SEQ_LEN, ROWS_A_BATCH = 4096, 8
FORMAT = RowFormat(SEQ_LEN, 32_768, pad_id=1, bos_id=2, eos_id=3, mask_separator_targets=False, tokenizer_hash="none")
NUM_BATCHES = 3000  # timed at once: about half a second
FEW, MANY, GIGABYTE = 24_576, 200_000_000_000 // SEQ_LEN, 2**30 // (2 * SEQ_LEN)  # rows: 100 million tokens, 200 billion, 1 GB


def write_rows(directory: Path, num_rows: int) -> None:
    """A packed dataset of random ids: documents of lognormal length, mean 390; most rows full, as best fit leaves them."""
    generator = np.random.default_rng(0)
    directory.mkdir()
    begin_stage(directory, STAGE, dataset_facts(FORMAT), {}, ["*"])
    with ShardWriter(directory, FORMAT) as writer:
        number = 0
        for first in range(0, num_rows, 1024):
            tokens = generator.integers(4, FORMAT.vocab_size, (min(1024, num_rows - first), SEQ_LEN), dtype=np.uint16)
            pieces = []
            for row, ids in enumerate(tokens):
                ends = np.cumsum(np.maximum(generator.lognormal(5.75, 0.65, 48), 8).astype(np.int64))
                ends = [*ends[ends <= SEQ_LEN - 8].tolist(), SEQ_LEN - int(generator.integers(1, 8)) * (generator.random() < 0.1)]
                start = 0
                for end in ends:
                    ids[start], ids[end - 1] = FORMAT.bos_id, FORMAT.eos_id
                    pieces.append((number, 0, row, start, end - start, 0))
                    start, number = end, number + 1
                ids[start:] = FORMAT.pad_id
            writer.add_documents((f"{number}", "random", "random") for number in range(len(pieces)))
            writer.add_rows(tokens, make_pieces(*np.array(pieces).T))
        names, counts = writer.close()
    finish_stage(directory, STAGE, dataset_facts(FORMAT), {}, counts, names)


def write_holes(directory: Path, num_rows: int) -> None:
    """A packed dataset whose files have their sizes and their manifest, and no content."""
    directory.mkdir()
    rows_per_file, files = [], {}
    while (left := num_rows - sum(rows_per_file)) > 0:
        names = shard_files(len(rows_per_file))
        rows_per_file.append(min(left, TOKENS_PER_SHARD // SEQ_LEN))
        sizes = {"tokens": FORMAT.dtype.itemsize * SEQ_LEN, "documents": 26 * 11, "rows": ROW.itemsize}
        files.update({names[suffix]: FileEntry(size * rows_per_file[-1], "") for suffix, size in sizes.items()})
    for name, entry in files.items():
        with open(directory / name, "wb") as file:
            file.truncate(entry.bytes)
    counts = {"documents": 11 * num_rows, "rows": num_rows, "rows_per_file": rows_per_file, "doc_types": ["none"]}
    write_manifest(directory, Manifest(STAGE, dataset_facts(FORMAT), {}, counts, files))


def batch_rates(directory: Path) -> None:
    """Tokens a second, ours in turn with a bare memory map of the same file; the whole file is in the page cache and mapped."""
    dataset = ShardDataset.open(directory)
    loader = StepLoader([dataset], Order.start(0, sources_of([dataset]), [1]), BatchSizes(ROWS_A_BATCH), ROWS_A_BATCH, dp_rank=0, dp_size=1)
    ids = np.memmap(directory / shard_files(0)["tokens"], dtype=FORMAT.dtype, mode="r")
    generator = np.random.default_rng(0)

    def rate_of(batches: Callable[[], Any]) -> float:
        started = time.perf_counter()
        batches()
        return NUM_BATCHES * ROWS_A_BATCH * SEQ_LEN / (time.perf_counter() - started) / 1e6

    def windows() -> None:
        for _ in range(NUM_BATCHES):
            starts = generator.integers(0, len(ids) - SEQ_LEN, ROWS_A_BATCH)
            np.stack([ids[start : start + SEQ_LEN].astype(np.int64) for start in starts])

    def read_ahead() -> None:
        with loader.steps(0, NUM_BATCHES) as steps:
            for _ in steps:
                pass

    def one_by_one() -> None:
        for number in range(NUM_BATCHES):
            loader.step(number * ROWS_A_BATCH)

    for once in (windows, read_ahead):
        once()
    for name, ours in (("one read-ahead thread", read_ahead), ("no thread", one_by_one)):
        measured = measure_pairs(lambda ours=ours: rate_of(ours), lambda: rate_of(windows))
        print(measured.line(f"batches of 8 x 4,096, {name}", "Mtokens/s", "bare numpy memory map", ",.0f"))


def first_batch(directory: Path, first_sample: int) -> dict[str, float]:
    """In this process: seconds from nothing open to the first batch, and the private memory that it took."""
    before, started = private_bytes(), time.perf_counter()
    dataset = ShardDataset.open(directory)
    order = Order.start(0, sources_of([dataset]), [1])
    if first_sample:
        order, first_sample = resume_order(json.loads(json.dumps(order.state(first_sample))), 0, sources_of([dataset]), [1])
    loader = StepLoader([dataset], order, BatchSizes(ROWS_A_BATCH), ROWS_A_BATCH, dp_rank=0, dp_size=1)
    with loader.steps(first_sample) as steps:
        next(steps)
        seconds = time.perf_counter() - started
    return {"seconds": seconds, "megabytes": (private_bytes() - before) / 2**20}


def start_up(many: Path, few: Path) -> None:
    memory = []

    def measure(directory: Path, first_sample: int) -> float:
        command = [sys.executable, __file__, "first-batch", str(directory), str(first_sample)]
        figures = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
        memory.append(figures["megabytes"])
        return figures["seconds"]

    for name, share in (("start", 0.0), ("resume at half", 0.5)):
        memory.clear()
        measured = measure_pairs(lambda at=share: measure(many, int(MANY * at)), lambda at=share: measure(few, int(FEW * at)))
        line = measured.line(f"{name}, 200 billion tokens, to the first batch", "s", "100 million tokens")
        print(f"{line}; private memory grew by {max(memory):.0f} MB at most")


def large_step(many: Path, few: Path) -> None:
    """What a step asks of a host where 256 replicas share 2,048 rows."""

    def milliseconds(directory: Path) -> float:
        dataset = ShardDataset.open(directory)
        loader = StepLoader([dataset], Order.start(0, sources_of([dataset]), [1]), BatchSizes(2048), ROWS_A_BATCH, dp_rank=77, dp_size=256)
        seconds = []
        for number in range(80):
            started = time.perf_counter()
            loader.step(number * 2048)
            seconds.append(time.perf_counter() - started)
        return 1e3 * statistics.median(seconds[40:])  # the first ones map the files

    measured = measure_pairs(lambda: milliseconds(many), lambda: milliseconds(few))
    print(measured.line("a step of 2,048 rows, 256 replicas, 200 billion tokens", "ms", "100 million tokens"))


def read_share(directory: Path, number: int, num_workers: int) -> dict[str, int]:
    """Every num_workers-th row of a dataset in a random order, in batches of 8: bytes asked, read from the disk, and private memory."""
    dataset = ShardDataset.open(directory)
    mine = np.random.default_rng(number).permutation(np.arange(number, dataset.num_rows, num_workers))
    before, memory = disk_bytes(), private_bytes()
    for first in range(0, len(mine), ROWS_A_BATCH):
        dataset.rows(mine[first : first + ROWS_A_BATCH])
    return {"asked": len(mine) * 2 * SEQ_LEN, "read": disk_bytes() - before, "memory": private_bytes() - memory}


def cold_gigabyte(directory: Path, num_workers: int = 4) -> None:
    write_rows(directory, GIGABYTE)
    for path in directory.glob("*.tokens"):
        with open(path, "rb") as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    with get_context("spawn").Pool(num_workers) as pool:
        shares = pool.starmap(read_share, [(directory, number, num_workers) for number in range(num_workers)], chunksize=1)
    asked, read = (sum(share[key] for share in shares) for key in ("asked", "read"))
    megabytes = [share["memory"] / 2**20 for share in shares]
    print(
        f"1 GB read once by {num_workers} processes: {read:,} bytes from the disk (asked: {asked:,}; ratio {read / asked:.3f}); "
        f"private memory of each grew by {min(megabytes):.1f} to {max(megabytes):.1f} MB"
    )


def private_bytes() -> int:
    """Anonymous resident memory of this process; mapped file pages are the page cache's and shared."""
    return 1024 * int(re.search(r"RssAnon:\s+(\d+) kB", Path("/proc/self/status").read_text())[1])


def disk_bytes() -> int:
    return int(re.search(r"^read_bytes: (\d+)", Path("/proc/self/io").read_text(), re.MULTILINE)[1])


def main() -> None:
    with tempfile.TemporaryDirectory() as place:
        few, many = Path(place, "few"), Path(place, "many")
        write_rows(few, FEW)
        write_holes(many, MANY)
        batch_rates(few)
        start_up(many, few)
        large_step(many, few)
        cold_gigabyte(Path(place, "gigabyte"))


if __name__ == "__main__":
    if sys.argv[1:2] == ["first-batch"]:
        print(json.dumps(first_batch(Path(sys.argv[2]), int(sys.argv[3]))))
    else:
        main()
