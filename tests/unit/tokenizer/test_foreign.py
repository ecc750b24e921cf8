"""foreign.py: vocabularies of several spellings, made here by hand or trained by the tokenizers library, read as bytes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import tokenizers
from tokenizer_samples import REPORTS
from tokenizers import decoders, models, normalizers, pre_tokenizers, processors, trainers

from medpretrain.errors import InputError
from medpretrain.tokenizer.foreign import ForeignTokenizer, byte_alphabet
from medpretrain.tokenizer.vocabulary import FILE_NAME, SPECIAL_TOKENS, Tokenizer

BYTE_PIECES = [f"<0x{byte:02X}>" for byte in range(256)]


def save(tokenizer: tokenizers.Tokenizer, path: Path) -> Path:
    tokenizer.save(str(path))
    return path


@pytest.fixture
def llama_2(tmp_path: Path) -> Path:
    """As Llama 2 has it: a space is `▁`, one is put before every text, and every byte has a piece, `a` too."""
    tokens = ["<unk>", "<s>", "</s>", *BYTE_PIECES, "▁", "a", "b", "▁a", "ab", "▁ab", "▁▁"]
    merges = [("▁", "a"), ("a", "b"), ("▁a", "b"), ("▁", "▁")]
    vocabulary = {token: token_id for token_id, token in enumerate(tokens)}
    model = models.BPE(vocabulary, merges, unk_token="<unk>", byte_fallback=True, fuse_unk=True)
    tokenizer = tokenizers.Tokenizer(model)
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    tokenizer.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 1)])
    tokenizer.add_special_tokens(["<unk>", "<s>", "</s>"])
    return save(tokenizer, tmp_path / "llama_2.json")


@pytest.fixture
def neox(tmp_path: Path) -> Path:
    """As GPT-NeoX has it: byte-level, runs of spaces as added tokens; with a space put before texts, cut and padded."""
    tokenizer = tokenizers.Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=400, special_tokens=["<|endoftext|>", "<|padding|>"], initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(REPORTS, trainer)
    tokenizer.add_tokens([" " * 4, " " * 3])
    tokenizer.enable_truncation(3)
    tokenizer.enable_padding(length=9)
    return save(tokenizer, tmp_path / "neox.json")


def test_the_alphabet_is_the_librarys() -> None:
    alphabet = byte_alphabet()
    assert set(alphabet) == set(pre_tokenizers.ByteLevel.alphabet())
    assert sorted(alphabet.values()) == list(range(256))
    spelling = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    for text in ("".join(map(chr, range(0x80))), "é¡¬®ÿ\xad\x80\xa0", "肺炎 🫀 Ġ"):
        assert bytes(alphabet[character] for part, _ in spelling.pre_tokenize_str(text) for character in part) == text.encode()


def test_our_own_vocabulary_is_read_whole(tokenizer: Tokenizer) -> None:
    foreign = ForeignTokenizer(tokenizer.directory / FILE_NAME)
    assert foreign.num_ids == tokenizer.vocab_size
    assert set(range(foreign.num_ids)) - foreign.text_of.keys() == set(range(len(SPECIAL_TOKENS)))
    sizes = tokenizer.token_bytes()
    assert all(len(text) == sizes[token_id] for token_id, text in foreign.text_of.items())
    text = REPORTS[5] + " é肺"
    assert b"".join(foreign.text_of[token_id] for token_id in tokenizer.encode(text)) == text.encode()
    assert foreign.pieces(text.encode()) == tokenizer.encode(text)
    assert {foreign.id_of[text]: text for text in foreign.text_of.values()} == foreign.text_of, "no two tokens for the same bytes"


def test_sentencepiece_spelling(llama_2: Path) -> None:
    foreign = ForeignTokenizer(llama_2)
    token_id = tokenizers.Tokenizer.from_file(str(llama_2)).token_to_id
    assert foreign.unk_id == 0
    assert foreign.num_ids == 266
    assert foreign.id_of[b" ab"] == token_id("▁ab")
    assert foreign.id_of[b"\n"] == token_id("<0x0A>")
    assert foreign.text_of[token_id("<0x61>")] == b"a"
    assert foreign.id_of[b"a"] == token_id("a"), "not the piece for a byte"
    assert not {0, 1, 2} & foreign.text_of.keys()


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("ab", ["ab"]),  # no space before it
        (" ab", ["▁ab"]),
        ("  ab", ["▁", "▁ab"]),
        ("a\n", ["a", "<0x0A>"]),
        ("é", ["<0xC3>", "<0xA9>"]),
        (b"ab\xc3", ["ab", "<0xC3>"]),
        (b"\x82\xaca", ["<0x82>", "<0xAC>", "a"]),
        ("<s>a", ["<0x3C>", "<0x73>", "<0x3E>", "a"]),
    ],
)
def test_pieces_in_sentencepiece_spelling(llama_2: Path, text: str | bytes, pieces: list[str]) -> None:
    foreign = ForeignTokenizer(llama_2)
    found = foreign.pieces(text if isinstance(text, bytes) else text.encode())
    assert [foreign.token(token_id) for token_id in found] == pieces


def test_byte_level_with_added_tokens(neox: Path) -> None:
    foreign = ForeignTokenizer(neox)
    assert foreign.id_of[b" " * 4] == foreign.id_named(" " * 4) == foreign.num_ids - 2
    assert not {0, 1} & foreign.text_of.keys()
    assert foreign.unk_id is None
    assert foreign.token(foreign.pieces(b"nodule")[0])[0] == "n", "no space before it"
    long = " stable nodule in the right lung base " * 3
    assert b"".join(foreign.text_of[token_id] for token_id in foreign.pieces(long.encode())) == long.encode(), "neither cut nor padded"
    assert b"".join(foreign.text_of[token_id] for token_id in foreign.pieces(b"x \xe8\x82")) == b"x \xe8\x82"


def test_tokens_that_others_name_special_are_no_text(neox: Path) -> None:
    plain = ForeignTokenizer(neox)
    nodule = plain.id_of[b"n"]
    foreign = ForeignTokenizer(neox, special=["n", nodule + 1, "no such token", 10**6])
    assert plain.text_of.keys() - foreign.text_of.keys() == {nodule, nodule + 1}
    assert nodule not in foreign.pieces(b"nodule")


def test_unigram_with_byte_pieces(tmp_path: Path) -> None:
    pieces = [("<unk>", 0.0), *((piece, -9.0) for piece in BYTE_PIECES), ("▁lung", -1.0), ("lung", -1.5), ("s", -2.0)]
    tokenizer = tokenizers.Tokenizer(models.Unigram(pieces, unk_id=0, byte_fallback=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    foreign = ForeignTokenizer(save(tokenizer, tmp_path / "unigram.json"))
    assert foreign.unk_id == 0
    assert [foreign.token(token_id) for token_id in foreign.pieces(b"lungs lungs")] == ["lung", "s", "▁lung", "s"]
    assert [foreign.token(token_id) for token_id in foreign.pieces("é".encode())] == ["<0xC3>", "<0xA9>"]


def refusal(path: Path) -> InputError:
    with pytest.raises(InputError) as caught:
        ForeignTokenizer(path)
    return caught.value


ANY_TEXT = "a vocabulary that can write any text: byte-level BPE, or BPE or Unigram with `byte_fallback`"


@pytest.mark.parametrize(
    ("kind", "make"),
    [
        ("WordPiece", lambda: models.WordPiece({"[UNK]": 0, "lung": 1}, unk_token="[UNK]")),
        ("WordLevel", lambda: models.WordLevel({"[UNK]": 0, "lung": 1}, unk_token="[UNK]")),
        ("Unigram", lambda: models.Unigram([("<unk>", 0.0), ("▁lung", -1.0)], unk_id=0)),
        ("BPE", lambda: models.BPE({"a": 0, "b": 1}, [])),
    ],
)
def test_a_vocabulary_without_bytes_is_refused(tmp_path: Path, kind: str, make: Callable[[], models.Model]) -> None:
    error = refusal(save(tokenizers.Tokenizer(make()), tmp_path / "old.json"))
    assert error.where == str(tmp_path / "old.json")
    assert error.found == f"is a {kind} that has no pieces for single bytes"
    assert (error.expected, error.remedy) == (ANY_TEXT, "start from a model whose tokenizer has one")


def test_what_is_no_tokenizer_is_refused(tmp_path: Path, neox: Path) -> None:
    error = refusal(tmp_path / "tokenizer.json")
    assert (error.where, error.found) == (str(tmp_path / "tokenizer.json"), "there is no such file")
    assert error.remedy.startswith("save the model's tokenizer there with transformers")
    (tmp_path / "tokenizer.json").write_text("{}")
    error = refusal(tmp_path / "tokenizer.json")
    assert error.found.startswith("is not a tokenizer (")
    assert (error.expected, error.remedy) == ("a tokenizer.json of the tokenizers library", "fetch the file again")
    record = json.loads(neox.read_text())
    record["model"]["vocab"]["▁lung"] = 900
    neox.write_text(json.dumps(record))
    error = refusal(neox)
    assert (error.where, error.found) == (f"{neox} id 900", "'▁lung' has the character '▁'")
    assert error.expected == "the byte-level alphabet, in which its other tokens are spelt"
