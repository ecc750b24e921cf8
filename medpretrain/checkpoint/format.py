"""What stands in a rank's file of a checkpoint: the slices of the parameters that the rank holds, and the header that places them.

Only the layout of one file and the vocabulary are here. What makes the files of all ranks one checkpoint is in completeness.py
and marker.py; where a slice lies in another topology's slice is in reslice.py.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open

from medpretrain.errors import InputError
from medpretrain.model.layout import split_shape

FORMAT_NAME = "medpretrain-checkpoint-2"  # 2: with an index
STAGE = "checkpoint"  # the stage in the manifest
STATE_NAME = "state.json"
INDEX_NAME = "slices.json"
RNG_DIRECTORY = "rng"
VALUE_KEYS = ("master", "exp_avg", "exp_avg_sq")  # fp32 each: 12 bytes a parameter
DAMAGED_REMEDY = "restore the file, or use an older checkpoint (`medpretrain checkpoint list RUN` says which are whole)"


@dataclass(frozen=True, slots=True)
class LogicalShape:
    """A parameter as the model knows it: its full shape, and the dimension that is split over tensor-parallel ranks (None: replicated)."""

    name: str
    shape: tuple[int, ...]
    tp_dim: int | None

    @property
    def numel(self) -> int:
        return math.prod(self.shape)

    def shard_shape(self, tp_size: int) -> tuple[int, ...]:
        """Shape of one rank's tensor-parallel shard."""
        return split_shape(self.shape, self.tp_dim, tp_size)

    def shard_numel(self, tp_size: int) -> int:
        """Number of elements of one rank's tensor-parallel shard."""
        return math.prod(self.shard_shape(tp_size))


@dataclass(frozen=True, slots=True)
class SliceHeader:
    """Where a slice lies: elements `offset : offset + length` of the flattened (row-major) shard `tp_rank` of `tp_size`; Adam's `step`."""

    parameter: LogicalShape
    tp_rank: int
    tp_size: int
    offset: int
    length: int
    step: int


@dataclass
class HeldSlice:
    """What one rank holds of one parameter, ready to be written.

    `values` maps each of VALUE_KEYS to a flat fp32 tensor [length], on any device: one at a time is brought to the host as it is written.
    A length of 0 is allowed (a rank that got only padding). A parameter that tensor parallelism replicates is handed over by tp_rank 0
    alone.
    """

    parameter: LogicalShape
    tp_rank: int
    tp_size: int
    offset: int
    length: int
    values: dict[str, torch.Tensor]
    step: int

    @property
    def header(self) -> SliceHeader:
        return SliceHeader(self.parameter, self.tp_rank, self.tp_size, self.offset, self.length, self.step)


def rank_file_name(rank: int) -> str:
    return f"rank-{rank:05d}.safetensors"


def rng_file_name(rank: int) -> str:
    return f"{RNG_DIRECTORY}/{rank_file_name(rank)}"


def tensor_name(parameter_name: str, key: str) -> str:
    """Name of a slice's tensor in the rank's file."""
    return f"{parameter_name}/{key}"


def encode_rank_file(slices: Sequence[HeldSlice]) -> Iterator[bytes | memoryview]:
    """The bytes of a rank's file in order; tensors on the host are not copied. (safetensors' own `save_file` hides a full disk's errno.)

    The same key of all parameters lies together, so reading the master weights alone touches a third of the file.
    """
    for held in slices:
        _check_values(held)
    assert len({held.parameter.name for held in slices}) == len(slices), "a rank holds at most one slice of a parameter"
    header: dict[str, Any] = {
        "__metadata__": {"format": FORMAT_NAME, "slices": json.dumps([_to_json(held.header) for held in slices], separators=(",", ":"))}
    }
    end = 0
    for key in VALUE_KEYS:
        for held in slices:
            start, end = end, end + 4 * held.length
            header[tensor_name(held.parameter.name, key)] = {"dtype": "F32", "shape": [held.length], "data_offsets": [start, end]}
    encoded = json.dumps(header, separators=(",", ":")).encode()
    encoded += b" " * (-len(encoded) % 8)
    yield len(encoded).to_bytes(8, "little") + encoded
    for key in VALUE_KEYS:
        for held in slices:
            if held.length:
                yield held.values[key].detach().cpu().numpy().data.cast("B")


def open_rank_file(path: Path) -> tuple[Any, list[SliceHeader]]:
    """The memory-mapped file (a `safetensors.safe_open` handle) and its slices' headers; InputError when it is not a rank's file."""
    expected = f"a rank's slices in format {FORMAT_NAME}"
    try:
        handle = safe_open(path, framework="pt")
        metadata = handle.metadata() or {}
        if metadata.get("format") != FORMAT_NAME:
            raise InputError(str(path), f"has format {metadata.get('format')!r}", expected, "use the medpretrain that wrote it")
        headers = [_from_json(record) for record in json.loads(metadata["slices"])]
        for header in headers:
            for key in VALUE_KEYS:
                stored = handle.get_slice(tensor_name(header.parameter.name, key))
                if stored.get_dtype() != "F32" or stored.get_shape() != [header.length]:
                    raise ValueError(f"{header.parameter.name}/{key} is not {header.length} fp32 values")
    except InputError:
        raise
    except (OSError, SafetensorError, ValueError, KeyError, TypeError) as error:
        raise InputError(str(path), f"cannot be read ({error})", expected, DAMAGED_REMEDY) from error
    return handle, headers


def encode_index(headers_of_rank: Sequence[Sequence[SliceHeader]]) -> bytes:
    """`slices.json`: where every slice lies, parameter by parameter, so that a reader opens only the files it takes something from.

    Slices of length 0 are left out. What a parameter's slices agree on (`check_complete`) stands there once.
    """
    entries: dict[str, dict[str, Any]] = {}
    for rank, headers in enumerate(headers_of_rank):
        for header in headers:
            if header.length:
                parameter = header.parameter
                entry: dict[str, Any] = {
                    "name": parameter.name,
                    "shape": parameter.shape,
                    "tp_dim": parameter.tp_dim,
                    "tp_size": header.tp_size,
                    "step": header.step,
                    "slices": [],
                }
                entries.setdefault(parameter.name, entry)["slices"].append([rank, header.tp_rank, header.offset, header.length])
    return json.dumps({"format": FORMAT_NAME, "parameters": list(entries.values())}, separators=(",", ":")).encode()


def read_index(path: Path, num_ranks: int) -> list[list[SliceHeader]]:
    """The headers of each rank's slices that are not empty, from `slices.json`; InputError where it is none."""
    headers_of_rank: list[list[SliceHeader]] = [[] for _ in range(num_ranks)]
    try:
        index = json.loads(path.read_text(encoding="utf-8"))
        if index["format"] != FORMAT_NAME:
            remedy = "use the medpretrain that wrote it, or an older checkpoint"
            raise InputError(str(path), f"is of format {index['format']!r}", f"format {FORMAT_NAME}", remedy)
        for entry in index["parameters"]:
            parameter = LogicalShape(entry["name"], tuple(entry["shape"]), entry["tp_dim"])
            for rank, tp_rank, offset, length in entry["slices"]:
                headers_of_rank[rank].append(SliceHeader(parameter, tp_rank, entry["tp_size"], offset, length, entry["step"]))
    except InputError:
        raise
    except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
        found = f"cannot be read ({type(error).__name__}: {error})"
        raise InputError(str(path), found, f"where the slices of {num_ranks} ranks lie, in format {FORMAT_NAME}", DAMAGED_REMEDY) from error
    return headers_of_rank


def _check_values(held: HeldSlice) -> None:
    name = held.parameter.name
    assert set(held.values) == set(VALUE_KEYS), f"{name}: a slice has the values {VALUE_KEYS}, not {sorted(held.values)}"
    for key, value in held.values.items():
        fits = value.dtype == torch.float32 and value.shape == (held.length,) and value.is_contiguous()
        assert fits, f"{name}/{key}: {value.dtype} {tuple(value.shape)}, not {held.length} contiguous fp32 values"


def _to_json(header: SliceHeader) -> dict[str, Any]:
    parameter = header.parameter
    return {
        "name": parameter.name,
        "shape": list(parameter.shape),
        "tp_dim": parameter.tp_dim,
        "tp_rank": header.tp_rank,
        "tp_size": header.tp_size,
        "offset": header.offset,
        "length": header.length,
        "step": header.step,
    }


def _from_json(record: Mapping[str, Any]) -> SliceHeader:
    parameter = LogicalShape(record["name"], tuple(record["shape"]), record["tp_dim"])
    return SliceHeader(parameter, record["tp_rank"], record["tp_size"], record["offset"], record["length"], record["step"])


def read_state(path: Path) -> dict[str, Any]:
    """What `state.json` holds. Raises InputError where it cannot be read."""
    try:
        state = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(str(path), f"cannot be read ({error})", "the run's state as JSON", DAMAGED_REMEDY) from error
    if not isinstance(state, dict):
        raise InputError(str(path), f"holds a {type(state).__name__}", "the run's state as a JSON object", DAMAGED_REMEDY)
    return state
