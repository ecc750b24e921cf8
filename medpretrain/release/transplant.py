"""`medpretrain tokenizer transplant`: a model in Hugging Face form with another vocabulary, for a run that starts from it.

A token that both vocabularies have keeps its row. Another one's is a mean of the rows of the pieces in which the old tokenizer writes its
text (Gee et al. 2022, "Fast vocabulary transfer"), which leans towards the last piece where the model reads it and towards the first
where the model is to write it (Nakash et al. 2025, "AdaptiVocab"); a table that does both leans nowhere. WECHSEL (Minixhofer et al.
2022) and FOCUS (Dobler and de Melo 2023) take means too, of tokens that embeddings trained apart find similar; pieces need none.

A mean of unlike rows is shorter than they are. In a table that is only read it is made as long as its pieces are on average, so that it
weighs in the residual stream what a token does. In a table that gives logits it stays as it is: there a longer row is a likelier
token at every place. What each of this does to the first loss: benchmarks/transplant.py.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import safe_open
from torch import Tensor

from medpretrain.errors import InputError
from medpretrain.eval.load import TRANSPLANT_STAGE
from medpretrain.log import Progress, logger
from medpretrain.manifest import (
    MANIFEST_NAME,
    Manifest,
    begin_stage,
    checksum_file,
    finish_stage,
    hash_of,
    read_manifest,
    verify_files,
    write_json,
)
from medpretrain.release.config_json import NAME as CONFIG_NAME
from medpretrain.release.config_json import ModelConfig, read_config
from medpretrain.release.embedding_rows import NOT_COPIED, ROWS_PER_BLOCK, Mixing, RowPlan, made_rows, plan_rows
from medpretrain.release.safetensors_form import Written, read_header, rewrite_file
from medpretrain.release.source import check_directory
from medpretrain.release.tokenizer_files import CONFIG_NAME as TOKENIZER_CONFIG_NAME
from medpretrain.release.tokenizer_files import SPECIAL_NAME, TOKEN_OF_ROLE, check_tokenizer_files, write_tokenizer_files
from medpretrain.release.weights import INDEX_NAME, HuggingFaceWeights, weight_file_names
from medpretrain.tokenizer.foreign import ForeignTokenizer
from medpretrain.tokenizer.vocabulary import BOS, EOS, PAD, SPECIAL_TOKENS, UNK, Tokenizer
from medpretrain.tokenizer.vocabulary import FILE_NAME as TOKENIZER_NAME

GENERATION_NAME = "generation_config.json"
INPUT, OUTPUT, TIED = Mixing(lean=1.0, keeps_length=True), Mixing(lean=-1.0), Mixing()
LONGEST = 2048  # what transformers takes where config.json says nothing
_OF_OLD_IDS = ("suppress_tokens", "begin_suppress_tokens", "bad_words_ids", "force_words_ids", "forced_decoder_ids", "sequence_bias")


def transplant(source: Path, tokenizer_directory: Path, out: Path) -> Manifest:
    """Write the model of `source` with the vocabulary of another tokenizer to `out`, in the same dtypes and files.

    Everything but the embedding (and the output head, where the two are not tied) is copied. Memory: one table of the old model.
    The vocabulary's padding, where `source` has some, is left out: a run has its own. Special tokens take the row of the old token that has
    their role; see `open_old_tokenizer`.

    Args:
        source: a model that `init_from` reads, with the tokenizer.json it was trained with.
        tokenizer_directory: made by `tokenizer train`.
        out: a new directory (or this very output: then there is nothing to do).

    Returns:
        The manifest. Its counts: `tokens`, and of these `shared`, `special`, `from_pieces` and `without_pieces` (they add up to it);
        `mean_pieces` of those made from pieces; `old_tokens` and how many of them were `left_out`; `special_rows`, the old token whose
        row each special one took; `bytes` of weights.

    Raises:
        InputError, InputErrors: what `check_directory`, `read_config`, `HuggingFaceWeights` and `ForeignTokenizer` refuse; fewer rows
            than the old tokenizer has ids; a damaged tokenizer; `out` in use.
    """
    check_directory(source)
    config = read_config(source)
    tokenizer = Tokenizer.load(tokenizer_directory)
    weights = HuggingFaceWeights(source, config.settings)
    old, special = open_old_tokenizer(config)
    model = config.settings.model_copy(update={"vocab_size": tokenizer.vocab_size})
    longest = config.values.get("max_position_embeddings")
    seq_len = longest if isinstance(longest, int) else LONGEST
    settings = {
        "form": config.form.title,
        "dtype": ", ".join(weights.dtypes),
        "mixing": {"tied": asdict(TIED)} if config.settings.tied_embeddings else {"input": asdict(INPUT), "output": asdict(OUTPUT)},
        "seq_len": seq_len,
        "model": model.model_dump(mode="json"),
    }
    inputs = {"model": _content_of(source), "tokenizer": read_manifest(tokenizer_directory).identity}
    if not begin_stage(out, TRANSPLANT_STAGE, settings, inputs, ["*.safetensors", "*.json"]):
        logger.info("%s already holds this transplant: nothing to do", out)
        return read_manifest(out, TRANSPLANT_STAGE)

    new = ForeignTokenizer(tokenizer.directory / TOKENIZER_NAME)
    plan = plan_rows(new, old, special)
    file_names, num_bytes = _write_weights(config, plan, old, out)
    file_names += write_tokenizer_files(tokenizer, seq_len, out)
    file_names += _write_configurations(config, tokenizer, out)
    check_tokenizer_files(tokenizer, out, lambda found, expected: InputError(str(out), found, expected, _FAULT))
    counts = {**count_rows(plan, old, special), "bytes": num_bytes}
    manifest = finish_stage(out, TRANSPLANT_STAGE, settings, inputs, counts, file_names)
    logger.info("%s: %s of %s rows are the old ones; `medpretrain import` compares logits", out, counts["shared"], counts["tokens"])
    return manifest


_FAULT = "install the transformers that medpretrain asks for; with that version it is a fault of medpretrain, to be reported"


def open_old_tokenizer(config: ModelConfig) -> tuple[ForeignTokenizer, dict[int, int | None]]:
    """The tokenizer beside a config.json, and of each of our special ids the old one that has its role, or None.

    A role is said by tokenizer_config.json, then special_tokens_map.json, then config.json, and last by tokenizer.json, which names what
    stands for unknown text and may have a special token that is spelt as ours. Where only one of `<s>` and `</s>` is there, both
    take its row. `<pad>` and `<unk>` take none that is `<s>` or `</s>`: no text has them, and a second equal row would take half of
    the first one's probability.
    """
    directory = config.path.parent
    records = [_read_json(directory / name) for name in (TOKENIZER_CONFIG_NAME, SPECIAL_NAME)]
    said = {role: [word for record in records for word in _said(record.get(role))] for role in TOKEN_OF_ROLE}
    old = ForeignTokenizer(directory / TOKENIZER_NAME, [word for words in said.values() for word in words])
    if old.num_ids > config.settings.vocab_size:
        expected = f"at least {old.num_ids:,}, as its {TOKENIZER_NAME} has"
        remedy = "give the tokenizer.json that the model was trained with"
        raise InputError(f"{config.path} key `{config.keys['vocab_size']}`", f"is {config.settings.vocab_size:,}", expected, remedy)
    found: dict[str, int | None] = {}
    for role, token in TOKEN_OF_ROLE.items():
        words = [*said[role], *_said(config.values.get(f"{role}_id")), *([old.unk_id] if token == UNK else []), token]
        ids = [old.id_named(word) for word in words if word is not None]
        found[token] = next((token_id for token_id in ids if token_id is not None and token_id not in old.text_of), None)
    if found[BOS] is None or found[EOS] is None:
        found[BOS] = found[EOS] = found[EOS] if found[BOS] is None else found[BOS]
    for token in (PAD, UNK):
        found[token] = None if found[token] in (found[BOS], found[EOS]) else found[token]
    return old, {token_id: found[token] for token_id, token in enumerate(SPECIAL_TOKENS)}


def count_rows(plan: RowPlan, old: ForeignTokenizer, special: Mapping[int, int | None]) -> dict[str, Any]:
    """See `transplant`."""
    is_text = ~np.isin(np.arange(len(plan.copied)), list(special))
    is_copied = plan.copied != NOT_COPIED
    num_pieces = plan.num_pieces[is_text & ~is_copied]
    made = num_pieces[num_pieces > 0]
    kept = np.unique(plan.copied[is_copied])
    return {
        "tokens": len(plan.copied),
        "special": len(special),
        "shared": int((is_text & is_copied).sum()),
        "from_pieces": len(made),
        "mean_pieces": float(made.mean()) if len(made) else None,
        "without_pieces": int((num_pieces == 0).sum()),
        "old_tokens": old.num_ids,
        "left_out": old.num_ids - len(kept),
        "special_rows": {SPECIAL_TOKENS[token_id]: None if old_id is None else old.token(old_id) for token_id, old_id in special.items()},
    }


def _write_weights(config: ModelConfig, plan: RowPlan, old: ForeignTokenizer, out: Path) -> tuple[list[str], int]:
    """Every file of weights under its own name, the index too; the names, and the bytes of all weights."""
    source, top, is_tied = config.path.parent, config.form.top, config.settings.tied_embeddings
    embedding, head = (f"{top[table]}.weight" for table in ("embedding", "head"))
    mixings = {embedding: TIED} if is_tied else {embedding: INPUT, head: OUTPUT}
    shape = len(plan.copied), config.settings.hidden_size
    names, num_bytes = weight_file_names(source), 0
    places: dict[str, str] = {}
    with Progress("writing weights", len(names), "files") as progress:
        for name in names:
            tensors, _ = read_header(source / name)
            changed: dict[str, Written | None] = {
                table: Written(shape, _blocks(source / name, table, plan, old.num_ids, mixing))
                for table, mixing in mixings.items()
                if table in tensors
            }
            if is_tied:
                changed[head] = None  # which some save, and nobody reads
            rewrite_file(source / name, out / name, changed)
            tensors, _ = read_header(out / name)
            num_bytes += sum(stored.end - stored.start for stored in tensors.values())
            places |= dict.fromkeys(tensors, name)
            progress.advance()
    if (source / INDEX_NAME).exists():
        index = _read_json(source / INDEX_NAME)
        metadata = {**(index.get("metadata") or {}), "total_size": num_bytes}
        write_json(out / INDEX_NAME, {"metadata": metadata, "weight_map": dict(sorted(places.items()))})
        names = [*names, INDEX_NAME]
    return names, num_bytes


def _blocks(path: Path, name: str, plan: RowPlan, num_old: int, mixing: Mixing) -> Iterator[Tensor]:
    """The new table in blocks of rows. The old one is read when the first is asked for, and held until the last."""
    with safe_open(path, framework="pt") as file:
        old = file.get_tensor(name)[:num_old]
    centre = old.mean(dim=0, dtype=torch.float64).float()
    for first in range(0, len(plan.copied), ROWS_PER_BLOCK):
        yield made_rows(old, centre, plan, first, min(first + ROWS_PER_BLOCK, len(plan.copied)), mixing)


def _write_configurations(config: ModelConfig, tokenizer: Tokenizer, out: Path) -> list[str]:
    """config.json and, where there is one, generation_config.json: theirs with the new size and ids, other ids of old tokens left out."""
    ids = {"pad_token_id": tokenizer.pad_id, "bos_token_id": tokenizer.bos_id, "eos_token_id": tokenizer.eos_id}

    def with_new_ids(values: Mapping[str, Any]) -> dict[str, Any]:
        kept = {key: value for key, value in values.items() if not key.endswith(("_token_id", "_token_ids")) and key not in _OF_OLD_IDS}
        return {**kept, **ids}

    write_json(out / CONFIG_NAME, with_new_ids({**config.values, "vocab_size": tokenizer.vocab_size}))
    generation = config.path.parent / GENERATION_NAME
    if not generation.exists():
        return [CONFIG_NAME]
    write_json(out / GENERATION_NAME, with_new_ids(_read_json(generation)))
    return [CONFIG_NAME, GENERATION_NAME]


def _content_of(source: Path) -> str:
    """What decides the output: the identity of a manifest, every checksum compared, or a hash of all that is read here."""
    if (source / MANIFEST_NAME).exists():
        manifest = read_manifest(source)
        verify_files(source, manifest)
        return manifest.identity
    others = (CONFIG_NAME, GENERATION_NAME, INDEX_NAME, TOKENIZER_NAME, TOKENIZER_CONFIG_NAME, SPECIAL_NAME)
    names = [*weight_file_names(source), *(name for name in others if (source / name).exists())]
    return hash_of({name: checksum_file(source / name) for name in names})


def _said(value: Any) -> list[str | int]:
    """A special token as these files say it: a spelling, an id, a record of one, or several."""
    if isinstance(value, list):
        return [word for each in value for word in _said(each)]
    if isinstance(value, dict):
        return _said(value.get("content"))
    return [value] if isinstance(value, str | int) and not isinstance(value, bool) else []


def _read_json(path: Path) -> dict[str, Any]:
    """A JSON object, empty where there is no such file. Raises InputError."""
    try:
        values = json.loads(path.read_bytes())
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise InputError(str(path), f"is not JSON ({error})", "a JSON object", "fetch the file again") from error
    if not isinstance(values, dict):
        raise InputError(str(path), f"is a {type(values).__name__}", "a JSON object", "fetch the file again")
    return values
