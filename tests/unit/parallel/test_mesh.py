"""Which process this is, and which hosts fit. Each launcher's words: test_launchers.py; the groups of ranks:
tests/distributed/test_tensor_parallel.py."""

from __future__ import annotations

import os

import pytest

from medpretrain.errors import InputError
from medpretrain.parallel.mesh import Place, check_hosts, read_place

NAMES = ("RANK", "LOCAL_RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")


@pytest.fixture(autouse=True)
def no_launcher(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.setenv(name, "to be put back")  # so that what read_place sets goes away with the test
        monkeypatch.delenv(name)


def test_what_a_launcher_says_is_told_to_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("RANK", "11"), ("LOCAL_RANK", "3"), ("WORLD_SIZE", "16"), ("MASTER_ADDR", "node-1"), ("MASTER_PORT", "1234")):
        monkeypatch.setenv(name, value)
    assert read_place() == Place(11, 3, 16, "a launcher that sets RANK")
    assert [os.environ[name] for name in NAMES] == ["11", "3", "16", "node-1", "1234"]


def test_without_a_launcher_one_process_is_alone() -> None:
    assert read_place() == Place(rank=0, local_rank=0, world_size=1)
    assert [os.environ[name] for name in NAMES] == ["0", "0", "1", "127.0.0.1", "0"]
    again = read_place()
    assert (again.rank, again.local_rank, again.world_size) == (0, 0, 1)


@pytest.mark.parametrize(
    ("hosts", "tp_size"),
    [(["a", "a", "b", "b"], 2), (["a", "a", "b", "b"], 1), (["a"] * 4, 4), (["a", "a", "b", "b", "b", "b"], 2), (["a", "b"], 1)],
)
def test_neighbours_on_one_host_are_fine(hosts: list[str], tp_size: int) -> None:
    check_hosts(hosts, tp_size)


@pytest.mark.parametrize(
    ("hosts", "tp_size", "ranks", "counts"),
    [
        (["a", "a", "b", "b"], 4, "0 to 3", "a has 2, b has 2"),
        (["a", "a", "a", "b", "b", "b"], 2, "2 to 3", "a has 3, b has 3"),
        (["a", "b", "a", "b"], 2, "0 to 1", "a has 2, b has 2"),  # as many as needed, but in turns
    ],
)
def test_neighbours_on_two_hosts_are_refused(hosts: list[str], tp_size: int, ranks: str, counts: str) -> None:
    with pytest.raises(InputError) as caught:
        check_hosts(hosts, tp_size)
    error = caught.value
    assert error.where == "parallel.tensor"
    assert error.found == f"is {tp_size}, so that ranks {ranks} would share each layer between hosts a and b"
    assert error.expected == "neighbours on one host, as they exchange results several times a layer"
    assert error.remedy == f"start a multiple of {tp_size} consecutive ranks on every host ({counts}) or lower parallel.tensor"
