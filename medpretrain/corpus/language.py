"""In which language a text is, told apart well enough to drop foreign ones; clinical notes in telegram style are not foreign. Pure."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

NUM_SAMPLES = 5
SAMPLE_CHARS = 300
MIN_SAMPLE_LETTERS = 60  # of a sample's prose; one with fewer is not judged
ENGLISH_WORDS = 500  # looked at, of a text
MIN_OTHER = 0.5  # probability of one language that is not asked for ...
MAX_WANTED = 0.1  # ... and of all that are
SURELY_OTHER = 1.01 - MAX_WANTED  # of one: then all others together have less than MAX_WANTED
MAX_OTHER_SHARE = 0.5  # of the samples

# Words of English grammar that are hardly words of other languages that are written in Latin letters. Text in which they are frequent is
# English; prose has 0.20 to 0.35 of them, radiology reports 0.12 and more.
_ENGLISH = frozenset(
    [
        "the",
        "of",
        "and",
        "to",
        "with",
        "for",
        "that",
        "which",
        "from",
        "by",
        "are",
        "were",
        "this",
        "be",
        "or",
        "not",
        "is",
        "was",
        "has",
        "have",
        "had",
        "been",
        "at",
        "it",
        "as",
        "on",
        "than",
        "these",
        "their",
        "there",
    ]
)
_MIN_ENGLISH_SHARE = 0.15  # then no identifier is asked: Python walks it byte by byte
_NOT_PROSE = re.compile(r"(?<!\S)\S*\d\S*|\b[A-Z][A-Z./]+\b|[^\w\s'’-]+|_+")  # numbers, abbreviations, marks
_BLANKS = re.compile(r"\s+")


@functools.cache
def _identifier() -> LanguageIdentifier:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def other_language_share(text: str, words: list[str], languages: tuple[str, ...]) -> float:
    """Of up to 5 samples of 300 characters, evenly spaced in the text, those that are in none of the languages (ISO 639-1).

    A sample is in another language where py3langid, reading it without numbers, abbreviations and marks, gives one other at least 0.5 of
    probability and those asked for together at most 0.1. Latin counts with them: lists of drugs and of laboratory values look like it.
    Where English is asked for, a text with many of the words of its grammar is English, and is not sampled. Where no more than
    MAX_OTHER_SHARE can be in another language, those that are left are not judged: the share is then that of those before.
    """
    if "en" in languages and english_share(words) >= _MIN_ENGLISH_SHARE:
        return 0.0
    proses = [_BLANKS.sub(" ", _NOT_PROSE.sub(" ", sample)).strip() for sample in samples(text)]
    proses = [prose for prose in proses if not prose.isascii() or sum(map(str.isalpha, prose)) >= MIN_SAMPLE_LETTERS]
    other = 0
    for num_left, prose in zip(reversed(range(len(proses))), proses, strict=True):
        other += is_other(prose, languages)
        if other + num_left <= MAX_OTHER_SHARE * len(proses):
            break
    return other / len(proses) if proses else 0.0


def english_share(words: list[str]) -> float:
    """Of the words, or of 500 to 1,000 of them, evenly spaced, those of English grammar."""
    words = words[:: max(1, len(words) // ENGLISH_WORDS)]
    return sum(map(_ENGLISH.__contains__, words)) / len(words) if words else 0.0


def is_other(prose: str, languages: tuple[str, ...]) -> bool:
    wanted = {*languages, "la"}
    language, probability = _identifier().classify(prose)
    if language in wanted or probability < MIN_OTHER:
        return False
    if probability > SURELY_OTHER:
        return True
    return sum(share for language, share in _identifier().rank(prose) if language in wanted) <= MAX_WANTED


def samples(text: str) -> list[str]:
    """Evenly spaced, from the first character to the last; the whole text where it is short."""
    if len(text) <= NUM_SAMPLES * SAMPLE_CHARS:
        return [text[start : start + SAMPLE_CHARS] for start in range(0, len(text), SAMPLE_CHARS)]
    step = (len(text) - SAMPLE_CHARS) / (NUM_SAMPLES - 1)
    return [text[int(place * step) : int(place * step) + SAMPLE_CHARS] for place in range(NUM_SAMPLES)]
