"""The decoder against transformers' Llama and GPT-NeoX, and what a packed row promises: no sight of other documents, nor of the future."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from transformers import AutoConfig, AutoModelForCausalLM

from medpretrain.model.decoder import MedicalLM, rope_tables
from medpretrain.model.elementwise import rotate
from medpretrain.model.initialise import WeightSource, initial_weights
from medpretrain.model.layout import parameter_table
from medpretrain.model.settings import ModelSettings
from medpretrain.parallel.mesh import TensorAxis
from medpretrain.release.mapping import (
    PADDED_BY_VOCABULARY,
    form_of,
    huggingface_config,
    huggingface_names,
    join_weights,
    take_weight,
)

TINY = ModelSettings(vocab_size=600, hidden_size=32, num_layers=3, num_heads=8, num_kv_heads=4, head_size=4, ffn_size=64)
TIED = TINY.model_copy(update={"tied_embeddings": True})
BIASED = TINY.model_copy(update={"biases": True})
RADIOLOGY = TIED.model_copy(update={"norm": "layernorm", "activation": "gelu", "biases": True, "num_kv_heads": 8})
IGNORED = -1


def decoder(model: ModelSettings = TINY, recompute_layers: bool = False) -> MedicalLM:
    return MedicalLM(model, weights_of(model), TensorAxis(), recompute_layers)


def weights_of(model: ModelSettings) -> WeightSource:
    """Initial weights; norms and biases, which start alike, are spread out so that a test sees each of their elements."""
    first = initial_weights(model, seed=5, tp_rank=0, tp_size=1, dtype=torch.float32)
    generator = torch.Generator().manual_seed(7)

    def spread(name: str) -> torch.Tensor:
        weight = first(name)
        return weight if weight.ndim > 1 else weight + 0.2 * torch.randn(weight.shape, generator=generator)

    return spread


def transformers_like(ours: MedicalLM, model: ModelSettings) -> Any:
    """transformers' own model of that architecture, with our weights."""
    settings = huggingface_config(model, seq_len=64, pad_id=0, bos_id=1, eos_id=2)
    theirs = AutoModelForCausalLM.from_config(AutoConfig.for_model(form_of(model).model_type, **settings))
    weights, names = dict(ours.named_parameters()), huggingface_names(model)
    state = {}
    for theirs_name in dict.fromkeys(names.values()):
        joined = join_weights([weights[name].detach() for name in names if names[name] == theirs_name], model.head_size)
        state[theirs_name] = joined[: model.vocab_size] if theirs_name in (names["embedding.weight"], names.get("head.weight")) else joined
    found = theirs.load_state_dict(state, strict=False)
    assert not found.unexpected_keys
    assert found.missing_keys == (["lm_head.weight"] if model.tied_embeddings else [])  # tied, it is the embedding's
    return theirs


def packed_rows() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, list[list[int]]]:
    """Two rows of 24: three documents and two, with padding; targets masked unevenly. Also each row's document lengths."""
    generator = np.random.default_rng(3)
    lengths = [[9, 10, 5], [4, 15]]  # the second row ends with 5 positions of padding
    tokens = torch.zeros(2, 24, dtype=torch.int64)
    positions = torch.zeros_like(tokens)
    targets = torch.full_like(tokens, IGNORED)
    for row, row_lengths in enumerate(lengths):
        start = 0
        for number, length in enumerate([*row_lengths, 24 - sum(row_lengths)]):
            padding = number == len(row_lengths)
            span = slice(start, start + length)
            positions[row, span] = torch.arange(length)
            if not padding:
                tokens[row, span] = torch.from_numpy(generator.integers(4, TINY.vocab_size, length))
                targets[row, start : start + length - 1] = tokens[row, start + 1 : start + length]
            start += length
    targets[0, 10:14] = IGNORED  # unevenly masked
    return tokens, positions, targets, lengths


@pytest.mark.parametrize("model", [TINY, TIED, BIASED, RADIOLOGY], ids=["Llama", "Llama, tied", "Llama with biases", "GPT-NeoX, tied"])
def test_logits_loss_and_every_gradient_equal_transformers(model: ModelSettings):
    ours = decoder(model).double()  # the gradient of a key's bias is small beside what cancels in it: in fp32, rounding alone
    theirs = transformers_like(ours, model).double()
    tokens, positions, targets, lengths = packed_rows()

    loss, _ = ours(tokens, positions, targets)
    loss.backward()
    logits = ours.logits(tokens, positions)

    reference_loss = torch.zeros((), dtype=torch.float64)
    for row, row_lengths in enumerate(lengths):
        start = 0
        for length in row_lengths:  # document by document: transformers never sees a packed row
            span = slice(start, start + length)
            reference = theirs(tokens[row, span][None]).logits[0]
            torch.testing.assert_close(logits[row, span].double(), reference, rtol=1e-5, atol=1e-5)
            reference_loss = reference_loss + F.cross_entropy(reference, targets[row, span], ignore_index=IGNORED, reduction="sum")
            start += length
    reference_loss.backward()
    torch.testing.assert_close(loss.double(), reference_loss, rtol=1e-5, atol=0)

    their_gradients = {name: parameter.grad for name, parameter in theirs.named_parameters()}
    our_gradients = {name: parameter.grad for name, parameter in ours.named_parameters()}
    names = huggingface_names(model)
    assert our_gradients.keys() == names.keys()
    for name, theirs_name in names.items():
        parts = [ours_name for ours_name in names if names[ours_name] == theirs_name]
        gradient, reference = our_gradients[name], their_gradients[theirs_name]
        expected = take_weight(reference, parts.index(name), len(parts), model.head_size)
        if name in PADDED_BY_VOCABULARY:
            assert not gradient[TINY.vocab_size :].any(), "rows of the vocabulary's padding get no gradient"
            gradient = gradient[: TINY.vocab_size]
        scale = reference.abs().max().item()
        torch.testing.assert_close(gradient, expected, rtol=1e-5, atol=1e-5 * scale, msg=lambda text, name=name: f"{name}: {text}")


def test_masked_positions_give_no_loss_and_no_gradient():
    ours = decoder()
    tokens, positions, targets, _ = packed_rows()
    hidden = ours.hidden(tokens, positions).detach().requires_grad_()
    loss, losses = ours.head(hidden, targets)
    loss.backward()
    assert torch.equal(losses == 0, targets == IGNORED)
    assert torch.equal((hidden.grad != 0).any(-1), targets != IGNORED)
    loss, losses = ours(tokens, positions, torch.full_like(targets, IGNORED))
    assert loss.item() == 0.0
    assert not losses.any()


def test_changing_one_document_leaves_the_others_logits_bit_equal():
    ours = decoder()
    tokens, positions, _, _ = packed_rows()
    before = ours.logits(tokens, positions)
    changed = tokens.clone()
    changed[0, 9:19] = (changed[0, 9:19] + 7) % TINY.vocab_size  # the second of the three documents
    after = ours.logits(changed, positions)
    assert torch.equal(after[0, :9], before[0, :9])
    assert torch.equal(after[0, 19:], before[0, 19:])
    assert not torch.equal(after[0, 9:19], before[0, 9:19])


def test_changing_a_future_token_leaves_past_logits_bit_equal():
    ours = decoder()
    tokens, positions, _, _ = packed_rows()
    before = ours.logits(tokens, positions)
    changed = tokens.clone()
    changed[0, 15] += 1
    after = ours.logits(changed, positions)
    assert torch.equal(after[0, :15], before[0, :15])
    assert not torch.equal(after[0, 15], before[0, 15])


def test_rope_products_depend_on_distance_alone():
    generator = torch.Generator().manual_seed(0)
    query, key = torch.randn(2, 1, 1, 1, 64, generator=generator)

    def product(query_position: int, key_position: int) -> torch.Tensor:
        cos, sin = rope_tables(torch.tensor([[query_position, key_position]]), 64, 10_000.0, torch.float32)
        turned = rotate(torch.cat((query, key), dim=1), cos, sin)  # [1, 2, 1, 64]
        return (turned[0, 0] * turned[0, 1]).sum()

    for shift in (1, 17, 400):
        torch.testing.assert_close(product(9 + shift, 4 + shift), product(9, 4), rtol=1e-5, atol=1e-5)
    assert abs(product(9, 5) - product(9, 4)) > 1e-3


def test_grouped_query_attention_equals_repeated_key_value_heads():
    grouped = decoder()
    full_settings = TINY.model_copy(update={"num_kv_heads": TINY.num_heads})
    weights = dict(grouped.named_parameters())

    def repeated(name: str) -> torch.Tensor:
        weight = weights[name].detach()
        if "k_proj" in name or "v_proj" in name:
            heads = weight.view(TINY.num_kv_heads, TINY.head_size, -1)
            return heads.repeat_interleave(TINY.num_heads // TINY.num_kv_heads, dim=0).reshape(-1, TINY.hidden_size)
        return weight.clone()

    tokens, positions, _, _ = packed_rows()
    full = MedicalLM(full_settings, repeated, TensorAxis())
    torch.testing.assert_close(full.logits(tokens, positions), grouped.logits(tokens, positions), rtol=1e-5, atol=1e-5)


def test_recomputed_layers_give_equal_gradients_and_keep_less_for_the_backward():
    tokens, positions, targets, _ = packed_rows()
    kept, gradients = {}, {}
    for recompute in (False, True):
        model = decoder(recompute_layers=recompute)
        seen: dict[int, int] = {}  # bytes of distinct storages that autograd holds between the passes

        def hold(tensor: torch.Tensor, seen: dict[int, int] = seen) -> torch.Tensor:
            seen[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
            return tensor

        with torch.autograd.graph.saved_tensors_hooks(hold, lambda tensor: tensor):
            loss, _ = model(tokens, positions, targets)
        kept[recompute] = sum(seen.values())
        loss.backward()
        gradients[recompute] = {name: parameter.grad for name, parameter in model.named_parameters()}
    for name, gradient in gradients[False].items():
        assert torch.equal(gradient, gradients[True][name]), name
    assert kept[True] < kept[False] / 2


@pytest.mark.parametrize("model", [TINY, TIED, RADIOLOGY], ids=["untied", "tied", "radiology"])
def test_the_live_model_is_the_layout_table(model: ModelSettings):
    live = [(name, tuple(parameter.shape)) for name, parameter in decoder(model).named_parameters()]
    assert live == [(name, spec.shape) for name, spec in parameter_table(model).items()]


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_padded_vocabulary_is_outside_the_softmax(dtype: torch.dtype):
    model = MedicalLM(TINY, initial_weights(TINY, 5, 0, 1, dtype), TensorAxis())
    tokens, positions, targets, _ = packed_rows()
    _, before = model(tokens, positions, targets)
    with torch.no_grad():
        model.head.weight[TINY.vocab_size :] = 1e4
    assert torch.equal(model(tokens, positions, targets)[1], before)
    assert model.logits(tokens, positions).shape == (2, 24, TINY.vocab_size)
