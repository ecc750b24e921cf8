"""What a scheduler is given to start a run: a Kubernetes StatefulSet with its Service, the `sbatch` command line, or a hostfile. Text
only: nothing is submitted."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from medpretrain.cluster.hostfile import Host, check_tensor_parallel, format_hostfile
from medpretrain.errors import InputError
from medpretrain.train.recipes import load_recipe

TARGETS = ("k8s", "slurm", "hostfile")
PORT = 29500  # torchrun's own default
# A pod of one GPU asks for these (the sizes of requirement 003-50); more GPUs, as many times more.
CORES, CORES_LIMIT, MEMORY_GIB, MEMORY_LIMIT_GIB = 8, 16, 32, 64

# A StatefulSet starts a container again whenever it ends. That is what a run wants after a failure, and not when it is finished or its
# settings are wrong. torchrun answers 1 for whatever a process says, so outcome.json is believed.
START = """\
torchrun --nnodes {hosts} --nproc-per-node {slots} --node-rank "${{HOSTNAME##*-}}" \\
  --master-addr {name}-0.{name} --master-port {port} -- launch/pretrain.py {words}
code=$(python -c 'import json, sys; print(json.load(open(sys.argv[1]))["code"])' {outcome} 2>/dev/null || echo 1)
case "$code" in 0|2) echo "ended with $code: see {outcome}"; exec sleep infinity ;; esac
exit 1
"""


def render(
    target: str,
    recipe: str,
    overrides: Sequence[str],
    run: Path,
    num_hosts: int,
    slots: int,
    image: str | None = None,
    claim: str = "medpretrain",
    mount: str = "/data",
) -> str:
    """The text for one target, after the recipe and its tensor parallel groups were checked against the hosts.

    Args:
        image: the container's image (k8s only); it holds this repository in its working directory.
        claim, mount: the PersistentVolumeClaim that all pods share, and where they see it (k8s only).

    Raises:
        InputError or InputErrors: the recipe does not fit the hosts, or the target lacks something.
    """
    settings = load_recipe(recipe, overrides, num_hosts * slots)
    hosts = [Host(f"node-{number:02}", slots) for number in range(1, num_hosts + 1)]
    check_tensor_parallel(hosts[:1], settings.parallel.tensor, f"{num_hosts} hosts")
    words = ["--recipe", recipe, "--run", str(run), *overrides]
    if target == "slurm":
        size = [f"--nodes={num_hosts}", f"--gpus-per-node={slots}"]
        return shlex.join(["sbatch", *size, "launch/pretrain.sbatch", *words]) + "\n"
    if target == "hostfile":
        comment = f"{num_hosts} hosts of {slots} processes. Replace the names by yours; all must be reached by ssh without a password."
        return format_hostfile(hosts, comment)
    assert target == "k8s", target
    if image is None:
        raise InputError("--image", "is missing", "a container image with medpretrain in it", "add --image NAME:TAG")
    if not run.is_relative_to(mount):
        found = f"is {run}, which no pod shares with the others"
        raise InputError("--run", found, f"a directory below {mount}, where the shared volume is", f"give --run {mount}/{run.name}")
    resources = kubernetes_resources(settings.name, words, run, num_hosts, slots, image, claim, mount)
    return yaml.dump_all(resources, Dumper=_Dumper, sort_keys=False, width=160)


def kubernetes_resources(
    recipe_name: str, words: Sequence[str], run: Path, num_hosts: int, slots: int, image: str, claim: str, mount: str
) -> list[dict[str, Any]]:
    """A headless Service, by which pods find the first of them, and the StatefulSet whose pods' ordinals are the ranks of the hosts."""
    name = kubernetes_name(f"{recipe_name}-{run.name}")
    labels = {"app.kubernetes.io/name": "medpretrain", "app.kubernetes.io/instance": name}
    outcome = shlex.quote(str(run / "outcome.json"))
    script = START.format(hosts=num_hosts, slots=slots, name=name, port=PORT, words=shlex.join(words), outcome=outcome)
    gpus = {"nvidia.com/gpu": slots}
    container = {
        "name": "train",
        "image": image,
        "command": ["bash", "-c", script],
        "ports": [{"name": "rendezvous", "containerPort": PORT}],
        "resources": {
            "requests": {"cpu": CORES * slots, "memory": f"{MEMORY_GIB * slots}Gi", **gpus},
            "limits": {"cpu": CORES_LIMIT * slots, "memory": f"{MEMORY_LIMIT_GIB * slots}Gi", **gpus},
        },
        "volumeMounts": [{"name": "shared", "mountPath": mount}, {"name": "memory", "mountPath": "/dev/shm"}],
    }
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "labels": labels},
        "spec": {
            "clusterIP": "None",
            "selector": labels,
            "publishNotReadyAddresses": True,  # they look for each other before any is ready
            "ports": [{"name": "rendezvous", "port": PORT}],
        },
    }
    stateful_set = {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": {"name": name, "labels": labels},
        "spec": {
            "serviceName": name,
            "replicas": num_hosts,
            "podManagementPolicy": "Parallel",  # in order, each would wait for the one before to be ready
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {
                    "terminationGracePeriodSeconds": 120,  # SIGTERM, then a checkpoint
                    "containers": [container],
                    "volumes": [
                        {"name": "shared", "persistentVolumeClaim": {"claimName": claim}},
                        {"name": "memory", "emptyDir": {"medium": "Memory"}},
                    ],
                },
            },
        },
    }
    return [service, stateful_set]


def kubernetes_name(words: str) -> str:
    """A name that Kubernetes takes for a Service: at most 63 of a-z, 0-9 and -, beginning with a letter; short enough for an ordinal."""
    name = re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-")
    return (name if name[:1].isalpha() else f"run-{name}")[:52].rstrip("-")


class _Dumper(yaml.SafeDumper):
    """Writes scripts as blocks, and each mapping in full, without anchors."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _as_block(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _as_block)
