"""hostfiles/: DeepSpeed's own parser reads them, and they say as many hosts and processes as their names."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

HOSTFILES = Path(__file__).resolve().parents[2] / "hostfiles"


@pytest.mark.slow
def test_deepspeed_reads_every_hostfile() -> None:
    script = (
        "import json, sys; from deepspeed.launcher.runner import fetch_hostfile; "
        "print(json.dumps([fetch_hostfile(path) for path in sys.argv[1:]]))"
    )
    names = ["local", "two-nodes", "32-nodes-of-8"]
    assert sorted(path.name for path in HOSTFILES.iterdir()) == sorted(names)
    command = [sys.executable, "-c", script, *(str(HOSTFILES / name) for name in names)]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    local, two, many = json.loads(output.splitlines()[-1])
    assert local == {"localhost": 4}
    assert two == {"node-01": 8, "node-02": 8}
    assert (len(many), set(many.values()), sum(many.values())) == (32, {8}, 256)
