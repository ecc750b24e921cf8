"""The compiled functions of a layer against the same, step by step. The compiler is the one of CPUs here: tests/gpu has the other."""

from __future__ import annotations

import pytest
import torch

from medpretrain.model.elementwise import STEP_BY_STEP, compiled

SHAPES = {"rotate": [(2, 7, 3, 8), (2, 7, 1, 8), (2, 7, 1, 8)], "silu_product": [(2, 7, 24), (2, 7, 24)]}


@pytest.mark.slow  # starts torch's compiler
def test_compiled_functions_and_their_gradients_are_those_step_by_step() -> None:
    assert set(SHAPES) == set(STEP_BY_STEP._fields)
    kernels = compiled()
    for name, shapes in SHAPES.items():
        for rows in (2, 5):  # the second shape is compiled anew, for any number of rows
            generator = torch.Generator().manual_seed(rows)
            inputs = [torch.randn(rows, *shape[1:], generator=generator, requires_grad=True) for shape in shapes]
            ours, reference = getattr(kernels, name)(*inputs), getattr(STEP_BY_STEP, name)(*inputs)
            weights = torch.randn(reference.shape, generator=generator)
            torch.testing.assert_close(ours, reference)
            for found, expected in zip(
                torch.autograd.grad(ours, inputs, weights), torch.autograd.grad(reference, inputs, weights), strict=True
            ):
                torch.testing.assert_close(found, expected)
