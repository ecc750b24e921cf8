"""Formats told by names and first bytes; tables; records of another format in a column; text files of several encodings."""

from __future__ import annotations

import base64
import gzip
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import zstandard

from medpretrain.corpus import lines
from medpretrain.corpus.document import Document
from medpretrain.corpus.lines import DamagedFileError
from medpretrain.corpus.settings import SourceSettings
from medpretrain.corpus.sources.files import list_files
from medpretrain.corpus.sources.formats import is_readable, name_of, read_file
from medpretrain.corpus.sources.record import Record, Refusal
from medpretrain.errors import InputError, InputErrors

CSV = 'Id,Note,Plan,When\n7,"Chest pain, mild","rest\nand water",2020\n8,,,2021\n9,Fever,,2022\n'
BUNDLE = {
    "resourceType": "Bundle",
    "type": "collection",
    "entry": [
        {
            "resource": {
                "resourceType": "DocumentReference",
                "id": "n1",
                "status": "current",
                "content": [{"attachment": {"contentType": "text/plain", "data": base64.b64encode(b"Fever since Monday.").decode()}}],
            }
        }
    ],
}


def records_of(path: Path, **settings: Any) -> list[Record]:
    return list(iterate(path, **settings))


def iterate(path: Path, **settings: Any) -> Iterator[Record]:
    source = SourceSettings.model_validate({"path": str(path), **settings})
    files, _ = list_files(source.path, is_readable(source))
    for file in files:
        yield from read_file(file, source)


def test_csv_with_named_columns(tmp_path: Path) -> None:
    path = tmp_path / "notes.csv"
    path.write_text(CSV)
    first, empty, second = records_of(path, text=["Note", "Plan"], id="Id")
    assert isinstance(first, Document)
    assert (first.id, first.text) == ("7", "Note:\nChest pain, mild\n\nPlan:\nrest\nand water")
    assert first.meta == {"Id": "7", "Note": "Chest pain, mild", "Plan": "rest\nand water", "When": "2020"}
    assert isinstance(empty, Refusal)
    assert [record.place for record in (first, empty, second)] == ["line 2", "line 4", "line 5"]
    assert empty.reason == "empty text"
    assert isinstance(second, Document)
    assert (second.id, second.text) == ("9", "Note:\nFever")
    (alone, _, _) = records_of(path, text=["Note"])
    assert isinstance(alone, Document)
    assert (alone.id, alone.text, alone.meta) == ("notes.csv:2", "Chest pain, mild", first.meta)
    with pytest.raises(InputError) as caught:
        records_of(path, text=["Report"], id="id")
    assert (caught.value.where, caught.value.found) == (str(path), "has no column Report, id")
    assert caught.value.expected == "one of Id, Note, Plan, When"
    assert caught.value.remedy == "name its columns in `text`, `id`, `inside` and `identity` of the source"


@pytest.mark.parametrize(
    ("header", "settings", "column"),
    [
        ("text,Id,text", {}, "text"),
        ("text,Id,Id", {"id": "Id"}, "Id"),
        ("text,ok,ok", {"consent": {"field": "ok"}}, "ok"),
        ("text,day,day", {"fields": ["day"]}, "day"),
    ],
)
def test_a_wanted_column_that_is_there_twice_is_refused(tmp_path: Path, header: str, settings: dict[str, Any], column: str) -> None:
    import pyarrow
    import pyarrow.parquet

    path = tmp_path / "notes.csv"
    path.write_text(f"{header},other,other\na,b,c,d,e\n")
    pyarrow.parquet.write_table(
        pyarrow.table([pyarrow.array([value]) for value in "abc"], names=header.split(",")), tmp_path / "notes.parquet"
    )
    for file in (path, tmp_path / "notes.parquet"):
        with pytest.raises(InputError) as caught:
            records_of(file, **settings)
        assert (caught.value.where, caught.value.found) == (str(file), f"has the column {column} twice")
        assert caught.value.expected == "one column of a name"
    path.write_text("text,other,other\na,b,c\n")
    assert len(records_of(path)) == 1  # that nobody asks for


def test_csv_in_windows_encoding_with_semicolons_and_broken_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "MAX_LINE_BYTES", 200)
    path = tmp_path / "notes.csv.gz"
    rows = ["id;text", "1;Müller – 5 µg", "2;a;b", "3;" + "x" * 5000, '4;"open', "5;end"]
    path.write_bytes(gzip.compress("\r\n".join(rows).encode("cp1252")))
    records: list[Record] = []
    with pytest.raises(DamagedFileError) as caught:
        records.extend(iterate(path, id="id"))
    assert caught.value.found == "has a quote at line 5 that is never closed, so 2 lines cannot be read"
    assert isinstance(records[0], Document)
    assert (records[0].id, records[0].text) == ("1", "Müller – 5 µg")
    assert [(record.place, record.reason) for record in records[1:] if isinstance(record, Refusal)] == [
        ("line 3", "not CSV"),
        ("line 4", "not CSV"),
    ]
    assert "a;b" in records[1].begins  # type: ignore[union-attr]


def test_parquet_with_dates_and_a_column_of_bundles(tmp_path: Path) -> None:
    import datetime

    import pyarrow
    import pyarrow.parquet

    path = tmp_path / "notes.parquet"
    columns = {
        "key": [1, 2],
        "text": ["Fever", None],
        "day": [datetime.date(2020, 1, 2), None],
        "bundle": [json.dumps(BUNDLE).encode(), b"{"],
    }
    pyarrow.parquet.write_table(pyarrow.table(columns), path)
    first, second = records_of(path, id="key", fields=["day"])
    assert isinstance(first, Document)
    assert (first.id, first.text, first.meta) == ("1", "Fever", {"key": 1, "text": "Fever", "day": "2020-01-02"})
    assert first.place == "row 1"
    assert isinstance(second, Refusal)
    assert (second.place, second.reason) == ("row 2", "empty text")
    inside, broken = records_of(path, format="fhir", inside="bundle", fields=["day", "key"])
    assert isinstance(inside, Document)
    assert (inside.text, inside.meta["day"], inside.meta["key"]) == ("Fever since Monday.", "2020-01-02", 1)
    assert inside.place == "row 1 entry 1"
    assert isinstance(broken, Refusal)
    assert broken.place.startswith("row 2")
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(InputError, match="is no whole Parquet file"):
        records_of(path)


def test_records_inside_of_json_lines(tmp_path: Path) -> None:
    path = tmp_path / "export.jsonl"
    path.write_text("\n".join([json.dumps({"bundle": BUNDLE, "ward": "3B"}), json.dumps({"ward": "1"}), "{oops"]))
    document, empty, broken = records_of(path, format="fhir", inside="bundle")
    assert isinstance(document, Document)
    assert (document.text, document.meta["ward"]) == ("Fever since Monday.", "3B")
    assert [(record.place, record.reason) for record in (empty, broken) if isinstance(record, Refusal)] == [
        ("line 2", "no record"),
        ("line 3", "not JSON"),
    ]


def test_the_format_is_told_by_name_and_first_bytes(tmp_path: Path) -> None:
    (tmp_path / "a.ndjson").write_text(json.dumps(BUNDLE["entry"][0]["resource"]) + "\n")  # type: ignore[index]
    (tmp_path / "b.json").write_text(json.dumps(BUNDLE))
    (tmp_path / "c.jsonl").write_text('{"text": "line"}\n')
    (tmp_path / "d.txt").write_text("file")
    article = "<article><front><article-meta><title-group><article-title>T</article-title></title-group></article-meta></front>"
    (tmp_path / "e.nxml").write_text(f"<?xml version='1.0'?><!-- <x> -->{article}<body><p>Body.</p></body></article>")
    (tmp_path / "f.pdf").write_text("not read")
    texts = [record.text for record in iterate(tmp_path) if isinstance(record, Document)]
    assert texts[:4] == ["Fever since Monday.", "Fever since Monday.", "line", "file"]
    assert texts[4].endswith("Body.")
    (tmp_path / "g.xml").write_text("<html><body>no</body></html>")
    with pytest.raises(InputError) as caught:
        records_of(tmp_path / "g.xml")
    assert caught.value.found == "is XML of a kind that is not known"
    with pytest.raises(InputError, match="has a name that tells no format"):
        records_of(tmp_path / "f.pdf")
    assert [record.reason for record in records_of(tmp_path / "g.xml", format="jats") if isinstance(record, Refusal)]


def test_suffixes_in_capitals_are_the_same(tmp_path: Path) -> None:
    import pyarrow
    import pyarrow.parquet

    (tmp_path / "a.TXT.GZ").write_bytes(gzip.compress(b"file"))
    (tmp_path / "b.JSONL.Zst").write_bytes(zstandard.compress(b'{"text": "line"}\n'))
    pyarrow.parquet.write_table(pyarrow.table({"text": ["row"]}), tmp_path / "c.parquet")
    (tmp_path / "d.Parquet.GZ").write_bytes(gzip.compress((tmp_path / "c.parquet").read_bytes()))
    records = [record for record in iterate(tmp_path) if isinstance(record, Document)]
    assert [(record.id, record.text) for record in records] == [
        ("a.TXT", "file"),
        ("b.JSONL.Zst:1", "line"),
        ("c.parquet:1", "row"),
        ("d.Parquet.GZ:1", "row"),
    ]
    assert name_of("archive/Notes.JSONL.GZ") == "Notes"


def test_inside_wants_the_format_of_what_stands_there(tmp_path: Path) -> None:
    from medpretrain.config import load_settings
    from medpretrain.corpus.settings import CorpusSettings

    with pytest.raises(InputErrors, match="inside=x needs the format of what stands there"):
        load_settings(CorpusSettings, {"sources": [{"path": "a", "inside": "x"}]})
    (tmp_path / "a.txt").write_text("words")
    with pytest.raises(InputError, match="is no table, in which `inside=x` could be a column"):
        records_of(tmp_path / "a.txt", inside="x", format="hl7")


@pytest.mark.parametrize(
    ("source", "key", "message"),
    [
        ({"text": ["a", "b", "a"]}, "text", "names a twice; expected each column once; remove it"),
        ({"format": "hl7", "text": ["a"]}, "", "`text` has no effect on format hl7; expected it for csv or parquet; remove it"),
        ({"format": "jsonl", "id": "a"}, "", "`id` has no effect on format jsonl; expected it for csv or parquet; remove it"),
        (
            {"format": "hl7", "inside": "message", "id": "a"},
            "",
            "`id` has no effect where `inside` is set; expected columns of a table or `inside`; remove one of them",
        ),
    ],
)
def test_settings_without_effect_are_refused(source: dict[str, Any], key: str, message: str) -> None:
    from medpretrain.config import load_settings
    from medpretrain.corpus.settings import CorpusSettings

    with pytest.raises(InputErrors) as caught:
        load_settings(CorpusSettings, {"sources": [{"path": "a", **source}]})
    where = f"settings, key `sources.0{'.' if key else ''}{key}`"
    assert [str(error) for error in caught.value.errors] == [f"{where}: {message}"]


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("Müller".encode(), "Müller"),
        ("\ufeffMüller".encode(), "Müller"),
        ("Müller".encode("utf-16"), "Müller"),
        ("Müller – 5 µg".encode("cp1252"), "Müller – 5 µg"),
        (b"\x81\x8d", None),
        (b"ab\0cd", None),
        (b" \n", None),
    ],
)
def test_text_files(tmp_path: Path, data: bytes, text: str | None) -> None:
    (tmp_path / "a.txt").write_bytes(data)
    (record,) = records_of(tmp_path / "a.txt")
    if text is None:
        assert isinstance(record, Refusal)
        assert record.reason in ("not text", "empty text")
    else:
        assert record == Document("a.txt", text, "", "document", {})


@pytest.mark.slow
def test_a_line_of_500_megabytes_is_set_aside_in_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "long.jsonl"
    with open(path, "wb") as file:
        file.write(b'{"text": "before"}\n{"text": "')
        for _ in range(500):
            file.write(b"x" * 10**6)
        file.write(b'"}\n{"text": "behind"}\n')
    program = """
import json, resource, sys
from medpretrain.corpus.sources.tables import read_jsonl
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
records = read_jsonl(open(sys.argv[1], "rb"), "a")
records = [getattr(record, "text", None) or (record.place, record.reason, record.detail) for record in records]
print(json.dumps([records, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024]))
"""
    done = subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=True)
    records, megabytes = json.loads(done.stdout)
    assert records == ["before", ["line 2", "too long", "500,000,013 bytes, at most 67,108,864"], "behind"]
    assert megabytes < 300
