"""What the readers of XML share: records out of a stream, safely and in flat memory, and the layout of their text.

Nothing outside the file is ever read: no network, no external DTD, no external entity. A document that declares entities other than short
plain characters is refused as a whole before one of them is used; the parser's own bound on expansion holds until that is known.

Reasons of refusal from here: "not XML", "declares entities", "beyond limits" (elements nested deeper than 256, a text of more than 10 MB:
the parser's own bounds, which stand between a hostile file and the memory), and the reader's own word for another root ("not JATS").
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache, partial
from html.entities import html5
from typing import Any, BinaryIO

from lxml import etree

from medpretrain.corpus.sources.record import Record, Refusal, beginning

Element = Any  # lxml has no types

_CHUNK_BYTES = 1 << 16
_MAX_BEFORE_ROOT_BYTES = 1 << 22  # of a DTD and comments, which are held until it is known what they declare
_HARMLESS_CHARACTERS = 32  # of a declared entity: a symbol or a name; repeated, it is hardly longer than the references to it
_PREDEFINED = frozenset(("lt", "gt", "amp", "quot", "apos"))
_MAX_SPAN = 1000  # columns or rows of a table cell

_BEFORE_ROOT = re.compile(rb"(?:\s+|<\?.*?\?>|<!--.*?-->)*", re.DOTALL)
_DECLARATION = re.compile(rb"<\?xml\s[^>]*?\?>")
_ENCODING = re.compile(rb"""\sencoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
_STANDALONE = re.compile(rb"""\sstandalone\s*=\s*["']yes["']""")
_ROOT = re.compile(rb"<[A-Za-z_]")
_DOCTYPE = b'<!DOCTYPE none SYSTEM "none">'
_NATIVE = frozenset(("utf-8", "ascii", "iso8859-1", "utf-16"))  # what the parser decodes itself, by Python's names


def records(file: BinaryIO, roots: Mapping[str, tuple[str, ...]], otherwise: str) -> Iterator[Element | Refusal]:
    """The record elements of a file, one at a time, and last the Refusal of what could not be read.

    `roots` names which elements are records by the name of the root (local names, any namespace; a root can be a record itself). A file
    with another root is one Refusal with the reason `otherwise`. A yielded element is emptied when the next one is asked for; it holds
    elements and text only (no comments, no entity references: an undefined one such as &nbsp; has become its character).
    """
    num_records = 0
    source = _Source(file)
    try:
        chunk, root = _open(source)
        entities = _declared(root)
        tags = roots.get(local_name(root.tag))
        if tags is None:
            raise _FaultError("", otherwise, f"the root is {root.tag}"[:200])
        del root
        parser = etree.XMLPullParser(events=("end",), tag=[f"{{*}}{tag}" for tag in tags], **_SAFE)
        while True:
            fault = _feed(parser, chunk, source)
            for _, element in parser.read_events():
                _resolve_entities(element, entities)
                yield element
                num_records += 1
                _free(element)
            if fault is not None:
                raise fault
            if not chunk:
                break
            chunk = source.read()
    except _FaultError as fault:
        yield Refusal(fault.place, fault.reason, fault.detail, "" if num_records else beginning(source.begins))


def documents(
    file: BinaryIO, roots: Mapping[str, tuple[str, ...]], otherwise: str, make: Callable[[Element, int], Record]
) -> Iterator[Record]:
    """What `make` makes of each of the `records` and its number (from 1), and the refusals among them."""
    for number, found in enumerate(records(file, roots, otherwise), 1):
        if isinstance(found, Refusal):
            yield found
            continue
        try:
            yield make(found, number)
        except RecursionError:  # within the parser's bound, but each level takes several calls
            yield Refusal(f"record {number}", "beyond limits", "nested too deeply")


class _FaultError(Exception):
    """Ends the reading of a file; becomes its Refusal."""

    def __init__(self, place: str, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.place, self.reason, self.detail = place, reason, detail


_SAFE: dict[str, Any] = {
    "no_network": True,
    "load_dtd": False,
    "dtd_validation": False,
    "attribute_defaults": False,
    "resolve_entities": False,
    "huge_tree": False,
    "recover": False,
    "remove_comments": True,
    "remove_pis": True,
}


def _open(source: _Source) -> tuple[bytes, Element]:
    """The first bytes, at least as far as the root begins, and the root with its DTD: what a document declares is known before it is used.

    The root comes from a parser of its own, for the one that reads on tells of records only.
    """
    opening = etree.XMLPullParser(events=("start",), **_SAFE)
    read = chunk = source.read()
    while True:
        fault = _feed(opening, chunk, source)
        for _, root in opening.read_events():
            return read, root
        if fault is not None:
            raise fault
        if not chunk:
            raise _FaultError("", "not XML", "no element")
        if len(read) > _MAX_BEFORE_ROOT_BYTES:
            raise _FaultError("", "beyond limits", f"no element in the first {len(read):,} bytes")
        chunk = source.read()
        read += chunk


class _Source:
    """The bytes of a file as the parser needs them.

    A document without a DOCTYPE gets one, of an external DTD which is never read: by the rules of XML an undefined entity (&nbsp;) is then
    a reference left open, not a fault that ends the reading. What encoding the parser does not know becomes UTF-8.
    """

    def __init__(self, file: BinaryIO) -> None:
        self.begins = b""  # of the file as it is
        self.doctype_line = 0  # where a DOCTYPE has been put in; 0: nowhere
        self._file = file
        self._decode: Callable[[bytes], bytes] | None = None

    def read(self) -> bytes:
        """The next bytes; none at the end. Raises _FaultError where they are none of their encoding."""
        if not self.begins:
            return self._prepare()
        while data := self._file.read(_CHUNK_BYTES):
            if decoded := self._decoded(data):  # a decoder may hold back the first half of a character
                return decoded
        return self._decoded(b"")

    def _decoded(self, data: bytes) -> bytes:
        try:
            return self._decode(data) if self._decode else data
        except UnicodeDecodeError as error:
            raise _FaultError("", "not XML", str(error)) from None

    def _prepare(self) -> bytes:
        head = b""
        while len(head) < _CHUNK_BYTES and (more := self._file.read(_CHUNK_BYTES - len(head))):
            head += more  # a pipe may hand out less at a time
        self.begins = head
        if head.startswith((b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<")):
            return head  # UTF-16, as its first bytes say
        head = head.removeprefix(codecs.BOM_UTF8)
        if not head.strip():
            raise _FaultError("", "not XML", "empty")
        if head.lstrip().startswith(b"<?xml"):
            head = head.lstrip()
        declaration = _DECLARATION.match(head)
        if declaration:
            head = self._without_encoding(declaration.group()) + self._decoded(head[declaration.end() :])
        start = _BEFORE_ROOT.match(head)
        assert start is not None  # it matches nothing, too
        if _ROOT.match(head, start.end()):
            self.doctype_line = 1 + head.count(b"\n", 0, start.end())
            head = head[: start.end()] + _DOCTYPE + head[start.end() :]
        return head

    def _without_encoding(self, declaration: bytes) -> bytes:
        encoding = _ENCODING.search(declaration)
        if encoding:
            name = encoding.group(1).decode()
            try:
                codec = codecs.lookup(name)
            except LookupError:
                raise _FaultError("line 1", "not XML", f"unknown encoding {name}") from None
            if not codec._is_text_encoding:  # "zip", "hex": no characters, and a bomb of their own
                raise _FaultError("line 1", "not XML", f"unknown encoding {name}")
            if codec.name not in _NATIVE:
                decoder = codec.incrementaldecoder()
                self._decode = lambda data: decoder.decode(data, final=not data).encode()
            declaration = _ENCODING.sub(b' encoding="ISO-8859-1"' if codec.name == "iso8859-1" else _blank, declaration)
        return _STANDALONE.sub(_blank, declaration)


def _blank(found: re.Match[bytes]) -> bytes:
    return b" " * len(found.group())  # columns stay what they are


def _feed(parser: Any, data: bytes, source: _Source) -> _FaultError | None:
    """Parse these bytes, or with none of them end. What had been whole before a fault is among the parser's events all the same."""
    try:
        parser.feed(data) if data else parser.close()
    except etree.XMLSyntaxError as error:
        told = next((entry for entry in parser.feed_error_log if entry.level == etree.ErrorLevels.FATAL), None)
        line, column, message, kind = (
            (told.line, told.column, told.message, told.type) if told else (*error.position, error.msg, error.code)
        )
        if line == source.doctype_line:
            column = max(1, column - len(_DOCTYPE))
        place = f"line {line}" if line else ""
        detail = f"line {line}, column {column}: {message}" if line else message
        if kind == etree.ErrorTypes.ERR_ENTITY_LOOP or (kind == etree.ErrorTypes.ERR_RESOURCE_LIMIT and "entity" in message):
            return _FaultError(place, "declares entities", detail)
        return _FaultError(place, "beyond limits" if kind == etree.ErrorTypes.ERR_RESOURCE_LIMIT else "not XML", detail)
    return None


def _declared(root: Element) -> dict[str, str]:
    """The plain characters that the document's own DTD has names for. Raises _FaultError for any other entity."""
    dtd = root.getroottree().docinfo.internalDTD
    entities: dict[str, str] = {}
    for entity in dtd.iterentities() if dtd is not None else ():
        if entity.name in _PREDEFINED:
            continue
        content = entity.content
        if content is None:
            raise _FaultError("", "declares entities", f"{entity.name}, which is outside the file")
        if len(content) > _HARMLESS_CHARACTERS or "&" in content or "<" in content or "%" in content:
            raise _FaultError("", "declares entities", f"{entity.name}, which is more than plain characters")
        entities.setdefault(entity.name, content)  # the first declaration holds
    return entities


def _resolve_entities(record: Element, entities: Mapping[str, str]) -> None:
    for node in list(record.iter(etree.Entity)):
        text = entities.get(node.name) or html5.get(f"{node.name};") or node.text
        text += node.tail or ""
        parent, before = node.getparent(), node.getprevious()
        if before is None:
            parent.text = (parent.text or "") + text
        else:
            before.tail = (before.tail or "") + text
        node.tail = None
        parent.remove(node)


def _free(element: Element) -> None:
    """Empty a record and drop what stands before it. The element itself stays: the parser may still add the text behind it."""
    element.clear(keep_tail=True)
    while element is not None:
        parent = element.getparent()
        if parent is not None:
            while element.getprevious() is not None:
                del parent[0]
        element = parent


@lru_cache(maxsize=4096)
def local_name(tag: str) -> str:
    """The name of an element without its namespace."""
    return tag.rpartition("}")[2]


def find(element: Element | None, *path: str) -> Element | None:
    """The first element down a path of local names, or None (also of None)."""
    for step in path:
        if element is None:
            return None
        element = next(element.iterchildren(f"{{*}}{step}"), None)
    return element


def children(element: Element | None, name: str) -> list[Element]:
    """The children of that local name; none of no element."""
    return list(element.iterchildren(f"{{*}}{name}")) if element is not None else []


def words(element: Element | None) -> str:
    """All the text in an element, on one line, whatever its markup is; "" of no element."""
    if element is None:
        return ""
    return one_line(element.text or "" if len(element) == 0 else "".join(element.itertext()))


def one_line(text: str) -> str:
    """Text with every run of white space (also no-break and thin spaces) as one space, and none at the ends."""
    return " ".join(text.split())


class Layout:
    """Text as it grows: pieces make a line, lines make a block (a paragraph, a list, a table), blocks are parted by an empty line.

    A flat layout is for a table cell or a heading: all is one line; what would be lines is parted by "; ", without bullets.
    """

    def __init__(self, flat: bool = False) -> None:
        self.flat = flat
        self.blocks: list[str] = []
        self._lines: list[str] = []
        self._pieces: list[str] = []
        self._list_depth = 0
        self._bullet = ""
        self._paragraphs = 0
        self._deferred: list[Callable[[], None]] = []

    def add(self, text: str) -> None:
        """Text of the line; white space is evened out when the line ends."""
        self._pieces.append(text)

    def add_break(self) -> None:
        """A line break that the source asks for."""
        if self.flat:
            self._pieces.append(" ")
        else:
            self.end_line()

    def add_line(self, text: str) -> None:
        """A whole line of its own, as it is."""
        self.end_line()
        if text:
            self._lines.append(text)

    def tail(self) -> str:
        """The last character of the line so far, white space too; "" where it has none."""
        return next((piece[-1] for piece in reversed(self._pieces) if piece), "")

    def trim(self) -> None:
        """Take white space off the end of the line so far."""
        if self._pieces:
            self._pieces[-1] = self._pieces[-1].rstrip()

    def end_line(self) -> None:
        if self._pieces:
            line = one_line("".join(self._pieces))
            self._pieces.clear()
            if line:
                self._lines.append(self._bullet + line)
                self._bullet = "" if self.flat else "  " * self._list_depth

    def end_block(self) -> None:
        self.end_line()
        if self._lines and not self._list_depth:
            self.blocks.append(("; " if self.flat else "\n").join(self._lines))
            self._lines.clear()

    def paragraph(self, fill: Callable[[], None]) -> None:
        """A paragraph that `fill` adds to. In a list it is a line. What was put off meanwhile follows it."""
        if self._list_depth or self._paragraphs:
            self.end_line()
            fill()
            self.end_line()
            return
        self.end_block()
        self._paragraphs += 1
        fill()
        self._paragraphs -= 1
        self.end_block()
        while self._deferred:
            self._deferred.pop(0)()

    def put_off(self, fill: Callable[[], None]) -> None:
        """A block of its own (a table, a figure): here, or behind the paragraph that it stands in."""
        if self._paragraphs and not self.flat:
            self._deferred.append(lambda: self.put_off(fill))
            return
        self.end_block()
        fill()
        self.end_block()

    def items(self, fills: list[Callable[[], None]], title: str = "") -> None:
        """A list, an item a line with "- "; one within an item is indented."""
        if self._paragraphs or self._list_depth:
            self.end_line()
        else:
            self.end_block()
        self.add_line(title)
        outer = self._bullet
        self._list_depth += 1
        for fill in fills:
            self._bullet = "" if self.flat else "  " * (self._list_depth - 1) + "- "
            fill()
            self.end_line()
        self._list_depth -= 1
        self._bullet = "" if self.flat or not self._list_depth else outer
        if not (self._paragraphs or self._list_depth):
            self.end_block()

    def section(self, heading: str, fill: Callable[[], None]) -> None:
        """What `fill` adds, under its heading; no heading where it adds nothing."""
        self.end_block()
        start = len(self.blocks)
        fill()
        self.end_block()
        if heading and len(self.blocks) > start:
            self.blocks[start] = f"{heading}\n{self.blocks[start]}"

    def text(self) -> str:
        self.end_block()
        return ("; " if self.flat else "\n\n").join(self.blocks)


Handler = Callable[[Element, Layout], None]


class Walk:
    """How the text of a format's elements comes into a layout, by their names.

    Args:
        handlers: what adds an element of that name to the text.
        paragraphs: elements that are paragraphs.
        breaks: elements that are a line break.
        left_out: elements that are no part of the text, or are read elsewhere. What is named nowhere is read by what it holds.
    """

    def __init__(
        self, handlers: Mapping[str, Handler], *, paragraphs: Iterable[str], breaks: Iterable[str], left_out: Iterable[str]
    ) -> None:
        self._handlers: dict[str, Handler] = {
            **dict.fromkeys(paragraphs, self._paragraph),
            **dict.fromkeys(breaks, _line_break),
            **dict.fromkeys(left_out, _leave_out),
            **handlers,
        }

    def fill(self, element: Element, layout: Layout) -> None:
        """What an element holds, its own markup aside."""
        if element.text:
            layout.add(element.text)
        for child in element:
            self._handlers.get(local_name(child.tag), self.fill)(child, layout)  # not `read`: nested elements take few calls each
            if child.tail:
                layout.add(child.tail)

    def read(self, element: Element, layout: Layout) -> None:
        """An element, by its handler."""
        self._handlers.get(local_name(element.tag), self.fill)(element, layout)

    def line(self, element: Element | None) -> str:
        """An element on one line; "" of no element."""
        if element is None:
            return ""
        if len(element) == 0:
            return one_line(element.text or "")
        layout = Layout(flat=True)
        self.fill(element, layout)
        return layout.text()

    def _paragraph(self, element: Element, layout: Layout) -> None:
        layout.paragraph(partial(self.fill, element, layout))


def _line_break(element: Element, layout: Layout) -> None:
    layout.add_break()


def _leave_out(element: Element, layout: Layout) -> None:
    del element, layout


def table_rows(table: Element, cell_text: Callable[[Element], str]) -> list[str]:
    """The rows of an HTML or CALS table, cells parted by " | ", each in its column where cells reach over several rows or columns."""
    rows: list[str] = []
    reaching: dict[int, int] = {}  # column -> how many more rows a cell of an earlier row takes
    for row in _table_rows(table):
        cells: list[str] = []
        for cell in row:
            if local_name(cell.tag) in ("td", "th", "entry"):
                _skip_taken(cells, reaching)
                num_rows = _span(cell.get("rowspan"))
                for number in range(_span(cell.get("colspan"))):
                    if num_rows > 1:
                        reaching[len(cells)] = num_rows
                    cells.append("" if number else cell_text(cell))
        reaching = {column: left - 1 for column, left in reaching.items() if left > 1}
        while cells and not cells[-1]:
            cells.pop()
        if cells:
            rows.append(" | ".join(cells))
    return rows


def _skip_taken(cells: list[str], reaching: Mapping[int, int]) -> None:
    while len(cells) in reaching:
        cells.append("")


def _table_rows(table: Element) -> Iterator[Element]:
    for child in table:
        name = local_name(child.tag)
        if name in ("tr", "row"):
            yield child
        elif name in ("thead", "tbody", "tfoot", "tgroup"):
            yield from _table_rows(child)


def _span(written: str | None) -> int:
    return min(max(int(written), 1), _MAX_SPAN) if written and written.isascii() and written.isdigit() and len(written) < 9 else 1
