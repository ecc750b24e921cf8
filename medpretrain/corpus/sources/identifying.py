"""What of a document besides its text can say who it is about: its id, its meta, and what its record's own fields say."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import MappingProxyType
from typing import Any, Literal

from medpretrain.corpus.document import Document
from medpretrain.corpus.settings import IdentitySettings
from medpretrain.corpus.sources.gathered import Gathered, united
from medpretrain.deidentify.identity import Identity

Treatment = Literal["hashed", "moved", "left out", "searched", "kept"]

# What de-identification does with the id of a document, and with the names of meta that readers use.
TREATMENTS: MappingProxyType[str, Treatment] = MappingProxyType(
    {
        # hashed with the secret: numbers of one person, visit, order or record
        "id": "hashed",
        "patient_id": "hashed",
        "encounter_id": "hashed",
        "record_id": "hashed",
        "accession_number": "hashed",  # DICOM
        "study_uid": "hashed",  # DICOM
        # moved as the dates of the text are
        "date": "moved",
        # searched as the text is
        "title": "searched",  # of a report, a DICOM study, an attachment: free text
        # of a few values, which many records have
        "language": "kept",
        "licence": "kept",
        "consent": "kept",
        "status": "kept",
        "message_type": "kept",  # HL7 v2
        "document_code": "kept",  # C-CDA
        "confidentiality": "kept",  # C-CDA
        "modality": "kept",  # DICOM
        # of publications, which are public
        **dict.fromkeys(("journal", "pmid", "pmcid", "doi", "article_language", "retracted"), "kept"),
    }
)
IDENTIFYING_META = frozenset(field for field, treatment in TREATMENTS.items() if treatment != "kept")

_GATHERERS: dict[str, Callable[[Gathered, str], None]] = {
    "names": Gathered.name,
    "numbers": Gathered.number,
    "places": Gathered.place,
    "dates": Gathered.date,
    "contacts": Gathered.contact,
}


def treatment_of(field: str, settings: IdentitySettings | None) -> Treatment:
    """What is done with a field of meta: what the source's settings say of it, else the table; what neither knows is searched, a value
    that is no text left as it is."""
    if settings is not None:
        if field in settings.numbers or field == settings.subject:
            return "hashed"
        if field in settings.dates:
            return "moved"
        if field in settings.fields:
            return "left out"
    return TREATMENTS.get(field, "searched")


def identity_of(document: Document, settings: IdentitySettings | None) -> Identity:
    """All that is known of the persons in a document: what the reader found in the record, and what the fields of meta say that the
    settings name."""
    known = [] if document.identity == Identity() else [document.identity, _of_meta(document)]
    if settings is not None:
        known.insert(0, _of_fields(document, settings))
    return united(known)


def _of_fields(document: Document, settings: IdentitySettings) -> Identity:
    gathered = Gathered()
    for kind, gather in _GATHERERS.items():
        for field in getattr(settings, kind):
            for value in _values(document, field):
                gather(gathered, value)
    subject = next(_values(document, settings.subject), "") if settings.subject is not None else ""
    gathered.number(subject)
    return gathered.identity(subject)


def _of_meta(document: Document) -> Identity:
    """What a reader of records has put into meta: numbers, and the date."""
    gathered = Gathered()
    for field, treatment in TREATMENTS.items():
        for value in _values(document, field):
            if treatment == "hashed":
                gathered.number(value)
            elif treatment == "moved":
                gathered.date(value)
    return gathered.identity()


def _values(document: Document, field: str) -> Iterator[str]:
    """What a field says, as text: its value, or all values within it; `id` where meta has none is the document's."""
    pending: list[Any] = [document.meta.get(field, document.id if field == "id" else None)]
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            pending += reversed(value.values())
        elif isinstance(value, list):
            pending += reversed(value)
        elif isinstance(value, bytes):
            yield value.decode(errors="replace")
        elif isinstance(value, (str, int, float)) and not isinstance(value, bool):
            yield str(value)
