"""Names and places against notes with known spans, and against medical terms in sentences."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from medpretrain.deidentify.finding import Finding
from medpretrain.deidentify.names import find_names
from medpretrain.deidentify.places import find_places

EVERY = 12  # notes, to be quick
PLACES = frozenset(["LOCATION", "HOSPITAL"])
SENTENCES = ("The patient has {}.", "{} was noted on examination.", "Placed a {}.", "History of {}, stable.")


def records(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def found_in(text: str) -> list[Finding]:
    return [*find_names(text), *find_places(text)]


@pytest.mark.parametrize(("labels", "least"), [({"NAME"}, 0.95), (PLACES, 0.90)])
def test_recall_and_precision(shared_data: Path, labels: frozenset[str], least: float) -> None:
    num_gold = num_whole = num_found = num_right = 0
    for record in records(shared_data / "phi" / "clinical_phi.jsonl.gz")[::EVERY]:
        text, spans = record["text"], record["spans"]
        found = found_in(text)
        covered = {place for one in found for place in range(one.start, one.end)}
        gold = {place for span in spans for place in range(span["start"], span["end"])}
        sought = [span for span in spans if span["label"] in labels]
        num_gold += len(sought)
        num_whole += sum(all(place in covered or text[place].isspace() for place in range(span["start"], span["end"])) for span in sought)
        num_found += len(found)
        num_right += sum(not gold.isdisjoint(range(one.start, one.end)) for one in found)
    assert num_whole / num_gold >= least
    assert num_right / num_found >= 0.95


def test_medical_terms_stay(shared_data: Path) -> None:
    terms = [record["term"] for path in sorted((shared_data / "terms").glob("*.gz")) for record in records(path)[::200]]
    num_touched = sum(bool(found_in(SENTENCES[number % len(SENTENCES)].format(term))) for number, term in enumerate(terms))
    assert num_touched / len(terms) <= 0.005
