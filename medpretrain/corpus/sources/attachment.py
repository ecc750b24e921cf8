"""The text of an attachment whose media type is told: plain text as it is, HTML without its markup. Shared by FHIR and HL7 v2."""

from __future__ import annotations

import base64
import binascii
import re
from html.parser import HTMLParser

NOT_TEXT = "attachment not text"  # the reason of a Refusal

# Text in name only: markup or binary that another reader knows, or none does.
_TEXT_TYPES_WITH_MARKUP = frozenset({"text/xml", "text/rtf", "text/richtext", "text/csv", "text/css", "text/javascript", "text/calendar"})
_HTML_TYPES = frozenset({"text/html", "application/xhtml+xml"})
_BLOCK = re.compile(
    "address|article|aside|blockquote|body|caption|dd|div|dl|dt|figure|footer|form|h[1-6]|header|hr|html|li|main|nav|ol|p|pre|section|table"
    "|tbody|tfoot|thead|tr|ul"
)
_PARAGRAPH = re.compile("blockquote|h[1-6]|ol|p|pre|section|table|ul")
_UNSEEN = frozenset({"script", "style", "title", "template"})
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")


class NotTextError(ValueError):
    """An attachment that no text can be read from. The message says why, for a person."""


def from_base64(data: str) -> bytes:
    """The bytes of base64 with white space anywhere. Raises NotTextError."""
    try:
        return base64.b64decode("".join(data.split()), validate=True)
    except (binascii.Error, ValueError):
        raise NotTextError("its data is not base64") from None


def is_text_type(content_type: str) -> bool:
    """Whether `attachment_text` can read this media type (an untold one it can try)."""
    media_type = content_type.partition(";")[0].strip().lower()
    return not media_type or media_type in _HTML_TYPES or (media_type.startswith("text/") and media_type not in _TEXT_TYPES_WITH_MARKUP)


def attachment_text(content_type: str, data: bytes) -> str:
    """The text of `data`, in the charset that the media type names (else UTF-8, else Windows-1252). Raises NotTextError."""
    media_type, _, parameters = content_type.partition(";")
    media_type = media_type.strip().lower()
    if not is_text_type(content_type):
        raise NotTextError(media_type)
    charset = re.search(r"charset\s*=\s*\"?([\w.:-]+)", parameters, re.IGNORECASE)
    try:
        text = data.decode(charset[1]) if charset else _decoded(data)
        text.encode()  # utf-7 and the like can make lone surrogates
    except (LookupError, ValueError):
        raise NotTextError(f"{content_type} does not decode") from None
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    if _CONTROL.search(text) and (not media_type or "\x00" in text):
        raise NotTextError(f"{media_type or 'no media type'}: its bytes are not text")
    text = _CONTROL.sub("", text)
    begin = text.lstrip()[:15].lower()
    if media_type in _HTML_TYPES or begin.startswith(("<!doctype html", "<html", "<div")):
        return html_text(text)
    if not media_type and begin.startswith(("<?xml", "{\\rtf", "%pdf")):
        raise NotTextError(f"no media type: it begins with {begin!r}")
    return "\n".join(line.rstrip() for line in text.split("\n")).strip("\n")


def html_text(markup: str) -> str:
    """What a browser would show of it: a line for each block, an empty one between paragraphs, " | " between cells. Raises NotTextError."""
    reader = _VisibleText()
    try:
        reader.feed(markup)
        reader.close()
    except AssertionError as error:  # of html.parser, about a declaration that it does not know
        raise NotTextError(f"not HTML: {error}") from None
    text = "".join(reader.parts)
    lines = [" ".join(line.split()).strip(" |") for line in text.split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


class _VisibleText(HTMLParser):
    """Collects text and line breaks in `parts`. White space of the source, line feeds too, is one blank."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._unseen = 0  # depth of elements that a browser does not show
        self._preformatted = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._unseen += tag in _UNSEEN
        self._preformatted += tag == "pre"
        if tag in {"td", "th"} and self.parts and not self.parts[-1].endswith("\n"):
            self.parts.append(" | ")
        self._break(tag)
        if tag == "li":
            self.parts.append("- ")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._break(tag)

    def handle_endtag(self, tag: str) -> None:
        self._unseen = max(0, self._unseen - (tag in _UNSEEN))
        self._preformatted = max(0, self._preformatted - (tag == "pre"))
        self._break(tag)

    def handle_data(self, data: str) -> None:
        if self._unseen:
            return
        text = data if self._preformatted else re.sub(r"\s+", " ", data)
        if text.strip() or (self.parts and not self.parts[-1].endswith(("\n", " "))):
            self.parts.append(text)

    def _break(self, tag: str) -> None:
        if tag == "br":
            self.parts.append("\n")
        elif _PARAGRAPH.fullmatch(tag):
            self.parts.append("\n\n")
        elif _BLOCK.fullmatch(tag) and self.parts and not self.parts[-1].endswith("\n"):
            self.parts.append("\n")


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252")
