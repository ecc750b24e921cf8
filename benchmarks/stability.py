"""How steady training is, and what the learning rate and clipping do to it (000-70): tiny-cpu trained shortly at five rates, and at the
recipe's own and the highest one without clipping too. One process each, on synthetic reports, the same rows in the same order.

Prints a table; the picture and the numbers go to --out, by default runs/stability.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from measure.starts import REPOSITORY, ROW_TOKENS, pack_rows

from medpretrain.readable import readable
from medpretrain.report.compare import stability_analysis

RATES = (3e-4, 1e-3, 3e-3, 1e-2, 3e-2)
UNCLIPPED_RATES = (3e-3, 3e-2)
NO_CLIPPING = 1e9  # a norm that nothing reaches
SHOWN = ("run", "final_loss", "median", "p99", "max", "not_finite", "spikes_5x", "spikes_10x", "stable")


def train(run: Path, shards: Path, num_steps: int, rate: float, clip_norm: float | None) -> Path:
    """One short run; its directory."""
    has_bf16 = any(word in Path("/proc/cpuinfo").read_text() for word in ("avx512_bf16", "amx_bf16"))
    words = [
        *("--recipe", "tiny-cpu", "--run", str(run), f"data.sources.reports.shards={shards}", f"data.seq_len={ROW_TOKENS}"),
        *(f"schedule.total_steps={num_steps}", f"schedule.warmup_steps={num_steps // 6}", f"checkpoint.every_steps={num_steps}"),
        *(f"schedule.peak_learning_rate={rate}", f"schedule.final_learning_rate={rate / 10}", "log_every_steps=1"),
        *(f"precision={'bf16' if has_bf16 else 'fp32'}", f"optimizer.clip_norm={clip_norm or NO_CLIPPING}"),
    ]
    environment = {**os.environ, "DS_ACCELERATOR": "cpu", "OMP_NUM_THREADS": "1"}
    command = [sys.executable, str(REPOSITORY / "launch" / "pretrain.py"), *words]
    child = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert child.returncode == 0, child.stderr[-2000:]
    return run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=80, help="of each run; default: %(default)s")
    parser.add_argument("--out", type=Path, default=REPOSITORY / "runs" / "stability", help="default: %(default)s")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        shards = pack_rows(Path(directory))
        plan = [(rate, 1.0) for rate in RATES] + [(rate, None) for rate in UNCLIPPED_RATES]
        runs = []
        for rate, clip_norm in plan:
            name = f"{rate:g}" if clip_norm else f"{rate:g} unclipped"
            runs.append(train(Path(directory) / "runs" / name, shards, arguments.steps, rate, clip_norm))
        result = stability_analysis(runs, arguments.out)
    print(f"tiny-cpu, {arguments.steps} steps of 8 rows of {ROW_TOKENS} tokens; each run is named by its peak learning rate")
    rows = [{**{key: run[key] for key in SHOWN}, "clipped_share": run["clipped"]["share"]} for run in result["runs"]]
    print("\n".join(readable({"runs": rows})))
    print(f"picture: {result['picture']}")


if __name__ == "__main__":
    main()
