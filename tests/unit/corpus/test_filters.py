"""Each filter just inside and just outside its limit; the reason of a drop and its figures; real medical text is kept."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from medpretrain.corpus import filters
from medpretrain.corpus.filters import REASONS, Drop, Subject, boilerplate_share, judge, repeated_run_share, top_run_share
from medpretrain.corpus.language import other_language_share
from medpretrain.corpus.reference import ReferenceModel, train_reference
from medpretrain.corpus.settings import FilterSettings
from medpretrain.corpus.words import hash_words, words_of

OFF = FilterSettings(
    min_tokens=0,
    max_non_alphanumeric=1.0,
    max_perplexity=None,
    max_repeated_line_share=1.0,
    max_repeated_run_share=1.0,
    max_top_run_share=1.0,
    max_boilerplate_share=1.0,
    languages=(),
)


def judged(text: str, reference: ReferenceModel | None = None, **settings: Any) -> Drop | None:
    (drop,) = judge([subject(text, OFF.model_copy(update=settings))], reference)
    return drop


def subject(text: str, settings: FilterSettings) -> Subject:
    words = words_of(text)
    return Subject(text, words, hash_words(words), settings)


def different(num_words: int, first: int = 0) -> str:
    return " ".join(f"w{number}" for number in range(first, first + num_words))


def test_nothing_is_dropped_with_all_filters_out() -> None:
    for text in ("", "?", "a " * 500, "Click here\n" * 9):
        assert judged(text) is None


@pytest.mark.parametrize(
    ("text", "drop"),
    [
        (different(50), None),
        (different(49), Drop("too short", "49 tokens, at least 50")),
        (different(25) + " ." * 25, None),
        (different(25) + " ." * 24, Drop("too short", "49 tokens, at least 50")),
        ("İx " * 49, Drop("too short", "49 tokens, at least 50")),  # two words each in lower case
        ("", Drop("too short", "0 tokens, at least 50")),
    ],
)
def test_tokens(text: str, drop: Drop | None) -> None:
    assert judged(text, min_tokens=50) == drop


@pytest.mark.parametrize(
    ("text", "drop"),
    [
        ("ab1é ..|%  \n", None),
        ("ab1é ..|%%", Drop("not text", "55.6% of the characters are neither letters nor digits, at most 50.0%")),
        ("ab_ _", None),
        ("ab_ __", Drop("not text", "60.0% of the characters are neither letters nor digits, at most 50.0%")),
        ("心脏, 心脏", None),
    ],
)
def test_characters(text: str, drop: Drop | None) -> None:
    assert judged(text, max_non_alphanumeric=0.5) == drop


def test_repeated_lines_weigh_by_their_characters() -> None:
    assert judged("abcd\nwxyz\n abcd \nwxyz", max_repeated_line_share=0.5) is None
    drop = judged("abcd\nabcd\nabcd\nwxyz", max_repeated_line_share=0.49)
    assert drop == Drop("repeated lines", "50.0% of the characters in lines that stood before, at most 49.0%")
    assert judged("Q:\n" + "Q:\nA long answer is told here.\n" + "Q:\n", max_repeated_line_share=0.2) is None


def slow_repeated_run_share(words: list[str]) -> float:
    seen: set[tuple[str, ...]] = set()
    covered: set[int] = set()
    for start in range(len(words) - 9):
        run = tuple(words[start : start + 10])
        if run in seen:
            covered.update(range(start, start + 10))
        seen.add(run)
    return len(covered) / len(words)


@pytest.mark.parametrize(
    "text",
    [
        different(40),
        different(20) + " " + different(20),
        different(20) + " x " + different(12, 3) + " " + different(15, 50) + " " + different(10, 5),
        "a " * 35,
        different(9) + " " + different(9),
    ],
)
def test_repeated_runs_equal_a_count_of_tuples(text: str) -> None:
    words = words_of(text)
    assert repeated_run_share(hash_words(words)) == slow_repeated_run_share(words)


def test_a_text_told_twice_is_kept_and_one_told_three_times_is_not() -> None:
    assert judged(" ".join([different(30)] * 2), max_repeated_run_share=0.5) is None
    drop = judged(" ".join([different(30)] * 3), max_repeated_run_share=0.6)
    assert drop == Drop("repeated runs", "66.7% of the words in runs of 10 that stood before, at most 60.0%")


@pytest.mark.parametrize(("num_other", "share"), [(28, 0.3), (27, 12 / 39)])
def test_the_most_frequent_run(num_other: int, share: float) -> None:
    text = " ".join(f"no evidence of disease {different(num_other // 3 + (part < num_other % 3), part * 100)}" for part in range(3))
    assert top_run_share(hash_words(words_of(text))) == pytest.approx(share)
    assert (judged(text, max_top_run_share=0.3) is None) == (num_other == 28)
    assert top_run_share(hash_words(words_of("no evidence of disease no evidence of disease"))) == 0.0


BOILERPLATE = [
    "We use cookies to give you the best experience on our website.",
    "Accept all cookies",
    "Copyright © 2019 Example Press. All rights reserved.",
    "© 2020 The Authors",
    "Click here to read more",
    "Home | About us | Services | Contact",
    "Skip to main content",
    "Share this article on Facebook",
    "Please enable JavaScript to view this page.",
    "Terms of use",
    "Lorem ipsum dolor sit amet, consectetur adipiscing elit",
    "Name: ______________",
    "Date of birth: ____ / ____ / ______  Signature: ___________",
    "Chapter 3 Diseases of the heart ........................ 117",
    "Forgot your password?",
]
PROSE = [
    "The copyright of the questionnaire is held by its authors, who gave their permission for its use in this trial.",
    "A click was heard here on auscultation, and the patient uses a browser to share his readings with us.",
    "Patients had the same rights, in terms of use of rescue drugs, as all others; home visits were reserved for the frail.",
    "He stated that he eats cookies, skips breakfast and looks at the menu before he orders...",
    "Oxygen saturation fell from 98 .... to 80 in the third minute of exercise and was restored by rest.",
    "Glucose | 112 | mg/dL and potassium | 4.1 | mmol/L were measured in the morning, before the first dose was given.",
]


@pytest.mark.parametrize("line", BOILERPLATE)
def test_boilerplate(line: str) -> None:
    assert boilerplate_share(line, words_of(line)) == 1.0


@pytest.mark.parametrize("line", PROSE)
def test_prose_that_speaks_of_the_same_things(line: str) -> None:
    assert boilerplate_share(line, words_of(line)) == 0.0


def test_boilerplate_limit() -> None:
    assert judged("Terms of use\n" + "x" * 28, max_boilerplate_share=0.3) is None
    drop = judged("Terms of use\n" + "x" * 27, max_boilerplate_share=0.3)
    assert drop == Drop("boilerplate", "30.8% of the characters in lines that are no prose, at most 30.0%")


FOREIGN = {
    "de": (
        "Der 63-jährige Patient stellte sich mit seit drei Tagen bestehenden Schmerzen im rechten Unterbauch vor. Die "
        "körperliche Untersuchung ergab einen Druckschmerz über dem McBurney-Punkt, die Temperatur lag bei 38,2 Grad. Es wurde "
        "eine Appendektomie durchgeführt."
    ),
    "fr": (
        "Le patient, âgé de 58 ans, a été admis aux urgences pour une douleur thoracique évoluant depuis deux heures. Une "
        "coronarographie réalisée en urgence a mis en évidence une occlusion de l'artère interventriculaire antérieure, traitée "
        "par angioplastie."
    ),
    "es": (
        "Mujer de 45 años que acude a consulta por presentar desde hace dos semanas tos seca, fiebre vespertina y pérdida de "
        "peso. En la exploración física se auscultan crepitantes. La radiografía de tórax muestra un infiltrado cavitado en el "
        "lóbulo superior."
    ),
    "it": (
        "Paziente di 70 anni con storia di ipertensione arteriosa e diabete mellito, ricoverato per dispnea da circa una "
        "settimana. La radiografia del torace mostra un versamento pleurico bilaterale. È stata iniziata terapia diuretica con "
        "miglioramento."
    ),
    "nl": (
        "De patiënt werd opgenomen met klachten van kortademigheid en een productieve hoest sinds vier dagen. Bij lichamelijk "
        "onderzoek was er sprake van een verhoogde ademfrequentie. De thoraxfoto toonde een infiltraat in de rechter onderkwab."
    ),
    "ru": (
        "Пациент поступил в отделение с жалобами на сильную боль в правой подвздошной области, тошноту и рвоту. При осмотре "
        "живот напряжен, симптомы раздражения брюшины положительные. Выполнена срочная операция, послеоперационный период "
        "протекал без осложнений."
    ),
    "zh": (
        "患者男性，五十八岁，因反复胸痛三天入院。查体：血压一百五十毫米汞柱，心率八十次每分，双肺呼吸音清，未闻及干湿性啰"
        "音。心电图提示前壁导联抬高，考虑急性心肌梗死。入院后给予阿司匹林治疗，并行急诊冠状动脉造影，术后患者症状明显缓解"
        "。"
    ),
}
TELEGRAM = (
    "Pt c/o SOB x3d, DOE, no CP. PMH: HTN, DM2, CAD s/p CABG 2009, CKD3, COPD on 2L O2. Meds: ASA 81 mg qd, metoprolol 25 "
    "mg bid, lisinopril 10 mg qd, metformin 500 mg bid, albuterol prn. VS: T 98.6 HR 92 BP 148/86 RR 20 SpO2 93% 2L. Gen: "
    "NAD, A&Ox3. CV: RRR, no m/r/g. Lungs: bibasilar crackles, scattered wheezes. Abd: soft, NT/ND, +BS. Ext: 2+ pitting "
    "edema bilat LE. A/P: CHF exac - Lasix 40 IV bid, I/O, low Na diet, echo AM. COPD - nebs q4h, cont home inh. DM2 - SSI, "
    "hold metformin. CKD - monitor Cr. DVT ppx SQH. Full code."
)
VALUES = (
    "CBC: WBC 11.2, RBC 4.35, Hemoglobin 12.9, Hematocrit 38.4, MCV 88.3, Platelets 256. Differential: neutrophils 74, "
    "lymphocytes 16, monocytes 7, eosinophils 2, basophils 1. CMP: sodium 139, potassium 3.9, chloride 104, bicarbonate 25, "
    "creatinine 0.9, glucose 112, calcium 9.1, albumin 3.8, total protein 6.9, alkaline phosphatase 78, AST 22, ALT 19, "
    "total bilirubin 0.6. Urinalysis: specific gravity 1.018, protein negative, glucose negative, ketones negative, nitrite "
    "negative, leukocyte esterase negative."
)


@pytest.mark.parametrize("language", FOREIGN)
def test_other_languages(language: str) -> None:
    text = FOREIGN[language]
    assert other_language_share(text, words_of(text), ("en",)) == 1.0
    assert other_language_share(text, words_of(text), ("en", language)) == 0.0
    assert judged(text, languages=("en",), min_language_tokens=10) == Drop(
        "language", "100.0% of the samples in another language, at most 50.0%"
    )


@pytest.mark.parametrize("text", [TELEGRAM, VALUES])
def test_notes_without_grammar_are_english(text: str) -> None:
    assert other_language_share(text, words_of(text), ("en",)) == 0.0


@pytest.mark.parametrize(("min_tokens", "is_dropped"), [(39, True), (40, True), (41, False)])
def test_the_language_of_a_short_text_is_not_judged(min_tokens: int, is_dropped: bool) -> None:
    text = " ".join(word for word in (FOREIGN["de"] * 2).split() if word.isalpha())
    text = " ".join(text.split()[:40])
    assert (judged(text, languages=("en",), min_language_tokens=min_tokens) is not None) == is_dropped


def test_perplexity_limit() -> None:
    reference = train_reference(["the heart is normal in size and the lungs are clear"] * 3)
    text = "the lungs are normal"
    value = reference.perplexities([words_of(text)])[0]
    assert judged(text, reference, max_perplexity=value) is None
    assert judged(text, reference, max_perplexity=value - 0.001) == Drop("perplexity", f"{value:.1f} a token, at most {value - 0.001:.1f}")
    assert judged(text, None, max_perplexity=1.5) is None
    assert judged("?!", reference, max_perplexity=1.5) is None


def test_the_first_rule_broken_is_the_reason_and_none_after_it_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    def explode(*_: object) -> float:
        raise AssertionError("measured after the text was dropped")

    monkeypatch.setattr(filters, "repeated_line_share", explode)
    drop = judged("?? ??", min_tokens=3, max_non_alphanumeric=0.5, max_repeated_line_share=0.5)
    assert drop is not None
    assert drop.reason == "not text"
    assert drop.reason in REASONS


def test_hardly_any_real_text_is_dropped_but_for_its_length(shared_data: Path) -> None:
    drops: list[tuple[str, Drop]] = []
    num_texts = 0
    with gzip.open(shared_data / "pretrain" / "mini.jsonl.gz", "rt", encoding="utf-8") as file:
        for line in file:
            text = json.loads(line)["text"]
            num_texts += 1
            (drop,) = judge([subject(text, FilterSettings(min_tokens=0))])
            if drop is not None:
                drops.append((text, drop))
    assert num_texts > 250
    assert len(drops) <= 1, drops
