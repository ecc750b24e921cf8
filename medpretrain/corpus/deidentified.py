"""De-identification of documents: their texts, their ids, and what is kept of their meta."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from medpretrain.corpus.document import Document, says_deny
from medpretrain.corpus.settings import IdentitySettings, SourceSettings
from medpretrain.corpus.sources.identifying import identity_of, treatment_of
from medpretrain.deidentify.audit import AuditWriter, settings_that_decide
from medpretrain.deidentify.finding import Finding
from medpretrain.deidentify.identity import Identity
from medpretrain.deidentify.replace import Replacement
from medpretrain.deidentify.secret import Secret
from medpretrain.deidentify.settings import DeidentifySettings
from medpretrain.log import logger
from medpretrain.manifest import checksum_file, hash_of

ID_BYTES = 10
_YEAR = re.compile(r"\d{4}(?!\d)")


@dataclass(frozen=True, slots=True)
class Deidentified:
    """A document without its identifiers, and what was replaced in its text."""

    document: Document
    replacements: tuple[Replacement, ...]


class DocumentDeidentifier:
    """De-identifies documents of one source.

    An id, and fields of meta that are numbers of one person or record, become hashes that are keyed with the secret; without a secret an id
    stays, and such fields are left out. Dates of meta are moved as those of the text are, or become years where those become tags.
    """

    def __init__(self, settings: DeidentifySettings, identity: IdentitySettings | None = None) -> None:
        from medpretrain.deidentify.deidentifier import Deidentifier  # all rules, which a build that needs none does not wait for

        self._deidentifier = Deidentifier(settings)
        self._settings, self._identity = settings, identity
        self.secret = self._deidentifier.secret

    def deidentify(self, documents: Sequence[Document], fields: Sequence[str]) -> list[Deidentified]:
        """The documents without identifiers, in order, with those `fields` of their meta, and a consent that denies their use."""
        identities = [identity_of(document, self._identity) for document in documents]
        scopes = [self._scope(document, identity) for document, identity in zip(documents, identities, strict=True)]
        replaced = self._deidentifier.deidentify([document.text for document in documents], identities, scopes)
        return [
            Deidentified(
                replace(
                    document,
                    id=self.id_of(document.id),
                    text=one.text,
                    meta=self._meta(document, fields, identity, scope),
                    identity=Identity(),
                ),
                one.replacements,
            )
            for document, identity, scope, one in zip(documents, identities, scopes, replaced, strict=True)
        ]

    def id_of(self, document_id: str) -> str:
        """What stands for an id: the same in every run with the same secret."""
        if self.secret is None:
            return document_id
        return self.secret.digest("identifiers", b"document " + document_id.encode(errors="surrogatepass"), ID_BYTES).hex()

    def _scope(self, document: Document, identity: Identity) -> str:
        if self._settings.scope == "patient" and identity.subject:
            return f"patient {identity.subject}"
        return f"document {document.id}"

    def _meta(self, document: Document, fields: Sequence[str], identity: Identity, scope: str) -> dict[str, Any]:
        made = {}
        for field in fields:
            if field in document.meta:
                value = self._treated(treatment_of(field, self._identity), document.meta[field], identity, scope)
                if value is not None:
                    made[field] = value
        if says_deny(document.meta):
            made["consent"] = "deny"  # whatever else is left out, who reads this next must know
        return made

    def _treated(self, treatment: str, value: Any, identity: Identity, scope: str) -> Any:
        if treatment == "kept" or value is None:
            return value
        if treatment == "left out":
            return None
        if treatment == "hashed":
            return None if self.secret is None else self.secret.digest("identifiers", f"field {value}".encode(), ID_BYTES).hex()
        if treatment == "moved":
            return self._moved(str(value), scope)
        return self._searched(value, identity, scope)

    def _moved(self, date: str, scope: str) -> str | None:
        if self._settings.mode == "tag":
            year = _YEAR.match(date)
            return year.group() if year else None
        moved = self._deidentifier.put(date, [Finding(0, len(date), "DATE", "field")], scope)
        return None if moved.startswith("[") else moved

    def _searched(self, value: Any, identity: Identity, scope: str) -> Any:
        if isinstance(value, str):
            return self._deidentifier.deidentify([value], [identity], [scope])[0].text
        if isinstance(value, list):
            return [self._searched(one, identity, scope) for one in value]
        if isinstance(value, dict):
            return {key: self._searched(one, identity, scope) for key, one in value.items()}
        return value


def left_alone(document: Document, fields: Sequence[str]) -> Deidentified:
    """A document as it is, with no more than those `fields` of its meta."""
    meta = {key: value for key, value in document.meta.items() if key in fields}
    return Deidentified(replace(document, meta=meta, identity=Identity()), ())


def audit_writer(path: Path, name: str, settings: DeidentifySettings, source: SourceSettings) -> AuditWriter:
    """The trail `name` of documents of a source; of one that is left alone it says so."""
    said = told_in_trail(settings) if source.deidentify else {"deidentify": False}
    return AuditWriter(path, name, said, secret_of(settings))


def recorded(settings: DeidentifySettings) -> dict[str, Any]:
    """All that decides what becomes of a text, JSON-able: of the secret a value that tells it from others, of a model its checksums."""
    secret = secret_of(settings)
    return {**told_in_trail(settings), "secret": secret and secret.check_value}


def told_in_trail(settings: DeidentifySettings) -> dict[str, Any]:
    """The same without the secret, of which a trail tells in a field of its own."""
    model = "" if settings.ner is None else hash_of({path.name: checksum_file(path) for path in sorted(Path(settings.ner).iterdir())})
    return settings_that_decide(settings, model)


def warn_of_kept_ids(settings: DeidentifySettings) -> None:
    """Tell that ids are not replaced, where there is no secret to do it with."""
    if settings.secret_file is None:
        logger.warning("ids of documents stay as they are: name a secret_file to have them replaced")


def secret_of(settings: DeidentifySettings) -> Secret | None:
    """What the settings' file holds; None where they name none."""
    return Secret.read(Path(settings.secret_file)) if settings.secret_file else None
