"""Which files a corpus is made of, in which split, and how strictly it is read."""

from __future__ import annotations

import gzip
import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from medpretrain.corpus.build import build_corpus
from medpretrain.corpus.reader import open_corpus
from medpretrain.corpus.settings import CorpusSettings, FilterSettings, SourceSettings
from medpretrain.corpus.synth import synthesise_reports, write_synthetic_corpus
from medpretrain.errors import InputError
from medpretrain.manifest import begin_stage, finish_stage

ANY = FilterSettings(min_tokens=0, languages=())


def write_texts(path: Path, texts: list[str]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    data = "".join(json.dumps({"text": text}) + "\n" for text in texts).encode()
    path.write_bytes(gzip.compress(data, mtime=0) if path.suffix == ".gz" else data)
    return path


@pytest.fixture
def built(tmp_path: Path) -> Path:
    texts = [f"this is document number {number}" for number in range(200)]
    source = write_texts(tmp_path / "in.jsonl", texts)
    build_corpus(CorpusSettings(sources=[SourceSettings(path=str(source))], filters=ANY, heldout_share=0.2), tmp_path / "corpus")
    return tmp_path / "corpus"


def test_a_built_directory_gives_its_splits(built: Path) -> None:
    train, heldout = open_corpus(built), open_corpus(built, "heldout")
    train_ids, heldout_ids = [document.id for document in train], [document.id for document in heldout]
    assert set(train_ids).isdisjoint(heldout_ids)
    assert set(train_ids) | set(heldout_ids) == {f"in.jsonl:{number}" for number in range(1, 201)}
    assert (train.num_documents, heldout.num_documents) == (len(train_ids), len(heldout_ids))
    assert train.identity != heldout.identity
    assert train.name == "corpus"
    assert [document.id for document in train] == train_ids  # iterating again reads again


def test_plain_files_are_read_in_name_order(tmp_path: Path) -> None:
    write_texts(tmp_path / "data" / "b.jsonl.gz", ["two"])
    write_texts(tmp_path / "data" / "a.jsonl", ["one"])
    write_texts(tmp_path / "data" / "c" / "a.jsonl", ["three"])
    (tmp_path / "data" / "notes.txt").write_text("not a corpus file")
    corpus = open_corpus(tmp_path / "data")
    assert [(document.text, document.id, document.source) for document in corpus] == [
        ("one", "a.jsonl:1", "a"),
        ("two", "b.jsonl.gz:1", "b"),
        ("three", "c/a.jsonl:1", "a"),
    ]
    assert corpus.num_documents is None


def test_hidden_files_and_circles_are_passed_over_and_links_to_nothing_named(tmp_path: Path) -> None:
    write_texts(tmp_path / "in" / "a.jsonl", ["one"])
    write_texts(tmp_path / "in" / ".hidden.jsonl", ["two"])
    write_texts(tmp_path / "in" / ".git" / "b.jsonl", ["three"])
    (tmp_path / "in" / "again").symlink_to(tmp_path / "in")
    assert [document.text for document in open_corpus(tmp_path / "in")] == ["one"]
    (tmp_path / "in" / "c.jsonl").symlink_to(tmp_path / "gone.jsonl")
    with pytest.raises(InputError) as caught:
        open_corpus(tmp_path / "in")
    assert (caught.value.where, caught.value.found) == (str(tmp_path / "in" / "c.jsonl"), "is a link to nothing")


def test_suffixes_in_capitals_are_the_same(tmp_path: Path) -> None:
    packed = write_texts(tmp_path / "in.jsonl.gz", [f"text {number}" for number in range(9)])
    packed.rename(tmp_path / "in.JSONL.GZ")
    write_texts(tmp_path / "more.Jsonl", ["one"])
    corpus = open_corpus(tmp_path)
    assert [(document.text, document.source) for document in corpus][-2:] == [("text 8", "in"), ("one", "more")]
    assert set(open_corpus(tmp_path / "in.JSONL.GZ").sample(10_000)) == {"text 0", "text 4", "text 8"}


def test_essentials_are_the_same_documents(tmp_path: Path) -> None:
    write_texts(tmp_path / "a.jsonl", ["one", "two μ"])
    (tmp_path / "b.jsonl").write_text('{"id":3,"text":"three","source":"s","doc_type":"d","meta":{"x":1},"year":2001}\n', encoding="utf-8")
    corpus = open_corpus(tmp_path)
    assert list(corpus.essentials()) == [(document.id, document.text, document.source, document.doc_type) for document in corpus]


@pytest.mark.parametrize(
    ("suffix", "texts"),
    [(".jsonl", {0, 23, 45, 67, 89}), (".jsonl.gz", {0, 4, 8, 12, 16})],  # a packed file is read from its start
)
def test_a_sample_comes_from_all_over_the_corpus(tmp_path: Path, suffix: str, texts: set[int]) -> None:
    for number in range(150):
        write_texts(tmp_path / f"{number:03d}{suffix}", [f"file {number} text {text}. " * 100 for text in range(110)])
    sample = open_corpus(tmp_path).sample(50_000)
    assert {len(text) for text in sample} == {200}
    found = [tuple(map(int, re.findall(r"file (\d+) text (\d+)\. ", text)[0])) for text in sample]
    assert sorted({file for file, _ in found}) == list(range(0, 150, 3))
    assert len(set(found)) == 50 * 5
    assert {text for _, text in found} == texts


def test_one_file_gives_as_large_a_sample(tmp_path: Path) -> None:
    path = write_texts(tmp_path / "a.jsonl", [f"text {text}. " * 100 for text in range(10_000)])
    sample = open_corpus(path).sample(50_000)
    numbers = [int(re.findall(r"text (\d+)\. ", text)[0]) for text in sample]
    assert len(numbers) == 256
    assert max(np.diff([0, *numbers, 10_000])) < 50


def test_a_sample_passes_over_what_is_damaged(tmp_path: Path) -> None:
    write_texts(tmp_path / "a.jsonl", ["one"])
    (tmp_path / "b.jsonl").write_bytes(b"{oops\n\n" * 50)
    write_texts(tmp_path / "c.jsonl.gz", ["two"])
    (tmp_path / "d.jsonl.gz").write_bytes((tmp_path / "c.jsonl.gz").read_bytes()[:-10])
    (tmp_path / "e.jsonl").write_bytes(b"")
    assert set(open_corpus(tmp_path).sample(1000)) == {"one", "two"}


def test_identity_of_plain_files_follows_content_not_place(tmp_path: Path) -> None:
    write_texts(tmp_path / "x" / "a.jsonl", ["one"])
    shutil.copytree(tmp_path / "x", tmp_path / "elsewhere" / "x")
    identity = open_corpus(tmp_path / "x").identity
    assert open_corpus(tmp_path / "elsewhere" / "x").identity == identity
    write_texts(tmp_path / "x" / "a.jsonl", ["another"])
    assert open_corpus(tmp_path / "x").identity != identity


def test_synthetic_reports_are_plain_files(tmp_path: Path) -> None:
    write_synthetic_corpus(5, 3, tmp_path / "synth")
    corpus = open_corpus(tmp_path / "synth")
    assert list(corpus) == list(synthesise_reports(5, 3))
    assert corpus.num_documents == 5


@pytest.mark.parametrize(
    ("line", "found"), [(b"{oops\n", "not JSON"), (b'{"id":"x"}\n', "no text"), (b"\xff\n", "not UTF-8"), (b"\n", "empty line")]
)
def test_a_bad_line_in_a_plain_file(tmp_path: Path, line: bytes, found: str) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"text":"good"}\n' + line)
    with pytest.raises(InputError) as caught:
        list(open_corpus(path))
    assert caught.value.where == f"{path} line 2"
    assert caught.value.found.startswith(found)
    assert caught.value.expected == "one JSON object with a text a line"
    assert caught.value.remedy == "run `medpretrain corpus build`, which sets bad lines aside"


def test_a_bad_line_in_a_built_directory(tmp_path: Path, built: Path) -> None:
    other = tmp_path / "other"
    begin_stage(other, "corpus build", {}, {}, ["*"])
    (other / "train-00000.jsonl.zst").write_bytes((built / "heldout-00000.jsonl.zst").read_bytes())
    path = write_texts(other / "train-00001.jsonl", ["fine"])
    path.write_bytes(path.read_bytes() + b"{\n")
    finish_stage(other, "corpus build", {}, {}, {"splits": {"train": {"documents": 2}}}, ["train-00000.jsonl.zst", "train-00001.jsonl"])
    with pytest.raises(InputError) as caught:
        list(open_corpus(other))
    assert caught.value.where == f"{path} line 2"
    assert caught.value.found.startswith("not JSON")
    assert caught.value.remedy == "the file was damaged: restore it or make the corpus again"


def test_a_shortened_file_of_a_built_directory_is_refused_at_opening(built: Path) -> None:
    path = built / "train-00000.jsonl.zst"
    size = path.stat().st_size
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(InputError) as caught:
        open_corpus(built)
    assert caught.value.where == str(path)
    assert caught.value.found == f"has {size - 1:,} bytes"
    assert caught.value.expected == f"{size:,} bytes"
    assert caught.value.remedy == "restore it or make the directory again"


def test_plain_files_have_no_heldout_split(tmp_path: Path) -> None:
    path = write_texts(tmp_path / "a.jsonl", ["one"])
    with pytest.raises(InputError) as caught:
        open_corpus(path, "heldout")
    assert caught.value.where == str(path)
    assert caught.value.found == "is not divided, so it has no heldout documents"
    assert caught.value.expected == "a directory made by `corpus build`"
    assert caught.value.remedy == "run `medpretrain corpus build` first"


def test_an_unknown_split_is_refused(built: Path) -> None:
    with pytest.raises(InputError) as caught:
        open_corpus(built, "test")
    assert caught.value.where == "split `test`"
    assert caught.value.found == "is not known"
    assert caught.value.expected == "train or heldout"
    assert caught.value.remedy == "use one of these"


def test_a_split_without_documents_is_refused(tmp_path: Path) -> None:
    source = write_texts(tmp_path / "in.jsonl", ["one document of five words"])
    build_corpus(CorpusSettings(sources=[SourceSettings(path=str(source))], filters=ANY, heldout_share=0.0), tmp_path / "corpus")
    with pytest.raises(InputError) as caught:
        open_corpus(tmp_path / "corpus", "heldout")
    assert caught.value.where == str(tmp_path / "corpus")
    assert caught.value.found == "has no heldout document"
    assert caught.value.expected == "at least one"
    assert caught.value.remedy == "build the corpus again with a larger heldout_share"


def test_a_missing_path_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        open_corpus(tmp_path / "none")
    assert caught.value.where == str(tmp_path / "none")
    assert caught.value.found == "there is no such file or directory"
    assert caught.value.expected == "a corpus directory or a .jsonl(.gz|.zst) file"
    assert caught.value.remedy == "check the path"


def test_a_directory_without_corpus_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "readme.txt").write_text("nothing here")
    with pytest.raises(InputError) as caught:
        open_corpus(tmp_path)
    assert caught.value.where == str(tmp_path)
    assert caught.value.found == "holds no JSON lines file"
    assert caught.value.expected == "files ending in .jsonl, .jsonl.gz, .jsonl.zst"
    assert caught.value.remedy == "check the path"


def test_an_unfinished_directory_is_refused(tmp_path: Path) -> None:
    begin_stage(tmp_path / "corpus", "corpus build", {}, {}, ["*"])
    write_texts(tmp_path / "corpus" / "train-00000.jsonl", ["half a corpus"])
    with pytest.raises(InputError) as caught:
        open_corpus(tmp_path / "corpus")
    assert caught.value.where == str(tmp_path / "corpus")
    assert "unfinished" in caught.value.found


def test_the_directory_of_another_stage_is_refused(tmp_path: Path) -> None:
    begin_stage(tmp_path / "tokens", "tokenizer train", {}, {}, ["*"])
    finish_stage(tmp_path / "tokens", "tokenizer train", {}, {}, {}, [])
    with pytest.raises(InputError) as caught:
        open_corpus(tmp_path / "tokens")
    assert caught.value.where == str(tmp_path / "tokens")
    assert caught.value.found == "was made by `tokenizer train`"
    assert caught.value.expected == "a directory made by `corpus build`"
    assert caught.value.remedy == "give the directory of that stage"
