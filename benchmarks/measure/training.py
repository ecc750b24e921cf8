"""Two models under the same DeepSpeed engine, for figures: our decoder, and transformers' Llama of the same shape. One process."""

from __future__ import annotations

import gc
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import deepspeed
import numpy as np
import torch
import torch.distributed as dist

from medpretrain.model.initialise import WeightSource
from medpretrain.model.layout import parameter_table
from medpretrain.model.precision import FLOATS_OF
from medpretrain.parallel.mesh import Place, build_mesh
from medpretrain.release.mapping import llama_config
from medpretrain.shards.format import RowFormat
from medpretrain.shards.loader import StepBatch, micro_batches_of, round_sizes
from medpretrain.train.ds_config import resolve_ds_config
from medpretrain.train.engine import Engine, start_processes
from medpretrain.train.settings import Recipe

PLACE = Place(0, 0, 1)
LEARNING_RATE = 3e-4
DS_CONFIGS = Path(__file__).resolve().parents[2] / "ds_configs"
MEAN_DOCUMENT_TOKENS = 400  # as abstracts have


@contextmanager
def one_process() -> Iterator[torch.device]:
    """This process as a job of one, on the device that DeepSpeed finds (DS_ACCELERATOR=cpu: the CPU)."""
    with tempfile.TemporaryDirectory() as directory:
        os.environ.update(RANK="0", LOCAL_RANK="0", WORLD_SIZE="1", MASTER_ADDR="127.0.0.1", MASTER_PORT="1")
        on_gpu = torch.cuda.is_available() and os.environ.get("DS_ACCELERATOR") != "cpu"
        backend = "cpu:gloo,cuda:nccl" if on_gpu else "gloo"
        dist.init_process_group(backend, init_method=f"file://{directory}/meeting", rank=0, world_size=1)
        yield start_processes(PLACE)
        dist.destroy_process_group()


def batches(recipe: Recipe, num_steps: int, seed: int = 0) -> list[StepBatch]:
    """Steps of random tokens in documents of log-normal lengths, which fill their rows."""
    generator = np.random.default_rng(seed)
    vocab_size, seq_len = recipe.model.vocab_size, recipe.data.seq_len
    row_format = RowFormat(seq_len, vocab_size, pad_id=0, bos_id=1, eos_id=2, mask_separator_targets=False, tokenizer_hash="random")
    sizes = round_sizes(recipe.batch.global_rows, 1, recipe.batch.micro_rows)
    steps = []
    for _ in range(num_steps):
        rows = generator.integers(4, vocab_size, (recipe.batch.global_rows, seq_len))
        for row in rows:
            begin = 0
            while begin < seq_len:
                end = min(seq_len, begin + max(8, int(generator.lognormal(np.log(MEAN_DOCUMENT_TOKENS) - 0.125, 0.5))))
                row[begin], row[end - 1] = row_format.bos_id, row_format.eos_id
                begin = end
        micro_batches = micro_batches_of(rows, sizes, row_format)
        num_targets = sum(int((batch.targets >= 0).sum()) for batch in micro_batches)
        empty = np.zeros(0, dtype=np.int64)
        steps.append(StepBatch(0, len(rows), num_targets, rows.size, 1.0, micro_batches, empty, empty, empty))
    return steps


class Trained(Protocol):
    """A model under an engine."""

    def step(self, batch: StepBatch) -> float:
        """One optimizer step; its mean loss."""

    def free(self) -> None:
        """Let its memory go."""


def ds_config_of(recipe: Recipe, stage: int) -> dict[str, Any]:
    """DeepSpeed's JSON as it is shipped, filled in for one process."""
    file = DS_CONFIGS / f"zero{stage}.json"
    rounds = len(round_sizes(recipe.batch.global_rows, 1, recipe.batch.micro_rows))
    return resolve_ds_config(json.loads(file.read_text()), file.name, recipe, 1, rounds)


def random_weights(recipe: Recipe, device: torch.device) -> WeightSource:
    """Normal weights drawn on the device: their values do not matter here, and drawing a billion on the host takes long."""
    table, dtype = parameter_table(recipe.model), FLOATS_OF[recipe.precision]

    def draw(name: str) -> torch.Tensor:
        spec = table[name]
        if spec.init_std is None:
            return torch.full(spec.shape, spec.init_constant, device=device, dtype=dtype)
        return torch.randn(spec.shape, device=device, dtype=dtype).mul_(spec.init_std)

    return draw


class Ours:
    """Our decoder under our engine, with the DeepSpeed JSON of this stage."""

    def __init__(self, recipe: Recipe, device: torch.device, stage: int = 2) -> None:
        mesh = build_mesh(PLACE, 1, device)
        self._engine = Engine(recipe, ds_config_of(recipe, stage), mesh, random_weights(recipe, device))

    def step(self, batch: StepBatch) -> float:
        return self._engine.train_step(batch, LEARNING_RATE).loss

    def free(self) -> None:
        free(self._engine._engine)


class Llama:
    """transformers' Llama of the same shape, with the same padded vocabulary, under a DeepSpeed engine of the same settings. Documents are
    kept apart by a dense mask, added to the scores and made once a micro-batch: what sdpa takes without conversion."""

    def __init__(self, recipe: Recipe, device: torch.device, stage: int = 2) -> None:
        from transformers import LlamaConfig, LlamaForCausalLM

        self._device, self._dtype = device, FLOATS_OF[recipe.precision]
        settings = llama_config(recipe.model, recipe.data.seq_len, pad_id=0, bos_id=1, eos_id=2)
        settings["vocab_size"] = recipe.model.padded_vocab_size
        with torch.device(device):
            module = LlamaForCausalLM(LlamaConfig(**settings, attn_implementation="sdpa", use_cache=False)).to(self._dtype)
        matrices = [parameter for parameter in module.parameters() if parameter.ndim > 1]
        others = [parameter for parameter in module.parameters() if parameter.ndim == 1]
        used = recipe.optimizer
        groups = [{"params": matrices, "weight_decay": used.weight_decay}, {"params": others, "weight_decay": 0.0}]
        optimizer = torch.optim.AdamW(groups, lr=LEARNING_RATE, betas=(used.beta1, used.beta2), eps=used.epsilon, fused=True)
        self._engine, *_ = deepspeed.initialize(model=module, optimizer=optimizer, config=ds_config_of(recipe, stage))

    def step(self, batch: StepBatch) -> float:
        self._engine.train()
        total = torch.zeros((), device=self._device)
        for micro_batch in batch.micro_batches:
            tokens, positions, targets = (
                torch.from_numpy(array).to(self._device, non_blocking=True)
                for array in (micro_batch.tokens, micro_batch.positions, micro_batch.targets)
            )
            documents = (positions == 0).cumsum(dim=1)
            seen = (documents[:, None, :, None] == documents[:, None, None, :]).tril()  # [B, 1, S, S]
            mask = torch.zeros(seen.shape, dtype=self._dtype, device=self._device).masked_fill_(~seen, float("-inf"))
            loss = self._engine(
                input_ids=tokens,
                attention_mask=mask,
                position_ids=positions,
                labels=targets,
                shift_labels=targets.masked_fill(targets < 0, -100),
                num_items_in_batch=batch.num_targets,
            ).loss
            total += loss.detach()
            self._engine.backward(loss, scale_wrt_gas=False)
            self._engine.step()
        return total.item()

    def free(self) -> None:
        free(self._engine)


def free(engine: Any) -> None:
    """Let go of what an engine holds on its device: DeepSpeed's hooks keep it alive in reference cycles."""
    engine.destroy()
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
