"""A corpus' page: its numbers are those of the documents, examples are of every reason, nothing that a text holds becomes markup."""

from __future__ import annotations

import json
import random
import re
import shutil
from html import unescape
from pathlib import Path

import pytest

from medpretrain.corpus.build import build_corpus
from medpretrain.corpus.reader import open_corpus
from medpretrain.corpus.settings import CorpusSettings
from medpretrain.corpus.words import num_tokens_in
from medpretrain.errors import InputError
from medpretrain.report.corpus_page import examples_of, write_corpus_report


def text_of(number: int, num_words: int = 60) -> str:
    draw = random.Random(number)
    return " ".join(f"word{draw.randrange(10**6)}" for _ in range(num_words))


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("corpus")
    records = [{"id": f"d{number}", "text": text_of(number), "doc_type": "note" if number % 4 else "letter"} for number in range(120)]
    records += [{"id": f"c{number}", "text": text_of(number), "doc_type": "note"} for number in range(9)]
    records += [{"id": f"s{number}", "text": f"short <b>text</b> {number}", "doc_type": "note"} for number in range(7)]
    (directory / "in").mkdir()
    (directory / "in" / "notes.jsonl").write_text("\n".join([*(json.dumps(record) for record in records), "{oops"]))
    (directory / "in" / "<i>.docx").write_text("not read")
    settings = {"sources": [{"path": str(directory / "in"), "name": "in", "licence": "CC0"}], "filters": {"languages": []}}
    build_corpus(CorpusSettings.model_validate(settings), directory / "out")
    return directory / "out"


def rows_of(page: str, title: str) -> list[list[str]]:
    """The cells of the first table of a section, the header among them."""
    part = page.split(f"<h2>{title}</h2>")[1].split("</table>")[0]
    return [[unescape(re.sub("<.*?>", "", cell)) for cell in re.findall(r"<t[hd].*?</t[hd]>", row)] for row in part.split("<tr>")[1:]]


def test_the_numbers_are_those_of_the_documents(corpus: Path) -> None:
    page = Path(write_corpus_report(corpus)["page"]).read_text()
    kept = [document for split in ("train", "heldout") for document in open_corpus(corpus, split)]
    tokens = sum(num_tokens_in(document.text) for document in kept)
    read = sum(num_tokens_in(text_of(number)) for number in [*range(120), *range(9)]) + 10 * 7
    filtered = read - 10 * 7
    assert rows_of(page, "From stage to stage")[1:] == [
        ["read", "137 records", "1", "136", f"{read:,}", ""],
        ["filter", "136", "7", "129", f"{filtered:,}", f"{filtered / read:.2%}"],
        ["dedup", "129", "9", "120", f"{tokens:,}", f"{tokens / filtered:.2%}"],
    ]
    assert rows_of(page, "By source and kind of text")[1][:7] == ["in", "note", "CC0", "106", "7", "9", "90"]
    assert rows_of(page, "By source and kind of text")[2][:7] == ["in", "letter", "CC0", "30", "0", "0", "30"]
    assert [row[:3] for row in rows_of(page, "Why records were dropped")[1:]] == [
        ["dedup", "duplicate", "9"],
        ["filter", "too short", "7"],
        ["read", "not JSON", "1"],
    ]
    assert rows_of(page, "Copies")[1:] == [["2", "9"]]
    assert {row[0] for row in rows_of(page, "Time and memory")[1:]} >= {"checksums", "prepare", "buckets", "write"}


def test_examples_are_of_every_reason_the_same_each_time_and_no_markup(corpus: Path) -> None:
    examples = examples_of(corpus)
    assert {reason: len(drops) for reason, drops in examples.items()} == {"duplicate": 5, "not JSON": 1, "too short": 5}
    assert examples == examples_of(corpus)
    assert all(drop["twin"] == drop["id"].replace("c", "d") for drop in examples["duplicate"])
    page = Path(write_corpus_report(corpus)["page"]).read_text()
    assert "short &lt;b&gt;text&lt;/b&gt;" in page
    assert "<b>text" not in page
    assert "Source 1: 1 files were not read (&lt;i&gt;.docx)" in page


def test_a_page_of_no_corpus_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no such directory"):
        write_corpus_report(tmp_path / "none")


@pytest.mark.parametrize(("content", "found"), [(None, "is missing"), (b"{", "is damaged (")])
def test_a_page_without_its_numbers_is_refused(corpus: Path, tmp_path: Path, content: bytes | None, found: str) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(corpus, copy, ignore=shutil.ignore_patterns("parts", "decisions.json"))
    if content is not None:
        (copy / "decisions.json").write_bytes(content)
    with pytest.raises(InputError) as caught:
        write_corpus_report(copy)
    assert caught.value.where == str(copy / "decisions.json")
    assert caught.value.found.startswith(found)
    assert caught.value.remedy == "restore it, or run `corpus build` again into another directory"
