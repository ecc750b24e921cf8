"""An error that one rank meets becomes every rank's, with its number on it; what all meet is told once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from processes import run_processes

from medpretrain.errors import InputError, InputErrors
from medpretrain.train.agree import agree, gather, tell_all

pytestmark = pytest.mark.slow


def errors_of(rank: int, world_size: int, wrong_ranks: tuple[int, ...]) -> dict[str, Any]:
    def open_something() -> int:
        if rank in wrong_ranks:
            raise InputError("shards", "there is no such directory", "packed rows", "mount it")
        return rank

    try:
        result: Any = agree(open_something)
    except InputErrors as error:
        result = str(error)

    def read_something() -> None:
        if rank == 1:
            Path("/nowhere/at/all").read_bytes()

    with pytest.raises(InputErrors) as caught:
        agree(read_something)
    return {"result": result, "os_error": str(caught.value), "gathered": gather(rank * 10), "told": tell_all(f"by {rank}")}


def test_one_rank_alone_is_named_on_all(tmp_path: Path):
    for output in run_processes(errors_of, 2, tmp_path, (1,)):
        assert output["result"].startswith("rank 1 on host ")
        assert output["result"].endswith(": shards: there is no such directory; expected packed rows; mount it")
        assert ": /nowhere/at/all: cannot be used (No such file or directory); expected a readable file" in output["os_error"]
        assert output["gathered"] == [0, 10]
        assert output["told"] == "by 0"


def test_what_all_ranks_find_is_said_once_and_what_none_finds_is_the_result(tmp_path: Path):
    assert [output["result"] for output in run_processes(errors_of, 2, tmp_path, (0, 1))] == [
        "shards: there is no such directory; expected packed rows; mount it"
    ] * 2
    assert [output["result"] for output in run_processes(errors_of, 2, tmp_path, ())] == [0, 1]
