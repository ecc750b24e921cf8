"""A run whose attention leaks refuses to start: every kind of leak that a wrong mask or kernel can have is seen by the self-test."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from processes import run_processes
from torch import Tensor

from medpretrain.errors import InputErrors
from medpretrain.model import decoder
from medpretrain.parallel.mesh import Place, build_mesh
from medpretrain.train.engine import start_processes
from medpretrain.train.run import assemble
from medpretrain.train.settings import Recipe

pytestmark = pytest.mark.slow


def true_mask(segments: Tensor) -> Tensor:
    """bool [B, 1, S, S]: whether a position (third axis) may look at another (fourth)."""
    same = segments[:, None, :, None] == segments[:, None, None, :]
    return same & torch.ones(2 * segments.shape[1:], dtype=torch.bool).tril()


def no_boundaries(segments: Tensor) -> Tensor:
    return true_mask(torch.zeros_like(segments))


def one_position_of_the_document_before(segments: Tensor) -> Tensor:
    mask = true_mask(segments)
    begins = (segments.diff(dim=1, prepend=segments[:, :1]) != 0).nonzero()
    for row, begin in begins.tolist():
        mask[row, 0, begin, begin - 1] = True
    return mask


def next_position(segments: Tensor) -> Tensor:
    mask = true_mask(segments)
    index = torch.arange(segments.shape[1] - 1)
    mask[:, 0, index, index + 1] = segments[:, :-1] == segments[:, 1:]
    return mask


def itself_alone(segments: Tensor) -> Tensor:
    return torch.eye(segments.shape[1], dtype=torch.bool).expand(len(segments), 1, -1, -1)


def attend_with(query: Tensor, key: Tensor, value: Tensor, mask: Tensor) -> Tensor:
    query, key, value = (heads.transpose(1, 2) for heads in (query, key, value))
    return F.scaled_dot_product_attention(query, key, value, attn_mask=mask, enable_gqa=True).transpose(1, 2)


LEAKS: dict[Callable[[Tensor], Tensor] | None, str | None] = {
    None: None,  # the run's own attention
    true_mask: None,
    no_boundaries: "lets a document see another one of its row",
    one_position_of_the_document_before: "lets a document see another one of its row",
    next_position: "lets a position see a later one",
    itself_alone: "does not let a position see an earlier one of its document",
}


def start_each(rank: int, world_size: int, shards: Path, directory: Path, precision: str, zero: int) -> list[str | None]:
    """What the start of a run said with each mask: None where it went on, else the message's second part."""
    recipe = Recipe.model_validate(
        {
            "name": "isolation",
            "model": {
                "vocab_size": 400,
                "hidden_size": 32,
                "num_layers": 2,
                "num_heads": 8,
                "num_kv_heads": 4,
                "head_size": 4,
                "ffn_size": 64,
            },
            "data": {"seq_len": 64, "sources": {"reports": {"shards": str(shards)}}},
            "batch": {"global_rows": 4, "micro_rows": 2},
            "schedule": {"total_steps": 10, "warmup_steps": 2},
            "parallel": {"tensor": min(world_size, 2)},
            "precision": precision,
            "checkpoint": {"every_steps": 10},
        }
    )
    place = Place(rank, rank, world_size)
    mesh = build_mesh(place, recipe.parallel.tensor, start_processes(place))
    said: list[str | None] = []
    for number, mask in enumerate(LEAKS):
        if mask is not None:
            decoder.find_documents = lambda positions, dtype, mask=mask: mask((positions == 0).cumsum(1))
            decoder.attend = attend_with
        ds_config: dict[str, Any] = {"zero_optimization": {"stage": zero, "reduce_bucket_size": 10_000}}  # else each engine takes gigabytes
        try:
            assemble(recipe, ds_config, "test", directory / str(number), mesh, None, [])
            said.append(None)
        except InputErrors as errors:
            (error,) = errors.errors
            said.append(f"{error.where} {error.found}")
    return said


@pytest.mark.parametrize(("world_size", "precision", "zero"), [(1, "fp32", 2), (4, "bf16", 3)])
def test_a_run_whose_attention_leaks_refuses_to_start(
    pack_reports: Callable[..., Path], tmp_path: Path, world_size: int, precision: str, zero: int
):
    shards = pack_reports(tmp_path / "data", num_reports=20, vocab_size=400)
    for said in run_processes(start_each, world_size, tmp_path, shards, tmp_path, precision, zero):
        for found, expected in zip(said, LEAKS.values(), strict=True):
            if expected is None:
                assert found is None
            else:
                assert found is not None
                assert found.startswith("attention by scaled dot product attention (torch")
                assert found.endswith(expected)
