"""The sample that a vocabulary is learnt from: its shares, its spread, that it is the same each time, what is refused."""

from __future__ import annotations

import json
import logging
import random
from collections import Counter
from pathlib import Path

import pytest

from medpretrain.__main__ import main
from medpretrain.corpus.reader import open_corpus
from medpretrain.errors import InputError, InputErrors
from medpretrain.log import logger
from medpretrain.manifest import Manifest
from medpretrain.tokenizer.sample import Drawn, Mixture, draw, mixture_of_weights, parse_mixture
from medpretrain.tokenizer.train import train_tokenizer
from medpretrain.tokenizer.vocabulary import SMALLEST_VOCABULARY

AVAILABLE = {"notes": 300_000, "papers": 2_000_000, "labels": 60_000}
WANTED = {"notes": 0.5, "papers": 0.4, "labels": 0.1}


def write_documents(path: Path, documents: list[tuple[str, str]]) -> Path:
    """(kind, text) each; the source is the kind's first letter."""
    lines = (json.dumps({"text": text, "doc_type": kind, "source": kind[0]}) + "\n" for kind, text in documents)
    path.write_text("".join(lines), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    chance = random.Random(0)
    documents: list[tuple[str, str]] = []
    for kind, num_bytes in AVAILABLE.items():
        while num_bytes > 0:
            length = min(num_bytes, int(chance.lognormvariate(7, 1.5)) + 1)  # from some bytes to some 100 kB
            words = f"{len(documents):08d} " + f"{kind}é " * length
            documents.append((kind, words.encode()[:length].decode(errors="ignore")))
            num_bytes -= length
    chance.shuffle(documents)
    return write_documents(tmp_path_factory.mktemp("corpus") / "c.jsonl", documents)


def drawn_from(path: Path, mixture: Mixture | None, max_bytes: int | None) -> tuple[list[str], Drawn]:
    drawn = Drawn()
    return list(draw(open_corpus(path), mixture, max_bytes, drawn)), drawn


@pytest.mark.parametrize("max_bytes", [None, 300_000])
def test_each_kind_has_its_share_within_one_percent(corpus: Path, max_bytes: int | None) -> None:
    texts, drawn = drawn_from(corpus, Mixture("doc_type", WANTED), max_bytes)
    assert drawn.bytes == sum(len(text.encode()) for text in texts)
    assert drawn.documents == len(texts)
    assert sum(drawn.by["doc_type"].values()) == sum(drawn.by["source"].values()) == drawn.bytes
    for kind, share in WANTED.items():
        assert drawn.by["doc_type"][kind] / drawn.bytes == pytest.approx(share, rel=0.01)
        assert drawn.by["source"][kind[0]] == drawn.by["doc_type"][kind]
    limit = 600_000 if max_bytes is None else max_bytes  # labels and notes are both used up there
    assert 0.99 * limit <= drawn.bytes <= limit


def test_the_sample_is_the_same_again_and_in_the_corpus_s_order(corpus: Path) -> None:
    mixture = Mixture("source", {"n": 0.9, "p": 0.1})
    texts, _ = drawn_from(corpus, mixture, 100_000)
    assert texts == drawn_from(corpus, mixture, 100_000)[0]
    whole = [document.text for document in open_corpus(corpus)]
    places = [next(place for place, text in enumerate(whole) if text.startswith(drawn)) for drawn in texts]
    assert max(places) > 0.9 * len(whole)  # from all over it
    assert min(places) < 0.1 * len(whole)


def test_a_document_is_cut_at_the_end_of_a_word(tmp_path: Path) -> None:
    path = write_documents(tmp_path / "c.jsonl", [("a", "pleural effusion " * 1000), ("b", "x" * 100_000), ("c", "né " * 3000)])
    texts, _ = drawn_from(path, Mixture("doc_type", {"a": 0.4, "b": 0.3, "c": 0.3}), 5000)
    assert 1980 <= len(texts[0]) <= 2000
    assert texts[0].endswith(("pleural", "effusion"))
    assert texts[1] == "x" * 1500  # no white space to end at
    assert texts[2].endswith("né")


def test_without_a_mixture_all_is_taken_in_one_reading_and_counted(corpus: Path) -> None:
    texts, drawn = drawn_from(corpus, None, None)
    assert texts == [document.text for document in open_corpus(corpus)]
    assert drawn.bytes == sum(drawn.by["doc_type"].values()) == sum(len(text.encode()) for text in texts)


def test_the_scarcest_kind_ends_the_sample_and_is_named(
    corpus: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(logger, "propagate", True)
    with caplog.at_level(logging.INFO, "medpretrain"):
        _, drawn = drawn_from(corpus, Mixture("doc_type", {"labels": 0.5, "papers": 0.5}), 10**9)
    assert drawn.bytes == pytest.approx(120_000, rel=0.01)
    assert "the sample ends at 1" in caplog.text
    assert "as there is no more of labels for its share" in caplog.text
    assert "not in the mixture, so not read: notes" in caplog.text


@pytest.mark.parametrize("max_epochs", [2, 4])
def test_a_scarce_kind_may_be_read_again_so_often_and_no_more(corpus: Path, max_epochs: int) -> None:
    drawn = Drawn()
    texts = list(draw(open_corpus(corpus), Mixture("doc_type", WANTED), None, drawn, max_epochs))
    assert drawn.bytes == pytest.approx(600_000 * max_epochs, rel=0.01)
    for kind, share in WANTED.items():
        assert drawn.by["doc_type"][kind] / drawn.bytes == pytest.approx(share, rel=0.01)
    readings = Counter(text[:8] for text in texts if len(text) > 8)
    assert max(readings.values()) == max_epochs


def test_more_epochs_without_a_mixture_are_refused(corpus: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="max_epochs: has no effect without a mixture"):
        train_tokenizer(corpus, SMALLEST_VOCABULARY, tmp_path / "out", max_epochs=2)


def test_words_make_a_mixture_and_all_bad_ones_are_told_at_once() -> None:
    assert parse_mixture([], "source") is None
    assert parse_mixture(["a=1", "b=c=3"], "doc_type") == Mixture("doc_type", {"a": 0.25, "b=c": 0.75})
    with pytest.raises(InputErrors) as caught:
        parse_mixture(["a", "=1", "b=x", "c=0", "d=-1", "e=inf", "f=nan", "g=1", "g=2"], "source")
    assert [error.where for error in caught.value.errors] == [
        f"mixture `{word}`" for word in ("a", "=1", "b=x", "c=0", "d=-1", "e=inf", "f=nan", "g=2")
    ]
    assert caught.value.errors[-1].found == "g stands twice"


def test_names_that_the_corpus_does_not_have_are_told_at_once_with_those_it_has(corpus: Path) -> None:
    with pytest.raises(InputErrors) as caught:
        drawn_from(corpus, Mixture("doc_type", {"notes": 0.5, "leaflets": 0.25, "n": 0.25}), None)
    assert [(error.where, error.found) for error in caught.value.errors] == [
        ("mixture `leaflets`", "no document has this doc_type"),
        ("mixture `n`", "no document has this doc_type"),
    ]
    assert caught.value.errors[0].expected == "one of labels, notes, papers"


def built(weights: dict[str | None, float]) -> Manifest:
    sources = [{"name": name, "licence": "", "weight": weight} for name, weight in weights.items()]
    return Manifest("corpus build", {}, {}, {"sources": sources}, {})


def test_weights_of_the_corpus_multiply_what_there_is(corpus: Path) -> None:
    mixture = mixture_of_weights(built({"n": 4, "p": 1, "l": 20}), open_corpus(corpus))
    assert mixture is not None
    assert mixture.by == "source"
    total = 4 * 300_000 + 2_000_000 + 20 * 60_000
    expected = {"n": 4 * 300_000 / total, "p": 2_000_000 / total, "l": 20 * 60_000 / total}
    assert mixture.shares == pytest.approx(expected, rel=1e-3)


def test_equal_weights_and_unnamed_sources_make_no_mixture(
    corpus: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(logger, "propagate", True)
    opened = open_corpus(corpus)
    assert mixture_of_weights(None, opened) is None
    assert mixture_of_weights(built({"n": 2, "p": 2, "l": 2}), opened) is None
    assert "not used" not in caplog.text
    assert mixture_of_weights(built({"n": 2, None: 1}), opened) is None
    assert "weights to sources that it does not name: they are not used" in caplog.text


def test_the_manifest_has_wanted_and_drawn_shares_and_their_divergence(corpus: Path, tmp_path: Path) -> None:
    manifest = train_tokenizer(corpus, SMALLEST_VOCABULARY + 5, tmp_path / "out", mixture=Mixture("doc_type", WANTED))
    told = manifest.counts["mixture"]
    assert (told["by"], told["shares"]) == ("doc_type", WANTED)
    assert told["drawn"] == pytest.approx(WANTED, rel=0.01)
    assert 0 <= told["divergence_nats"] < 1e-4
    assert manifest.counts["bytes_by_doc_type"].keys() == WANTED.keys()
    assert manifest.settings["mixture"] == {"by": "doc_type", "shares": WANTED}


def test_the_command_takes_mixture_and_terms_and_refuses_bad_ones(corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "terms.txt").write_text("notes\n")
    words = ["tokenizer", "train", "--corpus", str(corpus), "--vocab-size", str(SMALLEST_VOCABULARY + 20), "--out", str(tmp_path / "out")]
    assert main([*words, "--json", "--mixture", "notes=1", "labels=1", "--by", "doc_type", "--terms", str(tmp_path / "terms.txt")]) == 0
    counts = json.loads(capsys.readouterr().out)["counts"]
    assert counts["mixture"]["shares"] == {"labels": 0.5, "notes": 0.5}
    assert counts["terms"]["given"] == 1
    assert main([*words, "--mixture", "notes", "n=0"]) == 2
    told = capsys.readouterr().err
    assert "mixture `notes`: is no share" in told
    assert "mixture `n=0`: is no share" in told
