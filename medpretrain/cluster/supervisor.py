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
import tempfile
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import FrameType
from typing import IO, Any

from medpretrain.checkpoint.paths import checkpoints_directory, published_steps
from medpretrain.cluster.deepspeed_env import FILE_NAME as DEEPSPEED_ENV_NAME
from medpretrain.cluster.deepspeed_env import deepspeed_env
from medpretrain.cluster.doctor import examine
from medpretrain.cluster.hostfile import Host, format_hostfile, largest_topology, write_hostfile
from medpretrain.cluster.launch_command import HostfileHosts, HostSource, Launch
from medpretrain.cluster.remote import HOSTS_AT_ONCE, SSH, ask_host
from medpretrain.cluster.restart import Ended, decide
from medpretrain.cluster.slurm import JobLost, SlurmSilent
from medpretrain.errors import InputError, InputErrors
from medpretrain.log import JsonLines, logger
from medpretrain.train.run_directory import (
    LOCK_NAME,
    OUTCOME_NAME,
    REFUSAL_NAME,
    STOP_FILE_NAME,
    WORTH_A_RESTART,
    hang_directory,
    is_held,
    read_json_lines,
    take_lock,
)

SECONDS_BETWEEN_PROBES = 5.0
ROUNDS_TO_BELIEVE = 2  # in a row without an answer, and a host is lost
SECONDS_FOR_HOSTS = 60.0  # to answer before a start
SECONDS_TO_END = 8.0  # of a launcher whose run has told its outcome, and so has ended
SECONDS_BETWEEN_LOOKS = 0.5
OUR_STOP = "by the supervisor\n"  # in the stop file: one of a supervisor that was killed means nothing to the next


class NoHostFit(Exception):
    """No host has become fit in time."""


class Supervisor:
    """Runs a launch command until the run is whole.

    Args:
        environment: what the launcher is started with.
        max_failures: it is started again at most so often in a row without a new checkpoint.
        grow_minutes: a start on fewer hosts is stopped after so long, with a checkpoint, once a host that was left out is fit again.
        take_over: end what trains the run at present.
        wait_minutes: wait so long for those who have the run at present to be gone, as they will be where their host was lost.

    Raises InputError where another supervisor has the run, or somebody trains it who is not to be ended.
    """

    def __init__(
        self,
        launch: Launch,
        environment: Mapping[str, str],
        max_failures: int,
        grow_minutes: float,
        take_over: bool = False,
        wait_minutes: float = 0.0,
    ) -> None:
        self._launch, self._max_failures, self._grow_minutes = launch, max_failures, grow_minutes
        self._run = launch.run
        self._run.mkdir(parents=True, exist_ok=True)
        self._lock = _take(self._run, take_over, wait_minutes)
        self._journal = JsonLines(self._run / "supervisor.jsonl")
        self._environment = dict(environment)
        self._reach = SSH if launch.hosts is None else launch.hosts.reach
        self._process: subprocess.Popen[bytes] | None = None
        self._events_before = 0  # lines of events.jsonl before this start
        self._asked_to_stop = False
        self._asked_by_hand = 0  # times Ctrl-C was pressed
        self._left_out: dict[str, str] = {}  # host -> why
        self._stop_is_ours = False  # the stop file
        self._just_lost: list[str] = []  # hosts that the start before ended with: they are not asked again at once
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1):
            signal.signal(number, self._stop)
        self._tell_of_the_start_before()
        own_file = any((directory / DEEPSPEED_ENV_NAME).exists() for directory in (Path.cwd(), Path.home()))
        if isinstance(launch.hosts, HostfileHosts) and not own_file and "DS_ENV_FILE" not in self._environment:
            (self._run / "deepspeed_env").write_text(deepspeed_env(self._environment), encoding="utf-8")
            self._environment["DS_ENV_FILE"] = str(self._run / "deepspeed_env")

    def run(self) -> int:
        """Until the run has finished or is given up; returns the exit status."""
        history: list[Ended] = []
        before = self._newest_checkpoint()
        while True:
            try:
                hosts = self._prepare()
            except JobLost as error:
                logger.error("%s: it is left to whoever was started for it", error)
                return WORTH_A_RESTART
            except NoHostFit as error:
                return self._done(WORTH_A_RESTART, str(error), ())
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
        if code not in (0, 75) or self._asked_by_hand > 1:
            self._clean(hosts or [Host("localhost", 1)])
        if self._stop_is_ours:
            (self._run / STOP_FILE_NAME).unlink(missing_ok=True)
        self._note("done" if code in (0, 75) else "gave_up", code=code, why=why)
        (logger.info if code in (0, 75) else logger.error)("%s", why)
        if not self._lock.closed:
            self._lock.truncate(0)
        return code

    def _tell_of_the_start_before(self) -> None:
        """A supervisor that was lost with its host could not tell how its last start ended; nor take back its own request to stop."""
        with contextlib.suppress(OSError):
            if (self._run / STOP_FILE_NAME).read_text(encoding="utf-8") == OUR_STOP:
                (self._run / STOP_FILE_NAME).unlink()
        starts_and_ends = ("launch", "ended", "ended_unseen")
        records = [record for record in read_json_lines(self._run / "supervisor.jsonl") if record["event"] in starts_and_ends]
        if not records or records[-1]["event"] != "launch":
            return
        hosts = [Host(name, slots) for name, slots in records[-1]["hosts"].items()]
        lost = [] if self._launch.hosts is None else self._launch.hosts.silent(hosts)
        self._events_before = records[-1]["events_before"]
        cause, reason = "supervisor lost", "its supervisor was ended before it"
        if lost or self._outcome() is not None or self._diagnosis() is not None:
            cause, reason = self._cause(self._outcome() or {}, lost)
        attempt = launched[-1]["attempt"] if (launched := self._launched()) else None
        self._note("ended_unseen", attempt=attempt, cause=cause, reason=reason, checkpoint=self._newest_checkpoint())

    # --- before a start

    def _prepare(self) -> tuple[Host, ...] | None:
        """The hosts to start on, no rank of the run alive on them; waits until there are some. None where it was asked to stop meanwhile.
        Empty where the launcher knows its hosts by itself. Raises NoHostFit, and JobLost."""
        if self._launch.hosts is None:
            self._clean([Host("localhost", 1)])
            return None if self._asked_to_stop else ()
        told, began = "", time.monotonic()
        while not self._asked_to_stop:
            try:
                chosen = self._choose(self._launch.hosts, self._all_hosts(self._launch.hosts))
                problem = "" if chosen else "no host is fit"
            except (InputError, InputErrors, OSError) as error:  # a hostfile that is being edited, a disk that is full
                chosen, problem = (), str(error)
            if chosen and not self._asked_to_stop:
                return chosen
            if problem != told:
                told = problem
                self._note("waiting", why=problem)
                logger.warning("waiting: %s", problem)
            if time.monotonic() - began > self._launch.hosts.patience_seconds:
                raise NoHostFit(f"given up after waiting {self._launch.hosts.patience_seconds / 60:.0f} minutes for a host: {problem}")
            self._sleep(SECONDS_BETWEEN_PROBES)
        return None

    def _all_hosts(self, source: HostSource) -> tuple[Host, ...]:
        """All hosts that there are. While Slurm is silent the run is let go: it may have given the job to others."""
        try:
            every = source.hosts()
        except SlurmSilent:
            self._lock.close()
            raise
        if self._lock.closed:
            self._lock = _take(self._run, take_over=False, wait_minutes=0)
        return every

    def _choose(self, source: HostSource, every: Sequence[Host]) -> tuple[Host, ...]:
        """The hosts to start on, telling which were left out or taken back since the last start."""
        not_asked = {*self._just_lost, *source.known_dead(every)}
        answering, problems = self._clean([host for host in every if host.name not in not_asked])
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
            asked = pool.map(lambda host: ask_host(host.name, words, self._reach, SECONDS_FOR_HOSTS), hosts)
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
            found = examine(
                Path(file.name),
                self._launch.recipe_name,
                self._launch.overrides,
                run=self._run,
                quick=True,
                ssh=shlex.join(self._reach),
            )
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
        if self._launch.hosts is not None:
            path = self._run / "hostfile"
            write_hostfile(path, hosts, "Hosts of the last start, written by the supervisor.")
            words = self._launch.hosts.words_on(words, hosts, path)
        here = {host.name: host.slots for host in hosts}
        self._note("launch", hosts=here, command=words, supervisor=socket.gethostname(), events_before=self._events_before)
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
        while process.poll() is None:
            time.sleep(SECONDS_BETWEEN_LOOKS)
            now = time.monotonic()
            if told_at is None and self._has_ended():
                told_at = now
            if told_at is not None and now - told_at > SECONDS_TO_END:
                return [], asked
            if self._launch.hosts is None or (now - probed < SECONDS_BETWEEN_PROBES and not any(silent_rounds.values())):
                continue
            silent = self._launch.hosts.silent(hosts)
            silent_rounds = {name: rounds + 1 if name in silent else 0 for name, rounds in silent_rounds.items()}
            probed = time.monotonic()
            lost = [name for name, rounds in silent_rounds.items() if rounds >= ROUNDS_TO_BELIEVE]
            # Where all are silent, it may be this machine that is cut off: a job that goes on is not ended for that.
            if lost and process.poll() is None and (len(lost) < len(hosts) or len(hosts) == 1 or not self._moves(now - began)):
                return lost, asked
            if not asked and self._left_out and probed - began > 60 * self._grow_minutes:
                began = probed  # asked again only as long after
                if self._could_grow(self._launch.hosts, hosts):
                    asked = True
                    self._touch_stop()
        return [], asked

    def _silent(self, hosts: Sequence[Host]) -> list[str]:
        """The hosts that do not answer, unless none does."""
        lost = [] if self._launch.hosts is None else self._launch.hosts.silent(hosts)
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

    def _could_grow(self, source: HostSource, hosts: Sequence[Host]) -> bool:
        """Whether more ranks would run with those of the hosts that were left out which are fit by now."""
        try:
            every = source.hosts()
            silent = source.silent(every)
            back = [host for host in every if host.name in self._left_out and host.name not in silent]
            fit = [name for name, why in self._examine(back).items() if not why]
        except (InputError, InputErrors, OSError, JobLost) as error:
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
        """Asked to stop: the run saves and ends. A second Ctrl-C ends it at once; the other signals are repeated by schedulers."""
        self._asked_to_stop = True
        self._asked_by_hand += number == signal.SIGINT
        if self._asked_by_hand > 1 and self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
        elif self._process is not None and self._process.poll() is None:
            self._touch_stop()

    def _touch_stop(self) -> None:
        """Ask the run to stop. A file that it did not come to obey goes with its start."""
        self._stop_is_ours = True
        with contextlib.suppress(OSError):
            (self._run / STOP_FILE_NAME).write_text(OUR_STOP, encoding="utf-8")

    def _sleep(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and not self._asked_to_stop:
            time.sleep(min(SECONDS_BETWEEN_LOOKS, seconds))

    def _note(self, name: str, **facts: Any) -> None:
        self._journal.append({"time": round(time.time(), 3), "event": name, **facts})


def _take(run: Path, take_over: bool, wait_minutes: float) -> IO[str]:
    """The supervisor's lock of a run that nobody else has; see `Supervisor`."""
    deadline, told = time.monotonic() + 60 * wait_minutes, False
    while True:
        try:
            lock, _ = take_lock(run / "supervisor.lock")
            if take_over or not is_held(run / LOCK_NAME):
                return lock
            lock.close()
            holder = (run / LOCK_NAME).read_text(encoding="utf-8").partition("\n")[0]
            remedy = f"stop it (touch {run / STOP_FILE_NAME}), or end it with --take-over"
            raise InputError(str(run), f"is trained by {holder or 'another process'}", "a run that nobody trains", remedy)
        except InputError as error:
            if time.monotonic() >= deadline:
                raise
            if not told:
                logger.warning("waiting up to %g minutes: %s", wait_minutes, error)
                told = True
            time.sleep(SECONDS_BETWEEN_PROBES)
