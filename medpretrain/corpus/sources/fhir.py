"""Documents of FHIR R4 (and of most of STU3): a bundle, a resource or a list of them as JSON, or a bulk export of a resource a line.

Besides the names that all readers share, `meta` holds `status`. Documents are reports (DiagnosticReport), attached or composed documents
(DocumentReference, Composition), and a note made from what else is known of a patient at an encounter. Observations that a report shows
are not written into the note again. What is there for administration, and what was entered in error, is left out without a word.

Reasons of refusals: "not JSON", "invalid FHIR", "no text", "attachment not text", "missing reference". A missing reference loses what it
named, not the document around it.

In a bulk export, lines next to each other that are about one patient are read together, as a bundle of them would be; references reach
no further, but for what is known of persons, of whom other files may tell too. Consent counts from its line on; that of other files always.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import IO, Any, NamedTuple

import orjson

from medpretrain.corpus.document import Document
from medpretrain.corpus.sources.attachment import NOT_TEXT, NotTextError, attachment_text, from_base64, html_text, is_text_type
from medpretrain.corpus.sources.clinical import document_kind, report_kind
from medpretrain.corpus.sources.fhir_consent import said_by, together
from medpretrain.corpus.sources.fhir_identity import Earlier, Elsewhere, People
from medpretrain.corpus.sources.fhir_json import (
    Entry,
    Resource,
    Resources,
    WrongTypeError,
    first_complaint,
    item,
    items,
    resources_of,
    string,
    type_of,
)
from medpretrain.corpus.sources.fhir_note import (
    NOTED_TYPES,
    Find,
    Line,
    codes,
    concept,
    concepts,
    date_of,
    left_out,
    line_of,
    note_text,
    result_lines,
)
from medpretrain.corpus.sources.record import Record, Refusal, beginning
from medpretrain.deidentify.identity import Identity

MAX_LINES_TOGETHER = 10_000  # of one patient in a bulk export: what is held in memory


class _Source(NamedTuple):
    """What holds for all documents of a file."""

    name: str
    identities: bool
    consents: dict[str, str]  # of each patient ("" for one that is not named), as far as it was read
    elsewhere: Elsewhere | None  # persons and consents of other files
    earlier: Earlier | None = None  # persons of earlier lines


def read(file: IO[bytes], name: str, identities: bool = True, elsewhere: Elsewhere | None = None) -> Iterator[Record]:
    """The documents of a FHIR file; see above. A bundle is in memory as a whole, as its references need it.

    `elsewhere`: what other files say of persons and their consent.
    """
    source = _Source(name, identities, {}, elsewhere)
    first, number = b"", 0
    for number, first in enumerate(file, 1):
        first = first.removeprefix(b"\xef\xbb\xbf") if number == 1 else first
        if first.strip():
            break
    try:
        parsed = _parse(first)
    except ValueError:
        rest = file.readlines()
        try:
            parsed = _parse(first + b"".join(rest))
        except ValueError as error:
            if not any(line.lstrip().startswith(b"{") and line.rstrip().endswith(b"}") for line in rest):
                yield Refusal("", "not JSON", str(error), beginning(first + b"".join(rest[:20])))
                return
            yield from _read_lines(iter([first, *rest]), number, source)  # an export whose first line is broken
            return
        yield from _documents("", parsed, source)
        return
    second = next((line for line in file if line.strip()), None)
    if second is None:
        yield from _documents("", parsed, source)
    else:
        yield from _read_lines(_chained(first, second, file), number, source)


def _chained(first: bytes, second: bytes, file: IO[bytes]) -> Iterator[bytes]:
    yield first
    yield second
    yield from file


def _read_lines(lines: Iterator[bytes], first_number: int, source: _Source) -> Iterator[Record]:
    source = source._replace(earlier=Earlier())
    of_one: list[tuple[str, Entry]] = []
    patient = ""
    for number, line in enumerate(lines, first_number):
        if not line.strip():
            continue
        place = f"line {number}"
        try:
            parsed = _parse(line)
        except ValueError as error:
            yield Refusal(place, "not JSON", str(error), beginning(line))
            continue
        about = _patient_of_line(parsed)
        if of_one and (not about or about != patient or len(of_one) >= MAX_LINES_TOGETHER):
            yield from _Reader(Resources(of_one), source).documents()
            of_one = []
        if about:
            patient = about
            of_one.append(("", Entry(place, parsed)))
        else:
            yield from _documents(place, parsed, source)
    if of_one:
        yield from _Reader(Resources(of_one), source).documents()


def _patient_of_line(parsed: Any) -> str:
    """The patient that a line of a bulk export is about, "" where it is to be read by itself."""
    if not isinstance(parsed, dict) or type_of(parsed) == "Bundle":
        return ""
    try:
        if type_of(parsed) == "Patient":
            return f"Patient/{string(parsed, 'id')}"
        return string(item(parsed, "subject"), "reference") or string(item(parsed, "patient"), "reference")
    except WrongTypeError:
        return ""


def _documents(place: str, parsed: Any, source: _Source, inside: bool = False) -> Iterator[Record]:
    if isinstance(parsed, list):
        parsed = {"resourceType": "Bundle", "entry": [{"resource": resource} for resource in parsed]}
    if not isinstance(parsed, dict):
        yield Refusal(place, "invalid FHIR", f"expected an object, found {type(parsed).__name__}", _begins(parsed))
        return
    try:
        resources = resources_of(parsed, place)
    except WrongTypeError as error:
        yield Refusal(place, "invalid FHIR", first_complaint(parsed, error), _begins(parsed))
        return
    yield from _Reader(resources, source, inside).documents()


class _Written(NamedTuple):
    """The text of a document, with what goes into its meta."""

    text: str
    title: str
    language: str = ""


class _Reader:
    """Makes documents of resources that belong together. Refusals gather in `_refusals` while a text is made, and are yielded behind it."""

    def __init__(self, resources: Resources, source: _Source, inside: bool = False) -> None:
        self._resources = resources
        self._source = source
        self._inside = inside  # another bundle
        self._people = People(resources, source.earlier, source.elsewhere) if source.identities else None
        self._refusals: list[Refusal] = []
        self._in_reports: set[int] = set()  # id() of observations that a report has shown

    def documents(self) -> Iterator[Record]:
        for entry in self._resources.entries:
            self._take_consent(entry)
        notes: dict[tuple[str, str], list[Entry]] = defaultdict(list)
        encounters: dict[str, Entry] = {}
        patients: dict[str, Resource] = {}
        for entry in self._resources.entries:
            resource, kind = entry.resource, type_of(entry.resource)
            try:
                if kind in _DOCUMENTS:
                    yield from self._document(entry)
                elif kind in NOTED_TYPES:
                    if not left_out(resource):
                        notes[self._resources.patient_of(resource), self._encounter_id(resource)].append(entry)
                elif kind == "Encounter":
                    if not left_out(resource):
                        encounters[self._resources.name(resource)] = entry
                        notes[self._resources.patient_of(resource), self._resources.name(resource)]  # also one with nothing but a reason
                elif kind == "Patient":
                    patients[self._resources.name(resource)] = resource
                elif kind == "Bundle":
                    yield from self._inner_bundle(entry)
                elif not kind:
                    raise WrongTypeError("resourceType", "a string", resource.get("resourceType"))
            except WrongTypeError as error:
                self._refuse(entry, "invalid FHIR", first_complaint(resource, error))
            yield from self._refused()
        for (patient, encounter), entries in notes.items():
            yield from self._note(patient, encounter, entries, encounters.get(encounter, Entry("", {})), patients.get(patient, {}))

    def _inner_bundle(self, entry: Entry) -> Iterator[Record]:
        if self._inside:
            self._refuse(entry, "invalid FHIR", "bundles are nested too deeply")
        else:
            yield from _documents(entry.place, entry.resource, self._source, inside=True)

    def _take_consent(self, entry: Entry) -> None:
        if type_of(entry.resource) != "Consent":
            return
        try:
            said, patient = said_by(entry.resource), self._resources.patient_of(entry.resource)
        except WrongTypeError as error:
            self._refuse(entry, "invalid FHIR", first_complaint(entry.resource, error))
            return
        self._source.consents[patient] = together([said, self._source.consents.get(patient, "")])

    def _consent(self, patient: str) -> str:
        """What holds for a patient. Where a denial or a document does not say whom it is about, the denial counts."""
        consents, elsewhere = self._source.consents, self._source.elsewhere
        if consents.get("") == "deny" or (not patient and "deny" in consents.values()):
            return "deny"
        here = consents.get(patient, "") if patient else ""  # a permission that names nobody permits nothing
        return together([here, "" if elsewhere is None else elsewhere.consent(patient)])

    def _document(self, entry: Entry) -> Iterator[Record]:
        resource = entry.resource
        if left_out(resource):
            return
        write, kind = _DOCUMENTS[type_of(resource)]
        written = write(self, entry)
        if written is None:
            return
        if not written.text:
            if not self._refusals:
                self._refuse(entry, "no text", "")
            return
        patient = self._resources.patient_of(resource)
        meta = {
            "date": date_of(resource),
            "patient_id": patient,
            "encounter_id": self._encounter_id(resource),
            "record_id": self._resources.name(resource),
            "title": written.title,
            "language": written.language or string(resource, "language"),
            "status": string(resource, "docStatus") or string(resource, "status"),
            "consent": self._consent(patient),
        }
        yield self._made(resource, entry.place, written.text, kind(resource), meta, [resource, *self._results(resource)])

    def _note(self, patient: str, encounter: str, entries: list[Entry], arrival: Entry, person: Resource) -> Iterator[Record]:
        visit = arrival.resource
        lines: list[Line] = []
        for entry in entries:
            if id(entry.resource) in self._in_reports:
                continue
            try:
                line = line_of(entry.resource, self._finder(entry))
            except WrongTypeError as error:
                self._refuse(entry, "invalid FHIR", first_complaint(entry.resource, error))
                continue
            if line:
                lines.append(line)
        place = entries[0].place if entries else arrival.place
        try:
            text = note_text(visit, person, lines, self._finder(Entry(place, visit)))
            date = date_of(visit) or min((line.date for line in lines if line.date), default="")
            language, status = string(visit, "language"), string(visit, "status")
        except WrongTypeError as error:
            self._refuse(Entry(place, visit or person), "invalid FHIR", first_complaint(visit or person, error))
            text = ""
        if text:
            meta = {"date": date, "patient_id": patient, "encounter_id": encounter, "record_id": encounter, "language": language}
            meta |= {"status": status, "consent": self._consent(patient)}
            named = visit or ({"resourceType": "Encounter", "id": encounter} if encounter else {"resourceType": "Patient", "id": patient})
            yield self._made(named, place, text, "clinical_note", meta, [entry.resource for entry in entries])
        yield from self._refused()

    def _made(self, resource: Resource, place: str, text: str, doc_type: str, meta: dict[str, str], about: list[Resource]) -> Document:
        """`about`: the resources that the text is made of."""
        own = resource.get("id")
        name = self._resources.name(resource) or (own if isinstance(own, str) else "")
        identifier = f"{type_of(resource)}/{name}" if name else f"{self._source.name}:{place}" if place else self._source.name
        identity = Identity()
        if self._people is not None:
            identity = self._people.identity(meta["patient_id"], meta["encounter_id"], about, meta["date"])
        return Document(identifier, text, "", doc_type, {key: value for key, value in meta.items() if value}, place, identity)

    def _report(self, entry: Entry) -> _Written | None:
        resource = entry.resource
        heading = concept(resource, "code")
        attached = self._attached(entry, items(resource, "presentedForm")) if resource.get("presentedForm") else None
        if attached and attached.text:
            return attached._replace(title=attached.title or heading)
        results: list[str] = []
        for reference in items(resource, "result"):
            found = self._find(entry, reference, needed=True)
            if found is not None:
                results += result_lines(found, self._finder(entry))
                self._in_reports.add(id(found))
                members = (self._find(entry, member) for member in items(found, "hasMember"))
                self._in_reports.update(id(member) for member in members if member is not None)
        conclusion = string(resource, "conclusion").strip() or concepts(resource, "conclusionCode") or concepts(resource, "codedDiagnosis")
        blocks = ["\n".join(results), f"Conclusion\n{conclusion}" if conclusion and results else conclusion]
        text = "\n\n".join(block for block in blocks if block)
        status = string(resource, "status")
        head = f"{heading} ({status})" if heading and status in {"preliminary", "partial", "cancelled"} else heading
        return _Written(f"{head}\n\n{text}".strip() if text else "", heading)

    def _document_reference(self, entry: Entry) -> _Written | None:
        attachments = [item(content, "attachment") for content in items(entry.resource, "content")]
        written = self._attached(entry, attachments)
        kind = concept(entry.resource, "type")
        return written._replace(title=written.title or string(entry.resource, "description") or kind)

    def _composition(self, entry: Entry) -> _Written | None:
        """Its sections under their titles. Those of sections inside sections follow their own."""
        blocks: list[str] = []
        pending = [(section, 0) for section in reversed(items(entry.resource, "section"))]
        while pending:
            section, depth = pending.pop()
            try:
                narrative = html_text(string(item(section, "text"), "div"))
            except NotTextError as error:
                self._refuse(entry, NOT_TEXT, str(error))
                continue
            title = string(section, "title") or concept(section, "code")
            inner = items(section, "section")
            if narrative:
                blocks.append(f"{title}\n{narrative}".strip())
            elif inner and title:
                blocks.append(title)
            pending += [(part, depth + 1) for part in reversed(inner)]
        return _Written("\n\n".join(blocks), string(entry.resource, "title"))

    def _attached(self, entry: Entry, attachments: list[Resource]) -> _Written:
        """The text of attachments, which FHIR has say the same in several formats: of all that are plain, else of all that are HTML.

        Refusals count where none of them has text.
        """
        refusals: list[Refusal] = []
        written: dict[str, _Written] = {}
        best = ""
        for attachment in attachments:
            try:
                media_type, data = self._content(entry, attachment)
                text = attachment_text(media_type, data)
            except NotTextError as error:
                missing = isinstance(error, _MissingReferenceError)
                refusals.append(self._refusal(entry, "missing reference" if missing else NOT_TEXT, str(error)))
                continue
            form = "html" if "html" in media_type.lower() else "plain"
            if text and (not best or (best, form) == ("html", "plain")):
                best, written = form, {}
            if text and form == best:
                written[text] = _Written(text, string(attachment, "title"), string(attachment, "language"))
        if not written:
            self._refusals += refusals
            return _Written("", "")
        first = next(iter(written.values()))
        return first._replace(text="\n\n".join(written))

    def _content(self, entry: Entry, attachment: Resource) -> tuple[str, bytes]:
        """(media type, data) of an attachment, which may be a Binary beside it. Raises NotTextError."""
        media_type, data, url = string(attachment, "contentType"), string(attachment, "data"), string(attachment, "url")
        if media_type and not is_text_type(media_type):
            raise NotTextError(media_type)
        if not data and url:
            binary = self._resources.find(url, entry.resource)
            if binary is None:
                raise _MissingReferenceError(url)
            media_type = media_type or string(binary, "contentType")
            data = string(binary, "data") or string(binary, "content")  # its name in STU3
            if media_type and not is_text_type(media_type):
                raise NotTextError(media_type)
        return media_type, from_base64(data)

    def _results(self, resource: Resource) -> list[Resource]:
        """The observations of a report that are here."""
        found = (self._resources.find(string(reference, "reference"), resource) for reference in items(resource, "result"))
        return [result for result in found if result is not None]

    def _find(self, entry: Entry, reference: Resource, within: Resource | None = None, needed: bool = False) -> Resource | None:
        """What a Reference names. One that is not here is refused, but where its display says what the text needs of it."""
        target = string(reference, "reference")
        found = self._resources.find(target, entry.resource if within is None else within) if target else None
        if found is None and target and (needed or not string(reference, "display")):
            self._refuse(entry, "missing reference", target)
        return found

    def _finder(self, entry: Entry) -> Find:
        return lambda reference, within: self._find(entry, reference, within)

    def _encounter_id(self, resource: Resource) -> str:
        """Of R4's `encounter`, of STU3's `context` (a Reference), or of a DocumentReference's `context`, which holds several."""
        context = item(resource, "context")
        references = [item(resource, "encounter"), context, *items(context, "encounter")]
        return next((found for reference in references if (found := self._resources.name_of(reference))), "")

    def _refusal(self, entry: Entry, reason: str, detail: str) -> Refusal:
        return Refusal(entry.place, reason, detail, _begins(entry.resource))

    def _refuse(self, entry: Entry, reason: str, detail: str) -> None:
        self._refusals.append(self._refusal(entry, reason, detail))

    def _refused(self) -> list[Refusal]:
        refused, self._refusals = self._refusals, []
        return refused


class _MissingReferenceError(NotTextError):
    """An attachment that is elsewhere."""


def _report_kind(resource: Resource) -> str:
    return report_kind([*sorted(codes(resource, "category")), *sorted(codes(resource, "code"))])


def _document_kind(resource: Resource) -> str:
    return document_kind(sorted(codes(resource, "type")))


_DOCUMENTS = {
    "DiagnosticReport": (_Reader._report, _report_kind),
    "DocumentReference": (_Reader._document_reference, _document_kind),
    "Composition": (_Reader._composition, _document_kind),
}


def _parse(data: bytes) -> Any:
    """Parsed JSON. Raises ValueError, also for what is nested more than 1,024 deep."""
    return orjson.loads(data)


def _begins(parsed: Any) -> str:
    try:
        return beginning(orjson.dumps(parsed))
    except TypeError:  # too deep to be written
        return ""
