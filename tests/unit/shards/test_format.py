"""The files of a packed dataset: what is written is read back, wherever it stands; damage is told; the masking rule."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import numpy as np
import pytest
from shard_samples import BOS, EOS, PAD, edit_file, open_random, random_documents, row_format, write_dataset

from medpretrain.errors import InputError
from medpretrain.manifest import UNFINISHED_NAME, finish_stage, read_manifest, write_manifest
from medpretrain.shards.format import STAGE, RowFormat, ShardDataset, ShardWriter, dataset_facts, make_pieces
from medpretrain.shards.masking import IGNORED, targets_of


def targets_by_hand(row: list[int], mask_separator_targets: bool) -> tuple[list[int], list[int], list[int]]:
    """The masking rule of one row, one position at a time."""
    num_padding = len(row) - len("".join("." if token == PAD else "x" for token in row).rstrip("."))
    first_padding = len(row) - num_padding
    targets, positions, segments = [], [], []
    position, segment = 0, 0
    for place, token in enumerate(row):
        if place > 0 and (row[place - 1] == EOS or place == first_padding):
            position, segment = 0, segment + 1
        positions.append(position)
        segments.append(segment)
        position += 1
        following = row[place + 1] if place + 1 < len(row) else None
        masked = following is None or token == EOS or place + 1 >= first_padding or (mask_separator_targets and following == EOS)
        targets.append(IGNORED if masked else following)
    return targets, positions, segments


ROWS = {
    "two documents and padding": [BOS, 5, 6, EOS, BOS, 7, EOS, PAD],
    "full to the end": [BOS, 5, 6, EOS, BOS, 7, 8, EOS],
    "inside of a long document": [5, 6, 7, 8, 9, 10, 11, 12],
    "remainder that is only the end": [EOS, BOS, 5, EOS, PAD, PAD, PAD, PAD],
    "empty documents": [BOS, EOS, BOS, EOS, BOS, EOS, BOS, EOS],
    "padding only": [PAD] * 8,
    "one token and padding": [5, PAD, PAD, PAD, PAD, PAD, PAD, PAD],
}


@pytest.mark.parametrize("mask_separator_targets", [False, True])
def test_targets_of_equals_the_rule_stated_position_by_position(mask_separator_targets: bool) -> None:
    tokens = np.array(list(ROWS.values()), dtype=np.uint16)
    targets, positions, segments = targets_of(tokens, EOS, PAD, mask_separator_targets)
    for number, (name, row) in enumerate(ROWS.items()):
        found = (targets[number].tolist(), positions[number].tolist(), segments[number].tolist())
        assert found == targets_by_hand(row, mask_separator_targets), name
    assert (targets.dtype, positions.dtype, segments.dtype) == (np.int64, np.int64, np.int32)
    assert all(array.flags["C_CONTIGUOUS"] for array in (targets, positions, segments))


def test_targets_of_two_documents_written_out() -> None:
    row = np.array([ROWS["two documents and padding"]])
    targets, positions, segments = targets_of(row, EOS, PAD, mask_separator_targets=False)
    assert targets.tolist() == [[5, 6, EOS, -1, 7, EOS, -1, -1]]
    assert positions.tolist() == [[0, 1, 2, 3, 0, 1, 2, 0]]
    assert segments.tolist() == [[0, 0, 0, 0, 1, 1, 1, 2]]
    masked, _, _ = targets_of(row, EOS, PAD, mask_separator_targets=True)
    assert masked.tolist() == [[5, 6, -1, -1, 7, -1, -1, -1]]


@pytest.mark.parametrize(("vocab_size", "dtype"), [(65_536, "uint16"), (65_537, "uint32")])
def test_rows_come_back_from_every_shard_in_any_order(tmp_path: Path, vocab_size: int, dtype: str) -> None:
    layout = row_format(seq_len=16, vocab_size=vocab_size)
    sample = write_dataset(tmp_path, [*random_documents(80, 32, vocab_size), [BOS, vocab_size - 1, EOS]], layout, rows_per_shard=20)
    dataset = ShardDataset.open(tmp_path)
    assert dataset.num_rows == len(sample.tokens)
    assert len(dataset.rows_per_file) == -(-len(sample.tokens) // 20)
    assert dataset.dtype.name == dtype
    indices = np.random.default_rng(0).permutation(dataset.num_rows)
    assert np.array_equal(dataset.rows(indices), sample.tokens[indices])
    assert dataset.rows([]).shape == (0, 16)
    by_hand = [sum(target != IGNORED for target in targets_by_hand(sample.tokens[row].tolist(), False)[0]) for row in indices]
    assert dataset.num_targets(indices).tolist() == by_hand
    assert dataset.row_counts(indices)[1].tolist() == (sample.tokens[indices] != PAD).sum(axis=1).tolist()


def test_pieces_lead_back_to_the_documents(tmp_path: Path) -> None:
    sample = write_dataset(tmp_path, random_documents(60, 40, 64), row_format(), rows_per_shard=20)
    dataset = ShardDataset.open(tmp_path)
    found: dict[int, list[int]] = {}
    for row in range(dataset.num_rows):
        for piece in dataset.pieces(row):
            number = int(piece["document"])
            assert len(found.setdefault(number, [])) == piece["offset"]
            found[number].extend(sample.tokens[row, piece["start"] : piece["start"] + piece["length"]].tolist())
            assert dataset.doc_types[piece["doc_type"]] == ("ct", "xray")[number % 2]
    assert found == dict(enumerate(sample.documents))
    counts = dataset.manifest.counts
    assert counts["tokens"] == sum(map(len, sample.documents))
    assert counts["padding"] == sample.tokens.size - counts["tokens"]
    assert counts["cut_documents"] == sum(len(document) > 16 for document in sample.documents)
    assert counts["documents_by_type"] == {"ct": 30, "xray": 30}


def test_documents_are_found_by_number_across_frames(tmp_path: Path) -> None:
    write_dataset(tmp_path, [[BOS, 5, EOS]] * 2500, row_format())  # three frames of 1,024
    dataset = ShardDataset.open(tmp_path)
    for number in (0, 1023, 1024, 2499, 5):
        assert dataset.document(number) == {
            "number": number,
            "id": f"doc-{number}",
            "source": "source",
            "doc_type": ("ct", "xray")[number % 2],
        }
    with pytest.raises(IndexError, match="document 2500 of 2500"):
        dataset.document(2500)


def test_rows_given_in_several_calls_make_the_same_files(tmp_path: Path) -> None:
    sample = write_dataset(tmp_path / "once", random_documents(40, 30, 64), row_format(), rows_per_shard=16)
    once = ShardDataset.open(tmp_path / "once")
    (tmp_path / "many").mkdir()
    with ShardWriter(tmp_path / "many", row_format(), rows_per_shard=16) as writer:
        for first in range(0, once.num_rows, 6):
            rows = range(first, min(first + 6, once.num_rows))
            pieces = [once.pieces(row) for row in rows]
            for number, of_row in enumerate(pieces):
                of_row["row"] = number
            writer.add_rows(sample.tokens[rows.start : rows.stop], np.concatenate(pieces))
        names, _ = writer.close()
    for name in names:
        if name.startswith("shard-"):
            assert (tmp_path / "many" / name).read_bytes() == (tmp_path / "once" / name).read_bytes(), name


def test_opening_touches_no_shard_and_pickling_sends_the_path(tmp_path: Path) -> None:
    dataset = open_random(tmp_path)
    assert dataset._maps == {}
    rows = dataset.rows([3])
    copied = pickle.loads(pickle.dumps(dataset))
    assert copied._maps == {}
    assert np.array_equal(copied.rows([3]), rows)


def _finish(directory: Path, layout: RowFormat, names: list[str], counts: dict) -> ShardDataset:
    (directory / UNFINISHED_NAME).write_text(json.dumps({"stage": STAGE, "started": ""}))
    finish_stage(directory, STAGE, dataset_facts(layout), {}, counts, names)
    return ShardDataset.open(directory)


def test_an_unfinished_directory_is_refused(tmp_path: Path) -> None:
    open_random(tmp_path)
    (tmp_path / "manifest.json").unlink()
    with pytest.raises(InputError) as caught:
        ShardDataset.open(tmp_path)
    assert caught.value.where == str(tmp_path)
    assert caught.value.found == "has no manifest.json, so it is unfinished or not ours"
    assert caught.value.expected == "a directory made by `shards pack`"
    assert caught.value.remedy == "run that stage again to its end"


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    open_random(tmp_path)
    size = (tmp_path / "shard-00001.rows").stat().st_size
    (tmp_path / "shard-00001.rows").unlink()
    with pytest.raises(InputError) as caught:
        ShardDataset.open(tmp_path)
    assert caught.value.where == str(tmp_path / "shard-00001.rows")
    assert caught.value.found == "is missing"
    assert caught.value.expected == f"a file of {size:,} bytes"
    assert caught.value.remedy == "restore it or make the directory again"


def test_a_truncated_file_is_named(tmp_path: Path) -> None:
    open_random(tmp_path)
    path = tmp_path / "shard-00001.tokens"
    path.write_bytes(path.read_bytes()[:-2])
    with pytest.raises(InputError) as caught:
        ShardDataset.open(tmp_path)
    assert caught.value.where == str(path)
    assert caught.value.found == "has 798 bytes"
    assert caught.value.expected == "800 bytes"  # 25 rows of 16 ids
    assert caught.value.remedy == "restore it or make the directory again"


def test_an_id_outside_the_vocabulary_is_named_when_its_row_is_loaded(tmp_path: Path) -> None:
    dataset = open_random(tmp_path)
    edit_file(tmp_path, "shard-00001.tokens", np.dtype("<u2"), lambda ids: ids.__setitem__(3 * 16 + 5, 64))
    assert dataset.rows([27]).shape == (1, 16)
    with pytest.raises(InputError) as caught:
        dataset.rows([2, 28])
    assert caught.value.where == f"{tmp_path / 'shard-00001.tokens'} row 3 position 5"
    assert caught.value.found == "token id 64"
    assert caught.value.expected == "ids below 64 (the vocabulary of the tokenizer that packed it)"
    assert caught.value.remedy == "the file is damaged: run `medpretrain shards verify`, then restore it or pack again"


def _with_manifest(directory: Path, **changes: dict) -> None:
    manifest = read_manifest(directory)
    for name, values in changes.items():
        getattr(manifest, name).update(values)
    write_manifest(directory, manifest)


def test_a_vocabulary_larger_than_its_dtype_is_refused(tmp_path: Path) -> None:
    open_random(tmp_path)
    facts = read_manifest(tmp_path).settings["format"]
    _with_manifest(tmp_path, settings={"format": {**facts, "vocab_size": 70_000}})
    with pytest.raises(InputError) as caught:
        ShardDataset.open(tmp_path)
    assert caught.value.where == str(tmp_path / "manifest.json")
    assert caught.value.found == "has a vocabulary of 70,000 in uint16"
    assert caught.value.expected == "uint32 (uint16 holds 65,536 ids)"
    assert caught.value.remedy == "pack the corpus again"


def test_counts_that_contradict_the_files_are_refused(tmp_path: Path) -> None:
    dataset = open_random(tmp_path)
    _with_manifest(tmp_path, counts={"rows_per_file": [25, 24, *dataset.rows_per_file[2:]]})
    with pytest.raises(InputError) as caught:
        ShardDataset.open(tmp_path)
    assert caught.value.where == str(tmp_path / "shard-00001.tokens")
    assert caught.value.found == "has 800 bytes"
    assert caught.value.expected == "24 rows of 32 bytes"
    assert caught.value.remedy == "pack the corpus again"


def test_a_dataset_without_rows_is_refused(tmp_path: Path) -> None:
    with ShardWriter(tmp_path, row_format()) as writer:
        names, counts = writer.close()
    with pytest.raises(InputError) as caught:
        _finish(tmp_path, row_format(), names, counts)
    assert (caught.value.where, caught.value.found) == (str(tmp_path), "holds no rows")
    assert caught.value.expected == "at least one packed row"
    assert caught.value.remedy == "pack a corpus that has documents"


@pytest.mark.parametrize(
    ("pieces", "complaint"),
    [
        (make_pieces(0, 0, 0, [0, 4], [3, 4], 0), "gap or overlap"),
        (make_pieces(0, 0, [1, 0], 0, [4, 4], 0), "not ordered"),
        (make_pieces(0, 0, [0], 0, 4, 0), "a row has no piece"),
        (make_pieces(0, 0, [0, 1], 0, [8, 17], 0), "past its row's end"),
    ],
)
def test_the_writer_refuses_pieces_that_do_not_cover_the_rows(tmp_path: Path, pieces: np.ndarray, complaint: str) -> None:
    rows = np.full((1 if complaint.startswith("gap") else 2, 16), 5)
    with ShardWriter(tmp_path, row_format()) as writer, pytest.raises(AssertionError, match=complaint):
        writer.add_rows(rows, pieces)
