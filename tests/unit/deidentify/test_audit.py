"""An audit trail that was touched in any way is found, and one that was not passes."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from medpretrain.corpus.document import Document, format_line
from medpretrain.corpus.lines import LineWriter, read_lines
from medpretrain.deidentify.audit import INDEX_NAME, AuditWriter, PartEnd, settings_that_decide, write_index
from medpretrain.deidentify.audit_check import MAX_TOLD, verify_audit
from medpretrain.deidentify.replace import Replacement
from medpretrain.deidentify.secret import Secret
from medpretrain.deidentify.settings import DeidentifySettings
from medpretrain.deidentify.trail import START, Fields, chained, parse_line
from medpretrain.deidentify.trail import format_line as format_trail_line
from medpretrain.deidentify.trail_faults import chain_faults
from medpretrain.errors import InputErrors

SECRET = Secret(b"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822c")
OTHER = Secret(b"a3bf4f1b2b0b822cd15d6c15b0f00a089f86d081884c7d65")
TRAIL_SETTINGS = settings_that_decide(DeidentifySettings())
NUM_DOCUMENTS = 40
PARTS = ("00000", "00001", "00002")
KINDS = ("NAME", "DATE", "PHONE")


def text_of(part: str, number: int) -> str:
    return f"[NAME] of part {part} was seen {number} times."


def replacements_of(number: int) -> list[Replacement]:
    return [Replacement(KINDS[k % 3], 10 * k, 10 * k + 7, 10 * k, 10 * k + 6, f"{k:016x}") for k in range(number % 4)]


def write_part(directory: Path, part: str, secret: Secret | None) -> PartEnd:
    """A trail and the documents of its part: two of three for training, some held out, some dropped behind the trail."""
    with (
        AuditWriter(directory / f"audit-{part}.jsonl.zst", f"audit-{part}.jsonl.zst", TRAIL_SETTINGS, secret) as trail,
        LineWriter(directory / f"train-{part}.jsonl.zst") as train,
        LineWriter(directory / f"heldout-{part}.jsonl.zst") as heldout,
    ):
        for number in range(NUM_DOCUMENTS):
            text = text_of(part, number)
            trail.add(f"{part}-{number}", replacements_of(number), text)
            line = format_line(Document(f"{part}-{number}", text, "s", "note", {}))
            if number % 3:
                train.write(line)
            elif number % 2:
                heldout.write(line)
    assert trail.end is not None
    return trail.end


def write_corpus(directory: Path, secret: Secret | None = SECRET) -> Path:
    directory.mkdir(exist_ok=True)
    write_index(directory, [write_part(directory, part, secret) for part in PARTS[:2]], TRAIL_SETTINGS, secret)
    write_index(directory, [write_part(directory, part, secret) for part in PARTS[2:]], TRAIL_SETTINGS, secret)
    return directory


@pytest.fixture(scope="module")
def whole_corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Not to be changed."""
    return write_corpus(tmp_path_factory.mktemp("audit") / "corpus")


@pytest.fixture
def corpus(whole_corpus: Path, tmp_path: Path) -> Path:
    """One of the test's own."""
    return Path(shutil.copytree(whole_corpus, tmp_path / "corpus"))


def lines_of(path: Path) -> list[bytes]:
    return [line for _, line in read_lines(path)]


def rewrite(path: Path, lines: list[bytes]) -> None:
    if path.suffix == ".zst":
        with LineWriter(path) as file:
            for line in lines:
                file.write(line + b"\n")
    else:
        path.write_bytes(b"".join(line + b"\n" for line in lines))


def told(path: Path, secret: Secret | None = None) -> str:
    with pytest.raises(InputErrors) as caught:
        verify_audit(path, secret)
    return str(caught.value)


def made_anew(lines: list[bytes]) -> list[bytes]:
    """The lines with a whole chain: what somebody without the secret can do."""
    anew, chain = [], START
    for number, line in enumerate(lines):
        line, chain = format_trail_line(chain, {**parse_line(1, line).fields, "number": number})
        anew.append(line.removesuffix(b"\n"))
    return anew


@pytest.mark.parametrize("secret", [SECRET, None])
@pytest.mark.parametrize("made_with", [SECRET, None])
def test_what_nobody_touched_passes(tmp_path: Path, made_with: Secret | None, secret: Secret | None) -> None:
    corpus = write_corpus(tmp_path / "corpus", made_with)
    if secret is not None and made_with is None:
        assert "made without a secret" in told(corpus, secret)
        return
    assert not list(corpus.glob(".*"))
    result = verify_audit(corpus, secret)
    per_part = [one.kind for number in range(NUM_DOCUMENTS) for one in replacements_of(number)]
    assert result["replaced"] == {kind: 3 * per_part.count(kind) for kind in sorted(KINDS)}
    assert (result["parts"], result["documents"]) == (3, 3 * NUM_DOCUMENTS)
    assert result["texts"] == 3 * len([number for number in range(NUM_DOCUMENTS) if number % 3 or number % 2])
    assert (result["sealed"], result["checked_with_secret"]) == (made_with is not None, secret is not None)
    one = verify_audit(corpus / "audit-00001.jsonl.zst", secret)
    assert (one["parts"], one["documents"], one["texts"]) == (1, NUM_DOCUMENTS, 0)


def test_parts_are_added_without_a_change_to_what_is_there(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    before = b""
    ends = []
    for part in PARTS:
        ends.append(write_part(corpus, part, SECRET))
        write_index(corpus, ends, TRAIL_SETTINGS, SECRET)
        after = (corpus / INDEX_NAME).read_bytes()
        assert after.startswith(before)
        assert len(after) > len(before)
        before = after
        verify_audit(corpus, SECRET)
    write_index(corpus, ends, TRAIL_SETTINGS, SECRET)
    assert (corpus / INDEX_NAME).read_bytes() == before


def test_the_index_takes_no_other_part_and_no_other_secret(corpus: Path) -> None:
    other = PartEnd("audit-00001.jsonl.zst", NUM_DOCUMENTS, "0" * 64)
    with pytest.raises(InputErrors, match=r"line 3: tells of another audit-00001") as caught:
        write_index(corpus, [other], TRAIL_SETTINGS, OTHER)
    assert "another secret" in str(caught.value)
    rewrite(corpus / INDEX_NAME, lines_of(corpus / INDEX_NAME)[:-1])
    with pytest.raises(InputErrors, match="cut off"):
        write_index(corpus, [other], TRAIL_SETTINGS, SECRET)


MANIPULATIONS: dict[str, tuple[Callable[[list[bytes], int], list[bytes]], str]] = {
    "change": (lambda lines, at: [*lines[:at], lines[at].replace(b'"number":', b'"extra":1,"number":'), *lines[at + 1 :]], "changed"),
    "change of a chain value": (
        lambda lines, at: [*lines[:at], lines[at][:-4] + (b"00" if lines[at][-4:-2] != b"00" else b"11") + b'"}', *lines[at + 1 :]],
        "changed",
    ),
    "no JSON": (lambda lines, at: [*lines[:at], b"{}", *lines[at + 1 :]], "changed"),
    "removal": (lambda lines, at: lines[:at] + lines[at + 1 :], "removed|cut off"),
    "removal of two": (lambda lines, at: lines[:at] + lines[at + 2 :], "removed|cut off"),
    "copy": (lambda lines, at: [*lines[: at + 1], lines[at], *lines[at + 1 :]], "added"),
    "copy to the end": (lambda lines, at: [*lines, lines[at]], "added"),
    "line of another trail": (
        lambda lines, at: [*lines[:at], format_trail_line("1" * 64, {"number": at, "kind": "document"})[0][:-1], *lines[at:]],
        "added",
    ),
    "empty line": (lambda lines, at: [*lines[:at], b"", *lines[at:]], "added"),
    "swap": (lambda lines, at: [*lines[: at - 1], lines[at], lines[at - 1], *lines[at + 1 :]], "moved"),
    "cut": (lambda lines, at: lines[:at], "cut off|before its first line|cannot"),
    "cut in a line": (lambda lines, at: [*lines[:at], lines[at][:20]], "cut off"),
}


@pytest.mark.parametrize("name", MANIPULATIONS)
@pytest.mark.parametrize("file_name", [INDEX_NAME, "audit-00001.jsonl.zst"])
@pytest.mark.parametrize("secret", [None, SECRET])
def test_each_manipulation_of_each_line_is_told(corpus: Path, name: str, file_name: str, secret: Secret | None) -> None:
    manipulate, expected = MANIPULATIONS[name]
    path = corpus / file_name
    lines = lines_of(path)
    for at in (1, 2, len(lines) // 2, len(lines) - 1):
        rewrite(path, manipulate(lines, at))
        message = told(corpus, secret)
        assert file_name in message
        assert re.search(expected, message), message
    rewrite(path, lines)
    verify_audit(corpus, secret)


def test_one_changed_line_is_told_by_its_place(corpus: Path) -> None:
    path = corpus / "audit-00002.jsonl.zst"
    lines = lines_of(path)
    lines[16] = lines[16].replace(b'"DATE"', b'"NAME"').replace(b'"PHONE"', b'"NAME"').replace(b'"text":"', b'"text":"0')
    del lines[30]
    rewrite(path, lines)
    with pytest.raises(InputErrors) as caught:
        verify_audit(corpus)
    assert [(error.where, error.found) for error in caught.value.errors] == [
        (f"{path.name} line 17", "was changed"),
        (f"{path.name} line 31", "lines were removed before it: number 30"),
    ]


@pytest.mark.parametrize("at", [0, 1, 20, NUM_DOCUMENTS, NUM_DOCUMENTS + 1])
def test_of_a_changed_chain_value_only_its_own_line_is_told(corpus: Path, at: int) -> None:
    path = corpus / "audit-00002.jsonl.zst"
    rewrite(path, MANIPULATIONS["change of a chain value"][0](lines_of(path), at))
    with pytest.raises(InputErrors) as caught:
        verify_audit(corpus)
    is_end = at == NUM_DOCUMENTS + 1
    assert [error.where for error in caught.value.errors] == [f"{path.name} line {at + 1}", *([path.name] if is_end else [])]


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_any_list_of_lines_but_the_true_one_has_a_fault(data: st.DataObject) -> None:
    lines, chain = [], START
    for number in range(12):
        kind = "header" if number == 0 else "end" if number in (7, 11) else "document"
        line, chain = format_trail_line(chain, {"kind": kind, "number": number})
        lines.append(line[:-1])
    other = data.draw(st.lists(st.sampled_from([*lines, b"", b"{}", lines[3].replace(b"document", b"documemt")]), max_size=16))
    start, stop = sorted(data.draw(st.tuples(st.integers(0, 12), st.integers(0, 12))))
    other = [*lines[:start], *other, *lines[stop:]]
    faults = chain_faults("trail", [parse_line(place, line) for place, line in enumerate(other, start=1)], START)
    assert bool(faults) == (other not in (lines, lines[:8]))


@settings(max_examples=200, deadline=None)
@given(place=st.integers(0, 10_000), byte=st.integers(0, 255))
def test_any_other_byte_of_an_index_is_found(whole_corpus: Path, place: int, byte: int) -> None:
    content = bytearray((whole_corpus / INDEX_NAME).read_bytes())
    place %= len(content) - 1
    is_other = content[place] != byte
    content[place] = byte
    lines = [parse_line(number, line) for number, line in enumerate(bytes(content).removesuffix(b"\n").split(b"\n"), start=1)]
    assert bool(chain_faults(INDEX_NAME, lines, START)) == is_other


def without_the_line(lines: list[bytes]) -> list[bytes]:
    return [line for line in lines if b'"number":5,' not in line]


def with_other_fields(lines: list[bytes]) -> list[bytes]:
    return [line.replace(b"NAME", b"DATE") for line in lines]


def without_a_secret(lines: list[bytes]) -> list[bytes]:
    return [re.sub(rb'"(secret|seal)":"[0-9a-f]*"', rb'"\1":""', line) for line in lines]


@pytest.mark.parametrize(
    ("change", "found"), [(without_the_line, "counts|seal"), (with_other_fields, "seal"), (without_a_secret, "without a secret")]
)
def test_what_was_made_anew_is_found_with_the_secret(corpus: Path, change: Callable[[list[bytes]], list[bytes]], found: str) -> None:
    path = corpus / "audit-00001.jsonl.zst"
    rewrite(path, made_anew(change(lines_of(path))))
    assert re.search(found, told(path, SECRET))
    assert "audit-00001" in told(corpus)


def test_a_trail_made_anew_carelessly_is_found_without_the_secret(corpus: Path) -> None:
    path = corpus / "audit-00001.jsonl.zst"
    lines = lines_of(path)
    rewrite(path, made_anew(without_the_line(lines)))
    assert f"{path.name} line {len(lines) - 1}: counts other lines than there are" in told(path)
    rewrite(path, made_anew([*lines, lines[-1]]))
    assert f"{path.name} line {len(lines) + 1}: was added: it stands behind the last line" in told(path)


def test_corpus_and_index_made_anew_are_found_with_the_secret(corpus: Path, tmp_path: Path) -> None:
    forged = write_corpus(tmp_path / "forged", OTHER)
    for path in corpus.glob("audit*"):
        lines = [line.replace(OTHER.check_value.encode(), SECRET.check_value.encode()) for line in lines_of(forged / path.name)]
        rewrite(path, made_anew(lines))
    ends = {path.name: parse_line(1, lines_of(path)[-1]).chain for path in corpus.glob("audit-*")}
    index = corpus / INDEX_NAME
    fields: list[Fields] = [parse_line(1, line).fields for line in lines_of(index)]
    fields = [{**one, "last": ends[one["part"]]} if one["kind"] == "part" else one for one in fields]
    lines, chain = [], START
    for one in fields:
        line, chain = format_trail_line(chain, one)
        lines.append(line[:-1])
    rewrite(index, lines)
    verify_audit(corpus)
    assert told(corpus, SECRET).count("wrong seal") == 5  # three trails and both of the index's


def test_files_that_are_missing_added_or_exchanged(corpus: Path) -> None:
    trail, spare = corpus / "audit-00001.jsonl.zst", corpus.parent / "spare"
    trail.rename(spare)
    message = told(corpus)
    assert "audit-00001.jsonl.zst: there is no such file" in message
    spare.rename(corpus / "audit-00009.jsonl.zst")
    message = told(corpus)
    assert "audit-00009.jsonl.zst line 1: is the first line of another trail" in message
    (corpus / "audit-00009.jsonl.zst").rename(trail)
    write_part(corpus, "00003", SECRET)
    message = told(corpus)
    assert "audit-00003.jsonl.zst: is not in audit.jsonl" in message
    (corpus / "audit-00003.jsonl.zst").unlink()
    message = told(corpus)
    assert "train-00003.jsonl.zst: has no trail" in message
    assert "heldout-00003.jsonl.zst: has no trail" in message


def test_another_trail_of_the_same_name_is_found_without_the_secret(corpus: Path) -> None:
    other = corpus.parent / "other"
    other.mkdir()
    with AuditWriter(corpus / "audit-00001.jsonl.zst", "audit-00001.jsonl.zst", TRAIL_SETTINGS, SECRET):
        pass
    assert "audit-00001.jsonl.zst: was made anew" in told(corpus)


def test_an_index_that_goes_back_leaves_a_part_that_it_does_not_tell_of(corpus: Path) -> None:
    lines = lines_of(corpus / INDEX_NAME)
    rewrite(corpus / INDEX_NAME, lines[:4])
    assert told(corpus, SECRET).startswith("audit-00002.jsonl.zst: is not in audit.jsonl")


@pytest.mark.parametrize("secret", [None, SECRET])
@pytest.mark.parametrize("split", ["train", "heldout"])
def test_texts_that_were_changed_behind_the_trail_are_found(corpus: Path, split: str, secret: Secret | None) -> None:
    path = corpus / f"{split}-00002.jsonl.zst"
    lines = lines_of(path)
    rewrite(path, [lines[0], lines[1].replace(b"[NAME]", b"Notburga"), *lines[2:]])
    message = told(corpus, secret)
    assert f"{path.name} line 2: holds a text that its trail does not tell of" in message
    assert "Notburga" not in message
    rewrite(path, [*lines, lines[0]])
    assert f"{path.name} line {len(lines) + 1}: holds a text" in told(corpus, secret)
    rewrite(path, [*lines, b"{"])
    assert f"{path.name} line {len(lines) + 1}: is no document" in told(corpus, secret)
    rewrite(path, lines[1:])
    verify_audit(corpus, secret)


def test_documents_that_exchanged_their_ids_are_found_with_the_secret(corpus: Path) -> None:
    path = corpus / "train-00000.jsonl.zst"
    lines = lines_of(path)
    first, second = (re.search(rb'"id":"[^"]+"', line) for line in lines[:2])
    assert first is not None
    assert second is not None
    rewrite(path, [lines[0].replace(first.group(), second.group()), lines[1].replace(second.group(), first.group()), *lines[2:]])
    assert "train-00000.jsonl.zst line 1" in told(corpus, SECRET)
    verify_audit(corpus)


def test_what_was_interrupted_leaves_nothing_that_passes(tmp_path: Path) -> None:
    path = tmp_path / "audit-00000.jsonl.zst"

    def write_half() -> None:
        with AuditWriter(path, path.name, TRAIL_SETTINGS, SECRET) as trail:
            trail.add("a", [], "text")
            assert not path.exists()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_half()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9, 0.999])
def test_a_file_that_is_cut_off_is_told(corpus: Path, share: float) -> None:
    path = corpus / "audit-00001.jsonl.zst"
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    assert re.search("audit-00001.jsonl.zst: (is cut off|is damaged)", told(corpus))


def test_damage_within_a_packed_file_is_told(corpus: Path) -> None:
    path = corpus / "audit-00001.jsonl.zst"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 255
    path.write_bytes(content)
    with pytest.raises(zstandard.ZstdError):
        zstandard.ZstdDecompressor().decompress(content, max_output_size=1 << 24)
    assert "audit-00001.jsonl.zst" in told(corpus)


def test_faults_of_one_file_are_not_endless(corpus: Path) -> None:
    path = corpus / "audit-00001.jsonl.zst"
    rewrite(path, [line.replace(b'"text":"', b'"text":"0') for line in lines_of(path)])
    with pytest.raises(InputErrors) as caught:
        verify_audit(corpus)
    assert len(caught.value.errors) == MAX_TOLD + 1
    assert f"{NUM_DOCUMENTS - MAX_TOLD} more" in str(caught.value)


def test_no_line_holds_a_word_of_a_text_or_an_id_or_a_path(tmp_path: Path) -> None:
    path = tmp_path / "audit-00000.jsonl.zst"
    chosen = DeidentifySettings(mode="surrogate", secret_file="/vault/keyfile", ner="/models/thing")
    with AuditWriter(path, path.name, settings_that_decide(chosen, "modelhash"), SECRET) as trail:
        trail.add("patient-notburga", [Replacement("NAME", 0, 8, 0, 6, "00ff")], "Ottoline was seen")
    content = b"\n".join(lines_of(path))
    assert b"modelhash" in content
    assert b'["NAME",0,8,"00ff"]' in content
    for word in (b"notburga", b"Ottoline", b"vault", b"thing"):
        assert word not in content


def test_the_chain_is_what_the_format_says() -> None:
    from blake3 import blake3

    line, chain = format_trail_line(START, {"number": 0, "kind": "header"})
    assert chain == chained(START, b'{"number":0,"kind":"header"}') == blake3(b"0" * 64 + b'\n{"number":0,"kind":"header"}').hexdigest()
    assert line == b'{"number":0,"kind":"header","chain":"' + chain.encode() + b'"}\n'
