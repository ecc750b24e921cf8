"""What a verb of the command line is: its words, its arguments, what runs it, how its result is read."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from medpretrain.readable import readable

if TYPE_CHECKING:
    from medpretrain.manifest import Manifest

EXIT_FINISHED, EXIT_NOT_FIT = 0, 1

Arguments = argparse.Namespace
Result = dict[str, Any]


@dataclass(frozen=True)
class Argument:
    """One argument of a verb, as `argparse` takes it."""

    names: tuple[str, ...]
    options: dict[str, Any]


def argument(*names: str, **options: Any) -> Argument:
    """An argument; one of a verb's own words (`--out`) is required unless it says a default."""
    if names[0].startswith("-") and "default" not in options:
        options["required"] = True
    return Argument(names, options)


def positive(word: str) -> int:
    """A whole number above 0, for `argparse`."""
    if (number := int(word)) < 1:
        raise argparse.ArgumentTypeError(f"{word} is not at least 1")
    return number


@dataclass(frozen=True)
class Verb:
    """`words` as typed (`shards pack`), one line of help, what runs it, its arguments, how a person reads its result, its status."""

    words: str
    help: str
    run: Callable[[Arguments], Result]
    arguments: tuple[Argument, ...] = ()
    show: Callable[[Result], str] = lambda result: "\n".join(readable(result))
    status: Callable[[Result], int] = lambda result: EXIT_FINISHED


def made(directory: Path, manifest: Manifest) -> Result:
    """What a stage made: where, and what its manifest counts."""
    return {"directory": str(directory), "stage": manifest.stage, "identity": manifest.identity, "counts": manifest.counts}


RUN = argument("run", metavar="RUN", type=Path, help="a run directory")
OUT = argument("--out", metavar="DIR", type=Path, help="a new directory for everything this writes")
CORPUS = argument("--corpus", metavar="DIR|FILE", type=Path, help="made by `corpus build` or `corpus synth`, or plain .jsonl(.gz|.zst)")
SPLIT = argument("--split", choices=("train", "heldout"), default="train", help="of the corpus; default %(default)s")
TOKENIZER = argument("--tokenizer", metavar="DIR", type=Path, help="made by `tokenizer train`")
OVERRIDES = argument("overrides", metavar="key.path=value", nargs="*", help="settings changed for this time")
SEED = argument("--seed", metavar="N", type=int, default=42, help="default %(default)s")
