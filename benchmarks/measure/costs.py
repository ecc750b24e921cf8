"""What a process and all below it take while they run: memory and CPU time."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterator
from pathlib import Path

SAMPLE_SECONDS = 0.2


def tree_of(process: int) -> Iterator[int]:
    yield process
    try:
        for thread in os.listdir(f"/proc/{process}/task"):
            for child in Path(f"/proc/{process}/task/{thread}/children").read_text().split():
                yield from tree_of(int(child))
    except (FileNotFoundError, ProcessLookupError):
        return


class CostOf:
    """What a process and all below it take: the peaks of PSS and of its anonymous part in bytes, CPU seconds. Use it in a `with`."""

    def __init__(self, process: int) -> None:
        self.peak, self.anonymous_peak = 0, 0
        self._cpu_seconds: dict[int, float] = {}
        self._process, self._ended = process, threading.Event()
        self._thread = threading.Thread(target=self._watch)

    @property
    def cpu_seconds(self) -> float:
        """Of all processes, each as it was last seen."""
        return sum(self._cpu_seconds.values())

    def _watch(self) -> None:
        while not self._ended.wait(SAMPLE_SECONDS):
            sums = {"Pss": 0, "Pss_Anon": 0}
            for process in tree_of(self._process):
                try:
                    rollup = Path(f"/proc/{process}/smaps_rollup").read_text()
                    ticks = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[11:13]
                except OSError:
                    continue
                for name in sums:
                    sums[name] += 1024 * sum(map(int, re.findall(rf"^{name}:\s+(\d+) kB", rollup, re.MULTILINE)))
                self._cpu_seconds[process] = sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")
            self.peak, self.anonymous_peak = max(self.peak, sums["Pss"]), max(self.anonymous_peak, sums["Pss_Anon"])

    def __enter__(self) -> CostOf:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
