"""transplant.py: small models of random weights with the vocabularies of other tokenizers, read back by transformers and by our decoder."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import tokenizers
import torch
from safetensors.torch import load_file, save_file
from tokenizers import AddedToken, decoders, models, normalizers, pre_tokenizers
from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaConfig, LlamaForCausalLM

from medpretrain.__main__ import main
from medpretrain.corpus.synth import write_synthetic_corpus
from medpretrain.errors import InputError, InputErrors
from medpretrain.eval.load import build_model, open_model
from medpretrain.manifest import read_manifest, verify_files
from medpretrain.release.config_json import read_config
from medpretrain.release.export import export_run
from medpretrain.release.importing import check_import
from medpretrain.release.transplant import open_old_tokenizer, transplant
from medpretrain.tokenizer.foreign import ForeignTokenizer
from medpretrain.tokenizer.train import train_tokenizer
from medpretrain.tokenizer.vocabulary import BOS, EOS, PAD, UNK, Tokenizer

TEXT = "[FINDINGS] No effusion; stable nodule é 5 µg.\n"


@pytest.fixture(scope="session")
def same(small_shards: Path) -> Path:
    """The directory of the tokenizer that the small models were made with."""
    return small_shards.with_name("tokenizer")


@pytest.fixture(scope="session")
def other(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of another one, of more tokens."""
    directory = tmp_path_factory.mktemp("other")
    write_synthetic_corpus(40, 1, directory / "corpus")
    train_tokenizer(directory / "corpus", 500, directory / "tokenizer")
    return directory / "tokenizer"


@pytest.fixture(scope="session")
def radiology_export(tmp_path_factory: pytest.TempPathFactory, radiology_run: Path) -> Path:
    out = tmp_path_factory.mktemp("exports") / "radiology"
    export_run(radiology_run, out)
    return out


@pytest.fixture(params=["Llama", "tied Llama", "GPT-NeoX"])
def model(request: pytest.FixtureRequest) -> Path:
    """An export, not to be changed."""
    return Path(
        request.getfixturevalue({"Llama": "small_export", "tied Llama": "tied_export", "GPT-NeoX": "radiology_export"}[request.param])
    )


def save_llama(directory: Path, tokenizer: Path, vocab_size: int, dtype: torch.dtype = torch.bfloat16, **settings: Any) -> LlamaForCausalLM:
    """A Llama as transformers saves it in several files, a tokenizer.json beside it."""
    torch.manual_seed(2)
    shape = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4, "max_position_embeddings": 64}
    llama = LlamaForCausalLM(LlamaConfig(vocab_size=vocab_size, **shape, initializer_range=0.2, **settings)).to(dtype)
    llama.save_pretrained(directory, max_shard_size="20KB")
    shutil.copy(tokenizer, directory / "tokenizer.json")
    return llama


def weights_of(directory: Path) -> dict[str, torch.Tensor]:
    return {name: weight for path in sorted(directory.glob("*.safetensors")) for name, weight in load_file(path).items()}


def vocabularies(old: Path, new: Path) -> tuple[ForeignTokenizer, ForeignTokenizer]:
    return ForeignTokenizer(old / "tokenizer.json"), ForeignTokenizer(new / "tokenizer.json")


def test_the_same_tokenizer_is_the_same_model_to_the_last_bit(model: Path, same: Path, tmp_path: Path) -> None:
    counts = transplant(model, same, tmp_path / "out").counts
    before, after = weights_of(model), weights_of(tmp_path / "out")
    assert before.keys() == after.keys()
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert (counts["shared"], counts["from_pieces"], counts["without_pieces"]) == (counts["tokens"] - 4, 0, 0)
    assert (counts["mean_pieces"], counts["left_out"], counts["old_tokens"]) == (None, 0, counts["tokens"])
    assert counts["special_rows"] == {token: token for token in (PAD, BOS, EOS, UNK)}
    for name in ("tokenizer.json", "tokenizer_config.json", "generation_config.json"):
        assert json.loads((model / name).read_text()) == json.loads((tmp_path / "out" / name).read_text()), name


def test_logits_of_shared_tokens_are_the_old_models(model: Path, other: Path, tmp_path: Path) -> None:
    transplant(model, other, tmp_path / "out")
    old, new = vocabularies(model, other)
    shared = [(old.id_of[text], token_id) for token_id, text in new.text_of.items() if text in old.id_of]
    before, after = (AutoModelForCausalLM.from_pretrained(directory, dtype=torch.float32) for directory in (model, tmp_path / "out"))
    old_ids, new_ids = torch.tensor(shared).T
    document = torch.randperm(len(shared), generator=torch.Generator().manual_seed(0))[:60]
    with torch.no_grad():
        expected = before(old_ids[document][None]).logits[..., old_ids]
        found = after(new_ids[document][None]).logits[..., new_ids]
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5)
    assert len(shared) < new.num_ids - 4
    assert expected.std() > 0.1


def test_what_is_written_is_whole_and_of_the_new_vocabulary(model: Path, other: Path, tmp_path: Path) -> None:
    manifest = transplant(model, other, tmp_path / "out")
    verify_files(tmp_path / "out", manifest)
    assert {path.name for path in (tmp_path / "out").iterdir()} == {*manifest.files, "manifest.json"}
    tokenizer = Tokenizer.load(other)
    before, after = read_config(model), read_config(tmp_path / "out")
    assert after.settings == before.settings.model_copy(update={"vocab_size": tokenizer.vocab_size})
    assert manifest.settings["model"]["vocab_size"] == tokenizer.vocab_size
    assert {**before.values, "vocab_size": tokenizer.vocab_size} == after.values
    result = check_import(tmp_path / "out")  # every byte, each name and shape, and transformers' logits beside ours
    assert result["largest_logit_difference"] < 1e-4
    theirs = AutoTokenizer.from_pretrained(tmp_path / "out")
    assert theirs(TEXT)["input_ids"] == tokenizer.encode(TEXT)
    assert (theirs.pad_token_id, theirs.bos_token_id, theirs.eos_token_id, theirs.unk_token_id) == (0, 1, 2, 3)
    counts, names = manifest.counts, ("special", "shared", "from_pieces", "without_pieces")
    assert sum(counts[name] for name in names) == counts["tokens"] == tokenizer.vocab_size
    assert counts["mean_pieces"] > 1
    assert counts["bytes"] == sum(weight.nbytes for weight in weights_of(tmp_path / "out").values())


def test_it_can_be_scored_before_it_is_trained_on(model: Path, other: Path, tmp_path: Path) -> None:
    transplant(model, other, tmp_path / "out")
    saved = open_model(tmp_path / "out")
    assert (saved.step, saved.consumed_tokens, saved.tokenizer.content_hash) == (0, 0, Tokenizer.load(other).content_hash)
    ours = build_model(saved, torch.float32)
    ids = torch.tensor([saved.tokenizer.encode(TEXT)])
    theirs = AutoModelForCausalLM.from_pretrained(tmp_path / "out", dtype=torch.float32)
    assert ours.settings == read_config(tmp_path / "out").settings
    assert theirs(ids).logits.shape[-1] == saved.settings.vocab_size


@pytest.mark.parametrize("tied", [False, True])
def test_padding_is_left_out_and_files_and_dtype_stay(tied: bool, same: Path, other: Path, tmp_path: Path) -> None:
    """A vocabulary padded by 9 rows; several files; where tied, with a head that nobody reads."""
    source, out, size = tmp_path / "llama", tmp_path / "out", Tokenizer.load(same).vocab_size
    llama = save_llama(source, same / "tokenizer.json", size + 9, tie_word_embeddings=tied)
    index = json.loads((source / "model.safetensors.index.json").read_text())
    (path,) = {source / name for tensor, name in index["weight_map"].items() if tensor == "model.embed_tokens.weight"}
    weights = load_file(path)
    if tied:
        weights["lm_head.weight"] = torch.zeros(1, 1).bfloat16()
    save_file(weights, path, {"format": "pt"})
    counts = transplant(source, other, out).counts
    found = weights_of(out)
    assert {path.name for path in source.glob("*.safetensors*")} == {path.name for path in out.glob("*.safetensors*")}
    written = json.loads((out / "model.safetensors.index.json").read_text())
    assert written["weight_map"].keys() == found.keys()
    assert written["metadata"]["total_size"] == counts["bytes"] == sum(weight.nbytes for weight in found.values())
    assert ("lm_head.weight" in found) is not tied
    old, new = vocabularies(source, other)
    embedding, table = found["model.embed_tokens.weight"], llama.model.embed_tokens.weight.detach()
    assert embedding.shape == (new.num_ids, 32)
    assert all(weight.dtype == torch.bfloat16 for weight in found.values())
    tables = ("model.embed_tokens.weight", "lm_head.weight")
    assert all(torch.equal(weight, llama.state_dict()[name]) for name, weight in found.items() if name not in tables)
    made = next(token_id for token_id, text in new.text_of.items() if text not in old.id_of)
    pieces = old.pieces(new.text_of[made])
    rising = torch.exp(torch.arange(len(pieces)) * (0.0 if tied else 1.0))
    rising /= rising.sum()
    mean, length = rising @ table[pieces].float(), rising @ table[pieces].float().norm(dim=1)
    torch.testing.assert_close(embedding[made].float(), mean if tied else mean / mean.norm() * length, rtol=1e-2, atol=1e-3)
    if not tied:
        row = found["lm_head.weight"][made].float()
        torch.testing.assert_close(row, rising.flip(0) @ llama.lm_head.weight[pieces].float(), rtol=1e-2, atol=1e-3)
    assert counts["without_pieces"] == 0


def test_a_row_that_nothing_stands_for_is_the_mean(same: Path, other: Path, tmp_path: Path) -> None:
    """Bytes that the old vocabulary lacks, and `<unk>`, which it has no token for; of tokens alone, not of 9 rows of padding."""
    record = json.loads((same / "tokenizer.json").read_text())
    record["added_tokens"] = [entry for entry in record["added_tokens"] if entry["content"] != UNK]
    vocabulary = record["model"]["vocab"]
    vocabulary.pop(UNK)
    lacking = [token for token in vocabulary if token in "ÀÁõö÷"]  # bytes that are in no UTF-8
    assert lacking
    record["model"]["vocab"] = {token: token_id for token, token_id in vocabulary.items() if token not in lacking}
    (tmp_path / "old.json").write_text(json.dumps(record))
    size = Tokenizer.load(same).vocab_size
    llama = save_llama(tmp_path / "llama", tmp_path / "old.json", size + 9, torch.float32)
    counts = transplant(tmp_path / "llama", other, tmp_path / "out").counts
    assert counts["without_pieces"] == len(lacking)
    assert counts["special_rows"] == {PAD: PAD, BOS: BOS, EOS: EOS, UNK: None}
    rows = weights_of(tmp_path / "out")["lm_head.weight"]
    new = ForeignTokenizer(other / "tokenizer.json")
    for token_id in (3, *(new.id_named(token) for token in lacking)):
        torch.testing.assert_close(rows[token_id], llama.lm_head.weight.detach()[:size].mean(0))


def test_sentencepiece_and_byte_level_share_rows(other: Path, tmp_path: Path) -> None:
    tokens = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256)), "▁", "n", "o", "▁n", "▁no", "no"]
    merges = [("▁", "n"), ("▁n", "o"), ("n", "o")]
    backend = tokenizers.Tokenizer(models.BPE({t: i for i, t in enumerate(tokens)}, merges, unk_token="<unk>", byte_fallback=True))
    backend.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    backend.add_special_tokens(["<unk>", "<s>", "</s>"])
    backend.save(str(tmp_path / "old.json"))
    llama = save_llama(tmp_path / "llama", tmp_path / "old.json", len(tokens))
    counts = transplant(tmp_path / "llama", other, tmp_path / "out").counts
    assert counts["special_rows"] == {PAD: None, BOS: "<s>", EOS: "</s>", UNK: "<unk>"}
    assert (counts["without_pieces"], counts["old_tokens"]) == (0, len(tokens))
    new, table = ForeignTokenizer(other / "tokenizer.json"), llama.model.embed_tokens.weight.detach()
    rows = weights_of(tmp_path / "out")["model.embed_tokens.weight"]
    for old_token, text in {"▁no": b" no", "n": b"n", "<0x0A>": b"\n", "<0xC3>": b"\xc3"}.items():
        assert torch.equal(rows[new.id_of[text]], table[tokens.index(old_token)]), old_token


def byte_level(special: list[str]) -> tokenizers.Tokenizer:
    alphabet = {token: token_id for token_id, token in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))}
    backend = tokenizers.Tokenizer(models.BPE(alphabet, []))
    backend.pre_tokenizer, backend.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    backend.add_special_tokens([AddedToken(token, special=True) for token in special])
    return backend


@pytest.mark.parametrize(
    ("special", "says", "config", "expected"),
    [
        pytest.param(["<a>"], dict.fromkeys(["bos_token", "eos_token", "unk_token", "pad_token"], "<a>"), {}, "-aa-", id="one for all"),
        pytest.param(["<a>", "<b>"], {"eos_token": {"content": "<a>"}, "pad_token": "<b>"}, {}, "baa-", id="an end alone"),
        pytest.param(["<a>", "<b>"], {}, {"bos_token_id": 256, "eos_token_id": [257, 3], "pad_token_id": None}, "-ab-", id="config.json"),
        pytest.param(["<a>"], {}, {"bos_token_id": 5, "eos_token_id": 256}, "-aa-", id="config.json names a text token"),
        pytest.param(["<a>", "<b>"], {"bos_token": "<b>", "eos_token": "<a>"}, {"bos_token_id": 256}, "-ba-", id="the tokenizer before it"),
        pytest.param([], {}, {"bos_token_id": 900, "eos_token_id": None}, "----", id="none"),
    ],
)
def test_special_tokens_by_their_role(
    special: list[str], says: dict[str, Any], config: dict[str, Any], expected: str, tmp_path: Path
) -> None:
    byte_level(special).save(str(tmp_path / "old.json"))
    save_llama(tmp_path / "llama", tmp_path / "old.json", 300)
    path = tmp_path / "llama" / "config.json"
    path.write_text(
        json.dumps({**json.loads(path.read_text()), "bos_token_id": None, "eos_token_id": None, "pad_token_id": None, **config})
    )
    (tmp_path / "llama" / "tokenizer_config.json").write_text(json.dumps(says))
    _, roles = open_old_tokenizer(read_config(tmp_path / "llama"))
    assert roles == {number: None if letter == "-" else 256 + "ab".index(letter) for number, letter in enumerate(expected)}


def test_ids_of_old_tokens_are_in_no_configuration(same: Path, other: Path, tmp_path: Path) -> None:
    save_llama(tmp_path / "llama", same / "tokenizer.json", Tokenizer.load(same).vocab_size, eos_token_id=5)
    generation = {"eos_token_id": [5, 6], "pad_token_id": 7, "suppress_tokens": [8], "forced_eos_token_id": 9, "temperature": 0.5}
    (tmp_path / "llama" / "generation_config.json").write_text(json.dumps(generation))
    transplant(tmp_path / "llama", other, tmp_path / "out")
    ids = {"pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2}
    assert json.loads((tmp_path / "out" / "generation_config.json").read_text()) == {"temperature": 0.5, **ids}
    values = json.loads((tmp_path / "out" / "config.json").read_text())
    assert ids.items() <= values.items()
    assert [key for key in values if key.endswith("_token_id")] == [*ids]


# --- again, and refused


def test_the_same_again_is_nothing_to_do_and_anything_else_is_refused(export_copy: Path, same: Path, other: Path, tmp_path: Path) -> None:
    (export_copy / "manifest.json").unlink()
    first = transplant(export_copy, other, tmp_path / "out")
    assert transplant(export_copy, other, tmp_path / "out") == first
    in_use = "an empty directory or the same stage, settings and inputs"
    with pytest.raises(InputError) as caught:
        transplant(export_copy, same, tmp_path / "out")
    assert (caught.value.where, caught.value.expected) == (str(tmp_path / "out"), in_use)
    path = export_copy / "model.safetensors"  # other weights of the same shapes
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        transplant(export_copy, other, tmp_path / "out")
    assert caught.value.expected == in_use
    assert read_manifest(tmp_path / "out") == first
    with pytest.raises(InputError) as caught:
        transplant(export_copy, other, export_copy)
    assert caught.value.where == str(export_copy)
    assert caught.value.expected == "an empty or new directory"


def test_a_damaged_export_is_refused(export_copy: Path, other: Path, tmp_path: Path) -> None:
    path = export_copy / "model.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        transplant(export_copy, other, tmp_path / "out")
    assert caught.value.where == str(path)
    assert caught.value.found.startswith("its checksum is ")
    assert not (tmp_path / "out").exists()


def refusal(source: Path, tokenizer: Path, out: Path) -> InputError:
    with pytest.raises((InputError, InputErrors)) as caught:
        transplant(source, tokenizer, out)
    assert not out.exists(), "refused before anything is written"
    (error,) = caught.value.errors if isinstance(caught.value, InputErrors) else (caught.value,)
    return error


def test_bad_models_are_refused(same: Path, other: Path, small_run: Path, tmp_path: Path) -> None:
    source, out, size = tmp_path / "llama", tmp_path / "out", Tokenizer.load(same).vocab_size
    assert refusal(small_run, other, out).found == "is a run"
    save_llama(source, same / "tokenizer.json", size - 1)
    error = refusal(source, other, out)
    assert error.where == f"{source / 'config.json'} key `vocab_size`"
    assert (error.found, error.expected) == (f"is {size - 1:,}", f"at least {size:,}, as its tokenizer.json has")
    assert error.remedy == "give the tokenizer.json that the model was trained with"

    shutil.rmtree(source)
    save_llama(source, same / "tokenizer.json", size)
    (source / "special_tokens_map.json").write_text("[1]")
    error = refusal(source, other, out)
    assert (error.where, error.found, error.expected) == (str(source / "special_tokens_map.json"), "is a list", "a JSON object")
    (source / "special_tokens_map.json").write_text("{")
    assert refusal(source, other, out).found.startswith("is not JSON (")
    (source / "special_tokens_map.json").unlink()

    tokenizers.Tokenizer(models.WordPiece({"[UNK]": 0})).save(str(source / "tokenizer.json"))
    assert refusal(source, other, out).found == "is a WordPiece that has no pieces for single bytes"
    (source / "tokenizer.json").unlink()
    error = refusal(source, other, out)
    assert (error.where, error.found) == (str(source / "tokenizer.json"), "there is no such file")
    index = source / "model.safetensors.index.json"
    path = source / json.loads(index.read_text())["weight_map"]["model.embed_tokens.weight"]
    weights = load_file(path)
    del weights["model.embed_tokens.weight"]
    save_file(weights, path)
    assert refusal(source, other, out).found == "lacks the weight `model.embed_tokens.weight`"


def test_a_tokenizer_that_is_not_ours_is_refused(small_export: Path, tmp_path: Path) -> None:
    error = refusal(small_export, small_export, tmp_path / "out")
    assert (error.where, error.found) == (str(small_export), "was made by `export`")
    assert error.expected == "a directory made by `tokenizer train`"


def test_the_verb_prints_what_became_of_the_rows(
    small_export: Path, other: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["tokenizer", "transplant", "--from", str(small_export), "--tokenizer", str(other), "--out", str(tmp_path / "out")]
    assert main([*words, "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["counts"] == read_manifest(tmp_path / "out", "tokenizer transplant").counts
    assert main([*words[:3], str(tmp_path / "nothing"), *words[4:]]) == 2
    assert "there is no such directory; expected a model in Hugging Face form" in capsys.readouterr().err
