"""Does this machine multiply right? One matrix product whose every element is known, on each GPU, or on the CPU where there is none.

`python -m medpretrain.cluster.matrix_check` prints one JSON object. All values are small whole numbers, so every sum is exact in float32
in any order of summation, with and without TF32: one wrong bit is a fault of the machine, not rounding.
"""

from __future__ import annotations

import hashlib
import json
import time
from typing import Any

SIZE = 512
REPEATS_ON_GPU = 20
# SHA-256 of the product as int32, rows first, little-endian; a test makes it anew from whole numbers.
EXPECTED = "d831750a0623028ffc49dbd95773b3014fa258a5b7e828180656be6a56909627"


def factor(row: int, column: int, which: int) -> int:
    """The element of the first (0) or second (1) matrix: between -8 and 8."""
    return (7 * row + 13 * column + (row * column) % 11 + 5 * which) % 17 - 8


def check_devices() -> list[dict[str, Any]]:
    """For each device: its name, whether all its products were right, and the seconds they took."""
    import torch

    if torch.cuda.is_available():
        return [_check(f"cuda:{index}", REPEATS_ON_GPU) for index in range(torch.cuda.device_count())]
    return [_check("cpu", 1)]


def _check(device: str, repeats: int) -> dict[str, Any]:
    import torch

    rows, columns = torch.arange(SIZE, device=device)[:, None], torch.arange(SIZE, device=device)[None, :]
    base = 7 * rows + 13 * columns + (rows * columns) % 11
    first, second = ((base + 5 * which).remainder(17).sub(8).to(torch.float32) for which in (0, 1))
    started = time.perf_counter()
    wrong = 0
    for precision in ("highest", "high"):  # with the second one, GPUs take their tensor cores
        torch.set_float32_matmul_precision(precision)
        for _ in range(repeats):
            product = (first @ second).to(torch.int32).cpu()
            wrong += hashlib.sha256(product.numpy().tobytes()).hexdigest() != EXPECTED
    return {"device": device, "right": wrong == 0, "wrong": wrong, "seconds": round(time.perf_counter() - started, 3)}


if __name__ == "__main__":
    print(json.dumps({"devices": check_devices()}))
