"""De-identification: texts without identifiers, their audit trail, what was found of known ones, and a model to find more."""

from __future__ import annotations

import os
from pathlib import Path

from medpretrain.errors import InputError
from medpretrain.verbs.verb import OUT, OVERRIDES, SEED, Arguments, Result, Verb, argument, positive


def deidentify(arguments: Arguments) -> Result:
    overrides = list(arguments.overrides)
    if arguments.score is not None:
        if arguments.source is not None:  # its place is that of the first override
            overrides.insert(0, arguments.source)
        return _score(arguments, overrides)
    if arguments.source is None or arguments.out is None:
        expected = "`corpus deidentify FILE --out FILE`, or `corpus deidentify --score GOLD`"
        raise InputError("corpus deidentify", "lacks a source or an output", expected, "name both")
    from medpretrain.config import load_settings
    from medpretrain.corpus.deidentify_files import deidentify_files
    from medpretrain.corpus.settings import DeidentifyFilesSettings

    settings = load_settings(DeidentifyFilesSettings, {"source": {"path": arguments.source}}, overrides)
    return deidentify_files(settings, arguments.out, arguments.workers)


def _score(arguments: Arguments, overrides: list[str]) -> Result:
    from medpretrain.config import load_settings
    from medpretrain.deidentify.deidentifier import Deidentifier
    from medpretrain.deidentify.gold import read_gold
    from medpretrain.deidentify.score import format_score, score
    from medpretrain.deidentify.settings import DeidentifySettings

    deidentifier = Deidentifier(load_settings(DeidentifySettings, {}, overrides))
    documents = list(read_gold(arguments.score))
    counts = score(documents, deidentifier.find([document.text for document in documents]), arguments.show_text)
    return counts.as_dict() if arguments.json else {"table": format_score(counts)}


def _table_alone(result: Result) -> str:
    from medpretrain.readable import readable

    return str(result["table"]) if "table" in result else "\n".join(readable(result))


def audit(arguments: Arguments) -> Result:
    from medpretrain.deidentify.audit_check import verify_audit
    from medpretrain.deidentify.secret import Secret

    secret = None if arguments.secret_file is None else Secret.read(arguments.secret_file)
    return verify_audit(arguments.audited, secret)


def train_ner(arguments: Arguments) -> Result:
    from medpretrain.deidentify.train_ner import train_ner as train

    train(arguments.out, arguments.num_notes, arguments.seed, arguments.steps, arguments.background)
    return {"directory": str(arguments.out)}


VERBS = (
    Verb(
        "corpus deidentify",
        "texts without what names a person; or, with --score, how much of what is known is found",
        deidentify,
        (
            argument("source", metavar="FILE|DIR", nargs="?", default=None, help="of any format that `corpus build` reads"),
            OVERRIDES,
            argument("--out", metavar="FILE", type=Path, default=None, help="JSON lines: .jsonl, .jsonl.gz or .jsonl.zst"),
            argument(
                "--score", metavar="GOLD", type=Path, default=None, help="JSON lines with `text` and `spans`: print recall and precision"
            ),
            argument("--show-text", action="store_true", default=False, help="with --score: show what was missed, not its shape alone"),
            argument("--workers", metavar="N", type=positive, default=len(os.sched_getaffinity(0)), help="processes; default %(default)s"),
        ),
        show=_table_alone,
    ),
    Verb(
        "corpus audit",
        "check the audit trail of a corpus: no line changed, removed, added, moved or cut off, no text another",
        audit,
        (
            argument("audited", metavar="DIR|FILE", type=Path, help="made by `corpus build` or `corpus deidentify`"),
            argument(
                "--secret-file", metavar="FILE", type=Path, default=None, help="the secret it was made with: a trail made anew shows too"
            ),
        ),
    ),
    Verb(
        "corpus train-ner",
        "a small model that finds names and places, from synthetic notes, on CPU",
        train_ner,
        (
            argument("--num-notes", metavar="N", type=positive, default=14_000, help="synthetic notes; default %(default)s"),
            argument("--steps", metavar="N", type=positive, default=2_600, help="default %(default)s"),
            argument(
                "--background", metavar="FILE", type=Path, default=None, help="JSON lines of text without identifiers, to put some into"
            ),
            SEED,
            OUT,
        ),
    ),
)
