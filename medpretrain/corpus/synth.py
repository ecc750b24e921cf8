"""Synthetic radiology reports whose text follows from structured findings: the corpus that needs no download.

Here are the lengths, the choice of what a report says, and the writing of the files; the wording is in report.py, the tables in
radiology.py and radiology_normals.py. Report i depends on the seed and i alone. Lengths are those of requirement 000-30.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from random import Random

from medpretrain.corpus.document import Document, format_line
from medpretrain.corpus.lines import LineWriter
from medpretrain.corpus.radiology import DEVICE, IMPORTANT, KIND_OF_NAME, KINDS, URGENT, FindingKind
from medpretrain.corpus.radiology_normals import EXAMS, NORMALS, ORGAN_LABELS, PAST_HISTORIES, PRIORS, Exam, Normal
from medpretrain.corpus.reader import SYNTH_STAGE
from medpretrain.corpus.report import (
    Finding,
    absent_sentence,
    count_words,
    draw_finding,
    findings_prompt,
    impression_items,
    noun_phrase,
    observation,
    positive_sentence,
)
from medpretrain.errors import InputError
from medpretrain.log import Progress, logger
from medpretrain.manifest import Manifest, begin_stage, finish_stage, read_manifest

REPORTS_NAME = "reports.jsonl.zst"
GENERATOR_VERSION = 1  # raised when the same seed gives other reports
SOURCE, DOC_TYPE = "synthetic", "radiology_report"
MIN_WORDS, MAX_WORDS = 20, 2000
SLACK_WORDS = 80  # a report may be longer than asked, by what its impression says beyond naming the findings


@dataclass(frozen=True, slots=True)
class LengthClass:
    """Reports of about one length (normally distributed words), how often they are drawn, and of which examinations, how often."""

    name: str
    weight: int
    mean_words: float
    deviation_words: float
    exams: dict[str, int]


LENGTH_CLASSES = (
    LengthClass("short", 5000, 80, 20, {"chest radiograph": 7, "CT head": 3}),
    LengthClass("medium", 3000, 350, 80, {"CT chest": 4, "CT abdomen and pelvis": 6}),
    LengthClass("long", 1000, 1200, 200, {"CT chest, abdomen and pelvis": 6, "CT head to pelvis": 4}),
)


def synthesise_reports(num_reports: int, seed: int) -> Iterator[Document]:
    """Reports 0 to num_reports - 1 of this seed. `meta`: exam, history, findings (as report.py describes them), length_class."""
    for index in range(num_reports):
        yield synthesise_report(seed, index)


def write_synthetic_corpus(num_reports: int, seed: int, out: Path) -> Manifest:
    """Write the reports to `out/reports.jsonl.zst`, which `corpus build` reads. Same arguments, same bytes. Returns the manifest.

    Raises InputError when num_reports is below 1 or `out` holds something else.
    """
    if num_reports < 1:
        raise InputError("--num-reports", f"is {num_reports}", "at least 1", "ask for more reports")
    settings = {"num_reports": num_reports, "seed": seed, "generator_version": GENERATOR_VERSION}
    if not begin_stage(out, SYNTH_STAGE, settings, {}, [REPORTS_NAME]):
        logger.info("%s already holds these reports: nothing to do", out)
        return read_manifest(out, SYNTH_STAGE)
    text_bytes = 0
    length_classes = {length_class.name: 0 for length_class in LENGTH_CLASSES}
    with LineWriter(out / REPORTS_NAME) as writer, Progress("writing synthetic reports", total=num_reports, unit="reports") as progress:
        for report in synthesise_reports(num_reports, seed):
            writer.write(format_line(report))
            text_bytes += len(report.text.encode())
            length_classes[report.meta["length_class"]] += 1
            progress.advance()
    counts = {"documents": num_reports, "text_bytes": text_bytes, "length_classes": length_classes}
    return finish_stage(out, SYNTH_STAGE, settings, {}, counts, [REPORTS_NAME])


def draw_length(rng: Random) -> tuple[LengthClass, int]:
    """A length class and a number of words within MIN_WORDS and MAX_WORDS."""
    length_class = rng.choices(LENGTH_CLASSES, [each.weight for each in LENGTH_CLASSES])[0]
    num_words = round(rng.gauss(length_class.mean_words, length_class.deviation_words))
    return length_class, min(max(num_words, MIN_WORDS), MAX_WORDS)


def report_rng(seed: int, index: int) -> Random:
    """The random numbers of one report; `draw_length` takes the first of them. (A string seeds by SHA-512, not by hash().)"""
    return Random(f"radiology report {seed} {index}")


def synthesise_report(seed: int, index: int) -> Document:
    """Report `index` of this seed."""
    rng = report_rng(seed, index)
    length_class, num_words = draw_length(rng)
    exam = EXAMS[rng.choices(list(length_class.exams), list(length_class.exams.values()))[0]]
    draft = _Draft(rng, exam, min(num_words, MAX_WORDS - SLACK_WORDS), sex=rng.choice(("man", "woman")))
    text = draft.compose()
    meta = {"exam": draft.exam_line, "history": draft.history, "findings": draft.findings, "length_class": length_class.name}
    return Document(id=f"{SOURCE}-{seed}-{index:08d}", text=text, source=SOURCE, doc_type=DOC_TYPE, meta=meta)


@dataclass
class _Draft:
    """A report being written to a length: what is found, then what is absent, then normal organs until the words are used up."""

    rng: Random
    exam: Exam
    num_words: int
    sex: str
    findings: list[Finding] = field(default_factory=list)
    sentences: dict[str, list[str]] = field(default_factory=dict)  # by organ
    spoken: set[str] = field(default_factory=set)  # names and groups of kinds already said to be present or absent

    def compose(self) -> str:
        """The text of the report; `exam_line`, `history` and `findings` then hold what it was made from."""
        self.brief = self.num_words < 150
        self.by_organ = self.num_words > 250
        self.compared = not self.brief and self.rng.random() < 0.6
        self.urgent_left = 1 + self.num_words // 300
        self.exam_line = self._exam_line()
        self.history = self._history()
        self.negative = _fitting(self.rng, self.exam.negative, self.num_words // 4)
        if not self.brief or self.rng.random() < 0.8:
            self._add_present(int(self._room() * self.rng.uniform(0.5, 0.8)))
        self._add_absent(int(self._room() * 0.35))
        self._add_normals(self._room())
        while self._room() > 12 and self._add_present(self._room()):
            pass
        if not self.sentences or self.num_words - self._room() < MIN_WORDS:
            self._add_normals(8)  # FINDINGS is never empty
        return self._text()

    def _room(self) -> int:
        """Words left for further sentences; writes the impression anew."""
        order = list(ORGAN_LABELS)
        self.findings.sort(key=lambda finding: (not finding["present"], order.index(KIND_OF_NAME[finding["finding"]].organ)))
        self.items = impression_items(self.rng, self.findings, self.negative, self.brief)
        return self.num_words - count_words(self._text())

    def _exam_line(self) -> str:
        line = _fitting(self.rng, self.exam.names, self.num_words // 10)
        if not self.brief:
            line = f"{line}. Technique: {self.rng.choice(self.exam.techniques)}"
            line += f" Comparison: {self.exam.key} {self.rng.choice(PRIORS)}." if self.compared else " Comparison: None."
        return line

    def _history(self) -> str:
        complaint = self.rng.choice(self.exam.complaints)
        age = self.rng.randint(19, 89)
        options = (f"{complaint[0].upper()}{complaint[1:]}.", f"{age}-year-old {self.sex} with {complaint}.")
        history = _fitting(self.rng, options, self.num_words // 6) if self.brief else options[1]
        return history if self.brief else f"{history} {self.rng.choice(PAST_HISTORIES)}"

    def _add_present(self, room: int) -> bool:
        """Add findings that together take about `room` words in all sections; says whether there were any."""
        candidates = self._candidates(DEVICE)
        self.rng.shuffle(candidates)
        num_before, refusals = len(self.findings), 0
        for kind in candidates:
            if kind.group in self.spoken or (kind.rank == URGENT and not self.urgent_left):
                continue
            finding = draw_finding(self.rng, kind, self.compared)
            sentence = positive_sentence(self.rng, finding, self.brief)
            words = count_words(sentence) + self._label_words(kind.organ) + count_words(observation(finding)) + 1
            words += count_words(noun_phrase(finding, article=False)) + 2  # in the impression
            if words > room:
                refusals += 1
                if refusals == 6:
                    break
                continue
            room -= words
            self.urgent_left -= kind.rank == URGENT
            self.findings.append(finding)
            self.sentences.setdefault(kind.organ, []).append(sentence)
            self.spoken |= {kind.name, kind.group} - {""}
        return len(self.findings) > num_before

    def _add_absent(self, room: int) -> None:
        """Add findings that are said to be absent, within `room` words."""
        candidates = self._candidates(IMPORTANT)
        by_organ: dict[str, list[FindingKind]] = {}
        for kind in self.rng.sample(candidates, min(len(candidates), self.rng.randint(0, 3 + self.num_words // 150))):
            by_organ.setdefault(kind.organ, []).append(kind)
        for organ, kinds in by_organ.items():
            sentence = absent_sentence(self.rng, kinds)
            absent: list[Finding] = [{"finding": kind.name, "present": False} for kind in kinds]
            words = count_words(sentence) + self._label_words(organ) + sum(count_words(observation(finding)) + 1 for finding in absent)
            if words <= room:
                room -= words
                self.findings += absent
                self.sentences.setdefault(organ, []).append(sentence)
                self.spoken |= {kind.name for kind in kinds}

    def _add_normals(self, room: int) -> None:
        """Add statements about normal organs until no other fits in `room` words."""
        candidates = [normal for normal in _normals_of(self.exam) if normal.sex in ("", self.sex)]
        self.rng.shuffle(candidates)
        for normal in candidates:
            wording = self.rng.choice(normal.wordings)
            words = _words_of_table_text(wording) + self._label_words(normal.organ)
            denied = _denied(normal)
            if words <= room and not denied & self.spoken:
                room -= words
                self.sentences.setdefault(normal.organ, []).append(wording)
                self.spoken |= denied

    def _candidates(self, least_rank: int) -> list[FindingKind]:
        """The kinds this examination may show in this patient, of that rank or graver, not yet spoken of."""
        kinds = (kind for kind in _kinds_shown(self.exam) if kind.rank <= least_rank and kind.sex in ("", self.sex))
        return [kind for kind in kinds if kind.name not in self.spoken and kind.group not in self.spoken]

    def _label_words(self, organ: str) -> int:
        return _words_of_table_text(ORGAN_LABELS[organ]) + 1 if self.by_organ and organ not in self.sentences else 0

    def _text(self) -> str:
        written = [(ORGAN_LABELS[organ], " ".join(self.sentences[organ])) for organ in ORGAN_LABELS if organ in self.sentences]
        if self.by_organ:
            body = "\n" + "\n".join(f"{label}: {sentences}" for label, sentences in written)
        else:
            body = " " + " ".join(sentences for _, sentences in written)
        impression = " ".join(f"{number}. {item}" for number, item in enumerate(self.items, start=1))
        return f"{findings_prompt(self.exam_line, self.history, self.findings)}{body}\n[IMPRESSION] {impression}"


def _fitting(rng: Random, options: Sequence[str], max_words: int) -> str:
    """One of the options of at most `max_words` words, else the shortest."""
    short_enough = [option for option in options if count_words(option) <= max_words]
    return rng.choice(short_enough) if short_enough else min(options, key=count_words)


@cache
def _words_of_table_text(text: str) -> int:
    return count_words(text)


@cache
def _denied(normal: Normal) -> frozenset[str]:
    """The names of the kinds that a statement rules out."""
    organs = {word[1:] for word in normal.denies if word.startswith("@")}
    return frozenset(kind.name for kind in KINDS if kind.name in normal.denies or kind.organ in organs)


@cache
def _kinds_shown(exam: Exam) -> tuple[FindingKind, ...]:
    in_field = (kind for kind in KINDS if kind.organ in exam.organs or kind.name in exam.extra)
    return tuple(kind for kind in in_field if (exam.is_ct or not kind.ct_only) and (exam.after_trauma or not kind.traumatic))


@cache
def _normals_of(exam: Exam) -> tuple[Normal, ...]:
    return tuple(normal for normal in NORMALS if normal.organ in exam.organs and (exam.is_ct or not normal.ct_only))
