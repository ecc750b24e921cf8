"""What a tokenizer is worth: everything that `medpretrain tokenizer report` tells, as one JSON-able dict. The page is made elsewhere.

Text of the corpus is sampled kind by kind, bounded in memory; every tokenizer reads the same sample.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medpretrain.corpus.reader import open_corpus
from medpretrain.log import logger
from medpretrain.manifest import MANIFEST_NAME, read_manifest
from medpretrain.tokenizer import report_rows as rows
from medpretrain.tokenizer.baselines import Baseline, general_baseline, load_baseline
from medpretrain.tokenizer.gate import Requirement, check_names, gate_record
from medpretrain.tokenizer.measured_text import GENERAL, MAX_SAMPLE_BYTES, Sample, divergence, draw_sample, tally, terms_in
from medpretrain.tokenizer.measures import Encodes, TermLengths, distinct_terms, term_lengths
from medpretrain.tokenizer.quick import QuickTokenizer
from medpretrain.tokenizer.sample_measures import ALL, measure_sample, texts_for_bits, with_all
from medpretrain.tokenizer.terms import read_terms
from medpretrain.tokenizer.train import train_sizes
from medpretrain.tokenizer.vocabulary import SMALLEST_VOCABULARY, STAGE, Tokenizer

SIZES = (8_000, 16_000, 32_000, 64_000, 128_000)
CHECKED_TEXTS, CHECKED_CHARACTERS = 50, 2000
WHY_ABSENT = {
    "coverage.": "give a list of terms with --terms",
    "fertility.terms": "give a list of terms with --terms",
    "drift": "say with --reference what the tokenizer learnt from",
}


@dataclass(frozen=True)
class Request:
    """What is to be reported.

    Attributes:
        corpus: a directory of `corpus build`, or JSON lines files; `split` of it.
        terms, against: lists of terms; other tokenizers (tokenizer.json or tiktoken files).
        general: general English for the default baseline; None: the corpus' own documents of such kinds, of its train split.
        reference: the corpus that the tokenizer learnt from, where its manifest does not tell its sample's shares.
        sizes: of the sweep; none: no sweep.
        max_bytes: of text that is looked at.
        mixture: shares by kind of what will be trained on; None: those of the corpus' bytes.
    """

    corpus: Path
    split: str = "train"
    terms: Sequence[Path] = ()
    against: Sequence[Path] = ()
    general: Path | None = None
    reference: Path | None = None
    sizes: Sequence[int] = SIZES
    max_bytes: int = MAX_SAMPLE_BYTES
    requirements: Sequence[Requirement] = ()
    mixture: Mapping[str, float] | None = None


def make_report(
    tokenizer: Tokenizer, request: Request, shard_counts: NDArray[np.int64] | None, parameters_of: rows.ParametersOf, model: str
) -> dict[str, Any]:
    """All that the page shows. "measures": the flat names and numbers that requirements are about; "gate": which of these were met.

    Args:
        shard_counts: how often each id stands in the packed rows: int64 [vocab_size]; None: entries are looked for in the sample.
        parameters_of: of the model that is called `model`, by vocabulary size.

    Raises:
        InputError(s): an empty corpus, a file that cannot be read, a requirement of something that is not measured.
    """
    notes: list[str] = []
    if request.sizes:
        train_sizes((), [min(request.sizes), SMALLEST_VOCABULARY])  # refuses one that is too small, before anything is done
    lists = {name: distinct_terms(terms) for name, terms in _read_lists(request.terms).items()}
    terms = distinct_terms(term for of_list in lists.values() for term in of_list)
    others = [load_baseline(path) for path in request.against]
    sample = draw_sample(open_corpus(request.corpus, request.split), request.max_bytes)
    drift = _drift(tokenizer, request, sample, notes)
    names = _names(sample, bool(terms), drift is not None)
    check_names(request.requirements, names, WHY_ABSENT)
    if not sample.is_whole:
        notes.append(f"An even sample of each kind is measured, {sample.num_bytes:,} bytes in all; totals are weighed by the corpus.")
    training, held_out = _parted(request, sample)
    baselines = _named_apart([*_default_baseline(tokenizer, request, training, notes), *others])
    by_name: dict[str, Encodes] = {baseline.name: baseline for baseline in baselines}

    every = [text for of_kind in training.values() for text in of_kind]
    texts = texts_for_bits(every, held_out)
    if not texts.training or not texts.scored:
        notes.append("There are too few documents to hold any out, so bits per byte and other sizes are not measured.")
    some_texts = [text[:CHECKED_CHARACTERS] for text in islice(sample.texts(), CHECKED_TEXTS)]
    quick = QuickTokenizer(tokenizer, some_texts)
    ours = measure_sample(rows.OURS, quick, tokenizer.vocab_size, sample, texts)
    measured = {}
    for each in baselines:
        is_whole = each.gives_back(some_texts)
        if not is_whole:
            notes.append(f"{each.name} does not give texts back as they were: its tokens tell less, so its bits are left out.")
        measured[each.name] = measure_sample(each.name, each, each.num_ids, sample, texts if is_whole else None)

    counted_in = "the packed rows" if shard_counts is not None else "the sample of the corpus, as no packed rows were given"
    unseen = rows.unseen_record(tokenizer, ours.counts if shard_counts is None else shard_counts, counted_in)
    measures = {f"fertility.{name}": counted.tokens_per_word for name, counted in with_all(ours.by_kind, sample).items()}
    measures |= {"bits_per_byte": ours.bits.per_byte if ours.bits else float("nan"), "unseen": unseen["share"]}
    if drift is not None:
        measures["drift"] = drift["nats"]
    lengths: dict[str, TermLengths] = {}
    in_text: list[str] = []
    if terms:
        logger.info("measuring %s terms", f"{len(terms):,}")
        lengths = {name: term_lengths(each, terms) for name, each in {rows.OURS: quick, **by_name}.items()}
        in_text = terms_in(sample.texts(), terms)
        lists |= {**({"all lists": terms} if len(lists) > 1 else {}), "those that occur in the text": in_text}
        measures |= _term_measures(lengths[rows.OURS], {"": terms, "_in_text": in_text})
    sizes = []
    if request.sizes and texts.training and texts.scored:
        sizes = rows.size_rows(tokenizer, quick, request.sizes, rows.SizesOn(every, held_out, texts, in_text), parameters_of)
    assert measures.keys() == names, measures.keys() ^ names
    return {
        "tokenizer": {"directory": str(tokenizer.directory), "hash": tokenizer.content_hash, "vocab_size": tokenizer.vocab_size},
        "baselines": [{"name": each.name, "about": each.about, "vocab_size": each.vocab_size} for each in baselines],
        "corpus": _corpus_record(request, sample),
        "measures": measures,
        "gate": gate_record(request.requirements, measures),
        "notes": notes,
        "fertility": rows.fertility_rows(sample, ours, measured),
        "lengths": rows.length_rows(ours, measured),
        "terms": rows.term_rows(lengths, lists),
        "fragmentation": rows.fragmentation_rows(lengths, terms) if terms else [],
        "term_examples": rows.term_examples(tokenizer, lengths, terms) if terms else [],
        "words_of_terms": rows.words_of_terms(lengths),
        "bits": rows.bits_rows(tokenizer.vocab_size, ours, baselines, measured),
        "unseen": unseen,
        "drift": drift,
        "model": model,
        "sizes": sizes,
        "examples": rows.example_rows(tokenizer, by_name),
    }


def _read_lists(paths: Sequence[Path]) -> dict[str, list[str]]:
    """The lists of terms by their files' names; where two have the same, by their paths."""
    names = [path.name.split(".")[0] for path in paths]
    return {name if names.count(name) == 1 else str(path): read_terms(path) for name, path in zip(names, paths, strict=True)}


def _names(sample: Sample, has_terms: bool, has_drift: bool) -> set[str]:
    """Of all that is measured: known before anything is."""
    of_terms = {
        f"{measure}{where}" for measure in ("fertility.terms", "coverage.whole", "coverage.every_word") for where in ("", "_in_text")
    }
    of_text = {f"fertility.{name}" for name in (ALL, *sample.kinds)} | {"bits_per_byte", "unseen"}
    return of_text | (of_terms if has_terms else set()) | ({"drift"} if has_drift else set())


def _term_measures(lengths: TermLengths, lists: Mapping[str, Sequence[str]]) -> dict[str, float]:
    measures = {}
    for where, terms in lists.items():
        covered = lengths.coverage(terms)
        measures[f"fertility.terms{where}"] = lengths.fertility(terms).tokens_per_word
        measures[f"coverage.whole{where}"], measures[f"coverage.every_word{where}"] = covered.whole, covered.every_word
    return measures


def _parted(request: Request, sample: Sample) -> tuple[dict[str, list[str]], list[str]]:
    """What other models and vocabularies learn from, by kind, and what they are measured on: of the train split every tenth document, which
    they do not see; of the heldout split all of it, and they learn from the other."""
    if request.split == "train":
        return {name: list(kind.training()) for name, kind in sample.kinds.items()}, list(sample.held_out())
    train = draw_sample(open_corpus(request.corpus, "train"), request.max_bytes)
    return {name: kind.texts for name, kind in train.kinds.items()}, list(sample.texts())


def _default_baseline(tokenizer: Tokenizer, request: Request, training: Mapping[str, Sequence[str]], notes: list[str]) -> list[Baseline]:
    """BPE of the same size learnt from general English; none where there is no such text."""
    if request.general is not None:
        texts = list(draw_sample(open_corpus(request.general), request.max_bytes).texts())
    else:
        texts = [text for name, of_kind in training.items() if name.startswith(GENERAL) for text in of_kind]
    if not texts:
        notes.append(
            f"The corpus has no documents of kinds {GENERAL}*, so there is no default baseline: give general English with --general."
        )
        return []
    logger.info("training the baseline of general English")
    return [general_baseline(texts, tokenizer.vocab_size)]


def _named_apart(baselines: Sequence[Baseline]) -> list[Baseline]:
    """Each with a name of its own."""
    taken = {rows.OURS}
    for baseline in baselines:
        name, number = baseline.name, 2
        while baseline.name in taken:
            baseline.name, number = f"{name} ({number})", number + 1
        taken.add(baseline.name)
    return list(baselines)


def _drift(tokenizer: Tokenizer, request: Request, sample: Sample, notes: list[str]) -> dict[str, Any] | None:
    """How far the kinds' shares of the training mixture are from those of the tokenizer's sample; None where nothing tells the latter."""
    told = sample_shares(tokenizer, request.reference)
    if told is None:
        notes.append("Nothing tells here what the tokenizer learnt from, so drift is not measured: say it with --reference.")
        return None
    shares, source = told
    mixture = request.mixture or sample.bytes_by_type
    return {"nats": divergence(mixture, shares), "told_by": source, "shares": share_rows(mixture, shares)}


def share_rows(text: Mapping[str, float], sample: Mapping[str, float]) -> list[dict[str, Any]]:
    """Each kind's share of a text, and of what the tokenizer learnt from."""
    of_text, of_sample = sum(text.values()) or 1, sum(sample.values()) or 1
    kinds = dict.fromkeys((*text, *sample))
    return [{"doc_type": name, "text": text.get(name, 0) / of_text, "sample": sample.get(name, 0) / of_sample} for name in kinds]


def sample_shares(tokenizer: Tokenizer, reference: Path | None) -> tuple[Mapping[str, float], str] | None:
    """What the tokenizer learnt from, kind by kind in bytes, and who tells it: its manifest, else the reference corpus; None without."""
    manifest = read_manifest(tokenizer.directory, STAGE) if (tokenizer.directory / MANIFEST_NAME).exists() else None
    if manifest is not None and manifest.counts.get("bytes_by_doc_type"):
        return manifest.counts["bytes_by_doc_type"], "the tokenizer's manifest"
    if reference is not None:
        return {name: kind.num_bytes for name, kind in tally(open_corpus(reference)).items()}, str(reference)
    return None


def _corpus_record(request: Request, sample: Sample) -> dict[str, Any]:
    return {
        "path": str(request.corpus),
        "split": request.split,
        "documents": sample.num_documents,
        "bytes": sum(sample.bytes_by_type.values()),
        "sampled_bytes": sample.num_bytes,
        "whole": sample.is_whole,
        "kinds": [
            {
                "doc_type": name,
                "documents": kind.num_documents,
                "bytes": kind.num_bytes,
                "sampled_documents": len(kind.texts),
                "sampled_bytes": kind.sampled_bytes,
            }
            for name, kind in sample.kinds.items()
        ],
    }
