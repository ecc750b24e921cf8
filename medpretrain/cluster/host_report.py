"""What one host says of itself, for `medpretrain doctor`: `python -m medpretrain.cluster.host_report` reads what is asked as JSON from
stdin and prints one JSON object. Facts only; the asking host judges them.

Little more than the standard library: it must answer, and fast, where an installation is broken, for that is what is looked for.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

PACKAGE = Path(__file__).resolve().parents[1]
DISTRIBUTIONS = ("torch", "deepspeed", "numpy", "pydantic", "safetensors", "tokenizers", "transformers", "blake3")
GPU_FIELDS = [
    *("index", "uuid", "name", "pstate", "memory.used", "memory.total", "temperature.gpu", "ecc.errors.uncorrected.volatile.total"),
    *("ecc.errors.uncorrected.aggregate.total", "retired_pages.pending", "clocks_event_reasons.active"),
]
OLDER_NAMES = {"clocks_event_reasons.active": ["clocks_throttle_reasons.active"]}  # before driver 535
ROW_FIELDS = ["gpu_uuid", "remapped_rows.correctable", "remapped_rows.uncorrectable", "remapped_rows.pending", "remapped_rows.failure"]
NVIDIA_SMI_SECONDS, MATRIX_SECONDS = 30, 120
CGROUP_MEMORY = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


def report(shards: Sequence[str], run: str | None, token: str | None, matrix: bool) -> dict[str, Any]:
    """Everything the doctor asks of a host.

    Args:
        shards: packed datasets that must be there.
        run: the run's directory; its file system is looked at.
        token: a file that the asking host has just made: whether this host sees it.
        matrix: whether to check a matrix product, in a process of its own, as torch takes seconds to import.
    """
    facts: dict[str, Any] = {"started": time.time(), "hostname": socket.gethostname(), "address": _address(), "free_port": _free_port()}
    facts["code"] = package_hash(PACKAGE)
    facts["versions"] = {"python": platform.python_version(), **_versions()}
    facts["shards"] = {directory: _dataset(Path(directory)) for directory in shards}
    facts["disk"] = None if run is None else _disk(Path(run))
    facts["sees_token"] = None if token is None else os.path.exists(token)
    facts["cores"] = len(os.sched_getaffinity(0))
    facts["memory_bytes"], facts["available_bytes"] = _memory()
    facts["infiniband"] = _infiniband(Path("/sys/class/infiniband"))
    facts["gpus"] = ask_nvidia_smi("nvidia-smi")
    facts["matrix"] = _matrix() if matrix else None
    facts["ended"] = time.time()
    return facts


def package_hash(package: Path) -> str:
    """A hash of the names and bytes of all the package's files: equal code, equal hash, however it was installed."""
    hasher = hashlib.sha256()
    for path in sorted(path for pattern in ("*.py", "*.yaml") for path in package.rglob(pattern)):
        hasher.update(f"{path.relative_to(package)}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
    return hasher.hexdigest()


def ask_nvidia_smi(command: str) -> dict[str, str] | None:
    """What nvidia-smi prints of the GPUs, stdout and stderr together: `query` and `remapped` (see `gpu_health`); None where there is no
    such command. A field that its driver does not know is left out."""
    try:
        query = _ask(command, "query-gpu", [*GPU_FIELDS])
    except FileNotFoundError:
        return None
    return {"query": query, "remapped": _ask(command, "query-remapped-rows", [*ROW_FIELDS])}


def _ask(command: str, query: str, fields: list[str]) -> str:
    while True:
        words = [command, f"--{query}={','.join(fields)}", "--format=csv"]
        try:
            answer = subprocess.run(
                words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=NVIDIA_SMI_SECONDS, check=False
            )
        except subprocess.TimeoutExpired:  # as it does where the driver hangs
            return f"GPU is lost: nvidia-smi did not answer within {NVIDIA_SMI_SECONDS} s"
        unknown = re.search(r'Field "([^"]+)" is not a valid field', answer.stdout)
        if unknown is None or unknown[1] not in fields:
            return answer.stdout
        place = fields.index(unknown[1])
        fields[place : place + 1] = OLDER_NAMES.get(unknown[1], [])


def _address() -> str | None:
    """The address at which the asking host reached this one by ssh."""
    words = os.environ.get("SSH_CONNECTION", "").split()
    return words[2] if len(words) == 4 else None


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("", 0))
        return int(listener.getsockname()[1])


def _versions() -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for name in DISTRIBUTIONS:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = None
    return found


def _dataset(directory: Path) -> dict[str, Any]:
    """Identity and tokenizer of a packed dataset, its file sizes checked; or the `problem` with it."""
    try:
        from medpretrain.manifest import check_sizes, read_manifest

        manifest = read_manifest(directory)
        check_sizes(directory, manifest)
        tokenizer = hashlib.sha256((directory / "tokenizer.json").read_bytes()).hexdigest()
    except (ImportError, OSError, ValueError) as error:
        return {"problem": str(error)}
    return {"identity": manifest.identity, "tokenizer": tokenizer}


def _disk(run: Path) -> dict[str, Any]:
    """The file system of a directory that need not exist yet: free bytes and files (None where it does not count them)."""
    place = run.absolute()
    while not place.exists() and place != place.parent:
        place = place.parent
    try:
        disk = os.statvfs(place)
    except OSError as error:
        return {"problem": f"{place} cannot be used ({error.strerror})"}
    free_files = disk.f_favail if disk.f_files else None
    return {"free_bytes": disk.f_bavail * disk.f_frsize, "free_files": free_files, "writable": os.access(place, os.W_OK | os.X_OK)}


def _memory() -> tuple[int, int]:
    """Bytes of memory of the machine (or of the container this runs in), and of those free to use."""
    kib = {name: int(value) for name, value in re.findall(r"(?m)^(\w+):\s+(\d+) kB$", Path("/proc/meminfo").read_text())}
    total, available = 1024 * kib["MemTotal"], 1024 * kib["MemAvailable"]
    for path in CGROUP_MEMORY:
        try:
            limit = int(Path(path).read_text())
        except (OSError, ValueError):  # no such control group, or no limit ("max")
            continue
        total, available = min(total, limit), min(available, limit)
    return total, available


def _infiniband(root: Path) -> list[dict[str, str]]:
    """Each InfiniBand port: its state (`4: ACTIVE`) and rate (`200 Gb/sec (4X HDR)`)."""
    ports = []
    for state in sorted(root.glob("*/ports/*/state")):
        rate = state.with_name("rate")
        ports.append(
            {
                "port": f"{state.parents[2].name}/{state.parent.name}",
                "state": state.read_text().strip(),
                "rate": rate.read_text().strip() if rate.exists() else "",
            }
        )
    return ports


def _matrix() -> dict[str, Any]:
    try:
        words = [sys.executable, "-m", "medpretrain.cluster.matrix_check"]
        done = subprocess.run(words, capture_output=True, text=True, timeout=MATRIX_SECONDS, check=True)
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer
    except subprocess.TimeoutExpired:
        return {"problem": f"it had not ended after {MATRIX_SECONDS} s"}
    except subprocess.CalledProcessError as error:
        lines = error.stderr.strip().splitlines() or [f"status {error.returncode}"]
        return {"problem": lines[-1]}


if __name__ == "__main__":
    print(json.dumps(report(**json.load(sys.stdin))), flush=True)
