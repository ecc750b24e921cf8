"""An export loads in transformers with our logits and our token ids, and is refused when it would not."""

from __future__ import annotations

import json
import shutil
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import safe_open
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer, GenerationConfig

import medpretrain.release.export as export_module
from medpretrain.checkpoint.paths import step_directory
from medpretrain.checkpoint.reader import CheckpointReader
from medpretrain.errors import InputError
from medpretrain.eval.load import load_model
from medpretrain.manifest import read_manifest, verify_files
from medpretrain.release import tokenizer_files
from medpretrain.release.export import ExportMismatch, export_run
from medpretrain.release.mapping import PADDED_BY_VOCABULARY, huggingface_names
from medpretrain.tokenizer.vocabulary import SECTION_HEADERS, Tokenizer

CPU = torch.device("cpu")
TEXTS = [
    "[FINDINGS] clear lungs.\n[IMPRESSION] 1. Stable <s>nodule</s> <pad> 5 µg <unk>.",
    "",
    "  leading and trailing  \t",
    "é 日本語 🫀 naïve\r\n\r\n don't I'LL 120/80",
    *SECTION_HEADERS,
    " ".join(SECTION_HEADERS),
    "x[PLAN]y [NOT A HEADER] [plan]",
    "a , b . c ? ' s",
]


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket.socket, "connect", refuse)


def differences(run: Path, export: Path, dtype: torch.dtype) -> float:
    """Largest difference of a logit: our decoder with weights rounded to `dtype`, against transformers' own loading of the directory."""
    ours = load_model(run, device=CPU)
    theirs = AutoModelForCausalLM.from_pretrained(export, dtype=torch.float32)
    with torch.no_grad():
        for parameter in ours.decoder.parameters():
            parameter.copy_(parameter.to(dtype).float())
        tokens = torch.randint(ours.settings.vocab_size, (3, 64), generator=torch.Generator().manual_seed(1))
        positions = torch.arange(64).expand(3, 64)
        expected = ours.decoder.logits(tokens, positions)
        assert expected.abs().max() > 1, "logits large enough to tell models apart"
        return (theirs(tokens).logits - expected).abs().max().item()


@pytest.mark.usefixtures("no_network")
def test_transformers_loads_it_without_network_and_gives_our_logits(small_run: Path, small_export: Path) -> None:
    assert differences(small_run, small_export, torch.float32) < 1e-5
    theirs = AutoModelForCausalLM.from_pretrained(small_export)
    assert theirs.dtype == torch.float32
    vocab_size = Tokenizer.from_file(small_run / "tokenizer.json").vocab_size
    assert theirs.config.vocab_size == vocab_size
    assert theirs.lm_head.weight.shape[0] == theirs.model.embed_tokens.weight.shape[0] == vocab_size
    reader = CheckpointReader(step_directory(small_run, 7))
    state = theirs.state_dict()
    for name, their_name in huggingface_names(load_model(small_run, device=CPU).settings).items():
        expected = reader.read_full(name)
        assert torch.equal(state[their_name], expected[:vocab_size] if name in PADDED_BY_VOCABULARY else expected), name


@pytest.mark.usefixtures("no_network")
def test_a_tied_model_has_one_weight_there_too(tied_run: Path, tied_export: Path) -> None:
    assert differences(tied_run, tied_export, torch.float32) < 1e-5
    with safe_open(tied_export / "model.safetensors", framework="pt") as file:
        assert set(file.keys()) == set(huggingface_names(load_model(tied_run, device=CPU).settings).values())
        assert "lm_head.weight" not in file.keys()  # noqa: SIM118 (not a dict)
    theirs = AutoModelForCausalLM.from_pretrained(tied_export)
    assert theirs.config.tie_word_embeddings is True
    assert theirs.lm_head.weight is theirs.model.embed_tokens.weight
    vocab_size = Tokenizer.from_file(tied_run / "tokenizer.json").vocab_size
    expected = CheckpointReader(step_directory(tied_run, 7)).read_full("embedding.weight")
    assert vocab_size < len(expected), "the checkpoint's weight is padded"
    assert torch.equal(theirs.lm_head.weight, expected[:vocab_size])
    num_parameters = sum(parameter.numel() for parameter in theirs.parameters())
    assert read_manifest(tied_export).counts["parameters"] == num_parameters
    assert f"of {num_parameters:,} parameters" in (tied_export / "README.md").read_text()


@pytest.mark.usefixtures("no_network")
def test_layer_norm_gelu_and_biases_go_to_gpt_neox(radiology_run: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    result = export_run(radiology_run, out, bytes_per_file=40_000)  # query, key and value are one weight there, and in one file
    assert result["largest_logit_difference"] < 1e-5
    assert differences(radiology_run, out, torch.float32) < 1e-5
    theirs = AutoModelForCausalLM.from_pretrained(out)
    assert theirs.config.architectures == ["GPTNeoXForCausalLM"]
    assert (theirs.config.use_parallel_residual, theirs.config.hidden_act) == (False, "gelu")
    assert theirs.lm_head.weight is theirs.gpt_neox.embed_in.weight
    assert sum(parameter.numel() for parameter in theirs.parameters()) == result["parameters"]
    assert all(parameter.std() > 0.1 for parameter in theirs.parameters()), "every bias and norm was there to be compared"
    raw = json.loads((out / "config.json").read_text())  # what transformers before 5 reads
    assert (raw["rotary_pct"], raw["rotary_emb_base"]) == (1.0, 10_000.0)
    assert "(GPT-NeoX architecture)" in (out / "README.md").read_text()
    assert "| norm, biases of linear layers | LayerNorm, yes |" in (out / "README.md").read_text()
    run, export = load_model(radiology_run, device=CPU), load_model(out, device=CPU)
    vocab_size = run.settings.vocab_size
    for name, weight in export.decoder.named_parameters():
        expected = run.decoder.get_parameter(name)
        rows = vocab_size if name in PADDED_BY_VOCABULARY else len(weight)
        assert torch.equal(weight[:rows], expected[:rows]), name


def test_an_untied_gpt_neox_has_its_head_by_the_name_that_every_transformers_knows(make_run: Callable[..., Path], tmp_path: Path) -> None:
    run = make_run(norm="layernorm", activation="gelu", biases=True, num_kv_heads=4)
    assert export_run(run, tmp_path / "out")["largest_logit_difference"] < 1e-5
    with safe_open(tmp_path / "out" / "model.safetensors", framework="pt") as file:
        assert "embed_out.weight" in file.keys()  # noqa: SIM118 (not a dict)
    assert differences(run, tmp_path / "out", torch.float32) < 1e-5


@pytest.mark.parametrize(
    "kinds",
    [
        {"norm": "layernorm"},
        {"activation": "gelu"},
        {"norm": "layernorm", "activation": "gelu", "num_kv_heads": 4},
        {"norm": "layernorm", "activation": "gelu", "biases": True},
        {"norm": "layernorm", "activation": "gelu", "biases": True, "num_kv_heads": 4, "head_size": 16},
    ],
    ids=["layernorm, swiglu", "rmsnorm, gelu", "no biases", "shared key-value heads", "heads wider than the model"],
)
def test_a_model_that_transformers_does_not_have_is_refused(make_run: Callable[..., Path], tmp_path: Path, kinds: dict[str, Any]) -> None:
    error = refusal(make_run(**kinds), tmp_path / "out")
    assert error.where == "the model"
    assert all(f"{key} {value}" in error.found for key, value in kinds.items())
    assert error.expected.startswith("rmsnorm with swiglu (Llama), or layernorm with gelu")
    assert error.remedy.startswith("keep the run's own directory")
    assert not (tmp_path / "out").exists()


def test_a_tied_model_that_transformers_would_not_tie_is_refused(tied_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mapping = export_module.huggingface_config
    monkeypatch.setattr(
        export_module, "huggingface_config", lambda *arguments, **words: {**mapping(*arguments, **words), "tie_word_embeddings": False}
    )
    with pytest.raises(ExportMismatch) as caught:
        export_run(tied_run, tmp_path / "out")
    assert "lm_head.weight" in caught.value.found
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("name", "dtype", "rounding"), [("bf16", torch.bfloat16, 1e-3), ("fp16", torch.float16, 1e-4)])
def test_half_precision_holds_the_master_weights_rounded_once(
    small_run: Path, tmp_path: Path, name: str, dtype: torch.dtype, rounding: float
) -> None:
    result = export_run(small_run, tmp_path / "out", dtype=name)
    assert result["dtype"] == name
    assert result["largest_logit_difference"] < 1e-5
    assert AutoModelForCausalLM.from_pretrained(tmp_path / "out").dtype == dtype
    assert differences(small_run, tmp_path / "out", dtype) < 1e-5
    assert differences(small_run, tmp_path / "out", torch.float32) > rounding, "rounding shows, so the comparison above is a tight one"


@pytest.mark.usefixtures("no_network")
def test_the_tokenizer_gives_exactly_our_ids(small_run: Path, small_export: Path) -> None:
    ours, theirs = Tokenizer.from_file(small_run / "tokenizer.json"), AutoTokenizer.from_pretrained(small_export)
    assert theirs(TEXTS)["input_ids"] == ours.encode_batch(TEXTS)
    for text in TEXTS:
        ids = ours.encode(text)
        assert theirs(text)["input_ids"] == theirs.encode(text) == ids, text
        assert theirs.decode([ours.bos_id, *ids, ours.eos_id], skip_special_tokens=True) == text
    for header in SECTION_HEADERS:
        assert len(theirs(header)["input_ids"]) == 1
    assert (theirs.pad_token_id, theirs.bos_token_id, theirs.eos_token_id, theirs.unk_token_id) == (0, 1, 2, 3)
    assert theirs.model_max_length == 64


def test_configuration_of_generation(small_export: Path) -> None:
    config = GenerationConfig.from_pretrained(small_export)
    assert (config.bos_token_id, config.eos_token_id, config.pad_token_id) == (1, 2, 0)
    raw = json.loads((small_export / "config.json").read_text())  # what transformers before 5 reads
    assert (raw["rope_theta"], raw["torch_dtype"]) == (10_000.0, "float32")
    tokenizer = AutoTokenizer.from_pretrained(small_export)
    assert tokenizer.padding_side == "left"
    assert set(tokenizer("a", return_tensors="pt")) == {"input_ids", "attention_mask"}
    assert AutoConfig.from_pretrained(small_export).architectures == ["LlamaForCausalLM"]


def test_the_model_card_states_facts_and_its_code_runs(small_export: Path, tied_export: Path, capsys: pytest.CaptureFixture[str]) -> None:
    card = (small_export / "README.md").read_text()
    model = AutoModelForCausalLM.from_pretrained(small_export)
    assert f"of {sum(p.numel() for p in model.parameters()):,} parameters" in card
    assert "| trained | 7 steps, 3,500 tokens |" in card
    assert "| embedding and output head | a weight each (untied) |" in card
    assert "| embedding and output head | one weight for both (tied) |" in (tied_export / "README.md").read_text()
    assert "not a chatbot, not a medical device and not a retrieval system" in card
    code = card.split("```python\n")[1].split("```")[0]
    exec(code.replace('"PATH"', repr(str(small_export))), {})
    assert capsys.readouterr().out.startswith("[FINDINGS] The heart is")


def test_the_manifest_says_what_it_was_made_from(small_run: Path, small_export: Path) -> None:
    manifest = read_manifest(small_export, "export")
    verify_files(small_export, manifest)
    assert set(manifest.files) == {path.name for path in small_export.iterdir()} - {"manifest.json"}
    assert manifest.inputs == {
        "checkpoint": read_manifest(step_directory(small_run, 7)).identity,
        "tokenizer": Tokenizer.from_file(small_run / "tokenizer.json").content_hash,
    }
    assert (manifest.settings["run"], manifest.settings["recipe"], manifest.settings["dtype"]) == ("small", "small", "fp32")
    assert manifest.counts["step"] == 7
    assert not list(small_export.parent.glob(".*")), "nothing is left beside it"


def test_weights_are_split_into_files(small_run: Path, small_export: Path, tmp_path: Path) -> None:
    result = export_run(small_run, tmp_path / "out", bytes_per_file=60_000)
    index = json.loads((tmp_path / "out" / "model.safetensors.index.json").read_text())
    names = sorted(path.name for path in (tmp_path / "out").glob("*.safetensors"))
    assert names == [f"model-{n:05d}-of-{len(names):05d}.safetensors" for n in range(1, len(names) + 1)]
    assert len(names) >= 3
    total = 0
    for name in names:
        with safe_open(tmp_path / "out" / name, framework="pt") as file:
            sizes = [file.get_tensor(key).nbytes for key in file.keys()]  # noqa: SIM118 (not a dict)
            assert all(index["weight_map"][key] == name for key in file.keys())  # noqa: SIM118
        assert sum(sizes) <= 60_000 or len(sizes) == 1
        total += sum(sizes)
    assert total == index["metadata"]["total_size"] == result["bytes"]
    assert differences(small_run, tmp_path / "out", torch.float32) < 1e-5
    one, several = load_model(small_export, device=CPU), load_model(tmp_path / "out", device=CPU)
    for name, weight in several.decoder.named_parameters():
        assert torch.equal(weight, one.decoder.get_parameter(name)), name


def test_the_precision_of_the_run_is_the_default(small_run: Path, small_export: Path) -> None:
    assert read_manifest(small_export).settings["dtype"] == "fp32"
    with safe_open(small_export / "model.safetensors", framework="pt") as file:
        assert {file.get_tensor(name).dtype for name in file.keys()} == {torch.float32}  # noqa: SIM118


def test_the_same_export_again_is_nothing_to_do(small_run: Path, export_copy: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in export_copy.iterdir()}
    result = export_run(small_run, export_copy)
    assert result["largest_logit_difference"] is None
    assert (result["step"], result["dtype"]) == (7, "fp32")
    assert {path: path.stat().st_mtime_ns for path in export_copy.iterdir()} == before


SWAPS = [
    ("layers.0.mlp.gate_proj.weight", "layers.0.mlp.up_proj.weight"),
    ("layers.0.attention.k_proj.weight", "layers.0.attention.v_proj.weight"),
    ("layers.0.attention.q_proj.weight", "layers.1.attention.q_proj.weight"),
    ("layers.0.attention_norm.weight", "layers.0.mlp_norm.weight"),
    ("embedding.weight", "head.weight"),
    ("layers.0.attention.q_proj.weight", "layers.0.mlp.up_proj.weight"),  # of other shapes
]


@pytest.mark.parametrize(("first", "second"), SWAPS)
def test_two_names_swapped_are_refused_and_nothing_is_published(
    small_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, first: str, second: str
) -> None:
    def swapped(model: Any) -> dict[str, str]:
        names = huggingface_names(model)
        names[first], names[second] = names[second], names[first]
        return names

    monkeypatch.setattr("medpretrain.release.mapping.huggingface_names", swapped)
    with pytest.raises(ExportMismatch) as caught:
        export_run(small_run, tmp_path / "out")
    assert caught.value.where == "the export"
    assert caught.value.found.endswith("so nothing was published")
    assert caught.value.expected
    assert caught.value.remedy.startswith("install the transformers that medpretrain asks for")
    assert not list(tmp_path.iterdir())


def test_a_logit_that_differs_is_refused(small_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mapping = export_module.huggingface_config

    def other_base(*arguments: Any, **words: Any) -> dict[str, Any]:
        return {**mapping(*arguments, **words), "rope_parameters": {"rope_type": "default", "rope_theta": 20_000.0}}

    monkeypatch.setattr(export_module, "huggingface_config", other_base)
    with pytest.raises(ExportMismatch) as caught:
        export_run(small_run, tmp_path / "out")
    assert caught.value.found.startswith("a logit of transformers is ")
    assert caught.value.expected.startswith("a difference of at most ")
    assert 1e-4 <= float(caught.value.expected.rsplit(" ", 1)[1]) < 1e-3, "1e-4, times the largest logit"
    assert not list(tmp_path.iterdir())


def test_logits_that_are_not_numbers_are_refused(small_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read = CheckpointReader.read_full
    monkeypatch.setattr(CheckpointReader, "read_full", lambda self, name: read(self, name) * (float("nan") if name == "head.weight" else 1))
    with pytest.raises(ExportMismatch) as caught:
        export_run(small_run, tmp_path / "out")
    assert caught.value.found == "a logit of transformers is nan from ours, so nothing was published"
    assert not list(tmp_path.iterdir())


def test_a_missing_weight_is_refused(small_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def without_one(model: Any) -> dict[str, str]:
        names = huggingface_names(model)
        del names["layers.1.mlp_norm.weight"]  # transformers would fill it in with ones
        return names

    monkeypatch.setattr("medpretrain.release.mapping.huggingface_names", without_one)
    with pytest.raises(ExportMismatch) as caught:
        export_run(small_run, tmp_path / "out")
    assert "model.layers.1.post_attention_layernorm.weight" in caught.value.found
    assert not list(tmp_path.iterdir())


def test_other_token_ids_are_refused(small_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_json = tokenizer_files.write_json
    monkeypatch.setattr(
        tokenizer_files, "write_json", lambda path, value: write_json(path, {k: v for k, v in value.items() if k != "split_special_tokens"})
    )
    with pytest.raises(ExportMismatch) as caught:
        export_run(small_run, tmp_path / "out")
    assert caught.value.found.startswith("transformers encodes 'Blood pressure")
    assert not list(tmp_path.iterdir())


def refusal(run: Path, out: Path, dtype: str | None = None) -> InputError:
    with pytest.raises(InputError) as caught:
        export_run(run, out, dtype)
    return caught.value


def test_a_directory_in_use_is_refused_and_untouched(small_run: Path, tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("mine")
    error = refusal(small_run, tmp_path)
    assert error.where == str(tmp_path)
    assert error.found == "is there already and was not made by `medpretrain export`"
    assert error.expected == "a new directory, or the export of this very checkpoint"
    assert error.remedy == "choose another --out, or remove it if it is not needed"
    assert [path.name for path in tmp_path.iterdir()] == ["note.txt"]
    assert refusal(small_run, tmp_path / "note.txt").found == "is there already and was not made by `medpretrain export`"


def test_the_output_of_another_stage_is_refused(small_run: Path, small_shards: Path) -> None:
    error = refusal(small_run, small_shards)
    assert error.where == str(small_shards)
    assert error.found == "holds the output of `shards pack`"
    assert error.expected == "a new directory, or the export of this very checkpoint"
    assert error.remedy == "choose another --out, or remove it if it is not needed"


def test_another_export_is_refused(run_copy: Path, export_copy: Path) -> None:
    error = refusal(run_copy, export_copy, "bf16")
    assert error.where == str(export_copy)
    assert error.found == "holds the export of step 7 in fp32"
    assert error.expected == "a new directory, or the export of this very checkpoint in bf16"
    assert error.remedy == "choose another --out, or remove it if it is not needed"
    shutil.rmtree(step_directory(run_copy, 7))
    assert refusal(run_copy, export_copy).found == "holds the export of step 7 in fp32"


def test_an_empty_directory_and_what_a_killed_export_left_do_not_matter(small_run: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / ".out.exporting").mkdir()
    (tmp_path / ".out.exporting" / "model.safetensors").write_text("half")
    export_run(small_run, tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert differences(small_run, tmp_path / "out", torch.float32) < 1e-5


def test_a_run_without_checkpoint_is_refused(tmp_path: Path) -> None:
    (tmp_path / "run" / "checkpoints").mkdir(parents=True)
    error = refusal(tmp_path / "run", tmp_path / "out")
    assert error.where == str(tmp_path / "run")
    assert error.found == "has no checkpoint"
    assert error.expected == "a run directory with at least one sound checkpoint"
    assert error.remedy == "check the path, or train until the first checkpoint"
    assert not (tmp_path / "out").exists()


def test_what_is_not_a_run_is_refused(tmp_path: Path) -> None:
    error = refusal(tmp_path / "nothing", tmp_path / "out")
    assert error.where == str(tmp_path / "nothing")
    assert error.found == "there is no such directory"
    assert error.expected == "a run directory"
    assert error.remedy == "check the path"
