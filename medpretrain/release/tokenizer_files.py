"""Our tokenizer in Hugging Face form: the files beside tokenizer.json that make `AutoTokenizer` give exactly our ids."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from transformers import AutoTokenizer

from medpretrain.errors import InputError
from medpretrain.manifest import write_json
from medpretrain.tokenizer.vocabulary import BOS, EOS, FILE_NAME, PAD, UNK, Tokenizer

CONFIG_NAME, SPECIAL_NAME = "tokenizer_config.json", "special_tokens_map.json"
TOKEN_OF_ROLE = {"pad_token": PAD, "bos_token": BOS, "eos_token": EOS, "unk_token": UNK}
CHECKED_TEXTS = (
    "[EXAM] CT chest with contrast\n[FINDINGS] There is a 4 mm nodule in the right upper lobe.\n[IMPRESSION] 1. Stable nodule.",
    "Blood pressure 120/80 mmHg, temperature 38.5 °C; β-blocker 2×25 µg.\r\n\tA literal <s>, </s>, <pad> or <unk> is text.  ",
)


def write_tokenizer_files(tokenizer: Tokenizer, seq_len: int, directory: Path) -> list[str]:
    """Write the tokenizer there; returns the files' names. It adds no `<s>` or `</s>`, and a literal `<s>` in a text stays text."""
    shutil.copyfile(tokenizer.directory / FILE_NAME, directory / FILE_NAME)
    write_json(directory / SPECIAL_NAME, TOKEN_OF_ROLE)
    write_json(
        directory / CONFIG_NAME,
        {
            "tokenizer_class": "PreTrainedTokenizerFast",
            **TOKEN_OF_ROLE,
            "model_max_length": seq_len,
            "model_input_names": ["input_ids", "attention_mask"],  # the model takes no token_type_ids
            "padding_side": "left",  # else a batch of prompts continues from its padding
            "add_bos_token": False,
            "add_eos_token": False,
            "split_special_tokens": True,  # a literal `<s>` in a text stays text, as in training
            "clean_up_tokenization_spaces": False,
        },
    )
    return [FILE_NAME, CONFIG_NAME, SPECIAL_NAME]


def check_tokenizer_files(tokenizer: Tokenizer, directory: Path, mismatch: Callable[[str, str], InputError]) -> None:
    """Raise `mismatch`, of what was found and what was expected, where `AutoTokenizer` encodes a checked text differently from ours."""
    theirs = AutoTokenizer.from_pretrained(str(directory), local_files_only=True)
    for text in CHECKED_TEXTS:
        ids = theirs(text, verbose=False)["input_ids"]
        if ids != tokenizer.encode(text):
            raise mismatch(f"transformers encodes {text[:40]!r} as {ids[:20]}", f"{tokenizer.encode(text)[:20]}")
