"""HL7 v2 on the wire: where messages begin and end, their charset, separators and escapes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import IO, NamedTuple

import hl7

from medpretrain.corpus.sources.clinical import iso_date, plain_name, tidy

READ_BYTES = 1 << 16
NUM_SEPARATORS = 5  # of fields, components, repetitions, escapes, subcomponents
SHOWN_BYTES = 2_000  # kept of what stands before a message

_ENDS = re.compile(rb"[\r\n\x0b\x1c]+")  # of segments, and of the frames of MLLP
_BATCH = frozenset({b"FHS", b"BHS", b"BTS", b"FTS"})

# HL7 table 0211 (MSH-18). What a system calls 8859/1 is Windows-1252 in practice, which has the same letters and more signs.
_CHARSETS = {"8859/1": "cp1252", "ISO IR100": "cp1252", "UNICODE UTF-8": "utf-8", "UTF-8": "utf-8", "ISO IR87": "iso2022_jp"}
_CHARSETS |= {f"8859/{part}": f"iso8859-{part}" for part in (2, 3, 4, 5, 6, 7, 8, 9, 15)}
_CHARSETS |= {"GB 18030-2000": "gb18030", "BIG-5": "big5", "KS X 1001": "euc_kr", "ISO IR14": "shift_jis", "ISO IR159": "iso2022_jp_1"}


class NotHl7Error(ValueError):
    """No MSH segment, or one whose separators cannot be told."""


class RawMessage(NamedTuple):
    """The segments of a message as they are in the file; those before the first MSH have none."""

    segments: list[bytes]

    def begins(self) -> bytes:
        return b"\n".join(self.segments[:8])[:SHOWN_BYTES]


def raw_messages(file: IO[bytes]) -> Iterator[RawMessage]:
    """The messages of a file, one in memory at a time. What stands outside of any comes as a message without MSH, shortened."""
    segments: list[bytes] = []
    for segment in _segments(file):
        start = segment.removeprefix(b"\xef\xbb\xbf").lstrip(b" \t")
        name = start[:3]
        if name == b"MSH" or name in _BATCH:
            if segments:
                yield RawMessage(segments)
            segments = [start] if name == b"MSH" else []
        elif segments and segments[0].startswith(b"MSH"):
            segments.append(segment)
        elif sum(map(len, segments)) < SHOWN_BYTES:
            segments.append(segment[:SHOWN_BYTES])
    if segments:
        yield RawMessage(segments)


def _segments(file: IO[bytes]) -> Iterator[bytes]:
    begun: list[bytes] = []  # parts of a segment whose end is not read yet
    while chunk := file.read(READ_BYTES):
        *ended, rest = _ENDS.split(chunk)
        for segment in ended:
            whole = b"".join([*begun, segment])
            begun = []
            if whole.strip():
                yield whole
        begun.append(rest)
    whole = b"".join(begun)
    if whole.strip():
        yield whole


class Segment:
    """A segment. Fields, components and repetitions are counted from 1, as the standard does; what is missing is ""."""

    def __init__(self, line: str, message: Message) -> None:
        self._message = message
        self._fields = line.split(message.field)
        if self._fields[0] == "MSH":
            self._fields.insert(1, message.field)  # which is MSH-1 itself
        self.name = self._fields[0]

    def raw(self, field: int) -> str:
        """A field as it was sent."""
        return self._fields[field] if field < len(self._fields) else ""

    def repetitions(self, field: int) -> list[list[str]]:
        """The components of each repetition, unescaped."""
        if field >= len(self._fields):
            return []
        message, written = self._message, self._fields[field]
        repetitions = [repetition.split(message.component) for repetition in written.split(message.repetition)]
        if message.unescape(written) == written:  # most
            return repetitions
        return [[message.unescape(component) for component in components] for components in repetitions]

    def value(self, field: int, component: int = 1) -> str:
        """One component of the first repetition, stripped."""
        message = self._message
        components = self.raw(field).partition(message.repetition)[0].split(message.component, component)
        return message.unescape(components[component - 1]).strip() if component <= len(components) else ""

    def text(self, field: int) -> str:
        """A field of free text, a line for each repetition. Separators that the sender forgot to escape are part of the text."""
        if field >= len(self._fields):
            return ""
        lines = self._fields[field].split(self._message.repetition)
        return tidy("\n".join(self._message.unescape(line) for line in lines))

    def words(self, field: int) -> str:
        """What a coded field (CE, CWE, or a plain string) says to a person, "" for bare codes; several joined with ", "."""
        said = (coded_words([part.strip() for part in components]) for components in self.repetitions(field))
        return ", ".join(dict.fromkeys(plain_name(words) for words in said if words))

    def date(self, field: int) -> str:
        """A date and time as ISO 8601, as exact as it is, "" where it is none."""
        return iso_date(self.value(field))


class Message:
    """A parsed message."""

    def __init__(self, raw: RawMessage) -> None:
        """Raises NotHl7Error."""
        header = raw.segments[0]
        if not header.startswith(b"MSH"):
            raise NotHl7Error("there is no MSH segment before it")
        separators = _separators(header)
        self.charset = _charset(header, separators)
        # `hl7` reads MSH-1 and MSH-2. It would take nine tenths of the time to split the rest, of which most is never looked at; but where
        # MSH-2 is short, whether what it leaves out is one of those that it names shows in the rest of the header.
        told = header[: len(separators) + 4] if len(separators) >= NUM_SEPARATORS else header
        try:
            parsed = hl7.parse(decoded(told, self.charset))
        except (AssertionError, hl7.HL7Exception):  # a separator that is the same as one of hl7's own, where MSH-2 is short
            raise NotHl7Error(f"its separators are broken: {separators!r}") from None
        self.field, self.repetition, self.component = parsed.separators[1:4]
        self.subcomponent = parsed.separators[4]
        self._escape_character = parsed.esc
        self._meanings = dict(zip("FRST", parsed.separators[1:5], strict=True)) | {"E": parsed.esc, "P": "#", "H": "", "N": ""}
        self._escape = escape = re.escape(parsed.esc)
        command = r"[FRSTEPHN]|\.[a-z]{2}\s*[+-]?\d*|[CM][0-9A-F]{4,6}|Z[^\r\n" + escape + r"]{0,40}"
        self._escaped = re.compile(rf"((?:{escape}X(?:[0-9A-F]{{2}})+{escape})+)|{escape}({command}){escape}", re.IGNORECASE)
        self.segments = [Segment("\n".join(lines), self) for lines in self._lines(raw)]

    def _lines(self, raw: RawMessage) -> list[list[str]]:
        """The lines of each segment. One that begins like no segment is a text that the sender broke without an escape."""
        begins_segment = re.compile(rf"\s*[A-Z][A-Z0-9]{{2}}(?:{re.escape(self.field)}|$)")
        segments: list[list[str]] = []
        for segment in raw.segments:
            line = decoded(segment, self.charset)
            if not segments or begins_segment.match(line):
                segments.append([line.lstrip()])
            else:
                segments[-1].append(line)
        return segments

    def first(self, name: str) -> Segment | None:
        return next((segment for segment in self.segments if segment.name == name), None)

    def value(self, name: str, field: int, component: int = 1) -> str:
        """Of the first segment of a name."""
        segment = self.first(name)
        return segment.value(field, component) if segment else ""

    def date(self, name: str, field: int) -> str:
        return iso_date(self.value(name, field))

    def unescape(self, text: str) -> str:
        """`hl7.unescape` loses the text behind a lone escape character, reads hexadecimal bytes one by one, and raises on some numbers."""
        return self._escaped.sub(self._meaning, text) if self._escape_character in text else text

    def _meaning(self, found: re.Match[str]) -> str:
        if found[1]:
            digits = re.sub(rf"{self._escape}X?", "", found[1], flags=re.IGNORECASE)
            return decoded(bytes.fromhex(digits), self.charset)
        command = found[2]
        if command[0] != ".":
            return self._meanings.get(command.upper(), "")  # "" for switches of the charset (C, M) and what is the sender's own (Z)
        kind = command[1:3].lower()
        count = int(re.sub(r"\D", "", command[:8]) or 1)
        # Lines that end (br, ce), lines that are skipped (sp), blanks (sk); indentation and filling are no part of a text.
        return "\n" * min(count, 2) if kind == "sp" else "\n" if kind in {"br", "ce"} else " " if kind == "sk" else ""


def coded_words(components: list[str]) -> str:
    """The words of a coded value: as the sender wrote it (CWE.9), its text, its other text; a code only where it is a word itself."""
    at = dict(enumerate(components, 1))
    is_word = re.search(r"[^\W\d_]", at.get(1, "")) if len(components) == 1 else re.fullmatch(r"\D*[A-Za-z]{3}\D*", at.get(1, ""))
    code = at.get(1, "") if is_word else ""
    return at.get(9) or at.get(2) or at.get(5) or code


def decoded(data: bytes, charset: str) -> str:
    """In that charset, else in UTF-8, else in Windows-1252: a wrong MSH-18 is common, and a message is not lost for it."""
    for name in (charset, "utf-8", "cp1252"):
        try:
            return data.decode(name)
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1")


def _separators(header: bytes) -> str:
    """MSH-1 and MSH-2: the separators of fields, components, repetitions, escapes and subcomponents. Raises NotHl7Error."""
    text = header.decode("latin-1")
    separators = text[3 : text.find(text[3], 4)] if len(text) > 4 else ""
    sane = 2 <= len(separators) <= 6 and len(set(separators)) == len(separators) and not re.search(r"[\w\s]", separators)
    if not sane:
        raise NotHl7Error(f"its separators are broken: {text[:12]!r}")
    return separators


def _charset(header: bytes, separators: str) -> str:
    fields = header.decode("latin-1").split(separators[0])
    declared = fields[17] if len(fields) > 17 else ""
    first = declared.split(separators[2])[0] if len(separators) > 2 else declared
    return _CHARSETS.get(" ".join(first.upper().split()), "utf-8")
