"""Settings of `shards pack`, and the data part of a recipe: what a run reads."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, model_validator

from medpretrain.config import Settings


class PackSettings(Settings):
    """How documents become rows. Documents are packed a window at a time: larger windows pack tighter and take more memory."""

    mask_separator_targets: bool = False  # True: `</s>` is not learned
    window_documents: int = Field(default=65_536, ge=1)
    window_tokens: int = Field(default=2**25, ge=1)  # 64 MiB in uint16; looked at after each block of 4 M characters


class SourceSettings(Settings):
    """One packed dataset of the mixture."""

    shards: Path  # a directory of `shards pack`
    weight: float = Field(default=1.0, ge=0, allow_inf_nan=False)  # share of the samples, in any unit; 0 leaves it out


class DataSettings(Settings):
    """What a run reads. `seq_len` and `mask_separator_targets` must be those that the datasets were packed with."""

    seq_len: int = Field(ge=2)  # tokens a row
    mask_separator_targets: bool = False  # True: `</s>` is not learned
    sources: dict[str, SourceSettings] = Field(
        default={}
    )  # by a name of the user's choice; a packaged recipe leaves them to the command line
    held_out: Path | None = None  # a directory of `shards pack` for validation
    read_ahead_steps: int = Field(default=2, ge=1)  # global batches held ready by the read-ahead thread

    @model_validator(mode="after")
    def check_weights(self) -> DataSettings:
        total = sum(source.weight for source in self.sources.values())
        if self.sources and total <= 0:
            raise ValueError("every source has weight 0; expected at least one weight above 0; raise a weight")
        for name, source in self.sources.items():
            if 0 < source.weight < total / 10_000:
                raise ValueError(
                    f"sources.{name}.weight {source.weight:g} is less than a 10,000th of all; expected a share of at least 1/10,000, or 0; "
                    "raise it or set it to 0"
                )
        return self
