"""A run that compiles where torch's compiler does not work ends at its start, with one sentence."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

CHECK = """
import torch
from medpretrain.errors import InputError
from medpretrain.train.engine import check_compiler
try:
    check_compiler(torch.device("cpu"))
except InputError as error:
    print(error)
"""


@pytest.mark.slow  # starts torch's compiler
def test_a_compiler_that_does_not_work_is_told(tmp_path: Path) -> None:
    environment = {**os.environ, "CXX": "no-such-compiler", "TORCHINDUCTOR_CACHE_DIR": str(tmp_path), "DS_ACCELERATOR": "cpu"}
    asked = subprocess.run([sys.executable, "-c", CHECK], env=environment, capture_output=True, text=True, check=True)
    assert "compile: is true, but torch's compiler does not work on this host" in asked.stdout
    assert "set compile=false" in asked.stdout
