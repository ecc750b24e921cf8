"""The tables of the report: rows of JSON-able dicts from what was measured."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medpretrain.log import logger
from medpretrain.tokenizer.baselines import Baseline
from medpretrain.tokenizer.measured_text import Sample
from medpretrain.tokenizer.measures import Encodes, Fragmentation, TermLengths, fertility, term_lengths
from medpretrain.tokenizer.quick import QuickTokenizer
from medpretrain.tokenizer.sample_measures import Measured, TextsForBits, bits_of, with_all
from medpretrain.tokenizer.train import train_sizes
from medpretrain.tokenizer.vocabulary import NUM_BYTES, SECTION_HEADERS, SPECIAL_TOKENS, Tokenizer

OURS = "this tokenizer"
BYTES_PER_PARAMETER = 2  # bf16
SHOWN_TERMS, SHOWN_ENTRIES, SHOWN_PIECES = 40, 60, 5  # words of more pieces are counted together
RARE = 10  # an entry that the rows hold less often is hardly learnt
EXAMPLES = (
    "Acetaminophen 650 mg by mouth every 6 hours as needed for fever; do not exceed 3 g per day.",
    "Small left pleural effusion with adjacent atelectasis. Bilateral ground-glass opacities. No pneumothorax or pneumoperitoneum. "
    "Hepatosplenomegaly is unchanged.",
)

Row = dict[str, Any]
ParametersOf = Callable[[int], Mapping[str, int]]
"""A vocabulary's size -> parameters of the model with it: "embedding", "head" (0 where it is tied), "total"."""


def fertility_rows(sample: Sample, ours: Measured, others: Mapping[str, Measured]) -> list[Row]:
    """Tokens a word of all kinds together and of each kind (002-45), beside other tokenizers; `length`: our tokens for each of theirs."""
    of_others = {name: with_all(measured.by_kind, sample) for name, measured in others.items()}
    return [
        {
            "doc_type": doc_type,
            "documents": sample.kinds[doc_type].num_documents if doc_type in sample.kinds else sample.num_documents,
            "words": counted.num_words,
            "tokens": counted.num_tokens,
            "tokens_per_word": counted.tokens_per_word,
            "others": {
                name: {
                    "tokens_per_word": by_kind[doc_type].tokens_per_word,
                    "length": counted.num_tokens / max(by_kind[doc_type].num_tokens, 1),
                }
                for name, by_kind in of_others.items()
            },
        }
        for doc_type, counted in with_all(ours.by_kind, sample).items()
    ]


def length_rows(ours: Measured, others: Mapping[str, Measured]) -> list[Row]:
    """Tokens a document of each kind: the mean, the middle, one document of twenty, the longest; and the others' mean."""
    return [
        {
            "doc_type": doc_type,
            "sampled_documents": len(lengths),
            "mean": float(lengths.mean()),
            "median": float(np.median(lengths)),
            "p95": float(np.quantile(lengths, 0.95)),
            "longest": int(lengths.max()),
            "others": {name: float(measured.lengths[doc_type].mean()) for name, measured in others.items()},
        }
        for doc_type, lengths in ours.lengths.items()
        if len(lengths)
    ]


def term_rows(lengths: Mapping[str, TermLengths], lists: Mapping[str, Sequence[str]]) -> list[Row]:
    """Each list of terms with each tokenizer: tokens a word and a term, coverage in both definitions (000-16, E0-14)."""
    rows = []
    for list_name, terms in lists.items():
        for name, of_tokenizer in lengths.items():
            covered, counted = of_tokenizer.coverage(terms), of_tokenizer.fertility(terms)
            rows.append(
                {
                    "list": list_name,
                    "tokenizer": name,
                    "terms": covered.num_terms,
                    "whole": covered.whole,
                    "every_word": covered.every_word,
                    "tokens_per_word": counted.tokens_per_word,
                    "tokens_per_term": counted.num_tokens / covered.num_terms if covered.num_terms else float("nan"),
                }
            )
    return rows


def fragmentation_rows(lengths: Mapping[str, TermLengths], terms: Sequence[str]) -> list[Row]:
    """Tokens a term beside each other tokenizer, and theirs for each of ours (000-10)."""
    rows = []
    num_tokens = lengths[OURS].fertility(terms).num_tokens
    for name, other in lengths.items():
        if name != OURS:
            cut = Fragmentation(len(terms), num_tokens, other.fertility(terms).num_tokens)
            rows.append(
                {
                    "other": name,
                    "terms": cut.num_terms,
                    "tokens_per_term": cut.tokens_per_term,
                    "others_tokens_per_term": cut.baseline_tokens_per_term,
                    "ratio": cut.ratio,
                }
            )
    return rows


def term_examples(tokenizer: Tokenizer, lengths: Mapping[str, TermLengths], terms: Sequence[str]) -> list[Row]:
    """Terms with their pieces and each tokenizer's number of them: those that we cut most a word, then some from all over the list."""
    ours = lengths[OURS].of_term
    most = sorted(terms, key=lambda term: (-ours[term] / len(term.split()), term))[: SHOWN_TERMS // 2]
    spread = terms[:: max(1, len(terms) // (SHOWN_TERMS // 2))]
    return [
        {
            "term": term,
            "pieces": pieces_of(tokenizer, f" {term}"),
            "tokens": {name: of_tokenizer.of_term[term] for name, of_tokenizer in lengths.items()},
        }
        for term in list(dict.fromkeys([*most, *spread]))[:SHOWN_TERMS]
    ]


def pieces_of(tokenizer: Tokenizer, text: str) -> list[str]:
    """The text of each token; of bytes that are no character alone, U+FFFD."""
    return [tokenizer.decode([token_id]) for token_id in tokenizer.encode(text)]


def words_of_terms(lengths: Mapping[str, TermLengths]) -> Row:
    """How many different words of the terms fall into 1, 2, ... pieces, of each tokenizer; the last number counts all with more."""
    numbers = {}
    for name, of_tokenizer in lengths.items():
        counted = Counter(min(length, SHOWN_PIECES) for length in of_tokenizer.of_word.values())
        numbers[name] = [counted[pieces] for pieces in range(1, SHOWN_PIECES + 1)]
    num_words = len(lengths[OURS].of_word) if lengths else 0
    return {"words": num_words, "pieces": list(range(1, SHOWN_PIECES + 1)), "numbers": numbers}


def bits_rows(vocab_size: int, ours: Measured, baselines: Sequence[Baseline], others: Mapping[str, Measured]) -> list[Row]:
    """Bits per byte and per character of held-out text under an n-gram model of each tokenizer's tokens (000-61)."""
    rows = []
    for name, size, measured in [(OURS, vocab_size, ours), *((each.name, each.vocab_size, others[each.name]) for each in baselines)]:
        if measured.bits is not None:
            bits = measured.bits
            rows.append({"tokenizer": name, "vocab_size": size, "per_byte": bits.per_byte, "per_character": bits.per_character})
    return rows


def unseen_record(tokenizer: Tokenizer, counts: NDArray[np.int64], counted_in: str) -> Row:
    """Entries that never came (002-47), `share` of all but the special tokens; by what they are; and some of them.

    Args:
        counts: how often each id came: int64 [vocab_size].
        counted_in: words for where.
    """
    first_byte = len(SPECIAL_TOKENS) + len(SECTION_HEADERS)
    kinds = {
        "section headers": range(len(SPECIAL_TOKENS), first_byte),
        "single bytes": range(first_byte, first_byte + NUM_BYTES),
        "pieces of text": range(first_byte + NUM_BYTES, tokenizer.vocab_size),
    }
    of_text = counts[len(SPECIAL_TOKENS) :]
    never = np.flatnonzero(of_text == 0) + len(SPECIAL_TOKENS)
    return {
        "counted_in": counted_in,
        "tokens": int(of_text.sum()),
        "entries": len(of_text),
        "never": len(never),
        "share": len(never) / len(of_text),
        "rare_below": RARE,
        "rare": int((of_text < RARE).sum()) - len(never),
        "kinds": [
            {"kind": kind, "entries": len(ids), "never": int((counts[ids.start : ids.stop] == 0).sum())} for kind, ids in kinds.items()
        ],
        "examples": [tokenizer.decode([token_id]) for token_id in never[never >= first_byte + NUM_BYTES][:SHOWN_ENTRIES].tolist()],
    }


@dataclass(frozen=True)
class SizesOn:
    """The texts for a sweep of sizes: what they are learnt from, what they are measured on, those for bits, and terms that occur."""

    training: Sequence[str]
    held_out: Sequence[str]
    bits: TextsForBits
    terms: Sequence[str]


def size_rows(tokenizer: Tokenizer, ours: Encodes, sizes: Sequence[int], on: SizesOn, parameters_of: ParametersOf) -> list[Row]:
    """Vocabularies of these sizes, and what they cost the model (002-46); this tokenizer (`ours`) too, which may have learnt from what
    all are measured on."""
    num_bytes = sum(len(text.encode()) for text in on.training)
    logger.info("training vocabularies of up to %s entries on %.1f MB of text", f"{max(sizes):,}", num_bytes / 1e6)
    made: list[tuple[str, int, int, Encodes]] = [(OURS, tokenizer.vocab_size, tokenizer.vocab_size, ours)]
    for size, learnt in train_sizes(on.training, sizes).items():
        swept = Tokenizer(learnt.tokenizer, Path())
        made.append(("learnt from the sample", size, swept.vocab_size, QuickTokenizer(swept, ())))
    rows = []
    for name, size, reached, each in made:
        logger.info("measuring %s entries", f"{reached:,}")
        parameters = parameters_of(size)
        of_terms = term_lengths(each, on.terms) if on.terms else None
        bits = bits_of(each, reached, on.bits)
        rows.append(
            {
                "tokenizer": name,
                "size": size,
                "reached": reached,
                "supported": reached == size,
                "tokens_per_word": fertility(each, on.held_out).tokens_per_word,
                "tokens_per_word_of_terms": of_terms.fertility(on.terms).tokens_per_word if of_terms else None,
                "every_word": of_terms.coverage(on.terms).every_word if of_terms else None,
                "bits_per_byte": bits.per_byte if bits else None,
                "embedding_parameters": parameters["embedding"],
                "embedding_megabytes": parameters["embedding"] * BYTES_PER_PARAMETER / 1e6,
                "model_parameters": parameters["total"],
                "share_one_table": parameters["embedding"] / parameters["total"],
                "share_all_tables": (parameters["embedding"] + parameters["head"]) / parameters["total"],
            }
        )
    return sorted(rows, key=lambda row: row["size"])


def example_rows(tokenizer: Tokenizer, others: Mapping[str, Encodes]) -> list[Row]:
    """Sentences with their pieces, and how many each tokenizer has."""
    return [
        {
            "text": text,
            "pieces": pieces_of(tokenizer, text),
            "tokens": {name: len(each.encode_batch([text])[0]) for name, each in {OURS: tokenizer, **others}.items()},
        }
        for text in EXAMPLES
    ]
