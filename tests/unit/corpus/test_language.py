"""How many samples of a text are judged, and that the short way to a judgement is that of all probabilities."""

from __future__ import annotations

import pytest

from medpretrain.corpus import language
from medpretrain.corpus.language import MAX_WANTED, MIN_OTHER, is_other, other_language_share

GERMAN = "Der Patient klagt seit gestern über starke Schmerzen in der Brust und wurde zur weiteren Abklärung aufgenommen. "
ENGLISH = "Patient complains since yesterday, severe chest pains radiating left arm, admitted further workup tomorrow morning. "
LISTS = ["Aspirin Metoprolol Lisinopril Atorvastatin Pantoprazol", "ASA, KCl, NaCl", "Le patient se plaint de douleurs", "x", "ÄÖÜ"]


@pytest.mark.parametrize(
    ("parts", "num_judged", "share"),
    [
        ([False] * 5, 3, 0.0),  # two others could not be more than half
        ([True, False, False, False, True], 4, 0.2),
        ([True, True, False, True, False], 5, 0.6),
        ([True] * 5, 5, 1.0),
        ([False], 1, 0.0),
    ],
)
def test_samples_are_judged_as_long_as_they_can_decide(
    monkeypatch: pytest.MonkeyPatch, parts: list[bool], num_judged: int, share: float
) -> None:
    answers = iter(parts)
    judged: list[str] = []

    def judge(prose: str, languages: tuple[str, ...]) -> bool:
        judged.append(prose)
        return next(answers)

    monkeypatch.setattr(language, "is_other", judge)
    assert other_language_share("abcde " * (50 * len(parts)), [], ("en",)) == share
    assert len(judged) == num_judged


@pytest.mark.parametrize("languages", [("en",), ("de",), ("en", "de"), ()])
def test_a_judgement_is_that_of_all_probabilities(languages: tuple[str, ...]) -> None:
    mixed = [GERMAN[:cut] + ENGLISH[: 100 - cut] for cut in range(0, 101, 5)]
    for prose in [GERMAN, ENGLISH, *LISTS, *mixed]:
        probability = dict(language._identifier().rank(prose))
        wanted = sum(probability.pop(name, 0.0) for name in {*languages, "la"})
        assert is_other(prose, languages) == (max(probability.values()) >= MIN_OTHER and wanted <= MAX_WANTED), prose
