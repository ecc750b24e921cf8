"""Checkpoints of a 52-million-parameter model under ZeRO-3 in bf16: seconds a GB of its state (fp32 weights and Adam's moments, 12 bytes a
parameter), on one process and on four (TP 2 x DP 2).

- Saving, from its begin to its end: every rank copies, writes, checksums and fsyncs its slices; rank 0 checks that they are whole and
  publishes them. Beside `torch.save` of the same tensors, one file a rank, without fsync (a power cut may lose what it has written) and
  with; and beside DeepSpeed's `save_checkpoint` of the same engine, which neither fsyncs nor checksums.
- What of it training waits for: the copy, where the update follows at once, and where a step's forward and backward passes over 1,024
  tokens come between. Beside DeepSpeed's `save_checkpoint`, for all of which training waits. And how much slower steps are while a
  thread writes, beside steps while none does.
- Verifying: every byte against its checksum, every element there exactly once; by one process, as at the start of a run. Beside reading
  the same files, and beside `torch.load` of what `torch.save` wrote, by each rank its own file, which compares nothing.
- Resuming: the newest checkpoint found, verified, opened and loaded into the engine. Beside DeepSpeed's `load_checkpoint`.

What is read is put out of the page cache before, as far as the file system lets it be. All files lie in the temporary directory (TMPDIR),
and are removed.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import torch
import torch.distributed as dist
from measure.files import drop_from_page_cache
from measure.pairs import measure_pairs
from measure.training import batches

from medpretrain.checkpoint.paths import step_directory
from medpretrain.checkpoint.reader import CheckpointReader
from medpretrain.checkpoint.verify import verify_checkpoint
from medpretrain.log import logger
from medpretrain.model.counts import count_parameters
from medpretrain.model.initialise import initial_weights
from medpretrain.parallel.mesh import Mesh, build_mesh, read_place
from medpretrain.train.ds_config import resolve_ds_config
from medpretrain.train.engine import Engine, start_processes
from medpretrain.train.saving import Saver, SaveResult, find_checkpoint, load_checkpoint
from medpretrain.train.settings import Recipe

TOPOLOGIES = ((1, 1), (4, 2))  # processes, tensor parallel size
SHAPE = {"hidden_size": 512, "num_layers": 12, "num_heads": 8, "num_kv_heads": 4, "head_size": 64, "ffn_size": 1408}
RECIPE = {
    "name": "checkpoint",
    "model": {"vocab_size": 16_384, **SHAPE},
    "data": {"seq_len": 512},
    "batch": {"global_rows": 2, "micro_rows": 2},  # of each replica
    "schedule": {"total_steps": 1, "warmup_steps": 0},
    "precision": "bf16",
    "checkpoint": {"every_steps": 1},
}


class Rivals:
    """The three ways to save and load the state of one engine. Every method is collective; those that measure give seconds a GB."""

    def __init__(self, engine: Engine, mesh: Mesh, recipe: Recipe, work: Path) -> None:
        self._engine, self._mesh, self._recipe = engine, mesh, recipe
        self._run, self._torch, self._deepspeed = work / "run", work / "torch", work / "deepspeed"
        self.num_parameters = count_parameters(recipe.model)
        self._batch = batches(recipe, 1)[0]
        self._results: list[SaveResult] = []
        self._saver = Saver(self._run, 1, engine, mesh, recipe.checkpoint, report=self._results.append)

    def save(self) -> float:
        def work() -> None:
            self._saver.begin(1, lambda: {"step": 1})
            self._saver.wait_copied()
            self._saver.finish()

        seconds = self._seconds(work, remove=self._run)
        assert self._results[-1].failure is None, self._results[-1].failure
        return seconds

    def stall(self) -> float:
        self.save()
        return self._stall_of_last_save()

    def stall_beside_a_step(self) -> float:
        def work() -> None:
            self._saver.begin(1, lambda: {"step": 1})
            self._step()
            self._saver.finish()

        self._seconds(work, remove=self._run)
        return self._stall_of_last_save()

    def step_beside_writing(self) -> float:
        """Seconds of a step, whose update is behind the copy."""
        self._seconds(lambda: None, remove=self._run)
        self._saver.begin(1, lambda: {"step": 1})
        self._saver.wait_copied()
        seconds = self.step_alone()
        busy = torch.tensor([float(self._saver.is_busy())])
        dist.all_reduce(busy, op=dist.ReduceOp.MAX)
        self._saver.finish()
        if not busy.item():
            logger.warning("the writing ended before the step did")
        return seconds

    def step_alone(self) -> float:
        dist.barrier()
        started = time.perf_counter()
        self._step()
        dist.barrier()
        return time.perf_counter() - started

    def _step(self) -> None:
        self._engine.train_step(self._batch, 1e-4, self._saver.wait_copied)

    def _stall_of_last_save(self) -> float:
        """Of the rank that waited longest."""
        stall = torch.tensor([self._results[-1].stall_seconds])
        dist.all_reduce(stall, op=dist.ReduceOp.MAX)
        return stall.item() / (12 * self.num_parameters / 1e9)

    def torch_save(self, fsync: bool = False) -> float:
        held = {held.parameter.name: held.values for held in self._engine.held_slices()}

        def work() -> None:
            with open(self._torch_file, "wb") as file:
                torch.save(held, file)
                if fsync:
                    file.flush()
                    os.fsync(file.fileno())

        return self._seconds(work, remove=self._torch)

    def torch_save_and_fsync(self) -> float:
        return self.torch_save(fsync=True)

    def deepspeed_save(self) -> float:
        return self._seconds(lambda: self._engine._engine.save_checkpoint(str(self._deepspeed), tag="1"), remove=self._deepspeed)

    def verify(self) -> float:
        return self._seconds(lambda: self._mesh.rank or verify_checkpoint(step_directory(self._run, 1)), forget=self._run)

    def read_files(self) -> float:
        def work() -> None:
            buffer = bytearray(2**20)
            for path in self._run.rglob("*") if self._mesh.rank == 0 else ():
                if path.is_file():
                    with open(path, "rb", buffering=0) as file:
                        while file.readinto(buffer):
                            pass

        return self._seconds(work, forget=self._run)

    def torch_load(self) -> float:
        return self._seconds(lambda: torch.load(self._torch_file), forget=self._torch)

    def resume(self) -> float:
        def work() -> None:
            found, _ = find_checkpoint(self._run, self._mesh)
            assert found is not None
            load_checkpoint(CheckpointReader(found), self._engine, self._mesh)

        return self._seconds(work, forget=self._run)

    def deepspeed_load(self) -> float:
        def work() -> None:
            loaded, _ = self._engine._engine.load_checkpoint(str(self._deepspeed), tag="1")
            assert loaded is not None

        return self._seconds(work, forget=self._deepspeed)

    def bytes_a_parameter(self) -> str:
        sizes = {"medpretrain": self._run, "torch.save": self._torch, "DeepSpeed": self._deepspeed}
        return ", ".join(f"{name} {bytes_below(directory) / self.num_parameters:.3f}" for name, directory in sizes.items())

    @property
    def _torch_file(self) -> Path:
        return self._torch / f"{self._mesh.rank}.pt"

    def _seconds(self, work: Callable[[], object], remove: Path | None = None, forget: Path | None = None) -> float:
        """From where all ranks begin until the last one has done its work, on a quiet disk: an empty directory `remove`, or files in
        `forget` that are not in memory."""
        if self._mesh.rank == 0:
            if remove is not None:
                shutil.rmtree(remove, ignore_errors=True)
                remove.mkdir()
            os.sync()
            if forget is not None:
                drop_from_page_cache(forget)
        dist.barrier()
        started = time.perf_counter()
        work()
        dist.barrier()
        return (time.perf_counter() - started) / (12 * self.num_parameters / 1e9)


def bytes_below(directory: Path) -> int:
    return sum(path.stat().st_size for path in directory.rglob("*") if path.is_file())


def measure(work: Path, tp_size: int) -> None:
    """One rank of a job: all figures of its topology, printed by rank 0."""
    logger.setLevel("WARNING")
    place = read_place()
    mesh = build_mesh(place, tp_size, start_processes(place))
    recipe = Recipe.model_validate({**RECIPE, "parallel": {"tensor": tp_size}})
    ds_config = resolve_ds_config({"zero_optimization": {"stage": 3}}, "benchmark", recipe, mesh.dp_size, num_rounds=1)
    engine = Engine(recipe, ds_config, mesh, initial_weights(recipe.model, recipe.seed, mesh.tensor.rank, tp_size, torch.bfloat16))
    engine.train_step(batches(recipe, 1)[0], 1e-4)  # to have the optimizer's state

    rivals = Rivals(engine, mesh, recipe, work)
    where = f"{mesh.world_size} process{'es' if mesh.world_size > 1 else ''}"
    lines = [
        ("save", rivals.save, rivals.torch_save, "torch.save, no fsync"),
        ("save", rivals.save, rivals.torch_save_and_fsync, "torch.save and fsync"),
        ("save", rivals.save, rivals.deepspeed_save, "DeepSpeed save_checkpoint, no fsync"),
        ("stall of a save before an update", rivals.stall, rivals.deepspeed_save, "DeepSpeed save_checkpoint, no fsync"),
        ("stall of a save before a step", rivals.stall_beside_a_step, rivals.deepspeed_save, "DeepSpeed save_checkpoint, no fsync"),
        ("verify", rivals.verify, rivals.read_files, "reading the same files, nothing compared"),
        ("verify", rivals.verify, rivals.torch_load, "torch.load, nothing compared"),
        ("find, verify and load", rivals.resume, rivals.deepspeed_load, "DeepSpeed load_checkpoint"),
    ]
    for name, ours, baseline, baseline_name in lines:
        line = measure_pairs(ours, baseline).line(f"{where}: {name}", "s/GB", baseline_name)
        if mesh.rank == 0:
            print(line, flush=True)
    line = measure_pairs(rivals.step_beside_writing, rivals.step_alone).line(
        f"{where}: a step while a save is written", "s", "none is written"
    )
    if mesh.rank == 0:
        print(line, flush=True)
        print(f"{where}: bytes a parameter on disk: {rivals.bytes_a_parameter()}", flush=True)
    dist.barrier()
    os._exit(0)  # libraries may abort in their teardown


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rank-of", nargs=2, metavar=("DIRECTORY", "TENSOR"), help=argparse.SUPPRESS)
    words = parser.parse_args()
    if words.rank_of:
        measure(Path(words.rank_of[0]), int(words.rank_of[1]))
    for num_processes, tp_size in TOPOLOGIES:
        with tempfile.TemporaryDirectory() as work:
            launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={num_processes}"]
            environment = {**os.environ, "DS_ACCELERATOR": "cpu", "OMP_NUM_THREADS": "1", "PYTHONWARNINGS": "ignore"}
            command = [*launch, __file__, "--rank-of", work, str(tp_size)]
            done = subprocess.run(command, env=environment, stderr=subprocess.PIPE, text=True)
            if done.returncode:
                sys.exit(done.stderr)


if __name__ == "__main__":
    main()
