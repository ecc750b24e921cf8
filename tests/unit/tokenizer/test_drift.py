"""New text beside what a tokenizer learnt from: fertility, new words, words and terms in pieces; what is recommended."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tokenizer_samples import REPORTS, write_corpus

from medpretrain.__main__ import main
from medpretrain.errors import InputErrors
from medpretrain.tokenizer.drift import DriftRequest, measure_drift
from medpretrain.tokenizer.gate import parse_requirements
from medpretrain.tokenizer.vocabulary import Tokenizer

NEW = [f"{text} Started semaglutide." for text in REPORTS[:40]]


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    directory = tmp_path_factory.mktemp("drift")
    (directory / "terms.txt").write_text("semaglutide\npleural effusion\n")
    return {
        "old": write_corpus(directory / "old.jsonl", REPORTS),
        "new": write_corpus(directory / "new.jsonl", NEW),
        "terms": directory / "terms.txt",
    }


def measured(tokenizer: Tokenizer, texts: dict[str, Path], *required: str, **request: Any) -> dict[str, Any]:
    given = {"corpus": texts["new"], "reference": texts["old"], "terms": [texts["terms"]], **request}
    return measure_drift(tokenizer, DriftRequest(requirements=parse_requirements(required), **given))


def test_a_new_drug_is_found(tokenizer: Tokenizer, texts: dict[str, Path]) -> None:
    told = measured(tokenizer, texts)
    by_word = {row["word"]: row for row in told["new_words"]}
    pieces = len(tokenizer.encode(" semaglutide"))
    assert list(by_word) == ["semaglutide", "Started"]
    assert by_word["semaglutide"] == {
        "word": "semaglutide",
        "count": 40,
        "per_million": pytest.approx(40 / told["fertility"][0]["words"] * 1e6, rel=0.5),
        "reference_per_million": 0,
        "pieces": pieces,
    }
    assert told["unknown_terms"] == [{"term": "semaglutide", "most_pieces_of_a_word": pieces}]
    assert told["measures"]["unknown_terms"] == 0.5
    assert {"word": "semaglutide", "count": 40, "pieces": pieces} in told["most_cut_words"]
    assert told["measures"]["fertility_rise.all"] > 0.05
    assert told["measures"]["unk"] == 0
    assert told["retrain"]
    assert told["reasons"][0].startswith("fertility_rise.all is")


def test_the_text_it_learnt_from_is_no_reason(tokenizer: Tokenizer, texts: dict[str, Path]) -> None:
    told = measured(tokenizer, texts, corpus=texts["old"], terms=[])
    assert told["new_words"] == []
    assert {told["measures"][name] for name in ("fertility_rise.all", "new_words", "drift")} == {0}
    assert not any(reason.startswith(("fertility_rise", "new_words", "drift")) for reason in told["reasons"])


def test_what_is_required_is_what_decides(tokenizer: Tokenizer, texts: dict[str, Path]) -> None:
    assert not measured(tokenizer, texts, "fertility_rise.all<=9", "unk<=0")["retrain"]
    told = measured(tokenizer, texts, "fertility_rise.document<=0.01", "new_words<=0", "unk<=0")
    assert [reason.split(" ")[0] for reason in told["reasons"]] == ["fertility_rise.document", "new_words"]


def test_what_needs_a_reference_says_so(tokenizer: Tokenizer, texts: dict[str, Path]) -> None:
    told = measured(tokenizer, texts, reference=None, terms=[])
    assert set(told["measures"]) - {"drift"} == {"unk", "unknown_words", "fertility.all", "fertility.document"}
    with pytest.raises(InputErrors) as caught:
        measured(tokenizer, texts, "new_words<=0.1", "unknown_terms<=0.1", reference=None, terms=[])
    assert ["--reference" in caught.value.errors[0].remedy, "--terms" in caught.value.errors[1].remedy] == [True, True]


def test_the_verb(tokenizer_dir: Path, texts: dict[str, Path], capsys: pytest.CaptureFixture[str]) -> None:
    words = ["tokenizer", "drift", "--tokenizer", str(tokenizer_dir), "--corpus", str(texts["new"]), "--reference", str(texts["old"])]
    assert main(words) == 0
    told = capsys.readouterr().out
    assert "train the tokenizer again" in told
    assert "semaglutide" in told
    assert main([*words, "--json", "--require", "new_words<=0.001"]) == 1
    assert json.loads(capsys.readouterr().out)["gate"]["fell_short"][0].startswith("new_words is")
    assert main([*words, "--require", "new_words<=1"]) == 0
    assert "keep the tokenizer" in capsys.readouterr().out
