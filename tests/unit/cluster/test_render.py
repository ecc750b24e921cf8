"""What schedulers are given: manifests held against Kubernetes' own schemas, and the start script run with a stand-in for torchrun."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from medpretrain.__main__ import main
from medpretrain.cluster.hostfile import parse_hostfile
from medpretrain.cluster.render import kubernetes_name, render
from medpretrain.errors import InputError, InputErrors

OLDER, NEWEST = "1.30.0", kubernetes_validate.latest_version()


def manifests(hosts: int = 3, slots: int = 1, *overrides: str, run: str = "/data/runs/first") -> tuple[dict[str, Any], dict[str, Any]]:
    text = render("k8s", "medical-1b", overrides, Path(run), hosts, slots, "registry/medpretrain:1")
    service, stateful_set = yaml.safe_load_all(text)
    return service, stateful_set


@pytest.mark.parametrize("version", [OLDER, NEWEST])
@pytest.mark.parametrize(("hosts", "slots"), [(1, 1), (3, 1), (32, 8)])
def test_the_manifests_keep_to_the_schema(hosts: int, slots: int, version: str) -> None:
    for manifest in manifests(hosts, slots):
        kubernetes_validate.validate(manifest, version, strict=True)


@pytest.mark.parametrize("forgotten", ["serviceName", "selector", "template"])
def test_the_schema_refuses_what_a_hand_written_manifest_forgets(forgotten: str) -> None:
    """By the older version: the newest takes a set without its Service, whose pods have no names."""
    _, stateful_set = manifests()
    del stateful_set["spec"][forgotten]
    with pytest.raises(kubernetes_validate.ValidationError, match=f"'{forgotten}' is a required property"):
        kubernetes_validate.validate(stateful_set, OLDER, strict=True)


def test_the_schema_refuses_a_key_that_does_not_exist() -> None:
    _, stateful_set = manifests()
    stateful_set["spec"]["replica"] = 3
    with pytest.raises(kubernetes_validate.ValidationError, match="replica"):
        kubernetes_validate.validate(stateful_set, NEWEST, strict=True)


def test_service_selector_and_pods_belong_together() -> None:
    service, stateful_set = manifests(3, 8)
    spec = stateful_set["spec"]
    assert spec["serviceName"] == service["metadata"]["name"]
    assert service["spec"]["clusterIP"] == "None"
    assert service["spec"]["publishNotReadyAddresses"] is True
    assert spec["selector"]["matchLabels"] == spec["template"]["metadata"]["labels"] == service["spec"]["selector"] != {}
    assert (spec["replicas"], spec["podManagementPolicy"]) == (3, "Parallel")
    claims = [volume.get("persistentVolumeClaim") for volume in spec["template"]["spec"]["volumes"]]
    assert {"claimName": "medpretrain"} in claims


def test_resources_of_one_gpu_and_of_eight() -> None:
    def resources(slots: int) -> dict[str, Any]:
        found: dict[str, Any] = manifests(3, slots)[1]["spec"]["template"]["spec"]["containers"][0]["resources"]
        return found

    one = resources(1)
    assert one["requests"] == {"cpu": 8, "memory": "32Gi", "nvidia.com/gpu": 1}
    assert one["limits"] == {"cpu": 16, "memory": "64Gi", "nvidia.com/gpu": 1}
    assert resources(8)["requests"] == {"cpu": 64, "memory": "256Gi", "nvidia.com/gpu": 8}
    assert resources(8)["limits"] == {"cpu": 128, "memory": "512Gi", "nvidia.com/gpu": 8}


@pytest.mark.parametrize(("code", "again"), [(0, False), (2, False), (76, True), (75, True), (1, True), (None, True)])
def test_the_start_script_takes_its_rank_from_the_pod_and_ends_as_the_outcome_says(tmp_path: Path, code: int | None, again: bool) -> None:
    run = tmp_path / "my runs" / "first"
    run.mkdir(parents=True)
    overrides = ["data.sources.notes.shards=/data/some shards"]
    text = render("k8s", "medical-1b", overrides, run, 3, 8, "image", mount=str(tmp_path))
    (_, stateful_set) = yaml.safe_load_all(text)
    if code is not None:
        (run / "outcome.json").write_text(json.dumps({"code": code}))
    bin_directory = tmp_path / "bin"
    bin_directory.mkdir()
    for name, script in {
        "torchrun": 'printf "%s\\n" "$@"; exit 1',
        "sleep": 'echo "sleeps $*"',
        "python": f'exec {sys.executable} "$@"',
    }.items():
        (bin_directory / name).write_text(f"#!/bin/bash\n{script}\n")
        (bin_directory / name).chmod(0o755)
    command = stateful_set["spec"]["template"]["spec"]["containers"][0]["command"]
    environment = {"PATH": f"{bin_directory}:/usr/bin:/bin", "HOSTNAME": "medical-1b-first-12"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    words = done.stdout.splitlines()
    name = stateful_set["metadata"]["name"]
    expected = [
        "--nnodes",
        "3",
        "--nproc-per-node",
        "8",
        "--node-rank",
        "12",
        "--master-addr",
        f"{name}-0.{name}",
        "--master-port",
        "29500",
    ]
    assert words[:16] == [*expected, "--", "launch/pretrain.py", "--recipe", "medical-1b", "--run", str(run)]
    assert words[16] == overrides[0]
    assert (done.returncode == 1, "sleeps infinity" in words) == (again, not again)


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("medical-1b-first", "medical-1b-first"),
        ("My Run_2", "my-run-2"),
        ("7b-x", "run-7b-x"),
        ("a" * 80, "a" * 52),
        ("a" * 51 + "-b", "a" * 51),
    ],
)
def test_names_that_kubernetes_takes(words: str, name: str) -> None:
    assert kubernetes_name(words) == name


def test_slurm_and_a_hostfile() -> None:
    words = shlex.split(render("slurm", "medical-7b", ["parallel.tensor=4"], Path("/scratch/my runs/one"), 32, 8))
    assert words == [
        *("sbatch", "--nodes=32", "--gpus-per-node=8", "launch/pretrain.sbatch"),
        *("--recipe", "medical-7b", "--run", "/scratch/my runs/one", "parallel.tensor=4"),
    ]
    hosts = parse_hostfile(render("hostfile", "tiny-cpu", [], Path("r"), 32, 8), "made")
    assert hosts == parse_hostfile((Path(__file__).resolve().parents[3] / "hostfiles" / "32-nodes-of-8").read_text(), "shipped")


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(InputError, match="--image: is missing; expected a container image with medpretrain in it; add --image NAME:TAG"):
        render("k8s", "medical-1b", [], Path("/data/run"), 1, 1)
    with pytest.raises(
        InputError, match=r"--run: is runs/a, which no pod shares with the others; expected a directory below /data.*--run /data/a"
    ):
        render("k8s", "medical-1b", [], Path("runs/a"), 1, 1, "image")
    with pytest.raises(InputError, match="--run: is /scratch/a, which no pod shares"):
        render("k8s", "medical-1b", [], Path("/scratch/a"), 1, 1, "image")
    with pytest.raises(InputErrors, match=r"4 hosts, host node-01: has 2 slots with parallel\.tensor=4"):
        render("slurm", "medical-1b", ["parallel.tensor=4"], Path("r"), 4, 2)
    with pytest.raises(InputErrors, match=r"parallel\.tensor: is 8 in a job of 12 processes"):
        render("hostfile", "medical-1b", ["parallel.tensor=8"], Path("r"), 2, 6)


def test_the_verb(capsys: pytest.CaptureFixture[str]) -> None:
    words = [
        "launch",
        "render",
        "--target",
        "hostfile",
        "--recipe",
        "tiny-cpu",
        "--run",
        "r",
        "--hosts",
        "2",
        "--slots",
        "8",
        "parallel.tensor=2",
    ]
    assert main(words) == 0
    assert capsys.readouterr().out.splitlines()[1:] == ["node-01 slots=8", "node-02 slots=8"]
    assert main([*words, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["target"] == "hostfile"
    words = ["launch", "render", "--target", "k8s", "--recipe", "tiny-cpu", "--run", "/disk/r", "--hosts", "2", "--slots", "1"]
    assert main([*words, "--image", "an-image", "--claim", "a-claim", "--mount", "/disk"]) == 0
    _, stateful_set = yaml.safe_load_all(capsys.readouterr().out)
    spec = stateful_set["spec"]["template"]["spec"]
    assert spec["containers"][0]["image"] == "an-image"
    assert spec["volumes"][0]["persistentVolumeClaim"] == {"claimName": "a-claim"}
    assert spec["containers"][0]["volumeMounts"][0]["mountPath"] == "/disk"
