"""How text is cut before merging: the one place of the split patterns, and which merges may reach from one plain piece into the next.

A *plain piece* is a word with the one space or mark before it, a digit, a run of marks, or a run of white space: the pieces of Llama-style
tokenizers. BPE is learnt on plain pieces. A *piece* holds a word with the marks behind it up to the next white space, or a digit with the
space before it. On pieces a few merges more are learnt, which are called *joins*: of a token that ends in a letter with one that begins
with a mark (` effusion` + `,`), and of a space with a digit. Neither a piece nor a token reaches over white space into a second word.

Joins are the last merges, and what stands on the right of one never stands on the left of another. So joining is the same work whether it
is done as merges of a tokenizer.json with `SPLIT_PATTERN`, or after encoding with `PLAIN_PATTERN`, on the ids alone, from left to right.
The second way is for encoders that know no pattern but the plain one. It is exact because a piece is a row of whole plain pieces, and no
merge learnt on plain pieces fits across their borders: the bytes there are an ASCII letter and an ASCII mark, or a space and an ASCII
digit, which stand side by side in no plain piece.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

MOST_PIECES = 1 << 21  # different ones that are counted at once, about 300 MB

# Single digits: a number's tokens do not depend on how long it is. The apostrophe is no mark of these, as it parts contractions.
_MARK = r"[!-&(-/:-@\[-`{-~]"


def _word(letter: str, mark: str, before: str) -> str:
    return f"{before}?{letter}+{_behind(letter, mark)}"


def _behind(letter: str, mark: str) -> str:
    """What may stand behind a word: further words, each after one mark; then a run of marks, and the line's end."""
    return rf"(?:(?<=[A-Za-z]){_MARK}{letter}+)*(?:(?<=[A-Za-z]){_MARK}{mark}*[\r\n]*)?"


_CONTRACTION = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)"
_LETTER, _ANY_MARK, _BEFORE = r"\p{L}", r"[^\s\p{L}\p{N}]", r"[^\r\n\p{L}\p{N}]"
_OTHER = rf" ?{_ANY_MARK}+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"

PLAIN_PATTERN = rf"{_CONTRACTION}|{_BEFORE}?{_LETTER}+|\p{{N}}|{_OTHER}"
SPLIT_PATTERN = rf"{_CONTRACTION}{_behind(_LETTER, _ANY_MARK)}|{_word(_LETTER, _ANY_MARK, _BEFORE)}| ?[0-9]|\p{{N}}|{_OTHER}"

# The pieces that joins and terms come from, for Python, which counts a few more signs (superscripts, fractions) among the letters.
# A mark belongs to the word after it only where no space and no other mark stands before it.
_COUNTED = re.compile(_word(r"[^\W\d_]", r"(?:[^\s\w]|_)", r"(?:[^\S\r\n]|(?<![^\w\t\r\n])(?:[^\s\w]|_))") + "| [0-9]")

SPACE = "Ġ"  # in the byte-level alphabet, in which printable ASCII stands for itself
DIGITS = "0123456789"
_BEGINS_WITH_MARK = re.compile(_MARK)
_MARKS_BEHIND = re.compile(r"(?:[^\s\w]|_)+\Z")
_WORD_AT_END = re.compile(rf"[A-Za-z](?:{_MARK}\S*)?\Z")  # or a word and marks


class PieceCounts:
    """How often each piece occurs that joins and terms can come from, over texts that are streamed, in bounded memory.

    `counts` maps it, as it stands in the text, to a number. Where there are over MOST_PIECES, the rarest are forgotten (and what is counted
    of them later starts from nothing); `forgotten` says up to which count that may have happened.
    """

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.forgotten = 0

    def add(self, parts: Sequence[str]) -> list[str]:
        """Count the parts of one text between its section headers. Returns what is left to learn plain merges from: all of it, or, once
        pieces were forgotten, what stands between those that are as rare so far, which would fill another table of words."""
        if self.forgotten:
            left = [stretch for part in parts for stretch in self._without_rare(part)]
        else:
            left = list(parts)
            for part in parts:
                self.counts.update(_COUNTED.findall(part))
        while len(self.counts) > MOST_PIECES:
            self.forgotten += 1
            self.counts = Counter({piece: count for piece, count in self.counts.items() if count > self.forgotten})
        return left

    def _without_rare(self, part: str) -> Iterator[str]:
        begin = 0
        for match in _COUNTED.finditer(part):
            self.counts[match.group()] += 1
            if self.counts[match.group()] <= self.forgotten:
                yield part[begin : match.start()]
                begin = match.end()
        yield part[begin:]


def is_counted(word: str) -> bool:
    """Whether a white-space word is one piece of those that are counted: letters, and marks between and behind them."""
    return bool(_COUNTED.fullmatch(f" {word}")) and any(map(str.isalpha, word))


def without_marks_behind(piece: str) -> str:
    """A word without the run of marks behind it."""
    return _MARKS_BEHIND.sub("", piece)


def begins_with_mark(token: str) -> bool:
    """Whether a token (in the byte-level alphabet) can be the right side of a join, and so never the left one."""
    return bool(_BEGINS_WITH_MARK.match(token))


def may_join(left: str, right: str) -> bool:
    """Whether a merge of these two tokens (in the byte-level alphabet) is a join, which learning on plain pieces never gives."""
    if left == SPACE:
        return len(right) == 1 and right in DIGITS
    return begins_with_mark(right) and not begins_with_mark(left) and bool(_WORD_AT_END.search(left))
