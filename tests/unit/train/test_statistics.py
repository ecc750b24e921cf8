"""The parts of a step's statistics against plain computations: the update of AdamW, and the largest attention logit."""

from __future__ import annotations

import math

import pytest
import torch

from medpretrain.checkpoint.format import HeldSlice, LogicalShape
from medpretrain.train.settings import OptimizerSettings
from medpretrain.train.statistics import QUERIES_AT_ONCE, adamw_update, largest_logit, layer_of


@pytest.mark.parametrize("decays", [True, False])
def test_the_update_is_what_torch_changed(decays: bool) -> None:
    settings = OptimizerSettings(weight_decay=0.3, epsilon=1e-3)
    weight = torch.nn.Parameter(torch.randn(500, generator=torch.Generator().manual_seed(0), dtype=torch.float64))
    decay = settings.weight_decay if decays else 0.0
    optimizer = torch.optim.AdamW([weight], betas=(settings.beta1, settings.beta2), eps=settings.epsilon, weight_decay=decay)
    for step, rate in enumerate((1e-2, 3e-2, 2e-2), start=1):
        optimizer.param_groups[0]["lr"] = rate
        before = weight.detach().clone()
        weight.grad = torch.randn(500, generator=torch.Generator().manual_seed(step), dtype=torch.float64)
        optimizer.step()
        state = optimizer.state[weight]
        values = {"master": weight.detach(), "exp_avg": state["exp_avg"], "exp_avg_sq": state["exp_avg_sq"]}
        kept = {key: value.clone() for key, value in values.items()}
        held = HeldSlice(LogicalShape("layers.0.x", (500,), None), 0, 1, 0, 500, values, step)
        torch.testing.assert_close(adamw_update(held, rate, settings, decays), weight.detach() - before, rtol=1e-9, atol=1e-12)
        assert all(torch.equal(values[key], kept[key]) for key in values), "the state is as it was"


@pytest.mark.parametrize("num_positions", [1, 7, QUERIES_AT_ONCE, 4 * QUERIES_AT_ONCE + 5])
def test_the_largest_logit_is_that_of_the_whole_matrix(num_positions: int) -> None:
    generator = torch.Generator().manual_seed(num_positions)
    query, key = torch.randn(num_positions, 6, 8, generator=generator), torch.randn(num_positions, 2, 8, generator=generator)
    key[-1] += 100 * query[0].mean(dim=0)  # what the first query would see, were it allowed to
    asks = torch.rand(num_positions, generator=generator) < 0.5
    key[num_positions // 2] = 50 * query[-1].mean(dim=0)  # what the last query sees
    asks[0] = asks[-1] = True
    logits = torch.einsum("qhd,khd->hqk", query, key.repeat_interleave(3, dim=1)) / math.sqrt(8)
    seen = torch.ones(num_positions, num_positions, dtype=torch.bool).tril() & asks[:, None]
    places = asks.nonzero().flatten()
    torch.testing.assert_close(largest_logit(query[places], key, places), logits.where(seen, -math.inf).max())
    assert largest_logit(query[:0], key, places[:0]) == -math.inf


def test_layers_by_name() -> None:
    names = ("layers.0.attention.q_proj.weight", "layers.17.mlp_norm.bias", "embedding.weight", "final_norm.weight", "head.weight")
    assert [layer_of(name) for name in names] == [0, 17, None, None, None]
