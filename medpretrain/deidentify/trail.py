"""The form of an audit trail: JSON lines that are chained, so that a changed, removed, added or moved line shows.

    {"kind":"header","number":0,...,"chain":H0}     what made it: format, version, settings, check value of the secret, name of the part
    {"kind":"document","number":1,...,"chain":H1}   one for each document
    {"kind":"end","number":2,...,"chain":H2}        how many, and a seal: a hash of H1 that is keyed with the secret

A line's chain value is BLAKE3(the chain value before it, a line feed, the line without its chain value). Whoever has no secret can make a
whole trail anew, but not its seal.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson
from blake3 import blake3

from medpretrain.deidentify.secret import Secret

START = "0" * 64  # the chain value that a trail goes on from where nothing is before it
HEADER, DOCUMENT, PART, END = "header", "document", "part", "end"

_BEFORE_CHAIN = b',"chain":"'
_CHAIN_BYTES = len(_BEFORE_CHAIN) + 64 + len(b'"}')

Fields = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a trail as it is read.

    Attributes:
        place: in its file, from 1.
        number, kind: -1 and "" where it is no line of a trail.
        fields: all that it says.
        chain: its chain value.
        content: what that is a hash of, beside the one before.
    """

    place: int
    number: int
    kind: str
    fields: Fields
    chain: str
    content: bytes

    def follows(self, chain: str) -> bool:
        """Whether it was written behind a line with that chain value."""
        return self.chain == chained(chain, self.content)


def chained(before: str, content: bytes) -> str:
    """The chain value of a line behind one of chain value `before`."""
    return blake3(before.encode() + b"\n" + content).hexdigest()


def format_line(before: str, fields: Fields) -> tuple[bytes, str]:
    """The line behind one of chain value `before`, with its line feed, and its chain value."""
    content = orjson.dumps(fields)
    chain = chained(before, content)
    return content[:-1] + _BEFORE_CHAIN + chain.encode() + b'"}\n', chain


def parse_line(place: int, line: bytes) -> Line:
    """A line without its line feed. None is refused."""
    content, ending = line[:-_CHAIN_BYTES] + b"}", line[-_CHAIN_BYTES:]
    fields = _fields(content) if ending.startswith(_BEFORE_CHAIN) and ending.endswith(b'"}') else None
    if fields is None:
        return Line(place, -1, "", {}, "", content)
    return Line(place, fields["number"], fields["kind"], fields, ending[len(_BEFORE_CHAIN) : -2].decode("ascii", "replace"), content)


def _fields(content: bytes) -> Fields | None:
    try:
        fields = orjson.loads(content)
    except ValueError:
        return None
    is_line = isinstance(fields, dict) and type(fields.get("number")) is int and isinstance(fields.get("kind"), str)
    return fields if is_line and fields["number"] >= 0 else None


def seal_of(secret: Secret | None, chain: str) -> str:
    """The seal of a trail up to a line with this chain value; "" without a secret."""
    return "" if secret is None else secret.digest("seal", chain.encode()).hex()


def hash_of_id(secret: Secret | None, document_id: str) -> str:
    """What stands for a document's id in the trail."""
    content = document_id.encode(errors="surrogatepass")
    return (blake3(content).digest() if secret is None else secret.digest("identifiers", b"id\0" + content)).hex()[:32]


def hash_of_text(text: str) -> str:
    """What stands for a document's text in the trail."""
    return blake3(text.encode(errors="surrogatepass")).hexdigest()
