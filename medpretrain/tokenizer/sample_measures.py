"""One tokenizer on a sample: tokens and words kind by kind, how often each id came, what its tokens cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medpretrain.log import Progress
from medpretrain.tokenizer.bits import MAX_SCORED_BYTES, MAX_TRAINING_BYTES, Bits, choose, ngram_bits
from medpretrain.tokenizer.measured_text import Sample
from medpretrain.tokenizer.measures import Encodes, Fertility, batches

ALL = "all"


@dataclass(frozen=True)
class TextsForBits:
    """What n-gram models learn from, and what they are scored on: other documents."""

    training: Sequence[str]
    scored: Sequence[str]


@dataclass(frozen=True)
class Measured:
    """Of each kind its counts and the tokens of each document [num_documents]; of all how often each id came [num_ids].

    `bits` is None where nothing could be held out.
    """

    by_kind: dict[str, Fertility]
    lengths: dict[str, NDArray[np.int64]]
    counts: NDArray[np.int64]
    bits: Bits | None


def texts_for_bits(training: Sequence[str], scored: Sequence[str]) -> TextsForBits:
    return TextsForBits(choose(training, MAX_TRAINING_BYTES), choose(scored, MAX_SCORED_BYTES))


def measure_sample(name: str, tokenizer: Encodes, num_ids: int, sample: Sample, texts: TextsForBits | None) -> Measured:
    """Encode the sample, a part at a time on all cores. `num_ids`: one more than the tokenizer's highest id."""
    by_kind, lengths, counts = {}, {}, np.zeros(num_ids, np.int64)
    num_texts = sum(len(kind.texts) for kind in sample.kinds.values())
    with Progress(f"encoding with {name}", num_texts, "documents") as progress:
        for doc_type, kind in sample.kinds.items():
            of_kind: list[int] = []
            for batch in batches(kind.texts):
                ids = tokenizer.encode_batch(batch)
                of_kind += map(len, ids)
                counts += np.bincount(np.concatenate([np.array(each, np.int64) for each in ids]), minlength=num_ids)
                progress.advance(len(batch))
            lengths[doc_type] = np.array(of_kind, np.int64)
            by_kind[doc_type] = Fertility(sum(of_kind), sum(len(text.split()) for text in kind.texts))
    return Measured(by_kind, lengths, counts, None if texts is None else bits_of(tokenizer, num_ids, texts))


def bits_of(tokenizer: Encodes, num_ids: int, texts: TextsForBits) -> Bits | None:
    """What the scored texts cost under an n-gram model of the tokenizer's tokens of the training texts; None where there are none."""
    if not texts.training or not texts.scored:
        return None
    training, scored = (
        [np.array(ids, np.uint32) for batch in batches(part) for ids in tokenizer.encode_batch(batch)]
        for part in (texts.training, texts.scored)
    )
    num_bytes = sum(len(text.encode()) for text in texts.scored)
    return Bits(ngram_bits(training, scored, num_ids), num_bytes, sum(map(len, texts.scored)))


def with_all(by_kind: Mapping[str, Fertility], sample: Sample) -> dict[str, Fertility]:
    """Each kind's counts, and before them those of the corpus: every kind weighed by what it is of the corpus."""
    num_tokens = num_words = 0.0
    for name, counted in by_kind.items():
        kind = sample.kinds[name]
        weight = kind.num_bytes / max(kind.sampled_bytes, 1)
        num_tokens += weight * counted.num_tokens
        num_words += weight * counted.num_words
    return {ALL: Fertility(round(num_tokens), round(num_words)), **by_kind}
