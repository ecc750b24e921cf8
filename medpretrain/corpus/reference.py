"""A small n-gram model of words, which tells how surprising a text is to somebody who has read only clean ones (its perplexity).

Words: order 3, interpolated modified Kneser-Ney (Chen and Goodman 1998, section 4.1.6: three discounts an order, each order but the
highest from the number of different left neighbours; the lowest mixed with the uniform distribution over the vocabulary). Each text has
two start marks before it and one end mark behind it; the end mark is predicted as a word is.

A word that was not kept in the vocabulary is spelt: the model's probability of "an unknown word here" times that of its letters and their
end, under a model of the same kind and order 5 over the letters of all words read, each different word once. So it costs what its spelling
costs, and a string of random letters is never cheap.

Counts lie in arrays, one an order: a run's place is looked for by (place of the run without its last symbol, last symbol), all words of a
text at once. 5 million words of text: 100 MB of memory, a file of 20 MB, learnt in 15 seconds and 700 MB.
"""

from __future__ import annotations

import json
import math
import zipfile
from array import array
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, repeat
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from medpretrain.corpus.words import words_of

MAX_WORDS = 5_000_000
WORD_ORDER = 3
LETTER_ORDER = 5
PIECE_LETTERS = 4  # of a spelt word, and of its end, that count as one token
MIN_COUNT = 2  # a word that was read less often is unknown: so the model learns where unknown words stand
REMEMBERED_SPELLINGS = 1 << 16  # of unknown words; about 8 MB

END, UNKNOWN = 0, 1  # symbols; words (or letters) follow, then the start mark
_NUM_CODE_POINTS = 0x110000
_FORMAT = 1

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class _Order:
    """The runs of one length; key: the place of the history (the run without its last symbol) * number of symbols + the last symbol."""

    keys: Ints  # in the order of their buckets; of length 1: the symbols themselves, all of them
    counts: NDArray[np.uint32]  # how often read (highest order), or after how many different left neighbours
    discounts: Floats  # [4]: for counts of 0, 1, 2, 3 and more

    def bucket_starts(self) -> NDArray[np.uint32]:
        """Where each bucket's keys begin: [number of buckets + 1]."""
        return np.searchsorted(_bucket_of(self.keys, len(self.keys)), np.arange(_num_buckets(len(self.keys)) + 1)).astype(np.uint32)


class NGrams:
    """Interpolated modified Kneser-Ney over symbols 0 to num_symbols - 1, of which the last is the start mark and never predicted."""

    def __init__(self, num_symbols: int, orders: list[_Order]) -> None:
        self.num_symbols = num_symbols
        self.orders = orders
        self._starts = [order.bucket_starts() for order in orders]
        # A run's probability is its own part and what is passed on of the shorter run's. Both computed once: by run, 0 for one that was
        # never read (at the end, where place -1 is), and by history, 1 for one that nothing was read behind.
        self._own: list[Floats] = []
        self._passed_on: list[Floats] = []
        num_histories = 1
        for order in orders:
            history = order.keys // num_symbols
            totals = np.bincount(history, order.counts.astype(np.float64), num_histories)
            discounts = order.discounts[np.minimum(order.counts, 3)]
            discounted = np.bincount(history, discounts, num_histories)
            passed_on = np.divide(discounted, totals, out=np.ones(num_histories), where=totals > 0)
            of_run = totals[history]
            own = np.divide(order.counts - discounts, of_run, out=np.zeros(len(history)), where=of_run > 0)
            self._own.append(np.append(own, 0.0))
            self._passed_on.append(np.append(passed_on, 1.0))
            num_histories = len(order.keys)

    @classmethod
    def train(cls, symbols: Ints, num_symbols: int, order: int) -> NGrams:
        """From sequences one behind the other, each with order - 1 start marks before it and END behind it."""
        start = num_symbols - 1
        is_predicted = symbols != start
        age = np.arange(len(symbols)) - _place_of_sequence(symbols, start)  # symbols before it in its sequence
        place = symbols  # of the run that ends here, among those of its length
        tables: list[Ints] = [np.arange(num_symbols, dtype=np.int64)]
        places: list[Ints] = [place]
        for length in range(2, order + 1):
            whole = np.flatnonzero(age >= length - 1)
            keys = places[-1][whole - 1] * num_symbols + symbols[whole]
            table, inverse = np.unique(keys, return_inverse=True)
            by_bucket = np.argsort(_bucket_of(table, len(table)), kind="stable")
            place_of_sorted = np.empty_like(by_bucket)
            place_of_sorted[by_bucket] = np.arange(len(table))
            place = np.full(len(symbols), -1, np.int64)
            place[whole] = place_of_sorted[inverse]
            tables.append(table[by_bucket])
            places.append(place)
        orders = []
        for length in range(1, order + 1):
            keys, place = tables[length - 1], places[length - 1]
            if length == order:
                counts = np.bincount(place[is_predicted], minlength=len(keys))
            else:  # one for each different longer run that ends in this one
                _, first = np.unique(places[length][is_predicted], return_index=True)
                counts = np.bincount(place[is_predicted][first], minlength=len(keys))
            orders.append(_Order(keys, counts.astype(np.uint32), _discounts(counts)))
        return cls(num_symbols, orders)

    def probabilities(self, symbols: Ints) -> Floats:
        """Of each symbol that is not a start mark, in order, after those before it; laid out as in `train`."""
        predicted = np.flatnonzero(symbols != self.num_symbols - 1)
        probability = np.full(len(predicted), 1.0 / (self.num_symbols - 1))
        place = symbols  # where the run ends that is looked at, among those of its length; -1: was never read
        history = np.zeros(len(predicted), np.int64)
        for length, order in enumerate(self.orders, start=1):
            if length > 1:
                before = np.empty_like(place)
                before[0] = -1
                before[1:] = place[:-1]
                keys = before * self.num_symbols
                keys += symbols
                keys[before < 0] = -1
                place = _find(order.keys, self._starts[length - 1], keys)
                history = before[predicted]
            probability *= self._passed_on[length - 1][history]
            probability += self._own[length - 1][place[predicted]]
        return probability

    def arrays(self, name: str) -> dict[str, NDArray[np.generic]]:
        return {
            f"{name}.{length}.{field}": getattr(order, field)
            for length, order in enumerate(self.orders, start=1)
            for field in ("keys", "counts", "discounts")
        }

    @classmethod
    def of_arrays(cls, name: str, arrays: dict[str, NDArray[np.generic]], num_symbols: int, order: int) -> NGrams:
        fields = [[arrays[f"{name}.{length}.{field}"] for field in ("keys", "counts", "discounts")] for length in range(1, order + 1)]
        return cls(num_symbols, [_Order(*of_order) for of_order in fields])  # type: ignore[arg-type]


def _place_of_sequence(symbols: Ints, start: int) -> Ints:
    """For each symbol, where its sequence begins: at a start mark that does not follow another."""
    begins = symbols == start
    begins[1:] &= symbols[:-1] != start
    return np.maximum.accumulate(np.where(begins, np.arange(len(symbols)), 0))


def _num_buckets(num_keys: int) -> int:
    """A power of two; about one key a bucket."""
    return 1 << max(num_keys, 2).bit_length()


def _bucket_of(keys: Ints, num_keys: int) -> NDArray[np.uint64]:
    """The highest bits of the key times 2^64 / golden ratio (Knuth, vol. 3, section 6.4)."""
    return (keys.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(65 - _num_buckets(num_keys).bit_length())


def _find(keys: Ints, bucket_starts: NDArray[np.uint32], wanted: Ints) -> Ints:
    """Where each wanted key stands, or -1. Six times as fast as a binary search, which misses the cache at each of its steps."""
    bucket = _bucket_of(wanted, len(keys))
    place = bucket_starts[bucket].astype(np.int64)
    end = bucket_starts[bucket + np.uint64(1)]
    found = np.full(len(wanted), -1, np.int64)
    looking = np.flatnonzero(place < end)
    place, end, wanted = place[looking], end[looking], wanted[looking]
    while len(looking):
        is_it = keys[place] == wanted
        found[looking[is_it]] = place[is_it]
        place += 1
        goes_on = np.flatnonzero(~is_it & (place < end))
        looking, place, end, wanted = looking[goes_on], place[goes_on], end[goes_on], wanted[goes_on]
    return found


def _discounts(counts: Ints) -> Floats:
    """Chen and Goodman's; where so little was read that they cannot be estimated, half of a count."""
    n1, n2, n3, n4 = (int(np.count_nonzero(counts == count)) for count in (1, 2, 3, 4))
    if min(n1, n2, n3) == 0:
        return np.array([0.0, 0.5, 0.5, 0.5])
    shrink = n1 / (n1 + 2 * n2)
    estimated = (1 - 2 * shrink * n2 / n1, 2 - 3 * shrink * n3 / n2, 3 - 4 * shrink * n4 / n3)
    return np.array([0.0, *(min(max(value, 0.1), count - 0.1) for count, value in enumerate(estimated, start=1))])


class ReferenceModel:
    """What `train_reference` learnt. Perplexities are those of words as `words_of` gives them: in lower case, without punctuation."""

    def __init__(self, vocabulary: list[str], alphabet: str, words: NGrams, letters: NGrams) -> None:
        self._vocabulary = vocabulary
        self._alphabet = alphabet
        self._words = words
        self._letters = letters
        self._word_symbol = {word: symbol for symbol, word in enumerate(vocabulary, start=2)}
        self._letter_symbol = np.full(_NUM_CODE_POINTS, UNKNOWN, np.int64)
        self._letter_symbol[_code_points(alphabet)] = np.arange(2, 2 + len(alphabet))
        self._log_spelling: dict[str, float] = {}

    @property
    def num_words(self) -> int:
        """In the vocabulary."""
        return len(self._vocabulary)

    def log_probabilities(self, texts: Sequence[list[str]]) -> list[Floats]:
        """Of texts given as their words, natural logarithms: [len(words) + 1] each, the last of the text's end."""
        logs, ends, _ = self._log_probabilities(texts)
        return np.split(logs, ends[:-1])

    def _log_probabilities(self, texts: Sequence[list[str]]) -> tuple[Floats, Ints, Ints]:
        """Of all texts one behind the other; where each ends; and how many tokens each place counts for: 1, or an unknown word's pieces."""
        lengths = np.fromiter(map(len, texts), np.int64, len(texts))
        words = list(chain.from_iterable(texts))
        of_words = np.fromiter(map(self._word_symbol.get, words, repeat(UNKNOWN)), np.int64, len(words))
        symbols = _laid_out(of_words, lengths, self._words.num_symbols, WORD_ORDER)
        logs = np.log(self._words.probabilities(symbols))
        pieces = np.ones(len(logs), np.int64)
        unknown_words = np.flatnonzero(of_words == UNKNOWN)
        if len(unknown_words):
            unknown = [words[place] for place in unknown_words.tolist()]
            places = unknown_words + np.repeat(np.arange(len(texts)), lengths)[unknown_words]  # behind the end of each text before
            logs[places] += self._remembered_log_spellings(unknown)
            pieces[places] = (np.fromiter(map(len, unknown), np.int64, len(unknown)) + PIECE_LETTERS) // PIECE_LETTERS
        return logs, np.cumsum(lengths + 1), pieces

    def _remembered_log_spellings(self, words: list[str]) -> Floats:
        """As `log_spellings`; of most unknown words of a text another one had them before."""
        remembered = self._log_spelling
        if len(remembered) > REMEMBERED_SPELLINGS:
            remembered.clear()
        new = list(dict.fromkeys(word for word in words if word not in remembered))
        if new:
            remembered.update(zip(new, self.log_spellings(new).tolist(), strict=True))
        return np.fromiter(map(remembered.__getitem__, words), np.float64, len(words))

    def log_spellings(self, words: list[str]) -> Floats:
        """Of each word as a string of letters with an end, given that it is unknown: [len(words)]."""
        symbols, ends = _spelt(words, self._letter_symbol, self._letters.num_symbols)
        logs = np.log(self._letters.probabilities(symbols))
        predicted = symbols[symbols != self._letters.num_symbols - 1]
        # Which of all letters outside the alphabet it is: each is as likely.
        logs[predicted == UNKNOWN] -= math.log(_NUM_CODE_POINTS - len(self._alphabet))
        return np.add.reduceat(logs, np.concatenate(([0], ends[:-1])))

    def perplexities(self, texts: Sequence[list[str]]) -> list[float]:
        """For each text, given as its words, exp of the mean of -log p over tokens: known words, pieces of unknown ones, the text's end.

        A large model's perplexity too is one of tokens, of which a rare word has several. Counted as one word, its spelling costs so much
        that 15% of held-out PubMed abstracts are beyond 1000 for a few names of drugs and genes; so 5% are, and German still has 35,000.
        """
        if not texts:
            return []
        logs, ends, pieces = self._log_probabilities(texts)
        begins = np.concatenate(([0], ends[:-1]))
        return np.exp(-np.add.reduceat(logs, begins) / np.add.reduceat(pieces, begins)).tolist()

    def save(self, path: Path) -> None:
        """An .npz without pickles; the same model gives the same bytes."""
        about = {"format": _FORMAT, "num_words": len(self._vocabulary), "alphabet": self._alphabet}
        arrays = {
            "about": np.frombuffer(json.dumps(about).encode(), np.uint8),
            "vocabulary": np.frombuffer("\n".join(self._vocabulary).encode(errors="surrogatepass"), np.uint8),
            **self._words.arrays("words"),
            **self._letters.arrays("letters"),
        }
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
            for name, values in arrays.items():
                entry = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))  # np.savez writes the time of day
                entry.compress_type = zipfile.ZIP_DEFLATED
                with archive.open(entry, "w", force_zip64=True) as file:
                    np.lib.format.write_array(file, np.ascontiguousarray(values), allow_pickle=False)

    @classmethod
    def load(cls, path: Path) -> ReferenceModel:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        about = json.loads(arrays["about"].tobytes())
        assert about["format"] == _FORMAT, f"{path} is a reference model of format {about['format']}, not {_FORMAT}"
        joined = arrays["vocabulary"].tobytes().decode(errors="surrogatepass")
        vocabulary = joined.split("\n") if about["num_words"] else []
        words = NGrams.of_arrays("words", arrays, len(vocabulary) + 3, WORD_ORDER)
        return cls(vocabulary, about["alphabet"], words, NGrams.of_arrays("letters", arrays, len(about["alphabet"]) + 3, LETTER_ORDER))


def train_reference(texts: Iterable[str], max_words: int = MAX_WORDS) -> ReferenceModel:
    """Learns from texts in their order, and reads no further than the one in which word number `max_words` stands."""
    number_of: dict[str, int] = {}
    numbers = array("l")
    lengths = array("l")
    for text in texts:
        words = words_of(text)
        for word in words:
            if word not in number_of:
                number_of[word] = len(number_of)
        numbers.extend(map(number_of.__getitem__, words))
        lengths.append(len(words))
        if len(numbers) >= max_words:
            break
    counts = np.bincount(np.asarray(numbers, np.int64), minlength=len(number_of))
    types = list(number_of)
    kept = sorted((number for number in range(len(types)) if counts[number] >= MIN_COUNT), key=lambda n: (-counts[n], types[n]))
    vocabulary = [types[number] for number in kept]
    num_symbols = len(vocabulary) + 3
    symbol_of_number = np.full(len(types), UNKNOWN, np.int64)
    symbol_of_number[kept] = np.arange(2, 2 + len(kept))
    symbols = _laid_out(symbol_of_number[np.asarray(numbers, np.int64)], np.asarray(lengths, np.int64), num_symbols, WORD_ORDER)

    letter_counts = Counter("".join(types))
    alphabet = "".join(sorted(letter for letter, count in letter_counts.items() if count >= MIN_COUNT))
    letter_symbol = np.full(_NUM_CODE_POINTS, UNKNOWN, np.int64)
    letter_symbol[_code_points(alphabet)] = np.arange(2, 2 + len(alphabet))
    spelt, _ = _spelt(sorted(types), letter_symbol, len(alphabet) + 3)
    return ReferenceModel(
        vocabulary, alphabet, NGrams.train(symbols, num_symbols, WORD_ORDER), NGrams.train(spelt, len(alphabet) + 3, LETTER_ORDER)
    )


def _code_points(text: str) -> Ints:
    return np.frombuffer(text.encode("utf-32-le", errors="surrogatepass"), np.uint32).astype(np.int64)


def _spelt(words: list[str], letter_symbol: Ints, num_symbols: int) -> tuple[Ints, Ints]:
    """The words' letters as symbols, laid out for `NGrams`; and how many symbols are predicted up to each word's end."""
    lengths = np.fromiter(map(len, words), np.int64, len(words))
    return _laid_out(letter_symbol[_code_points("".join(words))], lengths, num_symbols, LETTER_ORDER), np.cumsum(lengths + 1)


def _laid_out(symbols: Ints, lengths: Ints, num_symbols: int, order: int) -> Ints:
    """Sequences of these lengths, each with order - 1 start marks before it and END behind it."""
    extra = order  # symbols more in a sequence
    out = np.full(len(symbols) + extra * len(lengths), num_symbols - 1, np.int64)
    ends = np.cumsum(lengths + extra) - 1
    out[ends] = END
    sequence_of_symbol = np.repeat(np.arange(len(lengths)), lengths)
    out[np.arange(len(symbols)) + sequence_of_symbol * extra + (order - 1)] = symbols
    return out
