"""Merges that make the words of given terms single tokens: BPE that goes on, on these words alone. Pure."""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import tokenizers

from medpretrain.tokenizer.merges import Merge, Merges
from medpretrain.tokenizer.pieces import is_counted, may_join, without_marks_behind
from medpretrain.tokenizer.vocabulary import SECTION_HEADERS, SPECIAL_TOKENS


@dataclass(frozen=True)
class TermCounts:
    """What became of the terms. `words`: their white-space words in each case form in which the text has them after a space."""

    given: int = 0
    duplicates: int = 0  # differ in case and white space only
    conflicting: int = 0  # hold a special token or a section header
    never_occurring: int = 0  # one of their words occurs nowhere in the text
    words: int = 0
    words_never_whole: int = 0  # hold digits, apostrophes or marks that are tokens of their own
    words_whole_anyway: int = 0  # in plain BPE
    words_made_whole: int = 0
    words_without_room: int = 0
    entries: int = 0  # that they cost


@dataclass(frozen=True)
class Word:
    """A word of a term as it stands in the text, how often, and its plain pieces in the byte-level alphabet, the first with its space."""

    text: str
    count: int
    pieces: tuple[str, ...]


@dataclass(frozen=True)
class TermMerges:
    """`in_words` are merges within plain pieces, `joins` put the pieces of a word together; `num_entries` new ones are made by both."""

    in_words: tuple[Merge, ...]
    joins: tuple[Merge, ...]
    num_entries: int


def occurring_words(terms: Sequence[str], counts: Mapping[str, int], plain: Merges) -> tuple[list[Word], TermCounts]:
    """The words that can be made whole, the most frequent first, and what is known of the terms by now.

    `counts` is how often each piece occurs (`PieceCounts`).
    """
    distinct = {term.casefold(): term for term in (" ".join(term.split()) for term in reversed(terms)) if term}
    reserved = (*SPECIAL_TOKENS, *SECTION_HEADERS)
    usable = [term for term in distinct if not any(word in distinct[term] for word in reserved)]
    wanted = {word for term in usable for word in term.split()}
    can_occur = {word for word in wanted if is_counted(word)}
    forms: Counter[str] = Counter()
    occurring = set()
    for piece, count in counts.items():
        bare = piece.strip(" \r\n")
        for text in {bare, without_marks_behind(bare)}:
            if text.casefold() in can_occur:
                occurring.add(text.casefold())
                if piece.startswith(" "):
                    forms[text] += count
    words = []
    for text, count in sorted(forms.items(), key=lambda form: (-form[1], form[0])):
        pieces = tuple(piece for piece, _ in plain.plain.pre_tokenizer.pre_tokenize_str(f" {text}"))
        if all(may_join("".join(pieces[:end]), pieces[end]) for end in range(1, len(pieces))):
            words.append(Word(text, count, pieces))
    return words, TermCounts(
        given=len(terms),
        duplicates=len(terms) - len(distinct),
        conflicting=len(distinct) - len(usable),
        never_occurring=sum(any(word in can_occur - occurring for word in term.split()) for term in usable),
        words=len(forms),
        words_never_whole=len(wanted - can_occur) + len(forms) - len(words),
    )


def what_became(known: TermCounts, words: Sequence[Word], plain: Merges, final: tokenizers.Tokenizer, num_entries: int) -> TermCounts:
    """The counts completed, by encoding every word with plain BPE and with the final tokenizer."""
    texts = [f" {word.text}" for word in words]
    whole_anyway = [len(ids) == 1 for ids in plain.encode(texts)]
    whole = [len(encoding.ids) == 1 for encoding in final.encode_batch_fast(texts, add_special_tokens=False)]
    return replace(
        known,
        words_whole_anyway=sum(whole_anyway),
        words_made_whole=sum(now and not before for now, before in zip(whole, whole_anyway, strict=True)),
        words_without_room=len(words) - sum(whole),
        entries=num_entries,
    )


def term_merges(words: Sequence[Word], plain: Merges, most_entries: int) -> TermMerges:
    """Merges for these words to follow those of `plain`, with at most so many new entries; the most frequent pair of tokens goes first."""
    weights: Counter[str] = Counter()
    for word in words:
        for piece in word.pieces:
            weights[piece] += word.count
    bpe = _FurtherBpe(weights, plain)
    in_words = bpe.merges(most_entries)
    left_over = most_entries - bpe.num_entries
    joins: dict[Merge, None] = {}
    for word in words:
        needed = [merge for merge in _joins_of(word) if merge not in joins]
        if len(needed) <= left_over and all(bpe.is_whole(piece) for piece in word.pieces):
            joins.update(dict.fromkeys(needed))
            left_over -= len(needed)
    return TermMerges(tuple(in_words), tuple(joins), most_entries - left_over)


def _joins_of(word: Word) -> list[Merge]:
    return [("".join(word.pieces[:end]), word.pieces[end]) for end in range(1, len(word.pieces))]


class _FurtherBpe:
    """BPE on a few pieces (each with a weight) that goes on from where plain BPE has stopped."""

    def __init__(self, weights: Mapping[str, int], plain: Merges) -> None:
        self.num_entries = 0
        self._names = sorted(weights)
        self._weights = [weights[piece] for piece in self._names]
        self._known = set(plain.tokens)
        self._ranks: dict[Merge, int] = {}
        for merge in plain.merges:
            self._ranks.setdefault(merge, len(self._ranks))
        model = plain.plain.model
        self._pieces = [[token.value for token in model.tokenize(piece)] for piece in self._names]
        self._number = {piece: number for number, piece in enumerate(self._names)}
        self._counts: Counter[Merge] = Counter()
        self._where: dict[Merge, set[int]] = defaultdict(set)
        for number in range(len(self._pieces)):
            self._count(number, 1)

    def is_whole(self, piece: str) -> bool:
        return len(self._pieces[self._number[piece]]) == 1

    def merges(self, most_entries: int) -> list[Merge]:
        """Until every piece is one token, or so many entries are made."""
        made: list[Merge] = []
        heap = [(-count, pair) for pair, count in self._counts.items()]
        heapq.heapify(heap)
        while heap:
            negative, pair = heapq.heappop(heap)
            if -negative != self._counts[pair]:
                continue  # a later entry of the heap has its present count
            is_new = "".join(pair) not in self._known
            if is_new and self.num_entries == most_entries:
                break
            made.append(pair)
            self.num_entries += is_new
            self._known.add("".join(pair))
            self._ranks[pair] = len(self._ranks)
            changed: set[Merge] = set()
            for number in sorted(self._where[pair]):
                changed.update(self._count(number, -1))
                self._settle(self._pieces[number])
                changed.update(self._count(number, 1))
            for other in changed:
                if self._counts[other]:
                    heapq.heappush(heap, (-self._counts[other], other))
        return made

    def _settle(self, tokens: list[str]) -> None:
        """Apply merges, the earliest first, until none fits (a merge whose result plain BPE knows may open the way to a plain merge)."""
        while True:
            ranked = [(self._ranks[pair], place) for place, pair in enumerate(pairwise(tokens)) if pair in self._ranks]
            if not ranked:
                return
            _, place = min(ranked)
            tokens[place : place + 2] = ["".join(tokens[place : place + 2])]

    def _count(self, number: int, sign: int) -> list[Merge]:
        """Add (or take away) a piece's pairs; returns them."""
        pairs = list(pairwise(self._pieces[number]))
        for pair in pairs:
            self._counts[pair] += sign * self._weights[number]
            if sign > 0:
                self._where[pair].add(number)
            else:
                self._where[pair].discard(number)
        return pairs
