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
import shutil
import signal
import socket
import subprocess
import tempfile
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
from medpretrain.cluster.doctor import SSH_OPTIONS, ask_host, command_on, examine
from medpretrain.cluster.hostfile import Host, format_hostfile, largest_topology, read_hostfile, write_hostfile
from medpretrain.cluster.restart import Ended, decide
from medpretrain.errors import InputError, InputErrors
from medpretrain.log import JsonLines, logger
from medpretrain.train.recipes import load_recipe
from medpretrain.train.run_directory import (
    LOCK_NAME,
    OUTCOME_NAME,
    REFUSAL_NAME,
    STOP_FILE_NAME,
    hang_directory,
    is_held,
    read_json_lines,
    take_lock,
)
from medpretrain.train.settings import Recipe

SSH = ["ssh"]
HOSTS_AT_ONCE = 64
SECONDS_BETWEEN_PROBES, PROBE_SECONDS, CONFIRM_SECONDS = 5.0, 3.0, 8.0
ROUNDS_TO_BELIEVE = 2  # in a row without an answer, and a host is lost
CHOOSERS = ("--include", "-i", "--exclude", "-e", "--num_nodes", "--num_gpus", "--num_accelerators")  # of hosts, by deepspeed
SECONDS_FOR_HOSTS = 60.0  # to answer before a start
SECONDS_TO_END = 8.0  # of a launcher whose run has told its outcome, and so has ended
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
    if shutil.which(words[0]) is None:
        raise InputError(where, f"`{words[0]}` is no command here", "a launcher", "give its path, or activate its environment")
    hostfile = None
    if hostfile_option is not None and Path(words[0]).name == "deepspeed":
        chooser = next((word for word in words[:script] if word.partition("=")[0] in CHOOSERS), None)
        if chooser is not None:
            raise InputError(where, f"chooses hosts by {chooser}", "the hostfile alone to say them", "take it out, and edit the hostfile")
        hostfile = (place[hostfile_option], Path(options[hostfile_option]))
        read_hostfile(hostfile[1])
    recipe = load_recipe(options["--recipe"], overrides)
    return Launch(tuple(words), Path(options["--run"]).absolute(), recipe, options["--recipe"], overrides, hostfile)


class Supervisor:
    """Runs a launch command until the run is whole.

    Args:
        environment: what the launcher is started with.
        max_failures: it is started again at most so often in a row without a new checkpoint.
        grow_minutes: a start on fewer hosts is stopped after so long, with a checkpoint, once a host that was left out is fit again.
        take_over: end what trains the run at present.

    Raises InputError where another supervisor has the run, or somebody trains it who is not to be ended.
    """

    def __init__(
        self, launch: Launch, environment: Mapping[str, str], max_failures: int, grow_minutes: float, take_over: bool = False
    ) -> None:
        self._launch, self._max_failures, self._grow_minutes = launch, max_failures, grow_minutes
        self._run = launch.run
        self._run.mkdir(parents=True, exist_ok=True)
        self._lock, _ = take_lock(self._run / "supervisor.lock")
        if is_held(self._run / LOCK_NAME) and not take_over:
            holder = (self._run / LOCK_NAME).read_text(encoding="utf-8").partition("\n")[0]
            remedy = f"stop it (touch {self._run / STOP_FILE_NAME}), or end it with --take-over"
            raise InputError(str(self._run), f"is trained by {holder or 'another process'}", "a run that nobody trains", remedy)
        self._journal = JsonLines(self._run / "supervisor.jsonl")
        self._environment = dict(environment)
        self._process: subprocess.Popen[bytes] | None = None
        self._events_before = 0  # lines of events.jsonl before this start
        self._asked_to_stop = 0
        self._left_out: dict[str, str] = {}  # host -> why
        self._stop_is_ours = False  # the stop file
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
                return self._done(75, "asked to stop", ())
            history.append(self._start(hosts))
            decision = decide(history, self._max_failures, before)
            if self._asked_to_stop and decision.code is None:
                return self._done(75, "asked to stop", hosts)
            if decision.code is not None:
                return self._done(decision.code, decision.why, hosts)
            logger.warning("%s; starting again%s", decision.why, f" in {decision.after_seconds:.0f} s" if decision.after_seconds else "")
            self._sleep(decision.after_seconds)

    def _done(self, code: int, why: str, hosts: Sequence[Host]) -> int:
        """Nothing follows: where the run was not ended by itself, no rank of it stays behind."""
        if code not in (0, 75) or self._asked_to_stop > 1:
            self._clean(hosts or [Host("localhost", 1)])
        if self._stop_is_ours:
            (self._run / STOP_FILE_NAME).unlink(missing_ok=True)
        self._note("done" if code in (0, 75) else "gave_up", code=code, why=why)
        (logger.info if code in (0, 75) else logger.error)("%s", why)
        self._lock.truncate(0)
        return code

    # --- before a start

    def _prepare(self) -> tuple[Host, ...] | None:
        """The hosts to start on, no rank of the run alive on them; waits until there are some. None where it was asked to stop meanwhile.
        Empty where the launcher knows its hosts by itself."""
        if self._launch.hostfile is None:
            self._clean([Host("localhost", 1)])
            return None if self._asked_to_stop else ()
        told = ""
        while not self._asked_to_stop:
            try:
                chosen = self._choose(read_hostfile(self._launch.hostfile[1]))
                problem = "" if chosen else "no host is fit"
            except (InputError, InputErrors, OSError) as error:  # a hostfile that is being edited, a disk that is full
                chosen, problem = (), str(error)
            if chosen and not self._asked_to_stop:
                return chosen
            if problem != told:
                told = problem
                self._note("waiting", why=problem)
                logger.warning("waiting: %s", problem)
            self._sleep(SECONDS_BETWEEN_PROBES)
        return None

    def _choose(self, every: Sequence[Host]) -> tuple[Host, ...]:
        """The hosts to start on, telling which were left out or taken back since the last start."""
        answering, problems = self._clean([host for host in every if host.name not in self._just_lost])
        self._just_lost = []
        unfit = self._examine(answering)
        left_out = {host.name: unfit.get(host.name, problems.get(host.name, "it does not answer")) for host in every}
        left_out = {name: why for name, why in left_out.items() if why}
        for name in self._left_out.keys() - left_out.keys():
            self._note("host_back", host=name)
            logger.info("host %s is taken back", name)
        for name in left_out.keys() - self._left_out.keys():
            self._note("host_left_out", host=name, why=left_out[name])
            logger.warning("host %s is left out: %s", name, left_out[name])
        self._left_out = left_out
        return self._largest([host for host in every if host.name not in left_out])

    def _largest(self, hosts: Sequence[Host]) -> tuple[Host, ...]:
        return largest_topology(hosts, self._launch.recipe.parallel.tensor, self._launch.recipe.batch.global_rows)

    def _clean(self, hosts: Sequence[Host]) -> tuple[list[Host], dict[str, str]]:
        """End orphans and remove stale locks on each host, all at once: the hosts that answered, and what is the matter with the others."""
        extensions = [self._environment["TORCH_EXTENSIONS_DIR"]] if "TORCH_EXTENSIONS_DIR" in self._environment else []
        words = ["-m", "medpretrain.cluster.orphans", str(self._run), *extensions]
        with ThreadPoolExecutor(HOSTS_AT_ONCE) as pool:
            asked = pool.map(lambda host: ask_host(host.name, words, SSH, SECONDS_FOR_HOSTS), hosts)
            answers = [(host, answer, problem) for host, (answer, problem) in zip(hosts, asked, strict=True)]
        for host, answer, _ in answers:
            if answer and answer["ended"]:
                processes = [record["process"] for record in answer["ended"]]
                self._note("orphans_ended", host=host.name, processes=processes)
                logger.warning("host %s: ended %d processes that their launcher had left behind", host.name, len(processes))
            for lock in answer["removed_locks"] if answer else ():
                self._note("stale_lock_removed", host=host.name, lock=lock)
                logger.warning("host %s: removed %s, left by a killed process that compiled", host.name, lock)
        return [host for host, answer, _ in answers if answer is not None], {host.name: problem for host, _, problem in answers if problem}

    def _examine(self, hosts: Sequence[Host]) -> dict[str, str]:
        """Host -> what makes it unfit, empty where it is fit; hosts that did not answer are not in it."""
        if not hosts:
            return {}
        with tempfile.NamedTemporaryFile("w", prefix="hosts-") as file:
            file.write(format_hostfile(hosts))
            file.flush()
            found = examine(Path(file.name), self._launch.recipe_name, self._launch.overrides, run=self._run, quick=True)
        unfit = dict.fromkeys((host.name for host in hosts), "")
        bad = [finding for finding in found["findings"] if finding["level"] == "bad"]
        for finding in bad:
            if finding["host"] in unfit:
                unfit[finding["host"]] = unfit[finding["host"]] or finding["sentence"]
        shared = {finding["sentence"] for finding in bad} if all(unfit.values()) else set()
        if len(hosts) > 1 and len(shared) == 1:  # what is wrong with all alike is no host's fault: the run itself will say what it lacks
            logger.warning("all hosts: %s", shared.pop())
            return dict.fromkeys(unfit, "")
        return unfit

    # --- a start

    def _start(self, hosts: Sequence[Host]) -> Ended:
        """Launch, watch until the end, and say how it ended."""
        for name in (OUTCOME_NAME, REFUSAL_NAME):
            (self._run / name).unlink(missing_ok=True)
        if self._stop_is_ours:
            (self._run / STOP_FILE_NAME).unlink(missing_ok=True)
            self._stop_is_ours = False
        self._events_before = len(read_json_lines(self._run / "events.jsonl"))
        words = list(self._launch.words)
        if hosts:
            path = self._run / "hostfile"
            write_hostfile(path, hosts, "Hosts of the last start, written by the supervisor.")
            words = self._launch.on(path, hosts)
        self._note("launch", hosts={host.name: host.slots for host in hosts}, command=words)
        logger.info("starting on %s: %s", ", ".join(host.name for host in hosts) or "this machine", shlex.join(words))
        self._process = subprocess.Popen(words, env=self._environment, start_new_session=True)
        if self._asked_to_stop:  # while the hosts were asked
            self._touch_stop()
        lost, asked = self._watch(hosts, self._process)
        self._kill()
        outcome = self._outcome() or {}
        launched = self._launched()
        if not lost and outcome.get("code") not in (0, 2, 75):  # the ranks may have noticed first
            lost = self._silent(hosts)
        self._just_lost = lost
        cause, reason = self._cause(outcome, lost)
        ended = Ended(outcome.get("code"), cause, reason, self._newest_checkpoint(), asked and outcome.get("code") == 75)
        attempt = launched[-1]["attempt"] if launched else None
        self._note("ended", attempt=attempt, cause=cause, reason=reason, code=ended.code, checkpoint=ended.checkpoint)
        return ended

    def _watch(self, hosts: Sequence[Host], process: subprocess.Popen[bytes]) -> tuple[list[str], bool]:
        """Until the launcher has ended, or has to be: the hosts that were lost, and whether the run was asked to stop for more hosts."""
        asked = False
        began = probed = time.monotonic()
        told_at: float | None = None
        silent_rounds = dict.fromkeys((host.name for host in hosts), 0)
        with ThreadPoolExecutor(HOSTS_AT_ONCE) as pool:
            while process.poll() is None:
                time.sleep(SECONDS_BETWEEN_LOOKS)
                now = time.monotonic()
                if told_at is None and self._has_ended():
                    told_at = now
                if told_at is not None and now - told_at > SECONDS_TO_END:
                    return [], asked
                if not hosts or (now - probed < SECONDS_BETWEEN_PROBES and not any(silent_rounds.values())):
                    continue
                for host, alive in zip(hosts, pool.map(answers, hosts), strict=True):
                    silent_rounds[host.name] = 0 if alive else silent_rounds[host.name] + 1
                probed = time.monotonic()
                lost = [name for name, rounds in silent_rounds.items() if rounds >= ROUNDS_TO_BELIEVE]
                # Where all are silent, it may be this machine that is cut off: a job that goes on is not ended for that.
                if lost and process.poll() is None and (len(lost) < len(hosts) or len(hosts) == 1 or not self._moves(now - began)):
                    return lost, asked
                if not asked and self._left_out and probed - began > 60 * self._grow_minutes:
                    began = probed  # asked again only as long after
                    if self._could_grow(hosts):
                        asked = True
                        self._touch_stop()
        return [], asked

    def _silent(self, hosts: Sequence[Host]) -> list[str]:
        """The hosts that do not answer, unless none does."""
        with ThreadPoolExecutor(HOSTS_AT_ONCE) as pool:
            lost = [host.name for host, alive in zip(hosts, pool.map(answers, hosts), strict=True) if not alive]
        return lost if len(lost) < len(hosts) else []

    def _has_ended(self) -> bool:
        """Whether the run has told its end. One that has finished may still be making second copies, as long as it holds its lock."""
        outcome = self._outcome()
        if outcome is None:
            return self._diagnosis() is not None
        return outcome["code"] != 0 or not is_held(self._run / LOCK_NAME)

    def _moves(self, age_seconds: float) -> bool:
        """Whether the run has written metrics in the last minute, or has only just begun."""
        try:
            return age_seconds < 60 or time.time() - (self._run / "metrics.jsonl").stat().st_mtime < 60
        except OSError:
            return False

    def _could_grow(self, hosts: Sequence[Host]) -> bool:
        """Whether more ranks would run with those of the hosts that were left out which are fit by now."""
        assert self._launch.hostfile is not None
        try:
            every = read_hostfile(self._launch.hostfile[1])
            back = [host for host in every if host.name in self._left_out and answers(host)]
            fit = [name for name, why in self._examine(back).items() if not why]
        except (InputError, InputErrors, OSError) as error:
            logger.debug("%s", error)
            return False
        now_kept = [host for host in every if host.name not in self._left_out]
        more = self._largest([*now_kept, *(host for host in back if host.name in fit)])
        return sum(host.slots for host in more) > sum(host.slots for host in hosts)

    def _cause(self, outcome: Mapping[str, Any], lost: Sequence[str]) -> tuple[str, str]:
        if lost:
            return f"lost host {', '.join(lost)}", f"{', '.join(lost)} no longer answered"
        diagnosis = self._diagnosis()
        if outcome:
            code = outcome["code"]
            known = {0: "finished", 75: "stopped", 2: "wrong input"}
            return known.get(code, "hang" if diagnosis or "a hang: " in outcome["reason"] else "crash"), outcome["reason"]
        if diagnosis is not None:
            return "hang", diagnosis
        status = self._process.returncode if self._process is not None else None
        return "launcher died", f"the launcher ended with status {status} and the run left no outcome"

    def _launched(self) -> list[dict[str, Any]]:
        """The events `launched` since this start."""
        return [event for event in read_json_lines(self._run / "events.jsonl")[self._events_before :] if event["event"] == "launched"]

    def _diagnosis(self) -> str | None:
        """What the ranks of this start said of a hang."""
        if not (self._run / "logs").is_dir() or not list((self._run / "logs").glob("hang-*")):
            return None
        for event in self._launched():
            with contextlib.suppress(OSError, ValueError, KeyError):
                return str(json.loads((hang_directory(self._run, event["start"]) / "diagnosis.json").read_text())["reason"])
        return None

    def _outcome(self) -> dict[str, Any] | None:
        """How this start ended; or why it could not take the run's directory."""
        for name in (OUTCOME_NAME, REFUSAL_NAME):
            with contextlib.suppress(OSError, ValueError):
                outcome: dict[str, Any] = json.loads((self._run / name).read_text(encoding="utf-8"))
                return outcome
        return None

    def _newest_checkpoint(self) -> int:
        try:
            return max(published_steps(checkpoints_directory(self._run)), default=0)
        except OSError:
            return 0

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
            self._touch_stop()

    def _touch_stop(self) -> None:
        """Ask the run to stop. A file that it did not come to obey goes with its start."""
        self._stop_is_ours = True
        with contextlib.suppress(OSError):
            (self._run / STOP_FILE_NAME).touch()

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
