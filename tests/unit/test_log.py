"""log.py: who says what to whom, JSON lines that stay whole, progress without a terminal."""

from __future__ import annotations

import contextlib
import fcntl
import json
import logging
import multiprocessing
import os
import pty
import re
import socket
import struct
import subprocess
import sys
import termios
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from medpretrain.log import JsonLines, Progress, logger, set_up_logging


@pytest.fixture(autouse=True)
def _logger_as_before() -> Iterator[None]:
    before = (logger.handlers[:], logger.propagate, logger.level)
    yield
    for handler in logger.handlers:
        handler.close()
    logger.handlers[:], logger.propagate, logger.level = before


def test_rank_0_says_everything_and_others_only_warnings(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logging(rank=0, num_ranks=4, directory=tmp_path)
    logger.info("a step")
    set_up_logging(rank=3, num_ranks=4, directory=tmp_path, attempt=2)
    logger.info("a step of mine")
    logger.warning("a worry")
    said = [line.split(" ", 1)[1] for line in capsys.readouterr().err.splitlines()]
    assert said == ["[rank 0] a step", "[rank 3] a worry"]
    own_file = [line.split(" ", 2)[2] for line in (tmp_path / "rank-00003.log").read_text().splitlines()]
    who = f"[attempt 2, {socket.gethostname()}, rank 3]"
    assert own_file == [f"{who} a step of mine", f"{who} a worry"]


def test_a_process_alone_has_no_prefix_and_stdout_stays_free(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logging()
    set_up_logging()  # twice: still one line each
    logger.info("hello")
    captured = capsys.readouterr()
    assert captured.out == ""
    assert [line.split(" ", 1)[1] for line in captured.err.splitlines()] == ["hello"]


def _append_many(path: Path, writer: int) -> None:
    lines = JsonLines(path)
    for number in range(200):
        lines.append({"writer": writer, "number": number, "text": "é" * 500})
    lines.close()


def test_lines_of_two_processes_never_mix(tmp_path: Path) -> None:
    path = tmp_path / "run" / "metrics.jsonl"
    writers = [multiprocessing.get_context("fork").Process(target=_append_many, args=(path, writer)) for writer in range(2)]
    for process in writers:
        process.start()
    for process in writers:
        process.join()
    records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert sorted((record["writer"], record["number"]) for record in records) == [(w, n) for w in range(2) for n in range(200)]


def test_half_a_line_left_by_a_power_cut_does_not_swallow_the_next(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    path.write_bytes(b'{"step": 1}\n{"step": 2, "lo')
    lines = JsonLines(path)
    lines.append({"step": 2})
    lines.close()
    assert path.read_text().splitlines() == ['{"step": 1}', '{"step": 2, "lo', '{"step": 2}']


def _lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time that Progress reads, in seconds; a test sets clock[0]."""
    now = [1000.0]
    monkeypatch.setattr("medpretrain.log.time.monotonic", lambda: now[0])
    logger.propagate = True
    logger.setLevel(logging.INFO)
    return now


def test_without_a_terminal_progress_is_a_line_a_minute(caplog: pytest.LogCaptureFixture, clock: list[float]) -> None:
    with Progress("packing", total=1000, unit="documents") as progress:
        for _ in range(130):
            clock[0] += 1.0
            progress.advance(5, note="loss 3.2")
        assert _lines(caplog) == [
            "packing: 300 of 1,000 documents in 60 s, 140 s to go (loss 3.2)",
            "packing: 600 of 1,000 documents in 120 s, 80 s to go (loss 3.2)",
        ]
    assert _lines(caplog)[2:] == ["packing: 650 documents in 130 s (done)"]


def test_progress_with_no_total(caplog: pytest.LogCaptureFixture, clock: list[float]) -> None:
    with Progress("reading", total=None, unit="documents") as progress:
        clock[0] += 61
        progress.advance(2500)
    assert _lines(caplog) == ["reading: 2,500 documents in 61 s", "reading: 2,500 documents in 61 s (done)"]


def test_progress_that_fails_does_not_say_done(caplog: pytest.LogCaptureFixture, clock: list[float]) -> None:
    with pytest.raises(RuntimeError), Progress("packing", total=10, unit="documents"):
        raise RuntimeError("no")
    assert _lines(caplog) == []


def test_progress_not_shown_is_silent(caplog: pytest.LogCaptureFixture, clock: list[float]) -> None:
    with Progress("packing", total=10, unit="documents", show=False) as progress:
        clock[0] += 100
        progress.advance()
    assert _lines(caplog) == []


def test_on_a_terminal_progress_is_a_bar_with_the_note(tmp_path: Path, start_process: Callable[..., subprocess.Popen[Any]]) -> None:
    controller, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 160, 0, 0))
    script = (
        "from medpretrain.log import Progress\nwith Progress('packing', total=40, unit='documents') as p: p.advance(30, note='loss 3.2')"
    )
    child = start_process([sys.executable, "-c", script], stderr=terminal, env={**os.environ, "TERM": "xterm"})
    os.close(terminal)
    shown = b""
    with contextlib.suppress(OSError):  # how a terminal says that its other end is closed
        while piece := os.read(controller, 65536):
            shown += piece
    os.close(controller)
    assert child.wait() == 0
    text = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", shown.decode())
    assert re.search(r"packing .*30/40 documents .*loss 3\.2", text)
