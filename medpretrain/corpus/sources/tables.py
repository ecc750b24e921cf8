"""Documents in rows: JSON lines, CSV and Parquet; and records of another format that stand in one column of them."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import date, datetime
from typing import Any, BinaryIO

from medpretrain.corpus.document import DEFAULT_DOC_TYPE, BadLineError, Document, merged_meta, parse_json_object, parse_line
from medpretrain.corpus.lines import MAX_LINE_BYTES, DamagedFileError, TooLongLine, split_lines
from medpretrain.corpus.sources.record import SHOWN_CHARACTERS, Record, Refusal, beginning
from medpretrain.errors import InputError

ROWS_AT_ONCE = 256  # of a Parquet file

Row = dict[str, Any]
Rows = Iterator[tuple[str, Row | Refusal]]
Reader = Callable[[BinaryIO, str], Iterator[Record]]


def read_jsonl(file: BinaryIO, name: str) -> Iterator[Record]:
    """Documents in the form of `corpus.document`, one a line."""
    for number, line in split_lines(file):
        if isinstance(line, TooLongLine):
            yield too_long(number, line)
            continue
        try:
            yield parse_line(line, name, number)
        except BadLineError as error:
            yield Refusal(f"line {number}", error.reason, error.detail, beginning(line))


def rows_of_jsonl(file: BinaryIO) -> Rows:
    """(place, JSON object) of each line."""
    for number, line in split_lines(file):
        place = f"line {number}"
        if isinstance(line, TooLongLine):
            yield place, too_long(number, line)
            continue
        try:
            yield place, parse_json_object(line, number == 1)
        except BadLineError as error:
            yield place, Refusal(place, error.reason, error.detail, beginning(line))


def rows_of_csv(file: BinaryIO, name: str, columns: Sequence[str], also: Sequence[str] = ()) -> Rows:
    """(place, values by column) of each row behind the header; comma, semicolon, tab or bar between values, as the header has them.

    Bytes that are no UTF-8 are taken for Windows-1252. Raises InputError where the header lacks one of `columns`, or
    has one of them or of `also` twice.
    """
    csv.field_size_limit(MAX_LINE_BYTES)
    lines = split_lines(file)
    header_line = _decoded(next(lines, (1, b""))[1]).removeprefix("\ufeff")
    delimiter = max(",;\t|", key=header_line.count)
    header = next(csv.reader([header_line], delimiter=delimiter), [])
    _check_columns(name, header, columns, also)
    too_many = delimiter * len(header)  # has a line that was passed over refused
    rows = csv.reader((_decoded(line, too_many) + "\n" for _, line in lines), delimiter=delimiter, strict=True)
    while True:
        first_line = rows.line_num + 2  # of the file, which has a header
        place = f"line {first_line}"
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            if "unexpected end" in str(error):
                found = (
                    f"has a quote at line {first_line:,} that is never closed, so {rows.line_num + 2 - first_line:,} lines cannot be read"
                )
                raise DamagedFileError(name, found, "a quote for each quote", "mend that line") from None
            yield place, Refusal(place, "not CSV", str(error))
            continue
        if len(row) == len(header):
            yield place, dict(zip(header, row, strict=True))
        elif row:
            detail = f"{len(row)} values, the header has {len(header)}"
            yield place, Refusal(place, "not CSV", detail, delimiter.join(row)[:SHOWN_CHARACTERS])


def rows_of_parquet(file: BinaryIO, name: str, columns: Sequence[str], also: Sequence[str]) -> Rows:
    """(place, values by column) of each row, of `columns` and of those of `also` that are there; dates become text.

    Raises InputError where one of `columns` is missing, or one of all is there twice; DamagedFileError where it is no whole Parquet file.
    """
    import pyarrow
    import pyarrow.parquet

    try:
        table = pyarrow.parquet.ParquetFile(file)
        _check_columns(name, table.schema_arrow.names, columns, also)
        number = 0
        wanted = [column for column in table.schema_arrow.names if column in {*columns, *also}]
        for batch in table.iter_batches(ROWS_AT_ONCE, columns=wanted):
            for row in batch.to_pylist():
                number += 1
                yield f"row {number}", {key: _plain(value) for key, value in row.items()}
    except InputError:
        raise
    except (pyarrow.ArrowException, OSError, ValueError) as error:  # which of them, depends on where it is damaged
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise DamagedFileError(name, f"is no whole Parquet file ({error})", "a Parquet file", "fetch or make the file again") from error


def documents_of(rows: Rows, name: str, text_columns: Sequence[str], id_column: str | None) -> Iterator[Record]:
    """A document of each row: of one text column its text, of several each under its name as a heading; all other columns are meta."""
    for place, row in rows:
        if isinstance(row, Refusal):
            yield row
            continue
        values = {column: _as_text(row[column]) for column in text_columns}
        wrong = [column for column, value in values.items() if isinstance(value, (dict, list))]
        if wrong:
            yield Refusal(place, "text not a string", f"`{wrong[0]}` is a {type(values[wrong[0]]).__name__}")
            continue
        texts = {column: str(value).strip() for column, value in values.items() if value is not None}
        filled = {column: text for column, text in texts.items() if text}
        if not filled:
            yield Refusal(place, "empty text")
            continue
        text = (
            "\n\n".join(f"{column}:\n{text}" for column, text in filled.items()) if len(text_columns) > 1 else next(iter(filled.values()))
        )
        identifier = (
            str(_as_text(row[id_column])) if id_column and row[id_column] not in (None, "") else f"{name}:{place.rpartition(' ')[2]}"
        )
        yield Document(
            id=identifier,
            text=text,
            source=str(row.get("source") or ""),
            doc_type=str(row.get("doc_type") or DEFAULT_DOC_TYPE),
            meta=row,  # of which is kept what the settings list
            place=place,
        )


def read_inside(rows: Rows, name: str, column: str, reader: Reader) -> Iterator[Record]:
    """What `reader` finds in one column of each row; the other columns are meta of all its documents, unless the record says it too."""
    for place, row in rows:
        if isinstance(row, Refusal):
            yield row
            continue
        content = row.get(column)
        if content is None:
            yield Refusal(place, "no record", f"`{column}` is missing or empty")
            continue
        data = content if isinstance(content, bytes) else content.encode(errors="replace") if isinstance(content, str) else dumped(content)
        rest = {key: value for key, value in row.items() if key != column}
        with closing(io.BytesIO(data)) as file:
            for record in reader(file, f"{name}:{place.rpartition(' ')[2]}"):
                if isinstance(record, Refusal):
                    yield Refusal(f"{place} {record.place}".strip(), record.reason, record.detail, record.begins)
                else:
                    meta = merged_meta(rest, record.meta)
                    where = f"{place} {record.place}".strip()
                    yield Document(record.id, record.text, record.source, record.doc_type, meta, where, record.identity)


def too_long(number: int, line: TooLongLine) -> Refusal:
    return Refusal(f"line {number}", "too long", f"{line.num_bytes:,} bytes, at most {MAX_LINE_BYTES:,}", beginning(line.begins))


def dumped(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode(errors="replace")


def _check_columns(name: str, there: Sequence[str], wanted: Sequence[str], also: Sequence[str]) -> None:
    missing = [column for column in wanted if column not in there]
    if missing:
        found = f"has no column {', '.join(missing)}"
        remedy = "name its columns in `text`, `id`, `inside` and `identity` of the source"
        raise InputError(name, found, f"one of {', '.join(there)}" if there else "a header with the columns' names", remedy)
    twice = [column for column in dict.fromkeys([*wanted, *also]) if there.count(column) > 1]
    if twice:
        raise InputError(name, f"has the column {', '.join(twice)} twice", "one column of a name", "rename one of them in the file")


def _decoded(line: bytes | TooLongLine, behind_too_long: str = "") -> str:
    if isinstance(line, TooLongLine):
        return line.begins.decode("cp1252", errors="replace").replace('"', "") + behind_too_long
    try:
        return line.decode()
    except UnicodeDecodeError:
        return line.decode("cp1252", errors="replace")


def _plain(value: Any) -> Any:
    """A value as JSON has it; bytes stay, as records may stand in them."""
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {str(key): _plain(of_key) for key, of_key in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, (str, bytes, int)) or value is None:
        return value
    return str(value)


def _as_text(value: Any) -> Any:
    return _decoded(value) if isinstance(value, bytes) else value
