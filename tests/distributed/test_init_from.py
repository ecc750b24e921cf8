"""A run that starts from a model in Hugging Face form: its first loss is that model's own, and its state the weights to the last bit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from engine_runs import destroy, full_weights, join_mesh
from processes import run_processes
from transformers import AutoConfig, AutoModelForCausalLM
from whole_runs import ZERO, events_of, first_loss, recipe_values, train_whole, trajectory

from medpretrain.errors import InputErrors
from medpretrain.model.settings import ModelSettings
from medpretrain.release.mapping import form_of, huggingface_config, huggingface_shapes, take_weight
from medpretrain.shards.format import ShardDataset
from medpretrain.train.engine import Engine
from medpretrain.train.run import assemble
from medpretrain.train.run_directory import RunDirectory
from medpretrain.train.settings import Recipe

pytestmark = pytest.mark.slow

ZERO_2 = {"zero_optimization": {"stage": 2}}
LLAMA: dict[str, Any] = {}
NEOX: dict[str, Any] = {"norm": "layernorm", "activation": "gelu", "biases": True, "num_kv_heads": 8, "tied_embeddings": True}


def values_of(shards: Path, kind: dict[str, Any], source: Path, **changes: Any) -> dict[str, Any]:
    values = recipe_values(shards, init_from=str(source), precision="fp32", **changes)
    return {**values, "model": {**values["model"], **kind}, "schedule": {**values["schedule"], "total_steps": 2, "warmup_steps": 1}}


def transformers_model(directory: Path, values: dict[str, Any], shards: Path) -> Any:
    """A model of that shape as transformers makes and saves it, in several files, its vocabulary padded by 5 rows."""
    model = ModelSettings.model_validate({**values["model"], "vocab_size": ShardDataset.open(shards).vocab_size + 5})
    torch.manual_seed(1)
    config = AutoConfig.for_model(form_of(model).model_type, **huggingface_config(model, 64, pad_id=0, bos_id=1, eos_id=2))
    theirs = AutoModelForCausalLM.from_config(config)
    with torch.no_grad():
        for parameter in theirs.parameters():  # large enough for losses that differ from row to row; no bias of zeros, no norm of ones
            parameter.add_(0.1 * torch.randn_like(parameter))
    theirs.save_pretrained(directory, max_shard_size="50KB")
    return theirs


def first_state(rank: int, world_size: int, values: dict[str, Any], run: Path, zero: dict[str, Any]) -> tuple[list[Any], Recipe]:
    """This rank's slices as the run begins."""
    mesh = join_mesh(rank, world_size, values["parallel"]["tensor"])
    record = RunDirectory(run) if rank == 0 else None
    trainer, _ = assemble(Recipe.model_validate(values), zero, "test", run, mesh, record, [])
    engine: Engine = trainer._engine
    slices = list(engine.held_slices())
    for held in slices:
        for name, value in held.values.items():
            held.values[name] = value.clone()
    recipe = trainer._recipe
    destroy(engine)
    return slices, recipe


@pytest.mark.parametrize(("kind", "zero"), [(LLAMA, ZERO), (NEOX, ZERO_2)], ids=["Llama, ZeRO-3", "GPT-NeoX, ZeRO-2"])
def test_the_first_loss_at_tensor_parallel_2_is_transformers_own(
    kind: dict[str, Any], zero: dict[str, Any], shards: Path, tmp_path: Path
) -> None:
    values = values_of(shards, kind, tmp_path / "model")
    theirs = transformers_model(tmp_path / "model", values, shards)
    expected = first_loss(theirs, values, shards)
    run_processes(train_whole, 2, tmp_path, values, tmp_path / "run", zero)
    steps = trajectory(tmp_path / "run")
    assert steps[1, "loss"][0]["loss"] == pytest.approx(expected, rel=1e-5)
    assert expected > 6.1, "not the loss of a model that begins anew, which is ln(400) = 5.99"
    (started,) = events_of(tmp_path / "run", "started")
    assert started["init_from"]["directory"] == str(tmp_path / "model")
    assert started["init_from"]["same_tokenizer"] is False


def test_every_master_weight_is_the_directorys_to_the_last_bit_in_bf16_too(shards: Path, tmp_path: Path) -> None:
    """A run in bf16 on TP 2 x DP 2: its master weights are the fp32 ones, not what bf16 made of them."""
    values = {**values_of(shards, NEOX, tmp_path / "model"), "precision": "bf16"}
    theirs = transformers_model(tmp_path / "model", values, shards).state_dict()
    outputs = run_processes(first_state, 4, tmp_path, values, tmp_path / "run", ZERO)
    recipe, vocab_size = outputs[0][1], ShardDataset.open(shards).vocab_size
    assert recipe.model.vocab_size == vocab_size
    found = full_weights([slices for slices, _ in outputs], recipe)
    for their_name, (names, _) in huggingface_shapes(recipe.model, vocab_size + 5).items():
        for place, name in enumerate(names):
            expected = take_weight(theirs[their_name], place, len(names), recipe.model.head_size)
            if name == "embedding.weight":
                expected = expected[:vocab_size]
                assert not found[name][vocab_size:].any()
            assert torch.equal(found[name][: len(expected)], expected), name


def test_it_is_read_at_the_first_start_alone(shards: Path, tmp_path: Path) -> None:
    """Once there is a checkpoint the directory may be gone; another one is refused."""
    values = {**values_of(shards, LLAMA, tmp_path / "model"), "stop_after_steps": 1}
    transformers_model(tmp_path / "model", values, shards)
    run_processes(train_whole, 2, tmp_path, values, tmp_path / "run")
    (tmp_path / "model").rename(tmp_path / "moved")
    with pytest.raises(AssertionError, match=r"recipe key `init_from`: is '.*moved'; expected '.*model', with which"):
        run_processes(train_whole, 2, tmp_path, {**values, "init_from": str(tmp_path / "moved")}, tmp_path / "run")
    run_processes(train_whole, 2, tmp_path, values, tmp_path / "run")
    assert [event["step"] for event in events_of(tmp_path / "run", "resumed")] == [1]
    assert (2, "loss") in trajectory(tmp_path / "run")


def test_another_model_is_refused_by_all_ranks_with_every_key(shards: Path, tmp_path: Path) -> None:
    values = values_of(shards, LLAMA, tmp_path / "model")
    transformers_model(tmp_path / "model", values, shards)
    other = {**values, "model": {**values["model"], "num_layers": 1, "rope_theta": 5e5}}
    with pytest.raises(AssertionError, match=InputErrors.__name__) as caught:
        run_processes(train_whole, 2, tmp_path, other, tmp_path / "run")
    assert "recipe key `model.num_layers`: is 1; expected 2" in str(caught.value)
    assert "recipe key `model.rope_theta`: is 500000.0; expected 10000.0" in str(caught.value)
