"""What the launchers start, once a process: `deepspeed launch/pretrain.py ...`, `torchrun launch/pretrain.py ...`, or plain python.

The same command starts a run or resumes it.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
import warnings
from pathlib import Path

DS_CONFIGS = Path(__file__).resolve().parent.parent / "ds_configs"


def main() -> None:
    parser = argparse.ArgumentParser(description="Start or resume a training run (the same command does both).")
    parser.add_argument("--recipe", required=True, metavar="NAME|FILE", help="a recipe of `medpretrain recipe list`, or a YAML file")
    parser.add_argument("--run", required=True, type=Path, metavar="DIR", help="the run's directory: everything it writes is there")
    parser.add_argument(
        "--ds-config", type=Path, default=DS_CONFIGS / "zero3.json", metavar="FILE", help="DeepSpeed JSON (default: %(default)s)"
    )
    parser.add_argument(
        "--local_rank", "--local-rank", type=int, help=argparse.SUPPRESS
    )  # some launchers pass it; the environment says it too
    parser.add_argument("overrides", nargs="*", metavar="key.path=value", help="settings over the recipe's, such as parallel.tensor=2")
    arguments = parser.parse_intermixed_args()  # overrides may stand before and behind the options

    from medpretrain.cluster.orphans import note_process

    note = note_process(arguments.run)

    # For `deterministic` runs cuBLAS asks for it before its first product; it is the size that torch takes on recent GPUs anyhow.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    # torch warns of its own renamed collectives at each first use by DeepSpeed.
    warnings.filterwarnings("ignore", category=FutureWarning, module="torch.distributed")

    gc.disable()  # imports make half a million objects that stay: to look through them again and again takes a quarter of their time
    from medpretrain.errors import InputError
    from medpretrain.parallel.mesh import read_place

    try:
        place = read_place()
    except InputError as error:
        print(error, file=sys.stderr)
        if note is not None:
            note.unlink(missing_ok=True)
        sys.exit(2)

    from medpretrain.train.process import main as run

    gc.freeze()
    gc.enable()
    run(place, arguments.recipe, arguments.run, arguments.ds_config, arguments.overrides, sys.argv, note)


if __name__ == "__main__":
    main()
