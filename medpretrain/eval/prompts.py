"""What a model is asked to continue: lines of a file, and structured findings in the form in which the synthetic reports begin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from medpretrain.corpus.lines import read_lines
from medpretrain.corpus.report import ATTRIBUTES, findings_prompt
from medpretrain.errors import InputError, InputErrors

RECORD = '{"exam": TEXT, "history": TEXT, "findings": [{"finding": NAME, "present": true or false, ...}, ...]}'


def read_prompts(path: Path) -> list[tuple[str, str]]:
    """(where it stands, prompt) of each line of a UTF-8 text file, plain, `.gz` or `.zst`; an empty line is an empty prompt.

    Raises InputErrors that name every line that is not UTF-8, and InputError for a file without a line.
    """
    return _each_line(path, "UTF-8 text", lambda line, where: line.decode())


def read_findings(path: Path) -> list[tuple[str, str]]:
    """(where it stands, prompt) of each line of a JSON lines file, plain, `.gz` or `.zst`: an object with exam, history and findings, or
    a document of the synthetic corpus, which has these in its `meta`.

    Raises InputErrors that name every line that is something else, and InputError for a file without a line.
    """

    def prompt(line: bytes, where: str) -> str:
        record = orjson.loads(line)
        return prompt_of_findings(record["meta"] if isinstance(record, dict) and isinstance(record.get("meta"), dict) else record, where)

    return _each_line(path, RECORD, prompt)


def prompt_of_findings(record: Mapping[str, Any], where: str = "the findings") -> str:
    """A report up to and including "[FINDINGS]", from structured findings as the synthetic reports have them (000-80).

    Args:
        record: "exam" and "history" (texts), and "findings": a list of dicts with "finding" (its kind), "present" (bool) and, as texts
            and where they apply, the attributes laterality, location, degree, measurement and change.

    Raises:
        InputError: something else, or a kind of finding that is not known.
    """
    found = _what_is_wrong(record)
    if found:
        raise InputError(where, found, RECORD, "mend the record; `medpretrain corpus synth` writes such ones")
    return findings_prompt(record["exam"], record["history"], record["findings"])


def _what_is_wrong(record: Any) -> str | None:
    if not isinstance(record, Mapping):
        return "is not an object"
    for key, kind in (("exam", str), ("history", str), ("findings", Sequence)):
        if not isinstance(record.get(key), kind):
            return f"has no {key}" if key not in record else f"its {key} is {record[key]!r:.60}"
    for finding in record["findings"]:
        if not isinstance(finding, Mapping) or not isinstance(finding.get("finding"), str) or not isinstance(finding.get("present"), bool):
            return f"holds the finding {finding!r:.80}"
        wrong = [key for key in ATTRIBUTES if not isinstance(finding.get(key, ""), str)]
        if wrong:
            return f"its finding {finding['finding']} has the {wrong[0]} {finding[wrong[0]]!r:.60}"
    return None


def _each_line(path: Path, expected: str, prompt: Any) -> list[tuple[str, str]]:
    prompts, errors = [], []
    for number, line in read_lines(path):
        where = f"{path} line {number}"
        try:
            prompts.append((where, prompt(line, where)))
        except InputError as error:
            errors.append(error)
        except ValueError as error:  # not UTF-8, not JSON
            errors.append(InputError(where, f"cannot be read ({error})", expected, "mend or remove the line"))
    if errors:
        raise InputErrors(errors)
    if not prompts:
        raise InputError(str(path), "holds no line", "one prompt a line", "write one")
    return prompts
