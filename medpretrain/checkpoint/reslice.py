"""Where one topology's slice of a parameter lies in another's: pure arithmetic on whole numbers.

A parameter is looked at as a grid [R, C]: R = product of the dimensions before the split one, C = the rest. Each tensor-parallel
shard is then a band of columns, whatever the dimension (split by dimension 0: one row; replicated: one row, one band). A flat
stretch of a shard is at most three rectangles of that grid (the rest of a row, whole rows, the begin of a row), and what two
stretches share is the rectangles' intersections: a few strided copies.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from medpretrain.checkpoint.format import LogicalShape


@dataclass(frozen=True, slots=True)
class Stretch:
    """Elements `offset : offset + length` of the flattened shard `tp_rank` of `tp_size`."""

    tp_rank: int
    tp_size: int
    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class Copy:
    """A block of rows x columns: row `i` goes from `source_start + i * source_stride` to `target_start + i * target_stride` (elements)."""

    num_rows: int
    num_columns: int
    source_start: int
    source_stride: int
    target_start: int
    target_stride: int


@dataclass(frozen=True, slots=True)
class _Rectangle:
    """A block of the grid; `start` is where its first element lies in the stretch, `stride` the distance between its rows there."""

    first_row: int
    end_row: int
    first_column: int
    end_column: int
    start: int
    stride: int


def plan_copies(parameter: LogicalShape, source: Stretch, target: Stretch) -> list[Copy]:
    """The copies (at most nine, mostly one) that bring all that `source` holds of `target` to its place there."""
    copies = []
    for into in _rectangles(parameter, target):
        for out_of in _rectangles(parameter, source):
            first_row, end_row = max(into.first_row, out_of.first_row), min(into.end_row, out_of.end_row)
            first_column, end_column = max(into.first_column, out_of.first_column), min(into.end_column, out_of.end_column)
            if first_row < end_row and first_column < end_column:
                copies.append(
                    Copy(
                        num_rows=end_row - first_row,
                        num_columns=end_column - first_column,
                        source_start=_position(out_of, first_row, first_column),
                        source_stride=out_of.stride,
                        target_start=_position(into, first_row, first_column),
                        target_stride=into.stride,
                    )
                )
    return copies


def _position(rectangle: _Rectangle, row: int, column: int) -> int:
    return rectangle.start + (row - rectangle.first_row) * rectangle.stride + column - rectangle.first_column


def _rectangles(parameter: LogicalShape, stretch: Stretch) -> list[_Rectangle]:
    if stretch.length == 0:
        return []
    num_bands, band = (1, 0) if parameter.tp_dim is None else (stretch.tp_size, stretch.tp_rank)
    width = math.prod(parameter.shape[parameter.tp_dim or 0 :]) // num_bands  # of a band
    left = band * width
    begin, end = stretch.offset, stretch.offset + stretch.length
    end_of_first_row = min(end, -(-begin // width) * width)
    end_of_whole_rows = max(end_of_first_row, end // width * width)
    rectangles = []
    for first, last in ((begin, end_of_first_row), (end_of_first_row, end_of_whole_rows), (end_of_whole_rows, end)):
        if first < last:
            row, column = divmod(first, width)
            end_row, end_column = divmod(last - 1, width)
            rectangles.append(_Rectangle(row, end_row + 1, left + column, left + end_column + 1, first - begin, width))
    return rectangles
