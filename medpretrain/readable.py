"""A result as lines that a person reads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any


def readable(value: Any, indent: str = "") -> Iterator[str]:
    """A JSON-able dict as lines: `key  value`, groups indented, a list of like dicts as a table."""
    width = max((len(key) for key in value), default=0)
    for key, item in value.items():
        if isinstance(item, dict) and item:
            yield f"{indent}{key}"
            yield from readable({str(name): part for name, part in item.items()}, indent + "  ")
        elif isinstance(item, list) and item and all(isinstance(row, dict) for row in item):
            yield f"{indent}{key}"
            yield from table(item, indent + "  ")
        else:
            yield f"{indent}{key:{width}}  {cell(item)}"


def table(rows: Sequence[dict[str, Any]], indent: str) -> Iterator[str]:
    """Rows as aligned columns under a header; numbers stand to the right."""
    columns = list(dict.fromkeys(key for row in rows for key in row))
    cells = [[cell(row.get(column)) for column in columns] for row in rows]
    widths = [max(len(text) for text in (column, *(line[place] for line in cells))) for place, column in enumerate(columns)]
    right = [all(isinstance(row.get(column), int | float | None) for row in rows) for column in columns]
    for line in [columns, *cells]:
        yield (
            indent
            + "  ".join(
                f"{text:{'>' if at_right else '<'}{width}}" for text, width, at_right in zip(line, widths, right, strict=True)
            ).rstrip()
        )


def cell(value: Any) -> str:
    """One value as a person reads it."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, list):
        return ", ".join(cell(item) for item in value) or "none"
    return str(value) if value != {} else "none"
