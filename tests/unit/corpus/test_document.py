"""A JSON line becomes a document or is refused with its reason."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medpretrain.corpus.document import BadLineError, Document, format_line, parse_line, stem_of


def test_a_full_line_keeps_every_key() -> None:
    line = b'{"id":"a","text":"t","source":"s","doc_type":"d","meta":{"x":1},"year":2001}'
    assert parse_line(line, "f.jsonl", 3) == Document("a", "t", "s", "d", {"x": 1, "year": 2001})


def test_what_is_missing_follows_from_the_file() -> None:
    assert parse_line(b'{"text":"t"}', "sub/notes.jsonl.gz", 12) == Document("sub/notes.jsonl.gz:12", "t", "notes", "document", {})


def test_a_number_as_id_and_a_byte_order_mark_are_understood() -> None:
    assert parse_line(b'\xef\xbb\xbf{"id":7,"text":"t"}', "f.jsonl", 1).id == "7"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"", "empty line"),
        (b"  \t", "empty line"),
        (b"plain text", "not JSON"),
        (b'{"text": "cut', "not JSON"),
        (b'{"text": "a", "x": NaN}', "not JSON"),
        (b'{"text": "a", "x": 1e999}', "not JSON"),
        (b'{"text": "a", "x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "not JSON"),
        (b'["text"]', "not an object"),
        (b"3", "not an object"),
        (b'{"id": "a"}', "no text"),
        (b'{"text": null}', "no text"),
        (b'{"text": ["a"]}', "text not a string"),
        (b'{"text": ""}', "empty text"),
        (b'{"text": " \\n\\u00a0"}', "empty text"),
        (b'{"text": "caf\xe9"}', "not UTF-8"),
        (b'{"text": "a \\ud83d b"}', "lone surrogate"),
        (b'{"text": "a", "meta": {"k": "\\uDC00"}}', "lone surrogate"),
        (b'{"text": "a", "id": ["x"]}', "wrong type"),
        (b'{"text": "a", "source": 3}', "wrong type"),
        (b'{"text": "a", "meta": "m"}', "wrong type"),
    ],
)
def test_a_bad_line_tells_its_reason(line: bytes, reason: str) -> None:
    with pytest.raises(BadLineError) as caught:
        parse_line(line, "f.jsonl", 2)
    assert caught.value.reason == reason


def test_a_surrogate_pair_is_a_character() -> None:
    assert parse_line(b'{"text": "\\ud83d\\ude00"}', "f.jsonl", 2).text == "\U0001f600"


def test_what_can_be_parsed_can_be_written_however_deeply_nested() -> None:
    outcomes = set()
    for depth in range(900, 1100):
        line = b'{"text":"a","k":' + b"[" * depth + b"]" * depth + b"}"
        try:
            format_line(parse_line(line, "f.jsonl", 2))
            outcomes.add("written")
        except BadLineError as error:
            outcomes.add(error.reason)
    assert outcomes == {"written", "not JSON"}


@given(
    st.builds(
        Document,
        id=st.text(st.characters(codec="utf-8"), min_size=1),
        text=st.text(st.characters(codec="utf-8"), min_size=1).filter(str.strip),
        source=st.text(st.characters(codec="utf-8"), min_size=1),
        doc_type=st.text(st.characters(codec="utf-8"), min_size=1),
        meta=st.dictionaries(
            st.text(st.characters(codec="utf-8")), st.one_of(st.none(), st.booleans(), st.integers(), st.text(st.characters(codec="utf-8")))
        ),
    )
)
def test_a_written_document_reads_back(document: Document) -> None:
    line = format_line(document)
    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")
    assert parse_line(line[:-1], "f.jsonl", 1) == document
    assert list(json.loads(line)) == ["id", "text", "source", "doc_type", "meta"]


@pytest.mark.parametrize("name", ["notes.jsonl", "a/notes.jsonl.gz", "a/b/notes.jsonl.zst", "notes"])
def test_stem(name: str) -> None:
    assert stem_of(name) == "notes"
