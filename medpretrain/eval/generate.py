"""Continuing a prompt with a trained model, token by token: the pure choice of the next token, and the loop around it."""

from __future__ import annotations

import math
import time
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from medpretrain.errors import InputError
from medpretrain.eval.load import LoadedModel, load_model
from medpretrain.log import Progress, logger
from medpretrain.tokenizer.vocabulary import EOS

AT_END, AT_LENGTH = EOS, "length"  # why a continuation stopped


def generate_text(
    run_or_export: Path, prompt: str, max_tokens: int = 256, temperature: float = 0.7, top_p: float = 0.9, seed: int = 0
) -> dict[str, Any]:
    """Load a model and continue `prompt` with it; see `continue_prompt`. Arguments are checked before the model is read."""
    _check_arguments(max_tokens, temperature, top_p)
    return continue_prompt(load_model(run_or_export), prompt, max_tokens, temperature, top_p, seed)


def continue_prompt(
    model: LoadedModel, prompt: str, max_tokens: int = 256, temperature: float = 0.7, top_p: float = 0.9, seed: int = 0
) -> dict[str, Any]:
    """Continue `prompt` as the start of a document, until the model ends it or a limit is reached. The same seed gives the same text.

    Args:
        max_tokens: most tokens to add; the row length of the training is a limit too.
        temperature: 0 takes the likeliest token every time.
        top_p: sample among the likeliest tokens that together reach this probability.

    Returns:
        prompt, text (what was added), tokens (how many, `</s>` left out), stopped ("</s>" or "length"), tokens_per_second.

    Raises:
        InputError: a prompt that leaves no room for a token, or arguments out of range.
    """
    _check_arguments(max_tokens, temperature, top_p)
    if any("\ud800" <= character <= "\udfff" for character in prompt):  # bytes of the command line that are no UTF-8 arrive as these
        raise InputError("--prompt", "holds bytes that are not UTF-8", "UTF-8 text", "set a UTF-8 locale, or change the prompt")
    tokenizer = model.tokenizer
    context = [tokenizer.bos_id, *tokenizer.encode(prompt)]
    if len(context) >= model.seq_len:
        raise InputError(
            "--prompt",
            f"has {len(context) - 1:,} tokens",
            f"at most {model.seq_len - 2:,} (the model was trained on rows of {model.seq_len:,}, one goes to <s> and one to the answer)",
            "shorten the prompt",
        )
    never = torch.tensor([tokenizer.pad_id, tokenizer.bos_id, tokenizer.unk_id])
    generator = torch.Generator().manual_seed(seed)
    added: list[int] = []
    stopped = AT_LENGTH
    room = min(max_tokens, model.seq_len - len(context))
    started = time.perf_counter()
    with Progress("generating", room, "tokens", show=room >= 50) as progress:
        for _ in range(room):
            logits = last_logits(model, [*context, *added])
            logits[never] = float("-inf")
            token = sample(next_token_probabilities(logits, temperature, top_p), generator)
            if token == tokenizer.eos_id:
                stopped = AT_END
                break
            added.append(token)
            progress.advance()
    seconds = time.perf_counter() - started
    num_made = len(added) + (stopped == AT_END)
    logger.info("added %s tokens, stopped at %s, %.1f tokens/s", f"{len(added):,}", stopped, num_made / seconds)
    return {
        "prompt": prompt,
        "text": tokenizer.decode(added),
        "tokens": len(added),
        "stopped": stopped,
        "tokens_per_second": num_made / seconds,
    }


@torch.no_grad()
def last_logits(model: LoadedModel, context: list[int]) -> Tensor:
    """Logits of the token that follows `context`, fp32 [vocab_size], on the CPU. Nothing is kept between calls."""
    tokens = torch.tensor([context], device=model.device)
    positions = torch.arange(len(context), device=model.device)[None]
    hidden = model.decoder.hidden(tokens, positions)
    return model.decoder.head.logits(hidden[0, -1]).cpu()


def next_token_probabilities(logits: Tensor, temperature: float, top_p: float) -> Tensor:
    """Probabilities to sample the next token from, float64 [V], sum 1 (Holtzman et al. 2020).

    Kept is the smallest set of likeliest tokens whose probability reaches `top_p` (equal ones: the lower id first); temperature 0
    keeps the likeliest token alone.
    """
    if temperature == 0:
        return F.one_hot(logits.argmax(), len(logits)).double()
    below_largest = logits.double() - logits.max()  # so that no temperature, however small, overflows
    probabilities = torch.softmax(below_largest / temperature, dim=0)
    ordered, order = probabilities.sort(descending=True, stable=True)
    mass_before = F.pad(ordered.cumsum(dim=0)[:-1], (1, 0))
    kept = torch.where(mass_before < top_p, ordered, 0.0)
    return torch.zeros_like(probabilities).scatter(0, order, kept / kept.sum())


def sample(probabilities: Tensor, generator: torch.Generator) -> int:
    """One index, drawn by its probability [V]."""
    return int(torch.multinomial(probabilities, 1, generator=generator))


def _check_arguments(max_tokens: int, temperature: float, top_p: float) -> None:
    for name, value, allowed, expected in (
        ("--max-tokens", max_tokens, max_tokens >= 1, "at least 1"),
        ("--temperature", temperature, 0 <= temperature < math.inf, "0 (the likeliest token every time) or above"),
        ("--top-p", top_p, 0 < top_p <= 1, "above 0 and at most 1"),
    ):
        if not allowed:
            raise InputError(name, f"is {value}", expected, f"change {name}")
