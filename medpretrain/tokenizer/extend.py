"""What follows plain BPE: words of terms made whole, and words joined with the marks behind them, by what each saves. Pure.

Merges are applied in their order, so merges at the end of the list leave every earlier one as it was: a text's tokens are those of plain
BPE, of which some are put together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import tokenizers
from numpy.typing import NDArray

from medpretrain.tokenizer.merges import Merge, Merges
from medpretrain.tokenizer.pieces import DIGITS, SPACE, begins_with_mark, may_join
from medpretrain.tokenizer.term_merges import TermCounts, TermMerges, occurring_words, term_merges, what_became
from medpretrain.tokenizer.vocabulary import SMALLEST_VOCABULARY

MIN_FREQUENCY = 2  # a pair seen once saves nothing, and would write one patient's text into the vocabulary
TERMS_SHARE = 4  # terms take at most one merge in so many
BATCH_PIECES = 1 << 16  # that are encoded at once


@dataclass(frozen=True)
class Extended:
    """A tokenizer, and what its entries come from: plain BPE, terms, joins (those of terms left out)."""

    tokenizer: tokenizers.Tokenizer
    num_plain: int
    num_joins: int
    terms: TermCounts


@dataclass(frozen=True)
class _Candidate:
    """Joins that are taken together or not at all, and the tokens that each of them saves in the text."""

    saves: int
    joins: tuple[Merge, ...]

    @property
    def order(self) -> tuple[int, int, tuple[Merge, ...]]:
        return -self.saves, len("".join(self.joins[0])), self.joins  # of the same worth, what another one builds on goes first


def extend(plain: Merges, counts: Mapping[str, int], vocab_size: int, terms: Sequence[str] = ()) -> Extended:
    """A tokenizer of `vocab_size` entries, or of fewer where the text has no more to give.

    Args:
        plain: learnt on plain pieces, with at least as many entries, or with all that the text gives.
        counts: how often each piece of the same text occurs (`PieceCounts`).
        terms: whose words are to be single tokens. They come first, with at most one entry in TERMS_SHARE.

    Plain merges and joins share what is left by what they save: one token each time that one is applied in the text.
    """
    room = vocab_size - SMALLEST_VOCABULARY
    plain = plain.beginning(room)
    pieces = sorted(counts)
    weights = [counts[piece] for piece in pieces]
    words, term_counts = occurring_words(terms, counts, plain)
    uses, candidates = _measure(plain, pieces, weights)
    savings = _savings(plain, uses)
    for_terms = TermMerges((), (), 0)
    num_plain = _share_out(savings, candidates, room)
    if words:
        for _ in range(2):  # fewer plain entries leave a little more to do for terms
            for_terms = term_merges(words, plain.beginning(num_plain), room // TERMS_SHARE)
            num_plain = _share_out(savings, candidates, room - for_terms.num_entries)
        for_terms = term_merges(words, plain.beginning(num_plain), min(room // TERMS_SHARE, room - num_plain))
    begun = plain.beginning(num_plain).followed_by(for_terms.in_words)
    joins = _chosen(candidates, for_terms.joins, set(begun.tokens), room - begun.num_entries)
    tokenizer = begun.followed_by(joins).with_joins()
    return Extended(
        tokenizer, num_plain, len(joins) - len(for_terms.joins), what_became(term_counts, words, plain, tokenizer, for_terms.num_entries)
    )


def _measure(plain: Merges, pieces: Sequence[str], weights: Sequence[int]) -> tuple[NDArray[np.int64], list[_Candidate]]:
    """How often each token stands in the text: int64 [num_tokens]; and every join that could be made, the best first."""
    uses = [0] * len(plain.tokens)
    joins: Counter[Merge] = Counter()
    tokens = plain.tokens
    may_be_right = [begins_with_mark(token) or token in DIGITS for token in tokens]
    for start in range(0, len(pieces), BATCH_PIECES):
        for ids, weight in zip(plain.encode(pieces[start : start + BATCH_PIECES]), weights[start : start + BATCH_PIECES], strict=True):
            for token_id in ids:
                uses[token_id] += weight
            place = 1
            while place < len(ids):
                left = tokens[ids[place - 1]]
                while place < len(ids) and may_be_right[ids[place]] and may_join(left, right := tokens[ids[place]]):
                    joins[left, right] += weight
                    left += right
                    place += 1
                place += 1
    digits = [(SPACE, digit) for digit in DIGITS]
    candidates = [_Candidate(count, (join,)) for join, count in joins.items() if count >= MIN_FREQUENCY and join not in digits]
    for_digits = sum(joins[join] for join in digits) // len(digits)
    if for_digits:  # all ten or none: numbers of one length have one number of tokens
        candidates.append(_Candidate(for_digits, tuple(digits)))
    return np.array(uses, np.int64), sorted(candidates, key=lambda candidate: candidate.order)


def _savings(plain: Merges, uses: NDArray[np.int64]) -> NDArray[np.int64]:
    """For each entry that a merge made, in order, how often it was made in the text: int64 [num_entries], never rising.

    An entry was made as often as it stands in the text, and as often as later entries took it in. Pieces that `uses` does not count (runs
    of marks and of white space) are taken to be worth what those after them are.
    """
    made = uses.copy()
    number = {token: token_id for token_id, token in enumerate(plain.tokens)}
    last = len(plain.tokens)
    for left, right in reversed(plain.merges):
        token_id = number[left + right]
        if token_id < last:  # else another merge of the same result was seen
            last = token_id
            made[number[left]] += made[token_id]
            made[number[right]] += made[token_id]
    return np.maximum.accumulate(made[SMALLEST_VOCABULARY:][::-1])[::-1]


def _share_out(savings: NDArray[np.int64], candidates: Sequence[_Candidate], room: int) -> int:
    """How many plain entries to keep: so that no join left out saves more than a plain entry kept, and all room is used."""
    joins = np.array([candidate.saves for candidate in candidates for _ in candidate.joins], np.int64)
    all_savings = np.concatenate([savings, joins])
    is_plain = np.arange(len(all_savings)) < len(savings)
    order = np.argsort(-all_savings, kind="stable")[:room]
    return int(is_plain[order].sum())


def _chosen(candidates: Sequence[_Candidate], first: Sequence[Merge], known: set[str], room: int) -> list[Merge]:
    """`first`, then the best candidates for which there is room; none of sides that are not made."""
    chosen = dict.fromkeys(first)
    known.update(left + right for left, right in first)
    for candidate in candidates:
        joins = [join for join in candidate.joins if join not in chosen]
        if len(chosen) + len(joins) <= room and all(left in known and right in known for left, right in joins):
            chosen.update(dict.fromkeys(joins))
            known.update(left + right for left, right in joins)
    return list(chosen)
