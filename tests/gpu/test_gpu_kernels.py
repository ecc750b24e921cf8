"""What computes on a GPU against the same on other kernels: attention, decoder and loss. Where rounding is the point, the tolerance is the
error of torch's or transformers' own bf16 path, measured in the same test."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor
from transformers import LlamaConfig, LlamaForCausalLM

from medpretrain.model.attention import attend, find_documents
from medpretrain.model.decoder import MedicalLM
from medpretrain.model.elementwise import STEP_BY_STEP, ElementWise, compiled
from medpretrain.model.initialise import initial_weights
from medpretrain.model.settings import ModelSettings
from medpretrain.parallel.mesh import TensorAxis
from medpretrain.parallel.vocabulary import CHUNK_POSITIONS, VocabularyParallelHead
from medpretrain.release.mapping import PADDED_BY_VOCABULARY, huggingface_names, llama_config

B, S, Q, K, D = 2, 1024, 16, 4, 128
MODEL = ModelSettings(vocab_size=5000, hidden_size=512, num_layers=4, num_heads=8, num_kv_heads=2, head_size=64, ffn_size=1408)


def document_positions(num_rows: int, seq_len: int, seed: int = 0) -> Tensor:
    """int64 [num_rows, seq_len]: documents of 3 to 400 positions, cut at the row's end."""
    generator = np.random.default_rng(seed)
    rows = []
    for _ in range(num_rows):
        row: list[int] = []
        while len(row) < seq_len:
            row.extend(range(int(generator.integers(3, 400))))
        rows.append(row[:seq_len])
    return torch.tensor(rows)


def heads(device: torch.device, dtype: torch.dtype) -> list[Tensor]:
    generator = torch.Generator().manual_seed(0)
    drawn = [torch.randn(B, S, count, D, generator=generator) for count in (Q, K, K)]
    return [tensor.bfloat16().to(device, dtype).requires_grad_() for tensor in drawn]  # the same values in every dtype


def dense_mask(positions: Tensor) -> Tensor:
    """True where a position may look: at itself and earlier, in its own document. int64 [B, S] -> bool [B, 1, S, S]."""
    segments, length = (positions == 0).cumsum(1), positions.shape[1]
    same = segments[:, None, :, None] == segments[:, None, None, :]
    return same & torch.ones(length, length, dtype=torch.bool, device=segments.device).tril()


def attend_with(mask: Tensor, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    query, key, value = (heads.transpose(1, 2) for heads in (query, key, value))
    return F.scaled_dot_product_attention(query, key, value, attn_mask=mask, enable_gqa=True).transpose(1, 2)


def value_and_gradients(inputs: list[Tensor], function: Callable[..., Tensor]) -> list[Tensor]:
    mixed = function(*inputs)
    weights = torch.randn(mixed.shape, generator=torch.Generator().manual_seed(1)).bfloat16().to(mixed.device, mixed.dtype)
    return [mixed.detach(), *torch.autograd.grad(mixed, inputs, weights)]


def error(found: Tensor, exact: Tensor) -> float:
    return ((found.double() - exact.double()).norm() / exact.double().norm()).item()


def test_variable_length_attention_is_as_exact_as_dense_attention(cuda: torch.device):
    positions = document_positions(B, S).to(cuda)
    mask = dense_mask(positions)
    varlen = find_documents(positions, torch.bfloat16)
    assert varlen.lengths is None
    exact = value_and_gradients(heads(cuda, torch.float64), lambda *inputs: attend_with(mask, *inputs))
    by_mask = value_and_gradients(heads(cuda, torch.bfloat16), lambda *inputs: attend_with(mask, *inputs))
    by_boundaries = value_and_gradients(heads(cuda, torch.bfloat16), lambda *inputs: attend(*inputs, varlen))
    for name, ours, control, reference in zip(("value", "query", "key", "value gradient"), by_boundaries, by_mask, exact, strict=True):
        assert error(ours, reference) < 1.5 * error(control, reference), name


def test_no_bit_crosses_a_boundary(cuda: torch.device):
    positions = document_positions(B, S).to(cuda)
    documents = find_documents(positions, torch.bfloat16)
    longest = 1 + int(documents.boundaries.diff()[1:-1].argmax())  # neither the first nor the last of the rows
    begin, end = documents.boundaries[longest : longest + 2].tolist()
    inputs = heads(cuda, torch.bfloat16)
    before = attend(*inputs, documents).flatten(0, 1)
    changed = [tensor.detach().clone() for tensor in inputs]
    for tensor in changed:
        flat = tensor.view(-1, *tensor.shape[2:])
        flat[:begin] += 1
        flat[end:] -= 1
    after = attend(*changed, documents).flatten(0, 1)
    assert torch.equal(after[begin:end], before[begin:end])
    assert not torch.equal(after[:begin], before[:begin])
    before[begin:end].sum().backward()
    for tensor in inputs[1:]:
        gradient = tensor.grad
        assert gradient is not None
        reached = gradient.flatten(0, 1).abs().sum((1, 2)) > 0
        assert reached[begin:end].all()
        assert not reached[:begin].any()
        assert not reached[end:].any()


def batch() -> dict[str, Tensor]:
    positions = document_positions(B, 256)
    tokens = torch.randint(4, MODEL.vocab_size, positions.shape, generator=torch.Generator().manual_seed(2))
    targets = F.pad(tokens[:, 1:], (0, 1), value=-1)
    targets[:, :-1][positions[:, 1:] == 0] = -1  # the last position of a document predicts nothing
    return {"tokens": tokens, "positions": positions, "targets": targets}


def loss_and_gradients(device: torch.device, dtype: torch.dtype, element_wise: ElementWise = STEP_BY_STEP) -> dict[str, Tensor]:
    """Our decoder's mean loss and gradients, as a dict of CPU tensors, `loss` among them."""
    weights = initial_weights(MODEL, 5, 0, 1, torch.float32)
    model = MedicalLM(MODEL, lambda name: weights(name).to(device, dtype), TensorAxis(), element_wise=element_wise)
    arrays = {name: tensor.to(device) for name, tensor in batch().items()}
    scale = 1.0 / int((arrays["targets"] >= 0).sum())
    loss, _ = model(**arrays, scale=scale)
    loss.backward()
    return {"loss": loss.detach().cpu(), **{name: parameter.grad.cpu() for name, parameter in model.named_parameters()}}


def llama_gradients(device: torch.device, dtype: torch.dtype) -> dict[str, Tensor]:
    """The same of transformers' Llama, under our names."""
    settings: dict[str, Any] = llama_config(MODEL, seq_len=256, pad_id=0, bos_id=1, eos_id=2)
    model = LlamaForCausalLM(LlamaConfig(**settings, attn_implementation="sdpa"))
    weights, names = initial_weights(MODEL, 5, 0, 1, torch.float32), huggingface_names(MODEL)
    model.load_state_dict(
        {theirs: weights(name)[: MODEL.vocab_size] if name in PADDED_BY_VOCABULARY else weights(name) for name, theirs in names.items()}
    )
    model.to(device, dtype)
    arrays = {name: tensor.to(device) for name, tensor in batch().items()}
    logits = model(arrays["tokens"], attention_mask=dense_mask(arrays["positions"]), position_ids=arrays["positions"]).logits
    loss = F.cross_entropy(logits.float().flatten(0, 1), arrays["targets"].flatten(), ignore_index=-1)
    loss.backward()
    gradients = {name: parameter.grad.cpu() for name, parameter in model.named_parameters() if parameter.grad is not None}
    return {"loss": loss.detach().cpu(), **{name: gradients[theirs] for name, theirs in names.items()}}


@pytest.mark.parametrize("compile_parts", [False, True], ids=["step by step", "compiled"])
def test_the_decoder_in_bf16_is_as_exact_as_transformers(cuda: torch.device, compile_parts: bool):
    exact = loss_and_gradients(torch.device("cpu"), torch.float32)
    element_wise = compiled() if compile_parts else STEP_BY_STEP
    ours, theirs = loss_and_gradients(cuda, torch.bfloat16, element_wise), llama_gradients(cuda, torch.bfloat16)
    assert abs(ours["loss"] - exact["loss"]) < 1e-2 * abs(exact["loss"])
    for name, reference in exact.items():
        if name == "loss":
            continue
        trained = slice(MODEL.vocab_size) if name in PADDED_BY_VOCABULARY else slice(None)
        control = error(theirs[name], reference[trained])
        assert error(ours[name][trained], reference[trained]) < 1.5 * control, name


@pytest.mark.parametrize("compile_parts", [False, True], ids=["step by step", "compiled"])
def test_the_decoder_in_fp32_equals_the_one_on_the_cpu(cuda: torch.device, compile_parts: bool):
    exact = loss_and_gradients(torch.device("cpu"), torch.float32)
    ours = loss_and_gradients(cuda, torch.float32, compiled() if compile_parts else STEP_BY_STEP)
    for name, reference in exact.items():
        assert error(ours[name], reference) < 1e-5, name


@pytest.mark.parametrize("num_positions", [2048, 16384])
def test_the_loss_never_holds_more_than_a_chunk_of_logits(cuda: torch.device, num_positions: int):
    vocab_size, hidden_size = 64_000, 256
    head = VocabularyParallelHead(torch.randn(vocab_size, hidden_size, device=cuda).bfloat16(), vocab_size, TensorAxis())
    hidden = torch.randn(1, num_positions, hidden_size, device=cuda).bfloat16().requires_grad_()
    targets = torch.randint(0, vocab_size, (1, num_positions), device=cuda)
    torch.cuda.reset_peak_memory_stats()
    before = torch.cuda.memory_allocated()
    head(hidden, targets)[0].backward()
    chunk = CHUNK_POSITIONS * vocab_size * (4 + 2 + 2)  # fp32 logits, and the bf16 ones they come from and are rounded to
    weights = vocab_size * hidden_size * (4 + 4 + 2)  # the fp32 sum of the head's gradient, a chunk's share of it, and its bf16 form
    assert torch.cuda.max_memory_allocated() - before < chunk + weights + 3 * hidden.nbytes + 2**24
