"""Plain text: a file, a document."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from typing import BinaryIO

from medpretrain.corpus.document import DEFAULT_DOC_TYPE, Document
from medpretrain.corpus.lines import MAX_LINE_BYTES
from medpretrain.corpus.sources.record import Record, Refusal, beginning

_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def read_text(file: BinaryIO, name: str) -> Iterator[Record]:
    """The file's text, its name as id: UTF-8, UTF-16 with its mark, else Windows-1252; refused where it is none of them."""
    data = file.read(MAX_LINE_BYTES + 1)
    if len(data) > MAX_LINE_BYTES:
        yield Refusal("", "too long", f"over {MAX_LINE_BYTES:,} bytes", beginning(data))
        return
    marked = next((encoding for mark, encoding in _MARKS if data.startswith(mark)), None)
    for encoding in (marked,) if marked else ("utf-8", "cp1252"):
        try:
            text = data.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        yield Refusal("", "not text", "neither UTF-8 nor Windows-1252", beginning(data))
        return
    if "\0" in text:
        yield Refusal("", "not text", "holds zero bytes", beginning(data))
    elif not text.strip():
        yield Refusal("", "empty text")
    else:
        yield Document(id=name, text=text, source="", doc_type=DEFAULT_DOC_TYPE, meta={})
