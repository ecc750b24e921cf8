"""The supervisor reads what it must know out of the launch command, and changes nothing of it but the hosts."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from medpretrain.cluster.hostfile import Host
from medpretrain.cluster.launch_command import Launch, understand
from medpretrain.errors import InputError

TRAINING = ["launch/pretrain.py", "--recipe", "tiny-cpu", "--run", "runs/first", "parallel.tensor=2", "batch.global_rows=6"]


@pytest.fixture
def hostfile(tmp_path: Path) -> str:
    path = tmp_path / "hosts"
    path.write_text("a slots=4\nb slots=4\n")
    return str(path)


def words_on(launch: Launch, hosts: list[Host], hostfile: Path = Path("h")) -> list[str]:
    assert launch.hosts is not None
    return launch.hosts.words_on(launch.words, hosts, hostfile)


@pytest.mark.parametrize("joined", [False, True])
def test_hosts_run_and_recipe(hostfile: str, joined: bool) -> None:
    option = [f"--hostfile={hostfile}"] if joined else ["--hostfile", hostfile]
    words = ["deepspeed", *option, "--master_addr", "a", "--master_port=29511", *TRAINING]
    launch = understand(words, {})
    assert launch.run == Path("runs/first").absolute()
    assert (launch.recipe.parallel.tensor, launch.recipe.batch.global_rows) == (2, 6)
    assert launch.overrides == ("parallel.tensor=2", "batch.global_rows=6")
    on_b = words_on(launch, [Host("b", 4)], Path("runs/first/hostfile"))
    new = ["--hostfile=runs/first/hostfile"] if joined else ["--hostfile", "runs/first/hostfile"]
    assert on_b == ["deepspeed", "--force_multi", *new, "--master_addr", "b", "--master_port=29511", *TRAINING]
    assert words_on(launch, [Host("a", 4), Host("b", 2)])[0:2] != ["deepspeed", "--force_multi"]


def test_an_address_that_is_no_host_of_the_file_stays(hostfile: str) -> None:
    launch = understand(["deepspeed", "-H", hostfile, "--master_addr=10.0.0.7", *TRAINING], {})
    assert "--master_addr=10.0.0.7" in words_on(launch, [Host("b", 4), Host("a", 4)])


def test_other_launchers_keep_their_hosts(hostfile: str) -> None:
    assert understand(["env", "mpirun", "--hostfile", hostfile, "python", *TRAINING], {}).hosts is None
    assert understand([sys.executable, *TRAINING], {}).hosts is None


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["deepspeed", "train.py"], "does not start launch/pretrain.py"),
        (["deepspeed", "launch/pretrain.py", "--run", "runs/first"], "has no --recipe"),
        (["deepspeed", "launch/pretrain.py", "--recipe", "tiny-cpu", "--run"], "has no --run"),
        (["deepsped", *TRAINING], "`deepsped` is no command here"),
    ],
)
def test_a_command_that_does_not_train_is_refused(words: list[str], found: str) -> None:
    with pytest.raises(InputError) as caught:
        understand(words, {})
    assert caught.value.where == f"the launch command `{' '.join(words)}`"
    assert caught.value.found == found


def test_hosts_chosen_by_deepspeed_are_refused(hostfile: str) -> None:
    with pytest.raises(InputError) as caught:
        understand(["deepspeed", "--hostfile", hostfile, "--include=a@b", *TRAINING], {})
    assert caught.value.found == "chooses hosts by --include=a@b"


def test_a_wrong_recipe_is_told_before_anything_starts() -> None:
    with pytest.raises(InputError, match="recipe `tiny`: is not known"):
        understand([sys.executable, "launch/pretrain.py", "--recipe", "tiny", "--run", "r"], {})
