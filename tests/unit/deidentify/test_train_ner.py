"""A tiny training: the model that is saved loads and finds what it was taught; the same arguments give the same weights."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from medpretrain.deidentify.ner import TokenClassifier
from medpretrain.deidentify.notes import write_notes
from medpretrain.deidentify.train_ner import LINE_END, NerShape, labels_of, rows_of, train_ner, train_tokenizer
from medpretrain.errors import InputError

TINY = NerShape(vocab_size=300, num_layers=1, hidden_size=32, num_heads=2, ffn_size=32, window=48, batch_rows=8, peak_lr=1e-2)


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture
def background(tmp_path: Path) -> Path:
    path = tmp_path / "background.jsonl"
    texts = [f"The knee was stable. There was no effusion of {word}. Dr. Zzyzx said so. It was cleaned." for word in ("any", "some", "one")]
    path.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
    return path


def test_the_same_arguments_give_the_same_model(tmp_path: Path, background: Path) -> None:
    for name in ("one", "two"):
        train_ner(tmp_path / "models" / name, num_notes=20, seed=3, num_steps=20, background=background, shape=TINY)
    for file in ("model.safetensors", "tokenizer.json", "config.json"):
        assert (tmp_path / "models/one" / file).read_bytes() == (tmp_path / "models/two" / file).read_bytes()


def test_it_learns(tmp_path: Path, background: Path) -> None:
    train_ner(tmp_path / "one", num_notes=80, seed=3, num_steps=300, background=background, shape=TINY)
    text = next(note["text"] for note in write_notes(20, 3, "training") if len(note["text"]) > 300)
    [findings] = TokenClassifier(tmp_path / "one", 0.5).find([text])
    assert findings
    assert not list(tmp_path.glob(".*.unfinished"))


TRAIN = """
import logging, sys
from pathlib import Path
import torch
from medpretrain.deidentify import train_ner

def save_and_stop(*arguments):
    save(*arguments)
    raise KeyboardInterrupt

logging.basicConfig(level=logging.INFO)
torch.set_num_threads(1)
save = train_ner._Training._save
if sys.argv[3:] == ["stop"]:
    train_ner._Training._save = save_and_stop
tiny = train_ner.NerShape(vocab_size=300, num_layers=1, hidden_size=32, num_heads=2, ffn_size=32, window=48, batch_rows=8, peak_lr=1e-2)
train_ner.train_ner(Path(sys.argv[1]), num_notes=10, seed=3, num_steps=int(sys.argv[2]), shape=tiny)
"""


def train(out: Path, num_steps: int, *stop: str) -> str:
    """In a process of its own, as a command is; what it said."""
    return subprocess.run([sys.executable, "-c", TRAIN, out, str(num_steps), *stop], capture_output=True, text=True, check=not stop).stderr


@pytest.mark.slow
@pytest.mark.parametrize("stopped_of", [130, 140])  # steps: a state of another training is not used
def test_stopped_it_goes_on_to_the_same_weights(tmp_path: Path, stopped_of: int) -> None:
    assert "KeyboardInterrupt" in train(tmp_path / "stopped", stopped_of, "stop")
    assert not (tmp_path / "stopped").exists()
    assert ("goes on behind step 100" in train(tmp_path / "stopped", 130)) == (stopped_of == 130)
    train(tmp_path / "whole", 130)
    assert (tmp_path / "stopped/model.safetensors").read_bytes() == (tmp_path / "whole/model.safetensors").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["stopped", "whole"]


def test_a_state_that_cannot_be_read_is_not_used(tmp_path: Path) -> None:
    (tmp_path / ".one.state").write_bytes(b"PK\x03\x04 cut off")
    train_ner(tmp_path / "one", num_notes=10, seed=3, num_steps=2, shape=TINY)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one"]


def test_another_seed_gives_another_model(tmp_path: Path) -> None:
    for name, seed in (("one", 0), ("two", 1)):
        train_ner(tmp_path / name, num_notes=10, seed=seed, num_steps=1, shape=TINY)
    assert (tmp_path / "one" / "model.safetensors").read_bytes() != (tmp_path / "two" / "model.safetensors").read_bytes()


def test_a_directory_that_exists_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="exists"):
        train_ner(tmp_path, num_notes=1, seed=0, num_steps=1, shape=TINY)


def test_pieces_that_touch_an_identifier_are_labelled() -> None:
    offsets = [(0, 3), (4, 7), (7, 9), (9, 10), (11, 14), (14, 20)]
    spans = [(4, 9, "NAME"), (11, 15, "HOSPITAL"), (9, 10, "URL")]
    assert labels_of(offsets, spans) == ["O", "B-NAME", "I-NAME", "O", "B-HOSPITAL", "I-HOSPITAL"]
    assert labels_of(offsets, [(0, 3, "NAME"), (4, 7, "NAME")])[:3] == ["B-NAME", "B-NAME", "O"]


def test_a_text_longer_than_a_window_makes_several_rows_with_all_its_labels() -> None:
    text = "Seen by Dr. Okafor today. " * 20
    spans = [(start + 12, start + 18, "NAME") for start in range(0, len(text), 26)]
    tokenizer = train_tokenizer([text], 200)
    rows = rows_of([(text, spans)], tokenizer, 16)
    assert len(rows) > 5
    assert all(len(ids) == len(labels) <= 16 for ids, labels in rows)
    assert all(labels[0] == labels[-1] == -100 for _, labels in rows)
    assert sum(label % 2 == 1 for _, labels in rows for label in labels) == 20


def test_the_tokenizer_keeps_case_and_line_ends_and_parts_digits() -> None:
    tokenizer = train_tokenizer(["Ab ab\nÉa 12"] * 5, 200)
    encoded = tokenizer.encode("Ab ab\nÉa 12", add_special_tokens=False)
    assert encoded.tokens == ["Ab", "ab", LINE_END, "Ea", "1", "2"]
    assert encoded.offsets == [(0, 2), (3, 5), (5, 6), (6, 8), (9, 10), (10, 11)]
