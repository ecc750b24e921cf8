"""Which documents are copies of others, out of core: stages of tasks, whose files hold what would not fit in memory.

    parts                                              of the stage "prepare": documents, facts.npy, bands.npy
      sorted    (part)                                 fingerprints in order
      equal     (range of fingerprints)                documents with the same words: all but the best, with that one
      bands     (part)                                 each band's hashes in order, of the documents that are left
      buckets   (band, range of hashes)                documents with the same band hash, each with the best before it: candidates
      candidates, runs  (part)                         the sets of run hashes of the documents that stand in a bucket with others
      verify    (part of the later document)           candidate pairs by their exact Jaccard index
      resolve                                          who goes, and for whom, in order of preference
      drops     (part), copies                         both kinds put together; who has how many copies

The order of preference, best first: an earlier generation, more tokens, the smaller number. A document is compared with better ones
alone, so nothing that a later generation brings changes what was decided of an earlier one.

In memory at a time: one part, or one range of hashes (RANGE_DOCUMENTS of them, more only where more have the very same hash), or a block
of pairs; `resolve` holds the verified pairs, about 50 bytes each.
"""

from __future__ import annotations

import os
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from blake3 import blake3
from numpy.typing import NDArray

from medpretrain.corpus.document import parse_essentials
from medpretrain.corpus.lines import read_lines
from medpretrain.corpus.minhash import as_set, jaccards
from medpretrain.corpus.settings import DedupSettings
from medpretrain.corpus.tasks import Result, Task, Workers, file_of
from medpretrain.corpus.words import Hashes, hash_runs, hash_words, words_of
from medpretrain.manifest import hash_of, write_json

EQUAL, NEAR = 0, 1
# What is dropped of a part, by document: the kept document it is a copy of, their Jaccard index, and whether their words are the same.
DROPS = np.dtype([("document", "<u8"), ("twin", "<u8"), ("jaccard", "<f4"), ("kind", "u1")])
COPIES = np.dtype([("twin", "<u8"), ("num_copies", "<u8")])
SHOWN_TWINS = 20

RANGE_DOCUMENTS = 1 << 21  # in one range of fingerprints or band hashes, about
BLOCK_PAIRS = 1 << 21
BLOCK_RUNS = 1 << 22  # of both documents of each pair that is verified at a time
OPEN_PARTS = 64  # whose files of runs are held open

_SORTED = np.dtype([("high", "<u8"), ("low", "<u8"), ("row", "<u4"), ("num_tokens", "<u4")])
_EQUAL = np.dtype([("document", "<u8"), ("twin", "<u8")])
# Of a document in a bucket with others: which of "best.npy" are before it.
_MEMBERS = np.dtype([("document", "<u8"), ("begin", "<u8"), ("num_before", "<u4")])
_PAIRS = np.dtype([("later", "<u8"), ("earlier", "<u8"), ("jaccard", "<f4")])  # in the order of preference

Array = NDArray[Any]


@dataclass(frozen=True)
class Part:
    """Some documents, in files of the stage "prepare" under `name`. The number of a document is `first_document` + its row.

    `identity` is a hash of all that decides those files.
    """

    name: str
    generation: int
    first_document: int
    num_documents: int
    identity: str

    @property
    def end(self) -> int:
        return self.first_document + self.num_documents


def find_duplicates(workers: Workers, work: Path, parts: Sequence[Part], settings: DedupSettings, identity: str) -> Path:
    """Name the documents to drop: `file_of(work, "drops", part.name, "drops.npy")` for each part, DROPS sorted by document.

    Every twin is kept, and the Jaccard index of a near one with it is at least `settings.min_jaccard`. Returns a JSON file of counts:
    "equal" and "near" drops, "clusters" (kept documents with copies), "cluster_sizes" (size, with the kept one, -> how many) and
    "largest" ([twin, copies], SHOWN_TWINS of them). Beside it lies "copies.npy": COPIES of every kept document with copies.

    `parts` follow each other without a gap, and their generations never fall. `identity` is a hash of what else decides the result.
    """
    assert all(after.first_document == before.end and after.generation >= before.generation for before, after in pairwise(parts))
    stages = _Stages(workers, work, tuple(parts), settings, identity)
    equal = stages.find_equal()
    near = None if settings.min_jaccard is None else stages.find_near(equal)
    return stages.join(equal, near)


class _Stages:
    """The stages in terms of tasks: who depends on what."""

    def __init__(self, workers: Workers, work: Path, parts: tuple[Part, ...], settings: DedupSettings, identity: str) -> None:
        self._workers, self._work, self._parts, self._settings, self._identity = workers, work, parts, settings, identity
        num_documents = parts[-1].end if parts else 0
        self._num_documents, self._num_ranges = num_documents, max(1, -(-num_documents // RANGE_DOCUMENTS))
        self._all = [astuple(part) for part in parts]

    def find_equal(self) -> list[Path]:
        sort = [self._of_part("sorted", part, _sort_fingerprints, (self._work, part)) for part in self._parts]
        self._run("sorted", sort)
        number = range(self._num_ranges)
        return self._run_all("equal", [self._of_all(f"{of:05d}", _find_equal, (self._work, self._parts, of, len(number))) for of in number])

    def find_near(self, equal: list[Path]) -> Path:
        bands = []
        for part in self._parts:
            before = [astuple(other) for other in self._parts if other.generation <= part.generation]  # decide what is equal in it
            bands.append(self._of_part("bands", part, _sort_bands, (self._work, part, equal), before))
        self._run("bands", bands)
        bucket_tasks = [
            self._of_all(
                f"{band:03d}-{of:05d}",
                _fill_buckets,
                (self._work, self._parts, band, of, self._num_ranges, self._settings.max_pairs_per_bucket),
                self._num_documents // self._num_ranges,
            )
            for band in range(self._settings.num_bands)
            for of in range(self._num_ranges)
        ]
        buckets = self._run_all("buckets", bucket_tasks)
        chosen = self._run(
            "candidates", [self._of_all(part.name, _list_candidates, (part, buckets), part.num_documents) for part in self._parts]
        )
        run_words = self._settings.run_words
        self._run(
            "runs",
            [
                self._of_part("runs", part, _hash_candidates, (self._work, part, run_words), [run_words, chosen[part.name]["digest"]])
                for part in self._parts
            ],
        )
        arguments = (buckets, self._settings.min_jaccard)
        verify = [self._of_all(part.name, _verify, (self._work, self._parts, part, *arguments), part.num_documents) for part in self._parts]
        verified = self._run_all("verify", verify)
        return self._run_all("resolve", [self._of_all("all", _resolve, (self._work, self._parts, verified))])[0]

    def join(self, equal: list[Path], near: Path | None) -> Path:
        join = [self._of_all(part.name, _join, (part, equal, near), part.num_documents) for part in self._parts]
        self._run("drops", join)
        self._run("copies", [self._of_all("all", _count_copies, (self._work, self._parts))])
        return file_of(self._work, "copies", "all", "counts.json")

    def _of_part(self, stage: str, part: Part, function: Any, arguments: tuple[Any, ...], also: Any = None) -> Task:
        return Task(part.name, hash_of([self._identity, stage, part.identity, also]), function, arguments, part.num_documents)

    def _of_all(self, name: str, function: Any, arguments: tuple[Any, ...], size: int = 1) -> Task:
        identity = hash_of([self._identity, self._settings.model_dump(mode="json"), self._num_ranges, self._all, name])
        return Task(name, identity, function, arguments, max(size, 1))

    def _run(self, stage: str, tasks: list[Task]) -> dict[str, Result]:
        return self._workers.run(self._work, stage, tasks, "documents")

    def _run_all(self, stage: str, tasks: list[Task]) -> list[Path]:
        """The tasks' main files."""
        self._run(stage, tasks)
        return [file_of(self._work, stage, task.name, "found.npy") for task in tasks]


# Equal texts.


def _sort_fingerprints(scratch: Path, work: Path, part: Part) -> Result:
    facts = np.load(file_of(work, "prepare", part.name, "facts.npy"))
    order = np.lexsort((facts["fingerprint"][:, 1], facts["fingerprint"][:, 0]))
    found = np.empty(len(order), _SORTED)
    found["high"], found["low"] = facts["fingerprint"][order].T
    found["row"], found["num_tokens"] = order, facts["num_tokens"][order]
    np.save(scratch / "found.npy", found)
    return {}


def _find_equal(scratch: Path, work: Path, parts: Sequence[Part], number: int, num_ranges: int) -> Result:
    slices, documents, generations = [np.empty(0, _SORTED)], [np.empty(0, np.uint64)], [np.empty(0, np.uint32)]
    for part in parts:
        sorted_ = np.load(file_of(work, "sorted", part.name, "found.npy"), mmap_mode="r")
        slices.append(np.array(sorted_[_range_of(sorted_["high"], number, num_ranges)]))
        documents.append(slices[-1]["row"].astype(np.uint64) + np.uint64(part.first_document))
        generations.append(np.full(len(slices[-1]), part.generation, np.uint32))
    found, document = np.concatenate(slices), np.concatenate(documents)
    order = np.lexsort((document, ~found["num_tokens"], np.concatenate(generations), found["low"], found["high"]))
    found, document = found[order], document[order]
    new = np.ones(len(found), bool)
    new[1:] = (found["high"][1:] != found["high"][:-1]) | (found["low"][1:] != found["low"][:-1])
    best = np.flatnonzero(new)[np.cumsum(new) - 1]
    equal = np.empty(np.count_nonzero(~new), _EQUAL)
    equal["document"], equal["twin"] = document[~new], document[best][~new]
    np.save(scratch / "found.npy", np.sort(equal, order="document"))
    return {}


def _equal_of(part: Part, equal: Sequence[Path]) -> Array:
    """_EQUAL of a part, by document."""
    found = np.concatenate([_rows_of(part, np.load(path, mmap_mode="r")) for path in equal])
    return np.sort(found, order="document")


# Candidates.


def _sort_bands(scratch: Path, work: Path, part: Part, equal: Sequence[Path]) -> Result:
    bands = np.load(file_of(work, "prepare", part.name, "bands.npy"), mmap_mode="r")
    left = np.ones(part.num_documents, bool)
    left[_equal_of(part, equal)["document"] - np.uint64(part.first_document)] = False
    rows = np.flatnonzero(left).astype(np.uint32)
    hashes, rows_of_band = np.empty((bands.shape[1], len(rows)), np.uint64), np.empty((bands.shape[1], len(rows)), np.uint32)
    for band in range(bands.shape[1]):
        of_band = bands[:, band][rows]
        order = np.argsort(of_band, kind="stable")
        hashes[band], rows_of_band[band] = of_band[order], rows[order]
    np.save(scratch / "hashes.npy", hashes)
    np.save(scratch / "rows.npy", rows_of_band)
    return {}


def _fill_buckets(
    scratch: Path, work: Path, parts: Sequence[Part], band: int, number: int, num_ranges: int, max_pairs_per_bucket: int
) -> Result:
    hashes_of, documents_of = [np.empty(0, np.uint64)], [np.empty(0, np.uint64)]
    for part in parts:
        of_band = np.load(file_of(work, "bands", part.name, "hashes.npy"), mmap_mode="r")[band]
        within = _range_of(of_band, number, num_ranges)
        rows = np.load(file_of(work, "bands", part.name, "rows.npy"), mmap_mode="r")[band, within]
        hashes_of.append(np.array(of_band[within]))
        documents_of.append(rows.astype(np.uint64) + np.uint64(part.first_document))
    hashes, documents = np.concatenate(hashes_of), np.concatenate(documents_of)
    del hashes_of, documents_of
    order = np.argsort(hashes)
    hashes, documents = hashes[order], documents[order]
    as_next = np.zeros(len(hashes) + 1, bool)
    as_next[1:-1] = hashes[1:] == hashes[:-1]
    together = as_next[1:] | as_next[:-1]
    hashes, documents = hashes[together], documents[together]
    by_number = np.argsort(documents)
    hashes, documents = hashes[by_number], documents[by_number]
    order = np.lexsort((*_preference(work, parts, documents), hashes))
    hashes, documents = hashes[order], documents[order]
    members, best = _buckets(hashes, documents, max_pairs_per_bucket)
    np.save(scratch / "found.npy", members)
    np.save(scratch / "best.npy", best)
    return {}


def _buckets(hashes: Hashes, documents: Array, max_pairs: int) -> tuple[Array, Array]:
    """_MEMBERS by document, and the best of all buckets; the hashes stand together, and the documents of each hash best first."""
    new = np.ones(len(hashes), bool)
    new[1:] = hashes[1:] != hashes[:-1]
    first = np.flatnonzero(new)
    bucket = np.cumsum(new) - 1
    place = np.arange(len(hashes)) - first[bucket]
    num_best = np.minimum(np.diff(first, append=len(hashes)), max_pairs)
    members = np.empty(len(hashes), _MEMBERS)
    members["document"], members["num_before"] = documents, np.minimum(place, max_pairs)
    members["begin"] = (np.cumsum(num_best) - num_best)[bucket]
    return members[np.argsort(documents)], documents[place < max_pairs]


def _preference(work: Path, parts: Sequence[Part], documents: Array) -> tuple[Array, Array, Array]:
    """Keys of the order of preference for `np.lexsort`, last one first; the documents are sorted by number."""
    num_tokens, generations = np.empty(len(documents), np.uint32), np.empty(len(documents), np.uint32)
    for part, within, rows in _by_part(parts, documents):
        num_tokens[within] = np.load(file_of(work, "prepare", part.name, "facts.npy"), mmap_mode="r")["num_tokens"][rows]
        generations[within] = part.generation
    return documents, ~num_tokens, generations


# Verified pairs.


def _list_candidates(scratch: Path, part: Part, buckets: Sequence[Path]) -> Result:
    chosen = np.zeros(part.num_documents, bool)
    for path in buckets:
        members = np.load(path, mmap_mode="r")
        chosen[_rows_of(part, members)["document"] - np.uint64(part.first_document)] = True
    rows = np.flatnonzero(chosen).astype(np.uint32)
    np.save(scratch / "rows.npy", rows)
    return {"digest": blake3(rows.tobytes()).hexdigest()}


def _hash_candidates(scratch: Path, work: Path, part: Part, run_words: int) -> Result:
    rows = np.load(file_of(work, "candidates", part.name, "rows.npy"))
    ends = np.zeros(len(rows) + 1, np.int64)
    documents = file_of(work, "prepare", part.name, "documents.jsonl.zst")
    with open(scratch / "runs.u64", "wb") as file:
        place = 0
        for number, line in read_lines(documents) if len(rows) else ():
            if number - 1 != rows[place]:
                continue
            runs = as_set(hash_runs(hash_words(words_of(parse_essentials(line, documents.name, number).text)), run_words))
            file.write(runs.tobytes())
            ends[place + 1] = ends[place] + len(runs)
            place += 1
            if place == len(rows):
                break
    assert place == len(rows), f"{documents} has fewer documents than {part.num_documents}"
    np.save(scratch / "ends.npy", ends)
    return {}


def _verify(scratch: Path, work: Path, parts: Sequence[Part], part: Part, buckets: Sequence[Path], min_jaccard: float) -> Result:
    found, num_candidates = [np.empty(0, _PAIRS)], 0
    with _Runs(work, parts) as runs:
        for pairs in _candidate_pairs(part, buckets, parts[-1].end):
            num_candidates += len(pairs)
            found += _verified(runs, pairs, min_jaccard)
    np.save(scratch / "found.npy", np.concatenate(found))
    return {"candidate_pairs": num_candidates, "verified_pairs": sum(map(len, found))}


def _candidate_pairs(part: Part, buckets: Sequence[Path], num_documents: int) -> Iterator[Array]:
    """_PAIRS whose later document is in the part, each once, in blocks, sorted."""
    members, file_numbers = [np.empty(0, _MEMBERS)], [np.empty(0, np.uint32)]
    for number, path in enumerate(buckets):
        of_file = _rows_of(part, np.load(path, mmap_mode="r"))
        members.append(of_file[of_file["num_before"] > 0])
        file_numbers.append(np.full(len(members[-1]), number, np.uint32))
    all_members, file_number = np.concatenate(members), np.concatenate(file_numbers)
    del members, file_numbers
    order = np.argsort(all_members["document"], kind="stable")
    all_members, file_number = all_members[order], file_number[order]
    new = np.ones(len(all_members), bool)
    new[1:] = all_members["document"][1:] != all_members["document"][:-1]
    first_of_document = np.flatnonzero(new)
    num_before = (
        np.add.reduceat(all_members["num_before"], first_of_document, dtype=np.int64) if len(first_of_document) else np.empty(0, int)
    )
    for within in _blocks(num_before, BLOCK_PAIRS):
        begin = first_of_document[within.start]
        end = first_of_document[within.stop] if within.stop < len(first_of_document) else len(all_members)
        keys = []
        for number in np.unique(file_number[begin:end]):
            chosen = all_members[begin:end][file_number[begin:end] == number]
            counts = chosen["num_before"].astype(np.int64)
            ends = np.cumsum(counts)
            places = np.arange(ends[-1]) + np.repeat(chosen["begin"].astype(np.int64) - (ends - counts), counts)
            best = np.load(buckets[number].with_name(buckets[number].name.replace("found.npy", "best.npy")), mmap_mode="r")
            rows = np.repeat(chosen["document"] - np.uint64(part.first_document), counts)
            keys.append(rows * np.uint64(num_documents) + best[places])
        key = as_set(np.concatenate(keys))
        pairs = np.zeros(len(key), _PAIRS)
        pairs["later"] = key // np.uint64(num_documents) + np.uint64(part.first_document)
        pairs["earlier"] = key % np.uint64(num_documents)
        yield pairs


def _verified(runs: _Runs, pairs: Array, min_jaccard: float) -> Iterator[Array]:
    """Those of the pairs (sorted by the later document) with so high an index, told."""
    documents, places = np.unique(np.concatenate([pairs["later"], pairs["earlier"]]), return_inverse=True)
    sizes = runs.sizes_of(documents)[places].reshape(2, -1)
    possible = sizes.min(0) >= min_jaccard * sizes.max(0) * (1 - 1e-9)  # as the larger set is in the union; rounding aside
    pairs, sizes = pairs[possible], sizes[:, possible]
    for within in _blocks(sizes.sum(0), BLOCK_RUNS):
        block = pairs[within]
        documents, places = np.unique(np.concatenate([block["later"], block["earlier"]]), return_inverse=True)
        sets = runs.sets_of(documents)
        later, earlier = places[: len(block)], places[len(block) :].tolist()
        index = np.empty(len(block))
        bounds = [0, *(np.flatnonzero(later[1:] != later[:-1]) + 1).tolist(), len(block)]
        for begin, end in pairwise(bounds):
            index[begin:end] = jaccards(sets[later[begin]], [sets[place] for place in earlier[begin:end]])
        block["jaccard"] = index
        yield block[index >= min_jaccard]


class _Runs:
    """The sets of run hashes of the candidates of all parts, read when they are asked for. Use it in a `with`."""

    def __init__(self, work: Path, parts: Sequence[Part]) -> None:
        self._work, self._parts = work, parts
        self._open: OrderedDict[str, tuple[Array, Array, int]] = OrderedDict()

    def __enter__(self) -> _Runs:
        return self

    def __exit__(self, *_: object) -> None:
        while self._open:
            self._close_oldest()

    def sizes_of(self, documents: Array) -> NDArray[np.int64]:
        """Of documents sorted by number."""
        sizes = np.empty(len(documents), np.int64)
        for part, within, rows in _by_part(self._parts, documents):
            begins, ends, _ = self._places_of(part, rows)
            sizes[within] = ends - begins
        return sizes

    def sets_of(self, documents: Array) -> list[Hashes]:
        """Of documents sorted by number."""
        sets = []
        for part, _, rows in _by_part(self._parts, documents):
            begins, ends, file = self._places_of(part, rows)
            for begin, end in zip(begins.tolist(), ends.tolist(), strict=True):
                sets.append(np.frombuffer(os.pread(file, (end - begin) * 8, begin * 8), np.uint64))
        return sets

    def _places_of(self, part: Part, rows: Array) -> tuple[Array, Array, int]:
        if part.name in self._open:
            self._open.move_to_end(part.name)
        else:
            if len(self._open) == OPEN_PARTS:
                self._close_oldest()
            of_rows = np.load(file_of(self._work, "candidates", part.name, "rows.npy"), mmap_mode="r")
            ends = np.load(file_of(self._work, "runs", part.name, "ends.npy"), mmap_mode="r")
            self._open[part.name] = of_rows, ends, os.open(file_of(self._work, "runs", part.name, "runs.u64"), os.O_RDONLY)
        of_rows, ends, file = self._open[part.name]
        places = np.searchsorted(of_rows, rows.astype(of_rows.dtype))
        return ends[places], ends[places + 1], file

    def _close_oldest(self) -> None:
        _, (*_, file) = self._open.popitem(last=False)
        os.close(file)


# Who goes.


def _resolve(scratch: Path, work: Path, parts: Sequence[Part], verified: Sequence[Path]) -> Result:
    pairs = np.concatenate([np.empty(0, _PAIRS), *(np.load(path) for path in verified)])
    documents = np.unique(np.concatenate([pairs["later"], pairs["earlier"]]))
    np.save(scratch / "found.npy", resolved(pairs, documents[np.lexsort(_preference(work, parts, documents))]))
    return {}


def resolved(pairs: Array, documents: Array) -> Array:
    """DROPS by document of verified pairs, whose documents are given best first.

    One after the other, a document goes that has a pair with one that stayed: the most similar such is its twin, of equals the best.
    """
    by_number = np.argsort(documents)
    later, earlier = (
        by_number[np.searchsorted(documents, pairs[name], sorter=by_number)].astype(np.uint32) for name in ("later", "earlier")
    )
    order = np.argsort(later, kind="stable")
    stays = bytearray(b"\1") * len(documents)
    for begin in range(0, len(order), BLOCK_PAIRS):
        block = order[begin : begin + BLOCK_PAIRS]
        for one, better in zip(later[block].tolist(), earlier[block].tolist(), strict=True):
            if stays[better]:
                stays[one] = 0
    decisive = np.frombuffer(stays, np.uint8)[earlier] == 1
    later, earlier, pairs = later[decisive], earlier[decisive], pairs[decisive]
    order = np.lexsort((earlier, -pairs["jaccard"], pairs["later"]))
    pairs = pairs[order]
    first = np.ones(len(pairs), bool)
    first[1:] = pairs["later"][1:] != pairs["later"][:-1]
    drops = np.empty(np.count_nonzero(first), DROPS)
    drops["document"], drops["twin"], drops["jaccard"], drops["kind"] = (*(pairs[name][first] for name in _PAIRS.names), NEAR)  # type: ignore[union-attr]
    return drops


def _join(scratch: Path, part: Part, equal: Sequence[Path], near: Path | None) -> Result:
    of_equal = _equal_of(part, equal)
    drops = np.zeros(len(of_equal), DROPS)
    drops["document"], drops["twin"], drops["jaccard"], drops["kind"] = of_equal["document"], of_equal["twin"], 1.0, EQUAL
    if near is not None:
        all_near = np.load(near, mmap_mode="r")
        for drop in drops:  # whose best copy goes too, goes for the same one
            place = bisect_left(all_near["document"], drop["twin"])
            if place < len(all_near) and all_near["document"][place] == drop["twin"]:
                _, drop["twin"], drop["jaccard"], drop["kind"] = all_near[place]
        drops = np.sort(np.concatenate([drops, _rows_of(part, all_near)]), order="document")
    np.save(scratch / "drops.npy", drops)
    return {"equal": int(np.count_nonzero(drops["kind"] == EQUAL)), "near": int(np.count_nonzero(drops["kind"] == NEAR))}


def _count_copies(scratch: Path, work: Path, parts: Sequence[Part]) -> Result:
    twins, kinds = [np.empty(0, np.uint64)], np.zeros(2, np.int64)
    for part in parts:
        drops = np.load(file_of(work, "drops", part.name, "drops.npy"))
        twins.append(drops["twin"])
        kinds += np.bincount(drops["kind"], minlength=2)
    copies_of, num_copies = np.unique(np.concatenate(twins), return_counts=True)
    copies = np.empty(len(copies_of), COPIES)
    copies["twin"], copies["num_copies"] = copies_of, num_copies
    np.save(scratch / "copies.npy", copies)
    sizes, how_many = np.unique(num_copies + 1, return_counts=True)
    largest = copies[np.argsort(-num_copies, kind="stable")[:SHOWN_TWINS]]
    counts = {
        "equal": int(kinds[EQUAL]),
        "near": int(kinds[NEAR]),
        "clusters": len(copies),
        "cluster_sizes": {str(size): many for size, many in zip(sizes.tolist(), how_many.tolist(), strict=True)},
        "largest": [list(pair) for pair in largest.tolist()],
    }
    write_json(scratch / "counts.json", counts)
    return counts


# Slices.


def _range_of(sorted_hashes: Array, number: int, num_ranges: int) -> slice:
    """Where the hashes stand that belong to one of as many equal ranges of all 64-bit numbers."""
    begin, end = (-(-(edge << 64) // num_ranges) for edge in (number, number + 1))
    return slice(bisect_left(sorted_hashes, begin), len(sorted_hashes) if number + 1 == num_ranges else bisect_left(sorted_hashes, end))


def _rows_of(part: Part, by_document: Array) -> Array:
    """What stands of a part's documents in an array sorted by document."""
    column = by_document["document"]
    return np.array(by_document[bisect_left(column, part.first_document) : bisect_left(column, part.end)])


def _by_part(parts: Sequence[Part], documents: Array) -> Iterator[tuple[Part, slice, Array]]:
    """The parts that hold any of the documents, which are sorted by number: where theirs stand, and their rows."""
    edges = np.searchsorted(documents, np.array([part.end for part in parts], np.uint64)).tolist()
    begin = 0
    for part, end in zip(parts, edges, strict=True):
        if end > begin:
            yield part, slice(begin, end), documents[begin:end] - np.uint64(part.first_document)
        begin = end


def _blocks(sizes: NDArray[np.int64], limit: int) -> Iterator[slice]:
    """Slices of consecutive things that are together not larger than the limit, or of one that alone is."""
    ends = np.cumsum(sizes)
    begin = 0
    while begin < len(sizes):
        reached = int(ends[begin - 1]) if begin else 0
        end = max(begin + 1, int(np.searchsorted(ends, reached + limit, side="right")))
        yield slice(begin, end)
        begin = end
