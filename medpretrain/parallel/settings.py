"""How a model is spread over processes."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from medpretrain.config import Settings


class ParallelSettings(Settings):
    """`tensor`: how many consecutive ranks share one replica's matrices; the rest of the ranks are data parallel replicas."""

    tensor: Annotated[int, Field(gt=0)] = 1
