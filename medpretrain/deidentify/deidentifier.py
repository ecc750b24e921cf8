"""All finders together, and what stands in place of what they find."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import repeat
from pathlib import Path

from medpretrain.deidentify.ages import find_ages
from medpretrain.deidentify.dates import find_dates
from medpretrain.deidentify.finding import Finding, united
from medpretrain.deidentify.identity import Identity
from medpretrain.deidentify.known import find_known
from medpretrain.deidentify.names import find_names
from medpretrain.deidentify.numbers import find_numbers
from medpretrain.deidentify.places import find_places
from medpretrain.deidentify.replace import Replaced, Replacer
from medpretrain.deidentify.secret import Secret
from medpretrain.deidentify.settings import DeidentifySettings

NOBODY = Identity()


class Deidentifier:
    """Finds and replaces. What becomes of a text depends on the text, its identity, the settings and the secret alone.

    Attributes:
        settings: as given.
        secret: what `settings.secret_file` holds; None where there is none.
    """

    def __init__(self, settings: DeidentifySettings) -> None:
        self.settings = settings
        self.secret = Secret.read(Path(settings.secret_file)) if settings.secret_file else None
        self._replacer = Replacer(settings, self.secret)
        self._kept = frozenset(settings.keep)
        self._classifier = None
        if settings.ner is not None:
            from medpretrain.deidentify.ner import TokenClassifier  # torch and transformers, which rules do not need

            self._classifier = TokenClassifier(Path(settings.ner), settings.ner_min_score)

    def find(self, texts: Sequence[str], identities: Sequence[Identity] | None = None) -> list[list[Finding]]:
        """The identifiers of each text, apart and in order. `identities` say what is known of whom each text is about."""
        others = repeat([]) if self._classifier is None else self._classifier.find(texts)
        known = repeat(NOBODY) if identities is None else identities
        return [self._find(text, identity, found) for text, identity, found in zip(texts, known, others, strict=False)]

    def deidentify(self, texts: Sequence[str], identities: Sequence[Identity], scopes: Sequence[str]) -> list[Replaced]:
        """Each text without its identifiers. In texts of one scope, the same name has the same surrogate."""
        found = self.find(texts, identities)
        return [self._replacer.replace(*one) for one in zip(texts, found, scopes, strict=True)]

    def put(self, text: str, findings: Sequence[Finding], scope: str) -> str:
        """The text with these findings replaced."""
        return self._replacer.replace(text, findings, scope).text

    def _find(self, text: str, identity: Identity, found_by_model: Sequence[Finding]) -> list[Finding]:
        found = [*self._found_by_rules(text), *find_known(text, identity), *found_by_model]
        return united(one for one in found if one.kind not in self._kept)

    def _found_by_rules(self, text: str) -> Iterator[Finding]:
        yield from find_numbers(text)
        yield from find_dates(text)
        yield from find_ages(text)
        yield from find_names(text)
        yield from find_places(text, self.settings.states)
