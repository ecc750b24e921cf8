"""A page that is one file: its frame, colours in light and dark, tables, tiles and bars. No script, and nothing is fetched."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"  # whatever should slip in, nothing is fetched and nothing runs
BACKGROUNDS = {"back": ("#f6f7f9", "#12161f"), "card": ("#ffffff", "#1a202c")}  # light, dark
# Of text, lines and marks, by what they stand for: (light, dark).
COLOURS = {
    "ink": ("#1d2433", "#e4e8f0"),
    "soft": ("#5d6779", "#a3adbf"),
    "grid": ("#e3e7ee", "#2f3747"),
    "blue": ("#2563c9", "#6ea8ff"),
    "orange": ("#c2570c", "#ff9f5a"),
    "green": ("#1a7f4b", "#52c98a"),
    "purple": ("#7b3fc4", "#b794ff"),
    "teal": ("#0c7c8a", "#4fc7d6"),
    "pink": ("#b8327a", "#ff85bd"),
    "brown": ("#7a5a2b", "#d0ab72"),
    "grey": ("#6b7280", "#9aa3b2"),
    "warn": ("#b07a00", "#f2c14e"),
    "bad": ("#c62b2b", "#ff7b72"),
}


def document(title: str, sections: Sequence[str]) -> str:
    """The page, whole."""
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<style>{_colours()}{Path(__file__).with_name("page.css").read_text(encoding="utf-8")}</style>
</head>
<body><main>
{"".join(sections)}
</main></body>
</html>
"""


def _colours() -> str:
    """The colours of page and pictures as CSS variables, light and dark."""
    colours = {**BACKGROUNDS, **COLOURS}
    light, dark = (" ".join(f"--{name}: {pair[which]};" for name, pair in colours.items()) for which in (0, 1))
    return f":root {{ {light} }}\n@media (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}\n"


def section(title: str, *parts: str) -> str:
    return f"<section><h2>{title}</h2>{''.join(parts)}</section>\n"


def tile(value: str, words: str, share: float | None = None) -> str:
    part = "" if share is None else bar(share)
    return f'<div class="tile"><b>{value}</b><span>{escape(words)}</span>{part}</div>'


def bar(share: float) -> str:
    return f'<div class="bar"><i style="width: {min(max(share, 0), 1):.2%}"></i></div>'


def table(heads: Sequence[str], rows: Sequence[Sequence[str]], numbers: set[int]) -> str:
    """A table that scrolls by itself where the window is narrow. `numbers`: the columns that stand to the right."""

    def cells(tag: str, texts: Sequence[str]) -> str:
        kinds = ["n" if place in numbers else "long" if tag == "td" and place == len(heads) - 1 else "" for place in range(len(heads))]
        return "".join(f'<{tag} class="{kind}">{escape(text)}</{tag}>' for kind, text in zip(kinds, texts, strict=True))

    body = "".join(f"<tr>{cells('td', row)}</tr>" for row in rows)
    return f'<div class="scroll"><table><tr>{cells("th", heads)}</tr>{body}</table></div>'
