"""What tests of every folder share: the real medical text beside the repository, and processes that are ended with their test."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from xdist.scheduler import LoadScopeScheduling

REPOSITORY = Path(__file__).resolve().parents[1]


class Scheduler(LoadScopeScheduling):
    """Where tests run side by side, those of several processes that wait for one another are themselves run one after the other: two of
    them at once would wait for each other's cores until a limit of time is over."""

    def _split_scope(self, nodeid: str) -> str:
        return "processes" if nodeid.startswith(("tests/distributed/", "tests/e2e/test_quickstart.py")) else nodeid


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Scheduler:
    return Scheduler(config, log)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real medical text in `../shared/data` beside the repository; a test that needs it is skipped where it is absent."""
    directory = REPOSITORY.parent / "shared" / "data"
    if not directory.is_dir():
        pytest.skip(f"needs the real medical text of {directory}, which is not on this machine")
    return directory


@pytest.fixture(scope="session")
def pack_reports() -> Callable[..., Path]:
    """pack_reports(directory, num_reports, vocab_size) -> `directory/shards`, rows of 64 tokens; other ones are in `directory/held_out`."""
    from medpretrain.corpus.synth import write_synthetic_corpus
    from medpretrain.shards.pack import pack_corpus
    from medpretrain.tokenizer.train import train_tokenizer

    def pack(directory: Path, num_reports: int, vocab_size: int) -> Path:
        write_synthetic_corpus(num_reports, 1, directory / "raw")
        train_tokenizer(directory / "raw", vocab_size, directory / "tokenizer")
        pack_corpus(directory / "raw", "train", directory / "tokenizer", 64, directory / "shards")
        write_synthetic_corpus(3, 2, directory / "other")
        pack_corpus(directory / "other", "train", directory / "tokenizer", 64, directory / "held_out")
        return directory / "shards"

    return pack


@pytest.fixture
def make_disk(tmp_path: Path) -> Iterator[Callable[[int], Path]]:
    """make_disk(num_bytes) -> the directory of a file system of that size, in memory."""
    mounted: list[Path] = []

    def make(num_bytes: int) -> Path:
        disk = tmp_path / f"disk-{len(mounted)}"
        disk.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", f"size={num_bytes}", "tmpfs", str(disk)]
        mount = subprocess.run(command, capture_output=True, text=True, check=False)
        if mount.returncode != 0:
            pytest.skip(f"a small file system cannot be mounted here: {mount.stderr.strip()}")
        mounted.append(disk)
        return disk

    yield make
    for disk in mounted:
        subprocess.run(["umount", "-l", str(disk)], check=True)


class S3Server:
    """A real S3 server on loopback with a bucket `archive`. What it holds is lost as it ends."""

    def __init__(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": "us-east-1",
        }
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Have it run, at the same port as before, with an empty bucket."""
        import fsspec

        if self._process is None:
            command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(self.port)]
            self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while True:
            try:
                urllib.request.urlopen(urllib.request.Request(f"{self.url}/moto-api/reset", method="POST")).close()
                break
            except urllib.error.URLError:
                assert self._process.poll() is None, "the S3 server ended"
                assert time.monotonic() < deadline, "the S3 server did not answer"
                time.sleep(0.05)
        self.files = fsspec.filesystem("s3", use_listings_cache=False, skip_instance_cache=True)
        self.files.mkdir("archive")

    def hang(self) -> int:
        """From now on it takes connections and answers nothing. Returns its process id."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        return self._process.pid

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


@pytest.fixture(scope="session")
def _s3_server() -> Iterator[S3Server]:
    server = S3Server()
    yield server
    server.kill()


@pytest.fixture
def s3_server(_s3_server: S3Server, monkeypatch: pytest.MonkeyPatch) -> S3Server:
    """A running, empty `S3Server`, which this process takes for S3; others do in the server's `environment`."""
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    for name, value in _s3_server.environment.items():
        monkeypatch.setenv(name, value)
    _s3_server.start()
    return _s3_server


@pytest.fixture
def start_process() -> Iterator[Callable[..., subprocess.Popen[Any]]]:
    """Starts processes as `subprocess.Popen` does, and kills at the end of the test what is left of them and of their children.

    A child is known by a word in its environment, so that also those whose parent has died or that began a session of their own
    are found, and no process of anybody else is.
    """
    mark = f"MEDPRETRAIN_TEST={uuid.uuid4().hex}"
    name, _, value = mark.partition("=")
    started: list[subprocess.Popen[Any]] = []

    def start(command: list[str], env: dict[str, str] | None = None, **options: Any) -> subprocess.Popen[Any]:
        started.append(subprocess.Popen(command, env={**(os.environ if env is None else env), name: value}, **options))
        return started[-1]

    yield start
    if started:
        for process in psutil.process_iter():
            try:
                if process.environ().get(name) == value:
                    process.kill()
            except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
                continue
        for child in started:
            child.wait()
