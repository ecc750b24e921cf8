"""What the hosts said, judged: for every check what is wrong, or that nothing is. Pure functions over their reports (see `host_report`)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from medpretrain.cluster.findings import Finding, Level
from medpretrain.cluster.gpu_health import judge_gpus, parse_gpus
from medpretrain.cluster.hostfile import Host, check_tensor_parallel
from medpretrain.cluster.settings import PROFILES, GpuThresholds, HostThresholds, Profile
from medpretrain.errors import InputErrors

Wrong = Iterator[tuple[Level, str, str]]  # level, host, sentence


@dataclass(frozen=True)
class Answer:
    """What a host said (see `host_report`), between which times of the asking host; or the problem with asking it."""

    host: Host
    report: dict[str, Any] | None
    problem: str = ""
    sent: float = 0.0
    received: float = 0.0


@dataclass(frozen=True)
class Wanted:
    """What the hosts are held against; a value that is None or empty is not asked for.

    Attributes:
        slots_are_told: there is a hostfile, whose slots must fit the GPUs.
        needed_bytes: what the run's checkpoints take.
    """

    slots_are_told: bool = False
    shards: tuple[str, ...] = ()
    run: str | None = None
    tensor: int = 1
    needed_bytes: int = 0
    profile: str | None = None
    gpu: GpuThresholds = field(default_factory=GpuThresholds)
    limits: HostThresholds = field(default_factory=HostThresholds)


def judge(answers: Sequence[Answer], wanted: Wanted) -> list[Finding]:
    """Everything that the answers show: for each check what is wrong, or one `ok` that says what was seen."""
    findings = [
        Finding("bad", "reachable", answer.host.name, f"cannot be asked: {answer.problem}") for answer in answers if answer.report is None
    ]
    if not findings:
        findings.append(Finding("ok", "reachable", "", f"{len(answers)} of {len(answers)} answered"))
    reports = {answer.host.name: answer.report for answer in answers if answer.report is not None}
    if not reports:
        return findings
    reached = [answer for answer in answers if answer.report is not None]

    def checked(check: str, found: Wrong, well: str) -> None:
        wrong = [Finding(level, check, host, sentence) for level, host, sentence in found]
        findings.extend(wrong or [Finding("ok", check, "", well)])

    code = next(iter(reports.values()))["code"]
    hashes = {host: report["code"][:12] for host, report in reports.items()}
    checked("code", _odd_ones(hashes, "runs other code than most (hash {})"), f"the same: {code[:12]}")
    checked("libraries", _libraries(reports), "the same versions")
    if wanted.shards:
        checked("shards", _shards(reports, wanted.shards), f"{len(wanted.shards)} datasets are there and the same, of one tokenizer")
    checked("clock", _clocks(reached, wanted.limits), f"within {wanted.limits.warn_clock_seconds:g} s of this host's")
    if wanted.run is not None:
        checked("disk", _disks(reports, wanted), f"{min(r['disk'].get('free_bytes', 0) for r in reports.values()) / 1e9:,.0f} GB are free")
    if wanted.slots_are_told:
        checked("slots", _slots(reached), f"{sum(answer.host.slots for answer in reached)} processes have a GPU each, or a core each")
        try:
            check_tensor_parallel([answer.host for answer in answers], wanted.tensor, "the hostfile")
        except InputErrors as errors:
            findings += [Finding("bad", "tensor parallel", "", str(error)) for error in errors.errors]
    findings += _gpu_findings(reports, wanted.gpu)
    checked(
        "memory", _memory_in_use(reports), f"{min(r['memory_bytes'] for r in reports.values()) / 1e9:,.0f} GB at least, most of it free"
    )
    if all(report["matrix"] is not None for report in reports.values()):
        checked("matrix product", _products(reports), "right to the last bit on every device")
    if wanted.profile is not None:
        checked(f"profile {wanted.profile}", _too_small(reports, PROFILES[wanted.profile]), "every host is large enough")
    return findings


def _odd_ones(values: Mapping[str, str | None], sentence: str) -> Wrong:
    """Hosts whose value differs from most (of a tie: from the first); it takes the place of `{}` in the sentence."""
    usual = Counter(values.values()).most_common(1)[0][0]
    yield from (("bad", host, sentence.replace("{}", str(value))) for host, value in values.items() if value != usual)


def _libraries(reports: Mapping[str, dict[str, Any]]) -> Wrong:
    for name in next(iter(reports.values()))["versions"]:
        yield from _odd_ones({host: report["versions"][name] for host, report in reports.items()}, f"has {name} {{}}, unlike most")


def _shards(reports: Mapping[str, dict[str, Any]], directories: Sequence[str]) -> Wrong:
    for directory in directories:
        whole = {host: report for host, report in reports.items() if "problem" not in report["shards"][directory]}
        yield from (("bad", host, reports[host]["shards"][directory]["problem"]) for host in reports if host not in whole)
        if whole:
            identities = {host: report["shards"][directory]["identity"][:12] for host, report in whole.items()}
            yield from _odd_ones(identities, f"has another {directory} than most (identity {{}})")
    for host, report in reports.items():
        tokenizers = {dataset["tokenizer"] for dataset in report["shards"].values() if "tokenizer" in dataset}
        if len(tokenizers) > 1:
            yield "bad", host, f"the datasets are of {len(tokenizers)} different tokenizers"


def _clocks(answers: Sequence[Answer], limits: HostThresholds) -> Wrong:
    """A host said its time somewhere between the sending and the receiving: only what lies outside of that is surely an offset."""
    for answer in answers:
        assert answer.report is not None
        least, most = answer.report["ended"] - answer.received, answer.report["started"] - answer.sent
        surely = max(least, -most, 0.0)
        if surely >= limits.warn_clock_seconds:
            level: Level = "bad" if surely >= limits.bad_clock_seconds else "warn"
            way = "ahead of" if least > 0 else "behind"
            yield level, answer.host.name, f"its clock is at least {surely:,.1f} s {way} this host's: set up NTP"


def _disks(reports: Mapping[str, dict[str, Any]], wanted: Wanted) -> Wrong:
    needed = wanted.needed_bytes + wanted.limits.min_free_bytes
    for host, report in reports.items():
        disk = report["disk"]
        if "problem" in disk:
            yield "bad", host, disk["problem"]
            continue
        if not disk["writable"]:
            yield "bad", host, f"may not write in {wanted.run}"
        if disk["free_bytes"] < needed:
            yield "bad", host, f"{disk['free_bytes'] / 1e9:,.1f} GB are free for {wanted.run}, and checkpoints need {needed / 1e9:,.1f} GB"
        if disk["free_files"] is not None and disk["free_files"] < wanted.limits.min_free_files:
            yield "bad", host, f"only {disk['free_files']:,} files can still be made in {wanted.run}"
        if report["sees_token"] is False:
            yield "bad", host, f"does not see a file that this host has just made in {wanted.run}: the directory is not shared"


def _slots(answers: Sequence[Answer]) -> Wrong:
    with_gpus = any(answer.report is not None and answer.report["gpus"] is not None for answer in answers)
    for answer in answers:
        assert answer.report is not None
        slots, gpus = answer.host.slots, answer.report["gpus"]
        if with_gpus:
            count = 0 if gpus is None else len(parse_gpus(**gpus)[0])
            if count != slots:
                yield ("bad" if count < slots else "warn"), answer.host.name, f"has {slots} slots and {count} GPUs that answer"
        elif answer.report["cores"] < slots:
            yield "warn", answer.host.name, f"has {slots} slots, no GPU, and {answer.report['cores']} cores"


def _gpu_findings(reports: Mapping[str, dict[str, Any]], limits: GpuThresholds) -> list[Finding]:
    findings, kinds = [], {}
    for host, report in reports.items():
        if report["gpus"] is not None:
            gpus, failures = parse_gpus(**report["gpus"])
            findings += judge_gpus(gpus, failures, host, limits)
            kinds[host] = " and ".join(sorted({gpu.name for gpu in gpus}))
    if kinds:
        odd = _odd_ones(kinds, "has {}, unlike most: the slowest kind sets the pace")
        findings += [Finding("warn", "GPU kind", host, sentence) for _, host, sentence in odd]
    return findings


def _memory_in_use(reports: Mapping[str, dict[str, Any]]) -> Wrong:
    for host, report in reports.items():
        if report["available_bytes"] < report["memory_bytes"] / 2:
            free, total = report["available_bytes"] / 1e9, report["memory_bytes"] / 1e9
            yield "warn", host, f"only {free:,.1f} of {total:,.1f} GB of memory are free: end what uses it"


def _products(reports: Mapping[str, dict[str, Any]]) -> Wrong:
    for host, report in reports.items():
        if "problem" in report["matrix"]:
            yield "bad", host, f"the matrix product could not be made: {report['matrix']['problem']}"
            continue
        for device in report["matrix"]["devices"]:
            if not device["right"]:
                yield "bad", host, f"{device['device']} multiplies wrongly ({device['wrong']} products): do not train on it"


def _too_small(reports: Mapping[str, dict[str, Any]], profile: Profile) -> Wrong:
    if len(reports) < profile.hosts:
        yield "bad", "", f"{len(reports)} hosts answered, and it asks for {profile.hosts}"
    for host, report in reports.items():
        gpus = parse_gpus(**report["gpus"])[0] if report["gpus"] is not None else []
        for name, has, needed in (
            ("GB of memory", report["memory_bytes"] / 1e9, profile.memory_gb),
            ("cores", report["cores"], profile.cores),
            ("GPUs", len(gpus), profile.gpus),
            ("GB of GPU memory", sum(gpu.total_mib or 0 for gpu in gpus) * 2**20 / 1e9, profile.gpu_memory_gb),
            ("TB free for the run", (report["disk"] or {}).get("free_bytes", 0) / 1e12, profile.free_tb),
            ("active InfiniBand ports", sum("ACTIVE" in port["state"] for port in report["infiniband"]), int(profile.infiniband)),
        ):
            if has < needed:
                yield "bad", host, f"has {has:,.4g} {name}, and it asks for {needed:g}"
