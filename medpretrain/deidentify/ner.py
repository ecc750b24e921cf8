"""A model beside the rules: a Hugging Face token classifier from a directory, asked for the identifiers in texts.

Nothing is fetched and no code of the directory is run. A text is read in overlapping windows, each in a pass of its own without padding, so
that what is found in it depends on the text alone; on a processor a batch of such windows would be no faster.
"""

from __future__ import annotations

import multiprocessing
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import AutoConfig, AutoModelForTokenClassification, AutoTokenizer
from transformers.utils import logging as transformers_logging

from medpretrain.deidentify.finding import Finding
from medpretrain.deidentify.lexicons import KNOWN_FIRST, KNOWN_LAST, WORD, kinds_of_word
from medpretrain.deidentify.wide_places import STATE_CODES, WIDE_PLACES
from medpretrain.errors import InputError

RULE = "token classifier"
LONGEST_WINDOW = 256  # in pieces of the tokenizer
OVERLAP_SHARE = 4  # a window begins with so much (one in four) of the one before it
OUTSIDE = "O"
KINDS_OF_LABELS: dict[str, str | None] = {  # None: no identifier by Safe Harbor, or none alone
    **dict.fromkeys(("NAME", "PER", "PERSON", "PATIENT", "DOCTOR", "STAFF", "HCW", "RELATIVE", "FIRST_NAME", "LAST_NAME"), "NAME"),
    **dict.fromkeys(("LOCATION", "LOC", "GPE", "CITY", "STREET", "STREET_ADDRESS", "ADDRESS", "ZIP", "ZIP_CODE", "COUNTY"), "LOCATION"),
    **dict.fromkeys(("LOCATION_OTHER", "FAC"), "LOCATION"),
    **dict.fromkeys(("HOSPITAL", "HOSP", "ORG", "ORGANIZATION", "VENDOR", "PATORG"), "HOSPITAL"),
    **dict.fromkeys(("DATE", "DATE_TIME", "DATETIME"), "DATE"),
    **dict.fromkeys(("AGE", "AGE_OVER_89"), "AGE"),
    **dict.fromkeys(("PHONE", "PHONE_NUMBER", "CONTACT"), "PHONE"),
    **dict.fromkeys(("EMAIL", "EMAIL_ADDRESS"), "EMAIL"),
    **dict.fromkeys(("IP", "IPADDR", "IPADDRESS", "IP_ADDRESS"), "IP"),
    **dict.fromkeys(("SSN", "US_SSN"), "SSN"),
    **dict.fromkeys(("MRN", "MEDICALRECORD", "MEDICAL_RECORD"), "MRN"),
    **dict.fromkeys(("HEALTH_PLAN", "HEALTHPLAN"), "HEALTH_PLAN"),
    **dict.fromkeys(("BIOMETRIC", "BIOID"), "BIOMETRIC"),
    **dict.fromkeys(("ID", "IDNUM", "USERNAME", "OTHERPHI"), "ID"),
    **{kind: kind for kind in ("FAX", "URL", "ACCOUNT", "LICENSE", "VEHICLE", "DEVICE", "PHOTO")},
    **dict.fromkeys((OUTSIDE, "MISC", "PROFESSION", "STATE", "COUNTRY", "NORP", "NRP", "TIME", "DURATION", "PAD"), None),
}

_PREFIX = re.compile(r"^[BILUESM]-")
_BEGINS = re.compile(r"^[BUS]-")
_WORD_JOINTS = "-'’"
_POSSESSIVE = re.compile(r"['’]s$", re.IGNORECASE)
_GAP = re.compile(r"[ \t.,/'’:-]{0,3}")
_GAP_IN_PLACE = re.compile(r"[\s.,/'’#-]{0,4}")
_LETTERS = re.compile(r"[^\W\d_]+")
_YEAR = re.compile(r"(?:19|20)\d\d")
_OVER_89 = re.compile(r"(?<!\d)(?:9\d|1[0-4]\d)(?!\d)|ninet|hundred", re.IGNORECASE)


class TokenClassifier:
    """The classifier of a directory, ready to be asked.

    Args:
        directory: config.json, tokenizer.json and weights, as `save_pretrained` of transformers writes them.
        min_score: a piece of a word is found where the probabilities of all labels that mean an identifier come to this.

    Raises InputError for a directory that holds no such model, and for labels that mean nothing here.
    """

    def __init__(self, directory: str | Path, min_score: float) -> None:
        self._path = Path(directory)
        self._min_score = min_score
        if not (self._path / "config.json").is_file():
            raise self._refused("is no directory with a config.json")
        if multiprocessing.parent_process() is not None:  # one of many workers, each with a core
            torch.set_num_threads(1)
        config, self._tokenizer, self._model = self._loaded()
        labels = [config.id2label[place] for place in range(len(config.id2label))]
        kinds = self._kinds_of(labels)
        self._kinds = sorted({kind for kind in kinds if kind is not None})
        self._kind_of_label = np.array([[kind == one for one in self._kinds] for kind in kinds], dtype=np.float32)
        self._begins = np.array([bool(_BEGINS.match(label)) for label in labels])
        longest = min(LONGEST_WINDOW, config.max_position_embeddings, self._tokenizer.model_max_length)
        self._num_special = self._tokenizer.num_special_tokens_to_add()
        self._window = longest
        self._overlap = (longest - self._num_special) // OVERLAP_SHARE // 2 * 2

    def find(self, texts: Sequence[str]) -> list[list[Finding]]:
        """The findings of each text, in order and without overlaps. Each is of whole words."""
        return [self._found_in(text) if text.strip() else [] for text in texts]

    def _loaded(self) -> tuple[Any, Any, Any]:
        transformers_logging.disable_progress_bar()
        try:
            config = AutoConfig.from_pretrained(self._path, local_files_only=True)
            tokenizer = AutoTokenizer.from_pretrained(self._path, local_files_only=True)
            model, loading = AutoModelForTokenClassification.from_pretrained(
                self._path, local_files_only=True, output_loading_info=True, dtype=torch.float32
            )
        except Exception as error:  # what transformers raises for a damaged or foreign file is of many classes
            raise self._refused(f"cannot be loaded ({type(error).__name__})") from error
        if loading["missing_keys"]:
            raise self._refused(f"has no weights for {', '.join(sorted(loading['missing_keys'])[:3])}")
        if not tokenizer.is_fast:
            raise self._refused("has no tokenizer.json, without which places in the text are not known")
        return config, tokenizer, model.eval()

    def _refused(self, found: str) -> InputError:
        expected = "a token classifier as `save_pretrained` of transformers writes it"
        return InputError(str(self._path), found, expected, "check the path, or train one with train_ner")

    def _kinds_of(self, labels: Sequence[str]) -> list[str | None]:
        plain = [re.sub(r"[-_ ]+", "_", _PREFIX.sub("", label).upper()) for label in labels]
        unknown = sorted({label for label in plain if label not in KINDS_OF_LABELS})
        if unknown:
            raise InputError(
                f"{self._path}/config.json",
                f"has labels that mean nothing here: {', '.join(unknown)}",
                f"some of {', '.join(KINDS_OF_LABELS)}, with or without B- and I-",
                "rename them in id2label",
            )
        return [KINDS_OF_LABELS[label] for label in plain]

    def _found_in(self, text: str) -> list[Finding]:
        words = _words_of(self._pieces(text), text)
        findings = (Finding(word.start, word.end, word.kind, RULE) for word in _joined(words, text))
        return [finding for finding in findings if _is_identifier(finding.kind, text[finding.start : finding.end])]

    def _pieces(self, text: str) -> Iterator[_Word]:
        """Pieces that are likely enough part of an identifier, in the text's order."""
        encoded = self._tokenizer(
            text,
            truncation=True,
            max_length=self._window,
            stride=self._overlap,
            return_overflowing_tokens=True,
            return_offsets_mapping=True,
            return_special_tokens_mask=True,
        )
        num_windows = len(encoded["input_ids"])
        for number in range(num_windows):
            labels = self._probabilities(encoded["input_ids"][number])
            offsets = [
                (place, offset)
                for place, (offset, special) in enumerate(
                    zip(encoded["offset_mapping"][number], encoded["special_tokens_mask"][number], strict=True)
                )
                if not special
            ]
            first = self._overlap // 2 if number else 0
            last = len(offsets) - (self._overlap // 2 if number < num_windows - 1 else 0)
            kinds = labels @ self._kind_of_label
            scores = kinds.sum(axis=1)
            for place, (start, end) in offsets[first:last]:
                start += len(text[start:end]) - len(text[start:end].lstrip())  # some tokenizers count the blank before a word
                if scores[place] >= self._min_score and start < end:
                    begins = bool(self._begins[labels[place].argmax()])
                    yield _Word(start, end, self._kinds[kinds[place].argmax()], float(kinds[place].max()), begins)

    def _probabilities(self, ids: list[int]) -> np.ndarray:
        with torch.inference_mode():
            logits = self._model(input_ids=torch.tensor([ids])).logits[0]
        return torch.softmax(logits, dim=-1).numpy()


@dataclass
class _Word:
    """A piece or a word that was found."""

    start: int
    end: int
    kind: str
    score: float
    begins: bool  # an identifier, by its label


def _words_of(pieces: Iterator[_Word], text: str) -> Iterator[_Word]:
    """The words that the pieces lie in, each with the kind of its likeliest piece."""
    word: _Word | None = None
    for piece in pieces:
        if word is not None and piece.start < word.end:
            if piece.score > word.score:
                word.kind, word.score = piece.kind, piece.score
            continue
        if word is not None:
            yield word
        start, end = _whole_word(text, piece.start, piece.end, 0 if word is None else word.end)
        word = _Word(start, end, piece.kind, piece.score, piece.begins)
    if word is not None:
        yield word


def _whole_word(text: str, start: int, end: int, after: int) -> tuple[int, int]:
    """The letters and digits around a stretch, with hyphens and apostrophes between letters, but no possessive ending."""
    while start > after and _belongs(text, start - 1):
        start -= 1
    while end < len(text) and _belongs(text, end):
        end += 1
    return start, end - (2 if end - start > 2 and _POSSESSIVE.search(text[max(start, end - 2) : end]) else 0)


def _belongs(text: str, place: int) -> bool:
    if text[place].isalnum():
        return True
    return text[place] in _WORD_JOINTS and 0 < place < len(text) - 1 and text[place - 1].isalpha() and text[place + 1].isalpha()


def _joined(words: Iterator[_Word], text: str) -> Iterator[_Word]:
    """Words of one kind that stand together, as one."""
    last: _Word | None = None
    for word in words:
        if last is not None and word.kind == last.kind and not word.begins:
            gap = _GAP_IN_PLACE if word.kind == "LOCATION" else _GAP
            if gap.fullmatch(text, last.end, word.start):
                last.end = word.end
                continue
        if last is not None:
            yield last
        last = word
    if last is not None:
        yield last


def _is_identifier(kind: str, written: str) -> bool:
    """What a label calls a date, an age or a place may be none that Safe Harbor names: a year alone, an age below 90, a state. Names and
    places that are nothing but words of the language or of medicine are a model's commonest mistake."""
    if kind == "DATE":
        return not _YEAR.fullmatch(written)
    if kind == "AGE":
        return bool(_OVER_89.search(written))
    if kind == "LOCATION" and (written.lower() in WIDE_PLACES or written in STATE_CODES):
        return False
    words = _LETTERS.findall(written)
    return kind not in ("NAME", "LOCATION") or not words or not all(map(_is_ordinary, words))


def _is_ordinary(word: str) -> bool:
    kinds = kinds_of_word(word)
    return bool(kinds & WORD) and (word.islower() or not kinds & (KNOWN_FIRST | KNOWN_LAST))
