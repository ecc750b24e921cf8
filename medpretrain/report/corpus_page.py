"""A corpus' page: `OUT/report/index.html`, one file that needs no network and no script; the numbers behind it are OUT/decisions.json."""

from __future__ import annotations

import heapq
import json
from collections.abc import Iterator, Mapping, Sequence
from hashlib import blake2b
from html import escape
from pathlib import Path
from typing import Any

from medpretrain.corpus.build import COSTS_NAME, DECISIONS_NAME, REPORT
from medpretrain.corpus.flow import NUM_LENGTHS
from medpretrain.corpus.lines import read_lines
from medpretrain.corpus.reader import BUILD_STAGE
from medpretrain.errors import InputError
from medpretrain.manifest import Manifest, read_manifest, write_atomically
from medpretrain.report.html import document, section, table, tile
from medpretrain.report.words import duration, short

PAGE = "index.html"
EXAMPLES = 5  # of each reason
EXAMPLE_FILES, EXAMPLE_LINES = 64, 20_000  # that they are looked for in, of each file
SHOWN_CHARACTERS = 400

Flow = Mapping[str, Any]
Amount = tuple[int, int]  # documents, tokens


def write_corpus_report(corpus: Path) -> dict[str, Any]:
    """Make the page of a corpus that `corpus build` made. Returns its path. Raises InputError where there is no such corpus."""
    manifest = read_manifest(corpus, BUILD_STAGE)
    try:
        decisions = json.loads((corpus / DECISIONS_NAME).read_bytes())
    except (FileNotFoundError, ValueError) as error:
        found = "is missing" if isinstance(error, FileNotFoundError) else f"is damaged ({error})"
        remedy = f"restore it, or run `{BUILD_STAGE}` again into another directory"
        raise InputError(str(corpus / DECISIONS_NAME), found, f"the numbers that `{BUILD_STAGE}` writes there", remedy) from error
    costs = json.loads((corpus / COSTS_NAME).read_bytes()) if (corpus / COSTS_NAME).exists() else {}
    (corpus / REPORT).mkdir(exist_ok=True)
    page = corpus / REPORT / PAGE
    write_atomically(page, _page(corpus.resolve().name, manifest, decisions, costs, examples_of(corpus)).encode())
    return {"page": str(page), "numbers": str(corpus / DECISIONS_NAME)}


def examples_of(corpus: Path) -> dict[str, list[dict[str, str]]]:
    """Some dropped records of each reason, the same ones each time: those whose hashes are smallest."""
    chosen: dict[str, list[tuple[int, int, dict[str, str]]]] = {}
    for number, line in enumerate(_dropped_lines(corpus)):
        drop = json.loads(line)
        rank = -int.from_bytes(blake2b(line, digest_size=6).digest(), "little")
        of_reason = chosen.setdefault(drop["reason"], [])
        heapq.heappush(of_reason, (rank, number, drop))
        if len(of_reason) > EXAMPLES:
            heapq.heappop(of_reason)
    return {reason: [drop for *_, drop in sorted(of_reason, reverse=True)] for reason, of_reason in sorted(chosen.items())}


def _dropped_lines(corpus: Path) -> Iterator[bytes]:
    files = sorted(corpus.glob("dropped-*.jsonl.zst"))
    for path in files[:: -(-len(files) // EXAMPLE_FILES)]:
        for number, line in read_lines(path):
            if number > EXAMPLE_LINES:
                break
            yield line


def _page(
    name: str, manifest: Manifest, decisions: Mapping[str, Any], costs: Mapping[str, Any], examples: Mapping[str, list[dict[str, str]]]
) -> str:
    read, dedup = decisions["read"], decisions["dedup"]
    return document(
        f"Corpus {name}",
        [
            _head(name, manifest, read, dedup),
            _not_read(decisions["files_not_read"]),
            section("From stage to stage", _stages(read, dedup)),
            section("By source and kind of text", _kinds(decisions["licences"], read, dedup)),
            section("Why records were dropped", _reasons(read, dedup)),
            section("Repaired texts", _repaired(read)),
            section("Identifiers that were replaced", _replaced(read)),
            section("Lengths", _lengths(read, dedup)),
            section("Copies", _copies(decisions["copies"])),
            section("Examples of what was dropped", _examples(examples)),
            section("Time and memory", _costs(costs)),
            _foot(manifest),
        ],
    )


def _head(name: str, manifest: Manifest, read: Flow, dedup: Flow) -> str:
    counts = manifest.counts
    before = _sum(read["kinds"], "was_read")
    tiles = [
        tile(f"{counts['documents']:,}", f"documents of {read['records']:,} records", _share(counts["documents"], read["records"])),
        tile(short(counts["tokens"]), f"tokens of {short(before[1])} read", _share(counts["tokens"], before[1])),
        tile(short(counts["text_bytes"]), "bytes of text"),
        tile(f"{counts['splits']['heldout']['documents']:,}", "documents held out"),
        tile(f"{sum(read['refused'].values()):,}", "records that hold no document"),
        tile(f"{sum(of[0] for of in _by_reason(dedup).values()):,}", "copies dropped"),
    ]
    added = f", built {counts['generations']} times as files were added" if counts["generations"] > 1 else ""
    words = f"{len(counts['sources'])} sources, {len(counts['doc_types'])} kinds of text{added} · {manifest.ended}"
    title = f'<h1>{escape(f"Corpus {name}")}</h1><p class="soft">{escape(words)}</p>'
    return f'<header>{title}<div class="tiles">{"".join(tiles)}</div></header>\n'


def _not_read(files: Sequence[Sequence[str]]) -> str:
    """What lay in the sources and tells no format that is read."""
    items = "".join(
        f"<li>{escape(f'Source {number}: {len(names):,} files were not read ({names[0]})')}</li>"
        for number, names in enumerate(files, start=1)
        if names
    )
    return f'<ul class="notes">{items}</ul>' if items else ""


def _stages(read: Flow, dedup: Flow) -> str:
    """In and out of each stage."""
    num_refused = sum(read["refused"].values())
    read_in, filtered, left = _sum(read["kinds"], "was_read"), _sum(read["kinds"], "kept"), _sum(dedup["kinds"], "kept")
    without_consent = _amounts(read, "read")
    rows = [
        ["read", f"{read['records']:,} records", f"{num_refused + without_consent[0]:,}", f"{read_in[0]:,}", f"{read_in[1]:,}", ""],
        _stage("filter", read_in, filtered),
        _stage("dedup", filtered, left),
    ]
    heads = ["stage", "documents in", "dropped", "documents out", "tokens out", "tokens kept"]
    return table(heads, rows, numbers={1, 2, 3, 4, 5})


def _stage(name: str, before: Amount, after: Amount) -> list[str]:
    dropped = before[0] - after[0]
    return [name, f"{before[0]:,}", f"{dropped:,}", f"{after[0]:,}", f"{after[1]:,}", f"{_share(after[1], before[1]):.2%}"]


def _kinds(licences: Mapping[str, Sequence[str]], read: Flow, dedup: Flow) -> str:
    left = {(kind["source"], kind["doc_type"]): kind for kind in dedup["kinds"]}
    rows = []
    for kind in sorted(read["kinds"], key=lambda kind: -kind["was_read"][1]):
        kept = left.get((kind["source"], kind["doc_type"]), {"kept": [0, 0], "dropped": {}})
        filtered = sum(amount[0] for reasons in kind["dropped"].values() for amount in reasons.values())
        copies = sum(amount[0] for reasons in kept["dropped"].values() for amount in reasons.values())
        rows.append(
            [
                kind["source"],
                kind["doc_type"],
                ", ".join(licences[kind["source"]]),
                f"{kind['was_read'][0]:,}",
                f"{filtered:,}",
                f"{copies:,}",
                f"{kept['kept'][0]:,}",
                f"{kept['kept'][1]:,}",
                f"{_share(kept['kept'][1], kind['was_read'][1]):.1%}",
            ]
        )
    heads = ["source", "kind of text", "licence", "documents read", "filtered", "copies", "documents kept", "tokens kept", "of its tokens"]
    return table(heads, rows, numbers={3, 4, 5, 6, 7, 8})


def _reasons(read: Flow, dedup: Flow) -> str:
    amounts: list[tuple[str, str, tuple[int, int | None]]] = [("read", reason, (count, None)) for reason, count in read["refused"].items()]
    amounts += [(stage, reason, amount) for flow in (read, dedup) for (stage, reason), amount in _by_reason(flow).items()]
    rows = []
    for stage, reason, (num_documents, num_tokens) in sorted(amounts, key=lambda item: -item[2][0]):
        tokens = "–" if num_tokens is None else f"{num_tokens:,}"
        rows.append([stage, reason, f"{num_documents:,}", f"{_share(num_documents, read['records']):.2%}", tokens])
    return table(["stage", "reason", "records", "of all records", "tokens"], rows, numbers={2, 3, 4}) if rows else "<p>None was.</p>"


def _repaired(read: Flow) -> str:
    rows = []
    for kind in read["kinds"]:
        for change, count in kind["repaired"].items():
            rows.append([kind["source"], kind["doc_type"], change, f"{count:,}", f"{_share(count, kind['was_read'][0]):.1%}"])
    rows.sort(key=lambda row: -int(row[3].replace(",", "")))
    return table(["source", "kind of text", "what was put right", "documents", "of them"], rows, numbers={3, 4}) if rows else "<p>None.</p>"


def _replaced(read: Flow) -> str:
    rows = []
    for kind in read["kinds"]:
        for identifier, count in sorted(kind["replaced"].items(), key=lambda item: -item[1]):
            rate = 1000 * _share(count, kind["was_read"][1])
            rows.append([kind["source"], kind["doc_type"], identifier, f"{count:,}", f"{rate:.1f}"])
    heads = ["source", "kind of text", "class", "identifiers", "of 1,000 tokens"]
    return table(heads, rows, numbers={3, 4}) if rows else "<p>None: texts were taken as they are.</p>"


def _lengths(read: Flow, dedup: Flow) -> str:
    """Two histograms beside each other, drawn as bars: as read, and as kept."""
    before, after = (_histogram(flow, which) for flow, which in ((read, "read"), (dedup, "kept")))
    most = max([*before, *after, 1])
    filled = [place for place in range(NUM_LENGTHS) if before[place] or after[place]]
    rows = []
    for place in range(min(filled), max(filled) + 1) if filled else ():
        shown = "".join(
            f'<div class="length"><span>{words}</span><i style="width: {count / most:.2%}; background: var(--{colour})"></i>'
            f"<b>{count:,}</b></div>"
            for words, count, colour in (("read", before[place], "grey"), ("kept", after[place], "blue"))
        )
        rows.append(f"<tr><td>{1 << place if place else 0:,} to {(2 << place) - 1:,}</td><td>{shown}</td></tr>")
    return f'<div class="scroll"><table class="lengths"><tr><th>tokens</th><th>documents</th></tr>{"".join(rows)}</table></div>'


def _copies(copies: Mapping[str, Any]) -> str:
    if not copies["clusters"]:
        return "<p>No document was a copy of another.</p>"
    words = (
        f"{copies['clusters']:,} documents had copies: {copies['equal']:,} with the same words, {copies['near']:,} nearly the same "
        "(each compared with the one that is kept, word run by word run)."
    )
    sizes = sorted(((int(size), count) for size, count in copies["cluster_sizes"].items()), reverse=True)
    of_size = table(["documents alike", "how often"], [[f"{size:,}", f"{count:,}"] for size, count in sizes[-12:]], numbers={0, 1})
    largest = table(["kept document", "copies dropped"], [[name, f"{count:,}"] for name, count in copies["largest"]], numbers={1})
    return f'<p>{words}</p><div class="pictures"><figure>{of_size}</figure><figure>{largest}</figure></div>'


def _examples(examples: Mapping[str, list[dict[str, str]]]) -> str:
    parts = []
    for reason, drops in examples.items():
        items = "".join(
            f'<div class="drop"><p class="small soft">{escape(_of_drop(drop))}</p>'
            f"<pre>{escape(drop.get('begins', '')[:SHOWN_CHARACTERS])}</pre></div>"
            for drop in drops
        )
        parts.append(f'<details class="card"><summary>{escape(reason)}</summary>{items}</details>')
    return "".join(parts) or "<p>Nothing was dropped.</p>"


def _of_drop(drop: Mapping[str, str]) -> str:
    """Where a dropped record stood, and its own case."""
    place = " ".join(word for word in (drop.get("file"), drop.get("place")) if word)
    twin = f"a copy of {drop['twin']}" if "twin" in drop else ""
    return " · ".join(word for word in (drop.get("source"), drop.get("id"), place, drop.get("detail"), twin) if word)


def _costs(costs: Mapping[str, Mapping[str, float]]) -> str:
    total = sum(cost["seconds"] for cost in costs.values()) or 1.0
    rows = [
        [stage, f"{cost['tasks']:,}", duration(cost["seconds"]), f"{cost['seconds'] / total:.1%}", f"{cost['peak_bytes'] / 2**20:,.0f} MiB"]
        for stage, cost in costs.items()
    ]
    heads = ["stage", "tasks", "seconds of a process", "of all", "most memory of a process"]
    return table(heads, rows, numbers={1, 2, 3, 4})


def _foot(manifest: Manifest) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in manifest.versions.items())
    return (
        '<footer class="soft small"><p>Tokens are words and punctuation marks, as there is no vocabulary yet. Each record that was dropped '
        f"stands with its reason in dropped-*.jsonl.zst; these numbers in {DECISIONS_NAME}.</p><p>{escape(versions)}</p></footer>"
    )


def _sum(kinds: Sequence[Mapping[str, Any]], key: str) -> Amount:
    return sum(kind[key][0] for kind in kinds), sum(kind[key][1] for kind in kinds)


def _by_reason(flow: Flow) -> dict[tuple[str, str], Amount]:
    """(stage, reason) -> documents and tokens, over all kinds."""
    total: dict[tuple[str, str], Amount] = {}
    for kind in flow["kinds"]:
        for stage, reasons in kind["dropped"].items():
            for reason, (num_documents, num_tokens) in reasons.items():
                before = total.get((stage, reason), (0, 0))
                total[stage, reason] = before[0] + num_documents, before[1] + num_tokens
    return total


def _amounts(flow: Flow, stage: str) -> Amount:
    of_stage = [amount for (where, _), amount in _by_reason(flow).items() if where == stage]
    return sum(amount[0] for amount in of_stage), sum(amount[1] for amount in of_stage)


def _histogram(flow: Flow, which: str) -> list[int]:
    return [sum(kind["lengths"].get(which, [0] * NUM_LENGTHS)[place] for kind in flow["kinds"]) for place in range(NUM_LENGTHS)]


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
