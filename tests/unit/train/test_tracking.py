"""What wandb and TensorBoard are told is what metrics.jsonl says; their files are read back."""

from __future__ import annotations

import importlib.util
import json
import logging
import struct
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from medpretrain.errors import InputError
from medpretrain.train.run_directory import RunDirectory, read_json_lines
from medpretrain.train.settings import TrackingSettings
from medpretrain.train.tracking import check_tracking, flat_numbers, start_tracking

BLOCK = 32768  # of wandb's file: LevelDB's log format behind 7 bytes of its own
SECRET = "Jane Doe, born 3 Dec 1941"
BOTH = TrackingSettings(wandb_project="reports", tensorboard=True)


@pytest.fixture(autouse=True)
def no_key(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("WANDB_API_KEY", raising=False)
    monkeypatch.delenv("WANDB_MODE", raising=False)
    monkeypatch.setenv("NETRC", str(tmp_path / "none"))
    monkeypatch.setenv("HOME", str(tmp_path))


def wandb_records(run: Path) -> Iterator[Any]:
    """All records of wandb's offline files below a run's directory."""
    from wandb.proto import wandb_internal_pb2

    for path in sorted(run.glob("wandb/offline-run-*/run-*.wandb")):
        data, place, record = path.read_bytes(), 7, b""
        while place + 7 <= len(data):
            if BLOCK - place % BLOCK < 7:
                place += BLOCK - place % BLOCK
                continue
            _, length, kind = struct.unpack("<IHB", data[place : place + 7])
            record += data[place + 7 : place + 7 + length]
            place += 7 + length
            if kind in (1, 4):  # whole, or the last part
                yield wandb_internal_pb2.Record.FromString(record)
                record = b""


def wandb_history(run: Path) -> list[dict[str, float]]:
    rows = []
    for record in wandb_records(run):
        if record.WhichOneof("record_type") == "history":
            row = {item.key or "/".join(item.nested_key): json.loads(item.value_json) for item in record.history.item}
            rows.append({name: value for name, value in row.items() if not name.startswith("_")})
    return rows


def tensorboard_scalars(run: Path) -> dict[str, list[tuple[int, float]]]:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(run / "tensorboard"))
    events.Reload()
    return {tag: [(point.step, point.value) for point in events.Scalars(tag)] for tag in events.Tags()["scalars"]}


def record(step: int, **more: Any) -> dict[str, Any]:
    return {"step": step, "tokens": 100 * step, "loss": 5.0 / step, "mfu": None, **more}


def attempt(run: Path, steps: range, from_step: int, settings: TrackingSettings = BOTH) -> None:
    """An attempt of a run that trains these steps."""
    directory = RunDirectory(run)
    directory.event("launched", start=directory.start)
    (run / "config.yaml").write_text("name: tiny\n")
    directory.follow(start_tracking(settings, run, directory.first_start, {"model": {"num_layers": 2}}, from_step))
    print(SECRET)
    for step in steps:
        directory.metric(record(step))
    directory.metric({"step": steps[-1], "tokens": 1, "validation": {"loss": 2.5, "by_doc_type": {"note": {"loss": 2.0}}}})
    directory.metric({"step": steps[-1], "tokens": 1, "layers": {"gradient_rms": [0.1, 0.2]}})
    directory.event("note", text=SECRET)
    directory.close()


def test_the_numbers_of_a_record_by_path() -> None:
    assert dict(flat_numbers({"a": 1, "b": {"c": {"d": 0.5}, "e": "text"}, "f": [3, 4], "g": None, "h": True})) == {
        "a": 1,
        "b/c/d": 0.5,
        "f/00": 3,
        "f/01": 4,
    }


def test_both_hold_the_numbers_of_metrics_over_two_attempts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from wandb.sdk import wandb_init

    class OneSecond:
        """The clock by which wandb names its directories, stopped: both attempts begin in the same second."""

        time = staticmethod(lambda: 1_700_000_000.0)

    monkeypatch.setattr(wandb_init, "time", OneSecond)
    run = tmp_path / "first"
    attempt(run, range(1, 6), from_step=0)
    attempt(run, range(4, 8), from_step=3)
    assert len(list(run.glob("wandb/offline-run-*"))) == 2
    lines = read_json_lines(run / "metrics.jsonl")
    assert wandb_history(run) == [dict(flat_numbers(line)) for line in lines]
    scalars = tensorboard_scalars(run)
    last = {line["step"]: line["loss"] for line in lines if "loss" in line}
    assert scalars["loss"] == [(step, pytest.approx(loss)) for step, loss in sorted(last.items())]
    assert scalars["validation/by_doc_type/note/loss"] == [(7, 2.0)], "what the first attempt had beyond step 3 is hidden"
    assert scalars["layers/gradient_rms/01"][-1] == (7, pytest.approx(0.2))
    runs = [record.run for record in wandb_records(run) if record.WhichOneof("record_type") == "run"]
    assert len({found.run_id for found in runs}) == 1, "both attempts are one run"
    assert {found.project for found in runs} == {"reports"}
    artifacts = [record.artifact for record in wandb_records(run) if record.WhichOneof("record_type") == "artifact"]
    assert {content.path for artifact in artifacts for content in artifact.manifest.contents} == {"config.yaml"}


def test_no_text_reaches_their_files(tmp_path: Path) -> None:
    run = tmp_path / "first"
    attempt(run, range(1, 3), from_step=0)
    files = [path for name in ("wandb", "tensorboard") for path in (run / name).rglob("*") if path.is_file()]
    assert len(files) > 1
    assert [path for path in files if SECRET.encode() in path.read_bytes()] == []


def test_one_that_fails_is_let_go_and_the_run_goes_on(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    class Broken:
        def metric(self, record: Mapping[str, Any]) -> None:
            raise ConnectionError("gone")

        def close(self) -> None:
            raise AssertionError("was let go")

    directory = RunDirectory(tmp_path / "run")
    directory.follow([Broken()])
    with caplog.at_level(logging.WARNING, "medpretrain"):
        directory.metric({"step": 1})
        directory.metric({"step": 2})
        directory.close()
    assert [line["step"] for line in read_json_lines(tmp_path / "run/metrics.jsonl")] == [1, 2]
    assert [message for message in caplog.messages if "left out" in message] == ["Broken is left out from now on: ConnectionError: gone"]


def test_a_library_that_is_absent_is_told_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"recipe key `tracking.wandb_project`: is reports, and wandb is not installed; .*\[track\]"):
        check_tracking(BOTH)
    check_tracking(TrackingSettings())
