"""A run's page: `medpretrain report RUN` writes RUN/report/index.html, one file that needs no network and no script, and beside it two
pictures and the numbers behind them. It can be made at any time, also while the run goes on."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import partial
from html import escape
from pathlib import Path
from typing import Any

from medpretrain.cluster.ledger import PARTS
from medpretrain.errors import InputError
from medpretrain.log import without_nan
from medpretrain.manifest import write_atomically
from medpretrain.report import figures
from medpretrain.report.html import bar, document, section, table, tile
from medpretrain.report.packing import Packing, read_packing
from medpretrain.report.reading import read_run
from medpretrain.report.stability import LARGE_SPIKE, RUNNING_LINES, SPIKE
from medpretrain.report.summary import LAYER_NUMBERS, NEWEST_EVENTS, Summary
from medpretrain.report.words import duration, moment, short

DIRECTORY, PAGE, NUMBERS = "report", "index.html", "report.json"
DASHBOARD, PACKING = "training_dashboard.png", "packing_efficiency.png"
DRAWN_TYPES = 8  # document types with a line of their own
LONGEST_FACTS = 240  # characters


def write_report(run: Path) -> dict[str, Any]:
    """Make a run's page. Returns the paths of what was written, and the headline.

    Raises InputError where there is no run, or matplotlib is not installed.
    """
    summary, config = read_run(run)
    packings, unreadable = _packings(config)
    directory = run / DIRECTORY
    directory.mkdir(exist_ok=True)
    result = {"page": str(directory / PAGE), "dashboard": str(directory / DASHBOARD), "packing": None, "numbers": str(directory / NUMBERS)}
    write_atomically(directory / DASHBOARD, figures.dashboard(summary))
    if packings:
        write_atomically(directory / PACKING, figures.packing_picture(packings))
        result["packing"] = str(directory / PACKING)
    numbers = {**summary.as_json(), "packing": [packing.numbers() for packing in packings], "packing_unreadable": unreadable}
    write_atomically(directory / NUMBERS, json.dumps(without_nan(numbers), ensure_ascii=False).encode())
    write_atomically(directory / PAGE, page(run.resolve().name, summary, packings, unreadable).encode())
    return {**result, "headline": summary.headline, "notes": summary.notes}


def _packings(config: Mapping[str, Any]) -> tuple[list[Packing], list[str]]:
    """The packed datasets that the run names, and why others cannot be read."""
    packings, unreadable = [], []
    for name, source in config.get("data", {}).get("sources", {}).items():
        try:
            packings.append(read_packing(name, Path(source["shards"])))
        except (InputError, OSError) as error:
            unreadable.append(f"{name}: {error}")
    return packings, unreadable


def page(run_name: str, summary: Summary, packings: Sequence[Packing], unreadable: Sequence[str]) -> str:
    """The page, whole."""
    name = summary.headline["name"]
    title = run_name if name in (None, run_name) else f"{run_name} · {name}"
    sections = [
        _head(title, summary),
        section("Learning", _pictures(_learning(summary)), _types(summary)),
        section("Speed and memory", _pictures(_speed(summary))),
        section("Layers", _pictures(_layers(summary))) if summary.layers else "",
        section("Packing", _packing_words(packings, unreadable), _pictures(_packing(packings))),
        section("Where the time went", f'<div class="pictures">{_timeline(summary)}{_ledger(summary)}</div>', _attempts(summary)),
        section("Events that ask for attention", _events(summary)),
        _foot(summary),
    ]
    return document(title, sections)


def _head(title: str, summary: Summary) -> str:
    headline = summary.headline
    state = headline["state"]
    kind = {"running": "running", "finished": "good", "stopped": "good"}.get(state, "bad")
    topology = headline["topology"] or {}
    shape = f"TP {topology['tp']} x DP {topology['dp']}, ZeRO-{topology['zero_stage']}" if topology else None
    what = [headline["description"], shape, headline["precision"], headline["device"], f"begun {moment(headline['started'])} UTC"]
    reason = f"<p>{escape(headline['reason'][:LONGEST_FACTS])}</p>" if headline["reason"] and kind == "bad" else ""
    items = "".join(f"<li>{escape(note)}</li>" for note in summary.notes)
    notes = f'<ul class="notes">{items}</ul>' if items else ""
    return (
        f'<header><h1>{escape(title)}<span class="state {kind}">{escape(state)}</span></h1>'
        f'<p class="soft">{escape(" · ".join(str(word) for word in what if word))}</p>{reason}'
        f'<div class="tiles">{"".join(_tiles(summary))}</div>'
        f"{notes}</header>\n"
    )


def _tiles(summary: Summary) -> list[str]:
    headline = summary.headline
    step, total = headline["step"], headline["total_steps"]
    left = f", about {duration(headline['seconds_left'])} left" if headline["seconds_left"] is not None else ""
    tiles = [
        tile(f"{step:,}", f"steps of {total:,}{left}" if total else "steps", step / total if total else None),
        tile(short(headline["tokens"]), "tokens trained on"),
        tile(_loss(headline["last_loss"]), f"training loss; lowest {_loss(headline['best_loss'])}"),
    ]
    if last := headline["last_validation"]:
        best = headline["best_validation"]
        tiles.append(tile(_loss(last["loss"]), f"validation loss; best {_loss(best['loss'])} after step {best['step']:,}"))
        tiles.append(tile(short(last.get("perplexity")), f"perplexity; {short(last.get('bits_per_byte'))} bits per byte"))
    tiles.append(tile(short(headline["tokens_per_second"]), "tokens a second, lately"))
    if headline["mfu"] is not None:
        tiles.append(tile(f"{headline['mfu']:.1%}", "of the devices' peak (MFU), lately"))
    tries = f"{headline['attempts']} attempt{'s' if headline['attempts'] > 1 else ''}"
    tiles.append(tile(f"{headline['goodput']:.1%}", f"goodput, of {duration(headline['wall_seconds'])} in {tries}", headline["goodput"]))
    return tiles


def _loss(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"


def _pictures(pictures: Sequence[str]) -> str:
    return f'<div class="pictures">{"".join(pictures)}</div>' if pictures else ""


def _picture(title: str, words: str, draw: Any, names: Sequence[str] = ()) -> str:
    """A picture with its title. `names`: what its lines are, in the order of the colours; told in words, which wrap, under it."""
    svg = figures.as_svg(draw, escape(title))
    colours = zip(names, figures.SERIES, strict=False)
    items = "".join(f'<li><i style="background: var(--{colour})"></i>{escape(name)}</li>' for name, colour in colours)
    legend = f'<ul class="legend">{items}</ul>' if items else ""
    return f"<figure><figcaption>{escape(title)} <span>{escape(words)}</span></figcaption>{svg}{legend}</figure>"


def _learning(summary: Summary) -> list[str]:
    stability = summary.stability
    names, measure = _drawn_types(summary)
    pictures = [_picture("Loss", "against tokens", partial(figures.draw_loss, summary=summary))]
    if names:
        draw = partial(figures.draw_by_type, summary=summary, names=names, measure=measure)
        pictures.append(_picture("Validation by document type", measure.replace("_", " "), draw, names))
    said = f"{stability['spikes_5x']:,} spikes above 5x, {stability['spikes_10x']:,} above 10x"
    clipped = stability.get("clipped")
    share = f"{clipped['share']:.1%} of the steps clipped" if clipped else "before clipping"
    pictures += [
        _picture("Gradient norm", said, partial(figures.draw_gradient_norm, summary=summary)),
        _picture("Distribution of the norms", share, partial(figures.draw_norm_distribution, summary=summary)),
        _picture("Learning rate", "", partial(figures.draw_column, summary=summary, name="learning_rate", label="learning rate")),
    ]
    return pictures


def _drawn_types(summary: Summary) -> tuple[list[str], str]:
    """The document types that get a line, those with most targets first, and what of them is drawn."""
    last = summary.validations[-1].get("by_doc_type", {}) if summary.validations else {}
    names = sorted(last, key=lambda name: -last[name]["targets"])[:DRAWN_TYPES]
    return names, "bits_per_byte" if any(last[name]["bits_per_byte"] is not None for name in names) else "loss"


def _types(summary: Summary) -> str:
    """The newest scores of every document type."""
    if not summary.validations:
        return ""
    newest = summary.validations[-1]
    rows = sorted(newest.get("by_doc_type", {}).items(), key=lambda item: -item[1]["targets"])
    cells = [
        [name, f"{scores['targets']:,}", _loss(scores["loss"]), short(scores["perplexity"]), short(scores["bits_per_byte"])]
        for name, scores in rows
    ]
    heads = ["document type", "targets", "loss", "perplexity", "bits per byte"]
    return f'<p class="soft small">Held-out rows after step {newest["step"]:,}:</p>{table(heads, cells, numbers={1, 2, 3, 4})}'


def _speed(summary: Summary) -> list[str]:
    column = partial(partial, figures.draw_column, summary=summary)
    pictures = [
        _picture("Tokens a second", "real tokens, all devices", column(name="tokens_per_second", label="tokens a second", from_zero=True))
    ]
    if summary.headline["mfu"] is not None:
        pictures.append(_picture("MFU", "share of the devices' peak", column(name="mfu", label="%", scale=100.0, from_zero=True)))
    pictures.append(
        _picture("Peak memory", "of rank 0, up to then", column(name="peak_memory_bytes", label="GiB", scale=2.0**-30, from_zero=True))
    )
    pictures.append(
        _picture("Real tokens in a batch", "of its positions", column(name="packing_efficiency", label="%", scale=100.0, from_zero=True))
    )
    return pictures


def _layers(summary: Summary) -> list[str]:
    return [
        _picture(LAYER_NUMBERS[name][0].upper() + LAYER_NUMBERS[name][1:], "", partial(figures.draw_layers, summary=summary, name=name))
        for name in summary.layers
    ]


def _packing_words(packings: Sequence[Packing], unreadable: Sequence[str]) -> str:
    said = []
    for packing in packings:
        read = "" if len(packing.lengths) == packing.num_documents else f" (lengths of the first {len(packing.lengths):,})"
        said.append(
            f"{packing.name}: {packing.num_documents:,} documents{read} in rows of {packing.seq_len:,} tokens. Packed, "
            f"{packing.packed_share:.2%} of the positions are real. One row a document would make it {packing.naive_share:.2%}, and "
            f"{packing.naive_loss:.1%} of the tokens cut off; with as many rows as each needs, {packing.uncut_share:.2%}. So packing takes "
            f"{_fewer(packing.saving)} rows than the first and {_fewer(packing.uncut_saving)} than the second."
        )
    said += [f"Not readable any more, so not shown: {reason}" for reason in unreadable]
    return "".join(f"<p>{escape(words)}</p>" for words in said or ["The run names no packed dataset."])


def _fewer(saving: float) -> str:
    return f"{abs(saving):.1%} {'fewer' if saving >= 0 else 'more'}"


def _packing(packings: Sequence[Packing]) -> list[str]:
    if not packings:
        return []
    return [
        _picture("Lengths of documents", "in tokens", partial(figures.draw_lengths, packings=packings)),
        _picture("Positions that hold a real token", "", partial(figures.draw_efficiency, packings=packings)),
    ]


def _timeline(summary: Summary) -> str:
    return _picture("What happened when", "", partial(figures.draw_timeline, summary=summary))


def _ledger(summary: Summary) -> str:
    wall = summary.ledger["wall_seconds"] or 1.0
    parts = "".join(
        f'<div class="part"><b>{escape(name)}</b><span>{duration(seconds)} · {seconds / wall:.1%}</span>'
        f'<span class="soft small">{escape(PARTS[name])}</span>{bar(seconds / wall)}</div>'
        for name, seconds in summary.ledger["parts"].items()
        if seconds or name == "training"
    )
    return f"<figure><figcaption>Wall time by part <span>{duration(wall)} in all</span></figcaption>{parts}</figure>"


def _attempts(summary: Summary) -> str:
    rows = []
    for attempt in summary.ledger["attempts"]:
        steps = "–" if attempt["to_step"] is None else f"{attempt['from_step']:,} to {attempt['to_step']:,}"
        cells = [str(attempt["attempt"]), steps, *(duration(attempt[part]) for part in ("training", "lost", "start", "load"))]
        rows.append([*cells, attempt["ended_by"], attempt["reason"][:LONGEST_FACTS]])
    heads = ["attempt", "steps", "training", "lost", "start", "load", "ended by", "reason"]
    return f"{table(heads, rows[-NEWEST_EVENTS:], numbers={0, 1, 2, 3, 4, 5})}"


def _events(summary: Summary) -> str:
    if not summary.events:
        return "<p>None.</p>"
    rows = [
        [
            moment(event["time"]),
            str(event["attempt"]),
            short(event["step"]),
            event["event"].replace("_", " "),
            event["facts"][:LONGEST_FACTS],
        ]
        for event in reversed(summary.events[-NEWEST_EVENTS:])
    ]
    more = len(summary.events) - len(rows)
    words = f'<p class="soft small">The newest first; {more:,} older ones stand in events.jsonl.</p>' if more else ""
    return words + table(["time (UTC)", "attempt", "step", "event", "facts"], rows, numbers={1, 2})


def _foot(summary: Summary) -> str:
    headline = summary.headline
    versions = ", ".join(f"{name} {version}" for name, version in headline["versions"].items())
    every = f", one in {headline['log_every_steps']}," if (headline["log_every_steps"] or 1) > 1 else ""
    return (
        f'<footer class="soft small"><p>As of {moment(headline["as_of"])} UTC. Beside this file: {DASHBOARD}, {PACKING}, and the numbers '
        f"in {NUMBERS}. Faint lines are steps that a later attempt trained again. Of the logged steps{every} those are spikes whose "
        f"gradient norm is above {SPIKE:g} or {LARGE_SPIKE:g} times the mean of the up to {RUNNING_LINES} before; a run is called stable "
        f"where every norm is below {LARGE_SPIKE:g} times the mean of all.</p><p>{escape(versions)}</p></footer>"
    )
