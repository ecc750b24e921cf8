"""Hostfiles: every mistake told at once; tensor parallel groups inside hosts, against brute force."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medpretrain.cluster.hostfile import (
    Host,
    check_tensor_parallel,
    format_hostfile,
    largest_topology,
    parse_hostfile,
    read_hostfile,
    write_hostfile,
)
from medpretrain.errors import InputError, InputErrors

SHIPPED = Path(__file__).resolve().parents[3] / "hostfiles"

HOSTS = st.lists(st.integers(1, 9), min_size=1, max_size=6).map(
    lambda slots: tuple(Host(f"node-{number}", count) for number, count in enumerate(slots))
)


def hosts_of_ranks(hosts: tuple[Host, ...]) -> list[str]:
    """rank -> host, as every launcher lays them out."""
    return [host.name for host in hosts for _ in range(host.slots)]


def groups_stay_inside(hosts: tuple[Host, ...], tensor: int) -> bool:
    ranks = hosts_of_ranks(hosts)
    groups = [set(ranks[first : first + tensor]) for first in range(0, len(ranks), tensor)]
    return len(ranks) % tensor == 0 and all(len(group) == 1 for group in groups)


def test_comments_blank_lines_and_spaces() -> None:
    text = "# a cluster\n\n  node-1   slots=8  # the fast one\n\tnode-2\tslots=16\n"
    assert parse_hostfile(text, "hosts") == (Host("node-1", 8), Host("node-2", 16))


def test_every_mistake_of_a_file_is_told_with_its_line() -> None:
    text = "a slots=4\nb\nc slots=0\na slots=2\nd slots=x\ne 8\nf slots=8 max_slots=9\ng slots=-1\n"
    with pytest.raises(InputErrors) as caught:
        parse_hostfile(text, "hosts")
    told = [(error.where, error.found, error.expected, error.remedy) for error in caught.value.errors]

    def line(number: int, found: str, host: str) -> tuple[str, str, str, str]:
        expected = f"a host and its number of processes, such as `{host} slots=8`"
        return f"hosts line {number}", found, expected, "mend or remove the line"

    def count(number: int, slots: str) -> tuple[str, str, str, str]:
        return f"hosts line {number}", f"has slots={slots}", "a whole number above 0", "write the host's number of GPUs"

    assert told == [
        line(2, "says no slots", "b"),
        count(3, "0"),
        ("hosts line 4", "names a again, as line 1 did", "each host once", "remove one of them"),
        count(5, "x"),
        line(6, "is `e 8`", "e"),
        line(7, "is `f slots=8 max_slots=9`", "f"),
        count(8, "-1"),
    ]


def test_a_file_without_hosts_and_no_file(tmp_path: Path) -> None:
    with pytest.raises(InputErrors, match="hosts: names no host; expected lines `host slots=N`; add the machines"):
        parse_hostfile("# nobody\n", "hosts")
    with pytest.raises(InputError, match="there is no such file"):
        read_hostfile(tmp_path / "none")
    with pytest.raises(InputError, match="is not a text file"):
        read_hostfile(tmp_path)


@given(HOSTS)
def test_what_is_written_reads_the_same(hosts: tuple[Host, ...]) -> None:
    assert parse_hostfile(format_hostfile(hosts, "two\nlines"), "hosts") == hosts


def test_write(tmp_path: Path) -> None:
    write_hostfile(tmp_path / "hosts", [Host("a", 2)], "made for a test")
    assert (tmp_path / "hosts").read_text() == "# made for a test\na slots=2\n"


@pytest.mark.parametrize(("name", "hosts", "ranks"), [("local", 1, 4), ("two-nodes", 2, 16), ("32-nodes-of-8", 32, 256)])
def test_the_shipped_hostfiles(name: str, hosts: int, ranks: int) -> None:
    read = read_hostfile(SHIPPED / name)
    assert (len(read), sum(host.slots for host in read)) == (hosts, ranks)
    assert len({path.name for path in SHIPPED.iterdir()}) == 3


@pytest.mark.parametrize("tensor", [1, 2, 4, 8])
def test_groups_stay_inside_32_hosts_of_8(tensor: int) -> None:
    hosts = read_hostfile(SHIPPED / "32-nodes-of-8")
    check_tensor_parallel(hosts, tensor, "hosts")
    assert groups_stay_inside(hosts, tensor)
    assert largest_topology(hosts, tensor) == hosts


@given(HOSTS, st.integers(1, 9))
def test_the_check_says_what_laying_out_the_ranks_says(hosts: tuple[Host, ...], tensor: int) -> None:
    try:
        check_tensor_parallel(hosts, tensor, "hosts")
        fits = True
    except InputErrors as errors:
        fits = False
        named = {error.where.removeprefix("hosts, host ") for error in errors.errors}
        assert named == {host.name for host in hosts if host.slots % tensor}
    assert fits == groups_stay_inside(hosts, tensor)


def test_a_group_on_two_hosts_is_told_in_four_parts() -> None:
    with pytest.raises(InputErrors) as caught:
        check_tensor_parallel([Host("a", 8), Host("b", 6), Host("c", 2)], 4, "hosts")
    found = "has 6 slots with parallel.tensor=4, so a tensor parallel group would lie on two hosts"
    first, second = caught.value.errors
    assert (first.where, first.found, first.expected) == ("hosts, host b", found, "a multiple of 4")
    assert first.remedy == "give it slots=4, or change parallel.tensor"
    assert second.remedy == "remove it, or change parallel.tensor"


SMALL_HOSTS = st.lists(st.integers(1, 5), min_size=1, max_size=4).map(
    lambda slots: tuple(Host(f"node-{number}", count) for number, count in enumerate(slots))
)


@given(SMALL_HOSTS, st.integers(1, 4), st.none() | st.integers(0, 6))
def test_the_largest_topology_against_all_choices_of_slots(hosts: tuple[Host, ...], tensor: int, max_replicas: int | None) -> None:
    def chosen(counts: tuple[int, ...]) -> tuple[Host, ...]:
        return tuple(Host(host.name, count) for host, count in zip(hosts, counts, strict=True) if count)

    every = [chosen(counts) for counts in product(*(range(host.slots + 1) for host in hosts))]
    fitting = [choice for choice in every if groups_stay_inside(choice, tensor)]
    if max_replicas is not None:
        fitting = [choice for choice in fitting if len(hosts_of_ranks(choice)) <= max_replicas * tensor]
    most = max(len(hosts_of_ranks(choice)) for choice in fitting)
    fewest_hosts = min(len(choice) for choice in fitting if len(hosts_of_ranks(choice)) == most)

    best = largest_topology(hosts, tensor, max_replicas)
    assert best in fitting
    assert len(hosts_of_ranks(best)) == most
    assert len(best) == fewest_hosts


def test_what_is_left_of_32_hosts_when_one_dies() -> None:
    hosts = [Host(f"node-{number:02}", 8) for number in range(1, 33) if number != 7]
    assert sum(host.slots for host in largest_topology(hosts, 4)) == 248
    assert largest_topology([Host("a", 7), Host("b", 3), Host("c", 8)], 4) == (Host("a", 4), Host("c", 8))
    assert largest_topology([Host("a", 3)], 4) == ()
