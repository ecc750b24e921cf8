"""Whether an audit trail is as it was written, and the texts of a corpus are those that it tells of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from medpretrain.corpus.document import BadLineError, parse_essentials
from medpretrain.corpus.lines import read_lines
from medpretrain.corpus.reader import SPLITS, SUFFIXES
from medpretrain.deidentify.audit import BESIDE_SUFFIX, FORMAT, INDEX_NAME
from medpretrain.deidentify.secret import Secret
from medpretrain.deidentify.trail import DOCUMENT, END, HEADER, PART, START, Line, hash_of_id, hash_of_text, parse_line, seal_of
from medpretrain.deidentify.trail_faults import chain_faults, fault
from medpretrain.errors import InputError, InputErrors

PREFIX, SUFFIX = "audit-", ".jsonl.zst"  # of a part of a corpus
MAX_TOLD = 20  # faults of one file


@dataclass
class _Trail:
    """What a trail says."""

    name: str
    header: Line | None = None
    documents: int = 0
    replaced: Counter[str] = field(default_factory=Counter)
    texts: Counter[tuple[str, str]] = field(default_factory=Counter)  # (hash of the id, hash of the text)
    parts: dict[str, tuple[str, int, int]] = field(default_factory=dict)  # of an index: name -> last chain value, documents, place
    ends: list[tuple[Line, str, int]] = field(default_factory=list)  # last lines, the chain value and the count before each
    chain: str = START
    faults: list[InputError] = field(default_factory=list)

    def take(self, line: Line) -> None:
        """Raises KeyError, TypeError or ValueError where the line does not say what one of its kind says."""
        if line.kind == HEADER:
            self.header = line
        elif line.kind == DOCUMENT:
            self.documents += 1
            self.replaced.update(kind for kind, _, _, _ in line.fields["replaced"])
            self.texts[line.fields["id"], line.fields["text"]] += 1
        elif line.kind == PART:
            self.parts[str(line.fields["part"])] = line.fields["last"], line.fields["documents"], line.place
        else:
            self.ends.append((line, self.chain, self.documents or len(self.parts)))
        self.chain = line.chain


def verify_audit(path: Path, secret: Secret | None = None) -> dict[str, Any]:
    """Check the trails and texts of a directory, or one trail with the file beside it.

    Returns "parts", "documents", "replaced" (kind -> how often), "sealed", "checked_with_secret", "texts" (how many documents stand beside
    the trails and were compared with them) and "chain" (the last chain value).

    Raises InputErrors: every line that was changed, removed, added or moved; trails that are cut off, missing, in no index or made anew;
    texts that are others. What was made anew from its first line on shows only with the secret that it was made with.
    """
    num_texts = 0
    trails = []
    if path.is_dir():
        last = _read(path / INDEX_NAME, secret)
        for name in sorted({*last.parts, *(file.name for file in path.glob(f"{PREFIX}*{SUFFIX}"))}):
            trail = _read(path / name, secret)
            trail.faults += () if trail.faults or last.faults else _faults_of_place(trail, last)
            num_texts += _compare_texts([path / f"{split}-{name.removeprefix(PREFIX)}" for split in SPLITS], trail, secret)
            trails.append(trail)
        last.faults += _faults_of_others(path, trails)
        files = [last, *trails]
    else:
        last = _read(path, secret)
        beside = path.name.removesuffix(BESIDE_SUFFIX)
        num_texts = _compare_texts([path.with_name(f"{beside}{suffix}") for suffix in SUFFIXES if beside != path.name], last, secret)
        files = trails = [last]
    faults = [one for file in files for one in file.faults]
    if faults:
        raise InputErrors(faults)
    replaced: Counter[str] = sum((trail.replaced for trail in trails), Counter())
    return {
        "parts": len(trails),
        "documents": sum(trail.documents for trail in trails),
        "replaced": dict(sorted(replaced.items())),
        "sealed": all(end.fields["seal"] for file in files for end, _, _ in file.ends),
        "checked_with_secret": secret is not None,
        "texts": num_texts,
        "chain": last.chain,
    }


def _read(path: Path, secret: Secret | None) -> _Trail:
    trail = _Trail(path.name)
    try:
        if _read_chain(trail, path):
            trail.faults += _faults_of_ends(trail, secret)
        else:
            trail.faults += chain_faults(path.name, [parse_line(*line) for line in read_lines(path)], START)
            assert trail.faults, "a broken chain has a fault"
    except InputError as error:
        trail.faults.append(fault(path.name, error.found))
    except (KeyError, TypeError, ValueError):
        trail.faults.append(fault(path.name, "holds lines that do not say what such lines say"))
    if len(trail.faults) > MAX_TOLD:
        trail.faults[MAX_TOLD:] = [fault(path.name, f"has {len(trail.faults) - MAX_TOLD:,} more such faults")]
    return trail


def _read_chain(trail: _Trail, path: Path) -> bool:
    """Read a trail as far as each line follows the one before; whether all do, and the last one ends it."""
    line = None
    for number, (place, written) in enumerate(read_lines(path)):
        line = parse_line(place, written)
        if line.number != number or not line.follows(trail.chain):
            return False
        trail.take(line)
    return line is not None and line.kind == END


def _faults_of_ends(trail: _Trail, secret: Secret | None) -> Iterator[InputError]:
    """What is wrong with the first line and the last ones of a trail whose chain is whole."""
    header = trail.header
    if header is None or (header.fields["format"], header.fields["part"]) != (FORMAT, trail.name):
        yield fault(f"{trail.name} line 1", "is the first line of another trail", f"that of {trail.name}, format {FORMAT}")
        return
    if secret is not None and header.fields["secret"] != secret.check_value:
        found = "was made with another secret" if header.fields["secret"] else "was made without a secret"
        yield fault(f"{trail.name} line 1", found, "the secret that was given")
        return
    for end, before, count in trail.ends:
        if end.fields["count"] != count:
            yield fault(f"{trail.name} line {end.place}", "counts other lines than there are")
        if secret is not None and end.fields["seal"] != seal_of(secret, before):
            yield fault(f"{trail.name} line {end.place}", "has a wrong seal: the trail was made anew without the secret")
    if trail.name != INDEX_NAME and len(trail.ends) > 1:
        yield fault(f"{trail.name} line {trail.ends[0][0].place + 1}", "was added: it stands behind the last line")


def _faults_of_place(trail: _Trail, index: _Trail) -> Iterator[InputError]:
    """Whether the index tells of this trail."""
    told = index.parts.get(trail.name)
    if told is None:
        yield fault(trail.name, f"is not in {INDEX_NAME}", "a trail that the index names")
    elif (trail.chain, trail.documents) != told[:2]:
        yield fault(trail.name, "was made anew", f"the trail that {INDEX_NAME} line {told[2]} tells of")


def _faults_of_others(directory: Path, trails: list[_Trail]) -> Iterator[InputError]:
    """Documents of parts without a trail."""
    parts = {trail.name.removeprefix(PREFIX) for trail in trails}
    for split in SPLITS:
        for path in sorted(directory.glob(f"{split}-*{SUFFIX}")):
            if path.name.removeprefix(f"{split}-") not in parts:
                yield fault(path.name, "has no trail", f"{PREFIX}{path.name.removeprefix(f'{split}-')} beside it")


def _compare_texts(paths: Sequence[Path], trail: _Trail, secret: Secret | None) -> int:
    """Compare the documents of those files that are there with their trail, which learns what is wrong and forgets its texts; how many
    there are."""
    has_ids = trail.header is not None and (secret is not None or not trail.header.fields["secret"])
    told = trail.texts if has_ids else Counter(("", text) for _, text in trail.texts.elements())
    num_told = told.total()
    for path in paths if not trail.faults else ():
        if path.exists():
            trail.faults += islice(_other_texts(path, told, secret, has_ids), MAX_TOLD)
    num_texts = num_told - told.total()
    trail.texts.clear()
    return num_texts


def _other_texts(path: Path, told: Counter[tuple[str, str]], secret: Secret | None, has_ids: bool) -> Iterator[InputError]:
    """A fault for each document that is not told of, or oftener there than told of; takes the documents from `told`."""
    place = 0
    try:
        for place, line in read_lines(path):
            document = parse_essentials(line, path.name, place)
            key = (hash_of_id(secret, document.id) if has_ids else "", hash_of_text(document.text))
            told[key] -= 1
            if told[key] < 0:
                yield fault(f"{path.name} line {place}", "holds a text that its trail does not tell of")
    except BadLineError as error:
        yield fault(f"{path.name} line {place}", f"is no document: {error.reason}")
    except InputError as error:
        yield fault(path.name, error.found)
