"""A run in Hugging Face form: a directory that `transformers` loads without this project, published only when its logits equal ours.

The directory is written beside its place under a hidden name, loaded back with transformers, compared, and renamed at the end.
"""

from __future__ import annotations

import json
import os
import shutil
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer, GenerationConfig
from transformers.utils import logging as transformers_logging

from medpretrain.errors import InputError
from medpretrain.eval.load import EXPORT_STAGE, SavedRun, build_model, open_run
from medpretrain.log import Progress, logger
from medpretrain.manifest import MANIFEST_NAME, begin_stage, check_sizes, finish_stage, fsync_directory, read_manifest, write_json
from medpretrain.model.layout import parameter_table
from medpretrain.model.precision import FLOATS_OF
from medpretrain.model.settings import ModelSettings
from medpretrain.release.card import model_card
from medpretrain.release.mapping import PADDED_BY_VOCABULARY, form_of, huggingface_config, huggingface_names, join_weights
from medpretrain.tokenizer.vocabulary import BOS, EOS, PAD, UNK, Tokenizer
from medpretrain.tokenizer.vocabulary import FILE_NAME as TOKENIZER_NAME

BYTES_PER_FILE = 5 * 10**9  # of weights; what Hugging Face's own tools split at
# Allowed between two logits computed in fp32 from the same weights, relative to the largest logit (absolute where that is below 1):
# rounding grows with the logits' size.
LARGEST_DIFFERENCE = 1e-4
CHECKED_TEXTS = (
    "[EXAM] CT chest with contrast\n[FINDINGS] There is a 4 mm nodule in the right upper lobe.\n[IMPRESSION] 1. Stable nodule.",
    "Blood pressure 120/80 mmHg, temperature 38.5 °C; β-blocker 2×25 µg.\r\n\tA literal <s>, </s>, <pad> or <unk> is text.  ",
)
CHECKED_TOKENS = 512  # of a document of arbitrary ids, so that positions and rows of the vocabulary far apart are compared too
SAFETENSORS_NAMES = {torch.bfloat16: "BF16", torch.float16: "F16", torch.float32: "F32"}


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
        difference = check_parity(saved, staging, FLOATS_OF[dtype])
        counts = {"step": saved.step, "consumed_tokens": saved.consumed_tokens, "parameters": done["parameters"]}
        finish_stage(staging, EXPORT_STAGE, settings, saved.inputs, counts, file_names)
        os.rename(staging, final)
        fsync_directory(final.parent)
    except BaseException:
        shutil.rmtree(staging, ignore_errors=True)
        raise
    logger.info("%s: transformers' logits equal ours, largest difference %.1e", out, difference)
    return {**done, "largest_logit_difference": difference}


def check_parity(saved: SavedRun, directory: Path, dtype: torch.dtype) -> float:
    """Compare what transformers loads from `directory` with the checkpoint: every name, token ids, and logits of a few documents.

    Both models compute in fp32 from the weights as rounded to `dtype`; they are held one after the other, never together.
    Returns the largest difference of two logits. Raises ExportMismatch.
    """
    _check_tokenizer(saved.tokenizer, directory)
    documents = _checked_documents(saved)
    ours = build_model(saved, torch.float32, through=dtype)
    device, expected = ours.device, []
    with torch.no_grad():
        for tokens in documents:
            tokens = tokens.to(device)
            positions = torch.arange(tokens.shape[1], device=device)[None]
            expected.append(ours.decoder.logits(tokens, positions).cpu())
    del ours

    transformers_logging.disable_progress_bar()
    try:
        loaded: Any = AutoModelForCausalLM.from_pretrained(
            str(directory), dtype=torch.float32, local_files_only=True, output_loading_info=True
        )
    except Exception as error:  # transformers raises many kinds
        raise ExportMismatch(f"transformers cannot load it ({error})", "a model that transformers loads") from error
    theirs, report = loaded
    wrong = {kind: sorted(map(str, names)) for kind, names in report.items() if names}
    if wrong:
        raise ExportMismatch(f"transformers finds weights that are not its own ({wrong})", "each weight by its name and shape")
    theirs = theirs.to(device).eval()
    differences = []
    with torch.no_grad():
        for tokens, logits in zip(documents, expected, strict=True):
            found = theirs(tokens.to(device)).logits.float().cpu()
            if found.shape != logits.shape:
                raise ExportMismatch(f"transformers gives logits {list(found.shape)}", f"{list(logits.shape)}")
            differences.append((found - logits).abs().max())
    largest = torch.stack(differences).max().item()  # NaN where any is
    allowed = LARGEST_DIFFERENCE * max(1.0, max(logits.abs().max().item() for logits in expected))
    if not largest <= allowed:
        raise ExportMismatch(f"a logit of transformers is {largest:.2e} from ours", f"a difference of at most {allowed:.1e}")
    return largest


def plan_files(model: ModelSettings, dtype: torch.dtype, bytes_per_file: int) -> list[WeightFile]:
    """Which weight goes into which file, in the order of the forward pass; each file as full as `bytes_per_file` allows."""
    table, parts = parameter_table(model), defaultdict[str, list[str]](list)
    for name, their_name in huggingface_names(model).items():
        parts[their_name].append(name)
    groups: list[dict[str, tuple[tuple[str, ...], tuple[int, ...]]]] = []
    room = 0
    for their_name, names in parts.items():
        num_rows = sum(model.vocab_size if name in PADDED_BY_VOCABULARY else table[name].shape[0] for name in names)
        shape = (num_rows, *table[names[0]].shape[1:])
        num_bytes = int(np.prod(shape)) * dtype.itemsize
        if not groups or num_bytes > room:
            groups.append({})
            room = bytes_per_file
        groups[-1][their_name] = (tuple(names), shape)
        room -= num_bytes
    if len(groups) == 1:
        return [WeightFile("model.safetensors", groups[0])]
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

    shutil.copyfile(tokenizer.directory / TOKENIZER_NAME, directory / TOKENIZER_NAME)
    special = {"pad_token": PAD, "bos_token": BOS, "eos_token": EOS, "unk_token": UNK}
    write_json(directory / "special_tokens_map.json", special)
    write_json(
        directory / "tokenizer_config.json",
        {
            "tokenizer_class": "PreTrainedTokenizerFast",
            **special,
            "model_max_length": saved.seq_len,
            "model_input_names": ["input_ids", "attention_mask"],  # the model takes no token_type_ids
            "padding_side": "left",  # else a batch of prompts continues from its padding
            "add_bos_token": False,
            "add_eos_token": False,
            "split_special_tokens": True,  # a literal `<s>` in a text stays text, as in training
            "clean_up_tokenization_spaces": False,
        },
    )
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
        names.append("model.safetensors.index.json")
        write_json(directory / names[-1], index)
    return [
        *names,
        "config.json",
        "generation_config.json",
        TOKENIZER_NAME,
        "tokenizer_config.json",
        "special_tokens_map.json",
        "README.md",
    ]


def _encode_weights(saved: SavedRun, file: WeightFile, dtype: torch.dtype, progress: Progress) -> Iterator[bytes | memoryview]:
    """The bytes of one safetensors file, one parameter in memory at a time."""
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    end = 0
    for their_name, (_, shape) in file.weights.items():
        start, end = end, end + int(np.prod(shape)) * dtype.itemsize
        header[their_name] = {"dtype": SAFETENSORS_NAMES[dtype], "shape": list(shape), "data_offsets": [start, end]}
    encoded = json.dumps(header, separators=(",", ":")).encode()
    encoded += b" " * (-len(encoded) % 8)
    yield len(encoded).to_bytes(8, "little") + encoded
    for their_name, (names, shape) in file.weights.items():
        joined = join_weights([saved.weights(name) for name in names], saved.settings.head_size)
        weight = joined[: shape[0]].to(dtype).contiguous()
        assert tuple(weight.shape) == shape, f"{their_name}: {tuple(weight.shape)}, not {shape}"
        yield weight.view(torch.uint8).numpy().data.cast("B")
        progress.advance(weight.numel())


def _check_tokenizer(tokenizer: Tokenizer, directory: Path) -> None:
    theirs = AutoTokenizer.from_pretrained(str(directory), local_files_only=True)
    for text in CHECKED_TEXTS:
        ids = theirs(text, verbose=False)["input_ids"]
        if ids != tokenizer.encode(text):
            raise ExportMismatch(f"transformers encodes {text[:40]!r} as {ids[:20]}", f"{tokenizer.encode(text)[:20]}")


def _checked_documents(saved: SavedRun) -> list[torch.Tensor]:
    """int64 [1, S] each: the checked texts as documents, and one of arbitrary ids."""
    tokenizer = saved.tokenizer
    documents = [[tokenizer.bos_id, *tokenizer.encode(text), tokenizer.eos_id] for text in CHECKED_TEXTS]
    documents.append(np.random.default_rng(0).integers(tokenizer.vocab_size, size=CHECKED_TOKENS).tolist())
    return [torch.tensor([document[: saved.seq_len]]) for document in documents]


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
