"""`shards inspect` and `shards verify`: the numbers are right, and whatever is wrong is found and named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from shard_samples import BOS, EOS, edit_file, random_documents, rewrite_file, row_format, write_dataset

from medpretrain.errors import InputError
from medpretrain.shards import inspect as inspect_module
from medpretrain.shards.format import PIECE, ROW
from medpretrain.shards.inspect import inspect_shards, show_row, verify_shards

TOKENS = np.dtype("<u2")
WRITTEN_WRONGLY = "the dataset was written wrongly: pack the corpus again"
# Rows of 8: [<s> 5 6 7 </s> <s> 8 </s>], [<s> 9 10 11 12 13 14 15], [16 17 </s> <s> 9 </s> . .]
DOCUMENTS = [[BOS, 5, 6, 7, EOS], [BOS, 8, EOS], [BOS, 9, 10, 11, 12, 13, 14, 15, 16, 17, EOS], [BOS, 9, EOS]]


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    write_dataset(tmp_path, DOCUMENTS, row_format(seq_len=8))
    return tmp_path


def test_inspect_tells_the_numbers(directory: Path) -> None:
    found = inspect_shards(directory)
    assert {name: found[name] for name in ("rows", "seq_len", "dtype", "vocab_size", "tokenizer_hash", "documents", "tokens")} == {
        "rows": 3,
        "seq_len": 8,
        "dtype": "uint16",
        "vocab_size": 64,
        "tokenizer_hash": "tokenizer-hash",
        "documents": 4,
        "tokens": 22,
    }
    assert found["documents_by_type"] == {"ct": 2, "xray": 2}
    assert found["targets"] == (4 + 2) + 7 + (2 + 2)
    assert (found["real_share"], found["padding_share"]) == (22 / 24, 2 / 24)
    assert (found["cut_documents"], found["cut_share"]) == (1, 0.25)
    assert found["files"]["shard-00000.tokens"] == 48


def test_show_row_names_the_documents_and_their_text(directory: Path) -> None:
    class Letters:
        def decode(self, ids: list[int]) -> str:
            return " ".join(map(str, ids))

    found = show_row(directory, 2, Letters())
    assert (found["row"], found["file"], found["row_in_file"]) == (2, "shard-00000.tokens", 2)
    assert (found["tokens"], found["targets"]) == (6, 4)
    assert found["pieces"] == [
        {
            "number": 2,
            "id": "doc-2",
            "source": "source",
            "doc_type": "ct",
            "start": 0,
            "length": 3,
            "offset": 8,
            "ids": [16, 17, 2],
            "text": "16 17 2",
        },
        {
            "number": 3,
            "id": "doc-3",
            "source": "source",
            "doc_type": "xray",
            "start": 3,
            "length": 3,
            "offset": 0,
            "ids": [1, 9, 2],
            "text": "1 9 2",
        },
    ]
    assert "text" not in show_row(directory, 2)["pieces"][0]
    with pytest.raises(InputError) as caught:
        show_row(directory, 3)
    assert (caught.value.where, caught.value.found) == (str(directory), "has no row 3")
    assert (caught.value.expected, caught.value.remedy) == ("a row from 0 to 2", "choose another row")


@pytest.mark.parametrize("tokens_at_once", [2**22, 2000])
def test_a_whole_dataset_verifies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tokens_at_once: int) -> None:
    monkeypatch.setattr(inspect_module, "_TOKENS_AT_ONCE", tokens_at_once)
    sample = write_dataset(tmp_path, random_documents(1100, 60, 64), row_format(), rows_per_shard=1000)
    found = verify_shards(tmp_path, show_progress=False)
    assert (found["rows"], found["documents"]) == (len(sample.tokens), 1100)
    assert found["tokens"] == sum(map(len, sample.documents))
    assert found["bytes"] == sum(path.stat().st_size for path in tmp_path.iterdir() if path.name != "manifest.json")


def put(index: int, field: str | None, value: int) -> Callable[[np.ndarray], None]:
    def edit(records: np.ndarray) -> None:
        (records if field is None else records[field])[index] = value

    return edit


@pytest.mark.parametrize(
    "name", ["shard-00000.tokens", "shard-00000.documents", "shard-00000.rows", "documents.jsonl.zst", "documents.frames"]
)
def test_a_flipped_byte_is_found_in_every_file(directory: Path, name: str) -> None:
    edit_file(directory, name, np.dtype("u1"), lambda content: content.__setitem__(-1, content[-1] ^ 1))
    with pytest.raises(InputError) as caught:
        verify_shards(directory, show_progress=False)
    assert caught.value.where == str(directory / name)
    assert caught.value.found.startswith("its checksum is ")
    assert caught.value.expected.endswith("...")
    assert caught.value.remedy == "the file is damaged: restore it or make the directory again"


WRONG = {
    "padding inside": ("tokens", TOKENS, put(2, None, 0), "tokens row 0 position 2", "token id 0", "a token that is not padding"),
    "a token in the padding": ("tokens", TOKENS, put(23, None, 5), "tokens row 2 position 7", "token id 5", "padding"),
    "end inside a document": ("tokens", TOKENS, put(10, None, EOS), "rows row 1", "num_targets 7", "num_targets 6"),
    "start inside a document": (
        "tokens",
        TOKENS,
        put(10, None, BOS),
        "tokens row 1 position 2",
        "<s> inside a document",
        "<s> at a document's end only",
    ),
    "no start": ("tokens", TOKENS, put(0, None, 5), "tokens row 0 position 0", "token id 5", "<s> at a document's start"),
    "count of targets": ("rows", ROW, put(1, "num_targets", 6), "rows row 1", "num_targets 6", "num_targets 7"),
    "count of tokens": ("rows", ROW, put(2, "num_tokens", 7), "rows row 2", "num_tokens 7", "num_tokens 6"),
    "first piece": ("rows", ROW, put(1, "first_piece", 3), "rows row 1", "first_piece 3", "first_piece 2"),
    "gap": ("documents", PIECE, put(1, "start", 6), "documents piece 1", "start 6", "start 5"),
    "row without a piece": (
        "documents",
        PIECE,
        put(2, "row", 0),
        "documents",
        "rows without a piece, or pieces out of order",
        "pieces of rows 0 to 2 in order",
    ),
    "too long": ("documents", PIECE, put(2, "length", 9), "rows row 1", "num_tokens 8", "num_tokens 9"),
    "unknown document": ("documents", PIECE, put(4, "document", 4), "documents piece 4", "document 4", "a number below 4"),
    "wrong type": ("documents", PIECE, put(4, "doc_type", 0), "documents piece 4", "doc_type 0", "doc_type 1"),
}


@pytest.mark.parametrize("name", list(WRONG))
def test_rows_and_pieces_that_disagree_are_found(directory: Path, name: str) -> None:
    suffix, dtype, edit, where, found, expected = WRONG[name]
    rewrite_file(directory, f"shard-00000.{suffix}", dtype, edit)
    with pytest.raises(InputError) as caught:
        verify_shards(directory, show_progress=False)
    assert caught.value.where == f"{directory}/shard-00000.{where}"
    assert (caught.value.found, caught.value.expected, caught.value.remedy) == (found, expected, WRITTEN_WRONGLY)


def change_pieces(number: int, **values: int) -> Callable[[np.ndarray], None]:
    def edit(pieces: np.ndarray) -> None:
        for field, value in values.items():
            pieces[field][number] = value

    return edit


@pytest.mark.parametrize(
    ("edit", "document", "found", "expected"),
    [
        (change_pieces(4, document=1, doc_type=1), 1, "stands in the rows 2 times", "exactly once"),
        (change_pieces(0, document=2, doc_type=0), 0, "stands in the rows 0 times", "exactly once"),
        (change_pieces(3, offset=7), 2, "a piece that begins at its token 7", "one at token 8"),
        (change_pieces(3, document=0, doc_type=0), 0, "a piece that begins at its token 8", "one at token 0"),
    ],
)
def test_documents_that_do_not_stand_once_are_found(
    directory: Path, edit: Callable[[np.ndarray], None], document: int, found: str, expected: str
) -> None:
    rewrite_file(directory, "shard-00000.documents", PIECE, edit)
    with pytest.raises(InputError) as caught:
        verify_shards(directory, show_progress=False)
    assert caught.value.where == f"{directory}/shard-*.documents document {document}"
    assert (caught.value.found, caught.value.expected, caught.value.remedy) == (found, expected, WRITTEN_WRONGLY)


def test_a_document_without_its_end_is_found(tmp_path: Path) -> None:
    write_dataset(tmp_path, [[BOS, *range(4, 10), 11], [BOS, 5, EOS]], row_format(seq_len=8))
    with pytest.raises(InputError) as caught:
        verify_shards(tmp_path, show_progress=False)
    assert caught.value.where == f"{tmp_path}/shard-*.documents document 0"
    assert (caught.value.found, caught.value.expected) == ("a last piece without </s>", "</s> as its last token")
    assert caught.value.remedy == WRITTEN_WRONGLY


def test_an_id_outside_the_vocabulary_is_found(directory: Path) -> None:
    rewrite_file(directory, "shard-00000.tokens", TOKENS, put(10, None, 64))
    with pytest.raises(InputError) as caught:
        verify_shards(directory, show_progress=False)
    assert caught.value.where == f"{directory}/shard-00000.tokens row 1 position 2"
    assert caught.value.found == "token id 64"
    assert caught.value.expected == "ids below 64 (the vocabulary of the tokenizer that packed it)"
    assert caught.value.remedy.startswith("the file is damaged")
