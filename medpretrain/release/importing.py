"""`medpretrain import`: may runs start from this directory? Its configuration as our settings, its files whole, its logits ours."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from medpretrain.errors import InputError
from medpretrain.log import logger
from medpretrain.manifest import MANIFEST_NAME, read_manifest, verify_files
from medpretrain.model.decoder import MedicalLM
from medpretrain.parallel.mesh import TensorAxis
from medpretrain.release.config_json import read_config
from medpretrain.release.parity import arbitrary_document, check_parity
from medpretrain.release.source import check_directory, identity_of
from medpretrain.release.weights import HuggingFaceWeights
from medpretrain.tokenizer.vocabulary import FILE_NAME as TOKENIZER_NAME


def check_import(directory: Path) -> dict[str, Any]:
    """Check a directory in Hugging Face form that `init_from` is to name. Nothing is written; a run reads the directory itself.

    Both models compute in fp32, one after the other: memory for one of them is needed.

    Returns:
        directory, form, dtype, identity, tokenizer (whether it has one), largest_logit_difference, and model: the settings of a recipe that
        starts from it. Of its vocab_size, the tokenizer of the rows may have fewer entries where the vocabulary there is padded.

    Raises:
        InputErrors: all that our decoder does not compute, or all that is wrong with the files; InputError: a checksum or a logit
            differs.
    """
    check_directory(directory)
    if (directory / MANIFEST_NAME).exists():
        verify_files(directory, read_manifest(directory))
    config = read_config(directory)
    weights = HuggingFaceWeights(directory, config.settings)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")

    def build() -> MedicalLM:
        return MedicalLM(config.settings, lambda name: weights.read_full(name).to(device, torch.float32), TensorAxis()).eval()

    def mismatch(found: str, expected: str) -> InputError:
        return InputError(str(directory), found, expected, "start from another model; of a plain Llama, it is a fault of medpretrain")

    longest = config.values.get("max_position_embeddings")
    documents = [arbitrary_document(config.settings.vocab_size, longest if isinstance(longest, int) else 512)]
    difference = check_parity(build, documents, directory, mismatch)
    logger.info("%s: transformers' logits equal ours, largest difference %.1e", directory, difference)
    return {
        "directory": str(directory),
        "form": config.form.title,
        "dtype": ", ".join(weights.dtypes),
        "identity": identity_of(config),
        "tokenizer": (directory / TOKENIZER_NAME).exists(),
        "largest_logit_difference": difference,
        "model": config.settings.model_dump(mode="json"),
    }
