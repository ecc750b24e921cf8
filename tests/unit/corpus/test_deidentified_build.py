"""De-identification within `corpus build`, and alone: where it stands, that nothing of a person is left anywhere, what decides."""

from __future__ import annotations

import json
import logging
import random
from pathlib import Path
from typing import Any

import pytest
import zstandard

from medpretrain.__main__ import main
from medpretrain.corpus import deidentify_files as alone
from medpretrain.corpus.build import build_corpus
from medpretrain.corpus.reader import open_corpus
from medpretrain.corpus.settings import CorpusSettings
from medpretrain.deidentify.audit_check import verify_audit
from medpretrain.deidentify.secret import Secret
from medpretrain.errors import InputErrors
from medpretrain.log import logger

WORDS = ("patient", "heart", "lung", "clear", "mild", "severe", "pain", "chest", "acute", "edema", "nodule", "stable", "liver")
PLANTED = ("Quillfeather", "Okonjo-Brandt", "H474016686", "555-0183", "quill@example.org", "Larkspur Lane", "078-05-1120", "192.0.2.44")
NOTE = (
    "Patient Name: Ottoline Quillfeather\nMRN: H474016686\nDOB: 03/14/1951\nPhone: (212) 555-0183  E-mail: quill@example.org\n"
    "Address: 41 Larkspur Lane, Albany, NY 12203\nSSN: 078-05-1120\n\n{words}\n\n"
    "Mrs. Quillfeather was seen on {date} from 192.0.2.44 and by Dr. Okonjo-Brandt.\n"
)


def words_of(number: int) -> str:
    draw = random.Random(number)
    return " ".join(draw.choice(WORDS) + draw.choice(WORDS) for _ in range(60))


def note(number: int, date: str = "3 Dec 2019", **rest: Any) -> dict[str, Any]:
    return {"id": f"H474016686-{number}", "text": NOTE.format(words=words_of(number), date=date), "doc_type": "note", **rest}


def write_jsonl(path: Path, records: list[Any]) -> Path:
    path.write_text("".join((one if isinstance(one, str) else json.dumps(one)) + "\n" for one in records), encoding="utf-8")
    return path


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "secret"
    path.write_text("8f1c2b7e90d34a5566778899aabbccddeeff00112233445566778899aabbcc01\n")
    path.chmod(0o600)
    return path


def settings(source: Path, secret: Path | None, mode: str = "surrogate", **of_source: Any) -> CorpusSettings:
    deidentify = {"mode": mode, **({} if secret is None else {"secret_file": str(secret)})}
    filters: dict[str, Any] = {"languages": [], "max_perplexity": None}
    return CorpusSettings.model_validate(
        {"sources": [{"path": str(source), **of_source}], "filters": filters, "deidentify": deidentify, "heldout_share": 0.2}
    )


def everything_below(directory: Path) -> dict[str, bytes]:
    """Each file's name and content, unpacked."""
    found = {}
    for path in sorted(path for path in directory.rglob("*") if path.is_file()):
        data = path.read_bytes()
        found[str(path.relative_to(directory))] = (
            zstandard.ZstdDecompressor().decompressobj().decompress(data) if path.suffix == ".zst" else data
        )
    return found


def documents_below(directory: Path) -> list[dict[str, Any]]:
    return [
        json.loads(line)
        for name, data in everything_below(directory).items()
        if name.startswith(("train-", "heldout-"))
        for line in data.splitlines()
    ]


BAD = (
    '{"text": "Mrs. Quillfeather, H474016686',
    json.dumps({"id": "x", "text": 555}),
    '{"id": {"n": "H474016686"}, "text": "Quillfeather"}',
)


@pytest.mark.parametrize("mode", ["tag", "surrogate"])
def test_no_output_log_or_report_holds_a_planted_identifier(
    tmp_path: Path,
    secret: Path,
    mode: str,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(logger, "propagate", True)
    denied = note(900, consent="deny")
    short = {"id": "H474016686", "text": "Mrs. Quillfeather called from 555-0183."}
    meta = [note(number, patient_id="H474016686", title="Letter of Mrs. Quillfeather", date="2019-12-03") for number in range(120)]
    source = write_jsonl(tmp_path / "notes.jsonl", [*meta, denied, short, note(1), *BAD])
    given = settings(source, secret, mode, fields=["patient_id", "title", "date"]).model_dump(mode="json")
    (tmp_path / "settings.yaml").write_text(json.dumps({**given, "max_bad_share": 0.1}))
    with caplog.at_level(logging.DEBUG):
        assert main(["corpus", "build", str(tmp_path / "settings.yaml"), "--out", str(tmp_path / "out"), "--workers", "1"]) == 0
        assert main(["corpus", "audit", str(tmp_path / "out"), "--secret-file", str(secret)]) == 0
    told = capsys.readouterr()
    outputs = {**everything_below(tmp_path / "out"), "log": caplog.text.encode(), "out": told.out.encode(), "err": told.err.encode()}
    assert b">EMAIL<" in outputs["report/index.html"]
    content = secret.read_bytes().strip()
    left = [(name, planted) for name, data in outputs.items() for planted in PLANTED if planted.lower().encode() in data.lower()]
    assert sorted(left) == []
    assert [name for name, data in outputs.items() if content in data] == [], "the secret is written nowhere"


def test_the_search_for_planted_identifiers_finds_them_where_nothing_is_taken_out(tmp_path: Path) -> None:
    source = write_jsonl(tmp_path / "notes.jsonl", [note(number) for number in range(5)])
    given = {"sources": [{"path": str(source)}], "filters": {"languages": [], "max_perplexity": None}}
    build_corpus(CorpusSettings.model_validate(given), tmp_path / "out")
    everything = b"".join(everything_below(tmp_path / "out").values()).lower()
    assert all(planted.lower().encode() in everything for planted in PLANTED)


def test_it_stands_before_the_search_for_copies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """Two notes that differ in their patients' names alone are one note, once the names are tags."""
    texts = [f"Patient Name: {name}\n\n{words_of(7)}" for name in ("Ottoline Quillfeather", "Percival Okonjo-Brandt")]
    source = write_jsonl(tmp_path / "notes.jsonl", [*({"text": text} for text in texts), *(note(number) for number in range(9))])
    monkeypatch.setattr(logger, "propagate", True)
    manifest = build_corpus(settings(source, None, "tag"), tmp_path / "out")
    assert "ids of documents stay as they are" in caplog.text
    assert manifest.counts["drops"] == {"duplicate": 1}


@pytest.mark.parametrize("mode", ["tag", "surrogate"])
def test_neither_order_nor_number_of_processes_decides(tmp_path: Path, secret: Path, mode: str) -> None:
    records = [note(number, date=f"2019-12-{1 + number % 28:02d}") for number in range(40)]
    for name, order in (("one", records), ("two", records[::-1])):
        (tmp_path / name).mkdir()
        for part in range(2):
            write_jsonl(tmp_path / name / f"{part}.jsonl", order[part * 20 : part * 20 + 20])
    made = []
    for name, num_processes in (("one", 1), ("one", 3), ("two", 1)):
        out = tmp_path / f"out-{name}-{num_processes}"
        build_corpus(settings(tmp_path / name, secret, mode, name="notes"), out, num_processes)
        made.append({one["id"]: one for one in documents_below(out)})
    assert len(made[0]) == 40
    assert made[0] == made[1] == made[2]


def test_a_source_may_be_left_alone_and_its_trail_says_so(tmp_path: Path, secret: Path) -> None:
    notes = write_jsonl(tmp_path / "notes.jsonl", [note(number) for number in range(5)])
    papers = write_jsonl(
        tmp_path / "papers.jsonl", [{"id": f"p{number}", "text": f"Quillfeather et al. {words_of(50 + number)}"} for number in range(5)]
    )
    given = settings(notes, secret).model_dump(mode="json")
    given["sources"].append({"path": str(papers), "deidentify": False})
    build_corpus(CorpusSettings.model_validate(given), tmp_path / "out")
    assert sum("Quillfeather" in one["text"] for one in documents_below(tmp_path / "out")) == 5
    assert verify_audit(tmp_path / "out", Secret.read(secret))["documents"] == 10


def test_every_trail_tells_once_which_secret_it_was_made_with(tmp_path: Path, secret: Path) -> None:
    notes = write_jsonl(tmp_path / "notes.jsonl", [note(number) for number in range(20)])
    build_corpus(settings(notes, secret), tmp_path / "out")
    made = everything_below(tmp_path / "out")
    headers = [data.split(b"\n")[0] for name, data in made.items() if name.startswith("audit")]
    assert len(headers) == 2
    assert [header.count(Secret.read(secret).check_value.encode()) for header in headers] == [1, 1]


def test_files_that_come_later_have_trails_of_their_own_and_old_lines_stay(tmp_path: Path, secret: Path) -> None:
    notes = tmp_path / "notes"
    notes.mkdir()
    write_jsonl(notes / "a.jsonl", [note(number) for number in range(20)])
    build_corpus(settings(notes, secret), tmp_path / "out")
    before = (tmp_path / "out/audit.jsonl").read_bytes()
    write_jsonl(notes / "b.jsonl", [note(number) for number in range(20, 40)])
    build_corpus(settings(notes, secret), tmp_path / "out")
    assert (tmp_path / "out/audit.jsonl").read_bytes().startswith(before)
    told = verify_audit(tmp_path / "out", Secret.read(secret))
    assert (told["parts"], told["documents"], told["sealed"]) == (2, 40, True)


def test_a_text_that_is_changed_afterwards_shows(tmp_path: Path, secret: Path) -> None:
    build_corpus(settings(write_jsonl(tmp_path / "notes.jsonl", [note(number) for number in range(20)]), secret), tmp_path / "out")
    path = next((tmp_path / "out").glob("train-*"))
    data = zstandard.ZstdDecompressor().decompressobj().decompress(path.read_bytes())
    path.write_bytes(zstandard.ZstdCompressor().compress(data.replace(b"was seen", b"was here", 1)))
    with pytest.raises(InputErrors, match="holds a text that its trail does not tell of"):
        verify_audit(tmp_path / "out")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"deidentify": None}, "identity has no effect where texts are not de-identified"),
        ({"sources": [{"path": "x", "deidentify": False}]}, "`deidentify` has no effect, as every source says"),
        ({"sources": [{"path": "x", "deidentify": False}], "deidentify": None}, "deidentify: false has no effect"),
    ],
)
def test_settings_without_effect_are_refused(change: dict[str, Any], told: str) -> None:
    given = {"sources": [{"path": "x", "identity": {"names": ["n"]}}], "deidentify": {}}
    with pytest.raises(ValueError, match=told):
        CorpusSettings.model_validate({**given, **change})


@pytest.mark.parametrize("suffix", [".jsonl", ".jsonl.gz", ".jsonl.zst"])
def test_alone_a_file_keeps_its_order_at_any_number_of_slices(
    tmp_path: Path, secret: Path, suffix: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    records = [note(number) for number in range(150)]
    source = write_jsonl(tmp_path / "notes.jsonl", records)
    words = ["corpus", "deidentify", str(source), "mode=surrogate", f"secret_file={secret}"]
    made = []
    for name, slice_bytes, num_workers in (("a", 1 << 30, 1), ("b", 1 << 14, 2 if suffix == ".jsonl" else 1)):
        monkeypatch.setattr(alone, "SLICE_BYTES", slice_bytes)
        out = tmp_path / f"{name}{suffix}"
        assert main([*words, "--out", str(out), "--workers", str(num_workers), "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["documents"] == 150
        assert not list(tmp_path.glob("*.parts"))
        made.append(out.read_bytes())
        assert verify_audit(alone.audit_beside(out), Secret.read(secret))["texts"] == 150
    assert made[0] == made[1]
    for document, record in zip(open_corpus(tmp_path / f"a{suffix}").essentials(), records, strict=True):
        assert words_of(int(record["id"].rpartition("-")[2])) in document.text
        assert not any(planted in document.text for planted in PLANTED)


def test_alone_it_goes_on_where_it_was_interrupted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = write_jsonl(tmp_path / "notes.jsonl", [note(number) for number in range(150)])
    monkeypatch.setattr(alone, "SLICE_BYTES", 1 << 15)
    words = ["corpus", "deidentify", str(source), "--workers", "1", "--out"]
    assert main([*words, str(tmp_path / "whole.jsonl")]) == 0
    done: list[int] = []
    work = alone.deidentify_slice

    def interrupted(*given: Any) -> Any:
        if len(done) == 2:
            raise KeyboardInterrupt
        done.append(given[3])
        return work(*given)

    monkeypatch.setattr(alone, "deidentify_slice", interrupted)
    assert main([*words, str(tmp_path / "out.jsonl")]) == 130
    assert not (tmp_path / "out.jsonl").exists()
    started: list[int] = []

    def followed(*given: Any) -> Any:
        started.append(given[3])
        return work(*given)

    monkeypatch.setattr(alone, "deidentify_slice", followed)
    assert main([*words, str(tmp_path / "out.jsonl")]) == 0
    assert started, "what was not done is done"
    assert 0 not in started, "what was done is not done again"
    assert (tmp_path / "out.jsonl").read_bytes() == (tmp_path / "whole.jsonl").read_bytes()


def test_alone_an_output_that_is_changed_afterwards_shows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, out = write_jsonl(tmp_path / "notes.jsonl", [note(0), note(1)]), tmp_path / "out.jsonl"
    assert main(["corpus", "deidentify", str(source), "--out", str(out)]) == 0
    out.write_text(out.read_text().replace("was seen", "was here", 1))
    assert main(["corpus", "audit", str(tmp_path / "out.audit.jsonl.zst")]) == 2
    assert "out.jsonl line 1: holds a text that its trail does not tell of" in capsys.readouterr().err


def test_alone_records_that_are_none_are_left_out_and_told_without_their_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = write_jsonl(tmp_path / "notes.jsonl", [note(0), *BAD, note(1)])
    assert main(["corpus", "deidentify", str(source), "--out", str(tmp_path / "out.jsonl"), "--json"]) == 0
    told = capsys.readouterr()
    assert json.loads(told.out)["refused"] == {"not JSON": 1, "text not a string": 1, "wrong type": 1}
    assert f"{source} line 2 holds no document, so it is left out: not JSON" in told.err
    assert "Quillfeather" not in told.err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["notes.jsonl"], "lacks a source or an output"),
        (["notes.jsonl", "--out", "out.txt"], "is no name for JSON lines"),
        (["notes.jsonl", "--out", "notes.jsonl"], "is read itself"),
        (["notes.jsonl", "--out", "none/out.jsonl"], "there is no such directory"),
        (["notes.jsonl", "mode=surrogate", "--out", "out.jsonl"], "mode=surrogate needs secret_file"),
        (["notes.jsonl", "keep=[NAMES]", "--out", "out.jsonl"], "keep"),
        (["notes.jsonl", "secret_file=none", "--out", "out.jsonl"], "cannot be read"),
    ],
)
def test_alone_what_cannot_be_done_is_said(
    tmp_path: Path, words: list[str], told: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    write_jsonl(tmp_path / "notes.jsonl", [note(0)])
    assert main(["corpus", "deidentify", *words]) == 2
    assert told in capsys.readouterr().err


def test_a_gold_file_is_scored(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = "Mrs. Quillfeather was seen on 3 Dec 2019."
    spans = [
        {"start": 5, "end": 17, "label": "NAME", "text": "Quillfeather"},
        {"start": 30, "end": 40, "label": "DATE", "text": "3 Dec 2019"},
    ]
    gold = write_jsonl(tmp_path / "gold.jsonl", [{"id": "a", "text": text, "spans": spans}])
    assert main(["corpus", "deidentify", "--score", str(gold), "keep=[DATE]"]) == 0
    told = capsys.readouterr().out
    assert "| NAME | 1 | 100.0" in told
    assert "'9 Aaa 9999'" in told
    assert "Quillfeather" not in told
    assert "2019" not in told
