"""Synthetic notes are what they say: exact spans, the same by seed, sets with nothing in common, no identifier of a real person."""

from __future__ import annotations

import random
import re
from itertools import combinations

import pytest

from medpretrain.deidentify import notes_formats, notes_names, notes_places
from medpretrain.deidentify.finding import KINDS
from medpretrain.deidentify.gold import gold_document
from medpretrain.deidentify.notes import SETS, lines_of, sentences_with_identifiers, templates_of, write_notes
from medpretrain.errors import InputError


@pytest.mark.parametrize("which", SETS)
def test_notes_are_gold_with_every_kind_and_no_slot_left(which: str) -> None:
    seen = set()
    for note in write_notes(400, 7, which):
        document = gold_document(note, note["id"])
        assert not re.search(r"[{}]", note["text"]), note["doc_type"]
        assert not any(re.search(r"[#%$^]", span["text"]) for span in note["spans"]), note["doc_type"]
        seen |= {span.label for span in document.spans}
        ends = [0, *(span.end for span in document.spans)]
        assert all(end <= span.start for end, span in zip(ends, document.spans, strict=False))
    assert seen == set(KINDS) - ({"BIOMETRIC"} if which == "unseen" else set())


@pytest.mark.parametrize("which", SETS)
def test_the_nth_note_depends_on_seed_and_place_alone(which: str) -> None:
    notes = list(write_notes(150, 3, which))
    assert list(write_notes(90, 3, which)) == notes[:90]
    assert [note["text"] for note in write_notes(90, 4, which)] != [note["text"] for note in notes[:90]]
    assert len({note["id"] for note in notes}) == 150


def test_every_template_has_its_turn() -> None:
    for which in SETS:
        templates = templates_of(which)
        assert len(templates) >= 60
        assert len({doc_type for doc_type, _ in templates}) >= 10
        types = sorted(note["doc_type"] for note in write_notes(len(templates), 0, which))
        assert types == sorted(doc_type for doc_type, _ in templates)


def test_the_sets_have_nothing_in_common() -> None:
    assert not set(notes_names.LAST_NAMES["training"]) & {name for which in SETS[1:] for name in notes_names.LAST_NAMES[which]}
    lexicons = (notes_places.CITIES, notes_places.STREET_NAMES, notes_places.HOSPITALS)
    for one, other in combinations(SETS, 2):
        for names in lexicons:
            assert len(names[one]) > 10
            assert not set(names[one]) & set(names[other])
        assert not set(templates_of(one)) & set(templates_of(other))
        for name in ("negatives", "labs", "doses"):
            assert not set(lines_of(f"{one}/lines/{name}")) & set(lines_of(f"{other}/lines/{name}"))


def test_most_codes_of_unseen_notes_are_not_written_as_in_another_set() -> None:
    alike_for_everybody = {"phone", "fax", "ssn", "npi", "dea", "zip", "ip", "nhs", "phone-uk", "phone-au"}
    for name, patterns in notes_formats.NUMBERS.items():
        if name not in alike_for_everybody:
            known = set(patterns["unseen"]) & {*patterns.get("training", []), *patterns.get("development", [])}
            assert len(known) <= len(patterns["unseen"]) / 2, name


def test_most_words_of_unseen_notes_are_clinical() -> None:
    notes = list(write_notes(200, 5, "unseen"))
    marked = sum(len(span["text"].split()) for note in notes for span in note["spans"])
    assert 0.1 < marked / sum(len(note["text"].split()) for note in notes) < 0.3
    assert sum(not note["spans"] for note in notes) >= 8


def test_numbers_and_addresses_belong_to_nobody() -> None:
    ranges = {
        "PHONE": r".*555.?01\d\d.*|(?:020[ -]|\+44 20 )7946[ -]0\d{3}|"
        r"(?:\(?0|\+44 ?)1632\)?[ -]?960[ -]?\d{3}|(?:\(0[23]\)|0[23]|\+61 [23]) 5550[ -]\d{4}|0491 570 156",
        "SSN": r"9.*|XXX-XX-\d{4}",
        "EMAIL": r".+@(?:[a-z]+\.)?example\.(?:org|com|net)",
        "URL": r"(?:https?://)?(?:[a-z-]+\.)?example\.(?:org|com|net)(?:/.+)?|http://192\.0\.2\.\d/.+",
        "IP": r"192\.0\.2\.\d+|198\.51\.100\.\d+|203\.0\.113\.\d+|2001:db8:.+",
    }
    for which in SETS:
        for note in write_notes(400, 1, which):
            for span in note["spans"]:
                assert re.fullmatch(ranges.get(span["label"], ".+"), span["text"], re.DOTALL), span


def test_half_of_the_training_names_are_invented() -> None:
    listed = set(notes_names.FIRST_NAMES["training"]) | set(notes_names.LAST_NAMES["training"])
    words = [
        span["text"]
        for note in write_notes(400, 2, "training")
        for span in note["spans"]
        if span["label"] == "NAME" and span["text"].istitle()
    ]
    single = [word for word in words if re.fullmatch(r"\w+", word)]
    assert 0.3 < sum(word in listed for word in single) / len(single) < 0.7


def test_a_sentence_for_other_text_says_where_its_identifiers_are() -> None:
    text, spans = sentences_with_identifiers(random.Random(1))
    assert spans
    assert all(0 <= start < end <= len(text) and kind in KINDS for start, end, kind in spans)
    assert sentences_with_identifiers(random.Random(1)) == (text, spans)


def test_another_set_is_refused() -> None:
    with pytest.raises(InputError, match="training, development or unseen"):
        next(write_notes(1, 0, "gold"))
