"""A trained model opened in one process: from a run's newest sound checkpoint, or from an export in Hugging Face form. Never DeepSpeed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from medpretrain.checkpoint.find import find_newest
from medpretrain.checkpoint.paths import checkpoints_directory
from medpretrain.checkpoint.reader import CheckpointReader
from medpretrain.errors import InputError
from medpretrain.log import logger
from medpretrain.manifest import MANIFEST_NAME, Manifest, read_manifest, verify_files
from medpretrain.model.decoder import MedicalLM
from medpretrain.model.initialise import WeightSource
from medpretrain.model.settings import ModelSettings
from medpretrain.parallel.mesh import TensorAxis
from medpretrain.release.weights import HuggingFaceWeights
from medpretrain.tokenizer.vocabulary import FILE_NAME as TOKENIZER_NAME
from medpretrain.tokenizer.vocabulary import Tokenizer

EXPORT_STAGE, TRANSPLANT_STAGE = "export", "tokenizer transplant"  # that leave a model in Hugging Face form


@dataclass(frozen=True)
class SavedModel:
    """A trained model on the disk.

    `source` is the directory of the checkpoint or of the export; `step` and `consumed_tokens` tell how long it was trained; `weights`
    reads one whole parameter by its name (a run's master weights in fp32, an export's in its dtype, its vocabulary's padding zeros);
    `inputs` are the identities of the artefacts that it is made of.
    """

    source: str
    step: int
    consumed_tokens: int
    settings: ModelSettings
    seq_len: int
    tokenizer: Tokenizer
    weights: WeightSource
    inputs: dict[str, str]


@dataclass(frozen=True)
class SavedRun(SavedModel):
    """A run's newest sound checkpoint, with the resolved recipe that made it, as it was recorded."""

    recipe: dict[str, Any]


@dataclass(frozen=True)
class LoadedModel:
    """A model ready to compute, on one device. The decoder is in evaluation mode and takes no gradients."""

    decoder: MedicalLM
    settings: ModelSettings
    tokenizer: Tokenizer
    seq_len: int
    source: str
    step: int
    device: torch.device


def load_model(run_or_export: Path, dtype: torch.dtype = torch.float32, device: torch.device | None = None) -> LoadedModel:
    """The model of a run directory (its newest checkpoint that verifies) or of an export, its weights cast to `dtype`.

    Read parameter by parameter: no second copy of the model is ever held. `device`: the GPU where there is one, by default.
    Raises InputError where the directory is neither, has no sound checkpoint, or is damaged.
    """
    return build_model(open_model(run_or_export), dtype, device)


def build_model(
    saved: SavedModel, dtype: torch.dtype, device: torch.device | None = None, through: torch.dtype | None = None
) -> LoadedModel:
    """The decoder with the weights of `saved`, rounded to `through` first where that is given, then cast to `dtype`."""
    device = device or torch.device("cuda" if torch.cuda.is_available() else "cpu")

    def weights(name: str) -> torch.Tensor:
        return saved.weights(name).to(device).to(through or dtype).to(dtype)

    decoder = MedicalLM(saved.settings, weights, TensorAxis()).eval().requires_grad_(False)
    return LoadedModel(decoder, saved.settings, saved.tokenizer, saved.seq_len, saved.source, saved.step, device)


def open_model(run_or_export: Path) -> SavedModel:
    """A run's newest sound checkpoint, or an export, with every checksum compared; no weights are held."""
    if not run_or_export.is_dir():
        raise InputError(str(run_or_export), "there is no such directory", "a run directory or an exported model", "check the path")
    if checkpoints_directory(run_or_export).is_dir():
        return open_run(run_or_export)
    found = f"is neither a run (it has no {checkpoints_directory(Path()).name}/) nor an export (it has no {MANIFEST_NAME})"
    if (run_or_export / MANIFEST_NAME).exists():
        manifest = read_manifest(run_or_export)
        if manifest.stage in (EXPORT_STAGE, TRANSPLANT_STAGE):
            return open_export(run_or_export, manifest)
        found = f"was made by `{manifest.stage}`"
    raise InputError(
        str(run_or_export),
        found,
        f"a run directory or the directory of `medpretrain {EXPORT_STAGE}` or `medpretrain {TRANSPLANT_STAGE}`",
        "check the path; a run has checkpoints only after its first save",
    )


def open_run(run: Path) -> SavedRun:
    """The newest checkpoint of `run` that verifies; logs which one, and which were passed over."""
    if not run.is_dir():
        raise InputError(str(run), "there is no such directory", "a run directory", "check the path")
    checkpoint, passed_over = find_newest(run)
    if checkpoint is None:
        found = (
            f"none of its {len(passed_over)} checkpoints is sound (the newest: {passed_over[0][1]})" if passed_over else "has no checkpoint"
        )
        raise InputError(
            str(run),
            found,
            "a run directory with at least one sound checkpoint",
            "train on: the same command writes another one" if passed_over else "check the path, or train until the first checkpoint",
        )
    reader = CheckpointReader(checkpoint)
    recipe = reader.state["recipe"]
    settings = ModelSettings.model_validate(recipe["model"])
    tokenizer = Tokenizer.from_file(run / TOKENIZER_NAME)
    if tokenizer.content_hash != reader.state["tokenizer_hash"]:
        raise InputError(
            str(run / TOKENIZER_NAME),
            f"has the hash {tokenizer.content_hash[:16]}...",
            f"{reader.state['tokenizer_hash'][:16]}..., the tokenizer that the model was trained with",
            "restore the tokenizer.json that the run was started with",
        )
    logger.info("reading %s", checkpoint)
    return SavedRun(
        source=str(checkpoint),
        step=reader.state["step"],
        consumed_tokens=reader.state["consumed_tokens"],
        settings=settings,
        seq_len=recipe["data"]["seq_len"],
        tokenizer=tokenizer,
        weights=reader.read_full,
        inputs={"checkpoint": read_manifest(checkpoint).identity, "tokenizer": tokenizer.content_hash},
        recipe=recipe,
    )


def open_export(directory: Path, manifest: Manifest) -> SavedModel:
    """The model in a directory of `medpretrain export`, or of `medpretrain tokenizer transplant` (not trained with its vocabulary yet)."""
    verify_files(directory, manifest)
    settings = ModelSettings.model_validate(manifest.settings["model"])
    logger.info("reading %s", directory)
    return SavedModel(
        source=str(directory),
        step=manifest.counts.get("step", 0),
        consumed_tokens=manifest.counts.get("consumed_tokens", 0),
        settings=settings,
        seq_len=manifest.settings["seq_len"],
        tokenizer=Tokenizer.from_file(directory / TOKENIZER_NAME),  # its checksum was compared
        weights=HuggingFaceWeights(directory, settings).read_full,
        inputs={manifest.stage: manifest.identity},
    )
