"""Starting a job of four processes by torchrun on this machine, fresh and resumed, by part: ours beside a plain DeepSpeed program of the
same model and topology (measure/plain_deepspeed.py), in turn. Seconds from the command until the first step is in the metrics.

Then what one process of ours imports until it trains, by package: seconds that its modules' own code takes to run, and how many they are.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from measure.starts import OURS, PARTS, PLAIN, PROCESSES, REPOSITORY, SAVE_EVERY, our_words, pack_rows, plain_words, start_after, table

PAIRS = 3
LAUNCHER = {"launcher": "from the command to the begin of rank 0's process: torchrun, which imports torch itself"}
TOLD_BY_MODULE = ("torch", "deepspeed", "medpretrain")  # of these, packages of the second level are told by themselves
MOST_LINES = 15
ENVIRONMENT = {**os.environ, "DS_ACCELERATOR": "cpu", "OMP_NUM_THREADS": "1", "PYTHONWARNINGS": "ignore"}


def start(command: list[str], run: Path, resumes: bool) -> dict[str, float]:
    """Run the job to its end; its seconds by part."""
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={PROCESSES}", "--"]
    begun = time.time()
    done = subprocess.run([*launch, *command], env=ENVIRONMENT, cwd=REPOSITORY, capture_output=True, text=True)
    found = start_after(run, begun)
    if found is None or found[2] != resumes:
        sys.exit(f"{' '.join(command)} did not {'resume' if resumes else 'start'}:\n{done.stderr}")
    return {"launcher": found[0] - begun, **found[1]}


def fresh_and_resumed(program: str, work: Path, shards: Path) -> tuple[dict[str, float], dict[str, float]]:
    """A run of one save's steps, and one step more after a resume."""
    run = work / "run"
    shutil.rmtree(run, ignore_errors=True)
    starts = []
    for last_step, resumes in ((SAVE_EVERY, False), (SAVE_EVERY + 1, True)):
        ours = ["launch/pretrain.py", *our_words(run, shards, SAVE_EVERY + 1), f"stop_after_steps={SAVE_EVERY}"]
        plain = ["benchmarks/measure/plain_deepspeed.py", *plain_words(run, last_step)]
        starts.append(start(ours if program == OURS else plain, run, resumes))
    return starts[0], starts[1]


def imports(work: Path, shards: Path) -> list[tuple[str, float, int]]:
    """Package, seconds, and number of modules of what one process imports until it has trained a step; most seconds first."""
    words = our_words(work / "alone", shards, 2)
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "launch/pretrain.py", *words], env=ENVIRONMENT, cwd=REPOSITORY, capture_output=True, text=True
    )
    if done.returncode:
        sys.exit(re.sub(r"^import time:.*\n", "", done.stderr, flags=re.MULTILINE))
    seconds: dict[str, float] = defaultdict(float)
    modules: dict[str, int] = defaultdict(int)
    for microseconds, name in re.findall(r"^import time:\s+(\d+) \|\s+\d+ \|\s+(\S+)$", done.stderr, re.MULTILINE):
        package = ".".join(name.split(".")[: 2 if name.split(".")[0] in TOLD_BY_MODULE else 1])
        seconds[package] += int(microseconds) / 1e6
        modules[package] += 1
    return [(package, seconds[package], modules[package]) for package in sorted(seconds, key=lambda package: -seconds[package])]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=PAIRS, help="default: %(default)s")
    num_pairs = parser.parse_args().pairs
    with tempfile.TemporaryDirectory() as directory:
        work = Path(directory)
        shards = pack_rows(work)
        found: dict[str, list[tuple[dict[str, float], dict[str, float]]]] = {OURS: [], PLAIN: []}
        for number in range(num_pairs):
            for program in (OURS, PLAIN) if number % 2 == 0 else (PLAIN, OURS):
                found[program].append(fresh_and_resumed(program, work, shards))
        parts = {**LAUNCHER, **PARTS}
        for index, name in enumerate(("fresh start", "resumed")):
            print(f"{name}, {PROCESSES} processes, median (range) of {num_pairs}")
            print(table(list(parts), [each[index] for each in found[OURS]], [each[index] for each in found[PLAIN]]), flush=True)
        print("\n".join(f"  {part}: {meaning}" for part, meaning in parts.items()))
        imported = imports(work, shards)
        print(f"imports of one process alone: {sum(row[1] for row in imported):.2f} s in {sum(row[2] for row in imported):,} modules")
        for package, seconds, num_modules in imported[:MOST_LINES]:
            print(f"  {package:32}{seconds:7.3f} s{num_modules:6,} modules")


if __name__ == "__main__":
    main()
