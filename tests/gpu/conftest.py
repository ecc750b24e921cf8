"""GPU tests skip themselves where there is none."""

from __future__ import annotations

import pytest
import torch


@pytest.fixture(scope="session")
def cuda() -> torch.device:
    if not torch.cuda.is_available():
        pytest.skip("needs a CUDA GPU, which this machine has not")
    return torch.device("cuda")
