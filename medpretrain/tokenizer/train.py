"""Documents -> vocabulary: byte-level BPE by the `tokenizers` library, deterministic, in one streaming pass."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import tokenizers
from tokenizers import Regex, decoders, models, pre_tokenizers, trainers

from medpretrain.corpus.reader import Corpus, open_corpus
from medpretrain.errors import InputError
from medpretrain.log import Progress, logger
from medpretrain.manifest import Manifest, begin_stage, finish_stage, read_manifest
from medpretrain.tokenizer.vocabulary import FILE_NAME, SECTION_HEADERS, SMALLEST_VOCABULARY, SPECIAL_TOKENS, STAGE

# Llama-style, with single digits: a word with the one space or mark before it, one digit, a run of punctuation, a run of white
# space. Merges never cross these pieces, so no vocabulary entry spans two words.
SPLIT_PATTERN = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
MIN_FREQUENCY = 2  # a pair seen once saves nothing, and would write one patient's text into the vocabulary
_HEADERS = re.compile("|".join(re.escape(header) for header in SECTION_HEADERS))


def train_medical_bpe(corpus: Iterable[str], vocab_size: int = 32768, show_progress: bool = False) -> tokenizers.Tokenizer:
    """Train a byte-level BPE on texts (000-31). Equal texts give equal bytes of tokenizer.json, at any number of threads.

    Args:
        corpus: the texts, streamed; only their word counts are held in memory.
        vocab_size: entries wanted in all: special tokens, section headers, 256 bytes, merges. Fewer come out when the texts hold
            fewer pairs that occur twice.
        show_progress: draw the library's own bars (for a terminal).

    Raises:
        InputError: vocab_size leaves no room for special tokens, headers and bytes.
    """
    if vocab_size < SMALLEST_VOCABULARY:
        raise InputError(
            "vocab_size",
            f"is {vocab_size:,}",
            f"at least {SMALLEST_VOCABULARY} ({len(SPECIAL_TOKENS)} special tokens, {len(SECTION_HEADERS)} section headers, 256 bytes)",
            "choose a larger vocabulary",
        )
    tokenizer = tokenizers.Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(SPLIT_PATTERN), "isolated"),
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
    # Headers are cut out as `encode` will cut them out, so that no merge is spent on their letters.
    tokenizer.train_from_iterator((_HEADERS.split(text) for text in corpus), trainer)
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


def train_tokenizer(corpus_path: Path, vocab_size: int, out: Path, max_bytes: int | None = None) -> Manifest:
    """The stage `tokenizer train`: a corpus's train split -> `out/tokenizer.json` with its manifest.

    Args:
        corpus_path: a directory of `corpus build`, or .jsonl(.gz|.zst) files.
        vocab_size: see `train_medical_bpe`; the size reached is logged and in the manifest.
        out: directory to write; when it holds this very output already, nothing is done.
        max_bytes: read at most so many bytes of text, spread evenly over the corpus (costs one more pass to measure it).

    Raises:
        InputError: an empty corpus, a vocabulary too small, max_bytes below 1, `out` in use.
    """
    if vocab_size < SMALLEST_VOCABULARY:
        train_medical_bpe((), vocab_size)  # refuses before anything is written
    if max_bytes is not None and max_bytes < 1:
        raise InputError("max_bytes", f"is {max_bytes}", "a number of bytes above 0", "leave it out to read the whole corpus")
    corpus = open_corpus(corpus_path, "train")
    settings = {
        "vocab_size": vocab_size,
        "max_bytes": max_bytes,
        "min_frequency": MIN_FREQUENCY,
        "split_pattern": SPLIT_PATTERN,
        "section_headers": list(SECTION_HEADERS),
    }
    inputs = {"corpus": corpus.identity}
    if not begin_stage(out, STAGE, settings, inputs, [FILE_NAME]):
        logger.info("tokenizer train: %s already holds this tokenizer, nothing to do", out)
        return read_manifest(out, STAGE)

    counts = {"documents": 0, "bytes": 0}
    on_terminal = sys.stderr.isatty()  # there the library draws its own bars; elsewhere it would be mute for minutes
    with Progress("reading for the tokenizer", corpus.num_documents, "documents", show=not on_terminal) as progress:

        def count(num_bytes: int) -> None:
            counts["documents"] += 1
            counts["bytes"] += num_bytes
            progress.advance()

        texts = _texts(corpus, max_bytes, count)
        tokenizer = train_medical_bpe(texts, vocab_size, show_progress=on_terminal)
    if counts["bytes"] == 0:
        raise InputError(
            str(corpus_path), "holds no text to train on", "a corpus with at least one document", "check the corpus, or raise max_bytes"
        )
    reached = tokenizer.get_vocab_size()
    if reached < vocab_size:
        logger.warning("tokenizer train: the corpus holds pairs for %s entries only, not %s", f"{reached:,}", f"{vocab_size:,}")
    tokenizer.save(str(out / FILE_NAME))
    manifest = finish_stage(
        out,
        STAGE,
        settings,
        inputs,
        {**counts, "vocab_size": reached, "merges": reached - SMALLEST_VOCABULARY},
        [FILE_NAME],
    )
    logger.info(
        "tokenizer train: %s entries from %s documents, %s bytes", f"{reached:,}", f"{counts['documents']:,}", f"{counts['bytes']:,}"
    )
    return manifest


def _texts(corpus: Corpus, max_bytes: int | None, count: Callable[[int], None]) -> Iterator[str]:
    """The corpus's texts, or an even spread of them up to `max_bytes`; `count` is told the UTF-8 bytes of each text taken."""
    total_bytes = 0 if max_bytes is None else sum(len(document.text.encode()) for document in corpus)
    seen_bytes = taken_bytes = 0
    for document in corpus:
        num_bytes = len(document.text.encode())
        if max_bytes is None or (taken_bytes * total_bytes <= max_bytes * seen_bytes and taken_bytes + num_bytes <= max_bytes):
            taken_bytes += num_bytes
            count(num_bytes)
            yield document.text
        seen_bytes += num_bytes
