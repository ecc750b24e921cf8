"""The floats that a model computes in, as a recipe and an export name them."""

from __future__ import annotations

import torch

FLOATS_OF = {"bf16": torch.bfloat16, "fp16": torch.float16, "fp32": torch.float32}
