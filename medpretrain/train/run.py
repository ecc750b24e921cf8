"""A training run, wired: recipe and DeepSpeed JSON in; data, engine, checkpoint and loop put together, all ranks of one mind."""

from __future__ import annotations

import os
import socket
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch

from medpretrain.checkpoint.reader import CheckpointReader
from medpretrain.checkpoint.writer import clean_staging
from medpretrain.errors import InputError, InputErrors
from medpretrain.log import logger
from medpretrain.manifest import write_atomically
from medpretrain.model.attention import kernel_name
from medpretrain.model.counts import count_parameters, flops_per_token
from medpretrain.model.initialise import blank_weights, initial_weights
from medpretrain.model.precision import FLOATS_OF
from medpretrain.parallel.mesh import Mesh
from medpretrain.release.source import Source, open_source
from medpretrain.shards.batches import BatchSizes
from medpretrain.shards.format import ShardDataset
from medpretrain.shards.loader import StepLoader, check_alike, round_sizes, sources_of
from medpretrain.shards.order import Order, resume_order
from medpretrain.tokenizer.vocabulary import FILE_NAME as TOKENIZER_NAME
from medpretrain.tokenizer.vocabulary import Tokenizer
from medpretrain.train.agree import agree, gather, tell_all
from medpretrain.train.alerts import Averages
from medpretrain.train.copying import Copier, CopyResult
from medpretrain.train.ds_config import resolve_ds_config
from medpretrain.train.engine import Engine, check_compiler, check_ds_config, check_precision, device_facts
from medpretrain.train.evaluations import Evaluation, Subject, open_evaluations, open_held_out
from medpretrain.train.history import History
from medpretrain.train.isolation import check_isolation
from medpretrain.train.meter import Meter, Stopwatch, peak_flops
from medpretrain.train.resume import check_resumable, recipe_of
from medpretrain.train.rng import seed_everything
from medpretrain.train.run_directory import RunDirectory
from medpretrain.train.saving import check_probe, find_checkpoint, load_checkpoint
from medpretrain.train.schedule import batch_sizes
from medpretrain.train.scoring import Scoring
from medpretrain.train.settings import Recipe, StopSettings
from medpretrain.train.stop import StopRequest
from medpretrain.train.tracking import check_tracking, start_tracking
from medpretrain.train.trainer import Position, Trainer
from medpretrain.train.watch import Beat

PROBE_ROWS = 8


def assemble(
    recipe: Recipe,
    ds_config: dict[str, Any],
    ds_config_name: str,
    run_path: Path,
    mesh: Mesh,
    record: RunDirectory | None,
    command: Sequence[str],
    beat: Beat = lambda doing, step: None,
    stop: StopRequest | None = None,
    stopwatch: Stopwatch | None = None,
) -> tuple[Trainer, Position]:
    """Put the run together, from its newest checkpoint where there is one: a trainer, and the position it goes on from (collective).
    `stop`: where it was made earlier, so that what is asked during the start is not lost. `stopwatch`: with what was done before."""
    stopwatch = stopwatch or Stopwatch()
    datasets, held_out, evaluations = agree(lambda: _open_datasets(recipe))
    recipe = _fit_vocabulary(recipe, datasets[0])
    tokenizer = agree(lambda: Tokenizer.from_file(datasets[0].directory / TOKENIZER_NAME))
    seed_everything(recipe.seed)
    torch.use_deterministic_algorithms(recipe.deterministic or mesh.device.type == "cpu")
    # An aid for debugging, on by default beside the line above, that would write all of DeepSpeed's 2 GB buckets at every step.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    copier = agree(lambda: _copier_of(recipe, run_path, record))
    agree(lambda: check_tracking(recipe.tracking))
    check_precision(recipe.precision)
    if recipe.compile and mesh.device.type == "cuda":
        agree(lambda: check_compiler(mesh.device))
    sizes = batch_sizes(recipe.batch, recipe.data.seq_len)
    rounds = len(round_sizes(recipe.batch.global_rows, mesh.dp_size, recipe.batch.micro_rows))
    resolved_ds_config = resolve_ds_config(ds_config, ds_config_name, recipe, mesh.dp_size, rounds)
    check_ds_config(resolved_ds_config, ds_config_name, mesh)
    if mesh.rank == 0 and mesh.dp_size > sizes.rows_at(0):
        logger.warning("%d replicas for steps of %d rows: some only compute padding", mesh.dp_size, sizes.rows_at(0))

    if record is not None:
        clean_staging(run_path / "checkpoints", record.check_held)
    attempt = tell_all(record.attempt if record else None)
    stopwatch.lap("build")
    checkpoint, passed_over = find_checkpoint(run_path, mesh)
    stopwatch.lap("load")
    if checkpoint is None and passed_over:
        newest, reason = passed_over[0]
        found = (
            f"holds {len(passed_over)} checkpoint{'s' if len(passed_over) > 1 else ''}, none of which is whole ({newest.name}: {reason})"
        )
        remedy = "restore one, or begin anew in another directory with another --run"
        raise InputError(str(run_path / "checkpoints"), found, "one that verifies, or none at all", remedy)
    topology = {
        "world_size": mesh.world_size,
        "dp": mesh.dp_size,
        "tp": mesh.tensor.size,
        "zero_stage": resolved_ds_config["zero_optimization"]["stage"],
    }
    sources, source_weights = sources_of(datasets), [source.weight for source in recipe.data.sources.values()]
    dtype = FLOATS_OF[recipe.precision]
    changes: dict[str, Any] = {}
    origin: Source | None = None
    history, averages = History(), Averages()
    if checkpoint is None:
        position, order = Position(), Order.start(recipe.seed, sources, source_weights)
        weights = initial_weights(recipe.model, recipe.seed, mesh.tensor.rank, mesh.tensor.size, dtype)
        if (directory := recipe.init_from) is not None:
            origin = agree(lambda: open_source(directory, recipe.model, tokenizer))
            weights = blank_weights(recipe.model, mesh.tensor.size, dtype)
    else:
        reader = agree(lambda: CheckpointReader(checkpoint))
        state = reader.state
        refused, changes = check_resumable(recipe_of(state, checkpoint), recipe.model_dump(mode="json"), str(run_path))
        if refused:
            raise InputErrors(refused)
        position = Position(state["step"], state["consumed_samples"], state["consumed_tokens"])
        history, averages = History.from_state(state.get("history")), Averages.from_state(state.get("averages"))
        order, _ = resume_order(state["loader"], recipe.seed, sources, source_weights)
        weights = blank_weights(recipe.model, mesh.tensor.size, dtype)
    engine = Engine(recipe, resolved_ds_config, mesh, weights)

    make_loader = partial(StepLoader, datasets, micro_batch=recipe.batch.micro_rows, dp_rank=mesh.dp_rank, dp_size=mesh.dp_size)
    probe_order = Order.start(recipe.seed, order.sources[:1], [1.0])  # the same rows whatever the mixture becomes
    probe = make_loader(order=probe_order, batch_sizes=BatchSizes(PROBE_ROWS)).step(0).micro_batches
    stopwatch.lap("build")
    if checkpoint is not None:
        load_checkpoint(reader, engine, mesh)
        engine.load_loss_scale(state.get("loss_scale"))
        check_probe(checkpoint, state["probe_loss"], engine.mean_loss(probe))
        stopwatch.lap("load")
    elif origin is not None:
        agree(lambda: engine.load_slices(origin.weights))
        engine.refresh_weights()
        stopwatch.lap("load")
    check_isolation(engine, datasets[0].row_format, kernel_name(mesh.device, dtype))
    stopwatch.lap("check")

    processes = gather({"rank": mesh.rank, "host": socket.gethostname(), "process": os.getpid()})
    if record is not None:
        facts = {"topology": topology, "device": device_facts()["name"], "command": list(command), "processes": processes}
        record.write_resolved(recipe, resolved_ds_config, facts)
        if checkpoint is None:
            write_atomically(run_path / TOKENIZER_NAME, (datasets[0].directory / TOKENIZER_NAME).read_bytes())
        written_by = None if checkpoint is None else state["topology"]
        _announce(record, recipe, topology, checkpoint, written_by, origin, passed_over, position, changes, stopwatch.seconds)
        record.follow(start_tracking(recipe.tracking, run_path, record.first_start, recipe.model_dump(mode="json"), position.step))

    subject = Subject(engine, mesh, recipe.batch.micro_rows, tokenizer.token_bytes())
    scoring = Scoring(recipe.validation, recipe.stop, subject, held_out, evaluations, history, record)
    meter = Meter(flops_per_token(recipe.model, recipe.data.seq_len), mesh.world_size, peak_flops(device_facts()["name"]))
    trainer = Trainer(
        recipe,
        run_path,
        attempt,
        engine,
        mesh,
        partial(make_loader(order=order, batch_sizes=sizes).steps, read_ahead_steps=recipe.data.read_ahead_steps),
        probe,
        scoring,
        averages,
        lambda consumed: {
            "loader": order.state(consumed),
            "tokenizer_hash": tokenizer.content_hash,
            "topology": topology,
            "recipe": recipe.model_dump(mode="json"),
        },
        meter,
        stop or StopRequest(run_path),
        record,
        copier,
        beat,
    )
    return trainer, position


def _open_datasets(recipe: Recipe) -> tuple[list[ShardDataset], ShardDataset | None, dict[str, Evaluation]]:
    """The packed datasets of the recipe, checked against it: manifests and file sizes only; and its evaluations."""
    if not recipe.data.sources:
        remedy = "add `data.sources.NAME.shards=DIR` to the command, DIR made by `medpretrain shards pack`"
        raise InputError("recipe key `data.sources`", "is empty", "at least one packed dataset", remedy)
    if recipe.data.held_out is None:
        _check_rules_without_validation(recipe.stop)
    datasets = [ShardDataset.open(source.shards) for source in recipe.data.sources.values()]
    check_alike(datasets, recipe.data.seq_len, recipe.data.mask_separator_targets)
    held_out = open_held_out(recipe.data.held_out, datasets) if recipe.data.held_out else None
    return datasets, held_out, open_evaluations(recipe.validation.evaluations, datasets)


def _check_rules_without_validation(rules: StopSettings) -> None:
    """Raises InputErrors with the rules that look at the validation loss."""
    given = [f"stop.{name}" for name in ("no_improvement_tokens", "overfit_validations") if getattr(rules, name) is not None]
    if given:
        found, remedy = "is set without data.held_out, so there is no validation loss", "set data.held_out=DIR, or remove the key"
        raise InputErrors([InputError(f"recipe key `{name}`", found, "held-out rows", remedy) for name in given])


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


def _copier_of(recipe: Recipe, run_path: Path, record: RunDirectory | None) -> Copier | None:
    """What makes the run's second copies, on rank 0, where they are wanted."""
    settings = recipe.checkpoint
    if record is None or settings.copy_to is None:
        return None

    def report(result: CopyResult) -> None:
        seconds = round(result.seconds, 3)
        if result.failure is None:
            record.event("copied", step=result.step, url=result.url, seconds=seconds)
            logger.info("checkpoint step-%07d has its second copy in %s after %.1f s", result.step, result.url, seconds)
        else:
            record.event("copy_failed", step=result.step, url=result.url, reason=result.failure)
            again = "it is tried again with the next save"
            logger.warning("checkpoint step-%07d has no second copy in %s (%s); %s", result.step, result.url, result.failure, again)

    return Copier(run_path, settings.copy_to, settings.copy_every, recipe.schedule.total_steps, report)


def _announce(
    record: RunDirectory,
    recipe: Recipe,
    topology: dict[str, Any],
    checkpoint: Path | None,
    written_by: dict[str, Any] | None,
    origin: Source | None,
    passed_over: list[tuple[Path, str]],
    position: Position,
    changes: dict[str, Any],
    seconds: dict[str, float],
) -> None:
    """Say and record whether this is a start or a resume, and of what. `seconds`: what each part of it took."""
    for path, reason in passed_over:
        record.event("passed_over", checkpoint=path.name, reason=reason)
    for key, (before, now) in changes.items():
        record.event("changed", key=key, before=before, now=now)
        logger.warning("changed since that checkpoint: %s was %s, is %s", key, before, now)
    shape = f"{_in_words(topology)}, {recipe.precision}"
    if checkpoint is None or written_by is None:
        record.event("started", topology=topology, seconds=seconds, **({} if origin is None else {"init_from": origin.facts()}))
        begun = "" if origin is None else f", from the weights in {recipe.init_from}"
        logger.info("starting %s: %s parameters, %s%s", recipe.name, f"{count_parameters(recipe.model):,}", shape, begun)
        if origin is not None and not origin.same_tokenizer:
            logger.warning("%s has no tokenizer.json: that its ids mean what those of the rows do is taken on trust", recipe.init_from)
    else:
        record.event("resumed", step=position.step, checkpoint=checkpoint.name, topology=topology, written_by=written_by, seconds=seconds)
        by = "" if written_by == topology else f", written by {_in_words(written_by)} and cut anew"
        logger.info("resuming %s after step %s from %s%s: %s", recipe.name, f"{position.step:,}", checkpoint.name, by, shape)


def _in_words(topology: dict[str, Any]) -> str:
    return f"TP {topology['tp']} x DP {topology['dp']}, ZeRO-{topology['zero_stage']}"
