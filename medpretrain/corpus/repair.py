"""Puts a text right before it is judged: wrong encodings, odd Unicode, white space, page furniture, lines cut at a page's width. Pure.

What is not certain is left as it is. No word is lost but those of page furniture (pages' numbers, headers and footers); words change only
where an encoding was wrong, an invisible character stood inside one, or a hyphen at the end of a line had parted one.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Callable
from itertools import cycle

import ftfy
from ftfy.badness import is_bad

from medpretrain.corpus.page_furniture import remove_page_furniture
from medpretrain.corpus.pdf_lines import join_at_soft_hyphens, join_pdf_lines
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
    if line.isascii() or not _MOJIBAKE_SUSPECT.search(line) or not is_bad(line):
        return line
    mended = ftfy.fix_encoding(line, _FTFY)
    before = {letter for run in _OTHER_SCRIPT.findall(line) for letter in run}
    for run in _OTHER_SCRIPT.findall(mended):
        if len(run) < _MIN_OTHER_SCRIPT_LETTERS and not before.issuperset(run):
            return line
    return mended


# Unicode

# Nothing but NFC has work in a text without one of these (which says all those below once more).
_NOT_CLEAN = re.compile(
    "[\x00-\x08\x0b\x0d-\x1f\x7f-\xa0\xad\u034f\u061c\u1680\u180e\u2000-\u2011\u2028-\u202f\u205f-\u206f\u3000\ud800-\udfff"
    "\uf06d\uf0a3\uf0a7\uf0b1\uf0b3\uf0b7\ufeff\ufff9-\ufffb\ufffe\uffff]"
)
_CLEAN_ASCII = b"\t\n\f" + bytes(range(0x20, 0x7F))
_LINE_END = re.compile(r"\r\n?|[\x0b\x85\u2028\u2029]")
_LINE_ENDS = frozenset("\r\x0b\x85\u2028\u2029")
_SPACES = "\x1c\x1d\x1e\x1f\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
_INVISIBLE = (
    *((0x00, 0x08), (0x0E, 0x1B), (0x7F, 0x84), (0x86, 0x9F), (0xAD, 0xAD), (0x34F, 0x34F), (0x61C, 0x61C), (0x180E, 0x180E)),
    *((0x200B, 0x200B), (0x200E, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F), (0xFEFF, 0xFEFF), (0xFFF9, 0xFFFB), (0xFFFE, 0xFFFF)),
)
_REPLACED = {**dict.fromkeys(_SPACES, " "), **{chr(code): "" for first, last in _INVISIBLE for code in range(first, last + 1)}}
_JOINERS = re.compile("(?<![\u0600-\u1fff\u2600-\U0010ffff])[\u200c\u200d]")  # some scripts and symbols need them
# Odd hyphens; and characters of Microsoft's Symbol font that stand for themselves nowhere else.
_REPLACED_BEHIND_JOINERS = {
    "\u2010": "-",
    "\u2011": "-",
    "\uf06d": "µ",
    "\uf0a3": "≤",
    "\uf0b1": "±",
    "\uf0b3": "≥",
    "\uf0a7": "▪",
    "\uf0b7": "•",
}
_SURROGATE = re.compile(r"[\ud800-\udfff]")


def repair_unicode(text: str) -> str:
    """NFC (not NFKC, which makes 11⁄2 of 1½ and 2 of ²); line ends as line feeds; odd spaces as spaces, odd hyphens as hyphens; without
    invisible characters; lone surrogates as U+FFFD. A form feed, which page furniture needs, is left."""
    odd = set(_NOT_CLEAN.findall(text.encode(errors="surrogatepass").translate(None, _CLEAN_ASCII).decode(errors="surrogatepass")))
    if any(map(_SURROGATE.match, odd)):
        text = text.encode("utf-16", errors="surrogatepass").decode("utf-16", errors="replace")
    if odd & _LINE_ENDS:
        text = _LINE_END.sub("\n", text)
    for character in odd & _REPLACED.keys():
        text = text.replace(character, _REPLACED[character])
    if "\u200c" in odd or "\u200d" in odd:
        text = _JOINERS.sub("", text)
    for character in odd & _REPLACED_BEHIND_JOINERS.keys():
        text = text.replace(character, _REPLACED_BEHIND_JOINERS[character])
    return text if text.isascii() or unicodedata.is_normalized("NFC", text) else unicodedata.normalize("NFC", text)


def _page_breaks_to_line_feeds(text: str) -> str:
    return text.replace("\f", "\n") if "\f" in text else text


# White space

_BLANK_BEFORE_LINE_END = re.compile(r"[ \t]+(?=[\n\f])")
_EMPTY_LINES = re.compile(r"\n{3,}")


def repair_white_space(text: str) -> str:
    """Without blanks at the ends of lines, more than one empty line, and lines without words at the start and end of the text. Blanks
    before and inside a line stay: they show lists and tables."""
    if " \n" in text or ("\t" in text and "\t\n" in text) or ("\f" in text and (" \f" in text or "\t\f" in text)):
        text = _BLANK_BEFORE_LINE_END.sub("", text)
    if "\n\n\n" in text:
        text = _EMPTY_LINES.sub("\n\n", text)
    text = text.rstrip(" \t\n")
    if text[:1] in ("\n", " ", "\t"):
        first = len(text) - len(text.lstrip(" \t\n"))
        text = text[text.rfind("\n", 0, first) + 1 :]
    return text
