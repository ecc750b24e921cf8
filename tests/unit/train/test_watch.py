"""Who is behind: found from how many collectives each rank has entered, whatever the shape of the job. And whom nobody waits for."""

from __future__ import annotations

import queue
import re
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NoReturn

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medpretrain.train import watch as module
from medpretrain.train.settings import WatchSettings
from medpretrain.train.watch import SAVING, STEP, HangWatch, Report, behind, diagnosis


def report(rank: int, host: str = "node1", **entered: int) -> Report:
    return Report(rank, host, 100 + rank, STEP, 17, 300.0, entered, "trainer.py line 85 (train)")


def grid(tp: int, dp: int, counts: dict[int, tuple[int, int, int]]) -> dict[int, Report]:
    """Reports of a mesh whose ranks have entered (all, tensor, data) collectives."""
    return {
        rank: report(rank, all=counts[rank][0], **{f"tensor {rank // tp}": counts[rank][1], f"data {rank % tp}": counts[rank][2]})
        for rank in range(tp * dp)
    }


@given(tp=st.sampled_from([1, 2, 4]), dp=st.integers(2, 9), data=st.data())
def test_the_rank_that_stopped_is_found_however_the_others_pile_up_behind_it(tp: int, dp: int, data: st.DataObject) -> None:
    """Its tensor neighbours wait for it in the next collective of their group, the others for those in that of theirs."""
    stopped = data.draw(st.integers(0, tp * dp - 1))
    counts = {}
    for rank in range(tp * dp):
        neighbour = rank // tp == stopped // tp
        if rank == stopped:
            counts[rank] = (5, 40, 20)
        elif neighbour:
            counts[rank] = (5, 41, 20)
        else:
            counts[rank] = (5, 44, 21)
    assert behind(grid(tp, dp, counts), tp * dp) == [stopped]


def test_silence_speaks_first() -> None:
    reports = {rank: report(rank, all=5 + (rank == 1)) for rank in (0, 1, 3)}
    assert behind(reports, 4) == [2]
    assert diagnosis(reports, 4, 300.0, {2: "node7"}) == (
        "a hang: no progress for 300 s in a step (step 17); rank 2 on host node7 gives no sign of life"
    )
    assert diagnosis(reports, 6, 300.0, {}).endswith("rank 2 gives no sign of life, nor do 2 more")


def test_one_that_speaks_is_named_with_where_it_stands() -> None:
    reports = {0: report(0, all=6), 1: report(1, "node2", all=5), 2: report(2, all=6)}
    assert behind(reports, 3) == [1]
    assert diagnosis(reports, 3, 2.5, {}) == (
        "a hang: no progress for 2 s in a step (step 17); rank 1 on host node2 did not reach the collective that others wait in: "
        "it stands in trainer.py line 85 (train)"
    )


def test_nobody_is_behind_where_the_network_is() -> None:
    reports = {rank: report(rank, all=6) for rank in range(4)}
    assert behind(reports, 4) == []
    assert diagnosis(reports, 4, 300.0, {}).endswith("all 4 ranks stand in the same collective, so a link or a device does not answer")


def test_one_that_was_told_to_end_does_not_wait_for_a_step_that_does_not_end(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(module, "SECONDS_BETWEEN_LOOKS", 0.01)
    monkeypatch.setattr(module, "LEAST_SECONDS", 0.2)
    ends: queue.Queue[str] = queue.Queue()
    told = threading.Event()

    def end(reason: str) -> NoReturn:
        ends.put(reason)
        while True:
            time.sleep(1)

    alone: Any = SimpleNamespace(dp_rank=0, tensor=SimpleNamespace(rank=0), tp_group=None, dp_group=None)
    watch = HangWatch(WatchSettings(), tmp_path, "1", alone, end, told.is_set)
    watch.beat(STEP, 17)
    with pytest.raises(queue.Empty):
        ends.get(timeout=0.4)  # nobody asked
    watch.beat(SAVING, 17)  # so a step took 0.4 s
    told.set()
    with pytest.raises(queue.Empty):
        ends.get(timeout=0.4)  # a save is worth waiting for
    watch.beat(STEP, 18)
    told_after = re.fullmatch(r"told to end, but step 18 did not end within (\d+) s: another process may be gone", ends.get(timeout=60))
    assert told_after is not None
    assert int(told_after[1]) >= 1, "thrice the longest step is 1.2 s at least"
    watch.stop()
