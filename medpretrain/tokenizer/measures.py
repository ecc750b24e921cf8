"""What a tokenizer is worth, in counts: tokens a word, terms that stay whole, tokens a term beside another tokenizer. Pure.

A term is looked at as it stands in running text: with one space before it and one between its words. Of a list each different term
counts once; one without a letter or digit in it, never.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

BATCH_CHARACTERS = 1 << 20  # of text that is encoded at once; `tokenizers` takes about 100 bytes of memory a token


class Encodes(Protocol):
    """Anything that turns texts into token ids: ours, or another's. No `<s>` or `</s>` is added."""

    def encode_batch(self, texts: Sequence[str]) -> list[list[int]]: ...


@dataclass(frozen=True)
class Fertility:
    """Tokens and white-space words of the same texts."""

    num_tokens: int
    num_words: int

    @property
    def tokens_per_word(self) -> float:
        """Tokens / white-space words (002-45); not a number where there are no words."""
        return self.num_tokens / self.num_words if self.num_words else float("nan")


@dataclass(frozen=True)
class Coverage:
    """How many of `num_terms` terms stay whole, in both definitions."""

    num_terms: int
    num_whole: int
    num_every_word: int

    @property
    def whole(self) -> float:
        """Share of terms that are one token, inner spaces included (000-16); not a number for no terms."""
        return self.num_whole / self.num_terms if self.num_terms else float("nan")

    @property
    def every_word(self) -> float:
        """Share of terms of which every white-space word is one token (E0-14); not a number for no terms."""
        return self.num_every_word / self.num_terms if self.num_terms else float("nan")


@dataclass(frozen=True)
class Fragmentation:
    """Tokens of the same terms in two tokenizers (000-10)."""

    num_terms: int
    num_tokens: int
    num_baseline_tokens: int

    @property
    def tokens_per_term(self) -> float:
        return self.num_tokens / self.num_terms if self.num_terms else float("nan")

    @property
    def baseline_tokens_per_term(self) -> float:
        return self.num_baseline_tokens / self.num_terms if self.num_terms else float("nan")

    @property
    def ratio(self) -> float:
        """The baseline's tokens for each one of ours: above 1 where the baseline cuts terms into more pieces."""
        return self.num_baseline_tokens / self.num_tokens if self.num_tokens else float("nan")


def batches(texts: Iterable[str], num_characters: int = BATCH_CHARACTERS) -> Iterator[list[str]]:
    """The texts in order, in lists of about so many characters (a longer text stands alone); never an empty list."""
    batch: list[str] = []
    held = 0
    for text in texts:
        if batch and held + len(text) > num_characters:
            yield batch
            batch, held = [], 0
        batch.append(text)
        held += len(text)
    if batch:
        yield batch


def distinct_terms(terms: Iterable[str]) -> list[str]:
    """Each different term once, in order, its white space made single; those without a letter or digit are left out."""
    tidy = (" ".join(term.split()) for term in terms)
    return list(dict.fromkeys(term for term in tidy if any(map(str.isalnum, term))))


def num_tokens_of(tokenizer: Encodes, texts: Iterable[str]) -> list[int]:
    """Tokens of each text, in order."""
    return [len(ids) for batch in batches(texts) for ids in tokenizer.encode_batch(batch)]


def fertility(tokenizer: Encodes, texts: Iterable[str]) -> Fertility:
    """Tokens and white-space words of texts, which are streamed (002-45)."""
    num_tokens = num_words = 0
    for batch in batches(texts):
        num_tokens += sum(map(len, tokenizer.encode_batch(batch)))
        num_words += sum(len(text.split()) for text in batch)
    return Fertility(num_tokens, num_words)


@dataclass(frozen=True)
class TermLengths:
    """Tokens of each different term, and of each word of them as it stands in running text."""

    of_term: dict[str, int]
    of_word: dict[str, int]

    def coverage(self, terms: Iterable[str]) -> Coverage:
        """Of some of the terms (each once)."""
        known = distinct_terms(terms)
        num_every_word = sum(all(self.of_word[word] == 1 for word in term.split()) for term in known)
        return Coverage(len(known), sum(self.of_term[term] == 1 for term in known), num_every_word)

    def fertility(self, terms: Iterable[str]) -> Fertility:
        """Of some of the terms (each once)."""
        known = distinct_terms(terms)
        return Fertility(sum(self.of_term[term] for term in known), sum(len(term.split()) for term in known))


def term_lengths(tokenizer: Encodes, terms: Iterable[str]) -> TermLengths:
    """Encode each different term and each different word of them once."""
    known = distinct_terms(terms)
    words = list(dict.fromkeys(word for term in known for word in term.split()))
    of_word = num_tokens_of(tokenizer, (f" {word}" for word in words))
    return TermLengths(dict(zip(known, tokens_per_term(tokenizer, known), strict=True)), dict(zip(words, of_word, strict=True)))


def term_coverage(tokenizer: Encodes, terms: Iterable[str]) -> Coverage:
    """Terms that stay whole, in both definitions (000-16, E0-14)."""
    known = distinct_terms(terms)
    return term_lengths(tokenizer, known).coverage(known)


def tokens_per_term(tokenizer: Encodes, terms: Iterable[str]) -> list[int]:
    """Tokens of each term, in order, as it stands in running text."""
    return num_tokens_of(tokenizer, (f" {term}" for term in terms))


def fragmentation(tokenizer: Encodes, baseline: Encodes, terms: Iterable[str]) -> Fragmentation:
    """Into how many tokens two tokenizers cut the same terms (000-10)."""
    known = distinct_terms(terms)
    return Fragmentation(len(known), sum(tokens_per_term(tokenizer, known)), sum(tokens_per_term(baseline, known)))
