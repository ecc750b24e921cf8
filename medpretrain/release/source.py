"""A directory in Hugging Face form as what a run starts from (`init_from`): is it the recipe's model, and were the rows made for it?"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medpretrain.checkpoint.paths import checkpoints_directory
from medpretrain.errors import InputError, InputErrors
from medpretrain.manifest import MANIFEST_NAME, check_sizes, hash_of, read_manifest
from medpretrain.model.settings import ModelSettings
from medpretrain.release.config_json import ModelConfig, disagreements, read_config
from medpretrain.release.weights import HuggingFaceWeights
from medpretrain.tokenizer.vocabulary import FILE_NAME as TOKENIZER_NAME
from medpretrain.tokenizer.vocabulary import Tokenizer


@dataclass(frozen=True)
class Source:
    """A directory to start from.

    Attributes:
        same_tokenizer: its tokenizer is that of the rows; False where it has none.
        identity: that of its manifest where medpretrain exported it, else a hash of its configuration and of its files' names and sizes.
    """

    config: ModelConfig
    weights: HuggingFaceWeights
    same_tokenizer: bool
    identity: str

    def facts(self) -> dict[str, Any]:
        """For the record of a run."""
        return {
            "directory": str(self.config.path.parent),
            "form": self.config.form.title,
            "dtype": ", ".join(self.weights.dtypes),
            "same_tokenizer": self.same_tokenizer,
            "identity": self.identity,
        }


def open_source(directory: Path, model: ModelSettings, tokenizer: Tokenizer) -> Source:
    """The weights of `directory` for a run of this model over rows of this tokenizer (002-07). Reads headers alone, no weights.

    The vocabulary there may be padded or not: `model.vocab_size` rows are taken, and the padding of ours is zeros.

    Raises:
        InputErrors: all at once, where the model is another one, the vocabulary too small or of another tokenizer; or all that is wrong
            with the configuration, or with the files of weights.
    """
    check_directory(directory)
    config = read_config(directory)
    problems = [*disagreements(model, config), *_vocabulary_problems(model, tokenizer, config)]
    if problems:
        raise InputErrors(problems)
    weights = HuggingFaceWeights(directory, model, config.settings.vocab_size)
    return Source(config, weights, (directory / TOKENIZER_NAME).exists(), identity_of(config))


def check_directory(directory: Path) -> None:
    """InputError where this is no directory, or a run, which is exported first."""
    if not directory.is_dir():
        raise InputError(str(directory), "there is no such directory", "a model in Hugging Face form, on this machine", "check the path")
    if checkpoints_directory(directory).is_dir():
        remedy = f"run `medpretrain export {directory} --out DIR` and name DIR"
        raise InputError(str(directory), "is a run", "a model in Hugging Face form", remedy)


def _vocabulary_problems(model: ModelSettings, tokenizer: Tokenizer, config: ModelConfig) -> list[InputError]:
    """Whether ids mean the same there as in the rows: by the tokenizer there, and by the size where there is none."""
    remedy = "pack the text with the tokenizer of this model, or start from another model"
    path, num_rows, problems = config.path.parent / TOKENIZER_NAME, config.settings.vocab_size, []
    most = None if path.exists() else model.padded_vocab_size  # more rows than padding explains are a sign of other ids
    if num_rows < model.vocab_size or (most is not None and num_rows > most):
        expected = f"{model.vocab_size:,}, as the tokenizer of the rows has" + (f", to {most:,} with padding" if most else ", or more")
        problems.append(InputError(f"{config.path} key `{config.keys['vocab_size']}`", f"is {num_rows:,}", expected, remedy))
    if path.exists():
        expected = f"{tokenizer.content_hash[:16]}..., the tokenizer that the rows were packed with"
        try:
            theirs = Tokenizer.from_file(path).content_hash
            if theirs != tokenizer.content_hash:
                problems.append(InputError(str(path), f"has the hash {theirs[:16]}...", expected, remedy))
        except InputError as error:  # no tokenizer of ours at all
            problems.append(InputError(error.where, error.found, expected, remedy))
    return problems


def identity_of(config: ModelConfig) -> str:
    """See `Source`. Raises InputError where a file of an export has another size than its manifest says."""
    directory = config.path.parent
    if (directory / MANIFEST_NAME).exists():
        manifest = read_manifest(directory)
        check_sizes(directory, manifest)
        return manifest.identity
    sizes = {path.name: path.stat().st_size for path in sorted(directory.glob("*.safetensors"))}
    return hash_of({"config": config.values, "sizes": sizes})
