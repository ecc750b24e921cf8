"""Readers of sources beside programs that only parse the same files; and how much of the text that stands there they keep.

1. Records and MB of a file (as it lies there) a CPU second, of `read_file` as the stage "prepare" calls it, beside the parser named in each
   line, which makes objects or a tree of every record and does nothing with them; of clinical formats also beside the reader itself where
   it gathers nothing of what records say of persons. A record is what the format has as one: a bundle, a message, a document, an article, a
   citation, a file, a row. FHIR, HL7 v2, C-CDA and DICOM are the samples of ../shared/data/structured, several times over; JATS and MEDLINE
   are XML around the full texts and abstracts of ../shared/data/pretrain, the tables those abstracts.
2. Of the words there (of 2 letters or more, each different one of a record once, without case), those in the documents' texts. "There" is
     FHIR     values of display, text, div, valueString, conclusion, description, comment, note and of attached plain text, in all
              resources but those of billing and administration
     HL7 v2   OBX-5 (but ED), NTE-3, and the names in OBR-4, OBX-3, DG1-3, DG1-4, AL1-3, AL1-5, of all messages
     C-CDA    titles and narratives of all sections
     DICOM    text and names of codes of a report; of others, free text (ST, LT, UT), descriptions, comments and labels

    python benchmarks/readers.py
"""

from __future__ import annotations

import base64
import csv
import gzip
import io
import json
import re
import tempfile
import time
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import hl7
import lxml.etree
import orjson
import pyarrow
import pyarrow.parquet
import pydicom
from measure.pairs import measure_pairs
from pydicom.dataset import Dataset

from medpretrain.corpus.document import Document
from medpretrain.corpus.settings import SourceSettings
from medpretrain.corpus.sources.files import list_files
from medpretrain.corpus.sources.formats import CLINICAL_FORMATS, is_readable, read_file

SHARED = Path(__file__).resolve().parents[2] / "shared/data"
STRUCTURED, PRETRAIN = SHARED / "structured", SHARED / "pretrain"
TIMES = {"fhir": 2, "hl7": 8, "ccda": 3, "dicom": 25}
ARTICLES = 250
ARTICLES_A_FILE = 50
ABSTRACTS = 3_700
_WORD = re.compile(r"[^\W\d_]{2,}")
_TAG = re.compile(r"<[^>]*>")


def samples(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]


# The files: a directory for each format, and how many records they hold.


def write_samples(directory: Path) -> dict[str, int]:
    for form in ("fhir", "hl7", "ccda", "dicom", "jats", "medline", "jsonl", "csv", "parquet"):
        (directory / form).mkdir()
    counts = {}
    bundles = [orjson.dumps(sample["bundle"]) for sample in samples(STRUCTURED / "synthea_fhir_r4.jsonl.gz")]
    messages = [normal_ends(sample["message"]) for sample in samples(STRUCTURED / "hl7v2_messages.jsonl.gz")]
    documents = [sample["xml"].encode() for sample in samples(STRUCTURED / "ccda_documents.jsonl.gz")]
    images = [path.read_bytes() for path in sorted((STRUCTURED / "dicom").glob("*.dcm"))]
    for form, contents, suffix in (("fhir", bundles, "json"), ("ccda", documents, "xml"), ("dicom", images, "dcm")):
        for number, content in enumerate(contents * TIMES[form]):
            (directory / form / f"{number:05d}.{suffix}").write_bytes(content)
        counts[form] = len(contents) * TIMES[form]
    (directory / "hl7" / "messages.hl7").write_text("\r".join(messages * TIMES["hl7"]), newline="")
    counts["hl7"] = len(messages) * TIMES["hl7"]
    articles = samples(PRETRAIN / "pmc_fulltext-00000-of-00004.jsonl.gz")[:ARTICLES]
    for begin in range(0, len(articles), ARTICLES_A_FILE):
        xml = "".join(map(jats_of, articles[begin : begin + ARTICLES_A_FILE]))
        (directory / "jats" / f"{begin:05d}.xml").write_text(f"<?xml version='1.0'?>\n<pmc-articleset>{xml}</pmc-articleset>")
    abstracts = samples(PRETRAIN / "pubmed_abstracts.jsonl.gz")[:ABSTRACTS]
    xml = "\n".join(map(medline_of, abstracts))
    (directory / "medline" / "citations.xml").write_text(f"<?xml version='1.0'?>\n<PubmedArticleSet>{xml}</PubmedArticleSet>")
    rows = [{"id": row["id"], "text": row["text"], "journal": str(row.get("journal") or ""), "year": row.get("year")} for row in abstracts]
    (directory / "jsonl" / "rows.jsonl").write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
    with open(directory / "csv" / "rows.csv", "w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), directory / "parquet" / "rows.parquet")
    return counts | {"jats": len(articles)} | dict.fromkeys(("medline", "jsonl", "csv", "parquet"), len(rows))


def normal_ends(message: str) -> str:
    return re.sub(r"[\r\n]+", "\r", message.strip("\ufeff\r\n "))


def jats_of(article: dict[str, Any]) -> str:
    """An article with a section for every ten paragraphs."""
    paragraphs = [f"<p>{escape(paragraph)}</p>" for paragraph in article["text"].split("\n") if paragraph.strip()]
    sections = [f"<sec><title>Part</title>{''.join(paragraphs[begin : begin + 10])}</sec>" for begin in range(0, len(paragraphs), 10)]
    title = escape(article.get("title") or article["id"])
    ids = f'<article-id pub-id-type="pmc">{escape(article["id"])}</article-id>'
    front = f"<front><article-meta>{ids}<title-group><article-title>{title}</article-title></title-group></article-meta></front>"
    return f'<article article-type="research-article">{front}<body>{"".join(sections)}</body></article>'


def medline_of(abstract: dict[str, Any]) -> str:
    title = escape(abstract.get("title") or "No title")
    article = f"<ArticleTitle>{title}</ArticleTitle><Abstract><AbstractText>{escape(abstract['text'])}</AbstractText></Abstract>"
    journal = f"<Journal><Title>{escape(str(abstract.get('journal') or ''))}</Title></Journal>"
    citation = f"<PMID>{escape(str(abstract.get('pmid') or 1))}</PMID><Article>{journal}{article}</Article>"
    return f"<PubmedArticle><MedlineCitation>{citation}</MedlineCitation></PubmedArticle>"


# What only parses: a function of a file's content.


def by_line(parse: Callable[[bytes], Any]) -> Callable[[bytes], Any]:
    return lambda content: [parse(line) for line in content.splitlines()]


def parse_messages(content: bytes) -> None:
    for message in content.decode().split("\rMSH|"):
        with suppress(Exception):  # the samples hold messages that it refuses
            hl7.parse(message if message.startswith("MSH|") else f"MSH|{message}")


def parse_dicom(content: bytes) -> None:
    with suppress(Exception), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pydicom.dcmread(io.BytesIO(content), force=True)


def parse_tree(content: bytes) -> None:
    lxml.etree.fromstring(content, lxml.etree.XMLParser(recover=True, huge_tree=True))


BASELINES: dict[str, dict[str, Callable[[bytes], Any]]] = {
    "fhir": {"json.loads": json.loads, "orjson.loads": orjson.loads},
    "hl7": {"hl7.parse": parse_messages},
    "ccda": {"lxml's tree": parse_tree},
    "dicom": {"pydicom.dcmread": parse_dicom},
    "jats": {"lxml's tree": parse_tree},
    "medline": {"lxml's tree": parse_tree},
    "jsonl": {"json.loads": by_line(json.loads), "orjson.loads": by_line(orjson.loads)},
    "csv": {"csv.reader": lambda content: list(csv.reader(io.StringIO(content.decode(), newline="")))},
    "parquet": {"pyarrow": lambda content: pyarrow.parquet.read_table(pyarrow.BufferReader(content)).to_pylist()},
}


def read_all(directory: Path, identities: bool = True) -> Iterator[Any]:
    source = SourceSettings(path=str(directory), format=directory.name, id="id" if directory.name in ("csv", "parquet") else None)
    for file in list_files(str(directory), is_readable(source))[0]:
        yield from read_file(file, source, identities=identities)


def measure_speed(directory: Path, num_records: int) -> None:
    paths = sorted(directory.iterdir())
    mega = sum(path.stat().st_size for path in paths) / 1e6

    def rate(work: Callable[[], Any]) -> float:
        started = time.process_time()
        work()
        return mega / (time.process_time() - started)

    num_documents = sum(isinstance(record, Document) for record in read_all(directory))
    for name, parse in BASELINES[directory.name].items():

        def parse_all(parse: Callable[[bytes], Any] = parse) -> None:
            for path in paths:
                parse(path.read_bytes())

        pairs = measure_pairs(lambda: rate(lambda: sum(1 for _ in read_all(directory))), lambda parse_all=parse_all: rate(parse_all))
        records_per_second = num_records / mega * sorted(pairs.ours)[len(pairs.ours) // 2]
        line = pairs.line(f"{directory.name}: {records_per_second:,.0f} records/s,", "MB/s", name, ",.1f")
        print(f"{line}; {num_records:,} records, {num_documents:,} documents, {mega:.1f} MB", flush=True)
    if directory.name in CLINICAL_FORMATS:
        pairs = measure_pairs(
            lambda: rate(lambda: sum(1 for _ in read_all(directory))),
            lambda: rate(lambda: sum(1 for _ in read_all(directory, identities=False))),
        )
        print(pairs.line(f"{directory.name}:", "MB/s", "without identities", ",.1f"), flush=True)


# 2. Each gives (words there, texts of the documents) of one record after the other.


def words(texts: Iterable[str]) -> set[str]:
    return {word for text in texts for word in _WORD.findall(text.lower())}


def documents_in(path: Path, form: str) -> list[str]:
    source = SourceSettings(path=str(path), format=form)
    files, _ = list_files(str(path), lambda name: True)
    return [record.text for file in files for record in read_file(file, source) if isinstance(record, Document)]


_ADMINISTRATION = frozenset(
    ["Claim", "ExplanationOfBenefit", "Coverage", "Organization", "Practitioner", "PractitionerRole", "Location", "Provenance", "Patient"]
)
_TEXT_KEYS = frozenset(("display", "text", "valueString", "conclusion", "description", "comment"))


def texts_of_resource(value: Any, key: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        if str(value.get("contentType", "")).startswith("text/plain") and isinstance(value.get("data"), str):
            yield base64.b64decode(value["data"]).decode(errors="replace")
        for name, inner in value.items():
            yield from texts_of_resource(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from texts_of_resource(inner, key)
    elif isinstance(value, str) and (key in _TEXT_KEYS or key == "div"):
        yield _TAG.sub(" ", value) if key == "div" else value


def texts_of_bundle(content: bytes) -> Iterator[str]:
    for entry in json.loads(content)["entry"]:
        if entry["resource"]["resourceType"] not in _ADMINISTRATION:
            yield from texts_of_resource(entry["resource"])


_NAMED_FIELDS = {"OBR": (4,), "OBX": (3,), "DG1": (3, 4), "AL1": (3, 5)}


def texts_of_message(content: bytes) -> Iterator[str]:
    """By splitting at the marks; escapes are parted from what stands beside them."""
    segments = content.decode().split("\r")
    component = segments[0][4:5]
    for segment in segments:
        fields = re.sub(r"\\[^\\]{1,6}\\", " ", segment).split("|")
        for number in _NAMED_FIELDS.get(fields[0], ()):
            if len(fields) > number:
                yield " ".join(fields[number].replace("~", component).split(component)[1:2])
        if fields[0] == "OBX" and len(fields) > 5 and fields[2] != "ED":
            yield fields[5]
        if fields[0] == "NTE" and len(fields) > 3:
            yield fields[3]


def texts_of_cda(content: bytes) -> Iterator[str]:
    tree = lxml.etree.fromstring(content, lxml.etree.XMLParser(recover=True, huge_tree=True))
    for section in tree.iter("{*}section"):
        for child in section:
            if child.tag in ("{urn:hl7-org:v3}title", "{urn:hl7-org:v3}text"):
                yield " ".join(map(str, child.itertext()))


_DESCRIBING = ("Description", "Comments", "Label", "TextValue")


def texts_of_dicom(content: bytes) -> Iterator[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            dataset = pydicom.dcmread(io.BytesIO(content), force=True)
            yield from texts_of_dataset(dataset, "ContentSequence" in dataset)
        except Exception:  # the samples hold files that are cut off
            return


def texts_of_dataset(dataset: Dataset, is_report: bool) -> Iterator[str]:
    for element in dataset:
        if element.VR == "SQ":
            for inner in element.value:
                yield from texts_of_dataset(inner, is_report)
        elif element.VR in ("ST", "LT", "UT") or element.keyword.endswith(_DESCRIBING) or (is_report and element.keyword == "CodeMeaning"):
            yield str(element.value)


TEXTS = {"fhir": texts_of_bundle, "hl7": texts_of_message, "ccda": texts_of_cda, "dicom": texts_of_dicom}


def measure_kept(form: str, directory: Path) -> None:
    paths = sorted(directory.iterdir())
    num_there = num_kept = num_without = 0
    lost: dict[str, int] = {}
    for path in paths:
        there, kept = words(TEXTS[form](path.read_bytes())), words(documents_in(path, form))
        num_there += len(there)
        num_kept += len(there & kept)
        num_without += bool(there) and not kept
        for word in there - kept:
            lost[word] = lost.get(word, 0) + 1
    most = ", ".join(sorted(lost, key=lambda word: -lost[word])[:8])
    shares = f"{num_kept / max(num_there, 1):.1%} of {num_there:,} words kept, in {len(paths)} records"
    print(f"{form}: {shares} ({num_without} with words give no document); most often left out: {most}", flush=True)


def write_singles(directory: Path) -> None:
    """Each sample once, a record a file."""
    for form, name, key in (
        ("fhir", "synthea_fhir_r4", "bundle"),
        ("hl7", "hl7v2_messages", "message"),
        ("ccda", "ccda_documents", "xml"),
    ):
        (directory / form).mkdir(parents=True)
        for number, sample in enumerate(samples(STRUCTURED / f"{name}.jsonl.gz")):
            content = sample[key]
            text = json.dumps(content) if form == "fhir" else normal_ends(content) if form == "hl7" else content
            (directory / form / f"{number:05d}").write_bytes(text.encode())
    (directory / "dicom").mkdir()
    for path in (STRUCTURED / "dicom").glob("*.dcm"):
        (directory / "dicom" / path.name).write_bytes(path.read_bytes())


def main() -> None:
    if not STRUCTURED.is_dir():
        raise SystemExit(f"needs {SHARED}")
    with tempfile.TemporaryDirectory(prefix="readers-") as name:
        directory = Path(name)
        for form, num_records in write_samples(directory).items():
            measure_speed(directory / form, num_records)
        write_singles(directory / "singles")
        for form in TEXTS:
            measure_kept(form, directory / "singles" / form)


if __name__ == "__main__":
    main()
