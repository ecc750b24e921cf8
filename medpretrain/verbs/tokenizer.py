"""The vocabulary: learnt, measured, compared with new text, given to a trained model. A verb imports its module when it is called."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from medpretrain.readable import readable
from medpretrain.verbs.verb import (
    CORPUS,
    EXIT_FINISHED,
    EXIT_NOT_FIT,
    OUT,
    SPLIT,
    TOKENIZER,
    Arguments,
    Result,
    Verb,
    argument,
    made,
    positive,
)

TERMS = argument("--terms", metavar="FILE", type=Path, nargs="+", default=[], help='terms, a line each (.jsonl: with a key "term")')
REQUIRE = argument(
    "--require",
    metavar="'NAME<=LIMIT'",
    nargs="+",
    default=[],
    help="what must hold (NAME<=LIMIT or NAME>=LIMIT, in quotes; names as `measures` has them): else exit status 1, all told at once",
)
REFERENCE = argument("--reference", metavar="DIR|FILE", type=Path, default=None, help="the corpus that the tokenizer learnt from")
MAX_BYTES = argument("--max-bytes", metavar="N", type=positive, default=32 * 2**20, help="of text that is looked at; default %(default)s")


def train(arguments: Arguments) -> Result:
    from medpretrain.tokenizer.sample import parse_mixture
    from medpretrain.tokenizer.terms import read_terms
    from medpretrain.tokenizer.train import train_tokenizer

    mixture = parse_mixture(arguments.mixture, arguments.by)
    terms = [term for path in arguments.terms for term in read_terms(path)]
    manifest = train_tokenizer(
        arguments.corpus, arguments.vocab_size, arguments.out, arguments.max_bytes, terms, mixture, arguments.max_epochs
    )
    return made(arguments.out, manifest)


def transplant(arguments: Arguments) -> Result:
    from medpretrain.release.transplant import transplant as transplanted

    return made(arguments.out, transplanted(arguments.source, arguments.tokenizer, arguments.out))


def report(arguments: Arguments) -> Result:
    from medpretrain.manifest import make_directory
    from medpretrain.model.counts import parameter_breakdown
    from medpretrain.report.tokenizer_page import write_tokenizer_page
    from medpretrain.shards.counts import token_counts
    from medpretrain.tokenizer.gate import parse_requirements
    from medpretrain.tokenizer.report import Request, make_report
    from medpretrain.tokenizer.sample import parse_mixture
    from medpretrain.tokenizer.vocabulary import Tokenizer
    from medpretrain.train.recipes import load_recipe

    requirements = parse_requirements(arguments.require)
    mixture = parse_mixture(arguments.mixture, "doc_type")
    model = load_recipe(arguments.recipe).model
    tokenizer = Tokenizer.load(arguments.tokenizer)
    make_directory(arguments.out)

    def parameters_of(vocab_size: int) -> Mapping[str, int]:
        return parameter_breakdown(model.model_copy(update={"vocab_size": vocab_size}))

    request = Request(
        corpus=arguments.corpus,
        split=arguments.split,
        terms=arguments.terms,
        against=arguments.against,
        general=arguments.general,
        reference=arguments.reference,
        sizes=arguments.sizes,
        max_bytes=arguments.max_bytes,
        requirements=requirements,
        mixture=mixture.shares if mixture else None,
    )
    shard_counts = token_counts(arguments.shards, tokenizer.content_hash) if arguments.shards else None
    told = make_report(tokenizer, request, shard_counts, parameters_of, arguments.recipe)
    return {**write_tokenizer_page(told, arguments.out), **told}


def shown_report(result: Result) -> str:
    """What decides, in lines; the page has the rest."""
    lines: dict[str, Any] = {
        "page": result["page"],
        "numbers": result["numbers"],
        "measures": result["measures"],
        "fertility": [_flat(row) for row in result["fertility"]],
        "bits": result["bits"],
        "sizes": [
            {
                "size": row["size"],
                "reached": row["reached"],
                "tokens_per_word": row["tokens_per_word"],
                "of_terms": row["tokens_per_word_of_terms"],
                "bits_per_byte": row["bits_per_byte"],
                "embedding_MB": row["embedding_megabytes"],
                "one_table_%": 100 * row["share_one_table"],
                "all_tables_%": 100 * row["share_all_tables"],
            }
            for row in result["sizes"]
        ],
    }
    return "\n".join(
        [
            *readable({name: part for name, part in lines.items() if part != []}),
            *(f"note: {note}" for note in result["notes"]),
            *(f"fell short: {sentence}" for sentence in result["gate"]["fell_short"]),
        ]
    )


def _flat(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of fertility with the others' beside it."""
    others = {name: other["tokens_per_word"] for name, other in row["others"].items()}
    return {"doc_type": row["doc_type"], "words": row["words"], "tokens_per_word": row["tokens_per_word"], **others}


def drift(arguments: Arguments) -> Result:
    from medpretrain.tokenizer.drift import DriftRequest, measure_drift
    from medpretrain.tokenizer.gate import parse_requirements
    from medpretrain.tokenizer.vocabulary import Tokenizer

    requirements = parse_requirements(arguments.require)
    request = DriftRequest(
        corpus=arguments.corpus,
        split=arguments.split,
        reference=arguments.reference,
        terms=arguments.terms,
        requirements=requirements,
        max_bytes=arguments.max_bytes,
    )
    return measure_drift(Tokenizer.load(arguments.tokenizer), request)


def shown_drift(result: Result) -> str:
    lines = {name: part for name, part in result.items() if name != "gate" and part != []}
    lines["advice"] = "train the tokenizer again" if lines.pop("retrain") else "keep the tokenizer"
    reasons = lines.pop("reasons")
    return "\n".join([*readable(lines), *(f"because: {reason}" for reason in reasons)])


VERBS = (
    Verb(
        "tokenizer train",
        "clean documents -> vocabulary",
        train,
        (
            CORPUS,
            argument("--vocab-size", metavar="N", type=int, default=32_768, help="default %(default)s"),
            argument("--max-bytes", metavar="N", type=int, default=None, help="learn from an even sample of so many bytes of text"),
            argument(
                "--mixture",
                metavar="NAME=SHARE",
                nargs="+",
                default=[],
                help="shares of the text to learn from, by source; default: weights of the corpus's sources",
            ),
            argument("--by", choices=("source", "doc_type"), default="source", help="what names in --mixture are; default %(default)s"),
            argument(
                "--max-epochs",
                metavar="N",
                type=positive,
                default=1,
                help="how often a text of a scarce kind may count, to give the mixture more; default %(default)s",
            ),
            argument(
                "--terms", metavar="FILE", type=Path, nargs="+", default=[], help="whose words become single tokens where the text has them"
            ),
            OUT,
        ),
    ),
    Verb(
        "tokenizer report",
        "what a vocabulary is worth: numbers, a page, and a gate",
        report,
        (
            TOKENIZER,
            CORPUS,
            SPLIT,
            TERMS,
            argument(
                "--against",
                metavar="FILE",
                type=Path,
                nargs="+",
                default=[],
                help="other tokenizers: tokenizer.json or *.tiktoken",
            ),
            argument(
                "--general",
                metavar="DIR|FILE",
                type=Path,
                default=None,
                help="general English to learn the default baseline from; default: the corpus' documents of kinds general*",
            ),
            argument("--shards", metavar="DIR", type=Path, default=None, help="rows packed with it, in which entries are counted"),
            REFERENCE,
            argument(
                "--mixture",
                metavar="KIND=SHARE",
                nargs="+",
                default=[],
                help="what will be trained on, by doc_type, for drift; default: the corpus' bytes",
            ),
            argument(
                "--sizes",
                metavar="N",
                type=positive,
                nargs="*",
                default=[8_000, 16_000, 32_000, 64_000, 128_000],
                help="vocabularies to compare, learnt from a sample of the corpus; default %(default)s",
            ),
            argument("--recipe", metavar="NAME|FILE", default="medical-7b", help="the model whose share they are; default %(default)s"),
            MAX_BYTES,
            REQUIRE,
            OUT,
        ),
        show=shown_report,
        status=lambda result: EXIT_FINISHED if result["gate"]["passed"] else EXIT_NOT_FIT,
    ),
    Verb(
        "tokenizer drift",
        "whether a vocabulary still fits new text, or should be trained again",
        drift,
        (
            TOKENIZER,
            argument("--corpus", metavar="DIR|FILE", type=Path, help="the new text"),
            SPLIT,
            REFERENCE,
            TERMS,
            MAX_BYTES,
            REQUIRE,
        ),
        show=shown_drift,
        status=lambda result: EXIT_NOT_FIT if result["gate"]["required"] and not result["gate"]["passed"] else EXIT_FINISHED,
    ),
    Verb(
        "tokenizer transplant",
        "a trained model with another vocabulary, for runs that start from it (init_from=DIR)",
        transplant,
        (
            argument(
                "--from", dest="source", metavar="DIR", type=Path, help="a Llama or GPT-NeoX in Hugging Face form, tokenizer.json in it"
            ),
            TOKENIZER,
            OUT,
        ),
    ),
)
