"""The merges of a tokenizer as a value: cut short, followed by others, and told apart into those of plain pieces and joins."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import tokenizers

from medpretrain.tokenizer.pieces import PLAIN_PATTERN, SPLIT_PATTERN
from medpretrain.tokenizer.vocabulary import SECTION_HEADERS, SMALLEST_VOCABULARY

SEPARATOR = SECTION_HEADERS[0]
PIECES_A_TEXT = 1 << 10

Merge = tuple[str, str]  # two tokens in the byte-level alphabet


@dataclass(frozen=True)
class Merges:
    """The tokens by id and the merges in order of a tokenizer; `form` is the rest of its tokenizer.json."""

    tokens: tuple[str, ...]
    merges: tuple[Merge, ...]
    form: str

    @classmethod
    def of(cls, tokenizer: tokenizers.Tokenizer) -> Merges:
        form: dict[str, Any] = json.loads(tokenizer.to_str())
        vocabulary, merges = form["model"].pop("vocab"), form["model"].pop("merges")
        return cls(tuple(sorted(vocabulary, key=vocabulary.__getitem__)), tuple((left, right) for left, right in merges), json.dumps(form))

    @property
    def num_entries(self) -> int:
        """How many entries merges have made."""
        return len(self.tokens) - SMALLEST_VOCABULARY

    def beginning(self, num_entries: int) -> Merges:
        """As it stood when `num_entries` entries were made (all, where there are fewer); training to that size gives the same."""
        tokens = self.tokens[: SMALLEST_VOCABULARY + num_entries]
        if len(tokens) == len(self.tokens):
            return self
        left_out = set(self.tokens[len(tokens) :])
        num_merges = next(number for number, (left, right) in enumerate(self.merges) if left + right in left_out)
        return Merges(tokens, self.merges[:num_merges], self.form)

    def followed_by(self, merges: Sequence[Merge]) -> Merges:
        """With these at the end, and an entry for each of their results that has none."""
        made = dict.fromkeys(left + right for left, right in merges)
        known = set(self.tokens)
        return Merges((*self.tokens, *(token for token in made if token not in known)), (*self.merges, *merges), self.form)

    def encode(self, pieces: Sequence[str]) -> list[list[int]]:
        """Token ids of each piece, without joins. A piece holds no section header: one stands between every two while they are encoded,
        as many short texts take several times as long as a few long ones."""
        texts = [SEPARATOR.join(pieces[start : start + PIECES_A_TEXT]) for start in range(0, len(pieces), PIECES_A_TEXT)]
        separator = self.tokens.index(SEPARATOR)
        encoded: list[list[int]] = []
        for encoding in self.plain.encode_batch_fast(texts, add_special_tokens=False):
            start = 0
            ids = [*encoding.ids, separator]
            while start < len(ids):
                end = ids.index(separator, start)
                encoded.append(ids[start:end])
                start = end + 1
        return encoded

    @cached_property
    def plain(self) -> tokenizers.Tokenizer:
        return self._tokenizer(PLAIN_PATTERN)

    def with_joins(self) -> tokenizers.Tokenizer:
        """The tokenizer in which joins take effect."""
        return self._tokenizer(SPLIT_PATTERN)

    def _tokenizer(self, pattern: str) -> tokenizers.Tokenizer:
        form = json.loads(self.form)
        form["pre_tokenizer"]["pretokenizers"][0]["pattern"]["Regex"] = pattern
        form["model"]["vocab"] = {token: token_id for token_id, token in enumerate(self.tokens)}
        form["model"]["merges"] = self.merges
        tokenizer = tokenizers.Tokenizer.from_str(json.dumps(form, ensure_ascii=False))
        tokenizer.encode_special_tokens = True
        return tokenizer
