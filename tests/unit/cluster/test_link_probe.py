"""The tournament and who is slow: properties over planted slow hosts and links. And the probe itself, between processes of this machine."""

from __future__ import annotations

import json
import os
import random
import socket
import subprocess
import sys
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medpretrain.cluster.link_probe import slow_links, tournament


@given(st.integers(1, 40))
def test_everyone_meets_everyone_once_and_plays_once_a_round(num_players: int) -> None:
    rounds = tournament(num_players)
    met = [pair for pairs in rounds for pair in pairs]
    assert sorted(met) == list(combinations(range(num_players), 2))
    assert all(len({player for pair in pairs for player in pair}) == 2 * len(pairs) for pairs in rounds)
    assert len(rounds) == {0: num_players - 1, 1: num_players}[num_players % 2] or num_players == 1


def links(num_hosts: int, slow_hosts: set[int], slow_pairs: set[tuple[int, int]], seed: int) -> list[list[float | None]]:
    """Bandwidths around 10 GB/s, up to a quarter off, and planted ones around a tenth of that."""
    noise = random.Random(seed)
    matrix: list[list[float | None]] = [[None] * num_hosts for _ in range(num_hosts)]
    for one, other in combinations(range(num_hosts), 2):
        is_slow = one in slow_hosts or other in slow_hosts or (one, other) in slow_pairs
        matrix[one][other] = matrix[other][one] = (1e9 if is_slow else 10e9) * noise.uniform(0.75, 1.25)
    return matrix


@given(st.data(), st.integers(3, 20), st.integers(0, 1000))
def test_planted_slow_hosts_are_named_and_nothing_else(data: st.DataObject, num_hosts: int, seed: int) -> None:
    slow = data.draw(st.sets(st.integers(0, num_hosts - 1), max_size=(num_hosts - 1) // 2))
    assert slow_links(links(num_hosts, slow, set(), seed), 0.5) == (sorted(slow), [])


@given(st.data(), st.integers(4, 20), st.integers(0, 1000))
def test_one_planted_link_is_named_and_no_host(data: st.DataObject, num_hosts: int, seed: int) -> None:
    pair = data.draw(st.sampled_from(list(combinations(range(num_hosts), 2))))
    assert slow_links(links(num_hosts, set(), {pair}, seed), 0.5) == ([], [pair])


def test_a_slow_host_and_a_slow_link_elsewhere() -> None:
    assert slow_links(links(8, {5}, {(1, 2)}, 0), 0.5) == ([5], [(1, 2)])


def test_three_hosts_one_of_them_slow_and_three_with_one_slow_link() -> None:
    assert slow_links(links(3, {2}, set(), 0), 0.5) == ([2], [])
    assert slow_links(links(3, set(), {(0, 1)}, 0), 0.5) == ([], [(0, 1)])


def test_two_that_share_a_much_faster_link_make_nobody_slow() -> None:
    matrix = links(5, set(), set(), 0)
    matrix[0][1] = matrix[1][0] = 200e9
    assert slow_links(matrix, 0.5) == ([], [])


def test_a_host_is_judged_by_its_links_to_hosts_that_are_not_slow() -> None:
    assert slow_links(links(9, {5, 6, 7, 8}, {(0, 1), (0, 2), (0, 3)}, 0), 0.5) == ([0, 5, 6, 7, 8], [])


def test_two_hosts_say_nothing() -> None:
    assert slow_links([[None, 1.0], [1.0, None]], 0.5) == ([], [])
    assert slow_links([], 0.5) == ([], [])


def test_the_share_is_the_threshold() -> None:
    matrix = links(5, set(), set(), 0)
    matrix[0][1] = matrix[1][0] = 6e9
    assert slow_links(matrix, 0.5) == ([], [])
    assert slow_links(matrix, 0.7) == ([], [(0, 1)])


@pytest.mark.slow
def test_four_processes_of_this_machine(start_process) -> None:
    torchrun = str(Path(sys.executable).with_name("torchrun"))
    words = [torchrun, "--nproc-per-node", "4", "-m", "medpretrain.cluster.link_probe"]
    process = start_process(words, stdout=subprocess.PIPE, text=True)
    output, _ = process.communicate(timeout=200)
    assert process.returncode == 0
    measured = json.loads(output)
    assert measured["wrong_sums"] == []
    assert [name.rpartition(":")[2] for name in measured["names"]] == ["0", "1", "2", "3"]
    bandwidth = measured["bandwidth"]
    for one, other in combinations(range(4), 2):
        assert bandwidth[one][other] == bandwidth[other][one] > 0
        assert bandwidth[one][one] is None
    assert measured["all_reduce_seconds"] > 0


@pytest.mark.slow
def test_a_process_that_loses_its_partner_names_it(start_process) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = str(listener.getsockname()[1])
    place = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "WORLD_SIZE": "2", "LOCAL_RANK": "0"}
    mortal = "import os, torch.distributed as dist; dist.init_process_group('gloo'); os._exit(0)"
    start_process([sys.executable, "-c", mortal], env={**os.environ, **place, "RANK": "1"})
    words = [sys.executable, "-m", "medpretrain.cluster.link_probe"]
    survivor = start_process(words, env={**os.environ, **place, "RANK": "0"}, stdout=subprocess.PIPE, text=True)
    output, _ = survivor.communicate(timeout=200)
    assert survivor.returncode == 1
    told = json.loads(output)
    assert (told["rank"], told["lost"]) == (0, 1)
    assert told["reason"]
