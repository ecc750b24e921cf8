"""Tokens a second and MFU, with a clock that the test sets."""

from __future__ import annotations

import pytest

from medpretrain.train import meter
from medpretrain.train.meter import Meter, Stopwatch, peak_flops


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def perf_counter(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(meter, "time", clock)
    return clock


def test_speed_and_mfu_of_a_stretch(clock: Clock) -> None:
    a100s = Meter(flops_per_token=42.04e9, num_devices=256, peak=312e12)
    a100s.add(4_000_000)
    a100s.add(275_000)
    clock.now += 5.0
    speed = a100s.read()
    assert speed["tokens_per_second"] == 855_000
    assert speed["mfu"] == pytest.approx(0.45, abs=1e-4)  # 256 A100 at 45 % are 855,000 tokens a second


def test_a_reading_begins_the_next_stretch(clock: Clock) -> None:
    one = Meter(1e9, 1, None)
    one.add(1000)
    clock.now += 10.0
    assert one.read() == {"tokens_per_second": 100.0, "mfu": None}
    one.add(50)
    clock.now += 1.0
    assert one.read() == {"tokens_per_second": 50.0, "mfu": None}


def test_a_restart_leaves_out_what_was_not_training(clock: Clock) -> None:
    one = Meter(1e9, 1, 1e12)
    one.add(1000)
    clock.now += 1000.0
    one.restart()
    one.add(30)
    clock.now += 2.0
    assert one.read() == {"tokens_per_second": 15.0, "mfu": 0.015}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("NVIDIA A100-SXM4-80GB", 312e12),
        ("NVIDIA A100 80GB PCIe", 312e12),
        ("NVIDIA H100 80GB HBM3", 989e12),
        ("NVIDIA H100 PCIe", 756e12),
        ("NVIDIA H200", 989e12),
        ("NVIDIA GH200 480GB", 989e12),
        ("NVIDIA A10", 125e12),
        ("NVIDIA L40S", 362e12),
        ("Tesla V100-SXM2-32GB", 125e12),
        ("NVIDIA RTX A1000", None),  # no A100
        ("NVIDIA RTX A4000", None),  # no A40
        ("NVIDIA A10G", None),  # slower than an A10
        ("cpu", None),
    ],
)
def test_peak_by_the_devices_name(name: str, expected: float | None) -> None:
    assert peak_flops(name) == expected


def test_a_stopwatch_counts_each_moment_to_one_part(clock: Clock) -> None:
    stopwatch = Stopwatch()
    assert stopwatch.seconds == {}
    for part, seconds in (("build", 1.0), ("load", 0.25), ("build", 0.5004), ("load", 0.25)):
        clock.now += seconds
        stopwatch.lap(part)
    assert stopwatch.seconds == {"build": 1.5, "load": 0.5}
