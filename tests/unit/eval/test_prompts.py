"""Prompts from files, and structured findings in the form of the synthetic reports: what is read, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from medpretrain.errors import InputError, InputErrors
from medpretrain.eval.prompts import RECORD, prompt_of_findings, read_findings, read_prompts

EFFUSION = {"finding": "pleural effusion", "present": True, "laterality": "right", "degree": "small"}
GOOD: dict[str, Any] = {
    "exam": "Chest radiograph, two views",
    "history": "Cough and fever.",
    "findings": [EFFUSION, {"finding": "pneumothorax", "present": False}],
}
PROMPT = (
    "[EXAM] Chest radiograph, two views\n[HISTORY] Cough and fever.\n"
    "[OBSERVATIONS] pleural effusion: right, small; pneumothorax: absent\n[FINDINGS]"
)


def test_findings_read_as_a_report_begins() -> None:
    assert prompt_of_findings(GOOD) == PROMPT
    assert prompt_of_findings({**GOOD, "findings": []}) == PROMPT.replace("pleural effusion: right, small; pneumothorax: absent", "none")


@pytest.mark.parametrize(
    ("record", "found"),
    [
        ([GOOD], "is not an object"),
        ({key: GOOD[key] for key in ("exam", "findings")}, "has no history"),
        ({**GOOD, "exam": 7}, "its exam is 7"),
        ({**GOOD, "findings": {"finding": "pneumothorax"}}, "its findings is {'finding': 'pneumothorax'}"),
        ({**GOOD, "findings": ["pneumothorax"]}, "holds the finding 'pneumothorax'"),
        ({**GOOD, "findings": [{"finding": "pneumothorax"}]}, "holds the finding {'finding': 'pneumothorax'}"),
        ({**GOOD, "findings": [{**EFFUSION, "degree": 3}]}, "its finding pleural effusion has the degree 3"),
    ],
)
def test_what_are_no_findings_is_refused(record: Any, found: str) -> None:
    with pytest.raises(InputError) as caught:
        prompt_of_findings(record, "here")
    assert (caught.value.where, caught.value.found, caught.value.expected) == ("here", found, RECORD)
    assert caught.value.remedy == "mend the record; `medpretrain corpus synth` writes such ones"


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(InputError) as caught:
        prompt_of_findings({**GOOD, "findings": [{"finding": "gremlin", "present": True}]})
    assert caught.value.where == "finding `gremlin`"


def test_a_file_of_findings_is_read_and_every_wrong_line_named(tmp_path: Path) -> None:
    path = tmp_path / "findings.jsonl"
    path.write_text(f"{json.dumps(GOOD)}\n{json.dumps({'id': 'x', 'text': '...', 'meta': GOOD})}\n")
    assert read_findings(path) == [(f"{path} line 1", PROMPT), (f"{path} line 2", PROMPT)]
    path.write_text(f"{json.dumps(GOOD)}\n{{\n[]\n")
    with pytest.raises(InputErrors) as caught:
        read_findings(path)
    second, third = caught.value.errors
    assert second.where == f"{path} line 2"
    assert second.found.startswith("cannot be read (")
    assert second.expected == RECORD
    assert second.remedy == "mend or remove the line"
    assert (third.where, third.found) == (f"{path} line 3", "is not an object")


def test_a_file_of_prompts_is_one_a_line(tmp_path: Path) -> None:
    path = tmp_path / "prompts.txt"
    path.write_bytes("é 5 µg\n\nlast".encode())
    assert read_prompts(path) == [(f"{path} line 1", "é 5 µg"), (f"{path} line 2", ""), (f"{path} line 3", "last")]
    path.write_bytes(b"a\n\xff\n")
    with pytest.raises(InputErrors) as caught:
        read_prompts(path)
    (error,) = caught.value.errors
    assert (error.where, error.expected) == (f"{path} line 2", "UTF-8 text")
    path.write_bytes(b"")
    with pytest.raises(InputError) as caught_empty:
        read_prompts(path)
    assert caught_empty.value.found == "holds no line"
    assert caught_empty.value.remedy == "write one"
