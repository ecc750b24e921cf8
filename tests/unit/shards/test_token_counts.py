"""How often each id stands in packed rows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from medpretrain.corpus.reader import open_corpus
from medpretrain.errors import InputError
from medpretrain.shards.counts import token_counts
from medpretrain.tokenizer.vocabulary import Tokenizer


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory, pack_reports: Callable[..., Path]) -> Path:
    directory = tmp_path_factory.mktemp("packed")
    pack_reports(directory, 40, 500)
    return directory


def test_ids_are_counted_as_the_texts_have_them(packed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("medpretrain.shards.counts._TOKENS_AT_ONCE", 200)  # three rows at a time
    tokenizer = Tokenizer.load(packed / "tokenizer")
    counts = token_counts(packed / "shards", tokenizer.content_hash)
    texts = [document.text for document in open_corpus(packed / "raw")]
    expected = np.bincount([token_id for text in texts for token_id in tokenizer.encode(text)], minlength=tokenizer.vocab_size)
    expected[[tokenizer.bos_id, tokenizer.eos_id]] = len(texts)
    assert np.array_equal(counts[1:], expected[1:])
    assert counts.sum() % 64 == 0


def test_rows_of_another_tokenizer_are_refused(packed: Path) -> None:
    with pytest.raises(InputError) as caught:
        token_counts(packed / "shards", "0" * 64)
    assert caught.value.where == str(packed / "shards")
    assert "was packed with another tokenizer" in caught.value.found
    assert caught.value.expected == "rows of the tokenizer 000000000000..."
    assert "pack the corpus again" in caught.value.remedy
