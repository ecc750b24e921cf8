"""Documents of HL7 v2 messages: reports of ORU and OUL, documents of MDM, and a short note of what any other message says of a patient.

Besides the names that all readers share, `meta` holds `message_type` ("ORU^R01") and `status` (OBR-25, TXA-17). A report is a document for
each OBR; one that has no observations of its own, or that names a parent, belongs to the document of its neighbour.

Reasons of refusals: "not HL7 v2", "no text", "attachment not text", "message type not read".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO

from medpretrain.corpus.document import Document
from medpretrain.corpus.sources.attachment import NOT_TEXT
from medpretrain.corpus.sources.clinical import document_kind, report_kind
from medpretrain.corpus.sources.hl7v2_identity import identity_of_message
from medpretrain.corpus.sources.hl7v2_message import Message, NotHl7Error, RawMessage, Segment, raw_messages
from medpretrain.corpus.sources.hl7v2_note import Attachments, clinical_note, observation_text, reason_of_order
from medpretrain.corpus.sources.record import Record, Refusal, beginning
from medpretrain.deidentify.identity import Identity

_REPORTS = frozenset({"ORU", "OUL"})
_NOTES = frozenset(
    {"ADT", "BAR", "DFT", "OMG", "OMI", "OML", "OMP", "ORM", "PGL", "PPR", "RAS", "RDE", "RDS", "REF", "RGV", "RRI", "SIU", "VXR", "VXU"}
)


def read(file: IO[bytes], name: str, identities: bool = True) -> Iterator[Record]:
    """The documents of the messages of a file, batch envelopes and MLLP frames set aside."""
    found_any = False
    for number, raw in enumerate(raw_messages(file), 1):
        found_any = True
        place = f"message {number}"
        try:
            message = Message(raw)
        except NotHl7Error as error:
            yield Refusal(place, "not HL7 v2", str(error), beginning(raw.begins()))
            continue
        yield from _records(message, raw, place, name, identities)
    if not found_any:
        yield Refusal("", "not HL7 v2", "there is no message")


def _records(message: Message, raw: RawMessage, place: str, name: str, identities: bool) -> Iterator[Record]:
    kind = message.value("MSH", 9).upper()
    attachments = Attachments()
    texts: list[tuple[str, str, dict[str, str]]] = []  # text, doc_type, meta of its own
    if kind in _REPORTS:
        of_specimen = kind == "OUL" or message.first("SPM") is not None
        texts = [_report(group, of_specimen, attachments) for group in _groups(message)]
    elif kind == "MDM":
        texts = [_document(message, attachments)]
    elif kind in _NOTES:
        texts = [(clinical_note(message, attachments), "clinical_note", {"date": _event_date(message)})]
    else:
        yield Refusal(place, "message type not read", kind or "MSH-9 is empty", beginning(raw.begins()))
        return
    texts = [(text, doc_type, meta) for text, doc_type, meta in texts if text]
    shared = _meta(message)
    identifier = message.value("MSH", 10) or f"{name}:{place}"
    identity = identity_of_message(message, shared.get("patient_id", "")) if texts and identities else Identity()
    for index, (text, doc_type, own) in enumerate(texts, 1):
        meta = shared | {key: value for key, value in own.items() if value}
        yield Document(identifier if len(texts) == 1 else f"{identifier}/{index}", text, "", doc_type, meta, place, identity)
    begins = beginning(raw.begins()) if attachments.refused or not texts else ""
    for detail in attachments.refused:
        yield Refusal(place, NOT_TEXT, detail, begins)
    if not texts and not attachments.refused:
        yield Refusal(place, "no text", f"{kind} without clinical words", begins)


def _groups(message: Message) -> list[list[Segment]]:
    """Segments of each report: an OBR with what follows it, as far as the next one that is a report of its own."""
    groups: list[list[Segment]] = []
    current: list[Segment] = []
    has_results = False
    for segment in message.segments:
        if segment.name == "OBR" and has_results and not segment.value(26) and not segment.value(29):
            groups.append(current)
            current, has_results = [], False
        has_results = has_results or segment.name == "OBX"
        if segment.name in {"OBR", "OBX", "NTE"}:
            current.append(segment)
    return [*groups, current]


def _report(segments: list[Segment], of_specimen: bool, attachments: Attachments) -> tuple[str, str, dict[str, str]]:
    """Its services as a heading, what the order said, then results in the order they were sent."""
    orders = [segment for segment in segments if segment.name == "OBR"]
    blocks: list[str] = []
    pending: list[Segment] = []
    heads: list[str] = []

    def flush() -> None:
        if text := observation_text(pending, attachments):
            blocks.append("\n".join(heads))
            blocks.append(text)
            heads.clear()
        pending.clear()

    for segment in segments:
        if segment.name != "OBR":
            pending.append(segment)
            continue
        flush()
        told, reason = segment.text(13), reason_of_order(segment)
        heads += [segment.words(4), f"Clinical information: {told}" if told else "", f"Reason: {reason}" if reason else ""]
        heads[:] = [head for head in dict.fromkeys(heads) if head]
    flush()
    if not orders:
        return "\n\n".join(block for block in blocks if block), "diagnostic_report", {}
    first = orders[0]
    codes = [order.value(24).upper() for order in orders] + [order.value(4) for order in orders]
    meta = {
        "date": first.date(7) or first.date(22),
        "record_id": first.value(3) or first.value(2),
        "title": first.words(4),
        "status": first.value(25),
    }
    doc_type = report_kind(codes)
    if doc_type == "diagnostic_report" and (of_specimen or first.value(15)):
        doc_type = "laboratory_report"
    return "\n\n".join(block for block in blocks if block), doc_type, meta


def _document(message: Message, attachments: Attachments) -> tuple[str, str, dict[str, str]]:
    text = observation_text(message.segments, attachments)
    header = message.first("TXA")
    if not header:
        return text, "clinical_note", {}
    record = header.value(12) or header.value(12, 3)
    meta = {"date": header.date(4) or header.date(6), "record_id": record, "title": header.value(2, 2), "status": header.value(17)}
    return text, document_kind([header.value(2).upper()]), meta


def _meta(message: Message) -> dict[str, str]:
    """What holds for all documents of a message."""
    kind = "^".join(part for part in (message.value("MSH", 9), message.value("MSH", 9, 2)) if part)
    meta = {
        "date": _event_date(message),
        "patient_id": message.value("PID", 3) or message.value("PID", 2),
        "encounter_id": message.value("PV1", 19),
        "record_id": message.value("MSH", 10),
        "language": message.value("MSH", 19),
        "message_type": kind,
        "consent": _consent(message),
    }
    return {key: value for key, value in meta.items() if value}


def _event_date(message: Message) -> str:
    return message.date("OBR", 7) or message.date("EVN", 6) or message.date("EVN", 2) or message.date("MSH", 7)


def _consent(message: Message) -> str:
    """A consent that was refused or taken back (CON-11), or protection that the patient asked for (PD1-12), counts before one given."""
    states = {segment.value(11).upper() for segment in message.segments if segment.name == "CON"}
    if states & {"R", "X"} or message.value("PD1", 12).upper() == "Y":
        return "deny"
    return "permit" if "A" in states else ""
