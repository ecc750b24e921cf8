"""A training program as one writes it with DeepSpeed alone, for figures beside ours: ZeRO-3 in bf16, a decoder of the same shape, random
tokens, DeepSpeed's own save and load. torchrun or srun starts it, once a process; the same command goes on from the newest checkpoint.

What it adds to such a program: rank 0 tells when which part of the start was done, under the names and in the files of our runs.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from pathlib import Path
from typing import Any

import deepspeed
import torch
import torch.nn.functional as F
from torch import Tensor, nn

LEARNING_RATE = 3e-4
DS_CONFIG = Path(__file__).resolve().parents[2] / "ds_configs" / "zero3.json"


class Layer(nn.Module):
    """Causal grouped-query attention and SwiGLU, each behind its norm; positions are not told."""

    def __init__(self, hidden_size: int, num_heads: int, num_kv_heads: int, head_size: int, ffn_size: int) -> None:
        super().__init__()
        self.head_size = head_size
        self.attention_norm, self.mlp_norm = nn.RMSNorm(hidden_size), nn.RMSNorm(hidden_size)
        self.query = nn.Linear(hidden_size, num_heads * head_size, bias=False)
        self.key = nn.Linear(hidden_size, num_kv_heads * head_size, bias=False)
        self.value = nn.Linear(hidden_size, num_kv_heads * head_size, bias=False)
        self.out = nn.Linear(num_heads * head_size, hidden_size, bias=False)
        self.gate = nn.Linear(hidden_size, ffn_size, bias=False)
        self.up = nn.Linear(hidden_size, ffn_size, bias=False)
        self.down = nn.Linear(ffn_size, hidden_size, bias=False)

    def forward(self, x: Tensor) -> Tensor:  # [B, S, H]
        normed = self.attention_norm(x)
        query, key, value = (
            projection(normed).unflatten(-1, (-1, self.head_size)).transpose(1, 2) for projection in (self.query, self.key, self.value)
        )  # [B, heads, S, D]
        mixed = F.scaled_dot_product_attention(query, key, value, is_causal=True, enable_gqa=True)
        x = x + self.out(mixed.transpose(1, 2).flatten(-2))
        normed = self.mlp_norm(x)
        return x + self.down(F.silu(self.gate(normed)) * self.up(normed))


class Decoder(nn.Module):
    """Mean next-token loss of rows of tokens."""

    def __init__(self, vocab_size: int, hidden_size: int, num_layers: int, **of_layers: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, hidden_size)
        self.layers = nn.ModuleList(Layer(hidden_size, **of_layers) for _ in range(num_layers))
        self.norm = nn.RMSNorm(hidden_size)
        self.head = nn.Linear(hidden_size, vocab_size, bias=False)

    def forward(self, tokens: Tensor) -> Tensor:  # [B, S + 1]
        x = self.embedding(tokens[:, :-1])
        for layer in self.layers:
            x = layer(x)
        return F.cross_entropy(self.head(self.norm(x)).float().flatten(0, 1), tokens[:, 1:].flatten())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", type=Path, required=True, help="where checkpoints and records go")
    parser.add_argument("--shape", type=json.loads, required=True, help="JSON: what Decoder takes")
    parser.add_argument("--row-tokens", type=int, required=True, help="length of a row; each process trains one a step")
    parser.add_argument("--last-step", type=int, required=True)
    parser.add_argument("--save-every", type=int, required=True, help="steps")
    words = parser.parse_args()
    if "RANK" not in os.environ:  # by srun
        names = {"RANK": "SLURM_PROCID", "LOCAL_RANK": "SLURM_LOCALID", "WORLD_SIZE": "SLURM_NTASKS"}
        os.environ.update({name: os.environ[of_slurm] for name, of_slurm in names.items()})
    records = Records(words.run) if os.environ["RANK"] == "0" else None
    if records:
        records.add("events", event="launched", process_started=process_started())

    begun = time.time()
    deepspeed.init_distributed(verbose=False)
    joined = time.time()
    config: dict[str, Any] = {
        **json.loads(DS_CONFIG.read_text()),
        "train_micro_batch_size_per_gpu": 1,
        "gradient_clipping": 1.0,
        "bf16": {"enabled": True},
        "steps_per_print": 10**9,
    }
    with deepspeed.zero.Init(config_dict_or_path=config):
        module = Decoder(**words.shape)
    optimizer = torch.optim.AdamW(module.parameters(), lr=LEARNING_RATE, fused=True)
    engine, *_ = deepspeed.initialize(model=module, optimizer=optimizer, config=config)
    built = time.time()
    loaded, _ = engine.load_checkpoint(str(words.run / "checkpoints")) if (words.run / "checkpoints").exists() else (None, None)
    if records:
        seconds = {"join": joined - begun, "build": built - joined, "load": time.time() - built}
        records.add("events", event="started" if loaded is None else "resumed", step=engine.global_steps, seconds=seconds)

    device = torch.device(deepspeed.get_accelerator().current_device_name())
    while engine.global_steps < words.last_step:
        generator = torch.Generator().manual_seed(engine.global_steps * engine.world_size + engine.global_rank)
        tokens = torch.randint(words.shape["vocab_size"], (1, words.row_tokens + 1), generator=generator).to(device)
        loss = engine(tokens)
        engine.backward(loss)
        engine.step()
        if records:
            records.add("metrics", step=engine.global_steps, loss=loss.item())
        if engine.global_steps % words.save_every == 0:
            engine.save_checkpoint(str(words.run / "checkpoints"))
    os._exit(0)  # libraries may abort in their teardown


class Records:
    """Lines of events.jsonl and metrics.jsonl, each with its time."""

    def __init__(self, run: Path) -> None:
        self._run = run
        run.mkdir(parents=True, exist_ok=True)

    def add(self, name: str, **facts: Any) -> None:
        with open(self._run / f"{name}.jsonl", "a") as file:
            file.write(json.dumps({"time": time.time(), **facts}) + "\n")


def process_started() -> float:
    """When this process began, before Python was loaded."""
    ticks = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19])  # since boot
    return time.time() - time.clock_gettime(time.CLOCK_BOOTTIME) + ticks / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
