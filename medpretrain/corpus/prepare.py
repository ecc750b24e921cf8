"""The stage that sees every record: read -> repair -> de-identify -> filter, a part at a time; what is kept, and why what is not.

A part leaves, for the stages behind it, of the documents that were kept:

    documents.jsonl.zst     in order, in the form of corpus.document
    facts.npy, bands.npy    what copies are found by (corpus.minhash)
    places.jsonl.zst        where each stood: [file, place]
    heldout.npy             uint8 [num_documents]: 1 where a document is held out
    ids.bin, id_ends.npy    their ids, one behind the other
    dropped.jsonl.zst       one JSON object for each record that was not: where it stood, its reason
    audit.jsonl.zst         where texts are de-identified: what was replaced (deidentify.audit)

De-identification stands behind repair, which shows names that a wrong encoding or the end of a line had parted, and before everything
else: a text is judged, compared with others and shown as it would be trained on.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import orjson
from blake3 import blake3

from medpretrain.corpus.arrays import ArrayWriter
from medpretrain.corpus.deidentified import DocumentDeidentifier, audit_writer, left_alone, recorded
from medpretrain.corpus.document import BadLineError, Document, format_line, says_deny
from medpretrain.corpus.filters import Subject, judge
from medpretrain.corpus.flow import Flow
from medpretrain.corpus.lines import MAX_LINE_BYTES, DamagedFileError, LineWriter
from medpretrain.corpus.minhash import FACTS, Bands, fingerprint
from medpretrain.corpus.reference import ReferenceModel, train_reference
from medpretrain.corpus.repair import repair
from medpretrain.corpus.settings import ConsentSettings, CorpusSettings, DedupSettings, FilterSettings, RepairSettings, SourceSettings
from medpretrain.corpus.sources.fhir_people import KnownPeople
from medpretrain.corpus.sources.files import InputFile
from medpretrain.corpus.sources.formats import name_of, read_file
from medpretrain.corpus.sources.record import SHOWN_CHARACTERS, Record, Refusal
from medpretrain.corpus.tasks import Result, tell
from medpretrain.corpus.words import Hashes, hash_runs, hash_words, num_tokens_in, words_of
from medpretrain.deidentify.audit import AuditWriter
from medpretrain.deidentify.settings import DeidentifySettings
from medpretrain.errors import InputError
from medpretrain.log import logger

READ, FILTER = "read", "filter"  # stages, as records of drops name them
NO_CONSENT, EMPTY = "no consent", "empty text"
REFERENCE_FILE, AUDIT_SUFFIX = "model.npz", "audit.jsonl.zst"
JUDGED_CHARACTERS, JUDGED_RECORDS = 1 << 18, 1 << 10  # that are judged together: as soon as they have so many, or are so many

SettingsT = TypeVar("SettingsT", RepairSettings, FilterSettings)


@dataclass(frozen=True)
class Rules:
    """What decides on the documents of one source."""

    source: SourceSettings
    repair: RepairSettings
    filters: FilterSettings
    dedup: DedupSettings
    heldout_share: float
    seed: int
    deidentify: DeidentifySettings | None  # of the corpus: then what becomes of each text is recorded, also of a source that is left alone
    people: KnownPeople | None = None  # what the source's files of persons and consents say

    @classmethod
    def of(cls, settings: CorpusSettings, source: SourceSettings) -> Rules:
        return cls(
            source,
            _over(settings.repair, source.repair),
            _over(settings.filters, source.filters),
            settings.dedup,
            settings.heldout_share,
            settings.seed,
            settings.deidentify,
        )

    @property
    def deidentifies(self) -> bool:
        return self.deidentify is not None and self.source.deidentify

    def recorded(self) -> dict[str, Any]:
        """All that decides, JSON-able; wherever the source lies."""
        left_out = {"path", "weight", "licence", "repair", "filters"}
        return {
            "source": {**self.source.model_dump(mode="json", exclude=left_out), "name": self.source.name or name_of(self.source.path)},
            "repair": self.repair.model_dump(mode="json"),
            "filters": self.filters.model_dump(mode="json"),
            "dedup": self.dedup.model_dump(mode="json"),
            "heldout_share": self.heldout_share,
            "seed": self.seed,
            "deidentify": self._recorded_deidentify,
            "people": self.people and self.people.identity,
        }

    @functools.cached_property
    def _recorded_deidentify(self) -> dict[str, Any] | None:
        """Read once: it takes the checksums of a model."""
        return None if self.deidentify is None else recorded(self.deidentify)


def _over(general: SettingsT, own: SettingsT | None) -> SettingsT:
    """The corpus' settings, with those that a source has of its own."""
    return general if own is None else general.model_copy(update={key: getattr(own, key) for key in own.model_fields_set})


@dataclass(frozen=True)
class Reference:
    """The reference model's file, and a hash of all that decides it."""

    path: Path
    identity: str


def prepare_part(scratch: Path, name: str, files: tuple[InputFile, ...], rules: Rules, reference: Reference | None) -> Result:
    """The task of the part `name`.

    Result: `documents` kept; which of the source's `fields` were seen; `damaged` files, of which is used what could be read; how the
    `audit` trail ends; the counts of `Flow`.
    """
    flow = Flow()
    damaged: list[dict[str, str]] = []
    with ExitStack() as stack:
        keep = _Kept(scratch, rules, stack)
        dropped = stack.enter_context(LineWriter(scratch / "dropped.jsonl.zst"))
        examiner = _Examiner(rules, _loaded(reference) if reference and not rules.source.reference else None, flow)
        if rules.deidentify is not None:
            examiner.audit = stack.enter_context(audit_writer(scratch / AUDIT_SUFFIX, audit_name(name), rules.deidentify, rules.source))
        for record, outcome in examiner.examined(_records(files, rules, damaged)):
            if isinstance(outcome, Examined):
                try:
                    keep.add(outcome, record)
                    outcome.count(flow)
                except BadLineError as error:  # it cannot be written
                    outcome = Dropped(READ, error.reason, error.detail, begins=outcome.document.text)
                    flow.refuse(error.reason)
            if isinstance(outcome, Dropped):
                dropped.write(_drop_line(record, outcome))
    end = examiner.audit and examiner.audit.end
    told = {"documents": keep.num_documents, "fields": sorted(examiner.fields_seen), "damaged": damaged}
    return {**told, "audit": end and asdict(end), **flow.counts()}


def audit_name(part: str) -> str:
    """What the audit trail of the part `part` is called where the corpus lies."""
    return f"audit-{part.removeprefix('part-')}.jsonl.zst"


def warn_of_unseen_fields(sources: Sequence[SourceSettings], results: Sequence[tuple[int, Result]]) -> None:
    """Tell which `fields` no document had, of (number of the source, result of a part)."""
    for number, source in enumerate(sources):
        of_source = [result for source_number, result in results if source_number == number]
        unseen = sorted(set(source.fields).difference(*(result["fields"] for result in of_source)))
        if unseen and any(result["kinds"] for result in of_source):
            logger.warning("sources.%d: no document of %s has what `fields` names: %s", number, source.path, ", ".join(unseen))


@functools.lru_cache(maxsize=1)
def _loaded(reference: Reference) -> ReferenceModel:
    """Read once by a process, not for each part."""
    return ReferenceModel.load(reference.path)


def sample_part(files: tuple[InputFile, ...], rules: Rules, max_words: int) -> Iterator[str]:
    """Texts of a part that pass the filters but perplexity, as many as have so many words."""
    for _, outcome in _Examiner(rules, None, Flow()).examined(_records(files, rules, [])):
        if isinstance(outcome, Examined):
            yield outcome.document.text
            max_words -= len(outcome.words)
            if max_words <= 0:
                return


def train_reference_model(scratch: Path, parts: tuple[tuple[tuple[InputFile, ...], Rules], ...], max_words: int) -> Result:
    """The task that trains the reference model, on as many words of each part of its sources."""
    texts = (text for files, rules in parts for text in sample_part(files, rules, -(-max_words // len(parts))))
    first = next(texts, None)
    if first is None:
        found, remedy = "hold no text that passes the filters", "mark others `reference: true`, or none"
        raise InputError("the reference sources", found, "clean texts to learn from", remedy)
    train_reference(chain([first], texts), max_words).save(scratch / REFERENCE_FILE)
    return {}


@dataclass(frozen=True, slots=True)
class _Placed:
    """A record, and where it stood."""

    record: Record
    file_name: str
    place: str


@dataclass(frozen=True, slots=True)
class Examined:
    """A document that can be kept, with what it is judged by."""

    document: Document
    words: list[str]
    word_hashes: Hashes
    num_tokens: int

    def count(self, flow: Flow) -> None:
        flow.of(self.document.source, self.document.doc_type).keep(self.num_tokens, len(self.document.text.encode()))


@dataclass(frozen=True, slots=True)
class Dropped:
    """Why a record is no document of the corpus: by which stage, for which reason to count by, and its own case."""

    stage: str
    reason: str
    detail: str
    about: tuple[str, str, str] = ("", "", "")  # id, source, doc_type
    begins: str = ""  # its text


Outcome = Examined | Dropped


@dataclass
class _Examiner:
    """Decides on records, some of them at a time, and counts."""

    rules: Rules
    reference: ReferenceModel | None
    flow: Flow
    fields_seen: set[str] = field(default_factory=set)  # of the source's `fields`, in any document
    audit: AuditWriter | None = None

    def __post_init__(self) -> None:
        rules = self.rules
        wanted = rules.deidentify if rules.deidentifies else None
        self.deidentifier = None if wanted is None else DocumentDeidentifier(wanted, rules.source.identity)

    def examined(self, records: Iterable[_Placed]) -> Iterator[tuple[_Placed, Outcome]]:
        """Every record, in order, with what becomes of it."""
        waiting: list[tuple[_Placed, Document | Dropped]] = []
        num_characters = 0
        for placed in records:
            self.flow.num_records += 1
            one = self._repaired(placed.record)
            waiting.append((placed, one))
            num_characters += len(one.text) if isinstance(one, Document) else 0
            if num_characters >= JUDGED_CHARACTERS or len(waiting) == JUDGED_RECORDS:
                yield from self._judged(self._examined(waiting))
                waiting, num_characters = [], 0
        yield from self._judged(self._examined(waiting))

    def _repaired(self, record: Record) -> Document | Dropped:
        """The record as a document, its text repaired, with what the source says of it; or why it is none."""
        source = self.rules.source
        if isinstance(record, Refusal):
            self.flow.refuse(record.reason)
            return self._shown(Dropped(READ, record.reason, record.detail, begins=record.begins))
        self.fields_seen.update(key for key in source.fields if key in record.meta)
        name, doc_type = source.name or record.source or name_of(source.path), source.doc_type or record.doc_type
        about = (record.id if self.deidentifier is None else self.deidentifier.id_of(record.id), name, doc_type)
        if not has_consent(record, source.consent):
            self.flow.of(name, doc_type).drop(READ, NO_CONSENT, num_tokens_in(record.text))
            return self._shown(Dropped(READ, NO_CONSENT, "", about, record.text))
        text, changes = repair(record.text, self.rules.repair)
        if not text.strip():
            self.flow.refuse(EMPTY)
            return self._shown(Dropped(READ, EMPTY, "nothing is left after repair", about, record.text))
        self.flow.of(name, doc_type).repaired.update(changes)
        return replace(record, text=text, source=name, doc_type=doc_type)

    def _shown(self, dropped: Dropped) -> Dropped:
        """A drop before de-identification, without what it shows of its record where texts are to be de-identified."""
        return dropped if self.deidentifier is None else replace(dropped, detail="", begins="")

    def _examined(self, waiting: Sequence[tuple[_Placed, Document | Dropped]]) -> list[tuple[_Placed, Outcome]]:
        """The same, documents as they can be kept."""
        documents = iter(self._deidentified([one for _, one in waiting if isinstance(one, Document)]))
        return [(placed, one if isinstance(one, Dropped) else self._measured(next(documents))) for placed, one in waiting]

    def _deidentified(self, documents: Sequence[Document]) -> Iterator[Document]:
        """The documents, with no more of their meta than the source keeps; each is in the audit trail before it is anywhere else."""
        fields = self.rules.source.fields
        for one in self.deidentifier.deidentify(documents, fields) if self.deidentifier else [left_alone(one, fields) for one in documents]:
            document = one.document
            self.flow.of(document.source, document.doc_type).replaced.update(replaced.kind for replaced in one.replacements)
            if self.audit is not None:
                self.audit.add(document.id, one.replacements, document.text)
            yield document

    def _measured(self, document: Document) -> Examined:
        words = words_of(document.text)
        num_tokens = num_tokens_in(document.text, words)
        self.flow.of(document.source, document.doc_type).read(num_tokens)
        return Examined(document, words, hash_words(words), num_tokens)

    def _judged(self, waiting: Sequence[tuple[_Placed, Outcome]]) -> Iterator[tuple[_Placed, Outcome]]:
        """The same, those that break a rule of the filters as dropped."""
        subjects = [
            Subject(one.document.text, one.words, one.word_hashes, self.rules.filters) for _, one in waiting if isinstance(one, Examined)
        ]
        drops = iter(judge(subjects, self.reference))
        for placed, outcome in waiting:
            if isinstance(outcome, Examined) and (drop := next(drops)):
                document = outcome.document
                self.flow.of(document.source, document.doc_type).drop(FILTER, drop.reason, outcome.num_tokens)
                outcome = Dropped(FILTER, drop.reason, drop.detail, (document.id, document.source, document.doc_type), document.text)
            yield placed, outcome


@dataclass
class _Kept:
    """The files of the documents that are kept."""

    scratch: Path
    rules: Rules
    stack: ExitStack
    num_documents: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        enter, dedup = self.stack.enter_context, self.rules.dedup
        self._documents = enter(LineWriter(self.scratch / "documents.jsonl.zst"))
        self._places = enter(LineWriter(self.scratch / "places.jsonl.zst"))
        self._facts = enter(ArrayWriter(self.scratch / "facts.npy", FACTS))
        self._bands = enter(ArrayWriter(self.scratch / "bands.npy", np.dtype("<u8"), (dedup.num_bands,)))
        self._heldout = enter(ArrayWriter(self.scratch / "heldout.npy", np.dtype("u1")))
        self._id_ends = enter(ArrayWriter(self.scratch / "id_ends.npy", np.dtype("<u8")))
        self._ids = enter((self.scratch / "ids.bin").open("wb"))
        self._bands_of = Bands(dedup).of
        self._key = split_key(self.rules.seed)

    def add(self, kept: Examined, placed: _Placed) -> None:
        line = format_line(kept.document)
        if len(line) > MAX_LINE_BYTES:
            raise BadLineError("too long", f"{len(line):,} bytes as JSON, at most {MAX_LINE_BYTES:,}")
        self._documents.write(line)
        self._places.write(orjson.dumps([placed.file_name, placed.place]) + b"\n")
        self._facts.append((fingerprint(kept.words), kept.num_tokens))
        self._bands.append(self._bands_of(hash_runs(kept.word_hashes, self.rules.dedup.run_words)))
        self._heldout.append(split_of(kept.document.id, self._key, self.rules.heldout_share) == "heldout")
        self._ids.write(kept.document.id.encode())
        self._id_ends.append(self._ids.tell())
        self.num_documents += 1


def has_consent(document: Document, rule: ConsentSettings | None) -> bool:
    """Whether a record may be used: one that says "deny" itself never is; where there is a rule, its field must say so."""
    if says_deny(document.meta):
        return False
    if rule is None:
        return True
    own = getattr(document, rule.field) if rule.field in ("id", "source", "doc_type") else ""  # which JSON lines do not have in meta
    return str(document.meta.get(rule.field, own)).strip().lower() in {value.lower() for value in rule.allowed}


def split_key(seed: int) -> bytes:
    """The key of the held-out hash: 32 bytes that follow from the seed."""
    return blake3(f"medpretrain held-out {seed}".encode()).digest()


def split_of(document_id: str, key: bytes, heldout_share: float) -> str:
    """ "heldout" for that share of all ids, "train" for the rest; depends on nothing but id, key and share."""
    draw = int.from_bytes(blake3(document_id.encode(), key=key).digest(length=8), "little")
    return "heldout" if draw < heldout_share * 2**64 else "train"


def _records(files: tuple[InputFile, ...], rules: Rules, damaged: list[dict[str, str]]) -> Iterator[_Placed]:
    """The records of the files in order; what cannot be read of a file is told in `damaged`."""
    for file in files:
        number = 0
        try:
            for number, record in enumerate(read_file(file, rules.source, tell, rules.deidentifies, rules.people), start=1):
                yield _Placed(record, file.name, record.place if isinstance(record, Refusal) else record.place or f"record {number}")
        except DamagedFileError as error:
            found = f"{error.found} (after {number:,} records, which are used)" if number else error.found
            damaged.append({"where": error.where, "found": found, "expected": error.expected, "remedy": error.remedy})
        file.check_unchanged()


def _drop_line(placed: _Placed, dropped: Dropped) -> bytes:
    """The JSON line that tells what was dropped, where it stood, why, and how it begins."""
    return drop_line(
        {
            "stage": dropped.stage,
            "reason": dropped.reason,
            "detail": dropped.detail,
            **dict(zip(("id", "source", "doc_type"), dropped.about, strict=True)),
            "file": placed.file_name,
            "place": placed.place,
            "begins": dropped.begins[:SHOWN_CHARACTERS],
        }
    )


def drop_line(record: dict[str, Any]) -> bytes:
    """A line of dropped.jsonl.zst; keys without a value are left out."""
    return orjson.dumps({key: _writable(value) for key, value in record.items() if value not in ("", None)}) + b"\n"


def _writable(value: Any) -> Any:
    return value.encode(errors="replace").decode() if isinstance(value, str) else value
