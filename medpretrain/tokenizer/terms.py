"""A list of terms (a line each) from a file: what a vocabulary is asked to keep whole, or is measured by."""

from __future__ import annotations

from pathlib import Path

from medpretrain.corpus.document import BadLineError, parse_json_object
from medpretrain.corpus.lines import PACKED_SUFFIXES, read_lines
from medpretrain.errors import InputError
from medpretrain.log import logger

JSON_SUFFIXES = (".jsonl", ".json")
EXPECTED = 'a term a line: JSON with a key "term" in .jsonl files, else plain text, in UTF-8'


def read_terms(path: Path) -> list[str]:
    """The terms of a file in its order, each once, outer white space taken off and inner white space made one space.

    Files named .jsonl or .json hold JSON objects with a key "term", all others plain text; `.gz` and `.zst` are unpacked. Terms that
    differ only in case (`str.casefold`) and white space are one: the first is kept, and how many were dropped is logged.
    Raises InputError, naming file and line, for a line that is not UTF-8 or holds no term, and for a file without any.
    """
    if not path.is_file():
        found = "is a directory" if path.is_dir() else "there is no such file"
        raise InputError(str(path), found, "a file of terms, one a line", "check the path")
    name = path.name
    for suffix in PACKED_SUFFIXES:
        name = name.removesuffix(suffix)
    term_of = _term_of_json if name.endswith(JSON_SUFFIXES) else _term_of_text
    terms: dict[str, str] = {}
    num_lines = 0
    for number, line in read_lines(path):
        num_lines += 1
        try:
            term = " ".join(term_of(line, number == 1).split())
            if not term:
                raise BadLineError("no term")
        except BadLineError as error:
            raise InputError(f"{path} line {number}", str(error), EXPECTED, "mend or remove the line") from error
        terms.setdefault(term.casefold(), term)
    if not terms:
        raise InputError(str(path), "holds no term", EXPECTED, "check the path")
    if num_lines > len(terms):
        logger.info(
            "%s: %s terms; %s more are the same but for case and were dropped", path, f"{len(terms):,}", f"{num_lines - len(terms):,}"
        )
    return list(terms.values())


def _term_of_json(line: bytes, is_first: bool) -> str:
    term = parse_json_object(line, is_first).get("term")
    if not isinstance(term, str):
        raise BadLineError("no term" if term is None else f"term is a {type(term).__name__}")
    return term


def _term_of_text(line: bytes, is_first: bool) -> str:
    try:
        return line.decode("utf-8-sig" if is_first else "utf-8")
    except UnicodeDecodeError as error:
        raise BadLineError("not UTF-8", f"byte {error.start} of the line") from None
