"""How fast the command line answers: `medpretrain --help`, median of 5, beside a bare `python -c pass`."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

REPEATS = 5


def seconds(command: list[str]) -> float:
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def main() -> None:
    bare, command = [sys.executable, "-c", "pass"], [sys.executable, "-m", "medpretrain", "--help"]
    pairs = [(seconds(bare), seconds(command)) for _ in range(REPEATS)]  # interleaved, so that a busy machine slows both
    baseline, ours = (statistics.median(column) for column in zip(*pairs, strict=True))
    print(f"medpretrain --help   {ours:.3f} s, median of {REPEATS} (python -c pass: {baseline:.3f} s; ratio {ours / baseline:.1f})")


if __name__ == "__main__":
    main()
