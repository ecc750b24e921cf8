"""What nvidia-smi prints, read and judged.

No text here was recorded on a machine of ours. The layout of the CSV, the fields and the words for what is not told are those of NVIDIA's
documentation (`nvidia-smi --help-query-gpu`, the manual page, NVML's reference for the bits of the event reasons). The lines of failures,
and `No`/`Yes` for remapped rows, are as several owners of such machines have published them.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from medpretrain.cluster.findings import Finding
from medpretrain.cluster.gpu_health import Gpu, judge_gpus, parse_gpus
from medpretrain.cluster.settings import GpuThresholds

HEADER = (
    "index, uuid, name, pstate, memory.used [MiB], memory.total [MiB], temperature.gpu, ecc.errors.uncorrected.volatile.total, "
    "ecc.errors.uncorrected.aggregate.total, retired_pages.pending, clocks_event_reasons.active\n"
)
# By documentation: two A100s at rest, with the idle bit set.
TWO_WHOLE = HEADER + (
    "0, GPU-aaaa, NVIDIA A100-SXM4-80GB, P0, 4 MiB, 81920 MiB, 31, 0, 0, [N/A], 0x0000000000000001\n"
    "1, GPU-bbbb, NVIDIA A100-SXM4-80GB, P0, 4 MiB, 81920 MiB, 33, 0, 0, [N/A], 0x0000000000000001\n"
)
# By documentation, and published by owners: whether rows wait is Yes or No.
REMAPPED = (
    "gpu_uuid, remapped_rows.correctable, remapped_rows.uncorrectable, remapped_rows.pending, remapped_rows.failure\n"
    "GPU-aaaa, 0, 1, Yes, No\n"
    "GPU-bbbb, 0, 0, No, No\n"
)
# By documentation: a card without ECC, by a driver that still says `[Not Supported]` and `throttle`.
NO_ECC = (
    HEADER.replace("event_reasons", "throttle_reasons")
    + "0, GPU-cccc, Quadro P1000, P8, 12 MiB, 4040 MiB, 40, [Not Supported], [N/A], [Not Supported], 0x0000000000000004\n"
)
# Published by owners: GPU 3 fell off the bus; the others are listed before and behind, and the exit status may be 0.
ONE_LOST = HEADER + (
    "2, GPU-aaaa, NVIDIA A100-SXM4-80GB, P0, 4 MiB, 81920 MiB, 31, 0, 0, [N/A], 0x0000000000000001\n"
    "Unable to determine the device handle for GPU3: 0000:04:00.0: Unknown Error\n"
    "4, GPU-bbbb, NVIDIA A100-SXM4-80GB, P0, 4 MiB, 81920 MiB, 33, 0, 0, [N/A], 0x0000000000000001\n"
)

WHOLE = Gpu(0, "GPU-aaaa", "A100", "P0", 4.0, 81920.0, 31.0, 0, 0, False, False, False, 1)


def test_two_whole_gpus() -> None:
    gpus, failures = parse_gpus(TWO_WHOLE)
    assert failures == []
    assert gpus[0] == Gpu(0, "GPU-aaaa", "NVIDIA A100-SXM4-80GB", "P0", 4.0, 81920.0, 31.0, 0, 0, None, None, None, 1)
    assert (gpus[1].index, gpus[1].uuid, gpus[1].celsius) == (1, "GPU-bbbb", 33.0)
    judged = judge_gpus(gpus, failures, "node", GpuThresholds())
    assert judged == [Finding("ok", "GPU health", "node", "2 of NVIDIA A100-SXM4-80GB answer without a fault")]


def test_remapped_rows_belong_to_their_gpu() -> None:
    first, second = parse_gpus(TWO_WHOLE, REMAPPED)[0]
    assert (first.rows_pending, first.rows_failed) == (True, False)
    assert (second.rows_pending, second.rows_failed) == (False, False)
    as_numbers = REMAPPED.replace("Yes", "1").replace("No", "0")
    assert parse_gpus(TWO_WHOLE, as_numbers) == parse_gpus(TWO_WHOLE, REMAPPED)


def test_what_a_card_does_not_tell_is_none_and_no_fault() -> None:
    (gpu,), failures = parse_gpus(NO_ECC)
    assert (gpu.volatile_errors, gpu.aggregate_errors, gpu.pages_pending, gpu.fault) == (None, None, None, None)
    assert (gpu.pstate, gpu.event_reasons, failures) == ("P8", 4, [])
    assert [finding.level for finding in judge_gpus([gpu], failures, "node", GpuThresholds())] == ["ok"]
    assert parse_gpus(NO_ECC.replace("P8", "[N/A]"))[0][0].pstate is None


def test_a_gpu_that_fell_off_the_bus_is_bad_and_the_others_are_read() -> None:
    gpus, failures = parse_gpus(ONE_LOST)
    assert [gpu.index for gpu in gpus] == [2, 4]
    assert failures == ["Unable to determine the device handle for GPU3: 0000:04:00.0: Unknown Error"]
    (finding,) = judge_gpus(gpus, failures, "node", GpuThresholds())
    assert (finding.level, finding.host) == ("bad", "node")
    assert finding.sentence == f"nvidia-smi says `{failures[0]}`: reset the GPU or restart the host"


@pytest.mark.parametrize(
    "line",
    [
        "No devices were found",
        "Unable to determine the device handle for GPU 0000:5E:00.0: GPU is lost.  Reboot the system to recover this GPU",
        "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. "
        "Make sure that the latest NVIDIA driver is installed and running.",
        "Failed to initialize NVML: Driver/library version mismatch",
        "Failed to initialize NVML: Unknown Error",
    ],
)
def test_a_driver_that_fails_is_bad(line: str) -> None:
    gpus, failures = parse_gpus(line + "\n")
    assert (gpus, failures) == ([], [line])
    assert [finding.level for finding in judge_gpus(gpus, failures, "node", GpuThresholds())] == ["bad"]


@pytest.mark.parametrize("word", ["[GPU is lost]", "[Unknown Error]", "[GPU requires reset]"])
def test_a_fault_in_place_of_values_is_bad(word: str) -> None:
    text = HEADER + f"0, GPU-aaaa, NVIDIA A100-SXM4-80GB, P0, {word}, {word}, {word}, {word}, {word}, [N/A], {word}\n"
    (gpu,), failures = parse_gpus(text)
    assert (gpu.fault, failures) == (word.strip("[]"), [])
    (finding,) = judge_gpus([gpu], failures, "node", GpuThresholds())
    assert finding.sentence == f"GPU 0 (NVIDIA A100-SXM4-80GB) does not answer ({gpu.fault}): reset it or restart the host"


@pytest.mark.parametrize(
    ("changes", "level", "words"),
    [
        ({"volatile_errors": 1, "aggregate_errors": 1}, "bad", "has 1 uncorrected memory errors since its driver was loaded"),
        ({"aggregate_errors": 3}, "warn", "has had 3 uncorrected memory errors in its life"),
        ({"rows_failed": True}, "bad", "has memory rows that could not be replaced"),
        ({"rows_pending": True}, "warn", "has bad memory rows that leave use at a reset"),
        ({"pages_pending": True}, "warn", "has bad memory pages that leave use at a reset"),
        ({"celsius": 75.0}, "warn", "has 75 degrees Celsius before the run begins"),
        ({"celsius": 90.0}, "bad", "has 90 degrees Celsius before the run begins"),
        ({"event_reasons": 0x08}, "bad", "runs slower than it could: the hardware halves its clocks or worse"),
        ({"event_reasons": 0x20}, "warn", "runs slower than it could: the driver slows it for its temperature"),
        ({"event_reasons": 0x41}, "bad", "runs slower than it could: the hardware slows it for its temperature"),
        ({"event_reasons": 0x80}, "bad", "runs slower than it could: the power supply holds it back"),
        ({"used_mib": 40000.0}, "warn", "has 40,000 MiB in use before the run begins"),
    ],
)
def test_each_rule(changes: dict[str, object], level: str, words: str) -> None:
    (finding,) = judge_gpus([replace(WHOLE, **changes)], [], "node", GpuThresholds())
    assert (finding.level, finding.check, finding.host) == (level, "GPU health", "node")
    assert finding.sentence.startswith(f"GPU 0 (A100) {words}")


def test_thresholds_are_settings() -> None:
    limits = GpuThresholds(warn_celsius=20.0, bad_celsius=30.0, warn_used_mib=1.0)
    assert [finding.level for finding in judge_gpus([WHOLE], [], "node", limits)] == ["bad", "warn"]
    assert [finding.level for finding in judge_gpus([WHOLE], [], "node", GpuThresholds())] == ["ok"]


def test_clocks_that_are_low_for_a_good_reason_are_fine() -> None:
    for harmless in (0x1, 0x2, 0x4, 0x10, 0x100):  # idle, a clock that was set, power cap, sync boost, display clock
        assert [finding.level for finding in judge_gpus([replace(WHOLE, event_reasons=harmless)], [], "n", GpuThresholds())] == ["ok"]
