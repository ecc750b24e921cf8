"""The gate of everything that leaves or enters in Hugging Face form: transformers' logits from a directory equal ours."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from transformers import AutoModelForCausalLM
from transformers.utils import logging as transformers_logging

from medpretrain.errors import InputError
from medpretrain.model.decoder import MedicalLM

# Allowed between two logits computed in fp32 from the same weights, relative to the largest logit (absolute where that is below 1):
# rounding grows with the logits' size.
LARGEST_DIFFERENCE = 1e-4
CHECKED_TOKENS = 512


def arbitrary_document(vocab_size: int, seq_len: int) -> Tensor:
    """int64 [1, S]: arbitrary ids, so that positions and rows of the vocabulary far apart are compared."""
    return torch.from_numpy(np.random.default_rng(0).integers(vocab_size, size=(1, min(CHECKED_TOKENS, seq_len))))


def check_parity(
    build: Callable[[], MedicalLM], documents: Sequence[Tensor], directory: Path, mismatch: Callable[[str, str], InputError]
) -> float:
    """Compare the logits of our decoder with those of the model that transformers loads from `directory`, whose every weight it must find
    there and know. Both compute in fp32; they are held one after the other, never together.

    Args:
        build: makes our decoder, on the device to compute on.
        documents: int64 [1, S] each.
        mismatch: what is raised, of what was found and what was expected.

    Returns:
        The largest difference of two logits.
    """
    ours, expected = build(), []
    device = ours.embedding.weight.device
    with torch.no_grad():
        for tokens in documents:
            positions = torch.arange(tokens.shape[1], device=device)[None]
            expected.append(ours.logits(tokens.to(device), positions).cpu())
    del ours

    transformers_logging.disable_progress_bar()
    try:
        loaded: Any = AutoModelForCausalLM.from_pretrained(
            str(directory), dtype=torch.float32, local_files_only=True, output_loading_info=True
        )
    except Exception as error:  # transformers raises many kinds
        raise mismatch(f"transformers cannot load it ({error})", "a model that transformers loads") from error
    theirs, report = loaded
    wrong = {kind: sorted(map(str, names)) for kind, names in report.items() if names}
    if wrong:
        raise mismatch(f"transformers finds weights that are not its own ({wrong})", "each weight by its name and shape")
    theirs = theirs.to(device).eval()
    differences = []
    with torch.no_grad():
        for tokens, logits in zip(documents, expected, strict=True):
            found = theirs(tokens.to(device)).logits.float().cpu()
            if found.shape != logits.shape:
                raise mismatch(f"transformers gives logits {list(found.shape)}", f"{list(logits.shape)}")
            differences.append((found - logits).abs().max())
    largest = torch.stack(differences).max().item()  # NaN where any is
    allowed = LARGEST_DIFFERENCE * max(1.0, max(logits.abs().max().item() for logits in expected))
    if not largest <= allowed:
        raise mismatch(f"a logit of transformers is {largest:.2e} from ours", f"a difference of at most {allowed:.1e}")
    return largest
