"""What the tests on several hosts share: a fresh lab for each test, and packed rows to train on."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from lab import PATH, Lab, what_is_missing

# What a user has set on the host from which runs are started. Nothing of it reaches other hosts by itself.
ENVIRONMENT = {
    "PATH": f"{Path(sys.executable).parent}:{PATH}",
    "DS_ACCELERATOR": "cpu",
    "OMP_NUM_THREADS": "1",
    "OMPI_ALLOW_RUN_AS_ROOT": "1",
    "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
    **{name: os.environ[name] for name in ("TORCH_EXTENSIONS_DIR", "PYTHONPATH") if name in os.environ},
}


@pytest.fixture(scope="session")
def lab_is_possible() -> None:
    reason = what_is_missing()
    if reason:
        pytest.skip(reason)


@pytest.fixture
def lab(lab_is_possible: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A head and four nodes, of this test alone. The daemons' logs stay in `lab.directory / "log"`."""
    with Lab(tmp_path_factory.mktemp("lab"), num_nodes=4, environment=ENVIRONMENT) as lab:
        yield lab


@pytest.fixture(scope="session")
def shards(lab_is_possible: None, tmp_path_factory: pytest.TempPathFactory, pack_reports: Callable[..., Path]) -> Path:
    return pack_reports(tmp_path_factory.mktemp("data"), num_reports=30, vocab_size=500)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """Where a test's run is to be; its directory is there, and takes logs."""
    return tmp_path / "run"
