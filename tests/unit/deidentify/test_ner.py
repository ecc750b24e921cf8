"""A token classifier of a directory finds whole words, in long texts too, each text for itself; what is none is refused."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import BertConfig, BertForTokenClassification, BertModel, PreTrainedTokenizerFast

from medpretrain.deidentify.finding import Finding
from medpretrain.deidentify.ner import RULE, TokenClassifier
from medpretrain.errors import InputError

PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.,-'/’"]
WINDOW = 32


def write_model(directory: Path, labels: list[str], label_of_piece: dict[str, str]) -> Path:
    """A classifier whose pieces are single characters, and which gives each the label of the table, the first label to all others."""
    torch.manual_seed(0)
    vocabulary = {piece: place for place, piece in enumerate([*PIECES, *(f"##{piece}" for piece in PIECES[4:])])}
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=len(labels),
        num_hidden_layers=1,
        num_attention_heads=1,
        intermediate_size=8,
        max_position_embeddings=WINDOW,
        id2label=dict(enumerate(labels)),
        label2id={label: place for place, label in enumerate(labels)},
    )
    model = BertForTokenClassification(config).eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.fill_(1.0 if name.endswith("LayerNorm.weight") else 0.0)
        for piece, place in vocabulary.items():
            label = label_of_piece.get(piece.removeprefix("##"), labels[0])
            model.bert.embeddings.word_embeddings.weight[place, labels.index(label)] = 10.0
        model.classifier.weight.copy_(10 * torch.eye(len(labels)))
    model.save_pretrained(directory)
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]", max_input_chars_per_word=1_000))
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    names = {"unk_token": "[UNK]", "pad_token": "[PAD]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=WINDOW, **names).save_pretrained(directory)
    return directory


LABELS = ["O", "B-PATIENT", "I-PATIENT", "L-CITY", "U-HOSP", "DATE", "AGE", "B-PROFESSION"]
LABEL_OF_PIECE = {
    "X": "B-PATIENT",
    "x": "I-PATIENT",
    "y": "L-CITY",
    "Z": "U-HOSP",
    "7": "DATE",
    "9": "AGE",
    "2": "DATE",
    "q": "B-PROFESSION",
}


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def classifier(tmp_path_factory: pytest.TempPathFactory) -> TokenClassifier:
    return TokenClassifier(write_model(tmp_path_factory.mktemp("models") / "model", LABELS, LABEL_OF_PIECE), 0.5)


def found(classifier: TokenClassifier, text: str) -> list[tuple[str, str]]:
    [findings] = classifier.find([text])
    assert {finding.rule for finding in findings} <= {RULE}
    return [(finding.kind, text[finding.start : finding.end]) for finding in findings]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("see Xabc.", [("NAME", "Xabc")]),
        ("see abcx.", [("NAME", "abcx")]),
        ("Xabc-def's arm", [("NAME", "Xabc-def")]),
        ("O'Xa", [("NAME", "O'Xa")]),
        ("Xa xb", [("NAME", "Xa xb")]),
        ("Xaq Xbq", [("NAME", "Xaq"), ("NAME", "Xbq")]),
        ("Xaq\nxbq", [("NAME", "Xaq"), ("NAME", "xbq")]),
        ("yabc,\nyou", [("LOCATION", "yabc,\nyou")]),
        ("yes,\nyou", []),
        ("xerostomia Xylitol", []),
        ("Xavier", [("NAME", "Xavier")]),
        ("at Zion", [("HOSPITAL", "Zion")]),
        ("on 7/7/7", [("DATE", "7/7/7")]),
        ("in 2022", []),
        ("aged 99", [("AGE", "99")]),
        ("aged 39", []),
        ("queen", []),
        ("plain words", []),
        ("", []),
        (" \n ", []),
    ],
)
def test_whole_words_of_the_right_kind(classifier: TokenClassifier, text: str, expected: list[tuple[str, str]]) -> None:
    assert found(classifier, text) == expected


def test_in_a_long_text_all_is_found_once_wherever_windows_begin(classifier: TokenClassifier) -> None:
    for filler in range(1, 8):
        text = " ".join(f"{'a' * (filler + number % 3)} Xbq" for number in range(60))
        assert found(classifier, text) == [("NAME", "Xbq")] * 60


def test_the_edge_of_a_window_does_not_decide_where_another_window_sees_both_sides(
    classifier: TokenClassifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    def name_at_both_edges(ids: list[int]) -> np.ndarray:
        labels = np.full(len(ids), LABELS.index("O"))
        labels[[1, 2, -3, -2]] = LABELS.index("B-PATIENT")
        return np.eye(len(LABELS), dtype=np.float32)[labels]

    monkeypatch.setattr(classifier, "_probabilities", name_at_both_edges)
    assert found(classifier, f"Fzzk second {'a ' * 100}last bzzk") == [("NAME", "Fzzk"), ("NAME", "bzzk")]


def test_one_long_word_is_one_finding(classifier: TokenClassifier) -> None:
    assert found(classifier, "Xx" * 300) == [("NAME", "Xx" * 300)]


def test_what_is_found_depends_on_the_text_alone(tmp_path: Path) -> None:
    torch.manual_seed(1)
    labels = ["O", "B-NAME", "I-NAME", "B-DATE"]
    directory = write_model(tmp_path / "model", labels, {})
    model = BertForTokenClassification.from_pretrained(directory)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randn(parameter.shape))
    model.save_pretrained(directory)
    classifier = TokenClassifier(directory, 0.7)
    texts = [f"Note {number}: seen by Dr. Abc {'and others ' * (number % 5)}on 3/{number}." * (1 + number % 3) for number in range(40)]
    together = classifier.find(texts)
    assert together == [classifier.find([text])[0] for text in texts]
    assert together[::-1] == classifier.find(texts[::-1])
    assert any(together)


def test_min_score_decides(tmp_path: Path) -> None:
    directory = write_model(tmp_path / "model", ["O", "NAME", "DATE"], {"x": "NAME"})
    model = BertForTokenClassification.from_pretrained(directory)
    with torch.no_grad():
        model.classifier.weight.zero_()
        model.classifier.bias.copy_(torch.log(torch.tensor([0.4, 0.35, 0.25])))
    model.save_pretrained(directory)
    assert [finding.kind for finding in TokenClassifier(directory, 0.59).find(["Abqz"])[0]] == ["NAME"]  # 0.6 of something, most of a name
    assert TokenClassifier(directory, 0.61).find(["Abqz"]) == [[]]


def test_a_finding_covers_its_text_after_accents_and_astral_characters(classifier: TokenClassifier) -> None:
    text = "é😀 ﬁ Xa and"
    assert classifier.find([text]) == [[Finding(5, 7, "NAME", RULE)]]


def edited(directory: Path, **changes: Any) -> None:
    path = directory / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def test_labels_that_mean_nothing_are_named(tmp_path: Path) -> None:
    directory = write_model(tmp_path / "model", ["O", "B-NAME", "B-SHOE"], {})
    with pytest.raises(InputError, match="mean nothing here: SHOE;"):
        TokenClassifier(directory, 0.5)
    edited(directory, id2label={0: "LABEL_0", 1: "LABEL_1", 2: "O"})
    with pytest.raises(InputError, match="LABEL_0, LABEL_1;"):
        TokenClassifier(directory, 0.5)


def test_i2b2_labels_are_known(tmp_path: Path) -> None:
    labels = ["PATIENT", "DOCTOR", "USERNAME", "PROFESSION", "HOSPITAL", "LOCATION-OTHER", "STREET", "CITY", "STATE", "COUNTRY", "ZIP"]
    labels += ["ORGANIZATION", "AGE", "DATE", "PHONE", "FAX", "EMAIL", "URL", "IPADDRESS", "MEDICALRECORD", "HEALTHPLAN", "ACCOUNT"]
    labels += ["LICENSE", "VEHICLE", "DEVICE", "BIOID", "IDNUM", "SSN"]
    TokenClassifier(write_model(tmp_path / "model", ["O", *(f"{prefix}-{label}" for label in labels for prefix in "BI")], {}), 0.5)


def test_a_directory_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"is no directory with a config\.json"):
        TokenClassifier(tmp_path / "nowhere", 0.5)
    good = write_model(tmp_path / "good", ["O", "NAME"], {})

    without_weights = shutil.copytree(good, tmp_path / "without_weights")
    (without_weights / "model.safetensors").unlink()
    with pytest.raises(InputError, match="cannot be loaded"):
        TokenClassifier(without_weights, 0.5)

    without_head = shutil.copytree(good, tmp_path / "without_head")
    BertModel(BertConfig.from_pretrained(good)).save_pretrained(without_head)
    with pytest.raises(InputError, match=r"has no weights for classifier\.bias"):
        TokenClassifier(without_head, 0.5)

    without_tokenizer = shutil.copytree(good, tmp_path / "without_tokenizer")
    (without_tokenizer / "tokenizer.json").unlink()
    with pytest.raises(InputError):
        TokenClassifier(without_tokenizer, 0.5)
