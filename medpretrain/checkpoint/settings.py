"""How often a run is saved, and which of its checkpoints stay."""

from __future__ import annotations

from pydantic import Field

from medpretrain.config import Settings


class CheckpointSettings(Settings):
    """When a run is saved: after `every_steps` steps or `every_minutes` minutes, whichever comes first (002-12); the default leaves five
    minutes for the writing, so that at most half an hour is lost. The newest `keep_newest` stay, and every `keep_every`-th save stays for
    good (002-70). `keep_best`: so does the one with the lowest validation loss of all, which is saved as soon as it is found (002-124).

    `copy_to`: where every `copy_every`-th save and the run's last checkpoint get a second copy (002-71), below a directory of the run's
    name: a URL such as `s3://bucket/prefix`. Nothing is ever removed there.
    """

    every_steps: int = Field(ge=1)
    every_minutes: float = Field(default=25.0, gt=0)
    keep_newest: int = Field(default=5, ge=1)
    keep_every: int = Field(default=10, ge=1)
    keep_best: bool = True
    copy_to: str | None = Field(default=None, pattern=r"^[a-z][a-z0-9+.-]*://.+")
    copy_every: int = Field(default=10, ge=1)
