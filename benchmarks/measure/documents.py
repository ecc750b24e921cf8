"""Any number of distinct documents of real sentences, and words as ours are, for a rival."""

from __future__ import annotations

import gzip
import json
import random
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from medpretrain.corpus.synth import synthesise_reports
from medpretrain.corpus.words import words_of

REAL_CORPUS = Path(__file__).resolve().parents[3] / "shared/data/pretrain"
POOL_BYTES = 40_000_000
BYTES = (1_200, 2_500)  # of a document


def sentences() -> list[str]:
    """Distinct ones, long enough not to stand in two documents by chance alone."""
    texts: Iterator[str]
    if REAL_CORPUS.is_dir():
        paths = [path for path in sorted(REAL_CORPUS.glob("*.jsonl.gz")) if path.name != "mini.jsonl.gz"]
        share = POOL_BYTES // len(paths)
        texts = (json.loads(line)["text"] for path in paths for line in gzip.decompress(path.read_bytes())[:share].splitlines()[:-1])
    else:
        texts = (report.text for report in synthesise_reports(20_000, seed=1))
    found = (sentence.strip() for text in texts for sentence in re.split(r"(?<=[.?!])\s+|\n+", text))
    return sorted({sentence for sentence in found if 40 <= len(sentence) <= 400})


def text_of(number: int, pool: Sequence[str], num_bytes_from_to: tuple[int, int]) -> str:
    draw = random.Random(number)
    limit, chosen, num_bytes = draw.randint(*num_bytes_from_to), [], 0
    while num_bytes < limit:
        chosen.append(pool[int(draw.random() * len(pool))])
        num_bytes += len(chosen[-1]) + 1
    return " ".join(chosen)


def regex_words() -> Any:
    """Words as ours are, for datatrove; its own need spaCy."""
    from datatrove.utils.word_tokenizers import WordTokenizer

    class Words(WordTokenizer):
        def word_tokenize(self, text: str) -> list[str]:
            return words_of(text)

        def sent_tokenize(self, text: str) -> list[str]:
            raise NotImplementedError

        def span_tokenize(self, text: str) -> list[tuple[int, int]]:
            raise NotImplementedError

    return Words()
