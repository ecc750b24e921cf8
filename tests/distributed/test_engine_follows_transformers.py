"""The engine against transformers: twenty steps of a sharded run follow a plain PyTorch loop over `LlamaForCausalLM`, which shares nothing
with our model, head, masking rule or parallelism: only the first weights, the rows and the schedule."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from engine_runs import FORMAT, SEQ_LEN, ZERO_3, EngineRun, adamw, full_weights, recipe_with, train_runs, update
from processes import run_processes
from transformers import LlamaConfig, LlamaForCausalLM

from medpretrain.model.initialise import initial_weights
from medpretrain.release.mapping import PADDED_BY_VOCABULARY, huggingface_names, llama_config

pytestmark = pytest.mark.slow

RUN = EngineRun(recipe_with(global_rows=7, micro_rows=2, tensor=2), ZERO_3, num_steps=20)
VOCABULARY = RUN.recipe.model.vocab_size


def for_llama(rows: np.ndarray) -> dict[str, torch.Tensor]:
    """Packed rows as transformers takes them, document by document: positions that restart, a mask [B, 1, S, S] of what each position may
    see, and labels that stand where their token stands (-100 at the first token of a document, which nothing predicts, and at padding)."""
    positions, labels = np.zeros_like(rows), np.full_like(rows, -100)
    mask = np.zeros((len(rows), 1, SEQ_LEN, SEQ_LEN), dtype=bool)
    for row, tokens in enumerate(rows):
        begin = 0
        for end in [*(np.flatnonzero(tokens == FORMAT.eos_id) + 1), SEQ_LEN]:
            positions[row, begin:end] = np.arange(end - begin)
            mask[row, 0, begin:end, begin:end] = np.tri(end - begin)
            if end > begin and tokens[begin] != FORMAT.pad_id:
                labels[row, begin + 1 : end] = tokens[begin + 1 : end]
            begin = end
    arrays = {"input_ids": rows, "position_ids": positions, "attention_mask": mask, "labels": labels}
    return {key: torch.from_numpy(array) for key, array in arrays.items()}


def reference() -> dict[str, Any]:
    """The run on one process: transformers' model and loss over the whole global batch, torch's clipping and AdamW."""
    model = RUN.recipe.model
    llama = LlamaForCausalLM(LlamaConfig(**llama_config(model, SEQ_LEN, FORMAT.pad_id, FORMAT.bos_id, FORMAT.eos_id)))
    first = initial_weights(model, RUN.recipe.seed, 0, 1, torch.float32)
    names = huggingface_names(model)
    llama.load_state_dict({names[ours]: first(ours)[:VOCABULARY] if ours in PADDED_BY_VOCABULARY else first(ours) for ours in names})
    optimizer = adamw(list(llama.parameters()), RUN.recipe)
    losses, norms = [], []
    for step in range(RUN.num_steps):
        loss = llama(**for_llama(RUN.rows(step))).loss
        losses.append(loss.item())
        norms.append(update(optimizer, loss, step, RUN.recipe))
    return {"losses": losses, "norms": norms, "weights": llama.state_dict()}


def test_twenty_steps_follow_a_plain_loop_over_transformers(tmp_path: Path):
    theirs = reference()
    outputs = [output for (output,) in run_processes(train_runs, 4, tmp_path, [RUN])]
    for output in outputs:
        np.testing.assert_allclose(output["losses"], theirs["losses"], rtol=1e-5)
        np.testing.assert_allclose(output["norms"], theirs["norms"], rtol=1e-5)
    names = huggingface_names(RUN.recipe.model)
    for ours, weight in full_weights([output["slices"] for output in outputs], RUN.recipe).items():
        expected = theirs["weights"][names[ours]]
        difference = ((weight[: len(expected)] - expected).norm() / expected.norm()).item()
        assert difference < 1e-5, f"{ours}: {difference}"
    assert theirs["losses"][-1] < theirs["losses"][0] - 0.1, "the run must go somewhere for this test to show anything"
