"""The last stage: what is left of a part, training documents and held-out ones apart, and the record of everything that was dropped."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from medpretrain.corpus.document import Essentials, parse_essentials
from medpretrain.corpus.duplicates import EQUAL, Part
from medpretrain.corpus.flow import Flow
from medpretrain.corpus.lines import LineWriter, read_lines
from medpretrain.corpus.prepare import drop_line
from medpretrain.corpus.reader import SPLITS
from medpretrain.corpus.sources.record import SHOWN_CHARACTERS
from medpretrain.corpus.tasks import Result, file_of, tell

DEDUP = "dedup"
REASON_OF_KIND = {True: "duplicate", False: "near-duplicate"}


def write_part(scratch: Path, work: Path, part: Part, parts: Sequence[Part]) -> Result:
    """The task of a part: `train.jsonl.zst` and `heldout.jsonl.zst`, where there are such documents, and `dropped.jsonl.zst`.

    Result: the counts of `Flow`, of what came in and what was kept; `splits` that have a file.
    """
    drops = np.load(file_of(work, "drops", part.name, "drops.npy"))
    num_tokens = np.load(file_of(work, "prepare", part.name, "facts.npy"), mmap_mode="r")["num_tokens"]
    heldout = np.load(file_of(work, "prepare", part.name, "heldout.npy"))
    drop_of_row = dict(zip((drops["document"] - np.uint64(part.first_document)).tolist(), drops, strict=True))
    ids = Ids(work, parts)
    flow = Flow()
    path = file_of(work, "prepare", part.name, "documents.jsonl.zst")
    with ExitStack() as stack:
        writers: dict[str, LineWriter] = {}
        dropped = stack.enter_context(LineWriter(scratch / "dropped.jsonl.zst"))
        for _, line in read_lines(file_of(work, "prepare", part.name, "dropped.jsonl.zst")):
            dropped.write(line + b"\n")
        places = read_lines(file_of(work, "prepare", part.name, "places.jsonl.zst"))
        for row, ((number, line), (_, place)) in enumerate(zip(read_lines(path), places, strict=True)):
            document = parse_essentials(line, path.name, number)
            kind, tokens = flow.of(document.source, document.doc_type), int(num_tokens[row])
            kind.read(tokens)
            tell(1)
            drop = drop_of_row.get(row)
            if drop is not None:
                reason = REASON_OF_KIND[drop["kind"] == EQUAL]
                kind.drop(DEDUP, reason, tokens)
                dropped.write(_copy_line(document, reason, drop, orjson.loads(place), *ids.of(int(drop["twin"]))))
                continue
            split = SPLITS[heldout[row]]
            kind.keep(tokens, len(document.text.encode()), is_heldout=bool(heldout[row]))
            if split not in writers:
                writers[split] = stack.enter_context(LineWriter(scratch / f"{split}.jsonl.zst"))
            writers[split].write(line + b"\n")
        flow.num_records = part.num_documents
    return {**flow.counts(), "splits": sorted(writers)}


def _copy_line(document: Essentials, reason: str, drop: Any, place: list[str], twin: str, twin_part: str) -> bytes:
    return drop_line(
        {
            "stage": DEDUP,
            "reason": reason,
            "detail": f"Jaccard index {drop['jaccard']:.3f}",
            "id": document.id,
            "twin": twin,
            "twin_part": twin_part,
            "source": document.source,
            "doc_type": document.doc_type,
            "file": place[0],
            "place": place[1],
            "begins": document.text[:SHOWN_CHARACTERS],
        }
    )


class Ids:
    """The ids of the documents of all parts."""

    def __init__(self, work: Path, parts: Sequence[Part]) -> None:
        self._work, self._parts = work, [part for part in parts if part.num_documents]
        self._firsts = [part.first_document for part in self._parts]
        self._open: dict[str, tuple[Any, Any]] = {}

    def of(self, number: int) -> tuple[str, str]:
        """The id of a document by its number, and the name of its part."""
        part = self._parts[bisect_right(self._firsts, number) - 1]
        if part.name not in self._open:
            ends = np.load(file_of(self._work, "prepare", part.name, "id_ends.npy"), mmap_mode="r")
            self._open[part.name] = ends, np.memmap(file_of(self._work, "prepare", part.name, "ids.bin"), np.uint8, mode="r")
        ends, ids = self._open[part.name]
        row = number - part.first_document
        return bytes(ids[int(ends[row - 1]) if row else 0 : int(ends[row])]).decode(), part.name
