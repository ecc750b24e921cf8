""".deepspeed_env: what goes to other hosts, what does not, and that DeepSpeed hands it on unchanged (tests/cluster: over real ssh)."""

from __future__ import annotations

from pathlib import Path

import pytest

from medpretrain.__main__ import main
from medpretrain.cluster.deepspeed_env import deepspeed_env
from medpretrain.errors import InputErrors


def test_what_a_run_needs_goes_and_what_belongs_here_stays() -> None:
    environment = {
        "TORCH_EXTENSIONS_DIR": "/data/torch_extensions",
        "PATH": "/data/venv/bin:/usr/bin",
        "OMP_NUM_THREADS": "8",
        "NCCL_SOCKET_IFNAME": "ib0,ib1",
        "DS_ACCELERATOR": "cpu",
        "TMPDIR": "",
        "HOME": "/home/me",
        "CUDA_VISIBLE_DEVICES": "0,1",
        "RANK": "3",
        "SLURM_JOB_ID": "7",
        "WANDB_API_KEY": "secret",
        "LS_COLORS": "rs=0:di=01;34",
        "PS1": "$ ",
    }
    assert deepspeed_env(environment).splitlines() == [
        "DS_ACCELERATOR=cpu",
        "NCCL_SOCKET_IFNAME=ib0,ib1",
        "OMP_NUM_THREADS=8",
        "PATH=/data/venv/bin:/usr/bin",
        "TMPDIR=",
        "TORCH_EXTENSIONS_DIR=/data/torch_extensions",
    ]


def test_values_that_would_arrive_changed_are_all_refused() -> None:
    with pytest.raises(InputErrors) as caught:
        deepspeed_env({"PATH": "/my tools:/bin", "OMP_PLACES": "{0},{1}", "TMPDIR": "/tmp\n", "NCCL_DEBUG": "INFO"})
    assert [error.where.split()[-1] for error in caught.value.errors] == ["OMP_PLACES", "PATH", "TMPDIR"]
    error = caught.value.errors[1]
    assert error.where == "the environment variable PATH"
    assert error.found == "is `/my tools:/bin`"
    assert error.expected == "letters, digits and @%+=:,./-_ only, as deepspeed changes others on their way to other hosts"
    assert error.remedy == "unset or change it"


def test_the_verb_prints_the_file_and_writes_it_when_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NCCL_SOCKET_IFNAME", "ib0,ib1")
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    assert main(["launch", "env"]) == 0
    printed = capsys.readouterr().out
    assert "NCCL_SOCKET_IFNAME=ib0,ib1" in printed.splitlines()
    assert list(tmp_path.iterdir()) == []
    assert main(["launch", "env", "--write"]) == 0
    assert capsys.readouterr().out == f"wrote {tmp_path}/.deepspeed_env\n"
    assert (tmp_path / ".deepspeed_env").read_text() == printed
    monkeypatch.setenv("NCCL_IB_HCA", "=mlx5 0")
    assert main(["launch", "env"]) == 2
    assert "the environment variable NCCL_IB_HCA: is `=mlx5 0`" in capsys.readouterr().err
