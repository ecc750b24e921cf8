"""The two collectives of tensor parallelism, each beside its gradient (Shoeybi et al. 2019, the f and g of Megatron-LM)."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from medpretrain.parallel.mesh import TensorAxis


class _CopyIn(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, axis: TensorAxis) -> Tensor:
        ctx.axis = axis
        return x.view_as(x)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        return ctx.axis.all_reduce(grad.contiguous().clone()), None


class _SumOut(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, axis: TensorAxis) -> Tensor:
        return axis.all_reduce(x.contiguous().clone())

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        return grad, None


def copy_in(x: Tensor, axis: TensorAxis) -> Tensor:
    """Hand the same x to every rank's part of the work: identity forward, sum of the parts' gradients backward."""
    return x if axis.group is None else _CopyIn.apply(x, axis)


def sum_out(x: Tensor, axis: TensorAxis) -> Tensor:
    """Sum the ranks' partial results: all-reduce forward, identity backward."""
    return x if axis.group is None else _SumOut.apply(x, axis)
