"""The evaluations that a run can have in training (002-121, 002-122), by kind, and the scoring of held-out rows that validation shares.

A kind is a function that opens what its settings name (no collective; InputError where that is wrong) and gives the evaluation: a function
of the model in training, collective, whose result has a `score` of which more is better.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from numpy.typing import NDArray

from medpretrain.errors import InputError, InputErrors
from medpretrain.parallel.mesh import Mesh
from medpretrain.shards.format import ShardDataset
from medpretrain.shards.loader import check_alike, held_out_batches
from medpretrain.train.agree import tell_all
from medpretrain.train.engine import Engine
from medpretrain.train.settings import EvaluationSettings
from medpretrain.train.validate import Scores, score_batches


@dataclass(frozen=True)
class Subject:
    """The model in training, as an evaluation sees it. `micro_rows`: most rows of one forward pass. `token_bytes`: bytes of text that each
    token id stands for, int32 [vocabulary]."""

    engine: Engine
    mesh: Mesh
    micro_rows: int
    token_bytes: NDArray[Any]


Evaluation = Callable[[Subject], dict[str, Any]]


def score_held_out(subject: Subject, dataset: ShardDataset, max_rows: int) -> dict[str, Any]:
    """The summary of `Scores` over all replicas, of a fixed sample of `max_rows` rows; the same on every rank (collective)."""
    mesh = subject.mesh
    batches = held_out_batches(dataset, subject.micro_rows, mesh.dp_rank, mesh.dp_size, max_rows)
    scores = score_batches(subject.engine.target_losses, batches, subject.token_bytes, dataset.doc_types)
    sums = torch.from_numpy(scores.sums).to(mesh.device)
    dist.all_reduce(sums, group=mesh.dp_group)
    return tell_all(Scores(sums.cpu().numpy(), dataset.doc_types).summary())


def open_held_out(directory: Path, trained_on: Sequence[ShardDataset]) -> ShardDataset:
    """A packed dataset to be scored. Raises InputError where it is trained on too, or was packed in another way."""
    dataset = ShardDataset.open(directory)
    if dataset.identity in [other.identity for other in trained_on]:
        remedy = "pack another part: `medpretrain shards pack --split heldout`"
        raise InputError(str(dataset.directory), "is both trained on and held out", "held-out rows that are not trained on", remedy)
    first = trained_on[0].row_format
    check_alike([trained_on[0], dataset], first.seq_len, first.mask_separator_targets)
    return dataset


def _perplexity(settings: EvaluationSettings, trained_on: Sequence[ShardDataset]) -> Evaluation:
    """Loss, perplexity and bits per byte of rows of its own; the score is the loss, negated."""
    dataset = open_held_out(settings.shards, trained_on)

    def evaluate(subject: Subject) -> dict[str, Any]:
        summary = score_held_out(subject, dataset, settings.max_rows)
        return {"score": None if summary["loss"] is None else -summary["loss"], **summary}

    return evaluate


KINDS: dict[str, Callable[[EvaluationSettings, Sequence[ShardDataset]], Evaluation]] = {"perplexity": _perplexity}


def open_evaluations(settings: Mapping[str, EvaluationSettings], trained_on: Sequence[ShardDataset]) -> dict[str, Evaluation]:
    """The evaluations by name. Raises InputErrors with every one that cannot be opened."""
    opened, problems = {}, []
    for name, each in settings.items():
        try:
            opened[name] = KINDS[each.kind](each, trained_on)
        except InputError as error:
            problems.append(InputError(f"validation.evaluations.{name}: {error.where}", error.found, error.expected, error.remedy))
    if problems:
        raise InputErrors(problems)
    return opened
