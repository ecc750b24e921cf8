"""What a text costs when a small n-gram model of a tokenizer's tokens tells it: bits per byte, which vocabularies of any size share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medpretrain.corpus.reference import END, NGrams

ORDER = 3
MAX_TRAINING_BYTES = 8 * 2**20  # of text; about 2 million tokens, 300 MB of memory and 5 seconds
MAX_SCORED_BYTES = 2 * 2**20

Ids = NDArray[np.uint32]


@dataclass(frozen=True)
class Bits:
    """Bits for a text, each document's end among them, and how long it is."""

    num_bits: float
    num_bytes: int
    num_characters: int

    @property
    def per_byte(self) -> float:
        return self.num_bits / self.num_bytes

    @property
    def per_character(self) -> float:
        """What tokenizers are compared by where texts are counted in characters (000-61)."""
        return self.num_bits / self.num_characters


def choose(texts: Sequence[str], max_bytes: int) -> list[str]:
    """An even spread of texts of about so many bytes in all; of a longer one its beginning."""
    total = sum(len(text.encode()) for text in texts)
    every = max(1, -(-total // max_bytes))
    chosen: list[str] = []
    left = max_bytes
    for text in texts[::every]:
        cut = text if len(text) * 4 <= left else text.encode()[:left].decode(errors="ignore")
        left -= len(cut.encode())
        if cut:
            chosen.append(cut)
    return chosen


def ngram_bits(training: Sequence[Ids], scored: Sequence[Ids], num_ids: int) -> float:
    """Bits for documents of token ids: -sum log2 p(token | the two before it), with each document's end.

    The model: interpolated modified Kneser-Ney of order 3 over the tokens of the training documents (as the corpus' words have it), mixed
    with the uniform distribution over all ids, so that an id never seen has its price too.

    Args:
        training, scored: ids of each document, 0 to num_ids - 1.
    """
    model = NGrams.train(_laid_out(training, num_ids), num_ids + 2, ORDER)
    return float(-np.log2(model.probabilities(_laid_out(scored, num_ids))).sum())


def _laid_out(documents: Sequence[Ids], num_ids: int) -> NDArray[np.int64]:
    """As `NGrams` reads them: start marks, ids from 1 on, the end."""
    before, end = np.full(ORDER - 1, num_ids + 1, np.int64), np.array([END], np.int64)
    return np.concatenate([part for ids in documents for part in (before, ids.astype(np.int64) + 1, end)])
