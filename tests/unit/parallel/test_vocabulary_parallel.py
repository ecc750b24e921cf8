"""The head and its loss on one rank against a hand computation and against torch: masking, chunks, gradients, effective batch."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from medpretrain.model.decoder import MedicalLM
from medpretrain.model.initialise import initial_weights
from medpretrain.model.settings import ModelSettings
from medpretrain.parallel import vocabulary
from medpretrain.parallel.mesh import TensorAxis
from medpretrain.parallel.vocabulary import VocabularyParallelEmbedding, VocabularyParallelHead
from medpretrain.shards.masking import targets_of

IGNORED = -1
EOS, PAD = 2, 0


def head_and_hidden(num_positions: int, vocab_size: int = 11, num_rows: int = 16) -> tuple[VocabularyParallelHead, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(4)
    weight = torch.randn(num_rows, 8, generator=generator)
    hidden = torch.randn(1, num_positions, 8, generator=generator, requires_grad=True)
    targets = torch.randint(vocab_size, (1, num_positions), generator=generator)
    targets[0, ::3] = IGNORED
    return VocabularyParallelHead(weight, vocab_size, TensorAxis()), hidden, targets


def gradients(head: VocabularyParallelHead, hidden: Tensor, targets: Tensor, scale: float = 1.0) -> tuple[Tensor, Tensor, Tensor]:
    """Losses, and the gradients of their scaled sum by hidden and weight."""
    loss, losses = head(hidden, targets, scale)
    assert not losses.requires_grad
    torch.testing.assert_close(loss, losses.sum() * scale, rtol=0, atol=0)
    return losses, *torch.autograd.grad(loss, (hidden, head.weight))


def test_loss_of_three_reports_by_hand() -> None:
    """Three packed reports of 4, 3 and 2 tokens and a padding; a vocabulary of four whose logits are set by hand: with a hidden state
    of one-hot rows, the weight's columns are the logits.

    The probabilities of tokens 0 to 3 are (1, 1, 1, 5)/8 after token 1, (1, 2, 3, 4)/10 after token 3, and even after token 2.
    """
    tokens = torch.tensor([[1, 3, 3, EOS, 1, 3, EOS, 1, EOS, PAD]])
    targets = torch.from_numpy(targets_of(tokens.numpy(), EOS, PAD, mask_separator_targets=False)[0])
    assert targets.tolist() == [[3, 3, EOS, IGNORED, 3, EOS, IGNORED, EOS, IGNORED, IGNORED]]

    weight = torch.tensor([[0.0, 1, 1, 1], [0, 1, 1, 2], [0, 1, 1, 3], [0, 5, 1, 4]]).log()  # [token, token before]
    weight[:, 0] = 0
    head = VocabularyParallelHead(weight, vocab_size=4, axis=TensorAxis())
    _, losses = head(F.one_hot(tokens, 4).float(), targets)

    by_hand = [8 / 5, 10 / 4, 10 / 3, 1, 8 / 5, 10 / 3, 1, 8, 1, 1]  # one over the probability of each target; 1 where masked
    torch.testing.assert_close(losses, torch.tensor([by_hand]).log(), rtol=1e-6, atol=1e-6)
    mean = losses.sum() / (targets != IGNORED).sum()
    expected = (math.log(8 / 5) + math.log(10 / 4) + math.log(10 / 3) + math.log(8 / 5) + math.log(10 / 3) + math.log(8)) / 6
    assert mean.item() == pytest.approx(expected, rel=1e-6)


def test_equals_torch_cross_entropy_with_every_gradient() -> None:
    head, hidden, targets = head_and_hidden(20)
    losses, grad_hidden, grad_weight = gradients(head, hidden, targets, scale=0.3)

    weight = head.weight.detach().clone().requires_grad_()
    logits = F.linear(hidden, weight)[..., :11]
    reference = F.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=IGNORED, reduction="none").view_as(targets)
    expected = torch.autograd.grad(0.3 * reference.sum(), (hidden, weight))
    torch.testing.assert_close(losses, reference, rtol=1e-6, atol=1e-6)
    torch.testing.assert_close(grad_hidden, expected[0], rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(grad_weight, expected[1], rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(head.logits(hidden), logits, rtol=0, atol=0)


def test_all_masked_gives_zero_and_no_nan() -> None:
    head, hidden, _ = head_and_hidden(5)
    losses, grad_hidden, grad_weight = gradients(head, hidden, torch.full((1, 5), IGNORED))
    assert losses.tolist() == [[0.0] * 5]
    assert not grad_hidden.any()
    assert not grad_weight.any()


@pytest.mark.parametrize("chunk_positions", [1, 7, 10, 19])
def test_chunks_change_neither_loss_nor_gradient(monkeypatch: pytest.MonkeyPatch, chunk_positions: int) -> None:
    head, hidden, targets = head_and_hidden(20)
    assert vocabulary.CHUNK_POSITIONS >= 20
    whole = gradients(head, hidden, targets)
    monkeypatch.setattr(vocabulary, "CHUNK_POSITIONS", chunk_positions)
    chunked = gradients(head, hidden, targets)
    for one, other in zip(chunked, whole, strict=True):
        assert (one - other).norm() < 1e-6 * other.norm()


def test_large_logits_do_not_overflow() -> None:
    head = VocabularyParallelHead(torch.tensor([[1000.0], [999.0], [-1000.0]]), vocab_size=3, axis=TensorAxis())
    _, losses = head(torch.ones(1, 3, 1), torch.tensor([[0, 1, 2]]))
    normaliser = math.log(1 + math.exp(-1))
    expected = torch.tensor([[normaliser, 1 + normaliser, 2000 + normaliser]])
    torch.testing.assert_close(losses, expected, rtol=0, atol=1.3e-4)  # two spacings of fp32 numbers at 1000


def test_bf16_losses_are_fp32_and_gradients_bf16() -> None:
    head, hidden, targets = head_and_hidden(20)
    exact = gradients(head, hidden, targets)
    narrow = gradients(head.bfloat16(), hidden.detach().bfloat16().requires_grad_(), targets)
    assert [tensor.dtype for tensor in narrow] == [torch.float32, torch.bfloat16, torch.bfloat16]
    for one, other in zip(narrow, exact, strict=True):
        assert (one.float() - other).norm() < 0.02 * other.norm()


def test_a_factor_of_one_but_for_rounding_leaves_bf16_gradients_as_they_are() -> None:
    """DeepSpeed multiplies the loss by 1 / DP and we by DP: their product in fp32 is not always 1."""
    head, hidden, targets = head_and_hidden(20)
    head, hidden = head.bfloat16(), hidden.detach().bfloat16().requires_grad_()
    factor = torch.tensor(1 / 41) * 41
    assert factor != 1
    alone, multiplied = (torch.autograd.grad(head(hidden, targets, 1 / 14)[0] * by, (hidden, head.weight)) for by in (1, factor))
    for one, other in zip(alone, multiplied, strict=True):
        assert torch.equal(one, other)


def test_embedding_of_one_rank_is_a_table_look_up() -> None:
    table = torch.arange(12.0).view(6, 2)
    embedding = VocabularyParallelEmbedding(table, TensorAxis())
    assert embedding(torch.tensor([[5, 0, 5]])).tolist() == [[[10.0, 11.0], [0.0, 1.0], [10.0, 11.0]]]


def test_gradient_of_many_small_batches_equals_that_of_one_large() -> None:
    """The effective batch: what the rows are cut into does not change the gradient, also where rows have unequally many targets."""
    model = ModelSettings(vocab_size=100, hidden_size=32, num_layers=2, num_heads=4, num_kv_heads=2, head_size=8, ffn_size=48)
    generator = torch.Generator().manual_seed(9)
    tokens = torch.randint(3, 100, (64, 12), generator=generator)
    lengths = torch.randint(3, 13, (64, 1), generator=generator)
    places = torch.arange(12).expand(64, 12)
    tokens[places >= lengths] = PAD
    targets, positions, _ = (torch.from_numpy(array) for array in targets_of(tokens.numpy(), EOS, PAD, False))
    num_targets = int((targets != IGNORED).sum())

    def gradient(rows_at_once: int) -> Tensor:
        decoder = MedicalLM(model, initial_weights(model, 1, 0, 1, torch.float32), TensorAxis())
        for start in range(0, 64, rows_at_once):
            rows = slice(start, start + rows_at_once)
            loss, _ = decoder(tokens[rows], positions[rows], targets[rows], 1 / num_targets)
            loss.backward()
        return torch.cat([parameter.grad.flatten() for parameter in decoder.parameters() if parameter.grad is not None])

    whole = gradient(64)
    assert (gradient(8) - whole).norm() < 1e-6 * whole.norm()
