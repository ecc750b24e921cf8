"""Continuing a prompt: the choice of the next token as a pure function, and where a continuation begins and ends."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM

from medpretrain.errors import InputError
from medpretrain.eval.generate import continue_prompt, generate_text, last_logits, next_token_probabilities, sample
from medpretrain.eval.load import LoadedModel, load_model

PROMPT = "[FINDINGS] clear lungs"


@pytest.fixture(scope="module")
def model(small_run: Path) -> LoadedModel:
    return load_model(small_run, device=torch.device("cpu"))


def favour(model: LoadedModel, monkeypatch: pytest.MonkeyPatch, **logits: float) -> None:
    """Let the model find certain tokens (by `pad_id`, `eos_id`, ...) as likely as given, every other one as it is."""

    def raised(model: LoadedModel, context: list[int]) -> torch.Tensor:
        result = last_logits(model, context)
        for name, logit in logits.items():
            result[getattr(model.tokenizer, name)] = logit
        return result

    monkeypatch.setattr("medpretrain.eval.generate.last_logits", raised)


LOGITS = torch.tensor([0.1, 0.5, 0.3, 0.1]).log()


@pytest.mark.parametrize(
    ("top_p", "kept"),
    [(0.01, [1]), (0.49, [1]), (0.51, [1, 2]), (0.79, [1, 2]), (0.81, [1, 2, 0]), (0.91, [1, 2, 0, 3]), (1.0, [1, 2, 0, 3])],
)
def test_top_p_keeps_the_smallest_set_that_reaches_its_mass(top_p: float, kept: list[int]) -> None:
    result = next_token_probabilities(LOGITS, 1.0, top_p)
    expected = torch.zeros(4, dtype=torch.float64)
    expected[kept] = LOGITS.exp().double()[kept] / LOGITS.exp().double()[kept].sum()
    torch.testing.assert_close(result, expected, rtol=1e-6, atol=0)


def test_a_set_that_just_reaches_top_p_is_enough() -> None:
    halves = next_token_probabilities(torch.zeros(4), 1.0, 0.5)
    assert halves.tolist() == [0.5, 0.5, 0.0, 0.0]


@pytest.mark.parametrize("seed", range(20))
def test_top_p_mass_on_random_logits(seed: int) -> None:
    logits = 3 * torch.randn(500, generator=torch.Generator().manual_seed(seed))
    whole = torch.softmax(logits.double() / 0.7, dim=0)
    kept = next_token_probabilities(logits, 0.7, 0.9) > 0
    mass = whole[kept].sum().item()
    assert mass >= 0.9
    assert mass - whole[kept].min().item() < 0.9, "without its least likely token the set must not reach the mass"
    assert whole[~kept].max() <= whole[kept].min()


def test_temperature_sharpens_and_zero_takes_the_likeliest() -> None:
    torch.testing.assert_close(next_token_probabilities(LOGITS, 1.0, 1.0), LOGITS.exp().double(), rtol=1e-6, atol=0)
    squared = LOGITS.exp().double() ** 2
    torch.testing.assert_close(next_token_probabilities(LOGITS, 0.5, 1.0), squared / squared.sum(), rtol=1e-6, atol=0)
    for temperature in (0, 1e-300):
        assert next_token_probabilities(LOGITS, temperature, 1.0).tolist() == [0.0, 1.0, 0.0, 0.0]


def test_sample_draws_by_probability() -> None:
    generator = torch.Generator().manual_seed(0)
    counts = torch.zeros(3)
    for _ in range(4000):
        counts[sample(torch.tensor([0.2, 0.0, 0.8]), generator)] += 1
    assert counts[1] == 0
    assert counts[2].item() / 4000 == pytest.approx(0.8, abs=0.03)


@pytest.mark.parametrize("name", ["small", "tied"])
def test_greedy_equals_transformers(name: str, request: pytest.FixtureRequest) -> None:
    model = load_model(request.getfixturevalue(f"{name}_run"), device=torch.device("cpu"))
    theirs = AutoModelForCausalLM.from_pretrained(request.getfixturevalue(f"{name}_export"), local_files_only=True)
    tokenizer = model.tokenizer
    never = [tokenizer.pad_id, tokenizer.bos_id, tokenizer.unk_id]
    ids = torch.tensor([[tokenizer.bos_id, *tokenizer.encode(PROMPT)]])
    expected = theirs.generate(ids, do_sample=False, max_new_tokens=20, suppress_tokens=never, attention_mask=torch.ones_like(ids))
    result = continue_prompt(model, PROMPT, max_tokens=20, temperature=0)
    assert result["text"] == tokenizer.decode(expected[0, ids.shape[1] :].tolist())
    assert result["prompt"] == PROMPT


def test_the_seed_decides_the_text(model: LoadedModel) -> None:
    texts = [continue_prompt(model, PROMPT, 20, temperature=1.0, top_p=1.0, seed=seed)["text"] for seed in (1, 1, 2)]
    assert texts[0] == texts[1] != texts[2]


def test_generate_text_loads_and_continues(model: LoadedModel, small_run: Path) -> None:
    result = generate_text(small_run, PROMPT, max_tokens=5, temperature=0)
    expected = continue_prompt(model, PROMPT, max_tokens=5, temperature=0)
    assert {**result, "tokens_per_second": 0} == {**expected, "tokens_per_second": 0}
    assert result["tokens_per_second"] > 0


def test_it_stops_at_the_end_of_the_document(model: LoadedModel, monkeypatch: pytest.MonkeyPatch) -> None:
    favour(model, monkeypatch, eos_id=1e9)
    result = continue_prompt(model, PROMPT, max_tokens=20)
    assert (result["text"], result["tokens"], result["stopped"]) == ("", 0, "</s>")


def test_special_tokens_are_never_made(model: LoadedModel, monkeypatch: pytest.MonkeyPatch) -> None:
    favour(model, monkeypatch, pad_id=1e9, bos_id=1e9, unk_id=1e9, eos_id=-1e9)
    seen = []
    monkeypatch.setattr("medpretrain.eval.generate.sample", lambda *arguments: seen.append(sample(*arguments)) or seen[-1])
    result = continue_prompt(model, PROMPT, max_tokens=12, temperature=1.0, top_p=1.0)
    assert len(seen) == result["tokens"] == 12
    assert min(seen) > model.tokenizer.unk_id


def test_it_stops_at_the_row_length_of_the_training(model: LoadedModel, monkeypatch: pytest.MonkeyPatch) -> None:
    favour(model, monkeypatch, eos_id=-1e9)
    num_prompt = len(model.tokenizer.encode(PROMPT))
    result = continue_prompt(model, PROMPT, max_tokens=1000)
    assert (result["tokens"], result["stopped"]) == (64 - 1 - num_prompt, "length")
    assert continue_prompt(model, PROMPT, max_tokens=3)["stopped"] == "length"


def test_a_prompt_begins_a_document(model: LoadedModel, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    monkeypatch.setattr(
        "medpretrain.eval.generate.last_logits", lambda model, context: seen.append(list(context)) or last_logits(model, context)
    )
    continue_prompt(model, "a<s>", max_tokens=1)
    assert seen == [[model.tokenizer.bos_id, *model.tokenizer.encode("a<s>")]]
    assert seen[0].count(model.tokenizer.bos_id) == 1


def test_a_prompt_that_leaves_no_room_is_refused(model: LoadedModel) -> None:
    fits = "7" * 62
    assert continue_prompt(model, fits, max_tokens=5)["tokens"] <= 1
    with pytest.raises(InputError) as caught:
        continue_prompt(model, fits + "7")
    error = caught.value
    assert error.where == "--prompt"
    assert error.found == "has 63 tokens"
    assert error.expected == "at most 62 (the model was trained on rows of 64, one goes to <s> and one to the answer)"
    assert error.remedy == "shorten the prompt"


@pytest.mark.parametrize(
    ("name", "arguments", "found", "expected"),
    [
        ("--max-tokens", {"max_tokens": 0}, "is 0", "at least 1"),
        ("--temperature", {"temperature": -0.1}, "is -0.1", "0 (the likeliest token every time) or above"),
        ("--temperature", {"temperature": float("nan")}, "is nan", "0 (the likeliest token every time) or above"),
        ("--temperature", {"temperature": float("inf")}, "is inf", "0 (the likeliest token every time) or above"),
        ("--top-p", {"top_p": 0.0}, "is 0.0", "above 0 and at most 1"),
        ("--top-p", {"top_p": 1.5}, "is 1.5", "above 0 and at most 1"),
    ],
)
def test_arguments_out_of_range_are_refused_before_the_model_is_read(
    tmp_path: Path, name: str, arguments, found: str, expected: str
) -> None:
    with pytest.raises(InputError) as caught:
        generate_text(tmp_path / "no such run", PROMPT, **arguments)
    assert (caught.value.where, caught.value.found, caught.value.expected) == (name, found, expected)
    assert caught.value.remedy == f"change {name}"
