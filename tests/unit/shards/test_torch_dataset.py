"""PackedDataset in a user's own loop."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from shard_samples import open_random
from torch.utils.data import DataLoader

from medpretrain.errors import InputError
from medpretrain.shards.masking import targets_of
from medpretrain.shards.torch_dataset import PackedDataset


def test_items_are_the_rows_with_their_targets(tmp_path: Path) -> None:
    shards = open_random(tmp_path)
    dataset = PackedDataset(tmp_path)
    assert len(dataset) == shards.num_rows
    for row in (0, 8, len(dataset) - 1):
        tokens = shards.rows([row])
        targets, positions, segments = targets_of(tokens, 2, 0, False)
        item = dataset[row]
        assert {name: value.dtype for name, value in item.items()} == dict.fromkeys(
            ("input_ids", "targets", "positions", "segments"), torch.int64
        )
        assert item["input_ids"].tolist() == tokens[0].tolist()
        assert item["targets"].tolist() == targets[0].tolist()
        assert item["positions"].tolist() == positions[0].tolist()
        assert item["segments"].tolist() == segments[0].tolist()
    assert dataset[-1]["input_ids"].tolist() == dataset[len(dataset) - 1]["input_ids"].tolist()
    with pytest.raises(IndexError):
        dataset[len(dataset)]


def test_a_data_loader_with_workers_gives_every_row_once(tmp_path: Path) -> None:
    shards = open_random(tmp_path)
    loader = DataLoader(PackedDataset(tmp_path, shuffle_seed=1), batch_size=4, num_workers=2)
    rows = torch.cat([batch["input_ids"] for batch in loader])
    stored = shards.rows(range(shards.num_rows))
    assert sorted(rows.tolist()) == sorted(stored.tolist())
    assert rows.tolist() != stored.tolist()


def test_the_shuffle_depends_on_seed_and_epoch(tmp_path: Path) -> None:
    open_random(tmp_path)

    def order_of(seed: int, epoch: int) -> list[list[int]]:
        dataset = PackedDataset(tmp_path, shuffle_seed=seed)
        dataset.set_epoch(epoch)
        return [dataset[index]["input_ids"].tolist() for index in range(len(dataset))]

    assert order_of(1, 0) == order_of(1, 0)
    assert order_of(1, 0) != order_of(1, 1)
    assert order_of(1, 0) != order_of(2, 0)


def test_a_directory_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        PackedDataset(tmp_path / "missing")
    assert (caught.value.where, caught.value.found) == (str(tmp_path / "missing"), "there is no such directory")
    assert caught.value.expected == "a directory made by `shards pack`"
    assert caught.value.remedy == "check the path, or run that stage first"
