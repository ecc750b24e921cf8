"""The same training by us and by transformers on real medical text, minutes of it, by the benchmark that compares them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_ours_and_transformers_end_at_the_same_bits_per_byte(shared_data: Path, start_process):
    process = start_process(
        [sys.executable, str(REPOSITORY / "benchmarks" / "against_transformers.py")],
        env={**os.environ, "DATA": str(shared_data / "pretrain")},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    text, _ = process.communicate()
    assert process.returncode == 0, text
    ours, theirs = map(float, re.findall(r"(\d\.\d+) bits per byte  \(transformers: (\d\.\d+);", text)[0])
    assert abs(ours - theirs) <= 1e-3
    assert ours < 2.5, "they must have learned for this test to show anything"
