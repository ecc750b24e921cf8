"""The random state of one process (python, numpy, torch, CUDA) as tensors, taken and put back exactly."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import torch
from torch import Tensor


def seed_everything(seed: int) -> None:
    """Seed every generator that code in this process could draw from (001-02)."""
    random.seed(seed)
    np.random.seed(seed % 2**32)
    torch.manual_seed(seed)


def capture_rng() -> dict[str, Tensor]:
    """The state of all generators: python (int64 [625]), numpy (int64 [626]: key, position, whether a gaussian is kept, and that gaussian),
    torch and CUDA (uint8)."""
    _, python_key, python_gauss = random.getstate()
    _, numpy_key, position, has_gauss, numpy_gauss = np.random.get_state()
    state = {
        "python": torch.tensor(python_key, dtype=torch.int64),
        "python_gauss": torch.tensor([] if python_gauss is None else [python_gauss], dtype=torch.float64),
        "numpy": torch.tensor([*(int(word) for word in numpy_key), int(position), int(has_gauss)], dtype=torch.int64),
        "numpy_gauss": torch.tensor([float(numpy_gauss)], dtype=torch.float64),
        "torch": torch.get_rng_state(),
    }
    if torch.cuda.is_available():
        state["cuda"] = torch.cuda.get_rng_state()
    return state


def restore_rng(state: dict[str, Any]) -> None:
    """Put back what `capture_rng` took (CUDA only where both sides have it)."""
    gauss = state["python_gauss"].tolist()
    random.setstate((3, tuple(state["python"].tolist()), gauss[0] if gauss else None))
    *key, position, has_gauss = state["numpy"].tolist()
    np.random.set_state(("MT19937", np.array(key, dtype=np.uint32), position, has_gauss, state["numpy_gauss"].item()))
    torch.set_rng_state(state["torch"])
    if "cuda" in state and torch.cuda.is_available():
        torch.cuda.set_rng_state(state["cuda"])
