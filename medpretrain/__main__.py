"""`medpretrain <verb>`: the table of verbs, and how a result or an error reaches the user.

Each verb imports its own module when it is called, so that help answers at once. What a verb does lives in that module; here stand
only its words, its arguments and the call. A result is one JSON-able dict: `--json` prints it as it is, else it becomes lines to read.
"""

from __future__ import annotations

import argparse
import errno
import io
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from medpretrain import __version__
from medpretrain.errors import InputError, InputErrors
from medpretrain.log import set_up_logging, without_nan

if TYPE_CHECKING:
    from medpretrain.manifest import Manifest

EXIT_FINISHED, EXIT_NOT_FIT, EXIT_INPUT, EXIT_INTERRUPTED, EXIT_CLOSED_PIPE = 0, 1, 2, 130, 141

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

Arguments = argparse.Namespace
Result = dict[str, Any]


def recipe_list(_: Arguments) -> Result:
    from medpretrain.train.recipes import list_recipes

    return {"recipes": list_recipes()}


def recipe_show(arguments: Arguments) -> Result:
    from medpretrain.train.recipes import show_recipe

    return show_recipe(arguments.recipe, arguments.overrides)


def corpus_synth(arguments: Arguments) -> Result:
    from medpretrain.corpus.synth import write_synthetic_corpus

    return _made(arguments.out, write_synthetic_corpus(arguments.num_reports, arguments.seed, arguments.out))


def corpus_build(arguments: Arguments) -> Result:
    from medpretrain.config import load_settings
    from medpretrain.corpus.build import build_corpus
    from medpretrain.corpus.settings import CorpusSettings

    source: Path = arguments.source
    settings = load_settings(
        CorpusSettings, source if source.suffix in (".yaml", ".yml") else {"sources": [{"path": str(source)}]}, arguments.overrides
    )
    return _made(arguments.out, build_corpus(settings, arguments.out))


def tokenizer_train(arguments: Arguments) -> Result:
    from medpretrain.tokenizer.train import train_tokenizer

    return _made(arguments.out, train_tokenizer(arguments.corpus, arguments.vocab_size, arguments.out, arguments.max_bytes))


def shards_pack(arguments: Arguments) -> Result:
    from medpretrain.config import load_settings
    from medpretrain.shards.pack import pack_corpus
    from medpretrain.shards.settings import PackSettings

    settings = load_settings(PackSettings, {}, arguments.overrides)
    manifest = pack_corpus(arguments.corpus, arguments.split, arguments.tokenizer, arguments.seq_len, arguments.out, settings)
    return _made(arguments.out, manifest)


def shards_inspect(arguments: Arguments) -> Result:
    from medpretrain.shards.inspect import inspect_shards, show_row
    from medpretrain.tokenizer.vocabulary import FILE_NAME, Tokenizer

    if arguments.row is None:
        return inspect_shards(arguments.shards)
    row = show_row(arguments.shards, arguments.row, Tokenizer.from_file(arguments.shards / FILE_NAME))
    if not arguments.json:  # a person reads the text
        for piece in row["pieces"]:
            del piece["ids"]
    return row


def shards_verify(arguments: Arguments) -> Result:
    from medpretrain.shards.inspect import verify_shards

    return verify_shards(arguments.shards)


def evaluate(arguments: Arguments) -> Result:
    from medpretrain.eval.run import evaluate

    return evaluate(arguments.model, arguments.shards, arguments.micro_rows, arguments.max_rows)


def generate(arguments: Arguments) -> Result:
    from medpretrain.eval.generate import generate_text
    from medpretrain.eval.prompts import read_findings, read_prompts

    given = [name for name in ("prompt", "prompts", "findings") if getattr(arguments, name) is not None]
    if len(given) != 1:
        found = f"stands beside {' and '.join(f'--{name}' for name in given[1:])}" if given else "is missing"
        raise InputError(f"--{given[0] if given else 'prompt'}", found, "one of --prompt, --prompts and --findings", "say what to continue")
    if arguments.prompt is not None:
        several = len(arguments.prompt) > 1
        prompts = [(f"--prompt number {i}" if several else "--prompt", prompt) for i, prompt in enumerate(arguments.prompt, start=1)]
    else:
        prompts = read_findings(arguments.findings) if arguments.findings else read_prompts(arguments.prompts)
    texts, places = [text for _, text in prompts], [place for place, _ in prompts]
    names = ("max_tokens", "temperature", "top_p", "seed", "micro_rows")
    return generate_text(arguments.model, texts, places, *(getattr(arguments, name) for name in names))


def generated_text(result: Result) -> str:
    """One prompt with what follows it; of several, each under a line with its number."""
    if "continuations" not in result:
        return str(result["prompt"] + result["text"])
    texts = [each["prompt"] + each["text"] for each in result["continuations"]]
    return "\n".join(f"--- {number} of {len(texts)}\n{text}" for number, text in enumerate(texts, start=1))


def export(arguments: Arguments) -> Result:
    from medpretrain.release.export import export_run

    return export_run(arguments.run, arguments.out, arguments.dtype)


def check_import(arguments: Arguments) -> Result:
    from medpretrain.release.importing import check_import

    return check_import(arguments.directory)


def checkpoint_list(arguments: Arguments) -> Result:
    from medpretrain.checkpoint.verify import list_checkpoints

    return {"checkpoints": list_checkpoints(arguments.run)}


def checkpoint_verify(arguments: Arguments) -> Result:
    from medpretrain.checkpoint.verify import list_checkpoints, verify_checkpoint

    sound, errors = [], []
    for checkpoint in list_checkpoints(arguments.run):
        try:
            sound.append(verify_checkpoint(Path(checkpoint["directory"])))
        except InputError as error:
            errors.append(error)
    if errors:
        raise InputErrors(errors)
    return {"checkpoints": sound}


def checkpoint_compare(arguments: Arguments) -> Result:
    from medpretrain.checkpoint.compare import compare_checkpoints

    return compare_checkpoints(arguments.first, arguments.second)


def checkpoint_prune(arguments: Arguments) -> Result:
    from medpretrain.checkpoint.retention import prune, removable, retention_of
    from medpretrain.checkpoint.verify import list_checkpoints

    before = [record["directory"] for record in list_checkpoints(arguments.run)]
    rules = {key: value for key in ("keep_newest", "keep_every") if (value := getattr(arguments, key)) is not None}
    rules = {**retention_of(arguments.run), **rules}
    work = prune if arguments.remove else removable
    paths = [str(path) for path in work(arguments.run, **rules)]
    return {("removed" if arguments.remove else "would_remove"): paths, "kept": [path for path in before if path not in paths]}


def checkpoint_copies(arguments: Arguments) -> Result:
    from medpretrain.checkpoint.second_copy import list_copies

    return {"copies": list_copies(arguments.url, arguments.verify)}


def checkpoint_fetch(arguments: Arguments) -> Result:
    from medpretrain.checkpoint.second_copy import fetch_copy

    return fetch_copy(arguments.url, arguments.run, arguments.step)


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


def _made(directory: Path, manifest: Manifest) -> Result:
    """What a stage made: where, and what its manifest counts."""
    return {"directory": str(directory), "stage": manifest.stage, "identity": manifest.identity, "counts": manifest.counts}


def _rows(name: str, groups: dict[str, Result]) -> list[Result]:
    """Like groups as rows of a table, each with its name in the first column."""
    return [{name: key, **group} for key, group in groups.items()]


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


OUT = argument("--out", metavar="DIR", type=Path, help="a new directory for everything this writes")
CORPUS = argument("--corpus", metavar="DIR|FILE", type=Path, help="made by `corpus build` or `corpus synth`, or plain .jsonl(.gz|.zst)")
SHARDS = argument("shards", metavar="DIR", type=Path, help="made by `shards pack`")
MODEL = argument("model", metavar="RUN|EXPORT", type=Path, help="a run directory (its newest checkpoint), or an exported model")
RUN = argument("run", metavar="RUN", type=Path, help="a run directory")
COPIES = argument(
    "url", metavar="URL", help="where the copies of a run are: its `checkpoint.copy_to` and its name, s3://bucket/prefix/NAME"
)
DTYPE = argument("--dtype", choices=("bf16", "fp16", "fp32"), default=None, help="of the weights; default: what the run computed in")
OVERRIDES = argument("overrides", metavar="key.path=value", nargs="*", help="settings changed for this time")
PROFILES = ("development", "staging", "production", "cluster")  # of cluster/settings.py, which help does not wait for
SEED = argument("--seed", metavar="N", type=int, default=42, help="default %(default)s")


@dataclass(frozen=True)
class Verb:
    """`words` as typed (`shards pack`), one line of help, what runs it, its arguments, how a person reads its result, its status."""

    words: str
    help: str
    run: Callable[[Arguments], Result]
    arguments: tuple[Argument, ...] = ()
    show: Callable[[Result], str] = lambda result: "\n".join(readable(result))
    status: Callable[[Result], int] = lambda result: EXIT_FINISHED


VERBS = (
    Verb("recipe list", "the recipes, with their sizes", recipe_list),
    Verb(
        "recipe show",
        "one recipe: every setting, parameters, what it would need",
        recipe_show,
        (argument("recipe", metavar="NAME|FILE"), OVERRIDES),
    ),
    Verb(
        "corpus synth",
        "write synthetic radiology reports, with the findings they follow from",
        corpus_synth,
        (argument("--num-reports", metavar="N", type=int, help="how many documents"), SEED, OUT),
    ),
    Verb(
        "corpus build",
        "raw text -> clean documents",
        corpus_build,
        (
            argument("source", metavar="SETTINGS.yaml|DATA", type=Path, help="settings, or a .jsonl(.gz|.zst) file or a directory of such"),
            OVERRIDES,
            OUT,
        ),
    ),
    Verb(
        "tokenizer train",
        "clean documents -> vocabulary",
        tokenizer_train,
        (
            CORPUS,
            argument("--vocab-size", metavar="N", type=int, default=32_768, help="default %(default)s"),
            argument("--max-bytes", metavar="N", type=int, default=None, help="learn from an even sample of so many bytes of text"),
            OUT,
        ),
    ),
    Verb(
        "shards pack",
        "documents + tokenizer -> packed token rows",
        shards_pack,
        (
            CORPUS,
            argument("--split", choices=("train", "heldout"), default="train", help="default %(default)s"),
            argument("--tokenizer", metavar="DIR", type=Path, help="made by `tokenizer train`"),
            argument("--seq-len", metavar="L", type=int, help="tokens a row"),
            OVERRIDES,
            OUT,
        ),
    ),
    Verb(
        "shards inspect",
        "what packed rows hold; with --row, one row's documents and text",
        shards_inspect,
        (
            SHARDS,
            argument("--row", metavar="N", type=int, default=None, help="show this row"),
        ),
    ),
    Verb("shards verify", "read every byte: checksums, ids, every document exactly once", shards_verify, (SHARDS,)),
    Verb(
        "eval",
        "perplexity and bits per byte, per document type",
        evaluate,
        (
            MODEL,
            argument("--shards", metavar="DIR", type=Path, help="held-out rows, made by `shards pack --split heldout`"),
            argument("--micro-rows", metavar="N", type=int, default=8, help="rows at once: memory, not results; default %(default)s"),
            argument("--max-rows", metavar="N", type=int, default=None, help="score a fixed sample of so many rows"),
        ),
        show=lambda result: "\n".join(readable({**result, "by_doc_type": _rows("doc_type", result["by_doc_type"])})),
    ),
    Verb(
        "generate",
        "continue prompts, or write reports on structured findings",
        generate,
        (
            MODEL,
            argument("--prompt", metavar="TEXT", action="append", default=None, help="may be given several times"),
            argument("--prompts", metavar="FILE", type=Path, default=None, help="one prompt a line"),
            argument(
                "--findings",
                metavar="FILE",
                type=Path,
                default=None,
                help="JSON lines with exam, history and findings, as synthetic reports",
            ),
            argument("--max-tokens", metavar="N", type=int, default=200, help="default %(default)s"),
            argument("--temperature", metavar="T", type=float, default=0.0, help="0 takes the likeliest token (default)"),
            argument(
                "--top-p",
                metavar="P",
                type=float,
                default=1.0,
                help="sample from the likeliest tokens of this total probability; default %(default)s",
            ),
            SEED,
            argument("--micro-rows", metavar="N", type=int, default=16, help="prompts at once: memory, not results; default %(default)s"),
        ),
        show=generated_text,
    ),
    Verb("export", "a run -> Hugging Face form, refused unless transformers' logits equal ours", export, (RUN, OUT, DTYPE)),
    Verb(
        "import",
        "may runs start from this model (init_from=DIR)? Its settings, refused unless transformers' logits equal ours",
        check_import,
        (argument("directory", metavar="DIR", type=Path, help="a Llama in Hugging Face form, or an exported model"),),
    ),
    Verb("checkpoint list", "a run's checkpoints, and which of them are complete", checkpoint_list, (RUN,)),
    Verb("checkpoint verify", "read every byte of a run's checkpoints and compare checksums", checkpoint_verify, (RUN,)),
    Verb(
        "checkpoint compare",
        "how two checkpoints differ, parameter by parameter, at whatever topologies they were written",
        checkpoint_compare,
        (
            argument("first", metavar="STEP-DIR", type=Path, help="a checkpoint, such as RUN/checkpoints/step-0001000"),
            argument("second", metavar="STEP-DIR", type=Path, help="another one, of this run or another"),
        ),
    ),
    Verb(
        "checkpoint prune",
        "what retention would remove of a run's checkpoints; with --remove, remove it",
        checkpoint_prune,
        (
            RUN,
            argument(
                "--keep-newest", metavar="N", type=positive, default=None, help="so many of the newest stay; default: the run's own setting"
            ),
            argument(
                "--keep-every", metavar="N", type=positive, default=None, help="every N-th save stays for good; default: the run's own"
            ),
            argument("--remove", action="store_true", default=False, help="do it"),
        ),
    ),
    Verb(
        "checkpoint copies",
        "a run's second copies in a store; with --verify, every byte read",
        checkpoint_copies,
        (COPIES, argument("--verify", action="store_true", default=False, help="read every byte and compare checksums")),
    ),
    Verb(
        "checkpoint fetch",
        "bring a second copy back into a run's directory, verified",
        checkpoint_fetch,
        (COPIES, RUN, argument("--step", metavar="N", type=int, default=None, help="of this step; default: the newest")),
    ),
    Verb(
        "doctor",
        "is this machine, this cluster, fit to run?",
        doctor,
        (
            argument("--hostfile", metavar="FILE", type=Path, default=None, help="ask these hosts by ssh; default: this machine alone"),
            argument("--recipe", metavar="NAME|FILE", default=None, help="what is to run: its data, its groups, its checkpoints"),
            argument("--shards", metavar="DIR", type=Path, nargs="+", default=[], help="packed datasets that every host must see"),
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
    Verb("ledger", "where the wall time of a run went, over all its attempts", ledger, (RUN,), show=ledger_text),
)


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


def readable(value: Any, indent: str = "") -> Iterator[str]:
    """A JSON-able dict as lines: `key  value`, groups indented, a list of like dicts as a table."""
    width = max((len(key) for key in value), default=0)
    for key, item in value.items():
        if isinstance(item, dict) and item:
            yield f"{indent}{key}"
            yield from readable({str(name): part for name, part in item.items()}, indent + "  ")
        elif isinstance(item, list) and item and all(isinstance(row, dict) for row in item):
            yield f"{indent}{key}"
            yield from table(item, indent + "  ")
        else:
            yield f"{indent}{key:{width}}  {cell(item)}"


def table(rows: Sequence[dict[str, Any]], indent: str) -> Iterator[str]:
    """Rows as aligned columns under a header; numbers stand to the right."""
    columns = list(dict.fromkeys(key for row in rows for key in row))
    cells = [[cell(row.get(column)) for column in columns] for row in rows]
    widths = [max(len(text) for text in (column, *(line[place] for line in cells))) for place, column in enumerate(columns)]
    right = [all(isinstance(row.get(column), int | float | None) for row in rows) for column in columns]
    for line in [columns, *cells]:
        yield (
            indent
            + "  ".join(
                f"{text:{'>' if at_right else '<'}{width}}" for text, width, at_right in zip(line, widths, right, strict=True)
            ).rstrip()
        )


def cell(value: Any) -> str:
    """One value as a person reads it."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, list):
        return ", ".join(cell(item) for item in value) or "none"
    return str(value) if value != {} else "none"


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
        print("interrupted: the same command starts this stage anew", file=sys.stderr)
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
