"""Sources and outputs that lie in each other's way: nothing of the user's is deleted, and no output is read as a source by accident."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from medpretrain.corpus.build import build_corpus
from medpretrain.corpus.reader import plain_files
from medpretrain.corpus.settings import CorpusSettings
from medpretrain.errors import InputError


def write_documents(path: Path, count: int, first: int = 0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        "".join(json.dumps({"text": f"Report number {number} of a clear chest."}) + "\n" for number in range(first, first + count))
    )
    return path


def settings_for(path: Path) -> CorpusSettings:
    return CorpusSettings.model_validate(
        {"sources": [{"path": str(path)}], "heldout_share": 0.5, "filters": {"min_tokens": 0}, "dedup": {"min_jaccard": None}}
    )


def test_a_source_inside_the_output_is_refused_and_kept(tmp_path: Path) -> None:
    source = write_documents(tmp_path / "out" / "mended.jsonl", 20)
    with pytest.raises(InputError) as caught:
        build_corpus(settings_for(source), tmp_path / "out")
    error = caught.value
    assert (error.where, error.found) == (f"sources.0: {source}", f"lies inside the output {tmp_path / 'out'}")
    assert (error.expected, error.remedy) == ("sources beside the output", "move it, or choose another --out")
    assert len(source.read_text().splitlines()) == 20


def test_a_directory_that_holds_an_earlier_output_is_refused_as_a_source(tmp_path: Path) -> None:
    write_documents(tmp_path / "data" / "notes.jsonl", 20)
    build_corpus(settings_for(tmp_path / "data" / "notes.jsonl"), tmp_path / "data" / "corpus")
    with pytest.raises(InputError) as caught:
        build_corpus(settings_for(tmp_path / "data"), tmp_path / "again")
    error = caught.value
    assert (error.where, error.found) == (
        f"sources.0: {tmp_path / 'data' / 'corpus'}",
        "was made by medpretrain, and would be read as a source",
    )
    assert error.expected == "raw files alone"
    assert error.remedy == "name the sources one by one, or keep outputs elsewhere"


def test_linked_folders_are_read_too(tmp_path: Path) -> None:
    write_documents(tmp_path / "here" / "a.jsonl", 3)
    write_documents(tmp_path / "elsewhere" / "b.jsonl", 3, first=3)
    (tmp_path / "here" / "link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "here" / "notes.txt").write_text("not read")
    assert [file.name for file in plain_files(tmp_path / "here")] == ["a.jsonl", "link/b.jsonl"]
