"""What a reader yields: a document, or the refusal of a record that holds none, with its reason.

A reader is a function `read(file, name)` over an open binary file (unpacked already) that yields `Document | Refusal` and holds one record
at a time. It never raises for what a file holds: a record that cannot be read becomes a `Refusal`, and reading goes on with the next one
where the format allows. Errors of the file itself (cut off, unreadable) come from the file object and pass through. Readers of clinical
formats take a third argument, `identities`: whether documents are to have an `identity`, what the record's own fields say of persons.

What documents of readers look like: `text` is what a person would read, sections under their headings (a line each, as the source writes
them), paragraphs parted by an empty line, no markup; `id` is the record's own where it has one, else `name:place`; `doc_type` is the kind
of text; `source` is left empty (the settings name it). `meta` holds plain JSON values under these names, each where the record says it:

    date        ISO 8601, as exact as the record is ("2019-03-14T10:30:00+01:00", "2019-03")
    patient_id  encounter_id  record_id      ids as the record has them (strings)
    title  language  licence  consent        ("permit" or "deny", where the record itself says so)
    and names of the format's own, listed in the reader's docstring
"""

from __future__ import annotations

from dataclasses import dataclass

from medpretrain.corpus.document import Document

# Reasons of records that are whole, but hold nothing to read: they are no sign of a bad source.
WITHOUT_TEXT = frozenset({"no abstract", "attachment not text", "message type not read", "no text", "missing reference"})
SHOWN_CHARACTERS = 500  # of a refused record


@dataclass(frozen=True, slots=True)
class Refusal:
    """A record that is no document.

    Attributes:
        place: where it stands in the file ("line 12", "entry 3", "message 2"; "" for the whole file).
        reason: one of a few fixed words to count by ("not XML", "no text").
        detail: this record's case, for a person.
        begins: its first characters.
    """

    place: str
    reason: str
    detail: str = ""
    begins: str = ""


Record = Document | Refusal


def beginning(data: bytes) -> str:
    """The first SHOWN_CHARACTERS of a record, readable whatever its bytes are."""
    return data[: 4 * SHOWN_CHARACTERS].decode(errors="backslashreplace")[:SHOWN_CHARACTERS]
