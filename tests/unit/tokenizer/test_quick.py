"""The quick way to ids gives those of the tokenizer."""

from __future__ import annotations

import pytest
from tokenizer_samples import REPORTS

from medpretrain.tokenizer.encoder import PROBES
from medpretrain.tokenizer.quick import QuickTokenizer
from medpretrain.tokenizer.vocabulary import Tokenizer


@pytest.mark.parametrize("texts", [[], [""], ["", "a", ""], [*REPORTS, *PROBES]])
def test_each_text_has_its_own_ids(tokenizer: Tokenizer, texts: list[str]) -> None:
    assert QuickTokenizer(tokenizer, REPORTS[:3]).encode_batch(texts) == [tokenizer.encode(text) for text in texts]
