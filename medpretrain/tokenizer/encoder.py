"""Many texts -> one flat array of token ids, as fast as the machine allows, with the ids of the reference library.

`gigatoken` is many times faster than `tokenizers` and young, so it is used only after it gave the very same ids on a sample and on
texts made to provoke a difference.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from medpretrain.log import logger
from medpretrain.tokenizer.joins import Joins
from medpretrain.tokenizer.vocabulary import SECTION_HEADERS, SPECIAL_TOKENS, Tokenizer

REFERENCE_PART_BYTES = 2**20  # of text, about
PROCESS_BYTES = 352 * 2**20  # where the process is larger, the fast encoder's memory of words is emptied
LEAST_CACHE_BYTES = 64 * 2**20  # but not before it can have grown to this, however large the process is for other reasons

PROBES = (
    "",
    " ",
    *SPECIAL_TOKENS,
    "".join(SPECIAL_TOKENS),
    "".join(SECTION_HEADERS),
    "  ".join(SECTION_HEADERS) + "\n" + "\n\n".join(SECTION_HEADERS).lower(),
    "see <s>this</s> and<pad> <unk>[FINDINGS] no[IMPRESSION]x [FINDINGS [[PLAN]]\n[EXAM]\r\n\r\n <s>",
    "It's, IT'S, they'll'd 'tis ſ'ſ 12.5 mg/dl 1,000 ½ ³⁴ ٣ 第七 — “x” ≥5µm\t\ttab \t end  \n \n\n  x\r\r\n\u00a0\u2003\u3000y ",
    "naïve cafe\u0301 Ångström ΩΩ кровь 肺炎 폐렴 हृदय ขวด 👩‍⚕️🫀 \u200b\ufeff\u0000\u0085\u2028 \U0010ffff",
    "-" * 300 + "x" * 300 + " " * 300 + "7" * 300 + "\n" * 300,
)


class Encoder(Protocol):
    """Texts in UTF-8 -> (ids uint32 [sum of lengths], lengths int64 [num texts]); no special tokens are added."""

    name: str

    def encode(self, texts: Sequence[bytes]) -> tuple[NDArray[np.uint32], NDArray[np.int64]]: ...


class ReferenceEncoder:
    """The `tokenizers` library. It takes over 100 bytes of memory a token while it encodes, so it is given a part of the texts at a
    time, and two parts at once: one thread copies the ids of its part while the library encodes the other's on all cores."""

    name = "tokenizers"

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer

    def encode(self, texts: Sequence[bytes]) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
        part_of_text = np.cumsum([0, *map(len, texts)])[:-1] // REFERENCE_PART_BYTES
        starts = np.flatnonzero(np.diff(part_of_text, prepend=-1)).tolist()
        with ThreadPoolExecutor(max_workers=2) as threads:
            parts = threads.map(self._encode_part, (texts[start:end] for start, end in pairwise([*starts, len(texts)])))
        ids = [array for part in parts for array in part]
        return np.concatenate([np.empty(0, np.uint32), *ids]), np.array([len(array) for array in ids], np.int64)

    def _encode_part(self, texts: Sequence[bytes]) -> list[NDArray[np.uint32]]:
        return [np.array(ids, np.uint32) for ids in self._tokenizer.encode_batch([text.decode() for text in texts])]


class FastEncoder:
    """The `gigatoken` library, given a vocabulary in which special tokens are not matched, so that they stay text, and which has no joins
    (the library knows a few split patterns only); they are made afterwards.

    It remembers every word that it has met, for ever, so it is loaded anew, without them, when the process has grown too large.
    """

    name = "gigatoken"

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._json = tokenizer.to_json_without_special_tokens()
        self._joins = Joins(tokenizer.joins())
        self._load()

    def encode(self, texts: Sequence[bytes]) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
        if not texts:
            return np.empty(0, np.uint32), np.empty(0, np.int64)
        layout = self._backend.encode_batch(list(texts)).layout
        offsets = np.asarray(layout.offsets.data, np.int64)
        ids = np.asarray(layout.content.data, np.uint32)[offsets[0] : offsets[-1]]
        if _resident_bytes() > self._memory_limit:
            self._load()
        return self._joins.apply(ids, np.diff(offsets))

    def _load(self) -> None:
        import gigatoken

        self._backend: Any = None  # the old one's words go first
        self._backend = gigatoken.Tokenizer.from_json(self._json)
        self._memory_limit = max(PROCESS_BYTES, _resident_bytes() + LEAST_CACHE_BYTES)


def _resident_bytes() -> int:
    """Of this process; 0 where the system (not Linux) does not say."""
    try:
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


def open_encoder(tokenizer: Tokenizer, sample: Sequence[str]) -> Encoder:
    """The fast encoder when it is installed and gives the reference's ids for `PROBES` and `sample`; else the reference, saying why."""
    reference = ReferenceEncoder(tokenizer)
    if importlib.util.find_spec("gigatoken") is None:
        logger.warning("encoding with tokenizers: gigatoken, which is many times faster, is not installed")
        return reference
    try:
        fast = FastEncoder(tokenizer)
        difference = find_difference(fast, reference, [*PROBES, *sample])
    except Exception as error:  # whatever a young library does, packing goes on
        logger.warning("encoding with tokenizers: gigatoken failed (%s)", error)
        return reference
    if difference is not None:
        logger.warning("encoding with tokenizers: gigatoken gives other ids for %r", difference[:80])
        return reference
    logger.info("encoding with gigatoken; its ids equal those of tokenizers on %d texts from all over the corpus", len(sample))
    return fast


def find_difference(encoder: Encoder, reference: Encoder, texts: Sequence[str]) -> str | None:
    """The first text for which the two give different ids, or None."""
    in_utf8 = [text.encode() for text in texts]
    ids, lengths = encoder.encode(in_utf8)
    expected_ids, expected_lengths = reference.encode(in_utf8)
    ends, expected_ends = np.cumsum(lengths), np.cumsum(expected_lengths)
    for number, text in enumerate(texts):
        mine = ids[ends[number] - lengths[number] : ends[number]]
        theirs = expected_ids[expected_ends[number] - expected_lengths[number] : expected_ends[number]]
        if not np.array_equal(mine, theirs):
            return text
    return None
