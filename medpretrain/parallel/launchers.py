"""What each launcher says of the process it started, read from its environment: a pure function of the variables.

Every launcher has its own names for a process's rank, and only some say where the processes meet (MASTER_ADDR and MASTER_PORT); for the
others that is worked out here, so that nothing has to ask MPI. An MPI that was asked would have to be closed down in the end, or mpirun
takes every exit for a failure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from medpretrain.errors import InputError

NOBODY = "none"
USUAL_PORT = 29500  # that of deepspeed and torchrun
# Ports for Slurm's jobs: below those that Linux gives to outgoing connections.
FIRST_SLURM_PORT, NUM_SLURM_PORTS = 15000, 10000
# Slurm gives numbers from here on to steps that are no srun of the user's: the batch script, an interactive shell.
FIRST_SPECIAL_STEP = 0xFFFFFFF0
WHERE = "the environment"
STARTERS = "start the job with deepspeed, torchrun, srun, mpirun or plain python"


@dataclass(frozen=True)
class Place:
    """Which of a job's processes this is, and which launcher said so (`NOBODY`: one process alone)."""

    rank: int
    local_rank: int
    world_size: int
    launcher: str = NOBODY


@dataclass(frozen=True)
class _Launcher:
    """The names of a launcher's variables; it is known by its `marks`, which must all be there."""

    name: str
    marks: tuple[str, ...]
    rank: str
    local_rank: str
    world_size: str


# The first whose marks are there holds. The order matters: mpirun starts its helpers with srun inside a Slurm job, and torchrun may be
# started by any of the others.
_TORCH_NAMES = ("RANK", "LOCAL_RANK", "WORLD_SIZE")
_LAUNCHERS = (
    _Launcher("torchrun", ("RANK", "TORCHELASTIC_RUN_ID"), *_TORCH_NAMES),
    _Launcher("deepspeed", ("RANK", "CROSS_RANK"), *_TORCH_NAMES),
    _Launcher("a launcher that sets RANK", ("RANK",), *_TORCH_NAMES),
    _Launcher("openmpi", ("OMPI_COMM_WORLD_RANK",), "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_LOCAL_RANK", "OMPI_COMM_WORLD_SIZE"),
    # MPICH and Intel MPI. Slurm sets PMI_RANK too where it is told to, but no local one.
    _Launcher("mpich", ("PMI_RANK", "MPI_LOCALRANKID"), "PMI_RANK", "MPI_LOCALRANKID", "PMI_SIZE"),
    _Launcher("slurm", ("SLURM_PROCID", "SLURM_STEP_ID"), "SLURM_PROCID", "SLURM_LOCALID", "SLURM_STEP_NUM_TASKS"),
)
_LOCAL_SIZES = {"openmpi": "OMPI_COMM_WORLD_LOCAL_SIZE", "mpich": "MPI_LOCALNRANKS"}
_PASSED_ON_BY = {
    "openmpi": "give mpirun `-x MASTER_ADDR=HOST -x MASTER_PORT=29500` (deepspeed takes the same in --launcher_args)",
    "mpich": "give mpirun `-genv MASTER_ADDR HOST -genv MASTER_PORT 29500`",
}


def find_place(environment: Mapping[str, str]) -> tuple[Place, dict[str, str]]:
    """This process's place in its job, and the variables from which torch and DeepSpeed are to learn it. A MASTER_ADDR or MASTER_PORT that
    is set already holds. InputError where the launcher's variables are incomplete, or contradict each other."""
    launcher = next((launcher for launcher in _LAUNCHERS if all(mark in environment for mark in launcher.marks)), None)
    if launcher is not None and launcher.name == "slurm" and _number(environment, "SLURM_STEP_ID") >= FIRST_SPECIAL_STEP:
        launcher = None
    if launcher is None:
        _check_no_srun_forgotten(environment)
        place, meeting = Place(0, 0, 1, NOBODY), ("127.0.0.1", "0")
    else:
        rank, local_rank, world_size = (_number(environment, name) for name in (launcher.rank, launcher.local_rank, launcher.world_size))
        place = Place(rank, local_rank, world_size, launcher.name)
        if not 0 <= place.local_rank <= place.rank < place.world_size:
            said = f"{launcher.rank}={place.rank}, {launcher.local_rank}={place.local_rank} and {launcher.world_size}={place.world_size}"
            expected = "a local rank of at most the rank, and a rank below the number of processes"
            raise InputError(WHERE, f"says {said}", expected, STARTERS)
        meeting = _meeting_point(environment, place)
    address, port = meeting
    return place, {
        "RANK": str(place.rank),
        "LOCAL_RANK": str(place.local_rank),
        "WORLD_SIZE": str(place.world_size),
        "MASTER_ADDR": address,
        "MASTER_PORT": environment.get("MASTER_PORT", port),
    }


def first_host(node_list: str) -> str:
    """The first host of a Slurm node list: `node007` of `node[007-012,20],gpu[1-2]`. InputError where there is none."""
    first = re.match(r"(?:[^,\[\]\s]|\[[0-9][0-9,-]*\])+(?=,|$)", node_list)
    if first is None or node_list == "(null)":
        raise InputError(
            "SLURM_STEP_NODELIST", f"is `{node_list}`", "a list of hosts such as `node[01-04]`", "set MASTER_ADDR to rank 0's host"
        )
    return re.sub(r"\[([0-9]+)[^\]]*\]", r"\1", first.group())


def _number(environment: Mapping[str, str], name: str) -> int:
    text = environment.get(name)
    try:
        return int(text or "")
    except ValueError:
        expected = "the numbers that launchers give to each process: its rank, its rank on its host, and how many there are"
        raise InputError(WHERE, f"{name} is {'missing' if text is None else f'`{text}`'}", expected, STARTERS) from None


def _meeting_point(environment: Mapping[str, str], place: Place) -> tuple[str, str]:
    """Host and port where the processes of a launcher meet."""
    usual = str(USUAL_PORT)
    if place.launcher == "slurm":
        nth = 7 * _number(environment, "SLURM_JOB_ID") + _number(environment, "SLURM_STEP_ID")  # another port at each srun of a job
        usual = str(FIRST_SLURM_PORT + nth % NUM_SLURM_PORTS)
    if environment.get("MASTER_ADDR"):
        return environment["MASTER_ADDR"], usual
    if place.launcher == "slurm":
        return first_host(environment.get("SLURM_STEP_NODELIST", "")), usual
    of_this_host = _LOCAL_SIZES.get(place.launcher)
    if place.world_size == (_number(environment, of_this_host) if of_this_host else 1):
        return "127.0.0.1", usual
    raise InputError(
        WHERE,
        f"{place.launcher} started {place.world_size} processes, and MASTER_ADDR, where they are to meet, is not set",
        "the host of rank 0 in MASTER_ADDR and a free port in MASTER_PORT",
        _PASSED_ON_BY.get(place.launcher, "let the launcher set both"),
    )


def _check_no_srun_forgotten(environment: Mapping[str, str]) -> None:
    """Inside a Slurm job of several tasks, one process alone is hardly what was meant: it would train on one GPU of many."""
    num_tasks = environment.get("SLURM_NTASKS", "1")
    if "SLURM_JOB_ID" in environment and num_tasks != "1":
        raise InputError(
            WHERE,
            f"this process is one alone in a Slurm job of {num_tasks} tasks (SLURM_NTASKS)",
            "all tasks to be started together",
            "put srun before the command (srun --ntasks=1, if one process is wanted), or start it with deepspeed or torchrun",
        )
