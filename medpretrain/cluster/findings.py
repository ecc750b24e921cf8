"""What a look at the cluster finds: one sentence each, with how bad it is and which hosts it is about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["ok", "warn", "bad"]  # bad: a run must not start with it; warn: it may, and should be looked at


@dataclass(frozen=True)
class Finding:
    """`check` is what was looked at ("GPU health"); `host` is the machine it is about, or "" where it is about all of them."""

    level: Level
    check: str
    host: str
    sentence: str
