"""How fast the links between the processes of a job are, pair by pair, and which of them are slow.

`python -m medpretrain.cluster.link_probe` is a small program for any launcher (torchrun, srun, deepspeed; `medpretrain doctor` starts one
process a host by ssh). Every two processes send each other data, in a tournament in which all pairs of a round play at once; then all
reduce together. Rank 0 prints one JSON object; a process that loses its partner prints one that names it.
"""

from __future__ import annotations

import json
import signal
import socket
import sys
import time
from collections.abc import Sequence
from datetime import timedelta
from statistics import median
from typing import Any

BYTES_ON_CPU, BYTES_ON_GPU = 2**22, 2**26
REPEATS = 3
WAIT_SECONDS, LIFE_SECONDS = 60, 240  # for a partner; and at most, so that nothing is left behind on a host that lost its asker

Matrix = Sequence[Sequence[float | None]]  # bytes a second between each two; None where not measured


def tournament(num_players: int) -> list[list[tuple[int, int]]]:
    """Rounds of pairs in which everyone meets everyone once, and plays at most once a round: num_players - 1 rounds, or num_players where
    that is odd (one rests)."""
    players: list[int | None] = [*range(num_players), *([None] if num_players % 2 else [])]
    rounds = []
    for _ in range(len(players) - 1):
        pairs = zip(players[: len(players) // 2], reversed(players), strict=False)
        rounds.append([(min(one, other), max(one, other)) for one, other in pairs if one is not None and other is not None])
        players = [players[0], players[-1], *players[1:-1]]
    return rounds


def slow_links(bandwidth: Matrix, share: float) -> tuple[list[int], list[tuple[int, int]]]:
    """Who is slow, and which links are though neither of their ends is.

    A link is slow below `share` of the median over all processes of their best link, so fewer than half of them may be slow. A process
    is slow when more than half of its links to the others are. Of two processes nothing can be said.

    Args:
        bandwidth: symmetric.
    """
    everyone = range(len(bandwidth))
    measured = {
        (one, other): speed for one in everyone for other in everyone if one != other and (speed := bandwidth[one][other]) is not None
    }
    bests = [max((speed for (one, _), speed in measured.items() if one == process), default=0.0) for process in everyone]
    slow = {pair for pair, speed in measured.items() if speed < share * median(bests)}
    named: list[int] = []
    while True:  # the slowest first: its links are then nobody else's fault
        counts = {one: sum(pair[0] == one for pair in slow) for one in everyone if one not in named}
        worst = max(counts, key=lambda one: counts[one], default=None)
        if worst is None or counts[worst] <= sum(pair[0] == worst and pair[1] not in named for pair in measured) / 2:
            break
        named.append(worst)
        slow = {pair for pair in slow if worst not in pair}
    return sorted(named), sorted(pair for pair in slow if pair[0] < pair[1])


def probe() -> None:
    """Measure, as one process of a job, and print what rank 0 gathered."""
    import torch
    import torch.distributed as dist

    from medpretrain.parallel.mesh import read_place

    signal.alarm(LIFE_SECONDS)
    place = read_place()
    on_gpu = torch.cuda.is_available()
    device = torch.device("cuda", place.local_rank) if on_gpu else torch.device("cpu")
    if on_gpu:
        torch.cuda.set_device(device)
    dist.init_process_group("cpu:gloo,cuda:nccl" if on_gpu else "gloo", timeout=timedelta(seconds=WAIT_SECONDS))
    num_bytes = BYTES_ON_GPU if on_gpu else BYTES_ON_CPU
    buffer = torch.ones(num_bytes // 4, device=device)

    def settled() -> float:
        if on_gpu:
            torch.cuda.synchronize()
        return time.perf_counter()

    def exchange(partner: int, data: torch.Tensor) -> None:
        for turn in (min(place.rank, partner), max(place.rank, partner)):
            (dist.send if turn == place.rank else dist.recv)(data, partner)

    speeds: dict[int, float] = {}
    partner = None
    try:
        for pairs in tournament(place.world_size):
            partner = next((sum(pair) - place.rank for pair in pairs if place.rank in pair), None)
            if partner is not None:
                exchange(partner, buffer[:1])
                seconds = []
                for _ in range(REPEATS):
                    started = settled()
                    exchange(partner, buffer)
                    seconds.append(settled() - started)
                speeds[partner] = 2 * num_bytes / min(seconds)
            partner = None
            dist.barrier()
        numbers = torch.full_like(buffer, place.rank + 1)
        started = settled()
        dist.all_reduce(numbers)
        reduced_seconds = settled() - started
        right = bool((numbers == place.world_size * (place.world_size + 1) / 2).all())
    except RuntimeError as error:
        print(json.dumps({"rank": place.rank, "lost": partner, "reason": str(error).splitlines()[0]}), flush=True)
        sys.exit(1)
    everyones: list[Any] = [None] * place.world_size
    dist.all_gather_object(everyones, (f"{socket.gethostname()}:{place.local_rank}", speeds, reduced_seconds, right))
    if place.rank == 0:
        bandwidth = [[partners.get(other) for other in range(place.world_size)] for _, partners, _, _ in everyones]
        print(
            json.dumps(
                {
                    "names": [name for name, *_ in everyones],
                    "bandwidth": [
                        [None if speed is None else min(speed, bandwidth[other][one] or speed) for other, speed in enumerate(row)]
                        for one, row in enumerate(bandwidth)
                    ],
                    "all_reduce_seconds": max(seconds for *_, seconds, _ in everyones),
                    "wrong_sums": [name for name, *_, right in everyones if not right],
                }
            ),
            flush=True,
        )
    dist.destroy_process_group()


if __name__ == "__main__":
    probe()
