"""What stands in place of an identifier in mode "surrogate", kind by kind."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from functools import cached_property

from medpretrain.deidentify.finding import Finding
from medpretrain.deidentify.keyed import Keyed, date_offset
from medpretrain.deidentify.secret import Secret
from medpretrain.deidentify.settings import DeidentifySettings
from medpretrain.deidentify.shift import date_of, shift_date
from medpretrain.deidentify.surrogate_codes import code, ip_address, phone, social_security, web_address
from medpretrain.deidentify.surrogate_people import People, words_of_names
from medpretrain.deidentify.surrogate_places import Places, words_of_places

OVER_89 = "90+"
YEAR_OF_NONE = 2012  # of dates without one in a text without any; a leap year, so that it has them all

_AGE_DIGITS = re.compile(r"\d{1,3}(?:\.\d+)?(?:'?s\b)?\+?")
_AGE_WORDS = re.compile(
    r"\b(?:(?:a|one)[\s-]+)?(?:ninety|nineties|hundred)(?:[\s-]+(?:and[\s-]+)?(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve))?\b",
    re.IGNORECASE,
)


class Surrogates:
    """The surrogates of one text. They depend on the text, its findings, the scope, the settings and the secret alone."""

    def __init__(self, settings: DeidentifySettings, secret: Secret, text: str, findings: Sequence[Finding], scope: str) -> None:
        self._text = text
        self._findings = findings
        self._states = settings.states
        self._keyed = Keyed(secret, scope)
        self._days = date_offset(secret, scope, settings.max_shift_weeks)

    def of(self, finding: Finding) -> str | None:
        """What stands for a finding; None where nothing was made that differs from it."""
        written = self._text[finding.start : finding.end]
        if finding.kind == "DATE":
            surrogate = shift_date(written, self._days, self._year_near(finding.start))
        elif finding.kind == "AGE":
            surrogate = _age(written)
        elif finding.kind in _FORMATS:
            surrogate = _FORMATS[finding.kind](self._keyed, written)
        else:
            surrogate = self._makers[finding.kind](written)
        return surrogate if surrogate and surrogate != written else None

    @cached_property
    def _makers(self) -> dict[str, Callable[[str], str]]:
        people = People(self._keyed, words_of_names(self._written("NAME")))
        places = Places(self._keyed, words_of_places(self._written("LOCATION", "HOSPITAL")), self._states)
        return {"NAME": people.name, "EMAIL": people.email, "LOCATION": places.location, "HOSPITAL": places.hospital}

    def _written(self, *kinds: str) -> list[str]:
        return [self._text[finding.start : finding.end] for finding in self._findings if finding.kind in kinds]

    @cached_property
    def _years(self) -> tuple[list[int], list[int]]:
        """Where the dates with a year stand, and their years."""
        spans = ((finding.start, finding.end) for finding in self._findings if finding.kind == "DATE")
        dates = [(start, date) for start, end in spans if (date := date_of(self._text[start:end], None)) is not None]
        return [start for start, _ in dates], [date.year for _, date in dates]

    def _year_near(self, place: int) -> int:
        """The year that a date at `place` has if it says none: of the last date before that says one, else of the next."""
        starts, years = self._years
        return years[max(0, bisect_right(starts, place) - 1)] if years else YEAR_OF_NONE


_FORMATS: dict[str, Callable[[Keyed, str], str]] = {
    **dict.fromkeys(("MRN", "HEALTH_PLAN", "ACCOUNT", "LICENSE", "VEHICLE", "DEVICE", "BIOMETRIC", "PHOTO", "ID"), code),
    **dict.fromkeys(("PHONE", "FAX"), phone),
    "SSN": social_security,
    "URL": web_address,
    "IP": ip_address,
}


def _age(written: str) -> str:
    pattern = _AGE_DIGITS if _AGE_DIGITS.search(written) else _AGE_WORDS
    return pattern.sub(OVER_89, written, count=1) if pattern.search(written) else OVER_89
