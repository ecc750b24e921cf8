"""Who closes a message, and to whom it speaks: "-- Janet @ derm", "Thx, Xiaoyan", "Earl, ok from our side"."""

from __future__ import annotations

from medpretrain.deidentify import name_patterns as near
from medpretrain.deidentify.lexicons import KNOWN_FIRST
from medpretrain.deidentify.name_cues import CLOSINGS
from medpretrain.deidentify.name_likeness import AMBIGUOUS, BARE, UNKNOWN, is_title
from medpretrain.deidentify.name_reader import NameReader
from medpretrain.deidentify.words import kinds_of


def is_signed(reader: NameReader, first: int, end: int, degree: int) -> bool:
    """Whether a name closes a message: "-- Janet @ derm", "Thx, Xiaoyan"."""
    words = reader.words
    if not first or degree == BARE or words.words[end - 1].isupper():
        return False
    start = words.starts[first]
    if not near.SIGN_OFF_END.match(words.text, words.end(end - 1)):
        return False
    if reader.lower[first - 1] in CLOSINGS and near.BEHIND_CLOSING.fullmatch(words.gap(first)):
        return True
    before = words.text[max(0, start - 4) : start]
    if len(words.words[first]) == 1 and near.LINE_ENDS.match(words.text, words.end(end - 1)) and before.rstrip(" ")[-1:] in (".", "\n"):
        return True
    return degree >= AMBIGUOUS and degree != UNKNOWN and bool(near.SIGN_OFF.search(before))


def is_addressed(reader: NameReader, first: int, end: int, degree: int) -> bool:
    """Whether a line begins with a first name and a comma: "Earl, ok from our side"."""
    words = reader.words
    is_at_start = first == 0 or "\n" in words.gap(first)
    is_first_name = degree != BARE and bool(kinds_of(words.words[first]) & KNOWN_FIRST)
    return is_at_start and is_first_name and is_title(words.words[first]) and bool(near.ADDRESSED.match(words.text, words.end(end - 1)))
