"""The secret that surrogates, date offsets and the audit trail's hashes are keyed with. It is read by every process and written by none."""

from __future__ import annotations

import string
from itertools import pairwise
from pathlib import Path
from typing import Literal, NoReturn

from blake3 import blake3

from medpretrain.errors import InputError
from medpretrain.log import logger

MIN_BYTES = 32
MAX_BYTES = 4096
Use = Literal["surrogates", "dates", "identifiers", "seal", "check"]

_CONTEXT = "medpretrain 2026-11 deidentify "  # of BLAKE3's key derivation: another one gives other keys
_USES: tuple[Use, ...] = ("surrogates", "dates", "identifiers", "seal", "check")
_EXPECTED = f"{MIN_BYTES} to {MAX_BYTES:,} random bytes"
_REMEDY = "make one with `openssl rand -hex 32 > FILE` and keep it apart from the data"
_MIN_DIFFERENT_BYTES = 8  # 32 random hexadecimal digits have fewer once in a hundred million times
_OTHERS_MAY = 0o077
_TEXT = frozenset(string.printable.encode())


class Secret:
    """Keys for each use, derived from a file's bytes. Travels to no other process: give that one the path.

    Attributes:
        check_value: 16 hexadecimal digits that tell two secrets apart and say nothing else of them.
    """

    __slots__ = ("_keys", "check_value")

    def __init__(self, content: bytes) -> None:
        self._keys = {use: blake3(content, derive_key_context=_CONTEXT + use).digest() for use in _USES}
        self.check_value = self.digest("check", b"").hex()[:16]

    @classmethod
    def read(cls, path: Path) -> Secret:
        """The secret in a file: its bytes, or where they are text, that text without white space around it.

        Raises InputError when there is no such file, or it is too short, too long, or clearly not random. Warns where others may read it.
        """
        try:
            with open(path, "rb") as file:
                content = file.read(MAX_BYTES + 1)
            mode = path.stat().st_mode
        except OSError as error:
            raise InputError(str(path), f"cannot be read ({error.strerror})", f"a file of {_EXPECTED}", _REMEDY) from None
        if _TEXT.issuperset(content):
            content = content.strip()
        if not MIN_BYTES <= len(content) <= MAX_BYTES:
            size = "more than" if len(content) > MAX_BYTES else "only"
            raise InputError(str(path), f"holds {size} {min(len(content), MAX_BYTES):,} bytes", _EXPECTED, _REMEDY)
        if _is_weak(content):
            raise InputError(str(path), "holds bytes that anyone may guess", _EXPECTED, _REMEDY)
        if mode & _OTHERS_MAY:
            logger.warning("%s: others may read or write this secret; `chmod 600` keeps it from them", path)
        return cls(content)

    def digest(self, use: Use, content: bytes, length: int = 32) -> bytes:
        """The keyed BLAKE3 hash of `content`, with the key of that use."""
        return blake3(content, key=self._keys[use]).digest(length=length)

    def __repr__(self) -> str:
        return "Secret(...)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret does not travel to other processes: give them its path")


def _is_weak(content: bytes) -> bool:
    """Has few different bytes, a shorter piece again and again, or bytes that rise or fall evenly."""
    repeats = content in (content + content)[1:-1]
    steps = {(after - before) % 256 for before, after in pairwise(content)}
    return len(set(content)) < _MIN_DIFFERENT_BYTES or repeats or len(steps) == 1
