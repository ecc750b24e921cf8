"""A JSON line becomes a document or is refused with its reason."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medpretrain.corpus.document import BadLineError, Document, format_line, parse_essentials, parse_line, stem_of


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
@pytest.mark.parametrize("parse", [parse_line, parse_essentials])
def test_a_bad_line_tells_its_reason(parse: Callable[[bytes, str, int], object], line: bytes, reason: str) -> None:
    with pytest.raises(BadLineError) as caught:
        parse(line, "f.jsonl", 2)
    assert caught.value.reason == reason


ANY_TEXT = st.text(max_size=5) | st.sampled_from(["", " ", "\ud800", "\u2028", "\x00", "\x1c", "μ", "\U0001f600"])
ANY_NUMBER = st.integers(-(2**70), 2**70) | st.floats()  # NaN and infinity too
ANY_VALUE = st.recursive(
    st.none() | st.booleans() | ANY_NUMBER | ANY_TEXT, lambda inner: st.lists(inner) | st.dictionaries(ANY_TEXT, inner)
)
ANY_RECORD = st.fixed_dictionaries(
    {"text": ANY_TEXT | ANY_VALUE},
    optional={"id": ANY_TEXT | ANY_NUMBER, "source": ANY_TEXT | ANY_VALUE, "doc_type": ANY_TEXT, "meta": ANY_VALUE, "year": ANY_VALUE},
)


@given(ANY_RECORD | ANY_VALUE, st.booleans(), st.integers(1, 2), st.none() | st.tuples(st.integers(0, 200), st.integers(0, 255)))
@settings(max_examples=150, deadline=None)
def test_the_fast_way_says_of_any_line_what_the_strict_one_says(
    value: object, escaped: bool, line_number: int, damage: tuple[int, int] | None
) -> None:
    line = bytearray(json.dumps(value, ensure_ascii=escaped).encode("utf-8", "surrogatepass"))
    if damage:
        line[damage[0] % len(line)] = damage[1]
    outcomes = []
    for parse in (parse_line, parse_essentials):
        try:
            document = parse(bytes(line), "notes.jsonl", line_number)
            outcomes.append((document.id, document.text, document.source, document.doc_type))
        except BadLineError as error:
            outcomes.append((error.reason, error.detail))
    assert outcomes[0] == outcomes[1]


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


@pytest.mark.parametrize("name", ["notes.jsonl", "a/notes.jsonl.gz", "a/b/notes.jsonl.zst", "a/notes.JSONL.Gz", "notes"])
def test_stem(name: str) -> None:
    assert stem_of(name) == "notes"
