"""After plain BPE: what is joined, what terms get, that earlier merges stay as they were, and that two ways of joining agree."""

from __future__ import annotations

import logging
import random
import re
from pathlib import Path

import numpy as np
import pytest
import tokenizers
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tokenizer_samples import REPORTS, write_corpus

from medpretrain.log import logger
from medpretrain.tokenizer import pieces
from medpretrain.tokenizer.encoder import PROBES, FastEncoder, ReferenceEncoder, find_difference
from medpretrain.tokenizer.joins import Joins
from medpretrain.tokenizer.merges import Merges
from medpretrain.tokenizer.pieces import PLAIN_PATTERN, PieceCounts, may_join
from medpretrain.tokenizer.term_merges import TermCounts
from medpretrain.tokenizer.train import train_medical_bpe, train_sizes, train_tokenizer
from medpretrain.tokenizer.vocabulary import FILE_NAME, SECTION_HEADERS, SMALLEST_VOCABULARY, SPECIAL_TOKENS, Tokenizer

# Marks of every kind behind words of every kind, so that plain merges come close to all borders that joins go over.
RICH = [
    f"{word}{mark}{behind} {word.title()}{mark} {number}{mark} ({word}) {word}-{word}{mark}\n"
    f"{word.upper()}:{mark}\n\n“{word}”. x—{word} —{word}."
    for number, word in enumerate(("lung", "pleural", "naïve", "ℓung", "Дом", "mℓ", "don't", "it's", "T2", "µm", "ﬁne"))
    for mark in (".", ",", ";", ").", ":", "-", "—", "”", "'", "!", "...", "/", "_")
    for behind in ("", "x", "9", "\r\n", "'s", "—", "ℓ")
] * 2
ANY_TEXT = st.lists(
    st.text(max_size=5)
    | st.sampled_from([*SPECIAL_TOKENS, *SECTION_HEADERS])
    | st.sampled_from(
        [" lung", "pleural", "naïve", "ℓ", "Д", "'s", "'S", "'", ".", ",", ")", "-", "—", "”", " ", "  ", "\n", "7", " 12", "½", "_"]
    )
).map("".join)


@pytest.fixture(scope="module")
def rich(tmp_path_factory: pytest.TempPathFactory) -> Tokenizer:
    path = tmp_path_factory.mktemp("rich") / FILE_NAME
    train_medical_bpe(RICH, SMALLEST_VOCABULARY + 600).save(str(path))
    return Tokenizer.from_file(path)


@pytest.fixture(scope="module")
def rich_fast(rich: Tokenizer) -> FastEncoder:
    pytest.importorskip("gigatoken")
    return FastEncoder(rich)


def plain_of(tokenizer: Tokenizer) -> tokenizers.Tokenizer:
    """The same without its joins."""
    return Merges.of(tokenizer._backend).beginning(tokenizer.vocab_size - SMALLEST_VOCABULARY - len(tokenizer.joins())).plain


def entries_of(tokenizer: Tokenizer) -> list[str]:
    return [tokenizer.token(token_id) for token_id in range(SMALLEST_VOCABULARY, tokenizer.vocab_size)]


def test_a_word_and_the_mark_behind_it_are_one_token_where_that_saves_most(tmp_path: Path) -> None:
    texts = ["no effusion, no effusion, clear lungs.", "seen: effusion, old"] * 20
    made = train_sizes(texts, [SMALLEST_VOCABULARY + 200])[SMALLEST_VOCABULARY + 200]
    tokens = [made.tokenizer.id_to_token(i) for i in made.tokenizer.encode("an effusion, or effusion").ids]
    assert tokens[-3:] == ["Ġeffusion,", "o", "r"] or "Ġeffusion," in tokens
    assert tokens[-1] == "Ġeffusion"
    assert made.num_joins == 3  # effusion, lungs. seen:


def test_no_entry_holds_two_words_or_a_digit_in_company(rich: Tokenizer) -> None:
    entries = entries_of(rich)
    assert len(rich.joins()) > 100
    assert not [entry for entry in entries if "Ġ" in entry.strip("Ġ") or re.search("Ċ.*[^ĊčĠ]", entry)]
    assert {entry for entry in entries if re.search("[0-9]", entry)} == {f"Ġ{digit}" for digit in "0123456789"}


def test_a_number_s_tokens_are_its_digits_wherever_it_stands(rich: Tokenizer) -> None:
    assert [rich.token(i) for i in rich.encode(" 1250 / 0.5")] == ["Ġ1", "2", "5", "0", "Ġ", "/", "Ġ0", ".", "5"]
    assert [rich.token(i) for i in rich.encode("1250")] == ["1", "2", "5", "0"]


def test_what_is_joined_is_only_what_plain_bpe_gives(rich: Tokenizer) -> None:
    """Tokens of the whole tokenizer are whole tokens of plain BPE put together, so no mark ever changes how the word before it is cut."""
    plain = plain_of(rich)
    for text in RICH[::7]:
        ends = [end for _, end in rich._backend.encode(text).offsets]
        assert set(ends) <= {end for _, end in plain.encode(text).offsets}


@given(ANY_TEXT)
@example("x".join(RICH[:20]))
@example("".join(PROBES))
@settings(max_examples=300, deadline=None)
def test_joining_ids_gives_what_the_merges_give(rich: Tokenizer, text: str) -> None:
    expected = rich.encode(text)
    ids = np.array(plain_of(rich).encode(text, add_special_tokens=False).ids, np.uint32)
    joined, lengths = Joins(rich.joins()).apply(ids, np.array([len(ids)], np.int64))
    assert joined.tolist() == expected
    assert lengths.tolist() == [len(expected)]
    assert rich.decode(expected) == text


def test_no_plain_merge_fits_over_the_border_of_plain_pieces(tmp_path: Path) -> None:
    """Signs that share a byte with a letter or a fraction, so often that merges of single bytes are learnt first."""
    texts = [" ”. ≝. ⁝. ❝." * 50, " ± § ¶ £" * 50, " word, word. x: 5 6 7 8 9 0 1 2 3 4" * 5, "Н. хН.— ½ ¾ ¼"]
    train_medical_bpe(texts, SMALLEST_VOCABULARY + 40).save(str(tmp_path / FILE_NAME))
    tokenizer = Tokenizer.from_file(tmp_path / FILE_NAME)
    assert len(tokenizer.joins()) > 10
    assert {"Ŀ.", "ĠÂ"} <= set(entries_of(tokenizer))  # the last byte of a sign and of the letter Н; the first of a sign and of ½
    for text in ("xН. хН.", "Н.x xН.word", "Н.—", "x ½", " word.Н. ½"):
        ids = np.array(plain_of(tokenizer).encode(text).ids, np.uint32)
        assert Joins(tokenizer.joins()).apply(ids, np.array([len(ids)], np.int64))[0].tolist() == tokenizer.encode(text), text


@given(st.lists(ANY_TEXT, max_size=4))
@settings(max_examples=50, deadline=None)
def test_the_fast_encoder_joins_too(rich: Tokenizer, rich_fast: FastEncoder, texts: list[str]) -> None:
    assert find_difference(rich_fast, ReferenceEncoder(rich), texts) is None


def test_nothing_is_joined_over_the_border_of_texts() -> None:
    joins = Joins(np.array([[1, 2, 5], [5, 3, 6], [1, 3, 7]]))
    ids, lengths = joins.apply(np.array([1, 2, 3, 1, 1, 3, 2, 1, 2], np.uint32), np.array([3, 1, 0, 3, 1, 1], np.int64))
    assert ids.tolist() == [6, 1, 7, 2, 1, 2]
    assert lengths.tolist() == [1, 1, 0, 2, 1, 1]
    assert ids.dtype == np.uint32
    nothing = joins.apply(np.empty(0, np.uint32), np.zeros(2, np.int64))
    assert (nothing[0].tolist(), nothing[1].tolist()) == ([], [0, 0])


def test_what_may_be_joined() -> None:
    assert may_join("Ġeffusion", ",")
    assert may_join("Ġeffusion,", ")")
    assert may_join("Ġground", "-glass")
    assert may_join("Ġ", "5")
    assert not may_join("Ġ5", "5")
    assert not may_join("5", ".")
    assert not may_join("(effusion", ")")  # begins with a mark, so it may stand on the right of a join
    assert not may_join("Ġeffusion", "'s")
    assert not may_join("ĠÐĶ", ".")  # a byte of a letter that is also one of a mark
    assert not may_join("Ġeffusion", "Ġ(")


def test_several_sizes_of_one_reading_are_those_of_a_reading_each() -> None:
    sizes = [SMALLEST_VOCABULARY, SMALLEST_VOCABULARY + 1, SMALLEST_VOCABULARY + 57, 100_000]
    for size, made in train_sizes(RICH, sizes).items():
        assert made.tokenizer.to_str() == train_medical_bpe(RICH, size).to_str()
        assert made.tokenizer.get_vocab_size() <= size


def test_the_rarest_pieces_are_forgotten_where_there_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "MOST_PIECES", 3)
    counts = PieceCounts()
    assert counts.add(["a b c a b a", "d e"]) == ["a b c a b a", "d e"]
    assert counts.counts == {" a": 2, " b": 2}
    assert counts.forgotten == 1
    assert counts.add([" a y, b"]) == [" a", " b"]
    assert counts.add([" y, a"]) == [" y, a"]
    assert counts.counts == {" a": 4, " b": 3, " y,": 2}
    assert counts.forgotten == 1


def test_so_many_different_words_are_learnt_from_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "MOST_PIECES", 400)
    letters = random.Random(1)
    rare = ["".join(letters.choices("qxzjk", k=9)) for _ in range(6_000)]
    counts = PieceCounts()
    left: list[str] = []
    for place, report in enumerate(REPORTS):
        left += counts.add([f"{report} {' '.join(rare[place * 50 : place * 50 + 50])}"])
        assert len(counts.counts) <= 400
    assert 300 < len({word for part in left for word in part.split()}) < 600
    assert sum(part.count("compare") for part in left) == len(REPORTS)


TERMS = ["Pneumothorax", "pleural effusion", "cardiomegaly", "hyperinflation"]


def trained(texts: list[str], num_merges: int, terms: list[str], tmp_path: Path) -> tuple[Tokenizer, TermCounts]:
    size = SMALLEST_VOCABULARY + num_merges
    made = train_sizes(texts, [size], terms)[size]
    made.tokenizer.save(str(tmp_path / FILE_NAME))
    return Tokenizer.from_file(tmp_path / FILE_NAME), made.terms


def test_words_of_terms_are_single_tokens_in_the_forms_in_which_they_occur(tmp_path: Path) -> None:
    texts = [*REPORTS, "Rare: hyperinflation. HYPERINFLATION and Hyperinflation, ground-glass"]
    without, _ = trained(texts, 150, [], tmp_path)
    tokenizer, counts = trained(texts, 150, [*TERMS, "ground-glass lung"], tmp_path)
    for word in (" pneumothorax", " pleural", " effusion", " cardiomegaly", " hyperinflation", " HYPERINFLATION", " Hyperinflation"):
        assert len(tokenizer.encode(word)) == 1, word
    assert len(tokenizer.encode(" ground-glass")) == 1
    assert len(tokenizer.encode(" GROUND-GLASS")) > 2
    assert len(without.encode(" hyperinflation")) > 2
    assert tokenizer.vocab_size <= SMALLEST_VOCABULARY + 150
    assert counts.words_whole_anyway + counts.words_made_whole == counts.words
    assert counts.entries <= 150 // 4
    assert counts.words_without_room == counts.never_occurring == 0


def test_terms_leave_the_merges_of_plain_bpe_as_they_are(tmp_path: Path) -> None:
    texts = [*REPORTS, "hyperinflation"]
    size = SMALLEST_VOCABULARY + 150
    plain = Merges.of(train_sizes(texts, [size])[size].tokenizer)
    made = train_sizes(texts, [size], TERMS)[size]
    kept = Merges.of(made.tokenizer)
    assert kept.merges[: made.num_plain] == plain.merges[: made.num_plain]
    assert 0 < made.num_plain < 150


def test_terms_take_no_more_than_their_share_and_the_most_frequent_go_first(tmp_path: Path) -> None:
    words = [f"{first}{second}ozygium" for first in ("qua", "zor", "vex", "pli") for second in ("bda", "mno", "kru", "fle")]
    texts = ["lung lung base base " * 50, *(f" {word}" * (40 - number) for number, word in enumerate(words))]
    tokenizer, counts = trained(texts, 40, words, tmp_path)
    assert counts.entries == 10
    assert counts.words_without_room > 0
    assert counts.words == 16
    assert counts.words_whole_anyway + counts.words_made_whole + counts.words_without_room == 16
    assert tokenizer.vocab_size == SMALLEST_VOCABULARY + 40


def test_each_thing_that_can_become_of_a_term_is_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(logger, "propagate", True)
    terms = ["nodule", "NODULE", "a <s> b", "see [PLAN]", "T2 nodule", "unheardof nodule", "Alzheimer's nodule"]
    corpus = write_corpus(tmp_path / "c.jsonl", [*REPORTS, "Alzheimer's T2 nodule"])
    with caplog.at_level(logging.INFO, "medpretrain"):
        manifest = train_tokenizer(corpus, SMALLEST_VOCABULARY + 150, tmp_path / "out", terms=terms)
    counts = manifest.counts["terms"]
    assert (counts["given"], counts["duplicates"], counts["conflicting"], counts["never_occurring"]) == (7, 1, 2, 1)
    assert counts["words_never_whole"] == 2  # T2, Alzheimer's
    for sentence in (
        "1 terms are the same as others",
        "2 terms hold a special token or a section header",
        "1 terms have a word that the text never has",
        "2 words hold digits, apostrophes",
    ):
        assert sentence in caplog.text
    assert train_tokenizer(corpus, SMALLEST_VOCABULARY + 150, tmp_path / "out", terms=terms) == manifest


def test_the_patterns_cut_alike_where_no_mark_is_near() -> None:
    assert PLAIN_PATTERN.count("(?:") == 0  # so that encoders that know it by its text recognise it
    assert PLAIN_PATTERN == (
        r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
    )
