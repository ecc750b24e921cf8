"""What a page's template puts on every page: headers, footers, pages' numbers. Pure."""

from __future__ import annotations

import re
from collections import Counter

_EDGE_LINES = 3  # so many lines at a page's top and bottom can be furniture
_MIN_PAGES = 3  # a line must stand on so many pages, and on most of them
_MIN_SHARE_OF_PAGES = 0.6
_MAX_FURNITURE_CHARS = 120

_PAGE_OF = r"(?:page|pg\.?|p\.)\s*:?\s*\d{1,4}\s*(?:of|/)\s*\d{1,4}"
_PAGE_OF_LINE = re.compile(rf"[ \t]*[-–—|(\[]?[ \t]*{_PAGE_OF}[ \t]*[-–—|)\]]?[ \t]*", re.IGNORECASE)
_PAGE_OF_INSIDE = re.compile(rf"[ \t]*[-–—|(\[]?[ \t]*\b{_PAGE_OF}\b[ \t]*[-–—|)\]]?", re.IGNORECASE)
_BARE_PAGE_LINE = re.compile(r"[ \t]*(?:(?:page|pg\.?)\s*:?\s*\d{1,4}|[-–—][ \t]*\d{1,4}[ \t]*[-–—]|\d{1,4})[ \t]*", re.IGNORECASE)
_CONTINUED_LINE = re.compile(
    r"[ \t]*(?:[(\[]\s*(?:continued|cont['’]?d\.?|cont\.)\s*[)\]]"
    r"|[(\[*-]*\s*continued\s+(?:on|from)\s+(?:the\s+)?(?:next|previous|following|preceding)\s+page\.?\s*[)\]*-]*)[ \t]*",
    re.IGNORECASE,
)
_PRINTED_LINE = re.compile(
    r"[ \t]*(?:report )?print(?:ed| date)\b[ :]{1,3}(?:by\b.{0,60}\b(?:on|at)\b|on\b|at\b)?"
    r"[ \t]*\S{0,12}\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}.{0,40}",
    re.IGNORECASE,
)
_TEMPLATE_LINE = re.compile(
    r"[ \t]*[*-]*[ \t]*(?:confidential\b|electronically\s+(?:signed|authenticated|verified)\b|printed\b|end of (?:report|page)\b"
    r"|do not (?:copy|file|remove)\b|this (?:report|document|fax|page) (?:is|contains|may contain)\b)",
    re.IGNORECASE,
)
_ALWAYS_FURNITURE = (_PAGE_OF_LINE, _CONTINUED_LINE, _PRINTED_LINE)
# A text in which this is not found has no line that always goes, and no end of a page. Each choice begins with a character of its own, so
# that other places are passed over at once.
_BEHIND_P = r"(?:(?:age|AGE|g|G)?[.:]{0,2}\s*\d{1,4}\s*(?:of|OF|Of|/)|rint|RINT)"
_FURNITURE_SUSPECT = re.compile(
    rf"P{_BEHIND_P}|p{_BEHIND_P}|\(\s*[Cc][Oo][Nn][Tt]|\[\s*[Cc][Oo][Nn][Tt]|C(?:ontinued|ONTINUED) |c(?:ontinued|ONTINUED) "
)
_SECTION = re.compile(
    r"[ \t]*(?:findings?|impressions?|conclusions?|technique|indications?|history|clinical (?:history|information|data)|comparison"
    r"|exam(?:ination)?|procedure|assessment|plan|diagnos[ei]s|medications?|allergies|chief complaint|results?|recommendations?|summary"
    r"|abstract|introduction|methods?|discussion|references?|subjective"
    r"|objective|labs?|laborator(?:y|ies)|vitals?|vital signs)\b[^0-9]{0,12}",
    re.IGNORECASE,
)
_DATE_OR_TIME = re.compile(
    r"\b\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}\b|\b\d{1,2}:\d\d(?::\d\d)?(?: ?[ap]\.?m\b\.?)?"
    r"|\b\d{1,2}(?:st|nd|rd|th)? (?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?,? \d{4}\b"
    r"|\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.? \d{1,2}(?:st|nd|rd|th)?,? \d{4}\b"
)
_PAGE_MARK = re.compile(r"\b(?:page|pg\.?|p\.)\s*:?\s*\d{1,4}(?:\s*(?:of|/)\s*\d{1,4})?\b")
_NUMBER_AT_END = re.compile(r"^[-–—|\s]*(\d{1,4})(?=\s|[-–—|]|$)|(?<![\d.,/:])(?<=[\s|–—-])(\d{1,4})(?=[-–—|\s]*$)")
_BLANKS = re.compile(r"\s+")


def remove_page_furniture(text: str) -> str:
    """Without what a page's template puts on every page.

    Pages end at form feeds, and at lines "Page 3 of 7" (alone in their line such lines go everywhere, as do "(continued)" and "Printed by
    ... on 3/4/2020"). Of the three lines before and behind each end, those go that are the same on at least 3 pages and 60% of them, up to
    dates, times and the page's own number; never a line that ends as a sentence or a label does, or a section's heading. A header that
    tells more than the page's number stays once, at its first place. The lines before and behind a page's end follow each other directly
    where the sentence goes on.
    """
    if "\f" not in text:
        short_lines = [line for line in text.split("\n") if len(line) <= _MAX_FURNITURE_CHARS]
        if not _FURNITURE_SUSPECT.search("\n".join(short_lines)):
            return text
    lines = text.replace("\f", "\n\f\n").split("\n")
    filled = [number for number, line in enumerate(lines) if line.strip(" \t")]
    pages_end = [place for place, number in enumerate(filled) if lines[number] == "\f" or _PAGE_OF_LINE.fullmatch(lines[number])]
    gone = {number for number in filled if lines[number] == "\f" or _always_goes(lines[number])}
    if not gone:
        return text
    cut: dict[int, str] = {}
    if len(pages_end) + 1 >= _MIN_PAGES:
        recurring, cut = _recurring(lines, _edges(filled, pages_end))
        gone |= recurring
    out: list[str] = []
    skipped = False
    for number, line in enumerate(lines):
        if number in gone:
            skipped = True
            continue
        line = cut.get(number, line)
        if skipped:
            if not line.strip(" \t"):
                continue
            skipped = False
            while out and not out[-1].strip(" \t"):
                out.pop()
            goes_on = line.lstrip(" \t")[:1].islower() and out and (out[-1].rstrip()[-1:].isalnum() or out[-1].rstrip()[-1:] in ",;-")
            if out and not goes_on:
                out.append("")
        out.append(line)
    return "\n".join(out)


def _always_goes(line: str) -> bool:
    return len(line) <= _MAX_FURNITURE_CHARS and any(kind.fullmatch(line) for kind in _ALWAYS_FURNITURE)


def _shape(line: str, page: int) -> str:
    """What is the same of a line of a template on every page: dates, times and the page's own number, which rises by one, are left out.

    Other numbers are not: "Sodium 138" is a finding, at the top of a page too.
    """
    shape = _PAGE_MARK.sub("<page>", _DATE_OR_TIME.sub("<date>", line.lower()))
    shape = _NUMBER_AT_END.sub(lambda found: f"<page {int(found.group(1) or found.group(2)) - page}>", shape)
    return _BLANKS.sub(" ", shape).strip()


def _may_be_furniture(line: str) -> bool:
    stripped = line.strip()
    if len(stripped) > _MAX_FURNITURE_CHARS or _SECTION.fullmatch(stripped):
        return False
    return _TEMPLATE_LINE.match(stripped) is not None or not stripped.endswith((".", "?", "!", ":", ",", ";"))


def _edges(filled: list[int], pages_end: list[int]) -> tuple[list[list[int]], list[list[int]]]:
    """The first and the last lines of each page, by number; no line of a short page is both."""
    tops: list[list[int]] = []
    bottoms: list[list[int]] = []
    for begin, end in zip([-1, *pages_end], [*pages_end, len(filled)], strict=True):
        on_page = filled[begin + 1 : end]
        tops.append(on_page[: min(_EDGE_LINES, (len(on_page) + 1) // 2)])
        bottoms.append(on_page[max(len(on_page) - _EDGE_LINES, (len(on_page) + 1) // 2) :])
    return tops, bottoms


def _recurring(lines: list[str], edges: tuple[list[list[int]], list[list[int]]]) -> tuple[set[int], dict[int, str]]:
    """Which lines at the pages' edges are furniture; and what is left of those of which only the page's number is."""
    gone: set[int] = set()
    cut: dict[int, str] = {}
    for side in edges:
        needed = max(_MIN_PAGES, _MIN_SHARE_OF_PAGES * sum(map(bool, side)))
        candidates = [
            [(number, _shape(lines[number], page)) for number in on_page if _may_be_furniture(lines[number])]
            for page, on_page in enumerate(side)
        ]
        num_pages_with = Counter(shape for on_page in candidates for shape in {shape for _, shape in on_page})
        seen: set[str] = set()
        for number, shape in (candidate for on_page in candidates for candidate in on_page):
            if num_pages_with[shape] < needed:
                continue
            line = lines[number]
            if side is edges[0] and shape not in seen and not _TEMPLATE_LINE.match(line) and not _BARE_PAGE_LINE.fullmatch(line):
                rest = _PAGE_OF_INSIDE.sub("", line)
                if rest != line:
                    cut[number] = rest
            else:
                gone.add(number)
            seen.add(shape)
    return gone, cut
