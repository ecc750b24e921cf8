"""Tensor parallel equals dense: the pair of linear layers, embedding, head with its loss, and the whole decoder, in value and gradient.

H: hidden size, F: MLP width, V: vocabulary rows with padding.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from engine_runs import first_weights
from processes import run_processes
from torch import Tensor

from medpretrain.model.decoder import MedicalLM
from medpretrain.model.layout import parameter_table
from medpretrain.model.settings import ModelSettings
from medpretrain.parallel import vocabulary
from medpretrain.parallel.collectives import copy_in, sum_out
from medpretrain.parallel.layers import ColumnParallelLinear, RowParallelLinear
from medpretrain.parallel.mesh import Place, TensorAxis, build_mesh
from medpretrain.parallel.vocabulary import VocabularyParallelEmbedding, VocabularyParallelHead
from medpretrain.shards.masking import targets_of

pytestmark = pytest.mark.slow

MODEL = ModelSettings(vocab_size=600, hidden_size=32, num_layers=2, num_heads=8, num_kv_heads=4, head_size=8, ffn_size=88)
TIED = MODEL.model_copy(update={"tied_embeddings": True})
RADIOLOGY = TIED.model_copy(update={"norm": "layernorm", "activation": "gelu", "biases": True})
IGNORED = -1
SCALE = 0.3  # of the loss


def axis_of(rank: int, num_processes: int) -> TensorAxis:
    return build_mesh(Place(rank, rank, num_processes), num_processes, torch.device("cpu")).tensor


def numbers(*shape: int, seed: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def close(one: Tensor, other: Tensor, relative: float = 1e-6) -> bool:
    assert one.shape == other.shape
    return bool((one - other).norm() <= relative * other.norm())


# --- the mesh and the two collectives


def groups_of(rank: int, num_processes: int) -> dict[str, Any]:
    mesh = build_mesh(Place(rank, rank, num_processes), 2, torch.device("cpu"))
    data = torch.tensor([2.0**rank])
    torch.distributed.all_reduce(data, group=mesh.dp_group)
    return {
        "place": (mesh.dp_rank, mesh.dp_size, mesh.tensor.rank, mesh.tensor.size),
        "tensor": mesh.tensor.all_reduce(torch.tensor([2.0**rank])).item(),
        "data": data.item(),
        "largest": mesh.tensor.all_reduce(torch.tensor([float(rank)]), op=torch.distributed.ReduceOp.MAX).item(),
    }


def test_mesh_of_two_replicas_of_two(tmp_path: Path) -> None:
    results = run_processes(groups_of, 4, tmp_path)
    assert [result["place"] for result in results] == [(0, 2, 0, 2), (0, 2, 1, 2), (1, 2, 0, 2), (1, 2, 1, 2)]
    assert [result["tensor"] for result in results] == [1 + 2, 1 + 2, 4 + 8, 4 + 8]  # neighbours share a replica
    assert [result["data"] for result in results] == [1 + 4, 2 + 8, 1 + 4, 2 + 8]
    assert [result["largest"] for result in results] == [1, 1, 3, 3]


def both_collectives(rank: int, num_processes: int) -> dict[str, Tensor]:
    axis = axis_of(rank, num_processes)
    x = torch.full((2,), float(rank + 1), requires_grad=True)
    copied, summed = copy_in(x, axis), sum_out(x, axis)
    (through_copy,) = torch.autograd.grad(copied, x, torch.full((2,), 10.0 ** (rank + 1)))
    (through_sum,) = torch.autograd.grad(summed, x, torch.full((2,), 10.0 ** (rank + 1)))
    return {"x": x.detach(), "copied": copied.detach(), "summed": summed.detach(), "by copy": through_copy, "by sum": through_sum}


def test_each_collective_beside_its_gradient(tmp_path: Path) -> None:
    for rank, result in enumerate(run_processes(both_collectives, 2, tmp_path)):
        values = {name: tensor.tolist() for name, tensor in result.items()}
        own, gradient = float(rank + 1), 10.0 ** (rank + 1)
        assert values == {"x": [own] * 2, "copied": [own] * 2, "summed": [3.0] * 2, "by copy": [110.0] * 2, "by sum": [gradient] * 2}


# --- a column and a row parallel layer


def column_then_row(rank: int, num_processes: int) -> dict[str, Tensor]:
    axis = axis_of(rank, num_processes)
    up, down, x, grad = (numbers(*shape, seed=seed) for seed, shape in enumerate([(24, 16), (16, 24), (5, 16), (5, 16)]))
    x.requires_grad_()
    column = ColumnParallelLinear(up.chunk(num_processes, 0)[rank].clone(), axis)
    row = RowParallelLinear(down.chunk(num_processes, 1)[rank].clone(), axis)
    result = row(F.silu(column(x)))
    gradients = torch.autograd.grad(result, (x, column.weight, row.weight), grad)
    return dict(zip(("result", "x", "column", "row"), (result.detach(), *gradients), strict=True))


@pytest.mark.parametrize("num_processes", [2, 4])
def test_column_and_row_pair_equals_dense(tmp_path: Path, num_processes: int) -> None:
    up, down, x, grad = (numbers(*shape, seed=seed).requires_grad_() for seed, shape in enumerate([(24, 16), (16, 24), (5, 16), (5, 16)]))
    dense = F.linear(F.silu(F.linear(x, up)), down)
    grad_x, grad_up, grad_down = torch.autograd.grad(dense, (x, up, down), grad)
    outputs = run_processes(column_then_row, num_processes, tmp_path)
    for output in outputs:
        assert output["column"].shape == (24 // num_processes, 16)
        assert close(output["result"], dense)
        assert close(output["x"], grad_x)
        assert torch.equal(output["result"], outputs[0]["result"])
        assert torch.equal(output["x"], outputs[0]["x"])
    assert close(torch.cat([output["column"] for output in outputs], 0), grad_up)
    assert close(torch.cat([output["row"] for output in outputs], 1), grad_down)


# --- embedding and head


def embed(rank: int, num_processes: int, table: Tensor, tokens: Tensor, grad: Tensor) -> tuple[Tensor, Tensor]:
    embedding = VocabularyParallelEmbedding(table.chunk(num_processes)[rank].clone(), axis_of(rank, num_processes))
    embedded = embedding(tokens)
    return embedded.detach(), *torch.autograd.grad(embedded, embedding.weight, grad)


@pytest.mark.parametrize("num_processes", [2, 4])
def test_embedding_equals_dense(tmp_path: Path, num_processes: int) -> None:
    table = numbers(16, 8, seed=1).requires_grad_()
    tokens = torch.tensor([[0, 3, 4, 7], [8, 15, 3, 3]])  # both sides of every border between ranks; one id three times
    grad = numbers(2, 4, 8, seed=2)
    dense = F.embedding(tokens, table)
    (grad_table,) = torch.autograd.grad(dense, table, grad)
    outputs = run_processes(embed, num_processes, tmp_path, table.detach(), tokens, grad)
    for embedded, _ in outputs:
        assert torch.equal(embedded, dense)
    assert close(torch.cat([gradient for _, gradient in outputs]), grad_table)


def score(rank: int, num_processes: int, chunk_positions: int, vocab_size: int, *given: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    vocabulary.CHUNK_POSITIONS = chunk_positions
    weight, hidden, targets = given
    head = VocabularyParallelHead(weight.chunk(num_processes)[rank].clone(), vocab_size, axis_of(rank, num_processes))
    hidden.requires_grad_()
    loss, losses = head(hidden, targets, SCALE)
    return losses, *torch.autograd.grad(loss, (hidden, head.weight))


@pytest.mark.parametrize(
    ("num_processes", "vocab_size"),
    [
        pytest.param(2, 32, id="no padding"),
        pytest.param(2, 27, id="the last rank's rows are partly padding"),
        pytest.param(2, 16, id="the last rank's rows are all padding"),
        pytest.param(4, 18, id="of four ranks one has some padding and one nothing else"),
    ],
)
@pytest.mark.parametrize("chunk_positions", [1024, 5])
def test_head_and_loss_equal_dense(tmp_path: Path, num_processes: int, vocab_size: int, chunk_positions: int) -> None:
    weight, hidden = numbers(32, 8, seed=1), 3 * numbers(2, 7, 8, seed=2)
    targets = torch.randint(vocab_size, (2, 7), generator=torch.Generator().manual_seed(4))
    targets[0, :3] = torch.tensor([0, vocab_size - 1, 8])
    targets[1, 1::2] = IGNORED
    outputs = run_processes(score, num_processes, tmp_path, chunk_positions, vocab_size, weight, hidden, targets)

    weight.requires_grad_()
    hidden.requires_grad_()
    logits = F.linear(hidden, weight[:vocab_size])
    dense = F.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=IGNORED, reduction="none").view_as(targets)
    grad_hidden, grad_weight = torch.autograd.grad(SCALE * dense.sum(), (hidden, weight))
    for losses, of_hidden, _ in outputs:
        assert close(losses, dense)
        assert close(of_hidden, grad_hidden)
        assert torch.equal(losses == 0, targets == IGNORED)
        assert torch.equal(losses, outputs[0][0])
        assert torch.equal(of_hidden, outputs[0][1])
    together = torch.cat([of_weight for _, _, of_weight in outputs])
    assert close(together, grad_weight)
    assert not together[vocab_size:].any()


# --- the decoder


def packed_rows() -> tuple[Tensor, Tensor, Tensor]:
    """Three rows of 24 tokens: documents of uneven lengths, padding in two of them."""
    tokens = torch.randint(4, MODEL.vocab_size, (3, 24), generator=torch.Generator().manual_seed(6))
    tokens[0, [8, 23]] = tokens[1, [4, 17]] = tokens[2, [1, 11]] = 2  # </s>
    tokens[1, 18:] = tokens[2, 12:] = 0  # <pad>
    targets, positions, _ = (torch.from_numpy(array) for array in targets_of(tokens.numpy(), 2, 0, False))
    return tokens, positions, targets


def decode(rank: int, num_processes: int, model: ModelSettings, recompute_layers: bool) -> tuple[Tensor, dict[str, Tensor]]:
    """In fp64 but for the head, which computes its loss in fp32: the gradient of a key's bias is a difference of almost equal numbers."""
    axis = TensorAxis() if num_processes == 1 else axis_of(rank, num_processes)
    decoder = MedicalLM(model, first_weights(model, 5, rank, num_processes, torch.float64), axis, recompute_layers)
    loss, losses = decoder(*packed_rows())
    loss.backward()
    return losses, {name: parameter.grad for name, parameter in decoder.named_parameters() if parameter.grad is not None}


@pytest.mark.parametrize(
    ("num_processes", "model", "recompute_layers"),
    [
        (2, MODEL, False),
        (4, MODEL, False),
        (2, MODEL, True),
        (2, TIED, False),
        (4, TIED, True),
        (2, RADIOLOGY, False),
        (4, RADIOLOGY, True),
    ],
    ids=["2", "4", "2, recomputed", "2, tied", "4, tied, recomputed", "2, radiology", "4, radiology, recomputed"],
)
def test_decoder_equals_one_rank(tmp_path: Path, num_processes: int, model: ModelSettings, recompute_layers: bool) -> None:
    dense_losses, dense_gradients = decode(0, 1, model, False)
    outputs = run_processes(decode, num_processes, tmp_path, model, recompute_layers)
    for losses, _ in outputs:
        assert close(losses, dense_losses, 1e-7)
        assert torch.equal(losses, outputs[0][0])
    for name, spec in parameter_table(model).items():
        shards = [gradients[name] for _, gradients in outputs]
        assert all(shard.shape == spec.shard_shape(num_processes) for shard in shards), name
        assert dense_gradients[name].norm() > 0, name
        if spec.tp_dim is None:
            assert all(torch.equal(shard, shards[0]) for shard in shards), f"{name}: ranks would drift apart"
        together = shards[0] if spec.tp_dim is None else torch.cat(shards, dim=spec.tp_dim)
        assert close(together, dense_gradients[name], 1e-7), name
