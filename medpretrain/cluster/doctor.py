"""Is this machine, this cluster, fit to run? Every host is asked at once, what they say is judged, and one sentence says the verdict.

This is the edge: asking, probing and writing. What the answers mean is `judge`'s.
"""

from __future__ import annotations

import contextlib
import io
import json
import shlex
import subprocess
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from medpretrain.cluster.findings import Finding
from medpretrain.cluster.hostfile import Host, largest_topology, read_hostfile, write_hostfile
from medpretrain.cluster.judge import Answer, Wanted, judge
from medpretrain.cluster.link_probe import LIFE_SECONDS, slow_links
from medpretrain.cluster.remote import HOSTS_AT_ONCE, ask_host, command_on, last_object
from medpretrain.errors import InputError
from medpretrain.log import logger
from medpretrain.manifest import fsync_directory
from medpretrain.train.recipes import load_recipe, show_recipe

ANSWER_SECONDS, QUICK_ANSWER_SECONDS = 180.0, 60.0


def examine(
    hostfile: Path | None = None,
    recipe: str | None = None,
    overrides: Sequence[str] = (),
    shards: Sequence[Path] = (),
    run: Path | None = None,
    profile: str | None = None,
    quick: bool = False,
    exclude_bad: Path | None = None,
    ssh: str = "ssh",
) -> dict[str, Any]:
    """Ask every host of the hostfile (this machine alone where there is none), judge, and say whether a run may start.

    Args:
        quick: leave out what takes seconds: the matrix product and the links.
        exclude_bad: where to write the hostfile without the hosts that something is wrong with.
        ssh: the command that reaches a host (ssh or srun), with its options.

    Returns:
        `fit`, `verdict`, `findings`, the reports of the `hosts`, and the measured `links`.

    Raises:
        InputError or InputErrors: the hostfile or the recipe is wrong.
    """
    if overrides and recipe is None:
        raise InputError(f"`{overrides[0]}`", "changes no recipe", "--recipe with it", "add --recipe, or remove it")
    if exclude_bad is not None and hostfile is None:
        raise InputError("--exclude-bad", "has no hosts to leave out", "--hostfile with it", "add --hostfile, or remove it")
    hosts = read_hostfile(hostfile) if hostfile else (Host("localhost", 1),)
    wanted = Wanted(bool(hostfile), tuple(str(path.absolute()) for path in shards), str(run.absolute()) if run else None, profile=profile)
    if recipe is not None:
        settings = load_recipe(recipe, overrides)
        of_recipe = [source.shards for source in settings.data.sources.values()]
        of_recipe += [settings.data.held_out] if settings.data.held_out else []
        kept = settings.checkpoint.keep_newest + 1  # one more while a new one is written
        each = show_recipe(recipe, overrides)["checkpoint_bytes"]
        wanted = replace(
            wanted,
            shards=tuple(dict.fromkeys([*wanted.shards, *(str(Path(directory).absolute()) for directory in of_recipe)])),
            tensor=settings.parallel.tensor,
            needed_bytes=max(kept * each - _bytes_below(run / "checkpoints" if run else None), each),
        )
    with _token(run) as token:
        request = {"shards": wanted.shards, "run": wanted.run, "token": token, "matrix": not quick}
        limit = QUICK_ANSWER_SECONDS if quick else ANSWER_SECONDS
        answers = ask_hosts(hosts, request, shlex.split(ssh), limit)
    findings = judge(answers, wanted)
    links: dict[str, Any] | None = None
    reached = [answer for answer in answers if answer.report is not None]
    if not quick and len(reached) > 1:
        links, of_links = probe_links(reached, shlex.split(ssh), wanted.limits.slow_link_share)
        findings += of_links
    result = {
        "fit": not any(finding.level == "bad" for finding in findings),
        "verdict": verdict(hosts, findings),
        "findings": [asdict(finding) for finding in findings],
        "hosts": [{"name": answer.host.name, "slots": answer.host.slots, "report": answer.report} for answer in answers],
        "links": links,
    }
    if exclude_bad is not None:
        result["kept"] = _write_pruned(exclude_bad, hosts, findings, wanted.tensor)
    return result


def ask_hosts(hosts: Sequence[Host], request: Mapping[str, Any], ssh: Sequence[str], seconds: float) -> list[Answer]:
    """The answers of all hosts, asked at once."""

    def ask(host: Host) -> Answer:
        sent = time.time()
        report, problem = ask_host(host.name, ["-m", "medpretrain.cluster.host_report"], ssh, seconds, json.dumps(request))
        return Answer(host, report, problem, sent, time.time())

    with ThreadPoolExecutor(min(len(hosts), HOSTS_AT_ONCE)) as pool:
        return list(pool.map(ask, hosts))


def probe_links(answers: Sequence[Answer], ssh: Sequence[str], slow_share: float) -> tuple[dict[str, Any] | None, list[Finding]]:
    """Start one process of the link probe a host, and say which hosts and links are slow: what it measured, and the findings."""
    first = answers[0]
    assert first.report is not None
    place = {"MASTER_ADDR": first.report["address"] or first.host.name, "MASTER_PORT": str(first.report["free_port"])}
    place |= {"WORLD_SIZE": str(len(answers)), "LOCAL_RANK": "0"}
    names = [answer.host.name for answer in answers]

    def run(rank: int) -> tuple[int, str, str]:
        words = command_on(names[rank], ["-m", "medpretrain.cluster.link_probe"], {**place, "RANK": str(rank)}, ssh)
        try:
            done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=LIFE_SECONDS + 20, check=False)
        except subprocess.TimeoutExpired:
            return 1, "", "it did not end"
        return done.returncode, done.stdout, done.stderr

    with ThreadPoolExecutor(len(answers)) as pool:
        ends = list(pool.map(run, range(len(answers))))
    return judge_links(names, ends, slow_share)


def judge_links(
    names: Sequence[str], ends: Sequence[tuple[int, str, str]], slow_share: float
) -> tuple[dict[str, Any] | None, list[Finding]]:
    """What the processes of a link probe, one a host, measured and found, from their exit statuses, stdout and stderr."""
    said = [last_object(output) for _, output, _ in ends]
    measured = said[0]
    if measured is not None and "bandwidth" in measured:
        slow, links = slow_links(measured["bandwidth"], slow_share)
        findings = [Finding("bad", "links", names[rank], "most of its links are slow, so all would wait for it") for rank in slow]
        findings += [Finding("bad", "links", names[other], f"the link to {names[one]} is slow") for one, other in links]
        findings += [Finding("bad", "links", names[measured["names"].index(name)], "summed wrongly") for name in measured["wrong_sums"]]
        speeds = [speed for row in measured["bandwidth"] for speed in row if speed is not None]
        well = Finding("ok", "links", "", f"{min(speeds) / 1e9:,.2f} to {max(speeds) / 1e9:,.2f} GB/s between each two hosts")
        return {**measured, "names": names}, findings or [well]
    lost = [(names[rank], names[one["lost"]]) for rank, one in enumerate(said) if one is not None and one.get("lost") is not None]
    if lost:
        return None, [Finding("bad", "links", host, f"no data pass between it and {partner}") for host, partner in lost]
    findings = []
    for name, (code, _, errors) in zip(names, ends, strict=True):
        if code:
            last = (errors.strip().splitlines() or [f"status {code}"])[-1]
            findings.append(Finding("bad", "links", name, f"the link probe could not run on it: {last}"))
    return None, findings


def verdict(hosts: Sequence[Host], findings: Sequence[Finding]) -> str:
    """One sentence: fit or not, and the worst."""
    bad = [finding for finding in findings if finding.level == "bad"]
    if bad:
        about = f"{bad[0].host}: " if bad[0].host else ""
        more = f", and {len(bad) - 1} more" if len(bad) > 1 else ""
        return f"not fit: {about}{bad[0].sentence}{more}"
    warnings = sum(finding.level == "warn" for finding in findings)
    size = f"{len(hosts)} host{'s' if len(hosts) > 1 else ''}"
    return f"fit: {size} without a fault" + (f", {warnings} warning{'s' if warnings > 1 else ''}" if warnings else "")


def as_text(result: Mapping[str, Any]) -> str:
    """One table of what was found, like findings of several hosts in one row, and the verdict under it."""
    from rich.console import Console
    from rich.table import Table

    rows: dict[tuple[str, str, str], list[str]] = {}
    for finding in result["findings"]:
        rows.setdefault((finding["level"], finding["check"], finding["sentence"]), []).append(finding["host"])
    table = Table("", "check", "hosts", "found")
    for (level, check, sentence), hosts in sorted(rows.items(), key=lambda item: ("bad", "warn", "ok").index(item[0][0])):
        many = hosts if len(hosts) <= 4 else [*hosts[:3], f"and {len(hosts) - 3} more"]
        table.add_row(level, check, ", ".join(many) if hosts != [""] else "all", sentence)
    console = Console(file=io.StringIO(), width=140)
    console.print(table)
    assert isinstance(console.file, io.StringIO)
    kept = [f"a hostfile of what is left: {', '.join(result['kept'])}" if result["kept"] else "no host is left"] if "kept" in result else []
    return "\n".join([console.file.getvalue().rstrip(), *kept, result["verdict"]])


def _bytes_below(directory: Path | None) -> int:
    """What a run's checkpoints take already."""
    if directory is None:
        return 0
    sizes = 0
    for path in directory.rglob("*"):
        with contextlib.suppress(OSError):  # pruned meanwhile
            sizes += path.stat().st_size
    return sizes


def _write_pruned(path: Path, hosts: Sequence[Host], findings: Sequence[Finding], tensor: int) -> list[str]:
    """Write the hostfile without hosts of bad findings, with the slots that whole groups fill; nothing where none is left."""
    bad = {finding.host for finding in findings if finding.level == "bad"}
    kept = largest_topology([host for host in hosts if host.name not in bad], tensor)
    left_out = [host.name for host in hosts if host not in kept]
    if not kept:
        logger.warning("%s was not written: no host is left", path)
        return []
    path.parent.mkdir(parents=True, exist_ok=True)
    write_hostfile(path, kept, f"Left out or cut by `medpretrain doctor`: {', '.join(left_out) or 'none'}.")
    return [host.name for host in kept]


@contextlib.contextmanager
def _token(run: Path | None) -> Iterator[str | None]:
    """A new file in the run's directory, while the hosts are asked whether they see it; the directory goes with it if it is new."""
    if run is None:
        yield None
        return
    is_new, path = not run.exists(), run.absolute() / f".doctor-{uuid.uuid4().hex}"
    try:
        run.mkdir(parents=True, exist_ok=True)
        path.touch()
        fsync_directory(run)
    except OSError:  # which the check of the disk tells
        yield None
        return
    try:
        yield str(path)
    finally:
        path.unlink(missing_ok=True)
        if is_new:
            run.rmdir()
