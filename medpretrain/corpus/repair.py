"""Puts a text right before it is judged: wrong encodings, odd Unicode, white space, page furniture, lines cut at a page's width. Pure.

What is not certain is left as it is. No word is lost but those of page furniture (pages' numbers, headers and footers); words change only
where an encoding was wrong, an invisible character stood inside one, or a hyphen at the end of a line had parted one.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections import Counter
from collections.abc import Callable
from itertools import cycle, pairwise

import ftfy
from ftfy.badness import is_bad

from medpretrain.corpus.settings import RepairSettings

ENCODING = "encoding"
UNICODE = "unicode"
WHITE_SPACE = "white space"
PAGE_FURNITURE = "page furniture"
PDF_LINES = "pdf lines"
KINDS = (ENCODING, UNICODE, WHITE_SPACE, PAGE_FURNITURE, PDF_LINES)


def repair(text: str, settings: RepairSettings) -> tuple[str, tuple[str, ...]]:
    """The text put right, and which of `KINDS` changed it. What was repaired once is not changed by a second time."""
    stages: list[tuple[str, Callable[[str], str]]] = []
    if settings.encoding:
        stages.append((ENCODING, repair_encoding))
    if settings.pdf_lines:
        stages.append((PDF_LINES, join_at_soft_hyphens))
    if settings.unicode:
        stages.append((UNICODE, repair_unicode))
    if settings.white_space:
        stages.append((WHITE_SPACE, repair_white_space))
    if settings.page_furniture:
        stages.append((PAGE_FURNITURE, remove_page_furniture))
    if settings.unicode:
        stages.append((UNICODE, _page_breaks_to_line_feeds))
    if settings.pdf_lines:
        stages.append((PDF_LINES, join_pdf_lines))
    if settings.white_space:
        stages.append((WHITE_SPACE, repair_white_space))
    changed = set()
    # What one stage does can show another more to do (a header between two lines that belong together). Each takes characters away or
    # replaces them by ones that none of them replaces, so this ends: where the text is as all of them have seen and left it.
    num_unchanged = 0
    for kind, stage in cycle(stages):
        after = stage(text)
        if after != text:
            changed.add(kind)
            text, num_unchanged = after, 0
        else:
            num_unchanged += 1
        if num_unchanged == len(stages):
            break
    return text, tuple(kind for kind in KINDS if kind in changed)


# Encoding

# No text was decoded wrongly without one of these: all of mojibake's sequences have two characters beyond ASCII side by side, but for
# those in which a no-break space has become a plain one ("voilÃ  le").
_MOJIBAKE_SUSPECT = re.compile(r"[^\x00-\x7f](?:[^\x00-\x7f]|(?<=[ÂÃ]) |(?<=[\x80-\x9f]))")
_FTFY = ftfy.TextFixerConfig(
    unescape_html=False, restore_byte_a0=True, replace_lossy_sequences=False, decode_inconsistent_utf8=True, fix_c1_controls=True
)
# What a repair may bring into English medical text one character at a time: Latin and Greek letters, marks, punctuation, symbols. Others
# only as whole words, for "2×²" is also the bytes of a Hebrew letter.
_OTHER_SCRIPT = re.compile(r"[^\x00-\u024f\u0259\u02b0-\u036f\u0370-\u03ff\u1e00-\u2bff\ufb00-\ufb06\ufeff]+")
_MIN_OTHER_SCRIPT_LETTERS = 4
_ENTITY = re.compile(
    r"&(?:amp|lt|gt|nbsp|quot|apos|le|ge|ne|plusmn|micro|deg|times|middot|ndash|mdash|[lr]squo|[lr]dquo|hellip|bull|reg|trade|copy"
    r"|alpha|beta|gamma|delta|kappa|lambda|mu|frac12|frac14|frac34|sup[123]|#\d{2,5}|#x[0-9a-fA-F]{2,4});"
)
_TAG = re.compile(r"</?[a-zA-Z][a-zA-Z0-9]*(?: [^<>]*)?/?>")


def repair_encoding(text: str) -> str:
    """UTF-8 that was read as something else (ftfy, line by line, where its test for impossible sequences finds one), and HTML entities
    in a text without tags."""
    if not text.isascii() and _MOJIBAKE_SUSPECT.search(text):
        text = "\n".join(_repair_encoding_of_line(line) for line in text.split("\n"))
    if "&" in text and _ENTITY.search(text) and not _TAG.search(text):
        text = _ENTITY.sub(lambda found: html.unescape(found.group()), text)
    return text


def _repair_encoding_of_line(line: str) -> str:
    if not _MOJIBAKE_SUSPECT.search(line) or not is_bad(line):
        return line
    mended = ftfy.fix_encoding(line, _FTFY)
    before = {letter for run in _OTHER_SCRIPT.findall(line) for letter in run}
    for run in _OTHER_SCRIPT.findall(mended):
        if len(run) < _MIN_OTHER_SCRIPT_LETTERS and not before.issuperset(run):
            return line
    return mended


# Unicode

_SOFT_HYPHEN_AT_LINE_END = re.compile(r"(?<=\w)\xad[ \t]*\r?\n[ \t]*(?=\w)")
# Nothing but NFC has work in a text without one of these (which says all those below once more).
_NOT_CLEAN = re.compile(
    "[\x00-\x08\x0b\x0d-\x1f\x7f-\xa0\xad\u034f\u061c\u1680\u180e\u2000-\u2011\u2028-\u202f\u205f-\u206f\u3000\ud800-\udfff"
    "\uf06d\uf0a3\uf0a7\uf0b1\uf0b3\uf0b7\ufeff\ufff9-\ufffb\ufffe\uffff]"
)
_CLEAN_ASCII = b"\t\n\f" + bytes(range(0x20, 0x7F))
_LINE_ENDS = re.compile(r"\r\n?|[\x0b\x85\u2028\u2029]")
_SPACES = re.compile(r"[\x1c-\x1f\xa0\u1680\u2000-\u200a\u202f\u205f\u3000]")
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u034f\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff]"
)
_JOINERS = re.compile("(?<![\u0600-\u1fff\u2600-\U0010ffff])[\u200c\u200d]")  # some scripts and symbols need them
_HYPHENS = re.compile("[\u2010\u2011]")
# Characters of Microsoft's Symbol font that stand for themselves nowhere else.
_PRIVATE_USE = re.compile("[\uf06d\uf0a3\uf0b1\uf0b3\uf0a7\uf0b7]")
_OF_SYMBOL_FONT = {"\uf06d": "µ", "\uf0a3": "≤", "\uf0b1": "±", "\uf0b3": "≥", "\uf0a7": "▪", "\uf0b7": "•"}
_SURROGATE = re.compile(r"[\ud800-\udfff]")


def join_at_soft_hyphens(text: str) -> str:
    """A word that was parted by a soft hyphen at the end of a line: it says itself that it is no part of the word."""
    return _SOFT_HYPHEN_AT_LINE_END.sub("", text) if "\xad" in text else text


def repair_unicode(text: str) -> str:
    """NFC (not NFKC, which makes 11⁄2 of 1½ and 2 of ²); line ends as line feeds; odd spaces as spaces, odd hyphens as hyphens; without
    invisible characters; lone surrogates as U+FFFD. A form feed, which page furniture needs, is left."""
    if not _NOT_CLEAN.search(text.encode(errors="surrogatepass").translate(None, _CLEAN_ASCII).decode(errors="surrogatepass")):
        return text if unicodedata.is_normalized("NFC", text) else unicodedata.normalize("NFC", text)
    if _SURROGATE.search(text):
        text = text.encode("utf-16", errors="surrogatepass").decode("utf-16", errors="replace")
    if _LINE_ENDS.search(text):
        text = _LINE_ENDS.sub("\n", text)
    text = _SPACES.sub(" ", text)
    text = _INVISIBLE.sub("", text)
    if text.isascii():
        return text
    if "\u200c" in text or "\u200d" in text:
        text = _JOINERS.sub("", text)
    text = _HYPHENS.sub("-", text)
    text = _PRIVATE_USE.sub(lambda found: _OF_SYMBOL_FONT[found.group()], text)
    return text if unicodedata.is_normalized("NFC", text) else unicodedata.normalize("NFC", text)


def _page_breaks_to_line_feeds(text: str) -> str:
    return text.replace("\f", "\n") if "\f" in text else text


# White space

_BLANK_BEFORE_LINE_END = re.compile(r"[ \t]+(?=[\n\f])")
_EMPTY_LINES = re.compile(r"\n{3,}")


def repair_white_space(text: str) -> str:
    """Without blanks at the ends of lines, more than one empty line, and lines without words at the start and end of the text. Blanks
    before and inside a line stay: they show lists and tables."""
    if " \n" in text or "\t\n" in text or " \f" in text or "\t\f" in text:
        text = _BLANK_BEFORE_LINE_END.sub("", text)
    if "\n\n\n" in text:
        text = _EMPTY_LINES.sub("\n\n", text)
    text = text.rstrip(" \t\n")
    if text[:1] in ("\n", " ", "\t"):
        first = len(text) - len(text.lstrip(" \t\n"))
        text = text[text.rfind("\n", 0, first) + 1 :]
    return text


# Page furniture

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
_FURNITURE_SUSPECT = re.compile(  # a text in which this is not found has no line that always goes, and no end of a page
    r"[Pp](?:age|AGE|g|G)?[.:]{0,2}\s*\d{1,4}\s*(?:of|OF|Of|/)|[(\[]\s*[Cc][Oo][Nn][Tt]|[Cc](?:ontinued|ONTINUED) |[Pp](?:rint|RINT)"
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


# PDF lines

_MIN_WIDTH, _MAX_WIDTH = 55, 100
_MIN_FULL_LINES = 4  # so many lines must end because the next word did not fit
_MIN_SHARE_FULL = 0.5  # of the lines that another one follows directly
_MIN_SHARE_GOING_ON = 0.3  # of those: in the middle of a sentence, before a word in lower case
_MAX_SHARE_LONGER = 0.02  # of all lines, that are longer than 1.2 widths: text that was not cut
_MAX_LONE_END = 5  # letters behind the only hyphen at a line's end, if that is to go without other evidence
_LIST_ITEM = re.compile(r"[ \t]*(?:[-•*·▪◦●■–—+o»>]|\(?\d{1,3}(?:\.\d{1,2})*[.)]|\(?[a-zA-Z][.)]|\(?[ivxIVX]{1,5}[.)])[ \t]+(?=\S)")
_LABEL = re.compile(r"[ \t]*[A-Z][\w /(),&'’-]{0,40}:(?:\s|$)")
_SPEAKER = re.compile(r"[ \t]*\[\w+\]")
_PARTED = re.compile(r"([A-Za-zÀ-ɏ]+|\d+)-$")
_PARTED_WORD = re.compile(r"[^\W_]+-\n[ \t]*[^\W_]+")
_HYPHENED = re.compile(r"[^\W_]+(?:-[^\W_]+)*")
_FIRST_LETTERS = re.compile(r"[A-Za-zÀ-ɏ]+")
# Words that stand behind a hyphen, or before one, far more often than they begin or end a word that a line's end has parted.
_BEHIND_HYPHEN = frozenset(
    [
        "and",
        "associated",
        "based",
        "blind",
        "by",
        "center",
        "centre",
        "controlled",
        "day",
        "days",
        "dependent",
        "dose",
        "fold",
        "free",
        "grade",
        "group",
        "hour",
        "hours",
        "in",
        "induced",
        "level",
        "like",
        "line",
        "mediated",
        "month",
        "months",
        "negative",
        "of",
        "off",
        "old",
        "onset",
        "or",
        "out",
        "point",
        "positive",
        "quarter",
        "ray",
        "rays",
        "related",
        "reported",
        "resistant",
        "risk",
        "scale",
        "sensitive",
        "sided",
        "specific",
        "term",
        "the",
        "third",
        "thirds",
        "threatening",
        "to",
        "type",
        "up",
        "week",
        "weeks",
        "year",
        "years",
    ]
)
_BEFORE_HYPHEN = frozenset(
    [
        "age",
        "all",
        "b",
        "c",
        "cross",
        "dose",
        "double",
        "eight",
        "end",
        "evidence",
        "first",
        "five",
        "follow",
        "four",
        "full",
        "half",
        "high",
        "ill",
        "large",
        "left",
        "long",
        "low",
        "meta",
        "mid",
        "nine",
        "non",
        "one",
        "open",
        "placebo",
        "quasi",
        "right",
        "second",
        "self",
        "semi",
        "seven",
        "sex",
        "short",
        "single",
        "six",
        "small",
        "t",
        "ten",
        "third",
        "three",
        "time",
        "two",
        "well",
        "x",
    ]
)


def join_pdf_lines(text: str) -> str:
    """Lines that were cut at a width of 55 to 100 characters, joined inside their paragraphs.

    A text was cut where most lines that another follows are full (the next line's first word would not have fitted), a good part of them
    ends within a sentence, and hardly any line is longer than the width. Two lines are joined where the first is full and neither is a
    row of a table, and the second is no item of a list, "Label: value" line or heading, nor further indented (but behind an item's mark).
    Verse and addresses have lines that are not full.

    A hyphen at the end of a joined line: dropped where the word without it stands elsewhere in the text and the one with it does not; kept
    in the opposite case. Where the text has neither, it stays where both parts stand in the text as words of their own, or one is among
    those that mostly stand at a hyphen ("follow-", "-old"), or the second begins with a capital letter. And where it is the only one at a
    line's end, behind which more than 5 letters follow: then the text may have been cut at hyphens that it had ("obsessive-compulsive"),
    while typesetters who part words do so every few lines.
    """
    if text.count("\n") < _MIN_FULL_LINES:
        return text
    lines = text.split("\n")
    lengths = [len(line) for line in lines if line]
    if len(lengths) < _MIN_FULL_LINES:
        return text
    width = sorted(lengths)[int(0.95 * (len(lengths) - 1))]
    if not _MIN_WIDTH <= width <= _MAX_WIDTH or sum(length > 1.2 * width for length in lengths) > _MAX_SHARE_LONGER * len(lengths):
        return text
    is_full = [bool(line) and bool(after) and _is_full(line, after, width) for line, after in pairwise(lines)]
    num_followed = sum(bool(line) and bool(after) for line, after in pairwise(lines))
    num_full = sum(is_full)
    if num_full < _MIN_FULL_LINES or num_full < _MIN_SHARE_FULL * num_followed:
        return text
    goes_on = sum(full and _goes_on(line, after) for full, (line, after) in zip(is_full, pairwise(lines), strict=True))
    if goes_on < _MIN_SHARE_GOING_ON * num_full:
        return text
    parts = [lines[0]]
    hyphens: _Hyphens | None = None
    first_of_paragraph = lines[0]
    for full, (line, after) in zip(is_full, pairwise(lines), strict=True):
        if not full or not _belong_together(line, after, first_of_paragraph):
            parts += ["\n", after]
            first_of_paragraph = after
            continue
        rest = after.lstrip(" \t")
        if (parted := _PARTED.search(line)) and (begins := _FIRST_LETTERS.match(rest)):
            hyphens = hyphens or _Hyphens(text)
            if hyphens.go(parted.group(1), begins.group()):
                parts[-1] = parts[-1][:-1]
            parts.append(rest)
        else:
            parts += ["" if line.endswith(("-", "—", "/")) and rest[:1].isalnum() and not line.endswith(" -") else " ", rest]
    return "".join(parts)


def _is_full(line: str, after: str, width: int) -> bool:
    """Would the next line's first word not have fitted, within a tenth of the width (letters differ)? Or was it parted near there?"""
    first_word = after.split(None, 1)[0]
    if len(line) + 1 + len(first_word) > 0.9 * width:
        return True
    return len(line) > 0.6 * width and line[-1] == "-" and line[-2:-1].isalnum() and first_word[0].islower()


def _goes_on(line: str, after: str) -> bool:
    return line[-1] not in ".:;!?" and after.lstrip(" \t")[:1].islower()


def _is_table_row(line: str) -> bool:
    stripped = line.strip(" \t")
    return "   " in stripped or "\t" in stripped or stripped[:1] == "|"


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" \t"))


def _belong_together(line: str, after: str, first_of_paragraph: str) -> bool:
    if _LIST_ITEM.match(after) or _LABEL.match(after) or _SPEAKER.match(after) or _is_table_row(line) or _is_table_row(after):
        return False
    if line.isupper() != after.isupper() and (line.isupper() or after.isupper()) and any(letter.islower() for letter in line + after):
        return False  # a heading
    if not any(letter.isalpha() for letter in line) or not any(letter.isalpha() for letter in after):
        return False  # rules, rows of numbers
    item = _LIST_ITEM.match(first_of_paragraph)
    text_begins = item.end() if item else _indent(first_of_paragraph)
    if _indent(after) > text_begins:
        return False
    if item and _indent(after) < text_begins:
        return _goes_on(line, after)
    return True


class _Hyphens:
    """Which hyphens at line ends belong to their words, by what else stands in the text."""

    def __init__(self, text: str) -> None:
        self._num_parted = len(_PARTED_WORD.findall(text))
        self._words = Counter(_HYPHENED.findall(_PARTED_WORD.sub(" ", text.lower())))

    def go(self, first: str, second: str) -> bool:
        if not first[-1].isalpha() or second[0].isupper():
            return False
        first, second = first.lower(), second.lower()
        whole, parted = self._words[first + second] > 0, self._words[f"{first}-{second}"] > 0
        if whole != parted:
            return whole
        if first in _BEFORE_HYPHEN or second in _BEHIND_HYPHEN:
            return False
        if self._words[first] > 0 and self._words[second] > 0:
            return False
        return self._num_parted > 1 or len(second) <= _MAX_LONE_END
