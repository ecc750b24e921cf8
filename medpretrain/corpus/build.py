"""Sources -> clean documents, with a record of every decision: the stages in order, each a list of tasks (corpus.tasks).

    checksums   what the files are
    types, people, index  what files of consents say, and of persons where texts are de-identified (corpus.people)
    reference   a small language model of the clean sources, where the settings have such
    prepare     read -> repair -> de-identify -> filter, a part at a time
    sorted ... copies   near-duplicates over all parts (corpus.duplicates); a stage of its kind, a list of documents to drop, goes here
    write       train-*, heldout-*, dropped-*.jsonl.zst, a part at a time

What the stages leave lies in OUT/parts. Killed at any moment, the same call goes on and ends with the same bytes, whatever the number of
processes. A later call that finds more files in the sources adds parts for them; files that were written before stay as they are.
"""

from __future__ import annotations

import json
import os
import shutil
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from medpretrain import __version__
from medpretrain.corpus.deidentified import recorded, secret_of, told_in_trail, warn_of_kept_ids
from medpretrain.corpus.duplicates import Part, find_duplicates
from medpretrain.corpus.flow import summed
from medpretrain.corpus.people import (
    IndexTasks,
    find_types,
    index_tasks,
    make_indexes,
    remove_indexes,
    warn_of_late_consents,
    warn_of_unknown_patients,
)
from medpretrain.corpus.plan import PLAN_NAME, Plan, PlannedPart, held, list_sources
from medpretrain.corpus.prepare import (
    AUDIT_SUFFIX,
    REFERENCE_FILE,
    Reference,
    Rules,
    prepare_part,
    train_reference_model,
    warn_of_unseen_fields,
)
from medpretrain.corpus.reader import BUILD_STAGE, SPLITS
from medpretrain.corpus.reference import MAX_WORDS
from medpretrain.corpus.settings import CorpusSettings
from medpretrain.corpus.sources.files import InputFile
from medpretrain.corpus.sources.record import WITHOUT_TEXT
from medpretrain.corpus.tasks import Result, Task, Workers, file_of, tell
from medpretrain.corpus.write import Ids, write_part
from medpretrain.deidentify.audit import PartEnd, rewind_index, write_index
from medpretrain.errors import InputError, InputErrors
from medpretrain.log import logger
from medpretrain.manifest import (
    ASIDE_SUFFIX,
    MANIFEST_NAME,
    Manifest,
    check_sizes,
    checksum_file,
    finish_stage,
    hash_of,
    left_unfinished,
    make_directory,
    mark_unfinished,
    read_manifest,
    refuse_foreign,
    write_json,
)

WORK, REPORT = "parts", "report"
DECISIONS_NAME, COSTS_NAME = "decisions.json", "costs.json"
KINDS_OF_FILE = (*SPLITS, "dropped")
SHOWN_DAMAGED = 20
MIN_RECORDS_TO_JUDGE = 100  # a share of bad records means nothing below
NOT_DECIDING: Any = {
    "sources": {"__all__": {"path"}},
    "max_bad_share": True,
    "max_damaged_files": True,
    "keep_parts": True,
    "deidentify": True,
}


def build_corpus(settings: CorpusSettings, out: Path, num_processes: int = 1) -> Manifest:
    """Make the corpus directory `out`, or add to it what is new in the sources. Returns its manifest.

    Beside `train-*`, `heldout-*` and `dropped-*.jsonl.zst` (a line for each record that was left out, with its reason) it holds
    `decisions.json`, the counts in and out of each stage by source and kind of text; `costs.json`, seconds and memory of each stage;
    `audit.jsonl` and `audit-*`, where texts are de-identified, what was replaced in them; `parts/`, what is needed to go on.

    Manifest counts: `records`; `documents`, `tokens`, `text_bytes` (UTF-8), `doc_types`; the same per split in `splits`; `drops` by
    reason; `refused` (records that hold no document); `sources` with licence and weight; `generations`.

    Raises InputError or InputErrors when a source is missing, files are damaged, more than `max_bad_share` of at least 100 records are bad,
    no training document is left, or `out` holds something else; then no manifest is written, and what was done is kept.
    """
    listed, not_read = list_sources(settings.sources, out)
    done = _open_output(out)
    with held(out / WORK), Workers(num_processes) as workers:
        return _Build(settings, out, listed, not_read, done, workers).run()


def _open_output(out: Path) -> Manifest | None:
    """The manifest of an earlier build, whose files are there. Raises InputError where `out` holds anything else."""
    make_directory(out)
    if (out / MANIFEST_NAME).exists():
        done = read_manifest(out, BUILD_STAGE)
        check_sizes(out, done)
        return done
    if left_unfinished(out, BUILD_STAGE):
        return None
    refuse_foreign(out, BUILD_STAGE)
    mark_unfinished(out, BUILD_STAGE)
    return None


class _Build:
    """One call of `build_corpus`, stage by stage."""

    def __init__(
        self,
        settings: CorpusSettings,
        out: Path,
        listed: list[dict[str, InputFile]],
        not_read: list[list[str]],
        done: Manifest | None,
        workers: Workers,
    ) -> None:
        self._not_read = not_read
        self._settings, self._out, self._listed, self._done, self._workers = settings, out, listed, done, workers
        self._work = out / WORK
        if settings.deidentify is not None:
            warn_of_kept_ids(settings.deidentify)
        deidentify = settings.deidentify and recorded(settings.deidentify)
        self._recorded = {**settings.model_dump(mode="json", exclude=NOT_DECIDING), "deidentify": deidentify}
        self._rules = [Rules.of(settings, source) for source in settings.sources]
        self._indexes: dict[tuple[int, int], IndexTasks] = {}  # of persons, by source and generation
        self._rules_with_people: dict[tuple[int, int], Rules] = {}  # likewise

    def run(self) -> Manifest:
        plan = self._plan()
        checksums = self._checksums(plan)
        inputs = {f"source {number}": hash_of(of_source) for number, of_source in enumerate(checksums)}
        if self._done is not None:
            changed = [name for old, new in zip(plan.checksums, checksums, strict=True) for name in old if old[name] != new[name]]
            if changed:
                raise self._other(f"{changed[0]}, which has changed since", "the files it was made from, and perhaps new ones")
            if inputs == self._done.inputs:
                logger.info("%s already holds this corpus: nothing to do", self._out)
                self._clear_if_not_kept()
                return self._done
        mark_unfinished(self._out, BUILD_STAGE)
        self._find_people(plan, checksums)
        reference = self._reference(plan, checksums)
        prepared, parts = self._prepare(plan, checksums, reference)
        self._check(prepared)
        copies = find_duplicates(self._workers, self._work, parts, self._settings.dedup, __version__)
        written = self._write(parts)
        decisions = {
            "read": summed(prepared),
            "dedup": summed(written),
            "copies": self._named(json.loads(copies.read_bytes()), parts),
            "licences": self._licences(plan, prepared),
            "files_not_read": self._not_read,  # by source
        }
        write_json(self._out / DECISIONS_NAME, decisions)  # no file of the manifest: the one before holds until the next is there
        counts = _counts(decisions, self._settings, 1 + plan.parts[-1].generation)
        self._check_left(counts)
        file_names = [*self._publish(parts, written), *self._publish_audit(parts, prepared)]
        write_json(self._out / COSTS_NAME, self._workers.costs)
        Plan(plan.parts, checksums).write(self._work)
        manifest = finish_stage(self._out, BUILD_STAGE, self._recorded, inputs, counts, file_names)
        self._clear_if_not_kept()
        logger.info("corpus %s: %s", self._out, _sentence(counts))
        return manifest

    def _plan(self) -> Plan:
        old = Plan.read(self._work)
        if self._done is not None:
            if hash_of(self._recorded) != self._done.settings_hash:
                raise self._other("other settings", "the same settings")
            if old is None:
                raise self._other(f"files that {WORK}/{PLAN_NAME} no longer names", "that file")
            old = old.until(self._done.counts["generations"])  # what was added since, and not ended, is planned again
            missing = old.missing(self._listed)
            if missing:
                raise self._other(f"{missing[0]}, which is no longer there", "all files it was made from, and perhaps new ones")
            plan = old.extended(self._listed)
            made_by = self._done.versions["medpretrain"]
            if len(plan.parts) > len(old.parts) and made_by != __version__:
                raise self._other(f"other files, by medpretrain {made_by}, which may have judged otherwise", "the same files")
            if len(plan.parts) > len(old.parts) and not (self._work / "prepare").exists():
                raise self._other("other files, and without keep_parts", "the same files")
        else:
            plan = Plan([], [{} for _ in self._listed]).extended(self._listed)
        self._clear_parts_not_in(plan)
        plan.write(self._work)
        return plan

    def _other(self, made_from: str, expected: str) -> InputError:
        remedy = "choose another --out, or remove the directory if it is not needed"
        return InputError(str(self._out), f"already holds a corpus made from {made_from}", expected, remedy)

    def _clear_parts_not_in(self, plan: Plan) -> None:
        """The rest is used again where its tasks are the same."""
        planned = {part.name for part in plan.parts}
        for path in self._work.glob("*/part-*"):  # of a build that was not ended
            if path.name.partition(".")[0] not in planned:
                path.unlink()

    def _clear_if_not_kept(self) -> None:
        for path in self._work.iterdir():
            if not self._settings.keep_parts and path.is_dir() and path.name != "checksums":
                shutil.rmtree(path)

    def _files_of(self, part: PlannedPart) -> tuple[InputFile, ...]:
        return tuple(self._listed[part.source][name] for name in part.files)

    def _checksums(self, plan: Plan) -> list[dict[str, str]]:
        """By source and name; of files whose size and time are those of before they are not computed again."""
        tasks = []
        for part in plan.parts:
            files = self._files_of(part)
            identity = hash_of([[file.location, file.num_bytes, file.version] for file in files])
            tasks.append(Task(part.name, identity, checksum_part, (files,), sum(file.num_bytes for file in files)))
        results = self._workers.run(self._work, "checksums", tasks, "bytes")
        checksums: list[dict[str, str]] = [{} for _ in self._listed]
        for part in plan.parts:
            checksums[part.source].update(results[part.name])
        return checksums

    def _find_people(self, plan: Plan, checksums: list[dict[str, str]]) -> None:
        """Plan the index for the parts of each source and generation: of files of that generation and of those before it, so that what is
        prepared stays as it is when files are added."""
        groups = {part.name: (self._rules[part.source].source, self._files_of(part)) for part in plan.parts}
        types_of_part = find_types(self._workers, self._work, groups)
        for number, rules in enumerate(self._rules):
            parts = [part for part in plan.parts if part.source == number]
            types = {name: kind for part in parts for name, kind in types_of_part[part.name].items()}
            if rules.deidentifies:
                warn_of_unknown_patients(rules.source, types)
            warn_of_late_consents(rules.source, {name: types[name] for part in parts if part.generation for name in part.files})
            for generation in {part.generation for part in parts}:
                files = [file for part in parts if part.generation <= generation for file in self._files_of(part)]
                versions = {file: checksums[number][file.name] for file in files}
                tasks = index_tasks(self._work, f"source-{number:03d}-{generation:03d}", versions, types, rules.deidentifies)
                if tasks is not None:
                    self._indexes[number, generation] = tasks
                    self._rules_with_people[number, generation] = replace(rules, people=tasks.known(self._work))

    def _index_of(self, part: PlannedPart) -> IndexTasks | None:
        return self._indexes.get((part.source, part.generation))

    def _rules_of(self, part: PlannedPart) -> Rules:
        return self._rules_with_people.get((part.source, part.generation), self._rules[part.source])

    def _reference(self, plan: Plan, checksums: list[dict[str, str]]) -> Reference | None:
        """The model, trained on the sources of the first build that are marked so: documents of later ones are judged alike."""
        chosen = [part for part in plan.parts if part.generation == 0 and self._settings.sources[part.source].reference]
        if all(rules.filters.max_perplexity is None for rules in self._rules):
            return None
        if not chosen:
            logger.info("no source is marked `reference: true`, so perplexity is not judged")
            return None
        identity = hash_of([MAX_WORDS, [self._identity(part, checksums, None) for part in chosen]])
        arguments = (tuple((self._files_of(part), self._rules_of(part)) for part in chosen), MAX_WORDS)
        size = sum(file.num_bytes for part in chosen for file in self._files_of(part))
        task = Task("all", identity, train_reference_model, arguments, size)
        make_indexes(self._workers, self._work, "reference", [(task, self._index_of(part)) for part in chosen])
        self._workers.run(self._work, "reference", [task], "bytes")
        return Reference(file_of(self._work, "reference", "all", REFERENCE_FILE), identity)

    def _identity(self, part: PlannedPart, checksums: list[dict[str, str]], reference: Reference | None) -> str:
        """A hash of all that decides what becomes of a part's records."""
        rules = self._rules_of(part)
        of_files = [[name, checksums[part.source][name]] for name in part.files]
        judged_by = None if reference is None or rules.source.reference else reference.identity
        return hash_of([__version__, rules.recorded(), of_files, judged_by])

    def _prepare(self, plan: Plan, checksums: list[dict[str, str]], reference: Reference | None) -> tuple[list[Result], list[Part]]:
        tasks = []
        for part in plan.parts:
            files = self._files_of(part)
            identity, size = self._identity(part, checksums, reference), sum(file.num_bytes for file in files)
            tasks.append(Task(part.name, identity, prepare_part, (part.name, files, self._rules_of(part), reference), size))
        readers = [(task, self._index_of(part)) for part, task in zip(plan.parts, tasks, strict=True)]
        make_indexes(self._workers, self._work, "prepare", readers)
        results = self._workers.run(self._work, "prepare", tasks, "bytes")
        remove_indexes(self._work)
        of_sources = [(planned.source, results[task.name]) for planned, task in zip(plan.parts, tasks, strict=True)]
        warn_of_unseen_fields(self._settings.sources, of_sources)
        parts: list[Part] = []
        first = 0
        for planned, task in zip(plan.parts, tasks, strict=True):
            num_documents = results[task.name]["documents"]
            parts.append(Part(task.name, planned.generation, first, num_documents, task.identity))
            first += num_documents
        return list(results.values()), parts

    def _check(self, prepared: list[Result]) -> None:
        """Raises where files are damaged, or too many records bad."""
        damaged = [InputError(**error) for result in prepared for error in result["damaged"]]
        if len(damaged) > self._settings.max_damaged_files:
            remedy = "mend them and give the same command again, which reads only those; or raise max_damaged_files"
            number = InputError("corpus build", f"{len(damaged):,} files are damaged", f"{self._settings.max_damaged_files}", remedy)
            raise InputErrors([*damaged[:SHOWN_DAMAGED], number])
        for error in damaged:
            logger.warning("%s", error)
        flow = summed(prepared)
        bad = {reason: count for reason, count in flow["refused"].items() if reason not in WITHOUT_TEXT}
        num_bad = sum(bad.values())
        if flow["records"] >= MIN_RECORDS_TO_JUDGE and num_bad > self._settings.max_bad_share * flow["records"]:
            raise InputError(
                "corpus build",
                f"{num_bad:,} of {flow['records']:,} records are bad ({_listed(bad)})",
                f"at most {self._settings.max_bad_share:.2%} bad records",
                f"look into {self._work}/prepare/*.dropped.jsonl.zst, mend the sources, or raise max_bad_share",
            )

    def _write(self, parts: list[Part]) -> list[Result]:
        tasks = []
        for part in parts:
            drops = checksum_file(file_of(self._work, "drops", part.name, "drops.npy"))  # which new files elsewhere do not change
            identity = hash_of([part.identity, part.first_document, drops])
            tasks.append(Task(part.name, identity, write_part, (self._work, part, parts), max(part.num_documents, 1)))
        return list(self._workers.run(self._work, "write", tasks, "documents").values())

    def _publish(self, parts: list[Part], written: list[Result]) -> Iterable[str]:
        """Put the files of the last stage where they are looked for, under the number of their part, and no others."""
        names = []
        for part, result in zip(parts, written, strict=True):
            for kind in [*result["splits"], "dropped"]:
                name = f"{kind}-{part.name.removeprefix('part-')}.jsonl.zst"
                _link(file_of(self._work, "write", part.name, f"{kind}.jsonl.zst"), self._out / name)
                names.append(name)
        stale = [path for kind in KINDS_OF_FILE for path in self._out.glob(f"{kind}-*.jsonl.zst") if path.name not in names]
        for path in stale:  # of a build with other settings that was not ended
            path.unlink()
        return names

    def _publish_audit(self, parts: list[Part], prepared: list[Result]) -> list[str]:
        """Put the audit trails where they are looked for, and into their index, if texts are de-identified. Returns the trails' names.

        The index, which grows with each generation, is no file of the manifest: the one before holds until the next is there.
        """
        settings = self._settings.deidentify
        if settings is None:
            return []
        ends = [PartEnd(**result["audit"]) for result in prepared]
        for part, end in zip(parts, ends, strict=True):
            _link(file_of(self._work, "prepare", part.name, AUDIT_SUFFIX), self._out / end.name)
        rewind_index(self._out, sum(part.generation < parts[-1].generation for part in parts))  # to the last state that was published
        write_index(self._out, ends, told_in_trail(settings), secret_of(settings))
        return [end.name for end in ends]

    def _check_left(self, counts: dict[str, Any]) -> None:
        if not counts["splits"]["train"]["documents"]:
            raise InputError(
                "corpus build",
                f"no training document is left of {counts['records']:,} records ({_listed(counts['drops']) or 'nothing dropped'})",
                "at least one document",
                "check the sources, the filters and heldout_share",
            )
        if not counts["splits"]["heldout"]["documents"] and self._settings.heldout_share:
            logger.warning("no document was held out; a larger heldout_share is needed for validation on so small a corpus")

    def _named(self, copies: dict[str, Any], parts: list[Part]) -> dict[str, Any]:
        """The counts of copies, with the ids of the documents that have the most."""
        ids = Ids(self._work, parts)
        return {**copies, "largest": [[ids.of(number)[0], num_copies] for number, num_copies in copies["largest"]]}

    def _licences(self, plan: Plan, prepared: list[Result]) -> dict[str, list[str]]:
        """Under which licences the documents of each source stand, by the name that they bear."""
        licences: dict[str, set[str]] = {}
        for part, result in zip(plan.parts, prepared, strict=True):
            for kind in result["kinds"]:
                licences.setdefault(kind["source"], set()).add(self._settings.sources[part.source].licence)
        return {name: sorted(of_source) for name, of_source in sorted(licences.items())}


def checksum_part(scratch: Path, files: tuple[InputFile, ...]) -> Result:
    """The task that tells the checksum of each file of a part by name."""
    return {file.name: file.checksum(tell) for file in files}


def _link(made: Path, place: Path) -> None:
    """Have a file stand at a second place too, without a copy where the disk allows that; what stood there is replaced at once."""
    aside = place.with_name(f".{place.name}{ASIDE_SUFFIX}")
    aside.unlink(missing_ok=True)
    try:
        os.link(made, aside)
    except OSError:
        shutil.copyfile(made, aside)
    os.replace(aside, place)


def _counts(decisions: Mapping[str, Any], settings: CorpusSettings, num_generations: int) -> dict[str, Any]:
    """The counts of the manifest, as `build_corpus` states them."""
    read, kinds = decisions["read"], decisions["dedup"]["kinds"]
    drops = Counter(read["refused"])
    for kind in [*read["kinds"], *kinds]:
        for reasons in kind["dropped"].values():
            drops.update({reason: amount[0] for reason, amount in reasons.items()})
    whole = _total([(kind["doc_type"], *kind["kept"], kind["kept_bytes"]) for kind in kinds])
    heldout = _total([(kind["doc_type"], *kind["heldout"], kind["heldout_bytes"]) for kind in kinds])
    train = _total(
        [
            (
                kind["doc_type"],
                kind["kept"][0] - kind["heldout"][0],
                kind["kept"][1] - kind["heldout"][1],
                kind["kept_bytes"] - kind["heldout_bytes"],
            )
            for kind in kinds
        ]
    )
    return {
        "records": read["records"],
        **whole,
        "splits": {"train": train, "heldout": heldout},
        "drops": dict(sorted(drops.items())),
        "refused": sum(read["refused"].values()),
        "sources": [{"name": source.name, "licence": source.licence, "weight": source.weight} for source in settings.sources],
        "generations": num_generations,
    }


def _total(amounts: Sequence[tuple[str, int, int, int]]) -> dict[str, Any]:
    """Documents, tokens and bytes of (doc_type, documents, tokens, bytes), in all and per doc_type."""
    names = ("documents", "tokens", "text_bytes")
    doc_types: dict[str, dict[str, int]] = {}
    for doc_type, *amount in sorted(amounts):
        if amount[0]:
            of_type = doc_types.setdefault(doc_type, dict.fromkeys(names, 0))
            for name, number in zip(names, amount, strict=True):
                of_type[name] += number
    return {**{name: sum(of_type[name] for of_type in doc_types.values()) for name in names}, "doc_types": doc_types}


def _listed(reasons: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {reason}" for reason, count in sorted(reasons.items()))


def _sentence(counts: Mapping[str, Any]) -> str:
    kept = ", ".join(f"{split['documents']:,} {name}" for name, split in counts["splits"].items())
    return f"{kept} documents of {counts['records']:,} records" + (f"; dropped {_listed(counts['drops'])}" if counts["drops"] else "")
