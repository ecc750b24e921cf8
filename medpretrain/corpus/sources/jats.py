"""JATS articles (PubMed Central and publishers; also the NLM DTDs before it) -> documents.

The text is the title, the abstract under its heading, the sections of the body under theirs, then floating figures and tables. Lists are
lines with "- ", a table is its caption and its rows, cells parted by " | ", a figure is its caption, a formula is its TeX in dollars or its
MathML as a line. Exponents are "10^6", other raised and all lowered text joins what it stands at (Ca2+, H2O). Raised citation numbers are
left out, those in brackets stay as printed. Left out besides: references, footnotes (those under a table stay), back matter except
appendices, sections of acknowledgements, funding and the like, supplements, and sub-articles (reviews, responses, translations).

`meta`: title, date (the earliest day of publication), journal, pmid, pmcid, doi, record_id, licence ("CC-BY-4.0" where a licence address
or its words say so, else the address or the words), language, article_type, keywords (a list), retracted (true where the record says that
the article is, or is the notice of, a retraction). `doc_type` is "pmc_fulltext", "pubmed_abstract" where there is but an abstract.

Reasons of refusal: "not JATS", "no text", and those of sources/xml.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, BinaryIO

from medpretrain.corpus.document import Document
from medpretrain.corpus.sources.mathml import math_text
from medpretrain.corpus.sources.record import Record, Refusal
from medpretrain.corpus.sources.xml import Element, Layout, Walk, children, documents, find, local_name, one_line, table_rows, words

_ARTICLE = ("article",)
ROOTS = dict.fromkeys(("article", "pmc-articleset", "articles", "article-set", "OAI-PMH", "record", "ListRecords", "GetRecord"), _ARTICLE)

_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_ABSTRACTS = frozenset(("", "summary", "executive-summary", "plain-language-summary", "key-points"))  # others repeat: teasers, graphics
_NOT_PUBLICATION = ("pmc-release", "nihms-submitted", "retraction", "received", "accepted", "preprint")
_LEFT_OUT_TITLES = """
    acknowledgement acknowledgements acknowledgment acknowledgments funding abbreviations references disclosure disclosures declarations
    authorcontributions authorscontributions authorcontribution competinginterests competinginterest conflictofinterest
    conflictsofinterest conflictofinterests declarationofinterest declarationofinterests declarationofcompetinginterest
    conflictofintereststatement competingintereststatement dataavailability dataavailabilitystatement availabilityofdataandmaterials
    availabilityofdataandmaterial financialdisclosure financialsupport fundingstatement supportinginformation supplementarymaterial
    supplementarymaterials supplementarydata supplementaryinformation additionalinformation publishersnote prepublicationhistory
    authorinformation authorsinformation transparencydeclaration
"""
_LEFT_OUT_SECTIONS = frozenset(_LEFT_OUT_TITLES.split())  # titles, their letters only
_LEFT_OUT_TYPES = frozenset(("COI-statement", "coi-statement", "data-availability", "supplementary-material", "display-objects-list"))


def read(file: BinaryIO, name: str) -> Iterator[Record]:
    """The articles of a file: an `article`, or several in a `pmc-articleset` or an answer of the OAI service."""
    nothing = True
    for record in documents(file, ROOTS, "not JATS", lambda article, number: _record(article, name, number)):
        nothing = False
        yield record
    if nothing:
        yield Refusal("", "no text", "no article in it")


def _record(article: Element, name: str, number: int) -> Record:
    front = find(article, "front")
    front = article if front is None else front  # some sources leave it out
    about = find(front, "article-meta")
    meta = _meta(article, front, about)
    layout = Layout()
    for abstract in children(about, "abstract"):
        if (abstract.get("abstract-type") or "") in _ABSTRACTS:
            layout.section(heading_text(find(abstract, "title")) or "Abstract", partial(_WALK.fill, abstract, layout))
    layout.end_block()
    num_abstract_blocks = len(layout.blocks)
    for part in ("body", "back", "floats-group", "floats-wrap"):
        element = find(article, part)
        if element is not None and part == "back":
            for appendix in element.iter("{*}app"):
                layout.section(_title(appendix), partial(_WALK.fill, appendix, layout))
        elif element is not None:
            _WALK.fill(element, layout)
        layout.end_block()
    if not layout.blocks:
        return Refusal(f"record {number}", "no text", "neither abstract nor body", meta.get("title", ""))
    doc_type = "pmc_fulltext" if len(layout.blocks) > num_abstract_blocks else "pubmed_abstract"
    text = "\n\n".join([meta["title"], layout.text()] if "title" in meta else [layout.text()])
    return Document(meta.get("record_id") or f"{name}:{number}", text, "", doc_type, meta, f"record {number}")


# --- What the front says


def _meta(article: Element, front: Element, about: Element | None) -> dict[str, Any]:
    title = heading_text(find(about, "title-group", "article-title"))
    subtitle = heading_text(find(about, "title-group", "subtitle"))
    if title and subtitle:
        title = f"{title}{' ' if title[-1] in ':.?!' else ': '}{subtitle}"
    journal = find(front, "journal-meta")
    ids = {identifier.get("pub-id-type"): words(identifier) for identifier in children(about, "article-id")}
    pmcid = ids.get("pmcid") or ids.get("pmc") or ""
    if pmcid.isdigit():
        pmcid = f"PMC{pmcid}"
    article_type = article.get("article-type")
    language = (article.get(_XML_LANG) or "").lower()
    keywords = [
        heading_text(keyword)
        for group in children(about, "kwd-group")
        if group.get("kwd-group-type") not in ("abbreviations", "ABR") and (group.get(_XML_LANG) or language).lower() == language
        for keyword in children(group, "kwd")
    ]
    retracted = (
        article_type in ("retraction", "partial-retraction", "retracted-article", "retracted")
        or any((related.get("related-article-type") or "") == "retraction-forward" for related in children(about, "related-article"))
        or re.match(r"\W*retracted\b", title, re.IGNORECASE) is not None
    )
    meta = {
        "title": title,
        "date": _date(children(about, "pub-date")),
        "journal": words(next(journal.iter("{*}journal-title"), None)) if journal is not None else "",
        "pmid": ids.get("pmid"),
        "pmcid": pmcid,
        "doi": ids.get("doi"),
        "record_id": pmcid or ids.get("pmid") or ids.get("doi"),
        "licence": _licence(about),
        "language": language,
        "article_type": article_type,
        "keywords": [keyword for keyword in keywords if keyword],
        "retracted": retracted,
    }
    return {key: value for key, value in meta.items() if value}


def _date(dates: list[Element]) -> str:
    """The earliest of the dates of publication. Of one that is a part of another (2019, 2019-03) the more exact holds."""
    found = []
    for date in dates:
        kinds = f"{date.get('pub-type')} {date.get('date-type')}"
        if not any(kind in kinds for kind in _NOT_PUBLICATION):
            found.append(iso_date(*(words(find(date, part)) for part in ("year", "month", "day"))))
    return earliest(found)


def earliest(dates: list[str]) -> str:
    """The earliest of ISO dates ("" for none). Of one that is a part of another (2019, 2019-03) the more exact holds."""
    best = ""
    for date in filter(None, dates):
        if not best or date.startswith(best) or (date < best and not best.startswith(date)):
            best = date
    return best


_MONTH_NAMES = "jan feb mar apr may jun jul aug sep oct nov dec"
_MONTHS = {name: number for number, name in enumerate(_MONTH_NAMES.split(), 1)}


def iso_date(year: str, month: str = "", day: str = "") -> str:
    """The date as exact as its parts are (a month is a number or an English name); "" without a year."""
    if not re.fullmatch(r"[12]\d{3}", year):
        return ""
    number = int(month) if re.fullmatch(r"\d{1,2}", month) else _MONTHS.get(month[:3].lower(), 0)
    if not 1 <= number <= 12:
        return year
    if not re.fullmatch(r"\d{1,2}", day) or not 1 <= int(day) <= 31:
        return f"{year}-{number:02}"
    return f"{year}-{number:02}-{int(day):02}"


_CREATIVE_COMMONS = re.compile(r"creativecommons\.org/(licenses|publicdomain)/([a-z-]+)(?:/(\d\.\d))?", re.IGNORECASE)
_CREATIVE_COMMONS_WORDS = re.compile(
    r"creative commons (attribution(?:[ ,/–-]+(?:non-? ?commercial|no-? ?deriv\w*(?: works)?|share-? ?alike))*)"
    r"(?: (\d\.\d))?(?: (?:international|unported|generic|public))* licen[cs]e",
    re.IGNORECASE,
)
_GRANTS = re.compile(r"creative commons|public domain|(?:distributed|licen[cs]ed) under", re.IGNORECASE)
_LICENCE_CHARACTERS = 300


def _licence(about: Element | None) -> str:
    """What the article may be used under. The address that the licence itself points to counts before those in its words."""
    licences = [found for permissions in children(about, "permissions") for found in children(permissions, "license")]
    licences += children(about, "license")
    addresses: list[str] = []
    for licence in licences:
        addresses += [value for key, value in licence.attrib.items() if local_name(key) == "href"]
        addresses += [words(element) for element in licence.iter("{*}license_ref")]
    for permissions in children(about, "permissions"):
        addresses += [words(element) for element in children(permissions, "license_ref")]
    for address in addresses:
        if certain := licence_name(address):
            return certain
    said = one_line(" ".join(words(licence) for licence in licences)) or _said_beside_copyright(about)
    linked = [value for licence in licences for link in licence.iter() for key, value in link.attrib.items() if local_name(key) == "href"]
    # A waiver of the data alone (CC0) often stands beside the licence of the words.
    named = {name for text in [said, *linked] for name in _all_licences(text)}
    if len(named) > 1:
        named.discard("CC0-1.0")
    named = named or set(_licences_in_words(said))
    if len(named) == 1:
        return named.pop()
    return next(filter(None, addresses), "") or said[:_LICENCE_CHARACTERS]


def _said_beside_copyright(about: Element | None) -> str:
    """What older articles say of their use beside the copyright."""
    statements = [words(found) for part in (*children(about, "permissions"), about) for found in children(part, "copyright-statement")]
    return next((statement for statement in statements if _GRANTS.search(statement)), "")


def _licences_in_words(text: str) -> Iterator[str]:
    """ "CC-BY-NC-3.0" of "the Creative Commons Attribution Non-Commercial 3.0 License"."""
    for kind, version in _CREATIVE_COMMONS_WORDS.findall(text):
        letters = re.sub("[^a-z]", "", kind.lower())
        parts = [short for word, short in (("noncommercial", "NC"), ("noderiv", "ND"), ("sharealike", "SA")) if word in letters]
        yield "-".join(["CC-BY", *parts, *filter(None, [version])])


def licence_name(address: str) -> str:
    """ "CC-BY-4.0" of the address of a Creative Commons licence, "" of any other."""
    return next(_all_licences(address), "")


def _all_licences(text: str) -> Iterator[str]:
    for kind, name, version in _CREATIVE_COMMONS.findall(text):
        name = name.lower().strip("-")
        if kind.lower() == "publicdomain":
            known = {"zero": "CC0", "mark": "PD-mark"}.get(name)
        else:
            known = f"CC-{name.upper()}" if name in ("by", "by-sa", "by-nc", "by-nd", "by-nc-sa", "by-nc-nd") else None
        if known:
            yield f"{known}-{version}" if version else known


# --- Blocks and lines


def heading_text(element: Element | None) -> str:
    """An element on one line, formulas, raised and lowered text made readable; "" of no element."""
    return _WALK.line(element)


def _title(element: Element) -> str:
    """Label and title, its own or that of its caption: "2.1 Methods"."""
    title = find(element, "title")
    title = find(element, "caption", "title") if title is None else title
    return one_line(f"{heading_text(find(element, 'label'))} {heading_text(title)}")


def _section(section: Element, layout: Layout) -> None:
    title = heading_text(find(section, "title"))
    if section.get("sec-type") in _LEFT_OUT_TYPES or re.sub(r"[^a-z]", "", title.lower()) in _LEFT_OUT_SECTIONS:
        return
    layout.section(_title(section), partial(_WALK.fill, section, layout))


def _boxed_text(box: Element, layout: Layout) -> None:
    layout.put_off(partial(layout.section, _title(box), partial(_WALK.fill, box, layout)))


def _list(element: Element, layout: Layout) -> None:
    fills: list[Callable[[], None]] = [partial(_list_item, item, layout) for item in children(element, "list-item")]
    layout.items(fills, heading_text(find(element, "title")))


def _list_item(item: Element, layout: Layout) -> None:
    label = heading_text(find(item, "label"))
    if label and label not in "-–—•*·":
        first = next((child for child in item if local_name(child.tag) != "label"), None)
        if first is not None and local_name(first.tag) == "p":
            first.text = f"{label} {first.text or ''}"  # a paragraph begins a line, and the label belongs to it
        else:
            layout.add(f"{label} ")
    _WALK.fill(item, layout)


def _definitions(element: Element, layout: Layout) -> None:
    fills: list[Callable[[], None]] = []
    for item in children(element, "def-item"):
        term = heading_text(find(item, "term"))
        meaning = "; ".join(filter(None, (heading_text(meant) for meant in children(item, "def"))))
        fills.append(partial(layout.add, f"{term}: {meaning}" if term and meaning else term or meaning))
    layout.items(fills, heading_text(find(element, "title")))


def _caption(element: Element) -> str:
    """Label and caption as sentences: "Figure 1. Flow of patients. ITT: intention to treat."."""
    caption = find(element, "caption")
    parts = [heading_text(find(element, "label"))]
    parts += [heading_text(part) for part in caption] if caption is not None else []
    parts = [part for part in parts if part]
    return " ".join([part if part[-1] in ".:;?!" else f"{part}." for part in parts[:-1]] + parts[-1:])


def _figure(figure: Element, layout: Layout) -> None:
    layout.put_off(partial(_figure_lines, figure, layout))


def _figure_lines(figure: Element, layout: Layout) -> None:
    layout.add_line(_caption(figure))
    for child in figure:
        if local_name(child.tag) in ("p", "list", "table-wrap", "disp-formula", "preformat"):
            _WALK.read(child, layout)


def _table(wrap: Element, layout: Layout) -> None:
    layout.put_off(partial(_table_lines, wrap, layout))


def _table_lines(wrap: Element, layout: Layout) -> None:
    layout.add_line(_caption(wrap))
    for child in wrap:
        name = local_name(child.tag)
        if name == "alternatives":
            child = next((form for form in child if local_name(form.tag) in ("table", "tgroup")), child)
            name = local_name(child.tag)
        if name in ("table", "tgroup"):
            _bare_table(child, layout)
        elif name == "table-wrap-foot":
            for note in child:
                layout.add_line(_table_note(note))
        elif name in ("p", "list", "disp-formula", "preformat"):
            _WALK.read(child, layout)


def _bare_table(table: Element, layout: Layout) -> None:
    for row in table_rows(table, heading_text):
        layout.add_line(row)


def _table_note(note: Element) -> str:
    if local_name(note.tag) == "fn-group":
        return "; ".join(filter(None, (_table_note(inner) for inner in note)))
    if local_name(note.tag) != "fn":
        return heading_text(note)
    parts = (heading_text(part) for part in note)  # a footnote as such is left out; under its table it is read
    return " ".join(filter(None, parts))


# --- Within a line


def _link(link: Element, layout: Layout) -> None:
    """A cross reference reads as printed; one to a footnote is a mark only, and raised numbers of references are none of the text."""
    kind = link.get("ref-type")
    if kind in ("fn", "table-fn", "aff", "corresp", "author-notes"):
        return
    if kind == "bibr" and any(local_name(child.tag) == "sup" for child in link):
        _close_up(link, layout)
        return
    _WALK.fill(link, layout)


def _close_up(left_out: Element, layout: Layout) -> None:
    """No space is left before a full stop where something has been left out."""
    if left_out.tail and left_out.tail[0] in ".,;:)]":
        layout.trim()


_CHARGE = re.compile(r"\d*[+\-−–]|[+\-−–]/[+\-−–]|[+\-−–]{2}")
_ORDINAL = re.compile(r"st|nd|rd|th|er|ème|TM|SM|[^\w\s]+")
_NUMBERS = re.compile(r"\d{1,3}(?:\s*[,–-]\s*\d{1,3})+")
_WORD = re.compile(r"[^\W_]+|[+\-−–]?\d+(?:[.,]\d+)?")
_BLANK_BEHIND_SIGN = re.compile(r"(?<=^[+\-−–])\s+")
_IN_BRACKETS = re.compile(r"\([^()]*\)")
_MARK_OF_NOTE = re.compile(r"[a-z] (?=\w)|\d\d? (?=[A-Za-z][a-z]{2})")  # with what follows it; "13 C" is carbon


def _raised(sup: Element, layout: Layout) -> None:
    kinds = [link.get("ref-type") for link in sup.iter("{*}xref")]
    text = _BLANK_BEHIND_SIGN.sub("", _WALK.line(sup))
    before, after = layout.tail(), sup.tail or words(sup.getnext())
    if (kinds and "bibr" in kinds) or not text:
        _close_up(sup, layout)
    elif text in (",", ";") and (previous := sup.getprevious()) is not None and previous.get("ref-type") == "bibr" and not sup.tail:
        pass  # between two raised references
    elif (before and before in ".,;:" and text[0].isdigit()) or (_NUMBERS.fullmatch(text) and (before.isalpha() or before in ")]")):
        _close_up(sup, layout)  # references without a link
    elif _CHARGE.fullmatch(text) or _ORDINAL.fullmatch(text) or not before or before.isspace() or before in "([/–-":
        layout.add(text)
        if not before and _MARK_OF_NOTE.match(f"{text} {after}"):
            layout.add(" ")
    elif _IN_BRACKETS.fullmatch(text) or (_WORD.fullmatch(text) and not _runs_on(text, after)):
        layout.add(f"^{text}")
    else:
        layout.add(f"^({text})")


def _runs_on(text: str, after: str) -> bool:
    """Could nobody tell where raised text ends?"""
    return (text[-1].isdigit() and after[:1].isdigit()) or (text[-1].isalpha() and after[:1].isalpha())


def _alternatives(element: Element, layout: Layout) -> None:
    """One form of several: the one that reads best as text."""
    forms = {local_name(form.tag): form for form in element}
    for name in ("table", "tgroup", "tex-math", "math", "textual-form", "preformat", "chem-struct"):
        if name in forms:
            _WALK.read(forms[name], layout)
            return
    if forms:
        _WALK.read(next(iter(forms.values())), layout)
    else:
        _WALK.fill(element, layout)


def _display_formula(formula: Element, layout: Layout) -> None:
    layout.end_line()
    _WALK.fill(formula, layout)
    label = heading_text(find(formula, "label"))
    if label and layout.tail():
        layout.add(f" {label}")
    layout.end_line()


_TEX_DOCUMENT = re.compile(r"\\begin\s*\{document\}(.*?)(?:\\end\s*\{document\}|$)", re.DOTALL)


def _tex(element: Element, layout: Layout) -> None:
    tex = words(element)
    inside = _TEX_DOCUMENT.search(tex)
    tex = one_line((inside.group(1) if inside else tex).strip().strip("$"))
    if tex:
        layout.add(f"${tex}$")


def _math(element: Element, layout: Layout) -> None:
    parent = element.getparent()
    if parent is None or find(parent, "tex-math") is None:  # else the same formula again
        layout.add(one_line(math_text(element)))


# Read where they belong to something (label, title), or no part of the running text.
_NOT_RUNNING_TEXT = """
    label title caption fn fn-group ref-list graphic inline-graphic media supplementary-material object-id alt-text long-desc permissions
    sec-meta index-term custom-meta-group processing-meta contrib-group table-wrap-foot private-char
"""
_WALK = Walk(
    {
        "sec": _section,
        "boxed-text": _boxed_text,
        "list": _list,
        "def-list": _definitions,
        "fig": _figure,
        "table-wrap": _table,
        "table": _bare_table,
        "xref": _link,
        "sup": _raised,
        "alternatives": _alternatives,
        "disp-formula": _display_formula,
        "DispFormula": _display_formula,  # MEDLINE's name for it
        "tex-math": _tex,
        "math": _math,
    },
    paragraphs=("p", "disp-quote", "verse-group", "verse-line", "attrib", "preformat", "code", "speech"),
    breaks=("break",),
    left_out=_NOT_RUNNING_TEXT.split(),
)
