"""What `corpus build` keeps, drops and counts; that it gives the same bytes however it is run; what it refuses."""

from __future__ import annotations

import gzip
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest

from medpretrain.config import load_settings
from medpretrain.corpus import build, prepare
from medpretrain.corpus.build import build_corpus
from medpretrain.corpus.document import Document
from medpretrain.corpus.lines import read_lines
from medpretrain.corpus.prepare import Rules, has_consent, prepare_part, split_key, split_of
from medpretrain.corpus.reader import open_corpus
from medpretrain.corpus.settings import ConsentSettings, CorpusSettings, SourceSettings
from medpretrain.corpus.sources.files import list_files
from medpretrain.corpus.synth import write_synthetic_corpus
from medpretrain.errors import InputError, InputErrors
from medpretrain.manifest import Manifest, read_manifest, verify_files

BAD_LINES = {
    b"{oops": "not JSON",
    b"[1]": "not an object",
    b'{"id":"a"}': "no text",
    b'{"text":3}': "text not a string",
    b'{"text":" "}': "empty text",
    b'{"text":"caf\xe9"}': "not UTF-8",
    b'{"text":"\\ud800"}': "lone surrogate",
    b"": "empty line",
    b'{"text":"a","id":{}}': "wrong type",
}
WORDS = ("patient", "heart", "lung", "clear", "mild", "severe", "pain", "chest", "acute", "edema", "nodule", "stable", "liver")


def text_of(number: int, num_words: int = 60) -> str:
    """Words of their own, so that no two numbers are near-duplicates."""
    draw = random.Random(number)
    return " ".join(f"{draw.choice(WORDS)}{draw.randrange(10_000)}" for _ in range(num_words))


def line_of(number: int, **rest: Any) -> bytes:
    return json.dumps({"id": f"d{number}", "text": text_of(number), "doc_type": "note", **rest}).encode()


def write_lines(path: Path, lines: list[bytes]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    data = b"".join(line + b"\n" for line in lines)
    path.write_bytes(gzip.compress(data, mtime=0) if path.suffix == ".gz" else data)
    return path


def settings(*sources: Path | dict[str, Any], **rest: Any) -> CorpusSettings:
    entries = [source if isinstance(source, dict) else {"path": str(source)} for source in sources]
    return CorpusSettings.model_validate({"sources": entries, "filters": {"languages": []}, **rest})


def dropped_of(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for path in sorted(out.glob("dropped-*.jsonl.zst")) for _, line in read_lines(path)]


def files_of(out: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(out.glob("*.jsonl.zst"))}


def test_every_record_is_kept_or_dropped_with_its_reason_and_counted(tmp_path: Path) -> None:
    lines = [line_of(number, doc_type="note" if number % 3 else "letter") for number in range(300)]
    lines[10:10] = list(BAD_LINES)  # lines 11 to 19
    copy = text_of(7).replace(" ", "\n ", 3).upper()
    lines += [line_of(5), json.dumps({"id": "again", "text": copy}).encode(), b'{"text":"too few words"}']
    source = write_lines(tmp_path / "in.jsonl.gz", lines)
    manifest = build_corpus(settings(source, heldout_share=0.1, max_bad_share=0.05), tmp_path / "out")
    counts = manifest.counts
    assert counts["records"] == 312
    assert counts["documents"] == 300
    assert counts["text_bytes"] == sum(len(text_of(number)) for number in range(300))
    assert counts["tokens"] == 300 * 60
    assert {name: of_type["documents"] for name, of_type in counts["doc_types"].items()} == {"letter": 100, "note": 200}
    assert counts["drops"] == {**dict.fromkeys(BAD_LINES.values(), 1), "duplicate": 2, "too short": 1}
    assert counts["refused"] == 9
    dropped = dropped_of(tmp_path / "out")
    assert [(drop["file"], drop["place"], drop["reason"]) for drop in dropped[:9]] == [
        ("in.jsonl.gz", f"line {number}", reason) for number, reason in enumerate(BAD_LINES.values(), start=11)
    ]
    assert dropped[0]["begins"] == "{oops"
    assert [(drop["stage"], drop["reason"], drop["id"], drop.get("twin")) for drop in dropped[9:]] == [
        ("filter", "too short", "in.jsonl.gz:312", None),
        ("dedup", "duplicate", "d5", "d5"),
        ("dedup", "duplicate", "again", "d7"),
    ]
    assert [drop["place"] for drop in dropped[9:]] == ["line 312", "line 310", "line 311"]
    for split in ("train", "heldout"):
        documents = list(open_corpus(tmp_path / "out", split))
        assert len(documents) == counts["splits"][split]["documents"] > 0
        assert sum(len(document.text.encode()) for document in documents) == counts["splits"][split]["text_bytes"]
    assert set(manifest.files) == {"train-00000.jsonl.zst", "heldout-00000.jsonl.zst", "dropped-00000.jsonl.zst"}
    verify_files(tmp_path / "out", read_manifest(tmp_path / "out", "corpus build"))


def test_a_near_duplicate_goes_for_the_longer_copy_which_is_named(tmp_path: Path) -> None:
    lines = [line_of(number, text=text_of(number, 200)) for number in range(20)]
    longer = f"{text_of(3, 200)} and two more"
    manifest = build_corpus(settings(write_lines(tmp_path / "in.jsonl", [*lines, line_of(99, text=longer)])), tmp_path / "out")
    assert manifest.counts["drops"] == {"near-duplicate": 1}
    (drop,) = dropped_of(tmp_path / "out")
    assert (drop["id"], drop["twin"]) == ("d3", "d99")
    assert drop["detail"] == f"Jaccard index {196 / 199:.3f}"  # runs of 5 in 200 words, and 3 more in 203


def test_the_same_input_gives_the_same_bytes_wherever_it_lies_and_however_many_processes_work(tmp_path: Path) -> None:
    for number in range(4):
        write_lines(tmp_path / "in" / f"{number}.jsonl", [line_of(one) for one in range(100 * number, 100 * number + 150)])
    shutil.copytree(tmp_path / "in", tmp_path / "elsewhere" / "copy")
    sources = [{"path": str(tmp_path / "in" / f"{number}.jsonl")} for number in range(4)]
    first = build_corpus(settings(*sources), tmp_path / "out1")
    copies = [{"path": str(tmp_path / "elsewhere" / "copy" / f"{number}.jsonl")} for number in range(4)]
    second = build_corpus(settings(*copies), tmp_path / "out2", num_processes=2)
    assert first.identity == second.identity
    assert files_of(tmp_path / "out1") == files_of(tmp_path / "out2")
    assert first.counts["drops"] == {"duplicate": 150}
    assert str(tmp_path) not in (tmp_path / "out1" / "manifest.json").read_text()


def test_a_finished_output_is_left_alone_and_one_of_other_settings_refused(tmp_path: Path) -> None:
    source = write_lines(tmp_path / "in.jsonl", [line_of(number) for number in range(50)])
    first = build_corpus(settings(source), tmp_path / "out")
    written = (tmp_path / "out" / "manifest.json").stat().st_mtime_ns
    assert build_corpus(settings(source), tmp_path / "out") == first
    assert (tmp_path / "out" / "manifest.json").stat().st_mtime_ns == written
    with pytest.raises(InputError, match="already holds a corpus made from other settings"):
        build_corpus(settings(source, seed=1), tmp_path / "out")
    write_lines(source, [line_of(number) for number in range(49)])
    with pytest.raises(InputError) as caught:
        build_corpus(settings(source), tmp_path / "out")
    assert caught.value.found == "already holds a corpus made from in.jsonl, which has changed since"
    assert read_manifest(tmp_path / "out") == first


def test_new_files_are_added_and_nothing_that_was_written_changes(tmp_path: Path) -> None:
    write_lines(tmp_path / "in" / "m.jsonl", [line_of(number) for number in range(50)])
    first = build_corpus(settings(tmp_path / "in"), tmp_path / "out")
    before = files_of(tmp_path / "out")
    prepared = (tmp_path / "out" / "parts" / "prepare" / "part-00000.done.json").stat().st_mtime_ns
    longer = line_of(3, id="longer", text=f"{text_of(3)} with more")  # better, but the old one stays
    write_lines(tmp_path / "in" / "a.jsonl", [*(line_of(number) for number in range(40, 70)), longer])
    second = build_corpus(settings(tmp_path / "in"), tmp_path / "out")
    after = files_of(tmp_path / "out")
    assert {name: after[name] for name in before} == before
    assert set(after) - set(before) >= {"train-00001.jsonl.zst", "dropped-00001.jsonl.zst"}
    assert (tmp_path / "out" / "parts" / "prepare" / "part-00000.done.json").stat().st_mtime_ns == prepared
    assert (first.counts["documents"], second.counts["documents"]) == (50, 70)
    assert second.counts["drops"] == {"duplicate": 10, "near-duplicate": 1}
    assert {drop["twin"] for drop in dropped_of(tmp_path / "out")} == {*(f"d{number}" for number in range(40, 50)), "d3"}
    (tmp_path / "in" / "m.jsonl").unlink()
    with pytest.raises(InputError, match=r"made from m\.jsonl, which is no longer there"):
        build_corpus(settings(tmp_path / "in"), tmp_path / "out")


def test_without_its_parts_nothing_can_be_added(tmp_path: Path) -> None:
    write_lines(tmp_path / "in" / "a.jsonl", [line_of(number) for number in range(20)])
    first = build_corpus(settings(tmp_path / "in", keep_parts=False), tmp_path / "out")
    assert sorted(path.name for path in (tmp_path / "out" / "parts").iterdir()) == ["checksums", "lock", "plan.json"]
    assert build_corpus(settings(tmp_path / "in", keep_parts=False), tmp_path / "out") == first
    write_lines(tmp_path / "in" / "b.jsonl", [line_of(number) for number in range(20, 40)])
    with pytest.raises(InputError, match="without keep_parts"):
        build_corpus(settings(tmp_path / "in", keep_parts=False), tmp_path / "out")


def test_settings_that_change_before_the_end_count(tmp_path: Path) -> None:
    source = write_lines(tmp_path / "in.jsonl", [b"bad", *(line_of(number) for number in range(150))])
    strict = {"max_bad_share": 0.0, "filters": {"languages": [], "min_tokens": 61}}
    with pytest.raises(InputError):
        build_corpus(CorpusSettings.model_validate({"sources": [{"path": str(source)}], **strict}), tmp_path / "out")
    manifest = build_corpus(settings(source), tmp_path / "out")
    assert manifest.identity == build_corpus(settings(source), tmp_path / "fresh").identity
    assert files_of(tmp_path / "out") == files_of(tmp_path / "fresh")


def test_a_damaged_file_is_named_the_others_are_done_and_only_it_is_read_again(tmp_path: Path) -> None:
    whole = write_lines(tmp_path / "whole" / "b.jsonl.gz", [line_of(number) for number in range(3000)])
    other = write_lines(tmp_path / "in" / "a.jsonl", [line_of(number) for number in range(3000, 3100)])
    damaged = tmp_path / "in" / "b.jsonl.gz"
    damaged.write_bytes(whole.read_bytes()[:-2000])
    given = settings(other, damaged)
    with pytest.raises(InputErrors) as caught:
        build_corpus(given, tmp_path / "out")
    error, number = caught.value.errors
    assert error.where == str(damaged)
    assert error.found.startswith("is cut off (after 2,")
    assert (error.expected, error.remedy) == ("a whole .gz file", "fetch or make the file again")
    assert (number.where, number.found, number.expected) == ("corpus build", "1 files are damaged", "0")
    assert not (tmp_path / "out" / "manifest.json").exists()
    done = (tmp_path / "out" / "parts" / "prepare" / "part-00000.done.json").stat().st_mtime_ns
    used = build_corpus(settings(other, damaged, max_damaged_files=1), tmp_path / "used")
    assert 2000 < used.counts["documents"] < 3100
    shutil.copy(whole, damaged)
    assert build_corpus(given, tmp_path / "out").counts["documents"] == 3100
    assert (tmp_path / "out" / "parts" / "prepare" / "part-00000.done.json").stat().st_mtime_ns == done


@pytest.mark.parametrize(
    ("num_bad", "num_lines", "refused"), [(1, 100, False), (2, 100, True), (50, 99, False), (10, 1000, False), (11, 1000, True)]
)
def test_the_share_of_bad_records(tmp_path: Path, num_bad: int, num_lines: int, refused: bool) -> None:
    source = write_lines(tmp_path / "in.jsonl", [b"bad"] * num_bad + [line_of(number) for number in range(num_lines - num_bad)])
    if not refused:
        assert build_corpus(settings(source), tmp_path / "out").counts["refused"] == num_bad
        return
    with pytest.raises(InputError) as caught:
        build_corpus(settings(source), tmp_path / "out")
    assert caught.value.where == "corpus build"
    assert caught.value.found == f"{num_bad} of {num_lines:,} records are bad ({num_bad} not JSON)"
    assert caught.value.expected == "at most 1.00% bad records"
    place = tmp_path / "out" / "parts" / "prepare" / "*.dropped.jsonl.zst"
    assert caught.value.remedy == f"look into {place}, mend the sources, or raise max_bad_share"
    assert not (tmp_path / "out" / "manifest.json").exists()


@pytest.mark.parametrize("lines", [[], [b'{"text":"short"}'] * 3], ids=["no line", "all dropped"])
def test_an_empty_corpus_is_refused(tmp_path: Path, lines: list[bytes]) -> None:
    source = write_lines(tmp_path / "in.jsonl", lines)
    with pytest.raises(InputError) as caught:
        build_corpus(settings(source), tmp_path / "out")
    assert caught.value.where == "corpus build"
    dropped = f"{len(lines)} too short" if lines else "nothing dropped"
    assert caught.value.found == f"no training document is left of {len(lines)} records ({dropped})"
    assert caught.value.expected == "at least one document"
    assert caught.value.remedy == "check the sources, the filters and heldout_share"
    assert not (tmp_path / "out" / "manifest.json").exists()


def test_missing_and_empty_sources_are_all_named_before_anything_is_made(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputErrors) as caught:
        build_corpus(settings(tmp_path / "none.jsonl", tmp_path / "empty"), tmp_path / "out")
    missing, empty = caught.value.errors
    assert (missing.where, missing.found) == (f"sources.0: {tmp_path / 'none.jsonl'}", "there is no such file or directory")
    assert (empty.where, empty.found) == (f"sources.1: {tmp_path / 'empty'}", "holds no file")
    assert not (tmp_path / "out").exists()


def test_an_output_inside_a_source_is_refused(tmp_path: Path) -> None:
    write_lines(tmp_path / "in" / "a.jsonl", [line_of(1)])
    with pytest.raises(InputError) as caught:
        build_corpus(settings(tmp_path / "in"), tmp_path / "in" / "out")
    assert caught.value.where == f"sources.0: {tmp_path / 'in' / 'out'}"
    assert caught.value.found == f"lies inside the source {tmp_path / 'in'}"
    assert caught.value.expected == "an output beside the sources"
    assert caught.value.remedy == "choose another --out"


def test_a_built_corpus_is_no_source(tmp_path: Path) -> None:
    build_corpus(settings(write_lines(tmp_path / "in.jsonl", [line_of(number) for number in range(9)])), tmp_path / "out")
    with pytest.raises(InputError) as caught:
        build_corpus(settings(tmp_path / "out"), tmp_path / "again")
    assert caught.value.where == f"sources.0: {tmp_path / 'out'}"
    assert caught.value.found == "was made by `corpus build`"
    assert caught.value.expected == "raw files"
    assert caught.value.remedy == "name the files it was made from"


def test_what_a_source_entry_says_holds_and_fields_that_it_does_not_list_are_not_kept(tmp_path: Path) -> None:
    one = write_lines(tmp_path / "one.jsonl", [line_of(1, journal="J", patient_id="7")])
    two = write_lines(tmp_path / "two.jsonl", [line_of(2, journal="J", patient_id="7")])
    entry = {"path": str(two), "name": "hospital", "doc_type": "letter", "licence": "CC0", "weight": 2, "fields": ["journal"]}
    manifest = build_corpus(settings(one, entry, heldout_share=0), tmp_path / "out")
    documents = [(document.source, document.doc_type, document.meta) for document in open_corpus(tmp_path / "out")]
    assert documents == [("one", "note", {}), ("hospital", "letter", {"journal": "J"})]
    assert manifest.counts["sources"] == [
        {"name": None, "licence": "not stated", "weight": 1.0},
        {"name": "hospital", "licence": "CC0", "weight": 2.0},
    ]


def test_records_without_consent_are_dropped_with_that_reason(tmp_path: Path) -> None:
    answers: list[dict[str, Any]] = [
        {"research": True},
        {"research": "YES"},
        {"research": "no"},
        {},
        {"research": "yes", "consent": "deny"},
    ]
    source = write_lines(tmp_path / "in.jsonl", [line_of(number, **answer) for number, answer in enumerate(answers)])
    entry = {"path": str(source), "consent": {"field": "research", "allowed": ["yes", "true"]}}
    manifest = build_corpus(settings(entry, heldout_share=0), tmp_path / "out")
    assert manifest.counts["drops"] == {"no consent": 3}
    assert [document.id for document in open_corpus(tmp_path / "out")] == ["d0", "d1"]
    assert [(drop["id"], drop["reason"]) for drop in dropped_of(tmp_path / "out")] == [(f"d{n}", "no consent") for n in (2, 3, 4)]


@pytest.mark.parametrize(
    ("meta", "rule", "allowed"),
    [
        ({"consent": "Deny"}, None, False),
        ({}, None, True),
        ({}, ConsentSettings(), False),
        ({}, ConsentSettings(field="doc_type", allowed=("Letter",)), True),  # JSON lines do not have these in meta
        ({}, ConsentSettings(field="source", allowed=("ward",)), True),
        ({}, ConsentSettings(field="id", allowed=("d2",)), False),
        ({"doc_type": "note"}, ConsentSettings(field="doc_type", allowed=("letter",)), False),
        ({}, ConsentSettings(field="text", allowed=("words",)), False),
    ],
)
def test_what_consents(meta: dict[str, Any], rule: ConsentSettings | None, allowed: bool) -> None:
    assert has_consent(Document("d1", "words", "ward", "letter", meta), rule) == allowed


def test_settings_that_no_file_can_follow_are_told_together(tmp_path: Path) -> None:
    one = write_lines(tmp_path / "one.jsonl", [line_of(1)])
    with pytest.raises(InputErrors) as caught:
        build_corpus(settings({"path": str(one), "text": ["note"], "id": "key"}, tmp_path / "none.jsonl"), tmp_path / "out")
    keys = [(error.where, error.found) for error in caught.value.errors]
    assert keys == [
        ("sources.0, key `text`", "has no effect, as no file of this source is a table"),
        ("sources.0, key `id`", "has no effect, as no file of this source is a table"),
        (f"sources.1: {tmp_path / 'none.jsonl'}", "there is no such file or directory"),
    ]


def test_fields_that_no_document_has_are_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    one = write_lines(tmp_path / "one.jsonl", [line_of(1, journal="J"), line_of(2, ward=None)])
    entry = {"path": str(one), "fields": ["journal", "ward", "jurnal", "year"]}
    build_corpus(settings(entry, heldout_share=0), tmp_path / "out")
    assert f"sources.0: no document of {one} has what `fields` names: jurnal, year" in caplog.text
    assert "journal," not in caplog.text


def test_settings_are_strict() -> None:
    with pytest.raises(InputErrors) as caught:
        load_settings(CorpusSettings, {"sources": [{"path": "a", "licens": 1}], "heldout_share": 1.0, "filter": {}})
    errors = {error.where: error for error in caught.value.errors}
    assert set(errors) == {"settings, key `sources.0.licens`", "settings, key `heldout_share`", "settings, key `filter`"}
    assert errors["settings, key `filter`"].remedy == "did you mean `filters`?"


def test_held_out_documents_are_a_share_that_only_grows_with_the_share() -> None:
    ids = [f"document {number}" for number in range(20_000)]
    key = split_key(0)
    at_one, at_five = ({name for name in ids if split_of(name, key, share) == "heldout"} for share in (0.01, 0.05))
    assert at_one < at_five
    assert 150 < len(at_one) < 250  # 200 expected, standard deviation 14
    assert 850 < len(at_five) < 1150
    other_seed = {name for name in ids if split_of(name, split_key(1), 0.01) == "heldout"}
    assert len(at_one & other_seed) < 20
    assert {split_of(name, key, 0.0) for name in ids} == {"train"}


def test_synthetic_reports_are_built_almost_without_loss(tmp_path: Path) -> None:
    write_synthetic_corpus(300, 1, tmp_path / "synth")
    counts = build_corpus(settings(tmp_path / "synth", heldout_share=0.1), tmp_path / "out").counts
    assert counts["documents"] > 280, counts["drops"]
    assert list(counts["doc_types"]) == ["radiology_report"]
    assert counts["splits"]["heldout"]["documents"] > 10


def test_a_second_process_in_the_same_place_is_told_who_is_there(tmp_path: Path) -> None:
    from medpretrain.corpus.plan import held

    source = write_lines(tmp_path / "in.jsonl", [line_of(1)])
    with held(tmp_path / "out" / "parts"):
        (tmp_path / "out" / "unfinished.json").write_text('{"stage": "corpus build"}')
        with pytest.raises(InputError) as caught:
            build_corpus(settings(source), tmp_path / "out")
    assert caught.value.where == str(tmp_path / "out")
    assert caught.value.found.startswith(f"is being written by process {os.getpid()} on ")
    assert (caught.value.expected, caught.value.remedy) == ("one process for an output", "wait for it, or choose another --out")
    assert build_corpus(settings(source, heldout_share=0), tmp_path / "out").counts["documents"] == 1


def test_a_disk_that_fills_up_costs_nothing_that_was_written(tmp_path: Path, make_disk: Callable[[int], Path]) -> None:
    rare = [line_of(number, text=os.urandom(3000).hex(" ")) for number in range(600)]
    source = write_lines(tmp_path / "in.jsonl", rare)
    disk = make_disk(600_000)
    command = [sys.executable, "-m", "medpretrain", "corpus", "build", str(source), "--out", str(disk / "out"), "filters.languages=[]"]
    full = subprocess.run([*command, "--workers", "2"], capture_output=True, text=True, check=False)
    assert full.returncode == 2, full.stderr
    assert "no space left on device; expected free space on that disk; free some space" in full.stderr
    subprocess.run(["mount", "-o", "remount,size=60000000", str(disk)], check=True)
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0
    assert read_manifest(disk / "out").counts["documents"] == 600


def test_an_extension_that_is_killed_before_its_end_leaves_the_corpus_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_lines(tmp_path / "in" / "m.jsonl", [line_of(number) for number in range(50)])
    first = build_corpus(settings(tmp_path / "in"), tmp_path / "out")
    write_lines(tmp_path / "in" / "n.jsonl", [line_of(number) for number in range(40, 70)])
    with monkeypatch.context() as patch:
        patch.setattr(build, "finish_stage", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            build_corpus(settings(tmp_path / "in"), tmp_path / "out")
    assert open_corpus(tmp_path / "out").num_documents == first.counts["splits"]["train"]["documents"]
    assert build_corpus(settings(tmp_path / "in"), tmp_path / "out").counts["documents"] == 70


def test_a_file_that_is_taken_back_before_its_build_ended_is_forgotten(tmp_path: Path) -> None:
    write_lines(tmp_path / "in" / "a.jsonl", [line_of(number) for number in range(50)])
    build_corpus(settings(tmp_path / "in"), tmp_path / "out")
    (tmp_path / "in" / "b.parquet").write_bytes(b"no Parquet")
    with pytest.raises(InputErrors, match="is no whole Parquet file"):
        build_corpus(settings(tmp_path / "in"), tmp_path / "out")
    (tmp_path / "in" / "b.parquet").unlink()
    assert build_corpus(settings(tmp_path / "in"), tmp_path / "out").counts["documents"] == 50
    write_lines(tmp_path / "in" / "c.jsonl", [line_of(number) for number in range(50, 60)])
    counts = build_corpus(settings(tmp_path / "in"), tmp_path / "out").counts
    assert (counts["documents"], counts["generations"]) == (60, 2)


def test_a_library_that_is_missing_is_not_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = {"path": str(write_lines(tmp_path / "a.hl7", [b"MSH|^~\\&|A|B|C|D|2020||ORU^R01|1|P|2.3"]))}
    other = write_lines(tmp_path / "b.jsonl", [line_of(number) for number in range(50)])
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "medpretrain.corpus.sources.hl7v2", None)
        with pytest.raises(InputError) as caught:
            build_corpus(settings(source, other), tmp_path / "out")
    assert (caught.value.where, caught.value.remedy) == ("format hl7", "pip install 'medpretrain[corpus]'")
    assert build_corpus(settings(source, other), tmp_path / "out").counts["documents"] == 50


def test_files_of_another_place_with_the_same_size_and_time_are_read_anew(tmp_path: Path) -> None:
    for name, first in (("x", 10), ("y", 50)):
        write_lines(tmp_path / name / "a.jsonl", [line_of(number) for number in range(first, first + 20)])
        os.utime(tmp_path / name / "a.jsonl", (1, 1))
    with pytest.raises(InputError):
        build_corpus(settings(tmp_path / "x", filters={"min_tokens": 1000}), tmp_path / "out")
    build_corpus(settings(tmp_path / "y", heldout_share=0), tmp_path / "out")
    assert [document.id for document in open_corpus(tmp_path / "out")] == [f"d{number}" for number in range(50, 70)]


def test_what_a_record_or_its_row_denies_is_denied(tmp_path: Path) -> None:
    lines = [line_of(1, consent="deny", meta={"consent": "permit"}), line_of(2, consent=["permit", " Deny "]), line_of(3, consent="permit")]
    manifest = build_corpus(settings(write_lines(tmp_path / "in.jsonl", lines), heldout_share=0), tmp_path / "out")
    assert [document.id for document in open_corpus(tmp_path / "out")] == ["d3"]
    assert manifest.counts["drops"] == {"no consent": 2}


def test_filters_of_a_source_hold_over_those_of_the_corpus_and_leave_the_others(tmp_path: Path) -> None:
    lines = [line_of(number, text=text_of(number, 20 + 10 * (number % 2))) for number in range(40)]
    source = {"path": str(write_lines(tmp_path / "in.jsonl", lines)), "filters": {"max_perplexity": None}}
    given = CorpusSettings.model_validate({"sources": [source], "filters": {"min_tokens": 25, "languages": []}})
    assert build_corpus(given, tmp_path / "out").counts["drops"] == {"too short": 20}


def test_the_record_of_a_copy_says_where_it_stood_and_where_its_twin_is(tmp_path: Path) -> None:
    one = write_lines(tmp_path / "one.jsonl", [line_of(number) for number in range(9)])
    two = write_lines(tmp_path / "two.jsonl", [line_of(20), line_of(4)])
    build_corpus(settings(one, two), tmp_path / "out")
    (drop,) = dropped_of(tmp_path / "out")
    assert {key: drop[key] for key in ("file", "place", "twin", "twin_part")} == {
        "file": "two.jsonl",
        "place": "line 2",
        "twin": "d4",
        "twin_part": "part-00000",
    }


def test_values_that_json_has_not_do_no_harm(tmp_path: Path) -> None:
    import datetime

    import pyarrow
    import pyarrow.parquet

    columns = {
        "text": [text_of(1).encode(), text_of(2).encode(), text_of(3).encode()],
        "score": [float("nan"), 1.5, None],
        "visit": [{"day": datetime.date(2020, 1, 2)}, None, None],
        "raw": [None, None, b"\xff"],
    }
    pyarrow.parquet.write_table(pyarrow.table(columns), tmp_path / "in.parquet")
    source = {"path": str(tmp_path / "in.parquet"), "fields": ["score", "visit", "raw"]}
    manifest = build_corpus(settings(source, heldout_share=0), tmp_path / "out")
    documents = list(open_corpus(tmp_path / "out"))
    assert [document.text for document in documents] == [text_of(1), text_of(2)]
    assert documents[0].meta == {"score": None, "visit": {"day": "2020-01-02"}, "raw": None}
    assert [document.source for document in documents] == ["in", "in"]
    assert manifest.counts["drops"] == {"not JSON": 1}
    assert manifest.counts["refused"] == 1


@pytest.fixture(scope="module")
def many_files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Manifest, dict[str, bytes]]:
    """Settings of twelve sources with copies among them; what comes of an undisturbed build."""
    directory = tmp_path_factory.mktemp("many")
    paths = [
        write_lines(directory / f"{number}.jsonl", [line_of(one) for one in range(300 * number, 300 * number + 400)])
        for number in range(12)
    ]
    file = directory / "settings.yaml"
    file.write_text(json.dumps({"sources": [{"path": str(path)} for path in paths], "filters": {"languages": []}}))
    manifest = build_corpus(load_settings(CorpusSettings, file), directory / "out")
    return file, manifest, files_of(directory / "out")


@pytest.mark.slow
def test_killed_at_any_moment_it_goes_on_and_ends_with_the_same_bytes(
    tmp_path: Path, many_files: tuple[Path, Manifest, dict[str, bytes]], start_process: Callable[..., subprocess.Popen[bytes]]
) -> None:
    file, manifest, files = many_files
    command = [sys.executable, "-m", "medpretrain", "corpus", "build", str(file), "--out", str(tmp_path / "out"), "--workers"]
    draw = random.Random(5)
    killed = 0
    while True:
        process = start_process([*command, str(draw.choice((1, 2, 3)))], start_new_session=True, stderr=subprocess.DEVNULL)
        try:
            assert process.wait(0.8 + 1.2 * draw.random() + 0.3 * killed) == 0
            break
        except subprocess.TimeoutExpired:
            if draw.random() < 0.5:
                os.killpg(process.pid, signal.SIGKILL)
            else:
                process.kill()  # its workers find out by themselves
            process.wait()
            killed += 1
        time.sleep(0.1)
    assert killed >= 3
    assert read_manifest(tmp_path / "out").identity == manifest.identity
    assert files_of(tmp_path / "out") == files


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz", "a.parquet"])
def test_a_file_of_the_sources_tells_how_much_of_it_was_read(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """So one huge file shows progress while it is read."""
    texts = [" ".join(random.Random(number).choices("abcdefghijklmnop", k=400)) for number in range(4_000)]
    path = tmp_path / name
    if name.endswith(".parquet"):
        pyarrow.parquet.write_table(pyarrow.table({"text": texts}), path, compression=None)
    else:
        with gzip.open(path, "wt") if name.endswith(".gz") else open(path, "w") as file:
            file.writelines(json.dumps({"text": text}) + "\n" for text in texts)
    told: list[int] = []
    monkeypatch.setattr(prepare, "tell", told.append)
    (file_read,), _ = list_files(str(path), lambda name: True)
    given = {"sources": [{"path": str(path)}], "filters": {"languages": [], "max_perplexity": None}}
    rules = Rules.of(CorpusSettings.model_validate(given), SourceSettings(path=str(path)))
    prepare_part(tmp_path, "part-00000", (file_read,), rules, None)
    assert len([amount for amount in told if amount]) > 1
    assert abs(sum(told) - file_read.num_bytes) < 0.02 * file_read.num_bytes + 100_000
