"""Near-duplicates: how many of planted ones are found, how many texts are taken for copies that are none, how fast and in what memory.

Documents are sentences of real medical text (../shared/data/pretrain; synthetic reports where that is absent), drawn anew for each, so that
nearly all are distinct. Into them copies are planted whose words were edited until the exact Jaccard index of the sets of runs of
five words was within 0.01 of 0.7, 0.8 or 0.9 (not below).

Three programs do the same work from the same zstd files, with 18 bands of 7 rows, on two processes where they can:
  ours       words, hashes, bands (the part of "prepare" that serves duplicates), then `find_duplicates`, to the files of drops
  datatrove  its MinHash to the files of removals, with our words in place of spaCy's (several times faster); texts are not written anew
  rensa      an index in memory, one process: each document is asked for and, where nothing is like it, put in
Each run is a process of its own; imports count, the same for all. Of the process tree: the
peak of memory by PSS (all, and what is no file) and CPU time, which says more where other programs run beside.

    python benchmarks/near_duplicates.py                                            100,000 documents, three rounds
    python benchmarks/near_duplicates.py --documents 1000000 --rounds 1 --programs ours
    python benchmarks/near_duplicates.py --documents 1000000 --rounds 1 --programs ours --bytes 150 250 --planted 0
"""

from __future__ import annotations

import argparse
import json
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from measure.costs import CostOf
from measure.documents import BYTES, regex_words, sentences, text_of
from measure.pairs import Pairs, measure_pairs

from medpretrain.corpus.document import Document, format_line, parse_essentials
from medpretrain.corpus.duplicates import NEAR, Part, find_duplicates
from medpretrain.corpus.lines import LineWriter, read_lines
from medpretrain.corpus.minhash import FACTS, Bands, band_probability, fingerprint
from medpretrain.corpus.settings import DedupSettings
from medpretrain.corpus.tasks import Result, Task, Workers, file_of
from medpretrain.corpus.words import hash_runs, hash_words, num_tokens_in, words_of

SETTINGS = DedupSettings()
PROCESSES = 2
LEVELS = (0.7, 0.8, 0.9)
WITHIN = 0.01
PART_DOCUMENTS = 25_000
_WORD = re.compile(r"(\w+)")


# The documents.


def jaccard_of(first: str, second: str) -> float:
    """By the words themselves, no hashes."""
    sets = []
    for text in (first, second):
        words = words_of(text)
        sets.append({tuple(words[place : place + 5]) for place in range(max(1, len(words) - 4))})
    return len(sets[0] & sets[1]) / len(sets[0] | sets[1])


def edited(text: str, level: float, draw: random.Random) -> str:
    """The text with words replaced until its Jaccard index with what it was is from `level` to `level` + WITHIN."""
    while True:
        pieces = _WORD.split(text)
        places = list(range(1, len(pieces), 2))
        last = draw.choice(places)
        while (index := jaccard_of(text, "".join(pieces))) > level + WITHIN:
            last = draw.choice(places) if index > level + 0.05 else (last + 2) % (len(pieces) - 1)  # the word behind spoils one run more
            pieces[last] = f"{pieces[draw.choice(places)]}{draw.randrange(10)}"
        if index >= level:
            return "".join(pieces)


def write_documents(work: Path, num_documents: int, num_planted: int, size: tuple[int, int]) -> list[Part]:
    """Parts in `work`/prepare, and planted.json: [[level, original, copy], ...]. Copies stand evenly among the others."""
    pool, draw = sentences(), random.Random(0)
    every = num_documents // max(1, num_planted * len(LEVELS))
    planted = []
    (work / "prepare").mkdir(parents=True)
    parts = []
    for begin in range(0, num_documents, PART_DOCUMENTS):
        end = min(begin + PART_DOCUMENTS, num_documents)
        parts.append(Part(f"{len(parts):05d}", 0, begin, end - begin, f"{begin} {end}"))
        with LineWriter(file_of(work, "prepare", parts[-1].name, "documents.jsonl.zst")) as file:
            for number in range(begin, end):
                text = text_of(number, pool, size)
                if number % every == every - 1 and len(planted) < num_planted * len(LEVELS):
                    level = LEVELS[len(planted) % len(LEVELS)]
                    original = number - draw.randrange(1, every)  # no copy itself, and of this one alone
                    text = edited(text_of(original, pool, size), level, draw)
                    planted.append([level, original, number])
                file.write(format_line(Document(str(number), text, "benchmark", "document", {})))
    (work / "planted.json").write_text(json.dumps(planted))
    size = sum(path.stat().st_size for path in (work / "prepare").iterdir())
    print(
        f"{num_documents:,} documents of {len(pool):,} sentences, {size / 1e6:,.0f} MB of zstd, {len(planted):,} of them copies", flush=True
    )
    return parts


# The programs: each leaves {"drops": [[document, twin or null], ...], "seconds": {stage: ...}}.


class TimedWorkers(Workers):
    """Workers that remember how long each stage took."""

    def __init__(self, num_processes: int) -> None:
        super().__init__(num_processes)
        self.seconds: dict[str, float] = {}

    def run(self, work: Path, stage: str, tasks: Sequence[Task], unit: str = "tasks") -> dict[str, Result]:
        started = time.perf_counter()
        results = super().run(work, stage, tasks, unit)
        self.seconds[stage] = time.perf_counter() - started
        return results


def prepare(scratch: Path, work: Path, part: Part) -> Result:
    """What the stage of that name does for duplicates."""
    bands = Bands(SETTINGS)
    facts, of_bands = np.empty(part.num_documents, FACTS), np.empty((part.num_documents, SETTINGS.num_bands), np.uint64)
    for number, line in read_lines(file_of(work, "prepare", part.name, "documents.jsonl.zst")):
        text = parse_essentials(line, part.name, number).text
        words = words_of(text)
        facts[number - 1] = fingerprint(words), num_tokens_in(text)
        of_bands[number - 1] = bands.of(hash_runs(hash_words(words), SETTINGS.run_words))
    np.save(scratch / "facts.npy", facts)
    np.save(scratch / "bands.npy", of_bands)
    return {}


def ours(work: Path, parts: Sequence[Part]) -> dict[str, Any]:
    with TimedWorkers(PROCESSES) as workers:
        workers.run(work, "prepare", [Task(part.name, "", prepare, (work, part), part.num_documents) for part in parts], "documents")
        find_duplicates(workers, work, parts, SETTINGS, "benchmark")
    drops = [drop for part in parts for drop in np.load(file_of(work, "drops", part.name, "drops.npy")).tolist()]
    return {
        "drops": [[document, twin] for document, twin, *_ in drops],
        "near": sum(d[3] == NEAR for d in drops),
        "seconds": workers.seconds,
    }


def datatrove(work: Path, parts: Sequence[Part]) -> dict[str, Any]:
    from datatrove.executor import LocalPipelineExecutor
    from datatrove.pipeline.dedup.minhash import MinhashConfig, MinhashDedupBuckets, MinhashDedupCluster, MinhashDedupSignature
    from datatrove.pipeline.readers import JsonlReader
    from datatrove.utils.hashing import HashConfig

    config = MinhashConfig(
        n_grams=SETTINGS.run_words,
        num_buckets=SETTINGS.num_bands,
        hashes_per_bucket=SETTINGS.rows_per_band,
        hash_config=HashConfig(hash_fc="sha1"),  # its xxhash fails with xxhash 4 ("Strings must be encoded before hashing")
    )
    folder = work / "datatrove"
    names = {name: str(folder / name) for name in ("signatures", "buckets", "removals")}
    stages = {
        "signatures": (
            [
                JsonlReader(str(work / "prepare"), glob_pattern="*.documents.jsonl.zst"),
                MinhashDedupSignature(names["signatures"], config, language=regex_words()),
            ],
            len(parts),
        ),
        "buckets": ([MinhashDedupBuckets(names["signatures"], names["buckets"], config=config)], SETTINGS.num_bands),
        "cluster": ([MinhashDedupCluster(names["buckets"], names["removals"], config=config)], 1),
    }
    seconds = {}
    for stage, (pipeline, num_tasks) in stages.items():
        started = time.perf_counter()
        LocalPipelineExecutor(pipeline, num_tasks, min(PROCESSES, num_tasks), str(folder / "logs" / stage)).run()
        seconds[stage] = time.perf_counter() - started
    drops = []
    for path in Path(names["removals"]).glob("*.remove"):
        first = parts[int(path.name.split(".")[0])].first_document
        drops += [[first + row, None] for row in np.fromfile(path, "<u4").tolist()]
    return {"drops": drops, "seconds": seconds}


def rensa(work: Path, parts: Sequence[Part]) -> dict[str, Any]:
    from rensa import RMinHash, RMinHashLSH

    started, drops, num_hashes = time.perf_counter(), [], SETTINGS.num_bands * SETTINGS.rows_per_band
    index = RMinHashLSH(SETTINGS.min_jaccard, num_hashes, SETTINGS.num_bands)

    def take(first: int, runs: list[list[str]]) -> None:
        for document, sketch in enumerate(RMinHash.from_token_sets(runs, num_hashes, SETTINGS.seed), first):
            if like := index.query(sketch):
                drops.append([document, min(like)])
            else:
                index.insert(document, sketch)

    for part in parts:
        runs: list[list[str]] = []
        for number, line in read_lines(file_of(work, "prepare", part.name, "documents.jsonl.zst")):
            words = words_of(parse_essentials(line, part.name, number).text)
            runs.append([" ".join(words[place : place + 5]) for place in range(max(1, len(words) - 4))])
            if len(runs) == 500 or number == part.num_documents:
                take(part.first_document + number - len(runs), runs)
                runs = []
    return {"drops": drops, "seconds": {"all": time.perf_counter() - started}}


PROGRAMS = {program.__name__: program for program in (ours, datatrove, rensa)}


# Measuring.


def run(program: str, work: Path, parts: Sequence[Part]) -> dict[str, Any]:
    """What a program found, its seconds and its peaks."""
    for path in work.iterdir():  # what another run left
        if path.is_dir() and path.name != "prepare":
            shutil.rmtree(path)
    for path in (work / "prepare").iterdir():
        if not path.name.endswith("documents.jsonl.zst"):
            path.unlink()
    words = [sys.executable, __file__, "--do", program, str(work), json.dumps([list(vars(part).values()) for part in parts])]
    started = time.perf_counter()
    with open(work / "log.txt", "ab") as log, subprocess.Popen(words, stdout=log, stderr=log) as process, CostOf(process.pid) as cost:
        if process.wait():
            raise RuntimeError((work / "log.txt").read_text()[-3000:])
    seconds = time.perf_counter() - started
    found = json.loads((work / f"{program}.json").read_text())
    return {**found, "wall": seconds, "cpu": cost.cpu_seconds, "peak": cost.peak, "anonymous_peak": cost.anonymous_peak}


def judge(program: str, found: dict[str, Any], work: Path, parts: Sequence[Part]) -> None:
    """Planted copies found; of all drops those that have no kept document so like them."""
    planted = json.loads((work / "planted.json").read_text())
    dropped = {document for document, _ in found["drops"]}
    for level in LEVELS:
        pairs = [(original, copy) for of, original, copy in planted if of == level]
        if not pairs:
            continue
        share = sum(original in dropped or copy in dropped for original, copy in pairs) / len(pairs)
        theory = sum(band_probability(level + past, SETTINGS) for past in (0, WITHIN)) / 2
        line = f"{program}: Jaccard {level} to {level + WITHIN:.2f}: {share:.2%} of {len(pairs):,} dropped; theory: {theory:.2%}"
        if program == "ours":
            shared = sum(map(shares_a_band(work, parts), pairs)) / len(pairs)
            line += f"; candidates {shared:.2%}"
        print(line, flush=True)
    false, unknown = 0, 0
    texts = texts_of(
        {number for drop in found["drops"] for number in drop if number is not None} | {n for p in planted for n in p[1:]}, work, parts
    )
    twin_of = {}
    for _, original, copy in planted:
        twin_of[original], twin_of[copy] = copy, original
    for document, twin in found["drops"]:
        other = twin_of.get(document) if twin is None else twin  # datatrove names none
        if other is None:
            unknown += 1
        else:
            false += jaccard_of(texts[document], texts[other]) < SETTINGS.min_jaccard or (twin is not None and twin in dropped)
    of = f"{program}: {false:,} of {len(found['drops']):,} drops have no kept twin with an index of 0.8"
    print(of + (f"; {unknown:,} more are no planted copies" if unknown else ""), flush=True)


def shares_a_band(work: Path, parts: Sequence[Part]) -> Any:
    bands = [np.load(file_of(work, "prepare", part.name, "bands.npy"), mmap_mode="r") for part in parts]

    def share(pair: tuple[int, int]) -> bool:
        one, other = (bands[number // PART_DOCUMENTS][number % PART_DOCUMENTS] for number in pair)
        return bool((one == other).any())

    return share


def texts_of(numbers: set[int], work: Path, parts: Sequence[Part]) -> dict[int, str]:
    texts = {}
    for part in parts:
        for number, line in read_lines(file_of(work, "prepare", part.name, "documents.jsonl.zst")):
            if part.first_document + number - 1 in numbers:
                texts[part.first_document + number - 1] = json.loads(line)["text"]
    return texts


def compare_signatures(work: Path, parts: Sequence[Part]) -> None:
    """Band hashes of texts whose runs are hashed, beside rensa's digests of the same hashes, on one core."""
    from rensa import RMinHash

    lines = (line for _, line in read_lines(file_of(work, "prepare", parts[0].name, "documents.jsonl.zst")))
    runs = [hash_runs(hash_words(words_of(json.loads(next(lines))["text"])), SETTINGS.run_words) for _ in range(3_000)]
    bands = Bands(SETTINGS)

    def documents_per_second(compute: Any) -> float:
        started = time.process_time()  # of all threads
        compute()
        return len(runs) / (time.process_time() - started)

    def by_rensa() -> None:
        offsets = np.cumsum([0, *map(len, runs)]).astype(np.uint64)
        RMinHash.digest_matrix_from_flat_token_hashes(np.concatenate(runs), offsets, SETTINGS.num_bands * SETTINGS.rows_per_band, 0)

    pairs = measure_pairs(lambda: documents_per_second(lambda: [bands.of(of) for of in runs]), lambda: documents_per_second(by_rensa))
    print(pairs.line("band hashes of hashed runs, CPU time", "documents/s", "rensa's digests", ",.0f"), flush=True)


def main() -> None:
    if sys.argv[1:2] == ["--do"]:
        _, _, program, work, parts_json = sys.argv
        found = PROGRAMS[program](Path(work), [Part(*part) for part in json.loads(parts_json)])
        (Path(work) / f"{program}.json").write_text(json.dumps(found))
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=100_000)
    parser.add_argument("--planted", type=int, default=1_000, help="copies of each level")
    parser.add_argument("--bytes", type=int, nargs=2, default=BYTES, help="of a document; short ones are copies of each other by chance")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--programs", nargs="+", choices=PROGRAMS, default=list(PROGRAMS))
    words = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="near-duplicates-") as name:
        work = Path(name)
        parts = write_documents(work, words.documents, words.planted, tuple(words.bytes))
        if "rensa" in words.programs:
            compare_signatures(work, parts)
        runs: dict[str, list[dict[str, Any]]] = {program: [] for program in words.programs}
        for number in range(words.rounds):
            for program in words.programs[:: -1 if number % 2 else 1]:
                runs[program].append(run(program, work, parts))
                if number == 0:
                    judge(program, runs[program][0], work, parts)
                last = runs[program][-1]
                stages = ", ".join(f"{stage} {seconds:.1f}" for stage, seconds in last["seconds"].items())
                print(f"{program}: {last['wall']:.1f} s, {last['cpu']:.1f} of CPU; {stages}", flush=True)
        rates = {key: {program: [words.documents / each[key] for each in of] for program, of in runs.items()} for key in ("wall", "cpu")}
        for program, of in runs.items():
            peak, anonymous = (statistics.median(each[key] for each in of) / 1e6 for key in ("peak", "anonymous_peak"))
            print(f"{program}: peak memory {peak:,.0f} MB ({anonymous:,.0f} MB no file)", end="; ")
            wall, cpu = (statistics.median(rates[key][program]) for key in rates)
            print(f"{wall:,.0f} documents/s, {cpu:,.0f} a CPU second", flush=True)
            for key, unit in {"wall": "documents/s", "cpu": "documents/CPU s"}.items():
                if program != "ours" and "ours" in runs:
                    print(Pairs(rates[key]["ours"], rates[key][program]).line("from documents to drops", unit, program, ",.0f"), flush=True)


if __name__ == "__main__":
    main()
