"""Lines that were cut at the width of a page, joined; and words that a hyphen had parted at the end of one. Pure."""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise

_MIN_WIDTH, _MAX_WIDTH = 55, 100
_MIN_FULL_LINES = 4  # so many lines must end because the next word did not fit
_MIN_SHARE_FULL = 0.5  # of the lines that another one follows directly
_MIN_SHARE_GOING_ON = 0.3  # of those: in the middle of a sentence, before a word in lower case
_MAX_SHARE_LONGER = 0.02  # of all lines, that are longer than 1.2 widths: text that was not cut
_MAX_LONE_END = 5  # letters behind the only hyphen at a line's end, if that is to go without other evidence
_LIST_ITEM = re.compile(r"[ \t]*(?:[-•*·▪◦●■–—+o»>]|\(?\d{1,3}(?:\.\d{1,2})*[.)]|\(?[a-zA-Z][.)]|\(?[ivxIVX]{1,5}[.)])[ \t]+(?=\S)")
_LABEL = re.compile(r"[ \t]*[A-Z][\w /(),&'’-]{0,40}:(?:\s|$)")
_SPEAKER = re.compile(r"[ \t]*\[\w+\]")
_PARTED = re.compile(r"([A-Za-zÀ-ɏ]+|\d+)-$")
_PARTED_WORD = re.compile(r"[^\W_]+-\n[ \t]*[^\W_]+")
_HYPHENED = re.compile(r"[^\W_]+(?:-[^\W_]+)*")
_FIRST_LETTERS = re.compile(r"[A-Za-zÀ-ɏ]+")
_SOFT_HYPHEN_AT_LINE_END = re.compile(r"(?<=\w)\xad[ \t]*\r?\n[ \t]*(?=\w)")
# Words that stand behind a hyphen, or before one, far more often than they begin or end a word that a line's end has parted.
_BEHIND_HYPHEN = frozenset(
    [
        "and",
        "associated",
        "based",
        "blind",
        "by",
        "center",
        "centre",
        "controlled",
        "day",
        "days",
        "dependent",
        "dose",
        "fold",
        "free",
        "grade",
        "group",
        "hour",
        "hours",
        "in",
        "induced",
        "level",
        "like",
        "line",
        "mediated",
        "month",
        "months",
        "negative",
        "of",
        "off",
        "old",
        "onset",
        "or",
        "out",
        "point",
        "positive",
        "quarter",
        "ray",
        "rays",
        "related",
        "reported",
        "resistant",
        "risk",
        "scale",
        "sensitive",
        "sided",
        "specific",
        "term",
        "the",
        "third",
        "thirds",
        "threatening",
        "to",
        "type",
        "up",
        "week",
        "weeks",
        "year",
        "years",
    ]
)
_BEFORE_HYPHEN = frozenset(
    [
        "age",
        "all",
        "b",
        "c",
        "cross",
        "dose",
        "double",
        "eight",
        "end",
        "evidence",
        "first",
        "five",
        "follow",
        "four",
        "full",
        "half",
        "high",
        "ill",
        "large",
        "left",
        "long",
        "low",
        "meta",
        "mid",
        "nine",
        "non",
        "one",
        "open",
        "placebo",
        "quasi",
        "right",
        "second",
        "self",
        "semi",
        "seven",
        "sex",
        "short",
        "single",
        "six",
        "small",
        "t",
        "ten",
        "third",
        "three",
        "time",
        "two",
        "well",
        "x",
    ]
)


def join_at_soft_hyphens(text: str) -> str:
    """A word that was parted by a soft hyphen at the end of a line: it says itself that it is no part of the word."""
    return _SOFT_HYPHEN_AT_LINE_END.sub("", text) if "\xad" in text else text


def join_pdf_lines(text: str) -> str:
    """Lines that were cut at a width of 55 to 100 characters, joined inside their paragraphs.

    A text was cut where most lines that another follows are full (the next line's first word would not have fitted), a good part of them
    ends within a sentence, and hardly any line is longer than the width. Two lines are joined where the first is full and neither is a
    row of a table, and the second is no item of a list, "Label: value" line or heading, nor further indented (but behind an item's mark).
    Verse and addresses have lines that are not full.

    A hyphen at the end of a joined line: dropped where the word without it stands elsewhere in the text and the one with it does not; kept
    in the opposite case. Where the text has neither, it stays where both parts stand in the text as words of their own, or one is among
    those that mostly stand at a hyphen ("follow-", "-old"), or the second begins with a capital letter. And where it is the only one at a
    line's end, behind which more than 5 letters follow: then the text may have been cut at hyphens that it had ("obsessive-compulsive"),
    while typesetters who part words do so every few lines.
    """
    if text.count("\n") < _MIN_FULL_LINES:
        return text
    lines = text.split("\n")
    lengths = [len(line) for line in lines if line]
    if len(lengths) < _MIN_FULL_LINES:
        return text
    width = sorted(lengths)[int(0.95 * (len(lengths) - 1))]
    if not _MIN_WIDTH <= width <= _MAX_WIDTH or sum(length > 1.2 * width for length in lengths) > _MAX_SHARE_LONGER * len(lengths):
        return text
    is_full = [bool(line) and bool(after) and _is_full(line, after, width) for line, after in pairwise(lines)]
    num_followed = sum(bool(line) and bool(after) for line, after in pairwise(lines))
    num_full = sum(is_full)
    if num_full < _MIN_FULL_LINES or num_full < _MIN_SHARE_FULL * num_followed:
        return text
    goes_on = sum(full and _goes_on(line, after) for full, (line, after) in zip(is_full, pairwise(lines), strict=True))
    if goes_on < _MIN_SHARE_GOING_ON * num_full:
        return text
    parts = [lines[0]]
    hyphens: _Hyphens | None = None
    first_of_paragraph = lines[0]
    for full, (line, after) in zip(is_full, pairwise(lines), strict=True):
        if not full or not _belong_together(line, after, first_of_paragraph):
            parts += ["\n", after]
            first_of_paragraph = after
            continue
        rest = after.lstrip(" \t")
        if line.endswith("-") and (parted := _PARTED.search(line)) and (begins := _FIRST_LETTERS.match(rest)):
            hyphens = hyphens or _Hyphens(text)
            if hyphens.go(parted.group(1), begins.group()):
                parts[-1] = parts[-1][:-1]
            parts.append(rest)
        else:
            parts += ["" if line.endswith(("-", "—", "/")) and rest[:1].isalnum() and not line.endswith(" -") else " ", rest]
    return "".join(parts)


def _is_full(line: str, after: str, width: int) -> bool:
    """Would the next line's first word not have fitted, within a tenth of the width (letters differ)? Or was it parted near there?"""
    first_word = after.split(None, 1)[0]
    if len(line) + 1 + len(first_word) > 0.9 * width:
        return True
    return len(line) > 0.6 * width and line[-1] == "-" and line[-2:-1].isalnum() and first_word[0].islower()


def _goes_on(line: str, after: str) -> bool:
    return line[-1] not in ".:;!?" and after.lstrip(" \t")[:1].islower()


def _is_table_row(line: str) -> bool:
    stripped = line.strip(" \t")
    return "   " in stripped or "\t" in stripped or stripped[:1] == "|"


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" \t"))


def _belong_together(line: str, after: str, first_of_paragraph: str) -> bool:
    if _LIST_ITEM.match(after) or _LABEL.match(after) or _SPEAKER.match(after) or _is_table_row(line) or _is_table_row(after):
        return False
    if line.isupper() != after.isupper() and any(map(str.islower, line + after)):
        return False  # a heading
    if not any(map(str.isalpha, line)) or not any(map(str.isalpha, after)):
        return False  # rules, rows of numbers
    item = _LIST_ITEM.match(first_of_paragraph)
    text_begins = item.end() if item else _indent(first_of_paragraph)
    if _indent(after) > text_begins:
        return False
    if item and _indent(after) < text_begins:
        return _goes_on(line, after)
    return True


class _Hyphens:
    """Which hyphens at line ends belong to their words, by what else stands in the text."""

    def __init__(self, text: str) -> None:
        self._num_parted = len(_PARTED_WORD.findall(text))
        self._words = Counter(_HYPHENED.findall(_PARTED_WORD.sub(" ", text.lower())))

    def go(self, first: str, second: str) -> bool:
        if not first[-1].isalpha() or second[0].isupper():
            return False
        first, second = first.lower(), second.lower()
        whole, parted = self._words[first + second] > 0, self._words[f"{first}-{second}"] > 0
        if whole != parted:
            return whole
        if first in _BEFORE_HYPHEN or second in _BEHIND_HYPHEN:
            return False
        if self._words[first] > 0 and self._words[second] > 0:
            return False
        return self._num_parted > 1 or len(second) <= _MAX_LONE_END
