"""000-01, 000-28: a small model of the radiology form, trained on synthetic reports, ends its reports, with their sections."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from medpretrain.corpus.report import HEADERS, prompt_of
from medpretrain.corpus.synth import synthesise_reports, write_synthetic_corpus
from medpretrain.eval.generate import AT_END, Sampling, continue_prompts
from medpretrain.eval.load import load_model
from medpretrain.shards.pack import pack_corpus
from medpretrain.tokenizer.train import train_tokenizer

REPOSITORY = Path(__file__).resolve().parents[2]
SEQ_LEN = 2048  # the longest reports fit
TRAINED_SEED, HELD_OUT_SEED = 42, 7  # of the reports
NUM_REPORTS = 100
STEPS = 400  # of 4,096 tokens; after 200 of 600 steps, 99 ended and 89 had their sections
FORM = ("norm=layernorm", "activation=gelu", "biases=true", "tied_embeddings=true", "num_kv_heads=8", "ffn_size=1024")

_HEADER = re.compile("|".join(map(re.escape, HEADERS)))


def sections(report: str) -> dict[str, str] | None:
    """Header -> text of a report that begins with the first of HEADERS, has each of them once, in order, and text in each; else None."""
    headers, texts = _HEADER.findall(report), [text.strip() for text in _HEADER.split(report)]
    if texts[0] or tuple(headers) != HEADERS or not all(texts[1:]):
        return None
    return dict(zip(headers, texts[1:], strict=True))


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of the training command in one process; about 3 million parameters, about 2 million tokens."""
    directory = tmp_path_factory.mktemp("reports")
    write_synthetic_corpus(4000, TRAINED_SEED, directory / "raw")
    train_tokenizer(directory / "raw", 4096, directory / "tokenizer")
    pack_corpus(directory / "raw", "train", directory / "tokenizer", SEQ_LEN, directory / "shards")
    command = [sys.executable, str(REPOSITORY / "launch" / "pretrain.py"), "--recipe", "tiny-cpu", "--run", str(directory / "run")]
    command += ["--ds-config", str(REPOSITORY / "ds_configs" / "zero2.json"), f"data.sources.reports.shards={directory / 'shards'}"]
    command += [f"model.{setting}" for setting in FORM]
    command += [f"data.seq_len={SEQ_LEN}", "batch.global_rows=2", "batch.micro_rows=1", "precision=fp32"]
    command += [f"schedule.total_steps={STEPS}", f"schedule.warmup_steps={STEPS // 10}", "checkpoint.every_steps=100000"]
    with open(directory / "log", "w") as log:
        status = subprocess.run(command, env={**os.environ, "DS_ACCELERATOR": "cpu"}, stdout=log, stderr=log, check=False).returncode
    assert status == 0, (directory / "log").read_text()[-3000:]
    return directory / "run"


def test_the_sections_of_a_report() -> None:
    (report,) = synthesise_reports(1, HELD_OUT_SEED)
    found = sections(report.text)
    assert found is not None
    assert (found["[EXAM]"], found["[HISTORY]"]) == (report.meta["exam"], report.meta["history"])
    assert " ".join(f"{header} {text}" for header, text in found.items()).split() == report.text.split()
    for wrong in ("", "x" + report.text, report.text.replace("[FINDINGS]", ""), report.text + " [FINDINGS] x", prompt_of(report)):
        assert sections(wrong) is None
    assert sections(report.text[: report.text.index("[IMPRESSION]")] + "[IMPRESSION] ") is None


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_written_reports_end_and_have_their_sections(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """On the findings of reports that were not trained on, of all lengths."""
    prompts = [prompt_of(report) for report in synthesise_reports(NUM_REPORTS, HELD_OUT_SEED)]
    sampling = Sampling(temperature=0.7, top_p=0.9, seed=0)
    written: list[dict[str, Any]] = continue_prompts(load_model(run), prompts, max_tokens=SEQ_LEN, sampling=sampling, micro_rows=50)[0]
    num_ended = sum(each["stopped"] == AT_END for each in written)
    num_parsed = sum(sections(each["prompt"] + each["text"]) is not None for each in written)
    with capsys.disabled():
        print(f"\nof {NUM_REPORTS} reports after {STEPS} steps {num_ended} end by themselves and {num_parsed} have their sections")
    assert num_ended >= 95
    assert num_parsed >= 95
