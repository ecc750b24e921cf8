"""Training: determinism, sizes, what is read, and what is refused."""

from __future__ import annotations

import itertools
import logging
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from tokenizer_samples import NUM_MERGES, REPORTS, write_corpus

from medpretrain.errors import InputError
from medpretrain.log import logger
from medpretrain.tokenizer.train import train_medical_bpe, train_tokenizer
from medpretrain.tokenizer.vocabulary import FILE_NAME, SMALLEST_VOCABULARY, Tokenizer

PRETRAIN = Path(__file__).parents[4] / "shared/data/pretrain"


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    return write_corpus(tmp_path / "reports.jsonl", REPORTS)


@pytest.mark.parametrize("num_threads", [1, 2, 4])
def test_two_trainings_give_the_same_bytes(corpus: Path, tokenizer_dir: Path, tmp_path: Path, num_threads: int) -> None:
    # Another process: hash seeds and thread scheduling differ there.
    program = (
        "import sys; from pathlib import Path; from medpretrain.tokenizer.train import train_tokenizer; "
        "train_tokenizer(Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))"
    )
    size = SMALLEST_VOCABULARY + NUM_MERGES
    subprocess.run(
        [sys.executable, "-c", program, str(corpus), str(size), str(tmp_path / "again")],
        check=True,
        cwd=Path(__file__).parents[3],
        env={**os.environ, "RAYON_NUM_THREADS": str(num_threads), "PYTHONHASHSEED": str(num_threads)},
    )
    assert (tmp_path / "again" / FILE_NAME).read_bytes() == (tokenizer_dir / FILE_NAME).read_bytes()


def test_the_first_merges_are_those_of_a_plain_bpe() -> None:
    """The textbook algorithm on words that no split pattern cuts (002-40): most frequent pair first, ties to the smallest ids."""
    texts = ["low", "lowest", "newer", "wider", "newest", "lower", "low"] * 3
    trained = train_medical_bpe(texts, SMALLEST_VOCABULARY + 8)
    words = Counter(tuple(text) for text in texts)
    symbols = {trained.id_to_token(i): i for i in range(SMALLEST_VOCABULARY)}
    for step in range(8):
        pairs: Counter[tuple[str, str]] = Counter()
        for word, frequency in words.items():
            for pair in itertools.pairwise(word):
                pairs[pair] += frequency
        best = max(pairs, key=lambda pair: (pairs[pair], -symbols[pair[0]], -symbols[pair[1]]))
        merged = "".join(best)
        assert trained.id_to_token(SMALLEST_VOCABULARY + step) == merged
        symbols[merged] = SMALLEST_VOCABULARY + step
        merged_words: Counter[tuple[str, ...]] = Counter()
        for word, frequency in words.items():
            joined: list[str] = []
            for symbol in word:
                if joined and (joined[-1], symbol) == best:
                    joined[-1] = merged
                else:
                    joined.append(symbol)
            merged_words[tuple(joined)] += frequency
        words = merged_words


def test_the_manifest_says_what_was_read_and_made(corpus: Path, tmp_path: Path) -> None:
    manifest = train_tokenizer(corpus, SMALLEST_VOCABULARY + 50, tmp_path / "out")
    num_bytes = sum(len(text.encode()) for text in REPORTS)
    assert manifest.counts == {
        "documents": 120,
        "bytes": num_bytes,
        "bytes_by_source": {"reports": num_bytes},
        "bytes_by_doc_type": {"document": num_bytes},
        "vocab_size": SMALLEST_VOCABULARY + 50,
        "merges": 50,
        "joins": manifest.counts["joins"],
    }
    assert 0 < manifest.counts["joins"] < 10
    assert manifest.settings["vocab_size"] == SMALLEST_VOCABULARY + 50
    assert list(manifest.files) == [FILE_NAME]
    assert Tokenizer.load(tmp_path / "out").vocab_size == SMALLEST_VOCABULARY + 50


def test_the_same_training_again_does_nothing_and_another_is_refused(corpus: Path, tmp_path: Path) -> None:
    first = train_tokenizer(corpus, SMALLEST_VOCABULARY + 20, tmp_path / "out")
    before = (tmp_path / "out" / FILE_NAME).stat().st_mtime_ns
    assert train_tokenizer(corpus, SMALLEST_VOCABULARY + 20, tmp_path / "out") == first
    assert (tmp_path / "out" / FILE_NAME).stat().st_mtime_ns == before
    with pytest.raises(InputError) as caught:
        train_tokenizer(corpus, SMALLEST_VOCABULARY + 21, tmp_path / "out")
    assert caught.value.where == str(tmp_path / "out")


def test_headers_take_no_merges() -> None:
    trained = train_medical_bpe(["[FINDINGS]"] * 50 + ["abc abc abc"], SMALLEST_VOCABULARY + 20)
    merged = [trained.id_to_token(i) for i in range(SMALLEST_VOCABULARY, trained.get_vocab_size())]
    assert sorted(merged) == ["ab", "abc", "Ġabc"]


def test_a_corpus_with_few_pairs_gives_a_smaller_vocabulary_and_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logger, "propagate", True)
    with caplog.at_level(logging.INFO, "medpretrain"):
        manifest = train_tokenizer(write_corpus(tmp_path / "c.jsonl", ["abc abc once", "abc"]), 32_768, tmp_path / "out")
    reached = SMALLEST_VOCABULARY + 2
    assert manifest.counts["merges"] == 2  # ab, abc; " abc" and "once" stand there once, so they give none
    assert manifest.counts["vocab_size"] == reached
    assert f"the corpus holds pairs for {reached:,} entries only, not 32,768" in caplog.text


def test_max_bytes_takes_an_even_spread(tmp_path: Path) -> None:
    texts = [f"{'early' if number < 500 else 'later'} {number:04d}" for number in range(1000)]
    manifest = train_tokenizer(write_corpus(tmp_path / "c.jsonl", texts), SMALLEST_VOCABULARY + 5, tmp_path / "out", max_bytes=1000)
    assert manifest.counts["documents"] == 100
    assert manifest.counts["bytes"] == 1000
    tokenizer = Tokenizer.load(tmp_path / "out")
    merged = {tokenizer.token(i) for i in range(SMALLEST_VOCABULARY, tokenizer.vocab_size)}
    assert merged & {"ea", "ar", "rl", "ly"}
    assert merged & {"la", "at", "te", "er"}


def test_a_vocabulary_too_small_is_refused_before_anything_is_written(corpus: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        train_tokenizer(corpus, SMALLEST_VOCABULARY - 1, tmp_path / "out")
    assert caught.value.where == "vocab_size"
    assert caught.value.found == f"is {SMALLEST_VOCABULARY - 1}"
    assert caught.value.expected.startswith(f"at least {SMALLEST_VOCABULARY} (4 special tokens, ")
    assert caught.value.remedy == "choose a larger vocabulary"
    assert not (tmp_path / "out").exists()
    assert train_medical_bpe(REPORTS, SMALLEST_VOCABULARY).get_vocab_size() == SMALLEST_VOCABULARY


def test_a_byte_limit_below_one_is_refused(corpus: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        train_tokenizer(corpus, 1000, tmp_path / "out", max_bytes=0)
    assert caught.value.where == "max_bytes"
    assert caught.value.found == "is 0"
    assert caught.value.remedy == "leave it out to read the whole corpus"


def test_an_empty_corpus_is_refused(tmp_path: Path) -> None:
    empty = write_corpus(tmp_path / "empty.jsonl", [])
    with pytest.raises(InputError) as caught:
        train_tokenizer(empty, 1000, tmp_path / "out")
    assert caught.value.where == str(empty)
    assert caught.value.found == "holds no text to train on"
    assert caught.value.expected == "a corpus with at least one document"
    assert caught.value.remedy.startswith("check the corpus")
    assert not (tmp_path / "out" / "manifest.json").exists()


@pytest.mark.slow
@pytest.mark.skipif(not PRETRAIN.exists(), reason="the real medical text beside the repository (../shared) is absent")
def test_real_text_fills_32768_entries(tmp_path: Path) -> None:
    manifest = train_tokenizer(PRETRAIN / "pubmed_abstracts.jsonl.gz", 32_768, tmp_path / "out")
    tokenizer = Tokenizer.load(tmp_path / "out")
    assert manifest.counts["vocab_size"] == tokenizer.vocab_size == 32_768
    assert len(tokenizer.encode(" randomized")) == 1
    merged = [tokenizer.token(i) for i in range(SMALLEST_VOCABULARY, tokenizer.vocab_size)]
    assert not [entry for entry in merged if "Ġ" in entry.strip("Ġ")]
