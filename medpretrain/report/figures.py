"""The numbers of a run -> pictures: SVG that takes its colours from the page (so that light and dark suit it), and PNG files.

The only file that imports matplotlib, which is an extra: importing this file raises InputError where it is not installed. Every `draw`
function fills one set of axes.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Sequence
from functools import partial
from itertools import cycle
from typing import Any

import numpy as np

from medpretrain.errors import InputError

try:
    from matplotlib import rc_context
    from matplotlib.axes import Axes
    from matplotlib.colors import LogNorm
    from matplotlib.figure import Figure
    from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator
except ModuleNotFoundError as error:
    found, remedy = f"the library {error.name} is not installed", "install it: pip install 'medpretrain[report]'"
    raise InputError("pictures", found, "matplotlib, of the extra `report`", remedy) from error

from medpretrain.report.html import COLOURS
from medpretrain.report.packing import Packing
from medpretrain.report.stability import LARGE_SPIKE, SPIKE
from medpretrain.report.summary import Columns, Record, Summary
from medpretrain.report.words import short

SERIES = ("blue", "orange", "green", "purple", "teal", "pink", "brown", "grey")
# A picture is drawn in the light ones, which all differ: each becomes a variable on the page.
LIGHT = {name: light for name, (light, _) in COLOURS.items()}
WIDTH, HEIGHT = 4.9, 2.9  # inches of a picture on the page, where it stands about as large as it is drawn
DPI = 150
LEGEND_COLUMNS = 3
SPANS = ((2 * 86400, 86400, "days"), (2 * 3600, 3600, "hours"), (300, 60, "minutes"), (0, 1, "seconds"))

Draw = Callable[[Axes], None]
Style = Any  # dict of matplotlib's rc parameters, whose keys it types as literals from 3.11 on, and as str before


def style() -> Style:
    return {
        "svg.fonttype": "none",
        "font.family": "DejaVu Sans",
        "font.size": 9,
        "text.color": LIGHT["ink"],
        "axes.labelcolor": LIGHT["soft"],
        "axes.edgecolor": LIGHT["grid"],
        "axes.grid": True,
        "axes.axisbelow": True,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.formatter.useoffset": False,
        "grid.color": LIGHT["grid"],
        "xtick.color": LIGHT["soft"],
        "ytick.color": LIGHT["soft"],
        "legend.frameon": False,
        "legend.fontsize": 8.5,
        "legend.handlelength": 1.4,
        "legend.columnspacing": 1.2,
        "lines.linewidth": 1.5,
    }


def as_svg(draw: Draw, label: str) -> str:
    """A picture as an <svg> element to stand in a page, its colours the page's variables. `label`: what it is, for who cannot see it."""
    buffer = io.StringIO()
    with rc_context({**style(), "svg.hashsalt": label}):  # so that marks have other names than in the next picture
        figure = Figure(figsize=(WIDTH, HEIGHT), layout="constrained")
        draw(figure.subplots())
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    svg = re.sub(r"<metadata>.*?</metadata>", "", buffer.getvalue(), flags=re.DOTALL)
    svg = re.sub(r' id="[\w.]+_\d+"', "", svg[svg.index("<svg") :])  # of groups: they would come again in the next picture
    svg = re.sub(r' (?:width|height)="[\d.]+pt"', "", svg, count=2)
    svg = re.sub(r' xmlns(?::xlink)?="[^"]*"', "", svg).replace("<svg ", f'<svg role="img" aria-label="{label}" ', 1)
    for name, light in LIGHT.items():
        svg = svg.replace(light, f"var(--{name})")
    return svg


def as_png(draws: Sequence[tuple[str, Draw]], columns: int = 2) -> bytes:
    """Pictures under their titles, in a grid, as a PNG of DPI dots an inch."""
    buffer = io.BytesIO()
    rows = -(-len(draws) // columns)
    with rc_context(style()):
        figure = Figure(figsize=(columns * WIDTH, rows * (HEIGHT + 0.3)), layout="constrained", facecolor="white")
        for axes, (title, draw) in zip(figure.subplots(rows, columns).flat, draws, strict=True):
            draw(axes)
            legend_rows = -(-len(axes.get_legend_handles_labels()[0]) // LEGEND_COLUMNS) if axes.get_legend() else 0
            axes.set_title(title, loc="left", fontweight="bold", fontsize=10.5, pad=8 + 13 * legend_rows)
        figure.savefig(buffer, format="png", dpi=DPI)
    return buffer.getvalue()


def dashboard(summary: Summary) -> bytes:
    """training_dashboard.png (001-17)."""
    return as_png(
        [
            ("Loss", partial(draw_loss, summary=summary)),
            ("Validation perplexity", partial(draw_perplexity, summary=summary)),
            ("Gradient norm", partial(draw_gradient_norm, summary=summary)),
            ("Learning rate", partial(draw_column, summary=summary, name="learning_rate", label="learning rate")),
        ]
    )


def packing_picture(packings: Sequence[Packing]) -> bytes:
    """packing_efficiency.png (001-07)."""
    return as_png(
        [
            ("Lengths of documents", partial(draw_lengths, packings=packings)),
            ("Positions that hold a real token", partial(draw_efficiency, packings=packings)),
        ]
    )


def comparison(rows: Sequence[Record], curves: Sequence[Columns]) -> bytes:
    """Several runs beside each other: loss, norms, their distribution before and after clipping, and what the learning rate does (000-70).

    Args:
        rows: of each run, what `report.compare` says of it.
        curves: of each run, its logged steps.
    """
    return as_png(
        [
            ("Loss", partial(draw_runs, rows=rows, curves=curves, name="loss", label="nats a token")),
            ("Gradient norm", partial(draw_runs, rows=rows, curves=curves, name="gradient_norm", label="norm before clipping")),
            ("Norms: median, 99 % and largest", partial(draw_norm_ranges, rows=rows)),
            ("Loss over the last steps", partial(draw_rates, rows=rows)),
        ]
    )


def draw_runs(axes: Axes, rows: Sequence[Record], curves: Sequence[Columns], name: str, label: str) -> None:
    """A column of each run against its tokens, on a logarithmic scale."""
    for row, columns, colour in zip(rows, curves, cycle(SERIES)):
        axes.plot(columns["tokens"], columns[name], color=LIGHT[colour], label=row["run"], linewidth=1.2)
    values = np.concatenate([columns[name] for columns in curves])
    _finish(axes, label, bool(np.isfinite(values).any()))
    if (values > 0).any():
        _logarithmic(axes, "y", values)
    _legend(axes)


def draw_norm_ranges(axes: Axes, rows: Sequence[Record]) -> None:
    """A run a line: its norms before clipping in colour, after it in grey below."""
    for place, row in enumerate(rows):
        for below, numbers, colour, label in ((0, row, "blue", "before clipping"), (0.25, row.get("clipped"), "grey", "after")):
            if numbers and numbers["median"]:
                values = [numbers["median"], numbers["p99"], numbers["max"]]
                told = label if place == 0 else None
                axes.plot(values, [place + below] * 3, "-o", color=LIGHT[colour], markersize=3.5, linewidth=1.2, label=told)
    axes.set_yticks(range(len(rows)), [row["run"] for row in rows])
    axes.invert_yaxis()
    largest = [row[name] for row in rows for name in ("median", "max") if row[name]]
    if largest:
        _logarithmic(axes, "x", np.array(largest))
    axes.set_xlabel("gradient norm")
    _legend(axes)


def draw_rates(axes: Axes, rows: Sequence[Record]) -> None:
    """The loss that each run came to, against its learning rate; runs that clip alike are joined."""
    known = [row for row in rows if row["peak_learning_rate"] and row["final_loss"] is not None and "clipped" in row]
    for clip_norm, colour in zip(sorted({row["clip_norm"] for row in known}), cycle(SERIES)):
        alike = [row for row in known if row["clip_norm"] == clip_norm]
        label = f"clipped to {short(clip_norm)}" if any(row["clipped"]["share"] for row in alike) else "never clipped"
        points = sorted((row["peak_learning_rate"], row["final_loss"]) for row in alike)
        axes.plot(*zip(*points, strict=True), "o-", color=LIGHT[colour], label=label, markersize=4.5)
    _finish(axes, "nats a token", bool(known))
    axes.set_xlabel("peak learning rate")
    if known:
        _logarithmic(axes, "x", np.array([row["peak_learning_rate"] for row in known]))
    _legend(axes)


def draw_loss(axes: Axes, summary: Summary) -> None:
    draw_column(axes, summary, "loss", "nats a token", series="training")
    scored = summary.drawn_validations()
    if scored:
        _dots(axes, scored, [scores["loss"] for scores in scored], "orange", "validation")
    not_finite = ~np.isfinite(summary.kept["loss"])
    if not_finite.any():
        tokens = summary.kept["tokens"][not_finite]
        at_bottom = axes.get_xaxis_transform()
        axes.plot(tokens, np.full(len(tokens), 0.02), "x", color=LIGHT["bad"], transform=at_bottom, label="not a number")
    _legend(axes)


def draw_perplexity(axes: Axes, summary: Summary) -> None:
    scored = summary.drawn_validations()
    values = [scores["perplexity"] for scores in scored]
    _dots(axes, scored, values, "orange")
    _finish(axes, "perplexity", bool(scored))
    if scored:
        _logarithmic(axes, "y", np.array(values, dtype=np.float64))


def draw_by_type(axes: Axes, summary: Summary, names: Sequence[str], measure: str) -> None:
    """One line a document type, in the colours of SERIES; which is which is told beside the picture."""
    drawn = summary.drawn_validations()
    for name, colour in zip(names, SERIES, strict=False):
        scored = [scores for scores in drawn if scores.get("by_doc_type", {}).get(name, {}).get(measure) is not None]
        _dots(axes, scored, [scores["by_doc_type"][name][measure] for scores in scored], colour)
    _finish(axes, measure.replace("_", " "), bool(drawn))


def draw_gradient_norm(axes: Axes, summary: Summary) -> None:
    draw_column(axes, summary, "gradient_norm", "norm before clipping", series="norm")
    tokens, norms = summary.kept["tokens"], summary.kept["gradient_norm"]
    large = summary.spikes(LARGE_SPIKE)
    for factor, chosen, colour in ((SPIKE, summary.spikes(SPIKE) & ~large, "warn"), (LARGE_SPIKE, large, "bad")):
        if chosen.any():
            label = f"above {factor:g} x running mean"
            axes.plot(tokens[chosen], norms[chosen], "o", color=LIGHT[colour], markersize=4.5, label=label)
    clip_norm = summary.stability.get("clipped", {}).get("clip_norm")
    if clip_norm is not None:
        axes.axhline(clip_norm, color=LIGHT["soft"], linewidth=0.9, linestyle=(0, (4, 3)), label=f"clipped to {clip_norm:g}")
    if (norms[np.isfinite(norms)] > 0).any():
        _logarithmic(axes, "y", norms)
    _legend(axes)


def draw_norm_distribution(axes: Axes, summary: Summary) -> None:
    """How often which gradient norm came, before clipping."""
    norms = summary.kept["gradient_norm"]
    norms = norms[np.isfinite(norms) & (norms > 0)]
    if len(norms):
        low, high = float(norms.min()), float(norms.max())
        bins = np.geomspace(low, high, 41) if high > low else np.array([low * 0.9, low * 1.1])
        axes.hist(norms, bins=bins.tolist(), color=LIGHT["blue"], log=len(norms) > 1000)
        _logarithmic(axes, "x", norms)
        for name, colour in (("median", "green"), ("p99", "warn")):
            axes.axvline(float(np.quantile(norms, {"median": 0.5, "p99": 0.99}[name])), color=LIGHT[colour], label=name)
    else:
        _say_empty(axes)
    axes.set_xlabel("gradient norm before clipping")
    axes.set_ylabel("logged steps")
    axes.grid(axis="x", visible=False)
    _legend(axes)


def draw_column(axes: Axes, summary: Summary, name: str, label: str, series: str = "", scale: float = 1.0, from_zero: bool = False) -> None:
    """A column, times `scale`, against tokens: lost steps faintly, those that count on top."""
    tokens, values = summary.curve(name)
    axes.plot(tokens, scale * values, color=LIGHT["blue"], label=series, marker="o" if len(values) == 1 else None, zorder=3)
    tokens_lost, values_lost = summary.curve(name, lost=True)
    if np.isfinite(values_lost).any():
        axes.plot(tokens_lost, scale * values_lost, color=LIGHT["blue"], alpha=0.4, linewidth=1.2, label="lost steps")
    drawn = np.concatenate([values, values_lost])
    drawn = scale * drawn[np.isfinite(drawn)]
    if from_zero and len(drawn) and drawn.max() > 0:
        axes.set_ylim(0, 1.08 * drawn.max())
    _finish(axes, label, len(drawn) > 0)


def draw_layers(axes: Axes, summary: Summary, name: str) -> None:
    """A number of each layer over the run, on a scale of colours that is logarithmic where all values are above 0."""
    values, tokens = summary.layers[name], summary.layer_tokens
    finite = values[np.isfinite(values)]
    low, high = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 1.0)
    norm = LogNorm(low, high) if 0 < low < high else None
    extent = (-0.5, values.shape[1] - 0.5, -0.5, len(values) - 0.5)
    image = axes.imshow(values, aspect="auto", origin="lower", cmap="viridis", norm=norm, extent=extent, interpolation="nearest")
    places = np.unique(np.linspace(0, values.shape[1] - 1, 5).astype(int))
    axes.set_xticks(places, [short(float(tokens[place])) for place in places])
    axes.yaxis.set_major_locator(MaxNLocator(8, integer=True))
    axes.set_xlabel("tokens")
    axes.set_ylabel("layer")
    axes.grid(visible=False)
    colours = axes.figure.colorbar(image, ax=axes)
    colours.ax.spines[:].set_visible(False)
    if norm is not None:
        _log_ticks(colours.ax.yaxis, finite)


def draw_lengths(axes: Axes, packings: Sequence[Packing]) -> None:
    lengths = np.concatenate([packing.lengths for packing in packings])
    seq_len = packings[0].seq_len
    most = min(int(lengths.max()), 4 * seq_len)  # the few longer ones stand in the last bar
    axes.hist(np.minimum(lengths, most), bins=50, color=LIGHT["blue"], label="documents")
    axes.axvline(seq_len, color=LIGHT["orange"], label=f"row of {seq_len:,} tokens")
    axes.set_xlabel("tokens a document" + (f" (longer than {most:,}: in the last bar)" if most < lengths.max() else ""))
    axes.set_ylabel("documents")
    axes.yaxis.set_major_formatter(FuncFormatter(_short))
    axes.grid(axis="x", visible=False)
    _legend(axes)


def draw_efficiency(axes: Axes, packings: Sequence[Packing]) -> None:
    """Three bars a source: a row for each document, rows for each document, and the packed rows."""
    shown = packings[:6]
    for place, packing in enumerate(shown):
        for beside, share, colour, label in (
            (-0.27, packing.naive_share, "grey", "a row each, cut off"),
            (0.0, packing.uncut_share, "teal", "rows each"),
            (0.27, packing.packed_share, "green", "packed"),
        ):
            axes.bar(place + beside, 100 * share, 0.25, color=LIGHT[colour], label=label if place == 0 else None)
            axes.text(place + beside, 100 * share + 1.5, f"{100 * share:.3g}", ha="center", fontsize=9)
    axes.set_xticks(range(len(shown)), [packing.name[:16] for packing in shown])
    axes.set_xlim(-0.7, len(shown) - 0.3)
    axes.set_ylim(0, 112)
    axes.set_yticks(range(0, 101, 25))
    axes.set_ylabel("% of all positions")
    axes.grid(axis="x", visible=False)
    _legend(axes)


def draw_timeline(axes: Axes, summary: Summary) -> None:
    """When each attempt loaded and trained, and when what happened."""
    begin = summary.attempts[0].begun / 1000
    end = max(attempt.end for attempt in summary.attempts) / 1000
    unit_seconds, unit = next((seconds, name) for least, seconds, name in SPANS if end - begin >= least)
    lanes = ("attempts", *summary.event_times)
    for attempt in summary.attempts:
        loaded = attempt.loaded if attempt.loaded is not None else attempt.end
        for since, until, colour, label in ((attempt.begun, loaded, "warn", "starting"), (loaded, attempt.end, "blue", "training")):
            left, width = (since / 1000 - begin) / unit_seconds, (until - since) / 1000 / unit_seconds
            axes.barh(0, width, left=left, height=0.5, color=LIGHT[colour], label=label if attempt is summary.attempts[0] else None)
        if attempt.cause not in ("finished", "stopped", "running"):
            axes.plot((attempt.end / 1000 - begin) / unit_seconds, 0, "X", color=LIGHT["bad"], markersize=7)
        if len(summary.attempts) <= 12:
            axes.text(
                (attempt.begun / 1000 - begin) / unit_seconds, -0.28, f"{attempt.number}", fontsize=8, color=LIGHT["soft"], va="bottom"
            )
    for lane, (name, colour) in enumerate(zip(summary.event_times, ("green", "orange", "bad"), strict=True), 1):
        places = (np.array(summary.event_times[name]) - begin) / max(end - begin, 1e-9)
        drawn = np.unique(np.round(places, 3))  # no more marks than there are places for
        axes.plot(
            drawn * (end - begin) / unit_seconds, np.full(len(drawn), lane), "|", color=LIGHT[colour], markersize=12, markeredgewidth=2
        )
    axes.set_yticks(range(len(lanes)), lanes)
    axes.set_ylim(len(lanes) - 0.5, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel(f"{unit} since the start")
    axes.grid(axis="y", visible=False)
    axes.plot([], [], "X", color=LIGHT["bad"], label="ended by a failure")
    _legend(axes)


def _dots(axes: Axes, scored: Sequence[Any], values: Sequence[float], colour: str, label: str = "") -> None:
    """Numbers of validations against tokens, each with its dot where they are few."""
    marker = "o" if len(scored) <= 60 else None
    axes.plot([scores["tokens"] for scores in scored], values, color=LIGHT[colour], marker=marker, markersize=3.5, label=label, zorder=4)


def _finish(axes: Axes, label: str, has_values: bool) -> None:
    """What pictures against tokens have in common."""
    axes.set_xlabel("tokens")
    axes.set_ylabel(label)
    axes.xaxis.set_major_formatter(FuncFormatter(_short))
    axes.xaxis.set_major_locator(MaxNLocator(6))
    axes.yaxis.set_major_formatter(FuncFormatter(_short))
    if not has_values:
        _say_empty(axes)


def _say_empty(axes: Axes) -> None:
    axes.set(xticks=[], yticks=[])
    axes.text(0.5, 0.5, "nothing recorded yet", transform=axes.transAxes, ha="center", color=LIGHT["soft"])


def _legend(axes: Axes) -> None:
    """Above the picture, so that it never stands on the data; none for a single thing."""
    handles, _ = axes.get_legend_handles_labels()
    if len(handles) > 1:
        axes.legend(loc="lower left", bbox_to_anchor=(-0.02, 1.0), ncols=LEGEND_COLUMNS, borderaxespad=0.2)


def _logarithmic(axes: Axes, which: str, values: Any) -> None:
    """A logarithmic x or y axis for values [n] that are above 0."""
    axes.set(**{f"{which}scale": "log"})
    _log_ticks(axes.xaxis if which == "x" else axes.yaxis, values)


def _log_ticks(axis: Any, values: Any) -> None:
    """As many labelled ticks as suit the powers of ten that the values [n] go over, and none between them."""
    above = values[np.isfinite(values) & (values > 0)]
    decades = float(np.log10(above.max() / above.min())) if len(above) else 0.0
    between = (1, 2, 3, 4, 5, 6, 7, 8, 9) if decades < 0.8 else (1, 2, 5) if decades < 3 else (1,)
    axis.set_major_locator(LogLocator(subs=between, numticks=12))
    axis.set_major_formatter(FuncFormatter(_short))
    axis.set_minor_locator(NullLocator())


def _short(value: float, _: Any = None) -> str:
    return short(value)
