"""How steady training was: the distribution of its gradient norms, and its spikes (000-70, 001-18).

There are two means here. `judge` takes the plain mean of all finite norms (001-18: spikes are above 5 times it, and a run is stable where
its largest norm is below 10 times it). `spikes_of` marks a norm while a run goes on, so it takes the mean of those before it: the first
steps, whose norms are large in every run, are then no yardstick for the later ones.
"""

from __future__ import annotations

import math
from collections import deque
from typing import Any

import numpy as np
from numpy.typing import NDArray

SPIKE, LARGE_SPIKE = 5.0, 10.0  # times the mean
RUNNING_LINES = 100  # the running mean is over so many lines
LEAST_LINES = 10  # and before there are so many, nothing is a spike
QUANTILES = {"median": 0.5, "p90": 0.9, "p99": 0.99}

Floats = NDArray[np.float64]


def running_means(norms: Floats) -> Floats:
    """The mean of the up to RUNNING_LINES finite norms before each one [n], a spike counting as SPIKE times the mean, so that it does not
    hide the next one; NaN before there are LEAST_LINES."""
    recent: deque[float] = deque(maxlen=RUNNING_LINES)
    means = []
    for norm in norms.tolist():
        mean = sum(recent) / len(recent) if len(recent) >= LEAST_LINES else math.nan
        means.append(mean)
        if math.isfinite(norm):
            recent.append(norm if math.isnan(mean) else min(norm, SPIKE * mean))
    return np.array(means)


def spikes_of(norms: Floats, means: Floats, factor: float = SPIKE) -> NDArray[np.bool_]:
    """Which norms [n] are above `factor` times the running mean before them [n]."""
    return norms > factor * means


def judge(norms: Floats) -> dict[str, Any]:
    """`spikes`, norms above 5 times the mean of all finite ones, and `stable`: every norm is finite and below 10 times that mean (001-18).

    `mean` and `stable` are None where there is no norm.
    """
    finite = norms[np.isfinite(norms)]
    if len(norms) == 0:
        return {"mean": None, "spikes": 0, "stable": None}
    mean = float(finite.mean()) if len(finite) else None
    if mean is None:
        return {"mean": None, "spikes": 0, "stable": False}
    stable = len(finite) == len(norms) and bool(finite.max() < LARGE_SPIKE * mean)
    return {"mean": mean, "spikes": int((finite > SPIKE * mean).sum()), "stable": stable}


def norm_statistics(norms: Floats, clip_norm: float | None) -> dict[str, Any]:
    """The distribution of a run's gradient norms [n], before clipping and after (000-70).

    Args:
        clip_norm: what the norm is clipped to; None where that is not known.

    Returns:
        what `judge` says; `steps`, `not_finite`; `spikes_5x`, `spikes_10x` by the running mean; quantiles and largest norm, and the same
        `clipped`, with the share of steps that clipping changed.
    """
    finite = norms[np.isfinite(norms)]
    means = running_means(norms)
    result: dict[str, Any] = {
        "steps": len(norms),
        "not_finite": len(norms) - len(finite),
        **judge(norms),
        "spikes_5x": int(spikes_of(norms, means).sum()),
        "spikes_10x": int(spikes_of(norms, means, LARGE_SPIKE).sum()),
        **_distribution(finite),
    }
    if clip_norm is not None and len(finite):
        clipped = np.minimum(finite, clip_norm)
        result["clipped"] = {"clip_norm": clip_norm, "share": float((finite > clip_norm).mean()), **_distribution(clipped)}
    return result


def _distribution(values: Floats) -> dict[str, float | None]:
    """Quantiles and the largest of finite values [n]."""
    if len(values) == 0:
        return {**dict.fromkeys(QUANTILES), "max": None}
    return {**{name: float(np.quantile(values, share)) for name, share in QUANTILES.items()}, "max": float(values.max())}
