"""The known product: its hash is made anew from whole numbers, and a machine that multiplies wrongly is found."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
import torch

from medpretrain.cluster.matrix_check import EXPECTED, SIZE, check_devices, factor


def test_the_expected_product_in_whole_numbers() -> None:
    first, second = (
        np.array([[factor(row, column, which) for column in range(SIZE)] for row in range(SIZE)], dtype=np.int64) for which in (0, 1)
    )
    product = first @ second
    assert hashlib.sha256(product.astype("<i4").tobytes()).hexdigest() == EXPECTED
    assert 8 * 8 * SIZE < 2**24, "every sum is exact in float32"
    assert len(np.unique(product)) > 100


def test_this_machine_multiplies_right() -> None:
    before = torch.get_float32_matmul_precision()
    try:
        assert all(device["right"] for device in check_devices())
    finally:
        torch.set_float32_matmul_precision(before)


def test_one_wrong_bit_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    product = torch.Tensor.__matmul__

    def faulty(one: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
        result = product(one, other)
        result[17, 400] += 1
        return result

    before = torch.get_float32_matmul_precision()
    monkeypatch.setattr(torch.Tensor, "__matmul__", faulty)
    try:
        assert not any(device["right"] for device in check_devices())
    finally:
        torch.set_float32_matmul_precision(before)
