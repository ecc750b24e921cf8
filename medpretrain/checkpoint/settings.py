"""How often a run is saved, and which of its checkpoints stay."""

from __future__ import annotations

from pydantic import Field

from medpretrain.config import Settings


class CheckpointSettings(Settings):
    """When a run is saved: after `every_steps` steps or `every_minutes` minutes, whichever comes first (002-12); the default leaves five
    minutes for the writing, so that at most half an hour is lost. The newest `keep_newest` stay, and every `keep_every`-th save stays for
    good (002-70)."""

    every_steps: int = Field(ge=1)
    every_minutes: float = Field(default=25.0, gt=0)
    keep_newest: int = Field(default=5, ge=1)
    keep_every: int = Field(default=10, ge=1)
