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
    """The output head and its cross-entropy as one module, so that ZeRO-3 gathers the head's weight for both at once.

    weight: [V, H], or the embedding's parameter where the two are tied: one parameter of two modules, split alike, gathered for each.
    `vocab_size` is the true size of the whole vocabulary: logits of the padding behind it are left out of the softmax.
    """

    def __init__(self, weight: Tensor, vocab_size: int, axis: TensorAxis) -> None:
        super().__init__()
        self.weight = weight if isinstance(weight, nn.Parameter) else nn.Parameter(weight)  # wrapped again, it would be another one
        self.vocab_size = vocab_size
        self.axis = axis

    def forward(self, hidden: Tensor, targets: Tensor, scale: float = 1.0) -> tuple[Tensor, Tensor]:
        """The loss, `scale` times the sum of all targets' losses (fp32, differentiable), and each target's loss: negative log likelihood in
        nats, fp32 of the shape of `targets`, 0 where a target is negative; no gradient goes through these."""
        flat = copy_in(hidden, self.axis).flatten(0, -2)
        # Whether autograd records is asked here: inside the function it never does.
        loss, losses = _HeadLoss.apply(flat, self.weight, targets.flatten(), scale, self.vocab_size, self.axis, torch.is_grad_enabled())
        return loss, losses.view_as(targets)

    def logits(self, hidden: Tensor) -> Tensor:
        """fp32 logits [..., vocab_size]; only where one rank holds the whole head."""
        assert self.axis.size == 1, "logits() is for a head that is not split"
        return F.linear(hidden, self.weight)[..., : self.vocab_size].float()


class _HeadLoss(torch.autograd.Function):
    """Cross-entropy over a vocabulary-parallel head, in chunks of positions. The gradients are computed in the forward pass, while a
    chunk's logits are there: otherwise they would have to be kept, or computed again by one more product with the head.

    The gradient of the logits carries `scale` before it is rounded to the compute dtype, once; the gradient that comes in is a factor of
    about 1 and is multiplied in last.
    """

    @staticmethod
    def forward(
        ctx: Any, hidden: Tensor, weight: Tensor, targets: Tensor, scale: float, vocab_size: int, axis: TensorAxis, differentiate: bool
    ) -> tuple[Tensor, Tensor]:
        losses = torch.empty(hidden.shape[0], dtype=torch.float32, device=hidden.device)
        if differentiate:
            grad_hidden = torch.empty_like(hidden)
            grad_weight = torch.zeros(weight.shape, dtype=torch.float32, device=weight.device)
        for start in range(0, hidden.shape[0], CHUNK_POSITIONS):
            chunk = slice(start, start + CHUNK_POSITIONS)
            masked = targets[chunk] < 0
            logits = _chunk_logits(hidden[chunk], weight, vocab_size, axis)  # [C, V] fp32
            logits.sub_(axis.all_reduce(logits.amax(dim=1), op=dist.ReduceOp.MAX)[:, None])
            local, held = _local_targets(targets[chunk], weight.shape[0], axis)
            at_target = logits.gather(1, local[:, None]).squeeze(1).masked_fill(~held, 0.0)
            total, at_target = axis.all_reduce(torch.stack((logits.exp_().sum(dim=1), at_target)))  # [C] each
            losses[chunk] = (total.log() - at_target).masked_fill(masked, 0.0)
            if differentiate:
                logits.mul_((scale / total).masked_fill(masked, 0.0)[:, None])  # now scale * softmax
                logits.scatter_add_(1, local[:, None], -scale * held.float()[:, None])  # now the gradient
                logits = logits.to(hidden.dtype)  # lets the fp32 matrix go before the products
                grad_hidden[chunk] = logits @ weight
                _add_product(grad_weight, logits.T, hidden[chunk])
            del logits  # or it would stand beside the next chunk's
        if differentiate:
            ctx.save_for_backward(grad_hidden, grad_weight.to(weight.dtype))
        ctx.mark_non_differentiable(losses)
        return losses.sum() * scale, losses

    @staticmethod
    def backward(ctx: Any, grad_loss: Tensor, _: Tensor) -> tuple[Tensor | None, ...]:
        grad_hidden, grad_weight = ctx.saved_tensors
        return grad_hidden.mul_(grad_loss), grad_weight.mul_(grad_loss), None, None, None, None, None


def _add_product(total: Tensor, left: Tensor, right: Tensor) -> None:
    """Add left @ right to the fp32 `total`. A GPU adds before it rounds the product, and without writing it; a CPU has no such product."""
    if left.is_cuda and left.dtype != total.dtype:
        torch.addmm(total, left, right, out_dtype=total.dtype, out=total)
    else:
        total += left @ right


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
