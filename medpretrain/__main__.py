"""`medpretrain <verb>`: the command line, and how a result or an error reaches the user. The verbs are in `verbs/`.

A result is one JSON-able dict: `--json` prints it as it is, else it becomes lines to read.
"""

from __future__ import annotations

import argparse
import errno
import io
import json
import os
import sys
from collections.abc import Sequence
from typing import Any

from medpretrain import __version__
from medpretrain.errors import InputError, InputErrors
from medpretrain.log import set_up_logging, without_nan
from medpretrain.verbs import VERBS
from medpretrain.verbs.verb import Arguments

EXIT_INPUT, EXIT_INTERRUPTED, EXIT_CLOSED_PIPE = 2, 130, 141

# Failures of the machine that the user can mend, by errno: what was expected, what to do.
MENDABLE = {
    errno.ENOSPC: ("free space on that disk", "free some space and run the same command again"),
    errno.EDQUOT: ("space within your quota", "free some space and run the same command again"),
    errno.EACCES: ("a file or directory that you may use", "change its permissions, or choose another path"),
    errno.EROFS: ("a disk that can be written", "choose another path"),
    errno.ENOENT: ("a path whose directories exist or can be made", "check the path"),
    errno.ENOTDIR: ("a path of directories", "choose a path that is not below a file"),
    errno.EEXIST: ("a path that is free", "choose another path"),
    errno.ENAMETOOLONG: ("a shorter name", "choose another path"),
}


def build_parser() -> argparse.ArgumentParser:
    """The command line of the whole table."""
    width = max(len(verb.words) for verb in VERBS)
    parser = argparse.ArgumentParser(
        prog="medpretrain",
        usage="medpretrain [--version] VERB ... [--json]",
        description="Medical text to a pretrained language model. Training itself is started by `deepspeed launch/pretrain.py`.",
        epilog="verbs (each answers --help):\n" + "\n".join(f"  {verb.words:{width}}  {verb.help}" for verb in VERBS),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"medpretrain {__version__}")
    top = parser.add_subparsers(prog="medpretrain", metavar="VERB", required=True, help=argparse.SUPPRESS)
    groups: dict[str, Any] = {}
    for verb in VERBS:
        first, _, second = verb.words.partition(" ")
        if second and first not in groups:
            groups[first] = top.add_parser(first, allow_abbrev=False).add_subparsers(metavar="VERB", required=True)
        place, name = (groups[first], second) if second else (top, first)
        verb_parser = place.add_parser(name, help=verb.help, description=verb.help, allow_abbrev=False)
        for item in verb.arguments:
            verb_parser.add_argument(*item.names, **item.options)
        verb_parser.add_argument("--json", action="store_true", help="print the result as one JSON object")
        verb_parser.set_defaults(verb=verb)
    return parser


def parse(words: Sequence[str] | None) -> Arguments:
    """The command line, understood. Overrides may stand before and behind the options (argparse alone takes only the first)."""
    parser = build_parser()
    arguments, left = parser.parse_known_args(words)
    overrides = [word for word in left if "=" in word and not word.startswith("-")] if "overrides" in arguments else []
    unknown = [word for word in left if word not in overrides]
    if unknown:
        parser.error(f"unrecognized arguments: {' '.join(unknown)} (see medpretrain {arguments.verb.words} --help)")
    if overrides:
        arguments.overrides = [*arguments.overrides, *overrides]
    return arguments


def main(words: Sequence[str] | None = None) -> int:
    """Run one verb; returns the exit status. What the user can mend is told in sentences on stderr, without a traceback."""
    arguments = parse(words)
    set_up_logging()
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a terminal that lacks a character is no reason to fail
    try:
        result = arguments.verb.run(arguments)
        print(json.dumps(without_nan(result), allow_nan=False) if arguments.json else arguments.verb.show(result), flush=True)
    except InputErrors as failure:
        for error in failure.errors:
            print(f"medpretrain: {error}", file=sys.stderr)
        return EXIT_INPUT
    except InputError as error:
        print(f"medpretrain: {error}", file=sys.stderr)
        return EXIT_INPUT
    except KeyboardInterrupt:
        print("interrupted: the same command goes on where it can, or starts this stage anew", file=sys.stderr)
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else Python complains once more as it flushes at its end
        return EXIT_CLOSED_PIPE
    except OSError as error:
        if error.errno not in MENDABLE:
            raise
        where = error.filename or " ".join(sys.argv[1:])
        print(f"medpretrain: {InputError(str(where), str(error.strerror).lower(), *MENDABLE[error.errno])}", file=sys.stderr)
        return EXIT_INPUT
    return arguments.verb.status(result)


if __name__ == "__main__":
    sys.exit(main())
