"""How fast the command line answers: `medpretrain --help` beside a bare `python -c pass`."""

from __future__ import annotations

import subprocess
import sys
import time

from measure.pairs import measure_pairs


def seconds(*arguments: str) -> float:
    started = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def main() -> None:
    measured = measure_pairs(lambda: seconds("-m", "medpretrain", "--help"), lambda: seconds("-c", "pass"))
    print(measured.line("medpretrain --help", "s", "python -c pass"))


if __name__ == "__main__":
    main()
