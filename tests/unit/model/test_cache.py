"""Keys and values that are kept: the same hidden states and logits as without, for every kind of model, length and batch of prompts."""

from __future__ import annotations

import pytest
import torch
from test_decoder import BIASED, RADIOLOGY, TIED, TINY, decoder

from medpretrain.model.cache import KeyValueCache
from medpretrain.model.decoder import MedicalLM
from medpretrain.model.settings import ModelSettings

KINDS = {"Llama, grouped": TINY, "tied": TIED, "biases": BIASED, "LayerNorm, GELU": RADIOLOGY}
KINDS["one key-value head"] = TINY.model_copy(update={"num_kv_heads": 1})


def ids(num_rows: int, length: int) -> torch.Tensor:
    return torch.randint(TINY.vocab_size, (num_rows, length), generator=torch.Generator().manual_seed(length))


@torch.no_grad()
def whole_logits(model: MedicalLM, tokens: torch.Tensor) -> torch.Tensor:
    return model.logits(tokens, torch.arange(tokens.shape[1]).expand_as(tokens))


@torch.no_grad()
def cached_logits(model: MedicalLM, tokens: torch.Tensor, passes: list[int]) -> torch.Tensor:
    """Logits at every position, the tokens given in passes of so many."""
    cache = KeyValueCache(len(model.layers), tokens.shape[1])
    found, begin = [], 0
    for length in passes:
        positions = torch.arange(begin, begin + length).expand(len(tokens), -1)
        found.append(model.head.logits(model.hidden(tokens[:, begin : begin + length], positions, cache)))
        begin += length
    assert begin == tokens.shape[1]
    return torch.cat(found, dim=1)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "passes", [[1] * 7, [1, 6], [40] + [1] * 24, [5, 3, 1, 20, 1, 2], [64]], ids=["single", "begin", "prompt", "blocks", "whole"]
)
def test_logits_are_those_without_a_cache(kind: str, passes: list[int]):
    model, tokens = decoder(KINDS[kind]), ids(3, sum(passes))
    expected = whole_logits(model, tokens)
    assert expected.abs().max() > 0.1
    torch.testing.assert_close(cached_logits(model, tokens, passes), expected, rtol=0, atol=1e-5)


def test_a_prompt_is_read_to_the_very_bit_as_without_a_cache():
    model, tokens = decoder(), ids(2, 30)
    assert torch.equal(cached_logits(model, tokens, [30]), whole_logits(model, tokens))


@pytest.mark.parametrize("model", [TINY, RADIOLOGY], ids=["Llama", "GPT-NeoX"])
@torch.no_grad()
def test_prompts_of_unlike_lengths_give_what_each_gives_alone(model: ModelSettings):
    """Prompts of 9, 1 and 4 tokens with padding behind them; 3, 12 and 8 tokens follow, and rows leave as theirs have been read."""
    ours, tokens, padding = decoder(model), ids(3, 21), 599
    prompts, ends = [9, 1, 4], [12, 13, 12]
    alone = [whole_logits(ours, tokens[row : row + 1, :end])[0] for row, end in enumerate(ends)]
    cache = KeyValueCache(len(ours.layers), 13)
    first = torch.full((3, 9), padding)
    for row, length in enumerate(prompts):
        first[row, :length] = tokens[row, :length]
    logits = ours.head.logits(ours.hidden(first, torch.arange(9).expand(3, -1), cache))
    for row, length in enumerate(prompts):
        torch.testing.assert_close(logits[row, :length], alone[row][:length], rtol=0, atol=1e-5)
    rows, done = [0, 1, 2], list(prompts)
    while rows:
        positions = torch.tensor([[done[row]] for row in rows])
        logits = ours.head.logits(ours.hidden(tokens[rows].gather(1, positions), positions, cache))
        for place, row in enumerate(rows):
            torch.testing.assert_close(logits[place, 0], alone[row][done[row]], rtol=0, atol=1e-5)
            done[row] += 1
        staying = [place for place, row in enumerate(rows) if done[row] < ends[row]]
        cache.select_rows(torch.tensor(staying, dtype=torch.int64))
        rows = [rows[place] for place in staying]
    assert done == ends


def test_a_document_longer_than_the_cache_is_our_own_mistake():
    with pytest.raises(AssertionError, match="position 8 in a cache of 8 slots"):
        KeyValueCache(3, 8).next_pass(torch.arange(9)[None], torch.float32)
