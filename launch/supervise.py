"""Keeps a run going until it is whole: `python launch/supervise.py -- deepspeed --hostfile F launch/pretrain.py --recipe R --run DIR ...`

What stands behind `--` is started, and started again when hosts, ranks or the launcher die, on the hosts that are fit by then.
"""

from __future__ import annotations

import argparse
import os
import sys


def main() -> None:
    parser = argparse.ArgumentParser(description="Start a launch command, and again when it ends too early, until its run is whole.")
    parser.add_argument(
        "--max-failures",
        type=int,
        default=5,
        metavar="N",
        help="start again at most so often in a row without a new checkpoint (default: 5)",
    )
    parser.add_argument(
        "--grow-minutes",
        type=float,
        default=30.0,
        metavar="M",
        help="on fewer hosts, stop with a checkpoint to take back one that answers again, not sooner than after M minutes (default: 30)",
    )
    parser.add_argument("--take-over", action="store_true", help="end what trains the run at present")
    parser.add_argument(
        "--wait-minutes",
        type=float,
        default=0.0,
        metavar="M",
        help="wait so long for whoever has the run at present to be gone (default: 0)",
    )
    parser.add_argument("command", nargs="+", metavar="-- COMMAND", help="what to launch; it has --recipe and --run")
    arguments = parser.parse_args()

    from medpretrain.cluster.launch_command import understand
    from medpretrain.cluster.supervisor import Supervisor
    from medpretrain.errors import InputError, InputErrors
    from medpretrain.log import set_up_logging

    set_up_logging()
    try:
        supervisor = Supervisor(
            understand(arguments.command, os.environ),
            os.environ,
            arguments.max_failures,
            arguments.grow_minutes,
            arguments.take_over,
            arguments.wait_minutes,
        )
        sys.exit(supervisor.run())
    except (InputError, InputErrors) as error:
        print(error, file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
