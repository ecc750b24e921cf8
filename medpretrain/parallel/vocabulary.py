"""Embedding and output head split by vocabulary, the head together with its loss: no rank ever holds a whole fp32 logit matrix.

Shapes: N = B * S positions, H hidden size, V rows of the vocabulary on this rank, C positions of one chunk.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.distributed as dist
import torch.nn.functional as F
from torch import Tensor, nn

from medpretrain.parallel.collectives import copy_in, sum_out
from medpretrain.parallel.mesh import TensorAxis

CHUNK_POSITIONS = 1024


class VocabularyParallelEmbedding(nn.Module):
    """Embedding table split by rows: weight [V, H]; ids of other ranks' rows give zeros here, and the sum over ranks is the embedding."""

    def __init__(self, weight: Tensor, axis: TensorAxis) -> None:
        super().__init__()
        self.weight = nn.Parameter(weight)
        self.axis = axis

    def forward(self, tokens: Tensor) -> Tensor:
        if self.axis.group is None:
            return F.embedding(tokens, self.weight)
        local = tokens - self.axis.rank * self.weight.shape[0]
        outside = (local < 0) | (local >= self.weight.shape[0])
        embedded = F.embedding(local.masked_fill(outside, 0), self.weight)
        return sum_out(embedded.masked_fill(outside[..., None], 0.0), self.axis)


class VocabularyParallelHead(nn.Module):
    """The output head and its cross-entropy as one module, so that ZeRO-3 gathers the head's weight once a direction.

    weight: [V, H]; `vocab_size` is the true size of the whole vocabulary: logits of the padding behind it are left out of the softmax.
    """

    def __init__(self, weight: Tensor, vocab_size: int, axis: TensorAxis) -> None:
        super().__init__()
        self.weight = nn.Parameter(weight)
        self.vocab_size = vocab_size
        self.axis = axis

    def forward(self, hidden: Tensor, targets: Tensor) -> Tensor:
        """Negative log likelihood in nats of each target, fp32 of the shape of `targets`; 0 where a target is negative."""
        flat = copy_in(hidden, self.axis).flatten(0, -2)
        return _HeadLoss.apply(flat, self.weight, targets.flatten(), self.vocab_size, self.axis).view_as(targets)

    def logits(self, hidden: Tensor) -> Tensor:
        """fp32 logits [..., vocab_size]; only where one rank holds the whole head."""
        assert self.axis.size == 1, "logits() is for a head that is not split"
        return F.linear(hidden, self.weight)[..., : self.vocab_size].float()


class _HeadLoss(torch.autograd.Function):
    """Per-position cross-entropy over a vocabulary-parallel head, in chunks of positions; logits are computed again in the backward."""

    @staticmethod
    def forward(ctx: Any, hidden: Tensor, weight: Tensor, targets: Tensor, vocab_size: int, axis: TensorAxis) -> Tensor:
        num_positions = hidden.shape[0]
        log_normaliser = torch.empty(num_positions, dtype=torch.float32, device=hidden.device)
        losses = torch.empty_like(log_normaliser)
        for start in range(0, num_positions, CHUNK_POSITIONS):
            chunk = slice(start, start + CHUNK_POSITIONS)
            logits = _chunk_logits(hidden[chunk], weight, vocab_size, axis)  # [C, V] fp32
            largest = axis.all_reduce(logits.amax(dim=1), op=dist.ReduceOp.MAX)  # [C]
            logits.sub_(largest[:, None])
            local, held = _local_targets(targets[chunk], weight.shape[0], axis)
            at_target = logits.gather(1, local[:, None]).squeeze(1).masked_fill(~held, 0.0)
            total, at_target = axis.all_reduce(torch.stack((logits.exp_().sum(dim=1), at_target)))
            log_normaliser[chunk] = total.log() + largest
            losses[chunk] = torch.where(targets[chunk] >= 0, total.log() - at_target, 0.0)
        ctx.save_for_backward(hidden, targets, log_normaliser)
        ctx.weight = weight  # the parameter itself: under ZeRO-3 its data is away between the passes and back when backward runs
        ctx.vocab_size, ctx.axis = vocab_size, axis
        return losses

    @staticmethod
    def backward(ctx: Any, grad_losses: Tensor) -> tuple[Tensor, Tensor, None, None, None]:
        hidden, targets, log_normaliser = ctx.saved_tensors
        weight, axis = ctx.weight, ctx.axis
        grad_hidden = torch.empty_like(hidden)
        grad_weight = torch.zeros(weight.shape, dtype=torch.float32, device=weight.device)
        for start in range(0, hidden.shape[0], CHUNK_POSITIONS):
            chunk = slice(start, start + CHUNK_POSITIONS)
            grad_logits = _chunk_logits(hidden[chunk], weight, ctx.vocab_size, axis)
            grad_logits.sub_(log_normaliser[chunk, None]).exp_()  # the softmax, [C, V] fp32
            local, held = _local_targets(targets[chunk], weight.shape[0], axis)
            grad_logits.scatter_add_(1, local[:, None], -held.float()[:, None])
            grad_logits.mul_(grad_losses[chunk, None]).masked_fill_((targets[chunk] < 0)[:, None], 0.0)
            narrow = grad_logits.to(hidden.dtype)
            grad_hidden[chunk] = narrow @ weight
            grad_weight += narrow.T @ hidden[chunk]
        return grad_hidden, grad_weight.to(weight.dtype), None, None, None


def _chunk_logits(hidden: Tensor, weight: Tensor, vocab_size: int, axis: TensorAxis) -> Tensor:
    """fp32 logits [C, V] of this rank's vocabulary rows, minus infinity at the padding of the vocabulary."""
    logits = (hidden @ weight.T).float()
    num_real = min(max(vocab_size - axis.rank * weight.shape[0], 0), weight.shape[0])
    if num_real < weight.shape[0]:
        logits[:, num_real:] = float("-inf")
    return logits


def _local_targets(targets: Tensor, num_rows: int, axis: TensorAxis) -> tuple[Tensor, Tensor]:
    """Each target's row on this rank (0 where another rank holds it or it is masked), and whether this rank holds it."""
    local = targets - axis.rank * num_rows
    held = (local >= 0) & (local < num_rows) & (targets >= 0)
    return local.masked_fill(~held, 0), held
