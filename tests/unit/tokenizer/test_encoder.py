"""The fast encoder gives the reference's ids, and is not used where it would not."""

from __future__ import annotations

import logging
import sys
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizer_samples import REPORTS

from medpretrain.corpus.reader import open_corpus
from medpretrain.log import logger
from medpretrain.tokenizer import encoder
from medpretrain.tokenizer.encoder import PROBES, FastEncoder, ReferenceEncoder, find_difference, open_encoder
from medpretrain.tokenizer.train import train_medical_bpe, train_tokenizer
from medpretrain.tokenizer.vocabulary import FILE_NAME, SECTION_HEADERS, SMALLEST_VOCABULARY, SPECIAL_TOKENS, Tokenizer

ANY_TEXT = st.lists(st.text() | st.sampled_from([*SPECIAL_TOKENS, *SECTION_HEADERS, "[", "<"])).map("".join)


@pytest.fixture(scope="module")
def fast(tokenizer: Tokenizer) -> FastEncoder:
    pytest.importorskip("gigatoken")
    return FastEncoder(tokenizer)


def test_the_reference_gives_what_encode_gives(tokenizer: Tokenizer) -> None:
    ids, lengths = ReferenceEncoder(tokenizer).encode([b"pleural effusion", b"", b"[PLAN]"])
    assert lengths.tolist() == [len(tokenizer.encode("pleural effusion")), 0, 1]
    assert ids.tolist() == [*tokenizer.encode("pleural effusion"), *tokenizer.encode("[PLAN]")]
    assert (ids.dtype, lengths.dtype) == (np.dtype(np.uint32), np.dtype(np.int64))


@pytest.mark.parametrize("part_bytes", [1, 300, 2**20])
def test_the_reference_gives_the_same_ids_in_parts_of_any_size(
    tokenizer: Tokenizer, monkeypatch: pytest.MonkeyPatch, part_bytes: int
) -> None:
    monkeypatch.setattr(encoder, "REFERENCE_PART_BYTES", part_bytes)
    ids, lengths = ReferenceEncoder(tokenizer).encode([text.encode() for text in REPORTS])
    expected = [tokenizer.encode(text) for text in REPORTS]
    assert lengths.tolist() == list(map(len, expected))
    assert ids.tolist() == [token_id for ids in expected for token_id in ids]


def test_the_fast_encoder_gives_the_same_ids_when_it_was_loaded_anew(
    fast: FastEncoder, tokenizer: Tokenizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = [text.encode() for text in REPORTS]
    expected_ids, expected_lengths = fast.encode(texts)
    monkeypatch.setattr(encoder, "PROCESS_BYTES", 0)
    monkeypatch.setattr(encoder, "LEAST_CACHE_BYTES", -(2**40))  # after every call
    renewed = FastEncoder(tokenizer)
    for _ in range(2):
        backend = renewed._backend
        ids, lengths = renewed.encode(texts)
        assert renewed._backend is not backend
        assert (ids.tolist(), lengths.tolist()) == (expected_ids.tolist(), expected_lengths.tolist())


def test_the_fast_encoder_is_chosen_and_agrees(tokenizer: Tokenizer) -> None:
    pytest.importorskip("gigatoken")
    chosen = open_encoder(tokenizer, REPORTS)
    assert chosen.name == "gigatoken"
    texts = [*REPORTS, *PROBES]
    ids, lengths = chosen.encode([text.encode() for text in texts])
    assert ids.tolist() == [token_id for text in texts for token_id in tokenizer.encode(text)]
    assert lengths.sum() == len(ids)


@given(st.lists(ANY_TEXT, max_size=5))
@settings(max_examples=200, deadline=None)
def test_the_fast_encoder_agrees_on_any_text(fast: FastEncoder, tokenizer: Tokenizer, texts: list[str]) -> None:
    assert find_difference(fast, ReferenceEncoder(tokenizer), texts) is None
    ids, _ = fast.encode([text.encode() for text in texts])
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
        chosen = open_encoder(tokenizer, REPORTS)
    assert chosen.name == "tokenizers"
    assert "not installed" in caplog.text


def test_a_vocabulary_the_fast_library_cannot_take_falls_back_and_says_so(
    tokenizer: Tokenizer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    pytest.importorskip("gigatoken")
    monkeypatch.setattr(logger, "propagate", True)
    monkeypatch.setattr(tokenizer, "to_json_without_special_tokens", lambda: "{}", raising=True)
    with caplog.at_level(logging.INFO, "medpretrain"):
        chosen = open_encoder(tokenizer, REPORTS)
    assert chosen.name == "tokenizers"
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
        chosen = open_encoder(tokenizer, REPORTS)
    assert chosen.name == "tokenizers"
    assert "gigatoken gives other ids for" in caplog.text


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_the_ids_of_all_real_text_are_the_reference_s(shared_data: Path, tmp_path: Path) -> None:
    pytest.importorskip("gigatoken")
    corpus = open_corpus(shared_data / "pretrain")
    train_tokenizer(shared_data / "pretrain", 32_000, tmp_path / "tokenizer")
    tokenizer = Tokenizer.load(tmp_path / "tokenizer")
    fast, reference = FastEncoder(tokenizer), ReferenceEncoder(tokenizer)
    num_texts = num_tokens = 0
    documents = corpus.essentials()
    while texts := [document.text for document in islice(documents, 1000)]:
        assert find_difference(fast, reference, texts) is None
        num_texts += len(texts)
        num_tokens += int(fast.encode([text.encode() for text in texts])[1].sum())
    assert num_texts > 40_000
    assert num_tokens > 20e6
