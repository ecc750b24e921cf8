"""What a document is, and its JSON line: parsing with a reason for every refusal, and writing it back. Pure; no files here."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import orjson

from medpretrain.corpus.lines import unpacked_name
from medpretrain.deidentify.identity import Identity

DEFAULT_DOC_TYPE = "document"
JSONL_SUFFIX = ".jsonl"
KNOWN_KEYS = ("id", "text", "source", "doc_type", "meta")

_SURROGATE_ESCAPE = re.compile(rb"\\u[dD][89a-fA-F]")  # the only way a lone surrogate gets into a line that is valid UTF-8


@dataclass(frozen=True, slots=True)
class Document:
    """One text with where it comes from. `meta` holds everything else the line said (JSON values).

    `place` is where it stood in its file ("line 12", "" where that is not known), `identity` what the record's own fields say of persons,
    which must never be written or logged. Both are no part of the line that is written.
    """

    id: str
    text: str
    source: str
    doc_type: str
    meta: dict[str, Any]
    place: str = field(default="", compare=False)
    identity: Identity = field(default=Identity(), compare=False, repr=False)


class Essentials(NamedTuple):
    """A document without its meta: what packing needs."""

    id: str
    text: str
    source: str
    doc_type: str


class BadLineError(ValueError):
    """A line that is no document. `reason` is one of a few fixed words to count by; `detail` tells this line's case."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason} ({detail})" if detail else reason)
        self.reason = reason
        self.detail = detail


def parse_line(line: bytes, file_name: str, line_number: int) -> Document:
    """The document that a JSON line (without its line feed) holds.

    A missing id becomes `file_name:line_number`, a missing source the file's stem, a missing doc_type "document"; unknown keys
    go into `meta`. Raises BadLineError with a reason: "empty line", "not UTF-8", "not JSON", "not an object", "no text",
    "text not a string", "empty text", "lone surrogate", or "wrong type" (of another key).
    """
    record = parse_json_object(line, line_number == 1)
    if record.get("text") is None:
        raise BadLineError("no text")
    text = record["text"]
    if not isinstance(text, str):
        raise BadLineError("text not a string", f"a {type(text).__name__}")
    if not text.strip():
        raise BadLineError("empty text")
    identifier = record.get("id")
    if isinstance(identifier, int) and not isinstance(identifier, bool):
        identifier = str(identifier)
    meta = record.get("meta")
    if meta is not None and not isinstance(meta, dict):
        raise BadLineError("wrong type", f"meta is a {type(meta).__name__}")
    unknown = {key: value for key, value in record.items() if key not in KNOWN_KEYS}
    return Document(
        id=_string("id", identifier) or f"{file_name}:{line_number}",
        text=text,
        source=_string("source", record.get("source")) or stem_of(file_name),
        doc_type=_string("doc_type", record.get("doc_type")) or DEFAULT_DOC_TYPE,
        meta=merged_meta(unknown, meta or {}),
        place=f"line {line_number}",
    )


def parse_json_object(line: bytes, is_first: bool) -> dict[str, Any]:
    """The JSON object of a line. Raises BadLineError: "empty line", "not UTF-8", "not JSON", "not an object", "lone surrogate"."""
    if not line.strip():
        raise BadLineError("empty line")
    try:
        decoded = line.decode("utf-8-sig" if is_first else "utf-8")
    except UnicodeDecodeError as error:
        raise BadLineError("not UTF-8", f"byte {error.start} of the line") from None
    try:
        record = json.loads(decoded, parse_constant=_refuse_constant, parse_float=_finite)
    except RecursionError:
        raise BadLineError("not JSON", "nested too deeply") from None
    except ValueError as error:
        raise BadLineError("not JSON", str(error)) from None
    if not isinstance(record, dict):
        raise BadLineError("not an object", f"a {type(record).__name__}")
    if _SURROGATE_ESCAPE.search(line):
        _refuse_lone_surrogates(record)
    return record


def parse_essentials(line: bytes, file_name: str, line_number: int) -> Essentials:
    """What `parse_line` says of a line but its meta, several times faster; the same refusals.

    orjson takes no line that `parse_line` refuses (but one nested nearly 1,000 deep), so a line with plain values is done with it; any
    other goes the strict way, which knows the reason. orjson rounds integers beyond 64 bits, so meta is not read here, nor such an id.
    """
    try:
        record = orjson.loads(line)
    except ValueError:
        record = None
    if type(record) is dict:
        get = record.get
        identifier, text, source, doc_type, meta = get("id"), get("text"), get("source"), get("doc_type"), get("meta")
        if type(identifier) is int:
            identifier = str(identifier)
        if (
            type(text) is str
            and text
            and not text.isspace()
            and (identifier is None or type(identifier) is str)
            and (source is None or type(source) is str)
            and (doc_type is None or type(doc_type) is str)
            and (meta is None or type(meta) is dict)
        ):
            return Essentials(identifier or f"{file_name}:{line_number}", text, source or stem_of(file_name), doc_type or DEFAULT_DOC_TYPE)
    document = parse_line(line, file_name, line_number)
    return Essentials(document.id, document.text, document.source, document.doc_type)


def format_line(document: Document) -> bytes:
    """The document as one UTF-8 JSON line with its line feed, keys in a fixed order. Raises BadLineError where it cannot be one."""
    record = {key: getattr(document, key) for key in KNOWN_KEYS}
    if not document.meta:  # of a meta orjson writes floats in another way
        try:
            return orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE)
        except TypeError:  # a lone surrogate
            pass
    try:
        return json.dumps(record, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode() + b"\n"
    except RecursionError:
        raise BadLineError("not JSON", "nested too deeply") from None
    except (TypeError, ValueError) as error:  # bytes, a number that is none, a lone surrogate
        raise BadLineError("not JSON", str(error)) from None


def merged_meta(outer: dict[str, Any], inner: dict[str, Any]) -> dict[str, Any]:
    """What a record says, and what stands around it: the record knows better, but a "deny" on either side holds."""
    merged = {**outer, **inner}
    if says_deny(outer):
        merged["consent"] = outer["consent"]
    return merged


def says_deny(meta: dict[str, Any]) -> bool:
    """Whether the use of a record is denied: its `consent` is "deny", or a list with it."""
    consent = meta.get("consent")
    return any(str(value).strip().lower() == "deny" for value in (consent if isinstance(consent, list) else [consent]))


def stem_of(file_name: str) -> str:
    """The last part of a file's name without `.gz` or `.zst`, and `.jsonl`: "a/notes.jsonl.gz" -> "notes"."""
    name = unpacked_name(file_name.rsplit("/", 1)[-1])
    return name[: -len(JSONL_SUFFIX)] if name.lower().endswith(JSONL_SUFFIX) else name


def _string(key: str, value: Any) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise BadLineError("wrong type", f"{key} is a {type(value).__name__}")
    return value


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON value")


def _finite(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise ValueError(f"{digits} is too large for a number")
    return value


def _refuse_lone_surrogates(record: dict[str, Any]) -> None:
    try:
        json.dumps(record, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise BadLineError("lone surrogate", f"\\u{ord(error.object[error.start]):04x} cannot be written as UTF-8") from None
