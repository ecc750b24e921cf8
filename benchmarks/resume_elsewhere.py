"""Going on at another topology: a ZeRO-3 job saved by four processes is resumed by two, for models of three sizes.

Ours reads what the four wrote: found, every byte verified, and each rank's slices copied out of the mapped files. DeepSpeed's way is to
convert its checkpoint with `ds_to_universal` (two workers) and to load what that wrote. TP is 1, as DeepSpeed's conversion knows no TP but
its own; both jobs hold the same model and state. Seconds from the begin until the last rank is loaded, start-up not counted (the
converter's imports are: it is a program of its own). Files are not in memory before.

Memory is the most private memory (RssAnon) that a rank grew by while it loaded, and all that the converter and its workers had. What grows
by itself is Adam's state, which an engine that has not trained yet does not have: 8 bytes for each parameter of the rank's share.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import torch
import torch.distributed as dist
from measure.files import drop_from_page_cache
from measure.pairs import measure_pairs
from measure.training import batches

from medpretrain.checkpoint.reader import CheckpointReader
from medpretrain.log import logger
from medpretrain.model.counts import count_parameters
from medpretrain.model.initialise import blank_weights, initial_weights
from medpretrain.parallel.mesh import build_mesh, read_place
from medpretrain.train.ds_config import resolve_ds_config
from medpretrain.train.engine import Engine, start_processes
from medpretrain.train.saving import Saver, find_checkpoint, load_checkpoint
from medpretrain.train.settings import Recipe

WRITERS, READERS = 4, 2
SIZES = {  # hidden size, layers -> parameters, of which 2 x 16,384 x hidden size are the vocabulary's
    "small": (512, 12),
    "middle": (1024, 10),
    "large": (1024, 25),
}
PAIRS = 3


def recipe_of(size: str) -> Recipe:
    hidden_size, num_layers = SIZES[size]
    heads = {"num_heads": hidden_size // 64, "num_kv_heads": hidden_size // 128, "head_size": 64}
    return Recipe.model_validate(
        {
            "name": size,
            "model": {
                "vocab_size": 16_384,
                "hidden_size": hidden_size,
                "num_layers": num_layers,
                **heads,
                "ffn_size": 11 * hidden_size // 4,
            },
            "data": {"seq_len": 16},
            "batch": {"global_rows": 1, "micro_rows": 1},  # of each replica: a step is only made to have the optimizer's state
            "schedule": {"total_steps": 1, "warmup_steps": 0},
            "precision": "bf16",
            "checkpoint": {"every_steps": 1},
        }
    )


# One rank of a job: `write`, `ours` (load our checkpoint) or `universal` (load DeepSpeed's converted one).


def rank_of(role: str, size: str, work: Path) -> None:
    logger.setLevel("WARNING")
    mesh = build_mesh(read_place(), 1, start_processes(read_place()))
    recipe = recipe_of(size)
    zero: dict[str, Any] = {"stage": 3, "reduce_bucket_size": 5 * 10**6, "stage3_prefetch_bucket_size": 5 * 10**6}
    ds_config = resolve_ds_config({"zero_optimization": zero}, "benchmark", recipe, mesh.dp_size, num_rounds=1)
    ds_config["checkpoint"] = {"load_universal": role == "universal"}
    weights = initial_weights(recipe.model, 0, 0, 1, torch.bfloat16) if role == "write" else blank_weights(recipe.model, 1, torch.bfloat16)
    engine = Engine(recipe, ds_config, mesh, weights)
    if role == "write":
        engine.train_step(batches(recipe, 1)[0], 1e-4)
        saver = Saver(work / "run", 1, engine, mesh, recipe.checkpoint)
        saver.begin(1, lambda: {"step": 1})
        saver.finish()
        engine._engine.save_checkpoint(str(work / "deepspeed"), tag="1", client_state={"universal_checkpoint_info": {}})
    else:
        measured = load(lambda: load_ours(work, mesh, engine) if role == "ours" else load_universal(work, engine))
        assert role != "ours" or next(engine.held_slices()).step == 1, "Adam's state was not loaded"
        everyones: list[Any] = [None] * mesh.world_size
        dist.all_gather_object(everyones, measured)
        if mesh.rank == 0:
            print(json.dumps({"seconds": everyones[0]["seconds"], "bytes": max(each["bytes"] for each in everyones)}), flush=True)
    dist.barrier()
    os._exit(0)  # libraries may abort in their teardown


def load_ours(work: Path, mesh: Any, engine: Engine) -> None:
    found, _ = find_checkpoint(work / "run", mesh)
    assert found is not None
    load_checkpoint(CheckpointReader(found), engine, mesh)


def load_universal(work: Path, engine: Engine) -> None:
    loaded, _ = engine._engine.load_checkpoint(str(work / "universal"), tag="1", load_module_strict=False)
    assert loaded is not None


def load(work: Callable[[], None]) -> dict[str, float]:
    """Seconds until all ranks have done the work, and the private memory that this one grew by at most."""
    dist.barrier()
    before = private_bytes([psutil.Process()])
    with Peak([psutil.Process()]) as peak:
        started = time.perf_counter()
        work()
        dist.barrier()
        seconds = time.perf_counter() - started
    return {"seconds": seconds, "bytes": peak.bytes - before}


class Peak:
    """The most private memory that processes have in all, looked at every few milliseconds."""

    def __init__(self, processes: list[psutil.Process], children: bool = False) -> None:
        self._processes, self._children, self._over = processes, children, threading.Event()
        self._thread = threading.Thread(target=self._look)
        self.bytes = 0

    def __enter__(self) -> Peak:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(0.005):
            try:
                below = [child for process in self._processes for child in process.children(recursive=True)] if self._children else []
            except psutil.NoSuchProcess:
                return  # what was looked at has ended
            self.bytes = max(self.bytes, private_bytes([*self._processes, *below]))


def private_bytes(processes: list[psutil.Process]) -> int:
    total = 0
    for process in processes:
        try:
            status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
        except OSError:
            continue  # it has ended
        total += sum(1024 * int(line.split()[1]) for line in status.splitlines() if line.startswith("RssAnon"))
    return total


# The benchmark itself.


def job(num_processes: int, role: str, size: str, work: Path) -> dict[str, float]:
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={num_processes}"]
    environment = {**os.environ, "DS_ACCELERATOR": "cpu", "OMP_NUM_THREADS": "1", "PYTHONWARNINGS": "ignore"}
    done = subprocess.run([*launch, __file__, "--rank-of", role, size, str(work)], env=environment, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr)
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    return json.loads(lines[-1]) if lines else {}


def convert(work: Path) -> dict[str, float]:
    shutil.rmtree(work / "universal", ignore_errors=True)
    folders = ["--input_folder", str(work / "deepspeed" / "1"), "--output_folder", str(work / "universal" / "1")]
    workers = ["--num_extract_workers", "2", "--num_merge_workers", "2"]
    started = time.perf_counter()
    command = [sys.executable, "-m", "deepspeed.checkpoint.ds_to_universal", *folders, *workers]
    process = subprocess.Popen(
        command, env={**os.environ, "DS_ACCELERATOR": "cpu"}, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    with Peak([psutil.Process(process.pid)], children=True) as peak:
        _, complaint = process.communicate()
    if process.returncode:
        sys.exit(complaint)
    return {"seconds": time.perf_counter() - started, "bytes": peak.bytes}


def compare(size: str, work: Path, num_pairs: int) -> None:
    job(WRITERS, "write", size, work)
    peaks: dict[str, float] = {"ours": 0, "converter": 0, "universal": 0}

    def ours() -> float:
        drop_from_page_cache(work)
        loaded = job(READERS, "ours", size, work)
        peaks["ours"] = max(peaks["ours"], loaded["bytes"])
        return loaded["seconds"]

    def theirs() -> float:
        drop_from_page_cache(work)
        converted, loaded = convert(work), job(READERS, "universal", size, work)
        peaks["converter"], peaks["universal"] = max(peaks["converter"], converted["bytes"]), max(peaks["universal"], loaded["bytes"])
        return converted["seconds"] + loaded["seconds"]

    num_parameters = count_parameters(recipe_of(size).model)
    measured = measure_pairs(ours, theirs, num_pairs)
    print(measured.line(f"{num_parameters:,} parameters, 4 processes -> 2", "s", "ds_to_universal and loading", ",.1f"), flush=True)
    print(
        f"  private memory: ours {peaks['ours'] / 1e6:,.0f} MB a rank; DeepSpeed {peaks['universal'] / 1e6:,.0f} MB a rank, "
        f"its converter {peaks['converter'] / 1e6:,.0f} MB (a rank's share of Adam's state: {8 * num_parameters / READERS / 1e6:,.0f} MB)",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rank-of", nargs=3, metavar=("ROLE", "SIZE", "DIRECTORY"), help=argparse.SUPPRESS)
    parser.add_argument("--sizes", nargs="+", choices=SIZES, default=list(SIZES), help="default: all")
    parser.add_argument("--pairs", type=int, default=PAIRS, help="default: %(default)s")
    words = parser.parse_args()
    if words.rank_of:
        role, size, work = words.rank_of
        rank_of(role, size, Path(work))
    for size in words.sizes:
        with tempfile.TemporaryDirectory() as work:
            compare(size, Path(work), words.pairs)


if __name__ == "__main__":
    main()
