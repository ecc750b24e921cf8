"""How fast a corpus becomes packed shards and in how little memory; how fast, and how full, documents are packed into rows.

1. `pack_corpus` as `medpretrain shards pack` runs it (tokenizer checked and loaded, lines read and checked, encoded, packed into rows
   of 4,096, written, checksums) beside gigatoken alone, which makes the same tokens and does nothing with them: `encode_files` reads the
   same files, `encode_batch` is given every text in memory. Each run is a process of its own; imports are not counted, gigatoken's
   own loading of the tokenizer is. The documents stand in the corpus once, and four times. The peak of memory is the process's.
2. From zstd and gzip files beside plain ones; and, gigatoken hidden, beside `encode_batch_fast` of tokenizers alone (an eighth of the
   corpus).
3. `pack_lengths` on a million documents beside best fit decreasing that takes one document at a time, and the shares of real positions.

The corpus is the real medical text of ../shared/data/pretrain; where that is absent, synthetic radiology reports and lengths drawn
like those of abstracts.
"""

from __future__ import annotations

import bisect
import gzip
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import zstandard
from measure.pairs import measure_pairs
from numpy.typing import NDArray

from medpretrain.corpus.reader import open_corpus
from medpretrain.corpus.synth import write_synthetic_corpus
from medpretrain.shards.pack import pack_corpus
from medpretrain.shards.packing import pack_lengths
from medpretrain.tokenizer.train import train_tokenizer
from medpretrain.tokenizer.vocabulary import Tokenizer

REAL_CORPUS = Path(__file__).resolve().parents[2] / "shared/data/pretrain"
ABSTRACTS = "pubmed_abstracts.jsonl"
SYNTHETIC_REPORTS = 200_000
VOCAB_SIZE = 32_000
SEQ_LEN = 4096
TIMES = 4
REFERENCE_SHARE = 8
NUM_LENGTHS = 1_000_000


# 1 and 2: one work a process. `python packing.py WORK CORPUS TOKENIZER OUT` prints what it took.


def packing(corpus: Path, tokenizer: Path, out: Path) -> Callable[[], int]:
    return lambda: (counts := pack_corpus(corpus, "train", tokenizer, SEQ_LEN, out).counts)["tokens"] - 2 * counts["documents"]


def packing_without_gigatoken(corpus: Path, tokenizer: Path, out: Path) -> Callable[[], int]:
    sys.modules["gigatoken"] = None  # type: ignore[assignment]  # as where it is not installed
    return packing(corpus, tokenizer, out)


def gigatoken_encode_files(corpus: Path, tokenizer: Path, out: Path) -> Callable[[], int]:
    import gigatoken

    definition = Tokenizer.load(tokenizer).to_json_without_special_tokens()
    source = gigatoken.JsonlFileSource([str(file.path) for file in open_corpus(corpus).files])
    return lambda: gigatoken.Tokenizer.from_json(definition).encode_files(source).layout.content.data.size


def gigatoken_encode_batch(corpus: Path, tokenizer: Path, out: Path) -> Callable[[], int]:
    import gigatoken

    definition = Tokenizer.load(tokenizer).to_json_without_special_tokens()
    texts = [document.text.encode() for document in open_corpus(corpus).essentials()]
    return lambda: gigatoken.Tokenizer.from_json(definition).encode_batch(texts).layout.content.data.size


def tokenizers_encode_batch_fast(corpus: Path, tokenizer: Path, out: Path) -> Callable[[], int]:
    import tokenizers

    backend = tokenizers.Tokenizer.from_file(str(tokenizer / "tokenizer.json"))
    texts = [document.text for document in open_corpus(corpus).essentials()]
    return lambda: sum(len(encoding) for encoding in backend.encode_batch_fast(texts, add_special_tokens=False))


WORKS = {
    work.__name__: work
    for work in (packing, packing_without_gigatoken, gigatoken_encode_files, gigatoken_encode_batch, tokenizers_encode_batch_fast)
}


def do(work: str, *paths: str) -> None:
    import awkward  # noqa: F401  # gigatoken imports it when it first encodes

    run = WORKS[work](*map(Path, paths))
    started = time.perf_counter()
    num_tokens = run()
    seconds = time.perf_counter() - started
    peak = 1024 * int(re.findall(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())[0])  # ru_maxrss counts the parent's too
    print(json.dumps({"tokens": num_tokens, "seconds": seconds, "peak_bytes": peak}))


class Runs:
    """Runs works in processes of their own and remembers the peaks of memory."""

    def __init__(self, directory: Path, tokenizer: Path) -> None:
        self._out, self._tokenizer = directory / "out", tokenizer
        self.peak_bytes: dict[tuple[str, Path], int] = defaultdict(int)

    def million_tokens_per_second(self, work: Callable[..., Any], corpus: Path) -> float:
        command = [sys.executable, __file__, work.__name__, str(corpus), str(self._tokenizer), str(self._out)]
        result = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
        shutil.rmtree(self._out, ignore_errors=True)
        self.peak_bytes[work.__name__, corpus] = max(self.peak_bytes[work.__name__, corpus], result["peak_bytes"])
        return float(result["tokens"] / result["seconds"] / 1e6)

    def compare(self, name: str, work: Callable[..., Any], corpus: Path, baseline: Callable[..., Any], baseline_corpus: Path) -> None:
        measured = measure_pairs(
            lambda: self.million_tokens_per_second(work, corpus), lambda: self.million_tokens_per_second(baseline, baseline_corpus)
        )
        baseline_name = baseline.__name__.replace("_", " ", 1) + (" alone" if baseline is not packing else f" from {baseline_corpus.name}")
        print(measured.line(name, "M tokens/s", baseline_name, ",.1f"), flush=True)


def make_corpora(directory: Path) -> None:
    """`plain` (.jsonl), the same packed (`zstd`, `gzip`), `four times` over, and an eighth (`part`)."""
    for name in ("plain", "zstd", "gzip", "four times", "part"):
        (directory / name).mkdir()
    if REAL_CORPUS.is_dir():
        for source in sorted(REAL_CORPUS.glob("*.jsonl.gz")):
            if source.name != "mini.jsonl.gz":  # documents of the other files
                (directory / "plain" / source.stem).write_bytes(gzip.decompress(source.read_bytes()))
    else:
        write_synthetic_corpus(SYNTHETIC_REPORTS, 1, directory / "synthetic")
        for synthetic in open_corpus(directory / "synthetic").files:
            with zstandard.open(synthetic.path) as packed:
                (directory / "plain" / synthetic.path.stem).write_bytes(packed.read())
    for path in sorted((directory / "plain").iterdir()):
        content = path.read_bytes()
        (directory / "zstd" / f"{path.name}.zst").write_bytes(zstandard.ZstdCompressor(write_checksum=True).compress(content))
        (directory / "gzip" / f"{path.name}.gz").write_bytes(gzip.compress(content, 6))
        lines = content.splitlines(keepends=True)
        (directory / "part" / path.name).write_bytes(b"".join(islice(lines, 0, None, REFERENCE_SHARE)))
        for time_ in range(TIMES):
            os.link(path, directory / "four times" / f"{time_}-{path.name}")


def compare_packing(directory: Path, tokenizer: Path) -> None:
    runs = Runs(directory, tokenizer)
    plain, more = directory / "plain", directory / "four times"
    for name, corpus in (("tokenise + pack + write", plain), ("tokenise + pack + write, four times the text", more)):
        for baseline in (gigatoken_encode_files, gigatoken_encode_batch):
            runs.compare(name, packing, corpus, baseline, corpus)
        print(f"{name}: peak memory {runs.peak_bytes['packing', corpus] / 1e6:,.0f} MB")
    for kind in ("zstd", "gzip"):
        runs.compare(f"tokenise + pack + write from {kind} files", packing, directory / kind, packing, plain)
    part = directory / "part"
    runs.compare("without gigatoken", packing_without_gigatoken, part, tokenizers_encode_batch_fast, part)
    print(f"without gigatoken: peak memory {runs.peak_bytes['packing_without_gigatoken', part] / 1e6:,.0f} MB")


# 3


def best_fit_one_at_a_time(lengths: NDArray[np.int64], capacity: int) -> int:
    """Best fit decreasing with a sorted list of the sizes of open gaps; the number of rows."""
    sizes: list[int] = []
    rows_with_gap: dict[int, list[int]] = defaultdict(list)
    row_of = [0] * len(lengths)
    num_rows = 0
    for document in np.argsort(-lengths, kind="stable").tolist():
        length = int(lengths[document])
        place = bisect.bisect_left(sizes, length)
        if place == len(sizes):
            gap, row = capacity, num_rows
            num_rows += 1
        else:
            gap = sizes[place]
            row = rows_with_gap[gap].pop()
            if not rows_with_gap[gap]:
                del sizes[place]
        row_of[document] = row
        if gap > length:
            if not rows_with_gap[gap - length]:
                bisect.insort(sizes, gap - length)
            rows_with_gap[gap - length].append(row)
    return num_rows


def lengths_of_abstracts(corpus: Path, tokenizer: Tokenizer) -> tuple[str, NDArray[np.int64]]:
    """A million lengths in tokens, `<s>` and `</s>` counted, and where they come from."""
    generator = np.random.default_rng(0)
    if not (corpus / ABSTRACTS).exists():
        drawn = np.clip(generator.normal(368, 146, NUM_LENGTHS), 41, 1366).astype(np.int64)
        return "normal, mean 368, deviation 146, from 41 to 1,366", drawn
    texts = [document.text for document in open_corpus(corpus / ABSTRACTS).essentials()]
    lengths = np.array([len(ids) + 2 for ids in tokenizer.encode_batch(texts)], np.int64)
    return f"drawn from those of {len(lengths):,} PubMed abstracts", generator.choice(lengths, NUM_LENGTHS)


def compare_best_fit(name: str, lengths: NDArray[np.int64]) -> None:
    num_rows: set[int] = set()

    def seconds(function: Callable[[], int]) -> float:
        started = time.perf_counter()
        num_rows.add(function())
        return time.perf_counter() - started

    measured = measure_pairs(
        lambda: seconds(lambda: pack_lengths(lengths, SEQ_LEN).num_rows),
        lambda: seconds(lambda: best_fit_one_at_a_time(lengths, SEQ_LEN)),
    )
    print(measured.line("best fit of 1,000,000 documents", "s", "one document at a time"))
    assert len(num_rows) == 1, f"not the same number of rows: {num_rows}"
    print(f"best fit: both give {num_rows.pop():,} rows of {SEQ_LEN:,}; lengths {name}")
    windows = [pack_lengths(lengths[begin : begin + 65_536], SEQ_LEN) for begin in range(0, NUM_LENGTHS, 65_536)]
    tokens, positions = lengths.sum(), SEQ_LEN * sum(packing.num_rows for packing in windows)
    at_once = pack_lengths(lengths, SEQ_LEN).efficiency
    print(f"real positions, abstracts at {SEQ_LEN:,}: {at_once:.3%} (in windows of 65,536: {tokens / positions:.3%})")


def simulated_reports() -> NDArray[np.int64]:
    """Requirement 000-30: 9,000 report lengths."""
    generator = np.random.RandomState(42)
    normal = [generator.normal(80, 20, 5000), generator.normal(350, 80, 3000), generator.normal(1200, 200, 1000)]
    return np.clip(np.concatenate(normal), 20, 2000).astype(np.int64)


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        make_corpora(directory)
        train_tokenizer(directory / "plain", VOCAB_SIZE, directory / "tokenizer")
        text = "real medical text" if REAL_CORPUS.is_dir() else "synthetic radiology reports, as ../shared is absent"
        json_bytes = sum(path.stat().st_size for path in (directory / "plain").iterdir())
        print(f"corpus: {json_bytes / 1e6:,.0f} MB of JSON lines, {text}", flush=True)
        compare_packing(directory, directory / "tokenizer")
        compare_best_fit(*lengths_of_abstracts(directory / "plain", Tokenizer.load(directory / "tokenizer")))
    for separators, what in ((1, "one separator"), (2, "`<s>` and `</s>`")):
        print(f"real positions, simulated reports with {what} at 512: {pack_lengths(simulated_reports() + separators, 512).efficiency:.3%}")


if __name__ == "__main__":
    do(*sys.argv[1:]) if sys.argv[1:] else main()
