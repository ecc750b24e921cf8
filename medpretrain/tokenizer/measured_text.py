"""The texts that tokenizers are measured on: an even sample of a corpus, kind by kind, bounded in bytes; and the kinds' shares of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from medpretrain.corpus.reader import Corpus
from medpretrain.corpus.words import words_of
from medpretrain.errors import InputError
from medpretrain.log import Progress

MAX_SAMPLE_BYTES = 32 * 2**20
HELD_OUT_OF, HELD_OUT = 10, 4  # every tenth document of a kind, from the fifth on, is no part of what models are trained on
GENERAL = "general"  # how the names of the kinds begin that are not medical
_LEAST_SHARE = 1e-6  # of a kind that a sample lacks: a divergence stays a number


@dataclass
class Kind:
    """The documents of one doc_type: how many the corpus has, of how many bytes of UTF-8, and the sampled texts in its order,
    with their bytes."""

    num_documents: int = 0
    num_bytes: int = 0
    sampled_bytes: int = 0
    texts: list[str] = field(default_factory=list)

    def training(self) -> Iterator[str]:
        return (text for number, text in enumerate(self.texts) if number % HELD_OUT_OF != HELD_OUT)

    def held_out(self) -> list[str]:
        return self.texts[HELD_OUT::HELD_OUT_OF]


@dataclass(frozen=True)
class Sample:
    """Kinds by doc_type, largest first."""

    kinds: dict[str, Kind]
    num_bytes: int  # sampled
    is_whole: bool  # nothing was left out

    def texts(self) -> Iterator[str]:
        return (text for kind in self.kinds.values() for text in kind.texts)

    def training(self) -> Iterator[str]:
        return (text for kind in self.kinds.values() for text in kind.training())

    def held_out(self) -> Iterator[str]:
        return (text for kind in self.kinds.values() for text in kind.held_out())

    @property
    def num_documents(self) -> int:
        """Of the whole corpus, not of the sample."""
        return sum(kind.num_documents for kind in self.kinds.values())

    @property
    def bytes_by_type(self) -> dict[str, int]:
        """Of the whole corpus, not of the sample."""
        return {name: kind.num_bytes for name, kind in self.kinds.items()}


def tally(corpus: Corpus, is_wanted: Callable[[str], bool] = lambda doc_type: True) -> dict[str, Kind]:
    """How many documents and bytes a corpus has of each kind, without their texts. Raises InputError where it has none."""
    kinds: dict[str, Kind] = {}
    with Progress("measuring the corpus", corpus.num_documents, "documents") as progress:
        for document in corpus.essentials():
            if is_wanted(document.doc_type):
                kind = kinds.setdefault(document.doc_type, Kind())
                kind.num_documents += 1
                kind.num_bytes += len(document.text.encode())
            progress.advance()
    if not kinds:
        where = str(corpus.files[0].path if len(corpus.files) == 1 else corpus.files[0].path.parent)
        raise InputError(where, "holds no document that is wanted here", "at least one", "check the corpus")
    return kinds


def draw_sample(corpus: Corpus, max_bytes: int = MAX_SAMPLE_BYTES, is_wanted: Callable[[str], bool] = lambda doc_type: True) -> Sample:
    """An even spread of each kind's documents, the same at each call. Reads the corpus twice; memory: about `max_bytes`.

    Args:
        max_bytes: of UTF-8 in all. Kinds have their shares by bytes, and each at least half of an equal share, as far as it has so much.
            A single document that is longer than its kind's part is cut.
        is_wanted: which doc_types.

    Raises:
        InputError: no document of such a kind, or a damaged line.
    """
    kinds = tally(corpus, is_wanted)
    most = allotted({name: kind.num_bytes for name, kind in kinds.items()}, max_bytes)
    seen = dict.fromkeys(kinds, 0)
    with Progress("sampling texts", corpus.num_documents, "documents") as progress:
        for document in corpus.essentials():
            progress.advance()
            if not is_wanted(name := document.doc_type):
                continue
            kind, text, whole_bytes = kinds[name], document.text, len(document.text.encode())
            if whole_bytes > most[name] and not kind.texts:
                text = text.encode()[: most[name]].decode(errors="ignore")
            num_bytes = len(text.encode())
            if kind.sampled_bytes * kind.num_bytes <= most[name] * seen[name] and kind.sampled_bytes + num_bytes <= most[name]:
                kind.sampled_bytes += num_bytes
                kind.texts.append(text)
            seen[name] += whole_bytes
    by_size = dict(sorted(kinds.items(), key=lambda item: (-item[1].num_bytes, item[0])))
    num_bytes = sum(kind.sampled_bytes for kind in kinds.values())
    return Sample(by_size, num_bytes, num_bytes == sum(kind.num_bytes for kind in kinds.values()))


def allotted(num_bytes: Mapping[str, int], max_bytes: int) -> dict[str, int]:
    """How many bytes each kind may have of `max_bytes`: half of it in equal parts, the rest by size, none more than it has."""
    least = max_bytes // (2 * len(num_bytes))
    parts = {name: min(size, least) for name, size in num_bytes.items()}
    left, wanted = max_bytes - sum(parts.values()), sum(num_bytes.values()) - sum(parts.values())
    if wanted <= left:
        return dict(num_bytes)
    return {name: part + left * (num_bytes[name] - part) // wanted for name, part in parts.items()}


def terms_in(texts: Iterable[str], terms: Iterable[str]) -> list[str]:
    """Those of the terms that occur in the texts as whole words, whatever their case and the marks between them; in the terms' order."""
    by_words = {term: tuple(words_of(term)) for term in terms}
    lengths: dict[str, set[int]] = {}  # first word -> how many words the terms have that begin with it
    for words in by_words.values():
        if words:
            lengths.setdefault(words[0], set()).add(len(words))
    wanted, found = set(by_words.values()), set()
    for text in texts:
        words_of_text = words_of(text)
        for place, word in enumerate(words_of_text):
            for length in lengths.get(word, ()):
                run = tuple(words_of_text[place : place + length])
                if run in wanted:
                    found.add(run)
    return [term for term, words in by_words.items() if words in found]


def divergence(mixture: Mapping[str, float], sample: Mapping[str, float]) -> float:
    """Kullback-Leibler divergence of shares by kind, in nats: sum p ln(p / q), p of the training mixture, q of the tokenizer's sample
    (002-48). A kind that the sample lacks counts as a millionth of it. Weights of any scale; not a number where one has none."""
    of_mixture, of_sample = sum(mixture.values()), sum(sample.values())
    if not of_mixture or not of_sample:
        return math.nan
    total = 0.0
    for name, weight in mixture.items():
        if weight:
            share = weight / of_mixture
            total += share * math.log(share / max(sample.get(name, 0) / of_sample, _LEAST_SHARE))
    return max(total, 0.0)
