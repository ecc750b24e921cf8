"""Each launcher's variables, as real launches over two hosts of two processes set them (what is not read is left out), and nonsense."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from medpretrain.errors import InputError
from medpretrain.parallel.launchers import NOBODY, Place, find_place, first_host

# Rank 2 of 4, the first one of node2.
DEEPSPEED = {
    "CROSS_RANK": "1",
    "CROSS_SIZE": "2",
    "LOCAL_SIZE": "2",
    "RANK": "2",
    "LOCAL_RANK": "0",
    "WORLD_SIZE": "4",
    "MASTER_ADDR": "node1",
    "MASTER_PORT": "29511",
}
TORCHRUN = {
    "TORCHELASTIC_RUN_ID": "none",
    "GROUP_RANK": "1",
    "LOCAL_WORLD_SIZE": "2",
    "RANK": "2",
    "LOCAL_RANK": "0",
    "WORLD_SIZE": "4",
    "MASTER_ADDR": "node1",
    "MASTER_PORT": "29511",
}
BATCH = {
    "SLURM_JOB_ID": "31",
    "SLURM_JOB_NODELIST": "node[1-2]",
    "SLURM_NTASKS": "4",
    "SLURM_PROCID": "0",
    "SLURM_LOCALID": "0",
    "SLURM_TASKS_PER_NODE": "2(x2)",
}
SRUN = {
    **BATCH,
    "SLURM_PROCID": "2",
    "SLURM_STEP_ID": "1",
    "SLURM_STEP_NODELIST": "node[1-2]",
    "SLURM_STEP_NUM_TASKS": "4",
    "SLURM_STEP_TASKS_PER_NODE": "2(x2)",
}
MPIRUN = {
    "OMPI_COMM_WORLD_RANK": "2",
    "OMPI_COMM_WORLD_LOCAL_RANK": "0",
    "OMPI_COMM_WORLD_LOCAL_SIZE": "2",
    "OMPI_COMM_WORLD_SIZE": "4",
    "PMIX_RANK": "2",
}
# mpirun reaches the second host by an srun of one task.
MPIRUN_IN_A_BATCH = {
    **MPIRUN,
    **BATCH,
    "SLURM_NTASKS": "1",
    "SLURM_STEP_ID": "0",
    "SLURM_STEP_NODELIST": "node2",
    "SLURM_STEP_NUM_TASKS": "1",
}
MPICH = {"PMI_RANK": "2", "PMI_SIZE": "4", "MPI_LOCALRANKID": "0", "MPI_LOCALNRANKS": "2"}
MEET = {"MASTER_ADDR": "node1", "MASTER_PORT": "29511"}


@pytest.mark.parametrize(
    ("environment", "launcher", "address", "port"),
    [
        (DEEPSPEED, "deepspeed", "node1", "29511"),
        (TORCHRUN, "torchrun", "node1", "29511"),
        (SRUN, "slurm", "node1", "15218"),  # 15000 + 7 * 31 + 1
        ({**SRUN, "PMI_RANK": "2", "PMI_SIZE": "4"}, "slurm", "node1", "15218"),  # srun --mpi=pmi2
        ({**SRUN, **MEET}, "slurm", "node1", "29511"),
        ({**SRUN, "MASTER_ADDR": "node1-ib"}, "slurm", "node1-ib", "15218"),
        ({**MPIRUN, **MEET}, "openmpi", "node1", "29511"),
        ({**MPIRUN, "MASTER_ADDR": "node1"}, "openmpi", "node1", "29500"),
        ({**MPIRUN_IN_A_BATCH, **MEET}, "openmpi", "node1", "29511"),
        ({**MPICH, **MEET}, "mpich", "node1", "29511"),
        ({**SRUN, **DEEPSPEED}, "deepspeed", "node1", "29511"),  # deepspeed or torchrun, started by srun
        ({**SRUN, **TORCHRUN}, "torchrun", "node1", "29511"),
        ({**BATCH, **DEEPSPEED}, "deepspeed", "node1", "29511"),  # its pdsh, from a batch script
    ],
)
def test_rank_2_of_4_by_every_launcher(environment: Mapping[str, str], launcher: str, address: str, port: str) -> None:
    place, variables = find_place(environment)
    assert place == Place(rank=2, local_rank=0, world_size=4, launcher=launcher)
    expected = {"RANK": "2", "LOCAL_RANK": "0", "WORLD_SIZE": "4", "MASTER_ADDR": address, "MASTER_PORT": port}
    assert variables == expected


@pytest.mark.parametrize("environment", [MPIRUN, MPICH])
def test_mpi_on_one_host_needs_no_meeting_point(environment: Mapping[str, str]) -> None:
    local = {**environment, "OMPI_COMM_WORLD_LOCAL_SIZE": "4", "MPI_LOCALNRANKS": "4"}
    _, variables = find_place(local)
    assert (variables["MASTER_ADDR"], variables["MASTER_PORT"]) == ("127.0.0.1", "29500")


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"SLURM_JOB_ID": "31", "SLURM_PROCID": "0", "SLURM_LOCALID": "0"},  # a batch script of one task
        {**BATCH, "SLURM_NTASKS": "1"},
        {**SRUN, "SLURM_STEP_ID": "4294967290", "SLURM_NTASKS": "1", "SLURM_STEP_NUM_TASKS": "1"},  # salloc's shell on a node
        {"WORLD_SIZE": "1"},
    ],
)
def test_one_process_alone(environment: Mapping[str, str]) -> None:
    place, variables = find_place(environment)
    assert place == Place(rank=0, local_rank=0, world_size=1, launcher=NOBODY)
    assert (variables["MASTER_ADDR"], variables["MASTER_PORT"]) == ("127.0.0.1", "0")


def test_one_task_started_by_srun_is_a_job_of_one() -> None:
    place, _ = find_place({**SRUN, "SLURM_PROCID": "0", "SLURM_STEP_NUM_TASKS": "1"})
    assert (place.rank, place.world_size) == (0, 1)


def told(environment: Mapping[str, str]) -> InputError:
    with pytest.raises(InputError) as caught:
        find_place(environment)
    assert caught.value.where == "the environment"
    return caught.value


@pytest.mark.parametrize("step", [{}, {"SLURM_STEP_ID": "4294967290"}])
def test_a_forgotten_srun_is_refused(step: dict[str, str]) -> None:
    error = told({**BATCH, **step})
    assert error.found == "this process is one alone in a Slurm job of 4 tasks (SLURM_NTASKS)"
    assert error.expected == "all tasks to be started together"
    assert error.remedy.startswith("put srun before the command")


@pytest.mark.parametrize(
    ("environment", "launcher", "remedy"),
    [
        (MPIRUN, "openmpi", "give mpirun `-x MASTER_ADDR=HOST -x MASTER_PORT=29500` (deepspeed takes the same in --launcher_args)"),
        (
            MPIRUN_IN_A_BATCH,
            "openmpi",
            "give mpirun `-x MASTER_ADDR=HOST -x MASTER_PORT=29500` (deepspeed takes the same in --launcher_args)",
        ),
        (MPICH, "mpich", "give mpirun `-genv MASTER_ADDR HOST -genv MASTER_PORT 29500`"),
        ({"RANK": "2", "LOCAL_RANK": "0", "WORLD_SIZE": "4"}, "a launcher that sets RANK", "let the launcher set both"),
    ],
)
def test_no_meeting_point_is_refused(environment: Mapping[str, str], launcher: str, remedy: str) -> None:
    error = told(environment)
    assert error.found == f"{launcher} started 4 processes, and MASTER_ADDR, where they are to meet, is not set"
    assert error.expected == "the host of rank 0 in MASTER_ADDR and a free port in MASTER_PORT"
    assert error.remedy == remedy


@pytest.mark.parametrize(
    ("environment", "found"),
    [
        ({"RANK": "1", "WORLD_SIZE": "2"}, "LOCAL_RANK is missing"),
        ({"RANK": "1", "LOCAL_RANK": "1"}, "WORLD_SIZE is missing"),
        ({"RANK": "1", "LOCAL_RANK": "1", "WORLD_SIZE": "two"}, "WORLD_SIZE is `two`"),
        ({"RANK": "", "LOCAL_RANK": "1", "WORLD_SIZE": "2"}, "RANK is ``"),
        ({**DEEPSPEED, "RANK": "4"}, "says RANK=4, LOCAL_RANK=0 and WORLD_SIZE=4"),
        ({**TORCHRUN, "LOCAL_RANK": "3"}, "says RANK=2, LOCAL_RANK=3 and WORLD_SIZE=4"),
        ({**MPIRUN, "OMPI_COMM_WORLD_SIZE": "0"}, "says OMPI_COMM_WORLD_RANK=2, OMPI_COMM_WORLD_LOCAL_RANK=0 and OMPI_COMM_WORLD_SIZE=0"),
        ({"OMPI_COMM_WORLD_RANK": "2"}, "OMPI_COMM_WORLD_LOCAL_RANK is missing"),
        ({**MPICH, "PMI_SIZE": "-"}, "PMI_SIZE is `-`"),
        ({**SRUN, "SLURM_STEP_ID": "batch"}, "SLURM_STEP_ID is `batch`"),
        ({**SRUN, "SLURM_JOB_ID": "?"}, "SLURM_JOB_ID is `?`"),
        ({**SRUN, "SLURM_LOCALID": "-1"}, "says SLURM_PROCID=2, SLURM_LOCALID=-1 and SLURM_STEP_NUM_TASKS=4"),
    ],
)
def test_nonsense_is_refused(environment: Mapping[str, str], found: str) -> None:
    error = told(environment)
    assert error.found == found
    assert error.remedy == "start the job with deepspeed, torchrun, srun, mpirun or plain python"


@pytest.mark.parametrize(
    ("node_list", "host"),
    [
        ("node1", "node1"),
        ("node[1-2]", "node1"),
        ("node[007-012,20],gpu[1-2]", "node007"),
        ("node[7,3-5]", "node7"),
        ("login,node[1-2]", "login"),
        ("rack[1-2]node[03-04]-ib", "rack1node03-ib"),
        ("node-a.hospital.org,node-b", "node-a.hospital.org"),
    ],
)
def test_the_first_host_of_a_list(node_list: str, host: str) -> None:
    assert first_host(node_list) == host


@pytest.mark.parametrize("node_list", ["", "(null)", "node[", "node[]", "node[a-b]", ",node1", "node[1-2", "[1-2]]", "node 1"])
def test_what_is_no_list_of_hosts_is_refused(node_list: str) -> None:
    with pytest.raises(InputError) as caught:
        find_place({**SRUN, "SLURM_STEP_NODELIST": node_list})
    assert caught.value.where == "SLURM_STEP_NODELIST"
    assert caught.value.found == f"is `{node_list}`"
    assert caught.value.remedy == "set MASTER_ADDR to rank 0's host"
