"""What `corpus build` keeps, drops, sets aside and counts; that it gives the same bytes again; what it refuses."""

from __future__ import annotations

import gzip
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from medpretrain.config import load_settings
from medpretrain.corpus.build import DUPLICATE, TOO_SHORT, build_corpus, drop_reason, split_key, split_of
from medpretrain.corpus.lines import read_lines
from medpretrain.corpus.reader import open_corpus
from medpretrain.corpus.settings import CorpusSettings
from medpretrain.corpus.synth import write_synthetic_corpus
from medpretrain.errors import InputError, InputErrors
from medpretrain.manifest import read_manifest, verify_files

MINI = Path(__file__).parents[3].parent / "shared" / "data" / "pretrain" / "mini.jsonl.gz"
BAD_LINES = {
    b"{oops": "not JSON",
    b"[1]": "not an object",
    b'{"id":"a"}': "no text",
    b'{"text":3}': "text not a string",
    b'{"text":" "}': "empty text",
    b'{"text":"caf\xe9"}': "not UTF-8",
    b'{"text":"\\ud800"}': "lone surrogate",
    b"": "empty line",
    b'{"text":"a","id":{}}': "wrong type",
}


def good_line(number: int, doc_type: str = "note") -> bytes:
    return json.dumps({"id": f"d{number}", "text": f"the text of document number {number}", "doc_type": doc_type}).encode()


def write_lines(path: Path, lines: list[bytes]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    data = b"".join(line + b"\n" for line in lines)
    path.write_bytes(gzip.compress(data, mtime=0) if path.suffix == ".gz" else data)
    return path


def settings(*paths: Path, **rest: Any) -> CorpusSettings:
    return CorpusSettings.model_validate({"sources": [{"path": path} for path in paths], **rest})


def test_every_line_is_kept_dropped_or_set_aside_and_counted(tmp_path: Path) -> None:
    lines = [good_line(number, "note" if number % 3 else "letter") for number in range(300)]
    lines[10:10] = list(BAD_LINES)  # lines 11 to 19
    lines += [good_line(5), b'{"text":"the  text of\\ndocument number 7 "}', b'{"text":"too few words"}']
    source = write_lines(tmp_path / "in.jsonl.gz", lines)
    manifest = build_corpus(settings(source, heldout_share=0.1, documents_per_file=100, max_bad_share=0.05), tmp_path / "out")
    counts = manifest.counts
    assert counts["lines"] == 312
    assert counts["documents"] == 300
    assert counts["text_bytes"] == sum(len(f"the text of document number {number}") for number in range(300))
    assert {name: of_type["documents"] for name, of_type in counts["doc_types"].items()} == {"letter": 100, "note": 200}
    assert counts["drops"] == {**dict.fromkeys(BAD_LINES.values(), 1), DUPLICATE: 2, TOO_SHORT: 1}
    assert counts["rejected"] == 9
    rejected = [json.loads(line) for _, line in read_lines(tmp_path / "out" / "rejected.jsonl.zst")]
    assert [(line["file"], line["line"], line["reason"]) for line in rejected] == [
        ("in.jsonl.gz", number, reason) for number, reason in enumerate(BAD_LINES.values(), start=11)
    ]
    assert rejected[0]["begins"] == "{oops"
    for split in ("train", "heldout"):
        documents = list(open_corpus(tmp_path / "out", split))
        assert len(documents) == counts["splits"][split]["documents"] > 0
        assert sum(len(document.text.encode()) for document in documents) == counts["splits"][split]["text_bytes"]
    num_train_files = -(-counts["splits"]["train"]["documents"] // 100)
    names = {"rejected.jsonl.zst", "heldout-00000.jsonl.zst", *(f"train-{index:05d}.jsonl.zst" for index in range(num_train_files))}
    assert set(manifest.files) == names
    assert num_train_files == 3
    verify_files(tmp_path / "out", read_manifest(tmp_path / "out", "corpus build"))


def test_the_same_input_gives_the_same_bytes_wherever_it_lies(tmp_path: Path) -> None:
    write_lines(tmp_path / "in" / "a.jsonl", [good_line(number) for number in range(150)] + [b"bad"])
    write_lines(tmp_path / "in" / "b.jsonl.gz", [good_line(number) for number in range(100, 250)])
    shutil.copytree(tmp_path / "in", tmp_path / "elsewhere" / "copy")
    first = build_corpus(settings(tmp_path / "in"), tmp_path / "out1")
    second = build_corpus(settings(tmp_path / "elsewhere" / "copy"), tmp_path / "out2")
    assert first.identity == second.identity
    assert first.files == second.files
    assert first.counts["drops"] == {DUPLICATE: 50, "not JSON": 1}
    assert str(tmp_path) not in (tmp_path / "out1" / "manifest.json").read_text()


def test_other_content_or_other_settings_give_another_identity(tmp_path: Path) -> None:
    source = write_lines(tmp_path / "in.jsonl", [good_line(number) for number in range(150)])
    first = build_corpus(settings(source), tmp_path / "out1")
    assert build_corpus(settings(source, seed=1), tmp_path / "out2").identity != first.identity
    write_lines(source, [good_line(number) for number in range(149)])
    assert build_corpus(settings(source), tmp_path / "out3").identity != first.identity


def test_a_finished_output_is_left_alone_and_one_of_other_input_refused(tmp_path: Path) -> None:
    source = write_lines(tmp_path / "in.jsonl", [good_line(number) for number in range(150)])
    first = build_corpus(settings(source), tmp_path / "out")
    written = (tmp_path / "out" / "manifest.json").stat().st_mtime_ns
    assert build_corpus(settings(source), tmp_path / "out") == first
    assert (tmp_path / "out" / "manifest.json").stat().st_mtime_ns == written
    write_lines(source, [good_line(number) for number in range(10)])
    with pytest.raises(InputError, match="already holds the output of `corpus build` made from other inputs"):
        build_corpus(settings(source), tmp_path / "out")


def test_an_interrupted_build_is_made_anew(tmp_path: Path) -> None:
    whole = write_lines(tmp_path / "whole" / "in.jsonl.gz", [good_line(number) for number in range(5000)])
    source = tmp_path / "in.jsonl.gz"
    source.write_bytes(whole.read_bytes()[:-20])
    with pytest.raises(InputError) as caught:
        build_corpus(settings(source), tmp_path / "out")
    assert caught.value.where == str(source)
    assert caught.value.found.startswith("is cut off after line ")
    assert not (tmp_path / "out" / "manifest.json").exists()
    shutil.copy(whole, source)
    assert build_corpus(settings(source), tmp_path / "out").identity == build_corpus(settings(whole), tmp_path / "fresh").identity


@pytest.mark.parametrize(
    ("num_bad", "num_lines", "refused"), [(1, 100, False), (2, 100, True), (50, 99, False), (10, 1000, False), (11, 1000, True)]
)
def test_the_share_of_bad_lines(tmp_path: Path, num_bad: int, num_lines: int, refused: bool) -> None:
    source = write_lines(tmp_path / "in.jsonl", [b"bad"] * num_bad + [good_line(number) for number in range(num_lines - num_bad)])
    if not refused:
        assert build_corpus(settings(source), tmp_path / "out").counts["rejected"] == num_bad
        return
    with pytest.raises(InputError) as caught:
        build_corpus(settings(source), tmp_path / "out")
    assert caught.value.where == "corpus build"
    assert caught.value.found == f"{num_bad} of {num_lines:,} lines are bad ({num_bad} not JSON)"
    assert caught.value.expected == "at most 1.00% bad lines"
    assert caught.value.remedy == f"look into {tmp_path / 'out' / 'rejected.jsonl.zst'}, mend the sources, or raise max_bad_share"
    assert not (tmp_path / "out" / "manifest.json").exists()
    assert len(list(read_lines(tmp_path / "out" / "rejected.jsonl.zst"))) == num_bad


@pytest.mark.parametrize("lines", [[], [b'{"text":"short"}'] * 3], ids=["no line", "all dropped"])
def test_an_empty_corpus_is_refused(tmp_path: Path, lines: list[bytes]) -> None:
    source = write_lines(tmp_path / "in.jsonl", lines)
    with pytest.raises(InputError) as caught:
        build_corpus(settings(source), tmp_path / "out")
    assert caught.value.where == "corpus build"
    dropped = f"{len(lines)} too short" if lines else "nothing dropped"
    assert caught.value.found == f"no training document is left of {len(lines)} lines ({dropped})"
    assert caught.value.expected == "at least one document"
    assert caught.value.remedy == "check the sources, min_words, min_characters and heldout_share"
    assert not (tmp_path / "out" / "manifest.json").exists()


def test_a_missing_source_is_named_before_anything_is_made(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        build_corpus(settings(tmp_path / "none.jsonl"), tmp_path / "out")
    assert caught.value.where == str(tmp_path / "none.jsonl")
    assert caught.value.found == "there is no such file or directory"
    assert not (tmp_path / "out").exists()


def test_an_output_inside_a_source_is_refused(tmp_path: Path) -> None:
    write_lines(tmp_path / "in" / "a.jsonl", [good_line(1)])
    with pytest.raises(InputError) as caught:
        build_corpus(settings(tmp_path / "in"), tmp_path / "in" / "out")
    assert caught.value.where == str(tmp_path / "in" / "out")
    assert caught.value.found == f"lies inside the source {tmp_path / 'in'}"
    assert caught.value.expected == "an output beside the sources"
    assert caught.value.remedy == "choose another --out"


def test_a_built_corpus_is_no_source(tmp_path: Path) -> None:
    build_corpus(settings(write_lines(tmp_path / "in.jsonl", [good_line(number) for number in range(9)])), tmp_path / "out")
    with pytest.raises(InputError) as caught:
        build_corpus(settings(tmp_path / "out"), tmp_path / "again")
    assert caught.value.where == str(tmp_path / "out")
    assert caught.value.found == "was made by `corpus build`"
    assert caught.value.expected == "plain JSON lines files"
    assert caught.value.remedy == "name the files it was made from"


def test_names_given_in_the_settings_replace_those_of_the_documents(tmp_path: Path) -> None:
    one = write_lines(tmp_path / "one.jsonl", [good_line(1)])
    two = write_lines(tmp_path / "two.jsonl", [good_line(2)])
    build_corpus(
        CorpusSettings.model_validate(
            {"sources": [{"path": one}, {"path": two, "source": "hospital", "doc_type": "letter"}], "heldout_share": 0}
        ),
        tmp_path / "out",
    )
    assert [(document.source, document.doc_type) for document in open_corpus(tmp_path / "out")] == [("one", "note"), ("hospital", "letter")]


def test_settings_are_strict() -> None:
    with pytest.raises(InputErrors) as caught:
        load_settings(CorpusSettings, {"sources": [{"path": "a", "docs": 1}], "heldout_share": 1.0, "min_word": 3})
    errors = {error.where: error for error in caught.value.errors}
    assert set(errors) == {"settings, key `sources.0.docs`", "settings, key `heldout_share`", "settings, key `min_word`"}
    assert errors["settings, key `min_word`"].remedy == "did you mean `min_words`?"


def test_drop_reason() -> None:
    seen: set[bytes] = set()
    assert drop_reason("one two three", 4, 0, seen) == TOO_SHORT
    assert drop_reason("one two three four", 4, 19, seen) == TOO_SHORT
    assert not seen
    assert drop_reason("one two three four", 4, 18, seen) == ""
    assert drop_reason(" one\ttwo\nthree  four\n", 4, 18, seen) == DUPLICATE
    assert drop_reason("one two three Four", 4, 18, seen) == ""
    assert [len(fingerprint) for fingerprint in seen] == [16, 16]


def test_held_out_documents_are_a_share_that_only_grows_with_the_share() -> None:
    ids = [f"document {number}" for number in range(20_000)]
    key = split_key(0)
    at_one, at_five = ({name for name in ids if split_of(name, key, share) == "heldout"} for share in (0.01, 0.05))
    assert at_one < at_five
    assert 150 < len(at_one) < 250  # 200 expected, standard deviation 14
    assert 850 < len(at_five) < 1150
    other_seed = {name for name in ids if split_of(name, split_key(1), 0.01) == "heldout"}
    assert len(at_one & other_seed) < 20
    assert {split_of(name, key, 0.0) for name in ids} == {"train"}


def test_synthetic_reports_are_built_without_loss(tmp_path: Path) -> None:
    write_synthetic_corpus(300, 1, tmp_path / "synth")
    counts = build_corpus(settings(tmp_path / "synth", heldout_share=0.1), tmp_path / "out").counts
    assert counts["documents"] == 300
    assert list(counts["doc_types"]) == ["radiology_report"]
    assert counts["splits"]["heldout"]["documents"] > 10


@pytest.mark.skipif(not MINI.exists(), reason="the real medical text (../shared/data beside the repository) is absent")
def test_real_text_with_planted_duplicates(tmp_path: Path) -> None:
    originals = [line for _, line in read_lines(MINI)]
    planted = [json.dumps({"text": f"\n {json.loads(line)['text']} \t"}).encode() for line in originals[::10]]
    copies = write_lines(tmp_path / "copies.jsonl", planted)
    manifest = build_corpus(settings(MINI, copies), tmp_path / "out")
    assert manifest.counts["drops"] == {DUPLICATE: len(planted)}
    kept = {document.id: document for split in ("train", "heldout") for document in open_corpus(tmp_path / "out", split)}
    assert len(kept) == len(originals) == manifest.counts["documents"]
    for line in originals:
        record = json.loads(line)
        document = kept[record["id"]]
        assert (document.text, document.source, document.doc_type) == (record["text"], record["source"], record["doc_type"])
        assert document.meta == {key: value for key, value in record.items() if key not in ("id", "text", "source", "doc_type")}
