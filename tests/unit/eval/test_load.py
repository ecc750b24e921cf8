"""Opening runs and exports: the right checkpoint, the right weights, and what is refused."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from medpretrain.checkpoint.paths import step_directory
from medpretrain.checkpoint.reader import CheckpointReader
from medpretrain.errors import InputError
from medpretrain.eval.load import load_model, open_model
from medpretrain.log import logger
from medpretrain.model.layout import parameter_table
from medpretrain.release.mapping import PADDED_BY_VOCABULARY
from medpretrain.tokenizer.vocabulary import Tokenizer

CPU = torch.device("cpu")


def break_newest(run: Path) -> Path:
    """Damage one byte of the newest checkpoint's weights."""
    path = step_directory(run, 7) / "rank-00000.safetensors"
    content = bytearray(path.read_bytes())
    content[-1000] ^= 1
    path.write_bytes(content)
    return path


def test_a_run_gives_its_newest_checkpoint_and_says_which(small_run: Path, monkeypatch: pytest.MonkeyPatch, caplog) -> None:
    monkeypatch.setattr(logger, "propagate", True)
    with caplog.at_level(logging.INFO):
        model = load_model(small_run, device=CPU)
    assert model.step == 7
    assert model.seq_len == 64
    assert model.source == str(step_directory(small_run, 7))
    assert f"reading {step_directory(small_run, 7)}" in caplog.text
    reader = CheckpointReader(step_directory(small_run, 7))
    weights = dict(model.decoder.named_parameters())
    assert list(weights) == list(parameter_table(model.settings))
    for name, weight in weights.items():
        assert torch.equal(weight, reader.read_full(name)), name
        assert not weight.requires_grad
    assert not model.decoder.training


def test_weights_are_cast(small_run: Path) -> None:
    wide, narrow = load_model(small_run, device=CPU), load_model(small_run, torch.bfloat16, CPU)
    for name, weight in narrow.decoder.named_parameters():
        assert weight.dtype == torch.bfloat16
        assert torch.equal(weight, wide.decoder.get_parameter(name).bfloat16())


def test_a_damaged_checkpoint_is_passed_over(run_copy: Path) -> None:
    break_newest(run_copy)
    model = load_model(run_copy, device=CPU)
    assert model.step == 3
    assert torch.equal(model.decoder.head.weight, CheckpointReader(step_directory(run_copy, 3)).read_full("head.weight"))


@pytest.mark.parametrize("name", ["small", "tied"])
def test_an_export_gives_the_weights_of_the_run(name: str, request: pytest.FixtureRequest) -> None:
    of_run, of_export = (load_model(request.getfixturevalue(f"{name}_{kind}"), device=CPU) for kind in ("run", "export"))
    assert of_export.settings == of_run.settings
    assert of_export.tokenizer.content_hash == of_run.tokenizer.content_hash
    assert (of_export.step, of_export.seq_len) == (7, 64)
    vocab_size = of_run.settings.vocab_size
    for name, weight in of_export.decoder.named_parameters():
        expected = of_run.decoder.get_parameter(name)
        if name in PADDED_BY_VOCABULARY:
            assert not weight[vocab_size:].any()
            weight, expected = weight[:vocab_size], expected[:vocab_size]
        assert torch.equal(weight, expected), name
    tokens = torch.arange(20)[None]
    assert torch.equal(of_export.decoder.logits(tokens, tokens), of_run.decoder.logits(tokens, tokens))


def refusal(path: Path) -> InputError:
    with pytest.raises(InputError) as caught:
        open_model(path)
    return caught.value


def test_a_missing_directory_is_refused(tmp_path: Path) -> None:
    error = refusal(tmp_path / "nothing")
    assert error.where == str(tmp_path / "nothing")
    assert error.found == "there is no such directory"
    assert error.expected == "a run directory or an exported model"
    assert error.remedy == "check the path"


def test_a_directory_that_is_neither_is_refused(tmp_path: Path) -> None:
    error = refusal(tmp_path)
    assert error.where == str(tmp_path)
    assert error.found == "is neither a run (it has no checkpoints/) nor an export (it has no manifest.json)"
    assert error.expected == "a run directory or the directory of `medpretrain export` or `medpretrain tokenizer transplant`"
    assert error.remedy == "check the path; a run has checkpoints only after its first save"


def test_the_output_of_another_stage_is_refused(small_run: Path, small_shards: Path) -> None:
    error = refusal(small_shards)
    assert error.where == str(small_shards)
    assert error.found == "was made by `shards pack`"
    assert error.expected == "a run directory or the directory of `medpretrain export` or `medpretrain tokenizer transplant`"
    assert error.remedy == "check the path; a run has checkpoints only after its first save"
    assert refusal(step_directory(small_run, 7)).found == "was made by `checkpoint`"


def test_a_run_without_checkpoint_is_refused(tmp_path: Path) -> None:
    (tmp_path / "checkpoints").mkdir()
    error = refusal(tmp_path)
    assert error.where == str(tmp_path)
    assert error.found == "has no checkpoint"
    assert error.expected == "a run directory with at least one sound checkpoint"
    assert error.remedy == "check the path, or train until the first checkpoint"


def test_a_run_without_a_sound_checkpoint_is_refused(run_copy: Path) -> None:
    damaged = break_newest(run_copy)
    (step_directory(run_copy, 3) / "COMPLETE").unlink()
    error = refusal(run_copy)
    assert error.where == str(run_copy)
    assert error.found.startswith(f"none of its 2 checkpoints is sound (the newest: {damaged}: its checksum is")
    assert error.expected == "a run directory with at least one sound checkpoint"
    assert error.remedy == "train on: the same command writes another one"


def test_a_damaged_export_is_refused(export_copy: Path) -> None:
    path = export_copy / "model.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    error = refusal(export_copy)
    assert error.where == str(path)
    assert error.found.startswith("its checksum is ")
    assert error.remedy == "the file is damaged: restore it or make the directory again"
    path.write_bytes(content[:-100])
    error = refusal(export_copy)
    assert error.where == str(path)
    assert error.found == f"has {len(content) - 100:,} bytes"
    assert error.expected == f"{len(content):,} bytes"


def test_a_run_with_another_tokenizer_is_refused(small_run: Path, run_copy: Path, make_shards: Callable[..., Path]) -> None:
    other = make_shards(num_merges=30) / "tokenizer.json"
    (run_copy / "tokenizer.json").write_bytes(other.read_bytes())
    error = refusal(run_copy)
    assert error.where == str(run_copy / "tokenizer.json")
    ours, theirs = (Tokenizer.from_file(path / "tokenizer.json").content_hash[:16] for path in (small_run, run_copy))
    assert ours != theirs
    assert error.found == f"has the hash {theirs}..."
    assert error.expected == f"{ours}..., the tokenizer that the model was trained with"
    assert error.remedy == "restore the tokenizer.json that the run was started with"
