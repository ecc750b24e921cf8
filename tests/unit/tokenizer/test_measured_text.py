"""The sample: even, bounded, the same each time; terms found in texts; the divergence of shares."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from medpretrain.corpus.reader import open_corpus
from medpretrain.errors import InputError
from medpretrain.tokenizer.measured_text import Kind, allotted, divergence, draw_sample, tally, terms_in


def corpus_of(path: Path, texts: dict[str, list[str]]) -> Path:
    records = [{"id": f"{kind}{number}", "text": text, "doc_type": kind} for kind in texts for number, text in enumerate(texts[kind])]
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


def test_a_small_corpus_is_taken_whole(tmp_path: Path) -> None:
    texts = {"note": ["aé", "b", "c"], "letter": ["dddd"]}
    sample = draw_sample(open_corpus(corpus_of(tmp_path / "c.jsonl", texts)), 100)
    assert {name: kind.texts for name, kind in sample.kinds.items()} == texts
    assert list(sample.kinds) == ["note", "letter"]
    assert (sample.num_bytes, sample.is_whole, sample.num_documents) == (9, True, 4)
    assert sample.bytes_by_type == {"note": 5, "letter": 4}


def test_a_large_one_is_spread_evenly_over_each_kind(tmp_path: Path) -> None:
    texts = {"note": [f"{number:04} {'x' * 95}" for number in range(800)], "letter": [f"{number:04} {'y' * 95}" for number in range(40)]}
    corpus = open_corpus(corpus_of(tmp_path / "c.jsonl", texts))
    sample = draw_sample(corpus, 20_000)
    chosen = {name: [int(text[:4]) for text in kind.texts] for name, kind in sample.kinds.items()}
    assert {name: len(numbers) for name, numbers in chosen.items()} == {"note": 160, "letter": 40}
    assert chosen["note"] == pytest.approx([5 * place for place in range(160)], abs=5)
    assert sample.num_bytes <= 20_000
    assert not sample.is_whole
    assert sample.bytes_by_type == {"note": 80_000, "letter": 4_000}
    assert draw_sample(corpus, 20_000) == sample


def test_one_document_that_is_too_long_is_cut_between_characters(tmp_path: Path) -> None:
    sample = draw_sample(open_corpus(corpus_of(tmp_path / "c.jsonl", {"note": ["é" * 50]})), 11)
    assert sample.kinds["note"].texts == ["é" * 5]
    assert not sample.is_whole


@pytest.mark.parametrize(
    ("sizes", "most", "parts"),
    [
        ({"a": 10, "b": 20}, 30, {"a": 10, "b": 20}),
        ({"a": 900, "b": 100}, 100, {"a": 25 + 50 * 875 // 950, "b": 25 + 50 * 75 // 950}),
        ({"a": 10_000, "b": 3}, 100, {"a": 97, "b": 3}),
    ],
)
def test_parts_are_by_size_with_a_least(sizes: dict[str, int], most: int, parts: dict[str, int]) -> None:
    assert allotted(sizes, most) == parts
    assert sum(parts.values()) <= most


def test_every_tenth_document_of_a_kind_is_held_out() -> None:
    kind = Kind(texts=[str(number) for number in range(25)])
    assert kind.held_out() == ["4", "14", "24"]
    assert sorted([*kind.training(), *kind.held_out()], key=int) == kind.texts


def test_an_empty_corpus_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").write_text("")
    with pytest.raises(InputError) as caught:
        tally(open_corpus(tmp_path / "empty.jsonl"))
    assert caught.value.where == str(tmp_path / "empty.jsonl")
    assert "holds no document" in caught.value.found


def test_terms_are_found_as_whole_words_in_any_case() -> None:
    texts = ["Ground glass\nopacity; no pleural EFFUSION.", "cardiomegaly"]
    terms = [
        "ground-glass",
        "pleural effusion",
        "effusions",
        "glass opacity",
        "no effusion",
        "Cardiomegaly",
        "cardio",
        "opacity no pleural x",
    ]
    assert terms_in(texts, terms) == ["ground-glass", "pleural effusion", "glass opacity", "Cardiomegaly"]


def test_the_divergence_is_that_of_the_formula() -> None:
    assert divergence({"a": 1, "b": 1}, {"a": 7, "b": 7}) == 0
    assert divergence({"a": 3, "b": 1}, {"a": 1, "b": 1}) == pytest.approx(0.75 * math.log(1.5) + 0.25 * math.log(0.5))
    assert divergence({"a": 1}, {"a": 1, "b": 1}) == pytest.approx(math.log(2))
    assert divergence({"a": 1, "b": 1}, {"a": 1}) == pytest.approx(0.5 * math.log(0.5) + 0.5 * math.log(0.5e6))
    assert math.isnan(divergence({}, {"a": 1}))
