"""Ids, round trips and byte counts of a tokenizer that was written to disk and loaded back."""

from __future__ import annotations

import gzip
import json
import shutil
from pathlib import Path

import pytest
import tokenizers
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tokenizer_samples import NUM_MERGES

from medpretrain.errors import InputError
from medpretrain.manifest import MANIFEST_NAME
from medpretrain.tokenizer.vocabulary import FILE_NAME, SECTION_HEADERS, SMALLEST_VOCABULARY, SPECIAL_TOKENS, Tokenizer

MINI = Path(__file__).parents[4] / "shared/data/pretrain/mini.jsonl.gz"
ANY_TEXT = st.lists(st.text() | st.sampled_from([*SPECIAL_TOKENS, *SECTION_HEADERS, "[", "]", " "])).map("".join)


def test_special_tokens_are_ids_0_to_3_and_headers_follow(tokenizer: Tokenizer) -> None:
    assert [tokenizer.token(i) for i in range(4)] == ["<pad>", "<s>", "</s>", "<unk>"]
    assert (tokenizer.pad_id, tokenizer.bos_id, tokenizer.eos_id, tokenizer.unk_id) == (0, 1, 2, 3)
    assert tuple(tokenizer.token(4 + i) for i in range(len(SECTION_HEADERS))) == SECTION_HEADERS
    assert len(set(SECTION_HEADERS)) == len(SECTION_HEADERS)


def test_each_header_is_one_id_wherever_it_stands(tokenizer: Tokenizer) -> None:
    for number, header in enumerate(SECTION_HEADERS):
        assert tokenizer.encode(header) == [4 + number]
        assert tokenizer.encode(f"x{header}y") == [*tokenizer.encode("x"), 4 + number, *tokenizer.encode("y")]


@pytest.mark.parametrize("special", SPECIAL_TOKENS)
def test_a_literal_special_token_stays_text_after_loading_from_disk(tokenizer: Tokenizer, special: str) -> None:
    text = f"see {special} and{special}{special}[PLAN]{special}"
    for ids in (tokenizer.encode(text), tokenizer.encode_batch([text])[0]):
        assert min(ids) >= len(SPECIAL_TOKENS)
        assert tokenizer.decode(ids) == text


@given(ANY_TEXT)
@example("\x00\x85\u2028\ufeff \U0010ffff e\u0301 \r\n\t")
@settings(max_examples=300, deadline=None)
def test_any_text_round_trips_and_its_bytes_are_counted_exactly(tokenizer: Tokenizer, text: str) -> None:
    ids = tokenizer.encode(text)
    assert tokenizer.decode(ids) == text
    assert tokenizer.encode_batch([text]) == [ids]
    assert int(tokenizer.token_bytes()[ids].sum()) == len(text.encode())
    assert all(id >= len(SPECIAL_TOKENS) for id in ids)


def test_decode_leaves_special_tokens_out_and_keeps_headers(tokenizer: Tokenizer) -> None:
    ids = [tokenizer.bos_id, *tokenizer.encode("[PLAN] rest"), tokenizer.eos_id, tokenizer.pad_id, tokenizer.pad_id]
    assert tokenizer.decode(ids) == "[PLAN] rest"


def test_special_tokens_stand_for_no_bytes(tokenizer: Tokenizer) -> None:
    num_bytes = tokenizer.token_bytes()
    assert num_bytes.dtype == "int32"
    assert num_bytes.shape == (tokenizer.vocab_size,)
    assert num_bytes[:4].tolist() == [0, 0, 0, 0]
    assert num_bytes[4] == len("[EXAM]")
    assert (num_bytes[4:] > 0).all()


@pytest.mark.skipif(not MINI.exists(), reason="the real medical text beside the repository (../shared) is absent")
def test_real_text_round_trips_and_its_bytes_are_counted_exactly(tokenizer: Tokenizer) -> None:
    with gzip.open(MINI, "rt", encoding="utf-8") as lines:
        texts = [json.loads(line)["text"] for line in lines]
    num_bytes = tokenizer.token_bytes()
    assert len(texts) > 200
    for text, ids in zip(texts, tokenizer.encode_batch(texts), strict=True):
        assert tokenizer.decode(ids) == text
        assert int(num_bytes[ids].sum()) == len(text.encode())


def test_no_entry_spans_two_words_or_makes_a_special_token(tokenizer: Tokenizer) -> None:
    entries = [tokenizer.token(i) for i in range(tokenizer.vocab_size)]
    assert len(set(entries)) == tokenizer.vocab_size
    merged = entries[SMALLEST_VOCABULARY:]
    assert len(merged) == NUM_MERGES
    assert not [entry for entry in merged if "Ġ" in entry.strip("Ġ")]
    assert not [entry for entry in merged if sum(character.isdigit() for character in entry) > 1]


def test_the_content_hash_is_that_of_the_content(tokenizer: Tokenizer, tokenizer_dir: Path, tmp_path: Path) -> None:
    assert Tokenizer.load(tokenizer_dir).content_hash == tokenizer.content_hash
    record = json.loads((tokenizer_dir / FILE_NAME).read_text(encoding="utf-8"))
    (tmp_path / "same.json").write_text(json.dumps(record), encoding="utf-8")  # other white space, same content
    assert Tokenizer.from_file(tmp_path / "same.json").content_hash == tokenizer.content_hash
    record["model"]["merges"] = record["model"]["merges"][:-1]
    (tmp_path / "other.json").write_text(json.dumps(record), encoding="utf-8")
    assert Tokenizer.from_file(tmp_path / "other.json").content_hash != tokenizer.content_hash


def test_a_directory_of_another_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        Tokenizer.load(tmp_path)
    assert caught.value.where == str(tmp_path)
    assert caught.value.found == f"has no {MANIFEST_NAME}, so it is unfinished or not ours"
    assert caught.value.expected == "a directory made by `tokenizer train`"
    assert caught.value.remedy == "run that stage again to its end"


def test_a_damaged_tokenizer_is_refused(tokenizer_dir: Path, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged"
    shutil.copytree(tokenizer_dir, damaged)
    content = bytearray((damaged / FILE_NAME).read_bytes())
    content[-100] ^= 1
    (damaged / FILE_NAME).write_bytes(bytes(content))
    with pytest.raises(InputError) as caught:
        Tokenizer.load(damaged)
    assert caught.value.where == str(damaged / FILE_NAME)
    assert caught.value.found.startswith("its checksum is ")
    assert caught.value.remedy == "the file is damaged: restore it or make the directory again"


def test_a_file_that_is_no_tokenizer_is_refused(tmp_path: Path) -> None:
    path = tmp_path / FILE_NAME
    path.write_text("{", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        Tokenizer.from_file(path)
    assert caught.value.where == str(path)
    assert caught.value.found.startswith("is not a tokenizer (")
    assert caught.value.expected == "a tokenizer.json as `medpretrain tokenizer train` writes it"
    assert caught.value.remedy == "train the tokenizer again, or give another one"


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        Tokenizer.from_file(tmp_path / FILE_NAME)
    assert caught.value.found == "there is no such file"
    assert caught.value.remedy == "check the path"


def test_other_special_tokens_are_refused(tmp_path: Path) -> None:
    path = tmp_path / FILE_NAME
    tokenizers.Tokenizer(tokenizers.models.BPE({"<pad>": 0, "</s>": 1, "<s>": 2, "<unk>": 3}, [])).save(str(path))
    with pytest.raises(InputError) as caught:
        Tokenizer.from_file(path)
    assert caught.value.where == str(path)
    assert caught.value.found == "<s> has id 2"
    assert caught.value.expected == "id 1 (<pad> <s> </s> <unk> are ids 0 to 3)"


def test_ids_with_gaps_are_refused(tmp_path: Path) -> None:
    path = tmp_path / FILE_NAME
    vocabulary = {"<pad>": 0, "<s>": 1, "</s>": 2, "<unk>": 3, "a": 70_000}
    tokenizers.Tokenizer(tokenizers.models.BPE(vocabulary, [])).save(str(path))
    with pytest.raises(InputError) as caught:
        Tokenizer.from_file(path)
    assert caught.value.found == "its 5 tokens have ids up to 70,000"
    assert caught.value.expected == "ids without gaps from 0"
