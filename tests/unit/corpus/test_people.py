"""A FHIR bulk export keeps persons in files of their own: what these say is known of the notes in other files."""

from __future__ import annotations

import base64
import gzip
import io
import json
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import zstandard

from medpretrain.__main__ import main
from medpretrain.corpus import deidentify_files as alone
from medpretrain.corpus import people, plan, prepare
from medpretrain.corpus.build import build_corpus
from medpretrain.corpus.settings import CorpusSettings, SourceSettings
from medpretrain.corpus.sources.fhir_people import PeopleIndex, resources_in, rows_of, write_index
from medpretrain.deidentify.identity import Identity
from medpretrain.errors import InputError, InputErrors
from medpretrain.log import logger

Line = dict[str, Any]

TEXT = (
    "Again zwollenberg walks well, and zwolenberg, quirijn (9920 5513) eats well; he goes back to 8 Tarrabee Crossing. "
    "As hjalmarsdottr wrote, vindelmoor is full, and yseultine agrees. Wheezing on the left, 12 mg, stable since then."
)
GONE = ("zwol", "quirijn", "9920", "tarrabee", "hjalmar", "vindelmoor", "yseult")
KEPT = "Wheezing on the left, 12 mg, stable since then."


def patient(number: int, family: str = "Zwollenberg", given: str = "Quirijn") -> Line:
    return {
        "resourceType": "Patient",
        "id": f"p{number}",
        "name": [{"family": family, "given": [given]}],
        "identifier": [{"value": "9920-5513"}],
        "address": [{"line": ["8 Tarrabee Crossing"], "city": "Ulverholt"}],
        "generalPractitioner": [{"reference": "PractitionerRole/r1"}],
    }


STAFF: dict[str, list[Line]] = {
    "Practitioner": [{"resourceType": "Practitioner", "id": "d1", "name": [{"text": "Dr. Sigrun Hjalmarsdottir"}]}],
    "PractitionerRole": [
        {"resourceType": "PractitionerRole", "id": "r1", "practitioner": {"reference": "https://example.org/fhir/Practitioner/d1"}}
    ],
    "Organization": [{"resourceType": "Organization", "id": "o1", "name": "Vindelmoor"}],
    "RelatedPerson": [
        {"resourceType": "RelatedPerson", "id": "s1", "patient": {"reference": "Patient/p1"}, "name": [{"given": ["Yseultine"]}]}
    ],
}


def note(number: str, text: str, subject: str = "Patient/p1", **keys: Any) -> Line:
    subject_and_custodian = {"subject": {"reference": subject}, "custodian": {"reference": "Organization/o1/_history/2"}}
    content = [{"attachment": {"contentType": "text/plain", "data": _base64(text)}}]
    return {"resourceType": "DocumentReference", "id": number, **subject_and_custodian, "content": content, **keys}


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def write_lines(path: Path, resources: list[Line]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    data = b"".join(json.dumps(resource).encode() + b"\n" for resource in resources)
    path.write_bytes(gzip.compress(data, mtime=0) if path.suffix == ".gz" else data)
    return path


def write_export(directory: Path, *notes: Line, suffix: str = ".ndjson") -> Path:
    for kind, resources in STAFF.items():
        write_lines(directory / f"{kind}{suffix}", resources)
    write_lines(directory / f"Patient.000{suffix}", [patient(2, "Aarnivalko", "Oona"), patient(3)])
    write_lines(directory / f"Patient.001{suffix}", [patient(1)])
    write_lines(directory / f"DocumentReference{suffix}", list(notes) or [note("n1", TEXT)])
    return directory


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "secret"
    path.write_text("1b0c2b7e90d34a5566778899aabbccddeeff00112233445566778899aabbcc77\n")
    path.chmod(0o600)
    return path


def deidentified(source: Path | str, out: Path, *words: str) -> dict[str, Line]:
    assert main(["corpus", "deidentify", str(source), "--out", str(out), "--workers", "1", "ner=null", *words]) == 0
    return {one["id"]: one for one in map(json.loads, out.read_text().splitlines())}


def settings(source: Path, secret: Path | None = None, **of_source: Any) -> CorpusSettings:
    deidentify = {} if secret is None else {"mode": "surrogate", "secret_file": str(secret)}
    filters: dict[str, Any] = {"languages": [], "max_perplexity": None, "min_tokens": 0}
    given = {"sources": [{"path": str(source), **of_source}], "filters": filters, "deidentify": deidentify, "heldout_share": 0}
    return CorpusSettings.model_validate(given)


def documents_of(out: Path) -> dict[str, str]:
    lines = [line for path in sorted(out.glob("train-*")) for line in _unpacked(path).splitlines()]
    return {one["id"]: one["text"] for one in map(json.loads, lines)}


def _unpacked(path: Path) -> bytes:
    return zstandard.ZstdDecompressor().decompressobj().decompress(path.read_bytes())


@pytest.mark.parametrize(("suffix", "store"), [(".ndjson", ""), (".ndjson.gz", ""), (".ndjson", "file://")])
def test_what_files_of_persons_say_is_gone_from_notes_in_other_files(tmp_path: Path, suffix: str, store: str) -> None:
    export = write_export(tmp_path / "export", suffix=suffix)
    (made,) = deidentified(f"{store}{export}", tmp_path / "out.jsonl").values()
    assert [word for word in GONE if word in made["text"].lower()] == []
    assert KEPT in made["text"]


def test_without_files_of_persons_it_stays_and_that_is_said_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for number in range(3):
        write_lines(tmp_path / f"export/DocumentReference.{number}.ndjson", [note(f"n{number}", TEXT)])
    made = deidentified(tmp_path / "export", tmp_path / "out.jsonl")
    assert all("zwollenberg walks" in one["text"] for one in made.values()), "else other tests of this file could not fail"
    assert capsys.readouterr().err.count("no file begins with a Patient resource") == 1


def test_a_build_knows_them_too_and_leaves_no_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    export, out = write_export(tmp_path / "export"), tmp_path / "out"
    modes: list[int] = []
    make = people.make_indexes

    def followed(*given: Any) -> None:
        make(*given)
        holding = [*(out / "parts" / people.PEOPLE_STAGE).glob("*.zst"), *(out / "parts" / people.INDEX_STAGE).glob("*.sqlite")]
        modes.extend(stat.S_IMODE(path.stat().st_mode) for path in holding)

    monkeypatch.setattr("medpretrain.corpus.build.make_indexes", followed)
    build_corpus(settings(export), out)
    (text,) = documents_of(out).values()
    assert [word for word in GONE if word in text.lower()] == []
    assert modes == [0o600] * 7, "nobody else may read what six files tell, and the index of it"
    assert {people.PEOPLE_STAGE, people.INDEX_STAGE}.isdisjoint(path.name for path in (out / "parts").iterdir())


def consent(said: str, patient: str | None = "Patient/p1") -> Line:
    named = {} if patient is None else {"patient": {"reference": patient}}
    return {"resourceType": "Consent", "id": f"{said}-{patient}", "status": "active", "provision": {"type": said}, **named}


@pytest.mark.parametrize(
    ("consents", "kept"),
    [
        ([], {"n1", "n2", "n3"}),
        ([consent("deny")], {"n2"}),
        ([consent("deny", "https://example.org/fhir/Patient/p1/_history/4"), consent("permit")], {"n2"}),
        ([consent("deny", None)], set()),
        ([consent("permit", None)], {"n1", "n2", "n3"}),
        ([consent("deny") | {"status": "inactive"}], {"n1", "n2", "n3"}),
        ([consent("deny") | {"provision": 7}], {"n1", "n2", "n3"}),
    ],
)
@pytest.mark.parametrize("searched", [False, True])
def test_a_consent_of_another_file_is_that_of_its_patients_notes(
    tmp_path: Path, consents: list[Line], kept: set[str], searched: bool
) -> None:
    nobodys = note("n3", "Nobody is named here, and all is well so far.")
    del nobodys["subject"]
    export = write_export(tmp_path / "export", note("n1", TEXT), note("n2", "Walks well, eats well, sleeps well.", "Patient/p2"), nobodys)
    write_lines(export / "Consent.ndjson", consents or [consent("permit", "Patient/p9")])
    given = settings(export).model_copy(update={"max_bad_share": 1.0} if searched else {"max_bad_share": 1.0, "deidentify": None})
    if not kept:
        with pytest.raises(InputError):
            build_corpus(given, tmp_path / "out")
        return
    build_corpus(given, tmp_path / "out")
    texts = documents_of(tmp_path / "out")
    assert len(texts) == len(kept)
    assert any("Wheezing" in text for text in texts.values()) is ("n1" in kept)
    assert any("eats well, sleeps" in text for text in texts.values()) is ("n2" in kept)


def in_a_bundle(*resources: Line) -> Line:
    return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": resource} for resource in resources]}


OBSERVED = {"resourceType": "Observation", "id": "o", "status": "final", "subject": {"reference": "Patient/p2"}}
DENIALS = {
    "in a bundle of JSON": ("consents.json", json.dumps(in_a_bundle(consent("deny")), indent=1)),
    "by itself in JSON": ("Consent.json", json.dumps(consent("deny"), indent=1)),
    "in a bundle of a line": (
        "a.ndjson",
        json.dumps(in_a_bundle(patient(2), consent("deny"))) + "\n" + json.dumps(in_a_bundle(patient(3))),
    ),
    "behind other resources": ("a.ndjson", json.dumps(OBSERVED) + "\n" + json.dumps(consent("deny"))),
    "behind a person": ("a.ndjson", json.dumps(patient(2)) + "\n" + json.dumps(consent("deny"))),
    "behind a mark and a blank line": ("a.ndjson", "\ufeff\n" + json.dumps(consent("deny"))),
    "by another form of reference": ("a.ndjson", json.dumps(consent("deny", "urn:uuid:p1"))),
}


@pytest.mark.parametrize("where", DENIALS)
@pytest.mark.parametrize("searched", [False, True])
def test_a_denial_is_found_wherever_it_stands(tmp_path: Path, where: str, searched: bool) -> None:
    export = write_export(tmp_path / "export", note("n1", TEXT), note("n2", "Walks well, eats well, sleeps well.", "Patient/p2"))
    name, text = DENIALS[where]
    (export / name).write_text(text)
    given = settings(export).model_copy(update={"max_bad_share": 1.0} if searched else {"max_bad_share": 1.0, "deidentify": None})
    build_corpus(given, tmp_path / "out")
    texts = documents_of(tmp_path / "out").values()
    assert any("eats well, sleeps" in text for text in texts)
    assert not any("Wheezing" in text for text in texts)


def test_a_damaged_file_of_consents_lets_no_note_be_used(tmp_path: Path) -> None:
    export = write_export(tmp_path / "export")
    whole = write_lines(export / "Consent.ndjson.gz", [consent("permit", f"Patient/x{number}") for number in range(400)])
    whole.write_bytes(whole.read_bytes()[:-40])
    given = settings(export).model_copy(update={"max_damaged_files": 1})
    with pytest.raises(InputError, match=r"Consent\.ndjson\.gz"):
        build_corpus(given, tmp_path / "out")


@pytest.mark.parametrize("named", [7, {"identifier": {"value": "9920"}}, [{"reference": "Patient/p1"}]])
def test_a_permission_whose_patient_cannot_be_read_permits_nobody(tmp_path: Path, named: Any) -> None:
    asked = indexed(
        tmp_path, [consent("permit") | {"patient": named}, consent("permit", None)], lambda index: [index.consent(""), index.consent("p1")]
    )
    assert asked == ["", ""]


def test_consent_stands_in_what_is_made_alone(tmp_path: Path) -> None:
    export = write_export(tmp_path / "export")
    write_lines(export / "Consent.ndjson", [consent("deny")])
    (made,) = deidentified(export, tmp_path / "out.jsonl").values()
    assert made["meta"]["consent"] == "deny"


def test_whom_an_encounter_names_is_gone_from_notes_in_other_files(tmp_path: Path) -> None:
    export = write_export(tmp_path / "export", note("n1", TEXT, context={"encounter": [{"reference": "Encounter/e1"}]}))
    met = {"participant": [{"individual": {"reference": "Practitioner/d2", "display": "Brennaghlin, Ottokar"}}]}
    write_lines(export / "Encounter.ndjson", [{"resourceType": "Encounter", "id": "e1", "subject": {"reference": "Patient/p1"}, **met}])
    lines = (export / "DocumentReference.ndjson").read_text()
    told = TEXT + " Now brenaghlin smiles."
    (export / "DocumentReference.ndjson").write_text(lines.replace(_base64(TEXT), _base64(told)))
    texts = " ".join(one["text"] for one in deidentified(export, tmp_path / "out.jsonl").values())
    assert "brenagh" not in texts.lower()


def test_the_reference_model_learns_from_notes_without_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    learnt: list[str] = []

    class Model:
        def save(self, path: Path) -> None:
            path.write_bytes(b"")

    def train(texts: Any, max_words: int) -> Model:
        learnt.extend(texts)
        return Model()

    monkeypatch.setattr(prepare, "train_reference", train)
    given = settings(write_export(tmp_path / "export"), reference=True).model_dump(mode="json")
    given["filters"]["max_perplexity"] = 1000.0
    build_corpus(CorpusSettings.model_validate(given), tmp_path / "out")
    (text,) = learnt
    assert [word for word in GONE if word in text.lower()] == []


def test_surrogates_have_one_scope_for_a_patient_in_all_files(tmp_path: Path, secret: Path) -> None:
    text = "Quirijn Zwollenberg rests; seen on 3 December 2019."
    export = write_export(
        tmp_path / "export", note("n1", text), note("n2", text, "https://example.org/fhir/Patient/p1"), note("n3", text, "Patient/p3")
    )
    write_lines(export / "Report.ndjson", [note("n4", text, "Patient/p1/_history/3")])
    made = deidentified(export, tmp_path / "out.jsonl", "mode=surrogate", f"secret_file={secret}")
    texts = [one["text"] for one in made.values()]
    assert len(texts) == 4
    assert sorted(texts.count(text) for text in set(texts)) == [1, 3], "p3 is called the same, and is another"


def many_notes(directory: Path) -> Path:
    """Files large enough that some processes have something to do."""
    export = write_export(directory)
    for number in range(4):
        write_lines(export / f"more/{number}.ndjson", [note(f"m{number}-{each}", f"{TEXT} Visit {each}.") for each in range(6)])
    return export


def test_the_number_of_processes_does_not_decide(tmp_path: Path, secret: Path) -> None:
    export = many_notes(tmp_path / "export")
    words = ["corpus", "deidentify", str(export), "mode=surrogate", f"secret_file={secret}"]
    for num_workers in (1, 2):
        assert main([*words, "--out", str(tmp_path / f"{num_workers}.jsonl"), "--workers", str(num_workers)]) == 0
    assert (tmp_path / "1.jsonl").read_bytes() == (tmp_path / "2.jsonl").read_bytes()
    assert (tmp_path / "1.jsonl").read_text().count("Visit") == 24


def test_nor_does_it_in_a_build(tmp_path: Path, secret: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "PART_BYTES", 4000)  # several parts
    export = many_notes(tmp_path / "export")
    made = []
    for num_workers in (1, 2):
        build_corpus(settings(export, secret), tmp_path / str(num_workers), num_workers)
        made.append({path.name: path.read_bytes() for path in (tmp_path / str(num_workers)).glob("*.jsonl*")})
    assert len(made[0]) > 2
    assert made[0] == made[1]


@pytest.mark.parametrize("changed", [False, True])
def test_it_goes_on_where_it_was_unless_a_file_of_persons_is_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changed: bool
) -> None:
    export = many_notes(tmp_path / "export")
    work, done = alone.deidentify_slice, list[str]()

    def run(interrupt_after: int) -> int:
        done.clear()

        def followed(scratch: Path, file: Any, *rest: Any) -> Any:
            if len(done) == interrupt_after:
                raise KeyboardInterrupt
            done.append(file.name)
            return work(scratch, file, *rest)

        monkeypatch.setattr(alone, "deidentify_slice", followed)
        return main(["corpus", "deidentify", str(export), "--out", str(tmp_path / "out.jsonl"), "--workers", "1"])

    assert run(interrupt_after=2) == 130
    first = list(done)
    if changed:
        write_lines(export / "Patient.001.ndjson", [patient(1) | {"alias": "x"}, patient(4)])
    assert run(interrupt_after=99) == 0
    assert (set(first) <= set(done)) is changed
    text = (tmp_path / "out.jsonl").read_text().lower()
    assert [word for word in GONE if word in text] == []
    assert not list(tmp_path.glob("*.parts"))


def interrupted_build(given: CorpusSettings, out: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    def stop(*arguments: Any) -> Any:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(f"medpretrain.corpus.build.{name}", stop)
        with pytest.raises(KeyboardInterrupt):
            build_corpus(given, out)


def test_a_build_that_was_stopped_behind_them_does_not_index_them_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given, out = settings(write_export(tmp_path / "export")), tmp_path / "out"
    interrupted_build(given, out, monkeypatch, "find_duplicates")
    monkeypatch.setattr(people, "write_people", None)
    build_corpus(given, out)
    (text,) = documents_of(out).values()
    assert "zwol" not in text


def test_a_build_that_was_stopped_does_not_read_notes_again_where_the_export_was_moved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    export, out = write_export(tmp_path / "export"), tmp_path / "out"
    interrupted_build(settings(export, name="export"), out, monkeypatch, "find_duplicates")
    monkeypatch.setattr("medpretrain.corpus.build.prepare_part", None)
    build_corpus(settings(export.rename(tmp_path / "moved"), name="export"), out)
    (text,) = documents_of(out).values()
    assert "zwol" not in text


def test_a_changed_file_of_persons_has_the_notes_of_an_unfinished_build_done_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    export = write_export(tmp_path / "export", note("n1", "Known as brennaghlin to all who know him. " + KEPT))
    given, out = settings(export), tmp_path / "out"
    interrupted_build(given, out, monkeypatch, "find_duplicates")
    write_lines(export / "Patient.001.ndjson", [patient(1, "Brennaghlin")])
    build_corpus(given, out)
    (text,) = documents_of(out).values()
    assert "brennaghlin" not in text.lower()
    write_lines(export / "Patient.001.ndjson", [patient(1, "Another")])
    with pytest.raises(InputError, match=r"Patient\.001\.ndjson, which has changed since"):
        build_corpus(given, out)


def test_files_that_come_later_know_all_persons_and_what_was_there_stays(tmp_path: Path) -> None:
    export, out = write_export(tmp_path / "export"), tmp_path / "out"
    build_corpus(settings(export), out)
    before = {path.name: path.read_bytes() for path in out.glob("*-00000.jsonl.zst")}
    write_lines(export / "later/Patient.ndjson", [patient(9, "Brennaghlin", "Ottokar")])
    later = [note("n8", "Much worse than before, zwollenberg cannot sleep."), note("n9", "Now brenaghlin coughs.", "Patient/p9")]
    write_lines(export / "later/DocumentReference.ndjson", later)
    build_corpus(settings(export), out)
    assert before == {path.name: path.read_bytes() for path in out.glob("*-00000.jsonl.zst")}
    texts = documents_of(out)
    assert len(texts) == 3
    assert [word for word in (*GONE, "brenagh") if word in " ".join(texts.values()).lower()] == []


def test_of_a_damaged_file_of_persons_what_can_be_read_is_known(tmp_path: Path) -> None:
    export = write_export(tmp_path / "export")
    whole = write_lines(export / "Patient.001.ndjson.gz", [patient(1), *(patient(number) for number in range(9, 400))])
    (export / "Patient.001.ndjson").unlink()
    whole.write_bytes(whole.read_bytes()[:-40])
    with pytest.raises(InputErrors, match="is cut off"):
        build_corpus(settings(export), tmp_path / "out")
    given = settings(export).model_copy(update={"max_damaged_files": 1})
    build_corpus(given, tmp_path / "tolerant")
    (text,) = documents_of(tmp_path / "tolerant").values()
    assert "zwol" not in text.lower()


def export_of_bundles(directory: Path, bundles: list[Line]) -> dict[str, Line]:
    """Write what bundles hold as a bulk export, and a note of each patient; returns the patients by the ids of their notes."""
    by_type: dict[str, list[Line]] = {"DocumentReference": []}
    patients = {}
    for resource in (entry["resource"] for bundle in bundles for entry in bundle["entry"]):
        kind = resource["resourceType"]
        by_type.setdefault(kind, []).append(resource)
        if kind == "Patient":
            family, street = resource["name"][0]["family"], resource["address"][0]["line"][0]
            misspelt = f", {family}{family[-1]} eats" if len(family) > 6 else ""
            text = f"Again {family} sleeps{misspelt}, file {resource['identifier'][1]['value']}, {street.lower()}."
            by_type["DocumentReference"].append(note(f"of-{resource['id']}", text, f"Patient/{resource['id']}"))
            patients[f"DocumentReference/of-{resource['id']}"] = resource
    for kind, resources in by_type.items():
        write_lines(directory / f"{kind}.ndjson", resources)
    return patients


def test_real_patients_are_known_of_notes_in_another_file(tmp_path: Path, shared_data: Path) -> None:
    packed = (shared_data / "structured" / "synthea_fhir_r4.jsonl.gz").read_bytes()
    bundles = [json.loads(line)["bundle"] for line in gzip.decompress(packed).splitlines()]
    patients = export_of_bundles(tmp_path / "export", bundles)
    assert len(patients) > 20
    made = deidentified(tmp_path / "export", tmp_path / "out.jsonl")
    left = []
    for identifier, one in patients.items():
        said = [one["name"][0]["family"][:6], one["identifier"][1]["value"], one["address"][0]["line"][0]]
        left += [value for value in said if value.lower() in made[identifier]["text"].lower()]
    assert left == []


@pytest.mark.parametrize(
    ("types", "is_told"),
    [
        (["DocumentReference", "Practitioner"], True),
        (["DocumentReference", "Patient"], False),
        (["Encounter", "Consent"], True),
        (["Bundle"], False),
        (["Organization"], False),
        ([], False),
    ],
)
def test_where_patients_are_missed(
    types: list[str], is_told: bool, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(logger, "propagate", True)
    people.warn_of_unknown_patients(SourceSettings(path="export"), {f"{number}.ndjson": [kind] for number, kind in enumerate(types)})
    assert ("no file begins with a Patient" in caplog.text) is is_told


def indexed(tmp_path: Path, resources: list[Line], find: Callable[[PeopleIndex], Any]) -> Any:
    write_index(tmp_path / "index", [row for resource in resources for row in rows_of(resource)])
    with PeopleIndex(tmp_path / "index") as index:
        return find(index)


def test_two_resources_of_one_reference_both_count(tmp_path: Path) -> None:
    found = indexed(tmp_path, [patient(1), patient(1, "Aarnivalko")], lambda index: index.find(["Patient/p1"]))
    assert [identity.names for identity in found] == [("Quirijn Zwollenberg",), ("Quirijn Aarnivalko",)]


def test_references_in_a_circle_come_to_an_end(tmp_path: Path) -> None:
    organisations: list[Line] = [
        {
            "resourceType": "Organization",
            "id": f"o{number}",
            "name": f"Vindelmoor {number}",
            "partOf": {"reference": f"Organization/o{1 - number}"},
        }
        for number in range(2)
    ]
    found = indexed(tmp_path, organisations, lambda index: index.find(["Organization/o0", "https://example.org/Organization/o0"]))
    assert [identity.places for identity in found] == [("Vindelmoor 0",), ("Vindelmoor 1",)]


def test_lines_that_are_no_person_are_passed_over(tmp_path: Path) -> None:
    lines = [b"{", b"[]", b'{"resourceType": "Observation", "id": "x"}', b"7", json.dumps(patient(1)).encode()]
    write_index(tmp_path / "index", [row for parsed in resources_in(io.BytesIO(b"\n".join(lines))) for row in rows_of(parsed)])
    with PeopleIndex(tmp_path / "index") as index:
        assert index.find(["Observation/x", "Patient/None", "Patient/p2", ""]) == []
        (identity,) = index.find(["urn:x", "Patient/p1"])
    assert isinstance(identity, Identity)
    assert identity.numbers == ("9920-5513",)
