"""A tokenizer's page: `OUT/index.html`, one file that needs no network and no script; the numbers behind it are OUT/report.json."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from medpretrain.log import without_nan
from medpretrain.manifest import timestamp, write_atomically
from medpretrain.report.html import document, section, table, tile
from medpretrain.report.words import short

PAGE, NUMBERS = "index.html", "report.json"
OURS = "this tokenizer"
VISIBLE = str.maketrans({" ": "␣", "\n": "↵", "\t": "⇥", "\r": "␍"})

Report = Mapping[str, Any]


def write_tokenizer_page(report: Report, out: Path) -> dict[str, str]:
    """Write a report of `tokenizer.report.make_report` as JSON and as a page, into a directory that is there. Returns their paths."""
    numbers = json.dumps(without_nan(dict(report)), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    write_atomically(out / NUMBERS, numbers.encode())
    write_atomically(out / PAGE, tokenizer_page(report).encode())
    return {"page": str(out / PAGE), "numbers": str(out / NUMBERS)}


def tokenizer_page(report: Report) -> str:
    name = Path(report["tokenizer"]["directory"]).resolve().name
    sections = [
        _head(name, report),
        _said(report["gate"], report["notes"]),
        section("Tokens a word", _fertility(report)),
        section("Tokens a document", _lengths(report)),
        section("Bits per byte", _bits(report["bits"])),
        section("Other sizes", _sizes(report)),
        section("Entries never seen", _unseen(report["unseen"])),
        section("What it learnt from, and what is trained on", _drift(report["drift"])),
        section("Two examples", *map(_example, report["examples"])),
        _foot(report),
    ]
    if report["terms"]:
        sections[4:4] = [
            section("Terms", _terms(report["terms"]), _fragmentation(report["fragmentation"])),
            section("Words of the terms, by the pieces they fall into", _words(report["words_of_terms"])),
            section("Some terms", _term_examples(report["term_examples"])),
        ]
    return document(f"Tokenizer {name}", sections)


def _head(name: str, report: Report) -> str:
    measures, corpus = report["measures"], report["corpus"]
    tiles = [
        tile(f"{report['tokenizer']['vocab_size']:,}", "entries"),
        tile(_number(measures["fertility.all"]), "tokens a word of the corpus"),
        tile(_number(measures["bits_per_byte"]), "bits per byte of held-out text"),
        tile(_percent(measures["unseen"]), f"of its entries never came in {report['unseen']['counted_in'].split(',')[0]}"),
    ]
    if "coverage.every_word" in measures:
        tiles[2:2] = [
            tile(_percent(measures["coverage.every_word"]), "of the terms have each word whole", measures["coverage.every_word"]),
            tile(_percent(measures["coverage.whole"]), "of the terms are one token", measures["coverage.whole"]),
        ]
    if "drift" in measures:
        tiles.append(tile(_number(measures["drift"]), "nats of drift from what it learnt from"))
    state = ""
    if report["gate"]["requirements"]:
        passed = report["gate"]["passed"]
        state = f'<span class="state {"good" if passed else "bad"}">{"fit" if passed else "falls short"}</span>'
    part = "" if corpus["whole"] else f", of which {short(corpus['sampled_bytes'])} are measured"
    of_corpus = (
        f"{corpus['documents']:,} documents of {Path(corpus['path']).name} ({corpus['split']}), {short(corpus['bytes'])} bytes{part}"
    )
    title = f'<h1>{escape(f"Tokenizer {name}")}{state}</h1><p class="soft">{escape(of_corpus)} · {timestamp()}</p>'
    return f'<header>{title}<div class="tiles">{"".join(tiles)}</div></header>\n'


def _said(gate: Report, notes: Sequence[str]) -> str:
    """What fell short, and what was not measured."""
    items = "".join(f"<li>{escape(words)}</li>" for words in (*gate["fell_short"], *notes))
    return f'<ul class="notes">{items}</ul>' if items else ""


def _others(report: Report) -> list[str]:
    return [baseline["name"] for baseline in report["baselines"]]


def _fertility(report: Report) -> str:
    others = _others(report)
    rows = [
        [
            row["doc_type"],
            f"{row['documents']:,}",
            f"{row['words']:,}",
            _number(row["tokens_per_word"]),
            *(_number(row["others"][name]["tokens_per_word"]) for name in others),
            *(_percent(row["others"][name]["length"]) for name in others),
        ]
        for row in report["fertility"]
    ]
    heads = ["kind of text", "documents", "words", "tokens a word", *others, *(f"length beside {name}" for name in others)]
    about = "".join(
        f"<p class='soft small'>{escape(each['name'])}: {each['vocab_size']:,} entries; {escape(each['about'])}.</p>"
        for each in report["baselines"]
    )
    words = (
        ""
        if report["corpus"]["whole"]
        else "<p class='soft small'>Words of a kind are those measured; of all, the corpus' (estimated).</p>"
    )
    return table(heads, rows, numbers=set(range(1, len(heads)))) + about + words


def _lengths(report: Report) -> str:
    others = _others(report)
    rows = [
        [
            row["doc_type"],
            f"{row['sampled_documents']:,}",
            *(f"{row[name]:,.0f}" for name in ("mean", "median", "p95", "longest")),
            *(f"{row['others'][name]:,.0f}" for name in others),
        ]
        for row in report["lengths"]
    ]
    heads = ["kind of text", "documents", "mean", "median", "one of twenty above", "longest", *(f"mean of {name}" for name in others)]
    return table(heads, rows, numbers=set(range(1, len(heads))))


def _terms(terms: Sequence[Report]) -> str:
    rows = [
        [
            row["list"],
            row["tokenizer"],
            f"{row['terms']:,}",
            _percent(row["every_word"]),
            _percent(row["whole"]),
            _number(row["tokens_per_word"]),
            _number(row["tokens_per_term"]),
        ]
        for row in terms
    ]
    heads = ["list", "tokenizer", "terms", "each word one token", "the term one token", "tokens a word", "tokens a term"]
    return table(heads, rows, numbers={2, 3, 4, 5, 6})


def _fragmentation(fragmentation: Sequence[Report]) -> str:
    rows = [
        [
            row["other"],
            f"{row['terms']:,}",
            _number(row["tokens_per_term"]),
            _number(row["others_tokens_per_term"]),
            f"{row['ratio']:.2f} x",
        ]
        for row in fragmentation
    ]
    heads = ["beside", "terms", "tokens a term", "the other's", "the other's for one of ours"]
    return f"<p></p>{table(heads, rows, numbers={1, 2, 3, 4})}" if rows else ""


def _words(words: Report) -> str:
    """For each number of pieces a bar of each tokenizer."""
    colours = dict(zip(words["numbers"], ("blue", "grey", "orange", "teal", "purple", "brown"), strict=False))
    rows = []
    for place, pieces in enumerate(words["pieces"]):
        shown = "".join(
            f'<div class="length of-names"><span>{escape(name)}</span>'
            f'<i style="width: {numbers[place] / max(words["words"], 1):.2%}; background: var(--{colours.get(name, "grey")})"></i>'
            f"<b>{_percent(numbers[place] / max(words['words'], 1))}</b></div>"
            for name, numbers in words["numbers"].items()
        )
        more = " or more" if pieces == words["pieces"][-1] else ""
        rows.append(f"<tr><td>{pieces}{more}</td><td>{shown}</td></tr>")
    head = f"share of {words['words']:,} different words"
    return f'<div class="scroll"><table class="lengths"><tr><th>pieces</th><th>{head}</th></tr>{"".join(rows)}</table></div>'


def _term_examples(examples: Sequence[Report]) -> str:
    names = list(examples[0]["tokens"]) if examples else []
    rows = [[row["term"], *(f"{row['tokens'][name]:,}" for name in names), _pieces_in_line(row["pieces"])] for row in examples]
    words = "<p class='soft small'>First those that this tokenizer cuts most a word, then some from all over the lists.</p>"
    shown = table(["term", *names, "pieces"], rows, numbers=set(range(1, len(names) + 1)))
    return f'{words}<div class="terms">{shown}</div>'


def _bits(bits: Sequence[Report]) -> str:
    if not bits:
        return "<p>Not measured.</p>"
    first = bits[0]["per_byte"]
    rows = [
        [
            row["tokenizer"],
            f"{row['vocab_size']:,}",
            _number(row["per_byte"]),
            _number(row["per_character"]),
            f"{row['per_byte'] / first - 1:+.1%}",
        ]
        for row in bits
    ]
    words = (
        "What held-out text costs when a trigram model of each tokenizer's tokens tells it, learnt from the same other documents. Fewer is "
        "better, and vocabularies of any size compare; larger pieces let it look back further, but it has fewer of each to learn from."
    )
    return f'<p class="soft small">{words}</p>' + table(
        ["tokenizer", "entries", "bits per byte", "bits per character", "beside this one"], rows, numbers={1, 2, 3, 4}
    )


def _sizes(report: Report) -> str:
    if not report["sizes"]:
        return "<p>Not measured.</p>"
    rows = []
    for row in report["sizes"]:
        remark = "" if row["supported"] else f"the text supports {row['reached']:,} entries, which are measured"
        remark = "this tokenizer; it may have learnt from this text" if row["tokenizer"] == OURS else remark
        rows.append(
            [
                f"{row['size']:,}",
                _number(row["tokens_per_word"]),
                _number(row["tokens_per_word_of_terms"]),
                _percent(row["every_word"]),
                _number(row["bits_per_byte"]),
                short(row["embedding_parameters"]),
                f"{row['embedding_megabytes']:,.0f} MB",
                _percent(row["share_one_table"]),
                _percent(row["share_all_tables"]),
                remark,
            ]
        )
    heads = [
        "entries",
        "tokens a word",
        "of terms in the text",
        "each of their words whole",
        "bits per byte",
        "embedding",
        "in bf16",
        "of the model",
        "with the head's",
        "",
    ]
    words = (
        f"Learnt from other documents than they are measured on, without terms to keep whole. The model is {report['model']} with that "
        "vocabulary, padded as it pads it."
    )
    return f'<p class="soft small">{escape(words)}</p>' + table(heads, rows, numbers=set(range(9)))


def _unseen(unseen: Report) -> str:
    words = (
        f"Of {unseen['entries']:,} entries (special tokens are not among them) {unseen['never']:,} never came, and {unseen['rare']:,} more "
        f"came less than {unseen['rare_below']} times, among {short(unseen['tokens'])} tokens of {unseen['counted_in']}."
    )
    kinds = [
        [row["kind"], f"{row['entries']:,}", f"{row['never']:,}", _percent(row["never"] / row["entries"] if row["entries"] else math.nan)]
        for row in unseen["kinds"]
    ]
    shown = _pieces(unseen["examples"]) if unseen["examples"] else ""
    return f"<p>{escape(words)}</p>" + table(["kind of entry", "entries", "never seen", "of them"], kinds, numbers={1, 2, 3}) + shown


def _drift(drift: Report | None) -> str:
    if drift is None:
        return "<p>Not measured.</p>"
    rows = [[row["doc_type"], _percent(row["text"]), _percent(row["sample"])] for row in drift["shares"]]
    words = f"Shares of bytes. Kullback-Leibler divergence: {_number(drift['nats'])} nats. Told by {drift['told_by']}."
    return f"<p>{escape(words)}</p>" + table(["kind of text", "of what is trained on", "of what it learnt from"], rows, numbers={1, 2})


def _example(example: Report) -> str:
    counts = " · ".join(f"{name}: {number} tokens" for name, number in example["tokens"].items())
    return f'<p class="soft small">{escape(counts)}</p>{_pieces(example["pieces"])}'


def _pieces(pieces: Sequence[str]) -> str:
    return f'<p class="pieces">{"".join(f"<span>{escape(piece.translate(VISIBLE))}</span> " for piece in pieces)}</p>'


def _pieces_in_line(pieces: Sequence[str]) -> str:
    return " | ".join(piece.strip() or piece.translate(VISIBLE) for piece in pieces)


def _number(value: float | None) -> str:
    return "–" if value is None or not math.isfinite(value) else f"{value:.3f}"


def _percent(share: float | None) -> str:
    return "–" if share is None or not math.isfinite(share) else f"{share:.2%}"


def _foot(report: Report) -> str:
    return (
        '<footer class="soft small"><p>A word is what stands between white space. A term is measured as it stands in running text, with a '
        f"space before it. These numbers are in {NUMBERS}. Tokenizer {report['tokenizer']['hash'][:16]}.</p></footer>"
    )
