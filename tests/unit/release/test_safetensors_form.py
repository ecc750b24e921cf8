"""safetensors_form.py: files written piece by piece, read back by the safetensors library."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from medpretrain.release.safetensors_form import Written, read_header, rewrite_file

TENSORS = {
    "table": torch.arange(12, dtype=torch.bfloat16).view(4, 3),
    "half": torch.arange(5, dtype=torch.float16),
    "other": torch.arange(40_000, dtype=torch.float32).view(200, 200),
    "whole": torch.arange(7, dtype=torch.int64),
}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    save_file(TENSORS, tmp_path / "source.safetensors", {"format": "pt", "note": "é"})
    return tmp_path / "source.safetensors"


def test_a_header_says_where_the_bytes_are(source: Path) -> None:
    tensors, metadata = read_header(source)
    assert metadata == {"format": "pt", "note": "é"}
    content = source.read_bytes()
    assert tensors.keys() == TENSORS.keys()
    for name, stored in tensors.items():
        assert content[stored.start : stored.end] == TENSORS[name].view(torch.uint8).numpy().tobytes(), name
        assert stored.shape == tuple(TENSORS[name].shape)
    starts = [stored.start for stored in tensors.values()]
    assert starts == sorted(starts)


def test_a_tensor_is_replaced_and_another_left_out(source: Path, tmp_path: Path) -> None:
    target = tmp_path / "target.safetensors"
    new = torch.randn(7, 3).bfloat16()
    rewrite_file(source, target, {"table": Written((7, 3), iter(new.split(2))), "whole": None, "elsewhere": None})
    found = load_file(target)
    assert found.keys() == {"table", "half", "other"}
    assert torch.equal(found["table"], new)
    assert all(torch.equal(found[name], TENSORS[name]) for name in ("half", "other"))
    with safe_open(target, framework="pt") as file:
        assert file.metadata() == {"format": "pt", "note": "é"}


def test_a_file_without_the_tensor_is_the_same_bytes(source: Path, tmp_path: Path) -> None:
    rewrite_file(source, tmp_path / "target", {"elsewhere": Written((1, 1), iter(()))})
    assert (tmp_path / "target").read_bytes() == source.read_bytes()


def test_too_few_rows_are_a_fault(source: Path, tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="table: 6 bytes, not 12"):
        rewrite_file(source, tmp_path / "target", {"table": Written((2, 3), iter([torch.zeros(1, 3).bfloat16()]))})
