"""Scoring a trained model on packed held-out rows: loss, perplexity and bits per byte, whole, per document type and per length class."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

from medpretrain.errors import InputError
from medpretrain.eval.load import LoadedModel, SavedModel, build_model, open_model
from medpretrain.log import Progress, logger
from medpretrain.shards.format import ShardDataset
from medpretrain.shards.loader import DocumentFacts, MicroBatch, held_out_batches
from medpretrain.train.validate import Scores, score_batches


def evaluate(run_or_export: Path, shards: Path, micro_rows: int = 8, max_rows: int | None = None) -> dict[str, Any]:
    """Score every row of `shards` once, in fp32.

    Args:
        micro_rows: most rows of one forward pass; changes memory and speed, not the result.
        max_rows: score the first so many rows only.

    Returns:
        model, step, shards, rows, seq_len, then loss (nats a target), perplexity, bits_per_byte, targets, bytes (of text that the
        targets stand for) over all rows, `by_doc_type` and `by_length_class`, masked as the rows
        were packed (000-60).

    Raises:
        InputError: rows packed with another tokenizer, and what `load_model` and `ShardDataset.open` refuse.
    """
    for name, value in (("--micro-rows", micro_rows), ("--max-rows", max_rows)):
        if value is not None and value < 1:
            raise InputError(name, f"is {value}", "at least 1", f"change {name}")
    dataset = ShardDataset.open(shards)
    saved = open_model(run_or_export)
    _check_fit(saved, dataset)
    model = build_model(saved, torch.float32)
    num_rows = dataset.num_rows if max_rows is None else min(max_rows, dataset.num_rows)
    scores = score_dataset(model, dataset, micro_rows, num_rows)
    return {
        "model": model.source,
        "step": model.step,
        "shards": str(shards),
        "rows": num_rows,
        "seq_len": dataset.seq_len,
        **scores.summary(),
    }


def score_dataset(model: LoadedModel, dataset: ShardDataset, micro_rows: int, num_rows: int) -> Scores:
    """The sums over the first `num_rows` rows, with progress shown."""
    with Progress("evaluating", num_rows, "rows") as progress:

        def batches() -> Iterator[tuple[MicroBatch, DocumentFacts]]:
            for micro_batch, facts in held_out_batches(dataset, micro_rows, dp_rank=0, dp_size=1, max_rows=num_rows):
                yield micro_batch, facts
                progress.advance(len(micro_batch.tokens))

        return score_batches(
            lambda micro_batch: target_losses(model, micro_batch), batches(), model.tokenizer.token_bytes(), dataset.doc_types
        )


@torch.no_grad()
def target_losses(model: LoadedModel, micro_batch: MicroBatch) -> torch.Tensor:
    """Nats of each target, fp32 [M, S], 0 where masked."""
    arrays = (micro_batch.tokens, micro_batch.positions, micro_batch.targets)
    losses: torch.Tensor
    _, losses = model.decoder(*(torch.from_numpy(array).to(model.device) for array in arrays))
    return losses


def _check_fit(saved: SavedModel, dataset: ShardDataset) -> None:
    """Refuses rows of another tokenizer, whose ids would mean other text; says so where rows have another length than in training."""
    if dataset.tokenizer_hash != saved.tokenizer.content_hash:
        raise InputError(
            str(dataset.directory),
            f"was packed with another tokenizer ({dataset.tokenizer_hash[:12]}...) than {saved.source} was trained with",
            f"rows of the tokenizer {saved.tokenizer.content_hash[:12]}...",
            f"pack the text again with the tokenizer in {saved.tokenizer.directory}",
        )
    if dataset.seq_len != saved.seq_len:
        logger.warning("the rows hold %s tokens each; the model was trained on rows of %s", f"{dataset.seq_len:,}", f"{saved.seq_len:,}")
