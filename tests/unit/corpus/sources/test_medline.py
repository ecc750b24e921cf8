"""Records of PubMed become abstracts, one by one; those without an abstract are told."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from medpretrain.corpus.document import Document, format_line
from medpretrain.corpus.sources.medline import read
from medpretrain.corpus.sources.record import Refusal

DOCTYPE = (
    '<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD PubMedArticle, 1st January 2025//EN"'
    ' "https://dtd.nlm.nih.gov/ncbi/pubmed/out/pubmed_250101.dtd">\n'
)
FULL = """
<PubmedArticle>
  <MedlineCitation Status="MEDLINE" Owner="NLM">
    <PMID Version="1">10000001</PMID>
    <DateRevised><Year>2020</Year><Month>01</Month><Day>01</Day></DateRevised>
    <Article PubModel="Print-Electronic">
      <Journal>
        <ISSN IssnType="Print">0000-0000</ISSN>
        <JournalIssue CitedMedium="Print"><Volume>1</Volume><PubDate><Year>2019</Year><Month>Apr</Month></PubDate></JournalIssue>
        <Title>Journal of made-up medicine</Title><ISOAbbreviation>J Made Med</ISOAbbreviation>
      </Journal>
      <ArticleTitle>Iron and CO<sub>2</sub> in <i>sleep</i>.</ArticleTitle>
      <Pagination><MedlinePgn>1-2</MedlinePgn></Pagination>
      <ELocationID EIdType="doi" ValidYN="Y">10.0000/made.2</ELocationID>
      <Abstract>
        <AbstractText Label="BACKGROUND" NlmCategory="BACKGROUND">Iron is tired
          at 10<sup>6</sup> per m<sup>2</sup>.</AbstractText>
        <AbstractText Label="Methods:" NlmCategory="METHODS">We measured <mml:math xmlns:mml="http://www.w3.org/1998/Math/MathML">
          <mml:msub><mml:mi>x</mml:mi><mml:mn>1</mml:mn></mml:msub></mml:math> &lt; 5.</AbstractText>
        <AbstractText Label="UNLABELLED">It slept.</AbstractText>
        <AbstractText Label="EMPTY"/>
        <AbstractText Label="LEVEL OF EVIDENCE: 4"/>
        <CopyrightInformation>Copyright 2019 Nobody.</CopyrightInformation>
      </Abstract>
      <AuthorList CompleteYN="Y"><Author ValidYN="Y"><LastName>Nobody</LastName></Author></AuthorList>
      <Language>ger</Language>
      <PublicationTypeList>
        <PublicationType UI="D016428">Journal Article</PublicationType>
        <PublicationType UI="D016449">Randomized Controlled Trial</PublicationType>
      </PublicationTypeList>
      <ArticleDate DateType="Electronic"><Year>2019</Year><Month>03</Month><Day>04</Day></ArticleDate>
    </Article>
    <MeshHeadingList>
      <MeshHeading><DescriptorName UI="D007501" MajorTopicYN="N">Iron</DescriptorName>
        <QualifierName UI="Q000097" MajorTopicYN="Y">blood</QualifierName></MeshHeading>
      <MeshHeading><DescriptorName UI="D012890" MajorTopicYN="Y">Sleep</DescriptorName></MeshHeading>
    </MeshHeadingList>
    <OtherAbstract Type="Publisher" Language="ger"><AbstractText>Eisen ist müde.</AbstractText></OtherAbstract>
    <KeywordList Owner="NOTNLM"><Keyword MajorTopicYN="N">tiredness</Keyword></KeywordList>
  </MedlineCitation>
  <PubmedData>
    <ArticleIdList><ArticleId IdType="pubmed">10000001</ArticleId><ArticleId IdType="pmc">PMC7000002</ArticleId></ArticleIdList>
    <ReferenceList><Reference><ArticleIdList><ArticleId IdType="doi">10.9/other</ArticleId></ArticleIdList></Reference></ReferenceList>
  </PubmedData>
</PubmedArticle>
"""


def citation(pmid: int, article: str, more: str = "") -> str:
    return f"<PubmedArticle><MedlineCitation><PMID>{pmid}</PMID><Article>{article}</Article>{more}</MedlineCitation></PubmedArticle>"


def records(content: str, root: str = "PubmedArticleSet") -> list[Any]:
    return list(read(io.BytesIO(f"{DOCTYPE}<{root}>{content}</{root}>".encode()), "p.xml"))


ABSTRACT = "<Abstract><AbstractText>Words.</AbstractText></Abstract>"


def test_a_record_is_its_title_and_its_labelled_parts() -> None:
    (document,) = records(FULL)
    assert document.text == (
        "Iron and CO2 in sleep.\n\nBACKGROUND: Iron is tired at 10^6 per m^2.\nMethods: We measured x_1 < 5.\nIt slept."
        "\nLEVEL OF EVIDENCE: 4"
    )


def test_what_a_record_says_of_itself() -> None:
    (document,) = records(FULL)
    assert (document.id, document.source, document.doc_type) == ("10000001", "", "pubmed_abstract")
    assert document.meta == {
        "title": "Iron and CO2 in sleep.",
        "date": "2019-03-04",
        "journal": "Journal of made-up medicine",
        "pmid": "10000001",
        "pmcid": "PMC7000002",
        "doi": "10.0000/made.2",
        "record_id": "10000001",
        "language": "en",
        "article_language": "de",
        "mesh": ["Iron", "Sleep"],
        "keywords": ["tiredness"],
        "publication_types": ["Journal Article", "Randomized Controlled Trial"],
    }
    format_line(document)


def test_a_title_alone_is_refused_and_reading_goes_on() -> None:
    first, second = records(citation(1, "<ArticleTitle>Only a title.</ArticleTitle>") + citation(2, ABSTRACT))
    assert first == Refusal("record 1", "no abstract", "PMID 1", "Only a title.")
    assert (second.id, second.text) == ("2", "Words.")


@pytest.mark.parametrize(
    ("article", "more", "text"),
    [
        (ABSTRACT, "<OtherAbstract Language='eng'><AbstractText>Other.</AbstractText></OtherAbstract>", "Words."),
        ("", "<OtherAbstract Language='eng'><AbstractText>Other.</AbstractText></OtherAbstract>", "Other."),
        ("<Abstract><AbstractText/></Abstract>", "<OtherAbstract Type='KIE'><AbstractText>Other.</AbstractText></OtherAbstract>", "Other."),
        ("", "<OtherAbstract Language='fre'><AbstractText>Autre.</AbstractText></OtherAbstract>", None),
    ],
)
def test_another_abstract_counts_where_it_is_english_and_the_only_one(article: str, more: str, text: str | None) -> None:
    (found,) = records(citation(1, article, more))
    assert (found.text if isinstance(found, Document) else None) == text


def test_deleted_citations_yield_nothing() -> None:
    deleted = "<DeleteCitation><PMID Version='1'>5</PMID><PMID Version='1'>6</PMID></DeleteCitation>"
    assert [document.id for document in records(citation(1, ABSTRACT) + deleted)] == ["1"]
    assert records(deleted) == []


@pytest.mark.parametrize(
    ("date", "iso"),
    [
        ("<PubDate><Year>1998</Year><Month>Dec</Month><Day>5</Day></PubDate>", "1998-12-05"),
        ("<PubDate><Year>1998</Year><Season>Spring</Season></PubDate>", "1998"),
        ("<PubDate><MedlineDate>1998 Dec-1999 Jan</MedlineDate></PubDate>", "1998-12"),
        ("<PubDate><MedlineDate>Spring 2000</MedlineDate></PubDate>", "2000"),
        ("<PubDate><MedlineDate>1998-1999</MedlineDate></PubDate>", "1998"),
        ("<PubDate/>", None),
    ],
)
def test_dates_of_an_issue(date: str, iso: str | None) -> None:
    (document,) = records(citation(1, f"<Journal><JournalIssue>{date}</JournalIssue></Journal>{ABSTRACT}"))
    assert document.meta.get("date") == iso


@pytest.mark.parametrize(
    ("article", "more", "retracted"),
    [
        ("<PublicationTypeList><PublicationType>Retracted Publication</PublicationType></PublicationTypeList>", "", True),
        ("<PublicationTypeList><PublicationType>Retraction of Publication</PublicationType></PublicationTypeList>", "", True),
        ("", "<CommentsCorrectionsList><CommentsCorrections RefType='RetractionIn'/></CommentsCorrectionsList>", True),
        ("", "<CommentsCorrectionsList><CommentsCorrections RefType='ErratumIn'/></CommentsCorrectionsList>", None),
    ],
)
def test_retractions_are_told(article: str, more: str, retracted: bool | None) -> None:
    (document,) = records(citation(1, ABSTRACT + article, more))
    assert document.meta.get("retracted") is retracted


def test_older_files_and_books() -> None:
    old = f"<MedlineCitation><PMID>7</PMID><Article><ArticleTitle>Old.</ArticleTitle>{ABSTRACT}</Article></MedlineCitation>"
    (document,) = records(old, "MedlineCitationSet")
    assert (document.id, document.text) == ("7", "Old.\n\nWords.")
    book = (
        "<PubmedBookArticle><BookDocument><PMID>8</PMID><Book><BookTitle>Genes</BookTitle><PubDate><Year>1993</Year></PubDate></Book>"
        f"<ArticleTitle>A syndrome</ArticleTitle><Language>eng</Language>{ABSTRACT}<PublicationType>Review</PublicationType></BookDocument>"
        "<PubmedBookData><ArticleIdList><ArticleId IdType='pubmed'>8</ArticleId></ArticleIdList></PubmedBookData></PubmedBookArticle>"
    )
    (document,) = records(book)
    assert (document.id, document.text) == ("8", "A syndrome\n\nWords.")
    assert (document.meta["date"], document.meta["article_language"], document.meta["publication_types"]) == ("1993", "en", ["Review"])


def test_a_record_without_number_or_article() -> None:
    nothing, label, document = records(
        "<PubmedArticle><MedlineCitation/></PubmedArticle>"
        + citation(2, '<Abstract><AbstractText Label="LEVEL OF EVIDENCE: 4"/></Abstract>')
        + f"<PubmedArticle><MedlineCitation><Article>{ABSTRACT}</Article></MedlineCitation></PubmedArticle>"
    )
    assert nothing == Refusal("record 1", "no abstract", "no Article in it")
    assert isinstance(label, Refusal)
    assert label.reason == "no abstract"
    assert (document.id, document.meta) == ("p.xml:3", {"language": "en"})


def test_what_comes_before_a_fault_is_kept() -> None:
    whole = f"{DOCTYPE}<PubmedArticleSet>{citation(1, ABSTRACT)}{citation(2, ABSTRACT)}"
    *kept, refusal = read(io.BytesIO(whole.encode()), "p.xml")
    assert [found.id for found in kept if isinstance(found, Document)] == ["1", "2"]
    assert isinstance(refusal, Refusal)
    assert refusal.reason == "not XML"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ("", "not XML"),
        ("<article><front/></article>", "not MEDLINE"),
        ("<eFetchResult><ERROR>No such id</ERROR></eFetchResult>", "not MEDLINE"),
        ("<PubmedArticleSet>" + "<PubmedArticle>" * 10_000, "beyond limits"),
        ('<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><PubmedArticleSet>&x;</PubmedArticleSet>', "declares entities"),
    ],
)
def test_bad_files_are_refused(data: str, reason: str) -> None:
    (refusal,) = read(io.BytesIO(data.encode()), "p.xml")
    assert isinstance(refusal, Refusal)
    assert refusal.reason == reason


@pytest.mark.slow
def test_a_file_of_ten_thousand_records_takes_no_more_memory_than_one_of_a_thousand(tmp_path: Path) -> None:
    for num_records in (1_000, 10_000):
        with (tmp_path / f"{num_records}.xml").open("w") as file:
            file.write(f"{DOCTYPE}<PubmedArticleSet>")
            file.writelines(FULL for _ in range(num_records))
            file.write("</PubmedArticleSet>")
    code = (
        "import resource, sys\n"
        "from medpretrain.corpus.sources.medline import read\n"
        "for path in sys.argv[1:]:\n"
        "    num = sum(1 for found in read(open(path, 'rb'), 'p'))\n"
        "    print(num, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "1000.xml"), str(tmp_path / "10000.xml")]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    (few, few_kilobytes), (many, many_kilobytes) = (map(int, line.split()) for line in out.splitlines())
    assert (few, many) == (1_000, 10_000)
    assert many_kilobytes - few_kilobytes < 10_000  # of 30 MB
