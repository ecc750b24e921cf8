"""With one rank nothing is communicated and nothing is copied. Several ranks: tests/distributed/test_tensor_parallel.py."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from medpretrain.parallel.collectives import copy_in, sum_out
from medpretrain.parallel.layers import ColumnParallelLinear, RowParallelLinear
from medpretrain.parallel.mesh import TensorAxis


def test_one_rank_hands_the_very_tensor_through() -> None:
    x = torch.randn(3, 4)
    assert copy_in(x, TensorAxis()) is x
    assert sum_out(x, TensorAxis()) is x
    assert TensorAxis().all_reduce(x) is x


def test_layers_of_one_rank_are_plain_linear_layers() -> None:
    generator = torch.Generator().manual_seed(1)
    x, weight = torch.randn(3, 4, generator=generator), torch.randn(5, 4, generator=generator)
    for kind in (ColumnParallelLinear, RowParallelLinear):
        layer = kind(weight, TensorAxis())
        assert torch.equal(layer(x), F.linear(x, weight))
        assert [name for name, _ in layer.named_parameters()] == ["weight"]  # no bias
