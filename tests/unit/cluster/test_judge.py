"""What is wrong with made-up hosts: each fault alone, told of its host, and nothing else said to be wrong."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from medpretrain.cluster.findings import Finding
from medpretrain.cluster.hostfile import Host
from medpretrain.cluster.judge import Answer, Wanted, judge

GIB = 2**30
HEADER = "index, uuid, name, pstate, memory.used [MiB], memory.total [MiB], temperature.gpu\n"
WANTED = Wanted(slots_are_told=True, shards=("/d",), run="/r", tensor=2)


def gpus(count: int, name: str = "NVIDIA A100-SXM4-80GB") -> dict[str, str]:
    rows = (f"{index}, GPU-{index}, {name}, P0, 4 MiB, 81920 MiB, 30\n" for index in range(count))
    return {"query": HEADER + "".join(rows), "remapped": ""}


def whole() -> dict[str, Any]:
    return {
        "started": 1000.2,
        "ended": 1000.4,
        "code": "c" * 64,
        "versions": {"python": "3.11.2", "torch": "2.13.0"},
        "shards": {"/d": {"identity": "i" * 64, "tokenizer": "t" * 64}},
        "disk": {"free_bytes": 20 * 10**12, "free_files": 10**6, "writable": True},
        "sees_token": True,
        "cores": 64,
        "memory_bytes": 512 * GIB,
        "available_bytes": 500 * GIB,
        "infiniband": [{"port": "mlx5_0/1", "state": "4: ACTIVE", "rate": "200 Gb/sec"}],
        "gpus": gpus(8),
        "matrix": {"devices": [{"device": "cuda:0", "right": True, "wrong": 0}]},
    }


def answers(change: Callable[[dict[str, Any]], Any] = lambda report: None, slots: int = 8) -> list[Answer]:
    """Four hosts of which `change` changed the third."""
    made = []
    for number in range(4):
        report = copy.deepcopy(whole())
        if number == 2:
            change(report)
        made.append(Answer(Host(f"node-{number}", slots), report, "", 1000.0, 1000.5))
    return made


def wrong(found: list[Finding]) -> list[Finding]:
    return [finding for finding in found if finding.level != "ok"]


def test_a_whole_cluster_has_one_word_for_each_check() -> None:
    found = judge(answers(), WANTED)
    assert wrong(found) == []
    checks = [finding.check for finding in found if finding.check != "GPU health"]
    assert checks == ["reachable", "code", "libraries", "shards", "clock", "disk", "slots", "memory", "matrix product"]
    assert sum(finding.check == "GPU health" for finding in found) == 4


def set_in(*path: str, to: Any) -> Callable[[dict[str, Any]], None]:
    def change(report: dict[str, Any]) -> None:
        place = report
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = to

    return change


@pytest.mark.parametrize(
    ("change", "level", "check", "sentence"),
    [
        (set_in("code", to="d" * 64), "bad", "code", "runs other code than most (hash dddddddddddd)"),
        (set_in("versions", "torch", to="2.12.0"), "bad", "libraries", "has torch 2.12.0, unlike most"),
        (set_in("versions", "torch", to=None), "bad", "libraries", "has torch None, unlike most"),
        (set_in("shards", "/d", to={"problem": "/d: is missing"}), "bad", "shards", "/d: is missing"),
        (set_in("shards", "/d", "identity", to="j" * 64), "bad", "shards", "has another /d than most (identity jjjjjjjjjjjj)"),
        (set_in("disk", "free_bytes", to=10**8), "bad", "disk", "0.1 GB are free for /r, and checkpoints need 1.0 GB"),
        (set_in("disk", "free_files", to=9), "bad", "disk", "only 9 files can still be made in /r"),
        (set_in("disk", "writable", to=False), "bad", "disk", "may not write in /r"),
        (set_in("disk", to={"problem": "/r cannot be used"}), "bad", "disk", "/r cannot be used"),
        (set_in("gpus", to=gpus(7)), "bad", "slots", "has 8 slots and 7 GPUs that answer"),
        (set_in("gpus", to=gpus(9)), "warn", "slots", "has 8 slots and 9 GPUs that answer"),
        (set_in("gpus", to=None), "bad", "slots", "has 8 slots and 0 GPUs that answer"),
        (
            set_in("gpus", to=gpus(8, "NVIDIA A100-PCIE-40GB")),
            "warn",
            "GPU kind",
            "has NVIDIA A100-PCIE-40GB, unlike most: the slowest kind sets the pace",
        ),
        (set_in("available_bytes", to=100 * GIB), "warn", "memory", "only 107.4 of 549.8 GB of memory are free: end what uses it"),
        (
            set_in("matrix", "devices", to=[{"device": "cuda:3", "right": False, "wrong": 2}]),
            "bad",
            "matrix product",
            "cuda:3 multiplies wrongly (2 products): do not train on it",
        ),
        (
            set_in("matrix", to={"problem": "No module named 'torch'"}),
            "bad",
            "matrix product",
            "the matrix product could not be made: No module named 'torch'",
        ),
    ],
)
def test_each_fault_is_told_of_its_host(change: Callable[[dict[str, Any]], None], level: str, check: str, sentence: str) -> None:
    assert wrong(judge(answers(change), WANTED)) == [Finding(level, check, "node-2", sentence)]  # type: ignore[arg-type]


def test_a_host_that_does_not_see_the_run_directory() -> None:
    (found,) = wrong(judge(answers(set_in("sees_token", to=False)), WANTED))
    assert (found.level, found.check, found.host) == ("bad", "disk", "node-2")
    assert found.sentence.endswith("the directory is not shared")


def test_a_host_that_does_not_answer_and_no_host_that_does() -> None:
    made = answers()
    made[1] = Answer(made[1].host, None, "ssh: connect to host node-1 port 22: No route to host")
    (found,) = wrong(judge(made, WANTED))
    assert found == Finding("bad", "reachable", "node-1", "cannot be asked: ssh: connect to host node-1 port 22: No route to host")
    nobody = judge([Answer(Host("a", 2), None, "gone")], WANTED)
    assert nobody == [Finding("bad", "reachable", "a", "cannot be asked: gone")]


@pytest.mark.parametrize(
    ("started", "ended", "told"),
    [
        (1000.2, 1000.4, None),
        (1001.3, 1001.4, None),  # 0.9 s ahead at least: the rest may be the way
        (1001.8, 1002.0, ("warn", "its clock is at least 1.5 s ahead of this host's: set up NTP")),
        (997.0, 997.1, ("warn", "its clock is at least 3.0 s behind this host's: set up NTP")),
        (1030.9, 1031.0, ("bad", "its clock is at least 30.5 s ahead of this host's: set up NTP")),
        (900.0, 900.1, ("bad", "its clock is at least 100.0 s behind this host's: set up NTP")),
    ],
)
def test_clocks_are_off_only_by_what_the_way_cannot_explain(started: float, ended: float, told: tuple[str, str] | None) -> None:
    found = wrong(judge(answers(lambda report: report.update(started=started, ended=ended)), WANTED))
    assert [(finding.level, finding.sentence) for finding in found] == ([told] if told else [])


def test_datasets_of_two_tokenizers() -> None:
    def change(report: dict[str, Any]) -> None:
        report["shards"]["/e"] = {"identity": "k" * 64, "tokenizer": "u" * 64}

    made = answers()
    for answer in made:
        assert answer.report
        change(answer.report)
    found = wrong(judge(made, Wanted(shards=("/d", "/e"))))
    assert {finding.sentence for finding in found} == {"the datasets are of 2 different tokenizers"}
    assert len(found) == 4


def test_tensor_parallel_groups_that_no_host_holds() -> None:
    (found, *others) = wrong(judge(answers(), Wanted(slots_are_told=True, tensor=3)))
    assert (found.level, found.check, found.host, len(others)) == ("bad", "tensor parallel", "", 3)
    assert found.sentence.startswith("the hostfile, host node-0: has 8 slots with parallel.tensor=3")


def test_slots_on_hosts_without_gpus_are_held_against_cores() -> None:
    made = answers(slots=65)
    for answer in made:
        assert answer.report
        answer.report["gpus"] = None
    found = wrong(judge(made, Wanted(slots_are_told=True)))
    assert [(finding.level, finding.sentence) for finding in found] == [("warn", "has 65 slots, no GPU, and 64 cores")] * 4
    assert wrong(judge(made, Wanted())) == []


def test_room_for_the_checkpoints() -> None:
    found = wrong(judge(answers(set_in("disk", "free_bytes", to=10**12)), Wanted(run="/r", needed_bytes=2 * 10**12)))
    assert [finding.sentence for finding in found] == ["1,000.0 GB are free for /r, and checkpoints need 2,001.0 GB"]


@pytest.mark.parametrize("profile", ["development", "staging", "production", "cluster"])
def test_a_large_cluster_fits_every_profile(profile: str) -> None:
    assert wrong(judge(answers(), Wanted(run="/r", profile=profile))) == []


@pytest.mark.parametrize(
    ("profile", "change", "told"),
    [
        ("development", {"memory_bytes": 15 * 10**9, "available_bytes": 15 * 10**9}, "has 15 GB of memory, and it asks for 16"),
        ("development", {"cores": 3}, "has 3 cores, and it asks for 4"),
        ("development", {"gpus": None}, "has 0 GPUs, and it asks for 1"),
        ("staging", {"memory_bytes": 63 * 10**9, "available_bytes": 63 * 10**9}, "has 63 GB of memory, and it asks for 64"),
        ("staging", {"cores": 15}, "has 15 cores, and it asks for 16"),
        ("staging", {"gpus": gpus(3)}, "has 3 GPUs, and it asks for 4"),
        ("production", {"memory_bytes": 127 * 10**9, "available_bytes": 127 * 10**9}, "has 127 GB of memory, and it asks for 128"),
        ("production", {"cores": 31}, "has 31 cores, and it asks for 32"),
        ("production", {"gpus": gpus(7)}, "has 7 GPUs, and it asks for 8"),
        ("cluster", {"gpus": gpus(7)}, "has 7 GPUs, and it asks for 8"),
        ("cluster", {"infiniband": []}, "has 0 active InfiniBand ports, and it asks for 1"),
        ("cluster", {"infiniband": [{"port": "a/1", "state": "1: DOWN"}]}, "has 0 active InfiniBand ports, and it asks for 1"),
        (
            "cluster",
            {"disk": {"free_bytes": 9 * 10**12, "free_files": None, "writable": True}},
            "has 9 TB free for the run, and it asks for 10",
        ),
    ],
)
def test_what_a_profile_asks_for(profile: str, change: dict[str, Any], told: str) -> None:
    found = wrong(judge(answers(lambda report: report.update(change)), Wanted(run="/r", profile=profile)))
    assert [(finding.level, finding.check, finding.host, finding.sentence) for finding in found if finding.check != "GPU kind"] == [
        ("bad", f"profile {profile}", "node-2", told)
    ]


def test_too_few_hosts_and_too_little_gpu_memory_for_a_cluster() -> None:
    small = gpus(8)
    small["query"] = small["query"].replace("81920", "8192")
    found = wrong(judge(answers(lambda report: report.update(gpus=small))[:2], Wanted(run="/r", profile="cluster")))
    assert [(finding.host, finding.sentence) for finding in found] == [("", "2 hosts answered, and it asks for 3")]
    found = wrong(judge(answers(lambda report: report.update(gpus=small)), Wanted(run="/r", profile="cluster")))
    assert [finding.sentence for finding in found] == ["has 68.72 GB of GPU memory, and it asks for 100"]
