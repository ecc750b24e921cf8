"""Lists of terms: what is read, what counts as the same, what is refused."""

from __future__ import annotations

import gzip
import logging
from pathlib import Path

import pytest
import zstandard

from medpretrain.errors import InputError
from medpretrain.log import logger
from medpretrain.tokenizer.terms import read_terms

TEXT = "pleural effusion\nPneumothorax\n  ground-glass \t opacity \r\nœdème\n"
TERMS = ["pleural effusion", "Pneumothorax", "ground-glass opacity", "œdème"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("terms.txt", TEXT.encode()),
        ("terms", b"\xef\xbb\xbf" + TEXT.removesuffix("\n").encode()),
        ("terms.txt.gz", gzip.compress(TEXT.encode(), mtime=0)),
        ("terms.txt.zst", zstandard.compress(TEXT.encode())),
        ("terms.jsonl", "".join(f'{{"code": 1, "term": "{term}"}}\n' for term in TERMS).encode()),
        ("terms.jsonl.gz", gzip.compress("".join(f'{{"term": "{term}"}}\n' for term in TERMS).encode(), mtime=0)),
    ],
)
def test_plain_text_and_json_lines_packed_or_not(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    assert read_terms(tmp_path / name) == TERMS


def test_terms_that_differ_in_case_and_white_space_are_one_and_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(logger, "propagate", True)
    path = tmp_path / "terms.txt"
    path.write_text("Lung nodule\nlung  nodule\nedema\nLUNG NODULE\nStraße\nSTRASSE\n")
    with caplog.at_level(logging.INFO, "medpretrain"):
        assert read_terms(path) == ["Lung nodule", "edema", "Straße"]
    assert f"{path}: 3 terms; 3 more are the same but for case and were dropped" in caplog.text


@pytest.mark.parametrize(
    ("name", "content", "line", "found"),
    [
        ("t.txt", b"lung\nna\xefve\n", 2, "not UTF-8 (byte 2 of the line)"),
        ("t.txt", b"lung\n \t\nliver\n", 2, "no term"),
        ("t.jsonl", b'{"term": "lung"}\n{"name": "liver"}\n', 2, "no term"),
        ("t.jsonl", b'{"term": "lung"}\n{"term": 7}\n', 2, "term is a int"),
        ("t.jsonl", b'{"term": " "}\n', 1, "no term"),
        ("t.jsonl", b"lung\n", 1, "not JSON (Expecting value: line 1 column 1 (char 0))"),
        ("t.jsonl", b'{"term": "\xff"}\n', 1, "not UTF-8 (byte 10 of the line)"),
    ],
)
def test_a_line_without_a_term_is_refused_by_file_and_line(tmp_path: Path, name: str, content: bytes, line: int, found: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_terms(tmp_path / name)
    assert caught.value.where == f"{tmp_path / name} line {line}"
    assert caught.value.found == found
    assert caught.value.expected.startswith("a term a line")
    assert caught.value.remedy == "mend or remove the line"


@pytest.mark.parametrize(
    ("name", "found"), [("empty.txt", "holds no term"), ("absent.txt", "there is no such file"), ("", "is a directory")]
)
def test_a_file_without_terms_is_refused(tmp_path: Path, name: str, found: str) -> None:
    (tmp_path / "empty.txt").write_bytes(b"")
    with pytest.raises(InputError) as caught:
        read_terms(tmp_path / name)
    assert (caught.value.where, caught.value.found) == (str(tmp_path / name), found)
