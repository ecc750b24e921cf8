"""NumPy files that are written a row at a time, for arrays that need not fit into memory."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import DTypeLike

ROWS_AT_ONCE = 4096


class ArrayWriter:
    """Writes a .npy file of shape [rows, *row_shape]. Use it in a `with`; the file is whole behind it."""

    def __init__(self, path: Path, dtype: DTypeLike, row_shape: tuple[int, ...] = ()) -> None:
        self._path, self._row_shape = path, row_shape
        self._rows = np.empty((ROWS_AT_ONCE, *row_shape), dtype)
        self._num_waiting = self._num_rows = 0

    def __enter__(self) -> ArrayWriter:
        self._file = open(self._path, "wb")
        self._write_header()
        return self

    def append(self, row: Any) -> None:
        self._rows[self._num_waiting] = row
        self._num_waiting += 1
        if self._num_waiting == ROWS_AT_ONCE:
            self._flush()

    def _flush(self) -> None:
        self._file.write(self._rows[: self._num_waiting].tobytes())
        self._num_rows += self._num_waiting
        self._num_waiting = 0

    def _write_header(self) -> None:
        """NumPy leaves room in it for the first dimension to grow, so that it always has the same length."""
        shape = (self._num_rows, *self._row_shape)
        npy.write_array_header_1_0(self._file, {"descr": npy.dtype_to_descr(self._rows.dtype), "fortran_order": False, "shape": shape})

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if kind is None:
            self._flush()
            self._file.seek(0)
            self._write_header()
        self._file.close()
