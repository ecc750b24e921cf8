"""What a run made: its checkpoints, its model. Each verb imports its own module when it is called, so that help answers at once."""

from __future__ import annotations

from pathlib import Path

from medpretrain.errors import InputError, InputErrors
from medpretrain.readable import readable
from medpretrain.verbs.verb import OUT, RUN, SEED, Arguments, Result, Verb, argument, positive

MODEL = argument("model", metavar="RUN|EXPORT", type=Path, help="a run directory (its newest checkpoint), or an exported model")
COPIES = argument(
    "url", metavar="URL", help="where the copies of a run are: its `checkpoint.copy_to` and its name, s3://bucket/prefix/NAME"
)
DTYPE = argument("--dtype", choices=("bf16", "fp16", "fp32"), default=None, help="of the weights; default: what the run computed in")


EVALUATED_BY = ("doc_type", "length_class")


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


def report(arguments: Arguments) -> Result:
    from medpretrain.report.page import write_report

    return write_report(arguments.run)


def stability(arguments: Arguments) -> Result:
    from medpretrain.report.compare import stability_analysis

    return stability_analysis(arguments.runs, arguments.out)


def checkpoint_list(arguments: Arguments) -> Result:
    from medpretrain.checkpoint.listing import list_checkpoints

    return {"checkpoints": list_checkpoints(arguments.run)}


def checkpoint_verify(arguments: Arguments) -> Result:
    from medpretrain.checkpoint.listing import list_checkpoints
    from medpretrain.checkpoint.verify import verify_checkpoint

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
    from medpretrain.checkpoint.listing import list_checkpoints
    from medpretrain.checkpoint.retention import prune, removable, retention_of

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


def _rows(name: str, groups: dict[str, Result]) -> list[Result]:
    """Like groups as rows of a table, each with its name in the first column."""
    return [{name: key, **group} for key, group in groups.items()]


def _flat(run: Result) -> Result:
    """A run's numbers as one row of a table."""
    clipped = run.get("clipped") or {}
    return {**{key: value for key, value in run.items() if key != "clipped"}, "clipped_share": clipped.get("share")}


VERBS = (
    Verb(
        "eval",
        "perplexity and bits per byte, per document type and length class",
        evaluate,
        (
            MODEL,
            argument("--shards", metavar="DIR", type=Path, help="held-out rows, made by `shards pack --split heldout`"),
            argument("--micro-rows", metavar="N", type=int, default=8, help="rows at once: memory, not results; default %(default)s"),
            argument("--max-rows", metavar="N", type=int, default=None, help="score a fixed sample of so many rows"),
        ),
        show=lambda result: "\n".join(readable({**result, **{f"by_{key}": _rows(key, result[f"by_{key}"]) for key in EVALUATED_BY}})),
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
    Verb(
        "report",
        "a run in pictures, finished or not: RUN/report/index.html",
        report,
        (RUN,),
        show=lambda result: "\n".join([*result["notes"], result["page"]]),
    ),
    Verb(
        "stability",
        "gradient norms, spikes and clipping of runs beside each other; with --out, a picture and the numbers",
        stability,
        (
            argument("runs", metavar="RUN", nargs="+", type=Path, help="a run directory; several are compared"),
            argument("--out", metavar="DIR", type=Path, default=None, help="write stability.json and stability.png there"),
        ),
        show=lambda result: "\n".join(readable({"runs": [_flat(run) for run in result["runs"]]})),
    ),
    Verb("checkpoint list", "a run's checkpoints, which of them are complete, and which is the best", checkpoint_list, (RUN,)),
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
)
