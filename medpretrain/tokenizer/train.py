"""Documents -> vocabulary: byte-level BPE by the `tokenizers` library, deterministic, in one streaming pass."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import tokenizers
from tokenizers import Regex, decoders, models, pre_tokenizers, trainers

from medpretrain.corpus.reader import open_corpus
from medpretrain.errors import InputError
from medpretrain.log import Progress, logger
from medpretrain.manifest import MANIFEST_NAME, Manifest, begin_stage, finish_stage, hash_of, read_manifest
from medpretrain.tokenizer.extend import MIN_FREQUENCY, Extended, extend
from medpretrain.tokenizer.merges import Merges
from medpretrain.tokenizer.pieces import MOST_PIECES, PLAIN_PATTERN, SPLIT_PATTERN, PieceCounts
from medpretrain.tokenizer.sample import Drawn, Mixture, draw, mixture_of_weights
from medpretrain.tokenizer.term_merges import TermCounts
from medpretrain.tokenizer.vocabulary import FILE_NAME, SECTION_HEADERS, SMALLEST_VOCABULARY, SPECIAL_TOKENS, STAGE

_HEADERS = re.compile("|".join(re.escape(header) for header in SECTION_HEADERS))


def train_medical_bpe(
    corpus: Iterable[str], vocab_size: int = 32768, terms: Sequence[str] = (), show_progress: bool = False
) -> tokenizers.Tokenizer:
    """Train a byte-level BPE on texts (000-31). Equal texts give equal bytes of tokenizer.json, at any number of threads.

    Args:
        corpus: the texts, streamed; only counts of their words are held in memory.
        vocab_size: entries wanted in all: special tokens, section headers, 256 bytes, merges. Fewer come out when the texts hold
            fewer pairs that occur twice.
        terms: whose words become single tokens where the texts have them (see extend.py).
        show_progress: draw the library's own bars (for a terminal).

    Raises:
        InputError: vocab_size leaves no room for special tokens, headers and bytes.
    """
    return train_sizes(corpus, [vocab_size], terms, show_progress)[vocab_size].tokenizer


def train_sizes(corpus: Iterable[str], sizes: Sequence[int], terms: Sequence[str] = (), show_progress: bool = False) -> dict[int, Extended]:
    """Size -> what `train_medical_bpe` gives for it (and what its entries come from), all from one reading of the texts."""
    if min(sizes) < SMALLEST_VOCABULARY:
        raise InputError(
            "vocab_size",
            f"is {min(sizes):,}",
            f"at least {SMALLEST_VOCABULARY} ({len(SPECIAL_TOKENS)} special tokens, {len(SECTION_HEADERS)} section headers, 256 bytes)",
            "choose a larger vocabulary",
        )
    pieces = PieceCounts()

    def parts_of_texts() -> Iterator[list[str]]:
        for text in corpus:
            parts = _HEADERS.split(text)  # as `encode` will cut them out, so that no merge is spent on their letters
            yield pieces.add(parts)

    plain = Merges.of(_plain_bpe(parts_of_texts(), max(sizes), show_progress))
    if pieces.forgotten:
        logger.info("over %s different words: those that occur %d times or less did not all count", f"{MOST_PIECES:,}", pieces.forgotten)
    return {size: extend(plain, pieces.counts, size, terms) for size in sorted(set(sizes))}


def _plain_bpe(parts_of_texts: Iterable[Sequence[str]], vocab_size: int, show_progress: bool) -> tokenizers.Tokenizer:
    tokenizer = tokenizers.Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(PLAIN_PATTERN), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        min_frequency=MIN_FREQUENCY,
        special_tokens=[*SPECIAL_TOKENS, *SECTION_HEADERS],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=show_progress,
    )
    tokenizer.train_from_iterator(parts_of_texts, trainer)
    return _with_plain_headers(tokenizer)


def _with_plain_headers(trained: tokenizers.Tokenizer) -> tokenizers.Tokenizer:
    """The same tokenizer with section headers as `special=False`: the trainer makes all its added tokens special, and the switch
    that keeps a literal `<s>` as text would split special headers too."""
    record = json.loads(trained.to_str())
    for entry in record["added_tokens"]:
        entry["special"] = entry["content"] in SPECIAL_TOKENS
    tokenizer = tokenizers.Tokenizer.from_str(json.dumps(record, ensure_ascii=False))
    tokenizer.encode_special_tokens = True
    return tokenizer


def train_tokenizer(
    corpus_path: Path,
    vocab_size: int,
    out: Path,
    max_bytes: int | None = None,
    terms: Sequence[str] = (),
    mixture: Mixture | None = None,
    max_epochs: int = 1,
) -> Manifest:
    """The stage `tokenizer train`: a corpus's train split -> `out/tokenizer.json` with its manifest.

    Args:
        corpus_path: a directory of `corpus build`, or .jsonl(.gz|.zst) files.
        vocab_size: see `train_medical_bpe`; the size reached is logged and in the manifest.
        out: directory to write; when it holds this very output already, nothing is done.
        max_bytes: read at most so many bytes of text, spread evenly over the corpus (costs one more pass to measure it).
        terms: see `train_medical_bpe`; what became of them is logged and in the manifest.
        mixture: of the text to learn from; None: by the weights of a built corpus's sources, or, where these are all equal, all text.
        max_epochs: how often a text of a scarce kind may count, to give the mixture more.

    Manifest counts: those of the sample (`Drawn.counts`), `vocab_size`, `merges`, of which `joins` and `terms` (see `TermCounts`).

    Raises:
        InputError: an empty corpus, a vocabulary too small, max_bytes below 1, max_epochs without a mixture, `out` in use.
        InputErrors: names in the mixture that the corpus does not have.
    """
    if vocab_size < SMALLEST_VOCABULARY:
        train_medical_bpe((), vocab_size)  # refuses before anything is written
    if max_bytes is not None and max_bytes < 1:
        raise InputError("max_bytes", f"is {max_bytes}", "a number of bytes above 0", "leave it out to read the whole corpus")
    corpus = open_corpus(corpus_path, "train")
    built = read_manifest(corpus_path) if (corpus_path / MANIFEST_NAME).exists() else None
    settings = {
        "vocab_size": vocab_size,
        "max_bytes": max_bytes,
        "mixture": mixture and mixture.settings,
        "max_epochs": max_epochs,
        "terms": hash_of(list(terms)) if terms else None,
        "min_frequency": MIN_FREQUENCY,
        "split_pattern": SPLIT_PATTERN,
        "section_headers": list(SECTION_HEADERS),
    }
    inputs = {"corpus": corpus.identity}
    if not begin_stage(out, STAGE, settings, inputs, [FILE_NAME]):
        logger.info("tokenizer train: %s already holds this tokenizer, nothing to do", out)
        return read_manifest(out, STAGE)

    mixture = mixture or mixture_of_weights(built, corpus)
    if mixture is None and max_epochs > 1:
        raise InputError("max_epochs", "has no effect without a mixture", "--mixture, or a corpus with weights", "say one, or leave it out")
    drawn = Drawn()
    on_terminal = sys.stderr.isatty()  # there the library draws its own bars; elsewhere it would be mute for minutes
    with Progress("reading for the tokenizer", corpus.num_documents, "documents", show=not on_terminal) as progress:

        def texts() -> Iterator[str]:
            for text in draw(corpus, mixture, max_bytes, drawn, max_epochs):
                progress.advance()
                yield text

        made = train_sizes(texts(), [vocab_size], terms, show_progress=on_terminal)[vocab_size]
    if drawn.bytes == 0:
        raise InputError(
            str(corpus_path), "holds no text to train on", "a corpus with at least one document", "check the corpus, or raise max_bytes"
        )
    reached = made.tokenizer.get_vocab_size()
    if reached < vocab_size:
        logger.warning("tokenizer train: the corpus holds pairs for %s entries only, not %s", f"{reached:,}", f"{vocab_size:,}")
    made.tokenizer.save(str(out / FILE_NAME))
    counts: dict[str, Any] = {
        **drawn.counts(mixture),
        "vocab_size": reached,
        "merges": reached - SMALLEST_VOCABULARY,
        "joins": made.num_joins,
    }
    if terms:
        counts["terms"] = asdict(made.terms)
        _tell_of_terms(made.terms)
    manifest = finish_stage(out, STAGE, settings, inputs, counts, [FILE_NAME])
    logger.info("tokenizer train: %s entries from %s documents, %s bytes", f"{reached:,}", f"{drawn.documents:,}", f"{drawn.bytes:,}")
    return manifest


def _tell_of_terms(terms: TermCounts) -> None:
    logger.info(
        "tokenizer train: of %s words of %s terms as they stand in the text, %s are single tokens (%s by the terms' %s entries)",
        f"{terms.words:,}",
        f"{terms.given:,}",
        f"{terms.words_whole_anyway + terms.words_made_whole:,}",
        f"{terms.words_made_whole:,}",
        f"{terms.entries:,}",
    )
    for number, what in (
        (terms.duplicates, "terms are the same as others but for case and white space"),
        (terms.conflicting, "terms hold a special token or a section header and were left out"),
        (terms.never_occurring, "terms have a word that the text never has"),
        (terms.words_never_whole, "words hold digits, apostrophes or signs that are always tokens of their own"),
        (terms.words_without_room, "words are in pieces, as terms may not take more entries than they did"),
    ):
        if number:
            logger.warning("tokenizer train: %s %s", f"{number:,}", what)
