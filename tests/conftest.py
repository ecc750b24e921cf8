"""What tests of every folder share: the real medical text beside the repository, and processes that are ended with their test."""

from __future__ import annotations

import os
import subprocess
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

REPOSITORY = Path(__file__).resolve().parents[1]


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
