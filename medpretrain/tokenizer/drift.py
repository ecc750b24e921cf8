"""Whether a tokenizer still fits the text that comes in: `medpretrain tokenizer drift`, for the quarterly look (000-93)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from medpretrain.corpus.reader import open_corpus
from medpretrain.tokenizer.gate import Requirement, check_names, gate_record, parse_requirements
from medpretrain.tokenizer.measured_text import MAX_SAMPLE_BYTES, Sample, divergence, draw_sample
from medpretrain.tokenizer.measures import Encodes, distinct_terms, num_tokens_of
from medpretrain.tokenizer.quick import QuickTokenizer
from medpretrain.tokenizer.report import CHECKED_CHARACTERS, CHECKED_TEXTS, sample_shares, share_rows
from medpretrain.tokenizer.sample_measures import Measured, measure_sample, with_all
from medpretrain.tokenizer.terms import read_terms
from medpretrain.tokenizer.vocabulary import Tokenizer

UNKNOWN_PIECES = 4  # a word that falls into so many or more is as good as unknown: no `<unk>` ever stands for one
LEAST_COUNT = 10  # of a frequent word
NEW_TIMES = 10  # a word is new where it is so many times as frequent as in the reference
SHOWN_WORDS = 30
# What is recommended by where nothing is required: those of these that are measured.
DEFAULT_LIMITS = ("fertility_rise.all<=0.05", "unknown_words<=0.02", "unknown_terms<=0.25", "new_words<=0.02", "drift<=0.05")
WHY_ABSENT = {
    "fertility_rise": "give the text that it learnt from with --reference",
    "new_words": "give the text that it learnt from with --reference",
    "drift": "give the text that it learnt from with --reference",
    "unknown_terms": "give a list of terms with --terms",
}

_WORD = re.compile(r"[^\W\d_](?:[\w'’-]*[^\W_])?")  # begins with a letter, ends in a letter or digit
Row = dict[str, Any]


@dataclass(frozen=True)
class DriftRequest:
    """New text, what the tokenizer learnt from (where it is at hand), lists of terms, and what is required; see `report.Request`."""

    corpus: Path
    split: str = "train"
    reference: Path | None = None
    terms: Sequence[Path] = ()
    requirements: Sequence[Requirement] = ()
    max_bytes: int = MAX_SAMPLE_BYTES


def measure_drift(tokenizer: Tokenizer, request: DriftRequest) -> dict[str, Any]:
    """What differs, and whether to train the tokenizer again.

    "measures" by the names that requirements have:
        fertility.all, fertility.KIND: tokens / white-space words (002-45)
        fertility_rise.all, fertility_rise.KIND: by what share it is above that of the reference
        unk: share of tokens that are `<unk>`; 0, since any byte has a token
        unknown_words: share of running words that fall into UNKNOWN_PIECES or more
        unknown_terms: share of the terms with such a word
        new_words: share of running words that are frequent here and NEW_TIMES as frequent as in the reference
        drift: divergence of the kinds' shares by bytes, of this text from what the tokenizer learnt from

    Raises:
        InputError(s): an empty corpus, a file that cannot be read, a requirement of something that is not measured.
    """
    terms = distinct_terms(term for path in request.terms for term in read_terms(path))
    sample = draw_sample(open_corpus(request.corpus, request.split), request.max_bytes)
    reference = None if request.reference is None else draw_sample(open_corpus(request.reference), request.max_bytes)
    told = sample_shares(tokenizer, request.reference)
    names = _names(sample, reference, bool(terms), told is not None)
    check_names(request.requirements, names, WHY_ABSENT)

    quick = QuickTokenizer(tokenizer, [text[:CHECKED_CHARACTERS] for text in islice(sample.texts(), CHECKED_TEXTS)])
    measured = measure_sample("the tokenizer, new text", quick, tokenizer.vocab_size, sample, None)
    words = _count_words(sample.texts())
    pieces = dict(zip(words, num_tokens_of(quick, (f" {word}" for word in words)), strict=True))
    num_words = max(words.total(), 1)
    unknown = Counter({word: count for word, count in words.items() if pieces[word] >= UNKNOWN_PIECES})
    fertilities = {name: counted.tokens_per_word for name, counted in with_all(measured.by_kind, sample).items()}
    measures = {f"fertility.{name}": value for name, value in fertilities.items()}
    measures["unk"] = float(measured.counts[tokenizer.unk_id] / max(measured.counts.sum(), 1))
    measures["unknown_words"] = unknown.total() / num_words
    of_reference: dict[str, float] = {}
    new: list[Row] = []
    if reference is not None:
        before = measure_sample("the tokenizer, reference", quick, tokenizer.vocab_size, reference, None)
        of_reference = {name: counted.tokens_per_word for name, counted in with_all(before.by_kind, reference).items()}
        measures |= {f"fertility_rise.{name}": fertilities[name] / of_reference[name] - 1 for name in fertilities if name in of_reference}
        new = _new_words(words, _count_words(reference.texts()), pieces)
        measures["new_words"] = sum(row["count"] for row in new) / num_words
    cut_terms = _unknown_terms(quick, terms)
    if terms:
        measures["unknown_terms"] = len(cut_terms) / len(terms)
    if told is not None:
        measures["drift"] = divergence(sample.bytes_by_type, told[0])
    assert measures.keys() == names, measures.keys() ^ names

    limits = request.requirements or [limit for limit in parse_requirements(DEFAULT_LIMITS) if limit.name in names]
    gate = {**gate_record(limits, measures), "required": bool(request.requirements)}
    return {
        "retrain": not gate["passed"],
        "reasons": gate["fell_short"] or ["nothing is beyond its limit"],
        "tokenizer": str(tokenizer.directory),
        "text": {"path": str(request.corpus), "documents": sample.num_documents, "bytes": sum(sample.bytes_by_type.values())},
        "looked_at_bytes": sample.num_bytes,
        "measures": measures,
        "fertility": _fertility_rows(sample, measured, of_reference),
        "shares": share_rows(sample.bytes_by_type, told[0]) if told else [],
        "shares_told_by": told[1] if told else "nothing: neither the tokenizer's manifest nor a reference",
        "new_words": new[:SHOWN_WORDS],
        "most_cut_words": _most_cut(unknown, pieces),
        "unknown_terms": cut_terms[:SHOWN_WORDS],
        "gate": gate,
    }


def _names(sample: Sample, reference: Sample | None, has_terms: bool, has_shares: bool) -> set[str]:
    """Of all that is measured: known before anything is."""
    kinds = ("all", *sample.kinds)
    names = {"unk", "unknown_words", *(f"fertility.{name}" for name in kinds)}
    if reference is not None:
        names |= {"new_words", *(f"fertility_rise.{name}" for name in kinds if name == "all" or name in reference.kinds)}
    return names | ({"unknown_terms"} if has_terms else set()) | ({"drift"} if has_shares else set())


def _count_words(texts: Iterable[str]) -> Counter[str]:
    words: Counter[str] = Counter()
    for text in texts:
        words.update(_WORD.findall(text))
    return words


def _new_words(words: Counter[str], before: Counter[str], pieces: Mapping[str, int]) -> list[Row]:
    """Frequent here, and rare or absent in the reference; the most tokens saved by an entry of their own first."""
    here, there = max(words.total(), 1) / 1e6, max(before.total(), 1) / 1e6
    found = [
        {"word": word, "count": count, "per_million": count / here, "reference_per_million": before[word] / there, "pieces": pieces[word]}
        for word, count in words.items()
        if count >= LEAST_COUNT and count / here >= NEW_TIMES * before[word] / there
    ]
    return sorted(found, key=lambda row: (-row["count"] * max(row["pieces"] - 1, 0), -row["count"], row["word"]))


def _most_cut(unknown: Counter[str], pieces: Mapping[str, int]) -> list[Row]:
    """Of the words that fall into many pieces those of which an entry of their own would save most tokens."""
    by_saving = sorted(unknown, key=lambda word: (-unknown[word] * (pieces[word] - 1), word))
    return [{"word": word, "count": unknown[word], "pieces": pieces[word]} for word in by_saving[:SHOWN_WORDS]]


def _unknown_terms(tokenizer: Encodes, terms: Sequence[str]) -> list[Row]:
    """Terms with a word that falls into UNKNOWN_PIECES or more, those with most first."""
    words = list(dict.fromkeys(word for term in terms for word in term.split()))
    pieces = dict(zip(words, num_tokens_of(tokenizer, (f" {word}" for word in words)), strict=True))
    most = {term: max(pieces[word] for word in term.split()) for term in terms}
    cut = sorted((term for term in terms if most[term] >= UNKNOWN_PIECES), key=lambda term: (-most[term], term))
    return [{"term": term, "most_pieces_of_a_word": most[term]} for term in cut]


def _fertility_rows(sample: Sample, measured: Measured, of_reference: Mapping[str, float]) -> list[Row]:
    rows = []
    for name, counted in with_all(measured.by_kind, sample).items():
        row: Row = {"doc_type": name, "words": counted.num_words, "tokens": counted.num_tokens, "tokens_per_word": counted.tokens_per_word}
        if of_reference:
            before = of_reference.get(name)
            row |= {"reference": before, "rise": None if before is None else counted.tokens_per_word / before - 1}
        rows.append(row)
    return rows
