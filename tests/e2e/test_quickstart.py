"""The quickstart itself, shortened: raw text to a trained, killed, resumed, evaluated and exported model, and what it leaves behind."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from medpretrain.train.run_directory import read_json_lines

REPOSITORY = Path(__file__).resolve().parents[2]


def run_quickstart(start_process: Any, work: Path, steps: int, **environment: str) -> str:
    """Run the script to its end; everything it printed."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    log = work.with_suffix(".log")
    with open(log, "w") as output:
        process = start_process(
            ["bash", str(REPOSITORY / "launch" / "quickstart.sh")],
            env={**os.environ, "PATH": path, "WORK": str(work), "STEPS": str(steps), **environment},
            stdout=output,
            stderr=output,
        )
        status = process.wait(timeout=600)
    text = log.read_text()
    assert status == 0, text[-3000:]
    return text


def check_what_was_made(work: Path, text: str, steps: int) -> None:
    events = [event["event"] for event in read_json_lines(work / "run" / "events.jsonl")]
    assert events.count("started") == 1
    assert events.count("resumed") == 1
    assert events[-1] == "finished"
    trained = [line["step"] for line in read_json_lines(work / "run" / "metrics.jsonl") if "loss" in line]
    assert trained[-1] == steps
    assert json.loads((work / "run" / "outcome.json").read_text())["code"] == 0
    evaluation = json.loads((work / "evaluation.json").read_text())
    assert 0.1 < evaluation["bits_per_byte"] < 4
    for made in (
        "corpus",
        "tokenizer",
        "packed rows",
        "training, killed",
        "training, resumed",
        "evaluation",
        "Hugging Face export",
        "a written report",
    ):
        assert f"\n{made} " in text, f"the closing table has no line on: {made}"
    assert "to the last bit" in text, "the resumed run says that its probe loss is the saved one"
    assert (work / "report.txt").read_text().strip()
    page = work / "run" / "report" / "index.html"
    assert text.splitlines()[-1] == str(page)
    numbers = json.loads((page.parent / "report.json").read_text())
    assert (len(numbers["ledger"]["attempts"]), numbers["headline"]["state"], numbers["headline"]["step"]) == (2, "finished", steps)


@pytest.mark.slow
@pytest.mark.timeout(640)
def test_quickstart_on_synthetic_reports(tmp_path: Path, start_process):
    work = tmp_path / "work"
    text = run_quickstart(start_process, work, steps=24)
    assert "4,000 synthetic radiology reports" in text
    check_what_was_made(work, text, steps=24)

    from transformers import AutoModelForCausalLM, AutoTokenizer

    model = AutoModelForCausalLM.from_pretrained(work / "export", local_files_only=True)
    tokenizer = AutoTokenizer.from_pretrained(work / "export", local_files_only=True)
    ids = tokenizer("[FINDINGS] No pleural effusion.", return_tensors="pt").input_ids
    assert model(ids).logits.shape == (1, ids.shape[1], len(tokenizer))


@pytest.mark.long
@pytest.mark.timeout(640)
def test_quickstart_on_the_users_own_documents(tmp_path: Path, start_process, shared_data: Path):
    work = tmp_path / "work"
    text = run_quickstart(start_process, work, steps=16, DATA=str(shared_data / "pretrain" / "openi_reports.jsonl.gz"))
    check_what_was_made(work, text, steps=16)
