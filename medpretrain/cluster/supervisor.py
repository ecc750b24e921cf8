"""Keeps a run going: starts its launch command on the hosts that are fit, and again when it has ended too early, until it is whole.

It believes the run's outcome.json, never the launcher's exit status: pdsh that is killed says 0, and a launcher that dies leaves its ranks
alive. Before each start it ends such orphans, leaves out hosts that do not answer or are not fit, and takes back those that are again.
What it does stands in `supervisor.jsonl` in the run's directory.
"""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from medpretrain.checkpoint.paths import checkpoints_directory, published_steps
from medpretrain.cluster.deepspeed_env import FILE_NAME as DEEPSPEED_ENV_NAME
from medpretrain.cluster.deepspeed_env import deepspeed_env
from medpretrain.cluster.doctor import SSH_OPTIONS, command_on, examine
from medpretrain.cluster.hostfile import Host, largest_topology, read_hostfile, write_hostfile
from medpretrain.cluster.restart import Ended, decide
from medpretrain.errors import InputError
from medpretrain.log import JsonLines, logger
from medpretrain.train.recipes import load_recipe
from medpretrain.train.run_directory import OUTCOME_NAME, read_json_lines, take_lock
from medpretrain.train.settings import Recipe

SSH = ["ssh"]
HOSTS_AT_ONCE = 64
SECONDS_BETWEEN_PROBES, PROBE_SECONDS, CONFIRM_SECONDS = 5.0, 3.0, 12.0
SECONDS_FOR_HOSTS = 60.0  # to answer before a start
SECONDS_TO_END = 20.0  # of a launcher whose run has told its outcome, and so has ended
SECONDS_BETWEEN_LOOKS = 0.5


@dataclass(frozen=True)
class Launch:
    """A launch command, understood: what stands in it for the supervisor to know.

    Attributes:
        words: as typed.
        hostfile: place of the hostfile among the words, and the file; None where the launcher knows its hosts by itself.
    """

    words: tuple[str, ...]
    run: Path
    recipe: Recipe
    recipe_name: str
    overrides: tuple[str, ...]
    hostfile: tuple[int, Path] | None

    def on(self, hostfile: Path, hosts: Sequence[Host]) -> list[str]:
        """The words that launch on these hosts. A `--master_addr` of the hostfile gives way to the first of them, where rank 0 will be; and
        deepspeed is kept from starting the processes of a single host on this machine."""
        assert self.hostfile is not None, "no hostfile stands in the command"
        words = list(self.words)
        place = self.hostfile[0]
        option, is_joined, _ = words[place].partition("=")
        words[place] = f"{option}={hostfile}" if is_joined else str(hostfile)
        for place, word in enumerate(words):
            option, is_joined, address = word.partition("=")
            if option in ("--master_addr", "--master-addr"):
                address = address or words[place + 1]
                if address in [host.name for host in read_hostfile(self.hostfile[1])]:
                    words[place if is_joined else place + 1] = f"{option}={hosts[0].name}" if is_joined else hosts[0].name
        return [words[0], "--force_multi", *words[1:]] if len(hosts) == 1 and "--force_multi" not in words else words


def understand(words: Sequence[str]) -> Launch:
    """The launch command. Raises InputError(s) where it does not train, or its recipe or hostfile is wrong."""
    where = f"the launch command `{shlex.join(words)}`"
    script = next((place for place, word in enumerate(words) if word.endswith("pretrain.py")), None)
    if script is None:
        remedy = "write it behind `--`: supervise.py -- deepspeed --hostfile F launch/pretrain.py --recipe R --run DIR"
        raise InputError(where, "does not start launch/pretrain.py", "the command that trains", remedy)
    options: dict[str, str] = {}
    place = {}
    for index, word in enumerate(words):
        option, is_joined, value = word.partition("=")
        if option in ("--recipe", "--run", "--hostfile", "-H"):
            place[option] = index if is_joined else index + 1
            options[option] = value if is_joined else next(iter(words[index + 1 :]), "")
    for option in ("--recipe", "--run"):
        if not options.get(option):
            raise InputError(where, f"has no {option}", "a recipe and the run's directory", f"add {option}")
    hostfile_option = next((option for option in ("--hostfile", "-H") if option in options), None)
    taken = {*place.values()}
    overrides = tuple(
        word for index, word in enumerate(words) if index > script and index not in taken and "=" in word and not word.startswith("-")
    )
    hostfile = None
    if hostfile_option is not None and Path(words[0]).name == "deepspeed":
        hostfile = (place[hostfile_option], Path(options[hostfile_option]))
        read_hostfile(hostfile[1])
    recipe = load_recipe(options["--recipe"], overrides)
    return Launch(tuple(words), Path(options["--run"]).absolute(), recipe, options["--recipe"], overrides, hostfile)


class Supervisor:
    """Runs a launch command until the run is whole.

    Args:
        environment: what the launcher is started with.
        grow_minutes: a start on fewer hosts is stopped after so long, with a checkpoint, once a host that was left out answers again.

    Raises InputError where another supervisor has the run.
    """

    def __init__(self, launch: Launch, environment: Mapping[str, str], max_failures: int, grow_minutes: float) -> None:
        self._launch, self._max_failures, self._grow_minutes = launch, max_failures, grow_minutes
        self._run = launch.run
        self._run.mkdir(parents=True, exist_ok=True)
        self._lock = take_lock(self._run / "supervisor.lock")
        self._journal = JsonLines(self._run / "supervisor.jsonl")
        self._environment = dict(environment)
        self._process: subprocess.Popen[bytes] | None = None
        self._asked_to_stop = 0
        self._left_out: dict[str, str] = {}  # host -> why
        self._just_lost: list[str] = []  # hosts that the start before ended with: they are not asked again at once
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1):
            signal.signal(number, self._stop)
        own_file = any((directory / DEEPSPEED_ENV_NAME).exists() for directory in (Path.cwd(), Path.home()))
        if launch.hostfile is not None and not own_file and "DS_ENV_FILE" not in self._environment:
            (self._run / "deepspeed_env").write_text(deepspeed_env(self._environment), encoding="utf-8")
            self._environment["DS_ENV_FILE"] = str(self._run / "deepspeed_env")

    def run(self) -> int:
        """Until the run has finished or is given up; returns the exit status."""
        history: list[Ended] = []
        before = self._newest_checkpoint()
        while True:
            hosts = self._prepare()
            if hosts is None:
                return 75
            history.append(self._start(hosts))
            decision = decide(history, self._max_failures, before)
            if self._asked_to_stop and decision.code is None:
                self._note("stopped", why="asked to stop")
                return 75
            if decision.code is not None:
                self._note("done" if decision.code in (0, 75) else "gave_up", code=decision.code, why=decision.why)
                (logger.info if decision.code in (0, 75) else logger.error)("%s", decision.why)
                return decision.code
            logger.warning("%s; starting again%s", decision.why, f" in {decision.after_seconds:.0f} s" if decision.after_seconds else "")
            self._sleep(decision.after_seconds)

    # --- before a start

    def _prepare(self) -> tuple[Host, ...] | None:
        """The hosts to start on, no rank of the run alive on them; waits until there are some. None where it was asked to stop meanwhile.
        Empty where the launcher knows its hosts by itself."""
        if self._launch.hostfile is None:
            self._clean([Host("localhost", 1)])
            return ()
        told = 0.0
        while not self._asked_to_stop:
            every = read_hostfile(self._launch.hostfile[1])
            answering = self._clean([host for host in every if host.name not in self._just_lost])
            self._just_lost = []
            fit = self._examine(answering)
            left_out = {host.name: fit.get(host.name, "it does not answer") for host in every if fit.get(host.name, "-")}
            for name in self._left_out.keys() - left_out.keys():
                self._note("host_back", host=name)
                logger.info("host %s is taken back", name)
            for name in left_out.keys() - self._left_out.keys():
                self._note("host_left_out", host=name, why=left_out[name])
                logger.warning("host %s is left out: %s", name, left_out[name])
            self._left_out = left_out
            kept = [host for host in every if host.name not in left_out]
            chosen = largest_topology(kept, self._launch.recipe.parallel.tensor, self._launch.recipe.batch.global_rows)
            if chosen:
                return chosen
            if time.monotonic() - told > 60:
                told = time.monotonic()
                self._note("waiting", left_out=left_out)
                logger.warning("waiting: none of %d hosts is fit", len(every))
            self._sleep(SECONDS_BETWEEN_PROBES)
        return None

    def _clean(self, hosts: Sequence[Host]) -> list[Host]:
        """End orphans and remove stale locks on each host, all at once; the hosts that answered."""
        extensions = [self._environment["TORCH_EXTENSIONS_DIR"]] if "TORCH_EXTENSIONS_DIR" in self._environment else []

        def clean(host: Host) -> dict[str, Any] | None:
            words = command_on(host.name, ["-m", "medpretrain.cluster.orphans", str(self._run), *extensions], {}, SSH)
            try:
                done = subprocess.run(
                    words, capture_output=True, text=True, timeout=SECONDS_FOR_HOSTS, check=True, stdin=subprocess.DEVNULL
                )
                found: dict[str, Any] = json.loads(done.stdout)
                return found
            except (subprocess.SubprocessError, OSError, ValueError) as error:
                logger.debug("%s: %s", host.name, error)
                return None

        with ThreadPoolExecutor(HOSTS_AT_ONCE) as pool:
            answers = list(zip(hosts, pool.map(clean, hosts), strict=True))
        for host, answer in answers:
            if answer and answer["ended"]:
                processes = [record["process"] for record in answer["ended"]]
                self._note("orphans_ended", host=host.name, processes=processes)
                logger.warning("host %s: ended %d processes that their launcher had left behind", host.name, len(processes))
            for lock in answer["removed_locks"] if answer else ():
                self._note("stale_lock_removed", host=host.name, lock=lock)
                logger.warning("host %s: removed %s, left by a killed process that compiled", host.name, lock)
        return [host for host, answer in answers if answer is not None]

    def _examine(self, hosts: Sequence[Host]) -> dict[str, str]:
        """Host -> what makes it unfit, empty where it is fit; hosts that did not answer are not in it."""
        if not hosts:
            return {}
        path = self._run / "hostfile.answering"
        write_hostfile(path, hosts)
        found = examine(path, self._launch.recipe_name, self._launch.overrides, run=self._run, quick=True)
        unfit = dict.fromkeys((host.name for host in hosts), "")
        for finding in found["findings"]:
            if finding["level"] == "bad" and finding["host"] in unfit:
                unfit[finding["host"]] = unfit[finding["host"]] or finding["sentence"]
            elif finding["level"] == "bad":
                logger.warning("%s", finding["sentence"])
        return unfit

    # --- a start

    def _start(self, hosts: Sequence[Host]) -> Ended:
        """Launch, watch until the end, and say how it ended."""
        (self._run / OUTCOME_NAME).unlink(missing_ok=True)
        words = list(self._launch.words)
        if hosts:
            path = self._run / "hostfile"
            write_hostfile(path, hosts, "Hosts of the last start, written by the supervisor.")
            words = self._launch.on(path, hosts)
        self._note("launch", hosts={host.name: host.slots for host in hosts}, command=words)
        logger.info("starting on %s: %s", ", ".join(host.name for host in hosts) or "this machine", shlex.join(words))
        began = time.time()
        self._process = subprocess.Popen(words, env=self._environment, start_new_session=True)
        lost, asked = self._watch(hosts, self._process, began)
        self._just_lost = lost
        self._kill()
        outcome = self._outcome() or {}
        attempts = [event["attempt"] for event in read_json_lines(self._run / "events.jsonl")]
        cause, reason = self._cause(outcome, lost, began)
        ended = Ended(outcome.get("code"), cause, reason, self._newest_checkpoint(), asked and outcome.get("code") == 75)
        self._note("ended", attempt=max(attempts, default=0), cause=cause, reason=reason, code=ended.code, checkpoint=ended.checkpoint)
        return ended

    def _watch(self, hosts: Sequence[Host], process: subprocess.Popen[bytes], began: float) -> tuple[list[str], bool]:
        """Until the launcher has ended, or has to be: the hosts that were lost, and whether the run was asked to stop for more hosts."""
        asked = False
        probed = time.monotonic()
        told_at: float | None = None
        with ThreadPoolExecutor(HOSTS_AT_ONCE) as pool:
            while process.poll() is None:
                time.sleep(SECONDS_BETWEEN_LOOKS)
                now = time.monotonic()
                if told_at is None and (self._outcome() is not None or self._diagnosis(began) is not None):
                    told_at = now
                if told_at is not None and now - told_at > SECONDS_TO_END:
                    return [], asked
                if hosts and now - probed >= SECONDS_BETWEEN_PROBES:
                    probed = now
                    lost = [host.name for host, alive in zip(hosts, pool.map(answers, hosts), strict=True) if not alive]
                    if lost and process.poll() is None:
                        return lost, asked
                    probed = time.monotonic()
                    grown = not asked and time.time() - began > 60 * self._grow_minutes
                    if grown and self._left_out and any(pool.map(answers, [Host(name, 1) for name in self._left_out])):
                        asked = True
                        (self._run / "stop").touch()
        return [], asked

    def _cause(self, outcome: Mapping[str, Any], lost: Sequence[str], began: float) -> tuple[str, str]:
        if lost:
            return f"lost host {', '.join(lost)}", f"{', '.join(lost)} no longer answered"
        diagnosis = self._diagnosis(began)
        if outcome:
            code = outcome["code"]
            known = {0: "finished", 75: "stopped", 2: "wrong input"}
            return known.get(code, "hang" if diagnosis or "a hang: " in outcome["reason"] else "crash"), outcome["reason"]
        if diagnosis is not None:
            return "hang", diagnosis
        status = self._process.returncode if self._process is not None else None
        return "launcher died", f"the launcher ended with status {status} and the run left no outcome"

    def _diagnosis(self, since: float) -> str | None:
        """What the ranks said of a hang in this start."""
        for path in (self._run / "logs").glob("hang-*/diagnosis.json"):
            with contextlib.suppress(OSError, ValueError, KeyError):
                if path.stat().st_mtime >= since:
                    return str(json.loads(path.read_text())["reason"])
        return None

    def _outcome(self) -> dict[str, Any] | None:
        try:
            outcome: dict[str, Any] = json.loads((self._run / OUTCOME_NAME).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return outcome

    def _newest_checkpoint(self) -> int:
        return max(published_steps(checkpoints_directory(self._run)), default=0)

    def _kill(self) -> None:
        """End the launcher and what it started here."""
        assert self._process is not None
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def _stop(self, number: int, frame: FrameType | None) -> None:
        """Asked to stop: the run saves and ends; asked again, it is ended."""
        self._asked_to_stop += 1
        if self._asked_to_stop > 1 and self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
        elif self._process is not None and self._process.poll() is None:
            (self._run / "stop").touch()

    def _sleep(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and not self._asked_to_stop:
            time.sleep(min(SECONDS_BETWEEN_LOOKS, seconds))

    def _note(self, name: str, **facts: Any) -> None:
        self._journal.append({"time": round(time.time(), 3), "event": name, **facts})


def answers(host: Host) -> bool:
    """Whether a host is there: its ssh port says a word; where that fails, ssh itself is asked (there may be a jump host between)."""
    if command_on(host.name, [], {}, SSH)[0] != SSH[0]:
        return True  # this machine
    try:
        known = subprocess.run([*SSH, "-G", host.name], capture_output=True, text=True, timeout=PROBE_SECONDS, check=True).stdout
        settings = dict(line.split(maxsplit=1) for line in known.splitlines() if " " in line)
        with socket.create_connection((settings["hostname"], int(settings["port"])), timeout=PROBE_SECONDS) as connection:
            if connection.recv(4).startswith(b"SSH"):
                return True
    except (OSError, subprocess.SubprocessError, KeyError, ValueError):
        pass
    try:
        command = [*SSH, *SSH_OPTIONS, host.name, "true"]
        return subprocess.run(command, capture_output=True, timeout=CONFIRM_SECONDS, check=False, stdin=subprocess.DEVNULL).returncode == 0
    except (OSError, subprocess.SubprocessError):
        return False
