"""__main__.py: what a verb's result, a wrong word and a failure look like to the user, with the real verbs where no training is needed."""

from __future__ import annotations

import errno
import gzip
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from medpretrain import __version__
from medpretrain.__main__ import VERBS, main, parse
from medpretrain.errors import InputError, InputErrors
from medpretrain.readable import readable
from medpretrain.verbs.verb import Verb

PYTHON = [sys.executable, "-m", "medpretrain"]


def test_help_names_every_verb(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--help"])
    assert caught.value.code == 0
    text = capsys.readouterr().out
    assert [line.split("  ")[1].strip() for line in text.split("--help):\n")[1].splitlines()] == [verb.words for verb in VERBS]


def test_help_imports_nothing_heavy() -> None:
    heavy = {"torch", "deepspeed", "transformers", "tokenizers", "numpy", "pydantic", "yaml", "rich", "blake3"}
    script = f"import sys; from medpretrain.__main__ import build_parser; build_parser().format_help(); print({heavy} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout == "set()\n"


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.words)
def test_each_verb_answers_help(verb: Verb, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main([*verb.words.split(), "--help"])
    assert caught.value.code == 0
    text = capsys.readouterr().out
    assert text.startswith(f"usage: medpretrain {verb.words} ")
    assert "--json" in text


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--version"])
    assert (caught.value.code, capsys.readouterr().out) == (0, f"medpretrain {__version__}\n")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["corpse"], "invalid choice: 'corpse'"),
        (["corpus"], "the following arguments are required: VERB"),
        (["corpus", "synth", "--out", "x"], "the following arguments are required: --num-reports"),
        (["corpus", "synth", "--num-reports", "many", "--out", "x"], "argument --num-reports: invalid int value: 'many'"),
        (["corpus", "build", "x", "--out", "y", "--seeds=3"], "unrecognized arguments: --seeds=3"),
        (["corpus", "build", "x", "--out", "y", "seed"], "unrecognized arguments: seed"),
        (["recipe", "list", "model.num_heads=3"], "unrecognized arguments: model.num_heads=3"),
        (["corpus", "synth", "--num", "3", "--out", "x"], "the following arguments are required: --num-reports"),
    ],
)
def test_wrong_words_exit_with_2_and_say_which(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(words)
    captured = capsys.readouterr()
    assert (caught.value.code, captured.out) == (2, "")
    assert said in captured.err


def test_overrides_stand_before_and_behind_options() -> None:
    assert parse(["corpus", "build", "a.yaml", "x.a=1", "--out", "d", "x.b=-2", "--json"]).overrides == ["x.a=1", "x.b=-2"]
    assert parse(["corpus", "build", "a.yaml", "--out", "d", "x=1"]).overrides == ["x=1"]
    assert parse(["recipe", "show", "tiny-cpu"]).overrides == []


def run_with(monkeypatch: pytest.MonkeyPatch, run: Callable[[Any], Any], *options: str) -> int:
    """main() of a table with one verb that does what the test says."""
    monkeypatch.setattr("medpretrain.__main__.VERBS", (Verb("try it", "for a test", run),))
    return main(["try", "it", *options])


def raising(error: BaseException) -> Callable[[Any], Any]:
    def run(_: Any) -> Any:
        raise error

    return run


def test_a_mistake_is_one_sentence_and_exit_2(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_with(monkeypatch, raising(InputError("f line 2", "is empty", "text", "remove it"))) == 2
    assert capsys.readouterr() == ("", "medpretrain: f line 2: is empty; expected text; remove it\n")


def test_several_mistakes_are_several_sentences(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_with(monkeypatch, raising(InputErrors([InputError("a", "b", "c", "d"), InputError("e", "f", "g", "h")]))) == 2
    assert capsys.readouterr() == ("", "medpretrain: a: b; expected c; d\nmedpretrain: e: f; expected g; h\n")


def test_interrupted(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_with(monkeypatch, raising(KeyboardInterrupt())) == 130
    assert capsys.readouterr() == ("", "interrupted: the same command goes on where it can, or starts this stage anew\n")


def test_a_full_disk_is_a_sentence(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_with(monkeypatch, raising(OSError(errno.ENOSPC, "No space left on device", "out/part-0"))) == 2
    assert capsys.readouterr().err == (
        "medpretrain: out/part-0: no space left on device; expected free space on that disk; "
        "free some space and run the same command again\n"
    )


@pytest.mark.parametrize("error", [RuntimeError("ours"), OSError(errno.EIO, "Input/output error"), ValueError("ours too")])
def test_our_own_faults_keep_their_traceback(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    with pytest.raises(type(error)):
        run_with(monkeypatch, raising(error))


RESULT = {
    "directory": "out",
    "counts": {"documents": 12345, "share": 0.0123456789, "by_type": {"radiology_report": 3}},
    "kinds": ["a", "b"],
    "whole": True,
    "reason": None,
    "rows": [{"step": 1000, "name": "é"}, {"step": 5, "name": "bc", "note": "late"}],
}


def test_json_is_one_object_on_stdout(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_with(monkeypatch, lambda _: RESULT, "--json") == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out) == RESULT
    assert captured.out.count("\n") == 1
    assert captured.err == ""


def test_a_person_reads_aligned_lines(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_with(monkeypatch, lambda _: RESULT) == 0
    assert capsys.readouterr().out.splitlines() == [
        "directory  out",
        "counts",
        "  documents  12,345",
        "  share      0.0123457",
        "  by_type",
        "    radiology_report  3",
        "kinds      a, b",
        "whole      yes",
        "reason     -",
        "rows",
        "   step  name  note",
        "  1,000  é     -",
        "      5  bc    late",
    ]


def test_empty_parts_are_shown_as_none() -> None:
    assert list(readable({"rows": [], "counts": {}})) == ["rows    none", "counts  none"]


def test_corpus_synth_writes_what_it_says_and_does_nothing_the_second_time(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["corpus", "synth", "--num-reports", "5", "--seed", "1", "--out", str(tmp_path / "corpus"), "--json"]
    assert main(words) == 0
    first = json.loads(capsys.readouterr().out)
    manifest = json.loads((tmp_path / "corpus" / "manifest.json").read_text())
    assert first == {key: manifest[key] for key in ("stage", "identity", "counts")} | {"directory": str(tmp_path / "corpus")}
    assert main(words) == 0
    assert json.loads(capsys.readouterr().out) == first
    assert json.loads((tmp_path / "corpus" / "manifest.json").read_text()) == manifest


def test_corpus_build_takes_data_or_settings_with_overrides(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = tmp_path / "notes.jsonl.gz"
    with gzip.open(data, "wt") as file:
        for number in range(6):
            text = " ".join(f"word{number}{letter}" for letter in "abcdefgh"[: number + 3])
            file.write(json.dumps({"id": str(number), "text": text, "source": "s", "doc_type": "note"}) + "\n")
    settings = tmp_path / "corpus.yaml"
    settings.write_text(f"sources: [{{path: {data}}}]\nheldout_share: 0\n")
    assert main(["corpus", "build", str(data), "--out", str(tmp_path / "a"), "heldout_share=0", "filters.min_tokens=5", "--json"]) == 0
    from_data = json.loads(capsys.readouterr().out)
    assert main(["corpus", "build", str(settings), "filters.min_tokens=5", "--out", str(tmp_path / "b"), "--json"]) == 0
    from_settings = json.loads(capsys.readouterr().out)
    assert from_data["identity"] == from_settings["identity"]
    assert main(["corpus", "build", str(settings), "filters.min_tokens=6", "--out", str(tmp_path / "c"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["identity"] != from_data["identity"]


def test_an_address_of_settings_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["corpus", "build", "s3://bucket/corpus.yaml", "--out", str(tmp_path / "a")]) == 2
    assert capsys.readouterr().err == (
        "medpretrain: s3://bucket/corpus.yaml: is an address; expected a settings file on this machine, or the address of data; "
        "copy it here; the sources in it can be addresses\n"
    )


def test_a_wrong_override_on_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["corpus", "build", str(tmp_path), "--out", str(tmp_path / "a"), "filters.min_token=5"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("medpretrain: `filters.min_token=5`: is not a known key; expected one of ")
    assert captured.err.endswith("; did you mean `min_tokens`?\n")
    assert not (tmp_path / "a").exists()


def test_recipe_list_and_show(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["recipe", "list", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["recipes"]
    assert {"tiny-cpu", "medical-1b", "medical-7b"} <= {row["name"] for row in rows}
    assert main(["recipe", "show", "medical-7b", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["parameters"] == 6_195_253_248
    assert main(["recipe", "show", "medical-7b", "model.num_layers=16"]) == 0
    assert ["num_layers", "16"] in [line.split() for line in capsys.readouterr().out.splitlines()]


def test_the_throughput_that_a_time_asks_for(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["recipe", "show", "radiology-336m", "--hours", "24", "--devices", "4", "--json"]
    assert main([*words, "--tokens", "1800000000"]) == 0
    needed = json.loads(capsys.readouterr().out)["needed_tokens_per_second"]
    assert {name: round(value) for name, value in needed.items()} == {"all_devices": 20_833, "each_device": 5_208}
    assert main(words) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["needed_tokens_per_second"]["all_devices"] == shown["total_tokens"] / 86_400


def test_a_closed_pipe_is_quiet() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    child = subprocess.run([*PYTHON, "recipe", "list"], stdout=writer, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writer)
    assert (child.returncode, child.stderr) == (141, "")


@pytest.mark.slow
def test_ctrl_c_in_a_real_process(tmp_path: Path, start_process: Callable[..., subprocess.Popen[Any]]) -> None:
    recipe = tmp_path / "recipe.yaml"
    os.mkfifo(recipe)
    heed = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)  # what a shell starts in the background is made to ignore it
    child = start_process([*PYTHON, "recipe", "show", str(recipe)], stderr=subprocess.PIPE, text=True, preexec_fn=heed)
    writer = os.open(recipe, os.O_WRONLY)  # waits until the verb has opened it; then the verb waits for text
    child.send_signal(signal.SIGINT)
    _, said = child.communicate()
    os.close(writer)
    assert (child.returncode, said) == (130, "interrupted: the same command goes on where it can, or starts this stage anew\n")
