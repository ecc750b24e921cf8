"""Learning whose end is known: a stream of independent draws has nothing to teach but its distribution, which nobody can beat."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tokenizers
import torch
from engine_runs import ZERO_3, EngineRun, build_engine, destroy, join_mesh
from processes import run_processes
from whole_runs import train_whole

from medpretrain.eval.run import evaluate
from medpretrain.manifest import begin_stage, finish_stage
from medpretrain.shards.batches import BatchSizes
from medpretrain.shards.format import STAGE, RowFormat, ShardDataset, ShardWriter, dataset_facts, make_pieces
from medpretrain.shards.loader import StepBatch, StepLoader, held_out_batches, sources_of
from medpretrain.shards.order import Order
from medpretrain.tokenizer.vocabulary import FILE_NAME, SPECIAL_TOKENS, Tokenizer
from medpretrain.train.run_directory import read_json_lines
from medpretrain.train.schedule import learning_rate
from medpretrain.train.settings import Recipe

pytestmark = pytest.mark.slow

NUM_WORDS = 5000
PROBABILITIES = 1 / np.arange(1, NUM_WORDS + 1)  # Zipf: word r comes up 1 / r as often as the first
PROBABILITIES /= PROBABILITIES.sum()
FIRST_WORD = len(SPECIAL_TOKENS)  # id of the commonest word; the others follow by rank
NUM_DRAWS, NUM_TRAINED, DRAWS_PER_DOCUMENT = 200_000, 180_000, 100
DOCUMENTS_PER_ROW = 5
SEQ_LEN = DOCUMENTS_PER_ROW * (DRAWS_PER_DOCUMENT + 2)


@dataclass(frozen=True)
class Stream:
    """The packed draws, and what the true distribution scores on the held-out ones."""

    trained: Path
    held_out: Path
    true_loss: float


@pytest.fixture(scope="module")
def stream(tmp_path_factory: pytest.TempPathFactory) -> Stream:
    """200,000 draws (001-12), the first nine tenths to train on. The mask that is 0 every 100 is a document's end after every 100 draws:
    masked are its `</s>` and the `<s>` behind it, and what is scored is every draw and nothing else."""
    directory = tmp_path_factory.mktemp("zipf")
    draws = np.random.default_rng(2).choice(NUM_WORDS, NUM_DRAWS, p=PROBABILITIES) + FIRST_WORD
    write_shards(directory / "trained", draws[:NUM_TRAINED])
    write_shards(directory / "held_out", draws[NUM_TRAINED:])
    batches = held_out_batches(ShardDataset.open(directory / "held_out"), micro_batch=8, dp_rank=0, dp_size=1)
    targets = np.concatenate([micro_batch.targets[micro_batch.targets >= 0] for micro_batch, _ in batches])
    assert np.array_equal(np.sort(targets), np.sort(draws[NUM_TRAINED:]))
    return Stream(directory / "trained", directory / "held_out", -np.log(PROBABILITIES[targets - FIRST_WORD]).mean())


def write_shards(directory: Path, draws: np.ndarray) -> None:
    """Documents of 100 draws, five to a row, as `shards pack` writes them; the vocabulary is one of whole words."""
    tokenizer_file = directory.with_name(FILE_NAME)
    words = [*SPECIAL_TOKENS, *(f"word{rank}" for rank in range(NUM_WORDS))]
    model = tokenizers.models.WordLevel({word: number for number, word in enumerate(words)}, "<unk>")
    tokenizers.Tokenizer(model).save(str(tokenizer_file))
    tokenizer = Tokenizer.from_file(tokenizer_file)
    pad_id, bos_id, eos_id = tokenizer.pad_id, tokenizer.bos_id, tokenizer.eos_id
    layout = RowFormat(SEQ_LEN, len(words), pad_id, bos_id, eos_id, mask_separator_targets=True, tokenizer_hash=tokenizer.content_hash)

    documents = np.pad(draws.reshape(-1, DRAWS_PER_DOCUMENT), ((0, 0), (1, 1)))
    documents[:, 0], documents[:, -1] = bos_id, eos_id
    number = np.arange(len(documents))
    row, place = np.divmod(number, DOCUMENTS_PER_ROW)
    length = documents.shape[1]
    begin_stage(directory, STAGE, dataset_facts(layout), {}, [])
    with ShardWriter(directory, layout) as writer:
        _, doc_types = writer.add_documents((f"draws-{n}", "zipf", "draws") for n in number)
        writer.add_rows(documents.reshape(-1, SEQ_LEN), make_pieces(number, doc_types, row, place * length, length, 0))
        names, counts = writer.close()
    tokenizer_file.rename(directory / FILE_NAME)
    finish_stage(directory, STAGE, dataset_facts(layout), {}, counts, [*names, FILE_NAME])


def recipe_values(stream: Stream, **changes: Any) -> dict[str, Any]:
    """Three epochs of a model that is small, so that it cannot learn the draws by heart."""
    return {
        "name": "floor",
        "model": {
            "vocab_size": FIRST_WORD + NUM_WORDS,
            "hidden_size": 16,
            "num_layers": 1,
            "num_heads": 2,
            "num_kv_heads": 2,
            "head_size": 8,
            "ffn_size": 32,
        },
        "data": {
            "seq_len": SEQ_LEN,
            "mask_separator_targets": True,
            "sources": {"zipf": {"shards": str(stream.trained)}},
            "held_out": str(stream.held_out),
        },
        "batch": {"global_rows": 18, "micro_rows": 5},
        "schedule": {"total_steps": 60, "warmup_steps": 6, "peak_learning_rate": 2e-2, "final_learning_rate": 0.0},
        "parallel": {"tensor": 2},
        "precision": "fp32",
        "checkpoint": {"every_steps": 60},
        "log_every_steps": 1,
        **changes,
    }


@pytest.mark.long
def test_perplexity_comes_down_to_that_of_the_true_distribution_and_not_below_it(stream: Stream, tmp_path: Path):
    """The best that can be made of 180,000 draws, counting words and adding one to each, is 1.4 % above the truth."""
    entropy = -(PROBABILITIES * np.log(PROBABILITIES)).sum()
    assert math.exp(entropy) == pytest.approx(486.88, abs=0.01)
    assert stream.true_loss == pytest.approx(entropy, abs=0.05)  # a mean of 20,000 draws: standard deviation 0.018
    ranks = run_processes(train_whole, 4, tmp_path, recipe_values(stream), tmp_path / "run")
    assert [rank["code"] for rank in ranks] == [0] * 4
    scores = [line["validation"] for line in read_json_lines(tmp_path / "run" / "metrics.jsonl") if "validation" in line][-1]
    assert scores["targets"] == NUM_DRAWS - NUM_TRAINED
    assert 0.995 <= scores["perplexity"] / math.exp(stream.true_loss) <= 1.03
    # The command that scores a finished run says the same of its checkpoint.
    assert evaluate(tmp_path / "run", stream.held_out)["loss"] == pytest.approx(scores["loss"], rel=1e-6)


STEPS = 30
SPIKES = {15: "the loss a thousandfold", 18: "one rare word alone", 21: "the loss a thousandfold"}


def spiked(batch: StepBatch, kind: str) -> StepBatch:
    """The batch as something that went wrong would make it."""
    if kind == "the loss a thousandfold":
        return dataclasses.replace(batch, num_targets=batch.num_targets // 1000)
    rarest = FIRST_WORD + NUM_WORDS - 1
    micro_batches = [
        dataclasses.replace(
            micro_batch,
            tokens=np.where(micro_batch.tokens >= FIRST_WORD, rarest, micro_batch.tokens),
            targets=np.where(micro_batch.targets >= 0, rarest, micro_batch.targets),
        )
        for micro_batch in batch.micro_batches
    ]
    return dataclasses.replace(batch, micro_batches=micro_batches)


def train_with_and_without_spikes(rank: int, world_size: int, values: dict[str, Any]) -> list[dict[str, Any]]:
    """For each of the two runs: losses and norms by step, and the sum of squares of this rank's part of the gradient that the optimizer
    really took in, which is what the first moment gained in the step, over 1 - beta1."""
    recipe = Recipe.model_validate(values)
    mesh = join_mesh(rank, world_size, recipe.parallel.tensor)
    datasets = [ShardDataset.open(source.shards) for source in recipe.data.sources.values()]
    order = Order.start(recipe.seed, sources_of(datasets), [1.0])
    loader = StepLoader(datasets, order, BatchSizes(recipe.batch.global_rows), recipe.batch.micro_rows, mesh.dp_rank, mesh.dp_size)
    beta1 = recipe.optimizer.beta1
    runs: list[dict[str, Any]] = []
    for spikes in (SPIKES, {}):
        engine = build_engine(EngineRun(recipe, ZERO_3, STEPS), mesh)
        before: dict[str, torch.Tensor] = {}
        runs.append({"losses": [], "norms": [], "taken": []})
        for step in range(STEPS):
            batch = loader.step(step * recipe.batch.global_rows)
            if step in spikes:
                batch = spiked(batch, spikes[step])
            result = engine.train_step(batch, learning_rate(step + 1, recipe.schedule))
            after = {held.parameter.name: held.values["exp_avg"].double() for held in engine.held_slices()}
            taken = [(moment - beta1 * before.get(name, torch.zeros_like(moment))) / (1 - beta1) for name, moment in after.items()]
            before = after
            runs[-1]["losses"].append(result.loss)
            runs[-1]["norms"].append(result.gradient_norm)
            runs[-1]["taken"].append(sum(gradient.square().sum().item() for gradient in taken))
        destroy(engine)
    return runs


@pytest.mark.long
def test_a_gradient_spike_is_clipped_and_training_goes_on(stream: Stream, tmp_path: Path):
    """000-13."""
    schedule = {"total_steps": STEPS, "warmup_steps": 3, "peak_learning_rate": 2e-2}
    values = recipe_values(stream, batch={"global_rows": 6, "micro_rows": 2}, schedule=schedule)
    ranks = run_processes(train_with_and_without_spikes, 4, tmp_path, values)
    hit, spared = ranks[0]
    norms = np.array(hit["norms"])
    taken = np.sqrt(np.sum([rank[0]["taken"] for rank in ranks], axis=0))
    is_spike = np.isin(np.arange(STEPS), list(SPIKES))
    assert (norms[is_spike] > 5 * norms[~is_spike].mean()).all(), "they must be spikes for this test to show anything (001-18)"
    np.testing.assert_allclose(taken, np.minimum(norms, 1.0), rtol=1e-4)
    assert taken.max() < 1.0 + 1e-6
    before, last = slice(min(SPIKES) - 3, min(SPIKES)), slice(-3, None)
    assert np.mean(hit["losses"][last]) < np.mean(hit["losses"][before])
    assert np.mean(hit["losses"][last]) == pytest.approx(np.mean(spared["losses"][last]), abs=0.03)
