"""How often a run is saved, and which of its checkpoints stay."""

from __future__ import annotations

from pydantic import Field

from medpretrain.config import Settings


class CheckpointSettings(Settings):
    """`every_steps`: steps between two saves. The newest `keep_newest` stay, and every `keep_every`-th save stays for good (002-70)."""

    every_steps: int = Field(ge=1)
    keep_newest: int = Field(default=5, ge=1)
    keep_every: int = Field(default=10, ge=1)
