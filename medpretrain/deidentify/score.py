"""How much of what somebody marked as identifiers was found, and how much else.

Strict: a finding with the same start, end and class. By word: for privacy it matters whether a word is found, whatever its class is said to
be. `gold.py` says what a word is and which words count; a title beside a name ("Dr.") counts nowhere.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from medpretrain.deidentify.finding import Finding
from medpretrain.deidentify.gold import KINDS_OF_LABELS, TITLES, TOKEN, GoldDocument, GoldSpan, may_be_left

NUM_WORST = 10
LONGEST_RUN = 5  # of letters in a shape


@dataclass
class LabelScore:
    """What was found of the identifiers with one gold label."""

    num_spans: int = 0
    num_strict: int = 0
    num_words: int = 0
    num_found: int = 0  # words that lie in any finding
    num_right: int = 0  # words that lie in one of the right class

    def as_dict(self) -> dict[str, Any]:
        return {
            **vars(self),
            "strict_recall": _share(self.num_strict, self.num_spans),
            "recall": _share(self.num_found, self.num_words),
            "recall_of_class": _share(self.num_right, self.num_words),
        }


@dataclass
class KindScore:
    """What of the findings of one kind is an identifier."""

    num_findings: int = 0
    num_strict: int = 0
    num_words: int = 0
    num_true: int = 0  # words that lie in any gold span

    def as_dict(self) -> dict[str, Any]:
        return {
            **vars(self),
            "strict_precision": _share(self.num_strict, self.num_findings),
            "precision": _share(self.num_true, self.num_words),
        }


@dataclass
class Score:
    """Counts of a whole gold file. `missed` (by label) and `false` (by rule) count shapes, texts where they were asked for."""

    num_documents: int = 0
    labels: dict[str, LabelScore] = field(default_factory=lambda: defaultdict(LabelScore))
    kinds: dict[str, KindScore] = field(default_factory=lambda: defaultdict(KindScore))
    missed: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    false: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))

    def as_dict(self) -> dict[str, Any]:
        """All of it as JSON takes it; totals of words are over all classes, a word in two of them counted twice."""
        return {
            "documents": self.num_documents,
            "total": {**_sum(LabelScore, self.labels).as_dict(), **_total_of_findings(_sum(KindScore, self.kinds))},
            "labels": {label: score.as_dict() for label, score in sorted(self.labels.items())},
            "kinds": {kind: score.as_dict() for kind, score in sorted(self.kinds.items())},
            "missed": {label: dict(shapes.most_common(NUM_WORST)) for label, shapes in sorted(self.missed.items())},
            "false": {rule: dict(shapes.most_common(NUM_WORST)) for rule, shapes in sorted(self.false.items())},
        }


def score(gold: Iterable[GoldDocument], predicted: Iterable[Sequence[Finding]], show_text: bool = False) -> Score:
    """Count what was found: `predicted` has the findings of each document of `gold`, in its order.

    The worst misses and false findings are told by their shapes; only with `show_text` by their texts.
    """
    counts = Score()
    for document, findings in zip(gold, predicted, strict=True):
        _Document(document, findings, counts, show_text).count()
    return counts


def shape_of(text: str) -> str:
    """Letters as A or a, at most five of a run, digits as 9, white space as one blank: "O'Neil,  Ann 12" -> "A'Aaaa, Aaa 99"."""
    shape = ""
    for character in text:
        mark = _mark_of(character)
        if mark in "Aa" and shape.endswith(mark * LONGEST_RUN):
            continue
        if mark != " " or not shape.endswith(" "):
            shape += mark
    return shape


def format_score(counts: Score) -> str:
    """Tables for a person: recall by label, precision by kind, the worst misses and false findings."""
    told = counts.as_dict()
    total = told["total"]
    lines = [
        f"{told['documents']:,} documents",
        "",
        "| label | identifiers | strict | by word | of the right class |",
        "|---|---:|---:|---:|---:|",
    ]
    for label, one in [*told["labels"].items(), ("all", total)]:
        shares = " | ".join(_percent(one[key]) for key in ("strict_recall", "recall", "recall_of_class"))
        lines.append(f"| {label} | {one['num_spans']:,} | {shares} |")
    lines += ["", "| found as | findings | strict precision | precision by word |", "|---|---:|---:|---:|"]
    for kind, one in [*told["kinds"].items(), ("all", total)]:
        lines.append(f"| {kind} | {one['num_findings']:,} | {_percent(one['strict_precision'])} | {_percent(one['precision'])} |")
    for name in ("missed", "false"):
        lines += ["", f"{name}:"]
        lines += [f"  {of}: " + ", ".join(f"{shape!r} {times}" for shape, times in shapes.items()) for of, shapes in told[name].items()]
    return "\n".join(lines)


class _Document:
    """One document's words, and which of them are gold and which are found."""

    def __init__(self, document: GoldDocument, findings: Sequence[Finding], counts: Score, show_text: bool) -> None:
        self._text = document.text
        self._gold = document.spans
        self._findings = findings
        self._counts = counts
        self._show_text = show_text
        words = [found.span() for found in TOKEN.finditer(document.text)]
        self._starts = [start for start, _ in words]
        self._ends = [end for _, end in words]

    def count(self) -> None:
        self._counts.num_documents += 1
        kinds_of_word: dict[int, set[str]] = defaultdict(set)
        for finding in self._findings:
            for word in self._within(finding.start, finding.end):
                kinds_of_word[word].add(finding.kind)
        gold_words: set[int] = set()
        neutral_words: set[int] = set()
        strict = {(span.start, span.end, kind) for span in self._gold for kind in KINDS_OF_LABELS[span.label]}
        for span in self._gold:
            words = set(self._touching(span.start, span.end))
            left = {word for start, end in may_be_left(self._text, span) for word in self._within(start, end)}
            neutral_words |= left & words
            gold_words |= words - left
            if words - left:
                self._count_span(span, words - left, kinds_of_word)
        for finding in self._findings:
            self._count_finding(finding, gold_words, neutral_words - gold_words, strict)

    def _count_span(self, span: GoldSpan, words: set[int], kinds_of_word: dict[int, set[str]]) -> None:
        one = self._counts.labels[span.label]
        right = KINDS_OF_LABELS[span.label]
        found = [word for word in words if kinds_of_word.get(word)]
        one.num_spans += 1
        one.num_strict += any(
            (finding.start, finding.end) == (span.start, span.end) and finding.kind in right for finding in self._findings
        )
        one.num_words += len(words)
        one.num_found += len(found)
        one.num_right += sum(not kinds_of_word[word].isdisjoint(right) for word in found)
        if len(found) < len(words):
            self._counts.missed[span.label][self._told(span.start, span.end)] += 1

    def _count_finding(self, finding: Finding, gold_words: set[int], neutral_words: set[int], strict: set[tuple[int, int, str]]) -> None:
        words = [word for word in self._touching(finding.start, finding.end) if word not in neutral_words and not self._is_title(word)]
        if not words:
            return
        one = self._counts.kinds[finding.kind]
        num_true = sum(word in gold_words for word in words)
        one.num_findings += 1
        one.num_strict += (finding.start, finding.end, finding.kind) in strict
        one.num_words += len(words)
        one.num_true += num_true
        if num_true < len(words):
            self._counts.false[finding.rule][self._told(finding.start, finding.end)] += 1

    def _within(self, start: int, end: int) -> range:
        return range(bisect_left(self._starts, start), bisect_right(self._ends, end))

    def _touching(self, start: int, end: int) -> range:
        return range(bisect_right(self._ends, start), bisect_left(self._starts, end))

    def _is_title(self, word: int) -> bool:
        return self._text[self._starts[word] : self._ends[word]].lower() in TITLES

    def _told(self, start: int, end: int) -> str:
        written = self._text[start:end]
        return written if self._show_text else shape_of(written)


def _mark_of(character: str) -> str:
    if character.isdigit():
        return "9"
    if character.isalpha():
        return "A" if character.isupper() else "a"
    return " " if character.isspace() else character


def _sum(kind_of_score: type[Any], scores: dict[str, Any]) -> Any:
    total = kind_of_score()
    for one in scores.values():
        for key, value in vars(one).items():
            setattr(total, key, getattr(total, key) + value)
    return total


def _total_of_findings(total: KindScore) -> dict[str, Any]:
    told = total.as_dict()
    return {"num_findings": told["num_findings"], "strict_precision": told["strict_precision"], "precision": told["precision"]}


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share:.2%}"
