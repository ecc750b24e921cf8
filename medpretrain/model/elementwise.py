"""What a layer computes element by element, between its matrix products. On a GPU each of these functions is bound by memory: as torch's
compiler makes it, one kernel reads its inputs and writes its result, where step by step every intermediate is written and read too.

Nothing here sums, so a compiled function gives the same bits whichever of its kernels the compiler finds fastest on a machine.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Turn each pair (i, i + D/2) of x [B, S, heads, D] by its position's angle; products of two then depend on distance alone."""
    first, second = x.chunk(2, dim=-1)
    return x * cos + torch.cat((-second, first), dim=-1) * sin


def silu_product(gate: Tensor, up: Tensor) -> Tensor:
    """silu(gate) * up, of equal shapes: what SwiGLU has between its matrices (Shazeer 2020)."""
    return F.silu(gate) * up


class ElementWise(NamedTuple):
    """The functions of a layer: step by step, or compiled."""

    rotate: Callable[[Tensor, Tensor, Tensor], Tensor]
    silu_product: Callable[[Tensor, Tensor], Tensor]


MAX_COMPILATIONS = 64  # of one function
STEP_BY_STEP = ElementWise(rotate, silu_product)


def compiled() -> ElementWise:
    """Each as a kernel of its own, compiled as it is first called: seconds once a machine, which keeps them in its cache.

    A function is compiled anew for heads of queries and of keys, with and without gradients, for one row and for several. Torch gives up
    at a limit, without an error, and what is computed step by step from then on is rounded otherwise: the limit is set out of reach.
    """
    import torch._dynamo.config  # with the compiler, which a start on a CPU does not wait for

    torch._dynamo.config.recompile_limit = MAX_COMPILATIONS
    return ElementWise(torch.compile(rotate), torch.compile(silu_product))
