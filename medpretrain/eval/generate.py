"""Continuing prompts with a trained model, many at once and token by token: the pure choice of the next token, and the loop around it."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from medpretrain.errors import InputError, InputErrors
from medpretrain.eval.load import LoadedModel, load_model
from medpretrain.eval.prompts import prompt_of_findings
from medpretrain.log import Progress, logger
from medpretrain.model.cache import KeyValueCache
from medpretrain.tokenizer.vocabulary import EOS, Tokenizer

AT_END, AT_LENGTH = EOS, "length"  # why a continuation stopped


@dataclass(frozen=True)
class Sampling:
    """How tokens are chosen. Temperature 0 takes the likeliest one every time; `top_p`: sample among the likeliest ones that together
    reach this probability. Prompt number i is sampled with `seed + i`, so that it gives what it gives alone with that seed."""

    temperature: float = 0.7
    top_p: float = 0.9
    seed: int = 0


@dataclass
class Speed:
    """How long passes through the model took, choosing tokens included. A batch's first pass reads its prompts."""

    num_batches: int = 0
    first_seconds: float = 0.0
    num_later_passes: int = 0
    later_seconds: float = 0.0
    num_tokens: int = 0  # `</s>` included

    def add(self, num_tokens: int, seconds: float, is_first: bool) -> None:
        """One pass, which made a token for each of so many rows."""
        self.num_tokens += num_tokens
        if is_first:
            self.num_batches += 1
            self.first_seconds += seconds
        else:
            self.num_later_passes += 1
            self.later_seconds += seconds

    def summary(self) -> dict[str, float | None]:
        """tokens_per_second over all prompts; first_token_seconds and seconds_per_token: what a batch waited for its first token, and
        from one token to the next (None where none had two), on the average."""
        return {
            "tokens_per_second": self.num_tokens / (self.first_seconds + self.later_seconds),
            "first_token_seconds": self.first_seconds / self.num_batches,
            "seconds_per_token": self.later_seconds / self.num_later_passes if self.num_later_passes else None,
        }


def generate_text(
    run_or_export: Path,
    prompts: Sequence[str],
    places: Sequence[str] | None = None,
    max_tokens: int = 256,
    temperature: float = 0.7,
    top_p: float = 0.9,
    seed: int = 0,
    micro_rows: int = 16,
) -> dict[str, Any]:
    """Load a model and continue each prompt with it, as `continue_prompts` does; arguments are checked before the model is read.

    Returns:
        Of one prompt: prompt, text, tokens, stopped and tokens_per_second. Of several: continuations, a list of those with the seed of
        each, and the `Speed.summary` over all.
    """
    sampling = Sampling(temperature, top_p, seed)
    _check_arguments(max_tokens, sampling, micro_rows)
    continuations, speed = continue_prompts(load_model(run_or_export), prompts, places, max_tokens, sampling, micro_rows)
    if len(continuations) == 1:
        shown = {key: value for key, value in continuations[0].items() if key != "seed"}
        return {**shown, "tokens_per_second": speed.summary()["tokens_per_second"]}
    return {"continuations": continuations, **speed.summary()}


def generate_report(
    model: LoadedModel,
    tokenizer: Tokenizer,
    findings: Mapping[str, Any],
    max_length: int = 512,
    temperature: float = 0.7,
    top_p: float = 0.9,
    *,
    seed: int = 0,
) -> str:
    """A radiology report on structured findings (000-80): the whole text, from "[EXAM]" on, which the model ended or `max_length` cut off.

    Args:
        tokenizer: the one that the model was trained with.
        findings: exam, history and findings as `prompt_of_findings` takes them.
        max_length: most tokens of the whole report, `<s>` included; the row length of the training is a limit too.
        temperature, top_p, seed: see `Sampling`; the same seed gives the same report.

    Raises:
        InputError: findings of another form or kind, another tokenizer, no room for a token, or arguments out of range.
    """
    if tokenizer.content_hash != model.tokenizer.content_hash:
        raise InputError(
            str(tokenizer.directory),
            f"holds another tokenizer ({tokenizer.content_hash[:12]}...) than {model.source} was trained with",
            f"the tokenizer {model.tokenizer.content_hash[:12]}...",
            "give the model's own `tokenizer`",
        )
    prompt = prompt_of_findings(findings)
    room = max_length - len(_context(model, "the findings", prompt, max_length, f"max_length is {max_length:,}"))
    (continuation,), _ = continue_prompts(model, [prompt], ["the findings"], room, Sampling(temperature, top_p, seed))
    return prompt + str(continuation["text"])


def continue_prompts(
    model: LoadedModel,
    prompts: Sequence[str],
    places: Sequence[str] | None = None,
    max_tokens: int = 256,
    sampling: Sampling = Sampling(),
    micro_rows: int = 16,
) -> tuple[list[dict[str, Any]], Speed]:
    """Continue each prompt as the start of a document, until the model ends it or a limit is reached. The same seed gives the same text,
    whatever is continued beside it.

    Args:
        places: where each prompt stands, for errors; by default its number.
        max_tokens: most tokens to add to each; the row length of the training is a limit too.
        micro_rows: most prompts at once; changes memory and speed, not the texts (but for rounding, where two tokens are equally likely).

    Returns:
        For each prompt: prompt, text (what was added), tokens (how many, `</s>` left out), stopped ("</s>" or "length"), seed; and how
        long it took, which is logged too.

    Raises:
        InputErrors: prompts that leave no room for a token; InputError: arguments out of range.
    """
    _check_arguments(max_tokens, sampling, micro_rows)
    contexts, errors = [], []
    for where, prompt in zip(places or [f"prompt {number}" for number in range(1, len(prompts) + 1)], prompts, strict=True):
        try:
            contexts.append(_context(model, where, prompt, model.seq_len, f"the model was trained on rows of {model.seq_len:,}"))
        except InputError as error:
            errors.append(error)
    if errors:
        raise InputErrors(errors)
    rooms = [min(max_tokens, model.seq_len - len(context)) for context in contexts]
    continuations, speed = [], Speed()
    with Progress("generating", sum(rooms), "tokens", show=sum(rooms) >= 50) as progress:
        for first in range(0, len(prompts), micro_rows):
            part = slice(first, first + micro_rows)
            seeds = range(sampling.seed + first, sampling.seed + first + len(contexts[part]))
            written = _write(model, contexts[part], rooms[part], seeds, sampling, speed, progress)
            for prompt, seed, (ids, stopped) in zip(prompts[part], seeds, written, strict=True):
                text = model.tokenizer.decode(ids)
                continuations.append({"prompt": prompt, "text": text, "tokens": len(ids), "stopped": stopped, "seed": seed})
    told = speed.summary()
    logger.info(
        "continued %s at %.1f tokens/s: %.0f ms to the first token, then %s ms a token",
        "1 prompt" if len(prompts) == 1 else f"{len(prompts):,} prompts, up to {micro_rows} at once,",
        told["tokens_per_second"],
        1000 * (told["first_token_seconds"] or 0),
        "-" if told["seconds_per_token"] is None else f"{1000 * told['seconds_per_token']:.1f}",
    )
    return continuations, speed


@torch.no_grad()
def _write(
    model: LoadedModel,
    contexts: Sequence[list[int]],
    rooms: Sequence[int],
    seeds: Sequence[int],
    sampling: Sampling,
    speed: Speed,
    progress: Progress,
) -> list[tuple[list[int], str]]:
    """The ids that follow each context, at most so many as its room, and why they ended. Rows that have ended leave the batch."""
    tokenizer = model.tokenizer
    never = torch.tensor([tokenizer.pad_id, tokenizer.bos_id, tokenizer.unk_id])
    generators = [torch.Generator().manual_seed(seed) for seed in seeds]
    added: list[list[int]] = [[] for _ in contexts]
    stopped = [AT_LENGTH] * len(contexts)
    cache = KeyValueCache(model.settings.num_layers, max(len(context) + room for context, room in zip(contexts, rooms, strict=True)))
    longest = max(len(context) for context in contexts)
    tokens = torch.tensor([context + [tokenizer.pad_id] * (longest - len(context)) for context in contexts])  # [B, S]
    positions = torch.arange(longest).expand_as(tokens)
    last = torch.tensor([len(context) - 1 for context in contexts])  # where each row's newest token stands in this pass
    going = list(range(len(contexts)))
    while going:
        started, is_first = time.perf_counter(), not added[going[0]]
        hidden = model.decoder.hidden(tokens.to(model.device), positions.to(model.device), cache)  # [B, S, H]
        logits = model.decoder.head.logits(hidden[torch.arange(len(going)), last]).cpu()  # [B, V]
        logits[:, never] = float("-inf")
        staying = []
        for place, probabilities in enumerate(next_token_probabilities(logits, sampling.temperature, sampling.top_p)):
            row = going[place]
            token = sample(probabilities, generators[row])
            if token == tokenizer.eos_id:
                stopped[row] = AT_END
                continue
            added[row].append(token)
            progress.advance()
            if len(added[row]) < rooms[row]:
                staying.append(place)
        if 0 < len(staying) < len(going):
            cache.select_rows(torch.tensor(staying, device=model.device))
        speed.add(len(going), time.perf_counter() - started, is_first)
        going = [going[place] for place in staying]
        tokens = torch.tensor([[added[row][-1]] for row in going])
        positions = torch.tensor([[len(contexts[row]) + len(added[row]) - 1] for row in going])
        last = torch.zeros(len(going), dtype=torch.int64)
    return list(zip(added, stopped, strict=True))


def next_token_probabilities(logits: Tensor, temperature: float, top_p: float) -> Tensor:
    """Probabilities to sample the next token from, float64 [..., V], sum 1 (Holtzman et al. 2020).

    Kept is the smallest set of likeliest tokens whose probability reaches `top_p` (equal ones: the lower id first); temperature 0
    keeps the likeliest token alone.
    """
    if temperature == 0:
        return torch.zeros_like(logits, dtype=torch.float64).scatter(-1, logits.argmax(-1, keepdim=True), 1.0)
    below_largest = logits.double() - logits.amax(-1, keepdim=True)  # so that no temperature, however small, overflows
    probabilities = torch.softmax(below_largest / temperature, dim=-1)
    if top_p == 1:
        return probabilities
    ordered, order = probabilities.sort(descending=True, stable=True)
    mass_before = F.pad(ordered.cumsum(dim=-1)[..., :-1], (1, 0))
    kept = torch.where(mass_before < top_p, ordered, 0.0)
    return torch.zeros_like(probabilities).scatter(-1, order, kept / kept.sum(-1, keepdim=True))


def sample(probabilities: Tensor, generator: torch.Generator) -> int:
    """One index, drawn by its probability [V]."""
    return int(torch.multinomial(probabilities, 1, generator=generator))


def _context(model: LoadedModel, where: str, prompt: str, length: int, limit: str) -> list[int]:
    """The ids that a document with this prompt begins with. InputError where they leave no room for another one in `length`; `limit` says
    where that comes from."""
    if any("\ud800" <= character <= "\udfff" for character in prompt):  # bytes of the command line that are no UTF-8 arrive as these
        raise InputError(where, "holds bytes that are not UTF-8", "UTF-8 text", "set a UTF-8 locale, or change the prompt")
    context = [model.tokenizer.bos_id, *model.tokenizer.encode(prompt)]
    if len(context) >= length:
        found = f"has {len(context) - 1:,} tokens"
        expected = f"at most {length - 2:,} ({limit}, one goes to <s> and one to the answer)"
        raise InputError(where, found, expected, "shorten the prompt")
    return context


def _check_arguments(max_tokens: int, sampling: Sampling, micro_rows: int) -> None:
    for name, value, allowed, expected in (
        ("--max-tokens", max_tokens, max_tokens >= 1, "at least 1"),
        ("--temperature", sampling.temperature, 0 <= sampling.temperature < math.inf, "0 (the likeliest token every time) or above"),
        ("--top-p", sampling.top_p, 0 < sampling.top_p <= 1, "above 0 and at most 1"),
        ("--micro-rows", micro_rows, micro_rows >= 1, "at least 1"),
    ):
        if not allowed:
            raise InputError(name, f"is {value}", expected, f"change {name}")
