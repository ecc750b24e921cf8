"""The report's numbers are those of the texts; its gate; its verbs, with what is wrong told; the page."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from medpretrain.__main__ import main
from medpretrain.corpus.build import build_corpus
from medpretrain.corpus.settings import CorpusSettings
from medpretrain.manifest import read_manifest
from medpretrain.report.tokenizer_page import tokenizer_page
from medpretrain.tokenizer.report import sample_shares
from medpretrain.tokenizer.report_rows import unseen_record
from medpretrain.tokenizer.train import train_tokenizer
from medpretrain.tokenizer.vocabulary import SMALLEST_VOCABULARY, SPECIAL_TOKENS, Tokenizer

MEDICAL = ("pleural", "effusion", "pneumothorax", "cardiomegaly", "atelectasis", "opacity", "basilar", "small", "left", "no")
GENERAL = ("whale", "captain", "sea", "harpoon", "ship", "sailor", "the", "ocean", "left", "no")
SIZE = SMALLEST_VOCABULARY + 120


def write_texts(path: Path) -> Path:
    draw = random.Random(3)
    records = []
    for kind, words, number in (("note", MEDICAL, 60), ("letter", MEDICAL[:5], 20), ("general_book", GENERAL, 40)):
        records += [{"id": f"{kind}{n}", "text": " ".join(draw.choices(words, k=30)) + ".", "doc_type": kind} for n in range(number)]
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """texts.jsonl, a tokenizer learnt from it, shards packed with it, terms.txt."""
    from medpretrain.shards.pack import pack_corpus

    directory = tmp_path_factory.mktemp("report")
    corpus = write_texts(directory / "texts.jsonl")
    train_tokenizer(corpus, SIZE, directory / "tokenizer")
    pack_corpus(corpus, "train", directory / "tokenizer", 64, directory / "shards")
    (directory / "terms.txt").write_text("pleural effusion\nPneumothorax\nhepatomegaly\npleural  effusion\nno <script>alert(1)</script>\n")
    return directory


@pytest.fixture(scope="module")
def report(made: Path) -> dict[str, Any]:
    """With everything in it."""
    out = made / "report"
    words = ["--shards", made / "shards", "--terms", made / "terms.txt", "--sizes", "400", "100000", "--against", made / "tokenizer"]
    assert run(made, *words, "--out", out) == 0
    return json.loads((out / "report.json").read_text())


def run(made: Path, *words: object, verb: str = "report", corpus: Path | None = None) -> int:
    return main(
        ["tokenizer", verb, "--tokenizer", str(made / "tokenizer"), "--corpus", str(corpus or made / "texts.jsonl"), *map(str, words)]
    )


def test_fertility_is_that_of_the_texts(made: Path, report: dict[str, Any]) -> None:
    tokenizer = Tokenizer.load(made / "tokenizer")
    records = [json.loads(line) for line in (made / "texts.jsonl").read_text().splitlines()]
    for kind in ("note", "letter", "general_book"):
        texts = [record["text"] for record in records if record["doc_type"] == kind]
        tokens = sum(len(tokenizer.encode(text)) for text in texts)
        assert report["measures"][f"fertility.{kind}"] == pytest.approx(tokens / (30 * len(texts)))
    of_all = sum(len(tokenizer.encode(record["text"])) for record in records)
    assert report["measures"]["fertility.all"] == pytest.approx(of_all / (30 * len(records)))
    first = report["fertility"][0]
    assert (first["doc_type"], first["documents"], first["tokens"]) == ("all", 120, of_all)
    assert set(first["others"]) == {"general English", "tokenizer"}
    assert first["others"]["tokenizer"] == {"tokens_per_word": pytest.approx(of_all / 3600), "length": 1.0}


def test_medical_text_costs_the_general_baseline_more(report: dict[str, Any]) -> None:
    by_kind = {row["doc_type"]: row["others"]["general English"]["tokens_per_word"] / row["tokens_per_word"] for row in report["fertility"]}
    assert by_kind["note"] > 1.5
    assert by_kind["general_book"] == pytest.approx(1, abs=0.1)
    assert report["baselines"][0]["about"].startswith("byte-level BPE learnt from the general English text")


def test_entries_that_never_came_are_those_of_the_shards(made: Path, report: dict[str, Any]) -> None:
    tokenizer = Tokenizer.load(made / "tokenizer")
    records = [json.loads(line) for line in (made / "texts.jsonl").read_text().splitlines()]
    seen = {token_id for record in records for token_id in tokenizer.encode(record["text"])}
    never = tokenizer.vocab_size - len(SPECIAL_TOKENS) - len(seen)
    assert (report["unseen"]["never"], report["unseen"]["counted_in"]) == (never, "the packed rows")
    assert report["measures"]["unseen"] == never / (tokenizer.vocab_size - len(SPECIAL_TOKENS))
    assert sum(kind["never"] for kind in report["unseen"]["kinds"]) == never


def test_entries_seen_once_were_seen(made: Path) -> None:
    tokenizer = Tokenizer.load(made / "tokenizer")
    counts = np.full(tokenizer.vocab_size, 100)
    counts[[0, 4, 100, 330, 331]] = 0  # `<pad>`, which is no text; a header, a byte, two pieces
    counts[[332, 333, 334]] = 1
    told = unseen_record(tokenizer, counts, "x")
    assert (told["never"], told["rare"], told["entries"]) == (4, 3, tokenizer.vocab_size - 4)
    assert [(kind["entries"], kind["never"]) for kind in told["kinds"]] == [(64, 1), (256, 1), (tokenizer.vocab_size - 324, 2)]
    assert told["examples"] == [tokenizer.decode([330]), tokenizer.decode([331])]


def test_coverage_counts_each_term_once(report: dict[str, Any]) -> None:
    """Of four terms two have all their words whole; `Pneumothorax` with a capital does not occur in what was learnt from."""
    rows = {(row["list"], row["tokenizer"]): row for row in report["terms"]}
    ours = rows["terms", "this tokenizer"]
    assert ours["terms"] == 4
    assert report["measures"]["coverage.every_word"] == ours["every_word"] == 1 / 4
    assert report["measures"]["coverage.whole"] == 0
    in_text = rows["those that occur in the text", "this tokenizer"]
    assert (in_text["terms"], report["measures"]["coverage.every_word_in_text"]) == (2, 1 / 2)
    assert report["words_of_terms"]["words"] == 6
    assert report["fragmentation"][1]["ratio"] == 1


def test_bits_and_sizes(report: dict[str, Any]) -> None:
    bits = {row["tokenizer"]: row for row in report["bits"]}
    assert bits["this tokenizer"]["per_byte"] == report["measures"]["bits_per_byte"] == bits["tokenizer"]["per_byte"]
    assert bits["this tokenizer"]["per_byte"] == bits["this tokenizer"]["per_character"]  # ASCII
    assert 0.3 < bits["this tokenizer"]["per_byte"] < bits["general English"]["per_byte"]
    sizes = {row["size"]: row for row in report["sizes"]}
    assert [sizes[size]["supported"] for size in (400, SIZE, 100_000)] == [True, True, False]
    assert sizes[100_000]["reached"] < 1_000
    assert sizes[400]["tokens_per_word"] > sizes[100_000]["tokens_per_word"]


def test_embedding_shares_are_those_of_the_7b_recipe(made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """002-46: 64,000 entries are 262 M parameters in one table, 4.23% of the model, 8.46% with the head's."""
    assert run(made, "--sizes", "64000", "--out", tmp_path / "out", "--json") == 0
    row = next(row for row in json.loads(capsys.readouterr().out)["sizes"] if row["size"] == 64_000)
    assert (row["embedding_parameters"], row["model_parameters"], row["embedding_megabytes"]) == (262_144_000, 6_195_253_248, 524.288)
    assert (round(100 * row["share_one_table"], 2), round(100 * row["share_all_tables"], 2)) == (4.23, 8.46)


def test_drift_is_none_of_what_was_learnt_from_and_some_of_another(made: Path, report: dict[str, Any], tmp_path: Path) -> None:
    assert report["measures"]["drift"] == 0
    assert report["drift"]["told_by"] == "the tokenizer's manifest"
    lines = (made / "texts.jsonl").read_text().splitlines()
    sizes = {
        kind: sum(len(json.loads(line)["text"]) for line in lines if f'"{kind}"' in line) for kind in ("note", "letter", "general_book")
    }
    (tmp_path / "notes.jsonl").write_text("\n".join(line for line in lines if '"note"' in line))
    for name, words, expected in (
        ("alone", [], np.log(sum(sizes.values()) / sizes["note"])),
        (
            "mixture",
            ["--mixture", "note=1", "letter=1"],
            sum(0.5 * np.log(0.5 * sum(sizes.values()) / sizes[n]) for n in ("note", "letter")),
        ),
    ):
        assert run(made, "--sizes", "--out", tmp_path / name, *words, corpus=tmp_path / "notes.jsonl") == 0
        assert json.loads((tmp_path / name / "report.json").read_text())["measures"]["drift"] == pytest.approx(expected)


def test_what_a_bare_tokenizer_learnt_from_is_told_by_the_reference(made: Path, tmp_path: Path) -> None:
    bare = Tokenizer.from_file(Path(shutil.copy(made / "tokenizer" / "tokenizer.json", tmp_path)))
    texts = made / "texts.jsonl"
    assert sample_shares(bare, None) is None
    told = sample_shares(bare, texts)
    assert told is not None
    assert (set(told[0]), told[1]) == ({"note", "letter", "general_book"}, str(texts))


def test_the_gate_fails_with_all_that_fell_short(made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--sizes", "--terms", made / "terms.txt", "--out", tmp_path / "out", "--require"]
    assert run(made, *words, "fertility.note<=0.5", "coverage.every_word>=0.995", "unseen<=1", "drift<=0.05") == 1
    told = capsys.readouterr().out
    assert "limit: at most 0.5" in told
    assert "coverage.every_word is 0.25; limit: at least 0.995" in told
    assert "unseen is" not in told
    assert "falls short" in (tmp_path / "out" / "index.html").read_text()
    assert run(made, *words, "fertility.note<=5", "drift<=0.05") == 0


def test_unknown_names_are_told_before_anything_is_measured(made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(made, "--sizes", "--out", tmp_path / "out", "--require", "fertility.radiology<=1.2", "coverage.whole>=0.5") == 2
    told = capsys.readouterr().err
    assert "fertility.radiology is not measured here" in told
    assert "fertility.letter" in told
    assert "give a list of terms with --terms" in told
    assert not list((tmp_path / "out").iterdir())


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--sizes", "8000", "100"], "vocab_size: is 100"),
        (["--sizes", "--against", "nowhere.json"], "nowhere.json: there is no such file"),
        (["--sizes", "--terms", "nowhere.txt"], "nowhere.txt: there is no such file"),
        (["--sizes", "--shards", "nowhere"], "nowhere: there is no such directory"),
        (["--sizes", "--require", "unseen"], "--require unseen: is no requirement"),
        (["--sizes", "--recipe", "medical-9b"], "recipe `medical-9b`: is not known"),
        (["--sizes", "--split", "heldout"], "has no heldout documents"),
        (["--sizes", "--mixture", "note"], "mixture `note`: is no share"),
    ],
)
def test_what_is_wrong_is_told(made: Path, words: list[str], told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(made, "--out", tmp_path / "out", *words) == 2
    assert told in capsys.readouterr().err


def test_a_file_as_output_is_refused_at_once(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(made, "--sizes", "--out", made / "terms.txt") == 2
    assert "is a file" in capsys.readouterr().err


def test_shards_of_another_tokenizer_are_refused(
    made: Path, tmp_path: Path, pack_reports: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    other = pack_reports(tmp_path, 5, 400)
    assert run(made, "--sizes", "--shards", other, "--out", tmp_path / "out") == 2
    assert "was packed with another tokenizer" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["", "   \n"])
def test_an_empty_corpus_is_refused(made: Path, text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty.jsonl").write_text(text)
    for verb, words in (("report", ("--out", tmp_path / "out")), ("drift", ())):
        assert run(made, *words, verb=verb, corpus=tmp_path / "empty.jsonl") == 2
        assert "empty.jsonl" in capsys.readouterr().err


def test_one_document_is_enough_for_what_can_be_measured(made: Path, tmp_path: Path) -> None:
    (tmp_path / "one.jsonl").write_text(json.dumps({"text": "No pleural effusion."}))
    assert run(made, "--terms", made / "terms.txt", "--out", tmp_path / "out", corpus=tmp_path / "one.jsonl") == 0
    told = json.loads((tmp_path / "out" / "report.json").read_text())
    assert told["measures"]["bits_per_byte"] is None
    assert (told["bits"], told["sizes"], told["baselines"]) == ([], [], [])
    assert [note.split(",")[0] for note in told["notes"]][-2:] == [
        "The corpus has no documents of kinds general*",
        "There are too few documents to hold any out",
    ]
    assert told["unseen"]["counted_in"].startswith("the sample of the corpus")


def test_held_out_documents_are_measured_and_the_others_learnt_from(made: Path, tmp_path: Path) -> None:
    settings = {"sources": [{"path": str(made / "texts.jsonl")}], "heldout_share": 0.2, "filters": {"languages": [], "min_tokens": 1}}
    build_corpus(CorpusSettings.model_validate(settings), tmp_path / "built")
    words = ["--split", "heldout", "--sizes", "400", "--out", tmp_path / "out"]
    assert run(made, *words, corpus=tmp_path / "built") == 0
    told = json.loads((tmp_path / "out" / "report.json").read_text())
    num_held_out = read_manifest(tmp_path / "built").counts["splits"]["heldout"]["documents"]
    assert (told["corpus"]["documents"], told["notes"]) == (num_held_out, [])
    assert told["sizes"][0]["reached"] == 400
    assert told["sizes"][1]["tokens_per_word"] == pytest.approx(told["measures"]["fertility.all"])
    assert told["baselines"][0]["name"] == "general English"


def test_nothing_in_a_text_becomes_markup(report: dict[str, Any]) -> None:
    page = tokenizer_page({**report, "notes": ["<b>note</b>"]})
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "<b>note" not in page
