"""From where on a machine is not fit: thresholds of GPU health, of hosts and links, and the sizes that kinds of clusters must have."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from medpretrain.config import Settings

Count = Annotated[int, Field(ge=0)]
Amount = Annotated[float, Field(ge=0)]


class GpuThresholds(Settings):
    """Of one GPU before a run starts, when it should be idle.

    Attributes:
        bad_celsius: at idle: it will slow down or stop under load.
        warn_aggregate_errors: uncorrected memory errors in the GPU's whole life from which on it is worth watching.
        warn_used_mib: memory taken before the run begins, so by somebody else.
    """

    warn_celsius: Amount = 75.0
    bad_celsius: Amount = 90.0
    bad_volatile_errors: Count = 1
    warn_aggregate_errors: Count = 1
    warn_used_mib: Amount = 2048.0


class HostThresholds(Settings):
    """Of a host and the links between hosts.

    Attributes:
        warn_clock_seconds, bad_clock_seconds: by which a clock is surely off the asking host's (what the network may add is left out).
        min_free_bytes, min_free_files: of the run's file system, besides what the recipe's checkpoints need.
        slow_link_share: a link below this share of what most hosts reach is slow.
    """

    warn_clock_seconds: Amount = 1.0
    bad_clock_seconds: Amount = 30.0
    min_free_bytes: Count = 10**9
    min_free_files: Count = 10_000
    slow_link_share: Annotated[float, Field(gt=0, lt=1)] = 0.5


class Profile(Settings):
    """The least that a kind of cluster must have; `gpu_memory_gb` is of all GPUs of a host together, `free_tb` of the run's disk."""

    hosts: Count = 1
    memory_gb: Amount = 0.0
    cores: Count = 0
    gpus: Count = 0
    gpu_memory_gb: Amount = 0.0
    infiniband: bool = False
    free_tb: Amount = 0.0


# Per host: the sizes of requirements 003-53 (a developer's machine, staging, production) and 003-49 (a cluster).
PROFILES = {
    "development": Profile(memory_gb=16, cores=4, gpus=1),
    "staging": Profile(memory_gb=64, cores=16, gpus=4),
    "production": Profile(memory_gb=128, cores=32, gpus=8),
    "cluster": Profile(hosts=3, gpus=8, gpu_memory_gb=100, infiniband=True, free_tb=10),
}
