"""Reading a checkpoint at any topology: what a rank needs comes straight out of the memory-mapped files of whoever wrote them."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open

from medpretrain.checkpoint.completeness import CheckpointIncomplete, check_complete
from medpretrain.checkpoint.format import (
    DAMAGED_REMEDY,
    INDEX_NAME,
    STATE_NAME,
    VALUE_KEYS,
    LogicalShape,
    SliceHeader,
    open_rank_file,
    rank_file_name,
    read_index,
    read_state,
    rng_file_name,
    tensor_name,
)
from medpretrain.checkpoint.marker import check_published
from medpretrain.checkpoint.reslice import Stretch, plan_copies
from medpretrain.errors import InputError


class CheckpointReader:
    """A published checkpoint, opened.

    Opening checks the marker, the manifest, the sizes of all files and, from the index, that each element is there exactly once; it
    reads no values and compares no checksums (`verify_checkpoint` does). A rank's file is opened when something is first taken from it.
    Raises InputError that names the file.

    Attributes:
        state: what `state.json` holds.
        parameters: name -> logical shape, of every parameter.
        num_ranks: how many ranks wrote it.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        manifest = check_published(directory, read_bytes=False)
        self.num_ranks: int = manifest.counts["ranks"]
        self.state = read_state(directory / STATE_NAME)
        self._files: dict[int, Any] = {}  # of the ranks from which something was read
        self._headers_of_rank = read_index(directory / INDEX_NAME, self.num_ranks)
        self._pieces: dict[str, list[tuple[int, SliceHeader]]] = defaultdict(list)
        for rank, headers in enumerate(self._headers_of_rank):
            for header in headers:
                self._pieces[header.parameter.name].append((rank, header))
        try:
            self.parameters: dict[str, LogicalShape] = check_complete(header for pieces in self._pieces.values() for _, header in pieces)
        except CheckpointIncomplete as error:
            raise InputError(str(directory), str(error), "each element of each parameter exactly once", DAMAGED_REMEDY) from error

    def read(self, name: str, tp_rank: int, tp_size: int, offset: int, length: int) -> dict[str, torch.Tensor]:
        """Elements `offset : offset + length` of the flattened shard `tp_rank` of `tp_size`: each of VALUE_KEYS as an fp32 tensor [length].

        Any `tp_size` that divides the split dimension, whatever the topology that wrote; for a replicated parameter tp_rank and
        tp_size do not matter. Raises InputError when the checkpoint has no such parameter.
        """
        self._parameter(name)
        values = {key: torch.empty(length, dtype=torch.float32) for key in VALUE_KEYS}
        self.read_into(values, name, tp_rank, tp_size, offset)
        return values

    def read_into(self, targets: Mapping[str, torch.Tensor], name: str, tp_rank: int, tp_size: int, offset: int) -> None:
        """As `read`, straight into flat fp32 tensors of equal length, by key (any of VALUE_KEYS), on any device."""
        parameter = self._parameter(name)
        (length,) = {target.numel() for target in targets.values()}
        wanted = Stretch(tp_rank, tp_size, offset, length)
        assert 0 <= offset <= offset + length <= parameter.shard_numel(tp_size), (
            f"{name}: elements {offset} to {offset + length} of a shard of {parameter.shard_numel(tp_size)}"
        )
        assert 0 <= tp_rank < tp_size, f"{name}: shard {tp_rank} of {tp_size}"
        for rank, header in self._pieces[name]:
            copies = plan_copies(parameter, Stretch(header.tp_rank, header.tp_size, header.offset, header.length), wanted)
            for key, target in targets.items() if copies else ():
                # A view of the mapped file: pages are read as they are copied.
                stored = self._file(rank).get_tensor(tensor_name(name, key))
                for copy in copies:
                    block = (copy.num_rows, copy.num_columns)
                    source = stored[copy.source_start :].as_strided(block, (copy.source_stride, 1))
                    target[copy.target_start :].as_strided(block, (copy.target_stride, 1)).copy_(source)

    def read_full(self, name: str, key: str = "master") -> torch.Tensor:
        """One value of a whole parameter, fp32, in its logical shape."""
        parameter = self._parameter(name)
        value = torch.empty(parameter.shape, dtype=torch.float32)
        self.read_into({key: value.view(-1)}, name, 0, 1, 0)
        return value

    def step_of(self, name: str) -> int:
        """How many updates Adam had made to this parameter."""
        self._parameter(name)
        return self._pieces[name][0][1].step

    def check_rank_files(self) -> None:
        """Open every rank's file: each holds the very slices that the index says. InputError names the first that does not."""
        for rank in range(self.num_ranks):
            self._file(rank)

    def rng(self, rank: int) -> dict[str, torch.Tensor | bytes]:
        """The random-number state that `rank` saved, as it was handed to `write_rank`. `rank` is below `num_ranks`."""
        assert 0 <= rank < self.num_ranks, f"{self.directory} was written by {self.num_ranks} ranks; there is no rank {rank}"
        path = self.directory / rng_file_name(rank)
        try:
            with safe_open(path, framework="pt") as file:
                raw = set(json.loads(file.metadata()["raw"]))
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a dict)
        except (OSError, SafetensorError, ValueError, KeyError, TypeError) as error:
            raise InputError(str(path), f"cannot be read ({error})", "a rank's random-number state", DAMAGED_REMEDY) from error
        return {name: value.numpy().tobytes() if name in raw else value.clone() for name, value in tensors.items()}

    def _file(self, rank: int) -> Any:
        if rank not in self._files:
            path = self.directory / rank_file_name(rank)
            handle, headers = open_rank_file(path)
            if {header for header in headers if header.length} != set(self._headers_of_rank[rank]):
                raise InputError(str(path), "holds other slices than the index says", f"those of {INDEX_NAME}", DAMAGED_REMEDY)
            self._files[rank] = handle
        return self._files[rank]

    def _parameter(self, name: str) -> LogicalShape:
        if name not in self.parameters:
            raise InputError(
                str(self.directory),
                f"holds no parameter `{name}`",
                "a checkpoint of the same model",
                "check the model's settings and the run",
            )
        return self.parameters[name]
