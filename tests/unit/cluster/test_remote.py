"""How a host is reached, and what is made of what it says."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

from medpretrain.cluster.remote import SRUN, ask_host, command_on, last_object


def test_how_a_host_is_reached() -> None:
    local = command_on("localhost", ["-m", "x"], {"A": "1"}, ["ssh"])
    assert local == ["env", "A=1", sys.executable, "-m", "x"]
    assert command_on(socket.gethostname(), ["-m", "x"], {}, ["ssh"])[0] == sys.executable
    remote = command_on("node-7", ["-m", "x"], {"A": "1 2"}, ["ssh", "-p", "9"])
    assert remote[:3] == ["ssh", "-p", "9"]
    assert "BatchMode=yes" in remote
    assert remote[-2:] == ["node-7", f"cd {Path.cwd()} && exec env 'A=1 2' {sys.executable} -m x"]
    in_job = command_on("node-7", ["-m", "x"], {"A": "1 2"}, SRUN)
    assert in_job == [*SRUN, "--nodelist=node-7", "env", "A=1 2", sys.executable, "-m", "x"]


def test_what_srun_adds_is_not_taken_for_the_reason(tmp_path: Path) -> None:
    srun = tmp_path / "srun"
    srun.write_text(
        "#!/bin/sh\necho 'KeyError: no such thing' >&2\necho 'srun: error: node7: task 0: Exited with exit code 1' >&2\nexit 1\n"
    )
    srun.chmod(0o755)
    assert ask_host("node7", ["-c", "pass"], [str(srun)], 10) == (None, "KeyError: no such thing")
    assert ask_host("node7", ["-c", "pass"], [str(tmp_path / "ssh")], 10) == (None, f"there is no command `{tmp_path}/ssh` here")


def test_the_last_object_of_an_output() -> None:
    assert last_object('noise\n{"a": 1}\n{"a": 2}\n{broken\nend') == {"a": 2}
    assert last_object("nothing") is None
