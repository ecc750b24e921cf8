"""Naive padding beside packing: the case study's lengths, and datasets on disk."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from medpretrain.manifest import begin_stage, finish_stage
from medpretrain.report.packing import Packing, read_packing
from medpretrain.shards.format import FILE_PATTERNS, STAGE, ShardDataset, ShardWriter, dataset_facts
from medpretrain.shards.packing import pack_lengths


def test_the_case_study() -> None:
    """001-08: naive padding holds 42.35 % real tokens; best fit with one separator takes 5,212 rows instead of 9,000, 42.1 % fewer."""
    generator = np.random.RandomState(42)
    normal = [generator.normal(80, 20, 5000), generator.normal(350, 80, 3000), generator.normal(1200, 200, 1000)]
    lengths = np.clip(np.concatenate(normal), 20, 2000).astype(int)
    packed = pack_lengths(lengths + 1, 512)
    packing = Packing("reports", 512, lengths + 1, 9000, packed.efficiency)
    assert round(packing.saving, 3) == 0.421
    assert round(Packing("reports", 512, lengths, 9000, 1.0).naive_share, 4) == 0.4235


def test_by_hand() -> None:
    packing = Packing("x", 10, np.array([3, 10, 25, 2]), 4, 0.8)
    assert packing.naive_share == 25 / 40
    assert packing.naive_loss == pytest.approx(15 / 40)
    assert packing.uncut_share == 40 / 60
    assert packing.saving == pytest.approx(1 - 5 / 4)  # 5 rows at 80 %, beside 4 that cut off: more rows, so below 0
    assert packing.uncut_saving == pytest.approx(1 / 6)


def test_a_dataset(small_shards: Path) -> None:
    dataset = ShardDataset.open(small_shards)
    packing = read_packing("reports", small_shards)
    assert packing.lengths.sum() == dataset.manifest.counts["tokens"]
    assert len(packing.lengths) == packing.num_documents == 30
    assert packing.lengths.max() > packing.seq_len, "a document that was cut is one document here"
    assert packing.saving == pytest.approx(1 - dataset.num_rows / 30)
    some = read_packing("reports", small_shards, most_pieces=10)
    assert 0 < len(some.lengths) <= 10
    assert some.packed_share == packing.packed_share


def test_documents_that_stand_in_several_files(tmp_path: Path, small_shards: Path) -> None:
    """The same rows, three a file: the same lengths, and no more pieces read than asked for."""
    whole = ShardDataset.open(small_shards)
    facts = dataset_facts(whole.row_format)
    begin_stage(tmp_path, STAGE, facts, {}, FILE_PATTERNS)
    with ShardWriter(tmp_path, whole.row_format, rows_per_shard=3) as writer:
        writer.add_documents([(str(number), "a hospital", "report") for number in range(30)])
        writer.add_rows(whole.rows(np.arange(whole.num_rows)), whole.shard_array(0, "documents"))
        file_names, counts = writer.close()
    finish_stage(tmp_path, STAGE, facts, {}, counts, file_names)
    assert len(ShardDataset.open(tmp_path).rows_per_file) > 3
    np.testing.assert_array_equal(read_packing("x", tmp_path).lengths, read_packing("x", small_shards).lengths)
    pieces = whole.shard_array(0, "documents")[:12]
    assert read_packing("x", tmp_path, most_pieces=12).lengths.sum() == pieces["length"].sum()
