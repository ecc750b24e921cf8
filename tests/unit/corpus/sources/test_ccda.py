"""A C-CDA document reads as its narrative: all of it, under its headings, without header and codes."""

from __future__ import annotations

import base64
import gzip
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from medpretrain.corpus.document import Document, format_line
from medpretrain.corpus.sources.ccda import iso_time, read
from medpretrain.corpus.sources.record import Refusal

HEADER = """
  <realmCode code="US"/>
  <templateId root="2.16.840.1.113883.10.20.22.1.8"/>
  <id extension="D-77" root="1.2.3"/>
  <code code="18842-5" codeSystem="2.16.840.1.113883.6.1" displayName="Discharge summary"/>
  <title>Discharge Summary</title>
  <effectiveTime value="201903141030-0500"/>
  <confidentialityCode code="N" codeSystem="2.16.840.1.113883.5.25"/>
  <languageCode code="en-US"/>
  <recordTarget><patientRole>
    <id nullFlavor="UNK"/><id extension="000-00-0000" root="2.16.840.1.113883.4.1"/><id extension="P-1" root="1.2.4"/>
    <addr><streetAddressLine>1 Somewhere</streetAddressLine></addr>
    <patient><name><given>Ada</given><family>Nobody</family></name></patient>
  </patientRole></recordTarget>
  <componentOf><encompassingEncounter><id root="1.2.5" extension="E-9"/></encompassingEncounter></componentOf>
"""


def document(body: str, header: str = HEADER) -> str:
    return (
        '<?xml version="1.0" encoding="UTF-8"?><?xml-stylesheet type="text/xsl" href="CDA.xsl"?>\n'
        '<ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:sdtc="urn:hl7-org:sdtc">'
        f"{header}<component>{body}</component></ClinicalDocument>"
    )


def section(text: str, title: str = "Findings", more: str = "") -> str:
    heading = f"<title>{title}</title>" if title else ""
    return f'<component><section><code code="1" displayName="coded name"/>{heading}{text}{more}</section></component>'


def found_in(data: str | bytes) -> Any:
    (found,) = read(io.BytesIO(data.encode() if isinstance(data, str) else data), "d.xml")
    return found


def narrative(text: str) -> str:
    found = found_in(document(f"<structuredBody>{section(f'<text>{text}</text>', '')}</structuredBody>", header=""))
    assert isinstance(found, Document)
    return found.text.removeprefix("coded name\n")


def test_sections_under_their_titles_without_header_and_entries() -> None:
    inner = section("<text>Good.</text>", "Heart") + section("<text/>", "Nothing here")
    entry = "<entry><observation><code displayName='CODED'/><text>coded text</text><value>9</value></observation></entry>"
    body = (
        "<structuredBody>"
        + section("<text><paragraph>One.</paragraph><paragraph>Two.</paragraph></text>", "History", entry)
        + section("", "Exam", inner)
        + section("<text>No information</text>", "Plan")
        + section("<text>   </text>", "Empty")
        + "</structuredBody>"
    )
    found = found_in(document(body))
    assert found.text == "Discharge Summary\n\nHistory\nOne.\n\nTwo.\n\nExam\nHeart\nGood.\n\nPlan\nNo information"


def test_what_a_document_says_of_itself() -> None:
    found = found_in(document(f"<structuredBody>{section('<text>x</text>')}</structuredBody>"))
    assert (found.id, found.source, found.doc_type) == ("1.2.3:D-77", "", "discharge_summary")
    assert found.meta == {
        "title": "Discharge Summary",
        "date": "2019-03-14T10:30-05:00",
        "patient_id": "P-1",
        "encounter_id": "E-9",
        "record_id": "1.2.3:D-77",
        "document_code": "18842-5",
        "language": "en-US",
        "confidentiality": "N",
    }
    format_line(found)


def test_a_title_with_the_patient_in_it_is_not_in_the_text() -> None:
    header = HEADER.replace("<title>Discharge Summary", "<title>Summary for NOBODY, A.")
    found = found_in(document(f"<structuredBody>{section('<text>x</text>')}</structuredBody>", header))
    assert (found.text, found.meta["title"]) == ("Findings\nx", "Summary for NOBODY, A.")


@pytest.mark.parametrize(
    ("code", "doc_type", "kept"),
    [
        ('<code code="34133-9" codeSystem="2.16.840.1.113883.6.1"/>', "continuity_of_care", "34133-9"),
        ('<code code="99999-9" codeSystem="2.16.840.1.113883.6.1"/>', "clinical_document", "99999-9"),
        ('<code code="18842-5" codeSystem="1.2.3"/>', "clinical_document", None),
        ('<code nullFlavor="OTH"><translation code="11506-3" codeSystem="2.16.840.1.113883.6.1"/></code>', "progress_note", "11506-3"),
        ("", "clinical_document", None),
    ],
)
def test_the_type_follows_from_the_code(code: str, doc_type: str, kept: str | None) -> None:
    found = found_in(document(f"<structuredBody>{section('<text>x</text>')}</structuredBody>", code))
    assert (found.doc_type, found.meta.get("document_code"), found.id) == (doc_type, kept, "d.xml:1")


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<list><item>a</item><item><content ID='x'>b</content> c</item></list>", "- a\n- b c"),
        ("<list listType='ordered'><caption>Drugs</caption><item><caption>Iron</caption>5 mg</item></list>", "Drugs\n- Iron: 5 mg"),
        ("<list><item>a<list><item>b</item></list></item><item>c</item></list>", "- a\n  - b\n- c"),
        ("Before.<list><item>a</item></list>After.", "Before.\n\n- a\n\nAfter."),
        ("<paragraph>See:<list><item>a</item></list></paragraph>", "See:\n- a"),
        ("<paragraph><caption>Heart</caption>Good.</paragraph>", "Heart: Good."),
        ("one<br/>two<br/><br/>three", "one\ntwo\nthree"),
        ("10<sup>9</sup>/L, H<sub>2</sub>O, Na<sup>+</sup>", "10^9/L, H2O, Na+"),
        (
            "<content styleCode='Bold'>B</content>, <content revised='delete'>not</content><content revised='insert'>this</content>",
            "B, this",
        ),
        ("<content>see <linkHtml href='#a'>the link</linkHtml></content>", "see the link"),
        ("<renderMultiMedia referencedObject='X'><caption>An X-ray</caption></renderMultiMedia>", "An X-ray"),
        ("Iron<footnote ID='f'>Sleeps.</footnote> is low<footnoteRef IDREF='f'/>.", "Iron is low.\n\nSleeps."),
        ("<div>one</div><p>two</p><ul><li>three</li></ul><h3>four</h3>", "one\n\ntwo\n\n- three\n\nfour"),
        ("5&nbsp;&micro;g &lt; 6", "5 µg < 6"),
    ],
)
def test_the_markup_of_the_narrative(markup: str, text: str) -> None:
    assert narrative(markup) == text


def test_tables_are_rows() -> None:
    table = """<table border="1" width="100%"><caption>Labs</caption><colgroup><col/></colgroup>
      <thead><tr><th>Test</th><th>Value</th><th>Date</th></tr></thead>
      <tbody><tr ID="r1"><td rowspan="2"><content>Iron</content><br/>(serum)</td><td/><td>May</td></tr>
        <tr><td><list><item>low</item><item>lower</item></list></td><td><paragraph>June</paragraph><paragraph>2019</paragraph></td></tr>
      </tbody><tfoot><tr><td colspan="3">All fasting</td></tr></tfoot></table>"""
    assert narrative(table) == "Labs\nTest | Value | Date\nIron (serum) |  | May\n | low; lower | June; 2019\nAll fasting"


def test_text_without_markup_keeps_its_lines() -> None:
    long = "The patient was taken to the operating room and put to sleep, then"
    assert narrative(f"\n  HEART: good\n  LUNGS: good\n\n\n  {long}\n  woke up.\n") == f"HEART: good\nLUNGS: good\n\n{long} woke up."


@pytest.mark.parametrize(
    ("text", "read_as"),
    [
        ("<text mediaType='text/plain'>Dear   colleague,\n\n\n she is well.</text>", "Dear colleague,\n\nshe is well."),
        ("<text>Dear colleague</text>", "Dear colleague"),
        (
            f"<text mediaType='text/plain' representation='B64'>{base64.b64encode('Müller is well.'.encode()).decode()}</text>",
            "Müller is well.",
        ),
        (f"<text representation='B64'>\n{base64.b64encode('Müller – well'.encode('cp1252')).decode()}\n</text>", "Müller – well"),
    ],
)
def test_a_body_of_plain_text(text: str, read_as: str) -> None:
    assert found_in(document(f"<nonXMLBody>{text}</nonXMLBody>", "")).text == read_as


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ("<nonXMLBody><text mediaType='application/pdf' representation='B64'>JVBERi0=</text></nonXMLBody>", "application/pdf in it"),
        ("<nonXMLBody><text mediaType='text/html'>&lt;p&gt;x</text></nonXMLBody>", "text/html in it"),
        ("<nonXMLBody><text><reference value='a.pdf'/></text></nonXMLBody>", "unknown type in another file, a.pdf"),
        ("<nonXMLBody><text representation='B64'>no base64!</text></nonXMLBody>", "base64 that is none"),
        ("<nonXMLBody><text> </text></nonXMLBody>", "an empty body"),
        ("<nonXMLBody/>", "no body"),
        ("<structuredBody/>", "no section has a narrative"),
        ("<structuredBody><component><section><title>Plan</title></section></component></structuredBody>", "no section has a narrative"),
    ],
)
def test_documents_without_text_are_refused(body: str, detail: str) -> None:
    assert found_in(document(body)) == Refusal("", "no text", detail)


@pytest.mark.parametrize(
    ("written", "iso"),
    [
        ("2019", "2019"),
        ("201903", "2019-03"),
        ("20190314", "2019-03-14"),
        ("2019031410", "2019-03-14T10"),
        ("201903141030", "2019-03-14T10:30"),
        ("20190314103005.123+0100", "2019-03-14T10:30:05.123+01:00"),
        ("20190314103005-0500", "2019-03-14T10:30:05-05:00"),
        (" 20190314 ", "2019-03-14"),
        ("20191314", ""),
        ("20190230", ""),
        ("2019-03-14", ""),
        ("", ""),
    ],
)
def test_time_stamps(written: str, iso: str) -> None:
    assert iso_time(written) == iso


def test_bad_files_are_refused() -> None:
    whole = document(f"<structuredBody>{section('<text>x</text>')}</structuredBody>")
    deep = "<content>" * 10_000 + "deep" + "</content>" * 10_000
    for data, reason in [
        ("", "not XML"),
        (whole[:-30], "not XML"),
        ("<Bundle xmlns='http://hl7.org/fhir'/>", "not C-CDA"),
        (document(f"<structuredBody>{section(f'<text>{deep}</text>')}</structuredBody>"), "beyond limits"),
        (
            '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]>' + whole[whole.index("<Clin") :].replace(">x<", ">&x;<"),
            "declares entities",
        ),
    ]:
        refusal = found_in(data)
        assert isinstance(refusal, Refusal)
        assert refusal.reason == reason


@pytest.mark.parametrize("name", ["content", "paragraph", "list", "section", "sup"])
def test_elements_nested_as_deep_as_the_parser_goes_are_read(name: str) -> None:
    if name == "section":
        body = "<component><section><title>t</title>" * 120 + "<text>deep</text>" + "</section></component>" * 120
    elif name == "list":
        body = section("<text>" + "<list><item>" * 120 + "deep" + "</item></list>" * 120 + "</text>", "t")
    else:
        body = section("<text>" + f"<{name}>" * 240 + "deep" + f"</{name}>" * 240 + "</text>", "t")
    text = found_in(document(f"<structuredBody>{body}</structuredBody>", "")).text
    assert text.startswith("t\n")
    assert text.endswith("deep")


def test_latin_letters_in_their_declared_encoding() -> None:
    data = document(f"<structuredBody>{section('<text>Müller, 37 °C</text>')}</structuredBody>", "").replace("UTF-8", "ISO-8859-1")
    assert found_in(data.encode("latin-1")).text == "Findings\nMüller, 37 °C"


# --- Real documents


def real_documents(shared_data: Path) -> dict[str, str]:
    with gzip.open(shared_data / "structured" / "ccda_documents.jsonl.gz", "rt") as file:
        return {record["id"]: record["xml"] for record in map(json.loads, file)}


def test_real_documents_keep_every_word_of_their_narrative(shared_data: Path) -> None:
    """Against the words of the XML, read without our code: none may be lost, in any section of any of the sixteen."""
    namespace = "{urn:hl7-org:v3}"
    num_words = num_read = 0
    for name, xml in real_documents(shared_data).items():
        found = found_in(xml)
        root = etree.fromstring(xml.encode(), etree.XMLParser(remove_comments=True, huge_tree=True))
        narratives = [text for inner in root.iter(f"{namespace}section") for text in inner.findall(f"{namespace}text")]
        pieces = [piece for text in narratives for piece in text.itertext()]
        if isinstance(found, Refusal):
            assert not "".join(pieces).strip(), name
            continue
        num_read += 1
        compact = re.sub(r"\s", "", found.text)
        for piece in pieces:
            for word in piece.split():
                num_words += 1
                assert word in compact, f"{name}: {word}"
        letters = len(re.sub(r"\W", "", "".join(pieces)))
        assert letters <= len(re.sub(r"\W", "", found.text)), name  # each as often as it is there
    assert num_read == 11
    assert num_words == 4606


def test_real_documents_have_their_types_and_no_header(shared_data: Path) -> None:
    types = {}
    for name, xml in real_documents(shared_data).items():
        found = found_in(xml)
        if isinstance(found, Refusal):
            assert found.reason == "no text"
            continue
        types[name.removeprefix("ccda-").removesuffix(".ccda")] = found.doc_type
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?[+-]\d\d:\d\d", found.meta["date"])
        assert found.meta["patient_id"] not in found.text
        assert "streetAddressLine" not in found.text
    assert types == {
        "170.314B2_Amb_CCD": "continuity_of_care",
        "CCD": "continuity_of_care",
        "Care_Plan": "care_plan",
        "Consultation_Note": "consultation_note",
        "Diagnostic_Imaging_Report": "diagnostic_imaging_report",
        "Discharge_Summary": "discharge_summary",
        "Operative_Note": "operative_note",
        "PROBLEMS_in_Empty_C-CDA_2.1-C-CDAR2.1": "continuity_of_care",
        "Patient-1": "continuity_of_care",
        "Referral_Note": "referral_note",
        "Transfer_Summary": "transfer_summary",
    }
