"""Weights in Hugging Face form, read by our names: of each file only the slices that are asked for, by memory map."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch.nn.functional as F
from safetensors import SafetensorError, safe_open
from torch import Tensor

from medpretrain.errors import InputError, InputErrors
from medpretrain.model.layout import parameter_table
from medpretrain.model.settings import ModelSettings
from medpretrain.release.mapping import PADDED_BY_VOCABULARY, form_of, huggingface_shapes, take_weight

FILE_NAME, INDEX_NAME = "model.safetensors", "model.safetensors.index.json"
FLOATS = ("BF16", "F16", "F32")
BUFFERS = ("rotary_emb.inv_freq", "attention.bias", "attention.masked_bias")  # which older transformers saved among the weights
AGAIN = "fetch or export the directory again"


class HuggingFaceWeights:
    """The weights of a directory in Hugging Face form. `read_into` and `step_of` are as those of a `CheckpointReader`, so that an engine
    takes its slices from here as from there.

    Opening reads the headers of all files. Raises InputErrors: files that cannot be read, weights that are missing, of another shape or
    dtype, or that the model has no place for.

    Args:
        model: what the weights are read as. Its embedding and head are `vocab_size` rows, and zeros for the vocabulary's padding.
        num_rows: how many rows these have in the files, where not `vocab_size`; what is beyond that is left out.

    Attributes:
        dtypes: of the weights, as safetensors names them.
    """

    def __init__(self, directory: Path, model: ModelSettings, num_rows: int | None = None) -> None:
        self._model, self._table = model, parameter_table(model)
        files = _open_files(directory)
        self._stored: dict[str, Any] = {name: file.get_slice(name) for file in files for name in file.keys()}  # noqa: SIM118 (not a dict)
        shapes = huggingface_shapes(model, num_rows or model.vocab_size)
        self._place: dict[str, tuple[str, int, int]] = {}  # our name -> the name there, which part of that it is, of how many
        for their_name, (names, _) in shapes.items():
            self._place |= {name: (their_name, place, len(names)) for place, name in enumerate(names)}
        problems = list(_problems(directory, model, self._stored, {name: shape for name, (_, shape) in shapes.items()}))
        if problems:
            raise InputErrors(problems)
        self.dtypes = sorted({self._stored[name].get_dtype() for name in shapes})

    def read_full(self, name: str) -> Tensor:
        """One whole parameter, in its dtype in the file and in its logical shape."""
        return self._rows(name, 0, self._table[name].shape[0], slice(None))

    def read_into(self, targets: Mapping[str, Tensor], name: str, tp_rank: int, tp_size: int, offset: int) -> None:
        """Elements from `offset` on of the flattened shard `tp_rank` of `tp_size`, as many as fit, into the flat tensor `targets["master"]`
        of any dtype and on any device; nothing else is there to be read."""
        assert targets.keys() == {"master"}, f"{name}: {sorted(targets)} asked of weights alone"
        target, spec = targets["master"], self._table[name]
        num_rows, *rest = spec.shard_shape(tp_size)
        width = math.prod(rest)
        first_row, skipped = divmod(offset, width)
        end_row = -(-(offset + target.numel()) // width)
        before = tp_rank * num_rows if spec.tp_dim == 0 else 0
        columns = slice(tp_rank * width, (tp_rank + 1) * width) if spec.tp_dim == 1 else slice(None)
        target.copy_(self._rows(name, before + first_row, before + end_row, columns).flatten()[skipped : skipped + target.numel()])

    def step_of(self, name: str) -> int:
        """How many updates Adam has made: none."""
        return 0

    def _rows(self, name: str, first: int, end: int, columns: slice) -> Tensor:
        """Rows first to end - 1 of a parameter (elements of a vector), and of a matrix these columns."""
        their_name, place, num_parts = self._place[name]
        # Where several of ours are one there, they are so head by head: whole heads are read.
        size = self._model.head_size if num_parts > 1 else 1
        real_end = min(end, self._model.vocab_size) if name in PADDED_BY_VOCABULARY else end
        first_block, end_block = first // size, max(first, -(-real_end // size))
        stored, rows = self._stored[their_name], slice(first_block * num_parts * size, end_block * num_parts * size)
        joined = stored[rows] if len(self._table[name].shape) == 1 else stored[rows, columns]
        found = take_weight(joined, place, num_parts, size)[first - first_block * size :][: max(real_end - first, 0)]
        padding = end - first - len(found)
        return F.pad(found, (0, 0, 0, padding)) if padding else found


def weight_file_names(directory: Path) -> list[str]:
    """Of the files of weights: those of the index where there is one. Raises InputError where there is neither, or no index of files."""
    index = directory / INDEX_NAME
    if index.exists():
        try:
            return sorted(set(json.loads(index.read_bytes())["weight_map"].values()))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise InputError(str(index), f"cannot be read ({error})", "an index of safetensors files", AGAIN) from error
    if not (directory / FILE_NAME).exists():
        remedy = "save the model with transformers' `save_pretrained`, which writes safetensors"
        raise InputError(str(directory), f"has neither {FILE_NAME} nor {INDEX_NAME}", "weights as safetensors", remedy)
    return [FILE_NAME]


def _open_files(directory: Path) -> list[Any]:
    """The files of weights, opened. Raises InputErrors."""
    files, problems = [], []
    for name in weight_file_names(directory):
        path = directory / name
        try:
            files.append(safe_open(path, framework="pt"))
        except FileNotFoundError:
            problems.append(InputError(str(path), "there is no such file", f"the file that {INDEX_NAME} names", AGAIN))
        except (OSError, SafetensorError) as error:
            problems.append(InputError(str(path), f"cannot be read ({error})", "a whole safetensors file", AGAIN))
    if problems:
        raise InputErrors(problems)
    return files


def _problems(
    directory: Path, model: ModelSettings, stored: Mapping[str, Any], shapes: Mapping[str, tuple[int, ...]]
) -> Iterator[InputError]:
    """What is wrong with the weights' headers. `shapes`: of each weight that the model needs."""
    needed = f"the weights of a {form_of(model).title} as config.json describes it"
    missing = [name for name in shapes if name not in stored]
    if missing:
        yield InputError(str(directory), f"lacks {_listed(missing)}", needed, AGAIN)
    tied_head = f"{form_of(model).top['head']}.weight" if model.tied_embeddings else None
    others = [name for name in stored if name not in shapes and name != tied_head and not name.endswith(BUFFERS)]
    if others:
        yield InputError(str(directory), f"holds {_listed(others)}, for which the model has no place", needed, "start from another model")
    for name, shape in shapes.items():
        if name not in stored:
            continue
        found, dtype = tuple(stored[name].get_shape()), stored[name].get_dtype()
        if found != shape:
            expected = f"{list(shape)}, as config.json has it"
            yield InputError(f"{directory} weight `{name}`", f"has the shape {list(found)}", expected, AGAIN)
        if dtype not in FLOATS:
            yield InputError(f"{directory} weight `{name}`", f"is {dtype}", f"one of {', '.join(FLOATS)}", "save the model in one of these")


def _listed(names: list[str]) -> str:
    shown = ", ".join(f"`{name}`" for name in names[:3])
    return f"the weight{'s' if len(names) > 1 else ''} {shown}" + (f" and {len(names) - 3:,} more" if len(names) > 3 else "")
