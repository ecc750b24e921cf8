"""Continuing prompts: the choice of the next token as a pure function, where a continuation begins and ends, and many prompts at once."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM

from medpretrain.__main__ import main
from medpretrain.corpus.report import prompt_of
from medpretrain.corpus.synth import synthesise_report, synthesise_reports, write_synthetic_corpus
from medpretrain.errors import InputError, InputErrors
from medpretrain.eval.generate import Sampling, continue_prompts, generate_report, generate_text, next_token_probabilities, sample
from medpretrain.eval.load import LoadedModel, load_model
from medpretrain.log import logger
from medpretrain.model.cache import KeyValueCache
from medpretrain.tokenizer.vocabulary import Tokenizer

PROMPT = "[FINDINGS] clear lungs"
PROMPTS = [PROMPT, "", "[IMPRESSION] 1. Stable.", "no mild effusion " * 5, "[", PROMPT, "é 5 µg"]
SAMPLING, GREEDY = Sampling(), Sampling(temperature=0)
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def model(small_run: Path) -> LoadedModel:
    return load_model(small_run, device=CPU)


def favour(model: LoadedModel, monkeypatch: pytest.MonkeyPatch, **logits: float) -> None:
    """Let the model find certain tokens (by `pad_id`, `eos_id`, ...) as likely as given, every other one as it is."""
    true_logits = model.decoder.head.logits

    def raised(hidden: torch.Tensor) -> torch.Tensor:
        result = true_logits(hidden)
        for name, logit in logits.items():
            result[..., getattr(model.tokenizer, name)] = logit
        return result

    monkeypatch.setattr(model.decoder.head, "logits", raised)


def continue_one(model: LoadedModel, prompt: str = PROMPT, max_tokens: int = 20, sampling: Sampling = SAMPLING) -> dict[str, Any]:
    (continuation,), _ = continue_prompts(model, [prompt], max_tokens=max_tokens, sampling=sampling)
    return continuation


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


def test_rows_of_logits_are_looked_at_one_by_one() -> None:
    logits = 3 * torch.randn(4, 50, generator=torch.Generator().manual_seed(1))
    for temperature, top_p in ((0, 1.0), (0.7, 1.0), (0.7, 0.9)):
        together = next_token_probabilities(logits, temperature, top_p)
        assert torch.equal(together, torch.stack([next_token_probabilities(row, temperature, top_p) for row in logits]))


@pytest.mark.parametrize("name", ["small", "tied"])
@pytest.mark.parametrize("kind", ["run", "export"])
def test_greedy_equals_transformers(name: str, kind: str, request: pytest.FixtureRequest) -> None:
    model = load_model(request.getfixturevalue(f"{name}_{kind}"), device=CPU)
    theirs = AutoModelForCausalLM.from_pretrained(request.getfixturevalue(f"{name}_export"), local_files_only=True)
    tokenizer = model.tokenizer
    never = [tokenizer.pad_id, tokenizer.bos_id, tokenizer.unk_id]
    found, _ = continue_prompts(model, PROMPTS, max_tokens=20, sampling=GREEDY)
    for prompt, result in zip(PROMPTS, found, strict=True):
        ids = torch.tensor([[tokenizer.bos_id, *tokenizer.encode(prompt)]])
        expected = theirs.generate(ids, do_sample=False, max_new_tokens=20, suppress_tokens=never, attention_mask=torch.ones_like(ids))
        assert result["text"] == tokenizer.decode(expected[0, ids.shape[1] :].tolist())
        assert result["prompt"] == prompt


@pytest.mark.parametrize("micro_rows", [1, 2, 16])
def test_each_prompt_gives_what_it_gives_alone_with_its_seed(model: LoadedModel, micro_rows: int) -> None:
    """Some end with `</s>` and others with the row's length, and leave the batch at unlike times."""
    sampling = Sampling(temperature=1.0, top_p=0.9, seed=5)
    together, speed = continue_prompts(model, PROMPTS, max_tokens=60, sampling=sampling, micro_rows=micro_rows)
    assert [result["seed"] for result in together] == list(range(5, 5 + len(PROMPTS)))
    for prompt, result in zip(PROMPTS, together, strict=True):
        assert continue_one(model, prompt, 60, Sampling(1.0, 0.9, result["seed"])) | {"seed": 0} == result | {"seed": 0}
    assert {result["stopped"] for result in together} == {"</s>", "length"}
    assert together[0]["text"] != together[5]["text"], "the same prompt again is another sample"
    assert speed.num_batches == -(-len(PROMPTS) // micro_rows)
    assert speed.num_tokens == sum(result["tokens"] + (result["stopped"] == "</s>") for result in together)


def test_the_seed_decides_the_text(model: LoadedModel) -> None:
    texts = [continue_one(model, sampling=Sampling(1.0, 1.0, seed))["text"] for seed in (1, 1, 2)]
    assert texts[0] == texts[1] != texts[2]


def test_a_single_prompt_and_several(model: LoadedModel, small_run: Path, monkeypatch: pytest.MonkeyPatch, caplog) -> None:
    monkeypatch.setattr(logger, "propagate", True)
    with caplog.at_level(logging.INFO):
        result = generate_text(small_run, [PROMPT], max_tokens=5, temperature=0)
    expected = continue_one(model, max_tokens=5, sampling=GREEDY)
    assert result.pop("tokens_per_second") > 0
    assert result == {key: expected[key] for key in ("prompt", "text", "tokens", "stopped")}
    assert "continued 1 prompt at " in caplog.text
    assert " ms to the first token, then " in caplog.text
    several = generate_text(small_run, [PROMPT, ""], max_tokens=5, temperature=0)
    assert several["continuations"] == [expected, continue_one(model, "", 5, Sampling(0, seed=1))]
    assert min(several[key] for key in ("tokens_per_second", "first_token_seconds", "seconds_per_token")) > 0


def test_it_stops_at_the_end_of_the_document(model: LoadedModel, monkeypatch: pytest.MonkeyPatch) -> None:
    favour(model, monkeypatch, eos_id=1e9)
    result = continue_one(model)
    assert (result["text"], result["tokens"], result["stopped"]) == ("", 0, "</s>")


def test_special_tokens_are_never_made(model: LoadedModel, monkeypatch: pytest.MonkeyPatch) -> None:
    favour(model, monkeypatch, pad_id=1e9, bos_id=1e9, unk_id=1e9, eos_id=-1e9)
    seen = []
    monkeypatch.setattr("medpretrain.eval.generate.sample", lambda *arguments: seen.append(sample(*arguments)) or seen[-1])
    result = continue_one(model, max_tokens=12, sampling=Sampling(1.0, 1.0))
    assert len(seen) == result["tokens"] == 12
    assert min(seen) > model.tokenizer.unk_id


def test_it_stops_at_the_row_length_of_the_training(model: LoadedModel, monkeypatch: pytest.MonkeyPatch) -> None:
    favour(model, monkeypatch, eos_id=-1e9)
    num_prompt = len(model.tokenizer.encode(PROMPT))
    result = continue_one(model, max_tokens=1000)
    assert (result["tokens"], result["stopped"]) == (64 - 1 - num_prompt, "length")
    assert continue_one(model, max_tokens=3)["stopped"] == "length"


def test_prompts_begin_documents_and_each_further_token_costs_one_position(model: LoadedModel, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def noted(tokens: torch.Tensor, positions: torch.Tensor, cache: KeyValueCache) -> torch.Tensor:
        seen.append((tokens.tolist(), positions.tolist()))
        return type(model.decoder).hidden(model.decoder, tokens, positions, cache)

    monkeypatch.setattr(model.decoder, "hidden", noted)
    favour(model, monkeypatch, eos_id=-1e9)
    longer, shorter = ([model.tokenizer.bos_id, *model.tokenizer.encode(prompt)] for prompt in ("a<s>", "7"))
    assert longer.count(model.tokenizer.bos_id) == 1
    continue_prompts(model, ["a<s>", "7"], max_tokens=3)
    padded = shorter + [model.tokenizer.pad_id] * (len(longer) - 2)
    assert seen[0] == ([longer, padded], [list(range(len(longer)))] * 2)
    assert [positions for _, positions in seen[1:]] == [[[len(longer) + i], [2 + i]] for i in (0, 1)]
    assert all(len(row) == 1 for tokens, _ in seen[1:] for row in tokens)


def test_prompts_that_leave_no_room_are_refused_all_at_once(model: LoadedModel) -> None:
    fits = "7" * 62
    assert continue_one(model, fits, max_tokens=5)["tokens"] <= 1
    with pytest.raises(InputErrors) as caught:
        continue_prompts(model, [fits + "7", fits, "8" * 70], ["--prompt", "b", "prompts.txt line 3"])
    first, second = caught.value.errors
    assert first.where == "--prompt"
    assert first.found == "has 63 tokens"
    assert first.expected == "at most 62 (the model was trained on rows of 64, one goes to <s> and one to the answer)"
    assert first.remedy == "shorten the prompt"
    assert (second.where, second.found) == ("prompts.txt line 3", "has 70 tokens")
    with pytest.raises(InputErrors, match="prompt 2: holds bytes that are not UTF-8"):
        continue_prompts(model, ["a", "\udcff"])


@pytest.mark.parametrize(
    ("name", "arguments", "found", "expected"),
    [
        ("--max-tokens", {"max_tokens": 0}, "is 0", "at least 1"),
        ("--temperature", {"temperature": -0.1}, "is -0.1", "0 (the likeliest token every time) or above"),
        ("--temperature", {"temperature": float("nan")}, "is nan", "0 (the likeliest token every time) or above"),
        ("--temperature", {"temperature": float("inf")}, "is inf", "0 (the likeliest token every time) or above"),
        ("--top-p", {"top_p": 0.0}, "is 0.0", "above 0 and at most 1"),
        ("--top-p", {"top_p": 1.5}, "is 1.5", "above 0 and at most 1"),
        ("--micro-rows", {"micro_rows": 0}, "is 0", "at least 1"),
    ],
)
def test_arguments_out_of_range_are_refused_before_the_model_is_read(
    tmp_path: Path, name: str, arguments, found: str, expected: str
) -> None:
    with pytest.raises(InputError) as caught:
        generate_text(tmp_path / "no such run", [PROMPT], **arguments)
    assert (caught.value.where, caught.value.found, caught.value.expected) == (name, found, expected)
    assert caught.value.remedy == f"change {name}"


# --- reports on structured findings


@pytest.fixture(scope="module")
def wide_model(small_run: Path) -> LoadedModel:
    """The small model, let to write as far as reports go."""
    model = load_model(small_run, device=CPU)
    return LoadedModel(model.decoder, model.settings, model.tokenizer, 2048, model.source, model.step, model.device)


REPORT = next(report for report in synthesise_reports(100, seed=3) if report.meta["length_class"] == "short")
FINDINGS = REPORT.meta


@pytest.mark.slow
def test_a_report_continues_the_prompt_of_a_synthetic_one(wide_model: LoadedModel) -> None:
    tokenizer = wide_model.tokenizer
    report = generate_report(wide_model, tokenizer, FINDINGS, max_length=400, seed=4)
    prompt = prompt_of(REPORT)
    assert REPORT.text.startswith(prompt)
    assert prompt.endswith("\n[FINDINGS]")
    room = 400 - 1 - len(tokenizer.encode(prompt))
    assert report == prompt + continue_one(wide_model, prompt, room, Sampling(0.7, 0.9, 4))["text"]
    assert generate_report(wide_model, tokenizer, FINDINGS, 400, 0.7, 0.9, seed=4) == report
    assert generate_report(wide_model, tokenizer, FINDINGS, 400, 0.7, 0.9, seed=5) != report


def test_a_report_ends_with_its_document_or_at_its_length(wide_model: LoadedModel, monkeypatch: pytest.MonkeyPatch) -> None:
    tokenizer = wide_model.tokenizer
    prompt = prompt_of(REPORT)
    with monkeypatch.context() as patched:
        favour(wide_model, patched, eos_id=1e9)
        assert generate_report(wide_model, tokenizer, FINDINGS) == prompt
    favour(wide_model, monkeypatch, eos_id=-1e9)
    added = []
    monkeypatch.setattr("medpretrain.eval.generate.sample", lambda *arguments: added.append(sample(*arguments)) or added[-1])
    generate_report(wide_model, tokenizer, FINDINGS)
    assert 1 + len(tokenizer.encode(prompt)) + len(added) == 512


def test_a_report_of_another_tokenizer_or_without_room_is_refused(wide_model: LoadedModel, make_shards) -> None:
    other = Tokenizer.from_file(make_shards(num_merges=30) / "tokenizer.json")
    with pytest.raises(InputError) as caught:
        generate_report(wide_model, other, FINDINGS)
    assert caught.value.where == str(other.directory)
    assert caught.value.found == f"holds another tokenizer ({other.content_hash[:12]}...) than {wide_model.source} was trained with"
    assert caught.value.expected == f"the tokenizer {wide_model.tokenizer.content_hash[:12]}..."
    assert caught.value.remedy == "give the model's own `tokenizer`"
    with pytest.raises(InputError) as caught:
        generate_report(wide_model, wide_model.tokenizer, FINDINGS, max_length=20)
    assert caught.value.where == "the findings"
    assert caught.value.expected == "at most 18 (max_length is 20, one goes to <s> and one to the answer)"


# --- the verb


def run_verb(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    status = main(["generate", *map(str, words), "--max-tokens", "6"])
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def test_the_verb_prints_one_prompt_as_it_is_and_several_by_number(small_run: Path, model: LoadedModel, tmp_path: Path, capsys) -> None:
    texts = [continue_one(model, prompt, 6, GREEDY)["text"] for prompt in ("clear", "no")]
    assert run_verb(capsys, small_run, "--prompt", "clear")[:2] == (0, f"clear{texts[0]}\n")
    shown = f"--- 1 of 2\nclear{texts[0]}\n--- 2 of 2\nno{texts[1]}\n"
    assert run_verb(capsys, small_run, "--prompt", "clear", "--prompt", "no")[:2] == (0, shown)
    (tmp_path / "prompts.txt").write_text("clear\nno\n")
    assert run_verb(capsys, small_run, "--prompts", tmp_path / "prompts.txt")[:2] == (0, shown)
    _, out, _ = run_verb(capsys, small_run, "--prompts", tmp_path / "prompts.txt", "--json")
    result = json.loads(out)
    assert [(each["prompt"], each["text"], each["seed"]) for each in result["continuations"]] == [
        ("clear", texts[0], 42),
        ("no", texts[1], 43),
    ]
    assert result.keys() == {"continuations", "tokens_per_second", "first_token_seconds", "seconds_per_token"}


def test_the_verb_takes_findings(make_run: Callable[..., Path], tmp_path: Path, capsys) -> None:
    write_synthetic_corpus(2, 3, tmp_path / "raw")
    status, out, _ = run_verb(capsys, make_run(seq_len=2048), "--findings", tmp_path / "raw" / "reports.jsonl.zst", "--json")
    assert status == 0
    assert [each["prompt"] for each in json.loads(out)["continuations"]] == [prompt_of(synthesise_report(3, number)) for number in (0, 1)]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "--prompt: is missing; expected one of --prompt, --prompts and --findings; say what to continue"),
        (("--prompt", "a", "--findings", "f"), "--prompt: stands beside --findings; expected one of --prompt, --prompts and --findings"),
        (("--prompt", "7" * 70), "--prompt: has 70 tokens"),
        (("--prompt", "a", "--prompt", "7" * 70), "--prompt number 2: has 70 tokens"),
    ],
)
def test_the_verb_refuses(small_run: Path, words: tuple[str, ...], said: str, capsys) -> None:
    status, out, err = run_verb(capsys, small_run, *words)
    assert (status, out) == (2, "")
    assert f"medpretrain: {said}" in err
