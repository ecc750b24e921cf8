"""The form of a safetensors file (eight bytes of length, a header in JSON, then the tensors), for files written piece by piece."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import BinaryIO, NamedTuple

import torch
from torch import Tensor

DTYPE_NAMES = {torch.bfloat16: "BF16", torch.float16: "F16", torch.float32: "F32"}
_LENGTH_BYTES = 8
_COPIED_BYTES = 2**24  # at once


class Stored(NamedTuple):
    """A tensor of a file: its dtype as safetensors names it, its shape, and where its bytes are in the file."""

    dtype: str
    shape: tuple[int, ...]
    start: int
    end: int


class Written(NamedTuple):
    """A tensor in place of another one of the same dtype: its shape, and its rows in blocks, which are made as they are written."""

    shape: tuple[int, ...]
    blocks: Iterable[Tensor]


def encode_header(shapes: Mapping[str, tuple[str, tuple[int, ...], int]], metadata: Mapping[str, str]) -> bytes:
    """What a file begins with. `shapes`: name -> dtype, shape and number of bytes, in the order in which they follow."""
    header: dict[str, object] = {"__metadata__": dict(metadata)} if metadata else {}
    end = 0
    for name, (dtype, shape, num_bytes) in shapes.items():
        start, end = end, end + num_bytes
        header[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [start, end]}
    encoded = json.dumps(header, separators=(",", ":")).encode()
    encoded += b" " * (-len(encoded) % _LENGTH_BYTES)
    return len(encoded).to_bytes(_LENGTH_BYTES, "little") + encoded


def read_header(path: Path) -> tuple[dict[str, Stored], dict[str, str]]:
    """The tensors of a sound file in the order of their bytes, and its metadata."""
    with open(path, "rb") as file:
        length = int.from_bytes(file.read(_LENGTH_BYTES), "little")
        header = json.loads(file.read(length))
    metadata, before = header.pop("__metadata__", {}), _LENGTH_BYTES + length
    tensors = {
        name: Stored(entry["dtype"], tuple(entry["shape"]), *(before + offset for offset in entry["data_offsets"]))
        for name, entry in header.items()
    }
    return dict(sorted(tensors.items(), key=lambda item: item[1].start)), metadata


def bytes_of(tensor: Tensor) -> memoryview:
    """The bytes of a tensor on the CPU."""
    return tensor.contiguous().view(torch.uint8).numpy().data.cast("B")


def rewrite_file(source: Path, target: Path, changed: Mapping[str, Written | None]) -> None:
    """Copy a file with other tensors in place of some of its own, in their order; None leaves one out. Everything else is the same bytes.

    One block of a tensor is in memory at a time; a file that has none of the changed ones is copied as it is.
    """
    tensors, metadata = read_header(source)
    if not tensors.keys() & changed.keys():
        shutil.copyfile(source, target)
        return
    shapes = {}
    for name, stored in tensors.items():
        if (new := changed.get(name)) is not None:
            itemsize = (stored.end - stored.start) // math.prod(stored.shape)
            shapes[name] = stored.dtype, new.shape, math.prod(new.shape) * itemsize
        elif name not in changed:
            shapes[name] = stored.dtype, stored.shape, stored.end - stored.start
    with open(source, "rb") as old, open(target, "wb") as file:
        file.write(encode_header(shapes, metadata))
        for name in shapes:
            if (new := changed.get(name)) is None:
                _copy_bytes(old, file, tensors[name])
                continue
            before = file.tell()
            for block in new.blocks:
                file.write(bytes_of(block))
            assert file.tell() - before == shapes[name][2], f"{name}: {file.tell() - before:,} bytes, not {shapes[name][2]:,}"


def _copy_bytes(source: BinaryIO, target: BinaryIO, tensor: Stored) -> None:
    source.seek(tensor.start)
    left = tensor.end - tensor.start
    while left:
        block = source.read(min(left, _COPIED_BYTES))
        assert block, "the file became shorter while it was read"
        target.write(block)
        left -= len(block)
