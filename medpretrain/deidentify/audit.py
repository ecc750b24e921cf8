"""The record of what was replaced, which nobody can edit unseen: a trail for each part of a corpus, and an index of the trails.

    audit-00012.jsonl.zst   for each document of the part: what was replaced where, hashes of its id and of its text
    audit.jsonl             for each part: how many documents, and the chain value that its trail ends with

Parts are written by many processes, and later ones may be added: the index then grows by lines, and none of its lines changes. No line
holds a word of a text. What the chain, the seals and the index do not show is a whole corpus that was put back to an earlier state, index
and all; `verify_audit` returns the index's last chain value for those who want to keep it elsewhere.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from medpretrain import __version__
from medpretrain.corpus.lines import LineWriter, read_lines
from medpretrain.deidentify.replace import Replacement
from medpretrain.deidentify.secret import Secret
from medpretrain.deidentify.settings import DeidentifySettings
from medpretrain.deidentify.trail import (
    DOCUMENT,
    END,
    HEADER,
    PART,
    START,
    Fields,
    Line,
    format_line,
    hash_of_id,
    hash_of_text,
    parse_line,
    seal_of,
)
from medpretrain.deidentify.trail_faults import chain_faults, fault
from medpretrain.errors import InputErrors
from medpretrain.manifest import ASIDE_SUFFIX, fsync_directory, write_atomically

FORMAT = 1
INDEX_NAME = "audit.jsonl"
BESIDE_SUFFIX = ".audit.jsonl.zst"  # of the trail of a file of documents


@dataclass(frozen=True)
class PartEnd:
    """What the index says of a part: the name of its trail, how many documents, and the trail's last chain value."""

    name: str
    documents: int
    chain: str


def settings_that_decide(settings: DeidentifySettings, ner_identity: str = "") -> Fields:
    """What a trail says of the settings: no paths; of a model, whatever tells it from others."""
    return {**settings.model_dump(mode="json", exclude={"secret_file", "ner"}), "ner": ner_identity}


class AuditWriter:
    """Writes the trail of one part; use it in a `with`. The file is there when its last line is, and not before.

    Args:
        path: of the trail; ends in `.zst`.
        part: the name that the trail has in the end ("audit-00012.jsonl.zst").
        settings: from `settings_that_decide`.
        secret: keys the hashes and the seal; without one, anyone can make the trail anew.

    Attributes:
        end: for the index; None before the `with` has ended well.
    """

    def __init__(self, path: Path, part: str, settings: Fields, secret: Secret | None) -> None:
        self.end: PartEnd | None = None
        self._path, self._part, self._settings, self._secret = path, part, settings, secret
        self._aside = path.with_name(f".{path.name}.{os.getpid()}{ASIDE_SUFFIX}")
        self._chain = START
        self._number = 0

    def __enter__(self) -> AuditWriter:
        self._lines = LineWriter(self._aside)
        self._lines.__enter__()
        self._append(header_fields(self._part, self._settings, self._secret))
        return self

    def add(self, document_id: str, replacements: Sequence[Replacement], text: str) -> None:
        """What was replaced in a document, and the text that was written."""
        replaced = [[one.kind, one.start, one.end, one.hash] for one in replacements]
        self._append({"kind": DOCUMENT, "id": hash_of_id(self._secret, document_id), "replaced": replaced, "text": hash_of_text(text)})

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        num_documents = self._number - 1
        if kind is None:
            self._append({"kind": END, "count": num_documents, "seal": seal_of(self._secret, self._chain)})
        self._lines.__exit__(kind, error, trace)
        if kind is not None:
            self._aside.unlink()
            return
        with open(self._aside, "rb") as file:
            os.fsync(file.fileno())
        os.replace(self._aside, self._path)
        fsync_directory(self._path.parent)
        self.end = PartEnd(self._part, num_documents, self._chain)

    def _append(self, fields: Fields) -> None:
        line, self._chain = format_line(self._chain, {"number": self._number, **fields})
        self._lines.write(line)
        self._number += 1


def header_fields(part: str, settings: Fields, secret: Secret | None) -> Fields:
    """The first line of a trail."""
    check = "" if secret is None else secret.check_value
    return {"kind": HEADER, "format": FORMAT, "version": __version__, "part": part, "settings": settings, "secret": check}


def write_index(directory: Path, ends: Sequence[PartEnd], settings: Fields, secret: Secret | None) -> None:
    """Write the index of a directory, or add to it the parts that it does not have yet.

    Raises InputErrors where the index that is there is not whole, or a part is not the one that it tells of.
    """
    path = directory / INDEX_NAME
    there = read_whole(path) if path.exists() else []
    known = {line.fields["part"]: line for line in there if line.kind == PART}
    others = [end for end in ends if end.name in known and known[end.name].fields["last"] != end.chain]
    faults = [fault(f"{path} line {known[end.name].place}", f"tells of another {end.name}") for end in others]
    header = header_fields(INDEX_NAME, settings, secret)
    if there and there[0].fields["secret"] != header["secret"]:
        faults.append(fault(f"{path} line 1", "was made with another secret", "the secret of the parts that are added"))
    if faults:
        raise InputErrors(faults)
    new = [end for end in ends if end.name not in known]
    if new or not there:
        rows = [{"kind": PART, "part": end.name, "documents": end.documents, "last": end.chain} for end in new]
        content = path.read_bytes() if there else b""
        count = len(known) + len(new)
        write_atomically(path, content + _index_lines(rows if there else [header, *rows], there, count, secret))


def _index_lines(rows: Sequence[Fields], there: Sequence[Line], count: int, secret: Secret | None) -> bytes:
    """The lines of an index behind those that are there, and a last one of all `count` parts."""
    content = b""
    number, chain = len(there), there[-1].chain if there else START
    for row in rows:
        line, chain = format_line(chain, {"number": number, **row})
        content, number = content + line, number + 1
    return content + format_line(chain, {"number": number, "kind": END, "count": count, "seal": seal_of(secret, chain)})[0]


def rewind_index(directory: Path, num_parts: int) -> None:
    """Put the index of a directory back to the state in which it told of its first `num_parts` parts, where it tells of more."""
    path = directory / INDEX_NAME
    if not path.exists():
        return
    if num_parts == 0:
        path.unlink()
        return
    content = b""
    for place, written in read_lines(path):
        content += written + b"\n"
        line = parse_line(place, written)
        if line.kind == END and line.fields["count"] == num_parts:
            write_atomically(path, content)
            return


def read_whole(path: Path) -> list[Line]:
    """The lines of a trail. Raises InputErrors where its chain is broken."""
    lines = [parse_line(place, line) for place, line in read_lines(path)]
    faults = chain_faults(path.name, lines, START)
    if faults:
        raise InputErrors(faults)
    return lines
