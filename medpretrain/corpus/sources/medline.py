"""MEDLINE/PubMed records (PubmedArticleSet, also the older MedlineCitationSet) -> abstracts, as a stream.

The text is the title and the abstract; each labelled part of it ("BACKGROUND: ...") is a line. PubMed's abstracts are English whatever the
article is in, so `language` is "en"; the article's own, as two letters where it has them, is `article_language`. Another abstract
(of the publisher, for patients) counts only where there is no main one and it is English. Deleted citations yield nothing.

`meta` besides: title, date (the earliest day of publication), journal, pmid, pmcid, doi, record_id, mesh (a list of descriptors), keywords
(a list), publication_types (a list), retracted (true where a record is of a retracted article, or is the notice).

Reasons of refusal: "no abstract" (also of titles alone), "not MEDLINE", and those of sources/xml.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, BinaryIO

from medpretrain.corpus.document import Document
from medpretrain.corpus.sources.jats import earliest, heading_text, iso_date
from medpretrain.corpus.sources.record import Record, Refusal
from medpretrain.corpus.sources.xml import Element, children, documents, find, words

ROOTS = {
    "PubmedArticleSet": ("PubmedArticle", "PubmedBookArticle"),
    "PubmedArticle": ("PubmedArticle",),
    "PubmedBookArticleSet": ("PubmedBookArticle",),
    "MedlineCitationSet": ("MedlineCitation",),
    "MedlineCitation": ("MedlineCitation",),
}
_RETRACTED = frozenset(("Retracted Publication", "Retraction of Publication", "Retraction Notice"))
_NO_LABEL = frozenset(("", "UNLABELLED", "UNASSIGNED"))
_LANGUAGES = """
    eng:en fre:fr fra:fr ger:de deu:de spa:es ita:it por:pt rus:ru jpn:ja chi:zh zho:zh kor:ko pol:pl dut:nl nld:nl swe:sv dan:da nor:no
    fin:fi cze:cs ces:cs hun:hu tur:tr heb:he ara:ar gre:el ell:el ukr:uk bul:bg rum:ro ron:ro srp:sr hrv:hr slv:sl slo:sk slk:sk per:fa
    fas:fa ice:is isl:is cat:ca est:et lit:lt lav:lv tha:th vie:vi ind:id geo:ka kat:ka arm:hy hye:hy
"""
_TWO_LETTERS = dict(pair.split(":") for pair in _LANGUAGES.split())


def read(file: BinaryIO, name: str) -> Iterator[Record]:
    """The records of a file with an abstract, and the refusals of the others."""
    return documents(file, ROOTS, "not MEDLINE", lambda record, number: _record(record, name, number))


def _record(record: Element, name: str, number: int) -> Record:
    book = find(record, "BookDocument")
    citation = find(record, "MedlineCitation")
    citation = record if citation is None else citation
    article = find(citation, "Article")
    about = book if book is not None else article
    pmid = words(find(about if book is not None else citation, "PMID")) if about is not None else ""
    if about is None:
        return Refusal(f"record {number}", "no abstract", "no Article in it")
    title = heading_text(find(about, "ArticleTitle") if book is None else _book_title(book))
    abstract = _abstract(find(about, "Abstract"))
    if not abstract:
        others = (other for other in children(citation, "OtherAbstract") if other.get("Language", "eng") == "eng")
        abstract = next(filter(None, map(_abstract, others)), "")
    if not abstract:
        return Refusal(f"record {number}", "no abstract", f"PMID {pmid}" if pmid else "", title)
    meta = _meta(record, citation, about, title, pmid)
    text = f"{title}\n\n{abstract}" if title else abstract
    return Document(pmid or f"{name}:{number}", text, "", "pubmed_abstract", meta, f"record {number}")


def _book_title(book: Element) -> Element | None:
    title = find(book, "ArticleTitle")
    return find(book, "Book", "BookTitle") if title is None else title


def _abstract(abstract: Element | None) -> str:
    lines: list[str] = []
    has_text = False
    for part in children(abstract, "AbstractText"):
        text = heading_text(part)
        label = " ".join((part.get("Label") or "").split())
        has_text = has_text or bool(text)
        if text:
            lines.append(text if label in _NO_LABEL else f"{label.rstrip(':')}: {text}")
        elif any(map(str.isdigit, label)):
            lines.append(label)  # "LEVEL OF EVIDENCE: 4" is all there is to say
    return "\n".join(lines) if has_text else ""


def _meta(record: Element, citation: Element, about: Element, title: str, pmid: str) -> dict[str, Any]:
    journal = find(about, "Journal")
    language = words(find(about, "Language")).lower()
    types = [words(kind) for part in (about, find(about, "PublicationTypeList")) for kind in children(part, "PublicationType")]
    corrections = children(find(citation, "CommentsCorrectionsList"), "CommentsCorrections")
    data = find(record, "PubmedData")
    data = find(record, "PubmedBookData") if data is None else data
    ids = {number.get("IdType"): words(number) for number in children(find(data, "ArticleIdList"), "ArticleId")}
    located = {place.get("EIdType"): words(place) for place in children(about, "ELocationID") if place.get("ValidYN") != "N"}
    mesh = children(find(citation, "MeshHeadingList"), "MeshHeading")
    keywords = [
        heading_text(word) for part in (citation, about) for group in children(part, "KeywordList") for word in children(group, "Keyword")
    ]
    meta = {
        "title": title,
        "date": _date(about, journal),
        "journal": words(find(journal, "Title")),
        "pmid": pmid,
        "pmcid": ids.get("pmc"),
        "doi": ids.get("doi") or located.get("doi"),
        "record_id": pmid,
        "language": "en",
        "article_language": _TWO_LETTERS.get(language, language),
        "mesh": [words(find(heading, "DescriptorName")) for heading in mesh],
        "keywords": [word for word in keywords if word],
        "publication_types": types,
        "retracted": not _RETRACTED.isdisjoint(types) or any(note.get("RefType") == "RetractionIn" for note in corrections),
    }
    return {key: value for key, value in meta.items() if value}


def _date(about: Element, journal: Element | None) -> str:
    dates = children(about, "ArticleDate")
    for holder in (find(journal, "JournalIssue"), find(about, "Book")):
        dates += children(holder, "PubDate")
    found = [iso_date(*(words(find(date, part)) for part in ("Year", "Month", "Day"))) for date in dates]
    for date in dates:  # "1998 Dec-1999 Jan", "Spring 2000": as much as is plain
        parts = re.search(r"\b([12]\d{3})\b(?:\s+([A-Z][a-z]{2})\b)?", words(find(date, "MedlineDate")))
        if parts:
            found.append(iso_date(parts.group(1), parts.group(2) or ""))
    return earliest(found)
