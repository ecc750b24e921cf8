"""What a run starts from: every slice of every weight as it stands in the directory, at any topology; and what is refused."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM, LlamaConfig, LlamaForCausalLM

from medpretrain.checkpoint.paths import step_directory
from medpretrain.checkpoint.reader import CheckpointReader
from medpretrain.errors import InputError, InputErrors
from medpretrain.eval.load import open_run
from medpretrain.model.layout import parameter_table
from medpretrain.model.settings import ModelSettings
from medpretrain.release.export import export_run
from medpretrain.release.importing import check_import
from medpretrain.release.mapping import PADDED_BY_VOCABULARY, huggingface_names, llama_config
from medpretrain.release.source import Source, open_source
from medpretrain.release.weights import HuggingFaceWeights
from medpretrain.tokenizer.vocabulary import Tokenizer


@pytest.fixture(scope="module")
def tokenizer(small_run: Path) -> Tokenizer:
    return Tokenizer.from_file(small_run / "tokenizer.json")


@pytest.fixture(scope="module")
def model(small_run: Path) -> ModelSettings:
    return open_run(small_run).settings


def shard_of(whole: torch.Tensor, tp_dim: int | None, tp_rank: int, tp_size: int) -> torch.Tensor:
    return (whole if tp_dim is None else whole.chunk(tp_size, dim=tp_dim)[tp_rank]).flatten()


@pytest.mark.parametrize("dtype", ["fp32", "bf16"])
@pytest.mark.parametrize("kind", ["small", "tied", "radiology"])
def test_what_was_exported_comes_back_to_the_last_bit(kind: str, dtype: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """In files of a few weights each; in fp32 as the run has it, in bf16 as it was rounded; whole shards, and stretches of them that begin
    and end anywhere, at tensor parallel 1 and 2."""
    run = request.getfixturevalue(f"{kind}_run")
    export_run(run, tmp_path / "out", dtype, bytes_per_file=15_000)
    assert len(list(tmp_path.glob("out/*.safetensors"))) > 2
    reader, saved = CheckpointReader(step_directory(run, 7)), open_run(run)
    source = open_source(tmp_path / "out", saved.settings, saved.tokenizer)
    assert source.weights.dtypes == [{"fp32": "F32", "bf16": "BF16"}[dtype]]
    for name, spec in parameter_table(saved.settings).items():
        whole = reader.read_full(name)
        if dtype == "bf16":
            whole = whole.bfloat16().float()
        if name in PADDED_BY_VOCABULARY:
            whole[saved.settings.vocab_size :] = 0  # the padding of the vocabulary, which is never used
        assert torch.equal(source.weights.read_full(name).float(), whole), name
        for tp_size in (1, 2):
            for tp_rank in range(tp_size):
                expected = shard_of(whole, spec.tp_dim, tp_rank, tp_size)
                size = len(expected)
                for offset, length in ((0, size), (0, 1), (size - 1, 1), (size // 3, size // 2), (5, 0), (7, size // 2 - 3)):
                    found = torch.full((length,), torch.nan)
                    source.weights.read_into(
                        {"master": found},
                        name,
                        tp_rank if spec.tp_dim is not None else 0,
                        tp_size if spec.tp_dim is not None else 1,
                        offset,
                    )
                    assert torch.equal(found, expected[offset : offset + length]), (name, tp_rank, tp_size, offset, length)


def transformers_llama(directory: Path, model: ModelSettings, **changes: Any) -> LlamaForCausalLM:
    """A Llama of that shape as transformers saves it, without a tokenizer."""
    torch.manual_seed(3)
    llama = LlamaForCausalLM(LlamaConfig(**{**llama_config(model, 64, pad_id=0, bos_id=1, eos_id=2), **changes}))
    llama.save_pretrained(directory)
    return llama


@pytest.mark.parametrize("further_rows", [0, 3, 64])
def test_a_vocabulary_that_is_padded_there_is_cut_and_ours_is_zeros(
    model: ModelSettings, tokenizer: Tokenizer, tmp_path: Path, further_rows: int
) -> None:
    theirs = transformers_llama(tmp_path, model, vocab_size=model.vocab_size + further_rows).state_dict()
    source = open_source(tmp_path, model, tokenizer)
    assert not source.same_tokenizer
    for ours, their_name in huggingface_names(model).items():
        found, expected = source.weights.read_full(ours), theirs[their_name]
        if ours in PADDED_BY_VOCABULARY:
            assert len(found) == model.padded_vocab_size > len(expected)
            assert not found[model.vocab_size :].any()
            found, expected = found[: model.vocab_size], expected[: model.vocab_size]
        assert torch.equal(found, expected), ours


def refusals(directory: Path, model: ModelSettings, tokenizer: Tokenizer) -> list[InputError]:
    with pytest.raises((InputError, InputErrors)) as caught:
        open_source(directory, model, tokenizer)
    return list(caught.value.errors) if isinstance(caught.value, InputErrors) else [caught.value]


OTHER_VOCABULARY = "pack the text with the tokenizer of this model, or start from another model"


def test_a_vocabulary_of_another_size_is_refused(model: ModelSettings, tokenizer: Tokenizer, tmp_path: Path) -> None:
    padded = f"{model.vocab_size:,}, as the tokenizer of the rows has, to {model.padded_vocab_size:,} with padding"
    for size in (model.vocab_size - 1, model.padded_vocab_size + 1):
        transformers_llama(tmp_path, model, vocab_size=size)
        (error,) = refusals(tmp_path, model, tokenizer)
        assert error.where == f"{tmp_path / 'config.json'} key `vocab_size`"
        assert (error.found, error.expected, error.remedy) == (f"is {size:,}", padded, OTHER_VOCABULARY)
    shutil.copy(tokenizer.directory / "tokenizer.json", tmp_path)  # now it is known what the ids mean, however many rows follow
    assert open_source(tmp_path, model, tokenizer).same_tokenizer


def test_another_tokenizer_and_another_model_are_told_together(
    model: ModelSettings, tokenizer: Tokenizer, export_copy: Path, make_shards: Callable[..., Path]
) -> None:
    shutil.copy(make_shards(num_merges=30) / "tokenizer.json", export_copy)
    (export_copy / "manifest.json").unlink()
    depth, other = refusals(export_copy, model.model_copy(update={"num_layers": 3}), tokenizer)
    assert depth.where == "recipe key `model.num_layers`"
    theirs = Tokenizer.from_file(export_copy / "tokenizer.json").content_hash[:16]
    assert (other.where, other.found) == (str(export_copy / "tokenizer.json"), f"has the hash {theirs}...")
    assert other.expected == f"{tokenizer.content_hash[:16]}..., the tokenizer that the rows were packed with"
    assert other.remedy == OTHER_VOCABULARY
    (export_copy / "tokenizer.json").write_text(json.dumps({"version": "1.0", "model": {"type": "BPE", "vocab": {"a": 0}, "merges": []}}))
    (error,) = refusals(export_copy, model, tokenizer)
    assert (error.where, error.found, error.remedy) == (str(export_copy / "tokenizer.json"), "<pad> has id None", OTHER_VOCABULARY)


def test_a_run_and_a_path_to_nowhere_are_refused(model: ModelSettings, tokenizer: Tokenizer, small_run: Path, tmp_path: Path) -> None:
    (error,) = refusals(small_run, model, tokenizer)
    assert (error.where, error.found, error.expected) == (str(small_run), "is a run", "a model in Hugging Face form")
    assert error.remedy == f"run `medpretrain export {small_run} --out DIR` and name DIR"
    (error,) = refusals(tmp_path / "nothing", model, tokenizer)
    assert (error.where, error.found) == (str(tmp_path / "nothing"), "there is no such directory")
    assert (error.expected, error.remedy) == ("a model in Hugging Face form, on this machine", "check the path")


# --- files that are not whole


AGAIN = "fetch or export the directory again"


@pytest.fixture
def llama(model: ModelSettings, tmp_path: Path) -> Path:
    transformers_llama(tmp_path / "llama", model)
    return tmp_path / "llama"


def rewrite(directory: Path, change: Callable[[dict[str, torch.Tensor]], Any]) -> None:
    path = directory / "model.safetensors"
    with safe_open(path, framework="pt") as file:
        weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a dict)
    change(weights)
    save_file(weights, path)


@pytest.mark.parametrize("kept", [4, 1000, -1])
def test_a_truncated_file_is_refused(llama: Path, model: ModelSettings, tokenizer: Tokenizer, kept: int) -> None:
    path = llama / "model.safetensors"
    path.write_bytes(path.read_bytes()[:kept])
    (error,) = refusals(llama, model, tokenizer)
    assert error.where == str(path)
    assert error.found.startswith("cannot be read (")
    assert (error.expected, error.remedy) == ("a whole safetensors file", AGAIN)


def test_all_that_is_wrong_with_weights_is_told_at_once(llama: Path, model: ModelSettings, tokenizer: Tokenizer) -> None:
    up, down, query = "model.layers.0.mlp.up_proj.weight", "model.layers.1.mlp.down_proj.weight", "model.layers.0.self_attn.q_proj.weight"

    def spoil(weights: dict[str, torch.Tensor]) -> None:
        del weights[up]
        weights[down] = weights[down].T.contiguous()
        weights[query] = weights[query].double()
        weights["model.layers.0.self_attn.q_proj.bias"] = torch.zeros(32)

    rewrite(llama, spoil)
    missing, others, of_query, of_down = refusals(llama, model, tokenizer)
    needed = "the weights of a Llama as config.json describes it"
    assert (missing.where, missing.found) == (str(llama), f"lacks the weight `{up}`")
    assert (missing.expected, missing.remedy) == (needed, AGAIN)
    assert others.found == "holds the weight `model.layers.0.self_attn.q_proj.bias`, for which the model has no place"
    assert (others.expected, others.remedy) == (needed, "start from another model")
    assert (of_query.where, of_query.found) == (f"{llama} weight `{query}`", "is F64")
    assert (of_query.expected, of_query.remedy) == ("one of BF16, F16, F32", "save the model in one of these")
    assert (of_down.where, of_down.found) == (f"{llama} weight `{down}`", "has the shape [48, 32]")
    assert (of_down.expected, of_down.remedy) == ("[32, 48], as config.json has it", AGAIN)


def test_many_missing_weights_are_one_sentence(llama: Path, model: ModelSettings, tokenizer: Tokenizer) -> None:
    rewrite(llama, lambda weights: [weights.pop(name) for name in list(weights) if "layers.1." in name])
    (error,) = refusals(llama, model, tokenizer)
    first = ", ".join(f"`model.layers.1.{name}.weight`" for name in ("input_layernorm", "self_attn.q_proj", "self_attn.k_proj"))
    assert error.found == f"lacks the weights {first} and 6 more"


def test_what_transformers_passes_over_is_passed_over(model: ModelSettings, tokenizer: Tokenizer, tmp_path: Path) -> None:
    tied = model.model_copy(update={"tied_embeddings": True})
    transformers_llama(tmp_path, tied)

    def add(weights: dict[str, torch.Tensor]) -> None:
        weights["lm_head.weight"] = torch.zeros(model.vocab_size, 32)
        weights["model.layers.0.self_attn.rotary_emb.inv_freq"] = torch.zeros(4)

    rewrite(tmp_path, add)
    assert open_source(tmp_path, tied, tokenizer).weights.read_full("embedding.weight").any()


def test_files_that_an_index_names(model: ModelSettings, tokenizer: Tokenizer, tmp_path: Path) -> None:
    torch.manual_seed(3)
    llama = LlamaForCausalLM(LlamaConfig(**llama_config(model, 64, pad_id=0, bos_id=1, eos_id=2)))
    llama.save_pretrained(tmp_path, max_shard_size="40KB")
    source = open_source(tmp_path, model, tokenizer)
    assert torch.equal(source.weights.read_full("layers.1.mlp.down_proj.weight"), llama.state_dict()["model.layers.1.mlp.down_proj.weight"])
    first, *_ = sorted(tmp_path.glob("*.safetensors"))
    first.unlink()
    (error,) = refusals(tmp_path, model, tokenizer)
    assert (error.where, error.found) == (str(first), "there is no such file")
    assert (error.expected, error.remedy) == ("the file that model.safetensors.index.json names", AGAIN)
    (tmp_path / "model.safetensors.index.json").write_text("[]")
    (error,) = refusals(tmp_path, model, tokenizer)
    assert error.where == str(tmp_path / "model.safetensors.index.json")
    assert (error.expected, error.remedy) == ("an index of safetensors files", AGAIN)
    (tmp_path / "model.safetensors.index.json").unlink()
    (error,) = refusals(tmp_path, model, tokenizer)
    assert error.found == "has neither model.safetensors nor model.safetensors.index.json"
    assert error.remedy == "save the model with transformers' `save_pretrained`, which writes safetensors"


def test_a_damaged_export_is_refused_by_its_size(model: ModelSettings, tokenizer: Tokenizer, export_copy: Path) -> None:
    with open(export_copy / "config.json", "a") as file:
        file.write("\n")
    (error,) = refusals(export_copy, model, tokenizer)
    assert error.where == str(export_copy / "config.json")


def test_the_facts_for_the_record(model: ModelSettings, tokenizer: Tokenizer, small_export: Path, llama: Path) -> None:
    source: Source = open_source(small_export, model, tokenizer)
    identity = json.loads((small_export / "manifest.json").read_text())["identity"]
    assert source.facts() == {
        "directory": str(small_export),
        "form": "Llama",
        "dtype": "F32",
        "same_tokenizer": True,
        "identity": identity,
    }
    before = open_source(llama, model, tokenizer).identity
    assert open_source(llama, model, tokenizer).identity == before
    (llama / "config.json").write_text(
        (llama / "config.json").read_text().replace('"max_position_embeddings": 64', '"max_position_embeddings": 65')
    )
    assert open_source(llama, model, tokenizer).identity != before


# --- the verb


@pytest.mark.parametrize("kind", ["Llama", "Llama in bf16", "GPT-NeoX"])
def test_the_gate_opens_for_models_that_transformers_saved(kind: str, model: ModelSettings, radiology_run: Path, tmp_path: Path) -> None:
    if kind == "GPT-NeoX":
        export_run(radiology_run, tmp_path / "out")
        AutoModelForCausalLM.from_pretrained(tmp_path / "out").save_pretrained(tmp_path)
        expected = open_run(radiology_run).settings
    else:
        wide = transformers_llama(tmp_path, model, initializer_range=0.2)
        if kind == "Llama in bf16":
            wide.bfloat16().save_pretrained(tmp_path)
        expected = model.model_copy(update={"init_std": 0.2})
    result = check_import(tmp_path)
    assert result["model"] == expected.model_dump(mode="json")
    assert result["largest_logit_difference"] < 1e-5
    assert (result["form"], result["tokenizer"]) == (kind.removesuffix(" in bf16"), False)
    assert result["dtype"] == ("BF16" if "bf16" in kind else "F32")


def test_the_gate_closes_where_logits_differ(llama: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read = HuggingFaceWeights.read_full
    monkeypatch.setattr(HuggingFaceWeights, "read_full", lambda self, name: read(self, name) + 0.1)
    with pytest.raises(InputError) as caught:
        check_import(llama)
    assert caught.value.where == str(llama)
    assert caught.value.found.startswith("a logit of transformers is ")
    assert caught.value.expected.startswith("a difference of at most ")


def test_the_gate_reads_every_byte_of_an_export(export_copy: Path) -> None:
    path = export_copy / "model.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        check_import(export_copy)
    assert caught.value.where == str(path)
    assert caught.value.found.startswith("its checksum is ")
