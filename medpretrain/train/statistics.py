"""What goes on inside each layer at a step (002-56): how large activations and gradients are, the largest attention logit, and how far
an update moves the weights. The numbers are those of the global batch, at any DP, TP, ZeRO stage and micro-batch, and training does not
notice.

Activations and logits are read by hooks on the forward pass that is trained, so with the weights of before the update. The hooks only read,
and are deaf while layers are computed again for the backward pass; logits are computed apart from the kernel, which never has them, for
every eighth token of a document as the query: the whole matrix would cost as much as attention itself.

Letters: L layers, M rows of a micro-batch, S positions, H hidden size, Q query heads here, K key-value heads here, D head size, n positions
of a document, q queries in it, c of them taken at once.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from medpretrain.checkpoint.format import HeldSlice
from medpretrain.model.decoder import MedicalLM
from medpretrain.model.elementwise import rotate
from medpretrain.model.layout import parameter_table
from medpretrain.parallel.mesh import Mesh
from medpretrain.shards.loader import MicroBatch, StepBatch
from medpretrain.train.engine import Engine, StepResult
from medpretrain.train.settings import OptimizerSettings, Recipe

QUERY_EVERY = 8
QUERIES_AT_ONCE = 256
NUMBERS_AT_ONCE = 4096


@dataclass(frozen=True)
class LayerStatistics:
    """Numbers of each layer, L each; NaN where there are none.

    activation_rms: of the layer's output, over the positions that have a target.
    gradient_rms: of its parameters' gradient before clipping; NaN where the update was left out.
    attention_logit_max: largest scaled query-key product, over the keys that the queries see which have a target and are a document's
        first, ninth, seventeenth... token (of the part of it in a row). So it is a lower bound of the largest of all, by a sample.
    update_ratio: norm of its parameters' update over their norm before it; NaN where the update was left out.
    """

    activation_rms: list[float]
    gradient_rms: list[float]
    attention_logit_max: list[float]
    update_ratio: list[float]


def measure_step(
    engine: Engine, mesh: Mesh, recipe: Recipe, batch: StepBatch, learning_rate: float, step: Callable[[], StepResult]
) -> tuple[StepResult, LayerStatistics]:
    """Do a step, and measure its layers. Collective.

    Args:
        batch: this replica's share of what `step` trains.
        learning_rate: of that step.
    """
    num_layers = recipe.model.num_layers
    table = parameter_table(recipe.model)
    gradients, updates, weights = torch.zeros(3, num_layers, dtype=torch.float64, device=mesh.device)

    def add_gradient(name: str, gradient: Tensor) -> None:
        if (layer := layer_of(name)) is not None:
            gradients[layer] += _sum_of_squares(gradient)

    with _ForwardWatch(engine.decoder, batch.micro_batches, mesh.device) as forward, engine.watch_gradients(add_gradient):
        result = step()
    if result.applied:
        for held in engine.held_slices():
            if (layer := layer_of(held.parameter.name)) is not None:
                update = adamw_update(held, learning_rate, recipe.optimizer, table[held.parameter.name].decays)
                updates[layer] += _sum_of_squares(update)
                weights[layer] += _sum_of_squares(held.values["master"] - update)
    if mesh.tensor.rank != 0:
        forward.activations.zero_()  # every tensor parallel rank has all of them
    sums = torch.stack([forward.activations, gradients, updates, weights])
    dist.all_reduce(sums)
    dist.all_reduce(forward.logits, op=dist.ReduceOp.MAX)

    numels = [0] * num_layers
    for spec in table.values():
        if (layer := layer_of(spec.name)) is not None:
            numels[layer] += spec.numel
    clip = recipe.optimizer.clip_norm
    clipped_by = max(1.0, (result.gradient_norm + 1e-6) / clip) if result.applied else math.nan  # as DeepSpeed does it
    activation_sums, gradient_sums, update_sums, weight_sums = sums.tolist()
    num_activations = batch.num_targets * recipe.model.hidden_size
    return result, LayerStatistics(
        activation_rms=[_root(each, num_activations) for each in activation_sums],
        gradient_rms=[clipped_by * _root(each, numel) for each, numel in zip(gradient_sums, numels, strict=True)],
        attention_logit_max=forward.logits.tolist(),
        update_ratio=[_root(update, weight) for update, weight in zip(update_sums, weight_sums, strict=True)],
    )


def layer_of(name: str) -> int | None:
    """The number of the layer that a parameter belongs to; None where it is of none."""
    parts = name.split(".")
    return int(parts[1]) if parts[0] == "layers" else None


def adamw_update(held: HeldSlice, learning_rate: float, settings: OptimizerSettings, decays: bool) -> Tensor:
    """By how much the last update changed a slice's weights, fp32 like them: from its moments and weights after that update, since a copy
    of the weights before it would be a third more of the state."""
    first, second = held.values["exp_avg"], held.values["exp_avg_sq"]
    root = second.sqrt().div_(math.sqrt(1 - settings.beta2**held.step)).add_(settings.epsilon)
    update = torch.div(first, root, out=root).mul_(-learning_rate / (1 - settings.beta1**held.step))
    if not decays:
        return update
    decayed = learning_rate * settings.weight_decay  # after = (1 - decayed) * before + what the moments say
    return update.sub_(held.values["master"], alpha=decayed).div_(1 - decayed)


def largest_logit(query: Tensor, key: Tensor, places: Tensor) -> Tensor:
    """The largest scaled product of a query with a key that it sees, in one document: fp32, no dimensions; -inf where there is no query.

    query [q, Q, D]; key [n, K, D], each shared by Q / K query heads; places int64 [q], rising: where in the document each query stands.
    """
    keys = key.float().permute(1, 2, 0)[:, None]  # [K, 1, D, n]
    queries = query.float().unflatten(1, (key.shape[1], -1)).permute(1, 2, 0, 3)  # [K, Q / K, q, D]
    key_places = torch.arange(len(key), device=key.device)
    largest = torch.full((), -math.inf, device=query.device)
    for begin in range(0, len(query), QUERIES_AT_ONCE):
        block = slice(begin, begin + QUERIES_AT_ONCE)
        logits = queries[:, :, block] @ keys  # [K, Q / K, c, n]
        hidden = key_places > places[block, None]
        largest = torch.maximum(largest, logits.masked_fill_(hidden, -math.inf).max())
    return largest / math.sqrt(query.shape[-1])


class _ForwardWatch:
    """Sees the layers' forward passes over these micro-batches while it is entered.

    Attributes:
        activations: sums of the squares of each layer's output, fp64 [L].
        logits: largest logit of each layer, fp32 [L].
    """

    def __init__(self, decoder: MedicalLM, micro_batches: Sequence[MicroBatch], device: torch.device) -> None:
        self._decoder, self._device = decoder, device
        self._coming = iter(micro_batches)
        self._listens = False  # not while layers are computed again in the backward pass
        self.activations = torch.zeros(len(decoder.layers), dtype=torch.float64, device=device)
        self.logits = torch.full((len(decoder.layers),), -math.inf, device=device)
        self._projected: dict[str, Tensor] = {}  # of the attention that is being computed
        self._handles: list[RemovableHandle] = []

    def __enter__(self) -> _ForwardWatch:
        self._handles += [
            self._decoder.register_forward_pre_hook(self._before_pass),
            self._decoder.register_forward_hook(self._after_pass),
        ]
        for number, layer in enumerate(self._decoder.layers):
            attention: Any = layer.attention
            self._handles += [
                attention.q_proj.register_forward_hook(partial(self._after_projection, "query")),
                attention.k_proj.register_forward_hook(partial(self._after_projection, "key")),
                attention.register_forward_hook(partial(self._after_attention, number)),
                layer.register_forward_hook(partial(self._after_layer, number)),
            ]
        return self

    def __exit__(self, *_: object) -> None:
        for handle in self._handles:
            handle.remove()

    def _before_pass(self, module: nn.Module, inputs: Any) -> None:
        micro_batch = next(self._coming)
        self._listens = True
        targets, bounds = micro_batch.targets.reshape(-1), micro_batch.boundaries.tolist()
        self._has_target = torch.from_numpy(micro_batch.targets >= 0).to(self._device)  # [M, S]
        self._documents = []
        for begin, end in itertools.pairwise(bounds):
            places = np.arange(0, end - begin, QUERY_EVERY)
            places = places[targets[begin + places] >= 0]
            if len(places):
                self._documents.append((begin, end, torch.from_numpy(places).to(self._device)))

    def _after_pass(self, module: nn.Module, inputs: Any, output: Any) -> None:
        self._listens = False

    def _after_projection(self, name: str, module: nn.Module, inputs: Any, output: Tensor) -> None:
        if self._listens:
            self._projected[name] = output.detach()

    @torch.no_grad()
    def _after_attention(self, layer: int, module: nn.Module, inputs: Any, output: Tensor) -> None:
        if not self._listens:
            return
        _, cos, sin, _ = inputs
        query, key = (
            rotate(self._projected.pop(name).unflatten(-1, (-1, cos.shape[-1])), cos, sin).flatten(0, 1) for name in ("query", "key")
        )  # [M * S, heads, D]
        for begin, end, places in self._documents:
            self.logits[layer] = torch.maximum(self.logits[layer], largest_logit(query[begin + places], key[begin:end], places))

    @torch.no_grad()
    def _after_layer(self, layer: int, module: nn.Module, inputs: Any, output: Tensor) -> None:
        if not self._listens:
            return
        norms = torch.linalg.vector_norm(output, dim=-1, dtype=torch.float32)  # [M, S]
        self.activations[layer] += norms.double().square().where(self._has_target, 0.0).sum()


def _sum_of_squares(values: Tensor) -> Tensor:
    """Of flat fp32 numbers, fp64: summed in fp32 some thousand at a time, which is twenty times as fast on a CPU as in fp64 and as good."""
    blocks = len(values) // NUMBERS_AT_ONCE * NUMBERS_AT_ONCE
    norms = torch.linalg.vector_norm(values[:blocks].view(-1, NUMBERS_AT_ONCE), dim=1)
    return norms.double().square().sum() + torch.linalg.vector_norm(values[blocks:], dtype=torch.float64).square()


def _root(part: float, whole: float) -> float:
    return math.sqrt(part / whole) if whole else math.nan
