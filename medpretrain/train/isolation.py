"""The attention self-test at the start of every run: documents of a row do not see each other, and no position sees a later one.

It runs the model that will be trained, on the kernel, dtype, device and row length of the run. A kernel that leaks trains without any
error, to a lower loss than is true, so a run that leaks is refused.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from medpretrain.errors import InputError
from medpretrain.shards.format import RowFormat
from medpretrain.shards.loader import micro_batches_of
from medpretrain.train.agree import agree
from medpretrain.train.engine import Engine

SHORTEST_ROW = 16  # shorter rows have no room for three documents; they are tested at this length


def check_isolation(engine: Engine, row_format: RowFormat, kernel: str) -> None:
    """Forward one row of three documents and padding, then the row with other tokens in some places, and compare to the last bit what
    must not change (collective).

    Args:
        kernel: what computes attention, for the message.

    Raises:
        InputErrors: a loss changed that cannot depend on what was changed, or none changed that must.
    """
    seq_len = max(row_format.seq_len, SHORTEST_ROW)
    first, last = seq_len // 3, seq_len - seq_len // 5  # the middle document
    middle = (first + last) // 2
    smallest = max(row_format.pad_id, row_format.bos_id, row_format.eos_id) + 1  # ids from here on are text
    ids = np.random.default_rng(0).integers(0, row_format.vocab_size - smallest, seq_len)

    def losses_with(*changed: slice) -> NDArray[np.float32]:
        row = ids.copy()
        for places in changed:
            row[places] += 1
        row = smallest + row % (row_format.vocab_size - smallest)
        for begin, end in ((0, first), (first, last), (last, seq_len - 2)):
            row[begin], row[end - 1] = row_format.bos_id, row_format.eos_id
        row[-2:] = row_format.pad_id
        (batch,) = micro_batches_of(row[None], [1], row_format)
        return engine.target_losses(batch)[0].cpu().numpy()

    before = losses_with()
    others = losses_with(slice(0, first), slice(last, None))
    future = losses_with(slice(middle, last))
    past = losses_with(slice(first + 1, first + 2))
    # The loss at i is that of token i + 1 after tokens up to i.
    inside, earlier, later = slice(first, last - 1), slice(first, middle - 1), slice(first + 2, last - 1)

    def check() -> None:
        for found, wrong in (
            ("lets a document see another one of its row", not np.array_equal(before[inside], others[inside], equal_nan=True)),
            ("lets a position see a later one", not np.array_equal(before[earlier], future[earlier], equal_nan=True)),
            ("does not let a position see an earlier one of its document", np.array_equal(before[later], past[later], equal_nan=True)),
        ):
            if wrong:
                raise InputError(
                    f"attention by {kernel}",
                    found,
                    "that a position sees its own document up to itself, and nothing else",
                    "use the version of torch that setup.py asks for, on a device that it supports; here the run would learn from a leak",
                )

    agree(check)
