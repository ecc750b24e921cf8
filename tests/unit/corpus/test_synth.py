"""Synthetic reports: lengths as required, text that says what the structured findings say, the same for the same seed."""

from __future__ import annotations

import hashlib
import re
import statistics
from pathlib import Path

import pytest

from medpretrain.corpus.document import Document
from medpretrain.corpus.lines import read_lines
from medpretrain.corpus.radiology import DEVICE, INCIDENTAL, KIND_OF_NAME, KINDS
from medpretrain.corpus.radiology_normals import EXAMS, NORMALS, ORGAN_LABELS
from medpretrain.corpus.report import HEADERS, count_words, findings_prompt, noun_phrase, observations, prompt_of
from medpretrain.corpus.synth import LENGTH_CLASSES, draw_length, report_rng, synthesise_report, synthesise_reports, write_synthetic_corpus
from medpretrain.errors import InputError

SIDES = {"right", "left", "bilateral"}
KIND_OF_WORDING = {wording: kind.name for kind in KINDS for wording in (kind.name, kind.plural) if wording}
ANY_KIND = re.compile(rf"\b({'|'.join(KIND_OF_WORDING)})\b", re.IGNORECASE)
NEGATION = re.compile(r"^(No|There is no|There is no evidence of)\b")


@pytest.fixture(scope="module")
def reports() -> list[Document]:
    return list(synthesise_reports(1500, seed=7))


def section(text: str, header: str) -> str:
    rest = text.split(header, 1)[1]
    return re.split(r"\n\[[A-Z]+\]", rest, maxsplit=1)[0].strip()


def sentences_of(text: str) -> list[str]:
    """Sentences without the labels of organs; a point inside a number ends none."""
    unlabelled = re.sub(r"^[A-Z ,-]+: ", "", text, flags=re.MULTILINE)
    return [sentence.strip() for sentence in re.split(r"(?<=\.)\s+", unlabelled) if sentence.strip()]


def named_in(text: str) -> set[str]:
    """The kinds of findings whose name, singular or plural, stands in a text."""
    return {KIND_OF_WORDING[wording.lower()] for wording in ANY_KIND.findall(text)}


def test_every_structured_finding_is_said_with_its_polarity_side_place_and_measure(reports: list[Document]) -> None:
    num_checked = 0
    for report in reports:
        sentences = [(sentence, named_in(sentence)) for sentence in sentences_of(section(report.text, "[FINDINGS]"))]
        for finding in report.meta["findings"]:
            said = [sentence for sentence, names in sentences if finding["finding"] in names]
            assert len(said) == 1, (report.id, finding, said)
            assert bool(NEGATION.match(said[0])) is not finding["present"], (finding, said)
            words = set(re.findall(r"[a-z]+", said[0].lower()))
            if finding["present"]:
                assert words & SIDES == ({finding["laterality"]} if "laterality" in finding else set()), (finding, said)
                for key in ("degree", "measurement"):
                    assert finding.get(key, "").lower() in said[0].lower(), (finding, said)
                assert finding.get("location", "").removesuffix("y") in said[0], (finding, said)
                assert ("change" in finding) == bool(re.search(r"\bprior\b", said[0])), (finding, said)
            num_checked += 1
    assert num_checked > 8000


def test_whatever_else_is_named_is_denied(reports: list[Document]) -> None:
    num_denied = 0
    for report in reports:
        listed = {finding["finding"] for finding in report.meta["findings"]}
        for sentence in sentences_of(section(report.text, "[FINDINGS]")):
            for name in named_in(sentence) - listed:
                assert re.search(r"\b(no|without)\b", sentence, re.IGNORECASE), (report.id, name, sentence)
                num_denied += 1
    assert num_denied > 1000


def test_the_impression_names_every_present_finding_and_no_other(reports: list[Document]) -> None:
    for report in reports:
        impression = section(report.text, "[IMPRESSION]")
        present = {finding["finding"] for finding in report.meta["findings"] if finding["present"]}
        devices = {name for name in present if KIND_OF_NAME[name].rank == DEVICE}
        assert named_in(impression) == present - devices, (report.id, impression)
        assert ("Support devices as described." in impression) == bool(devices)
        grave = any(KIND_OF_NAME[name].rank < INCIDENTAL for name in present)
        assert impression.startswith("1. No ") is not grave
        items = re.findall(r"(?:^|(?<=\. ))(\d+)\. ", impression)
        assert items == [str(number) for number in range(1, len(items) + 1)]


def test_a_report_begins_with_its_prompt_and_has_each_header_once(reports: list[Document]) -> None:
    for report in reports:
        assert report.text.startswith(prompt_of(report))
        assert re.findall(r"\[[A-Z]+\]", report.text) == list(HEADERS)
        assert section(report.text, "[OBSERVATIONS]") == observations(report.meta["findings"])
        assert sentences_of(section(report.text, "[FINDINGS]")), report.id
        assert (report.doc_type, report.source) == ("radiology_report", "synthetic")


def test_reports_fit_the_patient(reports: list[Document]) -> None:
    for report in reports:
        history = report.meta["history"]
        names = " ".join(sentences_of(report.text))
        if " woman " in history:
            assert not re.search(r"prostat|seminal", names)
        elif " man " in history:
            assert not re.search(r"uter(us|ine)|ovarian|adnexa", names)


def test_lengths_are_those_of_the_three_classes() -> None:
    reports = list(synthesise_reports(3000, seed=42))
    lengths: dict[str, list[int]] = {length_class.name: [] for length_class in LENGTH_CLASSES}
    for report in reports:
        lengths[report.meta["length_class"]].append(count_words(report.text))
    for name, mean, share in (("short", 80, 5 / 9), ("medium", 350, 3 / 9), ("long", 1200, 1 / 9)):
        assert statistics.mean(lengths[name]) == pytest.approx(mean, rel=0.1)
        assert len(lengths[name]) / len(reports) == pytest.approx(share, abs=0.03)
    everything = [length for of_class in lengths.values() for length in of_class]
    assert min(everything) >= 20
    assert max(everything) <= 2000
    assert statistics.mean(everything) == pytest.approx(293.9, rel=0.1)
    assert statistics.median(everything) == pytest.approx(105, rel=0.1)


def test_extreme_lengths_stay_within_the_clip() -> None:
    drawn = [(draw_length(report_rng(5, index))[1], index) for index in range(20_000)]
    assert {min(drawn)[0]} == {20}
    extremes = sorted(drawn)[:25] + sorted(drawn)[-10:]
    for _, index in extremes:
        report = synthesise_report(5, index)
        assert 20 <= count_words(report.text) <= 2000
        assert section(report.text, "[FINDINGS]")


def test_a_report_depends_on_seed_and_number_alone() -> None:
    few, many = list(synthesise_reports(20, seed=3)), list(synthesise_reports(40, seed=3))
    assert many[:20] == few
    assert synthesise_report(3, 15) == few[15]
    assert len({report.text for report in many}) == 40
    assert [report.text for report in synthesise_reports(20, seed=4)] != [report.text for report in few]
    digest = hashlib.sha256("".join(report.text for report in few).encode()).hexdigest()
    assert digest[:16] == "e3944993cbe7a482", "the same seed gives other reports: raise GENERATOR_VERSION, then change this"


def test_written_files_are_the_same_bytes_for_the_same_seed(tmp_path: Path) -> None:
    first, second = (write_synthetic_corpus(50, 9, tmp_path / name) for name in ("a", "b"))
    assert first.identity == second.identity
    assert first.files == second.files
    assert write_synthetic_corpus(50, 10, tmp_path / "c").identity != first.identity
    assert (first.stage, first.counts["documents"], sum(first.counts["length_classes"].values())) == ("corpus synth", 50, 50)
    assert sum(1 for _ in read_lines(tmp_path / "a" / "reports.jsonl.zst")) == 50
    assert write_synthetic_corpus(50, 9, tmp_path / "a") == first


def test_no_reports_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        write_synthetic_corpus(0, 1, tmp_path / "out")
    assert caught.value.where == "--num-reports"
    assert caught.value.found == "is 0"
    assert caught.value.expected == "at least 1"
    assert caught.value.remedy == "ask for more reports"


def test_wording_of_a_prompt() -> None:
    findings = [
        {"finding": "pleural effusion", "present": True, "laterality": "right", "degree": "small", "change": "new"},
        {"finding": "pulmonary nodule", "present": True, "laterality": "left", "location": "upper lobe", "measurement": "8 mm"},
        {"finding": "cardiomegaly", "present": True},
        {"finding": "pneumothorax", "present": False},
    ]
    assert findings_prompt("Chest X-ray", "Cough.", findings) == (
        "[EXAM] Chest X-ray\n[HISTORY] Cough.\n"
        "[OBSERVATIONS] pleural effusion: right, small, new; pulmonary nodule: left, upper lobe, 8 mm; "
        "cardiomegaly: present; pneumothorax: absent\n[FINDINGS]"
    )
    assert findings_prompt("Chest X-ray", "Cough.", []).endswith("[OBSERVATIONS] none\n[FINDINGS]")


@pytest.mark.parametrize(
    ("name", "attributes", "phrase"),
    [
        ("pleural effusion", ("bilateral", "", "small", ""), "small bilateral pleural effusions"),
        ("pleural effusion", ("left", "", "", ""), "a left pleural effusion"),
        ("pulmonary nodule", ("left", "upper lobe", "", "8 mm"), "a pulmonary nodule in the left upper lobe measuring 8 mm"),
        ("atelectasis", ("bilateral", "lung base", "", ""), "bilateral atelectasis in the lung bases"),
        (
            "pulmonary embolism",
            ("bilateral", "main pulmonary artery", "", ""),
            "bilateral pulmonary embolism in the main pulmonary arteries",
        ),
        ("chest tube", ("right", "at the apex", "", ""), "a right chest tube with its tip at the apex"),
        ("lumbar compression fracture", ("", "L1", "mild", ""), "a mild lumbar compression fracture at L1"),
        ("rib fracture", ("right", "", "acute displaced", ""), "an acute displaced right rib fracture"),
        ("renal cyst", ("bilateral", "", "", "2.0 cm"), "bilateral renal cysts measuring up to 2.0 cm"),
    ],
)
def test_noun_phrases(name: str, attributes: tuple[str, ...], phrase: str) -> None:
    given = {key: value for key, value in zip(("laterality", "location", "degree", "measurement"), attributes, strict=True) if value}
    assert noun_phrase({"finding": name, "present": True, **given}, article=True) == phrase


def test_an_unknown_finding_is_refused() -> None:
    with pytest.raises(InputError) as caught:
        findings_prompt("Chest X-ray", "Cough.", [{"finding": "grey lung", "present": True}])
    assert caught.value.where == "finding `grey lung`"
    assert caught.value.found == "is not a known kind"
    assert caught.value.expected == "a name of the findings table"
    assert caught.value.remedy == "see medpretrain/corpus/radiology.py"


def test_the_tables_agree_with_each_other() -> None:
    assert len(KIND_OF_NAME) == len(KINDS)
    for kind in KINDS:
        within = {other for wording, other in KIND_OF_WORDING.items() if re.search(rf"\b{wording}\b", f"{kind.name}, {kind.plural}")}
        assert within == {kind.name}, "a name stands within another"
        assert kind.organ in ORGAN_LABELS
        assert kind.form in ("one", "many", "mass")
        assert kind.sides in ("", "one", "both")
        assert (kind.form == "one" and kind.sides == "both") == bool(kind.plural), kind.name
        assert kind.changes
        for words in (*kind.details, *kind.means, kind.advice):
            assert not named_in(words), (kind.name, words)
            assert not SIDES & set(words.split()), (kind.name, words)
    for normal in NORMALS:
        organs = {word[1:] for word in normal.denies if word.startswith("@")}
        names = {word for word in normal.denies if not word.startswith("@")}
        assert organs <= set(ORGAN_LABELS)
        assert names <= set(KIND_OF_NAME), normal
        denied = names | {kind.name for kind in KINDS if kind.organ in organs}
        for wording in normal.wordings:
            assert named_in(wording) <= denied, wording
    for exam in EXAMS.values():
        assert set(exam.organs) <= set(ORGAN_LABELS)
        assert set(exam.extra) <= set(KIND_OF_NAME)
        assert not named_in(" ".join(exam.negative))
    assert {"pneumoperitoneum", "hepatosplenomegaly", "ground-glass opacities"} <= set(KIND_OF_NAME)
