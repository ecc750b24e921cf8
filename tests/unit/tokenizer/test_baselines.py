"""Other tokenizers: tiktoken files cut as tiktoken cuts, any tokenizer.json, general English; what is none is told."""

from __future__ import annotations

import base64
import random
from itertools import pairwise
from pathlib import Path

import pytest
import regex
import tokenizers
from tokenizer_samples import REPORTS
from tokenizers import models, normalizers, pre_tokenizers

from medpretrain.errors import InputError
from medpretrain.tokenizer.baselines import (
    CL100K_PATTERN,
    GPT2_PATTERN,
    O200K_PATTERN,
    bpe_of_ranks,
    general_baseline,
    load_baseline,
    read_tiktoken,
)
from medpretrain.tokenizer.vocabulary import SMALLEST_VOCABULARY, Tokenizer

TEXT = "It's the patient's 1250 mg dose: Ω≥5µm, naïve  café\n\n\tThe EFFUSION isn't  new. 第七 \U0001fac0 <s> <|endoftext|> "


def made_up_ranks(seed: int) -> dict[bytes, int]:
    """256 bytes and tokens made by joining two others, as byte-pair encoding makes them, in an order of their own."""
    draw = random.Random(seed)
    ranks = {bytes([byte]): byte for byte in range(256)}
    words = [piece.encode() for text in (*REPORTS, TEXT) for piece in regex.findall(CL100K_PATTERN, text)]
    for _ in range(1_500):
        pieces = by_hand(draw.choice(words), ranks)
        if len(pieces) > 1:
            place = draw.randrange(len(pieces) - 1)
            ranks.setdefault(pieces[place] + pieces[place + 1], len(ranks))
    return ranks


def by_hand(piece: bytes, ranks: dict[bytes, int]) -> list[bytes]:
    """tiktoken's way: while there is one, join the neighbours whose joined bytes have the lowest rank, the leftmost of equals."""
    if piece in ranks:
        return [piece]
    parts = [bytes([byte]) for byte in piece]
    while True:
        joined = [(ranks[left + right], place) for place, (left, right) in enumerate(pairwise(parts)) if left + right in ranks]
        if not joined:
            return parts
        _, place = min(joined)
        parts[place : place + 2] = [parts[place] + parts[place + 1]]


def write_tiktoken(path: Path, ranks: dict[bytes, int]) -> Path:
    path.write_bytes(b"".join(base64.b64encode(token) + f" {rank}\n".encode() for token, rank in ranks.items()))
    return path


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("pattern", [GPT2_PATTERN, CL100K_PATTERN, O200K_PATTERN])
def test_ranks_are_joined_as_tiktoken_joins_them(seed: int, pattern: str) -> None:
    ranks = made_up_ranks(seed)
    tokenizer = bpe_of_ranks(ranks, pattern)
    for text in (*REPORTS[:20], TEXT):
        pieces = [piece.encode() for piece in regex.findall(pattern, text)]
        assert b"".join(pieces).decode() == text
        assert tokenizer.encode(text).ids == [ranks[part] for piece in pieces for part in by_hand(piece, ranks)]


def test_a_tiktoken_file_is_read_and_says_what_is_assumed(tmp_path: Path) -> None:
    ranks = made_up_ranks(0)
    baseline = load_baseline(write_tiktoken(tmp_path / "small.tiktoken", ranks))
    assert (baseline.name, baseline.vocab_size, baseline.num_ids) == ("small", len(ranks), len(ranks))
    assert f"{len(ranks):,} ranks" in baseline.about
    assert "cl100k_base's pattern, which is assumed" in baseline.about
    assert baseline.gives_back([TEXT])


@pytest.mark.parametrize(
    ("content", "where", "found"),
    [
        (b"AA== 0\n!!! 1\n", "x.tiktoken line 2", "is no token"),
        (b"AA== 0\nAQ==\n", "x.tiktoken line 2", "is no token"),
        (b"AA== zero\n", "x.tiktoken line 1", "is no token"),
        (b"AA== 0\nAQ== 1\n", "x.tiktoken", "lacks 254 of the 256 bytes"),
        (b"", "x.tiktoken", "lacks 256 of the 256 bytes"),
    ],
)
def test_what_is_no_tiktoken_file_is_told(content: bytes, where: str, found: str, tmp_path: Path) -> None:
    (tmp_path / "x.tiktoken").write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_tiktoken(tmp_path / "x.tiktoken")
    assert caught.value.where == str(tmp_path / where)
    assert found in caught.value.found


@pytest.mark.parametrize("name", ["none.json", "text.json", "empty"])
def test_what_is_no_tokenizer_is_told(name: str, tmp_path: Path) -> None:
    (tmp_path / "text.json").write_text('{"a": 1}')
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError) as caught:
        load_baseline(tmp_path / name)
    assert "tokenizer.json" in caught.value.expected
    assert str(tmp_path / name) in caught.value.where


def test_a_tokenizer_with_other_special_tokens_padding_and_truncation_will_do(tokenizer: Tokenizer, tmp_path: Path) -> None:
    other = tokenizers.Tokenizer.from_file(str(tokenizer.directory / "tokenizer.json"))
    other.add_special_tokens(["<|endoftext|>"])
    other.enable_truncation(3)
    other.enable_padding(length=50)
    (tmp_path / "gpt").mkdir()
    other.save(str(tmp_path / "gpt" / "tokenizer.json"))
    baseline = load_baseline(tmp_path / "gpt")
    assert baseline.name == "gpt"
    text = f"{REPORTS[0]} <|endoftext|>"
    assert baseline.encode_batch([text]) == [tokenizer.encode(text)]


def test_one_that_does_not_give_texts_back_is_known(tmp_path: Path) -> None:
    lossy = tokenizers.Tokenizer(models.WordLevel({"a": 0, "b": 1, "[UNK]": 2}, unk_token="[UNK]"))
    lossy.normalizer = normalizers.Lowercase()
    lossy.pre_tokenizer = pre_tokenizers.Whitespace()
    lossy.save(str(tmp_path / "words.json"))
    baseline = load_baseline(tmp_path / "words.json")
    assert not baseline.gives_back(["A b c"])
    assert baseline.encode_batch(["A b c"]) == [[0, 1, 2]]


def test_general_english_says_how_much_its_text_supports() -> None:
    baseline = general_baseline(REPORTS, SMALLEST_VOCABULARY + 10)
    assert baseline.vocab_size == SMALLEST_VOCABULARY + 10
    assert "supports" not in baseline.about
    small = general_baseline(["ab ab"], SMALLEST_VOCABULARY + 10)
    assert f"the text supports no more than these {small.vocab_size:,} entries, not {SMALLEST_VOCABULARY + 10:,}" in small.about
