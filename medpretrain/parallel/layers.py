"""Linear layers split over the tensor parallel axis. Each is given its own share of the weight, and of the bias where it has one."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from medpretrain.parallel.collectives import copy_in, sum_out
from medpretrain.parallel.mesh import TensorAxis


class ColumnParallelLinear(nn.Module):
    """y = x @ W.T + b with both split by output: weight [out / tp, in], bias [out / tp]; takes the whole x, gives this rank's part of y."""

    def __init__(self, weight: Tensor, axis: TensorAxis, bias: Tensor | None = None) -> None:
        super().__init__()
        self.weight = nn.Parameter(weight)
        self.bias = None if bias is None else nn.Parameter(bias)
        self.axis = axis

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(copy_in(x, self.axis), self.weight, self.bias)


class RowParallelLinear(nn.Module):
    """y = x @ W.T + b with W split by input: weight [out, in / tp]; takes this rank's part of x, gives the whole y. Every rank has all of
    the bias [out], which is added once, to the sum of the ranks' parts."""

    def __init__(self, weight: Tensor, axis: TensorAxis, bias: Tensor | None = None) -> None:
        super().__init__()
        self.weight = nn.Parameter(weight)
        self.bias = None if bias is None else nn.Parameter(bias)
        self.axis = axis

    def forward(self, x: Tensor) -> Tensor:
        summed = sum_out(F.linear(x, self.weight), self.axis)
        return summed if self.bias is None else summed + self.bias
