"""What a transplanted vocabulary is worth: the first loss of a trained model with it, and the loss after a few steps of going on.

A Llama of 1M parameters is trained on real radiology reports with a tokenizer that was learnt from general English, and given a tokenizer
that was learnt from such reports. Losses are bits per byte of held-out reports, so that tokenizers compare. Beside what `medpretrain
tokenizer transplant` writes stand other ways to make the rows that the vocabularies do not share: the plain mean of the pieces (fast
vocabulary transfer, Gee et al. 2022), the mean as long as its pieces in one table or both, other leans towards one end of the word, one
piece alone, rows of a new model; and a new model.

The text is that of ../shared/data/pretrain; where it is absent, synthetic reports.
"""

from __future__ import annotations

import argparse
import copy
import itertools
import json
import math
import tempfile
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from measure.documents import REAL_CORPUS
from torch import Tensor
from transformers import LlamaConfig, LlamaForCausalLM

from medpretrain.corpus.reader import open_corpus
from medpretrain.corpus.synth import write_synthetic_corpus
from medpretrain.readable import readable
from medpretrain.release.config_json import read_config
from medpretrain.release.embedding_rows import NOT_COPIED, Mixing, made_rows, plan_rows
from medpretrain.release.tokenizer_files import write_tokenizer_files
from medpretrain.release.transplant import open_old_tokenizer, transplant
from medpretrain.tokenizer.foreign import ForeignTokenizer
from medpretrain.tokenizer.train import train_tokenizer
from medpretrain.tokenizer.vocabulary import Tokenizer

OLD_TOKENS, NEW_TOKENS = 1536, 3072
ROW_TOKENS, ROWS = 128, 8
HELD_OUT_REPORTS = 150
GENERAL_TEXTS = 100  # among the reports, so that the model has seen the words of the old tokenizer
INIT_STD = 0.02
PLAIN, MATCHED = Mixing(), Mixing(keeps_length=True)
WAYS: dict[str, tuple[Mixing, Mixing]] = {
    "plain mean (Gee et al.)": (PLAIN, PLAIN),
    "mean, input lengthened": (MATCHED, PLAIN),
    "mean, both lengthened": (MATCHED, MATCHED),
    "lean 1": (Mixing(1), Mixing(-1)),
    "lean 1, both lengthened": (Mixing(1, True), Mixing(-1, True)),
    "lean 2": (Mixing(2), Mixing(-2)),
    "last piece in, first out": (Mixing(50), Mixing(-50)),
}


def texts_of(directory: Path) -> tuple[list[str], Path, Path]:
    """Reports in an order of no meaning with a few general texts among them, and the files to learn the old and the new tokenizer from."""
    real = REAL_CORPUS / "openi_reports.jsonl.gz"
    if real.exists():
        general = REAL_CORPUS / "general_english.jsonl.gz"
        others = [document.text for document in itertools.islice(open_corpus(general), GENERAL_TEXTS)]
    else:
        write_synthetic_corpus(3000, 1, directory / "reports")
        write_synthetic_corpus(100, 2, directory / "few")
        real, general, others = directory / "reports", directory / "few", []
    reports = [document.text for document in open_corpus(real)]
    learnt = directory / "learnt.jsonl"
    lines = [json.dumps({"id": str(number), "text": text}) for number, text in enumerate(reports[HELD_OUT_REPORTS:])]
    learnt.write_text("\n".join(lines), encoding="utf-8")
    mixed = reports[HELD_OUT_REPORTS:] + others
    order = torch.randperm(len(mixed), generator=torch.Generator().manual_seed(0)).tolist()
    return reports[:HELD_OUT_REPORTS] + [mixed[place] for place in order], general, learnt


def rows_of(tokenizer: Tokenizer, texts: list[str]) -> Tensor:
    """int64 [rows, ROW_TOKENS]."""
    ids = [token_id for text in texts for token_id in (tokenizer.bos_id, *tokenizer.encode(text), tokenizer.eos_id)]
    return torch.tensor(ids[: len(ids) // ROW_TOKENS * ROW_TOKENS]).view(-1, ROW_TOKENS)


def new_model(vocab_size: int, tied: bool, seed: int) -> LlamaForCausalLM:
    torch.manual_seed(seed)
    shape = {"hidden_size": 128, "intermediate_size": 384, "num_hidden_layers": 3, "num_attention_heads": 4}
    ids = {"pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2}
    config = LlamaConfig(
        vocab_size=vocab_size, **shape, **ids, max_position_embeddings=512, tie_word_embeddings=tied, initializer_range=INIT_STD
    )
    return LlamaForCausalLM(config)


def train(model: LlamaForCausalLM, rows: Tensor, steps: int, peak: float) -> LlamaForCausalLM:
    optimizer = torch.optim.AdamW(model.parameters(), lr=peak, betas=(0.9, 0.95), weight_decay=0.1)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, peak, steps, pct_start=0.1)
    for step in range(steps):
        batch = rows[torch.arange(step * ROWS, (step + 1) * ROWS) % len(rows)]
        model(batch, labels=batch).loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        schedule.step()
    return model


@torch.no_grad()
def bits_per_byte(model: LlamaForCausalLM, rows: Tensor, tokenizer: Tokenizer) -> float:
    sizes, nats, num_bytes = torch.from_numpy(tokenizer.token_bytes()), 0.0, 0
    for batch in rows.split(ROWS):
        logits, targets = model(batch).logits[:, :-1], batch[:, 1:]
        nats += F.cross_entropy(logits.flatten(0, 1).float(), targets.flatten(), reduction="sum").item()
        num_bytes += int(sizes[targets].sum())
    return nats / num_bytes / math.log(2)


def measure(tied: bool, steps: int, further_steps: int, directory: Path) -> dict[str, Any]:
    texts, general, reports = texts_of(directory)
    old_tokenizer, new_tokenizer = directory / "old_tokenizer", directory / "new_tokenizer"
    train_tokenizer(general, OLD_TOKENS, old_tokenizer)
    train_tokenizer(reports, NEW_TOKENS, new_tokenizer)
    before, after = Tokenizer.load(old_tokenizer), Tokenizer.load(new_tokenizer)
    held_out, trained_on = texts[:HELD_OUT_REPORTS], texts[HELD_OUT_REPORTS:]
    old = train(new_model(before.vocab_size, tied, 0), rows_of(before, trained_on), steps, 3e-3)
    old.save_pretrained(directory / "old")
    write_tokenizer_files(before, 512, directory / "old")
    counts = transplant(directory / "old", new_tokenizer, directory / "new").counts
    written = LlamaForCausalLM.from_pretrained(directory / "new")

    foreign, special = open_old_tokenizer(read_config(directory / "old"))
    plan = plan_rows(ForeignTokenizer(new_tokenizer / "tokenizer.json"), foreign, special)
    tables = [old.get_input_embeddings().weight.detach(), old.get_output_embeddings().weight.detach()]
    models = {"transplant": written}
    for name, mixings in WAYS.items():
        if tied and mixings[0] != mixings[1]:
            continue
        rows = [made_rows(table, table.mean(0), plan, 0, after.vocab_size, way) for table, way in zip(tables, mixings, strict=True)]
        models[name] = with_tables(written, rows)
    generator = torch.Generator().manual_seed(1)
    fresh = [INIT_STD * torch.randn(after.vocab_size, table.shape[1], generator=generator) for table in tables]
    copied = torch.from_numpy(plan.copied)
    kept = [torch.where(copied[:, None] != NOT_COPIED, table[copied.clamp_min(0)], new) for table, new in zip(tables, fresh, strict=True)]
    models |= {"random new rows": with_tables(written, kept), "random embeddings": with_tables(written, fresh)}
    models["random model"] = new_model(after.vocab_size, tied, 3)

    rows, further = rows_of(after, held_out), rows_of(after, trained_on)
    found = {
        name: (bits_per_byte(model, rows, after), further_bits(model, further, further_steps, rows, after))
        for name, model in models.items()
    }
    first, then = found["transplant"]
    print(
        f"\n{'tied' if tied else 'untied'}: before {bits_per_byte(old, rows_of(before, held_out), before):.4f} bits per byte; rows {counts}"
    )
    lines = [
        {
            "way": name,
            "first": mine,
            "transplant over it": first / mine,
            f"after {further_steps} steps": later,
            "transplant over that": then / later,
        }
        for name, (mine, later) in found.items()
    ]
    print("\n".join(readable({"rows": lines})), flush=True)
    return found


def further_bits(model: LlamaForCausalLM, rows: Tensor, steps: int, held_out: Tensor, tokenizer: Tokenizer) -> float:
    return bits_per_byte(train(copy.deepcopy(model), rows, steps, 1e-3), held_out, tokenizer)


@torch.no_grad()
def with_tables(model: LlamaForCausalLM, rows: list[Tensor]) -> LlamaForCausalLM:
    """The model with other embeddings; where its two tables are one, the first of the rows."""
    changed = copy.deepcopy(model)
    changed.get_output_embeddings().weight.copy_(rows[1])
    changed.get_input_embeddings().weight.copy_(rows[0])
    return changed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=400, help="of the old model; default: %(default)s")
    parser.add_argument("--further-steps", type=int, default=40, help="with the new tokenizer; default: %(default)s")
    parser.add_argument("--tied", action="store_true", help="one table for input and output, instead of two")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as directory:
        measure(arguments.tied, arguments.steps, arguments.further_steps, Path(directory))


if __name__ == "__main__":
    main()
