"""Many texts -> one flat array of token ids, as fast as the machine allows, with the ids of the reference library.

`gigatoken` is many times faster than `tokenizers` and young, so it is used only after it gave the very same ids on a sample and on
texts made to provoke a difference.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from medpretrain.log import logger
from medpretrain.tokenizer.vocabulary import SECTION_HEADERS, SPECIAL_TOKENS, Tokenizer

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
    """Texts -> (ids uint32 [sum of lengths], lengths int64 [num texts]); no special tokens are added."""

    name: str

    def encode(self, texts: Sequence[str]) -> tuple[NDArray[np.uint32], NDArray[np.int64]]: ...


class ReferenceEncoder:
    """The `tokenizers` library."""

    name = "tokenizers"

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer

    def encode(self, texts: Sequence[str]) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
        encoded = self._tokenizer.encode_batch(texts)
        lengths = np.array([len(ids) for ids in encoded], np.int64)
        parts = [np.array(ids, np.uint32) for ids in encoded]
        return np.concatenate(parts) if parts else np.empty(0, np.uint32), lengths


class FastEncoder:
    """The `gigatoken` library, given a vocabulary in which special tokens are not matched, so that they stay text."""

    name = "gigatoken"

    def __init__(self, tokenizer: Tokenizer) -> None:
        import gigatoken

        self._backend: Any = gigatoken.Tokenizer.from_json(tokenizer.to_json_without_special_tokens())

    def encode(self, texts: Sequence[str]) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
        if not texts:
            return np.empty(0, np.uint32), np.empty(0, np.int64)
        layout = self._backend.encode_batch(list(texts)).layout
        offsets = np.asarray(layout.offsets.data, np.int64)
        return np.asarray(layout.content.data, np.uint32)[offsets[0] : offsets[-1]], np.diff(offsets)


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
    return fast


def find_difference(encoder: Encoder, reference: Encoder, texts: Sequence[str]) -> str | None:
    """The first text for which the two give different ids, or None."""
    ids, lengths = encoder.encode(texts)
    expected_ids, expected_lengths = reference.encode(texts)
    ends, expected_ends = np.cumsum(lengths), np.cumsum(expected_lengths)
    for number, text in enumerate(texts):
        mine = ids[ends[number] - lengths[number] : ends[number]]
        theirs = expected_ids[expected_ends[number] - expected_lengths[number] : expected_ends[number]]
        if not np.array_equal(mine, theirs):
            return text
    return None
