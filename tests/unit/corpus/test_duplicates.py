"""Copies found out of core are those that all pairs compared in memory give, whoever computes them and however often they are killed."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from medpretrain.corpus import duplicates
from medpretrain.corpus.document import Document, format_line
from medpretrain.corpus.duplicates import DROPS, EQUAL, NEAR, Part, find_duplicates, resolved
from medpretrain.corpus.lines import LineWriter
from medpretrain.corpus.minhash import FACTS, Bands, fingerprint
from medpretrain.corpus.settings import DedupSettings
from medpretrain.corpus.tasks import MARKER_SUFFIX, Workers, file_of
from medpretrain.corpus.words import hash_runs, hash_words, num_tokens_in, words_of

SURE = DedupSettings(num_bands=16, rows_per_band=2, max_pairs_per_bucket=100_000)  # misses one pair of index 0.8 in 10^7
VOCABULARY = [f"{first}{second}{third}" for first in ("ba", "ce", "di", "fo", "gu") for second in "klmnprst" for third in ("a", "en", "is")]


def prepare(work: Path, of_parts: Sequence[Sequence[str]], settings: DedupSettings, generations: Sequence[int] = ()) -> list[Part]:
    """The files of the stage before, and the parts."""
    (work / "prepare").mkdir(parents=True, exist_ok=True)
    parts: list[Part] = []
    bands = Bands(settings)
    for number, texts in enumerate(of_parts):
        first_document = parts[-1].end if parts else 0
        generation = generations[number] if generations else 0
        parts.append(Part(f"{number:05d}", generation, first_document, len(texts), f"{number} {len(texts)} {settings.num_bands}"))
        facts, of_bands = np.empty(len(texts), FACTS), np.empty((len(texts), settings.num_bands), np.uint64)
        with LineWriter(file_of(work, "prepare", parts[-1].name, "documents.jsonl.zst")) as file:
            for row, text in enumerate(texts):
                file.write(format_line(Document(str(row), text, "test", "note", {})))
                words = words_of(text)
                facts[row] = fingerprint(words), num_tokens_in(text)
                of_bands[row] = bands.of(hash_runs(hash_words(words), settings.run_words))
        np.save(file_of(work, "prepare", parts[-1].name, "facts.npy"), facts)
        np.save(file_of(work, "prepare", parts[-1].name, "bands.npy"), of_bands)
    return parts


def drops_of(work: Path, parts: Sequence[Part]) -> NDArray[np.void]:
    """Of all parts, one after the other; each holds its own documents alone."""
    found = [np.load(file_of(work, "drops", part.name, "drops.npy")) for part in parts]
    for part, drops in zip(parts, found, strict=True):
        assert drops.dtype == DROPS
        assert ((drops["document"] >= part.first_document) & (drops["document"] < part.end)).all()
    together = np.concatenate([np.empty(0, DROPS), *found])
    assert (np.diff(together["document"].astype(np.int64)) > 0).all()
    return together


def find(work: Path, parts: Sequence[Part], settings: DedupSettings, num_processes: int = 1) -> tuple[NDArray[np.void], dict]:
    with Workers(num_processes) as workers:
        counts = find_duplicates(workers, work, parts, settings, "test")
    return drops_of(work, parts), json.loads(counts.read_text())


def sets_of_runs(texts: Sequence[str], run_words: int = 5) -> list[set[tuple[str, ...]]]:
    sets = []
    for text in texts:
        words = words_of(text)
        length = min(run_words, len(words))
        sets.append({tuple(words[place : place + length]) for place in range(len(words) - length + 1)} if words else set())
    return sets


def all_pairs(texts: Sequence[str], generations: Sequence[int], settings: DedupSettings) -> list[tuple[int, int, float, int]]:
    """What `drops_of` should give, by plain Python and words in place of hashes."""
    best_first = sorted(range(len(texts)), key=lambda number: (generations[number], -num_tokens_in(texts[number]), number))
    first_with: dict[tuple[str, ...], int] = {}
    equal = {}
    for number in best_first:
        first = first_with.setdefault(tuple(words_of(texts[number])), number)
        if first != number:
            equal[number] = first
    runs = sets_of_runs(texts)
    holders: dict[tuple[str, ...], list[int]] = {}
    near: dict[int, tuple[int, float]] = {}
    for number in best_first if settings.min_jaccard is not None else ():
        if number in equal:
            continue
        shared = Counter(other for run in runs[number] for other in holders.get(run, ()))  # with those that stay
        index_of = {other: many / len(runs[number] | runs[other]) for other, many in shared.items()}
        if index_of and (highest := max(index_of.values())) >= settings.min_jaccard:
            near[number] = next(other for other in best_first if index_of.get(other) == highest), highest
            continue
        for run in runs[number]:
            holders.setdefault(run, []).append(number)
    drops = [(number, *near[number], NEAR) for number in near]
    drops += [(number, *near[twin], NEAR) if twin in near else (number, twin, 1.0, EQUAL) for number, twin in equal.items()]
    return sorted(drops)


def families(seed: int, num_families: int) -> list[str]:
    """Texts of which many differ little from each other, some not at all, and some in punctuation alone; short and empty ones too."""
    draw = random.Random(seed)
    texts = ["", "...", "one", "One!", "one two", "one two three four five", "One, two, three, four, five."]
    for _ in range(num_families):
        words = draw.choices(VOCABULARY, k=draw.randint(15, 120))
        for _ in range(draw.choice((1, 1, 1, 2, 3, 8))):
            edited = list(words)
            for _ in range(draw.choice((0, 0, 1, 1, 2, 3))):
                edited[draw.randrange(len(edited))] = draw.choice(VOCABULARY)
            texts.append(draw.choice((" ", ", ", " ")).join(edited[: draw.choice((None, None, -1, -3))]).capitalize())
    draw.shuffle(texts)
    return texts


def cut(texts: Sequence[str], num_parts: int) -> list[Sequence[str]]:
    edges = [len(texts) * part // num_parts for part in range(num_parts + 1)]
    return [texts[begin:end] for begin, end in pairwise(edges)]


def assert_same(found: NDArray[np.void], expected: list[tuple[int, int, float, int]]) -> None:
    assert found.tolist() == [(document, twin, float(np.float32(jaccard)), kind) for document, twin, jaccard, kind in expected]


def test_they_are_those_of_all_pairs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = families(1, 500)
    assert len(texts) > 1200
    expected = all_pairs(texts, [0] * len(texts), SURE)
    kinds = Counter(kind for *_, kind in expected)
    assert min(kinds[EQUAL], kinds[NEAR]) > 40
    for name, limits in {
        "at once": {},
        "piecemeal": {"RANGE_DOCUMENTS": 800, "BLOCK_PAIRS": 200, "BLOCK_RUNS": 2000, "OPEN_PARTS": 1},
    }.items():
        for limit, value in limits.items():
            monkeypatch.setattr(duplicates, limit, value)
        found, counts = find(tmp_path / name, prepare(tmp_path / name, cut(texts, 4), SURE), SURE)
        assert_same(found, expected)
        assert (counts["equal"], counts["near"]) == (kinds[EQUAL], kinds[NEAR])
        copies = Counter(twin for _, twin, *_ in expected)
        assert counts["clusters"] == len(copies)
        assert counts["cluster_sizes"] == {str(size): many for size, many in sorted(Counter(n + 1 for n in copies.values()).items())}
        assert counts["largest"] == [[twin, many] for twin, many in sorted(copies.items(), key=lambda pair: (-pair[1], pair[0]))[:20]]
        stored = np.load(file_of(tmp_path / name, "copies", "all", "copies.npy")).tolist()
        assert stored == sorted(copies.items())


@pytest.mark.parametrize("jaccard", [0.5, 1.0])
def test_another_threshold(jaccard: float, tmp_path: Path) -> None:
    settings = SURE.model_copy(update={"min_jaccard": jaccard, "rows_per_band": 1})
    texts = families(2, 150)
    assert_same(find(tmp_path, prepare(tmp_path, cut(texts, 2), settings), settings)[0], all_pairs(texts, [0] * len(texts), settings))


def test_with_the_defaults_what_is_dropped_has_a_kept_twin_as_similar_as_is_told(tmp_path: Path) -> None:
    settings = DedupSettings()
    texts = families(3, 600)
    found, _ = find(tmp_path, prepare(tmp_path, cut(texts, 3), settings), settings)
    assert 300 < len(found) < len(texts)
    dropped, runs = set(found["document"].tolist()), sets_of_runs(texts)
    for document, twin, jaccard, kind in found.tolist():
        assert twin not in dropped
        assert (kind == EQUAL) == (words_of(texts[document]) == words_of(texts[twin]))
        if runs[document]:
            exact = len(runs[document] & runs[twin]) / len(runs[document] | runs[twin])
            assert exact >= 0.8
            assert jaccard == np.float32(exact)
    kept_words = Counter(tuple(words_of(text)) for number, text in enumerate(texts) if number not in dropped)
    assert set(kept_words.values()) == {1}


def test_a_later_generation_changes_nothing_of_an_earlier_one(tmp_path: Path) -> None:
    texts, generations = families(4, 250), (0, 0, 1, 2)
    of_parts = cut(texts, 4)
    work = tmp_path / "grown"
    settings = SURE.model_copy(update={"max_pairs_per_bucket": 3})  # what a limit leaves out is decided by better ones alone
    before, before_end = [], 0
    for num_parts in (2, 3, 4):
        parts = prepare(work, of_parts[:num_parts], settings, generations)
        found, _ = find(work, parts, settings)
        assert found[found["document"] < before_end].tolist() == before
        before, before_end = found.tolist(), parts[-1].end
    assert before
    fresh = find(tmp_path / "fresh", prepare(tmp_path / "fresh", of_parts, settings, generations), settings)[0]
    assert found.tolist() == fresh.tolist()
    generation_of = np.repeat(generations, [len(part) for part in of_parts])
    assert (generation_of[found["twin"]] <= generation_of[found["document"]]).all()
    assert (generation_of[found["twin"]] < generation_of[found["document"]]).any()
    whole = find(tmp_path / "whole", prepare(tmp_path / "whole", of_parts, SURE, generations), SURE)[0]
    assert_same(whole, all_pairs(texts, generation_of.tolist(), SURE))


def test_only_what_must_is_done_again_when_parts_are_added(tmp_path: Path) -> None:
    of_parts = cut(families(5, 120), 3)
    find(tmp_path, prepare(tmp_path, of_parts[:2], SURE, (0, 0)), SURE)
    markers = {path: path.stat().st_mtime_ns for stage in ("sorted", "bands") for path in (tmp_path / stage).glob("*.done.json")}
    assert len(markers) == 4
    find(tmp_path, prepare(tmp_path, of_parts, SURE, (0, 0, 1)), SURE)
    assert all(path.stat().st_mtime_ns == written for path, written in markers.items())
    find(tmp_path, prepare(tmp_path, of_parts, SURE, (0, 0, 0)), SURE)  # one that ranks with them may say what is equal in them
    assert {path.parent.name for path, written in markers.items() if path.stat().st_mtime_ns != written} == {"bands"}


def test_the_best_copy_stays(tmp_path: Path) -> None:
    words = random.Random(6).choices(VOCABULARY, k=80)
    texts = [" ".join(words), ", ".join(words), " ".join([*words, "more"]), " ".join(words[1:]), ", ".join([*words, "more"]).upper()]
    found, _ = find(tmp_path / "one", prepare(tmp_path / "one", [texts], SURE), SURE)
    assert {drop["document"]: drop["twin"] for drop in found} == {0: 4, 1: 4, 2: 4, 3: 4}
    assert found["kind"].tolist() == [NEAR, NEAR, EQUAL, NEAR]
    assert found["jaccard"].tolist() == np.array([76 / 77, 76 / 77, 1, 75 / 77], np.float32).tolist()
    parts = prepare(tmp_path / "two", [texts[:4], texts[4:]], SURE, (0, 1))
    assert {drop["document"]: drop["twin"] for drop in find(tmp_path / "two", parts, SURE)[0]} == {0: 1, 2: 1, 3: 1, 4: 1}


def test_one_goes_only_for_one_that_stays() -> None:
    pairs = np.array([(7, 9, 0.9), (3, 7, 0.85), (4, 3, 0.8), (4, 9, 0.8), (5, 9, 0.8), (5, 3, 0.9)], duplicates._PAIRS)
    drops = resolved(pairs, np.array([9, 7, 3, 4, 5], np.uint64))
    expected = [(4, 9, 0.8, NEAR), (5, 3, 0.9, NEAR), (7, 9, 0.9, NEAR)]  # 3 stays, as 7 goes; of equals 4 goes for the better
    assert_same(drops, expected)


@pytest.mark.parametrize("min_jaccard", [None, 0.8])
def test_no_documents_and_no_parts(min_jaccard: float | None, tmp_path: Path) -> None:
    settings = DedupSettings(min_jaccard=min_jaccard)
    nothing = {"equal": 0, "near": 0, "clusters": 0, "cluster_sizes": {}, "largest": []}
    for name, of_parts in (("none", []), ("empty", [[]]), ("blank", [["..."], []])):
        found, counts = find(tmp_path / name, prepare(tmp_path / name, of_parts, settings), settings)
        assert (len(found), counts) == (0, nothing)


def test_an_empty_part_among_others(tmp_path: Path) -> None:
    texts = families(7, 60)
    parts = prepare(tmp_path, [texts[:50], [], texts[50:]], SURE)
    assert_same(find(tmp_path, parts, SURE)[0], all_pairs(texts, [0] * len(texts), SURE))


def test_without_a_threshold_only_equal_texts_go(tmp_path: Path) -> None:
    settings = SURE.model_copy(update={"min_jaccard": None})
    texts = families(8, 200)
    found, counts = find(tmp_path, prepare(tmp_path, cut(texts, 3), settings), settings)
    assert_same(found, all_pairs(texts, [0] * len(texts), settings))
    assert counts["equal"] == len(found) > 30
    assert not (tmp_path / "buckets").exists()


def pairs_compared(work: Path) -> int:
    return sum(json.loads(path.read_text())["result"]["candidate_pairs"] for path in (work / "verify").glob("*.done.json"))


def templates(count: int) -> list[str]:
    draw = random.Random(9)
    words = draw.choices(VOCABULARY, k=60)
    return [" ".join([*words[:20], f"x{number}", *words[20:]]) for number in range(count)]


@pytest.mark.parametrize("count", [2000, pytest.param(20_000, marks=pytest.mark.long)])
def test_a_huge_bucket_is_linear(count: int, tmp_path: Path) -> None:
    settings = DedupSettings(rows_per_band=3, max_pairs_per_bucket=16)
    parts = prepare(tmp_path, cut(templates(count), 4), settings)
    found, counts = find(tmp_path, parts, settings)
    assert pairs_compared(tmp_path) <= count * settings.max_pairs_per_bucket * settings.num_bands / 4 < count * (count - 1) / 4
    assert counts["largest"] == [[0, count - 1]]
    assert found["document"].tolist() == list(range(1, count))
    members = sum(len(np.load(path)) for path in (tmp_path / "buckets").glob("*.found.npy"))
    assert members <= count * settings.num_bands


def files_of_drops(work: Path, parts: Sequence[Part]) -> list[bytes]:
    files = [file_of(work, "drops", part.name, "drops.npy") for part in parts]
    files += [file_of(work, "copies", "all", suffix) for suffix in ("copies.npy", "counts.json")]
    return [file.read_bytes() for file in files]


def test_the_number_of_processes_changes_no_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duplicates, "RANGE_DOCUMENTS", 500)
    of_parts = cut(families(10, 300), 3)
    settings = DedupSettings()
    for num_processes in (1, 2):
        work = tmp_path / str(num_processes)
        find(work, prepare(work, of_parts, settings), settings, num_processes)
    names = {path.relative_to(tmp_path / "1") for path in (tmp_path / "1").rglob("*") if path.is_file()}
    assert len(names) > 50
    assert names == {path.relative_to(tmp_path / "2") for path in (tmp_path / "2").rglob("*") if path.is_file()}
    for name in names:
        one, two = ((tmp_path / work / name).read_bytes() for work in ("1", "2"))
        if name.name.endswith(MARKER_SUFFIX):  # which also say what the task cost
            one, two = ({**json.loads(content), "cost": None} for content in (one, two))
        assert one == two, name


PROGRAM = """
import json, sys
from pathlib import Path
from medpretrain.corpus import duplicates
from medpretrain.corpus.settings import DedupSettings
from medpretrain.corpus.tasks import MARKER_SUFFIX, Workers

if __name__ == "__main__":
    duplicates.RANGE_DOCUMENTS = 500
    parts = [duplicates.Part(*part) for part in json.loads(sys.argv[2])]
    with Workers(2) as workers:
        duplicates.find_duplicates(workers, Path(sys.argv[1]), parts, DedupSettings(), "test")
"""


@pytest.mark.slow
def test_killed_at_any_moment_it_ends_with_the_same_bytes(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    texts, settings = families(11, 1000), DedupSettings()

    def begin(work: Path, parts: Sequence[Part]) -> subprocess.Popen[bytes]:
        words = json.dumps([list(vars(part).values()) for part in parts])
        return subprocess.Popen([sys.executable, str(program), str(work), words], start_new_session=True)

    parts = prepare(tmp_path / "whole", cut(texts, 6), settings)
    started = time.monotonic()
    assert begin(tmp_path / "whole", parts).wait() == 0
    seconds = time.monotonic() - started
    expected = files_of_drops(tmp_path / "whole", parts)

    draw, work = random.Random(12), tmp_path / "killed"
    prepare(work, cut(texts, 6), settings)
    num_killed, num_done = 0, []
    for _ in range(6):
        process = begin(work, parts)
        try:
            process.wait(draw.uniform(0.2, 0.8) * seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            num_killed += 1
        num_done.append(sum(1 for _ in work.rglob("*.done.json")))
    assert num_killed >= 1
    assert num_done == sorted(num_done)
    assert begin(work, parts).wait() == 0
    assert files_of_drops(work, parts) == expected
