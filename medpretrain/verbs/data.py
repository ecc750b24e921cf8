"""From raw text to packed rows. Each verb imports its own module when it is called, so that help answers at once."""

from __future__ import annotations

import os
from pathlib import Path

from medpretrain.errors import InputError
from medpretrain.verbs.verb import CORPUS, OUT, OVERRIDES, SEED, SPLIT, TOKENIZER, Arguments, Result, Verb, argument, made, positive

SHARDS = argument("shards", metavar="DIR", type=Path, help="made by `shards pack`")


def recipe_list(_: Arguments) -> Result:
    from medpretrain.train.recipes import list_recipes

    return {"recipes": list_recipes()}


def recipe_show(arguments: Arguments) -> Result:
    from medpretrain.train.recipes import needed_throughput, show_recipe

    shown = show_recipe(arguments.recipe, arguments.overrides)
    if arguments.hours is None:
        return shown
    throughput = needed_throughput(arguments.tokens or shown["total_tokens"], arguments.hours, arguments.devices)
    return {"needed_tokens_per_second": throughput, **shown}


def corpus_synth(arguments: Arguments) -> Result:
    from medpretrain.corpus.synth import write_synthetic_corpus

    return made(arguments.out, write_synthetic_corpus(arguments.num_reports, arguments.seed, arguments.out))


def corpus_build(arguments: Arguments) -> Result:
    from medpretrain.config import load_settings
    from medpretrain.corpus.build import build_corpus
    from medpretrain.corpus.settings import CorpusSettings
    from medpretrain.report.corpus_page import write_corpus_report

    source: str = arguments.source
    if "://" in source and source.endswith((".yaml", ".yml")):
        remedy = "copy it here; the sources in it can be addresses"
        raise InputError(source, "is an address", "a settings file on this machine, or the address of data", remedy)
    given = Path(source) if source.endswith((".yaml", ".yml")) else {"sources": [{"path": source}]}
    settings = load_settings(CorpusSettings, given, arguments.overrides)
    told = made(arguments.out, build_corpus(settings, arguments.out, arguments.workers))
    return {**told, **write_corpus_report(arguments.out)}


def corpus_report(arguments: Arguments) -> Result:
    from medpretrain.report.corpus_page import write_corpus_report

    return write_corpus_report(arguments.built)


def shards_pack(arguments: Arguments) -> Result:
    from medpretrain.config import load_settings
    from medpretrain.shards.pack import pack_corpus
    from medpretrain.shards.settings import PackSettings

    settings = load_settings(PackSettings, {}, arguments.overrides)
    manifest = pack_corpus(arguments.corpus, arguments.split, arguments.tokenizer, arguments.seq_len, arguments.out, settings)
    return made(arguments.out, manifest)


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


VERBS = (
    Verb("recipe list", "the recipes, with their sizes", recipe_list),
    Verb(
        "recipe show",
        "one recipe: every setting, parameters, what it would need",
        recipe_show,
        (
            argument("recipe", metavar="NAME|FILE"),
            OVERRIDES,
            argument(
                "--hours", metavar="H", type=positive, default=None, help="say also how many tokens a second it takes to be done then"
            ),
            argument("--tokens", metavar="N", type=positive, default=None, help="instead of those of the schedule"),
            argument("--devices", metavar="N", type=positive, default=1, help="default %(default)s"),
        ),
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
            argument("source", metavar="SETTINGS.yaml|DATA", help="settings, or files: a path or an s3:// address"),
            OVERRIDES,
            argument("--workers", metavar="N", type=positive, default=len(os.sched_getaffinity(0)), help="processes; default %(default)s"),
            OUT,
        ),
    ),
    Verb(
        "corpus report",
        "the page of a corpus again: DIR/report/index.html",
        corpus_report,
        (argument("built", metavar="DIR", type=Path, help="made by `corpus build`"),),
    ),
    Verb(
        "shards pack",
        "documents + tokenizer -> packed token rows",
        shards_pack,
        (
            CORPUS,
            SPLIT,
            TOKENIZER,
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
)
