"""Which process this is, by what the launcher says of it. The groups of ranks: tests/distributed/test_tensor_parallel.py."""

from __future__ import annotations

import os

import pytest

from medpretrain.errors import InputError
from medpretrain.parallel.mesh import Place, read_place

NAMES = ("RANK", "LOCAL_RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")


@pytest.fixture(autouse=True)
def no_launcher(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.setenv(name, "to be put back")  # so that what read_place sets goes away with the test
        monkeypatch.delenv(name)


def test_what_a_launcher_says(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("RANK", "11"), ("LOCAL_RANK", "3"), ("WORLD_SIZE", "16"), ("MASTER_ADDR", "node-1")):
        monkeypatch.setenv(name, value)
    assert read_place() == Place(rank=11, local_rank=3, world_size=16)
    assert os.environ["MASTER_ADDR"] == "node-1"


def test_without_a_launcher_one_process_is_alone() -> None:
    assert read_place() == Place(rank=0, local_rank=0, world_size=1)
    assert [os.environ[name] for name in ("RANK", "LOCAL_RANK", "WORLD_SIZE", "MASTER_ADDR")] == ["0", "0", "1", "127.0.0.1"]
    assert read_place() == Place(rank=0, local_rank=0, world_size=1)  # the second reading says the same


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ({"RANK": "1", "WORLD_SIZE": "2"}, "'LOCAL_RANK'"),
        ({"RANK": "1", "LOCAL_RANK": "1"}, "'WORLD_SIZE'"),
        ({"RANK": "1", "LOCAL_RANK": "1", "WORLD_SIZE": "two"}, "invalid literal for int() with base 10: 'two'"),
    ],
)
def test_half_a_launcher_is_refused(monkeypatch: pytest.MonkeyPatch, values: dict[str, str], found: str) -> None:
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(InputError) as caught:
        read_place()
    error = caught.value
    assert error.where == "the environment"
    assert error.found == f"RANK, LOCAL_RANK or WORLD_SIZE is missing or no number ({found})"
    assert error.expected == "all three or none, as deepspeed and torchrun set them"
    assert error.remedy == "start the job with deepspeed, torchrun or plain python"
