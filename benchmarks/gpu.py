"""What a single GPU does with `medical-1b` (bf16, rows of 4,096, document masks on): tokens/s, MFU, peak memory and the share of a step by
part, beside transformers' Llama of the same shape under the same DeepSpeed engine. Data and weights are random; nothing is downloaded.

`bash benchmarks/gpu.sh` runs it after tests/gpu. `--device cpu` tries the script itself out, at a toy size.
"""

from __future__ import annotations

import argparse
import gc
import os
import re
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable

import torch
from measure.pairs import PAIRS, measure_pairs
from measure.training import Llama, Ours, Trained, batches, one_process

from medpretrain.model.counts import count_parameters, flops_per_token
from medpretrain.train.meter import peak_flops
from medpretrain.train.recipes import load_recipe
from medpretrain.train.settings import Recipe

TOY = ("model.vocab_size=2000", "model.hidden_size=64", "model.num_layers=2", "model.num_heads=4", "model.num_kv_heads=2")
TOY = (*TOY, "model.head_size=16", "model.ffn_size=128", "data.seq_len=256")
KERNELS = {  # words in a kernel's name -> what it is; the first that fits counts
    "attention": r"flash|fmha|varlen|attention",
    "optimizer": r"adam|multi_tensor",
    "communication": r"nccl",
    "matrix products": r"gemm|nvjet|cutlass|xmma|cublas|addmm|aten::mm",
    "copies": r"memcpy|memset|copy_kernel|direct_copy",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    parser.add_argument(
        "--rows", type=int, nargs="+", default=[2, 4, 8], help="rows of a micro-batch to try (the first beside transformers)"
    )
    arguments = parser.parse_args()
    if arguments.device == "cuda" and not torch.cuda.is_available():
        print("no CUDA GPU on this machine: nothing was measured")
        return
    if arguments.device == "cpu":
        os.environ["DS_ACCELERATOR"] = "cpu"
    with one_process() as device:
        measure(device, arguments.rows)


def measure(device: torch.device, rows: list[int]) -> None:
    name = torch.cuda.get_device_name() if device.type == "cuda" else "cpu"
    ceiling = matrix_rate(device)
    peak = peak_flops(name) or ceiling
    print(
        f"{name}, torch {torch.__version__}: {ceiling / 1e12:,.1f} TFLOP/s in a large bf16 matrix product, {peak / 1e12:,.0f} taken for MFU"
    )
    for attempt, num_rows in enumerate(rows):
        try:
            ours_alone(device, num_rows, peak)
            if attempt == 0:
                beside_transformers(device, num_rows)
        except torch.cuda.OutOfMemoryError:
            print(f"{num_rows} rows a micro-batch: out of memory")
        release()


def recipe_of(device: torch.device, num_rows: int) -> Recipe:
    sizes = [f"batch.global_rows={num_rows}", f"batch.micro_rows={num_rows}"]
    return load_recipe("medical-1b", [*sizes, *(TOY if device.type == "cpu" else ())])


def ours_alone(device: torch.device, num_rows: int, peak: float) -> None:
    recipe = recipe_of(device, num_rows)
    reset_peak(device)
    trained = Ours(recipe, device)
    data = batches(recipe, num_steps=4)
    tokens = sum(batch.num_real_tokens for batch in data) / len(data)
    seconds = statistics.median(timed_steps(trained, data, device) for _ in range(PAIRS))
    model_flops = flops_per_token(recipe.model, recipe.data.seq_len)
    print(
        f"medical-1b ({count_parameters(recipe.model):,} parameters), {num_rows} rows a micro-batch: {tokens / seconds:,.0f} tokens/s, "
        f"MFU {tokens / seconds * model_flops / peak:.1%} (6N and full-square attention), {seconds * 1000:,.0f} ms a step, "
        f"{peak_memory(device) / 2**30:,.1f} GiB at the most"
    )
    shares(trained, data, device)
    trained.free()


def beside_transformers(device: torch.device, num_rows: int) -> None:
    recipe = recipe_of(device, num_rows)
    data = batches(recipe, num_steps=4)
    ours, theirs = Ours(recipe, device), Llama(recipe, device)
    for trained in (ours, theirs):
        timed_steps(trained, data, device)  # the first steps allocate, and choose kernels
    measured = measure_pairs(lambda: timed_steps(ours, data, device), lambda: timed_steps(theirs, data, device))
    print(measured.line(f"a step of {num_rows} rows", "s", "transformers' Llama, sdpa with a document mask, the same engine", ".4f"))
    ours.free()
    theirs.free()


def timed_steps(trained: Trained, data: list, device: torch.device) -> float:
    """Seconds a step over all of `data`."""
    synchronise(device)
    started = time.perf_counter()
    for batch in data:
        trained.step(batch)
    synchronise(device)
    return (time.perf_counter() - started) / len(data)


def shares(trained: Trained, data: list, device: torch.device) -> None:
    """The share of a step's time by kind of kernel, and what no kernel used."""
    activity = torch.profiler.ProfilerActivity.CUDA if device.type == "cuda" else torch.profiler.ProfilerActivity.CPU
    with torch.profiler.profile(activities=[activity]):  # its own first step starts it
        trained.step(data[0])
        synchronise(device)
    started = time.perf_counter()
    with torch.profiler.profile(activities=[activity]) as profile:
        trained.step(data[0])
        synchronise(device)
    wall = time.perf_counter() - started
    seconds: Counter[str] = Counter()
    for event in profile.key_averages():
        spent = (event.self_device_time_total if device.type == "cuda" else event.self_cpu_time_total) / 1e6
        kind = next((kind for kind, words in KERNELS.items() if re.search(words, event.key, re.IGNORECASE)), "element-wise and reductions")
        seconds[kind] += spent
    busy = seconds.total()
    parts = ", ".join(f"{kind} {spent / wall:.1%}" for kind, spent in seconds.most_common() if spent > 0.001 * wall)
    print(f"  share of a step: {parts}, no kernel {max(0.0, 1 - busy / wall):.1%} (of {wall * 1000:,.0f} ms, profiler on)")


def matrix_rate(device: torch.device) -> float:
    """FLOPs a second of a bf16 product of two square matrices of random numbers, median of a few."""
    size = 8192 if device.type == "cuda" else 512
    left, right = (torch.randn(size, size, device=device, dtype=torch.bfloat16) for _ in range(2))

    def once(product: Callable[[], torch.Tensor], repeats: int = 10) -> float:
        synchronise(device)
        started = time.perf_counter()
        for _ in range(repeats):
            product()
        synchronise(device)
        return 2 * size**3 * repeats / (time.perf_counter() - started)

    once(lambda: left @ right, repeats=3)
    return statistics.median(once(lambda: left @ right) for _ in range(PAIRS))


def synchronise(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize()


def reset_peak(device: torch.device) -> None:
    release()
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats()


def peak_memory(device: torch.device) -> int:
    return torch.cuda.max_memory_allocated() if device.type == "cuda" else 0


def release() -> None:
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


if __name__ == "__main__":
    sys.exit(main())
