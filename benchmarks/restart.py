"""From a node's power cut to the next training step under Slurm, by cause: ours (launch/pretrain.sbatch) beside a plain sbatch script with
a plain DeepSpeed program (measure/plain_deepspeed.*), which saves and loads by DeepSpeed's own means at the same steps. Two of four nodes,
two processes each; Slurm requeues the job to two nodes that live, and it goes on at the same topology.

The nodes are namespaces of this machine (tests/cluster/lab.py, which asks for root) and share its cores and its disk.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from pathlib import Path

from measure.starts import OURS, PARTS, PLAIN, PROCESSES, REPOSITORY, our_words, pack_rows, plain_words, start_after, steps_done, table

sys.path.insert(0, str(REPOSITORY / "tests" / "cluster"))
from conftest import ENVIRONMENT
from lab import Lab, wait_until, what_is_missing

PAIRS = 3
NODES, NODES_OF_THE_JOB = 4, 2
CUT_AFTER, LAST_STEP = 7, 100_000  # steps: the first checkpoint is there by then; the job is cancelled, it never ends by itself
CAUSES = {
    "detect": "from the power cut until the job is no longer RUNNING for Slurm, asked ten times a second",
    "requeue": "until it is RUNNING again, on nodes that live",
    "launcher": "from there to the begin of rank 0's process: the batch script and srun",
    **PARTS,
}
NOTE = """\
The lab's Slurm is set to notice and to restart soon (SlurmdTimeout 3 s, cred_expire 5 s, KillWait 10 s; by default 300, 120 and 30 s), so
that `detect` and `requeue` tell what the two jobs add to it, and not what a cluster takes."""


def submit(lab: Lab, program: str, run: Path, shards: Path) -> int:
    a_node = PROCESSES // NODES_OF_THE_JOB
    of_program = {
        OURS: [f"--gpus-per-node={a_node}", "--cpus-per-gpu=1", "launch/pretrain.sbatch", *our_words(run, shards, LAST_STEP)],
        PLAIN: [
            *(f"--ntasks-per-node={a_node}", "--cpus-per-task=1", "benchmarks/measure/plain_deepspeed.sbatch"),
            *plain_words(run, LAST_STEP),
        ],
    }
    return lab.sbatch(f"--nodes={NODES_OF_THE_JOB}", f"--output={run.parent}/%j.log", *of_program[program], cwd=REPOSITORY)


def has_checkpoint(run: Path) -> bool:
    """Whether a whole one is there: by the name that ours gets at its end, or by DeepSpeed's file that names it."""
    return any((run / "checkpoints").glob("step-*")) or (run / "checkpoints" / "latest").exists()


def restart(lab: Lab, program: str, work: Path, shards: Path) -> dict[str, float]:
    """Seconds by cause, from a power cut of the job's last node to the end of the next step."""
    run = work / "run"
    shutil.rmtree(run, ignore_errors=True)
    number = submit(lab, program, run, shards)
    wait_until(lambda: steps_done(run) >= CUT_AFTER and has_checkpoint(run), f"step {CUT_AFTER} and a checkpoint ({program})", 300)
    *_, victim = lab.exec_on("head", ["scontrol", "show", "hostnames", lab.job(number)["NodeList"]]).stdout.split()
    cut = time.time()
    lab.powercut(victim)

    def is_running(restarts: str) -> bool:
        job = lab.job(number)
        return (job["JobState"], job["Restarts"]) == ("RUNNING", restarts)

    wait_until(lambda: not is_running("0"), f"Slurm to miss {victim}", 300)
    noticed = time.time()
    wait_until(lambda: is_running("1"), f"job {number} to run again", 300)
    running = time.time()
    wait_until(lambda: start_after(run, cut) is not None, f"a step after the restart ({program})", 300)
    found = start_after(run, cut)
    assert found is not None
    begun, parts, resumed = found
    running = min(running, begun)  # which was seen a moment late
    assert resumed, f"{program} began anew, where it was to resume"
    lab.exec_on("head", ["scancel", "--full", str(number)])
    lab.heal(victim)
    lab.boot(victim)
    lab.wait_until_idle(120)
    return {"detect": noticed - cut, "requeue": running - noticed, "launcher": begun - running, **parts}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=PAIRS, help="default: %(default)s")
    num_pairs = parser.parse_args().pairs
    if (reason := what_is_missing()) is not None:
        print(f"not measured: {reason}")
        return
    with tempfile.TemporaryDirectory() as directory:
        work = Path(directory)
        shards = pack_rows(work)
        found: dict[str, list[dict[str, float]]] = {OURS: [], PLAIN: []}
        (work / "lab").mkdir()
        with Lab(work / "lab", num_nodes=NODES, environment=ENVIRONMENT) as lab:
            for number in range(num_pairs):
                for program in (OURS, PLAIN) if number % 2 == 0 else (PLAIN, OURS):
                    found[program].append(restart(lab, program, work, shards))
    print(f"from a power cut to the next step, {PROCESSES} processes on {NODES_OF_THE_JOB} nodes, median (range) of {num_pairs}")
    print(table(list(CAUSES), found[OURS], found[PLAIN]))
    print("\n".join(f"  {cause}: {meaning}" for cause, meaning in CAUSES.items()))
    print(NOTE)


if __name__ == "__main__":
    main()
