"""Runs on many machines. Each verb imports its own module when it is called, so that help answers at once."""

from __future__ import annotations

import os
from pathlib import Path

from medpretrain.verbs.verb import EXIT_FINISHED, EXIT_NOT_FIT, OVERRIDES, RUN, Arguments, Result, Verb, argument, positive

PROFILES = ("development", "staging", "production", "cluster")  # of cluster/settings.py, which help does not wait for


def doctor(arguments: Arguments) -> Result:
    from medpretrain.cluster.doctor import examine

    names = ("hostfile", "recipe", "overrides", "shards", "run", "profile", "quick", "exclude_bad", "ssh")
    return examine(*(getattr(arguments, name) for name in names))


def doctor_text(result: Result) -> str:
    from medpretrain.cluster.doctor import as_text

    return as_text(result)


def ledger(arguments: Arguments) -> Result:
    from medpretrain.cluster.ledger import run_ledger

    return run_ledger(arguments.run)


def ledger_text(result: Result) -> str:
    from medpretrain.cluster.ledger import as_text

    return as_text(result)


def launch_render(arguments: Arguments) -> Result:
    from medpretrain.cluster.render import render

    names = ("target", "recipe", "overrides", "run", "hosts", "slots", "image", "claim", "mount")
    return {"target": arguments.target, "text": render(*(getattr(arguments, name) for name in names))}


def launch_env(arguments: Arguments) -> Result:
    from medpretrain.cluster.deepspeed_env import FILE_NAME, deepspeed_env
    from medpretrain.manifest import write_atomically

    lines = deepspeed_env(os.environ)
    path = Path.cwd() / FILE_NAME
    if arguments.write:
        write_atomically(path, lines.encode())
    return {"text": lines, "written": str(path) if arguments.write else None}


VERBS = (
    Verb(
        "doctor",
        "is this machine, this cluster, fit to run?",
        doctor,
        (
            argument("--hostfile", metavar="FILE", type=Path, default=None, help="ask these hosts by ssh; default: this machine alone"),
            argument("--recipe", metavar="NAME|FILE", default=None, help="what is to run: its data, its groups, its checkpoints"),
            argument(
                "--shards",
                metavar="DIR",
                type=Path,
                action="append",
                default=[],
                help="a packed dataset that every host must see; may come again",
            ),
            argument("--run", metavar="DIR", type=Path, default=None, help="where the run is to be"),
            argument("--profile", choices=PROFILES, default=None, help="the sizes that every host must have"),
            argument("--exclude-bad", metavar="OUT", type=Path, default=None, help="write the hostfile without the bad hosts"),
            argument("--quick", action="store_true", default=False, help="leave out the matrix product and the links"),
            argument("--ssh", metavar="COMMAND", default="ssh", help="how a host is reached; default %(default)s"),
            OVERRIDES,
        ),
        show=doctor_text,
        status=lambda result: EXIT_FINISHED if result["fit"] else EXIT_NOT_FIT,
    ),
    Verb(
        "launch render",
        "what a scheduler is given: a Kubernetes StatefulSet, the sbatch command line, or a hostfile",
        launch_render,
        (
            argument("--target", choices=("k8s", "slurm", "hostfile")),
            argument("--recipe", metavar="NAME|FILE"),
            argument("--run", metavar="DIR", type=Path, help="the run's directory, on a file system that all hosts share"),
            argument("--hosts", metavar="N", type=positive, help="how many machines"),
            argument("--slots", metavar="M", type=positive, help="processes (GPUs) of each"),
            argument("--image", metavar="NAME:TAG", default=None, help="k8s: an image with medpretrain in its working directory"),
            argument(
                "--claim", metavar="NAME", default="medpretrain", help="k8s: the volume claim that all pods share; default %(default)s"
            ),
            argument("--mount", metavar="DIR", default="/data", help="k8s: where pods see it; default %(default)s"),
            OVERRIDES,
        ),
        show=lambda result: result["text"].rstrip("\n"),
    ),
    Verb(
        "launch env",
        "the variables of this shell that deepspeed has to take to other hosts; with --write, into .deepspeed_env here",
        launch_env,
        (argument("--write", action="store_true", default=False, help="do it"),),
        show=lambda result: f"wrote {result['written']}" if result["written"] else result["text"].rstrip("\n"),
    ),
    Verb("ledger", "where the wall time of a run went, over all its attempts", ledger, (RUN,), show=ledger_text),
)
