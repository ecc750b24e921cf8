"""Numbers as a person reads them on the page."""

from __future__ import annotations

import math
import time

UNITS = ((1e12, 1e12, " T"), (1e9, 1e9, " B"), (1e6, 1e6, " M"), (1e4, 1e3, " k"))  # from where on, divided by, name
SPANS = ((3600, 60, 1, ("min", "s")), (86400, 3600, 60, ("h", "min")), (math.inf, 86400, 3600, ("d", "h")))  # below, in seconds


def short(value: float | None) -> str:
    """A number in three digits: 1.23 M, 450, 0.0451, 3e-05; a dash for none."""
    if value is None or not math.isfinite(value):
        return "–"
    for least, unit, name in UNITS:
        if abs(value) >= least:
            return _three_digits(value / unit) + name
    return _three_digits(value)


def _three_digits(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 or value == 0 else f"{value:.3g}"


def duration(seconds: float | None) -> str:
    """12.3 s, 4 min 5 s, 3 h 20 min, 2 d 4 h; a dash for none."""
    if seconds is None:
        return "–"
    if seconds < 60:
        return f"{seconds:.1f} s"
    large, small, names = next((large, small, names) for most, large, small, names in SPANS if seconds < most)
    whole, rest = divmod(round(seconds / small), large // small)
    return f"{whole:,} {names[0]} {rest} {names[1]}"


def moment(seconds: float) -> str:
    """A time of the clock, UTC."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(seconds))
