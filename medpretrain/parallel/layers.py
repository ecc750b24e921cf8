"""Linear layers split over the tensor parallel axis. Each is given its own share of the weight; none has a bias."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from medpretrain.parallel.collectives import copy_in, sum_out
from medpretrain.parallel.mesh import TensorAxis


class ColumnParallelLinear(nn.Module):
    """y = x @ W.T with W split by output: weight [out / tp, in]; takes the whole x, gives this rank's part of y."""

    def __init__(self, weight: Tensor, axis: TensorAxis) -> None:
        super().__init__()
        self.weight = nn.Parameter(weight)
        self.axis = axis

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(copy_in(x, self.axis), self.weight)


class RowParallelLinear(nn.Module):
    """y = x @ W.T with W split by input: weight [out, in / tp]; takes this rank's part of x, gives the whole y."""

    def __init__(self, weight: Tensor, axis: TensorAxis) -> None:
        super().__init__()
        self.weight = nn.Parameter(weight)
        self.axis = axis

    def forward(self, x: Tensor) -> Tensor:
        return sum_out(F.linear(x, self.weight), self.axis)
