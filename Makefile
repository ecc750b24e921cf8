# What one types here. Two commands do everything on a fresh machine: `make quickstart` and `make test`; both run `make setup` first.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.DEFAULT_GOAL := help

# The stamp says that the setup ended, and which torch was asked for; the other mark says that one began and did not end.
STAMP := .venv/.installed
UNFINISHED := .venv/.unfinished
INSTALLED_TORCH := $(shell cat $(STAMP) 2>/dev/null)
TORCH ?= $(or $(INSTALLED_TORCH),torch==2.13.0)
PYTHON_CANDIDATES := $(or $(PYTHON),python3 python3.13 python3.12 python3.11 python3.10)

export PATH := $(CURDIR)/.venv/bin:$(PATH)
# DeepSpeed compiles a small C++ operation at its first use: here it is private and made beforehand.
export TORCH_EXTENSIONS_DIR := $(CURDIR)/.venv/torch_extensions
# Launchers and tests set their own number of threads a process.
unexport OMP_NUM_THREADS

# Prints what a Python lacks to be ours; nothing when it will do.
define PROBE
import importlib.util, os, sys, sysconfig
if sys.version_info < (3, 10):
    print("is version %d.%d" % sys.version_info[:2])
elif not (importlib.util.find_spec("venv") and importlib.util.find_spec("ensurepip")):
    print("has no venv module (Debian, Ubuntu: apt-get install python3-venv)")
elif not os.path.exists(os.path.join(sysconfig.get_path("include"), "Python.h")):
    print("has no header Python.h (Debian, Ubuntu: apt-get install python3-dev)")
endef
export PROBE

.PHONY: help setup quickstart static check test test-long test-cluster-smoke test-cluster corpus-demo bench gpu-wheels

help:
	@cat <<-'TEXT'
	make quickstart [DATA=PATH]   raw text to a trained, killed, resumed, evaluated and exported model, in minutes, on CPU
	make test                     the whole test suite but the long runs and the cluster
	make setup [TORCH=REQUIREMENT|WHEEL] [PYTHON=PATH]   .venv with everything in it (the other targets do it when needed)
	make check                    format, lint, types, fast tests (make static: without the tests)
	make test-long                repeated and random runs
	make test-cluster             several hosts on this machine, with Slurm, pdsh and MPI (as root; what it needs is said)
	make corpus-demo              medical text of every format that is read -> a corpus and its page (from ../shared/data)
	make bench                    prints the figures of benchmarks/
	make gpu-wheels               what `bash benchmarks/gpu.sh` needs beside torch on a GPU machine without network [GPU_PYTHON=3.12]
	TEXT

# A lock that a killed process left would stop the next one for ever; ready-made, the operation is locked for a moment only.
setup: $(STAMP)
	@if [ -d "$$TORCH_EXTENSIONS_DIR" ]; then find "$$TORCH_EXTENSIONS_DIR" -name lock -mmin +1 -delete; fi

ifneq ($(TORCH),$(INSTALLED_TORCH))
.PHONY: $(STAMP)
endif

$(STAMP): setup.py
	@if ! command -v g++ >/dev/null; then
	  echo "make setup needs g++, since DeepSpeed compiles a small C++ operation: install it (Debian, Ubuntu: apt-get install g++) and run make again." >&2
	  exit 2
	fi
	python= lacking=
	for name in $(PYTHON_CANDIDATES); do
	  lack=$$("$$name" -c "$$PROBE" 2>/dev/null) || continue
	  if [ -z "$$lack" ]; then python=$$name; break; fi
	  lacking=$${lacking:-$$name $$lack}
	done
	if [ -z "$$python" ]; then
	  echo "make setup needs Python 3.10 or newer, but $${lacking:-none was found as $(PYTHON_CANDIDATES)}: install that, or name another: make setup PYTHON=/path/to/python3." >&2
	  exit 2
	fi
	if [ -e $(UNFINISHED) ]; then
	  echo "setup: an earlier one was interrupted; starting anew"
	  rm -rf .venv
	fi
	mkdir -p .venv
	touch $(UNFINISHED)
	rm -f $(STAMP)
	[ -x .venv/bin/pip ] || "$$python" -m venv .venv
	echo "setup 1/3: '$(TORCH)' in .venv ($$(.venv/bin/python --version))"
	.venv/bin/pip install '$(TORCH)'
	.venv/bin/python -c 'from importlib.metadata import version; print("torch==" + version("torch"))' >.venv/constraints.txt
	echo "setup 2/3: the other libraries, holding $$(cat .venv/constraints.txt)"
	.venv/bin/pip install --constraint .venv/constraints.txt setuptools wheel ninja py-cpuinfo
	DS_BUILD_OPS=0 .venv/bin/pip install --constraint .venv/constraints.txt --no-build-isolation --editable '.[dev]'
	echo "setup 3/3: DeepSpeed's C++ operation for processes on CPU"
	rm -rf "$$TORCH_EXTENSIONS_DIR"
	mkdir -p "$$TORCH_EXTENSIONS_DIR"
	DS_ACCELERATOR=cpu .venv/bin/python -c 'from deepspeed.ops.op_builder import ShareMemCommBuilder as B; B().is_compatible() and B().load(verbose=False)'
	echo '$(TORCH)' >$(STAMP)
	rm $(UNFINISHED)

quickstart: setup
	@DATA='$(DATA)' bash launch/quickstart.sh

static: setup
	@ruff format --check .
	ruff check .
	mypy

# A test a core at a time, but for those that start processes of their own (tests/conftest.py).
SIDE_BY_SIDE := --numprocesses=logical --maxprocesses=8

check: static
	@pytest $(SIDE_BY_SIDE) -m "not slow and not long and not cluster"

test: setup
	@pytest $(SIDE_BY_SIDE) -m "not long and not cluster" --durations=15

test-long: setup
	@pytest -m long

# One test after the other: hosts share the machine's cores, and time-outs are short. In CI three of them: a job of the batch script, ranks
# that srun starts, and a doctor among hosts of which some are silent.
test-cluster-smoke: setup
	@pytest -m cluster --numprocesses=0 tests/cluster -k "nothing_happens or do_not_answer_are_named or (trains_the_same and srun)"

test-cluster: setup
	@pytest -m cluster --numprocesses=0 tests/cluster

# Every format that can be read, from the real samples beside this repository, to the corpus, its page and its audit trail.
corpus-demo: setup
	@mkdir -p runs
	[ -e runs/corpus-demo.secret ] || (umask 077; python -c 'import secrets; print(secrets.token_hex(32))' >runs/corpus-demo.secret)
	medpretrain corpus build launch/corpus_demo.yaml --out runs/corpus-demo
	medpretrain corpus audit runs/corpus-demo --secret-file runs/corpus-demo.secret

bench: setup
	@for file in benchmarks/*.py; do
	  echo "== $$file"
	  python "$$file"
	done

# Of the versions installed here, for x86-64 Linux and the Python of the GPU machine.
GPU_PYTHON ?= 3.12
GPU_LIBRARIES := annotated-types blake3 gigatoken hjson orjson pydantic pydantic_core typing-inspection zstandard
gpu-wheels: setup
	@rm -rf .wheels
	pip freeze | grep -E "^($$(echo $(GPU_LIBRARIES) | tr ' ' '|'))==" >.venv/gpu-libraries.txt
	pip download --quiet --no-deps --only-binary=:all: --python-version $(GPU_PYTHON) --implementation cp \
	  --platform manylinux_2_28_x86_64 --platform manylinux_2_17_x86_64 --platform manylinux2014_x86_64 --platform any \
	  --dest .wheels --requirement .venv/gpu-libraries.txt
	DS_BUILD_OPS=0 pip wheel --quiet --no-deps --no-build-isolation --wheel-dir .wheels "$$(pip freeze | grep '^deepspeed==')"
	ls -l .wheels
