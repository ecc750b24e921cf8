"""Attention against its definition, and the variable-length kernel's side of it as far as a machine without a GPU can show."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensorMode

from medpretrain.model.attention import Documents, attend, boundaries_of, find_documents, has_varlen_kernel

B, S, Q, K, D = 2, 24, 6, 2, 8
LENGTHS = [[9, 10, 5], [4, 15, 5]]


def positions_of(lengths: list[list[int]]) -> Tensor:
    return torch.stack([torch.cat([torch.arange(length) for length in row]) for row in lengths])


def heads(seed: int, dtype: torch.dtype = torch.float32) -> tuple[Tensor, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    query, key, value = (torch.randn(B, S, count, D, generator=generator) for count in (Q, K, K))
    return query.to(dtype).requires_grad_(), key.to(dtype).requires_grad_(), value.to(dtype).requires_grad_()


def by_definition(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """One document, head and position at a time, in float64."""
    out = torch.zeros(B, S, Q, D, dtype=torch.float64)
    for row, lengths in enumerate(LENGTHS):
        begin = 0
        for length in lengths:
            for place in range(begin, begin + length):
                for head in range(Q):
                    seen = slice(begin, place + 1)
                    scores = key[row, seen, head * K // Q].double() @ query[row, place, head].double() / math.sqrt(D)
                    out[row, place, head] = scores.softmax(0) @ value[row, seen, head * K // Q].double()
            begin += length
    return out


@pytest.mark.parametrize(
    ("dtype", "rtol"),
    [(torch.float32, 1e-5), pytest.param(torch.bfloat16, 1.01 * 2**-8, id="bf16, where only the result is rounded")],
)
def test_attention_is_its_definition_inside_each_document(dtype: torch.dtype, rtol: float):
    query, key, value = heads(0, dtype)
    mixed = attend(query, key, value, find_documents(positions_of(LENGTHS), dtype))
    assert mixed.dtype == dtype
    torch.testing.assert_close(mixed.double(), by_definition(query, key, value), rtol=rtol, atol=1e-6)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_no_gradient_crosses_a_boundary_or_comes_from_the_future(dtype: torch.dtype):
    query, key, value = heads(1, dtype)
    mixed = attend(query, key, value, find_documents(positions_of(LENGTHS), dtype))
    mixed[0, 12].sum().backward()  # the fourth position of the second document
    for tensor in (key, value):
        assert tensor.grad is not None
        reached = tensor.grad.abs().sum((2, 3)) > 0
        expected = torch.zeros(B, S, dtype=torch.bool)
        expected[0, 9:13] = True
        assert torch.equal(reached, expected)


def test_boundaries_are_the_starts_of_all_documents_of_the_flattened_rows():
    boundaries = boundaries_of(positions_of(LENGTHS))
    assert boundaries.dtype == torch.int32
    assert boundaries.tolist() == [0, 9, 19, 24, 28, 43, 48]


def test_the_variable_length_kernel_is_called_as_torch_defines_it():
    """On fake CUDA tensors: torch checks the call, and says the shape and dtype of what comes back."""
    with FakeTensorMode():
        query, key, value = (torch.empty(B, S, n, 64, device="cuda", dtype=torch.bfloat16) for n in (Q, K, K))
        assert has_varlen_kernel(query.device, query.dtype)
        mixed = attend(query, key, value, Documents(torch.empty(7, device="cuda", dtype=torch.int32), 15, None))
        assert (mixed.shape, mixed.dtype, mixed.device.type) == (query.shape, torch.bfloat16, "cuda")
