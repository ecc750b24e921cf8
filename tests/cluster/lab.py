"""A cluster on one machine, for tests: hosts with their own network, name, processes and mounts, Slurm over them, and ssh between them.

A host is a set of Linux namespaces; its links meet in a bridge that stands in a namespace of its own, so nothing leaves the machine and
nothing of the machine's own network or files is touched. Files are shared by all hosts, as on a parallel file system. A host can lose its
power, its link, or all its processes at once, without those of anybody else being at risk.

What the packages must be, and why they are configured so: the comments at each configuration file below.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType

import psutil

APT_LINE = (
    "apt-get install --no-install-recommends slurm-wlm slurm-wlm-basic-plugins munge openssh-server openssh-client pdsh iproute2 "
    "openmpi-bin libopenmpi-dev"
)
PROGRAMS = ("slurmctld", "slurmd", "srun", "munged", "sshd", "ssh-keygen", "pdsh", "mpirun", "ip", "tc", "unshare", "nsenter", "setpriv")
PATH = f"{os.environ['PATH']}:/usr/local/sbin:/usr/sbin:/sbin"
NAMESPACES = Path("/run/netns")
PREFIX = "medlab"
HEAD, SWITCH = "head", "switch"
NUM_CPUS = 4  # of each node, as Slurm sees it
STAND_INS_FOR_GPUS = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random")  # Slurm counts and hands out device files, and opens none
LONGEST_DIRECTORY = 60  # a Unix socket's path has at most 107 bytes, and Slurm's are 40 below this one

# The kernel ends the process with the one that started it: a test run that is killed leaves no process behind.
ENDS_WITH_PARENT = ("setpriv", "--pdeathsig", "KILL")
ENTERED = ("--net", "--uts", "--ipc", "--pid", "--mount")

_serial = itertools.count()

SSHD_CONFIG = """\
HostKey {directory}/ssh/hostkey
AuthorizedKeysFile {directory}/ssh/id.pub
PermitRootLogin prohibit-password
PasswordAuthentication no
StrictModes no
UsePAM no
UseDNS no
PidFile none
MaxStartups 100
"""

# A host without power answers nothing: ssh gives it up after 15 seconds.
SSH_CONFIG = """\
Host *
  IdentityFile {directory}/ssh/id
  UserKnownHostsFile {directory}/ssh/known_hosts
  BatchMode yes
  ConnectTimeout 5
  ServerAliveInterval 5
  ServerAliveCountMax 3
  LogLevel ERROR
"""

# `cred_expire` is how long a requeued job waits before it starts again (5 is the least that is taken); the timeouts are how soon a lost
# node is noticed. With a MessageTimeout of 2 a busy node is late to confirm that a job has ended, and is told again half a minute later:
# that ends the job's next start. Jobs of partition `urgent` drive out the others, which are requeued.
SLURM_CONF = """\
ClusterName=lab
SlurmctldHost=head
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={directory}/run/munge.sock,cred_expire=5
StateSaveLocation={directory}/state
SlurmdSpoolDir={directory}/local/%n/slurmd
SlurmctldPidFile={directory}/run/slurmctld.pid
SlurmdPidFile={directory}/run/slurmd.%n.pid
SlurmctldLogFile={directory}/log/slurmctld.log
SlurmdLogFile={directory}/log/slurmd.%n.log
MailProg=/bin/true
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
SwitchType=switch/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=bf_interval=2,sched_interval=2,batch_sched_delay=0,sched_min_interval=0
ReturnToService=2
SlurmdTimeout=3
MessageTimeout=5
TCPTimeout=2
KillWait={kill_wait_seconds}
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
SlurmdParameters=config_overrides
GresTypes=gpu
NodeName=node[1-{num_nodes}] CPUs={num_cpus} RealMemory=4096 Gres=gpu:{num_gpus} State=UNKNOWN
PartitionName=main Nodes=node[1-{num_nodes}] Default=YES MaxTime=60 PriorityTier=1 GraceTime=8
PartitionName=urgent Nodes=node[1-{num_nodes}] MaxTime=60 PriorityTier=10 PreemptMode=OFF
"""

# Process 1 of a host. What would change the machine's own files is hidden below mounts that only this host sees. It stays to take in the
# processes whose parents have died.
INIT = """\
host=$1 directory=$2
export SLURM_CONF=$directory/etc/slurm.conf
hostname "$host"
mount --bind "$directory/etc/hosts" /etc/hosts
mount --bind "$directory/ssh/ssh_config" /etc/ssh/ssh_config
mount -t tmpfs tmpfs /dev/shm
mount -t tmpfs tmpfs /run
mkdir /run/sshd
"$(command -v sshd)" -f "$directory/ssh/sshd_config"
if [ "$host" = head ]; then slurmctld -i; else slurmd -N "$host"; fi
while :; do sleep 1; done
"""


def what_is_missing() -> str | None:
    """Why this machine cannot make a lab, in one sentence; None where it can."""
    if os.geteuid() != 0:
        return "the cluster lab makes namespaces and mounts, which only root may: run `make test-cluster` as root"
    absent = [name for name in PROGRAMS if shutil.which(name, path=PATH) is None]
    if absent:
        return f"the cluster lab needs {', '.join(absent)}: {APT_LINE}"
    tried = subprocess.run(
        ["unshare", *ENTERED, "--fork", "mount", "-t", "tmpfs", "tmpfs", "/dev/shm"], capture_output=True, text=True, check=False
    )
    if tried.returncode != 0:
        return f"the cluster lab makes namespaces and mounts, which this machine does not let it ({tried.stderr.strip()})"
    return None


class Lab:
    """`with Lab(directory, num_nodes=4) as lab:` hosts `head`, `node1`, `node2` ..., up when the block begins and gone when it ends.

    Args:
        directory: an empty one, its path short (`LONGEST_DIRECTORY`); logs of every daemon are in `directory/log`.
        environment: what every command run on a host finds in its environment, beside PATH, HOME and Slurm's.
        kill_wait_seconds: Slurm's pause between asking a job to end and killing it (its own default is 30).
    """

    def __init__(self, directory: Path, num_nodes: int = 4, environment: Mapping[str, str] | None = None, kill_wait_seconds: int = 10):
        assert len(str(directory)) <= LONGEST_DIRECTORY, f"{directory} is too long a path for the sockets in it"
        self.directory = directory
        self.nodes = [f"node{number}" for number in range(1, num_nodes + 1)]
        self.environment = {
            "PATH": PATH,
            "HOME": str(directory / "home"),
            "SLURM_CONF": str(directory / "etc" / "slurm.conf"),
            **(environment or {}),
        }
        self._kill_wait_seconds = kill_wait_seconds
        self._name = f"{PREFIX}-{os.getpid()}-{next(_serial)}"
        self._hosts: dict[str, tuple[subprocess.Popen[bytes], int]] = {}  # name -> what keeps its namespaces, and its process 1
        self._munged: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Lab:
        try:
            self.up()
        except BaseException:
            self.down()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.down()

    def up(self) -> None:
        """Make the network, boot all hosts, and return when Slurm could start a job on every node."""
        remove_leftovers()
        self._write_configuration()
        switch = self._namespace(SWITCH)
        _ip("netns", "add", switch)
        _ip("-n", switch, "link", "add", "bridge0", "type", "bridge")
        _ip("-n", switch, "link", "set", "bridge0", "up")
        for host in (HEAD, *self.nodes):
            namespace = self._namespace(host)
            _ip("netns", "add", namespace)
            # eth0 is the name that DeepSpeed's openmpi launcher tells Open MPI to use.
            _ip("link", "add", "eth0", "netns", namespace, "type", "veth", "peer", "name", host, "netns", switch)
            _ip("-n", switch, "link", "set", host, "master", "bridge0", "up")
            _ip("-n", namespace, "address", "add", f"{self.address(host)}/24", "dev", "eth0")
            _ip("-n", namespace, "link", "set", "lo", "up")
            _ip("-n", namespace, "link", "set", "eth0", "up")
        # One munged serves all hosts: its socket is a file. It asks for directories that everybody may enter, unless it is forced.
        keys = [f"--key-file={self.directory}/etc/munge.key", f"--seed-file={self.directory}/etc/munge.seed"]
        runs = [f"--socket={self.directory}/run/munge.sock", f"--pid-file={self.directory}/run/munged.pid"]
        self._munged = self._start_aside(
            "munged", ["munged", "--foreground", "--force", *keys, *runs, f"--log-file={self.directory}/log/munged.log"]
        )
        for host in (HEAD, *self.nodes):
            self.boot(host)
        self.wait_until_idle()

    def down(self) -> None:
        """End every process of the lab and remove its namespaces. Nothing happens where it is down."""
        for host in list(self._hosts):
            self.crash(host)
        if self._munged is not None:
            self._munged.kill()
            self._munged.wait()
            self._munged = None
        for path in NAMESPACES.glob(f"{self._name}-*"):
            _remove_namespace(path.name)

    def boot(self, host: str) -> None:
        """Start a host that is down; its daemons come up by themselves (`wait_until_idle`)."""
        assert host not in self._hosts, f"{host} is up"
        new = ["unshare", "--uts", "--ipc", "--pid", "--mount", "--mount-proc", "--fork", "--kill-child"]
        init = ["bash", str(self.directory / "etc" / "init.sh"), host, str(self.directory)]
        keeper = self._start_aside(host, ["ip", "netns", "exec", self._namespace(host), *new, *init])
        self._hosts[host] = (keeper, -1)
        wait_until(lambda: bool(psutil.Process(keeper.pid).children()), f"process 1 of {host} to start", seconds=10)
        self._hosts[host] = (keeper, psutil.Process(keeper.pid).children()[0].pid)

    def crash(self, host: str) -> None:
        """End all processes of a host at once. Its peers see their connections closed, as by a kernel that still answers."""
        keeper, process_1 = self._hosts.pop(host)
        with contextlib.suppress(ProcessLookupError):
            os.kill(process_1 if process_1 > 0 else keeper.pid, signal.SIGKILL)
        keeper.wait()

    def powercut(self, host: str) -> None:
        """As a host without power: silence, then nothing. `heal` and `boot` bring it back."""
        self.cut(host)
        self.crash(host)

    def cut(self, host: str) -> None:
        """Take a host's link down; its processes go on."""
        _ip("-n", self._namespace(SWITCH), "link", "set", host, "down")

    def heal(self, host: str) -> None:
        """Put a host's link up again."""
        _ip("-n", self._namespace(SWITCH), "link", "set", host, "up")

    def slow_down(self, host: str, megabits_per_second: int) -> None:
        """Let a host's link carry no more than this towards it."""
        switch = self._namespace(SWITCH)
        limit = ["tbf", "rate", f"{megabits_per_second}mbit", "burst", "32kb", "latency", "50ms"]
        _ip("netns", "exec", switch, "tc", "qdisc", "add", "dev", host, "root", *limit)

    def start_on(
        self, host: str, command: Sequence[str], env: Mapping[str, str] | None = None, cwd: Path | None = None, **options: object
    ) -> subprocess.Popen[str]:
        """Start a command on a host, as `subprocess.Popen` would; `env` is added to the lab's. It dies when the handle is killed."""
        enter = ["nsenter", "--target", str(self._hosts[host][1]), *ENTERED]
        place = ["env", "-C", str(cwd or self.directory)]
        return subprocess.Popen(
            [*enter, *ENDS_WITH_PARENT, *place, *command],
            env={**self.environment, **(env or {})},
            start_new_session=True,
            text=True,
            **options,  # type: ignore[call-overload] # whatever Popen takes
        )

    def exec_on(
        self,
        host: str,
        command: Sequence[str],
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        timeout: float = 60,
        check: bool = True,
    ) -> subprocess.CompletedProcess[str]:
        """Run a command on a host to its end, its output caught; where it fails and `check` is set, AssertionError with that output."""
        process = self.start_on(host, command, env, cwd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            output, errors = process.communicate(timeout=timeout)
        except BaseException:
            process.kill()
            process.wait()
            raise
        done = subprocess.CompletedProcess(list(command), process.returncode, output, errors)
        assert not check or done.returncode == 0, f"{host}: {command} ended with {done.returncode}\n{output}\n{errors}"
        return done

    def hostfile(self, nodes: Iterable[str], slots: int) -> Path:
        """A DeepSpeed hostfile of these nodes."""
        nodes = list(nodes)
        path = self.directory / "etc" / f"hostfile-{'-'.join(nodes)}-{slots}"
        path.write_text("".join(f"{node} slots={slots}\n" for node in nodes), encoding="utf-8")
        return path

    def sbatch(self, *words: str, env: Mapping[str, str] | None = None, cwd: Path | None = None) -> int:
        """Submit a batch job from the head; `words` are sbatch's own. Returns the job's number."""
        return int(self.exec_on(HEAD, ["sbatch", "--parsable", *words], env, cwd).stdout)

    def job(self, number: int) -> dict[str, str]:
        """What Slurm says of a job: JobState, NodeList, Restarts, ..."""
        return dict(re.findall(r"(\S+?)=(\S*)", self.exec_on(HEAD, ["scontrol", "--oneliner", "show", "job", str(number)]).stdout))

    def wait_for_job(self, number: int, state: str, restarts: int = 0, seconds: float = 120) -> dict[str, str]:
        """Wait until a job is in a state (RUNNING, COMPLETED, ...) after so many restarts; what Slurm then says of it."""
        job: dict[str, str] = {}

        def there() -> bool:
            job.update(self.job(number))
            return (job["JobState"], job["Restarts"]) == (state, str(restarts))

        try:
            wait_until(there, f"job {number} to be {state} after {restarts} restarts", seconds)
        except AssertionError as error:
            raise AssertionError(f"{error}: it is {job['JobState']} after {job['Restarts']} restarts") from None
        return job

    def wait_until_idle(self, seconds: float = 30) -> None:
        """Wait until every node takes jobs and none runs one."""

        def idle() -> bool:
            said = self.exec_on(HEAD, ["sinfo", "--noheader", "--partition=main", "--Node", "--format=%T"], check=False).stdout
            return said.split() == ["idle"] * len(self.nodes)

        wait_until(idle, "all nodes to be idle", seconds)

    def address(self, host: str) -> str:
        return f"10.77.0.{100 if host == HEAD else 100 + int(host.removeprefix('node'))}"

    def _namespace(self, host: str) -> str:
        return f"{self._name}-{host}"

    def _start_aside(self, name: str, command: Sequence[str]) -> subprocess.Popen[bytes]:
        """A process that lasts as long as the lab, in no session of a terminal, so that Ctrl-C leaves it to `down`."""
        with open(self.directory / "log" / f"{name}.out", "ab") as log:
            return subprocess.Popen(
                [*ENDS_WITH_PARENT, *command],
                env={**os.environ, "PATH": PATH},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _write_configuration(self) -> None:
        hosts = [HEAD, *self.nodes]
        for name in ("etc", "ssh", "run", "log", "state", "local", "home", *(f"local/{host}/slurmd" for host in hosts)):
            (self.directory / name).mkdir(parents=True, exist_ok=True)
        for name in ("id", "hostkey"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(self.directory / "ssh" / name)], check=True)
        kind, key, *_ = (self.directory / "ssh" / "hostkey.pub").read_text().split()
        lines = ["127.0.0.1 localhost", *(f"{self.address(host)} {host}" for host in hosts)]
        munge_key = self.directory / "etc" / "munge.key"
        munge_key.touch(0o600)
        munge_key.write_bytes(os.urandom(128))
        texts = {
            "etc/hosts": "".join(f"{line}\n" for line in lines),
            "etc/slurm.conf": SLURM_CONF,
            "etc/gres.conf": "".join(f"Name=gpu File={path}\n" for path in STAND_INS_FOR_GPUS),
            # Slurm looks for cgroups when it starts; named, none is looked for, and none is used.
            "etc/cgroup.conf": "CgroupPlugin=cgroup/v1\n",
            "etc/init.sh": INIT,
            "ssh/known_hosts": f"{','.join(hosts)},10.77.0.* {kind} {key}\n",
            "ssh/sshd_config": SSHD_CONFIG,
            "ssh/ssh_config": SSH_CONFIG,
        }
        values = {
            "directory": str(self.directory),
            "num_nodes": str(len(self.nodes)),
            "num_cpus": str(NUM_CPUS),
            "num_gpus": str(len(STAND_INS_FOR_GPUS)),
            "kill_wait_seconds": str(self._kill_wait_seconds),
        }
        for name, text in texts.items():
            for key, value in values.items():
                text = text.replace(f"{{{key}}}", value)
            (self.directory / name).write_text(text, encoding="utf-8")


def remove_leftovers() -> None:
    """Remove the namespaces of labs whose test run is gone (their processes went with it)."""
    for path in NAMESPACES.glob(f"{PREFIX}-*"):
        owner = path.name.split("-")[1]
        if not psutil.pid_exists(int(owner)):
            _remove_namespace(path.name)


def _remove_namespace(name: str) -> None:
    for process in _ip("netns", "pids", name).split():
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(process), signal.SIGKILL)
    _ip("netns", "delete", name)


def _ip(*words: str) -> str:
    done = subprocess.run(["ip", *words], env={"PATH": PATH}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"ip {' '.join(words)}: {done.stderr.strip()}"
    return done.stdout


def wait_until(condition: Callable[[], bool], what: str, seconds: float) -> None:
    """Wait until the condition holds; AssertionError, saying what was waited for, where it does not in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds:.0f} s for {what}"
        time.sleep(0.1)
