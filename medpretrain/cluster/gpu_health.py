"""What nvidia-smi says of a host's GPUs, and what that means for a run.

The fields and their meanings are those of `nvidia-smi --help-query-gpu`, `--help-query-remapped-rows` and NVML's
`nvmlClocksEventReasons`. Pure functions over the text: the host that has the GPUs only runs the commands (see `host_report`).
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from medpretrain.cluster.findings import Finding, Level
from medpretrain.cluster.settings import GpuThresholds

CHECK = "GPU health"

# Bits of clocks_event_reasons.active (NVML: nvmlClocksEventReasons) that mean more than an idle GPU or a clock that somebody set.
SLOWDOWNS: dict[int, tuple[str, Level]] = {
    0x08: ("the hardware halves its clocks or worse", "bad"),
    0x20: ("the driver slows it for its temperature", "warn"),
    0x40: ("the hardware slows it for its temperature", "bad"),
    0x80: ("the power supply holds it back (power brake)", "bad"),
}
NOT_TOLD = {"", "N/A", "[N/A]", "Not Supported", "[Not Supported]", "[Insufficient Permissions]"}
# What nvidia-smi prints, in a line of its own or in a field, where the driver or a GPU does not answer.
FAILURE = re.compile(
    r"No devices were found|Unable to determine the device handle|GPU is lost|requires reset|\bUnknown Error\b"
    r"|couldn't communicate with the NVIDIA driver|Failed to initialize NVML|Driver/library version mismatch",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Gpu:
    """One GPU as nvidia-smi tells it; None where it does not tell.

    Attributes:
        volatile_errors, aggregate_errors: uncorrected memory errors since the driver was loaded, and in the GPU's whole life.
        pages_pending, rows_pending: bad memory waits for a reset to be taken out of use (pages before the A100, rows since).
        rows_failed: bad memory could not be taken out of use, as no spare is left.
        event_reasons: the bit mask of why its clocks are what they are.
        fault: what stands in place of values where the GPU does not answer.
    """

    index: int
    uuid: str
    name: str
    pstate: str | None
    used_mib: float | None
    total_mib: float | None
    celsius: float | None
    volatile_errors: int | None
    aggregate_errors: int | None
    pages_pending: bool | None
    rows_pending: bool | None = None
    rows_failed: bool | None = None
    event_reasons: int | None = None
    fault: str | None = None


def parse_gpus(query: str, remapped: str = "") -> tuple[list[Gpu], list[str]]:
    """The GPUs that answered, and the lines by which nvidia-smi told of failures.

    Args:
        query: stdout and stderr of `nvidia-smi --query-gpu=... --format=csv`, with its header line and units.
        remapped: the same of `nvidia-smi --query-remapped-rows=...`; empty where the driver knows no such thing.
    """
    rows_of = {record["gpu_uuid"]: record for record in _records(remapped, "gpu_uuid")}
    gpus = [_gpu(record, rows_of.get(record.get("uuid", ""), {})) for record in _records(query, "index")]
    failures = [line.strip() for line in query.splitlines() if FAILURE.search(line) and not re.match(r"\d+, ", line)]
    return gpus, failures


def judge_gpus(gpus: list[Gpu], failures: list[str], host: str, limits: GpuThresholds) -> list[Finding]:
    """What is wrong with a host's GPUs, each with what to do; one `ok` where nothing is."""
    findings = [Finding("bad", CHECK, host, f"nvidia-smi says `{line}`: reset the GPU or restart the host") for line in failures]
    for gpu in gpus:
        findings += [Finding(level, CHECK, host, f"GPU {gpu.index} ({gpu.name}) {found}") for level, found in _problems(gpu, limits)]
    if not findings and gpus:
        names = " and ".join(sorted({gpu.name for gpu in gpus}))
        findings.append(Finding("ok", CHECK, host, f"{len(gpus)} of {names} answer without a fault"))
    return findings


def _problems(gpu: Gpu, limits: GpuThresholds) -> Iterator[tuple[Level, str]]:
    if gpu.fault is not None:
        yield "bad", f"does not answer ({gpu.fault}): reset it or restart the host"
        return
    if gpu.volatile_errors is not None and gpu.volatile_errors >= limits.bad_volatile_errors:
        yield "bad", f"has {gpu.volatile_errors} uncorrected memory errors since its driver was loaded: reset it, and have it tested"
    elif gpu.aggregate_errors is not None and gpu.aggregate_errors >= limits.warn_aggregate_errors:
        yield "warn", f"has had {gpu.aggregate_errors} uncorrected memory errors in its life: watch it"
    if gpu.rows_failed:
        yield "bad", "has memory rows that could not be replaced: have it exchanged"
    if gpu.rows_pending or gpu.pages_pending:
        yield "warn", f"has bad memory {'rows' if gpu.rows_pending else 'pages'} that leave use at a reset: reset it"
    if gpu.celsius is not None and gpu.celsius >= limits.warn_celsius:
        level: Level = "bad" if gpu.celsius >= limits.bad_celsius else "warn"
        yield level, f"has {gpu.celsius:.0f} degrees Celsius before the run begins: look at its cooling"
    for bit, (meaning, level) in SLOWDOWNS.items():
        if gpu.event_reasons is not None and gpu.event_reasons & bit:
            yield level, f"runs slower than it could: {meaning}"
    if gpu.used_mib is not None and gpu.used_mib >= limits.warn_used_mib:
        yield "warn", f"has {gpu.used_mib:,.0f} MiB in use before the run begins: end what uses it"


def _records(text: str, first: str) -> Iterator[dict[str, str]]:
    """Rows of a CSV as nvidia-smi writes it, by field name without units; lines that are no rows of it are left out."""
    names: list[str] = []
    for row in csv.reader(text.splitlines(), skipinitialspace=True):
        if row and row[0] == first:
            names = [re.sub(r" \[.*\]$", "", name) for name in row]
        elif names and len(row) == len(names):
            yield dict(zip(names, row, strict=True))


def _gpu(record: Mapping[str, str], remapped: Mapping[str, str]) -> Gpu:
    fault = next((value for value in record.values() if FAILURE.search(value)), None)
    reasons = record.get("clocks_event_reasons.active", record.get("clocks_throttle_reasons.active"))
    told = {**record, **remapped}

    def number(name: str) -> float | None:
        match = re.match(r"\d+(\.\d+)?", told.get(name, ""))
        return float(match[0]) if match else None

    def count(name: str) -> int | None:
        value = number(name)
        return None if value is None else int(value)

    def flag(name: str) -> bool | None:
        return {"yes": True, "1": True, "no": False, "0": False}.get(told.get(name, "").lower())

    values: dict[str, Any] = {
        "used_mib": number("memory.used"),
        "total_mib": number("memory.total"),
        "celsius": number("temperature.gpu"),
        "volatile_errors": count("ecc.errors.uncorrected.volatile.total"),
        "aggregate_errors": count("ecc.errors.uncorrected.aggregate.total"),
        "pages_pending": flag("retired_pages.pending"),
        "rows_pending": flag("remapped_rows.pending"),
        "rows_failed": flag("remapped_rows.failure"),
        "event_reasons": int(reasons, 16) if reasons and re.fullmatch(r"0x[0-9a-fA-F]+", reasons) else None,
    }
    pstate = told.get("pstate", "")
    return Gpu(
        index=count("index") or 0,
        uuid=told.get("uuid", ""),
        name=told.get("name", "GPU"),
        pstate=None if pstate in NOT_TOLD else pstate,
        fault=fault.strip("[]") if fault else None,
        **values,
    )
