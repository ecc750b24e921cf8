"""The wording of a radiology report: noun phrases, sentences, observations, impression. Pure; a random.Random chooses among wordings.

A structured finding is a dict of JSON values: `finding` (the name of a FindingKind), `present`, and, where they apply, `degree`,
`laterality` ("right", "left", "bilateral"), `location`, `measurement` ("8 mm", "3.2 x 2.1 cm"), `change` (against the earlier examination).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from random import Random
from typing import Any

from medpretrain.corpus.document import Document
from medpretrain.corpus.radiology import DEVICE, INCIDENTAL, KIND_OF_NAME, SIDE_OF_PLACE, FindingKind
from medpretrain.errors import InputError

Finding = dict[str, Any]

ATTRIBUTES = ("laterality", "location", "degree", "measurement", "change")  # in the order of the observations line
HEADERS = ("[EXAM]", "[HISTORY]", "[OBSERVATIONS]", "[FINDINGS]", "[IMPRESSION]")
NO_OBSERVATION = "none"

_WORD = re.compile(r"\[[A-Z]+\]|\w+|[^\w\s]")
_SINGULAR_FRAMES = (
    "There is {np}.",
    "{np} is seen.",
    "{np} is present.",
    "{np} is noted.",
    "{np} is identified.",
    "There is evidence of {np}.",
)
_PLURAL_FRAMES = ("There are {np}.", "{np} are seen.", "{np} are present.", "{np} are noted.", "{np} are identified.")
_ABSENT_FRAMES = ("No {np}.", "No {np} is seen.", "There is no {np}.", "There is no evidence of {np}.", "No {np} is identified.")
_CHANGE_WORDS = {
    "new": ("new from the prior examination", "new since the prior study"),
    "unchanged": ("unchanged from the prior examination", "stable since the prior study", "similar to prior"),
    "increased": ("increased from the prior examination", "larger than on the prior study"),
    "decreased": ("decreased from the prior examination", "smaller than on the prior study"),
    "improved": ("improved from the prior examination", "less pronounced than on the prior study"),
    "worsened": ("worsened since the prior examination", "more pronounced than on the prior study"),
}


def count_words(text: str) -> int:
    """Words, punctuation marks and section headers of a text; about what a domain tokenizer makes of it."""
    return len(_WORD.findall(text))


def findings_prompt(exam: str, history: str, findings: Sequence[Finding]) -> str:
    """The report up to and including "[FINDINGS]": what a model is given to write the rest from structured findings.

    Raises InputError for a finding of an unknown kind.
    """
    return f"[EXAM] {exam}\n[HISTORY] {history}\n[OBSERVATIONS] {observations(findings)}\n[FINDINGS]"


def prompt_of(document: Document) -> str:
    """The prompt that a synthetic report begins with."""
    return findings_prompt(document.meta["exam"], document.meta["history"], document.meta["findings"])


def observations(findings: Sequence[Finding]) -> str:
    """The observations line: "pleural effusion: right, small; pneumothorax: absent", or "none"."""
    return "; ".join(observation(finding) for finding in findings) or NO_OBSERVATION


def observation(finding: Finding) -> str:
    """One entry of the observations line; raises InputError for an unknown kind."""
    name = finding["finding"]
    if name not in KIND_OF_NAME:
        raise InputError(f"finding `{name}`", "is not a known kind", "a name of the findings table", "see medpretrain/corpus/radiology.py")
    if not finding["present"]:
        return f"{name}: absent"
    return f"{name}: " + (", ".join(finding[key] for key in ATTRIBUTES if key in finding) or "present")


def draw_finding(rng: Random, kind: FindingKind, compared: bool) -> Finding:
    """A finding of this kind with the attributes the table allows; `compared`: there is an earlier examination."""
    finding: Finding = {"finding": kind.name, "present": True}
    place = rng.choice(kind.places) if kind.places and (not kind.sides or not kind.place_has_side or rng.random() < 0.8) else ""
    if kind.sides:
        sides = ("right", "left", "bilateral") if kind.sides == "both" else ("right", "left")
        finding["laterality"] = SIDE_OF_PLACE.get(place) or rng.choice(sides)
    if place:
        finding["location"] = place
    extent = rng.random()  # within the range of the table, so that a severe finding is also a large one
    if kind.degrees and rng.random() < 0.85:
        finding["degree"] = kind.degrees[int(extent * len(kind.degrees))]
    if kind.size is not None:
        finding["measurement"] = _measurement(rng, kind.size, extent)
    if compared and rng.random() < 0.6:
        finding["change"] = rng.choice(kind.changes)
    return finding


def is_plural(kind: FindingKind, finding: Finding) -> bool:
    return kind.form == "many" or (bool(kind.plural) and finding.get("laterality") == "bilateral")


def noun_phrase(finding: Finding, article: bool) -> str:
    """ "a small right pleural effusion", "an 8 mm..." without its article where `article` is False; place and measurement included."""
    kind = KIND_OF_NAME[finding["finding"]]
    plural = is_plural(kind, finding)
    side, place = finding.get("laterality", ""), finding.get("location", "")
    side_in_place = bool(place) and kind.place_has_side and side in ("right", "left")
    noun = kind.plural if plural and kind.plural else kind.name
    words = [finding.get("degree", ""), "" if side_in_place else side, noun]
    if place:
        if side == "bilateral" and kind.place_has_side:
            place = f"{place[:-1]}ies" if place.endswith("y") else f"{place}s"
        words += [kind.at, side if side_in_place else "", place]
    if "measurement" in finding:
        words += ["measuring up to" if plural or side == "bilateral" else "measuring", finding["measurement"]]
    phrase = " ".join(word for word in words if word)
    if article and kind.form == "one" and not plural:
        return f"{'an' if phrase[0] in 'aeio' else 'a'} {phrase}"
    return phrase


def positive_sentence(rng: Random, finding: Finding, brief: bool) -> str:
    """A sentence that says the finding is there, with all its attributes; unless `brief`, often with a further sentence."""
    kind = KIND_OF_NAME[finding["finding"]]
    plural = is_plural(kind, finding)
    sentence = rng.choice(_PLURAL_FRAMES if plural else _SINGULAR_FRAMES).format(np=noun_phrase(finding, article=True))
    if "change" in finding:
        sentence = f"{sentence[:-1]}, {rng.choice(_CHANGE_WORDS[finding['change']])}."
    if kind.details and not plural and not brief and rng.random() < 0.7:
        sentence = f"{sentence} {rng.choice(kind.details)}"
    return _capitalised(sentence)


def absent_sentence(rng: Random, kinds: Sequence[FindingKind]) -> str:
    """A sentence that says none of these kinds of findings is there: "No pneumothorax, rib fracture, or consolidation."."""
    names = [kind.name for kind in kinds]
    joined = f"{', '.join(names[:-1])}{',' if len(names) > 2 else ''} or {names[-1]}" if len(names) > 1 else names[0]
    frames = _ABSENT_FRAMES if all(kind.form != "many" for kind in kinds) else _ABSENT_FRAMES[:1]
    return rng.choice(frames).format(np=joined)


def impression_items(rng: Random, findings: Sequence[Finding], negative: str, brief: bool) -> list[str]:
    """The numbered items: each present finding, the gravest first, incidental ones together; `negative` where none matters."""
    present = sorted((finding for finding in findings if finding["present"]), key=_rank)
    items = [_impression_item(rng, finding, brief) for finding in present if _rank(finding) < INCIDENTAL]
    if not items:
        items = [negative]
    incidental = [noun_phrase(finding, article=False) for finding in present if _rank(finding) == INCIDENTAL]
    if incidental:
        items.append(_capitalised(f"{', '.join(incidental[:-1])}{' and ' if len(incidental) > 1 else ''}{incidental[-1]}."))
    if any(_rank(finding) == DEVICE for finding in present):
        items.append("Support devices as described.")
    return items


def _impression_item(rng: Random, finding: Finding, brief: bool) -> str:
    kind = KIND_OF_NAME[finding["finding"]]
    item = noun_phrase(finding, article=False)
    if "change" in finding:
        item = f"{item}, {finding['change']}"
    if kind.means and rng.random() < 0.5:
        item = f"{item}, {rng.choice(kind.means)}"
    if kind.advice and not brief and rng.random() < 0.6:
        return _capitalised(f"{item}. {kind.advice}")
    return _capitalised(f"{item}.")


def _rank(finding: Finding) -> int:
    return KIND_OF_NAME[finding["finding"]].rank


def _capitalised(text: str) -> str:
    return text[0].upper() + text[1:]


def _measurement(rng: Random, size: tuple[float, float, str], extent: float) -> str:
    least, most, unit = size
    longest = least + extent * (most - least)
    if unit == "mm":
        return f"{longest:.0f} mm"
    if unit == "cm":
        return f"{longest:.1f} cm"
    return f"{longest:.1f} x {longest * rng.uniform(0.6, 0.95):.1f} cm"
