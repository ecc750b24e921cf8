"""What a host says of itself: of this machine, of planted datasets, and by stand-ins for nvidia-smi that print recorded text."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from medpretrain.cluster import host_report
from medpretrain.cluster.host_report import GPU_FIELDS, ask_nvidia_smi, package_hash, report

REPOSITORY = Path(__file__).resolve().parents[3]


def test_this_machine(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.touch()
    before = time.time()
    facts = report([], str(tmp_path / "not" / "there" / "yet"), str(token), matrix=False)
    assert before <= facts["started"] <= facts["ended"] <= time.time()
    assert (facts["sees_token"], facts["matrix"]) == (True, None)
    assert facts["disk"]["free_bytes"] == pytest.approx(shutil.disk_usage(tmp_path).free, rel=0.1)
    assert facts["disk"]["writable"]
    assert 0 < facts["available_bytes"] <= facts["memory_bytes"]
    assert facts["versions"]["python"] == sys.version.split()[0]
    assert facts["versions"]["torch"]
    assert len(facts["code"]) == 64
    assert report([], None, str(tmp_path / "gone"), matrix=False)["sees_token"] is False


def test_a_dataset_its_files_and_its_problems(small_shards: Path, tmp_path: Path) -> None:
    cut = Path(shutil.copytree(small_shards, tmp_path / "cut"))
    tokens = next(cut.glob("*.tokens"))
    tokens.write_bytes(tokens.read_bytes()[:-1])
    facts = report([str(small_shards), str(cut), str(tmp_path / "none")], None, None, matrix=False)["shards"]
    manifest = json.loads((small_shards / "manifest.json").read_text())
    assert facts[str(small_shards)]["identity"] == manifest["identity"]
    assert len(facts[str(small_shards)]["tokenizer"]) == 64
    assert str(tokens) in facts[str(cut)]["problem"]
    assert "there is no such directory" in facts[str(tmp_path / "none")]["problem"]


def test_a_broken_installation_still_answers(small_shards: Path) -> None:
    """Without any library at all: `-S` leaves out the directory of installed packages."""
    request = json.dumps({"shards": [str(small_shards)], "run": None, "token": None, "matrix": False})
    words = [sys.executable, "-S", "-m", "medpretrain.cluster.host_report"]
    done = subprocess.run(words, input=request, capture_output=True, text=True, check=True, cwd=REPOSITORY, env={})
    facts = json.loads(done.stdout)
    assert facts["versions"]["torch"] is None
    assert "No module named" in facts["shards"][str(small_shards)]["problem"]


def test_the_hash_of_the_code_sees_every_change(tmp_path: Path) -> None:
    package = tmp_path / "package"
    (package / "part").mkdir(parents=True)
    (package / "part" / "one.py").write_text("1")
    (package / "two.yaml").write_text("2")
    first = package_hash(package)
    (package / "notes.txt").write_text("no code")
    assert package_hash(package) == first
    (package / "part" / "one.py").write_text("3")
    second = package_hash(package)
    (package / "part" / "one.py").rename(package / "part" / "three.py")
    third = package_hash(package)
    (package / "two.yaml").unlink()
    assert len({first, second, third, package_hash(package)}) == 4


@pytest.fixture
def stand_in(tmp_path: Path) -> Callable[[str], str]:
    """stand_in(script) -> the path of a command that runs it."""

    def make(script: str) -> str:
        path = tmp_path / "nvidia-smi"
        path.write_text(f"#!/bin/bash\n{script}\n")
        path.chmod(0o755)
        return str(path)

    return make


def test_no_nvidia_smi_and_one_that_knows_everything(stand_in: Callable[[str], str], tmp_path: Path) -> None:
    assert ask_nvidia_smi(str(tmp_path / "none")) is None
    answer = ask_nvidia_smi(stand_in('echo "$1"; echo "to stderr" >&2; exit 9'))
    assert answer is not None
    assert answer["query"] == f"--query-gpu={','.join(GPU_FIELDS)}\nto stderr\n"
    assert answer["remapped"].startswith("--query-remapped-rows=gpu_uuid,remapped_rows.correctable")


def test_fields_that_an_older_driver_does_not_know(stand_in: Callable[[str], str]) -> None:
    script = """
for unknown in clocks_event_reasons.active retired_pages.pending; do
  if [[ "$1" == *"$unknown"* ]]; then echo "Field \\"$unknown\\" is not a valid field to query."; echo; exit 2; fi
done
echo "$1"
"""
    answer = ask_nvidia_smi(stand_in(script))
    assert answer is not None
    fields = answer["query"].strip().removeprefix("--query-gpu=").split(",")
    assert fields == [*GPU_FIELDS[:-2], "clocks_throttle_reasons.active"]


def test_a_driver_that_knows_neither_name_and_one_that_hangs(stand_in: Callable[[str], str], monkeypatch: pytest.MonkeyPatch) -> None:
    script = """if [[ "$1" == *reasons.active* ]]; then
  echo "Field \\"$(grep -o 'clocks[a-z_.]*active' <<<"$1")\\" is not a valid field to query."; exit 2; fi; echo "$1" """
    answer = ask_nvidia_smi(stand_in(script))
    assert answer is not None
    assert answer["query"].strip().removeprefix("--query-gpu=").split(",") == GPU_FIELDS[:-1]
    monkeypatch.setattr(host_report, "NVIDIA_SMI_SECONDS", 0.2)
    answer = ask_nvidia_smi(stand_in("exec sleep 5"))
    assert answer is not None
    assert answer["query"].startswith("GPU is lost")


def test_infiniband_ports(tmp_path: Path) -> None:
    port = tmp_path / "mlx5_0" / "ports" / "1"
    port.mkdir(parents=True)
    (port / "state").write_text("4: ACTIVE\n")
    (port / "rate").write_text("200 Gb/sec (4X HDR)\n")
    expected: list[dict[str, Any]] = [{"port": "mlx5_0/1", "state": "4: ACTIVE", "rate": "200 Gb/sec (4X HDR)"}]
    assert host_report._infiniband(tmp_path) == expected
    assert host_report._infiniband(tmp_path / "none") == []
