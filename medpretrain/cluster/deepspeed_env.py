"""`.deepspeed_env`: the variables that the deepspeed launcher takes to other hosts.

Over ssh a process finds the environment of a fresh login, not that of the command line where the run was started. DeepSpeed hands on what
begins with PYTHON, NCCL, UCX or MV2, and the lines of a file `.deepspeed_env` in the working directory or at home; nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from medpretrain.errors import InputError, InputErrors

FILE_NAME = ".deepspeed_env"

# Variables that change what a process of a run does. Not among them: what belongs to one host or one process (CUDA_VISIBLE_DEVICES,
# LOCAL_RANK), what a login sets by itself (HOME, USER), and secrets, which do not belong into a file (WANDB_API_KEY).
NAMES = (
    *("PATH", "LD_LIBRARY_PATH", "LD_PRELOAD", "VIRTUAL_ENV", "CONDA_PREFIX"),
    *("CUDA_HOME", "CUDA_DEVICE_MAX_CONNECTIONS", "CUDA_DEVICE_ORDER", "CUDA_LAUNCH_BLOCKING", "CUBLAS_WORKSPACE_CONFIG"),
    *("DS_ACCELERATOR", "DEEPSPEED_TIMEOUT", "HF_HOME", "HF_HUB_OFFLINE", "WANDB_MODE", "WANDB_PROJECT", "WANDB_ENTITY", "WANDB_DIR"),
    *("TRITON_CACHE_DIR", "XDG_CACHE_HOME", "TMPDIR", "LANG", "LC_ALL", "TZ"),
)
PREFIXES = ("DS_BUILD_", "FI_", "GLOO_", "MKL_", "NCCL_", "OMP_", "TORCH_", "TORCHINDUCTOR_", "UCX_")
# DeepSpeed puts a value with any other character into quotes, which a shell may read as something else, and which mpirun keeps.
TAKEN_AS_IT_IS = re.compile(r"[\w@%+=:,./-]*", re.ASCII)


def deepspeed_env(environment: Mapping[str, str]) -> str:
    """The text of a `.deepspeed_env` for runs started from this environment: a line NAME=value for each variable that matters to them.

    InputErrors where a value would reach the other hosts changed.
    """
    chosen = {name: value for name, value in sorted(environment.items()) if name in NAMES or name.startswith(PREFIXES)}
    problems = [
        InputError(
            f"the environment variable {name}",
            f"is `{value}`",
            "letters, digits and @%+=:,./-_ only, as deepspeed changes others on their way to other hosts",
            "unset or change it",
        )
        for name, value in chosen.items()
        if not TAKEN_AS_IT_IS.fullmatch(value)
    ]
    if problems:
        raise InputErrors(problems)
    return "".join(f"{name}={value}\n" for name, value in chosen.items())
