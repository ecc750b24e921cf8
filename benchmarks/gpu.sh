#!/usr/bin/env bash
# All that only a GPU can show, on a machine with one GPU and perhaps no network, by one command: tests/gpu, then benchmarks/gpu.py.
# It needs a python3 with torch for CUDA, transformers, tokenizers and pytest. What else it lacks can be brought along: `make gpu-wheels` on a
# machine with network puts it into .wheels/, which travels with the repository.
set -euo pipefail
cd "$(dirname "$0")/.."
python=${PYTHON:-python3}
site=$(mktemp -d)
trap 'rm -rf "$site"' EXIT
if compgen -G '.wheels/*.whl' >/dev/null; then
  "$python" -m pip install --quiet --no-index --no-deps --no-compile --target "$site" .wheels/*.whl
fi
export PYTHONPATH="$PWD:$site${PYTHONPATH:+:$PYTHONPATH}" PYTHONUNBUFFERED=1
status=0
timeout 300 "$python" -m pytest tests/gpu -q -p no:cacheprovider --durations=5 || status=$?
"$python" benchmarks/gpu.py "$@" || status=$?
exit $status
