"""`medpretrain doctor` on hosts reached by real ssh: a private server on this machine, under several names, some of them not well."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from medpretrain.cluster.doctor import as_text, examine, judge_links, verdict
from medpretrain.cluster.findings import Finding
from medpretrain.cluster.hostfile import Host, read_hostfile
from medpretrain.errors import InputError

REPOSITORY = Path(__file__).resolve().parents[3]


@dataclass(frozen=True)
class Cluster:
    """The ssh command that reaches the hosts `node-a`, `node-b`, `node-c` (this machine), `dead` (nobody listens) and `old` (another
    copy of the code)."""

    ssh: str
    directory: Path

    def hostfile(self, *names: str, slots: int = 1) -> Path:
        path = self.directory / f"hosts-{'-'.join(names)}"
        path.write_text("".join(f"{name} slots={slots}\n" for name in names))
        return path


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    server = shutil.which("sshd") or shutil.which("sshd", path="/usr/sbin:/usr/local/sbin")
    if server is None or shutil.which("ssh") is None or shutil.which("ssh-keygen") is None:
        pytest.skip("needs an ssh server and client (Debian, Ubuntu: apt-get install openssh-server openssh-client)")
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)  # where the server, run by root, insists on it
    for key in ("host", "id"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / key)], check=True)
    old = tmp_path / "old"
    shutil.copytree(REPOSITORY / "medpretrain", old / "medpretrain", ignore=shutil.ignore_patterns("__pycache__"))
    with open(old / "medpretrain" / "errors.py", "a") as file:
        file.write("# an older version\n")
    ports = {"node": free_port(), "old": free_port()}
    other_directory = f"""ForceCommand cd {old} && eval "${{SSH_ORIGINAL_COMMAND#*&& }}"\n"""
    servers = contextlib.ExitStack()
    for name, forced in (("node", ""), ("old", other_directory)):
        config = tmp_path / f"sshd-{name}"
        config.write_text(
            f"Port {ports[name]}\nListenAddress 127.0.0.1\nHostKey {tmp_path / 'host'}\nAuthorizedKeysFile {tmp_path / 'id.pub'}\n"
            f"StrictModes no\nUsePAM no\nPasswordAuthentication no\nPidFile none\nMaxStartups 100\n{forced}"
        )
        # Not by `start_process`: a server overwrites its environment, by which that would know it.
        servers.enter_context(ended(subprocess.Popen([server, "-D", "-e", "-f", str(config)], stderr=subprocess.DEVNULL)))
    common = f"HostName 127.0.0.1\nIdentityFile {tmp_path / 'id'}\nStrictHostKeyChecking no\nUserKnownHostsFile /dev/null\nLogLevel ERROR\n"
    hosts = {"node-a node-b node-c": ports["node"], "old": ports["old"], "dead": free_port()}
    (tmp_path / "ssh_config").write_text("".join(f"Host {names}\nPort {port}\n{common}" for names, port in hosts.items()))
    with servers:
        for port in ports.values():
            deadline = time.monotonic() + 20
            while not answers(port):
                assert time.monotonic() < deadline, "the private ssh server did not start"
                time.sleep(0.05)
        yield Cluster(f"ssh -F {tmp_path / 'ssh_config'}", tmp_path)


@contextlib.contextmanager
def ended(process: subprocess.Popen[bytes]) -> Iterator[None]:
    try:
        yield
    finally:
        process.kill()
        process.wait()


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def doctor(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "medpretrain", "doctor", *words]
    return subprocess.run(command, capture_output=True, text=True, cwd=REPOSITORY, check=False)


@pytest.mark.slow
def test_three_hosts_that_are_well(cluster: Cluster, small_shards: Path, tmp_path: Path) -> None:
    hostfile, run = cluster.hostfile("node-a", "node-b", "node-c"), tmp_path / "runs" / "one"
    done = doctor("--hostfile", str(hostfile), "--ssh", cluster.ssh, "--shards", str(small_shards), "--run", str(run), "--json")
    result = json.loads(done.stdout)
    # Neighbours on this machine may slow a link or take its memory; that is theirs to answer for.
    by_check = {finding["check"]: finding for finding in result["findings"] if finding["check"] not in ("links", "memory")}
    assert by_check.keys() == {"reachable", "code", "libraries", "shards", "clock", "disk", "slots", "matrix product"}
    assert {finding["level"] for finding in by_check.values()} == {"ok"}, done.stdout
    assert (done.returncode, result["verdict"].partition(":")[0]) == ((0, "fit") if result["fit"] else (1, "not fit"))
    assert result["links"]["names"] == ["node-a", "node-b", "node-c"]
    assert [[speed is None for speed in row] for row in result["links"]["bandwidth"]] == [
        [one == two for two in range(3)] for one in range(3)
    ]
    assert [host["report"]["address"] for host in result["hosts"]] == ["127.0.0.1"] * 3
    assert all(host["report"]["sees_token"] for host in result["hosts"])
    assert not run.exists(), "nothing stays of the file that was looked for"


@pytest.mark.slow
def test_hosts_that_are_not_well_are_named_and_left_out(cluster: Cluster, tmp_path: Path) -> None:
    hostfile, pruned = cluster.hostfile("node-a", "dead", "old", "node-b", slots=3), tmp_path / "new" / "pruned"
    words = ["--hostfile", str(hostfile), "--ssh", cluster.ssh, "--exclude-bad", str(pruned), "--quick"]
    done = doctor(*words, "--json")
    assert done.returncode == 1, done.stderr
    result = json.loads(done.stdout)
    bad = {finding["host"]: (finding["check"], finding["sentence"]) for finding in result["findings"] if finding["level"] == "bad"}
    assert bad.keys() == {"dead", "old"}
    assert bad["dead"][0] == "reachable"
    assert "Connection refused" in bad["dead"][1]
    assert bad["old"][0] == "code"
    assert result["verdict"].startswith("not fit: dead: cannot be asked")
    assert result["kept"] == ["node-a", "node-b"]
    assert read_hostfile(pruned) == (Host("node-a", 3), Host("node-b", 3))
    assert "dead, old" in pruned.read_text().splitlines()[0]

    done = doctor(*words, "--recipe", "tiny-cpu", "parallel.tensor=2")
    assert done.returncode == 1
    assert read_hostfile(pruned) == (Host("node-a", 2), Host("node-b", 2)), "whole groups of 2"
    assert "tensor parallel" in done.stdout


def test_this_machine_alone(tmp_path: Path) -> None:
    result = examine(run=tmp_path / "run", quick=True)
    assert [host["name"] for host in result["hosts"]] == ["localhost"]
    assert {finding["check"] for finding in result["findings"]} >= {"reachable", "code", "clock", "disk"}
    assert not (tmp_path / "run").exists()
    assert as_text(result).splitlines()[-1] == result["verdict"]


def test_a_run_directory_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    result = examine(run=tmp_path / "file" / "run", quick=True)
    assert not result["fit"]


def test_wrong_input_has_exit_status_2(tmp_path: Path) -> None:
    (tmp_path / "hosts").write_text("a slots=2\na slots=3\nb\n")
    done = doctor("--hostfile", str(tmp_path / "hosts"), "--quick")
    assert (done.returncode, done.stdout) == (2, "")
    assert [line.partition(":")[0] for line in done.stderr.splitlines()] == ["medpretrain", "medpretrain"]
    assert "hosts line 2: names a again" in done.stderr


def test_words_without_effect_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"`parallel.tensor=2`: changes no recipe; expected --recipe with it; add --recipe, or remove it"):
        examine(overrides=["parallel.tensor=2"])
    with pytest.raises(InputError, match="--exclude-bad: has no hosts to leave out; expected --hostfile with it"):
        examine(exclude_bad=tmp_path / "out")


def measured(slow: int | None) -> str:
    """What rank 0 prints of four hosts."""
    rows = [[None if one == two else 1e9 if slow in (one, two) else 9e9 for two in range(4)] for one in range(4)]
    names = ["x:0", "y:0", "z:0", "w:0"]
    return "noise\n" + json.dumps(
        {"names": names, "bandwidth": rows, "all_reduce_seconds": 0.1, "wrong_sums": ["z:0"] if slow is None else []}
    )


def test_what_the_link_probe_said() -> None:
    names = ["a", "b", "c", "d"]
    quiet = (0, "", "")
    links, found = judge_links(names, [(0, measured(3), ""), quiet, quiet, quiet], 0.5)
    assert links is not None
    assert links["names"] == names
    assert [(finding.level, finding.host) for finding in found] == [("bad", "d")]
    _, found = judge_links(names, [(0, measured(None), ""), quiet, quiet, quiet], 0.5)
    assert [(finding.host, finding.sentence) for finding in found] == [("c", "summed wrongly")]
    lost = (1, json.dumps({"rank": 1, "lost": 3, "reason": "timed out"}), "")
    bystander = (1, json.dumps({"rank": 0, "lost": None, "reason": "closed"}), "")
    links, found = judge_links(names, [bystander, lost, bystander, bystander], 0.5)
    assert (links, [(finding.host, finding.sentence) for finding in found]) == (None, [("b", "no data pass between it and d")])
    links, found = judge_links(names, [bystander, bystander, (1, "", "Traceback\nModuleNotFoundError: torch"), (1, "", "")], 0.5)
    sentences = {finding.host: finding.sentence for finding in found}
    assert sentences["c"] == "the link probe could not run on it: ModuleNotFoundError: torch"
    assert sentences["d"] == "the link probe could not run on it: status 1"


def test_the_verdict_is_one_sentence() -> None:
    hosts = [Host("a", 2), Host("b", 2)]
    well, odd = Finding("ok", "x", "", "fine"), Finding("warn", "y", "a", "odd")
    worse, worst = Finding("bad", "z", "b", "broken"), Finding("bad", "z", "", "all broken")
    assert verdict(hosts, [well]) == "fit: 2 hosts without a fault"
    assert verdict(hosts[:1], [well, odd, odd]) == "fit: 1 host without a fault, 2 warnings"
    assert verdict(hosts, [odd, worse]) == "not fit: b: broken"
    assert verdict(hosts, [worst, odd, worse]) == "not fit: all broken, and 1 more"


def test_one_table_puts_the_worst_first_and_like_hosts_together() -> None:
    findings = [
        {"level": "ok", "check": "clock", "host": "", "sentence": "right"},
        *({"level": "bad", "check": "code", "host": f"n{number}", "sentence": "other code"} for number in range(6)),
    ]
    text = as_text({"findings": findings, "verdict": "not fit", "kept": []})
    lines = [line for line in text.splitlines() if "code" in line or "clock" in line]
    assert "n0, n1, n2, and 3 more" in lines[0]
    assert "all" in lines[1]
    assert text.splitlines()[-2:] == ["no host is left", "not fit"]
