"""A JATS article reads as a person would read it: all of its text once, in order, without its apparatus."""

from __future__ import annotations

import io
from typing import Any

import pytest
from lxml import etree

from medpretrain.corpus.document import Document, format_line
from medpretrain.corpus.sources.jats import earliest, heading_text, iso_date, licence_name, read
from medpretrain.corpus.sources.record import Refusal

NAMESPACES = (
    'xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:mml="http://www.w3.org/1998/Math/MathML"'
    ' xmlns:ali="http://www.niso.org/schemas/ali/1.0/"'
)
DOCTYPE = (
    '<!DOCTYPE article PUBLIC "-//NLM//DTD JATS (Z39.96) Journal Archiving and Interchange DTD v1.2 20190208//EN"'
    ' "JATS-archivearticle1.dtd">'
)
FRONT = """
<front>
  <journal-meta>
    <journal-id journal-id-type="nlm-ta">J Made Med</journal-id>
    <journal-title-group><journal-title>Journal of Made-up Medicine</journal-title></journal-title-group>
    <issn pub-type="epub">0000-0000</issn>
  </journal-meta>
  <article-meta>
    <article-id pub-id-type="pmid">30000001</article-id>
    <article-id pub-id-type="pmc">7000001</article-id>
    <article-id pub-id-type="doi">10.0000/made.1</article-id>
    <article-categories><subj-group><subject>Research</subject></subj-group></article-categories>
    <title-group>
      <article-title>Iron and CO<sub>2</sub> in <italic>sleep</italic><xref ref-type="fn" rid="fn1">*</xref></article-title>
      <subtitle>a made-up trial</subtitle>
      <alt-title alt-title-type="running-head">Iron in sleep</alt-title>
    </title-group>
    <contrib-group><contrib><name><surname>Nobody</surname><given-names>A</given-names></name></contrib></contrib-group>
    <pub-date pub-type="collection"><year>2019</year></pub-date>
    <pub-date pub-type="epub"><day>4</day><month>3</month><year>2019</year></pub-date>
    <pub-date pub-type="pmc-release"><day>1</day><month>1</month><year>2018</year></pub-date>
    <permissions>
      <copyright-statement>(c) A Nobody</copyright-statement>
      <license xlink:href="https://creativecommons.org/licenses/by/4.0/"><license-p>Open Access. The waiver
        (http://creativecommons.org/publicdomain/zero/1.0/) applies to the data.</license-p></license>
    </permissions>
    <related-article related-article-type="companion" id="r1"/>
    <abstract>
      <sec><title>Background</title><p>Iron is tired.</p></sec>
      <sec><title>Results</title><p>It slept (<italic>P</italic> &lt; 0.05).</p></sec>
    </abstract>
    <abstract abstract-type="teaser"><p>Read this!</p></abstract>
    <trans-abstract xml:lang="de"><p>Eisen ist müde.</p></trans-abstract>
    <kwd-group kwd-group-type="author"><title>Keywords</title><kwd>iron</kwd><kwd>CO<sub>2</sub></kwd></kwd-group>
    <kwd-group xml:lang="de"><kwd>Eisen</kwd></kwd-group>
    <funding-group><award-group><funding-source>Nobody's fund</funding-source></award-group></funding-group>
  </article-meta>
</front>
"""
BODY = """
<body>
  <sec sec-type="intro">
    <label>1</label><title>Introduction</title>
    <p>Iron sleeps<sup><xref ref-type="bibr" rid="b1">1</xref>,<xref ref-type="bibr" rid="b2">2</xref></sup>. It is rare
      [<xref ref-type="bibr" rid="b3">3</xref>] (<xref ref-type="bibr" rid="b4">Nobody, 2001</xref>), see
      <xref ref-type="fig" rid="f1">Figure 1</xref>.</p>
    <p>There are 10<sup>6</sup> cells/m<sup>2</sup> of Ca<sup>2+</sup> and H<sub>2</sub>O.<fn id="fn9"><p>A note below.</p></fn></p>
  </sec>
  <sec sec-type="methods">
    <title>Methods</title>
    <sec><title>Patients</title>
      <p>We took:<list list-type="bullet"><list-item><p>adults</p></list-item>
        <list-item><p>children:</p><list><list-item><p>small</p></list-item></list></list-item></list>and nobody else.</p>
      <sec><title>Consent</title><p>Given.<table-wrap id="t1"><label>Table 1</label>
        <caption><title>Patients</title><p>All of them.</p></caption>
        <alternatives><graphic xlink:href="t1.png"/><table>
          <thead><tr><th rowspan="2">Group</th><th colspan="2">Iron<break/>(mg)</th></tr><tr><th>before</th><th>after</th></tr></thead>
          <tbody><tr><td>A<xref ref-type="table-fn" rid="tf1"><sup>a</sup></xref></td><td>1</td><td>2</td></tr></tbody>
        </table></alternatives>
        <table-wrap-foot><fn id="tf1"><label>a</label><p>Asleep.</p></fn></table-wrap-foot></table-wrap></p></sec>
    </sec>
    <p>The dose was
      <inline-formula><alternatives><tex-math id="M1">\\documentclass[12pt]{minimal}
        \\usepackage{amsmath}\\begin{document}$$x^2$$\\end{document}</tex-math>
        <mml:math><mml:msup><mml:mi>x</mml:mi><mml:mn>2</mml:mn></mml:msup></mml:math>
        <inline-graphic xlink:href="x.gif"/></alternatives></inline-formula> and
      <disp-formula id="e1"><label>(1)</label><mml:math><mml:mi>y</mml:mi><mml:mo>=</mml:mo><mml:mfrac><mml:mn>1</mml:mn>
        <mml:mrow><mml:mi>a</mml:mi><mml:mo>+</mml:mo><mml:mi>b</mml:mi></mml:mrow></mml:mfrac></mml:math></disp-formula>
      where y is sleep.</p>
    <boxed-text><caption><title>Box 1</title></caption><p>What is known.</p></boxed-text>
  </sec>
  <sec><title>Results</title><fig id="f1"><label>Figure 1</label><caption><title>Flow.</title><p>Of patients.</p></caption>
    <alt-text>A flow chart</alt-text><graphic xlink:href="f1.jpg"/></fig>
    <p>Nothing.</p><supplementary-material id="s1"><caption><p>Click here.</p></caption></supplementary-material>
    <def-list><def-item><term>BMI</term><def><p>body mass index</p></def></def-item></def-list></sec>
  <sec sec-type="COI-statement"><title>Interests</title><p>None.</p></sec>
  <sec><title>Authors’ contributions</title><p>AN did it.</p></sec>
</body>
"""
BACK = """
<back>
  <ack><title>Acknowledgements</title><p>Thanks.</p></ack>
  <fn-group><fn fn-type="conflict"><p>No conflict.</p></fn></fn-group>
  <app-group><app><title>Appendix A</title><p>More iron.</p></app></app-group>
  <ref-list><title>References</title><ref id="b1"><mixed-citation>Somebody. Iron. 1999.</mixed-citation></ref></ref-list>
</back>
<floats-group><fig id="f2"><label>Figure 2</label><caption><p>A floating figure</p></caption></fig></floats-group>
<sub-article article-type="reply"><body><p>We disagree.</p></body></sub-article>
"""
TEXT = """
Iron and CO2 in sleep: a made-up trial

Abstract
Background
Iron is tired.

Results
It slept (P < 0.05).

1 Introduction
Iron sleeps. It is rare [3] (Nobody, 2001), see Figure 1.

There are 10^6 cells/m^2 of Ca2+ and H2O.

Methods
Patients
We took:
- adults
- children:
  - small
and nobody else.

Consent
Given.

Table 1. Patients. All of them.
Group | Iron (mg)
 | before | after
A | 1 | 2
a Asleep.

The dose was $x^2$ and
y = 1/(a + b) (1)
where y is sleep.

Box 1
What is known.

Results
Figure 1. Flow. Of patients.

Nothing.

- BMI: body mass index

Appendix A
More iron.

Figure 2. A floating figure
""".strip()


def article(content: str, attributes: str = 'article-type="research-article" xml:lang="en"', doctype: str = DOCTYPE) -> str:
    return f"{doctype}<article {NAMESPACES} {attributes}>{content}</article>"


def documents(data: str | bytes) -> list[Any]:
    return list(read(io.BytesIO(data.encode() if isinstance(data, str) else data), "a.nxml"))


def text_of(body: str) -> str:
    (document,) = documents(article(f"<body>{body}</body>"))
    assert isinstance(document, Document)
    return document.text


def test_an_article_reads_in_order_and_without_its_apparatus() -> None:
    (document,) = documents(article(FRONT + BODY + BACK))
    assert document.text == TEXT


def test_what_an_article_says_of_itself() -> None:
    (document,) = documents(article(FRONT + BODY + BACK))
    assert (document.id, document.source, document.doc_type) == ("PMC7000001", "", "pmc_fulltext")
    assert document.meta == {
        "title": "Iron and CO2 in sleep: a made-up trial",
        "date": "2019-03-04",
        "journal": "Journal of Made-up Medicine",
        "pmid": "30000001",
        "pmcid": "PMC7000001",
        "doi": "10.0000/made.1",
        "record_id": "PMC7000001",
        "licence": "CC-BY-4.0",
        "language": "en",
        "article_type": "research-article",
        "keywords": ["iron", "CO2"],
    }
    format_line(document)


def test_an_abstract_alone_is_an_abstract() -> None:
    (document,) = documents(article(FRONT + "<body/>"))
    assert document.doc_type == "pubmed_abstract"
    assert document.text == "\n\n".join(TEXT.split("\n\n")[:3])


def test_an_article_without_text_is_refused() -> None:
    front = FRONT[: FRONT.index("<abstract>")] + FRONT[FRONT.index("<kwd-group") :]
    refusal, document = documents(f"<articles>{article(front, doctype='')}{article('<body><p>x</p></body>', doctype='')}</articles>")
    assert refusal == Refusal("record 1", "no text", "neither abstract nor body", "Iron and CO2 in sleep: a made-up trial")
    assert (document.id, document.text, document.meta) == ("a.nxml:2", "x", {"language": "en", "article_type": "research-article"})


def test_several_articles_in_one_file() -> None:
    both = article(FRONT + BODY, doctype="") + article("<body><p>Second.</p></body>", doctype="")
    assert [document.doc_type for document in documents(f"<pmc-articleset>{both}</pmc-articleset>")] == ["pmc_fulltext"] * 2
    answer = (
        '<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><ListRecords><record><header/><metadata>'
        '<article xmlns="https://jats.nlm.nih.gov/ns/archiving/1.3/"><body><sec><title>One</title><p>Two.</p></sec></body></article>'
        "</metadata></record></ListRecords></OAI-PMH>"
    )
    assert [document.text for document in documents(answer)] == ["One\nTwo."]
    assert documents("<pmc-articleset></pmc-articleset>") == [Refusal("", "no text", "no article in it")]


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("10<sup>6</sup> and 10<sup>−3</sup>", "10^6 and 10^−3"),
        ("kg/m<sup>2</sup>, R<sup>2</sup>, x<sup>n</sup>", "kg/m^2, R^2, x^n"),
        ("Na<sup>+</sup>, Ca<sup>2+</sup>, Cl<sup>−</sup>, p53<sup>−/−</sup>", "Na+, Ca2+, Cl−, p53−/−"),
        ("CD4<sup>+</sup> T cells, <sup>13</sup>C, (<sup>18</sup>F)", "CD4+ T cells, 13C, (18F)"),
        ("19<sup>th</sup>, Drug<sup>®</sup>, Drug<sup>TM</sup>", "19th, Drug®, DrugTM"),
        ("e<sup>a + b</sup>, x<sup>(n−1)</sup>, y<sup>(n−1)/2</sup>", "e^(a + b), x^(n−1), y^((n−1)/2)"),
        ("mc<sup>2</sup>155, η<sup>2</sup> 90%, A<sup>vy</sup>mice, Val<sup>158</sup>Met", "mc^(2)155, η^2 90%, A^(vy)mice, Val^158Met"),
        ("x<sup>2</sup><sub>1</sub>, s<sup>- 1</sup>, s<sup>−\u20093</sup>", "x^(2)1, s^-1, s^−3"),
        ("<sup>a</sup>For each, n<sup>a</sup>", "a For each, n^a"),
        ("<sup>2</sup>Values, <sup>b</sup>", "2 Values, b"),
        ("<sup>125</sup>I-labelled", "125I-labelled"),
        ("HbA<sub>1c</sub>, CO<sub>2</sub>, C<sub>max</sub>, V̇O<sub>2<italic>max</italic></sub>", "HbA1c, CO2, Cmax, V̇O2max"),
        ('was so<sup><xref ref-type="bibr">3</xref></sup> and', "was so and"),
        ('was so <sup><xref ref-type="bibr">3</xref>–<xref ref-type="bibr">5</xref></sup>.', "was so."),
        ('so<xref ref-type="bibr"><sup>3</sup></xref><sup>,</sup><xref ref-type="bibr"><sup>4</sup></xref> and', "so and"),
        ("was so.<sup>12</sup> And", "was so. And"),
        ("in trials<sup>1,2</sup> and 10<sup>3–5</sup>", "in trials and 10^(3–5)"),
        ('so [<xref ref-type="bibr">3</xref>, <xref ref-type="bibr">4</xref>]', "so [3, 4]"),
        ('dose<xref ref-type="fn"><sup>†</sup></xref> and <xref ref-type="table">Table 2</xref>', "dose and Table 2"),
        ('see <ext-link xlink:href="http://x.org">the site</ext-link> <bold>now</bold>', "see the site now"),
        ("a\n   b\tc  \u2009d", "a b c d"),
    ],
)
def test_raised_and_lowered_text_and_references(markup: str, text: str) -> None:
    assert text_of(f"<p>{markup}</p>") == text


def test_a_formula_in_two_forms_is_read_once() -> None:
    forms = "<tex-math>$$a_1$$</tex-math><mml:math><mml:mi>a</mml:mi></mml:math>"
    assert text_of(f"<p>So <inline-formula>{forms}</inline-formula>.</p>") == "So $a_1$."
    assert text_of(f"<p>So <inline-formula><alternatives>{forms}</alternatives></inline-formula>.</p>") == "So $a_1$."
    assert text_of("<p>So <inline-formula><italic>a</italic> = 1</inline-formula>.</p>") == "So a = 1."


def test_lists_keep_their_labels_and_paragraphs() -> None:
    items = (
        "<list-item><label>(i)</label><p>One.</p><p>More.</p></list-item><list-item><label>•</label><p>Two.</p></list-item>"
        "<list-item><label>3</label>Three.</list-item>"
    )
    assert text_of(f"<p>Before.</p><list>{items}</list><p>After.</p>") == "Before.\n\n- (i) One.\n  More.\n- Two.\n- 3 Three.\n\nAfter."


def test_quotes_and_preformatted_text_are_paragraphs_of_their_own() -> None:
    assert text_of("<p>She said:<disp-quote><p>Yes.</p></disp-quote>and left.</p>") == "She said:\nYes.\nand left."


@pytest.mark.parametrize(
    ("permissions", "licence"),
    [
        ('<license xlink:href="http://creativecommons.org/licenses/by-nc-nd/3.0/us/"/>', "CC-BY-NC-ND-3.0"),
        ("<license><ali:license_ref>https://creativecommons.org/licenses/by-sa/4.0</ali:license_ref></license>", "CC-BY-SA-4.0"),
        ("<ali:license_ref>https://creativecommons.org/publicdomain/mark/1.0/</ali:license_ref>", "PD-mark-1.0"),
        ('<license xlink:href="http://creativecommons.org/publicdomain/zero/1.0/"/>', "CC0-1.0"),
        ('<license><p>See <ext-link xlink:href="http://creativecommons.org/licenses/by/2.0">CC BY</ext-link></p></license>', "CC-BY-2.0"),
        (
            "<license><license-p>(http://creativecommons.org/licenses/by/4.0/). The data: http://creativecommons.org/publicdomain/zero/1.0/"
            "</license-p></license>",
            "CC-BY-4.0",
        ),
        (
            "<license><license-p>creativecommons.org/licenses/by/4.0 or creativecommons.org/licenses/by-nc/4.0</license-p></license>",
            "creativecommons.org/licenses/by/4.0 or creativecommons.org/licenses/by-nc/4.0",
        ),
        ('<license xlink:href="http://publisher.example/terms"><license-p>Ours.</license-p></license>', "http://publisher.example/terms"),
        ("<license><license-p>This is an Open Access article.</license-p></license>", "This is an Open Access article."),
        ("<copyright-statement>(c) 2019; licensee Made-up Ltd.</copyright-statement>", None),
        (
            "<copyright-statement>Doe et al. Distributed under the Creative Commons Attribution License.</copyright-statement>",
            "CC-BY",
        ),
        (
            "<license><license-p>The Creative Commons Attribution-NonCommercial-No Derivatives 3.0 Unported Licence.</license-p></license>",
            "CC-BY-NC-ND-3.0",
        ),
        (
            "<license><p>Creative Commons Attribution License; Creative Commons Attribution-ShareAlike License</p></license>",
            "Creative Commons Attribution License; Creative Commons Attribution-ShareAlike License",
        ),
    ],
)
def test_the_licence_is_named_where_it_is_certain(permissions: str, licence: str | None) -> None:
    front = f"<front><article-meta><permissions>{permissions}</permissions></article-meta></front><body><p>x</p></body>"
    (document,) = documents(article(front))
    assert document.meta.get("licence") == licence


def test_licence_names() -> None:
    assert licence_name("https://creativecommons.org/licenses/BY/4.0/legalcode") == "CC-BY-4.0"
    assert licence_name("https://creativecommons.org/licenses/by/") == "CC-BY"
    assert licence_name("https://creativecommons.org/licenses/sampling/1.0/") == ""
    assert licence_name("https://example.org/by/4.0") == ""


@pytest.mark.parametrize(
    ("attributes", "content", "retracted"),
    [
        ('article-type="retraction"', "", True),
        ('article-type="research-article"', '<related-article related-article-type="retraction-forward"/>', True),
        ('article-type="research-article"', "<title-group><article-title>RETRACTED ARTICLE: Iron</article-title></title-group>", True),
        ('article-type="research-article"', "<title-group><article-title>[Retracted] Iron</article-title></title-group>", True),
        ('article-type="research-article"', "<title-group><article-title>The retracted eyelid</article-title></title-group>", None),
        ('article-type="correction"', '<related-article related-article-type="corrected-article"/>', None),
    ],
)
def test_retractions_are_told(attributes: str, content: str, retracted: bool | None) -> None:
    (document,) = documents(article(f"<front><article-meta>{content}</article-meta></front><body><p>x</p></body>", attributes))
    assert document.meta.get("retracted") is retracted


@pytest.mark.parametrize(
    ("parts", "date"),
    [
        (("2019", "3", "4"), "2019-03-04"),
        (("2019", "Mar", ""), "2019-03"),
        (("2019", "September", "31"), "2019-09-31"),
        (("2019", "13", "1"), "2019"),
        (("2019", "", "4"), "2019"),
        (("", "3", "4"), ""),
        (("19", "3", "4"), ""),
    ],
)
def test_dates_are_as_exact_as_their_parts(parts: tuple[str, str, str], date: str) -> None:
    assert iso_date(*parts) == date


def test_the_earliest_date_is_the_more_exact_of_equal_ones() -> None:
    assert earliest(["2019", "2019-03-04", "2019-03"]) == "2019-03-04"
    assert earliest(["2019-03-04", "2018", "", "2020-01"]) == "2018"
    assert earliest([]) == ""


@pytest.mark.parametrize("root", ["<html><body>x</body></html>", "<ClinicalDocument xmlns='urn:hl7-org:v3'/>", "<book><body/></book>"])
def test_another_format_is_refused(root: str) -> None:
    (refusal,) = documents(root)
    assert isinstance(refusal, Refusal)
    assert refusal.reason == "not JATS"


def test_bad_files_are_refused() -> None:
    whole = article(FRONT + BODY)
    for data, reason in [
        ("", "not XML"),
        (whole[: len(whole) // 2], "not XML"),
        (whole.replace("</sec>", "", 1), "not XML"),
        (article("<body>" + "<sec>" * 10_000 + "<p>deep</p>" + "</sec>" * 10_000 + "</body>"), "beyond limits"),
        (
            whole.replace(DOCTYPE, '<!DOCTYPE article [<!ENTITY x SYSTEM "file:///etc/hostname">]>').replace("Iron", "&x;"),
            "declares entities",
        ),
    ]:
        (refusal,) = documents(data)
        assert isinstance(refusal, Refusal)
        assert refusal.reason == reason


@pytest.mark.parametrize("name", ["sec", "p", "list", "italic", "sup", "inline-formula", "mml:mrow", "td", "alternatives", "boxed-text"])
def test_elements_nested_as_deep_as_the_parser_goes_are_read_or_refused(name: str) -> None:
    inside, times = ("<list-item>", "</list-item>"), 120
    if name != "list":
        inside, times = ("", ""), 240
    nested = f"<{name}>{inside[0]}" * times + "<p>deep</p>" + f"{inside[1]}</{name}>" * times
    (found,) = documents(article(f"<body><p>start</p>{nested}<p>end</p></body>"))
    if name == "boxed-text":
        assert found == Refusal("record 1", "beyond limits", "nested too deeply")
    else:
        assert [word for word in found.text.split() if word != "-"] == ["start", "deep", "end"]


def test_names_of_characters_in_an_article() -> None:
    assert text_of("<p>5&nbsp;&mu;g &plusmn; 2&thinsp;&deg;C, &beta;-blocker</p>") == "5 μg ± 2 °C, β-blocker"


def test_a_title_is_one_line() -> None:
    element: Any = etree.fromstring("<title>One<break/>two <sup>®</sup> <xref ref-type='bibr'>3</xref></title>")
    assert heading_text(element) == "One two ® 3"
    assert heading_text(None) == ""
