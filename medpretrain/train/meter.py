"""How fast training goes: tokens a second over real tokens, and MFU from exact FLOPs where the device's peak is known. And how long its
start takes, by part."""

from __future__ import annotations

import re
import time

# Dense bf16 peak in FLOPs a second, by the words of the device's name (vendors' data sheets; the first that fits counts).
PEAK_FLOPS = {
    "GH200": 989e12,
    "H200": 989e12,
    "H100 PCIe": 756e12,
    "H100": 989e12,
    "A100": 312e12,
    "A10": 125e12,
    "A40": 150e12,
    "L40S": 362e12,
    "V100": 125e12,
}


def peak_flops(device_name: str) -> float | None:
    """Peak of one device in FLOPs a second; None where it is not known (a CPU, say): then no MFU is shown rather than a guess."""
    return next((peak for words, peak in PEAK_FLOPS.items() if re.search(rf"\b{words}\b", device_name)), None)


class Meter:
    """Tokens a second since the last reading, and the share of the devices' peak that they amount to.

    Args:
        flops_per_token: of forward and backward, for one real token.
        num_devices: all devices of the job.
        peak: one device's peak in FLOPs a second, or None.
    """

    def __init__(self, flops_per_token: float, num_devices: int, peak: float | None) -> None:
        self._flops_per_token, self._num_devices, self._peak = flops_per_token, num_devices, peak
        self._tokens = 0
        self._started = time.perf_counter()

    def add(self, num_tokens: int) -> None:
        self._tokens += num_tokens

    def read(self) -> dict[str, float | None]:
        """`tokens_per_second` and `mfu` (None where the peak is not known) since the last reading; starts the next stretch."""
        now = time.perf_counter()
        rate = self._tokens / (now - self._started)
        self.restart()
        mfu = None if self._peak is None else rate * self._flops_per_token / (self._num_devices * self._peak)
        return {"tokens_per_second": rate, "mfu": mfu}

    def restart(self) -> None:
        """Begin a new stretch, so that what was not training (validation, a save) does not count."""
        self._tokens = 0
        self._started = time.perf_counter()


class Stopwatch:
    """Seconds by part. It runs from when it is made."""

    def __init__(self) -> None:
        self._seconds: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, part: str) -> None:
        """Count the time since the last call to this part, which may come again."""
        now = time.perf_counter()
        self._seconds[part] = self._seconds.get(part, 0.0) + now - self._last
        self._last = now

    @property
    def seconds(self) -> dict[str, float]:
        """What was counted, rounded to milliseconds."""
        return {part: round(seconds, 3) for part, seconds in self._seconds.items()}
