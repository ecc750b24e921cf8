"""What the token ids mean: special tokens, section headers, and the trained tokenizer loaded back from its directory.

Training belongs in train.py. A literal `<s>` inside a text is text: no `encode` here ever gives a special id.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from itertools import takewhile
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import tokenizers
from tokenizers import pre_tokenizers

from medpretrain.errors import InputError
from medpretrain.manifest import read_manifest, verify_files
from medpretrain.tokenizer.pieces import PLAIN_PATTERN, SPLIT_PATTERN, may_join

STAGE = "tokenizer train"
FILE_NAME = "tokenizer.json"

PAD, BOS, EOS, UNK = "<pad>", "<s>", "</s>", "<unk>"
SPECIAL_TOKENS = (PAD, BOS, EOS, UNK)  # ids 0, 1, 2, 3

# Ids from 4 on. Each is one word in brackets and ends in a letter before "]": then the split pattern, which parts letters from
# punctuation, keeps merges from ever making one.
SECTION_HEADERS = (
    "[EXAM]",
    "[PROCEDURE]",
    "[HISTORY]",
    "[INDICATION]",
    "[TECHNIQUE]",
    "[COMPARISON]",
    "[OBSERVATIONS]",
    "[FINDINGS]",
    "[IMPRESSION]",
    "[RECOMMENDATION]",
    "[ADDENDUM]",
    "[PATIENT]",
    "[DEMOGRAPHICS]",
    "[ADMISSION]",
    "[DISCHARGE]",
    "[COMPLAINT]",
    "[SUBJECTIVE]",
    "[OBJECTIVE]",
    "[ASSESSMENT]",
    "[PLAN]",
    "[DIAGNOSIS]",
    "[DIAGNOSES]",
    "[PROBLEMS]",
    "[MEDICATIONS]",
    "[PRESCRIPTION]",
    "[ALLERGIES]",
    "[IMMUNIZATIONS]",
    "[LABS]",
    "[VITALS]",
    "[MICROBIOLOGY]",
    "[PATHOLOGY]",
    "[SPECIMEN]",
    "[CYTOLOGY]",
    "[GENETICS]",
    "[IMAGING]",
    "[RADIOLOGY]",
    "[CARDIOLOGY]",
    "[ECG]",
    "[ECHO]",
    "[ANESTHESIA]",
    "[SURGERY]",
    "[COMPLICATIONS]",
    "[COURSE]",
    "[CONSULT]",
    "[NURSING]",
    "[SYMPTOMS]",
    "[REVIEW]",
    "[SOCIAL]",
    "[FAMILY]",
    "[DEVICES]",
    "[TREATMENT]",
    "[PROGNOSIS]",
    "[FOLLOWUP]",
    "[INSTRUCTIONS]",
    "[EDUCATION]",
    "[QUESTION]",
    "[ANSWER]",
    "[TITLE]",
    "[ABSTRACT]",
    "[BACKGROUND]",
    "[METHODS]",
    "[RESULTS]",
    "[CONCLUSION]",
    "[SUMMARY]",
)

NUM_BYTES = 256  # the byte-level alphabet follows the headers; merges follow the alphabet
SMALLEST_VOCABULARY = len(SPECIAL_TOKENS) + len(SECTION_HEADERS) + NUM_BYTES


class Tokenizer:
    """A trained byte-level tokenizer: any text <-> token ids, without loss.

    Section headers are one id each; special tokens never come from a text. Made by `load` (a directory of `tokenizer train`,
    checked against its manifest) or `from_file` (a bare tokenizer.json with the same special tokens).
    """

    pad_id, bos_id, eos_id, unk_id = range(len(SPECIAL_TOKENS))

    def __init__(self, backend: tokenizers.Tokenizer, directory: Path) -> None:
        # Lost whenever tokenizer.json is written and loaded, so it is set here, on the way every tokenizer takes.
        backend.encode_special_tokens = True
        self._backend = backend
        self._record: dict[str, Any] = orjson.loads(backend.to_str())
        self.directory = directory
        self.vocab_size: int = backend.get_vocab_size()
        self.content_hash = hashlib.sha256(orjson.dumps(self._record, option=orjson.OPT_SORT_KEYS)).hexdigest()

    @classmethod
    def load(cls, directory: Path) -> Tokenizer:
        """The tokenizer of a directory made by `tokenizer train`, every byte checked; InputError when it is not one or is damaged."""
        verify_files(directory, read_manifest(directory, STAGE))
        return cls.from_file(directory / FILE_NAME)

    @classmethod
    def from_file(cls, path: Path) -> Tokenizer:
        """The tokenizer of one tokenizer.json; InputError when it cannot be read or its special tokens are not ours."""
        expected = "a tokenizer.json as `medpretrain tokenizer train` writes it"
        remedy = "train the tokenizer again, or give another one"
        if not path.is_file():
            raise InputError(str(path), "there is no such file", expected, "check the path")
        try:
            backend = tokenizers.Tokenizer.from_file(str(path))
        except Exception as error:  # the library raises bare Exception
            raise InputError(str(path), f"is not a tokenizer ({error})", expected, remedy) from error
        for token_id, token in enumerate(SPECIAL_TOKENS):
            found = backend.token_to_id(token)
            if found != token_id:
                raise InputError(str(path), f"{token} has id {found}", f"id {token_id} ({' '.join(SPECIAL_TOKENS)} are ids 0 to 3)", remedy)
        ids = backend.get_vocab().values()
        if max(ids) != len(ids) - 1:
            raise InputError(str(path), f"its {len(ids):,} tokens have ids up to {max(ids):,}", "ids without gaps from 0", remedy)
        return cls(backend, path.parent)

    def encode(self, text: str) -> list[int]:
        """Token ids of `text`; no `<s>` or `</s>` is added."""
        return self._backend.encode(text, add_special_tokens=False).ids

    def encode_batch(self, texts: Sequence[str]) -> list[list[int]]:
        """`encode` of each text, on all cores."""
        return [encoding.ids for encoding in self._backend.encode_batch_fast(list(texts), add_special_tokens=False)]

    def decode(self, ids: Sequence[int] | np.ndarray) -> str:
        """The text of token ids; special tokens are left out. Bytes that are not UTF-8 (a character cut in two) become U+FFFD."""
        return self._backend.decode([int(token_id) for token_id in ids], skip_special_tokens=True)

    def token(self, token_id: int) -> str:
        """The vocabulary entry of one id, in the byte-level alphabet (a space is `Ġ`)."""
        token = self._backend.id_to_token(token_id)
        if token is None:
            raise IndexError(f"token id {token_id} in a vocabulary of {self.vocab_size}")
        return token

    def token_bytes(self) -> np.ndarray:
        """int32 [vocab_size]: how many UTF-8 bytes of text each token stands for; 0 for special tokens.

        Summed over `encode(text)` it is exactly `len(text.encode())`.
        """
        num_bytes = np.zeros(self.vocab_size, np.int32)
        alphabet = set(pre_tokenizers.ByteLevel.alphabet())
        for token, token_id in self._backend.get_vocab().items():
            if token_id >= len(SPECIAL_TOKENS):
                assert alphabet.issuperset(token), f"token {token_id} ({token!r}) is not in the byte-level alphabet"
                num_bytes[token_id] = len(token)  # one character of the alphabet is one byte
        return num_bytes

    def joins(self) -> np.ndarray:
        """int64 [num_joins, 3]: ids of left side, right side and result of each join (see pieces.py); empty for a tokenizer without."""
        vocabulary = self._record["model"]["vocab"]
        table = [(vocabulary[left], vocabulary[right], vocabulary[left + right]) for left, right in self._join_merges()]
        return np.array(table, np.int64).reshape(-1, 3)

    def to_json_without_special_tokens(self) -> str:
        """tokenizer.json for an encoder that has no switch to keep a literal `<s>` as text and knows plain pieces alone: without special
        tokens and without joins."""
        added = [entry for entry in self._record["added_tokens"] if not entry["special"]]
        record = {**self._record, "added_tokens": added}
        joins = self._join_merges()
        if joins:
            model = record["model"]
            results = {left + right for left, right in joins}
            vocabulary = {token: token_id for token, token_id in model["vocab"].items() if token not in results}
            record["model"] = {**model, "vocab": vocabulary, "merges": model["merges"][: -len(joins)]}
        if self._has_joins:
            record["pre_tokenizer"] = _with_pattern(record["pre_tokenizer"], PLAIN_PATTERN)
        return orjson.dumps(record).decode()

    @property
    def _has_joins(self) -> bool:
        found = self._record["pre_tokenizer"]
        return found is not None and found == _with_pattern(found, SPLIT_PATTERN)

    def _join_merges(self) -> list[tuple[str, str]]:
        """They are the last merges."""
        if not self._has_joins:
            return []
        joins = list(takewhile(lambda merge: may_join(*merge), reversed(self._record["model"]["merges"])))
        return [(left, right) for left, right in reversed(joins)]


def _with_pattern(pre_tokenizer: Any, pattern: str) -> Any:
    """The split by pattern and the byte-level step after it that every tokenizer of ours has, or None where it is another."""
    try:
        split, *others = pre_tokenizer["pretokenizers"]
        if split["type"] != "Split":
            return None
        return {**pre_tokenizer, "pretokenizers": [{**split, "pattern": {"Regex": pattern}}, *others]}
    except (KeyError, TypeError, ValueError):
        return None
