"""Thresholds for what was measured: `fertility.clinical_note<=1.2`, `coverage.every_word>=0.995`. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from medpretrain.errors import InputError, InputErrors

_FORM = re.compile(r"(?P<name>[^<>=]+?)\s*(?P<sign><=|>=)\s*(?P<limit>[^<>=]+)")
_EXPECTED = "NAME<=LIMIT or NAME>=LIMIT with a number for the limit"


@dataclass(frozen=True)
class Requirement:
    """A measure's name and the limit that it must keep, which itself is allowed."""

    name: str
    at_least: bool
    limit: float

    def __str__(self) -> str:
        return f"{self.name}{'>=' if self.at_least else '<='}{self.limit:g}"

    def is_met(self, value: float) -> bool:
        """Whether a value keeps the limit; what is not a number does not."""
        return value >= self.limit if self.at_least else value <= self.limit


@dataclass(frozen=True)
class Shortfall:
    """A requirement that was not met, and by what."""

    requirement: Requirement
    value: float

    def __str__(self) -> str:
        word = "at least" if self.requirement.at_least else "at most"
        told = "nothing that it could be measured on" if math.isnan(self.value) else f"{self.value:.4g}"
        return f"{self.requirement.name} is {told}; limit: {word} {self.requirement.limit:g}"


def parse_requirements(words: Sequence[str]) -> list[Requirement]:
    """Requirements as they were typed. Raises InputErrors with all that are not of the form."""
    requirements, errors = [], []
    for word in words:
        match = _FORM.fullmatch(word.strip())
        try:
            limit = float(match["limit"]) if match else math.nan
        except ValueError:
            limit = math.nan
        if match is None or not math.isfinite(limit):
            remedy = "write it in quotes, so that the shell leaves < and > alone: --require 'coverage.every_word>=0.995'"
            errors.append(InputError(f"--require {word}", "is no requirement", _EXPECTED, remedy))
        else:
            requirements.append(Requirement(match["name"].strip(), match["sign"] == ">=", limit))
    if errors:
        raise InputErrors(errors)
    return requirements


def check_names(requirements: Sequence[Requirement], names: Collection[str], why_absent: Mapping[str, str]) -> None:
    """Raises InputErrors for every requirement of something that is not measured, saying what is.

    Args:
        names: of all that is measured.
        why_absent: of measures that could be, what is missing for them: the beginning of their names -> what to do.
    """
    errors = []
    for requirement in requirements:
        if requirement.name not in names:
            remedy = next((words for start, words in why_absent.items() if requirement.name.startswith(start)), "name one of these")
            expected = f"one of {', '.join(sorted(names))}"
            errors.append(InputError(f"--require {requirement}", f"{requirement.name} is not measured here", expected, remedy))
    if errors:
        raise InputErrors(errors)


def shortfalls(requirements: Sequence[Requirement], measured: Mapping[str, float]) -> list[Shortfall]:
    """Those that are not met, in their order."""
    return [Shortfall(each, measured[each.name]) for each in requirements if not each.is_met(measured[each.name])]


def gate_record(requirements: Sequence[Requirement], measured: Mapping[str, float]) -> dict[str, object]:
    """What the gate says, JSON-able: whether all is met, every requirement with its value, a sentence for each that fell short."""
    return {
        "passed": not shortfalls(requirements, measured),
        "requirements": [
            {"required": str(each), "value": measured[each.name], "met": each.is_met(measured[each.name])} for each in requirements
        ],
        "fell_short": [str(each) for each in shortfalls(requirements, measured)],
    }
