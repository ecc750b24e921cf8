"""Which format a file has, and the reader of each. Readers' libraries are imported when a file of that format is read."""

from __future__ import annotations

import functools
import importlib
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, BinaryIO

import orjson

from medpretrain.corpus.lines import DamagedFileError, OnBytes, ignored, unpacked_name
from medpretrain.corpus.settings import SourceSettings
from medpretrain.corpus.sources.files import InputFile
from medpretrain.corpus.sources.plain import read_text
from medpretrain.corpus.sources.record import Record
from medpretrain.corpus.sources.tables import (
    Reader,
    Rows,
    documents_of,
    read_inside,
    read_jsonl,
    rows_of_csv,
    rows_of_jsonl,
    rows_of_parquet,
)
from medpretrain.errors import InputError

if TYPE_CHECKING:
    from medpretrain.corpus.sources.fhir_people import KnownPeople

SNIFFED_BYTES = 1 << 16

FORMAT_OF_SUFFIX = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "fhir",
    ".parquet": "parquet",
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "text",
    ".xml": "xml",
    ".nxml": "xml",
    ".hl7": "hl7",
    ".dcm": "dicom",
}
FORMAT_OF_ROOT = {
    b"article": "jats",
    b"pmc-articleset": "jats",
    b"OAI-PMH": "jats",
    b"PubmedArticleSet": "medline",
    b"PubmedArticle": "medline",
    b"ClinicalDocument": "ccda",
}
MODULE_OF_FORMAT = {"jats": "jats", "medline": "medline", "ccda": "ccda", "fhir": "fhir", "hl7": "hl7v2", "dicom": "dicom"}
CLINICAL_FORMATS = frozenset({"ccda", "fhir", "hl7", "dicom"})

_RESOURCE = re.compile(rb'"resourceType"\s*:\s*"(\w+)"')
_ROOT = re.compile(rb"<(?:[\w.-]+:)?([A-Za-z][\w.-]*)[\s>/]")


def is_readable(source: SourceSettings) -> Callable[[str], bool]:
    """Which files of a directory a source reads: those whose name tells a format; all, where the settings tell one."""
    if source.format != "auto":
        return lambda name: True
    return lambda name: _suffix_of(name) in FORMAT_OF_SUFFIX


def is_table(name: str) -> bool:
    """Does a file's name tell that it has columns?"""
    return FORMAT_OF_SUFFIX.get(_suffix_of(name)) in ("csv", "parquet")


def read_file(
    file: InputFile, source: SourceSettings, on_bytes: OnBytes = ignored, identities: bool = True, people: KnownPeople | None = None
) -> Iterator[Record]:
    """The records of a file. Raises InputError where its format cannot be told, it is damaged, or lacks a column that the settings name.

    `on_bytes` is told how many bytes of the file, as it lies there, were read since its last call. Without `identities`, documents of
    clinical formats have none, and are read faster. `people`: an index of persons and consents of other files
    (sources.fhir_people).
    """
    form = format_of(file, source)
    columns = [*source.text, *([source.id] if source.id else [])]
    needed = [*([source.inside] if source.inside else columns), *(source.identity.fields if source.identity else ())]
    table = _table_format(file, source) if source.inside else form
    if table == "parquet":
        with file.seekable(on_bytes) as content:
            yield from _of_rows(rows_of_parquet(content, file.location, needed, _meta_of(source)), file, source, identities)
        return
    if table == "dicom":
        with file.seekable() as content:
            yield from _reader_of(form, identities)(content, unpacked_name(file.name))
        return
    with file.content(on_bytes) as content:
        if source.inside:
            yield from _of_rows(
                rows_of_jsonl(content) if table == "jsonl" else rows_of_csv(content, file.location, needed, _meta_of(source)),
                file,
                source,
                identities,
            )
        elif form == "jsonl":
            yield from read_jsonl(content, file.name)
        elif form == "csv":
            yield from _of_rows(rows_of_csv(content, file.location, needed, _meta_of(source)), file, source, identities)
        elif form == "fhir" and people is not None:
            yield from _read_fhir(content, unpacked_name(file.name), people, identities)
        else:
            yield from _reader_of(form, identities)(content, unpacked_name(file.name))


def _read_fhir(content: BinaryIO, name: str, people: KnownPeople, identities: bool) -> Iterator[Record]:
    from medpretrain.corpus.sources import fhir
    from medpretrain.corpus.sources.fhir_people import PeopleIndex

    with PeopleIndex(people.path) as index:
        yield from fhir.read(content, name, identities, index)


def _meta_of(source: SourceSettings) -> list[str]:
    """Columns that say more of a record than its text."""
    rule = [source.consent.field] if source.consent else []
    return ["source", "doc_type", "consent", *rule, *source.fields]


def name_of(path: str) -> str:
    """What the documents of a source are named after, where nothing else says it: the file or directory, without suffixes."""
    base = unpacked_name(path.rstrip("/")).rpartition("/")[2]
    suffix = _suffix_of(base)
    return base[: -len(suffix)] if suffix in FORMAT_OF_SUFFIX else base


def _of_rows(rows: Rows, file: InputFile, source: SourceSettings, identities: bool) -> Iterator[Record]:
    if source.inside:
        return read_inside(rows, file.name, source.inside, _reader_of(source.format, identities))
    return documents_of(rows, file.name, source.text, source.id)


def _reader_of(form: str, identities: bool) -> Reader:
    if form == "text":
        return read_text
    module = MODULE_OF_FORMAT[form]
    try:
        reader: Callable[..., Iterator[Record]] = importlib.import_module(f"medpretrain.corpus.sources.{module}").read
    except ImportError as error:
        raise InputError(f"format {form}", str(error), "the libraries that read it", "pip install 'medpretrain[corpus]'") from error
    return functools.partial(reader, identities=identities) if form in CLINICAL_FORMATS else reader


def format_of(file: InputFile, source: SourceSettings) -> str:
    """The format of a file: as the settings say, else by its name and how it begins. Raises InputError where neither tells."""
    if source.format != "auto":
        return source.format
    form = FORMAT_OF_SUFFIX.get(_suffix_of(file.name))
    if form == "xml":
        return _format_of_xml(file)
    if form == "jsonl" and _first_type(file) is not None:
        return "fhir"
    if form is None:
        raise InputError(
            file.location, "has a name that tells no format", f"one of {', '.join(FORMAT_OF_SUFFIX)}", "say `format` of this source"
        )
    return form


def _table_format(file: InputFile, source: SourceSettings) -> str:
    form = FORMAT_OF_SUFFIX.get(_suffix_of(file.name))
    if form not in ("jsonl", "csv", "parquet"):
        found = f"is no table, in which `inside={source.inside}` could be a column"
        raise InputError(file.location, found, "JSON lines, CSV or Parquet", "leave `inside` out of this source, or name other files")
    return form


def _format_of_xml(file: InputFile) -> str:
    with file.beginning() as content:
        head = content.read(SNIFFED_BYTES)
    for root in _ROOT.finditer(re.sub(rb"<!--.*?-->|<!DOCTYPE[^\[>]*(\[.*?\])?\s*>|<\?.*?\?>", b"", head, flags=re.DOTALL)):
        if form := FORMAT_OF_ROOT.get(root.group(1)):
            return form
        break
    raise DamagedFileError(
        file.location,
        "is XML of a kind that is not known",
        f"a root element {', '.join(name.decode() for name in FORMAT_OF_ROOT)}",
        "say `format` of this source, or leave the file out",
    )


def types_in(file: InputFile, source: SourceSettings) -> list[str]:
    """Which FHIR resources stand in a file: that of its first line, where it has lines (a bulk export has files of one type), and "Consent"
    where the word stands anywhere in it: a denial may be in a bundle, or among others. None where the file is not FHIR."""
    by_name = FORMAT_OF_SUFFIX.get(_suffix_of(file.name)) if source.format == "auto" else source.format
    if source.inside is not None or by_name not in ("jsonl", "fhir"):
        return []
    has_lines = source.format == "fhir" or by_name == "jsonl"
    first = _first_type(file) if has_lines else None
    if first is None and by_name == "jsonl":
        return []
    types = set() if first is None else {first}
    if _holds(file, b'"Consent"'):
        types.add("Consent")
    return sorted(types)


def _holds(file: InputFile, searched: bytes) -> bool:
    """Whether it stands in a line that can be read."""
    with suppress(DamagedFileError), file.content() as content:
        return any(searched in line for line in content)
    return False


def _first_type(file: InputFile) -> str | None:
    """The type of the FHIR resource in the first line of a file that is not blank, or the first that is told where that line is broken, too
    long or not the whole of it; None where it is none."""
    with file.beginning() as content:
        line = content.readline(SNIFFED_BYTES).removeprefix(b"\xef\xbb\xbf")
        while line.isspace():
            line = content.readline(SNIFFED_BYTES)
        with suppress(ValueError):
            first = orjson.loads(line)
            return str(first["resourceType"]) if isinstance(first, dict) and "resourceType" in first else None
        with suppress(DamagedFileError):
            line += content.read(SNIFFED_BYTES)
    found = _RESOURCE.search(line)
    return found[1].decode() if found else None


def _suffix_of(name: str) -> str:
    base = unpacked_name(name).rpartition("/")[2]
    return f".{base.rpartition('.')[2].lower()}" if "." in base else ""
