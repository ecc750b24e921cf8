"""`corpus build`: how many MB of text a core does a second, by step and as a whole; the filters beside datatrove's; growth with size.

1. Each step of the stage "prepare" by itself, and the stage as a whole (its task, as the program runs it: reading, repair, words, filters
   with perplexity, hashes, MinHash bands, writing), on real documents of all kinds (../shared/data/pretrain), five slices of them.
2. Reading JSON lines (zstd), filters, writing JSON lines (zstd), of documents recombined from sentences of these, beside datatrove 0.10:
     ours       tokens, share of marks, repeated lines, boilerplate, runs of 10 that stood before, most frequent run of 4, language
                (py3langid where words of English grammar are rare); no perplexity, no repair, no hashes for duplicates
     datatrove  JsonlReader, GopherQualityFilter, GopherRepetitionFilter (their default limits), JsonlWriter; with our words in place of
                spaCy's (several times faster). Its language filter needs a model from the network: the stop words of Gopher's alone
   Each run is a process of its own; CPU seconds after its imports.
3. The whole build (two processes) of N and of 10 N such documents: CPU time a token, peak memory of the process tree by PSS.

    python benchmarks/corpus.py                          N = 20,000
    python benchmarks/corpus.py --parts growth --documents 100000 --bytes 600 1250       and a million
"""

from __future__ import annotations

import argparse
import gzip
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from measure.costs import CostOf
from measure.documents import BYTES, REAL_CORPUS, regex_words, sentences, text_of
from measure.pairs import measure_pairs

from medpretrain.corpus.build import build_corpus
from medpretrain.corpus.document import Document, format_line, parse_line
from medpretrain.corpus.filters import RULES, Subject, judge
from medpretrain.corpus.lines import LineWriter
from medpretrain.corpus.minhash import Bands, fingerprint
from medpretrain.corpus.prepare import Reference, Rules, prepare_part, train_reference_model
from medpretrain.corpus.reference import ReferenceModel
from medpretrain.corpus.repair import repair
from medpretrain.corpus.settings import CorpusSettings, FilterSettings, RepairSettings, SourceSettings
from medpretrain.corpus.sources.files import InputFile, list_files
from medpretrain.corpus.sources.formats import is_readable, read_file
from medpretrain.corpus.words import hash_runs, hash_words, num_tokens_in, words_of

PROCESSES = 2
FILE_DOCUMENTS = 5_000
PARAGRAPHS = 3
SLICES, EVERY = 5, 40  # of the real documents, slice k holds those whose number is k modulo 40
REFERENCE_DOCUMENTS = 2_000
REFERENCE_FIRST = 10**9  # their numbers, beyond those of the others
COMPARED_DOCUMENTS = 10_000
PAIRS = 3
MODEL = "model.npz"


# The documents.


def recombined(number: int, pool: Sequence[str], num_bytes: tuple[int, int] = BYTES) -> Document:
    size = (num_bytes[0] // PARAGRAPHS, num_bytes[1] // PARAGRAPHS)
    text = "\n\n".join(text_of(PARAGRAPHS * number + place, pool, size) for place in range(PARAGRAPHS))
    return Document(f"document-{number}", text, "benchmark", "document", {})


def write_documents(directory: Path, documents: Iterable[Document]) -> int:
    """Files of 5,000 documents; their text's bytes."""
    directory.mkdir(parents=True)
    waiting, num_bytes = iter(documents), 0
    while of_file := list(islice(waiting, FILE_DOCUMENTS)):
        with LineWriter(directory / f"{len(list(directory.iterdir())):05d}.jsonl.zst") as file:
            for document in of_file:
                file.write(format_line(document))
                num_bytes += len(document.text.encode())
    return num_bytes


def real_slices(pool: Sequence[str]) -> list[list[Document]]:
    slices: list[list[Document]] = [[] for _ in range(SLICES)]
    if not REAL_CORPUS.is_dir():
        return [[recombined(slice_ * 1_000 + number, pool) for number in range(1_000)] for slice_ in range(SLICES)]
    for path in sorted(REAL_CORPUS.glob("*.jsonl.gz")):
        if path.name != "mini.jsonl.gz":  # documents of the other files
            for number, line in enumerate(gzip.decompress(path.read_bytes()).splitlines()):
                if number % EVERY < SLICES:
                    slices[number % EVERY].append(parse_line(line, path.name, number))
    return slices


def input_files(directory: Path) -> tuple[InputFile, ...]:
    return tuple(list_files(str(directory), is_readable(SourceSettings(path=str(directory))))[0])


# 1


def seconds_by_step(scratch: Path, documents: Sequence[Document], reference: ReferenceModel) -> dict[str, float]:
    """CPU seconds of each step of "prepare" for these documents."""
    seconds: dict[str, float] = {}

    def timed(name: str, work: Callable[[], Any]) -> Any:
        started = time.process_time()
        result = work()
        seconds[name] = time.process_time() - started
        return result

    def write() -> None:
        with LineWriter(scratch / "documents.jsonl.zst") as file:
            for line in lines:
                file.write(line)

    filters, bands, dedup = FilterSettings(), Bands(CorpusSettings.model_fields["dedup"].default), 5
    write_documents(scratch / "in", documents)
    source = SourceSettings(path=str(scratch / "in"))
    records = timed("read (zstd, JSON)", lambda: [record for file in input_files(scratch / "in") for record in read_file(file, source)])
    texts = timed("repair", lambda: [repair(record.text, RepairSettings())[0] for record in records])
    words = timed("words", lambda: [words_of(text) for text in texts])
    timed("tokens counted", lambda: [num_tokens_in(text, of) for text, of in zip(texts, words, strict=True)])
    hashes = timed("hashes of words", lambda: [hash_words(of) for of in words])
    subjects = [Subject(*of, filters) for of in zip(texts, words, hashes, strict=True)]
    for rule in RULES:
        timed(f"filter: {rule.name}", lambda rule=rule: [rule.measure(subject) for subject in subjects])
    timed("filter: perplexity", lambda: [reference.perplexities(words[place : place + 100]) for place in range(0, len(words), 100)])
    timed("fingerprint", lambda: [fingerprint(of) for of in words])
    runs = timed("hashes of runs", lambda: [hash_runs(of, dedup) for of in hashes])
    timed("MinHash bands", lambda: [bands.of(of) for of in runs])
    lines = timed("JSON lines", lambda: [format_line(document) for document in documents])
    timed("write (zstd)", write)
    return seconds


def whole_prepare(scratch: Path, directory: Path, model: Path) -> float:
    """CPU seconds of the task."""
    scratch.mkdir()
    source = SourceSettings(path=str(directory))
    started = time.process_time()
    prepare_part(scratch, "part-00000", input_files(directory), Rules.of(CorpusSettings(sources=[source]), source), Reference(model, ""))
    return time.process_time() - started


def measure_steps(work: Path, pool: Sequence[str], model: Path) -> None:
    reference = ReferenceModel.load(model)
    by_step: dict[str, list[float]] = {}
    wholes, num_bytes = [], 0
    for number, documents in enumerate(real_slices(pool)):
        scratch = work / f"slice-{number}"
        scratch.mkdir()
        mega = sum(len(document.text.encode()) for document in documents) / 1e6
        num_bytes += round(mega * 1e6)
        seconds = seconds_by_step(scratch, documents, reference)
        seconds["all of these"] = sum(seconds.values())
        for name, of_step in seconds.items():
            by_step.setdefault(name, []).append(mega / max(of_step, 1e-9))
        wholes.append(mega / whole_prepare(scratch / "out", scratch / "in", model))
    print(f"real documents: {SLICES} slices, {num_bytes / 1e6:.1f} MB of text in all; one process")
    for name, rates in [*by_step.items(), ("the stage's task, its model loaded", wholes)]:
        print(f"  {name:36} {statistics.median(rates):8.1f} MB/s a core ({min(rates):.1f} to {max(rates):.1f})", flush=True)


# 2 and 3: programs that are processes of their own. Each returns what is measured of it.


def ours(work: Path) -> dict[str, Any]:
    source, settings = SourceSettings(path=str(work / "compared")), FilterSettings(max_perplexity=None)
    (work / "ours").mkdir(exist_ok=True)
    started, kept = time.process_time(), 0
    for file in input_files(work / "compared"):
        with LineWriter(work / "ours" / file.name) as out:
            for record in read_file(file, source):
                assert isinstance(record, Document), "the generator writes whole documents"
                words = words_of(record.text)
                if judge([Subject(record.text, words, hash_words(words), settings)]) == [None]:
                    out.write(format_line(record))
                    kept += 1
    return {"seconds": time.process_time() - started, "kept": kept}


def datatrove(work: Path) -> dict[str, Any]:
    from datatrove.executor import LocalPipelineExecutor
    from datatrove.pipeline.filters import GopherQualityFilter, GopherRepetitionFilter
    from datatrove.pipeline.readers import JsonlReader
    from datatrove.pipeline.writers import JsonlWriter

    with tempfile.TemporaryDirectory(dir=work) as out:  # with logs of an earlier run there is nothing to do
        pipeline = [
            JsonlReader(str(work / "compared")),
            GopherQualityFilter(language=regex_words()),
            GopherRepetitionFilter(language=regex_words()),
            JsonlWriter(f"{out}/out", output_filename="${rank}.jsonl.zst", compression="zstd"),
        ]
        started = time.process_time()
        stats = LocalPipelineExecutor(pipeline, tasks=1, workers=1, logging_dir=f"{out}/logs").run()
        seconds = time.process_time() - started
        return {"seconds": seconds, "kept": stats.stats[-1]["total"].total}


def build(work: Path) -> dict[str, Any]:
    sources = [SourceSettings(path=str(work / name), name=name) for name in ("first", "second")]
    sources.append(SourceSettings(path=str(work / "reference"), name="reference", reference=True))
    manifest = build_corpus(CorpusSettings(sources=sources), work / "corpus", PROCESSES)
    costs = json.loads((work / "corpus" / "costs.json").read_text())
    return {"tokens": sum(split["tokens"] for split in manifest.counts["splits"].values()), "counts": manifest.counts, "costs": costs}


PROGRAMS = {program.__name__: program for program in (ours, datatrove, build)}


def run(program: str, work: Path) -> dict[str, Any]:
    command = [sys.executable, __file__, "--do", program, str(work)]
    with open(work / "log.txt", "ab") as log, subprocess.Popen(command, stdout=log, stderr=log) as process, CostOf(process.pid) as cost:
        if process.wait():
            raise RuntimeError((work / "log.txt").read_text()[-3000:])
    return {**json.loads((work / f"{program}.json").read_text()), "cpu": cost.cpu_seconds, "peak": cost.peak}


def compare_with_datatrove(work: Path, pool: Sequence[str]) -> None:
    num_bytes = write_documents(work / "compared", (recombined(number, pool) for number in range(COMPARED_DOCUMENTS)))
    kept: dict[str, int] = {}

    def rate(program: str) -> float:
        found = run(program, work)
        kept[program] = found["kept"]
        return num_bytes / 1e6 / found["seconds"]

    pairs = measure_pairs(lambda: rate("ours"), lambda: rate("datatrove"), PAIRS)
    print(pairs.line("read, filter, write", "MB/s a core", "datatrove", ",.2f"))
    print(f"  of {COMPARED_DOCUMENTS:,} documents ours keeps {kept['ours']:,}, datatrove {kept['datatrove']:,}", flush=True)


def measure_growth(directory: Path, pool: Sequence[str], num_documents: int, size: tuple[int, int]) -> None:
    per_token, peaks = [], []
    for name, number in (("small", num_documents), ("large", 10 * num_documents)):
        work = directory / name
        num_bytes = 0
        for source, begin, end in (("first", 0, number // 2), ("second", number // 2, number)):
            num_bytes += write_documents(work / source, (recombined(which, pool, size) for which in range(begin, end)))
        write_documents(work / "reference", (recombined(REFERENCE_FIRST + which, pool) for which in range(REFERENCE_DOCUMENTS)))
        started = time.perf_counter()
        found = run("build", work)
        wall = time.perf_counter() - started
        per_token.append(found["cpu"] / found["tokens"])
        peaks.append(found["peak"])
        stages = ", ".join(
            f"{stage} {cost['seconds']:.1f} ({cost['peak_bytes'] / 1e6:,.0f} MB)" for stage, cost in sorted(found["costs"].items())
        )
        print(
            f"{number:,} documents, {num_bytes / 1e6:,.0f} MB of text, {found['tokens'] / 1e6:,.1f}M tokens: {wall:.1f} s, "
            f"{found['cpu']:.1f} of CPU ({num_bytes / 1e6 / found['cpu']:.2f} MB a CPU second, {1e6 * per_token[-1]:.2f} µs a token), "
            f"peak memory {found['peak'] / 1e6:,.0f} MB; seconds and peaks of tasks: {stages}",
            flush=True,
        )
    print(f"CPU time a token at {10 * num_documents:,} over {num_documents:,} documents: {per_token[1] / per_token[0]:.3f}")
    print(f"peak memory at {10 * num_documents:,} over {num_documents:,} documents: {peaks[1] / peaks[0]:.3f}", flush=True)


def reference_model(work: Path, pool: Sequence[str]) -> Path:
    write_documents(work / "reference", (recombined(REFERENCE_FIRST + which, pool) for which in range(REFERENCE_DOCUMENTS)))
    source = SourceSettings(path=str(work / "reference"))
    train_reference_model(work, ((input_files(work / "reference"), Rules.of(CorpusSettings(sources=[source]), source)),), 5_000_000)
    return work / MODEL


PARTS = ("steps", "datatrove", "growth")


def main() -> None:
    if sys.argv[1:2] == ["--do"]:
        program, work = sys.argv[2], Path(sys.argv[3])
        (work / f"{program}.json").write_text(json.dumps(PROGRAMS[program](work)))
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=20_000)
    parser.add_argument("--bytes", type=int, nargs=2, default=BYTES, help="of a document, where growth is measured: from, to")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    words = parser.parse_args()
    pool = sentences()
    with tempfile.TemporaryDirectory(prefix="corpus-") as name:
        work = Path(name)
        if "steps" in words.parts:
            measure_steps(work, pool, reference_model(work, pool))
        if "datatrove" in words.parts:
            compare_with_datatrove(work, pool)
        if "growth" in words.parts:
            measure_growth(work, pool, words.documents, tuple(words.bytes))


if __name__ == "__main__":
    main()
