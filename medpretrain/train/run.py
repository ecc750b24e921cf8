"""A training run, wired: recipe and DeepSpeed JSON in; processes, data, engine, checkpoint and loop put together; an exit status out."""

from __future__ import annotations

import logging
import os
import socket
import sys
import time
import traceback
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import torch
import torch.distributed as dist

from medpretrain.checkpoint.reader import CheckpointReader
from medpretrain.checkpoint.writer import clean_staging
from medpretrain.errors import InputError, InputErrors
from medpretrain.log import logger, set_up_logging
from medpretrain.manifest import write_atomically
from medpretrain.model.counts import count_parameters, flops_per_token
from medpretrain.model.initialise import blank_weights, initial_weights
from medpretrain.parallel.mesh import Mesh, Place, build_mesh
from medpretrain.shards.format import ShardDataset
from medpretrain.shards.loader import StepLoader, check_alike, held_out_batches, round_sizes, sources_of
from medpretrain.shards.order import Order, resume_order
from medpretrain.tokenizer.vocabulary import FILE_NAME as TOKENIZER_NAME
from medpretrain.tokenizer.vocabulary import Tokenizer
from medpretrain.train.ds_config import read_ds_config, resolve_ds_config
from medpretrain.train.engine import Engine, device_facts, start_processes
from medpretrain.train.meter import Meter, peak_flops
from medpretrain.train.recipes import load_recipe
from medpretrain.train.resume import check_resumable
from medpretrain.train.rng import seed_everything
from medpretrain.train.run_directory import OUTCOME_NAME, RunDirectory
from medpretrain.train.saving import check_probe, find_checkpoint, load_checkpoint
from medpretrain.train.settings import Recipe, find_problems
from medpretrain.train.stop import StopRequest
from medpretrain.train.trainer import FINISHED, Position, Trainer
from medpretrain.train.validate import Scores, score_batches

WRONG_INPUT, WORTH_A_RESTART, FAILED = 2, 76, 1
PROBE_ROWS = 8


def main(
    place: Place, recipe_name: str, run_path: Path, ds_config_path: Path, overrides: Sequence[str], command: Sequence[str]
) -> NoReturn:
    """Start or resume the run in `run_path`; ends this process: 0 finished, 2 wrong input, 75 stopped with a checkpoint, 76 worth a
    restart, 1 anything else. `command` is what was typed, for the record."""
    record: RunDirectory | None = None
    set_up_logging(place.rank, place.world_size)
    try:
        recipe = load_recipe(recipe_name, overrides)
        problems = find_problems(recipe, place.world_size)
        if problems:
            raise InputErrors(problems)
        ds_config = read_ds_config(ds_config_path)
        mesh = build_mesh(place, recipe.parallel.tensor, start_processes(place))
        record = _open_run_directory(run_path, mesh)
        set_up_logging(place.rank, place.world_size, run_path / "logs")
        trainer, position = assemble(recipe, ds_config, str(ds_config_path), run_path, mesh, record, command)
        code = trainer.train(position)
    except (InputError, InputErrors) as error:
        _leave(place, run_path, record, WRONG_INPUT, str(error))
    except Exception as error:
        lost_peer = isinstance(error, dist.DistError) or "by peer" in str(error) or "timed out" in str(error).lower()
        # A lost peer explains itself; its traceback is for the log file. Anything else is shown whole.
        logger.log(logging.DEBUG if lost_peer else logging.ERROR, "%s", "".join(traceback.format_exception(error)).rstrip())
        if lost_peer:
            reason = f"lost contact with another process, see its log in {run_path / 'logs'}; the same command resumes ({error})"
            _leave(place, run_path, record, WORTH_A_RESTART, reason)
        _leave(place, run_path, record, FAILED, f"{type(error).__name__}: {error}")
    if record is not None:
        ended = "finished" if code == FINISHED else "stopped"
        record.event(ended, step=position.step)
        record.write_outcome(code, ended if code == FINISHED else "stopped on request; the same command goes on", position.step)
        logger.info("%s after step %s; the run is in %s", ended, f"{position.step:,}", run_path)
    dist.barrier()
    _exit(code)


def assemble(
    recipe: Recipe,
    ds_config: dict[str, Any],
    ds_config_name: str,
    run_path: Path,
    mesh: Mesh,
    record: RunDirectory | None,
    command: Sequence[str],
) -> tuple[Trainer, Position]:
    """Put the run together, from its newest checkpoint where there is one: a trainer, and the position it goes on from (collective)."""
    datasets, held_out = _open_datasets(recipe)
    recipe = _fit_vocabulary(recipe, datasets[0])
    tokenizer = Tokenizer.from_file(datasets[0].directory / TOKENIZER_NAME)
    seed_everything(recipe.seed)
    torch.use_deterministic_algorithms(mesh.device.type == "cpu")
    rounds = len(round_sizes(recipe.batch.global_rows, mesh.dp_size, recipe.batch.micro_rows))
    resolved_ds_config = resolve_ds_config(ds_config, ds_config_name, recipe, mesh.dp_size, rounds)

    if mesh.rank == 0:
        clean_staging(run_path / "checkpoints")
    attempt = _tell_all(record.attempt if record else None)
    checkpoint, passed_over = find_checkpoint(run_path, mesh)
    topology = {
        "world_size": mesh.world_size,
        "dp": mesh.dp_size,
        "tp": mesh.tensor.size,
        "zero_stage": resolved_ds_config["zero_optimization"]["stage"],
    }
    sources, source_weights = sources_of(datasets), [source.weight for source in recipe.data.sources.values()]
    dtype = torch.bfloat16 if recipe.precision == "bf16" else torch.float32
    changes: dict[str, Any] = {}
    if checkpoint is None:
        position, order = Position(), Order.start(recipe.seed, sources, source_weights)
        weights = initial_weights(recipe.model, recipe.seed, mesh.tensor.rank, mesh.tensor.size, dtype)
    else:
        state = CheckpointReader(checkpoint).state
        refused, changes = check_resumable(state["recipe"], recipe.model_dump(mode="json"), str(run_path))
        if refused:
            raise InputErrors(refused)
        position = Position(state["step"], state["consumed_samples"], state["consumed_tokens"])
        order, _ = resume_order(state["loader"], recipe.seed, sources, source_weights)
        weights = blank_weights(recipe.model, mesh.tensor.size, dtype)
    engine = Engine(recipe, resolved_ds_config, mesh, weights)

    make_loader = partial(StepLoader, datasets, micro_batch=recipe.batch.micro_rows, dp_rank=mesh.dp_rank, dp_size=mesh.dp_size)
    probe_order = Order.start(recipe.seed, order.sources[:1], [1.0])  # the same rows whatever the mixture becomes
    probe = make_loader(order=probe_order, global_batch=PROBE_ROWS).step(0).micro_batches
    if checkpoint is not None:
        load_checkpoint(checkpoint, engine, mesh)
        check_probe(checkpoint, state["probe_loss"], engine.mean_loss(probe))

    processes: list[Any] = [None] * mesh.world_size
    dist.all_gather_object(processes, {"rank": mesh.rank, "host": socket.gethostname(), "process": os.getpid()})
    if record is not None:
        facts = {"topology": topology, "device": device_facts()["name"], "command": list(command), "processes": processes}
        record.write_resolved(recipe, resolved_ds_config, facts)
        if checkpoint is None:
            write_atomically(run_path / TOKENIZER_NAME, (datasets[0].directory / TOKENIZER_NAME).read_bytes())
        _announce(record, recipe, topology, checkpoint, passed_over, position, changes)

    validate = partial(_validate, engine, mesh, held_out, recipe, tokenizer.token_bytes()) if held_out else None
    meter = Meter(flops_per_token(recipe.model, recipe.data.seq_len), mesh.world_size, peak_flops(device_facts()["name"]))
    trainer = Trainer(
        recipe,
        run_path,
        attempt,
        engine,
        mesh,
        partial(make_loader(order=order, global_batch=recipe.batch.global_rows).steps, read_ahead_steps=recipe.data.read_ahead_steps),
        probe,
        validate,
        lambda consumed: {
            "loader": order.state(consumed),
            "tokenizer_hash": tokenizer.content_hash,
            "topology": topology,
            "recipe": recipe.model_dump(mode="json"),
        },
        meter,
        StopRequest(run_path, mesh.device),
        record,
    )
    return trainer, position


def _open_run_directory(run_path: Path, mesh: Mesh) -> RunDirectory | None:
    """The run directory, held by rank 0; where it cannot be had, every rank says so."""
    record, problem = None, None
    if mesh.rank == 0:
        try:
            record = RunDirectory(run_path)
        except InputError as error:
            problem = (error.where, error.found, error.expected, error.remedy)
    problem = _tell_all(problem)
    if problem is not None:
        raise InputError(*problem)
    return record


def _open_datasets(recipe: Recipe) -> tuple[list[ShardDataset], ShardDataset | None]:
    """The packed datasets of the recipe, checked against it: manifests and file sizes only."""
    if not recipe.data.sources:
        remedy = "add `data.sources.NAME.shards=DIR` to the command, DIR made by `medpretrain shards pack`"
        raise InputError("recipe key `data.sources`", "is empty", "at least one packed dataset", remedy)
    datasets = [ShardDataset.open(source.shards) for source in recipe.data.sources.values()]
    held_out = ShardDataset.open(recipe.data.held_out) if recipe.data.held_out else None
    check_alike([*datasets, *([held_out] if held_out else [])], recipe.data.seq_len, recipe.data.mask_separator_targets)
    return datasets, held_out


def _fit_vocabulary(recipe: Recipe, dataset: ShardDataset) -> Recipe:
    """The recipe with the vocabulary that the data really has; the recipe's is the most it may have."""
    if dataset.vocab_size > recipe.model.vocab_size:
        raise InputError(
            str(dataset.directory),
            f"was packed with a vocabulary of {dataset.vocab_size:,}",
            f"at most model.vocab_size={recipe.model.vocab_size:,}",
            "raise model.vocab_size or train a smaller tokenizer",
        )
    return recipe.model_copy(update={"model": recipe.model.model_copy(update={"vocab_size": dataset.vocab_size})})


def _validate(engine: Engine, mesh: Mesh, held_out: ShardDataset, recipe: Recipe, token_bytes: np.ndarray) -> dict[str, Any]:
    """Scores of the held-out rows over all replicas (collective)."""
    batches = held_out_batches(held_out, recipe.batch.micro_rows, mesh.dp_rank, mesh.dp_size, recipe.validation.max_rows)
    scores = score_batches(engine.target_losses, batches, token_bytes, held_out.doc_types)
    sums = torch.from_numpy(scores.sums).to(mesh.device)
    dist.all_reduce(sums, group=mesh.dp_group)
    return Scores(sums.cpu().numpy(), held_out.doc_types).summary()


def _announce(
    record: RunDirectory,
    recipe: Recipe,
    topology: dict[str, Any],
    checkpoint: Path | None,
    passed_over: list[tuple[Path, str]],
    position: Position,
    changes: dict[str, Any],
) -> None:
    """Say and record whether this is a start or a resume, and of what."""
    for path, reason in passed_over:
        record.event("passed_over", checkpoint=path.name, reason=reason)
    for key, (before, now) in changes.items():
        record.event("changed", key=key, before=before, now=now)
        logger.warning("changed since the run began: %s was %s, is %s", key, before, now)
    shape = f"TP {topology['tp']} x DP {topology['dp']}, ZeRO-{topology['zero_stage']}, {recipe.precision}"
    if checkpoint is None:
        record.event("started", topology=topology)
        logger.info("starting %s: %s parameters, %s", recipe.name, f"{count_parameters(recipe.model):,}", shape)
    else:
        record.event("resumed", step=position.step, checkpoint=checkpoint.name, topology=topology)
        logger.info("resuming %s after step %s from %s: %s", recipe.name, f"{position.step:,}", checkpoint.name, shape)


def _tell_all(value: Any) -> Any:
    """Rank 0's value, on every rank."""
    box = [value]
    dist.broadcast_object_list(box, src=0)
    return box[0]


def _leave(place: Place, run_path: Path, record: RunDirectory | None, code: int, reason: str) -> NoReturn:
    """End this process after a failure. Launchers kill the other ranks at the first exit, so the others wait for rank 0's word."""
    if place.rank == 0:
        logger.error("%s", reason)
        if record is not None:
            record.event("failed", reason=reason)
            record.write_outcome(code, reason, step=-1)
    else:
        deadline = time.monotonic() + 5
        while not (run_path / OUTCOME_NAME).exists() and time.monotonic() < deadline:
            time.sleep(0.1)
    _exit(code)


def _exit(code: int) -> NoReturn:
    """Flush and end at once: about one launch in 50 would abort in the libraries' teardown after its work."""
    sys.stdout.flush()
    sys.stderr.flush()
    for handler in logger.handlers:
        handler.flush()
    os._exit(code)
