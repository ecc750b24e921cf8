"""The fast encoder gives the reference's ids, and is not used where it would not."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizer_samples import REPORTS

from medpretrain.log import logger
from medpretrain.tokenizer.encoder import PROBES, FastEncoder, ReferenceEncoder, find_difference, open_encoder
from medpretrain.tokenizer.train import train_medical_bpe
from medpretrain.tokenizer.vocabulary import FILE_NAME, SECTION_HEADERS, SMALLEST_VOCABULARY, SPECIAL_TOKENS, Tokenizer

ANY_TEXT = st.lists(st.text() | st.sampled_from([*SPECIAL_TOKENS, *SECTION_HEADERS, "[", "<"])).map("".join)


@pytest.fixture(scope="module")
def fast(tokenizer: Tokenizer) -> FastEncoder:
    pytest.importorskip("gigatoken")
    return FastEncoder(tokenizer)


def test_the_reference_gives_what_encode_gives(tokenizer: Tokenizer) -> None:
    ids, lengths = ReferenceEncoder(tokenizer).encode(["pleural effusion", "", "[PLAN]"])
    assert lengths.tolist() == [len(tokenizer.encode("pleural effusion")), 0, 1]
    assert ids.tolist() == [*tokenizer.encode("pleural effusion"), *tokenizer.encode("[PLAN]")]
    assert (ids.dtype, lengths.dtype) == (np.dtype(np.uint32), np.dtype(np.int64))


def test_the_fast_encoder_is_chosen_and_agrees(tokenizer: Tokenizer) -> None:
    pytest.importorskip("gigatoken")
    encoder = open_encoder(tokenizer, REPORTS)
    assert encoder.name == "gigatoken"
    texts = [*REPORTS, *PROBES]
    ids, lengths = encoder.encode(texts)
    assert ids.tolist() == [token_id for text in texts for token_id in tokenizer.encode(text)]
    assert lengths.sum() == len(ids)


@given(st.lists(ANY_TEXT, max_size=5))
@settings(max_examples=200, deadline=None)
def test_the_fast_encoder_agrees_on_any_text(fast: FastEncoder, tokenizer: Tokenizer, texts: list[str]) -> None:
    assert find_difference(fast, ReferenceEncoder(tokenizer), texts) is None
    ids, _ = fast.encode(texts)
    assert not (ids < len(SPECIAL_TOKENS)).any()


def test_a_difference_is_found_and_named(tokenizer: Tokenizer, tmp_path: Path) -> None:
    train_medical_bpe(["zzz zzz zzz"], SMALLEST_VOCABULARY + 2).save(str(tmp_path / FILE_NAME))
    other = Tokenizer.from_file(tmp_path / FILE_NAME)
    texts = ["7", "[PLAN]", "lung lung", "zzz"]
    assert find_difference(ReferenceEncoder(other), ReferenceEncoder(tokenizer), texts) == "lung lung"


def test_without_the_fast_library_the_reference_is_used_and_said(
    tokenizer: Tokenizer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(logger, "propagate", True)
    monkeypatch.setitem(sys.modules, "gigatoken", None)  # as where it is not installed
    with caplog.at_level(logging.INFO, "medpretrain"):
        encoder = open_encoder(tokenizer, REPORTS)
    assert encoder.name == "tokenizers"
    assert "not installed" in caplog.text


def test_a_vocabulary_the_fast_library_cannot_take_falls_back_and_says_so(
    tokenizer: Tokenizer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    pytest.importorskip("gigatoken")
    monkeypatch.setattr(logger, "propagate", True)
    monkeypatch.setattr(tokenizer, "to_json_without_special_tokens", lambda: "{}", raising=True)
    with caplog.at_level(logging.INFO, "medpretrain"):
        encoder = open_encoder(tokenizer, REPORTS)
    assert encoder.name == "tokenizers"
    assert "gigatoken failed" in caplog.text


def test_other_ids_from_the_fast_library_are_refused_and_said(
    tokenizer: Tokenizer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    pytest.importorskip("gigatoken")
    monkeypatch.setattr(logger, "propagate", True)
    train_medical_bpe(["zzz zzz zzz"], SMALLEST_VOCABULARY + 2).save(str(tmp_path / FILE_NAME))
    other = Tokenizer.from_file(tmp_path / FILE_NAME)
    monkeypatch.setattr(tokenizer, "to_json_without_special_tokens", other.to_json_without_special_tokens)
    with caplog.at_level(logging.INFO, "medpretrain"):
        encoder = open_encoder(tokenizer, REPORTS)
    assert encoder.name == "tokenizers"
    assert "gigatoken gives other ids for" in caplog.text
