"""A run in Hugging Face form: a directory that `transformers` loads without this project, published only when its logits equal ours.

The directory is written beside its place under a hidden name, loaded back with transformers, compared, and renamed at the end.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import AutoConfig, GenerationConfig

from medpretrain.errors import InputError
from medpretrain.eval.load import EXPORT_STAGE, SavedRun, build_model, open_run
from medpretrain.log import Progress, logger
from medpretrain.manifest import MANIFEST_NAME, begin_stage, check_sizes, finish_stage, fsync_directory, read_manifest, write_json
from medpretrain.model.precision import FLOATS_OF
from medpretrain.model.settings import ModelSettings
from medpretrain.release.card import model_card
from medpretrain.release.mapping import form_of, huggingface_config, huggingface_shapes, join_weights
from medpretrain.release.parity import arbitrary_document, check_parity
from medpretrain.release.safetensors_form import DTYPE_NAMES, bytes_of, encode_header
from medpretrain.release.tokenizer_files import CHECKED_TEXTS, check_tokenizer_files, write_tokenizer_files
from medpretrain.release.weights import FILE_NAME, INDEX_NAME

BYTES_PER_FILE = 5 * 10**9  # of weights; what Hugging Face's own tools split at


class ExportMismatch(InputError):
    """What transformers reads from the written directory is not the model of the checkpoint. Nothing was published."""

    def __init__(self, found: str, expected: str) -> None:
        remedy = "install the transformers that medpretrain asks for; with that version it is a fault of medpretrain, to be reported"
        super().__init__("the export", f"{found}, so nothing was published", expected, remedy)


@dataclass(frozen=True)
class WeightFile:
    """One file of weights: their names in transformers, in order, with ours (several where they are one there) and the shapes there."""

    name: str
    weights: dict[str, tuple[tuple[str, ...], tuple[int, ...]]]


def export_run(run: Path, out: Path, dtype: str | None = None, bytes_per_file: int = BYTES_PER_FILE) -> dict[str, Any]:
    """Write the newest sound checkpoint of `run` to `out` for `transformers`, without optimizer state and the vocabulary's padding.

    `AutoTokenizer.from_pretrained(out)` gives exactly our ids, adds no `<s>` or `</s>`, and keeps a literal `<s>` in a text as text.
    The weights are read and written one parameter at a time; the comparison needs memory for one fp32 model.

    Args:
        out: a new directory (or the export of this very checkpoint in this dtype: then there is nothing to do).
        dtype: "bf16", "fp16" or "fp32"; by default the precision the run computed in.
        bytes_per_file: weights are split into files of at most so many bytes, or of one parameter.

    Returns:
        directory, step, dtype, parameters, bytes (of weights), largest_logit_difference (None where there was nothing to do).

    Raises:
        InputError: `run` has no sound checkpoint, transformers has no such model, or `out` holds something else.
        ExportMismatch: transformers' logits or token ids from the written files differ from ours.
    """
    saved = open_run(run)
    dtype = dtype or str(saved.recipe["precision"])
    assert dtype in FLOATS_OF, f"dtype {dtype!r}"
    done: dict[str, Any] = {"directory": str(out), "step": saved.step, "dtype": dtype, "parameters": _count_parameters(saved.settings)}
    done["bytes"] = done["parameters"] * FLOATS_OF[dtype].itemsize
    if _is_exported(out, saved, dtype):
        logger.info("%s already holds this export: nothing to do", out)
        return {**done, "largest_logit_difference": None}

    final = out.resolve()
    staging = final.with_name(f".{final.name}.exporting")
    shutil.rmtree(staging, ignore_errors=True)
    try:
        settings = {
            "dtype": dtype,
            "seq_len": saved.seq_len,
            "model": saved.settings.model_dump(mode="json"),
            "recipe": saved.recipe["name"],
            "run": run.resolve().name,
        }
        begin_stage(staging, EXPORT_STAGE, settings, saved.inputs, ["*"])
        file_names = _write_files(saved, staging, dtype, bytes_per_file)
        difference = check_export(saved, staging, FLOATS_OF[dtype])
        counts = {"step": saved.step, "consumed_tokens": saved.consumed_tokens, "parameters": done["parameters"]}
        finish_stage(staging, EXPORT_STAGE, settings, saved.inputs, counts, file_names)
        os.rename(staging, final)
        fsync_directory(final.parent)
    except BaseException:
        shutil.rmtree(staging, ignore_errors=True)
        raise
    logger.info("%s: transformers' logits equal ours, largest difference %.1e", out, difference)
    return {**done, "largest_logit_difference": difference}


def check_export(saved: SavedRun, directory: Path, dtype: torch.dtype) -> float:
    """Compare what transformers loads from `directory` with the checkpoint: token ids, every name, and logits of a few documents, ours from
    the weights as rounded to `dtype`. Returns the largest difference of two logits. Raises ExportMismatch."""
    check_tokenizer_files(saved.tokenizer, directory, ExportMismatch)
    return check_parity(
        lambda: build_model(saved, torch.float32, through=dtype).decoder, _checked_documents(saved), directory, ExportMismatch
    )


def plan_files(model: ModelSettings, dtype: torch.dtype, bytes_per_file: int) -> list[WeightFile]:
    """Which weight goes into which file, in the order of the forward pass; each file as full as `bytes_per_file` allows."""
    groups: list[dict[str, tuple[tuple[str, ...], tuple[int, ...]]]] = []
    room = 0
    for their_name, (names, shape) in huggingface_shapes(model, model.vocab_size).items():
        num_bytes = int(np.prod(shape)) * dtype.itemsize
        if not groups or num_bytes > room:
            groups.append({})
            room = bytes_per_file
        groups[-1][their_name] = (names, shape)
        room -= num_bytes
    if len(groups) == 1:
        return [WeightFile(FILE_NAME, groups[0])]
    return [WeightFile(f"model-{number:05d}-of-{len(groups):05d}.safetensors", group) for number, group in enumerate(groups, start=1)]


def _write_files(saved: SavedRun, directory: Path, dtype: str, bytes_per_file: int) -> list[str]:
    """Everything but the manifest; returns the names."""
    tokenizer, float_type = saved.tokenizer, FLOATS_OF[dtype]
    ids = {"pad_id": tokenizer.pad_id, "bos_id": tokenizer.bos_id, "eos_id": tokenizer.eos_id}
    form, values = form_of(saved.settings), huggingface_config(saved.settings, saved.seq_len, **ids)
    config = AutoConfig.for_model(form.model_type, **values, architectures=[form.architecture], dtype=float_type)
    config.save_pretrained(directory)
    written = json.loads((directory / "config.json").read_text(encoding="utf-8"))
    older = {**form.older_keys(saved.settings), "torch_dtype": str(float_type).removeprefix("torch.")}
    write_json(directory / "config.json", {**written, **older})
    GenerationConfig(pad_token_id=tokenizer.pad_id, bos_token_id=tokenizer.bos_id, eos_token_id=tokenizer.eos_id).save_pretrained(directory)

    tokenizer_names = write_tokenizer_files(tokenizer, saved.seq_len, directory)
    (directory / "README.md").write_text(model_card(saved, dtype, _count_parameters(saved.settings)), encoding="utf-8")

    files = plan_files(saved.settings, float_type, bytes_per_file)
    with Progress("writing weights", _count_parameters(saved.settings), "parameters") as progress:
        for file in files:
            with open(directory / file.name, "wb") as handle:
                for chunk in _encode_weights(saved, file, float_type, progress):
                    handle.write(chunk)
    names = [file.name for file in files]
    if len(files) > 1:
        index = {
            "metadata": {"total_size": _count_parameters(saved.settings) * float_type.itemsize},
            "weight_map": {name: file.name for file in files for name in file.weights},
        }
        names.append(INDEX_NAME)
        write_json(directory / names[-1], index)
    return [
        *names,
        "config.json",
        "generation_config.json",
        *tokenizer_names,
        "README.md",
    ]


def _encode_weights(saved: SavedRun, file: WeightFile, dtype: torch.dtype, progress: Progress) -> Iterator[bytes | memoryview]:
    """The bytes of one safetensors file, one parameter in memory at a time."""
    size = dtype.itemsize
    shapes = {name: (DTYPE_NAMES[dtype], shape, int(np.prod(shape)) * size) for name, (_, shape) in file.weights.items()}
    yield encode_header(shapes, {"format": "pt"})
    for their_name, (names, shape) in file.weights.items():
        joined = join_weights([saved.weights(name) for name in names], saved.settings.head_size)
        weight = joined[: shape[0]].to(dtype)
        assert tuple(weight.shape) == shape, f"{their_name}: {tuple(weight.shape)}, not {shape}"
        yield bytes_of(weight)
        progress.advance(weight.numel())


def _checked_documents(saved: SavedRun) -> list[torch.Tensor]:
    """int64 [1, S] each: the checked texts as documents, and one of arbitrary ids."""
    tokenizer = saved.tokenizer
    documents = [[tokenizer.bos_id, *tokenizer.encode(text), tokenizer.eos_id] for text in CHECKED_TEXTS]
    return [*(torch.tensor([document[: saved.seq_len]]) for document in documents), arbitrary_document(tokenizer.vocab_size, saved.seq_len)]


def _is_exported(out: Path, saved: SavedRun, dtype: str) -> bool:
    """Does `out` hold this very export? False where it is new or empty; InputError where it holds anything else."""
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return False
    expected = "a new directory, or the export of this very checkpoint"
    remedy = "choose another --out, or remove it if it is not needed"
    if not (out / MANIFEST_NAME).exists():
        raise InputError(str(out), "is there already and was not made by `medpretrain export`", expected, remedy)
    manifest = read_manifest(out)
    if manifest.stage != EXPORT_STAGE:
        raise InputError(str(out), f"holds the output of `{manifest.stage}`", expected, remedy)
    if manifest.inputs != saved.inputs or manifest.settings["dtype"] != dtype:
        found = f"holds the export of step {manifest.counts['step']:,} in {manifest.settings['dtype']}"
        raise InputError(str(out), found, f"{expected} in {dtype}", remedy)
    check_sizes(out, manifest)
    return True


def _count_parameters(model: ModelSettings) -> int:
    """Without the vocabulary's padding."""
    return sum(int(np.prod(shape)) for file in plan_files(model, torch.float32, BYTES_PER_FILE) for _, shape in file.weights.values())
